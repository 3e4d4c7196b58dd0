package policy_test

import (
	"cmp"
	"strings"

	"github.com/kmskit/kmskit/kmstest/internal/policy"
)

// The cases of this file come from the example policies of the KMS Developer
// Guide, with other names and values. The rule begins with the page that has the
// example.

// consolePolicy is what the console makes for a symmetric key with an
// administrator, users and another account.
const consolePolicy = enableIAM + `,
	{"Sid": "Allow access for Key Administrators", "Effect": "Allow",
	 "Principal": {"AWS": ["arn:aws:iam::210987654321:user/dora", "arn:aws:iam::210987654321:role/app/keeper"]},
	 "Action": ["kms:Create*", "kms:Describe*", "kms:Enable*", "kms:List*", "kms:Put*", "kms:Update*", "kms:Revoke*", "kms:Disable*",
		"kms:Get*", "kms:Delete*", "kms:TagResource", "kms:UntagResource", "kms:ScheduleKeyDeletion", "kms:CancelKeyDeletion"],
	 "Resource": "*"},
	{"Sid": "Allow use of the key", "Effect": "Allow",
	 "Principal": {"AWS": ["arn:aws:iam::210987654321:user/alice", "` + roleARN + `", "arn:aws:iam::345678901234:root"]},
	 "Action": ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"], "Resource": "*"},
	{"Sid": "Allow attachment of persistent resources", "Effect": "Allow",
	 "Principal": {"AWS": ["arn:aws:iam::210987654321:user/alice", "` + roleARN + `", "arn:aws:iam::345678901234:root"]},
	 "Action": ["kms:CreateGrant", "kms:ListGrants", "kms:RevokeGrant"], "Resource": "*",
	 "Condition": {"Bool": {"kms:GrantIsForAWSResource": true}}}`

// cloudTrail lets a service make data keys for one trail.
const cloudTrail = `{"Sid": "Allow CloudTrail to encrypt logs", "Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"},
	"Action": "kms:GenerateDataKey", "Resource": "*", "Condition": {
		"ArnEquals": {"aws:SourceArn": ["arn:aws:cloudtrail:eu-west-1:210987654321:trail/bills"]},
		"StringLike": {"kms:EncryptionContext:aws:cloudtrail:arn": ["arn:aws:cloudtrail:*:210987654321:trail/*"]}}}`

// location ties the right to create grants to a service, an account and a pair
// of the encryption context.
const location = `{"Effect": "Allow", "Principal": {"AWS": "` + roleARN + `"}, "Action": "kms:CreateGrant", "Resource": "*", "Condition": {"StringEquals": {
	"kms:ViaService": "geo.eu-west-1.amazonaws.com", "kms:CallerAccount": "210987654321",
	"kms:EncryptionContext:aws:geo:arn": "arn:aws:geo:eu-west-1:210987654321:tracker/vans"}}}`

// engineering is an identity policy for a key of another account.
const engineering = `{"Effect": "Allow", "Action": ["kms:Encrypt", "kms:Decrypt", "kms:ReEncryptFrom", "kms:ReEncryptTo", "kms:GenerateDataKey",
	"kms:GenerateDataKeyWithoutPlaintext", "kms:DescribeKey"], "Resource": ["` + keyARN + `"]}`

// vpcEndpoint restricts use of the key to requests through an endpoint.
const vpcEndpoint = enableIAM + `,
	{"Sid": "Restrict usage to my VPC endpoint", "Effect": "Deny", "Principal": "*",
	 "Action": ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*"], "Resource": "*",
	 "Condition": {"StringNotEquals": {"aws:sourceVpce": "vpce-0b6d3f21a9c84e705"}}}`

// twoVPCs has one VPC for administration and one for use.
const twoVPCs = `
	{"Sid": "Administration", "Effect": "Allow", "Principal": {"AWS": "210987654321"}, "Resource": "*",
	 "Action": ["kms:Create*", "kms:Enable*", "kms:Put*", "kms:Update*", "kms:Revoke*", "kms:Disable*", "kms:Delete*", "kms:TagResource", "kms:UntagResource"],
	 "Condition": {"StringEquals": {"aws:sourceVpc": "vpc-71f0a2d4"}}},
	{"Sid": "Use", "Effect": "Allow", "Principal": {"AWS": "210987654321"}, "Resource": "*",
	 "Action": ["kms:Encrypt", "kms:Decrypt", "kms:GenerateDataKey*"],
	 "Condition": {"StringEquals": {"aws:sourceVpc": "vpc-93c5e8b6"}}},
	{"Sid": "Reading", "Effect": "Allow", "Principal": {"AWS": "210987654321"}, "Resource": "*",
	 "Action": ["kms:Describe*", "kms:List*", "kms:Get*"]}`

// readOnly lets a user look at everything in the console.
const readOnly = `
	{"Effect": "Allow", "Action": ["kms:GetPublicKey", "kms:GetKeyRotationStatus", "kms:GetKeyPolicy", "kms:DescribeKey", "kms:ListKeyPolicies", "kms:ListResourceTags"],
	 "Resource": "arn:aws:kms:*:210987654321:key/*"},
	{"Effect": "Allow", "Action": ["kms:ListKeys", "kms:ListAliases", "iam:ListRoles", "iam:ListUsers"], "Resource": "*"}`

// notReserved allows use of all keys but those with the wrong tag or none.
const notReserved = `
	{"Effect": "Allow", "Action": ["kms:Encrypt", "kms:GenerateDataKey*", "kms:Decrypt", "kms:ReEncrypt*"], "Resource": "arn:aws:kms:*:210987654321:key/*"},
	{"Effect": "Deny", "Action": "kms:*", "Resource": "arn:aws:kms:*:210987654321:key/*", "Condition": {"StringEquals": {"aws:ResourceTag/Class": "Secret"}}},
	{"Effect": "Deny", "Action": "kms:*", "Resource": "arn:aws:kms:*:210987654321:key/*", "Condition": {"Null": {"aws:ResourceTag/Class": "true"}}}`

// aliases lets a user manage aliases except some.
const aliases = `
	{"Effect": "Allow", "Action": ["kms:CreateAlias", "kms:UpdateAlias", "kms:DeleteAlias"], "Resource": "arn:aws:kms:eu-west-1:210987654321:alias/*"},
	{"Effect": "Deny", "Action": ["kms:CreateAlias", "kms:UpdateAlias", "kms:DeleteAlias"], "Resource": "arn:aws:kms:eu-west-1:210987654321:alias/core-*"}`

// tagging lets two users manage the tags of a key, and a role see them.
const tagging = enableIAM + `,
	{"Sid": "All tagging", "Effect": "Allow", "Principal": {"AWS": ["arn:aws:iam::210987654321:user/dora", "arn:aws:iam::210987654321:user/alice"]},
	 "Action": ["kms:TagResource", "kms:ListResourceTags", "kms:UntagResource"], "Resource": "*"},
	{"Sid": "View tags", "Effect": "Allow", "Principal": {"AWS": "` + roleARN + `"}, "Action": "kms:ListResourceTags", "Resource": "*"}`

// taggedKeys lets a user create keys, and manage tags with one tag key.
const taggedKeys = `
	{"Effect": "Allow", "Action": "kms:CreateKey", "Resource": "*"},
	{"Effect": "Allow", "Action": "kms:ListResourceTags", "Resource": "arn:aws:kms:*:210987654321:key/*"},
	{"Effect": "Allow", "Action": ["kms:TagResource", "kms:UntagResource"], "Resource": "arn:aws:kms:*:210987654321:key/*",
	 "Condition": {"ForAllValues:StringEquals": {"aws:TagKeys": "Team"}}}`

// rotators lets a user manage the rotation of keys in two accounts that have one
// of the aliases.
const rotators = `
	{"Effect": "Allow", "Action": ["kms:EnableKeyRotation", "kms:DisableKeyRotation", "kms:GetKeyRotationStatus"],
	 "Resource": ["arn:aws:kms:*:210987654321:key/*", "arn:aws:kms:*:345678901234:key/*"],
	 "Condition": {"ForAnyValue:StringLike": {"kms:ResourceAliases": "alias/core-*"}}}`

