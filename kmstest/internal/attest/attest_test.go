package attest_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"math/big"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kmskit/kmskit/kmstest/internal/attest"
)

// recorded returns a file of base64 in testdata.
func recorded(tb testing.TB, name string) []byte {
	tb.Helper()
	text, err := os.ReadFile("testdata/" + name)
	require.NoError(tb, err)
	b, err := base64.StdEncoding.DecodeString(strings.ReplaceAll(string(text), "\n", ""))
	require.NoError(tb, err)
	return b
}

// TestVerify_Recorded reads a document that a Nitro enclave made in January 2026,
// with the root certificate that AWS publishes.
func TestVerify_Recorded(t *testing.T) {
	t.Parallel()
	const fingerprint = "641a0321a3e244efe456463195d606317ed7cdcc3c1756e09893f3c68f79bb5b"
	signed := recorded(t, "enclave.b64")
	roots := x509.NewCertPool()
	roots.AddCert(firstOfBundle(t, signed, fingerprint))
	made := time.Date(2026, 1, 3, 20, 40, 28, 0, time.UTC)

	t.Run("is valid when it was made", func(t *testing.T) {
		t.Parallel()
		d, err := attest.Verify(signed, roots, made)
		require.NoError(t, err)
		assert.Equal(t, "i-0368fa67e156d6d23-enc019b8596b1a9dad6", d.ModuleID)
		assert.WithinDuration(t, made, d.Time, time.Minute)
		assert.Len(t, d.PCRs, 16)
		assert.Equal(t, "4b8d4cf2a99e05ce1b5bddaf9d21cb446eb0e606c5bebd1ebf02b473a22165f7b6", hex.EncodeToString(d.PCRs[0])[:66])
		assert.Nil(t, d.TPMPCRs)
		assert.Nil(t, d.PublicKey)
		assert.Nil(t, d.Nonce)
		assert.Len(t, d.UserData, 20)
	})
	t.Run("is not valid three hours later", func(t *testing.T) {
		t.Parallel()
		_, err := attest.Verify(signed, roots, made.Add(3*time.Hour+time.Second))
		require.ErrorIs(t, err, attest.ErrDocument)
		assert.ErrorContains(t, err, "expired")
	})
	t.Run("is not valid with another root", func(t *testing.T) {
		t.Parallel()
		_, err := attest.Verify(signed, newAuthority(t).roots(), made)
		require.ErrorIs(t, err, attest.ErrDocument)
		assert.ErrorContains(t, err, "unknown authority")
	})
	t.Run("is not valid with one bit flipped anywhere", func(t *testing.T) {
		t.Parallel()
		for i := 0; i < len(signed); i += 29 { // checking a chain takes its time
			altered := bytes.Clone(signed)
			altered[i] ^= 1
			_, err := attest.Verify(altered, roots, made)
			assert.ErrorIs(t, err, attest.ErrDocument, "byte %d", i)
		}
	})
	t.Run("is not valid cut off anywhere", func(t *testing.T) {
		t.Parallel()
		for i := range signed {
			_, err := attest.Verify(signed[:i], roots, made)
			assert.ErrorIs(t, err, attest.ErrDocument, "%d bytes", i)
		}
	})
}

// firstOfBundle returns the certificate in signed with that SHA-256.
func firstOfBundle(t *testing.T, signed []byte, fingerprint string) *x509.Certificate {
	t.Helper()
	const head = "hcabundle\x84\x59"
	_, rest, ok := bytes.Cut(signed, []byte(head))
	require.True(t, ok)
	der := rest[2:][:int(rest[0])<<8|int(rest[1])]
	sum := sha256.Sum256(der)
	require.Equal(t, fingerprint, hex.EncodeToString(sum[:]))
	c, err := x509.ParseCertificate(der)
	require.NoError(t, err)
	return c
}

// An authority issues the certificates that sign documents.
type authority struct {
	key  *ecdsa.PrivateKey
	root *x509.Certificate
}

var now = time.Date(2026, 8, 1, 12, 0, 0, 0, time.UTC)

func newAuthority(tb testing.TB) *authority {
	tb.Helper()
	a := &authority{key: newECDSA(tb, elliptic.P384())}
	a.root = a.issue(tb, &a.key.PublicKey, func(c *x509.Certificate) {
		c.IsCA, c.KeyUsage = true, x509.KeyUsageCertSign
	})
	return a
}

func (a *authority) roots() *x509.CertPool {
	roots := x509.NewCertPool()
	roots.AddCert(a.root)
	return roots
}

