package kmskit

// snippet-start:[gov2.kms.KeyStoreManager.struct]

import (
	"context"
	"iter"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
)

// KeyStoreManager manages custom key stores, which keep the material of KMS keys
// in a CloudHSM cluster of yours, or outside AWS behind a proxy (XKS). They hold
// symmetric encryption keys only.
//
// A custom key store is named by its ID ("cks-...") and is in the caller's
// account and Region, which may have 10 of them.
//
// A KeyStoreManager is safe for concurrent use.
type KeyStoreManager struct {
	api KeyStoreAPI
}

// NewKeyStoreManager returns a KeyStoreManager that calls api, as a rule a
// [*kms.Client]. It panics if api is nil.
func NewKeyStoreManager(api KeyStoreAPI) *KeyStoreManager {
	mustHaveAPI("NewKeyStoreManager", api)
	return &KeyStoreManager{api: api}
}

// snippet-end:[gov2.kms.KeyStoreManager.struct]

// snippet-start:[gov2.kms.CreateCustomKeyStore]

// CreateCustomKeyStore creates a custom key store and returns its ID. The name is
// for people, and must be unique in the account and Region. Before it can hold
// keys, [KeyStoreManager.ConnectCustomKeyStore] has to connect it.
//
// Options set the rest: for a CloudHSM key store CloudHsmClusterId, the
// KeyStorePassword of its kmsuser, and TrustAnchorCertificate in PEM; for an
// external one CustomKeyStoreType EXTERNAL_KEY_STORE, XksProxyConnectivity,
// XksProxyUriEndpoint, XksProxyUriPath and XksProxyAuthenticationCredential, with
// the connectivity VPC_ENDPOINT_SERVICE also XksProxyVpcEndpointServiceName.
//
// https://docs.aws.amazon.com/kms/latest/APIReference/API_CreateCustomKeyStore.html
func (m *KeyStoreManager) CreateCustomKeyStore(ctx context.Context, name string, optFns ...func(*kms.CreateCustomKeyStoreInput)) (string, error) {
	in := &kms.CreateCustomKeyStoreInput{CustomKeyStoreName: aws.String(name)}
	applyOptions(in, optFns)
	if err := requireText("CreateCustomKeyStore", "custom key store name", in.CustomKeyStoreName, "give a name of 1 to 256 characters"); err != nil {
		return "", err
	}
	if err := requireBacking("CreateCustomKeyStore", in); err != nil {
		return "", err
	}
	out, err := m.api.CreateCustomKeyStore(ctx, in)
	if err != nil {
		return "", callFailed("CreateCustomKeyStore", err, "custom key store", in.CustomKeyStoreName)
	}
	if out == nil || aws.ToString(out.CustomKeyStoreId) == "" {
		return "", callFailed("CreateCustomKeyStore", incompleteOutput("CustomKeyStoreId"), "custom key store", in.CustomKeyStoreName)
	}
	return *out.CustomKeyStoreId, nil
}

// snippet-end:[gov2.kms.CreateCustomKeyStore]

// snippet-start:[gov2.kms.DescribeCustomKeyStores]

// DescribeCustomKeyStores ranges over the custom key stores of the account and
// Region, or the one that the option CustomKeyStoreId or CustomKeyStoreName
// names. The ConnectionState of each tells whether its keys can be used; the
// ConnectionErrorCode why it could not be connected. It asks for a page, of as
// many as the Limit option allows, when the range gets there; an error is
// yielded once and ends the range.
//
// https://docs.aws.amazon.com/kms/latest/APIReference/API_DescribeCustomKeyStores.html
func (m *KeyStoreManager) DescribeCustomKeyStores(ctx context.Context, optFns ...func(*kms.DescribeCustomKeyStoresInput)) iter.Seq2[types.CustomKeyStoresListEntry, error] {
	return func(yield func(types.CustomKeyStoresListEntry, error) bool) { m.eachKeyStore(ctx, optFns, yield) }
}

