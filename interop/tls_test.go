package interop_test

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// handshake has a client and a server shake hands within the process, and the
// server say hello.
func handshake(t *testing.T, client, server *tls.Config) (tls.ConnectionState, error) {
	t.Helper()
	near, far := net.Pipe()
	served := make(chan error, 1)
	go func() {
		conn := tls.Server(far, server)
		_, err := io.WriteString(conn, "hello") // shakes hands first
		_ = far.Close()
		served <- err
	}()
	conn := tls.Client(near, client)
	hello := make([]byte, 5)
	_, err := io.ReadFull(conn, hello)
	_ = near.Close()
	if serverErr := <-served; err == nil {
		err = serverErr
	}
	if err == nil {
		assert.Equal(t, "hello", string(hello))
	}
	return conn.ConnectionState(), err
}

// chain is a certificate with its key, and the authority that issued it: each has
// a KMS key of the spec.
func chain(t *testing.T, spec types.KeySpec) (tls.Certificate, *x509.Certificate) {
	t.Helper()
	issuer, key := signingKey(t, spec, first), signingKey(t, spec, second)
	root := authority(t, issuer, 0)
	host := leaf(t, key.Public(), root, issuer)
	certificate := tls.Certificate{Certificate: [][]byte{host.Raw}, PrivateKey: key, Leaf: host}
	switch spec {
	// TLS 1.2 pairs any curve with any hash unless it is told not to.
	case types.KeySpecEccNistP384:
		certificate.SupportedSignatureAlgorithms = []tls.SignatureScheme{tls.ECDSAWithP384AndSHA384}
	case types.KeySpecEccNistP521:
		certificate.SupportedSignatureAlgorithms = []tls.SignatureScheme{tls.ECDSAWithP521AndSHA512}
	}
	return certificate, root
}

func TestTLS(t *testing.T) {
	t.Parallel()
	for _, spec := range specs {
		certificate, root := chain(t, spec)
		for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
			t.Run(fmt.Sprintf("a server with a key of %s speaks %s", spec, tls.VersionName(version)), func(t *testing.T) {
				t.Parallel()
				state, err := handshake(
					t,
					&tls.Config{RootCAs: pool(root), ServerName: "example.com", MinVersion: version, MaxVersion: version},
					&tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: version},
				)
				require.NoError(t, err)
				assert.Equal(t, version, state.Version)
				assert.True(t, state.HandshakeComplete)
				assert.Equal(t, certificate.Leaf.Raw, state.PeerCertificates[0].Raw)
			})
		}
	}

	t.Run("a client shows its certificate", func(t *testing.T) {
		t.Parallel()
		server, serverRoot := chain(t, types.KeySpecEccNistP256)
		client, clientRoot := chain(t, types.KeySpecEccNistEdwards25519)
		_, err := handshake(
			t,
			&tls.Config{RootCAs: pool(serverRoot), ServerName: "example.com", Certificates: []tls.Certificate{client}, MinVersion: tls.VersionTLS13},
			&tls.Config{ClientCAs: pool(clientRoot), ClientAuth: tls.RequireAndVerifyClientCert, Certificates: []tls.Certificate{server}, MinVersion: tls.VersionTLS13},
		)
		require.NoError(t, err)
	})
}
