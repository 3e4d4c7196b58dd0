package kmstest_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/kmskit/kmskit"
	"github.com/kmskit/kmskit/kmstest"
)

// A client of the SDK works on a Server as it does on AWS.
func Example() {
	ctx := context.Background()
	client := kmstest.New().Client()

	key, err := client.CreateKey(ctx, &kms.CreateKeyInput{Description: aws.String("orders")})
	if err != nil {
		panic(err)
	}
	sealed, err := client.Encrypt(ctx, &kms.EncryptInput{
		KeyId:             key.KeyMetadata.Arn,
		Plaintext:         []byte("attack at dawn"),
		EncryptionContext: map[string]string{"tenant": "blue"},
	})
	if err != nil {
		panic(err)
	}

	_, err = client.Decrypt(ctx, &kms.DecryptInput{
		CiphertextBlob:    sealed.CiphertextBlob,
		EncryptionContext: map[string]string{"tenant": "red"},
	})
	_, wrong := errors.AsType[*types.InvalidCiphertextException](err)
	fmt.Println("refused under another context:", wrong)

	opened, err := client.Decrypt(ctx, &kms.DecryptInput{
		CiphertextBlob:    sealed.CiphertextBlob,
		EncryptionContext: map[string]string{"tenant": "blue"},
	})
	if err != nil {
		panic(err)
	}
	fmt.Printf("%s\n", opened.Plaintext)
	// Output:
	// refused under another context: true
	// attack at dawn
}

// Clients in any language reach a Server through a port.
func ExampleServer_ServeHTTP() {
	srv := kmstest.New(kmstest.WithSeed(1))
	port := httptest.NewServer(srv)
	defer port.Close()

	client := srv.Client(func(o *kms.Options) {
		o.BaseEndpoint = &port.URL
		o.HTTPClient = port.Client()
	})
	key, err := client.CreateKey(context.Background(), &kms.CreateKeyInput{})
	if err != nil {
		panic(err)
	}
	fmt.Println(*key.KeyMetadata.Arn)
	// Output:
	// arn:aws:kms:us-east-1:111122223333:key/2db24b98-9454-4a84-9fd9-1d873f56d8cb
}

// Code that takes an http.Client reaches a Server without a port.
func ExampleServer_RoundTrip() {
	srv := kmstest.New()
	client := kms.New(kms.Options{
		Region:      "eu-central-1",
		Credentials: srv.Config().Credentials,
		HTTPClient:  &http.Client{Transport: srv, Timeout: time.Second},
	})
	_, err := client.CreateKey(context.Background(), &kms.CreateKeyInput{})
	fmt.Println(err)
	// Output: <nil>
}

// Two principals, and what the key policy and their own policies let them do.
func ExampleServer_Principal() {
	ctx := context.Background()
	srv := kmstest.New()
	key, err := srv.Client().CreateKey(ctx, &kms.CreateKeyInput{})
	if err != nil {
		panic(err)
	}

	writer := srv.Principal("arn:aws:iam::111122223333:role/writer", kmstest.WithPolicy(&kmskit.PolicyDocument{
		Version: "2012-10-17",
		Statement: []kmskit.Statement{{
			Effect:   kmskit.Allow,
			Action:   kmskit.StringList{"kms:Encrypt"},
			Resource: kmskit.StringList{*key.KeyMetadata.Arn},
		}},
	}))
	reader := srv.Principal("arn:aws:iam::111122223333:role/reader")

	in := &kms.EncryptInput{KeyId: key.KeyMetadata.Arn, Plaintext: []byte("attack at dawn")}
	_, err = writer.Client().Encrypt(ctx, in)
	fmt.Println("writer:", err)
	_, err = reader.Client().Encrypt(ctx, in)
	fmt.Println("reader is refused:", err != nil)
	// Output:
	// writer: <nil>
	// reader is refused: true
}

// A key is gone when its window has passed.
func ExampleServer_Advance() {
	ctx := context.Background()
	srv := kmstest.New()
	client := srv.Client()
	key, err := client.CreateKey(ctx, &kms.CreateKeyInput{})
	if err != nil {
		panic(err)
	}
	_, err = client.ScheduleKeyDeletion(ctx, &kms.ScheduleKeyDeletionInput{
		KeyId: key.KeyMetadata.KeyId, PendingWindowInDays: aws.Int32(7),
	})
	if err != nil {
		panic(err)
	}

	srv.Advance(7 * 24 * time.Hour)
	_, err = client.DescribeKey(ctx, &kms.DescribeKeyInput{KeyId: key.KeyMetadata.KeyId})
	_, gone := errors.AsType[*types.NotFoundException](err)
	fmt.Println("gone:", gone)
	// Output:
	// gone: true
}
