package conformance

import (
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
)

var regionRules = []rule{
	{
		"ReplicateKey", "answers metadata and policy of the replica",
		"A replica has the ID, the material and the spec of its primary key, and an ARN, a description and a policy of its own.",
		func(t *trial) {
			primary := t.newKey(multiRegion)
			out := t.replicate(primary)
			t.members("ReplicaKeyMetadata", "ReplicaPolicy")
			k := out.ReplicaKeyMetadata
			equal(t, "KeyId", *k.KeyId, *primary.KeyId)
			equal(t, "Arn", *k.Arn, inRegion(*primary.Arn, t.suite.region))
			equal(t, "Description", *k.Description, "")
			equal(t, "MultiRegionKeyType", k.MultiRegionConfiguration.MultiRegionKeyType, types.MultiRegionKeyTypeReplica)
			equal(t, "the primary key", *k.MultiRegionConfiguration.PrimaryKey.Arn, *primary.Arn)
			t.contains(*out.ReplicaPolicy, root(primary))
		},
	},
	{
		"ReplicateKey", "with description and tags answers them",
		"What is not shared by related keys can be given with the replica: ReplicaTags is there if there are any.",
		func(t *trial) {
			primary := t.newKey(multiRegion)
			out := t.replicate(primary, func(in *kms.ReplicateKeyInput) {
				in.Description, in.Tags = aws.String("the replica"), []types.Tag{tag("colour", "blue")}
			})
			t.members("ReplicaKeyMetadata", "ReplicaPolicy", "ReplicaTags")
			equal(t, "Description", *out.ReplicaKeyMetadata.Description, "the replica")
			equal(t, "the tag", *out.ReplicaTags[0].TagKey, "colour")
			equal(t, "the number of tags of the primary key",
				len(answer(t, t.ListResourceTags, &kms.ListResourceTagsInput{KeyId: primary.KeyId}).Tags), 0)
		},
	},
	{
		"EnableKeyRotation", "of a replica is UnsupportedOperation",
		"Rotation is shared by related keys, and set on the primary key only.",
		func(t *trial) {
			primary := t.newKey(multiRegion)
			t.replicate(primary)
			there := t.clientIn(t.suite.region)
			t.waitThere(there, primary)
			refusal(t, there.EnableKeyRotation, &kms.EnableKeyRotationInput{KeyId: primary.KeyId}, "UnsupportedOperationException")
			answer(t, t.EnableKeyRotation, &kms.EnableKeyRotationInput{KeyId: primary.KeyId})
			answerThat(t, there.GetKeyRotationStatus, &kms.GetKeyRotationStatusInput{KeyId: primary.KeyId}, func(out *kms.GetKeyRotationStatusOutput) string {
				return unless(out.KeyRotationEnabled, "rotation of the replica is off")
			})
		},
	},
	{
		"ReplicateKey", "of a replica is UnsupportedOperation",
		"Only the primary key can be replicated. A replica is refused for that even while it is being created.",
		func(t *trial) {
			primary := t.newKey(multiRegion)
			t.replicate(primary)
			there := t.clientIn(t.suite.region)
			third := "eu-west-1"
			if t.Options().Region == third {
				third = "eu-central-1"
			}
			replicateReplica := func() {
				refusal(t, there.ReplicateKey, &kms.ReplicateKeyInput{KeyId: primary.KeyId, ReplicaRegion: &third}, "UnsupportedOperationException")
			}
			replicateReplica()
			t.waitThere(there, primary)
			replicateReplica()
		},
	},
	{
		"ReplicateKey", "the replica opens what the primary has sealed",
		"Related multi-Region keys have the same key material: each opens what any of them has sealed.",
		func(t *trial) {
			primary := t.newKey(multiRegion)
			sealed := answer(t, t.Encrypt, &kms.EncryptInput{KeyId: primary.KeyId, Plaintext: plaintext})
			t.replicate(primary)
			there := t.clientIn(t.suite.region)
			t.waitThere(there, primary)
			opened := answer(t, there.Decrypt, &kms.DecryptInput{CiphertextBlob: sealed.CiphertextBlob})
			equal(t, "Plaintext", opened.Plaintext, plaintext)
			equal(t, "KeyId", *opened.KeyId, inRegion(*primary.Arn, t.suite.region))
		},
	},
	{
		"ReplicateKey", "a second time is AlreadyExists",
		"A Region has one of the related keys at most.",
		func(t *trial) {
			primary := t.newKey(multiRegion)
			t.replicate(primary)
			refusal(t, t.ReplicateKey, &kms.ReplicateKeyInput{KeyId: primary.KeyId, ReplicaRegion: &t.suite.region}, "AlreadyExistsException")
		},
	},
	{
		"ReplicateKey", "of a key in one Region is UnsupportedOperation",
		"Only multi-Region primary keys can be replicated.",
		func(t *trial) {
			refusal(t, t.ReplicateKey, &kms.ReplicateKeyInput{KeyId: t.shared(symmetric).KeyId, ReplicaRegion: &t.suite.region}, "UnsupportedOperationException")
		},
	},
	{
		"ReplicateKey", "with a policy that is none is MalformedPolicyDocument",
		"The policy of the replica is checked like that of any key.",
		func(t *trial) {
			policy := "no JSON"
			refusal(t, t.ReplicateKey, &kms.ReplicateKeyInput{
				KeyId: t.shared(multiKey).KeyId, ReplicaRegion: &t.suite.region, Policy: &policy,
			}, "MalformedPolicyDocumentException")
		},
	},
	{
		"ReplicateKey", "with a policy over 32 KiB is LimitExceeded",
		"A key policy has 32,768 bytes at most.",
		func(t *trial) {
			k := t.shared(multiKey)
			policy := longPolicy(k.KeyMetadata)
			refusal(t, t.ReplicateKey, &kms.ReplicateKeyInput{KeyId: k.KeyId, ReplicaRegion: &t.suite.region, Policy: &policy}, "LimitExceededException")
		},
	},
	{
		"ReplicateKey", "with reserved tags is a TagException",
		"The tags of the replica are checked like those of any key.",
		func(t *trial) {
			refusal(t, t.ReplicateKey, &kms.ReplicateKeyInput{
				KeyId: t.shared(multiKey).KeyId, ReplicaRegion: &t.suite.region, Tags: []types.Tag{tag("aws:a", "")},
			}, "TagException")
		},
	},
	{
		"ScheduleKeyDeletion", "a primary key waits for its replicas",
		"A primary key with replicas is PendingReplicaDeletion, with a window and without a date, until the last of them is gone.",
		func(t *trial) {
			primary := t.newKey(multiRegion)
			t.replicate(primary)
			t.waitThere(t.clientIn(t.suite.region), primary)
			out := answer(t, t.ScheduleKeyDeletion, &kms.ScheduleKeyDeletionInput{KeyId: primary.KeyId})
			t.members("KeyId", "KeyState", "PendingWindowInDays")
			equal(t, "KeyState", out.KeyState, types.KeyStatePendingReplicaDeletion)
			t.waitFor(*primary.KeyId, types.KeyStatePendingReplicaDeletion)
			t.membersOf("KeyMetadata", metadataMembers("EncryptionAlgorithms", "CurrentKeyMaterialId",
				"MultiRegionConfiguration", "PendingDeletionWindowInDays")...)
			refusal(t, t.Encrypt, &kms.EncryptInput{KeyId: primary.KeyId, Plaintext: plaintext}, "KMSInvalidStateException")
		},
	},
	{
		"CancelKeyDeletion", "of a primary key that waits for its replicas leaves it disabled",
		"A primary key is PendingReplicaDeletion only until it is told otherwise.",
		func(t *trial) {
			k := t.own(multiKey.in(types.KeyStatePendingReplicaDeletion))
			answer(t, t.CancelKeyDeletion, &kms.CancelKeyDeletionInput{KeyId: k.KeyId})
			t.waitFor(*k.KeyId, types.KeyStateDisabled)
		},
	},
	{
		"UpdatePrimaryRegion", "has no output, and both keys change places",
		"The replica in that Region becomes the primary key, and the primary key a replica.",
		func(t *trial) {
			primary := t.newKey(multiRegion)
			t.replicate(primary)
			there := t.clientIn(t.suite.region)
			t.waitThere(there, primary)
			answer(t, t.UpdatePrimaryRegion, &kms.UpdatePrimaryRegionInput{KeyId: primary.KeyId, PrimaryRegion: &t.suite.region})
			t.empty()
			for client, want := range map[*kms.Client]types.MultiRegionKeyType{
				t.Client: types.MultiRegionKeyTypeReplica, there: types.MultiRegionKeyTypePrimary,
			} {
				answerThat(t, client.DescribeKey, &kms.DescribeKeyInput{KeyId: primary.KeyId}, func(out *kms.DescribeKeyOutput) string {
					got := out.KeyMetadata.MultiRegionConfiguration.MultiRegionKeyType
					return unless(got == want && out.KeyMetadata.KeyState == types.KeyStateEnabled,
						"%s is %s and %s, want %s", *out.KeyMetadata.Arn, got, out.KeyMetadata.KeyState, want)
				})
			}
		},
	},
	{
		"UpdatePrimaryRegion", "of a key in one Region is UnsupportedOperation",
		"Only a multi-Region primary key has a primary Region.",
		func(t *trial) {
			refusal(t, t.UpdatePrimaryRegion, &kms.UpdatePrimaryRegionInput{KeyId: t.shared(symmetric).KeyId, PrimaryRegion: &t.suite.region}, "UnsupportedOperationException")
		},
	},
	{
		"UpdatePrimaryRegion", "to a Region without a replica is a ValidationException",
		"UpdatePrimaryRegion makes no replica.",
		func(t *trial) {
			refusal(t, t.UpdatePrimaryRegion, &kms.UpdatePrimaryRegionInput{KeyId: t.shared(multiKey).KeyId, PrimaryRegion: &t.suite.region}, "ValidationException")
		},
	},
	{
		"UpdatePrimaryRegion", "to the Region of the primary key is no mistake",
		"There is nothing to do if the primary key is where it should be.",
		func(t *trial) {
			region := t.Options().Region
			answer(t, t.UpdatePrimaryRegion, &kms.UpdatePrimaryRegionInput{KeyId: t.shared(multiKey).KeyId, PrimaryRegion: &region})
			t.empty()
		},
	},
	{
		"DescribeKey", "in another Region is NotFound",
		"A key in one Region is in that Region only.",
		func(t *trial) {
			refusal(t, t.clientIn(t.suite.region).DescribeKey, &kms.DescribeKeyInput{KeyId: t.shared(symmetric).KeyId}, "NotFoundException")
		},
	},
	{
		"Decrypt", "in another Region is refused",
		"A ciphertext of a key in one Region opens in that Region only. Elsewhere KMS does not say why not.",
		func(t *trial) {
			there := t.clientIn(t.suite.region)
			err := request(t, there.Decrypt, &kms.DecryptInput{CiphertextBlob: t.shared(symmetric).ciphertext})
			code := codeOf(err)
			t.that("the refusal is AccessDenied or InvalidCiphertext, got "+code, strings.Contains(code, "AccessDenied") || strings.Contains(code, "InvalidCiphertext"))
		},
	},
}

// replicate makes a replica of a key of the trial's own.
func (t *trial) replicate(primary *types.KeyMetadata, options ...func(*kms.ReplicateKeyInput)) *kms.ReplicateKeyOutput {
	t.Helper()
	in := &kms.ReplicateKeyInput{KeyId: primary.KeyId, ReplicaRegion: &t.suite.region}
	for _, o := range options {
		o(in)
	}
	out := answer(t, t.ReplicateKey, in)
	t.Cleanup(func() { discard(t, t.clientIn(t.suite.region), *out.ReplicaKeyMetadata.Arn) })
	return out
}

// waitThere waits until the key of that ID is enabled in another Region.
func (t *trial) waitThere(there *kms.Client, k *types.KeyMetadata) {
	t.Helper()
	answerThat(t, there.DescribeKey, &kms.DescribeKeyInput{KeyId: k.KeyId}, func(out *kms.DescribeKeyOutput) string {
		return unless(out.KeyMetadata.Enabled, "the replica is %s, want %s", out.KeyMetadata.KeyState, types.KeyStateEnabled)
	})
}
