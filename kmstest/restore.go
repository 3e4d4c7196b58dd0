package kmstest

import (
	"bytes"
	"cmp"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/kmskit/kmskit"
	"github.com/kmskit/kmskit/kmstest/internal/material"
	"github.com/kmskit/kmskit/kmstest/internal/policy"
)

// restore returns a Server with the world that the records of a file describe.
// Without records it is a new one.
func restore(o options, records map[string]json.RawMessage) (*Server, error) {
	if len(records) == 0 {
		return newServer(o, 0), nil
	}
	p, err := parseRecords(records)
	if err != nil {
		return nil, err
	}
	b := builder{server: newServer(o, p.identity.Life+1), rings: map[uint64]*keyRing{}, keys: map[string]*key{}}
	if err := b.build(p); err != nil {
		return nil, fmt.Errorf("the records contradict one another: %w", err)
	}
	b.plan()
	return b.server, nil
}

// records are those of a whole world, in the order of the creation of what they
// describe, where that matters.
type records struct {
	identity  identityState
	sequence  uint64
	clusters  []CloudHSMCluster
	proxies   []XKSProxy
	wrappings []wrappingState
	stores    []storeState
	rings     []ringState
	keys      []keyState
	aliases   []aliasState
	grants    []grantState
}

func parseRecords(all map[string]json.RawMessage) (p records, err error) {
	for name, text := range all {
		kind, _, _ := strings.Cut(name, " ")
		switch kind {
		case "server":
			err = decodeRecord(text, &p.identity)
		case "sequence":
			err = decodeRecord(text, &p.sequence)
		case "cluster":
			p.clusters, err = appendRecord(p.clusters, text)
		case "proxy":
			p.proxies, err = appendRecord(p.proxies, text)
		case "wrapping":
			p.wrappings, err = appendRecord(p.wrappings, text)
		case "store":
			p.stores, err = appendRecord(p.stores, text)
		case "ring":
			p.rings, err = appendRecord(p.rings, text)
		case "key":
			p.keys, err = appendRecord(p.keys, text)
		case "alias":
			p.aliases, err = appendRecord(p.aliases, text)
		case "grant":
			p.grants, err = appendRecord(p.grants, text)
		default:
			err = errors.New("a newer version of kmskit has written it")
		}
		if err != nil {
			return records{}, fmt.Errorf("record %q: %w", name, err)
		}
	}
	slices.SortFunc(p.stores, func(a, b storeState) int { return cmp.Compare(a.Sequence, b.Sequence) })
	slices.SortFunc(p.keys, func(a, b keyState) int { return cmp.Compare(a.Sequence, b.Sequence) })
	slices.SortFunc(p.grants, func(a, b grantState) int { return cmp.Compare(a.Sequence, b.Sequence) })
	return p, nil
}

func appendRecord[T any](list []T, text []byte) ([]T, error) {
	var x T
	err := decodeRecord(text, &x)
	return append(list, x), err
}

// decodeRecord does not take members that it does not know: what they mean would
// be lost.
func decodeRecord(text []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return fmt.Errorf("%w; a newer version of kmskit may have written it", err)
	}
	return nil
}

// A builder builds a world of records.
type builder struct {
	server *Server
	rings  map[uint64]*keyRing
	keys   map[string]*key // by ARN
}

