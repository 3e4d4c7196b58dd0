package kmskit_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"reflect"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kmskit/kmskit"
)

func TestConstructors(t *testing.T) {
	t.Parallel()
	constructors := []struct {
		name                   string
		withNil, withNilClient func()
	}{
		{"NewKeyManager", func() { kmskit.NewKeyManager(nil) }, func() { kmskit.NewKeyManager((*kms.Client)(nil)) }},
		{"NewEncryptor", func() { kmskit.NewEncryptor(nil) }, func() { kmskit.NewEncryptor((*kms.Client)(nil)) }},
		{"NewAliasManager", func() { kmskit.NewAliasManager(nil) }, func() { kmskit.NewAliasManager((*kms.Client)(nil)) }},
		{"NewGrantManager", func() { kmskit.NewGrantManager(nil) }, func() { kmskit.NewGrantManager((*kms.Client)(nil)) }},
		{"NewPolicyManager", func() { kmskit.NewPolicyManager(nil) }, func() { kmskit.NewPolicyManager((*kms.Client)(nil)) }},
		{"NewSigner", func() { kmskit.NewSigner(nil) }, func() { kmskit.NewSigner((*kms.Client)(nil)) }},
		{"NewRotationManager", func() { kmskit.NewRotationManager(nil) }, func() { kmskit.NewRotationManager((*kms.Client)(nil)) }},
		{"NewTagManager", func() { kmskit.NewTagManager(nil) }, func() { kmskit.NewTagManager((*kms.Client)(nil)) }},
		{"NewMaterialImporter", func() { kmskit.NewMaterialImporter(nil) }, func() { kmskit.NewMaterialImporter((*kms.Client)(nil)) }},
		{"NewAuthenticator", func() { kmskit.NewAuthenticator(nil) }, func() { kmskit.NewAuthenticator((*kms.Client)(nil)) }},
		{"NewKeyAgreement", func() { kmskit.NewKeyAgreement(nil) }, func() { kmskit.NewKeyAgreement((*kms.Client)(nil)) }},
		{"NewKeyStoreManager", func() { kmskit.NewKeyStoreManager(nil) }, func() { kmskit.NewKeyStoreManager((*kms.Client)(nil)) }},
	}
	for _, c := range constructors {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			text := "kmskit: " + c.name + " was given a nil API: pass a *kms.Client or a fake"
			t.Run("panics with a text on nil", func(t *testing.T) {
				t.Parallel()
				assert.PanicsWithValue(t, text, c.withNil)
			})
			t.Run("panics with a text on a nil client", func(t *testing.T) {
				t.Parallel()
				assert.PanicsWithValue(t, text, c.withNilClient)
			})
		})
	}

	t.Run("take a client and a fake", func(t *testing.T) {
		t.Parallel()
		client, fake := kms.New(kms.Options{Region: "us-east-2"}), newFake()
		assert.NotPanics(t, func() {
			kmskit.NewKeyManager(client)
			kmskit.NewEncryptor(client)
			kmskit.NewAliasManager(client)
			kmskit.NewGrantManager(client)
			kmskit.NewPolicyManager(client)
			kmskit.NewSigner(client)
			kmskit.NewRotationManager(client)
			kmskit.NewTagManager(client)
			kmskit.NewMaterialImporter(client)
			kmskit.NewAuthenticator(client)
			kmskit.NewKeyAgreement(client)
			kmskit.NewKeyStoreManager(client)
			kmskit.NewKeyManager(fake)
			kmskit.NewEncryptor(fake)
			kmskit.NewAliasManager(fake)
			kmskit.NewGrantManager(fake)
			kmskit.NewPolicyManager(fake)
			kmskit.NewSigner(fake)
			kmskit.NewRotationManager(fake)
			kmskit.NewTagManager(fake)
			kmskit.NewMaterialImporter(fake)
			kmskit.NewAuthenticator(fake)
			kmskit.NewKeyAgreement(fake)
			kmskit.NewKeyStoreManager(fake)
		})
	})
}

// A method is one method of the package together with arguments that it takes.
type method struct {
	name    string // RetireGrantByID
	action  string // RetireGrant, where it is not the name
	subject string // what errors say the call was about: ` (key "1234")`
	refusal string // why an input that an option emptied is refused, if it is
	lacks   string // what an answer without members lacks, if anything
	isList  bool
	isFlags bool // an answer without members is whole: it says no to everything

	call        func(context.Context, *fakeKMS) error
	withNil     func(context.Context, *fakeKMS) error
	withFilled  func(context.Context, *fakeKMS) (in any, err error)
	withEmptied func(context.Context, *fakeKMS) error
}

