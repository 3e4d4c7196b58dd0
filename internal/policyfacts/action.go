package policyfacts

import (
	"path"
	"slices"
	"strings"
)

// Action is what a policy allows or denies.
type Action struct {
	// Name is the action without its prefix "kms:".
	Name string
	// Keyless says that the action is on no key, so that no key policy decides it.
	Keyless bool
}

// Actions returns the actions of KMS. They are the operations of its API, but
// ReEncrypt, for which there are two, one for each of its keys, and an action of
// KMS itself.
//
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_awskeymanagementservice.html
func Actions() []Action {
	return slices.Clone(actions[:])
}

// MatchAction returns the actions that a value of an Action element means, such
// as "kms:Generate*", whatever its case. Of wildcards there are * and ?.
func MatchAction(value string) []Action {
	value = strings.ToLower(value)
	pattern, wild := withoutClasses.Replace(value), strings.ContainsAny(value, "*?")
	var matches []Action
	for i, name := range folded {
		matched := name == value
		if wild {
			matched, _ = path.Match(pattern, name) // which stops its * at slashes, of which actions have none
		}
		if matched {
			matches = append(matches, actions[i])
		}
	}
	return matches
}

// withoutClasses makes a pattern of IAM one of package path, to which brackets
// and backslashes mean something.
var withoutClasses = strings.NewReplacer(`[`, `\[`, `\`, `\\`)

// folded are the actions with their prefix and in lower case.
var folded = func() (names [len(actions)]string) {
	for i, a := range actions {
		names[i] = "kms:" + strings.ToLower(a.Name)
	}
	return names
}()

var actions = [...]Action{
	{Name: "CancelKeyDeletion"},
	{Name: "ConnectCustomKeyStore", Keyless: true},
	{Name: "CreateAlias"},
	{Name: "CreateCustomKeyStore", Keyless: true},
	{Name: "CreateGrant"},
	{Name: "CreateKey", Keyless: true},
	{Name: "Decapsulate"},
	{Name: "Decrypt"},
	{Name: "DeleteAlias"},
	{Name: "DeleteCustomKeyStore", Keyless: true},
	{Name: "DeleteImportedKeyMaterial"},
	{Name: "DeriveSharedSecret"},
	{Name: "DescribeCustomKeyStores", Keyless: true},
	{Name: "DescribeKey"},
	{Name: "DisableKey"},
	{Name: "DisableKeyRotation"},
	{Name: "DisconnectCustomKeyStore", Keyless: true},
	{Name: "EnableKey"},
	{Name: "EnableKeyRotation"},
	{Name: "Encapsulate"},
	{Name: "Encrypt"},
	{Name: "GenerateDataKey"},
	{Name: "GenerateDataKeyPair"},
	{Name: "GenerateDataKeyPairWithoutPlaintext"},
	{Name: "GenerateDataKeyWithoutPlaintext"},
	{Name: "GenerateMac"},
	{Name: "GenerateRandom", Keyless: true},
	{Name: "GetKeyLastUsage"},
	{Name: "GetKeyPolicy"},
	{Name: "GetKeyRotationStatus"},
	{Name: "GetParametersForImport"},
	{Name: "GetPublicKey"},
	{Name: "ImportKeyMaterial"},
	{Name: "ListAliases", Keyless: true},
	{Name: "ListGrants"},
	{Name: "ListKeyPolicies"},
	{Name: "ListKeyRotations"},
	{Name: "ListKeys", Keyless: true},
	{Name: "ListResourceTags"},
	{Name: "ListRetirableGrants", Keyless: true},
	{Name: "PutKeyPolicy"},
	{Name: "ReEncryptFrom"},
	{Name: "ReEncryptTo"},
	{Name: "ReplicateKey"},
	{Name: "RetireGrant"},
	{Name: "RevokeGrant"},
	{Name: "RotateKeyOnDemand"},
	{Name: "ScheduleKeyDeletion"},
	{Name: "Sign"},
	{Name: "SynchronizeMultiRegionKey"},
	{Name: "TagResource"},
	{Name: "UntagResource"},
	{Name: "UpdateAlias"},
	{Name: "UpdateCustomKeyStore", Keyless: true},
	{Name: "UpdateKeyDescription"},
	{Name: "UpdatePrimaryRegion"},
	{Name: "Verify"},
	{Name: "VerifyMac"},
}
