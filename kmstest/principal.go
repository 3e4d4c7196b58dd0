package kmstest

import (
	"cmp"
	"context"
	"encoding/base32"
	"encoding/base64"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/kmskit/kmskit"
	"github.com/kmskit/kmskit/internal/policyfacts"
	"github.com/kmskit/kmskit/kmstest/internal/policy"
)

// A Principal is somebody who calls KMS: an account root, a user, a role, a
// session of a role, a federated user or an AWS service. Its clients act as that
// principal: key policies, grants and its own identity policies say what they may
// do. It is safe for concurrent use.
type Principal struct {
	*identity

	server      *Server
	credentials aws.Credentials
	conditions  map[string][]string // condition keys that all its requests have, in lower case
	last        atomic.Pointer[API] // that was asked for
}

// An identity is what all Principals with one ARN have in common. Its tags and
// policies and the unique ID are guarded by the world's mu.
type identity struct {
	who      policy.Principal
	role     *identity        // of an assumed role, the role: it has the policies
	attached []*policy.Policy // identity policies
	plain    *Principal       // without condition keys of its own
}

// A PrincipalOption changes what [Server.Principal] makes.
type PrincipalOption func(*principalOptions)

type principalOptions struct {
	policies   []*kmskit.PolicyDocument
	tags       map[string]string
	uniqueID   string
	provider   string
	conditions map[string][]string

	credentials *aws.Credentials
}

// WithPolicy attaches an identity policy to the principal, besides those that it
// has. To a session of a role it attaches it to the role.
func WithPolicy(d *kmskit.PolicyDocument) PrincipalOption {
	return func(o *principalOptions) { o.policies = append(o.policies, d) }
}

// WithTags gives the principal tags, in place of those that it has: policies see
// them as aws:PrincipalTag/KEY. A session of a role has the tags of the role,
// unless it has one with the same key itself.
func WithTags(tags map[string]string) PrincipalOption {
	return func(o *principalOptions) { o.tags = maps.Clone(tags) }
}

// WithUniqueID gives a user (AIDA...) or a role (AROA...) this ID, for policies
// that name it. Without it they have one that the Server has made up.
func WithUniqueID(id string) PrincipalOption {
	return func(o *principalOptions) { o.uniqueID = id }
}

// WithProvider names the identity provider through which a session of a role was
// obtained: the ARN of a SAML provider, or the name or ARN of an OIDC provider.
// Policies see it as a Federated principal and as aws:FederatedProvider.
func WithProvider(provider string) PrincipalOption {
	return func(o *principalOptions) { o.provider = provider }
}

// WithConditionKey adds a condition key to the requests of this Principal, but not
// to those of others with the same ARN. It is for what a request does not carry
// itself: how it came to KMS (aws:SourceVpce, aws:SourceIp, or aws:SecureTransport,
// which is true by default), for what (aws:SourceArn, aws:SourceAccount), or with
// which credentials (aws:MultiFactorAuthPresent, aws:SourceIdentity).
//
// With kms:ViaService an AWS service makes the requests on behalf of the
// principal: aws:ViaAWSService and kms:GrantIsForAWSResource are then true.
//
// [Server.Principal] panics if no KMS request has the key, if the key follows from
// the request itself, as kms:EncryptionContext:KEY does, or if a key that has one
// value is not given exactly one.
func WithConditionKey(name string, values ...string) PrincipalOption {
	return func(o *principalOptions) {
		if o.conditions == nil {
			o.conditions = map[string][]string{}
		}
		o.conditions[name] = slices.Clone(values)
	}
}

// WithCredentials gives this Principal, and not others with the same ARN, these
// keys in place of keys that the Server makes up: for clients whose keys a test
// does not choose, such as those of a configuration file. A missing secret is made
// up.
//
// [Server.Principal] panics if the access key is not 1 to 128 letters, digits and
// underscores, or is that of another principal.
func WithCredentials(c aws.Credentials) PrincipalOption {
	return func(o *principalOptions) { o.credentials = &c }
}

