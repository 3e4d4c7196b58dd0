package kmskit

// snippet-start:[gov2.kms.GrantManager.struct]

import (
	"context"
	"iter"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
)

// GrantManager lets principals use a key for a while, without a change to the
// key's policy: a grant names who may do what, and can be taken back.
//
// Where a method takes a keyID it takes a key ID or a key ARN; a key of another
// account needs its ARN. Principals are ARNs.
//
// A GrantManager is safe for concurrent use.
type GrantManager struct {
	api GrantAPI
}

// NewGrantManager returns a GrantManager that calls api, as a rule a
// [*kms.Client]. It panics if api is nil.
func NewGrantManager(api GrantAPI) *GrantManager {
	mustHaveAPI("NewGrantManager", api)
	return &GrantManager{api: api}
}

// snippet-end:[gov2.kms.GrantManager.struct]

// Grant names a grant that [GrantManager.CreateGrant] made.
type Grant struct {
	// ID is what RevokeGrant and RetireGrantByID take: up to 128 characters.
	ID string
	// Token makes the grant count at once, in [Encryptor.WithGrantTokens], and
	// is what RetireGrant takes. It is not secret, and of use to the grantee only.
	Token string
}

// snippet-start:[gov2.kms.CreateGrant]

// CreateGrant allows a principal the operations on a key, and returns the
// grant's ID and token.
//
// KMS is eventually consistent: for some seconds, up to five minutes, a new
// grant may not be known where it is used. A call that carries the grant token
// need not wait, so hand the token to the grantee together with the work.
//
// Options set Constraints (an encryption context that calls must have), the
// RetiringPrincipal, and a Name: with it a repeated call returns the grant that
// is there instead of another. For an AWS service leave granteePrincipal empty
// and set GranteeServicePrincipal. A key may have 50,000 grants.
//
// https://docs.aws.amazon.com/kms/latest/APIReference/API_CreateGrant.html
func (m *GrantManager) CreateGrant(ctx context.Context, keyID, granteePrincipal string, operations []types.GrantOperation, optFns ...func(*kms.CreateGrantInput)) (Grant, error) {
	in := &kms.CreateGrantInput{KeyId: aws.String(keyID), Operations: slices.Clip(operations)}
	if granteePrincipal != "" {
		in.GranteePrincipal = aws.String(granteePrincipal)
	}
	applyOptions(in, optFns)
	if err := requireText("CreateGrant", "key ID", in.KeyId, keyIDForm); err != nil {
		return Grant{}, err
	}
	if aws.ToString(in.GranteePrincipal) == "" && aws.ToString(in.GranteeServicePrincipal) == "" {
		return Grant{}, invalidInput("CreateGrant", "the grantee principal is empty; give the ARN of a principal, or set GranteeServicePrincipal")
	}
	if len(in.Operations) == 0 {
		return Grant{}, invalidInput("CreateGrant", "there are no operations; name at least one, such as types.GrantOperationDecrypt")
	}
	out, err := m.api.CreateGrant(ctx, in)
	if err != nil {
		return Grant{}, callFailed("CreateGrant", err, "key", in.KeyId, "grantee", in.GranteePrincipal)
	}
	if out == nil || out.GrantId == nil || out.GrantToken == nil {
		return Grant{}, callFailed("CreateGrant", incompleteOutput("GrantId or GrantToken"), "key", in.KeyId, "grantee", in.GranteePrincipal)
	}
	return Grant{ID: *out.GrantId, Token: *out.GrantToken}, nil
}

// snippet-end:[gov2.kms.CreateGrant]

// snippet-start:[gov2.kms.ListGrants]

// ListGrants ranges over the grants of a key; options narrow it to one GrantId
// or GranteePrincipal. It asks for a page (50 grants, at most 100 by the Limit
// option) when the range gets there; an error is yielded once and ends the range.
//
// https://docs.aws.amazon.com/kms/latest/APIReference/API_ListGrants.html
func (m *GrantManager) ListGrants(ctx context.Context, keyID string, optFns ...func(*kms.ListGrantsInput)) iter.Seq2[types.GrantListEntry, error] {
	return func(yield func(types.GrantListEntry, error) bool) { m.eachGrant(ctx, keyID, optFns, yield) }
}

func (m *GrantManager) eachGrant(ctx context.Context, keyID string, optFns []func(*kms.ListGrantsInput), yield func(types.GrantListEntry, error) bool) {
	in := &kms.ListGrantsInput{KeyId: aws.String(keyID)}
	applyOptions(in, optFns)
	if err := requireText("ListGrants", "key ID", in.KeyId, keyIDForm); err != nil {
		yield(types.GrantListEntry{}, err)
		return
	}
	pages := kms.NewListGrantsPaginator((*grantPages)(m), in)
	err := eachItem(ctx, pages, func(page *kms.ListGrantsOutput) []types.GrantListEntry { return page.Grants }, yield)
	if err != nil {
		yield(types.GrantListEntry{}, callFailed("ListGrants", err, "key", in.KeyId))
	}
}

// snippet-end:[gov2.kms.ListGrants]

// snippet-start:[gov2.kms.ListRetirableGrants]

