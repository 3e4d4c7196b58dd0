package kmskit_test

import (
	"bytes"
	"context"
	"fmt"
	"reflect"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/stretchr/testify/require"

	"github.com/kmskit/kmskit"
)

// What the fake knows of: a key with an alias, a second key, a grant.
const (
	fakeKeyID         = "1234abcd-12ab-34cd-56ef-1234567890ab"
	fakeKeyARN        = "arn:aws:kms:us-east-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
	fakeOtherKeyID    = "0987dcba-09fe-87dc-65ba-ab0987654321"
	fakeAlias         = "alias/orders"
	fakeRole          = "arn:aws:iam::111122223333:role/reader"
	fakeGrantID       = "91ad875e49b04a9d1f3bdeb84d821f9db6ea95e1098813f6d47f0c65fbe2a172"
	fakeGrantToken    = "AQpAM2RhZTk1MGMyNTk2"
	fakeKeyStoreID    = "cks-1234567890abcdef0"
	fakeKeyMaterialID = "123456789012345678901234567890123456789012345678901234567890abcd"
	fakePolicy        = `{"Version":"2012-10-17","Statement":[{"Sid":"root","Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"kms:*","Resource":"*"}]}`
)

// fakeDeletion is when the fake will delete a key, told in another zone than UTC.
var fakeDeletion = time.Date(2026, time.March, 8, 1, 30, 0, 0, time.FixedZone("UTC+1", 3600))

// fakeTokenExpiry is when the fake's import token expires, told in another zone
// than UTC.
var fakeTokenExpiry = time.Date(2026, time.March, 8, 1, 30, 0, 0, time.FixedZone("UTC+1", 3600))

// fakeKMS is every API of the package at once, by hand: it records the inputs it
// is given, in order, and answers what the test told it to, or else what KMS
// answers when all is well. The answers must be set before the first call.
type fakeKMS struct {
	answers map[reflect.Type]any        // func(*I) (*O, error), by the type of *I
	fail    func(context.Context) error // if set, decides the error of every call
	absent  bool                        // answer nil, nil
	blank   bool                        // answer an output without members
	silent  bool                        // record nothing

	mu     sync.Mutex
	inputs []any
}

var (
	_ kmskit.KeyAPI        = (*fakeKMS)(nil)
	_ kmskit.EncryptionAPI = (*fakeKMS)(nil)
	_ kmskit.AliasAPI      = (*fakeKMS)(nil)
	_ kmskit.GrantAPI      = (*fakeKMS)(nil)
	_ kmskit.PolicyAPI     = (*fakeKMS)(nil)
	_ kmskit.SigningAPI    = (*fakeKMS)(nil)
	_ kmskit.RotationAPI   = (*fakeKMS)(nil)
	_ kmskit.TagAPI        = (*fakeKMS)(nil)
	_ kmskit.ImportAPI     = (*fakeKMS)(nil)
	_ kmskit.MACAPI        = (*fakeKMS)(nil)
	_ kmskit.AgreementAPI  = (*fakeKMS)(nil)
	_ kmskit.KeyStoreAPI   = (*fakeKMS)(nil)
)

