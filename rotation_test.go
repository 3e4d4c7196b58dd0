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

func TestRotationManager_EnableKeyRotation(t *testing.T) {
	t.Parallel()

	t.Run("sends the key and leaves the period to KMS", func(t *testing.T) {
		t.Parallel()
		f := newFake()
		require.NoError(t, kmskit.NewRotationManager(f).EnableKeyRotation(t.Context(), fakeKeyID))
		assert.Equal(t, &kms.EnableKeyRotationInput{KeyId: aws.String(fakeKeyID)}, sent[kms.EnableKeyRotationInput](t, f))
	})

	t.Run("takes the shortest and the longest period", func(t *testing.T) {
		t.Parallel()
		for _, days := range []int32{90, 2560} {
			f := newFake()
			require.NoError(t, kmskit.NewRotationManager(f).EnableKeyRotation(
				t.Context(), fakeKeyID,
				func(in *kms.EnableKeyRotationInput) { in.RotationPeriodInDays = aws.Int32(days) },
			))
			assert.Equal(t, days, *sent[kms.EnableKeyRotationInput](t, f).RotationPeriodInDays)
		}
	})

	t.Run("refuses an empty key ID", func(t *testing.T) {
		t.Parallel()
		f := newFake()
		assertRefused(t, f, kmskit.NewRotationManager(f).EnableKeyRotation(t.Context(), ""), "kmskit: EnableKeyRotation: "+noKeyID)
	})

	periods := []struct {
		name string
		days int32
		text string
	}{
		{"refuses a period of 89 days", 89, "a rotation period of 89 days is outside 90 to 2560 days"},
		{"refuses a period of 2561 days", 2561, "a rotation period of 2561 days is outside 90 to 2560 days"},
		{"refuses a period of no days", 0, "a rotation period of 0 days is outside 90 to 2560 days"},
	}
	for _, p := range periods {
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			f := newFake()
			err := kmskit.NewRotationManager(f).EnableKeyRotation(
				t.Context(), fakeKeyID,
				func(in *kms.EnableKeyRotationInput) { in.RotationPeriodInDays = aws.Int32(p.days) },
			)
			assertRefused(t, f, err, "kmskit: EnableKeyRotation: "+p.text)
		})
	}
}

func TestRotationManager_DisableKeyRotation(t *testing.T) {
	t.Parallel()

	t.Run("sends the key", func(t *testing.T) {
		t.Parallel()
		f := newFake()
		require.NoError(t, kmskit.NewRotationManager(f).DisableKeyRotation(t.Context(), fakeKeyID))
		assert.Equal(t, &kms.DisableKeyRotationInput{KeyId: aws.String(fakeKeyID)}, sent[kms.DisableKeyRotationInput](t, f))
	})

	t.Run("refuses an empty key ID", func(t *testing.T) {
		t.Parallel()
		f := newFake()
		assertRefused(t, f, kmskit.NewRotationManager(f).DisableKeyRotation(t.Context(), ""), "kmskit: DisableKeyRotation: "+noKeyID)
	})
}

func TestRotationManager_GetKeyRotationStatus(t *testing.T) {
	t.Parallel()

	t.Run("sends the key and returns the status", func(t *testing.T) {
		t.Parallel()
		f := newFake()
		want := &kms.GetKeyRotationStatusOutput{
			KeyRotationEnabled: true, RotationPeriodInDays: aws.Int32(180), NextRotationDate: aws.Time(time.Date(2026, time.March, 8, 0, 0, 0, 0, time.UTC)),
		}
		whenAsked[kms.GetKeyRotationStatusInput](f, want)
		status, err := kmskit.NewRotationManager(f).GetKeyRotationStatus(t.Context(), fakeKeyID)
		require.NoError(t, err)
		assert.Same(t, want, status)
		assert.Equal(t, &kms.GetKeyRotationStatusInput{KeyId: aws.String(fakeKeyID)}, sent[kms.GetKeyRotationStatusInput](t, f))
	})

	t.Run("returns the status of a key that does not rotate", func(t *testing.T) {
		t.Parallel()
		f := newFake()
		whenAsked[kms.GetKeyRotationStatusInput](f, &kms.GetKeyRotationStatusOutput{})
		status, err := kmskit.NewRotationManager(f).GetKeyRotationStatus(t.Context(), fakeKeyID)
		require.NoError(t, err)
		assert.Equal(t, &kms.GetKeyRotationStatusOutput{}, status)
	})

	t.Run("refuses an empty key ID", func(t *testing.T) {
		t.Parallel()
		f := newFake()
		status, err := kmskit.NewRotationManager(f).GetKeyRotationStatus(t.Context(), "")
		assertRefused(t, f, err, "kmskit: GetKeyRotationStatus: "+noKeyID)
		assert.Nil(t, status)
	})
}

