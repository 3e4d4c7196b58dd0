package interop_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/cryptosigner"
	josejwt "github.com/go-jose/go-jose/v4/jwt"
	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kmskit/kmskit"
)

// joseAlgorithms are the algorithms of JOSE and the specs of the keys that sign by
// them.
var joseAlgorithms = map[jose.SignatureAlgorithm]types.KeySpec{
	jose.RS256: types.KeySpecRsa2048, jose.RS384: types.KeySpecRsa2048, jose.RS512: types.KeySpecRsa2048,
	jose.PS256: types.KeySpecRsa2048, jose.PS384: types.KeySpecRsa2048, jose.PS512: types.KeySpecRsa2048,
	jose.ES256: types.KeySpecEccNistP256, jose.ES384: types.KeySpecEccNistP384, jose.ES512: types.KeySpecEccNistP521,
	jose.EdDSA: types.KeySpecEccNistEdwards25519,
}

// TestGoJOSE has go-jose sign tokens with KMS keys and verify them with public
// keys, and golang-jwt verify them too.
func TestGoJOSE(t *testing.T) {
	t.Parallel()
	for algorithm, spec := range joseAlgorithms {
		t.Run(string(algorithm), func(t *testing.T) {
			t.Parallel()
			key := signingKey(t, spec, first)
			signer, err := jose.NewSigner(jose.SigningKey{Algorithm: algorithm, Key: cryptosigner.Opaque(key)}, nil)
			require.NoError(t, err)
			token, err := josejwt.Signed(signer).Claims(josejwt.Claims{Subject: "alice"}).Serialize()
			require.NoError(t, err)

			parsed, err := josejwt.ParseSigned(token, []jose.SignatureAlgorithm{algorithm})
			require.NoError(t, err)
			var claims josejwt.Claims
			require.NoError(t, parsed.Claims(key.Public(), &claims))
			assert.Equal(t, "alice", claims.Subject)
			require.Error(t, parsed.Claims(signingKey(t, spec, second).Public(), &claims), "another key")

			assertVerifies(t, token, key.Public())
		})
	}

	t.Run("decrypts with an RSA key", func(t *testing.T) {
		t.Parallel()
		for _, algorithm := range []jose.KeyAlgorithm{jose.RSA_OAEP, jose.RSA_OAEP_256} {
			key := newDecryptionKey(t)
			encrypter, err := jose.NewEncrypter(jose.A256GCM, jose.Recipient{Algorithm: algorithm, Key: key.Public()}, nil)
			require.NoError(t, err)
			sealed, err := encrypter.Encrypt([]byte("attack at dawn"))
			require.NoError(t, err)
			text, err := sealed.CompactSerialize()
			require.NoError(t, err)

			parsed, err := jose.ParseEncryptedCompact(text, []jose.KeyAlgorithm{algorithm}, []jose.ContentEncryption{jose.A256GCM})
			require.NoError(t, err)
			opened, err := parsed.Decrypt(opaqueDecrypter{key})
			require.NoError(t, err)
			assert.Equal(t, "attack at dawn", string(opened))
		}
	})
}

// opaqueDecrypter is what go-jose takes in place of an RSA private key.
type opaqueDecrypter struct{ crypto.Decrypter }

func (d opaqueDecrypter) DecryptKey(encryptedKey []byte, header jose.Header) ([]byte, error) {
	opts := &rsa.OAEPOptions{Hash: crypto.SHA256}
	if jose.KeyAlgorithm(header.Algorithm) == jose.RSA_OAEP {
		opts.Hash = crypto.SHA1
	}
	return d.Decrypt(nil, encryptedKey, opts)
}

// TestGolangJWT has golang-jwt sign tokens with KMS keys. For Ed25519 it takes a
// crypto.Signer; for the others a method of signing is written, as its users do.
func TestGolangJWT(t *testing.T) {
	t.Parallel()
	claims := jwt.RegisteredClaims{Subject: "alice", ExpiresAt: jwt.NewNumericDate(time.Now().Add(time.Hour))}

	t.Run("EdDSA", func(t *testing.T) {
		t.Parallel()
		key := signingKey(t, types.KeySpecEccNistEdwards25519, first)
		token, err := jwt.NewWithClaims(jwt.SigningMethodEdDSA, claims).SignedString(key)
		require.NoError(t, err)
		assertVerifies(t, token, key.Public())
	})

	methods := map[jwt.SigningMethod]struct {
		spec types.KeySpec
		opts crypto.SignerOpts
	}{
		jwt.SigningMethodRS256: {types.KeySpecRsa2048, crypto.SHA256},
		jwt.SigningMethodPS384: {types.KeySpecRsa2048, pss(crypto.SHA384)},
		jwt.SigningMethodES256: {types.KeySpecEccNistP256, crypto.SHA256},
		jwt.SigningMethodES384: {types.KeySpecEccNistP384, crypto.SHA384},
		jwt.SigningMethodES512: {types.KeySpecEccNistP521, crypto.SHA512},
	}
	for method, m := range methods {
		t.Run(method.Alg(), func(t *testing.T) {
			t.Parallel()
			key := signingKey(t, m.spec, first)
			token, err := jwt.NewWithClaims(kmsMethod{method, m.opts}, claims).SignedString(key)
			require.NoError(t, err)
			assertVerifies(t, token, key.Public())
		})
	}
}

// kmsMethod is a method of golang-jwt whose keys are *kmskit.SigningKey.
type kmsMethod struct {
	jwt.SigningMethod

	opts crypto.SignerOpts
}

func (m kmsMethod) Sign(signingString string, key any) ([]byte, error) {
	signingKey, ok := key.(*kmskit.SigningKey)
	if !ok {
		return nil, jwt.ErrInvalidKeyType
	}
	signature, err := signingKey.SignMessage(nil, []byte(signingString), m.opts)
	if err != nil {
		return nil, err
	}
	if _, ok := signingKey.Public().(*ecdsa.PublicKey); ok {
		return kmskit.ECDSAToFixed(signingKey.Spec(), signature)
	}
	return signature, nil
}

// assertVerifies asserts that golang-jwt takes a token with the public key, and
// no other token.
func assertVerifies(t *testing.T, token string, public crypto.PublicKey) {
	t.Helper()
	with := func(*jwt.Token) (any, error) { return public, nil }
	parsed, err := jwt.ParseWithClaims(token, &jwt.RegisteredClaims{}, with)
	require.NoError(t, err)
	subject, err := parsed.Claims.GetSubject()
	require.NoError(t, err)
	assert.Equal(t, "alice", subject)

	payload := strings.Split(token, ".")[1]
	altered := strings.Replace(token, payload, strings.Repeat("A", len(payload)), 1)
	_, err = jwt.ParseWithClaims(altered, &jwt.RegisteredClaims{}, with)
	require.Error(t, err)
}