func (m *KeyStoreManager) eachKeyStore(ctx context.Context, optFns []func(*kms.DescribeCustomKeyStoresInput), yield func(types.CustomKeyStoresListEntry, error) bool) {
	in := &kms.DescribeCustomKeyStoresInput{}
	applyOptions(in, optFns)
	if in.CustomKeyStoreId != nil && in.CustomKeyStoreName != nil {
		yield(types.CustomKeyStoresListEntry{}, invalidInput("DescribeCustomKeyStores", "both CustomKeyStoreId and CustomKeyStoreName are set; set one of them"))
		return
	}
	pages := kms.NewDescribeCustomKeyStoresPaginator((*keyStorePages)(m), in)
	err := eachItem(ctx, pages, func(page *kms.DescribeCustomKeyStoresOutput) []types.CustomKeyStoresListEntry {
		return page.CustomKeyStores
	}, yield)
	if err != nil {
		yield(types.CustomKeyStoresListEntry{}, callFailed("DescribeCustomKeyStores", err, "custom key store", in.CustomKeyStoreId, "custom key store", in.CustomKeyStoreName))
	}
}

// snippet-end:[gov2.kms.DescribeCustomKeyStores]

// snippet-start:[gov2.kms.UpdateCustomKeyStore]

// UpdateCustomKeyStore changes what options set: the NewCustomKeyStoreName, the
// password or cluster of a CloudHSM key store, the proxy of an external one. It
// changes what KMS knows, not the cluster or the proxy. For most changes the
// custom key store has to be disconnected first.
//
// Make sure that the same keys are behind the new settings: what KMS cannot find
// there can no longer be decrypted.
//
// https://docs.aws.amazon.com/kms/latest/APIReference/API_UpdateCustomKeyStore.html
func (m *KeyStoreManager) UpdateCustomKeyStore(ctx context.Context, customKeyStoreID string, optFns ...func(*kms.UpdateCustomKeyStoreInput)) error {
	in := &kms.UpdateCustomKeyStoreInput{CustomKeyStoreId: aws.String(customKeyStoreID)}
	applyOptions(in, optFns)
	if err := requireText("UpdateCustomKeyStore", "custom key store ID", in.CustomKeyStoreId, keyStoreIDForm); err != nil {
		return err
	}
	if _, err := m.api.UpdateCustomKeyStore(ctx, in); err != nil {
		return callFailed("UpdateCustomKeyStore", err, "custom key store", in.CustomKeyStoreId)
	}
	return nil
}

// snippet-end:[gov2.kms.UpdateCustomKeyStore]

// snippet-start:[gov2.kms.ConnectCustomKeyStore]

// ConnectCustomKeyStore begins to connect a custom key store to its cluster or
// proxy, which may take many minutes, and returns without waiting for it:
// [KeyStoreManager.DescribeCustomKeyStores] tells when the ConnectionState is
// CONNECTED, or FAILED. After a failure disconnect, mend, and connect again.
//
// https://docs.aws.amazon.com/kms/latest/APIReference/API_ConnectCustomKeyStore.html
func (m *KeyStoreManager) ConnectCustomKeyStore(ctx context.Context, customKeyStoreID string, optFns ...func(*kms.ConnectCustomKeyStoreInput)) error {
	in := &kms.ConnectCustomKeyStoreInput{CustomKeyStoreId: aws.String(customKeyStoreID)}
	applyOptions(in, optFns)
	if err := requireText("ConnectCustomKeyStore", "custom key store ID", in.CustomKeyStoreId, keyStoreIDForm); err != nil {
		return err
	}
	if _, err := m.api.ConnectCustomKeyStore(ctx, in); err != nil {
		return callFailed("ConnectCustomKeyStore", err, "custom key store", in.CustomKeyStoreId)
	}
	return nil
}

// snippet-end:[gov2.kms.ConnectCustomKeyStore]

// snippet-start:[gov2.kms.DisconnectCustomKeyStore]

