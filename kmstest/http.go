package kmstest

import (
	"bytes"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"

	"github.com/kmskit/kmskit/kmstest/internal/wire"
)

const (
	contentType  = "application/x-amz-json-1.1"
	targetPrefix = "TrentService."
	largestBody  = 1 << 20
)

// ServeHTTP serves KMS's wire protocol, AWS JSON 1.1, to any client. The Region
// in the credential scope of a request is where it goes, and its access key says
// whom it is from; the signature is not verified.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	requestID := s.requests.uuid()
	body, err := s.answer(r, requestID)
	status := http.StatusOK
	if err != nil {
		var code string
		if status, code, body = wire.EncodeError(err); code == tooLarge {
			status = http.StatusRequestEntityTooLarge
		}
	}
	h := w.Header()
	h.Set("Content-Type", contentType)
	h.Set("Content-Length", strconv.Itoa(len(body)))
	h.Set("Date", s.Now().Format(http.TimeFormat))
	h.Set("X-Amzn-Requestid", requestID)
	h.Set("Cache-Control", "no-cache, no-store, must-revalidate, private")
	h.Set("Expires", "0")
	h.Set("Pragma", "no-cache")
	w.WriteHeader(status)
	_, _ = w.Write(body) //nolint:gosec // JSON, and it says so; if the client is gone, so be it
}

// answer runs the operation that a request asks for.
func (s *Server) answer(r *http.Request, requestID string) (body []byte, err error) {
	name, _ := strings.CutPrefix(r.Header.Get("X-Amz-Target"), targetPrefix)
	defer s.contain(name, &err)
	h, ok := handlers[name]
	if !ok || !speaksJSON(r) {
		return nil, clientFault("UnknownOperationException", "")
	}
	a, err := s.authenticate(r)
	if err != nil {
		return nil, err
	}
	a.requestID = requestID
	if body, err = readBody(r); err != nil {
		return nil, err
	}
	in := h.newInput()
	if err := wire.Decode(body, in); err != nil {
		return nil, err
	}
	out, err := h.run(r.Context(), a, in)
	if err != nil {
		return nil, err
	}
	return wire.Encode(out)
}

// speaksJSON reports whether r is a request of the protocol at all.
func speaksJSON(r *http.Request) bool {
	if r.Method != http.MethodPost || r.URL.Path != "/" && r.URL.Path != "" {
		return false
	}
	given := r.Header.Get("Content-Type")
	if given == contentType {
		return true
	}
	media, _, err := mime.ParseMediaType(given)
	return err == nil && media == contentType
}

const tooLarge = "RequestEntityTooLargeException"

// readBody returns the body of r in memory that nobody else has.
func readBody(r *http.Request) ([]byte, error) {
	if r.Body == nil {
		return nil, nil
	}
	var b bytes.Buffer
	if 0 < r.ContentLength && r.ContentLength <= largestBody {
		b.Grow(int(r.ContentLength) + bytes.MinRead)
	}
	if _, err := b.ReadFrom(io.LimitReader(r.Body, largestBody+1)); err != nil {
		return nil, clientFault("SerializationException", "")
	}
	if b.Len() > largestBody {
		return nil, clientFault(tooLarge, "Request is too large.")
	}
	return b.Bytes(), nil
}

// authenticate returns the operations as the principal, and in the Region, that
// the request's Authorization header names.
func (s *Server) authenticate(r *http.Request) (*API, error) {
	header := r.Header.Get("Authorization")
	if header == "" {
		return nil, clientFault("MissingAuthenticationTokenException", "Missing Authentication Token")
	}
	scope, ok := credentialScope(header)
	if !ok {
		return nil, clientFault("IncompleteSignatureException",
			"Authorization header requires 'Credential' parameter. Authorization header requires 'Signature' parameter.")
	}
	accessKey, region, service := scope[0], scope[2], scope[3]
	if service != "kms" {
		return nil, clientFault("InvalidSignatureException", "Credential should be scoped to correct service: 'kms'. ")
	}
	if region != s.regionName && !regionName.MatchString(region) {
		return nil, clientFault("InvalidSignatureException", "Credential should be scoped to a valid region. ")
	}
	return s.principals.withAccessKey(accessKey).in(region), nil
}

// credentialScope returns the five parts of the Credential parameter: access
// key, date, Region, service and terminator.
func credentialScope(header string) (scope []string, ok bool) {
	parameters, ok := strings.CutPrefix(header, "AWS4-HMAC-SHA256 ")
	if !ok {
		return nil, false
	}
	_, credential, ok := strings.Cut(parameters, "Credential=")
	if !ok {
		return nil, false
	}
	credential, _, _ = strings.Cut(credential, ",")
	scope = strings.Split(strings.TrimSpace(credential), "/")
	return scope, len(scope) == 5 && scope[4] == "aws4_request"
}
