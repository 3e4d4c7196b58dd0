package kmskit_test

import (
	"bytes"
	"context"
	"crypto/aes"
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
	"sync"
	"testing"
	"unsafe"
	"weak"

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

// Somebody's structs, which hold a DataKey in every way that a struct can.
type (
	exportedHolder struct {
		Value   kmskit.DataKey
		Pointer *kmskit.DataKey
		Any     any
	}
	unexportedHolder struct {
		value   kmskit.DataKey
		pointer *kmskit.DataKey
		any     any
	}
	embeddingHolder        struct{ kmskit.DataKey }
	pointerEmbeddingHolder struct{ *kmskit.DataKey }
	twoEmbeddingsHolder    struct { // of two Format methods none is promoted
		embeddingHolder
		pointerEmbeddingHolder
	}
)

// holders returns the DataKey in every place it can be in.
func holders(key *kmskit.DataKey) map[string]any {
	return map[string]any{
		"value":              *key,
		"pointer":            key,
		"pointer to pointer": &key,
		"exported fields":    exportedHolder{*key, key, key},
		"pointer to struct":  &exportedHolder{*key, key, *key},
		"unexported fields":  unexportedHolder{*key, key, key},
		"pointer to those":   &unexportedHolder{*key, key, *key},
		"embedded":           embeddingHolder{*key},
		"embedded pointer":   pointerEmbeddingHolder{key},
		"embedded twice":     twoEmbeddingsHolder{embeddingHolder{*key}, pointerEmbeddingHolder{key}},
		"slice":              []kmskit.DataKey{*key},
		"slice of pointers":  []*kmskit.DataKey{key},
		"slice of any":       []any{*key, key},
		"array":              [1]kmskit.DataKey{*key},
		"map":                map[string]kmskit.DataKey{"key": *key},
		"map of pointers":    map[string]*kmskit.DataKey{"key": key},
		"nested":             map[string][]unexportedHolder{"key": {{*key, key, &exportedHolder{*key, key, key}}}},
	}
}

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
	secret := testSecret()

	for name, holder := range holders(newDataKey(t)) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for form, text := range writings(t, holder) {
				assert.Empty(t, leak(text, secret), "%s wrote %s", form, text)
			}
			// Printers not tried here reach what reflection reaches, no more.
			assert.False(t, reachable(reflect.ValueOf(holder), secret), "reflection reaches the plaintext")
		})
	}

	t.Run("prints the same for any verb", func(t *testing.T) {
		t.Parallel()
		key := newDataKey(t)
		const want = `DataKey{KeyID: "` + fakeKeyARN + `", Ciphertext: 15 bytes, Plaintext: redacted}`
		for _, verb := range []string{"%v", "%+v", "%#v", "%d", "%s", "%x", "%q"} {
			assert.Equal(t, want, fmt.Sprintf(verb, key))
			assert.Equal(t, want, fmt.Sprintf(verb, *key))
		}
	})

	t.Run("logs what is not secret", func(t *testing.T) {
		t.Parallel()
		var text bytes.Buffer
		slog.New(slog.NewTextHandler(&text, nil)).Info("made", "key", newDataKey(t))
		assert.Contains(t, text.String(), "key.key_id="+fakeKeyARN+" key.ciphertext_bytes=15\n")
	})

	t.Run("encodes what is not secret", func(t *testing.T) {
		t.Parallel()
		encoded, err := json.Marshal(newDataKey(t))
		require.NoError(t, err)
		var key kmskit.DataKey
		require.NoError(t, json.Unmarshal(encoded, &key))
		assert.Equal(t, kmskit.DataKey{KeyID: fakeKeyARN, Ciphertext: []byte("sealed data key")}, key)
	})

	t.Run("prints and logs a nil DataKey as nil", func(t *testing.T) {
		t.Parallel()
		var none *kmskit.DataKey
		for _, verb := range []string{"%v", "%+v", "%s"} {
			assert.Equal(t, "<nil>", fmt.Sprintf(verb, none))
		}
		var text, jsonText bytes.Buffer
		slog.New(slog.NewTextHandler(&text, nil)).Info("none", "key", none)
		slog.New(slog.NewJSONHandler(&jsonText, nil)).Info("none", "key", none)
		assert.Contains(t, text.String(), " key=<nil>\n")
		assert.Contains(t, jsonText.String(), `,"key":null}`)
	})
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
