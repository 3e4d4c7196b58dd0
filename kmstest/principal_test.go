package kmstest_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/kmskit/kmskit/kmstest"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// openTo is a key policy that allows one principal element everything, under a
// condition.
func openTo(principal, condition string) func(*kms.CreateKeyInput) {
	return func(in *kms.CreateKeyInput) {
		in.BypassPolicyLockoutSafetyCheck = true
		in.Policy = str(`{"Version":"2012-10-17","Statement":[
			{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:user/kmstest"},"Action":"kms:*","Resource":"*"},
			{"Sid":"Open","Effect":"Allow","Principal":` + principal + `,"Action":"kms:*","Resource":"*","Condition":` + condition + `}]}`)
	}
}

func describeAs(t *testing.T, p *kmstest.Principal, k *types.KeyMetadata) error {
	t.Helper()
	_, err := p.Client().DescribeKey(t.Context(), &kms.DescribeKeyInput{KeyId: k.Arn})
	return err
}

const session = "arn:aws:sts::" + account + ":assumed-role/app/one"

func TestPrincipal(t *testing.T) {
	t.Parallel()
	t.Run("is one for each ARN", func(t *testing.T) {
		t.Parallel()
		srv := kmstest.New()
		a, b := srv.Principal(role(account, "a")), srv.Principal(role(account, "a"))
		assert.Same(t, a, b)
		assert.Equal(t, role(account, "a"), a.ARN())
		assert.NotEqual(t, a.Credentials(), srv.Principal(role(account, "b")).Credentials())
	})

	t.Run("has temporary credentials in a session, and the policies of the role", func(t *testing.T) {
		t.Parallel()
		srv := kmstest.New()
		k := newKey(t, srv.API())
		srv.Principal(role(account, "app"), allow("kms:DescribeKey"))
		session := srv.Principal("arn:aws:sts::" + account + ":assumed-role/app/one")
		assert.Regexp(t, "^ASIA", session.Credentials().AccessKeyID)
		assert.NotEmpty(t, session.Credentials().SessionToken)
		_, err := session.Client().DescribeKey(t.Context(), &kms.DescribeKeyInput{KeyId: k.KeyId})
		require.NoError(t, err)
		srv.Principal(session.ARN(), allow("kms:DisableKey"))
		_, err = srv.Principal(role(account, "app")).API().DisableKey(t.Context(), &kms.DisableKeyInput{KeyId: k.KeyId})
		require.NoError(t, err)
	})

	t.Run("works in its own account", func(t *testing.T) {
		t.Parallel()
		srv := kmstest.New()
		p := srv.Principal("arn:aws:iam::"+other+":user/path/ana", allow("kms:*"))
		k := newKey(t, p.Client())
		assert.Equal(t, "arn:aws:kms:us-east-1:"+other+":key/"+*k.KeyId, *k.Arn)
		keys, err := srv.API().ListKeys(t.Context(), nil)
		require.NoError(t, err)
		assert.Empty(t, keys.Keys)
	})

	t.Run("panics over what is no principal", func(t *testing.T) {
		t.Parallel()
		for _, arn := range []string{
			"", "ana", "arn:aws:iam::1:root", "arn:aws:iam::111122223333:root/x", "arn:aws:iam::111122223333:user/",
			"arn:aws:iam::111122223333:group/x", "arn:aws:sts::111122223333:assumed-role/app", "arn:aws:sts::111122223333:role/app",
		} {
			assert.PanicsWithValue(t, `kmstest: "`+arn+`" is neither the ARN of a principal, such as arn:aws:iam::111122223333:role/reader, nor the name of an AWS service`, func() { kmstest.New().Principal(arn) })
		}
	})
}

