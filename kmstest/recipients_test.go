package kmstest_test

import (
	"bytes"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"math/big"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/kmskit/kmskit"
	"github.com/kmskit/kmskit/kmstest"
	"github.com/kmskit/kmskit/kmstest/internal/attest"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// An attested is an operation that has a Recipient. Run returns the secret as the
// caller sees it and as the recipient does.
type attested struct {
	name string
	run  func(t *testing.T, c cryptographer, k attestedKeys, to *types.RecipientInfo, dryRun bool) (plaintext, ciphertext []byte, err error)
}

// attestedKeys are what the operations work on.
type attestedKeys struct {
	symmetric  *types.KeyMetadata
	ciphertext []byte // of "secret" under it
	agreement  *types.KeyMetadata
	peer       []byte
}

func newAttestedKeys(t *testing.T, c caller) attestedKeys {
	t.Helper()
	k := attestedKeys{symmetric: newKey(t, c), agreement: newKey(t, c, ofSpec(types.KeySpecEccNistP256, types.KeyUsageTypeKeyAgreement))}
	k.ciphertext = encrypt(t, c, k.symmetric, "secret", nil)
	_, k.peer = newPeer(t, ecdh.P256())
	return k
}

var attestedOperations = []attested{
	{"Decrypt", func(t *testing.T, c cryptographer, k attestedKeys, to *types.RecipientInfo, dryRun bool) (plaintext, ciphertext []byte, err error) {
		out, err := c.Decrypt(t.Context(), &kms.DecryptInput{CiphertextBlob: k.ciphertext, KeyId: k.symmetric.Arn, Recipient: to, DryRun: &dryRun})
		if err != nil {
			return nil, nil, err
		}
		assert.Equal(t, *k.symmetric.Arn, *out.KeyId)
		assert.Equal(t, to == nil, out.KeyMaterialId != nil, "the key material is named to the caller only")
		return out.Plaintext, out.CiphertextForRecipient, nil
	}},
	{"DeriveSharedSecret", func(t *testing.T, c cryptographer, k attestedKeys, to *types.RecipientInfo, dryRun bool) (plaintext, ciphertext []byte, err error) {
		out, err := c.DeriveSharedSecret(t.Context(), &kms.DeriveSharedSecretInput{
			KeyId: k.agreement.Arn, KeyAgreementAlgorithm: types.KeyAgreementAlgorithmSpecEcdh, PublicKey: k.peer, Recipient: to, DryRun: &dryRun,
		})
		if err != nil {
			return nil, nil, err
		}
		return out.SharedSecret, out.CiphertextForRecipient, nil
	}},
	{"GenerateDataKey", func(t *testing.T, c cryptographer, k attestedKeys, to *types.RecipientInfo, dryRun bool) (plaintext, ciphertext []byte, err error) {
		out, err := c.GenerateDataKey(t.Context(), &kms.GenerateDataKeyInput{KeyId: k.symmetric.Arn, KeySpec: types.DataKeySpecAes256, Recipient: to, DryRun: &dryRun})
		if err != nil {
			return nil, nil, err
		}
		assert.NotEmpty(t, out.CiphertextBlob)
		assert.Equal(t, to == nil, out.KeyMaterialId != nil, "the key material is named to the caller only")
		return out.Plaintext, out.CiphertextForRecipient, nil
	}},
	{"GenerateDataKeyPair", func(t *testing.T, c cryptographer, k attestedKeys, to *types.RecipientInfo, dryRun bool) (plaintext, ciphertext []byte, err error) {
		out, err := c.GenerateDataKeyPair(t.Context(), &kms.GenerateDataKeyPairInput{
			KeyId: k.symmetric.Arn, KeyPairSpec: types.DataKeyPairSpecEccNistP256, Recipient: to, DryRun: &dryRun,
		})
		if err != nil {
			return nil, nil, err
		}
		assert.NotEmpty(t, out.PrivateKeyCiphertextBlob)
		assert.NotEmpty(t, out.PublicKey)
		assert.NotNil(t, out.KeyMaterialId)
		return out.PrivateKeyPlaintext, out.CiphertextForRecipient, nil
	}},
	{"GenerateRandom", func(t *testing.T, c cryptographer, _ attestedKeys, to *types.RecipientInfo, _ bool) (plaintext, ciphertext []byte, err error) {
		out, err := c.GenerateRandom(t.Context(), &kms.GenerateRandomInput{NumberOfBytes: aws.Int32(1024), Recipient: to})
		if err != nil {
			return nil, nil, err
		}
		return out.Plaintext, out.CiphertextForRecipient, nil
	}},
}

func everyAttested(t *testing.T, test func(t *testing.T, op attested)) {
	t.Helper()
	for _, op := range attestedOperations {
		t.Run(op.name, func(t *testing.T) {
			t.Parallel()
			test(t, op)
		})
	}
}

func TestRecipient(t *testing.T) {
	t.Parallel()
	enclave := kmstest.NewEnclave(nil)
	everyAttested(t, func(t *testing.T, op attested) {
		srv := kmstest.New(kmstest.WithAttestationRoot(enclave.Root()))
		port := httptest.NewServer(srv)
		t.Cleanup(port.Close)
		keys := newAttestedKeys(t, srv.API())
		for name, c := range map[string]cryptographer{"client": srv.Client(), "API": srv.API(), "port": srv.Client(func(o *kms.Options) {
			o.BaseEndpoint, o.HTTPClient = &port.URL, port.Client()
		})} {
			plaintext, ciphertext, err := op.run(t, c, keys, enclave.Recipient(srv.Now()), false)
			require.NoError(t, err, name)
			assert.Nil(t, plaintext, name)
			secret, err := enclave.Decrypt(ciphertext)
			require.NoError(t, err, name)
			assert.NotEmpty(t, secret, name)

			plaintext, ciphertext, err = op.run(t, c, keys, nil, false)
			require.NoError(t, err, name)
			assert.Nil(t, ciphertext, name)
			assert.Len(t, secret, len(plaintext), name)
			if op.name == "Decrypt" || op.name == "DeriveSharedSecret" { // which have one secret only
				assert.Equal(t, plaintext, secret, name)
			}
		}
	})
}

func TestRecipient_Form(t *testing.T) {
	t.Parallel()
	enclave := kmstest.NewEnclave(nil)
	everyAttested(t, func(t *testing.T, op attested) {
		srv := kmstest.New(kmstest.WithAttestationRoot(enclave.Root()))
		keys := newAttestedKeys(t, srv.API())
		refuses := func(change func(to *types.RecipientInfo), text string) {
			to := enclave.Recipient(srv.Now())
			change(to)
			for _, dryRun := range []bool{false, true} {
				_, _, err := op.run(t, srv.API(), keys, to, dryRun)
				refused(t, err, "ValidationException", text)
			}
		}
		refuses(func(to *types.RecipientInfo) { to.AttestationDocument = nil }, "AttestationDocument is required.")
		refuses(func(to *types.RecipientInfo) { to.KeyEncryptionAlgorithm = "" }, "KeyEncryptionAlgorithm is required.")
		refuses(func(to *types.RecipientInfo) { to.AttestationDocument = []byte("x") },
			"Recipient has an invalid attestation document: the CBOR is of another type.")
		refuses(func(to *types.RecipientInfo) { to.AttestationDocument[len(to.AttestationDocument)-1] ^= 1 },
			"Recipient has an invalid attestation document: the signature does not match.")
		refuses(func(to *types.RecipientInfo) {
			to.AttestationDocument = bytes.Replace(to.AttestationDocument, []byte("-enc0"), []byte("-enc1"), 1)
		}, "Recipient has an invalid attestation document: the signature does not match.")
		refuses(func(to *types.RecipientInfo) { to.KeyEncryptionAlgorithm = "RSA" },
			"1 validation error detected: Value 'RSA' at 'recipient.keyEncryptionAlgorithm' failed to satisfy constraint: Member must satisfy enum value set: [RSAES_OAEP_SHA_256]")
	})
}

func TestRecipient_Root(t *testing.T) {
	t.Parallel()
	enclave, another := kmstest.NewEnclave(nil), kmstest.NewEnclave(nil)
	everyAttested(t, func(t *testing.T, op attested) {
		none := kmstest.New()
		_, _, err := op.run(t, none.API(), newAttestedKeys(t, none.API()), enclave.Recipient(none.Now()), false)
		refused(t, err, "UnsupportedOperationException", "Recipient is not supported by kmstest without an attestation root.")

		foreign := kmstest.New(kmstest.WithAttestationRoot(another.Root()))
		_, _, err = op.run(t, foreign.API(), newAttestedKeys(t, foreign.API()), enclave.Recipient(foreign.Now()), false)
		refusedWith(t, err, "ValidationException")
		assert.ErrorContains(t, err, "the certificate is not trusted: x509: certificate signed by unknown authority")

		both := kmstest.New(kmstest.WithAttestationRoot(another.Root()), kmstest.WithAttestationRoot(enclave.Root()))
		keys := newAttestedKeys(t, both.API())
		for _, e := range []*kmstest.Enclave{enclave, another} {
			_, ciphertext, err := op.run(t, both.API(), keys, e.Recipient(both.Now()), false)
			require.NoError(t, err)
			_, err = e.Decrypt(ciphertext)
			assert.NoError(t, err)
		}
		_, ciphertext, err := op.run(t, both.API(), keys, enclave.Recipient(both.Now()), false)
		require.NoError(t, err)
		_, err = another.Decrypt(ciphertext)
		assert.ErrorContains(t, err, "invalid envelope")
	})
}

func TestRecipient_Time(t *testing.T) {
	t.Parallel()
	enclave := kmstest.NewEnclave(nil)
	t.Run("a document is valid for three hours", func(t *testing.T) {
		t.Parallel()
		srv := kmstest.New(kmstest.WithAttestationRoot(enclave.Root()))
		in := &kms.GenerateRandomInput{NumberOfBytes: aws.Int32(1), Recipient: enclave.Recipient(srv.Now())}
		srv.Advance(3*time.Hour - time.Minute)
		_, err := srv.API().GenerateRandom(t.Context(), in)
		require.NoError(t, err)
		srv.Advance(2 * time.Minute)
		_, err = srv.API().GenerateRandom(t.Context(), in)
		refusedWith(t, err, "ValidationException")
		assert.ErrorContains(t, err, "certificate has expired")
	})
	t.Run("a document from the future is not valid", func(t *testing.T) {
		t.Parallel()
		srv := kmstest.New(kmstest.WithAttestationRoot(enclave.Root()))
		in := &kms.GenerateRandomInput{NumberOfBytes: aws.Int32(1), Recipient: enclave.Recipient(srv.Now().Add(time.Minute))}
		_, err := srv.API().GenerateRandom(t.Context(), in)
		assert.ErrorContains(t, err, "not yet valid")
	})
	for _, now := range []time.Time{time.Date(1990, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2190, 1, 1, 0, 0, 0, 0, time.UTC)} {
		t.Run("the clock can say "+now.Format(time.DateOnly), func(t *testing.T) {
			t.Parallel()
			srv := kmstest.New(kmstest.WithAttestationRoot(enclave.Root()), kmstest.WithClock(func() time.Time { return now }))
			_, err := srv.API().GenerateRandom(t.Context(), &kms.GenerateRandomInput{NumberOfBytes: aws.Int32(1), Recipient: enclave.Recipient(srv.Now())})
			assert.NoError(t, err)
		})
	}
	t.Run("in a bubble", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			srv := kmstest.New(kmstest.WithAttestationRoot(enclave.Root()))
			_, err := srv.Client().GenerateRandom(t.Context(), &kms.GenerateRandomInput{NumberOfBytes: aws.Int32(1), Recipient: enclave.Recipient(srv.Now())})
			assert.NoError(t, err)
		})
	})
}

