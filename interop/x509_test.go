package interop_test

import (
	"crypto"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"math/big"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kmskit/kmskit"
)

// authority returns the certificate of a key that certifies itself.
func authority(t *testing.T, key crypto.Signer, algorithm x509.SignatureAlgorithm) *x509.Certificate {
	t.Helper()
	return issue(t, &x509.Certificate{
		SerialNumber:          big.NewInt(1),
		Subject:               pkix.Name{CommonName: "authority"},
		NotBefore:             time.Now().Add(-time.Hour),
		NotAfter:              time.Now().Add(time.Hour),
		IsCA:                  true,
		BasicConstraintsValid: true,
		KeyUsage:              x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
		SignatureAlgorithm:    algorithm,
	}, nil, key.Public(), key)
}

// leaf returns a certificate for a host, signed by the key of an authority.
func leaf(t *testing.T, public crypto.PublicKey, parent *x509.Certificate, key crypto.Signer) *x509.Certificate {
	t.Helper()
	return issue(t, &x509.Certificate{
		SerialNumber:       big.NewInt(2),
		Subject:            pkix.Name{CommonName: "example.com"},
		DNSNames:           []string{"example.com"},
		NotBefore:          time.Now().Add(-time.Hour),
		NotAfter:           time.Now().Add(time.Hour),
		KeyUsage:           x509.KeyUsageDigitalSignature,
		ExtKeyUsage:        []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
		SignatureAlgorithm: parent.SignatureAlgorithm,
	}, parent, public, key)
}

// issue signs a certificate; without a parent it signs itself.
func issue(t *testing.T, template, parent *x509.Certificate, public crypto.PublicKey, key crypto.Signer) *x509.Certificate {
	t.Helper()
	if parent == nil {
		parent = template
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, public, key)
	require.NoError(t, err)
	certificate, err := x509.ParseCertificate(der)
	require.NoError(t, err)
	return certificate
}

// pool returns the certificates that are trusted.
func pool(certificates ...*x509.Certificate) *x509.CertPool {
	p := x509.NewCertPool()
	for _, c := range certificates {
		p.AddCert(c)
	}
	return p
}

// certifying are the ways in which keys sign certificates; 0 is what x509 takes
// by itself.
var certifying = []struct {
	spec      types.KeySpec
	algorithm x509.SignatureAlgorithm
	want      x509.SignatureAlgorithm
}{
	{types.KeySpecRsa2048, 0, x509.SHA256WithRSA},
	{types.KeySpecRsa2048, x509.SHA384WithRSA, x509.SHA384WithRSA},
	{types.KeySpecRsa2048, x509.SHA512WithRSA, x509.SHA512WithRSA},
	{types.KeySpecRsa2048, x509.SHA256WithRSAPSS, x509.SHA256WithRSAPSS},
	{types.KeySpecRsa2048, x509.SHA384WithRSAPSS, x509.SHA384WithRSAPSS},
	{types.KeySpecRsa2048, x509.SHA512WithRSAPSS, x509.SHA512WithRSAPSS},
	{types.KeySpecEccNistP256, 0, x509.ECDSAWithSHA256},
	{types.KeySpecEccNistP384, 0, x509.ECDSAWithSHA384},
	{types.KeySpecEccNistP521, 0, x509.ECDSAWithSHA512},
	{types.KeySpecEccNistEdwards25519, 0, x509.PureEd25519},
}

func TestCertificates(t *testing.T) {
	t.Parallel()
	for _, c := range certifying {
		t.Run(fmt.Sprintf("%s by %s", c.spec, c.want), func(t *testing.T) {
			t.Parallel()
			key := signingKey(t, c.spec, first)
			root := authority(t, key, c.algorithm)
			host := leaf(t, signingKey(t, types.KeySpecEccNistP256, second).Public(), root, key)
			assert.Equal(t, c.want, host.SignatureAlgorithm)
			_, err := host.Verify(x509.VerifyOptions{Roots: pool(root), DNSName: "example.com"})
			require.NoError(t, err)

			stranger := authority(t, signingKey(t, c.spec, second), c.algorithm)
			_, err = host.Verify(x509.VerifyOptions{Roots: pool(stranger), DNSName: "example.com"})
			require.Error(t, err, "another authority of the same name")
		})
	}

	t.Run("a key does not sign by an algorithm that it does not have", func(t *testing.T) {
		t.Parallel()
		key := signingKey(t, types.KeySpecEccNistP256, first)
		template := &x509.Certificate{SerialNumber: big.NewInt(1), SignatureAlgorithm: x509.ECDSAWithSHA384}
		_, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
		require.ErrorIs(t, err, kmskit.ErrInvalidInput)
		assert.ErrorContains(t, err, "keys of the spec ECC_NIST_P256 sign digests of SHA-256, not of SHA-384")
	})
}

// manyNames is a request for a certificate that is longer than what KMS signs
// without hashing it before.
func manyNames(t *testing.T, key crypto.Signer) ([]byte, error) {
	t.Helper()
	template := &x509.CertificateRequest{Subject: pkix.Name{CommonName: "example.com"}}
	for i := range 200 {
		template.DNSNames = append(template.DNSNames, fmt.Sprintf("host-%03d.department.example.com", i))
	}
	return x509.CreateCertificateRequest(rand.Reader, template, key)
}

func TestCertificateRequests(t *testing.T) {
	t.Parallel()
	for _, spec := range specs {
		if spec == types.KeySpecEccNistEdwards25519 {
			continue
		}
		t.Run(string(spec)+" signs a request with 200 names", func(t *testing.T) {
			t.Parallel()
			der, err := manyNames(t, signingKey(t, spec, first))
			require.NoError(t, err)
			request, err := x509.ParseCertificateRequest(der)
			require.NoError(t, err)
			require.NoError(t, request.CheckSignature())
			assert.Len(t, request.DNSNames, 200)
			assert.Greater(t, len(request.RawTBSCertificateRequest), 4096)
		})
	}

	t.Run("Ed25519 says that a request with 200 names is too long for it", func(t *testing.T) {
		t.Parallel()
		_, err := manyNames(t, signingKey(t, types.KeySpecEccNistEdwards25519, first))
		require.ErrorIs(t, err, kmskit.ErrInvalidInput)
		assert.ErrorContains(t, err, "it must have 0 to 4096 bytes, as Ed25519 signs the message itself")
	})
}

func TestRevocationLists(t *testing.T) {
	t.Parallel()
	for _, spec := range specs {
		t.Run(string(spec), func(t *testing.T) {
			t.Parallel()
			key := signingKey(t, spec, first)
			root := authority(t, key, 0)
			der, err := x509.CreateRevocationList(rand.Reader, &x509.RevocationList{
				Number: big.NewInt(1), ThisUpdate: time.Now(), NextUpdate: time.Now().Add(time.Hour),
				RevokedCertificateEntries: []x509.RevocationListEntry{{SerialNumber: big.NewInt(2), RevocationTime: time.Now()}},
			}, root, key)
			require.NoError(t, err)
			list, err := x509.ParseRevocationList(der)
			require.NoError(t, err)
			require.NoError(t, list.CheckSignatureFrom(root))
		})
	}
}
