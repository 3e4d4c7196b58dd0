package kmskit_test

import (
	"math"
	"strconv"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kmskit/kmskit"
)

func TestKeyManager_CreateKey(t *testing.T) {
	t.Parallel()

	t.Run("sends the description and returns the metadata", func(t *testing.T) {
		t.Parallel()
		f := newFake()
		want := &types.KeyMetadata{KeyId: aws.String("new")}
		whenAsked[kms.CreateKeyInput](f, &kms.CreateKeyOutput{KeyMetadata: want})
		key, err := kmskit.NewKeyManager(f).CreateKey(t.Context(), "orders")
		require.NoError(t, err)
		assert.Same(t, want, key)
		assert.Equal(t, &kms.CreateKeyInput{Description: aws.String("orders")}, sent[kms.CreateKeyInput](t, f))
	})

	t.Run("leaves an empty description out", func(t *testing.T) {
		t.Parallel()
		f := newFake()
		_, err := kmskit.NewKeyManager(f).CreateKey(t.Context(), "")
		require.NoError(t, err)
		assert.Equal(t, &kms.CreateKeyInput{}, sent[kms.CreateKeyInput](t, f))
	})

	t.Run("runs options in order over the arguments", func(t *testing.T) {
		t.Parallel()
		f := newFake()
		_, err := kmskit.NewKeyManager(f).CreateKey(
			t.Context(), "orders",
			func(in *kms.CreateKeyInput) {
				in.KeySpec = types.KeySpecRsa2048
				in.MultiRegion = aws.Bool(true)
			},
			func(in *kms.CreateKeyInput) {
				in.KeySpec = types.KeySpecRsa4096
				*in.Description += " of 2026"
			},
		)
		require.NoError(t, err)
		assert.Equal(t, &kms.CreateKeyInput{
			Description: aws.String("orders of 2026"), KeySpec: types.KeySpecRsa4096, MultiRegion: aws.Bool(true),
		}, sent[kms.CreateKeyInput](t, f))
	})
}

func TestKeyManager_DescribeKey(t *testing.T) {
	t.Parallel()

	t.Run("sends the key and returns the metadata", func(t *testing.T) {
		t.Parallel()
		f := newFake()
		want := &types.KeyMetadata{KeyId: aws.String(fakeKeyID), Description: aws.String("orders")}
		whenAsked[kms.DescribeKeyInput](f, &kms.DescribeKeyOutput{KeyMetadata: want})
		key, err := kmskit.NewKeyManager(f).DescribeKey(t.Context(), fakeKeyID)
		require.NoError(t, err)
		assert.Same(t, want, key)
		assert.Equal(t, &kms.DescribeKeyInput{KeyId: aws.String(fakeKeyID)}, sent[kms.DescribeKeyInput](t, f))
	})

	t.Run("takes an alias", func(t *testing.T) {
		t.Parallel()
		f := newFake()
		_, err := kmskit.NewKeyManager(f).DescribeKey(t.Context(), fakeAlias)
		require.NoError(t, err)
		assert.Equal(t, &kms.DescribeKeyInput{KeyId: aws.String(fakeAlias)}, sent[kms.DescribeKeyInput](t, f))
	})

	t.Run("refuses an empty key ID", func(t *testing.T) {
		t.Parallel()
		f := newFake()
		key, err := kmskit.NewKeyManager(f).DescribeKey(t.Context(), "")
		assertRefused(t, f, err, "kmskit: DescribeKey: "+noAnyKeyID)
		assert.Nil(t, key)
	})
}

func TestKeyManager_EnableKey(t *testing.T) {
	t.Parallel()

	t.Run("sends the key", func(t *testing.T) {
		t.Parallel()
		f := newFake()
		require.NoError(t, kmskit.NewKeyManager(f).EnableKey(t.Context(), fakeKeyID))
		assert.Equal(t, &kms.EnableKeyInput{KeyId: aws.String(fakeKeyID)}, sent[kms.EnableKeyInput](t, f))
	})

	t.Run("refuses an empty key ID", func(t *testing.T) {
		t.Parallel()
		f := newFake()
		assertRefused(t, f, kmskit.NewKeyManager(f).EnableKey(t.Context(), ""), "kmskit: EnableKey: "+noKeyID)
	})
}

func TestKeyManager_DisableKey(t *testing.T) {
	t.Parallel()

	t.Run("sends the key", func(t *testing.T) {
		t.Parallel()
		f := newFake()
		require.NoError(t, kmskit.NewKeyManager(f).DisableKey(t.Context(), fakeKeyID))
		assert.Equal(t, &kms.DisableKeyInput{KeyId: aws.String(fakeKeyID)}, sent[kms.DisableKeyInput](t, f))
	})

	t.Run("refuses an empty key ID", func(t *testing.T) {
		t.Parallel()
		f := newFake()
		assertRefused(t, f, kmskit.NewKeyManager(f).DisableKey(t.Context(), ""), "kmskit: DisableKey: "+noKeyID)
	})
}

