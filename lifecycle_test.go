package kmskit_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"math"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kmskit/kmskit"
	"github.com/kmskit/kmskit/kmstest"
)

func ExampleKeyManager_WaitForState() {
	ctx := context.Background()      // in a service: with a deadline
	client := kmstest.New().Client() // in a service: kms.NewFromConfig(cfg)
	keys := kmskit.NewKeyManager(client)
	created, err := keys.CreateKey(ctx, "orders")
	if err != nil {
		log.Fatal(err)
	}

	key, err := keys.WaitForState(ctx, *created.KeyId, types.KeyStateEnabled)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(key.KeyState)
	// Output: Enabled
}

// Every instance of a service may do this when it starts.
func ExampleEnsureKey() {
	ctx := context.Background()
	client := kmstest.New().Client()

	first, err := kmskit.EnsureKey(ctx, client, "alias/orders", "orders")
	if err != nil {
		log.Fatal(err)
	}
	second, err := kmskit.EnsureKey(ctx, client, "alias/orders", "orders")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(*first.Arn == *second.Arn)
	// Output: true
}

// A key with an alias is not deleted: somebody may name it by that.
func ExampleDeleteUnusedKey() {
	ctx := context.Background()
	client := kmstest.New().Client()
	key, err := kmskit.EnsureKey(ctx, client, "alias/orders", "orders")
	if err != nil {
		log.Fatal(err)
	}

	const quarter = 90 * 24 * time.Hour
	_, err = kmskit.DeleteUnusedKey(ctx, client, *key.KeyId, quarter, 30)
	if inUse, ok := errors.AsType[*kmskit.KeyInUseError](err); ok {
		fmt.Println(inUse.Aliases)
	}
	// Output: [alias/orders]
}

// stateAPI answers DescribeKey from a script; the last answer repeats.
type stateAPI struct {
	kmskit.KeyAPI
	script []any // types.KeyState or error
	calls  int
}

func (a *stateAPI) DescribeKey(ctx context.Context, _ *kms.DescribeKeyInput, _ ...func(*kms.Options)) (*kms.DescribeKeyOutput, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	answer := a.script[min(a.calls, len(a.script)-1)]
	a.calls++
	if err, ok := answer.(error); ok {
		return nil, err
	}
	return &kms.DescribeKeyOutput{KeyMetadata: &types.KeyMetadata{KeyState: answer.(types.KeyState)}}, nil
}

func TestKeyManager_WaitForState(t *testing.T) {
	t.Parallel()
	const creating, enabled = types.KeyStateCreating, types.KeyStateEnabled
	notFound := &types.NotFoundException{}

	t.Run("wants three answers in a row that agree", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			api := &stateAPI{script: []any{notFound, creating, enabled, creating, enabled, enabled, notFound, enabled}}
			key, err := kmskit.NewKeyManager(api).WaitForState(t.Context(), "k", enabled)
			require.NoError(t, err)
			assert.Equal(t, enabled, key.KeyState)
			assert.Equal(t, 10, api.calls)
		})
	})

	t.Run("ends with the context and says what it last saw", func(t *testing.T) {
		t.Parallel()
		for name, test := range map[string]struct {
			script []any
			saw    string
		}{
			"another state":      {[]any{creating}, "Creating"},
			"no key":             {[]any{notFound}, "no such key"},
			"the state, at once": {[]any{enabled, creating, enabled, creating, enabled, creating, creating}, "Creating"},
		} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
					defer cancel()
					api := &stateAPI{script: test.script}
					begin := time.Now()
					_, err := kmskit.NewKeyManager(api).WaitForState(ctx, "k", enabled)
					require.ErrorIs(t, err, context.DeadlineExceeded)
					assert.Equal(t, time.Minute, time.Since(begin))
					assert.ErrorContains(t, err, `kmskit: WaitForState (key "k"): waited for Enabled and last saw `+test.saw+": ")
					assert.Less(t, api.calls, 40, "asks less and less often")
				})
			})
		}
	})

	t.Run("does not wait for a state that there is not", func(t *testing.T) {
		t.Parallel()
		_, err := kmskit.NewKeyManager(&stateAPI{}).WaitForState(t.Context(), "k", "ENABLED")
		assert.ErrorIs(t, err, kmskit.ErrInvalidInput)
		assert.EqualError(t, err, `kmskit: WaitForState: there is no key state "ENABLED"; give one such as types.KeyStateEnabled`)
	})

	t.Run("ends with an error that will not pass", func(t *testing.T) {
		t.Parallel()
		api := &stateAPI{script: []any{&types.InvalidArnException{}}}
		_, err := kmskit.NewKeyManager(api).WaitForState(t.Context(), "k", enabled)
		_, ok := errors.AsType[*types.InvalidArnException](err)
		assert.True(t, ok)
		assert.Equal(t, 1, api.calls)
	})

	t.Run("ends at once if the context has ended", func(t *testing.T) {
		t.Parallel()
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := kmskit.NewKeyManager(&stateAPI{script: []any{enabled}}).WaitForState(ctx, "k", enabled)
		require.ErrorIs(t, err, context.Canceled)
		assert.ErrorContains(t, err, "last saw nothing")
	})
}

