package kmskit_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"fmt"
	"log"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/kmskit/kmskit"
	"github.com/kmskit/kmskit/kmstest"
)

func ExampleSigner_Sign() {
	ctx := context.Background()
	client := kmstest.New().Client() // in a service: kms.NewFromConfig(cfg)
	key, err := kmskit.NewKeyManager(client).CreateKey(ctx, "releases", func(in *kms.CreateKeyInput) {
		in.KeySpec = types.KeySpecEccNistP256
		in.KeyUsage = types.KeyUsageTypeSignVerify
	})
	if err != nil {
		log.Fatal(err)
	}

	signer := kmskit.NewSigner(client)
	message := []byte("version 2.0 is out")
	signature, err := signer.Sign(ctx, *key.Arn, message, types.SigningAlgorithmSpecEcdsaSha256)
	if err != nil {
		log.Fatal(err)
	}
	err = signer.Verify(ctx, *key.Arn, message, types.SigningAlgorithmSpecEcdsaSha256, signature)
	fmt.Println(err)
	// Output: <nil>
}

// What is too large for KMS is hashed here, and the digest is signed.
func ExampleSigner_Sign_digest() {
	ctx := context.Background()
	client := kmstest.New().Client()
	key, err := kmskit.NewKeyManager(client).CreateKey(ctx, "releases", func(in *kms.CreateKeyInput) {
		in.KeySpec = types.KeySpecEccNistP256
		in.KeyUsage = types.KeyUsageTypeSignVerify
	})
	if err != nil {
		log.Fatal(err)
	}

	signer := kmskit.NewSigner(client)
	digest := sha256.Sum256(make([]byte, 1<<20))
	signature, err := signer.Sign(ctx, *key.Arn, digest[:], types.SigningAlgorithmSpecEcdsaSha256, func(in *kms.SignInput) {
		in.MessageType = types.MessageTypeDigest
	})
	if err != nil {
		log.Fatal(err)
	}
	err = signer.Verify(ctx, *key.Arn, digest[:], types.SigningAlgorithmSpecEcdsaSha256, signature, func(in *kms.VerifyInput) {
		in.MessageType = types.MessageTypeDigest
	})
	fmt.Println(err)
	// Output: <nil>
}

// Verify answers by its error: KMS never says that a signature is false.
func ExampleSigner_Verify() {
	ctx := context.Background()
	client := kmstest.New().Client()
	key, err := kmskit.NewKeyManager(client).CreateKey(ctx, "releases", func(in *kms.CreateKeyInput) {
		in.KeySpec = types.KeySpecEccNistEdwards25519
		in.KeyUsage = types.KeyUsageTypeSignVerify
	})
	if err != nil {
		log.Fatal(err)
	}
	signer := kmskit.NewSigner(client)
	signature, err := signer.Sign(ctx, *key.Arn, []byte("version 2.0 is out"), types.SigningAlgorithmSpecEd25519Sha512)
	if err != nil {
		log.Fatal(err)
	}

	err = signer.Verify(ctx, *key.Arn, []byte("version 6.6 is out"), types.SigningAlgorithmSpecEd25519Sha512, signature)
	_, invalid := errors.AsType[*types.KMSInvalidSignatureException](err)
	fmt.Println(invalid)
	// Output: true
}

// Whoever has the public key verifies without KMS.
func ExampleSigner_GetPublicKey() {
	ctx := context.Background()
	client := kmstest.New().Client()
	key, err := kmskit.NewKeyManager(client).CreateKey(ctx, "releases", func(in *kms.CreateKeyInput) {
		in.KeySpec = types.KeySpecEccNistP256
		in.KeyUsage = types.KeyUsageTypeSignVerify
	})
	if err != nil {
		log.Fatal(err)
	}
	signer := kmskit.NewSigner(client)
	message := []byte("version 2.0 is out")
	signature, err := signer.Sign(ctx, *key.Arn, message, types.SigningAlgorithmSpecEcdsaSha256)
	if err != nil {
		log.Fatal(err)
	}

	public, err := signer.GetPublicKey(ctx, *key.Arn)
	if err != nil {
		log.Fatal(err)
	}
	parsed, err := x509.ParsePKIXPublicKey(public.PublicKey)
	if err != nil {
		log.Fatal(err)
	}
	digest := sha256.Sum256(message)
	fmt.Println(public.SigningAlgorithms, ecdsa.VerifyASN1(parsed.(*ecdsa.PublicKey), digest[:], signature))
	// Output: [ECDSA_SHA_256] true
}
