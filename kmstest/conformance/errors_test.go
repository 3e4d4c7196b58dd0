package conformance_test

import (
	"bufio"
	"flag"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/kmskit/kmskit/kmstest"
	"github.com/kmskit/kmskit/kmstest/conformance"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Reasons for which a client alone cannot reach an answer.
const (
	fault        = "KMS itself has to fail"
	needsCluster = "needs an AWS CloudHSM cluster"
	needsProxy   = "needs an external key store proxy"
	needsTime    = "takes days"
	noState      = "no key state refuses it"
	manyObjects  = "takes more keys, grants or key stores than a test may make"
	otherAnswer  = "KMS answers the same mistake with another error"
)

// faults are the errors that no client can bring about, in any operation.
var faults = []string{"DependencyTimeoutException", "KMSInternalException", "KeyUnavailableException"}

// unreachable has the other answers that a client alone cannot reach, with the
// reason: those to each operation by the error, "" for success.
var unreachable = map[string]map[string]string{
	"ConnectCustomKeyStore": {
		"": needsCluster, "CloudHsmClusterInvalidConfigurationException": needsCluster, "CloudHsmClusterNotActiveException": needsCluster,
		"CustomKeyStoreInvalidStateException": needsCluster,
	},
	"CreateAlias": {"InvalidAliasNameException": otherAnswer}, // ValidationException
	"CreateCustomKeyStore": {
		"": needsCluster, "CloudHsmClusterInUseException": needsCluster, "CloudHsmClusterInvalidConfigurationException": needsCluster,
		"CloudHsmClusterNotActiveException": needsCluster, "CustomKeyStoreNameInUseException": needsCluster,
		"IncorrectTrustAnchorException": needsCluster, "LimitExceededException": manyObjects,
		"XksProxyIncorrectAuthenticationCredentialException": needsProxy, "XksProxyInvalidConfigurationException": needsProxy,
		"XksProxyInvalidResponseException": needsProxy, "XksProxyUriEndpointInUseException": needsProxy,
		"XksProxyUriInUseException": needsProxy, "XksProxyVpcEndpointServiceInUseException": needsProxy,
		"XksProxyVpcEndpointServiceInvalidConfigurationException": needsProxy,
	},
	"CreateGrant": {"LimitExceededException": manyObjects},
	"CreateKey": {
		"CloudHsmClusterInvalidConfigurationException": needsCluster, "CustomKeyStoreInvalidStateException": needsCluster,
		"XksKeyAlreadyInUseException": needsProxy, "XksKeyInvalidConfigurationException": needsProxy, "XksKeyNotFoundException": needsProxy,
	},
	"DeleteAlias": {"KMSInvalidStateException": noState},
	"DeleteCustomKeyStore": {
		"": needsCluster, "CustomKeyStoreHasCMKsException": needsCluster, "CustomKeyStoreInvalidStateException": needsCluster,
	},
	"DeleteImportedKeyMaterial": {"KMSInvalidStateException": noState},
	"DisconnectCustomKeyStore":  {"": needsCluster, "CustomKeyStoreInvalidStateException": needsCluster},
	"EnableKey":                 {"LimitExceededException": manyObjects},
	"GenerateRandom":            {"CustomKeyStoreInvalidStateException": needsCluster},
	"GetKeyPolicy":              {"KMSInvalidStateException": noState},
	"GetKeyRotationStatus":      {"KMSInvalidStateException": noState, "UnsupportedOperationException": otherAnswer}, // that it is off
	"GetPublicKey":              {"InvalidKeyUsageException": otherAnswer},                                           // UnsupportedOperationException
	"ImportKeyMaterial":         {"ExpiredImportTokenException": needsTime},
	"ListGrants":                {"KMSInvalidStateException": noState},
	"ListKeyPolicies":           {"KMSInvalidStateException": noState},
	"ListKeyRotations":          {"KMSInvalidStateException": noState, "UnsupportedOperationException": otherAnswer}, // ValidationException
	"ListRetirableGrants":       {"NotFoundException": otherAnswer},                                                  // an empty list
	"PutKeyPolicy":              {"KMSInvalidStateException": noState, "UnsupportedOperationException": otherAnswer},
	"RetireGrant":               {"KMSInvalidStateException": noState},
	"RevokeGrant":               {"KMSInvalidStateException": noState},
	"RotateKeyOnDemand":         {"ConflictException": needsTime},
	"UpdateCustomKeyStore": {
		"": needsCluster, "CloudHsmClusterInvalidConfigurationException": needsCluster, "CloudHsmClusterNotActiveException": needsCluster,
		"CloudHsmClusterNotFoundException": needsCluster, "CloudHsmClusterNotRelatedException": needsCluster,
		"CustomKeyStoreInvalidStateException": needsCluster, "CustomKeyStoreNameInUseException": needsCluster,
		"XksProxyIncorrectAuthenticationCredentialException": needsProxy, "XksProxyInvalidConfigurationException": needsProxy,
		"XksProxyInvalidResponseException": needsProxy, "XksProxyUriEndpointInUseException": needsProxy,
		"XksProxyUriInUseException": needsProxy, "XksProxyUriUnreachableException": needsProxy,
		"XksProxyVpcEndpointServiceInUseException":                needsProxy,
		"XksProxyVpcEndpointServiceInvalidConfigurationException": needsProxy, "XksProxyVpcEndpointServiceNotFoundException": needsProxy,
	},
}

// Run is done on a KMS in this process, and every answer that the API Reference
// lists is then among those that KMS has given, or in the table above. A case
// that does not expect an answer fails, so all that were given are checked.
//
//nolint:tparallel // the subtest has to end first
func TestRun_everyListedAnswer(t *testing.T) {
	t.Parallel()
	r := &recorder{pairs: map[pair]int{}}
	srv := kmstest.New(kmstest.WithQuotas(kmstest.DefaultQuotas()))
	done := t.Run("cases", func(t *testing.T) {
		conformance.Run(t, func(testing.TB) *kms.Client {
			return srv.Client(func(o *kms.Options) { r.HTTPClient, o.HTTPClient = o.HTTPClient, r })
		})
	})
	leavesNothing(t, srv)
	if !done || strings.Contains(flag.Lookup("test.run").Value.String(), "/") {
		return // Not all cases have run.
	}
	for operation, codes := range listedErrors(t) {
		for _, code := range append(codes, "") {
			reason := unreachable[operation][code]
			if slices.Contains(faults, code) {
				reason = fault
			}
			switch answers := r.pairs[pair{operation, code}]; {
			case answers == 0 && reason == "":
				t.Errorf("%s: no case makes KMS answer %q", operation, code)
			case answers > 0 && reason != "":
				t.Errorf("%s: KMS has answered %q, although %s", operation, code, reason)
			}
		}
	}
	assert.Less(t, r.pairs[pair{"CreateKey", ""}], mostKeys, "keys, of which the package's documentation tells the costs")
	total := 0
	for _, n := range r.pairs {
		total += n
	}
	assert.Less(t, total, mostRequests, "requests, likewise")
}

// leavesNothing checks that all keys wait for their deletion, and have no aliases,
// but for the one that AWS manages.
func leavesNothing(t *testing.T, srv *kmstest.Server) {
	t.Helper()
	for _, region := range []string{"us-east-1", "us-west-2"} {
		client := srv.Client(func(o *kms.Options) { o.Region = region })
		aliases, err := client.ListAliases(t.Context(), &kms.ListAliasesInput{})
		require.NoError(t, err)
		for _, a := range aliases.Aliases {
			assert.Equal(t, "alias/aws/s3", *a.AliasName, "an alias in %s", region)
		}
		for p := kms.NewListKeysPaginator(client, &kms.ListKeysInput{}); p.HasMorePages(); {
			page, err := p.NextPage(t.Context())
			require.NoError(t, err)
			for _, k := range page.Keys {
				out, err := client.DescribeKey(t.Context(), &kms.DescribeKeyInput{KeyId: k.KeyArn})
				// One may not be described, for its policy.
				if err == nil && out.KeyMetadata.KeyManager == types.KeyManagerTypeCustomer {
					assert.Contains(t, out.KeyMetadata.KeyState, "Deletion", "%s in %s", *k.KeyArn, region)
				}
			}
		}
	}
}

// What the package's documentation promises.
const (
	mostKeys     = 200
	mostRequests = 3000
)

// The SDK knows operations and errors, but no longer which belong together. So
// that is written down, and must have all that the SDK has.
func TestListedErrors_areThoseOfTheSDK(t *testing.T) {
	t.Parallel()
	listed := listedErrors(t)
	client := reflect.TypeFor[*kms.Client]()
	for method := range client.Methods() {
		if name := method.Name; name != "Options" {
			assert.Contains(t, listed, name, "an operation")
		}
	}
	assert.Len(t, listed, client.NumMethod()-1)

	codes := map[string]bool{"KMSInternalException": true}
	for _, list := range listed {
		for _, code := range list {
			codes[code] = true
		}
	}
	for name := range kms.TypeRegistry.Entries {
		if _, code, ok := strings.Cut(name, "#"); ok && strings.HasSuffix(code, "Exception") {
			assert.Contains(t, codes, code, "an error")
			delete(codes, code)
		}
	}
	assert.Empty(t, codes, "errors that the SDK has not")
	for operation, reasons := range unreachable {
		for code := range reasons {
			assert.True(t, code == "" || slices.Contains(listed[operation], code), "%s does not list %s", operation, code)
		}
	}
}

// listedErrors returns the errors that the API Reference lists, by operation.
func listedErrors(t testing.TB) map[string][]string {
	t.Helper()
	f, err := os.Open("testdata/errors.txt")
	require.NoError(t, err)
	defer func() { _ = f.Close() }()
	listed := map[string][]string{}
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if operation, codes, ok := strings.Cut(lines.Text(), ":"); ok && !strings.HasPrefix(operation, "#") {
			listed[operation] = strings.Fields(codes)
		}
	}
	return listed
}
