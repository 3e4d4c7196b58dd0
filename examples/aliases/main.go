// Command aliases gives a key a name, moves the name to another key, and shows
// what that means for what was encrypted before.
package main

// snippet-start:[gov2.kms.Scenario_AliasManagement]

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/kmskit/kmskit"
	"github.com/kmskit/kmskit/examples/internal/demo"
)

var scenario = demo.Scenario{Title: "Name keys by aliases", Run: run}

func main() { demo.Main(scenario) }

func run(ctx context.Context, d *demo.Demo) error {
	aliases := kmskit.NewAliasManager(d.Client)
	encryptor := kmskit.NewEncryptor(d.Client)
	first, err := d.TemporaryKey(ctx, "the first key")
	if err != nil {
		return err
	}

	d.Step("Create an alias")
	alias := d.Ask("Alias", fmt.Sprintf("alias/kmskit-demo-%d", time.Now().Unix()))
	if err := aliases.CreateAlias(ctx, alias, first); err != nil {
		return err
	}
	d.CleanUp("delete "+alias, func(ctx context.Context) error {
		return aliases.DeleteAlias(ctx, alias)
	})
	if err := list(ctx, d, aliases, first); err != nil {
		return err
	}

	d.Step("Encrypt under the alias")
	ciphertext, err := encryptor.Encrypt(ctx, alias, []byte("under a name"))
	if err != nil {
		return err
	}
	d.Say("   %d bytes of ciphertext", len(ciphertext))

	second, err := d.TemporaryKey(ctx, "the second key")
	if err != nil {
		return err
	}
	d.Step("Move the alias to the second key")
	if err := aliases.UpdateAlias(ctx, alias, second); err != nil {
		return err
	}
	if err := list(ctx, d, aliases, second); err != nil {
		return err
	}

	d.Step("Decrypt under the alias, which is another key now")
	_, err = encryptor.Decrypt(ctx, alias, ciphertext)
	if _, ok := errors.AsType[*types.IncorrectKeyException](err); !ok {
		return demo.NotRefused("the other key", err)
	}
	d.Say("   KMS refuses: %v", err)

	d.Step("Decrypt under the ARN of the first key")
	plaintext, err := encryptor.Decrypt(ctx, first, ciphertext)
	if err != nil {
		return err
	}
	d.Say("   it says %q: store the key ARN beside a ciphertext, not the alias", plaintext)
	return nil
}

// list says which aliases a key has.
func list(ctx context.Context, d *demo.Demo, aliases *kmskit.AliasManager, keyARN string) error {
	ofKey := func(in *kms.ListAliasesInput) { in.KeyId = &keyARN }
	for entry, err := range aliases.ListAliases(ctx, ofKey) {
		if err != nil {
			return err
		}
		d.Say("   %s is key %s", aws.ToString(entry.AliasName), aws.ToString(entry.TargetKeyId))
	}
	return nil
}

// snippet-end:[gov2.kms.Scenario_AliasManagement]
