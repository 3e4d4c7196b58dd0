package kmstest_test

import (
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/kmskit/kmskit"
	"github.com/kmskit/kmskit/kmstest"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func multiRegion(in *kms.CreateKeyInput) { in.MultiRegion = aws.Bool(true) }

// inRegion makes a client one of that Region.
func inRegion(region string) func(*kms.Options) {
	return func(o *kms.Options) { o.Region = region }
}

// replicate makes a replica and returns its metadata of after that.
func replicate(t testing.TB, srv *kmstest.Server, k *types.KeyMetadata, region string) *types.KeyMetadata {
	t.Helper()
	_, err := srv.API().ReplicateKey(t.Context(), &kms.ReplicateKeyInput{KeyId: k.KeyId, ReplicaRegion: &region})
	require.NoError(t, err)
	return metadata(t, srv.Client(inRegion(region)), k)
}

func TestReplicateKey(t *testing.T) {
	t.Parallel()
	t.Run("answers with a key that is being created", func(t *testing.T) {
		t.Parallel()
		everyKeeper(t, func(t *testing.T, srv *kmstest.Server, c keeper) {
			k := newKey(t, c, multiRegion, func(in *kms.CreateKeyInput) { in.Description = str("primary") })
			before := srv.Now()
			out, err := c.ReplicateKey(t.Context(), &kms.ReplicateKeyInput{KeyId: k.KeyId, ReplicaRegion: str("eu-west-1")})
			require.NoError(t, err)
			arn := strings.Replace(*k.Arn, "us-east-1", "eu-west-1", 1)
			m := out.ReplicaKeyMetadata
			assert.WithinRange(t, *m.CreationDate, before, srv.Now())
			m.CreationDate = nil
			want := *k
			want.Arn, want.CreationDate, want.Description = &arn, nil, str("")
			want.KeyState, want.Enabled, want.CurrentKeyMaterialId = types.KeyStateCreating, false, nil
			want.MultiRegionConfiguration = &types.MultiRegionConfiguration{
				MultiRegionKeyType: types.MultiRegionKeyTypeReplica,
				PrimaryKey:         &types.MultiRegionKey{Arn: k.Arn, Region: str("us-east-1")},
				ReplicaKeys:        []types.MultiRegionKey{{Arn: &arn, Region: str("eu-west-1")}},
			}
			assert.Equal(t, &want, m)
			assert.Contains(t, *out.ReplicaPolicy, "Enable IAM User Permissions")
			assert.Nil(t, out.ReplicaTags)

			there := metadata(t, srv.Client(inRegion("eu-west-1")), k)
			assert.Equal(t, types.KeyStateEnabled, there.KeyState)
			assert.True(t, there.Enabled)
			assert.Equal(t, arn, *there.Arn)
		})
	})

	t.Run("shares the material", func(t *testing.T) {
		t.Parallel()
		srv := kmstest.New()
		c, there := srv.Client(), srv.Client(inRegion("eu-west-1"))
		k := newKey(t, c, multiRegion)
		early := encrypt(t, c, k, "early", nil)
		rotate(t, c, k)
		replica := replicate(t, srv, k, "eu-west-1")
		assert.Equal(t, *metadata(t, c, k).CurrentKeyMaterialId, *replica.CurrentKeyMaterialId)
		for plaintext, x := range map[string]struct {
			ciphertext []byte
			reader     *kms.Client
			key        *types.KeyMetadata
		}{
			"early": {early, there, replica},
			"here":  {encrypt(t, c, k, "here", nil), there, replica},
			"there": {encrypt(t, there, replica, "there", nil), c, k},
		} {
			for _, keyID := range []*string{nil, k.KeyId, x.key.Arn} {
				d, err := x.reader.Decrypt(t.Context(), &kms.DecryptInput{CiphertextBlob: x.ciphertext, KeyId: keyID})
				require.NoError(t, err)
				assert.Equal(t, plaintext, string(d.Plaintext))
				assert.Equal(t, *x.key.Arn, *d.KeyId)
			}
		}
		_, err := srv.Client(inRegion("ap-south-1")).Decrypt(t.Context(), &kms.DecryptInput{CiphertextBlob: early})
		refusedWith(t, err, "AccessDeniedException")
	})

	t.Run("shares key pairs and MAC keys", func(t *testing.T) {
		t.Parallel()
		srv := kmstest.New()
		k := newKey(t, srv.API(), multiRegion, ofSpec(types.KeySpecEccNistP256, types.KeyUsageTypeSignVerify))
		replica := replicate(t, srv, k, "eu-west-1")
		assert.Equal(t, types.KeySpecEccNistP256, replica.KeySpec)
		here, err := srv.Client().GetPublicKey(t.Context(), &kms.GetPublicKeyInput{KeyId: k.Arn})
		require.NoError(t, err)
		there, err := srv.Client(inRegion("eu-west-1")).GetPublicKey(t.Context(), &kms.GetPublicKeyInput{KeyId: replica.Arn})
		require.NoError(t, err)
		assert.Equal(t, here.PublicKey, there.PublicKey)
	})

	t.Run("shares neither policy, tags, description, aliases, grants nor state", func(t *testing.T) {
		t.Parallel()
		srv := kmstest.New()
		c, there := srv.API(), srv.Client(inRegion("eu-west-1"))
		k := newKey(t, c, multiRegion, func(in *kms.CreateKeyInput) {
			in.Description = str("primary")
			in.Tags = []types.Tag{{TagKey: str("stage"), TagValue: str("primary")}}
		})
		newAlias(t, c, "alias/primary", k)
		_, err := c.CreateGrant(t.Context(), newGrant(k))
		require.NoError(t, err)
		policy := `{
  "Version" : "2012-10-17",
  "Statement" : [ {
    "Effect" : "Allow",
    "Principal" : {
      "AWS" : "arn:aws:iam::` + account + `:root"
    },
    "Action" : "kms:*",
    "Resource" : "*"
  } ]
}`
		out, err := c.ReplicateKey(t.Context(), &kms.ReplicateKeyInput{
			KeyId: k.Arn, ReplicaRegion: str("eu-west-1"), Description: str("replica"), Policy: &policy,
			Tags: []types.Tag{{TagKey: str("stage"), TagValue: str("replica")}},
		})
		require.NoError(t, err)
		assert.Equal(t, "replica", *out.ReplicaKeyMetadata.Description)
		assert.Equal(t, policy, *out.ReplicaPolicy)
		assert.Equal(t, []types.Tag{{TagKey: str("stage"), TagValue: str("replica")}}, out.ReplicaTags)

		aliases, err := there.ListAliases(t.Context(), &kms.ListAliasesInput{KeyId: k.KeyId})
		require.NoError(t, err)
		assert.Empty(t, aliases.Aliases)
		grants, err := there.ListGrants(t.Context(), &kms.ListGrantsInput{KeyId: k.KeyId})
		require.NoError(t, err)
		assert.Empty(t, grants.Grants)
		_, err = c.DisableKey(t.Context(), &kms.DisableKeyInput{KeyId: k.KeyId})
		require.NoError(t, err)
		assert.Equal(t, types.KeyStateEnabled, metadata(t, there, k).KeyState)
		assert.Equal(t, "primary", *metadata(t, c, k).Description)
		got, err := c.GetKeyPolicy(t.Context(), &kms.GetKeyPolicyInput{KeyId: k.KeyId})
		require.NoError(t, err)
		assert.NotEqual(t, policy, *got.Policy)
	})

	t.Run("shows in the metadata of every related key", func(t *testing.T) {
		t.Parallel()
		srv := kmstest.New()
		k := newKey(t, srv.API(), multiRegion)
		replica := func(region string) types.MultiRegionKey {
			return types.MultiRegionKey{Arn: str(strings.Replace(*k.Arn, "us-east-1", region, 1)), Region: &region}
		}
		replicate(t, srv, k, "eu-west-1")
		replicate(t, srv, k, "ap-southeast-2")
		for _, region := range []string{"us-east-1", "eu-west-1", "ap-southeast-2"} {
			c := metadata(t, srv.Client(inRegion(region)), k).MultiRegionConfiguration
			assert.Equal(t, region == "us-east-1", c.MultiRegionKeyType == types.MultiRegionKeyTypePrimary)
			assert.Equal(t, types.MultiRegionKey{Arn: k.Arn, Region: str("us-east-1")}, *c.PrimaryKey)
			assert.Equal(t, []types.MultiRegionKey{replica("ap-southeast-2"), replica("eu-west-1")}, c.ReplicaKeys)
		}
	})

	t.Run("refuses what cannot be replicated there", func(t *testing.T) {
		t.Parallel()
		everyKeeper(t, func(t *testing.T, srv *kmstest.Server, c keeper) {
			k, single := newKey(t, c, multiRegion), newKey(t, c)
			replica := replicate(t, srv, k, "eu-west-1")
			for _, x := range []struct {
				keyID, region, code, text string
			}{
				{*single.Arn, "eu-west-1", "UnsupportedOperationException", *single.Arn + " is not a multi-region key."},
				{*k.Arn, "eu-west-1", "AlreadyExistsException", "You can create only one replica of each primary key in each AWS Region."},
				{*k.Arn, "us-east-1", "ValidationException", "us-east-1 cannot have a replica because it contains the primary."},
				{
					*k.Arn, "cn-north-1", "ValidationException",
					"The replica key Region must be in the same AWS partition as the primary key Region.",
				},
				{
					*k.Arn, "us-invalid-1", "ValidationException",
					"Region us-invalid-1 is not a valid Region or multi-Region keys are not supported in Region us-invalid-1.",
				},
				{*replica.Arn, "ap-south-1", "NotFoundException", "Invalid arn eu-west-1"},
				{
					*k.Arn, "Europe", "ValidationException",
					"1 validation error detected: Value 'Europe' at 'replicaRegion' failed to satisfy constraint: " +
						`Member must satisfy regular expression pattern: ^([a-z]+-){2,3}\d+$`,
				},
			} {
				_, err := c.ReplicateKey(t.Context(), &kms.ReplicateKeyInput{KeyId: &x.keyID, ReplicaRegion: &x.region})
				refused(t, err, x.code, x.text)
			}
			_, err := srv.Client(inRegion("eu-west-1")).ReplicateKey(t.Context(), &kms.ReplicateKeyInput{KeyId: k.KeyId, ReplicaRegion: str("ap-south-1")})
			refused(t, err, "UnsupportedOperationException", *replica.Arn+" is not a multi-region primary key.")
			_, err = c.ReplicateKey(t.Context(), &kms.ReplicateKeyInput{KeyId: k.KeyId, ReplicaRegion: str("ap-south-1"), Policy: str("{")})
			refusedWith(t, err, "MalformedPolicyDocumentException")
			_, err = c.ReplicateKey(t.Context(), &kms.ReplicateKeyInput{
				KeyId: k.KeyId, ReplicaRegion: str("ap-south-1"), Tags: []types.Tag{{TagKey: str("aws:x"), TagValue: str("")}},
			})
			refusedWith(t, err, "TagException")
			assert.Len(t, metadata(t, c, k).MultiRegionConfiguration.ReplicaKeys, 1, "nothing was made")
		})
	})
}

func TestReplicateKey_access(t *testing.T) {
	t.Parallel()
	srv := kmstest.New()
	k := newKey(t, srv.API(), multiRegion)
	statement := func(action, operator, key, value string) kmskit.Statement {
		s := kmskit.Statement{Effect: kmskit.Allow, Action: kmskit.StringList{action}, Resource: kmskit.StringList{"*"}}
		if operator != "" {
			s.Condition = kmskit.Condition{operator: {key: {value}}}
		}
		return s
	}
	replicate := func(name, region string, tags []types.Tag, statements ...kmskit.Statement) error {
		p := srv.Principal(role(account, name), kmstest.WithPolicy(&kmskit.PolicyDocument{Version: "2012-10-17", Statement: statements}))
		_, err := p.API().ReplicateKey(t.Context(), &kms.ReplicateKeyInput{KeyId: k.KeyId, ReplicaRegion: &region, Tags: tags})
		return err
	}
	tags := []types.Tag{{TagKey: str("a"), TagValue: str("b")}}
	all := statement("kms:ReplicateKey", "", "", "")

	refused(t, replicate("create", "eu-west-1", nil, statement("kms:CreateKey", "", "", "")), "AccessDeniedException",
		"User: "+role(account, "create")+" is not authorized to perform: kms:ReplicateKey on resource: "+*k.Arn+
			" because no identity-based policy allows the kms:ReplicateKey action")
	refused(t, replicate("replicate", "eu-west-1", nil, all), "AccessDeniedException",
		"User: "+role(account, "replicate")+" is not authorized to perform: kms:CreateKey on resource: *"+
			" because no identity-based policy allows the kms:CreateKey action")
	refusedWith(t, replicate("here", "eu-west-1", nil, all, statement("kms:CreateKey", "StringEquals", "aws:RequestedRegion", "us-east-1")),
		"AccessDeniedException")
	refusedWith(t, replicate("primaries", "eu-west-1", nil, all, statement("kms:CreateKey", "StringEquals", "kms:MultiRegionKeyType", "PRIMARY")),
		"AccessDeniedException")
	refusedWith(t, replicate("south", "eu-west-1", nil, statement("kms:ReplicateKey", "StringEquals", "kms:ReplicaRegion", "eu-south-1"),
		statement("kms:CreateKey", "", "", "")), "AccessDeniedException")
	refusedWith(t, replicate("untagged", "eu-west-1", tags, all, statement("kms:CreateKey", "", "", "")), "AccessDeniedException")

	assert.NoError(t, replicate("there", "eu-west-1", tags,
		statement("kms:ReplicateKey", "StringEquals", "kms:ReplicaRegion", "eu-west-1"),
		statement("kms:CreateKey", "StringEquals", "aws:RequestedRegion", "eu-west-1"),
		statement("kms:TagResource", "StringEquals", "kms:MultiRegionKeyType", "REPLICA")))
}

func TestMultiRegionRotation(t *testing.T) {
	t.Parallel()
	t.Run("is set on the primary key and holds for all", func(t *testing.T) {
		t.Parallel()
		srv := frozen()
		c, there := srv.API(), srv.Client(inRegion("eu-west-1"))
		k := newKey(t, c, multiRegion)
		replica := replicate(t, srv, k, "eu-west-1")
		enableRotation(t, c, k, 90)
		status := rotationStatus(t, there, replica)
		assert.Equal(t, *replica.Arn, *status.KeyId)
		assert.True(t, status.KeyRotationEnabled)
		_, err := there.DisableKey(t.Context(), &kms.DisableKeyInput{KeyId: k.KeyId})
		require.NoError(t, err)
		srv.Advance(90 * day)
		assert.Len(t, rotations(t, there, replica), 1)
		assert.Equal(t, *metadata(t, c, k).CurrentKeyMaterialId, *metadata(t, there, k).CurrentKeyMaterialId)
		assert.Equal(t, *replica.Arn, *rotations(t, there, replica)[0].KeyId)

		_, err = there.EnableKey(t.Context(), &kms.EnableKeyInput{KeyId: k.KeyId})
		require.NoError(t, err)
		const code = "UnsupportedOperationException"
		text := *replica.Arn + " is a multi-region replica key which is not valid for "
		_, err = there.EnableKeyRotation(t.Context(), &kms.EnableKeyRotationInput{KeyId: k.KeyId})
		refused(t, err, code, text+"EnableKeyRotation.")
		_, err = there.DisableKeyRotation(t.Context(), &kms.DisableKeyRotationInput{KeyId: k.KeyId})
		refused(t, err, code, text+"DisableKeyRotation.")
		_, err = there.RotateKeyOnDemand(t.Context(), &kms.RotateKeyOnDemandInput{KeyId: k.KeyId})
		refused(t, err, code, text+"RotateKeyOnDemand.")
	})

	t.Run("is on while the deletion of replicas is pending", func(t *testing.T) {
		t.Parallel()
		srv := frozen()
		c := srv.API()
		k := newKey(t, c, multiRegion)
		enableRotation(t, c, k, 90)
		replica := replicate(t, srv, k, "eu-west-1")
		before := rotationStatus(t, c, k)
		_, err := c.ScheduleKeyDeletion(t.Context(), &kms.ScheduleKeyDeletionInput{KeyId: k.KeyId})
		require.NoError(t, err)
		assert.Equal(t, types.KeyStatePendingReplicaDeletion, metadata(t, c, k).KeyState)
		assert.True(t, before.KeyRotationEnabled)
		assert.Equal(t, before, rotationStatus(t, c, k))
		assert.True(t, rotationStatus(t, srv.Client(inRegion("eu-west-1")), replica).KeyRotationEnabled)
	})

	t.Run("goes on when another key becomes the primary", func(t *testing.T) {
		t.Parallel()
		srv := frozen()
		c, there := srv.API(), srv.Client(inRegion("eu-west-1"))
		k := newKey(t, c, multiRegion)
		enableRotation(t, c, k, 90)
		replicate(t, srv, k, "eu-west-1")
		_, err := c.UpdatePrimaryRegion(t.Context(), &kms.UpdatePrimaryRegionInput{KeyId: k.KeyId, PrimaryRegion: str("eu-west-1")})
		require.NoError(t, err)
		srv.Advance(90 * day)
		assert.Len(t, rotations(t, c, k), 1)
		_, err = there.DisableKeyRotation(t.Context(), &kms.DisableKeyRotationInput{KeyId: k.KeyId})
		assert.NoError(t, err)
	})
}

func TestMultiRegionImport(t *testing.T) {
	t.Parallel()
	t.Run("is done in every Region", func(t *testing.T) {
		t.Parallel()
		srv := kmstest.New()
		c, there := srv.Client(), srv.Client(inRegion("eu-west-1"))
		k, material := newKey(t, c, multiRegion, external), random(32)
		_, err := c.ReplicateKey(t.Context(), &kms.ReplicateKeyInput{KeyId: k.KeyId, ReplicaRegion: str("eu-west-1")})
		refused(t, err, "KMSInvalidStateException", *k.Arn+" is pending import.")
		id := importMaterial(t, c, k, material, func(in *kms.ImportKeyMaterialInput) { in.KeyMaterialDescription = str("safe 1") })
		ciphertext := encrypt(t, c, k, "x", nil)
		out, err := c.ReplicateKey(t.Context(), &kms.ReplicateKeyInput{KeyId: k.KeyId, ReplicaRegion: str("eu-west-1")})
		require.NoError(t, err)
		assert.Equal(t, types.ExpirationModelTypeKeyMaterialDoesNotExpire, out.ReplicaKeyMetadata.ExpirationModel, "of the primary key")
		assert.Nil(t, out.ReplicaKeyMetadata.CurrentKeyMaterialId)
		replica := metadata(t, there, k)
		assert.Equal(t, types.KeyStatePendingImport, replica.KeyState)
		assert.Empty(t, replica.ExpirationModel)
		assert.Equal(t, []types.RotationsListEntry{{
			KeyId: replica.Arn, KeyMaterialId: &id, KeyMaterialState: types.KeyMaterialStateCurrent,
			ImportState: types.ImportStatePendingImport, KeyMaterialDescription: str("safe 1"),
		}}, allMaterial(t, there, replica))

		in := importInput(t, there, replica, random(32))
		_, err = there.ImportKeyMaterial(t.Context(), in)
		refusedWith(t, err, "IncorrectKeyMaterialException")
		in = importInput(t, there, replica, material)
		asNew(in)
		_, err = there.ImportKeyMaterial(t.Context(), in)
		refused(t, err, "ValidationException", "Input parameter ImportType NEW_KEY_MATERIAL cannot be used on replica Multi-Region keys")
		in.ImportType, in.KeyMaterialDescription = "", str("mine")
		_, err = there.ImportKeyMaterial(t.Context(), in)
		refused(t, err, "ValidationException", "Key material description can only be specified on primary Multi-Region keys")
		foreign := importInput(t, c, k, material)
		_, err = there.ImportKeyMaterial(t.Context(), foreign)
		refusedWith(t, err, "InvalidImportTokenException")

		assert.Equal(t, id, importMaterial(t, there, replica, material))
		d, err := there.Decrypt(t.Context(), &kms.DecryptInput{CiphertextBlob: ciphertext})
		require.NoError(t, err)
		assert.Equal(t, "x", string(d.Plaintext))
		deleteMaterial(t, there, replica)
		assert.Equal(t, types.KeyStatePendingImport, metadata(t, there, k).KeyState)
		assert.Equal(t, types.KeyStateEnabled, metadata(t, c, k).KeyState, "each by itself")
	})

	t.Run("comes before a rotation, in every Region", func(t *testing.T) {
		t.Parallel()
		srv := kmstest.New()
		regions := []string{"us-east-1", "ap-southeast-2", "eu-west-1"}
		c := srv.Client()
		k, old, young := newKey(t, c, multiRegion, external), random(32), random(32)
		first := importMaterial(t, c, k, old)
		clients, keys := [3]*kms.Client{c}, [3]*types.KeyMetadata{k}
		for i, r := range regions {
			if i > 0 {
				clients[i], keys[i] = srv.Client(inRegion(r)), replicate(t, srv, k, r)
				importMaterial(t, clients[i], keys[i], old)
			}
		}
		second := importMaterial(t, c, k, young, asNew)
		waits := []types.KeyMaterialState{types.KeyMaterialStateCurrent, types.KeyMaterialStatePendingMultiRegionImportAndRotation}
		for i := range regions {
			assert.Equal(t, waits, materialStates(t, clients[i], keys[i]))
			_, err := c.RotateKeyOnDemand(t.Context(), &kms.RotateKeyOnDemandInput{KeyId: k.KeyId})
			refused(t, err, "KMSInvalidStateException", "Cannot perform key material rotation: Key material has not been imported for replicas of the Multi-Region key.")
			if i > 0 {
				assert.Equal(t, second, importMaterial(t, clients[i], keys[i], young))
			}
		}
		for i := range regions {
			assert.Equal(t, types.KeyMaterialStatePendingRotation, materialStates(t, clients[i], keys[i])[1])
		}
		rotate(t, c, k)
		for i := range regions {
			assert.Equal(t, []types.KeyMaterialState{types.KeyMaterialStateNonCurrent, types.KeyMaterialStateCurrent}, materialStates(t, clients[i], keys[i]))
			assert.Equal(t, second, *metadata(t, clients[i], k).CurrentKeyMaterialId)
			assert.NotEqual(t, first, second)
		}

		importMaterial(t, c, k, random(32), asNew)
		deleteMaterial(t, c, k, *allMaterial(t, c, k)[2].KeyMaterialId)
		for i := range regions {
			assert.Len(t, allMaterial(t, clients[i], keys[i]), 2, "what waits on the primary key goes everywhere")
		}
	})

	t.Run("of a replica can be taken back before a rotation", func(t *testing.T) {
		t.Parallel()
		srv := kmstest.New()
		c, there := srv.Client(), srv.Client(inRegion("eu-west-1"))
		k, old, young := newKey(t, c, multiRegion, external), random(32), random(32)
		importMaterial(t, c, k, old)
		replica := replicate(t, srv, k, "eu-west-1")
		importMaterial(t, there, replica, old)
		pending := importMaterial(t, c, k, young, asNew)
		importMaterial(t, there, replica, young)
		assert.Equal(t, types.KeyMaterialStatePendingRotation, materialStates(t, c, k)[1])
		deleteMaterial(t, there, replica, pending)
		assert.Equal(t, types.KeyMaterialStatePendingMultiRegionImportAndRotation, materialStates(t, c, k)[1])
		assert.Equal(t, types.KeyStateEnabled, metadata(t, there, k).KeyState)
	})
}

func TestUpdatePrimaryRegion(t *testing.T) {
	t.Parallel()
	t.Run("swaps the primary key and a replica", func(t *testing.T) {
		t.Parallel()
		everyKeeper(t, func(t *testing.T, srv *kmstest.Server, c keeper) {
			k := newKey(t, c, multiRegion)
			replicate(t, srv, k, "eu-west-1")
			replicate(t, srv, k, "ap-southeast-2")
			_, err := c.UpdatePrimaryRegion(t.Context(), &kms.UpdatePrimaryRegionInput{KeyId: k.Arn, PrimaryRegion: str("eu-west-1")})
			require.NoError(t, err)
			for _, region := range []string{"us-east-1", "eu-west-1", "ap-southeast-2"} {
				m := metadata(t, srv.Client(inRegion(region)), k)
				assert.Equal(t, types.KeyStateEnabled, m.KeyState)
				assert.Equal(t, region == "eu-west-1", m.MultiRegionConfiguration.MultiRegionKeyType == types.MultiRegionKeyTypePrimary)
				assert.Equal(t, "eu-west-1", *m.MultiRegionConfiguration.PrimaryKey.Region)
				var replicas []string
				for _, r := range m.MultiRegionConfiguration.ReplicaKeys {
					replicas = append(replicas, *r.Region)
				}
				assert.Equal(t, []string{"ap-southeast-2", "us-east-1"}, replicas)
			}
			_, err = srv.Client(inRegion("eu-west-1")).ReplicateKey(t.Context(), &kms.ReplicateKeyInput{KeyId: k.KeyId, ReplicaRegion: str("sa-east-1")})
			assert.NoError(t, err)
		})
	})

	t.Run("refuses what has nothing to swap", func(t *testing.T) {
		t.Parallel()
		everyKeeper(t, func(t *testing.T, srv *kmstest.Server, c keeper) {
			k, single := newKey(t, c, multiRegion), newKey(t, c)
			replica := replicate(t, srv, k, "eu-west-1")
			for _, x := range []struct{ keyID, region, code, text string }{
				{*single.KeyId, "eu-west-1", "UnsupportedOperationException", *single.Arn + " is not a multi-Region primary key."},
				{*k.KeyId, "ap-southeast-2", "ValidationException", *k.KeyId + " does not have a replica key in the specified Region."},
			} {
				_, err := c.UpdatePrimaryRegion(t.Context(), &kms.UpdatePrimaryRegionInput{KeyId: &x.keyID, PrimaryRegion: &x.region})
				refused(t, err, x.code, x.text)
			}
			_, err := c.UpdatePrimaryRegion(t.Context(), &kms.UpdatePrimaryRegionInput{KeyId: k.KeyId, PrimaryRegion: str("us-east-1")})
			require.NoError(t, err, "where it is")
			assert.Equal(t, types.KeyStateEnabled, metadata(t, c, k).KeyState)
			there := srv.Client(inRegion("eu-west-1"))
			_, err = there.UpdatePrimaryRegion(t.Context(), &kms.UpdatePrimaryRegionInput{KeyId: k.KeyId, PrimaryRegion: str("us-east-1")})
			refused(t, err, "KMSInvalidStateException", *replica.Arn+" is not a multi-Region primary key.")
			_, err = there.DisableKey(t.Context(), &kms.DisableKeyInput{KeyId: k.KeyId})
			require.NoError(t, err)
			_, err = c.UpdatePrimaryRegion(t.Context(), &kms.UpdatePrimaryRegionInput{KeyId: k.KeyId, PrimaryRegion: str("eu-west-1")})
			refused(t, err, "DisabledException", *replica.Arn+" is disabled.")
		})
	})

	t.Run("takes permission on both keys", func(t *testing.T) {
		t.Parallel()
		srv := kmstest.New()
		k := newKey(t, srv.API(), multiRegion)
		replica := replicate(t, srv, k, "eu-west-1")
		update := func(name string, resource *string, condition kmskit.Condition) error {
			p := srv.Principal(role(account, name), kmstest.WithPolicy(&kmskit.PolicyDocument{
				Version: "2012-10-17",
				Statement: []kmskit.Statement{{
					Effect: kmskit.Allow, Action: kmskit.StringList{"kms:UpdatePrimaryRegion"},
					Resource: kmskit.StringList{*resource}, Condition: condition,
				}},
			}))
			_, err := p.API().UpdatePrimaryRegion(t.Context(), &kms.UpdatePrimaryRegionInput{KeyId: k.KeyId, PrimaryRegion: str("eu-west-1")})
			return err
		}
		refused(t, update("here", k.Arn, nil), "AccessDeniedException", "User: "+role(account, "here")+
			" is not authorized to perform: kms:UpdatePrimaryRegion on resource: "+*replica.Arn+
			" because no identity-based policy allows the kms:UpdatePrimaryRegion action")
		refusedWith(t, update("there", replica.Arn, nil), "AccessDeniedException")
		refusedWith(t, update("south", str("*"), kmskit.Condition{"StringEquals": {"kms:PrimaryRegion": {"eu-south-1"}}}), "AccessDeniedException")
		assert.NoError(t, update("both", str("*"), kmskit.Condition{"StringEquals": {"kms:PrimaryRegion": {"eu-west-1"}}}))
	})
}

func TestMultiRegionDeletion(t *testing.T) {
	t.Parallel()
	scheduleDeletion := func(t *testing.T, c caller, k *types.KeyMetadata, days int32) *kms.ScheduleKeyDeletionOutput {
		t.Helper()
		out, err := c.ScheduleKeyDeletion(t.Context(), &kms.ScheduleKeyDeletionInput{KeyId: k.KeyId, PendingWindowInDays: &days})
		require.NoError(t, err)
		return out
	}

	t.Run("of a primary key waits for its replicas", func(t *testing.T) {
		t.Parallel()
		everyKeeper(t, func(t *testing.T, srv *kmstest.Server, c keeper) {
			there := srv.Client(inRegion("eu-west-1"))
			k := newKey(t, c, multiRegion)
			replicate(t, srv, k, "eu-west-1")
			replicate(t, srv, k, "ap-southeast-2")
			out := scheduleDeletion(t, c, k, 10)
			assert.Equal(t, *k.Arn, *out.KeyId)
			assert.Nil(t, out.DeletionDate)
			assert.Equal(t, types.KeyStatePendingReplicaDeletion, out.KeyState)
			assert.EqualValues(t, 10, *out.PendingWindowInDays)
			m := metadata(t, c, k)
			assert.Equal(t, types.KeyStatePendingReplicaDeletion, m.KeyState)
			assert.Nil(t, m.DeletionDate)
			assert.EqualValues(t, 10, *m.PendingDeletionWindowInDays)
			_, err := c.Encrypt(t.Context(), &kms.EncryptInput{KeyId: k.KeyId, Plaintext: []byte("x")})
			refused(t, err, "KMSInvalidStateException", *k.Arn+" is pending replica deletion.")
			assert.Equal(t, types.KeyStateEnabled, metadata(t, there, k).KeyState)

			first := scheduleDeletion(t, there, k, 7)
			assert.NotNil(t, first.DeletionDate)
			srv.Advance(8 * day)
			_, err = there.DescribeKey(t.Context(), &kms.DescribeKeyInput{KeyId: k.KeyId})
			refusedWith(t, err, "NotFoundException")
			assert.Equal(t, types.KeyStatePendingReplicaDeletion, metadata(t, c, k).KeyState)
			assert.Len(t, metadata(t, c, k).MultiRegionConfiguration.ReplicaKeys, 1)

			last := scheduleDeletion(t, srv.Client(inRegion("ap-southeast-2")), k, 8)
			srv.Advance(9 * day)
			m = metadata(t, c, k)
			assert.Equal(t, types.KeyStatePendingDeletion, m.KeyState)
			assert.Nil(t, m.PendingDeletionWindowInDays)
			assert.WithinDuration(t, last.DeletionDate.Add(10*day), *m.DeletionDate, time.Second)
			assert.Empty(t, m.MultiRegionConfiguration.ReplicaKeys)
			srv.Advance(9 * day)
			_, err = c.DescribeKey(t.Context(), &kms.DescribeKeyInput{KeyId: k.KeyId})
			refusedWith(t, err, "NotFoundException")
		})
	})

	t.Run("happens in turn when all time passes at once", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			srv := kmstest.New()
			c, there := srv.API(), srv.Client(inRegion("eu-west-1"))
			k := newKey(t, c, multiRegion)
			replicate(t, srv, k, "eu-west-1")
			scheduleDeletion(t, c, k, 7)
			scheduleDeletion(t, there, k, 30)
			<-time.After(37*day - time.Second)
			assert.Equal(t, types.KeyStatePendingDeletion, metadata(t, c, k).KeyState)
			<-time.After(time.Second)
			_, err := c.DescribeKey(t.Context(), &kms.DescribeKeyInput{KeyId: k.KeyId})
			refusedWith(t, err, "NotFoundException")
		})
	})

	t.Run("can be cancelled while it waits", func(t *testing.T) {
		t.Parallel()
		srv := frozen()
		c, there := srv.API(), srv.Client(inRegion("eu-west-1"))
		k := newKey(t, c, multiRegion)
		replicate(t, srv, k, "eu-west-1")
		scheduleDeletion(t, c, k, 7)
		_, err := c.CancelKeyDeletion(t.Context(), &kms.CancelKeyDeletionInput{KeyId: k.KeyId})
		require.NoError(t, err)
		m := metadata(t, c, k)
		assert.Equal(t, types.KeyStateDisabled, m.KeyState)
		assert.Nil(t, m.PendingDeletionWindowInDays)
		scheduleDeletion(t, there, k, 7)
		srv.Advance(100 * day)
		assert.Equal(t, types.KeyStateDisabled, metadata(t, c, k).KeyState)
	})

	t.Run("of a replica can be made good by another", func(t *testing.T) {
		t.Parallel()
		srv := frozen()
		c, there := srv.API(), srv.Client(inRegion("eu-west-1"))
		k := newKey(t, c, multiRegion)
		replica := replicate(t, srv, k, "eu-west-1")
		ciphertext := encrypt(t, there, replica, "x", nil)
		scheduleDeletion(t, there, k, 7)
		_, err := c.ReplicateKey(t.Context(), &kms.ReplicateKeyInput{KeyId: k.KeyId, ReplicaRegion: str("eu-west-1")})
		refusedWith(t, err, "AlreadyExistsException")
		srv.Advance(7 * day)
		_, err = there.Decrypt(t.Context(), &kms.DecryptInput{CiphertextBlob: ciphertext})
		refusedWith(t, err, "AccessDeniedException")
		replicate(t, srv, k, "eu-west-1")
		d, err := there.Decrypt(t.Context(), &kms.DecryptInput{CiphertextBlob: ciphertext})
		require.NoError(t, err)
		assert.Equal(t, "x", string(d.Plaintext))
	})
}

