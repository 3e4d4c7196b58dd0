package kmskit_test

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"sync"
	"testing"
	"unsafe"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kmskit/kmskit"
	"github.com/kmskit/kmskit/kmstest"
)

func TestEncryptor_Encrypt(t *testing.T) {
	t.Parallel()

	t.Run("sends the key and the plaintext and returns the ciphertext", func(t *testing.T) {
		t.Parallel()
		f := newFake()
		ciphertext, err := kmskit.NewEncryptor(f).Encrypt(t.Context(), fakeKeyID, []byte("plain"))
		require.NoError(t, err)
		assert.Equal(t, []byte("sealed"), ciphertext)
		assert.Equal(t, &kms.EncryptInput{KeyId: aws.String(fakeKeyID), Plaintext: []byte("plain")}, sent[kms.EncryptInput](t, f))
	})

	t.Run("takes the shortest and the longest plaintext", func(t *testing.T) {
		t.Parallel()
		for _, n := range []int{1, 4096} {
			f := newFake()
			_, err := kmskit.NewEncryptor(f).Encrypt(t.Context(), fakeKeyID, make([]byte, n))
			require.NoError(t, err)
			assert.Len(t, sent[kms.EncryptInput](t, f).Plaintext, n)
		}
	})

	t.Run("takes a plaintext that only an option gives", func(t *testing.T) {
		t.Parallel()
		f := newFake()
		_, err := kmskit.NewEncryptor(f).Encrypt(
			t.Context(), fakeKeyID, nil,
			func(in *kms.EncryptInput) { in.Plaintext = []byte("late") },
		)
		require.NoError(t, err)
		assert.Equal(t, []byte("late"), sent[kms.EncryptInput](t, f).Plaintext)
	})

	const tooLong = "the plaintext has 4097 bytes; it must have 1 to 4096 bytes; encrypt larger data under a data key: see GenerateDataKey"
	refused := []struct {
		name, keyID string
		plaintext   []byte
		option      func(*kms.EncryptInput)
		text        string
	}{
		{"refuses an empty key ID", "", []byte("plain"), nil, noAnyKeyID},
		{"refuses a nil plaintext", fakeKeyID, nil, nil, noPlaintext},
		{"refuses an empty plaintext", fakeKeyID, []byte{}, nil, noPlaintext},
		{"refuses 4097 bytes and points at GenerateDataKey", fakeKeyID, make([]byte, 4097), nil, tooLong},
		{
			"refuses 4097 bytes that an option gives", fakeKeyID, []byte("plain"),
			func(in *kms.EncryptInput) { in.Plaintext = make([]byte, 4097) }, tooLong,
		},
	}
	for _, r := range refused {
		t.Run(r.name, func(t *testing.T) {
			t.Parallel()
			f := newFake()
			ciphertext, err := kmskit.NewEncryptor(f).Encrypt(t.Context(), r.keyID, r.plaintext, r.option)
			assertRefused(t, f, err, "kmskit: Encrypt: "+r.text)
			assert.Nil(t, ciphertext)
		})
	}
}

func TestEncryptor_Decrypt(t *testing.T) {
	t.Parallel()

	t.Run("sends the key and the ciphertext and returns the plaintext", func(t *testing.T) {
		t.Parallel()
		f := newFake()
		plaintext, err := kmskit.NewEncryptor(f).Decrypt(t.Context(), fakeKeyID, []byte("sealed"))
		require.NoError(t, err)
		assert.Equal(t, []byte("opened"), plaintext)
		assert.Equal(t, &kms.DecryptInput{KeyId: aws.String(fakeKeyID), CiphertextBlob: []byte("sealed")}, sent[kms.DecryptInput](t, f))
	})

	t.Run("takes the shortest and the longest ciphertext", func(t *testing.T) {
		t.Parallel()
		for _, n := range []int{1, 6144} {
			f := newFake()
			_, err := kmskit.NewEncryptor(f).Decrypt(t.Context(), fakeKeyID, make([]byte, n))
			require.NoError(t, err)
			assert.Len(t, sent[kms.DecryptInput](t, f).CiphertextBlob, n)
		}
	})

	t.Run("returns the ciphertext for the recipient", func(t *testing.T) {
		t.Parallel()
		f := newFake()
		whenAsked[kms.DecryptInput](f, &kms.DecryptOutput{CiphertextForRecipient: []byte("for the enclave")})
		got, err := kmskit.NewEncryptor(f).Decrypt(
			t.Context(), fakeKeyID, []byte("sealed"),
			func(in *kms.DecryptInput) { in.Recipient = &types.RecipientInfo{AttestationDocument: []byte("signed")} },
		)
		require.NoError(t, err)
		assert.Equal(t, []byte("for the enclave"), got)
		assert.Equal(t, []byte("signed"), sent[kms.DecryptInput](t, f).Recipient.AttestationDocument)
	})

	t.Run("needs no ciphertext in a dry run that ignores it", func(t *testing.T) {
		t.Parallel()
		f := failing(&types.DryRunOperationException{})
		_, err := kmskit.NewEncryptor(f).Decrypt(t.Context(), fakeKeyID, nil, func(in *kms.DecryptInput) {
			in.DryRun = aws.Bool(true)
			in.DryRunModifiers = []types.DryRunModifierType{types.DryRunModifierTypeIgnoreCiphertext}
		})
		require.ErrorAs(t, err, new(*types.DryRunOperationException))
		assert.Nil(t, sent[kms.DecryptInput](t, f).CiphertextBlob)
	})

	refused := []struct {
		name, keyID string
		ciphertext  []byte
		option      func(*kms.DecryptInput)
		text        string
	}{
		{"refuses an empty key ID", "", []byte("sealed"), nil, noAnyKeyID},
		{"refuses a nil ciphertext", fakeKeyID, nil, nil, noCiphertext},
		{"refuses an empty ciphertext", fakeKeyID, []byte{}, nil, noCiphertext},
		{"refuses 6145 bytes", fakeKeyID, make([]byte, 6145), nil, "the ciphertext has 6145 bytes; it must have 1 to 6144 bytes"},
		{
			"refuses no ciphertext in a plain dry run", fakeKeyID, nil,
			func(in *kms.DecryptInput) { in.DryRun = aws.Bool(true) }, noCiphertext,
		},
		{
			"refuses no ciphertext with the modifier but no dry run", fakeKeyID, nil,
			func(in *kms.DecryptInput) {
				in.DryRun = aws.Bool(false)
				in.DryRunModifiers = []types.DryRunModifierType{types.DryRunModifierTypeIgnoreCiphertext}
			}, noCiphertext,
		},
	}
	for _, r := range refused {
		t.Run(r.name, func(t *testing.T) {
			t.Parallel()
			f := newFake()
			plaintext, err := kmskit.NewEncryptor(f).Decrypt(t.Context(), r.keyID, r.ciphertext, r.option)
			assertRefused(t, f, err, "kmskit: Decrypt: "+r.text)
			assert.Nil(t, plaintext)
		})
	}
}