func newFake() *fakeKMS {
	f := &fakeKMS{answers: map[reflect.Type]any{}}

	metadata := &types.KeyMetadata{KeyId: aws.String(fakeKeyID), Arn: aws.String(fakeKeyARN), KeyState: types.KeyStateEnabled}
	whenAsked[kms.CreateKeyInput](f, &kms.CreateKeyOutput{KeyMetadata: metadata})
	whenAsked[kms.DescribeKeyInput](f, &kms.DescribeKeyOutput{KeyMetadata: metadata})
	whenAsked[kms.ListKeysInput](f, &kms.ListKeysOutput{Keys: []types.KeyListEntry{{KeyId: aws.String(fakeKeyID), KeyArn: aws.String(fakeKeyARN)}}})
	whenAsked[kms.EnableKeyInput](f, &kms.EnableKeyOutput{})
	whenAsked[kms.DisableKeyInput](f, &kms.DisableKeyOutput{})
	whenAsked[kms.ScheduleKeyDeletionInput](f, &kms.ScheduleKeyDeletionOutput{
		KeyId: aws.String(fakeKeyARN), KeyState: types.KeyStatePendingDeletion, DeletionDate: aws.Time(fakeDeletion),
	})
	whenAsked[kms.CancelKeyDeletionInput](f, &kms.CancelKeyDeletionOutput{KeyId: aws.String(fakeKeyARN)})

	whenAsked[kms.EncryptInput](f, &kms.EncryptOutput{CiphertextBlob: []byte("sealed"), KeyId: aws.String(fakeKeyARN)})
	whenAsked[kms.DecryptInput](f, &kms.DecryptOutput{Plaintext: []byte("opened"), KeyId: aws.String(fakeKeyARN)})
	whenAsked[kms.ReEncryptInput](f, &kms.ReEncryptOutput{CiphertextBlob: []byte("sealed again")})
	answer(f, func(*kms.GenerateDataKeyInput) (*kms.GenerateDataKeyOutput, error) {
		// Plaintext anew each time: callers destroy it.
		return &kms.GenerateDataKeyOutput{
			CiphertextBlob: []byte("sealed data key"), KeyId: aws.String(fakeKeyARN), Plaintext: []byte("0123456789abcdef0123456789abcdef"),
		}, nil
	})
	whenAsked[kms.GenerateDataKeyWithoutPlaintextInput](f, &kms.GenerateDataKeyWithoutPlaintextOutput{
		CiphertextBlob: []byte("sealed data key"), KeyId: aws.String(fakeKeyARN),
	})

	whenAsked[kms.CreateAliasInput](f, &kms.CreateAliasOutput{})
	whenAsked[kms.ListAliasesInput](f, &kms.ListAliasesOutput{Aliases: []types.AliasListEntry{{AliasName: aws.String(fakeAlias)}}})
	whenAsked[kms.UpdateAliasInput](f, &kms.UpdateAliasOutput{})
	whenAsked[kms.DeleteAliasInput](f, &kms.DeleteAliasOutput{})

	grants := []types.GrantListEntry{{GrantId: aws.String(fakeGrantID)}}
	whenAsked[kms.CreateGrantInput](f, &kms.CreateGrantOutput{GrantId: aws.String(fakeGrantID), GrantToken: aws.String(fakeGrantToken)})
	whenAsked[kms.ListGrantsInput](f, &kms.ListGrantsOutput{Grants: grants})
	whenAsked[kms.ListRetirableGrantsInput](f, &kms.ListRetirableGrantsOutput{Grants: grants})
	whenAsked[kms.RetireGrantInput](f, &kms.RetireGrantOutput{})
	whenAsked[kms.RevokeGrantInput](f, &kms.RevokeGrantOutput{})

	whenAsked[kms.GetKeyPolicyInput](f, &kms.GetKeyPolicyOutput{Policy: aws.String(fakePolicy)})
	whenAsked[kms.PutKeyPolicyInput](f, &kms.PutKeyPolicyOutput{})
	whenAsked[kms.ListKeyPoliciesInput](f, &kms.ListKeyPoliciesOutput{PolicyNames: []string{"default"}})

	created := time.Date(2026, time.January, 2, 3, 4, 5, 0, time.UTC)
	whenAsked[kms.UpdateKeyDescriptionInput](f, &kms.UpdateKeyDescriptionOutput{})
	whenAsked[kms.GetKeyLastUsageInput](f, &kms.GetKeyLastUsageOutput{
		KeyId: aws.String(fakeKeyARN), KeyCreationDate: aws.Time(created), TrackingStartDate: aws.Time(created),
		KeyLastUsage: &types.KeyLastUsageData{Operation: types.KeyLastUsageTrackingOperationDecrypt, Timestamp: aws.Time(created.AddDate(0, 1, 0))},
	})
	whenAsked[kms.ReplicateKeyInput](f, &kms.ReplicateKeyOutput{
		ReplicaKeyMetadata: &types.KeyMetadata{KeyId: aws.String(fakeKeyID), KeyState: types.KeyStateCreating},
	})
	whenAsked[kms.UpdatePrimaryRegionInput](f, &kms.UpdatePrimaryRegionOutput{})

	answer(f, func(in *kms.GenerateDataKeyPairInput) (*kms.GenerateDataKeyPairOutput, error) {
		// PrivateKeyPlaintext anew each time: callers destroy it.
		return &kms.GenerateDataKeyPairOutput{
			KeyId: aws.String(fakeKeyARN), KeyPairSpec: in.KeyPairSpec, PublicKey: []byte("public key"),
			PrivateKeyCiphertextBlob: []byte("sealed private key"), PrivateKeyPlaintext: []byte("private key"),
		}, nil
	})
	whenAsked[kms.GenerateDataKeyPairWithoutPlaintextInput](f, &kms.GenerateDataKeyPairWithoutPlaintextOutput{
		KeyId: aws.String(fakeKeyARN), PublicKey: []byte("public key"), PrivateKeyCiphertextBlob: []byte("sealed private key"),
	})
	whenAsked[kms.GenerateRandomInput](f, &kms.GenerateRandomOutput{Plaintext: []byte("random")})

	whenAsked[kms.SignInput](f, &kms.SignOutput{KeyId: aws.String(fakeKeyARN), Signature: []byte("signature")})
	whenAsked[kms.VerifyInput](f, &kms.VerifyOutput{KeyId: aws.String(fakeKeyARN), SignatureValid: true})
	whenAsked[kms.GetPublicKeyInput](f, &kms.GetPublicKeyOutput{
		KeyId: aws.String(fakeKeyARN), KeySpec: types.KeySpecEccNistP256, KeyUsage: types.KeyUsageTypeSignVerify,
		PublicKey: []byte("public key"), SigningAlgorithms: []types.SigningAlgorithmSpec{types.SigningAlgorithmSpecEcdsaSha256},
	})

	whenAsked[kms.EnableKeyRotationInput](f, &kms.EnableKeyRotationOutput{})
	whenAsked[kms.DisableKeyRotationInput](f, &kms.DisableKeyRotationOutput{})
	whenAsked[kms.GetKeyRotationStatusInput](f, &kms.GetKeyRotationStatusOutput{
		KeyId: aws.String(fakeKeyARN), KeyRotationEnabled: true, RotationPeriodInDays: aws.Int32(365),
	})
	whenAsked[kms.ListKeyRotationsInput](f, &kms.ListKeyRotationsOutput{Rotations: []types.RotationsListEntry{{KeyId: aws.String(fakeKeyARN)}}})
	whenAsked[kms.RotateKeyOnDemandInput](f, &kms.RotateKeyOnDemandOutput{KeyId: aws.String(fakeKeyARN)})

	whenAsked[kms.TagResourceInput](f, &kms.TagResourceOutput{})
	whenAsked[kms.UntagResourceInput](f, &kms.UntagResourceOutput{})
	whenAsked[kms.ListResourceTagsInput](f, &kms.ListResourceTagsOutput{Tags: []types.Tag{{TagKey: aws.String("team"), TagValue: aws.String("blue")}}})

	whenAsked[kms.GetParametersForImportInput](f, &kms.GetParametersForImportOutput{
		KeyId: aws.String(fakeKeyARN), PublicKey: []byte("wrapping key"), ImportToken: []byte("token"), ParametersValidTo: aws.Time(fakeTokenExpiry),
	})
	whenAsked[kms.ImportKeyMaterialInput](f, &kms.ImportKeyMaterialOutput{KeyId: aws.String(fakeKeyARN), KeyMaterialId: aws.String(fakeKeyMaterialID)})
	whenAsked[kms.DeleteImportedKeyMaterialInput](f, &kms.DeleteImportedKeyMaterialOutput{KeyId: aws.String(fakeKeyARN)})

	whenAsked[kms.GenerateMacInput](f, &kms.GenerateMacOutput{KeyId: aws.String(fakeKeyARN), Mac: []byte("MAC")})
	whenAsked[kms.VerifyMacInput](f, &kms.VerifyMacOutput{KeyId: aws.String(fakeKeyARN), MacValid: true})

	whenAsked[kms.DeriveSharedSecretInput](f, &kms.DeriveSharedSecretOutput{KeyId: aws.String(fakeKeyARN), SharedSecret: []byte("agreed")})
	answer(f, func(*kms.EncapsulateInput) (*kms.EncapsulateOutput, error) {
		// SharedSecret anew each time: callers destroy it.
		return &kms.EncapsulateOutput{
			KeyId: aws.String(fakeKeyARN), SharedSecret: []byte("encapsulated"), SharedSecretCiphertextBlob: encapsulated(768),
		}, nil
	})
	whenAsked[kms.DecapsulateInput](f, &kms.DecapsulateOutput{KeyId: aws.String(fakeKeyARN), SharedSecret: []byte("decapsulated")})

	whenAsked[kms.CreateCustomKeyStoreInput](f, &kms.CreateCustomKeyStoreOutput{CustomKeyStoreId: aws.String(fakeKeyStoreID)})
	whenAsked[kms.DescribeCustomKeyStoresInput](f, &kms.DescribeCustomKeyStoresOutput{
		CustomKeyStores: []types.CustomKeyStoresListEntry{{CustomKeyStoreId: aws.String(fakeKeyStoreID)}},
	})
	whenAsked[kms.UpdateCustomKeyStoreInput](f, &kms.UpdateCustomKeyStoreOutput{})
	whenAsked[kms.ConnectCustomKeyStoreInput](f, &kms.ConnectCustomKeyStoreOutput{})
	whenAsked[kms.DisconnectCustomKeyStoreInput](f, &kms.DisconnectCustomKeyStoreOutput{})
	whenAsked[kms.DeleteCustomKeyStoreInput](f, &kms.DeleteCustomKeyStoreOutput{})
	return f
}

