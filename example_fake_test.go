package kmskit_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/kmskit/kmskit"
)

// Cipher is what a Vault needs of kmskit: its own interface, two methods wide,
// which *kmskit.Encryptor satisfies once the key is bound to it.
type Cipher interface {
	Encrypt(ctx context.Context, plaintext []byte) ([]byte, error)
	Decrypt(ctx context.Context, ciphertext []byte) ([]byte, error)
}

// KeyCipher is the Cipher of one KMS key.
type KeyCipher struct {
	Encryptor *kmskit.Encryptor
	KeyARN    string
}

func (c KeyCipher) Encrypt(ctx context.Context, plaintext []byte) ([]byte, error) {
	return c.Encryptor.Encrypt(ctx, c.KeyARN, plaintext)
}

func (c KeyCipher) Decrypt(ctx context.Context, ciphertext []byte) ([]byte, error) {
	return c.Encryptor.Decrypt(ctx, c.KeyARN, ciphertext)
}

var _ Cipher = KeyCipher{}

// Vault keeps secrets encrypted.
type Vault struct {
	cipher  Cipher
	secrets map[string][]byte
}

// Put stores a secret under a name.
func (v *Vault) Put(ctx context.Context, name string, secret []byte) error {
	ciphertext, err := v.cipher.Encrypt(ctx, secret)
	if err != nil {
		return fmt.Errorf("vault: put %q: %w", name, err)
	}
	v.secrets[name] = ciphertext
	return nil
}

// Get returns the secret under a name.
func (v *Vault) Get(ctx context.Context, name string) ([]byte, error) {
	return v.cipher.Decrypt(ctx, v.secrets[name])
}

// fakeCipher turns bytes around, and fails on demand.
type fakeCipher struct{ err error }

func (c fakeCipher) Encrypt(_ context.Context, plaintext []byte) ([]byte, error) {
	ciphertext := bytes.Clone(plaintext)
	for i := range ciphertext {
		ciphertext[i] ^= 0xff
	}
	return ciphertext, c.err
}

func (c fakeCipher) Decrypt(ctx context.Context, ciphertext []byte) ([]byte, error) {
	return c.Encrypt(ctx, ciphertext)
}

// A service that depends on an interface of its own is tested with a fake that
// is written by hand.
func Example_fake() {
	ctx := context.Background()

	vault := &Vault{cipher: fakeCipher{}, secrets: map[string][]byte{}}
	if err := vault.Put(ctx, "db", []byte("hunter2")); err != nil {
		panic(err)
	}
	secret, err := vault.Get(ctx, "db")
	fmt.Printf("%s %v\n", secret, err)

	vault.cipher = fakeCipher{err: errors.New("KMS is on strike")}
	fmt.Println(vault.Put(ctx, "db", []byte("hunter2")))
	// Output:
	// hunter2 <nil>
	// vault: put "db": KMS is on strike
}
