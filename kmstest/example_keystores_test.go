package kmstest_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/kmskit/kmskit/kmstest"
)

// A mistyped password shows when a custom key store is connected, and not before.
func ExampleServer_SetCloudHSMCluster() {
	const trustAnchor = "-----BEGIN CERTIFICATE-----\n...\n-----END CERTIFICATE-----"
	ctx := context.Background()
	srv := kmstest.New()
	srv.SetCloudHSMCluster(kmstest.CloudHSMCluster{
		ID:                     "cluster-2a34b5cdefg",
		TrustAnchorCertificate: trustAnchor,
		KMSUserPassword:        "kmsPswd",
		ActiveHSMs:             2,
	})

	client := srv.Client()
	store, err := client.CreateCustomKeyStore(ctx, &kms.CreateCustomKeyStoreInput{
		CustomKeyStoreName:     aws.String("vault"),
		CloudHsmClusterId:      aws.String("cluster-2a34b5cdefg"),
		KeyStorePassword:       aws.String("kmsPaswd"),
		TrustAnchorCertificate: aws.String(trustAnchor),
	})
	if err != nil {
		panic(err)
	}
	if _, err := client.ConnectCustomKeyStore(ctx, &kms.ConnectCustomKeyStoreInput{CustomKeyStoreId: store.CustomKeyStoreId}); err != nil {
		panic(err)
	}
	srv.Advance(time.Second)
	out, err := client.DescribeCustomKeyStores(ctx, &kms.DescribeCustomKeyStoresInput{})
	if err != nil {
		panic(err)
	}
	fmt.Println(out.CustomKeyStores[0].ConnectionState, out.CustomKeyStores[0].ConnectionErrorCode)
	// Output: FAILED INVALID_CREDENTIALS
}

func ExampleWithQuotas() {
	ctx := context.Background()
	srv := kmstest.New(kmstest.WithQuotas(kmstest.Quotas{Keys: 1}))
	// The SDK takes a quota for a throttle, and would wait and try again.
	client := srv.Client(func(o *kms.Options) { o.RetryMaxAttempts = 1 })
	if _, err := client.CreateKey(ctx, &kms.CreateKeyInput{}); err != nil {
		panic(err)
	}
	_, err := client.CreateKey(ctx, &kms.CreateKeyInput{})
	if exceeded, ok := errors.AsType[*types.LimitExceededException](err); ok {
		fmt.Println(exceeded.ErrorMessage())
	}
	// Output: Key quota for this account in this region is 1, current usage is 1.
}