func TestWithTags(t *testing.T) {
	t.Parallel()
	t.Run("a session has the tags of its role, and its own before them", func(t *testing.T) {
		t.Parallel()
		srv := kmstest.New()
		k := newKey(t, srv.API(), openTo(`"*"`, `{"StringEquals":{"aws:PrincipalTag/team":"blue"}}`))
		one := srv.Principal(session)
		refusedWith(t, describeAs(t, one, k), "AccessDeniedException")
		srv.Principal(role(account, "app"), kmstest.WithTags(map[string]string{"team": "blue"}))
		require.NoError(t, describeAs(t, one, k))
		srv.Principal(session, kmstest.WithTags(map[string]string{"Team": "red"}))
		refusedWith(t, describeAs(t, one, k), "AccessDeniedException")
		require.NoError(t, describeAs(t, srv.Principal(strings.Replace(session, "one", "two", 1)), k), "another session")
	})

	t.Run("are those of the last call that had some, and a copy", func(t *testing.T) {
		t.Parallel()
		srv := kmstest.New()
		k := newKey(t, srv.API(), openTo(`"*"`, `{"StringEquals":{"aws:PrincipalTag/team":"blue"}}`))
		tags := map[string]string{"team": "blue"}
		p := srv.Principal(role(account, "app"), kmstest.WithTags(tags))
		tags["team"] = "red"
		require.NoError(t, describeAs(t, p, k))
		srv.Principal(role(account, "app"), allow("kms:ListKeys"))
		require.NoError(t, describeAs(t, p, k))
		srv.Principal(role(account, "app"), kmstest.WithTags(map[string]string{"cost": "much"}))
		refusedWith(t, describeAs(t, p, k), "AccessDeniedException")
	})
}

func TestPrincipal_UniqueID(t *testing.T) {
	t.Parallel()
	t.Run("is made up once, and the same in every run with a seed", func(t *testing.T) {
		t.Parallel()
		ids := func() []string {
			srv := kmstest.New(kmstest.WithSeed(7))
			var ids []string
			for _, arn := range []string{
				role(account, "app"), "arn:aws:iam::" + account + ":user/dora", session, role(account, "app"),
				"arn:aws:iam::" + account + ":root", "logs.amazonaws.com",
			} {
				ids = append(ids, srv.Principal(arn).UniqueID())
			}
			return ids
		}
		first := ids()
		assert.Equal(t, first, ids())
		assert.Regexp(t, `^AROA[A-Z2-7]{17}$`, first[0])
		assert.Regexp(t, `^AIDA[A-Z2-7]{17}$`, first[1])
		assert.Equal(t, first[0], first[2], "a session has the ID of its role")
		assert.Equal(t, first[0], first[3])
		assert.Equal(t, []string{"", ""}, first[4:])
	})

	t.Run("names the principal in a key policy", func(t *testing.T) {
		t.Parallel()
		srv := kmstest.New()
		app := srv.Principal(role(account, "app"))
		k := newKey(t, srv.API(), openTo(`{"AWS":"`+app.UniqueID()+`"}`, `{}`))
		require.NoError(t, describeAs(t, app, k))
		require.NoError(t, describeAs(t, srv.Principal(session), k))
		srv.Principal(role(account, "app"), kmstest.WithUniqueID("AROACKCEVSQ6C2EXAMPLE"))
		refusedWith(t, describeAs(t, app, k), "AccessDeniedException")
	})
}

func TestWithProvider(t *testing.T) {
	t.Parallel()
	srv := kmstest.New()
	const saml = "arn:aws:iam::" + account + ":saml-provider/corp"
	k := newKey(t, srv.API(), openTo(`{"Federated":"`+saml+`"}`, `{}`))
	refusedWith(t, describeAs(t, srv.Principal(session), k), "AccessDeniedException")
	require.NoError(t, describeAs(t, srv.Principal(session, kmstest.WithProvider(saml)), k))
}

func TestPrincipal_federatedUser(t *testing.T) {
	t.Parallel()
	srv := kmstest.New()
	const ana = "arn:aws:sts::" + account + ":federated-user/ana"
	named := newKey(t, srv.API(), openTo(`{"AWS":"`+ana+`"}`, `{}`))
	delegated := newKey(t, srv.API())
	p := srv.Principal(ana)
	assert.NotEmpty(t, p.Credentials().SessionToken)
	require.NoError(t, describeAs(t, p, named))
	refusedWith(t, describeAs(t, p, delegated), "AccessDeniedException")
	srv.Principal(ana, allow("kms:DescribeKey"))
	require.NoError(t, describeAs(t, p, delegated))
}

