package kmstest_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/smithy-go"
	"github.com/kmskit/kmskit/kmstest"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const authorization = "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261123/us-east-1/kms/aws4_request, SignedHeaders=host, Signature=00"

// post sends a request that KMS understands, but for what change does to it.
func post(srv *kmstest.Server, target, body string, change ...func(*http.Request)) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/x-amz-json-1.1")
	r.Header.Set("X-Amz-Target", target)
	r.Header.Set("Authorization", authorization)
	for _, f := range change {
		f(r)
	}
	w := httptest.NewRecorder()
	srv.ServeHTTP(w, r)
	return w
}

func TestServeHTTP(t *testing.T) {
	t.Parallel()
	t.Run("answers with the headers of KMS", func(t *testing.T) {
		t.Parallel()
		now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
		srv := kmstest.New(kmstest.WithClock(func() time.Time { return now }))
		for body, code := range map[string]string{"{}": "", "not JSON": "SerializationException"} {
			w := post(srv, "TrentService.ListKeys", body)
			id := w.Header().Get("X-Amzn-Requestid")
			assert.Regexp(t, `^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`, id)
			assert.NotEqual(t, id, post(srv, "TrentService.ListKeys", body).Header().Get("X-Amzn-Requestid"))
			w.Header().Del("X-Amzn-Requestid")
			w.Header().Del("Content-Length")
			assert.Equal(t, code, w.Header().Get("X-Amzn-Errortype"))
			w.Header().Del("X-Amzn-Errortype")
			assert.Equal(t, http.Header{
				"Cache-Control": {"no-cache, no-store, must-revalidate, private"},
				"Content-Type":  {"application/x-amz-json-1.1"},
				"Date":          {"Mon, 23 Nov 2026 12:00:00 GMT"},
				"Expires":       {"0"},
				"Pragma":        {"no-cache"},
			}, w.Header())
		}
	})

	t.Run("reads a body of unknown length", func(t *testing.T) {
		t.Parallel()
		w := post(kmstest.New(), "TrentService.ListKeys", "", func(r *http.Request) {
			r.Body, r.ContentLength = io.NopCloser(strings.NewReader(`{"Limit":0}`)), 0
		})
		assert.Contains(t, w.Body.String(), "at 'limit' failed")
	})

	t.Run("sends false and empty members", func(t *testing.T) {
		t.Parallel()
		assert.JSONEq(t, `{"Keys":[],"Truncated":false}`, post(kmstest.New(), "TrentService.ListKeys", "{}").Body.String())
	})

	t.Run("sends no body where KMS sends none", func(t *testing.T) {
		t.Parallel()
		srv := kmstest.New()
		k := newKey(t, srv.API())
		w := post(srv, "TrentService.DisableKey", `{"KeyId":"`+*k.KeyId+`"}`)
		assert.Equal(t, http.StatusOK, w.Code)
		assert.Empty(t, w.Body.String())
		assert.Equal(t, "0", w.Header().Get("Content-Length"))
	})

	t.Run("goes where the credential scope says", func(t *testing.T) {
		t.Parallel()
		srv := kmstest.New()
		w := post(srv, "TrentService.CreateKey", "{}", func(r *http.Request) {
			r.Header.Set("Authorization", strings.Replace(authorization, "us-east-1", "ap-southeast-2", 1))
		})
		assert.Contains(t, w.Body.String(), "arn:aws:kms:ap-southeast-2:111122223333:key/")
	})

	t.Run("takes the authorization from the query string", func(t *testing.T) {
		t.Parallel()
		srv := kmstest.New()
		p := srv.Principal("arn:aws:iam::"+other+":user/ana", allow("kms:*"))
		w := post(srv, "TrentService.CreateKey", "{}", func(r *http.Request) {
			r.Header.Del("Authorization")
			r.URL.RawQuery = "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Date=20261123T000000Z&X-Amz-SignedHeaders=host%3Bx-amz-target&X-Amz-Signature=00" +
				"&X-Amz-Credential=" + p.Credentials().AccessKeyID + "%2F20261123%2Fap-southeast-2%2Fkms%2Faws4_request"
		})
		assert.Contains(t, w.Body.String(), "arn:aws:kms:ap-southeast-2:"+other+":key/")
	})

	t.Run("is from whom the access key says", func(t *testing.T) {
		t.Parallel()
		srv := kmstest.New()
		p := srv.Principal("arn:aws:iam::"+other+":user/ana", allow("kms:*"))
		w := post(srv, "TrentService.CreateKey", "{}", func(r *http.Request) {
			r.Header.Set("Authorization", strings.Replace(authorization, "AKIDEXAMPLE", p.Credentials().AccessKeyID, 1))
		})
		assert.Contains(t, w.Body.String(), "arn:aws:kms:us-east-1:"+other+":key/")
	})
}

