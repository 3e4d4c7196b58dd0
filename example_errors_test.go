package kmskit_test

import (
	"context"
	"errors"
	"fmt"
	"log"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/kmskit/kmskit"
	"github.com/kmskit/kmskit/kmstest"
)

// What went wrong, by the SDK's type where it has one, and by the code where it
// has none.
func ExampleErrorCode() {
	ctx := context.Background()
	srv := kmstest.New()
	key, err := kmskit.NewKeyManager(srv.Client()).CreateKey(ctx, "orders")
	if err != nil {
		log.Fatal(err)
	}
	tell := func(err error) {
		switch _, gone := errors.AsType[*types.NotFoundException](err); {
		case err == nil:
			fmt.Println("done")
		case gone:
			fmt.Println("there is no such key")
		case errors.Is(err, kmskit.ErrInvalidInput):
			fmt.Println("a mistake of the program:", err)
		case kmskit.ErrorCode(err) == "AccessDeniedException":
			fmt.Println("not allowed")
		default:
			fmt.Println("something else:", err)
		}
	}

	encryptor := kmskit.NewEncryptor(srv.Client())
	_, err = encryptor.Encrypt(ctx, *key.Arn, []byte("attack at dawn"))
	tell(err)
	_, err = encryptor.Encrypt(ctx, "alias/order", []byte("attack at dawn"))
	tell(err)
	_, err = encryptor.Encrypt(ctx, *key.Arn, nil)
	tell(err)

	stranger := srv.Principal("arn:aws:iam::444455556666:role/stranger")
	_, err = kmskit.NewEncryptor(stranger.Client()).Encrypt(ctx, *key.Arn, []byte("attack at dawn"))
	tell(err)
	// Output:
	// done
	// there is no such key
	// a mistake of the program: kmskit: Encrypt: the plaintext is empty; it must have 1 to 4096 bytes
	// not allowed
}

// A service checks when it starts that it may do what it will do later.
func ExampleCheckDryRun() {
	ctx := context.Background()
	srv := kmstest.New()
	key, err := kmskit.NewKeyManager(srv.Client()).CreateKey(ctx, "orders")
	if err != nil {
		log.Fatal(err)
	}
	mayEncrypt := func(client *kms.Client) error {
		_, err := kmskit.NewEncryptor(client).Encrypt(ctx, *key.Arn, []byte("a try"), func(in *kms.EncryptInput) {
			in.DryRun = aws.Bool(true)
		})
		return kmskit.CheckDryRun(err)
	}

	fmt.Println("the owner:", mayEncrypt(srv.Client()))
	err = mayEncrypt(srv.Principal("arn:aws:iam::111122223333:role/reader").Client())
	fmt.Println("the reader:", kmskit.ErrorCode(err))
	// Output:
	// the owner: <nil>
	// the reader: AccessDeniedException
}
