package kmstest

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/kms"
)

// API has the operations of KMS as direct calls, with the signatures of
// [*kms.Client] and none of the SDK's stack: nothing is signed, serialised or
// retried. The engine and the checks are the same, and errors come as the SDK's
// own types, but not wrapped in a *smithy.OperationError.
//
// Options are ignored: what they configure is not there. An input is neither
// kept nor changed, and an output belongs to the caller. A nil input is an empty
// one. An API is safe for concurrent use.
//
// https://docs.aws.amazon.com/kms/latest/APIReference/API_Operations.html
type API struct {
	server    *Server
	principal *Principal
	region    *region
}

// CreateKey makes a key.
func (a *API) CreateKey(ctx context.Context, in *kms.CreateKeyInput, _ ...func(*kms.Options)) (*kms.CreateKeyOutput, error) {
	return invoke(ctx, a, in, (*call).createKey)
}

// DescribeKey returns the metadata of a key.
func (a *API) DescribeKey(ctx context.Context, in *kms.DescribeKeyInput, _ ...func(*kms.Options)) (*kms.DescribeKeyOutput, error) {
	return invoke(ctx, a, in, (*call).describeKey)
}

// ListKeys returns a page of the keys of the account and Region.
func (a *API) ListKeys(ctx context.Context, in *kms.ListKeysInput, _ ...func(*kms.Options)) (*kms.ListKeysOutput, error) {
	return invoke(ctx, a, in, (*call).listKeys)
}

// UpdateKeyDescription replaces the description of a key.
func (a *API) UpdateKeyDescription(ctx context.Context, in *kms.UpdateKeyDescriptionInput, _ ...func(*kms.Options)) (*kms.UpdateKeyDescriptionOutput, error) {
	return invoke(ctx, a, in, (*call).updateKeyDescription)
}

// GetKeyLastUsage returns when and for what a key was last used. Here there is no
// delay until a use is known.
func (a *API) GetKeyLastUsage(ctx context.Context, in *kms.GetKeyLastUsageInput, _ ...func(*kms.Options)) (*kms.GetKeyLastUsageOutput, error) {
	return invoke(ctx, a, in, (*call).getKeyLastUsage)
}

// EnableKey makes a disabled key usable again.
func (a *API) EnableKey(ctx context.Context, in *kms.EnableKeyInput, _ ...func(*kms.Options)) (*kms.EnableKeyOutput, error) {
	return invoke(ctx, a, in, (*call).enableKey)
}

// DisableKey makes a key unusable in cryptographic operations.
func (a *API) DisableKey(ctx context.Context, in *kms.DisableKeyInput, _ ...func(*kms.Options)) (*kms.DisableKeyOutput, error) {
	return invoke(ctx, a, in, (*call).disableKey)
}

// ScheduleKeyDeletion makes a key wait for its deletion.
func (a *API) ScheduleKeyDeletion(ctx context.Context, in *kms.ScheduleKeyDeletionInput, _ ...func(*kms.Options)) (*kms.ScheduleKeyDeletionOutput, error) {
	return invoke(ctx, a, in, (*call).scheduleKeyDeletion)
}

// CancelKeyDeletion ends the wait for a key's deletion; the key is then
// disabled.
func (a *API) CancelKeyDeletion(ctx context.Context, in *kms.CancelKeyDeletionInput, _ ...func(*kms.Options)) (*kms.CancelKeyDeletionOutput, error) {
	return invoke(ctx, a, in, (*call).cancelKeyDeletion)
}

// Encrypt encrypts up to 4096 bytes under a key.
func (a *API) Encrypt(ctx context.Context, in *kms.EncryptInput, _ ...func(*kms.Options)) (*kms.EncryptOutput, error) {
	return invoke(ctx, a, in, (*call).encrypt)
}

// Decrypt returns the plaintext of a ciphertext.
func (a *API) Decrypt(ctx context.Context, in *kms.DecryptInput, _ ...func(*kms.Options)) (*kms.DecryptOutput, error) {
	return invoke(ctx, a, in, (*call).decrypt)
}

// ReEncrypt decrypts a ciphertext and encrypts it under another key.
func (a *API) ReEncrypt(ctx context.Context, in *kms.ReEncryptInput, _ ...func(*kms.Options)) (*kms.ReEncryptOutput, error) {
	return invoke(ctx, a, in, (*call).reEncrypt)
}

// GenerateDataKey returns a new data key, in plaintext and encrypted.
func (a *API) GenerateDataKey(ctx context.Context, in *kms.GenerateDataKeyInput, _ ...func(*kms.Options)) (*kms.GenerateDataKeyOutput, error) {
	return invoke(ctx, a, in, (*call).generateDataKey)
}

