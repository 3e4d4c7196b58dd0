package kmskit_test

import (
	"context"
	"errors"
	"iter"
	"strconv"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kmskit/kmskit"
)

// A pageRequest is what all list inputs have in common.
type pageRequest struct {
	limit  *int32
	marker *string
}

// serve answers a request for a page: the names in it and the next marker.
type serve func(pageRequest) (names []string, next *string, err error)

// A listMethod is one of the methods that range, over names for short.
type listMethod struct {
	name     string
	subject  string // what errors say the call was about
	serve    func(*fakeKMS, serve)
	rangeOn  func(context.Context, *fakeKMS, ...func(*pageRequest)) iter.Seq2[string, error]
	requests func(*testing.T, *fakeKMS) []pageRequest
}

// newList describes a list with an input of type I, an output of type O and
// items of type T.
func newList[I, O, T any](
	name, subject string,
	call func(context.Context, *fakeKMS, ...func(*I)) iter.Seq2[T, error],
	nameOf func(T) string,
	outputOf func(names []string, next *string) *O,
	requestOf func(*I) (limit **int32, marker **string),
) listMethod {
	request := func(in *I) pageRequest {
		limit, marker := requestOf(in)
		return pageRequest{*limit, *marker}
	}
	return listMethod{
		name:    name,
		subject: subject,
		serve: func(f *fakeKMS, s serve) {
			answer(f, func(in *I) (*O, error) {
				names, next, err := s(request(in))
				if err != nil {
					return nil, err
				}
				return outputOf(names, next), nil
			})
		},
		rangeOn: func(ctx context.Context, f *fakeKMS, options ...func(*pageRequest)) iter.Seq2[string, error] {
			var optFns []func(*I)
			for _, option := range options {
				optFns = append(optFns, func(in *I) {
					r := request(in)
					option(&r)
					limit, marker := requestOf(in)
					*limit, *marker = r.limit, r.marker
				})
			}
			items := call(ctx, f, optFns...)
			return func(yield func(string, error) bool) {
				for item, err := range items {
					if !yield(nameOf(item), err) {
						return
					}
				}
			}
		},
		requests: func(t *testing.T, f *fakeKMS) []pageRequest {
			t.Helper()
			var all []pageRequest
			for _, in := range sentEach[I](t, f) {
				all = append(all, request(in))
			}
			return all
		},
	}
}

func grantsNamed(names []string) []types.GrantListEntry {
	var grants []types.GrantListEntry
	for _, name := range names {
		grants = append(grants, types.GrantListEntry{GrantId: aws.String(name)})
	}
	return grants
}

