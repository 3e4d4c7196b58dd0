package kmstest_test

import (
	"bytes"
	"crypto"
	"crypto/aes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/x509"
	"encoding/binary"
	"hash"
	"log"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/aws/smithy-go"
	"github.com/kmskit/kmskit"
	"github.com/kmskit/kmskit/kmstest"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// external makes a key whose material is to be imported.
func external(in *kms.CreateKeyInput) { in.Origin = types.OriginTypeExternal }

func random(n int) []byte {
	b := make([]byte, n)
	rand.Read(b)
	return b
}

// parameters gets what it takes to import material into a key.
func parameters(t testing.TB, c keeper, k *types.KeyMetadata, algorithm types.AlgorithmSpec) *kms.GetParametersForImportOutput {
	t.Helper()
	out, err := c.GetParametersForImport(t.Context(), &kms.GetParametersForImportInput{
		KeyId: k.KeyId, WrappingAlgorithm: algorithm, WrappingKeySpec: types.WrappingKeySpecRsa2048,
	})
	require.NoError(t, err)
	return out
}

// wrap wraps material under a public key from KMS.
func wrap(t testing.TB, public []byte, algorithm types.AlgorithmSpec, material []byte) []byte {
	t.Helper()
	var h hash.Hash
	switch algorithm {
	case types.AlgorithmSpecRsaesOaepSha1, types.AlgorithmSpecRsaAesKeyWrapSha1:
		h = sha1.New()
	default:
		h = sha256.New()
	}
	p, err := x509.ParsePKIXPublicKey(public)
	require.NoError(t, err)
	oaep := func(b []byte) []byte {
		c, err := rsa.EncryptOAEP(h, rand.Reader, p.(*rsa.PublicKey), b, nil)
		require.NoError(t, err)
		return c
	}
	if algorithm == types.AlgorithmSpecRsaesOaepSha1 || algorithm == types.AlgorithmSpecRsaesOaepSha256 {
		return oaep(material)
	}
	kek := random(32)
	return append(oaep(kek), wrapPadded(t, kek, material)...)
}

// wrapPadded is AES key wrap with padding (RFC 5649) of more than 8 bytes.
func wrapPadded(t testing.TB, kek, b []byte) []byte {
	t.Helper()
	block, err := aes.NewCipher(kek)
	require.NoError(t, err)
	n := (len(b) + 7) / 8
	out := make([]byte, 8*(n+1))
	binary.BigEndian.PutUint32(out, 0xa65959a6)
	binary.BigEndian.PutUint32(out[4:], uint32(len(b)))
	copy(out[8:], b)
	var buf [16]byte
	for i := range 6 * n {
		r := out[8*(1+i%n):][:8]
		copy(buf[:8], out)
		copy(buf[8:], r)
		block.Encrypt(buf[:], buf[:])
		binary.BigEndian.PutUint64(out, binary.BigEndian.Uint64(buf[:])^uint64(i+1))
		copy(r, buf[8:])
	}
	return out
}

// importInput is a request to import material that does not expire.
func importInput(t testing.TB, c keeper, k *types.KeyMetadata, material []byte) *kms.ImportKeyMaterialInput {
	t.Helper()
	p := parameters(t, c, k, types.AlgorithmSpecRsaesOaepSha256)
	return &kms.ImportKeyMaterialInput{
		KeyId:                k.KeyId,
		ImportToken:          p.ImportToken,
		EncryptedKeyMaterial: wrap(t, p.PublicKey, types.AlgorithmSpecRsaesOaepSha256, material),
		ExpirationModel:      types.ExpirationModelTypeKeyMaterialDoesNotExpire,
	}
}

// importMaterial imports material that does not expire, and returns its ID.
func importMaterial(t testing.TB, c keeper, k *types.KeyMetadata, material []byte, change ...func(*kms.ImportKeyMaterialInput)) string {
	t.Helper()
	in := importInput(t, c, k, material)
	for _, f := range change {
		f(in)
	}
	out, err := c.ImportKeyMaterial(t.Context(), in)
	require.NoError(t, err)
	assert.Equal(t, *k.Arn, *out.KeyId)
	return aws.ToString(out.KeyMaterialId)
}

func asNew(in *kms.ImportKeyMaterialInput) { in.ImportType = types.ImportTypeNewKeyMaterial }

func until(at time.Time) func(*kms.ImportKeyMaterialInput) {
	return func(in *kms.ImportKeyMaterialInput) {
		in.ExpirationModel, in.ValidTo = types.ExpirationModelTypeKeyMaterialExpires, &at
	}
}

func deleteMaterial(t testing.TB, c keeper, k *types.KeyMetadata, id ...string) {
	t.Helper()
	in := &kms.DeleteImportedKeyMaterialInput{KeyId: k.KeyId}
	if len(id) > 0 {
		in.KeyMaterialId = &id[0]
	}
	_, err := c.DeleteImportedKeyMaterial(t.Context(), in)
	require.NoError(t, err)
}

// materialStates returns the states of the key material of a key, oldest first.
func materialStates(t testing.TB, c keeper, k *types.KeyMetadata) []types.KeyMaterialState {
	t.Helper()
	list := allMaterial(t, c, k)
	states := make([]types.KeyMaterialState, len(list))
	for i, m := range list {
		states[i] = m.KeyMaterialState
	}
	return states
}

func TestGetParametersForImport(t *testing.T) {
	t.Parallel()
	t.Run("answers with a public key and a token for a day", func(t *testing.T) {
		t.Parallel()
		everyKeeper(t, func(t *testing.T, srv *kmstest.Server, c keeper) {
			k := newKey(t, c, external)
			before := srv.Now()
			p := parameters(t, c, k, types.AlgorithmSpecRsaesOaepSha256)
			assert.Equal(t, *k.Arn, *p.KeyId)
			assert.WithinRange(t, *p.ParametersValidTo, before.Add(day), srv.Now().Add(day))
			assert.NotEmpty(t, p.ImportToken)
			assert.LessOrEqual(t, len(p.ImportToken), 6144)
			public, err := x509.ParsePKIXPublicKey(p.PublicKey)
			require.NoError(t, err)
			assert.Equal(t, 2048, public.(*rsa.PublicKey).N.BitLen())
		})
	})

	t.Run("has wrapping keys of three lengths", func(t *testing.T) {
		t.Parallel()
		c := kmstest.New().API()
		k := newKey(t, c, external)
		for spec, bits := range map[types.WrappingKeySpec]int{
			types.WrappingKeySpecRsa2048: 2048, types.WrappingKeySpecRsa3072: 3072, types.WrappingKeySpecRsa4096: 4096,
		} {
			p, err := c.GetParametersForImport(t.Context(), &kms.GetParametersForImportInput{
				KeyId: k.KeyId, WrappingKeySpec: spec, WrappingAlgorithm: types.AlgorithmSpecRsaesOaepSha1,
			})
			require.NoError(t, err)
			public, err := x509.ParsePKIXPublicKey(p.PublicKey)
			require.NoError(t, err)
			assert.Equal(t, bits, public.(*rsa.PublicKey).N.BitLen())
			in := &kms.ImportKeyMaterialInput{
				KeyId: k.KeyId, ImportToken: p.ImportToken, ExpirationModel: types.ExpirationModelTypeKeyMaterialDoesNotExpire,
				EncryptedKeyMaterial: wrap(t, p.PublicKey, types.AlgorithmSpecRsaesOaepSha1, bytes.Repeat([]byte{7}, 32)),
			}
			_, err = c.ImportKeyMaterial(t.Context(), in)
			assert.NoError(t, err)
		}
	})

	t.Run("wraps each kind of material as KMS does", func(t *testing.T) {
		t.Parallel()
		c := kmstest.New().API()
		direct, hybrid := "RSAES_OAEP_SHA_1 RSAES_OAEP_SHA_256 ", "RSA_AES_KEY_WRAP_SHA_1 RSA_AES_KEY_WRAP_SHA_256 "
		for spec, x := range map[types.KeySpec]struct {
			usage       types.KeyUsageType
			short, long string // the algorithms with RSA_2048 and with RSA_3072
		}{
			types.KeySpecSymmetricDefault:    {types.KeyUsageTypeEncryptDecrypt, direct, direct},
			types.KeySpecHmac224:             {types.KeyUsageTypeGenerateVerifyMac, direct, direct},
			types.KeySpecHmac512:             {types.KeyUsageTypeGenerateVerifyMac, direct, direct},
			types.KeySpecRsa2048:             {types.KeyUsageTypeSignVerify, hybrid, hybrid},
			types.KeySpecRsa4096:             {types.KeyUsageTypeEncryptDecrypt, hybrid, hybrid},
			types.KeySpecEccNistP256:         {types.KeyUsageTypeSignVerify, direct + hybrid, direct + hybrid},
			types.KeySpecEccNistP384:         {types.KeyUsageTypeKeyAgreement, direct + hybrid, direct + hybrid},
			types.KeySpecEccNistP521:         {types.KeyUsageTypeSignVerify, hybrid, direct + hybrid},
			types.KeySpecEccSecgP256k1:       {types.KeyUsageTypeSignVerify, direct + hybrid, direct + hybrid},
			types.KeySpecEccNistEdwards25519: {types.KeyUsageTypeSignVerify, direct + hybrid, direct + hybrid},
		} {
			k := newKey(t, c, external, ofSpec(spec, x.usage))
			for wrapping, want := range map[types.WrappingKeySpec]string{
				types.WrappingKeySpecRsa2048: x.short, types.WrappingKeySpecRsa3072: x.long,
			} {
				for _, algorithm := range types.AlgorithmSpec("").Values() {
					_, err := c.GetParametersForImport(t.Context(), &kms.GetParametersForImportInput{
						KeyId: k.KeyId, WrappingKeySpec: wrapping, WrappingAlgorithm: algorithm,
					})
					if strings.Contains(want, string(algorithm)+" ") {
						assert.NoError(t, err, "%s %s %s", spec, wrapping, algorithm)
						continue
					}
					refused(t, err, "ValidationException", "Wrapping algorithm "+string(algorithm)+" and wrapping key spec "+
						string(wrapping)+" cannot be used to import a "+string(spec)+" key.")
				}
			}
		}
	})

	t.Run("refuses what is not made for it", func(t *testing.T) {
		t.Parallel()
		everyKeeper(t, func(t *testing.T, _ *kmstest.Server, c keeper) {
			k := newKey(t, c)
			in := &kms.GetParametersForImportInput{
				KeyId: k.KeyId, WrappingKeySpec: types.WrappingKeySpecRsa2048, WrappingAlgorithm: types.AlgorithmSpecRsaesOaepSha256,
			}
			_, err := c.GetParametersForImport(t.Context(), in)
			refused(t, err, "UnsupportedOperationException", *k.Arn+" origin is AWS_KMS which is not valid for this operation.")
			in.KeyId, in.WrappingKeySpec = newKey(t, c, external).KeyId, types.WrappingKeySpecSm2
			_, err = c.GetParametersForImport(t.Context(), in)
			refused(t, err, "UnsupportedOperationException", "Wrapping key spec SM2 is not supported.")
		})
	})
}

func TestImportKeyMaterial(t *testing.T) {
	t.Parallel()
	t.Run("makes a key of use, and deletion takes that away", func(t *testing.T) {
		t.Parallel()
		everyKeeper(t, func(t *testing.T, _ *kmstest.Server, c keeper) {
			k := newKey(t, c, external)
			assert.Equal(t, types.KeyStatePendingImport, k.KeyState)
			assert.False(t, k.Enabled)
			assert.Empty(t, k.ExpirationModel)
			assert.Nil(t, k.CurrentKeyMaterialId)
			_, err := c.Encrypt(t.Context(), &kms.EncryptInput{KeyId: k.KeyId, Plaintext: []byte("x")})
			refused(t, err, "KMSInvalidStateException", *k.Arn+" is pending import.")

			material := random(32)
			id := importMaterial(t, c, k, material)
			assert.Regexp(t, "^[0-9a-f]{64}$", id)
			m := metadata(t, c, k)
			assert.Equal(t, types.KeyStateEnabled, m.KeyState)
			assert.True(t, m.Enabled)
			assert.Equal(t, types.ExpirationModelTypeKeyMaterialDoesNotExpire, m.ExpirationModel)
			assert.Nil(t, m.ValidTo)
			assert.Equal(t, id, *m.CurrentKeyMaterialId)
			ciphertext := encrypt(t, c, k, "x", nil)

			out, err := c.DeleteImportedKeyMaterial(t.Context(), &kms.DeleteImportedKeyMaterialInput{KeyId: k.KeyId})
			require.NoError(t, err)
			assert.Equal(t, *k.Arn, *out.KeyId)
			assert.Equal(t, id, *out.KeyMaterialId)
			m = metadata(t, c, k)
			assert.Equal(t, types.KeyStatePendingImport, m.KeyState)
			assert.Empty(t, m.ExpirationModel)
			assert.Equal(t, id, *m.CurrentKeyMaterialId)
			_, err = c.Decrypt(t.Context(), &kms.DecryptInput{CiphertextBlob: ciphertext})
			refused(t, err, "KMSInvalidStateException", *k.Arn+" is pending import.")

			assert.Equal(t, id, importMaterial(t, c, k, material), "the same material again")
			d, err := c.Decrypt(t.Context(), &kms.DecryptInput{CiphertextBlob: ciphertext})
			require.NoError(t, err)
			assert.Equal(t, "x", string(d.Plaintext))
		})
	})

	t.Run("names the same material otherwise in another key", func(t *testing.T) {
		t.Parallel()
		c := kmstest.New().API()
		k, another, material := newKey(t, c, external), newKey(t, c, external), random(32)
		assert.NotEqual(t, importMaterial(t, c, k, material), importMaterial(t, c, another, material))
		_, err := c.Decrypt(t.Context(), &kms.DecryptInput{CiphertextBlob: encrypt(t, c, k, "x", nil), KeyId: another.KeyId})
		refusedWith(t, err, "IncorrectKeyException")
	})

	t.Run("refuses what expires at no time or at a wrong one", func(t *testing.T) {
		t.Parallel()
		srv := frozen()
		c := srv.API()
		k := newKey(t, c, external)
		in := importInput(t, c, k, random(32))
		for _, x := range []struct {
			model types.ExpirationModelType
			to    *time.Time
			text  string
		}{
			{"", nil, "A validTo date must be set if the ExpirationModel is KEY_MATERIAL_EXPIRES"},
			{types.ExpirationModelTypeKeyMaterialExpires, nil, "A validTo date must be set if the ExpirationModel is KEY_MATERIAL_EXPIRES"},
			{
				types.ExpirationModelTypeKeyMaterialDoesNotExpire, aws.Time(srv.Now().Add(day)),
				"A validTo date cannot be set if the ExpirationModel is KEY_MATERIAL_DOES_NOT_EXPIRE",
			},
			{"", aws.Time(srv.Now()), "ValidTo must be in the future"},
			{"", aws.Time(srv.Now().Add(365*day + time.Second)), "ValidTo must be less than 365 days in the future"},
		} {
			in.ExpirationModel, in.ValidTo = x.model, x.to
			_, err := c.ImportKeyMaterial(t.Context(), in)
			refused(t, err, "ValidationException", x.text)
		}
		in.ExpirationModel, in.ValidTo = "", aws.Time(srv.Now().Truncate(time.Second).Add(365*day+time.Millisecond))
		_, err := c.ImportKeyMaterial(t.Context(), in)
		require.NoError(t, err)
		assert.Equal(t, in.ValidTo.Add(-time.Millisecond).UTC(), metadata(t, c, k).ValidTo.UTC(), "in whole seconds")
	})

	t.Run("expires", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			srv := kmstest.New()
			c := srv.Client()
			k, material := newKey(t, c, external), random(32)
			validTo := srv.Now().Add(48 * time.Hour)
			importMaterial(t, c, k, material, until(validTo))
			m := metadata(t, c, k)
			assert.Equal(t, types.ExpirationModelTypeKeyMaterialExpires, m.ExpirationModel)
			assert.Equal(t, validTo, m.ValidTo.UTC())
			<-time.After(48*time.Hour - time.Millisecond)
			assert.Equal(t, types.KeyStateEnabled, metadata(t, c, k).KeyState)
			<-time.After(time.Millisecond)
			m = metadata(t, c, k)
			assert.Equal(t, types.KeyStatePendingImport, m.KeyState)
			assert.Empty(t, m.ExpirationModel)
			assert.Nil(t, m.ValidTo)
			importMaterial(t, c, k, material)
			assert.Equal(t, types.KeyStateEnabled, metadata(t, c, k).KeyState)
		})
	})

	t.Run("sets another expiry when the same material is imported again", func(t *testing.T) {
		t.Parallel()
		srv := frozen()
		c := srv.API()
		k, material := newKey(t, c, external), random(32)
		importMaterial(t, c, k, material, until(srv.Now().Add(day)))
		importMaterial(t, c, k, material, until(srv.Now().Add(10*day)))
		srv.Advance(9 * day)
		assert.Equal(t, types.KeyStateEnabled, metadata(t, c, k).KeyState)
		importMaterial(t, c, k, material)
		srv.Advance(9 * day)
		assert.Equal(t, types.KeyStateEnabled, metadata(t, c, k).KeyState)
	})

	t.Run("refuses a token that is not of this key, or too old", func(t *testing.T) {
		t.Parallel()
		everyKeeper(t, func(t *testing.T, srv *kmstest.Server, c keeper) {
			k := newKey(t, c, external)
			foreign := importInput(t, c, newKey(t, c, external), random(32))
			foreign.KeyId = k.KeyId
			_, err := c.ImportKeyMaterial(t.Context(), foreign)
			refused(t, err, "InvalidImportTokenException", "")

			in := importInput(t, c, k, random(32))
			token := in.ImportToken
			altered := bytes.Clone(token)
			altered[0] ^= 1
			for _, bad := range [][]byte{altered, token[:len(token)-1], []byte("token"), {0xff}} {
				in.ImportToken = bad
				_, err = c.ImportKeyMaterial(t.Context(), in)
				refused(t, err, "InvalidImportTokenException", "")
			}
			in.ImportToken = token
			srv.Advance(day + time.Second)
			_, err = c.ImportKeyMaterial(t.Context(), in)
			refused(t, err, "ExpiredImportTokenException", "")
			assert.Equal(t, types.KeyStatePendingImport, metadata(t, c, k).KeyState)
		})
	})

	t.Run("refuses material that it cannot unwrap", func(t *testing.T) {
		t.Parallel()
		everyKeeper(t, func(t *testing.T, _ *kmstest.Server, c keeper) {
			k := newKey(t, c, external)
			first := parameters(t, c, k, types.AlgorithmSpecRsaesOaepSha256)
			second := parameters(t, c, k, types.AlgorithmSpecRsaesOaepSha256)
			sha256 := wrap(t, first.PublicKey, types.AlgorithmSpecRsaesOaepSha256, random(32))
			for _, x := range []struct{ token, wrapped []byte }{
				{second.ImportToken, sha256},
				{first.ImportToken, wrap(t, first.PublicKey, types.AlgorithmSpecRsaesOaepSha1, random(32))},
				{first.ImportToken, sha256[1:]},
				{first.ImportToken, append(sha256, 0)},
				{first.ImportToken, []byte("x")},
			} {
				_, err := c.ImportKeyMaterial(t.Context(), &kms.ImportKeyMaterialInput{
					KeyId: k.KeyId, ImportToken: x.token, EncryptedKeyMaterial: x.wrapped,
					ExpirationModel: types.ExpirationModelTypeKeyMaterialDoesNotExpire,
				})
				refused(t, err, "InvalidCiphertextException", "")
			}
		})
	})

	t.Run("refuses material that is not the key's", func(t *testing.T) {
		t.Parallel()
		everyKeeper(t, func(t *testing.T, _ *kmstest.Server, c keeper) {
			k, material := newKey(t, c, external), random(32)
			wrong := func(id string) string {
				return "Imported key material does not have the expected identifier (" + id + ")."
			}
			none := strings.Repeat("0", 64)
			try := func(code, text string, material []byte, change ...func(*kms.ImportKeyMaterialInput)) {
				t.Helper()
				in := importInput(t, c, k, material)
				for _, f := range change {
					f(in)
				}
				_, err := c.ImportKeyMaterial(t.Context(), in)
				refused(t, err, code, text)
			}
			existing := func(in *kms.ImportKeyMaterialInput) { in.ImportType = types.ImportTypeExistingKeyMaterial }
			named := func(id string) func(*kms.ImportKeyMaterialInput) {
				return func(in *kms.ImportKeyMaterialInput) { in.KeyMaterialId = &id }
			}
			try("InvalidCiphertextException", "", random(31))
			try("IncorrectKeyMaterialException", wrong("null"), material, existing)
			try("IncorrectKeyMaterialException", wrong(none), material, named(none))
			try("ValidationException", "Input parameter keyMaterialId cannot be used with NEW_KEY_MATERIAL importType.", material, asNew, named(none))

			id := importMaterial(t, c, k, material)
			deleteMaterial(t, c, k)
			try("IncorrectKeyMaterialException", wrong(id), random(32))
			try("IncorrectKeyMaterialException", wrong(id), random(32), existing)
			try("IncorrectKeyMaterialException", wrong(none), material, named(none))
			try("IncorrectKeyMaterialException", "Key material (id: "+id+") being imported as NEW_KEY_MATERIAL is already associated with KMS key "+*k.Arn+".",
				material, asNew)
			assert.Equal(t, id, importMaterial(t, c, k, material, existing, named(id)))
		})
	})

	t.Run("enables a disabled key, unless the material waits for a rotation", func(t *testing.T) {
		t.Parallel()
		c := kmstest.New().API()
		k, material := newKey(t, c, external), random(32)
		importMaterial(t, c, k, material)
		_, err := c.DisableKey(t.Context(), &kms.DisableKeyInput{KeyId: k.KeyId})
		require.NoError(t, err)
		importMaterial(t, c, k, random(32), asNew)
		assert.Equal(t, types.KeyStateDisabled, metadata(t, c, k).KeyState)
		importMaterial(t, c, k, material)
		assert.Equal(t, types.KeyStateEnabled, metadata(t, c, k).KeyState)
		deleteMaterial(t, c, k)
		assert.Equal(t, types.KeyStatePendingImport, metadata(t, c, k).KeyState)
	})
}

