// Package attest reads and writes what an attested environment and KMS exchange:
// attestation documents, with which the environment proves what it is, and the
// envelopes in which it gets its secrets.
//
// A document is CBOR that is signed as a COSE_Sign1 with a certificate of the
// Nitro hypervisor. An envelope is CMS EnvelopedData for the public key in the
// document. The package knows nothing of keys, policies or requests.
//
// https://github.com/aws/aws-nitro-enclaves-nsm-api/blob/main/docs/attestation_process.md
package attest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha512"
	"crypto/x509"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"time"
)

// Document is what an attestation document says about an environment.
type Document struct {
	// ModuleID names the hypervisor's module that made the document.
	ModuleID string
	// Time is when the document was made, in whole milliseconds.
	Time time.Time
	// PCRs are the platform configuration registers of a Nitro enclave, by
	// index: 0 to 31.
	PCRs map[int][]byte
	// TPMPCRs are those of an instance with NitroTPM, by index: 0 to 23.
	TPMPCRs map[int][]byte
	// PublicKey is a DER-encoded SubjectPublicKeyInfo whose private half is in
	// the environment. It is nil if there is none.
	PublicKey []byte
	// UserData and Nonce are whatever the environment wanted to have signed. They
	// are nil if there is none.
	UserData, Nonce []byte
}

// ErrDocument means that an attestation document is malformed, or that nobody
// who is trusted vouches for it. Its text says what is wrong.
var ErrDocument = errors.New("invalid attestation document")

func invalid(format string, args ...any) error {
	return fmt.Errorf("%w: "+format, append([]any{ErrDocument}, args...)...)
}

// Verify returns the document in signed, a COSE_Sign1, if its signature is valid
// and its certificate leads to one of the roots, with every certificate on the
// way valid at the time now. Otherwise it returns [ErrDocument].
func Verify(signed []byte, roots *x509.CertPool, now time.Time) (*Document, error) {
	s, err := parseSign1(signed)
	if err != nil {
		return nil, err
	}
	p, err := parsePayload(s.payload)
	if err != nil {
		return nil, err
	}
	key, err := p.signingKey(roots, now)
	if err != nil {
		return nil, err
	}
	if !s.verify(key) {
		return nil, invalid("the signature does not match")
	}
	return &p.Document, nil
}

// signingKey returns the public key of the certificate that came with the
// document, if the roots vouch for it.
func (p *payload) signingKey(roots *x509.CertPool, now time.Time) (*ecdsa.PublicKey, error) {
	leaf, err := x509.ParseCertificate(p.certificate)
	if err != nil {
		return nil, invalid("the certificate is malformed")
	}
	bundle := x509.NewCertPool()
	for _, der := range p.bundle {
		c, err := x509.ParseCertificate(der)
		if err != nil {
			return nil, invalid("a certificate of the CA bundle is malformed")
		}
		bundle.AddCert(c)
	}
	_, err = leaf.Verify(x509.VerifyOptions{
		Roots:         roots,
		Intermediates: bundle,
		CurrentTime:   now,
		KeyUsages:     []x509.ExtKeyUsage{x509.ExtKeyUsageAny},
	})
	if err != nil {
		return nil, invalid("the certificate is not trusted: %v", err)
	}
	key, ok := leaf.PublicKey.(*ecdsa.PublicKey)
	if !ok || key.Curve != elliptic.P384() || leaf.IsCA || leaf.KeyUsage&x509.KeyUsageDigitalSignature == 0 {
		return nil, invalid("the certificate is not one that signs documents")
	}
	return key, nil
}

// RecipientKey returns the public key for which secrets are sealed: RSA of 2048
// to 4096 bits. Otherwise it returns [ErrDocument].
func (d *Document) RecipientKey() (*rsa.PublicKey, error) {
	if d.PublicKey == nil {
		return nil, invalid("it has no public key")
	}
	parsed, err := x509.ParsePKIXPublicKey(d.PublicKey)
	if err != nil {
		return nil, invalid("the public key is malformed")
	}
	key, ok := parsed.(*rsa.PublicKey)
	if !ok || key.N.BitLen() < 2048 || key.N.BitLen() > 4096 {
		return nil, invalid("the public key is not an RSA key of 2048 to 4096 bits")
	}
	return key, nil
}

// Sign returns the document as a COSE_Sign1 with a certificate, whose private key
// is key, on P-384. The bundle has the certificates that lead to it, in DER and
// from the root on.
func (d *Document) Sign(key *ecdsa.PrivateKey, certificate []byte, bundle ...[]byte) ([]byte, error) {
	p := payload{Document: *d, certificate: certificate, bundle: bundle}
	signed := sign1{payload: p.marshal(), signature: make([]byte, signatureSize)}
	digest := signed.digest()
	r, s, err := ecdsa.Sign(rand.Reader, key, digest[:])
	if err != nil {
		return nil, err
	}
	r.FillBytes(signed.signature[:signatureSize/2])
	s.FillBytes(signed.signature[signatureSize/2:])
	return signed.marshal(), nil
}

// A sign1 is a COSE_Sign1 (RFC 9052) of the one kind that Nitro makes: the
// only header is the algorithm, ES384.
type sign1 struct {
	payload   []byte
	signature []byte // r and s
}

const (
	signatureSize = 2 * 48
	protected     = "\xa1\x01\x38\x22" // {1: -35}
	signTag       = 18                 // which may stand before a COSE_Sign1
)

