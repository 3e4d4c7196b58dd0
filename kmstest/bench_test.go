package kmstest_test

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/kmskit/kmskit/kmstest"
	"github.com/stretchr/testify/require"
)

// A recording is an HTTP client that passes requests on and keeps the last one
// and its answer.
type recording struct {
	next    kms.HTTPClient
	request *http.Request
	sent    []byte
	answer  *http.Response
	body    []byte
}

func (c *recording) Do(r *http.Request) (*http.Response, error) {
	c.sent, _ = io.ReadAll(r.Body)
	r.Body = io.NopCloser(bytes.NewReader(c.sent))
	c.request = r
	answer, err := c.next.Do(r)
	if err != nil {
		return nil, err
	}
	c.body, err = io.ReadAll(answer.Body)
	answer.Body = io.NopCloser(bytes.NewReader(c.body))
	c.answer = answer
	return answer, err
}

// A canned is an HTTP client that answers everything with one recorded answer.
type canned struct{ recording *recording }

func (c canned) Do(r *http.Request) (*http.Response, error) {
	_, _ = io.Copy(io.Discard, r.Body)
	answer := *c.recording.answer
	answer.Header = answer.Header.Clone()
	answer.Body = io.NopCloser(bytes.NewReader(c.recording.body))
	answer.Request = r
	return &answer, nil
}

func record(b *testing.B, srv *kmstest.Server, in *kms.EncryptInput) *recording {
	b.Helper()
	r := &recording{next: srv.Config().HTTPClient}
	_, err := srv.Client(func(o *kms.Options) { o.HTTPClient = r }).Encrypt(b.Context(), in)
	require.NoError(b, err)
	return r
}

func encryptInput(b *testing.B, srv *kmstest.Server) *kms.EncryptInput {
	b.Helper()
	k, err := srv.API().CreateKey(b.Context(), nil)
	require.NoError(b, err)
	return &kms.EncryptInput{KeyId: k.KeyMetadata.KeyId, Plaintext: make([]byte, 32)}
}

// BenchmarkEncrypt encrypts 32 bytes at each depth: through a client of the SDK
// in turns with the same client on an answer that costs nothing.
func BenchmarkEncrypt(b *testing.B) {
	srv := kmstest.New()
	in := encryptInput(b, srv)
	recorded := record(b, srv, in)

	b.Run("api", func(b *testing.B) {
		api := srv.API()
		b.ReportAllocs()
		for b.Loop() {
			if _, err := api.Encrypt(b.Context(), in); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("handler", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			r := recorded.request.Clone(b.Context())
			r.Body = io.NopCloser(bytes.NewReader(recorded.sent))
			w := httptest.NewRecorder()
			srv.ServeHTTP(w, r)
			if w.Code != http.StatusOK {
				b.Fatal(w.Body)
			}
		}
	})
	b.Run("client", func(b *testing.B) {
		encrypt := func(c *kms.Client) func() error {
			return func() error {
				_, err := c.Encrypt(b.Context(), in)
				return err
			}
		}
		b.ReportAllocs()
		inTurns(b, 1,
			encrypt(srv.Client()),
			encrypt(srv.Client(func(o *kms.Options) { o.HTTPClient = canned{recorded} })))
	})
}

// BenchmarkLoopback calls the Server over a port beside a net/http server that
// gives one recorded answer, in turns, so that what else the machine does falls
// on both alike. "ratio" is that of the medians.
func BenchmarkLoopback(b *testing.B) {
	srv := kmstest.New()
	k := newKey(b, srv.API())
	for name, call := range map[string]func(caller) error{
		"Encrypt": func(c caller) error {
			_, err := c.Encrypt(b.Context(), &kms.EncryptInput{KeyId: k.KeyId, Plaintext: make([]byte, 32)})
			return err
		},
		"GenerateDataKey": func(c caller) error {
			_, err := c.GenerateDataKey(b.Context(), &kms.GenerateDataKeyInput{KeyId: k.KeyId, KeySpec: types.DataKeySpecAes256})
			return err
		},
		"CreateKey": func(c caller) error {
			_, err := c.CreateKey(b.Context(), &kms.CreateKeyInput{Description: str("orders")})
			return err
		},
	} {
		r := &recording{next: srv.Config().HTTPClient}
		require.NoError(b, call(srv.Client(func(o *kms.Options) { o.HTTPClient = r })))
		recorded := http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
			_, _ = io.Copy(io.Discard, request.Body)
			maps.Copy(w.Header(), r.answer.Header)
			_, _ = w.Write(r.body)
		})
		for _, callers := range []int{1, 16} {
			b.Run(fmt.Sprintf("%s/callers=%d", name, callers), func(b *testing.B) {
				ours, canned := overPort(b, srv, srv, callers), overPort(b, srv, recorded, callers)
				inTurns(b, callers, func() error { return call(ours) }, func() error { return call(canned) })
			})
		}
	}
}

