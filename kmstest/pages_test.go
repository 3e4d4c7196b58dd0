package kmstest_test

import (
	"encoding/base64"
	"fmt"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/kmskit/kmskit/kmstest"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A list is one of the operations that answer in pages, with what it lists.
type list struct {
	name        string
	usual, most int
	add         func(t *testing.T, i int)
	page        func(t *testing.T, limit *int32, marker *string) (items []string, next *string, truncated bool, err error)
}

// lists returns the lists of a Server, all of them empty.
func lists(t *testing.T, c caller) []list {
	t.Helper()
	k, retirer := newKey(t, c), role(account, "retirer")
	grant := func(change func(in *kms.CreateGrantInput, i int)) func(*testing.T, int) {
		return func(t *testing.T, i int) {
			t.Helper()
			in := newGrant(k)
			change(in, i)
			_, err := c.CreateGrant(t.Context(), in)
			require.NoError(t, err)
		}
	}
	ids := func(grants []types.GrantListEntry) (ids []string) {
		for _, g := range grants {
			ids = append(ids, *g.GrantId)
		}
		return ids
	}
	return []list{
		{
			"ListKeys", 100, 1000, func(t *testing.T, _ int) { newKey(t, c) },
			func(t *testing.T, limit *int32, marker *string) (items []string, next *string, truncated bool, err error) {
				out, err := c.ListKeys(t.Context(), &kms.ListKeysInput{Limit: limit, Marker: marker})
				if err != nil {
					return nil, nil, false, err
				}
				for _, k := range out.Keys {
					items = append(items, *k.KeyId)
				}
				return items, out.NextMarker, out.Truncated, nil
			},
		},
		{
			"ListAliases", 50, 100, func(t *testing.T, i int) { newAlias(t, c, fmt.Sprintf("alias/%04d", i), k) },
			func(t *testing.T, limit *int32, marker *string) (items []string, next *string, truncated bool, err error) {
				out, err := c.ListAliases(t.Context(), &kms.ListAliasesInput{Limit: limit, Marker: marker})
				if err != nil {
					return nil, nil, false, err
				}
				for _, a := range out.Aliases {
					items = append(items, *a.AliasName)
				}
				return items, out.NextMarker, out.Truncated, nil
			},
		},
		{
			"ListGrants", 50, 100, grant(func(*kms.CreateGrantInput, int) {}),
			func(t *testing.T, limit *int32, marker *string) ([]string, *string, bool, error) {
				out, err := c.ListGrants(t.Context(), &kms.ListGrantsInput{KeyId: k.KeyId, Limit: limit, Marker: marker})
				if err != nil {
					return nil, nil, false, err
				}
				return ids(out.Grants), out.NextMarker, out.Truncated, nil
			},
		},
		{
			"ListGrants of a grantee", 50, 100, grant(func(in *kms.CreateGrantInput, _ int) { in.GranteePrincipal = str(role(account, "one")) }),
			func(t *testing.T, limit *int32, marker *string) ([]string, *string, bool, error) {
				out, err := c.ListGrants(t.Context(), &kms.ListGrantsInput{
					KeyId: k.KeyId, GranteePrincipal: str(role(account, "one")), Limit: limit, Marker: marker,
				})
				if err != nil {
					return nil, nil, false, err
				}
				return ids(out.Grants), out.NextMarker, out.Truncated, nil
			},
		},
		{
			"ListRetirableGrants", 50, 100, grant(func(in *kms.CreateGrantInput, _ int) { in.RetiringPrincipal = &retirer }),
			func(t *testing.T, limit *int32, marker *string) ([]string, *string, bool, error) {
				out, err := c.ListRetirableGrants(t.Context(), &kms.ListRetirableGrantsInput{RetiringPrincipal: &retirer, Limit: limit, Marker: marker})
				if err != nil {
					return nil, nil, false, err
				}
				return ids(out.Grants), out.NextMarker, out.Truncated, nil
			},
		},
	}
}

func TestPages(t *testing.T) {
	t.Parallel()
	for i, l := range lists(t, kmstest.New().API()) {
		t.Run(l.name, func(t *testing.T) {
			t.Parallel()
			t.Run("have the sizes of KMS", func(t *testing.T) {
				t.Parallel()
				l := lists(t, kmstest.New().API())[i]
				for n := range l.most + 1 {
					l.add(t, n)
				}
				for _, size := range []struct {
					limit *int32
					want  int
				}{{nil, l.usual}, {aws.Int32(1), 1}, {aws.Int32(1000), l.most}} {
					items, next, truncated, err := l.page(t, size.limit, nil)
					require.NoError(t, err)
					assert.Len(t, items, size.want)
					assert.True(t, truncated)
					assert.NotNil(t, next)
				}
			})

			t.Run("together have every item once", func(t *testing.T) {
				t.Parallel()
				everyDepth(t, func(t *testing.T, _ *kmstest.Server, c caller) {
					l := lists(t, c)[i]
					for n := range 7 {
						l.add(t, n)
					}
					want, _, _, err := l.page(t, nil, nil)
					require.NoError(t, err)
					var got []string
					var marker *string
					for pages := 1; ; pages++ {
						items, next, truncated, err := l.page(t, aws.Int32(3), marker)
						require.NoError(t, err)
						assert.Equal(t, truncated, next != nil)
						got = append(got, items...)
						if marker = next; marker == nil {
							break
						}
						require.Less(t, pages, 4)
					}
					assert.Equal(t, want, got)
				})
			})

			t.Run("do not lose their place when items come", func(t *testing.T) {
				t.Parallel()
				l := lists(t, kmstest.New().API())[i]
				for n := 1; n < 5; n++ {
					l.add(t, n)
				}
				first, next, _, err := l.page(t, aws.Int32(2), nil)
				require.NoError(t, err)
				l.add(t, 0)
				l.add(t, 9)
				rest, _, _, err := l.page(t, nil, next)
				require.NoError(t, err)
				for _, item := range first {
					assert.NotContains(t, rest, item)
				}
				assert.GreaterOrEqual(t, len(rest), 3)
			})

			t.Run("refuse a marker that is not their own", func(t *testing.T) {
				t.Parallel()
				everyDepth(t, func(t *testing.T, _ *kmstest.Server, c caller) {
					all := lists(t, c)
					markers := []string{"x", "!", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}
					for n, l := range all {
						l.add(t, 1)
						l.add(t, 2)
						_, next, _, err := l.page(t, aws.Int32(1), nil)
						require.NoError(t, err)
						if n != i {
							markers = append(markers, *next)
							continue
						}
						b, err := base64.RawURLEncoding.DecodeString(*next)
						require.NoError(t, err, "the test alters the marker byte by byte")
						for at := range b {
							b[at] ^= 1
							markers = append(markers, base64.RawURLEncoding.EncodeToString(b))
							b[at] ^= 1
						}
					}
					for _, m := range markers {
						_, _, _, err := all[i].page(t, nil, &m)
						refused(t, err, "InvalidMarkerException", "")
					}
				})
			})
		})
	}

	t.Run("of other Regions, accounts and Servers have other markers", func(t *testing.T) {
		t.Parallel()
		srv := kmstest.New()
		elsewhere := []caller{
			srv.Client(func(o *kms.Options) { o.Region = "eu-west-1" }),
			srv.Principal(role(other, "owner"), allow("kms:*")).API(),
			kmstest.New().API(),
		}
		c := srv.API()
		newKey(t, c)
		newKey(t, c)
		out, err := c.ListKeys(t.Context(), &kms.ListKeysInput{Limit: aws.Int32(1)})
		require.NoError(t, err)
		for _, e := range elsewhere {
			_, err := e.ListKeys(t.Context(), &kms.ListKeysInput{Marker: out.NextMarker})
			refusedWith(t, err, "InvalidMarkerException")
		}
	})

	t.Run("go on behind an item that is gone", func(t *testing.T) {
		t.Parallel()
		c := kmstest.New().API()
		k := newKey(t, c)
		for _, name := range []string{"alias/a", "alias/b", "alias/c"} {
			newAlias(t, c, name, k)
		}
		out, err := c.ListAliases(t.Context(), &kms.ListAliasesInput{Limit: aws.Int32(2)})
		require.NoError(t, err)
		_, err = c.DeleteAlias(t.Context(), &kms.DeleteAliasInput{AliasName: str("alias/b")})
		require.NoError(t, err)
		out, err = c.ListAliases(t.Context(), &kms.ListAliasesInput{Marker: out.NextMarker})
		require.NoError(t, err)
		require.Len(t, out.Aliases, 1)
		assert.Equal(t, "alias/c", *out.Aliases[0].AliasName)
	})
}
