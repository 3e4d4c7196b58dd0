package kmstest

import (
	"cmp"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/kmskit/kmskit/kmstest/internal/material"
)

// A key is a KMS key. The fields of its traits never change.
type key struct {
	traits

	face

	sequence    uint64
	past        past[face]
	description string
	ring        *keyRing    // shared by the keys of a multi-Region key
	tags        []types.Tag // by tag key
	lastUsage   lastUsage
	entered     uint64 // the last batch of the world's file that bears on it

	aliases  []*alias                    // by name
	grants   []*grant                    // in the order of creation
	grantees map[grantPrincipal][]*grant // by grantee
	named    map[string]*grant           // by fingerprint
}

// traits are what a key is from its creation on.
type traits struct {
	region      *region
	id          string
	arn         string
	spec        types.KeySpec
	usage       types.KeyUsageType
	origin      types.OriginType
	multiRegion bool
	managed     bool // by AWS
	created     time.Time
	store       *keyStore // nil unless the key is in a custom one
	externalID  string    // of its key in the external key manager, if it has one
}

// A deletion is the wait for one. That of a primary key which has replicas has no
// end until the last of them is deleted.
type deletion struct {
	at   time.Time
	days int32
}

// seals reports whether the key makes ciphertexts that name their key material.
func (k *key) seals() bool {
	return k.spec == types.KeySpecSymmetricDefault && k.ring.current != nil
}

func (c *call) createKey(in *kms.CreateKeyInput) (*kms.CreateKeyOutput, error) {
	k, err := c.newKey(in)
	if err != nil {
		return nil, err
	}
	k.identify(c.newKeyID(k.multiRegion))
	if k.origin != types.OriginTypeExternal {
		if err := c.server.generate(k); err != nil { // not under the lock: RSA keys take their time
			return nil, err
		}
	}
	c.server.mu.Lock()
	defer c.server.mu.Unlock()
	if err := c.permitKey(k, in); err != nil {
		return nil, err
	}
	if err := c.enterKeyStore(k, in); err != nil {
		return nil, err
	}
	c.server.addKey(k)
	c.record.use(k, &use{})
	return &kms.CreateKeyOutput{KeyMetadata: k.metadata(k.face)}, nil
}

// permitKey refuses to make k for want of permission, for the tags and the policy
// that it is to have, or because there are too many keys. The caller holds the
// lock.
func (c *call) permitKey(k *key, in *kms.CreateKeyInput) (err error) {
	values := requestTags(in.Tags, lockoutBypass(in.BypassPolicyLockoutSafetyCheck))
	if err := c.authorizeNew(k, "*", &use{values: values}); err != nil {
		return err
	}
	if len(in.Tags) > 0 {
		if err := c.authorizeNew(k, "", &use{permission: operationOf[kms.TagResourceInput]().permission, values: values}); err != nil {
			return err
		}
	}
	if k.tags, err = newTags(in.Tags); err != nil {
		return err
	}
	if in.Policy != nil {
		if k.policy, err = c.newPolicy(k, *in.Policy, in.BypassPolicyLockoutSafetyCheck); err != nil {
			return err
		}
	}
	return c.checkKeyQuota()
}

// newKey returns the key that in describes, without an ID and key material.
func (c *call) newKey(in *kms.CreateKeyInput) (*key, error) {
	t := traits{
		region:      c.region,
		origin:      in.Origin,
		multiRegion: isTrue(in.MultiRegion),
		created:     c.now,
	}
	var err error
	if t.spec, err = c.newSpec(in); err != nil {
		return nil, err
	}
	if t.usage, err = newUsage(t.spec, in.KeyUsage); err != nil {
		return nil, err
	}
	if err := checkKeyStoreMembers(in, t.spec); err != nil {
		return nil, err
	}
	k := &key{traits: t, face: face{state: types.KeyStateEnabled}, description: value(in.Description)}
	k.ring = &keyRing{primary: k}
	switch in.Origin {
	case "":
		k.origin = types.OriginTypeAwsKms
	case types.OriginTypeExternal:
		if !material.Importable(t.spec) {
			return nil, unsupported("KeySpec %s is not supported for Origin EXTERNAL", t.spec)
		}
		k.state = types.KeyStatePendingImport
	}
	return k, nil
}

// newKeyID draws an ID for a key.
func (c *call) newKeyID(multiRegion bool) string {
	if multiRegion {
		return multiRegionPrefix + c.server.names.hex(16)
	}
	return c.server.names.uuid()
}

// identify gives a new key its ID.
func (k *key) identify(id string) {
	k.arn = k.region.arn("key/" + id)
	k.id = k.arn[len(k.arn)-len(id):] // one string for both
}

