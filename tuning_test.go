package kmskit_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kmskit/kmskit"
	"github.com/kmskit/kmskit/kmstest"
)

// A failingHTTP answers the first requests with an error and hands the others on.
type failingHTTP struct {
	kms.HTTPClient
	status int
	code   string
	first  int

	attempts int
}

func (f *failingHTTP) Do(r *http.Request) (*http.Response, error) {
	f.attempts++
	if f.attempts > f.first {
		return f.HTTPClient.Do(r)
	}
	return &http.Response{
		StatusCode: f.status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Request: r,
		Header: http.Header{"Content-Type": {"application/x-amz-json-1.1"}},
		Body:   io.NopCloser(strings.NewReader(`{"__type":"` + f.code + `","message":"said KMS"}`)),
	}, nil
}

// defaultClient returns a client with the SDK's defaults over h.
func defaultClient(srv *kmstest.Server, h kms.HTTPClient, optFns ...func(*kms.Options)) *kms.Client {
	of := srv.Client().Options()
	return kms.NewFromConfig(aws.Config{Region: of.Region, Credentials: of.Credentials, HTTPClient: h}, optFns...)
}

// timeOf returns how long one call takes whose first attempts fail, and how
// many attempts it made.
func timeOf(t *testing.T, f failingHTTP, optFns ...func(*kms.Options)) (elapsed time.Duration, attempts int, err error) {
	t.Helper()
	srv := kmstest.New()
	f.HTTPClient = srv.Client().Options().HTTPClient
	client := defaultClient(srv, &f, optFns...)
	start := time.Now()
	_, err = client.GenerateRandom(t.Context(), &kms.GenerateRandomInput{NumberOfBytes: aws.Int32(32)})
	return time.Since(start), f.attempts, err
}

func TestTuneClient_retries(t *testing.T) {
	t.Parallel()
	internal := failingHTTP{status: 500, code: "KMSInternalException", first: 1}
	throttled := failingHTTP{status: 400, code: "ThrottlingException", first: 1}
	after := func(n int, f failingHTTP) failingHTTP {
		f.first = n
		return f
	}

	t.Run("come after at most 50 ms at first", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			for range 20 {
				elapsed, attempts, err := timeOf(t, internal, kmskit.TuneClient)
				require.NoError(t, err)
				require.Equal(t, 2, attempts)
				require.Less(t, elapsed, 50*time.Millisecond)
			}
		})
	})

	t.Run("take a twentieth of the default's time at the median", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			medianOf := func(optFns ...func(*kms.Options)) float64 {
				times := make([]float64, 101)
				for i := range times {
					elapsed, _, err := timeOf(t, internal, optFns...)
					require.NoError(t, err)
					times[i] = elapsed.Seconds()
				}
				return median(times)
			}
			byDefault, tuned := medianOf(), medianOf(kmskit.TuneClient)
			assert.Greater(t, byDefault, 0.5, "the SDK has become quicker: does TuneClient still help?")
			assert.Less(t, tuned, byDefault/20)
		})
	})

	t.Run("double their delays up to 2 s", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			elapsed, attempts, err := timeOf(t, after(4, internal), kmskit.TuneClient)
			require.NoError(t, err)
			assert.Equal(t, 5, attempts)
			assert.Less(t, elapsed, (50+100+200+400)*time.Millisecond)

			elapsed, _, err = timeOf(t, after(9, internal), kmskit.TuneClient, func(o *kms.Options) { o.RetryMaxAttempts = 10 })
			require.NoError(t, err)
			assert.Greater(t, elapsed, 50*time.Millisecond)
			assert.Less(t, elapsed, (50+100+200+400+800+1600)*time.Millisecond+3*2*time.Second)
		})
	})

	t.Run("end after five attempts", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			_, attempts, err := timeOf(t, after(9, internal), kmskit.TuneClient)
			assert.Equal(t, 5, attempts)
			_, ok := errors.AsType[*types.KMSInternalException](err)
			assert.True(t, ok)
		})
	})

	t.Run("take their time where KMS throttles", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			var slowest time.Duration
			for range 50 {
				elapsed, attempts, err := timeOf(t, throttled, kmskit.TuneClient)
				require.NoError(t, err)
				require.Equal(t, 2, attempts)
				slowest = max(slowest, elapsed)
			}
			assert.Greater(t, slowest, 500*time.Millisecond)
			assert.Less(t, slowest, time.Second)
		})
	})

	t.Run("leave out the quotas of resources", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			full := failingHTTP{status: 400, code: "LimitExceededException", first: 9}
			_, attempts, err := timeOf(t, full)
			require.Error(t, err)
			require.Equal(t, 3, attempts, "the SDK no longer retries them: TuneClient need not mind")

			elapsed, attempts, err := timeOf(t, full, kmskit.TuneClient)
			assert.Equal(t, "LimitExceededException", kmskit.ErrorCode(err))
			assert.Equal(t, 1, attempts)
			assert.Zero(t, elapsed)
		})
	})

	t.Run("leave out what no repetition mends", func(t *testing.T) {
		t.Parallel()
		for _, code := range []string{"AccessDeniedException", "NotFoundException", "InvalidCiphertextException"} {
			_, attempts, err := timeOf(t, failingHTTP{status: 400, code: code, first: 9}, kmskit.TuneClient)
			assert.Equal(t, code, kmskit.ErrorCode(err))
			assert.Equal(t, 1, attempts)
		}
	})

	t.Run("end with the context", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			srv := kmstest.New()
			f := after(9, throttled)
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
			defer cancel()
			_, err := defaultClient(srv, &f, kmskit.TuneClient).GenerateRandom(ctx, &kms.GenerateRandomInput{NumberOfBytes: aws.Int32(1)})
			assert.ErrorIs(t, err, context.DeadlineExceeded)
		})
	})
}

