package material_test

import (
	"crypto"
	"crypto/aes"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/binary"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kmskit/kmskit/kmstest/internal/material"
)

var (
	rsaSpecs   = []types.KeySpec{types.KeySpecRsa2048, types.KeySpecRsa3072, types.KeySpecRsa4096}
	oaepHashes = map[types.EncryptionAlgorithmSpec]crypto.Hash{
		types.EncryptionAlgorithmSpecRsaesOaepSha1:   crypto.SHA1,
		types.EncryptionAlgorithmSpecRsaesOaepSha256: crypto.SHA256,
	}
)

func rsaPublicKey(t *testing.T, k *material.Key) *rsa.PublicKey {
	t.Helper()
	public, err := x509.ParsePKIXPublicKey(publicKey(t, k))
	require.NoError(t, err)
	require.IsType(t, &rsa.PublicKey{}, public)
	return public.(*rsa.PublicKey)
}

func TestKey_Encrypt(t *testing.T) {
	t.Parallel()
	for _, spec := range rsaSpecs {
		for algorithm, hash := range oaepHashes {
			t.Run("round trip up to the largest plaintext of "+string(spec)+" with "+string(algorithm), func(t *testing.T) {
				t.Parallel()
				k := sharedKey(t, spec)
				longest := material.MaxPlaintext(spec, algorithm)
				for _, n := range []int{0, 1, 32, longest} {
					plaintext := randomBytes(seeded(t), n)
					ciphertext, err := k.Encrypt(algorithm, plaintext)
					require.NoError(t, err)
					assert.Len(t, ciphertext, material.Bits(spec)/8)
					got, err := k.Decrypt(algorithm, ciphertext)
					require.NoError(t, err)
					assert.True(t, slices.Equal(plaintext, got))
				}
				_, err := k.Encrypt(algorithm, make([]byte, longest+1))
				require.ErrorIs(t, err, material.ErrPlaintextLength)
			})
			t.Run("decrypts what the standard library encrypts for the public key of "+string(spec)+" with "+string(algorithm), func(t *testing.T) {
				t.Parallel()
				k := sharedKey(t, spec)
				ciphertext, err := rsa.EncryptOAEP(hash.New(), rand.Reader, rsaPublicKey(t, k), []byte("plaintext"), nil)
				require.NoError(t, err)
				got, err := k.Decrypt(algorithm, ciphertext)
				require.NoError(t, err)
				assert.Equal(t, "plaintext", string(got))
			})
		}
	}
	t.Run("refuses a ciphertext without its leading zero", func(t *testing.T) {
		t.Parallel()
		const algorithm = types.EncryptionAlgorithmSpecRsaesOaepSha256
		k := sharedKey(t, types.KeySpecRsa2048)
		for {
			ciphertext, err := k.Encrypt(algorithm, []byte("plaintext"))
			require.NoError(t, err)
			if ciphertext[0] == 0 { // as one in 256 has
				_, err = k.Decrypt(algorithm, ciphertext[1:])
				require.ErrorIs(t, err, material.ErrCiphertext)
				return
			}
		}
	})
	t.Run("refuses altered, cut and foreign ciphertexts", func(t *testing.T) {
		t.Parallel()
		const sha1, sha256 = types.EncryptionAlgorithmSpecRsaesOaepSha1, types.EncryptionAlgorithmSpecRsaesOaepSha256
		k := sharedKey(t, types.KeySpecRsa2048)
		ciphertext, err := k.Encrypt(sha256, []byte("plaintext"))
		require.NoError(t, err)
		foreign, err := newKey(t, types.KeySpecRsa2048).Encrypt(sha256, []byte("plaintext"))
		require.NoError(t, err)
		for _, c := range [][]byte{
			nil, ciphertext[1:], ciphertext[:255], slices.Concat(ciphertext, []byte{0}),
			flip(ciphertext, 3), flip(ciphertext, 2047), foreign, slices.Repeat([]byte{0xff}, 256),
		} {
			_, err := k.Decrypt(sha256, c)
			require.ErrorIs(t, err, material.ErrCiphertext)
		}
		_, err = k.Decrypt(sha1, ciphertext)
		require.ErrorIs(t, err, material.ErrCiphertext)
	})
	t.Run("refuses algorithms that the spec does not have", func(t *testing.T) {
		t.Parallel()
		for _, spec := range specs() {
			for _, a := range types.EncryptionAlgorithmSpec("").Values() {
				if slices.Contains(material.AlgorithmsOf(spec, types.KeyUsageTypeEncryptDecrypt).Encryption, a) {
					continue
				}
				_, err := sharedKey(t, spec).Encrypt(a, nil)
				require.ErrorIs(t, err, material.ErrAlgorithm, "%s, %s", spec, a)
				_, err = sharedKey(t, spec).Decrypt(a, nil)
				require.ErrorIs(t, err, material.ErrAlgorithm, "%s, %s", spec, a)
			}
		}
	})
	t.Run("leaves symmetric keys to Seal and Open", func(t *testing.T) {
		t.Parallel()
		k := sharedKey(t, types.KeySpecSymmetricDefault)
		_, err := k.Encrypt(types.EncryptionAlgorithmSpecSymmetricDefault, nil)
		require.ErrorIs(t, err, material.ErrSpec)
		_, err = k.Decrypt(types.EncryptionAlgorithmSpecSymmetricDefault, nil)
		require.ErrorIs(t, err, material.ErrSpec)
	})
}

