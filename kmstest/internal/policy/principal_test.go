package policy_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/kmskit/kmskit"
	"github.com/kmskit/kmskit/kmstest/internal/policy"
)

// Statements that many cases share.
const (
	// enableIAM is the default key policy: it hands the decision to the account.
	enableIAM = `{"Sid": "Enable IAM policies", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::210987654321:root"},
		"Action": "kms:*", "Resource": "*"}`
	// mayDecrypt is an identity policy for the key.
	mayDecrypt = `{"Effect": "Allow", "Action": "kms:Decrypt", "Resource": "` + keyARN + `"}`
	// mayNotDecrypt is an identity policy that denies.
	mayNotDecrypt = `{"Effect": "Deny", "Action": "kms:Decrypt", "Resource": "*"}`
)

// allow returns a statement that lets a principal decrypt.
func allow(principal string) string {
	return `{"Effect": "Allow", "Principal": ` + principal + `, "Action": "kms:Decrypt", "Resource": "*"}`
}

// deny returns a statement with a Principal or NotPrincipal element that denies.
func deny(element string) string {
	return `{"Effect": "Deny", ` + element + `, "Action": "kms:Decrypt", "Resource": "*"}`
}

// everyone lets everyone decrypt, for cases about what denies.
var everyone = allow(`"*"`)

