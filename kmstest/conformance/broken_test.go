package conformance_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/kmskit/kmskit/kmstest"
	"github.com/kmskit/kmskit/kmstest/conformance"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A document is the JSON of a request or an answer.
type document map[string]any

// An exchange is one request on its way to a sound KMS and back.
type exchange struct {
	operation string
	request   document
	swallowed bool // the request never arrives, and the answer is empty
	status    int
	answer    document // nil if there is no body
}

// refuse turns the answer into a refusal.
func (x *exchange) refuse(code string) {
	x.status, x.answer = http.StatusBadRequest, document{"__type": code, "message": "broken"}
}

// A breakage is what is wrong with a KMS, and the cases that must notice.
type breakage struct {
	request func(x *exchange)
	answer  func(x *exchange)
	noticed []string
}

var breakages = map[string]breakage{
	"Encrypt does not say which key": {
		answer: func(x *exchange) {
			if x.operation == "Encrypt" {
				delete(x.answer, "KeyId")
			}
		},
		noticed: []string{"Encrypt/answers ciphertext, algorithm and key ARN"},
	},
	"GenerateDataKeyWithoutPlaintext has the plaintext": {
		answer: func(x *exchange) {
			if x.operation == "GenerateDataKeyWithoutPlaintext" && x.status == http.StatusOK {
				x.answer["Plaintext"] = "AAAA"
			}
		},
		noticed: []string{"GenerateDataKeyWithoutPlaintext/answers the encrypted key only"},
	},
	"members that are false are left out": {
		answer: func(x *exchange) {
			for _, object := range []any{map[string]any(x.answer), x.answer["KeyMetadata"]} {
				object, _ := object.(map[string]any)
				for name, value := range object {
					if value == false {
						delete(object, name)
					}
				}
			}
		},
		noticed: []string{
			"CreateKey/without any member makes a symmetric key", "DescribeKey/a disabled key is not Enabled",
			"ListResourceTags/of a key without tags is an empty list", "GetKeyRotationStatus/of a new key is off",
		},
	},
	"a disabled key is in an invalid state": {
		answer: func(x *exchange) {
			if x.answer["__type"] == "DisabledException" {
				x.answer["__type"] = "KMSInvalidStateException"
			}
		},
		noticed: []string{
			"Encrypt/on a key in state Disabled is DisabledException", "GetPublicKey/state comes before usage",
		},
	},
	"the encryption context is ignored": {
		request: func(x *exchange) { delete(x.request, "EncryptionContext") },
		noticed: []string{"Decrypt/wrong context is InvalidCiphertext"},
	},
	"the encryption context is joined without separators": {
		request: func(x *exchange) {
			pairs, ok := x.request["EncryptionContext"].(map[string]any)
			if !ok {
				return
			}
			var joined strings.Builder
			for _, name := range slices.Sorted(maps.Keys(pairs)) {
				joined.WriteString(name + pairs[name].(string))
			}
			x.request["EncryptionContext"] = map[string]any{"joined": joined.String()}
		},
		noticed: []string{"Decrypt/wrong context is InvalidCiphertext"},
	},
	"Verify answers false": {
		answer: func(x *exchange) {
			if x.answer["__type"] == "KMSInvalidSignatureException" {
				x.status, x.answer = http.StatusOK, document{"SignatureValid": false}
			}
		},
		noticed: []string{"Verify/another message or signature is KMSInvalidSignature without a text"},
	},
	"a forger is told what was wrong": {
		answer: func(x *exchange) {
			if x.answer["__type"] == "InvalidCiphertextException" {
				x.answer["message"] = "the tag is wrong"
			}
		},
		noticed: []string{
			"Decrypt/a damaged ciphertext is InvalidCiphertext without a text", "Decrypt/InvalidCiphertext has no message",
		},
	},
	"EnableKey does nothing": {
		request: func(x *exchange) { x.swallowed = x.operation == "EnableKey" },
		noticed: []string{"EnableKey/makes a disabled key usable again"},
	},
	"PutKeyPolicy does nothing": {
		request: func(x *exchange) { x.swallowed = x.operation == "PutKeyPolicy" },
		noticed: []string{
			"PutKeyPolicy/decides from then on", "Encrypt/access comes before state",
			"Sign/is AccessDenied where the key policy denies it",
		},
	},
	"TagResource has a body": {
		answer: func(x *exchange) {
			if x.operation == "TagResource" && x.answer == nil {
				x.answer = document{}
			}
		},
		noticed: []string{"TagResource/has no output, adds tags and replaces values"},
	},
	"dry runs are no such thing": {
		request: func(x *exchange) { delete(x.request, "DryRun") },
		noticed: []string{
			"Encrypt/a dry run that would succeed is DryRunOperation", "CreateGrant/a dry run makes no grant",
			"VerifyMac/a dry run that would succeed is DryRunOperation",
		},
	},
	"grant tokens are not looked at": {
		request: func(x *exchange) { delete(x.request, "GrantTokens") },
		noticed: []string{"Sign/a made-up grant token is InvalidGrantToken"},
	},
	"recipients are ignored": {
		request: func(x *exchange) { delete(x.request, "Recipient") },
		noticed: []string{
			"Decrypt/a recipient without an attestation document is refused",
			"GenerateRandom/a recipient without an attestation document is refused",
		},
	},
	"a list is never truncated": {
		answer: func(x *exchange) {
			if _, ok := x.answer["Truncated"]; ok {
				x.answer["Truncated"] = false
				delete(x.answer, "NextMarker")
			}
		},
		noticed: []string{
			"ListAliases/comes in pages that have everything once", "ListGrants/comes in pages that have everything once",
			"ListKeys/a page has Limit keys at most, and a marker if there are more",
		},
	},
	"a marker is not looked at": {
		request: func(x *exchange) { delete(x.request, "Marker") },
		noticed: []string{"ListKeys/a made-up marker is InvalidMarker"},
	},
	"what is not there is status 404": {
		answer: func(x *exchange) {
			if x.answer["__type"] == "NotFoundException" {
				x.status = http.StatusNotFound
			}
		},
		noticed: []string{"DescribeKey/a refusal has status 400, and its code in the type"},
	},
	"a window of 6 days is good enough": {
		request: func(x *exchange) {
			if x.request["PendingWindowInDays"] == json.Number("6") {
				x.request["PendingWindowInDays"] = 7
			}
		},
		noticed: []string{"ScheduleKeyDeletion/6 and 31 days are a ValidationException"},
	},
	"random bytes are not": {
		answer: func(x *exchange) {
			if x.operation == "GenerateRandom" && x.status == http.StatusOK {
				b, _ := base64.StdEncoding.DecodeString(x.answer["Plaintext"].(string))
				x.answer["Plaintext"] = base64.StdEncoding.EncodeToString(make([]byte, len(b)))
			}
		},
		noticed: []string{"GenerateRandom/is something else each time"},
	},
	"CancelKeyDeletion enables the key": {
		answer: func(x *exchange) {
			if k, ok := x.answer["KeyMetadata"].(map[string]any); ok && k["KeyState"] == "Disabled" {
				k["KeyState"], k["Enabled"] = "Enabled", true
			}
		},
		noticed: []string{"CancelKeyDeletion/leaves the key disabled"},
	},
	"ScheduleKeyDeletion answers the key ID": {
		answer: func(x *exchange) {
			if arn, ok := x.answer["KeyId"].(string); ok && x.operation == "ScheduleKeyDeletion" {
				x.answer["KeyId"] = arn[strings.LastIndex(arn, "/")+1:]
			}
		},
		noticed: []string{"ScheduleKeyDeletion/answers the date, the state and the window"},
	},
	"usage comes before state": {
		answer: func(x *exchange) {
			if x.operation == "Sign" && x.answer["__type"] == "DisabledException" {
				x.refuse("InvalidKeyUsageException")
			}
		},
		noticed: []string{"Sign/state comes before usage"},
	},
	"signatures are not made with the key": {
		answer: func(x *exchange) {
			if s, ok := x.answer["Signature"].(string); ok {
				b, _ := base64.StdEncoding.DecodeString(s)
				b[len(b)-1] ^= 1
				x.answer["Signature"] = base64.StdEncoding.EncodeToString(b)
			}
		},
		noticed: []string{
			"Sign/ECDSA signatures are DER and verify elsewhere", "Sign/RSA signatures of both kinds verify elsewhere",
			"Verify/a valid signature is SignatureValid",
		},
	},
	"dates are texts": {
		answer: func(x *exchange) {
			if k, ok := x.answer["KeyMetadata"].(map[string]any); ok {
				k["CreationDate"] = "2026-01-02T03:04:05Z"
			}
		},
		noticed: []string{"DescribeKey/a date is a number of seconds"},
	},
	"a constraint has another text": {
		answer: func(x *exchange) {
			if text, ok := x.answer["message"].(string); ok && x.answer["__type"] == "ValidationException" {
				x.answer["message"] = strings.ReplaceAll(text, "at 'keyId'", "at 'KeyId'")
			}
		},
		noticed: []string{
			"Encrypt/without its required members is a ValidationException", "Encrypt/an empty key ID is a ValidationException",
		},
	},
	"aliases are good everywhere": {
		answer: func(x *exchange) {
			if id, ok := x.request["KeyId"].(string); ok && strings.HasPrefix(id, "alias/") && x.status != http.StatusOK {
				x.status, x.answer = http.StatusOK, document{}
			}
		},
		noticed: []string{"TagResource/an alias in place of a key ID is refused"},
	},
}

