package attest

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"slices"
)

// ErrEnvelope means that an envelope is malformed, was made for another key or
// was altered.
var ErrEnvelope = errors.New("attest: invalid envelope")

// The structures of CMS (RFC 5652, section 6), as far as KMS uses them.
type (
	contentInfo struct {
		ContentType asn1.ObjectIdentifier
		Content     envelopedData `asn1:"explicit,tag:0"`
	}
	envelopedData struct {
		Version          int
		RecipientInfos   []recipientInfo `asn1:"set"`
		EncryptedContent encryptedContent
	}
	recipientInfo struct {
		Version                int
		SubjectKeyID           []byte `asn1:"tag:0"`
		KeyEncryptionAlgorithm pkix.AlgorithmIdentifier
		EncryptedKey           []byte
	}
	encryptedContent struct {
		ContentType asn1.ObjectIdentifier
		Algorithm   pkix.AlgorithmIdentifier
		Content     asn1.RawValue
	}
)

var (
	envelopedDataOID = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 3}
	dataOID          = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 1}
	aes256CBCOID     = asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 1, 42}

	// oaepSHA256 is RSAES-OAEP with SHA-256 for the hash and for MGF1 (RFC 4055).
	oaepSHA256 = pkix.AlgorithmIdentifier{
		Algorithm: asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 7},
		Parameters: asn1.RawValue{FullBytes: []byte("\x30\x2f" +
			"\xa0\x0f\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00" +
			"\xa1\x1c\x30\x1a\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x08" +
			"\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00")},
	}
)

const (
	cmsVersion     = 2 // of both structures that have one: the recipient has a key ID
	contentKeySize = 32
	segmentSize    = 1000 // bytes of a long content that stand together
)

// Tags of BER.
const (
	tagSequence = 0x30
	tagContext0 = 0xa0
	constructed = 0x20
)

// Seal returns plaintext in an envelope that only the private half of public
// opens: CMS EnvelopedData with RSAES-OAEP-SHA256 and AES-256-CBC. As KMS's own it
// is in BER, with lengths left open and long content in segments, and it names
// the key by the SHA-256 of its SubjectPublicKeyInfo.
func Seal(public *rsa.PublicKey, plaintext []byte) ([]byte, error) {
	info, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		return nil, err
	}
	keyID := sha256.Sum256(info)
	key, iv := make([]byte, contentKeySize), make([]byte, aes.BlockSize)
	rand.Read(key)
	rand.Read(iv)
	encryptedKey, err := rsa.EncryptOAEP(sha256.New(), rand.Reader, public, key, nil)
	if err != nil {
		return nil, err
	}
	var e encoder
	recipients := e.marshal([]recipientInfo{{cmsVersion, keyID[:], oaepSHA256, encryptedKey}}, "set")
	algorithm := e.marshal(pkix.AlgorithmIdentifier{
		Algorithm:  aes256CBCOID,
		Parameters: asn1.RawValue{FullBytes: e.marshal(iv, "")},
	}, "")
	content := open(tagSequence,
		e.marshal(dataOID, ""), algorithm,
		open(tagContext0, e.segments(encryptCBC(key, iv, plaintext))))
	data := open(tagSequence, e.marshal(cmsVersion, ""), recipients, content)
	return open(tagSequence, e.marshal(envelopedDataOID, ""), open(tagContext0, data)), e.err
}

// An encoder writes DER and keeps the first error.
type encoder struct{ err error }

func (e *encoder) marshal(v any, params string) []byte {
	b, err := asn1.MarshalWithParams(v, params)
	e.err = errors.Join(e.err, err)
	return b
}

// segments writes b as octet strings of limited size.
func (e *encoder) segments(b []byte) (encoded []byte) {
	for segment := range slices.Chunk(b, segmentSize) {
		encoded = append(encoded, e.marshal(segment, "")...)
	}
	return encoded
}

// open writes a constructed value whose length is not stated.
func open(tag byte, parts ...[]byte) []byte {
	return slices.Concat([]byte{tag, 0x80}, slices.Concat(parts...), []byte{0, 0})
}

// Open returns the plaintext of an envelope as [Seal] and KMS make them, or
// [ErrEnvelope].
func Open(private *rsa.PrivateKey, sealed []byte) ([]byte, error) {
	der, rest, err := definite(sealed, 0)
	if err != nil || len(rest) > 0 {
		return nil, ErrEnvelope
	}
	var info contentInfo
	if rest, err := asn1.Unmarshal(der, &info); err != nil || len(rest) > 0 {
		return nil, ErrEnvelope
	}
	data := info.Content
	if !info.ContentType.Equal(envelopedDataOID) || !data.EncryptedContent.ContentType.Equal(dataOID) ||
		data.Version != cmsVersion || len(data.RecipientInfos) != 1 {
		return nil, ErrEnvelope
	}
	key, err := data.RecipientInfos[0].open(private)
	if err != nil {
		return nil, err
	}
	return data.EncryptedContent.open(key)
}

