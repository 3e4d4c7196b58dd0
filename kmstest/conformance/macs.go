package conformance

import (
	"bytes"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
)

var macRules = []rule{
	{
		"GenerateMac", "answers MAC, algorithm and key ARN",
		"GenerateMac answers Mac, as long as the hash, MacAlgorithm and the key ARN.",
		func(t *trial) {
			k := t.shared(hmacKey)
			out := answer(t, t.GenerateMac, &kms.GenerateMacInput{KeyId: &k.alias, Message: message, MacAlgorithm: types.MacAlgorithmSpecHmacSha256})
			t.members("KeyId", "Mac", "MacAlgorithm")
			equal(t, "KeyId", *out.KeyId, *k.Arn)
			equal(t, "MacAlgorithm", out.MacAlgorithm, types.MacAlgorithmSpecHmacSha256)
			equal(t, "the length of the MAC", len(out.Mac), 32)
		},
	},
	{
		"GenerateMac", "is the same each time",
		"A MAC depends on key and message only.",
		func(t *trial) {
			k := t.shared(hmacKey)
			out := answer(t, t.GenerateMac, &kms.GenerateMacInput{KeyId: k.KeyId, Message: message, MacAlgorithm: types.MacAlgorithmSpecHmacSha256})
			equal(t, "the MAC", out.Mac, k.mac)
		},
	},
	{
		"GenerateMac", "each key spec has the algorithm of its length",
		"HMAC_224, 256, 384 and 512 make MACs of 28, 32, 48 and 64 bytes, with their own hash each.",
		func(t *trial) {
			for spec, size := range map[types.KeySpec]int{types.KeySpecHmac224: 28, types.KeySpecHmac384: 48, types.KeySpecHmac512: 64} {
				k := t.shared(fixtureName{spec: spec, usage: macs})
				equal(t, "the number of algorithms", len(k.MacAlgorithms), 1)
				equal(t, "the length of the MAC", len(k.mac), size)
			}
		},
	},
	{
		"GenerateMac", "an algorithm of another key spec is InvalidKeyUsage",
		"The algorithm must be the key's own.",
		func(t *trial) {
			refusal(t, t.GenerateMac, &kms.GenerateMacInput{
				KeyId: t.shared(hmacKey).KeyId, Message: message, MacAlgorithm: types.MacAlgorithmSpecHmacSha512,
			}, "InvalidKeyUsageException")
		},
	},
	{
		"GenerateMac", "with a key for something else is InvalidKeyUsage",
		"A key is used for its KeyUsage only.",
		func(t *trial) {
			refusal(t, t.GenerateMac, &kms.GenerateMacInput{
				KeyId: t.shared(symmetric).KeyId, Message: message, MacAlgorithm: types.MacAlgorithmSpecHmacSha256,
			}, "InvalidKeyUsageException")
		},
	},
	{
		"VerifyMac", "a valid MAC is MacValid",
		"VerifyMac answers MacValid, which is always true, MacAlgorithm and the key ARN.",
		func(t *trial) {
			k := t.shared(hmacKey)
			out := answer(t, t.VerifyMac, &kms.VerifyMacInput{KeyId: &k.alias, Message: message, Mac: k.mac, MacAlgorithm: types.MacAlgorithmSpecHmacSha256})
			t.members("KeyId", "MacAlgorithm", "MacValid")
			equal(t, "MacValid", out.MacValid, true)
			equal(t, "KeyId", *out.KeyId, *k.Arn)
		},
	},
	{
		"VerifyMac", "another message or MAC is KMSInvalidMac without a text",
		"VerifyMac never answers false: what does not verify is a KMSInvalidMacException, a MAC that is cut short too.",
		func(t *trial) {
			k := t.shared(hmacKey)
			in := &kms.VerifyMacInput{KeyId: k.KeyId, Message: []byte("another"), Mac: k.mac, MacAlgorithm: types.MacAlgorithmSpecHmacSha256}
			equal(t, "the text", refusal(t, t.VerifyMac, in, "KMSInvalidMacException"), "")
			in.Message, in.Mac = message, bytes.Clone(k.mac)
			in.Mac[0] ^= 1
			refusal(t, t.VerifyMac, in, "KMSInvalidMacException")
			in.Mac = k.mac[:16]
			refusal(t, t.VerifyMac, in, "KMSInvalidMacException")
		},
	},
	{
		"VerifyMac", "an algorithm of another key spec is InvalidKeyUsage",
		"The algorithm must be the key's own.",
		func(t *trial) {
			refusal(t, t.VerifyMac, &kms.VerifyMacInput{
				KeyId: t.shared(hmacKey).KeyId, Message: message, Mac: t.shared(hmacKey).mac, MacAlgorithm: types.MacAlgorithmSpecHmacSha224,
			}, "InvalidKeyUsageException")
		},
	},
}
