package main

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"fmt"
	"path/filepath"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestKill kills the process while it writes for several clients: all that they
// were told is there when it comes back.
func TestKill(t *testing.T) {
	t.Parallel()
	const writers, enough = 8, 150
	state := filepath.Join(t.TempDir(), "state")
	p, process := startProcess(t, "-state", state)

	var mu sync.Mutex
	told := map[string]string{} // keys and descriptions, by alias
	acknowledge := func(alias, keyID, description string) {
		mu.Lock()
		defer mu.Unlock()
		told[alias] = keyID + " " + description
		if len(told) == enough {
			assert.NoError(t, process.Kill())
		}
	}
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			c := p.client()
			for i := 0; ; i++ {
				alias := fmt.Sprintf("alias/%d/%d", w, i)
				keyID, err := createNamed(t.Context(), c, alias)
				if err != nil {
					return // it is dead
				}
				acknowledge(alias, keyID, alias)
			}
		})
	}
	wg.Wait()
	assert.NotZero(t, p.status())

	p, _ = startProcess(t, "-state", state)
	for alias, want := range told {
		k, err := p.client().DescribeKey(t.Context(), &kms.DescribeKeyInput{KeyId: &alias})
		if assert.NoError(t, err, alias) {
			assert.Equal(t, want, *k.KeyMetadata.KeyId+" "+*k.KeyMetadata.Description)
		}
	}
	p.stop()
	assert.Equal(t, succeeded, p.status(), "SIGTERM")
	assert.NotContains(t, p.stderr.String(), "panic")
}

// createNamed makes a key with an alias, and then gives it a description.
func createNamed(ctx context.Context, c *kms.Client, alias string) (keyID string, err error) {
	k, err := c.CreateKey(ctx, &kms.CreateKeyInput{})
	if err != nil {
		return "", err
	}
	keyID = *k.KeyMetadata.KeyId
	if _, err := c.CreateAlias(ctx, &kms.CreateAliasInput{AliasName: &alias, TargetKeyId: &keyID}); err != nil {
		return "", err
	}
	_, err = c.UpdateKeyDescription(ctx, &kms.UpdateKeyDescriptionInput{KeyId: &keyID, Description: &alias})
	return keyID, err
}

