package kmskit_test

import (
	"bytes"
	"context"
	"crypto/ecdh"
	"crypto/mlkem"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"fmt"
	"log"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/kmskit/kmskit"
	"github.com/kmskit/kmskit/kmstest"
)

// Two parties, of which one keeps its private key in KMS, come to one secret.
func ExampleKeyAgreement_DeriveSharedSecret() {
	ctx := context.Background()
	client := kmstest.New().Client() // in a service: kms.NewFromConfig(cfg)
	key, err := kmskit.NewKeyManager(client).CreateKey(ctx, "handshake", func(in *kms.CreateKeyInput) {
		in.KeySpec = types.KeySpecEccNistP256
		in.KeyUsage = types.KeyUsageTypeKeyAgreement
	})
	if err != nil {
		log.Fatal(err)
	}
	peer, err := ecdh.P256().GenerateKey(rand.Reader)
	if err != nil {
		log.Fatal(err)
	}
	peerPublic, err := x509.MarshalPKIXPublicKey(peer.PublicKey())
	if err != nil {
		log.Fatal(err)
	}

	ours, err := kmskit.NewKeyAgreement(client).DeriveSharedSecret(ctx, *key.Arn, peerPublic)
	if err != nil {
		log.Fatal(err)
	}

	// The peer needs our public key only. Both feed the secret to a key
	// derivation function such as crypto/hkdf.
	public, err := kmskit.NewSigner(client).GetPublicKey(ctx, *key.Arn)
	if err != nil {
		log.Fatal(err)
	}
	theirs, err := agree(peer, public.PublicKey)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(ours), "bytes, the same:", bytes.Equal(ours, theirs))
	// Output: 32 bytes, the same: true
}

// agree does the peer's part.
func agree(private *ecdh.PrivateKey, der []byte) ([]byte, error) {
	var info struct {
		Algorithm pkix.AlgorithmIdentifier
		PublicKey asn1.BitString
	}
	if _, err := asn1.Unmarshal(der, &info); err != nil {
		return nil, err
	}
	public, err := private.Curve().NewPublicKey(info.PublicKey.Bytes)
	if err != nil {
		return nil, err
	}
	return private.ECDH(public)
}

// ML-KEM, which a quantum computer does not break: KMS makes a secret, and a
// ciphertext from which the owner of the key gets it back.
func ExampleKeyAgreement_Encapsulate() {
	ctx := context.Background()
	client := kmstest.New().Client()
	key, err := kmskit.NewKeyManager(client).CreateKey(ctx, "handshake", func(in *kms.CreateKeyInput) {
		in.KeySpec = types.KeySpecMlKem768
		in.KeyUsage = types.KeyUsageTypeEncapsulateDecapsulate
	})
	if err != nil {
		log.Fatal(err)
	}

	encapsulation, err := kmskit.NewKeyAgreement(client).Encapsulate(ctx, *key.Arn)
	if err != nil {
		log.Fatal(err)
	}
	defer encapsulation.Destroy()
	fmt.Println(len(encapsulation.SharedSecret()), "bytes of secret in", len(encapsulation.Ciphertext), "bytes of ciphertext")
	// Output: 32 bytes of secret in 1088 bytes of ciphertext
}

// As a rule the sender encapsulates outside KMS, with the public key.
func ExampleKeyAgreement_Decapsulate() {
	ctx := context.Background()
	client := kmstest.New().Client()
	key, err := kmskit.NewKeyManager(client).CreateKey(ctx, "handshake", func(in *kms.CreateKeyInput) {
		in.KeySpec = types.KeySpecMlKem768
		in.KeyUsage = types.KeyUsageTypeEncapsulateDecapsulate
	})
	if err != nil {
		log.Fatal(err)
	}
	public, err := kmskit.NewSigner(client).GetPublicKey(ctx, *key.Arn)
	if err != nil {
		log.Fatal(err)
	}
	var info struct {
		Algorithm pkix.AlgorithmIdentifier
		PublicKey asn1.BitString
	}
	if _, err := asn1.Unmarshal(public.PublicKey, &info); err != nil {
		log.Fatal(err)
	}
	encapsulationKey, err := mlkem.NewEncapsulationKey768(info.PublicKey.Bytes)
	if err != nil {
		log.Fatal(err)
	}
	theirs, ciphertext := encapsulationKey.Encapsulate()

	ours, err := kmskit.NewKeyAgreement(client).Decapsulate(ctx, *key.Arn, ciphertext)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(bytes.Equal(ours, theirs))
	// Output: true
}
