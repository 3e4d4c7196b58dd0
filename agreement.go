package kmskit

// snippet-start:[gov2.kms.KeyAgreement.struct]

import (
	"context"
	"fmt"
	"log/slog"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
)

// KeyAgreement agrees on shared secrets with a peer over an open channel, by two
// means that need keys of different usage: [KeyAgreement.DeriveSharedSecret] a
// key on a NIST curve with the usage KEY_AGREEMENT (ECDH), and
// [KeyAgreement.Encapsulate] and [KeyAgreement.Decapsulate] an ML-KEM key with
// the usage ENCAPSULATE_DECAPSULATE, which withstands quantum computers too.
//
// Where a method takes a keyID it takes a key ID, a key ARN, an alias name
// ("alias/channel") or an alias ARN; a key of another account needs an ARN.
//
// [KeyAgreement.WithGrantTokens] derives a KeyAgreement that adds grant tokens
// to every call. A KeyAgreement never changes and is safe for concurrent use.
type KeyAgreement struct {
	api         AgreementAPI
	grantTokens []string
}

// NewKeyAgreement returns a KeyAgreement that calls api, as a rule a
// [*kms.Client]. It panics if api is nil.
func NewKeyAgreement(api AgreementAPI) *KeyAgreement {
	mustHaveAPI("NewKeyAgreement", api)
	return &KeyAgreement{api: api}
}

// snippet-end:[gov2.kms.KeyAgreement.struct]

// WithGrantTokens returns a KeyAgreement that sends these grant tokens, after
// those a sends already, with every call, so that new grants count at once. A
// call takes at most 10. The slice is copied.
//
// https://docs.aws.amazon.com/kms/latest/developerguide/using-grant-token.html
func (a *KeyAgreement) WithGrantTokens(tokens ...string) *KeyAgreement {
	derived := *a
	derived.grantTokens = slices.Concat(a.grantTokens, tokens)
	return &derived
}

// snippet-start:[gov2.kms.DeriveSharedSecret]

// DeriveSharedSecret returns the secret that a key of the usage KEY_AGREEMENT
// and a peer's key pair on the same curve have in common: the raw result of
// ECDH, 32, 48 or 66 bytes. Derive keys from it, as with [crypto/hkdf], rather
// than use it as one; overwrite it with clear when that is done.
//
// The public key is the peer's, a SubjectPublicKeyInfo in DER as
// [Signer.GetPublicKey] returns it. Make sure that it is the peer's: ECDH works
// with anybody's.
//
// With the option Recipient (Nitro Enclaves, NitroTPM) the bytes returned are
// CiphertextForRecipient, which only the attested environment can decrypt.
//
// https://docs.aws.amazon.com/kms/latest/APIReference/API_DeriveSharedSecret.html
func (a *KeyAgreement) DeriveSharedSecret(ctx context.Context, keyID string, publicKey []byte, optFns ...func(*kms.DeriveSharedSecretInput)) ([]byte, error) {
	in := &kms.DeriveSharedSecretInput{
		KeyId:                 aws.String(keyID),
		PublicKey:             publicKey,
		KeyAgreementAlgorithm: types.KeyAgreementAlgorithmSpecEcdh,
		GrantTokens:           a.grantTokens,
	}
	applyOwned(in, optFns, &in.GrantTokens)
	if err := requireText("DeriveSharedSecret", "key ID", in.KeyId, anyKeyForm); err != nil {
		return nil, err
	}
	if err := requireLength("DeriveSharedSecret", "public key", in.PublicKey, 1, 8192, ""); err != nil {
		return nil, err
	}
	out, err := a.api.DeriveSharedSecret(ctx, in)
	switch {
	case err != nil:
		return nil, callFailed("DeriveSharedSecret", err, "key", in.KeyId)
	case out != nil && len(out.SharedSecret) > 0:
		return out.SharedSecret, nil
	case out != nil && len(out.CiphertextForRecipient) > 0:
		return out.CiphertextForRecipient, nil
	}
	return nil, callFailed("DeriveSharedSecret", incompleteOutput("SharedSecret"), "key", in.KeyId)
}

// snippet-end:[gov2.kms.DeriveSharedSecret]

// snippet-start:[gov2.kms.Encapsulate]

