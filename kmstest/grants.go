package kmstest

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/kmskit/kmskit/kmstest/internal/policy"
)

// A grant lets a principal use a key. It never changes.
type grant struct {
	sequence    uint64
	id          string
	key         *key
	name        string
	grantee     grantPrincipal
	retiring    grantPrincipal
	operations  []types.GrantOperation
	constraints constraints
	issuer      string // the account that made it
	created     time.Time
}

// A grantPrincipal is the ARN of a principal or the name of a service. The zero
// value is nobody.
type grantPrincipal struct {
	name    string
	service bool
}

// constraints are what a request must have for a grant to count. Nil and empty
// ask for nothing.
type constraints struct {
	equals    map[string]string // the encryption context
	subset    map[string]string // a part of the encryption context
	sourceARN string            // the resource on whose behalf the request is made
}

func (g *grant) position() string { return position(g.sequence) }

// retirer returns under whom [world.retirable] has the grant.
func (g *grant) retirer() (r retirer, ok bool) {
	return retirer{region: g.key.region.region, principal: g.retiring}, g.retiring.name != ""
}

func (c *call) createGrant(in *kms.CreateGrantInput) (*kms.CreateGrantOutput, error) {
	g := c.newGrant(in)
	c.server.mu.Lock()
	defer c.server.mu.Unlock()
	k, err := c.key(use{keyID: *in.KeyId, grantTokens: in.GrantTokens, values: g.conditions, grant: g})
	if err != nil {
		return nil, err
	}
	if err := c.server.checkGrant(g, in, k); err != nil {
		return nil, err
	}
	same := k.named[g.fingerprint()]
	if same == nil {
		if err := c.checkGrantQuota(k); err != nil {
			return nil, err
		}
	}
	if isTrue(in.DryRun) {
		return nil, dryRunSucceeded()
	}
	if same != nil {
		g = same
	} else {
		g.key = k
		g.id = c.server.names.hex(32)
		c.server.addGrant(g)
	}
	return &kms.CreateGrantOutput{GrantId: new(g.id), GrantToken: new(c.newGrantToken(g))}, nil
}

// newGrant returns the grant that in describes, on no key yet. It shares nothing
// with in.
func (c *call) newGrant(in *kms.CreateGrantInput) *grant {
	g := &grant{
		name:       value(in.Name),
		grantee:    newGrantPrincipal(in.GranteePrincipal, in.GranteeServicePrincipal),
		retiring:   newGrantPrincipal(in.RetiringPrincipal, in.RetiringServicePrincipal),
		operations: slices.Clone(in.Operations),
		issuer:     c.region.account,
		created:    c.now.Truncate(time.Second), // as KMS keeps it
	}
	if in.Constraints != nil {
		g.constraints.equals = maps.Clone(in.Constraints.EncryptionContextEquals)
		g.constraints.subset = maps.Clone(in.Constraints.EncryptionContextSubset)
		g.constraints.sourceARN = value(in.Constraints.SourceArn)
	}
	return g
}

func newGrantPrincipal(arn, service *string) grantPrincipal {
	if service != nil {
		return grantPrincipal{*service, true}
	}
	return grantPrincipal{value(arn), false}
}

// checkGrant refuses a grant that KMS does not make on k.
func (s *Server) checkGrant(g *grant, in *kms.CreateGrantInput, k *key) error {
	if (in.GranteePrincipal == nil) == (in.GranteeServicePrincipal == nil) {
		return validationError("You must specify either GranteePrincipal or GranteeServicePrincipal, but not both.")
	}
	if in.RetiringPrincipal != nil && in.RetiringServicePrincipal != nil {
		return validationError("You can specify either RetiringPrincipal or RetiringServicePrincipal, but not both.")
	}
	if g.grantee.service && (g.constraints.sourceARN == "" || g.retiring.name == "") {
		return validationError("A grant with a GranteeServicePrincipal must have a SourceArn constraint and a retiring principal.")
	}
	if !slices.ContainsFunc(g.operations, isOtherThanCreateGrant) {
		return validationError("Grants must not contain only the CreateGrant operation.")
	}
	for _, p := range []grantPrincipal{g.grantee, g.retiring} {
		if err := p.check(); err != nil {
			return err
		}
		if p.name != "" && s.closed && !s.principals.exists(p.name) {
			return noPrincipal(p.name)
		}
	}
	if err := g.constraints.check(k); err != nil {
		return err
	}
	return g.checkOperations(k)
}

