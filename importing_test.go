package kmskit_test

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kmskit/kmskit"
)

const (
	oaep256 = types.AlgorithmSpecRsaesOaepSha256
	rsa4096 = types.WrappingKeySpecRsa4096
)

func TestMaterialImporter_GetParametersForImport(t *testing.T) {
	t.Parallel()

	t.Run("sends key, algorithm and spec and returns public key, token and expiry in UTC", func(t *testing.T) {
		t.Parallel()
		f := newFake()
		parameters, err := kmskit.NewMaterialImporter(f).GetParametersForImport(t.Context(), fakeKeyID, oaep256, rsa4096)
		require.NoError(t, err)
		assert.Equal(t, kmskit.ImportParameters{
			PublicKey: []byte("wrapping key"), ImportToken: []byte("token"), ValidTo: time.Date(2026, time.March, 8, 0, 30, 0, 0, time.UTC),
		}, parameters)
		assert.Equal(t, &kms.GetParametersForImportInput{
			KeyId: aws.String(fakeKeyID), WrappingAlgorithm: oaep256, WrappingKeySpec: rsa4096,
		}, sent[kms.GetParametersForImportInput](t, f))
	})

	incomplete := []struct {
		name string
		out  *kms.GetParametersForImportOutput
	}{
		{"reports an answer without the public key", &kms.GetParametersForImportOutput{ImportToken: []byte("token"), ParametersValidTo: aws.Time(fakeTokenExpiry)}},
		{"reports an answer without the token", &kms.GetParametersForImportOutput{PublicKey: []byte("key"), ParametersValidTo: aws.Time(fakeTokenExpiry)}},
		{"reports an answer without the expiry", &kms.GetParametersForImportOutput{PublicKey: []byte("key"), ImportToken: []byte("token")}},
	}
	for _, c := range incomplete {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			f := newFake()
			whenAsked[kms.GetParametersForImportInput](f, c.out)
			parameters, err := kmskit.NewMaterialImporter(f).GetParametersForImport(t.Context(), fakeKeyID, oaep256, rsa4096)
			require.ErrorIs(t, err, kmskit.ErrIncompleteOutput)
			assert.Zero(t, parameters)
		})
	}

	const form = "give types.AlgorithmSpecRsaesOaepSha256, or for RSA private keys types.AlgorithmSpecRsaAesKeyWrapSha256"
	refused := []struct {
		name, keyID string
		algorithm   types.AlgorithmSpec
		spec        types.WrappingKeySpec
		text        string
	}{
		{"refuses an empty key ID", "", oaep256, rsa4096, noKeyID},
		{"refuses an empty algorithm", fakeKeyID, "", rsa4096, "the wrapping algorithm is empty; " + form},
		{"refuses PKCS #1 v1.5", fakeKeyID, types.AlgorithmSpecRsaesPkcs1V15, rsa4096, "KMS no longer takes RSAES_PKCS1_V1_5; " + form},
		{"refuses an empty spec", fakeKeyID, oaep256, "", "the wrapping key spec is empty; give one, such as types.WrappingKeySpecRsa4096"},
	}
	for _, r := range refused {
		t.Run(r.name, func(t *testing.T) {
			t.Parallel()
			f := newFake()
			parameters, err := kmskit.NewMaterialImporter(f).GetParametersForImport(t.Context(), r.keyID, r.algorithm, r.spec)
			assertRefused(t, f, err, "kmskit: GetParametersForImport: "+r.text)
			assert.Zero(t, parameters)
		})
	}
}

