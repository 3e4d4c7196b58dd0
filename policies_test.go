package kmskit_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kmskit/kmskit"
)

// futurePolicy has an element that PolicyDocument does not know.
const futurePolicy = `{"Version":"2012-10-17","Statement":[],"Epoch":7}`

// statement returns an Allow statement that is short to write.
func statement(sid string, actions ...string) kmskit.Statement {
	return kmskit.Statement{
		Sid: sid, Effect: kmskit.Allow,
		Principal: kmskit.Principal{AWS: kmskit.StringList{fakeRole}},
		Action:    actions, Resource: kmskit.StringList{"*"},
	}
}

// document returns a policy of these statements.
func document(statements ...kmskit.Statement) *kmskit.PolicyDocument {
	return &kmskit.PolicyDocument{Version: "2012-10-17", Statement: statements}
}

// holding returns a fake whose key has this policy.
func holding(policy string) *fakeKMS {
	f := newFake()
	whenAsked[kms.GetKeyPolicyInput](f, &kms.GetKeyPolicyOutput{Policy: aws.String(policy), PolicyName: aws.String("default")})
	return f
}

func TestPolicyManager_GetKeyPolicy(t *testing.T) {
	t.Parallel()

	t.Run("sends the key and returns the document", func(t *testing.T) {
		t.Parallel()
		want := document(statement("read", "kms:Decrypt"), statement("write", "kms:Encrypt"))
		f := holding(want.String())
		policy, err := kmskit.NewPolicyManager(f).GetKeyPolicy(t.Context(), fakeKeyID)
		require.NoError(t, err)
		assert.Equal(t, want, policy)
		assert.Equal(t, &kms.GetKeyPolicyInput{KeyId: aws.String(fakeKeyID)}, sent[kms.GetKeyPolicyInput](t, f))
	})

	t.Run("refuses an empty key ID", func(t *testing.T) {
		t.Parallel()
		f := newFake()
		policy, err := kmskit.NewPolicyManager(f).GetKeyPolicy(t.Context(), "")
		assertRefused(t, f, err, "kmskit: GetKeyPolicy: "+noKeyID)
		assert.Nil(t, policy)
	})

	for name, text := range map[string]string{
		"hands out the text of a policy with an unknown element": futurePolicy,
		"hands out the text of a policy that is not JSON":        "Version: 2012-10-17",
		"hands out the text of an empty policy":                  "",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			policy, err := kmskit.NewPolicyManager(holding(text)).GetKeyPolicy(t.Context(), fakeKeyID)
			assert.Nil(t, policy)
			unreadable, ok := errors.AsType[*kmskit.UnreadablePolicyError](err)
			require.True(t, ok, "%v", err)
			assert.Equal(t, text, unreadable.Text)
			assert.Equal(t, fakeKeyID, unreadable.KeyID)
			assert.NotErrorIs(t, err, kmskit.ErrInvalidInput, "the caller's input was right")
			assert.NotErrorIs(t, err, kmskit.ErrIncompleteOutput)
		})
	}

	t.Run("says what it cannot read and where the text is", func(t *testing.T) {
		t.Parallel()
		_, err := kmskit.NewPolicyManager(holding(futurePolicy)).GetKeyPolicy(t.Context(), fakeKeyID)
		require.Error(t, err)
		assert.True(t, strings.HasPrefix(err.Error(), "kmskit: GetKeyPolicy"+aboutKey+": the policy cannot be read as a PolicyDocument: "), err.Error())
		assert.Contains(t, err.Error(), `unknown element "Epoch"`)
		assert.Contains(t, err.Error(), "UnreadablePolicyError.Text")
		assert.Equal(t, 1, strings.Count(err.Error(), "kmskit: "), "says once who speaks: %s", err)
	})
}