// open returns the key of the content.
func (r *recipientInfo) open(private *rsa.PrivateKey) ([]byte, error) {
	if !r.KeyEncryptionAlgorithm.Algorithm.Equal(oaepSHA256.Algorithm) ||
		!bytes.Equal(r.KeyEncryptionAlgorithm.Parameters.FullBytes, oaepSHA256.Parameters.FullBytes) {
		return nil, ErrEnvelope
	}
	key, err := rsa.DecryptOAEP(sha256.New(), nil, private, r.EncryptedKey, nil)
	if err != nil || len(key) != contentKeySize {
		return nil, ErrEnvelope
	}
	return key, nil
}

// open returns the content itself.
func (c *encryptedContent) open(key []byte) ([]byte, error) {
	var iv []byte
	rest, err := asn1.Unmarshal(c.Algorithm.Parameters.FullBytes, &iv)
	if err != nil || len(rest) > 0 || len(iv) != aes.BlockSize || !c.Algorithm.Algorithm.Equal(aes256CBCOID) {
		return nil, ErrEnvelope
	}
	if c.Content.Class != asn1.ClassContextSpecific || c.Content.Tag != 0 || !c.Content.IsCompound {
		return nil, ErrEnvelope
	}
	ciphertext, err := join(c.Content.Bytes)
	if err != nil {
		return nil, err
	}
	return decryptCBC(key, iv, ciphertext)
}

// join returns the content that is in segments.
func join(segments []byte) (content []byte, err error) {
	for len(segments) > 0 {
		var segment []byte
		if segments, err = asn1.Unmarshal(segments, &segment); err != nil {
			return nil, ErrEnvelope
		}
		content = append(content, segment...)
	}
	return content, nil
}

func encryptCBC(key, iv, plaintext []byte) []byte {
	padding := aes.BlockSize - len(plaintext)%aes.BlockSize
	b := slices.Concat(plaintext, bytes.Repeat([]byte{byte(padding)}, padding))
	cipher.NewCBCEncrypter(newAES(key), iv).CryptBlocks(b, b)
	return b
}

func decryptCBC(key, iv, ciphertext []byte) ([]byte, error) {
	n := len(ciphertext)
	if n == 0 || n%aes.BlockSize != 0 {
		return nil, ErrEnvelope
	}
	b := make([]byte, n)
	cipher.NewCBCDecrypter(newAES(key), iv).CryptBlocks(b, ciphertext)
	padding := int(b[n-1])
	if padding == 0 || padding > aes.BlockSize || !bytes.Equal(b[n-padding:], bytes.Repeat([]byte{byte(padding)}, padding)) {
		return nil, ErrEnvelope
	}
	return b[:n-padding], nil
}

func newAES(key []byte) cipher.Block {
	block, err := aes.NewCipher(key)
	if err != nil {
		panic("attest: " + err.Error()) // All keys have contentKeySize.
	}
	return block
}

const deepest = 16 // levels of nesting in BER

// definite returns the first value of b with every length stated, which is all
// that keeps the envelopes of KMS from being DER, and what follows it.
func definite(b []byte, depth int) (der, rest []byte, err error) {
	if len(b) < 2 || depth > deepest || b[0]&0x1f == 0x1f { // no tag here has two bytes
		return nil, nil, ErrEnvelope
	}
	tag, length := b[0], b[1]
	if length != 0x80 {
		var v asn1.RawValue
		if rest, err = asn1.Unmarshal(b, &v); err != nil {
			return nil, nil, ErrEnvelope
		}
		if tag&constructed == 0 {
			return v.FullBytes, rest, nil
		}
		content, left, err := definiteParts(v.Bytes, depth)
		if err != nil || len(left) > 0 {
			return nil, nil, ErrEnvelope
		}
		return wrap(tag, content), rest, nil
	}
	content, rest, err := definiteParts(b[2:], depth)
	if err != nil || len(rest) < 2 || tag&constructed == 0 {
		return nil, nil, ErrEnvelope
	}
	return wrap(tag, content), rest[2:], nil
}

// definiteParts does so for all values up to the end of b or to the mark that
// ends a value of no stated length.
func definiteParts(b []byte, depth int) (content, rest []byte, err error) {
	for len(b) > 0 && !bytes.HasPrefix(b, []byte{0, 0}) {
		var part []byte
		if part, b, err = definite(b, depth+1); err != nil {
			return nil, nil, err
		}
		content = append(content, part...)
	}
	return content, b, nil
}

// wrap returns a value of that content in DER.
func wrap(tag byte, content []byte) []byte {
	b, err := asn1.Marshal(asn1.RawValue{
		Class: int(tag >> 6), Tag: int(tag & 0x1f), IsCompound: tag&constructed != 0, Bytes: content,
	})
	if err != nil {
		panic("attest: " + err.Error()) // All tags fit.
	}
	return b
}
