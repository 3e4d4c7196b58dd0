package kmskit

import (
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/kms/types"
)

// The functions below make the policies and statements that keys have as a rule.
// Their results are plain values: change what should be otherwise. Accounts may
// be given by their IDs, which are good in every partition (aws, aws-cn,
// aws-us-gov); users, roles and resources are given by their ARNs as they are.

// DefaultKeyPolicy returns the policy that KMS gives a key which is made without
// one, with further statements after it. It leaves the key to the account: its
// identity policies decide, and its root user, who cannot be deleted, can always
// manage the key. The account is given by its ID of 12 digits, or by the ARN of
// its root.
//
// https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html
func DefaultKeyPolicy(accountID string, statements ...Statement) *PolicyDocument {
	account := Statement{
		Sid:       "Enable IAM User Permissions",
		Effect:    Allow,
		Principal: Principal{AWS: StringList{accountID}},
		Action:    StringList{"kms:*"},
		Resource:  StringList{"*"},
	}
	return &PolicyDocument{
		Version:   version2012,
		ID:        "key-default-1",
		Statement: append([]Statement{account}, statements...),
	}
}

// KeyAdministrators returns the statement by which the console lets principals
// manage a key. They may not use it, but may let themselves.
//
// Its Sid is the console's, "Allow access for Key Administrators", so that
// [PolicyManager.AddStatement] puts it in place of the administrators that the
// policy has.
func KeyAdministrators(principals ...string) Statement {
	return allow(
		"Allow access for Key Administrators", principals,
		"kms:Create*", "kms:Describe*", "kms:Enable*", "kms:List*", "kms:Put*", "kms:Update*", "kms:Revoke*",
		"kms:Disable*", "kms:Get*", "kms:Delete*", "kms:TagResource", "kms:UntagResource",
		"kms:ScheduleKeyDeletion", "kms:CancelKeyDeletion", "kms:RotateKeyOnDemand",
	)
}

// KeyUsers returns the statement by which the console lets principals use a key
// of this usage. For ENCRYPT_DECRYPT it is that of symmetric keys; the users of an
// RSA key may want kms:GetPublicKey too. Of a usage that this package does not
// know it allows kms:DescribeKey alone.
//
// A principal may be another account, by its ID: its administrators then let
// their users and roles use the key by identity policies, which have to name the
// key by its ARN. Users and roles of another account need that as well.
//
// Its Sid is the console's, "Allow use of the key", so that
// [PolicyManager.AddStatement] puts it in place of the users that the policy has.
//
// https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-modifying-external-accounts.html
func KeyUsers(usage types.KeyUsageType, principals ...string) Statement {
	return allow("Allow use of the key", principals, append(useActions(usage), "kms:DescribeKey")...)
}

func useActions(usage types.KeyUsageType) []string {
	switch usage {
	case types.KeyUsageTypeEncryptDecrypt:
		return []string{"kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*"}
	case types.KeyUsageTypeSignVerify:
		return []string{"kms:Sign", "kms:Verify", "kms:GetPublicKey"}
	case types.KeyUsageTypeGenerateVerifyMac:
		return []string{"kms:GenerateMac", "kms:VerifyMac"}
	case types.KeyUsageTypeKeyAgreement:
		return []string{"kms:DeriveSharedSecret", "kms:GetPublicKey"}
	case types.KeyUsageTypeEncapsulateDecapsulate:
		return []string{"kms:Encapsulate", "kms:Decapsulate", "kms:GetPublicKey"}
	}
	return nil
}

// GrantsForServices returns the statement by which the console lets principals
// hand the use of a key on to AWS services that act for them, such as to Amazon
// EBS for a volume: they may create, list and revoke grants, but only through a
// service. It goes with [KeyUsers] of the same principals.
//
// Its Sid is the console's, "Allow attachment of persistent resources".
//
// https://docs.aws.amazon.com/kms/latest/developerguide/policy-conditions.html#conditions-kms-grant-is-for-aws-resource
func GrantsForServices(principals ...string) Statement {
	s := allow("Allow attachment of persistent resources", principals, "kms:CreateGrant", "kms:ListGrants", "kms:RevokeGrant")
	s.Condition = Condition{"Bool": {"kms:GrantIsForAWSResource": {"true"}}}
	return s
}

// ServiceUse returns a statement that lets an AWS service, such as
// "cloudtrail.amazonaws.com", use a key by itself, but only for a resource of the
// account sourceAccountID and with the ARN sourceARN, which may have wildcards.
// Without such conditions anybody can have the service use the key for resources
// of theirs. An empty argument leaves its condition out: some services send one
// of the two.
//
// It has no Sid: set one if [PolicyManager.AddStatement] is to replace it.
//
// https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-services.html
func ServiceUse(service, sourceAccountID, sourceARN string, actions ...string) Statement {
	s := Statement{
		Effect:    Allow,
		Principal: Principal{Service: StringList{service}},
		Action:    slices.Clone(actions),
		Resource:  StringList{"*"},
		Condition: Condition{},
	}
	if sourceAccountID != "" {
		s.Condition["StringEquals"] = map[string]StringList{"aws:SourceAccount": {sourceAccountID}}
	}
	if sourceARN != "" {
		s.Condition["ArnLike"] = map[string]StringList{"aws:SourceArn": {sourceARN}}
	}
	return s
}

func allow(sid string, principals []string, actions ...string) Statement {
	return Statement{
		Sid:       sid,
		Effect:    Allow,
		Principal: Principal{AWS: slices.Clone(principals)},
		Action:    actions,
		Resource:  StringList{"*"},
	}
}
