// Command postquantum uses keys that a quantum computer does not break: ML-DSA to
// sign, ML-KEM to agree on a key with somebody who has no access to KMS.
package main

// snippet-start:[gov2.kms.Scenario_PostQuantum]

import (
	"bytes"
	"context"
	"crypto"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/mlkem"
	"crypto/sha256"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"fmt"

	"filippo.io/mldsa"
	mldsax509 "filippo.io/mldsa/x509"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/kmskit/kmskit"
	"github.com/kmskit/kmskit/examples/internal/demo"
)

var scenario = demo.Scenario{Title: "Sign and agree on keys, safe from quantum computers", Run: run}

func main() { demo.Main(scenario) }

func run(ctx context.Context, d *demo.Demo) error {
	if err := sign(ctx, d); err != nil {
		return err
	}
	return agree(ctx, d)
}

// sign signs a release with ML-DSA and verifies it without KMS.
func sign(ctx context.Context, d *demo.Demo) error {
	keyARN, err := d.TemporaryKey(ctx, "an ML-DSA key", func(in *kms.CreateKeyInput) {
		in.KeySpec = types.KeySpecMlDsa65
		in.KeyUsage = types.KeyUsageTypeSignVerify
	})
	if err != nil {
		return err
	}
	key, err := kmskit.NewSigner(d.Client).SigningKey(ctx, keyARN)
	if err != nil {
		return err
	}

	d.Step("Sign a release that is larger than the 4,096 bytes that KMS takes")
	release := bytes.Repeat([]byte("release 1.0\n"), 100_000)
	signature, err := key.SignMessage(nil, release, crypto.Hash(0))
	if err != nil {
		return err
	}
	d.Say("   %d bytes signed, a signature of %d bytes", len(release), len(signature))

	d.Step("Verify it without KMS, with the public key")
	der, ok := key.Public().(kmskit.PKIXPublicKey)
	if !ok {
		return fmt.Errorf("the public key is a %T", key.Public())
	}
	parsed, err := mldsax509.ParsePKIXPublicKey(der)
	if err != nil {
		return err
	}
	public, ok := parsed.(*mldsa.PublicKey)
	if !ok {
		return fmt.Errorf("the public key is a %T", parsed)
	}
	if err := mldsa.Verify(public, release, signature, nil); err != nil {
		return err
	}
	d.Say("   it is good")

	d.Step("Verify an altered release")
	release[0] ^= 1
	err = mldsa.Verify(public, release, signature, nil)
	if err == nil {
		return errors.New("the altered release should not verify")
	}
	d.Say("   refused: %v", err)
	return nil
}

// agree has a client send a message that only the owner of an ML-KEM key can read.
func agree(ctx context.Context, d *demo.Demo) error {
	keyARN, err := d.TemporaryKey(ctx, "an ML-KEM key", func(in *kms.CreateKeyInput) {
		in.KeySpec = types.KeySpecMlKem768
		in.KeyUsage = types.KeyUsageTypeEncapsulateDecapsulate
	})
	if err != nil {
		return err
	}

	d.Step("As a client, with the public key alone: agree on a secret, and encrypt with it")
	public, err := kmskit.NewSigner(d.Client).GetPublicKey(ctx, keyARN)
	if err != nil {
		return err
	}
	var info struct { // a SubjectPublicKeyInfo, which crypto/x509 does not parse for ML-KEM
		Algorithm pkix.AlgorithmIdentifier
		PublicKey asn1.BitString
	}
	if _, err := asn1.Unmarshal(public.PublicKey, &info); err != nil {
		return err
	}
	encapsulator, err := mlkem.NewEncapsulationKey768(info.PublicKey.Bytes)
	if err != nil {
		return err
	}
	secret, encapsulated := encapsulator.Encapsulate()
	aead, err := newAEAD(secret)
	if err != nil {
		return err
	}
	sealed := aead.Seal(nil, nil, []byte("for the owner of the key"), nil) //nolint:gosec // the AEAD draws the nonce
	d.Say("   sent: %d bytes that carry the secret, %d that carry the message", len(encapsulated), len(sealed))

	d.Step("As the owner: have KMS tell the secret, and decrypt with it")
	agreement := kmskit.NewKeyAgreement(d.Client)
	secret, err = agreement.Decapsulate(ctx, keyARN, encapsulated)
	if err != nil {
		return err
	}
	aead, err = newAEAD(secret)
	if err != nil {
		return err
	}
	message, err := aead.Open(nil, nil, sealed, nil)
	if err != nil {
		return err
	}
	d.Say("   it says %q", message)

	d.Step("Alter what carries the secret: KMS answers, with another secret")
	encapsulated[0] ^= 1
	secret, err = agreement.Decapsulate(ctx, keyARN, encapsulated)
	if err != nil {
		return err
	}
	aead, err = newAEAD(secret)
	if err != nil {
		return err
	}
	if _, err = aead.Open(nil, nil, sealed, nil); err == nil {
		return errors.New("the message should not open with another secret")
	}
	d.Say("   and so the message does not open: %v", err)
	return nil
}

// newAEAD derives a key from a shared secret for AES-GCM that draws a nonce for
// every message and puts it first.
func newAEAD(secret []byte) (cipher.AEAD, error) {
	key, err := hkdf.Key(sha256.New, secret, nil, "kmskit demo", 32)
	clear(secret)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}

// snippet-end:[gov2.kms.Scenario_PostQuantum]