func TestMaterialImporter_ImportKeyMaterial(t *testing.T) {
	t.Parallel()
	token, wrapped := []byte("token"), []byte("wrapped")
	nextYear := time.Date(2026, time.March, 8, 0, 0, 0, 0, time.UTC)

	t.Run("sends key, token and material, not swapped, for good, and returns the material's ID", func(t *testing.T) {
		t.Parallel()
		f := newFake()
		id, err := kmskit.NewMaterialImporter(f).ImportKeyMaterial(t.Context(), fakeKeyID, token, wrapped)
		require.NoError(t, err)
		assert.Equal(t, fakeKeyMaterialID, id)
		assert.Equal(t, &kms.ImportKeyMaterialInput{
			KeyId: aws.String(fakeKeyID), ImportToken: token, EncryptedKeyMaterial: wrapped,
			ExpirationModel: types.ExpirationModelTypeKeyMaterialDoesNotExpire,
		}, sent[kms.ImportKeyMaterialInput](t, f))
	})

	t.Run("leaves the model to KMS where an option sets ValidTo", func(t *testing.T) {
		t.Parallel()
		f := newFake()
		_, err := kmskit.NewMaterialImporter(f).ImportKeyMaterial(t.Context(), fakeKeyID, token, wrapped, func(in *kms.ImportKeyMaterialInput) {
			in.ValidTo = aws.Time(nextYear)
		})
		require.NoError(t, err)
		assert.Equal(t, &kms.ImportKeyMaterialInput{
			KeyId: aws.String(fakeKeyID), ImportToken: token, EncryptedKeyMaterial: wrapped, ValidTo: aws.Time(nextYear),
		}, sent[kms.ImportKeyMaterialInput](t, f))
	})

	t.Run("sends model and ValidTo as options set them", func(t *testing.T) {
		t.Parallel()
		f := newFake()
		_, err := kmskit.NewMaterialImporter(f).ImportKeyMaterial(t.Context(), fakeKeyID, token, wrapped, func(in *kms.ImportKeyMaterialInput) {
			in.ExpirationModel, in.ValidTo = types.ExpirationModelTypeKeyMaterialExpires, aws.Time(nextYear)
		})
		require.NoError(t, err)
		in := sent[kms.ImportKeyMaterialInput](t, f)
		assert.Equal(t, types.ExpirationModelTypeKeyMaterialExpires, in.ExpirationModel)
		assert.Equal(t, nextYear, *in.ValidTo)
	})

	t.Run("takes the longest token and the longest material", func(t *testing.T) {
		t.Parallel()
		f := newFake()
		_, err := kmskit.NewMaterialImporter(f).ImportKeyMaterial(t.Context(), fakeKeyID, make([]byte, 6144), make([]byte, 6144))
		require.NoError(t, err)
		assert.Equal(t, 1, f.calls())
	})

	t.Run("returns no ID where KMS gives none", func(t *testing.T) {
		t.Parallel()
		for _, out := range []*kms.ImportKeyMaterialOutput{nil, {}} {
			f := newFake()
			whenAsked[kms.ImportKeyMaterialInput](f, out)
			id, err := kmskit.NewMaterialImporter(f).ImportKeyMaterial(t.Context(), fakeKeyID, token, wrapped)
			require.NoError(t, err)
			assert.Empty(t, id)
		}
	})

	refused := []struct {
		name, keyID    string
		token, wrapped []byte
		option         func(*kms.ImportKeyMaterialInput)
		text           string
	}{
		{"refuses an empty key ID", "", token, wrapped, nil, noKeyID},
		{"refuses an empty token", fakeKeyID, nil, wrapped, nil, "the import token is empty; it must have 1 to 6144 bytes"},
		{"refuses a token that is too long", fakeKeyID, make([]byte, 6145), wrapped, nil, "the import token has 6145 bytes; it must have 1 to 6144 bytes"},
		{"refuses empty material", fakeKeyID, token, nil, nil, "the encrypted key material is empty; it must have 1 to 6144 bytes"},
		{"refuses material that is too long", fakeKeyID, token, make([]byte, 6145), nil, "the encrypted key material has 6145 bytes; it must have 1 to 6144 bytes"},
		{
			"refuses an expiry without a date", fakeKeyID, token, wrapped,
			func(in *kms.ImportKeyMaterialInput) {
				in.ExpirationModel = types.ExpirationModelTypeKeyMaterialExpires
			},
			"the key material is to expire, but ValidTo is not set; set it to a time at most 365 days ahead",
		},
		{
			"refuses a date without an expiry", fakeKeyID, token, wrapped,
			func(in *kms.ImportKeyMaterialInput) {
				in.ExpirationModel, in.ValidTo = types.ExpirationModelTypeKeyMaterialDoesNotExpire, aws.Time(nextYear)
			},
			"the key material is not to expire, but ValidTo is set; leave one of them out",
		},
	}
	for _, r := range refused {
		t.Run(r.name, func(t *testing.T) {
			t.Parallel()
			f := newFake()
			id, err := kmskit.NewMaterialImporter(f).ImportKeyMaterial(t.Context(), r.keyID, r.token, r.wrapped, r.option)
			assertRefused(t, f, err, "kmskit: ImportKeyMaterial: "+r.text)
			assert.Empty(t, id)
		})
	}

	hints := []struct {
		name string
		err  error
		text string
	}{
		{
			"says how material must be wrapped", &types.InvalidCiphertextException{},
			"InvalidCiphertextException: (check that the key material was wrapped by the wrapping algorithm and with the public key that came with this import token)",
		},
		{
			"says what token to use", &types.InvalidImportTokenException{Message: aws.String("not so")},
			"InvalidImportTokenException: not so (use the token and the public key of one answer of GetParametersForImport, with the key that it was for)",
		},
		{
			"says how long a token is good for", &types.ExpiredImportTokenException{Message: aws.String("too late")},
			"ExpiredImportTokenException: too late (a token is good for 24 hours: call GetParametersForImport again, and wrap the key material with the new public key)",
		},
		{
			"says what material a key takes", &types.IncorrectKeyMaterialException{Message: aws.String("not so")},
			"IncorrectKeyMaterialException: not so (a key takes the material that it had before; a symmetric encryption key takes other material too, with ImportType NEW_KEY_MATERIAL)",
		},
	}
	for _, h := range hints {
		t.Run(h.name, func(t *testing.T) {
			t.Parallel()
			_, err := kmskit.NewMaterialImporter(failing(h.err)).ImportKeyMaterial(t.Context(), fakeKeyID, token, wrapped)
			require.ErrorIs(t, err, h.err)
			assert.EqualError(t, err, "kmskit: ImportKeyMaterial"+aboutKey+": "+h.text)
		})
	}
}

