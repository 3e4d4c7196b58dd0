package kmstest_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http/httptest"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/aws/smithy-go"
	"github.com/kmskit/kmskit/kmstest"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// throughPort returns a client that reaches srv through a real port.
func throughPort(t *testing.T, srv *kmstest.Server, optFns ...func(*kms.Options)) *kms.Client {
	t.Helper()
	port := httptest.NewServer(srv)
	t.Cleanup(port.Close)
	return srv.Client(append(optFns, func(o *kms.Options) {
		o.BaseEndpoint = &port.URL
		o.HTTPClient = awshttp.NewBuildableClient()
	})...)
}

func TestServer_Inject(t *testing.T) {
	t.Parallel()

	t.Run("answers what KMS would, in its form, and nothing happens", func(t *testing.T) {
		t.Parallel()
		const rate = "You have exceeded the rate at which you may call KMS. Reduce the frequency of your calls."
		for failure, want := range map[kmstest.Failure]struct {
			text      string
			status    int
			retryable bool
			goType    string // that the SDK makes of it
		}{
			kmstest.Throttling:        {rate, 400, true, "*smithy.GenericAPIError"},
			kmstest.LimitExceeded:     {"", 400, true, "*types.LimitExceededException"},
			kmstest.Internal:          {"", 500, true, "*types.KMSInternalException"},
			kmstest.DependencyTimeout: {"", 500, true, "*types.DependencyTimeoutException"},
			kmstest.KeyUnavailable:    {"", 500, true, "*types.KeyUnavailableException"},
			kmstest.AccessDenied: {
				"User: arn:aws:iam::111122223333:user/kmstest is not authorized to perform: kms:CreateKey " +
					"because no identity-based policy allows the kms:CreateKey action",
				400, false, "*smithy.GenericAPIError",
			},
		} {
			t.Run(string(failure), func(t *testing.T) {
				t.Parallel()
				srv := kmstest.New()
				injection := srv.Inject(kmstest.Fault{Err: failure})
				client := srv.Client(once)
				_, err := client.CreateKey(t.Context(), nil)
				refused(t, err, string(failure), want.text)
				assert.Equal(t, want.retryable, retry.NewStandard().IsErrorRetryable(err))
				response, ok := errors.AsType[*awshttp.ResponseError](err)
				require.True(t, ok)
				assert.Equal(t, want.status, response.HTTPStatusCode())

				_, direct := srv.API().CreateKey(t.Context(), nil)
				refused(t, direct, string(failure), want.text)
				assert.Equal(t, want.goType, fmt.Sprintf("%T", direct))
				assert.Equal(t, 2, injection.Hits())

				injection.Remove()
				injection.Remove()
				out, err := client.ListKeys(t.Context(), nil)
				require.NoError(t, err)
				assert.Empty(t, out.Keys)
				assert.Equal(t, 2, injection.Hits())
			})
		}
	})

	t.Run("answers any error of the SDK as it is", func(t *testing.T) {
		t.Parallel()
		srv := kmstest.New()
		srv.Inject(kmstest.Fault{Err: &types.KMSInvalidStateException{Message: str("it is not the day for it")}})
		_, err := srv.Client().ListKeys(t.Context(), nil)
		refused(t, err, "KMSInvalidStateException", "it is not the day for it")
		_, err = srv.API().ListKeys(t.Context(), nil)
		refused(t, err, "KMSInvalidStateException", "it is not the day for it")
	})

	t.Run("shows other errors as the network's", func(t *testing.T) {
		t.Parallel()
		srv := kmstest.New()
		srv.Inject(kmstest.Fault{Err: &net.DNSError{Err: "no such host", IsNotFound: true}})
		_, err := srv.Client().ListKeys(t.Context(), nil)
		_, ok := errors.AsType[*net.DNSError](err)
		assert.True(t, ok, "%v", err)
		_, err = throughPort(t, srv, once).ListKeys(t.Context(), nil)
		require.Error(t, err)
		_, ok = errors.AsType[smithy.APIError](err)
		assert.False(t, ok, "%v", err)
	})
}