func TestEncryptor_DecryptDataKey(t *testing.T) {
	t.Parallel()

	t.Run("returns the data key with the key that KMS has used", func(t *testing.T) {
		t.Parallel()
		f := newFake()
		whenAsked[kms.DecryptInput](f, &kms.DecryptOutput{Plaintext: testSecret(), KeyId: aws.String(fakeKeyARN)})
		key, err := kmskit.NewEncryptor(f).WithEncryptionContext(map[string]string{"a": "1"}).WithGrantTokens("token").
			DecryptDataKey(t.Context(), "alias/orders", []byte("sealed"), func(in *kms.DecryptInput) { in.EncryptionContext["b"] = "2" })
		require.NoError(t, err)
		assert.Equal(t, fakeKeyARN, key.KeyID)
		assert.Equal(t, []byte("sealed"), key.Ciphertext)
		assert.Equal(t, testSecret(), key.Plaintext())
		assert.NotContains(t, fmt.Sprintf("%+v", key), fmt.Sprint(testSecret()[0]))
		assert.Equal(t, &kms.DecryptInput{
			KeyId: aws.String("alias/orders"), CiphertextBlob: []byte("sealed"),
			EncryptionContext: map[string]string{"a": "1", "b": "2"}, GrantTokens: []string{"token"},
		}, sent[kms.DecryptInput](t, f))
		plaintext := key.Plaintext()
		key.Destroy()
		assert.Nil(t, key.Plaintext())
		assert.Equal(t, make([]byte, len(plaintext)), plaintext)
	})

	t.Run("returns what is for the recipient", func(t *testing.T) {
		t.Parallel()
		f := newFake()
		whenAsked[kms.DecryptInput](f, &kms.DecryptOutput{CiphertextForRecipient: []byte("for the enclave"), KeyId: aws.String(fakeKeyARN)})
		key, err := kmskit.NewEncryptor(f).DecryptDataKey(t.Context(), fakeKeyID, []byte("sealed"))
		require.NoError(t, err)
		assert.Nil(t, key.Plaintext())
		assert.Equal(t, []byte("for the enclave"), key.CiphertextForRecipient)
	})

	t.Run("refuses what Decrypt refuses", func(t *testing.T) {
		t.Parallel()
		for keyID, ciphertext := range map[string][]byte{"": []byte("sealed"), fakeKeyID: nil} {
			f := newFake()
			key, err := kmskit.NewEncryptor(f).DecryptDataKey(t.Context(), keyID, ciphertext)
			_, want := kmskit.NewEncryptor(f).Decrypt(t.Context(), keyID, ciphertext)
			require.ErrorIs(t, err, kmskit.ErrInvalidInput)
			assert.Equal(t, want.Error(), err.Error())
			assert.Nil(t, key)
		}
	})

	t.Run("says what to check, as Decrypt does", func(t *testing.T) {
		t.Parallel()
		_, err := kmskit.NewEncryptor(failing(&types.InvalidCiphertextException{})).DecryptDataKey(t.Context(), fakeKeyID, []byte("sealed"))
		require.ErrorAs(t, err, new(*types.InvalidCiphertextException))
		assert.ErrorContains(t, err, `kmskit: Decrypt (key "`+fakeKeyID+`"): `)
		assert.ErrorContains(t, err, "that the encryption context is exactly the one it was encrypted with")
	})

	t.Run("refuses an incomplete answer", func(t *testing.T) {
		t.Parallel()
		for _, out := range []*kms.DecryptOutput{nil, {KeyId: aws.String(fakeKeyARN)}, {Plaintext: testSecret()}} {
			f := newFake()
			whenAsked[kms.DecryptInput](f, out)
			_, err := kmskit.NewEncryptor(f).DecryptDataKey(t.Context(), fakeKeyID, []byte("sealed"))
			assert.ErrorIs(t, err, kmskit.ErrIncompleteOutput)
		}
	})
}

