package attest_test

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"os"
	"os/exec"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kmskit/kmskit/kmstest/internal/attest"
)

// enclaveKey returns the private key for which KMS made testdata/kms.b64. Its
// enclave is long gone.
func enclaveKey(tb testing.TB) *rsa.PrivateKey {
	tb.Helper()
	text, err := os.ReadFile("testdata/kms.pem")
	require.NoError(tb, err)
	block, _ := pem.Decode(text)
	require.NotNil(tb, block)
	key, err := x509.ParsePKCS1PrivateKey(block.Bytes)
	require.NoError(tb, err)
	return key
}

func newRSA(tb testing.TB, bits int) *rsa.PrivateKey {
	tb.Helper()
	key, err := rsa.GenerateKey(rand.Reader, bits)
	require.NoError(tb, err)
	return key
}

func TestOpen_Recorded(t *testing.T) {
	t.Parallel()
	plaintext, err := attest.Open(enclaveKey(t), recorded(t, "kms.b64"))
	require.NoError(t, err)
	assert.Equal(t, "3be82c440f06cb4d44c4c2ec3bf30d472407d3a9125aa4c1842b98f6bdd26e41", hex.EncodeToString(plaintext))
}

func TestSeal(t *testing.T) {
	t.Parallel()
	t.Run("differs from KMS's own in nothing but what is random", func(t *testing.T) {
		t.Parallel()
		theirs := recorded(t, "kms.b64")
		ours, err := attest.Seal(&enclaveKey(t).PublicKey, make([]byte, 32))
		require.NoError(t, err)
		require.Len(t, ours, len(theirs))
		for _, random := range []struct{ at, size int }{{131, 256}, {415, 16}, {435, 48}} { // key, IV, content
			assert.NotEqual(t, theirs[random.at:][:random.size], ours[random.at:][:random.size])
			copy(ours[random.at:], theirs[random.at:][:random.size])
		}
		assert.Equal(t, theirs, ours)
	})
	t.Run("is random", func(t *testing.T) {
		t.Parallel()
		public := &enclaveKey(t).PublicKey
		a, err := attest.Seal(public, []byte("secret"))
		require.NoError(t, err)
		b, err := attest.Seal(public, []byte("secret"))
		require.NoError(t, err)
		assert.NotEqual(t, a, b)
	})
}

