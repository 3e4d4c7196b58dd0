package kmstest

import (
	"slices"
	"strings"
	"unicode"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
)

const mostTags = 50

func (c *call) tagResource(in *kms.TagResourceInput) (*kms.TagResourceOutput, error) {
	c.server.mu.Lock()
	defer c.server.mu.Unlock()
	k, err := c.key(use{keyID: *in.KeyId, values: requestTags(in.Tags, nil)})
	if err != nil {
		return nil, err
	}
	tags, err := newTags(in.Tags)
	if err != nil {
		return nil, err
	}
	tags = mergeTags(k.tags, tags)
	if len(tags) > mostTags {
		return nil, &types.LimitExceededException{Message: new(tooManyTags)}
	}
	k.tags = tags
	c.server.mark(k, k)
	return &kms.TagResourceOutput{}, nil
}

func (c *call) untagResource(in *kms.UntagResourceInput) (*kms.UntagResourceOutput, error) {
	c.server.mu.Lock()
	defer c.server.mu.Unlock()
	k, err := c.key(use{keyID: *in.KeyId, values: tagKeys(in.TagKeys)})
	if err != nil {
		return nil, err
	}
	if slices.ContainsFunc(in.TagKeys, isReservedTag) {
		return nil, reservedTag()
	}
	k.tags = slices.DeleteFunc(slices.Clone(k.tags), func(t types.Tag) bool {
		return slices.Contains(in.TagKeys, *t.TagKey)
	})
	c.server.mark(k, k)
	return &kms.UntagResourceOutput{}, nil
}

func (c *call) listResourceTags(in *kms.ListResourceTagsInput) (*kms.ListResourceTagsOutput, error) {
	c.server.mu.RLock()
	defer c.server.mu.RUnlock()
	k, err := c.key(use{keyID: *in.KeyId})
	if err != nil {
		return nil, err
	}
	tags, next, err := pager[types.Tag]{
		items: k.tags, position: func(t types.Tag) string { return *t.TagKey },
		limit: in.Limit, marker: in.Marker, usual: mostTags, most: mostTags, filter: k.id,
	}.page(c)
	if err != nil {
		return nil, err
	}
	return &kms.ListResourceTagsOutput{Tags: copyTags(tags), NextMarker: next, Truncated: next != nil}, nil
}

// newTags returns a copy of tags for a key, sorted by tag key.
func newTags(tags []types.Tag) ([]types.Tag, error) {
	if len(tags) > mostTags {
		return nil, tagError(tooManyTags)
	}
	if slices.ContainsFunc(tags, func(t types.Tag) bool { return isReservedTag(*t.TagKey) }) {
		return nil, reservedTag()
	}
	if slices.ContainsFunc(tags, isInvalidTag) {
		return nil, tagError("Invalid tag")
	}
	sorted := copyTags(tags)
	slices.SortFunc(sorted, compareTags)
	for i := 1; i < len(sorted); i++ {
		if *sorted[i].TagKey == *sorted[i-1].TagKey {
			return nil, tagError("Duplicate tag keys")
		}
	}
	return sorted, nil
}

// mergeTags returns the tags of a key after others are put on it, in place of
// those with the same tag key. All of them are sorted.
func mergeTags(tags, others []types.Tag) []types.Tag {
	merged := slices.Clone(tags)
	for _, t := range others {
		i, found := slices.BinarySearchFunc(merged, t, compareTags)
		if found {
			merged[i] = t
		} else {
			merged = slices.Insert(merged, i, t)
		}
	}
	return merged
}

func compareTags(a, b types.Tag) int { return strings.Compare(*a.TagKey, *b.TagKey) }

// copyTags returns tags that share nothing with those given.
func copyTags(tags []types.Tag) []types.Tag {
	list := make([]types.Tag, len(tags))
	for i, t := range tags {
		list[i] = types.Tag{TagKey: new(*t.TagKey), TagValue: new(*t.TagValue)}
	}
	return list
}

func isReservedTag(tagKey string) bool {
	return strings.HasPrefix(strings.ToLower(tagKey), "aws:")
}

// isInvalidTag reports whether a tag has a character that AWS does not allow in tags.
func isInvalidTag(t types.Tag) bool {
	return strings.ContainsFunc(*t.TagKey, isNotForTags) || strings.ContainsFunc(*t.TagValue, isNotForTags)
}

func isNotForTags(r rune) bool {
	return !unicode.In(r, unicode.L, unicode.Z, unicode.N) && !strings.ContainsRune("_.:/=+-@", r)
}

const tooManyTags = "Too many tags"

func reservedTag() error { return tagError("Tags beginning with aws: are reserved") }

func tagError(text string) error {
	return &types.TagException{Message: new(text)}
}
