package conformance

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
)

// What custom key stores need, a CloudHSM cluster or an external key manager, no
// client can make. So these rules are about what KMS says without.

// absentStore has the form of the ID of a key store, and is none.
var absentStore = "cks-0123456789abcdef0"

var keyStoreRules = []rule{
	{
		"DescribeCustomKeyStores", "lists what there is",
		"Without an ID or a name all key stores are listed, and Truncated is there even when false.",
		func(t *trial) {
			answer(t, t.DescribeCustomKeyStores, &kms.DescribeCustomKeyStoresInput{})
			t.members("CustomKeyStores", "Truncated")
		},
	},
	{
		"DescribeCustomKeyStores", "an absent one is CustomKeyStoreNotFound",
		"To ask for a key store by ID or by name is to expect it.",
		func(t *trial) {
			refusal(t, t.DescribeCustomKeyStores, &kms.DescribeCustomKeyStoresInput{CustomKeyStoreId: &absentStore}, "CustomKeyStoreNotFoundException")
			refusal(t, t.DescribeCustomKeyStores, &kms.DescribeCustomKeyStoresInput{
				CustomKeyStoreName: aws.String("conformance-" + randomName()),
			}, "CustomKeyStoreNotFoundException")
		},
	},
	{
		"DescribeCustomKeyStores", "by ID and name at once is a ValidationException",
		"A request asks by ID, or by name, or for all.",
		func(t *trial) {
			refusal(t, t.DescribeCustomKeyStores, &kms.DescribeCustomKeyStoresInput{
				CustomKeyStoreId: &absentStore, CustomKeyStoreName: aws.String("name"),
			}, "ValidationException")
		},
	},
	{
		"CreateCustomKeyStore", "on an absent cluster is CloudHsmClusterNotFound",
		"A CloudHSM key store is created on a cluster that exists in the account and Region.",
		func(t *trial) {
			refusal(t, t.CreateCustomKeyStore, &kms.CreateCustomKeyStoreInput{
				CustomKeyStoreName:     aws.String("conformance-" + randomName()),
				CloudHsmClusterId:      aws.String("cluster-2a34b5cdefg"),
				KeyStorePassword:       aws.String("correct horse"),
				TrustAnchorCertificate: aws.String("-----BEGIN CERTIFICATE-----\nMA==\n-----END CERTIFICATE-----"),
			}, "CloudHsmClusterNotFoundException")
		},
	},
	{
		"CreateCustomKeyStore", "without its cluster is a ValidationException",
		"A CloudHSM key store needs the cluster, its trust anchor and the password of kmsuser.",
		func(t *trial) {
			refusal(t, t.CreateCustomKeyStore, &kms.CreateCustomKeyStoreInput{
				CustomKeyStoreName: aws.String("conformance-" + randomName()),
			}, "ValidationException")
		},
	},
	{
		"CreateCustomKeyStore", "on a proxy that does not answer is XksProxyUriUnreachable",
		"KMS asks an external key store proxy at once, so one that is not there is noticed.",
		func(t *trial) {
			refusal(t, t.CreateCustomKeyStore, externalStore(types.XksProxyConnectivityTypePublicEndpoint), "XksProxyUriUnreachableException")
		},
	},
	{
		"CreateCustomKeyStore", "on an absent VPC endpoint service is XksProxyVpcEndpointServiceNotFound",
		"A proxy without a public endpoint is behind a VPC endpoint service, which KMS looks for at once.",
		func(t *trial) {
			in := externalStore(types.XksProxyConnectivityTypeVpcEndpointService)
			in.XksProxyVpcEndpointServiceName = aws.String("com.amazonaws.vpce." + t.Options().Region + ".vpce-svc-0123456789abcdef0")
			refusal(t, t.CreateCustomKeyStore, in, "XksProxyVpcEndpointServiceNotFoundException")
		},
	},
	{
		"CreateCustomKeyStore", "a VPC endpoint service that the connectivity has not is a ValidationException",
		"VPC_ENDPOINT_SERVICE needs the name of the service, and PUBLIC_ENDPOINT must not have one.",
		func(t *trial) {
			refusal(t, t.CreateCustomKeyStore, externalStore(types.XksProxyConnectivityTypeVpcEndpointService), "ValidationException")
			in := externalStore(types.XksProxyConnectivityTypePublicEndpoint)
			in.XksProxyVpcEndpointServiceName = aws.String("com.amazonaws.vpce." + t.Options().Region + ".vpce-svc-0123456789abcdef0")
			refusal(t, t.CreateCustomKeyStore, in, "ValidationException")
		},
	},
	{
		"ConnectCustomKeyStore", "an absent one is CustomKeyStoreNotFound",
		"A key store is known by its ID.",
		func(t *trial) {
			refusal(t, t.ConnectCustomKeyStore, &kms.ConnectCustomKeyStoreInput{CustomKeyStoreId: &absentStore}, "CustomKeyStoreNotFoundException")
		},
	},
	{
		"DisconnectCustomKeyStore", "an absent one is CustomKeyStoreNotFound",
		"A key store is known by its ID.",
		func(t *trial) {
			refusal(t, t.DisconnectCustomKeyStore, &kms.DisconnectCustomKeyStoreInput{CustomKeyStoreId: &absentStore}, "CustomKeyStoreNotFoundException")
		},
	},
	{
		"DeleteCustomKeyStore", "an absent one is CustomKeyStoreNotFound",
		"A key store is known by its ID.",
		func(t *trial) {
			refusal(t, t.DeleteCustomKeyStore, &kms.DeleteCustomKeyStoreInput{CustomKeyStoreId: &absentStore}, "CustomKeyStoreNotFoundException")
		},
	},
	{
		"UpdateCustomKeyStore", "an absent one is CustomKeyStoreNotFound",
		"A key store is known by its ID.",
		func(t *trial) {
			refusal(t, t.UpdateCustomKeyStore, &kms.UpdateCustomKeyStoreInput{
				CustomKeyStoreId: &absentStore, NewCustomKeyStoreName: aws.String("conformance"),
			}, "CustomKeyStoreNotFoundException")
		},
	},
	{
		"CreateKey", "in an absent key store is CustomKeyStoreNotFound",
		"A key of origin AWS_CLOUDHSM is in a custom key store.",
		func(t *trial) {
			refusal(t, t.CreateKey, &kms.CreateKeyInput{Origin: types.OriginTypeAwsCloudhsm, CustomKeyStoreId: &absentStore}, "CustomKeyStoreNotFoundException")
		},
	},
	{
		"CreateKey", "an origin and a key store that do not go together are a ValidationException",
		"CustomKeyStoreId is there for keys of a custom key store only, and then it must be.",
		func(t *trial) {
			refusal(t, t.CreateKey, &kms.CreateKeyInput{Origin: types.OriginTypeAwsCloudhsm}, "ValidationException")
			refusal(t, t.CreateKey, &kms.CreateKeyInput{Origin: types.OriginTypeExternalKeyStore, CustomKeyStoreId: &absentStore}, "ValidationException")
			refusal(t, t.CreateKey, &kms.CreateKeyInput{CustomKeyStoreId: &absentStore}, "ValidationException")
		},
	},
	{
		"GenerateRandom", "from an absent key store is CustomKeyStoreNotFound",
		"The random bytes can come from the CloudHSM cluster of a key store.",
		func(t *trial) {
			refusal(t, t.GenerateRandom, &kms.GenerateRandomInput{NumberOfBytes: aws.Int32(8), CustomKeyStoreId: &absentStore}, "CustomKeyStoreNotFoundException")
		},
	},
}

// externalStore asks for an external key store on a proxy that is not there.
func externalStore(connectivity types.XksProxyConnectivityType) *kms.CreateCustomKeyStoreInput {
	return &kms.CreateCustomKeyStoreInput{
		CustomKeyStoreName:   aws.String("conformance-" + randomName()),
		CustomKeyStoreType:   types.CustomKeyStoreTypeExternalKeyStore,
		XksProxyConnectivity: connectivity,
		XksProxyUriEndpoint:  aws.String("https://conformance.invalid"),
		XksProxyUriPath:      aws.String("/kms/xks/v1"),
		XksProxyAuthenticationCredential: &types.XksProxyAuthenticationCredentialType{
			AccessKeyId: aws.String("ABCDEFGHIJKLMNOPQRST"), RawSecretAccessKey: aws.String("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQ"),
		},
	}
}
