package kmstest_test

import (
	"bytes"
	"log"
	"math"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/kmskit/kmskit/kmstest"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func mustParse(s string) *url.URL {
	u, err := url.Parse(s)
	if err != nil {
		panic(err)
	}
	return u
}

// failOnPanic is an error log that fails the test.
func failOnPanic(tb testing.TB) *log.Logger { return log.New(failingWriter{tb}, "", 0) }

type failingWriter struct{ tb testing.TB }

func (w failingWriter) Write(b []byte) (int, error) {
	w.tb.Errorf("%s", b)
	return len(b), nil
}

func TestNew(t *testing.T) {
	t.Parallel()
	t.Run("takes a Region and an account", func(t *testing.T) {
		t.Parallel()
		srv := kmstest.New(kmstest.WithRegion("cn-north-1"), kmstest.WithAccount(other))
		assert.Contains(t, *newKey(t, srv.Client()).Arn, "arn:aws-cn:kms:cn-north-1:"+other+":key/")
	})

	t.Run("takes nil options, as those of the library", func(t *testing.T) {
		t.Parallel()
		srv := kmstest.New(nil, kmstest.WithRegion("eu-west-1"))
		assert.Contains(t, *newKey(t, srv.Principal(role(account, "a"), nil, allow("kms:*")).API()).Arn, ":eu-west-1:")
	})

	t.Run("panics over what AWS does not have", func(t *testing.T) {
		t.Parallel()
		for text, opt := range map[string]kmstest.Option{
			`kmstest: "earth" is not the name of a Region`:      kmstest.WithRegion("earth"),
			`kmstest: "1234" is not an account ID of 12 digits`: kmstest.WithAccount("1234"),
		} {
			assert.PanicsWithValue(t, text, func() { kmstest.New(opt) })
		}
	})

	t.Run("draws the same names from the same seed", func(t *testing.T) {
		t.Parallel()
		names := func(seed uint64) string {
			srv := kmstest.New(kmstest.WithSeed(seed))
			k := newKey(t, srv.Client())
			g, err := srv.API().CreateGrant(t.Context(), newGrant(k))
			require.NoError(t, err)
			newKey(t, srv.API())
			page, err := srv.Client().ListKeys(t.Context(), &kms.ListKeysInput{Limit: aws.Int32(1)})
			require.NoError(t, err)
			w := post(srv, "TrentService.ListKeys", "{}")
			return strings.Join([]string{
				*k.KeyId, *g.GrantId, *g.GrantToken, *page.NextMarker, w.Header().Get("X-Amzn-Requestid"),
				srv.Principal(role(account, "x")).Credentials().SecretAccessKey,
			}, " ")
		}
		first, again, another := names(1), names(1), names(2)
		assert.Equal(t, first, again)
		assert.NotEqual(t, first, another)
	})

	t.Run("draws key IDs that do not depend on the depth", func(t *testing.T) {
		t.Parallel()
		a, b := kmstest.New(kmstest.WithSeed(7)), kmstest.New(kmstest.WithSeed(7))
		assert.Equal(t, *newKey(t, a.Client()).KeyId, *newKey(t, b.API()).KeyId)
	})

	t.Run("makes a world of its own", func(t *testing.T) {
		t.Parallel()
		k := newKey(t, kmstest.New().API())
		_, err := kmstest.New().API().DescribeKey(t.Context(), &kms.DescribeKeyInput{KeyId: k.Arn})
		refusedWith(t, err, "NotFoundException")
	})
}

