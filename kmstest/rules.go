package kmstest

import (
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/kms/types"
)

// A rule says which keys an operation can be asked to work on. The API Reference
// of KMS says how a key may be given ("Cross-account use", the forms of KeyId);
// the table of key states in its Developer Guide says in which states.
type rule struct {
	aliases  bool             // by an alias too, not by its ID or ARN only
	foreign  bool             // in another account too
	external bool             // with imported key material only
	native   bool             // outside of custom key stores only
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

// rules has the operations that take a key, by the name of the operation.
var rules = map[string]rule{
	"CancelKeyDeletion":                   {states: dying},
	"CreateAlias":                         {states: alive},
	"CreateGrant":                         {states: shareable, foreign: true},
	"Decapsulate":                         {states: usable, foreign: true, aliases: true},
	"Decrypt":                             {states: usable, foreign: true, aliases: true},
	"DeleteAlias":                         {},
	"DeleteImportedKeyMaterial":           {states: removable, external: true},
	"DeriveSharedSecret":                  {states: usable, foreign: true, aliases: true},
	"DescribeKey":                         {foreign: true, aliases: true},
	"DisableKey":                          {states: switchable},
	"DisableKeyRotation":                  {states: rotatable, native: true},
	"EnableKey":                           {states: switchable},
	"EnableKeyRotation":                   {states: rotatable, native: true},
	"Encapsulate":                         {states: usable, foreign: true, aliases: true},
	"Encrypt":                             {states: usable, foreign: true, aliases: true},
	"GenerateDataKey":                     {states: usable, foreign: true, aliases: true},
	"GenerateDataKeyPair":                 {states: usable, foreign: true, aliases: true, native: true},
	"GenerateDataKeyPairWithoutPlaintext": {states: usable, foreign: true, aliases: true, native: true},
	"GenerateDataKeyWithoutPlaintext":     {states: usable, foreign: true, aliases: true},
	"GenerateMac":                         {states: usable, foreign: true, aliases: true},
	"GetKeyLastUsage":                     {},
	"GetKeyPolicy":                        {},
	"GetKeyRotationStatus":                {foreign: true, native: true},
	"GetParametersForImport":              {states: preparable, external: true},
	"GetPublicKey":                        {states: usable, foreign: true, aliases: true},
	"ImportKeyMaterial":                   {states: importable, external: true},
	"ListGrants":                          {foreign: true},
	"ListKeyPolicies":                     {},
	"ListKeyRotations":                    {native: true},
	"ListResourceTags":                    {},
	"PutKeyPolicy":                        {},
	"ReEncrypt":                           {states: usable, foreign: true, aliases: true},
	"ReplicateKey":                        {states: replicable},
	"RetireGrant":                         {foreign: true},
	"RevokeGrant":                         {foreign: true},
	"RotateKeyOnDemand":                   {states: usable, native: true},
	"ScheduleKeyDeletion":                 {states: deletable},
	"Sign":                                {states: usable, foreign: true, aliases: true},
	"TagResource":                         {states: alive},
	"UntagResource":                       {states: alive},
	"UpdateAlias":                         {states: alive},
	"UpdateKeyDescription":                {states: alive},
	"UpdatePrimaryRegion":                 {states: replicable},
	"Verify":                              {states: usable, foreign: true, aliases: true},
	"VerifyMac":                           {states: usable, foreign: true, aliases: true},
}

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
