package kmskit_test

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"log/slog"
	"reflect"
	"runtime"
	"testing"
	"weak"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kmskit/kmskit"
)

const (
	p256Pair  = types.DataKeyPairSpecEccNistP256
	noPair    = "the key pair spec is empty; give one, such as types.DataKeyPairSpecEccNistP256"
	publicKey = "public key"
)

func TestEncryptor_GenerateDataKeyPair(t *testing.T) {
	t.Parallel()

	t.Run("sends key and spec and returns both keys", func(t *testing.T) {
		t.Parallel()
		f := newFake()
		pair, err := kmskit.NewEncryptor(f).GenerateDataKeyPair(t.Context(), fakeAlias, p256Pair)
		require.NoError(t, err)
		assert.Equal(t, fakeKeyARN, pair.KeyID)
		assert.Equal(t, p256Pair, pair.Spec)
		assert.Equal(t, []byte(publicKey), pair.PublicKey)
		assert.Equal(t, []byte("sealed private key"), pair.Ciphertext)
		assert.Nil(t, pair.CiphertextForRecipient)
		assert.Equal(t, []byte("private key"), pair.PrivateKey())
		assert.Equal(t, &kms.GenerateDataKeyPairInput{
			KeyId: aws.String(fakeAlias), KeyPairSpec: p256Pair,
		}, sent[kms.GenerateDataKeyPairInput](t, f))
	})

	t.Run("tells the spec that an option sets", func(t *testing.T) {
		t.Parallel()
		f := newFake()
		pair, err := kmskit.NewEncryptor(f).GenerateDataKeyPair(t.Context(), fakeKeyID, "", func(in *kms.GenerateDataKeyPairInput) {
			in.KeyPairSpec = types.DataKeyPairSpecRsa4096
		})
		require.NoError(t, err)
		assert.Equal(t, types.DataKeyPairSpecRsa4096, pair.Spec)
		assert.Equal(t, types.DataKeyPairSpecRsa4096, sent[kms.GenerateDataKeyPairInput](t, f).KeyPairSpec)
	})

	t.Run("returns the ciphertext for the recipient without a private key", func(t *testing.T) {
		t.Parallel()
		f := newFake()
		whenAsked[kms.GenerateDataKeyPairInput](f, &kms.GenerateDataKeyPairOutput{
			KeyId: aws.String(fakeKeyARN), PublicKey: []byte(publicKey), PrivateKeyCiphertextBlob: []byte("sealed"),
			CiphertextForRecipient: []byte("for the enclave"),
		})
		pair, err := kmskit.NewEncryptor(f).GenerateDataKeyPair(t.Context(), fakeKeyID, p256Pair)
		require.NoError(t, err)
		assert.Equal(t, []byte("for the enclave"), pair.CiphertextForRecipient)
		assert.Nil(t, pair.PrivateKey())
	})

	whole := kms.GenerateDataKeyPairOutput{
		KeyId: aws.String(fakeKeyARN), PublicKey: []byte(publicKey),
		PrivateKeyCiphertextBlob: []byte("sealed"), PrivateKeyPlaintext: []byte("private key"),
	}
	incomplete := map[string]func(*kms.GenerateDataKeyPairOutput){
		"reports an answer without the key ID":      func(out *kms.GenerateDataKeyPairOutput) { out.KeyId = nil },
		"reports an answer without the public key":  func(out *kms.GenerateDataKeyPairOutput) { out.PublicKey = nil },
		"reports an answer without the ciphertext":  func(out *kms.GenerateDataKeyPairOutput) { out.PrivateKeyCiphertextBlob = nil },
		"reports an answer without the private key": func(out *kms.GenerateDataKeyPairOutput) { out.PrivateKeyPlaintext = nil },
	}
	for name, without := range incomplete {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFake()
			out := whole
			without(&out)
			whenAsked[kms.GenerateDataKeyPairInput](f, &out)
			pair, err := kmskit.NewEncryptor(f).GenerateDataKeyPair(t.Context(), fakeKeyID, p256Pair)
			require.ErrorIs(t, err, kmskit.ErrIncompleteOutput)
			assert.Nil(t, pair)
		})
	}

	refused := []struct {
		name, keyID string
		spec        types.DataKeyPairSpec
		text        string
	}{
		{"refuses an empty key ID", "", p256Pair, noAnyKeyID},
		{"refuses an empty spec", fakeKeyID, "", noPair},
	}
	for _, r := range refused {
		t.Run(r.name, func(t *testing.T) {
			t.Parallel()
			f := newFake()
			pair, err := kmskit.NewEncryptor(f).GenerateDataKeyPair(t.Context(), r.keyID, r.spec)
			assertRefused(t, f, err, "kmskit: GenerateDataKeyPair: "+r.text)
			assert.Nil(t, pair)
		})
	}
}

