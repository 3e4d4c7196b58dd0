package kmstest_test

import (
	"bytes"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/kmskit/kmskit/kmstest"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// newPeer returns a key pair on the curve, with its public key as KMS takes it.
func newPeer(t *testing.T, curve ecdh.Curve) (*ecdh.PrivateKey, []byte) {
	t.Helper()
	peer, err := curve.GenerateKey(rand.Reader)
	require.NoError(t, err)
	der, err := x509.MarshalPKIXPublicKey(peer.PublicKey())
	require.NoError(t, err)
	return peer, der
}

func TestDeriveSharedSecret(t *testing.T) {
	t.Parallel()
	for spec, curve := range map[types.KeySpec]ecdh.Curve{
		types.KeySpecEccNistP256: ecdh.P256(), types.KeySpecEccNistP384: ecdh.P384(), types.KeySpecEccNistP521: ecdh.P521(),
	} {
		t.Run("is the raw secret that the peer has: "+string(spec), func(t *testing.T) {
			t.Parallel()
			everyDepth(t, func(t *testing.T, _ *kmstest.Server, c caller) {
				k := newKey(t, c, ofSpec(spec, types.KeyUsageTypeKeyAgreement))
				peer, der := newPeer(t, curve)
				out, err := c.(cryptographer).DeriveSharedSecret(t.Context(), &kms.DeriveSharedSecretInput{
					KeyId: k.KeyId, KeyAgreementAlgorithm: types.KeyAgreementAlgorithmSpecEcdh, PublicKey: der,
				})
				require.NoError(t, err)
				ours, err := publicKey(t, c.(cryptographer), k).(*ecdsa.PublicKey).ECDH()
				require.NoError(t, err)
				theirs, err := peer.ECDH(ours)
				require.NoError(t, err)
				assert.Equal(t, theirs, out.SharedSecret)
				assert.Equal(t, *k.Arn, *out.KeyId)
				assert.Equal(t, types.KeyAgreementAlgorithmSpecEcdh, out.KeyAgreementAlgorithm)
				assert.Equal(t, types.OriginTypeAwsKms, out.KeyOrigin)
				assert.Nil(t, out.CiphertextForRecipient)
			})
		})
	}

	c := kmstest.New().API()
	k := newKey(t, c, ofSpec(types.KeySpecEccNistP256, types.KeyUsageTypeKeyAgreement))
	_, onP256 := newPeer(t, ecdh.P256())
	_, onP384 := newPeer(t, ecdh.P384())
	_, onX25519 := newPeer(t, ecdh.X25519())
	offCurve := bytes.Clone(onP256)
	offCurve[len(offCurve)-1] ^= 1
	for name, public := range map[string][]byte{
		"malformed": []byte("not one"), "on another curve": onP384, "of another kind": onX25519, "off its curve": offCurve,
		"a point alone": elliptic.MarshalCompressed(elliptic.P256(), elliptic.P256().Params().Gx, elliptic.P256().Params().Gy),
	} {
		t.Run("refuses a public key that is "+name, func(t *testing.T) {
			t.Parallel()
			_, err := c.DeriveSharedSecret(t.Context(), &kms.DeriveSharedSecretInput{
				KeyId: k.KeyId, KeyAgreementAlgorithm: types.KeyAgreementAlgorithmSpecEcdh, PublicKey: public, DryRun: new(true),
			})
			refused(t, err, "ValidationException", "")
		})
	}
	t.Run("has condition keys", func(t *testing.T) {
		t.Parallel()
		srv := kmstest.New()
		k := newKey(t, srv.API(), ofSpec(types.KeySpecEccNistP256, types.KeyUsageTypeKeyAgreement))
		underCondition(t, srv, "kms:DeriveSharedSecret", "kms:KeyAgreementAlgorithm", "ECDH", func(c *kmstest.API) error {
			_, err := c.DeriveSharedSecret(t.Context(), &kms.DeriveSharedSecretInput{
				KeyId: k.KeyId, KeyAgreementAlgorithm: types.KeyAgreementAlgorithmSpecEcdh, PublicKey: onP256,
			})
			return err
		})
	})
}

func TestEncapsulate(t *testing.T) {
	t.Parallel()
	for spec, size := range map[types.KeySpec]int{
		types.KeySpecMlKem512: 768, types.KeySpecMlKem768: 1088, types.KeySpecMlKem1024: 1568,
	} {
		t.Run(string(spec), func(t *testing.T) {
			t.Parallel()
			everyDepth(t, func(t *testing.T, _ *kmstest.Server, c caller) {
				k := newKey(t, c, ofSpec(spec, types.KeyUsageTypeEncapsulateDecapsulate))
				made, err := c.(cryptographer).Encapsulate(t.Context(), &kms.EncapsulateInput{
					KeyId: k.KeyId, EncapsulationAlgorithm: types.EncapsulationAlgorithmSpecMlKem,
				})
				require.NoError(t, err)
				assert.Len(t, made.SharedSecret, 32)
				assert.Len(t, made.SharedSecretCiphertextBlob, size)
				assert.Equal(t, *k.Arn, *made.KeyId)
				assert.Equal(t, types.EncapsulationAlgorithmSpecMlKem, made.EncapsulationAlgorithm)

				out, err := c.(cryptographer).Decapsulate(t.Context(), &kms.DecapsulateInput{
					KeyId: k.KeyId, EncapsulationAlgorithm: types.EncapsulationAlgorithmSpecMlKem,
					SharedSecretCiphertextBlob: made.SharedSecretCiphertextBlob,
				})
				require.NoError(t, err)
				assert.Equal(t, made.SharedSecret, out.SharedSecret)
				assert.Equal(t, *k.Arn, *out.KeyId)
				assert.Equal(t, types.EncapsulationAlgorithmSpecMlKem, out.EncapsulationAlgorithm)
			})
		})
	}
}

func TestDecapsulate(t *testing.T) {
	t.Parallel()
	c := kmstest.New().API()
	k := newKey(t, c, ofSpec(types.KeySpecMlKem768, types.KeyUsageTypeEncapsulateDecapsulate))
	made, err := c.Encapsulate(t.Context(), &kms.EncapsulateInput{KeyId: k.KeyId, EncapsulationAlgorithm: types.EncapsulationAlgorithmSpecMlKem})
	require.NoError(t, err)
	decapsulate := func(ciphertext []byte, dryRun *bool) (*kms.DecapsulateOutput, error) {
		return c.Decapsulate(t.Context(), &kms.DecapsulateInput{
			KeyId: k.KeyId, EncapsulationAlgorithm: types.EncapsulationAlgorithmSpecMlKem,
			SharedSecretCiphertextBlob: ciphertext, DryRun: dryRun,
		})
	}
	t.Run("of an altered ciphertext is another secret and no error", func(t *testing.T) {
		t.Parallel()
		altered := bytes.Clone(made.SharedSecretCiphertextBlob)
		altered[0] ^= 1
		out, err := decapsulate(altered, nil)
		require.NoError(t, err)
		assert.Len(t, out.SharedSecret, 32)
		assert.NotEqual(t, made.SharedSecret, out.SharedSecret)
	})
	for name, ciphertext := range map[string][]byte{
		"one byte too short": made.SharedSecretCiphertextBlob[1:],
		"one byte too long":  append(bytes.Clone(made.SharedSecretCiphertextBlob), 0),
		"of another spec":    make([]byte, 768),
	} {
		t.Run("refuses a ciphertext "+name, func(t *testing.T) {
			t.Parallel()
			_, err := decapsulate(ciphertext, nil)
			refused(t, err, "InvalidCiphertextException", "")
			_, err = decapsulate(ciphertext, new(true))
			refused(t, err, "InvalidCiphertextException", "")
		})
	}
}
