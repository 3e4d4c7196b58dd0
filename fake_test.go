package kmskit_test

import (
	"context"
	"fmt"
	"reflect"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/stretchr/testify/require"

	"github.com/kmskit/kmskit"
)

// What the fake knows of: a key with an alias, a second key, a grant.
const (
	fakeKeyID      = "1234abcd-12ab-34cd-56ef-1234567890ab"
	fakeKeyARN     = "arn:aws:kms:us-east-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
	fakeOtherKeyID = "0987dcba-09fe-87dc-65ba-ab0987654321"
	fakeAlias      = "alias/orders"
	fakeRole       = "arn:aws:iam::111122223333:role/reader"
	fakeGrantID    = "91ad875e49b04a9d1f3bdeb84d821f9db6ea95e1098813f6d47f0c65fbe2a172"
	fakeGrantToken = "AQpAM2RhZTk1MGMyNTk2"
	fakePolicy     = `{"Version":"2012-10-17","Statement":[{"Sid":"root","Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"kms:*","Resource":"*"}]}`
)

// fakeDeletion is when the fake will delete a key, told in another zone than UTC.
var fakeDeletion = time.Date(2026, time.March, 8, 1, 30, 0, 0, time.FixedZone("UTC+1", 3600))

// fakeKMS is every API of the package at once, by hand: it records the inputs it
// is given, in order, and answers what the test told it to, or else what KMS
// answers when all is well. The answers must be set before the first call.
type fakeKMS struct {
	answers map[reflect.Type]any        // func(*I) (*O, error), by the type of *I
	fail    func(context.Context) error // if set, decides the error of every call
	absent  bool                        // answer nil, nil
	blank   bool                        // answer an output without members
	silent  bool                        // record nothing

	mu     sync.Mutex
	inputs []any
}

var (
	_ kmskit.KeyAPI        = (*fakeKMS)(nil)
	_ kmskit.EncryptionAPI = (*fakeKMS)(nil)
	_ kmskit.AliasAPI      = (*fakeKMS)(nil)
	_ kmskit.GrantAPI      = (*fakeKMS)(nil)
	_ kmskit.PolicyAPI     = (*fakeKMS)(nil)
)

func newFake() *fakeKMS {
	f := &fakeKMS{answers: map[reflect.Type]any{}}

	metadata := &types.KeyMetadata{KeyId: aws.String(fakeKeyID), Arn: aws.String(fakeKeyARN), KeyState: types.KeyStateEnabled}
	whenAsked[kms.CreateKeyInput](f, &kms.CreateKeyOutput{KeyMetadata: metadata})
	whenAsked[kms.DescribeKeyInput](f, &kms.DescribeKeyOutput{KeyMetadata: metadata})
	whenAsked[kms.ListKeysInput](f, &kms.ListKeysOutput{Keys: []types.KeyListEntry{{KeyId: aws.String(fakeKeyID), KeyArn: aws.String(fakeKeyARN)}}})
	whenAsked[kms.EnableKeyInput](f, &kms.EnableKeyOutput{})
	whenAsked[kms.DisableKeyInput](f, &kms.DisableKeyOutput{})
	whenAsked[kms.ScheduleKeyDeletionInput](f, &kms.ScheduleKeyDeletionOutput{
		KeyId: aws.String(fakeKeyARN), KeyState: types.KeyStatePendingDeletion, DeletionDate: aws.Time(fakeDeletion),
	})
	whenAsked[kms.CancelKeyDeletionInput](f, &kms.CancelKeyDeletionOutput{KeyId: aws.String(fakeKeyARN)})

	whenAsked[kms.EncryptInput](f, &kms.EncryptOutput{CiphertextBlob: []byte("sealed"), KeyId: aws.String(fakeKeyARN)})
	whenAsked[kms.DecryptInput](f, &kms.DecryptOutput{Plaintext: []byte("opened"), KeyId: aws.String(fakeKeyARN)})
	whenAsked[kms.ReEncryptInput](f, &kms.ReEncryptOutput{CiphertextBlob: []byte("sealed again")})
	answer(f, func(*kms.GenerateDataKeyInput) (*kms.GenerateDataKeyOutput, error) {
		// Plaintext anew each time: callers destroy it.
		return &kms.GenerateDataKeyOutput{
			CiphertextBlob: []byte("sealed data key"), KeyId: aws.String(fakeKeyARN), Plaintext: []byte("0123456789abcdef0123456789abcdef"),
		}, nil
	})
	whenAsked[kms.GenerateDataKeyWithoutPlaintextInput](f, &kms.GenerateDataKeyWithoutPlaintextOutput{
		CiphertextBlob: []byte("sealed data key"), KeyId: aws.String(fakeKeyARN),
	})

	whenAsked[kms.CreateAliasInput](f, &kms.CreateAliasOutput{})
	whenAsked[kms.ListAliasesInput](f, &kms.ListAliasesOutput{Aliases: []types.AliasListEntry{{AliasName: aws.String(fakeAlias)}}})
	whenAsked[kms.UpdateAliasInput](f, &kms.UpdateAliasOutput{})
	whenAsked[kms.DeleteAliasInput](f, &kms.DeleteAliasOutput{})

	grants := []types.GrantListEntry{{GrantId: aws.String(fakeGrantID)}}
	whenAsked[kms.CreateGrantInput](f, &kms.CreateGrantOutput{GrantId: aws.String(fakeGrantID), GrantToken: aws.String(fakeGrantToken)})
	whenAsked[kms.ListGrantsInput](f, &kms.ListGrantsOutput{Grants: grants})
	whenAsked[kms.ListRetirableGrantsInput](f, &kms.ListRetirableGrantsOutput{Grants: grants})
	whenAsked[kms.RetireGrantInput](f, &kms.RetireGrantOutput{})
	whenAsked[kms.RevokeGrantInput](f, &kms.RevokeGrantOutput{})

	whenAsked[kms.GetKeyPolicyInput](f, &kms.GetKeyPolicyOutput{Policy: aws.String(fakePolicy)})
	whenAsked[kms.PutKeyPolicyInput](f, &kms.PutKeyPolicyOutput{})
	whenAsked[kms.ListKeyPoliciesInput](f, &kms.ListKeyPoliciesOutput{PolicyNames: []string{"default"}})
	return f
}