func TestWithConditionKey(t *testing.T) {
	t.Parallel()
	t.Run("is of one Principal, and the policies of all with the ARN", func(t *testing.T) {
		t.Parallel()
		srv := kmstest.New()
		k := newKey(t, srv.API(), openTo(`{"AWS":"`+role(account, "app")+`"}`, `{"StringEquals":{"aws:sourceVpce":["vpce-1","vpce-2"]}}`))
		inside := srv.Principal(role(account, "app"), kmstest.WithConditionKey("aws:SourceVpce", "vpce-2"))
		outside := srv.Principal(role(account, "app"))
		elsewhere := srv.Principal(role(account, "app"), kmstest.WithConditionKey("aws:SourceVpce", "vpce-3"))
		assert.Equal(t, inside.ARN(), outside.ARN())
		assert.NotEqual(t, inside.Credentials(), outside.Credentials())
		assert.Same(t, outside, srv.Principal(role(account, "app")))

		require.NoError(t, describeAs(t, inside, k))
		_, err := inside.API().DescribeKey(t.Context(), &kms.DescribeKeyInput{KeyId: k.KeyId})
		require.NoError(t, err)
		refusedWith(t, describeAs(t, outside, k), "AccessDeniedException")
		refusedWith(t, describeAs(t, elsewhere, k), "AccessDeniedException")
		srv.Principal(role(account, "app"), deny("kms:DescribeKey"))
		refusedWith(t, describeAs(t, inside, k), "AccessDeniedException")
	})

	t.Run("is refused where it makes no sense", func(t *testing.T) {
		t.Parallel()
		srv := kmstest.New()
		panics := func(text string, arn string, opts ...kmstest.PrincipalOption) {
			t.Helper()
			assert.PanicsWithValue(t, "kmstest: "+text, func() { srv.Principal(arn, opts...) })
		}
		app, root := role(account, "app"), "arn:aws:iam::"+account+":root"
		panics(`no request to KMS has the condition key "s3:prefix"`, app, kmstest.WithConditionKey("s3:prefix", "x"))
		panics(`no request to KMS has the condition key "aws:SourceVcpe"`, app, kmstest.WithConditionKey("aws:SourceVcpe", "x"))
		for _, own := range []string{"kms:EncryptionContext:a", "aws:principaltag/a", "aws:PrincipalArn", "aws:ResourceTag/a", "aws:CurrentTime", "aws:TagKeys"} {
			panics(`the condition key "`+own+`" follows from the request`, app, kmstest.WithConditionKey(own, "x"))
		}
		panics(`the condition key "aws:SourceVpce" has one value, not 2`, app, kmstest.WithConditionKey("aws:SourceVpce", "x", "y"))
		panics(`the condition key "aws:SourceVpce" has one value, not 0`, app, kmstest.WithConditionKey("aws:SourceVpce"))
		panics(root+` has no unique ID`, root, kmstest.WithUniqueID("AIDACKCEVSQ6C2EXAMPLE"))
		panics(app+` is not a session of a role, which it takes to have an identity provider`, app, kmstest.WithProvider("x"))
		panics(`the service s3.amazonaws.com has no policies and no tags`, "s3.amazonaws.com", allow("kms:*"))
		assert.NotPanics(t, func() {
			srv.Principal(app, kmstest.WithConditionKey("aws:CalledVia", "athena.amazonaws.com", "s3.amazonaws.com"))
			srv.Principal(app, kmstest.WithConditionKey("cognito-identity.amazonaws.com:sub", "x"))
		})
	})
}

