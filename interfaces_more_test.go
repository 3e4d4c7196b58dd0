package kmskit_test

import (
	"context"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/stretchr/testify/assert"

	"github.com/kmskit/kmskit"
)

const (
	aboutKeyStore = ` (custom key store "` + fakeKeyStoreID + `")`
	noKeyStoreID  = "the custom key store ID is empty; give the ID that CreateCustomKeyStore returned or DescribeCustomKeyStores lists"
)

func TestMoreConstructors(t *testing.T) {
	t.Parallel()
	constructors := map[string]struct{ withNil, withNilClient, withFake func() }{
		"NewSigner": {
			func() { kmskit.NewSigner(nil) },
			func() { kmskit.NewSigner((*kms.Client)(nil)) },
			func() { kmskit.NewSigner(newFake()) },
		},
		"NewRotationManager": {
			func() { kmskit.NewRotationManager(nil) },
			func() { kmskit.NewRotationManager((*kms.Client)(nil)) },
			func() { kmskit.NewRotationManager(newFake()) },
		},
		"NewTagManager": {
			func() { kmskit.NewTagManager(nil) },
			func() { kmskit.NewTagManager((*kms.Client)(nil)) },
			func() { kmskit.NewTagManager(newFake()) },
		},
		"NewMaterialImporter": {
			func() { kmskit.NewMaterialImporter(nil) },
			func() { kmskit.NewMaterialImporter((*kms.Client)(nil)) },
			func() { kmskit.NewMaterialImporter(newFake()) },
		},
		"NewAuthenticator": {
			func() { kmskit.NewAuthenticator(nil) },
			func() { kmskit.NewAuthenticator((*kms.Client)(nil)) },
			func() { kmskit.NewAuthenticator(newFake()) },
		},
		"NewKeyAgreement": {
			func() { kmskit.NewKeyAgreement(nil) },
			func() { kmskit.NewKeyAgreement((*kms.Client)(nil)) },
			func() { kmskit.NewKeyAgreement(newFake()) },
		},
		"NewKeyStoreManager": {
			func() { kmskit.NewKeyStoreManager(nil) },
			func() { kmskit.NewKeyStoreManager((*kms.Client)(nil)) },
			func() { kmskit.NewKeyStoreManager(newFake()) },
		},
	}
	for name, c := range constructors {
		t.Run(name+" panics with a text on nil", func(t *testing.T) {
			t.Parallel()
			text := "kmskit: " + name + " was given a nil API: pass a *kms.Client or a fake"
			assert.PanicsWithValue(t, text, c.withNil)
			assert.PanicsWithValue(t, text, c.withNilClient)
			assert.NotPanics(t, c.withFake)
		})
	}
}