// checkOperations refuses operations that k does not have.
func (g *grant) checkOperations(k *key) error {
	valid := grantable(k)
	others := slices.DeleteFunc(slices.Clone(g.operations), func(op types.GrantOperation) bool { return slices.Contains(valid, op) })
	if len(others) == 0 {
		return nil
	}
	kind := "an asymmetric"
	if k.spec == types.KeySpecSymmetricDefault || k.usage == types.KeyUsageTypeGenerateVerifyMac {
		kind = "a symmetric"
	}
	return validationError("Operations [%s] are not supported when creating a grant for %s KMS key with key usage %s. Valid operations are [%s]",
		joinOperations(others), kind, k.usage, joinOperations(valid))
}

func joinOperations(operations []types.GrantOperation) string {
	names := make([]string, len(operations))
	for i, op := range operations {
		names[i] = string(op)
	}
	return strings.Join(names, ", ")
}

func isOtherThanCreateGrant(op types.GrantOperation) bool {
	return op != types.GrantOperationCreateGrant
}

func (p grantPrincipal) check() error {
	if p.service || p.name == "" {
		return nil
	}
	who, ok := parsePrincipal(p.name)
	switch {
	case !ok || who.Kind == policy.Service:
		return noPrincipal(p.name)
	case who.Kind == policy.Session && strings.Count(p.name, "/") > 2: // with the path of the role
		return invalidARN("ARN is not valid: %s", p.name)
	default:
		return nil
	}
}

func noPrincipal(name string) error {
	return invalidARN("ARN does not refer to a valid principal: %s", name)
}

const (
	mostConstraintPairs   = 8
	longestConstraintText = 384 // characters of one constraint
)

func (x constraints) check(k *key) error {
	if len(x.equals) > 0 && len(x.subset) > 0 {
		return validationError("More than one constraint supplied")
	}
	for _, pairs := range []map[string]string{x.equals, x.subset} {
		if len(pairs) == 0 {
			continue
		}
		if k.spec != types.KeySpecSymmetricDefault {
			return validationError("EncryptionContext is supported only when creating a grant for a symmetric encryption KMS key.")
		}
		length := 0
		for name, value := range pairs {
			length += utf8.RuneCountInString(name) + utf8.RuneCountInString(value)
		}
		if len(pairs) > mostConstraintPairs || length > longestConstraintText {
			return validationError("An encryption context grant constraint can have at most %d pairs and %d characters.",
				mostConstraintPairs, longestConstraintText)
		}
	}
	return nil
}

// grantable returns the operations that a grant on k may name.
func grantable(k *key) []types.GrantOperation {
	always := []types.GrantOperation{
		types.GrantOperationCreateGrant, types.GrantOperationRetireGrant, types.GrantOperationDescribeKey,
	}
	if k.spec == types.KeySpecSymmetricDefault {
		return append(always,
			types.GrantOperationEncrypt, types.GrantOperationDecrypt,
			types.GrantOperationReEncryptFrom, types.GrantOperationReEncryptTo,
			types.GrantOperationGenerateDataKey, types.GrantOperationGenerateDataKeyWithoutPlaintext,
			types.GrantOperationGenerateDataKeyPair, types.GrantOperationGenerateDataKeyPairWithoutPlaintext)
	}
	if k.usage == types.KeyUsageTypeGenerateVerifyMac {
		return append(always, types.GrantOperationGenerateMac, types.GrantOperationVerifyMac)
	}
	always = append(always, types.GrantOperationGetPublicKey)
	switch k.usage {
	case types.KeyUsageTypeSignVerify:
		return append(always, types.GrantOperationSign, types.GrantOperationVerify)
	case types.KeyUsageTypeKeyAgreement:
		return append(always, types.GrantOperationDeriveSharedSecret)
	case types.KeyUsageTypeEncapsulateDecapsulate:
		return append(always, types.GrantOperationEncapsulate, types.GrantOperationDecapsulate)
	default:
		return append(always,
			types.GrantOperationEncrypt, types.GrantOperationDecrypt,
			types.GrantOperationReEncryptFrom, types.GrantOperationReEncryptTo)
	}
}

