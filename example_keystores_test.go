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

// trustAnchor is the customerCA.crt of the cluster.
const trustAnchor = "-----BEGIN CERTIFICATE-----\n...\n-----END CERTIFICATE-----"

// exampleCluster is an AWS CloudHSM cluster, which kmstest must be told of.
var exampleCluster = kmstest.CloudHSMCluster{
	ID: "cluster-2a34b5cdefg", TrustAnchorCertificate: trustAnchor, KMSUserPassword: "kmsPswd1", ActiveHSMs: 2,
}

// onExampleCluster has a key store created on it.
func onExampleCluster(in *kms.CreateCustomKeyStoreInput) {
	in.CloudHsmClusterId = aws.String(exampleCluster.ID)
	in.KeyStorePassword = aws.String(exampleCluster.KMSUserPassword)
	in.TrustAnchorCertificate = aws.String(trustAnchor)
}

func ExampleKeyStoreManager_CreateCustomKeyStore() {
	ctx := context.Background()
	srv := kmstest.New()
	srv.SetCloudHSMCluster(exampleCluster)
	client := srv.Client() // in a service: kms.NewFromConfig(cfg)

	stores := kmskit.NewKeyStoreManager(client)
	id, err := stores.CreateCustomKeyStore(ctx, "vault", func(in *kms.CreateCustomKeyStoreInput) {
		in.CloudHsmClusterId = aws.String("cluster-2a34b5cdefg")
		in.KeyStorePassword = aws.String("kmsPswd1")
		in.TrustAnchorCertificate = aws.String(trustAnchor)
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(id[:4])
	// Output: cks-
}

func ExampleKeyStoreManager_DescribeCustomKeyStores() {
	ctx := context.Background()
	srv := kmstest.New()
	srv.SetCloudHSMCluster(exampleCluster)
	stores := kmskit.NewKeyStoreManager(srv.Client())
	if _, err := stores.CreateCustomKeyStore(ctx, "vault", onExampleCluster); err != nil {
		log.Fatal(err)
	}

	for store, err := range stores.DescribeCustomKeyStores(ctx) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(*store.CustomKeyStoreName, store.CustomKeyStoreType, store.ConnectionState)
	}
	// Output: vault AWS_CLOUDHSM DISCONNECTED
}

func ExampleKeyStoreManager_UpdateCustomKeyStore() {
	ctx := context.Background()
	srv := kmstest.New()
	srv.SetCloudHSMCluster(exampleCluster)
	stores := kmskit.NewKeyStoreManager(srv.Client())
	id, err := stores.CreateCustomKeyStore(ctx, "vault", onExampleCluster)
	if err != nil {
		log.Fatal(err)
	}

	err = stores.UpdateCustomKeyStore(ctx, id, func(in *kms.UpdateCustomKeyStoreInput) {
		in.NewCustomKeyStoreName = aws.String("safe")
	})
	if err != nil {
		log.Fatal(err)
	}
	for store, err := range stores.DescribeCustomKeyStores(ctx) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(*store.CustomKeyStoreName)
	}
	// Output: safe
}

// Keys live in a store while it is connected, which on AWS takes up to 20 minutes.
func ExampleKeyStoreManager_ConnectCustomKeyStore() {
	ctx := context.Background()
	srv := kmstest.New()
	srv.SetCloudHSMCluster(exampleCluster)
	client := srv.Client()
	stores := kmskit.NewKeyStoreManager(client)
	id, err := stores.CreateCustomKeyStore(ctx, "vault", onExampleCluster)
	if err != nil {
		log.Fatal(err)
	}

	if err := stores.ConnectCustomKeyStore(ctx, id); err != nil {
		log.Fatal(err)
	}
	srv.Advance(time.Second)
	key, err := kmskit.NewKeyManager(client).CreateKey(ctx, "orders", func(in *kms.CreateKeyInput) {
		in.Origin = types.OriginTypeAwsCloudhsm
		in.CustomKeyStoreId = &id
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(key.KeyState, key.Origin, *key.CloudHsmClusterId)
	// Output: Enabled AWS_CLOUDHSM cluster-2a34b5cdefg
}

func ExampleKeyStoreManager_DisconnectCustomKeyStore() {
	ctx := context.Background()
	srv := kmstest.New()
	srv.SetCloudHSMCluster(exampleCluster)
	client := srv.Client()
	stores := kmskit.NewKeyStoreManager(client)
	id, err := stores.CreateCustomKeyStore(ctx, "vault", onExampleCluster)
	if err != nil {
		log.Fatal(err)
	}
	if err := stores.ConnectCustomKeyStore(ctx, id); err != nil {
		log.Fatal(err)
	}
	srv.Advance(time.Second)
	key, err := kmskit.NewKeyManager(client).CreateKey(ctx, "orders", func(in *kms.CreateKeyInput) {
		in.Origin = types.OriginTypeAwsCloudhsm
		in.CustomKeyStoreId = &id
	})
	if err != nil {
		log.Fatal(err)
	}

	if err := stores.DisconnectCustomKeyStore(ctx, id); err != nil {
		log.Fatal(err)
	}
	srv.Advance(time.Second)
	_, err = kmskit.NewEncryptor(client).Encrypt(ctx, *key.Arn, []byte("attack at dawn"))
	_, unusable := errors.AsType[*types.KMSInvalidStateException](err)
	fmt.Println(unusable)
	// Output: true
}

func ExampleKeyStoreManager_DeleteCustomKeyStore() {
	ctx := context.Background()
	srv := kmstest.New()
	srv.SetCloudHSMCluster(exampleCluster)
	stores := kmskit.NewKeyStoreManager(srv.Client())
	id, err := stores.CreateCustomKeyStore(ctx, "vault", onExampleCluster)
	if err != nil {
		log.Fatal(err)
	}

	// A store must be empty and disconnected. The cluster is not touched.
	if err := stores.DeleteCustomKeyStore(ctx, id); err != nil {
		log.Fatal(err)
	}
	left := 0
	for _, err := range stores.DescribeCustomKeyStores(ctx) {
		if err != nil {
			log.Fatal(err)
		}
		left++
	}
	fmt.Println(left, "stores")
	// Output: 0 stores
}
