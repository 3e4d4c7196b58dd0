package kmstest_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/kmskit/kmskit/kmstest"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const (
	clusterID   = "cluster-2a34b5cdefg"
	trustAnchor = "-----BEGIN CERTIFICATE-----\nMIIC\n-----END CERTIFICATE-----"
	password    = "kmsPswd"

	endpoint    = "https://xks.example.com"
	uriPath     = "/kms/xks/v1"
	service     = "com.amazonaws.vpce.us-east-1.vpce-svc-0a1b2c3d4e5f60718"
	accessKeyID = "ABCDEFGHIJKLMNOPQRST"
	secret      = "DXjSUawnel2fr6SKC7G25CNxTyWKE5PF9XX6H/u9pSo="
)

// cluster is a CloudHSM cluster in working order, but for changes.
func cluster(change ...func(*kmstest.CloudHSMCluster)) kmstest.CloudHSMCluster {
	c := kmstest.CloudHSMCluster{ID: clusterID, TrustAnchorCertificate: trustAnchor + "\n", KMSUserPassword: password, ActiveHSMs: 2}
	for _, f := range change {
		f(&c)
	}
	return c
}

// clusterStore is a request for a key store on that cluster.
func clusterStore(name string) *kms.CreateCustomKeyStoreInput {
	return &kms.CreateCustomKeyStoreInput{
		CustomKeyStoreName:     &name,
		CloudHsmClusterId:      str(clusterID),
		KeyStorePassword:       str(password),
		TrustAnchorCertificate: str(trustAnchor),
	}
}

// proxy is an external key store proxy in working order, but for changes.
func proxy(change ...func(*kmstest.XKSProxy)) kmstest.XKSProxy {
	p := kmstest.XKSProxy{
		URIEndpoint: endpoint, URIPath: uriPath, AccessKeyID: accessKeyID, RawSecretAccessKey: secret,
		Keys: map[string]string{"bb8562717f809024": "ENABLED", "another": "ENABLED", "old": "DISABLED"},
	}
	for _, f := range change {
		f(&p)
	}
	return p
}

// proxyStore is a request for a key store behind that proxy.
func proxyStore(name string, change ...func(*kms.CreateCustomKeyStoreInput)) *kms.CreateCustomKeyStoreInput {
	in := &kms.CreateCustomKeyStoreInput{
		CustomKeyStoreName:   &name,
		CustomKeyStoreType:   types.CustomKeyStoreTypeExternalKeyStore,
		XksProxyConnectivity: types.XksProxyConnectivityTypePublicEndpoint,
		XksProxyUriEndpoint:  str(endpoint),
		XksProxyUriPath:      str(uriPath),
		XksProxyAuthenticationCredential: &types.XksProxyAuthenticationCredentialType{
			AccessKeyId: str(accessKeyID), RawSecretAccessKey: str(secret),
		},
	}
	for _, f := range change {
		f(in)
	}
	return in
}

// private makes a request one for a VPC endpoint service.
func private(in *kms.CreateCustomKeyStoreInput) {
	in.XksProxyConnectivity = types.XksProxyConnectivityTypeVpcEndpointService
	in.XksProxyVpcEndpointServiceName = str(service)
}

func newStore(t testing.TB, c caller, in *kms.CreateCustomKeyStoreInput) string {
	t.Helper()
	out, err := c.CreateCustomKeyStore(t.Context(), in)
	require.NoError(t, err)
	return *out.CustomKeyStoreId
}

func storeOf(t testing.TB, c caller, id string) types.CustomKeyStoresListEntry {
	t.Helper()
	out, err := c.DescribeCustomKeyStores(t.Context(), &kms.DescribeCustomKeyStoresInput{CustomKeyStoreId: &id})
	require.NoError(t, err)
	require.Len(t, out.CustomKeyStores, 1)
	return out.CustomKeyStores[0]
}

// connect connects a key store and waits until that has come to something.
func connect(t testing.TB, srv *kmstest.Server, c caller, id string) types.CustomKeyStoresListEntry {
	t.Helper()
	_, err := c.ConnectCustomKeyStore(t.Context(), &kms.ConnectCustomKeyStoreInput{CustomKeyStoreId: &id})
	require.NoError(t, err)
	srv.Advance(time.Second)
	return storeOf(t, c, id)
}

func disconnect(t testing.TB, c caller, id string) {
	t.Helper()
	_, err := c.DisconnectCustomKeyStore(t.Context(), &kms.DisconnectCustomKeyStoreInput{CustomKeyStoreId: &id})
	require.NoError(t, err)
}

func inStore(id string) func(*kms.CreateKeyInput) {
	return func(in *kms.CreateKeyInput) { in.Origin, in.CustomKeyStoreId = types.OriginTypeAwsCloudhsm, &id }
}

func inExternalStore(id, externalKey string) func(*kms.CreateKeyInput) {
	return func(in *kms.CreateKeyInput) {
		in.Origin, in.CustomKeyStoreId, in.XksKeyId = types.OriginTypeExternalKeyStore, &id, &externalKey
	}
}

func TestCloudHSMKeyStore(t *testing.T) {
	t.Parallel()
	everyDepth(t, func(t *testing.T, srv *kmstest.Server, c caller) {
		srv.SetCloudHSMCluster(cluster())
		before := srv.Now()
		id := newStore(t, c, clusterStore("vault"))
		assert.Regexp(t, `^cks-[0-9a-f]{17}$`, id)

		s := storeOf(t, c, id)
		assert.WithinRange(t, *s.CreationDate, before, srv.Now())
		s.CreationDate = nil
		assert.Equal(t, types.CustomKeyStoresListEntry{
			CloudHsmClusterId:      str(clusterID),
			ConnectionState:        types.ConnectionStateTypeDisconnected,
			CustomKeyStoreId:       &id,
			CustomKeyStoreName:     str("vault"),
			CustomKeyStoreType:     types.CustomKeyStoreTypeAwsCloudhsm,
			TrustAnchorCertificate: str(trustAnchor),
		}, s)

		_, err := c.ConnectCustomKeyStore(t.Context(), &kms.ConnectCustomKeyStoreInput{CustomKeyStoreId: &id})
		require.NoError(t, err)
		assert.Equal(t, types.ConnectionStateTypeConnecting, storeOf(t, c, id).ConnectionState)
		srv.Advance(time.Second)
		assert.Equal(t, types.ConnectionStateTypeConnected, storeOf(t, c, id).ConnectionState)
		_, err = c.ConnectCustomKeyStore(t.Context(), &kms.ConnectCustomKeyStoreInput{CustomKeyStoreId: &id})
		require.NoError(t, err, "it is connected already")
		assert.Equal(t, types.ConnectionStateTypeConnected, storeOf(t, c, id).ConnectionState)

		k := newKey(t, c, inStore(id))
		keyID, arn := *k.KeyId, *k.Arn
		assert.Regexp(t, uuidForm, keyID)
		k.KeyId, k.Arn, k.CreationDate = nil, nil, nil
		assert.Equal(t, &types.KeyMetadata{
			AWSAccountId:          str(account),
			CloudHsmClusterId:     str(clusterID),
			CustomKeyStoreId:      &id,
			CustomerMasterKeySpec: types.CustomerMasterKeySpecSymmetricDefault, //nolint:staticcheck // KMS still sends it
			Description:           str(""),
			Enabled:               true,
			EncryptionAlgorithms:  []types.EncryptionAlgorithmSpec{types.EncryptionAlgorithmSpecSymmetricDefault},
			KeyManager:            types.KeyManagerTypeCustomer,
			KeySpec:               types.KeySpecSymmetricDefault,
			KeyState:              types.KeyStateEnabled,
			KeyUsage:              types.KeyUsageTypeEncryptDecrypt,
			MultiRegion:           aws.Bool(false),
			Origin:                types.OriginTypeAwsCloudhsm,
		}, k)
		k.KeyId, k.Arn = &keyID, &arn

		d, err := c.GenerateDataKey(t.Context(), &kms.GenerateDataKeyInput{KeyId: &keyID, KeySpec: types.DataKeySpecAes256})
		require.NoError(t, err)
		assert.Nil(t, d.KeyMaterialId)
		opened, err := c.Decrypt(t.Context(), &kms.DecryptInput{CiphertextBlob: d.CiphertextBlob})
		require.NoError(t, err)
		assert.Equal(t, d.Plaintext, opened.Plaintext)
		assert.Nil(t, opened.KeyMaterialId)
		random, err := c.GenerateRandom(t.Context(), &kms.GenerateRandomInput{NumberOfBytes: aws.Int32(16), CustomKeyStoreId: &id})
		require.NoError(t, err)
		assert.Len(t, random.Plaintext, 16)

		disconnect(t, c, id)
		assert.Equal(t, types.ConnectionStateTypeDisconnected, storeOf(t, c, id).ConnectionState)
		_, err = c.Decrypt(t.Context(), &kms.DecryptInput{CiphertextBlob: d.CiphertextBlob})
		refused(t, err, "KMSInvalidStateException", arn+" is unavailable.")
		assert.Equal(t, types.KeyStateUnavailable, stateOf(t, srv, k))
		connect(t, srv, c, id)
		opened, err = c.Decrypt(t.Context(), &kms.DecryptInput{CiphertextBlob: d.CiphertextBlob})
		require.NoError(t, err)
		assert.Equal(t, d.Plaintext, opened.Plaintext)

		_, err = c.ScheduleKeyDeletion(t.Context(), &kms.ScheduleKeyDeletionInput{KeyId: &keyID, PendingWindowInDays: aws.Int32(7)})
		require.NoError(t, err)
		disconnect(t, c, id)
		remove := func() error {
			_, err := c.DeleteCustomKeyStore(t.Context(), &kms.DeleteCustomKeyStoreInput{CustomKeyStoreId: &id})
			return err
		}
		refused(t, remove(), "CustomKeyStoreHasCMKsException", "Custom key store "+id+" contains KMS keys.")
		srv.Advance(7 * 24 * time.Hour)
		require.NoError(t, remove())
		refused(t, remove(), "CustomKeyStoreNotFoundException", "Custom key store '"+id+"' does not exist")
		newStore(t, c, clusterStore("vault"))
	})
}