func TestServer_Inject_network(t *testing.T) {
	t.Parallel()
	depths := map[string]func(t *testing.T, srv *kmstest.Server) caller{
		"client": func(_ *testing.T, srv *kmstest.Server) caller { return srv.Client(once) },
		"port":   func(t *testing.T, srv *kmstest.Server) caller { t.Helper(); return throughPort(t, srv, once) },
		"API":    func(_ *testing.T, srv *kmstest.Server) caller { return srv.API() },
	}
	for depth, connect := range depths {
		t.Run("resets the connection before or after the effect: "+depth, func(t *testing.T) {
			t.Parallel()
			for _, late := range []bool{false, true} {
				srv := kmstest.New()
				injection := srv.Inject(kmstest.Fault{Err: kmstest.ConnectionReset, Late: late, Times: 1})
				c := connect(t, srv)
				_, err := c.CreateKey(t.Context(), nil)
				require.ErrorIs(t, err, syscall.ECONNRESET)
				_, ok := errors.AsType[*net.OpError](err)
				assert.True(t, ok)
				assert.True(t, retry.NewStandard().IsErrorRetryable(err))
				assert.Equal(t, 1, injection.Hits())
				out, err := c.ListKeys(t.Context(), nil)
				require.NoError(t, err)
				assert.Equal(t, late, len(out.Keys) == 1)
			}
		})

		t.Run("cuts the answer off, be it a refusal: "+depth, func(t *testing.T) {
			t.Parallel()
			srv := kmstest.New()
			c := connect(t, srv)
			srv.Inject(kmstest.Fault{Err: kmstest.CutOff, Times: 2})
			_, err := c.CreateKey(t.Context(), nil)
			require.ErrorIs(t, err, io.ErrUnexpectedEOF)
			assert.False(t, retry.NewStandard().IsErrorRetryable(err))
			_, err = c.DescribeKey(t.Context(), &kms.DescribeKeyInput{KeyId: str("alias/none")})
			require.ErrorIs(t, err, io.ErrUnexpectedEOF)
			out, err := c.ListKeys(t.Context(), nil)
			require.NoError(t, err)
			assert.Len(t, out.Keys, 1, "the effect stays")
		})
	}
}

func TestServer_Inject_secureNetwork(t *testing.T) {
	t.Parallel()
	for _, http2 := range []bool{false, true} {
		t.Run(fmt.Sprintf("ends a connection with TLS, HTTP/2 %t", http2), func(t *testing.T) {
			t.Parallel()
			srv := kmstest.New()
			port := httptest.NewUnstartedServer(srv)
			port.EnableHTTP2 = http2
			port.StartTLS()
			t.Cleanup(port.Close)
			c := srv.Client(once, func(o *kms.Options) { o.BaseEndpoint, o.HTTPClient = &port.URL, port.Client() })
			for _, failure := range []kmstest.Failure{kmstest.ConnectionReset, kmstest.CutOff} {
				injection := srv.Inject(kmstest.Fault{Err: failure})
				_, err := c.ListKeys(t.Context(), nil)
				require.Error(t, err)
				_, answered := errors.AsType[smithy.APIError](err)
				assert.False(t, answered, "%v", err)
				assert.Equal(t, !http2 && failure == kmstest.ConnectionReset, errors.Is(err, syscall.ECONNRESET), "%v", err)
				injection.Remove()
				_, err = c.ListKeys(t.Context(), nil)
				require.NoError(t, err)
			}
		})
	}
}

