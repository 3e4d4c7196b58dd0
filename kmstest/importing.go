package kmstest

import (
	"errors"
	"slices"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/kmskit/kmskit/kmstest/internal/material"
)

const (
	parametersLife  = day
	longestValidity = 365 * day // of imported material
)

// wrappingKeys are the key pairs under which clients wrap material to import.
//
// KMS makes one for every request, which for RSA takes up to seconds. Here there
// are two of each spec for all Servers of the process, made at their first use,
// and a key's requests get them in turn. So a public key does not go with the
// import token of the request before or after it, as in KMS, but does with that
// of the one after next. All tokens are of their own.
var wrappingKeys = map[types.WrappingKeySpec][2]*material.Key{
	types.WrappingKeySpecRsa2048: {newWrappingKey(types.KeySpecRsa2048), newWrappingKey(types.KeySpecRsa2048)},
	types.WrappingKeySpecRsa3072: {newWrappingKey(types.KeySpecRsa3072), newWrappingKey(types.KeySpecRsa3072)},
	types.WrappingKeySpecRsa4096: {newWrappingKey(types.KeySpecRsa4096), newWrappingKey(types.KeySpecRsa4096)},
}

func newWrappingKey(spec types.KeySpec) *material.Key {
	k, err := material.Generate(spec)
	if err != nil {
		panic(err) // every wrapping key spec is a key spec
	}
	return k
}

// An importToken says for which key, until when and how material is wrapped.
type importToken struct {
	arn       string
	validTo   time.Time
	wrapping  wrappingName
	algorithm types.AlgorithmSpec
}

const importPurpose = "import"

func (c *call) sealImportToken(t importToken) []byte {
	return []byte(c.server.sealer.seal(importPurpose, joinFields(
		t.arn, strconv.FormatInt(t.validTo.UnixMilli(), 10), string(t.wrapping.spec), strconv.Itoa(t.wrapping.turn), string(t.algorithm))))
}

// openImportToken returns the content of a token for the key with that ARN.
func (c *call) openImportToken(token []byte, arn string) (importToken, error) {
	content, ok := c.server.sealer.open(importPurpose, string(token))
	if !ok {
		return importToken{}, invalidImportToken()
	}
	fields := splitFields(content)
	validTo, _ := strconv.ParseInt(fields[1], 10, 64)
	turn, _ := strconv.Atoi(fields[3])
	t := importToken{
		arn: fields[0], validTo: time.UnixMilli(validTo),
		wrapping: wrappingName{types.WrappingKeySpec(fields[2]), turn}, algorithm: types.AlgorithmSpec(fields[4]),
	}
	switch {
	case t.arn != arn:
		return importToken{}, invalidImportToken()
	case !c.now.Before(t.validTo):
		return importToken{}, expiredImportToken()
	default:
		return t, nil
	}
}

// A wrappingName names one of the wrapping keys.
type wrappingName struct {
	spec types.WrappingKeySpec
	turn int
}

// wrappingKey returns a wrapping key. Those that have been handed out by a world
// in a file are in that file, since they must still be there when import tokens
// come back after the process has ended.
func (s *Server) wrappingKey(w wrappingName) *material.Key {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if k := s.wrapping[w]; k != nil {
		return k
	}
	return wrappingKeys[w.spec][w.turn]
}

// keepWrappingKey puts a wrapping key that is handed out into the world's file, if
// it has one.
func (s *Server) keepWrappingKey(w wrappingName, k *material.Key) {
	if s.mu.keeper == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.wrapping[w] == nil {
		s.wrapping[w] = k
		s.mark(w)
	}
}

func (c *call) getParametersForImport(in *kms.GetParametersForImportInput) (*kms.GetParametersForImportOutput, error) {
	t, err := c.newImportToken(in)
	if err != nil {
		return nil, err
	}
	key := c.server.wrappingKey(t.wrapping)
	public, err := key.PublicKey() // which may take its time, so not under the lock
	if err != nil {
		return nil, err
	}
	c.server.keepWrappingKey(t.wrapping, key)
	return &kms.GetParametersForImportOutput{
		ImportToken:       c.sealImportToken(t),
		KeyId:             new(t.arn),
		ParametersValidTo: new(t.validTo),
		PublicKey:         public,
	}, nil
}

