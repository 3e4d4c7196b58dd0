package kmstest

import (
	"crypto/sha256"
	"encoding/binary"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kms/types"
)

// Delays say how long a change takes until everybody sees it. KMS is eventually
// consistent: a change is known to most within seconds, and to all within
// minutes, five of them for a grant that is used without its token.
//
// Each principal sees each key, alias and grant with a delay of its own between
// Min and Max, by the seed of [WithSeed], and whoever makes a change is no
// exception. A Max below Min is Min: then all have the same delay. Time is the
// Server's, so [Server.Advance] ends the wait.
//
// What is delayed:
//   - that a key is there: it is not found, nor listed;
//   - the state of a key, for all operations but those that change keys, which go
//     by the latest one;
//   - the policy of a key;
//   - aliases that are created, updated or deleted;
//   - grants that are created, retired or revoked. With one of its tokens a grant
//     counts at once, and can be retired.
//
// A new thing cannot be changed before it is seen: CreateAlias for a key that the
// caller does not see yet is refused, and so is RevokeGrant for such a grant. But
// what must be unique is unique at once: an alias cannot be created twice, and
// CreateGrant with the same name and parameters returns the same grant.
//
// All else is seen at once: identity policies, descriptions, tags, rotation, key
// material, which multi-Region keys are related, custom key stores, and what
// happens with time alone, such as the end of a key after its waiting period.
//
// https://docs.aws.amazon.com/kms/latest/developerguide/accessing-kms.html#programming-eventual-consistency
type Delays struct {
	Min, Max time.Duration
	// Flapping makes every request decide anew, by the seed, whether it sees a
	// change for which the delay is not over, as if it met another server each time.
	Flapping bool
}

// WithDelays makes changes known with those delays. The default is none.
func WithDelays(d Delays) Option {
	return func(o *options) { o.delays = &d }
}

// A propagation decides who sees which change. A nil one is not there: everybody
// sees everything.
type propagation struct {
	Delays
	seed  [32]byte
	coins *generator
}

func newPropagation(d *Delays, g *generator) *propagation {
	if d == nil {
		return nil
	}
	p := &propagation{Delays: *d, coins: g}
	p.Max = max(p.Min, p.Max)
	g.read(p.seed[:])
	return p
}

// delay returns how long changes to a thing take to reach a principal.
func (p *propagation) delay(principal, thing string) time.Duration {
	n := draw(p.seed[:], joinFields(principal, thing))
	return p.Min + time.Duration(n%uint64(p.Max-p.Min+1)) //nolint:gosec // no more than Max
}

// draw returns a number that is random and yet always the same for seed and name.
func draw(seed []byte, name string) uint64 {
	sum := sha256.Sum256(slices.Concat(seed, []byte(name)))
	return binary.BigEndian.Uint64(sum[:])
}

// sees reports whether the caller sees a change that was made at that time to the
// thing with that ARN or ID.
func (c *call) sees(thing string, changed time.Time) bool {
	p := c.server.delays
	if p == nil {
		return true
	}
	age := c.now.Sub(changed)
	if age >= p.Max || age >= p.delay(c.principal.label(), thing) {
		return true
	}
	if !p.Flapping {
		return false
	}
	if c.coins == ([8]byte{}) {
		p.coins.read(c.coins[:])
	}
	return draw(c.coins[:], thing)%2 == 0
}

// A past is what something was before its latest changes, oldest first.
type past[T any] []former[T]

type former[T any] struct {
	value T
	until time.Time
}

// add puts a value into the past that the call is about to change, and takes out
// what everybody has seen by now. Without delays there is no need of a past.
func (p *past[T]) add(c *call, value T) {
	if c.server.delays == nil {
		return
	}
	*p = slices.DeleteFunc(*p, func(f former[T]) bool { return c.now.Sub(f.until) >= c.server.delays.Max })
	*p = append(*p, former[T]{value, c.now})
}

// seen returns what the caller sees of a thing that has a value now.
func (p past[T]) seen(c *call, thing string, value T) T {
	for _, f := range slices.Backward(p) {
		if c.sees(thing, f.until) {
			return value
		}
		value = f.value
	}
	return value
}

// A face is what changes of a key and is seen with a delay. That of a key now is
// part of it.
type face struct {
	state    types.KeyState
	deletion *deletion  // nil unless the key waits for it
	policy   *keyPolicy // nil is the default policy of the Region
}

// remember keeps the face that the call is about to change.
func (c *call) remember(k *key) { k.past.add(c, k.face) }

