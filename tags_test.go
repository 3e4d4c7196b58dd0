package kmskit_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kmskit/kmskit"
)

func tag(key, value string) types.Tag {
	return types.Tag{TagKey: aws.String(key), TagValue: aws.String(value)}
}

func TestTagManager_TagResource(t *testing.T) {
	t.Parallel()

	t.Run("sends the key and the tags in order of their keys", func(t *testing.T) {
		t.Parallel()
		f := newFake()
		tags := map[string]string{"team": "blue", "cost": "42", "stage": "", "app": "orders"}
		require.NoError(t, kmskit.NewTagManager(f).TagResource(t.Context(), fakeKeyID, tags))
		assert.Equal(t, &kms.TagResourceInput{
			KeyId: aws.String(fakeKeyID),
			Tags:  []types.Tag{tag("app", "orders"), tag("cost", "42"), tag("stage", ""), tag("team", "blue")},
		}, sent[kms.TagResourceInput](t, f))
	})

	t.Run("sends tags that only an option gives", func(t *testing.T) {
		t.Parallel()
		f := newFake()
		require.NoError(t, kmskit.NewTagManager(f).TagResource(
			t.Context(), fakeKeyID, nil,
			func(in *kms.TagResourceInput) { in.Tags = append(in.Tags, tag("team", "blue")) },
		))
		assert.Equal(t, []types.Tag{tag("team", "blue")}, sent[kms.TagResourceInput](t, f).Tags)
	})

	t.Run("takes a key of 128 characters", func(t *testing.T) {
		t.Parallel()
		f := newFake()
		key := strings.Repeat("ä", 128)
		require.NoError(t, kmskit.NewTagManager(f).TagResource(t.Context(), fakeKeyID, map[string]string{key: "long"}))
		assert.Equal(t, []types.Tag{tag(key, "long")}, sent[kms.TagResourceInput](t, f).Tags)
	})

	tooLong := strings.Repeat("ä", 129)
	refused := []struct {
		name, keyID string
		tags        map[string]string
		option      func(*kms.TagResourceInput)
		text        string
	}{
		{"refuses an empty key ID", "", map[string]string{"team": "blue"}, nil, noKeyID},
		{"refuses nil tags", fakeKeyID, nil, nil, "there are no tags; give at least one"},
		{"refuses no tags", fakeKeyID, map[string]string{}, nil, "there are no tags; give at least one"},
		{"refuses an empty tag key", fakeKeyID, map[string]string{"": "blue"}, nil, `the tag key "" has 0 characters; it must have 1 to 128`},
		{"refuses a tag key that is too long", fakeKeyID, map[string]string{tooLong: "blue"}, nil, `the tag key "` + tooLong + `" has 129 characters; it must have 1 to 128`},
		{
			"refuses a tag without a key that an option sets", fakeKeyID,
			map[string]string{"team": "blue"},
			func(in *kms.TagResourceInput) { in.Tags[0].TagKey = nil }, `the tag key "" has 0 characters; it must have 1 to 128`,
		},
	}
	for _, r := range refused {
		t.Run(r.name, func(t *testing.T) {
			t.Parallel()
			f := newFake()
			err := kmskit.NewTagManager(f).TagResource(t.Context(), r.keyID, r.tags, r.option)
			assertRefused(t, f, err, "kmskit: TagResource: "+r.text)
		})
	}

	hints := []struct {
		name string
		err  error
		text string
	}{
		{
			"says how many tags there may be", &types.LimitExceededException{Message: aws.String("no more")},
			"LimitExceededException: no more (a key may have 50 tags)",
		},
		{
			"says what tags are like", &types.TagException{Message: aws.String("not so")},
			"TagException: not so (a tag key has 1 to 128 characters, does not begin with aws:, and stands once; a value has at most 256)",
		},
	}
	for _, h := range hints {
		t.Run(h.name, func(t *testing.T) {
			t.Parallel()
			err := kmskit.NewTagManager(failing(h.err)).TagResource(t.Context(), fakeKeyID, map[string]string{"team": "blue"})
			require.ErrorIs(t, err, h.err)
			assert.EqualError(t, err, "kmskit: TagResource"+aboutKey+": "+h.text)
		})
	}
}

func TestTagManager_UntagResource(t *testing.T) {
	t.Parallel()

	t.Run("sends the key and the tag keys", func(t *testing.T) {
		t.Parallel()
		f := newFake()
		require.NoError(t, kmskit.NewTagManager(f).UntagResource(t.Context(), fakeKeyID, []string{"team", "app"}))
		assert.Equal(t, &kms.UntagResourceInput{
			KeyId: aws.String(fakeKeyID), TagKeys: []string{"team", "app"},
		}, sent[kms.UntagResourceInput](t, f))
	})

	t.Run("keeps an appending option out of the caller's array", func(t *testing.T) {
		t.Parallel()
		f := newFake()
		array := []string{"team", "app"}
		require.NoError(t, kmskit.NewTagManager(f).UntagResource(
			t.Context(), fakeKeyID, array[:1],
			func(in *kms.UntagResourceInput) { in.TagKeys = append(in.TagKeys, "cost") },
		))
		assert.Equal(t, []string{"team", "cost"}, sent[kms.UntagResourceInput](t, f).TagKeys)
		assert.Equal(t, []string{"team", "app"}, array)
	})

	refused := []struct {
		name, keyID string
		tagKeys     []string
		text        string
	}{
		{"refuses an empty key ID", "", []string{"team"}, noKeyID},
		{"refuses nil tag keys", fakeKeyID, nil, "there are no tag keys; give at least one"},
		{"refuses no tag keys", fakeKeyID, []string{}, "there are no tag keys; give at least one"},
		{"refuses an empty tag key", fakeKeyID, []string{"team", ""}, `the tag key "" has 0 characters; it must have 1 to 128`},
	}
	for _, r := range refused {
		t.Run(r.name, func(t *testing.T) {
			t.Parallel()
			f := newFake()
			err := kmskit.NewTagManager(f).UntagResource(t.Context(), r.keyID, r.tagKeys)
			assertRefused(t, f, err, "kmskit: UntagResource: "+r.text)
		})
	}
}

func TestTagManager_ListResourceTags(t *testing.T) {
	t.Parallel()

	t.Run("sends the key", func(t *testing.T) {
		t.Parallel()
		f := newFake()
		require.NoError(t, drain(kmskit.NewTagManager(f).ListResourceTags(t.Context(), fakeKeyID)))
		assert.Equal(t, &kms.ListResourceTagsInput{KeyId: aws.String(fakeKeyID)}, sent[kms.ListResourceTagsInput](t, f))
	})

	t.Run("refuses an empty key ID", func(t *testing.T) {
		t.Parallel()
		f := newFake()
		assertRefused(t, f, drain(kmskit.NewTagManager(f).ListResourceTags(t.Context(), "")), "kmskit: ListResourceTags: "+noKeyID)
	})
}
