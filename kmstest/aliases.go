package kmstest

import (
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/kmskit/kmskit/kmstest/internal/material"
)

// An alias is another name of a key. Its name, its ARN and the time of its
// creation never change.
type alias struct {
	name    string // with its prefix
	arn     string
	created time.Time
	updated time.Time
	target  *key
}

const (
	aliasPrefix    = "alias/"
	reservedPrefix = "alias/aws/"
)

func (c *call) createAlias(in *kms.CreateAliasInput) (*kms.CreateAliasOutput, error) {
	if err := checkAliasName(*in.AliasName); err != nil {
		return nil, err
	}
	c.server.mu.Lock()
	defer c.server.mu.Unlock()
	a := &alias{name: *in.AliasName, arn: c.region.arn(*in.AliasName), created: c.now, updated: c.now}
	target, err := c.aliasTarget(a, *in.TargetKeyId)
	if err != nil {
		return nil, err
	}
	if c.region.aliases[a.name] != nil {
		return nil, aliasExists(a.arn)
	}
	if err := c.checkAliasQuota(target); err != nil {
		return nil, err
	}
	a.target = target
	c.rememberAlias(a.name, nil)
	c.server.addAlias(a)
	return &kms.CreateAliasOutput{}, nil
}

func (c *call) updateAlias(in *kms.UpdateAliasInput) (*kms.UpdateAliasOutput, error) {
	if err := checkAliasName(*in.AliasName); err != nil {
		return nil, err
	}
	c.server.mu.Lock()
	defer c.server.mu.Unlock()
	a := c.aliasToChange(*in.AliasName)
	if a == nil {
		return nil, aliasNotFound(c.region.arn(*in.AliasName))
	}
	if err := c.authorize(a.target, &use{}); err != nil { // whatever its state
		return nil, err
	}
	target, err := c.aliasTarget(a, *in.TargetKeyId)
	if err != nil {
		return nil, err
	}
	if typeOf(a.target.spec) != typeOf(target.spec) || a.target.usage != target.usage {
		return nil, validationError("The current and the new KMS key must be of the same type and have the same key usage.")
	}
	if target != a.target {
		if err := c.checkAliasQuota(target); err != nil {
			return nil, err
		}
	}
	c.rememberAlias(a.name, a)
	c.server.moveAlias(a, target)
	a.updated = c.now
	return &kms.UpdateAliasOutput{}, nil
}

// aliasTarget finds the key that a is to point at. The operation needs permission
// on both of them. The caller holds the lock.
func (c *call) aliasTarget(a *alias, keyID string) (*key, error) {
	if strings.HasPrefix(keyID, aliasPrefix) {
		return nil, validationError("Aliases must refer to keys. Not aliases")
	}
	if err := c.authorizeHere(a.arn, &use{}); err != nil {
		return nil, err
	}
	return c.key(use{keyID: keyID})
}

func (c *call) deleteAlias(in *kms.DeleteAliasInput) (*kms.DeleteAliasOutput, error) {
	if err := checkAliasName(*in.AliasName); err != nil {
		return nil, err
	}
	c.server.mu.Lock()
	defer c.server.mu.Unlock()
	a := c.aliasToChange(*in.AliasName)
	if a == nil {
		return nil, aliasNotFound(c.region.arn(*in.AliasName))
	}
	if err := c.authorizeHere(a.arn, &use{}); err != nil {
		return nil, err
	}
	if _, err := c.admit(a.target, &use{}); err != nil {
		return nil, err
	}
	c.rememberAlias(a.name, a)
	c.server.removeAlias(a)
	return &kms.DeleteAliasOutput{}, nil
}

// checkAliasName refuses a name that fits the shape and is no alias.
func checkAliasName(name string) error {
	switch {
	case !strings.HasPrefix(name, aliasPrefix):
		return validationError("Alias must start with the prefix \"alias/\". " +
			"Please see https://docs.aws.amazon.com/kms/latest/developerguide/kms-alias.html")
	case strings.HasPrefix(name, reservedPrefix):
		return clientFault("NotAuthorizedException", "The alias name for a customer managed CMK cannot begin with alias/aws/.")
	case name == aliasPrefix || strings.Contains(name, ":"):
		return validationError("%s contains invalid characters for an alias", name)
	default:
		return nil
	}
}

func aliasExists(arn string) error {
	return &types.AlreadyExistsException{Message: new("An alias with the name " + arn + " already exists")}
}

// typeOf returns what KMS calls the type of a key: symmetric, asymmetric or HMAC.
func typeOf(spec types.KeySpec) string {
	usages := material.Usages(spec)
	switch {
	case spec == types.KeySpecSymmetricDefault:
		return "symmetric"
	case slices.Contains(usages, types.KeyUsageTypeGenerateVerifyMac):
		return "HMAC"
	default:
		return "asymmetric"
	}
}

func (c *call) listAliases(in *kms.ListAliasesInput) (*kms.ListAliasesOutput, error) {
	c.server.mu.RLock()
	defer c.server.mu.RUnlock()
	if err := c.authorizeHere("*", &use{}); err != nil {
		return nil, err
	}
	p := pager[*alias]{
		position: func(a *alias) string { return a.name },
		limit:    in.Limit, marker: in.Marker, usual: 50, most: 100,
	}
	var k *key
	if in.KeyId != nil {
		var err error
		if k, err = c.listedKey(*in.KeyId); err != nil {
			return nil, err
		}
		p.filter = k.id
	}
	p.items = c.aliasesSeen(c.region, k)
	aliases, next, err := p.page(c)
	if err != nil {
		return nil, err
	}
	entries := make([]types.AliasListEntry, len(aliases))
	for i, a := range aliases {
		entries[i] = types.AliasListEntry{
			AliasArn:        new(a.arn),
			AliasName:       new(a.name),
			CreationDate:    new(a.created),
			LastUpdatedDate: new(a.updated),
			TargetKeyId:     new(a.target.id),
		}
	}
	return &kms.ListAliasesOutput{Aliases: entries, NextMarker: next, Truncated: next != nil}, nil
}

// listedKey finds a key whose aliases are to be listed. That takes no permission
// on the key. The caller holds the lock.
func (c *call) listedKey(keyID string) (*key, error) {
	ref, err := c.parseReference(keyID)
	switch {
	case err != nil:
		return nil, err
	case ref.alias != "":
		return nil, noAliases()
	}
	k := c.find(ref)
	switch {
	case ref.account != c.region.account:
		return nil, c.untold(&use{}, ref.arn(), "the key is of another account")
	case k == nil:
		return nil, keyNotFound(ref.arn())
	default:
		c.record.use(k, &use{})
		return k, nil
	}
}
