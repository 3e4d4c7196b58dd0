package kmstest

import (
	"bytes"
	"io"
	"net/http"
	"strconv"
)

// A transport is an HTTP client whose network is a Server in this process. It
// starts no goroutine, so a request takes no time in a testing/synctest bubble.
type transport struct {
	server *Server
}

var _ http.RoundTripper = transport{}

// Do makes a transport the HTTP client of an [aws.Config].
func (t transport) Do(r *http.Request) (*http.Response, error) { return t.RoundTrip(r) }

func (t transport) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		defer func() { _ = r.Body.Close() }()
	}
	var w recorder
	t.server.ServeHTTP(&w, r) // which does nothing if the context is done
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	return w.response(r), nil
}

// A recorder is an [http.ResponseWriter] that keeps what is written.
type recorder struct {
	status int
	header http.Header
	body   bytes.Buffer
}

func (w *recorder) Header() http.Header {
	if w.header == nil {
		w.header = make(http.Header, 8)
	}
	return w.header
}

func (w *recorder) WriteHeader(status int)      { w.status = status }
func (w *recorder) Write(b []byte) (int, error) { return w.body.Write(b) }

func (w *recorder) response(r *http.Request) *http.Response {
	return &http.Response{
		Status:        strconv.Itoa(w.status) + " " + http.StatusText(w.status),
		StatusCode:    w.status,
		Proto:         "HTTP/1.1",
		ProtoMajor:    1,
		ProtoMinor:    1,
		Header:        w.header,
		Body:          io.NopCloser(&w.body),
		ContentLength: int64(w.body.Len()),
		Request:       r,
	}
}
