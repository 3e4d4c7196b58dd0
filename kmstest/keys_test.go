package kmstest_test

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/kmskit/kmskit/kmstest"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestCreateKey(t *testing.T) {
	t.Parallel()
	t.Run("tells all that KMS tells of a symmetric key", func(t *testing.T) {
		t.Parallel()
		everyDepth(t, func(t *testing.T, srv *kmstest.Server, c caller) {
			before := srv.Now()
			k := newKey(t, c, func(in *kms.CreateKeyInput) { in.Description = str("orders") })
			assert.Regexp(t, `^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`, *k.KeyId)
			assert.Equal(t, arnOf("key/"+*k.KeyId), *k.Arn)
			assert.WithinRange(t, *k.CreationDate, before, srv.Now())
			assert.Regexp(t, `^[0-9a-f]{64}$`, *k.CurrentKeyMaterialId)
			k.KeyId, k.Arn, k.CreationDate, k.CurrentKeyMaterialId = nil, nil, nil, nil
			assert.Equal(t, &types.KeyMetadata{
				AWSAccountId:          str(account),
				CustomerMasterKeySpec: types.CustomerMasterKeySpecSymmetricDefault, //nolint:staticcheck // KMS still sends it
				Description:           str("orders"),
				Enabled:               true,
				EncryptionAlgorithms:  []types.EncryptionAlgorithmSpec{types.EncryptionAlgorithmSpecSymmetricDefault},
				KeyManager:            types.KeyManagerTypeCustomer,
				KeySpec:               types.KeySpecSymmetricDefault,
				KeyState:              types.KeyStateEnabled,
				KeyUsage:              types.KeyUsageTypeEncryptDecrypt,
				MultiRegion:           aws.Bool(false),
				Origin:                types.OriginTypeAwsKms,
			}, k)
		})
	})

	t.Run("makes every key spec with its algorithms", func(t *testing.T) {
		t.Parallel()
		c := kmstest.New().Client()
		for spec, usages := range map[types.KeySpec][]types.KeyUsageType{
			types.KeySpecSymmetricDefault:    {types.KeyUsageTypeEncryptDecrypt},
			types.KeySpecHmac224:             {types.KeyUsageTypeGenerateVerifyMac},
			types.KeySpecHmac512:             {types.KeyUsageTypeGenerateVerifyMac},
			types.KeySpecRsa4096:             {types.KeyUsageTypeEncryptDecrypt, types.KeyUsageTypeSignVerify},
			types.KeySpecEccNistP256:         {types.KeyUsageTypeSignVerify, types.KeyUsageTypeKeyAgreement},
			types.KeySpecEccSecgP256k1:       {types.KeyUsageTypeSignVerify},
			types.KeySpecEccNistEdwards25519: {types.KeyUsageTypeSignVerify},
			types.KeySpecMlDsa65:             {types.KeyUsageTypeSignVerify},
			types.KeySpecMlKem768:            {types.KeyUsageTypeEncapsulateDecapsulate},
		} {
			for _, usage := range usages {
				k := newKey(t, c, ofSpec(spec, usage))
				assert.Equal(t, spec, k.KeySpec)
				assert.Equal(t, string(spec), string(k.CustomerMasterKeySpec)) //nolint:staticcheck // as above
				assert.Equal(t, spec == types.KeySpecSymmetricDefault, k.CurrentKeyMaterialId != nil, spec)
				lists := map[types.KeyUsageType]int{
					types.KeyUsageTypeEncryptDecrypt:         len(k.EncryptionAlgorithms),
					types.KeyUsageTypeSignVerify:             len(k.SigningAlgorithms),
					types.KeyUsageTypeGenerateVerifyMac:      len(k.MacAlgorithms),
					types.KeyUsageTypeKeyAgreement:           len(k.KeyAgreementAlgorithms),
					types.KeyUsageTypeEncapsulateDecapsulate: len(k.EncapsulationAlgorithms),
				}
				for u, n := range lists {
					assert.Equal(t, u == usage, n > 0, "%s %s has %s algorithms", spec, usage, u)
				}
			}
		}
	})

	t.Run("takes the old name of the key spec", func(t *testing.T) {
		t.Parallel()
		k := newKey(t, kmstest.New().API(), func(in *kms.CreateKeyInput) {
			in.CustomerMasterKeySpec = types.CustomerMasterKeySpecEccNistP384 //nolint:staticcheck // KMS still takes it
			in.KeyUsage = types.KeyUsageTypeSignVerify
		})
		assert.Equal(t, types.KeySpecEccNistP384, k.KeySpec)
	})

	t.Run("makes a key that waits for key material", func(t *testing.T) {
		t.Parallel()
		k := newKey(t, kmstest.New().API(), func(in *kms.CreateKeyInput) { in.Origin = types.OriginTypeExternal })
		assert.Equal(t, types.KeyStatePendingImport, k.KeyState)
		assert.False(t, k.Enabled)
		assert.Nil(t, k.CurrentKeyMaterialId)
		assert.Empty(t, k.ExpirationModel)
	})

	t.Run("makes a multi-Region primary key", func(t *testing.T) {
		t.Parallel()
		everyDepth(t, func(t *testing.T, _ *kmstest.Server, c caller) {
			k := newKey(t, c, func(in *kms.CreateKeyInput) { in.MultiRegion = aws.Bool(true) })
			assert.Regexp(t, `^mrk-[0-9a-f]{32}$`, *k.KeyId)
			assert.Equal(t, &types.MultiRegionConfiguration{
				MultiRegionKeyType: types.MultiRegionKeyTypePrimary,
				PrimaryKey:         &types.MultiRegionKey{Arn: k.Arn, Region: str("us-east-1")},
				ReplicaKeys:        []types.MultiRegionKey{},
			}, k.MultiRegionConfiguration)
		})
	})
}

