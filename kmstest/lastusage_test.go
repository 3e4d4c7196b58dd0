package kmstest_test

import (
	"context"
	"crypto/sha256"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/aws/smithy-go/middleware"
	"github.com/kmskit/kmskit"
	"github.com/kmskit/kmskit/kmstest"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const uuidForm = `^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`

// lastUsage returns the last use of a key, as its account sees it.
func lastUsage(t testing.TB, c caller, k *types.KeyMetadata) *types.KeyLastUsageData {
	t.Helper()
	out, err := c.GetKeyLastUsage(t.Context(), &kms.GetKeyLastUsageInput{KeyId: k.Arn})
	require.NoError(t, err)
	return out.KeyLastUsage
}

func TestGetKeyLastUsage(t *testing.T) {
	t.Parallel()
	t.Run("tells of the last use", func(t *testing.T) {
		t.Parallel()
		everyDepth(t, func(t *testing.T, srv *kmstest.Server, c caller) {
			k := newKey(t, c)
			srv.Advance(time.Hour)
			encrypt(t, c, k, "x", nil)
			srv.Advance(time.Hour)
			before := srv.Now()
			ciphertext := encrypt(t, c, k, "x", nil)
			out, err := c.GetKeyLastUsage(t.Context(), &kms.GetKeyLastUsageInput{KeyId: k.KeyId})
			require.NoError(t, err)
			assert.Equal(t, *k.KeyId, *out.KeyId)
			assert.Equal(t, *k.CreationDate, *out.KeyCreationDate)
			assert.Equal(t, *k.CreationDate, *out.TrackingStartDate)
			assert.Equal(t, types.KeyLastUsageTrackingOperationEncrypt, out.KeyLastUsage.Operation)
			assert.WithinRange(t, *out.KeyLastUsage.Timestamp, before, srv.Now())
			assert.Regexp(t, uuidForm, *out.KeyLastUsage.KmsRequestId)
			assert.Regexp(t, uuidForm, *out.KeyLastUsage.CloudTrailEventId)
			assert.NotEqual(t, *out.KeyLastUsage.KmsRequestId, *out.KeyLastUsage.CloudTrailEventId)

			_, err = c.Decrypt(t.Context(), &kms.DecryptInput{CiphertextBlob: ciphertext})
			require.NoError(t, err)
			assert.Equal(t, types.KeyLastUsageTrackingOperationDecrypt, lastUsage(t, c, k).Operation)
		})
	})

	t.Run("is empty for a key that nobody has used", func(t *testing.T) {
		t.Parallel()
		srv := kmstest.New()
		c := srv.Client()
		k := newKey(t, c)
		assert.Equal(t, &types.KeyLastUsageData{}, lastUsage(t, c, k))
		assert.Contains(t, post(srv, "TrentService.GetKeyLastUsage", `{"KeyId":"`+*k.KeyId+`"}`).Body.String(), `"KeyLastUsage":{}`)
	})

	t.Run("names the request that the client was told of", func(t *testing.T) {
		t.Parallel()
		c := kmstest.New().Client()
		k := newKey(t, c)
		var told string
		_, err := c.Encrypt(t.Context(), &kms.EncryptInput{KeyId: k.KeyId, Plaintext: []byte("x")}, func(o *kms.Options) {
			o.APIOptions = append(o.APIOptions, func(s *middleware.Stack) error {
				return s.Initialize.Add(middleware.InitializeMiddlewareFunc("requestID", func(
					ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler,
				) (middleware.InitializeOutput, middleware.Metadata, error) {
					out, metadata, err := next.HandleInitialize(ctx, in)
					told, _ = awsmiddleware.GetRequestIDMetadata(metadata)
					return out, metadata, err
				}), middleware.Before)
			})
		})
		require.NoError(t, err)
		require.NotEmpty(t, told)
		assert.Equal(t, told, *lastUsage(t, c, k).KmsRequestId)
	})

	t.Run("counts what succeeds, and only cryptography", func(t *testing.T) {
		t.Parallel()
		srv := kmstest.New()
		c := srv.API()
		k, another := newKey(t, c), newKey(t, c)
		newAlias(t, c, "alias/orders", k)
		ciphertext := encrypt(t, c, another, "x", nil)
		in := &kms.EncryptInput{KeyId: k.KeyId, Plaintext: []byte("x")}

		_, err := srv.Principal(role(account, "nobody")).API().Encrypt(t.Context(), in)
		refusedWith(t, err, "AccessDeniedException")
		_, err = c.Encrypt(t.Context(), &kms.EncryptInput{KeyId: k.KeyId, Plaintext: []byte("x"), DryRun: aws.Bool(true)})
		refusedWith(t, err, "DryRunOperationException")
		_, err = c.Decrypt(t.Context(), &kms.DecryptInput{KeyId: k.KeyId, CiphertextBlob: ciphertext})
		refusedWith(t, err, "IncorrectKeyException")
		_, err = c.ReEncrypt(t.Context(), &kms.ReEncryptInput{
			CiphertextBlob: ciphertext, SourceEncryptionContext: map[string]string{"a": "b"}, DestinationKeyId: k.KeyId,
		})
		refusedWith(t, err, "InvalidCiphertextException")
		_, err = c.DisableKey(t.Context(), &kms.DisableKeyInput{KeyId: k.KeyId})
		require.NoError(t, err)
		_, err = c.Encrypt(t.Context(), in)
		refusedWith(t, err, "DisabledException")
		_, err = c.EnableKey(t.Context(), &kms.EnableKeyInput{KeyId: k.KeyId})
		require.NoError(t, err)
		_, err = c.CreateGrant(t.Context(), newGrant(k))
		require.NoError(t, err)
		tag(t, c, k, "a=b")
		assert.Equal(t, &types.KeyLastUsageData{}, lastUsage(t, c, k))

		_, err = c.Encrypt(t.Context(), &kms.EncryptInput{KeyId: str("alias/orders"), Plaintext: []byte("x")})
		require.NoError(t, err)
		assert.Equal(t, types.KeyLastUsageTrackingOperationEncrypt, lastUsage(t, c, k).Operation)
	})

	t.Run("counts both keys of ReEncrypt, each in its account", func(t *testing.T) {
		t.Parallel()
		srv := kmstest.New()
		foreign := srv.Principal("arn:aws:iam::"+other+":user/ana", allow("kms:*")).API()
		source := newKey(t, srv.API())
		destination := newKey(t, foreign, func(in *kms.CreateKeyInput) {
			in.Policy = str(policyFor("arn:aws:iam::"+other+":root", "arn:aws:iam::"+account+":root"))
		})
		_, err := srv.API().ReEncrypt(t.Context(), &kms.ReEncryptInput{
			CiphertextBlob: encrypt(t, srv.API(), source, "x", nil), DestinationKeyId: destination.Arn,
		})
		require.NoError(t, err)
		from, to := lastUsage(t, srv.API(), source), lastUsage(t, foreign, destination)
		assert.Equal(t, types.KeyLastUsageTrackingOperationReEncrypt, from.Operation)
		assert.Equal(t, types.KeyLastUsageTrackingOperationReEncrypt, to.Operation)
		assert.Equal(t, *from.KmsRequestId, *to.KmsRequestId)
		assert.NotEqual(t, *from.CloudTrailEventId, *to.CloudTrailEventId)
	})

	t.Run("counts every operation that KMS tracks", func(t *testing.T) {
		t.Parallel()
		c := kmstest.New().API()
		digest := sha256.Sum256(nil)
		symmetric := newKey(t, c)
		signer := newKey(t, c, ofSpec(types.KeySpecEccNistP256, types.KeyUsageTypeSignVerify))
		mac := newKey(t, c, ofSpec(types.KeySpecHmac256, types.KeyUsageTypeGenerateVerifyMac))
		agreement := newKey(t, c, ofSpec(types.KeySpecEccNistP256, types.KeyUsageTypeKeyAgreement))
		kem := newKey(t, c, ofSpec(types.KeySpecMlKem768, types.KeyUsageTypeEncapsulateDecapsulate))
		ctx := t.Context()
		var signature, code, capsule, peer, ciphertext []byte
		for _, use := range []struct {
			operation types.KeyLastUsageTrackingOperation
			key       *types.KeyMetadata
			run       func() error
		}{
			{"Encrypt", symmetric, func() error {
				out, err := c.Encrypt(ctx, &kms.EncryptInput{KeyId: symmetric.KeyId, Plaintext: []byte("x")})
				ciphertext = out.CiphertextBlob
				return err
			}},
			{"Decrypt", symmetric, func() error {
				_, err := c.Decrypt(ctx, &kms.DecryptInput{CiphertextBlob: ciphertext})
				return err
			}},
			{"ReEncrypt", symmetric, func() error {
				_, err := c.ReEncrypt(ctx, &kms.ReEncryptInput{CiphertextBlob: ciphertext, DestinationKeyId: symmetric.KeyId})
				return err
			}},
			{"GenerateDataKey", symmetric, func() error {
				_, err := c.GenerateDataKey(ctx, &kms.GenerateDataKeyInput{KeyId: symmetric.KeyId, KeySpec: types.DataKeySpecAes256})
				return err
			}},
			{"GenerateDataKeyWithoutPlaintext", symmetric, func() error {
				_, err := c.GenerateDataKeyWithoutPlaintext(ctx,
					&kms.GenerateDataKeyWithoutPlaintextInput{KeyId: symmetric.KeyId, KeySpec: types.DataKeySpecAes256})
				return err
			}},
			{"GenerateDataKeyPair", symmetric, func() error {
				_, err := c.GenerateDataKeyPair(ctx, &kms.GenerateDataKeyPairInput{KeyId: symmetric.KeyId, KeyPairSpec: types.DataKeyPairSpecEccNistP256})
				return err
			}},
			{"GenerateDataKeyPairWithoutPlaintext", symmetric, func() error {
				_, err := c.GenerateDataKeyPairWithoutPlaintext(ctx,
					&kms.GenerateDataKeyPairWithoutPlaintextInput{KeyId: symmetric.KeyId, KeyPairSpec: types.DataKeyPairSpecEccNistP256})
				return err
			}},
			{"Sign", signer, func() error {
				out, err := c.Sign(ctx, &kms.SignInput{
					KeyId: signer.KeyId, Message: digest[:], MessageType: types.MessageTypeDigest, SigningAlgorithm: types.SigningAlgorithmSpecEcdsaSha256,
				})
				signature = out.Signature
				return err
			}},
			{"Verify", signer, func() error {
				_, err := c.Verify(ctx, &kms.VerifyInput{
					KeyId: signer.KeyId, Message: digest[:], MessageType: types.MessageTypeDigest, Signature: signature,
					SigningAlgorithm: types.SigningAlgorithmSpecEcdsaSha256,
				})
				return err
			}},
			{"GenerateMac", mac, func() error {
				out, err := c.GenerateMac(ctx, &kms.GenerateMacInput{KeyId: mac.KeyId, Message: []byte("x"), MacAlgorithm: types.MacAlgorithmSpecHmacSha256})
				code = out.Mac
				return err
			}},
			{"VerifyMac", mac, func() error {
				_, err := c.VerifyMac(ctx, &kms.VerifyMacInput{KeyId: mac.KeyId, Message: []byte("x"), Mac: code, MacAlgorithm: types.MacAlgorithmSpecHmacSha256})
				return err
			}},
			{"", agreement, func() error { // it uses no private key
				out, err := c.GetPublicKey(ctx, &kms.GetPublicKeyInput{KeyId: agreement.KeyId})
				peer = out.PublicKey
				return err
			}},
			{"DeriveSharedSecret", agreement, func() error {
				_, err := c.DeriveSharedSecret(ctx, &kms.DeriveSharedSecretInput{
					KeyId: agreement.KeyId, PublicKey: peer, KeyAgreementAlgorithm: types.KeyAgreementAlgorithmSpecEcdh,
				})
				return err
			}},
			{"Encapsulate", kem, func() error {
				out, err := c.Encapsulate(ctx, &kms.EncapsulateInput{KeyId: kem.KeyId, EncapsulationAlgorithm: kem.EncapsulationAlgorithms[0]})
				capsule = out.SharedSecretCiphertextBlob
				return err
			}},
			{"Decapsulate", kem, func() error {
				_, err := c.Decapsulate(ctx, &kms.DecapsulateInput{
					KeyId: kem.KeyId, SharedSecretCiphertextBlob: capsule, EncapsulationAlgorithm: kem.EncapsulationAlgorithms[0],
				})
				return err
			}},
		} {
			require.NoError(t, use.run(), use.operation)
			assert.Equal(t, use.operation, lastUsage(t, c, use.key).Operation)
		}
	})

	t.Run("takes a key ID or ARN of the account", func(t *testing.T) {
		t.Parallel()
		srv := kmstest.New()
		c := srv.API()
		k := newKey(t, c)
		newAlias(t, c, "alias/orders", k)
		get := func(keyID string) error {
			_, err := c.GetKeyLastUsage(t.Context(), &kms.GetKeyLastUsageInput{KeyId: &keyID})
			return err
		}
		absent := "1234abcd-12ab-34cd-56ef-1234567890ab"
		refused(t, get("alias/orders"), "InvalidArnException", "Key Aliases are not supported for this operation.")
		refused(t, get("orders"), "NotFoundException", "Invalid keyId 'orders'")
		refused(t, get(absent), "NotFoundException", "Key '"+arnOf("key/"+absent)+"' does not exist")
		refusedWith(t, get("arn:aws:kms:us-east-1:"+other+":key/"+absent), "AccessDeniedException")
		_, err := srv.Principal(role(account, "nobody")).API().GetKeyLastUsage(t.Context(), &kms.GetKeyLastUsageInput{KeyId: k.KeyId})
		refused(t, err, "AccessDeniedException", "User: "+role(account, "nobody")+" is not authorized to perform: kms:GetKeyLastUsage on resource: "+
			*k.Arn+" because no identity-based policy allows the kms:GetKeyLastUsage action")
	})

	t.Run("knows one of many uses at the same time", func(t *testing.T) {
		t.Parallel()
		srv := kmstest.New()
		k := newKey(t, srv.API())
		var wg sync.WaitGroup
		for range 16 {
			wg.Go(func() {
				_, err := srv.API().Encrypt(t.Context(), &kms.EncryptInput{KeyId: k.KeyId, Plaintext: []byte("x")})
				assert.NoError(t, err)
				_, err = srv.API().GetKeyLastUsage(t.Context(), &kms.GetKeyLastUsageInput{KeyId: k.KeyId})
				assert.NoError(t, err)
			})
		}
		wg.Wait()
		assert.Equal(t, types.KeyLastUsageTrackingOperationEncrypt, lastUsage(t, srv.API(), k).Operation)
	})
}

// TestTrailingDaysWithoutKeyUsage checks the condition key against which a policy
// protects keys that are in use.
func TestTrailingDaysWithoutKeyUsage(t *testing.T) {
	t.Parallel()
	srv := kmstest.New()
	c := srv.API()
	keeper := srv.Principal(role(account, "keeper"), allow("kms:*"), kmstest.WithPolicy(&kmskit.PolicyDocument{
		Version: "2012-10-17",
		Statement: []kmskit.Statement{{
			Effect: kmskit.Deny, Action: kmskit.StringList{"kms:*"}, Resource: kmskit.StringList{"*"},
			Condition: kmskit.Condition{"NumericLessThanEquals": {"kms:TrailingDaysWithoutKeyUsage": {"2"}}},
		}},
	})).API()
	disable := func(k *types.KeyMetadata) error {
		_, err := keeper.DisableKey(t.Context(), &kms.DisableKeyInput{KeyId: k.KeyId})
		return err
	}
	remove := func(k *types.KeyMetadata) error {
		_, err := keeper.ScheduleKeyDeletion(t.Context(), &kms.ScheduleKeyDeletionInput{KeyId: k.KeyId})
		return err
	}
	used, unused := newKey(t, c), newKey(t, c)
	for _, k := range []*types.KeyMetadata{used, unused} {
		refusedWith(t, disable(k), "AccessDeniedException") // new keys count as used
		refusedWith(t, remove(k), "AccessDeniedException")
		_, err := keeper.DescribeKey(t.Context(), &kms.DescribeKeyInput{KeyId: k.KeyId})
		require.NoError(t, err, "other operations do not have the condition key")
	}
	srv.Advance(3*24*time.Hour - time.Minute)
	refusedWith(t, disable(unused), "AccessDeniedException") // 2 whole days
	encrypt(t, c, used, "x", nil)
	srv.Advance(time.Hour)
	require.NoError(t, disable(unused))
	refusedWith(t, disable(used), "AccessDeniedException")
	srv.Advance(3 * 24 * time.Hour)
	require.NoError(t, remove(used))
}
