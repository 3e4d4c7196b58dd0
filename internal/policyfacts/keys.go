// Package policyfacts holds what is fixed about the policies of KMS: which
// condition keys, condition operators and actions there are, and what the value
// of a principal can be. The linter of policies and the evaluator of package
// kmstest both know it from here.
package policyfacts

import (
	"slices"
	"strconv"
	"strings"
)

// Key describes a condition key.
type Key struct {
	// Name is the key as AWS documents it. If Family, it is what the keys begin
	// with, such as "kms:EncryptionContext:". Case does not matter in a policy.
	Name string
	// Type is what the values are.
	Type KeyType
	// List says that a request may have many values, which a policy compares with
	// ForAnyValue or ForAllValues.
	List bool
	// Family says that Name is followed by a name, of a tag for example, that is
	// not in any table.
	Family bool
	// IdentityOnly says that KMS has the key in identity policies only.
	IdentityOnly bool
}

// KeyType is the type of the values of a condition key.
type KeyType uint8

// The types of values. Requests and policies have all of them as strings.
const (
	TypeString  KeyType = iota
	TypeBool            // "true" or "false"
	TypeNumeric         // a decimal number
	TypeDate            // ISO 8601 or Unix seconds
	TypeARN
	TypeIPAddress
)

// Keys returns the condition keys that a KMS request may have: those of KMS, and
// the global ones, which begin with aws: or, if a service adds them to the
// credentials that it hands out, with the prefix of that service.
//
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_awskeymanagementservice.html
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
func Keys() []Key {
	return slices.Concat(kmsKeys[:], globalKeys[:])
}

var kmsKeys = [...]Key{
	{Name: "kms:BypassPolicyLockoutSafetyCheck", Type: TypeBool},
	{Name: "kms:CallerAccount"},
	{Name: "kms:CustomerMasterKeySpec"},  // the old name of kms:KeySpec
	{Name: "kms:CustomerMasterKeyUsage"}, // the old name of kms:KeyUsage
	{Name: "kms:DataKeyPairSpec"},
	{Name: "kms:EncryptionAlgorithm"},
	{Name: "kms:EncryptionContext:", Family: true},
	{Name: "kms:EncryptionContextKeys", List: true},
	{Name: "kms:ExpirationModel"},
	{Name: "kms:GrantConstraintSourceArn", Type: TypeARN},
	{Name: "kms:GrantConstraintType"},
	{Name: "kms:GranteePrincipal"},
	{Name: "kms:GranteeServicePrincipal"},
	{Name: "kms:GrantIsForAWSResource", Type: TypeBool},
	{Name: "kms:GrantOperations", List: true},
	{Name: "kms:KeyAgreementAlgorithm"},
	{Name: "kms:KeyOrigin"},
	{Name: "kms:KeySpec"},
	{Name: "kms:KeyUsage"},
	{Name: "kms:MacAlgorithm"},
	{Name: "kms:MessageType"},
	{Name: "kms:MultiRegion", Type: TypeBool},
	{Name: "kms:MultiRegionKeyType"},
	{Name: "kms:PrimaryRegion"},
	{Name: "kms:RecipientAttestation:ImageSha384"},
	{Name: "kms:RecipientAttestation:NitroTPMPCR", Family: true}, // 0 to 23
	{Name: "kms:RecipientAttestation:PCR", Family: true},         // 0 to 31
	{Name: "kms:ReEncryptOnSameKey", Type: TypeBool},
	{Name: "kms:ReplicaRegion"},
	{Name: "kms:RequestAlias"},
	{Name: "kms:ResourceAliases", List: true, IdentityOnly: true},
	{Name: "kms:RetiringPrincipal"},
	{Name: "kms:RetiringServicePrincipal"},
	{Name: "kms:RotationPeriodInDays", Type: TypeNumeric},
	{Name: "kms:ScheduleKeyDeletionPendingWindowInDays", Type: TypeNumeric},
	{Name: "kms:SigningAlgorithm"},
	{Name: "kms:TrailingDaysWithoutKeyUsage", Type: TypeNumeric},
	{Name: "kms:ValidTo", Type: TypeDate},
	{Name: "kms:ViaService"},
	{Name: "kms:WrappingAlgorithm"},
	{Name: "kms:WrappingKeySpec"},
}