func TestCreateKey_refusals(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change     func(*kms.CreateKeyInput)
		code, text string
	}{
		"no usage for an HMAC key": {
			ofSpec(types.KeySpecHmac256, ""),
			"ValidationException", "You must specify a KeyUsage value for all KMS keys except for symmetric encryption keys.",
		},
		"a usage that the spec has not": {
			ofSpec(types.KeySpecRsa2048, types.KeyUsageTypeKeyAgreement),
			"ValidationException", "KeyUsage KEY_AGREEMENT is not compatible with KeySpec RSA_2048",
		},
		"both names of the key spec": {
			func(in *kms.CreateKeyInput) {
				in.KeySpec, in.CustomerMasterKeySpec = types.KeySpecRsa2048, types.CustomerMasterKeySpecRsa2048 //nolint:staticcheck // as above
			},
			"ValidationException",
			"You cannot specify KeySpec and CustomerMasterKeySpec in the same request. CustomerMasterKeySpec is deprecated.",
		},
		"a key spec of China": {
			ofSpec(types.KeySpecSm2, types.KeyUsageTypeSignVerify),
			"UnsupportedOperationException", "KeySpec SM2 is not supported in this Region",
		},
		"a custom key store that is not there": {
			func(in *kms.CreateKeyInput) {
				in.Origin, in.CustomKeyStoreId = types.OriginTypeAwsCloudhsm, str("cks-1234567890abcdef0")
			},
			"CustomKeyStoreNotFoundException", "Custom key store 'cks-1234567890abcdef0' does not exist",
		},
		"an origin that needs a custom key store": {
			func(in *kms.CreateKeyInput) { in.Origin = types.OriginTypeExternalKeyStore },
			"ValidationException", "CustomKeyStoreId must be specified if Origin is AWS_CLOUDHSM or EXTERNAL_KEY_STORE, and only then.",
		},
		"imported material for ML-DSA": {
			func(in *kms.CreateKeyInput) {
				in.KeySpec, in.KeyUsage, in.Origin = types.KeySpecMlDsa44, types.KeyUsageTypeSignVerify, types.OriginTypeExternal
			},
			"UnsupportedOperationException", "KeySpec ML_DSA_44 is not supported for Origin EXTERNAL",
		},
		"51 tags": {
			func(in *kms.CreateKeyInput) {
				for i := range 51 {
					in.Tags = append(in.Tags, types.Tag{TagKey: str(strconv.Itoa(i)), TagValue: str("")})
				}
			},
			"TagException", "Too many tags",
		},
		"a tag of AWS": {
			func(in *kms.CreateKeyInput) {
				in.Tags = []types.Tag{{TagKey: str("AWS:team"), TagValue: str("blue")}}
			},
			"TagException", "Tags beginning with aws: are reserved",
		},
		"a tag twice": {
			func(in *kms.CreateKeyInput) {
				in.Tags = []types.Tag{{TagKey: str("a"), TagValue: str("1")}, {TagKey: str("b"), TagValue: str("")}, {TagKey: str("a"), TagValue: str("2")}}
			},
			"TagException", "Duplicate tag keys",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			everyDepth(t, func(t *testing.T, srv *kmstest.Server, caller caller) {
				var in kms.CreateKeyInput
				c.change(&in)
				_, err := caller.CreateKey(t.Context(), &in)
				refused(t, err, c.code, c.text)
				keys, err := srv.API().ListKeys(t.Context(), nil)
				require.NoError(t, err)
				assert.Empty(t, keys.Keys)
			})
		})
	}
}

