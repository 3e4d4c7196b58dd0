package wire_test

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kmskit/kmskit/kmstest/internal/wire"
)

const (
	startOfList      = "Start of list found where not expected"
	startOfStructure = "Start of structure or map found where not expected."
)

// refused are bodies that AWS does not read, and the texts it answers with. An
// empty text is none.
var refused = []struct {
	in         any
	body, text string
}{
	// Documents that are not JSON, or not an object.
	{&kms.EncryptInput{}, ``, ""},
	{&kms.EncryptInput{}, ` `, ""},
	{&kms.EncryptInput{}, `{`, ""},
	{&kms.EncryptInput{}, `}`, ""},
	{&kms.EncryptInput{}, `null`, ""},
	{&kms.EncryptInput{}, `"x"`, ""},
	{&kms.EncryptInput{}, `1`, ""},
	{&kms.EncryptInput{}, `[]`, startOfList},
	{&kms.EncryptInput{}, `{} {}`, ""},
	{&kms.EncryptInput{}, `{} x`, ""},
	{&kms.EncryptInput{}, "{}\x00", ""},
	{&kms.EncryptInput{}, "\xef\xbb\xbf{}", ""},
	{&kms.EncryptInput{}, `{,}`, ""},
	{&kms.EncryptInput{}, `{"KeyId"}`, ""},
	{&kms.EncryptInput{}, `{"KeyId":}`, ""},
	{&kms.EncryptInput{}, `{"KeyId" "k"}`, ""},
	{&kms.EncryptInput{}, `{"KeyId"::"k"}`, ""},
	{&kms.EncryptInput{}, `{"KeyId":"k"`, ""},
	{&kms.EncryptInput{}, `{"KeyId":"k",`, ""},
	{&kms.EncryptInput{}, `{"KeyId":"k",}`, ""},
	{&kms.EncryptInput{}, `{"KeyId":"k" "DryRun":true}`, ""},
	{&kms.EncryptInput{}, `{"KeyId":"k"]`, ""},
	{&kms.EncryptInput{}, `{"KeyId":'k'}`, ""},
	{&kms.EncryptInput{}, `{KeyId:"k"}`, ""},
	{&kms.EncryptInput{}, `{1:"k"}`, ""},
	{&kms.EncryptInput{}, `{"KeyId":"k`, ""},
	{&kms.EncryptInput{}, `{"KeyId":"k\`, ""},
	{&kms.EncryptInput{}, `{"KeyId":"k\"`, ""},
	{&kms.EncryptInput{}, `{"KeyId":"\x"}`, ""},
	{&kms.EncryptInput{}, `{"KeyId":"\u00"}`, ""},
	{&kms.EncryptInput{}, "{\"KeyId\":\"a\nb\"}", ""},
	{&kms.EncryptInput{}, "{\"KeyId\":\"\xff\"}", ""},
	{&kms.EncryptInput{}, `{"KeyId":k}`, ""},
	{&kms.EncryptInput{}, `{"KeyId":nul}`, ""},
	{&kms.EncryptInput{}, `{"DryRun":tru}`, ""},
	{&kms.EncryptInput{}, `{"DryRun":True}`, ""},
	{&kms.EncryptInput{}, `{"GrantTokens":["t",]}`, ""},
	{&kms.EncryptInput{}, `{"GrantTokens":["t"}`, ""},
	{&kms.EncryptInput{}, `{"GrantTokens":["t" "u"]}`, ""},
	{&kms.EncryptInput{}, `{"EncryptionContext":{"a":"b",}}`, ""},
	{&kms.EncryptInput{}, `{"EncryptionContext":{"a"}}`, ""},
	{&kms.EncryptInput{}, `{"EncryptionContext":{"a":"b"]}`, ""},
	{&kms.EncryptInput{}, `{"Unknown":}`, ""},
	{&kms.EncryptInput{}, `{"Unknown":[1,]}`, ""},
	{&kms.EncryptInput{}, `{"Unknown":{"a":tru}}`, ""},
	{&kms.EncryptInput{}, `{"Unknown":"`, ""},
	{&kms.EncryptInput{}, `{"Unknown":` + strings.Repeat(`[`, 1e5), ""},
	{&kms.EncryptInput{}, `{"Unknown":` + strings.Repeat(`{"a":`, 1e5), ""},
	{&kms.EncryptInput{}, `{"Unknown":` + strings.Repeat(`[`, 1e5) + strings.Repeat(`]`, 1e5) + `}`, ""},
	{&kms.EncryptInput{}, strings.Repeat(`{"EncryptionContext":`, 1e5), startOfStructure},
	{&kms.ListKeysInput{}, `{"Limit":01}`, ""},
	{&kms.ListKeysInput{}, `{"Limit":+1}`, ""},
	{&kms.ListKeysInput{}, `{"Limit":.5}`, ""},
	{&kms.ListKeysInput{}, `{"Limit":-}`, ""},
	{&kms.ListKeysInput{}, `{"Limit":0x10}`, ""},
	{&kms.ListKeysInput{}, `{"Limit":NaN}`, ""},
	{&kms.ListKeysInput{}, `{"Limit":1 2}`, ""},

	// Nulls that stand for no member.
	{&kms.EncryptInput{}, `{"GrantTokens":[null]}`, ""},
	{&kms.EncryptInput{}, `{"EncryptionContext":{"a":null}}`, ""},
	{&kms.CreateKeyInput{}, `{"Tags":[null]}`, ""},

	// Strings and enums.
	{&kms.EncryptInput{}, `{"KeyId":1}`, "NUMBER_VALUE can not be converted to a String"},
	{&kms.EncryptInput{}, `{"KeyId":-1.5}`, "NUMBER_VALUE can not be converted to a String"},
	{&kms.EncryptInput{}, `{"KeyId":true}`, "TRUE_VALUE can not be converted to a String"},
	{&kms.EncryptInput{}, `{"KeyId":false}`, "FALSE_VALUE can not be converted to a String"},
	{&kms.EncryptInput{}, `{"KeyId":["k"]}`, startOfList},
	{&kms.EncryptInput{}, `{"KeyId":{"a":1}}`, startOfStructure},
	{&kms.EncryptInput{}, `{"EncryptionAlgorithm":1}`, "NUMBER_VALUE can not be converted to a String"},
	{&kms.EncryptInput{}, `{"GrantTokens":["t",1]}`, "NUMBER_VALUE can not be converted to a String"},
	{&kms.EncryptInput{}, `{"EncryptionContext":{"a":1}}`, "NUMBER_VALUE can not be converted to a String"},
	{&kms.EncryptInput{}, `{"EncryptionContext":{"a":["hunter2"]}}`, startOfList},
	{&kms.EncryptInput{}, `{"EncryptionContext":{"a":{}}}`, startOfStructure},

	// Blobs.
	{&kms.EncryptInput{}, `{"Plaintext":1}`, "NUMBER_VALUE can not be converted to a Blob"},
	{&kms.EncryptInput{}, `{"Plaintext":true}`, "TRUE_VALUE can not be converted to a Blob"},
	{&kms.EncryptInput{}, `{"Plaintext":[104,117]}`, startOfList},
	{&kms.EncryptInput{}, `{"Plaintext":{}}`, startOfStructure},
	{&kms.EncryptInput{}, `{"Plaintext":"hunter2"}`, "STRING_VALUE can not be converted to a Blob"},
	{&kms.EncryptInput{}, `{"Plaintext":"AA"}`, "STRING_VALUE can not be converted to a Blob"},
	{&kms.EncryptInput{}, `{"Plaintext":"AB=="}`, "STRING_VALUE can not be converted to a Blob"},
	{&kms.EncryptInput{}, `{"Plaintext":"__--"}`, "STRING_VALUE can not be converted to a Blob"},
	{&kms.EncryptInput{}, `{"Plaintext":"AAAA\n"}`, "STRING_VALUE can not be converted to a Blob"},
	{&kms.EncryptInput{}, `{"Plaintext":" AAAA"}`, "STRING_VALUE can not be converted to a Blob"},

	// Booleans.
	{&kms.EncryptInput{}, `{"DryRun":1}`, "NUMBER_VALUE can not be converted to a Boolean"},
	{&kms.EncryptInput{}, `{"DryRun":"hunter2"}`, "STRING_VALUE can not be converted to an Boolean"},
	{&kms.EncryptInput{}, `{"DryRun":""}`, "STRING_VALUE can not be converted to an Boolean"},
	{&kms.EncryptInput{}, `{"DryRun":[]}`, startOfList},
	{&kms.EncryptInput{}, `{"DryRun":{}}`, startOfStructure},

	// Integers.
	{&kms.ListKeysInput{}, `{"Limit":"1"}`, "STRING_VALUE can not be converted to an Integer"},
	{&kms.ListKeysInput{}, `{"Limit":true}`, "TRUE_VALUE can not be converted to an Integer"},
	{&kms.ListKeysInput{}, `{"Limit":false}`, "FALSE_VALUE can not be converted to an Integer"},
	{&kms.ListKeysInput{}, `{"Limit":[1]}`, startOfList},
	{&kms.ListKeysInput{}, `{"Limit":{"a":1}}`, startOfStructure},

	// Timestamps.
	{
		&kms.ImportKeyMaterialInput{},
		`{"ValidTo":"2030-01-01T00:00:00Z"}`,
		"STRING_VALUE can not be converted to milliseconds since epoch",
	},
	{
		&kms.ImportKeyMaterialInput{},
		`{"ValidTo":true}`,
		"TRUE_VALUE can not be converted to milliseconds since epoch",
	},
	{&kms.ImportKeyMaterialInput{}, `{"ValidTo":[]}`, startOfList},
	{&kms.ImportKeyMaterialInput{}, `{"ValidTo":{}}`, startOfStructure},

	// Lists, maps and structures.
	{&kms.EncryptInput{}, `{"GrantTokens":"t"}`, "Expected list or null"},
	{&kms.EncryptInput{}, `{"GrantTokens":1}`, "Expected list or null"},
	{&kms.EncryptInput{}, `{"GrantTokens":true}`, "Expected list or null"},
	{&kms.EncryptInput{}, `{"GrantTokens":{}}`, startOfStructure},
	{&kms.EncryptInput{}, `{"EncryptionContext":"a=hunter2"}`, "Expected map or null"},
	{&kms.EncryptInput{}, `{"EncryptionContext":false}`, "Expected map or null"},
	{&kms.EncryptInput{}, `{"EncryptionContext":[]}`, startOfList},
	{&kms.CreateGrantInput{}, `{"Constraints":"x"}`, "Expected null"},
	{&kms.CreateGrantInput{}, `{"Constraints":1}`, "Expected null"},
	{&kms.CreateGrantInput{}, `{"Constraints":[]}`, startOfList},
	{&kms.CreateGrantInput{}, `{"Constraints":{"EncryptionContextEquals":{"a":1}}}`, "NUMBER_VALUE can not be converted to a String"},
	{&kms.CreateKeyInput{}, `{"Tags":["x"]}`, "Expected null"},
	{&kms.CreateKeyInput{}, `{"Tags":[{"TagKey":1}]}`, "NUMBER_VALUE can not be converted to a String"},
	{&kms.CreateKeyInput{}, `{"Tags":[[]]}`, startOfList},
}

func TestDecode_refuses(t *testing.T) {
	t.Parallel()
	for _, r := range refused {
		err := wire.Decode([]byte(r.body), r.in)
		var api *smithy.GenericAPIError
		require.ErrorAs(t, err, &api, "%.80s", r.body)
		assert.Equal(t, "SerializationException", api.Code, "%.80s", r.body)
		assert.Equal(t, smithy.FaultClient, api.Fault, "%.80s", r.body)
		assert.Equal(t, r.text, api.Message, "%.80s", r.body)
		assert.NotContains(t, err.Error(), "hunter2")
	}
}

func TestDecode(t *testing.T) {
	t.Parallel()
	decode := func(t *testing.T, body string) *kms.EncryptInput {
		t.Helper()
		var in kms.EncryptInput
		require.NoError(t, wire.Decode([]byte(body), &in))
		return &in
	}
	t.Run("ignores unknown members", func(t *testing.T) {
		t.Parallel()
		in := decode(t, ` {"Unknown" : {"KeyId":["]}",{"a":null}],"n":-1.5e3} ,"KeyId": "k","Other":true,"More":"\""} `)
		assert.Equal(t, &kms.EncryptInput{KeyId: aws.String("k")}, in)
	})
	t.Run("tells cases of names apart", func(t *testing.T) {
		t.Parallel()
		assert.Equal(t, &kms.EncryptInput{}, decode(t, `{"keyId":1,"KEYID":2}`))
	})
	t.Run("reads escaped names", func(t *testing.T) {
		t.Parallel()
		assert.Equal(t, &kms.EncryptInput{KeyId: aws.String("k")}, decode(t, `{"\u004beyId":"k"}`))
	})
	t.Run("does not read what is no member", func(t *testing.T) {
		t.Parallel()
		assert.Equal(t, &kms.EncryptInput{}, decode(t, `{"ResultMetadata":1,"noSmithyDocumentSerde":{}}`))
	})
	t.Run("takes null for absent", func(t *testing.T) {
		t.Parallel()
		in := decode(t, `{"KeyId":null,"Plaintext":null,"DryRun":null,"EncryptionAlgorithm":null,`+
			`"EncryptionContext":null,"GrantTokens":null}`)
		assert.Equal(t, &kms.EncryptInput{}, in)
	})
	t.Run("keeps what is empty", func(t *testing.T) {
		t.Parallel()
		in := decode(t, `{"KeyId":"","Plaintext":"","EncryptionContext":{},"GrantTokens":[]}`)
		assert.Equal(t, &kms.EncryptInput{
			KeyId:             aws.String(""),
			Plaintext:         []byte{},
			EncryptionContext: map[string]string{},
			GrantTokens:       []string{},
		}, in)
	})
	t.Run("takes the last of equal names", func(t *testing.T) {
		t.Parallel()
		in := decode(t, `{"KeyId":"a","KeyId":"b","DryRun":true,"DryRun":null,`+
			`"GrantTokens":["a","b"],"GrantTokens":["c"],"EncryptionContext":{"a":"b"},"EncryptionContext":{"a":"c","a":"d"}}`)
		assert.Equal(t, &kms.EncryptInput{
			KeyId:             aws.String("b"),
			GrantTokens:       []string{"c"},
			EncryptionContext: map[string]string{"a": "d"},
		}, in)
	})
	t.Run("reads escapes", func(t *testing.T) {
		t.Parallel()
		in := decode(t, `{"KeyId":"\"\\\/\b\n\u00e9\ud83d\ude00","Plaintext":"\/\/8\u003d"}`)
		assert.Equal(t, "\"\\/\b\né😀", aws.ToString(in.KeyId))
		assert.Equal(t, []byte{0xff, 0xff}, in.Plaintext)
	})
	t.Run("keeps nothing of the body", func(t *testing.T) {
		t.Parallel()
		body := []byte(`{"KeyId":"key","Plaintext":"AAAA","EncryptionContext":{"a":"b"},"GrantTokens":["t"]}`)
		want := decode(t, string(body))
		var in kms.EncryptInput
		require.NoError(t, wire.Decode(body, &in))
		clear(body)
		assert.Equal(t, want, &in)
	})
	t.Run("takes an enum that it does not know", func(t *testing.T) {
		t.Parallel()
		in := decode(t, `{"EncryptionAlgorithm":"ROT13"}`)
		assert.Equal(t, types.EncryptionAlgorithmSpec("ROT13"), in.EncryptionAlgorithm)
	})
	t.Run("tells an empty enum from an absent one", func(t *testing.T) {
		t.Parallel()
		in := decode(t, `{"EncryptionAlgorithm":""}`)
		assert.Equal(t, types.EncryptionAlgorithmSpec(wire.EmptyEnum), in.EncryptionAlgorithm)
		body, err := wire.Encode(in)
		require.NoError(t, err)
		assert.JSONEq(t, `{"EncryptionAlgorithm":""}`, string(body))
		for _, absent := range []string{`{}`, `{"EncryptionAlgorithm":null}`, `{"EncryptionAlgorithm":"","EncryptionAlgorithm":null}`} {
			assert.Empty(t, decode(t, absent).EncryptionAlgorithm, absent)
		}
	})
}

func TestDecode_booleans(t *testing.T) {
	t.Parallel()
	for want, words := range map[bool][]string{
		true:  {`true`, `"true"`, `"True"`, `"yes"`, `"Y"`, `"t"`, `"1"`},
		false: {`false`, `"false"`, `"FALSE"`, `"no"`, `"N"`, `"f"`, `"0"`},
	} {
		for _, word := range words {
			in := kms.PutKeyPolicyInput{BypassPolicyLockoutSafetyCheck: !want}
			require.NoError(t, wire.Decode([]byte(`{"BypassPolicyLockoutSafetyCheck":`+word+`}`), &in), word)
			assert.Equal(t, want, in.BypassPolicyLockoutSafetyCheck, word)
		}
	}
}

func TestDecode_integers(t *testing.T) {
	t.Parallel()
	for number, want := range map[string]int32{
		`0`: 0, `-0`: 0, `7`: 7, `-7`: -7, `1e3`: 1000, `1.5`: 1, `-1.5`: -1, `0.9`: 0, `1e-400`: 0,
		`2147483647`: 2147483647, `2147483648`: 2147483647, `99999999999`: 2147483647, `1e400`: 2147483647,
		`-2147483648`: -2147483648, `-2147483649`: -2147483648, `-1e400`: -2147483648,
	} {
		var in kms.ListKeysInput
		require.NoError(t, wire.Decode([]byte(`{"Limit":`+number+`}`), &in), number)
		assert.Equal(t, want, aws.ToInt32(in.Limit), number)
	}
}

func TestDecode_timestamps(t *testing.T) {
	t.Parallel()
	decode := func(t *testing.T, number string) time.Time {
		t.Helper()
		var in kms.ImportKeyMaterialInput
		require.NoError(t, wire.Decode([]byte(`{"ValidTo":`+number+`}`), &in), number)
		return *in.ValidTo
	}
	t.Run("are seconds in UTC", func(t *testing.T) {
		t.Parallel()
		for number, want := range map[string]time.Time{
			`0`:                time.Unix(0, 0),
			`1700000000`:       time.Unix(1700000000, 0),
			`1700000000.5`:     time.Unix(1700000000, 500e6),
			`1.700000000123E9`: time.Unix(1700000000, 123e6),
			`-1.25`:            time.Unix(-1, -250e6),
		} {
			assert.Equal(t, want.UTC(), decode(t, number), number)
		}
	})
	t.Run("lose no millisecond", func(t *testing.T) {
		t.Parallel()
		for ms := range 1000 {
			want := time.UnixMilli(2157088560000 + int64(ms)).UTC()
			body, err := wire.Encode(&kms.ImportKeyMaterialInput{ValidTo: &want})
			require.NoError(t, err)
			var in kms.ImportKeyMaterialInput
			require.NoError(t, wire.Decode(body, &in))
			require.Equal(t, want, *in.ValidTo, "%s", body)
		}
	})
	t.Run("stay in the order of time if absurd", func(t *testing.T) {
		t.Parallel()
		far := decode(t, `1e300`)
		assert.True(t, far.After(decode(t, `1.7e12`)), "%v", far)
		assert.True(t, far.Equal(decode(t, `1e400`)), "%v", far)
		assert.True(t, decode(t, `-1e300`).Before(decode(t, `-1.7e12`)))
	})
}