func TestKeyStores_answers(t *testing.T) {
	t.Parallel()
	srv := kmstest.New()
	srv.SetCloudHSMCluster(cluster())
	id := newStore(t, srv.API(), clusterStore("vault"))
	for _, operation := range []string{
		"UpdateCustomKeyStore", "ConnectCustomKeyStore", "DisconnectCustomKeyStore", "DeleteCustomKeyStore",
	} {
		w := post(srv, "TrentService."+operation, `{"CustomKeyStoreId":"`+id+`"}`)
		assert.Equal(t, http.StatusOK, w.Code, operation)
		assert.Equal(t, "{}", w.Body.String(), operation)
	}
}

func TestExternalKeyStore(t *testing.T) {
	t.Parallel()
	everyDepth(t, func(t *testing.T, srv *kmstest.Server, c caller) {
		srv.SetXKSProxy(proxy())
		id := newStore(t, c, proxyStore("outside"))
		s := storeOf(t, c, id)
		s.CreationDate = nil
		assert.Equal(t, types.CustomKeyStoresListEntry{
			ConnectionState:    types.ConnectionStateTypeDisconnected,
			CustomKeyStoreId:   &id,
			CustomKeyStoreName: str("outside"),
			CustomKeyStoreType: types.CustomKeyStoreTypeExternalKeyStore,
			XksProxyConfiguration: &types.XksProxyConfigurationType{
				AccessKeyId:  str(accessKeyID),
				Connectivity: types.XksProxyConnectivityTypePublicEndpoint,
				UriEndpoint:  str(endpoint),
				UriPath:      str(uriPath),
			},
		}, s)
		assert.Equal(t, types.ConnectionStateTypeConnected, connect(t, srv, c, id).ConnectionState)

		k := newKey(t, c, inExternalStore(id, "bb8562717f809024"))
		assert.Equal(t, types.OriginTypeExternalKeyStore, k.Origin)
		assert.Equal(t, types.KeyStateEnabled, k.KeyState)
		assert.Equal(t, &types.XksKeyConfigurationType{Id: str("bb8562717f809024")}, k.XksKeyConfiguration)
		assert.Equal(t, id, *k.CustomKeyStoreId)
		assert.Nil(t, k.CloudHsmClusterId)
		assert.Nil(t, k.CurrentKeyMaterialId)

		ciphertext := encrypt(t, c, k, "x", map[string]string{"a": "b"})
		d, err := c.Decrypt(t.Context(), &kms.DecryptInput{CiphertextBlob: ciphertext, EncryptionContext: map[string]string{"a": "b"}})
		require.NoError(t, err)
		assert.Equal(t, "x", string(d.Plaintext))

		const spoilt = "The external key store proxy rejected the request because the specified ciphertext or additional authenticated data " +
			"is corrupted, missing, or otherwise invalid."
		_, err = c.Decrypt(t.Context(), &kms.DecryptInput{CiphertextBlob: ciphertext})
		refused(t, err, "KMSInvalidStateException", spoilt)
		_, err = c.ReEncrypt(t.Context(), &kms.ReEncryptInput{CiphertextBlob: ciphertext, DestinationKeyId: k.KeyId})
		refused(t, err, "KMSInvalidStateException", spoilt)
		_, err = c.Decrypt(t.Context(), &kms.DecryptInput{CiphertextBlob: []byte("forged"), KeyId: k.KeyId})
		refused(t, err, "InvalidCiphertextException", "")

		_, err = c.GenerateRandom(t.Context(), &kms.GenerateRandomInput{NumberOfBytes: aws.Int32(16), CustomKeyStoreId: &id})
		refusedWith(t, err, "UnsupportedOperationException")
		_, err = c.CreateKey(t.Context(), &kms.CreateKeyInput{
			Origin: types.OriginTypeExternalKeyStore, CustomKeyStoreId: &id, XksKeyId: str("bb8562717f809024"),
		})
		refused(t, err, "XksKeyAlreadyInUseException",
			"The external key bb8562717f809024 is already associated with a KMS key in this external key store.")

		_, err = c.ScheduleKeyDeletion(t.Context(), &kms.ScheduleKeyDeletionInput{KeyId: k.KeyId, PendingWindowInDays: aws.Int32(7)})
		require.NoError(t, err)
		srv.Advance(7 * 24 * time.Hour)
		newKey(t, c, inExternalStore(id, "bb8562717f809024"))
	})
}

