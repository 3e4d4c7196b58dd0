package kmskit_test

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/x509"
	"errors"
	"fmt"
	"log"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/kmskit/kmskit"
	"github.com/kmskit/kmskit/kmstest"
)

func ExampleEncryptor_Encrypt() {
	ctx := context.Background()
	client := kmstest.New().Client() // in a service: kms.NewFromConfig(cfg)
	key, err := kmskit.NewKeyManager(client).CreateKey(ctx, "orders")
	if err != nil {
		log.Fatal(err)
	}

	enc := kmskit.NewEncryptor(client)
	ciphertext, err := enc.Encrypt(ctx, *key.Arn, []byte("attack at dawn"))
	if err != nil {
		log.Fatal(err)
	}
	// Store the key ARN with the ciphertext: Decrypt needs both.
	plaintext, err := enc.Decrypt(ctx, *key.Arn, ciphertext)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%s\n", plaintext)
	// Output: attack at dawn
}

// KMS encrypts up to 4,096 bytes. More is refused before it is sent.
func ExampleEncryptor_Encrypt_tooLarge() {
	ctx := context.Background()
	client := kmstest.New().Client()

	_, err := kmskit.NewEncryptor(client).Encrypt(ctx, "alias/orders", make([]byte, 4097))
	fmt.Println(errors.Is(err, kmskit.ErrInvalidInput))
	fmt.Println(err)
	// Output:
	// true
	// kmskit: Encrypt: the plaintext has 4097 bytes; it must have 1 to 4096 bytes; encrypt larger data under a data key: see GenerateDataKey
}

// The alias is not there, or not in this account and Region.
func ExampleEncryptor_Encrypt_unknownAlias() {
	ctx := context.Background()
	client := kmstest.New().Client()

	_, err := kmskit.NewEncryptor(client).Encrypt(ctx, "alias/orders", []byte("attack at dawn"))
	if notFound, ok := errors.AsType[*types.NotFoundException](err); ok {
		fmt.Println(notFound.ErrorMessage())
	}
	// Output: Alias arn:aws:kms:us-east-1:111122223333:alias/orders is not found.
}

// A disabled key encrypts and decrypts nothing.
func ExampleEncryptor_Encrypt_disabledKey() {
	ctx := context.Background()
	client := kmstest.New(kmstest.WithSeed(1)).Client()
	keys := kmskit.NewKeyManager(client)
	key, err := keys.CreateKey(ctx, "orders")
	if err != nil {
		log.Fatal(err)
	}
	if err := keys.DisableKey(ctx, *key.KeyId); err != nil {
		log.Fatal(err)
	}

	_, err = kmskit.NewEncryptor(client).Encrypt(ctx, *key.Arn, []byte("attack at dawn"))
	if _, ok := errors.AsType[*types.DisabledException](err); ok {
		fmt.Println("enable the key first, or use its successor")
	}
	// Output: enable the key first, or use its successor
}

