package kmstest_test

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/kmskit/kmskit"
	"github.com/kmskit/kmskit/kmstest"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// delayed returns a Server with delays, on which time is what Advance makes it.
func delayed(seed uint64, d kmstest.Delays) *kmstest.Server {
	noon := time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)
	return kmstest.New(kmstest.WithSeed(seed), kmstest.WithDelays(d), kmstest.WithClock(func() time.Time { return noon }))
}

// slow returns a Server on which every change takes ten seconds to be seen.
func slow() *kmstest.Server { return delayed(1, kmstest.Delays{Min: 10 * time.Second}) }

// settled returns the metadata of a key that everybody sees by now.
func settled(t *testing.T, srv *kmstest.Server) *types.KeyMetadata {
	t.Helper()
	k := newKey(t, srv.API())
	srv.Advance(10 * time.Second)
	return k
}

// soon asserts that a call fails with an error of that code until the delay is over.
func soon(t *testing.T, srv *kmstest.Server, code string, call func() error) {
	t.Helper()
	refusedWith(t, call(), code)
	srv.Advance(10*time.Second - time.Millisecond)
	refusedWith(t, call(), code)
	srv.Advance(time.Millisecond)
	assert.NoError(t, call())
}

// stays asserts that a call succeeds until the delay is over, and then fails with
// an error of that code.
func stays(t *testing.T, srv *kmstest.Server, code string, call func() error) {
	t.Helper()
	require.NoError(t, call())
	srv.Advance(10*time.Second - time.Millisecond)
	require.NoError(t, call())
	srv.Advance(time.Millisecond)
	refusedWith(t, call(), code)
}

func aliasNames(t *testing.T, c caller, in *kms.ListAliasesInput) map[string]string {
	t.Helper()
	out, err := c.ListAliases(t.Context(), in)
	require.NoError(t, err)
	targets := map[string]string{}
	for _, a := range out.Aliases {
		targets[*a.AliasName] = *a.TargetKeyId
	}
	return targets
}

