package kmstest_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/kmskit/kmskit/kmstest"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A stateCell is a cell of the table of key states in the Developer Guide of KMS.
type stateCell int

const (
	ok         stateCell = iota
	disabled             // DisabledException
	noMaterial           // KMSInvalidStateException, as below
	dying
	notDying
)

// A specimen is a key in some state, with what operations on it want.
type specimen struct {
	caller     caller
	key        *types.KeyMetadata
	another    *types.KeyMetadata // enabled
	ciphertext []byte             // by key if it can
	grant      *kms.CreateGrantOutput
}

func TestKeyStates(t *testing.T) {
	t.Parallel()
	everywhere := [4]stateCell{}
	useful := [4]stateCell{ok, disabled, noMaterial, dying}
	manageable := [4]stateCell{ok, ok, ok, dying}
	switchable := [4]stateCell{ok, ok, noMaterial, dying}

	states := []types.KeyState{
		types.KeyStateEnabled, types.KeyStateDisabled, types.KeyStatePendingImport, types.KeyStatePendingDeletion,
	}
	for name, op := range map[string]struct {
		cells [4]stateCell // as the states above
		run   func(t *testing.T, s specimen) error
	}{
		"CancelKeyDeletion": {[4]stateCell{notDying, notDying, notDying, ok}, func(t *testing.T, s specimen) error {
			_, err := s.caller.CancelKeyDeletion(t.Context(), &kms.CancelKeyDeletionInput{KeyId: s.key.KeyId})
			return err
		}},
		"CreateAlias": {manageable, func(t *testing.T, s specimen) error {
			_, err := s.caller.CreateAlias(t.Context(), &kms.CreateAliasInput{AliasName: str("alias/new"), TargetKeyId: s.key.KeyId})
			return err
		}},
		"CreateGrant": {useful, func(t *testing.T, s specimen) error {
			_, err := s.caller.CreateGrant(t.Context(), newGrant(s.key))
			return err
		}},
		"Decrypt": {useful, func(t *testing.T, s specimen) error {
			_, err := s.caller.Decrypt(t.Context(), &kms.DecryptInput{KeyId: s.key.KeyId, CiphertextBlob: s.ciphertext})
			return err
		}},
		"DeleteAlias": {everywhere, func(t *testing.T, s specimen) error {
			_, err := s.caller.DeleteAlias(t.Context(), &kms.DeleteAliasInput{AliasName: str("alias/key")})
			return err
		}},
		"DescribeKey": {everywhere, func(t *testing.T, s specimen) error {
			_, err := s.caller.DescribeKey(t.Context(), &kms.DescribeKeyInput{KeyId: s.key.KeyId})
			return err
		}},
		"DisableKey": {switchable, func(t *testing.T, s specimen) error {
			_, err := s.caller.DisableKey(t.Context(), &kms.DisableKeyInput{KeyId: s.key.KeyId})
			return err
		}},
		"EnableKey": {switchable, func(t *testing.T, s specimen) error {
			_, err := s.caller.EnableKey(t.Context(), &kms.EnableKeyInput{KeyId: s.key.KeyId})
			return err
		}},
		"Encrypt": {useful, func(t *testing.T, s specimen) error {
			_, err := s.caller.Encrypt(t.Context(), &kms.EncryptInput{KeyId: s.key.KeyId, Plaintext: []byte("x")})
			return err
		}},
		"GenerateDataKey": {useful, func(t *testing.T, s specimen) error {
			_, err := s.caller.GenerateDataKey(t.Context(), &kms.GenerateDataKeyInput{KeyId: s.key.KeyId, KeySpec: types.DataKeySpecAes256})
			return err
		}},
		"GenerateDataKeyWithoutPlaintext": {useful, func(t *testing.T, s specimen) error {
			_, err := s.caller.GenerateDataKeyWithoutPlaintext(t.Context(),
				&kms.GenerateDataKeyWithoutPlaintextInput{KeyId: s.key.KeyId, KeySpec: types.DataKeySpecAes256})
			return err
		}},
		"GetKeyLastUsage": {everywhere, func(t *testing.T, s specimen) error {
			_, err := s.caller.GetKeyLastUsage(t.Context(), &kms.GetKeyLastUsageInput{KeyId: s.key.KeyId})
			return err
		}},
		"GetKeyPolicy": {everywhere, func(t *testing.T, s specimen) error {
			_, err := s.caller.GetKeyPolicy(t.Context(), &kms.GetKeyPolicyInput{KeyId: s.key.KeyId})
			return err
		}},
		"ListAliases": {everywhere, func(t *testing.T, s specimen) error {
			_, err := s.caller.ListAliases(t.Context(), &kms.ListAliasesInput{KeyId: s.key.KeyId})
			return err
		}},
		"ListGrants": {everywhere, func(t *testing.T, s specimen) error {
			_, err := s.caller.ListGrants(t.Context(), &kms.ListGrantsInput{KeyId: s.key.KeyId})
			return err
		}},
		"ListKeyPolicies": {everywhere, func(t *testing.T, s specimen) error {
			_, err := s.caller.ListKeyPolicies(t.Context(), &kms.ListKeyPoliciesInput{KeyId: s.key.KeyId})
			return err
		}},
		"ListResourceTags": {everywhere, func(t *testing.T, s specimen) error {
			_, err := s.caller.ListResourceTags(t.Context(), &kms.ListResourceTagsInput{KeyId: s.key.KeyId})
			return err
		}},
		"PutKeyPolicy": {everywhere, func(t *testing.T, s specimen) error {
			policy, err := s.caller.GetKeyPolicy(t.Context(), &kms.GetKeyPolicyInput{KeyId: s.key.KeyId})
			require.NoError(t, err)
			_, err = s.caller.PutKeyPolicy(t.Context(), &kms.PutKeyPolicyInput{KeyId: s.key.KeyId, Policy: policy.Policy})
			return err
		}},
		"ReEncrypt from": {useful, func(t *testing.T, s specimen) error {
			_, err := s.caller.ReEncrypt(t.Context(), &kms.ReEncryptInput{
				CiphertextBlob: s.ciphertext, SourceKeyId: s.key.KeyId, DestinationKeyId: s.another.KeyId,
			})
			return err
		}},
		"ReEncrypt to": {useful, func(t *testing.T, s specimen) error {
			_, err := s.caller.ReEncrypt(t.Context(), &kms.ReEncryptInput{
				CiphertextBlob: encrypt(t, s.caller, s.another, "x", nil), DestinationKeyId: s.key.KeyId,
			})
			return err
		}},
		"RetireGrant": {everywhere, func(t *testing.T, s specimen) error {
			if s.grant == nil {
				return nil // a key without material has never had one
			}
			_, err := s.caller.RetireGrant(t.Context(), &kms.RetireGrantInput{GrantToken: s.grant.GrantToken})
			return err
		}},
		"RevokeGrant": {everywhere, func(t *testing.T, s specimen) error {
			if s.grant == nil {
				return nil
			}
			_, err := s.caller.RevokeGrant(t.Context(), &kms.RevokeGrantInput{KeyId: s.key.KeyId, GrantId: s.grant.GrantId})
			return err
		}},
		"ScheduleKeyDeletion": {manageable, func(t *testing.T, s specimen) error {
			_, err := s.caller.ScheduleKeyDeletion(t.Context(), &kms.ScheduleKeyDeletionInput{KeyId: s.key.KeyId})
			return err
		}},
		"TagResource": {manageable, func(t *testing.T, s specimen) error {
			_, err := s.caller.TagResource(t.Context(), &kms.TagResourceInput{KeyId: s.key.KeyId, Tags: []types.Tag{{TagKey: str("a"), TagValue: str("b")}}})
			return err
		}},
		"UntagResource": {manageable, func(t *testing.T, s specimen) error {
			_, err := s.caller.UntagResource(t.Context(), &kms.UntagResourceInput{KeyId: s.key.KeyId, TagKeys: []string{"a"}})
			return err
		}},
		"UpdateAlias from": {everywhere, func(t *testing.T, s specimen) error {
			_, err := s.caller.UpdateAlias(t.Context(), &kms.UpdateAliasInput{AliasName: str("alias/key"), TargetKeyId: s.another.KeyId})
			return err
		}},
		"UpdateAlias to": {manageable, func(t *testing.T, s specimen) error {
			_, err := s.caller.UpdateAlias(t.Context(), &kms.UpdateAliasInput{AliasName: str("alias/another"), TargetKeyId: s.key.KeyId})
			return err
		}},
		"UpdateKeyDescription": {manageable, func(t *testing.T, s specimen) error {
			_, err := s.caller.UpdateKeyDescription(t.Context(), &kms.UpdateKeyDescriptionInput{KeyId: s.key.KeyId, Description: str("x")})
			return err
		}},
	} {
		for i, state := range states {
			t.Run(name+"/"+string(state), func(t *testing.T) {
				t.Parallel()
				s := newSpecimen(t, state)
				arn := *s.key.Arn
				switch err := op.run(t, s); op.cells[i] {
				case ok:
					require.NoError(t, err)
				case disabled:
					refused(t, err, "DisabledException", arn+" is disabled.")
				case noMaterial:
					refused(t, err, "KMSInvalidStateException", arn+" is pending import.")
				case dying:
					refused(t, err, "KMSInvalidStateException", arn+" is pending deletion.")
				case notDying:
					refused(t, err, "KMSInvalidStateException", arn+" is not pending deletion.")
				}
			})
		}
	}
}