// keyPolicyGuideCases has the pages about key policies, identity policies,
// aliases, tags, VPC endpoints and multi-Region keys.
var keyPolicyGuideCases = []decisionCase{
	{
		rule: "key-policy-overview: a statement with a condition on the key spec allows",
		key: `{"Sid": "Describe the policy statement", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::210987654321:user/alice"},
			"Action": "kms:DescribeKey", "Resource": "*", "Condition": {"StringEquals": {"kms:KeySpec": "SYMMETRIC_DEFAULT"}}}`,
		who: user(home, "alice"), action: "kms:DescribeKey", context: context("kms:KeySpec", "SYMMETRIC_DEFAULT"),
		want: policy.Allowed, by: "key 1",
	},
	{
		rule: "key-policy-overview: a statement with a condition on the key spec refuses another spec",
		key: `{"Sid": "Describe the policy statement", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::210987654321:user/alice"},
			"Action": "kms:DescribeKey", "Resource": "*", "Condition": {"StringEquals": {"kms:KeySpec": "SYMMETRIC_DEFAULT"}}}`,
		who: user(home, "alice"), action: "kms:DescribeKey", context: context("kms:KeySpec", "RSA_2048"),
		want: policy.NoResourcePolicy,
	},
	{
		rule: "key-policy-default: an administrator may change the key policy",
		key:  consolePolicy, who: user(home, "dora"), action: "kms:PutKeyPolicy", want: policy.Allowed, by: "key 2",
	},
	{
		rule: "key-policy-default: an administering role may tag the key",
		key:  consolePolicy, who: session(home, "keeper"), action: "kms:TagResource", want: policy.Allowed, by: "key 2",
	},
	{
		rule: "key-policy-default: an administrator may not decrypt",
		key:  consolePolicy, who: user(home, "dora"), want: policy.NoIdentityPolicy, through: "key 1",
	},
	{
		rule: "key-policy-default: an administrator whom an identity policy helps may decrypt",
		key:  consolePolicy, identity: []string{mayDecrypt}, who: user(home, "dora"), want: policy.Allowed, by: "identity 1.1", through: "key 1",
	},
	{
		rule: "key-policy-default: kms:Delete* is not deletion of the key without kms:ScheduleKeyDeletion",
		key: `{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::210987654321:user/dora"},
			"Action": ["kms:Create*", "kms:Put*", "kms:Delete*"], "Resource": "*"}`,
		who: user(home, "dora"), action: "kms:ScheduleKeyDeletion", want: policy.NoResourcePolicy,
	},
	{
		rule: "key-policy-default: kms:Create* in a key policy does not give kms:CreateKey",
		who:  user(home, "dora"), action: "kms:CreateKey", resource: "*", want: policy.NoIdentityPolicy,
	},
	{
		rule: "key-policy-default: a key user may make data keys",
		key:  consolePolicy, who: user(home, "alice"), action: "kms:GenerateDataKeyWithoutPlaintext", want: policy.Allowed, by: "key 3",
	},
	{
		rule: "key-policy-default: the sessions of a role may re-encrypt",
		key:  consolePolicy, who: session(home, "ledger"), action: "kms:ReEncryptTo", want: policy.Allowed, by: "key 3",
	},
	{
		rule: "key-policy-default: a key user may not change the key policy",
		key:  consolePolicy, who: user(home, "alice"), action: "kms:PutKeyPolicy", want: policy.NoIdentityPolicy, through: "key 1",
	},
	{
		rule: "key-policy-default: a key user may create grants through a service",
		key:  consolePolicy, who: user(home, "alice"), action: "kms:CreateGrant", context: context("kms:GrantIsForAWSResource", "true"),
		want: policy.Allowed, by: "key 4",
	},
	{
		rule: "key-policy-default: a key user may not create grants directly",
		key:  consolePolicy, who: user(home, "alice"), action: "kms:CreateGrant", context: context("kms:GrantIsForAWSResource", "false"),
		want: policy.NoIdentityPolicy, through: "key 1",
	},
	{
		rule: "key-policy-default: another account uses the key with an identity policy of its own",
		key:  consolePolicy, identity: []string{mayDecrypt}, who: user(away, "carol"), want: policy.Allowed, by: "identity 1.1", through: "key 3",
	},
	{
		rule: "key-policy-default: the users of an HMAC key may verify MACs",
		key: `{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::210987654321:user/alice"},
			"Action": ["kms:DescribeKey", "kms:GenerateMac", "kms:VerifyMac"], "Resource": "*"}`,
		who: user(home, "alice"), action: "kms:VerifyMac", want: policy.Allowed, by: "key 1",
	},
	{
		rule: "key-policy-default: the users of a key pair for encryption may have the public key",
		key: `{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::210987654321:user/alice"},
			"Action": ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:DescribeKey", "kms:GetPublicKey"], "Resource": "*"}`,
		who: user(home, "alice"), action: "kms:GetPublicKey", want: policy.Allowed, by: "key 1",
	},
	{
		rule: "key-policy-default: the users of a key pair for signing may not decrypt",
		key: `{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::210987654321:user/alice"},
			"Action": ["kms:DescribeKey", "kms:GetPublicKey", "kms:Sign", "kms:Verify"], "Resource": "*"}`,
		who: user(home, "alice"), want: policy.NoResourcePolicy,
	},
	{
		rule: "key-policy-modifying-external-accounts: named users and roles of another account need an identity policy",
		key: `{"Effect": "Allow", "Principal": {"AWS": ["arn:aws:iam::345678901234:role/app/reader", "arn:aws:iam::345678901234:user/carol"]},
			"Action": ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"], "Resource": "*"}`,
		who: session(away, "reader"), want: policy.NoIdentityPolicy, through: "key 1",
	},
	{
		rule: "key-policy-modifying-external-accounts: an identity policy for a user who is not named has no effect",
		key: `{"Effect": "Allow", "Principal": {"AWS": ["arn:aws:iam::345678901234:role/app/reader", "arn:aws:iam::345678901234:user/carol"]},
			"Action": ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"], "Resource": "*"}`,
		identity: []string{mayDecrypt}, who: user(away, "dan"), want: policy.NoResourcePolicy,
	},
	{
		rule: "key-policy-modifying-external-accounts: an identity policy gives no action that the key policy lacks",
		key: `{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::345678901234:root"},
			"Action": ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"], "Resource": "*"}`,
		identity: []string{`{"Effect": "Allow", "Action": "kms:*", "Resource": "*"}`}, who: user(away, "carol"), action: "kms:DisableKey",
		want: policy.NoResourcePolicy,
	},
	{
		rule: "key-policy-modifying-external-accounts: a service may create grants on behalf of another account",
		key: `{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::345678901234:root"}, "Action": ["kms:CreateGrant", "kms:ListGrants", "kms:RevokeGrant"],
			"Resource": "*", "Condition": {"Bool": {"kms:GrantIsForAWSResource": "true"}}}`,
		identity: []string{`{"Effect": "Allow", "Action": "kms:CreateGrant", "Resource": "` + keyARN + `"}`}, who: user(away, "carol"),
		action: "kms:CreateGrant", context: context("kms:GrantIsForAWSResource", "true"), want: policy.Allowed, by: "identity 1.1", through: "key 1",
	},
	{
		rule: "key-policy-services: a service creates grants for one resource on behalf of a role",
		key:  location, who: session(home, "ledger"), action: "kms:CreateGrant",
		context: context("kms:ViaService", "geo.eu-west-1.amazonaws.com", "kms:CallerAccount", home,
			"kms:EncryptionContext:aws:geo:arn", "arn:aws:geo:eu-west-1:210987654321:tracker/vans"),
		want: policy.Allowed, by: "key 1",
	},
	{
		rule: "key-policy-services: a service does not create grants for another resource",
		key:  location, who: session(home, "ledger"), action: "kms:CreateGrant",
		context: context("kms:ViaService", "geo.eu-west-1.amazonaws.com", "kms:CallerAccount", home,
			"kms:EncryptionContext:aws:geo:arn", "arn:aws:geo:eu-west-1:210987654321:tracker/bikes"),
		want: policy.NoResourcePolicy,
	},
	{
		rule: "key-policy-services: a service principal acts for the resource that the policy names",
		key:  cloudTrail, who: service("cloudtrail.amazonaws.com"), action: "kms:GenerateDataKey",
		context: context("aws:SourceArn", "arn:aws:cloudtrail:eu-west-1:210987654321:trail/bills",
			"kms:EncryptionContext:aws:cloudtrail:arn", "arn:aws:cloudtrail:eu-west-1:210987654321:trail/bills"),
		want: policy.Allowed, by: "key 1",
	},
	{
		rule: "key-policy-services: a service principal does not act for another resource",
		key:  cloudTrail, who: service("cloudtrail.amazonaws.com"), action: "kms:GenerateDataKey",
		context: context("aws:SourceArn", "arn:aws:cloudtrail:eu-west-1:345678901234:trail/bills",
			"kms:EncryptionContext:aws:cloudtrail:arn", "arn:aws:cloudtrail:eu-west-1:210987654321:trail/bills"),
		want: policy.NoResourcePolicy,
	},
	{
		rule: "key-policy-services: both conditions on a service principal must hold",
		key:  cloudTrail, who: service("cloudtrail.amazonaws.com"), action: "kms:GenerateDataKey",
		context: context("aws:SourceArn", "arn:aws:cloudtrail:eu-west-1:210987654321:trail/bills"),
		want:    policy.NoResourcePolicy,
	},
	{
		rule: "determining-access-key-policy: an application's role may use the key",
		key: `{"Effect": "Allow", "Principal": {"AWS": "` + roleARN + `"},
			"Action": ["kms:DescribeKey", "kms:GenerateDataKey*", "kms:Encrypt", "kms:ReEncrypt*", "kms:Decrypt"], "Resource": "*"}`,
		who: session(home, "ledger"), action: "kms:Encrypt", want: policy.Allowed, by: "key 1",
	},
	{
		rule: "determining-access-key-policy: an application's role may list grants only through a service",
		key: `{"Effect": "Allow", "Principal": {"AWS": "` + roleARN + `"}, "Action": ["kms:ListGrants", "kms:CreateGrant", "kms:RevokeGrant"],
			"Resource": "*", "Condition": {"Bool": {"kms:GrantIsForAWSResource": true}}}`,
		who: session(home, "ledger"), action: "kms:ListGrants", want: policy.NoResourcePolicy,
	},
	{
		rule: "policy-evaluation, example 1: a user is refused because no identity policy uses the account's statement",
		key:  enableIAM, identity: []string{`{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}`}, who: user(home, "alice"),
		want: policy.NoIdentityPolicy, through: "key 1",
	},
	{
		rule: "policy-evaluation, example 2: a role of another account is allowed by both accounts",
		key: enableIAM + `, {"Sid": "Allow account 1 to use this KMS key", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::345678901234:root"},
			"Action": ["kms:Encrypt", "kms:Decrypt", "kms:ReEncryptFrom", "kms:ReEncryptTo", "kms:GenerateDataKey",
			"kms:GenerateDataKeyWithoutPlaintext", "kms:DescribeKey"], "Resource": "*"}`,
		identity: []string{engineering}, who: session(away, "engineering"), action: "kms:ReEncryptTo",
		want: policy.Allowed, by: "identity 1.1", through: "key 2",
	},
	{
		rule: "policy-evaluation, example 2: the account's statement for its own account does nothing for the other one",
		key:  enableIAM, identity: []string{engineering}, who: session(away, "engineering"), want: policy.NoResourcePolicy,
	},
	{
		rule: "vpce-policy-condition: a request through the endpoint is not denied",
		key:  vpcEndpoint, identity: []string{mayDecrypt}, who: user(home, "alice"), context: context("aws:SourceVpce", "vpce-0b6d3f21a9c84e705"),
		want: policy.Allowed, by: "identity 1.1", through: "key 1",
	},
	{
		rule: "vpce-policy-condition: a request through another endpoint is denied",
		key:  vpcEndpoint, identity: []string{mayDecrypt}, who: user(home, "alice"), context: context("aws:SourceVpce", "vpce-00000000000000000"),
		want: policy.ExplicitDeny, by: "key 2",
	},
	{
		rule: "vpce-policy-condition: a request without an endpoint is denied",
		key:  vpcEndpoint, identity: []string{mayDecrypt}, who: user(home, "alice"), want: policy.ExplicitDeny, by: "key 2",
	},
	{
		rule: "vpce-policy-condition: administration comes from one VPC",
		key:  twoVPCs, identity: []string{`{"Effect": "Allow", "Action": "kms:*", "Resource": "*"}`}, who: user(home, "alice"),
		action: "kms:DisableKey", context: context("aws:SourceVpc", "vpc-71f0a2d4"), want: policy.Allowed, by: "identity 1.1", through: "key 1",
	},
	{
		rule: "vpce-policy-condition: use does not come from the VPC of administration",
		key:  twoVPCs, identity: []string{`{"Effect": "Allow", "Action": "kms:*", "Resource": "*"}`}, who: user(home, "alice"),
		context: context("aws:SourceVpc", "vpc-71f0a2d4"), want: policy.NoResourcePolicy,
	},
	{
		rule: "vpce-policy-condition: reading comes from everywhere",
		key:  twoVPCs, identity: []string{`{"Effect": "Allow", "Action": "kms:*", "Resource": "*"}`}, who: user(home, "alice"),
		action: "kms:GetKeyPolicy", want: policy.Allowed, by: "identity 1.1", through: "key 3",
	},
	{
		rule: "customer-managed-policies: a reader of the console may describe a key",
		key:  enableIAM, identity: []string{readOnly}, who: user(home, "alice"), action: "kms:DescribeKey",
		want: policy.Allowed, by: "identity 1.1", through: "key 1",
	},
	{
		rule:     "customer-managed-policies: a reader of the console may list aliases",
		identity: []string{readOnly}, who: user(home, "alice"), action: "kms:ListAliases", resource: "*", want: policy.Allowed, by: "identity 1.2",
	},
	{
		rule: "customer-managed-policies: a reader of the console may not encrypt",
		key:  enableIAM, identity: []string{readOnly}, who: user(home, "alice"), action: "kms:Encrypt", want: policy.NoIdentityPolicy, through: "key 1",
	},
	{
		rule: "customer-managed-policies: a user may create keys",
		who:  user(home, "alice"), action: "kms:CreateKey", resource: "*",
		identity: []string{`{"Effect": "Allow", "Action": "kms:TagResource", "Resource": "arn:aws:kms:*:210987654321:key/*"},
			{"Effect": "Allow", "Action": "kms:CreateAlias", "Resource": "arn:aws:kms:*:210987654321:alias/*"},
			{"Effect": "Allow", "Action": ["kms:CreateKey", "kms:ListKeys", "kms:ListAliases"], "Resource": "*"}`},
		want: policy.Allowed, by: "identity 1.3",
	},
	{
		rule: "customer-managed-policies: a user may use all keys of an account",
		key:  enableIAM, identity: []string{`{"Effect": "Allow", "Action": ["kms:Encrypt", "kms:Decrypt"], "Resource": "arn:aws:kms:*:210987654321:key/*"}`},
		who: user(home, "alice"), want: policy.Allowed, by: "identity 1.1", through: "key 1",
	},
	{
		rule: "customer-managed-policies: a user may use the keys of one Region",
		key:  enableIAM, identity: []string{`{"Effect": "Allow", "Action": ["kms:Encrypt", "kms:Decrypt"], "Resource": ["arn:aws:kms:eu-north-1:210987654321:key/*"]}`},
		who: user(home, "alice"), want: policy.NoIdentityPolicy, through: "key 1",
	},
	{
		rule: "customer-managed-policies: a user may use two keys",
		key:  enableIAM, identity: []string{`{"Effect": "Allow", "Action": ["kms:Encrypt", "kms:Decrypt"],
			"Resource": ["arn:aws:kms:eu-west-1:210987654321:key/00000000-0000-4000-8000-000000000000", "` + keyARN + `"]}`},
		who: user(home, "alice"), want: policy.Allowed, by: "identity 1.1", through: "key 1",
	},
	{
		rule: "customer-managed-policies: a user may not disable keys even where the key policy lets them",
		key:  consolePolicy, identity: []string{`{"Effect": "Deny", "Action": ["kms:DisableKey", "kms:ScheduleKeyDeletion"], "Resource": "*"}`},
		who: user(home, "dora"), action: "kms:DisableKey", want: policy.ExplicitDeny, by: "identity 1.1",
	},
	{
		rule: "tag-authorization: a tag on the key lets an identity policy allow",
		key:  enableIAM, identity: []string{`{"Effect": "Allow", "Action": ["kms:GenerateDataKeyWithoutPlaintext", "kms:Decrypt"],
			"Resource": "arn:aws:kms:eu-west-1:210987654321:key/*", "Condition": {"StringEquals": {"aws:ResourceTag/Team": "Blue"}}}`},
		who: user(home, "alice"), context: context("aws:ResourceTag/Team", "Blue"), want: policy.Allowed, by: "identity 1.1", through: "key 1",
	},
	{
		rule: "tag-authorization: another tag on the key does not",
		key:  enableIAM, identity: []string{`{"Effect": "Allow", "Action": ["kms:GenerateDataKeyWithoutPlaintext", "kms:Decrypt"],
			"Resource": "arn:aws:kms:eu-west-1:210987654321:key/*", "Condition": {"StringEquals": {"aws:ResourceTag/Team": "Blue"}}}`},
		who: user(home, "alice"), context: context("aws:ResourceTag/Team", "Red"), want: policy.NoIdentityPolicy, through: "key 1",
	},
	{
		rule: "tag-authorization: a condition on the key's tags has no place in a key policy",
		key:  `{"Effect": "Allow", "Principal": "*", "Action": "kms:*", "Resource": "*", "Condition": {"StringEquals": {"aws:ResourceTag/Team": "Blue"}}}`,
		who:  user(home, "alice"), context: context("aws:ResourceTag/Team", "Blue"), want: policy.NoResourcePolicy,
	},
	{
		rule: "tag-authorization: keys with an ordinary tag may be used",
		key:  enableIAM, identity: []string{notReserved}, who: user(home, "alice"), context: context("aws:ResourceTag/class", "Public"),
		want: policy.Allowed, by: "identity 1.1", through: "key 1",
	},
	{
		rule: "tag-authorization: keys with a reserved tag may not be used",
		key:  enableIAM, identity: []string{notReserved}, who: user(home, "alice"), context: context("aws:ResourceTag/Class", "Secret"),
		want: policy.ExplicitDeny, by: "identity 1.2",
	},
	{
		rule: "tag-authorization: keys without a tag may not be used",
		key:  enableIAM, identity: []string{notReserved}, who: user(home, "alice"), want: policy.ExplicitDeny, by: "identity 1.3",
	},
	{
		rule: "tag-permissions: a user may tag and untag the key",
		key:  tagging, who: user(home, "dora"), action: "kms:UntagResource", want: policy.Allowed, by: "key 2",
	},
	{
		rule: "tag-permissions: a role may see the tags",
		key:  tagging, who: session(home, "ledger"), action: "kms:ListResourceTags", want: policy.Allowed, by: "key 3",
	},
	{
		rule: "tag-permissions: a role that may see the tags may not change them",
		key:  tagging, who: session(home, "ledger"), action: "kms:TagResource", want: policy.NoIdentityPolicy, through: "key 1",
	},
	{
		rule: "tag-permissions: who creates keys with tags needs to tag keys that are not known yet",
		who:  user(home, "alice"), identity: []string{taggedKeys}, action: "kms:TagResource",
		resource: "arn:aws:kms:eu-west-1:210987654321:key/0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0", context: context("aws:TagKeys", "Team"),
		want: policy.Allowed, by: "identity 1.3",
	},
	{
		rule: "tag-permissions: tags with an allowed tag key may be put on a key whose policy leaves it to identity policies",
		key:  enableIAM, who: user(home, "alice"), identity: []string{taggedKeys}, action: "kms:TagResource",
		context: context("aws:TagKeys", "Team"), want: policy.Allowed, by: "identity 1.3", through: "key 1",
	},
	{
		rule: "tag-permissions: one tag with another tag key spoils the request",
		key:  enableIAM, who: user(home, "alice"), identity: []string{taggedKeys}, action: "kms:UntagResource",
		context: context("aws:TagKeys", "Team", "aws:TagKeys", "Cost"), want: policy.NoIdentityPolicy, through: "key 1",
	},
	{
		rule: "alias-authorization: the aliases of a key count, whichever way the request names it",
		key:  enableIAM, who: user(home, "alice"), identity: []string{rotators}, action: "kms:EnableKeyRotation",
		context: context("kms:ResourceAliases", "alias/blog", "kms:ResourceAliases", "alias/core-bills"), want: policy.Allowed, by: "identity 1.1", through: "key 1",
	},
	{
		rule: "alias-authorization: a key without such an alias is left alone",
		key:  enableIAM, who: user(home, "alice"), identity: []string{rotators}, action: "kms:EnableKeyRotation",
		context: context("kms:ResourceAliases", "alias/blog"), want: policy.NoIdentityPolicy, through: "key 1",
	},
	{
		rule: "alias-authorization: an alias in a Resource is not the key that it names",
		key:  enableIAM, identity: []string{`{"Effect": "Allow", "Action": "kms:Decrypt", "Resource": "arn:aws:kms:eu-west-1:210987654321:alias/blog"}`},
		who: user(home, "alice"), context: context("kms:RequestAlias", "alias/blog"), want: policy.NoIdentityPolicy, through: "key 1",
	},
	{
		rule: "iam-policies-best-practices: a Resource of * is for the keys of other accounts too, if these let the account in",
		key:  allow(`{"AWS": "345678901234"}`), identity: []string{`{"Effect": "Allow", "Action": "kms:Decrypt", "Resource": "*"}`},
		who: user(away, "carol"), want: policy.Allowed, by: "identity 1.1", through: "key 1",
	},
	{
		rule: "iam-policies-best-practices: a Resource for the keys of the account keeps those of others out",
		key:  allow(`{"AWS": "345678901234"}`), identity: []string{`{"Effect": "Allow", "Action": "kms:Decrypt", "Resource": "arn:aws:kms:*:345678901234:key/*"}`},
		who: user(away, "carol"), want: policy.NoIdentityPolicy, through: "key 1",
	},
	{
		rule: "hmac-authz: a condition on the usage lets a user create HMAC keys",
		who:  user(home, "alice"), action: "kms:CreateKey", resource: "*", context: context("kms:KeyUsage", "GENERATE_VERIFY_MAC", "kms:KeySpec", "HMAC_384"),
		identity: []string{`{"Effect": "Allow", "Action": "kms:CreateKey", "Resource": "*", "Condition": {"StringEquals": {"kms:KeyUsage": "GENERATE_VERIFY_MAC"}}}`},
		want:     policy.Allowed, by: "identity 1.1",
	},
	{
		rule: "hmac-authz: a condition on the spec lets a user delete keys of that spec only",
		key:  enableIAM, who: user(home, "alice"), action: "kms:ScheduleKeyDeletion", context: context("kms:KeySpec", "SYMMETRIC_DEFAULT"),
		identity: []string{`{"Effect": "Allow", "Action": ["kms:ScheduleKeyDeletion", "kms:CancelKeyDeletion"], "Resource": "*", "Condition": {"StringEquals": {"kms:KeySpec": "HMAC_256"}}}`},
		want:     policy.NoIdentityPolicy, through: "key 1",
	},
	{
		rule: "alias-access: an identity policy lets a user manage an alias",
		who:  user(home, "alice"), identity: []string{aliases}, action: "kms:UpdateAlias", resource: "arn:aws:kms:eu-west-1:210987654321:alias/blog",
		want: policy.Allowed, by: "identity 1.1",
	},
	{
		rule: "alias-access: an identity policy excepts aliases",
		who:  user(home, "alice"), identity: []string{aliases}, action: "kms:UpdateAlias", resource: "arn:aws:kms:eu-west-1:210987654321:alias/core-db",
		want: policy.ExplicitDeny, by: "identity 1.2",
	},
	{
		rule: "alias-access: the key policy lets a user give the key an alias",
		key: `{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::210987654321:user/dora"},
			"Action": ["kms:CreateAlias", "kms:DescribeKey"], "Resource": "*"}`,
		who: user(home, "dora"), action: "kms:CreateAlias", want: policy.Allowed, by: "key 1",
	},
	{
		rule: "alias-access: the origin of the key limits who may give it an alias",
		key:  enableIAM, identity: []string{`{"Effect": "Allow", "Resource": "arn:aws:kms:eu-west-1:210987654321:key/*",
			"Action": ["kms:CreateAlias", "kms:UpdateAlias", "kms:DeleteAlias"], "Condition": {"StringEquals": {"kms:KeyOrigin": "AWS_KMS"}}}`},
		who: user(home, "alice"), action: "kms:CreateAlias", context: context("kms:KeyOrigin", "EXTERNAL"), want: policy.NoIdentityPolicy, through: "key 1",
	},
	{
		rule: "multi-region-keys-auth: a policy for all related keys has a wildcard for the Region",
		key:  enableIAM, identity: []string{`{"Effect": "Allow", "Action": ["kms:Describe*", "kms:List*"], "Resource": "arn:aws:kms:*:210987654321:key/mrk-5e1d9c0b7a3f4826"}`},
		who: user(home, "alice"), action: "kms:DescribeKey", resource: "arn:aws:kms:ap-south-1:210987654321:key/mrk-5e1d9c0b7a3f4826",
		want: policy.Allowed, by: "identity 1.1", through: "key 1",
	},
	{
		rule: "multi-region-keys-auth: a user may not create multi-Region keys",
		who:  user(home, "alice"), action: "kms:CreateKey", resource: "*", context: context("kms:MultiRegion", "true"),
		identity: []string{
			`{"Effect": "Allow", "Action": ["kms:CreateKey", "iam:CreateServiceLinkedRole"], "Resource": "*"}`,
			`{"Effect": "Deny", "Action": "kms:CreateKey", "Resource": "*", "Condition": {"Bool": {"kms:MultiRegion": true}}}`,
		},
		want: policy.ExplicitDeny, by: "identity 2.1",
	},
	{
		rule: "multi-region-keys-auth: a user may create single-Region keys",
		who:  user(home, "alice"), action: "kms:CreateKey", resource: "*", context: context("kms:MultiRegion", "false"),
		identity: []string{
			`{"Effect": "Allow", "Action": ["kms:CreateKey", "iam:CreateServiceLinkedRole"], "Resource": "*"}`,
			`{"Effect": "Deny", "Action": "kms:CreateKey", "Resource": "*", "Condition": {"Bool": {"kms:MultiRegion": true}}}`,
		},
		want: policy.Allowed, by: "identity 1.1",
	},
	{
		rule: "multi-region-keys-auth: a role may update the primary Region",
		key:  `{"Effect": "Allow", "Resource": "*", "Principal": {"AWS": "` + roleARN + `"}, "Action": "kms:UpdatePrimaryRegion"}`,
		who:  session(home, "ledger"), action: "kms:UpdatePrimaryRegion", want: policy.Allowed, by: "key 1",
	},
	{
		rule: "multi-region-keys-auth: a user may not use multi-Region keys at all",
		key:  enableIAM, identity: []string{mayDecrypt, `{"Effect": "Deny", "Action": "kms:*", "Resource": "*", "Condition": {"Bool": {"kms:MultiRegion": true}}}`},
		who: user(home, "alice"), context: context("kms:MultiRegion", "true"), want: policy.ExplicitDeny, by: "identity 2.1",
	},
	{
		rule: "deleting-keys-adding-permission: an administrator may schedule deletion",
		key: `{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::210987654321:user/dora"},
			"Action": ["kms:ScheduleKeyDeletion", "kms:CancelKeyDeletion"], "Resource": "*"}`,
		who: user(home, "dora"), action: "kms:CancelKeyDeletion", want: policy.Allowed, by: "key 1",
	},
}