func TestCreateCustomKeyStore_refusals(t *testing.T) {
	t.Parallel()
	const (
		clusterMembers = "CloudHsmClusterId, KeyStorePassword and TrustAnchorCertificate "
		proxyMembers   = "XksProxyAuthenticationCredential, XksProxyConnectivity, XksProxyUriEndpoint and XksProxyUriPath "
		unreachable    = "AWS KMS cannot communicate with the external key store proxy. This might be a transient network issue. " +
			"If you see this error repeatedly, verify that your external key store proxy is active and is connected to the network, " +
			"and that its endpoint URI is correct in your external key store."
	)
	type request = kms.CreateCustomKeyStoreInput
	for name, c := range map[string]struct {
		cluster    *kmstest.CloudHSMCluster
		proxy      *kmstest.XKSProxy
		first      *request // a key store that is there
		in         *request
		code, text string
	}{
		"a CloudHSM key store without a cluster": {
			in:   &request{CustomKeyStoreName: str("s"), KeyStorePassword: str(password), TrustAnchorCertificate: str(trustAnchor)},
			code: "ValidationException", text: clusterMembers + "are required for a CloudHSM key store.",
		},
		"a CloudHSM key store with a proxy": {
			in: func() *request {
				in := clusterStore("s")
				in.XksProxyUriEndpoint = str(endpoint)
				return in
			}(),
			code: "ValidationException", text: "XksProxy parameters are not valid for a CloudHSM key store.",
		},
		"an external key store without a path": {
			in:   proxyStore("s", func(in *request) { in.XksProxyUriPath = nil }),
			code: "ValidationException", text: proxyMembers + "are required for an external key store.",
		},
		"an external key store with a cluster": {
			in:   proxyStore("s", func(in *request) { in.CloudHsmClusterId = str(clusterID) }),
			code: "ValidationException", text: clusterMembers + "are not valid for an external key store.",
		},
		"a VPC endpoint service without its name": {
			in:   proxyStore("s", private, func(in *request) { in.XksProxyVpcEndpointServiceName = nil }),
			code: "ValidationException", text: "XksProxyVpcEndpointServiceName is required if XksProxyConnectivity is VPC_ENDPOINT_SERVICE.",
		},
		"a public endpoint with a VPC endpoint service": {
			in:   proxyStore("s", func(in *request) { in.XksProxyVpcEndpointServiceName = str(service) }),
			code: "ValidationException",
			text: "XksProxyVpcEndpointServiceName and XksProxyVpcEndpointServiceOwner are not valid if XksProxyConnectivity is PUBLIC_ENDPOINT.",
		},
		"a name that another key store has": {
			cluster: new(cluster()), first: clusterStore("vault"), in: proxyStore("vault"),
			code: "CustomKeyStoreNameInUseException", text: "A custom key store with the name vault already exists",
		},
		"a cluster that is not there": {
			in:   clusterStore("s"),
			code: "CloudHsmClusterNotFoundException", text: "The CloudHSM cluster " + clusterID + " does not exist.",
		},
		"a cluster that is gone": {
			cluster: new(cluster(func(c *kmstest.CloudHSMCluster) { c.Fault = types.ConnectionErrorCodeTypeClusterNotFound })),
			in:      clusterStore("s"), code: "CloudHsmClusterNotFoundException", text: "The CloudHSM cluster " + clusterID + " does not exist.",
		},
		"a cluster that is not active": {
			cluster: new(cluster(func(c *kmstest.CloudHSMCluster) { c.TrustAnchorCertificate = "" })),
			in:      clusterStore("s"), code: "CloudHsmClusterNotActiveException", text: "The CloudHSM cluster " + clusterID + " is not active.",
		},
		"a cluster with one HSM": {
			cluster: new(cluster(func(c *kmstest.CloudHSMCluster) { c.ActiveHSMs = 1 })),
			in:      clusterStore("s"), code: "CloudHsmClusterInvalidConfigurationException",
			text: "The CloudHSM cluster " + clusterID + " does not contain the number of active HSMs that this operation requires.",
		},
		"the trust anchor of another cluster": {
			cluster: new(cluster(func(c *kmstest.CloudHSMCluster) { c.TrustAnchorCertificate = "another" })),
			in:      clusterStore("s"), code: "IncorrectTrustAnchorException",
			text: "The trust anchor certificate is not that of the CloudHSM cluster " + clusterID + ".",
		},
		"a cluster that another key store has": {
			cluster: new(cluster()), first: clusterStore("vault"), in: clusterStore("s"),
			code: "CloudHsmClusterInUseException",
			text: "The CloudHSM cluster " + clusterID + ", or a cluster related to it, is already associated with a custom key store.",
		},
		"a proxy that is not there": {in: proxyStore("s"), code: "XksProxyUriUnreachableException", text: unreachable},
		"a proxy that is not public": {
			proxy: new(proxy(func(p *kmstest.XKSProxy) { p.VPCEndpointServiceName = service })),
			in:    proxyStore("s"), code: "XksProxyUriUnreachableException", text: unreachable,
		},
		"a proxy that does not answer": {
			proxy: new(proxy(func(p *kmstest.XKSProxy) { p.Fault = types.ConnectionErrorCodeTypeXksProxyTimedOut })),
			in:    proxyStore("s"), code: "XksProxyUriUnreachableException",
			text: "AWS KMS rejected the request because the external key store proxy did not respond in time. Retry the request. " +
				"If you see this error repeatedly, report it to your external key store proxy administrator.",
		},
		"another path of a proxy": {
			proxy: new(proxy()), in: proxyStore("s", func(in *request) { in.XksProxyUriPath = str("/other/kms/xks/v1") }),
			code: "XksProxyInvalidConfigurationException",
			text: "The external key store proxy rejected the request because of an invalid URI path. " +
				"Verify the URI path for your external key store and update if necessary.",
		},
		"a proxy without TLS": {
			proxy: new(proxy(func(p *kmstest.XKSProxy) { p.Fault = types.ConnectionErrorCodeTypeXksProxyInvalidTlsConfiguration })),
			in:    proxyStore("s"), code: "XksProxyInvalidConfigurationException",
			text: "AWS KMS cannot establish a TLS connection to the external key store proxy. Verify the TLS configuration, including its certificate.",
		},
		"a proxy that answers nonsense": {
			proxy: new(proxy(func(p *kmstest.XKSProxy) { p.Fault = types.ConnectionErrorCodeTypeXksProxyInvalidResponse })),
			in:    proxyStore("s"), code: "XksProxyInvalidResponseException",
			text: "AWS KMS cannot interpret the response from the external key store proxy. " +
				"If you see this error repeatedly, consult your external key store proxy administrator.",
		},
		"a credential that the proxy does not know": {
			proxy: new(proxy(func(p *kmstest.XKSProxy) { p.RawSecretAccessKey = "another" })),
			in:    proxyStore("s"), code: "XksProxyIncorrectAuthenticationCredentialException",
			text: "The external key store proxy rejected the request because it could not authenticate AWS KMS. " +
				"Verify the credentials for your external key store and update if necessary.",
		},
		"a VPC endpoint service that is not there": {
			proxy: new(proxy()), in: proxyStore("s", private),
			code: "XksProxyVpcEndpointServiceNotFoundException", text: "AWS KMS could not find the VPC endpoint service.",
		},
		"a VPC endpoint service with another name": {
			proxy: new(proxy(func(p *kmstest.XKSProxy) {
				p.VPCEndpointServiceName, p.URIEndpoint = service, "https://other.example.com"
			})),
			in: proxyStore("s", private), code: "XksProxyVpcEndpointServiceInvalidConfigurationException",
			text: "The private DNS name of the VPC endpoint service does not match the URI endpoint of the external key store proxy.",
		},
		"a URI that another key store has": {
			proxy: new(proxy()), first: proxyStore("outside"), in: proxyStore("s"),
			code: "XksProxyUriInUseException", text: "The URI " + endpoint + uriPath + " is already associated with an external key store.",
		},
		"a private endpoint that another key store has as a public one": {
			proxy: new(proxy()), first: proxyStore("outside"),
			in:   proxyStore("s", private, func(in *request) { in.XksProxyUriPath = str("/other/kms/xks/v1") }),
			code: "XksProxyUriEndpointInUseException", text: "The URI endpoint " + endpoint + " is already associated with an external key store.",
		},
		"a VPC endpoint service that another key store has": {
			proxy: new(proxy(func(p *kmstest.XKSProxy) { p.VPCEndpointServiceName = service })),
			first: proxyStore("outside", private),
			in:    proxyStore("s", private, func(in *request) { in.XksProxyUriEndpoint = str("https://other.example.com") }),
			code:  "XksProxyVpcEndpointServiceInUseException", text: "The VPC endpoint service " + service + " is already associated with an external key store.",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := kmstest.New()
			if c.cluster != nil {
				srv.SetCloudHSMCluster(*c.cluster)
			}
			if c.proxy != nil {
				srv.SetXKSProxy(*c.proxy)
			}
			if c.first != nil {
				newStore(t, srv.API(), c.first)
			}
			_, err := srv.Client(once).CreateCustomKeyStore(t.Context(), c.in)
			refused(t, err, c.code, c.text)
			out, err := srv.API().DescribeCustomKeyStores(t.Context(), nil)
			require.NoError(t, err)
			assert.Equal(t, c.first != nil, len(out.CustomKeyStores) == 1, "what is refused makes nothing")
		})
	}

	t.Run("a cluster related to that of another key store", func(t *testing.T) {
		t.Parallel()
		srv := kmstest.New()
		srv.SetCloudHSMCluster(cluster())
		srv.SetCloudHSMCluster(cluster(func(c *kmstest.CloudHSMCluster) { c.ID = "cluster-related2345" }))
		newStore(t, srv.API(), clusterStore("vault"))
		related, mistaken := clusterStore("s"), clusterStore("s")
		related.CloudHsmClusterId = str("cluster-related2345")
		mistaken.TrustAnchorCertificate = str("another")
		for _, in := range []*request{related, mistaken} {
			_, err := srv.API().CreateCustomKeyStore(t.Context(), in)
			refusedWith(t, err, "CloudHsmClusterInUseException")
		}
	})

	t.Run("a public proxy may serve two key stores at two paths", func(t *testing.T) {
		t.Parallel()
		srv := kmstest.New()
		srv.SetXKSProxy(proxy())
		srv.SetXKSProxy(proxy(func(p *kmstest.XKSProxy) { p.URIPath = "/other/kms/xks/v1" }))
		newStore(t, srv.API(), proxyStore("one"))
		newStore(t, srv.API(), proxyStore("two", func(in *request) { in.XksProxyUriPath = str("/other/kms/xks/v1") }))
	})

	t.Run("another account has its own names and backings", func(t *testing.T) {
		t.Parallel()
		srv := kmstest.New()
		srv.SetCloudHSMCluster(cluster())
		newStore(t, srv.API(), clusterStore("vault"))
		newStore(t, srv.Principal("arn:aws:iam::"+other+":user/ana", allow("kms:*")).API(), clusterStore("vault"))
	})
}

