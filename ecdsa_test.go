package kmskit_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha512"
	"encoding/asn1"
	"encoding/hex"
	"math/big"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kmskit/kmskit"
)

// ecdsaSizes are the specs of ECDSA keys and the lengths of their r and s.
var ecdsaSizes = map[types.KeySpec]int{
	types.KeySpecEccNistP256: 32, types.KeySpecEccSecgP256k1: 32, types.KeySpecEccNistP384: 48, types.KeySpecEccNistP521: 66,
}

func TestECDSAToFixed(t *testing.T) {
	t.Parallel()

	t.Run("turns signatures into r and s and back", func(t *testing.T) {
		t.Parallel()
		curves := map[types.KeySpec]elliptic.Curve{
			types.KeySpecEccNistP256: elliptic.P256(), types.KeySpecEccNistP384: elliptic.P384(), types.KeySpecEccNistP521: elliptic.P521(),
		}
		digest := sha512.Sum512([]byte("message"))
		for spec, curve := range curves {
			private, err := ecdsa.GenerateKey(curve, rand.Reader)
			require.NoError(t, err)
			for range 8 {
				der, err := ecdsa.SignASN1(rand.Reader, private, digest[:])
				require.NoError(t, err)
				fixed, err := kmskit.ECDSAToFixed(spec, der)
				require.NoError(t, err)
				size := ecdsaSizes[spec]
				require.Len(t, fixed, 2*size)
				r, s := new(big.Int).SetBytes(fixed[:size]), new(big.Int).SetBytes(fixed[size:])
				require.True(t, ecdsa.Verify(&private.PublicKey, digest[:], r, s))

				back, err := kmskit.ECDSAFromFixed(spec, fixed)
				require.NoError(t, err)
				require.Equal(t, der, back)
			}
		}
	})

	t.Run("keeps leading zeros in r and s and their sign out of DER", func(t *testing.T) {
		t.Parallel()
		for spec, size := range ecdsaSizes {
			for _, r := range [][]byte{{1}, {0x80}, {1, 0}, bytes.Repeat([]byte{0xff}, size), bytes.Repeat([]byte{0x7f}, size-1)} {
				s := []byte{0xfe, 2}
				fixed := slices.Concat(make([]byte, size-len(r)), r, make([]byte, size-len(s)), s)
				der, err := kmskit.ECDSAFromFixed(spec, fixed)
				require.NoError(t, err)
				require.Equal(t, integers(t, new(big.Int).SetBytes(r), new(big.Int).SetBytes(s)), der)
				back, err := kmskit.ECDSAToFixed(spec, der)
				require.NoError(t, err)
				require.Equal(t, fixed, back)
			}
		}
	})

	one, none, minus, large := big.NewInt(1), new(big.Int), big.NewInt(-1), new(big.Int).Lsh(big.NewInt(1), 256)
	const notDER, notOfKey = "the signature is not an ECDSA signature in DER", "the signature is not that of a key of the spec ECC_NIST_P256"
	refused := []struct {
		name      string
		signature []byte
		text      string
	}{
		{"refuses nothing", nil, notDER},
		{"refuses a signature of fixed length", make([]byte, 64), notDER},
		{"refuses what follows the signature", append(integers(t, one, one), 0), notDER},
		{"refuses what follows the two numbers", unhex(t, "3009020101020101020101"), notDER},
		{"refuses a signature that is cut short", integers(t, one, one)[:7], notDER},
		{"refuses a number with a zero before it", unhex(t, "300702020001020101"), notDER},
		{"refuses numbers that are none", unhex(t, "3006020101040101"), notDER},
		{"refuses an r of 0", integers(t, none, one), notOfKey},
		{"refuses an s of 0", integers(t, one, none), notOfKey},
		{"refuses a negative r", integers(t, minus, one), notOfKey},
		{"refuses a negative s", integers(t, one, minus), notOfKey},
		{"refuses an r that is too large", integers(t, large, one), notOfKey},
		{"refuses an s that is too large", integers(t, one, large), notOfKey},
	}
	for _, r := range refused {
		t.Run(r.name, func(t *testing.T) {
			t.Parallel()
			fixed, err := kmskit.ECDSAToFixed(types.KeySpecEccNistP256, r.signature)
			require.ErrorIs(t, err, kmskit.ErrInvalidInput)
			require.EqualError(t, err, "kmskit: ECDSAToFixed: "+r.text)
			assert.Nil(t, fixed)
		})
	}

	for _, spec := range []types.KeySpec{"", types.KeySpecRsa2048, types.KeySpecEccNistEdwards25519} {
		t.Run("refuses the spec "+string(spec), func(t *testing.T) {
			t.Parallel()
			text := `: keys of the spec "` + string(spec) + `" do not sign with ECDSA; give that of the key, such as types.KeySpecEccNistP256`
			_, err := kmskit.ECDSAToFixed(spec, integers(t, one, one))
			require.EqualError(t, err, "kmskit: ECDSAToFixed"+text)
			_, err = kmskit.ECDSAFromFixed(spec, make([]byte, 64))
			require.EqualError(t, err, "kmskit: ECDSAFromFixed"+text)
		})
	}
}

func TestECDSAFromFixed(t *testing.T) {
	t.Parallel()

	for _, n := range []int{0, 63, 65, 96} {
		_, err := kmskit.ECDSAFromFixed(types.KeySpecEccNistP256, make([]byte, n))
		require.ErrorIs(t, err, kmskit.ErrInvalidInput)
		require.ErrorContains(t, err, "; that of a key of the spec ECC_NIST_P256 has 64")
	}

	t.Run("refuses an r or s of 0", func(t *testing.T) {
		t.Parallel()
		for _, at := range []int{31, 63} {
			signature := make([]byte, 64)
			signature[at] = 1
			_, err := kmskit.ECDSAFromFixed(types.KeySpecEccNistP256, signature)
			require.EqualError(t, err, "kmskit: ECDSAFromFixed: the signature is not that of a key of the spec ECC_NIST_P256")
		}
	})
}

// FuzzECDSAToFixed holds that a signature has one form in DER: what is taken at
// all comes back as it was.
func FuzzECDSAToFixed(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte{0x30, 6, 2, 1, 1, 2, 1, 1})
	f.Add([]byte{0x30, 0x81, 6, 2, 1, 1, 2, 1, 1})
	f.Add([]byte{0x30, 7, 2, 2, 0, 0x80, 2, 1, 1})
	f.Add([]byte{0x30, 7, 2, 1, 1, 2, 1, 1, 0x30})
	f.Fuzz(func(t *testing.T, der []byte) {
		for spec, size := range ecdsaSizes {
			fixed, err := kmskit.ECDSAToFixed(spec, der)
			if err != nil {
				continue
			}
			require.Len(t, fixed, 2*size)
			back, err := kmskit.ECDSAFromFixed(spec, fixed)
			require.NoError(t, err)
			require.Equal(t, der, back)
		}
	})
}

// integers returns a sequence of two integers in DER.
func integers(t *testing.T, r, s *big.Int) []byte {
	t.Helper()
	der, err := asn1.Marshal(struct{ R, S *big.Int }{r, s})
	require.NoError(t, err)
	return der
}

func unhex(t *testing.T, text string) []byte {
	t.Helper()
	b, err := hex.DecodeString(text)
	require.NoError(t, err)
	return b
}
