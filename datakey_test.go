package kmskit_test

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/x509"
	"encoding/base64"
	"encoding/gob"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"reflect"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
	"unsafe"
	"weak"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kmskit/kmskit"
)

// testSecret is a plaintext whose bytes stand out in any form of writing.
func testSecret() []byte {
	secret := make([]byte, 32)
	for i := range secret {
		secret[i] = byte(200 + i)
	}
	return secret
}

// newDataKey returns a DataKey whose plaintext is the secret.
func newDataKey(t *testing.T) *kmskit.DataKey {
	t.Helper()
	f := newFake()
	whenAsked[kms.GenerateDataKeyInput](f, &kms.GenerateDataKeyOutput{
		KeyId: aws.String(fakeKeyARN), CiphertextBlob: []byte("sealed data key"), Plaintext: testSecret(),
	})
	key, err := kmskit.NewEncryptor(f).GenerateDataKey(t.Context(), fakeKeyID)
	require.NoError(t, err)
	require.Equal(t, testSecret(), key.Plaintext())
	return key
}

func TestDataKey_Destroy(t *testing.T) {
	t.Parallel()

	t.Run("overwrites the bytes that Plaintext handed out", func(t *testing.T) {
		t.Parallel()
		key := newDataKey(t)
		handedOut := key.Plaintext()
		key.Destroy()
		assert.Equal(t, make([]byte, 32), handedOut)
	})

	t.Run("overwrites the bytes of the SDK's output", func(t *testing.T) {
		t.Parallel()
		f := newFake()
		out := &kms.GenerateDataKeyOutput{KeyId: aws.String(fakeKeyARN), CiphertextBlob: []byte("sealed"), Plaintext: testSecret()}
		plaintext := out.Plaintext
		whenAsked[kms.GenerateDataKeyInput](f, out)
		key, err := kmskit.NewEncryptor(f).GenerateDataKey(t.Context(), fakeKeyID)
		require.NoError(t, err)
		key.Destroy()
		assert.Equal(t, make([]byte, 32), plaintext)
	})

	t.Run("leaves a nil plaintext, so that ciphers fail", func(t *testing.T) {
		t.Parallel()
		key := newDataKey(t)
		key.Destroy()
		assert.Nil(t, key.Plaintext())
		_, err := aes.NewCipher(key.Plaintext())
		assert.Error(t, err)
	})

	t.Run("reaches copies of the DataKey", func(t *testing.T) {
		t.Parallel()
		key := newDataKey(t)
		before := *key
		key.Destroy()
		after := *key
		assert.Nil(t, before.Plaintext())
		assert.Nil(t, after.Plaintext())
	})

	t.Run("through a copy reaches the DataKey", func(t *testing.T) {
		t.Parallel()
		key := newDataKey(t)
		other := *key
		other.Destroy()
		assert.Nil(t, key.Plaintext())
	})

	t.Run("may be repeated", func(t *testing.T) {
		t.Parallel()
		key := newDataKey(t)
		key.Destroy()
		assert.NotPanics(t, key.Destroy)
		assert.Nil(t, key.Plaintext())
	})

	t.Run("leaves nil and zero DataKeys alone", func(t *testing.T) {
		t.Parallel()
		var none *kmskit.DataKey
		assert.NotPanics(t, none.Destroy)
		assert.Nil(t, none.Plaintext())
		var zero kmskit.DataKey
		assert.NotPanics(t, zero.Destroy)
		assert.Nil(t, zero.Plaintext())
	})

	t.Run("leaves what is not secret", func(t *testing.T) {
		t.Parallel()
		key := newDataKey(t)
		key.Destroy()
		assert.Equal(t, fakeKeyARN, key.KeyID)
		assert.Equal(t, []byte("sealed data key"), key.Ciphertext)
	})
}

