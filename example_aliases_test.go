package kmskit_test

import (
	"context"
	"errors"
	"fmt"
	"log"

	"github.com/aws/aws-sdk-go-v2/service/kms"

	"github.com/kmskit/kmskit"
	"github.com/kmskit/kmskit/kmstest"
)

func ExampleAliasManager_CreateAlias() {
	ctx := context.Background()
	client := kmstest.New().Client() // in a service: kms.NewFromConfig(cfg)
	keys := kmskit.NewKeyManager(client)
	key, err := keys.CreateKey(ctx, "orders")
	if err != nil {
		log.Fatal(err)
	}

	if err := kmskit.NewAliasManager(client).CreateAlias(ctx, "alias/orders", *key.KeyId); err != nil {
		log.Fatal(err)
	}
	byAlias, err := keys.DescribeKey(ctx, "alias/orders")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(*byAlias.Arn == *key.Arn)
	// Output: true
}

// An alias is written with its prefix, always.
func ExampleAliasManager_CreateAlias_withoutPrefix() {
	ctx := context.Background()
	client := kmstest.New().Client()

	err := kmskit.NewAliasManager(client).CreateAlias(ctx, "orders", "1234abcd-12ab-34cd-56ef-1234567890ab")
	fmt.Println(errors.Is(err, kmskit.ErrInvalidInput))
	fmt.Println(err)
	// Output:
	// true
	// kmskit: CreateAlias: the alias name "orders" lacks its prefix; an alias name is "alias/" and 1 to 250 more characters, not its ARN
}

func ExampleAliasManager_ListAliases() {
	ctx := context.Background()
	client := kmstest.New().Client()
	aliases := kmskit.NewAliasManager(client)
	key, err := kmskit.NewKeyManager(client).CreateKey(ctx, "orders")
	if err != nil {
		log.Fatal(err)
	}
	for _, name := range []string{"alias/orders", "alias/orders-2030"} {
		if err := aliases.CreateAlias(ctx, name, *key.KeyId); err != nil {
			log.Fatal(err)
		}
	}

	ofKey := func(in *kms.ListAliasesInput) { in.KeyId = key.KeyId } // all aliases without it
	for alias, err := range aliases.ListAliases(ctx, ofKey) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(*alias.AliasName)
	}
	// Output:
	// alias/orders
	// alias/orders-2030
}

func ExampleAliasManager_UpdateAlias() {
	ctx := context.Background()
	client := kmstest.New().Client()
	keys, aliases := kmskit.NewKeyManager(client), kmskit.NewAliasManager(client)
	before, err := keys.CreateKey(ctx, "orders 2029")
	if err != nil {
		log.Fatal(err)
	}
	after, err := keys.CreateKey(ctx, "orders 2030")
	if err != nil {
		log.Fatal(err)
	}
	if err := aliases.CreateAlias(ctx, "alias/orders", *before.KeyId); err != nil {
		log.Fatal(err)
	}

	if err := aliases.UpdateAlias(ctx, "alias/orders", *after.KeyId); err != nil {
		log.Fatal(err)
	}
	key, err := keys.DescribeKey(ctx, "alias/orders")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(*key.Description)
	// Output: orders 2030
}

func ExampleAliasManager_DeleteAlias() {
	ctx := context.Background()
	client := kmstest.New().Client()
	keys, aliases := kmskit.NewKeyManager(client), kmskit.NewAliasManager(client)
	key, err := keys.CreateKey(ctx, "orders")
	if err != nil {
		log.Fatal(err)
	}
	if err := aliases.CreateAlias(ctx, "alias/orders", *key.KeyId); err != nil {
		log.Fatal(err)
	}

	if err := aliases.DeleteAlias(ctx, "alias/orders"); err != nil {
		log.Fatal(err)
	}
	// The key is still there.
	key, err = keys.DescribeKey(ctx, *key.KeyId)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(key.KeyState)
	// Output: Enabled
}
