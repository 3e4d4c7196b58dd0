package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/kmskit/kmskit/kmstest"
)

// logged logs every request that next passes on to srv: what was asked for, of which
// key, and what became of it, and of a denied one why. Nothing else of a request or
// an answer is logged, since it may be secret.
func logged(next http.Handler, srv *kmstest.Server, log *slog.Logger) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := time.Now()
		asked := new(bytes.Buffer)
		r.Body = teeBody{io.TeeReader(r.Body, asked), r.Body}
		answer := &answerWriter{ResponseWriter: w, status: http.StatusOK}
		next.ServeHTTP(answer, r)

		_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
		attrs := []slog.Attr{
			slog.String("operation", operation),
			slog.Int("status", answer.status),
		}
		code := errorOf(answer)
		if code != "" {
			attrs = append(attrs, slog.String("error", code))
		}
		if key := keyOf(asked.Bytes(), answer); key != "" {
			attrs = append(attrs, slog.String("key", key))
		}
		id := w.Header().Get("X-Amzn-Requestid")
		attrs = append(attrs, slog.Duration("duration", time.Since(start)), slog.String("request", id))
		if code == "AccessDeniedException" {
			attrs = append(attrs, denialOf(srv, id)...)
		}
		log.LogAttrs(r.Context(), slog.LevelInfo, "request", attrs...)
	})
}

// A teeBody is a request's body that is copied as it is read.
type teeBody struct {
	io.Reader
	io.Closer
}

// An answerWriter keeps an answer while it is written.
type answerWriter struct {
	http.ResponseWriter

	status int
	body   []byte
}

func (w *answerWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

func (w *answerWriter) Write(b []byte) (int, error) {
	w.body = append(w.body, b...)
	return w.ResponseWriter.Write(b)
}

func errorOf(answer *answerWriter) string {
	if answer.status == http.StatusOK {
		return ""
	}
	var refusal struct {
		Type string `json:"__type"`
	}
	_ = json.Unmarshal(answer.body, &refusal) // or else there is none to log
	return refusal.Type
}

// denialOf says who was denied what a request needs, and why: nothing if nobody
// was.
func denialOf(srv *kmstest.Server, requestID string) []slog.Attr {
	for _, c := range slices.Backward(srv.Calls()) {
		if c.RequestID != requestID {
			continue
		}
		for _, d := range c.Decisions {
			if !d.Allowed {
				return []slog.Attr{slog.String("principal", c.Principal), slog.String("denied", d.String())}
			}
		}
		break
	}
	return nil
}

// keyOf returns the key that a request is about: the one that it names or, if it
// names none, the one that the answer names.
func keyOf(asked []byte, answer *answerWriter) string {
	for _, text := range [][]byte{asked, answer.body} {
		var named struct {
			KeyID            string `json:"KeyId"`
			TargetKeyID      string `json:"TargetKeyId"`
			DestinationKeyID string `json:"DestinationKeyId"`
			AliasName        string `json:"AliasName"`
			KeyMetadata      struct {
				KeyID string `json:"KeyId"`
			} `json:"KeyMetadata"`
		}
		_ = json.Unmarshal(text, &named) // or else there is none to log
		id := cmp.Or(named.KeyID, named.TargetKeyID, named.DestinationKeyID, named.AliasName, named.KeyMetadata.KeyID)
		if id != "" {
			return id
		}
	}
	return ""
}
