package kmskit_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kmskit/kmskit"
	"github.com/kmskit/kmskit/kmstest"
)

// methodNamed returns one of the methods by its name.
func methodNamed(t *testing.T, name string) method {
	t.Helper()
	for _, m := range methods() {
		if m.name == name {
			return m
		}
	}
	require.Fail(t, "there is no method "+name)
	return method{}
}

const (
	hintCiphertext = "check that the ciphertext is whole and raw bytes, not base64 text, and that the encryption context is exactly the one it was encrypted with; for an RSA key, that the encryption algorithm is"
	hintOtherKey   = "the ciphertext belongs to another key; an alias may have moved since: decrypt with the key ARN that encrypted, and store that ARN beside the ciphertext, not the alias"
	hintNotFound   = "check the identifier, and that the client's Region and account are those of the key"
	hintDisabled   = "enable the key with KeyManager.EnableKey, or use the key that replaced it"
	hintState      = "KeyManager.DescribeKey tells the key's state"
	hintDeletion   = "KeyManager.CancelKeyDeletion and then EnableKey bring the key back"
	hintImport     = "the key has no key material, or it has expired: import the same material with MaterialImporter.ImportKeyMaterial"
	hintWait       = "this passes: KeyManager.WaitForState waits until the key is Enabled"
	hintConnect    = "the custom key store of the key is not connected: KeyStoreManager.ConnectCustomKeyStore connects it"
	hintUsage      = "KeyManager.DescribeKey tells what the key can do: its KeyUsage, KeySpec and algorithms"
	hintToken      = "use the token as CreateGrant returned it, with the key that the grant is for"
	hintPolicy     = "every principal must exist, and the policy must go on allowing you kms:PutKeyPolicy; only BypassPolicyLockoutSafetyCheck skips the latter"
	hintThrottled  = "the quota of requests for cryptographic operations is used up, which all callers of the account in this Region share, AWS services too: retry later, cache data keys, or ask AWS for a higher quota"
	hintPairs      = "the quota of requests for data key pairs of this spec is used up, for the account in this Region: retry later, make pairs in advance, or ask AWS for a higher quota"
	hintListing    = "the quota of ListKeys requests for the account in this Region is used up, or one key is managed too often: retry later, call less, or ask AWS for a higher quota"
	hintPasses     = "this passes: retry with back-off"
)

// inState is how KMS says that a key is in a state that does not do.
func inState(state string) *types.KMSInvalidStateException {
	return &types.KMSInvalidStateException{Message: aws.String("arn:aws:kms:us-east-1:111122223333:key/" + fakeKeyID + " is " + state + ".")}
}