// newMethod completes m with the ways to call it. The filled input has a value
// in every field, but for what amend changes in it to make it valid.
func newMethod[I any](m method, amend func(*I), call func(context.Context, *fakeKMS, ...func(*I)) error) method {
	if m.action == "" {
		m.action = m.name
	}
	m.call = func(ctx context.Context, f *fakeKMS) error { return call(ctx, f) }
	m.withNil = func(ctx context.Context, f *fakeKMS) error { return call(ctx, f, nil, nil) }
	m.withFilled = func(ctx context.Context, f *fakeKMS) (any, error) {
		var filled I
		err := call(ctx, f, func(in *I) {
			fill(reflect.ValueOf(in).Elem(), "option")
			amend(in)
			filled = *in
		})
		return &filled, err
	}
	m.withEmptied = func(ctx context.Context, f *fakeKMS) error {
		return call(ctx, f, func(in *I) { *in = *new(I) })
	}
	return m
}

// fill gives every exported field within v a value that is not zero.
func fill(v reflect.Value, name string) {
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), name)
	case reflect.Struct:
		for i := range v.NumField() {
			if field := v.Type().Field(i); field.IsExported() {
				fill(v.Field(i), name+" "+field.Name)
			}
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		for i := range v.Len() {
			fill(v.Index(i), name)
		}
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		fill(key, name+" key")
		fill(value, name+" value")
		v.SetMapIndex(key, value)
	case reflect.String:
		v.SetString(name)
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int32:
		v.SetInt(17)
	case reflect.Uint8:
		v.SetUint(17)
	default:
		panic("fill: the SDK has gained a kind of field: " + v.Type().String())
	}
}

// asIs amends nothing.
func asIs[I any](*I) {}

// drain ranges to the end and returns the last error it meets. It leaves a range
// that does not end at its error, since that may never end.
func drain[T any](items iter.Seq2[T, error]) error {
	var last error
	for _, err := range items {
		if last != nil {
			return fmt.Errorf("the range goes on after its error: %w", last)
		}
		last = err
	}
	return last
}

const (
	aboutKey        = ` (key "` + fakeKeyID + `")`
	noKeyID         = "the key ID is empty; give a key ID or a key ARN"
	noAnyKeyID      = "the key ID is empty; give a key ID, a key ARN, an alias name (alias/...) or an alias ARN"
	noAliasName     = `the alias name is empty; an alias name is "alias/" and 1 to 250 more characters, not its ARN`
	noOperations    = "there are no operations; name at least one, such as types.GrantOperationDecrypt"
	noGrantee       = "the grantee principal is empty; give the ARN of a principal, or set GranteeServicePrincipal"
	noGrantID       = "the grant ID is empty; give the ID that CreateGrant returned or ListGrants lists"
	noGrantToken    = "the grant token is empty; give the token that CreateGrant returned, or use RetireGrantByID"
	noRetiring      = "the retiring principal is empty; give the ARN of a principal"
	noPolicy        = "the policy is empty; give a PolicyDocument, or set Policy to its text"
	noCiphertext    = "the ciphertext is empty; it must have 1 to 6144 bytes"
	noPlaintext     = "the plaintext is empty; it must have 1 to 4096 bytes"
	aboutKeyStore   = ` (custom key store "` + fakeKeyStoreID + `")`
	noKeyStoreID    = "the custom key store ID is empty; give the ID that CreateCustomKeyStore returned or DescribeCustomKeyStores lists"
	emptyKeyIsNoARN = `the key "" is not an ARN; give the key ARN (arn:aws:kms:...:key/...)`
)