// A sample is material to import, with what KMS makes of it.
type sample struct {
	spec       types.KeySpec
	usage      types.KeyUsageType
	material   []byte
	public     []byte // nil for MAC keys
	algorithms []types.AlgorithmSpec
}

func pair(t *testing.T, spec types.KeySpec, private crypto.Signer, algorithms []types.AlgorithmSpec) sample {
	t.Helper()
	material, err := x509.MarshalPKCS8PrivateKey(private)
	require.NoError(t, err)
	public, err := x509.MarshalPKIXPublicKey(private.Public())
	require.NoError(t, err)
	return sample{spec, types.KeyUsageTypeSignVerify, material, public, algorithms}
}

// newSamples returns material of every kind.
func newSamples(t *testing.T) []sample {
	t.Helper()
	direct := []types.AlgorithmSpec{types.AlgorithmSpecRsaesOaepSha1, types.AlgorithmSpecRsaesOaepSha256}
	hybrid := []types.AlgorithmSpec{types.AlgorithmSpecRsaAesKeyWrapSha1, types.AlgorithmSpecRsaAesKeyWrapSha256}
	curve := func(c elliptic.Curve) *ecdsa.PrivateKey {
		k, err := ecdsa.GenerateKey(c, rand.Reader)
		require.NoError(t, err)
		return k
	}
	pairOfPrimes, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	_, edwards, err := ed25519.GenerateKey(rand.Reader)
	require.NoError(t, err)
	return []sample{
		pair(t, types.KeySpecRsa2048, pairOfPrimes, hybrid),
		pair(t, types.KeySpecEccNistP256, curve(elliptic.P256()), append(direct, hybrid...)),
		pair(t, types.KeySpecEccNistP384, curve(elliptic.P384()), direct),
		pair(t, types.KeySpecEccNistP521, curve(elliptic.P521()), hybrid),
		pair(t, types.KeySpecEccNistEdwards25519, edwards, append(direct, hybrid...)),
		{types.KeySpecHmac256, types.KeyUsageTypeGenerateVerifyMac, random(32), nil, direct},
		{types.KeySpecHmac512, types.KeyUsageTypeGenerateVerifyMac, random(128), nil, direct},
	}
}

