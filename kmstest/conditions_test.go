package kmstest_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/aws/smithy-go"
	"github.com/kmskit/kmskit"
	"github.com/kmskit/kmskit/internal/policyfacts"
	"github.com/kmskit/kmskit/kmstest"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const (
	organization = "o-a1b2c3d4e5/r-ab12/ou-ab12-11111111/"
	trail        = "arn:aws:cloudtrail:us-east-1:" + account + ":trail/bills"
)

// A conditionCase is a condition key with a request that has a value which the
// condition wants, and one that has not.
type conditionCase struct {
	key      string
	operator string // StringEquals if empty
	value    string
	identity bool // in an identity policy, where the key counts or the action has no key
	has, not func(w *conditionWorld) error
}

// A conditionWorld is a Server on which one statement allows something, under the
// condition alone.
type conditionWorld struct {
	*testing.T

	srv       *kmstest.Server
	admin     *kmstest.API // who made everything
	statement string       // for everybody, with the condition
	tester    *kmstest.Principal
}

// measured is an enclave whose first registers are not zero.
var measured = sync.OnceValue(func() *kmstest.Enclave {
	register := bytes.Repeat([]byte{1}, 48)
	return kmstest.NewEnclave(map[int][]byte{0: register, 1: register})
})

// key makes a key that the tester may use under the condition.
func (w *conditionWorld) key(change ...func(*kms.CreateKeyInput)) *types.KeyMetadata {
	return w.keyOf(w.admin, change...)
}

func (w *conditionWorld) keyOf(c caller, change ...func(*kms.CreateKeyInput)) *types.KeyMetadata {
	w.Helper()
	if w.statement != "" {
		change = append(change, func(in *kms.CreateKeyInput) {
			in.BypassPolicyLockoutSafetyCheck = true
			in.Policy = str(`{"Version":"2012-10-17","Statement":[
				{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:user/kmstest"},"Action":"kms:*","Resource":"*"},` + w.statement + `]}`)
		})
	}
	return newKey(w, c, change...)
}

// as is somebody else with the identity policy of the tester.
func (w *conditionWorld) as(arn string, opts ...kmstest.PrincipalOption) *kms.Client {
	if strings.HasPrefix(arn, "arn:") {
		opts = append(opts, allow("kms:*"))
	}
	return w.srv.Principal(arn, opts...).Client()
}

func (w *conditionWorld) describe(c caller, k *types.KeyMetadata) error {
	_, err := c.DescribeKey(w.Context(), &kms.DescribeKeyInput{KeyId: k.Arn})
	return err
}

func (w *conditionWorld) encrypt(keyID string, context map[string]string) error {
	_, err := w.tester.Client().Encrypt(w.Context(), &kms.EncryptInput{KeyId: &keyID, Plaintext: []byte("x"), EncryptionContext: context})
	return err
}

func (w *conditionWorld) grant(c *kms.Client, change func(*kms.CreateGrantInput)) error {
	in := newGrant(w.key())
	change(in)
	_, err := c.CreateGrant(w.Context(), in)
	return err
}

func (w *conditionWorld) sign(algorithm types.SigningAlgorithmSpec, kind types.MessageType) error {
	k := w.key(ofSpec(types.KeySpecEccNistP256, types.KeyUsageTypeSignVerify))
	_, err := w.tester.Client().Sign(w.Context(), &kms.SignInput{
		KeyId: k.Arn, Message: make([]byte, 32), MessageType: kind, SigningAlgorithm: algorithm,
	})
	return err
}

func (w *conditionWorld) attested() error {
	_, err := w.tester.Client().GenerateDataKey(w.Context(), &kms.GenerateDataKeyInput{
		KeyId: w.key().Arn, KeySpec: types.DataKeySpecAes256, Recipient: measured().Recipient(w.srv.Now()),
	})
	return err
}

func (w *conditionWorld) reEncrypt(from, to *types.KeyMetadata) error {
	_, err := w.tester.Client().ReEncrypt(w.Context(), &kms.ReEncryptInput{
		CiphertextBlob: encrypt(w, w.admin, from, "x", nil), DestinationKeyId: to.Arn,
	})
	return err
}

