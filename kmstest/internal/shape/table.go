package shape

// A constraint is what the service model demands of a shape.
type constraint struct {
	// min and max bound the value of a number, the characters of a string, the
	// bytes of a blob and the elements of a list. Zero is no bound.
	min, max int

	// pattern is the expression that all of a string must match, as KMS prints
	// it; re2 is the same in Go's syntax, where Go would read it otherwise.
	pattern, re2 string

	// listed holds the values of an enumeration in the order in which KMS
	// prints them, where an answer is on record that differs from the SDK's
	// order; unlisted holds those that KMS accepts and does not print.
	listed, unlisted []string
}

// constraints has all shapes of the members of requests, by their names in the
// service model. Structures and most enumerations need no row: the members of
// the one are checked each by themselves, and the SDK knows the values of the
// other. A shape without a constraint has an empty row, so that a shape that is
// new in the SDK is told from one that was looked at.
var constraints = map[string]constraint{
	"AccountIdType":                {min: 12, max: 12, pattern: `[0-9]{12}`},
	"AliasNameType":                {min: 1, max: 256, pattern: `^[a-zA-Z0-9:/_-]+$`},
	"AttestationDocumentType":      {min: 1, max: 262_144},
	"BackingKeyIdType":             {min: 64, max: 64, pattern: `^[a-f0-9]+$`},
	"BooleanType":                  {},
	"CiphertextType":               {min: 1, max: 6144},
	"CloudHsmClusterIdType":        {min: 19, max: 24, pattern: `cluster-[2-7a-zA-Z]{11,16}`},
	"CustomKeyStoreIdType":         {min: 1, max: 64},
	"CustomKeyStoreNameType":       {min: 1, max: 256},
	"DataKeySpec":                  {listed: keySpecs}, // not the two that it accepts
	"DateType":                     {},
	"DescriptionType":              {max: 8192},
	"DryRunModifierList":           {},
	"EncryptionAlgorithmSpec":      {listed: encryptionAlgorithms},
	"EncryptionContextKey":         {},
	"EncryptionContextType":        {},
	"EncryptionContextValue":       {},
	"GrantConstraintSourceArnType": {min: 20, max: 512, pattern: `^arn:aws[a-z0-9-]*:[a-z0-9-]+:[a-z0-9-]*:[0-9]{12}:.+$`, re2: `arn:aws[a-z0-9-]*:[a-z0-9-]+:[a-z0-9-]*:[0-9]{12}:[^\n\r\x{85}\x{2028}\x{2029}]+`},
	"GrantIdType":                  {min: 1, max: 128},
	"GrantNameType":                {min: 1, max: 256, pattern: `^[a-zA-Z0-9:/_-]+$`},
	"GrantOperationList":           {},
	"GrantTokenList":               {max: 10},
	"GrantTokenType":               {min: 1, max: 8192},
	"KeyIdType":                    {min: 1, max: 2048, pattern: `^\p{ASCII}+$`, re2: `[[:ascii:]]+`}, // the pattern is in answers, not in the model
	"KeyMaterialDescriptionType":   {max: 256, pattern: `^[a-zA-Z0-9:/_\s.-]+$`, re2: `[a-zA-Z0-9:/_\s\v.-]+`},
	"KeySpec":                      {listed: keySpecs},
	"KeyStorePasswordType":         {min: 7, max: 32},
	"KeyUsageType":                 {listed: keyUsages},
	"LimitType":                    {min: 1, max: 1000},
	"MacAlgorithmSpec":             {listed: macAlgorithms},
	"MarkerType":                   {min: 1, max: 1024, pattern: `[\u0020-\u00FF]*`, re2: `[\x20-\xFF]*`},
	"NullableBooleanType":          {},
	"NumberOfBytesType":            {min: 1, max: 1024},
	"PendingWindowInDaysType":      {min: 1, max: 365},
	"PlaintextType":                {min: 1, max: 4096},
	"PolicyNameType":               {min: 1, max: 128, pattern: `[\w]+`},
	"PolicyType":                   {min: 1, max: 131_072, pattern: `[\u0009\u000A\u000D\u0020-\u00FF]+`, re2: `[\t\n\r\x20-\xFF]+`},
	"PrincipalIdType":              {min: 1, max: 256, pattern: `^[\w+=,.@:/-]+$`},
	"PublicKeyType":                {min: 1, max: 8192},
	"RegionType":                   {min: 1, max: 32, pattern: `^([a-z]+-){2,3}\d+$`},
	"RotationPeriodInDaysType":     {min: 90, max: 2560},
	"ServicePrincipalType":         {min: 1, max: 128, pattern: `^([A-Za-z0-9\-]+)\.([A-Za-z0-9\-]+)(\.[A-Za-z0-9\-]+)+$`},
	"SigningAlgorithmSpec":         {listed: signingAlgorithms, unlisted: []string{"SYMMETRIC_DEFAULT"}},
	"TagKeyList":                   {},
	"TagKeyType":                   {min: 1, max: 128},
	"TagList":                      {},
	"TagValueType":                 {max: 256},
	"TrustAnchorCertificateType":   {min: 1, max: 5000},
	"XksKeyIdType":                 {min: 1, max: 128, pattern: `^[a-zA-Z0-9-_.]+$`},

	"XksProxyAuthenticationAccessKeyIdType":        {min: 20, max: 30, pattern: `^[A-Z2-7]+$`},
	"XksProxyAuthenticationRawSecretAccessKeyType": {min: 43, max: 64, pattern: `^[a-zA-Z0-9\/+=]+$`},
	"XksProxyUriEndpointType":                      {min: 10, max: 128, pattern: `^https://[a-zA-Z0-9.-]+$`},
	"XksProxyUriPathType":                          {min: 10, max: 128, pattern: `^(/[a-zA-Z0-9\/_-]+/kms/xks/v\d{1,2})$|^(/kms/xks/v\d{1,2})$`},
	"XksProxyVpcEndpointServiceNameType":           {min: 20, max: 64, pattern: `^(com|eu)\.amazonaws\.vpce\.([a-z]+-){2,3}\d+\.vpce-svc-[0-9a-z]+$`},
}

