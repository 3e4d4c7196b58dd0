// Package sigv4 verifies requests that are signed with Signature Version 4, in
// their Authorization header or in their query string. It follows the published
// description and is not the signer of the SDK turned round, so that the one is a
// test of the other.
//
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
package sigv4

import (
	"cmp"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	algorithm  = "AWS4-HMAC-SHA256"
	terminator = "aws4_request"
	basicTime  = "20060102T150405Z" // ISO 8601
	leeway     = 15 * time.Minute
)

// An Error is the refusal of a request, by the name and with the text that AWS
// gives it.
type Error struct {
	Code, Message string
}

// Error returns the name and the text.
func (e *Error) Error() string { return e.Code + ": " + e.Message }

func incomplete(format string, args ...any) error {
	return &Error{"IncompleteSignatureException", fmt.Sprintf(format, args...)}
}

func invalid(format string, args ...any) error {
	return &Error{"InvalidSignatureException", fmt.Sprintf(format, args...)}
}

// Credentials are what a request is signed with, besides the access key.
type Credentials struct {
	Secret       string
	SessionToken string // empty for long-term ones
}

// A Signature is what a request says of its own signature.
type Signature struct {
	AccessKeyID string
	Region      string
	Service     string

	date      string    // of the credential scope
	at        time.Time // of the request
	headers   []string  // that are signed, in lower case
	signature string    // in hexadecimal
	token     string    // of the session, if there is one
	presigned bool      // in the query string
}

// Parse reads the signature of a request. It refuses one that lacks a part, one
// that is not signed at all or twice, and one whose Host or X-Amz- headers are not
// signed.
func Parse(r *http.Request) (*Signature, error) {
	header, query := r.Header.Get("Authorization"), r.URL.Query()
	switch presigned := query.Has("X-Amz-Algorithm"); {
	case presigned && header != "":
		return nil, invalid("Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header.")
	case presigned:
		return parseQuery(query, r.Header)
	case header == "":
		return nil, &Error{"MissingAuthenticationTokenException", "Missing Authentication Token"}
	}
	parameters, _ := strings.CutPrefix(header, algorithm+" ")
	parts := map[string]string{}
	for part := range strings.SplitSeq(parameters, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		parts[name] = value
	}
	given := cmp.Or(r.Header.Get("X-Amz-Date"), r.Header.Get("Date"))
	if missing := missingParts(parts, given); missing != "" {
		return nil, incomplete("%sAuthorization=%s", missing, header)
	}
	s := &Signature{
		headers:   strings.Split(parts["SignedHeaders"], ";"),
		signature: parts["Signature"],
		token:     r.Header.Get("X-Amz-Security-Token"),
	}
	return s, s.parse(parts["Credential"], given, r.Header)
}

// parseQuery reads the signature of a request that has it in its query string. How
// long it should be good for, X-Amz-Expires, counts in S3 alone.
func parseQuery(query url.Values, h http.Header) (*Signature, error) {
	var missing strings.Builder
	for _, name := range []string{"X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Signature", "X-Amz-SignedHeaders", "X-Amz-Date"} {
		if v := query.Get(name); v == "" || name == "X-Amz-Algorithm" && v != algorithm {
			missing.WriteString("AWS query-string parameters must include '" + name + "'. ")
		}
	}
	if missing.Len() > 0 {
		return nil, incomplete("%sRe-examine the query-string parameters.", missing.String())
	}
	s := &Signature{
		headers:   strings.Split(query.Get("X-Amz-SignedHeaders"), ";"),
		signature: query.Get("X-Amz-Signature"),
		token:     query.Get("X-Amz-Security-Token"),
		presigned: true,
	}
	return s, s.parse(query.Get("X-Amz-Credential"), query.Get("X-Amz-Date"), h)
}

// parse reads the parts that have parts of their own, and checks the headers.
func (s *Signature) parse(credential, date string, h http.Header) error {
	if err := s.parseScope(credential); err != nil {
		return err
	}
	if err := s.parseTime(date); err != nil {
		return err
	}
	return s.checkHeaders(h)
}

// missingParts says what of a signature is missing.
func missingParts(parts map[string]string, date string) string {
	var text strings.Builder
	for _, name := range []string{"Credential", "Signature", "SignedHeaders"} {
		if parts[name] == "" {
			text.WriteString("Authorization header requires '" + name + "' parameter. ")
		}
	}
	if date == "" {
		text.WriteString("Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. ")
	}
	return text.String()
}

func (s *Signature) parseScope(credential string) error {
	scope := strings.Split(credential, "/")
	if len(scope) != 5 {
		return incomplete("Credential must have exactly 5 slash-delimited elements, "+
			"e.g. keyid/date/region/service/term, got '%s'", credential)
	}
	s.AccessKeyID, s.date, s.Region, s.Service = scope[0], scope[1], scope[2], scope[3]
	if scope[4] != terminator {
		return invalid("Credential should be scoped with a valid terminator: '%s', not '%s'.", terminator, scope[4])
	}
	return nil
}

