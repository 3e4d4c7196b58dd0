package kmstest

import (
	"fmt"
	"iter"
	"slices"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kms/types"
)

// The records of a world in its file. Each has one entity, and refers to others
// by the names of their records or, where they have one, by their ARN.

// serverEntity is the entity of what belongs to the Server and not to an account.
type serverEntity struct{}

type identityState struct {
	SealKey  []byte        `json:"sealKey"`
	Life     uint64        `json:"life"`
	Advanced time.Duration `json:"advanced"`
}

func (serverEntity) record(s *Server) (name string, state any) {
	return "server", identityState{SealKey: s.sealer.key[:], Life: s.life, Advanced: time.Duration(s.advanced.Load())}
}

// sequence is the entity of the number that the last key or grant has got.
type sequence struct{}

func (sequence) record(s *Server) (name string, state any) { return "sequence", s.sequence }

type keyState struct {
	Account     string             `json:"account"`
	Region      string             `json:"region"`
	ID          string             `json:"id"`
	Sequence    uint64             `json:"sequence"`
	Ring        uint64             `json:"ring"`
	Spec        types.KeySpec      `json:"spec"`
	Usage       types.KeyUsageType `json:"usage"`
	Origin      types.OriginType   `json:"origin"`
	MultiRegion bool               `json:"multiRegion,omitzero"`
	Managed     bool               `json:"managed,omitzero"`
	Created     time.Time          `json:"created"`
	Store       string             `json:"store,omitzero"`
	ExternalID  string             `json:"externalId,omitzero"`
	State       types.KeyState     `json:"state"`
	Description string             `json:"description,omitzero"`
	Policy      *string            `json:"policy,omitzero"`
	Tags        []tagState         `json:"tags,omitzero"`
	Deletion    *deletionState     `json:"deletion,omitzero"`
	LastUsage   *usageState        `json:"lastUsage,omitzero"`
}

type tagState struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

type deletionState struct {
	At   time.Time `json:"at,omitzero"`
	Days int32     `json:"days"`
}

type usageState struct {
	Operation types.KeyLastUsageTrackingOperation `json:"operation"`
	At        time.Time                           `json:"at"`
	RequestID string                              `json:"requestId"`
}

func (k *key) record(s *Server) (name string, state any) {
	name = "key " + k.arn
	if k.region.keys[k.id] != k {
		return name, nil
	}
	x := keyState{
		Account: k.region.account, Region: k.region.region, ID: k.id, Sequence: k.sequence, Ring: k.ring.number,
		Spec: k.spec, Usage: k.usage, Origin: k.origin, MultiRegion: k.multiRegion, Managed: k.managed, Created: k.created,
		ExternalID: k.externalID, State: k.state, Description: k.description,
	}
	if k.store != nil {
		x.Store = k.store.id
	}
	if k.policy != nil {
		x.Policy = &k.policy.text
	}
	for _, t := range k.tags {
		x.Tags = append(x.Tags, tagState{*t.TagKey, *t.TagValue})
	}
	if d := k.deletion; d != nil {
		x.Deletion = &deletionState{d.at, d.days}
	}
	if u, ok := k.lastUsage.get(); ok {
		x.LastUsage = &usageState{u.operation, u.at, u.id(s)}
	}
	return name, x
}

type ringState struct {
	Number    uint64          `json:"number"`
	KeyID     string          `json:"keyId,omitzero"`
	Spec      types.KeySpec   `json:"spec,omitzero"`
	Primary   string          `json:"primary,omitzero"`   // its ARN
	Materials []materialState `json:"materials,omitzero"` // oldest first
	Pending   *materialState  `json:"pending,omitzero"`
	Schedule  *scheduleState  `json:"schedule,omitzero"`
	OnDemand  int32           `json:"onDemand,omitzero"`
	Asked     uint32          `json:"asked,omitzero"`
	Former    []string        `json:"former,omitzero"` // in hexadecimal
}

type materialState struct {
	Key         []byte               `json:"key"`
	Description string               `json:"description,omitzero"`
	Rotation    *rotationState       `json:"rotation,omitzero"`
	Imports     map[string]time.Time `json:"imports,omitzero"` // when they expire, by the ARN of the key
}

