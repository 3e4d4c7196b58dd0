package policyfacts

import "strings"

// Principal is what a value of the AWS member of a Principal element names.
type Principal uint8

// What a value can name. Nobody is a value that no principal has, such as an ARN
// with a wildcard.
const (
	Nobody Principal = iota
	Everyone
	Account  // by its ID or the ARN of its root
	UniqueID // AIDA… or AROA…: what is left of a user or role that was deleted
	Named    // the ARN of a user, role, session or federated user
)

// FindPrincipal tells what a value names, and the ID of the account that it is
// or is of, as far as the value says.
func FindPrincipal(value string) (kind Principal, account string) {
	switch parts := strings.SplitN(value, ":", 6); {
	case value == "*":
		return Everyone, ""
	case isAccountID(value):
		return Account, value
	case isUniqueID(value):
		return UniqueID, ""
	case len(parts) < 6 || parts[0] != "arn" || parts[3] != "" || !isAccountID(parts[4]) || strings.ContainsAny(value, "*?"):
		return Nobody, ""
	case parts[2] == "iam" && parts[5] == "root":
		return Account, parts[4]
	case isPrincipalName(parts[2], parts[5]):
		return Named, parts[4]
	default:
		return Nobody, ""
	}
}

func isAccountID(s string) bool {
	return len(s) == 12 && strings.Trim(s, "0123456789") == ""
}

// isUniqueID recognises IDs like AIDACKCEVSQ6C2EXAMPLE, which a policy shows when
// the user or role that it named is gone.
func isUniqueID(s string) bool {
	return len(s) >= 16 && s[0] == 'A' && strings.Trim(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") == ""
}

func isPrincipalName(service, name string) bool {
	switch kind, rest, _ := strings.Cut(name, "/"); {
	case rest == "":
		return false
	case service == "iam":
		return kind == "user" || kind == "role"
	case service == "sts":
		return kind == "federated-user" || kind == "assumed-role" && strings.Contains(rest, "/")
	default:
		return false
	}
}
