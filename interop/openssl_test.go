package interop_test

import (
	"crypto"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kmskit/kmskit"
)

// openSSL runs the openssl command among files of one test.
type openSSL struct {
	path, dir string
}

// newOpenSSL skips the test where the command is not installed.
func newOpenSSL(t *testing.T) openSSL {
	t.Helper()
	path, err := exec.LookPath("openssl")
	if err != nil {
		t.Skip("the openssl command is not installed")
	}
	return openSSL{path, t.TempDir()}
}

// run returns what the command prints, and an error if it does not exit with 0.
func (o openSSL) run(t *testing.T, args ...string) (string, error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), o.path, args...)
	cmd.Dir = o.dir
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func (o openSSL) write(t *testing.T, name string, content []byte) {
	t.Helper()
	require.NoError(t, os.WriteFile(filepath.Join(o.dir, name), content, 0o600))
}

func (o openSSL) writePEM(t *testing.T, name, kind string, der []byte) {
	t.Helper()
	o.write(t, name, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}

// writePublicKey writes the public key of a key to public.pem.
func (o openSSL) writePublicKey(t *testing.T, public crypto.PublicKey) {
	t.Helper()
	der, ok := public.(kmskit.PKIXPublicKey)
	if !ok {
		var err error
		der, err = x509.MarshalPKIXPublicKey(public)
		require.NoError(t, err)
	}
	o.writePEM(t, "public.pem", "PUBLIC KEY", der)
}

func TestOpenSSL_certificates(t *testing.T) {
	t.Parallel()
	for _, c := range certifying {
		t.Run(string(c.spec)+" by "+c.want.String(), func(t *testing.T) {
			t.Parallel()
			o := newOpenSSL(t)
			key := signingKey(t, c.spec, first)
			root := authority(t, key, c.algorithm)
			host := leaf(t, signingKey(t, types.KeySpecEccNistP256, second).Public(), root, key)
			o.writePEM(t, "root.pem", "CERTIFICATE", root.Raw)
			o.writePEM(t, "host.pem", "CERTIFICATE", host.Raw)

			out, err := o.run(t, "verify", "-check_ss_sig", "-CAfile", "root.pem", "-verify_hostname", "example.com", "host.pem")
			require.NoError(t, err, out)
			assert.Contains(t, out, "host.pem: OK")

			altered := host.Raw
			altered[len(altered)-1] ^= 1
			o.writePEM(t, "altered.pem", "CERTIFICATE", altered)
			out, err = o.run(t, "verify", "-CAfile", "root.pem", "altered.pem")
			require.Error(t, err, out)
		})
	}
}

func TestOpenSSL_requests(t *testing.T) {
	t.Parallel()
	for _, spec := range specs {
		if spec == types.KeySpecEccNistEdwards25519 {
			continue
		}
		t.Run(string(spec)+" with 200 names", func(t *testing.T) {
			t.Parallel()
			o := newOpenSSL(t)
			der, err := manyNames(t, signingKey(t, spec, first))
			require.NoError(t, err)
			o.writePEM(t, "request.pem", "CERTIFICATE REQUEST", der)
			out, err := o.run(t, "req", "-in", "request.pem", "-verify", "-noout")
			require.NoError(t, err, out)
			assert.Contains(t, strings.ToLower(out), "verify ok")
		})
	}
}

func TestOpenSSL_signatures(t *testing.T) {
	t.Parallel()
	digest := func(hash string, sigopts ...string) []string {
		args := []string{"dgst", "-" + hash, "-verify", "public.pem", "-signature", "signature"}
		for _, opt := range sigopts {
			args = append(args, "-sigopt", opt)
		}
		return append(args, "message")
	}
	whole := []string{"pkeyutl", "-verify", "-pubin", "-inkey", "public.pem", "-rawin", "-in", "message", "-sigfile", "signature"}
	ways := []struct {
		name string
		spec types.KeySpec
		opts crypto.SignerOpts
		args []string
	}{
		{"RSA with SHA-256", types.KeySpecRsa2048, crypto.SHA256, digest("sha256")},
		{"RSA with SHA-384", types.KeySpecRsa2048, crypto.SHA384, digest("sha384")},
		{"RSA with SHA-512", types.KeySpecRsa2048, crypto.SHA512, digest("sha512")},
		{"RSA-PSS with SHA-256", types.KeySpecRsa2048, pss(crypto.SHA256), digest("sha256", "rsa_padding_mode:pss", "rsa_pss_saltlen:digest")},
		{"RSA-PSS with SHA-512", types.KeySpecRsa2048, pss(crypto.SHA512), digest("sha512", "rsa_padding_mode:pss", "rsa_pss_saltlen:digest")},
		{"P-256", types.KeySpecEccNistP256, crypto.SHA256, digest("sha256")},
		{"P-384", types.KeySpecEccNistP384, crypto.SHA384, digest("sha384")},
		{"P-521", types.KeySpecEccNistP521, crypto.SHA512, digest("sha512")},
		{"secp256k1", types.KeySpecEccSecgP256k1, crypto.SHA256, digest("sha256")},
		{"Ed25519", types.KeySpecEccNistEdwards25519, crypto.Hash(0), whole},
		{"ML-DSA-65", types.KeySpecMlDsa65, crypto.Hash(0), whole},
	}
	for _, w := range ways {
		t.Run(w.name, func(t *testing.T) {
			t.Parallel()
			o := newOpenSSL(t)
			if w.spec == types.KeySpecMlDsa65 {
				if out, err := o.run(t, "list", "-signature-algorithms"); err != nil || !strings.Contains(out, "ML-DSA-65") {
					t.Skip("this openssl has no ML-DSA: it came with 3.5")
				}
			}
			key := signingKey(t, w.spec, first)
			message := []byte(strings.Repeat("message ", 500))
			signature, err := crypto.SignMessage(key, nil, message, w.opts)
			require.NoError(t, err)
			o.writePublicKey(t, key.Public())
			o.write(t, "message", message)
			o.write(t, "signature", signature)
			out, err := o.run(t, w.args...)
			require.NoError(t, err, out)

			message[0] ^= 1
			o.write(t, "message", message)
			out, err = o.run(t, w.args...)
			require.Error(t, err, out)
		})
	}
}

func TestOpenSSL_encryption(t *testing.T) {
	t.Parallel()
	for name, hash := range map[string]crypto.Hash{"sha1": crypto.SHA1, "sha256": crypto.SHA256} {
		t.Run("encrypts with "+name+" what a DecryptionKey decrypts", func(t *testing.T) {
			t.Parallel()
			o := newOpenSSL(t)
			key := newDecryptionKey(t)
			o.writePublicKey(t, key.Public())
			o.write(t, "plaintext", []byte("attack at dawn"))
			out, err := o.run(t, "pkeyutl", "-encrypt", "-pubin", "-inkey", "public.pem", "-in", "plaintext", "-out", "ciphertext",
				"-pkeyopt", "rsa_padding_mode:oaep", "-pkeyopt", "rsa_oaep_md:"+name)
			require.NoError(t, err, out)
			ciphertext, err := os.ReadFile(filepath.Join(o.dir, "ciphertext"))
			require.NoError(t, err)
			plaintext, err := key.Decrypt(nil, ciphertext, &rsa.OAEPOptions{Hash: hash})
			require.NoError(t, err)
			assert.Equal(t, "attack at dawn", string(plaintext))
		})
	}
}