func TestImportKeyMaterial_everySpec(t *testing.T) {
	t.Parallel()
	samples := newSamples(t)
	everyKeeper(t, func(t *testing.T, srv *kmstest.Server, c keeper) {
		for _, x := range samples {
			k := newKey(t, c, external, ofSpec(x.spec, x.usage))
			for _, algorithm := range x.algorithms {
				p := parameters(t, c, k, algorithm)
				in := &kms.ImportKeyMaterialInput{
					KeyId: k.KeyId, ImportToken: p.ImportToken, EncryptedKeyMaterial: wrap(t, p.PublicKey, algorithm, x.material),
					ExpirationModel: types.ExpirationModelTypeKeyMaterialDoesNotExpire,
				}
				out, err := c.ImportKeyMaterial(t.Context(), in)
				require.NoError(t, err, "%s, %s", x.spec, algorithm)
				assert.Nil(t, out.KeyMaterialId)
				assert.Nil(t, metadata(t, c, k).CurrentKeyMaterialId)
				assert.Equal(t, types.KeyStateEnabled, metadata(t, c, k).KeyState)
				if x.public != nil {
					public, err := srv.Client().GetPublicKey(t.Context(), &kms.GetPublicKeyInput{KeyId: k.KeyId})
					require.NoError(t, err)
					assert.Equal(t, x.public, public.PublicKey)
				}
				deleted, err := c.DeleteImportedKeyMaterial(t.Context(), &kms.DeleteImportedKeyMaterialInput{KeyId: k.KeyId})
				require.NoError(t, err)
				assert.Nil(t, deleted.KeyMaterialId)
				assert.Equal(t, types.KeyStatePendingImport, metadata(t, c, k).KeyState)

				if x.spec == types.KeySpecHmac256 {
					in.EncryptedKeyMaterial = wrap(t, p.PublicKey, algorithm, random(32))
					_, err = c.ImportKeyMaterial(t.Context(), in)
					var wrong *types.IncorrectKeyMaterialException
					require.ErrorAs(t, err, &wrong)
					assert.Regexp(t, `^Imported key material does not have the expected identifier \([0-9a-f]{64}\)\.$`, wrong.ErrorMessage())
				}
				in.EncryptedKeyMaterial = wrap(t, p.PublicKey, algorithm, random(27))
				_, err = c.ImportKeyMaterial(t.Context(), in)
				refused(t, err, "InvalidCiphertextException", "")
				for member, set := range map[string]func(*kms.ImportKeyMaterialInput){
					"importType":             asNew,
					"keyMaterialId":          func(in *kms.ImportKeyMaterialInput) { in.KeyMaterialId = str(strings.Repeat("0", 64)) },
					"keyMaterialDescription": func(in *kms.ImportKeyMaterialInput) { in.KeyMaterialDescription = str("Q2") },
				} {
					in := *in
					set(&in)
					_, err = c.ImportKeyMaterial(t.Context(), &in)
					refused(t, err, "ValidationException", "Input parameter "+member+" cannot be used with "+string(x.spec)+" imported keys.")
				}
			}
		}
	})
}

