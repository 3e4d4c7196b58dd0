package kmskit

// snippet-start:[gov2.kms.TagManager.struct]

import (
	"context"
	"iter"
	"maps"
	"slices"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
)

// TagManager labels KMS keys with tags, pairs of a key and a value, for bills
// and for policies: where a policy asks for a tag, adding or removing it allows
// or denies the use of the key.
//
// Where a method takes a keyID it takes a key ID or a key ARN of the caller's
// own account.
//
// A TagManager is safe for concurrent use.
type TagManager struct {
	api TagAPI
}

// NewTagManager returns a TagManager that calls api, as a rule a [*kms.Client].
// It panics if api is nil.
func NewTagManager(api TagAPI) *TagManager {
	mustHaveAPI("NewTagManager", api)
	return &TagManager{api: api}
}

// snippet-end:[gov2.kms.TagManager.struct]

// snippet-start:[gov2.kms.TagResource]

// TagResource adds tags to a key; where the key has a tag already, the new value
// replaces the old. Tag keys have 1 to 128 characters, do not begin with "aws:",
// and are case-sensitive; values have at most 256 and may be empty. They must
// not hold secrets. A key may have 50 tags.
//
// https://docs.aws.amazon.com/kms/latest/APIReference/API_TagResource.html
func (m *TagManager) TagResource(ctx context.Context, keyID string, tags map[string]string, optFns ...func(*kms.TagResourceInput)) error {
	in := &kms.TagResourceInput{KeyId: aws.String(keyID)}
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		in.Tags = append(in.Tags, types.Tag{TagKey: aws.String(key), TagValue: aws.String(tags[key])})
	}
	applyOptions(in, optFns)
	if err := requireText("TagResource", "key ID", in.KeyId, keyIDForm); err != nil {
		return err
	}
	if len(in.Tags) == 0 {
		return invalidInput("TagResource", "there are no tags; give at least one")
	}
	for _, tag := range in.Tags {
		if err := requireTagKey("TagResource", aws.ToString(tag.TagKey)); err != nil {
			return err
		}
	}
	if _, err := m.api.TagResource(ctx, in); err != nil {
		return callFailed("TagResource", err, "key", in.KeyId)
	}
	return nil
}

// snippet-end:[gov2.kms.TagResource]

// snippet-start:[gov2.kms.UntagResource]

// UntagResource removes tags from a key by their tag keys. A tag that the key
// does not have is no error.
//
// https://docs.aws.amazon.com/kms/latest/APIReference/API_UntagResource.html
func (m *TagManager) UntagResource(ctx context.Context, keyID string, tagKeys []string, optFns ...func(*kms.UntagResourceInput)) error {
	in := &kms.UntagResourceInput{KeyId: aws.String(keyID), TagKeys: slices.Clip(tagKeys)}
	applyOptions(in, optFns)
	if err := requireText("UntagResource", "key ID", in.KeyId, keyIDForm); err != nil {
		return err
	}
	if len(in.TagKeys) == 0 {
		return invalidInput("UntagResource", "there are no tag keys; give at least one")
	}
	for _, tagKey := range in.TagKeys {
		if err := requireTagKey("UntagResource", tagKey); err != nil {
			return err
		}
	}
	if _, err := m.api.UntagResource(ctx, in); err != nil {
		return callFailed("UntagResource", err, "key", in.KeyId)
	}
	return nil
}

// snippet-end:[gov2.kms.UntagResource]

// snippet-start:[gov2.kms.ListResourceTags]

// ListResourceTags ranges over the tags of a key. It asks for a page (50 tags,
// at most 50 by the Limit option) when the range gets there; an error is yielded
// once and ends the range.
//
// https://docs.aws.amazon.com/kms/latest/APIReference/API_ListResourceTags.html
func (m *TagManager) ListResourceTags(ctx context.Context, keyID string, optFns ...func(*kms.ListResourceTagsInput)) iter.Seq2[types.Tag, error] {
	return func(yield func(types.Tag, error) bool) { m.eachTag(ctx, keyID, optFns, yield) }
}

func (m *TagManager) eachTag(ctx context.Context, keyID string, optFns []func(*kms.ListResourceTagsInput), yield func(types.Tag, error) bool) {
	in := &kms.ListResourceTagsInput{KeyId: aws.String(keyID)}
	applyOptions(in, optFns)
	if err := requireText("ListResourceTags", "key ID", in.KeyId, keyIDForm); err != nil {
		yield(types.Tag{}, err)
		return
	}
	pages := kms.NewListResourceTagsPaginator((*tagPages)(m), in)
	err := eachItem(ctx, pages, func(page *kms.ListResourceTagsOutput) []types.Tag { return page.Tags }, yield)
	if err != nil {
		yield(types.Tag{}, callFailed("ListResourceTags", err, "key", in.KeyId))
	}
}

// snippet-end:[gov2.kms.ListResourceTags]

// requireTagKey refuses what cannot be a tag key.
func requireTagKey(action, tagKey string) error {
	if n := utf8.RuneCountInString(tagKey); n < 1 || n > 128 {
		return invalidInput(action, "the tag key %q has %d characters; it must have 1 to 128", tagKey, n)
	}
	return nil
}
