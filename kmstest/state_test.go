package kmstest_test

import (
	"bytes"
	"fmt"
	"io/fs"
	"log"
	"os"
	"path/filepath"
	"slices"
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

// still is a clock that stands: time is what Advance makes of it.
func still() time.Time { return time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC) }

func openState(t testing.TB, name string, opts ...kmstest.Option) *kmstest.Server {
	t.Helper()
	srv, err := kmstest.Open(name, append([]kmstest.Option{kmstest.WithClock(still), kmstest.WithErrorLog(failOnPanic(t))}, opts...)...)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, srv.Close()) })
	return srv
}

func stateFile(t testing.TB) string { return filepath.Join(t.TempDir(), "state") }

// crash returns the Server that comes back when srv dies now: it opens a copy of
// what is in the file.
func crash(t testing.TB, name string) *kmstest.Server {
	t.Helper()
	text, err := os.ReadFile(name)
	require.NoError(t, err)
	again := stateFile(t)
	require.NoError(t, os.WriteFile(again, text, 0o600))
	return openState(t, again)
}

// reopen closes srv and opens its file again.
func reopen(t testing.TB, srv *kmstest.Server, name string) *kmstest.Server {
	t.Helper()
	require.NoError(t, srv.Close())
	return openState(t, name)
}

func TestOpen(t *testing.T) {
	t.Parallel()
	t.Run("brings back all that what was handed out is good for", func(t *testing.T) {
		t.Parallel()
		name := stateFile(t)
		srv := openState(t, name)
		c := srv.Client()
		k, empty := newKey(t, c), newKey(t, c, external)
		signing := newKey(t, c, ofSpec(types.KeySpecEccNistP256, types.KeyUsageTypeSignVerify))
		newAlias(t, c, "alias/orders", k)
		ciphertext := encrypt(t, c, k, "attack at dawn", nil)
		rotate(t, c, k)
		algorithm := types.SigningAlgorithmSpecEcdsaSha256
		signed, err := c.Sign(t.Context(), &kms.SignInput{KeyId: signing.KeyId, Message: []byte("x"), SigningAlgorithm: algorithm})
		require.NoError(t, err)
		grant := newGrant(k)
		grant.RetiringPrincipal = str(role(account, "retirer"))
		granted, err := c.CreateGrant(t.Context(), grant)
		require.NoError(t, err)
		page, err := c.ListKeys(t.Context(), &kms.ListKeysInput{Limit: aws.Int32(1)})
		require.NoError(t, err)
		toImport := importInput(t, c, empty, random(32))

		for what, srv := range map[string]*kmstest.Server{"a crash": crash(t, name), "Close": reopen(t, srv, name)} {
			t.Run("after "+what, func(t *testing.T) {
				t.Parallel()
				c := srv.Client()
				opened, err := c.Decrypt(t.Context(), &kms.DecryptInput{CiphertextBlob: ciphertext, KeyId: str("alias/orders")})
				require.NoError(t, err)
				assert.Equal(t, "attack at dawn", string(opened.Plaintext))
				_, err = c.Verify(t.Context(), &kms.VerifyInput{
					KeyId: signing.KeyId, Message: []byte("x"), SigningAlgorithm: algorithm, Signature: signed.Signature,
				})
				assert.NoError(t, err)
				next, err := c.ListKeys(t.Context(), &kms.ListKeysInput{Marker: page.NextMarker})
				require.NoError(t, err)
				assert.Len(t, next.Keys, 2)
				_, err = c.ImportKeyMaterial(t.Context(), toImport)
				assert.NoError(t, err)
				_, err = srv.Principal(role(account, "retirer")).Client().RetireGrant(t.Context(), &kms.RetireGrantInput{GrantToken: granted.GrantToken})
				assert.NoError(t, err)
			})
		}
	})

	t.Run("remembers over Close how a key was last used", func(t *testing.T) {
		t.Parallel()
		name := stateFile(t)
		srv := openState(t, name)
		k := newKey(t, srv.API())
		encrypt(t, srv.API(), k, "x", nil)
		before := lastUsage(t, srv.API(), k)
		srv = reopen(t, srv, name)
		assert.Equal(t, before, lastUsage(t, srv.API(), k))
		encrypt(t, srv.API(), k, "x", nil)
		assert.NotEqual(t, *before.KmsRequestId, *lastUsage(t, srv.API(), k).KmsRequestId)
	})

	t.Run("draws the names of a seed once, however often the file is opened", func(t *testing.T) {
		t.Parallel()
		run := func() (ids []string) {
			name := stateFile(t)
			for range 3 {
				srv := openState(t, name, kmstest.WithSeed(1))
				ids = append(ids, *newKey(t, srv.API()).KeyId, srv.Calls()[0].RequestID)
				require.NoError(t, srv.Close())
			}
			return ids
		}
		first := run()
		assert.Equal(t, first, run())
		assert.Len(t, slices.Compact(slices.Sorted(slices.Values(first))), 6)
		assert.Equal(t, first[0], *newKey(t, kmstest.New(kmstest.WithSeed(1)).API()).KeyId)
	})

	t.Run("goes on with the clock where Advance has moved it", func(t *testing.T) {
		t.Parallel()
		name := stateFile(t)
		srv := openState(t, name)
		k := newKey(t, srv.API())
		_, err := srv.API().ScheduleKeyDeletion(t.Context(), &kms.ScheduleKeyDeletionInput{KeyId: k.KeyId, PendingWindowInDays: aws.Int32(7)})
		require.NoError(t, err)
		srv.Advance(6 * day)
		srv = crash(t, name)
		assert.Equal(t, still().Add(6*day), srv.Now())
		assert.Equal(t, types.KeyStatePendingDeletion, stateOf(t, srv, k))
		srv.Advance(day)
		_, err = srv.API().DescribeKey(t.Context(), &kms.DescribeKeyInput{KeyId: k.Arn})
		refusedWith(t, err, "NotFoundException")
	})

	t.Run("loses nothing of what many callers are told at once", func(t *testing.T) {
		t.Parallel()
		name := stateFile(t)
		srv := openState(t, name)
		shared := newKey(t, srv.API())
		var wg sync.WaitGroup
		for w := range 16 {
			wg.Go(func() {
				for i := range 12 {
					assert.NoError(t, mix(t.Context(), srv.API(), shared, fmt.Sprintf("alias/%d/%d", w, i), i%4, new(census)))
				}
			})
		}
		wg.Wait()
		assert.Equal(t, kmstest.Dump(srv, false, true), kmstest.Dump(crash(t, name), false, true))
	})

	t.Run("keeps the file in proportion to the world", func(t *testing.T) {
		t.Parallel()
		name := stateFile(t)
		srv := openState(t, name)
		k := newKey(t, srv.API())
		largest, shrunk := int64(0), false
		for i := range 400 {
			text := fmt.Sprintf("%0*d", 8000, i)
			_, err := srv.API().UpdateKeyDescription(t.Context(), &kms.UpdateKeyDescriptionInput{KeyId: k.KeyId, Description: &text})
			require.NoError(t, err)
			info, err := os.Stat(name)
			require.NoError(t, err)
			shrunk = shrunk || info.Size() < largest
			largest = max(largest, info.Size())
		}
		assert.True(t, shrunk)
		assert.Less(t, largest, int64(2<<20))
		assert.Equal(t, kmstest.Dump(srv, false, true), kmstest.Dump(crash(t, name), false, true))
	})

	t.Run("lets nobody else have the file", func(t *testing.T) {
		t.Parallel()
		name := stateFile(t)
		openState(t, name)
		_, err := kmstest.Open(name)
		assert.EqualError(t, err, "kmstest: "+name+": it is in use: another Server, of this process or another one, has it open")
	})

	t.Run("returns an error where New panics", func(t *testing.T) {
		t.Parallel()
		name := stateFile(t)
		_, err := kmstest.Open(name, kmstest.WithRegion("earth"))
		assert.EqualError(t, err, `kmstest: "earth" is not the name of a Region`)
		assert.NoFileExists(t, name)
	})

	t.Run("does not make directories", func(t *testing.T) {
		t.Parallel()
		_, err := kmstest.Open(filepath.Join(t.TempDir(), "no", "state"))
		assert.ErrorIs(t, err, fs.ErrNotExist)
	})

	t.Run("refuses records that contradict one another", func(t *testing.T) {
		t.Parallel()
		ring := func(key string) string {
			return `{"name":"ring 3","state":{"number":3,"keyId":"` + seededID + `","spec":"SYMMETRIC_DEFAULT","primary":"` + arnOf("key/"+seededID) + `",` +
				`"materials":[{"key":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="}]}}, ` + key
		}
		key := func(members string) string {
			return `{"name":"key x","state":{"account":"` + account + `","region":"us-east-1","id":"` + seededID + `","ring":3,` + members + `}}`
		}
		for record, want := range map[string]string{
			`{"name":"alias x","state":{"key":"k","name":"alias/x","created":"2026-01-01T00:00:00Z","updated":"2026-01-01T00:00:00Z"}}`: "k has alias alias/x and is not there",
			`{"name":"grant x","state":{"key":"k","id":"g"}}`:                                                                                             "k has grant g and is not there",
			`{"name":"key x","state":{"id":"k","ring":3}}`:                                                                                                "has no ring 3",
			`{"name":"ring 3","state":{"number":3,"primary":"k"}}`:                                                                                        "ring 3 has no primary key",
			`{"name":"store x","state":{"id":"cks-1"}}`:                                                                                                   "nothing backs custom key store cks-1",
			`{"name":"key x","state":{"colour":"red"}}`:                                                                                                   `record "key x": json: unknown field "colour"; a newer version of kmskit may have written it`,
			`{"name":"dream","state":1}`:                                                                                                                  `record "dream": a newer version of kmskit has written it`,
			`{"name":"ring 3","state":{"number":3,"former":["xy"]}}`:                                                                                      `"xy" is not the ID of key material`,
			`{"name":"ring 3","state":{"number":3,"schedule":{"days":0,"next":"2026-01-01T00:00:00Z"}}}`:                                                  "ring 3 rotates every 0 days",
			ring(`{"name":"key x","state":{"account":"` + account + `","region":"us-east-1","id":"x","ring":3}}`):                                         `"x" is not the ID of a key`,
			ring(key(`"spec":"NEW_SPEC"`)):                                                                                                                `has the key spec "NEW_SPEC", which this version of kmskit does not know`,
			ring(key(`"spec":"SYMMETRIC_DEFAULT","usage":"DIVINATION"`)):                                                                                  `has the key usage "DIVINATION"`,
			ring(key(`"spec":"SYMMETRIC_DEFAULT","usage":"ENCRYPT_DECRYPT","origin":"MARS"`)):                                                             `has the origin "MARS"`,
			ring(key(`"spec":"SYMMETRIC_DEFAULT","usage":"ENCRYPT_DECRYPT","origin":"AWS_KMS","state":"Asleep"`)):                                         `has the state "Asleep"`,
			ring(key(`"spec":"SYMMETRIC_DEFAULT","usage":"ENCRYPT_DECRYPT","origin":"AWS_KMS","state":"PendingDeletion"`)):                                "is PendingDeletion, and its deletion says otherwise",
			ring(key(`"spec":"HMAC_256","usage":"GENERATE_VERIFY_MAC","origin":"AWS_KMS","state":"Enabled"`)):                                             "has material of another key spec than HMAC_256",
			`{"name":"ring 3","state":{"number":3}}, ` + key(`"spec":"SYMMETRIC_DEFAULT","usage":"ENCRYPT_DECRYPT","origin":"AWS_KMS","state":"Enabled"`): "has no material",
		} {
			name := stateFile(t)
			kmstest.WriteRecords(t, name, `{"name":"server","state":{"sealKey":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=","life":1,"advanced":0}}`, record)
			before, err := os.ReadFile(name)
			require.NoError(t, err)
			_, err = kmstest.Open(name)
			assert.ErrorContains(t, err, want)
			after, err := os.ReadFile(name)
			require.NoError(t, err)
			assert.Equal(t, before, after)
		}
	})
}

