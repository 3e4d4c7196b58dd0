package conformance

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
)

// A call asks an operation for something about a key, and there is nothing wrong
// with the request but what a case makes so.
type call struct {
	operation string
	key       fixtureName // on which it succeeds
	takes     features
	send      func(t *trial, o object) error
}

// features are what operations have in common, or have not.
type features struct {
	alias  bool // names the key by an alias too
	tokens bool // takes grant tokens
	dryRun bool
	alters bool // changes the key, so that it must be the case's own
	second bool // is about the second key of an operation on two
	hidden bool // names the key by what belongs to it only
}

// An object is what a call is about.
type object struct {
	keyID   string
	key     *fixture // which keyID need not name
	another string   // the ID of another key, which is enabled
	tokens  []string
	dryRun  *bool
}

// on returns the fixture as the object of a call.
func (t *trial) on(f *fixture) object {
	return object{keyID: *f.KeyId, key: f, another: *t.shared(anotherKey).KeyId}
}

// request sends a request and returns how it was refused.
func request[I, O any](t *trial, op func(context.Context, *I, ...func(*kms.Options)) (*O, error), in *I) error {
	_, err := op(t.Context(), in)
	return err
}

var (
	cryptographic = features{alias: true, tokens: true, dryRun: true}
	altered       = features{alters: true}
)

