package kmskit_test

import (
	"context"
	"errors"
	"fmt"
	"log"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/kmskit/kmskit"
	"github.com/kmskit/kmskit/kmstest"
)

func ExampleAuthenticator_GenerateMac() {
	ctx := context.Background()
	client := kmstest.New().Client() // in a service: kms.NewFromConfig(cfg)
	key, err := kmskit.NewKeyManager(client).CreateKey(ctx, "cookies", func(in *kms.CreateKeyInput) {
		in.KeySpec = types.KeySpecHmac256
		in.KeyUsage = types.KeyUsageTypeGenerateVerifyMac
	})
	if err != nil {
		log.Fatal(err)
	}

	auth := kmskit.NewAuthenticator(client)
	mac, err := auth.GenerateMac(ctx, *key.Arn, []byte("user=7"), types.MacAlgorithmSpecHmacSha256)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(mac), "bytes")
	// Output: 32 bytes
}

// VerifyMac answers by its error: KMS never says that a MAC is false.
func ExampleAuthenticator_VerifyMac() {
	ctx := context.Background()
	client := kmstest.New().Client()
	key, err := kmskit.NewKeyManager(client).CreateKey(ctx, "cookies", func(in *kms.CreateKeyInput) {
		in.KeySpec = types.KeySpecHmac256
		in.KeyUsage = types.KeyUsageTypeGenerateVerifyMac
	})
	if err != nil {
		log.Fatal(err)
	}
	auth := kmskit.NewAuthenticator(client)
	mac, err := auth.GenerateMac(ctx, *key.Arn, []byte("user=7"), types.MacAlgorithmSpecHmacSha256)
	if err != nil {
		log.Fatal(err)
	}

	fmt.Println(auth.VerifyMac(ctx, *key.Arn, []byte("user=7"), types.MacAlgorithmSpecHmacSha256, mac))
	err = auth.VerifyMac(ctx, *key.Arn, []byte("user=8"), types.MacAlgorithmSpecHmacSha256, mac)
	_, invalid := errors.AsType[*types.KMSInvalidMacException](err)
	fmt.Println(invalid)
	// Output:
	// <nil>
	// true
}
