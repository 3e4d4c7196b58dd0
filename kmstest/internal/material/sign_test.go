package material_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha3"
	"crypto/sha512"
	"crypto/x509"
	"encoding/asn1"
	"encoding/hex"
	"math/big"
	"slices"
	"strings"
	"testing"

	"filippo.io/mldsa"
	mldsax509 "filippo.io/mldsa/x509"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kmskit/kmskit/kmstest/internal/material"
)

const (
	raw    = types.MessageTypeRaw
	digest = types.MessageTypeDigest
	mu     = types.MessageTypeExternalMu
)

// scheme is one way in which a key signs.
type scheme struct {
	spec      types.KeySpec
	algorithm types.SigningAlgorithmSpec
}

func (s scheme) String() string { return string(s.spec) + " with " + string(s.algorithm) }

func schemes() []scheme {
	var all []scheme
	for _, spec := range specsWith(types.KeyUsageTypeSignVerify) {
		for _, a := range material.AlgorithmsOf(spec, types.KeyUsageTypeSignVerify).Signing {
			all = append(all, scheme{spec, a})
		}
	}
	return all
}

// hash returns the hash of the algorithm, as KMS documents it: by its name.
func (s scheme) hash() crypto.Hash {
	switch {
	case strings.HasSuffix(string(s.algorithm), "SHA_256"):
		return crypto.SHA256
	case strings.HasSuffix(string(s.algorithm), "SHA_384"):
		return crypto.SHA384
	default:
		return crypto.SHA512
	}
}

// messageTypes are those that KMS takes for the scheme.
func (s scheme) messageTypes() []types.MessageType {
	switch s.algorithm {
	case types.SigningAlgorithmSpecEd25519Sha512:
		return []types.MessageType{raw}
	case types.SigningAlgorithmSpecEd25519PhSha512:
		return []types.MessageType{digest}
	case types.SigningAlgorithmSpecMlDsaShake256:
		return []types.MessageType{raw, mu}
	default:
		return []types.MessageType{raw, digest}
	}
}

// encode returns message in the form of the message type.
func (s scheme) encode(t *testing.T, k *material.Key, messageType types.MessageType, message []byte) []byte {
	t.Helper()
	switch messageType {
	case digest:
		h := s.hash().New()
		h.Write(message)
		return h.Sum(nil)
	case mu:
		return externalMu(mldsaPublicKey(t, k), message)
	default:
		return message
	}
}

// externalMu is mu of FIPS 204, section 6.2, for an empty context.
func externalMu(public *mldsa.PublicKey, message []byte) []byte {
	tr := sha3.SumSHAKE256(public.Bytes(), 64)
	return sha3.SumSHAKE256(slices.Concat(tr, []byte{0, 0}, message), 64)
}

func mldsaPublicKey(t *testing.T, k *material.Key) *mldsa.PublicKey {
	t.Helper()
	public, err := mldsax509.ParsePKIXPublicKey(publicKey(t, k))
	require.NoError(t, err)
	require.IsType(t, &mldsa.PublicKey{}, public)
	return public.(*mldsa.PublicKey)
}