// overPort returns a client of a handler on a port of its own.
func overPort(b *testing.B, srv *kmstest.Server, h http.Handler, callers int) *kms.Client {
	b.Helper()
	port := httptest.NewServer(h)
	b.Cleanup(port.Close)
	connections := port.Client()
	connections.Transport.(*http.Transport).MaxIdleConnsPerHost = callers
	return srv.Client(func(o *kms.Options) { o.BaseEndpoint, o.HTTPClient = &port.URL, connections })
}

// inTurns runs batches of calls of the one and of the other, with that many
// callers at a time, and reports the median time of a call of each.
func inTurns(b *testing.B, callers int, ours, theirs func() error) {
	b.Helper()
	const each = 8
	several := func(call func() error) {
		for range each {
			if err := call(); err != nil {
				b.Error(err)
				return
			}
		}
	}
	batch := func(call func() error) float64 {
		var group sync.WaitGroup
		begin := time.Now()
		for range callers - 1 {
			group.Go(func() { several(call) })
		}
		several(call)
		group.Wait()
		return float64(time.Since(begin).Nanoseconds()) / float64(each*callers)
	}
	var mine, others []float64
	for i := 0; b.Loop(); i++ {
		if i%2 == 0 { // who comes second meets the warmer cache
			mine, others = append(mine, batch(ours)), append(others, batch(theirs))
		} else {
			others, mine = append(others, batch(theirs)), append(mine, batch(ours))
		}
	}
	slices.Sort(mine)
	slices.Sort(others)
	middle := len(mine) / 2
	b.ReportMetric(0, "ns/op") // of a pair of batches: says nothing
	b.ReportMetric(mine[middle], "kmstest-ns/call")
	b.ReportMetric(others[middle], "canned-ns/call")
	b.ReportMetric(mine[middle]/others[middle], "ratio")
}