func TestEncryptor_GenerateDataKeyPairWithoutPlaintext(t *testing.T) {
	t.Parallel()

	t.Run("sends key and spec and returns no private key", func(t *testing.T) {
		t.Parallel()
		f := newFake()
		pair, err := kmskit.NewEncryptor(f).GenerateDataKeyPairWithoutPlaintext(t.Context(), fakeAlias, p256Pair)
		require.NoError(t, err)
		assert.Equal(t, &kmskit.DataKeyPair{
			KeyID: fakeKeyARN, Spec: p256Pair, PublicKey: []byte(publicKey), Ciphertext: []byte("sealed private key"),
		}, pair)
		assert.Nil(t, pair.PrivateKey())
		assert.Equal(t, &kms.GenerateDataKeyPairWithoutPlaintextInput{
			KeyId: aws.String(fakeAlias), KeyPairSpec: p256Pair,
		}, sent[kms.GenerateDataKeyPairWithoutPlaintextInput](t, f))
	})

	incomplete := map[string]*kms.GenerateDataKeyPairWithoutPlaintextOutput{
		"reports an answer without the key ID":     {PublicKey: []byte(publicKey), PrivateKeyCiphertextBlob: []byte("sealed")},
		"reports an answer without the public key": {KeyId: aws.String(fakeKeyARN), PrivateKeyCiphertextBlob: []byte("sealed")},
		"reports an answer without the ciphertext": {KeyId: aws.String(fakeKeyARN), PublicKey: []byte(publicKey)},
	}
	for name, out := range incomplete {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFake()
			whenAsked[kms.GenerateDataKeyPairWithoutPlaintextInput](f, out)
			pair, err := kmskit.NewEncryptor(f).GenerateDataKeyPairWithoutPlaintext(t.Context(), fakeKeyID, p256Pair)
			require.ErrorIs(t, err, kmskit.ErrIncompleteOutput)
			assert.Nil(t, pair)
		})
	}

	refused := []struct {
		name, keyID string
		spec        types.DataKeyPairSpec
		text        string
	}{
		{"refuses an empty key ID", "", p256Pair, noAnyKeyID},
		{"refuses an empty spec", fakeKeyID, "", noPair},
	}
	for _, r := range refused {
		t.Run(r.name, func(t *testing.T) {
			t.Parallel()
			f := newFake()
			pair, err := kmskit.NewEncryptor(f).GenerateDataKeyPairWithoutPlaintext(t.Context(), r.keyID, r.spec)
			assertRefused(t, f, err, "kmskit: GenerateDataKeyPairWithoutPlaintext: "+r.text)
			assert.Nil(t, pair)
		})
	}
}

func TestEncryptor_dataKeyPairsCarry(t *testing.T) {
	t.Parallel()
	newEncryptor := func(f *fakeKMS) *kmskit.Encryptor { return kmskit.NewEncryptor(f) }
	blue := map[string]string{"tenant": "blue"}

	t.Run("GenerateDataKeyPair", func(t *testing.T) {
		t.Parallel()
		call := func(ctx context.Context, e *kmskit.Encryptor, optFns ...func(*kms.GenerateDataKeyPairInput)) error {
			_, err := e.GenerateDataKeyPair(ctx, fakeKeyID, p256Pair, optFns...)
			return err
		}
		testGrantTokens(t, newEncryptor, func(in *kms.GenerateDataKeyPairInput) *[]string { return &in.GrantTokens }, call)

		t.Run("sends the encryption context, of which options write a copy", func(t *testing.T) {
			t.Parallel()
			f := newFake()
			e := kmskit.NewEncryptor(f).WithEncryptionContext(blue)
			require.NoError(t, call(t.Context(), e, func(in *kms.GenerateDataKeyPairInput) { in.EncryptionContext["stage"] = "test" }))
			require.NoError(t, call(t.Context(), e))
			inputs := sentEach[kms.GenerateDataKeyPairInput](t, f)
			assert.Equal(t, map[string]string{"tenant": "blue", "stage": "test"}, inputs[0].EncryptionContext)
			assert.Equal(t, blue, inputs[1].EncryptionContext)
		})
	})
	t.Run("GenerateDataKeyPairWithoutPlaintext", func(t *testing.T) {
		t.Parallel()
		call := func(ctx context.Context, e *kmskit.Encryptor, optFns ...func(*kms.GenerateDataKeyPairWithoutPlaintextInput)) error {
			_, err := e.GenerateDataKeyPairWithoutPlaintext(ctx, fakeKeyID, p256Pair, optFns...)
			return err
		}
		testGrantTokens(t, newEncryptor, func(in *kms.GenerateDataKeyPairWithoutPlaintextInput) *[]string { return &in.GrantTokens }, call)

		t.Run("sends the encryption context, of which options write a copy", func(t *testing.T) {
			t.Parallel()
			f := newFake()
			e := kmskit.NewEncryptor(f).WithEncryptionContext(blue)
			require.NoError(t, call(t.Context(), e, func(in *kms.GenerateDataKeyPairWithoutPlaintextInput) { in.EncryptionContext["stage"] = "test" }))
			require.NoError(t, call(t.Context(), e))
			inputs := sentEach[kms.GenerateDataKeyPairWithoutPlaintextInput](t, f)
			assert.Equal(t, map[string]string{"tenant": "blue", "stage": "test"}, inputs[0].EncryptionContext)
			assert.Equal(t, blue, inputs[1].EncryptionContext)
		})
	})
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
	secret := testSecret()
	places := map[string]any{
		"value":             *v,
		"pointer":           v,
		"exported fields":   exportedFields[T]{*v, v, v},
		"unexported fields": unexportedFields[T]{*v, v, v},
		"pointer to those":  &unexportedFields[T]{*v, v, *v},
		"slice":             []T{*v},
		"slice of pointers": []*T{v},
		"map":               map[string]T{"key": *v},
		"nested":            map[string][]unexportedFields[T]{"key": {{*v, v, &exportedFields[T]{*v, v, v}}}},
	}
	for name, place := range places {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for form, text := range writings(t, place) {
				assert.Empty(t, leak(text, secret), "%s wrote %s", form, text)
			}
			assert.False(t, reachable(reflect.ValueOf(place), secret), "reflection reaches the secret")
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
		assert.Equal(t, "<nil>", fmt.Sprint(none))
		var text, jsonText bytes.Buffer
		slog.New(slog.NewTextHandler(&text, nil)).Info("none", "value", none)
		slog.New(slog.NewJSONHandler(&jsonText, nil)).Info("none", "value", none)
		assert.Contains(t, text.String(), "value=<nil>\n")
		assert.Contains(t, jsonText.String(), `"value":null}`)
	})
}