// methods returns every method of the package that makes one call.
func methods() []method {
	return []method{
		newMethod(
			method{name: "CreateKey", lacks: "KeyMetadata"}, asIs,
			func(ctx context.Context, f *fakeKMS, optFns ...func(*kms.CreateKeyInput)) error {
				_, err := kmskit.NewKeyManager(f).CreateKey(ctx, "orders", optFns...)
				return err
			},
		),
		newMethod(
			method{name: "DescribeKey", subject: aboutKey, refusal: noAnyKeyID, lacks: "KeyMetadata"}, asIs,
			func(ctx context.Context, f *fakeKMS, optFns ...func(*kms.DescribeKeyInput)) error {
				_, err := kmskit.NewKeyManager(f).DescribeKey(ctx, fakeKeyID, optFns...)
				return err
			},
		),
		newMethod(
			method{name: "ListKeys", isList: true}, asIs,
			func(ctx context.Context, f *fakeKMS, optFns ...func(*kms.ListKeysInput)) error {
				return drain(kmskit.NewKeyManager(f).ListKeys(ctx, optFns...))
			},
		),
		newMethod(
			method{name: "EnableKey", subject: aboutKey, refusal: noKeyID}, asIs,
			func(ctx context.Context, f *fakeKMS, optFns ...func(*kms.EnableKeyInput)) error {
				return kmskit.NewKeyManager(f).EnableKey(ctx, fakeKeyID, optFns...)
			},
		),
		newMethod(
			method{name: "DisableKey", subject: aboutKey, refusal: noKeyID}, asIs,
			func(ctx context.Context, f *fakeKMS, optFns ...func(*kms.DisableKeyInput)) error {
				return kmskit.NewKeyManager(f).DisableKey(ctx, fakeKeyID, optFns...)
			},
		),
		newMethod(
			method{name: "ScheduleKeyDeletion", subject: aboutKey, refusal: noKeyID, lacks: "DeletionDate"}, asIs,
			func(ctx context.Context, f *fakeKMS, optFns ...func(*kms.ScheduleKeyDeletionInput)) error {
				_, err := kmskit.NewKeyManager(f).ScheduleKeyDeletion(ctx, fakeKeyID, 7, optFns...)
				return err
			},
		),
		newMethod(
			method{name: "CancelKeyDeletion", subject: aboutKey, refusal: noKeyID}, asIs,
			func(ctx context.Context, f *fakeKMS, optFns ...func(*kms.CancelKeyDeletionInput)) error {
				return kmskit.NewKeyManager(f).CancelKeyDeletion(ctx, fakeKeyID, optFns...)
			},
		),

		newMethod(
			method{name: "Encrypt", subject: aboutKey, refusal: noAnyKeyID, lacks: "CiphertextBlob"}, asIs,
			func(ctx context.Context, f *fakeKMS, optFns ...func(*kms.EncryptInput)) error {
				_, err := kmskit.NewEncryptor(f).Encrypt(ctx, fakeKeyID, []byte("plain"), optFns...)
				return err
			},
		),
		newMethod(
			method{name: "Decrypt", subject: aboutKey, refusal: noAnyKeyID, lacks: "Plaintext"}, asIs,
			func(ctx context.Context, f *fakeKMS, optFns ...func(*kms.DecryptInput)) error {
				_, err := kmskit.NewEncryptor(f).Decrypt(ctx, fakeKeyID, []byte("sealed"), optFns...)
				return err
			},
		),
		newMethod(
			method{
				name:    "ReEncrypt",
				subject: ` (source key "` + fakeKeyID + `", destination key "` + fakeOtherKeyID + `")`,
				refusal: "the source key ID is empty; give a key ID, a key ARN, an alias name (alias/...) or an alias ARN",
				lacks:   "CiphertextBlob",
			}, asIs,
			func(ctx context.Context, f *fakeKMS, optFns ...func(*kms.ReEncryptInput)) error {
				_, err := kmskit.NewEncryptor(f).ReEncrypt(ctx, fakeKeyID, []byte("sealed"), fakeOtherKeyID, optFns...)
				return err
			},
		),
		newMethod(
			method{name: "GenerateDataKey", subject: aboutKey, refusal: noAnyKeyID, lacks: "KeyId, CiphertextBlob or Plaintext"},
			func(in *kms.GenerateDataKeyInput) { in.KeySpec = "" }, // NumberOfBytes is set
			func(ctx context.Context, f *fakeKMS, optFns ...func(*kms.GenerateDataKeyInput)) error {
				_, err := kmskit.NewEncryptor(f).GenerateDataKey(ctx, fakeKeyID, optFns...)
				return err
			},
		),
		newMethod(
			method{name: "GenerateDataKeyWithoutPlaintext", subject: aboutKey, refusal: noAnyKeyID, lacks: "KeyId or CiphertextBlob"},
			func(in *kms.GenerateDataKeyWithoutPlaintextInput) { in.NumberOfBytes = nil }, // KeySpec is set
			func(ctx context.Context, f *fakeKMS, optFns ...func(*kms.GenerateDataKeyWithoutPlaintextInput)) error {
				_, err := kmskit.NewEncryptor(f).GenerateDataKeyWithoutPlaintext(ctx, fakeKeyID, optFns...)
				return err
			},
		),

		newMethod(
			method{name: "CreateAlias", subject: ` (alias "` + fakeAlias + `", key "` + fakeKeyID + `")`, refusal: noAliasName},
			func(in *kms.CreateAliasInput) { in.AliasName = aws.String("alias/option") },
			func(ctx context.Context, f *fakeKMS, optFns ...func(*kms.CreateAliasInput)) error {
				return kmskit.NewAliasManager(f).CreateAlias(ctx, fakeAlias, fakeKeyID, optFns...)
			},
		),
		newMethod(
			method{name: "ListAliases", isList: true}, asIs,
			func(ctx context.Context, f *fakeKMS, optFns ...func(*kms.ListAliasesInput)) error {
				return drain(kmskit.NewAliasManager(f).ListAliases(ctx, optFns...))
			},
		),
		newMethod(
			method{name: "UpdateAlias", subject: ` (alias "` + fakeAlias + `", key "` + fakeKeyID + `")`, refusal: noAliasName},
			func(in *kms.UpdateAliasInput) { in.AliasName = aws.String("alias/option") },
			func(ctx context.Context, f *fakeKMS, optFns ...func(*kms.UpdateAliasInput)) error {
				return kmskit.NewAliasManager(f).UpdateAlias(ctx, fakeAlias, fakeKeyID, optFns...)
			},
		),
		newMethod(
			method{name: "DeleteAlias", subject: ` (alias "` + fakeAlias + `")`, refusal: noAliasName},
			func(in *kms.DeleteAliasInput) { in.AliasName = aws.String("alias/option") },
			func(ctx context.Context, f *fakeKMS, optFns ...func(*kms.DeleteAliasInput)) error {
				return kmskit.NewAliasManager(f).DeleteAlias(ctx, fakeAlias, optFns...)
			},
		),

		newMethod(
			method{
				name:    "CreateGrant",
				subject: ` (key "` + fakeKeyID + `", grantee "` + fakeRole + `")`,
				refusal: noKeyID,
				lacks:   "GrantId or GrantToken",
			}, asIs,
			func(ctx context.Context, f *fakeKMS, optFns ...func(*kms.CreateGrantInput)) error {
				_, err := kmskit.NewGrantManager(f).CreateGrant(ctx, fakeKeyID, fakeRole, []types.GrantOperation{types.GrantOperationDecrypt}, optFns...)
				return err
			},
		),
		newMethod(
			method{name: "ListGrants", subject: aboutKey, refusal: noKeyID, isList: true}, asIs,
			func(ctx context.Context, f *fakeKMS, optFns ...func(*kms.ListGrantsInput)) error {
				return drain(kmskit.NewGrantManager(f).ListGrants(ctx, fakeKeyID, optFns...))
			},
		),
		newMethod(
			method{name: "ListRetirableGrants", subject: ` (retiring principal "` + fakeRole + `")`, refusal: noRetiring, isList: true}, asIs,
			func(ctx context.Context, f *fakeKMS, optFns ...func(*kms.ListRetirableGrantsInput)) error {
				return drain(kmskit.NewGrantManager(f).ListRetirableGrants(ctx, fakeRole, optFns...))
			},
		),
		newMethod(
			method{name: "RetireGrant", refusal: noGrantToken}, asIs,
			func(ctx context.Context, f *fakeKMS, optFns ...func(*kms.RetireGrantInput)) error {
				return kmskit.NewGrantManager(f).RetireGrant(ctx, fakeGrantToken, optFns...)
			},
		),
		newMethod(
			method{
				name: "RetireGrantByID", action: "RetireGrant",
				subject: ` (key "` + fakeKeyARN + `", grant "` + fakeGrantID + `")`,
				refusal: emptyKeyIsNoARN,
			},
			func(in *kms.RetireGrantInput) { in.KeyId = aws.String("arn:aws:kms:us-east-2:111122223333:key/option") },
			func(ctx context.Context, f *fakeKMS, optFns ...func(*kms.RetireGrantInput)) error {
				return kmskit.NewGrantManager(f).RetireGrantByID(ctx, fakeKeyARN, fakeGrantID, optFns...)
			},
		),
		newMethod(
			method{name: "RevokeGrant", subject: ` (key "` + fakeKeyID + `", grant "` + fakeGrantID + `")`, refusal: noKeyID}, asIs,
			func(ctx context.Context, f *fakeKMS, optFns ...func(*kms.RevokeGrantInput)) error {
				return kmskit.NewGrantManager(f).RevokeGrant(ctx, fakeKeyID, fakeGrantID, optFns...)
			},
		),

		newMethod(
			method{name: "GetKeyPolicy", subject: aboutKey, refusal: noKeyID, lacks: "Policy"}, asIs,
			func(ctx context.Context, f *fakeKMS, optFns ...func(*kms.GetKeyPolicyInput)) error {
				_, err := kmskit.NewPolicyManager(f).GetKeyPolicy(ctx, fakeKeyID, optFns...)
				return err
			},
		),
		newMethod(
			method{name: "PutKeyPolicy", subject: aboutKey, refusal: noKeyID},
			func(in *kms.PutKeyPolicyInput) { in.Policy = aws.String(`{"option": true}`) },
			func(ctx context.Context, f *fakeKMS, optFns ...func(*kms.PutKeyPolicyInput)) error {
				return kmskit.NewPolicyManager(f).PutKeyPolicy(ctx, fakeKeyID, &kmskit.PolicyDocument{}, optFns...)
			},
		),
		newMethod(
			method{name: "ListKeyPolicies", subject: aboutKey, refusal: noKeyID, isList: true}, asIs,
			func(ctx context.Context, f *fakeKMS, optFns ...func(*kms.ListKeyPoliciesInput)) error {
				return drain(kmskit.NewPolicyManager(f).ListKeyPolicies(ctx, fakeKeyID, optFns...))
			},
		),

		newMethod(
			method{name: "UpdateKeyDescription", subject: aboutKey, refusal: noKeyID}, asIs,
			func(ctx context.Context, f *fakeKMS, optFns ...func(*kms.UpdateKeyDescriptionInput)) error {
				return kmskit.NewKeyManager(f).UpdateKeyDescription(ctx, fakeKeyID, "orders", optFns...)
			},
		),
		newMethod(
			method{name: "GetKeyLastUsage", subject: aboutKey, refusal: noKeyID, lacks: "TrackingStartDate or KeyCreationDate"}, asIs,
			func(ctx context.Context, f *fakeKMS, optFns ...func(*kms.GetKeyLastUsageInput)) error {
				_, err := kmskit.NewKeyManager(f).GetKeyLastUsage(ctx, fakeKeyID, optFns...)
				return err
			},
		),
		newMethod(
			method{name: "ReplicateKey", subject: ` (key "` + fakeKeyID + `", replica Region "eu-central-1")`, refusal: noKeyID, lacks: "ReplicaKeyMetadata"}, asIs,
			func(ctx context.Context, f *fakeKMS, optFns ...func(*kms.ReplicateKeyInput)) error {
				_, err := kmskit.NewKeyManager(f).ReplicateKey(ctx, fakeKeyID, "eu-central-1", optFns...)
				return err
			},
		),
		newMethod(
			method{name: "UpdatePrimaryRegion", subject: ` (key "` + fakeKeyID + `", primary Region "eu-central-1")`, refusal: noKeyID}, asIs,
			func(ctx context.Context, f *fakeKMS, optFns ...func(*kms.UpdatePrimaryRegionInput)) error {
				return kmskit.NewKeyManager(f).UpdatePrimaryRegion(ctx, fakeKeyID, "eu-central-1", optFns...)
			},
		),

		newMethod(
			method{name: "GenerateDataKeyPair", subject: aboutKey, refusal: noAnyKeyID, lacks: "KeyId, PublicKey, PrivateKeyCiphertextBlob or PrivateKeyPlaintext"}, asIs,
			func(ctx context.Context, f *fakeKMS, optFns ...func(*kms.GenerateDataKeyPairInput)) error {
				_, err := kmskit.NewEncryptor(f).GenerateDataKeyPair(ctx, fakeKeyID, types.DataKeyPairSpecEccNistP256, optFns...)
				return err
			},
		),
		newMethod(
			method{name: "GenerateDataKeyPairWithoutPlaintext", subject: aboutKey, refusal: noAnyKeyID, lacks: "KeyId, PublicKey or PrivateKeyCiphertextBlob"}, asIs,
			func(ctx context.Context, f *fakeKMS, optFns ...func(*kms.GenerateDataKeyPairWithoutPlaintextInput)) error {
				_, err := kmskit.NewEncryptor(f).GenerateDataKeyPairWithoutPlaintext(ctx, fakeKeyID, types.DataKeyPairSpecEccNistP256, optFns...)
				return err
			},
		),
		newMethod(
			method{name: "GenerateRandom", refusal: "NumberOfBytes of 0 is outside 1 to 1024 bytes", lacks: "Plaintext"}, asIs,
			func(ctx context.Context, f *fakeKMS, optFns ...func(*kms.GenerateRandomInput)) error {
				_, err := kmskit.NewEncryptor(f).GenerateRandom(ctx, 32, optFns...)
				return err
			},
		),

		newMethod(
			method{name: "Sign", subject: aboutKey, refusal: noAnyKeyID, lacks: "Signature"}, asIs,
			func(ctx context.Context, f *fakeKMS, optFns ...func(*kms.SignInput)) error {
				_, err := kmskit.NewSigner(f).Sign(ctx, fakeKeyID, []byte("message"), types.SigningAlgorithmSpecEcdsaSha256, optFns...)
				return err
			},
		),
		newMethod(
			method{name: "Verify", subject: aboutKey, refusal: noAnyKeyID, lacks: "SignatureValid"}, asIs,
			func(ctx context.Context, f *fakeKMS, optFns ...func(*kms.VerifyInput)) error {
				return kmskit.NewSigner(f).Verify(ctx, fakeKeyID, []byte("message"), types.SigningAlgorithmSpecEcdsaSha256, []byte("signature"), optFns...)
			},
		),
		newMethod(
			method{name: "GetPublicKey", subject: aboutKey, refusal: noAnyKeyID, lacks: "PublicKey"}, asIs,
			func(ctx context.Context, f *fakeKMS, optFns ...func(*kms.GetPublicKeyInput)) error {
				_, err := kmskit.NewSigner(f).GetPublicKey(ctx, fakeKeyID, optFns...)
				return err
			},
		),

		newMethod(
			method{name: "EnableKeyRotation", subject: aboutKey, refusal: noKeyID},
			func(in *kms.EnableKeyRotationInput) { in.RotationPeriodInDays = aws.Int32(90) },
			func(ctx context.Context, f *fakeKMS, optFns ...func(*kms.EnableKeyRotationInput)) error {
				return kmskit.NewRotationManager(f).EnableKeyRotation(ctx, fakeKeyID, optFns...)
			},
		),
		newMethod(
			method{name: "DisableKeyRotation", subject: aboutKey, refusal: noKeyID}, asIs,
			func(ctx context.Context, f *fakeKMS, optFns ...func(*kms.DisableKeyRotationInput)) error {
				return kmskit.NewRotationManager(f).DisableKeyRotation(ctx, fakeKeyID, optFns...)
			},
		),
		newMethod(
			method{name: "GetKeyRotationStatus", subject: aboutKey, refusal: noKeyID, lacks: "KeyRotationEnabled", isFlags: true}, asIs,
			func(ctx context.Context, f *fakeKMS, optFns ...func(*kms.GetKeyRotationStatusInput)) error {
				_, err := kmskit.NewRotationManager(f).GetKeyRotationStatus(ctx, fakeKeyID, optFns...)
				return err
			},
		),
		newMethod(
			method{name: "ListKeyRotations", subject: aboutKey, refusal: noKeyID, isList: true}, asIs,
			func(ctx context.Context, f *fakeKMS, optFns ...func(*kms.ListKeyRotationsInput)) error {
				return drain(kmskit.NewRotationManager(f).ListKeyRotations(ctx, fakeKeyID, optFns...))
			},
		),
		newMethod(
			method{name: "RotateKeyOnDemand", subject: aboutKey, refusal: noKeyID}, asIs,
			func(ctx context.Context, f *fakeKMS, optFns ...func(*kms.RotateKeyOnDemandInput)) error {
				return kmskit.NewRotationManager(f).RotateKeyOnDemand(ctx, fakeKeyID, optFns...)
			},
		),

		newMethod(
			method{name: "TagResource", subject: aboutKey, refusal: noKeyID}, asIs,
			func(ctx context.Context, f *fakeKMS, optFns ...func(*kms.TagResourceInput)) error {
				return kmskit.NewTagManager(f).TagResource(ctx, fakeKeyID, map[string]string{"team": "blue"}, optFns...)
			},
		),
		newMethod(
			method{name: "UntagResource", subject: aboutKey, refusal: noKeyID}, asIs,
			func(ctx context.Context, f *fakeKMS, optFns ...func(*kms.UntagResourceInput)) error {
				return kmskit.NewTagManager(f).UntagResource(ctx, fakeKeyID, []string{"team"}, optFns...)
			},
		),
		newMethod(
			method{name: "ListResourceTags", subject: aboutKey, refusal: noKeyID, isList: true}, asIs,
			func(ctx context.Context, f *fakeKMS, optFns ...func(*kms.ListResourceTagsInput)) error {
				return drain(kmskit.NewTagManager(f).ListResourceTags(ctx, fakeKeyID, optFns...))
			},
		),

		newMethod(
			method{name: "GetParametersForImport", subject: aboutKey, refusal: noKeyID, lacks: "PublicKey, ImportToken or ParametersValidTo"}, asIs,
			func(ctx context.Context, f *fakeKMS, optFns ...func(*kms.GetParametersForImportInput)) error {
				_, err := kmskit.NewMaterialImporter(f).GetParametersForImport(ctx, fakeKeyID, types.AlgorithmSpecRsaesOaepSha256, types.WrappingKeySpecRsa4096, optFns...)
				return err
			},
		),
		newMethod(
			method{name: "ImportKeyMaterial", subject: aboutKey, refusal: noKeyID}, asIs,
			func(ctx context.Context, f *fakeKMS, optFns ...func(*kms.ImportKeyMaterialInput)) error {
				_, err := kmskit.NewMaterialImporter(f).ImportKeyMaterial(ctx, fakeKeyID, []byte("token"), []byte("wrapped"), optFns...)
				return err
			},
		),
		newMethod(
			method{name: "DeleteImportedKeyMaterial", subject: aboutKey, refusal: noKeyID}, asIs,
			func(ctx context.Context, f *fakeKMS, optFns ...func(*kms.DeleteImportedKeyMaterialInput)) error {
				return kmskit.NewMaterialImporter(f).DeleteImportedKeyMaterial(ctx, fakeKeyID, optFns...)
			},
		),

		newMethod(
			method{name: "GenerateMac", subject: aboutKey, refusal: noAnyKeyID, lacks: "Mac"}, asIs,
			func(ctx context.Context, f *fakeKMS, optFns ...func(*kms.GenerateMacInput)) error {
				_, err := kmskit.NewAuthenticator(f).GenerateMac(ctx, fakeKeyID, []byte("message"), types.MacAlgorithmSpecHmacSha256, optFns...)
				return err
			},
		),
		newMethod(
			method{name: "VerifyMac", subject: aboutKey, refusal: noAnyKeyID, lacks: "MacValid"}, asIs,
			func(ctx context.Context, f *fakeKMS, optFns ...func(*kms.VerifyMacInput)) error {
				return kmskit.NewAuthenticator(f).VerifyMac(ctx, fakeKeyID, []byte("message"), types.MacAlgorithmSpecHmacSha256, []byte("MAC"), optFns...)
			},
		),

		newMethod(
			method{name: "DeriveSharedSecret", subject: aboutKey, refusal: noAnyKeyID, lacks: "SharedSecret"}, asIs,
			func(ctx context.Context, f *fakeKMS, optFns ...func(*kms.DeriveSharedSecretInput)) error {
				_, err := kmskit.NewKeyAgreement(f).DeriveSharedSecret(ctx, fakeKeyID, []byte("public key"), optFns...)
				return err
			},
		),
		newMethod(
			method{name: "Encapsulate", subject: aboutKey, refusal: noAnyKeyID, lacks: "KeyId, SharedSecret or SharedSecretCiphertextBlob"}, asIs,
			func(ctx context.Context, f *fakeKMS, optFns ...func(*kms.EncapsulateInput)) error {
				_, err := kmskit.NewKeyAgreement(f).Encapsulate(ctx, fakeKeyID, optFns...)
				return err
			},
		),
		newMethod(
			method{name: "Decapsulate", subject: aboutKey, refusal: noAnyKeyID, lacks: "SharedSecret"},
			func(in *kms.DecapsulateInput) { in.SharedSecretCiphertextBlob = encapsulated(1088) },
			func(ctx context.Context, f *fakeKMS, optFns ...func(*kms.DecapsulateInput)) error {
				_, err := kmskit.NewKeyAgreement(f).Decapsulate(ctx, fakeKeyID, encapsulated(768), optFns...)
				return err
			},
		),

		newMethod(
			method{name: "CreateCustomKeyStore", subject: ` (custom key store "vault")`, refusal: "the custom key store name is empty; give a name of 1 to 256 characters", lacks: "CustomKeyStoreId"}, asIs,
			func(ctx context.Context, f *fakeKMS, optFns ...func(*kms.CreateCustomKeyStoreInput)) error {
				_, err := kmskit.NewKeyStoreManager(f).CreateCustomKeyStore(ctx, "vault", append([]func(*kms.CreateCustomKeyStoreInput){cloudHSM}, optFns...)...)
				return err
			},
		),
		newMethod(
			method{name: "DescribeCustomKeyStores", isList: true},
			func(in *kms.DescribeCustomKeyStoresInput) { in.CustomKeyStoreName = nil },
			func(ctx context.Context, f *fakeKMS, optFns ...func(*kms.DescribeCustomKeyStoresInput)) error {
				return drain(kmskit.NewKeyStoreManager(f).DescribeCustomKeyStores(ctx, optFns...))
			},
		),
		newMethod(
			method{name: "UpdateCustomKeyStore", subject: aboutKeyStore, refusal: noKeyStoreID}, asIs,
			func(ctx context.Context, f *fakeKMS, optFns ...func(*kms.UpdateCustomKeyStoreInput)) error {
				return kmskit.NewKeyStoreManager(f).UpdateCustomKeyStore(ctx, fakeKeyStoreID, optFns...)
			},
		),
		newMethod(
			method{name: "ConnectCustomKeyStore", subject: aboutKeyStore, refusal: noKeyStoreID}, asIs,
			func(ctx context.Context, f *fakeKMS, optFns ...func(*kms.ConnectCustomKeyStoreInput)) error {
				return kmskit.NewKeyStoreManager(f).ConnectCustomKeyStore(ctx, fakeKeyStoreID, optFns...)
			},
		),
		newMethod(
			method{name: "DisconnectCustomKeyStore", subject: aboutKeyStore, refusal: noKeyStoreID}, asIs,
			func(ctx context.Context, f *fakeKMS, optFns ...func(*kms.DisconnectCustomKeyStoreInput)) error {
				return kmskit.NewKeyStoreManager(f).DisconnectCustomKeyStore(ctx, fakeKeyStoreID, optFns...)
			},
		),
		newMethod(
			method{name: "DeleteCustomKeyStore", subject: aboutKeyStore, refusal: noKeyStoreID}, asIs,
			func(ctx context.Context, f *fakeKMS, optFns ...func(*kms.DeleteCustomKeyStoreInput)) error {
				return kmskit.NewKeyStoreManager(f).DeleteCustomKeyStore(ctx, fakeKeyStoreID, optFns...)
			},
		),
	}
}