func TestServer_Inject_latency(t *testing.T) {
	t.Parallel()

	t.Run("holds a request up, and adds to that of another fault", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			srv := kmstest.New()
			srv.Inject(kmstest.Fault{Latency: 2 * time.Second})
			srv.Inject(kmstest.Fault{Latency: 3 * time.Second, Err: kmstest.Internal, Times: 1})
			begin := time.Now()
			_, err := srv.API().CreateKey(t.Context(), nil)
			refusedWith(t, err, "KMSInternalException")
			assert.Equal(t, 5*time.Second, time.Since(begin))
			k := newKey(t, srv.API())
			assert.Equal(t, 7*time.Second, time.Since(begin))
			assert.Equal(t, time.Now().UTC(), k.CreationDate.UTC(), "what is made later is younger")
		})
	})

	t.Run("ends with the caller's context", func(t *testing.T) {
		t.Parallel()
		for _, late := range []bool{false, true} {
			synctest.Test(t, func(t *testing.T) {
				srv := kmstest.New()
				injection := srv.Inject(kmstest.Fault{Latency: time.Hour, Late: late})
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				defer cancel()
				begin := time.Now()
				_, err := srv.Client().CreateKey(ctx, nil)
				require.ErrorIs(t, err, context.DeadlineExceeded)
				assert.Equal(t, time.Minute, time.Since(begin))
				injection.Remove()
				out, err := srv.API().ListKeys(t.Context(), nil)
				require.NoError(t, err)
				assert.Equal(t, late, len(out.Keys) == 1)
			})
		}
	})

	t.Run("ends with the context of a request through a port", func(t *testing.T) {
		t.Parallel()
		srv := kmstest.New()
		srv.Inject(kmstest.Fault{Latency: time.Hour})
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		_, err := throughPort(t, srv).ListKeys(ctx, nil) // the port's Close waits for the handler
		assert.ErrorIs(t, err, context.DeadlineExceeded)
	})
}

