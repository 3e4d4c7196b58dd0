package wire_test

import (
	"bytes"
	"flag"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/schemas"
	"github.com/aws/smithy-go"
	smithytime "github.com/aws/smithy-go/time"
	smithyhttp "github.com/aws/smithy-go/transport/http"
	"github.com/aws/smithy-go/transport/http/protocol/awsjson"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kmskit/kmskit/kmstest/internal/wire"
)

var seedFlag = flag.Uint64("seed", 0, "seed of the random structures; 0 takes one from the clock")

// operations are the operations that this package is known to carry. A new SDK
// that adds one adds it here, once the tests below pass for it.
var operations = []string{
	"CancelKeyDeletion", "ConnectCustomKeyStore", "CreateAlias", "CreateCustomKeyStore", "CreateGrant", "CreateKey",
	"Decapsulate", "Decrypt", "DeleteAlias", "DeleteCustomKeyStore", "DeleteImportedKeyMaterial", "DeriveSharedSecret",
	"DescribeCustomKeyStores", "DescribeKey", "DisableKey", "DisableKeyRotation", "DisconnectCustomKeyStore",
	"EnableKey", "EnableKeyRotation", "Encapsulate", "Encrypt", "GenerateDataKey", "GenerateDataKeyPair",
	"GenerateDataKeyPairWithoutPlaintext", "GenerateDataKeyWithoutPlaintext", "GenerateMac", "GenerateRandom",
	"GetKeyLastUsage", "GetKeyPolicy", "GetKeyRotationStatus", "GetParametersForImport", "GetPublicKey",
	"ImportKeyMaterial", "ListAliases", "ListGrants", "ListKeyPolicies", "ListKeyRotations", "ListKeys",
	"ListResourceTags", "ListRetirableGrants", "PutKeyPolicy", "ReEncrypt", "ReplicateKey", "RetireGrant",
	"RevokeGrant", "RotateKeyOnDemand", "ScheduleKeyDeletion", "Sign", "TagResource", "UntagResource", "UpdateAlias",
	"UpdateCustomKeyStore", "UpdateKeyDescription", "UpdatePrimaryRegion", "Verify", "VerifyMac",
}

// withoutShape are the operations that KMS answers with an empty body.
var withoutShape = []string{
	"CreateAlias", "DeleteAlias", "DisableKey", "DisableKeyRotation", "EnableKey", "EnableKeyRotation", "PutKeyPolicy",
	"RetireGrant", "RevokeGrant", "TagResource", "UntagResource", "UpdateAlias", "UpdateKeyDescription",
	"UpdatePrimaryRegion",
}

func TestOperations(t *testing.T) {
	t.Parallel()
	names := make([]string, 0, len(operations))
	for _, op := range wire.Operations() {
		names = append(names, op.Name)
		assert.Equal(t, op.Name+"Input", op.Input.Name())
		assert.Equal(t, op.Name+"Output", op.Output.Name())
	}
	assert.Equal(t, operations, names)
}

// TestRoundTrip holds every operation against the SDK's own codec: what the SDK
// writes is read here, and what is written here the SDK reads.
func TestRoundTrip(t *testing.T) {
	t.Parallel()
	seed := *seedFlag
	if seed == 0 {
		seed = uint64(time.Now().UnixNano())
	}
	t.Logf("-seed %d", seed)
	for i, op := range wire.Operations() {
		t.Run(op.Name, func(t *testing.T) {
			t.Parallel()
			random := rand.New(rand.NewPCG(seed, uint64(i)))
			for _, in := range instances(op.Input, random) {
				body := sdkEncode(t, in)
				got := reflect.New(op.Input).Interface()
				require.NoError(t, wire.Decode(body, got), "%s", body)
				require.Equal(t, in, got, "%s", body)
			}
			for _, out := range instances(op.Output, random) {
				body, err := wire.Encode(out)
				require.NoError(t, err)
				if slices.Contains(withoutShape, op.Name) {
					require.Empty(t, body)
					continue
				}
				got := reflect.New(op.Output).Interface()
				sdkDecode(t, body, got)
				require.Equal(t, out, got, "%s", body)
			}
		})
	}
}

