package kmskit_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kmskit/kmskit"
	"github.com/kmskit/kmskit/kmstest"
)

// disturb makes a KMS fail as it does on a bad day, by the Server's seed, before
// and after operations have their effect.
func disturb(srv *kmstest.Server) (all []*kmstest.Injection) {
	for _, f := range []kmstest.Fault{
		{Probability: 0.15, Err: kmstest.Throttling},
		{Probability: 0.05, Err: kmstest.Internal},
		{Probability: 0.05, Err: kmstest.ConnectionReset},
		{Probability: 0.05, Err: kmstest.Internal, Late: true},
		{Probability: 0.05, Err: kmstest.ConnectionReset, Late: true},
		{Probability: 0.03, Err: kmstest.CutOff},
	} {
		all = append(all, srv.Inject(f))
	}
	return all
}

// explained reports whether an error says what went wrong: what KMS answered, or
// that the connection failed.
func explained(err error) bool {
	_, answered := errors.AsType[smithy.APIError](err)
	_, failed := errors.AsType[*smithy.OperationError](err)
	return answered || failed
}

func TestEncryptor_underFaults(t *testing.T) {
	t.Parallel()

	t.Run("1000 operations come right or fail clearly, with the SDK's standard retryer", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			const seed = 1
			t.Logf("seed %d", seed)
			srv := kmstest.New(kmstest.WithSeed(seed))
			succeeded := encryptUnderFaults(t, srv, srv.Client(), 1000, seed)
			// Three attempts fail all in about 1 of 25 cases, and what is cut off is not tried again.
			assert.Greater(t, succeeded, 850)
			assert.Less(t, succeeded, 1000)
		})
	})

	t.Run("so they do through a port", func(t *testing.T) {
		t.Parallel()
		const seed = 2
		t.Logf("seed %d", seed)
		srv := kmstest.New(kmstest.WithSeed(seed))
		port := httptest.NewServer(srv)
		t.Cleanup(port.Close)
		client := srv.Client(func(o *kms.Options) {
			o.BaseEndpoint = &port.URL
			o.HTTPClient = awshttp.NewBuildableClient()
			o.Retryer = retry.NewStandard(func(o *retry.StandardOptions) { o.MaxBackoff = time.Millisecond })
		})
		assert.Greater(t, encryptUnderFaults(t, srv, client, 200, seed), 160)
	})
}

// encryptUnderFaults encrypts, re-encrypts and decrypts, that many operations in
// all, and returns how many succeeded.
func encryptUnderFaults(t *testing.T, srv *kmstest.Server, client *kms.Client, operations int, seed uint64) (succeeded int) {
	t.Helper()
	keys := kmskit.NewKeyManager(srv.API())
	var arns [2]string
	for i := range arns {
		key, err := keys.CreateKey(t.Context(), "")
		require.NoError(t, err)
		arns[i] = *key.Arn
	}
	injections := disturb(srv)
	enc := kmskit.NewEncryptor(client).WithEncryptionContext(map[string]string{"tenant": "blue"})
	r := rand.New(rand.NewPCG(seed, 0))
	sealed := map[string]struct {
		ciphertext []byte
		key        string
	}{}
	for i := range operations {
		text := fmt.Sprintf("message %d", r.IntN(i/2+1))
		s, known := sealed[text]
		var err error
		switch {
		case !known:
			s.key = arns[r.IntN(2)]
			s.ciphertext, err = enc.Encrypt(t.Context(), s.key, []byte(text))
		case r.IntN(3) == 0:
			from := s
			s.key = arns[r.IntN(2)]
			s.ciphertext, err = enc.ReEncrypt(t.Context(), from.key, from.ciphertext, s.key)
		default:
			var plaintext []byte
			if plaintext, err = enc.Decrypt(t.Context(), s.key, s.ciphertext); err == nil {
				require.Equal(t, text, string(plaintext))
			}
		}
		if err != nil {
			require.True(t, explained(err), "%v", err)
			continue
		}
		sealed[text] = s
		succeeded++
	}
	for _, i := range injections {
		assert.NotZero(t, i.Hits())
	}
	t.Logf("%d of %d operations succeeded", succeeded, operations)
	return succeeded
}

// What KMS does once, lost answers and the retries after them do once.
func TestRetries_applyNothingTwice(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx := t.Context()
		srv := kmstest.New()
		client, undisturbed := srv.Client(), srv.Client()
		key, err := kmskit.NewKeyManager(client).CreateKey(ctx, "")
		require.NoError(t, err)
		keyID := *key.Arn
		lose := func(operation string) {
			srv.Inject(kmstest.Fault{Operations: []string{operation}, Times: 1, Late: true, Err: kmstest.ConnectionReset})
		}
		grants := kmskit.NewGrantManager(client)
		decrypt := []types.GrantOperation{types.GrantOperationDecrypt}
		reader := "arn:aws:iam::111122223333:role/reader"
		countGrants := func() (n int) {
			for _, err := range kmskit.NewGrantManager(undisturbed).ListGrants(ctx, keyID) {
				require.NoError(t, err)
				n++
			}
			return n
		}

		lose("CreateGrant")
		grant, err := grants.CreateGrant(ctx, keyID, reader, decrypt, func(in *kms.CreateGrantInput) { in.Name = new("reader") })
		require.NoError(t, err)
		assert.Equal(t, 1, countGrants(), "a grant with a name is one")

		lose("CreateGrant")
		_, err = grants.CreateGrant(ctx, keyID, reader, decrypt)
		require.NoError(t, err)
		assert.Equal(t, 3, countGrants(), "a grant without one is as many as KMS was asked for")

		lose("RevokeGrant")
		err = grants.RevokeGrant(ctx, keyID, grant.ID)
		_, gone := errors.AsType[*types.NotFoundException](err)
		assert.True(t, gone, "%v", err)
		assert.Equal(t, 2, countGrants())

		lose("CreateAlias")
		err = kmskit.NewAliasManager(client).CreateAlias(ctx, "alias/a", keyID)
		_, exists := errors.AsType[*types.AlreadyExistsException](err)
		assert.True(t, exists, "%v", err)

		rotations := kmskit.NewRotationManager(client)
		lose("RotateKeyOnDemand")
		require.NoError(t, rotations.RotateKeyOnDemand(ctx, keyID))
		rotated := 0
		for _, err := range rotations.ListKeyRotations(ctx, keyID) {
			require.NoError(t, err)
			rotated++
		}
		assert.Equal(t, 2, rotated, "KMS rotates as often as it is asked to")

		lose("ScheduleKeyDeletion")
		_, err = kmskit.NewKeyManager(client).ScheduleKeyDeletion(ctx, keyID, 7)
		_, pending := errors.AsType[*types.KMSInvalidStateException](err)
		assert.True(t, pending, "%v", err)
	})
}
