package kmstest

import (
	"reflect"
	"slices"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/kmskit/kmskit/kmstest/internal/shape"
)

// An operation is what is known of one before there is a request for it.
type operation struct {
	rule

	name       string
	number     int // from 1; 0 is what KMS has no operation for
	input      reflect.Type
	shape      func() shape.Shape
	permission *permission // of the same name
	tracked    bool        // KMS takes it for a use of the key
}

// A rule says which keys an operation can be asked to work on, and what becomes of
// them. The API Reference of KMS says how a key may be given ("Cross-account use",
// the forms of KeyId); the table of key states in its Developer Guide says in which
// states.
type rule struct {
	aliases  bool             // by an alias too, not by its ID or ARN only
	foreign  bool             // in another account too
	external bool             // with imported key material only
	native   bool             // outside of custom key stores only
	changes  bool             // it changes keys, and does not only use or show them
	reads    bool             // it changes nothing that is kept in a file
	states   []types.KeyState // nil is any state
}

var (
	usable = []types.KeyState{
		types.KeyStateEnabled, types.KeyStateUpdating,
	}
	shareable = []types.KeyState{
		types.KeyStateEnabled, types.KeyStateUpdating, types.KeyStateUnavailable,
	}
	switchable = []types.KeyState{
		types.KeyStateEnabled, types.KeyStateDisabled, types.KeyStateUnavailable,
	}
	deletable = []types.KeyState{
		types.KeyStateEnabled, types.KeyStateDisabled, types.KeyStatePendingImport, types.KeyStateUnavailable,
		types.KeyStateCreating,
	}
	alive = []types.KeyState{
		types.KeyStateEnabled, types.KeyStateDisabled, types.KeyStatePendingImport, types.KeyStateUnavailable,
		types.KeyStateCreating, types.KeyStateUpdating,
	}
	dying = []types.KeyState{
		types.KeyStatePendingDeletion, types.KeyStatePendingReplicaDeletion,
	}
	replicable = []types.KeyState{
		types.KeyStateEnabled,
		types.KeyStateCreating, // refused for being a replica
	}
	promotable = []types.KeyState{
		types.KeyStateEnabled,
	}
	rotatable = []types.KeyState{
		types.KeyStateEnabled, types.KeyStateUpdating,
		types.KeyStatePendingImport, // refused for its origin
	}
	preparable = []types.KeyState{
		types.KeyStateEnabled, types.KeyStateDisabled, types.KeyStatePendingImport,
	}
	importable = []types.KeyState{
		types.KeyStateEnabled, types.KeyStateDisabled, types.KeyStatePendingImport, types.KeyStateUpdating,
	}
	removable = []types.KeyState{
		types.KeyStateEnabled, types.KeyStateDisabled, types.KeyStatePendingImport,
		types.KeyStatePendingDeletion, types.KeyStatePendingReplicaDeletion,
	}
)