// fingerprint is the same for two grants on a key that KMS takes for one: those
// with the same name and parameters. It is empty for a grant without a name.
func (g *grant) fingerprint() string {
	if g.name == "" {
		return ""
	}
	operations := slices.Clone(g.operations)
	slices.Sort(operations)
	// fmt prints maps in the order of their keys.
	return fmt.Sprintf("%q %q %q %t %q %t %q %q %q %q", g.name, g.issuer, g.grantee.name, g.grantee.service,
		g.retiring.name, g.retiring.service, operations, g.constraints.equals, g.constraints.subset, g.constraints.sourceARN)
}

// conditions are the condition keys of CreateGrant.
func (g *grant) conditions(dst []string, name string) []string {
	switch name {
	case "kms:grantoperations":
		for _, op := range g.operations {
			dst = append(dst, string(op))
		}
		return dst
	case "kms:granteeprincipal":
		return g.grantee.appendName(dst, false)
	case "kms:granteeserviceprincipal":
		return g.grantee.appendName(dst, true)
	case "kms:retiringprincipal":
		return g.retiring.appendName(dst, false)
	case "kms:retiringserviceprincipal":
		return g.retiring.appendName(dst, true)
	case "kms:grantconstrainttype":
		if len(g.constraints.equals) > 0 {
			dst = append(dst, "EncryptionContextEquals")
		}
		if len(g.constraints.subset) > 0 {
			dst = append(dst, "EncryptionContextSubset")
		}
		return dst
	case "kms:grantconstraintsourcearn":
		return appendPresent(dst, g.constraints.sourceARN)
	default:
		return dst
	}
}

func (p grantPrincipal) appendName(dst []string, service bool) []string {
	if p.service != service {
		return dst
	}
	return appendPresent(dst, p.name)
}

// granted returns a grant that lets the caller use k, or nil. The caller of
// granted holds the lock.
func (c *call) granted(k *key, u *use) *grant {
	if len(k.grantees) == 0 && c.server.delays == nil {
		return nil
	}
	operation := types.GrantOperation(c.permission(u).action)
	for _, grantee := range c.principal.grantees() {
		for _, g := range c.grantsTo(k, grantee, u.grantTokens) {
			if c.objection(g, operation, u) == "" {
				return g
			}
		}
	}
	return nil
}

// grantsTo returns the grants on k to a principal, as the caller with these tokens
// sees them.
func (c *call) grantsTo(k *key, p grantPrincipal, tokens []string) []*grant {
	return c.grantsSeen(k.grantees[p], tokens, func(g *grant) bool { return g.key == k && g.grantee == p })
}

// grantees returns the names by which a grant may name the principal.
func (i *identity) grantees() []grantPrincipal {
	switch i.who.Kind {
	case policy.Session:
		return []grantPrincipal{{name: i.who.ARN}, {name: i.who.Issuer}}
	case policy.Service:
		return []grantPrincipal{{name: i.who.Service, service: true}}
	default:
		return []grantPrincipal{{name: i.who.ARN}}
	}
}

// objection returns why a grant does not permit a use, or "" if it does. Keys and
// values of an encryption context are compared exactly. So says the Developer
// Guide, whereas the API Reference says of GrantConstraints that the case of a key
// does not count. A request that the stricter of the two allows, both allow.
func (c *call) objection(g *grant, operation types.GrantOperation, u *use) string {
	switch source := g.constraints.sourceARN; {
	case !slices.Contains(g.operations, operation):
		return "it is for other operations"
	case source != "" && !slices.Contains(c.principal.conditions["aws:sourcearn"], source):
		return "the request is not made on behalf of the resource that its SourceArn constraint names"
	case c.isOfOthers(g) && !c.identityAllows(g.key, u):
		return "another account has made it, so that it takes an identity policy, too"
	case operation == types.GrantOperationDescribeKey:
		return ""
	case operation == types.GrantOperationCreateGrant:
		if u.grant == nil || !g.covers(u.grant) {
			return "it does not cover the operations and constraints of the new grant"
		}
		return ""
	case len(g.constraints.equals) > 0 && !maps.Equal(g.constraints.equals, u.encryptionContext):
		return "the encryption context is not that of its EncryptionContextEquals constraint"
	case !contains(u.encryptionContext, g.constraints.subset):
		return "the encryption context lacks a pair of its EncryptionContextSubset constraint"
	default:
		return ""
	}
}