func TestConnectCustomKeyStore_failures(t *testing.T) {
	t.Parallel()
	broken := func(f func(*kmstest.CloudHSMCluster)) func(*kmstest.Server) {
		return func(srv *kmstest.Server) { srv.SetCloudHSMCluster(cluster(f)) }
	}
	unreachable := func(f func(*kmstest.XKSProxy)) func(*kmstest.Server) {
		return func(srv *kmstest.Server) {
			srv.SetXKSProxy(proxy(func(p *kmstest.XKSProxy) { p.VPCEndpointServiceName = service }, f))
		}
	}
	for code, c := range map[types.ConnectionErrorCodeType]struct {
		external bool
		damage   func(*kmstest.Server) // before the connection
		during   bool                  // while it is made instead
	}{
		types.ConnectionErrorCodeTypeInvalidCredentials: {damage: broken(func(c *kmstest.CloudHSMCluster) { c.KMSUserPassword = "changed" })},
		types.ConnectionErrorCodeTypeUserNotFound:       {damage: broken(func(c *kmstest.CloudHSMCluster) { c.KMSUserPassword = "" })},
		types.ConnectionErrorCodeTypeInsufficientCloudhsmHsms: {
			damage: broken(func(c *kmstest.CloudHSMCluster) { c.ActiveHSMs = 0 }), during: true,
		},
		types.ConnectionErrorCodeTypeClusterNotFound: {
			damage: broken(func(c *kmstest.CloudHSMCluster) { c.Fault = types.ConnectionErrorCodeTypeClusterNotFound }),
		},
		types.ConnectionErrorCodeTypeUserLockedOut: {
			damage: broken(func(c *kmstest.CloudHSMCluster) { c.Fault = types.ConnectionErrorCodeTypeUserLockedOut }),
		},
		types.ConnectionErrorCodeTypeXksProxyAccessDenied: {external: true, damage: unreachable(func(p *kmstest.XKSProxy) {
			p.Fault = types.ConnectionErrorCodeTypeXksProxyAccessDenied
		})},
		types.ConnectionErrorCodeTypeXksProxyTimedOut: {external: true, damage: unreachable(func(p *kmstest.XKSProxy) {
			p.Fault = types.ConnectionErrorCodeTypeXksProxyTimedOut
		})},
	} {
		t.Run(string(code), func(t *testing.T) {
			t.Parallel()
			srv := kmstest.New()
			api := srv.API()
			srv.SetCloudHSMCluster(cluster())
			unreachable(func(*kmstest.XKSProxy) {})(srv)
			in := clusterStore("vault")
			if c.external {
				in = proxyStore("outside", private)
			}
			id := newStore(t, api, in)
			if !c.during {
				c.damage(srv)
			}
			_, err := api.ConnectCustomKeyStore(t.Context(), &kms.ConnectCustomKeyStoreInput{CustomKeyStoreId: &id})
			require.NoError(t, err)
			if c.during {
				c.damage(srv)
			}
			srv.Advance(time.Second)
			s := storeOf(t, api, id)
			assert.Equal(t, types.ConnectionStateTypeFailed, s.ConnectionState)
			assert.Equal(t, code, s.ConnectionErrorCode)

			_, err = api.ConnectCustomKeyStore(t.Context(), &kms.ConnectCustomKeyStoreInput{CustomKeyStoreId: &id})
			refused(t, err, "CustomKeyStoreInvalidStateException", id+" connection state is FAILED which is not valid for ConnectCustomKeyStore.")
			disconnect(t, api, id)
			assert.Empty(t, storeOf(t, api, id).ConnectionErrorCode)
			srv.SetCloudHSMCluster(cluster())
			unreachable(func(*kmstest.XKSProxy) {})(srv)
			assert.Equal(t, types.ConnectionStateTypeConnected, connect(t, srv, api, id).ConnectionState)
		})
	}

	t.Run("are mended by an update", func(t *testing.T) {
		t.Parallel()
		srv := kmstest.New()
		api := srv.API()
		srv.SetCloudHSMCluster(cluster())
		in := clusterStore("vault")
		in.KeyStorePassword = str("mistyped")
		id := newStore(t, api, in)
		assert.Equal(t, types.ConnectionErrorCodeTypeInvalidCredentials, connect(t, srv, api, id).ConnectionErrorCode)
		update := func() error {
			_, err := api.UpdateCustomKeyStore(t.Context(), &kms.UpdateCustomKeyStoreInput{CustomKeyStoreId: &id, KeyStorePassword: str(password)})
			return err
		}
		refused(t, update(), "CustomKeyStoreInvalidStateException", id+" connection state is FAILED which is not valid for UpdateCustomKeyStore.")
		disconnect(t, api, id)
		require.NoError(t, update())
		assert.Equal(t, types.ConnectionStateTypeConnected, connect(t, srv, api, id).ConnectionState)
	})

	t.Run("that are seen at once", func(t *testing.T) {
		t.Parallel()
		srv := kmstest.New()
		api := srv.API()
		srv.SetCloudHSMCluster(cluster())
		id := newStore(t, api, clusterStore("vault"))
		try := func(change func(*kmstest.CloudHSMCluster)) error {
			srv.SetCloudHSMCluster(cluster(change))
			_, err := api.ConnectCustomKeyStore(t.Context(), &kms.ConnectCustomKeyStoreInput{CustomKeyStoreId: &id})
			return err
		}
		refusedWith(t, try(func(c *kmstest.CloudHSMCluster) { c.TrustAnchorCertificate = "" }), "CloudHsmClusterNotActiveException")
		refusedWith(t, try(func(c *kmstest.CloudHSMCluster) { c.ActiveHSMs = 0 }), "CloudHsmClusterInvalidConfigurationException")
		assert.Equal(t, types.ConnectionStateTypeDisconnected, storeOf(t, api, id).ConnectionState)
		require.NoError(t, try(func(c *kmstest.CloudHSMCluster) { c.ActiveHSMs = 1 }), "one HSM is enough to connect")
	})

	t.Run("do not come of an attempt that was given up", func(t *testing.T) {
		t.Parallel()
		srv := kmstest.New()
		api := srv.API()
		srv.SetCloudHSMCluster(cluster())
		id := newStore(t, api, clusterStore("vault"))
		for range 2 {
			_, err := api.ConnectCustomKeyStore(t.Context(), &kms.ConnectCustomKeyStoreInput{CustomKeyStoreId: &id})
			require.NoError(t, err)
			disconnect(t, api, id)
			srv.Advance(time.Second / 2)
		}
		_, err := api.ConnectCustomKeyStore(t.Context(), &kms.ConnectCustomKeyStoreInput{CustomKeyStoreId: &id})
		require.NoError(t, err)
		srv.Advance(time.Second / 2)
		assert.Equal(t, types.ConnectionStateTypeConnecting, storeOf(t, api, id).ConnectionState)
		srv.Advance(time.Second / 2)
		assert.Equal(t, types.ConnectionStateTypeConnected, storeOf(t, api, id).ConnectionState)
	})
}

