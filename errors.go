package kmskit

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// ErrInvalidInput is matched, with [errors.Is], by every error that reports
// input which KMS could only refuse. Nothing was sent; the text says what would
// be right.
var ErrInvalidInput = errors.New("invalid input")

// ErrIncompleteOutput is matched, with [errors.Is], by the error for an answer
// that lacks what it must have. KMS does not send such answers; a fake may.
var ErrIncompleteOutput = errors.New("incomplete output")

// ErrorCode returns the code of the KMS error in err, such as
// "NotFoundException", or "" if there is none. It is for the codes that the SDK
// has no type for: "AccessDeniedException", "ThrottlingException",
// "ValidationException". For the others [errors.AsType] with the SDK's type is as
// good.
func ErrorCode(err error) string {
	if api, ok := errors.AsType[smithy.APIError](err); ok {
		return api.ErrorCode()
	}
	return ""
}

// ErrNotDryRun is returned by [CheckDryRun] for a call that was carried out.
var ErrNotDryRun = errors.New("kmskit: the call was not a dry run: it was carried out")

// CheckDryRun turns the error of a call with the option DryRun into an answer:
// nil means that the call would succeed, for KMS reports that as a
// [*types.DryRunOperationException]. Every other error is returned as it is. A
// call without error was not a dry run, which is [ErrNotDryRun].
//
// https://docs.aws.amazon.com/kms/latest/developerguide/testing-permissions.html
func CheckDryRun(err error) error {
	if err == nil {
		return ErrNotDryRun
	}
	if ErrorCode(err) == "DryRunOperationException" {
		return nil
	}
	return err
}

// An inputError is an ErrInvalidInput with the action and the reason.
type inputError struct {
	action, reason string
}

func (e *inputError) Error() string {
	return "kmskit: " + e.action + ": " + e.reason
}

func (e *inputError) Is(target error) bool {
	return target == ErrInvalidInput
}

// invalidInput reports input to an action that KMS could only refuse.
func invalidInput(action, format string, args ...any) error {
	return &inputError{action, fmt.Sprintf(format, args...)}
}

// incompleteOutput reports an answer that lacks what KMS always sends.
func incompleteOutput(member string) error {
	return fmt.Errorf("%w: the answer lacks %s", ErrIncompleteOutput, member)
}

// callFailed adds to the error of a call what the SDK's lacks: which key, alias
// or grant the call was about, given as pairs of a noun and its *string, and a
// hint where KMS's code alone does not say what to check.
func callFailed(action string, err error, about ...any) error {
	var names, keys []string
	for i := 0; i+1 < len(about); i += 2 {
		noun, _ := about[i].(string)
		name, _ := about[i+1].(*string)
		if name == nil {
			continue
		}
		names = append(names, fmt.Sprintf("%s %q", noun, *name))
		if strings.HasSuffix(noun, "key") {
			keys = append(keys, *name)
		}
	}
	where := action
	if len(names) > 0 {
		where += " (" + strings.Join(names, ", ") + ")"
	}
	if hint := hintFor(action, err, keys); hint != "" {
		gap := " "
		if strings.HasSuffix(err.Error(), " ") { // as where KMS says a code and nothing more
			gap = ""
		}
		return fmt.Errorf("kmskit: %s: %w%s(%s)", where, err, gap, hint)
	}
	return fmt.Errorf("kmskit: %s: %w", where, err)
}

// isAlias reports whether a key is named by an alias.
func isAlias(keyID string) bool {
	return strings.HasPrefix(keyID, aliasPrefix) || strings.HasPrefix(keyID, "arn:") && strings.Contains(keyID, ":"+aliasPrefix)
}

