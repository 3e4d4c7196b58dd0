package conformance

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
)

// alwaysInMetadata are the members of KeyMetadata that every key has.
var alwaysInMetadata = []string{
	"AWSAccountId", "Arn", "CreationDate", "CustomerMasterKeySpec", "Description", "Enabled", "KeyId", "KeyManager",
	"KeySpec", "KeyState", "KeyUsage", "MultiRegion", "Origin",
}

func metadataMembers(more ...string) []string { return slices.Concat(alwaysInMetadata, more) }

var keyRules = []rule{
	{
		"CreateKey", "without any member makes a symmetric key",
		"All members of CreateKey are optional: the default is a symmetric key for encryption whose material KMS makes, " +
			"enabled, in one Region, and without a description, which is there as an empty text.",
		func(t *trial) {
			out := answer(t, t.CreateKey, &kms.CreateKeyInput{})
			t.Cleanup(func() { discard(t, t.suite.client, *out.KeyMetadata.Arn) })
			t.members("KeyMetadata")
			t.membersOf("KeyMetadata", metadataMembers("EncryptionAlgorithms", "CurrentKeyMaterialId")...)
			k := out.KeyMetadata
			equal(t, "KeySpec", k.KeySpec, types.KeySpecSymmetricDefault)
			equal(t, "CustomerMasterKeySpec", string(k.CustomerMasterKeySpec), string(k.KeySpec)) //nolint:staticcheck // KMS still sends it
			equal(t, "KeyUsage", k.KeyUsage, encryptDecrypt)
			equal(t, "KeyState", k.KeyState, types.KeyStateEnabled)
			equal(t, "Enabled", k.Enabled, true)
			equal(t, "Origin", k.Origin, types.OriginTypeAwsKms)
			equal(t, "KeyManager", k.KeyManager, types.KeyManagerTypeCustomer)
			equal(t, "MultiRegion", *k.MultiRegion, false)
			equal(t, "Description", *k.Description, "")
			equal(t, "EncryptionAlgorithms", k.EncryptionAlgorithms,
				[]types.EncryptionAlgorithmSpec{types.EncryptionAlgorithmSpecSymmetricDefault})
			t.that("the ID of the key material is 64 hexadecimal digits", len(*k.CurrentKeyMaterialId) == 64)
			t.that("the key was created within the last hour", time.Since(*k.CreationDate).Abs() < time.Hour)
		},
	},
	{
		"CreateKey", "key ARN has Region, account and key ID",
		"A key ARN is arn:<partition>:kms:<Region>:<account>:key/<key ID>, and the key ID of a key in one Region is a UUID.",
		func(t *trial) {
			k := t.shared(symmetric)
			parts := strings.Split(*k.Arn, ":")
			equal(t, "the number of parts", len(parts), 6)
			equal(t, "the service", parts[2], "kms")
			equal(t, "the Region", parts[3], t.Options().Region)
			equal(t, "the account", parts[4], *k.AWSAccountId)
			equal(t, "the resource", parts[5], "key/"+*k.KeyId)
			equal(t, "the length of the key ID", len(*k.KeyId), 36)
		},
	},
	{
		"CreateKey", "keeps the description",
		"A description is kept as it is, blanks and all.",
		func(t *trial) {
			k := t.newKey(func(in *kms.CreateKeyInput) { in.Description = aws.String("  für Bestellungen \u65e5 ") })
			equal(t, "Description", *k.Description, "  für Bestellungen \u65e5 ")
		},
	},
	{
		"CreateKey", "CustomerMasterKeySpec is the old name of KeySpec",
		"CustomerMasterKeySpec still works in place of KeySpec.",
		func(t *trial) {
			k := t.newKey(func(in *kms.CreateKeyInput) {
				in.CustomerMasterKeySpec, in.KeyUsage = types.CustomerMasterKeySpecEccNistP384, signVerify //nolint:staticcheck // it is what the case is about
			})
			equal(t, "KeySpec", k.KeySpec, types.KeySpecEccNistP384)
		},
	},
	{
		"CreateKey", "both names of KeySpec are a ValidationException",
		"KeySpec and CustomerMasterKeySpec are the same parameter, so both at once are refused.",
		func(t *trial) {
			refusal(t, t.CreateKey, &kms.CreateKeyInput{
				KeySpec:               types.KeySpecSymmetricDefault,
				CustomerMasterKeySpec: types.CustomerMasterKeySpecSymmetricDefault, //nolint:staticcheck // it is what the case is about
			}, "ValidationException")
		},
	},
	{
		"CreateKey", "a key spec without its usage is a ValidationException",
		"Only a symmetric encryption key has a default usage; for all other key specs KeyUsage is required.",
		func(t *trial) {
			for _, spec := range []types.KeySpec{types.KeySpecHmac256, types.KeySpecEccNistP256, types.KeySpecRsa2048, types.KeySpecMlKem512} {
				refusal(t, t.CreateKey, &kms.CreateKeyInput{KeySpec: spec}, "ValidationException")
			}
		},
	},
	{
		"CreateKey", "a usage that the key spec has not is a ValidationException",
		"A key spec fixes which usages are possible, and a key has exactly one.",
		func(t *trial) {
			for spec, usage := range map[types.KeySpec]types.KeyUsageType{
				types.KeySpecSymmetricDefault:    signVerify,
				types.KeySpecHmac256:             encryptDecrypt,
				types.KeySpecEccNistP256:         encryptDecrypt,
				types.KeySpecRsa2048:             keyAgreement,
				types.KeySpecEccSecgP256k1:       keyAgreement,
				types.KeySpecEccNistEdwards25519: keyAgreement,
				types.KeySpecMlDsa65:             encapsulation,
				types.KeySpecMlKem768:            signVerify,
			} {
				refusal(t, t.CreateKey, &kms.CreateKeyInput{KeySpec: spec, KeyUsage: usage}, "ValidationException")
			}
		},
	},
	{
		"CreateKey", "SM2 outside of China is UnsupportedOperation",
		"The key spec SM2 exists in China Regions only.",
		func(t *trial) {
			t.skipInChina()
			refusal(t, t.CreateKey, &kms.CreateKeyInput{KeySpec: types.KeySpecSm2, KeyUsage: signVerify}, "UnsupportedOperationException")
		},
	},
	{
		"CreateKey", "each key spec has its algorithms for each usage",
		"A key has the algorithms of its spec and usage, in the one list that the usage is for, and in no other.",
		func(t *trial) {
			for kind, want := range algorithms {
				k := t.newKey(func(in *kms.CreateKeyInput) { in.KeySpec, in.KeyUsage = kind.spec, kind.usage })
				t.membersOf("KeyMetadata", metadataMembers(want.member)...)
				equal(t, "KeySpec", k.KeySpec, kind.spec)
				equal(t, "KeyUsage", k.KeyUsage, kind.usage)
				got := map[string]string{
					"EncryptionAlgorithms":    joined(k.EncryptionAlgorithms),
					"SigningAlgorithms":       joined(k.SigningAlgorithms),
					"MacAlgorithms":           joined(k.MacAlgorithms),
					"KeyAgreementAlgorithms":  joined(k.KeyAgreementAlgorithms),
					"EncapsulationAlgorithms": joined(k.EncapsulationAlgorithms),
				}[want.member]
				equal(t, want.member+" of "+string(kind.spec), got, want.list)
			}
		},
	},
	{
		"CreateKey", "with imported material waits for it",
		"A key of origin EXTERNAL is PendingImport until material is imported, and has neither material nor expiration.",
		func(t *trial) {
			k := t.newKey(external)
			t.membersOf("KeyMetadata", metadataMembers("EncryptionAlgorithms")...)
			equal(t, "KeyState", k.KeyState, types.KeyStatePendingImport)
			equal(t, "Enabled", k.Enabled, false)
			equal(t, "Origin", k.Origin, types.OriginTypeExternal)
		},
	},
	{
		"CreateKey", "a multi-Region key is a primary key",
		"The ID of a multi-Region key begins with mrk-, and its configuration names itself as the primary key, without replicas.",
		func(t *trial) {
			k := t.newKey(multiRegion)
			t.membersOf("KeyMetadata", metadataMembers("EncryptionAlgorithms", "CurrentKeyMaterialId", "MultiRegionConfiguration")...)
			t.that("the key ID is mrk- and 32 hexadecimal digits", strings.HasPrefix(*k.KeyId, "mrk-") && len(*k.KeyId) == 36)
			equal(t, "MultiRegion", *k.MultiRegion, true)
			c := k.MultiRegionConfiguration
			equal(t, "MultiRegionKeyType", c.MultiRegionKeyType, types.MultiRegionKeyTypePrimary)
			equal(t, "the ARN of the primary key", *c.PrimaryKey.Arn, *k.Arn)
			equal(t, "the Region of the primary key", *c.PrimaryKey.Region, t.Options().Region)
			equal(t, "the number of replicas", len(c.ReplicaKeys), 0)
		},
	},
	{
		"CreateKey", "ML-DSA and ML-KEM take no imported material",
		"Key material can be imported into all keys but those for ML-DSA and ML-KEM.",
		func(t *trial) {
			refusal(t, t.CreateKey, &kms.CreateKeyInput{
				KeySpec: types.KeySpecMlDsa44, KeyUsage: signVerify, Origin: types.OriginTypeExternal,
			}, "UnsupportedOperationException")
			refusal(t, t.CreateKey, &kms.CreateKeyInput{
				KeySpec: types.KeySpecMlKem512, KeyUsage: encapsulation, Origin: types.OriginTypeExternal,
			}, "UnsupportedOperationException")
		},
	},
	{
		"CreateKey", "a policy that locks the caller out is MalformedPolicyDocument",
		"Unless the check is bypassed, KMS makes no key whose policy the caller could not change again.",
		func(t *trial) {
			k := t.shared(symmetric)
			refusal(t, t.CreateKey, &kms.CreateKeyInput{Policy: aws.String(policyOf(allowing(root(k.KeyMetadata), "kms:Encrypt")))},
				"MalformedPolicyDocumentException")
		},
	},
	{
		"CreateKey", "a policy for an ARN without an account is InvalidArn",
		"Principals are named by ARNs with the ID of an account, in the policy of a new key too.",
		func(t *trial) {
			policy := policyOf(allowing(root(t.shared(symmetric).KeyMetadata)), allowing("arn:aws:iam:::root"))
			refusal(t, t.CreateKey, &kms.CreateKeyInput{Policy: &policy}, "InvalidArnException")
		},
	},
	{
		"CreateKey", "a policy over 32 KiB is LimitExceeded",
		"A key policy has 32,768 bytes at most.",
		func(t *trial) {
			refusal(t, t.CreateKey, &kms.CreateKeyInput{Policy: aws.String(longPolicy(t.shared(symmetric).KeyMetadata))},
				"LimitExceededException")
		},
	},
	{
		"CreateKey", "keeps tags and policy",
		"Tags and policy can be given with the key, so that there is no time without them.",
		func(t *trial) {
			policy := policyOf(allowing(root(t.shared(symmetric).KeyMetadata)))
			k := t.newKey(func(in *kms.CreateKeyInput) {
				in.Tags, in.Policy = []types.Tag{tag("colour", "blue"), tag("empty", "")}, &policy
			})
			answerThat(t, t.ListResourceTags, &kms.ListResourceTagsInput{KeyId: k.KeyId}, func(out *kms.ListResourceTagsOutput) string {
				return unless(len(out.Tags) == 2, "the key has tags %v", out.Tags)
			})
			answerThat(t, t.GetKeyPolicy, &kms.GetKeyPolicyInput{KeyId: k.KeyId}, func(out *kms.GetKeyPolicyOutput) string {
				return unless(sameJSON(*out.Policy, policy), "the policy is %s", *out.Policy)
			})
		},
	},
	{
		"CreateKey", "tags that are reserved or twice there are a TagException",
		"Tag keys are unique on a key, and those that begin with aws: belong to AWS.",
		func(t *trial) {
			refusal(t, t.CreateKey, &kms.CreateKeyInput{Tags: []types.Tag{tag("a", "1"), tag("a", "2")}}, "TagException")
			refusal(t, t.CreateKey, &kms.CreateKeyInput{Tags: []types.Tag{tag("aws:a", "1")}}, "TagException")
		},
	},
	{
		"DescribeKey", "answers the metadata of the key",
		"DescribeKey answers what CreateKey has answered, whatever name the key is asked for by.",
		func(t *trial) {
			k := t.shared(symmetric)
			got := answer(t, t.DescribeKey, &kms.DescribeKeyInput{KeyId: &k.alias}).KeyMetadata
			t.members("KeyMetadata")
			t.membersOf("KeyMetadata", metadataMembers("EncryptionAlgorithms", "CurrentKeyMaterialId")...)
			equal(t, "the metadata", got, k.KeyMetadata)
		},
	},
	{
		"DescribeKey", "a disabled key is not Enabled",
		"Enabled says the same as KeyState, and is there when it is false.",
		func(t *trial) {
			answerThat(t, t.DescribeKey, &kms.DescribeKeyInput{KeyId: t.shared(symmetric.in(types.KeyStateDisabled)).KeyId},
				func(out *kms.DescribeKeyOutput) string {
					return unless(out.KeyMetadata.KeyState == types.KeyStateDisabled, "the state is %s", out.KeyMetadata.KeyState)
				})
			t.membersOf("KeyMetadata", metadataMembers("EncryptionAlgorithms", "CurrentKeyMaterialId")...)
		},
	},
	{
		"DescribeKey", "a key that waits for its deletion has the date of it",
		"DeletionDate is there while deletion is pending, and only then.",
		func(t *trial) {
			k := t.shared(symmetric.in(types.KeyStatePendingDeletion))
			answerThat(t, t.DescribeKey, &kms.DescribeKeyInput{KeyId: k.KeyId}, func(out *kms.DescribeKeyOutput) string {
				return unless(out.KeyMetadata.KeyState == types.KeyStatePendingDeletion, "the state is %s", out.KeyMetadata.KeyState)
			})
			t.membersOf("KeyMetadata", metadataMembers("EncryptionAlgorithms", "CurrentKeyMaterialId", "DeletionDate")...)
		},
	},
	{
		"DescribeKey", "the alias of a service has the key that AWS manages",
		"DescribeKey of alias/aws/s3 answers the AWS managed key of Amazon S3, which it makes if need be, and which nobody uses but through S3.",
		func(t *trial) {
			k := answer(t, t.DescribeKey, &kms.DescribeKeyInput{KeyId: aws.String("alias/aws/s3")}).KeyMetadata
			equal(t, "KeyManager", k.KeyManager, types.KeyManagerTypeAws)
			equal(t, "KeySpec", k.KeySpec, types.KeySpecSymmetricDefault)
			refusal(t, t.Encrypt, &kms.EncryptInput{KeyId: k.KeyId, Plaintext: []byte("x")}, "AccessDeniedException")
		},
	},
	{
		"DescribeKey", "an absent alias is NotFound",
		"The alias ARN in the text tells a missing alias from a missing key: Alias <ARN> is not found.",
		func(t *trial) {
			name := "alias/conformance-" + randomName()
			text := refusal(t, t.DescribeKey, &kms.DescribeKeyInput{KeyId: &name}, "NotFoundException")
			t.contains(text, name)
			t.contains(text, "is not found")
		},
	},
	{
		"DisableKey", "has no output",
		"DisableKey and EnableKey answer nothing at all: DescribeKey tells the state.",
		func(t *trial) {
			k := t.newKey()
			answer(t, t.DisableKey, &kms.DisableKeyInput{KeyId: k.KeyId})
			t.empty()
			t.waitFor(*k.KeyId, types.KeyStateDisabled)
		},
	},
	{
		"EnableKey", "makes a disabled key usable again",
		"EnableKey has no output, and undoes DisableKey: the key opens what it has sealed before.",
		func(t *trial) {
			k := t.own(symmetric)
			t.disable(*k.KeyId)
			answer(t, t.EnableKey, &kms.EnableKeyInput{KeyId: k.KeyId})
			t.empty()
			t.waitFor(*k.KeyId, types.KeyStateEnabled)
			out := answer(t, t.Decrypt, &kms.DecryptInput{KeyId: k.KeyId, CiphertextBlob: k.ciphertext})
			equal(t, "the plaintext", out.Plaintext, plaintext)
		},
	},
	{
		"UpdateKeyDescription", "replaces the description",
		"UpdateKeyDescription has no output; an empty description is a description too.",
		func(t *trial) {
			k := t.newKey()
			for _, text := range []string{"for orders", ""} {
				answer(t, t.UpdateKeyDescription, &kms.UpdateKeyDescriptionInput{KeyId: k.Arn, Description: &text})
				t.empty()
				answerThat(t, t.DescribeKey, &kms.DescribeKeyInput{KeyId: k.KeyId}, func(out *kms.DescribeKeyOutput) string {
					return unless(*out.KeyMetadata.Description == text, "the description is %q, want %q", *out.KeyMetadata.Description, text)
				})
			}
		},
	},
	{
		"ScheduleKeyDeletion", "answers the date, the state and the window",
		"A deletion is DeletionDate in the future by the window; the key is known by its ARN, whatever it was named by.",
		func(t *trial) {
			k := t.newKey()
			out := answer(t, t.ScheduleKeyDeletion, &kms.ScheduleKeyDeletionInput{KeyId: k.KeyId, PendingWindowInDays: aws.Int32(8)})
			t.members("DeletionDate", "KeyId", "KeyState", "PendingWindowInDays")
			equal(t, "KeyId", *out.KeyId, *k.Arn)
			equal(t, "KeyState", out.KeyState, types.KeyStatePendingDeletion)
			equal(t, "PendingWindowInDays", *out.PendingWindowInDays, 8)
			wait := time.Until(*out.DeletionDate)
			t.that(fmt.Sprintf("%v is 8 days from now", *out.DeletionDate), (wait-8*24*time.Hour).Abs() < 2*time.Hour)
		},
	},
	{
		"ScheduleKeyDeletion", "waits for 30 days unless told otherwise",
		"The default of PendingWindowInDays is 30.",
		func(t *trial) {
			k := t.newKey()
			out := answer(t, t.ScheduleKeyDeletion, &kms.ScheduleKeyDeletionInput{KeyId: k.KeyId})
			equal(t, "PendingWindowInDays", *out.PendingWindowInDays, 30)
		},
	},
	{
		"ScheduleKeyDeletion", "6 and 31 days are a ValidationException",
		"The window is 7 to 30 days, although the shape of the member allows 1 to 365.",
		func(t *trial) {
			k := t.shared(symmetric)
			for _, days := range []int32{1, 6, 31, 365} {
				refusal(t, t.ScheduleKeyDeletion, &kms.ScheduleKeyDeletionInput{KeyId: k.KeyId, PendingWindowInDays: &days}, "ValidationException")
			}
		},
	},
	{
		"CancelKeyDeletion", "leaves the key disabled",
		"CancelKeyDeletion answers the key ARN and leaves the key Disabled, not as it was before.",
		func(t *trial) {
			k := t.own(symmetric.in(types.KeyStatePendingDeletion))
			out := answer(t, t.CancelKeyDeletion, &kms.CancelKeyDeletionInput{KeyId: k.KeyId})
			t.members("KeyId")
			equal(t, "KeyId", *out.KeyId, *k.Arn)
			t.waitFor(*k.KeyId, types.KeyStateDisabled)
			t.membersOf("KeyMetadata", metadataMembers("EncryptionAlgorithms", "CurrentKeyMaterialId")...)
		},
	},
	{
		"CancelKeyDeletion", "of a key without material leaves it pending import",
		"A key that has never had its material is PendingImport again when its deletion is cancelled.",
		func(t *trial) {
			k := t.newKey(external)
			t.bring(*k.KeyId, types.KeyStatePendingDeletion)
			answer(t, t.CancelKeyDeletion, &kms.CancelKeyDeletionInput{KeyId: k.KeyId})
			t.waitFor(*k.KeyId, types.KeyStatePendingImport)
		},
	},
	{
		"ListKeys", "has every key once, with ID and ARN",
		"ListKeys answers the ID and the ARN of each key of the account and Region, and Truncated even when false.",
		func(t *trial) {
			k := t.shared(symmetric)
			answerThat(t, func(ctx context.Context, in *kms.ListKeysInput, o ...func(*kms.Options)) (*kms.ListKeysOutput, error) {
				all, p := new(kms.ListKeysOutput), kms.NewListKeysPaginator(t.Client, in, func(o *kms.ListKeysPaginatorOptions) {
					o.StopOnDuplicateToken = true
				})
				for p.HasMorePages() {
					out, err := p.NextPage(ctx, o...)
					if err != nil {
						return nil, err
					}
					all.Keys = append(all.Keys, out.Keys...)
				}
				return all, nil
			}, &kms.ListKeysInput{Limit: aws.Int32(1000)}, func(out *kms.ListKeysOutput) string {
				n := 0
				for _, e := range out.Keys {
					if *e.KeyId == *k.KeyId && *e.KeyArn == *k.Arn {
						n++
					}
				}
				return unless(n == 1, "the key is there %d times among %d", n, len(out.Keys))
			})
			t.members("Keys", "Truncated")
		},
	},
	{
		"GetKeyLastUsage", "of an unused key is empty",
		"A key that has not been used has an empty KeyLastUsage; the answer names the key by its ID.",
		func(t *trial) {
			k := t.newKey()
			out := answer(t, t.GetKeyLastUsage, &kms.GetKeyLastUsageInput{KeyId: k.Arn})
			t.members("KeyCreationDate", "KeyId", "KeyLastUsage", "TrackingStartDate")
			t.membersOf("KeyLastUsage")
			equal(t, "KeyId", *out.KeyId, *k.KeyId)
			t.that("the creation date is that of the key", out.KeyCreationDate.Equal(*k.CreationDate))
		},
	},
	{
		"GetKeyLastUsage", "tells the last cryptographic operation",
		"KeyLastUsage has the operation and its time, and the IDs under which CloudTrail and KMS know the request.",
		func(t *trial) {
			k := t.own(symmetric)
			used := t.last.header.Get("X-Amzn-Requestid")
			out := answer(t, t.GetKeyLastUsage, &kms.GetKeyLastUsageInput{KeyId: k.KeyId})
			if t.suite.late.Load() {
				t.Skip("AWS takes up to an hour to record a use")
			}
			t.membersOf("KeyLastUsage", "CloudTrailEventId", "KmsRequestId", "Operation", "Timestamp")
			equal(t, "Operation", out.KeyLastUsage.Operation, types.KeyLastUsageTrackingOperationEncrypt)
			equal(t, "KmsRequestId", *out.KeyLastUsage.KmsRequestId, used)
		},
	},
}

