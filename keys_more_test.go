package kmskit_test

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kmskit/kmskit"
)

func TestKeyManager_UpdateKeyDescription(t *testing.T) {
	t.Parallel()

	t.Run("sends the key and the description, not swapped", func(t *testing.T) {
		t.Parallel()
		f := newFullFake()
		require.NoError(t, kmskit.NewKeyManager(f).UpdateKeyDescription(t.Context(), fakeKeyID, "orders"))
		assert.Equal(t, &kms.UpdateKeyDescriptionInput{
			KeyId: aws.String(fakeKeyID), Description: aws.String("orders"),
		}, sent[kms.UpdateKeyDescriptionInput](t, f))
	})

	t.Run("sends an empty description, which removes the old one", func(t *testing.T) {
		t.Parallel()
		f := newFullFake()
		require.NoError(t, kmskit.NewKeyManager(f).UpdateKeyDescription(t.Context(), fakeKeyID, ""))
		assert.Equal(t, &kms.UpdateKeyDescriptionInput{
			KeyId: aws.String(fakeKeyID), Description: aws.String(""),
		}, sent[kms.UpdateKeyDescriptionInput](t, f))
	})

	t.Run("refuses an empty key ID", func(t *testing.T) {
		t.Parallel()
		f := newFullFake()
		assertRefused(t, f, kmskit.NewKeyManager(f).UpdateKeyDescription(t.Context(), "", "orders"), "kmskit: UpdateKeyDescription: "+noKeyID)
	})
}

func TestKeyManager_GetKeyLastUsage(t *testing.T) {
	t.Parallel()
	created := time.Date(2026, time.January, 2, 3, 4, 5, 0, time.UTC)

	t.Run("sends the key and returns its last use", func(t *testing.T) {
		t.Parallel()
		f := newFullFake()
		want := &kms.GetKeyLastUsageOutput{
			KeyId: aws.String(fakeKeyARN), KeyCreationDate: aws.Time(created), TrackingStartDate: aws.Time(created.AddDate(0, 1, 0)),
			KeyLastUsage: &types.KeyLastUsageData{
				Operation: types.KeyLastUsageTrackingOperationDecrypt, Timestamp: aws.Time(created.AddDate(0, 2, 0)),
				CloudTrailEventId: aws.String("event"), KmsRequestId: aws.String("request"),
			},
		}
		whenAsked[kms.GetKeyLastUsageInput](f, want)
		usage, err := kmskit.NewKeyManager(f).GetKeyLastUsage(t.Context(), fakeKeyID)
		require.NoError(t, err)
		assert.Equal(t, want, usage)
		assert.Equal(t, &kms.GetKeyLastUsageInput{KeyId: aws.String(fakeKeyID)}, sent[kms.GetKeyLastUsageInput](t, f))
	})

	t.Run("returns an empty use where KMS recorded none, and leaves the answer as it is", func(t *testing.T) {
		t.Parallel()
		f := newFullFake()
		out := &kms.GetKeyLastUsageOutput{KeyCreationDate: aws.Time(created), TrackingStartDate: aws.Time(created)}
		whenAsked[kms.GetKeyLastUsageInput](f, out)
		usage, err := kmskit.NewKeyManager(f).GetKeyLastUsage(t.Context(), fakeKeyID)
		require.NoError(t, err)
		assert.Equal(t, &types.KeyLastUsageData{}, usage.KeyLastUsage)
		assert.Nil(t, out.KeyLastUsage)
	})

	incomplete := []struct {
		name string
		out  *kms.GetKeyLastUsageOutput
	}{
		{"reports an answer without TrackingStartDate", &kms.GetKeyLastUsageOutput{KeyCreationDate: aws.Time(created)}},
		{"reports an answer without KeyCreationDate", &kms.GetKeyLastUsageOutput{TrackingStartDate: aws.Time(created)}},
	}
	for _, c := range incomplete {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			f := newFullFake()
			whenAsked[kms.GetKeyLastUsageInput](f, c.out)
			usage, err := kmskit.NewKeyManager(f).GetKeyLastUsage(t.Context(), fakeKeyID)
			require.ErrorIs(t, err, kmskit.ErrIncompleteOutput)
			assert.Nil(t, usage)
		})
	}

	t.Run("says that it takes no alias", func(t *testing.T) {
		t.Parallel()
		f := failing(&types.NotFoundException{Message: aws.String("Invalid keyId 'alias/orders'")})
		_, err := kmskit.NewKeyManager(f).GetKeyLastUsage(t.Context(), fakeAlias)
		assert.EqualError(t, err, `kmskit: GetKeyLastUsage (key "alias/orders"): NotFoundException: Invalid keyId 'alias/orders' `+
			`(GetKeyLastUsage takes a key ID or key ARN, not an alias: DescribeKey tells the key ARN behind an alias)`)
	})

	t.Run("refuses an empty key ID", func(t *testing.T) {
		t.Parallel()
		f := newFullFake()
		usage, err := kmskit.NewKeyManager(f).GetKeyLastUsage(t.Context(), "")
		assertRefused(t, f, err, "kmskit: GetKeyLastUsage: "+noKeyID)
		assert.Nil(t, usage)
	})
}

