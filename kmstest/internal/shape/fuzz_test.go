package shape_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kmskit/kmskit/kmstest/internal/shape"
)

// FuzzValidate fills an input of some operation from bytes that mean nothing.
func FuzzValidate(f *testing.F) {
	ops := operations()
	for i := range ops {
		f.Add(uint8(i), []byte{})
		f.Add(uint8(i), []byte("\x03abc\x00\x01\xff\x80\x02\x02é\x01\x01\x01\x01\x01\x05alias"))
	}
	f.Fuzz(func(t *testing.T, op uint8, data []byte) {
		in := reflect.New(ops[int(op)%len(ops)].input)
		scramble(in.Elem(), &data)
		before, err := json.Marshal(in.Interface())
		require.NoError(t, err)

		first, second := shape.Validate(in.Interface()), shape.Validate(in.Interface())

		assert.Equal(t, first, second, "the answer changes")
		after, err := json.Marshal(in.Interface())
		require.NoError(t, err)
		assert.Equal(t, string(before), string(after), "the input changes")
		if first != nil {
			text := first.(*smithy.GenericAPIError).Message //nolint:errorlint // KMS's error is returned bare
			assert.Contains(t, text, " detected: Value ")
			assert.LessOrEqual(t, 1, strings.Count(text, "failed to satisfy constraint: Member must "))
		}
	})
}

// FuzzValidate_secrets looks for a sensitive value in the answer.
func FuzzValidate_secrets(f *testing.F) {
	f.Add("hunter2-hunter2-hunter2-hunter2-hunter2")
	f.Add("s3cr3t")
	f.Fuzz(func(t *testing.T, secret string) {
		marked := "<<" + secret + ">>"
		for _, op := range operations() {
			in := op.valid()
			found := false
			for l := range leaves(in, op.schema) {
				switch l.shape() {
				case "PlaintextType":
					l.field.SetBytes([]byte(strings.Repeat(marked, 2000)))
					found = true
				case "KeyStorePasswordType", "XksProxyAuthenticationAccessKeyIdType", "XksProxyAuthenticationRawSecretAccessKeyType":
					l.field.Set(reflect.ValueOf(new(strings.Repeat(marked, 100))))
					found = true
				}
			}
			if found {
				assert.NotContains(t, refusal(t, in.Addr().Interface()), marked)
			}
		}
	})
}

// scramble sets what it finds below v, until data runs out.
func scramble(v reflect.Value, data *[]byte) {
	next := func() int {
		if len(*data) == 0 {
			return 0
		}
		b := (*data)[0]
		*data = (*data)[1:]
		return int(b)
	}
	switch v.Kind() {
	case reflect.Struct:
		for _, field := range v.Fields() {
			if field.CanSet() {
				scramble(field, data)
			}
		}
	case reflect.Pointer:
		if next()%4 != 0 {
			v.Set(reflect.New(v.Type().Elem()))
			scramble(v.Elem(), data)
		}
	case reflect.Slice:
		if n := next(); n%4 != 0 {
			v.Set(reflect.MakeSlice(v.Type(), n/4, n/4))
			for i := range v.Len() {
				scramble(v.Index(i), data)
			}
		}
	case reflect.Map:
		if next()%2 != 0 {
			v.Set(reflect.ValueOf(map[string]string{"k": "v"}))
		}
	case reflect.String:
		n := min(next(), len(*data))
		v.SetString(string((*data)[:n]))
		*data = (*data)[n:]
	case reflect.Int32:
		v.SetInt(int64(int32(next()-128) * int32(next())))
	case reflect.Uint8:
		v.SetUint(uint64(next()))
	case reflect.Bool:
		v.SetBool(next()%2 == 0)
	}
}