// example is an example statement of the pages about condition keys, and about
// grants, which refer to them.
type example struct {
	key       string // the page, and the condition key
	effect    string // Allow if empty
	action    string // of the statement; the request is for it without its wildcard
	condition string
	// The requests that the statement applies to, and those that it does not.
	applies, fails map[string]values
}

// conditionGuideCases has the examples, and those of the pages that are about
// identity policies or take two statements.
var conditionGuideCases = append(exampleDecisions(), []decisionCase{
	{
		rule: "kms:EncryptionAlgorithm: an identity policy denies asymmetric encryption with the keys of an account",
		key:  enableIAM, who: user(home, "alice"), context: context("kms:EncryptionAlgorithm", "RSAES_OAEP_SHA_256"),
		identity: []string{mayDecrypt, `{"Effect": "Deny", "Action": ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*"],
			"Resource": "arn:aws:kms:eu-west-1:210987654321:key/*", "Condition": {"StringNotEquals": {"kms:EncryptionAlgorithm": "SYMMETRIC_DEFAULT"}}}`},
		want: policy.ExplicitDeny, by: "identity 2.1",
	},
	{
		rule: "kms:EncryptionContext: either pair is enough if each has a statement",
		key: `{"Effect": "Allow", "Principal": "*", "Action": "kms:Decrypt", "Resource": "*", "Condition": {"StringEquals": {"kms:EncryptionContext:Shop": "Nord"}}},
			{"Effect": "Allow", "Principal": "*", "Action": "kms:Decrypt", "Resource": "*", "Condition": {"StringEquals": {"kms:EncryptionContext:Till": "4"}}}`,
		who: session(home, "ledger"), context: context("kms:EncryptionContext:Shop", "Süd", "kms:EncryptionContext:Till", "4"),
		want: policy.Allowed, by: "key 2",
	},
	{
		rule: "kms:MacAlgorithm: either algorithm is enough if each has a statement",
		key: `{"Effect": "Allow", "Principal": "*", "Action": ["kms:GenerateMac", "kms:VerifyMac"], "Resource": "*", "Condition": {"StringEquals": {"kms:MacAlgorithm": "HMAC_SHA_384"}}},
			{"Effect": "Allow", "Principal": "*", "Action": ["kms:GenerateMac", "kms:VerifyMac"], "Resource": "*", "Condition": {"StringEquals": {"kms:MacAlgorithm": "HMAC_SHA_512"}}}`,
		who: session(home, "ledger"), action: "kms:VerifyMac", context: context("kms:MacAlgorithm", "HMAC_SHA_512"),
		want: policy.Allowed, by: "key 2",
	},
	{
		rule: "kms:KeyOrigin: an identity policy lets a user create keys whose material KMS makes",
		who:  user(home, "alice"), action: "kms:CreateKey", resource: "*", context: context("kms:KeyOrigin", "AWS_KMS"),
		identity: []string{`{"Effect": "Allow", "Action": "kms:CreateKey", "Resource": "*", "Condition": {"StringEquals": {"kms:KeyOrigin": "AWS_KMS"}}}`},
		want:     policy.Allowed, by: "identity 1.1",
	},
	{
		rule: "kms:KeySpec: an identity policy lets a user create RSA keys only",
		who:  user(home, "alice"), action: "kms:CreateKey", resource: "*", context: context("kms:KeySpec", "ECC_NIST_P256"),
		identity: []string{`{"Effect": "Allow", "Action": "kms:CreateKey", "Resource": "*", "Condition": {"StringLike": {"kms:KeySpec": "RSA_*"}}}`},
		want:     policy.NoIdentityPolicy,
	},
	{
		rule: "kms:KeyUsage: an identity policy lets a user create keys for encryption",
		who:  user(home, "alice"), action: "kms:CreateKey", resource: "*", context: context("kms:KeyUsage", "ENCRYPT_DECRYPT"),
		identity: []string{`{"Effect": "Allow", "Action": "kms:CreateKey", "Resource": "*", "Condition": {"StringEquals": {"kms:KeyUsage": "ENCRYPT_DECRYPT"}}}`},
		want:     policy.Allowed, by: "identity 1.1",
	},
	{
		rule: "kms:KeySpec: a condition on a key fails an operation without one",
		who:  user(home, "alice"), action: "kms:ListKeys", resource: "*",
		identity: []string{`{"Effect": "Allow", "Action": "kms:*", "Resource": "*", "Condition": {"StringEquals": {"kms:KeySpec": "SYMMETRIC_DEFAULT"}}}`},
		want:     policy.NoIdentityPolicy,
	},
	{
		rule: "kms:ResourceAliases: an identity policy is for keys that have an alias",
		key:  enableIAM, who: user(home, "alice"), action: "kms:GenerateDataKey",
		context: context("kms:ResourceAliases", "alias/spare", "kms:ResourceAliases", "alias/bills"),
		identity: []string{`{"Effect": "Allow", "Action": "kms:GenerateDataKey", "Resource": ["arn:aws:kms:*:210987654321:key/*", "arn:aws:kms:*:345678901234:key/*"],
			"Condition": {"ForAnyValue:StringEquals": {"kms:ResourceAliases": "alias/bills"}}}`},
		want: policy.Allowed, by: "identity 1.1", through: "key 1",
	},
	{
		rule: "kms:ResourceAliases: ForAnyValue beside ForAllValues keeps keys without an alias out",
		key:  enableIAM, who: user(home, "alice"), action: "kms:EnableKey",
		identity: []string{`{"Effect": "Allow", "Action": ["kms:EnableKey", "kms:DisableKey"], "Resource": "arn:aws:kms:*:210987654321:key/*", "Condition": {
			"ForAllValues:StringLike": {"kms:ResourceAliases": ["alias/*Test*"]}, "ForAnyValue:StringLike": {"kms:ResourceAliases": ["alias/*Test*"]}}}`},
		want: policy.NoIdentityPolicy, through: "key 1",
	},
	{
		rule: "kms:ResourceAliases: ForAllValues keeps keys with another alias out",
		key:  enableIAM, who: user(home, "alice"), action: "kms:EnableKey",
		context: context("kms:ResourceAliases", "alias/MyTest", "kms:ResourceAliases", "alias/live"),
		identity: []string{`{"Effect": "Allow", "Action": ["kms:EnableKey", "kms:DisableKey"], "Resource": "arn:aws:kms:*:210987654321:key/*", "Condition": {
			"ForAllValues:StringLike": {"kms:ResourceAliases": ["alias/*Test*"]}, "ForAnyValue:StringLike": {"kms:ResourceAliases": ["alias/*Test*"]}}}`},
		want: policy.NoIdentityPolicy, through: "key 1",
	},
	{
		rule: "kms:ResourceAliases: keys all of whose aliases match may be enabled",
		key:  enableIAM, who: user(home, "alice"), action: "kms:EnableKey",
		context: context("kms:ResourceAliases", "alias/MyTest", "kms:ResourceAliases", "alias/Test2"),
		identity: []string{`{"Effect": "Allow", "Action": ["kms:EnableKey", "kms:DisableKey"], "Resource": "arn:aws:kms:*:210987654321:key/*", "Condition": {
			"ForAllValues:StringLike": {"kms:ResourceAliases": ["alias/*Test*"]}, "ForAnyValue:StringLike": {"kms:ResourceAliases": ["alias/*Test*"]}}}`},
		want: policy.Allowed, by: "identity 1.1", through: "key 1",
	},
	{
		rule: "aws:SourceIp: a Deny for other addresses hits a service that calls for the user",
		key:  enableIAM, who: user(home, "alice"), context: context("aws:SourceIp", "198.51.100.20", "kms:ViaService", "ec2.eu-west-1.amazonaws.com"),
		identity: []string{mayDecrypt, `{"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {"NotIpAddress": {"aws:SourceIp": ["192.0.2.0/24", "203.0.113.0/24"]}}}`},
		want:     policy.ExplicitDeny, by: "identity 2.1",
	},
	{
		rule: "aws:SourceIp: a Deny for other addresses that excepts services lets it through",
		key:  enableIAM, who: user(home, "alice"), context: context("aws:SourceIp", "198.51.100.20", "aws:ViaAWSService", "true"),
		identity: []string{mayDecrypt, `{"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {"Bool": {"aws:ViaAWSService": "false"},
			"NotIpAddress": {"aws:SourceIp": ["192.0.2.0/24", "203.0.113.0/24"]}}}`},
		want: policy.Allowed, by: "identity 1.1", through: "key 1",
	},
	{
		rule: "aws:PrincipalOrgID: everyone of an organization is let in, with an identity policy in other accounts",
		key: `{"Effect": "Allow", "Principal": "*", "Action": "kms:Decrypt", "Resource": "*",
			"Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-3k9x2m7q1v"}}}`,
		who:  policy.Principal{Kind: policy.User, ARN: "arn:aws:iam::345678901234:user/carol", Account: away, OrgID: "o-3k9x2m7q1v"},
		want: policy.NoIdentityPolicy, through: "key 1",
	},
}...)