// ListRetirableGrants ranges over the grants, of all keys in the account and
// Region, whose retiring principal is the given one, named by ARN. It asks for a
// page (50 grants, at most 100 by the Limit option) when the range gets there;
// an error is yielded once and ends the range.
//
// https://docs.aws.amazon.com/kms/latest/APIReference/API_ListRetirableGrants.html
func (m *GrantManager) ListRetirableGrants(ctx context.Context, retiringPrincipal string, optFns ...func(*kms.ListRetirableGrantsInput)) iter.Seq2[types.GrantListEntry, error] {
	return func(yield func(types.GrantListEntry, error) bool) {
		m.eachRetirableGrant(ctx, retiringPrincipal, optFns, yield)
	}
}

func (m *GrantManager) eachRetirableGrant(ctx context.Context, retiringPrincipal string, optFns []func(*kms.ListRetirableGrantsInput), yield func(types.GrantListEntry, error) bool) {
	in := &kms.ListRetirableGrantsInput{}
	if retiringPrincipal != "" {
		in.RetiringPrincipal = aws.String(retiringPrincipal)
	}
	applyOptions(in, optFns)
	if aws.ToString(in.RetiringPrincipal) == "" && aws.ToString(in.RetiringServicePrincipal) == "" {
		yield(types.GrantListEntry{}, invalidInput("ListRetirableGrants", "the retiring principal is empty; give the ARN of a principal"))
		return
	}
	pages := kms.NewListRetirableGrantsPaginator((*grantPages)(m), in)
	err := eachItem(ctx, pages, func(page *kms.ListRetirableGrantsOutput) []types.GrantListEntry { return page.Grants }, yield)
	if err != nil {
		yield(types.GrantListEntry{}, callFailed("ListRetirableGrants", err, "retiring principal", in.RetiringPrincipal))
	}
}

// snippet-end:[gov2.kms.ListRetirableGrants]

// snippet-start:[gov2.kms.RetireGrant]

// RetireGrant ends a grant by its token, as its user does when the work is done.
// The retiring principal may, the grantee if the grant allows RetireGrant, and
// the account of the key. A token is the sure way while the grant is new;
// [GrantManager.RetireGrantByID] is for those that were listed.
//
// https://docs.aws.amazon.com/kms/latest/APIReference/API_RetireGrant.html
func (m *GrantManager) RetireGrant(ctx context.Context, grantToken string, optFns ...func(*kms.RetireGrantInput)) error {
	in := &kms.RetireGrantInput{GrantToken: aws.String(grantToken)}
	applyOptions(in, optFns)
	if err := requireText("RetireGrant", "grant token", in.GrantToken, "give the token that CreateGrant returned, or use RetireGrantByID"); err != nil {
		return err
	}
	if _, err := m.api.RetireGrant(ctx, in); err != nil {
		return callFailed("RetireGrant", err)
	}
	return nil
}

// snippet-end:[gov2.kms.RetireGrant]

// snippet-start:[gov2.kms.RetireGrantByID]

// RetireGrantByID ends a grant as [GrantManager.RetireGrant] does, named by the
// ARN of its key, not the key ID, and its grant ID.
//
// https://docs.aws.amazon.com/kms/latest/APIReference/API_RetireGrant.html
func (m *GrantManager) RetireGrantByID(ctx context.Context, keyARN, grantID string, optFns ...func(*kms.RetireGrantInput)) error {
	in := &kms.RetireGrantInput{KeyId: aws.String(keyARN), GrantId: aws.String(grantID)}
	applyOptions(in, optFns)
	if !strings.HasPrefix(aws.ToString(in.KeyId), "arn:") {
		return invalidInput("RetireGrant", "the key %q is not an ARN; give the key ARN (arn:aws:kms:...:key/...)", aws.ToString(in.KeyId))
	}
	if err := requireText("RetireGrant", "grant ID", in.GrantId, "give the ID that CreateGrant returned or ListGrants lists"); err != nil {
		return err
	}
	if _, err := m.api.RetireGrant(ctx, in); err != nil {
		return callFailed("RetireGrant", err, "key", in.KeyId, "grant", in.GrantId)
	}
	return nil
}

// snippet-end:[gov2.kms.RetireGrantByID]

// snippet-start:[gov2.kms.RevokeGrant]

// RevokeGrant takes a grant back, as an administrator of the key does: what it
// allowed is denied from then on. As with a new grant, the change may take some
// seconds, up to five minutes, to be seen everywhere.
//
// https://docs.aws.amazon.com/kms/latest/APIReference/API_RevokeGrant.html
func (m *GrantManager) RevokeGrant(ctx context.Context, keyID, grantID string, optFns ...func(*kms.RevokeGrantInput)) error {
	in := &kms.RevokeGrantInput{KeyId: aws.String(keyID), GrantId: aws.String(grantID)}
	applyOptions(in, optFns)
	if err := requireText("RevokeGrant", "key ID", in.KeyId, keyIDForm); err != nil {
		return err
	}
	if err := requireText("RevokeGrant", "grant ID", in.GrantId, "give the ID that CreateGrant returned or ListGrants lists"); err != nil {
		return err
	}
	if _, err := m.api.RevokeGrant(ctx, in); err != nil {
		return callFailed("RevokeGrant", err, "key", in.KeyId, "grant", in.GrantId)
	}
	return nil
}

// snippet-end:[gov2.kms.RevokeGrant]