func (a *authority) issue(tb testing.TB, key any, change ...func(*x509.Certificate)) *x509.Certificate {
	tb.Helper()
	template := &x509.Certificate{
		SerialNumber:          big.NewInt(1),
		Subject:               pkix.Name{CommonName: "test"},
		NotBefore:             now.Add(-time.Hour),
		NotAfter:              now.Add(time.Hour),
		KeyUsage:              x509.KeyUsageDigitalSignature,
		BasicConstraintsValid: true,
	}
	for _, f := range change {
		f(template)
	}
	parent := a.root
	if parent == nil {
		parent = template
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key, a.key)
	require.NoError(tb, err)
	c, err := x509.ParseCertificate(der)
	require.NoError(tb, err)
	return c
}

func newECDSA(tb testing.TB, curve elliptic.Curve) *ecdsa.PrivateKey {
	tb.Helper()
	key, err := ecdsa.GenerateKey(curve, rand.Reader)
	require.NoError(tb, err)
	return key
}

// newDocument returns a document that may be signed, changed as the test wants.
func newDocument(change ...func(*attest.Document)) *attest.Document {
	d := &attest.Document{
		ModuleID: "i-0123456789abcdef0-enc0123456789abcdef",
		Time:     now,
		PCRs:     map[int][]byte{0: bytes.Repeat([]byte{1}, 48), 31: bytes.Repeat([]byte{2}, 32)},
	}
	for _, f := range change {
		f(d)
	}
	return d
}

func (a *authority) sign(tb testing.TB, d *attest.Document) []byte {
	tb.Helper()
	key := newECDSA(tb, elliptic.P384())
	signed, err := d.Sign(key, a.issue(tb, &key.PublicKey).Raw, a.root.Raw)
	require.NoError(tb, err)
	return signed
}

func TestDocument_Sign(t *testing.T) {
	t.Parallel()
	a := newAuthority(t)
	for name, d := range map[string]*attest.Document{
		"bare": newDocument(),
		"full": newDocument(func(d *attest.Document) {
			d.PublicKey, d.UserData, d.Nonce = []byte("key"), []byte("data"), []byte("nonce")
		}),
		"largest": newDocument(func(d *attest.Document) {
			d.PublicKey, d.UserData, d.Nonce = make([]byte, 1024), make([]byte, 1024), make([]byte, 1024)
			for i := range 32 {
				d.PCRs[i] = make([]byte, 64)
			}
		}),
		"empty data": newDocument(func(d *attest.Document) { d.UserData, d.Nonce = []byte{}, []byte{} }),
		"NitroTPM": newDocument(func(d *attest.Document) {
			d.PCRs, d.TPMPCRs = nil, map[int][]byte{4: make([]byte, 48), 23: make([]byte, 48)}
		}),
	} {
		t.Run("round trip: "+name, func(t *testing.T) {
			t.Parallel()
			got, err := attest.Verify(a.sign(t, d), a.roots(), now)
			require.NoError(t, err)
			assert.Equal(t, d, got)
		})
	}
	t.Run("the tag may be left out", func(t *testing.T) {
		t.Parallel()
		signed := a.sign(t, newDocument())
		require.Equal(t, byte(0xd2), signed[0])
		_, err := attest.Verify(signed[1:], a.roots(), now)
		assert.NoError(t, err)
	})
}

func TestVerify_Limits(t *testing.T) {
	t.Parallel()
	a := newAuthority(t)
	for name, change := range map[string]func(*attest.Document){
		"module_id: the value is not within its limits":     func(d *attest.Document) { d.ModuleID = "" },
		"timestamp: the value is not within its limits":     func(d *attest.Document) { d.Time = time.UnixMilli(0) },
		"pcrs: the value is not within its limits":          func(d *attest.Document) { clear(d.PCRs) },
		"pcrs: the value is not within its limits (index)":  func(d *attest.Document) { d.PCRs[32] = make([]byte, 48) },
		"pcrs: the value is not within its limits (length)": func(d *attest.Document) { d.PCRs[1] = make([]byte, 47) },
		"nitrotpm_pcrs: the value is not within its limits": func(d *attest.Document) { d.TPMPCRs = map[int][]byte{24: make([]byte, 48)} },
		"public_key: the value is not within its limits":    func(d *attest.Document) { d.PublicKey = []byte{} },
		"user_data: the value is not within its limits":     func(d *attest.Document) { d.UserData = make([]byte, 1025) },
		"nonce: the value is not within its limits":         func(d *attest.Document) { d.Nonce = make([]byte, 1025) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := attest.Verify(a.sign(t, newDocument(change)), a.roots(), now)
			require.ErrorIs(t, err, attest.ErrDocument)
			text, _, _ := strings.Cut(name, " (")
			assert.ErrorContains(t, err, text)
		})
	}
}