var (
	encryptionAlgorithms = []string{"RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256", "SM2PKE", "SYMMETRIC_DEFAULT"}
	keySpecs             = []string{
		"RSA_2048", "RSA_3072", "RSA_4096",
		"ECC_NIST_P256", "ECC_NIST_P384", "ECC_NIST_P521", "ECC_SECG_P256K1", "ECC_NIST_EDWARDS25519",
		"SYMMETRIC_DEFAULT", "HMAC_224", "HMAC_256", "HMAC_384", "HMAC_512", "SM2",
		"ML_DSA_44", "ML_DSA_65", "ML_DSA_87", "ML_KEM_512", "ML_KEM_768", "ML_KEM_1024",
	}
	keyUsages         = []string{"ENCRYPT_DECRYPT", "SIGN_VERIFY", "GENERATE_VERIFY_MAC", "KEY_AGREEMENT", "ENCAPSULATE_DECAPSULATE"}
	macAlgorithms     = []string{"HMAC_SHA_384", "HMAC_SHA_256", "HMAC_SHA_224", "HMAC_SHA_512"}
	signingAlgorithms = []string{
		"RSASSA_PSS_SHA_256", "RSASSA_PSS_SHA_384", "RSASSA_PSS_SHA_512",
		"RSASSA_PKCS1_V1_5_SHA_256", "RSASSA_PKCS1_V1_5_SHA_384", "RSASSA_PKCS1_V1_5_SHA_512",
		"ECDSA_SHA_256", "ECDSA_SHA_384", "ECDSA_SHA_512", "ED25519_SHA_512", "ED25519_PH_SHA_512",
		"SM2DSA", "ML_DSA_SHAKE_256",
	}
)

// mayBeEmpty has the members, by the structure, that the documentation of the
// operation allows to be empty against the constraints of their shape: a message
// of 0 bytes can be signed, and an external key store that gets a public endpoint
// has no VPC endpoint service any more.
var mayBeEmpty = map[string]string{
	"SignInput":                 "Message",
	"UpdateCustomKeyStoreInput": "XksProxyVpcEndpointServiceName",
	"VerifyInput":               "Message",
}

