package policy

import (
	"slices"
	"strings"

	"github.com/kmskit/kmskit"
	"github.com/kmskit/kmskit/internal/policyfacts"
)

// Principal is who makes a request.
type Principal struct {
	// Kind says which of the fields below the principal has.
	Kind Kind
	// ARN is that of the user, the root user, the role, the session or the federated
	// user.
	ARN string
	// Account is the ID of the account that the principal belongs to. A service
	// has none.
	Account string
	// ID is the unique ID of the user (AIDA…) or of the role (AROA…).
	ID string
	// Issuer is the ARN of the role that a session is of, with its path, or of the
	// user who federated. The root user may federate too.
	Issuer string
	// Provider is the identity provider through which a session was had, if any:
	// the ARN of a SAML provider, or the name or ARN of an OIDC provider.
	Provider string
	// Service is the name of a service principal, such as "logs.amazonaws.com".
	Service string
	// Tags are the tags of the user or role, or of the session. Policies name their
	// keys without regard to case.
	Tags map[string]string
	// Role is the role that a session is of, for the tags that the session does not
	// have itself and the unique ID. It may be nil.
	Role *Principal
	// OrgID is the ID of the organization that the account is in, if any.
	OrgID string
}

// Kind is a kind of principal.
type Kind uint8

// The kinds of principals. The zero Kind is nobody in particular, whom only a
// policy for everyone names.
const (
	Anonymous     Kind = iota
	Root               // the root user of an account
	User               // an IAM user
	Role               // a role without a session, for callers that do not care for sessions
	Session            // an assumed-role session
	FederatedUser      // a user with credentials from GetFederationToken
	Service            // an AWS service that acts for itself
)

// principals is a compiled Principal or NotPrincipal element.
type principals struct {
	present   bool
	not       bool
	unclear   bool
	everyone  bool
	accounts  []string
	arns      []string
	ids       []string
	services  []string
	providers []string
}

func (c *compiler) compilePrincipal(s *statement, source *kmskit.Statement) {
	p := &s.principal
	element, name := source.Principal, "Principal"
	if !source.NotPrincipal.IsZero() {
		p.unclear = !source.Principal.IsZero()
		p.not, element, name = true, source.NotPrincipal, "NotPrincipal"
	}
	p.present = !element.IsZero()
	switch {
	case p.unclear:
		s.unclear = c.report("both Principal and NotPrincipal")
	case p.not && !s.deny:
		s.unclear = c.report("NotPrincipal in a statement that is not a Deny")
	}
	p.everyone = element.Everyone
	p.services = slices.Clone(element.Service)
	p.providers = slices.Clone(element.Federated)
	for _, value := range slices.Concat(element.AWS, element.Service, element.CanonicalUser) {
		if value != "*" {
			c.policy.principals = append(c.policy.principals, value)
		}
	}
	for _, value := range element.AWS {
		if !p.add(value) {
			c.report("%s AWS %q names nobody", name, value)
		}
	}
	for _, value := range element.CanonicalUser {
		c.report("%s CanonicalUser %q names nobody that KMS knows", name, value)
	}
}

// IsPrincipal reports whether a policy may name a principal in that way: an account
// by its ID, a user, role or session by its ARN, a user or role by its unique ID,
// or a service by its name. Groups and patterns are none.
func IsPrincipal(name string) bool {
	var p principals
	return p.add(name) || IsService(name)
}

// IsService reports whether name has the form of a service principal, such as
// "logs.amazonaws.com".
func IsService(name string) bool {
	for _, suffix := range [...]string{".amazonaws.com", ".amazonaws.com.cn", ".amazonaws.eu", ".aws.internal"} {
		if base, ok := strings.CutSuffix(name, suffix); ok {
			return base != "" && strings.Trim(base, "abcdefghijklmnopqrstuvwxyz0123456789-.") == ""
		}
	}
	return false
}

// add adds a value of the AWS member. It is false for one that names nobody.
func (p *principals) add(value string) bool {
	switch kind, account := policyfacts.FindPrincipal(value); kind {
	case policyfacts.Everyone:
		p.everyone = true
	case policyfacts.Account:
		p.accounts = append(p.accounts, account)
	case policyfacts.UniqueID:
		p.ids = append(p.ids, value)
	case policyfacts.Named:
		p.arns = append(p.arns, value)
	case policyfacts.Nobody:
		return false
	}
	return true
}

// level is how a Principal element names a principal.
type level uint8

const (
	notNamed level = iota
	// byAccount leaves it to identity policies whether the principal may.
	byAccount
	// byName speaks of the principal itself.
	byName
)