// hintFor says what to check after an error whose own text does not tell, of a
// call that was about these keys.
func hintFor(action string, err error, keys []string) string {
	switch ErrorCode(err) {
	case "AccessDeniedException":
		return regionHint(err, keys)
	case "InvalidCiphertextException":
		switch action {
		case "ImportKeyMaterial":
			return "check that the key material was wrapped by the wrapping algorithm and with the public key that came with this import token"
		case "Decapsulate":
			return "the length is not that of the key's spec: ML_KEM_512 has ciphertexts of 768 bytes, ML_KEM_768 of 1088, ML_KEM_1024 of 1568"
		}
		return "check that the ciphertext is whole and raw bytes, not base64 text, and that the encryption context is exactly the one it was encrypted with; for an RSA key, that the encryption algorithm is"
	case "IncorrectKeyException":
		return "the ciphertext belongs to another key; an alias may have moved since: decrypt with the key ARN that encrypted, and store that ARN beside the ciphertext, not the alias"
	case "InvalidArnException":
		return cmp.Or(aliasHint(action, keys), regionHint(err, keys)) // the latter in another partition
	case "NotFoundException":
		return cmp.Or(aliasHint(action, keys), regionHint(err, keys), formHint(action, keys),
			"check the identifier, and that the client's Region and account are those of the key")
	case "UnsupportedOperationException":
		if action == "GetPublicKey" {
			return "only asymmetric keys have a public key: KeyManager.DescribeKey tells the KeySpec"
		}
	case "DisabledException":
		return "enable the key with KeyManager.EnableKey, or use the key that replaced it"
	case "KMSInvalidStateException":
		return stateHint(err.Error())
	case "InvalidKeyUsageException":
		return "KeyManager.DescribeKey tells what the key can do: its KeyUsage, KeySpec and algorithms"
	case "InvalidGrantTokenException":
		return "use the token as CreateGrant returned it, with the key that the grant is for"
	case "KMSInvalidSignatureException":
		return "check that key, algorithm and message are those of the signing, that MessageType tells a digest from a message, and that an ECDSA signature is in DER"
	case "KMSInvalidMacException":
		return "check that key, algorithm and message are those of GenerateMac, and that the MAC is whole and raw bytes, not hex or base64 text"
	case "InvalidImportTokenException":
		return "use the token and the public key of one answer of GetParametersForImport, with the key that it was for"
	case "ExpiredImportTokenException":
		return "a token is good for 24 hours: call GetParametersForImport again, and wrap the key material with the new public key"
	case "IncorrectKeyMaterialException":
		return "a key takes the material that it had before; a symmetric encryption key takes other material too, with ImportType NEW_KEY_MATERIAL"
	case "ConflictException":
		return "an automatic rotation is in progress or due within 20 minutes: RotationManager.GetKeyRotationStatus tells when"
	case "TagException":
		return "a tag key has 1 to 128 characters, does not begin with aws:, and stands once; a value has at most 256"
	case "CustomKeyStoreInvalidStateException":
		return "KeyStoreManager.DescribeCustomKeyStores tells its ConnectionState: to delete it, and to change most of it, disconnect it; to use it, connect it; after FAILED, disconnect it first"
	case "CustomKeyStoreHasCMKsException":
		return "delete its keys with KeyManager.ScheduleKeyDeletion, and wait until they are gone"
	case "MalformedPolicyDocumentException":
		if malformed, ok := errors.AsType[smithy.APIError](err); ok && malformed.ErrorMessage() == "" {
			return "KMS says no more where the policy is not JSON: ParsePolicyDocument says where it goes wrong"
		}
		return "every principal must exist, and the policy must go on allowing you kms:PutKeyPolicy; only BypassPolicyLockoutSafetyCheck skips the latter"
	case "LimitExceededException":
		return limits[action]
	case "ThrottlingException":
		return throttleHint(action)
	case "ExpiredTokenException", "ExpiredToken":
		return "the session that the credentials are of has ended: get new ones, or give the client a provider that does, as config.LoadDefaultConfig sets one"
	case "UnrecognizedClientException", "InvalidClientTokenId":
		return "AWS does not know the access key: check that it was not deleted, that its session token came along, and that it is of the Region's partition"
	case "InvalidSignatureException", "SignatureDoesNotMatch":
		if strings.Contains(err.Error(), "scoped to a valid region") {
			return "the client has no Region, or one that AWS does not have: set it by AWS_REGION, a profile or config.WithRegion"
		}
		return "check the secret access key, the clock, and that no proxy changes requests"
	case "MissingAuthenticationTokenException", "MissingAuthenticationToken":
		return "the request is not signed: give the client credentials"
	case "KMSInternalException", "DependencyTimeoutException", "KeyUnavailableException":
		return "this passes: retry with back-off"
	}
	return ""
}

// aliasHint says that an action does not take the alias that it was given.
func aliasHint(action string, keys []string) string {
	if acceptsAlias[action] || !slices.ContainsFunc(keys, isAlias) {
		return ""
	}
	return action + " takes a key ID or key ARN, not an alias: DescribeKey tells the key ARN behind an alias"
}

// formHint says that a name has not the form of any key, as where an alias lacks
// its prefix.
func formHint(action string, keys []string) string {
	form := keyIDForm
	if acceptsAlias[action] {
		form = anyKeyForm
	}
	for _, key := range keys {
		if _, err := ParseKeyID(key); err != nil {
			return fmt.Sprintf("%q is no key: %s", key, form)
		}
	}
	return ""
}

