package kmskit_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kmskit/kmskit"
)

const (
	ecdsa256           = types.SigningAlgorithmSpecEcdsaSha256
	noSigningAlgorithm = "the signing algorithm is empty; give one that the key allows, such as types.SigningAlgorithmSpecEcdsaSha256"
	messageTooLong     = "the message has 4097 bytes; it must have 0 to 4096 bytes; of a larger message give the digest, and set MessageType to DIGEST"
)

func TestSigner_Sign(t *testing.T) {
	t.Parallel()

	t.Run("sends key, message and algorithm and returns the signature", func(t *testing.T) {
		t.Parallel()
		f := newFake()
		signature, err := kmskit.NewSigner(f).Sign(t.Context(), fakeKeyID, []byte("message"), ecdsa256)
		require.NoError(t, err)
		assert.Equal(t, []byte("signature"), signature)
		assert.Equal(t, &kms.SignInput{
			KeyId: aws.String(fakeKeyID), Message: []byte("message"), SigningAlgorithm: ecdsa256,
		}, sent[kms.SignInput](t, f))
	})

	t.Run("signs a digest where an option says so", func(t *testing.T) {
		t.Parallel()
		f := newFake()
		digest := bytes.Repeat([]byte{17}, 32)
		_, err := kmskit.NewSigner(f).Sign(t.Context(), fakeAlias, digest, ecdsa256, func(in *kms.SignInput) {
			in.MessageType = types.MessageTypeDigest
		})
		require.NoError(t, err)
		assert.Equal(t, &kms.SignInput{
			KeyId: aws.String(fakeAlias), Message: digest, SigningAlgorithm: ecdsa256, MessageType: types.MessageTypeDigest,
		}, sent[kms.SignInput](t, f))
	})

	t.Run("sends no message as an empty one", func(t *testing.T) {
		t.Parallel()
		for _, message := range [][]byte{nil, {}} {
			f := newFake()
			_, err := kmskit.NewSigner(f).Sign(t.Context(), fakeKeyID, message, ecdsa256)
			require.NoError(t, err)
			// The SDK refuses nil, so this must be empty and not nil.
			assert.Equal(t, []byte{}, sent[kms.SignInput](t, f).Message)
		}
	})

	t.Run("passes the SDK's own checks without a message", func(t *testing.T) {
		t.Parallel()
		client := clientOver(roundTripper(func(req *http.Request) (*http.Response, error) {
			body, err := io.ReadAll(req.Body)
			require.NoError(t, err)
			assert.Contains(t, string(body), `"Message":""`)
			return &http.Response{
				StatusCode: http.StatusOK, Request: req, Header: http.Header{"Content-Type": {"application/x-amz-json-1.1"}},
				Body: io.NopCloser(strings.NewReader(`{"Signature":"c2lnbmF0dXJl"}`)),
			}, nil
		}))
		signature, err := kmskit.NewSigner(client).Sign(t.Context(), fakeKeyID, nil, ecdsa256)
		require.NoError(t, err)
		assert.Equal(t, []byte("signature"), signature)
	})

	t.Run("takes the longest message", func(t *testing.T) {
		t.Parallel()
		f := newFake()
		_, err := kmskit.NewSigner(f).Sign(t.Context(), fakeKeyID, make([]byte, 4096), ecdsa256)
		require.NoError(t, err)
		assert.Len(t, sent[kms.SignInput](t, f).Message, 4096)
	})

	refused := []struct {
		name, keyID string
		message     []byte
		algorithm   types.SigningAlgorithmSpec
		text        string
	}{
		{"refuses an empty key ID", "", []byte("message"), ecdsa256, noAnyKeyID},
		{"refuses a message that is too long", fakeKeyID, make([]byte, 4097), ecdsa256, messageTooLong},
		{"refuses an empty algorithm", fakeKeyID, []byte("message"), "", noSigningAlgorithm},
	}
	for _, r := range refused {
		t.Run(r.name, func(t *testing.T) {
			t.Parallel()
			f := newFake()
			signature, err := kmskit.NewSigner(f).Sign(t.Context(), r.keyID, r.message, r.algorithm)
			assertRefused(t, f, err, "kmskit: Sign: "+r.text)
			assert.Nil(t, signature)
		})
	}

	t.Run("keeps KMS's type and says what to check", func(t *testing.T) {
		t.Parallel()
		f := failing(&types.InvalidKeyUsageException{Message: aws.String("key usage is ENCRYPT_DECRYPT")})
		_, err := kmskit.NewSigner(f).Sign(t.Context(), fakeAlias, []byte("message"), ecdsa256)
		var usage *types.InvalidKeyUsageException
		require.ErrorAs(t, err, &usage)
		assert.EqualError(t, err, `kmskit: Sign (key "alias/orders"): InvalidKeyUsageException: key usage is ENCRYPT_DECRYPT `+
			`(KeyManager.DescribeKey tells what the key can do: its KeyUsage, KeySpec and algorithms)`)
	})

	t.Run("says where to look for an alias that is not found", func(t *testing.T) {
		t.Parallel()
		f := failing(&types.NotFoundException{Message: aws.String("Alias is not found.")})
		_, err := kmskit.NewSigner(f).Sign(t.Context(), fakeAlias, []byte("message"), ecdsa256)
		assert.EqualError(t, err, `kmskit: Sign (key "alias/orders"): NotFoundException: Alias is not found. `+
			`(check the identifier, and that the client's Region and account are those of the key)`)
	})
}

