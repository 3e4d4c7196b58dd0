package kmstest

import (
	"errors"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/kmskit/kmskit/kmstest/internal/material"
)

// The two permissions that ReEncrypt needs in place of one with its own name.
var (
	reEncryptFrom = newPermission("ReEncryptFrom")
	reEncryptTo   = newPermission("ReEncryptTo")
)

// A cryptoKey is what an operation keeps of a key when it gives the lock back.
// None of it ever changes.
type cryptoKey struct {
	arn      string
	spec     types.KeySpec
	usage    types.KeyUsageType
	origin   types.OriginType
	material *material.Key
}

func (k *key) crypto() cryptoKey {
	c := cryptoKey{arn: k.arn, spec: k.spec, usage: k.usage, origin: k.origin}
	if k.ring.current != nil {
		c.material = k.ring.current.key
	}
	return c
}

// cryptoFor is crypto with the material that sealed a ciphertext, which need not
// be the current one.
func (k *key) cryptoFor(ciphertext []byte) cryptoKey {
	c := k.crypto()
	if id, ok := material.ParseCiphertext(ciphertext); ok && k.seals() {
		if m := k.ring.find(id); m != nil {
			c.material = m.key
		}
	}
	return c
}

// cryptoKey finds the key of a cryptographic operation.
func (c *call) cryptoKey(u use) (cryptoKey, error) {
	c.server.mu.RLock()
	defer c.server.mu.RUnlock()
	k, err := c.key(u)
	if err != nil {
		return cryptoKey{}, err
	}
	return k.crypto(), nil
}

// keyFor finds the key of a cryptographic operation for which its usage has to be
// that one.
func (c *call) keyFor(u use, usage types.KeyUsageType) (cryptoKey, error) {
	k, err := c.cryptoKey(u)
	if err != nil {
		return cryptoKey{}, err
	}
	if k.usage != usage {
		return cryptoKey{}, wrongUsage(k.arn, k.usage, c.operation.name)
	}
	return k, nil
}

func (c *call) encrypt(in *kms.EncryptInput) (*kms.EncryptOutput, error) {
	u := use{
		keyID:             *in.KeyId,
		grantTokens:       in.GrantTokens,
		encryptionContext: in.EncryptionContext,
		algorithm:         orSymmetric(in.EncryptionAlgorithm),
	}
	k, err := c.cryptoKey(u)
	if err != nil {
		return nil, err
	}
	if err := c.checkEncryption(k, u, len(in.Plaintext)); err != nil {
		return nil, err
	}
	if isTrue(in.DryRun) {
		return nil, dryRunSucceeded()
	}
	ciphertext, err := k.encrypt(u, in.Plaintext)
	if err != nil {
		return nil, err
	}
	return &kms.EncryptOutput{CiphertextBlob: ciphertext, EncryptionAlgorithm: u.algorithm, KeyId: new(k.arn)}, nil
}

func (c *call) decrypt(in *kms.DecryptInput) (*kms.DecryptOutput, error) {
	to, err := c.recipient(in.Recipient)
	if err != nil {
		return nil, err
	}
	s := sealed{
		ciphertext: in.CiphertextBlob,
		ignored:    slices.Contains(in.DryRunModifiers, types.DryRunModifierTypeIgnoreCiphertext),
		dryRun:     isTrue(in.DryRun),
		use: use{
			keyID:             value(in.KeyId),
			grantTokens:       in.GrantTokens,
			encryptionContext: in.EncryptionContext,
			algorithm:         orSymmetric(in.EncryptionAlgorithm),
			recipient:         to,
		},
	}
	if err := s.check("KeyId"); err != nil {
		return nil, err
	}
	k, err := c.sealedKey(s)
	if err != nil {
		return nil, err
	}
	plaintext, err := c.open(k, s)
	if err != nil {
		return nil, err
	}
	if s.dryRun {
		return nil, dryRunSucceeded()
	}
	out := &kms.DecryptOutput{
		EncryptionAlgorithm: s.algorithm,
		KeyId:               &k.arn,
	}
	if to == nil {
		out.KeyMaterialId = k.materialID()
	}
	out.Plaintext, out.CiphertextForRecipient, err = to.deliver(plaintext)
	return out, err
}

