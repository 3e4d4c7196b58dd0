package kmskit_test

import (
	"context"
	"fmt"
	"log"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"

	"github.com/kmskit/kmskit"
	"github.com/kmskit/kmskit/kmstest"
)

func ExampleRotationManager_EnableKeyRotation() {
	ctx := context.Background()
	srv := kmstest.New()
	client := srv.Client() // in a service: kms.NewFromConfig(cfg)
	key, err := kmskit.NewKeyManager(client).CreateKey(ctx, "orders")
	if err != nil {
		log.Fatal(err)
	}
	enc := kmskit.NewEncryptor(client)
	ciphertext, err := enc.Encrypt(ctx, *key.Arn, []byte("attack at dawn"))
	if err != nil {
		log.Fatal(err)
	}

	err = kmskit.NewRotationManager(client).EnableKeyRotation(ctx, *key.KeyId, func(in *kms.EnableKeyRotationInput) {
		in.RotationPeriodInDays = aws.Int32(90) // a year without it
	})
	if err != nil {
		log.Fatal(err)
	}
	srv.Advance(200 * 24 * time.Hour) // two rotations

	// What was encrypted before is decrypted as before.
	plaintext, err := enc.Decrypt(ctx, *key.Arn, ciphertext)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%s\n", plaintext)
	// Output: attack at dawn
}

func ExampleRotationManager_DisableKeyRotation() {
	ctx := context.Background()
	client := kmstest.New().Client()
	rotation := kmskit.NewRotationManager(client)
	key, err := kmskit.NewKeyManager(client).CreateKey(ctx, "orders")
	if err != nil {
		log.Fatal(err)
	}
	if err := rotation.EnableKeyRotation(ctx, *key.KeyId); err != nil {
		log.Fatal(err)
	}

	if err := rotation.DisableKeyRotation(ctx, *key.KeyId); err != nil {
		log.Fatal(err)
	}
	status, err := rotation.GetKeyRotationStatus(ctx, *key.KeyId)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(status.KeyRotationEnabled)
	// Output: false
}

func ExampleRotationManager_GetKeyRotationStatus() {
	ctx := context.Background()
	newYear := func() time.Time { return time.Date(2030, time.January, 1, 12, 0, 0, 0, time.UTC) }
	client := kmstest.New(kmstest.WithClock(newYear)).Client()
	rotation := kmskit.NewRotationManager(client)
	key, err := kmskit.NewKeyManager(client).CreateKey(ctx, "orders")
	if err != nil {
		log.Fatal(err)
	}
	if err := rotation.EnableKeyRotation(ctx, *key.KeyId); err != nil {
		log.Fatal(err)
	}

	status, err := rotation.GetKeyRotationStatus(ctx, *key.KeyId)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(status.KeyRotationEnabled, *status.RotationPeriodInDays, status.NextRotationDate.Format(time.DateOnly))
	// Output: true 365 2031-01-01
}

func ExampleRotationManager_ListKeyRotations() {
	ctx := context.Background()
	client := kmstest.New().Client()
	rotation := kmskit.NewRotationManager(client)
	key, err := kmskit.NewKeyManager(client).CreateKey(ctx, "orders")
	if err != nil {
		log.Fatal(err)
	}
	if err := rotation.RotateKeyOnDemand(ctx, *key.KeyId); err != nil {
		log.Fatal(err)
	}

	for r, err := range rotation.ListKeyRotations(ctx, *key.KeyId) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(r.RotationType)
	}
	// Output: ON_DEMAND
}

// After an incident: new key material at once, without waiting for the period.
func ExampleRotationManager_RotateKeyOnDemand() {
	ctx := context.Background()
	client := kmstest.New().Client()
	keys := kmskit.NewKeyManager(client)
	before, err := keys.CreateKey(ctx, "orders")
	if err != nil {
		log.Fatal(err)
	}

	if err := kmskit.NewRotationManager(client).RotateKeyOnDemand(ctx, *before.KeyId); err != nil {
		log.Fatal(err)
	}
	after, err := keys.DescribeKey(ctx, *before.KeyId)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(*before.CurrentKeyMaterialId != *after.CurrentKeyMaterialId)
	// Output: true
}
