// Command multiregion encrypts in one Region and decrypts in another, with a key
// that has a replica there, and shows what the two keys share and what not.
package main

// snippet-start:[gov2.kms.Scenario_MultiRegion]

import (
	"context"
	"errors"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/kmskit/kmskit"
	"github.com/kmskit/kmskit/examples/internal/demo"
)

var scenario = demo.Scenario{Title: "Encrypt in one Region, decrypt in another", Run: run}

func main() { demo.Main(scenario) }

func run(ctx context.Context, d *demo.Demo) error {
	primary, err := d.TemporaryKey(ctx, "a multi-Region key", func(in *kms.CreateKeyInput) {
		in.MultiRegion = aws.Bool(true)
	})
	if err != nil {
		return err
	}
	preset := "eu-west-1"
	if d.Client.Options().Region == preset {
		preset = "eu-central-1"
	}
	region := d.Ask("Another Region", preset)
	there := d.In(region)
	keysThere := kmskit.NewKeyManager(there)

	d.Step("Replicate the key into %s", region)
	created, err := kmskit.NewKeyManager(d.Client).ReplicateKey(ctx, primary, region)
	if err != nil {
		return err
	}
	replica := aws.ToString(created.Arn)
	d.DeleteKey(keysThere, replica, "the replica") // before the primary, which waits for it
	d.Say("   %s", replica)

	d.Step("Wait until the replica can be used")
	waiting, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	if _, err := keysThere.WaitForState(waiting, replica, types.KeyStateEnabled); err != nil {
		return err
	}
	d.Say("   it is enabled")

	d.Step("Encrypt here, decrypt there")
	order := map[string]string{"order": "1017"}
	ciphertext, err := kmskit.NewEncryptor(d.Client).WithEncryptionContext(order).
		Encrypt(ctx, primary, []byte("ten boxes, by ship"))
	if err != nil {
		return err
	}
	plaintext, err := kmskit.NewEncryptor(there).WithEncryptionContext(order).
		Decrypt(ctx, replica, ciphertext)
	if err != nil {
		return err
	}
	d.Say("   in %s it says %q", region, plaintext)

	d.Step("Use the ARN of the key here in the Region there")
	_, err = kmskit.NewEncryptor(there).Encrypt(ctx, primary, []byte("ten boxes"))
	if _, ok := errors.AsType[*types.NotFoundException](err); !ok {
		return demo.NotRefused("the ARN of another Region", err)
	}
	d.Say("   KMS refuses: %v", err)

	d.Step("Disable the replica: policies, aliases, grants and states are each key's own")
	if err := keysThere.DisableKey(ctx, replica); err != nil {
		return err
	}
	key, err := kmskit.NewKeyManager(d.Client).DescribeKey(ctx, primary)
	if err != nil {
		return err
	}
	d.Say("   the key here is still %s", key.KeyState)
	return nil
}

// snippet-end:[gov2.kms.Scenario_MultiRegion]