func (w *conditionWorld) importMaterial(model types.ExpirationModelType, validTo *time.Time) error {
	k := w.key(external)
	_, err := w.tester.Client().ImportKeyMaterial(w.Context(), &kms.ImportKeyMaterialInput{
		KeyId: k.Arn, EncryptedKeyMaterial: []byte("x"), ImportToken: []byte("x"), ExpirationModel: model, ValidTo: validTo,
	})
	return err
}

func (w *conditionWorld) parameters(algorithm types.AlgorithmSpec, spec types.WrappingKeySpec) error {
	_, err := w.tester.Client().GetParametersForImport(w.Context(), &kms.GetParametersForImportInput{
		KeyId: w.key(external).Arn, WrappingAlgorithm: algorithm, WrappingKeySpec: spec,
	})
	return err
}

func (w *conditionWorld) tag(key, value string) error {
	_, err := w.tester.Client().TagResource(w.Context(), &kms.TagResourceInput{
		KeyId: w.key().Arn, Tags: []types.Tag{{TagKey: &key, TagValue: &value}},
	})
	return err
}

func onDescribe(change ...func(*kms.CreateKeyInput)) func(*conditionWorld) error {
	return func(w *conditionWorld) error { return w.describe(w.tester.Client(), w.key(change...)) }
}

// asSomebody describes a key as a principal of a kind, by its ARN.
func asSomebody(arn string, opts ...kmstest.PrincipalOption) func(*conditionWorld) error {
	return func(w *conditionWorld) error { return w.describe(w.as(arn, opts...), w.key()) }
}

func onGrant(change func(*kms.CreateGrantInput)) func(*conditionWorld) error {
	return func(w *conditionWorld) error { return w.grant(w.tester.Client(), change) }
}

// inAccount describes a key of an account.
func inAccount(id string) func(*conditionWorld) error {
	return func(w *conditionWorld) error {
		k := w.keyOf(w.srv.Principal("arn:aws:iam::"+id+":root").API(), func(in *kms.CreateKeyInput) {
			in.BypassPolicyLockoutSafetyCheck, in.Policy = true, str(policyFor("*"))
		})
		return w.describe(w.tester.Client(), k)
	}
}

func toService(source string) func(*kms.CreateGrantInput) {
	return func(in *kms.CreateGrantInput) {
		in.GranteePrincipal, in.GranteeServicePrincipal = nil, str("logs.amazonaws.com")
		in.RetiringServicePrincipal = str("logs.amazonaws.com")
		in.Constraints = &types.GrantConstraints{SourceArn: &source}
	}
}