// An asymmetric key encrypts by an algorithm that the call names.
func ExampleEncryptor_Encrypt_asymmetric() {
	ctx := context.Background()
	client := kmstest.New().Client()
	key, err := kmskit.NewKeyManager(client).CreateKey(ctx, "mailbox", func(in *kms.CreateKeyInput) {
		in.KeySpec = types.KeySpecRsa2048
		in.KeyUsage = types.KeyUsageTypeEncryptDecrypt
	})
	if err != nil {
		log.Fatal(err)
	}

	enc := kmskit.NewEncryptor(client)
	ciphertext, err := enc.Encrypt(ctx, *key.Arn, []byte("attack at dawn"), func(in *kms.EncryptInput) {
		in.EncryptionAlgorithm = types.EncryptionAlgorithmSpecRsaesOaepSha256
	})
	if err != nil {
		log.Fatal(err)
	}
	plaintext, err := enc.Decrypt(ctx, *key.Arn, ciphertext, func(in *kms.DecryptInput) {
		in.EncryptionAlgorithm = types.EncryptionAlgorithmSpecRsaesOaepSha256
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%d bytes: %s\n", len(ciphertext), plaintext)
	// Output: 256 bytes: attack at dawn
}

func ExampleEncryptor_Decrypt() {
	ctx := context.Background()
	client := kmstest.New().Client()
	key, err := kmskit.NewKeyManager(client).CreateKey(ctx, "orders")
	if err != nil {
		log.Fatal(err)
	}
	enc := kmskit.NewEncryptor(client)
	ciphertext, err := enc.Encrypt(ctx, *key.Arn, []byte("attack at dawn"))
	if err != nil {
		log.Fatal(err)
	}

	plaintext, err := enc.Decrypt(ctx, *key.Arn, ciphertext)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%s\n", plaintext)
	// Output: attack at dawn
}

// Decryption needs exactly the encryption context of the encryption. KMS does
// not say that the context is what is wrong.
func ExampleEncryptor_Decrypt_wrongEncryptionContext() {
	ctx := context.Background()
	client := kmstest.New().Client()
	key, err := kmskit.NewKeyManager(client).CreateKey(ctx, "orders")
	if err != nil {
		log.Fatal(err)
	}
	enc := kmskit.NewEncryptor(client)
	blue := enc.WithEncryptionContext(map[string]string{"tenant": "blue"})
	green := enc.WithEncryptionContext(map[string]string{"tenant": "green"})

	ciphertext, err := blue.Encrypt(ctx, *key.Arn, []byte("attack at dawn"))
	if err != nil {
		log.Fatal(err)
	}
	_, err = green.Decrypt(ctx, *key.Arn, ciphertext)
	_, ok := errors.AsType[*types.InvalidCiphertextException](err)
	fmt.Println(ok)
	// Output: true
}

// The ciphertext was made under another key than the one that is named.
func ExampleEncryptor_Decrypt_otherKey() {
	ctx := context.Background()
	client := kmstest.New().Client()
	keys := kmskit.NewKeyManager(client)
	orders, err := keys.CreateKey(ctx, "orders")
	if err != nil {
		log.Fatal(err)
	}
	invoices, err := keys.CreateKey(ctx, "invoices")
	if err != nil {
		log.Fatal(err)
	}
	enc := kmskit.NewEncryptor(client)
	ciphertext, err := enc.Encrypt(ctx, *orders.Arn, []byte("attack at dawn"))
	if err != nil {
		log.Fatal(err)
	}

	_, err = enc.Decrypt(ctx, *invoices.Arn, ciphertext)
	if incorrect, ok := errors.AsType[*types.IncorrectKeyException](err); ok {
		fmt.Println(incorrect.ErrorMessage())
	}
	// Output: The key ID in the request does not identify a CMK that can perform this operation.
}

// An alias moves, and what was encrypted by way of it stays with the old key. So
// store the key ARN, not the alias, beside a ciphertext.
func ExampleEncryptor_Decrypt_movedAlias() {
	ctx := context.Background()
	client := kmstest.New().Client()
	keys, aliases, enc := kmskit.NewKeyManager(client), kmskit.NewAliasManager(client), kmskit.NewEncryptor(client)
	before, err := keys.CreateKey(ctx, "orders 2029")
	if err != nil {
		log.Fatal(err)
	}
	after, err := keys.CreateKey(ctx, "orders 2030")
	if err != nil {
		log.Fatal(err)
	}
	if err := aliases.CreateAlias(ctx, "alias/orders", *before.KeyId); err != nil {
		log.Fatal(err)
	}
	ciphertext, err := enc.Encrypt(ctx, "alias/orders", []byte("attack at dawn"))
	if err != nil {
		log.Fatal(err)
	}
	if err := aliases.UpdateAlias(ctx, "alias/orders", *after.KeyId); err != nil {
		log.Fatal(err)
	}

	_, err = enc.Decrypt(ctx, "alias/orders", ciphertext)
	if _, ok := errors.AsType[*types.IncorrectKeyException](err); ok {
		fmt.Println("alias/orders is another key now")
	}
	plaintext, err := enc.Decrypt(ctx, *before.Arn, ciphertext)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%s\n", plaintext)
	// Output:
	// alias/orders is another key now
	// attack at dawn
}

func ExampleEncryptor_ReEncrypt() {
	ctx := context.Background()
	client := kmstest.New().Client()
	keys := kmskit.NewKeyManager(client)
	oldKey, err := keys.CreateKey(ctx, "orders 2029")
	if err != nil {
		log.Fatal(err)
	}
	newKey, err := keys.CreateKey(ctx, "orders 2030")
	if err != nil {
		log.Fatal(err)
	}
	enc := kmskit.NewEncryptor(client).WithEncryptionContext(map[string]string{"tenant": "blue"})
	ciphertext, err := enc.Encrypt(ctx, *oldKey.Arn, []byte("attack at dawn"))
	if err != nil {
		log.Fatal(err)
	}

	// The plaintext does not leave KMS.
	moved, err := enc.ReEncrypt(ctx, *oldKey.Arn, ciphertext, *newKey.Arn)
	if err != nil {
		log.Fatal(err)
	}
	plaintext, err := enc.Decrypt(ctx, *newKey.Arn, moved)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%s\n", plaintext)
	// Output: attack at dawn
}

// An option changes the encryption context on one side.
func ExampleEncryptor_ReEncrypt_otherContext() {
	ctx := context.Background()
	client := kmstest.New().Client()
	key, err := kmskit.NewKeyManager(client).CreateKey(ctx, "orders")
	if err != nil {
		log.Fatal(err)
	}
	blue := kmskit.NewEncryptor(client).WithEncryptionContext(map[string]string{"tenant": "blue"})
	ciphertext, err := blue.Encrypt(ctx, *key.Arn, []byte("attack at dawn"))
	if err != nil {
		log.Fatal(err)
	}

	moved, err := blue.ReEncrypt(ctx, *key.Arn, ciphertext, *key.Arn, func(in *kms.ReEncryptInput) {
		in.DestinationEncryptionContext["tenant"] = "green"
	})
	if err != nil {
		log.Fatal(err)
	}
	green := blue.WithEncryptionContext(map[string]string{"tenant": "green"})
	plaintext, err := green.Decrypt(ctx, *key.Arn, moved)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%s\n", plaintext)
	// Output: attack at dawn
}

// Envelope encryption: a data key encrypts what is too large for KMS.
func ExampleEncryptor_GenerateDataKey() {
	ctx := context.Background()
	client := kmstest.New().Client()
	key, err := kmskit.NewKeyManager(client).CreateKey(ctx, "backups")
	if err != nil {
		log.Fatal(err)
	}
	enc := kmskit.NewEncryptor(client).WithEncryptionContext(map[string]string{"backup": "2030-01-01"})

	dataKey, err := enc.GenerateDataKey(ctx, *key.Arn)
	if err != nil {
		log.Fatal(err)
	}
	block, err := aes.NewCipher(dataKey.Plaintext())
	if err != nil {
		log.Fatal(err)
	}
	dataKey.Destroy() // the cipher has expanded it; nobody else needs it
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		log.Fatal(err)
	}
	backup := aead.Seal(nil, nil, make([]byte, 1<<20), nil)

	// Store backup, dataKey.Ciphertext and dataKey.KeyID.
	fmt.Println(len(backup), "bytes of backup")
	fmt.Println(dataKey.Plaintext() == nil)
	// Output:
	// 1048604 bytes of backup
	// true
}

// Whoever reads a backup has KMS decrypt its data key.
func ExampleEncryptor_DecryptDataKey() {
	ctx := context.Background()
	client := kmstest.New().Client()
	key, err := kmskit.NewKeyManager(client).CreateKey(ctx, "backups")
	if err != nil {
		log.Fatal(err)
	}
	enc := kmskit.NewEncryptor(client).WithEncryptionContext(map[string]string{"backup": "2030-01-01"})
	stored, err := enc.GenerateDataKeyWithoutPlaintext(ctx, *key.Arn)
	if err != nil {
		log.Fatal(err)
	}

	dataKey, err := enc.DecryptDataKey(ctx, stored.KeyID, stored.Ciphertext)
	if err != nil {
		log.Fatal(err)
	}
	block, err := aes.NewCipher(dataKey.Plaintext())
	dataKey.Destroy()
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(block.BlockSize(), "bytes a block")
	// Output: 16 bytes a block
}

func ExampleEncryptor_GenerateDataKeyWithoutPlaintext() {
	ctx := context.Background()
	client := kmstest.New().Client()
	key, err := kmskit.NewKeyManager(client).CreateKey(ctx, "volumes")
	if err != nil {
		log.Fatal(err)
	}
	enc := kmskit.NewEncryptor(client)

	// The service that prepares a volume never sees the key of the volume.
	dataKey, err := enc.GenerateDataKeyWithoutPlaintext(ctx, *key.Arn, func(in *kms.GenerateDataKeyWithoutPlaintextInput) {
		in.NumberOfBytes = aws.Int32(64) // for AES-256-XTS
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(dataKey.Plaintext() == nil)

	// The service that mounts it does.
	dataKey, err = enc.DecryptDataKey(ctx, dataKey.KeyID, dataKey.Ciphertext)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(dataKey.Plaintext()))
	dataKey.Destroy()
	// Output:
	// true
	// 64
}

// An Encryptor for each tenant costs nothing and cannot mix tenants up.
func ExampleEncryptor_WithEncryptionContext() {
	ctx := context.Background()
	client := kmstest.New().Client()
	key, err := kmskit.NewKeyManager(client).CreateKey(ctx, "orders")
	if err != nil {
		log.Fatal(err)
	}
	service := kmskit.NewEncryptor(client).WithEncryptionContext(map[string]string{"service": "orders"})
	blue := service.WithEncryptionContext(map[string]string{"tenant": "blue"}) // and service: orders

	ciphertext, err := blue.Encrypt(ctx, *key.Arn, []byte("attack at dawn"))
	if err != nil {
		log.Fatal(err)
	}
	_, err = service.Decrypt(ctx, *key.Arn, ciphertext)
	fmt.Println(err != nil)
	// Output: true
}

// A grant token makes a new grant count before KMS knows it everywhere.
func ExampleEncryptor_WithGrantTokens() {
	ctx := context.Background()
	srv := kmstest.New()
	key, err := kmskit.NewKeyManager(srv.Client()).CreateKey(ctx, "orders")
	if err != nil {
		log.Fatal(err)
	}
	reader := srv.Principal("arn:aws:iam::111122223333:role/reader")
	grant, err := kmskit.NewGrantManager(srv.Client()).CreateGrant(ctx, *key.Arn, reader.ARN(),
		[]types.GrantOperation{types.GrantOperationEncrypt, types.GrantOperationDecrypt})
	if err != nil {
		log.Fatal(err)
	}

	enc := kmskit.NewEncryptor(reader.Client()).WithGrantTokens(grant.Token)
	ciphertext, err := enc.Encrypt(ctx, *key.Arn, []byte("attack at dawn"))
	if err != nil {
		log.Fatal(err)
	}
	plaintext, err := enc.Decrypt(ctx, *key.Arn, ciphertext)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%s\n", plaintext)
	// Output: attack at dawn
}

func ExampleEncryptor_GenerateDataKeyPair() {
	ctx := context.Background()
	client := kmstest.New().Client()
	key, err := kmskit.NewKeyManager(client).CreateKey(ctx, "devices")
	if err != nil {
		log.Fatal(err)
	}
	enc := kmskit.NewEncryptor(client)

	pair, err := enc.GenerateDataKeyPair(ctx, *key.Arn, types.DataKeyPairSpecEccNistP256)
	if err != nil {
		log.Fatal(err)
	}
	private, err := x509.ParsePKCS8PrivateKey(pair.PrivateKey())
	if err != nil {
		log.Fatal(err)
	}
	pair.Destroy() // the parsed key is what is needed now

	// Store pair.PublicKey, pair.Ciphertext and pair.KeyID.
	fmt.Printf("%T\n", private)
	// Output: *ecdsa.PrivateKey
}

func ExampleEncryptor_GenerateDataKeyPairWithoutPlaintext() {
	ctx := context.Background()
	client := kmstest.New().Client()
	key, err := kmskit.NewKeyManager(client).CreateKey(ctx, "devices")
	if err != nil {
		log.Fatal(err)
	}
	enc := kmskit.NewEncryptor(client)

	// Who only encrypts to the pair needs no private key.
	pair, err := enc.GenerateDataKeyPairWithoutPlaintext(ctx, *key.Arn, types.DataKeyPairSpecEccNistP256)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(pair.PrivateKey() == nil, len(pair.PublicKey))
	// Output: true 91
}

func ExampleEncryptor_GenerateRandom() {
	ctx := context.Background()
	client := kmstest.New().Client()

	random, err := kmskit.NewEncryptor(client).GenerateRandom(ctx, 32)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(random), "bytes")
	// Output: 32 bytes
}
