package kmskit

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/kms"
)

// A paginator is what the SDK's paginators have in common; O is an output.
type paginator[O any] interface {
	HasMorePages() bool
	NextPage(context.Context, ...func(*kms.Options)) (*O, error)
}

// Each method that lists returns a small function around a larger method, so that
// the compiler inlines the small one and the body of the caller's loop need not
// move to the heap.

// eachItem yields the items of every page, asking for a page when the range gets
// there, until the pages or the caller's interest end. It returns the error that
// stopped it; the method that ranges yields it with what the call was about.
func eachItem[O, T any](ctx context.Context, pages paginator[O], items func(*O) []T, yield func(T, error) bool) error {
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return err
		}
		for _, item := range items(page) {
			if !yield(item, nil) {
				return nil
			}
		}
	}
	return nil
}

// The SDK's paginators read a page without looking. The types below stand
// between them and an API that answers neither a page nor an error, as a sloppy
// fake does.
type (
	keyPages       KeyManager
	aliasPages     AliasManager
	grantPages     GrantManager
	keyPolicyPages PolicyManager
	rotationPages  RotationManager
	tagPages       TagManager
	keyStorePages  KeyStoreManager
)

func (p *keyPages) ListKeys(ctx context.Context, in *kms.ListKeysInput, optFns ...func(*kms.Options)) (*kms.ListKeysOutput, error) {
	return notNil(p.api.ListKeys(ctx, in, optFns...))
}

func (p *aliasPages) ListAliases(ctx context.Context, in *kms.ListAliasesInput, optFns ...func(*kms.Options)) (*kms.ListAliasesOutput, error) {
	return notNil(p.api.ListAliases(ctx, in, optFns...))
}

func (p *grantPages) ListGrants(ctx context.Context, in *kms.ListGrantsInput, optFns ...func(*kms.Options)) (*kms.ListGrantsOutput, error) {
	return notNil(p.api.ListGrants(ctx, in, optFns...))
}

func (p *grantPages) ListRetirableGrants(ctx context.Context, in *kms.ListRetirableGrantsInput, optFns ...func(*kms.Options)) (*kms.ListRetirableGrantsOutput, error) {
	return notNil(p.api.ListRetirableGrants(ctx, in, optFns...))
}

func (p *keyPolicyPages) ListKeyPolicies(ctx context.Context, in *kms.ListKeyPoliciesInput, optFns ...func(*kms.Options)) (*kms.ListKeyPoliciesOutput, error) {
	return notNil(p.api.ListKeyPolicies(ctx, in, optFns...))
}

func (p *rotationPages) ListKeyRotations(ctx context.Context, in *kms.ListKeyRotationsInput, optFns ...func(*kms.Options)) (*kms.ListKeyRotationsOutput, error) {
	return notNil(p.api.ListKeyRotations(ctx, in, optFns...))
}

func (p *tagPages) ListResourceTags(ctx context.Context, in *kms.ListResourceTagsInput, optFns ...func(*kms.Options)) (*kms.ListResourceTagsOutput, error) {
	return notNil(p.api.ListResourceTags(ctx, in, optFns...))
}

func (p *keyStorePages) DescribeCustomKeyStores(ctx context.Context, in *kms.DescribeCustomKeyStoresInput, optFns ...func(*kms.Options)) (*kms.DescribeCustomKeyStoresOutput, error) {
	return notNil(p.api.DescribeCustomKeyStores(ctx, in, optFns...))
}

// notNil turns a page that is absent without an error into an error.
func notNil[O any](out *O, err error) (*O, error) {
	if out == nil && err == nil {
		return nil, incompleteOutput("a page")
	}
	return out, err
}
