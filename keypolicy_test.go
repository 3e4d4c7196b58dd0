package kmskit_test

import (
	"crypto"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kmskit/kmskit"
	"github.com/kmskit/kmskit/kmstest"
)

// chinaConsolePolicy is what the console makes of a symmetric key with one
// administrator, one user and another account, in the China partition.
const chinaConsolePolicy = `{
	"Version": "2012-10-17",
	"Id": "key-default-1",
	"Statement": [
		{"Sid": "Enable IAM User Permissions", "Effect": "Allow", "Principal": {"AWS": "arn:aws-cn:iam::111122223333:root"}, "Action": "kms:*", "Resource": "*"},
		{"Sid": "Allow access for Key Administrators", "Effect": "Allow", "Principal": {"AWS": "arn:aws-cn:iam::111122223333:role/keeper"},
		 "Action": ["kms:Create*", "kms:Describe*", "kms:Enable*", "kms:List*", "kms:Put*", "kms:Update*", "kms:Revoke*", "kms:Disable*", "kms:Get*",
			"kms:Delete*", "kms:TagResource", "kms:UntagResource", "kms:ScheduleKeyDeletion", "kms:CancelKeyDeletion", "kms:RotateKeyOnDemand"],
		 "Resource": "*"},
		{"Sid": "Allow use of the key", "Effect": "Allow",
		 "Principal": {"AWS": ["arn:aws-cn:iam::111122223333:role/reader", "arn:aws-cn:iam::444455556666:root"]},
		 "Action": ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"], "Resource": "*"},
		{"Sid": "Allow attachment of persistent resources", "Effect": "Allow",
		 "Principal": {"AWS": ["arn:aws-cn:iam::111122223333:role/reader", "arn:aws-cn:iam::444455556666:root"]},
		 "Action": ["kms:CreateGrant", "kms:ListGrants", "kms:RevokeGrant"], "Resource": "*",
		 "Condition": {"Bool": {"kms:GrantIsForAWSResource": "true"}}}
	]
}`

func TestDefaultKeyPolicy(t *testing.T) {
	t.Parallel()

	t.Run("is that of a key which is made without one", func(t *testing.T) {
		t.Parallel()
		for _, region := range []string{"us-east-1", "cn-north-1", "us-gov-west-1"} {
			client := kmstest.New(kmstest.WithRegion(region)).Client()
			key, err := kmskit.NewKeyManager(client).CreateKey(t.Context(), "orders")
			require.NoError(t, err)
			got, err := kmskit.NewPolicyManager(client).GetKeyPolicy(t.Context(), *key.Arn)
			require.NoError(t, err)
			assert.True(t, kmskit.DefaultKeyPolicy("111122223333").Equal(got), "%s", got)
			assert.Empty(t, got.Check())
		}
	})

	t.Run("is the console's with its statements", func(t *testing.T) {
		t.Parallel()
		const reader = "arn:aws-cn:iam::111122223333:role/reader"
		want, err := kmskit.ParsePolicyDocument(chinaConsolePolicy)
		require.NoError(t, err)
		got := kmskit.DefaultKeyPolicy(
			"111122223333",
			kmskit.KeyAdministrators("arn:aws-cn:iam::111122223333:role/keeper"),
			kmskit.KeyUsers(types.KeyUsageTypeEncryptDecrypt, reader, "444455556666"),
			kmskit.GrantsForServices(reader, "444455556666"),
		)
		assert.True(t, want.Equal(got), "%s", got)
		assert.Empty(t, got.Check())
	})

	t.Run("keeps nothing of what it is given", func(t *testing.T) {
		t.Parallel()
		statements := make([]kmskit.Statement, 1, 8)
		principals, actions := []string{"111122223333"}, []string{"kms:Decrypt"}
		statements[0] = kmskit.KeyAdministrators(principals...)
		policy := kmskit.DefaultKeyPolicy("111122223333", statements...)
		service := kmskit.ServiceUse("logs.us-east-1.amazonaws.com", "111122223333", "", actions...)
		before, beforeService := policy.String(), service.Action[0]
		principals[0], actions[0], statements[0].Sid = "x", "x", "x"
		assert.Equal(t, before, policy.String())
		assert.Equal(t, beforeService, service.Action[0])
	})
}