// stateHint says how a key leaves the state that KMS says it is in.
func stateHint(text string) string {
	switch {
	case strings.Contains(text, "is pending deletion"), strings.Contains(text, "is pending replica deletion"):
		return "KeyManager.CancelKeyDeletion and then EnableKey bring the key back"
	case strings.Contains(text, "is pending import"):
		return "the key has no key material, or it has expired: import the same material with MaterialImporter.ImportKeyMaterial"
	case strings.Contains(text, "is creating"), strings.Contains(text, "is updating"):
		return "this passes: KeyManager.WaitForState waits until the key is Enabled"
	case strings.Contains(text, "is unavailable"):
		return "the custom key store of the key is not connected: KeyStoreManager.ConnectCustomKeyStore connects it"
	}
	return "KeyManager.DescribeKey tells the key's state"
}

// regionHint says that a call about a key of one Region went to another. KMS
// does not know the key there and tells so in its own ways.
func regionHint(err error, keys []string) string {
	called := calledRegion(err)
	for _, key := range keys {
		if id, err := ParseKeyID(key); err == nil && called != "" && id.IsARN() && id.Region != called {
			return fmt.Sprintf("the ARN is of %s, but the call went to %s: use a client of the key's Region", id.Region, called)
		}
	}
	return ""
}

// calledRegion returns the Region that the request which err answers was signed
// for, or "". No API tells it: a decorator of the client hides its options.
func calledRegion(err error) string {
	answer, ok := errors.AsType[*smithyhttp.ResponseError](err)
	if !ok || answer.HTTPResponse() == nil || answer.HTTPResponse().Response == nil || answer.HTTPResponse().Request == nil {
		return ""
	}
	_, credential, _ := strings.Cut(answer.HTTPResponse().Request.Header.Get("Authorization"), "Credential=")
	scope := strings.Split(credential, "/") // access key, date, Region, service, ...
	if len(scope) < 5 {
		return ""
	}
	return scope[2]
}

// throttleHint says which quota of requests is used up.
func throttleHint(action string) string {
	switch {
	case strings.HasPrefix(action, "GenerateDataKeyPair"):
		return "the quota of requests for data key pairs of this spec is used up, for the account in this Region: retry later, make pairs in advance, or ask AWS for a higher quota"
	case cryptographic(action):
		return "the quota of requests for cryptographic operations is used up, which all callers of the account in this Region share, AWS services too: retry later, cache data keys, or ask AWS for a higher quota"
	}
	return "the quota of " + action + " requests for the account in this Region is used up, or one key is managed too often: retry later, call less, or ask AWS for a higher quota"
}

// cryptographic reports whether KMS counts an action among the cryptographic
// operations, which share a quota.
func cryptographic(action string) bool {
	return action == "GenerateRandom" || acceptsAlias[action] && action != "DescribeKey" && action != "GetPublicKey"
}

// limits says which quota a LimitExceededException of an action is about.
var limits = map[string]string{
	"CreateKey":            "an account may hold 100,000 keys in a Region unless AWS raised the quota; a key policy may have 32,768 bytes",
	"ReplicateKey":         "an account may hold 100,000 keys in a Region unless AWS raised the quota; a key policy may have 32,768 bytes",
	"CreateAlias":          "a key may have 50 aliases",
	"UpdateAlias":          "a key may have 50 aliases",
	"CreateGrant":          "a key may have 50,000 grants: retire those that are no longer used",
	"PutKeyPolicy":         "a key policy may have 32,768 bytes",
	"RotateKeyOnDemand":    "a key can be rotated on demand 25 times in its life",
	"TagResource":          "a key may have 50 tags",
	"CreateCustomKeyStore": "an account may have 10 custom key stores in a Region",
}

// acceptsAlias holds the actions that take an alias name or alias ARN in place of
// a key, as the cryptographic operations and DescribeKey do.
var acceptsAlias = map[string]bool{
	"DescribeKey": true, "GetPublicKey": true,
	"Encrypt": true, "Decrypt": true, "ReEncrypt": true,
	"GenerateDataKey": true, "GenerateDataKeyWithoutPlaintext": true,
	"GenerateDataKeyPair": true, "GenerateDataKeyPairWithoutPlaintext": true,
	"Sign": true, "Verify": true,
	"GenerateMac": true, "VerifyMac": true,
	"DeriveSharedSecret": true, "Encapsulate": true, "Decapsulate": true,
}