func TestEncryptor_ReEncrypt(t *testing.T) {
	t.Parallel()

	t.Run("sends both keys, not swapped, and returns the new ciphertext", func(t *testing.T) {
		t.Parallel()
		f := newFake()
		ciphertext, err := kmskit.NewEncryptor(f).ReEncrypt(t.Context(), fakeKeyID, []byte("sealed"), fakeOtherKeyID)
		require.NoError(t, err)
		assert.Equal(t, []byte("sealed again"), ciphertext)
		assert.Equal(t, &kms.ReEncryptInput{
			SourceKeyId: aws.String(fakeKeyID), CiphertextBlob: []byte("sealed"), DestinationKeyId: aws.String(fakeOtherKeyID),
		}, sent[kms.ReEncryptInput](t, f))
	})

	t.Run("lets an option change one side's context alone", func(t *testing.T) {
		t.Parallel()
		f := newFake()
		enc := kmskit.NewEncryptor(f).WithEncryptionContext(map[string]string{"tenant": "blue"})
		_, err := enc.ReEncrypt(
			t.Context(), fakeKeyID, []byte("sealed"), fakeOtherKeyID,
			func(in *kms.ReEncryptInput) { in.DestinationEncryptionContext["tenant"] = "green" },
		)
		require.NoError(t, err)
		in := sent[kms.ReEncryptInput](t, f)
		assert.Equal(t, map[string]string{"tenant": "blue"}, in.SourceEncryptionContext)
		assert.Equal(t, map[string]string{"tenant": "green"}, in.DestinationEncryptionContext)
	})

	t.Run("needs no ciphertext in a dry run that ignores it", func(t *testing.T) {
		t.Parallel()
		f := failing(&types.DryRunOperationException{})
		_, err := kmskit.NewEncryptor(f).ReEncrypt(t.Context(), fakeKeyID, nil, fakeOtherKeyID, func(in *kms.ReEncryptInput) {
			in.DryRun = aws.Bool(true)
			in.DryRunModifiers = []types.DryRunModifierType{types.DryRunModifierTypeIgnoreCiphertext}
		})
		require.ErrorAs(t, err, new(*types.DryRunOperationException))
		assert.Nil(t, sent[kms.ReEncryptInput](t, f).CiphertextBlob)
	})

	const form = "is empty; give a key ID, a key ARN, an alias name (alias/...) or an alias ARN"
	refused := []struct {
		name, source string
		ciphertext   []byte
		destination  string
		text         string
	}{
		{"refuses an empty source key", "", []byte("sealed"), fakeOtherKeyID, "the source key ID " + form},
		{"refuses an empty destination key", fakeKeyID, []byte("sealed"), "", "the destination key ID " + form},
		{"refuses an empty ciphertext", fakeKeyID, nil, fakeOtherKeyID, noCiphertext},
		{"refuses 6145 bytes", fakeKeyID, make([]byte, 6145), fakeOtherKeyID, "the ciphertext has 6145 bytes; it must have 1 to 6144 bytes"},
	}
	for _, r := range refused {
		t.Run(r.name, func(t *testing.T) {
			t.Parallel()
			f := newFake()
			ciphertext, err := kmskit.NewEncryptor(f).ReEncrypt(t.Context(), r.source, r.ciphertext, r.destination)
			assertRefused(t, f, err, "kmskit: ReEncrypt: "+r.text)
			assert.Nil(t, ciphertext)
		})
	}
}