// waitFor waits until a key is in a state.
func (t *trial) waitFor(keyID string, state types.KeyState) {
	t.Helper()
	answerThat(t, t.DescribeKey, &kms.DescribeKeyInput{KeyId: &keyID}, func(out *kms.DescribeKeyOutput) string {
		return unless(out.KeyMetadata.KeyState == state && out.KeyMetadata.Enabled == (state == types.KeyStateEnabled),
			"the key is %s (enabled: %t), want %s", out.KeyMetadata.KeyState, out.KeyMetadata.Enabled, state)
	})
}

// unless returns a complaint unless all is well.
func unless(well bool, format string, args ...any) (complaint string) {
	if well {
		return ""
	}
	return fmt.Sprintf(format, args...)
}

// A kind of key has its algorithms in one member of KeyMetadata.
type (
	kind struct {
		spec  types.KeySpec
		usage types.KeyUsageType
	}
	algorithmList struct {
		member string
		list   string // in the order of the alphabet
	}
)

// algorithms has all kinds of keys but the symmetric one, and SM2.
var algorithms = map[kind]algorithmList{
	{types.KeySpecRsa2048, encryptDecrypt}:         {"EncryptionAlgorithms", oaep},
	{types.KeySpecRsa3072, encryptDecrypt}:         {"EncryptionAlgorithms", oaep},
	{types.KeySpecRsa4096, encryptDecrypt}:         {"EncryptionAlgorithms", oaep},
	{types.KeySpecRsa2048, signVerify}:             {"SigningAlgorithms", rsassa},
	{types.KeySpecRsa3072, signVerify}:             {"SigningAlgorithms", rsassa},
	{types.KeySpecRsa4096, signVerify}:             {"SigningAlgorithms", rsassa},
	{types.KeySpecEccNistP256, signVerify}:         {"SigningAlgorithms", "ECDSA_SHA_256"},
	{types.KeySpecEccNistP384, signVerify}:         {"SigningAlgorithms", "ECDSA_SHA_384"},
	{types.KeySpecEccNistP521, signVerify}:         {"SigningAlgorithms", "ECDSA_SHA_512"},
	{types.KeySpecEccSecgP256k1, signVerify}:       {"SigningAlgorithms", "ECDSA_SHA_256"},
	{types.KeySpecEccNistEdwards25519, signVerify}: {"SigningAlgorithms", "ED25519_PH_SHA_512 ED25519_SHA_512"},
	{types.KeySpecMlDsa44, signVerify}:             {"SigningAlgorithms", "ML_DSA_SHAKE_256"},
	{types.KeySpecMlDsa65, signVerify}:             {"SigningAlgorithms", "ML_DSA_SHAKE_256"},
	{types.KeySpecMlDsa87, signVerify}:             {"SigningAlgorithms", "ML_DSA_SHAKE_256"},
	{types.KeySpecEccNistP256, keyAgreement}:       {"KeyAgreementAlgorithms", "ECDH"},
	{types.KeySpecEccNistP384, keyAgreement}:       {"KeyAgreementAlgorithms", "ECDH"},
	{types.KeySpecEccNistP521, keyAgreement}:       {"KeyAgreementAlgorithms", "ECDH"},
	{types.KeySpecHmac224, macs}:                   {"MacAlgorithms", "HMAC_SHA_224"},
	{types.KeySpecHmac256, macs}:                   {"MacAlgorithms", "HMAC_SHA_256"},
	{types.KeySpecHmac384, macs}:                   {"MacAlgorithms", "HMAC_SHA_384"},
	{types.KeySpecHmac512, macs}:                   {"MacAlgorithms", "HMAC_SHA_512"},
	{types.KeySpecMlKem512, encapsulation}:         {"EncapsulationAlgorithms", "ML_KEM"},
	{types.KeySpecMlKem768, encapsulation}:         {"EncapsulationAlgorithms", "ML_KEM"},
	{types.KeySpecMlKem1024, encapsulation}:        {"EncapsulationAlgorithms", "ML_KEM"},
}

const (
	oaep   = "RSAES_OAEP_SHA_1 RSAES_OAEP_SHA_256"
	rsassa = "RSASSA_PKCS1_V1_5_SHA_256 RSASSA_PKCS1_V1_5_SHA_384 RSASSA_PKCS1_V1_5_SHA_512 " +
		"RSASSA_PSS_SHA_256 RSASSA_PSS_SHA_384 RSASSA_PSS_SHA_512"
)

// joined returns a list of algorithms in the order of the alphabet.
func joined[A ~string](list []A) string {
	names := make([]string, len(list))
	for i, a := range list {
		names[i] = string(a)
	}
	slices.Sort(names)
	return strings.Join(names, " ")
}