// instances returns pointers to a structure with nothing in it, to one whose
// members are all there but empty, and to many with random members.
func instances(t reflect.Type, random *rand.Rand) []any {
	all := make([]any, 30)
	for i := range all {
		v := reflect.New(t)
		if i > 0 {
			filler{random, i == 1}.fill(v.Elem())
		}
		all[i] = v.Interface()
	}
	return all
}

// filler sets all members of a structure of the SDK.
type filler struct {
	*rand.Rand
	empty bool
}

func (f filler) fill(v reflect.Value) {
	switch p := v.Addr().Interface().(type) {
	case *time.Time:
		*p = f.time()
		return
	case *[]byte:
		*p = []byte(f.text())
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		f.fill(v.Elem())
	case reflect.Bool:
		v.SetBool(!f.empty && f.IntN(2) == 0)
	case reflect.Int32:
		v.SetInt(int64(int32(f.Uint32()))) // zero is no likelier than any other
	case reflect.String:
		v.SetString(f.text())
	case reflect.Slice:
		n := f.size()
		v.Set(reflect.MakeSlice(v.Type(), n, n))
		for i := range n {
			f.fill(v.Index(i))
		}
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		for range f.size() {
			v.SetMapIndex(reflect.ValueOf(f.text()), reflect.ValueOf(f.text()))
		}
	case reflect.Struct:
		for m := range v.Type().Fields() {
			if m.IsExported() && m.Name != "ResultMetadata" {
				f.fill(v.FieldByIndex(m.Index))
			}
		}
	default:
		panic("nothing to fill a " + v.Type().String() + " with")
	}
}

// time returns a time that the SDK reads as it is: it takes some milliseconds
// for the one before.
func (f filler) time() time.Time {
	for {
		t := time.UnixMilli(f.Int64N(4e12)).UTC()
		if smithytime.ParseEpochSeconds(smithytime.FormatEpochSeconds(t)).Equal(t) {
			return t
		}
	}
}

func (f filler) size() int {
	if f.empty {
		return 0
	}
	return 1 + f.IntN(3)
}

// letters need every kind of care that JSON knows.
var letters = []rune("abcXYZ019+/= \"\\\b\n\x00\x7f<>&'é€\u2028\ufffd😀")

func (f filler) text() string {
	if f.empty {
		return ""
	}
	var text []rune
	for range 1 + f.IntN(40) {
		text = append(text, letters[f.IntN(len(letters))])
	}
	return string(text)
}

// sdkProtocol is what the SDK's client speaks. It looks at no more of a schema
// than whether there is one.
var (
	sdkProtocol = awsjson.New11(schemas.TrentService)
	sdkSchema   = smithy.NewOperationSchema(schemas.Encrypt, schemas.EncryptRequest, schemas.EncryptResponse)
)

func sdkEncode(tb testing.TB, in any) []byte {
	tb.Helper()
	req := smithyhttp.NewStackRequest().(*smithyhttp.Request)
	req.URL = &url.URL{}
	require.NoError(tb, sdkProtocol.SerializeRequest(tb.Context(), sdkSchema, in.(smithy.Serializable), req))
	body, err := io.ReadAll(req.GetStream())
	require.NoError(tb, err)
	return body
}

func sdkDecode(tb testing.TB, body []byte, out any) {
	tb.Helper()
	resp := &smithyhttp.Response{Response: &http.Response{
		StatusCode: http.StatusOK,
		Body:       io.NopCloser(bytes.NewReader(body)),
	}}
	err := sdkProtocol.DeserializeResponse(tb.Context(), sdkSchema, kms.TypeRegistry, resp, out.(smithy.Deserializable))
	require.NoError(tb, err, "%s", body)
}