func TestVerify_Certificate(t *testing.T) {
	t.Parallel()
	a := newAuthority(t)
	key := newECDSA(t, elliptic.P384())
	verify := func(t *testing.T, key *ecdsa.PrivateKey, leaf []byte, bundle ...[]byte) error {
		t.Helper()
		signed, err := newDocument().Sign(key, leaf, bundle...)
		require.NoError(t, err)
		_, err = attest.Verify(signed, a.roots(), now)
		return err
	}
	t.Run("an intermediate one leads to the root", func(t *testing.T) {
		t.Parallel()
		middle := &authority{key: newECDSA(t, elliptic.P384())}
		middle.root = a.issue(t, &middle.key.PublicKey, func(c *x509.Certificate) {
			c.IsCA, c.KeyUsage, c.Subject.CommonName = true, x509.KeyUsageCertSign, "middle"
		})
		leaf := middle.issue(t, &key.PublicKey).Raw
		require.NoError(t, verify(t, key, leaf, a.root.Raw, middle.root.Raw))
		assert.ErrorContains(t, verify(t, key, leaf, a.root.Raw), "unknown authority")
	})
	for name, change := range map[string]func(*x509.Certificate){
		"has expired":                          func(c *x509.Certificate) { c.NotAfter = now.Add(-time.Second) },
		"is not valid yet":                     func(c *x509.Certificate) { c.NotBefore = now.Add(time.Second) },
		"is one of an authority":               func(c *x509.Certificate) { c.IsCA = true },
		"is not for signatures":                func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageKeyEncipherment },
		"has an unknown constraint":            func(c *x509.Certificate) { c.ExtraExtensions = []pkix.Extension{{Id: []int{1, 2, 3}, Critical: true}} },
		"is longer than documents may have it": func(c *x509.Certificate) { c.Subject.Organization = []string{strings.Repeat("x", 1000)} },
	} {
		t.Run("refused: it "+name, func(t *testing.T) {
			t.Parallel()
			assert.ErrorIs(t, verify(t, key, a.issue(t, &key.PublicKey, change).Raw, a.root.Raw), attest.ErrDocument)
		})
	}
	t.Run("refused: it is for another curve", func(t *testing.T) {
		t.Parallel()
		short := newECDSA(t, elliptic.P256())
		assert.ErrorContains(t, verify(t, short, a.issue(t, &short.PublicKey).Raw, a.root.Raw), "not one that signs documents")
	})
	t.Run("refused: it is for another key", func(t *testing.T) {
		t.Parallel()
		leaf := a.issue(t, &newECDSA(t, elliptic.P384()).PublicKey)
		assert.ErrorContains(t, verify(t, key, leaf.Raw, a.root.Raw), "the signature does not match")
	})
	t.Run("refused: the bundle is empty", func(t *testing.T) {
		t.Parallel()
		assert.ErrorContains(t, verify(t, key, a.issue(t, &key.PublicKey).Raw), "cabundle")
	})
	t.Run("refused: the bundle is malformed", func(t *testing.T) {
		t.Parallel()
		assert.ErrorContains(t, verify(t, key, a.issue(t, &key.PublicKey).Raw, []byte("x")), "malformed")
	})
}

