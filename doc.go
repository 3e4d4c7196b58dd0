// Package kmskit wraps the actions of AWS Key Management Service (KMS) for Go
// services: one method for each action, plain arguments for what the action always
// needs, errors that say what to check.
//
//	client := kms.NewFromConfig(cfg) // cfg as config.LoadDefaultConfig returns it
//	enc := kmskit.NewEncryptor(client).
//		WithEncryptionContext(map[string]string{"tenant": "blue"})
//	ciphertext, err := enc.Encrypt(ctx, keyARN, []byte("attack at dawn"))
//	plaintext, err := enc.Decrypt(ctx, keyARN, ciphertext)
//
// # Types
//
// Each type calls the KMS operations of one area, over a narrow interface that
// [*kms.Client] satisfies:
//
//   - [KeyManager] creates, describes, lists, enables, disables, replicates and
//     deletes keys.
//   - [Encryptor] encrypts, decrypts, re-encrypts, and makes data keys, data key
//     pairs and random bytes.
//   - [AliasManager] names keys.
//   - [GrantManager] lets principals use a key for a while.
//   - [PolicyManager] reads and writes key policies, as [PolicyDocument] values.
//   - [Signer] signs, verifies, and returns public keys.
//   - [RotationManager] gives keys new material, on a schedule or on demand.
//   - [TagManager] labels keys.
//   - [MaterialImporter] brings key material from outside into keys.
//   - [Authenticator] makes and verifies message authentication codes.
//   - [KeyAgreement] agrees on shared secrets, by ECDH and by ML-KEM.
//   - [KeyStoreManager] manages custom key stores.
//
// All of them are safe for concurrent use and keep no state beyond what they
// were made with. They log nothing, read no environment and store no context.
//
// # Keys
//
// A key is named by its key ID, by its key ARN, which other accounts need, or,
// where it is used rather than managed, by an alias: the doc comment of each type
// says which. Aliases move. So store the key ARN beside what was encrypted or
// signed, and decrypt and verify under that. A service that is given an alias asks
// [KeyManager.DescribeKey] for the ARN once, when it starts, and uses that from then
// on. [ParseKeyID] takes all these names apart.
//
// # Options
//
// Every action ends in option functions on the SDK's own input, so that no field
// of the SDK is out of reach. Options run last, and the input they leave is
// checked and sent:
//
//	key, err := keys.CreateKey(ctx, "orders", func(in *kms.CreateKeyInput) {
//		in.MultiRegion = aws.Bool(true)
//	})
//
// A Region or a retry policy for some calls needs no option: a second client
// costs a few microseconds.
//
//	frankfurt := kms.New(client.Options(), func(o *kms.Options) { o.Region = "eu-central-1" })
//
// Nothing here changes how a client retries and connects, unless it is made with
// [TuneClient]:
//
//	client := kms.NewFromConfig(cfg, kmskit.TuneClient)
//
// # Lists
//
// Lists are iterators. They hold one page at a time, start afresh each time they
// are ranged over, yield an error once, as their last element, and stop calling
// KMS when the range is left:
//
//	for key, err := range keys.ListKeys(ctx) {
//		if err != nil {
//			return err
//		}
//		fmt.Println(*key.KeyArn)
//	}
//
// # Key policies
//
// [DefaultKeyPolicy], with the statements of [KeyAdministrators], [KeyUsers],
// [GrantsForServices] and [ServiceUse], is the policy that the console makes.
// [PolicyManager.AddStatement] adds a statement to the policy of a key, and
// [PolicyDocument.Check] finds what people get wrong:
//
//	for _, finding := range policy.Check() {
//		fmt.Println(finding)
//	}
//
// # Errors
//
// An error names the action, the key, alias or grant, and where KMS's code alone
// does not say what is wrong, what to check. The SDK's error types stay in reach
// of [errors.As] and [errors.AsType]; [ErrorCode] returns the codes that the SDK
// has no types for, such as AccessDeniedException. Input that KMS could only
// refuse is not sent and matches [ErrInvalidInput]. No error holds plaintext, a
// data key, a private key or a shared secret.
//
// # Beyond single calls
//
// A KMS key can stand where Go wants a key of its own: [Signer.SigningKey] is a
// [crypto.Signer], [DecryptionKey] a [crypto.Decrypter], [Encryptor.Random] an
// [io.Reader]. [EnsureKey] creates a key unless its alias is there,
// [DeleteUnusedKey] deletes one that nobody seems to need, and
// [KeyManager.WaitForState] waits until KMS answers consistently that a key is
// in a state.
//
// # Testing
//
// Code that takes an interface of its own, or one of this package, is tested
// with a fake. The fake should embed the interface of this package that it
// implements, since that gains a method when KMS gains an operation.
//
// Code that should meet a KMS that really encrypts, and refuses what AWS refuses,
// is tested with package [kmstest], a KMS inside the test process. The Examples of
// this package run on it.
//
// [kmstest]: https://pkg.go.dev/github.com/kmskit/kmskit/kmstest
package kmskit
