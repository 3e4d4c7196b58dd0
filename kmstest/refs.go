package kmstest

import "strings"

// A reference is what a client gives as a KeyId, understood: a key by its ID or
// ARN, or an alias by its name or ARN.
type reference struct {
	place
	keyID string // empty for an alias
	alias string // empty for a key
}

// arn returns the ARN of what is referred to.
func (r reference) arn() string {
	if r.alias != "" {
		return r.place.arn(r.alias)
	}
	return r.place.arn("key/" + r.keyID)
}

// parseReference understands a KeyId. IDs and alias names are those of the
// caller's account and of the Region of the request.
func (c *call) parseReference(s string) (reference, error) {
	switch {
	case strings.HasPrefix(s, "arn:"):
		return c.parseARN(s)
	case strings.HasPrefix(s, aliasPrefix):
		return reference{place: c.region.place, alias: s}, nil
	case isKeyID(s):
		return reference{place: c.region.place, keyID: s}, nil
	default:
		return reference{}, invalidKeyID(s)
	}
}

func (c *call) parseARN(s string) (reference, error) {
	parts := strings.SplitN(s, ":", 6) // arn, partition, service, Region, account, resource
	if len(parts) < 6 || parts[1] != partition(c.region.region) || parts[2] != "kms" {
		return reference{}, invalidARN("Invalid arn %s", s)
	}
	r := reference{place: place{account: parts[4], region: parts[3]}}
	if r.region != c.region.region {
		c.record.unsaid = "the ARN is of " + r.region + ", and the request went to " + c.region.region
		return reference{}, foreignRegion(r.region)
	}
	resource := parts[5]
	id, isKey := strings.CutPrefix(resource, "key/")
	switch {
	case isKey && isKeyID(id):
		r.keyID = id
	case isKey:
		return reference{}, invalidKeyID(id)
	case strings.HasPrefix(resource, aliasPrefix):
		r.alias = resource
	default:
		return reference{}, invalidARN("Invalid arn %s", s)
	}
	return r, nil
}

// find returns the key that r names, or nil. The caller holds the lock.
func (w *world) find(r reference) *key {
	region := w.regions[r.place]
	if region == nil {
		return nil
	}
	if r.alias == "" {
		return region.keys[r.keyID]
	}
	if a := region.aliases[r.alias]; a != nil {
		return a.target
	}
	return nil
}

const multiRegionPrefix = "mrk-"

// isKeyID reports whether s has the form of a key ID: a UUID, or mrk- and 32
// hexadecimal digits for a multi-Region key.
func isKeyID(s string) bool {
	if digits, ok := strings.CutPrefix(s, multiRegionPrefix); ok {
		return len(digits) == 32 && isHex(digits)
	}
	return len(s) == 36 && s[8] == '-' && s[13] == '-' && s[18] == '-' && s[23] == '-' &&
		isHex(s[:8]) && isHex(s[9:13]) && isHex(s[14:18]) && isHex(s[19:23]) && isHex(s[24:])
}

func isHex(s string) bool {
	for _, c := range []byte(s) {
		switch {
		case '0' <= c && c <= '9', 'a' <= c && c <= 'f', 'A' <= c && c <= 'F':
		default:
			return false
		}
	}
	return true
}
