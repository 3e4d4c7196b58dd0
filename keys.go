package kmskit

// snippet-start:[gov2.kms.KeyManager.struct]

import (
	"context"
	"iter"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
)

// KeyManager creates KMS keys, tells what they are, and takes them through
// their life: enabled, disabled, replicated, waiting for deletion.
//
// Where a method takes a keyID it takes a key ID or a key ARN; a key of another
// account needs its ARN. DescribeKey alone also takes an alias.
//
// A KeyManager is safe for concurrent use.
type KeyManager struct {
	api KeyAPI
}

// NewKeyManager returns a KeyManager that calls api, as a rule a [*kms.Client].
// It panics if api is nil.
func NewKeyManager(api KeyAPI) *KeyManager {
	mustHaveAPI("NewKeyManager", api)
	return &KeyManager{api: api}
}

// snippet-end:[gov2.kms.KeyManager.struct]

// snippet-start:[gov2.kms.CreateKey]

// CreateKey creates a KMS key and returns its metadata, which holds the key ID
// and the key ARN. Without options it is a symmetric encryption key whose
// material KMS generates. Keys cost money until they are deleted.
//
// The description, at most 8,192 characters, is for people; it may be empty and
// must not hold secrets. Options set everything else: the KeySpec, which for all
// but symmetric keys needs a KeyUsage beside it, the Policy, Tags, MultiRegion.
// Spec, usage, origin and MultiRegion cannot be changed later.
//
// https://docs.aws.amazon.com/kms/latest/APIReference/API_CreateKey.html
func (m *KeyManager) CreateKey(ctx context.Context, description string, optFns ...func(*kms.CreateKeyInput)) (*types.KeyMetadata, error) {
	in := &kms.CreateKeyInput{}
	if description != "" {
		in.Description = aws.String(description)
	}
	applyOptions(in, optFns)
	out, err := m.api.CreateKey(ctx, in)
	if err != nil {
		return nil, callFailed("CreateKey", err)
	}
	if out == nil || out.KeyMetadata == nil {
		return nil, callFailed("CreateKey", incompleteOutput("KeyMetadata"))
	}
	return out.KeyMetadata, nil
}

// snippet-end:[gov2.kms.CreateKey]

// snippet-start:[gov2.kms.DescribeKey]

// DescribeKey returns what KMS knows of a key: its ARN, state, spec, usage,
// origin, algorithms and dates in UTC. The keyID may also be an alias name or
// alias ARN: this is how to learn which key is behind an alias.
//
// https://docs.aws.amazon.com/kms/latest/APIReference/API_DescribeKey.html
func (m *KeyManager) DescribeKey(ctx context.Context, keyID string, optFns ...func(*kms.DescribeKeyInput)) (*types.KeyMetadata, error) {
	in := &kms.DescribeKeyInput{KeyId: aws.String(keyID)}
	applyOptions(in, optFns)
	if err := requireText("DescribeKey", "key ID", in.KeyId, anyKeyForm); err != nil {
		return nil, err
	}
	out, err := m.api.DescribeKey(ctx, in)
	if err != nil {
		return nil, callFailed("DescribeKey", err, "key", in.KeyId)
	}
	if out == nil || out.KeyMetadata == nil {
		return nil, callFailed("DescribeKey", incompleteOutput("KeyMetadata"), "key", in.KeyId)
	}
	return out.KeyMetadata, nil
}

// snippet-end:[gov2.kms.DescribeKey]

// snippet-start:[gov2.kms.ListKeys]

// ListKeys ranges over the ID and ARN of every key in the account and Region,
// including AWS managed keys and keys that wait for deletion. It asks for a page
// (100 keys, at most 1,000 by the Limit option) when the range gets there; an
// error is yielded once and ends the range.
//
// https://docs.aws.amazon.com/kms/latest/APIReference/API_ListKeys.html
func (m *KeyManager) ListKeys(ctx context.Context, optFns ...func(*kms.ListKeysInput)) iter.Seq2[types.KeyListEntry, error] {
	return func(yield func(types.KeyListEntry, error) bool) { m.eachKey(ctx, optFns, yield) }
}

