package kmskit_test

import (
	"context"
	"errors"
	"reflect"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kmskit/kmskit"
)

func TestKeyAgreement_DeriveSharedSecret(t *testing.T) {
	t.Parallel()

	t.Run("sends key, public key and ECDH and returns the secret", func(t *testing.T) {
		t.Parallel()
		f := newFake()
		secret, err := kmskit.NewKeyAgreement(f).DeriveSharedSecret(t.Context(), fakeAlias, []byte("public key"))
		require.NoError(t, err)
		assert.Equal(t, []byte("agreed"), secret)
		assert.Equal(t, &kms.DeriveSharedSecretInput{
			KeyId: aws.String(fakeAlias), PublicKey: []byte("public key"), KeyAgreementAlgorithm: types.KeyAgreementAlgorithmSpecEcdh,
		}, sent[kms.DeriveSharedSecretInput](t, f))
	})

	t.Run("returns the ciphertext for the recipient", func(t *testing.T) {
		t.Parallel()
		f := newFake()
		whenAsked[kms.DeriveSharedSecretInput](f, &kms.DeriveSharedSecretOutput{CiphertextForRecipient: []byte("for the enclave")})
		recipient := &types.RecipientInfo{AttestationDocument: []byte("attested")}
		secret, err := kmskit.NewKeyAgreement(f).DeriveSharedSecret(
			t.Context(), fakeKeyID, []byte("public key"),
			func(in *kms.DeriveSharedSecretInput) { in.Recipient = recipient },
		)
		require.NoError(t, err)
		assert.Equal(t, []byte("for the enclave"), secret)
		assert.Same(t, recipient, sent[kms.DeriveSharedSecretInput](t, f).Recipient)
	})

	t.Run("takes the longest public key", func(t *testing.T) {
		t.Parallel()
		f := newFake()
		_, err := kmskit.NewKeyAgreement(f).DeriveSharedSecret(t.Context(), fakeKeyID, make([]byte, 8192))
		require.NoError(t, err)
		assert.Equal(t, 1, f.calls())
	})

	refused := []struct {
		name, keyID string
		publicKey   []byte
		text        string
	}{
		{"refuses an empty key ID", "", []byte("public key"), noAnyKeyID},
		{"refuses an empty public key", fakeKeyID, nil, "the public key is empty; it must have 1 to 8192 bytes"},
		{"refuses a public key that is too long", fakeKeyID, make([]byte, 8193), "the public key has 8193 bytes; it must have 1 to 8192 bytes"},
	}
	for _, r := range refused {
		t.Run(r.name, func(t *testing.T) {
			t.Parallel()
			f := newFake()
			secret, err := kmskit.NewKeyAgreement(f).DeriveSharedSecret(t.Context(), r.keyID, r.publicKey)
			assertRefused(t, f, err, "kmskit: DeriveSharedSecret: "+r.text)
			assert.Nil(t, secret)
		})
	}
}

func TestKeyAgreement_Encapsulate(t *testing.T) {
	t.Parallel()

	t.Run("sends key and ML-KEM and returns secret and ciphertext", func(t *testing.T) {
		t.Parallel()
		f := newFake()
		e, err := kmskit.NewKeyAgreement(f).Encapsulate(t.Context(), fakeAlias)
		require.NoError(t, err)
		assert.Equal(t, fakeKeyARN, e.KeyID)
		assert.Equal(t, encapsulated(768), e.Ciphertext)
		assert.Equal(t, []byte("encapsulated"), e.SharedSecret())
		assert.Equal(t, &kms.EncapsulateInput{
			KeyId: aws.String(fakeAlias), EncapsulationAlgorithm: types.EncapsulationAlgorithmSpecMlKem,
		}, sent[kms.EncapsulateInput](t, f))
	})

	incomplete := []struct {
		name string
		out  *kms.EncapsulateOutput
	}{
		{"reports an answer without the key ID", &kms.EncapsulateOutput{SharedSecret: []byte("secret"), SharedSecretCiphertextBlob: encapsulated(768)}},
		{"reports an answer without the secret", &kms.EncapsulateOutput{KeyId: aws.String(fakeKeyARN), SharedSecretCiphertextBlob: encapsulated(768)}},
		{"reports an answer without the ciphertext", &kms.EncapsulateOutput{KeyId: aws.String(fakeKeyARN), SharedSecret: []byte("secret")}},
	}
	for _, c := range incomplete {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			f := newFake()
			whenAsked[kms.EncapsulateInput](f, c.out)
			e, err := kmskit.NewKeyAgreement(f).Encapsulate(t.Context(), fakeKeyID)
			require.ErrorIs(t, err, kmskit.ErrIncompleteOutput)
			assert.Nil(t, e)
		})
	}

	t.Run("refuses an empty key ID", func(t *testing.T) {
		t.Parallel()
		f := newFake()
		e, err := kmskit.NewKeyAgreement(f).Encapsulate(t.Context(), "")
		assertRefused(t, f, err, "kmskit: Encapsulate: "+noAnyKeyID)
		assert.Nil(t, e)
	})
}

