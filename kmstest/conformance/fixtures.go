package conformance

import (
	"cmp"
	"crypto/ecdh"
	"crypto/rand"
	"crypto/x509"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
)

// What fixtures have encrypted, signed and authenticated.
var (
	plaintext = []byte("attack at dawn")
	message   = []byte("the quick brown fox")
)

const (
	encryptDecrypt = types.KeyUsageTypeEncryptDecrypt
	signVerify     = types.KeyUsageTypeSignVerify
	macs           = types.KeyUsageTypeGenerateVerifyMac
	keyAgreement   = types.KeyUsageTypeKeyAgreement
	encapsulation  = types.KeyUsageTypeEncapsulateDecapsulate
)

// The keys that most cases want.
var (
	symmetric   = fixtureName{spec: types.KeySpecSymmetricDefault, usage: encryptDecrypt}
	rsaCrypt    = fixtureName{spec: types.KeySpecRsa2048, usage: encryptDecrypt}
	rsaSigning  = fixtureName{spec: types.KeySpecRsa2048, usage: signVerify}
	ecdsaKey    = fixtureName{spec: types.KeySpecEccNistP256, usage: signVerify}
	ed25519Key  = fixtureName{spec: types.KeySpecEccNistEdwards25519, usage: signVerify}
	mldsaKey    = fixtureName{spec: types.KeySpecMlDsa44, usage: signVerify}
	hmacKey     = fixtureName{spec: types.KeySpecHmac256, usage: macs}
	agreeing    = fixtureName{spec: types.KeySpecEccNistP256, usage: keyAgreement}
	mlkemKey    = fixtureName{spec: types.KeySpecMlKem768, usage: encapsulation}
	anotherKey  = fixtureName{spec: types.KeySpecSymmetricDefault, usage: encryptDecrypt, other: "another"}
	multiKey    = fixtureName{spec: types.KeySpecSymmetricDefault, usage: encryptDecrypt, other: "multi-Region"}
	externalKey = fixtureName{
		spec: types.KeySpecSymmetricDefault, usage: encryptDecrypt,
		origin: types.OriginTypeExternal, state: types.KeyStatePendingImport,
	}
)

// in returns the name of the same key in another state.
func (n fixtureName) in(state types.KeyState) fixtureName {
	n.state = state
	return n
}

// shared returns the shared key of that name.
func (t *trial) shared(name fixtureName) *fixture {
	t.Helper()
	name.state = cmp.Or(name.state, types.KeyStateEnabled)
	return t.fixture(name, func() *fixture {
		k := t.createKey(name.request)
		t.suite.share(*k.Arn)
		return t.furnish(k, name)
	})
}

// own returns a key of that name for this trial alone.
func (t *trial) own(name fixtureName) *fixture {
	t.Helper()
	return t.furnish(t.newKey(name.request), name)
}

// request asks for a key of that name.
func (n fixtureName) request(in *kms.CreateKeyInput) {
	in.KeySpec, in.KeyUsage, in.Origin = n.spec, n.usage, n.origin
	if n.origin == "" && n.state == types.KeyStatePendingImport {
		in.Origin = types.OriginTypeExternal
	}
	if n.other == multiKey.other {
		in.MultiRegion = aws.Bool(true)
	}
}

// furnish gives a new key what operations on it want, and then its state.
func (t *trial) furnish(k *types.KeyMetadata, name fixtureName) *fixture {
	t.Helper()
	f := &fixture{KeyMetadata: k}
	f.alias = "alias/conformance-" + randomName()
	answer(t, t.CreateAlias, &kms.CreateAliasInput{AliasName: &f.alias, TargetKeyId: f.KeyId})
	t.suite.shareAlias(f.alias)
	if name.state == types.KeyStatePendingImport {
		return f
	}
	if name.origin == types.OriginTypeExternal {
		t.importMaterial(*k.KeyId, newMaterial())
	}
	f.grantID = *answer(t, t.CreateGrant, grantTo(f.KeyMetadata)).GrantId
	switch f.KeyUsage {
	case encryptDecrypt:
		f.ciphertext = answer(t, t.Encrypt, &kms.EncryptInput{
			KeyId: f.KeyId, Plaintext: plaintext, EncryptionAlgorithm: f.EncryptionAlgorithms[0],
		}).CiphertextBlob
	case signVerify:
		f.signature = answer(t, t.Sign, &kms.SignInput{
			KeyId: f.KeyId, Message: message, SigningAlgorithm: f.rawAlgorithm(),
		}).Signature
	case macs:
		f.mac = answer(t, t.GenerateMac, &kms.GenerateMacInput{
			KeyId: f.KeyId, Message: message, MacAlgorithm: f.MacAlgorithms[0],
		}).Mac
	case encapsulation:
		f.sealed = answer(t, t.Encapsulate, &kms.EncapsulateInput{
			KeyId: f.KeyId, EncapsulationAlgorithm: types.EncapsulationAlgorithmSpecMlKem,
		}).SharedSecretCiphertextBlob
	}
	t.bring(*f.KeyId, name.state)
	return f
}

// rawAlgorithm returns a signing algorithm that takes the message itself. Of those
// of Ed25519 one does not.
func (f *fixture) rawAlgorithm() types.SigningAlgorithmSpec {
	if f.KeySpec == types.KeySpecEccNistEdwards25519 {
		return types.SigningAlgorithmSpecEd25519Sha512
	}
	return f.SigningAlgorithms[0]
}

// bring brings a key that is enabled, or waits for its material, into a state.
func (t *trial) bring(keyID string, state types.KeyState) {
	t.Helper()
	switch state {
	case types.KeyStateDisabled:
		t.disable(keyID)
	case types.KeyStatePendingReplicaDeletion:
		out := answer(t, t.ReplicateKey, &kms.ReplicateKeyInput{KeyId: &keyID, ReplicaRegion: &t.suite.region})
		t.suite.share(*out.ReplicaKeyMetadata.Arn)
		fallthrough
	case types.KeyStatePendingDeletion:
		answer(t, t.ScheduleKeyDeletion, &kms.ScheduleKeyDeletionInput{KeyId: &keyID, PendingWindowInDays: aws.Int32(7)})
	default:
		return
	}
	if t.suite.late.Load() {
		t.waitFor(keyID, state)
	}
}

// grantTo is a grant on a key to the one principal that exists for sure: the root
// user of its account.
func grantTo(k *types.KeyMetadata) *kms.CreateGrantInput {
	principal := root(k)
	return &kms.CreateGrantInput{
		KeyId: k.KeyId, GranteePrincipal: &principal, RetiringPrincipal: &principal,
		Operations: []types.GrantOperation{types.GrantOperationDescribeKey},
	}
}

// newPeer returns a key pair for key agreement that KMS does not have, and its
// public key as KMS wants it.
func (t *trial) newPeer() (*ecdh.PrivateKey, []byte) {
	t.Helper()
	k, err := ecdh.P256().GenerateKey(rand.Reader)
	t.noError(err)
	public, err := x509.MarshalPKIXPublicKey(k.PublicKey())
	t.noError(err)
	return k, public
}