// required has the members that may not be absent, by the SDK's name of the
// structure. The ciphertexts of DecryptInput and ReEncryptInput are excused in
// a dry run that ignores them.
var required = map[string][]string{
	"CancelKeyDeletionInput":                   {"KeyId"},
	"ConnectCustomKeyStoreInput":               {"CustomKeyStoreId"},
	"CreateAliasInput":                         {"AliasName", "TargetKeyId"},
	"CreateCustomKeyStoreInput":                {"CustomKeyStoreName"},
	"CreateGrantInput":                         {"KeyId", "Operations"},
	"DecapsulateInput":                         {"EncapsulationAlgorithm", "KeyId", "SharedSecretCiphertextBlob"},
	"DecryptInput":                             {"CiphertextBlob"},
	"DeleteAliasInput":                         {"AliasName"},
	"DeleteCustomKeyStoreInput":                {"CustomKeyStoreId"},
	"DeleteImportedKeyMaterialInput":           {"KeyId"},
	"DeriveSharedSecretInput":                  {"KeyAgreementAlgorithm", "KeyId", "PublicKey"},
	"DescribeKeyInput":                         {"KeyId"},
	"DisableKeyInput":                          {"KeyId"},
	"DisableKeyRotationInput":                  {"KeyId"},
	"DisconnectCustomKeyStoreInput":            {"CustomKeyStoreId"},
	"EnableKeyInput":                           {"KeyId"},
	"EnableKeyRotationInput":                   {"KeyId"},
	"EncapsulateInput":                         {"EncapsulationAlgorithm", "KeyId"},
	"EncryptInput":                             {"KeyId", "Plaintext"},
	"GenerateDataKeyInput":                     {"KeyId"},
	"GenerateDataKeyPairInput":                 {"KeyId", "KeyPairSpec"},
	"GenerateDataKeyPairWithoutPlaintextInput": {"KeyId", "KeyPairSpec"},
	"GenerateDataKeyWithoutPlaintextInput":     {"KeyId"},
	"GenerateMacInput":                         {"KeyId", "MacAlgorithm", "Message"},
	"GetKeyLastUsageInput":                     {"KeyId"},
	"GetKeyPolicyInput":                        {"KeyId"},
	"GetKeyRotationStatusInput":                {"KeyId"},
	"GetParametersForImportInput":              {"KeyId", "WrappingAlgorithm", "WrappingKeySpec"},
	"GetPublicKeyInput":                        {"KeyId"},
	"ImportKeyMaterialInput":                   {"EncryptedKeyMaterial", "ImportToken", "KeyId"},
	"ListGrantsInput":                          {"KeyId"},
	"ListKeyPoliciesInput":                     {"KeyId"},
	"ListKeyRotationsInput":                    {"KeyId"},
	"ListResourceTagsInput":                    {"KeyId"},
	"PutKeyPolicyInput":                        {"KeyId", "Policy"},
	"ReEncryptInput":                           {"CiphertextBlob", "DestinationKeyId"},
	"ReplicateKeyInput":                        {"KeyId", "ReplicaRegion"},
	"RevokeGrantInput":                         {"GrantId", "KeyId"},
	"RotateKeyOnDemandInput":                   {"KeyId"},
	"ScheduleKeyDeletionInput":                 {"KeyId"},
	"SignInput":                                {"KeyId", "Message", "SigningAlgorithm"},
	"Tag":                                      {"TagKey", "TagValue"},
	"TagResourceInput":                         {"KeyId", "Tags"},
	"UntagResourceInput":                       {"KeyId", "TagKeys"},
	"UpdateAliasInput":                         {"AliasName", "TargetKeyId"},
	"UpdateCustomKeyStoreInput":                {"CustomKeyStoreId"},
	"UpdateKeyDescriptionInput":                {"Description", "KeyId"},
	"UpdatePrimaryRegionInput":                 {"KeyId", "PrimaryRegion"},
	"VerifyInput":                              {"KeyId", "Message", "Signature", "SigningAlgorithm"},
	"VerifyMacInput":                           {"KeyId", "Mac", "MacAlgorithm", "Message"},
	"XksProxyAuthenticationCredentialType":     {"AccessKeyId", "RawSecretAccessKey"},
}
