package material

import "errors"

// Errors of this package, to be told apart with [errors.Is]. None carries a
// plaintext, a message or key material.
var (
	// ErrSpec means that the key spec is unknown, or that keys of that spec
	// cannot do what was asked.
	ErrSpec = errors.New("material: unsupported key spec")
	// ErrMaterial means that bytes to import are malformed, or are not material
	// of the key spec.
	ErrMaterial = errors.New("material: not the key material of")
	// ErrAlgorithm means that the key spec does not have the algorithm.
	ErrAlgorithm = errors.New("material: algorithm is incompatible with the key spec")
	// ErrMessageType means that the signing algorithm does not take messages of
	// the type.
	ErrMessageType = errors.New("material: message type is incompatible with the algorithm")
	// ErrDigestLength means that a digest or an external mu is not as long as
	// the signing algorithm wants it.
	ErrDigestLength = errors.New("material: digest has the wrong length")
	// ErrPlaintextLength means that the plaintext is longer than the algorithm
	// can encrypt under the key.
	ErrPlaintextLength = errors.New("material: plaintext is too long")
	// ErrCiphertext means that the ciphertext is damaged, or was made with other
	// material, another algorithm or other associated data.
	ErrCiphertext = errors.New("material: invalid ciphertext")
	// ErrSignature means that the signature is not one of the message by the key.
	ErrSignature = errors.New("material: invalid signature")
	// ErrMAC means that the MAC is not one of the message by the key.
	ErrMAC = errors.New("material: invalid MAC")
	// ErrPublicKey means that the peer's public key is malformed, or not on the
	// curve of the key.
	ErrPublicKey = errors.New("material: invalid public key")
)
