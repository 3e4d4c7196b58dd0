package kmstest

import (
	"cmp"
	"container/heap"
	"math"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/kmskit/kmskit"
	"github.com/kmskit/kmskit/kmstest/internal/material"
	"github.com/kmskit/kmskit/kmstest/internal/policy"
)

// A world is all that the accounts and Regions of one Server hold. mu guards
// every field that can change, at any depth. Key material and cryptography are
// used outside of it.
//
// Nothing in it is searched from end to end while a request waits: what is
// looked up is in a map, what is listed is in a slice in the order of the list,
// and what waits for a time is in a heap.
type world struct {
	mu           guard
	regions      map[place]*region
	sealers      map[material.ID]*keyRing // who can open what the material sealed
	retirable    map[retirer][]*grant     // in the order of creation
	agenda       agenda
	clusters     map[string]CloudHSMCluster // by ID
	proxies      []XKSProxy
	wrapping     map[wrappingName]*material.Key // of a world in a file; see [Server.wrappingKey]
	formerGrants past[*grant]
	sequence     uint64 // numbers keys and grants in the order of creation
}

// A place is one Region of one account.
type place struct {
	account, region string
}

// arn returns the ARN of a resource of KMS at this place.
func (p place) arn(resource string) string {
	return "arn:" + partition(p.region) + ":kms:" + p.region + ":" + p.account + ":" + resource
}

// A region holds what one account has in one Region.
type region struct {
	place
	keys      map[string]*key   // by ID
	keyOrder  []*key            // in the order of creation
	aliases   map[string]*alias // by name
	nameOrder []*alias          // by name
	grants    map[string]*grant // by ID
	stores    []*keyStore       // in the order of creation

	formerAliases map[string]past[*alias] // by name; those of deleted aliases too

	defaultPolicy *policy.Policy // of keys that were made without one
}

// A retirer is a principal as the retiring principal of grants in one Region,
// whatever account the keys are in.
type retirer struct {
	region    string
	principal grantPrincipal
}

func newWorld() world {
	return world{
		regions:   map[place]*region{},
		sealers:   map[material.ID]*keyRing{},
		retirable: map[retirer][]*grant{},
		clusters:  map[string]CloudHSMCluster{},
		wrapping:  map[wrappingName]*material.Key{},
	}
}