func TestNewDataKey(t *testing.T) {
	t.Parallel()
	plaintext := testSecret()
	key := kmskit.NewDataKey(fakeKeyARN, []byte("sealed data key"), plaintext)
	assert.Equal(t, fakeKeyARN, key.KeyID)
	assert.Equal(t, []byte("sealed data key"), key.Ciphertext)
	assert.Equal(t, testSecret(), key.Plaintext())
	key.Destroy()
	assert.Nil(t, key.Plaintext())
	assert.Equal(t, make([]byte, len(plaintext)), plaintext, "the caller's own bytes")
	assert.Nil(t, kmskit.NewDataKey(fakeKeyARN, []byte("sealed data key"), nil).Plaintext())
	testRedaction(
		t, kmskit.NewDataKey(fakeKeyARN, []byte("sealed data key"), testSecret()), kmskit.DataKey{KeyID: fakeKeyARN, Ciphertext: []byte("sealed data key")},
		`DataKey{KeyID: "`+fakeKeyARN+`", Ciphertext: 15 bytes, Plaintext: redacted}`,
		"value.key_id="+fakeKeyARN+" value.ciphertext_bytes=15",
	)
}

// Somebody's structs that embed a DataKey.
type (
	embeddingHolder        struct{ kmskit.DataKey }
	pointerEmbeddingHolder struct{ *kmskit.DataKey }
	twoEmbeddingsHolder    struct { // of two Format methods none is promoted
		embeddingHolder
		pointerEmbeddingHolder
	}
)

// writings returns everything that the printers, loggers and encoders within
// reach make of a value. None of them may fail quietly, but some cannot encode
// some values: their errors are writings too.
func writings(t *testing.T, v any) map[string]string {
	t.Helper()
	w := map[string]string{}
	for verb := range strings.FieldsSeq("%v %+v %#v %d %s %x %X %#x %q %#q %T %p %t %b %o %O %c %U %e %g %w %z %10v %-40s %.3v %[1]v") {
		w[verb] = fmt.Sprintf(verb, v)
	}
	w["% x"] = fmt.Sprintf("% x", v)
	w["Print"] = fmt.Sprint(v) + fmt.Sprintln(v)
	w["wrapped"] = fmt.Sprintf("%+v", fmt.Errorf("failed with %v", v))

	var text, jsonText bytes.Buffer
	slog.New(slog.NewTextHandler(&text, nil)).Info("made", "key", v, slog.Group("group", "key", v))
	slog.New(slog.NewJSONHandler(&jsonText, nil)).Info("made", "key", v, slog.Group("group", "key", v))
	w["slog text"], w["slog JSON"] = text.String(), jsonText.String()

	encoded, err := json.Marshal(v)
	w["json"] = fmt.Sprint(string(encoded), err)
	encoded, err = xml.Marshal(v)
	w["xml"] = fmt.Sprint(string(encoded), err)
	var gobbed bytes.Buffer
	err = gob.NewEncoder(&gobbed).Encode(v)
	w["gob"] = fmt.Sprint(gobbed.String(), err)

	var failures failureText
	assert.Equal(&failures, "something else", v)
	assert.Equal(&failures, reflect.Zero(reflect.TypeOf(v)).Interface(), v)
	assert.Nil(&failures, v)
	assert.IsType(&failures, 0, v)
	assert.Contains(&failures, v, "something else")
	assert.NotEmpty(&failures, failures.String(), "testify must have complained")
	w["testify"] = failures.String()
	return w
}

// failureText collects what testify prints when assertions fail.
type failureText struct{ strings.Builder }

func (f *failureText) Errorf(format string, args ...any) { _, _ = fmt.Fprintf(f, format, args...) }

func TestDataKey_isRedacted(t *testing.T) {
	t.Parallel()
	testRedaction(
		t, newDataKey(t), kmskit.DataKey{KeyID: fakeKeyARN, Ciphertext: []byte("sealed data key")},
		`DataKey{KeyID: "`+fakeKeyARN+`", Ciphertext: 15 bytes, Plaintext: redacted}`,
		"value.key_id="+fakeKeyARN+" value.ciphertext_bytes=15",
	)

	key := newDataKey(t)
	for name, holder := range map[string]any{
		"embedded":         embeddingHolder{*key},
		"embedded pointer": pointerEmbeddingHolder{key},
		"embedded twice":   twoEmbeddingsHolder{embeddingHolder{*key}, pointerEmbeddingHolder{key}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			assertHides(t, holder)
		})
	}
}