// GenerateDataKeyWithoutPlaintext returns a new data key, encrypted.
func (a *API) GenerateDataKeyWithoutPlaintext(ctx context.Context, in *kms.GenerateDataKeyWithoutPlaintextInput, _ ...func(*kms.Options)) (*kms.GenerateDataKeyWithoutPlaintextOutput, error) {
	return invoke(ctx, a, in, (*call).generateDataKeyWithoutPlaintext)
}

// GenerateDataKeyPair returns a new data key pair: the private key in plaintext and
// encrypted.
func (a *API) GenerateDataKeyPair(ctx context.Context, in *kms.GenerateDataKeyPairInput, _ ...func(*kms.Options)) (*kms.GenerateDataKeyPairOutput, error) {
	return invoke(ctx, a, in, (*call).generateDataKeyPair)
}

// GenerateDataKeyPairWithoutPlaintext returns a new data key pair, the private key
// encrypted.
func (a *API) GenerateDataKeyPairWithoutPlaintext(ctx context.Context, in *kms.GenerateDataKeyPairWithoutPlaintextInput, _ ...func(*kms.Options)) (*kms.GenerateDataKeyPairWithoutPlaintextOutput, error) {
	return invoke(ctx, a, in, (*call).generateDataKeyPairWithoutPlaintext)
}

// GenerateRandom returns random bytes.
func (a *API) GenerateRandom(ctx context.Context, in *kms.GenerateRandomInput, _ ...func(*kms.Options)) (*kms.GenerateRandomOutput, error) {
	return invoke(ctx, a, in, (*call).generateRandom)
}

// Sign signs a message, or the digest of one.
func (a *API) Sign(ctx context.Context, in *kms.SignInput, _ ...func(*kms.Options)) (*kms.SignOutput, error) {
	return invoke(ctx, a, in, (*call).sign)
}

// Verify verifies a signature.
func (a *API) Verify(ctx context.Context, in *kms.VerifyInput, _ ...func(*kms.Options)) (*kms.VerifyOutput, error) {
	return invoke(ctx, a, in, (*call).verify)
}

// GetPublicKey returns the public key of a key pair.
func (a *API) GetPublicKey(ctx context.Context, in *kms.GetPublicKeyInput, _ ...func(*kms.Options)) (*kms.GetPublicKeyOutput, error) {
	return invoke(ctx, a, in, (*call).getPublicKey)
}

// GenerateMac returns the MAC of a message.
func (a *API) GenerateMac(ctx context.Context, in *kms.GenerateMacInput, _ ...func(*kms.Options)) (*kms.GenerateMacOutput, error) {
	return invoke(ctx, a, in, (*call).generateMac)
}

// VerifyMac verifies a MAC.
func (a *API) VerifyMac(ctx context.Context, in *kms.VerifyMacInput, _ ...func(*kms.Options)) (*kms.VerifyMacOutput, error) {
	return invoke(ctx, a, in, (*call).verifyMac)
}

// DeriveSharedSecret agrees on a secret with the holder of another key pair.
func (a *API) DeriveSharedSecret(ctx context.Context, in *kms.DeriveSharedSecretInput, _ ...func(*kms.Options)) (*kms.DeriveSharedSecretOutput, error) {
	return invoke(ctx, a, in, (*call).deriveSharedSecret)
}

// Encapsulate returns a new shared secret, and the form in which it goes to the
// holder of the private key.
func (a *API) Encapsulate(ctx context.Context, in *kms.EncapsulateInput, _ ...func(*kms.Options)) (*kms.EncapsulateOutput, error) {
	return invoke(ctx, a, in, (*call).encapsulate)
}

// Decapsulate returns the secret that was encapsulated.
func (a *API) Decapsulate(ctx context.Context, in *kms.DecapsulateInput, _ ...func(*kms.Options)) (*kms.DecapsulateOutput, error) {
	return invoke(ctx, a, in, (*call).decapsulate)
}

// CreateAlias gives a key another name.
func (a *API) CreateAlias(ctx context.Context, in *kms.CreateAliasInput, _ ...func(*kms.Options)) (*kms.CreateAliasOutput, error) {
	return invoke(ctx, a, in, (*call).createAlias)
}

// ListAliases returns a page of the aliases of the account and Region, or of one key.
func (a *API) ListAliases(ctx context.Context, in *kms.ListAliasesInput, _ ...func(*kms.Options)) (*kms.ListAliasesOutput, error) {
	return invoke(ctx, a, in, (*call).listAliases)
}

// UpdateAlias points an alias at another key.
func (a *API) UpdateAlias(ctx context.Context, in *kms.UpdateAliasInput, _ ...func(*kms.Options)) (*kms.UpdateAliasOutput, error) {
	return invoke(ctx, a, in, (*call).updateAlias)
}

