package kmskit_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kmskit/kmskit"
)

func ExampleParseKeyID() {
	id, err := kmskit.ParseKeyID("arn:aws:kms:eu-central-1:111122223333:key/mrk-1234abcd12ab34cd56ef1234567890ab")
	fmt.Println(id.Region, id.AccountID, id.Key, id.IsMultiRegion(), err)

	_, err = kmskit.ParseKeyID("orders")
	fmt.Println(errors.Is(err, kmskit.ErrInvalidInput), err)
	// Output:
	// eu-central-1 111122223333 mrk-1234abcd12ab34cd56ef1234567890ab true <nil>
	// true kmskit: ParseKeyID: "orders" is no key: give a key ID, a key ARN, an alias name (alias/...) or an alias ARN
}

const keyUUID = "1234abcd-12ab-34cd-56ef-1234567890ab"

func TestParseKeyID(t *testing.T) {
	t.Parallel()
	in := kmskit.KeyID{Partition: "aws-us-gov", Region: "us-gov-west-1", AccountID: "111122223333"}
	key, alias := in, in
	key.Key = keyUUID
	alias.Alias = "alias/Orders/blue"

	for text, want := range map[string]kmskit.KeyID{
		keyUUID:                                {Key: keyUUID},
		"1234ABCD-12ab-34cd-56ef-1234567890AB": {Key: "1234ABCD-12ab-34cd-56ef-1234567890AB"},
		"mrk-1234abcd12ab34cd56ef1234567890ab": {Key: "mrk-1234abcd12ab34cd56ef1234567890ab"},
		"alias/Orders":                         {Alias: "alias/Orders"},
		"alias/aws/s3":                         {Alias: "alias/aws/s3"},
		"arn:aws-us-gov:kms:us-gov-west-1:111122223333:key/" + keyUUID:    key,
		"arn:aws-us-gov:kms:us-gov-west-1:111122223333:alias/Orders/blue": alias,
	} {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			got, err := kmskit.ParseKeyID(text)
			require.NoError(t, err)
			assert.Equal(t, want, got)
			assert.Equal(t, text, got.String(), "String gives the text back")
			assert.Equal(t, want.Alias != "", got.IsAlias())
			assert.Equal(t, want.Region != "", got.IsARN())
		})
	}

	for _, text := range []string{
		"", "orders", "alias", "alias/", "ALIAS/orders", " " + keyUUID, keyUUID + " ", keyUUID[1:],
		"1234abcd-12ab-34cd-56ef-1234567890ag", "1234abcd012ab-34cd-56ef-1234567890ab", "1234abcd-12ab-34cd-56ef-12345678-0ab",
		"mrk-1234", "mrk-" + keyUUID, "key/" + keyUUID, "arn:", "arn:aws:kms", "arn:aws:s3:us-east-1:111122223333:key/" + keyUUID,
		"arn:aws:kms::111122223333:key/" + keyUUID, "arn:aws:kms:us-east-1::key/" + keyUUID, "arn::kms:us-east-1:111122223333:key/" + keyUUID,
		"arn:aws:kms:us-east-1:111122223333:" + keyUUID, "arn:aws:kms:us-east-1:111122223333:key/", "arn:aws:kms:us-east-1:111122223333:alias/",
		"arn:aws:kms:us-east-1:111122223333:key/alias/orders",
	} {
		t.Run("refuses "+text, func(t *testing.T) {
			t.Parallel()
			got, err := kmskit.ParseKeyID(text)
			require.ErrorIs(t, err, kmskit.ErrInvalidInput)
			assert.Zero(t, got)
		})
	}
}

func FuzzParseKeyID(f *testing.F) {
	f.Add(keyUUID)
	f.Add("alias/orders")
	f.Add("arn:aws:kms:us-east-1:111122223333:key/" + keyUUID)
	f.Add("arn:aws:kms:us-east-1:111122223333:alias/a:b")
	f.Fuzz(func(t *testing.T, text string) {
		id, err := kmskit.ParseKeyID(text)
		if err != nil {
			require.ErrorIs(t, err, kmskit.ErrInvalidInput)
			return
		}
		require.Equal(t, text, id.String())
		require.NotEqual(t, id.Key == "", id.Alias == "", "a key or an alias")
	})
}
