package material_test

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/asn1"
	"encoding/base64"
	"encoding/binary"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kmskit/kmskit/kmstest/internal/material"
)

func boundKey(tb testing.TB) *material.Key {
	tb.Helper()
	return newKey(tb, types.KeySpecSymmetricDefault).Bind("1234abcd-12ab-34cd-56ef-1234567890ab")
}

// goldenCiphertext returns a ciphertext of "plaintext" that must open for ever,
// because people keep ciphertexts.
func goldenCiphertext(tb testing.TB) (k *material.Key, ciphertext, aad []byte) {
	tb.Helper()
	raw := unhex(tb, "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f")
	k = importKey(tb, types.KeySpecSymmetricDefault, raw).Bind("1234abcd-12ab-34cd-56ef-1234567890ab")
	ciphertext = unhex(tb, "0102020078e84b29867d56724a6157513e0916793f54d13a7efe638771802fd92a9208bb4701e7bb3fb9959e152209609099ad6d4d3300000067306506092a864886f70d010706a0583056020100305106092a864886f70d010701301e060960864801650304012e3011040ceea5c4ff6e05ce2f69ff193902011080244063976d0232fe8937fa4bcafbcdc5da925940403944bcb53d0eb16bcbf4fabbc6547156")
	return k, ciphertext, material.AssociatedData(map[string]string{"tenant": "blue", "purpose": "orders"})
}

func seal(tb testing.TB, k *material.Key, plaintext, aad []byte) []byte {
	tb.Helper()
	b, err := k.Seal(plaintext, aad)
	require.NoError(tb, err)
	return b
}