func listMethods() []listMethod {
	grantName := func(grant types.GrantListEntry) string { return aws.ToString(grant.GrantId) }
	return []listMethod{
		newList(
			"ListKeys", "",
			func(ctx context.Context, f *fakeKMS, optFns ...func(*kms.ListKeysInput)) iter.Seq2[types.KeyListEntry, error] {
				return kmskit.NewKeyManager(f).ListKeys(ctx, optFns...)
			},
			func(key types.KeyListEntry) string { return aws.ToString(key.KeyId) },
			func(names []string, next *string) *kms.ListKeysOutput {
				out := &kms.ListKeysOutput{NextMarker: next, Truncated: next != nil}
				for _, name := range names {
					out.Keys = append(out.Keys, types.KeyListEntry{KeyId: aws.String(name)})
				}
				return out
			},
			func(in *kms.ListKeysInput) (**int32, **string) { return &in.Limit, &in.Marker },
		),
		newList(
			"ListAliases", "",
			func(ctx context.Context, f *fakeKMS, optFns ...func(*kms.ListAliasesInput)) iter.Seq2[types.AliasListEntry, error] {
				return kmskit.NewAliasManager(f).ListAliases(ctx, optFns...)
			},
			func(alias types.AliasListEntry) string { return aws.ToString(alias.AliasName) },
			func(names []string, next *string) *kms.ListAliasesOutput {
				out := &kms.ListAliasesOutput{NextMarker: next, Truncated: next != nil}
				for _, name := range names {
					out.Aliases = append(out.Aliases, types.AliasListEntry{AliasName: aws.String(name)})
				}
				return out
			},
			func(in *kms.ListAliasesInput) (**int32, **string) { return &in.Limit, &in.Marker },
		),
		newList(
			"ListGrants", aboutKey,
			func(ctx context.Context, f *fakeKMS, optFns ...func(*kms.ListGrantsInput)) iter.Seq2[types.GrantListEntry, error] {
				return kmskit.NewGrantManager(f).ListGrants(ctx, fakeKeyID, optFns...)
			},
			grantName,
			func(names []string, next *string) *kms.ListGrantsOutput {
				return &kms.ListGrantsOutput{NextMarker: next, Truncated: next != nil, Grants: grantsNamed(names)}
			},
			func(in *kms.ListGrantsInput) (**int32, **string) { return &in.Limit, &in.Marker },
		),
		newList(
			"ListRetirableGrants", ` (retiring principal "`+fakeRole+`")`,
			func(ctx context.Context, f *fakeKMS, optFns ...func(*kms.ListRetirableGrantsInput)) iter.Seq2[types.GrantListEntry, error] {
				return kmskit.NewGrantManager(f).ListRetirableGrants(ctx, fakeRole, optFns...)
			},
			grantName,
			func(names []string, next *string) *kms.ListRetirableGrantsOutput {
				return &kms.ListRetirableGrantsOutput{NextMarker: next, Truncated: next != nil, Grants: grantsNamed(names)}
			},
			func(in *kms.ListRetirableGrantsInput) (**int32, **string) { return &in.Limit, &in.Marker },
		),
		newList(
			"ListKeyPolicies", aboutKey,
			func(ctx context.Context, f *fakeKMS, optFns ...func(*kms.ListKeyPoliciesInput)) iter.Seq2[string, error] {
				return kmskit.NewPolicyManager(f).ListKeyPolicies(ctx, fakeKeyID, optFns...)
			},
			func(name string) string { return name },
			func(names []string, next *string) *kms.ListKeyPoliciesOutput {
				return &kms.ListKeyPoliciesOutput{NextMarker: next, Truncated: next != nil, PolicyNames: names}
			},
			func(in *kms.ListKeyPoliciesInput) (**int32, **string) { return &in.Limit, &in.Marker },
		),
		newList(
			"ListKeyRotations", aboutKey,
			func(ctx context.Context, f *fakeKMS, optFns ...func(*kms.ListKeyRotationsInput)) iter.Seq2[types.RotationsListEntry, error] {
				return kmskit.NewRotationManager(f).ListKeyRotations(ctx, fakeKeyID, optFns...)
			},
			func(item types.RotationsListEntry) string { return aws.ToString(item.KeyMaterialId) },
			func(names []string, next *string) *kms.ListKeyRotationsOutput {
				out := &kms.ListKeyRotationsOutput{NextMarker: next, Truncated: next != nil}
				for _, name := range names {
					out.Rotations = append(out.Rotations, types.RotationsListEntry{KeyMaterialId: aws.String(name)})
				}
				return out
			},
			func(in *kms.ListKeyRotationsInput) (**int32, **string) { return &in.Limit, &in.Marker },
		),
		newList(
			"ListResourceTags", aboutKey,
			func(ctx context.Context, f *fakeKMS, optFns ...func(*kms.ListResourceTagsInput)) iter.Seq2[types.Tag, error] {
				return kmskit.NewTagManager(f).ListResourceTags(ctx, fakeKeyID, optFns...)
			},
			func(item types.Tag) string { return aws.ToString(item.TagKey) },
			func(names []string, next *string) *kms.ListResourceTagsOutput {
				out := &kms.ListResourceTagsOutput{NextMarker: next, Truncated: next != nil}
				for _, name := range names {
					out.Tags = append(out.Tags, types.Tag{TagKey: aws.String(name)})
				}
				return out
			},
			func(in *kms.ListResourceTagsInput) (**int32, **string) { return &in.Limit, &in.Marker },
		),
		newList(
			"DescribeCustomKeyStores", "",
			func(ctx context.Context, f *fakeKMS, optFns ...func(*kms.DescribeCustomKeyStoresInput)) iter.Seq2[types.CustomKeyStoresListEntry, error] {
				return kmskit.NewKeyStoreManager(f).DescribeCustomKeyStores(ctx, optFns...)
			},
			func(item types.CustomKeyStoresListEntry) string { return aws.ToString(item.CustomKeyStoreId) },
			func(names []string, next *string) *kms.DescribeCustomKeyStoresOutput {
				out := &kms.DescribeCustomKeyStoresOutput{NextMarker: next, Truncated: next != nil}
				for _, name := range names {
					out.CustomKeyStores = append(out.CustomKeyStores, types.CustomKeyStoresListEntry{CustomKeyStoreId: aws.String(name)})
				}
				return out
			},
			func(in *kms.DescribeCustomKeyStoresInput) (**int32, **string) { return &in.Limit, &in.Marker },
		),
	}
}