func (s *Signature) parseTime(given string) (err error) {
	if s.at, err = time.Parse(basicTime, given); err != nil {
		if s.at, err = http.ParseTime(given); err != nil {
			return incomplete("Date must be in ISO-8601 'basic format'. Got '%s'. See http://en.wikipedia.org/wiki/ISO_8601", given)
		}
	}
	if at := s.at.Format(basicTime); at[:8] != s.date {
		return invalid("Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: "+
			"'%s' != '%s', from '%s'.", s.date, at[:8], at)
	}
	return nil
}

// checkHeaders refuses a signature that leaves out what it has to cover.
func (s *Signature) checkHeaders(h http.Header) error {
	if !slices.Contains(s.headers, "host") {
		return invalid("'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.")
	}
	for _, name := range slices.Sorted(maps.Keys(h)) {
		lower := strings.ToLower(name)
		if strings.HasPrefix(lower, "x-amz-") && !slices.Contains(s.headers, lower) {
			return invalid("'%s' must be a 'SignedHeader' in the AWS Authorization.", name)
		}
	}
	return nil
}

// CheckTime refuses a request that is more than 15 minutes old, or early.
func (s *Signature) CheckTime(now time.Time) error {
	at, now := s.at.Format(basicTime), now.UTC()
	switch earliest, latest := now.Add(-leeway).Format(basicTime), now.Add(leeway).Format(basicTime); {
	case at < earliest:
		return invalid("Signature expired: %s is now earlier than %s (%s - 15 min.)", at, earliest, now.Format(basicTime))
	case at > latest:
		return invalid("Signature not yet current: %s is still later than %s (%s + 15 min.)", at, latest, now.Format(basicTime))
	default:
		return nil
	}
}

// Unrecognized refuses credentials that nobody has, or that are not whole.
func Unrecognized() error {
	return &Error{"UnrecognizedClientException", "The security token included in the request is invalid."}
}

// Verify refuses a request that was not signed with c as it is, or with this body.
func (s *Signature) Verify(r *http.Request, body []byte, c Credentials) error {
	if !hmac.Equal([]byte(s.token), []byte(c.SessionToken)) {
		return Unrecognized()
	}
	want := hex.EncodeToString(mac(s.key(c.Secret), s.stringToSign(r, body)))
	if !hmac.Equal([]byte(want), []byte(s.signature)) {
		return invalid("The request signature we calculated does not match the signature you provided. " +
			"Check your AWS Secret Access Key and signing method. Consult the service documentation for details.")
	}
	return nil
}

// key returns the signing key of the scope.
func (s *Signature) key(secret string) []byte {
	key := []byte("AWS4" + secret)
	for _, part := range []string{s.date, s.Region, s.Service, terminator} {
		key = mac(key, part)
	}
	return key
}

func mac(key []byte, text string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(text))
	return h.Sum(nil)
}

func (s *Signature) stringToSign(r *http.Request, body []byte) string {
	scope := strings.Join([]string{s.date, s.Region, s.Service, terminator}, "/")
	return strings.Join([]string{algorithm, s.at.Format(basicTime), scope, hash([]byte(s.canonical(r, body)))}, "\n")
}

func hash(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// canonical returns the request in the one form in which it is signed. The path
// is not normalised, since there is only one in KMS.
func (s *Signature) canonical(r *http.Request, body []byte) string {
	headers := slices.Sorted(slices.Values(s.headers))
	query := r.URL.Query()
	if s.presigned {
		query.Del("X-Amz-Signature") // which was made without itself
	}
	var b strings.Builder
	b.WriteString(r.Method + "\n")
	b.WriteString(escape(cmp.Or(r.URL.EscapedPath(), "/"), "/") + "\n")
	b.WriteString(canonicalQuery(query) + "\n")
	for _, name := range headers {
		b.WriteString(name + ":" + canonicalHeader(r, name) + "\n")
	}
	b.WriteString("\n" + strings.Join(headers, ";") + "\n" + hash(body))
	return b.String()
}

// canonicalHeader returns the values of a header without superfluous blanks.
// Those that net/http keeps elsewhere are taken from there.
func canonicalHeader(r *http.Request, name string) string {
	values := slices.Clone(r.Header.Values(name))
	switch {
	case name == "host":
		return cmp.Or(r.Host, r.URL.Host)
	case name == "content-length" && len(values) == 0:
		return strconv.FormatInt(r.ContentLength, 10)
	}
	for i, v := range values {
		values[i] = strings.Join(strings.Fields(v), " ")
	}
	return strings.Join(values, ",")
}

func canonicalQuery(query url.Values) string {
	escaped := map[string][]string{}
	for name, values := range query {
		for _, v := range values {
			escaped[escape(name, "")] = append(escaped[escape(name, "")], escape(v, ""))
		}
	}
	var pairs []string
	for _, name := range slices.Sorted(maps.Keys(escaped)) {
		for _, v := range slices.Sorted(slices.Values(escaped[name])) {
			pairs = append(pairs, name+"="+v)
		}
	}
	return strings.Join(pairs, "&")
}

// escape percent-encodes all bytes but the unreserved ones and those in keep.
func escape(s, keep string) string {
	var b strings.Builder
	for _, c := range []byte(s) {
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9',
			strings.IndexByte("-_.~"+keep, c) >= 0:
			b.WriteByte(c)
		default:
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}