// TestDataKey_forgetsTheResponse holds that a DataKey does not keep the metadata
// of the answer that it came in alive: the SDK's has the HTTP response, and its
// buffer has the plaintext in base64, where Destroy does not reach it.
func TestDataKey_forgetsTheResponse(t *testing.T) {
	t.Parallel()
	f := newFake()
	var response weak.Pointer[http.Response]
	answer(f, func(*kms.GenerateDataKeyInput) (*kms.GenerateDataKeyOutput, error) {
		got := &http.Response{Status: "200 OK"}
		response = weak.Make(got)
		out := &kms.GenerateDataKeyOutput{KeyId: aws.String(fakeKeyARN), CiphertextBlob: []byte("sealed"), Plaintext: testSecret()}
		out.ResultMetadata.Set("response", got)
		return out, nil
	})
	key, err := kmskit.NewEncryptor(f).GenerateDataKey(t.Context(), fakeKeyID)
	require.NoError(t, err)
	runtime.GC()
	assert.Nil(t, response.Value(), "the response is still alive")
	assert.Equal(t, testSecret(), key.Plaintext())
}

// TestNothingPrintsPlaintext looks for plaintext in what callers print and log:
// errors, and the package's own values.
func TestNothingPrintsPlaintext(t *testing.T) {
	t.Parallel()
	secret := testSecret()
	tooLong := slices.Repeat(secret, 4097/len(secret)+1)

	// quiet returns a fake that keeps no inputs, since it would be printed too.
	quiet := func() *fakeKMS {
		f := newFake()
		f.silent = true
		return f
	}
	refuses := func(err error) *fakeKMS {
		f := quiet()
		f.fail = func(context.Context) error { return err }
		return f
	}
	lacksCiphertext := quiet()
	whenAsked[kms.GenerateDataKeyInput](lacksCiphertext, &kms.GenerateDataKeyOutput{Plaintext: secret})
	blank := quiet()
	blank.blank = true

	values := map[string]any{
		"Encryptor": kmskit.NewEncryptor(quiet()).WithEncryptionContext(map[string]string{"tenant": "blue"}).WithGrantTokens("one"),
		"Grant":     kmskit.Grant{ID: fakeGrantID, Token: fakeGrantToken},
		"DataKey":   newDataKey(t),
	}
	add := func(name string, call func(*kmskit.Encryptor) error, fakes ...*fakeKMS) {
		for i, f := range fakes {
			err := call(kmskit.NewEncryptor(f))
			require.Error(t, err)
			values[fmt.Sprintf("%s error %d", name, i+1)] = err
		}
	}
	add("Encrypt", func(e *kmskit.Encryptor) error {
		_, err := e.Encrypt(t.Context(), fakeKeyID, secret)
		return err
	}, refuses(errors.New("connection reset")), refuses(&types.DisabledException{}), blank)
	add("Encrypt too much", func(e *kmskit.Encryptor) error {
		_, err := e.Encrypt(t.Context(), fakeKeyID, tooLong)
		return err
	}, quiet())
	add("Encrypt without key", func(e *kmskit.Encryptor) error {
		_, err := e.Encrypt(t.Context(), "", secret)
		return err
	}, quiet())
	add("Decrypt", func(e *kmskit.Encryptor) error {
		_, err := e.Decrypt(t.Context(), fakeKeyID, []byte("sealed"))
		return err
	}, refuses(&types.InvalidCiphertextException{}), blank)
	add("GenerateDataKey", func(e *kmskit.Encryptor) error {
		_, err := e.GenerateDataKey(t.Context(), fakeKeyID)
		return err
	}, lacksCiphertext)

	for name, value := range values {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for form, text := range writings(t, value) {
				assert.Empty(t, leak(text, secret), "%s wrote %s", form, text)
			}
			assert.False(t, reachable(reflect.ValueOf(value), secret), "reflection reaches the plaintext")
		})
	}
}

var (
	notAlphanumeric = regexp.MustCompile(`0[xXo]|\\x|U\+00|[^0-9A-Za-z]+`)
	number          = regexp.MustCompile(`[0-9]+`)
)

