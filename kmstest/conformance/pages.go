package conformance

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
)

var pageRules = []rule{
	{
		"ListAliases", "comes in pages that have everything once",
		"Limit is the size of a page at most; NextMarker is there if and only if Truncated is true.",
		func(t *trial) {
			k := t.newKey()
			want := map[string]int{}
			for range 5 {
				want[t.newAlias(*k.KeyId)] = 1
			}
			got := map[string]int{}
			in := &kms.ListAliasesInput{KeyId: k.KeyId, Limit: aws.Int32(2)}
			t.walk([]int{2, 2, 1}, func(marker *string) (int, bool, *string) {
				in.Marker = marker
				out := answer(t, t.ListAliases, in)
				for _, a := range out.Aliases {
					got[*a.AliasName]++
				}
				return len(out.Aliases), out.Truncated, out.NextMarker
			})
			equal(t, "the aliases", got, want)
		},
	},
	{
		"ListGrants", "comes in pages that have everything once",
		"Limit is the size of a page at most; NextMarker is there if and only if Truncated is true.",
		func(t *trial) {
			k := t.newKey()
			want, got := map[string]int{}, map[string]int{}
			for range 3 {
				want[*answer(t, t.CreateGrant, grantTo(k)).GrantId] = 1
			}
			in := &kms.ListGrantsInput{KeyId: k.KeyId, Limit: aws.Int32(2)}
			t.walk([]int{2, 1}, func(marker *string) (int, bool, *string) {
				in.Marker = marker
				out := answer(t, t.ListGrants, in)
				for _, g := range out.Grants {
					got[*g.GrantId]++
				}
				return len(out.Grants), out.Truncated, out.NextMarker
			})
			equal(t, "the grants", got, want)
		},
	},
	{
		"ListResourceTags", "comes in pages that have everything once",
		"Limit is the size of a page at most; NextMarker is there if and only if Truncated is true.",
		func(t *trial) {
			k := t.newKey(func(in *kms.CreateKeyInput) { in.Tags = []types.Tag{tag("a", ""), tag("b", ""), tag("c", "")} })
			want, got := map[string]int{"a": 1, "b": 1, "c": 1}, map[string]int{}
			in := &kms.ListResourceTagsInput{KeyId: k.KeyId, Limit: aws.Int32(1)}
			t.walk([]int{1, 1, 1}, func(marker *string) (int, bool, *string) {
				in.Marker = marker
				out := answer(t, t.ListResourceTags, in)
				for _, x := range out.Tags {
					got[*x.TagKey]++
				}
				return len(out.Tags), out.Truncated, out.NextMarker
			})
			equal(t, "the tags", got, want)
		},
	},
	{
		"ListKeys", "a page has Limit keys at most, and a marker if there are more",
		"Limit is the size of a page at most; NextMarker is there if and only if Truncated is true.",
		func(t *trial) {
			t.shared(symmetric)
			t.shared(anotherKey)
			out := answerThat(t, t.ListKeys, &kms.ListKeysInput{Limit: aws.Int32(1)}, func(out *kms.ListKeysOutput) string {
				return unless(len(out.Keys) == 1 && out.Truncated, "the page has %d keys, and truncated is %t", len(out.Keys), out.Truncated)
			})
			t.members("Keys", "NextMarker", "Truncated")
			next := answer(t, t.ListKeys, &kms.ListKeysInput{Limit: aws.Int32(1), Marker: out.NextMarker})
			differ(t, "the keys of two pages", *next.Keys[0].KeyId, *out.Keys[0].KeyId)
		},
	},
	invalidMarker((*kms.Client).ListKeys, func(*trial) *kms.ListKeysInput { return &kms.ListKeysInput{Marker: madeUp} }),
	invalidMarker((*kms.Client).ListAliases, func(*trial) *kms.ListAliasesInput { return &kms.ListAliasesInput{Marker: madeUp} }),
	invalidMarker((*kms.Client).ListGrants, func(t *trial) *kms.ListGrantsInput {
		return &kms.ListGrantsInput{Marker: madeUp, KeyId: t.shared(symmetric).KeyId}
	}),
	invalidMarker((*kms.Client).ListResourceTags, func(t *trial) *kms.ListResourceTagsInput {
		return &kms.ListResourceTagsInput{Marker: madeUp, KeyId: t.shared(symmetric).KeyId}
	}),
	invalidMarker((*kms.Client).ListRetirableGrants, func(t *trial) *kms.ListRetirableGrantsInput {
		return &kms.ListRetirableGrantsInput{Marker: madeUp, RetiringPrincipal: aws.String(root(t.shared(symmetric).KeyMetadata))}
	}),
	invalidMarker((*kms.Client).ListKeyRotations, func(t *trial) *kms.ListKeyRotationsInput {
		return &kms.ListKeyRotationsInput{Marker: madeUp, KeyId: t.shared(symmetric).KeyId}
	}),
	invalidMarker((*kms.Client).DescribeCustomKeyStores, func(*trial) *kms.DescribeCustomKeyStoresInput {
		return &kms.DescribeCustomKeyStoresInput{Marker: madeUp}
	}),
}

var madeUp = aws.String("bm8gbWFya2Vy")

// invalidMarker is the rule that a marker is the operation's own.
func invalidMarker[I, O any](
	op func(*kms.Client, context.Context, *I, ...func(*kms.Options)) (*O, error), in func(t *trial) *I,
) rule {
	return rule{
		nameOf[I](), "a made-up marker is InvalidMarker",
		"A marker is what the last page has given out as NextMarker, and opaque.",
		func(t *trial) {
			t.refused(nameOf[I](), "InvalidMarkerException", func() error {
				_, err := op(t.Client, t.Context(), in(t))
				return err
			})
		},
	}
}

// walk goes through the pages of a list, which must have those sizes. AWS may
// hand out smaller pages, and more of them.
func (t *trial) walk(sizes []int, page func(marker *string) (size int, truncated bool, next *string)) {
	t.Helper()
	var marker *string
	for i := 0; ; i++ {
		size, truncated, next := page(marker)
		if !t.suite.late.Load() && (i >= len(sizes) || size != sizes[i]) {
			t.Errorf("page %d has %d items, want pages of %v", i, size, sizes)
		}
		equal(t, "Truncated, where there is a marker,", truncated, next != nil)
		if marker = next; marker == nil || i > 10 {
			return
		}
	}
}