type rotationState struct {
	At   time.Time          `json:"at"`
	Kind types.RotationType `json:"kind"`
}

type scheduleState struct {
	Days int32     `json:"days"`
	Next time.Time `json:"next"`
}

func (r *keyRing) record(*Server) (name string, state any) {
	name = "ring " + strconv.FormatUint(r.number, 10)
	x := ringState{Number: r.number, OnDemand: r.onDemand, Asked: r.asked}
	if k := r.primary; k != nil {
		x.KeyID, x.Spec, x.Primary = k.id, k.spec, k.arn
	}
	for m := r.current; m != nil; m = m.former {
		x.Materials = append(x.Materials, m.state())
	}
	slices.Reverse(x.Materials)
	if r.pending != nil {
		x.Pending = new(r.pending.state())
	}
	if r.schedule != nil {
		x.Schedule = &scheduleState{r.schedule.days, r.schedule.next}
	}
	for _, id := range r.former {
		x.Former = append(x.Former, id.String())
	}
	return name, x
}

func (m *ringMaterial) state() materialState {
	b, err := m.key.Bytes()
	if err != nil {
		panic(err) // the key pair was made before it came here
	}
	x := materialState{Key: b, Description: m.description}
	if m.rotation != nil {
		x.Rotation = &rotationState{m.rotation.at, m.rotation.kind}
	}
	for k, i := range m.imports {
		if x.Imports == nil {
			x.Imports = map[string]time.Time{}
		}
		x.Imports[k.arn] = i.validTo
	}
	return x
}

type aliasState struct {
	Key     string    `json:"key"` // its ARN
	Name    string    `json:"name"`
	Created time.Time `json:"created"`
	Updated time.Time `json:"updated"`
}

func (a *alias) record(*Server) (name string, state any) {
	name = "alias " + a.arn
	if a.target.region.aliases[a.name] != a {
		return name, nil
	}
	return name, aliasState{Key: a.target.arn, Name: a.name, Created: a.created, Updated: a.updated}
}

type grantState struct {
	Sequence   uint64                 `json:"sequence"`
	ID         string                 `json:"id"`
	Key        string                 `json:"key"` // its ARN
	Name       string                 `json:"name,omitzero"`
	Grantee    principalState         `json:"grantee"`
	Retiring   principalState         `json:"retiring,omitzero"`
	Operations []types.GrantOperation `json:"operations"`
	Equals     map[string]string      `json:"equals,omitzero"`
	Subset     map[string]string      `json:"subset,omitzero"`
	SourceARN  string                 `json:"sourceArn,omitzero"`
	Issuer     string                 `json:"issuer"`
	Created    time.Time              `json:"created"`
}

type principalState struct {
	Name    string `json:"name"`
	Service bool   `json:"service,omitzero"`
}

func (g *grant) record(*Server) (name string, state any) {
	name = "grant " + g.key.region.arn("grant/"+g.id)
	if g.key.region.grants[g.id] != g {
		return name, nil
	}
	return name, grantState{
		Sequence: g.sequence, ID: g.id, Key: g.key.arn, Name: g.name,
		Grantee: g.grantee.state(), Retiring: g.retiring.state(), Operations: g.operations,
		Equals: g.constraints.equals, Subset: g.constraints.subset, SourceARN: g.constraints.sourceARN,
		Issuer: g.issuer, Created: g.created,
	}
}

func (p grantPrincipal) state() principalState { return principalState{p.name, p.service} }

func (p principalState) principal() grantPrincipal { return grantPrincipal{p.Name, p.Service} }

type storeState struct {
	Account  string                        `json:"account"`
	Region   string                        `json:"region"`
	Sequence uint64                        `json:"sequence"`
	ID       string                        `json:"id"`
	Name     string                        `json:"name"`
	Created  time.Time                     `json:"created"`
	State    types.ConnectionStateType     `json:"state"`
	Failure  types.ConnectionErrorCodeType `json:"failure,omitzero"`
	Settled  time.Time                     `json:"settled,omitzero"`
	Cluster  *clusterBackingState          `json:"cluster,omitzero"`
	Proxy    *proxyBackingState            `json:"proxy,omitzero"`
}