// aliasFails has CreateAlias fail, after something happened.
type aliasFails struct {
	*kms.Client
	first func()
	err   error
}

func (a aliasFails) CreateAlias(ctx context.Context, in *kms.CreateAliasInput, optFns ...func(*kms.Options)) (*kms.CreateAliasOutput, error) {
	if a.first != nil {
		a.first()
	}
	if a.err != nil {
		return nil, a.err
	}
	return a.Client.CreateAlias(ctx, in, optFns...)
}

// statesOf counts the keys of a KMS by their state.
func statesOf(t *testing.T, client *kms.Client) map[types.KeyState]int {
	t.Helper()
	keys := kmskit.NewKeyManager(client)
	states := map[types.KeyState]int{}
	for entry, err := range keys.ListKeys(t.Context()) {
		require.NoError(t, err)
		key, err := keys.DescribeKey(t.Context(), *entry.KeyId)
		require.NoError(t, err)
		states[key.KeyState]++
	}
	return states
}

func TestEnsureKey(t *testing.T) {
	t.Parallel()

	t.Run("creates the key as the options say, and no second one", func(t *testing.T) {
		t.Parallel()
		client := kmstest.New().Client()
		for range 3 {
			key, err := kmskit.EnsureKey(t.Context(), client, "alias/a", "the key", func(in *kms.CreateKeyInput) {
				in.KeySpec, in.KeyUsage = types.KeySpecHmac256, types.KeyUsageTypeGenerateVerifyMac
			})
			require.NoError(t, err)
			assert.Equal(t, types.KeySpecHmac256, key.KeySpec)
			assert.Equal(t, "the key", *key.Description)
		}
		assert.Equal(t, map[types.KeyState]int{types.KeyStateEnabled: 1}, statesOf(t, client))
	})

	t.Run("callers that race get one key and leave no other", func(t *testing.T) {
		t.Parallel()
		client := kmstest.New().Client()
		const callers = 16
		arns := make([]string, callers)
		var wg sync.WaitGroup
		for i := range callers {
			wg.Go(func() {
				key, err := kmskit.EnsureKey(t.Context(), client, "alias/a", "")
				if assert.NoError(t, err) {
					arns[i] = *key.Arn
				}
			})
		}
		wg.Wait()
		for _, arn := range arns {
			assert.Equal(t, arns[0], arn)
		}
		assert.Equal(t, 1, statesOf(t, client)[types.KeyStateEnabled])
	})

	t.Run("gives the key of the one who was faster", func(t *testing.T) {
		t.Parallel()
		client := kmstest.New().Client()
		var faster *types.KeyMetadata
		slow := aliasFails{Client: client, first: func() {
			var err error
			faster, err = kmskit.EnsureKey(t.Context(), client, "alias/a", "faster")
			assert.NoError(t, err)
		}}
		key, err := kmskit.EnsureKey(t.Context(), slow, "alias/a", "slower")
		require.NoError(t, err)
		assert.Equal(t, *faster.Arn, *key.Arn)
		assert.Equal(t, map[types.KeyState]int{types.KeyStateEnabled: 1, types.KeyStatePendingDeletion: 1}, statesOf(t, client))
	})

	t.Run("leaves no key behind when the alias is refused, also after the context has ended", func(t *testing.T) {
		t.Parallel()
		client := kmstest.New().Client()
		ctx, cancel := context.WithCancel(t.Context())
		_, err := kmskit.EnsureKey(ctx, aliasFails{client, cancel, &types.LimitExceededException{}}, "alias/a", "")
		_, ok := errors.AsType[*types.LimitExceededException](err)
		require.True(t, ok, "%v", err)
		assert.Equal(t, map[types.KeyState]int{types.KeyStatePendingDeletion: 1}, statesOf(t, client))
	})

	t.Run("completes what it has begun when the context ends in between", func(t *testing.T) {
		t.Parallel()
		client := kmstest.New().Client()
		ctx, cancel := context.WithCancel(t.Context())
		key, err := kmskit.EnsureKey(ctx, aliasFails{Client: client, first: cancel}, "alias/a", "")
		require.NoError(t, err)
		behind, err := kmskit.NewKeyManager(client).DescribeKey(t.Context(), "alias/a")
		require.NoError(t, err)
		assert.Equal(t, behind.Arn, key.Arn)
	})

	t.Run("knows its own key again when the answer to CreateAlias was lost", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			srv := kmstest.New()
			lost := srv.Inject(kmstest.Fault{Operations: []string{"CreateAlias"}, Late: true, Times: 1, Err: kmstest.ConnectionReset})
			key, err := kmskit.EnsureKey(t.Context(), srv.Client(), "alias/a", "")
			require.NoError(t, err)
			assert.Equal(t, 1, lost.Hits())
			assert.Equal(t, types.KeyStateEnabled, key.KeyState)
			assert.Equal(t, map[types.KeyState]int{types.KeyStateEnabled: 1}, statesOf(t, srv.Client()))
		})
	})

	t.Run("waits for 30 seconds after the context has ended until KMS knows the key", func(t *testing.T) {
		t.Parallel()
		for _, test := range []struct {
			delay time.Duration
			known bool
		}{{30 * time.Second, true}, {50 * time.Second, false}} {
			synctest.Test(t, func(t *testing.T) {
				client := kmstest.New(kmstest.WithDelays(kmstest.Delays{Min: test.delay})).Client()
				ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
				defer cancel()
				begin := time.Now()
				key, err := kmskit.EnsureKey(ctx, client, "alias/a", "")
				if test.known {
					require.NoError(t, err)
					assert.NotEmpty(t, key.Arn)
					return
				}
				assert.Equal(t, 40*time.Second, time.Since(begin))
				require.ErrorIs(t, err, context.DeadlineExceeded)
				assert.ErrorContains(t, err, `kmskit: key "arn:aws:kms:us-east-1:111122223333:key/`)
			})
		}
	})

	t.Run("names the key of which nobody can say whether it has its alias", func(t *testing.T) {
		t.Parallel()
		client := kmstest.New().Client()
		boom := errors.New("boom")
		_, err := kmskit.EnsureKey(t.Context(), aliasFails{Client: client, err: boom}, "alias/a", "")
		require.ErrorIs(t, err, boom)
		require.ErrorContains(t, err, `kmskit: key "arn:aws:kms:us-east-1:111122223333:key/`)
		require.ErrorContains(t, err, "may have its alias or not")
		assert.Equal(t, map[types.KeyState]int{types.KeyStateEnabled: 1}, statesOf(t, client))
	})

	t.Run("names the key that it could not clear away", func(t *testing.T) {
		t.Parallel()
		client := kmstest.New().Client()
		api := noDeletion{aliasFails{Client: client, err: &types.LimitExceededException{Message: new("no alias")}}}
		_, err := kmskit.EnsureKey(t.Context(), api, "alias/a", "")
		require.ErrorContains(t, err, "no alias")
		require.ErrorContains(t, err, "no deletion")
		assert.ErrorContains(t, err, `kmskit: key "arn:aws:kms:us-east-1:111122223333:key/`)
	})

	t.Run("refuses what is no alias, and passes other errors on", func(t *testing.T) {
		t.Parallel()
		client := kmstest.New().Client()
		_, err := kmskit.EnsureKey(t.Context(), client, "a", "")
		require.ErrorIs(t, err, kmskit.ErrInvalidInput)
		_, err = kmskit.EnsureKey(t.Context(), client, "alias/a", "", func(in *kms.CreateKeyInput) { in.KeySpec = "NONE" })
		assert.Equal(t, "ValidationException", kmskit.ErrorCode(err))
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err = kmskit.EnsureKey(ctx, client, "alias/a", "")
		require.ErrorIs(t, err, context.Canceled)
		assert.Empty(t, statesOf(t, client))
	})
}