func (c *call) reEncrypt(in *kms.ReEncryptInput) (*kms.ReEncryptOutput, error) {
	from := sealed{
		ciphertext: in.CiphertextBlob,
		ignored:    slices.Contains(in.DryRunModifiers, types.DryRunModifierTypeIgnoreCiphertext),
		dryRun:     isTrue(in.DryRun),
		use: use{
			permission:        reEncryptFrom,
			keyID:             value(in.SourceKeyId),
			grantTokens:       in.GrantTokens,
			encryptionContext: in.SourceEncryptionContext,
			algorithm:         orSymmetric(in.SourceEncryptionAlgorithm),
		},
	}
	to := use{
		permission:        reEncryptTo,
		keyID:             *in.DestinationKeyId,
		grantTokens:       in.GrantTokens,
		encryptionContext: in.DestinationEncryptionContext,
		algorithm:         orSymmetric(in.DestinationEncryptionAlgorithm),
	}
	if err := from.check("SourceKeyId"); err != nil {
		return nil, err
	}
	source, destination, err := c.reEncryptKeys(from, to)
	if err != nil {
		return nil, err
	}
	plaintext, err := c.open(source, from)
	if err != nil {
		return nil, err
	}
	if err := c.checkEncryption(destination, to, len(plaintext)); err != nil {
		return nil, err
	}
	if from.dryRun {
		return nil, dryRunSucceeded()
	}
	ciphertext, err := destination.encrypt(to, plaintext)
	if err != nil {
		return nil, err
	}
	return &kms.ReEncryptOutput{
		CiphertextBlob:                 ciphertext,
		DestinationEncryptionAlgorithm: to.algorithm,
		DestinationKeyMaterialId:       destination.materialID(),
		KeyId:                          &destination.arn,
		SourceEncryptionAlgorithm:      from.algorithm,
		SourceKeyId:                    &source.arn,
		SourceKeyMaterialId:            source.materialID(),
	}, nil
}

// checkEncryption refuses a key that cannot encrypt that many bytes.
func (c *call) checkEncryption(k cryptoKey, u use, size int) error {
	if k.usage != types.KeyUsageTypeEncryptDecrypt {
		return wrongUsage(k.arn, k.usage, c.operation.name)
	}
	if err := k.supports(u); err != nil {
		return err
	}
	if most := material.MaxPlaintext(k.spec, u.algorithm); most > 0 && size > most {
		return validationError("Algorithm %s and key spec %s cannot encrypt data larger than %d bytes.", u.algorithm, k.spec, most)
	}
	return nil
}

// supports refuses an algorithm that the key does not have, and an encryption
// context for one that binds none.
func (k cryptoKey) supports(u use) error {
	if !material.Encrypts(k.spec, u.algorithm) {
		return wrongAlgorithm(string(u.algorithm), k.spec)
	}
	if !isSymmetric(u.algorithm) && len(u.encryptionContext) > 0 {
		return validationError("EncryptionContext is not supported when encrypting/decrypting with asymmetric CMKs.")
	}
	return nil
}

func (k cryptoKey) encrypt(u use, plaintext []byte) ([]byte, error) {
	if isSymmetric(u.algorithm) {
		return k.material.Seal(plaintext, material.AssociatedData(u.encryptionContext))
	}
	return k.material.Encrypt(u.algorithm, plaintext)
}

// materialID returns the name of symmetric key material, which is the only one
// that KMS names. What is in a custom key store it does not name either.
func (k cryptoKey) materialID() *string {
	if k.spec != types.KeySpecSymmetricDefault || inKeyStore(k.origin) {
		return nil
	}
	return new(k.material.ID().String())
}

// A sealed is a ciphertext that is to be opened, and the use of a key that this
// is. The key ID is empty if the ciphertext itself is to name the key.
type sealed struct {
	use

	ciphertext []byte
	ignored    bool // a dry run that wants no ciphertext
	dryRun     bool
}

// check refuses what is wrong with the request alone. The key ID has the name
// member in it.
func (s sealed) check(member string) error {
	switch {
	case s.ignored && !s.dryRun:
		return validationError("DryRunModifiers can only be specified when DryRun is true.")
	case s.ignored && s.keyID == "":
		return validationError("%s is required when DryRunModifiers is IGNORE_CIPHERTEXT.", member)
	case s.keyID == "" && !isSymmetric(s.algorithm):
		return validationError("%s must not be null", member)
	default:
		return nil
	}
}

// sealedKey finds the key of a ciphertext.
func (c *call) sealedKey(s sealed) (cryptoKey, error) {
	c.server.mu.RLock()
	defer c.server.mu.RUnlock()
	k, err := c.keyOfCiphertext(s)
	if err != nil {
		return cryptoKey{}, err
	}
	return k.cryptoFor(s.ciphertext), nil
}

// keyOfCiphertext returns the key that the request names, or else the one that
// the ciphertext names. The caller holds the lock.
func (c *call) keyOfCiphertext(s sealed) (*key, error) {
	if s.keyID != "" {
		k, err := c.key(s.use)
		if isForState(err) && c.sealedByAnotherThan(c.namedKey(s), s) {
			return nil, incorrectKey() // which KMS sees before the state
		}
		return k, err
	}
	id, ok := material.ParseCiphertext(s.ciphertext)
	if !ok {
		return nil, invalidCiphertext()
	}
	k, known := c.server.sealingKey(id, c.region.region)
	u := s.use
	switch {
	case !known:
		return nil, invalidCiphertext()
	case k == nil || !c.seesKey(k):
		u.unnamed = true
		return nil, c.untold(&u, "*", "the key of the ciphertext is not in this Region, or is gone")
	}
	u.unnamed = k.region.account != c.region.account
	return c.admit(k, &u)
}