func TestImportKeyMaterial_severalMaterials(t *testing.T) {
	t.Parallel()
	t.Run("waits for a rotation", func(t *testing.T) {
		t.Parallel()
		everyKeeper(t, func(t *testing.T, _ *kmstest.Server, c keeper) {
			k := newKey(t, c, external)
			first := importMaterial(t, c, k, random(32))
			ciphertext := encrypt(t, c, k, "x", nil)
			second := importMaterial(t, c, k, random(32), asNew, func(in *kms.ImportKeyMaterialInput) {
				in.KeyMaterialDescription = str("Q2")
			})
			assert.Equal(t, first, *metadata(t, c, k).CurrentKeyMaterialId)
			assert.Empty(t, rotations(t, c, k))
			assert.Equal(t, []types.RotationsListEntry{
				{
					KeyId: k.Arn, KeyMaterialId: &first, KeyMaterialState: types.KeyMaterialStateCurrent,
					ImportState: types.ImportStateImported, ExpirationModel: types.ExpirationModelTypeKeyMaterialDoesNotExpire,
				},
				{
					KeyId: k.Arn, KeyMaterialId: &second, KeyMaterialState: types.KeyMaterialStatePendingRotation,
					ImportState: types.ImportStateImported, ExpirationModel: types.ExpirationModelTypeKeyMaterialDoesNotExpire,
					KeyMaterialDescription: str("Q2"),
				},
			}, allMaterial(t, c, k))

			rotate(t, c, k)
			assert.Equal(t, second, *metadata(t, c, k).CurrentKeyMaterialId)
			assert.Equal(t, []types.KeyMaterialState{types.KeyMaterialStateNonCurrent, types.KeyMaterialStateCurrent}, materialStates(t, c, k))
			list := rotations(t, c, k)
			require.Len(t, list, 1)
			assert.Equal(t, second, *list[0].KeyMaterialId)
			assert.Equal(t, types.RotationTypeOnDemand, list[0].RotationType)
			assert.NotNil(t, list[0].RotationDate)
			for under, x := range map[string][]byte{first: ciphertext, second: encrypt(t, c, k, "x", nil)} {
				d, err := c.Decrypt(t.Context(), &kms.DecryptInput{CiphertextBlob: x})
				require.NoError(t, err)
				assert.Equal(t, under, *d.KeyMaterialId)
			}
			_, err := c.RotateKeyOnDemand(t.Context(), &kms.RotateKeyOnDemandInput{KeyId: k.KeyId})
			refused(t, err, "KMSInvalidStateException", "No available key material pending rotation for the key: "+*k.Arn+".")
		})
	})

	t.Run("refuses a second one that waits", func(t *testing.T) {
		t.Parallel()
		c := kmstest.New().API()
		k, material := newKey(t, c, external), random(32)
		importMaterial(t, c, k, random(32))
		pending := importMaterial(t, c, k, material, asNew)
		in := importInput(t, c, k, random(32))
		asNew(in)
		_, err := c.ImportKeyMaterial(t.Context(), in)
		var api smithy.APIError
		require.ErrorAs(t, err, &api)
		assert.Equal(t, "KMSInvalidStateException", api.ErrorCode())
		assert.Regexp(t, `^New key material \(id: [0-9a-f]{64}\) cannot be imported into KMS key `+*k.Arn+
			`, because another key material \(id: `+pending+`\) is pending rotation\.$`, api.ErrorMessage())
		assert.Equal(t, pending, importMaterial(t, c, k, material), "the same again is fine")
	})

	t.Run("forgets what is deleted before its rotation", func(t *testing.T) {
		t.Parallel()
		everyKeeper(t, func(t *testing.T, _ *kmstest.Server, c keeper) {
			k := newKey(t, c, external)
			first := importMaterial(t, c, k, random(32))
			deleteMaterial(t, c, k, importMaterial(t, c, k, random(32), asNew))
			assert.Equal(t, types.KeyStateEnabled, metadata(t, c, k).KeyState)
			assert.Equal(t, []types.KeyMaterialState{types.KeyMaterialStateCurrent}, materialStates(t, c, k))
			second := importMaterial(t, c, k, random(32), asNew)
			rotate(t, c, k)
			assert.NotEqual(t, first, second)
			assert.Equal(t, second, *metadata(t, c, k).CurrentKeyMaterialId)
		})
	})

	t.Run("wants all of it, current or not", func(t *testing.T) {
		t.Parallel()
		everyKeeper(t, func(t *testing.T, _ *kmstest.Server, c keeper) {
			k, old, young := newKey(t, c, external), random(32), random(32)
			first := importMaterial(t, c, k, old, func(in *kms.ImportKeyMaterialInput) { in.KeyMaterialDescription = str("safe 1") })
			second := importMaterial(t, c, k, young, asNew)
			rotate(t, c, k)
			deleteMaterial(t, c, k, first)
			assert.Equal(t, types.KeyStatePendingImport, metadata(t, c, k).KeyState)
			list := allMaterial(t, c, k)
			require.Len(t, list, 2)
			assert.Equal(t, types.RotationsListEntry{
				KeyId: k.Arn, KeyMaterialId: &first, KeyMaterialState: types.KeyMaterialStateNonCurrent,
				ImportState: types.ImportStatePendingImport, KeyMaterialDescription: str("safe 1"),
			}, list[0])
			assert.Equal(t, types.ImportStateImported, list[1].ImportState)

			deleteMaterial(t, c, k)
			assert.Equal(t, types.ImportStatePendingImport, allMaterial(t, c, k)[1].ImportState, "the current one unless named")
			assert.Equal(t, first, importMaterial(t, c, k, old))
			assert.Equal(t, types.KeyStatePendingImport, metadata(t, c, k).KeyState)
			assert.Equal(t, second, importMaterial(t, c, k, young))
			assert.Equal(t, types.KeyStateEnabled, metadata(t, c, k).KeyState)
			assert.Equal(t, "safe 1", *allMaterial(t, c, k)[0].KeyMaterialDescription, "the description stays")
		})
	})

	t.Run("expires one by one, and says when the first does", func(t *testing.T) {
		t.Parallel()
		srv := frozen()
		c := srv.API()
		k, start := newKey(t, c, external), srv.Now()
		importMaterial(t, c, k, random(32), until(start.Add(20*day)))
		importMaterial(t, c, k, random(32), asNew, until(start.Add(10*day)))
		assert.Equal(t, start.Add(20*day), *metadata(t, c, k).ValidTo, "what waits for its rotation does not count")
		rotate(t, c, k)
		assert.Equal(t, start.Add(10*day), *metadata(t, c, k).ValidTo)
		srv.Advance(10 * day)
		m := metadata(t, c, k)
		assert.Equal(t, types.KeyStatePendingImport, m.KeyState)
		assert.Empty(t, m.ExpirationModel)
		assert.Nil(t, m.ValidTo)
	})

	t.Run("expires where it waits for its rotation only with that", func(t *testing.T) {
		t.Parallel()
		srv := frozen()
		c := srv.API()
		k, material := newKey(t, c, external), random(32)
		importMaterial(t, c, k, random(32))
		id := importMaterial(t, c, k, material, asNew, until(srv.Now().Add(day)))
		ciphertext := encrypt(t, c, k, "x", nil)
		srv.Advance(2 * day)
		assert.Equal(t, types.KeyStateEnabled, metadata(t, c, k).KeyState)
		list := allMaterial(t, c, k)
		require.Len(t, list, 2)
		assert.Equal(t, types.KeyMaterialStatePendingRotation, list[1].KeyMaterialState)
		assert.Equal(t, types.ImportStateImported, list[1].ImportState)
		in := importInput(t, c, k, material)
		asNew(in)
		_, err := c.ImportKeyMaterial(t.Context(), in)
		refused(t, err, "IncorrectKeyMaterialException",
			"Key material (id: "+id+") being imported as NEW_KEY_MATERIAL is already associated with KMS key "+*k.Arn+".")

		rotate(t, c, k)
		m := metadata(t, c, k)
		assert.Equal(t, types.KeyStatePendingImport, m.KeyState)
		assert.Equal(t, id, *m.CurrentKeyMaterialId)
		assert.Equal(t, types.ImportStateImported, allMaterial(t, c, k)[1].ImportState)
		_, err = c.Decrypt(t.Context(), &kms.DecryptInput{CiphertextBlob: ciphertext})
		refused(t, err, "KMSInvalidStateException", *k.Arn+" is pending import.")
		assert.Equal(t, id, importMaterial(t, c, k, material))
		_, err = c.Decrypt(t.Context(), &kms.DecryptInput{CiphertextBlob: ciphertext})
		require.NoError(t, err)
	})

	t.Run("rotates 25 times", func(t *testing.T) {
		t.Parallel()
		c := kmstest.New().API()
		k := newKey(t, c, external)
		importMaterial(t, c, k, random(32))
		for range 25 {
			importMaterial(t, c, k, random(32), asNew)
			rotate(t, c, k)
		}
		importMaterial(t, c, k, random(32), asNew)
		_, err := c.RotateKeyOnDemand(t.Context(), &kms.RotateKeyOnDemandInput{KeyId: k.KeyId})
		refusedWith(t, err, "LimitExceededException")
	})
}

