package conformance

import (
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/kms/types"
)

// What an operation comes to on a key in some state: success, or a refusal.
const (
	succeeds     = ""
	disabled     = "DisabledException"
	invalidState = "KMSInvalidStateException"
	unsupported  = "UnsupportedOperationException"
	noToken      = "InvalidImportTokenException" // the state is no obstacle
	noGrant      = "NotFoundException"           // the same; such a key has no grants
	impossible   = "-"                           // there are no such keys, or another room has it
)

// reachable are the key states into which a client alone can bring a key.
var reachable = [...]types.KeyState{
	types.KeyStateEnabled, types.KeyStateDisabled, types.KeyStatePendingImport, types.KeyStatePendingDeletion,
}

const pendingDeletion = 3 // among them

// stateTable is the table of key states in the Developer Guide of KMS, as far as
// its columns are reachable:
// https://docs.aws.amazon.com/kms/latest/developerguide/key-state.html
//
// Where KMS has been seen to do otherwise, it has that instead: KMS answers
// GetKeyRotationStatus of a key that is PendingImport.
var stateTable = []struct {
	operations []string
	second     bool
	cells      [len(reachable)]string
}{
	{
		operations: []string{
			"Decrypt", "DeriveSharedSecret", "Encrypt", "GenerateDataKey", "GenerateDataKeyPair",
			"GenerateDataKeyPairWithoutPlaintext", "GenerateDataKeyWithoutPlaintext", "GenerateMac", "GetPublicKey",
			"ReEncrypt", "Sign", "Verify", "VerifyMac", "CreateGrant", "RotateKeyOnDemand",
		},
		cells: [...]string{succeeds, disabled, invalidState, invalidState},
	},
	{
		operations: []string{"ReEncrypt"}, second: true,
		cells: [...]string{succeeds, disabled, invalidState, invalidState},
	},
	{
		operations: []string{"Encapsulate", "Decapsulate"}, // ML-KEM material is not imported.
		cells:      [...]string{succeeds, disabled, impossible, invalidState},
	},
	{
		operations: []string{"ReplicateKey", "UpdatePrimaryRegion"}, // They succeed in the room of Regions.
		cells:      [...]string{impossible, disabled, invalidState, invalidState},
	},
	{
		operations: []string{"DisableKey", "EnableKey"},
		cells:      [...]string{succeeds, succeeds, invalidState, invalidState},
	},
	{
		operations: []string{
			"CreateAlias", "ScheduleKeyDeletion", "TagResource", "UntagResource", "UpdateAlias", "UpdateKeyDescription",
			"GetParametersForImport",
		},
		cells: [...]string{succeeds, succeeds, succeeds, invalidState},
	},
	{
		operations: []string{"ImportKeyMaterial"},
		cells:      [...]string{noToken, noToken, noToken, invalidState},
	},
	{
		operations: []string{"EnableKeyRotation", "DisableKeyRotation"},
		cells:      [...]string{succeeds, disabled, unsupported, invalidState},
	},
	{
		operations: []string{"CancelKeyDeletion"},
		cells:      [...]string{invalidState, invalidState, invalidState, succeeds},
	},
	{
		operations: []string{
			"DeleteAlias", "DeleteImportedKeyMaterial", "DescribeKey", "GetKeyLastUsage", "GetKeyPolicy", "GetKeyRotationStatus",
			"ListAliases", "ListGrants", "ListKeyPolicies", "ListKeyRotations", "ListResourceTags", "PutKeyPolicy",
		},
		cells: [...]string{succeeds, succeeds, succeeds, succeeds},
	},
	{
		operations: []string{"UpdateAlias"}, second: true, // away from the key
		cells: [...]string{succeeds, succeeds, succeeds, succeeds},
	},
	{
		operations: []string{"RetireGrant", "RevokeGrant"},
		cells:      [...]string{succeeds, succeeds, noGrant, succeeds},
	},
}

// stateRules are about what an operation comes to in each key state.
func stateRules() (rules []rule) {
	for _, row := range stateTable {
		for _, operation := range row.operations {
			c := stateCall(operation, row.second)
			for i, state := range reachable {
				if want := row.cells[i]; want != impossible {
					rules = append(rules, c.stateRule(state, want))
				}
			}
			if row.cells[pendingDeletion] == invalidState && c.key.origin != types.OriginTypeExternal {
				rules = append(rules, c.replicaRule())
			}
		}
	}
	return rules
}

func stateCall(operation string, second bool) call {
	for _, c := range calls {
		if c.operation == operation && c.takes.second == second {
			return c
		}
	}
	panic("conformance: no call of " + operation)
}

func (c call) stateRule(state types.KeyState, want string) rule {
	name, why := c.key.in(state), fmt.Sprintf("%s succeeds on a key that is %s.", c.operation, state)
	if want != succeeds {
		why = fmt.Sprintf("%s ends in %s on a key that is %s.", c.operation, want, state)
	}
	return c.rule(fmt.Sprintf("on a key in state %s", state)+outcome(want), why, func(t *trial) {
		key := t.shared
		if want == succeeds && c.takes.alters {
			key = t.own
		}
		o := t.on(key(name))
		if want != succeeds {
			t.refused(c.operation, want, func() error { return c.send(t, o) })
			return
		}
		if complaint := t.settle(func() string { return complaintOf(c.send(t, o)) }); complaint != "" {
			t.Error(complaint)
		}
	})
}

// replicaRule is the rule of a column that is the same as PendingDeletion. All
// operations have it shown on one key, since state comes before usage.
func (c call) replicaRule() rule {
	return c.rule("on a key in state PendingReplicaDeletion is KMSInvalidStateException",
		"A primary key that waits for the deletion of its replicas is as little use as one that waits for its own.",
		func(t *trial) {
			o := t.on(t.shared(multiKey.in(types.KeyStatePendingReplicaDeletion)))
			t.refused(c.operation, invalidState, func() error { return c.send(t, o) })
		})
}

func outcome(want string) string {
	if want == succeeds {
		return " succeeds"
	}
	return " is " + want
}
