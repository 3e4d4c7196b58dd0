package kmskit

// snippet-start:[gov2.kms.AliasManager.struct]

import (
	"context"
	"iter"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
)

// AliasManager gives KMS keys names that can move from key to key.
//
// An alias name is "alias/" and 1 to 250 more characters: letters, digits, "/",
// "_" and "-". Names that begin with "alias/aws/" belong to AWS. An alias and
// its key are in one account and Region.
//
// An AliasManager is safe for concurrent use.
type AliasManager struct {
	api AliasAPI
}

// NewAliasManager returns an AliasManager that calls api, as a rule a
// [*kms.Client]. It panics if api is nil.
func NewAliasManager(api AliasAPI) *AliasManager {
	mustHaveAPI("NewAliasManager", api)
	return &AliasManager{api: api}
}

// snippet-end:[gov2.kms.AliasManager.struct]

// snippet-start:[gov2.kms.CreateAlias]

// CreateAlias gives a key, named by key ID or key ARN, a new alias. A key may
// have 50 aliases. A name that is taken is a [*types.AlreadyExistsException].
//
// The alias may take some minutes to be known everywhere.
//
// https://docs.aws.amazon.com/kms/latest/APIReference/API_CreateAlias.html
func (m *AliasManager) CreateAlias(ctx context.Context, aliasName, targetKeyID string, optFns ...func(*kms.CreateAliasInput)) error {
	in := &kms.CreateAliasInput{AliasName: aws.String(aliasName), TargetKeyId: aws.String(targetKeyID)}
	applyOptions(in, optFns)
	if err := requireAliasName("CreateAlias", in.AliasName); err != nil {
		return err
	}
	if err := requireText("CreateAlias", "target key ID", in.TargetKeyId, keyIDForm); err != nil {
		return err
	}
	if _, err := m.api.CreateAlias(ctx, in); err != nil {
		return callFailed("CreateAlias", err, "alias", in.AliasName, "key", in.TargetKeyId)
	}
	return nil
}

// snippet-end:[gov2.kms.CreateAlias]

// snippet-start:[gov2.kms.ListAliases]

// ListAliases ranges over the aliases of the account and Region, or, with the
// option KeyId, over those of one key. It asks for a page (50 aliases, at most
// 100 by the Limit option) when the range gets there; an error is yielded once
// and ends the range.
//
// https://docs.aws.amazon.com/kms/latest/APIReference/API_ListAliases.html
func (m *AliasManager) ListAliases(ctx context.Context, optFns ...func(*kms.ListAliasesInput)) iter.Seq2[types.AliasListEntry, error] {
	return func(yield func(types.AliasListEntry, error) bool) { m.eachAlias(ctx, optFns, yield) }
}

func (m *AliasManager) eachAlias(ctx context.Context, optFns []func(*kms.ListAliasesInput), yield func(types.AliasListEntry, error) bool) {
	in := &kms.ListAliasesInput{}
	applyOptions(in, optFns)
	pages := kms.NewListAliasesPaginator((*aliasPages)(m), in)
	err := eachItem(ctx, pages, func(page *kms.ListAliasesOutput) []types.AliasListEntry { return page.Aliases }, yield)
	if err != nil {
		yield(types.AliasListEntry{}, callFailed("ListAliases", err, "key", in.KeyId))
	}
}

// snippet-end:[gov2.kms.ListAliases]

// snippet-start:[gov2.kms.UpdateAlias]

// UpdateAlias moves an alias to another key of the same type and usage, named by
// key ID or key ARN. What was encrypted under the old key by way of the alias
// still needs the old key to decrypt.
//
// https://docs.aws.amazon.com/kms/latest/APIReference/API_UpdateAlias.html
func (m *AliasManager) UpdateAlias(ctx context.Context, aliasName, targetKeyID string, optFns ...func(*kms.UpdateAliasInput)) error {
	in := &kms.UpdateAliasInput{AliasName: aws.String(aliasName), TargetKeyId: aws.String(targetKeyID)}
	applyOptions(in, optFns)
	if err := requireAliasName("UpdateAlias", in.AliasName); err != nil {
		return err
	}
	if err := requireText("UpdateAlias", "target key ID", in.TargetKeyId, keyIDForm); err != nil {
		return err
	}
	if _, err := m.api.UpdateAlias(ctx, in); err != nil {
		return callFailed("UpdateAlias", err, "alias", in.AliasName, "key", in.TargetKeyId)
	}
	return nil
}

// snippet-end:[gov2.kms.UpdateAlias]

// snippet-start:[gov2.kms.DeleteAlias]

// DeleteAlias removes an alias; its key stays as it is. Callers that name the
// key by this alias fail from then on.
//
// https://docs.aws.amazon.com/kms/latest/APIReference/API_DeleteAlias.html
func (m *AliasManager) DeleteAlias(ctx context.Context, aliasName string, optFns ...func(*kms.DeleteAliasInput)) error {
	in := &kms.DeleteAliasInput{AliasName: aws.String(aliasName)}
	applyOptions(in, optFns)
	if err := requireAliasName("DeleteAlias", in.AliasName); err != nil {
		return err
	}
	if _, err := m.api.DeleteAlias(ctx, in); err != nil {
		return callFailed("DeleteAlias", err, "alias", in.AliasName)
	}
	return nil
}

// snippet-end:[gov2.kms.DeleteAlias]