var conditionCases = []conditionCase{
	// Those of KMS.
	{
		key: "kms:BypassPolicyLockoutSafetyCheck", operator: "Bool", value: "true",
		has: func(w *conditionWorld) error { return w.putPolicy(true) },
		not: func(w *conditionWorld) error { return w.putPolicy(false) },
	},
	{key: "kms:CallerAccount", value: account, has: asSomebody(role(account, "x")), not: asSomebody(role(other, "x"))},
	{
		key: "kms:CustomerMasterKeySpec", value: "ECC_NIST_P256",
		has: onDescribe(ofSpec(types.KeySpecEccNistP256, types.KeyUsageTypeSignVerify)), not: onDescribe(),
	},
	{
		key: "kms:CustomerMasterKeyUsage", value: "SIGN_VERIFY",
		has: onDescribe(ofSpec(types.KeySpecEccNistP256, types.KeyUsageTypeSignVerify)), not: onDescribe(),
	},
	{
		key: "kms:DataKeyPairSpec", value: "ECC_NIST_P256",
		has: func(w *conditionWorld) error { return w.keyPair(types.DataKeyPairSpecEccNistP256) },
		not: func(w *conditionWorld) error { return w.keyPair(types.DataKeyPairSpecEccNistP384) },
	},
	{
		key: "kms:EncryptionAlgorithm", value: "SYMMETRIC_DEFAULT",
		has: func(w *conditionWorld) error { return w.encrypt(*w.key().Arn, nil) }, not: onDescribe(),
	},
	{
		key: "kms:EncryptionContext:Tenant", value: "blue",
		has: func(w *conditionWorld) error { return w.encrypt(*w.key().Arn, map[string]string{"Tenant": "blue"}) },
		not: func(w *conditionWorld) error { return w.encrypt(*w.key().Arn, map[string]string{"Tenant": "red"}) },
	},
	{
		key: "kms:EncryptionContextKeys", operator: "ForAnyValue:StringEquals", value: "Tenant",
		has: func(w *conditionWorld) error {
			return w.encrypt(*w.key().Arn, map[string]string{"Tenant": "x", "Purpose": "y"})
		},
		not: func(w *conditionWorld) error { return w.encrypt(*w.key().Arn, map[string]string{"Purpose": "y"}) },
	},
	{
		key: "kms:ExpirationModel", value: "KEY_MATERIAL_DOES_NOT_EXPIRE",
		has: func(w *conditionWorld) error {
			return w.importMaterial(types.ExpirationModelTypeKeyMaterialDoesNotExpire, nil)
		},
		not: func(w *conditionWorld) error {
			return w.importMaterial(types.ExpirationModelTypeKeyMaterialExpires, aws.Time(w.srv.Now().Add(time.Hour)))
		},
	},
	{
		key: "kms:GrantConstraintSourceArn", operator: "ArnLike", value: "arn:aws:cloudtrail:*:" + account + ":trail/*",
		has: onGrant(toService(trail)), not: onGrant(toService("arn:aws:logs:us-east-1:" + account + ":log-group:x")),
	},
	{
		key: "kms:GrantConstraintType", value: "EncryptionContextSubset",
		has: onGrant(func(in *kms.CreateGrantInput) {
			in.Constraints = &types.GrantConstraints{EncryptionContextSubset: map[string]string{"a": "b"}}
		}),
		not: onGrant(func(in *kms.CreateGrantInput) {
			in.Constraints = &types.GrantConstraints{EncryptionContextEquals: map[string]string{"a": "b"}}
		}),
	},
	{
		key: "kms:GrantIsForAWSResource", operator: "Bool", value: "true",
		has: func(w *conditionWorld) error {
			return w.grant(w.as(role(account, "x"), kmstest.WithConditionKey("kms:ViaService", "ec2.us-east-1.amazonaws.com")), func(*kms.CreateGrantInput) {})
		},
		not: onGrant(func(*kms.CreateGrantInput) {}),
	},
	{
		key: "kms:GrantOperations", operator: "ForAllValues:StringEquals", value: "Decrypt",
		has: onGrant(func(in *kms.CreateGrantInput) { in.Operations = []types.GrantOperation{types.GrantOperationDecrypt} }),
		not: onGrant(func(in *kms.CreateGrantInput) {
			in.Operations = []types.GrantOperation{types.GrantOperationDecrypt, types.GrantOperationEncrypt}
		}),
	},
	{
		key: "kms:GranteePrincipal", value: role(account, "a"),
		has: onGrant(func(in *kms.CreateGrantInput) { in.GranteePrincipal = str(role(account, "a")) }),
		not: onGrant(func(in *kms.CreateGrantInput) { in.GranteePrincipal = str(role(account, "b")) }),
	},
	{
		key: "kms:GranteeServicePrincipal", value: "logs.amazonaws.com",
		has: onGrant(toService(trail)), not: onGrant(func(*kms.CreateGrantInput) {}),
	},
	{
		key: "kms:KeyAgreementAlgorithm", value: "ECDH",
		has: func(w *conditionWorld) error {
			k := w.key(ofSpec(types.KeySpecEccNistP256, types.KeyUsageTypeKeyAgreement))
			_, err := w.tester.Client().DeriveSharedSecret(w.Context(), &kms.DeriveSharedSecretInput{
				KeyId: k.Arn, KeyAgreementAlgorithm: types.KeyAgreementAlgorithmSpecEcdh, PublicKey: []byte("x"),
			})
			return err
		},
		not: onDescribe(ofSpec(types.KeySpecEccNistP256, types.KeyUsageTypeKeyAgreement)),
	},
	{key: "kms:KeyOrigin", value: "EXTERNAL", has: onDescribe(external), not: onDescribe()},
	{
		key: "kms:KeySpec", value: "HMAC_256",
		has: onDescribe(ofSpec(types.KeySpecHmac256, types.KeyUsageTypeGenerateVerifyMac)), not: onDescribe(),
	},
	{
		key: "kms:KeyUsage", value: "GENERATE_VERIFY_MAC",
		has: onDescribe(ofSpec(types.KeySpecHmac256, types.KeyUsageTypeGenerateVerifyMac)), not: onDescribe(),
	},
	{
		key: "kms:MacAlgorithm", value: "HMAC_SHA_256",
		has: func(w *conditionWorld) error { return w.mac(types.MacAlgorithmSpecHmacSha256) },
		not: func(w *conditionWorld) error { return w.mac(types.MacAlgorithmSpecHmacSha512) },
	},
	{
		key: "kms:MessageType", value: "DIGEST",
		has: func(w *conditionWorld) error {
			return w.sign(types.SigningAlgorithmSpecEcdsaSha256, types.MessageTypeDigest)
		},
		not: func(w *conditionWorld) error { return w.sign(types.SigningAlgorithmSpecEcdsaSha256, "") },
	},
	{key: "kms:MultiRegion", operator: "Bool", value: "true", has: onDescribe(multiRegion), not: onDescribe()},
	{
		key: "kms:MultiRegionKeyType", value: "PRIMARY", has: onDescribe(multiRegion),
		not: func(w *conditionWorld) error {
			k := w.multiRegionKey("eu-west-1")
			k.Arn = str(strings.Replace(*k.Arn, "us-east-1", "eu-west-1", 1))
			return w.describe(w.tester.Client(func(o *kms.Options) { o.Region = "eu-west-1" }), k)
		},
	},
	{
		key: "kms:PrimaryRegion", value: "eu-west-1",
		has: func(w *conditionWorld) error { return w.movePrimary("eu-west-1") },
		not: func(w *conditionWorld) error { return w.movePrimary("eu-west-2") },
	},
	{
		key: "kms:RecipientAttestation:ImageSha384", operator: "StringEqualsIgnoreCase", value: strings.Repeat("01", 48),
		has: (*conditionWorld).attested, not: onDescribe(),
	},
	{
		key: "kms:RecipientAttestation:PCR1", operator: "StringEqualsIgnoreCase", value: strings.Repeat("01", 48),
		has: (*conditionWorld).attested, not: onDescribe(),
	},
	{
		key: "kms:ReEncryptOnSameKey", operator: "Bool", value: "true",
		has: func(w *conditionWorld) error { k := w.key(); return w.reEncrypt(k, k) },
		not: func(w *conditionWorld) error { return w.reEncrypt(w.key(), w.key()) },
	},
	{
		key: "kms:ReplicaRegion", value: "eu-west-1",
		has: func(w *conditionWorld) error { return w.replicate("eu-west-1") },
		not: func(w *conditionWorld) error { return w.replicate("eu-west-2") },
	},
	{
		key: "kms:RequestAlias", value: "alias/orders",
		has: func(w *conditionWorld) error {
			newAlias(w, w.admin, "alias/orders", w.key())
			return w.encrypt("alias/orders", nil)
		},
		not: func(w *conditionWorld) error {
			k := w.key()
			newAlias(w, w.admin, "alias/orders", k)
			return w.encrypt(*k.Arn, nil)
		},
	},
	{
		key: "kms:ResourceAliases", operator: "ForAnyValue:StringEquals", value: "alias/orders", identity: true,
		has: func(w *conditionWorld) error {
			k := w.key()
			newAlias(w, w.admin, "alias/orders", k)
			newAlias(w, w.admin, "alias/another", k)
			return w.describe(w.tester.Client(), k)
		},
		not: onDescribe(),
	},
	{
		key: "kms:RetiringPrincipal", value: role(account, "a"),
		has: onGrant(func(in *kms.CreateGrantInput) { in.RetiringPrincipal = str(role(account, "a")) }),
		not: onGrant(func(*kms.CreateGrantInput) {}),
	},
	{
		key: "kms:RetiringServicePrincipal", value: "logs.amazonaws.com",
		has: onGrant(toService(trail)), not: onGrant(func(*kms.CreateGrantInput) {}),
	},
	{
		key: "kms:RotationPeriodInDays", operator: "NumericLessThan", value: "200",
		has: func(w *conditionWorld) error { return w.rotate(aws.Int32(180)) },
		not: func(w *conditionWorld) error { return w.rotate(nil) },
	},
	{
		key: "kms:ScheduleKeyDeletionPendingWindowInDays", operator: "NumericGreaterThanEquals", value: "20",
		has: func(w *conditionWorld) error { return w.scheduleDeletion(nil) },
		not: func(w *conditionWorld) error { return w.scheduleDeletion(aws.Int32(7)) },
	},
	{
		key: "kms:SigningAlgorithm", value: "ECDSA_SHA_256",
		has: func(w *conditionWorld) error {
			return w.sign(types.SigningAlgorithmSpecEcdsaSha256, types.MessageTypeRaw)
		},
		not: func(w *conditionWorld) error {
			return w.sign(types.SigningAlgorithmSpecEcdsaSha384, types.MessageTypeRaw)
		},
	},
	{
		key: "kms:TrailingDaysWithoutKeyUsage", operator: "NumericGreaterThanEquals", value: "90",
		has: func(w *conditionWorld) error { return w.disableAfter(90) },
		not: func(w *conditionWorld) error { return w.disableAfter(89) },
	},
	{
		key: "kms:ValidTo", operator: "DateLessThan", value: time.Now().UTC().AddDate(0, 0, 30).Format(time.RFC3339),
		has: func(w *conditionWorld) error { return w.importMaterial("", aws.Time(w.srv.Now().AddDate(0, 0, 29))) },
		not: func(w *conditionWorld) error { return w.importMaterial("", aws.Time(w.srv.Now().AddDate(0, 0, 31))) },
	},
	{
		key: "kms:WrappingAlgorithm", value: "RSAES_OAEP_SHA_256",
		has: func(w *conditionWorld) error {
			return w.parameters(types.AlgorithmSpecRsaesOaepSha256, types.WrappingKeySpecRsa2048)
		},
		not: func(w *conditionWorld) error {
			return w.parameters(types.AlgorithmSpecRsaesOaepSha1, types.WrappingKeySpecRsa2048)
		},
	},
	{
		key: "kms:WrappingKeySpec", value: "RSA_2048",
		has: func(w *conditionWorld) error {
			return w.parameters(types.AlgorithmSpecRsaesOaepSha256, types.WrappingKeySpecRsa2048)
		},
		not: func(w *conditionWorld) error {
			return w.parameters(types.AlgorithmSpecRsaesOaepSha256, types.WrappingKeySpecRsa3072)
		},
	},

	// Global ones that follow from the request, its principal or its key.
	{
		key: "aws:CurrentTime", operator: "DateGreaterThan", value: time.Now().UTC().AddDate(0, 0, 1).Format(time.RFC3339),
		has: func(w *conditionWorld) error { w.srv.Advance(25 * time.Hour); return onDescribe()(w) }, not: onDescribe(),
	},
	{
		key: "aws:EpochTime", operator: "DateGreaterThan", value: time.Now().UTC().AddDate(0, 0, 1).Format(time.RFC3339),
		has: func(w *conditionWorld) error { w.srv.Advance(25 * time.Hour); return onDescribe()(w) }, not: onDescribe(),
	},
	{
		key: "aws:FederatedProvider", value: "cognito-identity.amazonaws.com",
		has: asSomebody("arn:aws:sts::"+account+":assumed-role/app/1", kmstest.WithProvider("cognito-identity.amazonaws.com")),
		not: asSomebody("arn:aws:sts::" + account + ":assumed-role/app/1"),
	},
	{key: "aws:PrincipalAccount", value: account, has: asSomebody(role(account, "x")), not: asSomebody(role(other, "x"))},
	{
		key: "aws:PrincipalArn", operator: "ArnLike", value: "arn:aws:iam::*:role/app*",
		has: asSomebody("arn:aws:sts::" + account + ":assumed-role/app/1"), not: asSomebody("arn:aws:iam::" + account + ":user/app"),
	},
	{key: "aws:PrincipalIsAWSService", operator: "Bool", value: "true", has: asSomebody("logs.amazonaws.com"), not: asSomebody(role(account, "x"))},
	{key: "aws:PrincipalOrgID", value: "o-a1b2c3d4e5", has: asSomebody(role(account, "x")), not: asSomebody(role(other, "x"))},
	{
		key: "aws:PrincipalOrgPaths", operator: "ForAnyValue:StringLike", value: "o-a1b2c3d4e5/r-ab12/*",
		has: asSomebody(role(account, "x")), not: asSomebody(role(other, "x")),
	},
	{key: "aws:PrincipalServiceName", value: "logs.amazonaws.com", has: asSomebody("logs.amazonaws.com"), not: asSomebody("s3.amazonaws.com")},
	{
		key: "aws:PrincipalServiceNamesList", operator: "ForAnyValue:StringEquals", value: "logs.amazonaws.com",
		has: asSomebody("logs.amazonaws.com"), not: asSomebody("s3.amazonaws.com"),
	},
	{
		key: "aws:PrincipalTag/Team", value: "blue",
		has: asSomebody(role(account, "x"), kmstest.WithTags(map[string]string{"team": "blue"})),
		not: asSomebody(role(account, "x"), kmstest.WithTags(map[string]string{"team": "red"})),
	},
	{key: "aws:PrincipalType", value: "User", has: asSomebody("arn:aws:iam::" + account + ":user/app"), not: asSomebody(role(account, "x"))},
	{
		key: "aws:RequestedRegion", value: "us-east-1", identity: true,
		has: func(w *conditionWorld) error { return w.list("us-east-1") },
		not: func(w *conditionWorld) error { return w.list("eu-west-1") },
	},
	{
		key: "aws:RequestTag/Team", value: "blue",
		has: func(w *conditionWorld) error { return w.tag("Team", "blue") },
		not: func(w *conditionWorld) error { return w.tag("Team", "red") },
	},
	{key: "aws:ResourceAccount", value: account, identity: true, has: inAccount(account), not: inAccount(other)},
	{key: "aws:ResourceOrgID", value: "o-a1b2c3d4e5", identity: true, has: inAccount(account), not: inAccount(other)},
	{
		key: "aws:ResourceOrgPaths", operator: "ForAnyValue:StringEquals", value: organization, identity: true,
		has: inAccount(account), not: inAccount(other),
	},
	{
		key: "aws:ResourceTag/Team", value: "blue", identity: true,
		has: onDescribe(func(in *kms.CreateKeyInput) { in.Tags = []types.Tag{{TagKey: str("Team"), TagValue: str("blue")}} }),
		not: onDescribe(),
	},
	{
		key: "aws:TagKeys", operator: "ForAllValues:StringEquals", value: "Team",
		has: func(w *conditionWorld) error { return w.tag("Team", "blue") },
		not: func(w *conditionWorld) error { return w.tag("Cost", "much") },
	},
	{
		key: "aws:userid", operator: "StringLike", value: "AROACKCEVSQ6C2EXAMPLE:*",
		has: func(w *conditionWorld) error {
			w.srv.Principal(role(account, "app"), kmstest.WithUniqueID("AROACKCEVSQ6C2EXAMPLE"))
			return asSomebody("arn:aws:sts::" + account + ":assumed-role/app/1")(w)
		},
		not: asSomebody("arn:aws:sts::" + account + ":assumed-role/app/1"),
	},
	{key: "aws:username", value: "app", has: asSomebody("arn:aws:iam::" + account + ":user/dir/app"), not: asSomebody(role(account, "app"))},
	{
		key: "aws:ViaAWSService", operator: "Bool", value: "true",
		has: asSomebody(role(account, "x"), kmstest.WithConditionKey("kms:ViaService", "s3.us-east-1.amazonaws.com")),
		not: asSomebody(role(account, "x")),
	},
}