func TestKey_Seal(t *testing.T) {
	t.Parallel()
	k := boundKey(t)
	aad := material.AssociatedData(map[string]string{"tenant": "blue"})

	t.Run("round trip for every length", func(t *testing.T) {
		t.Parallel()
		r := seeded(t)
		for n := range 4097 {
			if n > 100 && n%97 != 0 && n != 4096 {
				continue
			}
			want := randomBytes(r, n)
			got, err := k.Open(seal(t, k, want, aad), aad)
			require.NoError(t, err)
			assert.True(t, slices.Equal(want, got), "%d bytes", n)
		}
	})
	t.Run("looks like a ciphertext of KMS in base64", func(t *testing.T) {
		t.Parallel()
		got := base64.StdEncoding.EncodeToString(seal(t, k, []byte("plaintext"), aad))
		assert.True(t, strings.HasPrefix(got, "AQICAH"), got)
	})
	t.Run("has the length and the form of those of KMS", func(t *testing.T) {
		t.Parallel()
		// From the fourth byte of the length on, as published ciphertexts have it.
		for n, form := range map[int]string{
			5:  "AAAAYzBhBgkqhkiG9w0BBwagVDBSAgEAME0GCSqGSIb3DQEHATAeBglghkgBZQMEAS4wEQQM(.{16})AgEQgC",
			32: "AAAAfjB8BgkqhkiG9w0BBwagbzBtAgEAMGgGCSqGSIb3DQEHATAeBglghkgBZQMEAS4wEQQM(.{16})AgEQgD",
		} {
			blob := seal(t, k, make([]byte, n), aad)
			assert.Len(t, blob, n+152)
			assert.Regexp(t, "^"+form, base64.StdEncoding.EncodeToString(blob)[72:])
		}
	})
	t.Run("is DER inside, for every length", func(t *testing.T) {
		t.Parallel()
		for n := range 4097 {
			if n > 400 && n%97 != 0 && n != 4096 {
				continue
			}
			blob := seal(t, k, make([]byte, n), aad)
			require.EqualValues(t, 1, blob[37])
			require.EqualValues(t, len(blob)-58, binary.BigEndian.Uint32(blob[54:]))
			var outer struct {
				Type    asn1.ObjectIdentifier
				Content struct {
					Version int
					Data    struct {
						Type      asn1.ObjectIdentifier
						Algorithm struct {
							ID         asn1.ObjectIdentifier
							Parameters struct {
								Nonce  []byte
								TagLen int
							}
						}
						Sealed []byte `asn1:"tag:0"`
					}
				} `asn1:"explicit,tag:0"`
			}
			rest, err := asn1.Unmarshal(blob[58:], &outer)
			require.NoError(t, err, "%d bytes", n)
			require.Empty(t, rest)
			require.Equal(t, "1.2.840.113549.1.7.6", outer.Type.String())
			require.Equal(t, "1.2.840.113549.1.7.1", outer.Content.Data.Type.String())
			require.Equal(t, "2.16.840.1.101.3.4.1.46", outer.Content.Data.Algorithm.ID.String())
			require.Len(t, outer.Content.Data.Algorithm.Parameters.Nonce, 12)
			require.Equal(t, 16, outer.Content.Data.Algorithm.Parameters.TagLen)
			require.Len(t, outer.Content.Data.Sealed, n+11+16)
		}
	})
	t.Run("tells a data key, which opens as well", func(t *testing.T) {
		t.Parallel()
		sealed, err := k.SealDataKey([]byte("data key"), aad)
		require.NoError(t, err)
		got := base64.StdEncoding.EncodeToString(sealed)
		assert.True(t, strings.HasPrefix(got, "AQIDAH"), got)
		id, ok := material.ParseCiphertext(sealed)
		assert.True(t, ok)
		assert.Equal(t, k.ID(), id)
		plaintext, err := k.Open(sealed, aad)
		require.NoError(t, err)
		assert.Equal(t, "data key", string(plaintext))
		sealed[2] = 2
		_, err = k.Open(sealed, aad)
		require.ErrorIs(t, err, material.ErrCiphertext, "the difference is authenticated")
	})
	t.Run("the longest ciphertext is within 6144 bytes", func(t *testing.T) {
		t.Parallel()
		assert.LessOrEqual(t, len(seal(t, k, make([]byte, 4096), aad)), 6144)
	})
	t.Run("two ciphertexts of one plaintext differ", func(t *testing.T) {
		t.Parallel()
		a, b := seal(t, k, []byte("plaintext"), aad), seal(t, k, []byte("plaintext"), aad)
		assert.NotEqual(t, a, b)
	})
	t.Run("leaves its arguments as they are", func(t *testing.T) {
		t.Parallel()
		plaintext, aad := make([]byte, 32, 200), slices.Grow(slices.Clone(aad), 200)
		spare := slices.Clone(aad[:cap(aad)])
		seal(t, k, plaintext, aad)
		assert.Equal(t, make([]byte, 200), plaintext[:200])
		assert.Equal(t, spare, aad[:cap(aad)])
	})
	t.Run("opens with AES-256-GCM of the standard library, header and context authenticated", func(t *testing.T) {
		t.Parallel()
		blob := seal(t, k, []byte("plaintext"), aad)
		block, err := aes.NewCipher(keyBytes(t, k))
		require.NoError(t, err)
		gcm, err := cipher.NewGCM(block)
		require.NoError(t, err)
		at := len(blob) - len("plaintext") - 11 - 16
		header, nonce, sealed := blob[:at], blob[at-5-12:at-5], blob[at:]
		got, err := gcm.Open(nil, nonce, sealed, slices.Concat(aad, header))
		require.NoError(t, err)
		assert.Equal(t, strings.Repeat("\x00", 11)+"plaintext", string(got))
		_, err = gcm.Open(nil, nonce, sealed, aad)
		require.Error(t, err, "the header is not authenticated")
		_, err = gcm.Open(nil, nonce, sealed, header)
		require.Error(t, err, "the context is not authenticated")
	})
	t.Run("is for symmetric keys only", func(t *testing.T) {
		t.Parallel()
		for _, spec := range specs() {
			if spec == types.KeySpecSymmetricDefault {
				continue
			}
			_, err := sharedKey(t, spec).Seal([]byte("plaintext"), nil)
			require.ErrorIs(t, err, material.ErrSpec, spec)
			_, err = sharedKey(t, spec).Open(make([]byte, 100), nil)
			require.ErrorIs(t, err, material.ErrSpec, spec)
		}
	})
}