// answer sets what the fake does with an input of type I.
func answer[I, O any](f *fakeKMS, fn func(*I) (*O, error)) {
	f.answers[reflect.TypeFor[I]()] = fn
}

// whenAsked sets the one output that the fake answers to an input of type I.
func whenAsked[I, O any](f *fakeKMS, out *O) {
	answer(f, func(*I) (*O, error) { return out, nil })
}

// failing returns a fake whose every call fails with err.
func failing(err error) *fakeKMS {
	f := newFake()
	f.fail = func(context.Context) error { return err }
	return f
}

// calls returns how many calls were made.
func (f *fakeKMS) calls() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.inputs)
}

// sent returns the input of the only call that was made.
func sent[I any](t *testing.T, f *fakeKMS) *I {
	t.Helper()
	inputs := sentEach[I](t, f)
	require.Len(t, inputs, 1)
	return inputs[0]
}

// sentEach returns the inputs of all calls, which must be of one operation.
func sentEach[I any](t *testing.T, f *fakeKMS) []*I {
	t.Helper()
	f.mu.Lock()
	defer f.mu.Unlock()
	inputs := make([]*I, 0, len(f.inputs))
	for _, in := range f.inputs {
		require.IsType(t, (*I)(nil), in)
		inputs = append(inputs, in.(*I)) //nolint:forcetypeassert // IsType checked it
	}
	return inputs
}