// principalCases has the rules about who a statement is about, and about how key
// and identity policies work together.
var principalCases = []decisionCase{
	// Key policy and identity policies.
	{
		rule: "the account's statement alone gives nothing to a user",
		key:  enableIAM, who: user(home, "alice"),
		want: policy.NoIdentityPolicy, through: "key 1",
	},
	{
		rule: "the account's statement lets an identity policy allow",
		key:  enableIAM, identity: []string{mayDecrypt}, who: user(home, "alice"),
		want: policy.Allowed, by: "identity 1.1", through: "key 1",
	},
	{
		rule: "the account's statement may have the account ID instead of its ARN",
		key:  allow(`{"AWS": "210987654321"}`), identity: []string{mayDecrypt}, who: session(home, "ledger"),
		want: policy.Allowed, by: "identity 1.1", through: "key 1",
	},
	{
		rule: "an identity policy is ineffective if the key policy does not allow the account",
		key:  allow(`{"AWS": "arn:aws:iam::210987654321:user/bob"}`), identity: []string{mayDecrypt}, who: user(home, "alice"),
		want: policy.NoResourcePolicy,
	},
	{
		rule:     "an identity policy is ineffective if the account's statement does not have the action",
		key:      `{"Effect": "Allow", "Principal": {"AWS": "210987654321"}, "Action": "kms:Encrypt", "Resource": "*"}`,
		identity: []string{mayDecrypt}, who: user(home, "alice"),
		want: policy.NoResourcePolicy,
	},
	{
		rule: "an identity policy is ineffective if the condition of the account's statement fails",
		key: `{"Effect": "Allow", "Principal": {"AWS": "210987654321"}, "Action": "kms:Decrypt", "Resource": "*",
			"Condition": {"StringEquals": {"kms:ViaService": "rds.eu-west-1.amazonaws.com"}}}`,
		identity: []string{mayDecrypt}, who: user(home, "alice"),
		want: policy.NoResourcePolicy,
	},
	{
		rule: "neither policy allows: the key policy is to blame first",
		key:  allow(`{"AWS": "arn:aws:iam::210987654321:user/bob"}`), who: user(home, "alice"),
		want: policy.NoResourcePolicy,
	},
	{
		rule: "a key policy without statements allows nobody, whatever identity policies say",
		key:  " ", identity: []string{mayDecrypt}, who: user(home, "alice"),
		want: policy.NoResourcePolicy,
	},
	{
		rule: "a user named in the key policy of the same account needs no identity policy",
		key:  allow(`{"AWS": "arn:aws:iam::210987654321:user/alice"}`), who: user(home, "alice"),
		want: policy.Allowed, by: "key 1",
	},
	{
		rule: "the second of two identity policies may allow",
		key:  enableIAM, who: user(home, "alice"),
		identity: []string{`{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}`, `{"Effect": "Allow", "Action": "kms:List*", "Resource": "*"},` + mayDecrypt},
		want:     policy.Allowed, by: "identity 2.2", through: "key 1",
	},
	{
		rule: "an explicit Deny in the key policy overrides its Allow",
		key:  everyone + "," + deny(`"Principal": {"AWS": "arn:aws:iam::210987654321:user/alice"}`), who: user(home, "alice"),
		want: policy.ExplicitDeny, by: "key 2",
	},
	{
		rule: "an explicit Deny in an identity policy overrides the key policy",
		key:  everyone, identity: []string{mayDecrypt + "," + mayNotDecrypt}, who: user(home, "alice"),
		want: policy.ExplicitDeny, by: "identity 1.2",
	},
	{
		rule: "an identity policy that denies is effective without the account's statement",
		key:  allow(`{"AWS": "arn:aws:iam::210987654321:user/alice"}`), identity: []string{mayNotDecrypt}, who: user(home, "alice"),
		want: policy.ExplicitDeny, by: "identity 1.1",
	},
	{
		rule: "a Deny counts even where nothing allows",
		key:  deny(`"Principal": "*"`), who: user(home, "alice"),
		want: policy.ExplicitDeny, by: "key 1",
	},
	{
		rule: "a Deny of another action does nothing",
		key:  everyone, identity: []string{`{"Effect": "Deny", "Action": "kms:Encrypt", "Resource": "*"}`}, who: user(home, "alice"),
		want: policy.Allowed, by: "key 1",
	},

	// Operations without a key.
	{
		rule: "an operation without a key is decided by the identity policy alone", action: "kms:ListKeys", resource: "*",
		identity: []string{`{"Effect": "Allow", "Action": "kms:ListKeys", "Resource": "*"}`}, who: user(home, "alice"),
		want: policy.Allowed, by: "identity 1.1",
	},
	{
		rule: "an operation without a key is refused without an identity policy", action: "kms:ListKeys", resource: "*",
		who: user(home, "alice"), want: policy.NoIdentityPolicy,
	},
	{
		rule: "an operation without a key needs a Resource of *, not key ARNs", action: "kms:CreateKey", resource: "*",
		identity: []string{`{"Effect": "Allow", "Action": "kms:*", "Resource": "arn:aws:kms:*:210987654321:key/*"}`}, who: user(home, "alice"),
		want: policy.NoIdentityPolicy,
	},
	{
		rule: "an operation without a key is denied by an identity policy", action: "kms:CreateKey", resource: "*",
		identity: []string{`{"Effect": "Allow", "Action": "*", "Resource": "*"}, {"Effect": "Deny", "Action": "kms:Create*", "Resource": "*"}`},
		who:      user(home, "alice"), want: policy.ExplicitDeny, by: "identity 1.2",
	},
	{
		rule: "an alias is a resource of its own, which identity policies decide on", action: "kms:CreateAlias",
		resource: "arn:aws:kms:eu-west-1:210987654321:alias/ledger", who: session(home, "ledger"),
		identity: []string{`{"Effect": "Allow", "Action": "kms:CreateAlias", "Resource": "arn:aws:kms:eu-west-1:210987654321:alias/*"}`},
		want:     policy.Allowed, by: "identity 1.1",
	},
	{
		rule: "permission for keys is not permission for an alias", action: "kms:CreateAlias",
		resource: "arn:aws:kms:eu-west-1:210987654321:alias/ledger", who: session(home, "ledger"),
		identity: []string{`{"Effect": "Allow", "Action": "kms:CreateAlias", "Resource": "arn:aws:kms:*:210987654321:key/*"}`},
		want:     policy.NoIdentityPolicy,
	},
	{
		rule: "the root user needs no policy for an operation without a key", action: "kms:ListKeys", resource: "*",
		who: root(home), want: policy.Allowed,
	},

	// Other accounts.
	{
		rule: "another account named in the key policy still needs an identity policy",
		key:  allow(`{"AWS": "arn:aws:iam::345678901234:root"}`), who: user(away, "carol"),
		want: policy.NoIdentityPolicy, through: "key 1",
	},
	{
		rule: "another account is allowed by both sides together",
		key:  allow(`{"AWS": "arn:aws:iam::345678901234:root"}`), identity: []string{mayDecrypt}, who: user(away, "carol"),
		want: policy.Allowed, by: "identity 1.1", through: "key 1",
	},
	{
		rule: "a user of another account who is named still needs an identity policy",
		key:  allow(`{"AWS": "arn:aws:iam::345678901234:user/carol"}`), who: user(away, "carol"),
		want: policy.NoIdentityPolicy, through: "key 1",
	},
	{
		rule: "a role of another account that is named is allowed by both sides",
		key:  allow(`{"AWS": "arn:aws:iam::345678901234:role/app/reader"}`), identity: []string{mayDecrypt}, who: session(away, "reader"),
		want: policy.Allowed, by: "identity 1.1", through: "key 1",
	},
	{
		rule: "an identity policy in another account gives nothing without the key policy",
		key:  enableIAM, identity: []string{mayDecrypt}, who: user(away, "carol"),
		want: policy.NoResourcePolicy,
	},
	{
		rule: "an asterisk lets users of other accounts in if their own identity policy does",
		key:  everyone, identity: []string{mayDecrypt}, who: user(away, "carol"),
		want: policy.Allowed, by: "identity 1.1", through: "key 1",
	},
	{
		rule: "an asterisk alone does not let users of other accounts in",
		key:  everyone, who: user(away, "carol"),
		want: policy.NoIdentityPolicy, through: "key 1",
	},
	{
		rule: "an identity policy in another account may deny",
		key:  everyone, identity: []string{mayDecrypt, mayNotDecrypt}, who: user(away, "carol"),
		want: policy.ExplicitDeny, by: "identity 2.1",
	},
	{
		rule: "the root user of another account needs only the key policy",
		key:  allow(`{"AWS": "345678901234"}`), who: root(away),
		want: policy.Allowed, by: "key 1",
	},

	// The root user.
	{
		rule: "the account's statement speaks for the root user",
		key:  enableIAM, who: root(home),
		want: policy.Allowed, by: "key 1",
	},
	{
		rule: "the root user has no access that the key policy does not give",
		key:  allow(`{"AWS": "arn:aws:iam::210987654321:user/alice"}`), who: root(home),
		want: policy.NoResourcePolicy,
	},
	{
		rule: "a Deny for the account denies its root user",
		key:  everyone + "," + deny(`"Principal": {"AWS": "arn:aws:iam::210987654321:root"}`), who: root(home),
		want: policy.ExplicitDeny, by: "key 2",
	},
	{
		rule: "a Deny for the account denies its users",
		key:  everyone + "," + deny(`"Principal": {"AWS": "210987654321"}`), who: user(home, "alice"),
		want: policy.ExplicitDeny, by: "key 2",
	},

	// Roles, sessions and federated users.
	{
		rule: "a role named in the key policy is its sessions",
		key:  allow(`{"AWS": "` + roleARN + `"}`), who: session(home, "ledger"),
		want: policy.Allowed, by: "key 1",
	},
	{
		rule: "a role named without its path is another role",
		key:  allow(`{"AWS": "arn:aws:iam::210987654321:role/ledger"}`), who: session(home, "ledger"),
		want: policy.NoResourcePolicy,
	},
	{
		rule: "a session named in the key policy is that session",
		key:  allow(`{"AWS": "arn:aws:sts::210987654321:assumed-role/ledger/nightly"}`), who: session(home, "ledger"),
		want: policy.Allowed, by: "key 1",
	},
	{
		rule: "a session named in the key policy is no other session of the role",
		key:  allow(`{"AWS": "arn:aws:sts::210987654321:assumed-role/ledger/daily"}`), who: session(home, "ledger"),
		want: policy.NoResourcePolicy,
	},
	{
		rule: "a session may not be named with a wildcard",
		key:  allow(`{"AWS": "arn:aws:sts::210987654321:assumed-role/ledger/*"}`), who: session(home, "ledger"),
		want: policy.NoResourcePolicy,
	},
	{
		rule: "a user may not be named with a wildcard",
		key:  allow(`{"AWS": "arn:aws:iam::210987654321:user/*"}`), who: user(home, "alice"),
		want: policy.NoResourcePolicy,
	},
	{
		rule: "the names of principals are case-sensitive",
		key:  allow(`{"AWS": "arn:aws:iam::210987654321:user/Alice"}`), who: user(home, "alice"),
		want: policy.NoResourcePolicy,
	},
	{
		rule: "a Deny for a role denies its sessions",
		key:  everyone + "," + deny(`"Principal": {"AWS": "`+roleARN+`"}`), who: session(home, "ledger"),
		want: policy.ExplicitDeny, by: "key 2",
	},
	{
		rule: "a Deny for a session leaves other sessions alone",
		key:  everyone + "," + deny(`"Principal": {"AWS": "arn:aws:sts::210987654321:assumed-role/ledger/daily"}`), who: session(home, "ledger"),
		want: policy.Allowed, by: "key 1",
	},
	{
		rule: "the unique ID of a user names the user",
		key:  allow(`{"AWS": "AIDA` + idOf("alice") + `"}`), who: user(home, "alice"),
		want: policy.Allowed, by: "key 1",
	},
	{
		rule: "the unique ID of a role names its sessions",
		key:  allow(`{"AWS": "AROA` + idOf("ledger") + `"}`), who: session(home, "ledger"),
		want: policy.Allowed, by: "key 1",
	},
	{
		rule: "the unique ID of a user who is gone does not name a new user of the same name",
		key:  allow(`{"AWS": "AIDAOLDALICEXXXXXXXXX"}`), who: user(home, "alice"),
		want: policy.NoResourcePolicy,
	},
	{
		rule: "a role can be the principal without a session",
		key:  allow(`{"AWS": "` + roleARN + `"}`),
		who:  policy.Principal{Kind: policy.Role, ARN: roleARN, Account: home},
		want: policy.Allowed, by: "key 1",
	},
	{
		rule: "a federated user named in the key policy needs nothing else",
		key:  allow(`{"AWS": "arn:aws:sts::210987654321:federated-user/guest"}`), who: federated(),
		want: policy.Allowed, by: "key 1",
	},
	{
		rule: "the user behind a federated user gives it what the session's policy leaves",
		key:  allow(`{"AWS": "arn:aws:iam::210987654321:user/alice"}`), identity: []string{mayDecrypt}, who: federated(),
		want: policy.Allowed, by: "identity 1.1", through: "key 1",
	},
	{
		rule: "the user behind a federated user gives it nothing without a policy of the session",
		key:  allow(`{"AWS": "arn:aws:iam::210987654321:user/alice"}`), who: federated(),
		want: policy.NoIdentityPolicy, through: "key 1",
	},
	{
		rule: "an identity provider names the sessions that were had through it",
		key:  allow(`{"Federated": "arn:aws:iam::210987654321:saml-provider/staff"}`),
		who:  throughSAML(),
		want: policy.Allowed, by: "key 1",
	},
	{
		rule: "an identity provider does not name other sessions",
		key:  allow(`{"Federated": "arn:aws:iam::210987654321:saml-provider/staff"}`), who: session(home, "staff"),
		want: policy.NoResourcePolicy,
	},
	{
		rule: "an empty identity provider is not that of sessions without one",
		key:  allow(`{"Federated": ""}`), who: session(home, "ledger"),
		want: policy.NoResourcePolicy,
	},
	{
		rule: "an empty service names nobody",
		key:  allow(`{"Service": ""}`), who: service(""),
		want: policy.NoResourcePolicy,
	},
	{
		rule: "one of several principals is enough",
		key:  allow(`{"AWS": ["345678901234", "arn:aws:iam::210987654321:user/bob", "arn:aws:iam::210987654321:user/alice"]}`), who: user(home, "alice"),
		want: policy.Allowed, by: "key 1",
	},
	{
		rule: "an asterisk in the AWS member is everyone",
		key:  allow(`{"AWS": "*"}`), who: user(home, "alice"),
		want: policy.Allowed, by: "key 1",
	},
	{
		rule: "a group is no principal",
		key:  allow(`{"AWS": "arn:aws:iam::210987654321:group/staff"}`), who: user(home, "alice"),
		want: policy.NoResourcePolicy,
	},
	{
		rule: "a statement that names the user counts before one that names the account",
		key:  enableIAM + "," + allow(`{"AWS": "arn:aws:iam::210987654321:user/alice"}`), who: user(home, "alice"),
		want: policy.Allowed, by: "key 2",
	},
	{
		rule: "nobody in particular is let in by an asterisk only as another account is",
		key:  everyone, who: policy.Principal{},
		want: policy.NoIdentityPolicy, through: "key 1",
	},

	// Services.
	{
		rule: "a service principal named in the key policy needs nothing else",
		key:  allow(`{"Service": "logs.eu-west-1.amazonaws.com"}`), who: service("logs.eu-west-1.amazonaws.com"),
		want: policy.Allowed, by: "key 1",
	},
	{
		rule: "a service principal is no other service",
		key:  allow(`{"Service": ["sns.amazonaws.com", "sqs.amazonaws.com"]}`), who: service("s3.amazonaws.com"),
		want: policy.NoResourcePolicy,
	},
	{
		rule: "the account's statement does not speak for services",
		key:  enableIAM, who: service("s3.amazonaws.com"),
		want: policy.NoResourcePolicy,
	},
	{
		rule: "an asterisk is every service too",
		key:  everyone, who: service("s3.amazonaws.com"),
		want: policy.Allowed, by: "key 1",
	},
	{
		rule: "a Deny for everyone that excepts services lets the service through",
		key: allow(`{"Service": "s3.amazonaws.com"}`) + `, {"Effect": "Deny", "Principal": "*", "Action": "kms:*", "Resource": "*",
			"Condition": {"Bool": {"aws:PrincipalIsAWSService": "false"}}}`,
		who: service("s3.amazonaws.com"), want: policy.Allowed, by: "key 1",
	},
	{
		rule: "a Deny for everyone that excepts services denies users",
		key: everyone + `, {"Effect": "Deny", "Principal": "*", "Action": "kms:*", "Resource": "*",
			"Condition": {"Bool": {"aws:PrincipalIsAWSService": "false"}}}`,
		who: user(home, "alice"), want: policy.ExplicitDeny, by: "key 2",
	},
	{
		rule: "a user of a service's name is not the service",
		key:  allow(`{"Service": "s3.amazonaws.com"}`), who: user(home, "s3.amazonaws.com"),
		want: policy.NoResourcePolicy,
	},

	// NotPrincipal.
	{
		rule: "NotPrincipal with Deny denies everyone who is not named",
		key:  everyone + "," + deny(`"NotPrincipal": {"AWS": ["arn:aws:iam::210987654321:user/alice", "210987654321"]}`), who: user(home, "bob"),
		want: policy.ExplicitDeny, by: "key 2",
	},
	{
		rule: "NotPrincipal with Deny spares a user who is named with the account",
		key:  everyone + "," + deny(`"NotPrincipal": {"AWS": ["arn:aws:iam::210987654321:user/alice", "210987654321"]}`), who: user(home, "alice"),
		want: policy.Allowed, by: "key 1",
	},
	{
		rule: "NotPrincipal with Deny denies a user who is named without the account",
		key:  everyone + "," + deny(`"NotPrincipal": {"AWS": "arn:aws:iam::210987654321:user/alice"}`), who: user(home, "alice"),
		want: policy.ExplicitDeny, by: "key 2",
	},
	{
		rule: "NotPrincipal with Deny denies the users of an account that alone is named",
		key:  everyone + "," + deny(`"NotPrincipal": {"AWS": "210987654321"}`), who: user(home, "alice"),
		want: policy.ExplicitDeny, by: "key 2",
	},
	{
		rule: "NotPrincipal with Deny spares the root user of an account that is named",
		key:  everyone + "," + deny(`"NotPrincipal": {"AWS": "210987654321"}`), who: root(home),
		want: policy.Allowed, by: "key 1",
	},
	{
		rule: "NotPrincipal with Deny spares a session that is named with its role and account",
		key: everyone + "," + deny(`"NotPrincipal": {"AWS": ["arn:aws:sts::210987654321:assumed-role/ledger/nightly", "`+
			roleARN+`", "arn:aws:iam::210987654321:root"]}`),
		who: session(home, "ledger"), want: policy.Allowed, by: "key 1",
	},
	{
		rule: "NotPrincipal with Deny denies the sessions of a role that are not named",
		key:  everyone + "," + deny(`"NotPrincipal": {"AWS": ["`+roleARN+`", "arn:aws:iam::210987654321:root"]}`),
		who:  session(home, "ledger"), want: policy.ExplicitDeny, by: "key 2",
	},
	{
		rule: "NotPrincipal with Deny denies a session that is named without its role",
		key:  everyone + "," + deny(`"NotPrincipal": {"AWS": ["arn:aws:sts::210987654321:assumed-role/ledger/nightly", "210987654321"]}`),
		who:  session(home, "ledger"), want: policy.ExplicitDeny, by: "key 2",
	},
	{
		rule: "NotPrincipal with Deny spares a service that is named",
		key:  everyone + "," + deny(`"NotPrincipal": {"Service": "s3.amazonaws.com"}`), who: service("s3.amazonaws.com"),
		want: policy.Allowed, by: "key 1",
	},
	{
		rule: "NotPrincipal with Deny spares a federated user who is named with the user and the account",
		key: everyone + "," + deny(`"NotPrincipal": {"AWS": ["210987654321", "arn:aws:iam::210987654321:user/alice",
			"arn:aws:sts::210987654321:federated-user/guest"]}`),
		who: federated(), want: policy.Allowed, by: "key 1",
	},
	{
		rule: "NotPrincipal with Deny denies a federated user whose user is not named",
		key:  everyone + "," + deny(`"NotPrincipal": {"AWS": ["210987654321", "arn:aws:sts::210987654321:federated-user/guest"]}`),
		who:  federated(), want: policy.ExplicitDeny, by: "key 2",
	},
	{
		rule: "NotPrincipal with Allow is not supported and allows nobody",
		key:  `{"Effect": "Allow", "NotPrincipal": {"AWS": "345678901234"}, "Action": "kms:*", "Resource": "*"}`, who: user(home, "alice"),
		want: policy.NoResourcePolicy,
	},

	// Where Principal belongs.
	{
		rule: "a statement of a key policy without a Principal allows nobody",
		key:  mayDecrypt, who: user(home, "alice"), want: policy.NoResourcePolicy,
	},
	{
		rule: "a statement of an identity policy with a Principal does not allow",
		key:  enableIAM, identity: []string{everyone}, who: user(home, "alice"),
		want: policy.NoIdentityPolicy, through: "key 1",
	},
	{
		rule: "a statement of an identity policy with a Principal does deny",
		key:  enableIAM, identity: []string{mayDecrypt + "," + deny(`"Principal": {"AWS": "345678901234"}`)}, who: user(home, "alice"),
		want: policy.ExplicitDeny, by: "identity 1.2",
	},
}