func TestKey_Open(t *testing.T) {
	t.Parallel()
	k := boundKey(t)
	aad := material.AssociatedData(map[string]string{"ab": "c"})
	blob := seal(t, k, []byte("a plaintext of thirty-two bytes."), aad)

	t.Run("opens a ciphertext of long ago", func(t *testing.T) {
		t.Parallel()
		k, ciphertext, aad := goldenCiphertext(t)
		got, err := k.Open(ciphertext, aad)
		require.NoError(t, err)
		assert.Equal(t, "plaintext", string(got))
	})
	t.Run("refuses every flipped bit", func(t *testing.T) {
		t.Parallel()
		for bit := range 8 * len(blob) {
			_, err := k.Open(flip(blob, bit), aad)
			require.ErrorIs(t, err, material.ErrCiphertext, "bit %d", bit)
		}
	})
	t.Run("refuses every truncation", func(t *testing.T) {
		t.Parallel()
		for n := range blob {
			_, err := k.Open(blob[:n], aad)
			require.ErrorIs(t, err, material.ErrCiphertext, "%d bytes", n)
		}
	})
	t.Run("refuses an extension", func(t *testing.T) {
		t.Parallel()
		for _, more := range [][]byte{{0}, {1}, blob} {
			_, err := k.Open(slices.Concat(blob, more), aad)
			require.ErrorIs(t, err, material.ErrCiphertext)
			_, err = k.Open(slices.Concat(more, blob), aad)
			require.ErrorIs(t, err, material.ErrCiphertext)
		}
	})
	t.Run("refuses another context", func(t *testing.T) {
		t.Parallel()
		for _, context := range []map[string]string{
			nil, {"a": "bc"}, {"abc": ""}, {"": "abc"}, {"AB": "c"}, {"ab": "C"}, {"c": "ab"}, {"ab": "c", "d": ""},
		} {
			_, err := k.Open(blob, material.AssociatedData(context))
			require.ErrorIs(t, err, material.ErrCiphertext, "%v", context)
		}
	})
	t.Run("refuses a context moved between header and associated data", func(t *testing.T) {
		t.Parallel()
		_, err := k.Open(blob, slices.Concat(aad, blob[:37]))
		require.ErrorIs(t, err, material.ErrCiphertext)
	})
	t.Run("refuses other material", func(t *testing.T) {
		t.Parallel()
		_, err := boundKey(t).Open(blob, aad)
		require.ErrorIs(t, err, material.ErrCiphertext)
	})
	t.Run("refuses the same material in another KMS key", func(t *testing.T) {
		t.Parallel()
		_, err := k.Bind("another key").Open(blob, aad)
		require.ErrorIs(t, err, material.ErrCiphertext)
	})
	t.Run("opens with the same material in a replica", func(t *testing.T) {
		t.Parallel()
		replica := importKey(t, types.KeySpecSymmetricDefault, keyBytes(t, k)).Bind("1234abcd-12ab-34cd-56ef-1234567890ab")
		_, err := replica.Open(blob, aad)
		require.NoError(t, err)
	})
	t.Run("leaves its arguments as they are", func(t *testing.T) {
		t.Parallel()
		b, a := slices.Clone(blob), slices.Clone(aad)
		_, err := k.Open(b, a)
		require.NoError(t, err)
		assert.Equal(t, blob, b)
		assert.Equal(t, aad, a)
	})
}

func TestParseCiphertext(t *testing.T) {
	t.Parallel()
	k := boundKey(t)
	blob := seal(t, k, nil, nil)

	t.Run("names the material", func(t *testing.T) {
		t.Parallel()
		id, ok := material.ParseCiphertext(blob)
		assert.True(t, ok)
		assert.Equal(t, k.ID(), id)
	})
	t.Run("refuses what is too short or starts otherwise", func(t *testing.T) {
		t.Parallel()
		for n := range blob {
			_, ok := material.ParseCiphertext(blob[:n])
			assert.False(t, ok, "%d bytes", n)
		}
		for bit := range 8 * 5 {
			_, ok := material.ParseCiphertext(flip(blob, bit))
			assert.Equal(t, bit == 16, ok, "bit %d, of which one is that of a data key", bit)
		}
		_, ok := material.ParseCiphertext(nil)
		assert.False(t, ok)
	})
}

