package policy

import "strings"

// kmsActions has the actions of KMS in lower case, as policies name them: those of
// its operations, ReEncryptFrom and ReEncryptTo for ReEncrypt, and one that only
// KMS itself needs.
//
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_awskeymanagementservice.html
var kmsActions = strings.Fields(strings.ToLower(`
	kms:CancelKeyDeletion kms:ConnectCustomKeyStore kms:CreateAlias kms:CreateCustomKeyStore kms:CreateGrant kms:CreateKey
	kms:Decapsulate kms:Decrypt kms:DeleteAlias kms:DeleteCustomKeyStore kms:DeleteImportedKeyMaterial kms:DeriveSharedSecret
	kms:DescribeCustomKeyStores kms:DescribeKey kms:DisableKey kms:DisableKeyRotation kms:DisconnectCustomKeyStore
	kms:EnableKey kms:EnableKeyRotation kms:Encapsulate kms:Encrypt kms:GenerateDataKey kms:GenerateDataKeyPair
	kms:GenerateDataKeyPairWithoutPlaintext kms:GenerateDataKeyWithoutPlaintext kms:GenerateMac kms:GenerateRandom
	kms:GetKeyLastUsage kms:GetKeyPolicy kms:GetKeyRotationStatus kms:GetParametersForImport kms:GetPublicKey
	kms:ImportKeyMaterial kms:ListAliases kms:ListGrants kms:ListKeyPolicies kms:ListKeyRotations kms:ListKeys
	kms:ListResourceTags kms:ListRetirableGrants kms:PutKeyPolicy kms:ReEncryptFrom kms:ReEncryptTo kms:ReplicateKey
	kms:RetireGrant kms:RevokeGrant kms:RotateKeyOnDemand kms:ScheduleKeyDeletion kms:Sign kms:SynchronizeMultiRegionKey
	kms:TagResource kms:UntagResource kms:UpdateAlias kms:UpdateCustomKeyStore kms:UpdateKeyDescription
	kms:UpdatePrimaryRegion kms:Verify kms:VerifyMac`))

// checkAction reports an action that KMS does not have. Those of other services are
// at home in identity policies, and kept apart.
func (c *compiler) checkAction(element, name string) {
	service, _, _ := strings.Cut(name, ":")
	pattern := encodeWildcards(strings.ToLower(name))
	for _, action := range kmsActions {
		if glob(pattern, action) {
			return
		}
	}
	if strings.EqualFold(service, "kms") {
		c.report("%s %q is no action of KMS", element, name)
		return
	}
	c.policy.foreign = append(c.policy.foreign, c.text("%s %q is for another service", element, name))
}
