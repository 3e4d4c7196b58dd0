package kmstest_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/kmskit/kmskit"
	"github.com/kmskit/kmskit/kmstest"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const day = 24 * time.Hour

// A keeper has the operations on key material as well, at any of the three depths.
type keeper interface {
	caller
	DeleteImportedKeyMaterial(context.Context, *kms.DeleteImportedKeyMaterialInput, ...func(*kms.Options)) (*kms.DeleteImportedKeyMaterialOutput, error)
	DisableKeyRotation(context.Context, *kms.DisableKeyRotationInput, ...func(*kms.Options)) (*kms.DisableKeyRotationOutput, error)
	EnableKeyRotation(context.Context, *kms.EnableKeyRotationInput, ...func(*kms.Options)) (*kms.EnableKeyRotationOutput, error)
	GetKeyRotationStatus(context.Context, *kms.GetKeyRotationStatusInput, ...func(*kms.Options)) (*kms.GetKeyRotationStatusOutput, error)
	GetParametersForImport(context.Context, *kms.GetParametersForImportInput, ...func(*kms.Options)) (*kms.GetParametersForImportOutput, error)
	ImportKeyMaterial(context.Context, *kms.ImportKeyMaterialInput, ...func(*kms.Options)) (*kms.ImportKeyMaterialOutput, error)
	ListKeyRotations(context.Context, *kms.ListKeyRotationsInput, ...func(*kms.Options)) (*kms.ListKeyRotationsOutput, error)
	ReplicateKey(context.Context, *kms.ReplicateKeyInput, ...func(*kms.Options)) (*kms.ReplicateKeyOutput, error)
	RotateKeyOnDemand(context.Context, *kms.RotateKeyOnDemandInput, ...func(*kms.Options)) (*kms.RotateKeyOnDemandOutput, error)
	UpdatePrimaryRegion(context.Context, *kms.UpdatePrimaryRegionInput, ...func(*kms.Options)) (*kms.UpdatePrimaryRegionOutput, error)
}

// everyKeeper is everyDepth for tests of key material.
func everyKeeper(t *testing.T, test func(t *testing.T, srv *kmstest.Server, c keeper)) {
	t.Helper()
	everyDepth(t, func(t *testing.T, srv *kmstest.Server, c caller) {
		t.Helper()
		test(t, srv, c.(keeper))
	})
}

// frozen returns a Server whose time moves by Advance only.
func frozen() *kmstest.Server {
	return kmstest.New(kmstest.WithClock(func() time.Time { return time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC) }))
}

func enableRotation(t testing.TB, c keeper, k *types.KeyMetadata, days int32) {
	t.Helper()
	_, err := c.EnableKeyRotation(t.Context(), &kms.EnableKeyRotationInput{KeyId: k.KeyId, RotationPeriodInDays: &days})
	require.NoError(t, err)
}

func rotate(t testing.TB, c keeper, k *types.KeyMetadata) {
	t.Helper()
	_, err := c.RotateKeyOnDemand(t.Context(), &kms.RotateKeyOnDemandInput{KeyId: k.KeyId})
	require.NoError(t, err)
}

func rotationStatus(t testing.TB, c keeper, k *types.KeyMetadata) *kms.GetKeyRotationStatusOutput {
	t.Helper()
	out, err := c.GetKeyRotationStatus(t.Context(), &kms.GetKeyRotationStatusInput{KeyId: k.KeyId})
	require.NoError(t, err)
	return out
}

// rotations returns the completed rotations of a key.
func rotations(t testing.TB, c keeper, k *types.KeyMetadata) []types.RotationsListEntry {
	t.Helper()
	out, err := c.ListKeyRotations(t.Context(), &kms.ListKeyRotationsInput{KeyId: k.KeyId})
	require.NoError(t, err)
	return out.Rotations
}

// allMaterial returns the key material of a key, oldest first.
func allMaterial(t testing.TB, c keeper, k *types.KeyMetadata) []types.RotationsListEntry {
	t.Helper()
	out, err := c.ListKeyRotations(t.Context(), &kms.ListKeyRotationsInput{
		KeyId: k.KeyId, IncludeKeyMaterial: types.IncludeKeyMaterialAllKeyMaterial,
	})
	require.NoError(t, err)
	return out.Rotations
}