// pagesOf serves these pages under the markers "1", "2" and so on.
func pagesOf(pages ...[]string) serve {
	return func(r pageRequest) ([]string, *string, error) {
		i := 0
		if r.marker != nil {
			var err error
			if i, err = strconv.Atoi(*r.marker); err != nil {
				return nil, nil, err
			}
		}
		if i+1 < len(pages) {
			return pages[i], aws.String(strconv.Itoa(i + 1)), nil
		}
		return pages[i], nil, nil
	}
}

// failingAt serves as s does, but for the marker at which it returns err.
func failingAt(marker string, err error, s serve) serve {
	return func(r pageRequest) ([]string, *string, error) {
		if aws.ToString(r.marker) == marker {
			return nil, nil, err
		}
		return s(r)
	}
}

// collect ranges to the end and returns all names and all errors, or the first
// few: a range that goes on after its error may never end.
func collect(items iter.Seq2[string, error]) (names []string, errs []error) {
	for name, err := range items {
		if err != nil {
			errs = append(errs, err)
		} else {
			names = append(names, name)
		}
		if len(errs) > 3 {
			break
		}
	}
	return names, errs
}

func TestLists(t *testing.T) {
	t.Parallel()
	for _, l := range listMethods() {
		t.Run(l.name, func(t *testing.T) {
			t.Parallel()

			t.Run("yields the items of all pages in order", func(t *testing.T) {
				t.Parallel()
				f := newFake()
				l.serve(f, pagesOf([]string{"a", "b"}, []string{"c"}, []string{"d", "e"}))
				names, errs := collect(l.rangeOn(t.Context(), f))
				assert.Empty(t, errs)
				assert.Equal(t, []string{"a", "b", "c", "d", "e"}, names)
				assert.Equal(t, []pageRequest{{}, {marker: aws.String("1")}, {marker: aws.String("2")}}, l.requests(t, f))
			})

			t.Run("goes on after an empty page", func(t *testing.T) {
				t.Parallel()
				f := newFake()
				l.serve(f, pagesOf(nil, []string{"a"}, nil, []string{"b"}, nil))
				names, errs := collect(l.rangeOn(t.Context(), f))
				assert.Empty(t, errs)
				assert.Equal(t, []string{"a", "b"}, names)
				assert.Equal(t, 5, f.calls())
			})

			t.Run("makes no call before it is ranged over", func(t *testing.T) {
				t.Parallel()
				f := newFake()
				l.rangeOn(t.Context(), f)
				assert.Zero(t, f.calls())
			})

			t.Run("asks for the next page only when the range gets there", func(t *testing.T) {
				t.Parallel()
				f := newFake()
				l.serve(f, pagesOf([]string{"a", "b"}, []string{"c"}))
				next, stop := iter.Pull2(l.rangeOn(t.Context(), f))
				defer stop()
				for _, want := range []struct {
					name  string
					calls int
				}{{"a", 1}, {"b", 1}, {"c", 2}} {
					name, err, ok := next()
					require.NoError(t, err)
					require.True(t, ok)
					assert.Equal(t, want.name, name)
					assert.Equal(t, want.calls, f.calls(), "calls by %s", name)
				}
				_, _, ok := next()
				assert.False(t, ok)
				assert.Equal(t, 2, f.calls())
			})

			t.Run("stops calling on break", func(t *testing.T) {
				t.Parallel()
				for _, last := range []string{"a", "b", "c"} { // within a page and at its end
					f := newFake()
					l.serve(f, pagesOf([]string{"a", "b"}, []string{"c"}, []string{"d"}))
					for name, err := range l.rangeOn(t.Context(), f) {
						require.NoError(t, err)
						if name == last {
							break
						}
					}
					want := 1
					if last == "c" {
						want = 2
					}
					assert.Equal(t, want, f.calls(), "calls up to %s", last)
				}
			})

			t.Run("yields an error once and last, with a zero item", func(t *testing.T) {
				t.Parallel()
				f := newFake()
				cause := errors.New("connection reset")
				l.serve(f, failingAt("1", cause, pagesOf([]string{"a", "b"}, nil, []string{"c"})))
				type element struct {
					name string
					err  error
				}
				var got []element
				for name, err := range l.rangeOn(t.Context(), f) {
					got = append(got, element{name, err})
					if len(got) > 10 {
						break // what does not end at its error may never end
					}
				}
				require.Len(t, got, 3)
				assert.Equal(t, []element{{"a", nil}, {"b", nil}}, got[:2])
				assert.Empty(t, got[2].name)
				require.ErrorIs(t, got[2].err, cause)
				require.EqualError(t, got[2].err, "kmskit: "+l.name+l.subject+": connection reset")
				assert.Equal(t, 2, f.calls())
			})

			t.Run("may be left at the error", func(t *testing.T) {
				t.Parallel()
				f := failing(errors.New("connection reset"))
				assert.NotPanics(t, func() {
					for _, err := range l.rangeOn(t.Context(), f) {
						require.Error(t, err)
						break
					}
				})
				assert.Equal(t, 1, f.calls())
			})

			t.Run("starts afresh when ranged over twice", func(t *testing.T) {
				t.Parallel()
				f := newFake()
				l.serve(f, pagesOf([]string{"a"}, []string{"b"}))
				items := l.rangeOn(t.Context(), f)
				for range items { //nolint:errcheck // of a range that is left
					break
				}
				for range 2 {
					names, errs := collect(items)
					assert.Empty(t, errs)
					assert.Equal(t, []string{"a", "b"}, names)
				}
				assert.Equal(t, 5, f.calls())
			})

			t.Run("starts afresh after an error", func(t *testing.T) {
				t.Parallel()
				f := newFake()
				broken := true
				l.serve(f, func(pageRequest) ([]string, *string, error) {
					if broken {
						return nil, nil, errors.New("connection reset")
					}
					return []string{"a"}, nil, nil
				})
				items := l.rangeOn(t.Context(), f)
				require.Error(t, drain(items))
				broken = false
				names, errs := collect(items)
				assert.Empty(t, errs)
				assert.Equal(t, []string{"a"}, names)
			})

			t.Run("keeps two ranges at once apart", func(t *testing.T) {
				t.Parallel()
				f := newFake()
				l.serve(f, pagesOf([]string{"a"}, []string{"b"}, []string{"c"}))
				items := l.rangeOn(t.Context(), f, func(r *pageRequest) { r.limit = aws.Int32(1) })
				var pairs []string
				for outer, err := range items {
					require.NoError(t, err)
					for inner, err := range items {
						require.NoError(t, err)
						pairs = append(pairs, outer+inner)
					}
				}
				assert.Equal(t, []string{"aa", "ab", "ac", "ba", "bb", "bc", "ca", "cb", "cc"}, pairs)
			})

			t.Run("runs options once a range, when it begins", func(t *testing.T) {
				t.Parallel()
				f := newFake()
				l.serve(f, pagesOf([]string{"a"}, []string{"b"}))
				runs := 0
				items := l.rangeOn(t.Context(), f, func(r *pageRequest) {
					runs++
					assert.Nil(t, r.marker, "an option must not see where another range stopped")
				})
				assert.Zero(t, runs)
				require.NoError(t, drain(items))
				assert.Equal(t, 1, runs)
				require.NoError(t, drain(items))
				assert.Equal(t, 2, runs)
			})

			t.Run("keeps the Limit on every page", func(t *testing.T) {
				t.Parallel()
				f := newFake()
				l.serve(f, pagesOf([]string{"a"}, []string{"b"}))
				require.NoError(t, drain(l.rangeOn(t.Context(), f, func(r *pageRequest) { r.limit = aws.Int32(7) })))
				assert.Equal(t, []pageRequest{
					{limit: aws.Int32(7)},
					{limit: aws.Int32(7), marker: aws.String("1")},
				}, l.requests(t, f))
			})

			t.Run("starts at the Marker that an option sets, each time", func(t *testing.T) {
				t.Parallel()
				f := newFake()
				l.serve(f, pagesOf([]string{"a"}, []string{"b"}, []string{"c"}))
				items := l.rangeOn(t.Context(), f, func(r *pageRequest) { r.marker = aws.String("1") })
				for range 2 {
					names, errs := collect(items)
					assert.Empty(t, errs)
					assert.Equal(t, []string{"b", "c"}, names)
				}
			})

			t.Run("reports a page that is nil without an error", func(t *testing.T) {
				t.Parallel()
				f := newFake()
				f.absent = true
				names, errs := collect(l.rangeOn(t.Context(), f))
				assert.Empty(t, names)
				require.Len(t, errs, 1)
				require.ErrorIs(t, errs[0], kmskit.ErrIncompleteOutput)
				assert.EqualError(t, errs[0], "kmskit: "+l.name+l.subject+": incomplete output: the answer lacks a page")
				assert.Equal(t, 1, f.calls())
			})

			t.Run("passes the context on to every page", func(t *testing.T) {
				t.Parallel()
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				f := newFake()
				f.fail = context.Context.Err
				l.serve(f, pagesOf([]string{"a"}, []string{"b"}))
				var errs []error
				for _, err := range l.rangeOn(ctx, f) {
					if err != nil {
						errs = append(errs, err)
					}
					if len(errs) > 3 {
						break
					}
					cancel()
				}
				require.Len(t, errs, 1)
				require.ErrorIs(t, errs[0], context.Canceled)
				assert.Equal(t, 2, f.calls())
			})
		})
	}
}
