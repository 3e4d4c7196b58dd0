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
