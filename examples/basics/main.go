// Command basics is the long tour: it takes one key from its creation to its
// end, by way of everything that the types of kmskit do with it.
package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/kmskit/kmskit"
	"github.com/kmskit/kmskit/examples/internal/demo"
)

var scenario = demo.Scenario{Title: "KMS basics", Run: run}

func main() { demo.Main(scenario) }

func run(ctx context.Context, d *demo.Demo) error {
	keyARN, err := d.TemporaryKey(ctx, "a symmetric encryption key")
	if err != nil {
		return err
	}
	t := tour{d, keyARN}
	for _, leg := range []func(context.Context) error{
		t.enableKey, t.encrypt, t.alias, t.rotate, t.grant, t.policy, t.sign, t.tag,
	} {
		if err := leg(ctx); err != nil {
			return err
		}
	}
	return nil
}

// A tour shows one key to the user.
type tour struct {
	*demo.Demo
	key string // its ARN
}

func (t tour) enableKey(ctx context.Context) error {
	keys := kmskit.NewKeyManager(t.Client)
	t.Step("See that the key is enabled")
	key, err := keys.DescribeKey(ctx, t.key)
	if err != nil {
		return err
	}
	if !key.Enabled {
		if err := keys.EnableKey(ctx, t.key); err != nil {
			return err
		}
	}
	t.Say("   it is %s since %s", key.KeyState, key.CreationDate.Format(time.RFC3339))
	return nil
}

func (t tour) encrypt(ctx context.Context) error {
	encryptor := kmskit.NewEncryptor(t.Client).
		WithEncryptionContext(map[string]string{"tour": "basics"})

	t.Step("Encrypt a text")
	text := t.Ask("Text", "Hello, KMS!")
	ciphertext, err := encryptor.Encrypt(ctx, t.key, []byte(text))
	if err != nil {
		return err
	}
	t.Say("   %d bytes have become %d", len(text), len(ciphertext))

	t.Step("Decrypt it")
	plaintext, err := encryptor.Decrypt(ctx, t.key, ciphertext)
	if err != nil {
		return err
	}
	if string(plaintext) != text {
		return fmt.Errorf("decrypted %q, want %q", plaintext, text)
	}
	t.Say("   %q", plaintext)
	return nil
}

func (t tour) alias(ctx context.Context) error {
	aliases := kmskit.NewAliasManager(t.Client)
	t.Step("Give the key an alias")
	name := t.Ask("Alias", fmt.Sprintf("alias/kmskit-basics-%d", time.Now().Unix()))
	if err := aliases.CreateAlias(ctx, name, t.key); err != nil {
		return err
	}
	t.CleanUp("delete "+name, func(ctx context.Context) error { return aliases.DeleteAlias(ctx, name) })

	t.Step("List the aliases of the key")
	ofKey := func(in *kms.ListAliasesInput) { in.KeyId = &t.key }
	for alias, err := range aliases.ListAliases(ctx, ofKey) {
		if err != nil {
			return err
		}
		t.Say("   %s", aws.ToString(alias.AliasArn))
	}
	return nil
}

func (t tour) rotate(ctx context.Context) error {
	rotation := kmskit.NewRotationManager(t.Client)
	t.Step("Have KMS rotate the key material every year")
	if err := rotation.EnableKeyRotation(ctx, t.key); err != nil {
		return err
	}
	status, err := rotation.GetKeyRotationStatus(ctx, t.key)
	if err != nil {
		return err
	}
	t.Say("   next on %s", status.NextRotationDate.Format(time.DateOnly))
	return nil
}

func (t tour) grant(ctx context.Context) error {
	grants := kmskit.NewGrantManager(t.Client)
	grantee, err := t.accountRoot()
	if err != nil {
		return err
	}
	t.Step("Grant %s the use of the key", grantee)
	grant, err := grants.CreateGrant(ctx, t.key, grantee, []types.GrantOperation{
		types.GrantOperationEncrypt, types.GrantOperationDecrypt,
	})
	if err != nil {
		return err
	}

	t.Step("List the grants of the key")
	for entry, err := range grants.ListGrants(ctx, t.key) {
		if err != nil {
			return err
		}
		t.Say("   %s: %s", aws.ToString(entry.GrantId), entry.Operations)
	}

	t.Step("Revoke the grant")
	return grants.RevokeGrant(ctx, t.key, grant.ID)
}

func (t tour) policy(ctx context.Context) error {
	policies := kmskit.NewPolicyManager(t.Client)
	root, err := t.accountRoot()
	if err != nil {
		return err
	}
	t.Step("Replace the key policy")
	err = policies.PutKeyPolicy(ctx, t.key, &kmskit.PolicyDocument{
		Version: "2012-10-17",
		ID:      "basics",
		Statement: []kmskit.Statement{{
			Sid:       "LetTheAccountDecide",
			Effect:    kmskit.Allow,
			Principal: kmskit.Principal{AWS: []string{root}},
			Action:    []string{"kms:*"},
			Resource:  []string{"*"},
		}},
	})
	if err != nil {
		return err
	}

	t.Step("Read the key policy")
	policy, err := policies.GetKeyPolicy(ctx, t.key)
	if err != nil {
		return err
	}
	t.Say("%s", policy)
	return nil
}

func (t tour) sign(ctx context.Context) error {
	key, err := t.TemporaryKey(ctx, "a key pair that signs", func(in *kms.CreateKeyInput) {
		in.KeySpec = types.KeySpecEccNistP256
		in.KeyUsage = types.KeyUsageTypeSignVerify
	})
	if err != nil {
		return err
	}
	signer := kmskit.NewSigner(t.Client)

	t.Step("Sign a message")
	message := []byte("I owe you one.")
	signature, err := signer.Sign(ctx, key, message, types.SigningAlgorithmSpecEcdsaSha256)
	if err != nil {
		return err
	}
	t.Say("   a signature of %d bytes", len(signature))

	t.Step("Verify the signature, and that another message fails")
	if err := signer.Verify(ctx, key, message, types.SigningAlgorithmSpecEcdsaSha256, signature); err != nil {
		return err
	}
	t.Say("   it is good")
	err = signer.Verify(ctx, key, []byte("You owe me one."), types.SigningAlgorithmSpecEcdsaSha256, signature)
	var invalid *types.KMSInvalidSignatureException
	if !errors.As(err, &invalid) {
		return fmt.Errorf("KMS should have refused the signature, but: %w", err)
	}
	t.Say("   KMS refuses the other message: %v", err)
	return nil
}

func (t tour) tag(ctx context.Context) error {
	tags := kmskit.NewTagManager(t.Client)
	t.Step("Tag the key")
	if err := tags.TagResource(ctx, t.key, map[string]string{"purpose": "demo"}); err != nil {
		return err
	}
	for tag, err := range tags.ListResourceTags(ctx, t.key) {
		if err != nil {
			return err
		}
		t.Say("   %s = %s", aws.ToString(tag.TagKey), aws.ToString(tag.TagValue))
	}
	return nil
}

// accountRoot returns the one principal that every account has.
func (t tour) accountRoot() (string, error) {
	key, err := arn.Parse(t.key)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("arn:%s:iam::%s:root", key.Partition, key.AccountID), nil
}