// A brokenClient is an HTTP client with a KMS behind it that has a breakage.
type brokenClient struct {
	kms.HTTPClient
	breakage
}

func (c brokenClient) Do(r *http.Request) (*http.Response, error) {
	x := &exchange{operation: strings.TrimPrefix(r.Header.Get("X-Amz-Target"), "TrentService.")}
	sent, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	if x.request = parse(sent); x.request != nil && c.request != nil {
		c.request(x)
		sent, _ = json.Marshal(x.request)
	}
	r = r.Clone(r.Context())
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(sent)), int64(len(sent))
	response := &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: http.NoBody, Request: r}
	if !x.swallowed {
		if response, err = c.HTTPClient.Do(r); err != nil {
			return nil, err
		}
	}
	response.Header.Del("X-Amzn-Errortype") // the body has it, where it may be broken
	received, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, err
	}
	x.status, x.answer = response.StatusCode, parse(received)
	if c.answer != nil {
		c.answer(x)
	}
	received = nil
	if x.answer != nil {
		received, _ = json.Marshal(x.answer)
	}
	response.StatusCode, response.Body = x.status, io.NopCloser(bytes.NewReader(received))
	return response, nil
}

// parse returns a document with its numbers as they are, or nil if it is none.
func parse(b []byte) (d document) {
	decoder := json.NewDecoder(bytes.NewReader(b))
	decoder.UseNumber()
	if decoder.Decode(&d) != nil {
		return nil
	}
	return d
}