// TestMethods holds what every method promises. What it sends and returns is
// tested beside its type.
func TestMethods(t *testing.T) {
	t.Parallel()
	for _, m := range methods() {
		t.Run(m.name, func(t *testing.T) {
			t.Parallel()

			t.Run("makes one call and passes the context on", func(t *testing.T) {
				t.Parallel()
				type key struct{}
				ctx := context.WithValue(t.Context(), key{}, "mine")
				f := newFake()
				f.fail = func(got context.Context) error {
					assert.Equal(t, "mine", got.Value(key{}))
					return nil
				}
				require.NoError(t, m.call(ctx, f))
				assert.Equal(t, 1, f.calls())
			})

			t.Run("sends every field as the option leaves it", func(t *testing.T) {
				t.Parallel()
				f := newFake()
				want, err := m.withFilled(t.Context(), f)
				require.NoError(t, err)
				require.Equal(t, 1, f.calls())
				assert.Equal(t, want, f.inputs[0])
			})

			t.Run("skips nil options", func(t *testing.T) {
				t.Parallel()
				plain, withNil := newFake(), newFake()
				require.NoError(t, m.call(t.Context(), plain))
				require.NoError(t, m.withNil(t.Context(), withNil))
				assert.Equal(t, plain.inputs, withNil.inputs)
			})

			t.Run("checks what options leave before it sends", func(t *testing.T) {
				t.Parallel()
				f := newFake()
				err := m.withEmptied(t.Context(), f)
				if m.refusal == "" {
					require.NoError(t, err)
					assert.Equal(t, 1, f.calls())
					return
				}
				assertRefused(t, f, err, "kmskit: "+m.action+": "+m.refusal)
			})

			t.Run("names the call in KMS's error", func(t *testing.T) {
				t.Parallel()
				cause := errors.New("connection reset")
				f := failing(cause)
				err := m.call(t.Context(), f)
				require.ErrorIs(t, err, cause)
				assert.EqualError(t, err, "kmskit: "+m.action+m.subject+": connection reset")
				assert.NotErrorIs(t, err, kmskit.ErrInvalidInput)
				assert.Equal(t, 1, f.calls())
			})

			t.Run("passes the context's error", func(t *testing.T) {
				t.Parallel()
				ctx, cancel := context.WithCancel(t.Context())
				cancel()
				f := newFake()
				f.fail = context.Context.Err
				assert.ErrorIs(t, m.call(ctx, f), context.Canceled)
			})

			t.Run("reports an answer that is absent", func(t *testing.T) {
				t.Parallel()
				f := newFake()
				f.absent = true
				lacks := m.lacks
				if m.isList {
					lacks = "a page"
				}
				assertIncomplete(t, m, m.call(t.Context(), f), lacks)
				assert.Equal(t, 1, f.calls())
			})

			t.Run("reports an answer without members", func(t *testing.T) {
				t.Parallel()
				f := newFake()
				f.blank = true
				lacks := m.lacks
				if m.isFlags {
					lacks = ""
				}
				assertIncomplete(t, m, m.call(t.Context(), f), lacks)
				assert.Equal(t, 1, f.calls())
			})
		})
	}
}