type noDeletion struct{ aliasFails }

func (noDeletion) ScheduleKeyDeletion(context.Context, *kms.ScheduleKeyDeletionInput, ...func(*kms.Options)) (*kms.ScheduleKeyDeletionOutput, error) {
	return nil, &smithy.GenericAPIError{Code: "AccessDeniedException", Message: "no deletion"}
}

func TestDeleteUnusedKey(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour

	// world gives a key that was made 100 days ago.
	type world struct {
		*kms.Client
		key string
	}
	in := func(t *testing.T, prepare func(w world), test func(t *testing.T, w world)) {
		t.Helper()
		synctest.Test(t, func(t *testing.T) {
			client := kmstest.New().Client()
			key, err := kmskit.NewKeyManager(client).CreateKey(t.Context(), "old")
			require.NoError(t, err)
			w := world{client, *key.Arn}
			prepare(w)
			time.Sleep(100 * day)
			test(t, w)
		})
	}
	nothing := func(world) {}
	state := func(t *testing.T, w world) types.KeyState {
		t.Helper()
		key, err := kmskit.NewKeyManager(w).DescribeKey(t.Context(), w.key)
		require.NoError(t, err)
		return key.KeyState
	}

	t.Run("disables and schedules the deletion of a key without use", func(t *testing.T) {
		t.Parallel()
		in(t, nothing, func(t *testing.T, w world) {
			use, err := kmskit.DeleteUnusedKey(t.Context(), w, w.key, 90*day, 30)
			require.NoError(t, err)
			assert.True(t, strings.HasSuffix(w.key, "/"+use.KeyID), use.KeyID)
			assert.Empty(t, use.Operation)
			assert.Equal(t, time.Now().Add(-100*day).UTC(), use.LastUsed)
			assert.Equal(t, time.Now().Add(30*day).UTC(), use.DeletionDate)
			assert.Equal(t, types.KeyStatePendingDeletion, state(t, w))
		})
	})

	t.Run("refuses, and changes nothing, for each reason", func(t *testing.T) {
		t.Parallel()
		for name, test := range map[string]struct {
			prepare func(w world)
			text    string
		}{
			"a use": {nothing, "it was last used, for Encrypt, 0s ago, on "},
			"an alias": {func(w world) {
				err := kmskit.NewAliasManager(w).CreateAlias(context.Background(), "alias/old", w.key)
				assert.NoError(t, err)
			}, `aliases point at it: ["alias/old"]`},
			"a grant": {func(w world) {
				_, err := kmskit.NewGrantManager(w).CreateGrant(context.Background(), w.key,
					"arn:aws:iam::111122223333:role/reader", []types.GrantOperation{types.GrantOperationDecrypt})
				assert.NoError(t, err)
			}, "it has 1 grants"},
		} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				in(t, test.prepare, func(t *testing.T, w world) {
					if name == "a use" {
						_, err := kmskit.NewEncryptor(w).Encrypt(t.Context(), w.key, []byte("x"))
						require.NoError(t, err)
					}
					use, err := kmskit.DeleteUnusedKey(t.Context(), w, w.key, 90*day, 30)
					refused, ok := errors.AsType[*kmskit.KeyInUseError](err)
					require.True(t, ok, "%v", err)
					assert.Equal(t, use, refused.KeyUse)
					require.ErrorContains(t, err, test.text)
					assert.Zero(t, use.DeletionDate)
					assert.Equal(t, types.KeyStateEnabled, state(t, w))
				})
			})
		}
	})

	t.Run("adds the hour that KMS takes to record a use", func(t *testing.T) {
		t.Parallel()
		in(t, nothing, func(t *testing.T, w world) {
			_, err := kmskit.DeleteUnusedKey(t.Context(), w, w.key, 100*day, 7)
			_, ok := errors.AsType[*kmskit.KeyInUseError](err)
			require.True(t, ok, "%v", err)
			require.ErrorContains(t, err, "the records of its use begin 2400h0m0s ago")
			time.Sleep(time.Hour)
			_, err = kmskit.DeleteUnusedKey(t.Context(), w, w.key, 100*day, 7)
			assert.NoError(t, err)
		})
	})

	t.Run("refuses every key if none is unused for long enough", func(t *testing.T) {
		t.Parallel()
		in(t, nothing, func(t *testing.T, w world) {
			_, err := kmskit.DeleteUnusedKey(t.Context(), w, w.key, math.MaxInt64, 7)
			_, ok := errors.AsType[*kmskit.KeyInUseError](err)
			require.True(t, ok, "%v", err)
			assert.Equal(t, types.KeyStateEnabled, state(t, w))
		})
	})

	t.Run("counts records that are younger than the key", func(t *testing.T) {
		t.Parallel()
		in(t, nothing, func(t *testing.T, w world) {
			api := trackedSince{w.Client, time.Now().Add(-10 * day)}
			use, err := kmskit.DeleteUnusedKey(t.Context(), api, w.key, 90*day, 7)
			_, ok := errors.AsType[*kmskit.KeyInUseError](err)
			require.True(t, ok, "%v", err)
			assert.Equal(t, time.Now().Add(-10*day).UTC(), use.LastUsed)
		})
	})

	t.Run("says that a key was disabled and no more", func(t *testing.T) {
		t.Parallel()
		in(t, nothing, func(t *testing.T, w world) {
			_, err := kmskit.DeleteUnusedKey(t.Context(), noDeletion{aliasFails{Client: w.Client}}, w.key, 90*day, 7)
			assert.ErrorContains(t, err, "the key is disabled but not scheduled for deletion: ")
			assert.Equal(t, types.KeyStateDisabled, state(t, w))
		})
	})

	t.Run("tells when the key is deleted though the answer to that was lost", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			srv := kmstest.New()
			key, err := kmskit.NewKeyManager(srv.Client()).CreateKey(t.Context(), "")
			require.NoError(t, err)
			time.Sleep(100 * day)
			lost := srv.Inject(kmstest.Fault{Operations: []string{"ScheduleKeyDeletion"}, Late: true, Times: 1, Err: kmstest.Internal})
			use, err := kmskit.DeleteUnusedKey(t.Context(), srv.Client(), *key.Arn, 90*day, 7)
			require.NoError(t, err)
			assert.Equal(t, 1, lost.Hits())
			assert.WithinDuration(t, time.Now().Add(7*day), use.DeletionDate, time.Minute)
			assert.Equal(t, time.UTC, use.DeletionDate.Location())
		})
	})

	t.Run("refuses what KMS could only refuse, and passes KMS's errors on", func(t *testing.T) {
		t.Parallel()
		client := kmstest.New().Client()
		for _, window := range []int{6, 31, -1} {
			_, err := kmskit.DeleteUnusedKey(t.Context(), client, keyUUID, day, window)
			require.ErrorIs(t, err, kmskit.ErrInvalidInput)
		}
		_, err := kmskit.DeleteUnusedKey(t.Context(), client, keyUUID, -day, 7)
		require.ErrorIs(t, err, kmskit.ErrInvalidInput)
		_, err = kmskit.DeleteUnusedKey(t.Context(), client, keyUUID, day, 7)
		_, ok := errors.AsType[*types.NotFoundException](err)
		assert.True(t, ok, "%v", err)
	})
}

type trackedSince struct {
	*kms.Client
	date time.Time
}

func (a trackedSince) GetKeyLastUsage(ctx context.Context, in *kms.GetKeyLastUsageInput, optFns ...func(*kms.Options)) (*kms.GetKeyLastUsageOutput, error) {
	out, err := a.Client.GetKeyLastUsage(ctx, in, optFns...)
	if err == nil {
		out.TrackingStartDate = aws.Time(a.date)
		out.KeyCreationDate = aws.Time(a.date.Add(-time.Hour))
	}
	return out, err
}
