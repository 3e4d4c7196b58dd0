package kmskit

// snippet-start:[gov2.kms.PolicyManager.struct]

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
)

// PolicyManager reads and writes the key policy: the one document without which
// nobody, not even the account's root, may use or manage a KMS key.
//
// Where a method takes a keyID it takes a key ID or a key ARN of the caller's
// own account.
//
// A PolicyManager is safe for concurrent use.
type PolicyManager struct {
	api PolicyAPI
}

// NewPolicyManager returns a PolicyManager that calls api, as a rule a
// [*kms.Client]. It panics if api is nil.
func NewPolicyManager(api PolicyAPI) *PolicyManager {
	mustHaveAPI("NewPolicyManager", api)
	return &PolicyManager{api: api}
}

// snippet-end:[gov2.kms.PolicyManager.struct]

// snippet-start:[gov2.kms.GetKeyPolicy]

// GetKeyPolicy returns the policy of a key. KMS may have put lists in another
// order than they were written in: compare with [PolicyDocument.Equal].
//
// If the policy holds what [ParsePolicyDocument] does not know, the error is an
// [*UnreadablePolicyError], which carries the text.
//
// https://docs.aws.amazon.com/kms/latest/APIReference/API_GetKeyPolicy.html
func (m *PolicyManager) GetKeyPolicy(ctx context.Context, keyID string, optFns ...func(*kms.GetKeyPolicyInput)) (*PolicyDocument, error) {
	in := &kms.GetKeyPolicyInput{KeyId: aws.String(keyID)}
	applyOptions(in, optFns)
	if err := requireText("GetKeyPolicy", "key ID", in.KeyId, keyIDForm); err != nil {
		return nil, err
	}
	out, err := m.api.GetKeyPolicy(ctx, in)
	if err != nil {
		return nil, callFailed("GetKeyPolicy", err, "key", in.KeyId)
	}
	if out == nil || out.Policy == nil {
		return nil, callFailed("GetKeyPolicy", incompleteOutput("Policy"), "key", in.KeyId)
	}
	policy, err := ParsePolicyDocument(*out.Policy)
	if err != nil {
		return nil, &UnreadablePolicyError{KeyID: *in.KeyId, Text: *out.Policy, Reason: strings.TrimPrefix(err.Error(), "kmskit: ")}
	}
	return policy, nil
}

// snippet-end:[gov2.kms.GetKeyPolicy]

// snippet-start:[gov2.kms.PutKeyPolicy]

// PutKeyPolicy replaces the whole policy of a key. KMS refuses, as a
// [*types.MalformedPolicyDocumentException], a policy that names a principal
// which does not exist or would lock its caller out of changing the policy
// again. To add to a policy, use [PolicyManager.AddStatement].
//
// The option Policy puts a text as it is, for an element that PolicyDocument
// does not know yet. A policy may have 32,768 bytes.
//
// https://docs.aws.amazon.com/kms/latest/APIReference/API_PutKeyPolicy.html
func (m *PolicyManager) PutKeyPolicy(ctx context.Context, keyID string, policy *PolicyDocument, optFns ...func(*kms.PutKeyPolicyInput)) error {
	in := &kms.PutKeyPolicyInput{KeyId: aws.String(keyID)}
	if policy != nil {
		if err := policy.check(); err != nil {
			return invalidInput("PutKeyPolicy", "%v", err)
		}
		text, _ := policy.MarshalJSON() // compact: blanks count towards KMS's limit
		in.Policy = aws.String(string(text))
	}
	applyOptions(in, optFns)
	if err := requireText("PutKeyPolicy", "key ID", in.KeyId, keyIDForm); err != nil {
		return err
	}
	if err := requireText("PutKeyPolicy", "policy", in.Policy, "give a PolicyDocument, or set Policy to its text"); err != nil {
		return err
	}
	if !json.Valid([]byte(*in.Policy)) {
		return invalidInput("PutKeyPolicy", "the policy is not JSON")
	}
	if _, err := m.api.PutKeyPolicy(ctx, in); err != nil {
		return callFailed("PutKeyPolicy", err, "key", in.KeyId)
	}
	return nil
}