func newSpecimen(t *testing.T, state types.KeyState) specimen {
	t.Helper()
	c := kmstest.New().API()
	s := specimen{caller: c, another: newKey(t, c)}
	s.key = newKey(t, c, func(in *kms.CreateKeyInput) {
		if state == types.KeyStatePendingImport {
			in.Origin = types.OriginTypeExternal
		}
	})
	newAlias(t, c, "alias/key", s.key)
	newAlias(t, c, "alias/another", s.another)
	s.ciphertext = []byte("x")
	if state == types.KeyStatePendingImport {
		return s
	}
	s.ciphertext = encrypt(t, c, s.key, "x", nil)
	var err error
	s.grant, err = c.CreateGrant(t.Context(), newGrant(s.key))
	require.NoError(t, err)
	switch state {
	case types.KeyStateDisabled:
		_, err = c.DisableKey(t.Context(), &kms.DisableKeyInput{KeyId: s.key.KeyId})
	case types.KeyStatePendingDeletion:
		_, err = c.ScheduleKeyDeletion(t.Context(), &kms.ScheduleKeyDeletionInput{KeyId: s.key.KeyId})
	}
	require.NoError(t, err)
	return s
}

func newGrant(k *types.KeyMetadata) *kms.CreateGrantInput {
	return &kms.CreateGrantInput{
		KeyId:            k.KeyId,
		GranteePrincipal: str(role(account, "reader")),
		Operations:       []types.GrantOperation{types.GrantOperationDecrypt},
	}
}

