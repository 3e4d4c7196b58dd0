package kmskit_test

import (
	"context"
	"errors"
	"fmt"
	"log"

	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/kmskit/kmskit"
	"github.com/kmskit/kmskit/kmstest"
)

func ExamplePolicyManager_GetKeyPolicy() {
	ctx := context.Background()
	client := kmstest.New().Client() // in a service: kms.NewFromConfig(cfg)
	key, err := kmskit.NewKeyManager(client).CreateKey(ctx, "orders")
	if err != nil {
		log.Fatal(err)
	}

	policy, err := kmskit.NewPolicyManager(client).GetKeyPolicy(ctx, *key.KeyId)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(policy)
	// Output:
	// {
	//   "Version": "2012-10-17",
	//   "Id": "key-default-1",
	//   "Statement": [
	//     {
	//       "Sid": "Enable IAM User Permissions",
	//       "Effect": "Allow",
	//       "Principal": {
	//         "AWS": "arn:aws:iam::111122223333:root"
	//       },
	//       "Action": "kms:*",
	//       "Resource": "*"
	//     }
	//   ]
	// }
}

func ExamplePolicyManager_PutKeyPolicy() {
	ctx := context.Background()
	client := kmstest.New().Client()
	policies := kmskit.NewPolicyManager(client)
	key, err := kmskit.NewKeyManager(client).CreateKey(ctx, "orders")
	if err != nil {
		log.Fatal(err)
	}

	policy := &kmskit.PolicyDocument{
		Version: "2012-10-17",
		Statement: []kmskit.Statement{
			{
				Sid:       "LetTheAccountDecide",
				Effect:    kmskit.Allow,
				Principal: kmskit.Principal{AWS: []string{"arn:aws:iam::111122223333:root"}},
				Action:    []string{"kms:*"},
				Resource:  []string{"*"},
			},
			{
				Sid:       "KeepTheKey",
				Effect:    kmskit.Deny,
				Principal: kmskit.Principal{Everyone: true},
				Action:    []string{"kms:ScheduleKeyDeletion"},
				Resource:  []string{"*"},
			},
		},
	}
	if err := policies.PutKeyPolicy(ctx, *key.KeyId, policy); err != nil {
		log.Fatal(err)
	}
	got, err := policies.GetKeyPolicy(ctx, *key.KeyId)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(got.Equal(policy))
	// Output: true
}

// KMS refuses a policy under which its author could not change it again.
func ExamplePolicyManager_PutKeyPolicy_lockout() {
	ctx := context.Background()
	client := kmstest.New().Client()
	key, err := kmskit.NewKeyManager(client).CreateKey(ctx, "orders")
	if err != nil {
		log.Fatal(err)
	}

	err = kmskit.NewPolicyManager(client).PutKeyPolicy(ctx, *key.KeyId, &kmskit.PolicyDocument{
		Version: "2012-10-17",
		Statement: []kmskit.Statement{{
			Effect:    kmskit.Allow,
			Principal: kmskit.Principal{AWS: []string{"arn:aws:iam::111122223333:role/reader"}},
			Action:    []string{"kms:Decrypt"},
			Resource:  []string{"*"},
		}},
	})
	if malformed, ok := errors.AsType[*types.MalformedPolicyDocumentException](err); ok {
		fmt.Println(malformed.ErrorMessage())
	}
	// Output: The new key policy will not allow you to update the key policy in the future.
}

// Let a role decrypt, and leave the rest of the policy as it is.
func ExamplePolicyManager_AddStatement() {
	ctx := context.Background()
	srv := kmstest.New()
	policies := kmskit.NewPolicyManager(srv.Client())
	key, err := kmskit.NewKeyManager(srv.Client()).CreateKey(ctx, "orders")
	if err != nil {
		log.Fatal(err)
	}
	ciphertext, err := kmskit.NewEncryptor(srv.Client()).Encrypt(ctx, *key.Arn, []byte("attack at dawn"))
	if err != nil {
		log.Fatal(err)
	}

	reader := srv.Principal("arn:aws:iam::111122223333:role/reader")
	err = policies.AddStatement(ctx, *key.KeyId, kmskit.Statement{
		Sid:       "Reader", // a statement with this Sid is replaced
		Effect:    kmskit.Allow,
		Principal: kmskit.Principal{AWS: []string{reader.ARN()}},
		Action:    []string{"kms:Decrypt"},
		Resource:  []string{"*"},
	})
	if err != nil {
		log.Fatal(err)
	}
	plaintext, err := kmskit.NewEncryptor(reader.Client()).Decrypt(ctx, *key.Arn, ciphertext)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%s\n", plaintext)
	// Output: attack at dawn
}

func ExamplePolicyManager_ListKeyPolicies() {
	ctx := context.Background()
	client := kmstest.New().Client()
	key, err := kmskit.NewKeyManager(client).CreateKey(ctx, "orders")
	if err != nil {
		log.Fatal(err)
	}

	for name, err := range kmskit.NewPolicyManager(client).ListKeyPolicies(ctx, *key.KeyId) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(name)
	}
	// Output: default
}
