package attest_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/kmskit/kmskit/kmstest/internal/attest"
)

// FuzzVerify: whatever the bytes, a document is either refused as invalid or it
// is within its limits.
func FuzzVerify(f *testing.F) {
	f.Add([]byte{})
	f.Add(recorded(f, "enclave.b64"))
	a := newAuthority(f)
	f.Add(a.sign(f, newDocument()))
	f.Add(a.sign(f, newDocument(func(d *attest.Document) {
		d.PCRs, d.TPMPCRs, d.Nonce = nil, map[int][]byte{4: make([]byte, 48)}, []byte("nonce")
	})))
	roots := a.roots()
	f.Fuzz(func(t *testing.T, signed []byte) {
		d, err := attest.Verify(signed, roots, now)
		if err != nil {
			assert.ErrorIs(t, err, attest.ErrDocument)
			return
		}
		assert.NotEmpty(t, d.ModuleID)
		assert.NotEqual(t, len(d.PCRs) == 0, len(d.TPMPCRs) == 0)
	})
}

// FuzzOpen: whatever the bytes, an envelope is either refused or opened.
func FuzzOpen(f *testing.F) {
	key := enclaveKey(f)
	f.Add([]byte{})
	f.Add(recorded(f, "kms.b64"))
	long, err := attest.Seal(&key.PublicKey, make([]byte, 2400))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(long)
	f.Fuzz(func(t *testing.T, sealed []byte) {
		if _, err := attest.Open(key, sealed); err != nil {
			assert.ErrorIs(t, err, attest.ErrEnvelope)
		}
	})
}