func TestDeleteImportedKeyMaterial(t *testing.T) {
	t.Parallel()
	t.Run("has no effect on a key without material", func(t *testing.T) {
		t.Parallel()
		everyKeeper(t, func(t *testing.T, _ *kmstest.Server, c keeper) {
			k := newKey(t, c, external)
			out, err := c.DeleteImportedKeyMaterial(t.Context(), &kms.DeleteImportedKeyMaterialInput{KeyId: k.KeyId})
			require.NoError(t, err)
			assert.Equal(t, *k.Arn, *out.KeyId)
			assert.Nil(t, out.KeyMaterialId)
		})
	})

	t.Run("does not touch a key that waits for its deletion, but shows after that", func(t *testing.T) {
		t.Parallel()
		c := kmstest.New().API()
		k := newKey(t, c, external)
		importMaterial(t, c, k, random(32))
		_, err := c.ScheduleKeyDeletion(t.Context(), &kms.ScheduleKeyDeletionInput{KeyId: k.KeyId})
		require.NoError(t, err)
		deleteMaterial(t, c, k)
		assert.Equal(t, types.KeyStatePendingDeletion, metadata(t, c, k).KeyState)
		_, err = c.CancelKeyDeletion(t.Context(), &kms.CancelKeyDeletionInput{KeyId: k.KeyId})
		require.NoError(t, err)
		assert.Equal(t, types.KeyStatePendingImport, metadata(t, c, k).KeyState)
	})

	t.Run("refuses keys and material that are not such", func(t *testing.T) {
		t.Parallel()
		everyKeeper(t, func(t *testing.T, _ *kmstest.Server, c keeper) {
			k := newKey(t, c)
			_, err := c.DeleteImportedKeyMaterial(t.Context(), &kms.DeleteImportedKeyMaterialInput{KeyId: k.KeyId})
			refused(t, err, "UnsupportedOperationException", *k.Arn+" origin is AWS_KMS which is not valid for this operation.")
			none := strings.Repeat("0", 64)
			for _, k := range []*types.KeyMetadata{
				newKey(t, c, external), newKey(t, c, external, ofSpec(types.KeySpecHmac256, types.KeyUsageTypeGenerateVerifyMac)),
			} {
				_, err = c.DeleteImportedKeyMaterial(t.Context(), &kms.DeleteImportedKeyMaterialInput{KeyId: k.KeyId, KeyMaterialId: &none})
				refused(t, err, "ValidationException", "Key material (id: "+none+") has never been imported into KMS key "+*k.Arn+".")
				importMaterial(t, c, k, random(32))
				_, err = c.DeleteImportedKeyMaterial(t.Context(), &kms.DeleteImportedKeyMaterialInput{KeyId: k.KeyId, KeyMaterialId: &none})
				refused(t, err, "ValidationException", "Key material (id: "+none+") has never been imported into KMS key "+*k.Arn+".")
			}
		})
	})
}