// snippet-end:[gov2.kms.PutKeyPolicy]

// snippet-start:[gov2.kms.AddStatement]

// AddStatement reads the policy of a key, puts the statement in place of the one
// with the same Sid or else at its end, and writes the policy back. A statement
// without a Sid is added only if its equal is not there yet.
//
// KMS has no compare-and-swap for policies: a change that somebody else makes
// between the reading and the writing is lost. Let one writer at a time change
// the policy of a key.
func (m *PolicyManager) AddStatement(ctx context.Context, keyID string, statement Statement, optFns ...func(*kms.PutKeyPolicyInput)) error {
	policy, err := m.GetKeyPolicy(ctx, keyID)
	if err != nil {
		return fmt.Errorf("kmskit: AddStatement %q: %w", statement.Sid, err)
	}
	same := func(s Statement) bool {
		if statement.Sid != "" {
			return s.Sid == statement.Sid
		}
		return (&PolicyDocument{Statement: []Statement{s}}).Equal(&PolicyDocument{Statement: []Statement{statement}})
	}
	at := slices.IndexFunc(policy.Statement, same)
	if at < 0 {
		at = len(policy.Statement)
	}
	policy.Statement = slices.DeleteFunc(policy.Statement, same)
	policy.Statement = slices.Insert(policy.Statement, at, statement)
	if err := m.PutKeyPolicy(ctx, keyID, policy, optFns...); err != nil {
		return fmt.Errorf("kmskit: AddStatement %q: %w", statement.Sid, err)
	}
	return nil
}

// snippet-end:[gov2.kms.AddStatement]

// snippet-start:[gov2.kms.ListKeyPolicies]

// ListKeyPolicies ranges over the names of a key's policies. KMS has just one,
// "default". An error is yielded once and ends the range.
//
// https://docs.aws.amazon.com/kms/latest/APIReference/API_ListKeyPolicies.html
func (m *PolicyManager) ListKeyPolicies(ctx context.Context, keyID string, optFns ...func(*kms.ListKeyPoliciesInput)) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) { m.eachPolicyName(ctx, keyID, optFns, yield) }
}

func (m *PolicyManager) eachPolicyName(ctx context.Context, keyID string, optFns []func(*kms.ListKeyPoliciesInput), yield func(string, error) bool) {
	in := &kms.ListKeyPoliciesInput{KeyId: aws.String(keyID)}
	applyOptions(in, optFns)
	if err := requireText("ListKeyPolicies", "key ID", in.KeyId, keyIDForm); err != nil {
		yield("", err)
		return
	}
	pages := kms.NewListKeyPoliciesPaginator((*keyPolicyPages)(m), in)
	err := eachItem(ctx, pages, func(page *kms.ListKeyPoliciesOutput) []string { return page.PolicyNames }, yield)
	if err != nil {
		yield("", callFailed("ListKeyPolicies", err, "key", in.KeyId))
	}
}

// snippet-end:[gov2.kms.ListKeyPolicies]

// UnreadablePolicyError says that a key has a policy which [ParsePolicyDocument]
// does not understand, as when IAM has gained an element. Text is the policy as
// KMS sent it, so that nobody is locked out of it: change it as text and put it
// back by the Policy option of [PolicyManager.PutKeyPolicy].
type UnreadablePolicyError struct {
	KeyID  string
	Text   string
	Reason string
}

// Error says what is not understood, without the policy's text.
func (e *UnreadablePolicyError) Error() string {
	return fmt.Sprintf("kmskit: GetKeyPolicy (key %q): the policy cannot be read as a PolicyDocument: %s: UnreadablePolicyError.Text has it as it is", e.KeyID, e.Reason)
}
