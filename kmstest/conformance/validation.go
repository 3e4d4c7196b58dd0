package conformance

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/kms"
)

// requiredMembers has what the API Reference calls required, by operation.
var requiredMembers = map[string][]string{
	"CancelKeyDeletion":                   {"KeyId"},
	"ConnectCustomKeyStore":               {"CustomKeyStoreId"},
	"CreateAlias":                         {"AliasName", "TargetKeyId"},
	"CreateCustomKeyStore":                {"CustomKeyStoreName"},
	"CreateGrant":                         {"KeyId", "Operations"},
	"Decapsulate":                         {"EncapsulationAlgorithm", "KeyId", "SharedSecretCiphertextBlob"},
	"Decrypt":                             {"CiphertextBlob"}, // but for a dry run
	"DeleteAlias":                         {"AliasName"},
	"DeleteCustomKeyStore":                {"CustomKeyStoreId"},
	"DeleteImportedKeyMaterial":           {"KeyId"},
	"DeriveSharedSecret":                  {"KeyAgreementAlgorithm", "KeyId", "PublicKey"},
	"DescribeKey":                         {"KeyId"},
	"DisableKey":                          {"KeyId"},
	"DisableKeyRotation":                  {"KeyId"},
	"DisconnectCustomKeyStore":            {"CustomKeyStoreId"},
	"EnableKey":                           {"KeyId"},
	"EnableKeyRotation":                   {"KeyId"},
	"Encapsulate":                         {"EncapsulationAlgorithm", "KeyId"},
	"Encrypt":                             {"KeyId", "Plaintext"},
	"GenerateDataKey":                     {"KeyId"},
	"GenerateDataKeyPair":                 {"KeyId", "KeyPairSpec"},
	"GenerateDataKeyPairWithoutPlaintext": {"KeyId", "KeyPairSpec"},
	"GenerateDataKeyWithoutPlaintext":     {"KeyId"},
	"GenerateMac":                         {"KeyId", "MacAlgorithm", "Message"},
	"GetKeyLastUsage":                     {"KeyId"},
	"GetKeyPolicy":                        {"KeyId"},
	"GetKeyRotationStatus":                {"KeyId"},
	"GetParametersForImport":              {"KeyId", "WrappingAlgorithm", "WrappingKeySpec"},
	"GetPublicKey":                        {"KeyId"},
	"ImportKeyMaterial":                   {"EncryptedKeyMaterial", "ImportToken", "KeyId"},
	"ListGrants":                          {"KeyId"},
	"ListKeyPolicies":                     {"KeyId"},
	"ListKeyRotations":                    {"KeyId"},
	"ListResourceTags":                    {"KeyId"},
	"PutKeyPolicy":                        {"KeyId", "Policy"},
	"ReEncrypt":                           {"CiphertextBlob", "DestinationKeyId"}, // as with Decrypt
	"ReplicateKey":                        {"KeyId", "ReplicaRegion"},
	"RevokeGrant":                         {"GrantId", "KeyId"},
	"RotateKeyOnDemand":                   {"KeyId"},
	"ScheduleKeyDeletion":                 {"KeyId"},
	"Sign":                                {"KeyId", "Message", "SigningAlgorithm"},
	"TagResource":                         {"KeyId", "Tags"},
	"UntagResource":                       {"KeyId", "TagKeys"},
	"UpdateAlias":                         {"AliasName", "TargetKeyId"},
	"UpdateCustomKeyStore":                {"CustomKeyStoreId"},
	"UpdateKeyDescription":                {"Description", "KeyId"},
	"UpdatePrimaryRegion":                 {"KeyId", "PrimaryRegion"},
	"Verify":                              {"KeyId", "Message", "Signature", "SigningAlgorithm"},
	"VerifyMac":                           {"KeyId", "Mac", "MacAlgorithm", "Message"},
}

// members are those of a request, as JSON has them.
type members map[string]any

// A misfit is a request with one member that does not fit its shape.
type misfit struct {
	operation string
	name      string
	request   members
	path      string // of the member, as the refusal has it
	says      string // the constraint
}