func (c *call) newImportToken(in *kms.GetParametersForImportInput) (importToken, error) {
	c.server.mu.Lock()
	defer c.server.mu.Unlock()
	k, err := c.key(use{keyID: *in.KeyId, values: wrapping(in.WrappingAlgorithm, in.WrappingKeySpec)})
	if err != nil {
		return importToken{}, err
	}
	if err := checkWrapping(k.spec, in.WrappingAlgorithm, in.WrappingKeySpec); err != nil {
		return importToken{}, err
	}
	k.ring.asked++
	c.server.markRing(k.ring)
	return importToken{
		arn: k.arn, validTo: c.now.Add(parametersLife),
		wrapping: wrappingName{in.WrappingKeySpec, int(k.ring.asked % 2)}, algorithm: in.WrappingAlgorithm,
	}, nil
}

// checkWrapping refuses a way of wrapping that KMS does not have for material of
// the key spec.
//
// https://docs.aws.amazon.com/kms/latest/developerguide/importing-keys-get-public-key-and-token.html
func checkWrapping(spec types.KeySpec, algorithm types.AlgorithmSpec, wrapping types.WrappingKeySpec) error {
	if _, ok := wrappingKeys[wrapping]; !ok {
		return unsupported("Wrapping key spec %s is not supported.", wrapping)
	}
	direct := []types.AlgorithmSpec{types.AlgorithmSpecRsaesOaepSha1, types.AlgorithmSpecRsaesOaepSha256}
	hybrid := []types.AlgorithmSpec{types.AlgorithmSpecRsaAesKeyWrapSha1, types.AlgorithmSpecRsaAesKeyWrapSha256}
	have := slices.Concat(hybrid, direct)
	switch spec {
	case types.KeySpecRsa2048, types.KeySpecRsa3072, types.KeySpecRsa4096:
		have = hybrid
	case types.KeySpecSymmetricDefault,
		types.KeySpecHmac224, types.KeySpecHmac256, types.KeySpecHmac384, types.KeySpecHmac512:
		have = direct
	case types.KeySpecEccNistP521:
		if wrapping == types.WrappingKeySpecRsa2048 { // which is too short for it
			have = hybrid
		}
	}
	if !slices.Contains(have, algorithm) {
		return validationError("Wrapping algorithm %s and wrapping key spec %s cannot be used to import a %s key.", algorithm, wrapping, spec)
	}
	return nil
}

func (c *call) importKeyMaterial(in *kms.ImportKeyMaterialInput) (*kms.ImportKeyMaterialOutput, error) {
	if in.KeyMaterialId != nil && in.ImportType == types.ImportTypeNewKeyMaterial {
		return nil, validationError("Input parameter keyMaterialId cannot be used with NEW_KEY_MATERIAL importType.")
	}
	validity, err := c.newValidity(in)
	if err != nil {
		return nil, err
	}
	u := use{keyID: *in.KeyId, values: validity.conditions}
	token, spec, err := c.checkImport(in, u)
	if err != nil {
		return nil, err
	}
	key, err := token.unwrap(c.server.wrappingKey(token.wrapping), spec, in.EncryptedKeyMaterial)
	if err != nil {
		return nil, err
	}
	c.server.mu.Lock()
	defer c.server.mu.Unlock()
	k, err := c.key(u) // which may have changed in the meantime
	if err != nil {
		return nil, err
	}
	m, err := k.known(in, key.Bind(k.id))
	if err != nil {
		return nil, err
	}
	if m == nil {
		m = k.ring.add(key.Bind(k.id))
	}
	if in.KeyMaterialDescription != nil {
		m.description = *in.KeyMaterialDescription
	}
	c.remember(k)
	c.server.importMaterial(k, m, &imported{validTo: validity.to})
	return &kms.ImportKeyMaterialOutput{KeyId: new(k.arn), KeyMaterialId: k.materialID(m)}, nil
}

// A validity says for how long material is to be imported.
type validity struct {
	model types.ExpirationModelType
	to    time.Time // zero for ever
}