func TestRotationManager_ListKeyRotations(t *testing.T) {
	t.Parallel()

	t.Run("sends the key", func(t *testing.T) {
		t.Parallel()
		f := newFake()
		require.NoError(t, drain(kmskit.NewRotationManager(f).ListKeyRotations(t.Context(), fakeKeyID)))
		assert.Equal(t, &kms.ListKeyRotationsInput{KeyId: aws.String(fakeKeyID)}, sent[kms.ListKeyRotationsInput](t, f))
	})

	t.Run("asks by option for all key material", func(t *testing.T) {
		t.Parallel()
		f := newFake()
		require.NoError(t, drain(kmskit.NewRotationManager(f).ListKeyRotations(
			t.Context(), fakeKeyID,
			func(in *kms.ListKeyRotationsInput) { in.IncludeKeyMaterial = types.IncludeKeyMaterialAllKeyMaterial },
		)))
		assert.Equal(t, &kms.ListKeyRotationsInput{
			KeyId: aws.String(fakeKeyID), IncludeKeyMaterial: types.IncludeKeyMaterialAllKeyMaterial,
		}, sent[kms.ListKeyRotationsInput](t, f))
	})

	t.Run("refuses an empty key ID", func(t *testing.T) {
		t.Parallel()
		f := newFake()
		assertRefused(t, f, drain(kmskit.NewRotationManager(f).ListKeyRotations(t.Context(), "")), "kmskit: ListKeyRotations: "+noKeyID)
	})
}

func TestRotationManager_RotateKeyOnDemand(t *testing.T) {
	t.Parallel()

	t.Run("sends the key", func(t *testing.T) {
		t.Parallel()
		f := newFake()
		require.NoError(t, kmskit.NewRotationManager(f).RotateKeyOnDemand(t.Context(), fakeKeyID))
		assert.Equal(t, &kms.RotateKeyOnDemandInput{KeyId: aws.String(fakeKeyID)}, sent[kms.RotateKeyOnDemandInput](t, f))
	})

	t.Run("refuses an empty key ID", func(t *testing.T) {
		t.Parallel()
		f := newFake()
		assertRefused(t, f, kmskit.NewRotationManager(f).RotateKeyOnDemand(t.Context(), ""), "kmskit: RotateKeyOnDemand: "+noKeyID)
	})

	hints := []struct {
		name string
		err  error
		text string
	}{
		{
			"says what the quota is", &types.LimitExceededException{Message: aws.String("no more")},
			"LimitExceededException: no more (a key can be rotated on demand 25 times in its life)",
		},
		{
			"says when a conflict ends", &types.ConflictException{Message: aws.String("busy")},
			"ConflictException: busy (an automatic rotation is in progress or due within 20 minutes: RotationManager.GetKeyRotationStatus tells when)",
		},
	}
	for _, h := range hints {
		t.Run(h.name, func(t *testing.T) {
			t.Parallel()
			err := kmskit.NewRotationManager(failing(h.err)).RotateKeyOnDemand(t.Context(), fakeKeyID)
			require.ErrorIs(t, err, h.err)
			assert.EqualError(t, err, "kmskit: RotateKeyOnDemand"+aboutKey+": "+h.text)
		})
	}
}
