// snippet-start:[gov2.kms.Hello]

// Command hello lists the first keys of an account: the smallest program that
// talks to KMS.
package main

import (
	"context"

	"github.com/kmskit/kmskit"
	"github.com/kmskit/kmskit/examples/internal/demo"
)

var scenario = demo.Scenario{Title: "Get started with KMS", Run: run}

func main() { demo.Main(scenario) }

func run(ctx context.Context, d *demo.Demo) error {
	d.Say("\nThe first keys of this account and Region:")
	found := 0
	for key, err := range kmskit.NewKeyManager(d.Client).ListKeys(ctx) {
		if err != nil {
			return err
		}
		d.Say("   %s", *key.KeyArn)
		if found++; found == 10 {
			break // and no further page is asked for
		}
	}
	if found == 0 {
		d.Say("   none yet: the program keys creates one")
	}
	return nil
}

// snippet-end:[gov2.kms.Hello]