func (w *conditionWorld) putPolicy(bypass bool) error {
	_, err := w.tester.Client().PutKeyPolicy(w.Context(), &kms.PutKeyPolicyInput{
		KeyId: w.key().Arn, Policy: str(policyFor("*")), BypassPolicyLockoutSafetyCheck: bypass,
	})
	return err
}

func (w *conditionWorld) keyPair(spec types.DataKeyPairSpec) error {
	_, err := w.tester.Client().GenerateDataKeyPairWithoutPlaintext(w.Context(), &kms.GenerateDataKeyPairWithoutPlaintextInput{
		KeyId: w.key().Arn, KeyPairSpec: spec,
	})
	return err
}

func (w *conditionWorld) mac(algorithm types.MacAlgorithmSpec) error {
	k := w.key(ofSpec(types.KeySpecHmac256, types.KeyUsageTypeGenerateVerifyMac))
	_, err := w.tester.Client().GenerateMac(w.Context(), &kms.GenerateMacInput{KeyId: k.Arn, Message: []byte("x"), MacAlgorithm: algorithm})
	return err
}

// multiRegionKey makes a multi-Region key with a replica.
func (w *conditionWorld) multiRegionKey(replica string) *types.KeyMetadata {
	k := w.key(multiRegion)
	_, err := w.admin.ReplicateKey(w.Context(), &kms.ReplicateKeyInput{
		KeyId: k.Arn, ReplicaRegion: &replica, BypassPolicyLockoutSafetyCheck: true, Policy: str(`{"Statement":[` + w.statement + `]}`),
	})
	require.NoError(w, err)
	return k
}