// TestConnectionStates tries every operation on a key store in every state that
// one can be in.
func TestConnectionStates(t *testing.T) {
	t.Parallel()
	states := []types.ConnectionStateType{
		types.ConnectionStateTypeDisconnected, types.ConnectionStateTypeConnecting,
		types.ConnectionStateTypeConnected, types.ConnectionStateTypeFailed,
	}
	for name, op := range map[string]struct {
		operation string
		cells     [4]bool // as the states above
		external  bool
		run       func(t *testing.T, c caller, id string) error
	}{
		"ConnectCustomKeyStore": {"", [4]bool{true, true, true, false}, false, func(t *testing.T, c caller, id string) error {
			_, err := c.ConnectCustomKeyStore(t.Context(), &kms.ConnectCustomKeyStoreInput{CustomKeyStoreId: &id})
			return err
		}},
		"CreateKey": {"", [4]bool{false, false, true, false}, false, func(t *testing.T, c caller, id string) error {
			_, err := c.CreateKey(t.Context(), &kms.CreateKeyInput{Origin: types.OriginTypeAwsCloudhsm, CustomKeyStoreId: &id})
			return err
		}},
		"DeleteCustomKeyStore": {"", [4]bool{true, false, false, false}, false, func(t *testing.T, c caller, id string) error {
			_, err := c.DeleteCustomKeyStore(t.Context(), &kms.DeleteCustomKeyStoreInput{CustomKeyStoreId: &id})
			return err
		}},
		"DisconnectCustomKeyStore": {"", [4]bool{false, true, true, true}, false, func(t *testing.T, c caller, id string) error {
			_, err := c.DisconnectCustomKeyStore(t.Context(), &kms.DisconnectCustomKeyStoreInput{CustomKeyStoreId: &id})
			return err
		}},
		"GenerateRandom": {"", [4]bool{false, false, true, false}, false, func(t *testing.T, c caller, id string) error {
			_, err := c.GenerateRandom(t.Context(), &kms.GenerateRandomInput{NumberOfBytes: aws.Int32(1), CustomKeyStoreId: &id})
			return err
		}},
		"a new name": {"UpdateCustomKeyStore", [4]bool{true, false, true, false}, false, func(t *testing.T, c caller, id string) error {
			_, err := c.UpdateCustomKeyStore(t.Context(), &kms.UpdateCustomKeyStoreInput{CustomKeyStoreId: &id, NewCustomKeyStoreName: str("new")})
			return err
		}},
		"a new password": {"UpdateCustomKeyStore", [4]bool{true, false, false, false}, false, func(t *testing.T, c caller, id string) error {
			_, err := c.UpdateCustomKeyStore(t.Context(), &kms.UpdateCustomKeyStoreInput{CustomKeyStoreId: &id, KeyStorePassword: str("a new one")})
			return err
		}},
		"the same cluster": {"UpdateCustomKeyStore", [4]bool{true, false, false, false}, false, func(t *testing.T, c caller, id string) error {
			_, err := c.UpdateCustomKeyStore(t.Context(), &kms.UpdateCustomKeyStoreInput{CustomKeyStoreId: &id, CloudHsmClusterId: str(clusterID)})
			return err
		}},
		"a new name, external": {"UpdateCustomKeyStore", [4]bool{true, false, true, false}, true, func(t *testing.T, c caller, id string) error {
			_, err := c.UpdateCustomKeyStore(t.Context(), &kms.UpdateCustomKeyStoreInput{CustomKeyStoreId: &id, NewCustomKeyStoreName: str("new")})
			return err
		}},
		"a credential": {"UpdateCustomKeyStore", [4]bool{true, false, true, false}, true, func(t *testing.T, c caller, id string) error {
			_, err := c.UpdateCustomKeyStore(t.Context(), &kms.UpdateCustomKeyStoreInput{
				CustomKeyStoreId: &id,
				XksProxyAuthenticationCredential: &types.XksProxyAuthenticationCredentialType{
					AccessKeyId: str(accessKeyID), RawSecretAccessKey: str(secret),
				},
			})
			return err
		}},
		"a path": {"UpdateCustomKeyStore", [4]bool{true, false, true, false}, true, func(t *testing.T, c caller, id string) error {
			_, err := c.UpdateCustomKeyStore(t.Context(), &kms.UpdateCustomKeyStoreInput{CustomKeyStoreId: &id, XksProxyUriPath: str(uriPath)})
			return err
		}},
		"an endpoint": {"UpdateCustomKeyStore", [4]bool{true, false, false, false}, true, func(t *testing.T, c caller, id string) error {
			_, err := c.UpdateCustomKeyStore(t.Context(), &kms.UpdateCustomKeyStoreInput{CustomKeyStoreId: &id, XksProxyUriEndpoint: str(endpoint)})
			return err
		}},
	} {
		for i, state := range states {
			t.Run(name+"/"+string(state), func(t *testing.T) {
				t.Parallel()
				srv := kmstest.New()
				api := srv.API()
				srv.SetCloudHSMCluster(cluster())
				srv.SetXKSProxy(proxy())
				in := clusterStore("vault")
				if op.external {
					in = proxyStore("outside")
				}
				id := newStore(t, api, in)
				bring(t, srv, api, id, state)
				err := op.run(t, api, id)
				if op.cells[i] {
					assert.NoError(t, err)
					return
				}
				operation := op.operation
				if operation == "" {
					operation = name
				}
				refused(t, err, "CustomKeyStoreInvalidStateException",
					fmt.Sprintf("%s connection state is %s which is not valid for %s.", id, state, operation))
			})
		}
	}
}

// bring brings a new key store into a connection state. What backs it works.
func bring(t *testing.T, srv *kmstest.Server, c caller, id string, state types.ConnectionStateType) {
	t.Helper()
	switch state {
	case types.ConnectionStateTypeConnecting:
		_, err := c.ConnectCustomKeyStore(t.Context(), &kms.ConnectCustomKeyStoreInput{CustomKeyStoreId: &id})
		require.NoError(t, err)
	case types.ConnectionStateTypeConnected:
		connect(t, srv, c, id)
	case types.ConnectionStateTypeFailed:
		srv.SetCloudHSMCluster(cluster(func(c *kmstest.CloudHSMCluster) { c.Fault = types.ConnectionErrorCodeTypeNetworkErrors }))
		srv.SetXKSProxy(proxy(func(p *kmstest.XKSProxy) { p.Fault = types.ConnectionErrorCodeTypeNetworkErrors }))
		connect(t, srv, c, id)
		srv.SetCloudHSMCluster(cluster())
		srv.SetXKSProxy(proxy())
	}
	require.Equal(t, state, storeOf(t, c, id).ConnectionState)
}

func TestUpdateCustomKeyStore(t *testing.T) {
	t.Parallel()
	t.Run("of a CloudHSM key store", func(t *testing.T) {
		t.Parallel()
		everyDepth(t, func(t *testing.T, srv *kmstest.Server, c caller) {
			related := func(x *kmstest.CloudHSMCluster) { x.ID = "cluster-related2345" }
			srv.SetCloudHSMCluster(cluster())
			srv.SetCloudHSMCluster(cluster(related))
			srv.SetCloudHSMCluster(cluster(func(x *kmstest.CloudHSMCluster) {
				x.ID, x.TrustAnchorCertificate = "cluster-unrelated23", "another"
			}))
			id := newStore(t, c, clusterStore("vault"))
			connect(t, srv, c, id)
			k := newKey(t, c, inStore(id))
			ciphertext := encrypt(t, c, k, "x", nil)
			disconnect(t, c, id)

			update := func(in kms.UpdateCustomKeyStoreInput) error {
				in.CustomKeyStoreId = &id
				_, err := c.UpdateCustomKeyStore(t.Context(), &in)
				return err
			}
			refused(t, update(kms.UpdateCustomKeyStoreInput{CloudHsmClusterId: str("cluster-unrelated23")}), "CloudHsmClusterNotRelatedException",
				"The CloudHSM cluster cluster-unrelated23 is not related to the cluster of the custom key store.")
			refused(t, update(kms.UpdateCustomKeyStoreInput{CloudHsmClusterId: str("cluster-none2345672")}), "CloudHsmClusterNotFoundException",
				"The CloudHSM cluster cluster-none2345672 does not exist.")
			refused(t, update(kms.UpdateCustomKeyStoreInput{XksProxyUriPath: str(uriPath)}), "ValidationException",
				"XksProxy parameters are not valid for a CloudHSM key store.")
			srv.SetCloudHSMCluster(cluster(related, func(x *kmstest.CloudHSMCluster) { x.ActiveHSMs = 1 }))
			refusedWith(t, update(kms.UpdateCustomKeyStoreInput{CloudHsmClusterId: str("cluster-related2345")}), "CloudHsmClusterInvalidConfigurationException")
			srv.SetCloudHSMCluster(cluster(related, func(x *kmstest.CloudHSMCluster) { x.TrustAnchorCertificate = "" }))
			refusedWith(t, update(kms.UpdateCustomKeyStoreInput{CloudHsmClusterId: str("cluster-related2345")}), "CloudHsmClusterNotActiveException")
			assert.Equal(t, clusterID, *storeOf(t, c, id).CloudHsmClusterId)

			srv.SetCloudHSMCluster(cluster(related))
			require.NoError(t, update(kms.UpdateCustomKeyStoreInput{
				NewCustomKeyStoreName: str("restored"), CloudHsmClusterId: str("cluster-related2345"),
			}))
			assert.Equal(t, "restored", *storeOf(t, c, id).CustomKeyStoreName)
			connect(t, srv, c, id)
			out, err := c.DescribeKey(t.Context(), &kms.DescribeKeyInput{KeyId: k.KeyId})
			require.NoError(t, err)
			assert.Equal(t, "cluster-related2345", *out.KeyMetadata.CloudHsmClusterId)
			_, err = c.Decrypt(t.Context(), &kms.DecryptInput{CiphertextBlob: ciphertext})
			require.NoError(t, err)
			require.NoError(t, update(kms.UpdateCustomKeyStoreInput{NewCustomKeyStoreName: str("restored")}), "its own name")
		})
	})

	t.Run("of an external key store", func(t *testing.T) {
		t.Parallel()
		srv := kmstest.New()
		c := srv.Client(once)
		srv.SetXKSProxy(proxy())
		srv.SetXKSProxy(proxy(func(p *kmstest.XKSProxy) {
			p.URIEndpoint, p.VPCEndpointServiceName = "https://private.example.com", service
		}))
		id := newStore(t, c, proxyStore("outside"))
		update := func(in kms.UpdateCustomKeyStoreInput) error {
			in.CustomKeyStoreId = &id
			_, err := c.UpdateCustomKeyStore(t.Context(), &in)
			return err
		}
		toPrivate := kms.UpdateCustomKeyStoreInput{
			XksProxyConnectivity:           types.XksProxyConnectivityTypeVpcEndpointService,
			XksProxyVpcEndpointServiceName: str(service),
		}
		refused(t, update(kms.UpdateCustomKeyStoreInput{KeyStorePassword: str(password)}), "ValidationException",
			"CloudHsmClusterId, KeyStorePassword and TrustAnchorCertificate are not valid for an external key store.")
		refused(t, update(toPrivate), "ValidationException", "XksProxyUriEndpoint is required to change XksProxyConnectivity.")
		refused(t, update(kms.UpdateCustomKeyStoreInput{
			XksProxyConnectivity: types.XksProxyConnectivityTypeVpcEndpointService, XksProxyUriEndpoint: str("https://private.example.com"),
		}), "ValidationException", "XksProxyVpcEndpointServiceName is required if XksProxyConnectivity is VPC_ENDPOINT_SERVICE.")
		refusedWith(t, update(kms.UpdateCustomKeyStoreInput{XksProxyUriPath: str("/other/kms/xks/v1")}), "XksProxyInvalidConfigurationException")
		refusedWith(t, update(kms.UpdateCustomKeyStoreInput{XksProxyUriEndpoint: str("https://none.example.com")}), "XksProxyUriUnreachableException")
		refusedWith(t, update(kms.UpdateCustomKeyStoreInput{XksProxyAuthenticationCredential: &types.XksProxyAuthenticationCredentialType{
			AccessKeyId: str(accessKeyID), RawSecretAccessKey: str("another/another/another/another/another/ano="),
		}}), "XksProxyIncorrectAuthenticationCredentialException")

		toPrivate.XksProxyUriEndpoint = str("https://private.example.com")
		require.NoError(t, update(toPrivate))
		assert.Equal(t, &types.XksProxyConfigurationType{
			AccessKeyId:             str(accessKeyID),
			Connectivity:            types.XksProxyConnectivityTypeVpcEndpointService,
			UriEndpoint:             str("https://private.example.com"),
			UriPath:                 str(uriPath),
			VpcEndpointServiceName:  str(service),
			VpcEndpointServiceOwner: str(account),
		}, storeOf(t, c, id).XksProxyConfiguration)
		assert.Equal(t, types.ConnectionStateTypeConnected, connect(t, srv, c, id).ConnectionState)
		disconnect(t, c, id)

		another := newStore(t, c, proxyStore("another"))
		refusedWith(t, update(kms.UpdateCustomKeyStoreInput{NewCustomKeyStoreName: str("another")}), "CustomKeyStoreNameInUseException")
		toPublic := kms.UpdateCustomKeyStoreInput{
			XksProxyConnectivity: types.XksProxyConnectivityTypePublicEndpoint, XksProxyUriEndpoint: str(endpoint),
		}
		refusedWith(t, update(toPublic), "XksProxyUriInUseException")
		_, err := c.DeleteCustomKeyStore(t.Context(), &kms.DeleteCustomKeyStoreInput{CustomKeyStoreId: &another})
		require.NoError(t, err)
		toPublic.XksProxyVpcEndpointServiceName = str(service)
		refused(t, update(toPublic), "ValidationException",
			"XksProxyVpcEndpointServiceName and XksProxyVpcEndpointServiceOwner are not valid if XksProxyConnectivity is PUBLIC_ENDPOINT.")
		for _, none := range []*string{str(""), nil} { // as it is documented
			require.NoError(t, update(toPrivate))
			toPublic.XksProxyVpcEndpointServiceName = none
			require.NoError(t, update(toPublic))
			assert.Nil(t, storeOf(t, c, id).XksProxyConfiguration.VpcEndpointServiceName)
		}
		toPrivate.XksProxyVpcEndpointServiceName = str("")
		refused(t, update(toPrivate), "ValidationException", "XksProxyVpcEndpointServiceName is required if XksProxyConnectivity is VPC_ENDPOINT_SERVICE.")
	})
}