func (c *call) newValidity(in *kms.ImportKeyMaterialInput) (validity, error) {
	v := validity{model: in.ExpirationModel, to: value(in.ValidTo).UTC().Truncate(time.Second)}
	if v.model == "" {
		v.model = types.ExpirationModelTypeKeyMaterialExpires
	}
	switch expires := v.model == types.ExpirationModelTypeKeyMaterialExpires; {
	case expires && in.ValidTo == nil:
		return validity{}, validationError("A validTo date must be set if the ExpirationModel is %s", v.model)
	case !expires && in.ValidTo != nil:
		return validity{}, validationError("A validTo date cannot be set if the ExpirationModel is %s", v.model)
	case expires && !v.to.After(c.now):
		return validity{}, validationError("ValidTo must be in the future")
	case v.to.After(c.now.Add(longestValidity)):
		return validity{}, validationError("ValidTo must be less than 365 days in the future")
	default:
		return v, nil
	}
}

// checkImport refuses an import for the key and for the token, and returns what
// it takes to unwrap the material.
func (c *call) checkImport(in *kms.ImportKeyMaterialInput, u use) (importToken, types.KeySpec, error) {
	c.server.mu.RLock()
	defer c.server.mu.RUnlock()
	k, err := c.key(u)
	if err != nil {
		return importToken{}, "", err
	}
	if err := k.checkMembers(in); err != nil {
		return importToken{}, "", err
	}
	t, err := c.openImportToken(in.ImportToken, k.arn)
	return t, k.spec, err
}

// checkMembers refuses what only symmetric keys, and what only primary keys, have
// in an import.
func (k *key) checkMembers(in *kms.ImportKeyMaterialInput) error {
	symmetric, replica := k.spec == types.KeySpecSymmetricDefault, k.isReplica()
	switch {
	case !symmetric && in.ImportType != "":
		return k.notForImport("importType")
	case !symmetric && in.KeyMaterialId != nil:
		return k.notForImport("keyMaterialId")
	case !symmetric && in.KeyMaterialDescription != nil:
		return k.notForImport("keyMaterialDescription")
	case replica && in.ImportType == types.ImportTypeNewKeyMaterial:
		return validationError("Input parameter ImportType NEW_KEY_MATERIAL cannot be used on replica Multi-Region keys")
	case replica && in.KeyMaterialDescription != nil:
		return validationError("Key material description can only be specified on primary Multi-Region keys")
	default:
		return nil
	}
}

func (k *key) notForImport(member string) error {
	return validationError("Input parameter %s cannot be used with %s imported keys.", member, k.spec)
}

// unwrap returns the material that a client has wrapped.
func (t importToken) unwrap(with *material.Key, spec types.KeySpec, wrapped []byte) (*material.Key, error) {
	b, err := with.Unwrap(t.algorithm, wrapped)
	if errors.Is(err, material.ErrCiphertext) {
		return nil, invalidCiphertext()
	}
	if err != nil {
		return nil, err
	}
	k, err := material.Import(spec, b)
	if errors.Is(err, material.ErrMaterial) { // which KMS does not tell from the other error
		return nil, invalidCiphertext()
	}
	return k, err
}

// known returns the material of k's ring that is being imported again, or nil if
// it is new. It refuses what the request did not mean to import.
func (k *key) known(in *kms.ImportKeyMaterialInput, key *material.Key) (*ringMaterial, error) {
	r, kind := k.ring, in.ImportType
	if kind == "" {
		kind = types.ImportTypeExistingKeyMaterial
		if r.current == nil {
			kind = types.ImportTypeNewKeyMaterial
		}
	}
	m := r.same(key)
	switch isNew := kind == types.ImportTypeNewKeyMaterial; {
	case isNew && m != nil:
		return nil, incorrectMaterial("Key material (id: %s) being imported as NEW_KEY_MATERIAL is already associated with KMS key %s.", key.ID(), k.arn)
	case isNew && r.pending != nil:
		return nil, otherMaterialPending(k.arn, key.ID(), r.pending.key.ID())
	case in.KeyMaterialId != nil && *in.KeyMaterialId != key.ID().String():
		return nil, unexpectedMaterial(*in.KeyMaterialId)
	case m == nil && !isNew:
		return nil, k.anotherMaterial()
	default:
		return m, nil
	}
}

