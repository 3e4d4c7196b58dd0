package kmskit_test

import (
	"context"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kmskit/kmskit"
)

// external sets what an external key store with a public endpoint needs.
func external(in *kms.CreateCustomKeyStoreInput) {
	in.CustomKeyStoreType = types.CustomKeyStoreTypeExternalKeyStore
	in.XksProxyConnectivity = types.XksProxyConnectivityTypePublicEndpoint
	in.XksProxyUriEndpoint = aws.String("https://xks.example.com")
	in.XksProxyUriPath = aws.String("/kms/xks/v1")
	in.XksProxyAuthenticationCredential = &types.XksProxyAuthenticationCredentialType{
		AccessKeyId: aws.String("ABCDE12345670EXAMPLE"), RawSecretAccessKey: aws.String("secret access key"),
	}
}

// byVPC makes the external key store one behind a VPC endpoint service.
func byVPC(in *kms.CreateCustomKeyStoreInput) {
	external(in)
	in.XksProxyConnectivity = types.XksProxyConnectivityTypeVpcEndpointService
	in.XksProxyVpcEndpointServiceName = aws.String("com.amazonaws.vpce.us-east-2.vpce-svc-example")
}

func TestKeyStoreManager_CreateCustomKeyStore(t *testing.T) {
	t.Parallel()

	backings := map[string]func(*kms.CreateCustomKeyStoreInput){
		"CloudHSM": cloudHSM,
		"CloudHSM, named as such": func(in *kms.CreateCustomKeyStoreInput) {
			cloudHSM(in)
			in.CustomKeyStoreType = types.CustomKeyStoreTypeAwsCloudhsm
		},
		"external":            external,
		"external, by VPC":    byVPC,
		"of a type to come":   func(in *kms.CreateCustomKeyStoreInput) { in.CustomKeyStoreType = "MOON_BASE" },
		"external, connected": func(in *kms.CreateCustomKeyStoreInput) { external(in); in.XksProxyConnectivity = "CARRIER_PIGEON" },
	}
	for name, backing := range backings {
		t.Run("sends the name and what a custom key store needs: "+name, func(t *testing.T) {
			t.Parallel()
			f := newFake()
			id, err := kmskit.NewKeyStoreManager(f).CreateCustomKeyStore(t.Context(), "vault", backing)
			require.NoError(t, err)
			assert.Equal(t, fakeKeyStoreID, id)
			want := &kms.CreateCustomKeyStoreInput{CustomKeyStoreName: aws.String("vault")}
			backing(want)
			assert.Equal(t, want, sent[kms.CreateCustomKeyStoreInput](t, f))
		})
	}

	t.Run("reports an answer with an empty ID", func(t *testing.T) {
		t.Parallel()
		f := newFake()
		whenAsked[kms.CreateCustomKeyStoreInput](f, &kms.CreateCustomKeyStoreOutput{CustomKeyStoreId: aws.String("")})
		_, err := kmskit.NewKeyStoreManager(f).CreateCustomKeyStore(t.Context(), "vault", cloudHSM)
		assert.ErrorIs(t, err, kmskit.ErrIncompleteOutput)
	})

	const (
		needsCluster = "a CloudHSM key store needs CloudHsmClusterId, KeyStorePassword and TrustAnchorCertificate; set them, or CustomKeyStoreType EXTERNAL_KEY_STORE and what that needs"
		needsProxy   = "an external key store needs XksProxyConnectivity, XksProxyUriEndpoint, XksProxyUriPath and XksProxyAuthenticationCredential; set them"
	)
	refused := []struct {
		name, store string
		backing     func(*kms.CreateCustomKeyStoreInput)
		without     func(*kms.CreateCustomKeyStoreInput)
		text        string
	}{
		{"refuses an empty name", "", cloudHSM, nil, "the custom key store name is empty; give a name of 1 to 256 characters"},
		{"refuses a name alone", "vault", nil, nil, needsCluster},
		{"refuses CloudHSM without a cluster", "vault", cloudHSM, func(in *kms.CreateCustomKeyStoreInput) { in.CloudHsmClusterId = nil }, needsCluster},
		{"refuses CloudHSM without a password", "vault", cloudHSM, func(in *kms.CreateCustomKeyStoreInput) { in.KeyStorePassword = nil }, needsCluster},
		{"refuses CloudHSM with an empty password", "vault", cloudHSM, func(in *kms.CreateCustomKeyStoreInput) { in.KeyStorePassword = aws.String("") }, needsCluster},
		{"refuses CloudHSM without a certificate", "vault", cloudHSM, func(in *kms.CreateCustomKeyStoreInput) { in.TrustAnchorCertificate = nil }, needsCluster},
		{"refuses an external one without connectivity", "vault", external, func(in *kms.CreateCustomKeyStoreInput) { in.XksProxyConnectivity = "" }, needsProxy},
		{"refuses an external one without an endpoint", "vault", external, func(in *kms.CreateCustomKeyStoreInput) { in.XksProxyUriEndpoint = nil }, needsProxy},
		{"refuses an external one without a path", "vault", external, func(in *kms.CreateCustomKeyStoreInput) { in.XksProxyUriPath = nil }, needsProxy},
		{"refuses an external one without a credential", "vault", external, func(in *kms.CreateCustomKeyStoreInput) { in.XksProxyAuthenticationCredential = nil }, needsProxy},
		{
			"refuses an external one by VPC without the service", "vault", byVPC,
			func(in *kms.CreateCustomKeyStoreInput) { in.XksProxyVpcEndpointServiceName = nil },
			"the connectivity VPC_ENDPOINT_SERVICE needs XksProxyVpcEndpointServiceName; set it",
		},
	}
	for _, r := range refused {
		t.Run(r.name, func(t *testing.T) {
			t.Parallel()
			f := newFake()
			id, err := kmskit.NewKeyStoreManager(f).CreateCustomKeyStore(t.Context(), r.store, r.backing, r.without)
			assertRefused(t, f, err, "kmskit: CreateCustomKeyStore: "+r.text)
			assert.Empty(t, id)
		})
	}

	t.Run("keeps password and credential out of errors", func(t *testing.T) {
		t.Parallel()
		both := func(in *kms.CreateCustomKeyStoreInput) { cloudHSM(in); external(in) }
		for _, err := range []error{&types.LimitExceededException{}, &types.CustomKeyStoreNameInUseException{}, nil} {
			f := failing(err)
			f.blank = true
			_, err := kmskit.NewKeyStoreManager(f).CreateCustomKeyStore(t.Context(), "vault", both)
			require.Error(t, err)
			assert.NotContains(t, err.Error(), "kmsPswd!")
			assert.NotContains(t, err.Error(), "secret access key")
		}
	})

	t.Run("says what the quota is", func(t *testing.T) {
		t.Parallel()
		f := failing(&types.LimitExceededException{Message: aws.String("no more")})
		_, err := kmskit.NewKeyStoreManager(f).CreateCustomKeyStore(t.Context(), "vault", cloudHSM)
		assert.EqualError(t, err, `kmskit: CreateCustomKeyStore (custom key store "vault"): LimitExceededException: no more (an account may have 10 custom key stores in a Region)`)
	})
}

