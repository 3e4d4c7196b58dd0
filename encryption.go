package kmskit

// snippet-start:[gov2.kms.Encryptor.struct]

import (
	"bytes"
	"context"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
)

// Encryptor encrypts and decrypts small data under KMS keys, and makes the data
// keys that encrypt large data outside KMS.
//
// Where a method takes a keyID it takes a key ID, a key ARN, an alias name
// ("alias/orders") or an alias ARN; a key of another account needs an ARN.
//
// [Encryptor.WithEncryptionContext] and [Encryptor.WithGrantTokens] derive an
// Encryptor that adds these to every call. An Encryptor never changes and is
// safe for concurrent use.
type Encryptor struct {
	api               EncryptionAPI
	encryptionContext map[string]string
	grantTokens       []string
}

// NewEncryptor returns an Encryptor that calls api, as a rule a [*kms.Client].
// It panics if api is nil.
func NewEncryptor(api EncryptionAPI) *Encryptor {
	mustHaveAPI("NewEncryptor", api)
	return &Encryptor{api: api}
}

// snippet-end:[gov2.kms.Encryptor.struct]

// WithEncryptionContext returns an Encryptor that binds these pairs, beside
// those e binds already, to everything it encrypts; where a key is in both, the
// new value wins. The map is copied.
//
// Decryption needs exactly the pairs of the encryption: no fewer, no more, in
// the same case. They are not secret: CloudTrail logs them. Only symmetric
// encryption keys take an encryption context.
//
// https://docs.aws.amazon.com/kms/latest/developerguide/encrypt_context.html
func (e *Encryptor) WithEncryptionContext(encryptionContext map[string]string) *Encryptor {
	derived := *e
	derived.encryptionContext = maps.Clone(e.encryptionContext)
	if derived.encryptionContext == nil && len(encryptionContext) > 0 {
		derived.encryptionContext = make(map[string]string, len(encryptionContext))
	}
	maps.Copy(derived.encryptionContext, encryptionContext)
	return &derived
}

// WithGrantTokens returns an Encryptor that sends these grant tokens, after
// those e sends already, with every call. A token makes a new grant count at
// once, where KMS may otherwise need some minutes to know it everywhere. A call
// takes at most 10. The slice is copied.
//
// https://docs.aws.amazon.com/kms/latest/developerguide/using-grant-token.html
func (e *Encryptor) WithGrantTokens(tokens ...string) *Encryptor {
	derived := *e
	derived.grantTokens = slices.Concat(e.grantTokens, tokens)
	return &derived
}

// snippet-start:[gov2.kms.Encrypt]

// Encrypt encrypts 1 to 4,096 bytes under a key and returns the ciphertext, at most
// 6,144 bytes. That of a symmetric key is some 160 bytes longer than the plaintext.
// For more data use a data key: [Encryptor.GenerateDataKey].
//
// Store the key ARN beside the ciphertext, not an alias: [Encryptor.Decrypt]
// needs the key, and an alias may move. An asymmetric key needs the option
// EncryptionAlgorithm, takes 190 to 470 bytes depending on key and algorithm,
// and no encryption context.
//
// https://docs.aws.amazon.com/kms/latest/APIReference/API_Encrypt.html
func (e *Encryptor) Encrypt(ctx context.Context, keyID string, plaintext []byte, optFns ...func(*kms.EncryptInput)) ([]byte, error) {
	in := &kms.EncryptInput{
		KeyId:             aws.String(keyID),
		Plaintext:         plaintext,
		EncryptionContext: e.encryptionContext,
		GrantTokens:       e.grantTokens,
	}
	applyOwned(in, optFns, &in.GrantTokens, &in.EncryptionContext)
	if err := requireText("Encrypt", "key ID", in.KeyId, anyKeyForm); err != nil {
		return nil, err
	}
	if err := requireLength("Encrypt", "plaintext", in.Plaintext, 1, 4096, "; encrypt larger data under a data key: see GenerateDataKey"); err != nil {
		return nil, err
	}
	out, err := e.api.Encrypt(ctx, in)
	if err != nil {
		return nil, callFailed("Encrypt", err, "key", in.KeyId)
	}
	if out == nil || len(out.CiphertextBlob) == 0 {
		return nil, callFailed("Encrypt", incompleteOutput("CiphertextBlob"), "key", in.KeyId)
	}
	return out.CiphertextBlob, nil
}