// operations returns the Go types of the inputs, in the order of the calls.
func (f *fakeKMS) operations() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	names := make([]string, 0, len(f.inputs))
	for _, in := range f.inputs {
		names = append(names, fmt.Sprintf("%T", in))
	}
	return names
}

func respond[O, I any](ctx context.Context, f *fakeKMS, in *I) (*O, error) {
	if !f.silent {
		f.mu.Lock()
		f.inputs = append(f.inputs, in)
		f.mu.Unlock()
	}
	if f.fail != nil {
		if err := f.fail(ctx); err != nil {
			return nil, err
		}
	}
	switch {
	case f.absent:
		return nil, nil //nolint:nilnil // what a sloppy fake answers
	case f.blank:
		return new(O), nil
	}
	fn, ok := f.answers[reflect.TypeFor[I]()].(func(*I) (*O, error))
	if !ok {
		return nil, fmt.Errorf("the fake knows no answer to a %T", in)
	}
	return fn(in)
}

func (f *fakeKMS) CreateKey(ctx context.Context, in *kms.CreateKeyInput, _ ...func(*kms.Options)) (*kms.CreateKeyOutput, error) {
	return respond[kms.CreateKeyOutput](ctx, f, in)
}

func (f *fakeKMS) DescribeKey(ctx context.Context, in *kms.DescribeKeyInput, _ ...func(*kms.Options)) (*kms.DescribeKeyOutput, error) {
	return respond[kms.DescribeKeyOutput](ctx, f, in)
}

