package wire_test

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"
	"github.com/aws/smithy-go/prelude"
	"github.com/aws/smithy-go/traits"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kmskit/kmskit/kmstest/internal/wire"
)

func TestEncode(t *testing.T) {
	t.Parallel()
	encode := func(t *testing.T, out any) string {
		t.Helper()
		body, err := wire.Encode(out)
		require.NoError(t, err)
		return string(body)
	}
	t.Run("writes what is false, zero or empty", func(t *testing.T) {
		t.Parallel()
		assert.Equal(t, `{"Keys":[],"Truncated":false}`, encode(t, &kms.ListKeysOutput{Keys: []types.KeyListEntry{}}))
		assert.Equal(t, `{"SignatureValid":false}`, encode(t, &kms.VerifyOutput{}))
		assert.Equal(t, `{"KeyRotationEnabled":false,"RotationPeriodInDays":0}`,
			encode(t, &kms.GetKeyRotationStatusOutput{RotationPeriodInDays: aws.Int32(0)}))
		assert.Equal(t, `{"KeyMetadata":{"KeyId":"k","Description":"","Enabled":false,"MultiRegion":false}}`,
			encode(t, &kms.DescribeKeyOutput{KeyMetadata: &types.KeyMetadata{
				KeyId:       aws.String("k"),
				Description: aws.String(""),
				MultiRegion: aws.Bool(false),
			}}))
		assert.Equal(t, `{"Plaintext":""}`, encode(t, &kms.DecryptOutput{Plaintext: []byte{}}))
		assert.Equal(t, `{"Grants":[{"Constraints":{"EncryptionContextEquals":{}},"Operations":[]}],"Truncated":true}`,
			encode(t, &kms.ListGrantsOutput{Truncated: true, Grants: []types.GrantListEntry{{
				Constraints: &types.GrantConstraints{EncryptionContextEquals: map[string]string{}},
				Operations:  []types.GrantOperation{},
			}}}))
	})
	t.Run("leaves out what is absent", func(t *testing.T) {
		t.Parallel()
		assert.Equal(t, `{"Truncated":false}`, encode(t, &kms.ListKeysOutput{}))
		assert.Equal(t, `{}`, encode(t, &kms.EncryptOutput{}))
		assert.Equal(t, `{"Keys":[{}],"Truncated":false}`, encode(t, &kms.ListKeysOutput{Keys: make([]types.KeyListEntry, 1)}))
	})
	t.Run("knows an empty structure from none", func(t *testing.T) {
		t.Parallel()
		assert.Equal(t, `{}`, encode(t, &kms.UpdateCustomKeyStoreOutput{}))
		assert.Empty(t, encode(t, &kms.CreateAliasOutput{}))
	})
	t.Run("never writes ResultMetadata", func(t *testing.T) {
		t.Parallel()
		var metadata middleware.Metadata
		metadata.Set("request ID", "r")
		assert.Equal(t, `{}`, encode(t, &kms.EncryptOutput{ResultMetadata: metadata}))
		assert.Empty(t, encode(t, &kms.CreateAliasOutput{ResultMetadata: metadata}))
	})
	t.Run("writes times as seconds without exponent", func(t *testing.T) {
		t.Parallel()
		for want, at := range map[string]time.Time{
			"0":                time.Unix(0, 0),
			"1700000000":       time.Unix(1700000000, 999_999),
			"1700000000.5":     time.Unix(1700000000, 500e6),
			"1700000000.001":   time.Unix(1700000000, 1e6).In(time.FixedZone("", 3600)),
			"1700000000.123":   time.Unix(1700000000, 123_999_999),
			"253402300799.999": time.Date(9999, time.December, 31, 23, 59, 59, 999e6, time.UTC),
		} {
			assert.Equal(t, `{"DeletionDate":`+want+`}`, encode(t, &kms.ScheduleKeyDeletionOutput{DeletionDate: &at}))
		}
	})
	t.Run("escapes only what must be escaped", func(t *testing.T) {
		t.Parallel()
		assert.Equal(t, `{"Policy":"{\"a\":\"<&>'é\\n\"}\n\u0000"}`,
			encode(t, &kms.GetKeyPolicyOutput{Policy: aws.String("{\"a\":\"<&>'é\\n\"}\n\x00")}))
	})
	t.Run("writes valid UTF-8 whatever the text", func(t *testing.T) {
		t.Parallel()
		assert.Equal(t, `{"KeyId":"a\ufffdb"}`, encode(t, &kms.SignOutput{KeyId: aws.String("a\xffb")}))
	})
	t.Run("sorts maps", func(t *testing.T) {
		t.Parallel()
		assert.Equal(t, `{"EncryptionContext":{"a":"1","b":"2","c":"3"}}`,
			encode(t, &kms.EncryptInput{EncryptionContext: map[string]string{"c": "3", "a": "1", "b": "2"}}))
	})
}

// Structures that a later SDK might have.
type (
	longMember    struct{ Count int64 }
	dateMember    struct{ Date time.Time }
	lostMember    struct{ Other *string }
	pointerItems  struct{ Names []*string }
	listOfUnknown struct{ Items []float64 }
)

var (
	stringList  = list(prelude.String)
	unknownList = list(prelude.Double)
)

func list(items *smithy.Schema) *smithy.Schema {
	s := smithy.NewSchema(smithy.ShapeID{Namespace: "test", Name: "List"}, smithy.ShapeTypeList, 1)
	s.AddMember("member", items)
	return s
}

func structure(member string, target *smithy.Schema, ts ...smithy.Trait) *smithy.Schema {
	s := smithy.NewSchema(smithy.ShapeID{Namespace: "test", Name: "Structure"}, smithy.ShapeTypeStructure, 1)
	s.AddMember(member, target, ts...)
	return s
}

func (longMember) Serialize(s smithy.ShapeSerializer) { serialize(s, structure("Count", prelude.Long)) }

func (lostMember) Serialize(s smithy.ShapeSerializer) {
	serialize(s, structure("Lost", prelude.String))
}

func (dateMember) Serialize(s smithy.ShapeSerializer) {
	serialize(s, structure("Date", prelude.Timestamp, &traits.TimestampFormat{Format: "date-time"}))
}

func (pointerItems) Serialize(s smithy.ShapeSerializer) { serialize(s, structure("Names", stringList)) }

func (listOfUnknown) Serialize(s smithy.ShapeSerializer) {
	serialize(s, structure("Items", unknownList))
}

func serialize(s smithy.ShapeSerializer, schema *smithy.Schema) {
	s.WriteStruct(schema)
	s.CloseStruct()
}

// TestUnknownKinds sees to it that what cannot be carried is an error that
// names it, and neither a panic nor a member that silently goes missing.
func TestUnknownKinds(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		v    any
		text string
	}{
		{&longMember{}, "Count"},
		{&dateMember{}, "Date"},
		{&lostMember{}, "lostMember"},
		{&pointerItems{}, "Names"},
		{&listOfUnknown{}, "Items"},
		{&struct{}{}, "struct {}"},
		{kms.EncryptOutput{}, "kms.EncryptOutput"},
		{(*kms.EncryptOutput)(nil), "*kms.EncryptOutput"},
		{new(string), "*string"},
		{nil, "nil"},
	} {
		_, err := wire.Encode(c.v)
		require.ErrorContains(t, err, c.text)
		require.ErrorContains(t, wire.Decode([]byte(`{}`), c.v), c.text)
	}
}