// TestErrors_hints holds what each of KMS's codes makes an error say.
func TestErrors_hints(t *testing.T) {
	t.Parallel()
	text := aws.String("said KMS")
	rows := []struct {
		method string
		cause  smithy.APIError
		hint   string
	}{
		{"Decrypt", &types.InvalidCiphertextException{}, hintCiphertext},
		{"ReEncrypt", &types.InvalidCiphertextException{}, hintCiphertext},
		{"Decrypt", &types.IncorrectKeyException{Message: text}, hintOtherKey},
		{"ReEncrypt", &types.IncorrectKeyException{Message: text}, hintOtherKey},
		{"DescribeKey", &types.NotFoundException{Message: text}, hintNotFound},
		{"EnableKey", &types.NotFoundException{Message: text}, hintNotFound},
		{"GetPublicKey", &types.UnsupportedOperationException{}, "only asymmetric keys have a public key: KeyManager.DescribeKey tells the KeySpec"},
		{"ReplicateKey", &types.UnsupportedOperationException{Message: text}, ""},
		{"CreateGrant", &types.InvalidArnException{Message: text}, ""},
		{"UpdateAlias", &types.NotFoundException{Message: text}, hintNotFound},
		{"RetireGrant", &types.NotFoundException{Message: text}, hintNotFound},
		{"ListGrants", &types.NotFoundException{Message: text}, hintNotFound},
		{"Encrypt", &types.DisabledException{Message: text}, hintDisabled},
		{"CreateGrant", &types.DisabledException{Message: text}, hintDisabled},
		{"Encrypt", &types.KMSInvalidStateException{Message: text}, hintState},
		{"ScheduleKeyDeletion", &types.KMSInvalidStateException{Message: text}, hintState},
		{"Encrypt", inState("pending deletion"), hintDeletion},
		{"ScheduleKeyDeletion", inState("pending replica deletion"), hintDeletion},
		{"Decrypt", inState("pending import"), hintImport},
		{"Encrypt", inState("creating"), hintWait},
		{"UpdatePrimaryRegion", inState("updating"), hintWait},
		{"Encrypt", inState("unavailable"), hintConnect},
		{"Encrypt", &types.InvalidKeyUsageException{Message: text}, hintUsage},
		{"RetireGrant", &types.InvalidGrantTokenException{Message: text}, hintToken},
		{"GenerateDataKey", &types.InvalidGrantTokenException{Message: text}, hintToken},
		{"PutKeyPolicy", &types.MalformedPolicyDocumentException{Message: text}, hintPolicy},
		{"CreateKey", &types.MalformedPolicyDocumentException{Message: text}, hintPolicy},
		{"CreateKey", &types.MalformedPolicyDocumentException{}, "KMS says no more where the policy is not JSON: ParsePolicyDocument says where it goes wrong"},
		{"CreateKey", &types.LimitExceededException{Message: text}, "an account may hold 100,000 keys in a Region unless AWS raised the quota; a key policy may have 32,768 bytes"},
		{"CreateAlias", &types.LimitExceededException{Message: text}, "a key may have 50 aliases"},
		{"UpdateAlias", &types.LimitExceededException{Message: text}, "a key may have 50 aliases"},
		{"CreateGrant", &types.LimitExceededException{Message: text}, "a key may have 50,000 grants: retire those that are no longer used"},
		{"PutKeyPolicy", &types.LimitExceededException{Message: text}, "a key policy may have 32,768 bytes"},
		{"Decrypt", &types.LimitExceededException{Message: text}, ""},
		{"Encrypt", &smithy.GenericAPIError{Code: "ThrottlingException", Message: "said KMS"}, hintThrottled},
		{"GenerateDataKey", &smithy.GenericAPIError{Code: "ThrottlingException", Message: "said KMS"}, hintThrottled},
		{"GenerateDataKeyPair", &smithy.GenericAPIError{Code: "ThrottlingException", Message: "said KMS"}, hintPairs},
		{"ListKeys", &smithy.GenericAPIError{Code: "ThrottlingException", Message: "said KMS"}, hintListing},
		{"Encrypt", &smithy.GenericAPIError{Code: "ExpiredTokenException", Message: "said KMS"}, "the session that the credentials are of has ended: get new ones, or give the client a provider that does, as config.LoadDefaultConfig sets one"},
		{"Encrypt", &smithy.GenericAPIError{Code: "UnrecognizedClientException", Message: "said KMS"}, "AWS does not know the access key: check that it was not deleted, that its session token came along, and that it is of the Region's partition"},
		{"Encrypt", &smithy.GenericAPIError{Code: "InvalidSignatureException", Message: "said KMS"}, "check the secret access key, the clock, and that no proxy changes requests"},
		{"Encrypt", &types.KMSInternalException{Message: text}, hintPasses},
		{"CreateAlias", &types.DependencyTimeoutException{Message: text}, hintPasses},
		{"Decrypt", &types.KeyUnavailableException{Message: text}, hintPasses},
		{"CreateAlias", &types.AlreadyExistsException{Message: text}, ""},
		{"Encrypt", &smithy.GenericAPIError{Code: "AccessDeniedException", Message: "said KMS"}, ""},
		{"Encrypt", &types.DryRunOperationException{Message: text}, ""},
	}
	for _, r := range rows {
		t.Run(r.cause.ErrorCode()+" from "+r.method, func(t *testing.T) {
			t.Parallel()
			m := methodNamed(t, r.method)
			// As the SDK returns it: below the operation and the HTTP response.
			sdk := &smithy.OperationError{
				ServiceID: "KMS", OperationName: m.action,
				Err: &smithyhttp.ResponseError{
					Response: &smithyhttp.Response{Response: &http.Response{StatusCode: http.StatusBadRequest}},
					Err:      r.cause,
				},
			}
			err := m.call(t.Context(), failing(sdk))

			want := "kmskit: " + m.action + m.subject + ": " + sdk.Error()
			if r.hint != "" {
				want = strings.TrimSuffix(want, " ") + " (" + r.hint + ")"
			}
			require.EqualError(t, err, want)
			require.ErrorIs(t, err, sdk)
			api, ok := errors.AsType[smithy.APIError](err)
			require.True(t, ok)
			assert.Same(t, r.cause, api)
			assert.NotErrorIs(t, err, kmskit.ErrInvalidInput)
			assert.NotErrorIs(t, err, kmskit.ErrIncompleteOutput)
		})
	}
}