// Principal returns the principal with that ARN, for example
// "arn:aws:iam::111122223333:role/reader", in any account, or the AWS service with
// that name, for example "logs.amazonaws.com". It need not have been made before.
//
// Policies, tags and IDs belong to the ARN: it has those that this call and earlier
// ones have given it. Condition keys and credentials belong to the Principal that
// this call returns. Principal panics if arn is neither the name of a service nor the ARN of
// an account root, a user, a role, an assumed role or a federated user, or if an
// option does not fit it.
func (s *Server) Principal(arn string, opts ...PrincipalOption) *Principal {
	var o principalOptions
	for _, opt := range opts {
		if opt != nil {
			opt(&o)
		}
	}
	who, err := s.checkPrincipal(arn, &o)
	if err != nil {
		panic("kmstest: " + err.Error())
	}
	p, err := s.addPrincipal(who, o)
	if err != nil {
		panic("kmstest: " + err.Error())
	}
	return p
}

// checkPrincipal returns who the principal with that ARN is. It refuses one that
// there cannot be, and options that do not fit it.
func (s *Server) checkPrincipal(arn string, o *principalOptions) (policy.Principal, error) {
	who, ok := parsePrincipal(arn)
	if !ok {
		return who, fmt.Errorf("%q is neither the ARN of a principal, such as arn:aws:iam::111122223333:role/reader, nor the name of an AWS service", arn)
	}
	if err := o.check(who); err != nil {
		return who, err
	}
	if s.strict {
		return who, o.checkPolicies(arn)
	}
	return who, nil
}

// addPrincipal returns a principal after it has got what the options say.
func (s *Server) addPrincipal(who policy.Principal, o principalOptions) (*Principal, error) {
	p := s.principals.get(who)
	s.change(p.identity, o)
	if o.conditions == nil && o.credentials == nil {
		return p, nil
	}
	return s.principals.derive(p.identity, o)
}

// check refuses options that do not fit the principal.
func (o *principalOptions) check(who policy.Principal) error {
	switch name := cmp.Or(who.ARN, who.Service); {
	case o.uniqueID != "" && who.Kind != policy.User && who.Kind != policy.Role:
		return fmt.Errorf("%s has no unique ID", name)
	case o.provider != "" && who.Kind != policy.Session:
		return fmt.Errorf("%s is not a session of a role, which it takes to have an identity provider", name)
	case who.Kind == policy.Service && (len(o.policies) > 0 || len(o.tags) > 0):
		return fmt.Errorf("the service %s has no policies and no tags", name)
	case o.credentials != nil && !accessKeyID.MatchString(o.credentials.AccessKeyID):
		return fmt.Errorf("the access key %q is not 1 to 128 letters, digits and underscores", o.credentials.AccessKeyID)
	}
	given := o.conditions
	o.conditions = nil
	for name, values := range given {
		key, standing := policyfacts.FindKey(name)
		switch {
		case standing != policyfacts.Known:
			return fmt.Errorf("no request to KMS has the condition key %q", name)
		case isOwnKey(name):
			return fmt.Errorf("the condition key %q follows from the request", name)
		case len(values) != 1 && !key.List:
			return fmt.Errorf("the condition key %q has one value, not %d", name, len(values))
		}
		if o.conditions == nil {
			o.conditions = map[string][]string{}
		}
		o.conditions[strings.ToLower(name)] = values
	}
	return nil
}

// checkPolicies refuses a policy that has what means nothing.
func (o *principalOptions) checkPolicies(arn string) error {
	for _, d := range o.policies {
		if unknown := policy.Compile(d).Unknown(); len(unknown) > 0 {
			return fmt.Errorf("an identity policy of %s: %s", arn, strings.Join(unknown, "; "))
		}
	}
	return nil
}

// change gives an identity what the options say.
func (s *Server) change(i *identity, o principalOptions) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if o.tags != nil {
		i.who.Tags = o.tags
	}
	if o.uniqueID != "" {
		i.who.ID = o.uniqueID
	}
	if o.provider != "" {
		i.who.Provider = o.provider
	}
	if i.role != nil {
		i = i.role
	}
	for _, d := range o.policies {
		i.attached = append(i.attached, policy.Compile(d))
	}
}

// policies returns the identity policies that count for the principal. The caller
// holds the world's lock.
func (i *identity) policies() []*policy.Policy {
	if i.role != nil {
		return i.role.attached
	}
	return i.attached
}

// isService reports whether it is an AWS service that acts for itself.
func (i *identity) isService() bool { return i.who.Kind == policy.Service }

// forService reports whether an AWS service makes the requests, for itself or on
// behalf of somebody else.
func (p *Principal) forService() bool {
	return p.isService() || p.conditions["kms:viaservice"] != nil
}

