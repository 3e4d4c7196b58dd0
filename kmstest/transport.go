package kmstest

import (
	"bytes"
	"net/http"
	"net/url"
	"strconv"
)

// A transport is an HTTP client whose network is a Server in this process. It
// starts no goroutine, so a request takes no time in a testing/synctest bubble.
type transport struct {
	server *Server
}

var _ http.RoundTripper = transport{}

// Do makes a transport the HTTP client of an [aws.Config]. Its errors are those of
// an [http.Client].
func (t transport) Do(r *http.Request) (*http.Response, error) {
	response, err := t.RoundTrip(r)
	if err != nil {
		return nil, &url.Error{Op: "Post", URL: r.URL.String(), Err: err}
	}
	return response, nil
}

func (t transport) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		defer func() { _ = r.Body.Close() }()
	}
	header := make(http.Header, len(headerNames)+1)
	a := t.server.serve(r, header) // which does nothing if the context is done
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	if a.fault != nil && !a.fault.inBody {
		return nil, a.fault.cause
	}
	return a.response(r, header), nil
}

// A delivery is an answer as an HTTP client has it, in one piece of memory.
type delivery struct {
	http.Response

	body body
}

// A body is that of a delivery.
type body struct {
	bytes bytes.Reader
	end   error // in place of io.EOF
}

// Read reads on, and fails at the end if the body was cut off.
func (b *body) Read(p []byte) (int, error) {
	n, err := b.bytes.Read(p)
	if err != nil && b.end != nil {
		err = b.end
	}
	return n, err
}

// Close does nothing: there is nothing to release.
func (*body) Close() error { return nil }

func statusLine(status int) string {
	if status == http.StatusOK {
		return "200 OK"
	}
	return strconv.Itoa(status) + " " + http.StatusText(status)
}

// response returns the answer to r.
func (a answer) response(r *http.Request, header http.Header) *http.Response {
	d := &delivery{Response: http.Response{
		Status:        statusLine(a.status),
		StatusCode:    a.status,
		Proto:         "HTTP/1.1",
		ProtoMajor:    1,
		ProtoMinor:    1,
		Header:        header,
		ContentLength: int64(len(a.body)),
		Request:       r,
	}}
	d.body.bytes.Reset(a.body)
	if a.fault != nil {
		d.body.bytes.Reset(a.body[:len(a.body)/2])
		d.body.end = a.fault.cause
	}
	d.Body = &d.body
	return &d.Response
}
