// Command import brings key material of its own into a KMS key, lets it expire,
// and brings it again: what was encrypted before can be decrypted then, and only
// then.
package main

// snippet-start:[gov2.kms.Scenario_ImportKeyMaterial]

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/kmskit/kmskit"
	"github.com/kmskit/kmskit/examples/internal/demo"
)

var scenario = demo.Scenario{Title: "Bring your own key material", Run: run}

func main() { demo.Main(scenario) }

func run(ctx context.Context, d *demo.Demo) error {
	encryptor := kmskit.NewEncryptor(d.Client)

	key, err := d.TemporaryKey(ctx, "a key without material", func(in *kms.CreateKeyInput) {
		in.Origin = types.OriginTypeExternal
	})
	if err != nil {
		return err
	}

	d.Step("Make the material, and keep it: KMS never gives it back")
	material := make([]byte, 32)
	rand.Read(material) // yours comes from where you trust
	defer clear(material)
	d.Say("   %d random bytes, for AES-256", len(material))

	d.Step("Import it for a day")
	validTo := time.Now().Add(24 * time.Hour)
	err = importMaterial(ctx, d, key, material, func(in *kms.ImportKeyMaterialInput) {
		in.ExpirationModel = types.ExpirationModelTypeKeyMaterialExpires
		in.ValidTo = aws.Time(validTo)
	})
	if err != nil {
		return err
	}
	d.Say("   it expires on %s", validTo.UTC().Format(time.RFC3339))

	d.Step("Encrypt something")
	ciphertext, err := encryptor.Encrypt(ctx, key, []byte("written in the first life of the key"))
	if err != nil {
		return err
	}
	d.Say("   %d bytes of ciphertext", len(ciphertext))

	if d.Advance(25 * time.Hour) {
		d.Step("Let 25 hours pass")
	} else {
		d.Step("Delete the material, as nobody wants to wait until it expires")
		if err := kmskit.NewMaterialImporter(d.Client).DeleteImportedKeyMaterial(ctx, key); err != nil {
			return err
		}
		if _, err := kmskit.NewKeyManager(d.Client).WaitForState(ctx, key, types.KeyStatePendingImport); err != nil {
			return err
		}
	}
	_, err = encryptor.Decrypt(ctx, key, ciphertext)
	if _, ok := errors.AsType[*types.KMSInvalidStateException](err); !ok {
		return demo.NotRefused("the key without its material", err)
	}
	d.Say("   KMS refuses: %v", err)

	d.Step("Import other material")
	other := make([]byte, 32)
	rand.Read(other)
	err = importMaterial(ctx, d, key, other)
	if _, ok := errors.AsType[*types.IncorrectKeyMaterialException](err); !ok {
		return demo.NotRefused("the other material", err)
	}
	d.Say("   KMS refuses: %v", err)

	d.Step("Import the first material again, for good")
	if err := importMaterial(ctx, d, key, material); err != nil {
		return err
	}
	plaintext, err := encryptor.Decrypt(ctx, key, ciphertext)
	if err != nil {
		return err
	}
	d.Say("   the old ciphertext says %q", plaintext)
	return nil
}

// importMaterial wraps key material, so that only KMS can read it, imports it, and
// waits until the key can be used.
func importMaterial(ctx context.Context, d *demo.Demo, keyARN string, material []byte, optFns ...func(*kms.ImportKeyMaterialInput)) error {
	importer := kmskit.NewMaterialImporter(d.Client)
	parameters, err := importer.GetParametersForImport(ctx, keyARN,
		types.AlgorithmSpecRsaesOaepSha256, types.WrappingKeySpecRsa3072)
	if err != nil {
		return err
	}
	parsed, err := x509.ParsePKIXPublicKey(parameters.PublicKey)
	if err != nil {
		return err
	}
	public, ok := parsed.(*rsa.PublicKey)
	if !ok {
		return fmt.Errorf("the wrapping key is a %T", parsed)
	}
	wrapped, err := rsa.EncryptOAEP(sha256.New(), rand.Reader, public, material, nil)
	if err != nil {
		return err
	}
	if _, err := importer.ImportKeyMaterial(ctx, keyARN, parameters.ImportToken, wrapped, optFns...); err != nil {
		return err
	}
	_, err = kmskit.NewKeyManager(d.Client).WaitForState(ctx, keyARN, types.KeyStateEnabled)
	return err
}

// snippet-end:[gov2.kms.Scenario_ImportKeyMaterial]
