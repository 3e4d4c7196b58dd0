package kmstest_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/kmskit/kmskit"
	"github.com/kmskit/kmskit/kmstest"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// tags makes tags of "key=value" texts.
func tags(pairs ...string) []types.Tag {
	list := make([]types.Tag, len(pairs))
	for i, p := range pairs {
		k, v, _ := strings.Cut(p, "=")
		list[i] = types.Tag{TagKey: &k, TagValue: &v}
	}
	return list
}

func manyTags(prefix string, n int) []types.Tag {
	pairs := make([]string, n)
	for i := range pairs {
		pairs[i] = fmt.Sprintf("%s%02d=v", prefix, i)
	}
	return tags(pairs...)
}

func tag(t testing.TB, c caller, k *types.KeyMetadata, pairs ...string) {
	t.Helper()
	_, err := c.TagResource(t.Context(), &kms.TagResourceInput{KeyId: k.KeyId, Tags: tags(pairs...)})
	require.NoError(t, err)
}

func tagsOf(t testing.TB, c caller, k *types.KeyMetadata) []types.Tag {
	t.Helper()
	out, err := c.ListResourceTags(t.Context(), &kms.ListResourceTagsInput{KeyId: k.KeyId})
	require.NoError(t, err)
	return out.Tags
}

// onlyIf is an identity policy that allows an action under a condition.
func onlyIf(action string, c kmskit.Condition) kmstest.PrincipalOption {
	return kmstest.WithPolicy(&kmskit.PolicyDocument{
		Version: "2012-10-17",
		Statement: []kmskit.Statement{{
			Effect: kmskit.Allow, Action: kmskit.StringList{action}, Resource: kmskit.StringList{"*"}, Condition: c,
		}},
	})
}

func TestTags(t *testing.T) {
	t.Parallel()
	t.Run("are put on, replaced, listed by tag key and taken off", func(t *testing.T) {
		t.Parallel()
		everyDepth(t, func(t *testing.T, _ *kmstest.Server, c caller) {
			k := newKey(t, c, func(in *kms.CreateKeyInput) { in.Tags = tags("tag2=value2", "tag1=value1", "Tag1=other") })
			assert.Equal(t, tags("Tag1=other", "tag1=value1", "tag2=value2"), tagsOf(t, c, k))

			tag(t, c, k, "tag4=", "tag2=updated", "tag0=first")
			assert.Equal(t, tags("Tag1=other", "tag0=first", "tag1=value1", "tag2=updated", "tag4="), tagsOf(t, c, k))

			_, err := c.UntagResource(t.Context(), &kms.UntagResourceInput{KeyId: k.Arn, TagKeys: []string{"tag1", "tag4", "none", "TAG2"}})
			require.NoError(t, err, "a tag key that is not there is no error")
			assert.Equal(t, tags("Tag1=other", "tag0=first", "tag2=updated"), tagsOf(t, c, k))
		})
	})

	t.Run("of a key without any are an empty list", func(t *testing.T) {
		t.Parallel()
		srv := kmstest.New()
		k := newKey(t, srv.API())
		assert.JSONEq(t, `{"Tags":[],"Truncated":false}`,
			post(srv, "TrentService.ListResourceTags", `{"KeyId":"`+*k.KeyId+`"}`).Body.String())
	})

	t.Run("decide at once what a policy allows", func(t *testing.T) {
		t.Parallel()
		everyDepth(t, func(t *testing.T, srv *kmstest.Server, c caller) {
			k := newKey(t, c)
			reader := srv.Principal(role(account, "reader"), onlyIf("kms:DescribeKey",
				kmskit.Condition{"StringEquals": {"aws:ResourceTag/team": {"blue"}}})).API()
			describe := func() error {
				_, err := reader.DescribeKey(t.Context(), &kms.DescribeKeyInput{KeyId: k.KeyId})
				return err
			}
			refusedWith(t, describe(), "AccessDeniedException")
			tag(t, c, k, "team=blue")
			require.NoError(t, describe())
			tag(t, c, k, "team=red")
			refusedWith(t, describe(), "AccessDeniedException")
			tag(t, c, k, "team=blue")
			_, err := c.UntagResource(t.Context(), &kms.UntagResourceInput{KeyId: k.KeyId, TagKeys: []string{"team"}})
			require.NoError(t, err)
			refusedWith(t, describe(), "AccessDeniedException")
		})
	})

	t.Run("of a request are conditions", func(t *testing.T) {
		t.Parallel()
		srv := kmstest.New()
		k := newKey(t, srv.API())
		tagger := srv.Principal(role(account, "tagger"),
			onlyIf("kms:TagResource", kmskit.Condition{
				"StringEquals":              {"aws:RequestTag/team": {"blue"}},
				"ForAllValues:StringEquals": {"aws:TagKeys": {"team", "stage"}},
			}),
			onlyIf("kms:UntagResource", kmskit.Condition{"ForAllValues:StringEquals": {"aws:TagKeys": {"stage"}}}),
		).API()
		put := func(pairs ...string) error {
			_, err := tagger.TagResource(t.Context(), &kms.TagResourceInput{KeyId: k.KeyId, Tags: tags(pairs...)})
			return err
		}
		remove := func(keys ...string) error {
			_, err := tagger.UntagResource(t.Context(), &kms.UntagResourceInput{KeyId: k.KeyId, TagKeys: keys})
			return err
		}
		require.NoError(t, put("team=blue", "stage=prod"))
		refusedWith(t, put("team=red"), "AccessDeniedException")
		refusedWith(t, put("team=blue", "cost=1"), "AccessDeniedException")
		refusedWith(t, remove("stage", "team"), "AccessDeniedException")
		require.NoError(t, remove("stage"))
		assert.Equal(t, tags("team=blue"), tagsOf(t, srv.API(), k))
	})

	t.Run("of many callers at a time are all there", func(t *testing.T) {
		t.Parallel()
		srv := kmstest.New()
		k := newKey(t, srv.API())
		var wg sync.WaitGroup
		for _, one := range manyTags("t", 50) {
			wg.Go(func() {
				_, err := srv.API().TagResource(t.Context(), &kms.TagResourceInput{KeyId: k.KeyId, Tags: []types.Tag{one}})
				assert.NoError(t, err)
			})
		}
		wg.Wait()
		assert.Equal(t, manyTags("t", 50), tagsOf(t, srv.API(), k))
	})

	t.Run("are not those of the caller's memory", func(t *testing.T) {
		t.Parallel()
		c := kmstest.New().API()
		k := newKey(t, c)
		in := &kms.TagResourceInput{KeyId: k.KeyId, Tags: tags("a=b")}
		_, err := c.TagResource(t.Context(), in)
		require.NoError(t, err)
		*in.Tags[0].TagValue = "changed"
		*tagsOf(t, c, k)[0].TagValue = "changed"
		assert.Equal(t, tags("a=b"), tagsOf(t, c, k))
	})
}