// isOfOthers reports whether other accounts than the caller's have the key and have
// made the grant. Then the grant is worth what a key policy is: it takes an identity
// policy besides.
func (c *call) isOfOthers(g *grant) bool {
	account := c.region.account
	return g.key.region.account != account && g.issuer != account && !c.principal.isService()
}

// label names the grant in an explanation.
func (g *grant) label() string {
	if g.name == "" {
		return "grant " + g.id
	}
	return fmt.Sprintf("grant %s (%q)", g.id, g.name)
}

// covers reports whether who has CreateGrant from g may make the grant child: one
// with no more operations and with constraints that are no weaker.
func (g *grant) covers(child *grant) bool {
	for _, op := range child.operations {
		if !slices.Contains(g.operations, op) {
			return false
		}
	}
	if len(g.constraints.equals) > 0 && !maps.Equal(g.constraints.equals, child.constraints.equals) {
		return false
	}
	if g.constraints.sourceARN != "" && g.constraints.sourceARN != child.constraints.sourceARN {
		return false
	}
	return contains(child.constraints.subset, g.constraints.subset) || contains(child.constraints.equals, g.constraints.subset)
}

// contains reports whether all has every pair of part.
func contains(all, part map[string]string) bool {
	for k, v := range part {
		if have, ok := all[k]; !ok || have != v {
			return false
		}
	}
	return true
}

func (c *call) listGrants(in *kms.ListGrantsInput) (*kms.ListGrantsOutput, error) {
	if in.GranteePrincipal != nil && in.GranteeServicePrincipal != nil {
		return nil, validationError("You can specify either GranteePrincipal or GranteeServicePrincipal, but not both.")
	}
	if in.GranteeServicePrincipal != nil && !c.principal.isService() {
		return nil, servicesOnly("GranteeServicePrincipal")
	}
	if in.GrantId != nil && !isGrantID(*in.GrantId) {
		return nil, invalidGrantID(*in.GrantId)
	}
	c.server.mu.RLock()
	defer c.server.mu.RUnlock()
	k, err := c.key(use{keyID: *in.KeyId})
	if err != nil {
		return nil, err
	}
	grants, next, err := pager[*grant]{
		items:    c.selectGrants(k, in.GrantId, newGrantPrincipal(in.GranteePrincipal, in.GranteeServicePrincipal)),
		position: (*grant).position,
		limit:    in.Limit, marker: in.Marker, usual: 50, most: 100,
		filter: joinFields(k.id, value(in.GrantId), value(in.GranteePrincipal), value(in.GranteeServicePrincipal)),
	}.page(c)
	if err != nil {
		return nil, err
	}
	return &kms.ListGrantsOutput{Grants: entries(grants), NextMarker: next, Truncated: next != nil}, nil
}

// selectGrants returns the grants of k with that ID and grantee, where they are
// given.
func (c *call) selectGrants(k *key, id *string, grantee grantPrincipal) []*grant {
	match := func(g *grant) bool {
		return g.key == k && (id == nil || g.id == *id) && (grantee.name == "" || g.grantee == grantee)
	}
	there := k.grants
	switch {
	case id != nil:
		there = nil
		if g := k.region.grants[*id]; g != nil && match(g) {
			there = []*grant{g}
		}
	case grantee.name != "":
		there = k.grantees[grantee]
	}
	return c.grantsSeen(there, nil, match)
}

func (c *call) listRetirableGrants(in *kms.ListRetirableGrantsInput) (*kms.ListRetirableGrantsOutput, error) {
	retiring := newGrantPrincipal(in.RetiringPrincipal, in.RetiringServicePrincipal)
	switch {
	case retiring.service && !c.principal.isService():
		return nil, servicesOnly("RetiringServicePrincipal")
	case (in.RetiringPrincipal == nil) == (in.RetiringServicePrincipal == nil):
		return nil, validationError("You must specify either RetiringPrincipal or RetiringServicePrincipal, but not both.")
	}
	if err := retiring.check(); err != nil {
		return nil, err
	}
	c.server.mu.RLock()
	defer c.server.mu.RUnlock()
	if err := c.authorizeListing(retiring); err != nil {
		return nil, err
	}
	of := retirer{region: c.region.region, principal: retiring}
	grants, next, err := pager[*grant]{
		items: c.grantsSeen(c.server.retirable[of], nil, func(g *grant) bool {
			r, ok := g.retirer()
			return ok && r == of
		}),
		position: (*grant).position,
		limit:    in.Limit, marker: in.Marker, usual: 50, most: 100,
		filter: retiring.name,
	}.page(c)
	if err != nil {
		return nil, err
	}
	return &kms.ListRetirableGrantsOutput{Grants: entries(grants), NextMarker: next, Truncated: next != nil}, nil
}

