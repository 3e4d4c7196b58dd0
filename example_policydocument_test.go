package kmskit_test

import (
	"errors"
	"fmt"

	"github.com/kmskit/kmskit"
)

func ExampleParsePolicyDocument() {
	policy, err := kmskit.ParsePolicyDocument(`{
		"Version": "2012-10-17",
		"Statement": {
			"Sid": "AllowUse",
			"Effect": "Allow",
			"Principal": {"AWS": "arn:aws:iam::111122223333:role/Orders"},
			"Action": ["kms:Decrypt", "kms:GenerateDataKey"],
			"Resource": "*",
			"Condition": {"Bool": {"aws:SecureTransport": true}}
		}
	}`)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, s := range policy.Statement {
		fmt.Println(s.Sid, s.Effect, s.Principal.AWS, s.Action)
	}

	_, err = kmskit.ParsePolicyDocument(`{"Statement": [{"Sid": "AllowUse", "Effect": "allow"}]}`)
	fmt.Println(errors.Is(err, kmskit.ErrInvalidInput))
	fmt.Println(err)

	// Output:
	// AllowUse Allow [arn:aws:iam::111122223333:role/Orders] [kms:Decrypt kms:GenerateDataKey]
	// true
	// kmskit: policy document: statement 1 ("AllowUse"): Effect: must be "Allow" or "Deny", not "allow"
}

func ExamplePolicyDocument_String() {
	policy := &kmskit.PolicyDocument{
		Version: "2012-10-17",
		Statement: []kmskit.Statement{{
			Effect:    kmskit.Allow,
			Principal: kmskit.Principal{AWS: kmskit.StringList{"111122223333"}},
			Action:    kmskit.StringList{"kms:Sign", "kms:Verify"},
			Resource:  kmskit.StringList{"*"},
			Condition: kmskit.Condition{"StringEquals": {"kms:MessageType": {"DIGEST"}}},
		}},
	}
	fmt.Println(policy)

	// Output:
	// {
	//   "Version": "2012-10-17",
	//   "Statement": [
	//     {
	//       "Effect": "Allow",
	//       "Principal": {
	//         "AWS": "111122223333"
	//       },
	//       "Action": [
	//         "kms:Sign",
	//         "kms:Verify"
	//       ],
	//       "Resource": "*",
	//       "Condition": {
	//         "StringEquals": {
	//           "kms:MessageType": "DIGEST"
	//         }
	//       }
	//     }
	//   ]
	// }
}

// KMS may answer with another form of the policy that it was given. Equal tells
// whether it is still the same policy.
func ExamplePolicyDocument_Equal() {
	put, err := kmskit.ParsePolicyDocument(`{
		"Version": "2012-10-17",
		"Statement": [{
			"Effect": "Allow",
			"Principal": {"AWS": "111122223333"},
			"Action": ["kms:Encrypt", "kms:Decrypt"],
			"Resource": ["*"]
		}]
	}`)
	if err != nil {
		fmt.Println(err)
		return
	}
	got, err := kmskit.ParsePolicyDocument(`{
		"Version": "2012-10-17",
		"Statement": [{
			"Effect": "Allow",
			"Principal": {"AWS": "arn:aws:iam::111122223333:root"},
			"Action": ["kms:Decrypt", "kms:Encrypt"],
			"Resource": "*"
		}]
	}`)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(put.String() == got.String())
	fmt.Println(put.Equal(got))

	got.Statement[0].Effect = kmskit.Deny
	fmt.Println(put.Equal(got))

	// Output:
	// false
	// true
	// false
}

// Logs are written for anybody, under an action that there is not.
func ExamplePolicyDocument_Check() {
	policy, err := kmskit.ParsePolicyDocument(`{
		"Version": "2012-10-17",
		"Statement": [
			{"Sid": "Account", "Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "kms:*", "Resource": "*"},
			{"Sid": "Logs", "Effect": "Allow", "Principal": {"Service": "logs.eu-central-1.amazonaws.com"},
			 "Action": ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt"], "Resource": "*"}
		]
	}`)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, f := range policy.Check() {
		fmt.Printf("%s in statement %d (%s)\n\t%s\n\t%s\n", f.Code, f.Statement, f.Sid, f.Problem, f.Fix)
	}
	// Output:
	// UnknownAction in statement 2 (Logs)
	// 	there is no action kms:ReEncrypt
	// 	name kms:ReEncryptFrom, kms:ReEncryptTo, or kms:ReEncrypt* for both
	// ServiceWithoutSource in statement 2 (Logs)
	// 	logs.eu-central-1.amazonaws.com may use the key for resources of any account
	// 	compare aws:SourceAccount, and aws:SourceArn where the service sends it: ServiceUse makes such a statement
}
