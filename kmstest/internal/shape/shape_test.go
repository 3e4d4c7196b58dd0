package shape_test

import (
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kmskit/kmskit/kmstest/internal/shape"
	"github.com/kmskit/kmskit/kmstest/internal/wire"
)

const (
	keyID   = "1234abcd-12ab-34cd-56ef-1234567890ab"
	roleARN = "arn:aws:iam::111122223333:role/ExampleRole"
)

// The texts are written by hand: those of the first two groups are answers of
// KMS itself, as its users have recorded them.
func TestValidate_text(t *testing.T) {
	t.Parallel()
	var (
		key     = aws.String(keyID)
		message = []byte("message")
		long    = func(n int) *string { return aws.String(strings.Repeat("a", n)) }
	)
	tests := []struct {
		name string
		in   any
		want string // without the count
	}{
		// Recorded: absent, too short, too long, out of range.
		{"absent key", &kms.DescribeKeyInput{}, "Value null at 'keyId' failed to satisfy constraint: Member must not be null"},
		{"absent destination key", &kms.ReEncryptInput{CiphertextBlob: message}, "Value null at 'destinationKeyId' failed to satisfy constraint: Member must not be null"},
		{"absent target key", &kms.CreateAliasInput{AliasName: aws.String("alias/x")}, "Value null at 'targetKeyId' failed to satisfy constraint: Member must not be null"},
		{"absent signing algorithm", &kms.SignInput{KeyId: key, Message: message}, "Value null at 'signingAlgorithm' failed to satisfy constraint: Member must not be null"},
		{"absent MAC algorithm", &kms.GenerateMacInput{KeyId: key, Message: message}, "Value null at 'macAlgorithm' failed to satisfy constraint: Member must not be null"},
		{"absent signature", &kms.VerifyInput{KeyId: key, Message: message, SigningAlgorithm: "ECDSA_SHA_256"}, "Value null at 'signature' failed to satisfy constraint: Member must not be null"},
		{"absent MAC", &kms.VerifyMacInput{KeyId: key, Message: message, MacAlgorithm: "HMAC_SHA_256"}, "Value null at 'mac' failed to satisfy constraint: Member must not be null"},
		{"absent ciphertext", &kms.DecryptInput{}, "Value null at 'ciphertextBlob' failed to satisfy constraint: Member must not be null"},
		{"absent ciphertext to re-encrypt", &kms.ReEncryptInput{DestinationKeyId: key}, "Value null at 'ciphertextBlob' failed to satisfy constraint: Member must not be null"},
		{"absent plaintext", &kms.EncryptInput{KeyId: key}, "Value at 'plaintext' failed to satisfy constraint: Member must not be null"},
		{"absent message", &kms.GenerateMacInput{KeyId: key, MacAlgorithm: "HMAC_SHA_256"}, "Value at 'message' failed to satisfy constraint: Member must not be null"},
		{"empty plaintext", &kms.EncryptInput{KeyId: key, Plaintext: []byte{}}, "Value at 'plaintext' failed to satisfy constraint: Member must have length greater than or equal to 1"},
		{"long plaintext", &kms.EncryptInput{KeyId: key, Plaintext: make([]byte, 4097)}, "Value at 'plaintext' failed to satisfy constraint: Member must have length less than or equal to 4096"},
		{"empty message", &kms.GenerateMacInput{KeyId: key, Message: []byte{}, MacAlgorithm: "HMAC_SHA_256"}, "Value at 'message' failed to satisfy constraint: Member must have length greater than or equal to 1"},
		{"empty ciphertext", &kms.DecryptInput{CiphertextBlob: []byte{}}, "Value at 'ciphertextBlob' failed to satisfy constraint: Member must have length greater than or equal to 1"},
		{"long ciphertext", &kms.DecryptInput{CiphertextBlob: make([]byte, 6145)}, "Value at 'ciphertextBlob' failed to satisfy constraint: Member must have length less than or equal to 6144"},
		{"long signature", &kms.VerifyInput{KeyId: key, Message: message, Signature: make([]byte, 6145), SigningAlgorithm: "ECDSA_SHA_256"}, "Value at 'signature' failed to satisfy constraint: Member must have length less than or equal to 6144"},
		{"no bytes", &kms.GenerateDataKeyInput{KeyId: key, NumberOfBytes: aws.Int32(0)}, "Value '0' at 'numberOfBytes' failed to satisfy constraint: Member must have value greater than or equal to 1"},
		{"many bytes", &kms.GenerateRandomInput{NumberOfBytes: aws.Int32(1025)}, "Value '1025' at 'numberOfBytes' failed to satisfy constraint: Member must have value less than or equal to 1024"},
		{"short rotation period", &kms.EnableKeyRotationInput{KeyId: key, RotationPeriodInDays: aws.Int32(89)}, "Value '89' at 'rotationPeriodInDays' failed to satisfy constraint: Member must have value greater than or equal to 90"},
		{"long rotation period", &kms.EnableKeyRotationInput{KeyId: key, RotationPeriodInDays: aws.Int32(2561)}, "Value '2561' at 'rotationPeriodInDays' failed to satisfy constraint: Member must have value less than or equal to 2560"},
		{"key outside ASCII", &kms.DescribeKeyInput{KeyId: aws.String("キー")}, `Value 'キー' at 'keyId' failed to satisfy constraint: Member must satisfy regular expression pattern: ^\p{ASCII}+$`},
		{"alias of other characters", &kms.CreateAliasInput{AliasName: aws.String("alias/my-alias!"), TargetKeyId: key}, "Value 'alias/my-alias!' at 'aliasName' failed to satisfy constraint: Member must satisfy regular expression pattern: ^[a-zA-Z0-9:/_-]+$"},
		{"long tag key", &kms.TagResourceInput{KeyId: key, Tags: []types.Tag{{TagKey: long(129), TagValue: aws.String("")}}}, "Value '" + *long(129) + "' at 'tags.1.member.tagKey' failed to satisfy constraint: Member must have length less than or equal to 128"},

		// Recorded: enumerations, in an order that is often not the SDK's.
		{"signing algorithm", &kms.SignInput{KeyId: key, Message: message, SigningAlgorithm: "FOO"}, "Value 'FOO' at 'signingAlgorithm' failed to satisfy constraint: Member must satisfy enum value set: [RSASSA_PSS_SHA_256, RSASSA_PSS_SHA_384, RSASSA_PSS_SHA_512, RSASSA_PKCS1_V1_5_SHA_256, RSASSA_PKCS1_V1_5_SHA_384, RSASSA_PKCS1_V1_5_SHA_512, ECDSA_SHA_256, ECDSA_SHA_384, ECDSA_SHA_512, ED25519_SHA_512, ED25519_PH_SHA_512, SM2DSA, ML_DSA_SHAKE_256]"},
		{"MAC algorithm", &kms.GenerateMacInput{KeyId: key, Message: message, MacAlgorithm: "hmac_sha_256"}, "Value 'hmac_sha_256' at 'macAlgorithm' failed to satisfy constraint: Member must satisfy enum value set: [HMAC_SHA_384, HMAC_SHA_256, HMAC_SHA_224, HMAC_SHA_512]"},
		{"message type", &kms.SignInput{KeyId: key, Message: message, SigningAlgorithm: "ECDSA_SHA_256", MessageType: "FOO"}, "Value 'FOO' at 'messageType' failed to satisfy constraint: Member must satisfy enum value set: [RAW, DIGEST, EXTERNAL_MU]"},
		{"encryption algorithm", &kms.EncryptInput{KeyId: key, Plaintext: message, EncryptionAlgorithm: "FOO"}, "Value 'FOO' at 'encryptionAlgorithm' failed to satisfy constraint: Member must satisfy enum value set: [RSAES_OAEP_SHA_1, RSAES_OAEP_SHA_256, SM2PKE, SYMMETRIC_DEFAULT]"},

		// The same order, with the values that are newer than the records.
		{"data key spec", &kms.GenerateDataKeyInput{KeyId: key, KeySpec: "AES-256"}, "Value 'AES-256' at 'keySpec' failed to satisfy constraint: Member must satisfy enum value set: [RSA_2048, RSA_3072, RSA_4096, ECC_NIST_P256, ECC_NIST_P384, ECC_NIST_P521, ECC_SECG_P256K1, ECC_NIST_EDWARDS25519, SYMMETRIC_DEFAULT, HMAC_224, HMAC_256, HMAC_384, HMAC_512, SM2, ML_DSA_44, ML_DSA_65, ML_DSA_87, ML_KEM_512, ML_KEM_768, ML_KEM_1024]"},
		{"data key spec that is listed", &kms.GenerateDataKeyWithoutPlaintextInput{KeyId: key, KeySpec: "RSA_2048"}, "Value 'RSA_2048' at 'keySpec' failed to satisfy constraint: Member must satisfy enum value set: [RSA_2048, RSA_3072, RSA_4096, ECC_NIST_P256, ECC_NIST_P384, ECC_NIST_P521, ECC_SECG_P256K1, ECC_NIST_EDWARDS25519, SYMMETRIC_DEFAULT, HMAC_224, HMAC_256, HMAC_384, HMAC_512, SM2, ML_DSA_44, ML_DSA_65, ML_DSA_87, ML_KEM_512, ML_KEM_768, ML_KEM_1024]"},
		{"key usage", &kms.CreateKeyInput{KeyUsage: "RANDOM"}, "Value 'RANDOM' at 'keyUsage' failed to satisfy constraint: Member must satisfy enum value set: [ENCRYPT_DECRYPT, SIGN_VERIFY, GENERATE_VERIFY_MAC, KEY_AGREEMENT, ENCAPSULATE_DECAPSULATE]"},

		// An empty text is not an absent one, even where the SDK says it is.
		{"empty message type", &kms.SignInput{KeyId: key, Message: message, SigningAlgorithm: "ECDSA_SHA_256", MessageType: wire.EmptyEnum}, "Value '' at 'messageType' failed to satisfy constraint: Member must satisfy enum value set: [RAW, DIGEST, EXTERNAL_MU]"},
		{"empty algorithm that is required", &kms.EncapsulateInput{KeyId: key, EncapsulationAlgorithm: wire.EmptyEnum}, "Value '' at 'encapsulationAlgorithm' failed to satisfy constraint: Member must satisfy enum value set: [ML_KEM]"},

		// By the service model.
		{"origin", &kms.CreateKeyInput{Origin: "aws_kms"}, "Value 'aws_kms' at 'origin' failed to satisfy constraint: Member must satisfy enum value set: [AWS_KMS, EXTERNAL, AWS_CLOUDHSM, EXTERNAL_KEY_STORE]"},
		{"key agreement algorithm", &kms.DeriveSharedSecretInput{KeyId: key, KeyAgreementAlgorithm: "DH", PublicKey: message}, "Value 'DH' at 'keyAgreementAlgorithm' failed to satisfy constraint: Member must satisfy enum value set: [ECDH]"},
		{"encapsulation algorithm", &kms.EncapsulateInput{KeyId: key, EncapsulationAlgorithm: "KYBER"}, "Value 'KYBER' at 'encapsulationAlgorithm' failed to satisfy constraint: Member must satisfy enum value set: [ML_KEM]"},
		{"long encapsulated secret", &kms.DecapsulateInput{KeyId: key, EncapsulationAlgorithm: "ML_KEM", SharedSecretCiphertextBlob: make([]byte, 6145)}, "Value at 'sharedSecretCiphertextBlob' failed to satisfy constraint: Member must have length less than or equal to 6144"},
		{"wrapping key spec", &kms.GetParametersForImportInput{KeyId: key, WrappingAlgorithm: "RSAES_OAEP_SHA_256", WrappingKeySpec: "RSA_1024"}, "Value 'RSA_1024' at 'wrappingKeySpec' failed to satisfy constraint: Member must satisfy enum value set: [RSA_2048, RSA_3072, RSA_4096, SM2]"},
		{"dry run modifier", &kms.DecryptInput{CiphertextBlob: message, DryRunModifiers: []types.DryRunModifierType{"X"}}, "Value '[X]' at 'dryRunModifiers' failed to satisfy constraint: Member must satisfy constraint: [Member must satisfy enum value set: [IGNORE_CIPHERTEXT]]"},
		{"absent grant operations", &kms.CreateGrantInput{KeyId: key, GranteePrincipal: aws.String(roleARN)}, "Value null at 'operations' failed to satisfy constraint: Member must not be null"},
		{"absent tag keys", &kms.UntagResourceInput{KeyId: key}, "Value null at 'tagKeys' failed to satisfy constraint: Member must not be null"},
		{"grant operation", &kms.CreateGrantInput{KeyId: key, GranteePrincipal: aws.String(roleARN), Operations: []types.GrantOperation{"Encrypt", "Foo"}}, "Value '[Encrypt, Foo]' at 'operations' failed to satisfy constraint: Member must satisfy constraint: [Member must satisfy enum value set: [Decrypt, Encrypt, GenerateDataKey, GenerateDataKeyWithoutPlaintext, ReEncryptFrom, ReEncryptTo, Sign, Verify, GetPublicKey, CreateGrant, RetireGrant, DescribeKey, GenerateDataKeyPair, GenerateDataKeyPairWithoutPlaintext, GenerateMac, VerifyMac, DeriveSharedSecret, Encapsulate, Decapsulate]]"},
		{"many grant tokens", &kms.GetPublicKeyInput{KeyId: key, GrantTokens: strings.Split("abcdefghijk", "")}, "Value '[a, b, c, d, e, f, g, h, i, j, k]' at 'grantTokens' failed to satisfy constraint: Member must have length less than or equal to 10"},
		{"empty grant token", &kms.DescribeKeyInput{KeyId: key, GrantTokens: []string{"a", ""}}, "Value '[a, ]' at 'grantTokens' failed to satisfy constraint: Member must satisfy constraint: [Member must have length less than or equal to 8192, Member must have length greater than or equal to 1]"},
		{"empty tag key to remove", &kms.UntagResourceInput{KeyId: key, TagKeys: []string{""}}, "Value '[]' at 'tagKeys' failed to satisfy constraint: Member must satisfy constraint: [Member must have length less than or equal to 128, Member must have length greater than or equal to 1]"},
		{"absent tag value", &kms.CreateKeyInput{Tags: []types.Tag{{TagKey: aws.String("a"), TagValue: aws.String("b")}, {TagKey: aws.String("c")}}}, "Value null at 'tags.2.member.tagValue' failed to satisfy constraint: Member must not be null"},
		{"long tag value", &kms.ReplicateKeyInput{KeyId: key, ReplicaRegion: aws.String("eu-west-1"), Tags: []types.Tag{{TagKey: aws.String("a"), TagValue: long(257)}}}, "Value '" + *long(257) + "' at 'tags.1.member.tagValue' failed to satisfy constraint: Member must have length less than or equal to 256"},
		{"short source ARN", &kms.CreateGrantInput{KeyId: key, Operations: []types.GrantOperation{"Encrypt"}, Constraints: &types.GrantConstraints{SourceArn: aws.String("arn:aws:s3:::bucket/a/b/c")}}, "Value 'arn:aws:s3:::bucket/a/b/c' at 'constraints.sourceArn' failed to satisfy constraint: Member must satisfy regular expression pattern: ^arn:aws[a-z0-9-]*:[a-z0-9-]+:[a-z0-9-]*:[0-9]{12}:.+$"},
		{"service principal", &kms.ListGrantsInput{KeyId: key, GranteeServicePrincipal: aws.String("s3")}, `Value 's3' at 'granteeServicePrincipal' failed to satisfy constraint: Member must satisfy regular expression pattern: ^([A-Za-z0-9\-]+)\.([A-Za-z0-9\-]+)(\.[A-Za-z0-9\-]+)+$`},
		{"empty attestation document", &kms.GenerateRandomInput{Recipient: &types.RecipientInfo{AttestationDocument: []byte{}}}, "Value at 'recipient.attestationDocument' failed to satisfy constraint: Member must have length greater than or equal to 1"},
		{"recipient's algorithm", &kms.DecryptInput{CiphertextBlob: message, Recipient: &types.RecipientInfo{KeyEncryptionAlgorithm: "RSA"}}, "Value 'RSA' at 'recipient.keyEncryptionAlgorithm' failed to satisfy constraint: Member must satisfy enum value set: [RSAES_OAEP_SHA_256]"},
		{"short password", &kms.CreateCustomKeyStoreInput{CustomKeyStoreName: aws.String("s"), KeyStorePassword: aws.String("secret")}, "Value at 'keyStorePassword' failed to satisfy constraint: Member must have length greater than or equal to 7"},
		{"long name of a key store", &kms.DescribeCustomKeyStoresInput{CustomKeyStoreName: long(257)}, "Value '" + *long(257) + "' at 'customKeyStoreName' failed to satisfy constraint: Member must have length less than or equal to 256"},
		{"secret of other characters", &kms.UpdateCustomKeyStoreInput{CustomKeyStoreId: aws.String("cks-1"), XksProxyAuthenticationCredential: &types.XksProxyAuthenticationCredentialType{AccessKeyId: aws.String(strings.Repeat("A", 20)), RawSecretAccessKey: aws.String(strings.Repeat("!", 43))}}, `Value at 'xksProxyAuthenticationCredential.rawSecretAccessKey' failed to satisfy constraint: Member must satisfy regular expression pattern: ^[a-zA-Z0-9\/+=]+$`},
		{"region", &kms.UpdatePrimaryRegionInput{KeyId: key, PrimaryRegion: aws.String("Ohio")}, `Value 'Ohio' at 'primaryRegion' failed to satisfy constraint: Member must satisfy regular expression pattern: ^([a-z]+-){2,3}\d+$`},
		{"policy name", &kms.GetKeyPolicyInput{KeyId: key, PolicyName: aws.String("my policy")}, `Value 'my policy' at 'policyName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\w]+`},
		{"policy of other characters", &kms.PutKeyPolicyInput{KeyId: key, Policy: aws.String("“{}”")}, `Value '“{}”' at 'policy' failed to satisfy constraint: Member must satisfy regular expression pattern: [\u0009\u000A\u000D\u0020-\u00FF]+`},
		{"no page", &kms.ListKeysInput{Limit: aws.Int32(0)}, "Value '0' at 'limit' failed to satisfy constraint: Member must have value greater than or equal to 1"},
		{"large page", &kms.ListAliasesInput{Limit: aws.Int32(1001)}, "Value '1001' at 'limit' failed to satisfy constraint: Member must have value less than or equal to 1000"},
		{"empty marker", &kms.ListResourceTagsInput{KeyId: key, Marker: aws.String("")}, "Value '' at 'marker' failed to satisfy constraint: Member must have length greater than or equal to 1"},
		{"negative deletion window", &kms.ScheduleKeyDeletionInput{KeyId: key, PendingWindowInDays: aws.Int32(-1)}, "Value '-1' at 'pendingWindowInDays' failed to satisfy constraint: Member must have value greater than or equal to 1"},
		{"long deletion window", &kms.ScheduleKeyDeletionInput{KeyId: key, PendingWindowInDays: aws.Int32(366)}, "Value '366' at 'pendingWindowInDays' failed to satisfy constraint: Member must have value less than or equal to 365"},
		{"empty grant token to retire", &kms.RetireGrantInput{GrantToken: aws.String("")}, "Value '' at 'grantToken' failed to satisfy constraint: Member must have length greater than or equal to 1"},
		{"long grant ID", &kms.RevokeGrantInput{KeyId: key, GrantId: long(129)}, "Value '" + *long(129) + "' at 'grantId' failed to satisfy constraint: Member must have length less than or equal to 128"},
		{"empty description of key material", &kms.ImportKeyMaterialInput{KeyId: key, ImportToken: message, EncryptedKeyMaterial: message, KeyMaterialDescription: aws.String("")}, `Value '' at 'keyMaterialDescription' failed to satisfy constraint: Member must satisfy regular expression pattern: ^[a-zA-Z0-9:/_\s.-]+$`},
		{"short ID of key material", &kms.DeleteImportedKeyMaterialInput{KeyId: key, KeyMaterialId: long(63)}, "Value '" + *long(63) + "' at 'keyMaterialId' failed to satisfy constraint: Member must have length greater than or equal to 64"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, "1 validation error detected: "+test.want, refusal(t, test.in))
		})
	}
}

