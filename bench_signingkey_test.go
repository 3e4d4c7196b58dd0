package kmskit_test

import (
	"context"
	"crypto"
	"crypto/sha256"
	"encoding/base64"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kmskit/kmskit"
)

// signings pairs what a SigningKey does with what [kmskit.Signer.Sign] needs for
// the same call.
func signings(tb testing.TB, api kmskit.SigningAPI) map[string][2]call {
	tb.Helper()
	signer := kmskit.NewSigner(api)
	key, err := signer.SigningKey(tb.Context(), fakeKeyID)
	require.NoError(tb, err)
	message := []byte("0123456789abcdef")
	digest := sha256.Sum256(message)
	asDigest := func(in *kms.SignInput) { in.MessageType = types.MessageTypeDigest }
	return map[string][2]call{
		"Sign": {
			func(ctx context.Context) (err error) {
				sinkBytes, err = signer.Sign(ctx, key.KeyARN(), digest[:], ecdsa256, asDigest)
				return err
			}, func(context.Context) (err error) {
				sinkBytes, err = key.Sign(nil, digest[:], crypto.SHA256)
				return err
			},
		},
		"SignMessage": {
			func(ctx context.Context) (err error) {
				digest := sha256.Sum256(message)
				sinkBytes, err = signer.Sign(ctx, key.KeyARN(), digest[:], ecdsa256, asDigest)
				return err
			}, func(context.Context) (err error) {
				sinkBytes, err = key.SignMessage(nil, message, crypto.SHA256)
				return err
			},
		},
	}
}

// signingClient returns a client that gets the answers of a P-256 key from
// memory.
func signingClient() *kms.Client {
	answers := map[string]string{
		"TrentService.GetPublicKey": `{"KeyId":"` + fakeKeyARN + `","KeySpec":"ECC_NIST_P256","KeyUsage":"SIGN_VERIFY","PublicKey":"` +
			base64.StdEncoding.EncodeToString(p256PublicKey()) + `","SigningAlgorithms":["ECDSA_SHA_256"]}`,
		"TrentService.Sign": `{"KeyId":"` + fakeKeyARN + `","SigningAlgorithm":"ECDSA_SHA_256","Signature":"` +
			base64.StdEncoding.EncodeToString(make([]byte, 70)) + `"}`,
	}
	header := http.Header{"Content-Type": {"application/x-amz-json-1.1"}, "X-Amzn-Requestid": {"11112222-3333-4444-5555-666677778888"}}
	return clientOver(roundTripper(func(req *http.Request) (*http.Response, error) {
		answer := answers[req.Header.Get("X-Amz-Target")]
		_, err := io.Copy(io.Discard, req.Body)
		return &http.Response{
			StatusCode: http.StatusOK, Header: header, ContentLength: int64(len(answer)), Request: req,
			Body: io.NopCloser(strings.NewReader(answer)),
		}, err
	}))
}

// BenchmarkSigningKey compares a SigningKey with [kmskit.Signer.Sign], which is
// what the results call sdk, on the same client, as BenchmarkWrappers does.
//
//	go test -run '^$' -bench SigningKey .
func BenchmarkSigningKey(b *testing.B) {
	calls := signings(b, signingClient())
	for _, name := range []string{"Sign", "SignMessage"} {
		b.Run(name, func(b *testing.B) {
			compare(b, calls[name][0], calls[name][1])
		})
	}
}

// BenchmarkSigningKey_Verify is of a signature that is checked without KMS.
func BenchmarkSigningKey_Verify(b *testing.B) {
	key, api := newSigningKey(b, types.KeySpecEccNistP256)
	message := []byte("0123456789abcdef")
	signature, err := key.SignMessage(nil, message, crypto.SHA256)
	require.NoError(b, err)
	for b.Loop() {
		if err := key.VerifyMessage(message, signature, crypto.SHA256); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(api.verified), "kms-calls")
}

// TestSigningKey_allocations holds how much a SigningKey allocates beyond
// [kmskit.Signer.Sign]. It is not parallel: allocations are counted in the whole
// process.
func TestSigningKey_allocations(t *testing.T) { //nolint:paralleltest // see above
	if raceDetector {
		t.Skip("the race detector empties pools at random")
	}
	f := telling(types.KeySpecEccNistP256, types.KeyUsageTypeSignVerify, p256PublicKey())
	f.silent = true
	extra := map[string]float64{"Sign": 0, "SignMessage": 2} // the hash and the digest
	for name, calls := range signings(t, f) {
		t.Run(name, func(t *testing.T) {
			ctx := t.Context()
			require.NoError(t, calls[0](ctx))
			require.NoError(t, calls[1](ctx))
			without := testing.AllocsPerRun(100, func() { _ = calls[0](ctx) })
			with := testing.AllocsPerRun(100, func() { _ = calls[1](ctx) })
			assert.LessOrEqual(t, with-without, extra[name], "%v allocations, %v without the key", with, without)
		})
	}
}
