package kmskit

// snippet-start:[gov2.kms.MaterialImporter.struct]

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
)

// MaterialImporter brings key material from outside into KMS keys that were
// created without any, by CreateKey with the Origin EXTERNAL: get parameters,
// wrap the material with their public key, import it with their token. KMS gets
// the material only wrapped, and so does this package.
//
// Where a method takes a keyID it takes a key ID or a key ARN of the caller's
// own account.
//
// A MaterialImporter is safe for concurrent use.
type MaterialImporter struct {
	api ImportAPI
}

// NewMaterialImporter returns a MaterialImporter that calls api, as a rule a
// [*kms.Client]. It panics if api is nil.
func NewMaterialImporter(api ImportAPI) *MaterialImporter {
	mustHaveAPI("NewMaterialImporter", api)
	return &MaterialImporter{api: api}
}

// snippet-end:[gov2.kms.MaterialImporter.struct]

// ImportParameters are what it takes to import key material once. The public key
// and the token belong together, and to one key.
type ImportParameters struct {
	// PublicKey wraps the key material: an RSA SubjectPublicKeyInfo in DER, as
	// [crypto/x509.ParsePKIXPublicKey] takes it.
	PublicKey []byte
	// ImportToken is what ImportKeyMaterial takes beside the wrapped material.
	ImportToken []byte
	// ValidTo is when public key and token expire, in UTC: after 24 hours.
	ValidTo time.Time
}

// snippet-start:[gov2.kms.GetParametersForImport]

// GetParametersForImport returns a public key to wrap key material with, of the
// given spec, and the token to import it with, both good for 24 hours. Take the
// longest key that is practical, such as types.WrappingKeySpecRsa4096.
//
// A secret key, or a private key on a curve, is wrapped directly with
// RSAES_OAEP_SHA_256; P-521 then needs a wrapping key longer than RSA_2048. An
// RSA private key is wrapped with RSA_AES_KEY_WRAP_SHA_256: an AES key that you
// make wraps the material, and the public key wraps the AES key. Private keys
// are wrapped as PKCS #8 in DER.
//
// https://docs.aws.amazon.com/kms/latest/APIReference/API_GetParametersForImport.html
func (m *MaterialImporter) GetParametersForImport(ctx context.Context, keyID string, wrappingAlgorithm types.AlgorithmSpec, wrappingKeySpec types.WrappingKeySpec, optFns ...func(*kms.GetParametersForImportInput)) (ImportParameters, error) {
	in := &kms.GetParametersForImportInput{
		KeyId:             aws.String(keyID),
		WrappingAlgorithm: wrappingAlgorithm,
		WrappingKeySpec:   wrappingKeySpec,
	}
	applyOptions(in, optFns)
	if err := requireText("GetParametersForImport", "key ID", in.KeyId, keyIDForm); err != nil {
		return ImportParameters{}, err
	}
	if err := requireText("GetParametersForImport", "wrapping algorithm", (*string)(&in.WrappingAlgorithm), wrappingForm); err != nil {
		return ImportParameters{}, err
	}
	if in.WrappingAlgorithm == types.AlgorithmSpecRsaesPkcs1V15 {
		return ImportParameters{}, invalidInput("GetParametersForImport", "KMS no longer takes %s; %s", in.WrappingAlgorithm, wrappingForm)
	}
	if err := requireText("GetParametersForImport", "wrapping key spec", (*string)(&in.WrappingKeySpec), "give one, such as types.WrappingKeySpecRsa4096"); err != nil {
		return ImportParameters{}, err
	}
	out, err := m.api.GetParametersForImport(ctx, in)
	if err != nil {
		return ImportParameters{}, callFailed("GetParametersForImport", err, "key", in.KeyId)
	}
	if out == nil || len(out.PublicKey) == 0 || len(out.ImportToken) == 0 || out.ParametersValidTo == nil {
		return ImportParameters{}, callFailed("GetParametersForImport", incompleteOutput("PublicKey, ImportToken or ParametersValidTo"), "key", in.KeyId)
	}
	return ImportParameters{PublicKey: out.PublicKey, ImportToken: out.ImportToken, ValidTo: out.ParametersValidTo.UTC()}, nil
}

// snippet-end:[gov2.kms.GetParametersForImport]

// snippet-start:[gov2.kms.ImportKeyMaterial]