func TestSigner_Verify(t *testing.T) {
	t.Parallel()

	t.Run("sends key, message, algorithm and signature, not swapped", func(t *testing.T) {
		t.Parallel()
		f := newFake()
		require.NoError(t, kmskit.NewSigner(f).Verify(t.Context(), fakeKeyID, []byte("message"), ecdsa256, []byte("signature")))
		assert.Equal(t, &kms.VerifyInput{
			KeyId: aws.String(fakeKeyID), Message: []byte("message"), SigningAlgorithm: ecdsa256, Signature: []byte("signature"),
		}, sent[kms.VerifyInput](t, f))
	})

	t.Run("sends no message as an empty one", func(t *testing.T) {
		t.Parallel()
		f := newFake()
		require.NoError(t, kmskit.NewSigner(f).Verify(t.Context(), fakeKeyID, nil, ecdsa256, []byte("signature")))
		assert.Equal(t, []byte{}, sent[kms.VerifyInput](t, f).Message)
	})

	t.Run("takes the longest message and the longest signature", func(t *testing.T) {
		t.Parallel()
		f := newFake()
		require.NoError(t, kmskit.NewSigner(f).Verify(t.Context(), fakeKeyID, make([]byte, 4096), ecdsa256, make([]byte, 6144)))
		assert.Equal(t, 1, f.calls())
	})

	t.Run("returns an error for a signature that is not good", func(t *testing.T) {
		t.Parallel()
		f := failing(&types.KMSInvalidSignatureException{})
		err := kmskit.NewSigner(f).Verify(t.Context(), fakeKeyID, []byte("message"), ecdsa256, []byte("signature"))
		var invalid *types.KMSInvalidSignatureException
		require.ErrorAs(t, err, &invalid)
		assert.EqualError(t, err, "kmskit: Verify"+aboutKey+": KMSInvalidSignatureException: "+
			"(check that key, algorithm and message are those of the signing, that MessageType tells a digest from a message, and that an ECDSA signature is in DER)")
	})

	t.Run("takes an answer that does not say valid for an error", func(t *testing.T) {
		t.Parallel()
		f := newFake()
		whenAsked[kms.VerifyInput](f, &kms.VerifyOutput{KeyId: aws.String(fakeKeyARN), SignatureValid: false})
		err := kmskit.NewSigner(f).Verify(t.Context(), fakeKeyID, []byte("message"), ecdsa256, []byte("signature"))
		require.ErrorIs(t, err, kmskit.ErrIncompleteOutput)
		assert.EqualError(t, err, "kmskit: Verify"+aboutKey+": incomplete output: the answer lacks SignatureValid")
	})

	refused := []struct {
		name, keyID        string
		message, signature []byte
		algorithm          types.SigningAlgorithmSpec
		text               string
	}{
		{"refuses an empty key ID", "", []byte("message"), []byte("signature"), ecdsa256, noAnyKeyID},
		{"refuses a message that is too long", fakeKeyID, make([]byte, 4097), []byte("signature"), ecdsa256, messageTooLong},
		{"refuses an empty algorithm", fakeKeyID, []byte("message"), []byte("signature"), "", noSigningAlgorithm},
		{"refuses an empty signature", fakeKeyID, []byte("message"), nil, ecdsa256, "the signature is empty; it must have 1 to 6144 bytes"},
		{"refuses a signature that is too long", fakeKeyID, []byte("message"), make([]byte, 6145), ecdsa256, "the signature has 6145 bytes; it must have 1 to 6144 bytes"},
	}
	for _, r := range refused {
		t.Run(r.name, func(t *testing.T) {
			t.Parallel()
			f := newFake()
			err := kmskit.NewSigner(f).Verify(t.Context(), r.keyID, r.message, r.algorithm, r.signature)
			assertRefused(t, f, err, "kmskit: Verify: "+r.text)
		})
	}
}

