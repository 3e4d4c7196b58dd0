package kmstest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"math/big"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/kmskit/kmskit/kmstest/internal/attest"
)

// An Enclave stands in for an AWS Nitro enclave in tests of code that gets
// secrets from KMS through the Recipient parameter. It has the key pair of the
// enclave, and the part of the hypervisor that signs attestation documents, with
// a root certificate of its own: it proves nothing to AWS. It is safe for
// concurrent use.
//
//	enclave := kmstest.NewEnclave(nil)
//	srv := kmstest.New(kmstest.WithAttestationRoot(enclave.Root()))
//	out, err := srv.Client().GenerateRandom(ctx, &kms.GenerateRandomInput{
//		NumberOfBytes: aws.Int32(32),
//		Recipient:     enclave.Recipient(srv.Now()),
//	})
//	secret, err := enclave.Decrypt(out.CiphertextForRecipient)
type Enclave struct {
	key       *rsa.PrivateKey
	registers map[int][]byte
	signer    *ecdsa.PrivateKey
	root      *x509.Certificate
}

const (
	enclaveRegisters = 16 // that every document of an enclave has, used or not
	registerSize     = 48 // bytes
	documentLife     = 3 * time.Hour
)

// NewEnclave returns an enclave with these platform configuration registers, by
// index. A register is 48 bytes; register 0 is the measure of the enclave's image.
// Up to register 15 those that are absent are zero, as all of them are in an
// enclave in debug mode. NewEnclave panics on a register that Nitro cannot have.
func NewEnclave(pcrs map[int][]byte) *Enclave {
	e := &Enclave{registers: map[int][]byte{}}
	for i := range enclaveRegisters {
		e.registers[i] = make([]byte, registerSize)
	}
	for i, value := range pcrs {
		if i < 0 || i > 31 || len(value) != registerSize {
			panic(fmt.Sprintf("kmstest: an enclave has no register %d of %d bytes", i, len(value)))
		}
		e.registers[i] = slices.Clone(value)
	}
	e.key = must(rsa.GenerateKey(rand.Reader, 2048))
	e.signer = must(ecdsa.GenerateKey(elliptic.P384(), rand.Reader))
	e.root = e.issueRoot()
	return e
}

// Root returns the certificate to which the documents of the enclave lead, for
// [WithAttestationRoot]. It is valid at any time, whatever the Server's clock says.
func (e *Enclave) Root() *x509.Certificate { return e.root }

// Recipient returns what makes KMS answer for the enclave alone: an attestation
// document that is made at the given time and valid for three hours, and the
// algorithm for the public key in it.
func (e *Enclave) Recipient(at time.Time) *types.RecipientInfo {
	d := attest.Document{
		ModuleID:  "i-0123456789abcdef0-enc0123456789abcdef",
		Time:      at,
		PCRs:      e.registers,
		PublicKey: must(x509.MarshalPKIXPublicKey(&e.key.PublicKey)),
	}
	signer := must(ecdsa.GenerateKey(elliptic.P384(), rand.Reader))
	return &types.RecipientInfo{
		AttestationDocument:    must(d.Sign(signer, e.issue(&signer.PublicKey, d.ModuleID, at), e.root.Raw)),
		KeyEncryptionAlgorithm: types.KeyEncryptionMechanismRsaesOaepSha256,
	}
}

// Decrypt returns the secret in a CiphertextForRecipient that KMS has made for the
// enclave.
func (e *Enclave) Decrypt(ciphertextForRecipient []byte) ([]byte, error) {
	return attest.Open(e.key, ciphertextForRecipient)
}

func (e *Enclave) issueRoot() *x509.Certificate {
	template := &x509.Certificate{
		SerialNumber:          big.NewInt(1),
		Subject:               pkix.Name{CommonName: "kmstest.nitro-enclaves"},
		NotBefore:             time.Unix(0, 0),
		NotAfter:              time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC), // RFC 5280 for no end
		BasicConstraintsValid: true,
		IsCA:                  true,
		KeyUsage:              x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
	}
	der := must(x509.CreateCertificate(rand.Reader, template, template, &e.signer.PublicKey, e.signer))
	return must(x509.ParseCertificate(der))
}

// issue returns a certificate that signs documents, in DER.
func (e *Enclave) issue(key *ecdsa.PublicKey, name string, at time.Time) []byte {
	template := &x509.Certificate{
		SerialNumber:          big.NewInt(2),
		Subject:               pkix.Name{CommonName: name},
		NotBefore:             at.Truncate(time.Second),
		NotAfter:              at.Add(documentLife),
		BasicConstraintsValid: true,
		KeyUsage:              x509.KeyUsageDigitalSignature,
	}
	return must(x509.CreateCertificate(rand.Reader, template, e.root, key, e.signer))
}

// must returns v where an error means that there is no randomness or a bug.
func must[T any](v T, err error) T {
	if err != nil {
		panic("kmstest: " + err.Error())
	}
	return v
}
