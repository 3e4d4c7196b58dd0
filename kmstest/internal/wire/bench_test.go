package wire_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/kmskit/kmskit/kmstest/internal/wire"
)

const keyARN = "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"

func BenchmarkDecode(b *testing.B) {
	body := []byte(`{"EncryptionContext":{"tenant":"blue"},"KeyId":"` + keyARN + `","Plaintext":"aGVsbG8sIHdvcmxk"}`)
	b.ReportAllocs()
	for b.Loop() {
		var in kms.EncryptInput
		if err := wire.Decode(body, &in); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkEncode(b *testing.B) {
	out := &kms.EncryptOutput{
		CiphertextBlob:      make([]byte, 150),
		EncryptionAlgorithm: types.EncryptionAlgorithmSpecSymmetricDefault,
		KeyId:               aws.String(keyARN),
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := wire.Encode(out); err != nil {
			b.Fatal(err)
		}
	}
}
