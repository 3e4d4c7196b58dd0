package conformance

import (
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
)

var tagRules = []rule{
	{
		"TagResource", "has no output, adds tags and replaces values",
		"A tag key is on a key once: a second value replaces the first, and other tags stay.",
		func(t *trial) {
			k := t.newKey()
			answer(t, t.TagResource, &kms.TagResourceInput{KeyId: k.KeyId, Tags: []types.Tag{tag("colour", "blue"), tag("Colour", "")}})
			t.empty()
			answer(t, t.TagResource, &kms.TagResourceInput{KeyId: k.Arn, Tags: []types.Tag{tag("colour", "red")}})
			t.hasTags(*k.KeyId, map[string]string{"colour": "red", "Colour": ""})
		},
	},
	{
		"TagResource", "a reserved or doubled tag key is a TagException",
		"Tag keys that begin with aws: belong to AWS, and a request names each tag key once.",
		func(t *trial) {
			k := t.shared(symmetric)
			for _, tags := range [][]types.Tag{{tag("aws:a", "")}, {tag("a", "1"), tag("a", "2")}} {
				refusal(t, t.TagResource, &kms.TagResourceInput{KeyId: k.KeyId, Tags: tags}, "TagException")
			}
		},
	},
	{
		"TagResource", "a character that tags have not is a TagException",
		"Tags consist of letters, digits and spaces of any script, and of _ . : / = + - @.",
		func(t *trial) {
			k := t.newKey()
			answer(t, t.TagResource, &kms.TagResourceInput{KeyId: k.KeyId, Tags: []types.Tag{tag("Größe 1_.:/=+-@", "日本 ٣_.:/=+-@")}})
			for _, invalid := range []types.Tag{tag("a&b", ""), tag("a", "b&c"), tag("a", "(b)"), tag("a", "b,c")} {
				refusal(t, t.TagResource, &kms.TagResourceInput{KeyId: k.KeyId, Tags: []types.Tag{invalid}}, "TagException")
			}
		},
	},
	{
		"TagResource", "a 51st tag is LimitExceeded",
		"A key has 50 tags at most; replacing one of them is fine.",
		func(t *trial) {
			tags := make([]types.Tag, 50)
			for i := range tags {
				tags[i] = tag(fmt.Sprint("tag", i), "")
			}
			k := t.newKey(func(in *kms.CreateKeyInput) { in.Tags = tags })
			answer(t, t.TagResource, &kms.TagResourceInput{KeyId: k.KeyId, Tags: []types.Tag{tag("tag0", "new")}})
			refusal(t, t.TagResource, &kms.TagResourceInput{KeyId: k.KeyId, Tags: []types.Tag{tag("another", "")}}, "LimitExceededException")
		},
	},
	{
		"UntagResource", "has no output, and takes no notice of absent tags",
		"UntagResource removes the tags that are there.",
		func(t *trial) {
			k := t.newKey(func(in *kms.CreateKeyInput) { in.Tags = []types.Tag{tag("colour", "blue"), tag("size", "1")} })
			answer(t, t.UntagResource, &kms.UntagResourceInput{KeyId: k.KeyId, TagKeys: []string{"colour", "absent"}})
			t.empty()
			t.hasTags(*k.KeyId, map[string]string{"size": "1"})
		},
	},
	{
		"UntagResource", "of a reserved tag is a TagException",
		"Tag keys that begin with aws: belong to AWS.",
		func(t *trial) {
			refusal(t, t.UntagResource, &kms.UntagResourceInput{KeyId: t.shared(symmetric).KeyId, TagKeys: []string{"aws:a"}}, "TagException")
		},
	},
	{
		"ListResourceTags", "of a key without tags is an empty list",
		"Tags is there even when empty, and Truncated even when false.",
		func(t *trial) {
			out := answer(t, t.ListResourceTags, &kms.ListResourceTagsInput{KeyId: t.shared(symmetric).Arn})
			t.members("Tags", "Truncated")
			equal(t, "the number of tags", len(out.Tags), 0)
		},
	},
}

func (t *trial) hasTags(keyID string, want map[string]string) {
	t.Helper()
	answerThat(t, t.ListResourceTags, &kms.ListResourceTagsInput{KeyId: &keyID}, func(out *kms.ListResourceTagsOutput) string {
		got := map[string]string{}
		for _, x := range out.Tags {
			got[*x.TagKey] = *x.TagValue
		}
		return unless(fmt.Sprint(got) == fmt.Sprint(want), "the tags are %v, want %v", got, want) // fmt sorts maps
	})
}