func TestRecipient_DryRun(t *testing.T) {
	t.Parallel()
	enclave := kmstest.NewEnclave(nil)
	everyAttested(t, func(t *testing.T, op attested) {
		if op.name == "GenerateRandom" {
			t.Skip("the operation has no DryRun")
		}
		srv := kmstest.New(kmstest.WithAttestationRoot(enclave.Root()))
		_, _, err := op.run(t, srv.API(), newAttestedKeys(t, srv.API()), enclave.Recipient(srv.Now()), true)
		refusedWith(t, err, "DryRunOperationException")
	})
}

func TestRecipient_ConditionKeys(t *testing.T) {
	t.Parallel()
	image, module := bytes.Repeat([]byte{0xab}, 48), bytes.Repeat([]byte{0xcd}, 48)
	enclave := kmstest.NewEnclave(map[int][]byte{0: image, 8: module, 31: image})
	debug := kmstest.NewEnclave(nil)
	everyAttested(t, func(t *testing.T, op attested) {
		srv := kmstest.New(kmstest.WithAttestationRoot(enclave.Root()), kmstest.WithAttestationRoot(debug.Root()))
		keys := newAttestedKeys(t, srv.API())
		for key, value := range map[string]string{
			"kms:RecipientAttestation:ImageSha384": hex.EncodeToString(image),
			"kms:RecipientAttestation:PCR0":        hex.EncodeToString(image),
			"kms:RecipientAttestation:PCR8":        hex.EncodeToString(module),
			"kms:RecipientAttestation:PCR31":       hex.EncodeToString(image),
		} {
			arn := role(account, strings.ReplaceAll(key, ":", "-"))
			c := srv.Principal(arn, withCondition("kms:"+op.name, "StringEqualsIgnoreCase", key, strings.ToUpper(value))).API()
			_, _, err := op.run(t, c, keys, enclave.Recipient(srv.Now()), false)
			assert.NoError(t, err, key)
			_, _, err = op.run(t, c, keys, debug.Recipient(srv.Now()), false)
			refusedWith(t, err, "AccessDeniedException")
			_, _, err = op.run(t, c, keys, nil, false)
			refusedWith(t, err, "AccessDeniedException")
		}
		t.Run("in debug mode all registers are zero", func(t *testing.T) {
			t.Parallel()
			c := srv.Principal(role(account, "debug"), withCondition("kms:"+op.name, "StringEquals", "kms:RecipientAttestation:PCR15", strings.Repeat("0", 96))).API()
			_, _, err := op.run(t, c, keys, debug.Recipient(srv.Now()), false)
			assert.NoError(t, err)
		})
		t.Run("there are none of other registers, nor of NitroTPM", func(t *testing.T) {
			t.Parallel()
			for _, key := range []string{"kms:RecipientAttestation:PCR16", "kms:RecipientAttestation:NitroTPMPCR0"} {
				c := srv.Principal(role(account, strings.ReplaceAll(key, ":", "-")), withCondition("kms:"+op.name, "Null", key, "true")).API()
				_, _, err := op.run(t, c, keys, enclave.Recipient(srv.Now()), false)
				assert.NoError(t, err, key)
			}
		})
	})
	t.Run("in a key policy", func(t *testing.T) {
		t.Parallel()
		srv := kmstest.New(kmstest.WithAttestationRoot(enclave.Root()))
		k := newKey(t, srv.API())
		letIn(t, srv, k, kmskit.Statement{
			Action:    kmskit.StringList{"kms:Decrypt"},
			Condition: kmskit.Condition{"StringEqualsIgnoreCase": {"kms:RecipientAttestation:ImageSha384": {hex.EncodeToString(image)}}},
		}, role(account, "parent"))
		parent := srv.Principal(role(account, "parent")).API()
		in := &kms.DecryptInput{CiphertextBlob: encrypt(t, srv.API(), k, "secret", nil)}
		_, err := parent.Decrypt(t.Context(), in)
		refusedWith(t, err, "AccessDeniedException")
		in.Recipient = enclave.Recipient(srv.Now())
		out, err := parent.Decrypt(t.Context(), in)
		require.NoError(t, err)
		secret, err := enclave.Decrypt(out.CiphertextForRecipient)
		require.NoError(t, err)
		assert.Equal(t, "secret", string(secret))
	})
}