// moreMethods returns the methods of the package that methods does not.
func moreMethods() []method {
	return []method{
		newMethod(
			method{name: "UpdateKeyDescription", subject: aboutKey, refusal: noKeyID}, asIs,
			func(ctx context.Context, f *fakeKMS, optFns ...func(*kms.UpdateKeyDescriptionInput)) error {
				return kmskit.NewKeyManager(teach(f)).UpdateKeyDescription(ctx, fakeKeyID, "orders", optFns...)
			},
		),
		newMethod(
			method{name: "GetKeyLastUsage", subject: aboutKey, refusal: noKeyID, lacks: "TrackingStartDate or KeyCreationDate"}, asIs,
			func(ctx context.Context, f *fakeKMS, optFns ...func(*kms.GetKeyLastUsageInput)) error {
				_, err := kmskit.NewKeyManager(teach(f)).GetKeyLastUsage(ctx, fakeKeyID, optFns...)
				return err
			},
		),
		newMethod(
			method{name: "ReplicateKey", subject: ` (key "` + fakeKeyID + `", replica Region "eu-central-1")`, refusal: noKeyID, lacks: "ReplicaKeyMetadata"}, asIs,
			func(ctx context.Context, f *fakeKMS, optFns ...func(*kms.ReplicateKeyInput)) error {
				_, err := kmskit.NewKeyManager(teach(f)).ReplicateKey(ctx, fakeKeyID, "eu-central-1", optFns...)
				return err
			},
		),
		newMethod(
			method{name: "UpdatePrimaryRegion", subject: ` (key "` + fakeKeyID + `", primary Region "eu-central-1")`, refusal: noKeyID}, asIs,
			func(ctx context.Context, f *fakeKMS, optFns ...func(*kms.UpdatePrimaryRegionInput)) error {
				return kmskit.NewKeyManager(teach(f)).UpdatePrimaryRegion(ctx, fakeKeyID, "eu-central-1", optFns...)
			},
		),

		newMethod(
			method{name: "GenerateDataKeyPair", subject: aboutKey, refusal: noAnyKeyID, lacks: "KeyId, PublicKey, PrivateKeyCiphertextBlob or PrivateKeyPlaintext"}, asIs,
			func(ctx context.Context, f *fakeKMS, optFns ...func(*kms.GenerateDataKeyPairInput)) error {
				_, err := kmskit.NewEncryptor(teach(f)).GenerateDataKeyPair(ctx, fakeKeyID, types.DataKeyPairSpecEccNistP256, optFns...)
				return err
			},
		),
		newMethod(
			method{name: "GenerateDataKeyPairWithoutPlaintext", subject: aboutKey, refusal: noAnyKeyID, lacks: "KeyId, PublicKey or PrivateKeyCiphertextBlob"}, asIs,
			func(ctx context.Context, f *fakeKMS, optFns ...func(*kms.GenerateDataKeyPairWithoutPlaintextInput)) error {
				_, err := kmskit.NewEncryptor(teach(f)).GenerateDataKeyPairWithoutPlaintext(ctx, fakeKeyID, types.DataKeyPairSpecEccNistP256, optFns...)
				return err
			},
		),
		newMethod(
			method{name: "GenerateRandom", refusal: "NumberOfBytes of 0 is outside 1 to 1024 bytes", lacks: "Plaintext"}, asIs,
			func(ctx context.Context, f *fakeKMS, optFns ...func(*kms.GenerateRandomInput)) error {
				_, err := kmskit.NewEncryptor(teach(f)).GenerateRandom(ctx, 32, optFns...)
				return err
			},
		),

		newMethod(
			method{name: "Sign", subject: aboutKey, refusal: noAnyKeyID, lacks: "Signature"}, asIs,
			func(ctx context.Context, f *fakeKMS, optFns ...func(*kms.SignInput)) error {
				_, err := kmskit.NewSigner(teach(f)).Sign(ctx, fakeKeyID, []byte("message"), types.SigningAlgorithmSpecEcdsaSha256, optFns...)
				return err
			},
		),
		newMethod(
			method{name: "Verify", subject: aboutKey, refusal: noAnyKeyID, lacks: "SignatureValid"}, asIs,
			func(ctx context.Context, f *fakeKMS, optFns ...func(*kms.VerifyInput)) error {
				return kmskit.NewSigner(teach(f)).Verify(ctx, fakeKeyID, []byte("message"), types.SigningAlgorithmSpecEcdsaSha256, []byte("signature"), optFns...)
			},
		),
		newMethod(
			method{name: "GetPublicKey", subject: aboutKey, refusal: noAnyKeyID, lacks: "PublicKey"}, asIs,
			func(ctx context.Context, f *fakeKMS, optFns ...func(*kms.GetPublicKeyInput)) error {
				_, err := kmskit.NewSigner(teach(f)).GetPublicKey(ctx, fakeKeyID, optFns...)
				return err
			},
		),

		newMethod(
			method{name: "EnableKeyRotation", subject: aboutKey, refusal: noKeyID},
			func(in *kms.EnableKeyRotationInput) { in.RotationPeriodInDays = aws.Int32(90) },
			func(ctx context.Context, f *fakeKMS, optFns ...func(*kms.EnableKeyRotationInput)) error {
				return kmskit.NewRotationManager(teach(f)).EnableKeyRotation(ctx, fakeKeyID, optFns...)
			},
		),
		newMethod(
			method{name: "DisableKeyRotation", subject: aboutKey, refusal: noKeyID}, asIs,
			func(ctx context.Context, f *fakeKMS, optFns ...func(*kms.DisableKeyRotationInput)) error {
				return kmskit.NewRotationManager(teach(f)).DisableKeyRotation(ctx, fakeKeyID, optFns...)
			},
		),
		newMethod(
			method{name: "GetKeyRotationStatus", subject: aboutKey, refusal: noKeyID, lacks: "KeyRotationEnabled", isFlags: true}, asIs,
			func(ctx context.Context, f *fakeKMS, optFns ...func(*kms.GetKeyRotationStatusInput)) error {
				_, err := kmskit.NewRotationManager(teach(f)).GetKeyRotationStatus(ctx, fakeKeyID, optFns...)
				return err
			},
		),
		newMethod(
			method{name: "ListKeyRotations", subject: aboutKey, refusal: noKeyID, isList: true}, asIs,
			func(ctx context.Context, f *fakeKMS, optFns ...func(*kms.ListKeyRotationsInput)) error {
				return drain(kmskit.NewRotationManager(teach(f)).ListKeyRotations(ctx, fakeKeyID, optFns...))
			},
		),
		newMethod(
			method{name: "RotateKeyOnDemand", subject: aboutKey, refusal: noKeyID}, asIs,
			func(ctx context.Context, f *fakeKMS, optFns ...func(*kms.RotateKeyOnDemandInput)) error {
				return kmskit.NewRotationManager(teach(f)).RotateKeyOnDemand(ctx, fakeKeyID, optFns...)
			},
		),

		newMethod(
			method{name: "TagResource", subject: aboutKey, refusal: noKeyID}, asIs,
			func(ctx context.Context, f *fakeKMS, optFns ...func(*kms.TagResourceInput)) error {
				return kmskit.NewTagManager(teach(f)).TagResource(ctx, fakeKeyID, map[string]string{"team": "blue"}, optFns...)
			},
		),
		newMethod(
			method{name: "UntagResource", subject: aboutKey, refusal: noKeyID}, asIs,
			func(ctx context.Context, f *fakeKMS, optFns ...func(*kms.UntagResourceInput)) error {
				return kmskit.NewTagManager(teach(f)).UntagResource(ctx, fakeKeyID, []string{"team"}, optFns...)
			},
		),
		newMethod(
			method{name: "ListResourceTags", subject: aboutKey, refusal: noKeyID, isList: true}, asIs,
			func(ctx context.Context, f *fakeKMS, optFns ...func(*kms.ListResourceTagsInput)) error {
				return drain(kmskit.NewTagManager(teach(f)).ListResourceTags(ctx, fakeKeyID, optFns...))
			},
		),

		newMethod(
			method{name: "GetParametersForImport", subject: aboutKey, refusal: noKeyID, lacks: "PublicKey, ImportToken or ParametersValidTo"}, asIs,
			func(ctx context.Context, f *fakeKMS, optFns ...func(*kms.GetParametersForImportInput)) error {
				_, err := kmskit.NewMaterialImporter(teach(f)).GetParametersForImport(ctx, fakeKeyID, types.AlgorithmSpecRsaesOaepSha256, types.WrappingKeySpecRsa4096, optFns...)
				return err
			},
		),
		newMethod(
			method{name: "ImportKeyMaterial", subject: aboutKey, refusal: noKeyID}, asIs,
			func(ctx context.Context, f *fakeKMS, optFns ...func(*kms.ImportKeyMaterialInput)) error {
				_, err := kmskit.NewMaterialImporter(teach(f)).ImportKeyMaterial(ctx, fakeKeyID, []byte("token"), []byte("wrapped"), optFns...)
				return err
			},
		),
		newMethod(
			method{name: "DeleteImportedKeyMaterial", subject: aboutKey, refusal: noKeyID}, asIs,
			func(ctx context.Context, f *fakeKMS, optFns ...func(*kms.DeleteImportedKeyMaterialInput)) error {
				return kmskit.NewMaterialImporter(teach(f)).DeleteImportedKeyMaterial(ctx, fakeKeyID, optFns...)
			},
		),

		newMethod(
			method{name: "GenerateMac", subject: aboutKey, refusal: noAnyKeyID, lacks: "Mac"}, asIs,
			func(ctx context.Context, f *fakeKMS, optFns ...func(*kms.GenerateMacInput)) error {
				_, err := kmskit.NewAuthenticator(teach(f)).GenerateMac(ctx, fakeKeyID, []byte("message"), types.MacAlgorithmSpecHmacSha256, optFns...)
				return err
			},
		),
		newMethod(
			method{name: "VerifyMac", subject: aboutKey, refusal: noAnyKeyID, lacks: "MacValid"}, asIs,
			func(ctx context.Context, f *fakeKMS, optFns ...func(*kms.VerifyMacInput)) error {
				return kmskit.NewAuthenticator(teach(f)).VerifyMac(ctx, fakeKeyID, []byte("message"), types.MacAlgorithmSpecHmacSha256, []byte("MAC"), optFns...)
			},
		),

		newMethod(
			method{name: "DeriveSharedSecret", subject: aboutKey, refusal: noAnyKeyID, lacks: "SharedSecret"}, asIs,
			func(ctx context.Context, f *fakeKMS, optFns ...func(*kms.DeriveSharedSecretInput)) error {
				_, err := kmskit.NewKeyAgreement(teach(f)).DeriveSharedSecret(ctx, fakeKeyID, []byte("public key"), optFns...)
				return err
			},
		),
		newMethod(
			method{name: "Encapsulate", subject: aboutKey, refusal: noAnyKeyID, lacks: "KeyId, SharedSecret or SharedSecretCiphertextBlob"}, asIs,
			func(ctx context.Context, f *fakeKMS, optFns ...func(*kms.EncapsulateInput)) error {
				_, err := kmskit.NewKeyAgreement(teach(f)).Encapsulate(ctx, fakeKeyID, optFns...)
				return err
			},
		),
		newMethod(
			method{name: "Decapsulate", subject: aboutKey, refusal: noAnyKeyID, lacks: "SharedSecret"},
			func(in *kms.DecapsulateInput) { in.SharedSecretCiphertextBlob = encapsulated(1088) },
			func(ctx context.Context, f *fakeKMS, optFns ...func(*kms.DecapsulateInput)) error {
				_, err := kmskit.NewKeyAgreement(teach(f)).Decapsulate(ctx, fakeKeyID, encapsulated(768), optFns...)
				return err
			},
		),

		newMethod(
			method{name: "CreateCustomKeyStore", subject: ` (custom key store "vault")`, refusal: "the custom key store name is empty; give a name of 1 to 256 characters", lacks: "CustomKeyStoreId"}, asIs,
			func(ctx context.Context, f *fakeKMS, optFns ...func(*kms.CreateCustomKeyStoreInput)) error {
				_, err := kmskit.NewKeyStoreManager(teach(f)).CreateCustomKeyStore(ctx, "vault", append([]func(*kms.CreateCustomKeyStoreInput){cloudHSM}, optFns...)...)
				return err
			},
		),
		newMethod(
			method{name: "DescribeCustomKeyStores", isList: true},
			func(in *kms.DescribeCustomKeyStoresInput) { in.CustomKeyStoreName = nil },
			func(ctx context.Context, f *fakeKMS, optFns ...func(*kms.DescribeCustomKeyStoresInput)) error {
				return drain(kmskit.NewKeyStoreManager(teach(f)).DescribeCustomKeyStores(ctx, optFns...))
			},
		),
		newMethod(
			method{name: "UpdateCustomKeyStore", subject: aboutKeyStore, refusal: noKeyStoreID}, asIs,
			func(ctx context.Context, f *fakeKMS, optFns ...func(*kms.UpdateCustomKeyStoreInput)) error {
				return kmskit.NewKeyStoreManager(teach(f)).UpdateCustomKeyStore(ctx, fakeKeyStoreID, optFns...)
			},
		),
		newMethod(
			method{name: "ConnectCustomKeyStore", subject: aboutKeyStore, refusal: noKeyStoreID}, asIs,
			func(ctx context.Context, f *fakeKMS, optFns ...func(*kms.ConnectCustomKeyStoreInput)) error {
				return kmskit.NewKeyStoreManager(teach(f)).ConnectCustomKeyStore(ctx, fakeKeyStoreID, optFns...)
			},
		),
		newMethod(
			method{name: "DisconnectCustomKeyStore", subject: aboutKeyStore, refusal: noKeyStoreID}, asIs,
			func(ctx context.Context, f *fakeKMS, optFns ...func(*kms.DisconnectCustomKeyStoreInput)) error {
				return kmskit.NewKeyStoreManager(teach(f)).DisconnectCustomKeyStore(ctx, fakeKeyStoreID, optFns...)
			},
		),
		newMethod(
			method{name: "DeleteCustomKeyStore", subject: aboutKeyStore, refusal: noKeyStoreID}, asIs,
			func(ctx context.Context, f *fakeKMS, optFns ...func(*kms.DeleteCustomKeyStoreInput)) error {
				return kmskit.NewKeyStoreManager(teach(f)).DeleteCustomKeyStore(ctx, fakeKeyStoreID, optFns...)
			},
		),
	}
}

// cloudHSM sets what a CloudHSM key store needs.
func cloudHSM(in *kms.CreateCustomKeyStoreInput) {
	in.CloudHsmClusterId = aws.String("cluster-1a23b4cdefg")
	in.KeyStorePassword = aws.String("kmsPswd!")
	in.TrustAnchorCertificate = aws.String("certificate")
}