// BenchmarkWorld runs what looks something up, in a small and in a large world:
// the size of the world must not show.
func BenchmarkWorld(b *testing.B) {
	for _, size := range []int{100, 100_000} {
		api := kmstest.New().API()
		key, retirer := populate(b, api, size), role(account, "retirer")
		page, err := api.ListKeys(b.Context(), &kms.ListKeysInput{Limit: aws.Int32(50)})
		require.NoError(b, err)

		for name, run := range map[string]func() error{
			"DescribeKey": func() error {
				_, err := api.DescribeKey(b.Context(), &kms.DescribeKeyInput{KeyId: &key})
				return err
			},
			"DescribeKey by alias": func() error {
				_, err := api.DescribeKey(b.Context(), &kms.DescribeKeyInput{KeyId: str("alias/77")})
				return err
			},
			"ListKeys": func() error {
				_, err := api.ListKeys(b.Context(), &kms.ListKeysInput{Limit: aws.Int32(50), Marker: page.NextMarker})
				return err
			},
			"ListGrants": func() error {
				_, err := api.ListGrants(b.Context(), &kms.ListGrantsInput{KeyId: &key})
				return err
			},
			"ListRetirableGrants": func() error {
				_, err := api.ListRetirableGrants(b.Context(), &kms.ListRetirableGrantsInput{RetiringPrincipal: &retirer})
				return err
			},
		} {
			b.Run(fmt.Sprintf("%s/keys=%d", name, size), func(b *testing.B) {
				for b.Loop() {
					if err := run(); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

// populate makes that many keys, each with an alias and a grant, and returns the
// ARN of one in the middle.
func populate(b *testing.B, api *kmstest.API, size int) (middle string) {
	b.Helper()
	for i := range size {
		k, err := api.CreateKey(b.Context(), nil)
		require.NoError(b, err)
		if i == size/2 {
			middle = *k.KeyMetadata.Arn
		}
		newAlias(b, api, fmt.Sprintf("alias/%d", i), k.KeyMetadata)
		in := newGrant(k.KeyMetadata)
		in.RetiringPrincipal = str(role(account, "retirer"))
		_, err = api.CreateGrant(b.Context(), in)
		require.NoError(b, err)
	}
	return middle
}

// BenchmarkAuthorize decrypts as a grantee, with 1 grant and with 10,000 more for
// other principals on the key.
func BenchmarkAuthorize(b *testing.B) {
	for _, grants := range []int{1, 10_000} {
		srv := kmstest.New()
		k := newKey(b, srv.API())
		for i := range grants {
			in := newGrant(k)
			if i > 0 {
				in.GranteePrincipal = str(role(account, strconv.Itoa(i)))
			}
			_, err := srv.API().CreateGrant(b.Context(), in)
			require.NoError(b, err)
		}
		in := &kms.DecryptInput{CiphertextBlob: encrypt(b, srv.API(), k, "x", nil)}
		reader := srv.Principal(role(account, "reader")).API()
		b.Run(fmt.Sprintf("grants=%d", grants), func(b *testing.B) {
			for b.Loop() {
				if _, err := reader.Decrypt(b.Context(), in); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkAuthorizeStatements describes a key by a key policy of so many
// statements, all with conditions: the last one allows it.
func BenchmarkAuthorizeStatements(b *testing.B) {
	for _, statements := range []int{1, 50} {
		srv := kmstest.New()
		reader := srv.Principal(role(account, "reader"))
		var texts []string
		for i := range statements {
			spec := "RSA_2048"
			if i == statements-1 {
				spec = "SYMMETRIC_DEFAULT"
			}
			texts = append(texts, fmt.Sprintf(
				`{"Effect":"Allow","Principal":{"AWS":%q},"Action":["kms:Describe*","kms:Get*"],"Resource":"*","Condition":{
				"StringLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/r*","kms:KeySpec":["%d",%q]}}}`, reader.ARN(), i, spec))
		}
		k := newKey(b, srv.API(), func(in *kms.CreateKeyInput) {
			in.BypassPolicyLockoutSafetyCheck = true
			in.Policy = str(`{"Version":"2012-10-17","Statement":[` + strings.Join(texts, ",") + "]}")
		})
		in := &kms.DescribeKeyInput{KeyId: k.Arn}
		api := reader.API()
		b.Run(fmt.Sprintf("statements=%d", statements), func(b *testing.B) {
			for b.Loop() {
				if _, err := api.DescribeKey(b.Context(), in); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkMemory makes 10,000 symmetric keys and reports what each adds.
func BenchmarkMemory(b *testing.B) {
	const keys = 10_000
	heap := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	for b.Loop() {
		before := heap()
		api := kmstest.New().API()
		for range keys {
			newKey(b, api)
		}
		b.ReportMetric(float64(heap()-before)/keys, "B/key")
		runtime.KeepAlive(api)
	}
}