type clusterBackingState struct {
	ClusterID   string `json:"clusterId"`
	TrustAnchor string `json:"trustAnchor"`
	Password    string `json:"password"`
}

type proxyBackingState struct {
	Connectivity types.XksProxyConnectivityType `json:"connectivity"`
	Endpoint     string                         `json:"endpoint"`
	Path         string                         `json:"path"`
	Service      string                         `json:"service,omitzero"`
	Owner        string                         `json:"owner,omitzero"`
	AccessKeyID  string                         `json:"accessKeyId"`
	Secret       string                         `json:"secret"`
}

func (s *keyStore) record(*Server) (name string, state any) {
	name = "store " + s.region.arn("store/"+s.id)
	if !slices.Contains(s.region.stores, s) {
		return name, nil
	}
	x := storeState{
		Account: s.region.account, Region: s.region.region, Sequence: s.sequence, ID: s.id, Name: s.name,
		Created: s.created, State: s.state, Failure: s.failure, Settled: s.settled,
	}
	switch b := s.backing.(type) {
	case clusterBacking:
		x.Cluster = &clusterBackingState{b.clusterID, b.trustAnchor, b.password}
	case proxyBacking:
		x.Proxy = &proxyBackingState{b.connectivity, b.endpoint, b.path, b.service, b.owner, b.accessKeyID, b.secret}
	}
	return name, x
}

// A cluster names a CloudHSM cluster that the world has been told of.
type cluster string

func (c cluster) record(s *Server) (name string, state any) {
	return "cluster " + string(c), s.clusters[string(c)]
}

// A proxy names an external key store proxy that the world has been told of.
type proxy struct{ endpoint, path string }

func (p proxy) is(x XKSProxy) bool { return x.URIEndpoint == p.endpoint && x.URIPath == p.path }

func (p proxy) record(s *Server) (name string, state any) {
	return "proxy " + p.endpoint + p.path, s.proxies[slices.IndexFunc(s.proxies, p.is)]
}

type wrappingState struct {
	Spec types.WrappingKeySpec `json:"spec"`
	Turn int                   `json:"turn"`
	Key  []byte                `json:"key"`
}

func (w wrappingName) record(s *Server) (name string, state any) {
	b, err := s.wrapping[w].Bytes()
	if err != nil {
		panic(err) // its public key has been handed out
	}
	return fmt.Sprintf("wrapping %s %d", w.spec, w.turn), wrappingState{w.spec, w.turn, b}
}

// entities returns all that a file has of the world. The caller holds the lock.
func (s *Server) entities() iter.Seq[entity] {
	return func(yield func(entity) bool) {
		for _, list := range [][]entity{{serverEntity{}, sequence{}}, s.backings(), s.rings()} {
			if !yieldAll(yield, list) {
				return
			}
		}
		for _, r := range s.regions {
			if !yieldAll(yield, r.stores) || !yieldAll(yield, r.keyOrder) || !yieldAll(yield, r.nameOrder) {
				return
			}
			for _, k := range r.keyOrder {
				if !yieldAll(yield, k.grants) {
					return
				}
			}
		}
	}
}

func yieldAll[E entity](yield func(entity) bool, list []E) bool {
	for _, e := range list {
		if !yield(e) {
			return false
		}
	}
	return true
}

// backings returns what the world has been told of, or handed out, beside its
// accounts.
func (s *Server) backings() (list []entity) {
	for id := range s.clusters {
		list = append(list, cluster(id))
	}
	for _, p := range s.proxies {
		list = append(list, proxy{p.URIEndpoint, p.URIPath})
	}
	for w := range s.wrapping {
		list = append(list, w)
	}
	return list
}

// rings returns all rings, those of deleted keys too.
func (s *Server) rings() (list []entity) {
	seen := map[*keyRing]bool{}
	add := func(r *keyRing) {
		if !seen[r] {
			seen[r] = true
			list = append(list, r)
		}
	}
	for _, r := range s.regions {
		for _, k := range r.keyOrder {
			add(k.ring)
		}
	}
	for _, r := range s.sealers {
		add(r)
	}
	return list
}
