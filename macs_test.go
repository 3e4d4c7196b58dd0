package kmskit_test

import (
	"context"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kmskit/kmskit"
)

const (
	hmac256           = types.MacAlgorithmSpecHmacSha256
	noMACAlgorithm    = "the MAC algorithm is empty; give the one that the key allows, such as types.MacAlgorithmSpecHmacSha256"
	macMessageTooLong = "the message has 4097 bytes; it must have 1 to 4096 bytes; of a larger message give the digest, to verify too"
)

func TestAuthenticator_GenerateMac(t *testing.T) {
	t.Parallel()

	t.Run("sends key, message and algorithm and returns the MAC", func(t *testing.T) {
		t.Parallel()
		f := newFake()
		mac, err := kmskit.NewAuthenticator(f).GenerateMac(t.Context(), fakeKeyID, []byte("message"), hmac256)
		require.NoError(t, err)
		assert.Equal(t, []byte("MAC"), mac)
		assert.Equal(t, &kms.GenerateMacInput{
			KeyId: aws.String(fakeKeyID), Message: []byte("message"), MacAlgorithm: hmac256,
		}, sent[kms.GenerateMacInput](t, f))
	})

	t.Run("takes the shortest and the longest message", func(t *testing.T) {
		t.Parallel()
		for _, n := range []int{1, 4096} {
			f := newFake()
			_, err := kmskit.NewAuthenticator(f).GenerateMac(t.Context(), fakeAlias, make([]byte, n), hmac256)
			require.NoError(t, err)
			assert.Len(t, sent[kms.GenerateMacInput](t, f).Message, n)
		}
	})

	refused := []struct {
		name, keyID string
		message     []byte
		algorithm   types.MacAlgorithmSpec
		text        string
	}{
		{"refuses an empty key ID", "", []byte("message"), hmac256, noAnyKeyID},
		{"refuses an empty message", fakeKeyID, []byte{}, hmac256, "the message is empty; it must have 1 to 4096 bytes"},
		{"refuses a message that is too long", fakeKeyID, make([]byte, 4097), hmac256, macMessageTooLong},
		{"refuses an empty algorithm", fakeKeyID, []byte("message"), "", noMACAlgorithm},
	}
	for _, r := range refused {
		t.Run(r.name, func(t *testing.T) {
			t.Parallel()
			f := newFake()
			mac, err := kmskit.NewAuthenticator(f).GenerateMac(t.Context(), r.keyID, r.message, r.algorithm)
			assertRefused(t, f, err, "kmskit: GenerateMac: "+r.text)
			assert.Nil(t, mac)
		})
	}
}

func TestAuthenticator_VerifyMac(t *testing.T) {
	t.Parallel()

	t.Run("sends key, message, algorithm and MAC, not swapped", func(t *testing.T) {
		t.Parallel()
		f := newFake()
		require.NoError(t, kmskit.NewAuthenticator(f).VerifyMac(t.Context(), fakeKeyID, []byte("message"), hmac256, []byte("MAC")))
		assert.Equal(t, &kms.VerifyMacInput{
			KeyId: aws.String(fakeKeyID), Message: []byte("message"), MacAlgorithm: hmac256, Mac: []byte("MAC"),
		}, sent[kms.VerifyMacInput](t, f))
	})

	t.Run("takes the longest message and the longest MAC", func(t *testing.T) {
		t.Parallel()
		f := newFake()
		require.NoError(t, kmskit.NewAuthenticator(f).VerifyMac(t.Context(), fakeKeyID, make([]byte, 4096), hmac256, make([]byte, 6144)))
		assert.Equal(t, 1, f.calls())
	})

	t.Run("returns an error for a MAC that is not good", func(t *testing.T) {
		t.Parallel()
		f := failing(&types.KMSInvalidMacException{})
		err := kmskit.NewAuthenticator(f).VerifyMac(t.Context(), fakeKeyID, []byte("message"), hmac256, []byte("MAC"))
		var invalid *types.KMSInvalidMacException
		require.ErrorAs(t, err, &invalid)
		assert.EqualError(t, err, "kmskit: VerifyMac"+aboutKey+": KMSInvalidMacException: "+
			"(check that key, algorithm and message are those of GenerateMac, and that the MAC is whole and raw bytes, not hex or base64 text)")
	})

	t.Run("takes an answer that does not say valid for an error", func(t *testing.T) {
		t.Parallel()
		f := newFake()
		whenAsked[kms.VerifyMacInput](f, &kms.VerifyMacOutput{KeyId: aws.String(fakeKeyARN), MacValid: false})
		err := kmskit.NewAuthenticator(f).VerifyMac(t.Context(), fakeKeyID, []byte("message"), hmac256, []byte("MAC"))
		require.ErrorIs(t, err, kmskit.ErrIncompleteOutput)
		assert.EqualError(t, err, "kmskit: VerifyMac"+aboutKey+": incomplete output: the answer lacks MacValid")
	})

	refused := []struct {
		name, keyID  string
		message, mac []byte
		algorithm    types.MacAlgorithmSpec
		text         string
	}{
		{"refuses an empty key ID", "", []byte("message"), []byte("MAC"), hmac256, noAnyKeyID},
		{"refuses an empty message", fakeKeyID, nil, []byte("MAC"), hmac256, "the message is empty; it must have 1 to 4096 bytes"},
		{"refuses a message that is too long", fakeKeyID, make([]byte, 4097), []byte("MAC"), hmac256, macMessageTooLong},
		{"refuses an empty algorithm", fakeKeyID, []byte("message"), []byte("MAC"), "", noMACAlgorithm},
		{"refuses an empty MAC", fakeKeyID, []byte("message"), []byte{}, hmac256, "the MAC is empty; it must have 1 to 6144 bytes"},
		{"refuses a MAC that is too long", fakeKeyID, []byte("message"), make([]byte, 6145), hmac256, "the MAC has 6145 bytes; it must have 1 to 6144 bytes"},
	}
	for _, r := range refused {
		t.Run(r.name, func(t *testing.T) {
			t.Parallel()
			f := newFake()
			err := kmskit.NewAuthenticator(f).VerifyMac(t.Context(), r.keyID, r.message, r.algorithm, r.mac)
			assertRefused(t, f, err, "kmskit: VerifyMac: "+r.text)
		})
	}
}

func TestAuthenticator_WithGrantTokens(t *testing.T) {
	t.Parallel()
	newAuthenticator := func(f *fakeKMS) *kmskit.Authenticator { return kmskit.NewAuthenticator(f) }

	t.Run("GenerateMac", func(t *testing.T) {
		t.Parallel()
		testGrantTokens(
			t, newAuthenticator, func(in *kms.GenerateMacInput) *[]string { return &in.GrantTokens },
			func(ctx context.Context, a *kmskit.Authenticator, optFns ...func(*kms.GenerateMacInput)) error {
				_, err := a.GenerateMac(ctx, fakeKeyID, []byte("message"), hmac256, optFns...)
				return err
			},
		)
	})
	t.Run("VerifyMac", func(t *testing.T) {
		t.Parallel()
		testGrantTokens(
			t, newAuthenticator, func(in *kms.VerifyMacInput) *[]string { return &in.GrantTokens },
			func(ctx context.Context, a *kmskit.Authenticator, optFns ...func(*kms.VerifyMacInput)) error {
				return a.VerifyMac(ctx, fakeKeyID, []byte("message"), hmac256, []byte("MAC"), optFns...)
			},
		)
	})
}
