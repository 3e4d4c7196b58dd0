package kmstest_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/aws/smithy-go"
	"github.com/kmskit/kmskit/kmstest"
)

// A client that retries gets through two refusals for too many requests, and one
// that does not meets the first.
func ExampleServer_Inject() {
	ctx := context.Background()
	srv := kmstest.New()
	throttling := srv.Inject(kmstest.Fault{
		Operations: []string{"GenerateRandom"},
		Times:      2,
		Err:        kmstest.Throttling,
	})

	in := &kms.GenerateRandomInput{NumberOfBytes: new(int32(16))}
	patient := srv.Client(func(o *kms.Options) { // without waiting long, since this is a test
		o.Retryer = retry.NewStandard(func(o *retry.StandardOptions) { o.MaxBackoff = time.Millisecond })
	})
	_, err := patient.GenerateRandom(ctx, in)
	fmt.Println(err, "after", throttling.Hits(), "refusals")
	throttling.Remove()

	srv.Inject(kmstest.Fault{Err: kmstest.Throttling})
	hasty := srv.Client(func(o *kms.Options) { o.RetryMaxAttempts = 1 })
	_, err = hasty.GenerateRandom(ctx, in)
	if refusal, ok := errors.AsType[smithy.APIError](err); ok {
		fmt.Println(refusal.ErrorCode())
	}
	// Output:
	// <nil> after 2 refusals
	// ThrottlingException
}

// When the connection is reset after the alias was made, the retry finds that it
// exists. Code that takes this for somebody else's alias is wrong.
func ExampleFault_late() {
	ctx := context.Background()
	srv := kmstest.New()
	client := srv.Client(func(o *kms.Options) {
		o.Retryer = retry.NewStandard(func(o *retry.StandardOptions) { o.MaxBackoff = time.Millisecond })
	})
	key, err := client.CreateKey(ctx, nil)
	if err != nil {
		panic(err)
	}

	srv.Inject(kmstest.Fault{
		Operations: []string{"CreateAlias"},
		Times:      1,
		Late:       true,
		Err:        kmstest.ConnectionReset,
	})
	alias := "alias/orders"
	_, err = client.CreateAlias(ctx, &kms.CreateAliasInput{AliasName: &alias, TargetKeyId: key.KeyMetadata.KeyId})
	_, exists := errors.AsType[*types.AlreadyExistsException](err)
	fmt.Println("exists:", exists)

	behind, err := client.DescribeKey(ctx, &kms.DescribeKeyInput{KeyId: &alias})
	if err != nil {
		panic(err)
	}
	fmt.Println("and is our own:", *behind.KeyMetadata.KeyId == *key.KeyMetadata.KeyId)
	// Output:
	// exists: true
	// and is our own: true
}

// A new grant takes minutes until it counts everywhere, but counts at once for
// who shows its token.
func ExampleWithDelays() {
	ctx := context.Background()
	srv := kmstest.New(kmstest.WithDelays(kmstest.Delays{Min: 5 * time.Minute}))
	client := srv.Client()
	key, err := client.CreateKey(ctx, nil)
	if err != nil {
		panic(err)
	}
	srv.Advance(5 * time.Minute) // now everybody knows the key

	reader := srv.Principal("arn:aws:iam::111122223333:role/reader")
	grant, err := client.CreateGrant(ctx, &kms.CreateGrantInput{
		KeyId:            key.KeyMetadata.KeyId,
		GranteePrincipal: new(reader.ARN()),
		Operations:       []types.GrantOperation{types.GrantOperationGenerateDataKey},
	})
	if err != nil {
		panic(err)
	}
	generate := func(tokens ...string) error {
		_, err := reader.Client().GenerateDataKey(ctx, &kms.GenerateDataKeyInput{
			KeyId: key.KeyMetadata.Arn, KeySpec: types.DataKeySpecAes256, GrantTokens: tokens,
		})
		return err
	}

	fmt.Println("without the token:", generate() == nil)
	fmt.Println("with the token:", generate(*grant.GrantToken) == nil)
	srv.Advance(5 * time.Minute)
	fmt.Println("without it, later:", generate() == nil)
	// Output:
	// without the token: false
	// with the token: true
	// without it, later: true
}

// An access key alone does not make anybody its owner.
func ExampleWithSignatureVerification() {
	ctx := context.Background()
	srv := kmstest.New(kmstest.WithSignatureVerification())
	_, err := srv.Client().ListKeys(ctx, nil)
	fmt.Println(err)

	guessed := srv.Principal("arn:aws:iam::111122223333:role/reader").Credentials()
	guessed.SecretAccessKey = "guessed"
	_, err = srv.Client(func(o *kms.Options) {
		o.Credentials = aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) { return guessed, nil })
	}).ListKeys(ctx, nil)
	if refusal, ok := errors.AsType[smithy.APIError](err); ok {
		fmt.Println(refusal.ErrorCode())
	}
	// Output:
	// <nil>
	// InvalidSignatureException
}