// TestOpen_replaced is about a Server whose file somebody has put another one in the
// place of, such as an older copy of it.
func TestOpen_replaced(t *testing.T) {
	t.Parallel()
	for what, change := range map[string]func(t *testing.T, srv *kmstest.Server){
		"before a change": func(t *testing.T, srv *kmstest.Server) {
			t.Helper()
			_, err := srv.API().CreateKey(t.Context(), &kms.CreateKeyInput{})
			refusedWith(t, err, "KMSInternalException")
		},
		"before Close": func(*testing.T, *kmstest.Server) {},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			name := stateFile(t)
			var report bytes.Buffer
			srv, err := kmstest.Open(name, kmstest.WithClock(still), kmstest.WithErrorLog(log.New(&report, "", 0)))
			require.NoError(t, err)
			k := newKey(t, srv.API())
			other := stateFile(t)
			require.NoError(t, openState(t, other).Close())
			require.NoError(t, os.Rename(other, name))
			before, err := os.ReadFile(name)
			require.NoError(t, err)

			change(t, srv)
			encrypt(t, srv.API(), k, "x", nil)
			assert.EqualError(t, srv.Close(), "kmstest: "+name+": it was removed, moved or replaced while it was in use. Nothing more is written")
			assert.Equal(t, "kmstest: the world cannot be kept any more, so that all changes are refused: "+name+
				": it was removed, moved or replaced while it was in use. Nothing more is written\n", report.String())
			after, err := os.ReadFile(name)
			require.NoError(t, err)
			assert.Equal(t, before, after)
		})
	}
}