func FuzzKey_Open(f *testing.F) {
	k, blob, aad := goldenCiphertext(f)
	f.Add(blob, aad)
	f.Add(blob[:64], []byte(nil))
	f.Add(blob[:37], aad)
	f.Add([]byte("\x01\x02\x02\x00\x78"), aad)
	f.Fuzz(func(t *testing.T, b, a []byte) {
		id, ok := material.ParseCiphertext(b)
		plaintext, err := k.Open(b, a)
		if slices.Equal(b, blob) && slices.Equal(a, aad) {
			require.NoError(t, err)
			require.Equal(t, k.ID(), id)
			return
		}
		require.ErrorIs(t, err, material.ErrCiphertext, "a forged ciphertext")
		require.Nil(t, plaintext)
		if ok {
			require.Equal(t, id[:], b[5:37])
		}
	})
}

func FuzzKey_Seal(f *testing.F) {
	k := boundKey(f)
	f.Add([]byte("plaintext"), []byte("associated data"))
	f.Add([]byte(nil), []byte(nil))
	f.Fuzz(func(t *testing.T, plaintext, aad []byte) {
		got, err := k.Open(seal(t, k, plaintext, aad), aad)
		require.NoError(t, err)
		require.True(t, slices.Equal(plaintext, got))
	})
}

func TestAssociatedData(t *testing.T) {
	t.Parallel()
	t.Run("a nil and an empty context are equal", func(t *testing.T) {
		t.Parallel()
		assert.Equal(t, material.AssociatedData(nil), material.AssociatedData(map[string]string{}))
		assert.NotEqual(t, material.AssociatedData(nil), material.AssociatedData(map[string]string{"": ""}))
	})
	t.Run("does not depend on the order of the map", func(t *testing.T) {
		t.Parallel()
		context := map[string]string{"c": "1", "b": "2", "a": "3", "d": "4", "e": "5"}
		want := material.AssociatedData(context)
		for range 100 {
			assert.Equal(t, want, material.AssociatedData(maps.Clone(context)))
		}
	})
	t.Run("is equal for equal contexts only", func(t *testing.T) {
		t.Parallel()
		r := seeded(t)
		seen := map[string]map[string]string{}
		for range 50_000 {
			context := randomContext(r)
			key := string(material.AssociatedData(context))
			other, ok := seen[key]
			require.True(t, !ok || maps.Equal(context, other), "%q and %q", context, other)
			seen[key] = context
		}
	})
	t.Run("keeps pairs apart whose texts join alike", func(t *testing.T) {
		t.Parallel()
		assert.NotEqual(t,
			material.AssociatedData(map[string]string{"ab": "c"}),
			material.AssociatedData(map[string]string{"a": "bc"}))
	})
}

// randomContext returns a context over so small an alphabet, with the bytes of
// the encoding itself, that careless encodings collide.
func randomContext(r *rand.Rand) map[string]string {
	word := func() string {
		b := make([]byte, r.IntN(6))
		for i := range b {
			b[i] = "a\x00\x01"[r.IntN(3)]
		}
		return string(b)
	}
	context := map[string]string{}
	for range r.IntN(4) {
		context[word()] = word()
	}
	return context
}

func BenchmarkKey_Seal(b *testing.B) {
	k := boundKey(b)
	plaintext, aad := make([]byte, 32), material.AssociatedData(map[string]string{"tenant": "blue"})
	b.ReportAllocs()
	for b.Loop() {
		if _, err := k.Seal(plaintext, aad); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkKey_Open(b *testing.B) {
	k := boundKey(b)
	aad := material.AssociatedData(map[string]string{"tenant": "blue"})
	blob := seal(b, k, make([]byte, 32), aad)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := k.Open(blob, aad); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAssociatedData(b *testing.B) {
	context := map[string]string{"tenant": "blue", "purpose": "orders"}
	b.ReportAllocs()
	for b.Loop() {
		material.AssociatedData(context)
	}
}