func TestPrincipal_attributes(t *testing.T) {
	t.Parallel()
	alice := user(home, "team/alice")
	alice.Tags = map[string]string{"Team": "blue", "Empty": ""}
	alice.OrgID = "o-3k9x2m7q1v"
	for _, c := range []struct {
		name string
		who  policy.Principal
		want map[string]string // "" is a key that the request does not have
	}{
		{"user", alice, map[string]string{
			"aws:PrincipalArn": "arn:aws:iam::210987654321:user/team/alice", "aws:PrincipalAccount": home,
			"aws:PrincipalType": "User", "aws:username": "alice", "aws:userid": alice.ID,
			"aws:PrincipalTag/team": "blue", "aws:PrincipalOrgID": "o-3k9x2m7q1v", "aws:PrincipalIsAWSService": "false",
			"aws:PrincipalServiceName": "", "aws:PrincipalTag/other": "",
		}},
		{"session", session(home, "ledger"), map[string]string{
			"aws:PrincipalArn": roleARN, "aws:PrincipalType": "AssumedRole", "aws:username": "",
			"aws:userid": "AROA" + idOf("ledger") + ":nightly", "aws:PrincipalOrgID": "", "aws:FederatedProvider": "",
		}},
		{"session of an identity provider", throughSAML(), map[string]string{
			"aws:FederatedProvider": "arn:aws:iam::210987654321:saml-provider/staff", "aws:PrincipalArn": "arn:aws:iam::210987654321:role/staff",
		}},
		{"root user", root(home), map[string]string{
			"aws:PrincipalArn": "arn:aws:iam::210987654321:root", "aws:PrincipalType": "Account", "aws:userid": home, "aws:username": "",
		}},
		{"federated user", federated(), map[string]string{
			"aws:PrincipalArn": "arn:aws:sts::210987654321:federated-user/guest", "aws:PrincipalType": "FederatedUser",
			"aws:userid": home + ":guest", "aws:username": "",
		}},
		{"service", service("s3.amazonaws.com"), map[string]string{
			"aws:PrincipalIsAWSService": "true", "aws:PrincipalServiceName": "s3.amazonaws.com",
			"aws:PrincipalArn": "", "aws:PrincipalAccount": "", "aws:PrincipalType": "",
		}},
		{"the request", user(home, "alice"), map[string]string{
			"aws:ResourceAccount": home, "aws:CurrentTime": "2031-05-17T08:30:00Z", "aws:EpochTime": "1936773000",
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			for key, want := range c.want {
				condition := kmskit.Condition{"StringEquals": {key: {want}}}
				if want == "" {
					condition = kmskit.Condition{"Null": {key: {"true"}}}
				}
				doc := &kmskit.PolicyDocument{Version: "2012-10-17", Statement: []kmskit.Statement{{
					Effect: kmskit.Allow, Principal: kmskit.Principal{Everyone: true},
					Action: kmskit.StringList{"*"}, Resource: kmskit.StringList{"*"}, Condition: condition,
				}}}
				request := (&decisionCase{who: c.who}).request()
				why := policy.Explain(request, policy.Compile(doc), nil)
				assert.True(t, why.Allowed(), "%s should be %q: %s", key, want, why)
			}
		})
	}

	t.Run("an empty tag is a value", func(t *testing.T) {
		t.Parallel()
		c := decisionCase{
			key: `{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*", "Condition": {"StringEquals": {"aws:PrincipalTag/empty": ""}}}`,
			who: alice, want: policy.Allowed, by: "key 1",
		}
		c.run(t)
	})
}