// A keyRequest is an operation on a key, with a row of the table of key states:
// + where the state of the key lets it pass, - where it does not, in the order of
// everyState.
type keyRequest struct {
	states string
	origin types.OriginType
	input  func(s specimen) any
}

// operation returns the operation that the request is for.
func (r keyRequest) operation() string {
	in := r.input(specimen{key: &types.KeyMetadata{}, another: &types.KeyMetadata{}, grant: &kms.CreateGrantOutput{}})
	return strings.TrimSuffix(reflect.TypeOf(in).Elem().Name(), "Input")
}

var everyState = []types.KeyState{
	types.KeyStateEnabled, types.KeyStateDisabled, types.KeyStatePendingImport,
	types.KeyStatePendingDeletion, types.KeyStatePendingReplicaDeletion,
	types.KeyStateUnavailable, types.KeyStateCreating, types.KeyStateUpdating,
}

// The rows, as the Developer Guide and the API Reference have them. What is
// refused for something else than its state has passed: rotation of a key that
// waits for imported material, for example, is refused for its origin.
const (
	inAnyState   = "++++++++"
	cryptography = "+------+" // "While the key state is Updating, you can use the keys"
	management   = "+++--+++"
	enabling     = "++---+--" // not while Updating, says the page on the primary Region
	rotating     = "+-+----+"
	becoming     = "+-------" // "must be in the Enabled key state when the operation starts"
	replicating  = "+-----+-" // a key that is Creating is a replica, and refused for that
)