// anotherMaterial refuses material in place of that of k.
func (k *key) anotherMaterial() error {
	if k.ring.current == nil { // and so none is expected
		return unexpectedMaterial("null")
	}
	id, err := k.ring.current.key.IdentifyIn(k.id)
	if err != nil {
		return err
	}
	return unexpectedMaterial(id.String())
}

// importMaterial puts a copy of m into k.
func (w *world) importMaterial(k *key, m *ringMaterial, i *imported) {
	if m.imports == nil {
		m.imports = map[*key]*imported{}
	}
	m.imports[k] = i
	if k.seals() {
		w.sealers[m.key.ID()] = k.ring
	}
	w.awaitExpiry(k, m)
	// Material that a disabled key has had before enables it, as if it had waited.
	waits := k.state == types.KeyStatePendingImport || k.state == types.KeyStateDisabled && m != k.ring.pending
	if waits && k.complete() {
		k.state = types.KeyStateEnabled
		w.mark(k, k)
	}
	w.markRing(k.ring)
}

// awaitExpiry puts the expiry of the copy of m in k, if it has one, on the agenda.
// What waits for its rotation stays, and expires when it is current: see
// [world.expireCurrent].
func (w *world) awaitExpiry(k *key, m *ringMaterial) {
	i := m.imports[k]
	if i.validTo.IsZero() {
		return
	}
	w.schedule(i.validTo, func() bool { return m.imports[k] == i }, func() {
		if m != k.ring.pending {
			w.removeMaterial(k, m)
		}
	})
}

// expireCurrent makes keys wait for material that has become current after it had
// expired. KMS lists it as imported all the same.
func (w *world) expireCurrent(r *keyRing, now time.Time) {
	for k, i := range r.current.imports {
		if !i.validTo.IsZero() && !i.validTo.After(now) && k.deletion == nil {
			k.state = types.KeyStatePendingImport
			w.mark(k, k)
		}
	}
}

// removeMaterial takes imported material out of k. Without material that it has
// encrypted with, the key is of no use. What only waits for its rotation, KMS
// forgets.
func (w *world) removeMaterial(k *key, m *ringMaterial) {
	w.markRing(k.ring)
	if m == k.ring.pending && !k.isReplica() {
		k.ring.pending = nil
		delete(w.sealers, m.key.ID())
		return
	}
	delete(m.imports, k)
	if !k.complete() && k.deletion == nil {
		k.state = types.KeyStatePendingImport
		w.mark(k, k)
	}
}

func (c *call) deleteImportedKeyMaterial(in *kms.DeleteImportedKeyMaterialInput) (*kms.DeleteImportedKeyMaterialOutput, error) {
	c.server.mu.Lock()
	defer c.server.mu.Unlock()
	k, err := c.key(use{keyID: *in.KeyId})
	if err != nil {
		return nil, err
	}
	m := k.ring.current
	if in.KeyMaterialId != nil {
		if m = k.ring.named(*in.KeyMaterialId); m == nil {
			return nil, validationError("Key material (id: %s) has never been imported into KMS key %s.", *in.KeyMaterialId, k.arn)
		}
	}
	out := &kms.DeleteImportedKeyMaterialOutput{KeyId: new(k.arn)}
	if m != nil {
		c.remember(k)
		c.server.removeMaterial(k, m)
		out.KeyMaterialId = k.materialID(m)
	}
	return out, nil
}

// materialID returns the name of m, if KMS names the material of such a key.
func (k *key) materialID(m *ringMaterial) *string {
	if !k.seals() {
		return nil
	}
	return new(m.key.ID().String())
}

// expiration returns whether and when the first of the imported material expires
// that the key needs.
func (k *key) expiration() (model types.ExpirationModelType, validTo *time.Time) {
	for m := k.ring.current; m != nil; m = m.former {
		i := m.imports[k]
		if i == nil {
			continue
		}
		if expires, at := i.expiration(); model == "" || at != nil && (validTo == nil || at.Before(*validTo)) {
			model, validTo = expires, at
		}
	}
	return model, validTo
}

func (i *imported) expiration() (model types.ExpirationModelType, validTo *time.Time) {
	if i.validTo.IsZero() {
		return types.ExpirationModelTypeKeyMaterialDoesNotExpire, nil
	}
	return types.ExpirationModelTypeKeyMaterialExpires, new(i.validTo)
}