func TestWithDelays_keys(t *testing.T) {
	t.Parallel()

	t.Run("a new key is not found, not listed and cannot be changed, by whoever made it either", func(t *testing.T) {
		t.Parallel()
		for name, call := range map[string]func(t *testing.T, c caller, id *string) error{
			"DescribeKey": func(t *testing.T, c caller, id *string) error {
				t.Helper()
				_, err := c.DescribeKey(t.Context(), &kms.DescribeKeyInput{KeyId: id})
				return err
			},
			"Encrypt": func(t *testing.T, c caller, id *string) error {
				t.Helper()
				_, err := c.Encrypt(t.Context(), &kms.EncryptInput{KeyId: id, Plaintext: []byte("x")})
				return err
			},
			"CreateAlias": func(t *testing.T, c caller, id *string) error {
				t.Helper()
				_, err := c.CreateAlias(t.Context(), &kms.CreateAliasInput{AliasName: str("alias/a"), TargetKeyId: id})
				return err
			},
			"ScheduleKeyDeletion": func(t *testing.T, c caller, id *string) error {
				t.Helper()
				_, err := c.ScheduleKeyDeletion(t.Context(), &kms.ScheduleKeyDeletionInput{KeyId: id})
				return err
			},
		} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				srv := slow()
				k := newKey(t, srv.Client())
				soon(t, srv, "NotFoundException", func() error { return call(t, srv.API(), k.KeyId) })
			})
		}
		srv := slow()
		newKey(t, srv.API())
		out, err := srv.API().ListKeys(t.Context(), nil)
		require.NoError(t, err)
		assert.Empty(t, out.Keys)
		srv.Advance(10 * time.Second)
		out, err = srv.API().ListKeys(t.Context(), nil)
		require.NoError(t, err)
		assert.Len(t, out.Keys, 1)
	})

	t.Run("a new key that only the ciphertext names is not told of", func(t *testing.T) {
		t.Parallel()
		srv := delayed(3, kmstest.Delays{Max: time.Minute})
		k := newKey(t, srv.API())
		early, late := readers(t, srv, k, 50)
		out, err := early.Encrypt(t.Context(), &kms.EncryptInput{KeyId: k.KeyId, Plaintext: []byte("x")})
		require.NoError(t, err)
		_, err = late.Decrypt(t.Context(), &kms.DecryptInput{CiphertextBlob: out.CiphertextBlob})
		refusedWith(t, err, "AccessDeniedException")
	})

	t.Run("the former state counts for those who use a key", func(t *testing.T) {
		t.Parallel()
		srv := slow()
		k := settled(t, srv)
		c := srv.API()
		_, err := c.DisableKey(t.Context(), &kms.DisableKeyInput{KeyId: k.KeyId})
		require.NoError(t, err)
		assert.Equal(t, types.KeyStateEnabled, stateOf(t, srv, k))
		stays(t, srv, "DisabledException", func() error {
			_, err := c.Encrypt(t.Context(), &kms.EncryptInput{KeyId: k.KeyId, Plaintext: []byte("x")})
			return err
		})
		assert.Equal(t, types.KeyStateDisabled, stateOf(t, srv, k))
		_, err = c.EnableKey(t.Context(), &kms.EnableKeyInput{KeyId: k.KeyId})
		require.NoError(t, err)
		soon(t, srv, "DisabledException", func() error {
			_, err := c.Encrypt(t.Context(), &kms.EncryptInput{KeyId: k.KeyId, Plaintext: []byte("x")})
			return err
		})
	})

	t.Run("the latest state counts for those who change a key", func(t *testing.T) {
		t.Parallel()
		srv := slow()
		k := settled(t, srv)
		c := srv.API()
		_, err := c.ScheduleKeyDeletion(t.Context(), &kms.ScheduleKeyDeletionInput{KeyId: k.KeyId})
		require.NoError(t, err)
		_, err = c.ScheduleKeyDeletion(t.Context(), &kms.ScheduleKeyDeletionInput{KeyId: k.KeyId})
		refusedWith(t, err, "KMSInvalidStateException")
		before, err := c.DescribeKey(t.Context(), &kms.DescribeKeyInput{KeyId: k.KeyId})
		require.NoError(t, err)
		assert.Equal(t, types.KeyStateEnabled, before.KeyMetadata.KeyState)
		assert.Nil(t, before.KeyMetadata.DeletionDate)
		_, err = c.CancelKeyDeletion(t.Context(), &kms.CancelKeyDeletionInput{KeyId: k.KeyId})
		require.NoError(t, err)
		srv.Advance(10 * time.Second)
		assert.Equal(t, types.KeyStateDisabled, stateOf(t, srv, k))
	})

	t.Run("the former policy decides", func(t *testing.T) {
		t.Parallel()
		srv := slow()
		k := settled(t, srv)
		reader := srv.Principal(role(account, "reader"))
		document, err := kmskit.ParsePolicyDocument(`{"Version": "2012-10-17", "Statement": [
			{"Effect": "Allow", "Principal": {"AWS": ["` + reader.ARN() + `", "arn:aws:iam::111122223333:root"]}, "Action": "kms:*", "Resource": "*"}]}`)
		require.NoError(t, err)
		former, err := srv.API().GetKeyPolicy(t.Context(), &kms.GetKeyPolicyInput{KeyId: k.KeyId})
		require.NoError(t, err)
		_, err = srv.API().PutKeyPolicy(t.Context(), &kms.PutKeyPolicyInput{KeyId: k.KeyId, Policy: str(document.String())})
		require.NoError(t, err)
		still, err := srv.API().GetKeyPolicy(t.Context(), &kms.GetKeyPolicyInput{KeyId: k.KeyId})
		require.NoError(t, err)
		assert.Equal(t, former.Policy, still.Policy)
		soon(t, srv, "AccessDeniedException", func() error {
			_, err := reader.API().DescribeKey(t.Context(), &kms.DescribeKeyInput{KeyId: k.KeyId})
			return err
		})
	})
}