func TestImport_rsa(t *testing.T) {
	t.Parallel()
	t.Run("refuses more than two primes", func(t *testing.T) {
		t.Parallel()
		der := openssl(t, nil, "genpkey", "-algorithm", "RSA", "-outform", "DER", "-out", "out",
			"-pkeyopt", "rsa_keygen_bits:2048", "-pkeyopt", "rsa_keygen_primes:3")
		der = openssl(t, map[string][]byte{"in": der},
			"pkcs8", "-topk8", "-nocrypt", "-inform", "DER", "-in", "in", "-outform", "DER", "-out", "out")
		_, err := material.Import(types.KeySpecRsa2048, der)
		require.ErrorIs(t, err, material.ErrMaterial)
		assert.ErrorContains(t, err, "two primes are wanted, not 3")
	})
	t.Run("reads a key of openssl", func(t *testing.T) {
		t.Parallel()
		der := keyBytes(t, sharedKey(t, types.KeySpecRsa2048))
		out := openssl(t, map[string][]byte{"in": der},
			"pkcs8", "-topk8", "-nocrypt", "-inform", "DER", "-in", "in", "-outform", "DER", "-out", "out")
		assert.True(t, sharedKey(t, types.KeySpecRsa2048).Equal(importKey(t, types.KeySpecRsa2048, out)))
	})
}