// authorizeListing refuses a caller who may not know what a principal can retire:
// an identity policy lets it know that of its own account, and a service knows
// what it can retire itself.
func (c *call) authorizeListing(retiring grantPrincipal) error {
	if retiring.service {
		if retiring.name != c.principal.who.Service {
			return c.untold(&use{}, retiring.name, "a service can list its own grants only")
		}
		return nil
	}
	who, _ := parsePrincipal(retiring.name)
	if who.Account != c.region.account {
		return c.untold(&use{}, who.ARN, "the retiring principal is of another account")
	}
	return c.authorizeHere(who.ARN, &use{})
}

func servicesOnly(member string) error {
	return validationError("%s can only be used by callers in a service principal.", member)
}

// entries returns grants as KMS lists them, sharing nothing with them.
func entries(grants []*grant) []types.GrantListEntry {
	list := make([]types.GrantListEntry, len(grants))
	for i, g := range grants {
		list[i] = types.GrantListEntry{
			CreationDate:   new(g.created),
			GrantId:        new(g.id),
			IssuingAccount: new(rootARN(g.key.region.region, g.issuer)),
			KeyId:          new(g.key.arn),
			Name:           new(g.name),
			Operations:     slices.Clone(g.operations),
			Constraints:    g.constraints.entry(),
		}
		list[i].GranteePrincipal, list[i].GranteeServicePrincipal = g.grantee.entry()
		list[i].RetiringPrincipal, list[i].RetiringServicePrincipal = g.retiring.entry()
	}
	return list
}

func (p grantPrincipal) entry() (arn, service *string) {
	switch {
	case p.name == "":
		return nil, nil
	case p.service:
		return nil, new(p.name)
	default:
		return new(p.name), nil
	}
}

func (x constraints) entry() *types.GrantConstraints {
	if x.equals == nil && x.subset == nil && x.sourceARN == "" {
		return nil
	}
	e := &types.GrantConstraints{
		EncryptionContextEquals: maps.Clone(x.equals),
		EncryptionContextSubset: maps.Clone(x.subset),
	}
	if x.sourceARN != "" {
		e.SourceArn = new(x.sourceARN)
	}
	return e
}

func (c *call) retireGrant(in *kms.RetireGrantInput) (*kms.RetireGrantOutput, error) {
	c.server.mu.Lock()
	defer c.server.mu.Unlock()
	g, err := c.grantToRetire(in)
	if err != nil {
		return nil, err
	}
	if err := c.authorizeRetirement(g); err != nil {
		return nil, err
	}
	if isTrue(in.DryRun) {
		return nil, dryRunSucceeded()
	}
	c.removeGrant(g)
	return &kms.RetireGrantOutput{}, nil
}

// grantToRetire finds a grant by its token, or by its ID and its key.
func (c *call) grantToRetire(in *kms.RetireGrantInput) (*grant, error) {
	byToken, byID := in.GrantToken != nil, in.KeyId != nil && in.GrantId != nil
	if byToken == (in.KeyId != nil || in.GrantId != nil) || !byToken && !byID {
		return nil, validationError("Specify either a grant token, or a grant ID and a key ID.")
	}
	if byToken {
		owner, id, ok := c.openGrantToken(*in.GrantToken)
		if !ok {
			return nil, invalidGrantToken()
		}
		if r := c.server.regions[owner]; r != nil && r.grants[id] != nil {
			return r.grants[id], nil
		}
		return nil, grantNotFound(id)
	}
	ref, err := c.parseReference(*in.KeyId)
	switch {
	case err != nil:
		return nil, err
	case ref.alias != "":
		return nil, noAliases()
	}
	k := c.find(ref)
	if k == nil {
		return nil, c.missing(ref, &use{keyID: *in.KeyId})
	}
	return c.grant(k, *in.GrantId)
}

