package kmstest_test

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/kmskit/kmskit"
	"github.com/kmskit/kmskit/kmstest"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func describe(t *testing.T, c caller, keyID string) *types.KeyMetadata {
	t.Helper()
	out, err := c.DescribeKey(t.Context(), &kms.DescribeKeyInput{KeyId: &keyID})
	require.NoError(t, err)
	return out.KeyMetadata
}

func TestManagedKeys(t *testing.T) {
	t.Parallel()
	t.Run("are made by DescribeKey of their alias", func(t *testing.T) {
		t.Parallel()
		everyDepth(t, func(t *testing.T, srv *kmstest.Server, c caller) {
			_, err := c.Encrypt(t.Context(), &kms.EncryptInput{KeyId: str("alias/aws/s3"), Plaintext: []byte("x")})
			refused(t, err, "NotFoundException", "Alias "+arnOf("alias/aws/s3")+" is not found.")

			k := describe(t, c, "alias/aws/s3")
			assert.Equal(t, types.KeyManagerTypeAws, k.KeyManager)
			assert.Equal(t, "Default key that protects my S3 objects when no other key is defined", *k.Description)
			assert.Equal(t, types.KeyStateEnabled, k.KeyState)
			assert.Equal(t, types.OriginTypeAwsKms, k.Origin)
			assert.Equal(t, k, describe(t, c, arnOf("alias/aws/s3")), "the second time it is there")
			assert.Equal(t, k, describe(t, c, *k.Arn))
			assert.NotEqual(t, k.Arn, describe(t, c, "alias/aws/ebs").Arn)

			aliases, err := c.ListAliases(t.Context(), &kms.ListAliasesInput{})
			require.NoError(t, err)
			require.Len(t, aliases.Aliases, 2)
			assert.Equal(t, "alias/aws/s3", *aliases.Aliases[1].AliasName)
			assert.Equal(t, *k.KeyId, *aliases.Aliases[1].TargetKeyId)
			keys, err := c.ListKeys(t.Context(), &kms.ListKeysInput{})
			require.NoError(t, err)
			assert.Len(t, keys.Keys, 2)

			rotation, err := srv.API().GetKeyRotationStatus(t.Context(), &kms.GetKeyRotationStatusInput{KeyId: k.KeyId})
			require.NoError(t, err)
			assert.True(t, rotation.KeyRotationEnabled)
			assert.EqualValues(t, 365, *rotation.RotationPeriodInDays)
			srv.Advance(366 * day)
			assert.NotEqual(t, *k.CurrentKeyMaterialId, *describe(t, c, *k.Arn).CurrentKeyMaterialId)
		})
	})

	t.Run("are of services that have one, in the account and Region of the caller", func(t *testing.T) {
		t.Parallel()
		c := kmstest.New().API()
		for _, name := range []string{"alias/aws/none", "alias/aws/", "alias/aws/s3/x"} {
			_, err := c.DescribeKey(t.Context(), &kms.DescribeKeyInput{KeyId: &name})
			refused(t, err, "NotFoundException", "Alias "+arnOf(name)+" is not found.")
		}
		_, err := c.DescribeKey(t.Context(), &kms.DescribeKeyInput{KeyId: str("arn:aws:kms:us-east-1:" + other + ":alias/aws/s3")})
		refusedWith(t, err, "AccessDeniedException")
		_, err = c.DescribeKey(t.Context(), &kms.DescribeKeyInput{KeyId: str("arn:aws:kms:eu-west-1:" + account + ":alias/aws/s3")})
		refusedWith(t, err, "NotFoundException")
		keys, err := c.ListKeys(t.Context(), &kms.ListKeysInput{})
		require.NoError(t, err)
		assert.Empty(t, keys.Keys)
	})

	t.Run("are not made for who may not see them", func(t *testing.T) {
		t.Parallel()
		srv := kmstest.New()
		_, err := srv.Principal(role(account, "reader"), allow("kms:Decrypt")).API().
			DescribeKey(t.Context(), &kms.DescribeKeyInput{KeyId: str("alias/aws/s3")})
		refusedWith(t, err, "AccessDeniedException")
		keys, err := srv.API().ListKeys(t.Context(), &kms.ListKeysInput{})
		require.NoError(t, err)
		assert.Empty(t, keys.Keys)
	})

	t.Run("are used through their service only", func(t *testing.T) {
		t.Parallel()
		srv := kmstest.New()
		k := describe(t, srv.API(), "alias/aws/s3")
		encrypt := func(c caller) error {
			_, err := c.Encrypt(t.Context(), &kms.EncryptInput{KeyId: str("alias/aws/s3"), Plaintext: []byte("x")})
			return err
		}
		via := func(service string, policies ...kmstest.PrincipalOption) caller {
			return srv.Principal(role(account, "writer"), append(policies, kmstest.WithConditionKey("kms:ViaService", service))...).API()
		}
		require.NoError(t, encrypt(via("s3.us-east-1.amazonaws.com")))
		refusedWith(t, encrypt(via("s3.eu-west-1.amazonaws.com")), "AccessDeniedException")
		refusedWith(t, encrypt(via("sqs.us-east-1.amazonaws.com", allow("kms:*"))), "AccessDeniedException")
		refused(t, encrypt(srv.API()), "AccessDeniedException", "User: arn:aws:iam::"+account+":user/kmstest is not authorized to perform: kms:Encrypt "+
			"on resource: "+*k.Arn+" because no resource-based policy allows the kms:Encrypt action")
	})

	t.Run("are managed by nobody", func(t *testing.T) {
		t.Parallel()
		everyDepth(t, func(t *testing.T, srv *kmstest.Server, c caller) {
			k, ctx := describe(t, c, "alias/aws/rds"), t.Context()
			for name, call := range map[string]func() error{
				"DisableKey": func() error { _, err := c.DisableKey(ctx, &kms.DisableKeyInput{KeyId: k.KeyId}); return err },
				"ScheduleKeyDeletion": func() error {
					_, err := c.ScheduleKeyDeletion(ctx, &kms.ScheduleKeyDeletionInput{KeyId: k.KeyId})
					return err
				},
				"PutKeyPolicy": func() error {
					_, err := c.PutKeyPolicy(ctx, &kms.PutKeyPolicyInput{KeyId: k.KeyId, Policy: str(policyFor("arn:aws:iam::" + account + ":root"))})
					return err
				},
				"DisableKeyRotation": func() error {
					_, err := srv.API().DisableKeyRotation(ctx, &kms.DisableKeyRotationInput{KeyId: k.KeyId})
					return err
				},
				"TagResource": func() error {
					_, err := c.TagResource(ctx, &kms.TagResourceInput{KeyId: k.KeyId, Tags: []types.Tag{{TagKey: str("a"), TagValue: str("b")}}})
					return err
				},
				"CreateAlias": func() error {
					_, err := c.CreateAlias(ctx, &kms.CreateAliasInput{AliasName: str("alias/mine"), TargetKeyId: k.KeyId})
					return err
				},
				"CreateGrant": func() error { _, err := c.CreateGrant(ctx, newGrant(k)); return err },
			} {
				err := call()
				refusedWith(t, err, "AccessDeniedException")
				assert.ErrorContains(t, err, "because no resource-based policy allows the kms:"+name+" action")
			}
			_, err := c.DeleteAlias(ctx, &kms.DeleteAliasInput{AliasName: str("alias/aws/rds")})
			refusedWith(t, err, "NotAuthorizedException")
			assert.Equal(t, k, describe(t, c, *k.Arn))
		})
	})

	t.Run("have a policy that names the service as its Region does", func(t *testing.T) {
		t.Parallel()
		for region, service := range map[string]string{
			"cn-north-1":     "ec2.cn-north-1.amazonaws.com.cn",
			"us-gov-west-1":  "ec2.us-gov-west-1.amazonaws.com",
			"eusc-de-east-1": "ec2.eusc-de-east-1.amazonaws.eu",
		} {
			c := kmstest.New(kmstest.WithRegion(region)).API()
			k := describe(t, c, "alias/aws/ebs")
			out, err := c.GetKeyPolicy(t.Context(), &kms.GetKeyPolicyInput{KeyId: k.KeyId})
			require.NoError(t, err)
			policy, err := kmskit.ParsePolicyDocument(*out.Policy)
			require.NoError(t, err)
			assert.Equal(t, "auto-ebs-2", policy.ID)
			assert.Equal(t, kmskit.Condition{"StringEquals": {
				"kms:CallerAccount": {account},
				"kms:ViaService":    {service},
			}}, policy.Statement[0].Condition)
			assert.Regexp(t, "^arn:aws-[a-z-]+:iam::"+account+":root$", policy.Statement[1].Principal.AWS[0])
		}
	})

	t.Run("do not count against the quota of keys", func(t *testing.T) {
		t.Parallel()
		c := kmstest.New(kmstest.WithQuotas(kmstest.Quotas{Keys: 1})).API()
		describe(t, c, "alias/aws/s3")
		describe(t, c, "alias/aws/ebs")
		newKey(t, c)
		_, err := c.CreateKey(t.Context(), &kms.CreateKeyInput{})
		refusedWith(t, err, "LimitExceededException")
	})

	t.Run("are there for their maker at once, and once for all who race", func(t *testing.T) {
		t.Parallel()
		srv := kmstest.New(kmstest.WithDelays(kmstest.Delays{Min: time.Minute}))
		made := make(chan string, 8)
		for range cap(made) {
			go func() {
				out, err := srv.API().DescribeKey(t.Context(), &kms.DescribeKeyInput{KeyId: str("alias/aws/s3")})
				if assert.NoError(t, err) {
					made <- *out.KeyMetadata.Arn
					return
				}
				made <- ""
			}()
		}
		first := <-made
		for range cap(made) - 1 {
			assert.Equal(t, first, <-made)
		}
	})
}