// Encapsulate makes a secret and encapsulates it to an ML-KEM key: send the
// Ciphertext to whoever may [KeyAgreement.Decapsulate] it, and use the secret, 32
// random bytes, as a key or to derive keys. Call [Encapsulation.Destroy] as soon
// as that is done. Whoever has the public key of [Signer.GetPublicKey] can
// encapsulate without KMS, as with [crypto/mlkem].
//
// https://docs.aws.amazon.com/kms/latest/APIReference/API_Encapsulate.html
func (a *KeyAgreement) Encapsulate(ctx context.Context, keyID string, optFns ...func(*kms.EncapsulateInput)) (*Encapsulation, error) {
	in := &kms.EncapsulateInput{
		KeyId:                  aws.String(keyID),
		EncapsulationAlgorithm: types.EncapsulationAlgorithmSpecMlKem,
		GrantTokens:            a.grantTokens,
	}
	applyOwned(in, optFns, &in.GrantTokens)
	if err := requireText("Encapsulate", "key ID", in.KeyId, anyKeyForm); err != nil {
		return nil, err
	}
	out, err := a.api.Encapsulate(ctx, in)
	if err != nil {
		return nil, callFailed("Encapsulate", err, "key", in.KeyId)
	}
	if out == nil || out.KeyId == nil || len(out.SharedSecret) == 0 || len(out.SharedSecretCiphertextBlob) == 0 {
		return nil, callFailed("Encapsulate", incompleteOutput("KeyId, SharedSecret or SharedSecretCiphertextBlob"), "key", in.KeyId)
	}
	return withSecret(Encapsulation{
		KeyID:      *out.KeyId,
		Ciphertext: out.SharedSecretCiphertextBlob,
	}, out.SharedSecret), nil
}

// snippet-end:[gov2.kms.Encapsulate]

// snippet-start:[gov2.kms.Decapsulate]

// Decapsulate returns the secret, 32 bytes, of a ciphertext that was made with
// the public key of an ML-KEM key, by [KeyAgreement.Encapsulate] or outside KMS.
//
// A ciphertext that was altered, or made for another key, is no error: it gives
// 32 other bytes, by design. Only a wrong length is refused. So have both sides
// prove that they hold the same secret, as authenticated encryption does, before
// it is trusted.
//
// https://docs.aws.amazon.com/kms/latest/APIReference/API_Decapsulate.html
func (a *KeyAgreement) Decapsulate(ctx context.Context, keyID string, ciphertext []byte, optFns ...func(*kms.DecapsulateInput)) ([]byte, error) {
	in := &kms.DecapsulateInput{
		KeyId:                      aws.String(keyID),
		SharedSecretCiphertextBlob: ciphertext,
		EncapsulationAlgorithm:     types.EncapsulationAlgorithmSpecMlKem,
		GrantTokens:                a.grantTokens,
	}
	applyOwned(in, optFns, &in.GrantTokens)
	if err := requireText("Decapsulate", "key ID", in.KeyId, anyKeyForm); err != nil {
		return nil, err
	}
	if n := len(in.SharedSecretCiphertextBlob); !slices.Contains(encapsulationSizes, n) {
		return nil, invalidInput("Decapsulate", "the ciphertext has %d bytes; that of an ML-KEM key has 768, 1088 or 1568 bytes", n)
	}
	out, err := a.api.Decapsulate(ctx, in)
	if err != nil {
		return nil, callFailed("Decapsulate", err, "key", in.KeyId)
	}
	if out == nil || len(out.SharedSecret) == 0 {
		return nil, callFailed("Decapsulate", incompleteOutput("SharedSecret"), "key", in.KeyId)
	}
	return out.SharedSecret, nil
}

// snippet-end:[gov2.kms.Decapsulate]

// Encapsulation is a shared secret that [KeyAgreement.Encapsulate] made, and the
// ciphertext that tells it to the holder of the private key.
//
// No way of printing, logging or encoding an Encapsulation shows its secret.
type Encapsulation struct {
	// KeyID is the ARN of the key that the secret is encapsulated to.
	KeyID string
	// Ciphertext is what Decapsulate takes: 768, 1,088 or 1,568 bytes for
	// ML_KEM_512, ML_KEM_768 or ML_KEM_1024. It is not secret.
	Ciphertext []byte

	sharedSecret secret
}

// SharedSecret returns the secret, 32 bytes, or nil if it was destroyed. The
// slice is the only copy: [Encapsulation.Destroy] overwrites it.
func (e *Encapsulation) SharedSecret() []byte {
	if e == nil {
		return nil
	}
	return e.sharedSecret.bytes()
}

// Destroy overwrites the secret with zeros; afterwards SharedSecret is nil. A nil
// or destroyed Encapsulation is left alone. As with [DataKey.Destroy], it must
// not run while the secret is in use, and it does not reach the copies of others.
func (e *Encapsulation) Destroy() {
	if e != nil {
		e.sharedSecret.destroy()
	}
}

func (e *Encapsulation) hide(sharedSecret secret) { e.sharedSecret = sharedSecret }

// Format prints an Encapsulation, for any verb, without its secret.
func (e Encapsulation) Format(f fmt.State, _ rune) {
	_, _ = fmt.Fprintf(f, "Encapsulation{KeyID: %q, Ciphertext: %d bytes, SharedSecret: redacted}", e.KeyID, len(e.Ciphertext))
}

// LogValue implements [slog.LogValuer] without the secret.
func (e *Encapsulation) LogValue() slog.Value {
	if e == nil {
		return slog.Value{}
	}
	return slog.GroupValue(slog.String("key_id", e.KeyID), slog.Int("ciphertext_bytes", len(e.Ciphertext)))
}

// encapsulationSizes are the lengths of ML-KEM's ciphertexts, in bytes.
var encapsulationSizes = []int{768, 1088, 1568}
