package kmskit

// snippet-start:[gov2.kms.RotationManager.struct]

import (
	"context"
	"iter"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
)

// RotationManager gives symmetric encryption keys new key material, on a
// schedule or on demand. Key ID, ARN and aliases stay; KMS keeps the old
// material, and goes on decrypting what it encrypted.
//
// Where a method takes a keyID it takes a key ID or a key ARN. Of related
// multi-Region keys it is the primary key that is rotated.
//
// A RotationManager is safe for concurrent use.
type RotationManager struct {
	api RotationAPI
}

// NewRotationManager returns a RotationManager that calls api, as a rule a
// [*kms.Client]. It panics if api is nil.
func NewRotationManager(api RotationAPI) *RotationManager {
	mustHaveAPI("NewRotationManager", api)
	return &RotationManager{api: api}
}

// snippet-end:[gov2.kms.RotationManager.struct]

// snippet-start:[gov2.kms.EnableKeyRotation]

// EnableKeyRotation has KMS rotate a key every 365 days from now on, or, with
// the option RotationPeriodInDays, every 90 to 2,560 days. On a key that rotates
// already it changes the period. The key must be a symmetric encryption key with
// material that KMS made.
//
// https://docs.aws.amazon.com/kms/latest/APIReference/API_EnableKeyRotation.html
func (m *RotationManager) EnableKeyRotation(ctx context.Context, keyID string, optFns ...func(*kms.EnableKeyRotationInput)) error {
	in := &kms.EnableKeyRotationInput{KeyId: aws.String(keyID)}
	applyOptions(in, optFns)
	if err := requireText("EnableKeyRotation", "key ID", in.KeyId, keyIDForm); err != nil {
		return err
	}
	if days := in.RotationPeriodInDays; days != nil && (*days < 90 || *days > 2560) {
		return invalidInput("EnableKeyRotation", "a rotation period of %d days is outside 90 to 2560 days", *days)
	}
	if _, err := m.api.EnableKeyRotation(ctx, in); err != nil {
		return callFailed("EnableKeyRotation", err, "key", in.KeyId)
	}
	return nil
}

// snippet-end:[gov2.kms.EnableKeyRotation]

// snippet-start:[gov2.kms.DisableKeyRotation]

// DisableKeyRotation ends the automatic rotation of a key. All its material,
// old and current, stays in use, and [RotationManager.RotateKeyOnDemand] still
// works.
//
// https://docs.aws.amazon.com/kms/latest/APIReference/API_DisableKeyRotation.html
func (m *RotationManager) DisableKeyRotation(ctx context.Context, keyID string, optFns ...func(*kms.DisableKeyRotationInput)) error {
	in := &kms.DisableKeyRotationInput{KeyId: aws.String(keyID)}
	applyOptions(in, optFns)
	if err := requireText("DisableKeyRotation", "key ID", in.KeyId, keyIDForm); err != nil {
		return err
	}
	if _, err := m.api.DisableKeyRotation(ctx, in); err != nil {
		return callFailed("DisableKeyRotation", err, "key", in.KeyId)
	}
	return nil
}

// snippet-end:[gov2.kms.DisableKeyRotation]

// snippet-start:[gov2.kms.GetKeyRotationStatus]

// GetKeyRotationStatus returns whether a key rotates automatically, and if so
// its period in days and its next date; and since when a rotation on demand is
// in progress, if one is. A key that waits for deletion is reported as not
// rotating, whatever it did before. A key of another account needs its ARN.
//
// https://docs.aws.amazon.com/kms/latest/APIReference/API_GetKeyRotationStatus.html
func (m *RotationManager) GetKeyRotationStatus(ctx context.Context, keyID string, optFns ...func(*kms.GetKeyRotationStatusInput)) (*kms.GetKeyRotationStatusOutput, error) {
	in := &kms.GetKeyRotationStatusInput{KeyId: aws.String(keyID)}
	applyOptions(in, optFns)
	if err := requireText("GetKeyRotationStatus", "key ID", in.KeyId, keyIDForm); err != nil {
		return nil, err
	}
	out, err := m.api.GetKeyRotationStatus(ctx, in)
	if err != nil {
		return nil, callFailed("GetKeyRotationStatus", err, "key", in.KeyId)
	}
	if out == nil {
		return nil, callFailed("GetKeyRotationStatus", incompleteOutput("KeyRotationEnabled"), "key", in.KeyId)
	}
	return out, nil
}

// snippet-end:[gov2.kms.GetKeyRotationStatus]

// snippet-start:[gov2.kms.ListKeyRotations]

// ListKeyRotations ranges over the completed rotations of a key, or, with the
// option IncludeKeyMaterial ALL_KEY_MATERIAL, over all its key material: the
// first too, and what was imported and waits for its rotation. It asks for a
// page (100 rotations, at most 1,000 by the Limit option) when the range gets
// there; an error is yielded once and ends the range.
//
// https://docs.aws.amazon.com/kms/latest/APIReference/API_ListKeyRotations.html
func (m *RotationManager) ListKeyRotations(ctx context.Context, keyID string, optFns ...func(*kms.ListKeyRotationsInput)) iter.Seq2[types.RotationsListEntry, error] {
	return func(yield func(types.RotationsListEntry, error) bool) { m.eachRotation(ctx, keyID, optFns, yield) }
}

func (m *RotationManager) eachRotation(ctx context.Context, keyID string, optFns []func(*kms.ListKeyRotationsInput), yield func(types.RotationsListEntry, error) bool) {
	in := &kms.ListKeyRotationsInput{KeyId: aws.String(keyID)}
	applyOptions(in, optFns)
	if err := requireText("ListKeyRotations", "key ID", in.KeyId, keyIDForm); err != nil {
		yield(types.RotationsListEntry{}, err)
		return
	}
	pages := kms.NewListKeyRotationsPaginator((*rotationPages)(m), in)
	err := eachItem(ctx, pages, func(page *kms.ListKeyRotationsOutput) []types.RotationsListEntry { return page.Rotations }, yield)
	if err != nil {
		yield(types.RotationsListEntry{}, callFailed("ListKeyRotations", err, "key", in.KeyId))
	}
}

// snippet-end:[gov2.kms.ListKeyRotations]

// snippet-start:[gov2.kms.RotateKeyOnDemand]

// RotateKeyOnDemand rotates a key now, whether it rotates automatically or not,
// and leaves the schedule as it is. It returns before all is done:
// [RotationManager.GetKeyRotationStatus] tells. A key can be rotated on demand
// 25 times in its life.
//
// A key with imported material takes the material that
// [MaterialImporter.ImportKeyMaterial] has made ready as PENDING_ROTATION.
//
// https://docs.aws.amazon.com/kms/latest/APIReference/API_RotateKeyOnDemand.html
func (m *RotationManager) RotateKeyOnDemand(ctx context.Context, keyID string, optFns ...func(*kms.RotateKeyOnDemandInput)) error {
	in := &kms.RotateKeyOnDemandInput{KeyId: aws.String(keyID)}
	applyOptions(in, optFns)
	if err := requireText("RotateKeyOnDemand", "key ID", in.KeyId, keyIDForm); err != nil {
		return err
	}
	if _, err := m.api.RotateKeyOnDemand(ctx, in); err != nil {
		return callFailed("RotateKeyOnDemand", err, "key", in.KeyId)
	}
	return nil
}

// snippet-end:[gov2.kms.RotateKeyOnDemand]