// grant returns the grant of k with that ID.
func (c *call) grant(k *key, id string) (*grant, error) {
	if !isGrantID(id) {
		return nil, invalidGrantID(id)
	}
	if g := k.region.grants[id]; g != nil && g.key == k && c.seesGrant(g, nil) {
		return g, nil
	}
	return nil, grantNotFound(id)
}

// authorizeRetirement refuses a caller who may not retire g. The principals that
// the grant names may, though with a grant of another account only if an identity
// policy lets them. And so may those to whom one of three accounts has left it by
// an identity policy: the account of the key, the account that made the grant, and
// an account that is the retiring principal itself.
//
// https://docs.aws.amazon.com/kms/latest/developerguide/grant-delete.html
func (c *call) authorizeRetirement(g *grant) error {
	u := &use{}
	c.record.use(g.key, u)
	r := c.request(g.key, g.key.arn, g.key.region.account, u)
	d := policy.Evaluate(r, nil, c.principal.policies())
	named := slices.ContainsFunc(c.principal.grantees(), g.namesRetirer)
	switch {
	case named && (d.Allowed() || d.Outcome != policy.ExplicitDeny && !c.isOfOthers(g)):
		c.record.decide(decision{outcome: d, permission: c.permission(u), resource: r.Resource, grant: g})
		return nil
	case !d.Allowed():
		c.recordRefusal(r, nil, u)
		return c.denied(u, r, r.Resource, d)
	}
	account := c.region.account
	if account != g.key.region.account && account != g.issuer && g.retiring.name != rootARN(c.region.region, account) {
		return c.untold(u, g.key.arn, "the account is neither that of the key, nor the one that made "+g.label()+", nor its retiring principal")
	}
	c.record.decide(decision{outcome: d, permission: c.permission(u), resource: r.Resource})
	return nil
}

// namesRetirer reports whether the grant itself lets the principal retire it.
func (g *grant) namesRetirer(p grantPrincipal) bool {
	return g.retiring == p || g.grantee == p && slices.Contains(g.operations, types.GrantOperationRetireGrant)
}

func (c *call) revokeGrant(in *kms.RevokeGrantInput) (*kms.RevokeGrantOutput, error) {
	c.server.mu.Lock()
	defer c.server.mu.Unlock()
	k, err := c.key(use{keyID: *in.KeyId})
	if err != nil {
		return nil, err
	}
	g, err := c.grant(k, *in.GrantId)
	if err != nil {
		return nil, err
	}
	if isTrue(in.DryRun) {
		return nil, dryRunSucceeded()
	}
	c.removeGrant(g)
	return &kms.RevokeGrantOutput{}, nil
}

const grantIDSize = 64

func isGrantID(s string) bool { return len(s) == grantIDSize && isHex(s) }

func invalidGrantID(id string) error {
	return &types.InvalidGrantIdException{Message: new("Invalid grantId '" + id + "'")}
}

func grantNotFound(id string) error {
	return notFound("Grant ID %s not found", id)
}

func rootARN(region, account string) string {
	return "arn:" + partition(region) + ":iam::" + account + ":root"
}

// newGrantToken returns a token for g. All tokens of a grant are equally good.
func (c *call) newGrantToken(g *grant) string {
	return c.server.sealer.seal(grantTokenPurpose(c.region.region), joinFields(g.key.region.account, g.id, c.server.names.hex(16)))
}

// openGrantToken returns the grant ID in a token, and where the key of the grant
// is. It does not say whether the grant is still there.
func (c *call) openGrantToken(token string) (owner place, id string, ok bool) {
	content, ok := c.server.sealer.open(grantTokenPurpose(c.region.region), token)
	if !ok {
		return place{}, "", false
	}
	fields := splitFields(content)
	return place{account: fields[0], region: c.region.region}, fields[1], true
}

func grantTokenPurpose(region string) string { return joinFields("grant", region) }

// checkGrantTokens refuses tokens that no grant of this Region has. Beyond that
// they have no effect unless there are delays: a grant counts from its creation on,
// with or without them.
func (c *call) checkGrantTokens(tokens []string) error {
	for _, t := range tokens {
		if _, _, ok := c.openGrantToken(t); !ok {
			return invalidGrantToken()
		}
	}
	return nil
}
