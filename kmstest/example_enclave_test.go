package kmstest_test

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/kmskit/kmskit/kmstest"
)

// Code that runs in a Nitro enclave gets secrets that nobody else can read, not
// even the instance that carries them.
func ExampleEnclave() {
	enclave := kmstest.NewEnclave(nil)
	srv := kmstest.New(kmstest.WithAttestationRoot(enclave.Root()))
	client, ctx := srv.Client(), context.Background()

	key, err := client.CreateKey(ctx, &kms.CreateKeyInput{})
	if err != nil {
		fmt.Println(err)
		return
	}
	sealed, err := client.Encrypt(ctx, &kms.EncryptInput{KeyId: key.KeyMetadata.KeyId, Plaintext: []byte("for the enclave")})
	if err != nil {
		fmt.Println(err)
		return
	}
	out, err := client.Decrypt(ctx, &kms.DecryptInput{
		CiphertextBlob: sealed.CiphertextBlob,
		Recipient:      enclave.Recipient(srv.Now()),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	secret, err := enclave.Decrypt(out.CiphertextForRecipient)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("to the caller: %q\n", out.Plaintext)
	fmt.Printf("to the enclave: %q\n", secret)
	// Output:
	// to the caller: ""
	// to the enclave: "for the enclave"
}
