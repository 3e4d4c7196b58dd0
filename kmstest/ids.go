package kmstest

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	mathrand "math/rand/v2"
	"strings"
	"sync"
)

// A generator draws the names that KMS makes up: IDs of keys, grants and
// requests. Seeded, it draws the same ones again. It is safe for concurrent use.
type generator struct {
	mu     sync.Mutex
	source *mathrand.ChaCha8
}

// newGenerator returns a generator that is seeded with seed, or by chance if
// seed is nil. Generators of one seed draw differently if their purposes differ.
func newGenerator(seed *uint64, purpose string) *generator {
	var key [32]byte
	if seed == nil {
		rand.Read(key[:])
	} else {
		key = sha256.Sum256(append(binary.BigEndian.AppendUint64(nil, *seed), purpose...))
	}
	return &generator{source: mathrand.NewChaCha8(key)}
}

func (g *generator) read(b []byte) {
	g.mu.Lock()
	defer g.mu.Unlock()
	_, _ = g.source.Read(b) // which never fails
}

// uuid returns a random (version 4) UUID.
func (g *generator) uuid() string {
	var b [16]byte
	g.read(b[:])
	return uuid(b)
}

// uuid returns random bytes as a UUID.
func uuid(b [16]byte) string {
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	text := []byte("00000000-0000-0000-0000-000000000000")
	hex.Encode(text[0:], b[:4])
	hex.Encode(text[9:], b[4:6])
	hex.Encode(text[14:], b[6:8])
	hex.Encode(text[19:], b[8:10])
	hex.Encode(text[24:], b[10:])
	return string(text)
}

// requestID returns the ID of the request with that number. It is made when somebody
// asks, which nobody does for most direct calls, and always the same.
func (s *Server) requestID(number uint64) string {
	source := mathrand.NewPCG(s.requestSeed, number)
	var b [16]byte
	binary.BigEndian.PutUint64(b[:8], source.Uint64())
	binary.BigEndian.PutUint64(b[8:], source.Uint64())
	return uuid(b)
}

// hex returns n random bytes in hexadecimal.
func (g *generator) hex(n int) string {
	b := make([]byte, n)
	g.read(b)
	return hex.EncodeToString(b)
}

// A sealer makes opaque tokens, such as markers and grant tokens: a content with
// a MAC over it and over the purpose of the token, so that a token that was
// altered, made by another Server or meant for something else does not open.
type sealer struct {
	key [32]byte
}

const sealSize = 16

func newSealer(g *generator) *sealer {
	s := new(sealer)
	g.read(s.key[:])
	return s
}

func (s *sealer) seal(purpose, content string) string {
	return base64.RawURLEncoding.EncodeToString(append(s.mac(purpose, content), content...))
}

func (s *sealer) open(purpose, token string) (content string, ok bool) {
	b, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil || len(b) < sealSize || strings.ContainsAny(token, "\r\n") { // which the decoder skips
		return "", false
	}
	content = string(b[sealSize:])
	return content, hmac.Equal(b[:sealSize], s.mac(purpose, content))
}

func (s *sealer) mac(purpose, content string) []byte {
	h := hmac.New(sha256.New, s.key[:])
	h.Write(binary.BigEndian.AppendUint64(nil, uint64(len(purpose))))
	h.Write([]byte(purpose))
	h.Write([]byte(content))
	return h.Sum(nil)[:sealSize]
}

// joinFields and splitFields keep several fields in one content. No field may
// hold a line feed, which no name of KMS does.
func joinFields(fields ...string) string { return strings.Join(fields, "\n") }

func splitFields(content string) []string { return strings.Split(content, "\n") }