// snippet-end:[gov2.kms.Encrypt]

// snippet-start:[gov2.kms.Decrypt]

// Decrypt decrypts a ciphertext of [Encryptor.Encrypt], [Encryptor.ReEncrypt] or
// [Encryptor.GenerateDataKey] and returns the plaintext, 1 to 4,096 bytes. For that
// of a data key [Encryptor.DecryptDataKey] is safer.
//
// The keyID is required, though KMS could read it from a symmetric ciphertext:
// a ciphertext from elsewhere must not choose the key. Give the ARN of the key
// that encrypted; any other key, also one behind an alias that moved since, is
// a [*types.IncorrectKeyException]. A wrong encryption context or an altered
// ciphertext is a [*types.InvalidCiphertextException].
//
// With the option Recipient (Nitro Enclaves, NitroTPM) the bytes returned are
// CiphertextForRecipient, which only the attested environment can decrypt.
//
// https://docs.aws.amazon.com/kms/latest/APIReference/API_Decrypt.html
func (e *Encryptor) Decrypt(ctx context.Context, keyID string, ciphertext []byte, optFns ...func(*kms.DecryptInput)) ([]byte, error) {
	in := &kms.DecryptInput{
		KeyId:             aws.String(keyID),
		CiphertextBlob:    ciphertext,
		EncryptionContext: e.encryptionContext,
		GrantTokens:       e.grantTokens,
	}
	applyOwned(in, optFns, &in.GrantTokens, &in.EncryptionContext)
	if err := requireText("Decrypt", "key ID", in.KeyId, anyKeyForm); err != nil {
		return nil, err
	}
	if err := requireCiphertext("Decrypt", in.CiphertextBlob, in.DryRun, in.DryRunModifiers); err != nil {
		return nil, err
	}
	out, err := e.api.Decrypt(ctx, in)
	switch {
	case err != nil:
		return nil, callFailed("Decrypt", err, "key", in.KeyId)
	case out != nil && len(out.Plaintext) > 0:
		return out.Plaintext, nil
	case out != nil && len(out.CiphertextForRecipient) > 0:
		return out.CiphertextForRecipient, nil
	}
	return nil, callFailed("Decrypt", incompleteOutput("Plaintext"), "key", in.KeyId)
}

// snippet-end:[gov2.kms.Decrypt]

// snippet-start:[gov2.kms.DecryptDataKey]

// DecryptDataKey decrypts the Ciphertext of a [DataKey] and returns the data key
// whole again: under the KeyID and with the encryption context that it was made
// with. It is [Encryptor.Decrypt] for a plaintext that is a key: nothing prints it,
// and [DataKey.Destroy] overwrites it as soon as it has done its work.
//
// With the option Recipient (Nitro Enclaves, NitroTPM) the plaintext is absent and
// CiphertextForRecipient is set.
//
// https://docs.aws.amazon.com/kms/latest/APIReference/API_Decrypt.html
func (e *Encryptor) DecryptDataKey(ctx context.Context, keyID string, ciphertext []byte, optFns ...func(*kms.DecryptInput)) (*DataKey, error) {
	in := &kms.DecryptInput{
		KeyId:             aws.String(keyID),
		CiphertextBlob:    ciphertext,
		EncryptionContext: e.encryptionContext,
		GrantTokens:       e.grantTokens,
	}
	applyOwned(in, optFns, &in.GrantTokens, &in.EncryptionContext)
	if err := requireText("Decrypt", "key ID", in.KeyId, anyKeyForm); err != nil {
		return nil, err
	}
	if err := requireCiphertext("Decrypt", in.CiphertextBlob, in.DryRun, in.DryRunModifiers); err != nil {
		return nil, err
	}
	out, err := e.api.Decrypt(ctx, in)
	if err != nil {
		return nil, callFailed("Decrypt", err, "key", in.KeyId)
	}
	if out == nil || out.KeyId == nil || len(out.Plaintext) == 0 && len(out.CiphertextForRecipient) == 0 {
		return nil, callFailed("Decrypt", incompleteOutput("KeyId or Plaintext"), "key", in.KeyId)
	}
	return withSecret(DataKey{
		KeyID:                  *out.KeyId,
		Ciphertext:             in.CiphertextBlob,
		CiphertextForRecipient: out.CiphertextForRecipient,
	}, out.Plaintext), nil
}

