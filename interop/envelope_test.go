package interop_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/tink-crypto/tink-go-awskms/v3/integration/awskms"
	"github.com/tink-crypto/tink-go/v2/aead"
	"gocloud.dev/gcerrors"
	gocloud "gocloud.dev/secrets/awskms"

	"github.com/kmskit/kmskit"
	"github.com/kmskit/kmskit/kmstest"
)

// once keeps a client from trying again.
func once(o *kms.Options) { o.Retryer = aws.NopRetryer{} }

func symmetricKey(t *testing.T, client *kms.Client) (arn string) {
	t.Helper()
	key, err := kmskit.NewKeyManager(client).CreateKey(t.Context(), "interop")
	require.NoError(t, err)
	return *key.Arn
}

// TestTink encrypts with Tink under data keys that a KMS key protects.
func TestTink(t *testing.T) {
	t.Parallel()
	srv := kmstest.New()
	arn := symmetricKey(t, srv.Client())
	uri := "aws-kms://" + arn
	open := func(t *testing.T, client *kms.Client) *aead.KMSEnvelopeAEAD {
		t.Helper()
		tink, err := awskms.NewClientWithOptions(t.Context(), uri, awskms.WithKMS(client))
		require.NoError(t, err)
		remote, err := tink.GetAEAD(uri)
		require.NoError(t, err)
		return aead.NewKMSEnvelopeAEAD2(aead.AES256GCMKeyTemplate(), remote)
	}
	envelope := open(t, srv.Client(once))
	ciphertext, err := envelope.Encrypt([]byte("attack at dawn"), []byte("orders"))
	require.NoError(t, err)

	plaintext, err := envelope.Decrypt(ciphertext, []byte("orders"))
	require.NoError(t, err)
	assert.Equal(t, "attack at dawn", string(plaintext))

	_, err = envelope.Decrypt(ciphertext, []byte("letters"))
	require.Error(t, err, "other associated data")
	stranger := srv.Principal("arn:aws:iam::111122223333:role/stranger")
	_, err = open(t, stranger.Client(once)).Decrypt(ciphertext, []byte("orders"))
	require.Error(t, err, "a principal without permission")
	require.NoError(t, kmskit.NewKeyManager(srv.Client()).DisableKey(t.Context(), arn))
	_, err = envelope.Decrypt(ciphertext, []byte("orders"))
	require.Error(t, err, "a disabled key")
}

// TestGoCloud keeps secrets with the Go CDK, whose error codes are made of KMS's.
func TestGoCloud(t *testing.T) {
	t.Parallel()
	srv := kmstest.New()
	arn := symmetricKey(t, srv.Client())
	context := map[string]string{"tenant": "blue"}
	keeper := gocloud.OpenKeeper(srv.Client(once), arn, &gocloud.KeeperOptions{EncryptionContext: context})
	t.Cleanup(func() { assert.NoError(t, keeper.Close()) })
	ciphertext, err := keeper.Encrypt(t.Context(), []byte("attack at dawn"))
	require.NoError(t, err)
	plaintext, err := keeper.Decrypt(t.Context(), ciphertext)
	require.NoError(t, err)
	assert.Equal(t, "attack at dawn", string(plaintext))
	assert.Equal(t, context, srv.Calls("Decrypt")[0].EncryptionContext)

	bare := gocloud.OpenKeeper(srv.Client(once), arn, nil)
	t.Cleanup(func() { assert.NoError(t, bare.Close()) })
	_, err = bare.Decrypt(t.Context(), ciphertext)
	assert.Equal(t, gcerrors.InvalidArgument, gcerrors.Code(err), "another encryption context")
	for failure, code := range map[kmstest.Failure]gcerrors.ErrorCode{
		kmstest.Internal:          gcerrors.Internal,
		kmstest.KeyUnavailable:    gcerrors.ResourceExhausted,
		kmstest.DependencyTimeout: gcerrors.DeadlineExceeded,
	} {
		srv.Inject(kmstest.Fault{Err: failure, Times: 1})
		_, err = keeper.Decrypt(t.Context(), ciphertext)
		assert.Equal(t, code, gcerrors.Code(err), failure)
	}
	require.NoError(t, kmskit.NewKeyManager(srv.Client()).DisableKey(t.Context(), arn))
	_, err = keeper.Decrypt(t.Context(), ciphertext)
	assert.Equal(t, gcerrors.PermissionDenied, gcerrors.Code(err), "a disabled key")
}
