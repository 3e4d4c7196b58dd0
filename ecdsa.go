package kmskit

import (
	"bytes"
	"encoding/asn1"
	"math/big"

	"github.com/aws/aws-sdk-go-v2/service/kms/types"
)

// ECDSAToFixed turns an ECDSA signature in DER, as [Signer.Sign] and
// [SigningKey.Sign] return it, into the form of fixed length that JOSE, COSE and
// others want: r and s, one after the other, each of 32 bytes for P-256 and
// secp256k1, 48 for P-384, 66 for P-521. The spec is that of the key.
//
// https://www.rfc-editor.org/rfc/rfc7518#section-3.4
func ECDSAToFixed(spec types.KeySpec, signature []byte) ([]byte, error) {
	size, err := scalarSize("ECDSAToFixed", spec)
	if err != nil {
		return nil, err
	}
	var rs ecdsaSignature
	if _, err := asn1.Unmarshal(signature, &rs); err != nil || !rs.isIn(signature) {
		return nil, invalidInput("ECDSAToFixed", "the signature is not an ECDSA signature in DER")
	}
	if !rs.fits(size) {
		return nil, invalidInput("ECDSAToFixed", "the signature is not that of a key of the spec %s", spec)
	}
	fixed := make([]byte, 2*size)
	rs.R.FillBytes(fixed[:size])
	rs.S.FillBytes(fixed[size:])
	return fixed, nil
}

// ECDSAFromFixed is the way back from [ECDSAToFixed]: it returns the signature in
// DER, as [Signer.Verify] and [SigningKey.Verify] take it.
func ECDSAFromFixed(spec types.KeySpec, signature []byte) ([]byte, error) {
	size, err := scalarSize("ECDSAFromFixed", spec)
	if err != nil {
		return nil, err
	}
	if len(signature) != 2*size {
		return nil, invalidInput("ECDSAFromFixed", "the signature has %d bytes; that of a key of the spec %s has %d", len(signature), spec, 2*size)
	}
	rs := ecdsaSignature{new(big.Int).SetBytes(signature[:size]), new(big.Int).SetBytes(signature[size:])}
	if !rs.fits(size) {
		return nil, invalidInput("ECDSAFromFixed", "the signature is not that of a key of the spec %s", spec)
	}
	return asn1.Marshal(rs)
}

type ecdsaSignature struct{ R, S *big.Int }

// fits reports whether both numbers are positive and of at most size bytes.
func (s ecdsaSignature) fits(size int) bool {
	return s.R.Sign() > 0 && s.S.Sign() > 0 && s.R.BitLen() <= 8*size && s.S.BitLen() <= 8*size
}

// isIn reports whether der is the signature in DER and nothing else. The parser
// leaves out what follows the two numbers in their sequence.
func (s ecdsaSignature) isIn(der []byte) bool {
	back, err := asn1.Marshal(s)
	return err == nil && bytes.Equal(der, back)
}

// scalarSize returns the length of r, and of s, in bytes.
func scalarSize(action string, spec types.KeySpec) (int, error) {
	switch spec {
	case types.KeySpecEccNistP256, types.KeySpecEccSecgP256k1:
		return 32, nil
	case types.KeySpecEccNistP384:
		return 48, nil
	case types.KeySpecEccNistP521:
		return 66, nil
	}
	return 0, invalidInput(action, "keys of the spec %q do not sign with ECDSA; give that of the key, such as types.KeySpecEccNistP256", spec)
}