func TestServer_Inject_matching(t *testing.T) {
	t.Parallel()

	t.Run("is for the operations and the principals that it names", func(t *testing.T) {
		t.Parallel()
		srv := kmstest.New()
		reader := srv.Principal("arn:aws:sts::"+account+":assumed-role/reader/session", allow("*"))
		injection := srv.Inject(kmstest.Fault{
			Operations: []string{"ListKeys", "ListAliases"}, Principal: role(account, "reader"), Err: kmstest.Throttling,
		})
		_, err := reader.API().ListKeys(t.Context(), nil)
		refusedWith(t, err, "ThrottlingException")
		_, err = reader.API().ListAliases(t.Context(), nil)
		refusedWith(t, err, "ThrottlingException")
		_, err = reader.API().GenerateRandom(t.Context(), &kms.GenerateRandomInput{NumberOfBytes: aws.Int32(1)})
		require.NoError(t, err)
		_, err = srv.API().ListKeys(t.Context(), nil)
		require.NoError(t, err)
		assert.Equal(t, 2, injection.Hits())
	})

	t.Run("is for a key by whatever name, and for no other", func(t *testing.T) {
		t.Parallel()
		srv := kmstest.New()
		c := srv.API()
		k, other := newKey(t, c), newKey(t, c)
		newAlias(t, c, "alias/k", k)
		ciphertext := encrypt(t, c, k, "x", nil)
		elsewhere := encrypt(t, c, other, "x", nil)
		g, err := c.CreateGrant(t.Context(), newGrant(k))
		require.NoError(t, err)

		for _, name := range []*string{k.KeyId, k.Arn, str("alias/k"), str(arnOf("alias/k"))} {
			injection := srv.Inject(kmstest.Fault{Key: *name, Err: kmstest.Throttling})
			hits := []func() error{
				func() error {
					_, err := c.DescribeKey(t.Context(), &kms.DescribeKeyInput{KeyId: k.KeyId})
					return err
				},
				func() error {
					_, err := c.DescribeKey(t.Context(), &kms.DescribeKeyInput{KeyId: str(arnOf("alias/k"))})
					return err
				},
				func() error {
					_, err := c.Decrypt(t.Context(), &kms.DecryptInput{CiphertextBlob: ciphertext})
					return err
				},
				func() error {
					_, err := c.ReEncrypt(t.Context(), &kms.ReEncryptInput{CiphertextBlob: elsewhere, DestinationKeyId: k.Arn})
					return err
				},
				func() error {
					_, err := c.UpdateAlias(t.Context(), &kms.UpdateAliasInput{AliasName: str("alias/k"), TargetKeyId: other.KeyId})
					return err
				},
				func() error {
					_, err := c.RetireGrant(t.Context(), &kms.RetireGrantInput{GrantToken: g.GrantToken})
					return err
				},
			}
			for _, call := range hits {
				refusedWith(t, call(), "ThrottlingException")
			}
			_, err := c.Decrypt(t.Context(), &kms.DecryptInput{CiphertextBlob: elsewhere})
			require.NoError(t, err)
			_, err = c.ListKeys(t.Context(), nil)
			require.NoError(t, err)
			assert.Equal(t, len(hits), injection.Hits())
			injection.Remove()
		}
	})

	t.Run("is for the requests that it counts", func(t *testing.T) {
		t.Parallel()
		srv := kmstest.New()
		srv.Inject(kmstest.Fault{Operations: []string{"ListKeys"}, Skip: 1, Times: 2, Err: kmstest.Throttling})
		var got []bool
		for range 5 {
			_, err := srv.API().ListAliases(t.Context(), nil)
			require.NoError(t, err)
			_, err = srv.API().ListKeys(t.Context(), nil)
			got = append(got, err != nil)
		}
		assert.Equal(t, []bool{false, true, true, false, false}, got)
	})

	t.Run("hits with its probability, and the same requests for the same seed", func(t *testing.T) {
		t.Parallel()
		run := func(seed uint64) (hit []int) {
			srv := kmstest.New(kmstest.WithSeed(seed))
			injection := srv.Inject(kmstest.Fault{Probability: 0.25, Err: kmstest.Internal})
			for i := range 1000 {
				if _, err := srv.API().ListKeys(t.Context(), nil); err != nil {
					hit = append(hit, i)
				}
			}
			assert.Equal(t, len(hit), injection.Hits())
			return hit
		}
		first := run(1)
		assert.InDelta(t, 250, len(first), 60)
		assert.Equal(t, first, run(1))
		assert.NotEqual(t, first, run(2))
	})

	t.Run("gives the first error in the order of injection", func(t *testing.T) {
		t.Parallel()
		srv := kmstest.New()
		first := srv.Inject(kmstest.Fault{Err: kmstest.Throttling, Times: 1})
		second := srv.Inject(kmstest.Fault{Err: kmstest.Internal})
		_, err := srv.API().ListKeys(t.Context(), nil)
		refusedWith(t, err, "ThrottlingException")
		assert.Zero(t, second.Hits())
		_, err = srv.API().ListKeys(t.Context(), nil)
		refusedWith(t, err, "KMSInternalException")
		assert.Equal(t, 1, first.Hits())
		assert.Equal(t, 1, second.Hits())
	})

	t.Run("refuses what makes no sense", func(t *testing.T) {
		t.Parallel()
		srv := kmstest.New()
		for _, f := range []kmstest.Fault{
			{Operations: []string{"kms:Decrypt"}}, {Err: kmstest.Failure("Throttling")}, {Skip: -1}, {Times: -1}, {Latency: -1}, {Probability: 1.5}, {Probability: -1},
		} {
			assert.Panics(t, func() { srv.Inject(f) })
		}
	})

	t.Run("may come and go while requests are under way", func(t *testing.T) {
		t.Parallel()
		srv := kmstest.New()
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				for range 50 {
					injection := srv.Inject(kmstest.Fault{Err: kmstest.Throttling})
					_, err := srv.API().ListKeys(context.Background(), nil)
					assert.Error(t, err)
					injection.Remove()
				}
			})
		}
		wg.Wait()
		_, err := srv.API().ListKeys(t.Context(), nil)
		assert.NoError(t, err)
	})
}

func TestServer_Calls_lostAnswers(t *testing.T) {
	t.Parallel()
	srv := kmstest.New()
	for _, failure := range []kmstest.Failure{kmstest.ConnectionReset, kmstest.CutOff, kmstest.Throttling} {
		srv.Inject(kmstest.Fault{Err: failure, Times: 1})
		_, err := srv.API().ListKeys(t.Context(), nil)
		require.Error(t, err)
	}
	var codes []string
	for _, c := range srv.Calls("ListKeys") {
		codes = append(codes, c.ErrorCode)
	}
	assert.Equal(t, []string{"read tcp: read: connection reset by peer", "unexpected EOF", "ThrottlingException"}, codes)
}
