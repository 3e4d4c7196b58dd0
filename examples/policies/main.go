// Command policies reads the policy of a key, adds a statement, replaces the
// whole, and meets the check that keeps people from locking themselves out.
package main

// snippet-start:[gov2.kms.Scenario_ManageKeyPolicies]

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/kmskit/kmskit"
	"github.com/kmskit/kmskit/examples/internal/demo"
)

var scenario = demo.Scenario{Title: "Read and write key policies", Run: run}

func main() { demo.Main(scenario) }

func run(ctx context.Context, d *demo.Demo) error {
	policies := kmskit.NewPolicyManager(d.Client)
	key, err := d.TemporaryKey(ctx, "a key")
	if err != nil {
		return err
	}
	parsed, err := arn.Parse(key)
	if err != nil {
		return err
	}
	accountRoot := fmt.Sprintf("arn:%s:iam::%s:root", parsed.Partition, parsed.AccountID)

	d.Step("List the policies of the key")
	for name, err := range policies.ListKeyPolicies(ctx, key) {
		if err != nil {
			return err
		}
		d.Say("   %s", name)
	}

	d.Step("Read the policy that KMS gave it")
	original, err := policies.GetKeyPolicy(ctx, key)
	if err != nil {
		return err
	}
	d.Say("%s", original)

	d.Step("Add a statement")
	statement := kmskit.Statement{
		Sid:       "AllowDecryptThroughS3",
		Effect:    kmskit.Allow,
		Principal: kmskit.Principal{AWS: []string{accountRoot}},
		Action:    []string{"kms:Decrypt"},
		Resource:  []string{"*"},
		Condition: kmskit.Condition{"StringEquals": {"kms:ViaService": {"s3." + parsed.Region + ".amazonaws.com"}}},
	}
	if err := policies.AddStatement(ctx, key, statement); err != nil {
		return err
	}
	extended, err := policies.GetKeyPolicy(ctx, key)
	if err != nil {
		return err
	}
	d.Say("%s", extended)

	d.Step("Try a policy that would lock us out")
	lockout := &kmskit.PolicyDocument{Version: "2012-10-17", Statement: []kmskit.Statement{statement}}
	err = policies.PutKeyPolicy(ctx, key, lockout)
	if _, ok := errors.AsType[*types.MalformedPolicyDocumentException](err); !ok {
		return demo.NotRefused("the policy", err)
	}
	d.Say("   KMS refuses: %v", err)

	d.Step("Replace the policy by the original one")
	if err := policies.PutKeyPolicy(ctx, key, original); err != nil {
		return err
	}
	restored, err := policies.GetKeyPolicy(ctx, key)
	if err != nil {
		return err
	}
	if !restored.Equal(original) {
		return errors.New("the policy is not what was put")
	}
	d.Say("   it is what it was; lists may come back in another order, so compare with Equal")
	return nil
}

// snippet-end:[gov2.kms.Scenario_ManageKeyPolicies]