// newSpec returns the key spec that in asks for, under its name of today or its
// old one.
func (c *call) newSpec(in *kms.CreateKeyInput) (types.KeySpec, error) {
	old := types.KeySpec(in.CustomerMasterKeySpec) //nolint:staticcheck // KMS still takes it
	if in.KeySpec != "" && old != "" {
		return "", validationError("You cannot specify KeySpec and CustomerMasterKeySpec in the same request. CustomerMasterKeySpec is deprecated.")
	}
	spec := cmp.Or(in.KeySpec, old, types.KeySpecSymmetricDefault)
	return spec, c.region.checkSpec("KeySpec", spec)
}

// checkSpec refuses a key spec, that a member of a request names, for which there are
// no keys in a Region: ML-KEM in China, and SM2, which is for China, everywhere.
func (r *region) checkSpec(member string, spec types.KeySpec) error {
	usages, china := material.Usages(spec), partition(r.region) == "aws-cn"
	switch {
	case usages == nil && china:
		return unsupported("%s %s is not supported by kmstest", member, spec)
	case usages == nil, china && slices.Contains(usages, types.KeyUsageTypeEncapsulateDecapsulate):
		return unsupported("%s %s is not supported in this Region", member, spec)
	default:
		return nil
	}
}

func newUsage(spec types.KeySpec, usage types.KeyUsageType) (types.KeyUsageType, error) {
	if usage == "" {
		if spec != types.KeySpecSymmetricDefault {
			return "", validationError("You must specify a KeyUsage value for all KMS keys except for symmetric encryption keys.")
		}
		return types.KeyUsageTypeEncryptDecrypt, nil
	}
	if !slices.Contains(material.Usages(spec), usage) {
		return "", validationError("KeyUsage %s is not compatible with KeySpec %s", usage, spec)
	}
	return usage, nil
}

// generate gives the key new material. A key pair is made at its first use, or
// now if it has to be written to a file.
func (w *world) generate(k *key) error {
	m, err := material.Generate(k.spec)
	if err != nil {
		return err
	}
	if w.mu.keeper != nil {
		if _, err := m.Bytes(); err != nil {
			return err
		}
	}
	k.ring.current = &ringMaterial{key: m.Bind(k.id)}
	return nil
}

func (c *call) describeKey(in *kms.DescribeKeyInput) (*kms.DescribeKeyOutput, error) {
	if s, missing := c.predefinedAlias(*in.KeyId); missing {
		return c.createManagedKey(s, in)
	}
	c.server.mu.RLock()
	defer c.server.mu.RUnlock()
	k, err := c.key(use{keyID: *in.KeyId, grantTokens: in.GrantTokens})
	if err != nil {
		return nil, err
	}
	return &kms.DescribeKeyOutput{KeyMetadata: k.metadata(c.face(k))}, nil
}

// metadata returns what KMS tells of a key with that face, and shares nothing
// with it.
func (k *key) metadata(f face) *types.KeyMetadata {
	algorithms := material.AlgorithmsOf(k.spec, k.usage)
	state := k.currentState(f)
	m := &types.KeyMetadata{
		KeyId:                   new(k.id),
		Arn:                     new(k.arn),
		AWSAccountId:            new(k.region.account),
		CreationDate:            new(k.created),
		CustomerMasterKeySpec:   types.CustomerMasterKeySpec(k.spec), //nolint:staticcheck // KMS still sends it
		Description:             new(k.description),
		Enabled:                 state == types.KeyStateEnabled,
		EncapsulationAlgorithms: algorithms.Encapsulation,
		EncryptionAlgorithms:    algorithms.Encryption,
		KeyAgreementAlgorithms:  algorithms.KeyAgreement,
		KeyManager:              k.manager(),
		KeySpec:                 k.spec,
		KeyState:                state,
		KeyUsage:                k.usage,
		MacAlgorithms:           algorithms.MAC,
		MultiRegion:             new(k.multiRegion),
		Origin:                  k.origin,
		SigningAlgorithms:       algorithms.Signing,
	}
	creating := state == types.KeyStateCreating // when KMS knows of material only what the primary key has
	if k.seals() && k.store == nil && !creating {
		m.CurrentKeyMaterialId = new(k.ring.current.key.ID().String())
	}
	switch d := f.deletion; {
	case d == nil:
	case f.state == types.KeyStatePendingReplicaDeletion:
		m.PendingDeletionWindowInDays = new(d.days)
	default:
		m.DeletionDate = new(d.at)
	}
	switch {
	case k.origin != types.OriginTypeExternal || f.state == types.KeyStatePendingImport:
	case creating:
		m.ExpirationModel, m.ValidTo = k.ring.primary.expiration()
	default:
		m.ExpirationModel, m.ValidTo = k.expiration()
	}
	if k.multiRegion {
		m.MultiRegionConfiguration = k.multiRegionConfiguration()
	}
	if k.store != nil {
		m.CustomKeyStoreId = new(k.store.id)
		k.store.backing.describeKey(k, m)
	}
	return m
}

