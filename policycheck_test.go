package kmskit_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kmskit/kmskit"
	"github.com/kmskit/kmskit/internal/policyfacts"
	"github.com/kmskit/kmskit/kmstest"
)

const (
	accountStatement = `{"Sid": "Enable IAM User Permissions", "Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "kms:*", "Resource": "*"}`
	reader           = `"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/reader"}, "Resource": "*", "Action": "kms:Decrypt"`
	nobodyMayPut     = "policy: nobody is allowed kms:PutKeyPolicy, so the policy can never be changed; keep the statement of DefaultKeyPolicy, which leaves the key to its account [LockOut]"
	everybodyDenied  = "policy: everybody is denied kms:PutKeyPolicy, so the policy can never be changed; give the Deny a condition, or leave kms:PutKeyPolicy out of it [LockOut]"
	everybody        = `statement 2: Principal "*" allows everybody, in any account, and no condition narrows that; name principals, or compare kms:CallerAccount, aws:PrincipalOrgID or the like [OpenToEveryone]`
	anySource        = "statement 2: cloudtrail.amazonaws.com may use the key for resources of any account; compare aws:SourceAccount, and aws:SourceArn where the service sends it: ServiceUse makes such a statement [ServiceWithoutSource]"
	ownKey           = `where a key policy is about its own key only; write "*": in a key policy it is the key itself and nothing else [OtherResource]`
)

// findings returns what Check prints of a document, or of one statement beside
// that of the account.
func findings(t *testing.T, text string) []string {
	t.Helper()
	if !strings.Contains(text, `"Statement"`) {
		text = `{"Version": "2012-10-17", "Statement": [` + accountStatement + `, ` + text + `]}`
	}
	policy, err := kmskit.ParsePolicyDocument(text)
	require.NoError(t, err, text)
	var printed []string
	for _, f := range policy.Check() {
		printed = append(printed, f.String())
	}
	return printed
}

