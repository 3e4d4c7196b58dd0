package conformance

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
)

var signingRules = []rule{
	{
		"Sign", "answers signature, algorithm and key ARN",
		"Sign answers Signature, SigningAlgorithm and the key ARN, however the key was named.",
		func(t *trial) {
			k := t.shared(ecdsaKey)
			out := answer(t, t.Sign, &kms.SignInput{KeyId: &k.alias, Message: message, SigningAlgorithm: types.SigningAlgorithmSpecEcdsaSha256})
			t.members("KeyId", "Signature", "SigningAlgorithm")
			equal(t, "KeyId", *out.KeyId, *k.Arn)
			equal(t, "SigningAlgorithm", out.SigningAlgorithm, types.SigningAlgorithmSpecEcdsaSha256)
		},
	},
	{
		"Sign", "ECDSA signatures are DER and verify elsewhere",
		"An ECDSA signature is that of ANSI X9.62, DER, over the SHA-256 of the message.",
		func(t *trial) {
			public := publicKey[*ecdsa.PublicKey](t, t.shared(ecdsaKey))
			digest := sha256.Sum256(message)
			t.that("the signature verifies", ecdsa.VerifyASN1(public, digest[:], t.shared(ecdsaKey).signature))
		},
	},
	{
		"Sign", "each curve has the hash of its length",
		"P-384 signs with SHA-384, P-521 with SHA-512 and secp256k1 with SHA-256; Verify agrees.",
		func(t *trial) {
			for spec, algorithm := range map[types.KeySpec]types.SigningAlgorithmSpec{
				types.KeySpecEccNistP384:   types.SigningAlgorithmSpecEcdsaSha384,
				types.KeySpecEccNistP521:   types.SigningAlgorithmSpecEcdsaSha512,
				types.KeySpecEccSecgP256k1: types.SigningAlgorithmSpecEcdsaSha256,
			} {
				k := t.shared(fixtureName{spec: spec, usage: signVerify})
				equal(t, "SigningAlgorithms", k.SigningAlgorithms, []types.SigningAlgorithmSpec{algorithm})
				in := &kms.VerifyInput{KeyId: k.KeyId, Message: message, Signature: k.signature, SigningAlgorithm: algorithm}
				answer(t, t.Verify, in)
				in.Message = []byte("another")
				refusal(t, t.Verify, in, "KMSInvalidSignatureException")
			}
		},
	},
	{
		"Sign", "ML-DSA signatures have the length of their parameters",
		"ML_DSA_44, 65 and 87 sign with 2,420, 3,309 and 4,627 bytes.",
		func(t *trial) {
			for spec, size := range map[types.KeySpec]int{types.KeySpecMlDsa44: 2420, types.KeySpecMlDsa65: 3309, types.KeySpecMlDsa87: 4627} {
				equal(t, "the length of a signature of "+string(spec), len(t.shared(fixtureName{spec: spec, usage: signVerify}).signature), size)
			}
		},
	},
	{
		"Sign", "an empty message can be signed",
		"RAW messages have 0 to 4,096 bytes: KMS hashes them.",
		func(t *trial) {
			k := t.shared(ecdsaKey)
			out := answer(t, t.Sign, &kms.SignInput{KeyId: k.KeyId, Message: []byte{}, SigningAlgorithm: types.SigningAlgorithmSpecEcdsaSha256})
			answer(t, t.Verify, &kms.VerifyInput{
				KeyId: k.KeyId, Message: []byte{}, Signature: out.Signature, SigningAlgorithm: types.SigningAlgorithmSpecEcdsaSha256,
			})
		},
	},
	{
		"Sign", "RSA signatures of both kinds verify elsewhere",
		"PSS has a salt as long as the hash; PKCS #1 v1.5 is the other kind.",
		func(t *trial) {
			k := t.shared(rsaSigning)
			public := publicKey[*rsa.PublicKey](t, k)
			for hash, algorithms := range map[crypto.Hash][2]types.SigningAlgorithmSpec{
				crypto.SHA256: {types.SigningAlgorithmSpecRsassaPssSha256, types.SigningAlgorithmSpecRsassaPkcs1V15Sha256},
				crypto.SHA384: {types.SigningAlgorithmSpecRsassaPssSha384, types.SigningAlgorithmSpecRsassaPkcs1V15Sha384},
				crypto.SHA512: {types.SigningAlgorithmSpecRsassaPssSha512, types.SigningAlgorithmSpecRsassaPkcs1V15Sha512},
			} {
				h := hash.New()
				h.Write(message)
				digest := h.Sum(nil)
				pss := answer(t, t.Sign, &kms.SignInput{KeyId: k.KeyId, Message: message, SigningAlgorithm: algorithms[0]})
				t.noError(rsa.VerifyPSS(public, hash, digest, pss.Signature, &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash}))
				pkcs := answer(t, t.Sign, &kms.SignInput{KeyId: k.KeyId, Message: message, SigningAlgorithm: algorithms[1]})
				t.noError(rsa.VerifyPKCS1v15(public, hash, digest, pkcs.Signature))
			}
		},
	},
	{
		"Sign", "Ed25519 signatures verify elsewhere",
		"ED25519_SHA_512 signs the message itself. ED25519_PH_SHA_512 takes a SHA-512 digest for the message of Ed25519ph, " +
			"and so hashes it again.",
		func(t *trial) {
			k := t.shared(ed25519Key)
			public := publicKey[ed25519.PublicKey](t, k)
			pure := answer(t, t.Sign, &kms.SignInput{KeyId: k.KeyId, Message: message, SigningAlgorithm: types.SigningAlgorithmSpecEd25519Sha512})
			t.that("the signature verifies", ed25519.Verify(public, message, pure.Signature))
			digest := sha512.Sum512(message)
			hashed := answer(t, t.Sign, &kms.SignInput{
				KeyId: k.KeyId, Message: digest[:], MessageType: types.MessageTypeDigest, SigningAlgorithm: types.SigningAlgorithmSpecEd25519PhSha512,
			})
			again := sha512.Sum512(digest[:])
			t.noError(ed25519.VerifyWithOptions(public, again[:], hashed.Signature, &ed25519.Options{Hash: crypto.SHA512}))
		},
	},
	{
		"Sign", "an Ed25519 algorithm wants its own message type",
		"ED25519_SHA_512 takes RAW only, and ED25519_PH_SHA_512 takes DIGEST only.",
		func(t *trial) {
			k := t.shared(ed25519Key)
			digest := sha512.Sum512(message)
			refusal(t, t.Sign, &kms.SignInput{
				KeyId: k.KeyId, Message: digest[:], MessageType: types.MessageTypeDigest, SigningAlgorithm: types.SigningAlgorithmSpecEd25519Sha512,
			}, "ValidationException")
			refusal(t, t.Sign, &kms.SignInput{
				KeyId: k.KeyId, Message: message, MessageType: types.MessageTypeRaw, SigningAlgorithm: types.SigningAlgorithmSpecEd25519PhSha512,
			}, "ValidationException")
		},
	},
	{
		"Sign", "a digest is signed as its message is",
		"MessageType DIGEST says that the message is hashed already; the signature is the same kind.",
		func(t *trial) {
			k := t.shared(ecdsaKey)
			digest := sha256.Sum256(message)
			out := answer(t, t.Sign, &kms.SignInput{
				KeyId: k.KeyId, Message: digest[:], MessageType: types.MessageTypeDigest, SigningAlgorithm: types.SigningAlgorithmSpecEcdsaSha256,
			})
			answer(t, t.Verify, &kms.VerifyInput{
				KeyId: k.KeyId, Message: message, Signature: out.Signature, SigningAlgorithm: types.SigningAlgorithmSpecEcdsaSha256,
			})
		},
	},
	{
		"Sign", "a digest of another length is a ValidationException",
		"A digest has the length of the algorithm's hash.",
		func(t *trial) {
			for _, name := range []fixtureName{ecdsaKey, rsaSigning} {
				algorithm := types.SigningAlgorithmSpecEcdsaSha256
				if name == rsaSigning {
					algorithm = types.SigningAlgorithmSpecRsassaPssSha256
				}
				for _, size := range []int{20, 31, 33, 64} {
					refusal(t, t.Sign, &kms.SignInput{
						KeyId: t.shared(name).KeyId, Message: make([]byte, size), MessageType: types.MessageTypeDigest, SigningAlgorithm: algorithm,
					}, "ValidationException")
				}
			}
		},
	},
	{
		"Sign", "EXTERNAL_MU is for ML-DSA",
		"An ML-DSA key signs RAW messages and 64 bytes of EXTERNAL_MU; the message type is none of other keys'.",
		func(t *trial) {
			k := t.shared(mldsaKey)
			for _, in := range []*kms.SignInput{
				{Message: message, MessageType: types.MessageTypeRaw},
				{Message: make([]byte, 64), MessageType: types.MessageTypeExternalMu},
			} {
				in.KeyId, in.SigningAlgorithm = k.KeyId, types.SigningAlgorithmSpecMlDsaShake256
				out := answer(t, t.Sign, in)
				equal(t, "the length of the signature", len(out.Signature), 2420)
				answer(t, t.Verify, &kms.VerifyInput{
					KeyId: k.KeyId, Message: in.Message, MessageType: in.MessageType, Signature: out.Signature, SigningAlgorithm: in.SigningAlgorithm,
				})
			}
			refusal(t, t.Sign, &kms.SignInput{
				KeyId: t.shared(ecdsaKey).KeyId, Message: make([]byte, 64), MessageType: types.MessageTypeExternalMu,
				SigningAlgorithm: types.SigningAlgorithmSpecEcdsaSha256,
			}, "ValidationException")
		},
	},
	{
		"Sign", "ML-DSA takes no digest",
		"ML-DSA hashes a message in its own way, so a digest is refused.",
		func(t *trial) {
			refusal(t, t.Sign, &kms.SignInput{
				KeyId: t.shared(mldsaKey).KeyId, Message: make([]byte, 32), MessageType: types.MessageTypeDigest,
				SigningAlgorithm: types.SigningAlgorithmSpecMlDsaShake256,
			}, "ValidationException")
		},
	},
	{
		"Sign", "an algorithm of another key spec is InvalidKeyUsage",
		"The algorithm must be one of the key's SigningAlgorithms: a curve has one hash.",
		func(t *trial) {
			for name, a := range map[fixtureName]types.SigningAlgorithmSpec{
				ecdsaKey:   types.SigningAlgorithmSpecEcdsaSha384,
				rsaSigning: types.SigningAlgorithmSpecEcdsaSha256,
				ed25519Key: types.SigningAlgorithmSpecEcdsaSha512,
				mldsaKey:   types.SigningAlgorithmSpecRsassaPssSha256,
			} {
				refusal(t, t.Sign, &kms.SignInput{KeyId: t.shared(name).KeyId, Message: message, SigningAlgorithm: a}, "InvalidKeyUsageException")
			}
		},
	},
	{
		"Sign", "with a key for something else is InvalidKeyUsage",
		"An RSA key is for encryption or for signatures, and a curve for signatures or for key agreement, never for both.",
		func(t *trial) {
			for name, a := range map[fixtureName]types.SigningAlgorithmSpec{
				symmetric: types.SigningAlgorithmSpecEcdsaSha256,
				rsaCrypt:  types.SigningAlgorithmSpecRsassaPssSha256,
				agreeing:  types.SigningAlgorithmSpecEcdsaSha256,
			} {
				refusal(t, t.Sign, &kms.SignInput{KeyId: t.shared(name).KeyId, Message: message, SigningAlgorithm: a}, "InvalidKeyUsageException")
			}
		},
	},
	{
		"Verify", "a valid signature is SignatureValid",
		"Verify answers SignatureValid, which is always true, SigningAlgorithm and the key ARN.",
		func(t *trial) {
			for _, name := range []fixtureName{ecdsaKey, rsaSigning, ed25519Key, mldsaKey} {
				k := t.shared(name)
				out := answer(t, t.Verify, &kms.VerifyInput{
					KeyId: &k.alias, Message: message, Signature: k.signature, SigningAlgorithm: k.rawAlgorithm(),
				})
				t.members("KeyId", "SignatureValid", "SigningAlgorithm")
				equal(t, "SignatureValid", out.SignatureValid, true)
				equal(t, "KeyId", *out.KeyId, *k.Arn)
			}
		},
	},
	{
		"Verify", "another message or signature is KMSInvalidSignature without a text",
		"Verify never answers false: what does not verify is a KMSInvalidSignatureException.",
		func(t *trial) {
			for _, name := range []fixtureName{ecdsaKey, rsaSigning, ed25519Key, mldsaKey} {
				k := t.shared(name)
				in := &kms.VerifyInput{KeyId: k.KeyId, Message: []byte("another"), Signature: k.signature, SigningAlgorithm: k.rawAlgorithm()}
				equal(t, "the text", refusal(t, t.Verify, in, "KMSInvalidSignatureException"), "")
				in.Message, in.Signature = message, bytes.Clone(k.signature)
				in.Signature[len(in.Signature)-1] ^= 1
				refusal(t, t.Verify, in, "KMSInvalidSignatureException")
				in.Signature = []byte("no signature")
				refusal(t, t.Verify, in, "KMSInvalidSignatureException")
			}
		},
	},
	{
		"Verify", "an algorithm of another key spec is InvalidKeyUsage",
		"The algorithm must be one of the key's SigningAlgorithms.",
		func(t *trial) {
			refusal(t, t.Verify, &kms.VerifyInput{
				KeyId: t.shared(ecdsaKey).KeyId, Message: message, Signature: t.shared(ecdsaKey).signature,
				SigningAlgorithm: types.SigningAlgorithmSpecEcdsaSha512,
			}, "InvalidKeyUsageException")
		},
	},
	{
		"GetPublicKey", "of each usage has the algorithms of that usage",
		"GetPublicKey answers the public key, the key ARN, its spec under both names, its usage and the algorithms for that.",
		func(t *trial) {
			for name, algorithms := range map[fixtureName]string{
				rsaCrypt: "EncryptionAlgorithms", ecdsaKey: "SigningAlgorithms", agreeing: "KeyAgreementAlgorithms",
				mlkemKey: "EncapsulationAlgorithms",
			} {
				k := t.shared(name)
				out := answer(t, t.GetPublicKey, &kms.GetPublicKeyInput{KeyId: &k.alias})
				t.members("CustomerMasterKeySpec", "KeyId", "KeySpec", "KeyUsage", "PublicKey", algorithms)
				equal(t, "KeyId", *out.KeyId, *k.Arn)
				equal(t, "KeySpec", out.KeySpec, k.KeySpec)
				equal(t, "KeyUsage", out.KeyUsage, k.KeyUsage)
			}
		},
	},
	{
		"GetPublicKey", "is the same each time",
		"A key pair does not change.",
		func(t *trial) {
			in := &kms.GetPublicKeyInput{KeyId: t.shared(ecdsaKey).KeyId}
			equal(t, "the public key", answer(t, t.GetPublicKey, in).PublicKey, answer(t, t.GetPublicKey, in).PublicKey)
		},
	},
	{
		"GetPublicKey", "of a key without one is UnsupportedOperation",
		"Symmetric and HMAC keys have no public key.",
		func(t *trial) {
			for _, name := range []fixtureName{symmetric, hmacKey} {
				refusal(t, t.GetPublicKey, &kms.GetPublicKeyInput{KeyId: t.shared(name).KeyId}, "UnsupportedOperationException")
			}
		},
	},
}

// publicKey returns the public key of a KMS key as the standard library has it.
func publicKey[K any](t *trial, k *fixture) K {
	t.Helper()
	out := answer(t, t.GetPublicKey, &kms.GetPublicKeyInput{KeyId: k.KeyId})
	parsed, err := x509.ParsePKIXPublicKey(out.PublicKey)
	t.noError(err)
	public, ok := parsed.(K)
	if !ok {
		t.Fatalf("the public key of %s is a %T", k.KeySpec, parsed)
	}
	return public
}
