// Command signing runs a small certificate authority whose private key never
// leaves KMS: it signs its own certificate, and that of a server from a
// certificate signing request.
package main

// snippet-start:[gov2.kms.Scenario_SignCertificates]

import (
	"context"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"math/big"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/kmskit/kmskit"
	"github.com/kmskit/kmskit/examples/internal/demo"
)

var scenario = demo.Scenario{Title: "Sign certificates with a KMS key", Run: run}

func main() { demo.Main(scenario) }

func run(ctx context.Context, d *demo.Demo) error {
	signer := kmskit.NewSigner(d.Client)

	authorityARN, err := d.TemporaryKey(ctx, "the key of a certificate authority", func(in *kms.CreateKeyInput) {
		in.KeySpec = types.KeySpecEccNistP384
		in.KeyUsage = types.KeyUsageTypeSignVerify
	})
	if err != nil {
		return err
	}
	// A SigningKey is a crypto.Signer: whatever signs with a private key in Go
	// signs with it.
	authorityKey, err := signer.SigningKey(ctx, authorityARN)
	if err != nil {
		return err
	}

	d.Step("Sign the certificate of the authority with its own key")
	template := &x509.Certificate{
		SerialNumber:          big.NewInt(1),
		Subject:               pkix.Name{CommonName: "kmskit demo authority"},
		NotBefore:             time.Now().Add(-time.Minute),
		NotAfter:              time.Now().AddDate(10, 0, 0),
		IsCA:                  true,
		BasicConstraintsValid: true,
		KeyUsage:              x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, authorityKey.Public(), authorityKey)
	if err != nil {
		return err
	}
	authority, err := x509.ParseCertificate(der)
	if err != nil {
		return err
	}
	d.Say("   %s, signed with %s", authority.Subject, authority.SignatureAlgorithm)

	serverARN, err := d.TemporaryKey(ctx, "the key of a server", func(in *kms.CreateKeyInput) {
		in.KeySpec = types.KeySpecEccNistP256
		in.KeyUsage = types.KeyUsageTypeSignVerify
	})
	if err != nil {
		return err
	}
	serverKey, err := signer.SigningKey(ctx, serverARN)
	if err != nil {
		return err
	}

	d.Step("Sign the server's request for a certificate with the server's key")
	name := d.Ask("Name of the server", "service.example.com")
	der, err = x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{
		Subject:  pkix.Name{CommonName: name},
		DNSNames: []string{name},
	}, serverKey)
	if err != nil {
		return err
	}
	request, err := x509.ParseCertificateRequest(der)
	if err != nil {
		return err
	}
	d.Say("   a request of %d bytes for %s", len(der), request.DNSNames)

	d.Step("Issue the certificate, if the request is signed with the key that it names")
	if err := request.CheckSignature(); err != nil {
		return err
	}
	der, err = x509.CreateCertificate(rand.Reader, &x509.Certificate{
		SerialNumber: big.NewInt(2),
		Subject:      request.Subject,
		DNSNames:     request.DNSNames,
		NotBefore:    time.Now().Add(-time.Minute),
		NotAfter:     time.Now().AddDate(0, 3, 0),
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}, authority, request.PublicKey, authorityKey)
	if err != nil {
		return err
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		return err
	}
	d.Say("   %s, issued by %s, until %s", certificate.Subject, certificate.Issuer, certificate.NotAfter.Format(time.DateOnly))

	d.Step("Verify the certificate as a client of the server does, without KMS")
	roots := x509.NewCertPool()
	roots.AddCert(authority)
	if _, err := certificate.Verify(x509.VerifyOptions{Roots: roots, DNSName: name}); err != nil {
		return err
	}
	d.Say("   it is good for %s", name)

	d.Step("Verify it for another server, and altered")
	_, err = certificate.Verify(x509.VerifyOptions{Roots: roots, DNSName: "other.example.com"})
	if err == nil {
		return errors.New("the certificate should not be good for another server")
	}
	d.Say("   refused: %v", err)
	altered := *certificate
	altered.RawTBSCertificate = append([]byte{}, certificate.RawTBSCertificate...)
	altered.RawTBSCertificate[20] ^= 1
	err = altered.CheckSignatureFrom(authority)
	if err == nil {
		return errors.New("the altered certificate should not verify")
	}
	d.Say("   refused: %v", err)
	return nil
}

// snippet-end:[gov2.kms.Scenario_SignCertificates]