// TestErrors_aliasNotTaken holds the hint for an alias where KMS takes none, which
// KMS calls an invalid ARN, and other servers not found.
func TestErrors_aliasNotTaken(t *testing.T) {
	t.Parallel()
	const aliasARN = "arn:aws:kms:us-east-2:111122223333:alias/orders"
	notFound := &types.NotFoundException{Message: aws.String("said KMS")}
	takesNone := func(action string) string {
		return action + " takes a key ID or key ARN, not an alias: DescribeKey tells the key ARN behind an alias"
	}
	rows := []struct {
		name string
		call func(context.Context, *fakeKMS) error
		hint string
	}{
		{"EnableKey by alias", func(ctx context.Context, f *fakeKMS) error {
			return kmskit.NewKeyManager(f).EnableKey(ctx, fakeAlias)
		}, takesNone("EnableKey")},
		{"ScheduleKeyDeletion by alias ARN", func(ctx context.Context, f *fakeKMS) error {
			_, err := kmskit.NewKeyManager(f).ScheduleKeyDeletion(ctx, aliasARN, 7)
			return err
		}, takesNone("ScheduleKeyDeletion")},
		{"GetKeyPolicy by alias", func(ctx context.Context, f *fakeKMS) error {
			_, err := kmskit.NewPolicyManager(f).GetKeyPolicy(ctx, fakeAlias)
			return err
		}, takesNone("GetKeyPolicy")},
		{"ListGrants by alias", func(ctx context.Context, f *fakeKMS) error {
			return drain(kmskit.NewGrantManager(f).ListGrants(ctx, fakeAlias))
		}, takesNone("ListGrants")},
		{"ListAliases of an alias", func(ctx context.Context, f *fakeKMS) error {
			return drain(kmskit.NewAliasManager(f).ListAliases(ctx, func(in *kms.ListAliasesInput) { in.KeyId = aws.String(fakeAlias) }))
		}, takesNone("ListAliases")},
		{"CreateAlias of an alias", func(ctx context.Context, f *fakeKMS) error {
			return kmskit.NewAliasManager(f).CreateAlias(ctx, fakeAlias, "alias/other")
		}, takesNone("CreateAlias")},
		{"CreateGrant to a role under a path of that name", func(ctx context.Context, f *fakeKMS) error {
			_, err := kmskit.NewGrantManager(f).CreateGrant(ctx, fakeKeyID, "arn:aws:iam::111122223333:role/alias/reader", []types.GrantOperation{types.GrantOperationDecrypt})
			return err
		}, hintNotFound},
		{"DescribeKey by alias", func(ctx context.Context, f *fakeKMS) error {
			_, err := kmskit.NewKeyManager(f).DescribeKey(ctx, fakeAlias)
			return err
		}, hintNotFound},
		{"Encrypt by alias", func(ctx context.Context, f *fakeKMS) error {
			_, err := kmskit.NewEncryptor(f).Encrypt(ctx, fakeAlias, []byte("plain"))
			return err
		}, hintNotFound},
		{"ReEncrypt by alias", func(ctx context.Context, f *fakeKMS) error {
			_, err := kmskit.NewEncryptor(f).ReEncrypt(ctx, fakeAlias, []byte("sealed"), aliasARN)
			return err
		}, hintNotFound},
		{"DeleteAlias", func(ctx context.Context, f *fakeKMS) error {
			return kmskit.NewAliasManager(f).DeleteAlias(ctx, fakeAlias)
		}, hintNotFound},
	}
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			t.Parallel()
			err := r.call(t.Context(), failing(notFound))
			require.ErrorIs(t, err, notFound)
			_, hint, _ := strings.Cut(err.Error(), "said KMS ")
			assert.Equal(t, "("+r.hint+")", hint)
			if r.hint == hintNotFound {
				return
			}
			err = r.call(t.Context(), failing(&types.InvalidArnException{Message: aws.String("said KMS")}))
			_, hint, _ = strings.Cut(err.Error(), "said KMS ")
			assert.Equal(t, "("+r.hint+")", hint)
		})
	}

	t.Run("as KMS says it", func(t *testing.T) {
		t.Parallel()
		client := kmstest.New().Client()
		_, err := kmskit.EnsureKey(t.Context(), client, fakeAlias, "orders")
		require.NoError(t, err)
		err = kmskit.NewRotationManager(client).EnableKeyRotation(t.Context(), fakeAlias)
		assert.ErrorContains(t, err, "("+takesNone("EnableKeyRotation")+")")
	})
}