// snippet-end:[gov2.kms.DecryptDataKey]

// snippet-start:[gov2.kms.ReEncrypt]

// ReEncrypt decrypts a ciphertext and encrypts it under another key, or another
// encryption context, inside KMS: the plaintext never leaves it. It returns the
// new ciphertext.
//
// The encryption context of [Encryptor.WithEncryptionContext] is used on both
// sides; options set SourceEncryptionContext or DestinationEncryptionContext to
// change one. As with [Encryptor.Decrypt], the source key is required.
//
// https://docs.aws.amazon.com/kms/latest/APIReference/API_ReEncrypt.html
func (e *Encryptor) ReEncrypt(ctx context.Context, sourceKeyID string, ciphertext []byte, destinationKeyID string, optFns ...func(*kms.ReEncryptInput)) ([]byte, error) {
	in := &kms.ReEncryptInput{
		SourceKeyId:                  aws.String(sourceKeyID),
		SourceEncryptionContext:      e.encryptionContext,
		CiphertextBlob:               ciphertext,
		DestinationKeyId:             aws.String(destinationKeyID),
		DestinationEncryptionContext: e.encryptionContext,
		GrantTokens:                  e.grantTokens,
	}
	applyOwned(in, optFns, &in.GrantTokens, &in.SourceEncryptionContext, &in.DestinationEncryptionContext)
	if err := requireText("ReEncrypt", "source key ID", in.SourceKeyId, anyKeyForm); err != nil {
		return nil, err
	}
	if err := requireText("ReEncrypt", "destination key ID", in.DestinationKeyId, anyKeyForm); err != nil {
		return nil, err
	}
	if err := requireCiphertext("ReEncrypt", in.CiphertextBlob, in.DryRun, in.DryRunModifiers); err != nil {
		return nil, err
	}
	out, err := e.api.ReEncrypt(ctx, in)
	if err != nil {
		return nil, callFailed("ReEncrypt", err, "source key", in.SourceKeyId, "destination key", in.DestinationKeyId)
	}
	if out == nil || len(out.CiphertextBlob) == 0 {
		return nil, callFailed("ReEncrypt", incompleteOutput("CiphertextBlob"), "source key", in.SourceKeyId, "destination key", in.DestinationKeyId)
	}
	return out.CiphertextBlob, nil
}

// snippet-end:[gov2.kms.ReEncrypt]

// snippet-start:[gov2.kms.GenerateDataKey]

// GenerateDataKey makes a key for use outside KMS, for envelope encryption, and
// returns it twice: in plaintext to encrypt with now, and encrypted under the
// KMS key to store beside the data and to [Encryptor.Decrypt] later. Call
// [DataKey.Destroy] as soon as the plaintext has done its work.
//
// The data key is AES_256, 32 bytes, unless options set KeySpec or, for 1 to
// 1,024 bytes, NumberOfBytes. The KMS key must be a symmetric encryption key.
// With the option Recipient the plaintext is absent and CiphertextForRecipient
// is set.
//
// https://docs.aws.amazon.com/kms/latest/APIReference/API_GenerateDataKey.html
func (e *Encryptor) GenerateDataKey(ctx context.Context, keyID string, optFns ...func(*kms.GenerateDataKeyInput)) (*DataKey, error) {
	in := &kms.GenerateDataKeyInput{
		KeyId:             aws.String(keyID),
		EncryptionContext: e.encryptionContext,
		GrantTokens:       e.grantTokens,
	}
	applyOwned(in, optFns, &in.GrantTokens, &in.EncryptionContext)
	if in.KeySpec == "" && in.NumberOfBytes == nil {
		in.KeySpec = types.DataKeySpecAes256
	}
	if err := requireText("GenerateDataKey", "key ID", in.KeyId, anyKeyForm); err != nil {
		return nil, err
	}
	if err := requireDataKeySize("GenerateDataKey", in.KeySpec, in.NumberOfBytes); err != nil {
		return nil, err
	}
	out, err := e.api.GenerateDataKey(ctx, in)
	if err != nil {
		return nil, callFailed("GenerateDataKey", err, "key", in.KeyId)
	}
	if out == nil || out.KeyId == nil || len(out.CiphertextBlob) == 0 || len(out.Plaintext) == 0 && len(out.CiphertextForRecipient) == 0 {
		return nil, callFailed("GenerateDataKey", incompleteOutput("KeyId, CiphertextBlob or Plaintext"), "key", in.KeyId)
	}
	return withSecret(DataKey{
		KeyID:                  *out.KeyId,
		Ciphertext:             out.CiphertextBlob,
		CiphertextForRecipient: out.CiphertextForRecipient,
	}, out.Plaintext), nil
}