func TestImport_conditions(t *testing.T) {
	t.Parallel()
	srv := frozen()
	admin := srv.API()
	k := newKey(t, admin, external)
	// Each statement forbids one value, so that a condition key that is not there
	// shows.
	statement := func(action, operator, key, value string) kmskit.Statement {
		return kmskit.Statement{
			Effect: kmskit.Allow, Action: kmskit.StringList{"kms:" + action}, Resource: kmskit.StringList{"*"},
			Condition: kmskit.Condition{operator: {"kms:" + key: {value}}},
		}
	}
	with := func(name string, s kmskit.Statement) keeper {
		return srv.Principal(role(account, name), kmstest.WithPolicy(&kmskit.PolicyDocument{
			Version: "2012-10-17", Statement: []kmskit.Statement{s},
		})).API()
	}
	get := func(c keeper, spec types.WrappingKeySpec, algorithm types.AlgorithmSpec) error {
		_, err := c.GetParametersForImport(t.Context(), &kms.GetParametersForImportInput{
			KeyId: k.KeyId, WrappingKeySpec: spec, WrappingAlgorithm: algorithm,
		})
		return err
	}
	algorithm := with("algorithm", statement("GetParametersForImport", "StringEquals", "WrappingAlgorithm", "RSAES_OAEP_SHA_256"))
	assert.NoError(t, get(algorithm, types.WrappingKeySpecRsa2048, types.AlgorithmSpecRsaesOaepSha256))
	refusedWith(t, get(algorithm, types.WrappingKeySpecRsa2048, types.AlgorithmSpecRsaesOaepSha1), "AccessDeniedException")
	spec := with("spec", statement("GetParametersForImport", "StringEquals", "WrappingKeySpec", "RSA_2048"))
	assert.NoError(t, get(spec, types.WrappingKeySpecRsa2048, types.AlgorithmSpecRsaesOaepSha256))
	refusedWith(t, get(spec, types.WrappingKeySpecRsa3072, types.AlgorithmSpecRsaesOaepSha256), "AccessDeniedException")

	in := importInput(t, admin, k, random(32))
	model := with("model", statement("ImportKeyMaterial", "StringEquals", "ExpirationModel", "KEY_MATERIAL_EXPIRES"))
	_, err := model.ImportKeyMaterial(t.Context(), in)
	refusedWith(t, err, "AccessDeniedException")
	soon := with("soon", statement("ImportKeyMaterial", "DateLessThan", "ValidTo", srv.Now().Add(10*day).Format(time.RFC3339)))
	until(srv.Now().Add(11 * day))(in)
	_, err = soon.ImportKeyMaterial(t.Context(), in)
	refusedWith(t, err, "AccessDeniedException")
	until(srv.Now().Add(9 * day))(in)
	_, err = soon.ImportKeyMaterial(t.Context(), in)
	assert.NoError(t, err)
	in.ExpirationModel = "" // which is the same
	_, err = model.ImportKeyMaterial(t.Context(), in)
	assert.NoError(t, err)
}

