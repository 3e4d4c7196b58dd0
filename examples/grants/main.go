// Command grants lets another principal use a key for a while: with a grant, an
// encryption context that it is bound to, and an end.
package main

// snippet-start:[gov2.kms.Scenario_GrantManagement]

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/kmskit/kmskit"
	"github.com/kmskit/kmskit/examples/internal/demo"
)

var scenario = demo.Scenario{Title: "Let others use a key by grants", Run: run}

func main() { demo.Main(scenario) }

func run(ctx context.Context, d *demo.Demo) error {
	grants := kmskit.NewGrantManager(d.Client)
	key, err := d.TemporaryKey(ctx, "a key")
	if err != nil {
		return err
	}
	grantee, err := chooseGrantee(d, key)
	if err != nil {
		return err
	}

	d.Step("Encrypt something for the grantee")
	blue := map[string]string{"tenant": "blue"}
	ciphertext, err := kmskit.NewEncryptor(d.Client).WithEncryptionContext(blue).
		Encrypt(ctx, key, []byte("for your eyes only"))
	if err != nil {
		return err
	}
	var reader *kmskit.Encryptor // acts as the grantee, or is nil where this program cannot
	if client, ok := d.As(grantee); ok {
		reader = kmskit.NewEncryptor(client).WithEncryptionContext(blue)
	}
	if err := mustBeRefused(ctx, d, reader, key, ciphertext); err != nil {
		return err
	}

	d.Step("Grant %s the decryption of what belongs to tenant blue", grantee)
	grant, err := grants.CreateGrant(ctx, key, grantee, []types.GrantOperation{types.GrantOperationDecrypt},
		func(in *kms.CreateGrantInput) {
			in.Name = aws.String("kmskit-demo") // so that a retry makes no second grant
			in.Constraints = &types.GrantConstraints{EncryptionContextSubset: blue}
		})
	if err != nil {
		return err
	}
	d.Say("   grant %s", grant.ID)

	d.Step("List the grants of the key")
	for entry, err := range grants.ListGrants(ctx, key) {
		if err != nil {
			return err
		}
		d.Say("   %s allows %s to %s", aws.ToString(entry.Name), aws.ToString(entry.GranteePrincipal), entry.Operations)
	}

	d.Step("Decrypt as the grantee, with the grant token")
	if reader != nil {
		plaintext, err := reader.WithGrantTokens(grant.Token).Decrypt(ctx, key, ciphertext)
		if err != nil {
			return err
		}
		d.Say("   the grantee reads %q", plaintext)
	}

	d.Step("Revoke the grant")
	if err := grants.RevokeGrant(ctx, key, grant.ID); err != nil {
		return err
	}
	if err := mustBeRefused(ctx, d, reader, key, ciphertext); err != nil {
		return err
	}

	d.Step("Create another grant, and retire it by its token")
	grant, err = grants.CreateGrant(ctx, key, grantee, []types.GrantOperation{types.GrantOperationDecrypt})
	if err != nil {
		return err
	}
	if err := grants.RetireGrant(ctx, grant.Token); err != nil {
		return err
	}
	d.Say("   retired: the key has no grants left")
	return nil
}

// chooseGrantee returns a principal of the key's account. On AWS it must exist,
// and of every account the root does.
func chooseGrantee(d *demo.Demo, keyARN string) (string, error) {
	key, err := arn.Parse(keyARN)
	if err != nil {
		return "", err
	}
	preset := fmt.Sprintf("arn:%s:iam::%s:root", key.Partition, key.AccountID)
	if _, ok := d.As(preset); ok {
		preset = fmt.Sprintf("arn:%s:iam::%s:role/reader", key.Partition, key.AccountID)
	}
	return d.Ask("Who shall decrypt? The ARN of a principal", preset), nil
}

// mustBeRefused tries to decrypt as the grantee and fails if that succeeds.
func mustBeRefused(ctx context.Context, d *demo.Demo, reader *kmskit.Encryptor, key string, ciphertext []byte) error {
	if reader == nil {
		d.Say("   (this program cannot act as the grantee here)")
		return nil
	}
	_, err := reader.Decrypt(ctx, key, ciphertext)
	if kmskit.ErrorCode(err) != "AccessDeniedException" {
		return demo.NotRefused("the grantee", err)
	}
	d.Say("   the grantee is refused: %v", err)
	return nil
}

// snippet-end:[gov2.kms.Scenario_GrantManagement]