// readers returns two of some principals, one who sees the key and one who does not.
func readers(t *testing.T, srv *kmstest.Server, k *types.KeyMetadata, among int) (early, late caller) {
	t.Helper()
	srv.Advance(30 * time.Second)
	for i := range among {
		c := srv.Principal(role(account, string(rune('a'+i%26))+string(rune('a'+i/26))), allow("*")).API()
		if _, err := c.DescribeKey(t.Context(), &kms.DescribeKeyInput{KeyId: k.KeyId}); err == nil {
			early = c
		} else {
			late = c
		}
	}
	require.NotNil(t, early)
	require.NotNil(t, late)
	return early, late
}

func TestWithDelays_aliases(t *testing.T) {
	t.Parallel()
	describe := func(t *testing.T, c caller) (string, error) {
		t.Helper()
		out, err := c.DescribeKey(t.Context(), &kms.DescribeKeyInput{KeyId: str("alias/a")})
		if err != nil {
			return "", err
		}
		return *out.KeyMetadata.KeyId, nil
	}

	t.Run("a new alias is not found, but taken", func(t *testing.T) {
		t.Parallel()
		srv := slow()
		k, c := settled(t, srv), srv.API()
		newAlias(t, c, "alias/a", k)
		assert.Empty(t, aliasNames(t, c, nil))
		_, err := c.CreateAlias(t.Context(), &kms.CreateAliasInput{AliasName: str("alias/a"), TargetKeyId: k.KeyId})
		refusedWith(t, err, "AlreadyExistsException")
		_, err = c.UpdateAlias(t.Context(), &kms.UpdateAliasInput{AliasName: str("alias/a"), TargetKeyId: k.KeyId})
		refusedWith(t, err, "NotFoundException")
		_, err = c.DeleteAlias(t.Context(), &kms.DeleteAliasInput{AliasName: str("alias/a")})
		refusedWith(t, err, "NotFoundException")
		soon(t, srv, "NotFoundException", func() error { _, err := describe(t, c); return err })
		assert.Equal(t, map[string]string{"alias/a": *k.KeyId}, aliasNames(t, c, &kms.ListAliasesInput{KeyId: k.KeyId}))
	})

	t.Run("an alias that was moved names the former key, everywhere", func(t *testing.T) {
		t.Parallel()
		srv := slow()
		k, c := settled(t, srv), srv.API()
		newAlias(t, c, "alias/a", k)
		next := settled(t, srv)
		_, err := c.UpdateAlias(t.Context(), &kms.UpdateAliasInput{AliasName: str("alias/a"), TargetKeyId: next.KeyId})
		require.NoError(t, err)
		for _, want := range []*types.KeyMetadata{k, next} {
			got, err := describe(t, c)
			require.NoError(t, err)
			assert.Equal(t, *want.KeyId, got)
			only := map[string]string{"alias/a": *want.KeyId}
			assert.Equal(t, only, aliasNames(t, c, nil))
			assert.Equal(t, only, aliasNames(t, c, &kms.ListAliasesInput{KeyId: want.KeyId}))
			srv.Advance(10 * time.Second)
		}
		assert.Empty(t, aliasNames(t, c, &kms.ListAliasesInput{KeyId: k.KeyId}))
	})

	t.Run("an alias that was deleted stays, and can be made again but not deleted again", func(t *testing.T) {
		t.Parallel()
		srv := slow()
		k, c := settled(t, srv), srv.API()
		newAlias(t, c, "alias/a", k)
		other := settled(t, srv)
		_, err := c.DeleteAlias(t.Context(), &kms.DeleteAliasInput{AliasName: str("alias/a")})
		require.NoError(t, err)
		_, err = c.DeleteAlias(t.Context(), &kms.DeleteAliasInput{AliasName: str("alias/a")})
		refusedWith(t, err, "NotFoundException")
		stays(t, srv, "NotFoundException", func() error { _, err := describe(t, c); return err })

		newAlias(t, c, "alias/a", other)
		soon(t, srv, "NotFoundException", func() error { _, err := describe(t, c); return err })
		got, err := describe(t, c)
		require.NoError(t, err)
		assert.Equal(t, *other.KeyId, got)
	})

	t.Run("a ciphertext is compared with the key that the alias still names", func(t *testing.T) {
		t.Parallel()
		for name, change := range map[string]func(t *testing.T, c caller, sealing *types.KeyMetadata) error{
			"deleted": func(t *testing.T, c caller, _ *types.KeyMetadata) error {
				_, err := c.DeleteAlias(t.Context(), &kms.DeleteAliasInput{AliasName: str("alias/a")})
				return err
			},
			"moved to the key that has encrypted": func(t *testing.T, c caller, sealing *types.KeyMetadata) error {
				_, err := c.UpdateAlias(t.Context(), &kms.UpdateAliasInput{AliasName: str("alias/a"), TargetKeyId: sealing.KeyId})
				return err
			},
		} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				srv := slow()
				k, sealing, c := settled(t, srv), settled(t, srv), srv.API()
				newAlias(t, c, "alias/a", k)
				out, err := c.Encrypt(t.Context(), &kms.EncryptInput{KeyId: sealing.KeyId, Plaintext: []byte("x")})
				require.NoError(t, err)
				_, err = c.DisableKey(t.Context(), &kms.DisableKeyInput{KeyId: k.KeyId})
				require.NoError(t, err)
				srv.Advance(10 * time.Second)
				require.NoError(t, change(t, c, sealing))
				_, err = c.Decrypt(t.Context(), &kms.DecryptInput{KeyId: str("alias/a"), CiphertextBlob: out.CiphertextBlob})
				refusedWith(t, err, "IncorrectKeyException")
			})
		}
	})

	t.Run("a policy that asks for the aliases of a key is told the former ones", func(t *testing.T) {
		t.Parallel()
		srv := slow()
		k, c := settled(t, srv), srv.API()
		reader := srv.Principal(role(account, "reader"), kmstest.WithPolicy(&kmskit.PolicyDocument{
			Version: "2012-10-17",
			Statement: []kmskit.Statement{{
				Effect: kmskit.Allow, Action: kmskit.StringList{"kms:DescribeKey"}, Resource: kmskit.StringList{"*"},
				Condition: kmskit.Condition{"ForAnyValue:StringEquals": {"kms:ResourceAliases": {"alias/a"}}},
			}},
		}))
		newAlias(t, c, "alias/a", k)
		soon(t, srv, "AccessDeniedException", func() error {
			_, err := reader.API().DescribeKey(t.Context(), &kms.DescribeKeyInput{KeyId: k.KeyId})
			return err
		})
	})

	t.Run("an alias goes with its key at once", func(t *testing.T) {
		t.Parallel()
		srv := delayed(1, kmstest.Delays{Min: 10 * 24 * time.Hour})
		k, c := newKey(t, srv.API()), srv.API()
		srv.Advance(10 * 24 * time.Hour)
		newAlias(t, c, "alias/a", k)
		srv.Advance(10 * 24 * time.Hour)
		_, err := c.ScheduleKeyDeletion(t.Context(), &kms.ScheduleKeyDeletionInput{KeyId: k.KeyId, PendingWindowInDays: aws.Int32(7)})
		require.NoError(t, err)
		_, err = c.DeleteAlias(t.Context(), &kms.DeleteAliasInput{AliasName: str("alias/a")})
		require.NoError(t, err)
		_, err = describe(t, c)
		require.NoError(t, err)
		srv.Advance(7 * 24 * time.Hour)
		_, err = describe(t, c)
		refusedWith(t, err, "NotFoundException")
		assert.Empty(t, aliasNames(t, c, nil))
	})
}