// answer sets what the fake does with an input of type I.
func answer[I, O any](f *fakeKMS, fn func(*I) (*O, error)) {
	f.answers[reflect.TypeFor[I]()] = fn
}

// whenAsked sets the one output that the fake answers to an input of type I.
func whenAsked[I, O any](f *fakeKMS, out *O) {
	answer(f, func(*I) (*O, error) { return out, nil })
}

// failing returns a fake whose every call fails with err.
func failing(err error) *fakeKMS {
	f := newFake()
	f.fail = func(context.Context) error { return err }
	return f
}

// calls returns how many calls were made.
func (f *fakeKMS) calls() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.inputs)
}

// sent returns the input of the only call that was made.
func sent[I any](t *testing.T, f *fakeKMS) *I {
	t.Helper()
	inputs := sentEach[I](t, f)
	require.Len(t, inputs, 1)
	return inputs[0]
}

// sentEach returns the inputs of all calls, which must be of one operation.
func sentEach[I any](t *testing.T, f *fakeKMS) []*I {
	t.Helper()
	f.mu.Lock()
	defer f.mu.Unlock()
	inputs := make([]*I, 0, len(f.inputs))
	for _, in := range f.inputs {
		require.IsType(t, (*I)(nil), in)
		inputs = append(inputs, in.(*I)) //nolint:forcetypeassert // IsType checked it
	}
	return inputs
}

// operations returns the Go types of the inputs, in the order of the calls.
func (f *fakeKMS) operations() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	names := make([]string, 0, len(f.inputs))
	for _, in := range f.inputs {
		names = append(names, fmt.Sprintf("%T", in))
	}
	return names
}

func respond[O, I any](ctx context.Context, f *fakeKMS, in *I) (*O, error) {
	if !f.silent {
		f.mu.Lock()
		f.inputs = append(f.inputs, in)
		f.mu.Unlock()
	}
	if f.fail != nil {
		if err := f.fail(ctx); err != nil {
			return nil, err
		}
	}
	switch {
	case f.absent:
		return nil, nil //nolint:nilnil // what a sloppy fake answers
	case f.blank:
		return new(O), nil
	}
	fn, ok := f.answers[reflect.TypeFor[I]()].(func(*I) (*O, error))
	if !ok {
		return nil, fmt.Errorf("the fake knows no answer to a %T", in)
	}
	return fn(in)
}

func (f *fakeKMS) CreateKey(ctx context.Context, in *kms.CreateKeyInput, _ ...func(*kms.Options)) (*kms.CreateKeyOutput, error) {
	return respond[kms.CreateKeyOutput](ctx, f, in)
}

func (f *fakeKMS) DescribeKey(ctx context.Context, in *kms.DescribeKeyInput, _ ...func(*kms.Options)) (*kms.DescribeKeyOutput, error) {
	return respond[kms.DescribeKeyOutput](ctx, f, in)
}

func (f *fakeKMS) ListKeys(ctx context.Context, in *kms.ListKeysInput, _ ...func(*kms.Options)) (*kms.ListKeysOutput, error) {
	return respond[kms.ListKeysOutput](ctx, f, in)
}

func (f *fakeKMS) EnableKey(ctx context.Context, in *kms.EnableKeyInput, _ ...func(*kms.Options)) (*kms.EnableKeyOutput, error) {
	return respond[kms.EnableKeyOutput](ctx, f, in)
}

func (f *fakeKMS) DisableKey(ctx context.Context, in *kms.DisableKeyInput, _ ...func(*kms.Options)) (*kms.DisableKeyOutput, error) {
	return respond[kms.DisableKeyOutput](ctx, f, in)
}

func (f *fakeKMS) ScheduleKeyDeletion(ctx context.Context, in *kms.ScheduleKeyDeletionInput, _ ...func(*kms.Options)) (*kms.ScheduleKeyDeletionOutput, error) {
	return respond[kms.ScheduleKeyDeletionOutput](ctx, f, in)
}

