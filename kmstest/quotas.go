package kmstest

import (
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/kms/types"
)

// Quotas are the resource quotas of KMS that AWS raises on request. Zero is no
// quota.
//
// The limits that it does not raise are always there: the size of a key policy,
// 50 tags a key, 25 rotations on demand in the life of a key.
//
// https://docs.aws.amazon.com/kms/latest/developerguide/resource-limits.html
type Quotas struct {
	Keys            int // in an account and Region, whatever their state, without AWS managed keys
	AliasesPerKey   int
	GrantsPerKey    int
	CustomKeyStores int // in an account and Region
}

// DefaultQuotas returns the quotas that every account has at first.
func DefaultQuotas() Quotas {
	return Quotas{
		Keys:            100_000,
		AliasesPerKey:   50,
		GrantsPerKey:    50_000,
		CustomKeyStores: 10,
	}
}

// WithQuotas makes the Server keep every account to those quotas. What would
// exceed one is refused with a LimitExceededException. The default is none.
func WithQuotas(q Quotas) Option {
	return func(o *options) { o.quotas = q }
}

// checkQuota refuses one more of what there are so many of.
func checkQuota(name string, quota, usage int) error {
	if quota == 0 || usage < quota {
		return nil
	}
	return &types.LimitExceededException{
		Message: new(fmt.Sprintf("%s quota for this account in this region is %d, current usage is %d.", name, quota, usage)),
	}
}

func (c *call) checkKeyQuota() error {
	if c.server.quotas.Keys == 0 {
		return nil
	}
	return checkQuota("Key", c.server.quotas.Keys, len(c.region.keyOrder)-c.region.managedKeys())
}

func (c *call) checkAliasQuota(k *key) error {
	return checkQuota("Aliases per key", c.server.quotas.AliasesPerKey, len(k.aliases))
}

func (c *call) checkGrantQuota(k *key) error {
	return checkQuota("Grants per key", c.server.quotas.GrantsPerKey, len(k.grants))
}

func (c *call) checkKeyStoreQuota() error {
	return checkQuota("Custom key stores", c.server.quotas.CustomKeyStores, len(c.region.stores))
}