// metadata returns the metadata of a key as it is now.
func metadata(t testing.TB, c caller, k *types.KeyMetadata) *types.KeyMetadata {
	t.Helper()
	out, err := c.DescribeKey(t.Context(), &kms.DescribeKeyInput{KeyId: k.KeyId})
	require.NoError(t, err)
	return out.KeyMetadata
}

func TestEnableKeyRotation(t *testing.T) {
	t.Parallel()
	t.Run("is off at first, and says no more", func(t *testing.T) {
		t.Parallel()
		everyKeeper(t, func(t *testing.T, _ *kmstest.Server, c keeper) {
			k := newKey(t, c)
			status := rotationStatus(t, c, k)
			status.ResultMetadata = kms.GetKeyRotationStatusOutput{}.ResultMetadata
			assert.Equal(t, &kms.GetKeyRotationStatusOutput{KeyId: k.Arn}, status)
			assert.Empty(t, rotations(t, c, k))
		})
	})

	t.Run("rotates once a year, unless told otherwise", func(t *testing.T) {
		t.Parallel()
		everyKeeper(t, func(t *testing.T, srv *kmstest.Server, c keeper) {
			usual, seldom := newKey(t, c), newKey(t, c)
			before := srv.Now()
			_, err := c.EnableKeyRotation(t.Context(), &kms.EnableKeyRotationInput{KeyId: usual.Arn})
			require.NoError(t, err)
			enableRotation(t, c, seldom, 2560)
			after := srv.Now()

			status := rotationStatus(t, c, usual)
			assert.Equal(t, *usual.Arn, *status.KeyId)
			assert.True(t, status.KeyRotationEnabled)
			assert.EqualValues(t, 365, *status.RotationPeriodInDays)
			assert.WithinRange(t, *status.NextRotationDate, before.Add(365*day), after.Add(365*day))
			assert.Nil(t, status.OnDemandRotationStartDate)
			assert.EqualValues(t, 2560, *rotationStatus(t, c, seldom).RotationPeriodInDays)
		})
	})

	t.Run("rotates several times when several periods pass at once", func(t *testing.T) {
		t.Parallel()
		srv := frozen()
		c := srv.API()
		k, start := newKey(t, c), srv.Now()
		enableRotation(t, c, k, 90)
		srv.Advance(90*day - time.Millisecond)
		assert.Empty(t, rotations(t, c, k))
		srv.Advance(time.Millisecond)
		require.Len(t, rotations(t, c, k), 1)
		srv.Advance(200 * day)

		list := rotations(t, c, k)
		require.Len(t, list, 3)
		for i, r := range list {
			assert.Equal(t, start.Add(time.Duration(i+1)*90*day), *r.RotationDate)
			assert.Equal(t, types.RotationTypeAutomatic, r.RotationType)
		}
		assert.Equal(t, *list[2].KeyMaterialId, *metadata(t, c, k).CurrentKeyMaterialId)
		assert.Equal(t, start.Add(360*day), *rotationStatus(t, c, k).NextRotationDate)
	})

	t.Run("follows the clock of a synctest bubble", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			c := kmstest.New().Client()
			k := newKey(t, c)
			enableRotation(t, c, k, 90)
			<-time.After(91 * day)
			require.Len(t, rotations(t, c, k), 1)
			assert.NotEqual(t, *k.CurrentKeyMaterialId, *metadata(t, c, k).CurrentKeyMaterialId)
		})
	})

	t.Run("moves the date if the period changes, and only then", func(t *testing.T) {
		t.Parallel()
		srv := frozen()
		c := srv.API()
		k, start := newKey(t, c), srv.Now()
		enableRotation(t, c, k, 100)
		srv.Advance(10 * day)
		enableRotation(t, c, k, 100)
		assert.Equal(t, start.Add(100*day), *rotationStatus(t, c, k).NextRotationDate)
		enableRotation(t, c, k, 200)
		assert.Equal(t, start.Add(210*day), *rotationStatus(t, c, k).NextRotationDate)
		_, err := c.EnableKeyRotation(t.Context(), &kms.EnableKeyRotationInput{KeyId: k.KeyId})
		require.NoError(t, err)
		assert.EqualValues(t, 200, *rotationStatus(t, c, k).RotationPeriodInDays, "without a period it stays")
		assert.Equal(t, start.Add(210*day), *rotationStatus(t, c, k).NextRotationDate)
		srv.Advance(190 * day)
		assert.Empty(t, rotations(t, c, k), "the first date does not count any more")
		srv.Advance(10 * day)
		assert.Len(t, rotations(t, c, k), 1)
	})

	t.Run("ends when it is turned off", func(t *testing.T) {
		t.Parallel()
		everyKeeper(t, func(t *testing.T, srv *kmstest.Server, c keeper) {
			k := newKey(t, c)
			enableRotation(t, c, k, 90)
			_, err := c.DisableKeyRotation(t.Context(), &kms.DisableKeyRotationInput{KeyId: k.KeyId})
			require.NoError(t, err)
			assert.False(t, rotationStatus(t, c, k).KeyRotationEnabled)
			assert.Nil(t, rotationStatus(t, c, k).NextRotationDate)
			srv.Advance(1000 * day)
			assert.Empty(t, rotations(t, c, k))
			_, err = c.DisableKeyRotation(t.Context(), &kms.DisableKeyRotationInput{KeyId: k.KeyId})
			assert.NoError(t, err, "twice")
		})
	})

	t.Run("waits for a disabled key, and makes up for it once", func(t *testing.T) {
		t.Parallel()
		srv := frozen()
		c := srv.API()
		k, start := newKey(t, c), srv.Now()
		enableRotation(t, c, k, 90)
		_, err := c.DisableKey(t.Context(), &kms.DisableKeyInput{KeyId: k.KeyId})
		require.NoError(t, err)
		srv.Advance(300 * day)
		assert.Empty(t, rotations(t, c, k))
		assert.True(t, rotationStatus(t, c, k).KeyRotationEnabled)

		_, err = c.EnableKey(t.Context(), &kms.EnableKeyInput{KeyId: k.KeyId})
		require.NoError(t, err)
		list := rotations(t, c, k)
		require.Len(t, list, 1)
		assert.Equal(t, start.Add(300*day), *list[0].RotationDate)
		assert.Equal(t, start.Add(390*day), *rotationStatus(t, c, k).NextRotationDate)
		srv.Advance(90 * day)
		assert.Len(t, rotations(t, c, k), 2)
	})

	t.Run("keeps the schedule of a key that is disabled in between", func(t *testing.T) {
		t.Parallel()
		srv := frozen()
		c := srv.API()
		k, start := newKey(t, c), srv.Now()
		enableRotation(t, c, k, 90)
		_, err := c.DisableKey(t.Context(), &kms.DisableKeyInput{KeyId: k.KeyId})
		require.NoError(t, err)
		srv.Advance(80 * day)
		_, err = c.EnableKey(t.Context(), &kms.EnableKeyInput{KeyId: k.KeyId})
		require.NoError(t, err)
		srv.Advance(15 * day)
		list := rotations(t, c, k)
		require.Len(t, list, 1)
		assert.Equal(t, start.Add(90*day), *list[0].RotationDate)
	})

	t.Run("is off while deletion is pending, and back if it is cancelled", func(t *testing.T) {
		t.Parallel()
		srv := frozen()
		c := srv.API()
		k, start := newKey(t, c), srv.Now()
		enableRotation(t, c, k, 90)
		srv.Advance(85 * day)
		_, err := c.ScheduleKeyDeletion(t.Context(), &kms.ScheduleKeyDeletionInput{KeyId: k.KeyId})
		require.NoError(t, err)
		assert.Equal(t, &kms.GetKeyRotationStatusOutput{KeyId: k.Arn}, rotationStatus(t, c, k))
		srv.Advance(10 * day)
		_, err = c.CancelKeyDeletion(t.Context(), &kms.CancelKeyDeletionInput{KeyId: k.KeyId})
		require.NoError(t, err)
		status := rotationStatus(t, c, k)
		assert.True(t, status.KeyRotationEnabled)
		assert.EqualValues(t, 90, *status.RotationPeriodInDays)
		assert.Empty(t, rotations(t, c, k))

		_, err = c.EnableKey(t.Context(), &kms.EnableKeyInput{KeyId: k.KeyId})
		require.NoError(t, err)
		require.Len(t, rotations(t, c, k), 1)
		assert.Equal(t, start.Add(95*day), *rotations(t, c, k)[0].RotationDate)
	})
}