// TestTuneClient_keeps holds that what the caller has chosen stays.
func TestTuneClient_keeps(t *testing.T) {
	t.Parallel()
	tune := func(cfg aws.Config, optFns ...func(*kms.Options)) kms.Options {
		return kms.NewFromConfig(cfg, append(optFns, kmskit.TuneClient)...).Options()
	}

	t.Run("an HTTP client that is not the SDK's", func(t *testing.T) {
		t.Parallel()
		own := &http.Client{}
		assert.Same(t, own, tune(aws.Config{HTTPClient: own}).HTTPClient)
	})

	t.Run("the numbers of idle connections, and all else of the transport", func(t *testing.T) {
		t.Parallel()
		own := awshttp.NewBuildableClient().WithTimeout(time.Minute).WithTransportOptions(func(tr *http.Transport) {
			tr.MaxIdleConnsPerHost, tr.MaxIdleConns, tr.MaxConnsPerHost = 7, 8, 9
		})
		got, ok := tune(aws.Config{HTTPClient: own}).HTTPClient.(*awshttp.BuildableClient)
		require.True(t, ok)
		assert.Equal(t, time.Minute, got.GetTimeout())
		assert.Equal(t, []int{7, 8, 9}, []int{got.GetTransport().MaxIdleConnsPerHost, got.GetTransport().MaxIdleConns, got.GetTransport().MaxConnsPerHost})
	})

	t.Run("the timeouts of the SDK's client", func(t *testing.T) {
		t.Parallel()
		timeouts := func(o kms.Options) []time.Duration {
			c, ok := o.HTTPClient.(*awshttp.BuildableClient)
			require.True(t, ok)
			read, _ := c.GetReadTimeout()
			return []time.Duration{read, c.GetDialer().Timeout, c.GetTransport().TLSHandshakeTimeout, c.GetTransport().IdleConnTimeout}
		}
		assert.Equal(t, timeouts(kms.NewFromConfig(aws.Config{}).Options()), timeouts(tune(aws.Config{})))
	})

	t.Run("a Retryer of the config", func(t *testing.T) {
		t.Parallel()
		for _, own := range []aws.Retryer{retry.NewStandard(), aws.NopRetryer{}} {
			assert.Equal(t, own, tune(aws.Config{Retryer: func() aws.Retryer { return own }}).Retryer)
		}
	})

	t.Run("a Retryer of an option that is not the SDK's", func(t *testing.T) {
		t.Parallel()
		assert.Equal(t, aws.NopRetryer{}, tune(aws.Config{}, func(o *kms.Options) { o.Retryer = aws.NopRetryer{} }).Retryer)
	})

	t.Run("the adaptive mode", func(t *testing.T) {
		t.Parallel()
		assert.IsType(t, &retry.AdaptiveMode{}, tune(aws.Config{RetryMode: aws.RetryModeAdaptive}).Retryer)
	})

	t.Run("the number of attempts", func(t *testing.T) {
		t.Parallel()
		assert.Equal(t, 2, tune(aws.Config{RetryMaxAttempts: 2}).Retryer.MaxAttempts())
		assert.Equal(t, 5, tune(aws.Config{}).Retryer.MaxAttempts())
	})

	t.Run("the Region, the endpoint and the credentials", func(t *testing.T) {
		t.Parallel()
		o := tune(aws.Config{Region: "eu-central-1", BaseEndpoint: aws.String("https://kms.example"), Credentials: aws.AnonymousCredentials{}})
		assert.Equal(t, "eu-central-1", o.Region)
		assert.Equal(t, "https://kms.example", *o.BaseEndpoint)
	})
}

// A tlsKMS is a KMS behind TLS, some milliseconds away.
type tlsKMS struct {
	*kmstest.Server
	endpoint string
	roots    *x509.CertPool
	opened   atomic.Int64 // connections
}

