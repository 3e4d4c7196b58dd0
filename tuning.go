package kmskit

import (
	"math/rand/v2"
	"net/http"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/kms"
)

// What [TuneClient] sets.
const (
	tunedAttempts      = 5
	tunedFirstDelay    = 50 * time.Millisecond
	tunedThrottleDelay = time.Second
	tunedLongestDelay  = 2 * time.Second
	tunedIdleConns     = 256
)

// TuneClient changes the SDK's defaults to what suits KMS, whose calls take
// milliseconds and of which a busy service makes many at once. Nothing in this
// package applies it by itself. Hand it to the constructor of a client:
//
//	client := kms.NewFromConfig(cfg, kmskit.TuneClient)
//
// Retries, where the client has the SDK's standard retry mode:
//
//   - The first retry follows after up to 50 ms, at random, rather than after up
//     to 2 s; further delays double, up to 2 s. A call that meets one HTTP 500
//     takes some 25 ms at the median; with the defaults it takes 1 s.
//   - After a throttling error the delay is up to 1 s at first, so that a quota
//     that is used up is not called more often than before.
//   - A call makes up to 5 attempts rather than 3, which with these delays take no
//     longer. RetryMaxAttempts, as an option or in the config, takes precedence.
//   - LimitExceededException is not retried. The SDK takes it for throttling, but
//     KMS means a quota of resources by it, such as the aliases of a key, and no
//     waiting makes room.
//
// The retry quota of the SDK, which ends retries where most calls fail, stays.
//
// Connections, where the client has the SDK's own HTTP client:
//
//   - Up to 256 idle connections are kept rather than 10 for a host. What is idle
//     beyond them the SDK closes, and a later call pays for another TLS handshake.
//     Where 100 calls come at once, again and again, the defaults open 90
//     connections each time and reach less than a quarter of the calls per second,
//     most of the processor's time going into handshakes. A steady stream of calls,
//     of whose connections few are idle at any time, gains little.
//
// What the caller has chosen stays: another HTTP client, numbers of idle
// connections other than the SDK's defaults, a Retryer in the config, another
// RetryMode. TuneClient cannot recognise just one thing: an option that sets
// Retryer to a [*retry.Standard]. Put it after TuneClient, so that it wins.
//
// TuneClient is for making a client, not an option of single calls: each would
// have connections of its own.
func TuneClient(o *kms.Options) {
	if hasDefaultRetryer(o) {
		o.Retryer = retry.NewStandard(tuneRetries)
	}
	if client, ok := o.HTTPClient.(*awshttp.BuildableClient); ok {
		o.HTTPClient = client.WithTransportOptions(tuneConnections)
	}
}

// hasDefaultRetryer reports whether the SDK made the retryer: where a config has
// one, the SDK leaves RetryMode as it is, which is empty unless the config has
// that too.
func hasDefaultRetryer(o *kms.Options) bool {
	_, standard := o.Retryer.(*retry.Standard)
	return standard && o.RetryMode == aws.RetryModeStandard
}

func tuneRetries(o *retry.StandardOptions) {
	o.MaxAttempts = tunedAttempts
	o.Backoff = retry.BackoffDelayerFunc(tunedDelay)
	o.Retryables = slices.Insert(o.Retryables, 0, retry.IsErrorRetryable(retry.IsErrorRetryableFunc(resourceQuotaStays)))
}

// tunedDelay returns how long to wait after an attempt, counted from 1.
func tunedDelay(attempt int, err error) (time.Duration, error) {
	most := tunedFirstDelay
	if retry.IsErrorThrottles(retry.DefaultThrottles).IsErrorThrottle(err) == aws.TrueTernary {
		most = tunedThrottleDelay
	}
	for ; attempt > 1 && most < tunedLongestDelay; attempt-- {
		most *= 2
	}
	return rand.N(min(most, tunedLongestDelay)), nil //nolint:gosec // spreads callers out, hides nothing
}

func resourceQuotaStays(err error) aws.Ternary {
	if ErrorCode(err) == "LimitExceededException" {
		return aws.FalseTernary
	}
	return aws.UnknownTernary
}

func tuneConnections(t *http.Transport) {
	if t.MaxIdleConnsPerHost == awshttp.DefaultHTTPTransportMaxIdleConnsPerHost {
		t.MaxIdleConnsPerHost = tunedIdleConns
	}
	if t.MaxIdleConns == awshttp.DefaultHTTPTransportMaxIdleConns {
		t.MaxIdleConns = tunedIdleConns
	}
}
