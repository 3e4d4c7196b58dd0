package material_test

import (
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/cloudflare/circl/kem"
	"github.com/cloudflare/circl/kem/mlkem/mlkem1024"
	"github.com/cloudflare/circl/kem/mlkem/mlkem512"
	"github.com/cloudflare/circl/kem/mlkem/mlkem768"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kmskit/kmskit/kmstest/internal/material"
)

var nistCurves = map[types.KeySpec]elliptic.Curve{
	types.KeySpecEccNistP256: elliptic.P256(),
	types.KeySpecEccNistP384: elliptic.P384(),
	types.KeySpecEccNistP521: elliptic.P521(),
}

func TestKey_SharedSecret(t *testing.T) {
	t.Parallel()
	t.Run("gives the answers of NIST", func(t *testing.T) {
		t.Parallel()
		// CAVS 14.1, ECC CDH primitive of SP 800-56A.
		for _, tc := range []struct {
			spec                  types.KeySpec
			private, peer, shared string
		}{
			{
				types.KeySpecEccNistP256,
				"7d7dc5f71eb29ddaf80d6214632eeae03d9058af1fb6d22ed80badb62bc1a534",
				"04700c48f77f56584c5cc632ca65640db91b6bacce3a4df6b42ce7cc838833d287db71e509e3fd9b060ddb20ba5c51dcc5948d46fbf640dfe0441782cab85fa4ac",
				"46fc62106420ff012e54a434fbdd2d25ccc5852060561e68040dd7778997bd7b",
			},
			{
				types.KeySpecEccNistP384,
				"3cc3122a68f0d95027ad38c067916ba0eb8c38894d22e1b15618b6818a661774ad463b205da88cf699ab4d43c9cf98a1",
				"04a7c76b970c3b5fe8b05d2838ae04ab47697b9eaf52e764592efda27fe7513272734466b400091adbf2d68c58e0c50066ac68f19f2e1cb879aed43a9969b91a0839c4c38a49749b661efedf243451915ed0905a32b060992b468c64766fc8437a",
				"5f9d29dc5e31a163060356213669c8ce132e22f57c9a04f40ba7fcead493b457e5621e766c40a2e3d4d6a04b25e533f1",
			},
			{
				types.KeySpecEccNistP521,
				"017eecc07ab4b329068fba65e56a1f8890aa935e57134ae0ffcce802735151f4eac6564f6ee9974c5e6887a1fefee5743ae2241bfeb95d5ce31ddcb6f9edb4d6fc47",
				"0400685a48e86c79f0f0875f7bc18d25eb5fc8c0b07e5da4f4370f3a9490340854334b1e1b87fa395464c60626124a4e70d0f785601d37c09870ebf176666877a2046d01ba52c56fc8776d9e8f5db4f0cc27636d0b741bbe05400697942e80b739884a83bde99e0f6716939e632bc8986fa18dccd443a348b6c3e522497955a4f3c302f676",
				"005fc70477c3e63bc3954bd0df3ea0d1f41ee21746ed95fc5e1fdf90930d5e136672d72cc770742d1711c3c3a4c334a0ad9759436a4d3c5bf6e74b9578fac148c831",
			},
		} {
			private, err := ecdsa.ParseRawPrivateKey(nistCurves[tc.spec], unhex(t, tc.private))
			require.NoError(t, err)
			der, err := x509.MarshalPKCS8PrivateKey(private)
			require.NoError(t, err)
			public, err := ecdsa.ParseUncompressedPublicKey(nistCurves[tc.spec], unhex(t, tc.peer))
			require.NoError(t, err)
			peer, err := x509.MarshalPKIXPublicKey(public)
			require.NoError(t, err)
			got, err := importKey(t, tc.spec, der).SharedSecret(peer)
			require.NoError(t, err)
			assert.Equal(t, tc.shared, hex.EncodeToString(got), tc.spec)
		}
	})
	for spec := range nistCurves {
		t.Run("both sides derive the same secret with "+string(spec), func(t *testing.T) {
			t.Parallel()
			a, b := newKey(t, spec), newKey(t, spec)
			ab, err := a.SharedSecret(publicKey(t, b))
			require.NoError(t, err)
			ba, err := b.SharedSecret(publicKey(t, a))
			require.NoError(t, err)
			assert.Equal(t, ab, ba)
			assert.Len(t, ab, (material.Bits(spec)+7)/8)
		})
	}
	t.Run("refuses a peer that is malformed or on another curve", func(t *testing.T) {
		t.Parallel()
		k := sharedKey(t, types.KeySpecEccNistP256)
		peer := publicKey(t, newKey(t, types.KeySpecEccNistP256))
		x25519, err := ecdh.X25519().GenerateKey(rand.Reader)
		require.NoError(t, err)
		montgomery, err := x509.MarshalPKIXPublicKey(x25519.Public())
		require.NoError(t, err)
		for name, p := range map[string][]byte{
			"nothing":            nil,
			"cut":                peer[:len(peer)-1],
			"extended":           slices.Concat(peer, []byte{0}),
			"not on the curve":   flip(peer, 8*len(peer)-1),
			"P-384":              publicKey(t, sharedKey(t, types.KeySpecEccNistP384)),
			"secp256k1":          publicKey(t, sharedKey(t, types.KeySpecEccSecgP256k1)),
			"RSA":                publicKey(t, sharedKey(t, types.KeySpecRsa2048)),
			"X25519":             montgomery,
			"a private key":      keyBytes(t, k),
			"the point, not DER": peer[len(peer)-65:],
		} {
			_, err := k.SharedSecret(p)
			require.ErrorIs(t, err, material.ErrPublicKey, name)
		}
	})
	t.Run("is for NIST curves only", func(t *testing.T) {
		t.Parallel()
		peer := publicKey(t, sharedKey(t, types.KeySpecEccNistP256))
		agreeing := specsWith(types.KeyUsageTypeKeyAgreement)
		for _, spec := range specs() {
			_, err := sharedKey(t, spec).SharedSecret(peer)
			assert.Equal(t, !slices.Contains(agreeing, spec), isSpecError(err), spec)
		}
	})
}