// snippet-end:[gov2.kms.GenerateDataKey]

// snippet-start:[gov2.kms.GenerateDataKeyWithoutPlaintext]

// GenerateDataKeyWithoutPlaintext makes a data key as
// [Encryptor.GenerateDataKey] does, but returns it only encrypted: for a service
// that prepares storage which another one fills. Its Plaintext is nil;
// [Encryptor.DecryptDataKey] of its Ciphertext returns the key.
//
// https://docs.aws.amazon.com/kms/latest/APIReference/API_GenerateDataKeyWithoutPlaintext.html
func (e *Encryptor) GenerateDataKeyWithoutPlaintext(ctx context.Context, keyID string, optFns ...func(*kms.GenerateDataKeyWithoutPlaintextInput)) (*DataKey, error) {
	in := &kms.GenerateDataKeyWithoutPlaintextInput{
		KeyId:             aws.String(keyID),
		EncryptionContext: e.encryptionContext,
		GrantTokens:       e.grantTokens,
	}
	applyOwned(in, optFns, &in.GrantTokens, &in.EncryptionContext)
	if in.KeySpec == "" && in.NumberOfBytes == nil {
		in.KeySpec = types.DataKeySpecAes256
	}
	if err := requireText("GenerateDataKeyWithoutPlaintext", "key ID", in.KeyId, anyKeyForm); err != nil {
		return nil, err
	}
	if err := requireDataKeySize("GenerateDataKeyWithoutPlaintext", in.KeySpec, in.NumberOfBytes); err != nil {
		return nil, err
	}
	out, err := e.api.GenerateDataKeyWithoutPlaintext(ctx, in)
	if err != nil {
		return nil, callFailed("GenerateDataKeyWithoutPlaintext", err, "key", in.KeyId)
	}
	if out == nil || out.KeyId == nil || len(out.CiphertextBlob) == 0 {
		return nil, callFailed("GenerateDataKeyWithoutPlaintext", incompleteOutput("KeyId or CiphertextBlob"), "key", in.KeyId)
	}
	return &DataKey{KeyID: *out.KeyId, Ciphertext: out.CiphertextBlob}, nil
}

// snippet-end:[gov2.kms.GenerateDataKeyWithoutPlaintext]

// snippet-start:[gov2.kms.GenerateDataKeyPair]

