package material

import (
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"fmt"

	"filippo.io/mldsa/x509"
)

// privateKeyInfo is a PKCS #8 private key (RFC 5958) for the key types that
// crypto/x509 does not know. Attributes, and the public key that version 2 may
// carry, come after these fields, where they are ignored.
type privateKeyInfo struct {
	Version    int
	Algorithm  pkix.AlgorithmIdentifier
	PrivateKey []byte
}

// publicKeyInfo is a SubjectPublicKeyInfo (RFC 5280).
type publicKeyInfo struct {
	Algorithm pkix.AlgorithmIdentifier
	PublicKey asn1.BitString
}

// parsePrivateKey reads a PKCS #8 private key of type T.
func parsePrivateKey[T any](der []byte) (T, error) {
	var none T
	key, err := x509.ParsePKCS8PrivateKey(der)
	if err != nil {
		return none, err
	}
	t, ok := key.(T)
	if !ok {
		return none, fmt.Errorf("a %T is wanted, not a %T", none, key)
	}
	return t, nil
}

// parsePrivateKeyInfo returns the inner private key of a PKCS #8 structure
// whose algorithm is the one given.
func parsePrivateKeyInfo(der []byte, algorithm pkix.AlgorithmIdentifier) ([]byte, error) {
	var info privateKeyInfo
	if err := unmarshal(der, &info, ""); err != nil {
		return nil, err
	}
	if !sameAlgorithm(info.Algorithm, algorithm) {
		return nil, fmt.Errorf("the private key is of another type: %v", info.Algorithm.Algorithm)
	}
	return info.PrivateKey, nil
}

func sameAlgorithm(a, b pkix.AlgorithmIdentifier) bool {
	return a.Algorithm.Equal(b.Algorithm) && string(a.Parameters.FullBytes) == string(b.Parameters.FullBytes)
}

func marshalPrivateKeyInfo(algorithm pkix.AlgorithmIdentifier, private []byte) ([]byte, error) {
	return asn1.Marshal(privateKeyInfo{Algorithm: algorithm, PrivateKey: private})
}

func marshalPublicKeyInfo(algorithm pkix.AlgorithmIdentifier, public []byte) ([]byte, error) {
	return asn1.Marshal(publicKeyInfo{algorithm, asn1.BitString{Bytes: public, BitLength: 8 * len(public)}})
}

// unmarshal reads all of der into v.
func unmarshal(der []byte, v any, params string) error {
	rest, err := asn1.UnmarshalWithParams(der, v, params)
	if err != nil {
		return err
	}
	if len(rest) != 0 {
		return errors.New("trailing data after the private key")
	}
	return nil
}
