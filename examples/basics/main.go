// Command basics takes a key from its creation to its end, by way of what most
// programs do with one: the long tour.
package main

// snippet-start:[gov2.kms.Scenario_Basics]

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
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

var scenario = demo.Scenario{Title: "Learn the basics of KMS", Run: run}

func main() { demo.Main(scenario) }

func run(ctx context.Context, d *demo.Demo) error {
	keyARN, err := d.TemporaryKey(ctx, "a symmetric encryption key")
	if err != nil {
		return err
	}
	t := tour{d, keyARN}
	for _, leg := range []func(context.Context) error{
		t.describe, t.disable, t.encrypt, t.reEncrypt, t.dataKey, t.alias, t.rotate, t.grant, t.policy, t.tag, t.sign, t.delete,
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

func (t tour) describe(ctx context.Context) error {
	keys := kmskit.NewKeyManager(t.Client)

	t.Step("List keys of the account")
	shown := 0
	for entry, err := range keys.ListKeys(ctx) {
		if err != nil {
			return err
		}
		t.Say("   %s", aws.ToString(entry.KeyArn))
		if shown++; shown == 10 {
			break
		}
	}

	t.Step("Describe the key")
	if err := keys.UpdateKeyDescription(ctx, t.key, "shows the basics of KMS"); err != nil {
		return err
	}
	key, err := keys.DescribeKey(ctx, t.key)
	if err != nil {
		return err
	}
	t.Say("   it %s, and is %s since %s", aws.ToString(key.Description), key.KeyState, key.CreationDate.Format(time.RFC3339))
	return nil
}

func (t tour) disable(ctx context.Context) error {
	keys := kmskit.NewKeyManager(t.Client)

	t.Step("Disable the key, and see that it cannot be used")
	if err := keys.DisableKey(ctx, t.key); err != nil {
		return err
	}
	if _, err := keys.WaitForState(ctx, t.key, types.KeyStateDisabled); err != nil {
		return err
	}
	_, err := kmskit.NewEncryptor(t.Client).Encrypt(ctx, t.key, []byte("too early"))
	if _, ok := errors.AsType[*types.DisabledException](err); !ok {
		return demo.NotRefused("the disabled key", err)
	}
	t.Say("   KMS refuses: %v", err)

	t.Step("Enable it")
	if err := keys.EnableKey(ctx, t.key); err != nil {
		return err
	}
	_, err = keys.WaitForState(ctx, t.key, types.KeyStateEnabled)
	return err
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

func (t tour) reEncrypt(ctx context.Context) error {
	encryptor := kmskit.NewEncryptor(t.Client)
	ciphertext, err := encryptor.Encrypt(ctx, t.key, []byte("moving house"))
	if err != nil {
		return err
	}
	second, err := t.TemporaryKey(ctx, "a second key")
	if err != nil {
		return err
	}

	t.Step("Re-encrypt a ciphertext under the second key, inside KMS")
	moved, err := encryptor.ReEncrypt(ctx, t.key, ciphertext, second)
	if err != nil {
		return err
	}
	plaintext, err := encryptor.Decrypt(ctx, second, moved)
	if err != nil {
		return err
	}
	t.Say("   there it says %q", plaintext)
	return nil
}

func (t tour) dataKey(ctx context.Context) error {
	encryptor := kmskit.NewEncryptor(t.Client)

	t.Step("Encrypt a megabyte here, with a data key")
	dataKey, err := encryptor.GenerateDataKey(ctx, t.key)
	if err != nil {
		return err
	}
	document := make([]byte, 1<<20)
	sealed, err := seal(dataKey.Plaintext(), document)
	dataKey.Destroy() // from here on only KMS can tell the data key
	if err != nil {
		return err
	}
	t.Say("   store %d bytes with %d bytes of encrypted data key", len(sealed), len(dataKey.Ciphertext))

	t.Step("Have KMS decrypt the data key, and decrypt the megabyte")
	dataKey, err = encryptor.DecryptDataKey(ctx, dataKey.KeyID, dataKey.Ciphertext)
	if err != nil {
		return err
	}
	opened, err := open(dataKey.Plaintext(), sealed)
	dataKey.Destroy()
	if err != nil {
		return err
	}
	if !bytes.Equal(opened, document) {
		return errors.New("the decrypted megabyte differs from the original")
	}
	t.Say("   all %d bytes are as they were", len(opened))
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
	if _, ok := errors.AsType[*types.KMSInvalidSignatureException](err); !ok {
		return demo.NotRefused("the signature", err)
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

func (t tour) delete(ctx context.Context) error {
	keys := kmskit.NewKeyManager(t.Client)

	t.Step("Schedule the deletion of the key")
	date, err := keys.ScheduleKeyDeletion(ctx, t.key, 7)
	if err != nil {
		return err
	}
	t.Say("   it will be deleted on %s, and cannot be used until then", date.Format(time.DateOnly))

	t.Step("Think better of it")
	if err := keys.CancelKeyDeletion(ctx, t.key); err != nil {
		return err
	}
	key, err := keys.DescribeKey(ctx, t.key)
	if err != nil {
		return err
	}
	t.Say("   it is %s now; the clean-up schedules its deletion again", key.KeyState)
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

func seal(key, plaintext []byte) ([]byte, error) {
	aead, err := newAEAD(key)
	if err != nil {
		return nil, err
	}
	return aead.Seal(nil, nil, plaintext, nil), nil //nolint:gosec // the AEAD draws the nonce
}

func open(key, sealed []byte) ([]byte, error) {
	aead, err := newAEAD(key)
	if err != nil {
		return nil, err
	}
	return aead.Open(nil, nil, sealed, nil)
}

// newAEAD returns AES-GCM that draws a nonce for every message and puts it first.
func newAEAD(key []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}

// snippet-end:[gov2.kms.Scenario_Basics]