// TestOpen_cut cuts a file off in the middle of its last changes and between them,
// as a crash may do: what was acknowledged before is there.
func TestOpen_cut(t *testing.T) {
	t.Parallel()
	name := stateFile(t)
	srv := openState(t, name)
	k := newKey(t, srv.API())
	var sizes []int64
	var dumps []string
	record := func() {
		info, err := os.Stat(name)
		require.NoError(t, err)
		sizes, dumps = append(sizes, info.Size()), append(dumps, kmstest.Dump(srv, false, true))
	}
	record()
	newAlias(t, srv.API(), "alias/a", k)
	record()
	_, err := srv.API().CreateGrant(t.Context(), newGrant(k))
	require.NoError(t, err)
	record()
	rotate(t, srv.API(), k)
	record()

	text, err := os.ReadFile(name)
	require.NoError(t, err)
	copied := stateFile(t)
	last := 0
	offsets := slices.Clone(sizes)
	for n := sizes[0]; n <= int64(len(text)); n += 61 {
		offsets = append(offsets, n)
	}
	slices.Sort(offsets)
	for _, n := range offsets {
		if last+1 < len(sizes) && sizes[last+1] <= n {
			last++
		}
		require.NoError(t, os.WriteFile(copied, text[:n], 0o600))
		var report bytes.Buffer
		again, err := kmstest.Open(copied, kmstest.WithClock(still), kmstest.WithErrorLog(log.New(&report, "", 0)))
		require.NoError(t, err, n)
		require.Equal(t, dumps[last], kmstest.Dump(again, false, true), n)
		if n == sizes[last] {
			assert.Empty(t, report.String())
		} else {
			assert.Equal(t, fmt.Sprintf("kmstest: %s: dropped an unfinished change, of which no client was told, from its end (%d bytes)\n",
				copied, n-sizes[last]), report.String())
		}
		require.NoError(t, again.Close())
	}
}

