// Package conformance_test checks AWS itself by the cases that kmstest is checked
// by.
package conformance_test

import (
	"os"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/kmskit/kmskit/kmstest/conformance"
	"github.com/stretchr/testify/require"
)

const (
	profileVariable = "KMSKIT_CONFORMANCE_PROFILE"
	regionVariable  = "KMSKIT_CONFORMANCE_REGION"
)

// It costs money, up to about 1 USD a run: see the documentation of package
// conformance first. Then:
//
//	KMSKIT_CONFORMANCE_PROFILE=sandbox KMSKIT_CONFORMANCE_REGION=eu-west-1 \
//		go test -C examples ./conformance -v -timeout 30m -parallel 4
func TestAWS(t *testing.T) {
	t.Parallel()
	profile, region := os.Getenv(profileVariable), os.Getenv(regionVariable)
	if profile == "" || region == "" {
		t.Skipf("this test makes keys on AWS, which costs money; to have it do so, set %s and %s", profileVariable, regionVariable)
	}
	cfg, err := config.LoadDefaultConfig(t.Context(),
		config.WithSharedConfigProfile(profile),
		config.WithRegion(region),
		config.WithRetryer(patient),
	)
	require.NoError(t, err)
	conformance.Run(t, func(testing.TB) *kms.Client { return kms.NewFromConfig(cfg) })
}

// patient tries throttled requests again for minutes: GetParametersForImport, for
// one, is served once in four seconds.
func patient() aws.Retryer {
	return retry.NewAdaptiveMode(func(o *retry.AdaptiveModeOptions) {
		o.StandardOptions = append(o.StandardOptions, func(o *retry.StandardOptions) { o.MaxAttempts = 20 })
	})
}