func (c *call) listKeys(in *kms.ListKeysInput) (*kms.ListKeysOutput, error) {
	c.server.mu.RLock()
	defer c.server.mu.RUnlock()
	if err := c.authorizeHere("*", &use{}); err != nil {
		return nil, err
	}
	keys, next, err := pager[*key]{
		items: c.keysSeen(), position: (*key).position,
		limit: in.Limit, marker: in.Marker, usual: 100, most: 1000,
	}.page(c)
	if err != nil {
		return nil, err
	}
	entries := make([]types.KeyListEntry, len(keys))
	for i, k := range keys {
		entries[i] = types.KeyListEntry{KeyId: new(k.id), KeyArn: new(k.arn)}
	}
	return &kms.ListKeysOutput{Keys: entries, NextMarker: next, Truncated: next != nil}, nil
}

func (k *key) position() string { return position(k.sequence) }

func (c *call) updateKeyDescription(in *kms.UpdateKeyDescriptionInput) (*kms.UpdateKeyDescriptionOutput, error) {
	c.server.mu.Lock()
	defer c.server.mu.Unlock()
	k, err := c.key(use{keyID: *in.KeyId})
	if err != nil {
		return nil, err
	}
	k.description = *in.Description
	c.server.mark(k, k)
	return &kms.UpdateKeyDescriptionOutput{}, nil
}

func (c *call) enableKey(in *kms.EnableKeyInput) (*kms.EnableKeyOutput, error) {
	return &kms.EnableKeyOutput{}, c.setState(*in.KeyId, types.KeyStateEnabled)
}

func (c *call) disableKey(in *kms.DisableKeyInput) (*kms.DisableKeyOutput, error) {
	return &kms.DisableKeyOutput{}, c.setState(*in.KeyId, types.KeyStateDisabled)
}

func (c *call) setState(keyID string, state types.KeyState) error {
	c.server.mu.Lock()
	defer c.server.mu.Unlock()
	k, err := c.key(use{keyID: keyID})
	if err != nil {
		return err
	}
	c.remember(k)
	k.state = state
	c.server.mark(k, k)
	c.server.rotateIfDue(k.ring, c.now)
	return nil
}

const (
	shortestWindow = 7 // days
	longestWindow  = 30
)

func (c *call) scheduleKeyDeletion(in *kms.ScheduleKeyDeletionInput) (*kms.ScheduleKeyDeletionOutput, error) {
	days := int32(longestWindow)
	if in.PendingWindowInDays != nil {
		days = *in.PendingWindowInDays
	}
	if days < shortestWindow || days > longestWindow {
		return nil, validationError("PendingWindowInDays must be between %d and %d", shortestWindow, longestWindow)
	}
	c.server.mu.Lock()
	defer c.server.mu.Unlock()
	k, err := c.key(use{keyID: *in.KeyId, values: deletionWindow(days)})
	if err != nil {
		return nil, err
	}
	c.remember(k)
	out := &kms.ScheduleKeyDeletionOutput{KeyId: new(k.arn), PendingWindowInDays: new(days)}
	if len(k.ring.replicas) > 0 && !k.isReplica() {
		k.state = types.KeyStatePendingReplicaDeletion
		k.deletion = &deletion{days: days}
		c.server.mark(k, k)
	} else {
		c.server.scheduleDeletion(k, c.now, days)
		out.DeletionDate = new(k.deletion.at)
	}
	out.KeyState = k.state
	return out, nil
}

func (c *call) cancelKeyDeletion(in *kms.CancelKeyDeletionInput) (*kms.CancelKeyDeletionOutput, error) {
	c.server.mu.Lock()
	defer c.server.mu.Unlock()
	k, err := c.key(use{keyID: *in.KeyId})
	if err != nil {
		return nil, err
	}
	c.remember(k)
	k.deletion = nil
	k.state = types.KeyStateDisabled
	if !k.complete() {
		k.state = types.KeyStatePendingImport
	}
	c.server.mark(k, k)
	return &kms.CancelKeyDeletionOutput{KeyId: new(k.arn)}, nil
}