func TestKeyManager_ScheduleKeyDeletion(t *testing.T) {
	t.Parallel()

	t.Run("sends the key and the window and returns the date in UTC", func(t *testing.T) {
		t.Parallel()
		f := newFake()
		at, err := kmskit.NewKeyManager(f).ScheduleKeyDeletion(t.Context(), fakeKeyID, 12)
		require.NoError(t, err)
		assert.Equal(t, time.Date(2026, time.March, 8, 0, 30, 0, 0, time.UTC), at)
		assert.Equal(t, &kms.ScheduleKeyDeletionInput{
			KeyId: aws.String(fakeKeyID), PendingWindowInDays: aws.Int32(12),
		}, sent[kms.ScheduleKeyDeletionInput](t, f))
	})

	t.Run("takes the shortest and the longest window", func(t *testing.T) {
		t.Parallel()
		for _, days := range []int{7, 30} {
			f := newFake()
			_, err := kmskit.NewKeyManager(f).ScheduleKeyDeletion(t.Context(), fakeKeyID, days)
			require.NoError(t, err)
			assert.EqualValues(t, days, *sent[kms.ScheduleKeyDeletionInput](t, f).PendingWindowInDays)
		}
	})

	t.Run("lets an option leave the window to KMS", func(t *testing.T) {
		t.Parallel()
		f := newFake()
		_, err := kmskit.NewKeyManager(f).ScheduleKeyDeletion(
			t.Context(), fakeKeyID, 7,
			func(in *kms.ScheduleKeyDeletionInput) { in.PendingWindowInDays = nil },
		)
		require.NoError(t, err)
		assert.Equal(t, &kms.ScheduleKeyDeletionInput{KeyId: aws.String(fakeKeyID)}, sent[kms.ScheduleKeyDeletionInput](t, f))
	})

	t.Run("returns the zero time for a primary that waits for its replicas", func(t *testing.T) {
		t.Parallel()
		f := newFake()
		whenAsked[kms.ScheduleKeyDeletionInput](f, &kms.ScheduleKeyDeletionOutput{
			KeyId: aws.String(fakeKeyARN), KeyState: types.KeyStatePendingReplicaDeletion, PendingWindowInDays: aws.Int32(7),
		})
		at, err := kmskit.NewKeyManager(f).ScheduleKeyDeletion(t.Context(), fakeKeyID, 7)
		require.NoError(t, err)
		assert.Zero(t, at)
	})

	t.Run("reports any other answer without a date", func(t *testing.T) {
		t.Parallel()
		f := newFake()
		whenAsked[kms.ScheduleKeyDeletionInput](f, &kms.ScheduleKeyDeletionOutput{KeyState: types.KeyStatePendingDeletion})
		_, err := kmskit.NewKeyManager(f).ScheduleKeyDeletion(t.Context(), fakeKeyID, 7)
		assert.ErrorIs(t, err, kmskit.ErrIncompleteOutput)
	})

	t.Run("refuses an empty key ID", func(t *testing.T) {
		t.Parallel()
		f := newFake()
		at, err := kmskit.NewKeyManager(f).ScheduleKeyDeletion(t.Context(), "", 7)
		assertRefused(t, f, err, "kmskit: ScheduleKeyDeletion: "+noKeyID)
		assert.Zero(t, at)
	})

	windows := []struct {
		name string
		days int
		text string
	}{
		{"refuses a window of 6 days", 6, "a window of 6 days is outside 7 to 30 days"},
		{"refuses a window of 31 days", 31, "a window of 31 days is outside 7 to 30 days"},
		{"refuses a window of no days", 0, "a window of 0 days is outside 7 to 30 days"},
		{"refuses a negative window", -1, "a window of -1 days is outside 7 to 30 days"},
	}
	for _, w := range windows {
		t.Run(w.name, func(t *testing.T) {
			t.Parallel()
			f := newFake()
			at, err := kmskit.NewKeyManager(f).ScheduleKeyDeletion(t.Context(), fakeKeyID, w.days)
			assertRefused(t, f, err, "kmskit: ScheduleKeyDeletion: "+w.text)
			assert.Zero(t, at)
		})
	}

	t.Run("refuses a window that is 7 days only in 32 bits", func(t *testing.T) {
		t.Parallel()
		if strconv.IntSize == 32 {
			t.Skip("an int has no more than 32 bits here")
		}
		for _, days := range []int64{1<<32 + 7, math.MinInt64 + 7} {
			f := newFake()
			_, err := kmskit.NewKeyManager(f).ScheduleKeyDeletion(t.Context(), fakeKeyID, int(days))
			require.ErrorIs(t, err, kmskit.ErrInvalidInput)
			require.ErrorContains(t, err, "days is outside 7 to 30 days")
			assert.Zero(t, f.calls())
		}
	})

	t.Run("refuses a window that an option sets", func(t *testing.T) {
		t.Parallel()
		f := newFake()
		_, err := kmskit.NewKeyManager(f).ScheduleKeyDeletion(
			t.Context(), fakeKeyID, 7,
			func(in *kms.ScheduleKeyDeletionInput) { in.PendingWindowInDays = aws.Int32(31) },
		)
		assertRefused(t, f, err, "kmskit: ScheduleKeyDeletion: a window of 31 days is outside 7 to 30 days")
	})

	t.Run("lets an option mend the window", func(t *testing.T) {
		t.Parallel()
		f := newFake()
		_, err := kmskit.NewKeyManager(f).ScheduleKeyDeletion(
			t.Context(), fakeKeyID, 31,
			func(in *kms.ScheduleKeyDeletionInput) { in.PendingWindowInDays = aws.Int32(30) },
		)
		require.NoError(t, err)
		assert.EqualValues(t, 30, *sent[kms.ScheduleKeyDeletionInput](t, f).PendingWindowInDays)
	})
}