func parseSign1(b []byte) (*sign1, error) {
	r := reader{b}
	r.take(kindTag<<5 | signTag)
	var parts [][]byte
	err := r.each(kindArray, func() (err error) {
		var part []byte
		if len(parts) == 1 {
			err = r.each(kindMap, func() error { return errors.New("a header is not protected") })
		} else {
			part, err = r.bytes(kindBytes)
		}
		parts = append(parts, part)
		return err
	})
	switch {
	case err != nil:
		return nil, invalid("%w", err)
	case len(r.rest) > 0:
		return nil, invalid("something follows it")
	case len(parts) != 4 || len(parts[3]) != signatureSize:
		return nil, invalid("it is not a COSE_Sign1 with a signature of %d bytes", signatureSize)
	case string(parts[0]) != protected:
		return nil, invalid("its algorithm is not ES384")
	}
	return &sign1{payload: parts[2], signature: parts[3]}, nil
}

func (s *sign1) marshal() []byte {
	b := appendHead(nil, kindTag, signTag)
	b = appendHead(b, kindArray, 4)
	b = appendBytes(b, kindBytes, protected)
	b = appendHead(b, kindMap, 0)
	b = appendBytes(b, kindBytes, s.payload)
	return appendBytes(b, kindBytes, s.signature)
}

// digest returns what is signed: the hash of a Sig_structure.
func (s *sign1) digest() [sha512.Size384]byte {
	b := appendHead(nil, kindArray, 4)
	b = appendBytes(b, kindText, "Signature1")
	b = appendBytes(b, kindBytes, protected)
	b = appendBytes(b, kindBytes, "") // no external data
	return sha512.Sum384(appendBytes(b, kindBytes, s.payload))
}

func (s *sign1) verify(key *ecdsa.PublicKey) bool {
	digest := s.digest()
	first, second := s.signature[:signatureSize/2], s.signature[signatureSize/2:]
	return ecdsa.Verify(key, digest[:], new(big.Int).SetBytes(first), new(big.Int).SetBytes(second))
}

// A payload is a Document with the certificates that vouch for it.
type payload struct {
	Document

	certificate []byte
	bundle      [][]byte
}

const (
	digestName         = "SHA384"
	largestCertificate = 1024 // bytes
	largestData        = 1024 // bytes of a public key, user data or a nonce
	enclaveRegisters   = 32
	tpmRegisters       = 24
)

var registerSizes = []int{32, 48, 64} // bytes

// parsePayload reads a document and holds it to the limits that AWS states.
func parsePayload(b []byte) (*payload, error) {
	var p payload
	r := reader{b}
	fields := map[string]bool{}
	err := r.each(kindMap, func() error {
		name, err := r.text()
		if err != nil {
			return err
		}
		if fields[name] {
			return fmt.Errorf("%s is there twice", name)
		}
		fields[name] = true
		if err := p.read(&r, name); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		return nil
	})
	if err != nil {
		return nil, invalid("%w", err)
	}
	if len(r.rest) > 0 {
		return nil, invalid("something follows the payload")
	}
	for _, name := range []string{"module_id", "digest", "timestamp", "certificate", "cabundle"} {
		if !fields[name] {
			return nil, invalid("%s is missing", name)
		}
	}
	if fields["pcrs"] == fields["nitrotpm_pcrs"] {
		return nil, invalid("it wants either pcrs or nitrotpm_pcrs")
	}
	return &p, nil
}

// read reads the value of a field.
func (p *payload) read(r *reader, name string) (err error) {
	switch name {
	case "module_id":
		p.ModuleID, err = r.text()
		return limited(err, p.ModuleID != "")
	case "digest":
		digest, err := r.text()
		return limited(err, digest == digestName)
	case "timestamp":
		ms, err := r.number(1 << 53)
		p.Time = time.UnixMilli(ms).UTC()
		return limited(err, ms > 0)
	case "pcrs":
		p.PCRs, err = readRegisters(r, enclaveRegisters)
	case "nitrotpm_pcrs":
		p.TPMPCRs, err = readRegisters(r, tpmRegisters)
	case "certificate":
		p.certificate, err = r.bytes(kindBytes)
		return limitedSize(err, p.certificate, 1, largestCertificate)
	case "cabundle":
		return p.readBundle(r)
	case "public_key":
		p.PublicKey, err = readData(r, 1)
	case "user_data":
		p.UserData, err = readData(r, 0)
	case "nonce":
		p.Nonce, err = readData(r, 0)
	default:
		return errors.New("there is no such field")
	}
	return err
}

func (p *payload) readBundle(r *reader) error {
	err := r.each(kindArray, func() error {
		der, err := r.bytes(kindBytes)
		p.bundle = append(p.bundle, der)
		return limitedSize(err, der, 1, largestCertificate)
	})
	return limited(err, len(p.bundle) > 0)
}

// readData reads a field that may be null, which is how Nitro leaves it out.
func readData(r *reader, shortest int) ([]byte, error) {
	if r.take(null) {
		return nil, nil
	}
	b, err := r.bytes(kindBytes)
	return b, limitedSize(err, b, shortest, largestData)
}

func readRegisters(r *reader, n uint64) (map[int][]byte, error) {
	registers := map[int][]byte{}
	err := r.each(kindMap, func() error {
		number, err := r.number(n)
		if err != nil {
			return err
		}
		value, err := r.bytes(kindBytes)
		i := int(number)
		fits := registers[i] == nil && slices.Contains(registerSizes, len(value))
		registers[i] = value
		return limited(err, fits)
	})
	return registers, limited(err, len(registers) > 0)
}

// limited returns err, or says that a value that was read is not as it has to be.
func limited(err error, ok bool) error {
	if err == nil && !ok {
		return errLimits
	}
	return err
}

func limitedSize(err error, b []byte, shortest, longest int) error {
	return limited(err, shortest <= len(b) && len(b) <= longest)
}