func (m *KeyManager) eachKey(ctx context.Context, optFns []func(*kms.ListKeysInput), yield func(types.KeyListEntry, error) bool) {
	in := &kms.ListKeysInput{}
	applyOptions(in, optFns)
	pages := kms.NewListKeysPaginator((*keyPages)(m), in)
	err := eachItem(ctx, pages, func(page *kms.ListKeysOutput) []types.KeyListEntry { return page.Keys }, yield)
	if err != nil {
		yield(types.KeyListEntry{}, callFailed("ListKeys", err))
	}
}

// snippet-end:[gov2.kms.ListKeys]

// snippet-start:[gov2.kms.EnableKey]

// EnableKey allows the use of a disabled key again. Enabling an enabled key
// changes nothing. The change may take some seconds to be seen everywhere.
//
// https://docs.aws.amazon.com/kms/latest/APIReference/API_EnableKey.html
func (m *KeyManager) EnableKey(ctx context.Context, keyID string, optFns ...func(*kms.EnableKeyInput)) error {
	in := &kms.EnableKeyInput{KeyId: aws.String(keyID)}
	applyOptions(in, optFns)
	if err := requireText("EnableKey", "key ID", in.KeyId, keyIDForm); err != nil {
		return err
	}
	if _, err := m.api.EnableKey(ctx, in); err != nil {
		return callFailed("EnableKey", err, "key", in.KeyId)
	}
	return nil
}

// snippet-end:[gov2.kms.EnableKey]

// snippet-start:[gov2.kms.DisableKey]

// DisableKey stops all cryptographic use of a key, of its ciphertexts too,
// until [KeyManager.EnableKey]. It can be undone, so it is the way to find out
// who still needs a key before [KeyManager.ScheduleKeyDeletion].
//
// https://docs.aws.amazon.com/kms/latest/APIReference/API_DisableKey.html
func (m *KeyManager) DisableKey(ctx context.Context, keyID string, optFns ...func(*kms.DisableKeyInput)) error {
	in := &kms.DisableKeyInput{KeyId: aws.String(keyID)}
	applyOptions(in, optFns)
	if err := requireText("DisableKey", "key ID", in.KeyId, keyIDForm); err != nil {
		return err
	}
	if _, err := m.api.DisableKey(ctx, in); err != nil {
		return callFailed("DisableKey", err, "key", in.KeyId)
	}
	return nil
}

// snippet-end:[gov2.kms.DisableKey]

// snippet-start:[gov2.kms.UpdateKeyDescription]

// UpdateKeyDescription replaces the description of a key, at most 8,192
// characters; an empty one removes it. As with CreateKey, it must not hold
// secrets. The descriptions of related multi-Region keys are independent.
//
// https://docs.aws.amazon.com/kms/latest/APIReference/API_UpdateKeyDescription.html
func (m *KeyManager) UpdateKeyDescription(ctx context.Context, keyID, description string, optFns ...func(*kms.UpdateKeyDescriptionInput)) error {
	in := &kms.UpdateKeyDescriptionInput{KeyId: aws.String(keyID), Description: aws.String(description)}
	applyOptions(in, optFns)
	if err := requireText("UpdateKeyDescription", "key ID", in.KeyId, keyIDForm); err != nil {
		return err
	}
	if _, err := m.api.UpdateKeyDescription(ctx, in); err != nil {
		return callFailed("UpdateKeyDescription", err, "key", in.KeyId)
	}
	return nil
}

// snippet-end:[gov2.kms.UpdateKeyDescription]

// snippet-start:[gov2.kms.ScheduleKeyDeletion]