func newBroken(b breakage) *kms.Client {
	return kmstest.New().Client(func(o *kms.Options) { o.HTTPClient = brokenClient{o.HTTPClient, b} })
}

func TestRun_noticesWhatIsBroken(t *testing.T) {
	t.Parallel()
	known, _ := conformance.Rules()
	for name, b := range breakages {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Subset(t, known, b.noticed)
			failures := conformance.Judge(t, newBroken(b), b.noticed...)
			for _, name := range b.noticed {
				assert.Contains(t, failures[name], "Why: ", "%s has not failed", name)
			}
		})
	}
}

// The cases above notice the breakage, and not the HTTP client that breaks.
func TestRun_findsNothingBrokenElsewhere(t *testing.T) {
	t.Parallel()
	var names []string
	for _, b := range breakages {
		names = append(names, b.noticed...)
	}
	assert.Empty(t, conformance.Judge(t, newBroken(breakage{}), names...))
}

// A key that KMS should have refused to make must not be left behind.
func TestRun_discardsWhatShouldNotBe(t *testing.T) {
	t.Parallel()
	srv := kmstest.New()
	client := srv.Client(func(o *kms.Options) {
		o.HTTPClient = brokenClient{o.HTTPClient, breakage{request: func(x *exchange) {
			if x.operation == "CreateKey" {
				x.request = document{}
			}
		}}}
	})
	const name = "CreateKey/a usage that the key spec has not is a ValidationException"
	require.Contains(t, conformance.Judge(t, client, name), name)
	keys, err := srv.API().ListKeys(t.Context(), &kms.ListKeysInput{})
	require.NoError(t, err)
	require.NotEmpty(t, keys.Keys)
	leavesNothing(t, srv)
}