func TestKey_Sign(t *testing.T) {
	t.Parallel()
	for _, s := range schemes() {
		t.Run("round trip for "+s.String(), func(t *testing.T) {
			t.Parallel()
			k := sharedKey(t, s.spec)
			for _, n := range []int{0, 1, 64, 4096} {
				message := randomBytes(seeded(t), n)
				for _, signed := range s.messageTypes() {
					signature, err := k.Sign(s.algorithm, signed, s.encode(t, k, signed, message))
					require.NoError(t, err, signed)
					assert.LessOrEqual(t, len(signature), 6144)
					// A message and its digest are the same message to KMS.
					for _, verified := range s.messageTypes() {
						require.NoError(t, k.Verify(s.algorithm, verified, s.encode(t, k, verified, message), signature),
							"%d bytes signed as %s, verified as %s", n, signed, verified)
					}
				}
			}
		})
		t.Run("an empty message type is RAW for "+s.String(), func(t *testing.T) {
			t.Parallel()
			k := sharedKey(t, s.spec)
			signature, err := k.Sign(s.algorithm, "", []byte("message"))
			if !slices.Contains(s.messageTypes(), raw) {
				require.ErrorIs(t, err, material.ErrMessageType)
				return
			}
			require.NoError(t, err)
			require.NoError(t, k.Verify(s.algorithm, "", []byte("message"), signature))
			require.NoError(t, k.Verify(s.algorithm, raw, []byte("message"), signature))
		})
		t.Run("refuses other message types for "+s.String(), func(t *testing.T) {
			t.Parallel()
			k := sharedKey(t, s.spec)
			for _, messageType := range append(types.MessageType("").Values(), "OTHER") {
				if slices.Contains(s.messageTypes(), messageType) {
					continue
				}
				_, err := k.Sign(s.algorithm, messageType, make([]byte, 64))
				require.ErrorIs(t, err, material.ErrMessageType, messageType)
				err = k.Verify(s.algorithm, messageType, make([]byte, 64), make([]byte, 64))
				require.ErrorIs(t, err, material.ErrMessageType, messageType)
			}
		})
		t.Run("refuses digests of other lengths for "+s.String(), func(t *testing.T) {
			t.Parallel()
			k := sharedKey(t, s.spec)
			for _, messageType := range s.messageTypes() {
				if messageType == raw {
					continue
				}
				for n := range 130 {
					err := k.Verify(s.algorithm, messageType, make([]byte, n), make([]byte, 64))
					if (messageType == mu && n == 64) || (messageType == digest && n == s.hash().Size()) {
						require.ErrorIs(t, err, material.ErrSignature, "%s of %d bytes", messageType, n)
						continue
					}
					require.ErrorIs(t, err, material.ErrDigestLength, "%s of %d bytes", messageType, n)
					_, err = k.Sign(s.algorithm, messageType, make([]byte, n))
					require.ErrorIs(t, err, material.ErrDigestLength, "%s of %d bytes", messageType, n)
				}
			}
		})
	}
	t.Run("refuses algorithms that the spec does not have", func(t *testing.T) {
		t.Parallel()
		for _, spec := range specs() {
			for _, a := range types.SigningAlgorithmSpec("").Values() {
				if slices.Contains(schemes(), scheme{spec, a}) {
					continue
				}
				_, err := sharedKey(t, spec).Sign(a, raw, nil)
				require.ErrorIs(t, err, material.ErrAlgorithm, "%s, %s", spec, a)
				err = sharedKey(t, spec).Verify(a, raw, nil, nil)
				require.ErrorIs(t, err, material.ErrAlgorithm, "%s, %s", spec, a)
			}
		}
	})
}

func TestKey_Verify(t *testing.T) {
	t.Parallel()
	for _, s := range schemes() {
		t.Run("refuses what was not signed for "+s.String(), func(t *testing.T) {
			t.Parallel()
			k := sharedKey(t, s.spec)
			messageType := s.messageTypes()[0]
			message := s.encode(t, k, messageType, []byte("message"))
			other := s.encode(t, k, messageType, []byte("another"))
			signature, err := k.Sign(s.algorithm, messageType, message)
			require.NoError(t, err)

			require.ErrorIs(t, k.Verify(s.algorithm, messageType, other, signature), material.ErrSignature)
			for _, cut := range [][]byte{
				nil, {}, signature[1:], signature[:len(signature)-1], slices.Concat(signature, []byte{0}),
			} {
				require.ErrorIs(t, k.Verify(s.algorithm, messageType, message, cut), material.ErrSignature)
			}
			for bit := 0; bit < 8*len(signature); bit += 1 + len(signature)/8 {
				require.ErrorIs(t, k.Verify(s.algorithm, messageType, message, flip(signature, bit)), material.ErrSignature, "bit %d", bit)
			}
		})
		t.Run("refuses the signature of another algorithm for "+s.String(), func(t *testing.T) {
			t.Parallel()
			k := sharedKey(t, s.spec)
			for _, other := range schemes() {
				if other.spec != s.spec || other == s {
					continue
				}
				message := make([]byte, 64)
				signature, err := k.Sign(other.algorithm, other.messageTypes()[0], message)
				require.NoError(t, err)
				err = k.Verify(s.algorithm, s.messageTypes()[0], message, signature)
				require.ErrorIs(t, err, material.ErrSignature, other)
			}
		})
	}
	t.Run("refuses the signature of another key", func(t *testing.T) {
		t.Parallel()
		for _, s := range schemes() {
			if s.spec == types.KeySpecRsa3072 || s.spec == types.KeySpecRsa4096 {
				continue // As RSA_2048, but slow.
			}
			message := make([]byte, 64)
			signature, err := newKey(t, s.spec).Sign(s.algorithm, s.messageTypes()[0], message)
			require.NoError(t, err)
			err = sharedKey(t, s.spec).Verify(s.algorithm, s.messageTypes()[0], message, signature)
			require.ErrorIs(t, err, material.ErrSignature, s)
			if s.spec == types.KeySpecRsa2048 {
				break
			}
		}
	})
}

