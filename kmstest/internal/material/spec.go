package material

import (
	"crypto"
	"crypto/elliptic"
	"slices"

	"filippo.io/mldsa"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
)

// Algorithms lists what a key can do, in the order in which KMS lists it in the
// answers of DescribeKey and GetPublicKey. Lists that do not apply are nil.
type Algorithms struct {
	Encryption    []types.EncryptionAlgorithmSpec
	Signing       []types.SigningAlgorithmSpec
	MAC           []types.MacAlgorithmSpec
	KeyAgreement  []types.KeyAgreementAlgorithmSpec
	Encapsulation []types.EncapsulationAlgorithmSpec
}

// Usages returns the key usages that spec allows. It is nil for a spec that
// this package does not know, among them SM2.
func Usages(spec types.KeySpec) []types.KeyUsageType {
	return slices.Clone(traitsOf(spec).usages)
}

// AlgorithmsOf returns the algorithms of a key of the spec and usage. It is
// zero where the spec does not allow the usage. The caller owns the lists.
func AlgorithmsOf(spec types.KeySpec, usage types.KeyUsageType) Algorithms {
	t := traitsOf(spec)
	switch {
	case !slices.Contains(t.usages, usage):
		return Algorithms{}
	case usage == types.KeyUsageTypeEncryptDecrypt:
		return Algorithms{Encryption: slices.Clone(t.Encryption)}
	case usage == types.KeyUsageTypeSignVerify:
		return Algorithms{Signing: slices.Clone(t.Signing)}
	case usage == types.KeyUsageTypeGenerateVerifyMac:
		return Algorithms{MAC: slices.Clone(t.MAC)}
	case usage == types.KeyUsageTypeKeyAgreement:
		return Algorithms{KeyAgreement: slices.Clone(t.KeyAgreement)}
	default:
		return Algorithms{Encapsulation: slices.Clone(t.Encapsulation)}
	}
}

// Encrypts reports whether a key of the spec and of a usage that encrypts has
// the algorithm.
func Encrypts(spec types.KeySpec, algorithm types.EncryptionAlgorithmSpec) bool {
	return slices.Contains(traitsOf(spec).Encryption, algorithm)
}

// Importable reports whether KMS imports material into keys of spec. It does
// not for ML-DSA and ML-KEM.
func Importable(spec types.KeySpec) bool {
	t, ok := table[spec]
	return ok && !t.generatedOnly
}

// Bits returns the size of spec in bits: the length of a symmetric key, the
// shortest length of an HMAC key, the modulus of RSA, the field of a curve. It
// is 0 for ML-DSA and ML-KEM.
func Bits(spec types.KeySpec) int { return traitsOf(spec).bits }

// MaxPlaintext returns how many bytes the RSA key spec encrypts at most with
// the algorithm, or 0 where spec does not have it.
func MaxPlaintext(spec types.KeySpec, algorithm types.EncryptionAlgorithmSpec) int {
	h := oaepHash(algorithm)
	if h == 0 || !Encrypts(spec, algorithm) {
		return 0
	}
	return Bits(spec)/8 - 2*h.Size() - 2
}

// traits is all that this package knows about a key spec.
type traits struct {
	bits          int
	usages        []types.KeyUsageType
	generatedOnly bool
	Algorithms    // of all usages together

	parse    func([]byte) (secret, error)
	generate func() (secret, error) // nil where any bits/8 bytes are material
}

// table has every key spec but SM2, which KMS has in China Regions only.
var table = map[types.KeySpec]*traits{
	types.KeySpecSymmetricDefault: {
		bits:       256,
		usages:     []types.KeyUsageType{types.KeyUsageTypeEncryptDecrypt},
		Algorithms: Algorithms{Encryption: []types.EncryptionAlgorithmSpec{types.EncryptionAlgorithmSpecSymmetricDefault}},
		parse:      parseAES,
	},
	types.KeySpecHmac224: hmacTraits(crypto.SHA224, types.MacAlgorithmSpecHmacSha224),
	types.KeySpecHmac256: hmacTraits(crypto.SHA256, types.MacAlgorithmSpecHmacSha256),
	types.KeySpecHmac384: hmacTraits(crypto.SHA384, types.MacAlgorithmSpecHmacSha384),
	types.KeySpecHmac512: hmacTraits(crypto.SHA512, types.MacAlgorithmSpecHmacSha512),

	types.KeySpecRsa2048: rsaTraits(2048),
	types.KeySpecRsa3072: rsaTraits(3072),
	types.KeySpecRsa4096: rsaTraits(4096),

	types.KeySpecEccNistP256: nistTraits(elliptic.P256(), types.SigningAlgorithmSpecEcdsaSha256),
	types.KeySpecEccNistP384: nistTraits(elliptic.P384(), types.SigningAlgorithmSpecEcdsaSha384),
	types.KeySpecEccNistP521: nistTraits(elliptic.P521(), types.SigningAlgorithmSpecEcdsaSha512),
	types.KeySpecEccSecgP256k1: {
		bits:       256,
		usages:     []types.KeyUsageType{types.KeyUsageTypeSignVerify},
		Algorithms: Algorithms{Signing: []types.SigningAlgorithmSpec{types.SigningAlgorithmSpecEcdsaSha256}},
		parse:      parseKoblitz,
		generate:   generateKoblitz,
	},
	types.KeySpecEccNistEdwards25519: {
		bits:   255,
		usages: []types.KeyUsageType{types.KeyUsageTypeSignVerify},
		Algorithms: Algorithms{Signing: []types.SigningAlgorithmSpec{
			types.SigningAlgorithmSpecEd25519PhSha512,
			types.SigningAlgorithmSpecEd25519Sha512,
		}},
		parse:    parseEdwards,
		generate: generateEdwards,
	},

	types.KeySpecMlDsa44: mldsaTraits(mldsa.MLDSA44()),
	types.KeySpecMlDsa65: mldsaTraits(mldsa.MLDSA65()),
	types.KeySpecMlDsa87: mldsaTraits(mldsa.MLDSA87()),

	types.KeySpecMlKem512:  mlkemTraits(mlkem512OID, newMLKEM512),
	types.KeySpecMlKem768:  mlkemTraits(mlkem768OID, newMLKEM768),
	types.KeySpecMlKem1024: mlkemTraits(mlkem1024OID, newMLKEM1024),
}

// traitsOf returns the traits of spec, which are zero if this package does not know
// it.
func traitsOf(spec types.KeySpec) *traits {
	if t, ok := table[spec]; ok {
		return t
	}
	return &traits{}
}