// TestEncryptor_encodedCiphertext holds that base64 text is told from the bytes
// that it encodes before KMS is asked, which only says that it is invalid.
func TestEncryptor_encodedCiphertext(t *testing.T) {
	t.Parallel()
	client := kmstest.New().Client()
	key, err := kmskit.NewKeyManager(client).CreateKey(t.Context(), "orders")
	require.NoError(t, err)
	enc := kmskit.NewEncryptor(client)
	sealed, err := enc.Encrypt(t.Context(), *key.Arn, []byte("attack at dawn"))
	require.NoError(t, err)
	dataKey, err := enc.GenerateDataKey(t.Context(), *key.Arn)
	require.NoError(t, err)
	const reason = "the ciphertext is base64 text, as the AWS CLI prints it; decode it first, as base64.StdEncoding does: KMS takes the bytes"

	text := base64.StdEncoding.EncodeToString(sealed)
	for name, encoded := range map[string]string{
		"in base64":                      text,
		"with a line break at its end":   text + "\n",
		"with line breaks in it":         text[:76] + "\r\n" + text[76:],
		"without padding":                base64.RawStdEncoding.EncodeToString(sealed),
		"in the alphabet of URLs":        base64.URLEncoding.EncodeToString(sealed),
		"cut short":                      text[:100],
		"of a data key":                  base64.StdEncoding.EncodeToString(dataKey.Ciphertext),
		"with the header of other years": "AQEC" + text[4:],
	} {
		t.Run("is refused "+name, func(t *testing.T) {
			t.Parallel()
			_, err := enc.Decrypt(t.Context(), *key.Arn, []byte(encoded))
			require.ErrorIs(t, err, kmskit.ErrInvalidInput)
			require.EqualError(t, err, "kmskit: Decrypt: "+reason)
			_, err = enc.ReEncrypt(t.Context(), *key.Arn, []byte(encoded), *key.Arn)
			require.EqualError(t, err, "kmskit: ReEncrypt: "+reason)
		})
	}

	t.Run("opens once it is decoded", func(t *testing.T) {
		t.Parallel()
		decoded, err := base64.StdEncoding.DecodeString(text)
		require.NoError(t, err)
		plaintext, err := enc.Decrypt(t.Context(), *key.Arn, decoded)
		require.NoError(t, err)
		assert.Equal(t, "attack at dawn", string(plaintext))
	})

	for name, other := range map[string][]byte{
		"something else that is text": []byte(strings.Repeat("attack at dawn", 9)),
		"what has another byte in it": []byte(text[:70] + "!" + text[71:]),
		"what is too short":           []byte("AQICAHg"),
	} {
		t.Run("is not taken for "+name, func(t *testing.T) {
			t.Parallel()
			_, err := enc.Decrypt(t.Context(), *key.Arn, other)
			_, ok := errors.AsType[*types.InvalidCiphertextException](err)
			assert.True(t, ok, "%v", err)
		})
	}

	t.Run("may be what a dry run ignores", func(t *testing.T) {
		t.Parallel()
		_, err := enc.Decrypt(t.Context(), *key.Arn, []byte(text), func(in *kms.DecryptInput) {
			in.DryRun = aws.Bool(true)
			in.DryRunModifiers = []types.DryRunModifierType{types.DryRunModifierTypeIgnoreCiphertext}
		})
		assert.NoError(t, kmskit.CheckDryRun(err))
	})
}

func TestEncryptor_GenerateDataKey(t *testing.T) {
	t.Parallel()

	t.Run("sends the key, asks for AES_256 and returns both forms", func(t *testing.T) {
		t.Parallel()
		f := newFake()
		key, err := kmskit.NewEncryptor(f).GenerateDataKey(t.Context(), fakeKeyID)
		require.NoError(t, err)
		assert.Equal(t, fakeKeyARN, key.KeyID)
		assert.Equal(t, []byte("sealed data key"), key.Ciphertext)
		assert.Nil(t, key.CiphertextForRecipient)
		assert.Equal(t, []byte("0123456789abcdef0123456789abcdef"), key.Plaintext())
		assert.Equal(t, &kms.GenerateDataKeyInput{
			KeyId: aws.String(fakeKeyID), KeySpec: types.DataKeySpecAes256,
		}, sent[kms.GenerateDataKeyInput](t, f))
	})

	t.Run("returns the ciphertext for the recipient without a plaintext", func(t *testing.T) {
		t.Parallel()
		f := newFake()
		whenAsked[kms.GenerateDataKeyInput](f, &kms.GenerateDataKeyOutput{
			KeyId: aws.String(fakeKeyARN), CiphertextBlob: []byte("sealed data key"), CiphertextForRecipient: []byte("for the enclave"),
		})
		key, err := kmskit.NewEncryptor(f).GenerateDataKey(t.Context(), fakeKeyID)
		require.NoError(t, err)
		assert.Equal(t, []byte("for the enclave"), key.CiphertextForRecipient)
		assert.Equal(t, []byte("sealed data key"), key.Ciphertext)
		assert.Nil(t, key.Plaintext())
		assert.NotPanics(t, key.Destroy)
	})

	incomplete := []struct {
		name string
		out  *kms.GenerateDataKeyOutput
	}{
		{"reports an answer without the ciphertext", &kms.GenerateDataKeyOutput{KeyId: aws.String(fakeKeyARN), Plaintext: []byte("key")}},
		{"reports an answer without the plaintext", &kms.GenerateDataKeyOutput{KeyId: aws.String(fakeKeyARN), CiphertextBlob: []byte("sealed")}},
		{"reports an answer without the key ID", &kms.GenerateDataKeyOutput{Plaintext: []byte("key"), CiphertextBlob: []byte("sealed")}},
	}
	for _, c := range incomplete {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			f := newFake()
			whenAsked[kms.GenerateDataKeyInput](f, c.out)
			key, err := kmskit.NewEncryptor(f).GenerateDataKey(t.Context(), fakeKeyID)
			require.ErrorIs(t, err, kmskit.ErrIncompleteOutput)
			assert.Nil(t, key)
		})
	}
}