// A turning clock can be set back, which keeps a key in a state that the next
// request would end.
type turningClock struct{ at time.Time }

func (c *turningClock) now() time.Time { return c.at }

// TestMaterialKeyStates is the table of key states in the Developer Guide of KMS
// for the operations on key material and Regions, and for all others as far as it
// is about the two states in which only multi-Region keys are.
//
// https://docs.aws.amazon.com/kms/latest/developerguide/key-state.html
func TestMaterialKeyStates(t *testing.T) {
	t.Parallel()
	const (
		fine        = "" // succeeds
		disabled    = "DisabledException: <arn> is disabled."
		dying       = "KMSInvalidStateException: <arn> is pending deletion."
		replicas    = "KMSInvalidStateException: <arn> is pending replica deletion."
		pending     = "KMSInvalidStateException: <arn> is pending import."
		creating    = "KMSInvalidStateException: <arn> is creating."
		updating    = "KMSInvalidStateException: <arn> is updating."
		notDying    = "KMSInvalidStateException: <arn> is not pending deletion."
		external    = "UnsupportedOperationException: <arn> origin is EXTERNAL which is not valid for this operation."
		replica     = "UnsupportedOperationException: <arn> is not a multi-region primary key."
		notRotating = "UnsupportedOperationException: <arn> is a multi-region replica key which is not valid for "
		nothingNext = "KMSInvalidStateException: No available key material pending rotation for the key: <arn>."
	)
	states := []types.KeyState{
		types.KeyStateEnabled, types.KeyStateDisabled, types.KeyStatePendingDeletion, types.KeyStatePendingReplicaDeletion,
		types.KeyStatePendingImport, types.KeyStateCreating, types.KeyStateUpdating,
	}
	type cells [7]string // as the states above
	everywhere := cells{}
	use := cells{fine, disabled, dying, replicas, pending, creating, fine}
	for name, op := range map[string]struct {
		imported bool // on a key with imported material
		cells    cells
		run      func(t *testing.T, c *kms.Client, id *string) error
	}{
		"CancelKeyDeletion": {false, cells{notDying, notDying, fine, fine, notDying, notDying, notDying}, func(t *testing.T, c *kms.Client, id *string) error {
			_, err := c.CancelKeyDeletion(t.Context(), &kms.CancelKeyDeletionInput{KeyId: id})
			return err
		}},
		"CreateAlias": {false, cells{fine, fine, dying, replicas, fine, fine, fine}, func(t *testing.T, c *kms.Client, id *string) error {
			_, err := c.CreateAlias(t.Context(), &kms.CreateAliasInput{TargetKeyId: id, AliasName: str("alias/new")})
			return err
		}},
		"CreateGrant": {false, use, func(t *testing.T, c *kms.Client, id *string) error {
			_, err := c.CreateGrant(t.Context(), newGrant(&types.KeyMetadata{KeyId: id}))
			return err
		}},
		"DeleteImportedKeyMaterial": {true, cells{fine, fine, fine, fine, fine, creating, updating}, func(t *testing.T, c *kms.Client, id *string) error {
			_, err := c.DeleteImportedKeyMaterial(t.Context(), &kms.DeleteImportedKeyMaterialInput{KeyId: id})
			return err
		}},
		"DescribeKey": {false, everywhere, func(t *testing.T, c *kms.Client, id *string) error {
			_, err := c.DescribeKey(t.Context(), &kms.DescribeKeyInput{KeyId: id})
			return err
		}},
		"DisableKey": {false, cells{fine, fine, dying, replicas, pending, creating, updating}, func(t *testing.T, c *kms.Client, id *string) error {
			_, err := c.DisableKey(t.Context(), &kms.DisableKeyInput{KeyId: id})
			return err
		}},
		"DisableKeyRotation": {false, cells{fine, disabled, dying, replicas, external, creating, notRotating + "DisableKeyRotation."}, func(t *testing.T, c *kms.Client, id *string) error {
			_, err := c.DisableKeyRotation(t.Context(), &kms.DisableKeyRotationInput{KeyId: id})
			return err
		}},
		"EnableKey": {false, cells{fine, fine, dying, replicas, pending, creating, updating}, func(t *testing.T, c *kms.Client, id *string) error {
			_, err := c.EnableKey(t.Context(), &kms.EnableKeyInput{KeyId: id})
			return err
		}},
		"EnableKeyRotation": {false, cells{fine, disabled, dying, replicas, external, creating, notRotating + "EnableKeyRotation."}, func(t *testing.T, c *kms.Client, id *string) error {
			_, err := c.EnableKeyRotation(t.Context(), &kms.EnableKeyRotationInput{KeyId: id})
			return err
		}},
		"Encrypt": {false, use, func(t *testing.T, c *kms.Client, id *string) error {
			_, err := c.Encrypt(t.Context(), &kms.EncryptInput{KeyId: id, Plaintext: []byte("x")})
			return err
		}},
		"GetKeyRotationStatus": {false, everywhere, func(t *testing.T, c *kms.Client, id *string) error {
			_, err := c.GetKeyRotationStatus(t.Context(), &kms.GetKeyRotationStatusInput{KeyId: id})
			return err
		}},
		"GetParametersForImport": {true, cells{fine, fine, dying, replicas, fine, creating, updating}, func(t *testing.T, c *kms.Client, id *string) error {
			_, err := c.GetParametersForImport(t.Context(), &kms.GetParametersForImportInput{
				KeyId: id, WrappingKeySpec: types.WrappingKeySpecRsa2048, WrappingAlgorithm: types.AlgorithmSpecRsaesOaepSha256,
			})
			return err
		}},
		"ImportKeyMaterial": {true, cells{
			"InvalidImportTokenException: ", "InvalidImportTokenException: ",
			dying, replicas, "InvalidImportTokenException: ", creating,
			"InvalidImportTokenException: ",
		}, func(t *testing.T, c *kms.Client, id *string) error {
			_, err := c.ImportKeyMaterial(t.Context(), &kms.ImportKeyMaterialInput{
				KeyId: id, ImportToken: []byte("x"), EncryptedKeyMaterial: []byte("x"),
				ExpirationModel: types.ExpirationModelTypeKeyMaterialDoesNotExpire,
			})
			return err
		}},
		"ListKeyRotations": {false, everywhere, func(t *testing.T, c *kms.Client, id *string) error {
			_, err := c.ListKeyRotations(t.Context(), &kms.ListKeyRotationsInput{KeyId: id})
			return err
		}},
		"ReplicateKey": {false, cells{fine, disabled, dying, replicas, pending, replica, updating}, func(t *testing.T, c *kms.Client, id *string) error {
			_, err := c.ReplicateKey(t.Context(), &kms.ReplicateKeyInput{KeyId: id, ReplicaRegion: str("sa-east-1")})
			return err
		}},
		"RotateKeyOnDemand": {false, cells{fine, disabled, dying, replicas, pending, creating, notRotating + "RotateKeyOnDemand."}, func(t *testing.T, c *kms.Client, id *string) error {
			_, err := c.RotateKeyOnDemand(t.Context(), &kms.RotateKeyOnDemandInput{KeyId: id})
			return err
		}},
		"RotateKeyOnDemand imported": {true, cells{nothingNext, disabled, dying, replicas, pending, creating, notRotating + "RotateKeyOnDemand."}, func(t *testing.T, c *kms.Client, id *string) error {
			_, err := c.RotateKeyOnDemand(t.Context(), &kms.RotateKeyOnDemandInput{KeyId: id})
			return err
		}},
		"ScheduleKeyDeletion": {false, cells{fine, fine, dying, replicas, fine, fine, updating}, func(t *testing.T, c *kms.Client, id *string) error {
			_, err := c.ScheduleKeyDeletion(t.Context(), &kms.ScheduleKeyDeletionInput{KeyId: id})
			return err
		}},
		"UpdatePrimaryRegion": {false, cells{fine, disabled, dying, replicas, pending, creating, updating}, func(t *testing.T, c *kms.Client, id *string) error {
			_, err := c.UpdatePrimaryRegion(t.Context(), &kms.UpdatePrimaryRegionInput{KeyId: id, PrimaryRegion: str("eu-west-1")})
			return err
		}},
	} {
		for i, state := range states {
			t.Run(name+"/"+string(state), func(t *testing.T) {
				t.Parallel()
				c, k := newKeyIn(t, state, op.imported)
				err := op.run(t, c, k.KeyId)
				if op.cells[i] == fine {
					require.NoError(t, err)
					return
				}
				code, text, _ := strings.Cut(op.cells[i], ": ")
				refused(t, err, code, strings.ReplaceAll(text, "<arn>", *k.Arn))
			})
		}
	}
}