func TestDescribeCustomKeyStores(t *testing.T) {
	t.Parallel()
	srv := kmstest.New()
	c := srv.Client(once)
	describe := func(in *kms.DescribeCustomKeyStoresInput) ([]string, error) {
		var names []string
		pages := kms.NewDescribeCustomKeyStoresPaginator(c, in)
		for pages.HasMorePages() {
			page, err := pages.NextPage(t.Context())
			if err != nil {
				return nil, err
			}
			for _, s := range page.CustomKeyStores {
				names = append(names, *s.CustomKeyStoreName)
			}
		}
		return names, nil
	}
	assert.JSONEq(t, `{"CustomKeyStores":[],"Truncated":false}`, post(srv, "TrentService.DescribeCustomKeyStores", "{}").Body.String())

	want := make([]string, 0, 5)
	for i := range cap(want) {
		path := fmt.Sprintf("/%d/kms/xks/v1", i)
		srv.SetXKSProxy(proxy(func(p *kmstest.XKSProxy) { p.URIPath = path }))
		want = append(want, fmt.Sprintf("store %d", 9-i))
		newStore(t, c, proxyStore(want[i], func(in *kms.CreateCustomKeyStoreInput) { in.XksProxyUriPath = &path }))
	}
	for _, limit := range []*int32{nil, aws.Int32(1), aws.Int32(2), aws.Int32(5)} {
		got, err := describe(&kms.DescribeCustomKeyStoresInput{Limit: limit})
		require.NoError(t, err)
		assert.Equal(t, want, got)
	}
	got, err := describe(&kms.DescribeCustomKeyStoresInput{CustomKeyStoreName: str("store 7")})
	require.NoError(t, err)
	assert.Equal(t, []string{"store 7"}, got)

	_, err = describe(&kms.DescribeCustomKeyStoresInput{CustomKeyStoreName: str("none")})
	refused(t, err, "CustomKeyStoreNotFoundException", "Custom key store 'none' does not exist")
	_, err = describe(&kms.DescribeCustomKeyStoresInput{CustomKeyStoreId: str("cks-1234567890abcdef0")})
	refused(t, err, "CustomKeyStoreNotFoundException", "Custom key store 'cks-1234567890abcdef0' does not exist")
	_, err = describe(&kms.DescribeCustomKeyStoresInput{CustomKeyStoreId: str("cks-1234567890abcdef0"), CustomKeyStoreName: str("none")})
	refused(t, err, "ValidationException", "You can specify either CustomKeyStoreId or CustomKeyStoreName, but not both.")
	_, err = describe(&kms.DescribeCustomKeyStoresInput{Marker: str("x")})
	refused(t, err, "InvalidMarkerException", "")
	elsewhere, err := srv.Client(func(o *kms.Options) { o.Region = "eu-west-1" }).DescribeCustomKeyStores(t.Context(), nil)
	require.NoError(t, err)
	assert.Empty(t, elsewhere.CustomKeyStores)
}

func TestCustomKeyStores_access(t *testing.T) {
	t.Parallel()
	srv := kmstest.New()
	srv.SetCloudHSMCluster(cluster())
	id := newStore(t, srv.API(), clusterStore("vault"))
	nobody := srv.Principal(role(account, "nobody")).API()
	foreign := srv.Principal("arn:aws:iam::"+other+":user/ana", allow("kms:*")).API()
	for name, run := range map[string]func(c caller) error{
		"ConnectCustomKeyStore": func(c caller) error {
			_, err := c.ConnectCustomKeyStore(t.Context(), &kms.ConnectCustomKeyStoreInput{CustomKeyStoreId: &id})
			return err
		},
		"DeleteCustomKeyStore": func(c caller) error {
			_, err := c.DeleteCustomKeyStore(t.Context(), &kms.DeleteCustomKeyStoreInput{CustomKeyStoreId: &id})
			return err
		},
		"DescribeCustomKeyStores": func(c caller) error {
			_, err := c.DescribeCustomKeyStores(t.Context(), &kms.DescribeCustomKeyStoresInput{CustomKeyStoreId: &id})
			return err
		},
		"DisconnectCustomKeyStore": func(c caller) error {
			_, err := c.DisconnectCustomKeyStore(t.Context(), &kms.DisconnectCustomKeyStoreInput{CustomKeyStoreId: &id})
			return err
		},
		"UpdateCustomKeyStore": func(c caller) error {
			_, err := c.UpdateCustomKeyStore(t.Context(), &kms.UpdateCustomKeyStoreInput{CustomKeyStoreId: &id, NewCustomKeyStoreName: str("mine")})
			return err
		},
	} {
		refused(t, run(nobody), "AccessDeniedException", "User: "+role(account, "nobody")+" is not authorized to perform: kms:"+name+
			" on resource: * because no identity-based policy allows the kms:"+name+" action")
		refused(t, run(foreign), "CustomKeyStoreNotFoundException", "Custom key store '"+id+"' does not exist")
	}
	_, err := nobody.CreateCustomKeyStore(t.Context(), clusterStore("vault"))
	refusedWith(t, err, "AccessDeniedException") // before the name
}

