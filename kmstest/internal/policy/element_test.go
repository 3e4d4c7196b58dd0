package policy_test

import (
	"github.com/kmskit/kmskit/kmstest/internal/policy"
)

// action returns a statement for everyone with an Action element or its Not form.
func action(element string) string {
	return `{"Effect": "Allow", "Principal": "*", ` + element + `, "Resource": "*"}`
}

// resource returns an identity policy with a Resource element or its Not form.
func resource(element string) []string {
	return []string{`{"Effect": "Allow", "Action": "kms:*", ` + element + `}`}
}

// elementCases has the rules about actions and resources.
var elementCases = []decisionCase{
	{
		rule: "an action is matched without regard to case",
		key:  action(`"Action": "KMS:decrypt"`), who: user(home, "alice"), want: policy.Allowed, by: "key 1",
	},
	{
		rule: "the action of the request is matched without regard to case",
		key:  action(`"Action": "kms:Decrypt"`), who: user(home, "alice"), action: "kms:DECRYPT", want: policy.Allowed, by: "key 1",
	},
	{
		rule: "an asterisk is all actions of all services",
		key:  action(`"Action": "*"`), who: user(home, "alice"), want: policy.Allowed, by: "key 1",
	},
	{
		rule: "an asterisk after a prefix is what begins with it",
		key:  action(`"Action": "kms:ReEncrypt*"`), who: user(home, "alice"), action: "kms:ReEncryptFrom", want: policy.Allowed, by: "key 1",
	},
	{
		rule: "an asterisk after a prefix is nothing else",
		key:  action(`"Action": "kms:ReEncrypt*"`), who: user(home, "alice"), action: "kms:Encrypt", want: policy.NoResourcePolicy,
	},
	{
		rule: "an asterisk may stand for nothing",
		key:  action(`"Action": "kms:GenerateDataKey*"`), who: user(home, "alice"), action: "kms:GenerateDataKey", want: policy.Allowed, by: "key 1",
	},
	{
		rule: "an asterisk may stand in the middle of an action",
		key:  action(`"Action": "kms:*DataKey*Plaintext"`), who: user(home, "alice"), action: "kms:GenerateDataKeyPairWithoutPlaintext",
		want: policy.Allowed, by: "key 1",
	},
	{
		rule: "a question mark is one character",
		key:  action(`"Action": "kms:?ncrypt"`), who: user(home, "alice"), action: "kms:Encrypt", want: policy.Allowed, by: "key 1",
	},
	{
		rule: "a question mark is not none",
		key:  action(`"Action": "kms:Encrypt?"`), who: user(home, "alice"), action: "kms:Encrypt", want: policy.NoResourcePolicy,
	},
	{
		rule: "the actions of another service are not those of KMS",
		key:  action(`"Action": "s3:*"`), who: user(home, "alice"), want: policy.NoResourcePolicy,
	},
	{
		rule: "an action without the prefix of its service is none",
		key:  action(`"Action": "Decrypt"`), who: user(home, "alice"), want: policy.NoResourcePolicy,
	},
	{
		rule: "one of several actions is enough",
		key:  action(`"Action": ["kms:Encrypt", "kms:Decrypt"]`), who: user(home, "alice"), want: policy.Allowed, by: "key 1",
	},
	{
		rule: "NotAction is every action but those",
		key:  action(`"NotAction": ["kms:Encrypt", "kms:Sign"]`), who: user(home, "alice"), want: policy.Allowed, by: "key 1",
	},
	{
		rule: "NotAction leaves out what it names",
		key:  action(`"NotAction": ["kms:Encrypt", "kms:De*"]`), who: user(home, "alice"), want: policy.NoResourcePolicy,
	},
	{
		rule: "NotAction with Deny denies every action but those",
		key:  everyone + `, {"Effect": "Deny", "Principal": "*", "NotAction": "kms:DescribeKey", "Resource": "*"}`, who: user(home, "alice"),
		want: policy.ExplicitDeny, by: "key 2",
	},
	{
		rule: "a statement without an Action has no effect",
		key:  `{"Effect": "Allow", "Principal": "*", "Resource": "*"}`, who: user(home, "alice"), want: policy.NoResourcePolicy,
	},
	{
		rule: "a Deny without an Action has no effect",
		key:  everyone + `, {"Effect": "Deny", "Principal": "*", "Resource": "*"}`, who: user(home, "alice"), want: policy.Allowed, by: "key 1",
	},
	{
		rule: "an empty NotAction is no element and has no effect",
		key:  action(`"NotAction": []`), who: user(home, "alice"), want: policy.NoResourcePolicy,
	},
	{
		rule: "a statement of a key policy without a Resource has no effect",
		key:  `{"Effect": "Allow", "Principal": "*", "Action": "kms:*"}`, who: user(home, "alice"), want: policy.NoResourcePolicy,
	},
	{
		rule: "a Deny of a key policy without a Resource has no effect",
		key:  everyone + `, {"Effect": "Deny", "Principal": "*", "Action": "kms:*"}`, who: user(home, "alice"), want: policy.Allowed, by: "key 1",
	},
	{
		rule: "the Resource of a key policy may be the ARN of its key",
		key:  `{"Effect": "Allow", "Principal": "*", "Action": "kms:*", "Resource": "` + keyARN + `"}`, who: user(home, "alice"),
		want: policy.Allowed, by: "key 1",
	},
	{
		rule: "the Resource of a key policy may be a pattern that its key matches",
		key:  `{"Effect": "Allow", "Principal": "*", "Action": "kms:*", "Resource": "arn:aws:kms:eu-west-1:210987654321:key/*"}`, who: user(home, "alice"),
		want: policy.Allowed, by: "key 1",
	},
	{
		rule: "the Resource of a key policy may not be another key",
		key:  `{"Effect": "Allow", "Principal": "*", "Action": "kms:*", "Resource": "arn:aws:kms:eu-west-1:210987654321:key/other"}`, who: user(home, "alice"),
		want: policy.NoResourcePolicy,
	},
	{
		rule: "an identity policy may name keys with wildcards in Region and ID",
		key:  enableIAM, identity: resource(`"Resource": "arn:aws:kms:*:210987654321:key/7f2c9a10-*"`), who: user(home, "alice"),
		want: policy.Allowed, by: "identity 1.1", through: "key 1",
	},
	{
		rule: "an asterisk that ends an ARN reaches beyond its colons",
		key:  enableIAM, identity: resource(`"Resource": "arn:aws:kms:*"`), who: user(home, "alice"),
		want: policy.Allowed, by: "identity 1.1", through: "key 1",
	},
	{
		rule: "a resource that is no ARN names nothing",
		key:  enableIAM, identity: resource(`"Resource": "key/7f2c9a10-5b3e-4d8f-9a61-0c4e2b7d1f35"`), who: user(home, "alice"),
		want: policy.NoIdentityPolicy, through: "key 1",
	},
	{
		rule: "a key of another Region is another resource",
		key:  enableIAM, identity: resource(`"Resource": "arn:aws:kms:us-east-1:210987654321:key/*"`), who: user(home, "alice"),
		want: policy.NoIdentityPolicy, through: "key 1",
	},
	{
		rule: "an alias in an identity policy is the alias, not its key",
		key:  enableIAM, identity: resource(`"Resource": "arn:aws:kms:eu-west-1:210987654321:alias/ledger"`), who: user(home, "alice"),
		want: policy.NoIdentityPolicy, through: "key 1",
	},
	{
		rule: "ARNs of resources are case-sensitive",
		key:  enableIAM, identity: resource(`"Resource": "arn:aws:kms:EU-WEST-1:210987654321:key/*"`), who: user(home, "alice"),
		want: policy.NoIdentityPolicy, through: "key 1",
	},
	{
		rule: "NotResource is every resource but those",
		key:  enableIAM, identity: resource(`"NotResource": "arn:aws:kms:*:210987654321:key/other"`), who: user(home, "alice"),
		want: policy.Allowed, by: "identity 1.1", through: "key 1",
	},
	{
		rule: "NotResource leaves out what it names",
		key:  enableIAM, identity: resource(`"NotResource": ["arn:aws:kms:*:210987654321:key/*"]`), who: user(home, "alice"),
		want: policy.NoIdentityPolicy, through: "key 1",
	},
	{
		rule: "NotResource with something that is no ARN allows nothing",
		key:  enableIAM, identity: resource(`"NotResource": ["other"]`), who: user(home, "alice"),
		want: policy.NoIdentityPolicy, through: "key 1",
	},
	{
		rule: "a Deny for a resource that cannot be read denies all",
		key:  enableIAM, identity: append(resource(`"Resource": "*"`), `{"Effect": "Deny", "Action": "kms:*", "Resource": "other"}`), who: user(home, "alice"),
		want: policy.ExplicitDeny, by: "identity 2.1",
	},
	{
		rule: "an identity policy without a Resource has no effect",
		key:  enableIAM, identity: []string{`{"Effect": "Allow", "Action": "kms:*"}`}, who: user(home, "alice"),
		want: policy.NoIdentityPolicy, through: "key 1",
	},
	{
		rule:     "a policy variable may stand in the name of a resource",
		identity: resource(`"Resource": "arn:aws:kms:eu-west-1:210987654321:alias/${aws:username}-*"`), action: "kms:DeleteAlias",
		resource: "arn:aws:kms:eu-west-1:210987654321:alias/alice-tmp", who: user(home, "alice"),
		want: policy.Allowed, by: "identity 1.1",
	},
	{
		rule:     "a policy variable in a resource is the caller's own value",
		identity: resource(`"Resource": "arn:aws:kms:eu-west-1:210987654321:alias/${aws:username}-*"`), action: "kms:DeleteAlias",
		resource: "arn:aws:kms:eu-west-1:210987654321:alias/bob-tmp", who: user(home, "alice"),
		want: policy.NoIdentityPolicy,
	},
	{
		rule:     "a resource with a variable that has no value matches no resource",
		identity: resource(`"Resource": "arn:aws:kms:eu-west-1:210987654321:alias/*${aws:username}*"`), action: "kms:DeleteAlias",
		resource: "arn:aws:kms:eu-west-1:210987654321:alias/ledger", who: session(home, "ledger"),
		want: policy.NoIdentityPolicy,
	},
	{
		rule: "a resource with a variable that has no value leaves the other resources of the statement alone",
		identity: resource(`"Resource": ["arn:aws:kms:eu-west-1:210987654321:alias/${aws:username}", ` +
			`"arn:aws:kms:eu-west-1:210987654321:alias/ledger"]`),
		action:   "kms:DeleteAlias",
		resource: "arn:aws:kms:eu-west-1:210987654321:alias/ledger", who: session(home, "ledger"),
		want: policy.Allowed, by: "identity 1.1",
	},
	{
		rule:     "an Allow that leaves out a resource without a value allows nothing, for nobody can tell what it leaves out",
		identity: resource(`"NotResource": ["arn:aws:kms:eu-west-1:210987654321:alias/${aws:username}-*"]`), action: "kms:DeleteAlias",
		resource: "arn:aws:kms:eu-west-1:210987654321:alias/ledger", who: session(home, "ledger"),
		want: policy.NoIdentityPolicy,
	},
	{
		rule: "a Deny that leaves out a resource without a value denies",
		identity: append(resource(`"Resource": "*"`),
			`{"Effect": "Deny", "Action": "kms:*", "NotResource": "arn:aws:kms:eu-west-1:210987654321:alias/${aws:username}-*"}`),
		action:   "kms:DeleteAlias",
		resource: "arn:aws:kms:eu-west-1:210987654321:alias/ledger", who: session(home, "ledger"),
		want: policy.ExplicitDeny, by: "identity 2.1",
	},
	{
		rule:     "a resource with a variable may have a default",
		identity: resource(`"Resource": "arn:aws:kms:eu-west-1:210987654321:alias/team-${aws:PrincipalTag/team, 'common'}"`), action: "kms:DeleteAlias",
		resource: "arn:aws:kms:eu-west-1:210987654321:alias/team-common", who: user(home, "alice"),
		want: policy.Allowed, by: "identity 1.1",
	},
	{
		rule:     "a value that a variable brings in is not a wildcard",
		identity: resource(`"Resource": "arn:aws:kms:eu-west-1:210987654321:alias/${aws:SourceIdentity}"`), action: "kms:DeleteAlias",
		resource: "arn:aws:kms:eu-west-1:210987654321:alias/anything", who: session(home, "ledger"), context: context("aws:SourceIdentity", "*"),
		want: policy.NoIdentityPolicy,
	},
}
