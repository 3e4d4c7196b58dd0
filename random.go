package kmskit

import (
	"context"
	"io"
)

// Random returns a reader of random bytes that KMS makes. It never ends.
//
// The context is kept, as [io.Reader] takes none: it is that of every Read.
//
// A Read asks KMS once for each 1,024 bytes, or what is left of them, and fills
// the slice, unless KMS fails: then it returns how many bytes were filled, and
// the error. So read as many bytes at once as are needed. The reader is safe for
// concurrent use, keeps nothing, and hands out no byte twice.
//
// It is for tokens, nonces and the like. It is of no use for making keys: since
// Go 1.26 most functions of Go's crypto packages ignore the reader that they are
// given.
func (e *Encryptor) Random(ctx context.Context) io.Reader {
	return randomReader{ctx, e}
}

// A randomReader is the io.Reader of an Encryptor's GenerateRandom.
type randomReader struct {
	ctx       context.Context //nolint:containedctx // io.Reader has no room for one
	encryptor *Encryptor
}

func (r randomReader) Read(p []byte) (n int, err error) {
	for n < len(p) {
		b, err := r.encryptor.GenerateRandom(r.ctx, min(len(p)-n, 1024))
		if err != nil {
			return n, err
		}
		n += copy(p[n:], b)
		clear(b)
	}
	return n, nil
}
