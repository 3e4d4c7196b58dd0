package sigv4_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/kmskit/kmskit/kmstest/internal/sigv4"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The secret of AWS's published examples.
const secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"

var noon = time.Date(2015, 8, 30, 12, 36, 0, 0, time.UTC)

// request is a request of the examples, with the Authorization header that signs
// those headers, which come in pairs.
func request(method, target, service, signed, signature string, headers ...string) *http.Request {
	r := httptest.NewRequest(method, target, nil)
	r.Host = "example.amazonaws.com"
	r.Header.Set("X-Amz-Date", "20150830T123600Z")
	for i := 0; i < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/"+service+"/aws4_request, "+
		"SignedHeaders="+signed+", Signature="+signature)
	return r
}

// The examples are those of the General Reference and of the test suite that goes
// with it.
func TestSignature_Verify_publishedExamples(t *testing.T) {
	t.Parallel()
	listUsers := request("GET", "/?Action=ListUsers&Version=2010-05-08", "iam", "content-type;host;x-amz-date",
		"5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7",
		"Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
	listUsers.Host = "iam.amazonaws.com"
	for name, test := range map[string]struct {
		request *http.Request
		body    string
	}{
		"ListUsers": {request: listUsers},
		"get-vanilla": {request: request("GET", "/", "service", "host;x-amz-date",
			"5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31")},
		"get-vanilla-query-order-key-case": {request: request("GET", "/?Param2=value2&Param1=value1", "service", "host;x-amz-date",
			"b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500")},
		"post-vanilla": {request: request("POST", "/", "service", "host;x-amz-date",
			"5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b")},
		"post-x-www-form-urlencoded": {request("POST", "/", "service", "content-type;host;x-amz-date",
			"ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a",
			"Content-Type", "application/x-www-form-urlencoded"), "Param1=value1"},
		"get-header-value-trim": {request: request("GET", "/", "service", "host;my-header1;my-header2;x-amz-date",
			"acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736",
			"My-Header1", " value1", "My-Header2", ` "a   b   c"`)},
		"get-header-key-duplicate": {request: request("GET", "/", "service", "host;my-header1;x-amz-date",
			"c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea",
			"My-Header1", "value2", "My-Header1", "value2", "My-Header1", "value1")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, err := sigv4.Parse(test.request)
			require.NoError(t, err)
			assert.Equal(t, "AKIDEXAMPLE", s.AccessKeyID)
			assert.Equal(t, "us-east-1", s.Region)
			require.NoError(t, s.CheckTime(noon))
			require.NoError(t, s.Verify(test.request, []byte(test.body), sigv4.Credentials{Secret: secret}))

			for what, change := range map[string]func(r *http.Request, body *string, c *sigv4.Credentials){
				"method": func(r *http.Request, _ *string, _ *sigv4.Credentials) { r.Method = "PUT" },
				"query":  func(r *http.Request, _ *string, _ *sigv4.Credentials) { r.URL.RawQuery += "&a=b" },
				"path":   func(r *http.Request, _ *string, _ *sigv4.Credentials) { r.URL.Path = "/a b" },
				"host":   func(r *http.Request, _ *string, _ *sigv4.Credentials) { r.Host = "example.com" },
				"body":   func(_ *http.Request, body *string, _ *sigv4.Credentials) { *body += " " },
				"secret": func(_ *http.Request, _ *string, c *sigv4.Credentials) { c.Secret = strings.ToLower(c.Secret) },
			} {
				r, body, c := test.request.Clone(t.Context()), test.body, sigv4.Credentials{Secret: secret}
				change(r, &body, &c)
				assert.ErrorContains(t, s.Verify(r, []byte(body), c), "does not match the signature you provided", what)
			}
		})
	}
}

