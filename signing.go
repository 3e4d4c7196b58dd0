package kmskit

// snippet-start:[gov2.kms.Signer.struct]

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
)

// Signer signs under asymmetric KMS keys, verifies signatures, and returns the
// public keys with which others verify them outside KMS.
//
// Where a method takes a keyID it takes a key ID, a key ARN, an alias name
// ("alias/releases") or an alias ARN; a key of another account needs an ARN.
//
// [Signer.WithGrantTokens] derives a Signer that adds grant tokens to every
// call. A Signer never changes and is safe for concurrent use.
type Signer struct {
	api         SigningAPI
	grantTokens []string
}

// NewSigner returns a Signer that calls api, as a rule a [*kms.Client]. It
// panics if api is nil.
func NewSigner(api SigningAPI) *Signer {
	mustHaveAPI("NewSigner", api)
	return &Signer{api: api}
}

// snippet-end:[gov2.kms.Signer.struct]

// WithGrantTokens returns a Signer that sends these grant tokens, after those s
// sends already, with every call, so that new grants count at once. A call takes
// at most 10. The slice is copied.
//
// https://docs.aws.amazon.com/kms/latest/developerguide/using-grant-token.html
func (s *Signer) WithGrantTokens(tokens ...string) *Signer {
	derived := *s
	derived.grantTokens = slices.Concat(s.grantTokens, tokens)
	return &derived
}

// snippet-start:[gov2.kms.Sign]

// Sign signs a message of at most 4,096 bytes, also an empty one, and returns the
// signature: for RSA as in PKCS #1, for ECDSA in DER, at most 6,144 bytes. Store
// the key ARN and the algorithm beside it: [Signer.Verify] needs both.
//
// KMS hashes the message. For a larger one give its digest and the option
// MessageType DIGEST, for ML-DSA the 64 bytes of EXTERNAL_MU. A digest sent
// without the option is hashed a second time, as no other verifier does. A
// signature carries no time: put one into the message if it should expire.
//
// https://docs.aws.amazon.com/kms/latest/APIReference/API_Sign.html
func (s *Signer) Sign(ctx context.Context, keyID string, message []byte, algorithm types.SigningAlgorithmSpec, optFns ...func(*kms.SignInput)) ([]byte, error) {
	in := &kms.SignInput{
		KeyId:            aws.String(keyID),
		Message:          message,
		SigningAlgorithm: algorithm,
		GrantTokens:      s.grantTokens,
	}
	applyOwned(in, optFns, &in.GrantTokens)
	in.Message = presentMessage(in.Message)
	if err := requireText("Sign", "key ID", in.KeyId, anyKeyForm); err != nil {
		return nil, err
	}
	if err := requireLength("Sign", "message", in.Message, 0, 4096, largeMessageForm); err != nil {
		return nil, err
	}
	if err := requireText("Sign", "signing algorithm", (*string)(&in.SigningAlgorithm), signingAlgorithmForm); err != nil {
		return nil, err
	}
	out, err := s.api.Sign(ctx, in)
	if err != nil {
		return nil, callFailed("Sign", err, "key", in.KeyId)
	}
	if out == nil || len(out.Signature) == 0 {
		return nil, callFailed("Sign", incompleteOutput("Signature"), "key", in.KeyId)
	}
	return out.Signature, nil
}

// snippet-end:[gov2.kms.Sign]

// snippet-start:[gov2.kms.Verify]

// Verify checks a signature of [Signer.Sign]. It takes what Sign took, and the
// signature; nil means that the signature is good. One that is not is a
// [*types.KMSInvalidSignatureException].
//
// MessageType need not be that of the signing: what was signed as a message of
// at most 4,096 bytes can be verified as its digest. Whoever holds the public
// key of [Signer.GetPublicKey] can verify without KMS.
//
// https://docs.aws.amazon.com/kms/latest/APIReference/API_Verify.html
func (s *Signer) Verify(ctx context.Context, keyID string, message []byte, algorithm types.SigningAlgorithmSpec, signature []byte, optFns ...func(*kms.VerifyInput)) error {
	in := &kms.VerifyInput{
		KeyId:            aws.String(keyID),
		Message:          message,
		SigningAlgorithm: algorithm,
		Signature:        signature,
		GrantTokens:      s.grantTokens,
	}
	applyOwned(in, optFns, &in.GrantTokens)
	in.Message = presentMessage(in.Message)
	if err := requireText("Verify", "key ID", in.KeyId, anyKeyForm); err != nil {
		return err
	}
	if err := requireLength("Verify", "message", in.Message, 0, 4096, largeMessageForm); err != nil {
		return err
	}
	if err := requireText("Verify", "signing algorithm", (*string)(&in.SigningAlgorithm), signingAlgorithmForm); err != nil {
		return err
	}
	if err := requireLength("Verify", "signature", in.Signature, 1, 6144, ""); err != nil {
		return err
	}
	out, err := s.api.Verify(ctx, in)
	if err != nil {
		return callFailed("Verify", err, "key", in.KeyId)
	}
	if out == nil || !out.SignatureValid {
		return callFailed("Verify", incompleteOutput("SignatureValid"), "key", in.KeyId)
	}
	return nil
}

// snippet-end:[gov2.kms.Verify]

// snippet-start:[gov2.kms.GetPublicKey]

// GetPublicKey returns the public key of an asymmetric key of any usage: a
// SubjectPublicKeyInfo in DER, as [crypto/x509.ParsePKIXPublicKey] takes it,
// though that knows neither secp256k1 nor ML-DSA nor ML-KEM.
//
// With it come the KeySpec, the KeyUsage and the algorithms that KMS allows the
// key. Outside KMS nothing enforces them, so keep to them: what is encrypted to
// a signing key, or with another algorithm, KMS will not decrypt.
//
// https://docs.aws.amazon.com/kms/latest/APIReference/API_GetPublicKey.html
func (s *Signer) GetPublicKey(ctx context.Context, keyID string, optFns ...func(*kms.GetPublicKeyInput)) (*kms.GetPublicKeyOutput, error) {
	in := &kms.GetPublicKeyInput{KeyId: aws.String(keyID), GrantTokens: s.grantTokens}
	applyOwned(in, optFns, &in.GrantTokens)
	if err := requireText("GetPublicKey", "key ID", in.KeyId, anyKeyForm); err != nil {
		return nil, err
	}
	out, err := s.api.GetPublicKey(ctx, in)
	if err != nil {
		return nil, callFailed("GetPublicKey", err, "key", in.KeyId)
	}
	if out == nil || len(out.PublicKey) == 0 {
		return nil, callFailed("GetPublicKey", incompleteOutput("PublicKey"), "key", in.KeyId)
	}
	return out, nil
}

// snippet-end:[gov2.kms.GetPublicKey]

const (
	signingAlgorithmForm = "give one that the key allows, such as types.SigningAlgorithmSpecEcdsaSha256"
	largeMessageForm     = "; of a larger message give the digest, and set MessageType to DIGEST"
)

// presentMessage makes no message an empty one, because the SDK takes nil for a
// missing member, and KMS signs an empty message as any other.
func presentMessage(message []byte) []byte {
	if message == nil {
		return []byte{}
	}
	return message
}