// build makes everything after what it refers to.
func (b *builder) build(p records) error {
	if copy(b.server.sealer.key[:], p.identity.SealKey) != len(b.server.sealer.key) {
		return errors.New("there is no server")
	}
	b.server.advanced.Store(int64(p.identity.Advanced))
	b.server.sequence = p.sequence
	b.server.proxies = p.proxies
	for _, c := range p.clusters {
		b.server.clusters[c.ID] = c
	}
	primaries := map[string]bool{}
	for _, x := range p.rings {
		primaries[x.Primary] = true
	}
	for _, step := range []func() error{
		each(p.wrappings, b.wrapping),
		each(p.stores, b.store),
		each(p.rings, b.ring),
		each(p.keys, func(x keyState) error { return b.key(x, primaries) }),
		each(p.rings, b.imports),
		each(p.aliases, b.alias),
		each(p.grants, b.grant),
	} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// each returns a step that does the same with every record of one kind.
func each[T any](list []T, do func(T) error) func() error {
	return func() error {
		for _, x := range list {
			if err := do(x); err != nil {
				return err
			}
		}
		return nil
	}
}

func (b *builder) wrapping(x wrappingState) error {
	k, err := material.Import(types.KeySpec(x.Spec), x.Key)
	b.server.wrapping[wrappingName{x.Spec, x.Turn}] = k
	return err
}

func (b *builder) store(x storeState) error {
	r := b.server.at(place{x.Account, x.Region})
	s := &keyStore{
		region: r, sequence: x.Sequence, id: x.ID, name: x.Name, created: x.Created,
		state: x.State, failure: x.Failure, settled: x.Settled, external: map[string]*key{},
	}
	switch c, p := x.Cluster, x.Proxy; {
	case c != nil:
		s.backing = clusterBacking{clusterID: c.ClusterID, trustAnchor: c.TrustAnchor, password: c.Password}
	case p != nil:
		s.backing = proxyBacking{
			connectivity: p.Connectivity, endpoint: p.Endpoint, path: p.Path,
			service: p.Service, owner: p.Owner, accessKeyID: p.AccessKeyID, secret: p.Secret,
		}
	default:
		return fmt.Errorf("nothing backs custom key store %s", x.ID)
	}
	r.stores = append(r.stores, s)
	return nil
}

// ring makes a ring without keys.
func (b *builder) ring(x ringState) error {
	r := &keyRing{number: x.Number, onDemand: x.OnDemand, asked: x.Asked}
	b.rings[x.Number] = r
	for _, m := range x.Materials {
		former := r.current
		var err error
		if r.current, err = b.material(r, x, m); err != nil {
			return err
		}
		r.current.former = former
	}
	if x.Pending != nil {
		var err error
		if r.pending, err = b.material(r, x, *x.Pending); err != nil {
			return err
		}
	}
	if x.Schedule != nil {
		if x.Schedule.Days <= 0 {
			return fmt.Errorf("ring %d rotates every %d days", x.Number, x.Schedule.Days)
		}
		r.schedule = &schedule{days: x.Schedule.Days, next: x.Schedule.Next}
	}
	for _, text := range x.Former {
		var id material.ID
		if n, err := hex.Decode(id[:], []byte(text)); err != nil || n != len(id) {
			return fmt.Errorf("%q is not the ID of key material", text)
		}
		r.former = append(r.former, id)
		b.server.sealers[id] = r
	}
	return nil
}

func (b *builder) material(r *keyRing, x ringState, of materialState) (*ringMaterial, error) {
	k, err := material.Import(x.Spec, of.Key)
	if err != nil {
		return nil, err
	}
	m := &ringMaterial{key: k.Bind(x.KeyID), description: of.Description}
	if of.Rotation != nil {
		m.rotation = &rotation{at: of.Rotation.At, kind: of.Rotation.Kind}
	}
	if m.names() {
		b.server.sealers[m.key.ID()] = r
	}
	return m, nil
}

func (b *builder) key(x keyState, primaries map[string]bool) error {
	r := b.server.at(place{x.Account, x.Region})
	k := &key{
		traits: traits{
			region: r, spec: x.Spec, usage: x.Usage, origin: x.Origin,
			multiRegion: x.MultiRegion, managed: x.Managed, created: x.Created, externalID: x.ExternalID,
		},
		face:     face{state: x.State},
		sequence: x.Sequence, description: x.Description, ring: b.rings[x.Ring],
	}
	k.identify(x.ID)
	if k.ring == nil {
		return fmt.Errorf("%s has no ring %d", k.arn, x.Ring)
	}
	if err := x.check(k); err != nil {
		return err
	}
	if primaries[k.arn] {
		k.ring.primary = k
	}
	if x.Store != "" {
		var err error
		if k.store, err = r.store(x.Store); err != nil {
			return err
		}
	}
	if x.Policy != nil {
		document, err := kmskit.ParsePolicyDocument(*x.Policy)
		if err != nil {
			return err
		}
		k.policy = &keyPolicy{text: *x.Policy, compiled: policy.Compile(document)}
	}
	for _, t := range x.Tags {
		k.tags = append(k.tags, types.Tag{TagKey: &t.Key, TagValue: &t.Value})
	}
	if x.Deletion != nil {
		k.deletion = &deletion{at: x.Deletion.At, days: x.Deletion.Days}
	}
	if u := x.LastUsage; u != nil {
		k.lastUsage.set(usage{operation: u.Operation, at: u.At, requestID: u.RequestID})
	}
	b.server.insertKey(k)
	b.keys[k.arn] = k
	return nil
}

// check refuses what the world has no meaning for, or that does not go together.
func (x keyState) check(k *key) error {
	waits := x.State == types.KeyStatePendingDeletion || x.State == types.KeyStatePendingReplicaDeletion
	ofAnother := func(m *ringMaterial) bool { return m.key.Spec() != x.Spec }
	switch {
	case !isKeyID(x.ID):
		return fmt.Errorf("%q is not the ID of a key", x.ID)
	case !slices.Contains(x.Spec.Values(), x.Spec):
		return unknown(k, "key spec", x.Spec)
	case !slices.Contains(x.Usage.Values(), x.Usage):
		return unknown(k, "key usage", x.Usage)
	case !slices.Contains(x.Origin.Values(), x.Origin):
		return unknown(k, "origin", x.Origin)
	case !slices.Contains(x.State.Values(), x.State):
		return unknown(k, "state", x.State)
	case waits != (x.Deletion != nil):
		return fmt.Errorf("%s is %s, and its deletion says otherwise", k.arn, x.State)
	case slices.ContainsFunc(k.ring.materials(), ofAnother):
		return fmt.Errorf("%s has material of another key spec than %s", k.arn, x.Spec)
	case k.ring.current == nil && x.Origin != types.OriginTypeExternal && x.Origin != types.OriginTypeExternalKeyStore:
		return fmt.Errorf("%s has no material", k.arn)
	default:
		return nil
	}
}

// unknown tells of a value that KMS has, if at all, since a newer version.
func unknown[T ~string](k *key, what string, value T) error {
	return fmt.Errorf("%s has the %s %q, which this version of kmskit does not know", k.arn, what, value)
}

// imports gives the copies of imported material to the keys of a ring, and checks
// that it has a primary key if it has any.
func (b *builder) imports(x ringState) error {
	r := b.rings[x.Number]
	if (r.primary == nil) != (x.Primary == "") || r.primary == nil && len(r.replicas) > 0 {
		return fmt.Errorf("ring %d has no primary key", x.Number)
	}
	states := x.Materials
	if x.Pending != nil {
		states = append(slices.Clip(states), *x.Pending)
	}
	for i, m := range r.materials() {
		for arn, validTo := range states[i].Imports {
			k := b.keys[arn]
			if k == nil || k.ring != r {
				return fmt.Errorf("%s has imported material and is not there", arn)
			}
			if m.imports == nil {
				m.imports = map[*key]*imported{}
			}
			m.imports[k] = &imported{validTo: validTo}
		}
	}
	return nil
}

func (b *builder) alias(x aliasState) error {
	k := b.keys[x.Key]
	if k == nil {
		return fmt.Errorf("%s has alias %s and is not there", x.Key, x.Name)
	}
	b.server.addAlias(&alias{name: x.Name, arn: k.region.arn(x.Name), created: x.Created, updated: x.Updated, target: k})
	return nil
}

func (b *builder) grant(x grantState) error {
	k := b.keys[x.Key]
	if k == nil {
		return fmt.Errorf("%s has grant %s and is not there", x.Key, x.ID)
	}
	b.server.insertGrant(&grant{
		sequence: x.Sequence, id: x.ID, key: k, name: x.Name,
		grantee: x.Grantee.principal(), retiring: x.Retiring.principal(), operations: x.Operations,
		constraints: constraints{equals: x.Equals, subset: x.Subset, sourceARN: x.SourceARN},
		issuer:      x.Issuer, created: x.Created,
	})
	return nil
}

// plan puts on the agenda what waits for a time.
func (b *builder) plan() {
	w := &b.server.world
	for _, r := range b.rings {
		if r.schedule != nil {
			w.scheduleRotation(r)
		}
	}
	for _, k := range b.keys {
		switch k.state {
		case types.KeyStatePendingDeletion:
			w.awaitDeletion(k)
		case types.KeyStateCreating, types.KeyStateUpdating:
			w.awaitPassage(k, b.server.Now())
		}
		for _, m := range k.ring.materials() {
			if m.imports[k] != nil {
				w.awaitExpiry(k, m)
			}
		}
	}
	for _, r := range w.regions {
		for _, s := range r.stores {
			if s.state == types.ConnectionStateTypeConnecting {
				w.awaitConnection(s)
			}
		}
	}
}