// ImportKeyMaterial imports key material, wrapped with the public key of
// [MaterialImporter.GetParametersForImport], into a key, which is enabled once
// all its material is there. It returns the ID of the key material, which is
// empty where KMS gives none, as for keys other than symmetric encryption keys.
//
// The material does not expire unless options set ValidTo, at most 365 days
// ahead; when it does, KMS deletes it, and the key is unusable until the same
// material is imported again. So keep the material: KMS does not give it back.
//
// A key takes the material that it had before; a symmetric encryption key also
// takes more, by the option ImportType NEW_KEY_MATERIAL, for
// [RotationManager.RotateKeyOnDemand].
//
// https://docs.aws.amazon.com/kms/latest/APIReference/API_ImportKeyMaterial.html
func (m *MaterialImporter) ImportKeyMaterial(ctx context.Context, keyID string, importToken, encryptedKeyMaterial []byte, optFns ...func(*kms.ImportKeyMaterialInput)) (string, error) {
	in := &kms.ImportKeyMaterialInput{
		KeyId:                aws.String(keyID),
		ImportToken:          importToken,
		EncryptedKeyMaterial: encryptedKeyMaterial,
	}
	applyOptions(in, optFns)
	if in.ExpirationModel == "" && in.ValidTo == nil {
		in.ExpirationModel = types.ExpirationModelTypeKeyMaterialDoesNotExpire
	}
	if err := requireText("ImportKeyMaterial", "key ID", in.KeyId, keyIDForm); err != nil {
		return "", err
	}
	if err := requireLength("ImportKeyMaterial", "import token", in.ImportToken, 1, 6144, ""); err != nil {
		return "", err
	}
	if err := requireLength("ImportKeyMaterial", "encrypted key material", in.EncryptedKeyMaterial, 1, 6144, ""); err != nil {
		return "", err
	}
	if err := requireExpiration("ImportKeyMaterial", in.ExpirationModel, in.ValidTo); err != nil {
		return "", err
	}
	out, err := m.api.ImportKeyMaterial(ctx, in)
	if err != nil {
		return "", callFailed("ImportKeyMaterial", err, "key", in.KeyId)
	}
	if out == nil {
		return "", nil
	}
	return aws.ToString(out.KeyMaterialId), nil
}

// snippet-end:[gov2.kms.ImportKeyMaterial]

// snippet-start:[gov2.kms.DeleteImportedKeyMaterial]

// DeleteImportedKeyMaterial takes the current key material out of a key, or,
// with the option KeyMaterialId, other material of it. The key is unusable, in
// the state PendingImport, until the same material is imported again.
//
// It works at once, where [KeyManager.ScheduleKeyDeletion] has to wait for days.
//
// https://docs.aws.amazon.com/kms/latest/APIReference/API_DeleteImportedKeyMaterial.html
func (m *MaterialImporter) DeleteImportedKeyMaterial(ctx context.Context, keyID string, optFns ...func(*kms.DeleteImportedKeyMaterialInput)) error {
	in := &kms.DeleteImportedKeyMaterialInput{KeyId: aws.String(keyID)}
	applyOptions(in, optFns)
	if err := requireText("DeleteImportedKeyMaterial", "key ID", in.KeyId, keyIDForm); err != nil {
		return err
	}
	if _, err := m.api.DeleteImportedKeyMaterial(ctx, in); err != nil {
		return callFailed("DeleteImportedKeyMaterial", err, "key", in.KeyId)
	}
	return nil
}

// snippet-end:[gov2.kms.DeleteImportedKeyMaterial]

const wrappingForm = "give types.AlgorithmSpecRsaesOaepSha256, or for RSA private keys types.AlgorithmSpecRsaAesKeyWrapSha256"

// requireExpiration refuses an expiration model that does not go with the date.
func requireExpiration(action string, model types.ExpirationModelType, validTo *time.Time) error {
	switch {
	case model == types.ExpirationModelTypeKeyMaterialExpires && validTo == nil:
		return invalidInput(action, "the key material is to expire, but ValidTo is not set; set it to a time at most 365 days ahead")
	case model == types.ExpirationModelTypeKeyMaterialDoesNotExpire && validTo != nil:
		return invalidInput(action, "the key material is not to expire, but ValidTo is set; leave one of them out")
	}
	return nil
}
