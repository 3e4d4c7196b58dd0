package kmskit_test

import (
	"context"
	"fmt"
	"log"

	"github.com/kmskit/kmskit"
	"github.com/kmskit/kmskit/kmstest"
)

func ExampleTagManager_TagResource() {
	ctx := context.Background()
	client := kmstest.New().Client() // in a service: kms.NewFromConfig(cfg)
	tags := kmskit.NewTagManager(client)
	key, err := kmskit.NewKeyManager(client).CreateKey(ctx, "orders")
	if err != nil {
		log.Fatal(err)
	}

	if err := tags.TagResource(ctx, *key.KeyId, map[string]string{"team": "billing"}); err != nil {
		log.Fatal(err)
	}
	// A tag key that is there gets the new value.
	if err := tags.TagResource(ctx, *key.KeyId, map[string]string{"team": "sales"}); err != nil {
		log.Fatal(err)
	}
	for tag, err := range tags.ListResourceTags(ctx, *key.KeyId) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(*tag.TagKey, "=", *tag.TagValue)
	}
	// Output: team = sales
}

func ExampleTagManager_UntagResource() {
	ctx := context.Background()
	client := kmstest.New().Client()
	tags := kmskit.NewTagManager(client)
	key, err := kmskit.NewKeyManager(client).CreateKey(ctx, "orders")
	if err != nil {
		log.Fatal(err)
	}
	if err := tags.TagResource(ctx, *key.KeyId, map[string]string{"team": "billing", "stage": "test"}); err != nil {
		log.Fatal(err)
	}

	if err := tags.UntagResource(ctx, *key.KeyId, []string{"stage"}); err != nil {
		log.Fatal(err)
	}
	for tag, err := range tags.ListResourceTags(ctx, *key.KeyId) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(*tag.TagKey, "=", *tag.TagValue)
	}
	// Output: team = billing
}

func ExampleTagManager_ListResourceTags() {
	ctx := context.Background()
	client := kmstest.New().Client()
	tags := kmskit.NewTagManager(client)
	key, err := kmskit.NewKeyManager(client).CreateKey(ctx, "orders")
	if err != nil {
		log.Fatal(err)
	}
	if err := tags.TagResource(ctx, *key.KeyId, map[string]string{"team": "billing", "stage": "test"}); err != nil {
		log.Fatal(err)
	}

	for tag, err := range tags.ListResourceTags(ctx, *key.KeyId) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(*tag.TagKey, "=", *tag.TagValue)
	}
	// Unordered output:
	// team = billing
	// stage = test
}