func (f *fakeKMS) ListKeys(ctx context.Context, in *kms.ListKeysInput, _ ...func(*kms.Options)) (*kms.ListKeysOutput, error) {
	return respond[kms.ListKeysOutput](ctx, f, in)
}

func (f *fakeKMS) EnableKey(ctx context.Context, in *kms.EnableKeyInput, _ ...func(*kms.Options)) (*kms.EnableKeyOutput, error) {
	return respond[kms.EnableKeyOutput](ctx, f, in)
}

func (f *fakeKMS) DisableKey(ctx context.Context, in *kms.DisableKeyInput, _ ...func(*kms.Options)) (*kms.DisableKeyOutput, error) {
	return respond[kms.DisableKeyOutput](ctx, f, in)
}

func (f *fakeKMS) ScheduleKeyDeletion(ctx context.Context, in *kms.ScheduleKeyDeletionInput, _ ...func(*kms.Options)) (*kms.ScheduleKeyDeletionOutput, error) {
	return respond[kms.ScheduleKeyDeletionOutput](ctx, f, in)
}

func (f *fakeKMS) CancelKeyDeletion(ctx context.Context, in *kms.CancelKeyDeletionInput, _ ...func(*kms.Options)) (*kms.CancelKeyDeletionOutput, error) {
	return respond[kms.CancelKeyDeletionOutput](ctx, f, in)
}

func (f *fakeKMS) Encrypt(ctx context.Context, in *kms.EncryptInput, _ ...func(*kms.Options)) (*kms.EncryptOutput, error) {
	return respond[kms.EncryptOutput](ctx, f, in)
}

func (f *fakeKMS) Decrypt(ctx context.Context, in *kms.DecryptInput, _ ...func(*kms.Options)) (*kms.DecryptOutput, error) {
	return respond[kms.DecryptOutput](ctx, f, in)
}

func (f *fakeKMS) ReEncrypt(ctx context.Context, in *kms.ReEncryptInput, _ ...func(*kms.Options)) (*kms.ReEncryptOutput, error) {
	return respond[kms.ReEncryptOutput](ctx, f, in)
}

func (f *fakeKMS) GenerateDataKey(ctx context.Context, in *kms.GenerateDataKeyInput, _ ...func(*kms.Options)) (*kms.GenerateDataKeyOutput, error) {
	return respond[kms.GenerateDataKeyOutput](ctx, f, in)
}

func (f *fakeKMS) GenerateDataKeyWithoutPlaintext(ctx context.Context, in *kms.GenerateDataKeyWithoutPlaintextInput, _ ...func(*kms.Options)) (*kms.GenerateDataKeyWithoutPlaintextOutput, error) {
	return respond[kms.GenerateDataKeyWithoutPlaintextOutput](ctx, f, in)
}

func (f *fakeKMS) CreateAlias(ctx context.Context, in *kms.CreateAliasInput, _ ...func(*kms.Options)) (*kms.CreateAliasOutput, error) {
	return respond[kms.CreateAliasOutput](ctx, f, in)
}

func (f *fakeKMS) ListAliases(ctx context.Context, in *kms.ListAliasesInput, _ ...func(*kms.Options)) (*kms.ListAliasesOutput, error) {
	return respond[kms.ListAliasesOutput](ctx, f, in)
}