// operations has all operations of KMS, by the types of their inputs.
var operations = byInput(
	newOperation[kms.CancelKeyDeletionInput](rule{states: dying, changes: true}),
	newOperation[kms.ConnectCustomKeyStoreInput](rule{}),
	newOperation[kms.CreateAliasInput](rule{states: alive, changes: true}),
	newOperation[kms.CreateCustomKeyStoreInput](rule{}),
	newOperation[kms.CreateGrantInput](rule{states: shareable, foreign: true, changes: true}),
	newOperation[kms.CreateKeyInput](rule{}),
	newOperation[kms.DecapsulateInput](rule{states: usable, foreign: true, aliases: true, reads: true}),
	newOperation[kms.DecryptInput](rule{states: usable, foreign: true, aliases: true, reads: true}),
	newOperation[kms.DeleteAliasInput](rule{}),
	newOperation[kms.DeleteCustomKeyStoreInput](rule{}),
	newOperation[kms.DeleteImportedKeyMaterialInput](rule{states: removable, external: true, changes: true}),
	newOperation[kms.DeriveSharedSecretInput](rule{states: usable, foreign: true, aliases: true, reads: true}),
	newOperation[kms.DescribeCustomKeyStoresInput](rule{reads: true}),
	newOperation[kms.DescribeKeyInput](rule{foreign: true, aliases: true, reads: true}),
	newOperation[kms.DisableKeyInput](rule{states: switchable, changes: true}),
	newOperation[kms.DisableKeyRotationInput](rule{states: rotatable, native: true, changes: true}),
	newOperation[kms.DisconnectCustomKeyStoreInput](rule{}),
	newOperation[kms.EnableKeyInput](rule{states: switchable, changes: true}),
	newOperation[kms.EnableKeyRotationInput](rule{states: rotatable, native: true, changes: true}),
	newOperation[kms.EncapsulateInput](rule{states: usable, foreign: true, aliases: true, reads: true}),
	newOperation[kms.EncryptInput](rule{states: usable, foreign: true, aliases: true, reads: true}),
	newOperation[kms.GenerateDataKeyInput](rule{states: usable, foreign: true, aliases: true, reads: true}),
	newOperation[kms.GenerateDataKeyPairInput](rule{states: usable, foreign: true, aliases: true, native: true, reads: true}),
	newOperation[kms.GenerateDataKeyPairWithoutPlaintextInput](rule{states: usable, foreign: true, aliases: true, native: true, reads: true}),
	newOperation[kms.GenerateDataKeyWithoutPlaintextInput](rule{states: usable, foreign: true, aliases: true, reads: true}),
	newOperation[kms.GenerateMacInput](rule{states: usable, foreign: true, aliases: true, reads: true}),
	newOperation[kms.GenerateRandomInput](rule{reads: true}),
	newOperation[kms.GetKeyLastUsageInput](rule{reads: true}),
	newOperation[kms.GetKeyPolicyInput](rule{reads: true}),
	newOperation[kms.GetKeyRotationStatusInput](rule{foreign: true, native: true, reads: true}),
	newOperation[kms.GetParametersForImportInput](rule{states: preparable, external: true}),
	newOperation[kms.GetPublicKeyInput](rule{states: usable, foreign: true, aliases: true, reads: true}),
	newOperation[kms.ImportKeyMaterialInput](rule{states: importable, external: true, changes: true}),
	newOperation[kms.ListAliasesInput](rule{reads: true}),
	newOperation[kms.ListGrantsInput](rule{foreign: true, reads: true}),
	newOperation[kms.ListKeyPoliciesInput](rule{reads: true}),
	newOperation[kms.ListKeyRotationsInput](rule{native: true, reads: true}),
	newOperation[kms.ListKeysInput](rule{reads: true}),
	newOperation[kms.ListResourceTagsInput](rule{reads: true}),
	newOperation[kms.ListRetirableGrantsInput](rule{reads: true}),
	newOperation[kms.PutKeyPolicyInput](rule{}),
	newOperation[kms.ReEncryptInput](rule{states: usable, foreign: true, aliases: true, reads: true}),
	newOperation[kms.ReplicateKeyInput](rule{states: replicable, changes: true}),
	newOperation[kms.RetireGrantInput](rule{foreign: true}),
	newOperation[kms.RevokeGrantInput](rule{foreign: true}),
	newOperation[kms.RotateKeyOnDemandInput](rule{states: usable, native: true, changes: true}),
	newOperation[kms.ScheduleKeyDeletionInput](rule{states: deletable, changes: true}),
	newOperation[kms.SignInput](rule{states: usable, foreign: true, aliases: true, reads: true}),
	newOperation[kms.TagResourceInput](rule{states: alive, changes: true}),
	newOperation[kms.UntagResourceInput](rule{states: alive, changes: true}),
	newOperation[kms.UpdateAliasInput](rule{states: alive, changes: true}),
	newOperation[kms.UpdateCustomKeyStoreInput](rule{}),
	newOperation[kms.UpdateKeyDescriptionInput](rule{states: alive, changes: true}),
	newOperation[kms.UpdatePrimaryRegionInput](rule{states: promotable, changes: true}),
	newOperation[kms.VerifyInput](rule{states: usable, foreign: true, aliases: true, reads: true}),
	newOperation[kms.VerifyMacInput](rule{states: usable, foreign: true, aliases: true, reads: true}),
)

// newOperation returns the operation that has I as its input.
func newOperation[I any](r rule) *operation {
	input := reflect.TypeFor[I]()
	name := strings.TrimSuffix(input.Name(), "Input")
	use := types.KeyLastUsageTrackingOperation(name)
	return &operation{
		rule:       r,
		name:       name,
		input:      input,
		shape:      sync.OnceValue(func() shape.Shape { return shape.Of(reflect.PointerTo(input)) }),
		permission: newPermission(name),
		tracked:    slices.Contains(use.Values(), use),
	}
}

func byInput(list ...*operation) map[reflect.Type]*operation {
	m := make(map[reflect.Type]*operation, len(list))
	for i, o := range list {
		o.number = i + 1
		m[o.input] = o
	}
	return m
}

// operationOf returns the operation that has I as its input.
func operationOf[I any]() *operation { return operations[reflect.TypeFor[I]()] }

// usable reports whether the key is in a state in which it can be used.
func (k *key) usable() bool { return slices.Contains(usable, k.state) }

// admits refuses an operation with this rule on a key that is in state.
func (r rule) admits(arn string, state types.KeyState) error {
	if r.states == nil || slices.Contains(r.states, state) {
		return nil
	}
	if slices.Equal(r.states, dying) {
		return invalidState(arn, "not pending deletion")
	}
	switch state {
	case types.KeyStateDisabled:
		return keyDisabled(arn)
	case types.KeyStatePendingDeletion:
		return invalidState(arn, "pending deletion")
	case types.KeyStatePendingReplicaDeletion:
		return invalidState(arn, "pending replica deletion")
	case types.KeyStatePendingImport:
		return invalidState(arn, "pending import")
	case types.KeyStateCreating:
		return invalidState(arn, "creating")
	case types.KeyStateUpdating:
		return invalidState(arn, "updating")
	case types.KeyStateUnavailable:
		return invalidState(arn, "unavailable")
	default: // Enabled, which only CancelKeyDeletion refuses
		return invalidState(arn, "enabled")
	}
}