func TestCreateKey_inKeyStore_refusals(t *testing.T) {
	t.Parallel()
	const (
		needsStore = "CustomKeyStoreId must be specified if Origin is AWS_CLOUDHSM or EXTERNAL_KEY_STORE, and only then."
		needsKey   = "XksKeyId must be specified if Origin is EXTERNAL_KEY_STORE, and only then."
	)
	srv := kmstest.New()
	api := srv.API()
	srv.SetCloudHSMCluster(cluster())
	srv.SetXKSProxy(proxy())
	hsm, xks := newStore(t, api, clusterStore("vault")), newStore(t, api, proxyStore("outside"))
	connect(t, srv, api, hsm)
	connect(t, srv, api, xks)
	change := func(first func(*kms.CreateKeyInput), then func(*kms.CreateKeyInput)) func(*kms.CreateKeyInput) {
		return func(in *kms.CreateKeyInput) {
			first(in)
			then(in)
		}
	}
	for name, c := range map[string]struct {
		change     func(*kms.CreateKeyInput)
		code, text string
	}{
		"no origin":          {func(in *kms.CreateKeyInput) { in.CustomKeyStoreId = &hsm }, "ValidationException", needsStore},
		"an imported key":    {change(inStore(hsm), func(in *kms.CreateKeyInput) { in.Origin = types.OriginTypeExternal }), "ValidationException", needsStore},
		"no key store":       {func(in *kms.CreateKeyInput) { in.Origin = types.OriginTypeAwsCloudhsm }, "ValidationException", needsStore},
		"no external key":    {change(inStore(xks), func(in *kms.CreateKeyInput) { in.Origin = types.OriginTypeExternalKeyStore }), "ValidationException", needsKey},
		"an external key":    {change(inStore(hsm), func(in *kms.CreateKeyInput) { in.XksKeyId = str("another") }), "ValidationException", needsKey},
		"a key of KMS's own": {func(in *kms.CreateKeyInput) { in.XksKeyId = str("another") }, "ValidationException", needsKey},
		"an RSA key": {
			change(inStore(hsm), ofSpec(types.KeySpecRsa2048, types.KeyUsageTypeSignVerify)),
			"UnsupportedOperationException", "Key spec RSA_2048 is not supported in a custom key store.",
		},
		"an HMAC key": {
			change(inExternalStore(xks, "another"), ofSpec(types.KeySpecHmac256, types.KeyUsageTypeGenerateVerifyMac)),
			"UnsupportedOperationException", "Key spec HMAC_256 is not supported in a custom key store.",
		},
		"a multi-Region key": {
			change(inStore(hsm), func(in *kms.CreateKeyInput) { in.MultiRegion = aws.Bool(true) }),
			"UnsupportedOperationException", "Multi-Region keys are not supported in a custom key store.",
		},
		"a key store of the other type": {
			inStore(xks), "UnsupportedOperationException", "Custom key store " + xks + " is not valid for keys of origin AWS_CLOUDHSM.",
		},
		"an external key that is not there": {
			inExternalStore(xks, "none"),
			"XksKeyNotFoundException", "The external key store proxy rejected the request because it could not find the external key.",
		},
		"an external key that is disabled": {
			inExternalStore(xks, "old"),
			"XksKeyInvalidConfigurationException", "The status of the external key must be ENABLED. The status of specified external key is DISABLED.",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var in kms.CreateKeyInput
			c.change(&in)
			_, err := api.CreateKey(t.Context(), &in)
			refused(t, err, c.code, c.text)
		})
	}
}

// TestKeyStoreOutage breaks what backs a key store that is connected, and stays so.
func TestKeyStoreOutage(t *testing.T) {
	t.Parallel()
	t.Run("of a cluster", func(t *testing.T) {
		t.Parallel()
		srv := kmstest.New()
		api := srv.API()
		srv.SetCloudHSMCluster(cluster())
		id := newStore(t, api, clusterStore("vault"))
		connect(t, srv, api, id)
		k := newKey(t, api, inStore(id))
		try := func(change func(*kmstest.CloudHSMCluster)) (use, create error) {
			srv.SetCloudHSMCluster(cluster(change))
			_, use = api.Encrypt(t.Context(), &kms.EncryptInput{KeyId: k.KeyId, Plaintext: []byte("x")})
			_, create = api.CreateKey(t.Context(), &kms.CreateKeyInput{Origin: types.OriginTypeAwsCloudhsm, CustomKeyStoreId: &id})
			return use, create
		}
		const text = "KMS cannot communicate with your CloudHSM cluster"
		for _, change := range []func(*kmstest.CloudHSMCluster){
			func(c *kmstest.CloudHSMCluster) { c.ActiveHSMs = 0 },
			func(c *kmstest.CloudHSMCluster) { c.Fault = types.ConnectionErrorCodeTypeNetworkErrors },
		} {
			use, create := try(change)
			refused(t, use, "KMSInvalidStateException", text)
			refused(t, create, "CustomKeyStoreInvalidStateException", text)
			_, err := api.GenerateRandom(t.Context(), &kms.GenerateRandomInput{NumberOfBytes: aws.Int32(1), CustomKeyStoreId: &id})
			refused(t, err, "CustomKeyStoreInvalidStateException", text)
			assert.Equal(t, types.KeyStateEnabled, stateOf(t, srv, k))
		}
		use, create := try(func(c *kmstest.CloudHSMCluster) { c.ActiveHSMs = 1 })
		require.NoError(t, use, "one HSM is enough for keys that are there")
		refusedWith(t, create, "CloudHsmClusterInvalidConfigurationException")
		use, _ = try(func(c *kmstest.CloudHSMCluster) { c.KMSUserPassword = "changed" })
		require.NoError(t, use, "KMS is logged in")
	})

	t.Run("of a proxy", func(t *testing.T) {
		t.Parallel()
		srv := kmstest.New()
		api := srv.API()
		srv.SetXKSProxy(proxy())
		id := newStore(t, api, proxyStore("outside"))
		connect(t, srv, api, id)
		k := newKey(t, api, inExternalStore(id, "bb8562717f809024"))
		use := func(change func(*kmstest.XKSProxy)) error {
			srv.SetXKSProxy(proxy(change))
			_, err := api.Encrypt(t.Context(), &kms.EncryptInput{KeyId: k.KeyId, Plaintext: []byte("x")})
			return err
		}
		const rejected = "The external key store proxy rejected the request because "
		refused(t, use(func(p *kmstest.XKSProxy) { p.Fault = types.ConnectionErrorCodeTypeXksProxyAccessDenied }), "KMSInvalidStateException",
			"The external key store proxy denied access to the operation. "+
				"Verify that the user and the external key are both authorized for this operation, and try the request again.")
		refused(t, use(func(p *kmstest.XKSProxy) { p.Keys = nil }), "KMSInvalidStateException", rejected+"it could not find the external key.")
		refused(t, use(func(p *kmstest.XKSProxy) { p.Keys["bb8562717f809024"] = "DISABLED" }), "KMSInvalidStateException",
			rejected+"the external key is not enabled in the external key manager.")
		refusedWith(t, use(func(p *kmstest.XKSProxy) { p.RawSecretAccessKey = "changed" }), "KMSInvalidStateException")
		require.NoError(t, use(func(*kmstest.XKSProxy) {}))

		p := proxy()
		srv.SetXKSProxy(p)
		clear(p.Keys)
		_, err := api.Encrypt(t.Context(), &kms.EncryptInput{KeyId: k.KeyId, Plaintext: []byte("x")})
		require.NoError(t, err, "the Server has a map of its own")
	})
}