// TestRecipient_NitroTPM has a document of an instance, not of an enclave.
func TestRecipient_NitroTPM(t *testing.T) {
	t.Parallel()
	signer, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	require.NoError(t, err)
	issue := func(template, parent *x509.Certificate) *x509.Certificate {
		template.SerialNumber, template.BasicConstraintsValid = big.NewInt(1), true
		template.NotBefore, template.NotAfter = time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
		der, err := x509.CreateCertificate(rand.Reader, template, parent, &signer.PublicKey, signer)
		require.NoError(t, err)
		c, err := x509.ParseCertificate(der)
		require.NoError(t, err)
		return c
	}
	authority := &x509.Certificate{IsCA: true, KeyUsage: x509.KeyUsageCertSign}
	root := issue(authority, authority)
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	public, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	require.NoError(t, err)
	leaf := issue(&x509.Certificate{Subject: pkix.Name{CommonName: "instance"}, KeyUsage: x509.KeyUsageDigitalSignature}, root)
	d := attest.Document{ModuleID: "i-0123456789abcdef0-tpm0000000000000000", Time: time.Now(), PublicKey: public, TPMPCRs: map[int][]byte{4: make([]byte, 48)}}
	signed, err := d.Sign(signer, leaf.Raw, root.Raw)
	require.NoError(t, err)

	srv := kmstest.New(kmstest.WithAttestationRoot(root))
	for key, value := range map[string]string{
		"kms:RecipientAttestation:NitroTPMPCR4": strings.Repeat("0", 96),
		"kms:RecipientAttestation:PCR4":         "",
		"kms:RecipientAttestation:ImageSha384":  "",
	} {
		t.Run(key, func(t *testing.T) {
			t.Parallel()
			policy := withCondition("kms:GenerateRandom", "StringEquals", key, value)
			if value == "" {
				policy = withCondition("kms:GenerateRandom", "Null", key, "true")
			}
			out, err := srv.Principal(role(account, strings.ReplaceAll(key, ":", "-")), policy).API().GenerateRandom(t.Context(), &kms.GenerateRandomInput{
				NumberOfBytes: aws.Int32(1),
				Recipient: &types.RecipientInfo{
					AttestationDocument: signed, KeyEncryptionAlgorithm: types.KeyEncryptionMechanismRsaesOaepSha256,
				},
			})
			require.NoError(t, err)
			assert.NotEmpty(t, out.CiphertextForRecipient)
		})
	}
}

