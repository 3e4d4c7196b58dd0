package kmstest_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/kmskit/kmskit/kmstest"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A census counts what is in a world.
type census struct{ keys, aliases, grants int }

// TestConcurrency mixes operations in 64 goroutines on one Server and then counts
// what is there against what was acknowledged.
func TestConcurrency(t *testing.T) {
	t.Parallel()
	const workers, rounds = 64, 12
	srv := kmstest.New(kmstest.WithErrorLog(failOnPanic(t)))
	shared := newKey(t, srv.API())

	counts, errs := make([]census, workers), make([]error, workers)
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			var c caller = srv.API()
			if w%4 == 0 {
				c = srv.Client()
			}
			r := rand.New(rand.NewPCG(uint64(w), 0))
			for i := range rounds {
				if err := mix(t.Context(), c, shared, fmt.Sprintf("alias/%d/%d", w, i), r.IntN(4), &counts[w]); err != nil {
					errs[w] = err
					return
				}
			}
		})
	}
	wg.Wait()
	require.NoError(t, errors.Join(errs...))

	srv.Advance(7 * 24 * time.Hour)
	want := census{keys: 1}
	for _, n := range counts {
		want.keys += n.keys
		want.aliases += n.aliases
		want.grants += n.grants
	}
	assert.Equal(t, want, count(t, srv.Client(), shared))
}

// mix makes a key, an alias and a grant on the shared key, encrypts and decrypts,
// and then takes or moves something away. It counts what it leaves.
func mix(ctx context.Context, c caller, shared *types.KeyMetadata, alias string, last int, n *census) error {
	k, err := c.CreateKey(ctx, &kms.CreateKeyInput{})
	if err != nil {
		return err
	}
	n.keys++
	if _, err := c.CreateAlias(ctx, &kms.CreateAliasInput{AliasName: &alias, TargetKeyId: k.KeyMetadata.KeyId}); err != nil {
		return err
	}
	n.aliases++
	g, err := c.CreateGrant(ctx, newGrant(shared))
	if err != nil {
		return err
	}
	n.grants++
	e, err := c.Encrypt(ctx, &kms.EncryptInput{KeyId: &alias, Plaintext: []byte(alias)})
	if err != nil {
		return err
	}
	d, err := c.Decrypt(ctx, &kms.DecryptInput{CiphertextBlob: e.CiphertextBlob})
	if err != nil {
		return err
	}
	if string(d.Plaintext) != alias {
		return fmt.Errorf("decrypted %q to %q", alias, d.Plaintext)
	}
	if _, err := c.ListAliases(ctx, &kms.ListAliasesInput{Limit: aws.Int32(10)}); err != nil {
		return err
	}
	switch last {
	case 0:
		n.aliases--
		_, err = c.DeleteAlias(ctx, &kms.DeleteAliasInput{AliasName: &alias})
	case 1:
		n.grants--
		_, err = c.RevokeGrant(ctx, &kms.RevokeGrantInput{KeyId: shared.KeyId, GrantId: g.GrantId})
	case 2:
		_, err = c.UpdateAlias(ctx, &kms.UpdateAliasInput{AliasName: &alias, TargetKeyId: shared.KeyId})
	default: // the alias goes with its key
		n.keys--
		n.aliases--
		_, err = c.ScheduleKeyDeletion(ctx, &kms.ScheduleKeyDeletionInput{KeyId: k.KeyMetadata.KeyId, PendingWindowInDays: aws.Int32(7)})
	}
	return err
}

// count counts what is there by listing it.
func count(t *testing.T, c *kms.Client, shared *types.KeyMetadata) (n census) {
	t.Helper()
	for p := kms.NewListKeysPaginator(c, &kms.ListKeysInput{}); p.HasMorePages(); {
		page, err := p.NextPage(t.Context())
		require.NoError(t, err)
		n.keys += len(page.Keys)
	}
	for p := kms.NewListAliasesPaginator(c, &kms.ListAliasesInput{}); p.HasMorePages(); {
		page, err := p.NextPage(t.Context())
		require.NoError(t, err)
		n.aliases += len(page.Aliases)
	}
	for p := kms.NewListGrantsPaginator(c, &kms.ListGrantsInput{KeyId: shared.KeyId}); p.HasMorePages(); {
		page, err := p.NextPage(t.Context())
		require.NoError(t, err)
		n.grants += len(page.Grants)
	}
	return n
}
