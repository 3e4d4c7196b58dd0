package kmskit_test

import (
	"context"
	"fmt"
	"log"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/kmskit/kmskit"
	"github.com/kmskit/kmskit/kmstest"
)

// The policy that the console makes: the account, a role that manages the key,
// and one that uses it, by itself and through AWS services.
func ExampleDefaultKeyPolicy() {
	const (
		keeper = "arn:aws:iam::111122223333:role/keeper"
		orders = "arn:aws:iam::111122223333:role/orders"
	)
	policy := kmskit.DefaultKeyPolicy(
		"111122223333",
		kmskit.KeyAdministrators(keeper),
		kmskit.KeyUsers(types.KeyUsageTypeEncryptDecrypt, orders),
		kmskit.GrantsForServices(orders),
	)

	client := kmstest.New().Client() // in a service: kms.NewFromConfig(cfg)
	_, err := kmskit.NewKeyManager(client).CreateKey(context.Background(), "orders", func(in *kms.CreateKeyInput) {
		in.Policy = aws.String(policy.String())
	})
	if err != nil {
		log.Fatal(err)
	}
	for _, s := range policy.Statement {
		fmt.Printf("%s: %s\n", s.Sid, s.Principal.AWS)
	}
	// Output:
	// Enable IAM User Permissions: [111122223333]
	// Allow access for Key Administrators: [arn:aws:iam::111122223333:role/keeper]
	// Allow use of the key: [arn:aws:iam::111122223333:role/orders]
	// Allow attachment of persistent resources: [arn:aws:iam::111122223333:role/orders]
}

// Who manages a key need not be able to read with it.
func ExampleKeyAdministrators() {
	ctx := context.Background()
	srv := kmstest.New()
	key, err := kmskit.NewKeyManager(srv.Client()).CreateKey(ctx, "orders")
	if err != nil {
		log.Fatal(err)
	}

	keeper := srv.Principal("arn:aws:iam::111122223333:role/keeper")
	err = kmskit.NewPolicyManager(srv.Client()).AddStatement(ctx, *key.Arn, kmskit.KeyAdministrators(keeper.ARN()))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("disabled:", kmskit.NewKeyManager(keeper.Client()).DisableKey(ctx, *key.Arn) == nil)
	fmt.Println("enabled:", kmskit.NewKeyManager(keeper.Client()).EnableKey(ctx, *key.Arn) == nil)
	_, err = kmskit.NewEncryptor(keeper.Client()).Encrypt(ctx, *key.Arn, []byte("attack at dawn"))
	fmt.Println("encrypted:", err == nil)
	// Output:
	// disabled: true
	// enabled: true
	// encrypted: false
}

// Signers get what a key that signs needs, and no more.
func ExampleKeyUsers() {
	s := kmskit.KeyUsers(types.KeyUsageTypeSignVerify, "arn:aws:iam::111122223333:role/release")
	s.Sid = "Release"
	fmt.Println(s.Action)
	// Output: [kms:Sign kms:Verify kms:GetPublicKey kms:DescribeKey]
}

// Another account uses a key: its statement in the key policy, and an identity
// policy over there.
func ExampleKeyUsers_otherAccount() {
	ctx := context.Background()
	srv := kmstest.New()
	key, err := kmskit.NewKeyManager(srv.Client()).CreateKey(ctx, "orders", func(in *kms.CreateKeyInput) {
		in.Policy = aws.String(kmskit.DefaultKeyPolicy(
			"111122223333",
			kmskit.KeyUsers(types.KeyUsageTypeEncryptDecrypt, "444455556666"),
		).String())
	})
	if err != nil {
		log.Fatal(err)
	}

	partner := srv.Principal("arn:aws:iam::444455556666:role/partner", kmstest.WithPolicy(&kmskit.PolicyDocument{
		Version: "2012-10-17",
		Statement: []kmskit.Statement{{
			Effect: kmskit.Allow, Action: []string{"kms:Encrypt", "kms:Decrypt"}, Resource: []string{*key.Arn},
		}},
	}))
	enc := kmskit.NewEncryptor(partner.Client())
	ciphertext, err := enc.Encrypt(ctx, *key.Arn, []byte("attack at dawn"))
	if err != nil {
		log.Fatal(err)
	}
	plaintext, err := enc.Decrypt(ctx, *key.Arn, ciphertext)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%s\n", plaintext)
	// Output: attack at dawn
}

func ExampleGrantsForServices() {
	s := kmskit.GrantsForServices("arn:aws:iam::111122223333:role/orders")
	fmt.Println(s.Action)
	fmt.Println(s.Condition)
	// Output:
	// [kms:CreateGrant kms:ListGrants kms:RevokeGrant]
	// map[Bool:map[kms:GrantIsForAWSResource:[true]]]
}

// CloudTrail encrypts the logs of one trail, and of nobody else's.
func ExampleServiceUse() {
	trail := kmskit.ServiceUse(
		"cloudtrail.amazonaws.com",
		"111122223333", "arn:aws:cloudtrail:eu-central-1:111122223333:trail/audit",
		"kms:GenerateDataKey*", "kms:DescribeKey",
	)
	trail.Sid = "AuditTrail"
	policy := kmskit.DefaultKeyPolicy("111122223333", trail)
	fmt.Println(policy.Statement[1].Condition)
	fmt.Println("findings:", len(policy.Check()))
	// Output:
	// map[ArnLike:map[aws:SourceArn:[arn:aws:cloudtrail:eu-central-1:111122223333:trail/audit]] StringEquals:map[aws:SourceAccount:[111122223333]]]
	// findings: 0
}