func TestPolicyManager_PutKeyPolicy(t *testing.T) {
	t.Parallel()

	t.Run("sends the key and the document", func(t *testing.T) {
		t.Parallel()
		f := newFake()
		want := document(statement("read", "kms:Decrypt"))
		require.NoError(t, kmskit.NewPolicyManager(f).PutKeyPolicy(t.Context(), fakeKeyID, want))
		in := sent[kms.PutKeyPolicyInput](t, f)
		assert.Equal(t, &kms.PutKeyPolicyInput{KeyId: aws.String(fakeKeyID), Policy: in.Policy}, in)
		assert.Equal(t, want, parsed(t, in))
	})

	t.Run("puts the text of the option Policy as it is", func(t *testing.T) {
		t.Parallel()
		f := newFake()
		require.NoError(t, kmskit.NewPolicyManager(f).PutKeyPolicy(
			t.Context(), fakeKeyID, nil,
			func(in *kms.PutKeyPolicyInput) { in.Policy = aws.String(" " + futurePolicy + "\n") },
		))
		assert.Equal(t, " "+futurePolicy+"\n", *sent[kms.PutKeyPolicyInput](t, f).Policy)
	})

	t.Run("sends the document without blanks, which count towards its size", func(t *testing.T) {
		t.Parallel()
		f := newFake()
		policy := document(statement("read", "kms:Decrypt"))
		require.NoError(t, kmskit.NewPolicyManager(f).PutKeyPolicy(t.Context(), fakeKeyID, policy))
		compact, err := json.Marshal(policy)
		require.NoError(t, err)
		assert.Equal(t, string(compact), *sent[kms.PutKeyPolicyInput](t, f).Policy)
	})

	t.Run("passes the bypass of the lock-out check on", func(t *testing.T) {
		t.Parallel()
		f := newFake()
		require.NoError(t, kmskit.NewPolicyManager(f).PutKeyPolicy(
			t.Context(), fakeKeyID, document(statement("read", "kms:Decrypt")),
			func(in *kms.PutKeyPolicyInput) { in.BypassPolicyLockoutSafetyCheck = true },
		))
		assert.True(t, sent[kms.PutKeyPolicyInput](t, f).BypassPolicyLockoutSafetyCheck)
	})

	put := func(text string) func(*kms.PutKeyPolicyInput) {
		return func(in *kms.PutKeyPolicyInput) { in.Policy = aws.String(text) }
	}
	refused := []struct {
		name, keyID string
		policy      *kmskit.PolicyDocument
		option      func(*kms.PutKeyPolicyInput)
		text        string
	}{
		{"refuses an empty key ID", "", document(statement("read", "kms:Decrypt")), nil, noKeyID},
		{"refuses a nil policy", fakeKeyID, nil, nil, noPolicy},
		{
			"refuses a statement without an Effect", fakeKeyID,
			document(statement("read", "kms:Decrypt"), kmskit.Statement{Action: kmskit.StringList{"kms:Decrypt"}}), nil,
			`statement 2: the element Effect is missing; it must be "Allow" or "Deny"`,
		},
		{"refuses an empty text", fakeKeyID, document(), put(""), noPolicy},
		{"refuses a text that is not JSON", fakeKeyID, document(), put("Version: 2012-10-17"), "the policy is not JSON"},
		{"refuses half a document", fakeKeyID, document(), put(fakePolicy[:len(fakePolicy)/2]), "the policy is not JSON"},
		{"refuses text after the document", fakeKeyID, document(), put(fakePolicy + "}"), "the policy is not JSON"},
	}
	for _, r := range refused {
		t.Run(r.name, func(t *testing.T) {
			t.Parallel()
			f := newFake()
			err := kmskit.NewPolicyManager(f).PutKeyPolicy(t.Context(), r.keyID, r.policy, r.option)
			assertRefused(t, f, err, "kmskit: PutKeyPolicy: "+r.text)
		})
	}
}

// parsed returns the policy that an input puts.
func parsed(t *testing.T, in *kms.PutKeyPolicyInput) *kmskit.PolicyDocument {
	t.Helper()
	require.NotNil(t, in.Policy)
	policy, err := kmskit.ParsePolicyDocument(*in.Policy)
	require.NoError(t, err)
	return policy
}

// written returns the input of the one PutKeyPolicy, which must follow one
// GetKeyPolicy.
func written(t *testing.T, f *fakeKMS) *kms.PutKeyPolicyInput {
	t.Helper()
	require.Equal(t, []string{"*kms.GetKeyPolicyInput", "*kms.PutKeyPolicyInput"}, f.operations())
	assert.Equal(t, &kms.GetKeyPolicyInput{KeyId: aws.String(fakeKeyID)}, f.inputs[0])
	in, ok := f.inputs[1].(*kms.PutKeyPolicyInput)
	require.True(t, ok)
	assert.Equal(t, fakeKeyID, aws.ToString(in.KeyId))
	return in
}