func TestPolicyDocument_Check(t *testing.T) {
	t.Parallel()
	everyoneIf := func(condition string) string {
		return `{"Effect": "Allow", "Principal": "*", "Action": "kms:Decrypt", "Resource": "*", "Condition": {` + condition + `}}`
	}
	serviceIf := func(condition string) string {
		return `{"Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"}, "Action": "kms:GenerateDataKey*", "Resource": "*", "Condition": {` + condition + `}}`
	}
	readerIf := func(condition string) string { return `{` + reader + `, "Condition": {` + condition + `}}` }
	with := func(member, value string) string {
		members := map[string]string{
			"Effect": `"Allow"`, "Principal": `{"AWS": "arn:aws:iam::111122223333:role/reader"}`, "Action": `"kms:Decrypt"`, "Resource": `"*"`,
		}
		members[member] = value
		if after, ok := strings.CutPrefix(member, "Not"); ok {
			delete(members, after)
		}
		var parts []string
		for name, v := range members {
			if v != "" {
				parts = append(parts, `"`+name+`": `+v)
			}
		}
		return `{` + strings.Join(parts, ", ") + `}`
	}
	alone := func(statements ...string) string {
		return `{"Version": "2012-10-17", "Statement": [` + strings.Join(statements, ", ") + `]}`
	}

	rows := []struct {
		name, policy string
		want         []string
	}{
		{"nothing in the policy of a new key", alone(accountStatement), nil},
		{"nothing in a policy in which a role may change the policy", alone(with("Action", `["kms:Put*", "kms:Decrypt"]`)), nil},
		{"nothing in a policy with a condition on changing the policy", alone(with("Action", `"kms:*"`), `{"Effect": "Deny", "Principal": "*", "Action": "kms:*", "Resource": "*", "Condition": {"StringNotEquals": {"aws:SourceVpce": "vpce-1"}}}`), nil},
		{"an empty policy", alone(), []string{nobodyMayPut}},
		{"nobody who may change the policy", alone(with("Action", `"kms:Decrypt"`)), []string{nobodyMayPut}},
		{"only a service that may change the policy", alone(`{"Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"}, "Action": "*", "Resource": "*", "Condition": {"StringEquals": {"aws:SourceAccount": "111122223333"}}}`), []string{nobodyMayPut}},
		{"everybody denied to change the policy", `{"Effect": "Deny", "Principal": {"AWS": "*"}, "Action": "kms:Put*", "Resource": "*"}`, []string{everybodyDenied}},
		{"everybody denied all but decryption", `{"Effect": "Deny", "Principal": "*", "NotAction": "kms:Decrypt", "Resource": "*"}`, []string{everybodyDenied}},

		{"everybody allowed", with("Principal", `"*"`), []string{everybody}},
		{"everybody of any account allowed", with("Principal", `{"AWS": ["*", "111122223333"]}`), []string{everybody}},
		{"nothing in a Deny for everybody", `{"Effect": "Deny", "Principal": "*", "Action": "kms:ScheduleKeyDeletion", "Resource": "*"}`, nil},
		{"nothing in everybody of an account", everyoneIf(`"StringEquals": {"kms:CallerAccount": "111122223333", "kms:ViaService": "s3.eu-central-1.amazonaws.com"}`), nil},
		{"nothing in everybody of an organization", everyoneIf(`"StringEquals": {"aws:PrincipalOrgID": "o-1234567890"}`), nil},
		{"nothing in everybody of a network", everyoneIf(`"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}`), nil},
		{"nothing in an attested image", everyoneIf(`"StringEqualsIgnoreCase": {"kms:RecipientAttestation:PCR0": "00ff"}`), nil},
		{"everybody through a service", everyoneIf(`"StringEquals": {"kms:ViaService": "s3.eu-central-1.amazonaws.com"}`), []string{everybody}},
		{"everybody but one account", everyoneIf(`"StringNotEquals": {"kms:CallerAccount": "111122223333"}`), []string{everybody}},
		{"everybody if there is an account", everyoneIf(`"StringEqualsIfExists": {"aws:PrincipalOrgID": "o-1234567890"}`), []string{everybody}},
		{"everybody of any organization", everyoneIf(`"StringLike": {"aws:PrincipalOrgID": "*"}`), []string{everybody}},
		{"everybody anywhere", everyoneIf(`"IpAddress": {"aws:SourceIp": ["203.0.113.0/24", "0.0.0.0/0"]}`), []string{everybody}},
		{"everybody with an encryption context", everyoneIf(`"StringEquals": {"kms:EncryptionContext:tenant": "blue"}`), []string{everybody}},

		{"a service for anybody", serviceIf(``), []string{anySource}},
		{"a service for anybody, through itself", serviceIf(`"Bool": {"aws:PrincipalIsAWSService": "true"}`), []string{anySource}},
		{"nothing in a service for an account", serviceIf(`"StringEquals": {"aws:SourceAccount": "111122223333"}`), nil},
		{"nothing in a service for a resource", serviceIf(`"ArnLike": {"aws:SourceArn": "arn:aws:cloudtrail:*:111122223333:trail/*"}`), nil},
		{"nothing in a service for a pair of its encryption context", serviceIf(`"StringLike": {"kms:EncryptionContext:aws:cloudtrail:arn": "arn:aws:cloudtrail:*:111122223333:trail/*"}`), nil},
		{"nothing in a service that describes the key", `{"Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"}, "Action": "kms:DescribeKey", "Resource": "*"}`, nil},

		{"Allow with NotPrincipal", with("NotPrincipal", `{"AWS": "111122223333"}`), []string{"statement 2: Allow with NotPrincipal allows everybody else, in any account; name in Principal who may [AllowNot]"}},
		{"Allow with NotAction", with("NotAction", `"kms:ScheduleKeyDeletion"`), []string{"statement 2: Allow with NotAction allows all other actions, also those that KMS has yet to get; name in Action what is allowed [AllowNot]"}},

		{"a misspelt action", with("Action", `["kms:Decript", "kms:Encrypt"]`), []string{`statement 2: there is no action "kms:Decript"; did you mean kms:Decrypt? [UnknownAction]`}},
		{"an action without its prefix", with("Action", `"Decrypt"`), []string{`statement 2: "Decrypt" is no action of KMS; a key policy is for actions that begin with kms: only [UnknownAction]`}},
		{"an action of another service", with("Action", `"s3:GetObject"`), []string{`statement 2: "s3:GetObject" is no action of KMS; a key policy is for actions that begin with kms: only [UnknownAction]`}},
		{"kms:ReEncrypt, for which there are two", with("Action", `"kms:ReEncrypt"`), []string{"statement 2: there is no action kms:ReEncrypt; name kms:ReEncryptFrom, kms:ReEncryptTo, or kms:ReEncrypt* for both [UnknownAction]"}},
		{"a wildcard that matches nothing", with("Action", `"kms:Decrypts*"`), []string{`statement 2: "kms:Decrypts*" matches no action of KMS; see the wildcard's spelling: did you mean kms:Decrypt? [UnknownAction]`}},
		{"an action like none", with("Action", `"kms:Frobnicate"`), []string{`statement 2: there is no action "kms:Frobnicate"; the actions of KMS are named like its operations, as in kms:Decrypt [UnknownAction]`}},
		{"brackets, which are no wildcards", with("Action", `"kms:[d]ecrypt"`), []string{`statement 2: there is no action "kms:[d]ecrypt"; the actions of KMS are named like its operations, as in kms:Decrypt [UnknownAction]`}},
		{"an action that is not on a key", with("Action", `"kms:ListKeys"`), []string{"statement 2: kms:ListKeys is not about a key, so key policies do not decide it; allow it in identity policies, with Resource * [ActionWithoutKey]"}},
		{"nothing in wildcards and any case", with("Action", `["kms:List*", "KMS:decrypt", "kms:?ncrypt", "*"]`), nil},

		{"an unknown condition key", readerIf(`"StringEquals": {"kms:ViaServise": "s3.eu-central-1.amazonaws.com"}`), []string{`statement 2: there is no condition key "kms:ViaServise"; did you mean kms:ViaService? [UnknownConditionKey]`}},
		{"an encryption context without a key", readerIf(`"StringEquals": {"kms:EncryptionContext": "blue"}`), []string{`statement 2: there is no condition key "kms:EncryptionContext"; did you mean kms:EncryptionContext:? [UnknownConditionKey]`}},
		{"a condition key of another service", readerIf(`"StringEquals": {"s3:prefix": "x"}`), []string{`statement 2: the condition key "s3:prefix" is another service's: no KMS request has it; use one that begins with kms: or aws: [UnknownConditionKey]`}},
		{"nothing in condition keys in any case and of identity providers", readerIf(`"StringEquals": {"KMS:viaservice": "s3.eu-central-1.amazonaws.com", "aws:principaltag/Team": "blue", "token.actions.githubusercontent.com:sub": "x"}`), nil},
		{"an unknown operator", readerIf(`"StringEqual": {"kms:CallerAccount": "111122223333"}`), []string{`statement 2: there is no condition operator "StringEqual"; operators are spelt like StringEquals, ArnLike, Bool, ForAnyValue:StringEquals or StringEqualsIfExists [UnknownOperator]`}},
		{"a condition key that key policies do not have", readerIf(`"ForAnyValue:StringEquals": {"kms:ResourceAliases": "alias/orders"}`), []string{"statement 2: KMS leaves the condition key kms:ResourceAliases out of key policies; put the condition into identity policies [IneffectiveCondition]"}},
		{"many values compared as one", readerIf(`"StringEquals": {"kms:EncryptionContextKeys": "tenant"}`), []string{"statement 2: the condition key kms:EncryptionContextKeys has many values, to which StringEquals does not apply; put ForAnyValue: or ForAllValues: before StringEquals [IneffectiveCondition]"}},
		{"one value compared as many", readerIf(`"ForAllValues:StringEquals": {"kms:EncryptionContext:tenant": "blue"}`), []string{"statement 2: ForAllValues:StringEquals holds for requests without kms:EncryptionContext:tenant too; remove ForAllValues:, for the key has one value [PermissiveCondition]"}},
		{"a wildcard that is none", readerIf(`"StringEquals": {"kms:ViaService": "s3.*.amazonaws.com"}`), []string{`statement 2: StringEquals compares kms:ViaService with "s3.*.amazonaws.com"; use StringLike for wildcards: StringEquals takes * as it is [IneffectiveCondition]`}},
		{"nothing in a question mark", readerIf(`"StringEquals": {"kms:EncryptionContext:url": "https://example.com/?tenant=blue"}`), nil},
		{"a service without its Region", readerIf(`"StringEquals": {"kms:ViaService": "s3.amazonaws.com"}`), []string{`statement 2: kms:ViaService is never "s3.amazonaws.com"; services are named with their Region there, as in s3.eu-central-1.amazonaws.com [IneffectiveCondition]`}},
		{"an account by its ARN", readerIf(`"StringEquals": {"kms:CallerAccount": "arn:aws:iam::111122223333:root"}`), []string{`statement 2: kms:CallerAccount is never "arn:aws:iam::111122223333:root"; give an account ID of 12 digits [IneffectiveCondition]`}},
		{"neither true nor false", readerIf(`"Bool": {"kms:GrantIsForAWSResource": "yes"}`), []string{`statement 2: Bool compares kms:GrantIsForAWSResource with "yes"; give true or false [IneffectiveCondition]`}},
		{"no number", readerIf(`"NumericLessThan": {"aws:MultiFactorAuthAge": "1h"}`), []string{`statement 2: NumericLessThan compares aws:MultiFactorAuthAge with "1h"; give a number [IneffectiveCondition]`}},
		{"no address", readerIf(`"IpAddress": {"aws:SourceIp": "203.0.113.*"}`), []string{`statement 2: IpAddress compares aws:SourceIp with "203.0.113.*"; give an IP address or a range like 203.0.113.0/24 [IneffectiveCondition]`}},
		{"no ARN", readerIf(`"ArnLike": {"aws:PrincipalArn": "role/*"}`), []string{`statement 2: ArnLike compares aws:PrincipalArn with "role/*"; give an ARN, whose six parts may have wildcards [IneffectiveCondition]`}},
		{"a variable in the old language", `{"Statement": [` + accountStatement + `, ` + readerIf(`"StringEquals": {"kms:EncryptionContext:user": "${aws:username}"}`) + `]}`, []string{`statement 2: the value "${aws:username}" has a policy variable, which is plain text without Version 2012-10-17; set Version to 2012-10-17 [OldLanguage]`}},
		{"nothing in a variable", readerIf(`"StringEquals": {"kms:EncryptionContext:user": "${aws:username}"}`), nil},

		{"a principal with a wildcard", with("Principal", `{"AWS": "arn:aws:iam::111122223333:role/*"}`), []string{`statement 2: Principal "arn:aws:iam::111122223333:role/*" has a wildcard, which principals cannot have; name the account and compare aws:PrincipalArn by ArnLike in a condition [UnknownPrincipal]`}},
		{"a principal that was deleted", with("Principal", `{"AWS": "AROAEXAMPLEEXAMPLE123"}`), []string{`statement 2: Principal "AROAEXAMPLEEXAMPLE123" is what is left of a user or role that was deleted; remove it: one of the same name that is made again is another principal [UnknownPrincipal]`}},
		{"a group", with("Principal", `{"AWS": "arn:aws:iam::111122223333:group/admins"}`), []string{`statement 2: Principal "arn:aws:iam::111122223333:group/admins" names nobody; give an account ID, or the ARN of a root, user, role or session [UnknownPrincipal]`}},
		{"a service that is none", `{"Effect": "Deny", "Principal": {"Service": "*"}, "Action": "kms:*", "Resource": "*"}`, []string{`statement 2: Principal "*" is no service; services have names like logs.eu-central-1.amazonaws.com, without wildcards [UnknownPrincipal]`}},
		{"nothing in principals of other partitions", with("Principal", `{"AWS": ["arn:aws-cn:iam::111122223333:role/reader", "arn:aws-us-gov:sts::111122223333:assumed-role/reader/nightly"]}`), nil},

		{"another key", with("Resource", `"arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"`), []string{`statement 2: the resource "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab", ` + ownKey}},
		{"an alias", with("Resource", `"arn:aws:kms:us-east-1:111122223333:alias/orders"`), []string{`statement 2: the resource "arn:aws:kms:us-east-1:111122223333:alias/orders", ` + ownKey}},
		{"nothing in any key of the account", with("Resource", `"arn:aws:kms:*:111122223333:key/*"`), nil},
		{"NotResource", with("NotResource", `"arn:aws:kms:us-east-1:111122223333:alias/orders"`), []string{`statement 2: NotResource in a key policy, which is about one key only; remove NotResource and write "*": in a key policy it is the key itself and nothing else [OtherResource]`}},

		{"no principal", with("Principal", ""), []string{"statement 2: no principal; say whom it is about: a statement of a key policy needs a Principal [MissingElement]"}},
		{"no action", with("Action", ""), []string{"statement 2: no action, so it has no effect; name actions, such as kms:Decrypt [MissingElement]"}},
		{"no resource", with("Resource", ""), []string{`statement 2: no resource, so it has no effect; set Resource to "*", which is the key itself [MissingElement]`}},
		{"a Sid that comes twice", alone(accountStatement, `{"Sid": "Reader", `+reader+`}`, `{"Sid": "Reader", `+reader+`}`), []string{`statement 3 ("Reader"): statement 2 has the same Sid; give each a Sid of its own: AddStatement keeps one of a Sid only [DuplicateSid]`}},
		{"all of it, in the order of the statements", alone(with("Action", `"kms:Decript"`), with("Resource", "")), []string{
			nobodyMayPut, `statement 1: there is no action "kms:Decript"; did you mean kms:Decrypt? [UnknownAction]`,
			`statement 2: no resource, so it has no effect; set Resource to "*", which is the key itself [MissingElement]`,
		}},
		{"the same only once", with("Action", `["kms:ListKeys", "kms:ListKeys"]`), []string{"statement 2: kms:ListKeys is not about a key, so key policies do not decide it; allow it in identity policies, with Resource * [ActionWithoutKey]"}},
	}
	for _, r := range rows {
		t.Run("finds "+r.name, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, r.want, findings(t, r.policy))
		})
	}

	t.Run("finds what cannot be read back in a policy that was built", func(t *testing.T) {
		t.Parallel()
		policy := kmskit.DefaultKeyPolicy("111122223333", kmskit.Statement{
			Effect: "allow", Principal: kmskit.Principal{AWS: []string{"444455556666"}}, Action: []string{"kms:Decrypt"}, Resource: []string{"*"},
		})
		require.Len(t, policy.Check(), 1)
		assert.Equal(t, kmskit.FindingMissingElement, policy.Check()[0].Code)
	})

	t.Run("finds the size that KMS refuses, and one close to it", func(t *testing.T) {
		t.Parallel()
		policyOf := func(n int) *kmskit.PolicyDocument {
			policy := kmskit.DefaultKeyPolicy("111122223333")
			text, err := policy.MarshalJSON()
			require.NoError(t, err)
			policy.ID += strings.Repeat("x", n-len(text))
			return policy
		}
		const fix = "; use grants for what is many, or wildcards [Size]"
		assert.Empty(t, policyOf(29491).Check())
		assert.Equal(t, "policy: the policy has 29492 bytes without blanks, nearly the 32768 that KMS takes"+fix, policyOf(29492).Check()[0].String())
		assert.Equal(t, "policy: the policy has 32769 bytes without blanks, KMS takes 32768"+fix, policyOf(32769).Check()[0].String())
	})

	t.Run("returns what can be compared", func(t *testing.T) {
		t.Parallel()
		var policy *kmskit.PolicyDocument
		assert.Equal(t, policy.Check(), new(kmskit.PolicyDocument).Check())
		assert.Equal(t, kmskit.FindingLockOut, policy.Check()[0].Code)
		assert.Zero(t, policy.Check()[0].Statement)
		assert.True(t, slices.Contains(policy.Check(), new(kmskit.PolicyDocument).Check()[0]))
	})

	t.Run("leaves the document as it is", func(t *testing.T) {
		t.Parallel()
		policy := kmskit.DefaultKeyPolicy("111122223333", kmskit.ServiceUse("logs.us-east-1.amazonaws.com", "", ""))
		before := policy.String()
		assert.NotEmpty(t, policy.Check())
		assert.Equal(t, before, policy.String())
	})
}