func (f *fakeKMS) UpdateAlias(ctx context.Context, in *kms.UpdateAliasInput, _ ...func(*kms.Options)) (*kms.UpdateAliasOutput, error) {
	return respond[kms.UpdateAliasOutput](ctx, f, in)
}

func (f *fakeKMS) DeleteAlias(ctx context.Context, in *kms.DeleteAliasInput, _ ...func(*kms.Options)) (*kms.DeleteAliasOutput, error) {
	return respond[kms.DeleteAliasOutput](ctx, f, in)
}

func (f *fakeKMS) CreateGrant(ctx context.Context, in *kms.CreateGrantInput, _ ...func(*kms.Options)) (*kms.CreateGrantOutput, error) {
	return respond[kms.CreateGrantOutput](ctx, f, in)
}

func (f *fakeKMS) ListGrants(ctx context.Context, in *kms.ListGrantsInput, _ ...func(*kms.Options)) (*kms.ListGrantsOutput, error) {
	return respond[kms.ListGrantsOutput](ctx, f, in)
}

func (f *fakeKMS) ListRetirableGrants(ctx context.Context, in *kms.ListRetirableGrantsInput, _ ...func(*kms.Options)) (*kms.ListRetirableGrantsOutput, error) {
	return respond[kms.ListRetirableGrantsOutput](ctx, f, in)
}

func (f *fakeKMS) RetireGrant(ctx context.Context, in *kms.RetireGrantInput, _ ...func(*kms.Options)) (*kms.RetireGrantOutput, error) {
	return respond[kms.RetireGrantOutput](ctx, f, in)
}

func (f *fakeKMS) RevokeGrant(ctx context.Context, in *kms.RevokeGrantInput, _ ...func(*kms.Options)) (*kms.RevokeGrantOutput, error) {
	return respond[kms.RevokeGrantOutput](ctx, f, in)
}

func (f *fakeKMS) GetKeyPolicy(ctx context.Context, in *kms.GetKeyPolicyInput, _ ...func(*kms.Options)) (*kms.GetKeyPolicyOutput, error) {
	return respond[kms.GetKeyPolicyOutput](ctx, f, in)
}

func (f *fakeKMS) PutKeyPolicy(ctx context.Context, in *kms.PutKeyPolicyInput, _ ...func(*kms.Options)) (*kms.PutKeyPolicyOutput, error) {
	return respond[kms.PutKeyPolicyOutput](ctx, f, in)
}

func (f *fakeKMS) ListKeyPolicies(ctx context.Context, in *kms.ListKeyPoliciesInput, _ ...func(*kms.Options)) (*kms.ListKeyPoliciesOutput, error) {
	return respond[kms.ListKeyPoliciesOutput](ctx, f, in)
}

// encapsulated returns a ciphertext of ML-KEM's form.
func encapsulated(size int) []byte { return bytes.Repeat([]byte{17}, size) }

func (f *fakeKMS) UpdateKeyDescription(ctx context.Context, in *kms.UpdateKeyDescriptionInput, _ ...func(*kms.Options)) (*kms.UpdateKeyDescriptionOutput, error) {
	return respond[kms.UpdateKeyDescriptionOutput](ctx, f, in)
}

func (f *fakeKMS) GetKeyLastUsage(ctx context.Context, in *kms.GetKeyLastUsageInput, _ ...func(*kms.Options)) (*kms.GetKeyLastUsageOutput, error) {
	return respond[kms.GetKeyLastUsageOutput](ctx, f, in)
}

func (f *fakeKMS) ReplicateKey(ctx context.Context, in *kms.ReplicateKeyInput, _ ...func(*kms.Options)) (*kms.ReplicateKeyOutput, error) {
	return respond[kms.ReplicateKeyOutput](ctx, f, in)
}

func (f *fakeKMS) UpdatePrimaryRegion(ctx context.Context, in *kms.UpdatePrimaryRegionInput, _ ...func(*kms.Options)) (*kms.UpdatePrimaryRegionOutput, error) {
	return respond[kms.UpdatePrimaryRegionOutput](ctx, f, in)
}