func TestPolicyManager_AddStatement(t *testing.T) {
	t.Parallel()
	first, second, third := statement("first", "kms:Decrypt"), statement("second", "kms:Encrypt"), statement("third", "kms:DescribeKey")
	anonymous := statement("", "kms:Decrypt", "kms:Encrypt")

	rows := []struct {
		name          string
		before        *kmskit.PolicyDocument
		add           kmskit.Statement
		wantStatement []kmskit.Statement
	}{
		{
			"appends a statement with a new Sid",
			document(first, second), third,
			[]kmskit.Statement{first, second, third},
		},
		{
			"adds to an empty policy",
			document(), first,
			[]kmskit.Statement{first},
		},
		{
			"replaces the statement of the same Sid in its place",
			document(first, second, third), statement("second", "kms:ReEncrypt*"),
			[]kmskit.Statement{first, statement("second", "kms:ReEncrypt*"), third},
		},
		{
			"replaces the first statement in its place",
			document(first, second), statement("first", "kms:ReEncrypt*"),
			[]kmskit.Statement{statement("first", "kms:ReEncrypt*"), second},
		},
		{
			"removes later duplicates of the Sid",
			document(first, second, third, second, statement("second", "kms:*")), statement("second", "kms:ReEncrypt*"),
			[]kmskit.Statement{first, statement("second", "kms:ReEncrypt*"), third},
		},
		{
			"tells Sids apart by case",
			document(first), statement("First", "kms:Decrypt"),
			[]kmskit.Statement{first, statement("First", "kms:Decrypt")},
		},
		{
			"appends a statement without a Sid",
			document(first, statement("", "kms:Decrypt")), anonymous,
			[]kmskit.Statement{first, statement("", "kms:Decrypt"), anonymous},
		},
		{
			"adds no duplicate of an equal statement without a Sid",
			document(first, statement("", "kms:Encrypt", "kms:decrypt"), third), anonymous,
			[]kmskit.Statement{first, anonymous, third},
		},
		{
			"leaves a statement with a Sid beside an equal one without",
			document(statement("named", "kms:Decrypt", "kms:Encrypt")), anonymous,
			[]kmskit.Statement{statement("named", "kms:Decrypt", "kms:Encrypt"), anonymous},
		},
		{
			"adds a named statement beside an equal one without a Sid",
			document(anonymous), statement("named", "kms:Decrypt", "kms:Encrypt"),
			[]kmskit.Statement{anonymous, statement("named", "kms:Decrypt", "kms:Encrypt")},
		},
	}
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			t.Parallel()
			f := holding(r.before.String())
			require.NoError(t, kmskit.NewPolicyManager(f).AddStatement(t.Context(), fakeKeyID, r.add))
			assert.Equal(t, document(r.wantStatement...), parsed(t, written(t, f)))
		})
	}

	t.Run("keeps the rest of the policy", func(t *testing.T) {
		t.Parallel()
		before := document(first)
		before.Version, before.ID = "2008-10-17", "key-default-1"
		before.Statement[0].Condition = kmskit.Condition{"Bool": {"aws:SecureTransport": {"true"}}}
		f := holding(before.String())
		require.NoError(t, kmskit.NewPolicyManager(f).AddStatement(t.Context(), fakeKeyID, second))
		before.Statement = append(before.Statement, second)
		assert.Equal(t, before, parsed(t, written(t, f)))
	})

	t.Run("passes options on to PutKeyPolicy, with the new policy to see", func(t *testing.T) {
		t.Parallel()
		f := holding(document(first).String())
		var seen string
		require.NoError(t, kmskit.NewPolicyManager(f).AddStatement(
			t.Context(), fakeKeyID, second, nil,
			func(in *kms.PutKeyPolicyInput) {
				seen = aws.ToString(in.Policy)
				in.BypassPolicyLockoutSafetyCheck = true
			},
		))
		in := written(t, f)
		assert.True(t, in.BypassPolicyLockoutSafetyCheck)
		assert.Equal(t, seen, *in.Policy)
		assert.Equal(t, document(first, second), parsed(t, in))
	})

	t.Run("refuses an empty key ID", func(t *testing.T) {
		t.Parallel()
		f := newFake()
		err := kmskit.NewPolicyManager(f).AddStatement(t.Context(), "", first)
		require.ErrorIs(t, err, kmskit.ErrInvalidInput)
		require.ErrorContains(t, err, noKeyID)
		assert.Zero(t, f.calls())
	})

	t.Run("writes nothing when it cannot read", func(t *testing.T) {
		t.Parallel()
		notFound := &types.NotFoundException{Message: aws.String("said KMS")}
		f := failing(notFound)
		err := kmskit.NewPolicyManager(f).AddStatement(t.Context(), fakeKeyID, first)
		require.ErrorIs(t, err, notFound)
		assert.ErrorContains(t, err, hintNotFound)
		assert.Equal(t, []string{"*kms.GetKeyPolicyInput"}, f.operations())
	})

	t.Run("writes nothing over a policy that it does not understand", func(t *testing.T) {
		t.Parallel()
		f := holding(futurePolicy)
		err := kmskit.NewPolicyManager(f).AddStatement(t.Context(), fakeKeyID, first)
		unreadable, ok := errors.AsType[*kmskit.UnreadablePolicyError](err)
		require.True(t, ok)
		assert.Equal(t, futurePolicy, unreadable.Text)
		assert.NotErrorIs(t, err, kmskit.ErrInvalidInput)
		assert.Equal(t, []string{"*kms.GetKeyPolicyInput"}, f.operations())
	})

	t.Run("passes KMS's refusal to write", func(t *testing.T) {
		t.Parallel()
		f := holding(document(first).String())
		malformed := &types.MalformedPolicyDocumentException{Message: aws.String("said KMS")}
		answer(f, func(*kms.PutKeyPolicyInput) (*kms.PutKeyPolicyOutput, error) { return nil, malformed })
		err := kmskit.NewPolicyManager(f).AddStatement(t.Context(), fakeKeyID, second)
		require.ErrorIs(t, err, malformed)
		require.ErrorContains(t, err, hintPolicy)
		assert.ErrorContains(t, err, aboutKey)
	})

	t.Run("says in every error that it is AddStatement, and of which Sid", func(t *testing.T) {
		t.Parallel()
		reading := failing(errors.New("connection reset"))
		writing := holding(document().String())
		answer(writing, func(*kms.PutKeyPolicyInput) (*kms.PutKeyPolicyOutput, error) {
			return nil, errors.New("connection reset")
		})
		for _, f := range []*fakeKMS{reading, writing} {
			err := kmskit.NewPolicyManager(f).AddStatement(t.Context(), fakeKeyID, first)
			require.Error(t, err)
			assert.Contains(t, err.Error(), `AddStatement "first"`)
		}
	})

	t.Run("does not change the caller's statement", func(t *testing.T) {
		t.Parallel()
		mine := statement("mine", "kms:Decrypt")
		f := holding(document(first).String())
		require.NoError(t, kmskit.NewPolicyManager(f).AddStatement(t.Context(), fakeKeyID, mine))
		assert.Equal(t, statement("mine", "kms:Decrypt"), mine)
	})
}

