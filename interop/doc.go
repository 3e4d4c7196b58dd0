// Package interop holds no code. Its tests hand KMS keys to software that knows
// nothing of KMS, as the private keys that it takes: Go's crypto/x509 and
// crypto/tls, JOSE, COSE and JWT libraries, and OpenSSL, which checks what came out.
// They also run what calls a KMS by itself, Tink, the Go CDK and Sigstore, on
// kmstest.
//
// It is a module of its own, so that the library does not depend on any of them.
package interop