// newKeyIn returns a multi-Region key in a state, and a client of its Region. It
// is a replica if its state is one that only a replica is in.
func newKeyIn(t *testing.T, state types.KeyState, imported bool) (*kms.Client, *types.KeyMetadata) {
	t.Helper()
	clock := turningClock{time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}
	srv := kmstest.New(kmstest.WithClock(clock.now))
	c := srv.Client()
	k := newKey(t, c, multiRegion, func(in *kms.CreateKeyInput) {
		if imported || state == types.KeyStatePendingImport {
			external(in)
		}
	})
	material := random(32)
	if imported && state != types.KeyStatePendingImport {
		importMaterial(t, c, k, material)
	}
	switch state {
	case types.KeyStatePendingImport:
		return c, k
	case types.KeyStatePendingDeletion:
		_, err := c.ScheduleKeyDeletion(t.Context(), &kms.ScheduleKeyDeletionInput{KeyId: k.KeyId})
		require.NoError(t, err)
		return c, k
	}
	_, err := c.ReplicateKey(t.Context(), &kms.ReplicateKeyInput{KeyId: k.KeyId, ReplicaRegion: str("eu-west-1")})
	require.NoError(t, err)
	switch state {
	case types.KeyStateDisabled:
		_, err = c.DisableKey(t.Context(), &kms.DisableKeyInput{KeyId: k.KeyId})
	case types.KeyStatePendingReplicaDeletion:
		_, err = c.ScheduleKeyDeletion(t.Context(), &kms.ScheduleKeyDeletionInput{KeyId: k.KeyId})
	case types.KeyStateCreating:
		c = srv.Client(inRegion("eu-west-1"))
	case types.KeyStateUpdating:
		replica := metadata(t, srv.Client(inRegion("eu-west-1")), k)
		if imported {
			importMaterial(t, srv.Client(inRegion("eu-west-1")), replica, material)
		}
		_, err = c.UpdatePrimaryRegion(t.Context(), &kms.UpdatePrimaryRegionInput{KeyId: k.KeyId, PrimaryRegion: str("eu-west-1")})
	}
	require.NoError(t, err)
	if state == types.KeyStateCreating || state == types.KeyStateUpdating {
		clock.at = clock.at.Add(-time.Second)
	}
	k = metadata(t, c, k)
	require.Equal(t, state, k.KeyState)
	return c, k
}