func TestTags_refusals(t *testing.T) {
	t.Parallel()
	everyDepth(t, func(t *testing.T, srv *kmstest.Server, c caller) {
		k := newKey(t, c)
		newAlias(t, c, "alias/orders", k)
		put := func(keyID string, list []types.Tag) error {
			_, err := c.TagResource(t.Context(), &kms.TagResourceInput{KeyId: &keyID, Tags: list})
			return err
		}
		remove := func(keyID string, keys ...string) error {
			_, err := c.UntagResource(t.Context(), &kms.UntagResourceInput{KeyId: &keyID, TagKeys: keys})
			return err
		}
		get := func(keyID string) error {
			_, err := c.ListResourceTags(t.Context(), &kms.ListResourceTagsInput{KeyId: &keyID})
			return err
		}
		id := *k.KeyId
		refused(t, put(id, tags("a=1", "a=2")), "TagException", "Duplicate tag keys")
		for _, reserved := range []string{"aws:key1", "AWS:key1", "Aws:"} {
			refused(t, put(id, tags(reserved+"=1")), "TagException", "Tags beginning with aws: are reserved")
			refused(t, remove(id, "a", reserved), "TagException", "Tags beginning with aws: are reserved")
		}
		for _, invalid := range []string{"a&b=1", "a=b,c", "a=\t", "\u20ac=1"} {
			refused(t, put(id, tags(invalid)), "TagException", "Invalid tag")
		}
		refused(t, put(id, manyTags("t", 51)), "TagException", "Too many tags")
		assert.Empty(t, tagsOf(t, c, k), "what is refused changes nothing")

		require.NoError(t, put(id, manyTags("t", 49)))
		before := tagsOf(t, c, k)
		refused(t, put(id, append(tags("t00=changed"), manyTags("u", 2)...)), "LimitExceededException", "Too many tags")
		assert.Equal(t, before, tagsOf(t, c, k))
		require.NoError(t, put(id, manyTags("u", 1)))
		require.NoError(t, put(id, manyTags("t", 3)), "tags that replace others")
		assert.Len(t, tagsOf(t, c, k), 50)

		absent := "1234abcd-12ab-34cd-56ef-1234567890ab"
		foreign := "arn:aws:kms:us-east-1:" + other + ":key/" + absent
		for _, try := range []func(string) error{
			func(keyID string) error { return put(keyID, tags("a=b")) },
			func(keyID string) error { return remove(keyID, "a") },
			get,
		} {
			refused(t, try("alias/orders"), "InvalidArnException", "Key Aliases are not supported for this operation.")
			refused(t, try("orders"), "NotFoundException", "Invalid keyId 'orders'")
			refused(t, try(absent), "NotFoundException", "Key '"+arnOf("key/"+absent)+"' does not exist")
			refusedWith(t, try(foreign), "AccessDeniedException")
		}
		_, err := c.ListResourceTags(t.Context(), &kms.ListResourceTagsInput{KeyId: &id, Marker: str("x")})
		refused(t, err, "InvalidMarkerException", "")

		nobody := srv.Principal(role(account, "nobody")).API()
		_, err = nobody.TagResource(t.Context(), &kms.TagResourceInput{KeyId: &id, Tags: tags("aws:a=b")})
		refusedWith(t, err, "AccessDeniedException") // before what is wrong with the tags
	})
}