var keyRequests = []keyRequest{
	{states: "---++---", input: func(s specimen) any { return &kms.CancelKeyDeletionInput{KeyId: s.key.KeyId} }},
	{states: management, input: func(s specimen) any {
		return &kms.CreateAliasInput{TargetKeyId: s.key.KeyId, AliasName: str("alias/new")}
	}},
	{states: "+----+-+", input: func(s specimen) any { return newGrant(s.key) }},
	{states: cryptography, input: func(s specimen) any {
		return &kms.DecapsulateInput{KeyId: s.key.KeyId, SharedSecretCiphertextBlob: []byte("x"), EncapsulationAlgorithm: types.EncapsulationAlgorithmSpecMlKem}
	}},
	{states: cryptography, input: func(s specimen) any {
		return &kms.DecryptInput{KeyId: s.key.KeyId, CiphertextBlob: s.ciphertext}
	}},
	{states: cryptography, input: func(s specimen) any { return &kms.DecryptInput{CiphertextBlob: s.ciphertext} }},
	{states: inAnyState, input: func(specimen) any { return &kms.DeleteAliasInput{AliasName: str("alias/key")} }},
	{states: "+++++---", origin: types.OriginTypeExternal, input: func(s specimen) any {
		return &kms.DeleteImportedKeyMaterialInput{KeyId: s.key.KeyId}
	}},
	{states: cryptography, input: func(s specimen) any {
		return &kms.DeriveSharedSecretInput{KeyId: s.key.KeyId, PublicKey: []byte("x"), KeyAgreementAlgorithm: types.KeyAgreementAlgorithmSpecEcdh}
	}},
	{states: inAnyState, input: func(s specimen) any { return &kms.DescribeKeyInput{KeyId: s.key.KeyId} }},
	{states: enabling, input: func(s specimen) any { return &kms.DisableKeyInput{KeyId: s.key.KeyId} }},
	{states: rotating, input: func(s specimen) any { return &kms.DisableKeyRotationInput{KeyId: s.key.KeyId} }},
	{states: enabling, input: func(s specimen) any { return &kms.EnableKeyInput{KeyId: s.key.KeyId} }},
	{states: rotating, input: func(s specimen) any { return &kms.EnableKeyRotationInput{KeyId: s.key.KeyId} }},
	{states: cryptography, input: func(s specimen) any {
		return &kms.EncapsulateInput{KeyId: s.key.KeyId, EncapsulationAlgorithm: types.EncapsulationAlgorithmSpecMlKem}
	}},
	{states: cryptography, input: func(s specimen) any { return &kms.EncryptInput{KeyId: s.key.KeyId, Plaintext: []byte("x")} }},
	{states: cryptography, input: func(s specimen) any {
		return &kms.GenerateDataKeyInput{KeyId: s.key.KeyId, KeySpec: types.DataKeySpecAes256}
	}},
	{states: cryptography, input: func(s specimen) any {
		return &kms.GenerateDataKeyPairInput{KeyId: s.key.KeyId, KeyPairSpec: types.DataKeyPairSpecEccNistP256}
	}},
	{states: cryptography, input: func(s specimen) any {
		return &kms.GenerateDataKeyPairWithoutPlaintextInput{KeyId: s.key.KeyId, KeyPairSpec: types.DataKeyPairSpecEccNistP256}
	}},
	{states: cryptography, input: func(s specimen) any {
		return &kms.GenerateDataKeyWithoutPlaintextInput{KeyId: s.key.KeyId, KeySpec: types.DataKeySpecAes256}
	}},
	{states: cryptography, input: func(s specimen) any {
		return &kms.GenerateMacInput{KeyId: s.key.KeyId, Message: []byte("x"), MacAlgorithm: types.MacAlgorithmSpecHmacSha256}
	}},
	{states: inAnyState, input: func(s specimen) any { return &kms.GetKeyLastUsageInput{KeyId: s.key.KeyId} }},
	{states: inAnyState, input: func(s specimen) any { return &kms.GetKeyPolicyInput{KeyId: s.key.KeyId} }},
	{states: inAnyState, input: func(s specimen) any { return &kms.GetKeyRotationStatusInput{KeyId: s.key.KeyId} }},
	{states: "+++-----", origin: types.OriginTypeExternal, input: func(s specimen) any {
		return &kms.GetParametersForImportInput{
			KeyId: s.key.KeyId, WrappingKeySpec: types.WrappingKeySpecRsa2048, WrappingAlgorithm: types.AlgorithmSpecRsaesOaepSha256,
		}
	}},
	{states: cryptography, input: func(s specimen) any { return &kms.GetPublicKeyInput{KeyId: s.key.KeyId} }},
	{states: "+++----+", origin: types.OriginTypeExternal, input: func(s specimen) any {
		return &kms.ImportKeyMaterialInput{
			KeyId: s.key.KeyId, ImportToken: []byte("x"), EncryptedKeyMaterial: []byte("x"),
			ExpirationModel: types.ExpirationModelTypeKeyMaterialDoesNotExpire,
		}
	}},
	{states: inAnyState, input: func(s specimen) any { return &kms.ListAliasesInput{KeyId: s.key.KeyId} }},
	{states: inAnyState, input: func(s specimen) any { return &kms.ListGrantsInput{KeyId: s.key.KeyId} }},
	{states: inAnyState, input: func(s specimen) any { return &kms.ListKeyPoliciesInput{KeyId: s.key.KeyId} }},
	{states: inAnyState, input: func(s specimen) any { return &kms.ListKeyRotationsInput{KeyId: s.key.KeyId} }},
	{states: inAnyState, input: func(s specimen) any { return &kms.ListResourceTagsInput{KeyId: s.key.KeyId} }},
	{states: inAnyState, input: func(s specimen) any {
		return &kms.PutKeyPolicyInput{KeyId: s.key.KeyId, Policy: str(`{"Statement": []}`)}
	}},
	{states: cryptography, input: func(s specimen) any {
		return &kms.ReEncryptInput{SourceKeyId: s.key.KeyId, CiphertextBlob: s.ciphertext, DestinationKeyId: s.another.KeyId}
	}},
	{states: cryptography, input: func(s specimen) any {
		return &kms.ReEncryptInput{SourceKeyId: s.another.KeyId, CiphertextBlob: s.ciphertext, DestinationKeyId: s.key.KeyId}
	}},
	{states: replicating, input: func(s specimen) any {
		return &kms.ReplicateKeyInput{KeyId: s.key.KeyId, ReplicaRegion: str("eu-west-1")}
	}},
	{states: inAnyState, input: func(s specimen) any {
		return &kms.RetireGrantInput{KeyId: s.key.Arn, GrantId: s.grant.GrantId}
	}},
	{states: inAnyState, input: func(s specimen) any {
		return &kms.RevokeGrantInput{KeyId: s.key.KeyId, GrantId: s.grant.GrantId}
	}},
	{states: cryptography, input: func(s specimen) any { return &kms.RotateKeyOnDemandInput{KeyId: s.key.KeyId} }},
	{states: "+++--++-", input: func(s specimen) any { return &kms.ScheduleKeyDeletionInput{KeyId: s.key.KeyId} }},
	{states: cryptography, input: func(s specimen) any {
		return &kms.SignInput{KeyId: s.key.KeyId, Message: []byte("x"), SigningAlgorithm: types.SigningAlgorithmSpecEcdsaSha256}
	}},
	{states: management, input: func(s specimen) any {
		return &kms.TagResourceInput{KeyId: s.key.KeyId, Tags: []types.Tag{{TagKey: str("a"), TagValue: str("b")}}}
	}},
	{states: management, input: func(s specimen) any {
		return &kms.UntagResourceInput{KeyId: s.key.KeyId, TagKeys: []string{"a"}}
	}},
	{states: inAnyState, input: func(s specimen) any {
		return &kms.UpdateAliasInput{AliasName: str("alias/key"), TargetKeyId: s.another.KeyId}
	}},
	{states: management, input: func(s specimen) any {
		return &kms.UpdateAliasInput{AliasName: str("alias/another"), TargetKeyId: s.key.KeyId}
	}},
	{states: management, input: func(s specimen) any {
		return &kms.UpdateKeyDescriptionInput{KeyId: s.key.KeyId, Description: str("x")}
	}},
	{states: becoming, input: func(s specimen) any {
		return &kms.UpdatePrimaryRegionInput{KeyId: s.key.KeyId, PrimaryRegion: str("eu-west-1")}
	}},
	{states: cryptography, input: func(s specimen) any {
		return &kms.VerifyInput{KeyId: s.key.KeyId, Message: []byte("x"), Signature: []byte("x"), SigningAlgorithm: types.SigningAlgorithmSpecEcdsaSha256}
	}},
	{states: cryptography, input: func(s specimen) any {
		return &kms.VerifyMacInput{KeyId: s.key.KeyId, Message: []byte("x"), Mac: []byte("x"), MacAlgorithm: types.MacAlgorithmSpecHmacSha256}
	}},
}