func (w *conditionWorld) movePrimary(region string) error {
	_, err := w.tester.Client().UpdatePrimaryRegion(w.Context(), &kms.UpdatePrimaryRegionInput{
		KeyId: w.multiRegionKey(region).Arn, PrimaryRegion: &region,
	})
	return err
}

func (w *conditionWorld) replicate(region string) error {
	_, err := w.as(role(account, "replicator")).ReplicateKey(w.Context(), &kms.ReplicateKeyInput{KeyId: w.key(multiRegion).Arn, ReplicaRegion: &region})
	return err
}

func (w *conditionWorld) rotate(days *int32) error {
	_, err := w.tester.Client().EnableKeyRotation(w.Context(), &kms.EnableKeyRotationInput{KeyId: w.key().Arn, RotationPeriodInDays: days})
	return err
}

func (w *conditionWorld) scheduleDeletion(days *int32) error {
	_, err := w.tester.Client().ScheduleKeyDeletion(w.Context(), &kms.ScheduleKeyDeletionInput{KeyId: w.key().Arn, PendingWindowInDays: days})
	return err
}

func (w *conditionWorld) disableAfter(days int) error {
	k := w.key()
	w.srv.Advance(time.Duration(days) * 24 * time.Hour)
	_, err := w.tester.Client().DisableKey(w.Context(), &kms.DisableKeyInput{KeyId: k.Arn})
	return err
}