func TestWithDelays_grants(t *testing.T) {
	t.Parallel()
	grantees := func(t *testing.T, c caller, in *kms.ListGrantsInput) (n int) {
		t.Helper()
		out, err := c.ListGrants(t.Context(), in)
		require.NoError(t, err)
		return len(out.Grants)
	}
	prepare := func(t *testing.T) (srv *kmstest.Server, k *types.KeyMetadata, g *kms.CreateGrantOutput, use func(tokens ...string) error) {
		t.Helper()
		srv = slow()
		k = settled(t, srv)
		reader := srv.Principal(role(account, "reader"))
		g, err := srv.API().CreateGrant(t.Context(), &kms.CreateGrantInput{
			KeyId: k.KeyId, GranteePrincipal: str(reader.ARN()), RetiringPrincipal: str(reader.ARN()), Name: str("g"),
			Operations: []types.GrantOperation{types.GrantOperationEncrypt},
		})
		require.NoError(t, err)
		return srv, k, g, func(tokens ...string) error {
			_, err := reader.API().Encrypt(t.Context(), &kms.EncryptInput{KeyId: k.Arn, Plaintext: []byte("x"), GrantTokens: tokens})
			return err
		}
	}

	t.Run("a new grant counts with its token at once, and without it later", func(t *testing.T) {
		t.Parallel()
		srv, k, g, use := prepare(t)
		require.NoError(t, use(*g.GrantToken))
		assert.Zero(t, grantees(t, srv.API(), &kms.ListGrantsInput{KeyId: k.KeyId}))
		assert.Zero(t, grantees(t, srv.API(), &kms.ListGrantsInput{KeyId: k.KeyId, GrantId: g.GrantId}))
		other, err := srv.API().CreateGrant(t.Context(), newGrant(k))
		require.NoError(t, err)
		refusedWith(t, use(*other.GrantToken), "AccessDeniedException")
		soon(t, srv, "AccessDeniedException", func() error { return use() })
		assert.Equal(t, 2, grantees(t, srv.API(), &kms.ListGrantsInput{KeyId: k.KeyId}))
		assert.Equal(t, 1, grantees(t, srv.API(), &kms.ListGrantsInput{KeyId: k.KeyId, GrantId: g.GrantId}))
	})

	t.Run("Explain says that a grant is not known yet", func(t *testing.T) {
		t.Parallel()
		srv, _, _, use := prepare(t)
		assert.Contains(t, srv.Explain(use()), "counts at once with its grant token")
	})

	t.Run("a new grant has its ID, and cannot be revoked, but retired with its token", func(t *testing.T) {
		t.Parallel()
		srv, k, g, use := prepare(t)
		again, err := srv.API().CreateGrant(t.Context(), &kms.CreateGrantInput{
			KeyId: k.KeyId, GranteePrincipal: str(role(account, "reader")), RetiringPrincipal: str(role(account, "reader")), Name: str("g"),
			Operations: []types.GrantOperation{types.GrantOperationEncrypt},
		})
		require.NoError(t, err)
		assert.Equal(t, *g.GrantId, *again.GrantId)
		_, err = srv.API().RevokeGrant(t.Context(), &kms.RevokeGrantInput{KeyId: k.KeyId, GrantId: g.GrantId})
		refusedWith(t, err, "NotFoundException")
		_, err = srv.API().RetireGrant(t.Context(), &kms.RetireGrantInput{GrantToken: g.GrantToken})
		require.NoError(t, err)
		refusedWith(t, use(*g.GrantToken), "AccessDeniedException")
	})

	t.Run("a grant that was revoked counts, and is listed, until that is known", func(t *testing.T) {
		t.Parallel()
		srv, k, g, use := prepare(t)
		srv.Advance(10 * time.Second)
		_, err := srv.API().RevokeGrant(t.Context(), &kms.RevokeGrantInput{KeyId: k.KeyId, GrantId: g.GrantId})
		require.NoError(t, err)
		_, err = srv.API().RevokeGrant(t.Context(), &kms.RevokeGrantInput{KeyId: k.KeyId, GrantId: g.GrantId})
		refusedWith(t, err, "NotFoundException")
		retirable := &kms.ListRetirableGrantsInput{RetiringPrincipal: str(role(account, "reader"))}
		list, err := srv.API().ListRetirableGrants(t.Context(), retirable)
		require.NoError(t, err)
		assert.Len(t, list.Grants, 1)
		assert.Equal(t, 1, grantees(t, srv.API(), &kms.ListGrantsInput{KeyId: k.KeyId}))
		stays(t, srv, "AccessDeniedException", func() error { return use() })
		assert.Zero(t, grantees(t, srv.API(), &kms.ListGrantsInput{KeyId: k.KeyId}))
		list, err = srv.API().ListRetirableGrants(t.Context(), retirable)
		require.NoError(t, err)
		assert.Empty(t, list.Grants)
	})
}