// TestPolicyDocument_Check_actions holds the table of actions to the operations
// of the SDK's client: a new one fails it by name.
func TestPolicyDocument_Check_actions(t *testing.T) {
	t.Parallel()
	want := map[string]bool{"ReEncryptFrom": true, "ReEncryptTo": true, "SynchronizeMultiRegionKey": true}
	for _, operation := range clientOperations() {
		want[operation] = operation != "ReEncrypt"
	}
	delete(want, "ReEncrypt")
	got := map[string]bool{}
	for _, a := range policyfacts.Actions() {
		got[a.Name] = true
	}
	assert.Equal(t, want, got)
}

// TestPolicyDocument_Check_lockOut holds that Check and the lock-out check of KMS
// agree on whether anybody is left who may change the policy.
func TestPolicyDocument_Check_lockOut(t *testing.T) {
	t.Parallel()
	srv := kmstest.New()
	key, err := kmskit.NewKeyManager(srv.Client()).CreateKey(t.Context(), "orders")
	require.NoError(t, err)
	for _, statements := range [][]kmskit.Statement{
		nil,
		{kmskit.KeyUsers("ENCRYPT_DECRYPT", "111122223333")},
		{kmskit.KeyAdministrators("111122223333")},
		{kmskit.KeyAdministrators("111122223333"), {
			Effect: kmskit.Deny, Principal: kmskit.Principal{Everyone: true}, Action: []string{"kms:P*"}, Resource: []string{"*"},
		}},
		{{Effect: kmskit.Allow, Principal: kmskit.Principal{AWS: []string{"111122223333"}}, NotAction: []string{"kms:PutKeyPolicy"}, Resource: []string{"*"}}},
	} {
		policy := &kmskit.PolicyDocument{Version: "2012-10-17", Statement: statements}
		lockedOut := slices.ContainsFunc(policy.Check(), func(f kmskit.Finding) bool { return f.Code == kmskit.FindingLockOut })
		err := kmskit.NewPolicyManager(srv.Principal("arn:aws:iam::111122223333:root").Client()).PutKeyPolicy(t.Context(), *key.Arn, policy)
		assert.Equal(t, lockedOut, err != nil, "%s\n%v", policy, err)
		if err == nil {
			require.NoError(t, kmskit.NewPolicyManager(srv.Client()).PutKeyPolicy(t.Context(), *key.Arn, kmskit.DefaultKeyPolicy("111122223333")))
		}
	}
}
