package kmskit_test

import (
	"context"
	"fmt"
	"log"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/kmskit/kmskit"
	"github.com/kmskit/kmskit/kmstest"
)

// A role may decrypt what belongs to one tenant, by a grant and nothing else.
func ExampleGrantManager_CreateGrant() {
	ctx := context.Background()
	srv := kmstest.New()
	client := srv.Client() // in a service: kms.NewFromConfig(cfg)
	key, err := kmskit.NewKeyManager(client).CreateKey(ctx, "orders")
	if err != nil {
		log.Fatal(err)
	}
	blue := map[string]string{"tenant": "blue"}
	ciphertext, err := kmskit.NewEncryptor(client).WithEncryptionContext(blue).Encrypt(ctx, *key.Arn, []byte("attack at dawn"))
	if err != nil {
		log.Fatal(err)
	}

	reader := srv.Principal("arn:aws:iam::111122223333:role/reader")
	grant, err := kmskit.NewGrantManager(client).CreateGrant(ctx, *key.Arn, reader.ARN(),
		[]types.GrantOperation{types.GrantOperationDecrypt},
		func(in *kms.CreateGrantInput) {
			in.Name = aws.String("reader-blue") // a retry returns this grant instead of another
			in.Constraints = &types.GrantConstraints{EncryptionContextSubset: blue}
		})
	if err != nil {
		log.Fatal(err)
	}

	// The token makes the grant count at once. On AWS it can take minutes without.
	plaintext, err := kmskit.NewEncryptor(reader.Client()).
		WithEncryptionContext(blue).WithGrantTokens(grant.Token).
		Decrypt(ctx, *key.Arn, ciphertext)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%s\n", plaintext)
	// Output: attack at dawn
}

func ExampleGrantManager_ListGrants() {
	ctx := context.Background()
	client := kmstest.New().Client()
	grants := kmskit.NewGrantManager(client)
	key, err := kmskit.NewKeyManager(client).CreateKey(ctx, "orders")
	if err != nil {
		log.Fatal(err)
	}
	for _, role := range []string{"reader", "auditor"} {
		_, err := grants.CreateGrant(ctx, *key.Arn, "arn:aws:iam::111122223333:role/"+role,
			[]types.GrantOperation{types.GrantOperationDecrypt})
		if err != nil {
			log.Fatal(err)
		}
	}

	for grant, err := range grants.ListGrants(ctx, *key.Arn) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(*grant.GranteePrincipal, grant.Operations)
	}
	// Output:
	// arn:aws:iam::111122223333:role/reader [Decrypt]
	// arn:aws:iam::111122223333:role/auditor [Decrypt]
}

func ExampleGrantManager_ListRetirableGrants() {
	ctx := context.Background()
	srv := kmstest.New()
	grants := kmskit.NewGrantManager(srv.Client())
	key, err := kmskit.NewKeyManager(srv.Client()).CreateKey(ctx, "orders")
	if err != nil {
		log.Fatal(err)
	}
	const worker = "arn:aws:iam::111122223333:role/worker"
	_, err = grants.CreateGrant(ctx, *key.Arn, worker, []types.GrantOperation{types.GrantOperationDecrypt},
		func(in *kms.CreateGrantInput) { in.RetiringPrincipal = aws.String(worker) })
	if err != nil {
		log.Fatal(err)
	}

	for grant, err := range grants.ListRetirableGrants(ctx, worker) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(*grant.KeyId == *key.Arn, grant.Operations)
	}
	// Output: true [Decrypt]
}

// The one who uses a grant ends it by its token when the work is done.
func ExampleGrantManager_RetireGrant() {
	ctx := context.Background()
	srv := kmstest.New()
	grants := kmskit.NewGrantManager(srv.Client())
	key, err := kmskit.NewKeyManager(srv.Client()).CreateKey(ctx, "orders")
	if err != nil {
		log.Fatal(err)
	}
	worker := srv.Principal("arn:aws:iam::111122223333:role/worker")
	grant, err := grants.CreateGrant(ctx, *key.Arn, worker.ARN(), []types.GrantOperation{types.GrantOperationDecrypt},
		func(in *kms.CreateGrantInput) { in.RetiringPrincipal = aws.String(worker.ARN()) })
	if err != nil {
		log.Fatal(err)
	}

	if err := kmskit.NewGrantManager(worker.Client()).RetireGrant(ctx, grant.Token); err != nil {
		log.Fatal(err)
	}
	left := 0
	for _, err := range grants.ListGrants(ctx, *key.Arn) {
		if err != nil {
			log.Fatal(err)
		}
		left++
	}
	fmt.Println(left, "grants left")
	// Output: 0 grants left
}

// A grant that was listed has no token: retire it by the ARN of its key and its ID.
func ExampleGrantManager_RetireGrantByID() {
	ctx := context.Background()
	client := kmstest.New().Client()
	grants := kmskit.NewGrantManager(client)
	key, err := kmskit.NewKeyManager(client).CreateKey(ctx, "orders")
	if err != nil {
		log.Fatal(err)
	}
	const account = "arn:aws:iam::111122223333:root"
	_, err = grants.CreateGrant(ctx, *key.Arn, account, []types.GrantOperation{types.GrantOperationDecrypt},
		func(in *kms.CreateGrantInput) { in.RetiringPrincipal = aws.String(account) })
	if err != nil {
		log.Fatal(err)
	}

	for grant, err := range grants.ListRetirableGrants(ctx, account) {
		if err != nil {
			log.Fatal(err)
		}
		if err := grants.RetireGrantByID(ctx, *grant.KeyId, *grant.GrantId); err != nil {
			log.Fatal(err)
		}
		fmt.Println("retired")
	}
	// Output: retired
}

func ExampleGrantManager_RevokeGrant() {
	ctx := context.Background()
	srv := kmstest.New()
	grants := kmskit.NewGrantManager(srv.Client())
	key, err := kmskit.NewKeyManager(srv.Client()).CreateKey(ctx, "orders")
	if err != nil {
		log.Fatal(err)
	}
	reader := srv.Principal("arn:aws:iam::111122223333:role/reader")
	grant, err := grants.CreateGrant(ctx, *key.Arn, reader.ARN(), []types.GrantOperation{types.GrantOperationEncrypt})
	if err != nil {
		log.Fatal(err)
	}

	if err := grants.RevokeGrant(ctx, *key.Arn, grant.ID); err != nil {
		log.Fatal(err)
	}
	_, err = kmskit.NewEncryptor(reader.Client()).Encrypt(ctx, *key.Arn, []byte("attack at dawn"))
	fmt.Println(err != nil)
	// Output: true
}