func TestValidate_several(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		in   any
		want string
	}{
		{ // recorded
			"of one member",
			&kms.GetPublicKeyInput{KeyId: aws.String("")},
			`2 validation errors detected: Value '' at 'keyId' failed to satisfy constraint: Member must have length greater than or equal to 1; ` +
				`Value '' at 'keyId' failed to satisfy constraint: Member must satisfy regular expression pattern: ^\p{ASCII}+$`,
		},
		{
			"of several members, in the order of the fields",
			&kms.VerifyInput{Message: make([]byte, 4097), SigningAlgorithm: "ECDSA_SHA_256", GrantTokens: make([]string, 11)},
			`5 validation errors detected: Value null at 'keyId' failed to satisfy constraint: Member must not be null; ` +
				`Value at 'message' failed to satisfy constraint: Member must have length less than or equal to 4096; ` +
				`Value null at 'signature' failed to satisfy constraint: Member must not be null; ` +
				`Value '[, , , , , , , , , , ]' at 'grantTokens' failed to satisfy constraint: Member must have length less than or equal to 10; ` +
				`Value '[, , , , , , , , , , ]' at 'grantTokens' failed to satisfy constraint: Member must satisfy constraint: [Member must have length less than or equal to 8192, Member must have length greater than or equal to 1]`,
		},
		{
			"of several elements",
			&kms.TagResourceInput{KeyId: aws.String(keyID), Tags: []types.Tag{{}, {TagKey: aws.String(""), TagValue: aws.String("")}}},
			`3 validation errors detected: Value null at 'tags.1.member.tagKey' failed to satisfy constraint: Member must not be null; ` +
				`Value null at 'tags.1.member.tagValue' failed to satisfy constraint: Member must not be null; ` +
				`Value '' at 'tags.2.member.tagKey' failed to satisfy constraint: Member must have length greater than or equal to 1`,
		},
		{
			"absent members that are sensitive",
			&kms.CreateCustomKeyStoreInput{XksProxyAuthenticationCredential: &types.XksProxyAuthenticationCredentialType{}},
			`3 validation errors detected: Value null at 'customKeyStoreName' failed to satisfy constraint: Member must not be null; ` +
				`Value at 'xksProxyAuthenticationCredential.accessKeyId' failed to satisfy constraint: Member must not be null; ` +
				`Value at 'xksProxyAuthenticationCredential.rawSecretAccessKey' failed to satisfy constraint: Member must not be null`,
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, test.want, refusal(t, test.in))
		})
	}
}