// face returns the face of the key that the caller sees.
func (c *call) face(k *key) face {
	if c.server.delays == nil {
		return k.face
	}
	return k.past.seen(c, k.arn, k.face)
}

// stateOf returns the state of the key by which the operation goes.
func (c *call) stateOf(k *key) types.KeyState {
	if c.operation.changes {
		return k.currentState(k.face)
	}
	return k.currentState(c.face(k))
}

// seesKey reports whether the caller sees that there is such a key.
func (c *call) seesKey(k *key) bool { return c.sees(k.arn, k.created) }

// find returns the key that r names, or nil if the caller sees none. The caller
// of find holds the lock.
func (c *call) find(r reference) *key {
	region := c.region
	if r.place != region.place {
		region = c.server.regions[r.place]
	}
	if region == nil {
		return nil
	}
	k := region.keys[r.keyID]
	if r.alias != "" {
		a := c.alias(region, r.alias)
		if a == nil {
			return nil
		}
		k = a.target
	}
	if k == nil || !c.seesKey(k) {
		return nil
	}
	return k
}

// keysSeen returns the keys of the Region that the caller sees.
func (c *call) keysSeen() []*key {
	if c.server.delays == nil {
		return c.region.keyOrder
	}
	return slices.DeleteFunc(slices.Clone(c.region.keyOrder), func(k *key) bool { return !c.seesKey(k) })
}

// rememberAlias keeps what an alias, or nil, is before the call changes it.
func (c *call) rememberAlias(name string, a *alias) {
	if c.server.delays == nil {
		return
	}
	if a != nil {
		a = new(*a)
	}
	p := c.region.formerAliases[name]
	p.add(c, a)
	if c.region.formerAliases == nil {
		c.region.formerAliases = map[string]past[*alias]{}
	}
	c.region.formerAliases[name] = p
}

// alias returns the alias with that name as the caller sees it, or nil.
func (c *call) alias(r *region, name string) *alias {
	a := r.aliases[name]
	if c.server.delays == nil {
		return a
	}
	a = r.formerAliases[name].seen(c, r.arn(name), a)
	if a == nil || r.keys[a.target.id] != a.target { // gone with its key
		return nil
	}
	return a
}

// aliasToChange returns the alias as it is, or nil if it is not there or the
// caller does not see that it is.
func (c *call) aliasToChange(name string) *alias {
	if c.alias(c.region, name) == nil {
		return nil
	}
	return c.region.aliases[name]
}

// aliasesSeen returns the aliases in a Region, of one key unless that is nil, as
// the caller sees them.
func (c *call) aliasesSeen(r *region, of *key) []*alias {
	if c.server.delays == nil && of != nil {
		return of.aliases
	}
	if c.server.delays == nil {
		return r.nameOrder
	}
	var list []*alias
	names := slices.AppendSeq(slices.Collect(maps.Keys(r.aliases)), maps.Keys(r.formerAliases))
	slices.SortFunc(names, strings.Compare)
	for _, name := range slices.Compact(names) {
		if a := c.alias(r, name); a != nil && (of == nil || a.target == of) {
			list = append(list, a)
		}
	}
	return list
}

// seesGrant reports whether the caller sees that there is such a grant, or has a
// token to show for it.
func (c *call) seesGrant(g *grant, tokens []string) bool {
	return c.sees(g.id, g.created) || slices.ContainsFunc(tokens, func(t string) bool {
		owner, id, ok := c.openGrantToken(t)
		return ok && id == g.id && owner == g.key.region.place
	})
}

// grantsSeen returns those of some grants that the caller sees, or has tokens
// for, and with them those that are gone without the caller seeing that. Of
// these, the ones are meant that match.
func (c *call) grantsSeen(there []*grant, tokens []string, match func(*grant) bool) []*grant {
	if c.server.delays == nil {
		return there
	}
	list := slices.DeleteFunc(slices.Clone(there), func(g *grant) bool { return !c.seesGrant(g, tokens) })
	for _, f := range c.server.formerGrants {
		g := f.value
		if match(g) && c.sees(g.id, g.created) && !c.sees(g.id, f.until) && g.key.region.keys[g.key.id] == g.key {
			list = insert(list, g, compareGrants)
		}
	}
	return list
}

// removeGrant takes a grant away, which some may not see for a while.
func (c *call) removeGrant(g *grant) {
	c.server.formerGrants.add(c, g)
	c.server.removeGrant(g)
}