// TestUnavailableKey tries operations on a key whose key store is not connected.
func TestUnavailableKey(t *testing.T) {
	t.Parallel()
	type outcome int
	const (
		ok outcome = iota
		unavailable
		unsupported
		notDying
	)
	for name, op := range map[string]struct {
		want outcome
		run  func(t *testing.T, c *kmstest.API, k *types.KeyMetadata) error
	}{
		"CancelKeyDeletion": {notDying, func(t *testing.T, c *kmstest.API, k *types.KeyMetadata) error {
			_, err := c.CancelKeyDeletion(t.Context(), &kms.CancelKeyDeletionInput{KeyId: k.KeyId})
			return err
		}},
		"CreateAlias": {ok, func(t *testing.T, c *kmstest.API, k *types.KeyMetadata) error {
			_, err := c.CreateAlias(t.Context(), &kms.CreateAliasInput{AliasName: str("alias/new"), TargetKeyId: k.KeyId})
			return err
		}},
		"CreateGrant": {ok, func(t *testing.T, c *kmstest.API, k *types.KeyMetadata) error {
			_, err := c.CreateGrant(t.Context(), newGrant(k))
			return err
		}},
		"DeleteImportedKeyMaterial": {unsupported, func(t *testing.T, c *kmstest.API, k *types.KeyMetadata) error {
			_, err := c.DeleteImportedKeyMaterial(t.Context(), &kms.DeleteImportedKeyMaterialInput{KeyId: k.KeyId})
			return err
		}},
		"DescribeKey": {ok, func(t *testing.T, c *kmstest.API, k *types.KeyMetadata) error {
			_, err := c.DescribeKey(t.Context(), &kms.DescribeKeyInput{KeyId: k.KeyId})
			return err
		}},
		"DisableKey": {ok, func(t *testing.T, c *kmstest.API, k *types.KeyMetadata) error {
			_, err := c.DisableKey(t.Context(), &kms.DisableKeyInput{KeyId: k.KeyId})
			return err
		}},
		"DisableKeyRotation": {unsupported, func(t *testing.T, c *kmstest.API, k *types.KeyMetadata) error {
			_, err := c.DisableKeyRotation(t.Context(), &kms.DisableKeyRotationInput{KeyId: k.KeyId})
			return err
		}},
		"EnableKey": {ok, func(t *testing.T, c *kmstest.API, k *types.KeyMetadata) error {
			_, err := c.EnableKey(t.Context(), &kms.EnableKeyInput{KeyId: k.KeyId})
			return err
		}},
		"EnableKeyRotation": {unsupported, func(t *testing.T, c *kmstest.API, k *types.KeyMetadata) error {
			_, err := c.EnableKeyRotation(t.Context(), &kms.EnableKeyRotationInput{KeyId: k.KeyId})
			return err
		}},
		"Encrypt": {unavailable, func(t *testing.T, c *kmstest.API, k *types.KeyMetadata) error {
			_, err := c.Encrypt(t.Context(), &kms.EncryptInput{KeyId: k.KeyId, Plaintext: []byte("x")})
			return err
		}},
		"GenerateDataKey": {unavailable, func(t *testing.T, c *kmstest.API, k *types.KeyMetadata) error {
			_, err := c.GenerateDataKey(t.Context(), &kms.GenerateDataKeyInput{KeyId: k.KeyId, KeySpec: types.DataKeySpecAes256})
			return err
		}},
		"GenerateDataKeyWithoutPlaintext": {unavailable, func(t *testing.T, c *kmstest.API, k *types.KeyMetadata) error {
			_, err := c.GenerateDataKeyWithoutPlaintext(t.Context(),
				&kms.GenerateDataKeyWithoutPlaintextInput{KeyId: k.KeyId, KeySpec: types.DataKeySpecAes256})
			return err
		}},
		"GenerateDataKeyPair": {unsupported, func(t *testing.T, c *kmstest.API, k *types.KeyMetadata) error {
			_, err := c.GenerateDataKeyPair(t.Context(),
				&kms.GenerateDataKeyPairInput{KeyId: k.KeyId, KeyPairSpec: types.DataKeyPairSpecEccNistP256})
			return err
		}},
		"GenerateDataKeyPairWithoutPlaintext": {unsupported, func(t *testing.T, c *kmstest.API, k *types.KeyMetadata) error {
			_, err := c.GenerateDataKeyPairWithoutPlaintext(t.Context(),
				&kms.GenerateDataKeyPairWithoutPlaintextInput{KeyId: k.KeyId, KeyPairSpec: types.DataKeyPairSpecEccNistP256})
			return err
		}},
		"GetKeyLastUsage": {ok, func(t *testing.T, c *kmstest.API, k *types.KeyMetadata) error {
			_, err := c.GetKeyLastUsage(t.Context(), &kms.GetKeyLastUsageInput{KeyId: k.KeyId})
			return err
		}},
		"GetKeyPolicy": {ok, func(t *testing.T, c *kmstest.API, k *types.KeyMetadata) error {
			_, err := c.GetKeyPolicy(t.Context(), &kms.GetKeyPolicyInput{KeyId: k.KeyId})
			return err
		}},
		"GetKeyRotationStatus": {unsupported, func(t *testing.T, c *kmstest.API, k *types.KeyMetadata) error {
			_, err := c.GetKeyRotationStatus(t.Context(), &kms.GetKeyRotationStatusInput{KeyId: k.KeyId})
			return err
		}},
		"GetParametersForImport": {unsupported, func(t *testing.T, c *kmstest.API, k *types.KeyMetadata) error {
			_, err := c.GetParametersForImport(t.Context(), &kms.GetParametersForImportInput{
				KeyId: k.KeyId, WrappingAlgorithm: types.AlgorithmSpecRsaesOaepSha256, WrappingKeySpec: types.WrappingKeySpecRsa2048,
			})
			return err
		}},
		"ListGrants": {ok, func(t *testing.T, c *kmstest.API, k *types.KeyMetadata) error {
			_, err := c.ListGrants(t.Context(), &kms.ListGrantsInput{KeyId: k.KeyId})
			return err
		}},
		"ListKeyRotations": {unsupported, func(t *testing.T, c *kmstest.API, k *types.KeyMetadata) error {
			_, err := c.ListKeyRotations(t.Context(), &kms.ListKeyRotationsInput{KeyId: k.KeyId})
			return err
		}},
		"ListResourceTags": {ok, func(t *testing.T, c *kmstest.API, k *types.KeyMetadata) error {
			_, err := c.ListResourceTags(t.Context(), &kms.ListResourceTagsInput{KeyId: k.KeyId})
			return err
		}},
		"ReEncrypt": {unavailable, func(t *testing.T, c *kmstest.API, k *types.KeyMetadata) error {
			_, err := c.ReEncrypt(t.Context(), &kms.ReEncryptInput{
				CiphertextBlob: encrypt(t, c, newKey(t, c), "x", nil), DestinationKeyId: k.KeyId,
			})
			return err
		}},
		"RotateKeyOnDemand": {unsupported, func(t *testing.T, c *kmstest.API, k *types.KeyMetadata) error {
			_, err := c.RotateKeyOnDemand(t.Context(), &kms.RotateKeyOnDemandInput{KeyId: k.KeyId})
			return err
		}},
		"ScheduleKeyDeletion": {ok, func(t *testing.T, c *kmstest.API, k *types.KeyMetadata) error {
			_, err := c.ScheduleKeyDeletion(t.Context(), &kms.ScheduleKeyDeletionInput{KeyId: k.KeyId})
			return err
		}},
		"TagResource": {ok, func(t *testing.T, c *kmstest.API, k *types.KeyMetadata) error {
			_, err := c.TagResource(t.Context(), &kms.TagResourceInput{KeyId: k.KeyId, Tags: tags("a=b")})
			return err
		}},
		"UpdateKeyDescription": {ok, func(t *testing.T, c *kmstest.API, k *types.KeyMetadata) error {
			_, err := c.UpdateKeyDescription(t.Context(), &kms.UpdateKeyDescriptionInput{KeyId: k.KeyId, Description: str("x")})
			return err
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := kmstest.New()
			api := srv.API()
			srv.SetCloudHSMCluster(cluster())
			id := newStore(t, api, clusterStore("vault"))
			connect(t, srv, api, id)
			k := newKey(t, api, inStore(id))
			disconnect(t, api, id)
			arn := *k.Arn
			switch err := op.run(t, api, k); op.want {
			case ok:
				assert.NoError(t, err)
			case unavailable:
				refused(t, err, "KMSInvalidStateException", arn+" is unavailable.")
			case unsupported:
				refused(t, err, "UnsupportedOperationException", arn+" origin is AWS_CLOUDHSM which is not valid for this operation.")
			case notDying:
				refused(t, err, "KMSInvalidStateException", arn+" is not pending deletion.")
			}
		})
	}

	t.Run("keeps in mind what is done to it", func(t *testing.T) {
		t.Parallel()
		srv := kmstest.New()
		api := srv.API()
		srv.SetCloudHSMCluster(cluster())
		id := newStore(t, api, clusterStore("vault"))
		connect(t, srv, api, id)
		k := newKey(t, api, inStore(id))
		disconnect(t, api, id)

		_, err := api.DisableKey(t.Context(), &kms.DisableKeyInput{KeyId: k.KeyId})
		require.NoError(t, err)
		assert.Equal(t, types.KeyStateUnavailable, stateOf(t, srv, k))
		connect(t, srv, api, id)
		assert.Equal(t, types.KeyStateDisabled, stateOf(t, srv, k))
		disconnect(t, api, id)
		_, err = api.EnableKey(t.Context(), &kms.EnableKeyInput{KeyId: k.KeyId})
		require.NoError(t, err)

		_, err = api.ScheduleKeyDeletion(t.Context(), &kms.ScheduleKeyDeletionInput{KeyId: k.KeyId})
		require.NoError(t, err)
		assert.Equal(t, types.KeyStatePendingDeletion, stateOf(t, srv, k))
		_, err = api.CancelKeyDeletion(t.Context(), &kms.CancelKeyDeletionInput{KeyId: k.KeyId})
		require.NoError(t, err)
		assert.Equal(t, types.KeyStateUnavailable, stateOf(t, srv, k))
		connect(t, srv, api, id)
		assert.Equal(t, types.KeyStateDisabled, stateOf(t, srv, k))
	})
}
