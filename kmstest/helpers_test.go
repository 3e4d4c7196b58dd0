package kmstest_test

import (
	"context"
	"net/http/httptest"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/aws/smithy-go"
	"github.com/kmskit/kmskit"
	"github.com/kmskit/kmskit/kmstest"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const (
	account = "111122223333"
	other   = "444455556666"
)

// A caller has the operations at any of the three depths.
type caller interface {
	CancelKeyDeletion(context.Context, *kms.CancelKeyDeletionInput, ...func(*kms.Options)) (*kms.CancelKeyDeletionOutput, error)
	ConnectCustomKeyStore(context.Context, *kms.ConnectCustomKeyStoreInput, ...func(*kms.Options)) (*kms.ConnectCustomKeyStoreOutput, error)
	CreateAlias(context.Context, *kms.CreateAliasInput, ...func(*kms.Options)) (*kms.CreateAliasOutput, error)
	CreateCustomKeyStore(context.Context, *kms.CreateCustomKeyStoreInput, ...func(*kms.Options)) (*kms.CreateCustomKeyStoreOutput, error)
	CreateGrant(context.Context, *kms.CreateGrantInput, ...func(*kms.Options)) (*kms.CreateGrantOutput, error)
	CreateKey(context.Context, *kms.CreateKeyInput, ...func(*kms.Options)) (*kms.CreateKeyOutput, error)
	Decrypt(context.Context, *kms.DecryptInput, ...func(*kms.Options)) (*kms.DecryptOutput, error)
	DeleteAlias(context.Context, *kms.DeleteAliasInput, ...func(*kms.Options)) (*kms.DeleteAliasOutput, error)
	DeleteCustomKeyStore(context.Context, *kms.DeleteCustomKeyStoreInput, ...func(*kms.Options)) (*kms.DeleteCustomKeyStoreOutput, error)
	DescribeCustomKeyStores(context.Context, *kms.DescribeCustomKeyStoresInput, ...func(*kms.Options)) (*kms.DescribeCustomKeyStoresOutput, error)
	DescribeKey(context.Context, *kms.DescribeKeyInput, ...func(*kms.Options)) (*kms.DescribeKeyOutput, error)
	DisableKey(context.Context, *kms.DisableKeyInput, ...func(*kms.Options)) (*kms.DisableKeyOutput, error)
	DisconnectCustomKeyStore(context.Context, *kms.DisconnectCustomKeyStoreInput, ...func(*kms.Options)) (*kms.DisconnectCustomKeyStoreOutput, error)
	EnableKey(context.Context, *kms.EnableKeyInput, ...func(*kms.Options)) (*kms.EnableKeyOutput, error)
	Encrypt(context.Context, *kms.EncryptInput, ...func(*kms.Options)) (*kms.EncryptOutput, error)
	GenerateDataKey(context.Context, *kms.GenerateDataKeyInput, ...func(*kms.Options)) (*kms.GenerateDataKeyOutput, error)
	GenerateDataKeyWithoutPlaintext(context.Context, *kms.GenerateDataKeyWithoutPlaintextInput, ...func(*kms.Options)) (*kms.GenerateDataKeyWithoutPlaintextOutput, error)
	GenerateRandom(context.Context, *kms.GenerateRandomInput, ...func(*kms.Options)) (*kms.GenerateRandomOutput, error)
	GetKeyLastUsage(context.Context, *kms.GetKeyLastUsageInput, ...func(*kms.Options)) (*kms.GetKeyLastUsageOutput, error)
	GetKeyPolicy(context.Context, *kms.GetKeyPolicyInput, ...func(*kms.Options)) (*kms.GetKeyPolicyOutput, error)
	ListAliases(context.Context, *kms.ListAliasesInput, ...func(*kms.Options)) (*kms.ListAliasesOutput, error)
	ListGrants(context.Context, *kms.ListGrantsInput, ...func(*kms.Options)) (*kms.ListGrantsOutput, error)
	ListKeyPolicies(context.Context, *kms.ListKeyPoliciesInput, ...func(*kms.Options)) (*kms.ListKeyPoliciesOutput, error)
	ListKeys(context.Context, *kms.ListKeysInput, ...func(*kms.Options)) (*kms.ListKeysOutput, error)
	ListResourceTags(context.Context, *kms.ListResourceTagsInput, ...func(*kms.Options)) (*kms.ListResourceTagsOutput, error)
	ListRetirableGrants(context.Context, *kms.ListRetirableGrantsInput, ...func(*kms.Options)) (*kms.ListRetirableGrantsOutput, error)
	PutKeyPolicy(context.Context, *kms.PutKeyPolicyInput, ...func(*kms.Options)) (*kms.PutKeyPolicyOutput, error)
	ReEncrypt(context.Context, *kms.ReEncryptInput, ...func(*kms.Options)) (*kms.ReEncryptOutput, error)
	RetireGrant(context.Context, *kms.RetireGrantInput, ...func(*kms.Options)) (*kms.RetireGrantOutput, error)
	RevokeGrant(context.Context, *kms.RevokeGrantInput, ...func(*kms.Options)) (*kms.RevokeGrantOutput, error)
	ScheduleKeyDeletion(context.Context, *kms.ScheduleKeyDeletionInput, ...func(*kms.Options)) (*kms.ScheduleKeyDeletionOutput, error)
	TagResource(context.Context, *kms.TagResourceInput, ...func(*kms.Options)) (*kms.TagResourceOutput, error)
	UntagResource(context.Context, *kms.UntagResourceInput, ...func(*kms.Options)) (*kms.UntagResourceOutput, error)
	UpdateAlias(context.Context, *kms.UpdateAliasInput, ...func(*kms.Options)) (*kms.UpdateAliasOutput, error)
	UpdateCustomKeyStore(context.Context, *kms.UpdateCustomKeyStoreInput, ...func(*kms.Options)) (*kms.UpdateCustomKeyStoreOutput, error)
	UpdateKeyDescription(context.Context, *kms.UpdateKeyDescriptionInput, ...func(*kms.Options)) (*kms.UpdateKeyDescriptionOutput, error)
}

var (
	_ caller = (*kms.Client)(nil)
	_ caller = (*kmstest.API)(nil)
)

// everyDepth runs a test on a fresh Server at each of the three depths.
func everyDepth(t *testing.T, test func(t *testing.T, srv *kmstest.Server, c caller)) {
	t.Helper()
	t.Run("client", func(t *testing.T) {
		t.Parallel()
		srv := kmstest.New()
		test(t, srv, srv.Client(once))
	})
	t.Run("API", func(t *testing.T) {
		t.Parallel()
		srv := kmstest.New()
		test(t, srv, srv.API())
	})
	t.Run("port", func(t *testing.T) {
		t.Parallel()
		srv := kmstest.New()
		port := httptest.NewServer(srv)
		t.Cleanup(port.Close)
		test(t, srv, srv.Client(once, func(o *kms.Options) {
			o.BaseEndpoint = &port.URL
			o.HTTPClient = port.Client()
		}))
	})
}

// once keeps a client from trying again: the SDK waits for seconds before it takes
// LimitExceededException for an answer.
func once(o *kms.Options) { o.Retryer = aws.NopRetryer{} }

// newKey makes a key and returns its metadata.
func newKey(t testing.TB, c caller, change ...func(*kms.CreateKeyInput)) *types.KeyMetadata {
	t.Helper()
	var in kms.CreateKeyInput
	for _, f := range change {
		f(&in)
	}
	out, err := c.CreateKey(t.Context(), &in)
	require.NoError(t, err)
	return out.KeyMetadata
}

func ofSpec(spec types.KeySpec, usage types.KeyUsageType) func(*kms.CreateKeyInput) {
	return func(in *kms.CreateKeyInput) { in.KeySpec, in.KeyUsage = spec, usage }
}

func newAlias(t testing.TB, c caller, name string, k *types.KeyMetadata) {
	t.Helper()
	_, err := c.CreateAlias(t.Context(), &kms.CreateAliasInput{AliasName: &name, TargetKeyId: k.KeyId})
	require.NoError(t, err)
}

func encrypt(t testing.TB, c caller, k *types.KeyMetadata, plaintext string, context map[string]string) []byte {
	t.Helper()
	out, err := c.Encrypt(t.Context(), &kms.EncryptInput{
		KeyId: k.Arn, Plaintext: []byte(plaintext), EncryptionContext: context,
		EncryptionAlgorithm: k.EncryptionAlgorithms[len(k.EncryptionAlgorithms)-1],
	})
	require.NoError(t, err)
	return out.CiphertextBlob
}

// stateOf returns the state of a key as its account's root user sees it.
func stateOf(t testing.TB, srv *kmstest.Server, k *types.KeyMetadata) types.KeyState {
	t.Helper()
	out, err := srv.API().DescribeKey(t.Context(), &kms.DescribeKeyInput{KeyId: k.Arn})
	require.NoError(t, err)
	return out.KeyMetadata.KeyState
}

// refused asserts that KMS answered with that error.
func refused(t testing.TB, err error, code, text string) {
	t.Helper()
	var api smithy.APIError
	if assert.ErrorAs(t, err, &api) {
		assert.Equal(t, code, api.ErrorCode())
		assert.Equal(t, text, api.ErrorMessage())
	}
}

// refusedWith asserts that KMS answered with that error, whatever its text.
func refusedWith(t testing.TB, err error, code string) {
	t.Helper()
	var api smithy.APIError
	if assert.ErrorAs(t, err, &api) {
		assert.Equal(t, code, api.ErrorCode())
	}
}

// allow is an identity policy.
func allow(actions ...string) kmstest.PrincipalOption {
	return allowOn("*", actions...)
}

func allowOn(resource string, actions ...string) kmstest.PrincipalOption {
	return statement(kmskit.Allow, resource, actions)
}

func deny(actions ...string) kmstest.PrincipalOption {
	return statement(kmskit.Deny, "*", actions)
}

func statement(effect kmskit.Effect, resource string, actions []string) kmstest.PrincipalOption {
	return kmstest.WithPolicy(&kmskit.PolicyDocument{
		Version:   "2012-10-17",
		Statement: []kmskit.Statement{{Effect: effect, Action: actions, Resource: kmskit.StringList{resource}}},
	})
}

func role(account, name string) string { return "arn:aws:iam::" + account + ":role/" + name }

func arnOf(resource string) string { return "arn:aws:kms:us-east-1:" + account + ":" + resource }

var str = aws.String

// withKeys makes a client use these credentials.
func withKeys(c aws.Credentials) func(*kms.Options) {
	return func(o *kms.Options) {
		o.Credentials = aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) { return c, nil })
	}
}