func TestOpen(t *testing.T) {
	t.Parallel()
	key := enclaveKey(t)
	for _, size := range []int{0, 1, 15, 16, 17, 32, 983, 984, 1000, 2000, 4096} {
		plaintext := make([]byte, size)
		rand.Read(plaintext)
		sealed, err := attest.Seal(&key.PublicKey, plaintext)
		require.NoError(t, err)
		got, err := attest.Open(key, sealed)
		require.NoError(t, err, "%d bytes", size)
		assert.Equal(t, plaintext, got, "%d bytes", size)
	}
	sealed, err := attest.Seal(&key.PublicKey, []byte("secret"))
	require.NoError(t, err)

	t.Run("larger keys", func(t *testing.T) {
		t.Parallel()
		key := newRSA(t, 3072)
		sealed, err := attest.Seal(&key.PublicKey, []byte("secret"))
		require.NoError(t, err)
		got, err := attest.Open(key, sealed)
		require.NoError(t, err)
		assert.Equal(t, "secret", string(got))
	})
	t.Run("refused: another key", func(t *testing.T) {
		t.Parallel()
		_, err := attest.Open(newRSA(t, 2048), sealed)
		assert.ErrorIs(t, err, attest.ErrEnvelope)
	})
	t.Run("refused: cut off anywhere", func(t *testing.T) {
		t.Parallel()
		for i := range sealed {
			_, err := attest.Open(key, sealed[:i])
			assert.ErrorIs(t, err, attest.ErrEnvelope, "%d bytes", i)
		}
	})
	t.Run("refused: something follows", func(t *testing.T) {
		t.Parallel()
		_, err := attest.Open(key, append(bytes.Clone(sealed), 0))
		assert.ErrorIs(t, err, attest.ErrEnvelope)
	})
	t.Run("refused: nested deeper than the stack", func(t *testing.T) {
		t.Parallel()
		_, err := attest.Open(key, bytes.Repeat([]byte{0x30, 0x80}, 8_000_000))
		assert.ErrorIs(t, err, attest.ErrEnvelope)
	})
	t.Run("refused: no content", func(t *testing.T) {
		t.Parallel()
		altered := bytes.Replace(sealed, sealed[433:451], nil, 1) // the segment
		_, err := attest.Open(key, altered)
		assert.ErrorIs(t, err, attest.ErrEnvelope)
	})
	t.Run("refused: wrong padding", func(t *testing.T) {
		t.Parallel()
		altered := bytes.Clone(sealed)
		altered[415+15] ^= 0x40 // in the IV, so that it comes out in the last byte of the only block
		_, err := attest.Open(key, altered)
		assert.ErrorIs(t, err, attest.ErrEnvelope)
	})
	t.Run("refused: a key of another size", func(t *testing.T) {
		t.Parallel()
		for _, size := range []int{0, 16, 31} {
			encrypted, err := rsa.EncryptOAEP(sha256.New(), rand.Reader, &key.PublicKey, make([]byte, size), nil)
			require.NoError(t, err)
			altered := bytes.Clone(sealed)
			copy(altered[131:], encrypted)
			_, err = attest.Open(key, altered)
			assert.ErrorIs(t, err, attest.ErrEnvelope, "%d bytes", size)
		}
	})
	for _, tc := range []struct{ name, from, to string }{
		{"another content type", "\x86\xf7\x0d\x01\x07\x03", "\x86\xf7\x0d\x01\x07\x02"},
		{"another inner content type", "\x86\xf7\x0d\x01\x07\x01", "\x86\xf7\x0d\x01\x07\x02"},
		{"another version", "\x02\x01\x02\x31", "\x02\x01\x00\x31"},
		{"PKCS #1 v1.5", "\x01\x01\x07\x30\x2f", "\x01\x01\x01\x30\x2f"},
		{"OAEP with another hash", "\xa0\x0f\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01", "\xa0\x0f\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x02"},
		{"another cipher", "\x03\x04\x01\x2a", "\x03\x04\x01\x16"},
		{"content in clear", "\xa0\x80\x04\x10", "\xa1\x80\x04\x10"},
		{"a segment of another type", "\xa0\x80\x04\x10", "\xa0\x80\x02\x10"},
		{"a primitive of no length", "\x30\x80\x06", "\x10\x80\x06"},
	} {
		t.Run("refused: "+tc.name, func(t *testing.T) {
			t.Parallel()
			require.Contains(t, string(sealed), tc.from)
			_, err := attest.Open(key, bytes.Replace(sealed, []byte(tc.from), []byte(tc.to), 1))
			assert.ErrorIs(t, err, attest.ErrEnvelope)
		})
	}
}

// TestSeal_OpenSSL opens envelopes with OpenSSL.
func TestSeal_OpenSSL(t *testing.T) {
	t.Parallel()
	openssl, err := exec.LookPath("openssl")
	if err != nil {
		t.Skip("openssl is not installed")
	}
	for _, size := range []int{1, 32, 2400} {
		plaintext := bytes.Repeat([]byte{0xa5}, size)
		sealed, err := attest.Seal(&enclaveKey(t).PublicKey, plaintext)
		require.NoError(t, err)
		cmd := exec.CommandContext(t.Context(), openssl, "cms", "-decrypt", "-binary", "-inform", "DER", "-inkey", "testdata/kms.pem")
		cmd.Stdin = bytes.NewReader(sealed)
		got, err := cmd.Output()
		require.NoError(t, err)
		assert.Equal(t, plaintext, got)
	}
}