// TestKey_Sign_elsewhere verifies signatures with the public key alone, as a
// client does outside KMS.
func TestKey_Sign_elsewhere(t *testing.T) {
	t.Parallel()
	for _, s := range schemes() {
		t.Run("the standard library or that of ML-DSA verifies "+s.String(), func(t *testing.T) {
			t.Parallel()
			if s.spec == types.KeySpecEccSecgP256k1 {
				t.Skip("there is no second implementation in Go here: openssl verifies this one")
			}
			k := sharedKey(t, s.spec)
			message := []byte("message")
			messageType := s.messageTypes()[0]
			signature, err := k.Sign(s.algorithm, messageType, s.encode(t, k, messageType, message))
			require.NoError(t, err)
			public, err := mldsax509.ParsePKIXPublicKey(publicKey(t, k))
			require.NoError(t, err)
			assert.True(t, s.verifies(public, message, signature))
			assert.False(t, s.verifies(public, []byte("another"), signature))
		})
	}
}

// verifies is the reference: it knows the algorithms by their names only.
func (s scheme) verifies(public any, message, signature []byte) bool {
	h := s.hash().New()
	h.Write(message)
	d := h.Sum(nil)
	switch p := public.(type) {
	case *rsa.PublicKey:
		if strings.Contains(string(s.algorithm), "PSS") {
			return rsa.VerifyPSS(p, s.hash(), d, signature, &rsa.PSSOptions{SaltLength: s.hash().Size()}) == nil
		}
		return rsa.VerifyPKCS1v15(p, s.hash(), d, signature) == nil
	case *ecdsa.PublicKey:
		return ecdsa.VerifyASN1(p, d, signature)
	case ed25519.PublicKey:
		if strings.Contains(string(s.algorithm), "PH") {
			// Ed25519ph of the digest, which is the message to it: KMS hashes twice.
			twice := sha512.Sum512(d)
			return ed25519.VerifyWithOptions(p, twice[:], signature, &ed25519.Options{Hash: crypto.SHA512}) == nil
		}
		return ed25519.Verify(p, message, signature)
	case *mldsa.PublicKey:
		return mldsa.Verify(p, message, signature, nil) == nil
	default:
		return false
	}
}

// opensslArgs are the arguments of "openssl pkeyutl" for the scheme.
func (s scheme) opensslArgs() []string {
	args := []string{"-rawin"}
	if s.spec == types.KeySpecEccNistEdwards25519 {
		return args
	}
	args = append(args, "-digest", strings.ToLower(strings.ReplaceAll(s.hash().String(), "-", "")))
	if strings.Contains(string(s.algorithm), "PSS") {
		args = append(args, "-pkeyopt", "rsa_padding_mode:pss", "-pkeyopt", "rsa_pss_saltlen:digest")
	}
	return args
}