func TestWithCredentials(t *testing.T) {
	t.Parallel()
	whoami := func(t *testing.T, srv *kmstest.Server, c *kms.Client) string {
		t.Helper()
		_, _ = c.ListKeys(t.Context(), &kms.ListKeysInput{})
		calls := srv.Calls()
		return calls[len(calls)-1].Principal
	}
	t.Run("are those by which the Principal is known", func(t *testing.T) {
		t.Parallel()
		srv := kmstest.New(kmstest.WithSignatureVerification())
		app := role(account, "app")
		given := aws.Credentials{AccessKeyID: "app_1", SecretAccessKey: "secret", SessionToken: "token"}
		p := srv.Principal(app, kmstest.WithCredentials(given))
		assert.Equal(t, given.SecretAccessKey, p.Credentials().SecretAccessKey)
		assert.Equal(t, given.SessionToken, p.Credentials().SessionToken)
		assert.Equal(t, app, whoami(t, srv, p.Client()))

		plain := srv.Principal(app)
		assert.NotEqual(t, "app_1", plain.Credentials().AccessKeyID)
		assert.Equal(t, app, whoami(t, srv, plain.Client()))

		assert.Equal(t, app, whoami(t, srv, srv.Client(withKeys(given))))
		given.SecretAccessKey = "another"
		assert.Empty(t, whoami(t, srv, srv.Client(withKeys(given))))
	})

	t.Run("have a secret in any case", func(t *testing.T) {
		t.Parallel()
		srv := kmstest.New(kmstest.WithSignatureVerification())
		p := srv.Principal(role(account, "app"), kmstest.WithCredentials(aws.Credentials{AccessKeyID: "app"}))
		assert.Equal(t, role(account, "app"), whoami(t, srv, p.Client()))
	})

	t.Run("can be given again, and not to others", func(t *testing.T) {
		t.Parallel()
		srv := kmstest.New()
		with := func(id string) kmstest.PrincipalOption {
			return kmstest.WithCredentials(aws.Credentials{AccessKeyID: id})
		}
		srv.Principal(role(account, "a"), with("A"))
		srv.Principal(role(account, "a"), with("A"), allow("kms:ListKeys"))
		assert.PanicsWithValue(t, `kmstest: the access key "A" is that of `+role(account, "a")+" already", func() {
			srv.Principal(role(account, "b"), with("A"))
		})
		for _, id := range []string{"", "a/b", "a b", strings.Repeat("a", 129)} {
			assert.PanicsWithValue(t, fmt.Sprintf("kmstest: the access key %q is not 1 to 128 letters, digits and underscores", id), func() {
				srv.Principal(role(account, "a"), with(id))
			})
		}
	})
}