func (f *fakeKMS) GenerateDataKeyPair(ctx context.Context, in *kms.GenerateDataKeyPairInput, _ ...func(*kms.Options)) (*kms.GenerateDataKeyPairOutput, error) {
	return respond[kms.GenerateDataKeyPairOutput](ctx, f, in)
}

func (f *fakeKMS) GenerateDataKeyPairWithoutPlaintext(ctx context.Context, in *kms.GenerateDataKeyPairWithoutPlaintextInput, _ ...func(*kms.Options)) (*kms.GenerateDataKeyPairWithoutPlaintextOutput, error) {
	return respond[kms.GenerateDataKeyPairWithoutPlaintextOutput](ctx, f, in)
}

func (f *fakeKMS) GenerateRandom(ctx context.Context, in *kms.GenerateRandomInput, _ ...func(*kms.Options)) (*kms.GenerateRandomOutput, error) {
	return respond[kms.GenerateRandomOutput](ctx, f, in)
}

func (f *fakeKMS) Sign(ctx context.Context, in *kms.SignInput, _ ...func(*kms.Options)) (*kms.SignOutput, error) {
	return respond[kms.SignOutput](ctx, f, in)
}

func (f *fakeKMS) Verify(ctx context.Context, in *kms.VerifyInput, _ ...func(*kms.Options)) (*kms.VerifyOutput, error) {
	return respond[kms.VerifyOutput](ctx, f, in)
}

func (f *fakeKMS) GetPublicKey(ctx context.Context, in *kms.GetPublicKeyInput, _ ...func(*kms.Options)) (*kms.GetPublicKeyOutput, error) {
	return respond[kms.GetPublicKeyOutput](ctx, f, in)
}

func (f *fakeKMS) EnableKeyRotation(ctx context.Context, in *kms.EnableKeyRotationInput, _ ...func(*kms.Options)) (*kms.EnableKeyRotationOutput, error) {
	return respond[kms.EnableKeyRotationOutput](ctx, f, in)
}

func (f *fakeKMS) DisableKeyRotation(ctx context.Context, in *kms.DisableKeyRotationInput, _ ...func(*kms.Options)) (*kms.DisableKeyRotationOutput, error) {
	return respond[kms.DisableKeyRotationOutput](ctx, f, in)
}

func (f *fakeKMS) GetKeyRotationStatus(ctx context.Context, in *kms.GetKeyRotationStatusInput, _ ...func(*kms.Options)) (*kms.GetKeyRotationStatusOutput, error) {
	return respond[kms.GetKeyRotationStatusOutput](ctx, f, in)
}

func (f *fakeKMS) ListKeyRotations(ctx context.Context, in *kms.ListKeyRotationsInput, _ ...func(*kms.Options)) (*kms.ListKeyRotationsOutput, error) {
	return respond[kms.ListKeyRotationsOutput](ctx, f, in)
}

func (f *fakeKMS) RotateKeyOnDemand(ctx context.Context, in *kms.RotateKeyOnDemandInput, _ ...func(*kms.Options)) (*kms.RotateKeyOnDemandOutput, error) {
	return respond[kms.RotateKeyOnDemandOutput](ctx, f, in)
}

func (f *fakeKMS) TagResource(ctx context.Context, in *kms.TagResourceInput, _ ...func(*kms.Options)) (*kms.TagResourceOutput, error) {
	return respond[kms.TagResourceOutput](ctx, f, in)
}

func (f *fakeKMS) UntagResource(ctx context.Context, in *kms.UntagResourceInput, _ ...func(*kms.Options)) (*kms.UntagResourceOutput, error) {
	return respond[kms.UntagResourceOutput](ctx, f, in)
}

func (f *fakeKMS) ListResourceTags(ctx context.Context, in *kms.ListResourceTagsInput, _ ...func(*kms.Options)) (*kms.ListResourceTagsOutput, error) {
	return respond[kms.ListResourceTagsOutput](ctx, f, in)
}

