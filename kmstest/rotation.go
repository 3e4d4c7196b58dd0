package kmstest

import (
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/kmskit/kmskit/kmstest/internal/material"
)

const (
	day            = 24 * time.Hour
	usualPeriod    = 365 // days between two automatic rotations
	mostOnDemand   = 25  // rotations on demand in the life of a key
	rotationLeeway = 20 * time.Minute
)

func (c *call) enableKeyRotation(in *kms.EnableKeyRotationInput) (*kms.EnableKeyRotationOutput, error) {
	period := int32(usualPeriod)
	if in.RotationPeriodInDays != nil {
		period = *in.RotationPeriodInDays
	}
	c.server.mu.Lock()
	defer c.server.mu.Unlock()
	k, err := c.key(use{keyID: *in.KeyId, values: rotationPeriod(period)})
	if err != nil {
		return nil, err
	}
	if err := c.checkRotation(k, types.RotationTypeAutomatic); err != nil {
		return nil, err
	}
	if s := k.ring.schedule; s == nil || s.days != period && in.RotationPeriodInDays != nil {
		k.ring.schedule = &schedule{days: period, next: c.now.Add(time.Duration(period) * day)}
		c.server.scheduleRotation(k.ring)
		c.server.markRing(k.ring)
	}
	return &kms.EnableKeyRotationOutput{}, nil
}

func (c *call) disableKeyRotation(in *kms.DisableKeyRotationInput) (*kms.DisableKeyRotationOutput, error) {
	c.server.mu.Lock()
	defer c.server.mu.Unlock()
	k, err := c.key(use{keyID: *in.KeyId})
	if err != nil {
		return nil, err
	}
	if k.usage == types.KeyUsageTypeGenerateVerifyMac { // KMS takes it for done
		return &kms.DisableKeyRotationOutput{}, nil
	}
	if err := c.checkRotation(k, types.RotationTypeAutomatic); err != nil {
		return nil, err
	}
	k.ring.schedule = nil
	c.server.markRing(k.ring)
	return &kms.DisableKeyRotationOutput{}, nil
}

// checkRotation refuses a key whose material cannot rotate in that way, and a
// replica, through which rotation cannot be controlled.
func (c *call) checkRotation(k *key, kind types.RotationType) error {
	switch {
	case k.spec != types.KeySpecSymmetricDefault:
		return &types.UnsupportedOperationException{} // KMS says no more
	case k.origin == types.OriginTypeExternal && kind == types.RotationTypeAutomatic:
		return wrongOrigin(k.arn, k.origin)
	case k.isReplica():
		return unsupported("%s is a multi-region replica key which is not valid for %s.", k.arn, c.operation.name)
	default:
		return nil
	}
}

// scheduleRotation puts the next automatic rotation of a ring on the agenda.
func (w *world) scheduleRotation(r *keyRing) {
	s, at := r.schedule, r.schedule.next
	w.schedule(at, func() bool { return r.schedule == s && s.next.Equal(at) }, func() { w.rotateIfDue(r, at) })
}

// rotateIfDue rotates the material of a ring if its schedule says so. A key that
// is not enabled at that time is rotated when it is so again, once, however often
// it should have been.
func (w *world) rotateIfDue(r *keyRing, now time.Time) {
	s := r.schedule
	if s == nil || s.next.After(now) || r.primary == nil || !r.primary.usable() {
		return
	}
	w.rotate(r, now, types.RotationTypeAutomatic)
	s.next = now.Add(time.Duration(s.days) * day)
	w.scheduleRotation(r)
	w.markRing(r)
}

// rotate gives a ring new material of KMS's own.
func (w *world) rotate(r *keyRing, at time.Time, kind types.RotationType) {
	key, err := material.Generate(r.primary.spec)
	if err != nil {
		panic(err) // the first material was made in the same way
	}
	m := &ringMaterial{key: key.Bind(r.primary.id)}
	r.rotate(m, at, kind)
	w.sealers[m.key.ID()] = r
}

