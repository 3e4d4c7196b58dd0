package kmstest

import (
	"crypto/rand"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/kmskit/kmskit/kmstest/internal/material"
)

func (c *call) generateDataKey(in *kms.GenerateDataKeyInput) (*kms.GenerateDataKeyOutput, error) {
	to, err := c.recipient(in.Recipient)
	if err != nil {
		return nil, err
	}
	d, err := c.newDataKey(dataKeyRequest{
		keyID:             *in.KeyId,
		grantTokens:       in.GrantTokens,
		encryptionContext: in.EncryptionContext,
		recipient:         to,
		spec:              in.KeySpec,
		bytes:             in.NumberOfBytes,
		dryRun:            isTrue(in.DryRun),
	})
	if err != nil {
		return nil, err
	}
	out := &kms.GenerateDataKeyOutput{
		CiphertextBlob: d.ciphertext,
		KeyId:          &d.key.arn,
	}
	if to == nil { // whereas a data key pair names its key material anyway
		out.KeyMaterialId = d.key.materialID()
	}
	out.Plaintext, out.CiphertextForRecipient, err = to.deliver(d.plaintext)
	return out, err
}

func (c *call) generateDataKeyWithoutPlaintext(in *kms.GenerateDataKeyWithoutPlaintextInput) (*kms.GenerateDataKeyWithoutPlaintextOutput, error) {
	d, err := c.newDataKey(dataKeyRequest{
		keyID:             *in.KeyId,
		grantTokens:       in.GrantTokens,
		encryptionContext: in.EncryptionContext,
		spec:              in.KeySpec,
		bytes:             in.NumberOfBytes,
		dryRun:            isTrue(in.DryRun),
	})
	if err != nil {
		return nil, err
	}
	return &kms.GenerateDataKeyWithoutPlaintextOutput{
		CiphertextBlob: d.ciphertext,
		KeyId:          &d.key.arn,
		KeyMaterialId:  d.key.materialID(),
	}, nil
}

func (c *call) generateDataKeyPair(in *kms.GenerateDataKeyPairInput) (*kms.GenerateDataKeyPairOutput, error) {
	to, err := c.recipient(in.Recipient)
	if err != nil {
		return nil, err
	}
	d, err := c.newDataKey(dataKeyRequest{
		keyID:             *in.KeyId,
		grantTokens:       in.GrantTokens,
		encryptionContext: in.EncryptionContext,
		recipient:         to,
		pairSpec:          in.KeyPairSpec,
		dryRun:            isTrue(in.DryRun),
	})
	if err != nil {
		return nil, err
	}
	out := &kms.GenerateDataKeyPairOutput{
		KeyId:                    &d.key.arn,
		KeyMaterialId:            d.key.materialID(),
		KeyPairSpec:              in.KeyPairSpec,
		PrivateKeyCiphertextBlob: d.ciphertext,
		PublicKey:                d.public,
	}
	out.PrivateKeyPlaintext, out.CiphertextForRecipient, err = to.deliver(d.plaintext)
	return out, err
}

func (c *call) generateDataKeyPairWithoutPlaintext(in *kms.GenerateDataKeyPairWithoutPlaintextInput) (*kms.GenerateDataKeyPairWithoutPlaintextOutput, error) {
	d, err := c.newDataKey(dataKeyRequest{
		keyID:             *in.KeyId,
		grantTokens:       in.GrantTokens,
		encryptionContext: in.EncryptionContext,
		pairSpec:          in.KeyPairSpec,
		dryRun:            isTrue(in.DryRun),
	})
	if err != nil {
		return nil, err
	}
	return &kms.GenerateDataKeyPairWithoutPlaintextOutput{
		KeyId:                    &d.key.arn,
		KeyMaterialId:            d.key.materialID(),
		KeyPairSpec:              in.KeyPairSpec,
		PrivateKeyCiphertextBlob: d.ciphertext,
		PublicKey:                d.public,
	}, nil
}

