package kmstest

import (
	"errors"
	"net/http"

	"github.com/kmskit/kmskit/kmstest/internal/sigv4"
)

// WithSignatureVerification makes the Server verify the signature of every request
// in its Authorization header or its query string, as AWS does: that it covers the
// request as it came,
// host, body and all X-Amz- headers, that it was made with the secret that belongs
// to the access key, and that the request is no more than 15 minutes away from the
// Server's clock, before or after. Only credentials that the Server has handed out
// are good, with their session token if they have one: see [Principal.Credentials].
//
// By default signatures are not looked at, and an access key that nobody has is
// the default principal's. Calls through an [API] have no signature.
//
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html
func WithSignatureVerification() Option {
	return func(o *options) { o.signatures = true }
}

// checkSignature refuses a request for its signature, if the Server looks at that.
func (s *Server) checkSignature(r *http.Request, body []byte) error {
	if !s.signatures {
		return nil
	}
	return signatureRefused(s.verifySignature(r, body))
}

// signatureRefused returns the error of KMS for an error of package sigv4.
func signatureRefused(err error) error {
	if refusal, ok := errors.AsType[*sigv4.Error](err); ok {
		return clientFault(refusal.Code, refusal.Message)
	}
	return err
}

func (s *Server) verifySignature(r *http.Request, body []byte) error {
	signature, err := sigv4.Parse(r)
	if err != nil {
		return err
	}
	if err := signature.CheckTime(s.Now()); err != nil {
		return err
	}
	p := s.principals.having(signature.AccessKeyID)
	if p == nil {
		return sigv4.Unrecognized()
	}
	return signature.Verify(r, body, sigv4.Credentials{
		Secret:       p.credentials.SecretAccessKey,
		SessionToken: p.credentials.SessionToken,
	})
}
