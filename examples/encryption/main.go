// Command encryption encrypts and decrypts a text under one key, then moves the
// ciphertext to a second key without ever seeing the text again.
package main

// snippet-start:[gov2.kms.Scenario_KeyEncryption]

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/kmskit/kmskit"
	"github.com/kmskit/kmskit/examples/internal/demo"
)

var scenario = demo.Scenario{Title: "Encrypt, decrypt and re-encrypt a text", Run: run}

func main() { demo.Main(scenario) }

func run(ctx context.Context, d *demo.Demo) error {
	first, err := d.TemporaryKey(ctx, "the first key")
	if err != nil {
		return err
	}
	// The encryption context says what the text is for. It is not secret, but
	// without it the ciphertext cannot be decrypted.
	encryptor := kmskit.NewEncryptor(d.Client).
		WithEncryptionContext(map[string]string{"purpose": "demo"})

	d.Step("Encrypt a text")
	text := d.Ask("Text to encrypt", "Meet me at the usual place.")
	ciphertext, err := encryptor.Encrypt(ctx, first, []byte(text))
	if err != nil {
		return err
	}
	d.Say("   %q has become %d bytes of ciphertext", text, len(ciphertext))

	d.Step("Decrypt it")
	plaintext, err := encryptor.Decrypt(ctx, first, ciphertext)
	if err != nil {
		return err
	}
	d.Say("   it says %q", plaintext)

	d.Step("Try without the encryption context")
	_, err = kmskit.NewEncryptor(d.Client).Decrypt(ctx, first, ciphertext)
	if _, ok := errors.AsType[*types.InvalidCiphertextException](err); !ok {
		return demo.NotRefused("the ciphertext without its encryption context", err)
	}
	d.Say("   KMS refuses: %v", err)

	second, err := d.TemporaryKey(ctx, "the second key")
	if err != nil {
		return err
	}
	d.Step("Re-encrypt the ciphertext under the second key")
	moved, err := encryptor.ReEncrypt(ctx, first, ciphertext, second)
	if err != nil {
		return err
	}
	d.Say("   KMS did this inside; the text was not sent anywhere")

	d.Step("Decrypt it with the second key")
	plaintext, err = encryptor.Decrypt(ctx, second, moved)
	if err != nil {
		return err
	}
	if string(plaintext) != text {
		return fmt.Errorf("decrypted %q, want %q", plaintext, text)
	}
	d.Say("   it still says %q", plaintext)
	return nil
}

// snippet-end:[gov2.kms.Scenario_KeyEncryption]