func TestPrincipal_service(t *testing.T) {
	t.Parallel()
	const source = "arn:aws:logs:us-east-1:" + account + ":log-group:orders"
	t.Run("is allowed by the key policy alone, for the resource it acts for", func(t *testing.T) {
		t.Parallel()
		everyDepth(t, func(t *testing.T, srv *kmstest.Server, c caller) {
			k := newKey(t, c, openTo(`{"Service":"logs.amazonaws.com"}`,
				`{"ArnLike":{"aws:SourceArn":"arn:aws:logs:*:`+account+`:log-group:*"},"StringEquals":{"aws:SourceAccount":"`+account+`"}}`))
			logs := srv.Principal("logs.amazonaws.com", kmstest.WithConditionKey("aws:SourceArn", source), kmstest.WithConditionKey("aws:SourceAccount", account))
			_, err := logs.Client().GenerateDataKey(t.Context(), &kms.GenerateDataKeyInput{KeyId: k.Arn, KeySpec: types.DataKeySpecAes256})
			require.NoError(t, err)
			assert.Equal(t, "logs.amazonaws.com", srv.Calls("GenerateDataKey")[0].Principal)
			refused(t, describeAs(t, srv.Principal("logs.amazonaws.com"), k), "AccessDeniedException", "User: logs.amazonaws.com is not authorized to "+
				"perform: kms:DescribeKey on resource: "+*k.Arn+" because no resource-based policy allows the kms:DescribeKey action")
			refusedWith(t, describeAs(t, srv.Principal("s3.amazonaws.com", kmstest.WithConditionKey("aws:SourceArn", source)), k), "AccessDeniedException")
		})
	})

	t.Run("has no account and no key of its own", func(t *testing.T) {
		t.Parallel()
		srv := kmstest.New()
		logs := srv.Principal("logs.amazonaws.com")
		assert.Empty(t, logs.ARN())
		_, err := logs.API().CreateKey(t.Context(), nil)
		refusedWith(t, err, "AccessDeniedException")
		_, err = logs.API().ListKeys(t.Context(), nil)
		refusedWith(t, err, "AccessDeniedException")
		k := newKey(t, srv.API(), openTo(`{"Service":"logs.amazonaws.com"}`, `{}`))
		_, err = logs.API().DisableKey(t.Context(), &kms.DisableKeyInput{KeyId: k.Arn})
		refusedWith(t, err, "AccessDeniedException")
	})

	t.Run("uses, lists and retires its grants", func(t *testing.T) {
		t.Parallel()
		srv := kmstest.New()
		k := newKey(t, srv.API())
		in := newGrant(k)
		toService(source)(in)
		in.Operations = append(in.Operations, types.GrantOperationDescribeKey)
		grant, err := srv.API().CreateGrant(t.Context(), in)
		require.NoError(t, err)
		other := newGrant(k)
		_, err = srv.API().CreateGrant(t.Context(), other)
		require.NoError(t, err)

		logs := srv.Principal("logs.amazonaws.com", kmstest.WithConditionKey("aws:SourceArn", source))
		sealed := encrypt(t, srv.API(), k, "x", nil)
		_, err = logs.API().Decrypt(t.Context(), &kms.DecryptInput{CiphertextBlob: sealed})
		require.NoError(t, err)
		require.NoError(t, describeAs(t, logs, k))
		assert.Equal(t, *grant.GrantId, srv.Calls("DescribeKey")[0].Decisions[0].GrantID)
		err = describeAs(t, srv.Principal("logs.amazonaws.com", kmstest.WithConditionKey("aws:SourceArn", source+"2")), k)
		refusedWith(t, err, "AccessDeniedException")
		assert.Contains(t, srv.Explain(err), "grant "+*grant.GrantId+" does not apply: the request is not made on behalf of the resource that its SourceArn constraint names")
		refusedWith(t, describeAs(t, srv.Principal("s3.amazonaws.com", kmstest.WithConditionKey("aws:SourceArn", source)), k), "AccessDeniedException")

		byService := &kms.ListRetirableGrantsInput{RetiringServicePrincipal: str("logs.amazonaws.com")}
		list, err := logs.API().ListRetirableGrants(t.Context(), byService)
		require.NoError(t, err)
		require.Len(t, list.Grants, 1)
		assert.Equal(t, *grant.GrantId, *list.Grants[0].GrantId)
		_, err = srv.Principal("s3.amazonaws.com").API().ListRetirableGrants(t.Context(), byService)
		refusedWith(t, err, "AccessDeniedException")
		_, err = srv.API().ListRetirableGrants(t.Context(), byService)
		refused(t, err, "ValidationException", "RetiringServicePrincipal can only be used by callers in a service principal.")

		_, err = srv.Principal("s3.amazonaws.com").API().RetireGrant(t.Context(), &kms.RetireGrantInput{GrantToken: grant.GrantToken})
		refusedWith(t, err, "AccessDeniedException")
		_, err = srv.Principal("logs.amazonaws.com").API().RetireGrant(t.Context(), &kms.RetireGrantInput{GrantToken: grant.GrantToken})
		require.NoError(t, err, "the SourceArn constraint does not apply to RetireGrant")
		refusedWith(t, describeAs(t, logs, k), "AccessDeniedException")
	})

	t.Run("lists the grants on a key of which it is the grantee", func(t *testing.T) {
		t.Parallel()
		srv := kmstest.New()
		k := newKey(t, srv.API(), openTo(`{"Service":"logs.amazonaws.com"}`, `{"Bool":{"kms:GrantIsForAWSResource":"true"}}`))
		in := newGrant(k)
		toService(source)(in)
		grant, err := srv.API().CreateGrant(t.Context(), in)
		require.NoError(t, err)
		_, err = srv.API().CreateGrant(t.Context(), newGrant(k))
		require.NoError(t, err)
		list, err := srv.Principal("logs.amazonaws.com").API().ListGrants(t.Context(), &kms.ListGrantsInput{
			KeyId: k.Arn, GranteeServicePrincipal: str("logs.amazonaws.com"),
		})
		require.NoError(t, err)
		require.Len(t, list.Grants, 1)
		assert.Equal(t, *grant.GrantId, *list.Grants[0].GrantId)
	})

	t.Run("is no grantee by its name as an ARN", func(t *testing.T) {
		t.Parallel()
		srv := kmstest.New()
		in := newGrant(newKey(t, srv.API()))
		in.GranteePrincipal = str("logs.amazonaws.com")
		_, err := srv.API().CreateGrant(t.Context(), in)
		refused(t, err, "InvalidArnException", "ARN does not refer to a valid principal: logs.amazonaws.com")
	})
}

func TestWithOrganization(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ path, account string }{
		{"o-a1b2c3d4e5", account},
		{"o-a1b2c3d4e5/r-ab12", account},
		{"o-a1b2c3d4e5/r-ab12/ou-x/", account},
		{organization, "123"},
	} {
		assert.PanicsWithValue(t, `kmstest: "`+c.path+`" cannot be the path of account "`+c.account+`" in an organization`, func() {
			kmstest.New(kmstest.WithOrganization(c.path, c.account))
		})
	}
}
