package conformance_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/kmskit/kmskit/kmstest"
	"github.com/kmskit/kmskit/kmstest/conformance"
)

// A test of whatever is, or wraps, a KMS. Here that is kmstest; the client of a
// server on a port has a BaseEndpoint, and that of AWS nothing special.
func ExampleRun() { //nolint:testableexamples // a *testing.T comes from go test only
	var t *testing.T // as in func TestConformance(t *testing.T)

	conformance.Run(t, func(testing.TB) *kms.Client {
		return kmstest.New().Client()
	})
}