// mlkems names the ciphertext length and the scheme of each ML-KEM spec in a
// library that is independent of crypto/mlkem.
var mlkems = map[types.KeySpec]struct {
	ciphertext int
	scheme     kem.Scheme
}{
	types.KeySpecMlKem512:  {768, mlkem512.Scheme()},
	types.KeySpecMlKem768:  {1088, mlkem768.Scheme()},
	types.KeySpecMlKem1024: {1568, mlkem1024.Scheme()},
}

// A PKCS #8 private key in seed form up to the seed, around the last number of
// the OID.
const (
	mlkemBeforeOID = "3054020100300b06096086480165030404"
	mlkemAfterOID  = "04428040"
)

func TestKey_Encapsulate(t *testing.T) {
	t.Parallel()
	for spec, m := range mlkems {
		t.Run("both sides have the same secret with "+string(spec), func(t *testing.T) {
			t.Parallel()
			k := newKey(t, spec)
			shared, ciphertext, err := k.Encapsulate()
			require.NoError(t, err)
			assert.Len(t, shared, 32)
			assert.Len(t, ciphertext, m.ciphertext)
			got, err := k.Decapsulate(ciphertext)
			require.NoError(t, err)
			assert.Equal(t, shared, got)

			again, _, err := k.Encapsulate()
			require.NoError(t, err)
			assert.NotEqual(t, shared, again)
		})
		t.Run("agrees with another implementation about "+string(spec), func(t *testing.T) {
			t.Parallel()
			k := newKey(t, spec)
			der := publicKey(t, k)
			public, err := m.scheme.UnmarshalBinaryPublicKey(der[len(der)-m.scheme.PublicKeySize():])
			require.NoError(t, err)
			ciphertext, shared, err := m.scheme.Encapsulate(public)
			require.NoError(t, err)
			got, err := k.Decapsulate(ciphertext)
			require.NoError(t, err)
			assert.Equal(t, shared, got)

			seed := keyBytes(t, k)
			_, private := m.scheme.DeriveKeyPair(seed[len(seed)-64:])
			shared, ciphertext, err = k.Encapsulate()
			require.NoError(t, err)
			got, err = m.scheme.Decapsulate(private, ciphertext)
			require.NoError(t, err)
			assert.Equal(t, shared, got)
		})
		t.Run("refuses wrong lengths, and gives another secret for wrong content, with "+string(spec), func(t *testing.T) {
			t.Parallel()
			k := newKey(t, spec)
			shared, ciphertext, err := k.Encapsulate()
			require.NoError(t, err)
			for _, c := range [][]byte{nil, ciphertext[1:], slices.Concat(ciphertext, []byte{0})} {
				_, err := k.Decapsulate(c)
				require.ErrorIs(t, err, material.ErrCiphertext)
			}
			altered := flip(ciphertext, 100)
			got, err := k.Decapsulate(altered)
			require.NoError(t, err)
			assert.Len(t, got, 32)
			assert.NotEqual(t, shared, got)
			again, err := k.Decapsulate(altered)
			require.NoError(t, err)
			assert.Equal(t, got, again, "implicit rejection is deterministic")
			got, err = newKey(t, spec).Decapsulate(ciphertext)
			require.NoError(t, err)
			assert.NotEqual(t, shared, got)
		})
	}
	t.Run("is for ML-KEM only", func(t *testing.T) {
		t.Parallel()
		for _, spec := range specs() {
			_, isKEM := mlkems[spec]
			_, _, err := sharedKey(t, spec).Encapsulate()
			assert.Equal(t, !isKEM, isSpecError(err), spec)
			_, err = sharedKey(t, spec).Decapsulate(nil)
			assert.Equal(t, !isKEM, isSpecError(err), spec)
		}
	})
}

