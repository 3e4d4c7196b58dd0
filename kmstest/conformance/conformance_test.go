package conformance_test

import (
	"context"
	"net/http/httptest"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/kmskit/kmskit/kmstest"
	"github.com/kmskit/kmskit/kmstest/conformance"
	"github.com/stretchr/testify/assert"
)

func TestRun_overLoopback(t *testing.T) {
	t.Parallel()
	port := httptest.NewServer(kmstest.New())
	t.Cleanup(port.Close)
	conformance.Run(t, clientAt(port.URL))
}

// clientAt returns a maker of clients of whatever KMS listens at an address.
func clientAt(url string) func(testing.TB) *kms.Client {
	return func(testing.TB) *kms.Client {
		return kms.NewFromConfig(aws.Config{
			Region:       "us-east-1",
			BaseEndpoint: &url,
			Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
				return aws.Credentials{AccessKeyID: "AKIAIOSFODNN7EXAMPLE", SecretAccessKey: "secret"}, nil
			}),
		})
	}
}

func TestRun_endsWhereNobodyAnswers(t *testing.T) {
	t.Parallel()
	port := httptest.NewServer(kmstest.New())
	port.Close()
	failed, log := conformance.Reach(t, func(t testing.TB) *kms.Client {
		return kms.New(clientAt(port.URL)(t).Options(), func(o *kms.Options) { o.Retryer = aws.NopRetryer{} })
	})
	assert.True(t, failed)
	assert.Contains(t, log, "no KMS answers: ")
}