// TestMaterialConcurrency rotates, replicates and uses one key from all sides: no
// rotation is lost, and every ciphertext stays readable.
func TestMaterialConcurrency(t *testing.T) {
	t.Parallel()
	srv := kmstest.New()
	api, k := srv.API(), newKey(t, srv.API(), multiRegion)
	enableRotation(t, api, k, 90)
	regions := []string{"us-east-1", "eu-west-1", "ap-southeast-2", "sa-east-1"}
	for _, r := range regions[1:] {
		replicate(t, srv, k, r)
	}
	const rounds = 6
	var wg sync.WaitGroup
	for _, r := range regions {
		c := srv.Client(inRegion(r))
		wg.Go(func() {
			for range rounds {
				e, err := c.Encrypt(t.Context(), &kms.EncryptInput{KeyId: k.KeyId, Plaintext: []byte(r)})
				if !assert.NoError(t, err) {
					return
				}
				for _, there := range regions {
					d, err := srv.Client(inRegion(there)).Decrypt(t.Context(), &kms.DecryptInput{CiphertextBlob: e.CiphertextBlob})
					if assert.NoError(t, err) {
						assert.Equal(t, r, string(d.Plaintext))
					}
				}
				_, err = c.ListKeyRotations(t.Context(), &kms.ListKeyRotationsInput{KeyId: k.KeyId})
				assert.NoError(t, err)
			}
		})
		wg.Go(func() {
			for range rounds {
				srv.Advance(30 * day)
				_, err := api.RotateKeyOnDemand(t.Context(), &kms.RotateKeyOnDemandInput{KeyId: k.KeyId})
				assert.NoError(t, err)
			}
		})
	}
	wg.Wait()
	kinds := map[types.RotationType]int{}
	for _, r := range rotations(t, api, k) {
		kinds[r.RotationType]++
	}
	assert.Equal(t, map[types.RotationType]int{
		types.RotationTypeOnDemand:  len(regions) * rounds,
		types.RotationTypeAutomatic: len(regions) * rounds * 30 / 90,
	}, kinds)
}
