package kmstest

import (
	"cmp"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
)

// A keyStore is a custom key store. Its keys can be used while it is connected.
//
// https://docs.aws.amazon.com/kms/latest/developerguide/key-store-overview.html
type keyStore struct {
	region   *region
	sequence uint64
	id       string
	name     string
	created  time.Time
	backing  backing

	state   types.ConnectionStateType
	failure types.ConnectionErrorCodeType // of the last attempt to connect
	settled time.Time                     // when that is or was over

	keys     int             // in it
	external map[string]*key // by the ID of the external key
}

// A backing is what KMS was told of the place where a key store keeps its keys: a
// CloudHSM cluster, or a key manager behind an external key store proxy. It never
// changes.
type backing interface {
	kind() types.CustomKeyStoreType
	// describe adds to what KMS tells of the key store.
	describe(e *types.CustomKeyStoresListEntry)
	// describeKey adds to what KMS tells of a key in it.
	describeKey(k *key, m *types.KeyMetadata)
	// update returns what an update makes of the backing, and whether the key
	// store must be disconnected for it.
	update(c *call, in *kms.UpdateCustomKeyStoreInput) (b backing, disconnected bool, err error)
	// clash refuses a backing that cannot be there besides another.
	clash(other backing) error

	// check refuses what is found wrong when KMS is told.
	check(w *world) error
	// checkConnection refuses what is found wrong before connecting begins.
	checkConnection(w *world) error
	// checkKey refuses what is found wrong when a key is made.
	checkKey(w *world, externalID string) error
	// fault returns what is found wrong in connecting.
	fault(w *world) types.ConnectionErrorCodeType
	// outage returns why a key cannot be used although the key store is
	// connected. It is empty if it can be used.
	outage(w *world, externalID string) string
}

// connectionTime is what it takes to connect a key store. KMS needs minutes.
const connectionTime = time.Second

func (s *keyStore) position() string { return position(s.sequence) }

func (s *keyStore) isConnected() bool { return s.state == types.ConnectionStateTypeConnected }

func (c *call) createCustomKeyStore(in *kms.CreateCustomKeyStoreInput) (*kms.CreateCustomKeyStoreOutput, error) {
	b, err := newBacking(in, c.region.account)
	if err != nil {
		return nil, err
	}
	c.server.mu.Lock()
	defer c.server.mu.Unlock()
	if err := c.authorizeHere("*", &use{}); err != nil {
		return nil, err
	}
	if c.region.storeNamed(*in.CustomKeyStoreName) != nil {
		return nil, keyStoreExists(*in.CustomKeyStoreName)
	}
	if err := c.checkKeyStoreQuota(); err != nil {
		return nil, err
	}
	if err := c.checkBacking(b, nil); err != nil {
		return nil, err
	}
	s := &keyStore{
		region:   c.region,
		sequence: c.server.next(),
		id:       "cks-" + c.server.names.hex(9)[1:], // 17 digits
		name:     *in.CustomKeyStoreName,
		created:  c.now,
		backing:  b,
		state:    types.ConnectionStateTypeDisconnected,
		external: map[string]*key{},
	}
	c.region.stores = append(c.region.stores, s)
	c.server.mark(s)
	return &kms.CreateCustomKeyStoreOutput{CustomKeyStoreId: new(s.id)}, nil
}

func newBacking(in *kms.CreateCustomKeyStoreInput, account string) (backing, error) {
	if in.CustomKeyStoreType == types.CustomKeyStoreTypeExternalKeyStore {
		return newProxyBacking(in, account)
	}
	return newClusterBacking(in)
}

// checkBacking refuses a backing for a key store that exists already or, if it is
// nil, is yet to be made. The caller holds the lock.
func (c *call) checkBacking(b backing, of *keyStore) error {
	for _, s := range c.region.stores {
		if s == of {
			continue
		}
		if err := b.clash(s.backing); err != nil {
			return err
		}
	}
	return b.check(&c.server.world)
}

func (c *call) describeCustomKeyStores(in *kms.DescribeCustomKeyStoresInput) (*kms.DescribeCustomKeyStoresOutput, error) {
	if in.CustomKeyStoreId != nil && in.CustomKeyStoreName != nil {
		return nil, validationError("You can specify either CustomKeyStoreId or CustomKeyStoreName, but not both.")
	}
	c.server.mu.RLock()
	defer c.server.mu.RUnlock()
	if err := c.authorizeHere("*", &use{}); err != nil {
		return nil, err
	}
	stores, err := c.region.selectStores(in.CustomKeyStoreId, in.CustomKeyStoreName)
	if err != nil {
		return nil, err
	}
	stores, next, err := pager[*keyStore]{
		items: stores, position: (*keyStore).position,
		limit: in.Limit, marker: in.Marker, usual: 100, most: 1000,
		filter: joinFields(value(in.CustomKeyStoreId), value(in.CustomKeyStoreName)),
	}.page(c)
	if err != nil {
		return nil, err
	}
	entries := make([]types.CustomKeyStoresListEntry, len(stores))
	for i, s := range stores {
		entries[i] = s.entry()
	}
	return &kms.DescribeCustomKeyStoresOutput{CustomKeyStores: entries, NextMarker: next, Truncated: next != nil}, nil
}