func TestServeHTTP_refusals(t *testing.T) {
	t.Parallel()
	header := func(name, value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set(name, value) }
	}
	for name, c := range map[string]struct {
		target, body string
		change       func(*http.Request)
		status       int
		answer       string
	}{
		"an unknown operation":        {target: "TrentService.Nothing", answer: `{"__type":"UnknownOperationException"}`},
		"an operation of no service":  {target: "ListKeys", body: "{}", answer: `{"__type":"UnknownOperationException"}`},
		"another service":             {target: "DynamoDB_20120810.ListTables", answer: `{"__type":"UnknownOperationException"}`},
		"no operation":                {answer: `{"__type":"UnknownOperationException"}`},
		"GET":                         {target: "TrentService.ListKeys", change: func(r *http.Request) { r.Method = http.MethodGet }, answer: `{"__type":"UnknownOperationException"}`},
		"another path":                {target: "TrentService.ListKeys", change: func(r *http.Request) { r.URL.Path = "/keys" }, answer: `{"__type":"UnknownOperationException"}`},
		"another content type":        {target: "TrentService.ListKeys", change: header("Content-Type", "application/json"), answer: `{"__type":"UnknownOperationException"}`},
		"an operation without a body": {target: "TrentService.DescribeKey", answer: `{"__type":"SerializationException"}`},
		"no authorization": {
			target: "TrentService.ListKeys", body: "{}", change: func(r *http.Request) { r.Header.Del("Authorization") },
			answer: `{"__type":"MissingAuthenticationTokenException","message":"Missing Authentication Token"}`,
		},
		"an authorization that is none": {
			target: "TrentService.ListKeys", body: "{}", change: header("Authorization", "Bearer token"),
			answer: `{"__type":"IncompleteSignatureException","message":"Authorization header requires 'Credential' parameter. ` +
				`Authorization header requires 'Signature' parameter. Authorization header requires 'SignedHeaders' parameter. ` +
				`Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. Authorization=Bearer token"}`,
		},
		"an authorization in the query string too": {
			target: "TrentService.ListKeys", body: "{}", change: func(r *http.Request) { r.URL.RawQuery = "X-Amz-Algorithm=AWS4-HMAC-SHA256" },
			answer: `{"__type":"InvalidSignatureException","message":"Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header."}`,
		},
		"another service's scope": {
			target: "TrentService.ListKeys", body: "{}", change: header("Authorization", strings.Replace(authorization, "/kms/", "/s3/", 1)),
			answer: `{"__type":"InvalidSignatureException","message":"Credential should be scoped to correct service: 'kms'. "}`,
		},
		"a Region that is none": {
			target: "TrentService.ListKeys", body: "{}", change: header("Authorization", strings.Replace(authorization, "us-east-1", "earth", 1)),
			answer: `{"__type":"InvalidSignatureException","message":"Credential should be scoped to a valid region. "}`,
		},
		"a body that is not JSON": {target: "TrentService.ListKeys", body: "x", answer: `{"__type":"SerializationException"}`},
		"a body that is too large": {
			target: "TrentService.ListKeys", body: `{"Marker":"` + strings.Repeat("x", 1<<20) + `"}`, status: http.StatusRequestEntityTooLarge,
			answer: `{"__type":"RequestEntityTooLargeException","message":"Request is too large."}`,
		},
		"a custom key store that is not there": {
			target: "TrentService.ConnectCustomKeyStore", body: `{"CustomKeyStoreId":"cks-1234567890abcdef0"}`,
			answer: `{"__type":"CustomKeyStoreNotFoundException","message":"Custom key store 'cks-1234567890abcdef0' does not exist"}`,
		},
		"a shape that does not hold": {
			target: "TrentService.DescribeKey", body: `{}`,
			answer: `{"__type":"ValidationException","message":"1 validation error detected: Value null at 'keyId' failed to satisfy constraint: Member must not be null"}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var change []func(*http.Request)
			if c.change != nil {
				change = append(change, c.change)
			}
			w := post(kmstest.New(), c.target, c.body, change...)
			want := c.status
			if want == 0 {
				want = http.StatusBadRequest
			}
			assert.Equal(t, want, w.Code)
			assert.JSONEq(t, c.answer, w.Body.String())
		})
	}

	t.Run("a body that breaks off", func(t *testing.T) {
		t.Parallel()
		w := post(kmstest.New(), "TrentService.ListKeys", "", func(r *http.Request) {
			r.Body = io.NopCloser(io.MultiReader(strings.NewReader("{"), brokenReader{}))
		})
		assert.JSONEq(t, `{"__type":"SerializationException"}`, w.Body.String())
	})

	for name, header := range map[string]string{"declared": "Content-Length: 16777216", "chunked": "Transfer-Encoding: chunked"} {
		t.Run("a body that is too large, to a client that sends it all before it reads, "+name, func(t *testing.T) {
			t.Parallel()
			port := httptest.NewServer(kmstest.New())
			defer port.Close()
			conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", port.Listener.Addr().String())
			require.NoError(t, err)
			defer func() { _ = conn.Close() }()
			_, err = io.WriteString(conn, "POST / HTTP/1.1\r\nHost: x\r\nX-Amz-Target: TrentService.ListKeys\r\n"+
				"Content-Type: application/x-amz-json-1.1\r\nAuthorization: "+authorization+"\r\n"+header+"\r\n\r\n")
			require.NoError(t, err)
			body := bytes.Repeat([]byte{' '}, 1<<24)
			if name == "chunked" {
				body = fmt.Appendf(nil, "%x\r\n%s\r\n0\r\n\r\n", len(body), body)
			}
			_, err = conn.Write(body)
			require.NoError(t, err)
			answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
			require.NoError(t, err)
			defer func() { _ = answer.Body.Close() }()
			assert.Equal(t, http.StatusRequestEntityTooLarge, answer.StatusCode)
		})
	}

	t.Run("does not wait for a body without end", func(t *testing.T) {
		t.Parallel()
		w := post(kmstest.New(), "TrentService.ListKeys", "", func(r *http.Request) {
			r.Body, r.ContentLength = io.NopCloser(endless{}), 1<<40
		})
		assert.Equal(t, http.StatusRequestEntityTooLarge, w.Code)
		w = post(kmstest.New(), "TrentService.ListKeys", "", func(r *http.Request) {
			r.Body, r.ContentLength = io.NopCloser(endless{}), -1
		})
		assert.Equal(t, http.StatusRequestEntityTooLarge, w.Code)
	})

	t.Run("takes a content type with parameters", func(t *testing.T) {
		t.Parallel()
		w := post(kmstest.New(), "TrentService.ListKeys", "{}", header("Content-Type", "application/x-amz-json-1.1; charset=utf-8"))
		assert.Equal(t, http.StatusOK, w.Code)
	})
}

// TestServeHTTP_pages sends what a browser does for a page that uses KMS.
func TestServeHTTP_pages(t *testing.T) {
	t.Parallel()
	origin := func(r *http.Request) { r.Header.Set("Origin", "https://shop.example") }
	t.Run("may use it", func(t *testing.T) {
		t.Parallel()
		now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
		srv := kmstest.New(kmstest.WithClock(func() time.Time { return now }))
		w := post(srv, "", "", origin, func(r *http.Request) {
			r.Method = http.MethodOptions
			r.Header = http.Header{
				"Origin":                         r.Header["Origin"],
				"Access-Control-Request-Method":  {"POST"},
				"Access-Control-Request-Headers": {"authorization,content-type,x-amz-target"},
			}
		})
		assert.Equal(t, http.StatusOK, w.Code)
		assert.Empty(t, w.Body.String())
		assert.NotEmpty(t, w.Header().Get("X-Amzn-Requestid"))
		w.Header().Del("X-Amzn-Requestid")
		assert.Equal(t, http.Header{
			"Access-Control-Allow-Origin":   {"*"},
			"Access-Control-Allow-Methods":  {"POST"},
			"Access-Control-Allow-Headers":  {"authorization,content-type,x-amz-target"},
			"Access-Control-Expose-Headers": {"x-amzn-RequestId,x-amzn-ErrorType,x-amzn-ErrorMessage,Date"},
			"Access-Control-Max-Age":        {"172800"},
			"Cache-Control":                 {"no-cache, no-store, must-revalidate, private"},
			"Content-Length":                {"0"},
			"Date":                          {"Mon, 23 Nov 2026 12:00:00 GMT"},
			"Expires":                       {"0"},
			"Pragma":                        {"no-cache"},
		}, w.Header())
		assert.Empty(t, srv.Calls(), "nothing was called")
	})

	t.Run("may read answers", func(t *testing.T) {
		t.Parallel()
		srv := kmstest.New()
		for body, code := range map[string]int{"{}": http.StatusOK, "not JSON": http.StatusBadRequest} {
			w := post(srv, "TrentService.ListKeys", body, origin)
			assert.Equal(t, code, w.Code)
			assert.Equal(t, "*", w.Header().Get("Access-Control-Allow-Origin"))
			assert.Equal(t, "x-amzn-RequestId,x-amzn-ErrorType,x-amzn-ErrorMessage,Date", w.Header().Get("Access-Control-Expose-Headers"))
			assert.Equal(t, "application/x-amz-json-1.1", w.Header().Get("Content-Type"))
		}
	})

	t.Run("are told nothing that they did not ask", func(t *testing.T) {
		t.Parallel()
		w := post(kmstest.New(), "", "", origin, func(r *http.Request) { r.Method = http.MethodOptions })
		assert.Equal(t, http.StatusOK, w.Code)
		assert.NotContains(t, w.Header(), "Access-Control-Allow-Methods")
		assert.NotContains(t, w.Header(), "Access-Control-Allow-Headers")
	})

	t.Run("have an origin", func(t *testing.T) {
		t.Parallel()
		w := post(kmstest.New(), "", "", func(r *http.Request) { r.Method = http.MethodOptions })
		assert.JSONEq(t, `{"__type":"UnknownOperationException"}`, w.Body.String())
		assert.NotContains(t, w.Header(), "Access-Control-Allow-Origin")
	})
}

// An endless body is blanks.
type endless struct{}

func (endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = ' '
	}
	return len(p), nil
}

type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func TestTransport(t *testing.T) {
	t.Parallel()
	t.Run("obeys the context before the request", func(t *testing.T) {
		t.Parallel()
		srv := kmstest.New()
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := srv.Client().CreateKey(ctx, nil)
		require.ErrorIs(t, err, context.Canceled)
		_, err = srv.API().CreateKey(ctx, nil)
		assert.Equal(t, context.Canceled, err)
		keys, err := srv.API().ListKeys(t.Context(), nil)
		require.NoError(t, err)
		assert.Empty(t, keys.Keys)
	})

	t.Run("obeys the context after the request", func(t *testing.T) {
		t.Parallel()
		ctx, cancel := context.WithCancel(t.Context())
		srv := kmstest.New(kmstest.WithClock(func() time.Time {
			cancel() // in the middle of the request
			return time.Now()
		}))
		_, err := srv.Client().CreateKey(ctx, nil)
		require.ErrorIs(t, err, context.Canceled)
	})

	t.Run("takes the Region and the credentials of the client", func(t *testing.T) {
		t.Parallel()
		srv := kmstest.New(kmstest.WithRegion("eu-central-1"))
		assert.Contains(t, *newKey(t, srv.Client()).Arn, ":eu-central-1:")
		assert.Contains(t, *newKey(t, kms.NewFromConfig(srv.Config())).Arn, ":eu-central-1:")
		assert.Contains(t, *newKey(t, srv.Client(func(o *kms.Options) { o.Region = "eu-west-3" })).Arn, ":eu-west-3:")
	})
}

func TestServer_RoundTrip(t *testing.T) {
	t.Parallel()
	through := func(srv *kmstest.Server, client http.Client) func(*kms.Options) {
		client.Transport = srv
		return func(o *kms.Options) { o.HTTPClient = &client }
	}

	t.Run("answers any http.Client", func(t *testing.T) {
		t.Parallel()
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "https://kms.us-east-1.amazonaws.com/", strings.NewReader("{}"))
		require.NoError(t, err)
		r.Header.Set("Content-Type", "application/x-amz-json-1.1")
		r.Header.Set("X-Amz-Target", "TrentService.ListKeys")
		r.Header.Set("Authorization", authorization)
		answer, err := (&http.Client{Transport: kmstest.New()}).Do(r)
		require.NoError(t, err)
		body, err := io.ReadAll(answer.Body)
		require.NoError(t, err)
		require.NoError(t, answer.Body.Close())
		assert.JSONEq(t, `{"Keys":[],"Truncated":false}`, string(body))
		assert.Equal(t, "200 OK", answer.Status)
	})

	t.Run("knows whom a request is from and where it goes", func(t *testing.T) {
		t.Parallel()
		srv := kmstest.New(kmstest.WithSignatureVerification())
		p := srv.Principal(role(other, "writer"), allow("kms:CreateKey"))
		k := newKey(t, p.Client(through(srv, http.Client{}), func(o *kms.Options) { o.Region = "eu-west-3" }))
		assert.Contains(t, *k.Arn, "arn:aws:kms:eu-west-3:"+other+":key/")
	})

	t.Run("obeys the timeout of the client", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			srv := kmstest.New()
			srv.Inject(kmstest.Fault{Latency: time.Hour})
			start := time.Now()
			_, err := srv.Client(once, through(srv, http.Client{Timeout: time.Second})).ListKeys(t.Context(), nil)
			require.ErrorIs(t, err, context.DeadlineExceeded)
			assert.Equal(t, time.Second, time.Since(start))
		})
	})

	t.Run("fails where the network does", func(t *testing.T) {
		t.Parallel()
		srv := kmstest.New()
		srv.Inject(kmstest.Fault{Err: kmstest.ConnectionReset})
		_, err := srv.Client(once, through(srv, http.Client{})).ListKeys(t.Context(), nil)
		assert.ErrorIs(t, err, syscall.ECONNRESET)
	})
}

// FuzzServeHTTP sends anything at all. The answer is always a well-formed one.
func FuzzServeHTTP(f *testing.F) {
	f.Add("POST", "TrentService.Encrypt", `{"KeyId":"alias/orders","Plaintext":"eA=="}`, authorization)
	f.Add("POST", "TrentService.Decrypt", `{"CiphertextBlob":"AQICAHg="}`, authorization)
	f.Add("POST", "TrentService.CreateGrant", `{"KeyId":"alias/orders","Operations":["Decrypt"],"Constraints":{}}`, authorization)
	f.Add("POST", "TrentService.PutKeyPolicy", `{"KeyId":"x","Policy":"{\"Statement\":[{}]}"}`, authorization)
	f.Add("POST", "TrentService.ListKeys", `{"Marker":"AAAA"}`, strings.Replace(authorization, "us-east-1", "x", 1))
	f.Add("GET", "", ``, "")
	srv := kmstest.New(kmstest.WithErrorLog(failOnPanic(f)))
	newAlias(f, srv.API(), "alias/orders", newKey(f, srv.API()))
	f.Fuzz(func(t *testing.T, method, target, body, authorization string) {
		r := &http.Request{Method: method, URL: mustParse("/"), Body: io.NopCloser(strings.NewReader(body)), Header: http.Header{
			"Content-Type": {"application/x-amz-json-1.1"}, "X-Amz-Target": {target}, "Authorization": {authorization},
		}}
		w := httptest.NewRecorder()
		srv.ServeHTTP(w, r)
		if w.Code == http.StatusOK {
			assert.True(t, w.Body.Len() == 0 || json.Valid(w.Body.Bytes()))
			return
		}
		assert.Contains(t, []int{http.StatusBadRequest, http.StatusRequestEntityTooLarge}, w.Code)
		var e struct {
			Type string `json:"__type"`
		}
		require.NoError(t, json.Unmarshal(w.Body.Bytes(), &e))
		assert.Regexp(t, `^[A-Za-z]+Exception$`, e.Type)
	})
}

// FuzzTokens puts anything at all where KMS's own tokens go, and where keys are named.
// None of it is taken, and none of it is KMS's fault.
func FuzzTokens(f *testing.F) {
	srv := kmstest.New(kmstest.WithErrorLog(failOnPanic(f)))
	c := srv.API()
	k, empty := newKey(f, c), newKey(f, c, external)
	grant, err := c.CreateGrant(f.Context(), newGrant(k))
	require.NoError(f, err)
	page, err := c.ListKeys(f.Context(), &kms.ListKeysInput{Limit: aws.Int32(1)})
	require.NoError(f, err)
	toImport := importInput(f, c, empty, random(32))
	genuine := []string{*grant.GrantToken, *page.NextMarker, string(toImport.ImportToken)}
	for _, token := range append(genuine, "", "alias/a", "arn:aws:kms:us-east-1:111122223333:key/x", *k.Arn+"\n") {
		f.Add(token)
	}
	f.Fuzz(func(t *testing.T, token string) {
		if slices.Contains(genuine, token) {
			return
		}
		_, err := c.RetireGrant(t.Context(), &kms.RetireGrantInput{GrantToken: &token})
		refusedBy(t, err, "ValidationException", "InvalidGrantTokenException")
		_, err = c.Encrypt(t.Context(), &kms.EncryptInput{KeyId: k.Arn, Plaintext: []byte("x"), GrantTokens: []string{token}})
		refusedBy(t, err, "ValidationException", "InvalidGrantTokenException")
		_, err = c.ListKeys(t.Context(), &kms.ListKeysInput{Marker: &token})
		refusedBy(t, err, "ValidationException", "InvalidMarkerException")
		in := *toImport
		in.ImportToken = []byte(token)
		_, err = c.ImportKeyMaterial(t.Context(), &in)
		refusedBy(t, err, "ValidationException", "InvalidImportTokenException")
		if strings.TrimPrefix(token, arnOf("key/")) == *k.KeyId || strings.TrimPrefix(token, arnOf("key/")) == *empty.KeyId {
			return
		}
		_, err = c.DescribeKey(t.Context(), &kms.DescribeKeyInput{KeyId: &token})
		refusedBy(t, err, "ValidationException", "NotFoundException", "InvalidArnException", "AccessDeniedException")
	})
}

// refusedBy asserts that KMS refuses a request with one of those error codes.
func refusedBy(t testing.TB, err error, codes ...string) {
	t.Helper()
	var api smithy.APIError
	require.ErrorAs(t, err, &api)
	require.Contains(t, codes, api.ErrorCode())
}