func newTLSKMS(tb testing.TB, away time.Duration) *tlsKMS {
	tb.Helper()
	k := &tlsKMS{Server: kmstest.New(), roots: x509.NewCertPool()}
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-time.After(away):
		case <-r.Context().Done():
		}
		k.ServeHTTP(w, r)
	}))
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			k.opened.Add(1)
		}
	}
	server.StartTLS()
	tb.Cleanup(server.Close)
	k.endpoint = server.URL
	k.roots.AddCert(server.Certificate())
	return k
}

// over returns a client that comes through the network.
func (k *tlsKMS) over(optFns ...func(*kms.Options)) *kms.Client {
	h := awshttp.NewBuildableClient().WithTransportOptions(func(t *http.Transport) {
		t.TLSClientConfig = &tls.Config{RootCAs: k.roots, MinVersion: tls.VersionTLS12}
	})
	return defaultClient(k.Server, h, append([]func(*kms.Options){func(o *kms.Options) { o.BaseEndpoint = &k.endpoint }}, optFns...)...)
}

// burst makes n calls at once and waits for all.
func burst(ctx context.Context, client *kms.Client, n int) error {
	errs := make([]error, n)
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			_, errs[i] = client.GenerateRandom(ctx, &kms.GenerateRandomInput{NumberOfBytes: aws.Int32(32)})
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

func TestTuneClient_connections(t *testing.T) {
	t.Parallel()
	const bursts, width = 3, 100
	opened := func(optFns ...func(*kms.Options)) int64 {
		k := newTLSKMS(t, 5*time.Millisecond)
		client := k.over(optFns...)
		for range bursts {
			require.NoError(t, burst(t.Context(), client, width))
		}
		return k.opened.Load()
	}
	// A burst may open more connections than it has calls: one that was used may
	// not be idle yet when the next call looks for it.
	byDefault, tuned := opened(), opened(kmskit.TuneClient)
	assert.Greater(t, byDefault, int64(2*width), "the SDK keeps more connections now: does TuneClient still help?")
	assert.Less(t, tuned, byDefault*2/3, "connections are used again")
}

// BenchmarkTuneClient compares a tuned client with one that has the SDK's
// defaults, in the same run, and reports the tuned one's part of the default's
// median time of a call that meets one HTTP 500, and how many times the default's
// calls per second it makes over TLS, in bursts of 100 with 5 ms to the server.
//
// The server shares the processor, so a handshake costs about twice what it
// costs a client alone. In a steady stream of calls, where idle connections are
// few at any time, the difference is small.
func BenchmarkTuneClient(b *testing.B) {
	b.Run("one HTTP 500", func(b *testing.B) {
		srv := kmstest.New()
		medianOf := func(optFns ...func(*kms.Options)) float64 {
			clients := make([]*kms.Client, 64)
			for i := range clients {
				f := &failingHTTP{HTTPClient: srv.Client().Options().HTTPClient, status: 500, code: "KMSInternalException", first: 1}
				clients[i] = defaultClient(srv, f, optFns...)
			}
			times := make([]float64, len(clients))
			var wg sync.WaitGroup
			for i, client := range clients {
				wg.Go(func() {
					start := time.Now()
					if _, err := client.GenerateRandom(b.Context(), &kms.GenerateRandomInput{NumberOfBytes: aws.Int32(32)}); err != nil {
						b.Error(err)
					}
					times[i] = time.Since(start).Seconds()
				})
			}
			wg.Wait()
			return median(times)
		}
		var byDefault, tuned []float64
		for b.Loop() {
			byDefault = append(byDefault, medianOf())
			tuned = append(tuned, medianOf(kmskit.TuneClient))
		}
		b.ReportMetric(0, "ns/op") // of waiting
		b.ReportMetric(1000*median(byDefault), "default-ms")
		b.ReportMetric(1000*median(tuned), "tuned-ms")
		b.ReportMetric(median(tuned)/median(byDefault), "tuned/default")
	})

	b.Run("100 calls at once", func(b *testing.B) {
		const width = 100
		k := newTLSKMS(b, 5*time.Millisecond)
		byDefault, tuned := k.over(), k.over(kmskit.TuneClient)
		rate := func(client *kms.Client) float64 {
			start := time.Now()
			if err := burst(b.Context(), client, width); err != nil {
				b.Fatal(err)
			}
			return width / time.Since(start).Seconds()
		}
		_, _ = rate(byDefault), rate(tuned) // the first burst opens connections either way
		var rates, tunedRates []float64
		for b.Loop() {
			rates = append(rates, rate(byDefault))
			tunedRates = append(tunedRates, rate(tuned))
		}
		b.ReportMetric(0, "ns/op") // of both
		b.ReportMetric(median(rates), "default-calls/s")
		b.ReportMetric(median(tunedRates), "tuned-calls/s")
		b.ReportMetric(median(tunedRates)/median(rates), "tuned/default")
	})
}