// assertRefused asserts that input was refused, with this text, and not sent.
func assertRefused(t *testing.T, f *fakeKMS, err error, text string) {
	t.Helper()
	require.ErrorIs(t, err, kmskit.ErrInvalidInput)
	require.EqualError(t, err, text)
	assert.NotErrorIs(t, err, kmskit.ErrIncompleteOutput)
	assert.Zero(t, f.calls(), "calls")
}

// assertIncomplete asserts that m found its answer incomplete, or, where it
// needs nothing of its answer, that it did not.
func assertIncomplete(t *testing.T, m method, err error, lacks string) {
	t.Helper()
	if lacks == "" {
		require.NoError(t, err)
		return
	}
	require.ErrorIs(t, err, kmskit.ErrIncompleteOutput)
	require.EqualError(t, err, "kmskit: "+m.action+m.subject+": incomplete output: the answer lacks "+lacks)
	assert.NotErrorIs(t, err, kmskit.ErrInvalidInput)
}

// cloudHSM sets what a CloudHSM key store needs.
func cloudHSM(in *kms.CreateCustomKeyStoreInput) {
	in.CloudHsmClusterId = aws.String("cluster-1a23b4cdefg")
	in.KeyStorePassword = aws.String("kmsPswd!")
	in.TrustAnchorCertificate = aws.String("certificate")
}