// DisconnectCustomKeyStore disconnects a custom key store. Its keys cannot be
// used, and none created in it, until [KeyStoreManager.ConnectCustomKeyStore].
//
// https://docs.aws.amazon.com/kms/latest/APIReference/API_DisconnectCustomKeyStore.html
func (m *KeyStoreManager) DisconnectCustomKeyStore(ctx context.Context, customKeyStoreID string, optFns ...func(*kms.DisconnectCustomKeyStoreInput)) error {
	in := &kms.DisconnectCustomKeyStoreInput{CustomKeyStoreId: aws.String(customKeyStoreID)}
	applyOptions(in, optFns)
	if err := requireText("DisconnectCustomKeyStore", "custom key store ID", in.CustomKeyStoreId, keyStoreIDForm); err != nil {
		return err
	}
	if _, err := m.api.DisconnectCustomKeyStore(ctx, in); err != nil {
		return callFailed("DisconnectCustomKeyStore", err, "custom key store", in.CustomKeyStoreId)
	}
	return nil
}

// snippet-end:[gov2.kms.DisconnectCustomKeyStore]

// snippet-start:[gov2.kms.DeleteCustomKeyStore]

// DeleteCustomKeyStore deletes a custom key store that is disconnected and holds
// no keys, not even keys that wait for deletion. The cluster or the proxy behind
// it, and the keys there, stay as they are.
//
// https://docs.aws.amazon.com/kms/latest/APIReference/API_DeleteCustomKeyStore.html
func (m *KeyStoreManager) DeleteCustomKeyStore(ctx context.Context, customKeyStoreID string, optFns ...func(*kms.DeleteCustomKeyStoreInput)) error {
	in := &kms.DeleteCustomKeyStoreInput{CustomKeyStoreId: aws.String(customKeyStoreID)}
	applyOptions(in, optFns)
	if err := requireText("DeleteCustomKeyStore", "custom key store ID", in.CustomKeyStoreId, keyStoreIDForm); err != nil {
		return err
	}
	if _, err := m.api.DeleteCustomKeyStore(ctx, in); err != nil {
		return callFailed("DeleteCustomKeyStore", err, "custom key store", in.CustomKeyStoreId)
	}
	return nil
}

// snippet-end:[gov2.kms.DeleteCustomKeyStore]

const keyStoreIDForm = "give the ID that CreateCustomKeyStore returned or DescribeCustomKeyStores lists"

// requireBacking refuses a custom key store that lacks what its type needs.
func requireBacking(action string, in *kms.CreateCustomKeyStoreInput) error {
	cloudHSM := in.CustomKeyStoreType == "" || in.CustomKeyStoreType == types.CustomKeyStoreTypeAwsCloudhsm
	external := in.CustomKeyStoreType == types.CustomKeyStoreTypeExternalKeyStore
	byVPC := in.XksProxyConnectivity == types.XksProxyConnectivityTypeVpcEndpointService
	switch {
	case cloudHSM && anyEmpty(in.CloudHsmClusterId, in.KeyStorePassword, in.TrustAnchorCertificate):
		return invalidInput(action, "a CloudHSM key store needs CloudHsmClusterId, KeyStorePassword and TrustAnchorCertificate; set them, or CustomKeyStoreType EXTERNAL_KEY_STORE and what that needs")
	case external && (in.XksProxyConnectivity == "" || anyEmpty(in.XksProxyUriEndpoint, in.XksProxyUriPath) || in.XksProxyAuthenticationCredential == nil):
		return invalidInput(action, "an external key store needs XksProxyConnectivity, XksProxyUriEndpoint, XksProxyUriPath and XksProxyAuthenticationCredential; set them")
	case external && byVPC && anyEmpty(in.XksProxyVpcEndpointServiceName):
		return invalidInput(action, "the connectivity VPC_ENDPOINT_SERVICE needs XksProxyVpcEndpointServiceName; set it")
	}
	return nil
}

func anyEmpty(members ...*string) bool {
	return slices.ContainsFunc(members, func(member *string) bool { return aws.ToString(member) == "" })
}
