package wire_test

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"reflect"
	"regexp"
	"slices"
	"testing"
	"unicode/utf8"

	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/require"

	"github.com/kmskit/kmskit/kmstest/internal/wire"
)

// refusal matches every text that Decode may refuse a body with: none has room
// for a part of the body.
var refusal = regexp.MustCompile(`^(|Start of list found where not expected|` +
	`Start of structure or map found where not expected\.|Expected (null|list or null|map or null)|` +
	`(STRING|NUMBER|TRUE|FALSE)_VALUE can not be converted to ` +
	`(a String|a Blob|an? Boolean|an Integer|milliseconds since epoch))$`)

// maxNesting is how deep encoding/json goes.
const maxNesting = 10_000

func FuzzDecode(f *testing.F) {
	all := wire.Operations()
	for _, r := range refused {
		if len(r.body) > maxNesting {
			continue // the fuzzer does nothing else then
		}
		f.Add(index(all, r.in), []byte(r.body))
	}
	random := rand.New(rand.NewPCG(1, 2))
	for i, op := range all {
		for _, in := range instances(op.Input, random)[:3] {
			f.Add(uint8(i), sdkEncode(f, in))
		}
	}
	f.Fuzz(func(t *testing.T, i uint8, body []byte) {
		op := all[int(i)%len(all)]
		in := reflect.New(op.Input).Interface()
		if err := wire.Decode(body, in); err != nil {
			var api *smithy.GenericAPIError
			require.ErrorAs(t, err, &api)
			require.Equal(t, "SerializationException", api.Code)
			require.Regexp(t, refusal, api.Message)
			if api.Message == "" && len(body) < maxNesting {
				object := json.Valid(body) && utf8.Valid(body) && bytes.TrimSpace(body)[0] == '{'
				require.False(t, object && !bytes.Contains(body, []byte("null")), "refused without reason")
			}
			return
		}
		require.True(t, json.Valid(body) || len(body) > maxNesting)

		written, err := wire.Encode(in)
		require.NoError(t, err)
		again := reflect.New(op.Input).Interface()
		require.NoError(t, wire.Decode(written, again), "%s", written)
		require.Equal(t, in, again, "%s", written)
	})
}

// index returns the place of the operation with that input.
func index(all []wire.Operation, in any) uint8 {
	return uint8(slices.IndexFunc(all, func(op wire.Operation) bool { return op.Input == reflect.TypeOf(in).Elem() }))
}
