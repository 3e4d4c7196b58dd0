package kmskit_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kmskit/kmskit"
	"github.com/kmskit/kmskit/kmstest"
)

// What lifecycle.go promises has to hold when KMS is slow to tell what has
// changed, changes its mind about it, and loses answers.

// A weather is what a run takes place under: a KMS that tells late of changes,
// changes its mind about them, loses answers or does all of that.
type weather struct {
	srv    *kmstest.Server
	seed   uint64
	delays kmstest.Delays
	faulty bool
	faults []*kmstest.Injection
}

// weathered runs a test in every weather with many seeds, each in a bubble.
func weathered(t *testing.T, test func(t *testing.T, w weather)) {
	t.Helper()
	slow := kmstest.Delays{Min: time.Second, Max: 20 * time.Second}
	flapping := slow
	flapping.Flapping = true
	for name, w := range map[string]weather{
		"delays":              {delays: slow},
		"flapping":            {delays: flapping},
		"faults":              {faulty: true},
		"flapping and faults": {delays: flapping, faulty: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for w.seed = range uint64(40) {
				synctest.Test(t, func(t *testing.T) {
					w.srv = kmstest.New(kmstest.WithSeed(w.seed), kmstest.WithDelays(w.delays))
					test(t, w)
				})
				require.False(t, t.Failed(), "with the seed %d", w.seed)
			}
		})
	}
}

// breaks lets the weather in.
func (w *weather) breaks() {
	if w.faulty {
		w.faults = disturb(w.srv)
	}
}

// clears ends the faults, and waits until everybody sees everything.
func (w *weather) clears() {
	for _, f := range w.faults {
		f.Remove()
	}
	time.Sleep(time.Minute)
}

// keyOf returns what a KMS holds under a key ID, whoever looks.
func keyOf(t *testing.T, srv *kmstest.Server, keyID string) *types.KeyMetadata {
	t.Helper()
	out, err := srv.API().DescribeKey(t.Context(), &kms.DescribeKeyInput{KeyId: &keyID})
	require.NoError(t, err)
	return out.KeyMetadata
}

func everything() kmstest.PrincipalOption {
	return kmstest.WithPolicy(&kmskit.PolicyDocument{
		Version:   "2012-10-17",
		Statement: []kmskit.Statement{{Effect: kmskit.Allow, Action: kmskit.StringList{"*"}, Resource: kmskit.StringList{"*"}}},
	})
}

func TestEnsureKey_underWeather(t *testing.T) {
	t.Parallel()
	weathered(t, func(t *testing.T, w weather) {
		w.breaks()
		const callers = 4
		keys, errs := make([]*types.KeyMetadata, callers), make([]error, callers)
		r := rand.New(rand.NewPCG(w.seed, 0))
		var wg sync.WaitGroup
		for i := range callers {
			client := w.srv.Principal(fmt.Sprintf("arn:aws:iam::111122223333:role/caller%d", i), everything()).Client()
			pause := time.Duration(r.IntN(2)) * time.Duration(r.Int64N(int64(30*time.Second))) // many begin together
			wg.Go(func() {
				time.Sleep(pause)
				ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
				defer cancel()
				keys[i], errs[i] = kmskit.EnsureKey(ctx, client, "alias/a", fmt.Sprint(i))
			})
		}
		wg.Wait()
		w.clears()

		behind := ""
		if out, err := w.srv.API().DescribeKey(t.Context(), &kms.DescribeKeyInput{KeyId: new("alias/a")}); err == nil {
			behind = *out.KeyMetadata.Arn
			assert.Equal(t, types.KeyStateEnabled, out.KeyMetadata.KeyState, "the key that all use is usable")
		}
		var last [callers]*types.KeyMetadata // that each has made; those of lost answers nobody knows
		for entry, err := range kmskit.NewKeyManager(w.srv.API()).ListKeys(t.Context()) {
			require.NoError(t, err)
			k := keyOf(t, w.srv, *entry.KeyArn)
			maker := (*k.Description)[0] - '0'
			last[maker] = k
		}
		for i, err := range errs {
			if err == nil {
				assert.Equal(t, behind, *keys[i].Arn, "all get the key behind the alias")
			} else {
				assert.True(t, w.faulty && explained(err), "%v", err)
			}
			if err != nil && strings.Contains(err.Error(), "kmskit: CreateKey") {
				continue // whose answer was lost: nobody knows of the key
			}
			if k := last[i]; k != nil && *k.Arn != behind && k.KeyState != types.KeyStatePendingDeletion {
				assert.ErrorContains(t, err, *k.Arn, "a key that is left is named")
			}
		}
	})
}