func TestEnableKeyRotation_refusals(t *testing.T) {
	t.Parallel()
	everyKeeper(t, func(t *testing.T, _ *kmstest.Server, c keeper) {
		k := newKey(t, c)
		for _, days := range []struct {
			period int32
			text   string
		}{
			{89, "1 validation error detected: Value '89' at 'rotationPeriodInDays' failed to satisfy constraint: " +
				"Member must have value greater than or equal to 90"},
			{2561, "1 validation error detected: Value '2561' at 'rotationPeriodInDays' failed to satisfy constraint: " +
				"Member must have value less than or equal to 2560"},
		} {
			_, err := c.EnableKeyRotation(t.Context(), &kms.EnableKeyRotationInput{KeyId: k.KeyId, RotationPeriodInDays: &days.period})
			refused(t, err, "ValidationException", days.text)
		}
		newAlias(t, c, "alias/rotates", k)
		external := newKey(t, c, external)
		rsa := newKey(t, c, ofSpec(types.KeySpecRsa2048, types.KeyUsageTypeSignVerify))
		mac := newKey(t, c, ofSpec(types.KeySpecHmac256, types.KeyUsageTypeGenerateVerifyMac))
		for _, r := range []struct {
			keyID, code, text string
		}{
			{"alias/rotates", "InvalidArnException", "Key Aliases are not supported for this operation."},
			{"x", "NotFoundException", "Invalid keyId 'x'"},
			{*rsa.KeyId, "UnsupportedOperationException", ""},
			{*mac.KeyId, "UnsupportedOperationException", ""},
			{*external.KeyId, "UnsupportedOperationException", *external.Arn + " origin is EXTERNAL which is not valid for this operation."},
		} {
			_, err := c.EnableKeyRotation(t.Context(), &kms.EnableKeyRotationInput{KeyId: &r.keyID})
			refused(t, err, r.code, r.text)
			_, err = c.DisableKeyRotation(t.Context(), &kms.DisableKeyRotationInput{KeyId: &r.keyID})
			if r.keyID == *mac.KeyId {
				require.NoError(t, err, "which has nothing to turn off")
				continue
			}
			refused(t, err, r.code, r.text)
		}
	})
}

