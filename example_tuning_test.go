package kmskit_test

import (
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"

	"github.com/kmskit/kmskit"
)

func ExampleTuneClient() {
	cfg := aws.Config{Region: "eu-central-1"} // in a service: config.LoadDefaultConfig(ctx)

	client := kms.NewFromConfig(cfg, kmskit.TuneClient)
	fmt.Println("attempts:", client.Options().Retryer.MaxAttempts())

	// What the config says takes precedence.
	cfg.RetryMaxAttempts = 2
	client = kms.NewFromConfig(cfg, kmskit.TuneClient)
	fmt.Println("attempts:", client.Options().Retryer.MaxAttempts())
	// Output:
	// attempts: 5
	// attempts: 2
}