func TestWaitForState_underWeather(t *testing.T) {
	t.Parallel()
	weathered(t, func(t *testing.T, w weather) {
		w.breaks()
		keys := kmskit.NewKeyManager(w.srv.Client())
		key, err := keys.CreateKey(t.Context(), "")
		if w.faulty && err != nil {
			return
		}
		require.NoError(t, err)
		for _, state := range []types.KeyState{types.KeyStateEnabled, types.KeyStateDisabled, types.KeyStateEnabled} {
			if err := changeState(t.Context(), keys, key, state); err != nil {
				assert.True(t, w.faulty && explained(err), "%v", err)
				return
			}
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
			seen, err := keys.WaitForState(ctx, *key.Arn, state)
			cancel()
			if err != nil {
				assert.True(t, w.faulty && explained(err), "%v", err)
				return
			}
			key = seen
			assert.Equal(t, state, key.KeyState)
			if w.delays.Flapping { // three answers that agree are luck, and the next one need not
				time.Sleep(time.Minute)
			}
			if !w.faulty {
				assert.Equal(t, state, keyOf(t, w.srv, *key.Arn).KeyState, "and stays")
			}
		}
	})
}

func changeState(ctx context.Context, keys *kmskit.KeyManager, key *types.KeyMetadata, to types.KeyState) error {
	switch {
	case key.KeyState == to:
		return nil
	case to == types.KeyStateDisabled:
		return keys.DisableKey(ctx, *key.Arn)
	default:
		return keys.EnableKey(ctx, *key.Arn)
	}
}

func TestDeleteUnusedKey_underWeather(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	for _, needed := range []bool{false, true} {
		t.Run(fmt.Sprintf("needed %t", needed), func(t *testing.T) {
			t.Parallel()
			weathered(t, func(t *testing.T, w weather) {
				client := w.srv.Client()
				key, err := kmskit.NewKeyManager(client).CreateKey(t.Context(), "")
				require.NoError(t, err)
				time.Sleep(time.Minute)
				if needed {
					require.NoError(t, kmskit.NewAliasManager(client).CreateAlias(t.Context(), "alias/a", *key.Arn))
				}
				time.Sleep(100 * day)
				w.breaks()
				use, err := kmskit.DeleteUnusedKey(t.Context(), client, *key.Arn, 90*day, 7)
				w.clears()
				after := keyOf(t, w.srv, *key.Arn)
				inUse, refused := errors.AsType[*kmskit.KeyInUseError](err)
				switch {
				case err == nil:
					assert.False(t, needed)
					assert.Equal(t, types.KeyStatePendingDeletion, after.KeyState)
					assert.Equal(t, *after.DeletionDate, use.DeletionDate)
				case refused:
					assert.True(t, needed)
					assert.Equal(t, []string{"alias/a"}, inUse.Aliases)
				default:
					assert.True(t, w.faulty && explained(err), "%v", err)
					if strings.Contains(err.Error(), "not scheduled for deletion") {
						assert.Equal(t, types.KeyStateDisabled, after.KeyState, "%v", err)
					}
				}
				if needed {
					assert.Equal(t, types.KeyStateEnabled, after.KeyState)
				}
			})
		})
	}
}