func TestTime(t *testing.T) {
	t.Parallel()
	t.Run("is the clock's, in UTC and milliseconds", func(t *testing.T) {
		t.Parallel()
		zone := time.FixedZone("", 3600)
		srv := kmstest.New(kmstest.WithClock(func() time.Time { return time.Date(2026, 1, 1, 1, 0, 0, 123456789, zone) }))
		want := time.Date(2026, 1, 1, 0, 0, 0, 123000000, time.UTC)
		assert.Equal(t, want, srv.Now())
		assert.Equal(t, want, *newKey(t, srv.API()).CreationDate)
		assert.Equal(t, want, newKey(t, srv.Client()).CreationDate.UTC())
		srv.Advance(time.Hour)
		assert.Equal(t, want.Add(time.Hour), srv.Now())
		assert.Panics(t, func() { srv.Advance(-1) })
	})

	t.Run("may be any, and still brings about what waits for it", func(t *testing.T) {
		t.Parallel()
		for name, start := range map[string]time.Time{
			"the zero time":                   {},
			"the Unix epoch":                  time.Unix(0, 0),
			"before int64 nanoseconds end":    time.Unix(0, math.MaxInt64).Add(-7 * 24 * time.Hour),
			"a year with four digits, barely": time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC),
		} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				srv := kmstest.New(kmstest.WithClock(func() time.Time { return start }))
				c := srv.API()
				k := newKey(t, c, func(in *kms.CreateKeyInput) { in.MultiRegion = aws.Bool(true) })
				replica := srv.Client(func(o *kms.Options) { o.Region = "eu-west-1" })
				_, err := c.ReplicateKey(t.Context(), &kms.ReplicateKeyInput{KeyId: k.KeyId, ReplicaRegion: str("eu-west-1")})
				require.NoError(t, err)
				out, err := replica.DescribeKey(t.Context(), &kms.DescribeKeyInput{KeyId: k.KeyId})
				require.NoError(t, err)
				assert.Equal(t, types.KeyStateEnabled, out.KeyMetadata.KeyState)

				_, err = replica.ScheduleKeyDeletion(t.Context(), &kms.ScheduleKeyDeletionInput{KeyId: k.KeyId, PendingWindowInDays: aws.Int32(7)})
				require.NoError(t, err)
				srv.Advance(7*24*time.Hour - time.Millisecond)
				_, err = replica.DescribeKey(t.Context(), &kms.DescribeKeyInput{KeyId: k.KeyId})
				require.NoError(t, err)
				srv.Advance(time.Hour)
				_, err = replica.DescribeKey(t.Context(), &kms.DescribeKeyInput{KeyId: k.KeyId})
				refusedWith(t, err, "NotFoundException")
			})
		}
	})

	t.Run("brings about what is due in every century", func(t *testing.T) {
		t.Parallel()
		for _, now := range []time.Time{
			{},
			time.Unix(0, 0).Add(-7 * day), // so that it is due at zero
			time.Date(2400, 1, 1, 0, 0, 0, 0, time.UTC),
		} {
			srv := kmstest.New(kmstest.WithClock(func() time.Time { return now }))
			k := newKey(t, srv.API())
			_, err := srv.API().ScheduleKeyDeletion(t.Context(), &kms.ScheduleKeyDeletionInput{KeyId: k.KeyId, PendingWindowInDays: aws.Int32(7)})
			require.NoError(t, err)
			srv.Advance(7*day - time.Millisecond)
			assert.Equal(t, types.KeyStatePendingDeletion, stateOf(t, srv, k), now)
			srv.Advance(time.Millisecond)
			_, err = srv.API().DescribeKey(t.Context(), &kms.DescribeKeyInput{KeyId: k.KeyId})
			refusedWith(t, err, "NotFoundException")
		}
	})

	t.Run("goes 292 years ahead and not back", func(t *testing.T) {
		t.Parallel()
		srv := kmstest.New(kmstest.WithClock(still))
		k := newKey(t, srv.API())
		enableRotation(t, srv.API(), k, 2560)
		const half = math.MaxInt64 / 2
		srv.Advance(half)
		assert.Len(t, rotations(t, srv.API(), k), int(half/(2560*day)))
		srv.Advance(half)
		rotated := rotations(t, srv.API(), k)
		assert.Len(t, rotated, int(2*half/(2560*day)))
		assert.Equal(t, still().Add(2560*day), rotated[0].RotationDate.UTC())
		now := srv.Now()
		assert.PanicsWithValue(t, "kmstest: time cannot be moved forward by more than 292 years in all", func() { srv.Advance(half) })
		assert.Equal(t, now, srv.Now())
		newKey(t, srv.API())
	})

	t.Run("forgets what was put off and never comes", func(t *testing.T) {
		t.Parallel()
		srv := kmstest.New(kmstest.WithClock(still))
		k, kept := newKey(t, srv.API()), newKey(t, srv.API())
		enableRotation(t, srv.API(), kept, 90)
		for range 1000 {
			enableRotation(t, srv.API(), k, 90)
			_, err := srv.API().DisableKeyRotation(t.Context(), &kms.DisableKeyRotationInput{KeyId: k.KeyId})
			require.NoError(t, err)
			_, err = srv.API().ScheduleKeyDeletion(t.Context(), &kms.ScheduleKeyDeletionInput{KeyId: k.KeyId})
			require.NoError(t, err)
			_, err = srv.API().CancelKeyDeletion(t.Context(), &kms.CancelKeyDeletionInput{KeyId: k.KeyId})
			require.NoError(t, err)
			_, err = srv.API().EnableKey(t.Context(), &kms.EnableKeyInput{KeyId: k.KeyId})
			require.NoError(t, err)
		}
		assert.Less(t, kmstest.Planned(srv), 100)
		srv.Advance(90 * day)
		assert.Len(t, rotations(t, srv.API(), kept), 1)
		assert.Empty(t, rotations(t, srv.API(), k))
	})

	t.Run("is that of a synctest bubble inside one", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			srv := kmstest.New()
			c := srv.Client()
			k := newKey(t, c)
			_, err := c.ScheduleKeyDeletion(t.Context(), &kms.ScheduleKeyDeletionInput{KeyId: k.KeyId, PendingWindowInDays: aws.Int32(7)})
			require.NoError(t, err)
			<-time.After(7 * 24 * time.Hour)
			_, err = c.DescribeKey(t.Context(), &kms.DescribeKeyInput{KeyId: k.KeyId})
			refusedWith(t, err, "NotFoundException")
		})
	})
}

func TestPanic(t *testing.T) {
	t.Parallel()
	const text = "kmstest failed inside ListKeys; see its error log."
	for _, depth := range []string{"client", "API"} {
		t.Run(depth, func(t *testing.T) {
			t.Parallel()
			var report bytes.Buffer
			broken := true
			srv := kmstest.New(kmstest.WithErrorLog(log.New(&report, "", 0)), kmstest.WithClock(func() time.Time {
				if broken {
					broken = false
					panic("the clock has stopped")
				}
				return time.Now()
			}))
			var c caller = srv.API()
			if depth == "client" {
				c = srv.Client(func(o *kms.Options) { o.RetryMaxAttempts = 1 })
			}
			_, err := c.ListKeys(t.Context(), &kms.ListKeysInput{})
			refused(t, err, "KMSInternalException", text)
			assert.Contains(t, report.String(), "ListKeys panicked: the clock has stopped")
			assert.Contains(t, report.String(), "server_test.go", "the stack")

			_, err = c.ListKeys(t.Context(), &kms.ListKeysInput{})
			assert.NoError(t, err, "the Server goes on")
		})
	}
}
