package kmstest_test

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/kmskit/kmskit/kmstest"
	"github.com/kmskit/kmskit/kmstest/internal/wire"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestOpen_everything makes changes of every kind in an order of chance, and after
// each of them compares the world with the one that its file has.
func TestOpen_everything(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	const worlds = 6
	succeeded, ran := map[string]int{}, 0
	t.Run("worlds", func(t *testing.T) {
		t.Parallel()
		for seed := range uint64(worlds) {
			t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
				t.Parallel()
				name := stateFile(t)
				a := &actor{
					t: t, srv: openState(t, name), rand: rand.New(rand.NewPCG(seed, 0)),
					succeeded: map[string]int{},
				}
				a.start()
				for i := range 50 {
					what := a.act()
					require.Equal(t, kmstest.Dump(a.srv, false, true), kmstest.Dump(crash(t, name), false, true), "change %d: %s", i, what)
				}
				a.settle(a.srv, 0)
				before := kmstest.Dump(a.srv, true, true)
				a.srv = reopen(t, a.srv, name)
				require.Equal(t, before, kmstest.Dump(a.srv, true, true), "after Close")

				// What time brings about is the same, but for the material that it draws.
				again := crash(t, name)
				for _, days := range []int{1, 8, 31, 100, 400} {
					a.settle(a.srv, days)
					a.settle(again, days)
					require.Equal(t, kmstest.Dump(a.srv, true, false), kmstest.Dump(again, true, false), "%d days later", days)
				}
				mu.Lock()
				defer mu.Unlock()
				ran++
				for what, n := range a.succeeded {
					succeeded[what] += n
				}
			})
		}
	})
	t.Cleanup(func() {
		if ran < worlds {
			return
		}
		for _, op := range wire.Operations() {
			if kmstest.Changes(op.Name) {
				assert.NotZero(t, succeeded[op.Name], "%s has never succeeded, so that this test says nothing of it", op.Name)
			}
		}
	})
}

// An actor changes a world by chance.
type actor struct {
	t         *testing.T
	srv       *kmstest.Server
	rand      *rand.Rand
	succeeded map[string]int // by operation
	tokens    []string       // of grants
	materials [][]byte       // that have been imported
}

var actorRegions = []string{"us-east-1", "eu-west-1"}

func (a *actor) client(region string) *kms.Client {
	return a.srv.Client(inRegion(region), func(o *kms.Options) {
		o.Retryer = aws.NopRetryer{}
	})
}

// start tells the world what can back key stores.
func (a *actor) start() {
	a.srv.SetCloudHSMCluster(cluster())
	a.srv.SetXKSProxy(proxy())
}

// settle lets that many days pass, and what they bring about happen.
func (a *actor) settle(srv *kmstest.Server, days int) {
	srv.Advance(time.Duration(days) * day)
	_, err := srv.API().ListKeys(a.t.Context(), &kms.ListKeysInput{})
	require.NoError(a.t, err)
}

func (a *actor) oneOf(list []string) string { return list[a.rand.IntN(len(list))] }

// act does something, which may be refused, and says what.
func (a *actor) act() string {
	ctx, c := a.t.Context(), a.client(a.oneOf(actorRegions))
	names := slices.Sorted(maps.Keys(actions))
	what := a.oneOf(names)
	k := a.pick(ctx, c)
	err := actions[what](ctx, a, c, k)
	if err == nil {
		a.succeeded[what]++
		return fmt.Sprintf("%s on %s", what, aws.ToString(k.Arn))
	}
	return fmt.Sprintf("%s on %s, which was refused: %v", what, aws.ToString(k.Arn), err)
}

// pick returns one of the keys of a Region, which is made if there is none.
func (a *actor) pick(ctx context.Context, c *kms.Client) *types.KeyMetadata {
	keys, err := c.ListKeys(ctx, &kms.ListKeysInput{})
	require.NoError(a.t, err)
	if len(keys.Keys) == 0 {
		return newKey(a.t, c)
	}
	k, err := c.DescribeKey(ctx, &kms.DescribeKeyInput{KeyId: keys.Keys[a.rand.IntN(len(keys.Keys))].KeyArn})
	require.NoError(a.t, err)
	return k.KeyMetadata
}