func TestMaterialImporter_DeleteImportedKeyMaterial(t *testing.T) {
	t.Parallel()

	t.Run("sends the key", func(t *testing.T) {
		t.Parallel()
		f := newFake()
		require.NoError(t, kmskit.NewMaterialImporter(f).DeleteImportedKeyMaterial(t.Context(), fakeKeyID))
		assert.Equal(t, &kms.DeleteImportedKeyMaterialInput{KeyId: aws.String(fakeKeyID)}, sent[kms.DeleteImportedKeyMaterialInput](t, f))
	})

	t.Run("names other material by option", func(t *testing.T) {
		t.Parallel()
		f := newFake()
		require.NoError(t, kmskit.NewMaterialImporter(f).DeleteImportedKeyMaterial(
			t.Context(), fakeKeyID,
			func(in *kms.DeleteImportedKeyMaterialInput) { in.KeyMaterialId = aws.String(fakeKeyMaterialID) },
		))
		assert.Equal(t, &kms.DeleteImportedKeyMaterialInput{
			KeyId: aws.String(fakeKeyID), KeyMaterialId: aws.String(fakeKeyMaterialID),
		}, sent[kms.DeleteImportedKeyMaterialInput](t, f))
	})

	t.Run("refuses an empty key ID", func(t *testing.T) {
		t.Parallel()
		f := newFake()
		assertRefused(t, f, kmskit.NewMaterialImporter(f).DeleteImportedKeyMaterial(t.Context(), ""), "kmskit: DeleteImportedKeyMaterial: "+noKeyID)
	})
}