// label is the name by which KMS speaks of the principal.
func (i *identity) label() string { return cmp.Or(i.who.ARN, i.who.Service) }

// ARN returns the ARN of the principal. That of an AWS service is empty.
func (p *Principal) ARN() string { return p.who.ARN }

// UniqueID returns the ID of a user (AIDA...) or a role (AROA...), which a policy
// may name in place of the ARN. A session has that of its role; others have none.
func (p *Principal) UniqueID() string {
	p.server.mu.RLock()
	defer p.server.mu.RUnlock()
	return p.who.UniqueID()
}

// Credentials returns the keys that make a request the principal's. A Server
// looks at the access key only, unless it was made [WithSignatureVerification].
func (p *Principal) Credentials() aws.Credentials { return p.credentials }

// Client returns a client of the SDK that reaches the Server without a network
// and acts as the principal.
func (p *Principal) Client(optFns ...func(*kms.Options)) *kms.Client {
	return kms.NewFromConfig(p.Config(), optFns...)
}

// Config returns the configuration of [Principal.Client].
func (p *Principal) Config() aws.Config {
	return aws.Config{
		Region:     p.server.regionName,
		HTTPClient: transport{p.server},
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return p.credentials, nil
		}),
	}
}

// API returns the operations without the SDK's stack, as the principal in the
// Server's Region.
func (p *Principal) API() *API {
	return p.in(p.server.regionName)
}

// in returns the operations as the principal in a Region. Nearly all requests of a
// principal are to one.
func (p *Principal) in(region string) *API {
	if a := p.last.Load(); a != nil && a.region.region == region {
		return a
	}
	a := &API{server: p.server, principal: p, region: p.server.at(place{cmp.Or(p.who.Account, serviceAccount), region})}
	p.last.Store(a)
	return a
}

// serviceAccount stands for the accounts of AWS from which its services call. No
// customer has it.
const serviceAccount = "000000000000"

var accessKeyID = regexp.MustCompile(`^\w{1,128}$`)

var principalARN = regexp.MustCompile(
	`^arn:(aws|aws-cn|aws-us-gov|aws-eusc|aws-iso(?:-[bef])?):(iam|sts)::(\d{12}):(root|user|role|assumed-role|federated-user)(?:/([\w+=,.@/-]+))?$`)

// parsePrincipal returns the principal with that ARN, or the service with that
// name.
func parsePrincipal(arn string) (who policy.Principal, ok bool) {
	if policy.IsService(arn) {
		return policy.Principal{Kind: policy.Service, Service: arn}, true
	}
	m := principalARN.FindStringSubmatch(arn)
	if m == nil {
		return policy.Principal{}, false
	}
	aws, service, account, kind, name := m[1], m[2], m[3], m[4], m[5]
	who = policy.Principal{ARN: arn, Account: account}
	role, session, _ := strings.Cut(name, "/")
	switch {
	case kind == "root" && service == "iam" && name == "":
		who.Kind = policy.Root
	case kind == "user" && service == "iam" && name != "":
		who.Kind = policy.User
	case kind == "role" && service == "iam" && name != "":
		who.Kind = policy.Role
	case kind == "federated-user" && service == "sts" && name != "":
		who.Kind = policy.FederatedUser
	case kind == "assumed-role" && service == "sts" && session != "":
		who.Kind = policy.Session
		who.Issuer = "arn:" + aws + ":iam::" + account + ":role/" + role
	default:
		return policy.Principal{}, false
	}
	return who, true
}

// principals are those of one Server, each with credentials of its own.
type principals struct {
	server    *Server
	names     *generator // of credentials
	uniqueIDs *generator
	standard  *Principal

	mu          *sync.RWMutex
	identities  map[string]*identity // by ARN or name of the service
	byAccessKey map[string]*Principal
}

// newPrincipals returns the principals of s: first of all the one that the
// Server's own clients act as.
func newPrincipals(s *Server, account string, names, uniqueIDs *generator) principals {
	ps := principals{
		server: s, names: names, uniqueIDs: uniqueIDs, mu: new(sync.RWMutex),
		identities: map[string]*identity{}, byAccessKey: map[string]*Principal{},
	}
	who, _ := parsePrincipal("arn:" + partition(s.regionName) + ":iam::" + account + ":user/kmstest")
	ps.standard = ps.get(who)
	s.change(ps.standard.identity, principalOptions{policies: []*kmskit.PolicyDocument{everythingAllowed()}})
	return ps
}