// entry returns what KMS tells of the key store, and shares nothing with it.
func (s *keyStore) entry() types.CustomKeyStoresListEntry {
	e := types.CustomKeyStoresListEntry{
		ConnectionState:    s.state,
		CreationDate:       new(s.created),
		CustomKeyStoreId:   new(s.id),
		CustomKeyStoreName: new(s.name),
		CustomKeyStoreType: s.backing.kind(),
	}
	if s.state == types.ConnectionStateTypeFailed {
		e.ConnectionErrorCode = s.failure
	}
	s.backing.describe(&e)
	return e
}

func (c *call) updateCustomKeyStore(in *kms.UpdateCustomKeyStoreInput) (*kms.UpdateCustomKeyStoreOutput, error) {
	c.server.mu.Lock()
	defer c.server.mu.Unlock()
	s, err := c.keyStore(*in.CustomKeyStoreId)
	if err != nil {
		return nil, err
	}
	b, disconnected, err := s.backing.update(c, in)
	if err != nil {
		return nil, err
	}
	if s.state != types.ConnectionStateTypeDisconnected && (disconnected || !s.isConnected()) {
		return nil, wrongConnectionState(s, c.operation.name)
	}
	if in.NewCustomKeyStoreName != nil {
		if other := c.region.storeNamed(*in.NewCustomKeyStoreName); other != nil && other != s {
			return nil, keyStoreExists(other.name)
		}
	}
	if b != s.backing {
		if err := c.checkBacking(b, s); err != nil {
			return nil, err
		}
	}
	s.name = cmp.Or(value(in.NewCustomKeyStoreName), s.name)
	s.backing = b
	c.server.mark(s)
	return &kms.UpdateCustomKeyStoreOutput{}, nil
}

func (c *call) deleteCustomKeyStore(in *kms.DeleteCustomKeyStoreInput) (*kms.DeleteCustomKeyStoreOutput, error) {
	c.server.mu.Lock()
	defer c.server.mu.Unlock()
	s, err := c.keyStore(*in.CustomKeyStoreId)
	if err != nil {
		return nil, err
	}
	if s.state != types.ConnectionStateTypeDisconnected {
		return nil, wrongConnectionState(s, c.operation.name)
	}
	if s.keys > 0 {
		return nil, keyStoreHasKeys(s.id)
	}
	c.region.stores = slices.DeleteFunc(c.region.stores, func(x *keyStore) bool { return x == s })
	c.server.mark(s)
	return &kms.DeleteCustomKeyStoreOutput{}, nil
}

func (c *call) connectCustomKeyStore(in *kms.ConnectCustomKeyStoreInput) (*kms.ConnectCustomKeyStoreOutput, error) {
	c.server.mu.Lock()
	defer c.server.mu.Unlock()
	s, err := c.keyStore(*in.CustomKeyStoreId)
	if err != nil {
		return nil, err
	}
	switch s.state {
	case types.ConnectionStateTypeFailed:
		return nil, wrongConnectionState(s, c.operation.name)
	case types.ConnectionStateTypeDisconnected:
		if err := s.backing.checkConnection(&c.server.world); err != nil {
			return nil, err
		}
		c.server.connect(s, c.now.Add(connectionTime))
	}
	return &kms.ConnectCustomKeyStoreOutput{}, nil
}

// connect begins to connect a key store. At that time it will be connected, or
// that has failed.
func (w *world) connect(s *keyStore, at time.Time) {
	s.state = types.ConnectionStateTypeConnecting
	s.settled = at
	w.mark(s)
	w.awaitConnection(s)
}

// awaitConnection puts the end of the attempt to connect s on the agenda.
func (w *world) awaitConnection(s *keyStore) {
	at := s.settled
	waits := func() bool { return s.state == types.ConnectionStateTypeConnecting && s.settled.Equal(at) }
	w.schedule(at, waits, func() {
		w.mark(s)
		s.state = types.ConnectionStateTypeConnected
		if s.failure = s.backing.fault(w); s.failure != "" {
			s.state = types.ConnectionStateTypeFailed
		}
	})
}

func (c *call) disconnectCustomKeyStore(in *kms.DisconnectCustomKeyStoreInput) (*kms.DisconnectCustomKeyStoreOutput, error) {
	c.server.mu.Lock()
	defer c.server.mu.Unlock()
	s, err := c.keyStore(*in.CustomKeyStoreId)
	if err != nil {
		return nil, err
	}
	if s.state == types.ConnectionStateTypeDisconnected {
		return nil, wrongConnectionState(s, c.operation.name)
	}
	s.state = types.ConnectionStateTypeDisconnected
	c.server.mark(s)
	return &kms.DisconnectCustomKeyStoreOutput{}, nil
}