// Every operation on a key, in every state, whether or not there is a way there.
func TestKeyStates_everyState(t *testing.T) {
	t.Parallel()
	for _, r := range keyRequests {
		name := r.operation()
		for i, state := range everyState {
			t.Run(name+"/"+string(state), func(t *testing.T) {
				t.Parallel()
				s, srv := newSpecimenOf(t, r.origin)
				srv.ForceState(*s.key.KeyId, state)
				in := reflect.ValueOf(r.input(s))
				out := reflect.ValueOf(s.caller).MethodByName(name).Call([]reflect.Value{reflect.ValueOf(t.Context()), in})
				err, _ := out[1].Interface().(error)
				code, text := stateRefusal(name, state)
				text = *s.key.Arn + " is " + text + "."
				if r.states[i] == '-' {
					refused(t, err, code, text)
				} else if err != nil {
					assert.NotContains(t, err.Error(), text)
				}
			})
		}
	}
}

// stateRefusal is how an operation is refused for the state of a key.
func stateRefusal(operation string, state types.KeyState) (code, text string) {
	switch {
	case operation == "CancelKeyDeletion":
		return "KMSInvalidStateException", "not pending deletion"
	case state == types.KeyStateDisabled:
		return "DisabledException", "disabled"
	default:
		return "KMSInvalidStateException", map[types.KeyState]string{
			types.KeyStatePendingImport:          "pending import",
			types.KeyStatePendingDeletion:        "pending deletion",
			types.KeyStatePendingReplicaDeletion: "pending replica deletion",
			types.KeyStateUnavailable:            "unavailable",
			types.KeyStateCreating:               "creating",
			types.KeyStateUpdating:               "updating",
		}[state]
	}
}

