package conformance

import (
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/kms/types"
)

// absentKey has the form of a key ID, and is none.
const absentKey = "00000000-0000-4000-8000-000000000000"

// referenceRules are about the ways in which a request names a key.
func referenceRules() (rules []rule) {
	for _, c := range calls {
		if c.takes.hidden {
			continue
		}
		rules = append(rules,
			c.rule("an absent key is NotFound",
				"A key ID of the right form that no key has is a NotFoundException: Key '<ARN>' does not exist.",
				func(t *trial) {
					o := t.on(t.shared(symmetric))
					o.keyID = absentKey
					text := t.refused(c.operation, "NotFoundException", func() error { return c.send(t, o) })
					t.contains(text, "/"+absentKey+"' does not exist")
				}),
			c.rule("a malformed key ID is NotFound",
				"A key ID that has not the form of one is a NotFoundException too: Invalid keyId '<ID>'.",
				func(t *trial) {
					o := t.on(t.shared(symmetric))
					o.keyID = "no-key-id"
					text := t.refused(c.operation, "NotFoundException", func() error { return c.send(t, o) })
					t.contains(strings.ToLower(text), "invalid keyid")
				}),
			c.rule("a key ARN of another Region is NotFound",
				"KMS looks for a key in the Region of the request only: an ARN of another Region is a NotFoundException.",
				func(t *trial) {
					k := t.shared(symmetric)
					o := t.on(k)
					o.keyID = inRegion(*k.Arn, t.suite.region)
					t.refused(c.operation, "NotFoundException", func() error { return c.send(t, o) })
				}),
		)
		if c.takes.alias {
			rules = append(rules, c.rule("takes a key ID, a key ARN, an alias name and an alias ARN",
				"Cryptographic operations, DescribeKey and GetPublicKey know a key by all four of its names.",
				func(t *trial) {
					k := t.shared(c.key)
					o := t.on(k)
					for _, o.keyID = range []string{*k.KeyId, *k.Arn, k.alias, aliasARN(k)} {
						if complaint := t.settle(func() string { return complaintOf(c.send(t, o)) }); complaint != "" {
							t.Errorf("named by %s: %s", o.keyID, complaint)
						}
					}
				}))
		} else {
			rules = append(rules, c.rule("an alias in place of a key ID is refused",
				"Operations that manage a key take its key ID or key ARN only. An alias is an InvalidArnException or, "+
					"as the target of an alias, a ValidationException.",
				func(t *trial) {
					k := t.shared(symmetric)
					o := t.on(k)
					o.keyID = k.alias
					code := "InvalidArnException"
					if strings.HasSuffix(c.operation, "Alias") {
						code = "ValidationException"
					}
					t.refused(c.operation, code, func() error { return c.send(t, o) })
				}))
		}
		if !c.takes.alias || c.operation == "DescribeKey" || c.operation == "GetPublicKey" {
			if strings.HasSuffix(c.operation, "Alias") {
				continue // InvalidArnException is none of theirs.
			}
			rules = append(rules, c.rule("an ARN of another service is InvalidArn",
				"An ARN that is not one of KMS is an InvalidArnException.",
				func(t *trial) {
					o := t.on(t.shared(symmetric))
					o.keyID = "arn:aws:s3:::bucket"
					t.refused(c.operation, "InvalidArnException", func() error { return c.send(t, o) })
				}))
		}
		if c.takes.tokens && c.operation != "DescribeKey" {
			rules = append(rules, c.rule("a made-up grant token is InvalidGrantToken",
				"A grant token that KMS has not given out is refused, even where the caller needs no grant.",
				func(t *trial) {
					o := t.on(t.shared(c.key))
					o.tokens = []string{"bm8gZ3JhbnQgdG9rZW4"}
					t.refused(c.operation, "InvalidGrantTokenException", func() error { return c.send(t, o) })
				}))
		}
	}
	return rules
}

// complaintOf says what is wrong if a call was refused.
func complaintOf(err error) string {
	if err == nil {
		return ""
	}
	return "refused: " + err.Error()
}

// inRegion returns the ARN of the same resource in another Region.
func inRegion(arn, region string) string {
	parts := strings.SplitN(arn, ":", 5)
	parts[3] = region
	return strings.Join(parts, ":")
}

func aliasARN(k *fixture) string {
	return strings.TrimSuffix(*k.Arn, "key/"+*k.KeyId) + k.alias
}

// accessRules are about requests that the key policy forbids.
func accessRules() (rules []rule) {
	for _, c := range calls {
		actions := map[bool]string{false: c.operation, true: c.operation}
		if c.operation == "ReEncrypt" {
			actions = map[bool]string{false: "ReEncryptFrom", true: "ReEncryptTo"}
		}
		action := "kms:" + actions[c.takes.second]
		if c.takes.hidden || !deniable(action) {
			continue
		}
		rules = append(rules, c.rule("is AccessDenied where the key policy denies it",
			"An explicit deny in the key policy wins over whatever allows the action. KMS checks access before the key's "+
				"state, usage and origin.",
			func(t *trial) {
				o := t.on(t.shared(symmetric))
				o.keyID = *t.denying().KeyId
				text := t.refused(c.operation, "AccessDeniedException", func() error { return c.send(t, o) })
				t.contains(text, "not authorized to perform: "+action)
			}))
	}
	return rules
}

// deniable reports whether a key policy can deny an action without locking
// everybody out, and is asked at all.
func deniable(action string) bool {
	switch action {
	case "kms:PutKeyPolicy", "kms:ScheduleKeyDeletion", // which must remain possible
		"kms:ListAliases", // needs permission for the account, and not for the key
		"kms:RetireGrant": // is up to the grant
		return false
	default:
		return true
	}
}

// denying returns a shared key whose policy denies everything that can be denied.
func (t *trial) denying() *fixture {
	t.Helper()
	name := symmetric
	name.state, name.other = types.KeyStateEnabled, "denying"
	return t.fixture(name, func() *fixture {
		k := t.createKey()
		t.suite.share(*k.Arn)
		var actions []string
		for _, c := range calls {
			if action := "kms:" + c.operation + "*"; deniable("kms:" + c.operation) {
				actions = append(actions, action) // ReEncrypt* is ReEncryptFrom and ReEncryptTo.
			}
		}
		t.putPolicy(k, allowing(root(k)), denyingAll(actions...))
		return &fixture{KeyMetadata: k}
	})
}