// store returns the ID of one of the key stores of a Region.
func (a *actor) store(ctx context.Context, c *kms.Client) *string {
	stores, err := c.DescribeCustomKeyStores(ctx, &kms.DescribeCustomKeyStoresInput{})
	require.NoError(a.t, err)
	if len(stores.CustomKeyStores) == 0 {
		if out, err := c.CreateCustomKeyStore(ctx, clusterStore("vault")); err == nil {
			return out.CustomKeyStoreId
		}
		return str("cks-00000000000000000")
	}
	return stores.CustomKeyStores[a.rand.IntN(len(stores.CustomKeyStores))].CustomKeyStoreId
}

func (a *actor) alias() *string { return str(fmt.Sprint("alias/", a.rand.IntN(4))) }

// existingAlias returns the name of one of the aliases of a Region that are not
// those of AWS.
func (a *actor) existingAlias(ctx context.Context, c *kms.Client) *string {
	aliases, err := c.ListAliases(ctx, &kms.ListAliasesInput{})
	require.NoError(a.t, err)
	own := slices.DeleteFunc(aliases.Aliases, func(e types.AliasListEntry) bool { return strings.HasPrefix(*e.AliasName, "alias/aws/") })
	if len(own) == 0 {
		return a.alias()
	}
	return own[a.rand.IntN(len(own))].AliasName
}

// grant returns the ID of one of the grants of a key.
func (a *actor) grant(ctx context.Context, c *kms.Client, k *types.KeyMetadata) *string {
	grants, err := c.ListGrants(ctx, &kms.ListGrantsInput{KeyId: k.Arn})
	require.NoError(a.t, err)
	if len(grants.Grants) == 0 {
		if a.createGrant(ctx, c, k) != nil {
			return str(strings.Repeat("0", 64))
		}
		return a.grant(ctx, c, k)
	}
	return grants.Grants[a.rand.IntN(len(grants.Grants))].GrantId
}

func (a *actor) createGrant(ctx context.Context, c *kms.Client, k *types.KeyMetadata) error {
	in := newGrant(k)
	in.KeyId = k.Arn
	in.Operations = []types.GrantOperation{types.GrantOperationDescribeKey, types.GrantOperationRetireGrant}
	in.RetiringPrincipal = str(role(account, "retirer"))
	switch a.rand.IntN(4) {
	case 0:
		in.Name = str(a.oneOf([]string{"x", "y"}))
	case 1:
		in.Constraints = &types.GrantConstraints{EncryptionContextSubset: map[string]string{"a": "1"}}
	case 2:
		in.Constraints = &types.GrantConstraints{EncryptionContextEquals: map[string]string{}}
	}
	out, err := c.CreateGrant(ctx, in)
	if err == nil {
		a.tokens = append(a.tokens, *out.GrantToken)
	}
	return err
}

func (a *actor) importMaterial(ctx context.Context, c *kms.Client, k *types.KeyMetadata) error {
	out, err := c.GetParametersForImport(ctx, &kms.GetParametersForImportInput{
		KeyId: k.KeyId, WrappingAlgorithm: types.AlgorithmSpecRsaesOaepSha256, WrappingKeySpec: types.WrappingKeySpecRsa2048,
	})
	if err != nil {
		return err
	}
	if len(a.materials) == 0 || a.rand.IntN(2) == 0 {
		a.materials = append(a.materials, random(32))
	}
	in := &kms.ImportKeyMaterialInput{
		KeyId: k.KeyId, ImportToken: out.ImportToken,
		EncryptedKeyMaterial: wrap(a.t, out.PublicKey, types.AlgorithmSpecRsaesOaepSha256, a.materials[a.rand.IntN(len(a.materials))]),
		ExpirationModel:      types.ExpirationModelTypeKeyMaterialDoesNotExpire,
	}
	if a.rand.IntN(2) == 0 {
		until(a.srv.Now().Add(time.Duration(1+a.rand.IntN(30)) * day))(in)
	}
	if a.rand.IntN(2) == 0 {
		asNew(in)
		in.KeyMaterialDescription = str(fmt.Sprint("no. ", a.rand.IntN(9)))
	}
	_, err = c.ImportKeyMaterial(ctx, in)
	return err
}

