package material

import (
	"fmt"

	"filippo.io/mldsa"
	"filippo.io/mldsa/mldsacrypto"
	"filippo.io/mldsa/x509"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
)

// mldsaKey is the material of ML_DSA_44, ML_DSA_65 and ML_DSA_87.
type mldsaKey struct{ private *mldsa.PrivateKey }

func mldsaTraits(p mldsa.Parameters) *traits {
	return &traits{
		usages:        []types.KeyUsageType{types.KeyUsageTypeSignVerify},
		Algorithms:    Algorithms{Signing: []types.SigningAlgorithmSpec{types.SigningAlgorithmSpecMlDsaShake256}},
		generatedOnly: true,
		parse:         func(b []byte) (secret, error) { return parseMLDSA(b, p) },
		generate: func() (secret, error) {
			private, err := mldsa.GenerateKey(p)
			if err != nil {
				return nil, err
			}
			return &mldsaKey{private}, nil
		},
	}
}

func parseMLDSA(b []byte, p mldsa.Parameters) (secret, error) {
	private, err := parsePrivateKey[*mldsa.PrivateKey](b)
	if err != nil {
		return nil, err
	}
	if got := private.PublicKey().Parameters(); got != p {
		return nil, fmt.Errorf("a key of %s is wanted, not of %s", p, got)
	}
	return &mldsaKey{private}, nil
}

func (m *mldsaKey) bytes() ([]byte, error) { return x509.MarshalPKCS8PrivateKey(m.private) }
func (m *mldsaKey) publicKey() ([]byte, error) {
	return x509.MarshalPKIXPublicKey(m.private.PublicKey())
}

func (m *mldsaKey) sign(algorithm types.SigningAlgorithmSpec, messageType types.MessageType, message []byte) ([]byte, error) {
	switch messageType {
	case types.MessageTypeRaw:
		return m.private.Sign(nil, message, nil)
	case types.MessageTypeExternalMu:
		if err := wantLength(algorithm, message, mldsaMuSize); err != nil {
			return nil, err
		}
		return m.private.Sign(nil, message, mldsacrypto.MLDSAMu)
	default:
		return nil, wrongMessageType(algorithm, messageType)
	}
}

func (m *mldsaKey) verify(algorithm types.SigningAlgorithmSpec, messageType types.MessageType, message, signature []byte) error {
	public := m.private.PublicKey()
	switch messageType {
	case types.MessageTypeRaw:
		if mldsa.Verify(public, message, signature, nil) != nil {
			return ErrSignature
		}
	case types.MessageTypeExternalMu:
		if err := wantLength(algorithm, message, mldsaMuSize); err != nil {
			return err
		}
		if !verifyMu(public, message, signature) {
			return ErrSignature
		}
	default:
		return wrongMessageType(algorithm, messageType)
	}
	return nil
}
