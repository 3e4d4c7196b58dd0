package kmskit_test

import (
	"bytes"
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/kmskit/kmskit"
)

const (
	fakeKeyStoreID    = "cks-1234567890abcdef0"
	fakeKeyMaterialID = "123456789012345678901234567890123456789012345678901234567890abcd"
)

// fakeTokenExpiry is when the fake's import token expires, told in another zone
// than UTC.
var fakeTokenExpiry = time.Date(2026, time.March, 8, 1, 30, 0, 0, time.FixedZone("UTC+1", 3600))

var (
	_ kmskit.SigningAPI   = (*fakeKMS)(nil)
	_ kmskit.RotationAPI  = (*fakeKMS)(nil)
	_ kmskit.TagAPI       = (*fakeKMS)(nil)
	_ kmskit.ImportAPI    = (*fakeKMS)(nil)
	_ kmskit.MACAPI       = (*fakeKMS)(nil)
	_ kmskit.AgreementAPI = (*fakeKMS)(nil)
	_ kmskit.KeyStoreAPI  = (*fakeKMS)(nil)
)

// newFullFake is newFake that also knows what KMS answers to the operations of
// this file.
func newFullFake() *fakeKMS { return teach(newFake()) }

// teach adds to a fake what KMS answers to the operations of this file.
func teach(f *fakeKMS) *fakeKMS {
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