// TestErrors_form holds the hint for a name that no key can have.
func TestErrors_form(t *testing.T) {
	t.Parallel()
	client := kmstest.New().Client()
	_, err := kmskit.NewEncryptor(client).Encrypt(t.Context(), "orders", []byte("plain"))
	require.ErrorContains(t, err, `("orders" is no key: give a key ID, a key ARN, an alias name (alias/...) or an alias ARN)`)
	err = kmskit.NewKeyManager(client).EnableKey(t.Context(), "orders")
	assert.ErrorContains(t, err, `("orders" is no key: give a key ID or a key ARN)`)
}

// TestErrors_region holds that a call which went to another Region than its key's
// is told so, by the request that KMS answered.
func TestErrors_region(t *testing.T) {
	t.Parallel()
	srv := kmstest.New()
	key, err := kmskit.NewKeyManager(srv.Client()).CreateKey(t.Context(), "orders")
	require.NoError(t, err)
	elsewhere := srv.Client(func(o *kms.Options) { o.Region = "eu-central-1" })
	const hint = "(the ARN is of us-east-1, but the call went to eu-central-1: use a client of the key's Region)"

	t.Run("by a key ARN", func(t *testing.T) {
		t.Parallel()
		_, err := kmskit.NewKeyManager(elsewhere).DescribeKey(t.Context(), *key.Arn)
		assert.ErrorContains(t, err, hint)
	})

	t.Run("by an alias ARN", func(t *testing.T) {
		t.Parallel()
		_, err := kmskit.NewEncryptor(elsewhere).Encrypt(t.Context(), "arn:aws:kms:us-east-1:111122223333:alias/orders", []byte("plain"))
		assert.ErrorContains(t, err, hint)
	})

	t.Run("by the second key of a call", func(t *testing.T) {
		t.Parallel()
		there, err := kmskit.NewKeyManager(elsewhere).CreateKey(t.Context(), "orders")
		require.NoError(t, err)
		sealed, err := kmskit.NewEncryptor(elsewhere).Encrypt(t.Context(), *there.Arn, []byte("plain"))
		require.NoError(t, err)
		_, err = kmskit.NewEncryptor(elsewhere).ReEncrypt(t.Context(), *there.Arn, sealed, *key.Arn)
		assert.ErrorContains(t, err, hint)
	})

	t.Run("behind a decorator of the client", func(t *testing.T) {
		t.Parallel()
		_, err := kmskit.NewKeyManager(struct{ kmskit.KeyAPI }{elsewhere}).DescribeKey(t.Context(), *key.Arn)
		assert.ErrorContains(t, err, hint)
	})

	t.Run("by a key ARN of another partition", func(t *testing.T) {
		t.Parallel()
		_, err := kmskit.NewKeyManager(srv.Client()).DescribeKey(t.Context(), "arn:aws-cn:kms:cn-north-1:111122223333:key/"+fakeKeyID)
		assert.ErrorContains(t, err, "(the ARN is of cn-north-1, but the call went to us-east-1: use a client of the key's Region)")
	})

	t.Run("over the network", func(t *testing.T) {
		t.Parallel()
		server := httptest.NewServer(srv)
		defer server.Close()
		client := defaultClient(srv, nil, func(o *kms.Options) { o.Region, o.BaseEndpoint = "eu-central-1", &server.URL })
		_, err := kmskit.NewKeyManager(client).DescribeKey(t.Context(), *key.Arn)
		assert.ErrorContains(t, err, hint)
	})

	t.Run("but not of a key that is absent in its Region", func(t *testing.T) {
		t.Parallel()
		_, err := kmskit.NewKeyManager(srv.Client()).DescribeKey(t.Context(), strings.Replace(*key.Arn, *key.KeyId, fakeKeyID, 1))
		assert.ErrorContains(t, err, "("+hintNotFound+")")
	})

	t.Run("nor of a key that is named without an ARN", func(t *testing.T) {
		t.Parallel()
		_, err := kmskit.NewKeyManager(elsewhere).DescribeKey(t.Context(), *key.KeyId)
		assert.ErrorContains(t, err, "("+hintNotFound+")")
	})
}

