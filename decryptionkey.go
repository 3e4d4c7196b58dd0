package kmskit

import (
	"context"
	"crypto"
	"crypto/rsa"
	"crypto/x509"
	"fmt"
	"io"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
)

// DecryptionKey is one RSA KMS key in the place of a private key: a
// [crypto.Decrypter] for whatever takes one. [NewDecryptionKey] makes it.
//
// It knows its public key, so that only Decrypt calls KMS. Whoever has the public
// key encrypts without KMS, as with [rsa.EncryptOAEP].
//
// A DecryptionKey never changes and is safe for concurrent use.
type DecryptionKey struct {
	ctx       context.Context //nolint:containedctx // crypto.Decrypter has no room for one
	encryptor *Encryptor
	keyARN    string
	public    *rsa.PublicKey
}

var _ crypto.Decrypter = (*DecryptionKey)(nil)

// NewDecryptionKey returns an RSA key of the usage ENCRYPT_DECRYPT as a
// [crypto.Decrypter]. It gets the public key, for which the caller needs
// kms:GetPublicKey as well as kms:Decrypt. The grant tokens are sent with every
// call.
//
// The context is kept, as [crypto.Decrypter] takes none: it is that of this call
// and of all calls to come, so decrypting fails once it has ended. Give one that
// lives as long as the key is in use; [DecryptionKey.WithContext] gives single
// calls another.
//
// An alias is followed once, here: the key stays that of the public key when it
// moves. From then on the key is named by its ARN, so a policy must not allow it
// by its alias alone.
func NewDecryptionKey(ctx context.Context, api DecryptionKeyAPI, keyID string, grantTokens ...string) (*DecryptionKey, error) {
	mustHaveAPI("NewDecryptionKey", api)
	out, err := NewSigner(api).WithGrantTokens(grantTokens...).publicKeyFor(ctx, "NewDecryptionKey", keyID, types.KeyUsageTypeEncryptDecrypt)
	if err != nil {
		return nil, err
	}
	public, err := x509.ParsePKIXPublicKey(out.PublicKey)
	if err != nil {
		return nil, fmt.Errorf("kmskit: NewDecryptionKey (key %q): the public key cannot be read: %w", *out.KeyId, err)
	}
	rsaPublic, ok := public.(*rsa.PublicKey)
	if !ok {
		return nil, invalidInput("NewDecryptionKey", "the key %q has the spec %s; give one that is RSA", *out.KeyId, out.KeySpec)
	}
	return &DecryptionKey{
		ctx:       ctx,
		encryptor: NewEncryptor(api).WithGrantTokens(grantTokens...),
		keyARN:    *out.KeyId,
		public:    rsaPublic,
	}, nil
}

// WithContext returns a DecryptionKey that calls KMS with ctx, to give one
// decryption a deadline or the values of a request. It does not get the public
// key again.
func (k *DecryptionKey) WithContext(ctx context.Context) *DecryptionKey {
	derived := *k
	derived.ctx = ctx
	return &derived
}

// KeyARN returns the ARN of the key.
func (k *DecryptionKey) KeyARN() string { return k.keyARN }

// Public returns the public key, a [*rsa.PublicKey].
func (k *DecryptionKey) Public() crypto.PublicKey { return k.public }

// Decrypt has KMS decrypt what was encrypted to the public key with RSA-OAEP and
// returns the plaintext. The opts must be [*rsa.OAEPOptions] with the hash of the
// encryption, SHA-256 or SHA-1, no other MGFHash, and no label.
//
// All else is an [ErrInvalidInput]: KMS has no RSAES-PKCS1-v1_5, which nil means.
// The reader is not used.
func (k *DecryptionKey) Decrypt(_ io.Reader, ciphertext []byte, opts crypto.DecrypterOpts) ([]byte, error) {
	algorithm, err := decryptionAlgorithm(opts)
	if err != nil {
		return nil, err
	}
	return k.encryptor.Decrypt(k.ctx, k.keyARN, ciphertext, func(in *kms.DecryptInput) { in.EncryptionAlgorithm = algorithm })
}

// decryptionAlgorithm chooses the algorithm that opts ask for.
func decryptionAlgorithm(opts crypto.DecrypterOpts) (types.EncryptionAlgorithmSpec, error) {
	const form = "; encrypt with rsa.EncryptOAEP, and give &rsa.OAEPOptions{Hash: crypto.SHA256}"
	oaep, ok := opts.(*rsa.OAEPOptions)
	switch {
	case !ok || oaep == nil:
		return "", invalidInput("DecryptionKey", "KMS decrypts RSA-OAEP only, not what %T stands for%s", opts, form)
	case len(oaep.Label) > 0:
		return "", invalidInput("DecryptionKey", "KMS decrypts RSA-OAEP without a label only%s", form)
	case oaep.MGFHash != 0 && oaep.MGFHash != oaep.Hash:
		return "", invalidInput("DecryptionKey", "KMS decrypts RSA-OAEP with one hash for both only, not with MGF1 of %s beside %s%s", oaep.MGFHash, oaep.Hash, form)
	case oaep.Hash == crypto.SHA256:
		return types.EncryptionAlgorithmSpecRsaesOaepSha256, nil
	case oaep.Hash == crypto.SHA1:
		return types.EncryptionAlgorithmSpecRsaesOaepSha1, nil
	}
	return "", invalidInput("DecryptionKey", "KMS decrypts RSA-OAEP of SHA-256 and SHA-1 only, not of %s%s", oaep.Hash, form)
}