func TestKey_Sign_openssl(t *testing.T) {
	t.Parallel()
	for _, s := range schemes() {
		if s.algorithm == types.SigningAlgorithmSpecEd25519PhSha512 || s.algorithm == types.SigningAlgorithmSpecMlDsaShake256 {
			continue // Widely installed releases of openssl have neither.
		}
		t.Run("openssl verifies "+s.String(), func(t *testing.T) {
			t.Parallel()
			k := sharedKey(t, s.spec)
			message := []byte("message")
			signature, err := k.Sign(s.algorithm, raw, message)
			require.NoError(t, err)
			openssl(t, map[string][]byte{"key": publicKey(t, k), "message": message, "signature": signature},
				append([]string{
					"pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-inkey", "key", "-in", "message", "-sigfile", "signature",
				}, s.opensslArgs()...)...)
		})
		t.Run("openssl signs with the private key for "+s.String(), func(t *testing.T) {
			t.Parallel()
			k := sharedKey(t, s.spec)
			message := []byte("message")
			signature := openssl(t, map[string][]byte{"key": keyBytes(t, k), "message": message},
				append([]string{
					"pkeyutl", "-sign", "-keyform", "DER", "-inkey", "key", "-in", "message", "-out", "out",
				}, s.opensslArgs()...)...)
			require.NoError(t, k.Verify(s.algorithm, raw, message, signature))
		})
	}
}

// An example that openssl made: a PKCS #8 private key, without and with the curve
// inside, its public key, and a signature of "sample".
const (
	koblitzPrivate   = "308184020100301006072a8648ce3d020106052b8104000a046d306b020101042075e1ad6bedb8903c2392d8bac94db754f527349535d956414689f61cd0ea2cc5a14403420004e082391dd8e1279a064f19fa016dc73f6d51bf5fa8b83c1ed184ca67ffc739f1c2522a6e8a44035db49bf0b7a5c575984befdfb8a3f33b5b8a590c7d33177f39"
	koblitzWritten   = "30818d020100301006072a8648ce3d020106052b8104000a04763074020101042075e1ad6bedb8903c2392d8bac94db754f527349535d956414689f61cd0ea2cc5a00706052b8104000aa14403420004e082391dd8e1279a064f19fa016dc73f6d51bf5fa8b83c1ed184ca67ffc739f1c2522a6e8a44035db49bf0b7a5c575984befdfb8a3f33b5b8a590c7d33177f39"
	koblitzPublic    = "3056301006072a8648ce3d020106052b8104000a03420004e082391dd8e1279a064f19fa016dc73f6d51bf5fa8b83c1ed184ca67ffc739f1c2522a6e8a44035db49bf0b7a5c575984befdfb8a3f33b5b8a590c7d33177f39"
	koblitzSignature = "3044022015e2b89b9c419dbef53e79f28b00770366083608b2cc32384bb3487e6cbb13f7022061a355da2025597cf5d5fff459a7ee9ba2ff15ab2eddc97029b70fa2df82668f"
	koblitzOrder     = "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141"
)

type ecdsaSignature struct{ R, S *big.Int }