func (c *call) rotateKeyOnDemand(in *kms.RotateKeyOnDemandInput) (*kms.RotateKeyOnDemandOutput, error) {
	c.server.mu.Lock()
	defer c.server.mu.Unlock()
	k, err := c.key(use{keyID: *in.KeyId})
	if err != nil {
		return nil, err
	}
	if err := c.checkRotation(k, types.RotationTypeOnDemand); err != nil {
		return nil, err
	}
	r := k.ring
	if s := r.schedule; s != nil && s.next.Sub(c.now) <= rotationLeeway {
		return nil, rotationAhead(k.arn)
	}
	if r.onDemand == mostOnDemand {
		return nil, noMoreRotations(k.arn)
	}
	if k.origin == types.OriginTypeExternal {
		switch {
		case r.pending == nil:
			return nil, nothingPending(k.arn)
		case r.state(r.pending) != types.KeyMaterialStatePendingRotation:
			return nil, replicasLackMaterial()
		}
		r.rotate(r.pending, c.now, types.RotationTypeOnDemand)
		c.server.expireCurrent(r, c.now)
	} else {
		c.server.rotate(r, c.now, types.RotationTypeOnDemand)
	}
	r.onDemand++
	c.server.markRing(r)
	return &kms.RotateKeyOnDemandOutput{KeyId: new(k.arn)}, nil
}

func (c *call) getKeyRotationStatus(in *kms.GetKeyRotationStatusInput) (*kms.GetKeyRotationStatusOutput, error) {
	c.server.mu.RLock()
	defer c.server.mu.RUnlock()
	k, err := c.key(use{keyID: *in.KeyId})
	if err != nil {
		return nil, err
	}
	out := &kms.GetKeyRotationStatusOutput{KeyId: new(k.arn)}
	if s := k.ring.schedule; s != nil && k.state != types.KeyStatePendingDeletion {
		out.KeyRotationEnabled = true
		out.NextRotationDate = new(s.next)
		out.RotationPeriodInDays = new(s.days)
	}
	return out, nil
}

func (c *call) listKeyRotations(in *kms.ListKeyRotationsInput) (*kms.ListKeyRotationsOutput, error) {
	c.server.mu.RLock()
	defer c.server.mu.RUnlock()
	k, err := c.key(use{keyID: *in.KeyId})
	if err != nil {
		return nil, err
	}
	if k.spec != types.KeySpecSymmetricDefault && in.IncludeKeyMaterial != "" {
		return nil, validationError("Input parameter includeKeyMaterial can only be used with symmetric keys.")
	}
	all := in.IncludeKeyMaterial == types.IncludeKeyMaterialAllKeyMaterial
	page, next, err := pager[numberedMaterial]{
		items: k.rotations(all), position: numberedMaterial.position,
		limit: in.Limit, marker: in.Marker, usual: 100, most: 1000,
		filter: joinFields(k.id, strconv.FormatBool(all)),
	}.page(c)
	if err != nil {
		return nil, err
	}
	entries := make([]types.RotationsListEntry, len(page))
	for i, m := range page {
		entries[i] = k.rotationEntry(m.ringMaterial)
	}
	return &kms.ListKeyRotationsOutput{Rotations: entries, NextMarker: next, Truncated: next != nil}, nil
}

// A numberedMaterial is a key material with its place in the history of its ring.
type numberedMaterial struct {
	*ringMaterial

	number uint64
}

func (m numberedMaterial) position() string { return position(m.number) }

// rotations returns the material that rotations have made current, oldest first,
// or all of it.
func (k *key) rotations(all bool) []numberedMaterial {
	if k.spec != types.KeySpecSymmetricDefault {
		return nil
	}
	var list []numberedMaterial
	for i, m := range k.ring.materials() {
		if all || m.rotation != nil {
			list = append(list, numberedMaterial{m, uint64(i)})
		}
	}
	return list
}

func (k *key) rotationEntry(m *ringMaterial) types.RotationsListEntry {
	e := types.RotationsListEntry{
		KeyId:            new(k.arn),
		KeyMaterialId:    new(m.key.ID().String()),
		KeyMaterialState: k.ring.state(m),
	}
	if m.rotation != nil {
		e.RotationDate = new(m.rotation.at)
		e.RotationType = m.rotation.kind
	}
	if k.origin != types.OriginTypeExternal {
		return e
	}
	if m.description != "" {
		e.KeyMaterialDescription = new(m.description)
	}
	e.ImportState = types.ImportStatePendingImport
	if i := m.imports[k]; i != nil {
		e.ImportState = types.ImportStateImported
		e.ExpirationModel, e.ValidTo = i.expiration()
	}
	return e
}
