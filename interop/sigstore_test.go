package interop_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	sigstore "github.com/sigstore/sigstore/pkg/signature/kms/aws"
	"github.com/sigstore/sigstore/pkg/signature/options"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kmskit/kmskit/kmstest"
)

// TestSigstore has Sigstore make keys, as it does for Cosign, and sign with them.
// It takes the first algorithm of a key's metadata and the public key to verify
// with, and finds by the code of an error that there is no key yet.
func TestSigstore(t *testing.T) {
	for _, name := range []string{"AWS_CA_BUNDLE", "AWS_PROFILE"} { // it loads the default configuration
		t.Setenv(name, "")
	}
	srv := kmstest.New()
	client := []func(*config.LoadOptions) error{
		config.WithRegion(srv.Config().Region),
		config.WithCredentialsProvider(srv.Config().Credentials),
		config.WithHTTPClient(&http.Client{Transport: srv}),
	}
	for _, spec := range []types.KeySpec{types.KeySpecRsa2048, types.KeySpecEccNistP256, types.KeySpecEccNistP384, types.KeySpecEccNistP521} {
		t.Run(string(spec), func(t *testing.T) {
			load := func() *sigstore.SignerVerifier {
				signer, err := sigstore.LoadSignerVerifier(t.Context(), "awskms:///alias/"+string(spec), client...)
				require.NoError(t, err)
				return signer
			}
			signer := load()
			made, err := signer.CreateKey(t.Context(), string(spec))
			require.NoError(t, err)
			signature, err := signer.SignMessage(strings.NewReader("attack at dawn"), options.WithContext(t.Context()))
			require.NoError(t, err)

			signer = load()
			found, err := signer.CreateKey(t.Context(), string(spec))
			require.NoError(t, err)
			assert.Equal(t, made, found, "the alias is there")
			for _, byKMS := range []bool{true, false} {
				verify := func(message string) error {
					return signer.VerifySignature(strings.NewReader(string(signature)), strings.NewReader(message), options.WithRemoteVerification(byKMS))
				}
				require.NoError(t, verify("attack at dawn"))
				require.Error(t, verify("attack at dusk"))
			}
		})
	}
}