func (x *example) statement() string {
	return `{"Effect": "` + cmp.Or(x.effect, "Allow") + `", "Principal": {"AWS": "` + roleARN + `"}, "Action": "` + x.action +
		`", "Resource": "*", "Condition": {` + x.condition + `}}`
}

// exampleDecisions asks for everything that the examples apply to and do not.
func exampleDecisions() []decisionCase {
	var all []decisionCase
	for _, x := range examples {
		statement := x.statement()
		for applies, requests := range map[bool]map[string]values{true: x.applies, false: x.fails} {
			for name, context := range requests {
				c := decisionCase{
					rule: x.key + ": applies to " + name, key: statement, context: context,
					who: session(home, "ledger"), action: strings.TrimSuffix(x.action, "*"), want: policy.Allowed, by: "key 1",
				}
				if !applies {
					c.rule = x.key + ": does not apply to " + name
				}
				switch {
				case x.effect == "" && !applies:
					c.want, c.by = policy.NoResourcePolicy, ""
				case x.effect == "Deny":
					c.key = action(`"Action": "kms:*"`) + "," + statement
					if applies {
						c.want, c.by = policy.ExplicitDeny, "key 2"
					}
				}
				all = append(all, c)
			}
		}
	}
	return all
}

var examples = []example{
	{
		key: "kms:BypassPolicyLockoutSafetyCheck, denied", effect: "Deny", action: "kms:PutKeyPolicy",
		condition: `"Bool": {"kms:BypassPolicyLockoutSafetyCheck": true}`,
		applies:   map[string]values{"a bypass": context("kms:BypassPolicyLockoutSafetyCheck", "true")},
		fails:     map[string]values{"no bypass": context("kms:BypassPolicyLockoutSafetyCheck", "false"), "silence": nil},
	},
	{
		key: "kms:BypassPolicyLockoutSafetyCheck, not mentioned", action: "kms:PutKeyPolicy",
		condition: `"Null": {"kms:BypassPolicyLockoutSafetyCheck": true}`,
		applies:   map[string]values{"silence": nil},
		fails:     map[string]values{"a bypass": context("kms:BypassPolicyLockoutSafetyCheck", "true")},
	},
	{
		key: "kms:CallerAccount with kms:ViaService", action: "kms:CreateGrant",
		condition: `"StringEquals": {"kms:CallerAccount": "210987654321", "kms:ViaService": "ec2.eu-west-1.amazonaws.com"}`,
		applies:   map[string]values{"the account through the service": context("kms:CallerAccount", home, "kms:ViaService", "ec2.eu-west-1.amazonaws.com")},
		fails: map[string]values{
			"the account directly":                context("kms:CallerAccount", home),
			"another account through the service": context("kms:CallerAccount", away, "kms:ViaService", "ec2.eu-west-1.amazonaws.com"),
		},
	},
	{
		key: "kms:DataKeyPairSpec", action: "kms:GenerateDataKeyPair", condition: `"StringLike": {"kms:DataKeyPairSpec": "RSA*"}`,
		applies: map[string]values{"RSA": context("kms:DataKeyPairSpec", "RSA_3072")},
		fails:   map[string]values{"a curve": context("kms:DataKeyPairSpec", "ECC_NIST_P256")},
	},
	{
		key: "kms:EncryptionAlgorithm", effect: "Deny", action: "kms:Encrypt", condition: `"StringNotEquals": {"kms:EncryptionAlgorithm": "RSAES_OAEP_SHA_256"}`,
		applies: map[string]values{"another algorithm": context("kms:EncryptionAlgorithm", "RSAES_OAEP_SHA_1")},
		fails:   map[string]values{"the algorithm": context("kms:EncryptionAlgorithm", "RSAES_OAEP_SHA_256")},
	},
	{
		key: "kms:EncryptionAlgorithm of the operation", effect: "Deny", action: "kms:GenerateDataKey*", condition: `"StringNotEquals": {"kms:EncryptionAlgorithm": "SYMMETRIC_DEFAULT"}`,
		fails: map[string]values{"a data key, which is always symmetric": context("kms:EncryptionAlgorithm", "SYMMETRIC_DEFAULT")},
	},
	{
		key: "kms:EncryptionContext, one pair", action: "kms:GenerateDataKey", condition: `"StringEquals": {"kms:EncryptionContext:Shop": "Nord"}`,
		applies: map[string]values{
			"the pair":          context("kms:EncryptionContext:Shop", "Nord"),
			"the pair and more": context("kms:EncryptionContext:Shop", "Nord", "kms:EncryptionContext:Till", "4"),
			"another case":      context("kms:EncryptionContext:shop", "Nord"),
		},
		fails: map[string]values{
			"another value":                  context("kms:EncryptionContext:Shop", "Süd"),
			"the value in another case":      context("kms:EncryptionContext:Shop", "nord"),
			"another pair":                   context("kms:EncryptionContext:Till", "Nord"),
			"no encryption context anywhere": nil,
		},
	},
	{
		key: "kms:EncryptionContext, one pair and no other", action: "kms:GenerateDataKey",
		condition: `"StringEquals": {"kms:EncryptionContext:Shop": "Nord"}, "ForAllValues:StringEquals": {"kms:EncryptionContextKeys": ["Shop"]}`,
		applies:   map[string]values{"the pair": context("kms:EncryptionContext:Shop", "Nord", "kms:EncryptionContextKeys", "Shop")},
		fails: map[string]values{
			"more pairs": context("kms:EncryptionContext:Shop", "Nord", "kms:EncryptionContext:Till", "4", "kms:EncryptionContextKeys", "Shop", "kms:EncryptionContextKeys", "Till"),
			"none":       nil,
		},
	},
	{
		key: "kms:EncryptionContext, denied", effect: "Deny", action: "kms:GenerateDataKey", condition: `"StringEquals": {"kms:EncryptionContext:Stage": "Prod"}`,
		applies: map[string]values{"the pair": context("kms:EncryptionContext:Stage", "Prod")},
		fails:   map[string]values{"another value": context("kms:EncryptionContext:Stage", "Test"), "none": nil},
	},
	{
		key: "kms:EncryptionContext, two pairs", action: "kms:Decrypt",
		condition: `"StringEquals": {"kms:EncryptionContext:Shop": "Nord", "kms:EncryptionContext:Till": "4"}`,
		applies:   map[string]values{"both": context("kms:EncryptionContext:Shop", "Nord", "kms:EncryptionContext:Till", "4")},
		fails:     map[string]values{"one": context("kms:EncryptionContext:Shop", "Nord")},
	},
	{
		key: "kms:EncryptionContext, two pairs and no other", action: "kms:GenerateDataKey",
		condition: `"StringEquals": {"kms:EncryptionContext:Shop": "Nord", "kms:EncryptionContext:Till": "4"},
			"ForAllValues:StringEquals": {"kms:EncryptionContextKeys": ["Shop", "Till"]}`,
		applies: map[string]values{"both": context("kms:EncryptionContext:Shop", "Nord", "kms:EncryptionContext:Till", "4", "kms:EncryptionContextKeys", "Shop", "kms:EncryptionContextKeys", "Till")},
		fails: map[string]values{"a third": context("kms:EncryptionContext:Shop", "Nord", "kms:EncryptionContext:Till", "4",
			"kms:EncryptionContextKeys", "Shop", "kms:EncryptionContextKeys", "Till", "kms:EncryptionContextKeys", "Day")},
	},
	{
		key: "kms:EncryptionContext, several values denied", effect: "Deny", action: "kms:GenerateDataKey",
		condition: `"StringEquals": {"kms:EncryptionContext:Stage": ["Prod", "Live"]}`,
		applies:   map[string]values{"the second": context("kms:EncryptionContext:Stage", "Live")},
		fails:     map[string]values{"neither": context("kms:EncryptionContext:Stage", "Test")},
	},
	{
		key: "kms:EncryptionContext with the case of its key", action: "kms:GenerateDataKey",
		condition: `"ForAnyValue:StringEquals": {"kms:EncryptionContextKeys": "Shop"}, "StringEquals": {"kms:EncryptionContext:Shop": "Nord"}`,
		applies:   map[string]values{"the case": context("kms:EncryptionContext:Shop", "Nord", "kms:EncryptionContextKeys", "Shop")},
		fails:     map[string]values{"another case": context("kms:EncryptionContext:shop", "Nord", "kms:EncryptionContextKeys", "shop")},
	},
	{
		key: "kms:EncryptionContext with a variable of an identity provider", action: "kms:Decrypt",
		condition: `"StringEquals": {"kms:EncryptionContext:sub": "${cognito-identity.amazonaws.com:sub}"}`,
		applies:   map[string]values{"the caller's": context("kms:EncryptionContext:sub", "eu-west-1:77", "cognito-identity.amazonaws.com:sub", "eu-west-1:77")},
		fails: map[string]values{
			"another's":          context("kms:EncryptionContext:sub", "eu-west-1:78", "cognito-identity.amazonaws.com:sub", "eu-west-1:77"),
			"without a provider": context("kms:EncryptionContext:sub", "eu-west-1:78"),
		},
	},
	{
		key: "kms:EncryptionContextKeys, one of them", action: "kms:Encrypt", condition: `"ForAnyValue:StringEquals": {"kms:EncryptionContextKeys": "Shop"}`,
		applies: map[string]values{"two keys": context("kms:EncryptionContextKeys", "Till", "kms:EncryptionContextKeys", "Shop")},
		fails:   map[string]values{"another key": context("kms:EncryptionContextKeys", "Till"), "none": nil},
	},
	{
		key: "kms:EncryptionContextKeys, any", action: "kms:Encrypt", condition: `"Null": {"kms:EncryptionContextKeys": false}`,
		applies: map[string]values{"a key": context("kms:EncryptionContextKeys", "Till")},
		fails:   map[string]values{"none": nil},
	},
	{
		key: "kms:ExpirationModel", action: "kms:ImportKeyMaterial", condition: `"StringEquals": {"kms:ExpirationModel": "KEY_MATERIAL_DOES_NOT_EXPIRE"}`,
		applies: map[string]values{"does not expire": context("kms:ExpirationModel", "KEY_MATERIAL_DOES_NOT_EXPIRE")},
		fails:   map[string]values{"expires": context("kms:ExpirationModel", "KEY_MATERIAL_EXPIRES"), "silence": nil},
	},
	{
		key: "kms:ExpirationModel, not mentioned", action: "kms:ImportKeyMaterial", condition: `"Null": {"kms:ExpirationModel": true}`,
		applies: map[string]values{"silence": nil},
		fails:   map[string]values{"does not expire": context("kms:ExpirationModel", "KEY_MATERIAL_DOES_NOT_EXPIRE")},
	},
	{
		key: "kms:GrantConstraintType", action: "kms:CreateGrant", condition: `"StringEquals": {"kms:GrantConstraintType": "EncryptionContextEquals"}`,
		applies: map[string]values{"equals": context("kms:GrantConstraintType", "EncryptionContextEquals")},
		fails:   map[string]values{"subset": context("kms:GrantConstraintType", "EncryptionContextSubset"), "none": nil},
	},
	{
		key: "kms:GrantIsForAWSResource", action: "kms:CreateGrant", condition: `"Bool": {"kms:GrantIsForAWSResource": true}`,
		applies: map[string]values{"through a service": context("kms:GrantIsForAWSResource", "true")},
		fails:   map[string]values{"directly": context("kms:GrantIsForAWSResource", "false")},
	},
	{
		key: "kms:GrantOperations", action: "kms:CreateGrant", condition: `"ForAllValues:StringEquals": {"kms:GrantOperations": ["Encrypt", "ReEncryptTo"]}`,
		applies: map[string]values{
			"one":  context("kms:GrantOperations", "Encrypt"),
			"both": context("kms:GrantOperations", "Encrypt", "kms:GrantOperations", "ReEncryptTo"),
		},
		fails: map[string]values{"another too": context("kms:GrantOperations", "Encrypt", "kms:GrantOperations", "Decrypt")},
	},
	{
		key: "kms:GrantOperations, one of them", action: "kms:CreateGrant", condition: `"ForAnyValue:StringEquals": {"kms:GrantOperations": ["Encrypt", "ReEncryptTo"]}`,
		applies: map[string]values{"another too": context("kms:GrantOperations", "Encrypt", "kms:GrantOperations", "Decrypt")},
		fails:   map[string]values{"others only": context("kms:GrantOperations", "Decrypt")},
	},
	{
		key: "kms:GranteePrincipal", action: "kms:CreateGrant", condition: `"StringEquals": {"kms:GranteePrincipal": "arn:aws:iam::210987654321:role/limited"}`,
		applies: map[string]values{"the role": context("kms:GranteePrincipal", "arn:aws:iam::210987654321:role/limited")},
		fails:   map[string]values{"another": context("kms:GranteePrincipal", "arn:aws:iam::210987654321:role/unlimited")},
	},
	{
		key: "kms:GranteeServicePrincipal, kms:RetiringServicePrincipal and kms:GrantConstraintSourceArn", action: "kms:CreateGrant",
		condition: `"StringEquals": {"kms:ViaService": "supportauthz.eu-west-1.amazonaws.com",
				"kms:GranteeServicePrincipal": "eu-west-1.supportauthz.amazonaws.com", "kms:RetiringServicePrincipal": "eu-west-1.supportauthz.amazonaws.com"},
			"ForAllValues:StringEquals": {"kms:GrantOperations": ["DescribeKey", "GetPublicKey", "Sign"]},
			"ArnLike": {"kms:GrantConstraintSourceArn": "arn:aws:supportauthz:eu-west-1:210987654321:supportpermit/*"}`,
		applies: map[string]values{"all of it": context("kms:ViaService", "supportauthz.eu-west-1.amazonaws.com",
			"kms:GranteeServicePrincipal", "eu-west-1.supportauthz.amazonaws.com", "kms:RetiringServicePrincipal", "eu-west-1.supportauthz.amazonaws.com",
			"kms:GrantOperations", "Sign", "kms:GrantConstraintSourceArn", "arn:aws:supportauthz:eu-west-1:210987654321:supportpermit/5")},
		fails: map[string]values{"no source ARN": context("kms:ViaService", "supportauthz.eu-west-1.amazonaws.com",
			"kms:GranteeServicePrincipal", "eu-west-1.supportauthz.amazonaws.com", "kms:RetiringServicePrincipal", "eu-west-1.supportauthz.amazonaws.com",
			"kms:GrantOperations", "Sign")},
	},
	{
		key: "kms:KeyAgreementAlgorithm", effect: "Deny", action: "kms:DeriveSharedSecret", condition: `"StringNotEquals": {"kms:KeyAgreementAlgorithm": "ECDH"}`,
		applies: map[string]values{"another": context("kms:KeyAgreementAlgorithm", "XDH")},
		fails:   map[string]values{"ECDH": context("kms:KeyAgreementAlgorithm", "ECDH")},
	},
	{
		key: "kms:KeyOrigin", action: "kms:Encrypt", condition: `"StringEquals": {"kms:KeyOrigin": "AWS_CLOUDHSM"}`,
		applies: map[string]values{"CloudHSM": context("kms:KeyOrigin", "AWS_CLOUDHSM")},
		fails:   map[string]values{"KMS": context("kms:KeyOrigin", "AWS_KMS")},
	},
	{
		key: "kms:KeySpec", action: "kms:DescribeKey", condition: `"StringEquals": {"kms:KeySpec": "SYMMETRIC_DEFAULT"}`,
		applies: map[string]values{"symmetric": context("kms:KeySpec", "SYMMETRIC_DEFAULT")},
		fails:   map[string]values{"RSA": context("kms:KeySpec", "RSA_2048")},
	},
	{
		key: "kms:CustomerMasterKeySpec, the old name", action: "kms:DescribeKey", condition: `"StringLike": {"kms:CustomerMasterKeySpec": "RSA_*"}`,
		applies: map[string]values{"RSA": context("kms:CustomerMasterKeySpec", "RSA_2048")},
		fails:   map[string]values{"symmetric": context("kms:CustomerMasterKeySpec", "SYMMETRIC_DEFAULT")},
	},
	{
		key: "kms:KeyUsage", action: "kms:GetPublicKey", condition: `"StringEquals": {"kms:KeyUsage": "SIGN_VERIFY"}`,
		applies: map[string]values{"signing": context("kms:KeyUsage", "SIGN_VERIFY")},
		fails:   map[string]values{"encryption": context("kms:KeyUsage", "ENCRYPT_DECRYPT")},
	},
	{
		key: "kms:MacAlgorithm", action: "kms:GenerateMac", condition: `"StringEquals": {"kms:MacAlgorithm": "HMAC_SHA_384"}`,
		applies: map[string]values{"the algorithm": context("kms:MacAlgorithm", "HMAC_SHA_384")},
		fails:   map[string]values{"another": context("kms:MacAlgorithm", "HMAC_SHA_256")},
	},
	{
		key: "kms:MessageType", action: "kms:Sign", condition: `"StringEquals": {"kms:MessageType": "RAW"}`,
		applies: map[string]values{"a message": context("kms:MessageType", "RAW")},
		fails:   map[string]values{"a digest": context("kms:MessageType", "DIGEST")},
	},
	{
		key: "kms:MultiRegion", action: "kms:Encrypt", condition: `"Bool": {"kms:MultiRegion": false}`,
		applies: map[string]values{"single-Region": context("kms:MultiRegion", "false")},
		fails:   map[string]values{"multi-Region": context("kms:MultiRegion", "true")},
	},
	{
		key: "kms:MultiRegionKeyType", action: "kms:ScheduleKeyDeletion", condition: `"StringEquals": {"kms:MultiRegionKeyType": "REPLICA"}`,
		applies: map[string]values{"a replica": context("kms:MultiRegionKeyType", "REPLICA")},
		fails:   map[string]values{"a primary": context("kms:MultiRegionKeyType", "PRIMARY"), "a single-Region key": nil},
	},
	{
		key: "kms:PrimaryRegion", action: "kms:UpdatePrimaryRegion", condition: `"StringEquals": {"kms:PrimaryRegion": ["eu-west-1", "eu-north-1"]}`,
		applies: map[string]values{"one of them": context("kms:PrimaryRegion", "eu-north-1")},
		fails:   map[string]values{"another": context("kms:PrimaryRegion", "us-east-1")},
	},
	{
		key: "kms:ReEncryptOnSameKey", action: "kms:ReEncrypt*", condition: `"Bool": {"kms:ReEncryptOnSameKey": true}`,
		applies: map[string]values{"the same key": context("kms:ReEncryptOnSameKey", "true")},
		fails:   map[string]values{"another key": context("kms:ReEncryptOnSameKey", "false")},
	},
	{
		key: "kms:RecipientAttestation:ImageSha384", action: "kms:Decrypt", condition: `"StringEqualsIgnoreCase": {"kms:RecipientAttestation:ImageSha384": "00ABCDEF"}`,
		applies: map[string]values{"the image": context("kms:RecipientAttestation:ImageSha384", "00abcdef")},
		fails:   map[string]values{"another image": context("kms:RecipientAttestation:ImageSha384", "00abcdee"), "no attestation": nil},
	},
	{
		key: "kms:RecipientAttestation:PCR", action: "kms:Decrypt", condition: `"StringEqualsIgnoreCase": {"kms:RecipientAttestation:PCR1": "0x1f"}`,
		applies: map[string]values{"the kernel": context("kms:RecipientAttestation:PCR1", "0x1F")},
		fails:   map[string]values{"another register": context("kms:RecipientAttestation:PCR2", "0x1F"), "no attestation": nil},
	},
	{
		key: "kms:RecipientAttestation:NitroTPMPCR", action: "kms:Decrypt", condition: `"StringEqualsIgnoreCase": {"kms:RecipientAttestation:NitroTPMPCR4": "1f"}`,
		applies: map[string]values{"the boot loader": context("kms:RecipientAttestation:NitroTPMPCR4", "1F")},
		fails:   map[string]values{"no attestation": nil},
	},
	{
		key: "kms:ReplicaRegion", action: "kms:ReplicateKey", condition: `"StringEquals": {"kms:ReplicaRegion": ["eu-west-3", "eu-north-1"]}`,
		applies: map[string]values{"one of them": context("kms:ReplicaRegion", "eu-west-3")},
		fails:   map[string]values{"another": context("kms:ReplicaRegion", "us-east-1")},
	},
	{
		key: "kms:RequestAlias", action: "kms:GenerateDataKey", condition: `"StringEquals": {"kms:RequestAlias": "alias/bills"}`,
		applies: map[string]values{"by the alias": context("kms:RequestAlias", "alias/bills")},
		fails:   map[string]values{"by another alias": context("kms:RequestAlias", "alias/orders"), "by its ID": nil},
	},
	{
		key: "kms:RequestAlias with a pattern", action: "kms:DescribeKey", condition: `"StringLike": {"kms:RequestAlias": "alias/*blue*"}`,
		applies: map[string]values{"by such an alias": context("kms:RequestAlias", "alias/team-blue-2")},
		fails:   map[string]values{"by another alias": context("kms:RequestAlias", "alias/team-red-2")},
	},
	{
		key: "kms:RetiringPrincipal", action: "kms:CreateGrant",
		condition: `"StringEquals": {"kms:RetiringPrincipal": ["arn:aws:iam::210987654321:role/limited", "arn:aws:iam::210987654321:user/ops"]}`,
		applies:   map[string]values{"one of them": context("kms:RetiringPrincipal", "arn:aws:iam::210987654321:user/ops")},
		fails:     map[string]values{"another": context("kms:RetiringPrincipal", "arn:aws:iam::210987654321:user/dev"), "none": nil},
	},
	{
		key: "kms:RotationPeriodInDays", effect: "Deny", action: "kms:EnableKeyRotation", condition: `"NumericLessThanEquals": {"kms:RotationPeriodInDays": "180"}`,
		applies: map[string]values{"too often": context("kms:RotationPeriodInDays", "90"), "the limit": context("kms:RotationPeriodInDays", "180")},
		fails:   map[string]values{"seldom": context("kms:RotationPeriodInDays", "1000")},
	},
	{
		key: "kms:ScheduleKeyDeletionPendingWindowInDays", effect: "Deny", action: "kms:ScheduleKeyDeletion",
		condition: `"NumericLessThanEquals": {"kms:ScheduleKeyDeletionPendingWindowInDays": "21"}`,
		applies:   map[string]values{"too soon": context("kms:ScheduleKeyDeletionPendingWindowInDays", "7")},
		fails:     map[string]values{"late": context("kms:ScheduleKeyDeletionPendingWindowInDays", "30")},
	},
	{
		key: "kms:SigningAlgorithm", action: "kms:Sign", condition: `"StringLike": {"kms:SigningAlgorithm": "RSASSA_PSS*"}`,
		applies: map[string]values{"PSS": context("kms:SigningAlgorithm", "RSASSA_PSS_SHA_512")},
		fails:   map[string]values{"PKCS #1": context("kms:SigningAlgorithm", "RSASSA_PKCS1_V1_5_SHA_512")},
	},
	{
		key: "kms:TrailingDaysWithoutKeyUsage", effect: "Deny", action: "kms:DisableKey", condition: `"NumericLessThanEquals": {"kms:TrailingDaysWithoutKeyUsage": "365"}`,
		applies: map[string]values{"a key in use": context("kms:TrailingDaysWithoutKeyUsage", "3")},
		fails:   map[string]values{"a key that nobody used for long": context("kms:TrailingDaysWithoutKeyUsage", "366")},
	},
	{
		key: "kms:ValidTo", action: "kms:ImportKeyMaterial", condition: `"NumericLessThanEquals": {"kms:ValidTo": "1936773000.0"}`,
		applies: map[string]values{"the limit": context("kms:ValidTo", "1936773000")},
		fails:   map[string]values{"later": context("kms:ValidTo", "1936773000.5"), "never": nil},
	},
	{
		key: "kms:ViaService", action: "kms:Decrypt", condition: `"StringEquals": {"kms:ViaService": ["ec2.eu-west-1.amazonaws.com", "rds.eu-west-1.amazonaws.com"]}`,
		applies: map[string]values{"one of them": context("kms:ViaService", "rds.eu-west-1.amazonaws.com")},
		fails:   map[string]values{"another Region": context("kms:ViaService", "rds.eu-west-2.amazonaws.com"), "directly": nil},
	},
	{
		key: "kms:ViaService, denied", effect: "Deny", action: "kms:Encrypt", condition: `"StringEquals": {"kms:ViaService": ["lambda.eu-west-1.amazonaws.com"]}`,
		applies: map[string]values{"the service": context("kms:ViaService", "lambda.eu-west-1.amazonaws.com")},
		fails:   map[string]values{"directly": nil},
	},
	{
		key: "kms:WrappingAlgorithm", action: "kms:GetParametersForImport", condition: `"StringNotEquals": {"kms:WrappingAlgorithm": "RSAES_OAEP_SHA_1"}`,
		applies: map[string]values{"another": context("kms:WrappingAlgorithm", "RSAES_OAEP_SHA_256")},
		fails:   map[string]values{"SHA-1": context("kms:WrappingAlgorithm", "RSAES_OAEP_SHA_1")},
	},
	{
		key: "kms:WrappingKeySpec", action: "kms:GetParametersForImport", condition: `"StringEquals": {"kms:WrappingKeySpec": "RSA_4096"}`,
		applies: map[string]values{"the spec": context("kms:WrappingKeySpec", "RSA_4096")},
		fails:   map[string]values{"another": context("kms:WrappingKeySpec", "RSA_2048")},
	},
}