func TestEncryptor_GenerateDataKeyWithoutPlaintext(t *testing.T) {
	t.Parallel()

	t.Run("sends the key, asks for AES_256 and returns no plaintext", func(t *testing.T) {
		t.Parallel()
		f := newFake()
		key, err := kmskit.NewEncryptor(f).GenerateDataKeyWithoutPlaintext(t.Context(), fakeKeyID)
		require.NoError(t, err)
		assert.Equal(t, fakeKeyARN, key.KeyID)
		assert.Equal(t, []byte("sealed data key"), key.Ciphertext)
		assert.Nil(t, key.Plaintext())
		assert.NotPanics(t, key.Destroy)
		assert.Equal(t, &kms.GenerateDataKeyWithoutPlaintextInput{
			KeyId: aws.String(fakeKeyID), KeySpec: types.DataKeySpecAes256,
		}, sent[kms.GenerateDataKeyWithoutPlaintextInput](t, f))
	})

	t.Run("reports an answer without the key ID", func(t *testing.T) {
		t.Parallel()
		f := newFake()
		whenAsked[kms.GenerateDataKeyWithoutPlaintextInput](f, &kms.GenerateDataKeyWithoutPlaintextOutput{CiphertextBlob: []byte("sealed")})
		key, err := kmskit.NewEncryptor(f).GenerateDataKeyWithoutPlaintext(t.Context(), fakeKeyID)
		require.ErrorIs(t, err, kmskit.ErrIncompleteOutput)
		assert.Nil(t, key)
	})
}

// TestEncryptor_dataKeySizes holds for both methods that make data keys.
func TestEncryptor_dataKeySizes(t *testing.T) {
	t.Parallel()
	makers := []struct {
		name string
		// generate asks for a size and tells the one that was sent.
		generate func(t *testing.T, f *fakeKMS, keyID string, spec types.DataKeySpec, bytes *int32) (types.DataKeySpec, *int32, error)
	}{
		{"GenerateDataKey", func(t *testing.T, f *fakeKMS, keyID string, spec types.DataKeySpec, bytes *int32) (types.DataKeySpec, *int32, error) {
			t.Helper()
			_, err := kmskit.NewEncryptor(f).GenerateDataKey(t.Context(), keyID, func(in *kms.GenerateDataKeyInput) {
				in.KeySpec, in.NumberOfBytes = spec, bytes
			})
			if err != nil {
				return "", nil, err
			}
			in := sent[kms.GenerateDataKeyInput](t, f)
			return in.KeySpec, in.NumberOfBytes, nil
		}},
		{"GenerateDataKeyWithoutPlaintext", func(t *testing.T, f *fakeKMS, keyID string, spec types.DataKeySpec, bytes *int32) (types.DataKeySpec, *int32, error) {
			t.Helper()
			_, err := kmskit.NewEncryptor(f).GenerateDataKeyWithoutPlaintext(t.Context(), keyID, func(in *kms.GenerateDataKeyWithoutPlaintextInput) {
				in.KeySpec, in.NumberOfBytes = spec, bytes
			})
			if err != nil {
				return "", nil, err
			}
			in := sent[kms.GenerateDataKeyWithoutPlaintextInput](t, f)
			return in.KeySpec, in.NumberOfBytes, nil
		}},
	}
	for _, m := range makers {
		t.Run(m.name, func(t *testing.T) {
			t.Parallel()

			t.Run("is AES_256 where options name no size", func(t *testing.T) {
				t.Parallel()
				spec, bytes, err := m.generate(t, newFake(), fakeKeyID, "", nil)
				require.NoError(t, err)
				assert.Equal(t, types.DataKeySpecAes256, spec)
				assert.Nil(t, bytes)
			})

			t.Run("is of the KeySpec that an option sets", func(t *testing.T) {
				t.Parallel()
				spec, bytes, err := m.generate(t, newFake(), fakeKeyID, types.DataKeySpecAes128, nil)
				require.NoError(t, err)
				assert.Equal(t, types.DataKeySpecAes128, spec)
				assert.Nil(t, bytes)
			})

			t.Run("is of the NumberOfBytes that an option sets", func(t *testing.T) {
				t.Parallel()
				for _, n := range []int32{1, 64, 1024} {
					spec, bytes, err := m.generate(t, newFake(), fakeKeyID, "", aws.Int32(n))
					require.NoError(t, err)
					assert.Empty(t, spec)
					assert.Equal(t, aws.Int32(n), bytes)
				}
			})

			refused := []struct {
				name, keyID string
				spec        types.DataKeySpec
				bytes       *int32
				text        string
			}{
				{"refuses an empty key ID", "", "", nil, noAnyKeyID},
				{"refuses two sizes", fakeKeyID, types.DataKeySpecAes256, aws.Int32(32), "both KeySpec and NumberOfBytes are set; set one of them"},
				{"refuses no bytes", fakeKeyID, "", aws.Int32(0), "NumberOfBytes of 0 is outside 1 to 1024 bytes"},
				{"refuses a negative number of bytes", fakeKeyID, "", aws.Int32(-1), "NumberOfBytes of -1 is outside 1 to 1024 bytes"},
				{"refuses 1025 bytes", fakeKeyID, "", aws.Int32(1025), "NumberOfBytes of 1025 is outside 1 to 1024 bytes"},
			}
			for _, r := range refused {
				t.Run(r.name, func(t *testing.T) {
					t.Parallel()
					f := newFake()
					_, _, err := m.generate(t, f, r.keyID, r.spec, r.bytes)
					assertRefused(t, f, err, "kmskit: "+m.name+": "+r.text)
				})
			}
		})
	}
}

// parts points at what an input carries for the Encryptor that sends it.
type parts struct {
	contexts []*map[string]string
	tokens   *[]string
}