func (w *conditionWorld) list(region string) error {
	_, err := w.tester.Client(func(o *kms.Options) { o.Region = region }).ListKeys(w.Context(), &kms.ListKeysInput{})
	return err
}

// newConditionWorld returns a world for the case.
func newConditionWorld(t *testing.T, c conditionCase) *conditionWorld {
	t.Helper()
	opts := []kmstest.Option{kmstest.WithOrganization(organization, account)}
	if strings.HasPrefix(c.key, "kms:RecipientAttestation:") {
		opts = append(opts, kmstest.WithAttestationRoot(measured().Root()))
	}
	w := &conditionWorld{T: t, srv: kmstest.New(opts...)}
	w.admin = w.srv.API()
	operator := c.operator
	if operator == "" {
		operator = "StringEquals"
	}
	condition := kmskit.Condition{operator: {c.key: {c.value}}}
	if c.identity {
		w.tester = w.srv.Principal(role(account, "tester"), kmstest.WithPolicy(&kmskit.PolicyDocument{
			Version: "2012-10-17",
			Statement: []kmskit.Statement{{
				Effect: kmskit.Allow, Action: kmskit.StringList{"kms:*"}, Resource: kmskit.StringList{"*"}, Condition: condition,
			}},
		}))
		return w
	}
	text, err := json.Marshal(condition)
	require.NoError(t, err)
	w.statement = `{"Effect":"Allow","Principal":"*","Action":"kms:*","Resource":"*","Condition":` + string(text) + `}`
	w.tester = w.srv.Principal(role(account, "tester"))
	return w
}