// TestClient drives kmslocal with the SDK for Go through the life of some keys.
// The process is another one at the end of it than at the start.
func TestClient(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	state := filepath.Join(t.TempDir(), "state")
	p, _ := startProcess(t, "-state", state)
	c := p.client()

	k, err := c.CreateKey(ctx, &kms.CreateKeyInput{Tags: []types.Tag{{TagKey: aws.String("team"), TagValue: aws.String("payments")}}})
	require.NoError(t, err)
	id := k.KeyMetadata.KeyId
	_, err = c.CreateAlias(ctx, &kms.CreateAliasInput{AliasName: aws.String("alias/orders"), TargetKeyId: id})
	require.NoError(t, err)
	encryptionContext := map[string]string{"tenant": "blue"}
	encrypted, err := c.Encrypt(ctx, &kms.EncryptInput{KeyId: aws.String("alias/orders"), Plaintext: []byte("attack at dawn"), EncryptionContext: encryptionContext})
	require.NoError(t, err)
	_, err = c.Decrypt(ctx, &kms.DecryptInput{CiphertextBlob: encrypted.CiphertextBlob})
	assert.ErrorAs(t, err, new(*types.InvalidCiphertextException))
	dataKey, err := c.GenerateDataKey(ctx, &kms.GenerateDataKeyInput{KeyId: id, KeySpec: types.DataKeySpecAes256})
	require.NoError(t, err)

	pair, err := c.CreateKey(ctx, &kms.CreateKeyInput{KeySpec: types.KeySpecEccNistP256, KeyUsage: types.KeyUsageTypeSignVerify})
	require.NoError(t, err)
	algorithm := types.SigningAlgorithmSpecEcdsaSha256
	signed, err := c.Sign(ctx, &kms.SignInput{KeyId: pair.KeyMetadata.KeyId, Message: []byte("x"), SigningAlgorithm: algorithm})
	require.NoError(t, err)

	granted, err := c.CreateGrant(ctx, &kms.CreateGrantInput{
		KeyId: id, GranteePrincipal: aws.String("arn:aws:iam::111122223333:role/reader"), Operations: []types.GrantOperation{types.GrantOperationDecrypt},
	})
	require.NoError(t, err)
	policy, err := c.GetKeyPolicy(ctx, &kms.GetKeyPolicyInput{KeyId: id})
	require.NoError(t, err)
	_, err = c.PutKeyPolicy(ctx, &kms.PutKeyPolicyInput{KeyId: id, Policy: policy.Policy})
	require.NoError(t, err)
	_, err = c.RotateKeyOnDemand(ctx, &kms.RotateKeyOnDemandInput{KeyId: id})
	require.NoError(t, err)

	external, err := c.CreateKey(ctx, &kms.CreateKeyInput{Origin: types.OriginTypeExternal})
	require.NoError(t, err)
	parameters, err := c.GetParametersForImport(ctx, &kms.GetParametersForImportInput{
		KeyId: external.KeyMetadata.KeyId, WrappingAlgorithm: types.AlgorithmSpecRsaesOaepSha256, WrappingKeySpec: types.WrappingKeySpecRsa2048,
	})
	require.NoError(t, err)

	p.stop()
	require.Equal(t, succeeded, p.status())
	p, _ = startProcess(t, "-state", state)
	c = p.client()

	_, err = c.ImportKeyMaterial(ctx, &kms.ImportKeyMaterialInput{
		KeyId: external.KeyMetadata.KeyId, ImportToken: parameters.ImportToken,
		EncryptedKeyMaterial: wrap(t, parameters.PublicKey, make([]byte, 32)),
		ExpirationModel:      types.ExpirationModelTypeKeyMaterialDoesNotExpire,
	})
	assert.NoError(t, err, "the wrapping key is kept too")
	opened, err := c.Decrypt(ctx, &kms.DecryptInput{CiphertextBlob: encrypted.CiphertextBlob, EncryptionContext: encryptionContext})
	require.NoError(t, err)
	assert.Equal(t, "attack at dawn", string(opened.Plaintext))
	opened, err = c.Decrypt(ctx, &kms.DecryptInput{CiphertextBlob: dataKey.CiphertextBlob})
	require.NoError(t, err)
	assert.Equal(t, dataKey.Plaintext, opened.Plaintext)
	_, err = c.Verify(ctx, &kms.VerifyInput{KeyId: pair.KeyMetadata.KeyId, Message: []byte("x"), SigningAlgorithm: algorithm, Signature: signed.Signature})
	assert.NoError(t, err)
	rotations, err := c.ListKeyRotations(ctx, &kms.ListKeyRotationsInput{KeyId: id})
	require.NoError(t, err)
	assert.Len(t, rotations.Rotations, 1)
	tags, err := c.ListResourceTags(ctx, &kms.ListResourceTagsInput{KeyId: id})
	require.NoError(t, err)
	assert.Len(t, tags.Tags, 1)
	_, err = c.RevokeGrant(ctx, &kms.RevokeGrantInput{KeyId: id, GrantId: granted.GrantId})
	assert.NoError(t, err)
	_, err = c.DeleteAlias(ctx, &kms.DeleteAliasInput{AliasName: aws.String("alias/orders")})
	assert.NoError(t, err)
	deleted, err := c.ScheduleKeyDeletion(ctx, &kms.ScheduleKeyDeletionInput{KeyId: id, PendingWindowInDays: aws.Int32(7)})
	require.NoError(t, err)
	assert.Equal(t, types.KeyStatePendingDeletion, deleted.KeyState)
}

// wrap wraps key material under a public key from KMS, with RSAES_OAEP_SHA_256.
func wrap(t testing.TB, public, material []byte) []byte {
	t.Helper()
	key, err := x509.ParsePKIXPublicKey(public)
	require.NoError(t, err)
	wrapped, err := rsa.EncryptOAEP(sha256.New(), rand.Reader, key.(*rsa.PublicKey), material, nil)
	require.NoError(t, err)
	return wrapped
}