// ScheduleKeyDeletion makes a key unusable at once and has KMS delete it, with
// all its aliases and grants, after a window of 7 to 30 days. It returns the
// time of deletion in UTC; until then [KeyManager.CancelKeyDeletion] undoes it.
//
// Deletion is final: nothing that only this key encrypts can be read again.
//
// The time is zero for a multi-Region primary key that has replicas: it waits,
// as PendingReplicaDeletion, and its window starts when the last replica is gone.
//
// https://docs.aws.amazon.com/kms/latest/APIReference/API_ScheduleKeyDeletion.html
func (m *KeyManager) ScheduleKeyDeletion(ctx context.Context, keyID string, windowDays int, optFns ...func(*kms.ScheduleKeyDeletionInput)) (time.Time, error) {
	in := &kms.ScheduleKeyDeletionInput{
		KeyId:               aws.String(keyID),
		PendingWindowInDays: toInt32(windowDays),
	}
	applyOptions(in, optFns)
	if err := requireText("ScheduleKeyDeletion", "key ID", in.KeyId, keyIDForm); err != nil {
		return time.Time{}, err
	}
	if days := in.PendingWindowInDays; days != nil && (*days < 7 || *days > 30) {
		return time.Time{}, invalidInput("ScheduleKeyDeletion", "a window of %d days is outside 7 to 30 days", *days)
	}
	out, err := m.api.ScheduleKeyDeletion(ctx, in)
	if err != nil {
		return time.Time{}, callFailed("ScheduleKeyDeletion", err, "key", in.KeyId)
	}
	switch {
	case out != nil && out.DeletionDate != nil:
		return out.DeletionDate.UTC(), nil
	case out != nil && out.KeyState == types.KeyStatePendingReplicaDeletion:
		return time.Time{}, nil
	}
	return time.Time{}, callFailed("ScheduleKeyDeletion", incompleteOutput("DeletionDate"), "key", in.KeyId)
}

// snippet-end:[gov2.kms.ScheduleKeyDeletion]

// snippet-start:[gov2.kms.CancelKeyDeletion]

// CancelKeyDeletion keeps a key that waits for deletion. The key is disabled
// afterwards: [KeyManager.EnableKey] makes it usable.
//
// https://docs.aws.amazon.com/kms/latest/APIReference/API_CancelKeyDeletion.html
func (m *KeyManager) CancelKeyDeletion(ctx context.Context, keyID string, optFns ...func(*kms.CancelKeyDeletionInput)) error {
	in := &kms.CancelKeyDeletionInput{KeyId: aws.String(keyID)}
	applyOptions(in, optFns)
	if err := requireText("CancelKeyDeletion", "key ID", in.KeyId, keyIDForm); err != nil {
		return err
	}
	if _, err := m.api.CancelKeyDeletion(ctx, in); err != nil {
		return callFailed("CancelKeyDeletion", err, "key", in.KeyId)
	}
	return nil
}

// snippet-end:[gov2.kms.CancelKeyDeletion]

// snippet-start:[gov2.kms.GetKeyLastUsage]

// GetKeyLastUsage returns when a key last did cryptographic work successfully,
// and which operation it was. KMS records uses since TrackingStartDate, up to an
// hour late, and separately for each of related multi-Region keys.
//
// KeyLastUsage is never nil. Its Timestamp is nil if no use is recorded: the key
// was then never used if its KeyCreationDate is not before TrackingStartDate,
// and otherwise nobody knows but CloudTrail. No use for long is no proof that a
// key can go: disable it, and see who fails, before
// [KeyManager.ScheduleKeyDeletion].
//
// https://docs.aws.amazon.com/kms/latest/APIReference/API_GetKeyLastUsage.html
func (m *KeyManager) GetKeyLastUsage(ctx context.Context, keyID string, optFns ...func(*kms.GetKeyLastUsageInput)) (*kms.GetKeyLastUsageOutput, error) {
	in := &kms.GetKeyLastUsageInput{KeyId: aws.String(keyID)}
	applyOptions(in, optFns)
	if err := requireText("GetKeyLastUsage", "key ID", in.KeyId, keyIDForm); err != nil {
		return nil, err
	}
	out, err := m.api.GetKeyLastUsage(ctx, in)
	if err != nil {
		return nil, callFailed("GetKeyLastUsage", err, "key", in.KeyId)
	}
	if out == nil || out.TrackingStartDate == nil || out.KeyCreationDate == nil {
		return nil, callFailed("GetKeyLastUsage", incompleteOutput("TrackingStartDate or KeyCreationDate"), "key", in.KeyId)
	}
	usage := *out // a copy, because the API may hand its answer to others too
	if usage.KeyLastUsage == nil {
		usage.KeyLastUsage = &types.KeyLastUsageData{}
	}
	return &usage, nil
}