// A carrier is a method of Encryptor, each of which sends the encryption context
// and the grant tokens.
type carrier struct {
	name string
	call func(ctx context.Context, e *kmskit.Encryptor, options ...func(parts)) error
	sent func(*testing.T, *fakeKMS) []parts
}

func newCarrier[I any](name string, partsOf func(*I) parts, call func(context.Context, *kmskit.Encryptor, ...func(*I)) error) carrier {
	return carrier{
		name: name,
		call: func(ctx context.Context, e *kmskit.Encryptor, options ...func(parts)) error {
			var optFns []func(*I)
			for _, option := range options {
				optFns = append(optFns, func(in *I) { option(partsOf(in)) })
			}
			return call(ctx, e, optFns...)
		},
		sent: func(t *testing.T, f *fakeKMS) []parts {
			t.Helper()
			var all []parts
			for _, in := range sentEach[I](t, f) {
				all = append(all, partsOf(in))
			}
			return all
		},
	}
}

func carriers() []carrier {
	return []carrier{
		newCarrier("Encrypt",
			func(in *kms.EncryptInput) parts {
				return parts{[]*map[string]string{&in.EncryptionContext}, &in.GrantTokens}
			},
			func(ctx context.Context, e *kmskit.Encryptor, optFns ...func(*kms.EncryptInput)) error {
				_, err := e.Encrypt(ctx, fakeKeyID, []byte("plain"), optFns...)
				return err
			}),
		newCarrier("Decrypt",
			func(in *kms.DecryptInput) parts {
				return parts{[]*map[string]string{&in.EncryptionContext}, &in.GrantTokens}
			},
			func(ctx context.Context, e *kmskit.Encryptor, optFns ...func(*kms.DecryptInput)) error {
				_, err := e.Decrypt(ctx, fakeKeyID, []byte("sealed"), optFns...)
				return err
			}),
		newCarrier("ReEncrypt",
			func(in *kms.ReEncryptInput) parts {
				return parts{[]*map[string]string{&in.SourceEncryptionContext, &in.DestinationEncryptionContext}, &in.GrantTokens}
			},
			func(ctx context.Context, e *kmskit.Encryptor, optFns ...func(*kms.ReEncryptInput)) error {
				_, err := e.ReEncrypt(ctx, fakeKeyID, []byte("sealed"), fakeOtherKeyID, optFns...)
				return err
			}),
		newCarrier("GenerateDataKey",
			func(in *kms.GenerateDataKeyInput) parts {
				return parts{[]*map[string]string{&in.EncryptionContext}, &in.GrantTokens}
			},
			func(ctx context.Context, e *kmskit.Encryptor, optFns ...func(*kms.GenerateDataKeyInput)) error {
				_, err := e.GenerateDataKey(ctx, fakeKeyID, optFns...)
				return err
			}),
		newCarrier("GenerateDataKeyWithoutPlaintext",
			func(in *kms.GenerateDataKeyWithoutPlaintextInput) parts {
				return parts{[]*map[string]string{&in.EncryptionContext}, &in.GrantTokens}
			},
			func(ctx context.Context, e *kmskit.Encryptor, optFns ...func(*kms.GenerateDataKeyWithoutPlaintextInput)) error {
				_, err := e.GenerateDataKeyWithoutPlaintext(ctx, fakeKeyID, optFns...)
				return err
			}),
	}
}