// misfits are refused for their shape, before KMS so much as looks for the key.
var misfits = []misfit{
	{"Encrypt", "an empty key ID", members{"KeyId": "", "Plaintext": blob(1)}, "keyId", longer(1)},
	{"Encrypt", "a key ID of 2049 characters", members{"KeyId": text(2049), "Plaintext": blob(1)}, "keyId", shorter(2048)},
	{"Encrypt", "an empty plaintext", members{"KeyId": "k", "Plaintext": ""}, "plaintext", longer(1)},
	{"Encrypt", "a plaintext of 4097 bytes", members{"KeyId": "k", "Plaintext": blob(4097)}, "plaintext", shorter(4096)},
	{"Encrypt", "an unknown algorithm", members{"KeyId": "k", "Plaintext": blob(1), "EncryptionAlgorithm": "ROT13"}, "encryptionAlgorithm", enum},
	{"Encrypt", "11 grant tokens", members{"KeyId": "k", "Plaintext": blob(1), "GrantTokens": slices.Repeat([]string{"t"}, 11)}, "grantTokens", shorter(10)},
	{"Encrypt", "an empty grant token", members{"KeyId": "k", "Plaintext": blob(1), "GrantTokens": []string{""}}, "grantTokens", "length greater than or equal to 1"},
	{"Decrypt", "an empty ciphertext", members{"CiphertextBlob": ""}, "ciphertextBlob", longer(1)},
	{"Decrypt", "a ciphertext of 6145 bytes", members{"CiphertextBlob": blob(6145)}, "ciphertextBlob", shorter(6144)},
	{"ReEncrypt", "a ciphertext of 6145 bytes", members{"CiphertextBlob": blob(6145), "DestinationKeyId": "k"}, "ciphertextBlob", shorter(6144)},
	{"ReEncrypt", "an empty destination", members{"CiphertextBlob": blob(1), "DestinationKeyId": ""}, "destinationKeyId", longer(1)},
	{"GenerateDataKey", "0 bytes", members{"KeyId": "k", "NumberOfBytes": 0}, "numberOfBytes", atLeast(1)},
	{"GenerateDataKey", "1025 bytes", members{"KeyId": "k", "NumberOfBytes": 1025}, "numberOfBytes", atMost(1024)},
	{"GenerateDataKey", "an unknown key spec", members{"KeyId": "k", "KeySpec": "AES_512"}, "keySpec", enum},
	{"GenerateDataKeyWithoutPlaintext", "0 bytes", members{"KeyId": "k", "NumberOfBytes": 0}, "numberOfBytes", atLeast(1)},
	{"GenerateDataKeyWithoutPlaintext", "1025 bytes", members{"KeyId": "k", "NumberOfBytes": 1025}, "numberOfBytes", atMost(1024)},
	{"GenerateDataKeyPair", "an unknown key pair spec", members{"KeyId": "k", "KeyPairSpec": "RSA_1024"}, "keyPairSpec", enum},
	{"GenerateDataKeyPairWithoutPlaintext", "an unknown key pair spec", members{"KeyId": "k", "KeyPairSpec": "RSA_1024"}, "keyPairSpec", enum},
	{"GenerateRandom", "0 bytes", members{"NumberOfBytes": 0}, "numberOfBytes", atLeast(1)},
	{"GenerateRandom", "1025 bytes", members{"NumberOfBytes": 1025}, "numberOfBytes", atMost(1024)},
	{"GenerateRandom", "the ID of a key store of 65 characters", members{"NumberOfBytes": 1, "CustomKeyStoreId": text(65)}, "customKeyStoreId", shorter(64)},
	{"Sign", "a message of 4097 bytes", members{"KeyId": "k", "Message": blob(4097), "SigningAlgorithm": "ECDSA_SHA_256"}, "message", shorter(4096)},
	{"Sign", "an unknown algorithm", members{"KeyId": "k", "Message": blob(1), "SigningAlgorithm": "DSA"}, "signingAlgorithm", enum},
	{"Sign", "an unknown message type", members{"KeyId": "k", "Message": blob(1), "SigningAlgorithm": "ECDSA_SHA_256", "MessageType": "COOKED"}, "messageType", enum},
	{"Verify", "an empty signature", members{"KeyId": "k", "Message": blob(1), "Signature": "", "SigningAlgorithm": "ECDSA_SHA_256"}, "signature", longer(1)},
	{"Verify", "a signature of 6145 bytes", members{"KeyId": "k", "Message": blob(1), "Signature": blob(6145), "SigningAlgorithm": "ECDSA_SHA_256"}, "signature", shorter(6144)},
	{"GenerateMac", "an empty message", members{"KeyId": "k", "Message": "", "MacAlgorithm": "HMAC_SHA_256"}, "message", longer(1)},
	{"GenerateMac", "a message of 4097 bytes", members{"KeyId": "k", "Message": blob(4097), "MacAlgorithm": "HMAC_SHA_256"}, "message", shorter(4096)},
	{"GenerateMac", "an unknown algorithm", members{"KeyId": "k", "Message": blob(1), "MacAlgorithm": "HMAC_MD5"}, "macAlgorithm", enum},
	{"VerifyMac", "an empty MAC", members{"KeyId": "k", "Message": blob(1), "Mac": "", "MacAlgorithm": "HMAC_SHA_256"}, "mac", longer(1)},
	{"VerifyMac", "a MAC of 6145 bytes", members{"KeyId": "k", "Message": blob(1), "Mac": blob(6145), "MacAlgorithm": "HMAC_SHA_256"}, "mac", shorter(6144)},
	{"DeriveSharedSecret", "an empty public key", members{"KeyId": "k", "PublicKey": "", "KeyAgreementAlgorithm": "ECDH"}, "publicKey", longer(1)},
	{"DeriveSharedSecret", "a public key of 8193 bytes", members{"KeyId": "k", "PublicKey": blob(8193), "KeyAgreementAlgorithm": "ECDH"}, "publicKey", shorter(8192)},
	{"DeriveSharedSecret", "an unknown algorithm", members{"KeyId": "k", "PublicKey": blob(1), "KeyAgreementAlgorithm": "DH"}, "keyAgreementAlgorithm", enum},
	{"Encapsulate", "an unknown algorithm", members{"KeyId": "k", "EncapsulationAlgorithm": "RSA"}, "encapsulationAlgorithm", enum},
	{"Decapsulate", "an empty ciphertext", members{"KeyId": "k", "SharedSecretCiphertextBlob": "", "EncapsulationAlgorithm": "ML_KEM"}, "sharedSecretCiphertextBlob", longer(1)},
	{"CreateKey", "a description of 8193 characters", members{"Description": text(8193)}, "description", shorter(8192)},
	{"CreateKey", "an unknown key spec", members{"KeySpec": "RSA_1024"}, "keySpec", enum},
	{"CreateKey", "an empty usage", members{"KeyUsage": ""}, "keyUsage", enum},
	{"CreateKey", "an unknown usage", members{"KeyUsage": "ANYTHING"}, "keyUsage", enum},
	{"CreateKey", "an unknown origin", members{"Origin": "ELSEWHERE"}, "origin", enum},
	{"CreateKey", "a tag key of 129 characters", members{"Tags": []members{{"TagKey": text(129), "TagValue": ""}}}, "tags.1.member.tagKey", shorter(128)},
	{"CreateKey", "a tag value of 257 characters", members{"Tags": []members{{"TagKey": "a", "TagValue": ""}, {"TagKey": "b", "TagValue": text(257)}}}, "tags.2.member.tagValue", shorter(256)},
	{"CreateKey", "a policy of 131073 characters", members{"Policy": text(131_073)}, "policy", shorter(131_072)},
	{"CreateKey", "the ID of an external key with blanks", members{"XksKeyId": "a b"}, "xksKeyId", pattern},
	{"UpdateKeyDescription", "a description of 8193 characters", members{"KeyId": "k", "Description": text(8193)}, "description", shorter(8192)},
	{"ScheduleKeyDeletion", "a window of 0 days", members{"KeyId": "k", "PendingWindowInDays": 0}, "pendingWindowInDays", atLeast(1)},
	{"ScheduleKeyDeletion", "a window of 366 days", members{"KeyId": "k", "PendingWindowInDays": 366}, "pendingWindowInDays", atMost(365)},
	{"CreateAlias", "an empty name", members{"AliasName": "", "TargetKeyId": "k"}, "aliasName", longer(1)},
	{"CreateAlias", "a name of 257 characters", members{"AliasName": "alias/" + text(251), "TargetKeyId": "k"}, "aliasName", shorter(256)},
	{"CreateAlias", "a name with a blank", members{"AliasName": "alias/a b", "TargetKeyId": "k"}, "aliasName", pattern},
	{"CreateAlias", "a name with a dot", members{"AliasName": "alias/a.b", "TargetKeyId": "k"}, "aliasName", pattern},
	{"UpdateAlias", "a name with a blank", members{"AliasName": "alias/a b", "TargetKeyId": "k"}, "aliasName", pattern},
	{"DeleteAlias", "a name with a blank", members{"AliasName": "alias/a b"}, "aliasName", pattern},
	{"ListKeys", "a limit of 0", members{"Limit": 0}, "limit", atLeast(1)},
	{"ListKeys", "a limit of 1001", members{"Limit": 1001}, "limit", atMost(1000)},
	{"ListKeys", "an empty marker", members{"Marker": ""}, "marker", longer(1)},
	{"ListKeys", "a marker of 1025 characters", members{"Marker": text(1025)}, "marker", shorter(1024)},
	{"ListAliases", "a limit of 1001", members{"Limit": 1001}, "limit", atMost(1000)},
	{"ListGrants", "a limit of 0", members{"KeyId": "k", "Limit": 0}, "limit", atLeast(1)},
	{"ListGrants", "a grant ID of 129 characters", members{"KeyId": "k", "GrantId": text(129)}, "grantId", shorter(128)},
	{"ListRetirableGrants", "a principal of 257 characters", members{"RetiringPrincipal": text(257)}, "retiringPrincipal", shorter(256)},
	{"ListKeyPolicies", "a limit of 1001", members{"KeyId": "k", "Limit": 1001}, "limit", atMost(1000)},
	{"ListKeyRotations", "a limit of 0", members{"KeyId": "k", "Limit": 0}, "limit", atLeast(1)},
	{"ListKeyRotations", "an unknown choice of key material", members{"KeyId": "k", "IncludeKeyMaterial": "SOME"}, "includeKeyMaterial", enum},
	{"ListResourceTags", "a limit of 0", members{"KeyId": "k", "Limit": 0}, "limit", atLeast(1)},
	{"CreateGrant", "an unknown operation", members{"KeyId": "k", "GranteePrincipal": "p", "Operations": []string{"Encrypt", "MakeCoffee"}}, "operations", enum},
	{"CreateGrant", "an empty name", members{"KeyId": "k", "GranteePrincipal": "p", "Operations": []string{"Encrypt"}, "Name": ""}, "name", longer(1)},
	{"CreateGrant", "a name with a blank", members{"KeyId": "k", "GranteePrincipal": "p", "Operations": []string{"Encrypt"}, "Name": "a b"}, "name", pattern},
	{"CreateGrant", "a principal with a blank", members{"KeyId": "k", "GranteePrincipal": "a b", "Operations": []string{"Encrypt"}}, "granteePrincipal", pattern},
	{"RevokeGrant", "an empty grant ID", members{"KeyId": "k", "GrantId": ""}, "grantId", longer(1)},
	{"RetireGrant", "a grant token of 8193 characters", members{"GrantToken": text(8193)}, "grantToken", shorter(8192)},
	{"GetKeyPolicy", "a policy name with a blank", members{"KeyId": "k", "PolicyName": "a b"}, "policyName", pattern},
	{"PutKeyPolicy", "an empty policy", members{"KeyId": "k", "Policy": ""}, "policy", longer(1)},
	{"PutKeyPolicy", "a policy with a character beyond Latin 1", members{"KeyId": "k", "Policy": "{\u65e5}"}, "policy", pattern},
	{"TagResource", "an empty tag key", members{"KeyId": "k", "Tags": []members{{"TagKey": "", "TagValue": ""}}}, "tags.1.member.tagKey", longer(1)},
	{"UntagResource", "an empty tag key", members{"KeyId": "k", "TagKeys": []string{""}}, "tagKeys", "length greater than or equal to 1"},
	{"EnableKeyRotation", "a period of 89 days", members{"KeyId": "k", "RotationPeriodInDays": 89}, "rotationPeriodInDays", atLeast(90)},
	{"EnableKeyRotation", "a period of 2561 days", members{"KeyId": "k", "RotationPeriodInDays": 2561}, "rotationPeriodInDays", atMost(2560)},
	{"GetParametersForImport", "an empty wrapping algorithm", members{"KeyId": "k", "WrappingAlgorithm": "", "WrappingKeySpec": "RSA_2048"}, "wrappingAlgorithm", enum},
	{"GetParametersForImport", "an unknown wrapping algorithm", members{"KeyId": "k", "WrappingAlgorithm": "NONE", "WrappingKeySpec": "RSA_2048"}, "wrappingAlgorithm", enum},
	{"GetParametersForImport", "an unknown wrapping key spec", members{"KeyId": "k", "WrappingAlgorithm": "RSAES_OAEP_SHA_256", "WrappingKeySpec": "RSA_1024"}, "wrappingKeySpec", enum},
	{"ImportKeyMaterial", "an import token of 6145 bytes", members{"KeyId": "k", "ImportToken": blob(6145), "EncryptedKeyMaterial": blob(1)}, "importToken", shorter(6144)},
	{"ImportKeyMaterial", "an unknown expiration model", members{"KeyId": "k", "ImportToken": blob(1), "EncryptedKeyMaterial": blob(1), "ExpirationModel": "SOON"}, "expirationModel", enum},
	{"ImportKeyMaterial", "a material ID of 63 digits", members{"KeyId": "k", "ImportToken": blob(1), "EncryptedKeyMaterial": blob(1), "KeyMaterialId": strings.Repeat("a", 63)}, "keyMaterialId", longer(64)},
	{"DeleteImportedKeyMaterial", "a material ID in upper case", members{"KeyId": "k", "KeyMaterialId": strings.Repeat("A", 64)}, "keyMaterialId", pattern},
	{"ReplicateKey", "what is no Region", members{"KeyId": "k", "ReplicaRegion": "Atlantis"}, "replicaRegion", pattern},
	{"UpdatePrimaryRegion", "what is no Region", members{"KeyId": "k", "PrimaryRegion": "Atlantis"}, "primaryRegion", pattern},
	{"CreateCustomKeyStore", "a name of 257 characters", members{"CustomKeyStoreName": text(257)}, "customKeyStoreName", shorter(256)},
	{"CreateCustomKeyStore", "a password of 6 characters", members{"CustomKeyStoreName": "n", "KeyStorePassword": text(6)}, "keyStorePassword", longer(7)},
	{"CreateCustomKeyStore", "a proxy without TLS", members{"CustomKeyStoreName": "n", "XksProxyUriEndpoint": "http://xks.example.com"}, "xksProxyUriEndpoint", pattern},
	{"UpdateCustomKeyStore", "a password of 33 characters", members{"CustomKeyStoreId": "s", "KeyStorePassword": text(33)}, "keyStorePassword", shorter(32)},
	{"DescribeCustomKeyStores", "an empty ID", members{"CustomKeyStoreId": ""}, "customKeyStoreId", longer(1)},
}