func TestListResourceTags_pages(t *testing.T) {
	t.Parallel()
	c := kmstest.New().Client(once)
	k := newKey(t, c, func(in *kms.CreateKeyInput) { in.Tags = manyTags("t", 50) })
	another := newKey(t, c)

	var got []types.Tag
	pages := kms.NewListResourceTagsPaginator(c, &kms.ListResourceTagsInput{KeyId: k.KeyId, Limit: aws.Int32(20)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		require.NoError(t, err)
		got = append(got, page.Tags...)
		if len(got) == 20 { // between two pages
			tag(t, c, another, "t30=v")
			_, err = c.UntagResource(t.Context(), &kms.UntagResourceInput{KeyId: k.KeyId, TagKeys: []string{"t19", "t05"}})
			require.NoError(t, err)
		}
	}
	assert.Equal(t, manyTags("t", 50), got)

	first, err := c.ListResourceTags(t.Context(), &kms.ListResourceTagsInput{KeyId: k.KeyId, Limit: aws.Int32(1)})
	require.NoError(t, err)
	assert.True(t, first.Truncated)
	_, err = c.ListResourceTags(t.Context(), &kms.ListResourceTagsInput{KeyId: another.KeyId, Marker: first.NextMarker})
	refusedWith(t, err, "InvalidMarkerException")
	all, err := c.ListResourceTags(t.Context(), &kms.ListResourceTagsInput{KeyId: k.KeyId, Limit: aws.Int32(1000)})
	require.NoError(t, err)
	assert.Len(t, all.Tags, 48)
	assert.False(t, all.Truncated)
}

func TestUpdateKeyDescription(t *testing.T) {
	t.Parallel()
	everyDepth(t, func(t *testing.T, _ *kmstest.Server, c caller) {
		k := newKey(t, c, func(in *kms.CreateKeyInput) { in.Description = str("orders") })
		newAlias(t, c, "alias/orders", k)
		update := func(keyID, description string) error {
			_, err := c.UpdateKeyDescription(t.Context(), &kms.UpdateKeyDescriptionInput{KeyId: &keyID, Description: &description})
			return err
		}
		for _, description := range []string{"invoices", "", strings.Repeat("x", 8192)} {
			require.NoError(t, update(*k.KeyId, description))
			out, err := c.DescribeKey(t.Context(), &kms.DescribeKeyInput{KeyId: k.KeyId})
			require.NoError(t, err)
			assert.Equal(t, description, *out.KeyMetadata.Description)
		}
		refusedWith(t, update(*k.KeyId, strings.Repeat("x", 8193)), "ValidationException")
		refused(t, update("alias/orders", "x"), "InvalidArnException", "Key Aliases are not supported for this operation.")
		absent := "1234abcd-12ab-34cd-56ef-1234567890ab"
		refused(t, update(absent, "x"), "NotFoundException", "Key '"+arnOf("key/"+absent)+"' does not exist")
	})
}