func TestEnableKeyRotation_condition(t *testing.T) {
	t.Parallel()
	srv := kmstest.New()
	k := newKey(t, srv.API())
	p := srv.Principal(role(account, "keeper"), kmstest.WithPolicy(&kmskit.PolicyDocument{
		Version: "2012-10-17",
		Statement: []kmskit.Statement{{
			Effect: kmskit.Allow, Action: kmskit.StringList{"kms:EnableKeyRotation"}, Resource: kmskit.StringList{"*"},
			Condition: kmskit.Condition{"NumericLessThanEquals": {"kms:RotationPeriodInDays": {"180"}}},
		}},
	})).API()
	enableRotation(t, p, k, 180)
	_, err := p.EnableKeyRotation(t.Context(), &kms.EnableKeyRotationInput{KeyId: k.KeyId, RotationPeriodInDays: aws.Int32(181)})
	refusedWith(t, err, "AccessDeniedException")
	_, err = p.EnableKeyRotation(t.Context(), &kms.EnableKeyRotationInput{KeyId: k.KeyId})
	refusedWith(t, err, "AccessDeniedException")
	_, err = p.DisableKeyRotation(t.Context(), &kms.DisableKeyRotationInput{KeyId: k.KeyId})
	refusedWith(t, err, "AccessDeniedException")
}

