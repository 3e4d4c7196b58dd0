package kmskit_test

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"log"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/kmskit/kmskit"
	"github.com/kmskit/kmskit/kmstest"
)

// A client that knows the public key encrypts without an AWS account; only the
// holder of the KMS key decrypts.
func ExampleNewDecryptionKey() {
	ctx := context.Background()
	client := kmstest.New().Client()
	created, err := kmskit.NewKeyManager(client).CreateKey(ctx, "inbox", func(in *kms.CreateKeyInput) {
		in.KeySpec = types.KeySpecRsa2048
		in.KeyUsage = types.KeyUsageTypeEncryptDecrypt
	})
	if err != nil {
		log.Fatal(err)
	}
	// The context lives as long as the key is in use.
	key, err := kmskit.NewDecryptionKey(ctx, client, *created.Arn)
	if err != nil {
		log.Fatal(err)
	}

	public := key.Public().(*rsa.PublicKey)
	ciphertext, err := rsa.EncryptOAEP(sha256.New(), rand.Reader, public, []byte("attack at dawn"), nil)
	if err != nil {
		log.Fatal(err)
	}

	var decrypter crypto.Decrypter = key
	plaintext, err := decrypter.Decrypt(nil, ciphertext, &rsa.OAEPOptions{Hash: crypto.SHA256})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%s\n", plaintext)
	// Output: attack at dawn
}

func ExampleEncryptor_Random() {
	random := kmskit.NewEncryptor(kmstest.New().Client()).Random(context.Background())

	token := make([]byte, 16)
	if _, err := io.ReadFull(random, token); err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(hex.EncodeToString(token)), "digits of token")
	// Output: 32 digits of token
}
