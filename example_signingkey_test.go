package kmskit_test

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"errors"
	"fmt"
	"log"
	"math/big"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/kmskit/kmskit"
	"github.com/kmskit/kmskit/kmstest"
)

// A KMS key signs the certificate of an authority, its own.
func ExampleSigner_SigningKey() {
	ctx := context.Background()
	client := kmstest.New().Client()
	created, err := kmskit.NewKeyManager(client).CreateKey(ctx, "authority", func(in *kms.CreateKeyInput) {
		in.KeySpec = types.KeySpecEccNistP384
		in.KeyUsage = types.KeyUsageTypeSignVerify
	})
	if err != nil {
		log.Fatal(err)
	}

	// The context lives as long as the key is in use.
	key, err := kmskit.NewSigner(client).SigningKey(ctx, *created.Arn)
	if err != nil {
		log.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber:          big.NewInt(1),
		Subject:               pkix.Name{CommonName: "Authority"},
		NotAfter:              time.Date(2050, time.January, 1, 0, 0, 0, 0, time.UTC),
		IsCA:                  true,
		BasicConstraintsValid: true,
		KeyUsage:              x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		log.Fatal(err)
	}

	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(certificate.Subject, certificate.SignatureAlgorithm, certificate.CheckSignatureFrom(certificate))
	// Output: CN=Authority ECDSA-SHA384 <nil>
}

func ExampleSigningKey_Sign() {
	ctx := context.Background()
	client := kmstest.New().Client()
	created, err := kmskit.NewKeyManager(client).CreateKey(ctx, "releases", func(in *kms.CreateKeyInput) {
		in.KeySpec = types.KeySpecRsa2048
		in.KeyUsage = types.KeyUsageTypeSignVerify
	})
	if err != nil {
		log.Fatal(err)
	}
	key, err := kmskit.NewSigner(client).SigningKey(ctx, *created.Arn)
	if err != nil {
		log.Fatal(err)
	}

	// However large the release is, KMS gets 32 bytes.
	digest := sha256.Sum256(make([]byte, 1<<20))
	pss := &rsa.PSSOptions{Hash: crypto.SHA256, SaltLength: rsa.PSSSaltLengthEqualsHash}
	signature, err := key.Sign(nil, digest[:], pss)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(rsa.VerifyPSS(key.Public().(*rsa.PublicKey), crypto.SHA256, digest[:], signature, pss))

	// What the key cannot do is refused before KMS is asked.
	_, err = key.Sign(nil, digest[:20], crypto.SHA1)
	fmt.Println(err)
	// Output:
	// <nil>
	// kmskit: SigningKey: keys of the spec RSA_2048 sign digests of SHA-256, SHA-384, SHA-512, not of SHA-1
}

// Verifying asks nobody: the key knows its public key.
func ExampleSigningKey_VerifyMessage() {
	ctx := context.Background()
	client := kmstest.New().Client()
	created, err := kmskit.NewKeyManager(client).CreateKey(ctx, "releases", func(in *kms.CreateKeyInput) {
		in.KeySpec = types.KeySpecEccNistEdwards25519
		in.KeyUsage = types.KeyUsageTypeSignVerify
	})
	if err != nil {
		log.Fatal(err)
	}
	key, err := kmskit.NewSigner(client).SigningKey(ctx, *created.Arn)
	if err != nil {
		log.Fatal(err)
	}

	signature, err := key.SignMessage(nil, []byte("release 1.0"), crypto.Hash(0))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(key.VerifyMessage([]byte("release 1.0"), signature, crypto.Hash(0)))

	err = key.VerifyMessage([]byte("release 2.0"), signature, crypto.Hash(0))
	_, invalid := errors.AsType[*types.KMSInvalidSignatureException](err)
	fmt.Println(invalid)
	// Output:
	// <nil>
	// true
}

// A request has a deadline of its own.
func ExampleSigningKey_WithContext() {
	ctx := context.Background()
	client := kmstest.New().Client()
	created, err := kmskit.NewKeyManager(client).CreateKey(ctx, "tokens", func(in *kms.CreateKeyInput) {
		in.KeySpec = types.KeySpecEccNistP256
		in.KeyUsage = types.KeyUsageTypeSignVerify
	})
	if err != nil {
		log.Fatal(err)
	}
	key, err := kmskit.NewSigner(client).SigningKey(ctx, *created.Arn)
	if err != nil {
		log.Fatal(err)
	}

	request, cancel := context.WithTimeout(ctx, 5*time.Second)
	signature, err := key.WithContext(request).SignMessage(nil, []byte("token"), crypto.SHA256)
	cancel()
	fmt.Println(len(signature) > 0, err)
	// Output: true <nil>
}

// A JSON Web Token. The signature of one is not in DER.
func ExampleECDSAToFixed() {
	ctx := context.Background()
	client := kmstest.New().Client()
	created, err := kmskit.NewKeyManager(client).CreateKey(ctx, "tokens", func(in *kms.CreateKeyInput) {
		in.KeySpec = types.KeySpecEccNistP256
		in.KeyUsage = types.KeyUsageTypeSignVerify
	})
	if err != nil {
		log.Fatal(err)
	}
	key, err := kmskit.NewSigner(client).SigningKey(ctx, *created.Arn)
	if err != nil {
		log.Fatal(err)
	}

	encode := base64.RawURLEncoding.EncodeToString
	token := encode([]byte(`{"alg":"ES256","typ":"JWT"}`)) + "." + encode([]byte(`{"sub":"ana"}`))
	der, err := key.SignMessage(nil, []byte(token), crypto.SHA256)
	if err != nil {
		log.Fatal(err)
	}
	signature, err := kmskit.ECDSAToFixed(key.Spec(), der)
	if err != nil {
		log.Fatal(err)
	}
	token += "." + encode(signature)

	// Whoever has the public key verifies it. SigningKey.VerifyMessage takes DER.
	i := strings.LastIndex(token, ".")
	signature, err = base64.RawURLEncoding.DecodeString(token[i+1:])
	if err != nil {
		log.Fatal(err)
	}
	der, err = kmskit.ECDSAFromFixed(key.Spec(), signature)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(token[:i])
	fmt.Println(len(signature), "bytes of signature:", key.VerifyMessage([]byte(token[:i]), der, crypto.SHA256))
	// Output:
	// eyJhbGciOiJFUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJhbmEifQ
	// 64 bytes of signature: <nil>
}
