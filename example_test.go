package kmskit_test

import (
	"context"
	"fmt"
	"log"

	"github.com/kmskit/kmskit"
	"github.com/kmskit/kmskit/kmstest"
)

// A service finds its key, or creates it, when it starts. What it encrypts for a
// tenant it can decrypt for that tenant only.
func Example() {
	ctx := context.Background()
	client := kmstest.New().Client() // in a service: kms.NewFromConfig(cfg)

	key, err := kmskit.EnsureKey(ctx, client, "alias/orders", "encrypts the orders")
	if err != nil {
		log.Fatal(err)
	}

	encryptor := kmskit.NewEncryptor(client)
	blue := encryptor.WithEncryptionContext(map[string]string{"tenant": "blue"})
	ciphertext, err := blue.Encrypt(ctx, *key.Arn, []byte("ten boxes"))
	if err != nil {
		log.Fatal(err)
	}
	plaintext, err := blue.Decrypt(ctx, *key.Arn, ciphertext)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%s\n", plaintext)

	green := encryptor.WithEncryptionContext(map[string]string{"tenant": "green"})
	_, err = green.Decrypt(ctx, *key.Arn, ciphertext)
	fmt.Println("for another tenant:", kmskit.ErrorCode(err))
	// Output:
	// ten boxes
	// for another tenant: InvalidCiphertextException
}