func TestKeyManager_ReplicateKey(t *testing.T) {
	t.Parallel()

	t.Run("sends key and Region, not swapped, and returns the replica's metadata", func(t *testing.T) {
		t.Parallel()
		f := newFullFake()
		want := &types.KeyMetadata{KeyId: aws.String("mrk-1234")}
		whenAsked[kms.ReplicateKeyInput](f, &kms.ReplicateKeyOutput{ReplicaKeyMetadata: want})
		replica, err := kmskit.NewKeyManager(f).ReplicateKey(t.Context(), fakeKeyID, "eu-central-1")
		require.NoError(t, err)
		assert.Same(t, want, replica)
		assert.Equal(t, &kms.ReplicateKeyInput{
			KeyId: aws.String(fakeKeyID), ReplicaRegion: aws.String("eu-central-1"),
		}, sent[kms.ReplicateKeyInput](t, f))
	})

	t.Run("passes KMS's error on, with key and Region", func(t *testing.T) {
		t.Parallel()
		f := failing(&types.AlreadyExistsException{Message: aws.String("there is one")})
		_, err := kmskit.NewKeyManager(f).ReplicateKey(t.Context(), fakeKeyID, "eu-central-1")
		var exists *types.AlreadyExistsException
		require.ErrorAs(t, err, &exists)
		assert.EqualError(t, err, `kmskit: ReplicateKey (key "`+fakeKeyID+`", replica Region "eu-central-1"): AlreadyExistsException: there is one`)
	})

	t.Run("says which quota was met", func(t *testing.T) {
		t.Parallel()
		f := failing(&types.LimitExceededException{Message: aws.String("no more")})
		_, err := kmskit.NewKeyManager(f).ReplicateKey(t.Context(), fakeKeyID, "eu-central-1")
		assert.ErrorContains(t, err, ": LimitExceededException: no more (an account may hold 100,000 keys in a Region")
	})

	refused := []struct{ name, keyID, region, text string }{
		{"refuses an empty key ID", "", "eu-central-1", noKeyID},
		{"refuses an empty Region", fakeKeyID, "", "the replica Region is empty; give the name of a Region, such as eu-central-1"},
	}
	for _, r := range refused {
		t.Run(r.name, func(t *testing.T) {
			t.Parallel()
			f := newFullFake()
			replica, err := kmskit.NewKeyManager(f).ReplicateKey(t.Context(), r.keyID, r.region)
			assertRefused(t, f, err, "kmskit: ReplicateKey: "+r.text)
			assert.Nil(t, replica)
		})
	}
}

func TestKeyManager_UpdatePrimaryRegion(t *testing.T) {
	t.Parallel()

	t.Run("sends key and Region, not swapped", func(t *testing.T) {
		t.Parallel()
		f := newFullFake()
		require.NoError(t, kmskit.NewKeyManager(f).UpdatePrimaryRegion(t.Context(), fakeKeyID, "eu-central-1"))
		assert.Equal(t, &kms.UpdatePrimaryRegionInput{
			KeyId: aws.String(fakeKeyID), PrimaryRegion: aws.String("eu-central-1"),
		}, sent[kms.UpdatePrimaryRegionInput](t, f))
	})

	refused := []struct{ name, keyID, region, text string }{
		{"refuses an empty key ID", "", "eu-central-1", noKeyID},
		{"refuses an empty Region", fakeKeyID, "", "the primary Region is empty; give the name of a Region, such as eu-central-1"},
	}
	for _, r := range refused {
		t.Run(r.name, func(t *testing.T) {
			t.Parallel()
			f := newFullFake()
			assertRefused(t, f, kmskit.NewKeyManager(f).UpdatePrimaryRegion(t.Context(), r.keyID, r.region), "kmskit: UpdatePrimaryRegion: "+r.text)
		})
	}
}