// GenerateDataKeyPair makes an asymmetric key pair for use outside KMS, such as
// types.DataKeyPairSpecEccNistP256, and returns its public key, and its private
// key twice: in plaintext to use now, and encrypted under the KMS key to store
// and to [Encryptor.Decrypt] later. Call [DataKeyPair.Destroy] as soon as the
// private key has done its work; if it is not needed yet, use
// [Encryptor.GenerateDataKeyPairWithoutPlaintext].
//
// The KMS key must be a symmetric encryption key, not in a custom key store.
// With the option Recipient the plaintext is absent and CiphertextForRecipient
// is set.
//
// https://docs.aws.amazon.com/kms/latest/APIReference/API_GenerateDataKeyPair.html
func (e *Encryptor) GenerateDataKeyPair(ctx context.Context, keyID string, keyPairSpec types.DataKeyPairSpec, optFns ...func(*kms.GenerateDataKeyPairInput)) (*DataKeyPair, error) {
	in := &kms.GenerateDataKeyPairInput{
		KeyId:             aws.String(keyID),
		KeyPairSpec:       keyPairSpec,
		EncryptionContext: e.encryptionContext,
		GrantTokens:       e.grantTokens,
	}
	applyOwned(in, optFns, &in.GrantTokens, &in.EncryptionContext)
	if err := requireText("GenerateDataKeyPair", "key ID", in.KeyId, anyKeyForm); err != nil {
		return nil, err
	}
	if err := requireText("GenerateDataKeyPair", "key pair spec", (*string)(&in.KeyPairSpec), keyPairSpecForm); err != nil {
		return nil, err
	}
	out, err := e.api.GenerateDataKeyPair(ctx, in)
	if err != nil {
		return nil, callFailed("GenerateDataKeyPair", err, "key", in.KeyId)
	}
	if out == nil || out.KeyId == nil || len(out.PublicKey) == 0 || len(out.PrivateKeyCiphertextBlob) == 0 ||
		len(out.PrivateKeyPlaintext) == 0 && len(out.CiphertextForRecipient) == 0 {
		return nil, callFailed("GenerateDataKeyPair", incompleteOutput("KeyId, PublicKey, PrivateKeyCiphertextBlob or PrivateKeyPlaintext"), "key", in.KeyId)
	}
	return withSecret(DataKeyPair{
		KeyID:                  *out.KeyId,
		Spec:                   in.KeyPairSpec,
		PublicKey:              out.PublicKey,
		Ciphertext:             out.PrivateKeyCiphertextBlob,
		CiphertextForRecipient: out.CiphertextForRecipient,
	}, out.PrivateKeyPlaintext), nil
}

// snippet-end:[gov2.kms.GenerateDataKeyPair]

// snippet-start:[gov2.kms.GenerateDataKeyPairWithoutPlaintext]

// GenerateDataKeyPairWithoutPlaintext makes a key pair as
// [Encryptor.GenerateDataKeyPair] does, but returns its private key only
// encrypted: for a service that encrypts to the public key, or hands it out.
// Its PrivateKey is nil; [Encryptor.Decrypt] of its Ciphertext returns it.
//
// https://docs.aws.amazon.com/kms/latest/APIReference/API_GenerateDataKeyPairWithoutPlaintext.html
func (e *Encryptor) GenerateDataKeyPairWithoutPlaintext(ctx context.Context, keyID string, keyPairSpec types.DataKeyPairSpec, optFns ...func(*kms.GenerateDataKeyPairWithoutPlaintextInput)) (*DataKeyPair, error) {
	in := &kms.GenerateDataKeyPairWithoutPlaintextInput{
		KeyId:             aws.String(keyID),
		KeyPairSpec:       keyPairSpec,
		EncryptionContext: e.encryptionContext,
		GrantTokens:       e.grantTokens,
	}
	applyOwned(in, optFns, &in.GrantTokens, &in.EncryptionContext)
	if err := requireText("GenerateDataKeyPairWithoutPlaintext", "key ID", in.KeyId, anyKeyForm); err != nil {
		return nil, err
	}
	if err := requireText("GenerateDataKeyPairWithoutPlaintext", "key pair spec", (*string)(&in.KeyPairSpec), keyPairSpecForm); err != nil {
		return nil, err
	}
	out, err := e.api.GenerateDataKeyPairWithoutPlaintext(ctx, in)
	if err != nil {
		return nil, callFailed("GenerateDataKeyPairWithoutPlaintext", err, "key", in.KeyId)
	}
	if out == nil || out.KeyId == nil || len(out.PublicKey) == 0 || len(out.PrivateKeyCiphertextBlob) == 0 {
		return nil, callFailed("GenerateDataKeyPairWithoutPlaintext", incompleteOutput("KeyId, PublicKey or PrivateKeyCiphertextBlob"), "key", in.KeyId)
	}
	return &DataKeyPair{
		KeyID:      *out.KeyId,
		Spec:       in.KeyPairSpec,
		PublicKey:  out.PublicKey,
		Ciphertext: out.PrivateKeyCiphertextBlob,
	}, nil
}