// names returns how the element names a principal. The role of a session and the
// session itself are the principal. The account is not, except to its root user,
// and the user who federated is not, because a federated user has only what the
// policy of the session leaves.
func (p *principals) names(who *Principal) level {
	switch {
	case p.everyone:
		return byName
	case who.Kind == Service:
		if who.Service == "" || !slices.Contains(p.services, who.Service) {
			return notNamed
		}
		return byName
	case who.Kind == Anonymous:
		return notNamed
	case p.namesUserOrRole(who), p.namesSession(who):
		return byName
	case who.Kind == FederatedUser && slices.Contains(p.arns, who.Issuer):
		return byAccount
	case !slices.Contains(p.accounts, who.Account):
		return notNamed
	case who.Kind == Root:
		return byName
	default:
		return byAccount
	}
}

// exempts reports whether a NotPrincipal element leaves a principal out of the
// statement. IAM checks the account, then the user or role, then the session, so
// that each of them has to be named.
//
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html
func (p *principals) exempts(who *Principal) bool {
	if p.unclear {
		return false
	}
	if p.everyone || who.Kind == Service {
		return p.names(who) == byName
	}
	if !slices.Contains(p.accounts, who.Account) {
		return false
	}
	switch who.Kind {
	case Root:
		return true
	case User, Role:
		return p.namesUserOrRole(who)
	case Session:
		return p.namesUserOrRole(who) && p.namesSession(who)
	case FederatedUser:
		return p.namesSession(who) && (isRootARN(who.Issuer) || slices.Contains(p.arns, who.Issuer))
	default:
		return false
	}
}

// namesUserOrRole reports whether the element names a user, or the role itself
// of a role or a session.
func (p *principals) namesUserOrRole(who *Principal) bool {
	switch who.Kind {
	case User, Role:
		return slices.Contains(p.arns, who.ARN) || slices.Contains(p.ids, who.ID)
	case Session:
		return slices.Contains(p.arns, who.Issuer) || slices.Contains(p.ids, who.UniqueID())
	default:
		return false
	}
}

// namesSession reports whether the element names a session or federated user, or
// the identity provider behind a session.
func (p *principals) namesSession(who *Principal) bool {
	if who.Kind != Session && who.Kind != FederatedUser {
		return false
	}
	return slices.Contains(p.arns, who.ARN) || who.Provider != "" && slices.Contains(p.providers, who.Provider)
}

func isRootARN(arn string) bool {
	return arn == "" || strings.HasSuffix(arn, ":root")
}

// appendAttribute appends the value of a condition key that tells of the
// principal. It is false for other keys.
func (p *Principal) appendAttribute(dst []string, key string) ([]string, bool) {
	value := ""
	switch key {
	case "aws:federatedprovider":
		value = p.Provider
	case "aws:principalaccount":
		value = p.Account
	case "aws:principalarn":
		value = p.ARN
		if p.Kind == Session {
			value = p.Issuer
		}
	case "aws:principalisawsservice":
		value = "false"
		if p.Kind == Service {
			value = "true"
		}
	case "aws:principalorgid":
		value = p.OrgID
	case "aws:principalservicename", "aws:principalservicenameslist":
		value = p.Service
	case "aws:principaltype":
		value = p.Kind.principalType()
	case "aws:userid":
		value = p.userID()
	case "aws:username":
		if p.Kind == User {
			value = p.name()
		}
	default:
		tag, ok := strings.CutPrefix(key, "aws:principaltag/")
		if !ok {
			return dst, false
		}
		if value, ok := p.tag(tag); ok {
			dst = append(dst, value)
		}
		return dst, true
	}
	if value != "" {
		dst = append(dst, value)
	}
	return dst, true
}

// principalType is the kind as aws:PrincipalType has it.
func (k Kind) principalType() string {
	switch k {
	case Anonymous:
		return "Anonymous"
	case Root:
		return "Account"
	case User:
		return "User"
	case Role, Session:
		return "AssumedRole"
	case FederatedUser:
		return "FederatedUser"
	default:
		return ""
	}
}

// userID is the unique ID as aws:userid has it.
func (p *Principal) userID() string {
	switch p.Kind {
	case Root:
		return p.Account
	case Session:
		if p.UniqueID() == "" {
			return ""
		}
		return p.UniqueID() + ":" + p.name()
	case FederatedUser:
		return p.Account + ":" + p.name()
	default:
		return p.ID
	}
}

// UniqueID is that of the user or role. A session has the one of its role.
func (p *Principal) UniqueID() string {
	if p.ID == "" && p.Role != nil {
		return p.Role.ID
	}
	return p.ID
}

// name is the friendly name of a user and the name of a session.
func (p *Principal) name() string {
	return p.ARN[strings.LastIndexByte(p.ARN, '/')+1:]
}

func (p *Principal) tag(key string) (string, bool) {
	for k, v := range p.Tags {
		if strings.EqualFold(k, key) {
			return v, true
		}
	}
	if p.Role != nil {
		return p.Role.tag(key)
	}
	return "", false
}

// label is what to call the principal in an explanation.
func (p *Principal) label() string {
	switch {
	case p.ARN != "":
		return p.ARN
	case p.Service != "":
		return p.Service
	default:
		return "an anonymous caller"
	}
}