// The constraints as KMS words them.
const (
	enum    = "Member must satisfy enum value set: ["
	pattern = "Member must satisfy regular expression pattern: "
)

func longer(n int) string {
	return fmt.Sprintf("Member must have length greater than or equal to %d", n)
}

func shorter(n int) string { return fmt.Sprintf("Member must have length less than or equal to %d", n) }

func atLeast(n int) string {
	return fmt.Sprintf("Member must have value greater than or equal to %d", n)
}

func atMost(n int) string { return fmt.Sprintf("Member must have value less than or equal to %d", n) }

// text returns a text of n characters, blob n bytes as JSON has them.
func text(n int) string { return strings.Repeat("a", n) }
func blob(n int) string { return base64.StdEncoding.EncodeToString(make([]byte, n)) }

// validationRules are about requests that do not fit the shapes of the service
// model.
func validationRules() (rules []rule) {
	for operation, names := range requiredMembers {
		rules = append(rules, rule{
			operation, "without its required members is a ValidationException",
			"A request that lacks required members is refused for all of them at once, in KMS's own words.",
			func(t *trial) {
				text := t.raw(operation, members{})
				for _, name := range names {
					t.contains(text, "at '"+strings.ToLower(name[:1])+name[1:]+"' failed to satisfy constraint: Member must not be null")
				}
				t.contains(text, counted(len(names)))
			},
		})
	}
	for _, m := range misfits {
		rules = append(rules, rule{
			m.operation, m.name + " is a ValidationException",
			"A member that does not fit its shape is refused before KMS looks for the key, naming the member and the constraint.",
			func(t *trial) {
				text := t.raw(m.operation, m.request)
				t.contains(text, " detected: ")
				t.contains(text, "at '"+m.path+"' failed to satisfy constraint: ")
				t.contains(text, m.says)
			},
		})
	}
	return append(rules, rule{
		"Encrypt", "two members that do not fit are refused together",
		"KMS names everything that is wrong with the shape of a request, and never what is secret in it.",
		func(t *trial) {
			says := t.raw("Encrypt", members{"KeyId": text(2049), "Plaintext": blob(4097)})
			t.contains(says, counted(2))
			t.contains(says, "Value '"+text(2049)+"' at 'keyId' failed")
			t.contains(says, "Value at 'plaintext' failed")
		},
	})
}

func counted(failures int) string {
	if failures == 1 {
		return "1 validation error detected: "
	}
	return fmt.Sprintf("%d validation errors detected: ", failures)
}

// raw sends a request to an operation as it is, past the SDK's own checks, and
// returns the text with which its shape is refused.
func (t *trial) raw(operation string, request members) (text string) {
	t.Helper()
	b, err := json.Marshal(request)
	t.noError(err)
	return t.refused(operation, "ValidationException", func() error {
		_, err := t.ListKeys(t.Context(), &kms.ListKeysInput{}, target("TrentService."+operation), body(string(b)))
		return err
	})
}
