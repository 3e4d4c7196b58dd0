package kmstest

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"

	"github.com/kmskit/kmskit/kmstest/internal/sigv4"
	"github.com/kmskit/kmskit/kmstest/internal/wire"
)

const (
	contentType  = "application/x-amz-json-1.1"
	targetPrefix = "TrentService."
	largestBody  = 1 << 20
	longestWait  = 32 << 20 // bytes of a body that is too large
)

// ServeHTTP serves KMS's wire protocol, AWS JSON 1.1, to any client. The Region
// in the credential scope of a request is where it goes, and its access key says
// whom it is from; the signature is verified if [WithSignatureVerification] says so.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a := s.serve(r, w.Header())
	if a.fault != nil {
		a.fault.send(w, a)
		return
	}
	w.WriteHeader(a.status)
	_, _ = w.Write(a.body) // if the client is gone, so be it
}

// An answer is what goes back to a client, beside its header.
type answer struct {
	status int
	body   []byte
	fault  *networkFault // that keeps it, or a part of it, from the client
}

// serve answers a request of any kind, and sets the header of the answer.
func (s *Server) serve(r *http.Request, header http.Header) answer {
	number := s.requests.Add(1)
	origin := field(r, "Origin") != ""
	if origin && r.Method == http.MethodOptions {
		return s.preflight(r, header, number)
	}
	body, err := s.run(r, number)
	fault, ok := errors.AsType[*networkFault](err)
	if ok {
		body, err = fault.whole()
	}
	status := http.StatusOK
	if err != nil {
		var code string
		if status, code, body = wire.EncodeError(err); code == tooLarge {
			status = http.StatusRequestEntityTooLarge
		}
		header["X-Amzn-Errortype"] = []string{code}
	}
	s.setHeader(header, number, body)
	if origin {
		shareWithPages(header)
	}
	return answer{status, body, fault}
}

// preflight answers a browser that asks whether a page of another origin may send a
// request. It may, whatever the request is: KMS goes by its signature.
func (s *Server) preflight(r *http.Request, header http.Header, number uint64) answer {
	s.setHeader(header, number, nil)
	header.Del("Content-Type")
	shareWithPages(header)
	header.Set("Access-Control-Max-Age", "172800")
	for asked, allowed := range map[string]string{
		"Access-Control-Request-Headers": "Access-Control-Allow-Headers",
		"Access-Control-Request-Method":  "Access-Control-Allow-Methods",
	} {
		if v := r.Header.Get(asked); v != "" {
			header.Set(allowed, v)
		}
	}
	return answer{status: http.StatusOK}
}

// shareWithPages lets a page of any origin read an answer.
func shareWithPages(h http.Header) {
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Access-Control-Expose-Headers", "x-amzn-RequestId,x-amzn-ErrorType,x-amzn-ErrorMessage,Date")
}

// headerNames are what is in the header of every answer, in canonical form.
var headerNames = [...]string{"Content-Type", "Content-Length", "Date", "X-Amzn-Requestid", "Cache-Control", "Expires", "Pragma"}

// setHeader sets them for the answer to the request with that number. The values lie
// in one piece of memory, for which [http.Header.Set] would take one each.
func (s *Server) setHeader(h http.Header, number uint64, body []byte) {
	values := [len(headerNames)]string{
		contentType, strconv.Itoa(len(body)), s.date(), s.requestID(number),
		"no-cache, no-store, must-revalidate, private", "0", "no-cache",
	}
	for i, name := range headerNames {
		h[name] = values[i : i+1 : i+1]
	}
}

// An httpDate is a second in the form that headers have.
type httpDate struct {
	second int64
	text   string
}

// date returns the time for a header. It is written once a second.
func (s *Server) date() string {
	now := s.Now()
	if d := s.lastDate.Load(); d != nil && d.second == now.Unix() {
		return d.text
	}
	d := &httpDate{now.Unix(), now.Format(http.TimeFormat)}
	s.lastDate.Store(d)
	return d.text
}

// field returns a header of a request, given by its canonical name, to which
// [http.Header.Get] would bring it each time.
func field(r *http.Request, name string) string {
	if values := r.Header[name]; len(values) > 0 {
		return values[0]
	}
	return ""
}