func TestKeyStoreManager_DescribeCustomKeyStores(t *testing.T) {
	t.Parallel()

	t.Run("asks for all", func(t *testing.T) {
		t.Parallel()
		f := newFake()
		require.NoError(t, drain(kmskit.NewKeyStoreManager(f).DescribeCustomKeyStores(t.Context())))
		assert.Equal(t, &kms.DescribeCustomKeyStoresInput{}, sent[kms.DescribeCustomKeyStoresInput](t, f))
	})

	t.Run("asks by option for one, which errors name", func(t *testing.T) {
		t.Parallel()
		byID := func(in *kms.DescribeCustomKeyStoresInput) { in.CustomKeyStoreId = aws.String(fakeKeyStoreID) }
		byName := func(in *kms.DescribeCustomKeyStoresInput) { in.CustomKeyStoreName = aws.String("vault") }
		missing := &types.CustomKeyStoreNotFoundException{Message: aws.String("not there")}

		f := failing(missing)
		err := drain(kmskit.NewKeyStoreManager(f).DescribeCustomKeyStores(t.Context(), byID))
		require.EqualError(t, err, "kmskit: DescribeCustomKeyStores"+aboutKeyStore+": CustomKeyStoreNotFoundException: not there")
		assert.Equal(t, &kms.DescribeCustomKeyStoresInput{CustomKeyStoreId: aws.String(fakeKeyStoreID)}, sent[kms.DescribeCustomKeyStoresInput](t, f))

		f = failing(missing)
		err = drain(kmskit.NewKeyStoreManager(f).DescribeCustomKeyStores(t.Context(), byName))
		require.EqualError(t, err, `kmskit: DescribeCustomKeyStores (custom key store "vault"): CustomKeyStoreNotFoundException: not there`)
		assert.Equal(t, &kms.DescribeCustomKeyStoresInput{CustomKeyStoreName: aws.String("vault")}, sent[kms.DescribeCustomKeyStoresInput](t, f))
	})

	t.Run("refuses an ID and a name", func(t *testing.T) {
		t.Parallel()
		f := newFake()
		err := drain(kmskit.NewKeyStoreManager(f).DescribeCustomKeyStores(t.Context(), func(in *kms.DescribeCustomKeyStoresInput) {
			in.CustomKeyStoreId, in.CustomKeyStoreName = aws.String(fakeKeyStoreID), aws.String("vault")
		}))
		assertRefused(t, f, err, "kmskit: DescribeCustomKeyStores: both CustomKeyStoreId and CustomKeyStoreName are set; set one of them")
	})
}