func TestCreateKey_inChina(t *testing.T) {
	t.Parallel()
	c := kmstest.New(kmstest.WithRegion("cn-north-1")).API()
	for _, spec := range types.KeySpec("").Values() {
		usage := types.KeyUsageTypeSignVerify
		if strings.HasPrefix(string(spec), "ML_KEM") {
			usage = types.KeyUsageTypeEncapsulateDecapsulate
		}
		in := &kms.CreateKeyInput{KeySpec: spec, KeyUsage: usage}
		_, err := c.CreateKey(t.Context(), in)
		switch {
		case spec == types.KeySpecSm2: // which KMS has there
			refused(t, err, "UnsupportedOperationException", "KeySpec SM2 is not supported by kmstest")
		case usage == types.KeyUsageTypeEncapsulateDecapsulate:
			refused(t, err, "UnsupportedOperationException", "KeySpec "+string(spec)+" is not supported in this Region")
		case spec != types.KeySpecSymmetricDefault && !strings.HasPrefix(string(spec), "HMAC"):
			assert.NoError(t, err, spec)
		}
	}
}

func TestDescribeKey(t *testing.T) {
	t.Parallel()
	everyDepth(t, func(t *testing.T, _ *kmstest.Server, c caller) {
		k := newKey(t, c)
		newAlias(t, c, "alias/orders", k)
		absent := "1234abcd-12ab-34cd-56ef-1234567890ab"

		for _, id := range []string{*k.KeyId, *k.Arn, "alias/orders", arnOf("alias/orders")} {
			out, err := c.DescribeKey(t.Context(), &kms.DescribeKeyInput{KeyId: &id})
			require.NoError(t, err, id)
			assert.Equal(t, k, out.KeyMetadata, id)
		}
		for _, r := range []struct{ id, code, text string }{
			{"orders", "NotFoundException", "Invalid keyId 'orders'"},
			{"mrk-1234", "NotFoundException", "Invalid keyId 'mrk-1234'"},
			{"134f2428cec14b25a1ae9048164dba47", "NotFoundException", "Invalid keyId '134f2428cec14b25a1ae9048164dba47'"},
			{arnOf("key/orders"), "NotFoundException", "Invalid keyId 'orders'"},
			{absent, "NotFoundException", "Key '" + arnOf("key/"+absent) + "' does not exist"},
			{arnOf("key/" + absent), "NotFoundException", "Key '" + arnOf("key/"+absent) + "' does not exist"},
			{"alias/none", "NotFoundException", "Alias " + arnOf("alias/none") + " is not found."},
			{arnOf("alias/none"), "NotFoundException", "Alias " + arnOf("alias/none") + " is not found."},
			{"arn:aws:kms:eu-west-1:" + account + ":key/" + absent, "NotFoundException", "Invalid arn eu-west-1"},
			{"arn:aws:iam::" + account + ":user/x", "InvalidArnException", "Invalid arn arn:aws:iam::111122223333:user/x"},
			{"arn:aws:kms:us-east-1", "InvalidArnException", "Invalid arn arn:aws:kms:us-east-1"},
			{arnOf("grant/x"), "InvalidArnException", "Invalid arn " + arnOf("grant/x")},
			{
				"arn:aws:kms:us-east-1:" + other + ":key/" + absent, "AccessDeniedException",
				"User: arn:aws:iam::111122223333:user/kmstest is not authorized to perform: kms:DescribeKey on this resource because " +
					"the resource does not exist in this Region, no resource-based policies allow access, or a resource-based policy explicitly denies access",
			},
		} {
			_, err := c.DescribeKey(t.Context(), &kms.DescribeKeyInput{KeyId: &r.id})
			refused(t, err, r.code, r.text)
		}
	})
}