func TestClose(t *testing.T) {
	t.Parallel()
	t.Run("has nothing to do without a file", func(t *testing.T) {
		t.Parallel()
		srv := kmstest.New()
		assert.NoError(t, srv.Close())
		newKey(t, srv.API())
	})

	t.Run("can be called again", func(t *testing.T) {
		t.Parallel()
		srv := openState(t, stateFile(t))
		assert.NoError(t, srv.Close())
		assert.NoError(t, srv.Close())
	})

	t.Run("ends all changes, and uses of keys not", func(t *testing.T) {
		t.Parallel()
		srv := openState(t, stateFile(t))
		k := newKey(t, srv.API())
		before := kmstest.Dump(srv, false, true)
		require.NoError(t, srv.Close())
		_, err := srv.API().DisableKey(t.Context(), &kms.DisableKeyInput{KeyId: k.KeyId})
		refused(t, err, "KMSInternalException", "This Server was closed: it makes no changes any more.")
		_, err = srv.API().CreateKey(t.Context(), &kms.CreateKeyInput{})
		refusedWith(t, err, "KMSInternalException")
		encrypt(t, srv.API(), k, "x", nil)
		assert.Equal(t, before, kmstest.Dump(srv, false, true))
	})
}

// FuzzOpen checks that any records are either a world or an error, and that the world
// can be used.
func FuzzOpen(f *testing.F) {
	srv := openState(f, stateFile(f))
	srv.SetCloudHSMCluster(cluster())
	srv.SetXKSProxy(proxy())
	f.Add(kmstest.Records(f, srv))
	newStore(f, srv.API(), clusterStore("a"))
	newStore(f, srv.API(), proxyStore("b"))
	k := newKey(f, srv.API(), multiRegion)
	newAlias(f, srv.API(), "alias/a", k)
	_, err := srv.API().CreateGrant(f.Context(), newGrant(k))
	require.NoError(f, err)
	enableRotation(f, srv.API(), k, 90)
	rotate(f, srv.API(), k)
	_, err = srv.API().ReplicateKey(f.Context(), &kms.ReplicateKeyInput{KeyId: k.KeyId, ReplicaRegion: str("eu-west-1")})
	require.NoError(f, err)
	f.Add(kmstest.Records(f, srv))
	imported := newKey(f, srv.API(), external)
	in := importInput(f, srv.API(), imported, random(32))
	until(still().Add(day))(in)
	_, err = srv.API().ImportKeyMaterial(f.Context(), in)
	require.NoError(f, err)
	_, err = srv.API().ScheduleKeyDeletion(f.Context(), &kms.ScheduleKeyDeletionInput{KeyId: imported.KeyId})
	require.NoError(f, err)
	newKey(f, srv.API(), ofSpec(types.KeySpecEccNistP256, types.KeyUsageTypeSignVerify))
	f.Add(kmstest.Records(f, srv))

	f.Fuzz(func(t *testing.T, text string) {
		srv, ok, err := kmstest.Restore(text, kmstest.WithClock(still), kmstest.WithErrorLog(failOnPanic(t)))
		if !ok || err != nil {
			return
		}
		kmstest.Dump(srv, true, true)
		c := srv.API()
		for range 2 {
			keys, err := c.ListKeys(t.Context(), &kms.ListKeysInput{})
			require.NoError(t, err)
			for _, k := range keys.Keys {
				_, _ = c.DescribeKey(t.Context(), &kms.DescribeKeyInput{KeyId: k.KeyId})
				_, _ = c.Encrypt(t.Context(), &kms.EncryptInput{KeyId: k.KeyId, Plaintext: []byte("x")})
				_, _ = c.ListGrants(t.Context(), &kms.ListGrantsInput{KeyId: k.KeyId})
				_, _ = c.ListKeyRotations(t.Context(), &kms.ListKeyRotationsInput{KeyId: k.KeyId})
				_, _ = c.RotateKeyOnDemand(t.Context(), &kms.RotateKeyOnDemandInput{KeyId: k.KeyId})
			}
			_, err = c.ListAliases(t.Context(), &kms.ListAliasesInput{})
			require.NoError(t, err)
			srv.Advance(400 * day)
		}
	})
}
