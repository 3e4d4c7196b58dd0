package kmstest_test

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/kmskit/kmskit/kmstest"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestAliases(t *testing.T) {
	t.Parallel()
	t.Run("live, move and go", func(t *testing.T) {
		t.Parallel()
		everyDepth(t, func(t *testing.T, srv *kmstest.Server, c caller) {
			k, another := newKey(t, c), newKey(t, c)
			newAlias(t, c, "alias/orders", k)
			listed := func(in *kms.ListAliasesInput) []types.AliasListEntry {
				out, err := c.ListAliases(t.Context(), in)
				require.NoError(t, err)
				assert.False(t, out.Truncated)
				return out.Aliases
			}
			made := listed(&kms.ListAliasesInput{})
			require.Len(t, made, 1)
			assert.Equal(t, arnOf("alias/orders"), *made[0].AliasArn)
			assert.Equal(t, "alias/orders", *made[0].AliasName)
			assert.Equal(t, *k.KeyId, *made[0].TargetKeyId)
			assert.Equal(t, made[0].CreationDate, made[0].LastUpdatedDate)
			assert.Equal(t, made, listed(&kms.ListAliasesInput{KeyId: k.Arn}))

			srv.Advance(time.Hour)
			_, err := c.UpdateAlias(t.Context(), &kms.UpdateAliasInput{AliasName: str("alias/orders"), TargetKeyId: another.Arn})
			require.NoError(t, err)
			moved := listed(&kms.ListAliasesInput{KeyId: another.KeyId})
			require.Len(t, moved, 1)
			assert.Equal(t, *another.KeyId, *moved[0].TargetKeyId)
			assert.Equal(t, made[0].CreationDate, moved[0].CreationDate)
			assert.GreaterOrEqual(t, moved[0].LastUpdatedDate.Sub(*moved[0].CreationDate), time.Hour)
			assert.Empty(t, listed(&kms.ListAliasesInput{KeyId: k.KeyId}))

			_, err = c.DeleteAlias(t.Context(), &kms.DeleteAliasInput{AliasName: str("alias/orders")})
			require.NoError(t, err)
			assert.Empty(t, listed(&kms.ListAliasesInput{}))
			assert.Empty(t, listed(&kms.ListAliasesInput{KeyId: another.KeyId}))
		})
	})

	t.Run("are listed by name", func(t *testing.T) {
		t.Parallel()
		c := kmstest.New().API()
		k := newKey(t, c)
		for _, name := range []string{"alias/b", "alias/a/b", "alias/c", "alias/B"} {
			newAlias(t, c, name, k)
		}
		for _, in := range []*kms.ListAliasesInput{{}, {KeyId: k.KeyId}} {
			out, err := c.ListAliases(t.Context(), in)
			require.NoError(t, err)
			names := make([]string, 0, len(out.Aliases))
			for _, a := range out.Aliases {
				names = append(names, *a.AliasName)
			}
			assert.Equal(t, "alias/B alias/a/b alias/b alias/c", strings.Join(names, " "))
		}
	})
}

func TestAliases_refusals(t *testing.T) {
	t.Parallel()
	everyDepth(t, func(t *testing.T, _ *kmstest.Server, c caller) {
		k := newKey(t, c)
		newAlias(t, c, "alias/orders", k)
		create := func(name, target string) error {
			_, err := c.CreateAlias(t.Context(), &kms.CreateAliasInput{AliasName: &name, TargetKeyId: &target})
			return err
		}
		update := func(name, target string) error {
			_, err := c.UpdateAlias(t.Context(), &kms.UpdateAliasInput{AliasName: &name, TargetKeyId: &target})
			return err
		}
		remove := func(name string) error {
			_, err := c.DeleteAlias(t.Context(), &kms.DeleteAliasInput{AliasName: &name})
			return err
		}
		list := func(keyID string) error {
			_, err := c.ListAliases(t.Context(), &kms.ListAliasesInput{KeyId: &keyID})
			return err
		}
		const noPrefix = `Alias must start with the prefix "alias/". Please see https://docs.aws.amazon.com/kms/latest/developerguide/kms-alias.html`
		for _, err := range []error{create("orders", *k.KeyId), update("orders", *k.KeyId), remove("orders")} {
			refused(t, err, "ValidationException", noPrefix)
		}
		for _, err := range []error{create("alias/aws/s3", *k.KeyId), update("alias/aws/s3", *k.KeyId), remove("alias/aws/s3")} {
			refused(t, err, "NotAuthorizedException", "The alias name for a customer managed CMK cannot begin with alias/aws/.")
		}
		refused(t, create("alias/my:orders", *k.KeyId), "ValidationException", "alias/my:orders contains invalid characters for an alias")
		refused(t, create("alias/", *k.KeyId), "ValidationException", "alias/ contains invalid characters for an alias")
		refused(t, create("alias/orders", *k.KeyId), "AlreadyExistsException", "An alias with the name "+arnOf("alias/orders")+" already exists")
		refused(t, create("alias/new", "alias/orders"), "ValidationException", "Aliases must refer to keys. Not aliases")
		refused(t, create("alias/new", arnOf("alias/orders")), "InvalidArnException", "Key Aliases are not supported for this operation.")
		refused(t, create("alias/new", "no key"), "NotFoundException", "Invalid keyId 'no key'")
		for _, err := range []error{update("alias/none", *k.KeyId), remove("alias/none")} {
			refused(t, err, "NotFoundException", "Alias "+arnOf("alias/none")+" is not found.")
		}
		absent := "1234abcd-12ab-34cd-56ef-1234567890ab"
		refused(t, list("alias/orders"), "InvalidArnException", "Key Aliases are not supported for this operation.")
		refused(t, list("orders"), "NotFoundException", "Invalid keyId 'orders'")
		refused(t, list(absent), "NotFoundException", "Key '"+arnOf("key/"+absent)+"' does not exist")
		refusedWith(t, list("arn:aws:kms:us-east-1:"+other+":key/"+absent), "AccessDeniedException")

		for _, wrong := range []*types.KeyMetadata{
			newKey(t, c, ofSpec(types.KeySpecHmac256, types.KeyUsageTypeGenerateVerifyMac)),
			newKey(t, c, ofSpec(types.KeySpecRsa2048, types.KeyUsageTypeEncryptDecrypt)),
		} {
			refusedWith(t, update("alias/orders", *wrong.KeyId), "ValidationException")
		}
	})
}

func TestUpdateAlias_betweenSpecs(t *testing.T) {
	t.Parallel()
	c := kmstest.New().API()
	k := newKey(t, c, ofSpec(types.KeySpecRsa2048, types.KeyUsageTypeSignVerify))
	newAlias(t, c, "alias/signer", k)
	update := func(k *types.KeyMetadata) error {
		_, err := c.UpdateAlias(t.Context(), &kms.UpdateAliasInput{AliasName: str("alias/signer"), TargetKeyId: k.KeyId})
		return err
	}
	require.NoError(t, update(newKey(t, c, ofSpec(types.KeySpecEccNistP256, types.KeyUsageTypeSignVerify))), "same type and usage")
	refusedWith(t, update(newKey(t, c, ofSpec(types.KeySpecRsa2048, types.KeyUsageTypeEncryptDecrypt))), "ValidationException")
}
