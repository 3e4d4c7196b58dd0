package kmstest

import (
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/kmskit/kmskit/kmstest/internal/material"
)

// A keyRing is the key material of a KMS key: what it encrypts with, and all that
// it has ever encrypted with, so that old ciphertexts stay readable. The keys of
// a multi-Region key share one ring.
//
// https://docs.aws.amazon.com/kms/latest/developerguide/rotate-keys.html
type keyRing struct {
	number   uint64        // that no other ring has
	primary  *key          // the only key, if it is no multi-Region key; nil once it is deleted
	replicas []*key        // by Region
	current  *ringMaterial // nil until the first is imported
	pending  *ringMaterial // imported, and current after the next rotation
	schedule *schedule     // of automatic rotation; nil if that is off
	onDemand int32         // rotations on demand, ever
	asked    uint32        // requests for import parameters, ever
	former   []material.ID // of a ring whose keys are all deleted: what it has sealed with
}

// A ringMaterial is one key material of a ring.
type ringMaterial struct {
	key         *material.Key
	former      *ringMaterial // current before it was
	rotation    *rotation     // that made it current; nil for the first
	description string

	// imports are the copies of imported material, each of which can expire or be
	// deleted by itself. Material that KMS has made is in all keys of the ring.
	imports map[*key]*imported
}

// An imported is the copy of imported material in one key.
type imported struct {
	validTo time.Time // zero if it does not expire
}

// A rotation is the event that made a material current.
type rotation struct {
	at   time.Time
	kind types.RotationType
}

// A schedule is automatic rotation that is on.
type schedule struct {
	days int32
	next time.Time
}

// keys returns the keys that share the ring.
func (r *keyRing) keys() []*key {
	if r.primary == nil {
		return nil
	}
	return append([]*key{r.primary}, r.replicas...)
}

// keyIn returns the key of a Region, or nil.
func (r *keyRing) keyIn(region string) *key {
	if r.primary != nil && r.primary.region.region == region {
		return r.primary
	}
	for _, k := range r.replicas {
		if k.region.region == region {
			return k
		}
	}
	return nil
}

// join adds a replica.
func (r *keyRing) join(k *key) { r.replicas = insert(r.replicas, k, compareRegions) }

// leave takes a key out that is deleted.
func (r *keyRing) leave(k *key) {
	if r.primary == k {
		r.primary = nil
	}
	r.replicas = remove(r.replicas, k, compareRegions)
	for _, m := range r.materials() {
		delete(m.imports, k)
	}
	if r.primary == nil {
		r.destroy()
	}
}

// destroy forgets the material of a ring that has no keys any more, but not what
// it was called.
func (r *keyRing) destroy() {
	for _, m := range r.materials() {
		if m.names() {
			r.former = append(r.former, m.key.ID())
		}
	}
	r.current, r.pending, r.schedule = nil, nil, nil
}

// names reports whether ciphertexts name the material that sealed them.
func (m *ringMaterial) names() bool { return m.key.ID() != material.ID{} }

// promote makes a replica the primary key, and the primary key a replica.
func (r *keyRing) promote(k *key) {
	former := r.primary
	r.replicas = remove(r.replicas, k, compareRegions)
	r.primary = k
	r.join(former)
}

func compareRegions(a, b *key) int { return strings.Compare(a.region.region, b.region.region) }

// materials returns all material, oldest first: one that is yet to become
// current is the last.
func (r *keyRing) materials() []*ringMaterial {
	var list []*ringMaterial
	if r.pending != nil {
		list = append(list, r.pending)
	}
	for m := r.current; m != nil; m = m.former {
		list = append(list, m)
	}
	slices.Reverse(list)
	return list
}

// find returns the symmetric material with that ID, or nil.
func (r *keyRing) find(id material.ID) *ringMaterial {
	return r.search(func(m *ringMaterial) bool { return m.key.ID() == id })
}

// same returns the ring's own copy of a material, or nil if it has none.
func (r *keyRing) same(key *material.Key) *ringMaterial {
	return r.search(func(m *ringMaterial) bool { return m.key.Equal(key) })
}

// named returns the symmetric material whose ID has that form, or nil.
func (r *keyRing) named(id string) *ringMaterial {
	return r.search(func(m *ringMaterial) bool { return m.names() && m.key.ID().String() == id })
}

func (r *keyRing) search(matches func(*ringMaterial) bool) *ringMaterial {
	for m := r.current; m != nil; m = m.former {
		if matches(m) {
			return m
		}
	}
	if r.pending != nil && matches(r.pending) {
		return r.pending
	}
	return nil
}

// add adds imported material, which is current if it is the first, and else waits
// for a rotation.
func (r *keyRing) add(key *material.Key) *ringMaterial {
	m := &ringMaterial{key: key}
	if r.current == nil {
		r.current = m
	} else {
		r.pending = m
	}
	return m
}

// rotate makes m the current material.
func (r *keyRing) rotate(m *ringMaterial, at time.Time, kind types.RotationType) {
	m.former, m.rotation = r.current, &rotation{at, kind}
	r.current = m
	if r.pending == m {
		r.pending = nil
	}
}

// state returns what m is to the ring.
func (r *keyRing) state(m *ringMaterial) types.KeyMaterialState {
	switch {
	case m == r.current:
		return types.KeyMaterialStateCurrent
	case m != r.pending:
		return types.KeyMaterialStateNonCurrent
	case slices.ContainsFunc(r.keys(), func(k *key) bool { return !k.holds(m) }):
		return types.KeyMaterialStatePendingMultiRegionImportAndRotation
	default:
		return types.KeyMaterialStatePendingRotation
	}
}

// holds reports whether m is in the key, and not only known to its ring.
func (k *key) holds(m *ringMaterial) bool {
	return k.origin != types.OriginTypeExternal || m.imports[k] != nil
}

// complete reports whether the key has all the material that it has ever
// encrypted with. Without that it is of no use.
func (k *key) complete() bool {
	for m := k.ring.current; m != nil; m = m.former {
		if !k.holds(m) {
			return false
		}
	}
	return k.ring.current != nil
}

// isReplica reports whether the key is a multi-Region key and not the primary one.
func (k *key) isReplica() bool { return k.ring.primary != k }
