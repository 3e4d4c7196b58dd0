package interop_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/veraison/go-cose"
)

// TestCOSE has go-cose sign messages with KMS keys and verify them with public
// keys. To ECDSA keys it hands no options.
func TestCOSE(t *testing.T) {
	t.Parallel()
	for algorithm, spec := range map[cose.Algorithm]types.KeySpec{
		cose.AlgorithmES256: types.KeySpecEccNistP256,
		cose.AlgorithmES384: types.KeySpecEccNistP384,
		cose.AlgorithmES512: types.KeySpecEccNistP521,
		cose.AlgorithmPS384: types.KeySpecRsa2048,
		cose.AlgorithmEdDSA: types.KeySpecEccNistEdwards25519,
	} {
		t.Run(algorithm.String(), func(t *testing.T) {
			t.Parallel()
			signer, err := cose.NewSigner(algorithm, signingKey(t, spec, first))
			require.NoError(t, err)
			headers := cose.Headers{Protected: cose.ProtectedHeader{cose.HeaderLabelAlgorithm: algorithm}}
			message, err := cose.Sign1(nil, signer, headers, []byte("attack at dawn"), nil)
			require.NoError(t, err)

			var parsed cose.Sign1Message
			require.NoError(t, parsed.UnmarshalCBOR(message))
			assert.Equal(t, "attack at dawn", string(parsed.Payload))
			for which, good := range map[position]bool{first: true, second: false} {
				verifier, err := cose.NewVerifier(algorithm, signingKey(t, spec, which).Public())
				require.NoError(t, err)
				assert.Equal(t, good, parsed.Verify(nil, verifier) == nil)
			}
		})
	}
}