// TestKeyUsers_perUsage holds that users can do what their key is for, and need
// nothing that it is not.
func TestKeyUsers_perUsage(t *testing.T) {
	t.Parallel()
	rows := map[types.KeyUsageType]types.KeySpec{
		types.KeyUsageTypeEncryptDecrypt:         types.KeySpecSymmetricDefault,
		types.KeyUsageTypeSignVerify:             types.KeySpecEccNistP256,
		types.KeyUsageTypeGenerateVerifyMac:      types.KeySpecHmac256,
		types.KeyUsageTypeKeyAgreement:           types.KeySpecEccNistP256,
		types.KeyUsageTypeEncapsulateDecapsulate: types.KeySpecMlKem768,
	}
	require.Len(t, rows, len(types.KeyUsageType("").Values()), "KMS has a new usage: useActions needs it")
	for usage, spec := range rows {
		t.Run(string(usage), func(t *testing.T) {
			t.Parallel()
			srv := kmstest.New()
			reader := srv.Principal("arn:aws:iam::111122223333:role/reader")
			key, err := kmskit.NewKeyManager(srv.Client()).CreateKey(t.Context(), "orders", func(in *kms.CreateKeyInput) {
				in.KeySpec, in.KeyUsage = spec, usage
				in.Policy = aws.String(kmskit.DefaultKeyPolicy("111122223333", kmskit.KeyUsers(usage, reader.ARN())).String())
			})
			require.NoError(t, err)
			require.NoError(t, useKey(t, reader.Client(), usage, *key.Arn))

			_, err = kmskit.NewKeyManager(reader.Client()).DescribeKey(t.Context(), *key.Arn)
			require.NoError(t, err)
			err = kmskit.NewKeyManager(reader.Client()).DisableKey(t.Context(), *key.Arn)
			assert.Equal(t, "AccessDeniedException", kmskit.ErrorCode(err))
		})
	}

	t.Run("a usage that is not known", func(t *testing.T) {
		t.Parallel()
		assert.Equal(t, kmskit.StringList{"kms:DescribeKey"}, kmskit.KeyUsers("DANCE", "111122223333").Action)
	})
}

// useKey does with a key what its usage is.
func useKey(t *testing.T, client *kms.Client, usage types.KeyUsageType, keyID string) error {
	t.Helper()
	ctx := t.Context()
	switch usage {
	case types.KeyUsageTypeEncryptDecrypt:
		dataKey, err := kmskit.NewEncryptor(client).GenerateDataKey(ctx, keyID)
		require.NoError(t, err)
		_, err = kmskit.NewEncryptor(client).ReEncrypt(ctx, keyID, dataKey.Ciphertext, keyID)
		return err
	case types.KeyUsageTypeSignVerify:
		key, err := kmskit.NewSigner(client).SigningKey(ctx, keyID)
		require.NoError(t, err)
		_, err = key.SignMessage(nil, []byte("attack at dawn"), crypto.SHA256)
		return err
	case types.KeyUsageTypeGenerateVerifyMac:
		auth := kmskit.NewAuthenticator(client)
		mac, err := auth.GenerateMac(ctx, keyID, []byte("attack at dawn"), types.MacAlgorithmSpecHmacSha256)
		require.NoError(t, err)
		return auth.VerifyMac(ctx, keyID, []byte("attack at dawn"), types.MacAlgorithmSpecHmacSha256, mac)
	case types.KeyUsageTypeKeyAgreement:
		public, err := kmskit.NewSigner(client).GetPublicKey(ctx, keyID)
		require.NoError(t, err)
		_, err = kmskit.NewKeyAgreement(client).DeriveSharedSecret(ctx, keyID, public.PublicKey)
		return err
	default:
		e, err := kmskit.NewKeyAgreement(client).Encapsulate(ctx, keyID)
		require.NoError(t, err)
		_, err = kmskit.NewKeyAgreement(client).Decapsulate(ctx, keyID, e.Ciphertext)
		return err
	}
}