// FuzzImportKeyMaterial feeds the import of material with what a client could
// send: in place of the whole request's material, of the wrapped material alone,
// or of the material inside. KMS either takes it or refuses it in its own terms.
func FuzzImportKeyMaterial(f *testing.F) {
	curve, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(f, err)
	der, err := x509.MarshalPKCS8PrivateKey(curve)
	require.NoError(f, err)
	for depth := range uint8(3) {
		for _, spec := range []uint8{0, 1, 2, 3} {
			f.Add(spec, depth, make([]byte, 32))
			f.Add(spec, depth, make([]byte, 256+40))
			f.Add(spec, depth, der)
			f.Add(spec, depth, []byte{})
		}
	}
	specs := []struct {
		spec      types.KeySpec
		usage     types.KeyUsageType
		algorithm types.AlgorithmSpec
	}{
		{types.KeySpecSymmetricDefault, types.KeyUsageTypeEncryptDecrypt, types.AlgorithmSpecRsaesOaepSha256},
		{types.KeySpecHmac512, types.KeyUsageTypeGenerateVerifyMac, types.AlgorithmSpecRsaesOaepSha1},
		{types.KeySpecEccNistP256, types.KeyUsageTypeSignVerify, types.AlgorithmSpecRsaAesKeyWrapSha256},
		{types.KeySpecRsa2048, types.KeyUsageTypeSignVerify, types.AlgorithmSpecRsaAesKeyWrapSha1},
	}
	f.Fuzz(func(t *testing.T, kind, depth uint8, b []byte) {
		var report bytes.Buffer
		c := kmstest.New(kmstest.WithErrorLog(log.New(&report, "", 0))).API()
		x := specs[int(kind)%len(specs)]
		k := newKey(t, c, external, ofSpec(x.spec, x.usage))
		p := parameters(t, c, k, x.algorithm)
		in := &kms.ImportKeyMaterialInput{
			KeyId: k.KeyId, ImportToken: p.ImportToken, EncryptedKeyMaterial: b,
			ExpirationModel: types.ExpirationModelTypeKeyMaterialDoesNotExpire,
		}
		direct := strings.HasPrefix(string(x.algorithm), "RSAES")
		switch {
		case depth%3 == 1 && !direct:
			kek := wrap(t, p.PublicKey, x.algorithm, make([]byte, 32))[:256]
			in.EncryptedKeyMaterial = slices.Concat(kek, b)
		case depth%3 == 2 && (!direct || len(b) <= 190):
			in.EncryptedKeyMaterial = wrap(t, p.PublicKey, x.algorithm, b)
		}
		_, err := c.ImportKeyMaterial(t.Context(), in)
		require.Empty(t, report.String())
		if err == nil {
			require.Equal(t, types.KeyStateEnabled, metadata(t, c, k).KeyState)
			return
		}
		var api smithy.APIError
		require.ErrorAs(t, err, &api)
		require.Contains(t, []string{
			"ValidationException", "InvalidCiphertextException", "IncorrectKeyMaterialException",
		}, api.ErrorCode())
		require.Equal(t, types.KeyStatePendingImport, metadata(t, c, k).KeyState)
	})
}
