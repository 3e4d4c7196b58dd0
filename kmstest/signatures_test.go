package kmstest_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/kmskit/kmskit/kmstest"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A tamperer is an HTTP client that changes requests after they were signed.
type tamperer struct {
	aws.HTTPClient
	change func(r *http.Request)
}

func (c tamperer) Do(r *http.Request) (*http.Response, error) {
	c.change(r)
	return c.HTTPClient.Do(r)
}

const mismatch = "The request signature we calculated does not match the signature you provided. " +
	"Check your AWS Secret Access Key and signing method. Consult the service documentation for details."

func TestWithSignatureVerification(t *testing.T) {
	t.Parallel()
	principals := []string{
		"arn:aws:iam::" + account + ":root",
		role(other, "reader"),
		"arn:aws:sts::" + account + ":assumed-role/reader/session",
	}

	t.Run("lets everybody in who signs with credentials of the Server", func(t *testing.T) {
		t.Parallel()
		srv := kmstest.New(kmstest.WithSignatureVerification(), kmstest.WithRegion("eu-central-1"))
		newKey(t, srv.Client())
		newKey(t, throughPort(t, srv))
		for _, arn := range principals {
			p := srv.Principal(arn, allow("*"))
			newKey(t, p.Client(func(o *kms.Options) { o.Region = "us-west-2" }))
			newKey(t, throughPort(t, srv, func(o *kms.Options) { o.Credentials = p.Config().Credentials }))
			newKey(t, p.API())
		}
	})

	for name, test := range map[string]struct {
		change     func(r *http.Request)
		code, text string
	}{
		"another body": {func(r *http.Request) {
			b, _ := io.ReadAll(r.Body)
			b = bytes.Replace(b, []byte("blue"), []byte("grey"), 1)
			r.Body = io.NopCloser(bytes.NewReader(b))
		}, "InvalidSignatureException", mismatch},
		"another operation":    {func(r *http.Request) { r.Header.Set("X-Amz-Target", "TrentService.ListKeys") }, "InvalidSignatureException", mismatch},
		"another content type": {func(r *http.Request) { r.Header["Content-Type"][0] += "; charset=utf-8" }, "InvalidSignatureException", mismatch},
		"another host":         {func(r *http.Request) { r.Host = "kms.example.com" }, "InvalidSignatureException", mismatch},
		"a query":              {func(r *http.Request) { r.URL.RawQuery = "a=b" }, "InvalidSignatureException", mismatch},
		"another second": {func(r *http.Request) {
			at, _ := time.Parse("20060102T150405Z", r.Header.Get("X-Amz-Date"))
			if later := at.Add(time.Second); later.Day() == at.Day() {
				at = later
			} else {
				at = at.Add(-time.Second)
			}
			r.Header.Set("X-Amz-Date", at.Format("20060102T150405Z"))
		}, "InvalidSignatureException", mismatch},
		"another Region": {func(r *http.Request) {
			r.Header.Set("Authorization", strings.Replace(r.Header.Get("Authorization"), "us-east-1", "us-east-2", 1))
		}, "InvalidSignatureException", mismatch},
		"another session token": {
			func(r *http.Request) { r.Header.Set("X-Amz-Security-Token", "x") },
			"UnrecognizedClientException", "The security token included in the request is invalid.",
		},
		"no session token": {
			func(r *http.Request) { r.Header.Del("X-Amz-Security-Token") },
			"UnrecognizedClientException", "The security token included in the request is invalid.",
		},
		"no signature": {
			func(r *http.Request) { r.Header.Del("Authorization") },
			"MissingAuthenticationTokenException", "Missing Authentication Token",
		},
		"a header that is not signed": {
			func(r *http.Request) { r.Header.Set("X-Amz-Other", "x") },
			"InvalidSignatureException", "'X-Amz-Other' must be a 'SignedHeader' in the AWS Authorization.",
		},
	} {
		t.Run("refuses a request that has got "+name, func(t *testing.T) {
			t.Parallel()
			srv := kmstest.New(kmstest.WithSignatureVerification())
			p := srv.Principal(principals[2], allow("*"))
			_, err := p.Client(once, func(o *kms.Options) {
				o.HTTPClient = tamperer{p.Config().HTTPClient, test.change}
			}).CreateKey(t.Context(), &kms.CreateKeyInput{Description: str("blue")})
			refused(t, err, test.code, test.text)
		})
	}

	t.Run("refuses a secret or an access key that it has not handed out", func(t *testing.T) {
		t.Parallel()
		srv := kmstest.New(kmstest.WithSignatureVerification())
		as := func(change func(c *aws.Credentials)) *kms.Client {
			c := srv.Principal(principals[0]).Credentials()
			change(&c)
			return srv.Client(once, func(o *kms.Options) {
				o.Credentials = aws.NewCredentialsCache(aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) { return c, nil }))
			})
		}
		_, err := as(func(c *aws.Credentials) { c.SecretAccessKey += "x" }).ListKeys(t.Context(), nil)
		refused(t, err, "InvalidSignatureException", mismatch)
		_, err = as(func(c *aws.Credentials) { c.AccessKeyID = "AKIDEXAMPLE" }).ListKeys(t.Context(), nil)
		refused(t, err, "UnrecognizedClientException", "The security token included in the request is invalid.")
		_, err = as(func(c *aws.Credentials) { c.SessionToken = "x" }).ListKeys(t.Context(), nil)
		refused(t, err, "UnrecognizedClientException", "The security token included in the request is invalid.")
	})

	t.Run("goes by the Server's clock", func(t *testing.T) {
		t.Parallel()
		srv := kmstest.New(kmstest.WithSignatureVerification())
		srv.Advance(14 * time.Minute)
		client := srv.Client(once)
		_, err := client.ListKeys(t.Context(), nil)
		require.NoError(t, err)
		srv.Advance(24 * time.Hour)
		_, err = srv.Client(once).ListKeys(t.Context(), nil)
		refusedWith(t, err, "InvalidSignatureException")
		assert.ErrorContains(t, err, "Signature expired: ")
	})

	t.Run("takes what another signer signs, of whatever headers", func(t *testing.T) {
		t.Parallel()
		srv := kmstest.New(kmstest.WithSignatureVerification())
		c := srv.Principal(principals[2], allow("*")).Credentials()
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "https://kms.us-east-1.amazonaws.com/", strings.NewReader("{}"))
		require.NoError(t, err)
		r.Header.Set("X-Amz-Target", "TrentService.ListKeys")
		r.Header.Set("Content-Type", "application/x-amz-json-1.1")
		r.Header.Add("X-Amz-Meta", "  a   b ")
		r.Header.Add("X-Amz-Meta", "c")
		const hashOfBody = "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
		require.NoError(t, v4.NewSigner().SignHTTP(t.Context(), c, r, hashOfBody, "kms", "us-east-1", srv.Now()))
		response, err := srv.Config().HTTPClient.Do(r)
		require.NoError(t, err)
		assert.Equal(t, http.StatusOK, response.StatusCode)
	})

	t.Run("takes a signature in the query string", func(t *testing.T) {
		t.Parallel()
		srv := kmstest.New(kmstest.WithSignatureVerification())
		c := srv.Principal(principals[2], allow("*")).Credentials()
		presigned := func(change func(r *http.Request)) *httptest.ResponseRecorder {
			return post(srv, "TrentService.ListKeys", "{}", func(r *http.Request) {
				r.Header.Del("Authorization")
				const hashOfBody = "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
				signed, _, err := v4.NewSigner().PresignHTTP(t.Context(), c, r, hashOfBody, "kms", "us-east-1", srv.Now(),
					func(o *v4.SignerOptions) { o.DisableHeaderHoisting = true })
				require.NoError(t, err)
				r.URL, err = url.Parse(signed)
				require.NoError(t, err)
				change(r)
			})
		}
		assert.Equal(t, http.StatusOK, presigned(func(*http.Request) {}).Code)
		assert.Contains(t, presigned(func(r *http.Request) { r.Body = io.NopCloser(strings.NewReader("{ }")); r.ContentLength = 3 }).Body.String(), mismatch)
		assert.Contains(t, presigned(func(r *http.Request) { r.Header.Set("X-Amz-Target", "TrentService.CreateKey") }).Body.String(), mismatch)
		assert.Contains(t, presigned(func(r *http.Request) { r.URL.RawQuery += "&a=b" }).Body.String(), mismatch)
		assert.Contains(t, presigned(func(r *http.Request) {
			q := r.URL.Query()
			q.Set("X-Amz-Security-Token", "x")
			r.URL.RawQuery = q.Encode()
		}).Body.String(), "UnrecognizedClientException")
		assert.Contains(t, presigned(func(*http.Request) { srv.Advance(16 * time.Minute) }).Body.String(), "Signature expired: ")
	})

	t.Run("is off unless it is asked for", func(t *testing.T) {
		t.Parallel()
		srv := kmstest.New()
		_, err := srv.Client(func(o *kms.Options) {
			o.HTTPClient = tamperer{srv.Config().HTTPClient, func(r *http.Request) {
				r.Header.Set("Authorization", strings.Replace(r.Header.Get("Authorization"), "Signature=", "Signature=0", 1))
			}}
		}).ListKeys(t.Context(), nil)
		assert.NoError(t, err)
	})
}