// newSpecimenOf is newSpecimen for an enabled key of that origin, even if it has
// not got its material yet.
func newSpecimenOf(t *testing.T, origin types.OriginType) (specimen, *kmstest.Server) {
	t.Helper()
	srv := kmstest.New()
	c := srv.API()
	s := specimen{caller: c, another: newKey(t, c), key: newKey(t, c, func(in *kms.CreateKeyInput) { in.Origin = origin })}
	newAlias(t, c, "alias/key", s.key)
	newAlias(t, c, "alias/another", s.another)
	s.ciphertext, s.grant = []byte("x"), &kms.CreateGrantOutput{}
	if origin == types.OriginTypeExternal {
		return s, srv
	}
	s.ciphertext = encrypt(t, c, s.key, "x", nil)
	var err error
	s.grant, err = c.CreateGrant(t.Context(), newGrant(s.key))
	require.NoError(t, err)
	return s, srv
}

// The table above has every operation on a key that the SDK has.
func TestKeyRequests_areComplete(t *testing.T) {
	t.Parallel()
	have := map[string]bool{}
	for _, r := range keyRequests {
		have[r.operation()] = true
	}
	client := reflect.TypeFor[*kms.Client]()
	for m := range client.Methods() {
		if m.Name == "Options" {
			continue
		}
		for _, member := range []string{"KeyId", "SourceKeyId", "TargetKeyId", "AliasName"} {
			if _, ok := m.Type.In(2).Elem().FieldByName(member); ok {
				assert.True(t, have[m.Name], m.Name)
			}
		}
	}
}
