package kmstest_test

import (
	"bytes"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/kmskit/kmskit/kmstest"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestGenerateMac(t *testing.T) {
	t.Parallel()
	for spec, size := range map[types.KeySpec]int{
		types.KeySpecHmac224: 28, types.KeySpecHmac256: 32, types.KeySpecHmac384: 48, types.KeySpecHmac512: 64,
	} {
		t.Run(string(spec), func(t *testing.T) {
			t.Parallel()
			everyDepth(t, func(t *testing.T, _ *kmstest.Server, c caller) {
				k := newKey(t, c, ofSpec(spec, types.KeyUsageTypeGenerateVerifyMac))
				algorithm := k.MacAlgorithms[0]
				made, err := c.(cryptographer).GenerateMac(t.Context(), &kms.GenerateMacInput{KeyId: k.KeyId, Message: []byte("message"), MacAlgorithm: algorithm})
				require.NoError(t, err)
				assert.Len(t, made.Mac, size)
				assert.Equal(t, *k.Arn, *made.KeyId)
				assert.Equal(t, algorithm, made.MacAlgorithm)

				in := &kms.VerifyMacInput{KeyId: k.KeyId, Message: []byte("message"), MacAlgorithm: algorithm, Mac: made.Mac}
				out, err := c.(cryptographer).VerifyMac(t.Context(), in)
				require.NoError(t, err)
				assert.True(t, out.MacValid)
				assert.Equal(t, *k.Arn, *out.KeyId)
				assert.Equal(t, algorithm, out.MacAlgorithm)

				in.Message = []byte("another message")
				_, err = c.(cryptographer).VerifyMac(t.Context(), in)
				refused(t, err, "KMSInvalidMacException", "")
			})
		})
	}
}

func TestVerifyMac(t *testing.T) {
	t.Parallel()
	c := kmstest.New().API()
	k := newKey(t, c, ofSpec(types.KeySpecHmac256, types.KeyUsageTypeGenerateVerifyMac))
	made, err := c.GenerateMac(t.Context(), &kms.GenerateMacInput{KeyId: k.KeyId, Message: []byte("message"), MacAlgorithm: types.MacAlgorithmSpecHmacSha256})
	require.NoError(t, err)
	altered := bytes.Clone(made.Mac)
	altered[31] ^= 1

	for name, in := range map[string]kms.VerifyMacInput{
		"an altered MAC":   {KeyId: k.KeyId, Mac: altered},
		"a truncated MAC":  {KeyId: k.KeyId, Mac: made.Mac[:31]},
		"a longer MAC":     {KeyId: k.KeyId, Mac: append(bytes.Clone(made.Mac), 0)},
		"a MAC by another": {KeyId: newKey(t, c, ofSpec(types.KeySpecHmac256, types.KeyUsageTypeGenerateVerifyMac)).KeyId, Mac: made.Mac},
		"a dry run":        {KeyId: k.KeyId, Mac: altered, DryRun: new(true)},
	} {
		in.Message, in.MacAlgorithm = []byte("message"), types.MacAlgorithmSpecHmacSha256
		t.Run("refuses "+name, func(t *testing.T) {
			t.Parallel()
			_, err := c.VerifyMac(t.Context(), &in)
			refused(t, err, "KMSInvalidMacException", "")
		})
	}
}

func TestGenerateMac_Algorithm(t *testing.T) {
	t.Parallel()
	c := kmstest.New().API()
	k := newKey(t, c, ofSpec(types.KeySpecHmac224, types.KeyUsageTypeGenerateVerifyMac))
	const text = "Algorithm HMAC_SHA_256 is incompatible with key spec HMAC_224."
	_, err := c.GenerateMac(t.Context(), &kms.GenerateMacInput{KeyId: k.KeyId, Message: []byte("x"), MacAlgorithm: types.MacAlgorithmSpecHmacSha256})
	refused(t, err, "InvalidKeyUsageException", text)
	_, err = c.VerifyMac(t.Context(), &kms.VerifyMacInput{KeyId: k.KeyId, Message: []byte("x"), MacAlgorithm: types.MacAlgorithmSpecHmacSha256, Mac: []byte("x")})
	refused(t, err, "InvalidKeyUsageException", text)
}

func TestGenerateMac_ConditionKeys(t *testing.T) {
	t.Parallel()
	srv := kmstest.New()
	k := newKey(t, srv.API(), ofSpec(types.KeySpecHmac256, types.KeyUsageTypeGenerateVerifyMac))
	var mac []byte
	underCondition(t, srv, "kms:GenerateMac", "kms:MacAlgorithm", "HMAC_SHA_256", func(c *kmstest.API) error {
		out, err := c.GenerateMac(t.Context(), &kms.GenerateMacInput{KeyId: k.KeyId, Message: []byte("x"), MacAlgorithm: types.MacAlgorithmSpecHmacSha256})
		if err == nil {
			mac = out.Mac
		}
		return err
	})
	underCondition(t, srv, "kms:VerifyMac", "kms:MacAlgorithm", "HMAC_SHA_256", func(c *kmstest.API) error {
		_, err := c.VerifyMac(t.Context(), &kms.VerifyMacInput{KeyId: k.KeyId, Message: []byte("x"), MacAlgorithm: types.MacAlgorithmSpecHmacSha256, Mac: mac})
		return err
	})
}
