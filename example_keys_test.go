package kmskit_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/kmskit/kmskit"
	"github.com/kmskit/kmskit/kmstest"
)

func ExampleKeyManager_CreateKey() {
	ctx := context.Background()
	client := kmstest.New().Client() // in a service: kms.NewFromConfig(cfg)

	key, err := kmskit.NewKeyManager(client).CreateKey(ctx, "orders")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(*key.Description, key.KeyState, key.KeySpec, key.KeyUsage)
	// Output: orders Enabled SYMMETRIC_DEFAULT ENCRYPT_DECRYPT
}

// Options reach every field of the SDK's input: here a key pair that signs.
func ExampleKeyManager_CreateKey_options() {
	ctx := context.Background()
	client := kmstest.New().Client()

	key, err := kmskit.NewKeyManager(client).CreateKey(ctx, "invoices", func(in *kms.CreateKeyInput) {
		in.KeySpec = types.KeySpecEccNistP256
		in.KeyUsage = types.KeyUsageTypeSignVerify
		in.Tags = []types.Tag{{TagKey: aws.String("team"), TagValue: aws.String("billing")}}
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(key.KeySpec, key.KeyUsage, key.SigningAlgorithms)
	// Output: ECC_NIST_P256 SIGN_VERIFY [ECDSA_SHA_256]
}

func ExampleKeyManager_DescribeKey() {
	ctx := context.Background()
	client := kmstest.New().Client()
	keys := kmskit.NewKeyManager(client)

	created, err := keys.CreateKey(ctx, "orders")
	if err != nil {
		log.Fatal(err)
	}
	key, err := keys.DescribeKey(ctx, *created.KeyId)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(*key.Description, "is", key.KeyState)
	// Output: orders is Enabled
}

func ExampleKeyManager_ListKeys() {
	ctx := context.Background()
	client := kmstest.New().Client()
	keys := kmskit.NewKeyManager(client)
	for range 250 {
		if _, err := keys.CreateKey(ctx, ""); err != nil {
			log.Fatal(err)
		}
	}

	// Three pages, of which one is held at a time.
	count := 0
	for key, err := range keys.ListKeys(ctx) {
		if err != nil {
			log.Fatal(err)
		}
		_ = *key.KeyArn
		count++
	}
	fmt.Println(count, "keys")
	// Output: 250 keys
}

func ExampleKeyManager_EnableKey() {
	ctx := context.Background()
	client := kmstest.New().Client()
	keys := kmskit.NewKeyManager(client)
	key, err := keys.CreateKey(ctx, "orders")
	if err != nil {
		log.Fatal(err)
	}
	if err := keys.DisableKey(ctx, *key.KeyId); err != nil {
		log.Fatal(err)
	}

	if err := keys.EnableKey(ctx, *key.KeyId); err != nil {
		log.Fatal(err)
	}
	key, err = keys.DescribeKey(ctx, *key.KeyId)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(key.KeyState)
	// Output: Enabled
}

func ExampleKeyManager_DisableKey() {
	ctx := context.Background()
	client := kmstest.New().Client()
	keys := kmskit.NewKeyManager(client)
	key, err := keys.CreateKey(ctx, "orders")
	if err != nil {
		log.Fatal(err)
	}

	if err := keys.DisableKey(ctx, *key.KeyId); err != nil {
		log.Fatal(err)
	}
	_, err = kmskit.NewEncryptor(client).Encrypt(ctx, *key.KeyId, []byte("too late"))
	var disabled *types.DisabledException
	fmt.Println(errors.As(err, &disabled))
	// Output: true
}

func ExampleKeyManager_ScheduleKeyDeletion() {
	ctx := context.Background()
	newYear := func() time.Time { return time.Date(2030, time.January, 1, 12, 0, 0, 0, time.UTC) }
	client := kmstest.New(kmstest.WithClock(newYear)).Client()
	keys := kmskit.NewKeyManager(client)
	key, err := keys.CreateKey(ctx, "orders")
	if err != nil {
		log.Fatal(err)
	}

	deletion, err := keys.ScheduleKeyDeletion(ctx, *key.KeyId, 30)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("gone on", deletion.Format(time.DateOnly))
	// Output: gone on 2030-01-31
}

func ExampleKeyManager_CancelKeyDeletion() {
	ctx := context.Background()
	client := kmstest.New().Client()
	keys := kmskit.NewKeyManager(client)
	key, err := keys.CreateKey(ctx, "orders")
	if err != nil {
		log.Fatal(err)
	}
	if _, err := keys.ScheduleKeyDeletion(ctx, *key.KeyId, 7); err != nil {
		log.Fatal(err)
	}

	if err := keys.CancelKeyDeletion(ctx, *key.KeyId); err != nil {
		log.Fatal(err)
	}
	// The key is kept, but disabled.
	if err := keys.EnableKey(ctx, *key.KeyId); err != nil {
		log.Fatal(err)
	}
	key, err = keys.DescribeKey(ctx, *key.KeyId)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(key.KeyState)
	// Output: Enabled
}

func ExampleKeyManager_UpdateKeyDescription() {
	ctx := context.Background()
	client := kmstest.New().Client()
	keys := kmskit.NewKeyManager(client)
	key, err := keys.CreateKey(ctx, "oders")
	if err != nil {
		log.Fatal(err)
	}

	if err := keys.UpdateKeyDescription(ctx, *key.KeyId, "orders"); err != nil {
		log.Fatal(err)
	}
	key, err = keys.DescribeKey(ctx, *key.KeyId)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(*key.Description)
	// Output: orders
}

func ExampleKeyManager_GetKeyLastUsage() {
	ctx := context.Background()
	client := kmstest.New().Client()
	keys := kmskit.NewKeyManager(client)
	key, err := keys.CreateKey(ctx, "orders")
	if err != nil {
		log.Fatal(err)
	}

	usage, err := keys.GetKeyLastUsage(ctx, *key.KeyId)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("used:", usage.KeyLastUsage.Timestamp != nil)

	if _, err := kmskit.NewEncryptor(client).Encrypt(ctx, *key.Arn, []byte("attack at dawn")); err != nil {
		log.Fatal(err)
	}
	usage, err = keys.GetKeyLastUsage(ctx, *key.KeyId) // on AWS up to an hour late
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("used for:", usage.KeyLastUsage.Operation)
	// Output:
	// used: false
	// used for: Encrypt
}

// Encrypt in one Region, decrypt in another.
func ExampleKeyManager_ReplicateKey() {
	ctx := context.Background()
	srv := kmstest.New()
	virginia := srv.Client()
	ireland := srv.Client(func(o *kms.Options) { o.Region = "eu-west-1" })
	primary, err := kmskit.NewKeyManager(virginia).CreateKey(ctx, "orders", func(in *kms.CreateKeyInput) {
		in.MultiRegion = aws.Bool(true)
	})
	if err != nil {
		log.Fatal(err)
	}

	replica, err := kmskit.NewKeyManager(virginia).ReplicateKey(ctx, *primary.KeyId, "eu-west-1")
	if err != nil {
		log.Fatal(err)
	}
	if _, err := kmskit.NewKeyManager(ireland).WaitForState(ctx, *replica.KeyId, types.KeyStateEnabled); err != nil {
		log.Fatal(err)
	}
	ciphertext, err := kmskit.NewEncryptor(virginia).Encrypt(ctx, *primary.Arn, []byte("attack at dawn"))
	if err != nil {
		log.Fatal(err)
	}
	plaintext, err := kmskit.NewEncryptor(ireland).Decrypt(ctx, *replica.Arn, ciphertext)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%s\n", plaintext)
	// Output: attack at dawn
}

func ExampleKeyManager_UpdatePrimaryRegion() {
	ctx := context.Background()
	srv := kmstest.New()
	keys := kmskit.NewKeyManager(srv.Client())
	primary, err := keys.CreateKey(ctx, "orders", func(in *kms.CreateKeyInput) { in.MultiRegion = aws.Bool(true) })
	if err != nil {
		log.Fatal(err)
	}
	if _, err := keys.ReplicateKey(ctx, *primary.KeyId, "eu-west-1"); err != nil {
		log.Fatal(err)
	}
	srv.Advance(time.Minute) // for the replica to be there

	if err := keys.UpdatePrimaryRegion(ctx, *primary.KeyId, "eu-west-1"); err != nil {
		log.Fatal(err)
	}
	key, err := keys.DescribeKey(ctx, *primary.KeyId)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(key.MultiRegionConfiguration.MultiRegionKeyType, *key.MultiRegionConfiguration.PrimaryKey.Region)
	// Output: REPLICA eu-west-1
}