// leak returns the first form in which the text holds a part of the secret: raw,
// quoted, hexadecimal, decimal, octal, binary, as code points or in base64.
func leak(text string, secret []byte) string {
	squeezed := strings.ToLower(notAlphanumeric.ReplaceAllString(text, ""))
	spaceless := strings.ReplaceAll(text, " ", "")
	numbers := " " + strings.Join(number.FindAllString(text, -1), " ") + " "
	for i := range len(secret) - 8 {
		part := secret[i : i+8]
		switch {
		case strings.Contains(text, string(part[:4])):
			return "raw"
		case strings.Contains(spaceless, string([]rune{rune(part[0]), rune(part[1]), rune(part[2]), rune(part[3])})):
			return "characters"
		case strings.Contains(squeezed, fmt.Sprintf("%x", part[:4])):
			return "hexadecimal"
		case strings.Contains(numbers, fmt.Sprintf(" %d %d %d ", part[0], part[1], part[2])):
			return "decimal"
		case strings.Contains(squeezed, fmt.Sprintf("%o%o%o%o", part[0], part[1], part[2], part[3])):
			return "octal"
		case strings.Contains(squeezed, fmt.Sprintf("%b%b%b", part[0], part[1], part[2])):
			return "binary"
		case strings.Contains(text, base64.StdEncoding.EncodeToString(part[:6])):
			return "base64"
		case strings.Contains(text, base64.URLEncoding.EncodeToString(part[:6])):
			return "base64 for URLs"
		}
	}
	return ""
}

// reachable reports whether reflection finds the secret in v, by way of any
// field, element, pointer or interface.
func reachable(v reflect.Value, secret []byte) bool {
	return reach(v, secret, map[unsafe.Pointer]bool{})
}

func reach(v reflect.Value, secret []byte, seen map[unsafe.Pointer]bool) bool {
	var within []reflect.Value
	switch v.Kind() {
	case reflect.String:
		return strings.Contains(v.String(), string(secret[:8]))
	case reflect.Slice, reflect.Array:
		var raw []byte
		for i := range v.Len() {
			within = append(within, v.Index(i))
			if v.Index(i).Kind() == reflect.Uint8 {
				raw = append(raw, byte(v.Index(i).Uint()))
			}
		}
		if bytes.Contains(raw, secret[:8]) {
			return true
		}
	case reflect.Struct:
		for _, field := range v.Fields() {
			within = append(within, field)
		}
	case reflect.Map:
		for _, key := range v.MapKeys() {
			within = append(within, key, v.MapIndex(key))
		}
	case reflect.Pointer:
		if !seen[v.UnsafePointer()] {
			seen[v.UnsafePointer()] = true
			within = append(within, v.Elem())
		}
	case reflect.Interface:
		within = append(within, v.Elem())
	default: // a number, a function or nothing at all
	}
	return slices.ContainsFunc(within, func(v reflect.Value) bool { return reach(v, secret, seen) })
}

// TestLeak holds that the search of the tests above finds what it looks for.
func TestLeak(t *testing.T) {
	t.Parallel()
	secret := testSecret()
	naive := struct{ Plaintext []byte }{secret}

	for form, text := range map[string]string{
		"raw": string(secret), "characters": fmt.Sprintf("%c", secret),
		"quoted": fmt.Sprintf("%q", secret), "base64": base64.StdEncoding.EncodeToString(secret),
		"base64 for URLs":          base64.RawURLEncoding.EncodeToString(secret),
		"base64 after one byte":    base64.StdEncoding.EncodeToString(append([]byte("a"), secret...)),
		"base64 after two bytes":   base64.StdEncoding.EncodeToString(append([]byte("ab"), secret...)),
		"escaped for URLs":         "%C8%C9%CA%CB",
		"the end of it":            fmt.Sprintf("%x", secret[20:]),
		"code points":              fmt.Sprintf("%U", secret),
		"upper case with 0X":       fmt.Sprintf("%#X", secret),
		"octal with prefix":        fmt.Sprintf("%O", secret),
		"hexadecimal with spaces":  fmt.Sprintf("% x", secret),
		"hexadecimal with commas":  fmt.Sprintf("%#v", secret),
		"decimal on several lines": string(bytes.ReplaceAll(fmt.Append(nil, secret), []byte(" "), []byte(",\n"))),
	} {
		assert.NotEmpty(t, leak(text, secret), "%s: %s", form, text)
	}

	wrote := writings(t, naive)
	for form := range strings.FieldsSeq("%v %+v %#v %d %s %x %X %#x %q %b %o %O %c %U %10v json testify Print") {
		assert.NotEmpty(t, leak(wrote[form], secret), "%s: %s", form, wrote[form])
	}
	for _, form := range []string{"% x", "slog text", "slog JSON", "wrapped", "gob"} {
		assert.NotEmpty(t, leak(wrote[form], secret), "%s: %s", form, wrote[form])
	}

	assert.Empty(t, leak(strings.Join(slices.Collect(maps.Values(writings(t, "nothing to see"))), "\n"), secret))
	assert.True(t, reachable(reflect.ValueOf(map[string]any{"a": []any{&naive}}), secret))
	assert.True(t, reachable(reflect.ValueOf(struct{ hidden *[]byte }{&secret}), secret))
	assert.False(t, reachable(reflect.ValueOf(struct{ hidden func() []byte }{func() []byte { return secret }}), secret))
}