// TestEncryptor_carries holds, for each method, how the encryption context and
// the grant tokens reach the input.
func TestEncryptor_carries(t *testing.T) {
	t.Parallel()
	blue := map[string]string{"tenant": "blue"}
	tokens := []string{"one", "two"}

	for _, c := range carriers() {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()

			t.Run("sends context and tokens", func(t *testing.T) {
				t.Parallel()
				f := newFake()
				e := kmskit.NewEncryptor(f).WithEncryptionContext(blue).WithGrantTokens(tokens...)
				require.NoError(t, c.call(t.Context(), e))
				in := c.sent(t, f)[0]
				for _, sent := range in.contexts {
					assert.Equal(t, blue, *sent)
				}
				assert.Equal(t, tokens, *in.tokens)
			})

			t.Run("sends neither by default", func(t *testing.T) {
				t.Parallel()
				f := newFake()
				require.NoError(t, c.call(t.Context(), kmskit.NewEncryptor(f)))
				in := c.sent(t, f)[0]
				for _, sent := range in.contexts {
					assert.Nil(t, *sent)
				}
				assert.Nil(t, *in.tokens)
			})

			t.Run("copies nothing without options", func(t *testing.T) {
				t.Parallel()
				f := newFake()
				e := kmskit.NewEncryptor(f).WithEncryptionContext(blue).WithGrantTokens(tokens...)
				require.NoError(t, c.call(t.Context(), e))
				require.NoError(t, c.call(t.Context(), e))
				in := c.sent(t, f)
				for _, call := range in {
					for _, sent := range call.contexts {
						assert.Equal(t, identity(*in[0].contexts[0]), identity(*sent))
					}
					assert.Same(t, unsafe.SliceData(*in[0].tokens), unsafe.SliceData(*call.tokens))
				}
			})

			t.Run("keeps what an option writes out of every other call", func(t *testing.T) {
				t.Parallel()
				f := newFake()
				e := kmskit.NewEncryptor(f).WithEncryptionContext(blue).WithGrantTokens(tokens...)
				require.NoError(t, c.call(t.Context(), e, func(in parts) {
					for _, own := range in.contexts {
						(*own)["tenant"], (*own)["stage"] = "green", "test"
					}
					(*in.tokens)[0] = "zero"
					*in.tokens = append(*in.tokens, "three")
				}))
				require.NoError(t, c.call(t.Context(), e))
				in := c.sent(t, f)
				for i := range in[0].contexts {
					assert.Equal(t, map[string]string{"tenant": "green", "stage": "test"}, *in[0].contexts[i])
					assert.Equal(t, blue, *in[1].contexts[i])
				}
				assert.Equal(t, []string{"zero", "two", "three"}, *in[0].tokens)
				assert.Equal(t, tokens, *in[1].tokens)
			})

			t.Run("gives each side of an input a map of its own", func(t *testing.T) {
				t.Parallel()
				f := newFake()
				e := kmskit.NewEncryptor(f).WithEncryptionContext(blue)
				require.NoError(t, c.call(t.Context(), e, func(in parts) {
					for i, own := range in.contexts {
						(*own)["side"] = fmt.Sprint(i)
					}
				}))
				for i, sent := range c.sent(t, f)[0].contexts {
					assert.Equal(t, fmt.Sprint(i), (*sent)["side"])
				}
			})

			t.Run("lets an option write where there is no context", func(t *testing.T) {
				t.Parallel()
				f := newFake()
				e := kmskit.NewEncryptor(f)
				require.NoError(t, c.call(t.Context(), e, func(in parts) {
					for _, own := range in.contexts {
						(*own)["tenant"] = "green"
					}
				}))
				for _, sent := range c.sent(t, f)[0].contexts {
					assert.Equal(t, map[string]string{"tenant": "green"}, *sent)
				}
			})

			t.Run("sends no map that options leave empty", func(t *testing.T) {
				t.Parallel()
				f := newFake()
				require.NoError(t, c.call(t.Context(), kmskit.NewEncryptor(f), func(parts) {}))
				require.NoError(t, c.call(t.Context(), kmskit.NewEncryptor(f).WithEncryptionContext(blue), func(in parts) {
					for _, own := range in.contexts {
						clear(*own)
					}
				}))
				for _, in := range c.sent(t, f) {
					for _, sent := range in.contexts {
						assert.Nil(t, *sent)
					}
				}
			})

			t.Run("sends the map that an option puts in its place", func(t *testing.T) {
				t.Parallel()
				f := newFake()
				own := map[string]string{"tenant": "red"}
				require.NoError(t, c.call(t.Context(), kmskit.NewEncryptor(f).WithEncryptionContext(blue), func(in parts) {
					for _, place := range in.contexts {
						*place = own
					}
				}))
				for _, sent := range c.sent(t, f)[0].contexts {
					assert.Equal(t, identity(own), identity(*sent))
				}
			})

			t.Run("lets later options see what earlier ones wrote", func(t *testing.T) {
				t.Parallel()
				f := newFake()
				require.NoError(t, c.call(
					t.Context(), kmskit.NewEncryptor(f),
					func(in parts) { (*in.contexts[0])["tenant"] = "green" },
					func(in parts) { (*in.contexts[0])["tenant"] += "ish" },
				))
				assert.Equal(t, map[string]string{"tenant": "greenish"}, *c.sent(t, f)[0].contexts[0])
			})
		})
	}
}

func TestEncryptor_sharedByGoroutines(t *testing.T) {
	t.Parallel()
	f := newFake()
	e := kmskit.NewEncryptor(f).WithEncryptionContext(map[string]string{"tenant": "blue"}).WithGrantTokens("one")

	const workers = 8
	var group sync.WaitGroup
	for worker := range workers {
		group.Go(func() {
			mine := fmt.Sprint(worker)
			for _, c := range carriers() {
				write := func(in parts) {
					for _, own := range in.contexts {
						(*own)["worker"] = mine
					}
					*in.tokens = append(*in.tokens, mine)
				}
				assert.NoError(t, c.call(t.Context(), e, write))
				assert.NoError(t, c.call(t.Context(), e))
				derived := e.WithEncryptionContext(map[string]string{"worker": mine}).WithGrantTokens(mine)
				assert.NoError(t, c.call(t.Context(), derived))
			}
		})
	}
	group.Wait()

	written := map[string]int{}
	for _, in := range f.inputs {
		if in, ok := in.(*kms.EncryptInput); ok {
			assert.Equal(t, "blue", in.EncryptionContext["tenant"])
			if worker, ok := in.EncryptionContext["worker"]; ok {
				assert.Equal(t, []string{"one", worker}, in.GrantTokens)
				written[worker]++
			} else {
				assert.Equal(t, []string{"one"}, in.GrantTokens)
			}
		}
	}
	assert.Len(t, written, workers)
	for worker, calls := range written {
		assert.Equal(t, 2, calls, "calls that worker %s wrote into", worker)
	}
}