func TestImport_mlkem(t *testing.T) {
	t.Parallel()
	t.Run("gives the public keys of NIST for seeds in the form of RFC 9935", func(t *testing.T) {
		t.Parallel()
		// ACVP, ML-KEM-keyGen-FIPS203, the first test of each parameter set: d
		// and z, and the SHA-256 of ek.
		for _, tc := range []struct {
			spec       types.KeySpec
			oid        string
			seed, want string
		}{
			{types.KeySpecMlKem512, "01", "2cb843a02ef02ee109305f39119fabf49ab90a57ffecb3a0e75e179450f5276184cc9121ae56fbf39e67adbd83ad2d3e3bb80843645206bdd9f2f629e3cc49b7", "f96920dc6766df52dca2428e7e751c0c27d537424c0a3f5c89153c2d5d28f898"},
			{types.KeySpecMlKem768, "02", "e34a701c4c87582f42264ee422d3c684d97611f2523efe0c998af05056d693dca85768f3486bd32a01bf9a8f21ea938e648eae4e5448c34c3eb88820b159eedd", "7799c9d8eef172aa78c073514f2f039c240de8c5cb61bca82ba0bc46041ce279"},
			{types.KeySpecMlKem1024, "03", "49ac8b99bb1e6a8ea818261f8be68bdeaa52897e7ec6c40b530bc760ab77dce399e3246884181f8e1dd44e0c7629093330221fd67d9b7d6e1510b2dbad8762f7", "62fccf5fdf805b110670b39cd5e25b1811172961ea4047bfbd589e323ce7cfbc"},
		} {
			der := unhex(t, mlkemBeforeOID+tc.oid+mlkemAfterOID+tc.seed)
			k := importKey(t, tc.spec, der)
			public := publicKey(t, k)
			ek := public[len(public)-mlkems[tc.spec].scheme.PublicKeySize():]
			sum := sha256.Sum256(ek)
			assert.Equal(t, tc.want, hex.EncodeToString(sum[:]), tc.spec)
			assert.Equal(t, der, keyBytes(t, k), tc.spec)
		}
	})
	t.Run("all private keys are of one length, as KMS says", func(t *testing.T) {
		t.Parallel()
		for spec := range mlkems {
			assert.Len(t, keyBytes(t, newKey(t, spec)), 86, spec)
		}
	})
	t.Run("refuses forms other than the seed", func(t *testing.T) {
		t.Parallel()
		expanded := unhex(t, mlkemBeforeOID+"02"+"04420440"+strings.Repeat("00", 64))
		_, err := material.Import(types.KeySpecMlKem768, expanded)
		require.ErrorIs(t, err, material.ErrMaterial)
		assert.ErrorContains(t, err, "seed form")
	})
}

func isSpecError(err error) bool { return errors.Is(err, material.ErrSpec) }