// newDataKeyPair returns a DataKeyPair whose private key is the secret.
func newDataKeyPair(t *testing.T) *kmskit.DataKeyPair {
	t.Helper()
	f := newFake()
	whenAsked[kms.GenerateDataKeyPairInput](f, &kms.GenerateDataKeyPairOutput{
		KeyId: aws.String(fakeKeyARN), PublicKey: []byte(publicKey), PrivateKeyCiphertextBlob: []byte("sealed"), PrivateKeyPlaintext: testSecret(),
	})
	pair, err := kmskit.NewEncryptor(f).GenerateDataKeyPair(t.Context(), fakeKeyID, p256Pair)
	require.NoError(t, err)
	require.Equal(t, testSecret(), pair.PrivateKey())
	return pair
}

func TestDataKeyPair_Destroy(t *testing.T) {
	t.Parallel()

	t.Run("overwrites the private key and leaves the rest", func(t *testing.T) {
		t.Parallel()
		pair := newDataKeyPair(t)
		private, duplicate := pair.PrivateKey(), *pair
		pair.Destroy()
		assert.Equal(t, make([]byte, 32), private)
		assert.Nil(t, pair.PrivateKey())
		assert.Nil(t, duplicate.PrivateKey(), "a copy shares the private key")
		assert.Equal(t, fakeKeyARN, pair.KeyID)
		assert.Equal(t, []byte(publicKey), pair.PublicKey)
		assert.Equal(t, []byte("sealed"), pair.Ciphertext)
		assert.NotPanics(t, pair.Destroy, "it may be repeated")
	})

	t.Run("leaves a nil private key, so that parsers fail", func(t *testing.T) {
		t.Parallel()
		pair := newDataKeyPair(t)
		pair.Destroy()
		_, err := x509.ParsePKCS8PrivateKey(pair.PrivateKey())
		assert.Error(t, err)
	})

	t.Run("leaves nil and zero DataKeyPairs alone", func(t *testing.T) {
		t.Parallel()
		var none *kmskit.DataKeyPair
		var zero kmskit.DataKeyPair
		assert.NotPanics(t, none.Destroy)
		assert.NotPanics(t, zero.Destroy)
		assert.Nil(t, none.PrivateKey())
		assert.Nil(t, zero.PrivateKey())
	})
}

func TestDataKeyPair_isRedacted(t *testing.T) {
	t.Parallel()
	testRedaction(
		t, newDataKeyPair(t), kmskit.DataKeyPair{KeyID: fakeKeyARN, Spec: p256Pair, PublicKey: []byte(publicKey), Ciphertext: []byte("sealed")},
		`DataKeyPair{KeyID: "`+fakeKeyARN+`", Spec: ECC_NIST_P256, PublicKey: 10 bytes, Ciphertext: 6 bytes, PrivateKey: redacted}`,
		"value.key_id="+fakeKeyARN+" value.spec=ECC_NIST_P256 value.public_key_bytes=10 value.ciphertext_bytes=6",
	)
}

