package kmskit_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/kmskit/kmskit"
	"github.com/kmskit/kmskit/kmstest"
)

// Archive is a service that encrypts what it keeps under one KMS key.
type Archive struct {
	encryptor *kmskit.Encryptor
	keyARN    string
	documents map[string][]byte
}

// Keep stores a document.
func (a *Archive) Keep(ctx context.Context, name string, document []byte) (err error) {
	a.documents[name], err = a.encryptor.Encrypt(ctx, a.keyARN, document)
	return err
}

// Read returns a document, or ErrLost when nobody will ever read it again.
func (a *Archive) Read(ctx context.Context, name string) ([]byte, error) {
	document, err := a.encryptor.Decrypt(ctx, a.keyARN, a.documents[name])
	if _, gone := errors.AsType[*types.NotFoundException](err); gone {
		return nil, ErrLost
	}
	return document, err
}

// ErrLost says that the key of a document was deleted.
var ErrLost = errors.New("archive: the key is gone, and the document with it")

// A service that should meet KMS itself is tested with kmstest. The test sets up
// keys as it would on AWS, and owns the clock.
func Example_kmstest() {
	ctx := context.Background()
	srv := kmstest.New()
	client := srv.Client() // a *kms.Client, as the service gets it in production
	keys := kmskit.NewKeyManager(client)
	key, err := keys.CreateKey(ctx, "archive")
	if err != nil {
		log.Fatal(err)
	}

	archive := &Archive{kmskit.NewEncryptor(client), *key.Arn, map[string][]byte{}}
	if err := archive.Keep(ctx, "deed", []byte("the house is yours")); err != nil {
		log.Fatal(err)
	}
	document, err := archive.Read(ctx, "deed")
	fmt.Printf("%s %v\n", document, err)

	// What if somebody deletes the key?
	if _, err := keys.ScheduleKeyDeletion(ctx, *key.Arn, 7); err != nil {
		log.Fatal(err)
	}
	srv.Advance(8 * 24 * time.Hour)
	_, err = archive.Read(ctx, "deed")
	fmt.Println(err)
	// Output:
	// the house is yours <nil>
	// archive: the key is gone, and the document with it
}
