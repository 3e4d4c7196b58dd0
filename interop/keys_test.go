package interop_test

import (
	"context"
	"crypto"
	"crypto/rsa"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/stretchr/testify/require"

	"github.com/kmskit/kmskit"
	"github.com/kmskit/kmskit/kmstest"
)

// specs are the key specs that Go and OpenSSL both have.
var specs = []types.KeySpec{
	types.KeySpecRsa2048,
	types.KeySpecEccNistP256,
	types.KeySpecEccNistP384,
	types.KeySpecEccNistP521,
	types.KeySpecEccNistEdwards25519,
}

// signingKey returns one of the two keys of a spec that all tests share, as it
// takes long to make RSA keys.
func signingKey(t *testing.T, spec types.KeySpec, which position) *kmskit.SigningKey {
	t.Helper()
	made, _ := signingKeys.LoadOrStore(keyName{spec, which}, sync.OnceValues(func() (*kmskit.SigningKey, error) {
		ctx := context.Background() // the key outlives the test that needs it first
		client, arn, err := createKey(ctx, spec, types.KeyUsageTypeSignVerify)
		if err != nil {
			return nil, err
		}
		return kmskit.NewSigner(client).SigningKey(ctx, arn)
	}))
	key, err := made.(func() (*kmskit.SigningKey, error))()
	require.NoError(t, err)
	return key.WithContext(t.Context())
}

type (
	keyName struct {
		spec  types.KeySpec
		which position
	}
	position int
)

const (
	first position = iota
	second
)

var signingKeys sync.Map // of keyName

func newDecryptionKey(t *testing.T) *kmskit.DecryptionKey {
	t.Helper()
	client, arn, err := createKey(t.Context(), types.KeySpecRsa2048, types.KeyUsageTypeEncryptDecrypt)
	require.NoError(t, err)
	key, err := kmskit.NewDecryptionKey(t.Context(), client, arn)
	require.NoError(t, err)
	return key
}

// createKey creates a key in a KMS of its own and returns a client of the SDK and
// the ARN of the key.
func createKey(ctx context.Context, spec types.KeySpec, usage types.KeyUsageType) (*kms.Client, string, error) {
	client := kmstest.New().Client()
	key, err := kmskit.NewKeyManager(client).CreateKey(ctx, "", func(in *kms.CreateKeyInput) {
		in.KeySpec, in.KeyUsage = spec, usage
	})
	if err != nil {
		return nil, "", err
	}
	return client, *key.Arn, nil
}

// pss are the options of RSA-PSS.
func pss(hash crypto.Hash) *rsa.PSSOptions {
	return &rsa.PSSOptions{Hash: hash, SaltLength: rsa.PSSSaltLengthEqualsHash}
}