// TestVerify_Form alters the structure of a document that is in itself valid.
// None of it gets as far as the signature.
func TestVerify_Form(t *testing.T) {
	t.Parallel()
	a := newAuthority(t)
	signed := a.sign(t, newDocument())
	for _, tc := range []struct{ name, from, to, text string }{
		{"another algorithm", "\x44\xa1\x01\x38\x22", "\x44\xa1\x01\x38\x23", "its algorithm is not ES384"},
		{"an unprotected header", "\x44\xa1\x01\x38\x22\xa0", "\x44\xa1\x01\x38\x22\xa1\x04", "a header is not protected"},
		{"five parts", "\xd2\x84", "\xd2\x85", "cut off"},
		{"three parts", "\xd2\x84", "\xd2\x83", "something follows it"},
		{"a field twice", "itimestamp", "imodule_id", "module_id is there twice"},
		{"an unknown field", "fdigest", "fdogest", "there is no such field"},
		{"another digest", "fSHA384", "fSHA512", "digest: the value is not within its limits"},
		{"text for a number", "itimestamp\x1b", "itimestamp\x7b", "timestamp: the CBOR is of another type"},
		{"a register twice", "\x18\x1f\x58\x20", "\x18\x00\x58\x20", "pcrs: the value is not within its limits"},
		{"a negative register", "\x18\x1f\x58\x20", "\x38\x1f\x58\x20", "pcrs: the CBOR is of another type"},
		{"a reserved length", "fSHA384", "\x7cSHA384", "digest: the CBOR is cut off or malformed"},
		{"a field too few", "\xa9imodule_id", "\xa8imodule_id", "something follows the payload"},
		{"a field too many", "\xa9imodule_id", "\xaaimodule_id", "cut off"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, 1, bytes.Count(signed, []byte(tc.from)))
			altered := bytes.Replace(signed, []byte(tc.from), []byte(tc.to), 1)
			_, err := attest.Verify(altered, a.roots(), now)
			require.ErrorIs(t, err, attest.ErrDocument)
			assert.ErrorContains(t, err, tc.text)
		})
	}
	for i, field := range fields[:len(fields)-1] {
		t.Run("without "+field, func(t *testing.T) {
			t.Parallel()
			_, err := attest.Verify(without(t, signed, field, fields[i+1]), a.roots(), now)
			require.ErrorIs(t, err, attest.ErrDocument)
			assert.ErrorContains(t, err, field)
		})
	}
	t.Run("something follows", func(t *testing.T) {
		t.Parallel()
		_, err := attest.Verify(append(bytes.Clone(signed), 0), a.roots(), now)
		assert.ErrorContains(t, err, "something follows it")
	})
	t.Run("empty", func(t *testing.T) {
		t.Parallel()
		_, err := attest.Verify(nil, a.roots(), now)
		assert.ErrorIs(t, err, attest.ErrDocument)
	})
}

// fields are those that have to be there, and one more, in their order.
var fields = []string{"module_id", "digest", "timestamp", "pcrs", "certificate", "cabundle", "public_key"}

// without cuts a field out of a signed document, up to the next one.
func without(t *testing.T, signed []byte, field, next string) []byte {
	t.Helper()
	find := func(text string) int {
		i := bytes.Index(signed, []byte(text))
		require.Positive(t, i)
		return i
	}
	from := find(string(rune(0x60+len(field))) + field)
	to := find(string(rune(0x60+len(next))) + next)
	payload := find("\xa9imodule_id")
	size := binary.BigEndian.Uint16(signed[payload-2:]) - uint16(to-from)
	cut := slices.Concat(signed[:from], signed[to:])
	binary.BigEndian.PutUint16(cut[payload-2:], size)
	cut[payload]-- // the count of fields
	return cut
}

func TestDocument_RecipientKey(t *testing.T) {
	t.Parallel()
	spki := func(t *testing.T, key any) []byte {
		t.Helper()
		der, err := x509.MarshalPKIXPublicKey(key)
		require.NoError(t, err)
		return der
	}
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)

	t.Run("is the public key of the document", func(t *testing.T) {
		t.Parallel()
		got, err := (&attest.Document{PublicKey: spki(t, &key.PublicKey)}).RecipientKey()
		require.NoError(t, err)
		assert.True(t, key.PublicKey.Equal(got))
	})
	t.Run("refused: there is none", func(t *testing.T) {
		t.Parallel()
		_, err := (&attest.Document{}).RecipientKey()
		require.ErrorIs(t, err, attest.ErrDocument)
		assert.ErrorContains(t, err, "it has no public key")
	})
	for name, der := range map[string][]byte{
		"it is PKCS #1":   x509.MarshalPKCS1PublicKey(&key.PublicKey),
		"it is not RSA":   spki(t, &newECDSA(t, elliptic.P256()).PublicKey),
		"it is too small": spki(t, &rsa.PublicKey{N: new(big.Int).Rsh(key.N, 1), E: key.E}),
		"it is too large": spki(t, &rsa.PublicKey{N: new(big.Int).Lsh(key.N, 2049), E: key.E}),
	} {
		t.Run("refused: "+name, func(t *testing.T) {
			t.Parallel()
			_, err := (&attest.Document{PublicKey: der}).RecipientKey()
			assert.ErrorIs(t, err, attest.ErrDocument)
		})
	}
}