// DeleteAlias takes an alias away.
func (a *API) DeleteAlias(ctx context.Context, in *kms.DeleteAliasInput, _ ...func(*kms.Options)) (*kms.DeleteAliasOutput, error) {
	return invoke(ctx, a, in, (*call).deleteAlias)
}

// CreateGrant adds a grant to a key.
func (a *API) CreateGrant(ctx context.Context, in *kms.CreateGrantInput, _ ...func(*kms.Options)) (*kms.CreateGrantOutput, error) {
	return invoke(ctx, a, in, (*call).createGrant)
}

// ListGrants returns a page of the grants of a key.
func (a *API) ListGrants(ctx context.Context, in *kms.ListGrantsInput, _ ...func(*kms.Options)) (*kms.ListGrantsOutput, error) {
	return invoke(ctx, a, in, (*call).listGrants)
}

// ListRetirableGrants returns a page of the grants that a principal may retire.
func (a *API) ListRetirableGrants(ctx context.Context, in *kms.ListRetirableGrantsInput, _ ...func(*kms.Options)) (*kms.ListRetirableGrantsOutput, error) {
	return invoke(ctx, a, in, (*call).listRetirableGrants)
}

// RetireGrant takes a grant away on behalf of somebody named in it.
func (a *API) RetireGrant(ctx context.Context, in *kms.RetireGrantInput, _ ...func(*kms.Options)) (*kms.RetireGrantOutput, error) {
	return invoke(ctx, a, in, (*call).retireGrant)
}

// RevokeGrant takes a grant away on behalf of the key's administrators.
func (a *API) RevokeGrant(ctx context.Context, in *kms.RevokeGrantInput, _ ...func(*kms.Options)) (*kms.RevokeGrantOutput, error) {
	return invoke(ctx, a, in, (*call).revokeGrant)
}

// GetKeyPolicy returns the key policy.
func (a *API) GetKeyPolicy(ctx context.Context, in *kms.GetKeyPolicyInput, _ ...func(*kms.Options)) (*kms.GetKeyPolicyOutput, error) {
	return invoke(ctx, a, in, (*call).getKeyPolicy)
}

// PutKeyPolicy replaces the key policy.
func (a *API) PutKeyPolicy(ctx context.Context, in *kms.PutKeyPolicyInput, _ ...func(*kms.Options)) (*kms.PutKeyPolicyOutput, error) {
	return invoke(ctx, a, in, (*call).putKeyPolicy)
}

// ListKeyPolicies returns the names of the key policies: there is one, "default".
func (a *API) ListKeyPolicies(ctx context.Context, in *kms.ListKeyPoliciesInput, _ ...func(*kms.Options)) (*kms.ListKeyPoliciesOutput, error) {
	return invoke(ctx, a, in, (*call).listKeyPolicies)
}

// EnableKeyRotation turns the automatic rotation of a key's material on.
func (a *API) EnableKeyRotation(ctx context.Context, in *kms.EnableKeyRotationInput, _ ...func(*kms.Options)) (*kms.EnableKeyRotationOutput, error) {
	return invoke(ctx, a, in, (*call).enableKeyRotation)
}

// DisableKeyRotation turns the automatic rotation of a key's material off.
func (a *API) DisableKeyRotation(ctx context.Context, in *kms.DisableKeyRotationInput, _ ...func(*kms.Options)) (*kms.DisableKeyRotationOutput, error) {
	return invoke(ctx, a, in, (*call).disableKeyRotation)
}

// GetKeyRotationStatus returns whether and when a key's material rotates by itself.
func (a *API) GetKeyRotationStatus(ctx context.Context, in *kms.GetKeyRotationStatusInput, _ ...func(*kms.Options)) (*kms.GetKeyRotationStatusOutput, error) {
	return invoke(ctx, a, in, (*call).getKeyRotationStatus)
}

// ListKeyRotations returns a page of the rotations of a key's material, or of all its material.
func (a *API) ListKeyRotations(ctx context.Context, in *kms.ListKeyRotationsInput, _ ...func(*kms.Options)) (*kms.ListKeyRotationsOutput, error) {
	return invoke(ctx, a, in, (*call).listKeyRotations)
}

// RotateKeyOnDemand rotates a key's material at once.
func (a *API) RotateKeyOnDemand(ctx context.Context, in *kms.RotateKeyOnDemandInput, _ ...func(*kms.Options)) (*kms.RotateKeyOnDemandOutput, error) {
	return invoke(ctx, a, in, (*call).rotateKeyOnDemand)
}

// GetParametersForImport returns a public key under which to wrap material for a key, and a token to import
// it with. Two wrapping keys of each spec serve all requests, since RSA keys take long to make.
func (a *API) GetParametersForImport(ctx context.Context, in *kms.GetParametersForImportInput, _ ...func(*kms.Options)) (*kms.GetParametersForImportOutput, error) {
	return invoke(ctx, a, in, (*call).getParametersForImport)
}