func TestWithDelays_readers(t *testing.T) {
	t.Parallel()
	const seed = 7

	t.Run("each reader has a delay of its own within the bounds, the same for the same seed", func(t *testing.T) {
		t.Parallel()
		run := func(seed uint64) (seconds []int) {
			srv := delayed(seed, kmstest.Delays{Min: 10 * time.Second, Max: 60 * time.Second})
			k := newKey(t, srv.API())
			for i := range 20 {
				c := srv.Principal(role(account, string(rune('a'+i))), allow("*")).API()
				seconds = append(seconds, -1)
				_, err := c.DescribeKey(t.Context(), &kms.DescribeKeyInput{KeyId: k.KeyId})
				refusedWith(t, err, "NotFoundException")
			}
			for s := range 61 {
				for i := range seconds {
					_, err := srv.Principal(role(account, string(rune('a'+i)))).API().DescribeKey(t.Context(), &kms.DescribeKeyInput{KeyId: k.KeyId})
					switch {
					case err == nil && seconds[i] < 0:
						seconds[i] = s
					case err != nil && seconds[i] >= 0:
						assert.Fail(t, "what was seen is not seen any more")
					}
				}
				srv.Advance(time.Second)
			}
			return seconds
		}
		first := run(seed)
		different := map[int]bool{}
		for _, s := range first {
			assert.GreaterOrEqual(t, s, 10)
			assert.LessOrEqual(t, s, 60)
			different[s] = true
		}
		assert.Greater(t, len(different), 8)
		assert.Equal(t, first, run(seed))
		assert.NotEqual(t, first, run(seed+1))
	})

	t.Run("flapping shows the old and the new until the delay is over", func(t *testing.T) {
		t.Parallel()
		srv := delayed(seed, kmstest.Delays{Min: 10 * time.Second, Flapping: true})
		k := settled(t, srv)
		_, err := srv.API().DisableKey(t.Context(), &kms.DisableKeyInput{KeyId: k.KeyId})
		require.NoError(t, err)
		states := map[types.KeyState]int{}
		for range 100 {
			states[stateOf(t, srv, k)]++
		}
		assert.InDelta(t, 50, states[types.KeyStateEnabled], 20)
		assert.Equal(t, 100, states[types.KeyStateEnabled]+states[types.KeyStateDisabled])
		srv.Advance(10 * time.Second)
		for range 20 {
			assert.Equal(t, types.KeyStateDisabled, stateOf(t, srv, k))
		}
	})

	t.Run("a negative delay is refused", func(t *testing.T) {
		t.Parallel()
		assert.Panics(t, func() { kmstest.New(kmstest.WithDelays(kmstest.Delays{Min: -1})) })
		assert.Panics(t, func() { kmstest.New(kmstest.WithDelays(kmstest.Delays{Max: -1})) })
	})
}
