package kmstest

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/kmskit/kmskit/kmstest/internal/policy"
)

// A use is what an operation asks of one key, as policies and grants see it.
type use struct {
	permission        *permission // that it takes; nil is that of the operation's name
	keyID             string      // as the client gives it
	alias             string      // the name of the alias by which it does, if so
	unnamed           bool        // a refusal names no key: a ciphertext does, and it is not the caller's
	grantTokens       []string
	encryptionContext map[string]string
	algorithm         types.EncryptionAlgorithmSpec
	recipient         *recipient    // who gets the secret, if not the caller
	values            policy.Lookup // the condition keys that are the operation's own
	grant             *grant        // the grant that the operation makes, if it does
}

// A permission is what policies allow or deny.
type permission struct {
	action string // such as Decrypt
	name   string // such as kms:Decrypt
	folded string // the name in lower case, as policies compare it
}

func newPermission(action string) *permission {
	name := "kms:" + action
	return &permission{action, name, strings.ToLower(name)}
}

// permission returns what the use needs permission for.
func (c *call) permission(u *use) *permission {
	if u.permission != nil {
		return u.permission
	}
	return c.operation.permission
}

// key finds the key that an operation is to work on, and refuses it in KMS's
// order: for the form of its ID, for want of permission, because it does not
// exist, and for its state. The caller holds the lock.
func (c *call) key(u use) (*key, error) {
	if k := c.region.keys[u.keyID]; k != nil && c.seesKey(k) { // by its ID, as most requests have it
		return c.admit(k, &u)
	}
	ref, err := c.parseReference(u.keyID)
	if err != nil {
		return nil, err
	}
	if ref.alias != "" && !c.operation.aliases {
		return nil, noAliases()
	}
	u.alias = ref.alias
	k := c.find(ref)
	if k == nil {
		return nil, c.missing(ref, &u)
	}
	return c.admit(k, &u)
}

// admit returns k unless the operation is refused for want of permission or for
// the state of the key.
func (c *call) admit(k *key, u *use) (*key, error) {
	c.record.use(k, u)
	if !c.operation.foreign && k.region.account != c.region.account {
		return nil, c.untold(u, k.arn, c.operation.name+" is for keys of the caller's own account only")
	}
	if err := c.checkGrantTokens(u.grantTokens); err != nil {
		return nil, err
	}
	if err := c.authorize(k, u); err != nil {
		return nil, err
	}
	if c.operation.external && k.origin != types.OriginTypeExternal {
		return nil, wrongOrigin(k.arn, k.origin)
	}
	if c.operation.native && k.store != nil {
		return nil, wrongOrigin(k.arn, k.origin)
	}
	if err := c.operation.admits(k.arn, c.stateOf(k)); err != nil {
		return nil, err
	}
	if err := c.reach(k); err != nil {
		return nil, err
	}
	c.admitted[0], c.admitted[1] = k, c.admitted[0]
	c.dependOn(k)
	return k, nil
}

// missing refuses a reference to what is not there. KMS hides that it is not there
// from callers of other accounts. That a key is not there, it also hides from those
// who may not use one with that ARN. Of an alias there is no such check, since KMS
// looks for its key first.
func (c *call) missing(ref reference, u *use) error {
	if ref.alias == "" {
		if err := c.authorizeIdentity(ref.arn(), ref.account, u); err != nil {
			return err
		}
	}
	c.record.unsaid = c.elsewhere(ref)
	switch {
	case ref.account != c.region.account:
		return c.untold(u, ref.arn(), "there is no such key or alias")
	case ref.alias != "":
		return aliasNotFound(ref.arn())
	default:
		return keyNotFound(ref.arn())
	}
}

// elsewhere says where there is a key or an alias that a reference has the name of
// and does not find: mostly the client is of another Region. The caller holds the
// lock.
func (c *call) elsewhere(ref reference) string {
	var places []string
	for p, r := range c.server.regions {
		switch {
		case ref.alias == "" && r.keys[ref.keyID] == nil, ref.alias != "" && r.aliases[ref.alias] == nil:
		case p == ref.place:
			return ref.arn() + " is there, but the caller does not see it yet"
		default:
			places = append(places, p.region+" of account "+p.account)
		}
	}
	if len(places) == 0 {
		return ""
	}
	slices.Sort(places)
	return fmt.Sprintf("%s is not there, but there is %s in %s", ref.arn(), cmp.Or(ref.alias, "key/"+ref.keyID), strings.Join(places, ", and in "))
}