func (f *fakeKMS) GetParametersForImport(ctx context.Context, in *kms.GetParametersForImportInput, _ ...func(*kms.Options)) (*kms.GetParametersForImportOutput, error) {
	return respond[kms.GetParametersForImportOutput](ctx, f, in)
}

func (f *fakeKMS) ImportKeyMaterial(ctx context.Context, in *kms.ImportKeyMaterialInput, _ ...func(*kms.Options)) (*kms.ImportKeyMaterialOutput, error) {
	return respond[kms.ImportKeyMaterialOutput](ctx, f, in)
}

func (f *fakeKMS) DeleteImportedKeyMaterial(ctx context.Context, in *kms.DeleteImportedKeyMaterialInput, _ ...func(*kms.Options)) (*kms.DeleteImportedKeyMaterialOutput, error) {
	return respond[kms.DeleteImportedKeyMaterialOutput](ctx, f, in)
}

func (f *fakeKMS) GenerateMac(ctx context.Context, in *kms.GenerateMacInput, _ ...func(*kms.Options)) (*kms.GenerateMacOutput, error) {
	return respond[kms.GenerateMacOutput](ctx, f, in)
}

func (f *fakeKMS) VerifyMac(ctx context.Context, in *kms.VerifyMacInput, _ ...func(*kms.Options)) (*kms.VerifyMacOutput, error) {
	return respond[kms.VerifyMacOutput](ctx, f, in)
}

func (f *fakeKMS) DeriveSharedSecret(ctx context.Context, in *kms.DeriveSharedSecretInput, _ ...func(*kms.Options)) (*kms.DeriveSharedSecretOutput, error) {
	return respond[kms.DeriveSharedSecretOutput](ctx, f, in)
}

func (f *fakeKMS) Encapsulate(ctx context.Context, in *kms.EncapsulateInput, _ ...func(*kms.Options)) (*kms.EncapsulateOutput, error) {
	return respond[kms.EncapsulateOutput](ctx, f, in)
}

func (f *fakeKMS) Decapsulate(ctx context.Context, in *kms.DecapsulateInput, _ ...func(*kms.Options)) (*kms.DecapsulateOutput, error) {
	return respond[kms.DecapsulateOutput](ctx, f, in)
}

func (f *fakeKMS) CreateCustomKeyStore(ctx context.Context, in *kms.CreateCustomKeyStoreInput, _ ...func(*kms.Options)) (*kms.CreateCustomKeyStoreOutput, error) {
	return respond[kms.CreateCustomKeyStoreOutput](ctx, f, in)
}

func (f *fakeKMS) DescribeCustomKeyStores(ctx context.Context, in *kms.DescribeCustomKeyStoresInput, _ ...func(*kms.Options)) (*kms.DescribeCustomKeyStoresOutput, error) {
	return respond[kms.DescribeCustomKeyStoresOutput](ctx, f, in)
}

func (f *fakeKMS) UpdateCustomKeyStore(ctx context.Context, in *kms.UpdateCustomKeyStoreInput, _ ...func(*kms.Options)) (*kms.UpdateCustomKeyStoreOutput, error) {
	return respond[kms.UpdateCustomKeyStoreOutput](ctx, f, in)
}

func (f *fakeKMS) ConnectCustomKeyStore(ctx context.Context, in *kms.ConnectCustomKeyStoreInput, _ ...func(*kms.Options)) (*kms.ConnectCustomKeyStoreOutput, error) {
	return respond[kms.ConnectCustomKeyStoreOutput](ctx, f, in)
}

func (f *fakeKMS) DisconnectCustomKeyStore(ctx context.Context, in *kms.DisconnectCustomKeyStoreInput, _ ...func(*kms.Options)) (*kms.DisconnectCustomKeyStoreOutput, error) {
	return respond[kms.DisconnectCustomKeyStoreOutput](ctx, f, in)
}

func (f *fakeKMS) DeleteCustomKeyStore(ctx context.Context, in *kms.DeleteCustomKeyStoreInput, _ ...func(*kms.Options)) (*kms.DeleteCustomKeyStoreOutput, error) {
	return respond[kms.DeleteCustomKeyStoreOutput](ctx, f, in)
}