func TestGetKeyRotationStatus(t *testing.T) {
	t.Parallel()
	t.Run("is false for keys that never rotate", func(t *testing.T) {
		t.Parallel()
		c := kmstest.New().API()
		for _, k := range []*types.KeyMetadata{
			newKey(t, c, ofSpec(types.KeySpecEccNistP256, types.KeyUsageTypeSignVerify)),
			newKey(t, c, ofSpec(types.KeySpecHmac384, types.KeyUsageTypeGenerateVerifyMac)),
		} {
			assert.Equal(t, &kms.GetKeyRotationStatusOutput{KeyId: k.Arn}, rotationStatus(t, c, k))
		}
	})

	t.Run("is false before and after material is imported", func(t *testing.T) {
		t.Parallel()
		c := kmstest.New().API()
		k := newKey(t, c, external)
		assert.Equal(t, &kms.GetKeyRotationStatusOutput{KeyId: k.Arn}, rotationStatus(t, c, k))
		importMaterial(t, c, k, random(32))
		assert.Equal(t, &kms.GetKeyRotationStatusOutput{KeyId: k.Arn}, rotationStatus(t, c, k))
	})

	t.Run("is open to other accounts, unlike the rest", func(t *testing.T) {
		t.Parallel()
		srv := kmstest.New()
		k := newKey(t, srv.API(), func(in *kms.CreateKeyInput) {
			in.Policy = str(`{"Version":"2012-10-17","Statement":[
				{"Effect":"Allow","Principal":{"AWS":["arn:aws:iam::` + account + `:root","arn:aws:iam::` + other + `:root"]},"Action":"kms:*","Resource":"*"}]}`)
		})
		foreign := srv.Principal(role(other, "keeper"), allow("kms:*")).API()
		_, err := foreign.GetKeyRotationStatus(t.Context(), &kms.GetKeyRotationStatusInput{KeyId: k.Arn})
		assert.NoError(t, err)
		_, err = foreign.EnableKeyRotation(t.Context(), &kms.EnableKeyRotationInput{KeyId: k.Arn})
		refusedWith(t, err, "AccessDeniedException")
		_, err = foreign.ListKeyRotations(t.Context(), &kms.ListKeyRotationsInput{KeyId: k.Arn})
		refusedWith(t, err, "AccessDeniedException")
		_, err = foreign.RotateKeyOnDemand(t.Context(), &kms.RotateKeyOnDemandInput{KeyId: k.Arn})
		refusedWith(t, err, "AccessDeniedException")
	})
}