// authorize refuses a use that neither policies nor grants allow. The caller
// holds the lock.
func (c *call) authorize(k *key, u *use) error {
	r := c.request(k, k.arn, k.region.account, u)
	d := policy.Evaluate(r, k.effectivePolicy(c.face(k)), c.principal.policies())
	var by *grant
	if d.Outcome == policy.NoResourcePolicy || d.Outcome == policy.NoIdentityPolicy {
		by = c.granted(k, u)
	}
	if d.Allowed() || by != nil {
		c.record.decide(decision{outcome: d, permission: c.permission(u), resource: r.Resource, grant: by})
		return nil
	}
	c.recordRefusal(r, k, u)
	if k.region.account != c.region.account && !c.principal.isService() {
		// Whether it is the key policy that lacks something is not said.
		if d = policy.Evaluate(r, nil, c.principal.policies()); d.Allowed() {
			return c.notTold(u)
		}
	}
	return c.denied(u, r, r.Resource, d)
}

// identityAllows reports whether the principal's own policies allow a use of k.
func (c *call) identityAllows(k *key, u *use) bool {
	return policy.Evaluate(c.request(k, k.arn, k.region.account, u), nil, c.principal.policies()).Allowed()
}

// authorizeIdentity refuses an action on a resource that has no policy of its
// own, so that the principal's policies decide alone.
func (c *call) authorizeIdentity(resource, account string, u *use) error {
	return c.authorizeAlone(c.request(nil, resource, account, u), resource, u)
}

// authorizeHere is authorizeIdentity for a resource of the caller's account.
func (c *call) authorizeHere(resource string, u *use) error {
	return c.authorizeIdentity(resource, c.region.account, u)
}

// authorizeNew is authorizeHere for a key that is yet to be made.
func (c *call) authorizeNew(k *key, resource string, u *use) error {
	return c.authorizeAlone(c.request(k, cmp.Or(resource, k.arn), c.region.account, u), resource, u)
}

// authorizeAlone refuses a request that the principal's policies do not allow. A
// refusal speaks of the resource by that name.
func (c *call) authorizeAlone(r *policy.Request, resource string, u *use) error {
	d := policy.Evaluate(r, nil, c.principal.policies())
	if !d.Allowed() {
		c.recordRefusal(r, nil, u)
		return c.denied(u, r, resource, d)
	}
	c.record.decide(decision{outcome: d, permission: c.permission(u), resource: r.Resource})
	return nil
}

// locksOut reports whether a key policy would keep the caller from replacing it.
func (c *call) locksOut(k *key, p *policy.Policy) bool {
	return policy.LocksOut(c.request(k, k.arn, k.region.account, &use{}), p, c.principal.policies())
}

// A question is what policies are asked. Each call has one, since it escapes.
type question struct {
	policy.Request

	conditions conditions
}

// bind makes the question ask its own conditions.
func (q *question) bind() { q.Context = q.conditions.lookup }

// clear makes the question refer to nothing of the last request.
func (q *question) clear() {
	q.conditions = conditions{}
	q.Clear()
}

// request puts the next question to policies. The key is nil if none is involved.
func (c *call) request(k *key, resource, account string, u *use) *policy.Request {
	q := &c.question
	q.conditions = conditions{c, k, *u}
	q.Principal = &c.principal.who
	q.Action = c.permission(u).folded
	q.Resource = resource
	q.ResourceAccount = account
	q.Time = c.now
	return &q.Request
}

// denied refuses a use for the reason that the decision gives. What belongs to
// another account, KMS does not name.
func (c *call) denied(u *use, r *policy.Request, resource string, d policy.Decision) error {
	what := "on resource: " + resource
	switch {
	case resource == "":
		what = ""
	case u.unnamed:
		what = "on the resource associated with this ciphertext"
	case r.ResourceAccount != c.region.account && !c.principal.isService():
		what = "on this resource"
	}
	return c.notAuthorized(u, what, d.Clause(c.permission(u).name))
}

// untold refuses a use without saying whether there is such a key. The test's
// author can learn why.
func (c *call) untold(u *use, resource, why string) error {
	c.record.decide(decision{permission: c.permission(u), resource: resource, refusal: "refused: " + why})
	return c.notTold(u)
}

func (c *call) notTold(u *use) error {
	what := "on this resource"
	if u.unnamed {
		what = "on the resource associated with this ciphertext"
	}
	return c.notAuthorized(u, what, "because the resource does not exist in this Region, "+
		"no resource-based policies allow access, or a resource-based policy explicitly denies access")
}

func (c *call) notAuthorized(u *use, what, why string) error {
	text := "User: " + c.principal.label() + " is not authorized to perform: " + c.permission(u).name
	if what != "" {
		text += " " + what
	}
	return accessDenied(text + " " + why)
}