func TestKey_Unwrap(t *testing.T) {
	t.Parallel()
	k := sharedKey(t, types.KeySpecRsa2048)
	hybrids := map[types.AlgorithmSpec]crypto.Hash{
		types.AlgorithmSpecRsaAesKeyWrapSha1:   crypto.SHA1,
		types.AlgorithmSpecRsaAesKeyWrapSha256: crypto.SHA256,
	}
	oaep := func(t *testing.T, h crypto.Hash, plaintext []byte) []byte {
		t.Helper()
		c, err := rsa.EncryptOAEP(h.New(), rand.Reader, rsaPublicKey(t, k), plaintext, nil)
		require.NoError(t, err)
		return c
	}
	const hybrid = types.AlgorithmSpecRsaAesKeyWrapSha256

	t.Run("unwraps the examples of RFC 5649", func(t *testing.T) {
		t.Parallel()
		kek := oaep(t, crypto.SHA256, unhex(t, "5840df6e29b02af1ab493b705bf16ea1ae8338f4dcc176a8"))
		for _, tc := range []struct{ wrapped, want string }{
			{"138bdeaa9b8fa7fc61f97742e72248ee5ae6ae5360d1ae6a5f54f373fa543b6a", "c37b7e6492584340bed12207808941155068f738"},
			{"afbeb0f07dfbf5419200f2ccb50bb24f", "466f7250617369"},
		} {
			got, err := k.Unwrap(hybrid, slices.Concat(kek, unhex(t, tc.wrapped)))
			require.NoError(t, err)
			assert.Equal(t, unhex(t, tc.want), got)
		}
	})
	t.Run("unwraps with OAEP alone", func(t *testing.T) {
		t.Parallel()
		for algorithm, h := range oaepHashes {
			got, err := k.Unwrap(types.AlgorithmSpec(algorithm), oaep(t, h, []byte("material")))
			require.NoError(t, err)
			assert.Equal(t, "material", string(got))
		}
	})
	t.Run("unwraps material of every length", func(t *testing.T) {
		t.Parallel()
		r := seeded(t)
		for algorithm, h := range hybrids {
			kek := randomBytes(r, 32)
			encrypted := oaep(t, h, kek)
			for n := 1; n < 50; n++ {
				want := randomBytes(r, n)
				got, err := k.Unwrap(algorithm, slices.Concat(encrypted, wrapPadded(t, kek, want)))
				require.NoError(t, err)
				require.Equal(t, want, got)
			}
		}
	})
	t.Run("unwraps an RSA private key for import", func(t *testing.T) {
		t.Parallel()
		der := keyBytes(t, sharedKey(t, types.KeySpecRsa4096))
		kek := make([]byte, 32)
		got, err := k.Unwrap(hybrid, slices.Concat(oaep(t, crypto.SHA256, kek), wrapPadded(t, kek, der)))
		require.NoError(t, err)
		assert.Equal(t, der, got)
	})
	t.Run("refuses every flipped bit, truncation and extension", func(t *testing.T) {
		t.Parallel()
		kek := make([]byte, 32)
		encrypted, wrapped := oaep(t, crypto.SHA256, kek), wrapPadded(t, kek, []byte("twenty bytes of that"))
		for bit := range 8 * len(wrapped) {
			_, err := k.Unwrap(hybrid, slices.Concat(encrypted, flip(wrapped, bit)))
			require.ErrorIs(t, err, material.ErrCiphertext)
		}
		for n := range wrapped {
			_, err := k.Unwrap(hybrid, slices.Concat(encrypted, wrapped[:n]))
			require.ErrorIs(t, err, material.ErrCiphertext)
		}
		for _, b := range [][]byte{nil, encrypted[:255], encrypted[1:], slices.Concat(encrypted, wrapped, make([]byte, 8))} {
			_, err := k.Unwrap(hybrid, b)
			require.ErrorIs(t, err, material.ErrCiphertext)
		}
	})
	t.Run("refuses wrong padding and lengths under the right key", func(t *testing.T) {
		t.Parallel()
		kek := make([]byte, 32)
		encrypted := oaep(t, crypto.SHA256, kek)
		for _, tc := range []struct {
			prefix uint32
			length uint32
			padded string
		}{
			{0xa65959a6, 9, "12345678\x00\x00\x00\x00\x00\x00\x01\x00"}, // padding that is not zero
			{0xa65959a6, 8, "12345678\x00\x00\x00\x00\x00\x00\x00\x00"}, // a block of padding
			{0xa65959a6, 17, "1234567812345678"},                        // longer than there is
			{0xa65959a6, 0, "\x00\x00\x00\x00\x00\x00\x00\x00"},         // empty
			{0xa65959a6, 0xffffffff, "12345678"},
			{0xa6a6a6a6, 8, "12345678"}, // the prefix of key wrap without padding
		} {
			wrapped := wrapBlocks(t, kek, tc.prefix, tc.length, []byte(tc.padded))
			_, err := k.Unwrap(hybrid, slices.Concat(encrypted, wrapped))
			require.ErrorIs(t, err, material.ErrCiphertext, "%+v", tc)
		}
	})
	t.Run("refuses an AES key that is none", func(t *testing.T) {
		t.Parallel()
		_, err := k.Unwrap(hybrid, slices.Concat(oaep(t, crypto.SHA256, make([]byte, 31)), make([]byte, 24)))
		require.ErrorIs(t, err, material.ErrCiphertext)
	})
	t.Run("refuses algorithms that KMS has given up, and keys that are not RSA", func(t *testing.T) {
		t.Parallel()
		_, err := k.Unwrap(types.AlgorithmSpecRsaesPkcs1V15, make([]byte, 256))
		require.ErrorIs(t, err, material.ErrAlgorithm)
		_, err = sharedKey(t, types.KeySpecEccNistP256).Unwrap(hybrid, make([]byte, 256))
		require.ErrorIs(t, err, material.ErrAlgorithm)
	})
}

// wrapPadded is AES key wrap with padding (RFC 5649), as clients do it.
func wrapPadded(t *testing.T, kek, plaintext []byte) []byte {
	t.Helper()
	padded := slices.Concat(plaintext, make([]byte, (8-len(plaintext)%8)%8))
	return wrapBlocks(t, kek, 0xa65959a6, uint32(len(plaintext)), padded)
}

// wrapBlocks wraps whole blocks of 8 bytes behind the integrity check value.
func wrapBlocks(t *testing.T, kek []byte, prefix, length uint32, padded []byte) []byte {
	t.Helper()
	block, err := aes.NewCipher(kek)
	require.NoError(t, err)
	a := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, prefix), length)
	if len(padded) == 8 {
		out := slices.Concat(a, padded)
		block.Encrypt(out, out)
		return out
	}
	r := slices.Clone(padded)
	count := uint64(0)
	for range 6 {
		for i := 0; i < len(r); i += 8 {
			b := slices.Concat(a, r[i:i+8])
			block.Encrypt(b, b)
			count++
			a = binary.BigEndian.AppendUint64(nil, binary.BigEndian.Uint64(b)^count)
			copy(r[i:], b[8:])
		}
	}
	return slices.Concat(a, r)
}