func TestEncryptor_WithEncryptionContext(t *testing.T) {
	t.Parallel()

	// carried returns the context that e sends.
	carried := func(t *testing.T, f *fakeKMS, e *kmskit.Encryptor) map[string]string {
		t.Helper()
		_, err := e.Encrypt(t.Context(), fakeKeyID, []byte("plain"))
		require.NoError(t, err)
		inputs := sentEach[kms.EncryptInput](t, f)
		return inputs[len(inputs)-1].EncryptionContext
	}

	t.Run("leaves the original as it is", func(t *testing.T) {
		t.Parallel()
		f := newFake()
		original := kmskit.NewEncryptor(f).WithEncryptionContext(map[string]string{"tenant": "blue"})
		derived := original.WithEncryptionContext(map[string]string{"tenant": "green", "stage": "test"})
		assert.Equal(t, map[string]string{"tenant": "blue"}, carried(t, f, original))
		assert.Equal(t, map[string]string{"tenant": "green", "stage": "test"}, carried(t, f, derived))
	})

	t.Run("adds, and the later value of a key wins", func(t *testing.T) {
		t.Parallel()
		f := newFake()
		e := kmskit.NewEncryptor(f).
			WithEncryptionContext(map[string]string{"tenant": "blue", "stage": "test"}).
			WithEncryptionContext(map[string]string{"tenant": "green", "table": "orders"})
		assert.Equal(t, map[string]string{"tenant": "green", "stage": "test", "table": "orders"}, carried(t, f, e))
	})

	t.Run("copies the caller's map and does not write into it", func(t *testing.T) {
		t.Parallel()
		f := newFake()
		mine := map[string]string{"tenant": "blue"}
		e := kmskit.NewEncryptor(f).WithEncryptionContext(mine).WithEncryptionContext(map[string]string{"stage": "test"})
		assert.Equal(t, map[string]string{"tenant": "blue"}, mine)
		mine["tenant"] = "green"
		assert.Equal(t, map[string]string{"tenant": "blue", "stage": "test"}, carried(t, f, e))
	})

	t.Run("takes a nil and an empty map", func(t *testing.T) {
		t.Parallel()
		f := newFake()
		none := kmskit.NewEncryptor(f).WithEncryptionContext(nil).WithEncryptionContext(map[string]string{})
		assert.Nil(t, carried(t, f, none))
		some := none.WithEncryptionContext(map[string]string{"tenant": "blue"}).WithEncryptionContext(nil)
		assert.Equal(t, map[string]string{"tenant": "blue"}, carried(t, f, some))
	})

	t.Run("keeps the grant tokens", func(t *testing.T) {
		t.Parallel()
		f := newFake()
		e := kmskit.NewEncryptor(f).WithGrantTokens("one").WithEncryptionContext(map[string]string{"tenant": "blue"})
		carried(t, f, e)
		assert.Equal(t, []string{"one"}, sent[kms.EncryptInput](t, f).GrantTokens)
	})
}

func TestEncryptor_WithGrantTokens(t *testing.T) {
	t.Parallel()

	carried := func(t *testing.T, f *fakeKMS, e *kmskit.Encryptor) []string {
		t.Helper()
		_, err := e.Encrypt(t.Context(), fakeKeyID, []byte("plain"))
		require.NoError(t, err)
		inputs := sentEach[kms.EncryptInput](t, f)
		return inputs[len(inputs)-1].GrantTokens
	}

	t.Run("adds in order and leaves the original as it is", func(t *testing.T) {
		t.Parallel()
		f := newFake()
		original := kmskit.NewEncryptor(f).WithGrantTokens("one")
		derived := original.WithGrantTokens("two", "three")
		assert.Equal(t, []string{"one"}, carried(t, f, original))
		assert.Equal(t, []string{"one", "two", "three"}, carried(t, f, derived))
	})

	t.Run("keeps siblings apart", func(t *testing.T) {
		t.Parallel()
		f := newFake()
		// Spare capacity, if there were any, would be shared from here on.
		parent := kmskit.NewEncryptor(f).WithGrantTokens("one", "two", "three").WithGrantTokens("four", "five")
		left, right := parent.WithGrantTokens("left"), parent.WithGrantTokens("right")
		assert.Equal(t, []string{"one", "two", "three", "four", "five", "left"}, carried(t, f, left))
		assert.Equal(t, []string{"one", "two", "three", "four", "five", "right"}, carried(t, f, right))
	})

	t.Run("copies the caller's slice", func(t *testing.T) {
		t.Parallel()
		f := newFake()
		mine := []string{"one", "two"}
		e := kmskit.NewEncryptor(f).WithGrantTokens(mine...)
		mine[0] = "zero"
		assert.Equal(t, []string{"one", "two"}, carried(t, f, e))
	})

	t.Run("takes no token", func(t *testing.T) {
		t.Parallel()
		f := newFake()
		assert.Nil(t, carried(t, f, kmskit.NewEncryptor(f).WithGrantTokens()))
	})

	t.Run("keeps the encryption context", func(t *testing.T) {
		t.Parallel()
		f := newFake()
		carried(t, f, kmskit.NewEncryptor(f).WithEncryptionContext(map[string]string{"tenant": "blue"}).WithGrantTokens("one"))
		assert.Equal(t, map[string]string{"tenant": "blue"}, sent[kms.EncryptInput](t, f).EncryptionContext)
	})
}

// identity tells maps apart that have the same content.
func identity(m map[string]string) uintptr {
	return reflect.ValueOf(m).Pointer()
}

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
