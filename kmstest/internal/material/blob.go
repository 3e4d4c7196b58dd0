package material

import (
	"crypto/rand"
	"encoding/binary"
	mathrand "math/rand/v2"
)

// A blob is a symmetric ciphertext. It has the form and the length of those of KMS,
// as far as published ones show them, so that what keeps ciphertexts, such as a
// column of a database, is as large as it has to be on AWS:
//
//	prefix | ID of the material | 1 | salt | length of the rest | EncryptedData in DER
//
// EncryptedData is that of CMS (RFC 5652) with AES-256-GCM. What it encrypts is 11
// bytes longer than the plaintext: what KMS has there is not known, here they are
// zero. Everything before the encrypted bytes is authenticated.
const (
	// How every ciphertext of KMS starts, by which people recognise one in their
	// logs: "AQICAH" in base64, and "AQIDAH" if it is that of a data key.
	ciphertextPrefix = "\x01\x02\x02\x00\x78"
	dataKeyPrefix    = "\x01\x02\x03\x00\x78"

	idEnd      = len(ciphertextPrefix) + len(ID{})
	saltSize   = 16
	outerSize  = idEnd + 1 + saltSize + 4 // before EncryptedData
	nonceSize  = 12
	tagSize    = 16
	frameSize  = 11
	sealedMore = frameSize + tagSize // by which the encrypted bytes are longer than the plaintext

	// smallestBlob is the size of a blob of no plaintext.
	smallestBlob = outerSize + 2 + len(encryptedDataOID) + 2 + 2 + len(version) + 2 + len(dataOID) + len(algorithm) + nonceSize + len(tagLength) + 2 + sealedMore
)

// The parts of EncryptedData whose length is always the same.
const (
	encryptedDataOID = "\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x06" // 1.2.840.113549.1.7.6
	version          = "\x02\x01\x00"
	dataOID          = "\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01"                         // 1.2.840.113549.1.7.1
	algorithm        = "\x30\x1e\x06\x09\x60\x86\x48\x01\x65\x03\x04\x01\x2e\x30\x11\x04\x0c" // aes256-GCM; the nonce follows
	tagLength        = "\x02\x01\x10"
)

// blobSize returns the size of the blob of a plaintext of n bytes.
func blobSize(n int) int {
	_, _, _, total := derSizes(n + sealedMore)
	return outerSize + total
}

// derSizes returns the sizes of what the DER elements around sealed bytes contain,
// from the inside to the outside, and that of the whole.
func derSizes(sealed int) (content, data, tagged, total int) {
	content = len(dataOID) + len(algorithm) + nonceSize + len(tagLength) + derSize(sealed)
	data = len(version) + derSize(content)
	tagged = derSize(data)
	return content, data, tagged, derSize(len(encryptedDataOID) + derSize(tagged))
}

// appendBlobHeader appends everything that comes before the sealed bytes of a
// plaintext of n bytes, with a new salt and nonce, and returns where the nonce is.
func appendBlobHeader(b []byte, prefix string, id ID, n int) (header []byte, nonce []byte) {
	content, data, tagged, total := derSizes(n + sealedMore)
	b = append(b, prefix...)
	b = append(b, id[:]...)
	b = append(b, 1)
	for range saltSize / 8 {
		b = binary.BigEndian.AppendUint64(b, mathrand.Uint64()) //nolint:gosec // it keeps nothing secret
	}
	b = binary.BigEndian.AppendUint32(b, uint32(total)) //nolint:gosec // a plaintext has 4096 bytes at most
	b = appendDER(b, 0x30, len(encryptedDataOID)+derSize(tagged))
	b = append(b, encryptedDataOID...)
	b = appendDER(b, 0xa0, tagged)
	b = appendDER(b, 0x30, data)
	b = append(b, version...)
	b = appendDER(b, 0x30, content)
	b = append(b, dataOID...)
	b = append(b, algorithm...)
	b = append(b, make([]byte, nonceSize)...)
	nonce = b[len(b)-nonceSize:]
	rand.Read(nonce)
	b = append(b, tagLength...)
	return appendDER(b, 0x80, n+sealedMore), nonce
}

// splitBlob returns the parts of a blob. What it does not look at is authenticated.
func splitBlob(b []byte) (header, nonce, sealed []byte, ok bool) {
	const longer = 10 // bytes at the most that the header takes to tell of long parts
	most := len(b) - smallestBlob
	for n := most; n >= max(0, most-longer); n-- {
		if blobSize(n) != len(b) {
			continue
		}
		at := len(b) - n - sealedMore
		end := at - 1 - derLengthSize(n+sealedMore) - len(tagLength)
		return b[:at], b[end-nonceSize : end], b[at:], true
	}
	return nil, nil, nil, false
}

// derSize returns the size of a DER element with n bytes in it.
func derSize(n int) int { return 1 + derLengthSize(n) + n }

// derLengthSize returns the size of a length in DER. None here needs more than two
// bytes.
func derLengthSize(n int) int {
	switch {
	case n < 0x80:
		return 1
	case n < 0x100:
		return 2
	default:
		return 3
	}
}

// appendDER appends the beginning of a DER element with n bytes in it.
func appendDER(b []byte, tag byte, n int) []byte {
	var length [2]byte
	binary.BigEndian.PutUint16(length[:], uint16(n)) //nolint:gosec // a plaintext has 4096 bytes at most
	b = append(b, tag)
	switch derLengthSize(n) {
	case 1:
		return append(b, length[1])
	case 2:
		return append(b, 0x81, length[1])
	default:
		return append(b, 0x82, length[0], length[1])
	}
}
