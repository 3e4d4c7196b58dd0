package kmstest

import (
	"regexp"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
)

func (c *call) replicateKey(in *kms.ReplicateKeyInput) (*kms.ReplicateKeyOutput, error) {
	there := c.in(*in.ReplicaRegion)
	c.server.mu.Lock()
	defer c.server.mu.Unlock()
	primary, err := c.key(use{keyID: *in.KeyId, values: replicaRegion(*in.ReplicaRegion)})
	if err != nil {
		return nil, err
	}
	k, err := there.newReplica(primary, value(in.Description))
	if err != nil {
		return nil, err
	}
	there.operation = operationOf[kms.CreateKeyInput]() // as which that Region sees the request
	if err := there.permitKey(k, &kms.CreateKeyInput{
		Policy: in.Policy, BypassPolicyLockoutSafetyCheck: in.BypassPolicyLockoutSafetyCheck, Tags: in.Tags,
	}); err != nil {
		return nil, err
	}
	if primary.ring.keyIn(there.region.region) != nil {
		return nil, replicaExists()
	}
	c.server.addKey(k)
	c.server.pass(k, types.KeyStateCreating, c.now)
	out := &kms.ReplicateKeyOutput{ReplicaKeyMetadata: k.metadata(k.face), ReplicaPolicy: new(k.policyText(k.face))}
	if len(k.tags) > 0 {
		out.ReplicaTags = copyTags(k.tags)
	}
	return out, nil
}

// in returns the call as another Region of the same account sees it.
func (c *call) in(region string) *call {
	there := *c
	there.question.bind()
	there.region = c.server.at(place{account: c.region.account, region: region})
	return &there
}

// realRegion matches the names that Regions have: all of them are named after a
// direction. A list of them would age.
var realRegion = regexp.MustCompile(`^[a-z]{2,4}(-[a-z]{2,4})?-(north|south|east|west|central|northeast|northwest|southeast|southwest)-\d{1,2}$`)

// newReplica returns a replica, in the Region of the call, of a key in another.
func (c *call) newReplica(primary *key, description string) (*key, error) {
	switch {
	case !primary.multiRegion:
		return nil, unsupported("%s is not a multi-region key.", primary.arn)
	case primary.isReplica():
		return nil, unsupported("%s is not a multi-region primary key.", primary.arn) // as AWS spells it here
	case c.region == primary.region:
		return nil, validationError("%s cannot have a replica because it contains the primary.", c.region.region)
	case partition(c.region.region) != partition(primary.region.region):
		return nil, validationError("The replica key Region must be in the same AWS partition as the primary key Region.")
	case !realRegion.MatchString(c.region.region):
		return nil, validationError("Region %s is not a valid Region or multi-Region keys are not supported in Region %[1]s.", c.region.region)
	}
	k := &key{traits: primary.traits, ring: primary.ring, description: description}
	k.region, k.created = c.region, c.now
	k.arn = c.region.arn("key/" + primary.id)
	return k, nil
}

// pass makes k go through a state that KMS leaves by itself. Here that takes no
// longer than to the next request.
func (w *world) pass(k *key, through types.KeyState, now time.Time) {
	k.state = through
	w.mark(k, k)
	w.awaitPassage(k, now)
}

// awaitPassage puts the end of such a state on the agenda.
func (w *world) awaitPassage(k *key, now time.Time) {
	through := k.state
	w.schedule(now, func() bool { return k.state == through }, func() {
		k.state = types.KeyStateEnabled
		if !k.complete() {
			k.state = types.KeyStatePendingImport
		}
		w.mark(k, k)
	})
}

func (c *call) updatePrimaryRegion(in *kms.UpdatePrimaryRegionInput) (*kms.UpdatePrimaryRegionOutput, error) {
	there := c.in(*in.PrimaryRegion)
	c.server.mu.Lock()
	defer c.server.mu.Unlock()
	values := primaryRegion(*in.PrimaryRegion)
	k, err := c.key(use{keyID: *in.KeyId, values: values})
	if err != nil {
		return nil, err
	}
	related := k.ring.keyIn(*in.PrimaryRegion)
	switch {
	case !k.multiRegion:
		return nil, unsupported("%s is not a multi-Region primary key.", k.arn)
	case k.isReplica():
		return nil, notPrimary(k.arn)
	case related == nil:
		return nil, validationError("%s does not have a replica key in the specified Region.", k.id)
	case related == k: // which is where it has to be
		return &kms.UpdatePrimaryRegionOutput{}, nil
	}
	replica, err := there.key(use{keyID: k.id, values: values})
	if err != nil {
		return nil, err
	}
	k.ring.promote(replica)
	c.server.markRing(k.ring)
	for _, k := range []*key{k, replica} {
		c.server.pass(k, types.KeyStateUpdating, c.now)
	}
	return &kms.UpdatePrimaryRegionOutput{}, nil
}

// multiRegionType returns whether a multi-Region key is the primary one.
func (k *key) multiRegionType() types.MultiRegionKeyType {
	if k.isReplica() {
		return types.MultiRegionKeyTypeReplica
	}
	return types.MultiRegionKeyTypePrimary
}

// multiRegionConfiguration returns what KMS tells of the keys related to k.
func (k *key) multiRegionConfiguration() *types.MultiRegionConfiguration {
	c := &types.MultiRegionConfiguration{
		MultiRegionKeyType: k.multiRegionType(),
		PrimaryKey:         k.ring.primary.multiRegionKey(),
		ReplicaKeys:        make([]types.MultiRegionKey, len(k.ring.replicas)),
	}
	for i, r := range k.ring.replicas {
		c.ReplicaKeys[i] = *r.multiRegionKey()
	}
	return c
}

func (k *key) multiRegionKey() *types.MultiRegionKey {
	return &types.MultiRegionKey{Arn: new(k.arn), Region: new(k.region.region)}
}