func TestKey_koblitz(t *testing.T) {
	t.Parallel()
	const algorithm = types.SigningAlgorithmSpecEcdsaSha256
	k := importKey(t, types.KeySpecEccSecgP256k1, unhex(t, koblitzPrivate))
	order, _ := new(big.Int).SetString(koblitzOrder, 16)

	t.Run("reads keys as openssl writes them, writes them with the curve inside, and verifies its signature", func(t *testing.T) {
		t.Parallel()
		assert.Equal(t, koblitzWritten, hex.EncodeToString(keyBytes(t, k)))
		assert.Equal(t, koblitzPublic, hex.EncodeToString(publicKey(t, k)))
		require.NoError(t, k.Verify(algorithm, raw, []byte("sample"), unhex(t, koblitzSignature)))
	})
	t.Run("reads a private key without its public key and with the curve repeated", func(t *testing.T) {
		t.Parallel()
		inner := "302e020101042075e1ad6bedb8903c2392d8bac94db754f527349535d956414689f61cd0ea2cc5a00706052b8104000a"
		got := importKey(t, types.KeySpecEccSecgP256k1, unhex(t, "3047020100301006072a8648ce3d020106052b8104000a0430"+inner))
		assert.True(t, k.Equal(got))
	})
	t.Run("refuses private keys out of range, of other versions and of other curves", func(t *testing.T) {
		t.Parallel()
		scalar := koblitzPrivate[66:130]
		for name, bad := range map[string]string{
			"zero":            strings.Replace(koblitzPrivate, scalar, strings.Repeat("0", 64), 1),
			"the group order": strings.Replace(koblitzPrivate, scalar, koblitzOrder, 1),
			"version 2":       strings.Replace(koblitzPrivate, "306b020101", "306b020102", 1),
			"another curve":   strings.Replace(koblitzPrivate, "2b8104000a", "2b81040022", 1),
			"curve inside":    "3047020100301006072a8648ce3d020106052b8104000a0430302e0201010420" + scalar + "a00706052b81040022",
		} {
			require.NotEqual(t, koblitzPrivate, bad, name)
			_, err := material.Import(types.KeySpecEccSecgP256k1, unhex(t, bad))
			require.ErrorIs(t, err, material.ErrMaterial, name)
		}
	})
	t.Run("verifies low and high S alike", func(t *testing.T) {
		t.Parallel()
		var in ecdsaSignature
		_, err := asn1.Unmarshal(unhex(t, koblitzSignature), &in)
		require.NoError(t, err)
		in.S.Sub(order, in.S)
		high, err := asn1.Marshal(in)
		require.NoError(t, err)
		require.NoError(t, k.Verify(algorithm, raw, []byte("sample"), high))
	})
	t.Run("signs with low and high S, differently every time", func(t *testing.T) {
		t.Parallel()
		half := new(big.Int).Rsh(order, 1)
		var low, high int
		seen := map[string]bool{}
		for range 100 {
			b, err := k.Sign(algorithm, raw, []byte("sample"))
			require.NoError(t, err)
			seen[string(b)] = true
			var out ecdsaSignature
			_, err = asn1.Unmarshal(b, &out)
			require.NoError(t, err)
			if out.S.Cmp(half) > 0 {
				high++
			} else {
				low++
			}
		}
		assert.Len(t, seen, 100)
		assert.Positive(t, low)
		assert.Positive(t, high)
	})
	t.Run("refuses R and S out of range and data behind them", func(t *testing.T) {
		t.Parallel()
		var in ecdsaSignature
		_, err := asn1.Unmarshal(unhex(t, koblitzSignature), &in)
		require.NoError(t, err)
		for _, bad := range []any{
			ecdsaSignature{new(big.Int), in.S},
			ecdsaSignature{in.R, new(big.Int)},
			ecdsaSignature{in.R, new(big.Int).Add(in.S, order)},
			ecdsaSignature{new(big.Int).Add(in.R, order), in.S},
			ecdsaSignature{in.R, new(big.Int).Sub(in.S, order)},
			struct{ R, S, T *big.Int }{in.R, in.S, big.NewInt(1)},
		} {
			b, err := asn1.Marshal(bad)
			require.NoError(t, err)
			require.ErrorIs(t, k.Verify(algorithm, raw, []byte("sample"), b), material.ErrSignature)
		}
	})
}

func TestKey_edwards(t *testing.T) {
	t.Parallel()
	t.Run("gives the signature of RFC 8032, test 1", func(t *testing.T) {
		t.Parallel()
		k := importKey(t, types.KeySpecEccNistEdwards25519,
			unhex(t, "302e020100300506032b6570042204209d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"))
		assert.Equal(t, "302a300506032b6570032100d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
			hex.EncodeToString(publicKey(t, k)))
		got, err := k.Sign(types.SigningAlgorithmSpecEd25519Sha512, raw, nil)
		require.NoError(t, err)
		assert.Equal(t, "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
			hex.EncodeToString(got))
	})
}

var mldsaSpecs = []types.KeySpec{types.KeySpecMlDsa44, types.KeySpecMlDsa65, types.KeySpecMlDsa87}