func TestKeyAgreement_Decapsulate(t *testing.T) {
	t.Parallel()

	t.Run("sends key, ciphertext and ML-KEM and returns the secret", func(t *testing.T) {
		t.Parallel()
		f := newFake()
		secret, err := kmskit.NewKeyAgreement(f).Decapsulate(t.Context(), fakeAlias, encapsulated(768))
		require.NoError(t, err)
		assert.Equal(t, []byte("decapsulated"), secret)
		assert.Equal(t, &kms.DecapsulateInput{
			KeyId: aws.String(fakeAlias), SharedSecretCiphertextBlob: encapsulated(768), EncapsulationAlgorithm: types.EncapsulationAlgorithmSpecMlKem,
		}, sent[kms.DecapsulateInput](t, f))
	})

	t.Run("takes the ciphertexts of every spec", func(t *testing.T) {
		t.Parallel()
		for _, size := range []int{768, 1088, 1568} {
			f := newFake()
			_, err := kmskit.NewKeyAgreement(f).Decapsulate(t.Context(), fakeKeyID, encapsulated(size))
			require.NoError(t, err)
			assert.Len(t, sent[kms.DecapsulateInput](t, f).SharedSecretCiphertextBlob, size)
		}
	})

	t.Run("says which length belongs to which spec", func(t *testing.T) {
		t.Parallel()
		f := failing(&types.InvalidCiphertextException{})
		_, err := kmskit.NewKeyAgreement(f).Decapsulate(t.Context(), fakeKeyID, encapsulated(768))
		var invalid *types.InvalidCiphertextException
		require.ErrorAs(t, err, &invalid)
		assert.EqualError(t, err, "kmskit: Decapsulate"+aboutKey+": InvalidCiphertextException: "+
			"(the length is not that of the key's spec: ML_KEM_512 has ciphertexts of 768 bytes, ML_KEM_768 of 1088, ML_KEM_1024 of 1568)")
	})

	refused := []struct {
		name, keyID string
		ciphertext  []byte
		text        string
	}{
		{"refuses an empty key ID", "", encapsulated(768), noAnyKeyID},
		{"refuses an empty ciphertext", fakeKeyID, nil, "the ciphertext has 0 bytes; that of an ML-KEM key has 768, 1088 or 1568 bytes"},
		{"refuses a ciphertext that is cut", fakeKeyID, encapsulated(767), "the ciphertext has 767 bytes; that of an ML-KEM key has 768, 1088 or 1568 bytes"},
		{"refuses a ciphertext in base64", fakeKeyID, encapsulated(1024), "the ciphertext has 1024 bytes; that of an ML-KEM key has 768, 1088 or 1568 bytes"},
	}
	for _, r := range refused {
		t.Run(r.name, func(t *testing.T) {
			t.Parallel()
			f := newFake()
			secret, err := kmskit.NewKeyAgreement(f).Decapsulate(t.Context(), r.keyID, r.ciphertext)
			assertRefused(t, f, err, "kmskit: Decapsulate: "+r.text)
			assert.Nil(t, secret)
		})
	}
}

func TestKeyAgreement_WithGrantTokens(t *testing.T) {
	t.Parallel()
	newKeyAgreement := func(f *fakeKMS) *kmskit.KeyAgreement { return kmskit.NewKeyAgreement(f) }

	t.Run("DeriveSharedSecret", func(t *testing.T) {
		t.Parallel()
		testGrantTokens(
			t, newKeyAgreement, func(in *kms.DeriveSharedSecretInput) *[]string { return &in.GrantTokens },
			func(ctx context.Context, a *kmskit.KeyAgreement, optFns ...func(*kms.DeriveSharedSecretInput)) error {
				_, err := a.DeriveSharedSecret(ctx, fakeKeyID, []byte("public key"), optFns...)
				return err
			},
		)
	})
	t.Run("Encapsulate", func(t *testing.T) {
		t.Parallel()
		testGrantTokens(
			t, newKeyAgreement, func(in *kms.EncapsulateInput) *[]string { return &in.GrantTokens },
			func(ctx context.Context, a *kmskit.KeyAgreement, optFns ...func(*kms.EncapsulateInput)) error {
				_, err := a.Encapsulate(ctx, fakeKeyID, optFns...)
				return err
			},
		)
	})
	t.Run("Decapsulate", func(t *testing.T) {
		t.Parallel()
		testGrantTokens(
			t, newKeyAgreement, func(in *kms.DecapsulateInput) *[]string { return &in.GrantTokens },
			func(ctx context.Context, a *kmskit.KeyAgreement, optFns ...func(*kms.DecapsulateInput)) error {
				_, err := a.Decapsulate(ctx, fakeKeyID, encapsulated(768), optFns...)
				return err
			},
		)
	})
}