// actions are the operations that change a world, and some more, by their names.
var actions = map[string]func(ctx context.Context, a *actor, c *kms.Client, k *types.KeyMetadata) error{
	"CreateKey": func(ctx context.Context, a *actor, c *kms.Client, _ *types.KeyMetadata) error {
		in := &kms.CreateKeyInput{Description: str(fmt.Sprint("<key> & ", a.rand.IntN(100)))}
		switch a.rand.IntN(6) {
		case 0:
			in.KeySpec, in.KeyUsage = types.KeySpecEccNistP256, types.KeyUsageTypeSignVerify
		case 1:
			in.KeySpec, in.KeyUsage = types.KeySpecMlKem512, types.KeyUsageTypeEncapsulateDecapsulate
		case 2:
			in.MultiRegion, in.Policy = aws.Bool(true), str(policyFor("arn:aws:iam::"+account+":root"))
		case 3:
			in.MultiRegion, in.Origin = aws.Bool(true), types.OriginTypeExternal
		case 4:
			in.Tags = []types.Tag{{TagKey: str("a"), TagValue: str("1")}}
		}
		_, err := c.CreateKey(ctx, in)
		return err
	},
	"CreateKey in a key store": func(ctx context.Context, a *actor, c *kms.Client, _ *types.KeyMetadata) error {
		in := &kms.CreateKeyInput{}
		if id := a.store(ctx, c); a.rand.IntN(2) == 0 {
			inStore(*id)(in)
		} else {
			inExternalStore(*id, "another")(in)
		}
		_, err := c.CreateKey(ctx, in)
		return err
	},
	"DescribeKey of an AWS managed key": func(ctx context.Context, a *actor, c *kms.Client, _ *types.KeyMetadata) error {
		_, err := c.DescribeKey(ctx, &kms.DescribeKeyInput{KeyId: str(a.oneOf([]string{"alias/aws/s3", "alias/aws/ebs"}))})
		return err
	},
	"ReplicateKey": func(ctx context.Context, a *actor, c *kms.Client, k *types.KeyMetadata) error {
		if !*k.MultiRegion {
			k = newKey(a.t, c, multiRegion)
		}
		_, err := c.ReplicateKey(ctx, &kms.ReplicateKeyInput{KeyId: k.KeyId, ReplicaRegion: str(a.oneOf(actorRegions))})
		return err
	},
	"UpdatePrimaryRegion": func(ctx context.Context, a *actor, c *kms.Client, k *types.KeyMetadata) error {
		if !*k.MultiRegion {
			k = newKey(a.t, c, multiRegion)
			for _, region := range actorRegions {
				_, _ = c.ReplicateKey(ctx, &kms.ReplicateKeyInput{KeyId: k.KeyId, ReplicaRegion: &region})
			}
		}
		_, err := c.UpdatePrimaryRegion(ctx, &kms.UpdatePrimaryRegionInput{KeyId: k.KeyId, PrimaryRegion: str(a.oneOf(actorRegions))})
		return err
	},
	"UpdateKeyDescription": func(ctx context.Context, a *actor, c *kms.Client, k *types.KeyMetadata) error {
		_, err := c.UpdateKeyDescription(ctx, &kms.UpdateKeyDescriptionInput{KeyId: k.KeyId, Description: str(fmt.Sprint(a.rand.IntN(100)))})
		return err
	},
	"EnableKey": func(ctx context.Context, _ *actor, c *kms.Client, k *types.KeyMetadata) error {
		_, err := c.EnableKey(ctx, &kms.EnableKeyInput{KeyId: k.KeyId})
		return err
	},
	"DisableKey": func(ctx context.Context, _ *actor, c *kms.Client, k *types.KeyMetadata) error {
		_, err := c.DisableKey(ctx, &kms.DisableKeyInput{KeyId: k.KeyId})
		return err
	},
	"ScheduleKeyDeletion": func(ctx context.Context, a *actor, c *kms.Client, k *types.KeyMetadata) error {
		_, err := c.ScheduleKeyDeletion(ctx, &kms.ScheduleKeyDeletionInput{KeyId: k.KeyId, PendingWindowInDays: aws.Int32(int32(7 + a.rand.IntN(3)))})
		return err
	},
	"CancelKeyDeletion": func(ctx context.Context, _ *actor, c *kms.Client, k *types.KeyMetadata) error {
		_, err := c.CancelKeyDeletion(ctx, &kms.CancelKeyDeletionInput{KeyId: k.KeyId})
		return err
	},
	"PutKeyPolicy": func(ctx context.Context, a *actor, c *kms.Client, k *types.KeyMetadata) error {
		_, err := c.PutKeyPolicy(ctx, &kms.PutKeyPolicyInput{KeyId: k.KeyId, Policy: str(policyFor("arn:aws:iam::"+account+":root", role(account, fmt.Sprint(a.rand.IntN(9)))))})
		return err
	},
	"TagResource": func(ctx context.Context, a *actor, c *kms.Client, k *types.KeyMetadata) error {
		_, err := c.TagResource(ctx, &kms.TagResourceInput{KeyId: k.KeyId, Tags: []types.Tag{{
			TagKey: str(a.oneOf([]string{"a", "b"})), TagValue: str(fmt.Sprint(a.rand.IntN(100))),
		}}})
		return err
	},
	"UntagResource": func(ctx context.Context, a *actor, c *kms.Client, k *types.KeyMetadata) error {
		_, err := c.UntagResource(ctx, &kms.UntagResourceInput{KeyId: k.KeyId, TagKeys: []string{a.oneOf([]string{"a", "b"})}})
		return err
	},
	"CreateAlias": func(ctx context.Context, a *actor, c *kms.Client, k *types.KeyMetadata) error {
		_, err := c.CreateAlias(ctx, &kms.CreateAliasInput{AliasName: a.alias(), TargetKeyId: k.KeyId})
		return err
	},
	"UpdateAlias": func(ctx context.Context, a *actor, c *kms.Client, k *types.KeyMetadata) error {
		name := a.existingAlias(ctx, c)
		_, _ = c.CreateAlias(ctx, &kms.CreateAliasInput{AliasName: name, TargetKeyId: newKey(a.t, c).KeyId})
		_, err := c.UpdateAlias(ctx, &kms.UpdateAliasInput{AliasName: name, TargetKeyId: k.KeyId})
		return err
	},
	"DeleteAlias": func(ctx context.Context, a *actor, c *kms.Client, _ *types.KeyMetadata) error {
		_, err := c.DeleteAlias(ctx, &kms.DeleteAliasInput{AliasName: a.existingAlias(ctx, c)})
		return err
	},
	"CreateGrant": func(ctx context.Context, a *actor, c *kms.Client, k *types.KeyMetadata) error {
		return a.createGrant(ctx, c, k)
	},
	"RevokeGrant": func(ctx context.Context, a *actor, c *kms.Client, k *types.KeyMetadata) error {
		_, err := c.RevokeGrant(ctx, &kms.RevokeGrantInput{KeyId: k.Arn, GrantId: a.grant(ctx, c, k)})
		return err
	},
	"RetireGrant": func(ctx context.Context, a *actor, c *kms.Client, k *types.KeyMetadata) error {
		in := &kms.RetireGrantInput{KeyId: k.Arn, GrantId: a.grant(ctx, c, k)}
		if len(a.tokens) > 0 && a.rand.IntN(3) == 0 {
			in = &kms.RetireGrantInput{GrantToken: &a.tokens[len(a.tokens)-1]}
		}
		_, err := c.RetireGrant(ctx, in)
		return err
	},
	"EnableKeyRotation": func(ctx context.Context, a *actor, c *kms.Client, k *types.KeyMetadata) error {
		_, err := c.EnableKeyRotation(ctx, &kms.EnableKeyRotationInput{KeyId: k.KeyId, RotationPeriodInDays: aws.Int32(int32(90 + a.rand.IntN(3)))})
		return err
	},
	"DisableKeyRotation": func(ctx context.Context, _ *actor, c *kms.Client, k *types.KeyMetadata) error {
		_, err := c.DisableKeyRotation(ctx, &kms.DisableKeyRotationInput{KeyId: k.KeyId})
		return err
	},
	"RotateKeyOnDemand": func(ctx context.Context, _ *actor, c *kms.Client, k *types.KeyMetadata) error {
		_, err := c.RotateKeyOnDemand(ctx, &kms.RotateKeyOnDemandInput{KeyId: k.KeyId})
		return err
	},
	"GetParametersForImport": func(ctx context.Context, a *actor, c *kms.Client, k *types.KeyMetadata) error {
		if k.Origin != types.OriginTypeExternal {
			k = newKey(a.t, c, external)
		}
		_, err := c.GetParametersForImport(ctx, &kms.GetParametersForImportInput{
			KeyId: k.KeyId, WrappingAlgorithm: types.AlgorithmSpecRsaesOaepSha256, WrappingKeySpec: types.WrappingKeySpecRsa2048,
		})
		return err
	},
	"ImportKeyMaterial": func(ctx context.Context, a *actor, c *kms.Client, k *types.KeyMetadata) error {
		if k.Origin != types.OriginTypeExternal {
			k = newKey(a.t, c, external, multiRegion)
		}
		return a.importMaterial(ctx, c, k)
	},
	"DeleteImportedKeyMaterial": func(ctx context.Context, a *actor, c *kms.Client, k *types.KeyMetadata) error {
		if k.Origin != types.OriginTypeExternal {
			k = newKey(a.t, c, external)
			require.NoError(a.t, a.importMaterial(ctx, c, k))
		}
		in := &kms.DeleteImportedKeyMaterialInput{KeyId: k.KeyId}
		if list, err := c.ListKeyRotations(ctx, &kms.ListKeyRotationsInput{
			KeyId: k.KeyId, IncludeKeyMaterial: types.IncludeKeyMaterialAllKeyMaterial,
		}); err == nil && len(list.Rotations) > 0 {
			in.KeyMaterialId = list.Rotations[a.rand.IntN(len(list.Rotations))].KeyMaterialId
		}
		_, err := c.DeleteImportedKeyMaterial(ctx, in)
		return err
	},
	"CreateCustomKeyStore": func(ctx context.Context, a *actor, c *kms.Client, _ *types.KeyMetadata) error {
		in := clusterStore("vault")
		if a.rand.IntN(2) == 0 {
			in = proxyStore("proxied")
		}
		_, err := c.CreateCustomKeyStore(ctx, in)
		return err
	},
	"UpdateCustomKeyStore": func(ctx context.Context, a *actor, c *kms.Client, _ *types.KeyMetadata) error {
		_, err := c.UpdateCustomKeyStore(ctx, &kms.UpdateCustomKeyStoreInput{
			CustomKeyStoreId: a.store(ctx, c), NewCustomKeyStoreName: str(fmt.Sprint("store ", a.rand.IntN(9))),
		})
		return err
	},
	"ConnectCustomKeyStore": func(ctx context.Context, a *actor, c *kms.Client, _ *types.KeyMetadata) error {
		_, err := c.ConnectCustomKeyStore(ctx, &kms.ConnectCustomKeyStoreInput{CustomKeyStoreId: a.store(ctx, c)})
		return err
	},
	"DisconnectCustomKeyStore": func(ctx context.Context, a *actor, c *kms.Client, _ *types.KeyMetadata) error {
		id := a.store(ctx, c)
		_, _ = c.ConnectCustomKeyStore(ctx, &kms.ConnectCustomKeyStoreInput{CustomKeyStoreId: id})
		_, err := c.DisconnectCustomKeyStore(ctx, &kms.DisconnectCustomKeyStoreInput{CustomKeyStoreId: id})
		return err
	},
	"DeleteCustomKeyStore": func(ctx context.Context, a *actor, c *kms.Client, _ *types.KeyMetadata) error {
		id := a.store(ctx, c)
		_, _ = c.DisconnectCustomKeyStore(ctx, &kms.DisconnectCustomKeyStoreInput{CustomKeyStoreId: id})
		_, err := c.DeleteCustomKeyStore(ctx, &kms.DeleteCustomKeyStoreInput{CustomKeyStoreId: id})
		return err
	},
	"SetCloudHSMCluster": func(_ context.Context, a *actor, _ *kms.Client, _ *types.KeyMetadata) error {
		a.srv.SetCloudHSMCluster(cluster(func(x *kmstest.CloudHSMCluster) { x.ActiveHSMs = 1 + a.rand.IntN(3) }))
		return nil
	},
	"SetXKSProxy": func(_ context.Context, a *actor, _ *kms.Client, _ *types.KeyMetadata) error {
		a.srv.SetXKSProxy(proxy(func(x *kmstest.XKSProxy) { x.VPCEndpointServiceName = a.oneOf([]string{"", service}) }))
		return nil
	},
	"Encrypt": func(ctx context.Context, _ *actor, c *kms.Client, k *types.KeyMetadata) error {
		_, err := c.Encrypt(ctx, &kms.EncryptInput{KeyId: k.KeyId, Plaintext: []byte("x")})
		return err
	},
	"Advance": func(_ context.Context, a *actor, _ *kms.Client, _ *types.KeyMetadata) error {
		a.srv.Advance(time.Duration(1+a.rand.IntN(5)*a.rand.IntN(40)) * 6 * time.Hour)
		return nil
	},
}
