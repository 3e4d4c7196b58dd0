package kmstest

import (
	"cmp"
	"context"
	"encoding/base32"
	"encoding/base64"
	"fmt"
	"regexp"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/kmskit/kmskit"
	"github.com/kmskit/kmskit/kmstest/internal/policy"
)

// A Principal is somebody who calls KMS: an account root, a user, a role, a
// session of a role or a federated user. Its clients act as that principal: key
// policies, grants and its own identity policies say what they may do. It is
// safe for concurrent use.
type Principal struct {
	server      *Server
	who         policy.Principal
	credentials aws.Credentials
	role        *Principal       // of an assumed role, the role: it has the policies
	attached    []*policy.Policy // guarded by the world's mu
}

// A PrincipalOption changes what [Server.Principal] makes.
type PrincipalOption func(*principalOptions)

type principalOptions struct {
	policies []*kmskit.PolicyDocument
}

// WithPolicy attaches an identity policy to the principal, besides those that it
// has. To a session of a role it attaches it to the role.
func WithPolicy(d *kmskit.PolicyDocument) PrincipalOption {
	return func(o *principalOptions) { o.policies = append(o.policies, d) }
}

// Principal returns the principal with that ARN, for example
// "arn:aws:iam::111122223333:role/reader", in any account. Nobody else has to
// know of it first. It has no identity policies but those that this call and
// earlier ones for the same ARN attach. Principal panics if arn is not that of
// an account root, a user, a role, an assumed role or a federated user.
func (s *Server) Principal(arn string, opts ...PrincipalOption) *Principal {
	who, ok := parsePrincipal(arn)
	if !ok {
		panic(fmt.Sprintf("kmstest: %q is not the ARN of a principal", arn))
	}
	var o principalOptions
	for _, opt := range opts {
		opt(&o)
	}
	p := s.principals.get(who)
	s.attach(p, o.policies...)
	return p
}

// attach gives a principal further identity policies.
func (s *Server) attach(p *Principal, documents ...*kmskit.PolicyDocument) {
	if p.role != nil {
		p = p.role
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, d := range documents {
		p.attached = append(p.attached, policy.Compile(d))
	}
}

// policies returns the identity policies that count for the principal. The caller
// holds the world's lock.
func (p *Principal) policies() []*policy.Policy {
	if p.role != nil {
		return p.role.attached
	}
	return p.attached
}

// label is the name by which KMS speaks of the principal.
func (p *Principal) label() string { return cmp.Or(p.who.ARN, p.who.Service) }

// ARN returns the ARN of the principal.
func (p *Principal) ARN() string { return p.who.ARN }

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

// in returns the operations as the principal in a Region.
func (p *Principal) in(region string) *API {
	return &API{server: p.server, principal: p, region: p.server.at(place{p.who.Account, region})}
}

var principalARN = regexp.MustCompile(
	`^arn:(aws|aws-cn|aws-us-gov):(iam|sts)::(\d{12}):(root|user|role|assumed-role|federated-user)(?:/([\w+=,.@/-]+))?$`)

// parsePrincipal returns the principal with that ARN.
func parsePrincipal(arn string) (who policy.Principal, ok bool) {
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
	server   *Server
	names    *generator
	standard *Principal

	mu          *sync.RWMutex
	byARN       map[string]*Principal
	byAccessKey map[string]*Principal
}

// newPrincipals returns the principals of s: first of all the one that the
// Server's own clients act as.
func newPrincipals(s *Server, account string, names *generator) principals {
	ps := principals{
		server: s, names: names, mu: new(sync.RWMutex),
		byARN: map[string]*Principal{}, byAccessKey: map[string]*Principal{},
	}
	who, _ := parsePrincipal("arn:" + partition(s.regionName) + ":iam::" + account + ":user/kmstest")
	ps.standard = ps.get(who)
	s.attach(ps.standard, everythingAllowed())
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
	var role *Principal
	if who.Kind == policy.Session {
		issuer, _ := parsePrincipal(who.Issuer)
		role = ps.get(issuer)
	}
	ps.mu.Lock()
	defer ps.mu.Unlock()
	if p := ps.byARN[who.ARN]; p != nil {
		return p
	}
	p := &Principal{server: ps.server, who: who, role: role, credentials: ps.newCredentials(who)}
	ps.byARN[who.ARN] = p
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

func (ps *principals) newCredentials(who policy.Principal) aws.Credentials {
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