func TestParse(t *testing.T) {
	t.Parallel()
	const parts = "Authorization header requires 'Credential' parameter. Authorization header requires 'Signature' parameter. " +
		"Authorization header requires 'SignedHeaders' parameter. "
	for name, test := range map[string]struct {
		change     func(h http.Header)
		code, text string
	}{
		"without a header": {
			func(h http.Header) { h.Del("Authorization") },
			"MissingAuthenticationTokenException", "Missing Authentication Token",
		},
		"without a part": {
			func(h http.Header) { replace(h, ", Signature=5", ", Other=5") },
			"IncompleteSignatureException", "Authorization header requires 'Signature' parameter. Authorization=AWS4-HMAC-SHA256 ",
		},
		"of another kind": {
			func(h http.Header) { h.Set("Authorization", "Bearer x"); h.Del("X-Amz-Date") },
			"IncompleteSignatureException",
			parts + "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. Authorization=Bearer x",
		},
		"with a scope that is too short": {
			func(h http.Header) { replace(h, "/service", "") },
			"IncompleteSignatureException", "Credential must have exactly 5 slash-delimited elements, ",
		},
		"with another terminator": {
			func(h http.Header) { replace(h, "aws4_request", "aws5_request") },
			"InvalidSignatureException", "Credential should be scoped with a valid terminator: 'aws4_request', not 'aws5_request'.",
		},
		"with another kind of date": {
			func(h http.Header) { h.Set("X-Amz-Date", "2015-08-30") },
			"IncompleteSignatureException", "Date must be in ISO-8601 'basic format'. Got '2015-08-30'. ",
		},
		"of another day": {
			func(h http.Header) { h.Set("X-Amz-Date", "20150831T000000Z") },
			"InvalidSignatureException", "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: " +
				"'20150830' != '20150831', from '20150831T000000Z'.",
		},
		"that leaves the host out": {
			func(h http.Header) { replace(h, "host;", "") },
			"InvalidSignatureException", "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.",
		},
		"that leaves an X-Amz- header out": {
			func(h http.Header) { h.Set("X-Amz-Target", "TrentService.ListKeys") },
			"InvalidSignatureException", "'X-Amz-Target' must be a 'SignedHeader' in the AWS Authorization.",
		},
	} {
		t.Run("refuses a signature "+name, func(t *testing.T) {
			t.Parallel()
			r := request("POST", "/", "service", "host;x-amz-date", "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b")
			test.change(r.Header)
			_, err := sigv4.Parse(r)
			require.ErrorContains(t, err, test.code+": "+test.text)
		})
	}
}

// A request that another signer than the SDK's has signed in its query string.
const presigned = "/?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIDEXAMPLE%2F20150830%2Fus-east-1%2Fkms%2Faws4_request" +
	"&X-Amz-Date=20150830T123600Z&X-Amz-Expires=60&X-Amz-SignedHeaders=host%3Bx-amz-target&X-Amz-Security-Token=abc" +
	"&X-Amz-Signature=90ae9816f3bf7a9d87f66f707dee088ffc4031fed3e7b6ed4ce0d9b516c9291f"