// TestSecrets_keepNothingElse holds that a secret does not hold on to the answer
// that it came in: its metadata has the HTTP response, and that has the secret
// in base64, where Destroy does not reach it.
func TestSecrets_keepNothingElse(t *testing.T) {
	t.Parallel()
	f := newFake()
	var pairOut weak.Pointer[kms.GenerateDataKeyPairOutput]
	answer(f, func(*kms.GenerateDataKeyPairInput) (*kms.GenerateDataKeyPairOutput, error) {
		out := &kms.GenerateDataKeyPairOutput{
			KeyId: aws.String(fakeKeyARN), PublicKey: []byte(publicKey), PrivateKeyCiphertextBlob: []byte("sealed"), PrivateKeyPlaintext: testSecret(),
		}
		pairOut = weak.Make(out)
		return out, nil
	})
	var encapsulateOut weak.Pointer[kms.EncapsulateOutput]
	answer(f, func(*kms.EncapsulateInput) (*kms.EncapsulateOutput, error) {
		out := &kms.EncapsulateOutput{KeyId: aws.String(fakeKeyARN), SharedSecret: testSecret(), SharedSecretCiphertextBlob: encapsulated(768)}
		encapsulateOut = weak.Make(out)
		return out, nil
	})

	pair, err := kmskit.NewEncryptor(f).GenerateDataKeyPair(t.Context(), fakeKeyID, p256Pair)
	require.NoError(t, err)
	e, err := kmskit.NewKeyAgreement(f).Encapsulate(t.Context(), fakeKeyID)
	require.NoError(t, err)
	runtime.GC()
	assert.Nil(t, pairOut.Value(), "the SDK's output is still alive")
	assert.Nil(t, encapsulateOut.Value(), "the SDK's output is still alive")
	assert.Equal(t, testSecret(), pair.PrivateKey())
	assert.Equal(t, testSecret(), e.SharedSecret())
}

// Somebody's structs, which hold a T in ways that a struct can.
type (
	exportedFields[T any] struct {
		Value   T
		Pointer *T
		Any     any
	}
	unexportedFields[T any] struct {
		value   T
		pointer *T
		any     any
	}
)

// testRedaction holds that nothing prints, logs or encodes the secret of v, but
// only what is public of it, and that as printed and logged.
func testRedaction[T any](t *testing.T, v *T, public T, printed, logged string) {
	t.Helper()
	places := map[string]any{
		"value":              *v,
		"pointer":            v,
		"pointer to pointer": &v,
		"exported fields":    exportedFields[T]{*v, v, v},
		"pointer to struct":  &exportedFields[T]{*v, v, *v},
		"unexported fields":  unexportedFields[T]{*v, v, v},
		"pointer to those":   &unexportedFields[T]{*v, v, *v},
		"slice":              []T{*v},
		"slice of pointers":  []*T{v},
		"slice of any":       []any{*v, v},
		"array":              [1]T{*v},
		"map":                map[string]T{"key": *v},
		"map of pointers":    map[string]*T{"key": v},
		"nested":             map[string][]unexportedFields[T]{"key": {{*v, v, &exportedFields[T]{*v, v, v}}}},
	}
	for name, place := range places {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			assertHides(t, place)
		})
	}

	t.Run("prints the same for any verb", func(t *testing.T) {
		t.Parallel()
		for _, verb := range []string{"%v", "%+v", "%#v", "%d", "%s", "%x", "%q"} {
			assert.Equal(t, printed, fmt.Sprintf(verb, v))
			assert.Equal(t, printed, fmt.Sprintf(verb, *v))
		}
	})

	t.Run("logs what is not secret", func(t *testing.T) {
		t.Parallel()
		var text bytes.Buffer
		slog.New(slog.NewTextHandler(&text, nil)).Info("made", "value", v)
		assert.Contains(t, text.String(), " "+logged+"\n")
	})

	t.Run("encodes what is not secret", func(t *testing.T) {
		t.Parallel()
		encoded, err := json.Marshal(v)
		require.NoError(t, err)
		var decoded T
		require.NoError(t, json.Unmarshal(encoded, &decoded))
		assert.Equal(t, public, decoded)
	})

	t.Run("prints and logs nil as nil", func(t *testing.T) {
		t.Parallel()
		var none *T
		for _, verb := range []string{"%v", "%+v", "%s"} {
			assert.Equal(t, "<nil>", fmt.Sprintf(verb, none))
		}
		var text, jsonText bytes.Buffer
		slog.New(slog.NewTextHandler(&text, nil)).Info("none", "value", none)
		slog.New(slog.NewJSONHandler(&jsonText, nil)).Info("none", "value", none)
		assert.Contains(t, text.String(), "value=<nil>\n")
		assert.Contains(t, jsonText.String(), `"value":null}`)
	})
}

// assertHides holds that nobody who writes a value writes the secret in it.
func assertHides(t *testing.T, value any) {
	t.Helper()
	for form, text := range writings(t, value) {
		assert.Empty(t, leak(text, testSecret()), "%s wrote %s", form, text)
	}
	// Printers not tried here reach what reflection reaches, no more.
	assert.False(t, reachable(reflect.ValueOf(value), testSecret()), "reflection reaches the secret")
}