func TestDescribeKey_sharesNothing(t *testing.T) {
	t.Parallel()
	api := kmstest.New().API()
	k := newKey(t, api, func(in *kms.CreateKeyInput) { in.MultiRegion = aws.Bool(true) })
	id := *k.KeyId
	*k.KeyId, *k.Arn, *k.MultiRegion, *k.Description = "", "", false, "changed"
	k.EncryptionAlgorithms[0] = "changed"
	*k.MultiRegionConfiguration.PrimaryKey.Arn = ""
	out, err := api.DescribeKey(t.Context(), &kms.DescribeKeyInput{KeyId: &id})
	require.NoError(t, err)
	assert.Equal(t, id, *out.KeyMetadata.KeyId)
	assert.True(t, *out.KeyMetadata.MultiRegion)
	assert.Empty(t, *out.KeyMetadata.Description)
	assert.Equal(t, types.EncryptionAlgorithmSpecSymmetricDefault, out.KeyMetadata.EncryptionAlgorithms[0])
	assert.Equal(t, *out.KeyMetadata.Arn, *out.KeyMetadata.MultiRegionConfiguration.PrimaryKey.Arn)
}

func TestListKeys(t *testing.T) {
	t.Parallel()
	everyDepth(t, func(t *testing.T, _ *kmstest.Server, c caller) {
		empty, err := c.ListKeys(t.Context(), &kms.ListKeysInput{})
		require.NoError(t, err)
		assert.NotNil(t, empty.Keys)
		assert.Empty(t, empty.Keys)
		assert.False(t, empty.Truncated)

		want := make([]types.KeyListEntry, 0, 3)
		for range 3 {
			k := newKey(t, c)
			want = append(want, types.KeyListEntry{KeyId: k.KeyId, KeyArn: k.Arn})
		}
		out, err := c.ListKeys(t.Context(), &kms.ListKeysInput{})
		require.NoError(t, err)
		assert.Equal(t, want, out.Keys)
	})
}