// keyStore finds the key store that an operation is to work on. The caller holds
// the lock.
func (c *call) keyStore(id string) (*keyStore, error) {
	if err := c.authorizeHere("*", &use{}); err != nil {
		return nil, err
	}
	return c.region.store(id)
}

// An account has few key stores in a Region: they are searched from end to end.

func (r *region) store(id string) (*keyStore, error) {
	for _, s := range r.stores {
		if s.id == id {
			return s, nil
		}
	}
	return nil, keyStoreNotFound(id)
}

// storeNamed returns the key store with that name, or nil.
func (r *region) storeNamed(name string) *keyStore {
	for _, s := range r.stores {
		if s.name == name {
			return s
		}
	}
	return nil
}

// selectStores returns the key store with that ID or name, or all of them.
func (r *region) selectStores(id, name *string) ([]*keyStore, error) {
	switch {
	case id != nil:
		s, err := r.store(*id)
		return []*keyStore{s}, err
	case name == nil:
		return r.stores, nil
	case r.storeNamed(*name) == nil:
		return nil, keyStoreNotFound(*name)
	default:
		return []*keyStore{r.storeNamed(*name)}, nil
	}
}

// inKeyStore reports whether keys of that origin are in a custom key store.
func inKeyStore(origin types.OriginType) bool {
	return origin == types.OriginTypeAwsCloudhsm || origin == types.OriginTypeExternalKeyStore
}

// checkKeyStoreMembers refuses a key that cannot be in a custom key store, or of
// which it is not said in which.
func checkKeyStoreMembers(in *kms.CreateKeyInput, spec types.KeySpec) error {
	stored, external := inKeyStore(in.Origin), in.Origin == types.OriginTypeExternalKeyStore
	switch {
	case stored != (in.CustomKeyStoreId != nil):
		return validationError("CustomKeyStoreId must be specified if Origin is AWS_CLOUDHSM or EXTERNAL_KEY_STORE, and only then.")
	case external != (in.XksKeyId != nil):
		return validationError("XksKeyId must be specified if Origin is EXTERNAL_KEY_STORE, and only then.")
	case stored && spec != types.KeySpecSymmetricDefault:
		return unsupported("Key spec %s is not supported in a custom key store.", spec)
	case stored && isTrue(in.MultiRegion):
		return unsupported("Multi-Region keys are not supported in a custom key store.")
	default:
		return nil
	}
}

// enterKeyStore gives a new key its place in a custom key store. The caller holds
// the lock.
func (c *call) enterKeyStore(k *key, in *kms.CreateKeyInput) error {
	if in.CustomKeyStoreId == nil {
		return nil
	}
	s, err := c.connectedStore(*in.CustomKeyStoreId, k.origin)
	if err != nil {
		return err
	}
	k.store, k.externalID = s, value(in.XksKeyId)
	if s.external[k.externalID] != nil {
		return externalKeyInUse(k.externalID)
	}
	return s.backing.checkKey(&c.server.world, k.externalID)
}

// connectedStore finds a key store for keys of that origin, and refuses it unless
// it is connected. The caller holds the lock.
func (c *call) connectedStore(id string, origin types.OriginType) (*keyStore, error) {
	s, err := c.region.store(id)
	switch {
	case err != nil:
		return nil, err
	case string(s.backing.kind()) != string(origin):
		return nil, unsupported("Custom key store %s is not valid for keys of origin %s.", id, origin)
	case !s.isConnected():
		return nil, wrongConnectionState(s, c.operation.name)
	default:
		return s, nil
	}
}

// reach refuses a cryptographic operation with a key of a key store whose backing
// does not answer. The caller holds the lock.
func (c *call) reach(k *key) error {
	if k.store == nil || !c.operation.tracked {
		return nil
	}
	if why := k.store.backing.outage(&c.server.world, k.externalID); why != "" {
		return &types.KMSInvalidStateException{Message: new(why)}
	}
	return nil
}

// checkRandomSource refuses to take random bytes from a key store.
func (c *call) checkRandomSource(id string) error {
	c.server.mu.RLock()
	defer c.server.mu.RUnlock()
	s, err := c.connectedStore(id, types.OriginTypeAwsCloudhsm)
	if err != nil {
		return err
	}
	if why := s.backing.outage(&c.server.world, ""); why != "" {
		return keyStoreUnusable(why)
	}
	return nil
}

func (s *keyStore) add(k *key) {
	s.keys++
	if k.externalID != "" {
		s.external[k.externalID] = k
	}
}

func (s *keyStore) remove(k *key) {
	s.keys--
	delete(s.external, k.externalID)
}

// currentState returns the state of the key with that face: one in a key store
// that is not connected cannot be used, whatever else was done to it meanwhile.
func (k *key) currentState(f face) types.KeyState {
	if k.store != nil && !k.store.isConnected() && f.deletion == nil {
		return types.KeyStateUnavailable
	}
	return f.state
}