func TestSigner_GetPublicKey(t *testing.T) {
	t.Parallel()

	t.Run("sends the key and returns the public key and what it is for", func(t *testing.T) {
		t.Parallel()
		f := newFake()
		want := &kms.GetPublicKeyOutput{PublicKey: []byte("public key"), KeySpec: types.KeySpecRsa4096}
		whenAsked[kms.GetPublicKeyInput](f, want)
		key, err := kmskit.NewSigner(f).GetPublicKey(t.Context(), fakeAlias)
		require.NoError(t, err)
		assert.Same(t, want, key)
		assert.Equal(t, &kms.GetPublicKeyInput{KeyId: aws.String(fakeAlias)}, sent[kms.GetPublicKeyInput](t, f))
	})

	t.Run("refuses an empty key ID", func(t *testing.T) {
		t.Parallel()
		f := newFake()
		key, err := kmskit.NewSigner(f).GetPublicKey(t.Context(), "")
		assertRefused(t, f, err, "kmskit: GetPublicKey: "+noAnyKeyID)
		assert.Nil(t, key)
	})
}

func TestSigner_WithGrantTokens(t *testing.T) {
	t.Parallel()
	newSigner := func(f *fakeKMS) *kmskit.Signer { return kmskit.NewSigner(f) }

	t.Run("Sign", func(t *testing.T) {
		t.Parallel()
		testGrantTokens(
			t, newSigner, func(in *kms.SignInput) *[]string { return &in.GrantTokens },
			func(ctx context.Context, s *kmskit.Signer, optFns ...func(*kms.SignInput)) error {
				_, err := s.Sign(ctx, fakeKeyID, []byte("message"), ecdsa256, optFns...)
				return err
			},
		)
	})
	t.Run("Verify", func(t *testing.T) {
		t.Parallel()
		testGrantTokens(
			t, newSigner, func(in *kms.VerifyInput) *[]string { return &in.GrantTokens },
			func(ctx context.Context, s *kmskit.Signer, optFns ...func(*kms.VerifyInput)) error {
				return s.Verify(ctx, fakeKeyID, []byte("message"), ecdsa256, []byte("signature"), optFns...)
			},
		)
	})
	t.Run("GetPublicKey", func(t *testing.T) {
		t.Parallel()
		testGrantTokens(
			t, newSigner, func(in *kms.GetPublicKeyInput) *[]string { return &in.GrantTokens },
			func(ctx context.Context, s *kmskit.Signer, optFns ...func(*kms.GetPublicKeyInput)) error {
				_, err := s.GetPublicKey(ctx, fakeKeyID, optFns...)
				return err
			},
		)
	})
}