// A dataKeyRequest is what the operations that make data keys and data key pairs
// have in common.
type dataKeyRequest struct {
	keyID             string
	grantTokens       []string
	encryptionContext map[string]string
	recipient         *recipient
	dryRun            bool

	spec     types.DataKeySpec
	bytes    *int32
	pairSpec types.DataKeyPairSpec // of a data key pair
}

// A dataKey is a data key, or a data key pair: the plaintext is then that of the
// private key.
type dataKey struct {
	key        cryptoKey
	public     []byte
	plaintext  []byte
	ciphertext []byte
}

func (c *call) newDataKey(r dataKeyRequest) (*dataKey, error) {
	if err := r.check(c.region); err != nil {
		return nil, err
	}
	u := use{
		keyID:             r.keyID,
		grantTokens:       r.grantTokens,
		encryptionContext: r.encryptionContext,
		algorithm:         types.EncryptionAlgorithmSpecSymmetricDefault,
		recipient:         r.recipient,
	}
	if r.pairSpec != "" {
		u.values = oneValue("kms:DataKeyPairSpec", string(r.pairSpec))
	}
	k, err := c.keyFor(u, types.KeyUsageTypeEncryptDecrypt)
	switch {
	case err != nil:
		return nil, err
	case k.spec != types.KeySpecSymmetricDefault:
		return nil, asymmetricKey(r.what())
	case r.dryRun:
		return nil, dryRunSucceeded()
	}
	d := &dataKey{key: k}
	if err := d.generate(r); err != nil {
		return nil, err
	}
	d.ciphertext, err = k.material.SealDataKey(d.plaintext, material.AssociatedData(u.encryptionContext))
	return d, err
}

// what names what the request wants.
func (r dataKeyRequest) what() string {
	if r.pairSpec != "" {
		return "data key pair"
	}
	return "data key"
}

// check refuses what is wrong with the request alone, in that Region.
func (r dataKeyRequest) check(where *region) error {
	switch {
	case r.pairSpec == "" && (r.spec == "") == (r.bytes == nil):
		return validationError("Please specify either number of bytes or key spec.")
	case r.pairSpec != "":
		return where.checkSpec("KeyPairSpec", types.KeySpec(r.pairSpec))
	default:
		return nil
	}
}

// generate makes the data key or the pair.
func (d *dataKey) generate(r dataKeyRequest) error {
	if r.pairSpec == "" {
		d.plaintext = make([]byte, r.size())
		rand.Read(d.plaintext)
		return nil
	}
	pair, err := material.Generate(types.KeySpec(r.pairSpec))
	if err != nil {
		return err
	}
	if d.plaintext, err = pair.Bytes(); err != nil {
		return err
	}
	d.public, err = pair.PublicKey()
	return err
}

// size returns the length of the data key in bytes.
func (r dataKeyRequest) size() int {
	switch r.spec {
	case types.DataKeySpecAes128:
		return 16
	case types.DataKeySpecAes256:
		return 32
	default:
		return int(*r.bytes)
	}
}

func (c *call) generateRandom(in *kms.GenerateRandomInput) (*kms.GenerateRandomOutput, error) {
	if in.NumberOfBytes == nil {
		return nil, validationError("NumberOfBytes is required.")
	}
	to, err := c.recipient(in.Recipient)
	if err != nil {
		return nil, err
	}
	if err := c.permitRandom(use{recipient: to}); err != nil {
		return nil, err
	}
	if in.CustomKeyStoreId != nil {
		if err := c.checkRandomSource(*in.CustomKeyStoreId); err != nil {
			return nil, err
		}
	}
	b := make([]byte, *in.NumberOfBytes)
	rand.Read(b)
	out := &kms.GenerateRandomOutput{}
	out.Plaintext, out.CiphertextForRecipient, err = to.deliver(b)
	return out, err
}

// permitRandom refuses GenerateRandom for want of permission.
func (c *call) permitRandom(u use) error {
	c.server.mu.RLock()
	defer c.server.mu.RUnlock()
	return c.authorizeHere("*", &u)
}
