package sigv4_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/kmskit/kmskit/kmstest/internal/sigv4"
)

// No header, and no query string, is taken for a signature of somebody whose secret
// it was not made with.
func FuzzParse(f *testing.F) {
	valid := request("POST", "/", "service", "host;x-amz-date", "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b")
	f.Add(valid.Header.Get("Authorization"), valid.Header.Get("X-Amz-Date"), "")
	f.Add("AWS4-HMAC-SHA256 Credential=a/b/c/d/aws4_request,SignedHeaders=host;;HOST,Signature=", "Sun, 30 Aug 2015 12:36:00 GMT", "a=b")
	f.Add("Credential=////,Signature==,SignedHeaders=content-length;host", "", "")
	f.Add("", "", presigned[2:])
	f.Fuzz(func(t *testing.T, authorization, date, query string) {
		r := httptest.NewRequest(http.MethodPost, "/", nil)
		r.URL.RawQuery = query
		r.Header.Set("Authorization", authorization)
		r.Header.Set("X-Amz-Date", date)
		s, err := sigv4.Parse(r)
		if err != nil {
			return
		}
		if s.Verify(r, nil, sigv4.Credentials{Secret: "another secret"}) == nil {
			t.Errorf("%q with the date %q and the query %q was verified", authorization, date, query)
		}
	})
}