func TestPolicyManager_ListKeyPolicies(t *testing.T) {
	t.Parallel()

	t.Run("sends the key", func(t *testing.T) {
		t.Parallel()
		f := newFake()
		require.NoError(t, drain(kmskit.NewPolicyManager(f).ListKeyPolicies(t.Context(), fakeKeyID)))
		assert.Equal(t, &kms.ListKeyPoliciesInput{KeyId: aws.String(fakeKeyID)}, sent[kms.ListKeyPoliciesInput](t, f))
	})

	t.Run("refuses an empty key ID", func(t *testing.T) {
		t.Parallel()
		f := newFake()
		assertRefused(t, f, drain(kmskit.NewPolicyManager(f).ListKeyPolicies(t.Context(), "")), "kmskit: ListKeyPolicies: "+noKeyID)
	})
}

func TestUnreadablePolicyError(t *testing.T) {
	t.Parallel()

	t.Run("leaves the policy out of its text", func(t *testing.T) {
		t.Parallel()
		err := &kmskit.UnreadablePolicyError{KeyID: fakeKeyID, Text: futurePolicy, Reason: "why"}
		assert.NotContains(t, err.Error(), err.Text)
		assert.Contains(t, err.Error(), "why")
		assert.Contains(t, err.Error(), fakeKeyID)
	})

	t.Run("carries a text that PutKeyPolicy takes back", func(t *testing.T) {
		t.Parallel()
		_, err := kmskit.NewPolicyManager(holding(futurePolicy)).GetKeyPolicy(t.Context(), fakeKeyID)
		unreadable, ok := errors.AsType[*kmskit.UnreadablePolicyError](err)
		require.True(t, ok)
		f := newFake()
		require.NoError(t, kmskit.NewPolicyManager(f).PutKeyPolicy(t.Context(), unreadable.KeyID, nil, func(in *kms.PutKeyPolicyInput) {
			in.Policy = aws.String(unreadable.Text)
		}))
		assert.True(t, json.Valid([]byte(*sent[kms.PutKeyPolicyInput](t, f).Policy)))
		assert.Equal(t, futurePolicy, *sent[kms.PutKeyPolicyInput](t, f).Policy)
	})
}