// snippet-end:[gov2.kms.GetKeyLastUsage]

// snippet-start:[gov2.kms.ReplicateKey]

// ReplicateKey makes a replica of a multi-Region primary key in another Region
// of the same partition, such as "eu-central-1", and returns the metadata of the
// replica. Call it in the Region of the primary key; a Region that has a replica
// already is a [*types.AlreadyExistsException].
//
// The replica has the key ID and the key material of its primary key, so each
// decrypts what the other encrypts. Policy, Tags and Description are its own:
// options set them. It begins in the state Creating and can be used after some
// seconds; the replica of a key with imported material waits for the same
// material. It costs what any key costs.
//
// https://docs.aws.amazon.com/kms/latest/APIReference/API_ReplicateKey.html
func (m *KeyManager) ReplicateKey(ctx context.Context, keyID, replicaRegion string, optFns ...func(*kms.ReplicateKeyInput)) (*types.KeyMetadata, error) {
	in := &kms.ReplicateKeyInput{KeyId: aws.String(keyID), ReplicaRegion: aws.String(replicaRegion)}
	applyOptions(in, optFns)
	if err := requireText("ReplicateKey", "key ID", in.KeyId, keyIDForm); err != nil {
		return nil, err
	}
	if err := requireText("ReplicateKey", "replica Region", in.ReplicaRegion, regionForm); err != nil {
		return nil, err
	}
	out, err := m.api.ReplicateKey(ctx, in)
	if err != nil {
		return nil, callFailed("ReplicateKey", err, "key", in.KeyId, "replica Region", in.ReplicaRegion)
	}
	if out == nil || out.ReplicaKeyMetadata == nil {
		return nil, callFailed("ReplicateKey", incompleteOutput("ReplicaKeyMetadata"), "key", in.KeyId, "replica Region", in.ReplicaRegion)
	}
	return out.ReplicaKeyMetadata, nil
}

// snippet-end:[gov2.kms.ReplicateKey]

// snippet-start:[gov2.kms.UpdatePrimaryRegion]

// UpdatePrimaryRegion makes the replica in the given Region the primary key of
// its multi-Region keys, and the primary key a replica. Call it in the Region of
// the primary key that is to change.
//
// It returns before all is done: for some seconds both keys are in the state
// Updating, in which they encrypt and decrypt but cannot be managed.
//
// https://docs.aws.amazon.com/kms/latest/APIReference/API_UpdatePrimaryRegion.html
func (m *KeyManager) UpdatePrimaryRegion(ctx context.Context, keyID, primaryRegion string, optFns ...func(*kms.UpdatePrimaryRegionInput)) error {
	in := &kms.UpdatePrimaryRegionInput{KeyId: aws.String(keyID), PrimaryRegion: aws.String(primaryRegion)}
	applyOptions(in, optFns)
	if err := requireText("UpdatePrimaryRegion", "key ID", in.KeyId, keyIDForm); err != nil {
		return err
	}
	if err := requireText("UpdatePrimaryRegion", "primary Region", in.PrimaryRegion, regionForm); err != nil {
		return err
	}
	if _, err := m.api.UpdatePrimaryRegion(ctx, in); err != nil {
		return callFailed("UpdatePrimaryRegion", err, "key", in.KeyId, "primary Region", in.PrimaryRegion)
	}
	return nil
}

// snippet-end:[gov2.kms.UpdatePrimaryRegion]