func TestKeyDeletion(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour

	t.Run("waits for its window and then takes everything", func(t *testing.T) {
		t.Parallel()
		everyDepth(t, func(t *testing.T, srv *kmstest.Server, c caller) {
			k := newKey(t, c)
			newAlias(t, c, "alias/orders", k)
			ciphertext := encrypt(t, c, k, "secret", nil)
			retiring := role(account, "retirer")
			_, err := c.CreateGrant(t.Context(), &kms.CreateGrantInput{
				KeyId: k.KeyId, GranteePrincipal: str(role(account, "reader")), RetiringPrincipal: &retiring,
				Operations: []types.GrantOperation{types.GrantOperationDecrypt},
			})
			require.NoError(t, err)

			out, err := c.ScheduleKeyDeletion(t.Context(), &kms.ScheduleKeyDeletionInput{KeyId: k.KeyId, PendingWindowInDays: aws.Int32(7)})
			require.NoError(t, err)
			assert.Equal(t, *k.Arn, *out.KeyId)
			assert.Equal(t, types.KeyStatePendingDeletion, out.KeyState)
			assert.Equal(t, int32(7), *out.PendingWindowInDays)
			assert.WithinDuration(t, srv.Now().Add(7*day), *out.DeletionDate, time.Minute)
			d, err := c.DescribeKey(t.Context(), &kms.DescribeKeyInput{KeyId: k.KeyId})
			require.NoError(t, err)
			assert.Equal(t, out.DeletionDate, d.KeyMetadata.DeletionDate)
			assert.Nil(t, d.KeyMetadata.PendingDeletionWindowInDays)
			assert.False(t, d.KeyMetadata.Enabled)

			srv.Advance(7*day - time.Minute)
			assert.Equal(t, types.KeyStatePendingDeletion, stateOf(t, srv, k))
			srv.Advance(time.Minute)

			_, err = c.DescribeKey(t.Context(), &kms.DescribeKeyInput{KeyId: k.KeyId})
			refused(t, err, "NotFoundException", "Key '"+*k.Arn+"' does not exist")
			_, err = c.DescribeKey(t.Context(), &kms.DescribeKeyInput{KeyId: str("alias/orders")})
			refused(t, err, "NotFoundException", "Alias "+arnOf("alias/orders")+" is not found.")
			keys, err := c.ListKeys(t.Context(), &kms.ListKeysInput{})
			require.NoError(t, err)
			assert.Empty(t, keys.Keys)
			aliases, err := c.ListAliases(t.Context(), &kms.ListAliasesInput{})
			require.NoError(t, err)
			assert.Empty(t, aliases.Aliases)
			grants, err := c.ListRetirableGrants(t.Context(), &kms.ListRetirableGrantsInput{RetiringPrincipal: &retiring})
			require.NoError(t, err)
			assert.Empty(t, grants.Grants)
			_, err = c.Decrypt(t.Context(), &kms.DecryptInput{CiphertextBlob: ciphertext})
			refused(t, err, "AccessDeniedException",
				"User: arn:aws:iam::111122223333:user/kmstest is not authorized to perform: kms:Decrypt on the resource associated with this ciphertext "+
					"because the resource does not exist in this Region, no resource-based policies allow access, or a resource-based policy explicitly denies access")
		})
	})

	t.Run("does not happen if it is cancelled", func(t *testing.T) {
		t.Parallel()
		srv := kmstest.New()
		api := srv.API()
		k := newKey(t, api)
		_, err := api.ScheduleKeyDeletion(t.Context(), &kms.ScheduleKeyDeletionInput{KeyId: k.KeyId})
		require.NoError(t, err)
		srv.Advance(day)
		out, err := api.CancelKeyDeletion(t.Context(), &kms.CancelKeyDeletionInput{KeyId: k.KeyId})
		require.NoError(t, err)
		assert.Equal(t, *k.Arn, *out.KeyId)
		srv.Advance(60 * day)
		assert.Equal(t, types.KeyStateDisabled, stateOf(t, srv, k))
	})

	t.Run("follows the last schedule", func(t *testing.T) {
		t.Parallel()
		srv := kmstest.New()
		api := srv.API()
		k := newKey(t, api)
		schedule := func(days int32) {
			_, err := api.ScheduleKeyDeletion(t.Context(), &kms.ScheduleKeyDeletionInput{KeyId: k.KeyId, PendingWindowInDays: &days})
			require.NoError(t, err)
		}
		schedule(7)
		_, err := api.CancelKeyDeletion(t.Context(), &kms.CancelKeyDeletionInput{KeyId: k.KeyId})
		require.NoError(t, err)
		schedule(30)
		srv.Advance(29 * day)
		assert.Equal(t, types.KeyStatePendingDeletion, stateOf(t, srv, k))
		srv.Advance(day)
		_, err = api.DescribeKey(t.Context(), &kms.DescribeKeyInput{KeyId: k.KeyId})
		refusedWith(t, err, "NotFoundException")
	})

	t.Run("defaults to 30 days", func(t *testing.T) {
		t.Parallel()
		api := kmstest.New().API()
		out, err := api.ScheduleKeyDeletion(t.Context(), &kms.ScheduleKeyDeletionInput{KeyId: newKey(t, api).KeyId})
		require.NoError(t, err)
		assert.Equal(t, int32(30), *out.PendingWindowInDays)
	})

	t.Run("is refused outside of 7 to 30 days", func(t *testing.T) {
		t.Parallel()
		everyDepth(t, func(t *testing.T, srv *kmstest.Server, c caller) {
			k := newKey(t, c)
			for _, days := range []int32{6, 31} {
				_, err := c.ScheduleKeyDeletion(t.Context(), &kms.ScheduleKeyDeletionInput{KeyId: k.KeyId, PendingWindowInDays: &days})
				refused(t, err, "ValidationException", "PendingWindowInDays must be between 7 and 30")
			}
			assert.Equal(t, types.KeyStateEnabled, stateOf(t, srv, k))
		})
	})

	t.Run("gives an imported key back to its wait for material", func(t *testing.T) {
		t.Parallel()
		srv := kmstest.New()
		api := srv.API()
		k := newKey(t, api, func(in *kms.CreateKeyInput) { in.Origin = types.OriginTypeExternal })
		_, err := api.ScheduleKeyDeletion(t.Context(), &kms.ScheduleKeyDeletionInput{KeyId: k.KeyId})
		require.NoError(t, err)
		_, err = api.CancelKeyDeletion(t.Context(), &kms.CancelKeyDeletionInput{KeyId: k.KeyId})
		require.NoError(t, err)
		assert.Equal(t, types.KeyStatePendingImport, stateOf(t, srv, k))
	})
}