func TestNewEnclave(t *testing.T) {
	t.Parallel()
	t.Run("keeps nothing of its argument", func(t *testing.T) {
		t.Parallel()
		image := make([]byte, 48)
		pcrs := map[int][]byte{0: image}
		enclave := kmstest.NewEnclave(pcrs)
		image[0] = 1
		pcrs[1] = image
		srv := kmstest.New(kmstest.WithAttestationRoot(enclave.Root()))
		for _, key := range []string{"kms:RecipientAttestation:PCR0", "kms:RecipientAttestation:PCR1"} {
			c := srv.Principal(role(account, strings.ReplaceAll(key, ":", "-")), withCondition("kms:GenerateRandom", "StringEquals", key, strings.Repeat("0", 96))).API()
			_, err := c.GenerateRandom(t.Context(), &kms.GenerateRandomInput{NumberOfBytes: aws.Int32(1), Recipient: enclave.Recipient(srv.Now())})
			assert.NoError(t, err)
		}
	})
	t.Run("its root certificate is an authority", func(t *testing.T) {
		t.Parallel()
		root := kmstest.NewEnclave(nil).Root()
		assert.True(t, root.IsCA)
		assert.NoError(t, root.CheckSignatureFrom(root))
		_, err := root.Verify(x509.VerifyOptions{Roots: x509.NewCertPool()})
		assert.Error(t, err)
	})
	for name, pcrs := range map[string]map[int][]byte{
		"a negative index": {-1: make([]byte, 48)}, "an index of 32": {32: make([]byte, 48)}, "47 bytes": {0: make([]byte, 47)}, "no bytes": {0: nil},
	} {
		t.Run("panics on a register with "+name, func(t *testing.T) {
			t.Parallel()
			assert.Panics(t, func() { kmstest.NewEnclave(pcrs) })
		})
	}
}