// newEncapsulation returns an Encapsulation of the secret.
func newEncapsulation(t *testing.T) *kmskit.Encapsulation {
	t.Helper()
	f := newFake()
	whenAsked[kms.EncapsulateInput](f, &kms.EncapsulateOutput{
		KeyId: aws.String(fakeKeyARN), SharedSecret: testSecret(), SharedSecretCiphertextBlob: []byte("sealed"),
	})
	e, err := kmskit.NewKeyAgreement(f).Encapsulate(t.Context(), fakeKeyID)
	require.NoError(t, err)
	require.Equal(t, testSecret(), e.SharedSecret())
	return e
}

func TestEncapsulation_Destroy(t *testing.T) {
	t.Parallel()

	t.Run("overwrites the secret and leaves the rest", func(t *testing.T) {
		t.Parallel()
		e := newEncapsulation(t)
		secret, duplicate := e.SharedSecret(), *e
		e.Destroy()
		assert.Equal(t, make([]byte, 32), secret)
		assert.Nil(t, e.SharedSecret())
		assert.Nil(t, duplicate.SharedSecret(), "a copy shares the secret")
		assert.Equal(t, fakeKeyARN, e.KeyID)
		assert.Equal(t, []byte("sealed"), e.Ciphertext)
		assert.NotPanics(t, e.Destroy, "it may be repeated")
	})

	t.Run("leaves nil and zero Encapsulations alone", func(t *testing.T) {
		t.Parallel()
		var none *kmskit.Encapsulation
		var zero kmskit.Encapsulation
		assert.NotPanics(t, none.Destroy)
		assert.NotPanics(t, zero.Destroy)
		assert.Nil(t, none.SharedSecret())
		assert.Nil(t, zero.SharedSecret())
	})
}

func TestEncapsulation_isRedacted(t *testing.T) {
	t.Parallel()
	testRedaction(
		t, newEncapsulation(t), kmskit.Encapsulation{KeyID: fakeKeyARN, Ciphertext: []byte("sealed")},
		`Encapsulation{KeyID: "`+fakeKeyARN+`", Ciphertext: 6 bytes, SharedSecret: redacted}`,
		"value.key_id="+fakeKeyARN+" value.ciphertext_bytes=6",
	)
}

func TestKeyAgreement_keepsSecretsOutOfErrors(t *testing.T) {
	t.Parallel()
	secret := testSecret()

	// Each answer has the secret, and lacks something else.
	f := newFake()
	whenAsked[kms.EncapsulateInput](f, &kms.EncapsulateOutput{SharedSecret: secret})
	answer(f, func(*kms.DeriveSharedSecretInput) (*kms.DeriveSharedSecretOutput, error) {
		return &kms.DeriveSharedSecretOutput{SharedSecret: secret}, errors.New("connection reset")
	})
	answer(f, func(*kms.DecapsulateInput) (*kms.DecapsulateOutput, error) {
		return &kms.DecapsulateOutput{SharedSecret: secret}, errors.New("connection reset")
	})
	agreement := kmskit.NewKeyAgreement(f)
	_, incomplete := agreement.Encapsulate(t.Context(), fakeKeyID)
	derived, derivation := agreement.DeriveSharedSecret(t.Context(), fakeKeyID, []byte("public key"))
	opened, decapsulation := agreement.Decapsulate(t.Context(), fakeKeyID, encapsulated(768))
	assert.Nil(t, derived)
	assert.Nil(t, opened)

	for name, err := range map[string]error{"Encapsulate": incomplete, "DeriveSharedSecret": derivation, "Decapsulate": decapsulation} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Error(t, err)
			for form, text := range writings(t, err) {
				assert.Empty(t, leak(text, secret), "%s wrote %s", form, text)
			}
			assert.False(t, reachable(reflect.ValueOf(err), secret), "reflection reaches the secret")
		})
	}
}