// TestKeyAdministrators_onAKey holds that administrators manage a key and delete
// it, but do not use it.
func TestKeyAdministrators_onAKey(t *testing.T) {
	t.Parallel()
	srv := kmstest.New()
	keeper := srv.Principal("arn:aws:iam::111122223333:role/keeper")
	key, err := kmskit.NewKeyManager(srv.Client()).CreateKey(t.Context(), "orders", func(in *kms.CreateKeyInput) {
		in.Policy = aws.String(kmskit.DefaultKeyPolicy("111122223333", kmskit.KeyAdministrators(keeper.ARN())).String())
	})
	require.NoError(t, err)
	keys := kmskit.NewKeyManager(keeper.Client())

	require.NoError(t, keys.DisableKey(t.Context(), *key.Arn))
	require.NoError(t, keys.EnableKey(t.Context(), *key.Arn))
	require.NoError(t, kmskit.NewRotationManager(keeper.Client()).EnableKeyRotation(t.Context(), *key.Arn))
	require.NoError(t, kmskit.NewRotationManager(keeper.Client()).RotateKeyOnDemand(t.Context(), *key.Arn))

	_, err = kmskit.NewEncryptor(keeper.Client()).Encrypt(t.Context(), *key.Arn, []byte("plain"))
	assert.Equal(t, "AccessDeniedException", kmskit.ErrorCode(err))

	_, err = keys.ScheduleKeyDeletion(t.Context(), *key.Arn, 7)
	assert.NoError(t, err)
}

func TestGrantsForServices_areNotForCallers(t *testing.T) {
	t.Parallel()
	srv := kmstest.New()
	reader := srv.Principal("arn:aws:iam::111122223333:role/reader")
	key, err := kmskit.NewKeyManager(srv.Client()).CreateKey(t.Context(), "orders", func(in *kms.CreateKeyInput) {
		in.Policy = aws.String(kmskit.DefaultKeyPolicy("111122223333", kmskit.GrantsForServices(reader.ARN())).String())
	})
	require.NoError(t, err)
	_, err = kmskit.NewGrantManager(reader.Client()).CreateGrant(t.Context(), *key.Arn, reader.ARN(), []types.GrantOperation{types.GrantOperationDecrypt})
	assert.Equal(t, "AccessDeniedException", kmskit.ErrorCode(err))
}

func TestServiceUse(t *testing.T) {
	t.Parallel()
	const (
		trails = "arn:aws:cloudtrail:us-east-1:111122223333:trail/*"
		trail  = "cloudtrail.amazonaws.com"
	)
	account := map[string]kmskit.StringList{"aws:SourceAccount": {"111122223333"}}
	source := map[string]kmskit.StringList{"aws:SourceArn": {trails}}

	t.Run("asks for the account and the resource", func(t *testing.T) {
		t.Parallel()
		s := kmskit.ServiceUse(trail, "111122223333", trails, "kms:GenerateDataKey*")
		assert.Equal(t, kmskit.Statement{
			Effect: kmskit.Allow, Principal: kmskit.Principal{Service: kmskit.StringList{trail}},
			Action: kmskit.StringList{"kms:GenerateDataKey*"}, Resource: kmskit.StringList{"*"},
			Condition: kmskit.Condition{"StringEquals": account, "ArnLike": source},
		}, s)
		assert.Empty(t, kmskit.DefaultKeyPolicy("111122223333", s).Check())
	})

	t.Run("asks for one of them where the other is empty", func(t *testing.T) {
		t.Parallel()
		for want, s := range map[string]kmskit.Statement{
			"StringEquals": kmskit.ServiceUse(trail, "111122223333", "", "kms:Decrypt"),
			"ArnLike":      kmskit.ServiceUse(trail, "", trails, "kms:Decrypt"),
		} {
			assert.Len(t, s.Condition, 1)
			assert.Contains(t, s.Condition, want)
			assert.Empty(t, kmskit.DefaultKeyPolicy("111122223333", s).Check())
		}
	})

	t.Run("is found by Check where both are empty, or swapped", func(t *testing.T) {
		t.Parallel()
		codes := func(s kmskit.Statement) (all []kmskit.FindingCode) {
			for _, f := range kmskit.DefaultKeyPolicy("111122223333", s).Check() {
				all = append(all, f.Code)
			}
			return all
		}
		assert.Equal(t, []kmskit.FindingCode{kmskit.FindingServiceWithoutSource}, codes(kmskit.ServiceUse(trail, "", "", "kms:Decrypt")))
		assert.Contains(t, codes(kmskit.ServiceUse(trail, strings.TrimSuffix(trails, "/*"), "111122223333", "kms:Decrypt")), kmskit.FindingIneffectiveCondition)
	})
}