func TestRotateKeyOnDemand(t *testing.T) {
	t.Parallel()
	t.Run("keeps old ciphertexts readable, and names the material that was used", func(t *testing.T) {
		t.Parallel()
		everyKeeper(t, func(t *testing.T, srv *kmstest.Server, c keeper) {
			k := newKey(t, c)
			first := encrypt(t, c, k, "first", nil)
			out, err := c.RotateKeyOnDemand(t.Context(), &kms.RotateKeyOnDemandInput{KeyId: k.KeyId})
			require.NoError(t, err)
			assert.Equal(t, *k.Arn, *out.KeyId)
			rotated := metadata(t, c, k)
			assert.NotEqual(t, *k.CurrentKeyMaterialId, *rotated.CurrentKeyMaterialId)
			second := encrypt(t, c, k, "second", nil)

			for _, x := range []struct {
				ciphertext       []byte
				plaintext, under string
			}{
				{first, "first", *k.CurrentKeyMaterialId},
				{second, "second", *rotated.CurrentKeyMaterialId},
			} {
				for _, keyID := range []*string{nil, k.KeyId} {
					d, err := c.Decrypt(t.Context(), &kms.DecryptInput{CiphertextBlob: x.ciphertext, KeyId: keyID})
					require.NoError(t, err)
					assert.Equal(t, x.plaintext, string(d.Plaintext))
					assert.Equal(t, x.under, *d.KeyMaterialId)
					assert.Equal(t, *k.Arn, *d.KeyId)
				}
			}
			r, err := c.ReEncrypt(t.Context(), &kms.ReEncryptInput{CiphertextBlob: first, DestinationKeyId: k.KeyId})
			require.NoError(t, err)
			assert.Equal(t, *k.CurrentKeyMaterialId, *r.SourceKeyMaterialId)
			assert.Equal(t, *rotated.CurrentKeyMaterialId, *r.DestinationKeyMaterialId)
			g, err := c.GenerateDataKey(t.Context(), &kms.GenerateDataKeyInput{KeyId: k.KeyId, KeySpec: types.DataKeySpecAes256})
			require.NoError(t, err)
			assert.Equal(t, *rotated.CurrentKeyMaterialId, *g.KeyMaterialId)

			list := rotations(t, c, k)
			require.Len(t, list, 1)
			assert.WithinRange(t, *list[0].RotationDate, *k.CreationDate, srv.Now())
			list[0].RotationDate = nil
			assert.Equal(t, types.RotationsListEntry{
				KeyId:            k.Arn,
				KeyMaterialId:    rotated.CurrentKeyMaterialId,
				KeyMaterialState: types.KeyMaterialStateCurrent,
				RotationType:     types.RotationTypeOnDemand,
			}, list[0])
		})
	})

	t.Run("does not open what another key's material has sealed", func(t *testing.T) {
		t.Parallel()
		c := kmstest.New().API()
		k, another := newKey(t, c), newKey(t, c)
		ciphertext := encrypt(t, c, another, "x", nil)
		rotate(t, c, k)
		rotate(t, c, another)
		_, err := c.Decrypt(t.Context(), &kms.DecryptInput{CiphertextBlob: ciphertext, KeyId: k.KeyId})
		refused(t, err, "IncorrectKeyException", "The key ID in the request does not identify a CMK that can perform this operation.")
	})

	t.Run("leaves the schedule alone", func(t *testing.T) {
		t.Parallel()
		srv := frozen()
		c := srv.API()
		k, start := newKey(t, c), srv.Now()
		enableRotation(t, c, k, 90)
		srv.Advance(50 * day)
		rotate(t, c, k)
		assert.Equal(t, start.Add(90*day), *rotationStatus(t, c, k).NextRotationDate)
		srv.Advance(40 * day)
		list := rotations(t, c, k)
		require.Len(t, list, 2)
		assert.Equal(t, types.RotationTypeOnDemand, list[0].RotationType)
		assert.Equal(t, types.RotationTypeAutomatic, list[1].RotationType)
	})

	t.Run("is refused in the twenty minutes before an automatic rotation", func(t *testing.T) {
		t.Parallel()
		srv := frozen()
		c := srv.API()
		k := newKey(t, c)
		enableRotation(t, c, k, 90)
		srv.Advance(90*day - 20*time.Minute)
		_, err := c.RotateKeyOnDemand(t.Context(), &kms.RotateKeyOnDemandInput{KeyId: k.KeyId})
		refused(t, err, "ConflictException",
			"An automatic rotation of "+*k.Arn+" is in progress or scheduled to begin within the next 20 minutes.")
		srv.Advance(20 * time.Minute)
		rotate(t, c, k)
		assert.Len(t, rotations(t, c, k), 2)
	})

	t.Run("happens 25 times in the life of a key", func(t *testing.T) {
		t.Parallel()
		srv := frozen()
		c := srv.API()
		k := newKey(t, c)
		for range 25 {
			rotate(t, c, k)
		}
		_, err := c.RotateKeyOnDemand(t.Context(), &kms.RotateKeyOnDemandInput{KeyId: k.KeyId})
		refused(t, err, "LimitExceededException", "The on-demand rotations limit has been reached for the given keyId. "+
			"No more on-demand rotations can be performed for this key: "+*k.Arn)
		enableRotation(t, c, k, 90)
		srv.Advance(90 * day)
		assert.Len(t, rotations(t, c, k), 26, "others are not limited")
	})

	t.Run("refuses keys that do not rotate", func(t *testing.T) {
		t.Parallel()
		everyKeeper(t, func(t *testing.T, _ *kmstest.Server, c keeper) {
			rsa := newKey(t, c, ofSpec(types.KeySpecRsa2048, types.KeyUsageTypeEncryptDecrypt))
			_, err := c.RotateKeyOnDemand(t.Context(), &kms.RotateKeyOnDemandInput{KeyId: rsa.KeyId})
			refused(t, err, "UnsupportedOperationException", "")
			imported := newKey(t, c, external)
			importMaterial(t, c, imported, random(32))
			_, err = c.RotateKeyOnDemand(t.Context(), &kms.RotateKeyOnDemandInput{KeyId: imported.KeyId})
			refused(t, err, "KMSInvalidStateException", "No available key material pending rotation for the key: "+*imported.Arn+".")
		})
	})
}