var globalKeys = [...]Key{
	{Name: "aws:AssumedRoot", Type: TypeBool},
	{Name: "aws:CalledVia", List: true},
	{Name: "aws:CalledViaAWSMCP"},
	{Name: "aws:CalledViaFirst"},
	{Name: "aws:CalledViaLast"},
	{Name: "aws:ChatbotSourceArn", Type: TypeARN},
	{Name: "aws:CurrentTime", Type: TypeDate},
	{Name: "aws:Ec2InstanceSourcePrivateIPv4", Type: TypeIPAddress},
	{Name: "aws:Ec2InstanceSourceVpc"},
	{Name: "aws:EpochTime", Type: TypeDate},
	{Name: "aws:FederatedProvider"},
	{Name: "aws:IsMcpServiceAction", Type: TypeBool},
	{Name: "aws:MultiFactorAuthAge", Type: TypeNumeric},
	{Name: "aws:MultiFactorAuthPresent", Type: TypeBool},
	{Name: "aws:PrincipalAccount"},
	{Name: "aws:PrincipalArn", Type: TypeARN},
	{Name: "aws:PrincipalIsAWSService", Type: TypeBool},
	{Name: "aws:PrincipalOrgID"},
	{Name: "aws:PrincipalOrgPaths", List: true},
	{Name: "aws:PrincipalServiceName"},
	{Name: "aws:PrincipalServiceNamesList", List: true},
	{Name: "aws:PrincipalTag/", Family: true},
	{Name: "aws:PrincipalType"},
	{Name: "aws:Referer"},
	{Name: "aws:RequestedRegion"},
	{Name: "aws:RequestTag/", Family: true},
	{Name: "aws:ResourceAccount"},
	{Name: "aws:ResourceOrgID"},
	{Name: "aws:ResourceOrgPaths", List: true},
	{Name: "aws:ResourceTag/", Family: true, IdentityOnly: true},
	{Name: "aws:SecureTransport", Type: TypeBool},
	{Name: "aws:SourceAccount"},
	{Name: "aws:SourceArn", Type: TypeARN},
	{Name: "aws:SourceIdentity"},
	{Name: "aws:SourceIp", Type: TypeIPAddress},
	{Name: "aws:SourceOrgID"},
	{Name: "aws:SourceOrgPaths", List: true},
	{Name: "aws:SourceOwner"},
	{Name: "aws:SourceVpc"},
	{Name: "aws:SourceVpcArn", Type: TypeARN},
	{Name: "aws:SourceVpce"},
	{Name: "aws:TagKeys", List: true},
	{Name: "aws:TokenIssueTime", Type: TypeDate},
	{Name: "aws:UserAgent"},
	{Name: "aws:userid"},
	{Name: "aws:username"},
	{Name: "aws:ViaAWSMCPService", Type: TypeBool},
	{Name: "aws:ViaAWSService", Type: TypeBool},
	{Name: "aws:VpceAccount"},
	{Name: "aws:VpceOrgID"},
	{Name: "aws:VpceOrgPaths", List: true},
	{Name: "aws:VpcSourceIp", Type: TypeIPAddress},
	{Name: "ec2:RoleDelivery", Type: TypeNumeric},
	{Name: "ec2:SourceInstanceArn", Type: TypeARN},
	{Name: "glue:CredentialIssuingService"},
	{Name: "glue:RoleAssumedBy"},
	{Name: "identitystore:UserId"},
	{Name: "lambda:SourceFunctionArn", Type: TypeARN},
	{Name: "ssm:SourceInstanceArn", Type: TypeARN},
}

// Standing is what is known of a condition key.
type Standing uint8

// A key that is not among those of [Keys] is either one that a request might
// have nevertheless, or one of a service whose keys no KMS request has.
const (
	Unknown Standing = iota
	Foreign
	Known
)

// FindKey looks a condition key up, whatever its case. A key of an identity
// provider, such as cognito-identity.amazonaws.com:sub, is known too.
func FindKey(name string) (Key, Standing) {
	for _, table := range [...][]Key{kmsKeys[:], globalKeys[:]} {
		for _, k := range table {
			if k.is(name) {
				return k, Known
			}
		}
	}
	prefix, _, found := strings.Cut(strings.ToLower(name), ":")
	switch {
	case !found, prefix == "kms", prefix == "aws":
		return Key{}, Unknown
	case prefix == "saml", strings.Contains(prefix, "."):
		return Key{Name: name}, Known
	default:
		return Key{}, Foreign
	}
}

func (k *Key) is(name string) bool {
	if !k.Family {
		return len(name) == len(k.Name) && strings.EqualFold(name, k.Name)
	}
	if len(name) <= len(k.Name) || !strings.EqualFold(name[:len(k.Name)], k.Name) {
		return false
	}
	switch k.Name {
	case "kms:RecipientAttestation:PCR":
		return isNumberUpTo(31, name[len(k.Name):])
	case "kms:RecipientAttestation:NitroTPMPCR":
		return isNumberUpTo(23, name[len(k.Name):])
	}
	return true
}

func isNumberUpTo(highest int, s string) bool {
	n, err := strconv.Atoi(s)
	return err == nil && 0 <= n && n <= highest && strconv.Itoa(n) == s
}