// calls has a call of every operation on keys, or two if it is about two keys.
// In the API Reference an operation takes an alias if its KeyId says so.
var calls = []call{
	{"CancelKeyDeletion", symmetric.in(types.KeyStatePendingDeletion), altered, func(t *trial, o object) error {
		return request(t, t.CancelKeyDeletion, &kms.CancelKeyDeletionInput{KeyId: &o.keyID})
	}},
	{"CreateAlias", symmetric, altered, func(t *trial, o object) error {
		name := "alias/conformance-" + randomName()
		t.suite.shareAlias(name)
		return request(t, t.CreateAlias, &kms.CreateAliasInput{AliasName: &name, TargetKeyId: &o.keyID})
	}},
	{"CreateGrant", symmetric, features{tokens: true, dryRun: true}, func(t *trial, o object) error {
		in := grantTo(o.key.KeyMetadata)
		in.KeyId, in.GrantTokens, in.DryRun = &o.keyID, o.tokens, o.dryRun
		return request(t, t.CreateGrant, in)
	}},
	{"Decapsulate", mlkemKey, cryptographic, func(t *trial, o object) error {
		return request(t, t.Decapsulate, &kms.DecapsulateInput{
			KeyId: &o.keyID, SharedSecretCiphertextBlob: orBytes(o.key.sealed), GrantTokens: o.tokens, DryRun: o.dryRun,
			EncapsulationAlgorithm: types.EncapsulationAlgorithmSpecMlKem,
		})
	}},
	{"Decrypt", symmetric, cryptographic, func(t *trial, o object) error {
		return request(t, t.Decrypt, &kms.DecryptInput{
			KeyId: &o.keyID, CiphertextBlob: orBytes(o.key.ciphertext), GrantTokens: o.tokens, DryRun: o.dryRun,
		})
	}},
	{"DeleteImportedKeyMaterial", externalKey.in(types.KeyStateEnabled), altered, func(t *trial, o object) error {
		return request(t, t.DeleteImportedKeyMaterial, &kms.DeleteImportedKeyMaterialInput{KeyId: &o.keyID})
	}},
	{"DeriveSharedSecret", agreeing, cryptographic, func(t *trial, o object) error {
		_, public := t.newPeer()
		return request(t, t.DeriveSharedSecret, &kms.DeriveSharedSecretInput{
			KeyId: &o.keyID, PublicKey: public, GrantTokens: o.tokens, DryRun: o.dryRun,
			KeyAgreementAlgorithm: types.KeyAgreementAlgorithmSpecEcdh,
		})
	}},
	{"DescribeKey", symmetric, features{alias: true, tokens: true}, func(t *trial, o object) error {
		return request(t, t.DescribeKey, &kms.DescribeKeyInput{KeyId: &o.keyID, GrantTokens: o.tokens})
	}},
	{"DisableKey", symmetric, altered, func(t *trial, o object) error {
		return request(t, t.DisableKey, &kms.DisableKeyInput{KeyId: &o.keyID})
	}},
	{"DisableKeyRotation", symmetric, altered, func(t *trial, o object) error {
		return request(t, t.DisableKeyRotation, &kms.DisableKeyRotationInput{KeyId: &o.keyID})
	}},
	{"EnableKey", symmetric, altered, func(t *trial, o object) error {
		return request(t, t.EnableKey, &kms.EnableKeyInput{KeyId: &o.keyID})
	}},
	{"EnableKeyRotation", symmetric, altered, func(t *trial, o object) error {
		return request(t, t.EnableKeyRotation, &kms.EnableKeyRotationInput{KeyId: &o.keyID})
	}},
	{"Encapsulate", mlkemKey, cryptographic, func(t *trial, o object) error {
		return request(t, t.Encapsulate, &kms.EncapsulateInput{
			KeyId: &o.keyID, GrantTokens: o.tokens, DryRun: o.dryRun, EncapsulationAlgorithm: types.EncapsulationAlgorithmSpecMlKem,
		})
	}},
	{"Encrypt", symmetric, cryptographic, func(t *trial, o object) error {
		return request(t, t.Encrypt, &kms.EncryptInput{
			KeyId: &o.keyID, Plaintext: plaintext, GrantTokens: o.tokens, DryRun: o.dryRun,
		})
	}},
	{"GenerateDataKey", symmetric, cryptographic, func(t *trial, o object) error {
		return request(t, t.GenerateDataKey, &kms.GenerateDataKeyInput{
			KeyId: &o.keyID, KeySpec: types.DataKeySpecAes256, GrantTokens: o.tokens, DryRun: o.dryRun,
		})
	}},
	{"GenerateDataKeyPair", symmetric, cryptographic, func(t *trial, o object) error {
		return request(t, t.GenerateDataKeyPair, &kms.GenerateDataKeyPairInput{
			KeyId: &o.keyID, KeyPairSpec: types.DataKeyPairSpecEccNistP256, GrantTokens: o.tokens, DryRun: o.dryRun,
		})
	}},
	{"GenerateDataKeyPairWithoutPlaintext", symmetric, cryptographic, func(t *trial, o object) error {
		return request(t, t.GenerateDataKeyPairWithoutPlaintext, &kms.GenerateDataKeyPairWithoutPlaintextInput{
			KeyId: &o.keyID, KeyPairSpec: types.DataKeyPairSpecEccNistP256, GrantTokens: o.tokens, DryRun: o.dryRun,
		})
	}},
	{"GenerateDataKeyWithoutPlaintext", symmetric, cryptographic, func(t *trial, o object) error {
		return request(t, t.GenerateDataKeyWithoutPlaintext, &kms.GenerateDataKeyWithoutPlaintextInput{
			KeyId: &o.keyID, KeySpec: types.DataKeySpecAes256, GrantTokens: o.tokens, DryRun: o.dryRun,
		})
	}},
	{"GenerateMac", hmacKey, cryptographic, func(t *trial, o object) error {
		return request(t, t.GenerateMac, &kms.GenerateMacInput{
			KeyId: &o.keyID, Message: message, MacAlgorithm: types.MacAlgorithmSpecHmacSha256, GrantTokens: o.tokens, DryRun: o.dryRun,
		})
	}},
	{"GetKeyLastUsage", symmetric, features{}, func(t *trial, o object) error {
		return request(t, t.GetKeyLastUsage, &kms.GetKeyLastUsageInput{KeyId: &o.keyID})
	}},
	{"GetKeyPolicy", symmetric, features{}, func(t *trial, o object) error {
		return request(t, t.GetKeyPolicy, &kms.GetKeyPolicyInput{KeyId: &o.keyID})
	}},
	{"GetKeyRotationStatus", symmetric, features{}, func(t *trial, o object) error {
		return request(t, t.GetKeyRotationStatus, &kms.GetKeyRotationStatusInput{KeyId: &o.keyID})
	}},
	{"GetParametersForImport", externalKey, features{}, func(t *trial, o object) error {
		return request(t, t.GetParametersForImport, &kms.GetParametersForImportInput{
			KeyId: &o.keyID, WrappingAlgorithm: types.AlgorithmSpecRsaesOaepSha256, WrappingKeySpec: types.WrappingKeySpecRsa2048,
		})
	}},
	{"GetPublicKey", ecdsaKey, features{alias: true, tokens: true}, func(t *trial, o object) error {
		return request(t, t.GetPublicKey, &kms.GetPublicKeyInput{KeyId: &o.keyID, GrantTokens: o.tokens})
	}},
	{"ImportKeyMaterial", externalKey, altered, func(t *trial, o object) error {
		return request(t, t.ImportKeyMaterial, &kms.ImportKeyMaterialInput{
			KeyId: &o.keyID, ImportToken: []byte("no import token"), EncryptedKeyMaterial: []byte("no key material"),
			ExpirationModel: types.ExpirationModelTypeKeyMaterialDoesNotExpire,
		})
	}},
	{"ListAliases", symmetric, features{}, func(t *trial, o object) error {
		return request(t, t.ListAliases, &kms.ListAliasesInput{KeyId: &o.keyID})
	}},
	{"ListGrants", symmetric, features{}, func(t *trial, o object) error {
		return request(t, t.ListGrants, &kms.ListGrantsInput{KeyId: &o.keyID})
	}},
	{"ListKeyPolicies", symmetric, features{}, func(t *trial, o object) error {
		return request(t, t.ListKeyPolicies, &kms.ListKeyPoliciesInput{KeyId: &o.keyID})
	}},
	{"ListKeyRotations", symmetric, features{}, func(t *trial, o object) error {
		return request(t, t.ListKeyRotations, &kms.ListKeyRotationsInput{KeyId: &o.keyID})
	}},
	{"ListResourceTags", symmetric, features{}, func(t *trial, o object) error {
		return request(t, t.ListResourceTags, &kms.ListResourceTagsInput{KeyId: &o.keyID})
	}},
	{"PutKeyPolicy", symmetric, altered, func(t *trial, o object) error {
		return request(t, t.PutKeyPolicy, &kms.PutKeyPolicyInput{KeyId: &o.keyID, Policy: aws.String(defaultPolicy(o.key.KeyMetadata))})
	}},
	{"ReEncrypt", symmetric, cryptographic, func(t *trial, o object) error {
		return request(t, t.ReEncrypt, &kms.ReEncryptInput{
			SourceKeyId: &o.keyID, DestinationKeyId: &o.another, CiphertextBlob: orBytes(o.key.ciphertext),
			GrantTokens: o.tokens, DryRun: o.dryRun,
		})
	}},
	{"ReEncrypt", symmetric, features{alias: true, second: true}, func(t *trial, o object) error {
		return request(t, t.ReEncrypt, &kms.ReEncryptInput{
			DestinationKeyId: &o.keyID, CiphertextBlob: t.shared(anotherKey).ciphertext,
		})
	}},
	{"ReplicateKey", multiKey, altered, func(t *trial, o object) error {
		return request(t, t.ReplicateKey, &kms.ReplicateKeyInput{KeyId: &o.keyID, ReplicaRegion: &t.suite.region})
	}},
	{"RetireGrant", symmetric, features{dryRun: true, alters: true}, func(t *trial, o object) error {
		return request(t, t.RetireGrant, &kms.RetireGrantInput{KeyId: &o.keyID, GrantId: orGrant(o.key.grantID), DryRun: o.dryRun})
	}},
	{"RevokeGrant", symmetric, features{dryRun: true, alters: true}, func(t *trial, o object) error {
		return request(t, t.RevokeGrant, &kms.RevokeGrantInput{KeyId: &o.keyID, GrantId: orGrant(o.key.grantID), DryRun: o.dryRun})
	}},
	{"RotateKeyOnDemand", symmetric, altered, func(t *trial, o object) error {
		return request(t, t.RotateKeyOnDemand, &kms.RotateKeyOnDemandInput{KeyId: &o.keyID})
	}},
	{"ScheduleKeyDeletion", symmetric, altered, func(t *trial, o object) error {
		return request(t, t.ScheduleKeyDeletion, &kms.ScheduleKeyDeletionInput{KeyId: &o.keyID, PendingWindowInDays: aws.Int32(7)})
	}},
	{"Sign", ecdsaKey, cryptographic, func(t *trial, o object) error {
		return request(t, t.Sign, &kms.SignInput{
			KeyId: &o.keyID, Message: message, SigningAlgorithm: types.SigningAlgorithmSpecEcdsaSha256, GrantTokens: o.tokens, DryRun: o.dryRun,
		})
	}},
	{"TagResource", symmetric, altered, func(t *trial, o object) error {
		return request(t, t.TagResource, &kms.TagResourceInput{KeyId: &o.keyID, Tags: []types.Tag{tag("colour", "blue")}})
	}},
	{"UntagResource", symmetric, altered, func(t *trial, o object) error {
		return request(t, t.UntagResource, &kms.UntagResourceInput{KeyId: &o.keyID, TagKeys: []string{"colour"}})
	}},
	{"DeleteAlias", symmetric, features{alters: true, hidden: true}, func(t *trial, o object) error {
		return request(t, t.DeleteAlias, &kms.DeleteAliasInput{AliasName: &o.key.alias})
	}},
	{"UpdateAlias", symmetric, features{alters: true, hidden: true, second: true}, func(t *trial, o object) error {
		return request(t, t.UpdateAlias, &kms.UpdateAliasInput{AliasName: &o.key.alias, TargetKeyId: &o.another})
	}},
	{"UpdateAlias", symmetric, altered, func(t *trial, o object) error {
		name := t.newAlias(o.another)
		return request(t, t.UpdateAlias, &kms.UpdateAliasInput{AliasName: &name, TargetKeyId: &o.keyID})
	}},
	{"UpdateKeyDescription", symmetric, altered, func(t *trial, o object) error {
		return request(t, t.UpdateKeyDescription, &kms.UpdateKeyDescriptionInput{KeyId: &o.keyID, Description: aws.String("new")})
	}},
	{"UpdatePrimaryRegion", multiKey, altered, func(t *trial, o object) error {
		return request(t, t.UpdatePrimaryRegion, &kms.UpdatePrimaryRegionInput{KeyId: &o.keyID, PrimaryRegion: &t.suite.region})
	}},
	{"Verify", ecdsaKey, cryptographic, func(t *trial, o object) error {
		return request(t, t.Verify, &kms.VerifyInput{
			KeyId: &o.keyID, Message: message, Signature: orBytes(o.key.signature),
			SigningAlgorithm: types.SigningAlgorithmSpecEcdsaSha256, GrantTokens: o.tokens, DryRun: o.dryRun,
		})
	}},
	{"VerifyMac", hmacKey, cryptographic, func(t *trial, o object) error {
		return request(t, t.VerifyMac, &kms.VerifyMacInput{
			KeyId: &o.keyID, Message: message, Mac: orBytes(o.key.mac),
			MacAlgorithm: types.MacAlgorithmSpecHmacSha256, GrantTokens: o.tokens, DryRun: o.dryRun,
		})
	}},
}

// rule returns a rule about the call.
func (c call) rule(name, why string, check func(t *trial)) rule {
	if c.takes.second {
		name += " (second key)"
	}
	return rule{c.operation, name, why, check}
}

// orBytes returns b or, if the key could not make any, something in its place.
func orBytes(b []byte) []byte {
	if b == nil {
		return []byte("nothing that KMS has made")
	}
	return b
}

// orGrant is orBytes for the ID of a grant.
func orGrant(id string) *string {
	if id == "" {
		id = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
	}
	return &id
}

func tag(key, value string) types.Tag { return types.Tag{TagKey: &key, TagValue: &value} }
