package kmstest_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/kmskit/kmskit/kmstest"
	"github.com/stretchr/testify/require"
)

const untold = "because the resource does not exist in this Region, no resource-based policies allow access, " +
	"or a resource-based policy explicitly denies access"

func TestAccess(t *testing.T) {
	t.Parallel()
	t.Run("follows the policies of the principal", func(t *testing.T) {
		t.Parallel()
		everyDepth(t, func(t *testing.T, srv *kmstest.Server, c caller) {
			k := newKey(t, c)
			reader := srv.Principal(role(account, "reader"))
			describe := func() error {
				_, err := reader.Client().DescribeKey(t.Context(), &kms.DescribeKeyInput{KeyId: k.KeyId})
				return err
			}
			prefix := "User: " + role(account, "reader") + " is not authorized to perform: kms:DescribeKey on resource: " + *k.Arn
			refused(t, describe(), "AccessDeniedException", prefix+" because no identity-based policy allows the kms:DescribeKey action")
			srv.Principal(role(account, "reader"), allow("kms:Describe*"))
			require.NoError(t, describe(), "a policy that comes later")
			srv.Principal(role(account, "reader"), deny("kms:*"))
			refused(t, describe(), "AccessDeniedException", prefix+" with an explicit deny in an identity-based policy")
		})
	})

	t.Run("follows the key policy", func(t *testing.T) {
		t.Parallel()
		srv := kmstest.New()
		k := newKey(t, srv.API())
		put := func(policy string) {
			_, err := srv.API().PutKeyPolicy(t.Context(), &kms.PutKeyPolicyInput{KeyId: k.KeyId, Policy: &policy, BypassPolicyLockoutSafetyCheck: true})
			require.NoError(t, err)
		}
		reader := srv.Principal(role(account, "reader"), allow("kms:*")).API()
		describe := func() error {
			_, err := reader.DescribeKey(t.Context(), &kms.DescribeKeyInput{KeyId: k.KeyId})
			return err
		}
		require.NoError(t, describe())
		prefix := "User: " + role(account, "reader") + " is not authorized to perform: kms:DescribeKey on resource: " + *k.Arn
		put(`{"Statement":[{"Effect":"Allow","Principal":{"AWS":"` + account + `"},"Action":"kms:*","Resource":"*"},
			{"Effect":"Deny","Principal":{"AWS":"` + role(account, "reader") + `"},"Action":"kms:DescribeKey","Resource":"*"}]}`)
		refused(t, describe(), "AccessDeniedException", prefix+" with an explicit deny in a resource-based policy")
		put(policyFor("arn:aws:iam::111122223333:user/kmstest"))
		refused(t, describe(), "AccessDeniedException", prefix+" because no resource-based policy allows the kms:DescribeKey action")
	})

	t.Run("from another account takes both sides", func(t *testing.T) {
		t.Parallel()
		everyDepth(t, func(t *testing.T, srv *kmstest.Server, c caller) {
			open := newKey(t, c, func(in *kms.CreateKeyInput) {
				in.Policy = str(policyFor("arn:aws:iam::"+account+":root", "arn:aws:iam::"+other+":root"))
			})
			shut := newKey(t, c)
			absent := "arn:aws:kms:us-east-1:" + account + ":key/1234abcd-12ab-34cd-56ef-1234567890ab"
			user := func(name string) string {
				return "User: " + role(other, name) + " is not authorized to perform: kms:Encrypt "
			}
			try := func(p *kmstest.Principal, keyID string) error {
				_, err := p.Client().Encrypt(t.Context(), &kms.EncryptInput{KeyId: &keyID, Plaintext: []byte("x")})
				return err
			}
			allowed := srv.Principal(role(other, "allowed"), allow("kms:*"))
			require.NoError(t, try(allowed, *open.Arn))
			refused(t, try(allowed, *shut.Arn), "AccessDeniedException", user("allowed")+"on this resource "+untold)
			refused(t, try(allowed, absent), "AccessDeniedException", user("allowed")+"on this resource "+untold)
			refused(t, try(allowed, arnOf("alias/none")), "AccessDeniedException", user("allowed")+"on this resource "+untold)
			refused(t, try(allowed, *open.KeyId), "NotFoundException", "Key 'arn:aws:kms:us-east-1:"+other+":key/"+*open.KeyId+"' does not exist")

			const clause = " because no identity-based policy allows the kms:Encrypt action"
			nobody := srv.Principal(role(other, "nobody"))
			for _, arn := range []string{*open.Arn, *shut.Arn, absent} {
				refused(t, try(nobody, arn), "AccessDeniedException", user("nobody")+"on this resource"+clause)
			}
		})
	})

	t.Run("by ciphertext names the key to its own account only", func(t *testing.T) {
		t.Parallel()
		srv := kmstest.New()
		k := newKey(t, srv.API())
		shut := newKey(t, srv.API(), func(in *kms.CreateKeyInput) { in.Policy = str(policyFor("arn:aws:iam::" + account + ":user/kmstest")) })
		of := map[*types.KeyMetadata]*kms.DecryptInput{
			k:    {CiphertextBlob: encrypt(t, srv.API(), k, "x", nil)},
			shut: {CiphertextBlob: encrypt(t, srv.API(), shut, "x", nil)},
		}
		const noIdentity = "because no identity-based policy allows the kms:Decrypt action"
		for _, by := range []struct {
			principal string
			policies  []kmstest.PrincipalOption
			key       *types.KeyMetadata
			clause    string
		}{
			{role(account, "nobody"), nil, k, "on resource: " + *k.Arn + " " + noIdentity},
			{role(account, "somebody"), []kmstest.PrincipalOption{allow("kms:*")}, shut, "on resource: " + *shut.Arn + " because no resource-based policy allows the kms:Decrypt action"},
			{role(other, "nobody"), nil, k, "on the resource associated with this ciphertext " + noIdentity},
			{role(other, "stranger"), []kmstest.PrincipalOption{allow("kms:*")}, k, "on the resource associated with this ciphertext " + untold},
		} {
			_, err := srv.Principal(by.principal, by.policies...).API().Decrypt(t.Context(), of[by.key])
			refused(t, err, "AccessDeniedException", "User: "+by.principal+" is not authorized to perform: kms:Decrypt "+by.clause)
		}
	})

	t.Run("to what does not exist is decided before that is said", func(t *testing.T) {
		t.Parallel()
		srv := kmstest.New()
		arn := arnOf("key/1234abcd-12ab-34cd-56ef-1234567890ab")
		_, err := srv.Principal(role(account, "nobody")).API().DescribeKey(t.Context(), &kms.DescribeKeyInput{KeyId: &arn})
		refused(t, err, "AccessDeniedException", "User: "+role(account, "nobody")+" is not authorized to perform: kms:DescribeKey on resource: "+
			arn+" because no identity-based policy allows the kms:DescribeKey action")
	})

	t.Run("is decided before the state of the key", func(t *testing.T) {
		t.Parallel()
		srv := kmstest.New()
		k := newKey(t, srv.API())
		_, err := srv.API().DisableKey(t.Context(), &kms.DisableKeyInput{KeyId: k.KeyId})
		require.NoError(t, err)
		in := &kms.EncryptInput{KeyId: k.KeyId, Plaintext: []byte("x")}
		_, err = srv.Principal(role(account, "nobody")).API().Encrypt(t.Context(), in)
		refusedWith(t, err, "AccessDeniedException")
		_, err = srv.Principal(role(account, "somebody"), allow("kms:Encrypt")).API().Encrypt(t.Context(), in)
		refusedWith(t, err, "DisabledException")
	})

	t.Run("to make a tagged key takes two permissions", func(t *testing.T) {
		t.Parallel()
		srv := kmstest.New()
		maker := srv.Principal(role(account, "maker")).API()
		in := &kms.CreateKeyInput{Tags: []types.Tag{{TagKey: str("a"), TagValue: str("b")}}}
		create := func() error {
			_, err := maker.CreateKey(t.Context(), in)
			return err
		}
		user := "User: " + role(account, "maker") + " is not authorized to perform: "
		refused(t, create(), "AccessDeniedException", user+"kms:CreateKey on resource: * because no identity-based policy allows the kms:CreateKey action")
		srv.Principal(role(account, "maker"), allow("kms:CreateKey"))
		refused(t, create(), "AccessDeniedException", user+"kms:TagResource because no identity-based policy allows the kms:TagResource action")
		srv.Principal(role(account, "maker"), allow("kms:TagResource"))
		require.NoError(t, create())
	})

	t.Run("to an alias takes permission on it and on its keys", func(t *testing.T) {
		t.Parallel()
		srv := kmstest.New()
		k := newKey(t, srv.API())
		const clause = " because no identity-based policy allows the kms:CreateAlias action"
		create := func(p *kmstest.Principal) error {
			_, err := p.API().CreateAlias(t.Context(), &kms.CreateAliasInput{AliasName: str("alias/orders"), TargetKeyId: k.KeyId})
			return err
		}
		onAlias := srv.Principal(role(account, "alias"), allowOn(arnOf("alias/orders"), "kms:CreateAlias"))
		onKey := srv.Principal(role(account, "key"), allowOn(*k.Arn, "kms:CreateAlias"))
		refused(t, create(onKey), "AccessDeniedException", "User: "+role(account, "key")+
			" is not authorized to perform: kms:CreateAlias on resource: "+arnOf("alias/orders")+clause)
		refused(t, create(onAlias), "AccessDeniedException", "User: "+role(account, "alias")+
			" is not authorized to perform: kms:CreateAlias on resource: "+*k.Arn+clause)
		srv.Principal(role(account, "key"), allowOn(arnOf("alias/orders"), "kms:*Alias"))
		require.NoError(t, create(onKey))

		another := newKey(t, srv.API())
		mover := srv.Principal(role(account, "mover"), allowOn(arnOf("alias/orders"), "kms:*Alias"), allowOn(*another.Arn, "kms:*Alias"))
		move := func() error {
			_, err := mover.API().UpdateAlias(t.Context(), &kms.UpdateAliasInput{AliasName: str("alias/orders"), TargetKeyId: another.KeyId})
			return err
		}
		refusedWith(t, move(), "AccessDeniedException")
		_, err := mover.API().DeleteAlias(t.Context(), &kms.DeleteAliasInput{AliasName: str("alias/orders")})
		refusedWith(t, err, "AccessDeniedException")
		srv.Principal(role(account, "mover"), allowOn(*k.Arn, "kms:*Alias"))
		require.NoError(t, move())
	})

	t.Run("to an account's own things does not cross accounts", func(t *testing.T) {
		t.Parallel()
		srv := kmstest.New()
		k := newKey(t, srv.API(), func(in *kms.CreateKeyInput) {
			in.Policy = str(`{"Statement":[{"Effect":"Allow","Principal":"*","Action":"kms:*","Resource":"*"}]}`)
		})
		stranger := srv.Principal(role(other, "stranger"), allow("kms:*")).API()
		_, err := stranger.DescribeKey(t.Context(), &kms.DescribeKeyInput{KeyId: k.Arn})
		require.NoError(t, err)
		_, err = stranger.DisableKey(t.Context(), &kms.DisableKeyInput{KeyId: k.Arn})
		refused(t, err, "AccessDeniedException", "User: "+role(other, "stranger")+" is not authorized to perform: kms:DisableKey on this resource "+untold)
	})

	t.Run("of the root user needs no identity policy", func(t *testing.T) {
		t.Parallel()
		srv := kmstest.New()
		root := srv.Principal("arn:aws:iam::" + account + ":root").API()
		k := newKey(t, root)
		_, err := root.ScheduleKeyDeletion(t.Context(), &kms.ScheduleKeyDeletionInput{KeyId: k.KeyId, PendingWindowInDays: aws.Int32(7)})
		require.NoError(t, err)
	})
}
