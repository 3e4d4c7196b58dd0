package conformance_test

import (
	"bytes"
	"crypto/tls"
	"io"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/kmskit/kmskit/kmstest"
	"github.com/kmskit/kmskit/kmstest/conformance"
	"github.com/stretchr/testify/assert"
)

// A lateClient is an HTTP client of a KMS that does not refuse before some time is
// over, as AWS does not where it has not heard of a change. Its answers seem to be
// those of AWS if they have a TLS connection.
type lateClient struct {
	kms.HTTPClient
	until time.Time
	tls   *tls.ConnectionState
}

func (c lateClient) Do(r *http.Request) (*http.Response, error) {
	response, err := c.HTTPClient.Do(r)
	if err != nil {
		return nil, err
	}
	response.TLS = c.tls
	if response.StatusCode != http.StatusOK && time.Now().Before(c.until) {
		response.StatusCode, response.Body = http.StatusOK, io.NopCloser(bytes.NewReader([]byte("{}")))
	}
	return response, nil
}

func TestRun_waitsForAWSOnly(t *testing.T) {
	t.Parallel()
	const name = "Encrypt/on a key in state Disabled is DisabledException"
	for _, c := range []struct {
		property string
		delay    time.Duration
		tls      *tls.ConnectionState
		fails    bool
	}{
		{"a change that is seen late on AWS is waited for", 20 * time.Second, new(tls.ConnectionState), false},
		{"a change that is never seen on AWS is a failure", time.Hour, new(tls.ConnectionState), true},
		{"a change that is seen late elsewhere is a failure", time.Millisecond, nil, true},
	} {
		t.Run(c.property, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				begin := time.Now()
				client := kmstest.New().Client(func(o *kms.Options) {
					o.HTTPClient = lateClient{o.HTTPClient, begin.Add(c.delay), c.tls}
				})
				assert.Equal(t, c.fails, len(conformance.Judge(t, client, name)) > 0)
				if c.tls == nil {
					assert.Zero(t, time.Since(begin), "time that was waited")
				}
			})
		})
	}
}