// snippet-end:[gov2.kms.GenerateDataKeyPairWithoutPlaintext]

// snippet-start:[gov2.kms.GenerateRandom]

// GenerateRandom returns 1 to 1,024 random bytes that KMS makes, or, with the
// option CustomKeyStoreId, a CloudHSM cluster. It uses no key, so the encryption
// context and the grant tokens of the Encryptor do not apply.
//
// With the option Recipient (Nitro Enclaves, NitroTPM) the bytes returned are
// CiphertextForRecipient, which only the attested environment can decrypt.
//
// https://docs.aws.amazon.com/kms/latest/APIReference/API_GenerateRandom.html
func (e *Encryptor) GenerateRandom(ctx context.Context, numberOfBytes int, optFns ...func(*kms.GenerateRandomInput)) ([]byte, error) {
	in := &kms.GenerateRandomInput{NumberOfBytes: toInt32(numberOfBytes)}
	applyOptions(in, optFns)
	if n := aws.ToInt32(in.NumberOfBytes); n < 1 || n > 1024 {
		return nil, invalidInput("GenerateRandom", "NumberOfBytes of %d is outside 1 to 1024 bytes", n)
	}
	out, err := e.api.GenerateRandom(ctx, in)
	switch {
	case err != nil:
		return nil, callFailed("GenerateRandom", err, "custom key store", in.CustomKeyStoreId)
	case out != nil && len(out.Plaintext) > 0:
		return out.Plaintext, nil
	case out != nil && len(out.CiphertextForRecipient) > 0:
		return out.CiphertextForRecipient, nil
	}
	return nil, callFailed("GenerateRandom", incompleteOutput("Plaintext"), "custom key store", in.CustomKeyStoreId)
}

// snippet-end:[gov2.kms.GenerateRandom]

const keyPairSpecForm = "give one, such as types.DataKeyPairSpecEccNistP256"

// requireDataKeySize refuses what does not name exactly one size.
func requireDataKeySize(action string, spec types.DataKeySpec, bytes *int32) error {
	switch {
	case bytes != nil && spec != "":
		return invalidInput(action, "both KeySpec and NumberOfBytes are set; set one of them")
	case bytes != nil && (*bytes < 1 || *bytes > 1024):
		return invalidInput(action, "NumberOfBytes of %d is outside 1 to 1024 bytes", *bytes)
	}
	return nil
}

// requireCiphertext refuses what cannot be a ciphertext. None is needed for a dry
// run that ignores it.
func requireCiphertext(action string, ciphertext []byte, dryRun *bool, modifiers []types.DryRunModifierType) error {
	if aws.ToBool(dryRun) && slices.Contains(modifiers, types.DryRunModifierTypeIgnoreCiphertext) {
		return requireLength(action, "ciphertext", ciphertext, 0, 6144, "")
	}
	if isEncoded(ciphertext) {
		return invalidInput(action, "the ciphertext is base64 text, as the AWS CLI prints it; decode it first, as base64.StdEncoding does: KMS takes the bytes")
	}
	return requireLength(action, "ciphertext", ciphertext, 1, 6144, "")
}

// isEncoded reports whether this is the base64 text of a ciphertext. Those of
// symmetric keys begin with the same few bytes. That of an RSA key is random:
// it does not happen to be text for hundreds of bytes.
func isEncoded(ciphertext []byte) bool {
	text := bytes.TrimSpace(ciphertext)
	begins := func(prefix string) bool { return bytes.HasPrefix(text, []byte(prefix)) }
	return len(text) >= 64 && slices.ContainsFunc([]string{"AQICA", "AQIDA", "AQECA", "AQEDA"}, begins) &&
		len(bytes.Trim(text, base64Characters)) == 0
}

// base64Characters are those of both alphabets, the padding, and line breaks.
const base64Characters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_=\r\n"