func TestKeyStoreManager_UpdateCustomKeyStore(t *testing.T) {
	t.Parallel()

	t.Run("sends the ID and what options set", func(t *testing.T) {
		t.Parallel()
		f := newFake()
		require.NoError(t, kmskit.NewKeyStoreManager(f).UpdateCustomKeyStore(
			t.Context(), fakeKeyStoreID,
			func(in *kms.UpdateCustomKeyStoreInput) { in.NewCustomKeyStoreName = aws.String("safe") },
		))
		assert.Equal(t, &kms.UpdateCustomKeyStoreInput{
			CustomKeyStoreId: aws.String(fakeKeyStoreID), NewCustomKeyStoreName: aws.String("safe"),
		}, sent[kms.UpdateCustomKeyStoreInput](t, f))
	})
}

func TestKeyStoreManager_ConnectCustomKeyStore(t *testing.T) {
	t.Parallel()

	t.Run("sends the ID", func(t *testing.T) {
		t.Parallel()
		f := newFake()
		require.NoError(t, kmskit.NewKeyStoreManager(f).ConnectCustomKeyStore(t.Context(), fakeKeyStoreID))
		assert.Equal(t, &kms.ConnectCustomKeyStoreInput{CustomKeyStoreId: aws.String(fakeKeyStoreID)}, sent[kms.ConnectCustomKeyStoreInput](t, f))
	})

	t.Run("says where the state is told", func(t *testing.T) {
		t.Parallel()
		f := failing(&types.CustomKeyStoreInvalidStateException{Message: aws.String("not now")})
		err := kmskit.NewKeyStoreManager(f).ConnectCustomKeyStore(t.Context(), fakeKeyStoreID)
		var state *types.CustomKeyStoreInvalidStateException
		require.ErrorAs(t, err, &state)
		assert.EqualError(t, err, "kmskit: ConnectCustomKeyStore"+aboutKeyStore+": CustomKeyStoreInvalidStateException: not now "+
			"(KeyStoreManager.DescribeCustomKeyStores tells its ConnectionState: to delete it, and to change most of it, disconnect it; to use it, connect it; after FAILED, disconnect it first)")
	})
}

func TestKeyStoreManager_DisconnectCustomKeyStore(t *testing.T) {
	t.Parallel()

	t.Run("sends the ID", func(t *testing.T) {
		t.Parallel()
		f := newFake()
		require.NoError(t, kmskit.NewKeyStoreManager(f).DisconnectCustomKeyStore(t.Context(), fakeKeyStoreID))
		assert.Equal(t, &kms.DisconnectCustomKeyStoreInput{CustomKeyStoreId: aws.String(fakeKeyStoreID)}, sent[kms.DisconnectCustomKeyStoreInput](t, f))
	})
}

func TestKeyStoreManager_DeleteCustomKeyStore(t *testing.T) {
	t.Parallel()

	t.Run("sends the ID", func(t *testing.T) {
		t.Parallel()
		f := newFake()
		require.NoError(t, kmskit.NewKeyStoreManager(f).DeleteCustomKeyStore(t.Context(), fakeKeyStoreID))
		assert.Equal(t, &kms.DeleteCustomKeyStoreInput{CustomKeyStoreId: aws.String(fakeKeyStoreID)}, sent[kms.DeleteCustomKeyStoreInput](t, f))
	})

	t.Run("says what to do with its keys", func(t *testing.T) {
		t.Parallel()
		f := failing(&types.CustomKeyStoreHasCMKsException{Message: aws.String("not empty")})
		err := kmskit.NewKeyStoreManager(f).DeleteCustomKeyStore(t.Context(), fakeKeyStoreID)
		var hasKeys *types.CustomKeyStoreHasCMKsException
		require.ErrorAs(t, err, &hasKeys)
		assert.EqualError(t, err, "kmskit: DeleteCustomKeyStore"+aboutKeyStore+": CustomKeyStoreHasCMKsException: not empty "+
			"(delete its keys with KeyManager.ScheduleKeyDeletion, and wait until they are gone)")
	})
}

func TestKeyStoreManager_refusesEmptyIDs(t *testing.T) {
	t.Parallel()
	calls := map[string]func(context.Context, *kmskit.KeyStoreManager) error{
		"UpdateCustomKeyStore": func(ctx context.Context, m *kmskit.KeyStoreManager) error { return m.UpdateCustomKeyStore(ctx, "") },
		"ConnectCustomKeyStore": func(ctx context.Context, m *kmskit.KeyStoreManager) error {
			return m.ConnectCustomKeyStore(ctx, "")
		},
		"DisconnectCustomKeyStore": func(ctx context.Context, m *kmskit.KeyStoreManager) error {
			return m.DisconnectCustomKeyStore(ctx, "")
		},
		"DeleteCustomKeyStore": func(ctx context.Context, m *kmskit.KeyStoreManager) error { return m.DeleteCustomKeyStore(ctx, "") },
	}
	for name, call := range calls {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFake()
			assertRefused(t, f, call(t.Context(), kmskit.NewKeyStoreManager(f)), "kmskit: "+name+": "+noKeyStoreID)
		})
	}
}
