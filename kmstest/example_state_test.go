package kmstest_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/kmskit/kmskit/kmstest"
)

// A key that was made in one life of the world is there in the next.
func ExampleOpen() {
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "kmstest")
	if err != nil {
		panic(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	name := filepath.Join(dir, "kms.state")

	srv, err := kmstest.Open(name)
	if err != nil {
		panic(err)
	}
	key, err := srv.Client().CreateKey(ctx, &kms.CreateKeyInput{Description: aws.String("orders")})
	if err != nil {
		panic(err)
	}
	if err := srv.Close(); err != nil {
		panic(err)
	}

	srv, err = kmstest.Open(name)
	if err != nil {
		panic(err)
	}
	defer func() { _ = srv.Close() }()
	out, err := srv.Client().DescribeKey(ctx, &kms.DescribeKeyInput{KeyId: key.KeyMetadata.Arn})
	if err != nil {
		panic(err)
	}
	fmt.Println(*out.KeyMetadata.Description)
	// Output:
	// orders
}

// Two Servers with the same material read one another's ciphertexts.
func ExampleServer_Seed() {
	const seed = `
Keys:
  - KeyId: 1234abcd-12ab-34cd-56ef-1234567890ab
    Aliases: [alias/orders]
    Material: 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f
`
	ctx := context.Background()
	writer, reader := kmstest.New(), kmstest.New()
	for _, srv := range []*kmstest.Server{writer, reader} {
		if err := srv.Seed(strings.NewReader(seed)); err != nil {
			panic(err)
		}
	}

	sealed, err := writer.Client().Encrypt(ctx, &kms.EncryptInput{KeyId: aws.String("alias/orders"), Plaintext: []byte("attack at dawn")})
	if err != nil {
		panic(err)
	}
	opened, err := reader.Client().Decrypt(ctx, &kms.DecryptInput{KeyId: sealed.KeyId, CiphertextBlob: sealed.CiphertextBlob})
	if err != nil {
		panic(err)
	}
	fmt.Printf("%s\n", opened.Plaintext)
	// Output:
	// attack at dawn
}
