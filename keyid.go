package kmskit

import "strings"

// KeyID is what a keyID argument can be, taken apart: a key or an alias, by
// itself or in an ARN. [ParseKeyID] makes one.
type KeyID struct {
	// Partition ("aws"), Region and AccountID are those of an ARN, else empty.
	Partition, Region, AccountID string
	// Key is the ID of a key: a UUID, or "mrk-" and 32 hexadecimal digits for a
	// multi-Region key. It is empty for an alias.
	Key string
	// Alias is the name of an alias with its prefix "alias/". It is empty for a key.
	Alias string
}

// ParseKeyID takes apart a key ID, a key ARN, an alias name or an alias ARN. It
// changes nothing: no prefix is added and no letter lowered, since KMS would not
// do so either. Anything else is an [ErrInvalidInput].
func ParseKeyID(s string) (KeyID, error) {
	id, resource, err := parseARN(s)
	if err != nil {
		return KeyID{}, err
	}
	key := resource
	if id.IsARN() {
		key, _ = strings.CutPrefix(resource, "key/")
	}
	switch {
	case strings.HasPrefix(resource, aliasPrefix) && len(resource) > len(aliasPrefix):
		id.Alias = resource
	case isKeyID(key) && (key != resource) == id.IsARN():
		id.Key = key
	default:
		return KeyID{}, invalidInput("ParseKeyID", "%q is no key: %s", s, anyKeyForm)
	}
	return id, nil
}

// parseARN returns the resource of an ARN of KMS and where it is, or s itself if
// it is no ARN.
func parseARN(s string) (where KeyID, resource string, err error) {
	if !strings.HasPrefix(s, "arn:") {
		return KeyID{}, s, nil
	}
	parts := strings.SplitN(s, ":", 6)
	if len(parts) != 6 || parts[1] == "" || parts[2] != "kms" || parts[3] == "" || parts[4] == "" {
		return KeyID{}, "", invalidInput("ParseKeyID", "%q is not an ARN of KMS; one is arn:aws:kms:<Region>:<account>:key/<key ID> or ...:alias/<name>", s)
	}
	return KeyID{Partition: parts[1], Region: parts[3], AccountID: parts[4]}, parts[5], nil
}

// String returns the text that [ParseKeyID] was given.
func (id KeyID) String() string {
	switch {
	case !id.IsARN():
		return id.Key + id.Alias
	case id.Alias != "":
		return "arn:" + id.Partition + ":kms:" + id.Region + ":" + id.AccountID + ":" + id.Alias
	}
	return "arn:" + id.Partition + ":kms:" + id.Region + ":" + id.AccountID + ":key/" + id.Key
}

// IsARN reports whether the key or alias is named by an ARN, and so in any
// account.
func (id KeyID) IsARN() bool { return id.Region != "" }

// IsAlias reports whether this is an alias, which may move to another key.
func (id KeyID) IsAlias() bool { return id.Alias != "" }

// IsMultiRegion reports whether this is a multi-Region key. For an alias it
// reports false, whatever the key.
func (id KeyID) IsMultiRegion() bool { return strings.HasPrefix(id.Key, "mrk-") }

const aliasPrefix = "alias/"

// isKeyID reports whether s has the form of a key ID.
func isKeyID(s string) bool {
	if digits, ok := strings.CutPrefix(s, "mrk-"); ok {
		return len(digits) == 32 && isHex(digits)
	}
	if len(s) != 36 {
		return false
	}
	for _, at := range []int{8, 13, 18, 23} {
		if s[at] != '-' {
			return false
		}
	}
	return isHex(strings.ReplaceAll(s, "-", "")) && strings.Count(s, "-") == 4
}

func isHex(s string) bool {
	return strings.Trim(s, "0123456789abcdefABCDEF") == ""
}