func TestParse_query(t *testing.T) {
	t.Parallel()
	parse := func(target string) (*http.Request, *sigv4.Signature, error) {
		r := httptest.NewRequest(http.MethodPost, target, nil)
		r.Host = "example.amazonaws.com"
		r.Header.Set("X-Amz-Target", "TrentService.ListKeys")
		s, err := sigv4.Parse(r)
		return r, s, err
	}
	t.Run("reads what an Authorization header has", func(t *testing.T) {
		t.Parallel()
		r, s, err := parse(presigned)
		require.NoError(t, err)
		assert.Equal(t, "AKIDEXAMPLE", s.AccessKeyID)
		assert.Equal(t, "us-east-1", s.Region)
		assert.Equal(t, "kms", s.Service)
		require.NoError(t, s.CheckTime(noon.Add(15*time.Minute)), "X-Amz-Expires is for S3")
		require.ErrorContains(t, s.CheckTime(noon.Add(16*time.Minute)), "Signature expired")
		require.NoError(t, s.Verify(r, []byte("{}"), sigv4.Credentials{Secret: secret, SessionToken: "abc"}))
		require.ErrorContains(t, s.Verify(r, []byte("{ }"), sigv4.Credentials{Secret: secret, SessionToken: "abc"}), "does not match")
		require.ErrorContains(t, s.Verify(r, []byte("{}"), sigv4.Credentials{Secret: secret}), "UnrecognizedClientException")
	})

	for name, test := range map[string]struct{ from, to, code, text string }{
		"without its parts": {
			"&X-Amz-", "&", "IncompleteSignatureException",
			"AWS query-string parameters must include 'X-Amz-Credential'. AWS query-string parameters must include 'X-Amz-Signature'. " +
				"AWS query-string parameters must include 'X-Amz-SignedHeaders'. AWS query-string parameters must include 'X-Amz-Date'. " +
				"Re-examine the query-string parameters.",
		},
		"of another kind": {
			"HMAC-SHA256", "HMAC-SHA1", "IncompleteSignatureException",
			"AWS query-string parameters must include 'X-Amz-Algorithm'. Re-examine the query-string parameters.",
		},
		"with a scope that is too short":     {"%2Fkms", "", "IncompleteSignatureException", "Credential must have exactly 5 slash-delimited elements, "},
		"with another kind of date":          {"20150830T", "2015T", "IncompleteSignatureException", "Date must be in ISO-8601 'basic format'. Got '2015T123600Z'. "},
		"that leaves an X-Amz- header out":   {"%3Bx-amz-target", "", "InvalidSignatureException", "'X-Amz-Target' must be a 'SignedHeader' in the AWS Authorization."},
		"that leaves the host out":           {"host%3B", "", "InvalidSignatureException", "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization."},
		"with none of what a signature says": {"X-Amz-Algorithm", "Algorithm", "MissingAuthenticationTokenException", "Missing Authentication Token"},
	} {
		t.Run("refuses a signature "+name, func(t *testing.T) {
			t.Parallel()
			_, _, err := parse(strings.ReplaceAll(presigned, test.from, test.to))
			require.ErrorContains(t, err, test.code+": "+test.text)
		})
	}

	t.Run("refuses two signatures", func(t *testing.T) {
		t.Parallel()
		r := request("POST", presigned, "service", "host;x-amz-date", "00")
		_, err := sigv4.Parse(r)
		require.EqualError(t, err, "InvalidSignatureException: Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header.")
	})
}

func replace(h http.Header, from, to string) {
	h.Set("Authorization", strings.Replace(h.Get("Authorization"), from, to, 1))
}

func TestSignature_CheckTime(t *testing.T) {
	t.Parallel()
	s, err := sigv4.Parse(request("POST", "/", "service", "host;x-amz-date", "00"))
	require.NoError(t, err)
	const quarter = 15 * time.Minute
	assert.NoError(t, s.CheckTime(noon.Add(quarter)))
	assert.NoError(t, s.CheckTime(noon.Add(-quarter)))
	assert.EqualError(t, s.CheckTime(noon.Add(quarter+time.Second)),
		"InvalidSignatureException: Signature expired: 20150830T123600Z is now earlier than 20150830T123601Z (20150830T125101Z - 15 min.)")
	assert.EqualError(t, s.CheckTime(noon.Add(-quarter-time.Second).In(time.FixedZone("", 3600))),
		"InvalidSignatureException: Signature not yet current: 20150830T123600Z is still later than 20150830T123559Z (20150830T122059Z + 15 min.)")
}

func TestParse_dateHeader(t *testing.T) {
	t.Parallel()
	r := request("GET", "/", "service", "date;host", "00")
	r.Header.Del("X-Amz-Date")
	r.Header.Set("Date", "Sun, 30 Aug 2015 12:36:00 GMT")
	s, err := sigv4.Parse(r)
	require.NoError(t, err)
	assert.NoError(t, s.CheckTime(noon))
}