// TestErrors_noRegion holds the hint for a client without a Region. With an
// endpoint of its own the SDK lets it sign for none, and AWS speaks of a signature.
func TestErrors_noRegion(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(kmstest.New())
	defer server.Close()
	client := defaultClient(kmstest.New(), nil, func(o *kms.Options) { o.Region, o.BaseEndpoint = "", &server.URL })
	_, err := kmskit.NewKeyManager(client).DescribeKey(t.Context(), fakeKeyID)
	require.Equal(t, "InvalidSignatureException", kmskit.ErrorCode(err))
	assert.ErrorContains(t, err, "(the client has no Region, or one that AWS does not have: set it by AWS_REGION, a profile or config.WithRegion)")
}

// TestErrors_credentials holds the hint for a client that has none.
func TestErrors_credentials(t *testing.T) {
	t.Parallel()
	client := kmstest.New().Client(func(o *kms.Options) { o.Credentials = aws.AnonymousCredentials{} })
	_, err := kmskit.NewKeyManager(client).DescribeKey(t.Context(), fakeKeyID)
	assert.ErrorContains(t, err, "(the request is not signed: give the client credentials)")
}

func TestErrors_names(t *testing.T) {
	t.Parallel()

	t.Run("are those that options left, not the arguments", func(t *testing.T) {
		t.Parallel()
		f := failing(errors.New("connection reset"))
		_, err := kmskit.NewEncryptor(f).Encrypt(
			t.Context(), fakeKeyID, []byte("plain"),
			func(in *kms.EncryptInput) { in.KeyId = aws.String(fakeOtherKeyID) },
		)
		assert.EqualError(t, err, `kmskit: Encrypt (key "`+fakeOtherKeyID+`"): connection reset`)
	})

	t.Run("leave out what is absent", func(t *testing.T) {
		t.Parallel()
		f := failing(errors.New("connection reset"))
		_, err := kmskit.NewGrantManager(f).CreateGrant(
			t.Context(), fakeKeyID, "", []types.GrantOperation{types.GrantOperationDecrypt},
			func(in *kms.CreateGrantInput) { in.GranteeServicePrincipal = aws.String("logs.amazonaws.com") },
		)
		assert.EqualError(t, err, "kmskit: CreateGrant"+aboutKey+": connection reset")
	})

	t.Run("are quoted, so that line breaks cannot forge a log entry", func(t *testing.T) {
		t.Parallel()
		f := failing(errors.New("connection reset"))
		err := kmskit.NewKeyManager(f).EnableKey(t.Context(), "key\nlevel=ERROR")
		assert.EqualError(t, err, `kmskit: EnableKey (key "key\nlevel=ERROR"): connection reset`)
	})

	t.Run("leave the grant token out", func(t *testing.T) {
		t.Parallel()
		f := failing(&types.InvalidGrantTokenException{})
		err := kmskit.NewGrantManager(f).RetireGrant(t.Context(), fakeGrantToken)
		require.Error(t, err)
		assert.NotContains(t, err.Error(), fakeGrantToken)
	})
}

func TestErrors_areApart(t *testing.T) {
	t.Parallel()
	require.NotErrorIs(t, kmskit.ErrInvalidInput, kmskit.ErrIncompleteOutput)
	assert.NotErrorIs(t, kmskit.ErrIncompleteOutput, kmskit.ErrInvalidInput)
}

func TestErrorCode(t *testing.T) {
	t.Parallel()
	rows := []struct {
		name string
		err  error
		code string
	}{
		{"is that of a type of the SDK, below the wraps", fmt.Errorf("failed: %w", &types.NotFoundException{}), "NotFoundException"},
		{"is that of an error without a type", fmt.Errorf("failed: %w", &smithy.GenericAPIError{Code: "AccessDeniedException"}), "AccessDeniedException"},
		{"is that which the service sent in place of the type's", &types.NotFoundException{ErrorCodeOverride: aws.String("Gone")}, "Gone"},
		{"is empty for other errors", context.Canceled, ""},
		{"is empty for input that was refused", kmskit.ErrInvalidInput, ""},
		{"is empty for no error", nil, ""},
	}
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, r.code, kmskit.ErrorCode(r.err))
		})
	}
}

