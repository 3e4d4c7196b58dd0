package kmstest

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/kmskit/kmskit/kmstest/internal/policy"
)

// conditions are the condition keys that a use of a key has in policies.
//
// https://docs.aws.amazon.com/kms/latest/developerguide/policy-conditions.html
type conditions struct {
	call *call
	key  *key // nil if none is involved
	use  use
}

// lookup appends the values of the condition key with that name, in lower case.
func (x *conditions) lookup(dst []string, name string) []string {
	n := len(dst)
	if x.use.values != nil {
		if dst = x.use.values(dst, name); len(dst) > n {
			return dst
		}
	}
	if dst = x.ofRequest(dst, name); len(dst) > n || x.key == nil {
		return dst
	}
	return x.ofKey(dst, name)
}

func (x *conditions) ofRequest(dst []string, name string) []string {
	if values := x.call.principal.conditions[name]; values != nil {
		return append(dst, values...)
	}
	switch name {
	case "aws:principalorgpaths":
		return appendPresent(dst, x.call.server.organizations[x.call.principal.who.Account])
	case "aws:requestedregion":
		return append(dst, x.call.region.region)
	case "aws:resourceorgid":
		id, _, _ := strings.Cut(x.call.server.organizations[x.resourceAccount()], "/")
		return appendPresent(dst, id)
	case "aws:resourceorgpaths":
		return appendPresent(dst, x.call.server.organizations[x.resourceAccount()])
	case "aws:securetransport":
		return append(dst, "true")
	case "aws:viaawsservice":
		return append(dst, strconv.FormatBool(x.call.principal.conditions["kms:viaservice"] != nil))
	case "kms:calleraccount":
		return appendPresent(dst, x.call.principal.who.Account)
	case "kms:encryptionalgorithm":
		return appendPresent(dst, string(x.use.algorithm))
	case "kms:encryptioncontextkeys":
		return slices.AppendSeq(dst, maps.Keys(x.use.encryptionContext))
	case "kms:grantisforawsresource":
		switch x.call.operation.name {
		case "CreateGrant", "ListGrants", "RevokeGrant":
			return append(dst, strconv.FormatBool(x.call.principal.forService()))
		}
	case "kms:requestalias":
		return appendPresent(dst, x.use.alias)
	}
	if pair, ok := strings.CutPrefix(name, "kms:encryptioncontext:"); ok {
		for k, v := range x.use.encryptionContext {
			if strings.EqualFold(k, pair) {
				dst = append(dst, v)
			}
		}
	}
	if x.use.recipient != nil {
		return appendPresent(dst, x.use.recipient.measurements[name])
	}
	return dst
}

// resourceAccount is the account of the key, or of what else the request is about.
func (x *conditions) resourceAccount() string {
	if x.key == nil {
		return x.call.region.account
	}
	return x.key.region.account
}

func (x *conditions) ofKey(dst []string, name string) []string {
	switch name {
	case "kms:keyorigin":
		return append(dst, string(x.key.origin))
	case "kms:keyspec", "kms:customermasterkeyspec":
		return append(dst, string(x.key.spec))
	case "kms:keyusage", "kms:customermasterkeyusage":
		return append(dst, string(x.key.usage))
	case "kms:multiregion":
		return append(dst, strconv.FormatBool(x.key.multiRegion))
	case "kms:multiregionkeytype":
		if x.key.multiRegion {
			return append(dst, string(x.key.multiRegionType()))
		}
	case "kms:trailingdayswithoutkeyusage":
		if name := x.call.operation.name; name == "DisableKey" || name == "ScheduleKeyDeletion" {
			return append(dst, x.key.idleDays(x.call.now))
		}
	case "kms:resourcealiases":
		for _, a := range x.call.aliasesSeen(x.key.region, x.key) {
			dst = append(dst, a.name)
		}
	}
	if tag, ok := strings.CutPrefix(name, "aws:resourcetag/"); ok {
		return appendTag(dst, x.key.tags, tag)
	}
	return dst
}

// isOwnKey reports whether a condition key follows from the request, its principal
// or its key.
func isOwnKey(name string) bool {
	name = strings.ToLower(name)
	for _, family := range []string{"aws:principal", "aws:requesttag/", "aws:resource", "kms:"} {
		if strings.HasPrefix(name, family) {
			return name != "kms:viaservice"
		}
	}
	return slices.Contains([]string{
		"aws:currenttime", "aws:epochtime", "aws:federatedprovider", "aws:requestedregion",
		"aws:tagkeys", "aws:userid", "aws:username", "aws:viaawsservice",
	}, name)
}

func appendPresent(dst []string, value string) []string {
	if value == "" {
		return dst
	}
	return append(dst, value)
}

func appendTag(dst []string, tags []types.Tag, name string) []string {
	for _, t := range tags {
		if strings.EqualFold(*t.TagKey, name) {
			dst = append(dst, *t.TagValue)
		}
	}
	return dst
}

// oneValue is a condition key that an operation has besides the common ones.
func oneValue(name, value string) policy.Lookup {
	return func(dst []string, asked string) []string {
		if strings.EqualFold(asked, name) {
			return append(dst, value)
		}
		return dst
	}
}

func deletionWindow(days int32) policy.Lookup {
	return oneValue("kms:ScheduleKeyDeletionPendingWindowInDays", strconv.Itoa(int(days)))
}

func rotationPeriod(days int32) policy.Lookup {
	return oneValue("kms:RotationPeriodInDays", strconv.Itoa(int(days)))
}

func wrapping(algorithm types.AlgorithmSpec, spec types.WrappingKeySpec) policy.Lookup {
	return func(dst []string, name string) []string {
		switch name {
		case "kms:wrappingalgorithm":
			return append(dst, string(algorithm))
		case "kms:wrappingkeyspec":
			return append(dst, string(spec))
		default:
			return dst
		}
	}
}

// conditions are the condition keys of ImportKeyMaterial.
func (v validity) conditions(dst []string, name string) []string {
	switch {
	case name == "kms:expirationmodel":
		return append(dst, string(v.model))
	case name == "kms:validto" && !v.to.IsZero():
		return append(dst, v.to.Format(time.RFC3339))
	default:
		return dst
	}
}

func replicaRegion(region string) policy.Lookup {
	return oneValue("kms:ReplicaRegion", region)
}

func primaryRegion(region string) policy.Lookup {
	return oneValue("kms:PrimaryRegion", region)
}

func lockoutBypass(bypass bool) policy.Lookup {
	return oneValue("kms:BypassPolicyLockoutSafetyCheck", strconv.FormatBool(bypass))
}

func reEncryptOnSameKey(source, destination *key) policy.Lookup {
	return oneValue("kms:ReEncryptOnSameKey", strconv.FormatBool(source != nil && source == destination))
}

// requestTags are the condition keys of a request that has tags, besides more,
// which may be nil.
func requestTags(tags []types.Tag, more policy.Lookup) policy.Lookup {
	return func(dst []string, name string) []string {
		if name == "aws:tagkeys" {
			for _, t := range tags {
				dst = append(dst, *t.TagKey)
			}
			return dst
		}
		if tag, ok := strings.CutPrefix(name, "aws:requesttag/"); ok {
			return appendTag(dst, tags, tag)
		}
		if more == nil {
			return dst
		}
		return more(dst, name)
	}
}

// tagKeys is the condition key of a request that has tag keys alone.
func tagKeys(keys []string) policy.Lookup {
	return func(dst []string, name string) []string {
		if name == "aws:tagkeys" {
			return append(dst, keys...)
		}
		return dst
	}
}
