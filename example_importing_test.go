package kmskit_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"fmt"
	"log"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/kmskit/kmskit"
	"github.com/kmskit/kmskit/kmstest"
)

// Bring your own key material: what KMS did not make it does not keep for you.
func ExampleMaterialImporter_ImportKeyMaterial() {
	ctx := context.Background()
	client := kmstest.New().Client() // in a service: kms.NewFromConfig(cfg)
	keys, importer := kmskit.NewKeyManager(client), kmskit.NewMaterialImporter(client)
	key, err := keys.CreateKey(ctx, "orders", func(in *kms.CreateKeyInput) { in.Origin = types.OriginTypeExternal })
	if err != nil {
		log.Fatal(err)
	}
	material := make([]byte, 32)
	rand.Read(material) // yours comes from where you trust, and you keep a copy

	parameters, err := importer.GetParametersForImport(ctx, *key.KeyId, types.AlgorithmSpecRsaesOaepSha256, types.WrappingKeySpecRsa2048)
	if err != nil {
		log.Fatal(err)
	}
	public, err := x509.ParsePKIXPublicKey(parameters.PublicKey)
	if err != nil {
		log.Fatal(err)
	}
	wrapped, err := rsa.EncryptOAEP(sha256.New(), rand.Reader, public.(*rsa.PublicKey), material, nil)
	if err != nil {
		log.Fatal(err)
	}
	_, err = importer.ImportKeyMaterial(ctx, *key.KeyId, parameters.ImportToken, wrapped, func(in *kms.ImportKeyMaterialInput) {
		in.ExpirationModel = types.ExpirationModelTypeKeyMaterialExpires
		in.ValidTo = aws.Time(time.Now().AddDate(0, 6, 0))
	})
	if err != nil {
		log.Fatal(err)
	}
	key, err = keys.DescribeKey(ctx, *key.KeyId)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(key.KeyState, key.Origin, key.ExpirationModel)
	// Output: Enabled EXTERNAL KEY_MATERIAL_EXPIRES
}

func ExampleMaterialImporter_GetParametersForImport() {
	ctx := context.Background()
	client := kmstest.New().Client()
	key, err := kmskit.NewKeyManager(client).CreateKey(ctx, "orders", func(in *kms.CreateKeyInput) {
		in.Origin = types.OriginTypeExternal
	})
	if err != nil {
		log.Fatal(err)
	}

	parameters, err := kmskit.NewMaterialImporter(client).GetParametersForImport(ctx, *key.KeyId,
		types.AlgorithmSpecRsaesOaepSha256, types.WrappingKeySpecRsa4096)
	if err != nil {
		log.Fatal(err)
	}
	public, err := x509.ParsePKIXPublicKey(parameters.PublicKey)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("wrap the material under", public.(*rsa.PublicKey).Size()*8, "bits")
	fmt.Println("within the day:", time.Until(parameters.ValidTo) > 23*time.Hour)
	// Output:
	// wrap the material under 4096 bits
	// within the day: true
}

// Taking the material away makes the key unusable at once. Only the same material
// brings it back.
func ExampleMaterialImporter_DeleteImportedKeyMaterial() {
	ctx := context.Background()
	client := kmstest.New().Client()
	keys, importer := kmskit.NewKeyManager(client), kmskit.NewMaterialImporter(client)
	key, err := keys.CreateKey(ctx, "orders", func(in *kms.CreateKeyInput) { in.Origin = types.OriginTypeExternal })
	if err != nil {
		log.Fatal(err)
	}
	parameters, err := importer.GetParametersForImport(ctx, *key.KeyId, types.AlgorithmSpecRsaesOaepSha256, types.WrappingKeySpecRsa2048)
	if err != nil {
		log.Fatal(err)
	}
	public, err := x509.ParsePKIXPublicKey(parameters.PublicKey)
	if err != nil {
		log.Fatal(err)
	}
	material := make([]byte, 32)
	rand.Read(material)
	wrapped, err := rsa.EncryptOAEP(sha256.New(), rand.Reader, public.(*rsa.PublicKey), material, nil)
	if err != nil {
		log.Fatal(err)
	}
	_, err = importer.ImportKeyMaterial(ctx, *key.KeyId, parameters.ImportToken, wrapped, func(in *kms.ImportKeyMaterialInput) {
		in.ExpirationModel = types.ExpirationModelTypeKeyMaterialDoesNotExpire
	})
	if err != nil {
		log.Fatal(err)
	}

	if err := importer.DeleteImportedKeyMaterial(ctx, *key.KeyId); err != nil {
		log.Fatal(err)
	}
	key, err = keys.DescribeKey(ctx, *key.KeyId)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(key.KeyState)
	// Output: PendingImport
}