func isDenied(err error) bool {
	api, ok := errors.AsType[smithy.APIError](err)
	return ok && api.ErrorCode() == "AccessDeniedException"
}

// TestConditionKeys has for each condition key that KMS requests may have a
// request that has it, which is allowed, and one that has not, which is refused.
func TestConditionKeys(t *testing.T) {
	t.Parallel()
	for _, c := range conditionCases {
		t.Run(c.key, func(t *testing.T) {
			t.Parallel()
			w := newConditionWorld(t, c)
			if err := c.has(w); isDenied(err) {
				t.Error(w.srv.Explain(err))
			}
			w = newConditionWorld(t, c)
			assert.True(t, isDenied(c.not(w)), "%v", w.srv.Calls())
		})
	}
	for _, k := range policyfacts.Keys() {
		if slices.ContainsFunc(conditionCases, func(c conditionCase) bool {
			return c.key == k.Name || k.Family && strings.HasPrefix(c.key, k.Name)
		}) || k.Name == "kms:RecipientAttestation:NitroTPMPCR" { // see TestRecipient_NitroTPM
			continue
		}
		t.Run(k.Name, func(t *testing.T) {
			t.Parallel()
			c, another := circumstance(k)
			with := func(value string) func(*conditionWorld) error {
				return asSomebody(role(account, "x"), kmstest.WithConditionKey(k.Name, value))
			}
			w := newConditionWorld(t, c)
			if err := with(c.value)(w); err != nil {
				t.Error(w.srv.Explain(err))
			}
			assert.True(t, isDenied(with(another)(newConditionWorld(t, c))))
			if k.Name != "aws:SecureTransport" { // which every request has
				assert.True(t, isDenied(asSomebody(role(account, "x"))(newConditionWorld(t, c))))
			}
		})
	}
}

// circumstance returns the case of a condition key that nothing else in a request
// tells, and a value that does not meet the condition.
func circumstance(k policyfacts.Key) (c conditionCase, another string) {
	c.key = k.Name
	switch k.Type {
	case policyfacts.TypeBool:
		c.operator, c.value, another = "Bool", "true", "false"
		if k.Name == "aws:SecureTransport" {
			c.value, another = "false", "true"
		}
	case policyfacts.TypeNumeric:
		c.operator, c.value, another = "NumericEquals", "5", "6"
	case policyfacts.TypeDate:
		c.operator, c.value, another = "DateEquals", "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"
	case policyfacts.TypeARN:
		c.operator, c.value, another = "ArnEquals", trail, trail+"2"
	case policyfacts.TypeIPAddress:
		c.operator, c.value, another = "IpAddress", "192.0.2.7", "192.0.2.8"
	default:
		c.operator, c.value, another = "StringEquals", "this", "that"
	}
	if k.List {
		c.operator = "ForAnyValue:" + c.operator
	}
	return c, another
}
