package material_test

import (
	"bytes"
	"crypto"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kmskit/kmskit/kmstest/internal/material"
)

// hmacs names the algorithm and the hash of each HMAC spec.
var hmacs = map[types.KeySpec]struct {
	algorithm types.MacAlgorithmSpec
	hash      crypto.Hash
}{
	types.KeySpecHmac224: {types.MacAlgorithmSpecHmacSha224, crypto.SHA224},
	types.KeySpecHmac256: {types.MacAlgorithmSpecHmacSha256, crypto.SHA256},
	types.KeySpecHmac384: {types.MacAlgorithmSpecHmacSha384, crypto.SHA384},
	types.KeySpecHmac512: {types.MacAlgorithmSpecHmacSha512, crypto.SHA512},
}

func TestKey_MAC(t *testing.T) {
	t.Parallel()
	t.Run("gives the answers of RFC 4231", func(t *testing.T) {
		t.Parallel()
		// The keys of the RFC are shorter or longer than those of KMS. HMAC
		// itself pads the one with zeros and hashes the other.
		short := func(crypto.Hash) []byte {
			return append(bytes.Repeat([]byte{0x0b}, 20), make([]byte, 44)...)
		}
		long := func(h crypto.Hash) []byte {
			d := h.New()
			d.Write(bytes.Repeat([]byte{0xaa}, 131))
			return d.Sum(nil)
		}
		for _, tc := range []struct {
			spec    types.KeySpec
			key     func(crypto.Hash) []byte
			message string
			want    string
		}{
			{types.KeySpecHmac224, short, "Hi There", "896fb1128abbdf196832107cd49df33f47b4b1169912ba4f53684b22"},
			{types.KeySpecHmac256, short, "Hi There", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
			{types.KeySpecHmac384, short, "Hi There", "afd03944d84895626b0825f4ab46907f15f9dadbe4101ec682aa034c7cebc59cfaea9ea9076ede7f4af152e8b2fa9cb6"},
			{types.KeySpecHmac512, short, "Hi There", "87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cdedaa833b7d6b8a702038b274eaea3f4e4be9d914eeb61f1702e696c203a126854"},
			{types.KeySpecHmac224, long, largeKeyMessage, "95e9a0db962095adaebe9b2d6f0dbce2d499f112f2d2b7273fa6870e"},
			{types.KeySpecHmac256, long, largeKeyMessage, "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
			{types.KeySpecHmac384, long, largeKeyMessage, "4ece084485813e9088d2c63a041bc5b44f9ef1012a2b588f3cd11f05033ac4c60c2ef6ab4030fe8296248df163f44952"},
			{types.KeySpecHmac512, long, largeKeyMessage, "80b24263c7c1a3ebb71493c1dd7be8b49b46d1f41b4aeec1121b013783f8f3526b56d037e05f2598bd0fd2215d6a1e5295e64f73f63f0aec8b915a985d786598"},
		} {
			h := hmacs[tc.spec]
			k := importKey(t, tc.spec, tc.key(h.hash))
			got, err := k.MAC(h.algorithm, []byte(tc.message))
			require.NoError(t, err)
			assert.Equal(t, unhex(t, tc.want), got, tc.spec)
		}
	})
	for spec, h := range hmacs {
		t.Run("verifies what it made, and nothing else, for "+string(spec), func(t *testing.T) {
			t.Parallel()
			k, message := newKey(t, spec), []byte("message")
			mac, err := k.MAC(h.algorithm, message)
			require.NoError(t, err)
			assert.Len(t, mac, h.hash.Size())
			require.NoError(t, k.VerifyMAC(h.algorithm, message, mac))
			require.ErrorIs(t, k.VerifyMAC(h.algorithm, []byte("another"), mac), material.ErrMAC)
			require.ErrorIs(t, newKey(t, spec).VerifyMAC(h.algorithm, message, mac), material.ErrMAC)
			require.ErrorIs(t, k.VerifyMAC(h.algorithm, message, slices.Concat(mac, []byte{0})), material.ErrMAC)
			for n := range mac {
				require.ErrorIs(t, k.VerifyMAC(h.algorithm, message, mac[:n]), material.ErrMAC)
			}
			for bit := range 8 * len(mac) {
				require.ErrorIs(t, k.VerifyMAC(h.algorithm, message, flip(mac, bit)), material.ErrMAC)
			}
		})
	}
	t.Run("refuses algorithms of other specs", func(t *testing.T) {
		t.Parallel()
		for _, spec := range specs() {
			for _, a := range types.MacAlgorithmSpec("").Values() {
				if hmacs[spec].algorithm == a {
					continue
				}
				_, err := sharedKey(t, spec).MAC(a, nil)
				require.ErrorIs(t, err, material.ErrAlgorithm, "%s, %s", spec, a)
				require.ErrorIs(t, sharedKey(t, spec).VerifyMAC(a, nil, nil), material.ErrAlgorithm, "%s, %s", spec, a)
			}
		}
	})
}

const largeKeyMessage = "Test Using Larger Than Block-Size Key - Hash Key First"