func TestCheckDryRun(t *testing.T) {
	t.Parallel()
	dryRun := func(in *kms.EncryptInput) { in.DryRun = aws.Bool(true) }
	encrypt := func(t *testing.T, f *fakeKMS) error {
		t.Helper()
		_, err := kmskit.NewEncryptor(f).Encrypt(t.Context(), fakeKeyID, []byte("plain"), dryRun)
		return err
	}

	t.Run("turns the exception of a dry run into success", func(t *testing.T) {
		t.Parallel()
		assert.NoError(t, kmskit.CheckDryRun(encrypt(t, failing(&types.DryRunOperationException{}))))
	})

	t.Run("passes any other error as it is", func(t *testing.T) {
		t.Parallel()
		err := encrypt(t, failing(&smithy.GenericAPIError{Code: "AccessDeniedException"}))
		require.Error(t, err)
		assert.Equal(t, err, kmskit.CheckDryRun(err))
	})

	t.Run("reports a call that was carried out", func(t *testing.T) {
		t.Parallel()
		assert.ErrorIs(t, kmskit.CheckDryRun(encrypt(t, newFake())), kmskit.ErrNotDryRun)
	})
}

// roundTripper answers HTTP requests without a network.
type roundTripper func(*http.Request) (*http.Response, error)

func (r roundTripper) RoundTrip(req *http.Request) (*http.Response, error) { return r(req) }

// clientOver returns the SDK's client over a transport of the test.
func clientOver(transport http.RoundTripper) *kms.Client {
	return kms.New(kms.Options{
		Region: "us-east-2",
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "AKID", SecretAccessKey: "SECRET"}, nil
		}),
		HTTPClient: &http.Client{Transport: transport},
		Retryer:    aws.NopRetryer{},
	})
}

// refusing returns a client of a KMS that refuses everything with this error.
func refusing(status int, code, message string) *kms.Client {
	return clientOver(roundTripper(func(*http.Request) (*http.Response, error) {
		return &http.Response{
			StatusCode: status,
			Header:     http.Header{"Content-Type": {"application/x-amz-json-1.1"}, "X-Amzn-Requestid": {"11112222-3333-4444-5555-666677778888"}},
			Body:       io.NopCloser(strings.NewReader(fmt.Sprintf(`{"__type":%q,"message":%q}`, code, message))),
		}, nil
	}))
}

// TestErrors_throughTheClient holds the wrap around what the SDK really returns.
func TestErrors_throughTheClient(t *testing.T) {
	t.Parallel()

	t.Run("finds the SDK's type and keeps its text", func(t *testing.T) {
		t.Parallel()
		client := refusing(http.StatusBadRequest, "DisabledException", fakeKeyARN+" is disabled.")
		_, err := kmskit.NewEncryptor(client).Encrypt(t.Context(), fakeKeyID, []byte("plain"))
		disabled, ok := errors.AsType[*types.DisabledException](err)
		require.True(t, ok)
		assert.Equal(t, fakeKeyARN+" is disabled.", disabled.ErrorMessage())
		assert.EqualError(t, err, "kmskit: Encrypt"+aboutKey+": "+
			"operation error KMS: Encrypt, https response error StatusCode: 400, RequestID: 11112222-3333-4444-5555-666677778888, "+
			"DisabledException: "+fakeKeyARN+" is disabled. ("+hintDisabled+")")
	})

	t.Run("finds a code that is not a type", func(t *testing.T) {
		t.Parallel()
		client := refusing(http.StatusBadRequest, "ThrottlingException", "Rate exceeded")
		err := drain(kmskit.NewKeyManager(client).ListKeys(t.Context()))
		api, ok := errors.AsType[smithy.APIError](err)
		require.True(t, ok)
		assert.Equal(t, "ThrottlingException", api.ErrorCode())
		assert.ErrorContains(t, err, "Rate exceeded ("+hintListing+")")
	})

	t.Run("passes the context's errors", func(t *testing.T) {
		t.Parallel()
		client := clientOver(roundTripper(func(req *http.Request) (*http.Response, error) {
			return nil, req.Context().Err()
		}))
		canceled, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := kmskit.NewEncryptor(client).Encrypt(canceled, fakeKeyID, []byte("plain"))
		assert.ErrorIs(t, err, context.Canceled)
		assert.ErrorIs(t, drain(kmskit.NewKeyManager(client).ListKeys(canceled)), context.Canceled)
	})
}