func TestKeyManager_CancelKeyDeletion(t *testing.T) {
	t.Parallel()

	t.Run("sends the key", func(t *testing.T) {
		t.Parallel()
		f := newFake()
		require.NoError(t, kmskit.NewKeyManager(f).CancelKeyDeletion(t.Context(), fakeKeyID))
		assert.Equal(t, &kms.CancelKeyDeletionInput{KeyId: aws.String(fakeKeyID)}, sent[kms.CancelKeyDeletionInput](t, f))
	})

	t.Run("refuses an empty key ID", func(t *testing.T) {
		t.Parallel()
		f := newFake()
		assertRefused(t, f, kmskit.NewKeyManager(f).CancelKeyDeletion(t.Context(), ""), "kmskit: CancelKeyDeletion: "+noKeyID)
	})
}

func TestKeyManager_UpdateKeyDescription(t *testing.T) {
	t.Parallel()

	t.Run("sends the key and the description, not swapped", func(t *testing.T) {
		t.Parallel()
		f := newFake()
		require.NoError(t, kmskit.NewKeyManager(f).UpdateKeyDescription(t.Context(), fakeKeyID, "orders"))
		assert.Equal(t, &kms.UpdateKeyDescriptionInput{
			KeyId: aws.String(fakeKeyID), Description: aws.String("orders"),
		}, sent[kms.UpdateKeyDescriptionInput](t, f))
	})

	t.Run("sends an empty description, which removes the old one", func(t *testing.T) {
		t.Parallel()
		f := newFake()
		require.NoError(t, kmskit.NewKeyManager(f).UpdateKeyDescription(t.Context(), fakeKeyID, ""))
		assert.Equal(t, &kms.UpdateKeyDescriptionInput{
			KeyId: aws.String(fakeKeyID), Description: aws.String(""),
		}, sent[kms.UpdateKeyDescriptionInput](t, f))
	})

	t.Run("refuses an empty key ID", func(t *testing.T) {
		t.Parallel()
		f := newFake()
		assertRefused(t, f, kmskit.NewKeyManager(f).UpdateKeyDescription(t.Context(), "", "orders"), "kmskit: UpdateKeyDescription: "+noKeyID)
	})
}

func TestKeyManager_GetKeyLastUsage(t *testing.T) {
	t.Parallel()
	created := time.Date(2026, time.January, 2, 3, 4, 5, 0, time.UTC)

	t.Run("sends the key and returns its last use", func(t *testing.T) {
		t.Parallel()
		f := newFake()
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
		f := newFake()
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
			f := newFake()
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
		f := newFake()
		usage, err := kmskit.NewKeyManager(f).GetKeyLastUsage(t.Context(), "")
		assertRefused(t, f, err, "kmskit: GetKeyLastUsage: "+noKeyID)
		assert.Nil(t, usage)
	})
}

func TestKeyManager_ReplicateKey(t *testing.T) {
	t.Parallel()

	t.Run("sends key and Region, not swapped, and returns the replica's metadata", func(t *testing.T) {
		t.Parallel()
		f := newFake()
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
			f := newFake()
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
		f := newFake()
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
			f := newFake()
			assertRefused(t, f, kmskit.NewKeyManager(f).UpdatePrimaryRegion(t.Context(), r.keyID, r.region), "kmskit: UpdatePrimaryRegion: "+r.text)
		})
	}
}
