// Command keys takes a key through its life: created, listed, described,
// disabled, enabled, used to encrypt a file by way of a data key, and scheduled
// for deletion.
package main

// snippet-start:[gov2.kms.Scenario_KeyManagement]

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"errors"
	"os"
	"path/filepath"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/kmskit/kmskit"
	"github.com/kmskit/kmskit/examples/internal/demo"
)

var scenario = demo.Scenario{Title: "Manage keys", Run: run}

func main() { demo.Main(scenario) }

func run(ctx context.Context, d *demo.Demo) error {
	keys := kmskit.NewKeyManager(d.Client)

	d.Step("Create a key")
	key, err := keys.CreateKey(ctx, d.Ask("Description", "kmskit demo: keys"))
	if err != nil {
		return err
	}
	arn := aws.ToString(key.Arn)
	d.DeleteKey(keys, arn, "the key")
	d.Say("   %s", arn)

	d.Step("List the keys of the account")
	for entry, err := range keys.ListKeys(ctx) {
		if err != nil {
			return err
		}
		d.Say("   %s", aws.ToString(entry.KeyArn))
	}

	d.Step("Describe the key")
	if err := describe(ctx, d, keys, arn); err != nil {
		return err
	}

	d.Step("Disable the key, and see that it cannot be used")
	if err := keys.DisableKey(ctx, arn); err != nil {
		return err
	}
	if _, err := keys.WaitForState(ctx, arn, types.KeyStateDisabled); err != nil {
		return err
	}
	encryptor := kmskit.NewEncryptor(d.Client)
	_, err = encryptor.Encrypt(ctx, arn, []byte("too late"))
	if _, ok := errors.AsType[*types.DisabledException](err); !ok {
		return demo.NotRefused("the disabled key", err)
	}
	d.Say("   KMS refuses: %v", err)

	d.Step("Enable it again")
	if err := keys.EnableKey(ctx, arn); err != nil {
		return err
	}
	if err := describe(ctx, d, keys, arn); err != nil {
		return err
	}

	d.Step("Encrypt a file with a data key")
	if err := encryptFile(ctx, d, encryptor, arn); err != nil {
		return err
	}

	d.Step("Schedule the deletion of the key")
	date, err := keys.ScheduleKeyDeletion(ctx, arn, 7)
	if err != nil {
		return err
	}
	d.Say("   it will be deleted on %s, and until then the deletion can be cancelled", date.Format(time.DateOnly))
	return describe(ctx, d, keys, arn)
}

func describe(ctx context.Context, d *demo.Demo, keys *kmskit.KeyManager, arn string) error {
	key, err := keys.DescribeKey(ctx, arn)
	if err != nil {
		return err
	}
	d.Say("   state %s, spec %s, usage %s", key.KeyState, key.KeySpec, key.KeyUsage)
	return nil
}

// encryptFile writes a file, encrypts its bytes under a data key, and reads them
// back as the service would that has the file and the encrypted data key only.
func encryptFile(ctx context.Context, d *demo.Demo, encryptor *kmskit.Encryptor, keyARN string) error {
	folder, err := os.MkdirTemp("", "kmskit-demo")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(folder) }()
	name := filepath.Join(folder, "report.txt")
	report := bytes.Repeat([]byte("A line of a report that is too large for KMS.\n"), 1000)
	if err := os.WriteFile(name, report, 0o600); err != nil {
		return err
	}

	dataKey, err := encryptor.GenerateDataKey(ctx, keyARN)
	if err != nil {
		return err
	}
	sealed, err := seal(dataKey.Plaintext(), report)
	dataKey.Destroy() // from here on only KMS can tell the data key
	if err != nil {
		return err
	}
	encrypted := name + ".enc"
	if err := os.WriteFile(encrypted, sealed, 0o600); err != nil {
		return err
	}
	d.Say("   %d bytes encrypted with AES-256-GCM; the data key itself is %d bytes of ciphertext", len(report), len(dataKey.Ciphertext))

	sealed, err = os.ReadFile(encrypted) //nolint:gosec // a name that is made here
	if err != nil {
		return err
	}
	dataKey, err = encryptor.DecryptDataKey(ctx, dataKey.KeyID, dataKey.Ciphertext)
	if err != nil {
		return err
	}
	opened, err := open(dataKey.Plaintext(), sealed)
	dataKey.Destroy()
	if err != nil {
		return err
	}
	if !bytes.Equal(opened, report) {
		return errors.New("the decrypted file differs from the original")
	}
	d.Say("   decrypted again: all %d bytes are as they were", len(opened))
	return nil
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

// snippet-end:[gov2.kms.Scenario_KeyManagement]