// sealedByAnotherThan reports whether there is or was a key that has made the
// ciphertext, and that is not k. The caller holds the lock.
func (c *call) sealedByAnotherThan(k *key, s sealed) bool {
	if s.ignored || !isSymmetric(s.algorithm) {
		return false
	}
	id, ok := material.ParseCiphertext(s.ciphertext)
	r := c.server.sealers[id]
	return ok && r != nil && r != k.ring
}

// reEncryptKeys finds both keys of a ReEncrypt.
func (c *call) reEncryptKeys(from sealed, to use) (source, destination cryptoKey, err error) {
	c.server.mu.RLock()
	defer c.server.mu.RUnlock()
	from.values = reEncryptOnSameKey(c.namedKey(from), c.namedKey(sealed{use: to}))
	to.values = from.values
	s, err := c.keyOfCiphertext(from)
	if err != nil {
		return cryptoKey{}, cryptoKey{}, err
	}
	d, err := c.key(to)
	if err != nil {
		return cryptoKey{}, cryptoKey{}, err
	}
	return s.cryptoFor(from.ciphertext), d.crypto(), nil
}

// namedKey returns the key that a request or its ciphertext names to the caller,
// who need not have permission to use it, or nil. The caller of namedKey holds the
// lock.
func (c *call) namedKey(s sealed) *key {
	if s.keyID == "" {
		id, _ := material.ParseCiphertext(s.ciphertext)
		k, _ := c.server.sealingKey(id, c.region.region)
		return k
	}
	ref, err := c.parseReference(s.keyID)
	if err != nil {
		return nil
	}
	return c.find(ref)
}

// open returns the plaintext of s under k, which the request or the ciphertext
// names.
func (c *call) open(k cryptoKey, s sealed) ([]byte, error) {
	if k.usage != types.KeyUsageTypeEncryptDecrypt {
		return nil, incorrectKey()
	}
	if s.ignored {
		return nil, k.supports(s.use)
	}
	if isSymmetric(s.algorithm) && k.spec != types.KeySpecSymmetricDefault {
		return nil, c.wrongTypeOfKey(s)
	}
	if err := k.supports(s.use); err != nil {
		return nil, err
	}
	plaintext, err := c.openWith(k, s)
	if errors.Is(err, material.ErrCiphertext) {
		return nil, k.doesNotOpen(s)
	}
	return plaintext, err
}

// doesNotOpen refuses a ciphertext that k does not open. Outside of KMS it is the
// proxy that finds out, of what KMS takes for a ciphertext by the key.
func (k cryptoKey) doesNotOpen(s sealed) error {
	id, ok := material.ParseCiphertext(s.ciphertext)
	if k.origin == types.OriginTypeExternalKeyStore && ok && id == k.material.ID() {
		return &types.KMSInvalidStateException{Message: new(spoiltCiphertext)}
	}
	return invalidCiphertext()
}

// wrongTypeOfKey refuses to open s, as a symmetric ciphertext, with a key that is
// not symmetric. KMS takes the ciphertext apart before it compares the algorithm
// with the key.
func (c *call) wrongTypeOfKey(s sealed) error {
	if id, ok := material.ParseCiphertext(s.ciphertext); ok && c.hasSealed(id) {
		return incorrectKey()
	}
	return invalidCiphertext()
}

func (c *call) openWith(k cryptoKey, s sealed) ([]byte, error) {
	if !isSymmetric(s.algorithm) {
		return k.material.Decrypt(s.algorithm, s.ciphertext)
	}
	if id, ok := material.ParseCiphertext(s.ciphertext); ok && id != k.material.ID() && c.hasSealed(id) {
		return nil, incorrectKey()
	}
	return k.material.Open(s.ciphertext, material.AssociatedData(s.encryptionContext))
}

// hasSealed reports whether there is or was a key with that material, in any
// Region. If not, a ciphertext that names it is damaged or made up.
func (c *call) hasSealed(id material.ID) bool {
	c.server.mu.RLock()
	defer c.server.mu.RUnlock()
	_, known := c.server.sealingKey(id, c.region.region)
	return known
}

func orSymmetric(a types.EncryptionAlgorithmSpec) types.EncryptionAlgorithmSpec {
	if a == "" {
		return types.EncryptionAlgorithmSpecSymmetricDefault
	}
	return a
}

func isSymmetric(a types.EncryptionAlgorithmSpec) bool {
	return a == types.EncryptionAlgorithmSpecSymmetricDefault
}