func TestKey_mldsa(t *testing.T) {
	t.Parallel()
	const algorithm = types.SigningAlgorithmSpecMlDsaShake256

	t.Run("gives the public keys of RFC 9881 for seeds in its form", func(t *testing.T) {
		t.Parallel()
		for i, tc := range []struct{ private, publicSum string }{
			{"3034020100300b06096086480165030403110422", "837832708c5236d951581f1fddf2b79991b3424a0486d16da1ddad0fd69701be"},
			{"3034020100300b06096086480165030403120422", "b8b62131bfbe84433efb2273d7f5b87f7a22854a2cfd366fc2aead86d837c52d"},
			{"3034020100300b06096086480165030403130422", "07e57c4f14dbad1267f621ec3777b4e2e6c4fbc4c22fbb87510ff8e0b3c6a642"},
		} {
			der := unhex(t, tc.private+"8020000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f")
			k := importKey(t, mldsaSpecs[i], der)
			sum := sha256.Sum256(publicKey(t, k))
			assert.Equal(t, tc.publicSum, hex.EncodeToString(sum[:]), mldsaSpecs[i])
			assert.Equal(t, der, keyBytes(t, k), mldsaSpecs[i])
		}
	})
	for _, spec := range mldsaSpecs {
		t.Run("EXTERNAL_MU verifies what the library verifies, and nothing else, for "+string(spec), func(t *testing.T) {
			t.Parallel()
			r := seeded(t)
			for range 10 {
				k := newKey(t, spec)
				public := mldsaPublicKey(t, k)
				message := randomBytes(r, r.IntN(100))
				signature, err := k.Sign(algorithm, raw, message)
				require.NoError(t, err)
				agree := func(message, signature []byte, what string) {
					err := mldsa.Verify(public, message, signature, nil)
					got := k.Verify(algorithm, mu, externalMu(public, message), signature)
					require.Equal(t, err == nil, got == nil, what)
				}
				agree(message, signature, "as signed")
				agree(slices.Concat(message, []byte{0}), signature, "another message")
				for range 10 {
					agree(message, flip(signature, r.IntN(8*len(signature))), "a flipped bit")
				}
			}
		})
		t.Run("EXTERNAL_MU refuses malformed hints for "+string(spec), func(t *testing.T) {
			t.Parallel()
			k := newKey(t, spec)
			public := mldsaPublicKey(t, k)
			message := []byte("message")
			good, err := k.Sign(algorithm, raw, message)
			require.NoError(t, err)
			omega := map[types.KeySpec]int{types.KeySpecMlDsa44: 80, types.KeySpecMlDsa65: 55, types.KeySpecMlDsa87: 75}[spec]
			rows := map[types.KeySpec]int{types.KeySpecMlDsa44: 4, types.KeySpecMlDsa65: 6, types.KeySpecMlDsa87: 8}[spec]
			hint := len(good) - omega - rows
			for name, change := range map[string]func(h []byte){
				"a row that ends beyond the hint":     func(h []byte) { h[omega] = byte(omega + 1) },
				"a row that ends before it starts":    func(h []byte) { h[omega+1] = h[omega] - 1 },
				"positions that are not increasing":   func(h []byte) { h[0], h[1] = h[1], h[0] },
				"a position named twice":              func(h []byte) { h[1] = h[0] },
				"an unused position that is not zero": func(h []byte) { h[omega-1] = 1 },
			} {
				bad := slices.Clone(good)
				change(bad[hint:])
				require.Error(t, mldsa.Verify(public, message, bad, nil), name)
				require.ErrorIs(t, k.Verify(algorithm, mu, externalMu(public, message), bad), material.ErrSignature, name)
			}
		})
	}
	t.Run("EXTERNAL_MU refuses a second encoding of an empty row of the hint", func(t *testing.T) {
		t.Parallel()
		// The last of the 6 rows of this signature's hint is empty, as in 1 of
		// some 200 signatures: it ends where the row before it does.
		private, err := mldsa.NewPrivateKey(mldsa.MLDSA65(), make([]byte, mldsa.PrivateKeySize))
		require.NoError(t, err)
		message := []byte("230")
		signature, err := private.SignDeterministic(message, nil)
		require.NoError(t, err)
		ends := signature[len(signature)-6:]
		require.Equal(t, ends[4], ends[5])

		der, err := mldsax509.MarshalPKCS8PrivateKey(private)
		require.NoError(t, err)
		k := importKey(t, types.KeySpecMlDsa65, der)
		require.NoError(t, k.Verify(algorithm, mu, externalMu(private.PublicKey(), message), signature))
		ends[5]--
		require.Error(t, mldsa.Verify(private.PublicKey(), message, signature, nil))
		require.ErrorIs(t, k.Verify(algorithm, mu, externalMu(private.PublicKey(), message), signature), material.ErrSignature)
	})
}

