package kmstest_test

import (
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/kmskit/kmskit"
	"github.com/kmskit/kmskit/kmstest"
)

// Does this key policy let the auditor decrypt? If not, why not?
func ExampleServer_Explain() {
	ctx := context.Background()
	srv := kmstest.New(kmstest.WithSeed(1))
	admin := srv.Client()

	key, err := admin.CreateKey(ctx, &kms.CreateKeyInput{Policy: new(`{
		"Version": "2012-10-17",
		"Statement": [{
			"Sid": "Administration",
			"Effect": "Allow",
			"Principal": {"AWS": "arn:aws:iam::111122223333:user/kmstest"},
			"Action": "kms:*",
			"Resource": "*"
		}, {
			"Sid": "Audit",
			"Effect": "Allow",
			"Principal": {"AWS": "arn:aws:iam::111122223333:role/auditor"},
			"Action": "kms:Decrypt",
			"Resource": "*",
			"Condition": {"StringEquals": {"kms:EncryptionContext:tenant": "blue"}}
		}]
	}`)})
	if err != nil {
		panic(err)
	}
	encrypt := func(tenant string) *kms.DecryptInput {
		tenants := map[string]string{"tenant": tenant}
		out, err := admin.Encrypt(ctx, &kms.EncryptInput{
			KeyId: key.KeyMetadata.Arn, Plaintext: []byte("attack at dawn"), EncryptionContext: tenants,
		})
		if err != nil {
			panic(err)
		}
		return &kms.DecryptInput{KeyId: key.KeyMetadata.Arn, CiphertextBlob: out.CiphertextBlob, EncryptionContext: tenants}
	}

	auditor := srv.Principal("arn:aws:iam::111122223333:role/auditor").Client()
	_, err = auditor.Decrypt(ctx, encrypt("blue"))
	fmt.Println("the blue tenant's:", err)
	_, err = auditor.Decrypt(ctx, encrypt("red"))
	fmt.Println(strings.ReplaceAll(srv.Explain(err), *key.KeyMetadata.Arn, "the key"))
	// Output:
	// the blue tenant's: <nil>
	// Decrypt by arn:aws:iam::111122223333:role/auditor was answered with AccessDeniedException
	// kms:Decrypt on the key: refused: the key policy allows it neither to the principal nor to its account
	//   statement 2 ("Audit") of the key policy (Allow) does not apply: its condition StringEquals kms:EncryptionContext:tenant ["blue"] does not hold: the request has ["red"]
	//   statement 1 ("Administration") of the key policy (Allow) does not apply: its Principal does not name arn:aws:iam::111122223333:role/auditor
}

// A cache of data keys must not ask KMS each time.
func ExampleServer_CallCount() {
	ctx := context.Background()
	srv := kmstest.New()
	client := srv.Client()
	key, err := client.CreateKey(ctx, &kms.CreateKeyInput{})
	if err != nil {
		panic(err)
	}
	srv.ForgetCalls()

	var cached *kms.GenerateDataKeyOutput // the code under test
	for range 100 {
		if cached == nil {
			cached, err = client.GenerateDataKey(ctx, &kms.GenerateDataKeyInput{
				KeyId: key.KeyMetadata.Arn, KeySpec: types.DataKeySpecAes256, EncryptionContext: map[string]string{"tenant": "blue"},
			})
			if err != nil {
				panic(err)
			}
		}
	}
	fmt.Println(srv.CallCount("GenerateDataKey"), "call")
	fmt.Println(srv.Calls("GenerateDataKey")[0].EncryptionContext)
	// Output:
	// 1 call
	// map[tenant:blue]
}

// A role that may use a key from one VPC endpoint only.
func ExampleWithConditionKey() {
	ctx := context.Background()
	srv := kmstest.New()
	key, err := srv.Client().CreateKey(ctx, &kms.CreateKeyInput{})
	if err != nil {
		panic(err)
	}
	const arn = "arn:aws:iam::111122223333:role/orders"
	least := kmstest.WithPolicy(&kmskit.PolicyDocument{
		Version: "2012-10-17",
		Statement: []kmskit.Statement{{
			Effect:    kmskit.Allow,
			Action:    kmskit.StringList{"kms:GenerateDataKey"},
			Resource:  kmskit.StringList{*key.KeyMetadata.Arn},
			Condition: kmskit.Condition{"StringEquals": {"aws:SourceVpce": {"vpce-0b6d3f21a9c84e705"}}},
		}},
	})
	inside := srv.Principal(arn, least, kmstest.WithConditionKey("aws:SourceVpce", "vpce-0b6d3f21a9c84e705"))
	outside := srv.Principal(arn)

	in := &kms.GenerateDataKeyInput{KeyId: key.KeyMetadata.Arn, KeySpec: types.DataKeySpecAes256}
	_, err = inside.Client().GenerateDataKey(ctx, in)
	fmt.Println("through the endpoint:", err)
	_, err = outside.Client().GenerateDataKey(ctx, in)
	fmt.Println("from elsewhere:", kmskit.ErrorCode(err))
	// Output:
	// through the endpoint: <nil>
	// from elsewhere: AccessDeniedException
}

// An AWS service uses a key for one resource, as the key policy says.
func ExampleServer_Principal_service() {
	ctx := context.Background()
	srv := kmstest.New()
	key, err := srv.Client().CreateKey(ctx, &kms.CreateKeyInput{Policy: new(`{
		"Version": "2012-10-17",
		"Statement": [
			{"Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "kms:*", "Resource": "*"},
			{"Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"}, "Action": "kms:GenerateDataKey", "Resource": "*",
			 "Condition": {"StringEquals": {"aws:SourceArn": "arn:aws:cloudtrail:us-east-1:111122223333:trail/bills"}}}
		]
	}`)})
	if err != nil {
		panic(err)
	}

	for _, trail := range []string{"bills", "another"} {
		cloudTrail := srv.Principal("cloudtrail.amazonaws.com",
			kmstest.WithConditionKey("aws:SourceArn", "arn:aws:cloudtrail:us-east-1:111122223333:trail/"+trail))
		_, err := cloudTrail.Client().GenerateDataKey(ctx, &kms.GenerateDataKeyInput{
			KeyId: key.KeyMetadata.Arn, KeySpec: types.DataKeySpecAes256,
		})
		fmt.Println("for "+trail+":", err == nil)
	}
	// Output:
	// for bills: true
	// for another: false
}