func TestValidate(t *testing.T) {
	t.Parallel()

	t.Run("a nil pointer is a request without members", func(t *testing.T) {
		t.Parallel()
		assert.Equal(t, refusal(t, &kms.EncryptInput{}), refusal(t, (*kms.EncryptInput)(nil)))
		assert.NoError(t, shape.Validate((*kms.ListKeysInput)(nil)))
	})

	t.Run("what is no input panics", func(t *testing.T) {
		t.Parallel()
		for _, in := range []any{nil, kms.EncryptInput{}, new("x"), new(kms.Options)} {
			assert.Panics(t, func() { _ = shape.Validate(in) }, "%T", in)
		}
	})

	t.Run("a dry run can do without the ciphertext it ignores", func(t *testing.T) {
		t.Parallel()
		ignore := []types.DryRunModifierType{types.DryRunModifierTypeIgnoreCiphertext}
		key := aws.String(keyID)
		for _, in := range []any{
			&kms.DecryptInput{DryRun: aws.Bool(true), DryRunModifiers: ignore},
			&kms.ReEncryptInput{DryRun: aws.Bool(true), DryRunModifiers: ignore, DestinationKeyId: key},
		} {
			require.NoError(t, shape.Validate(in), "%T", in)
		}
		for _, in := range []any{
			&kms.DecryptInput{DryRun: aws.Bool(true)},
			&kms.DecryptInput{DryRunModifiers: ignore},
			&kms.DecryptInput{DryRun: aws.Bool(false), DryRunModifiers: ignore},
			&kms.ReEncryptInput{DryRun: aws.Bool(true), DestinationKeyId: key},
		} {
			assert.Equal(t, "1 validation error detected: Value null at 'ciphertextBlob' failed to satisfy constraint: Member must not be null", refusal(t, in))
		}
		assert.Equal(t, "1 validation error detected: Value null at 'destinationKeyId' failed to satisfy constraint: Member must not be null",
			refusal(t, &kms.ReEncryptInput{DryRun: aws.Bool(true), DryRunModifiers: ignore}))
	})

	t.Run("what KMS refuses with a text of its own passes", func(t *testing.T) {
		t.Parallel()
		key := aws.String(keyID)
		for _, in := range []any{
			&kms.UpdateCustomKeyStoreInput{CustomKeyStoreId: aws.String("cks-1"), XksProxyVpcEndpointServiceName: aws.String("")},
			&kms.GenerateRandomInput{},
			&kms.GenerateDataKeyInput{KeyId: key},
			&kms.CreateAliasInput{AliasName: aws.String("no-prefix"), TargetKeyId: key},
			&kms.ScheduleKeyDeletionInput{KeyId: key, PendingWindowInDays: aws.Int32(6)},
			&kms.ScheduleKeyDeletionInput{KeyId: key, PendingWindowInDays: aws.Int32(31)},
			&kms.PutKeyPolicyInput{KeyId: key, Policy: aws.String(strings.Repeat("x", 40_000))},
			&kms.ListResourceTagsInput{KeyId: key, Limit: aws.Int32(1000)},
			&kms.CreateGrantInput{KeyId: key, Operations: []types.GrantOperation{}},
			&kms.RetireGrantInput{},
			&kms.ListRetirableGrantsInput{},
			&kms.DescribeKeyInput{KeyId: aws.String("no such key")},
			// KMS knows this algorithm, though not as one that signs.
			&kms.SignInput{KeyId: key, Message: []byte("m"), SigningAlgorithm: "SYMMETRIC_DEFAULT"},
		} {
			assert.NoError(t, shape.Validate(in), "%T", in)
		}
	})

	t.Run("lengths are counted in characters", func(t *testing.T) {
		t.Parallel()
		in := func(description string) any {
			return &kms.UpdateKeyDescriptionInput{KeyId: aws.String(keyID), Description: &description}
		}
		for _, char := range []string{"a", "é", "鍵", "🔑"} {
			require.NoError(t, shape.Validate(in(strings.Repeat(char, 8192))), char)
			assert.Error(t, shape.Validate(in(strings.Repeat(char, 8193))), char)
		}
	})

	t.Run("types are compiled safely by many at once", func(t *testing.T) {
		t.Parallel()
		var wg sync.WaitGroup
		for range 8 {
			for _, op := range operations() {
				wg.Go(func() { _ = shape.Validate(op.valid().Addr().Interface()) })
			}
		}
		wg.Wait()
	})
}

// Not parallel: allocations are counted for the whole process.
func TestValidate_allocations(t *testing.T) {
	for name, in := range benchInputs() {
		t.Run(name, func(t *testing.T) {
			assert.Zero(t, testing.AllocsPerRun(100, func() { _ = shape.Validate(in) }))
		})
	}
}

// refusal returns the text of the error, and checks the rest of it.
func refusal(t *testing.T, in any) string {
	t.Helper()
	err := shape.Validate(in)
	require.Error(t, err)
	generic, ok := err.(*smithy.GenericAPIError) //nolint:errorlint // KMS's error is returned bare
	require.True(t, ok, "%T", err)
	assert.Equal(t, "ValidationException", generic.Code)
	assert.Equal(t, smithy.FaultClient, generic.Fault)
	return generic.Message
}