func everythingAllowed() *kmskit.PolicyDocument {
	return &kmskit.PolicyDocument{
		Version: "2012-10-17",
		Statement: []kmskit.Statement{{
			Effect:   kmskit.Allow,
			Action:   kmskit.StringList{"*"},
			Resource: kmskit.StringList{"*"},
		}},
	}
}

// get returns that principal, new if need be.
func (ps *principals) get(who policy.Principal) *Principal {
	var role *identity
	if who.Kind == policy.Session {
		issuer, _ := parsePrincipal(who.Issuer)
		role = ps.get(issuer).identity
	}
	ps.mu.Lock()
	defer ps.mu.Unlock()
	name := cmp.Or(who.ARN, who.Service)
	i := ps.identities[name]
	if i == nil {
		i = ps.newIdentity(who, role)
		i.plain = ps.add(&Principal{identity: i, credentials: ps.newCredentials(&i.who)})
		ps.identities[name] = i
	}
	return i.plain
}

func (ps *principals) newIdentity(who policy.Principal, role *identity) *identity {
	who.OrgID, _, _ = strings.Cut(ps.server.organizations[who.Account], "/")
	switch who.Kind {
	case policy.Session:
		who.Role = &role.who
	case policy.User:
		who.ID = ps.newUniqueID("AIDA")
	case policy.Role:
		who.ID = ps.newUniqueID("AROA")
	}
	return &identity{who: who, role: role}
}

// exists reports whether there is a principal that a policy names in that way. The
// caller holds the world's lock.
func (ps *principals) exists(name string) bool {
	ps.mu.RLock()
	defer ps.mu.RUnlock()
	if ps.identities[name] != nil || policy.IsService(name) {
		return true
	}
	account := name
	if who, ok := parsePrincipal(name); ok && who.Kind == policy.Root {
		account = who.Account
	}
	for _, i := range ps.identities {
		if i.who.Account == account || i.who.ID == name {
			return true
		}
	}
	return false
}

// derive returns a new Principal whose requests have condition keys, or
// credentials, of their own.
func (ps *principals) derive(i *identity, o principalOptions) (*Principal, error) {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	c := ps.newCredentials(&i.who)
	if given := o.credentials; given != nil {
		if other := ps.byAccessKey[given.AccessKeyID]; other != nil && other.identity != i {
			return nil, fmt.Errorf("the access key %q is that of %s already", given.AccessKeyID, other.label())
		}
		c.AccessKeyID, c.SessionToken = given.AccessKeyID, given.SessionToken
		c.SecretAccessKey = cmp.Or(given.SecretAccessKey, c.SecretAccessKey)
	}
	return ps.add(&Principal{identity: i, credentials: c, conditions: o.conditions}), nil
}

// add adds a Principal. The caller holds the lock.
func (ps *principals) add(p *Principal) *Principal {
	p.server = ps.server
	ps.byAccessKey[p.credentials.AccessKeyID] = p
	return p
}

// withAccessKey returns the principal that a request with the key comes from.
// Whoever brings keys that this Server has not given out is the default one.
func (ps *principals) withAccessKey(id string) *Principal {
	if p := ps.having(id); p != nil {
		return p
	}
	return ps.standard
}

// having returns the principal to whom an access key was handed out, or nil.
func (ps *principals) having(accessKey string) *Principal {
	ps.mu.RLock()
	defer ps.mu.RUnlock()
	return ps.byAccessKey[accessKey]
}

// newUniqueID returns an ID of 21 letters and digits.
func (ps *principals) newUniqueID(prefix string) string {
	var b [11]byte
	ps.uniqueIDs.read(b[:])
	return prefix + base32.StdEncoding.EncodeToString(b[:])[:17]
}

func (ps *principals) newCredentials(who *policy.Principal) aws.Credentials {
	var b [10 + 30]byte
	ps.names.read(b[:])
	suffix, secret := base32.StdEncoding.EncodeToString(b[:10]), base64.StdEncoding.EncodeToString(b[10:])
	c := aws.Credentials{AccessKeyID: "AKIA" + suffix, SecretAccessKey: secret, Source: "kmstest", AccountID: who.Account}
	if who.Kind == policy.Session || who.Kind == policy.FederatedUser {
		c.AccessKeyID = "ASIA" + suffix
		c.SessionToken = base64.StdEncoding.EncodeToString([]byte(who.ARN))
	}
	return c
}
