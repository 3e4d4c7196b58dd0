package kmstest_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/kmskit/kmskit/kmstest"
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
	ciphertext []byte             // by another, or by key if it can
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
	s.ciphertext = encrypt(t, c, s.another, "x", nil)
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
