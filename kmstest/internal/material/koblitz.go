package material

import (
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"fmt"
	"math/big"

	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/decred/dcrd/dcrec/secp256k1/v4"
	"github.com/decred/dcrd/dcrec/secp256k1/v4/ecdsa"
)

// koblitzKey is the material of ECC_SECG_P256K1. The standard library has
// neither the curve nor its encodings.
type koblitzKey struct{ private *secp256k1.PrivateKey }

var (
	ecPublicKeyOID = asn1.ObjectIdentifier{1, 2, 840, 10045, 2, 1}
	secp256k1OID   = asn1.ObjectIdentifier{1, 3, 132, 0, 10}

	koblitzAlgorithm = pkix.AlgorithmIdentifier{
		Algorithm:  ecPublicKeyOID,
		Parameters: asn1.RawValue{FullBytes: []byte{0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x0a}}, // secp256k1OID in DER
	}
)

// ecPrivateKey is an elliptic curve private key (RFC 5915).
type ecPrivateKey struct {
	Version    int
	PrivateKey []byte
	Curve      asn1.ObjectIdentifier `asn1:"optional,explicit,tag:0"`
	PublicKey  asn1.BitString        `asn1:"optional,explicit,tag:1"`
}

func generateKoblitz() (secret, error) {
	private, err := secp256k1.GeneratePrivateKey()
	if err != nil {
		return nil, err
	}
	return &koblitzKey{private}, nil
}

func parseKoblitz(b []byte) (secret, error) {
	inner, err := parsePrivateKeyInfo(b, koblitzAlgorithm)
	if err != nil {
		return nil, err
	}
	var key ecPrivateKey
	if err := unmarshal(inner, &key, ""); err != nil {
		return nil, err
	}
	if key.Version != 1 {
		return nil, fmt.Errorf("version 1 of an elliptic curve key is wanted, not %d", key.Version)
	}
	if len(key.Curve) != 0 && !key.Curve.Equal(secp256k1OID) {
		return nil, fmt.Errorf("a key on secp256k1 is wanted, not on %v", key.Curve)
	}
	var d secp256k1.ModNScalar
	if len(key.PrivateKey) != 32 || d.SetByteSlice(key.PrivateKey) || d.IsZero() {
		return nil, errors.New("the private key is out of range")
	}
	return &koblitzKey{secp256k1.NewPrivateKey(&d)}, nil
}

func (k *koblitzKey) bytes() ([]byte, error) {
	public := k.private.PubKey().SerializeUncompressed()
	inner, err := asn1.Marshal(ecPrivateKey{
		Version:    1,
		PrivateKey: k.private.Serialize(),
		Curve:      secp256k1OID,
		PublicKey:  asn1.BitString{Bytes: public, BitLength: 8 * len(public)},
	})
	if err != nil {
		return nil, err
	}
	return marshalPrivateKeyInfo(koblitzAlgorithm, inner)
}

func (k *koblitzKey) publicKey() ([]byte, error) {
	return marshalPublicKeyInfo(koblitzAlgorithm, k.private.PubKey().SerializeUncompressed())
}

// ecdsaSignature is an ECDSA signature as RFC 3279 encodes it.
type ecdsaSignature struct{ R, S *big.Int }

// sign does not use the Sign of package ecdsa, whose signatures always have a
// low S and are the same for the same message. Those of KMS are neither, and
// programs that need a low S, as for Ethereum, must meet a high one here first.
func (k *koblitzKey) sign(algorithm types.SigningAlgorithmSpec, messageType types.MessageType, message []byte) ([]byte, error) {
	d, err := digest(algorithm, messageType, message)
	if err != nil {
		return nil, err
	}
	var e, r, s secp256k1.ModNScalar
	e.SetByteSlice(d)
	for r.IsZero() || s.IsZero() {
		nonce, err := secp256k1.GeneratePrivateKey()
		if err != nil {
			return nil, err
		}
		r.SetByteSlice(nonce.PubKey().SerializeCompressed()[1:]) // the x coordinate
		// s = (e + r*d) / nonce
		s.Mul2(&r, &k.private.Key).Add(&e).Mul(nonce.Key.InverseNonConst())
	}
	return asn1.Marshal(ecdsaSignature{scalarToInt(&r), scalarToInt(&s)})
}

func (k *koblitzKey) verify(algorithm types.SigningAlgorithmSpec, messageType types.MessageType, message, signature []byte) error {
	d, err := digest(algorithm, messageType, message)
	if err != nil {
		return err
	}
	s, err := ecdsa.ParseDERSignature(signature)
	if err != nil || !s.Verify(d, k.private.PubKey()) {
		return ErrSignature
	}
	return nil
}

func scalarToInt(s *secp256k1.ModNScalar) *big.Int {
	b := s.Bytes()
	return new(big.Int).SetBytes(b[:])
}
