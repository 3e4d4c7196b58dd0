package kmstest_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/kmskit/kmskit/kmstest"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestWithQuotas(t *testing.T) {
	t.Parallel()
	const text = " quota for this account in this region is 2, current usage is 2."
	t.Run("limits the keys of an account and Region", func(t *testing.T) {
		t.Parallel()
		srv := kmstest.New(kmstest.WithQuotas(kmstest.Quotas{Keys: 2}))
		c := srv.Client(once)
		create := func(c caller) error {
			_, err := c.CreateKey(t.Context(), nil)
			return err
		}
		k := newKey(t, c, func(in *kms.CreateKeyInput) { in.MultiRegion = aws.Bool(true) })
		require.NoError(t, create(c))
		refused(t, create(c), "LimitExceededException", "Key"+text)
		require.NoError(t, create(srv.Principal("arn:aws:iam::"+other+":user/ana", allow("kms:*")).API()))

		elsewhere := srv.Client(func(o *kms.Options) { o.Region = "eu-west-1" })
		require.NoError(t, create(elsewhere))
		require.NoError(t, create(elsewhere))
		_, err := c.ReplicateKey(t.Context(), &kms.ReplicateKeyInput{KeyId: k.KeyId, ReplicaRegion: str("eu-west-1")})
		refused(t, err, "LimitExceededException", "Key"+text)

		_, err = c.ScheduleKeyDeletion(t.Context(), &kms.ScheduleKeyDeletionInput{KeyId: k.KeyId, PendingWindowInDays: aws.Int32(7)})
		require.NoError(t, err)
		refused(t, create(c), "LimitExceededException", "Key"+text) // whatever its state
		srv.Advance(7 * 24 * time.Hour)
		require.NoError(t, create(c))
	})

	t.Run("limits the aliases of a key", func(t *testing.T) {
		t.Parallel()
		c := kmstest.New(kmstest.WithQuotas(kmstest.Quotas{AliasesPerKey: 2})).Client(once)
		k, another := newKey(t, c), newKey(t, c)
		newAlias(t, c, "alias/a", k)
		newAlias(t, c, "alias/b", k)
		newAlias(t, c, "alias/c", another)
		_, err := c.CreateAlias(t.Context(), &kms.CreateAliasInput{AliasName: str("alias/d"), TargetKeyId: k.KeyId})
		refused(t, err, "LimitExceededException", "Aliases per key"+text)
		_, err = c.UpdateAlias(t.Context(), &kms.UpdateAliasInput{AliasName: str("alias/c"), TargetKeyId: k.KeyId})
		refused(t, err, "LimitExceededException", "Aliases per key"+text)
		_, err = c.UpdateAlias(t.Context(), &kms.UpdateAliasInput{AliasName: str("alias/a"), TargetKeyId: k.KeyId})
		require.NoError(t, err, "it is there already")
		_, err = c.UpdateAlias(t.Context(), &kms.UpdateAliasInput{AliasName: str("alias/a"), TargetKeyId: another.KeyId})
		require.NoError(t, err)
		newAlias(t, c, "alias/d", k)
	})

	t.Run("limits the grants of a key", func(t *testing.T) {
		t.Parallel()
		c := kmstest.New(kmstest.WithQuotas(kmstest.Quotas{GrantsPerKey: 2})).Client(once)
		k := newKey(t, c)
		grant := func(name string, dryRun bool) (*kms.CreateGrantOutput, error) {
			in := newGrant(k)
			in.Name, in.DryRun = &name, &dryRun
			return c.CreateGrant(t.Context(), in)
		}
		first, err := grant("first", false)
		require.NoError(t, err)
		_, err = grant("second", false)
		require.NoError(t, err)
		_, err = grant("third", false)
		refused(t, err, "LimitExceededException", "Grants per key"+text)
		_, err = grant("third", true)
		refused(t, err, "LimitExceededException", "Grants per key"+text)
		again, err := grant("first", false)
		require.NoError(t, err, "the same grant once more")
		assert.Equal(t, *first.GrantId, *again.GrantId)
		_, err = c.RevokeGrant(t.Context(), &kms.RevokeGrantInput{KeyId: k.KeyId, GrantId: first.GrantId})
		require.NoError(t, err)
		_, err = grant("third", false)
		require.NoError(t, err)
	})

	t.Run("limits custom key stores", func(t *testing.T) {
		t.Parallel()
		srv := kmstest.New(kmstest.WithQuotas(kmstest.Quotas{CustomKeyStores: 2}))
		create := func(i int) (*kms.CreateCustomKeyStoreOutput, error) {
			path := fmt.Sprintf("/%d/kms/xks/v1", i)
			srv.SetXKSProxy(proxy(func(p *kmstest.XKSProxy) { p.URIPath = path }))
			return srv.Client(once).CreateCustomKeyStore(t.Context(),
				proxyStore(path, func(in *kms.CreateCustomKeyStoreInput) { in.XksProxyUriPath = &path }))
		}
		first, err := create(1)
		require.NoError(t, err)
		_, err = create(2)
		require.NoError(t, err)
		_, err = create(3)
		refused(t, err, "LimitExceededException", "Custom key stores"+text)
		_, err = srv.API().DeleteCustomKeyStore(t.Context(), &kms.DeleteCustomKeyStoreInput{CustomKeyStoreId: first.CustomKeyStoreId})
		require.NoError(t, err)
		_, err = create(3)
		require.NoError(t, err)
	})

	t.Run("refuses what is wrong otherwise before", func(t *testing.T) {
		t.Parallel()
		srv := kmstest.New(kmstest.WithQuotas(kmstest.Quotas{Keys: 1, AliasesPerKey: 1}))
		k := newKey(t, srv.API())
		newAlias(t, srv.API(), "alias/a", k)
		_, err := srv.Principal(role(account, "nobody")).API().CreateKey(t.Context(), nil)
		refusedWith(t, err, "AccessDeniedException")
		_, err = srv.API().CreateAlias(t.Context(), &kms.CreateAliasInput{AliasName: str("alias/a"), TargetKeyId: k.KeyId})
		refusedWith(t, err, "AlreadyExistsException")
		_, err = srv.API().CreateKey(t.Context(), &kms.CreateKeyInput{Tags: []types.Tag{{TagKey: str("aws:x"), TagValue: str("")}}})
		refusedWith(t, err, "TagException")
	})

	t.Run("has KMS's numbers to hand", func(t *testing.T) {
		t.Parallel()
		assert.Equal(t, kmstest.Quotas{Keys: 100_000, AliasesPerKey: 50, GrantsPerKey: 50_000, CustomKeyStores: 10}, kmstest.DefaultQuotas())
		c := kmstest.New(kmstest.WithQuotas(kmstest.DefaultQuotas())).API()
		k := newKey(t, c)
		for i := range 50 {
			newAlias(t, c, fmt.Sprintf("alias/%d", i), k)
		}
		_, err := c.CreateAlias(t.Context(), &kms.CreateAliasInput{AliasName: str("alias/50"), TargetKeyId: k.KeyId})
		refused(t, err, "LimitExceededException", "Aliases per key quota for this account in this region is 50, current usage is 50.")
	})

	t.Run("is off by default", func(t *testing.T) {
		t.Parallel()
		c := kmstest.New().API()
		k := newKey(t, c)
		for i := range 51 {
			newAlias(t, c, fmt.Sprintf("alias/%d", i), k)
		}
	})
}
