package conformance

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
)

var rotationRules = []rule{
	{
		"GetKeyRotationStatus", "of a new key is off",
		"KeyRotationEnabled is there when false; without rotation there is neither a period nor a date.",
		func(t *trial) {
			k := t.shared(symmetric)
			out := answer(t, t.GetKeyRotationStatus, &kms.GetKeyRotationStatusInput{KeyId: k.KeyId})
			t.members("KeyId", "KeyRotationEnabled")
			equal(t, "KeyId", *out.KeyId, *k.Arn)
			equal(t, "KeyRotationEnabled", out.KeyRotationEnabled, false)
		},
	},
	{
		"GetKeyRotationStatus", "of a key that cannot rotate is off",
		"The rotation status of asymmetric and HMAC keys is always false.",
		func(t *trial) {
			for _, name := range []fixtureName{ecdsaKey, hmacKey} {
				out := answer(t, t.GetKeyRotationStatus, &kms.GetKeyRotationStatusInput{KeyId: t.shared(name).KeyId})
				equal(t, "KeyRotationEnabled", out.KeyRotationEnabled, false)
			}
		},
	},
	{
		"EnableKeyRotation", "has no output, and a period of 365 days",
		"Rotation is yearly unless the request says otherwise, and the next one a period from now.",
		func(t *trial) {
			k := t.newKey()
			answer(t, t.EnableKeyRotation, &kms.EnableKeyRotationInput{KeyId: k.KeyId})
			t.empty()
			t.rotates(*k.KeyId, 365)
			t.members("KeyId", "KeyRotationEnabled", "NextRotationDate", "RotationPeriodInDays")
		},
	},
	{
		"EnableKeyRotation", "takes a period of 90 to 2560 days",
		"Enabling again changes the period.",
		func(t *trial) {
			k := t.newKey()
			for _, days := range []int32{90, 2560} {
				answer(t, t.EnableKeyRotation, &kms.EnableKeyRotationInput{KeyId: k.Arn, RotationPeriodInDays: &days})
				t.rotates(*k.KeyId, days)
			}
		},
	},
	{
		"EnableKeyRotation", "of a key that does not rotate is UnsupportedOperation",
		"Only symmetric keys whose material KMS has made rotate by themselves.",
		func(t *trial) {
			for _, name := range []fixtureName{ecdsaKey, hmacKey, externalKey.in(types.KeyStateEnabled)} {
				refusal(t, t.EnableKeyRotation, &kms.EnableKeyRotationInput{KeyId: t.shared(name).KeyId}, "UnsupportedOperationException")
			}
		},
	},
	{
		"DisableKeyRotation", "has no output, and rotation is off",
		"DisableKeyRotation of a key that does not rotate succeeds too.",
		func(t *trial) {
			k := t.newKey()
			answer(t, t.EnableKeyRotation, &kms.EnableKeyRotationInput{KeyId: k.KeyId})
			for range 2 {
				answer(t, t.DisableKeyRotation, &kms.DisableKeyRotationInput{KeyId: k.KeyId})
				t.empty()
			}
			answerThat(t, t.GetKeyRotationStatus, &kms.GetKeyRotationStatusInput{KeyId: k.KeyId}, func(out *kms.GetKeyRotationStatusOutput) string {
				return unless(!out.KeyRotationEnabled, "rotation is still on")
			})
		},
	},
	{
		"DisableKeyRotation", "of an HMAC key is no mistake",
		"HMAC keys never rotate, so that there is nothing to do.",
		func(t *trial) {
			answer(t, t.DisableKeyRotation, &kms.DisableKeyRotationInput{KeyId: t.shared(hmacKey).KeyId})
			t.empty()
		},
	},
	{
		"GetKeyRotationStatus", "is off while deletion is pending, and on again after",
		"A key that waits for its deletion does not rotate; cancelling brings back what was set.",
		func(t *trial) {
			k := t.newKey()
			answer(t, t.EnableKeyRotation, &kms.EnableKeyRotationInput{KeyId: k.KeyId, RotationPeriodInDays: aws.Int32(100)})
			t.rotates(*k.KeyId, 100)
			t.bring(*k.KeyId, types.KeyStatePendingDeletion)
			answerThat(t, t.GetKeyRotationStatus, &kms.GetKeyRotationStatusInput{KeyId: k.KeyId}, func(out *kms.GetKeyRotationStatusOutput) string {
				return unless(!out.KeyRotationEnabled, "rotation is still on")
			})
			answer(t, t.CancelKeyDeletion, &kms.CancelKeyDeletionInput{KeyId: k.KeyId})
			t.rotates(*k.KeyId, 100)
		},
	},
	{
		"RotateKeyOnDemand", "answers the key ARN, and new material",
		"After a rotation the key encrypts with new material and still opens what the old has sealed.",
		func(t *trial) {
			k := t.own(symmetric)
			out := answer(t, t.RotateKeyOnDemand, &kms.RotateKeyOnDemandInput{KeyId: k.KeyId})
			t.members("KeyId")
			equal(t, "KeyId", *out.KeyId, *k.Arn)
			answerThat(t, t.DescribeKey, &kms.DescribeKeyInput{KeyId: k.KeyId}, func(out *kms.DescribeKeyOutput) string {
				return unless(*out.KeyMetadata.CurrentKeyMaterialId != *k.CurrentKeyMaterialId, "the key material is still the same")
			})
			opened := answer(t, t.Decrypt, &kms.DecryptInput{CiphertextBlob: k.ciphertext})
			equal(t, "Plaintext", opened.Plaintext, plaintext)
			equal(t, "KeyMaterialId", *opened.KeyMaterialId, *k.CurrentKeyMaterialId)
		},
	},
	{
		"RotateKeyOnDemand", "of a key that does not rotate is UnsupportedOperation",
		"Only symmetric keys rotate.",
		func(t *trial) {
			for _, name := range []fixtureName{ecdsaKey, hmacKey} {
				refusal(t, t.RotateKeyOnDemand, &kms.RotateKeyOnDemandInput{KeyId: t.shared(name).KeyId}, "UnsupportedOperationException")
			}
		},
	},
	{
		"RotateKeyOnDemand", "of imported material without other material is KMSInvalidState",
		"A key with imported material rotates to material that was imported before, and waits.",
		func(t *trial) {
			refusal(t, t.RotateKeyOnDemand, &kms.RotateKeyOnDemandInput{KeyId: t.shared(externalKey.in(types.KeyStateEnabled)).KeyId}, "KMSInvalidStateException")
		},
	},
	{
		"RotateKeyOnDemand", "a 26th time is LimitExceeded",
		"A key is rotated on demand 25 times in its life.",
		func(t *trial) {
			k := t.newKey()
			answer(t, t.RotateKeyOnDemand, &kms.RotateKeyOnDemandInput{KeyId: k.KeyId})
			if t.suite.late.Load() {
				t.Skip("on AWS one rotation on demand has to end before the next")
			}
			for range 24 {
				answer(t, t.RotateKeyOnDemand, &kms.RotateKeyOnDemandInput{KeyId: k.KeyId})
			}
			refusal(t, t.RotateKeyOnDemand, &kms.RotateKeyOnDemandInput{KeyId: k.KeyId}, "LimitExceededException")
		},
	},
	{
		"ListKeyRotations", "has completed rotations",
		"ListKeyRotations lists rotations with their date and kind, the material that each made current, and the key ARN.",
		func(t *trial) {
			k := t.newKey()
			equal(t, "the number of rotations", len(answer(t, t.ListKeyRotations, &kms.ListKeyRotationsInput{KeyId: k.KeyId}).Rotations), 0)
			t.members("Rotations", "Truncated")
			answer(t, t.RotateKeyOnDemand, &kms.RotateKeyOnDemandInput{KeyId: k.KeyId})
			out := answerThat(t, t.ListKeyRotations, &kms.ListKeyRotationsInput{KeyId: k.KeyId}, func(out *kms.ListKeyRotationsOutput) string {
				return unless(len(out.Rotations) == 1, "the key has %d rotations, want 1", len(out.Rotations))
			})
			r := out.Rotations[0]
			equal(t, "KeyId", *r.KeyId, *k.Arn)
			equal(t, "RotationType", r.RotationType, types.RotationTypeOnDemand)
			equal(t, "KeyMaterialState", r.KeyMaterialState, types.KeyMaterialStateCurrent)
			t.that("the rotation was just now", time.Since(*r.RotationDate).Abs() < time.Hour)
			differ(t, "the IDs of both materials", *r.KeyMaterialId, *k.CurrentKeyMaterialId)
		},
	},
	{
		"ListKeyRotations", "can have all key material",
		"With ALL_KEY_MATERIAL the first material is listed too, which no rotation has made.",
		func(t *trial) {
			k := t.newKey()
			answer(t, t.RotateKeyOnDemand, &kms.RotateKeyOnDemandInput{KeyId: k.KeyId})
			answerThat(t, t.ListKeyRotations, &kms.ListKeyRotationsInput{
				KeyId: k.KeyId, IncludeKeyMaterial: types.IncludeKeyMaterialAllKeyMaterial,
			}, func(out *kms.ListKeyRotationsOutput) string {
				states := map[types.KeyMaterialState]int{}
				for _, r := range out.Rotations {
					states[r.KeyMaterialState]++
				}
				return unless(len(out.Rotations) == 2 && states[types.KeyMaterialStateCurrent] == 1 && states[types.KeyMaterialStateNonCurrent] == 1,
					"the key material is %v, want one that is CURRENT and one that is NON_CURRENT", states)
			})
		},
	},
	{
		"ListKeyRotations", "all key material of a key that does not rotate is a ValidationException",
		"Only symmetric encryption keys can list their key material.",
		func(t *trial) {
			refusal(t, t.ListKeyRotations, &kms.ListKeyRotationsInput{
				KeyId: t.shared(hmacKey).KeyId, IncludeKeyMaterial: types.IncludeKeyMaterialAllKeyMaterial,
			}, "ValidationException")
		},
	},
}

// rotates waits until a key rotates every so many days.
func (t *trial) rotates(keyID string, days int32) {
	t.Helper()
	answerThat(t, t.GetKeyRotationStatus, &kms.GetKeyRotationStatusInput{KeyId: &keyID}, func(out *kms.GetKeyRotationStatusOutput) string {
		if !out.KeyRotationEnabled || out.RotationPeriodInDays == nil || *out.RotationPeriodInDays != days || out.NextRotationDate == nil {
			return unless(false, "the status is enabled: %t, period: %v, next: %v; want a period of %d",
				out.KeyRotationEnabled, show(out.RotationPeriodInDays), show(out.NextRotationDate), days)
		}
		wait := time.Until(*out.NextRotationDate) - time.Duration(days)*24*time.Hour
		return unless(wait.Abs() < 25*time.Hour, "the next rotation is at %v, want %d days from now", *out.NextRotationDate, days)
	})
}
