package shape_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/kmskit/kmskit/kmstest/internal/shape"
)

func BenchmarkValidate(b *testing.B) {
	for name, in := range benchInputs() {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := shape.Validate(in); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func benchInputs() map[string]any {
	arn := aws.String("arn:aws:kms:us-east-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab")
	return map[string]any{
		"Encrypt": &kms.EncryptInput{
			KeyId:               arn,
			Plaintext:           make([]byte, 256),
			EncryptionAlgorithm: types.EncryptionAlgorithmSpecSymmetricDefault,
			EncryptionContext:   map[string]string{"tenant": "blue"},
		},
		"CreateGrant": &kms.CreateGrantInput{
			KeyId:             arn,
			GranteePrincipal:  aws.String("arn:aws:iam::111122223333:role/ExampleRole"),
			RetiringPrincipal: aws.String("arn:aws:iam::111122223333:role/ExampleAdmin"),
			Operations:        []types.GrantOperation{types.GrantOperationEncrypt, types.GrantOperationDecrypt},
			Constraints:       &types.GrantConstraints{EncryptionContextSubset: map[string]string{"tenant": "blue"}},
			Name:              aws.String("blue"),
		},
	}
}
