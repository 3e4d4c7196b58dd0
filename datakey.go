package kmskit

import (
	"fmt"
	"log/slog"

	"github.com/aws/aws-sdk-go-v2/service/kms/types"
)

// DataKey is a key for use outside KMS. The KMS key that made it keeps no copy.
//
// No way of printing, logging or encoding a DataKey shows its plaintext.
type DataKey struct {
	// KeyID is the ARN of the KMS key that encrypts the data key. Store it
	// beside Ciphertext: Decrypt needs both.
	KeyID string
	// Ciphertext is the data key encrypted under the KMS key. It is not secret.
	Ciphertext []byte
	// CiphertextForRecipient is the data key encrypted for the attested
	// environment that the option Recipient named; otherwise nil.
	CiphertextForRecipient []byte

	plaintext secret
}

// NewDataKey returns a DataKey with these parts, of which the plaintext may be nil.
// It is for fakes and caches: [Encryptor.GenerateDataKey] and
// [Encryptor.DecryptDataKey] return those of KMS. The slices are not copied, so
// that [DataKey.Destroy] overwrites the plaintext that the caller has.
func NewDataKey(keyID string, ciphertext, plaintext []byte) *DataKey {
	return withSecret(DataKey{KeyID: keyID, Ciphertext: ciphertext}, plaintext)
}

// Plaintext returns the data key itself, or nil if it was destroyed or never
// there. The slice is the only copy: [DataKey.Destroy] overwrites it.
func (k *DataKey) Plaintext() []byte {
	if k == nil {
		return nil
	}
	return k.plaintext.bytes()
}

// Destroy overwrites the plaintext with zeros; afterwards Plaintext is nil, so
// that code which uses it by mistake fails rather than encrypt under zeros. A
// nil or destroyed DataKey is left alone. Destroy must not run while the
// plaintext is in use. The SDK and the Go runtime may hold copies that it
// cannot reach.
func (k *DataKey) Destroy() {
	if k != nil {
		k.plaintext.destroy()
	}
}

func (k *DataKey) hide(plaintext secret) { k.plaintext = plaintext }

// Format prints a DataKey, for any verb, without its plaintext.
func (k DataKey) Format(f fmt.State, _ rune) {
	_, _ = fmt.Fprintf(f, "DataKey{KeyID: %q, Ciphertext: %d bytes, Plaintext: redacted}", k.KeyID, len(k.Ciphertext))
}

// LogValue implements [slog.LogValuer] without the plaintext.
func (k *DataKey) LogValue() slog.Value {
	if k == nil {
		return slog.Value{}
	}
	return slog.GroupValue(slog.String("key_id", k.KeyID), slog.Int("ciphertext_bytes", len(k.Ciphertext)))
}

// DataKeyPair is an asymmetric key pair for use outside KMS. The KMS key that
// made it keeps no copy.
//
// No way of printing, logging or encoding a DataKeyPair shows its private key.
type DataKeyPair struct {
	// KeyID is the ARN of the KMS key that encrypts the private key. Store it
	// beside Ciphertext: Decrypt needs both.
	KeyID string
	// Spec tells the algorithm and size of the pair.
	Spec types.DataKeyPairSpec
	// PublicKey is the public key, a SubjectPublicKeyInfo in DER, as
	// [crypto/x509.ParsePKIXPublicKey] takes it.
	PublicKey []byte
	// Ciphertext is the private key encrypted under the KMS key. It is not secret.
	Ciphertext []byte
	// CiphertextForRecipient is the private key encrypted for the attested
	// environment that the option Recipient named; otherwise nil.
	CiphertextForRecipient []byte

	privateKey secret
}

// PrivateKey returns the private key, a PKCS #8 PrivateKeyInfo in DER, as
// [crypto/x509.ParsePKCS8PrivateKey] takes it, or nil if it was destroyed or never
// there. That of an ML-KEM pair is in seed form. The slice is the only copy:
// [DataKeyPair.Destroy] overwrites it.
func (p *DataKeyPair) PrivateKey() []byte {
	if p == nil {
		return nil
	}
	return p.privateKey.bytes()
}

// Destroy overwrites the private key with zeros; afterwards PrivateKey is nil. A
// nil or destroyed DataKeyPair is left alone. As with [DataKey.Destroy], it must
// not run while the private key is in use, and it does not reach copies that
// others made, such as the key that a parser returned.
func (p *DataKeyPair) Destroy() {
	if p != nil {
		p.privateKey.destroy()
	}
}

func (p *DataKeyPair) hide(privateKey secret) { p.privateKey = privateKey }

// Format prints a DataKeyPair, for any verb, without its private key.
func (p DataKeyPair) Format(f fmt.State, _ rune) {
	_, _ = fmt.Fprintf(f, "DataKeyPair{KeyID: %q, Spec: %s, PublicKey: %d bytes, Ciphertext: %d bytes, PrivateKey: redacted}",
		p.KeyID, p.Spec, len(p.PublicKey), len(p.Ciphertext))
}

// LogValue implements [slog.LogValuer] without the private key.
func (p *DataKeyPair) LogValue() slog.Value {
	if p == nil {
		return slog.Value{}
	}
	return slog.GroupValue(
		slog.String("key_id", p.KeyID), slog.String("spec", string(p.Spec)),
		slog.Int("public_key_bytes", len(p.PublicKey)), slog.Int("ciphertext_bytes", len(p.Ciphertext)),
	)
}