// at returns the region at p, which is there from the first time it is asked for.
func (w *world) at(p place) *region {
	w.mu.RLock()
	r := w.regions[p]
	w.mu.RUnlock()
	if r != nil {
		return r
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if r := w.regions[p]; r != nil {
		return r
	}
	r = newRegion(p)
	w.regions[p] = r
	return r
}

func newRegion(p place) *region {
	document, err := kmskit.ParsePolicyDocument(defaultPolicyText(p))
	if err != nil {
		panic(err) // the text is our own
	}
	return &region{
		place:         p,
		keys:          map[string]*key{},
		aliases:       map[string]*alias{},
		grants:        map[string]*grant{},
		defaultPolicy: policy.Compile(document),
	}
}

// next returns the number of the key or grant that is being made.
func (w *world) next() uint64 {
	w.sequence++
	w.mark(sequence{})
	return w.sequence
}

func (w *world) addKey(k *key) {
	k.sequence = w.next()
	if !k.isReplica() {
		k.ring.number = k.sequence
	}
	w.insertKey(k)
	w.mark(k, k)
	w.markRing(k.ring)
}

// insertKey puts a key where it is looked up and listed.
func (w *world) insertKey(k *key) {
	k.region.keys[k.id] = k
	k.region.keyOrder = append(k.region.keyOrder, k)
	if k.isReplica() {
		k.ring.join(k)
	}
	if k.seals() {
		w.sealers[k.ring.current.key.ID()] = k.ring
	}
	if k.store != nil {
		k.store.add(k)
	}
}

// removeKey takes a key out of the world, with its aliases and grants.
func (w *world) removeKey(k *key) {
	for _, a := range slices.Clone(k.aliases) {
		w.removeAlias(a)
	}
	for _, g := range slices.Backward(slices.Clone(k.grants)) { // the last costs least
		w.removeGrant(g)
	}
	// The ring stays among the sealers, so that a ciphertext of the key is no forgery.
	k.ring.leave(k)
	if k.store != nil {
		k.store.remove(k)
	}
	delete(k.region.keys, k.id)
	k.region.keyOrder = remove(k.region.keyOrder, k, compareKeys)
	w.mark(k)
	w.markRing(k.ring)
}

// sealingKey returns the key in a Region whose material has sealed a symmetric
// ciphertext: nil if there is none. Known says whether there ever was one, in
// any Region.
func (w *world) sealingKey(id material.ID, region string) (k *key, known bool) {
	r := w.sealers[id]
	if r == nil {
		return nil, false
	}
	return r.keyIn(region), true
}

func compareKeys(a, b *key) int { return cmp.Compare(a.sequence, b.sequence) }

func (w *world) addAlias(a *alias) {
	r := a.target.region
	r.aliases[a.name] = a
	r.nameOrder = insert(r.nameOrder, a, compareAliases)
	a.target.aliases = insert(a.target.aliases, a, compareAliases)
	w.mark(a, a.target)
}

func (w *world) removeAlias(a *alias) {
	r := a.target.region
	delete(r.aliases, a.name)
	r.nameOrder = remove(r.nameOrder, a, compareAliases)
	a.target.aliases = remove(a.target.aliases, a, compareAliases)
	w.mark(a, a.target)
}

// moveAlias points a at another key.
func (w *world) moveAlias(a *alias, to *key) {
	w.mark(a, a.target, to)
	a.target.aliases = remove(a.target.aliases, a, compareAliases)
	a.target = to
	to.aliases = insert(to.aliases, a, compareAliases)
}

func compareAliases(a, b *alias) int { return strings.Compare(a.name, b.name) }

func (w *world) addGrant(g *grant) {
	g.sequence = w.next()
	w.insertGrant(g)
	w.mark(g, g.key)
}

// insertGrant puts a grant where it is looked up and listed.
func (w *world) insertGrant(g *grant) {
	k := g.key
	k.region.grants[g.id] = g
	k.grants = append(k.grants, g)
	if k.grantees == nil {
		k.grantees = map[grantPrincipal][]*grant{}
	}
	k.grantees[g.grantee] = append(k.grantees[g.grantee], g)
	if f := g.fingerprint(); f != "" {
		if k.named == nil {
			k.named = map[string]*grant{}
		}
		k.named[f] = g
	}
	if r, ok := g.retirer(); ok {
		w.retirable[r] = append(w.retirable[r], g)
	}
}

func (w *world) removeGrant(g *grant) {
	k := g.key
	delete(k.region.grants, g.id)
	k.grants = remove(k.grants, g, compareGrants)
	delete(k.named, g.fingerprint())
	removeFrom(k.grantees, g.grantee, g, compareGrants)
	if r, ok := g.retirer(); ok {
		removeFrom(w.retirable, r, g, compareGrants)
	}
	w.mark(g, k)
}

func compareGrants(a, b *grant) int { return cmp.Compare(a.sequence, b.sequence) }

// insert and remove keep a slice in order. Moving its tail costs some
// microseconds at a hundred thousand items, far less than a request.
func insert[T any](ordered []T, item T, compare func(a, b T) int) []T {
	i, _ := slices.BinarySearchFunc(ordered, item, compare)
	return slices.Insert(ordered, i, item)
}

func remove[T any](ordered []T, item T, compare func(a, b T) int) []T {
	if i, ok := slices.BinarySearchFunc(ordered, item, compare); ok {
		return slices.Delete(ordered, i, i+1)
	}
	return ordered
}

func removeFrom[K comparable, T any](lists map[K][]T, name K, item T, compare func(a, b T) int) {
	list := remove(lists[name], item, compare)
	if len(list) == 0 {
		delete(lists, name)
		return
	}
	lists[name] = list
}

// An agenda is what will change the world at some time. It is carried out by the
// first request past that time, under the lock, so that no goroutine has to wait.
type agenda struct {
	events eventHeap
	swept  int          // how many there were when those that do not apply were last taken out
	next   atomic.Int64 // the time of the first event, in milliseconds as nanoseconds end in 2262
}

// never is the time of the first event where there is none.
const never = math.MaxInt64

// An event stays on the agenda for a while when what it was for is cancelled.
type event struct {
	at      time.Time
	applies func() bool
	apply   func()
}

// schedule puts a change on the agenda. It is made if applies says so at that time,
// and at all times before. The caller holds the lock.
func (w *world) schedule(at time.Time, applies func() bool, apply func()) {
	a := &w.agenda
	a.sweep()
	heap.Push(&a.events, event{at, applies, apply})
	a.next.Store(a.first())
}

// sweep takes out what does not apply any more, when the agenda has doubled: else
// what is put on it and cancelled all day would only go when its time has come.
func (a *agenda) sweep() {
	const worthIt = 64
	if len(a.events) < worthIt+2*a.swept {
		return
	}
	a.events = slices.DeleteFunc(a.events, func(e event) bool { return !e.applies() })
	heap.Init(&a.events)
	a.swept = len(a.events)
}

// first returns the time of the first event.
func (a *agenda) first() int64 {
	if len(a.events) == 0 {
		return never
	}
	return a.events[0].at.UnixMilli()
}

// settle carries out what has become due.
func (w *world) settle(now time.Time) {
	if now.UnixMilli() < w.agenda.next.Load() {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	a := &w.agenda
	for len(a.events) > 0 && !a.events[0].at.After(now) {
		if e := heap.Pop(&a.events).(event); e.applies() {
			e.apply()
		}
	}
	a.next.Store(a.first())
}

// An eventHeap implements heap.Interface: the earliest event first.
type eventHeap []event

func (h eventHeap) Len() int           { return len(h) }
func (h eventHeap) Less(i, j int) bool { return h[i].at.Before(h[j].at) }
func (h eventHeap) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *eventHeap) Push(x any)        { *h = append(*h, x.(event)) }
func (h *eventHeap) Pop() any {
	last := len(*h) - 1
	e := (*h)[last]
	(*h)[last] = event{}
	*h = (*h)[:last]
	return e
}

// scheduleDeletion makes k wait for its deletion, that many days from now on. When
// the last replica of a primary key that waits for that is gone, the wait of the
// primary key itself begins.
func (w *world) scheduleDeletion(k *key, now time.Time, days int32) {
	k.state = types.KeyStatePendingDeletion
	k.deletion = &deletion{at: now.Add(time.Duration(days) * day), days: days}
	w.mark(k, k)
	w.awaitDeletion(k)
}

// awaitDeletion puts the deletion that k waits for on the agenda.
func (w *world) awaitDeletion(k *key) {
	d := k.deletion
	w.schedule(d.at, func() bool { return k.deletion == d }, func() {
		w.removeKey(k)
		p := k.ring.primary
		if p != nil && p.state == types.KeyStatePendingReplicaDeletion && len(k.ring.replicas) == 0 {
			w.scheduleDeletion(p, d.at, p.deletion.days)
		}
	})
}
