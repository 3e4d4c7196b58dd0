// Command hello lists the first keys of an account: the smallest program that
// talks to KMS.
package main

import "github.com/kmskit/kmskit/examples/internal/demo" // apart: the snippet does without

// snippet-start:[gov2.kms.Hello]

import (
	"context"
	"fmt"
	"io"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"

	"github.com/kmskit/kmskit"
)

// hello writes the ARNs of up to ten keys of the client's account and Region. The
// client is that of kms.NewFromConfig, for what config.LoadDefaultConfig finds.
func hello(ctx context.Context, client *kms.Client, out io.Writer) error {
	found := 0
	for key, err := range kmskit.NewKeyManager(client).ListKeys(ctx) {
		if err != nil {
			return err
		}
		if _, err := fmt.Fprintln(out, aws.ToString(key.KeyArn)); err != nil {
			return err
		}
		if found++; found == 10 {
			break // and no further page is asked for
		}
	}
	if found == 0 {
		_, err := fmt.Fprintln(out, "There are no keys yet.")
		return err
	}
	return nil
}

// snippet-end:[gov2.kms.Hello]

var scenario = demo.Scenario{Title: "Get started with KMS", Run: run}

func main() { demo.Main(scenario) }

func run(ctx context.Context, d *demo.Demo) error {
	d.Say("\nThe first keys of this account and Region:")
	return hello(ctx, d.Client, d.Out)
}