func TestImport_ecc(t *testing.T) {
	t.Parallel()
	t.Run("reads keys of openssl", func(t *testing.T) {
		t.Parallel()
		for _, spec := range []types.KeySpec{
			types.KeySpecEccNistP256, types.KeySpecEccNistP384, types.KeySpecEccNistP521,
			types.KeySpecEccSecgP256k1, types.KeySpecEccNistEdwards25519,
		} {
			k := sharedKey(t, spec)
			out := openssl(t, map[string][]byte{"in": keyBytes(t, k)},
				"pkcs8", "-topk8", "-nocrypt", "-inform", "DER", "-in", "in", "-outform", "DER", "-out", "out")
			assert.True(t, k.Equal(importKey(t, spec, out)), spec)
		}
	})
	t.Run("takes a compressed public key beside the private key for the same key", func(t *testing.T) {
		t.Parallel()
		k := sharedKey(t, types.KeySpecEccNistP256)
		out := openssl(t, map[string][]byte{"in": keyBytes(t, k)},
			"ec", "-inform", "DER", "-in", "in", "-conv_form", "compressed", "-outform", "DER", "-out", "out")
		out = openssl(t, map[string][]byte{"in": out},
			"pkcs8", "-topk8", "-nocrypt", "-inform", "DER", "-in", "in", "-outform", "DER", "-out", "out")
		assert.NotEqual(t, keyBytes(t, k), out)
		got := importKey(t, types.KeySpecEccNistP256, out)
		assert.True(t, k.Equal(got))
		assert.Equal(t, keyBytes(t, k), keyBytes(t, got))
	})
	t.Run("refuses a curve given by its parameters", func(t *testing.T) {
		t.Parallel()
		k := sharedKey(t, types.KeySpecEccNistP256)
		out := openssl(t, map[string][]byte{"in": keyBytes(t, k)},
			"ec", "-inform", "DER", "-in", "in", "-param_enc", "explicit", "-outform", "DER", "-out", "out")
		out = openssl(t, map[string][]byte{"in": out},
			"pkcs8", "-topk8", "-nocrypt", "-inform", "DER", "-in", "in", "-outform", "DER", "-out", "out")
		_, err := material.Import(types.KeySpecEccNistP256, out)
		require.ErrorIs(t, err, material.ErrMaterial)
	})
	t.Run("hands out private keys as long as those of KMS", func(t *testing.T) {
		t.Parallel()
		for spec, length := range map[types.KeySpec]int{
			types.KeySpecEccNistP256: 150, types.KeySpecEccSecgP256k1: 144, types.KeySpecEccNistEdwards25519: 48,
		} {
			assert.Len(t, keyBytes(t, sharedKey(t, spec)), length, spec)
		}
	})
	t.Run("hands out private keys that crypto/x509 reads", func(t *testing.T) {
		t.Parallel()
		for spec, curve := range nistCurves {
			private, err := x509.ParsePKCS8PrivateKey(keyBytes(t, sharedKey(t, spec)))
			require.NoError(t, err)
			require.IsType(t, &ecdsa.PrivateKey{}, private)
			assert.Equal(t, curve, private.(*ecdsa.PrivateKey).Curve)
		}
	})
}

func BenchmarkKey_Sign(b *testing.B) {
	for _, s := range schemes() {
		b.Run(s.String(), func(b *testing.B) {
			k := sharedKey(b, s.spec)
			messageType := s.messageTypes()[0]
			message := make([]byte, 64)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := k.Sign(s.algorithm, messageType, message); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