// run runs the operation that a request asks for.
func (s *Server) run(r *http.Request, number uint64) (body []byte, err error) {
	name, ours := strings.CutPrefix(field(r, "X-Amz-Target"), targetPrefix)
	defer s.contain(name, &err)
	h, known := handlers[name]
	a, body, err := s.understand(r, ours && known)
	if err != nil {
		s.finishUnread(number, named(name), nil, err)
		return nil, err
	}
	return h.run(r.Context(), a, number, body)
}

// understand returns whom a request is from and what it says. It is refused if it
// is not for an operation that is known.
func (s *Server) understand(r *http.Request, known bool) (a *API, body []byte, err error) {
	if !known || !speaksJSON(r) {
		return nil, nil, clientFault("UnknownOperationException", "")
	}
	if body, err = readBody(r); err != nil {
		return nil, nil, err
	}
	if err = s.checkSignature(r, body); err != nil {
		return nil, nil, err
	}
	a, err = s.authenticate(r)
	return a, body, err
}

// speaksJSON reports whether r is a request of the protocol at all.
func speaksJSON(r *http.Request) bool {
	if r.Method != http.MethodPost || r.URL.Path != "/" && r.URL.Path != "" {
		return false
	}
	given := field(r, "Content-Type")
	if given == contentType {
		return true
	}
	media, _, err := mime.ParseMediaType(given)
	return err == nil && media == contentType
}

const tooLarge = "RequestEntityTooLargeException"

// readBody returns the body of r in memory that nobody else has.
func readBody(r *http.Request) ([]byte, error) {
	switch {
	case r.Body == nil:
		return nil, nil
	case r.ContentLength > largestBody:
		return nil, bodyTooLarge(r)
	case r.ContentLength > 0: // that of a client is 0 if it is not known
		b := make([]byte, r.ContentLength)
		if _, err := io.ReadFull(r.Body, b); err != nil {
			return nil, clientFault("SerializationException", "")
		}
		return b, nil
	}
	b, err := io.ReadAll(io.LimitReader(r.Body, largestBody+1))
	switch {
	case err != nil:
		return nil, clientFault("SerializationException", "")
	case len(b) > largestBody:
		return nil, bodyTooLarge(r)
	}
	return b, nil
}

// bodyTooLarge refuses a request, when it has read the rest of the body unless that is
// very long: to a client that is still sending, an answer and the end of the connection
// may be a broken connection.
func bodyTooLarge(r *http.Request) error {
	if r.ContentLength <= longestWait {
		_, _ = io.CopyN(io.Discard, r.Body, longestWait) // the answer is the same if it breaks off
	}
	return clientFault(tooLarge, "Request is too large.")
}

// authenticate returns the operations as the principal, and in the Region, that
// the request's signature names.
func (s *Server) authenticate(r *http.Request) (*API, error) {
	scope, ok := credentialScope(field(r, "Authorization"))
	if !ok || strings.Contains(r.URL.RawQuery, "X-Amz-Algorithm") {
		signature, err := sigv4.Parse(r)
		if err != nil {
			return nil, signatureRefused(err)
		}
		scope.accessKey, scope.region, scope.service = signature.AccessKeyID, signature.Region, signature.Service
	}
	if scope.service != "kms" {
		return nil, clientFault("InvalidSignatureException", "Credential should be scoped to correct service: 'kms'. ")
	}
	if scope.region != s.regionName && !regionName.MatchString(scope.region) {
		return nil, clientFault("InvalidSignatureException", "Credential should be scoped to a valid region. ")
	}
	return s.principals.withAccessKey(scope.accessKey).in(scope.region), nil
}

// A scope is what the Credential parameter of a request says, besides the date.
type scope struct {
	accessKey, region, service string
}

// credentialScope reads the scope from an Authorization header of the usual form.
func credentialScope(header string) (s scope, ok bool) {
	parameters, ok := strings.CutPrefix(header, "AWS4-HMAC-SHA256 ")
	if !ok {
		return scope{}, false
	}
	_, credential, ok := strings.Cut(parameters, "Credential=")
	if !ok {
		return scope{}, false
	}
	credential, _, _ = strings.Cut(credential, ",")
	s.accessKey, credential, _ = strings.Cut(strings.TrimSpace(credential), "/")
	_, credential, _ = strings.Cut(credential, "/") // the date
	s.region, credential, _ = strings.Cut(credential, "/")
	s.service, credential, _ = strings.Cut(credential, "/")
	return s, credential == "aws4_request"
}