func TestListKeyRotations(t *testing.T) {
	t.Parallel()
	t.Run("lists the first material only if asked to", func(t *testing.T) {
		t.Parallel()
		everyKeeper(t, func(t *testing.T, _ *kmstest.Server, c keeper) {
			k := newKey(t, c)
			first := types.RotationsListEntry{KeyId: k.Arn, KeyMaterialId: k.CurrentKeyMaterialId, KeyMaterialState: types.KeyMaterialStateCurrent}
			assert.Equal(t, []types.RotationsListEntry{}, rotations(t, c, k))
			assert.Equal(t, []types.RotationsListEntry{first}, allMaterial(t, c, k))
			rotate(t, c, k)
			rotate(t, c, k)
			list := rotations(t, c, k)
			require.Len(t, list, 2)
			assert.Equal(t, types.KeyMaterialStateNonCurrent, list[0].KeyMaterialState)
			assert.Equal(t, types.KeyMaterialStateCurrent, list[1].KeyMaterialState)
			first.KeyMaterialState = types.KeyMaterialStateNonCurrent
			assert.Equal(t, append([]types.RotationsListEntry{first}, list...), allMaterial(t, c, k))
		})
	})

	t.Run("comes in pages", func(t *testing.T) {
		t.Parallel()
		everyKeeper(t, func(t *testing.T, _ *kmstest.Server, c keeper) {
			k := newKey(t, c)
			for range 5 {
				rotate(t, c, k)
			}
			var ids []string
			in := &kms.ListKeyRotationsInput{KeyId: k.KeyId, Limit: aws.Int32(2)}
			for p := kms.NewListKeyRotationsPaginator(c, in); p.HasMorePages(); {
				page, err := p.NextPage(t.Context())
				require.NoError(t, err)
				assert.LessOrEqual(t, len(page.Rotations), 2)
				assert.Equal(t, page.NextMarker != nil, page.Truncated)
				for _, r := range page.Rotations {
					ids = append(ids, *r.KeyMaterialId)
				}
			}
			list := rotations(t, c, k)
			require.Len(t, ids, len(list))
			for i, r := range list {
				assert.Equal(t, *r.KeyMaterialId, ids[i])
			}

			page, err := c.ListKeyRotations(t.Context(), in)
			require.NoError(t, err)
			_, err = c.ListKeyRotations(t.Context(), &kms.ListKeyRotationsInput{
				KeyId: k.KeyId, Marker: page.NextMarker, IncludeKeyMaterial: types.IncludeKeyMaterialAllKeyMaterial,
			})
			refused(t, err, "InvalidMarkerException", "")
		})
	})

	t.Run("is empty for keys that never rotate, and cannot include their material", func(t *testing.T) {
		t.Parallel()
		c := kmstest.New().API()
		k := newKey(t, c, ofSpec(types.KeySpecRsa2048, types.KeyUsageTypeEncryptDecrypt))
		assert.Empty(t, rotations(t, c, k))
		_, err := c.ListKeyRotations(t.Context(), &kms.ListKeyRotationsInput{
			KeyId: k.KeyId, IncludeKeyMaterial: types.IncludeKeyMaterialAllKeyMaterial,
		})
		refused(t, err, "ValidationException", "Input parameter includeKeyMaterial can only be used with symmetric keys.")
	})

	t.Run("shares nothing with the key", func(t *testing.T) {
		t.Parallel()
		c := kmstest.New().API()
		k := newKey(t, c)
		rotate(t, c, k)
		list := rotations(t, c, k)
		*list[0].RotationDate = time.Time{}
		*list[0].KeyId = "changed"
		assert.False(t, rotations(t, c, k)[0].RotationDate.IsZero())
		assert.Equal(t, *k.Arn, *rotations(t, c, k)[0].KeyId)
	})
}