func (f *fakeKMS) CancelKeyDeletion(ctx context.Context, in *kms.CancelKeyDeletionInput, _ ...func(*kms.Options)) (*kms.CancelKeyDeletionOutput, error) {
	return respond[kms.CancelKeyDeletionOutput](ctx, f, in)
}

func (f *fakeKMS) Encrypt(ctx context.Context, in *kms.EncryptInput, _ ...func(*kms.Options)) (*kms.EncryptOutput, error) {
	return respond[kms.EncryptOutput](ctx, f, in)
}

func (f *fakeKMS) Decrypt(ctx context.Context, in *kms.DecryptInput, _ ...func(*kms.Options)) (*kms.DecryptOutput, error) {
	return respond[kms.DecryptOutput](ctx, f, in)
}

func (f *fakeKMS) ReEncrypt(ctx context.Context, in *kms.ReEncryptInput, _ ...func(*kms.Options)) (*kms.ReEncryptOutput, error) {
	return respond[kms.ReEncryptOutput](ctx, f, in)
}

func (f *fakeKMS) GenerateDataKey(ctx context.Context, in *kms.GenerateDataKeyInput, _ ...func(*kms.Options)) (*kms.GenerateDataKeyOutput, error) {
	return respond[kms.GenerateDataKeyOutput](ctx, f, in)
}

func (f *fakeKMS) GenerateDataKeyWithoutPlaintext(ctx context.Context, in *kms.GenerateDataKeyWithoutPlaintextInput, _ ...func(*kms.Options)) (*kms.GenerateDataKeyWithoutPlaintextOutput, error) {
	return respond[kms.GenerateDataKeyWithoutPlaintextOutput](ctx, f, in)
}

func (f *fakeKMS) CreateAlias(ctx context.Context, in *kms.CreateAliasInput, _ ...func(*kms.Options)) (*kms.CreateAliasOutput, error) {
	return respond[kms.CreateAliasOutput](ctx, f, in)
}

func (f *fakeKMS) ListAliases(ctx context.Context, in *kms.ListAliasesInput, _ ...func(*kms.Options)) (*kms.ListAliasesOutput, error) {
	return respond[kms.ListAliasesOutput](ctx, f, in)
}

func (f *fakeKMS) UpdateAlias(ctx context.Context, in *kms.UpdateAliasInput, _ ...func(*kms.Options)) (*kms.UpdateAliasOutput, error) {
	return respond[kms.UpdateAliasOutput](ctx, f, in)
}

func (f *fakeKMS) DeleteAlias(ctx context.Context, in *kms.DeleteAliasInput, _ ...func(*kms.Options)) (*kms.DeleteAliasOutput, error) {
	return respond[kms.DeleteAliasOutput](ctx, f, in)
}

func (f *fakeKMS) CreateGrant(ctx context.Context, in *kms.CreateGrantInput, _ ...func(*kms.Options)) (*kms.CreateGrantOutput, error) {
	return respond[kms.CreateGrantOutput](ctx, f, in)
}

func (f *fakeKMS) ListGrants(ctx context.Context, in *kms.ListGrantsInput, _ ...func(*kms.Options)) (*kms.ListGrantsOutput, error) {
	return respond[kms.ListGrantsOutput](ctx, f, in)
}

func (f *fakeKMS) ListRetirableGrants(ctx context.Context, in *kms.ListRetirableGrantsInput, _ ...func(*kms.Options)) (*kms.ListRetirableGrantsOutput, error) {
	return respond[kms.ListRetirableGrantsOutput](ctx, f, in)
}

func (f *fakeKMS) RetireGrant(ctx context.Context, in *kms.RetireGrantInput, _ ...func(*kms.Options)) (*kms.RetireGrantOutput, error) {
	return respond[kms.RetireGrantOutput](ctx, f, in)
}

func (f *fakeKMS) RevokeGrant(ctx context.Context, in *kms.RevokeGrantInput, _ ...func(*kms.Options)) (*kms.RevokeGrantOutput, error) {
	return respond[kms.RevokeGrantOutput](ctx, f, in)
}

func (f *fakeKMS) GetKeyPolicy(ctx context.Context, in *kms.GetKeyPolicyInput, _ ...func(*kms.Options)) (*kms.GetKeyPolicyOutput, error) {
	return respond[kms.GetKeyPolicyOutput](ctx, f, in)
}

func (f *fakeKMS) PutKeyPolicy(ctx context.Context, in *kms.PutKeyPolicyInput, _ ...func(*kms.Options)) (*kms.PutKeyPolicyOutput, error) {
	return respond[kms.PutKeyPolicyOutput](ctx, f, in)
}

func (f *fakeKMS) ListKeyPolicies(ctx context.Context, in *kms.ListKeyPoliciesInput, _ ...func(*kms.Options)) (*kms.ListKeyPoliciesOutput, error) {
	return respond[kms.ListKeyPoliciesOutput](ctx, f, in)
}