// ImportKeyMaterial puts wrapped material into a key that was made for it.
func (a *API) ImportKeyMaterial(ctx context.Context, in *kms.ImportKeyMaterialInput, _ ...func(*kms.Options)) (*kms.ImportKeyMaterialOutput, error) {
	return invoke(ctx, a, in, (*call).importKeyMaterial)
}

// DeleteImportedKeyMaterial takes imported material out of a key.
func (a *API) DeleteImportedKeyMaterial(ctx context.Context, in *kms.DeleteImportedKeyMaterialInput, _ ...func(*kms.Options)) (*kms.DeleteImportedKeyMaterialOutput, error) {
	return invoke(ctx, a, in, (*call).deleteImportedKeyMaterial)
}

// ReplicateKey makes a replica of a multi-Region key in another Region. It can be used from the
// next request on.
func (a *API) ReplicateKey(ctx context.Context, in *kms.ReplicateKeyInput, _ ...func(*kms.Options)) (*kms.ReplicateKeyOutput, error) {
	return invoke(ctx, a, in, (*call).replicateKey)
}

// UpdatePrimaryRegion makes a replica of a multi-Region key its primary key.
func (a *API) UpdatePrimaryRegion(ctx context.Context, in *kms.UpdatePrimaryRegionInput, _ ...func(*kms.Options)) (*kms.UpdatePrimaryRegionOutput, error) {
	return invoke(ctx, a, in, (*call).updatePrimaryRegion)
}

// TagResource puts tags on a key, in place of those with the same tag key.
func (a *API) TagResource(ctx context.Context, in *kms.TagResourceInput, _ ...func(*kms.Options)) (*kms.TagResourceOutput, error) {
	return invoke(ctx, a, in, (*call).tagResource)
}

// UntagResource takes tags off a key.
func (a *API) UntagResource(ctx context.Context, in *kms.UntagResourceInput, _ ...func(*kms.Options)) (*kms.UntagResourceOutput, error) {
	return invoke(ctx, a, in, (*call).untagResource)
}

// ListResourceTags returns a page of the tags of a key, by tag key.
func (a *API) ListResourceTags(ctx context.Context, in *kms.ListResourceTagsInput, _ ...func(*kms.Options)) (*kms.ListResourceTagsOutput, error) {
	return invoke(ctx, a, in, (*call).listResourceTags)
}

// CreateCustomKeyStore makes a custom key store, not connected yet. What is to back it must
// be known to the Server by [Server.SetCloudHSMCluster] or [Server.SetXKSProxy].
func (a *API) CreateCustomKeyStore(ctx context.Context, in *kms.CreateCustomKeyStoreInput, _ ...func(*kms.Options)) (*kms.CreateCustomKeyStoreOutput, error) {
	return invoke(ctx, a, in, (*call).createCustomKeyStore)
}

// DescribeCustomKeyStores returns a page of the custom key stores of the account and Region, or one of them.
func (a *API) DescribeCustomKeyStores(ctx context.Context, in *kms.DescribeCustomKeyStoresInput, _ ...func(*kms.Options)) (*kms.DescribeCustomKeyStoresOutput, error) {
	return invoke(ctx, a, in, (*call).describeCustomKeyStores)
}

// UpdateCustomKeyStore changes what KMS knows of a custom key store.
func (a *API) UpdateCustomKeyStore(ctx context.Context, in *kms.UpdateCustomKeyStoreInput, _ ...func(*kms.Options)) (*kms.UpdateCustomKeyStoreOutput, error) {
	return invoke(ctx, a, in, (*call).updateCustomKeyStore)
}

// DeleteCustomKeyStore deletes a custom key store that has no keys and is not connected.
func (a *API) DeleteCustomKeyStore(ctx context.Context, in *kms.DeleteCustomKeyStoreInput, _ ...func(*kms.Options)) (*kms.DeleteCustomKeyStoreOutput, error) {
	return invoke(ctx, a, in, (*call).deleteCustomKeyStore)
}

// ConnectCustomKeyStore begins to connect a custom key store. After a second of the Server's clock
// it is connected, or connecting has failed: see [Server.Advance].
func (a *API) ConnectCustomKeyStore(ctx context.Context, in *kms.ConnectCustomKeyStoreInput, _ ...func(*kms.Options)) (*kms.ConnectCustomKeyStoreOutput, error) {
	return invoke(ctx, a, in, (*call).connectCustomKeyStore)
}

// DisconnectCustomKeyStore disconnects a custom key store at once.
func (a *API) DisconnectCustomKeyStore(ctx context.Context, in *kms.DisconnectCustomKeyStoreInput, _ ...func(*kms.Options)) (*kms.DisconnectCustomKeyStoreOutput, error) {
	return invoke(ctx, a, in, (*call).disconnectCustomKeyStore)
}
