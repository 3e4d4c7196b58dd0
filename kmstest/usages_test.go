package kmstest_test

import (
	"context"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/kmskit/kmskit"
	"github.com/kmskit/kmskit/kmstest"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A cryptographer has the cryptographic operations besides those of a caller.
type cryptographer interface {
	caller
	Decapsulate(context.Context, *kms.DecapsulateInput, ...func(*kms.Options)) (*kms.DecapsulateOutput, error)
	DeriveSharedSecret(context.Context, *kms.DeriveSharedSecretInput, ...func(*kms.Options)) (*kms.DeriveSharedSecretOutput, error)
	Encapsulate(context.Context, *kms.EncapsulateInput, ...func(*kms.Options)) (*kms.EncapsulateOutput, error)
	GenerateDataKeyPair(context.Context, *kms.GenerateDataKeyPairInput, ...func(*kms.Options)) (*kms.GenerateDataKeyPairOutput, error)
	GenerateDataKeyPairWithoutPlaintext(context.Context, *kms.GenerateDataKeyPairWithoutPlaintextInput, ...func(*kms.Options)) (*kms.GenerateDataKeyPairWithoutPlaintextOutput, error)
	GenerateMac(context.Context, *kms.GenerateMacInput, ...func(*kms.Options)) (*kms.GenerateMacOutput, error)
	GenerateRandom(context.Context, *kms.GenerateRandomInput, ...func(*kms.Options)) (*kms.GenerateRandomOutput, error)
	GetPublicKey(context.Context, *kms.GetPublicKeyInput, ...func(*kms.Options)) (*kms.GetPublicKeyOutput, error)
	Sign(context.Context, *kms.SignInput, ...func(*kms.Options)) (*kms.SignOutput, error)
	Verify(context.Context, *kms.VerifyInput, ...func(*kms.Options)) (*kms.VerifyOutput, error)
	VerifyMac(context.Context, *kms.VerifyMacInput, ...func(*kms.Options)) (*kms.VerifyMacOutput, error)
}

var (
	_ cryptographer = (*kms.Client)(nil)
	_ cryptographer = (*kmstest.API)(nil)
)

// A usage is an operation on a key of the spec and usage for which it is made.
type usage struct {
	name    string
	spec    types.KeySpec
	usage   types.KeyUsageType
	another types.KeySpec // a spec whose keys it cannot work on
	noDry   bool          // has no DryRun

	run func(t *testing.T, c cryptographer, r usageRequest) (keyID *string, err error)
}

// A usageRequest is what the requests of all these operations have.
type usageRequest struct {
	keyID  string
	tokens []string
	dryRun *bool

	public, signature, mac, ciphertext []byte // made with the key before
}

// prepare returns a request for a key, with what the key itself makes for it.
func (u usage) prepare(t *testing.T, c cryptographer, k *types.KeyMetadata) usageRequest {
	t.Helper()
	r := usageRequest{keyID: *k.Arn, public: []byte("x"), signature: []byte("x"), mac: []byte("x"), ciphertext: []byte("x")}
	if k.KeyState != types.KeyStateEnabled || k.KeyUsage != u.usage {
		return r
	}
	switch u.name {
	case "Verify":
		out, err := c.Sign(t.Context(), &kms.SignInput{KeyId: k.Arn, Message: []byte("message"), SigningAlgorithm: k.SigningAlgorithms[0]})
		require.NoError(t, err)
		r.signature = out.Signature
	case "VerifyMac":
		out, err := c.GenerateMac(t.Context(), &kms.GenerateMacInput{KeyId: k.Arn, Message: []byte("message"), MacAlgorithm: k.MacAlgorithms[0]})
		require.NoError(t, err)
		r.mac = out.Mac
	case "DeriveSharedSecret":
		out, err := c.GetPublicKey(t.Context(), &kms.GetPublicKeyInput{KeyId: k.Arn})
		require.NoError(t, err)
		r.public = out.PublicKey
	case "Decapsulate":
		out, err := c.Encapsulate(t.Context(), &kms.EncapsulateInput{KeyId: k.Arn, EncapsulationAlgorithm: types.EncapsulationAlgorithmSpecMlKem})
		require.NoError(t, err)
		r.ciphertext = out.SharedSecretCiphertextBlob
	}
	return r
}

var usages = []usage{
	{
		name: "Sign", spec: types.KeySpecEccNistP256, usage: types.KeyUsageTypeSignVerify, another: types.KeySpecHmac256,
		run: func(t *testing.T, c cryptographer, r usageRequest) (*string, error) {
			out, err := c.Sign(t.Context(), &kms.SignInput{
				KeyId: &r.keyID, GrantTokens: r.tokens, DryRun: r.dryRun,
				Message: []byte("message"), SigningAlgorithm: types.SigningAlgorithmSpecEcdsaSha256,
			})
			if err != nil {
				return nil, err
			}
			return out.KeyId, nil
		},
	},
	{
		name: "Verify", spec: types.KeySpecEccNistP256, usage: types.KeyUsageTypeSignVerify, another: types.KeySpecHmac256,
		run: func(t *testing.T, c cryptographer, r usageRequest) (*string, error) {
			out, err := c.Verify(t.Context(), &kms.VerifyInput{
				KeyId: &r.keyID, GrantTokens: r.tokens, DryRun: r.dryRun,
				Message: []byte("message"), SigningAlgorithm: types.SigningAlgorithmSpecEcdsaSha256, Signature: r.signature,
			})
			if err != nil {
				return nil, err
			}
			return out.KeyId, nil
		},
	},
	{
		name: "GetPublicKey", spec: types.KeySpecEccNistP256, usage: types.KeyUsageTypeSignVerify, noDry: true,
		run: func(t *testing.T, c cryptographer, r usageRequest) (*string, error) {
			out, err := c.GetPublicKey(t.Context(), &kms.GetPublicKeyInput{KeyId: &r.keyID, GrantTokens: r.tokens})
			if err != nil {
				return nil, err
			}
			return out.KeyId, nil
		},
	},
	{
		name: "GenerateMac", spec: types.KeySpecHmac256, usage: types.KeyUsageTypeGenerateVerifyMac, another: types.KeySpecSymmetricDefault,
		run: func(t *testing.T, c cryptographer, r usageRequest) (*string, error) {
			out, err := c.GenerateMac(t.Context(), &kms.GenerateMacInput{
				KeyId: &r.keyID, GrantTokens: r.tokens, DryRun: r.dryRun,
				Message: []byte("message"), MacAlgorithm: types.MacAlgorithmSpecHmacSha256,
			})
			if err != nil {
				return nil, err
			}
			return out.KeyId, nil
		},
	},
	{
		name: "VerifyMac", spec: types.KeySpecHmac256, usage: types.KeyUsageTypeGenerateVerifyMac, another: types.KeySpecSymmetricDefault,
		run: func(t *testing.T, c cryptographer, r usageRequest) (*string, error) {
			out, err := c.VerifyMac(t.Context(), &kms.VerifyMacInput{
				KeyId: &r.keyID, GrantTokens: r.tokens, DryRun: r.dryRun,
				Message: []byte("message"), MacAlgorithm: types.MacAlgorithmSpecHmacSha256, Mac: r.mac,
			})
			if err != nil {
				return nil, err
			}
			return out.KeyId, nil
		},
	},
	{
		name: "DeriveSharedSecret", spec: types.KeySpecEccNistP256, usage: types.KeyUsageTypeKeyAgreement, another: types.KeySpecHmac256,
		run: func(t *testing.T, c cryptographer, r usageRequest) (*string, error) {
			out, err := c.DeriveSharedSecret(t.Context(), &kms.DeriveSharedSecretInput{
				KeyId: &r.keyID, GrantTokens: r.tokens, DryRun: r.dryRun,
				KeyAgreementAlgorithm: types.KeyAgreementAlgorithmSpecEcdh, PublicKey: r.public,
			})
			if err != nil {
				return nil, err
			}
			return out.KeyId, nil
		},
	},
	{
		name: "Encapsulate", spec: types.KeySpecMlKem768, usage: types.KeyUsageTypeEncapsulateDecapsulate, another: types.KeySpecHmac256,
		run: func(t *testing.T, c cryptographer, r usageRequest) (*string, error) {
			out, err := c.Encapsulate(t.Context(), &kms.EncapsulateInput{
				KeyId: &r.keyID, GrantTokens: r.tokens, DryRun: r.dryRun,
				EncapsulationAlgorithm: types.EncapsulationAlgorithmSpecMlKem,
			})
			if err != nil {
				return nil, err
			}
			return out.KeyId, nil
		},
	},
	{
		name: "Decapsulate", spec: types.KeySpecMlKem768, usage: types.KeyUsageTypeEncapsulateDecapsulate, another: types.KeySpecHmac256,
		run: func(t *testing.T, c cryptographer, r usageRequest) (*string, error) {
			out, err := c.Decapsulate(t.Context(), &kms.DecapsulateInput{
				KeyId: &r.keyID, GrantTokens: r.tokens, DryRun: r.dryRun,
				EncapsulationAlgorithm: types.EncapsulationAlgorithmSpecMlKem, SharedSecretCiphertextBlob: r.ciphertext,
			})
			if err != nil {
				return nil, err
			}
			return out.KeyId, nil
		},
	},
	{
		name: "GenerateDataKeyPair", spec: types.KeySpecSymmetricDefault, usage: types.KeyUsageTypeEncryptDecrypt, another: types.KeySpecHmac256,
		run: func(t *testing.T, c cryptographer, r usageRequest) (*string, error) {
			out, err := c.GenerateDataKeyPair(t.Context(), &kms.GenerateDataKeyPairInput{
				KeyId: &r.keyID, GrantTokens: r.tokens, DryRun: r.dryRun, KeyPairSpec: types.DataKeyPairSpecEccNistP256,
			})
			if err != nil {
				return nil, err
			}
			return out.KeyId, nil
		},
	},
	{
		name: "GenerateDataKeyPairWithoutPlaintext", spec: types.KeySpecSymmetricDefault, usage: types.KeyUsageTypeEncryptDecrypt, another: types.KeySpecHmac256,
		run: func(t *testing.T, c cryptographer, r usageRequest) (*string, error) {
			out, err := c.GenerateDataKeyPairWithoutPlaintext(t.Context(), &kms.GenerateDataKeyPairWithoutPlaintextInput{
				KeyId: &r.keyID, GrantTokens: r.tokens, DryRun: r.dryRun, KeyPairSpec: types.DataKeyPairSpecEccNistP256,
			})
			if err != nil {
				return nil, err
			}
			return out.KeyId, nil
		},
	},
}

// everyUsage runs a test for each of the operations.
func everyUsage(t *testing.T, test func(t *testing.T, u usage)) {
	t.Helper()
	for _, u := range usages {
		t.Run(u.name, func(t *testing.T) {
			t.Parallel()
			test(t, u)
		})
	}
}

func TestUsages_Reference(t *testing.T) {
	t.Parallel()
	everyUsage(t, func(t *testing.T, u usage) {
		everyDepth(t, func(t *testing.T, _ *kmstest.Server, c caller) {
			k := newKey(t, c, ofSpec(u.spec, u.usage))
			newAlias(t, c, "alias/key", k)
			r := u.prepare(t, c.(cryptographer), k)
			for _, id := range []string{*k.KeyId, *k.Arn, "alias/key", arnOf("alias/key")} {
				r.keyID = id
				keyID, err := u.run(t, c.(cryptographer), r)
				if assert.NoError(t, err, id) {
					assert.Equal(t, *k.Arn, *keyID, id)
				}
			}
			const absent = "12345678-1234-1234-1234-123456789012"
			r.keyID = absent
			_, err := u.run(t, c.(cryptographer), r)
			refused(t, err, "NotFoundException", "Key '"+arnOf("key/"+absent)+"' does not exist")
		})
	})
}

func TestUsages_KeyState(t *testing.T) {
	t.Parallel()
	everyUsage(t, func(t *testing.T, u usage) {
		c := kmstest.New().API()
		disabled := newKey(t, c, ofSpec(u.spec, u.usage))
		r := u.prepare(t, c, disabled)
		_, err := c.DisableKey(t.Context(), &kms.DisableKeyInput{KeyId: disabled.KeyId})
		require.NoError(t, err)
		_, err = u.run(t, c, r)
		refused(t, err, "DisabledException", *disabled.Arn+" is disabled.")

		dying := newKey(t, c, ofSpec(u.spec, u.usage))
		r = u.prepare(t, c, dying)
		_, err = c.ScheduleKeyDeletion(t.Context(), &kms.ScheduleKeyDeletionInput{KeyId: dying.KeyId})
		require.NoError(t, err)
		_, err = u.run(t, c, r)
		refused(t, err, "KMSInvalidStateException", *dying.Arn+" is pending deletion.")

		if u.usage == types.KeyUsageTypeEncapsulateDecapsulate {
			return // whose material cannot be imported
		}
		empty := newKey(t, c, ofSpec(u.spec, u.usage), func(in *kms.CreateKeyInput) { in.Origin = types.OriginTypeExternal })
		_, err = u.run(t, c, u.prepare(t, c, empty))
		refused(t, err, "KMSInvalidStateException", *empty.Arn+" is pending import.")
	})
}

func TestUsages_KeyUsage(t *testing.T) {
	t.Parallel()
	everyUsage(t, func(t *testing.T, u usage) {
		if u.another == "" {
			t.Skip("any key pair will do")
		}
		c := kmstest.New().API()
		usage := types.KeyUsageTypeGenerateVerifyMac
		if u.another == types.KeySpecSymmetricDefault {
			usage = types.KeyUsageTypeEncryptDecrypt
		}
		k := newKey(t, c, ofSpec(u.another, usage))
		_, err := u.run(t, c, u.prepare(t, c, k))
		refused(t, err, "InvalidKeyUsageException", *k.Arn+" key usage is "+string(usage)+" which is not valid for "+u.name+".")
	})
}

func TestUsages_DryRun(t *testing.T) {
	t.Parallel()
	everyUsage(t, func(t *testing.T, u usage) {
		if u.noDry {
			t.Skip("the operation has no DryRun")
		}
		c := kmstest.New().API()
		r := u.prepare(t, c, newKey(t, c, ofSpec(u.spec, u.usage)))
		r.dryRun = new(true)
		_, err := u.run(t, c, r)
		refused(t, err, "DryRunOperationException", "The request would have succeeded, but the DryRun option is set.")

		r.dryRun = new(false)
		_, err = u.run(t, c, r)
		assert.NoError(t, err)
	})
}

func TestUsages_Permission(t *testing.T) {
	t.Parallel()
	everyUsage(t, func(t *testing.T, u usage) {
		srv := kmstest.New()
		k := newKey(t, srv.API(), ofSpec(u.spec, u.usage))
		r := u.prepare(t, srv.API(), k)

		t.Run("is the operation's own", func(t *testing.T) {
			t.Parallel()
			_, err := u.run(t, srv.Principal(role(account, "allowed"), allow("kms:"+u.name)).API(), r)
			assert.NoError(t, err)
			_, err = u.run(t, srv.Principal(role(account, "denied"), allow("kms:*"), deny("kms:"+u.name)).API(), r)
			refused(t, err, "AccessDeniedException", "User: "+role(account, "denied")+" is not authorized to perform: kms:"+u.name+
				" on resource: "+*k.Arn+" with an explicit deny in an identity-based policy")
		})
		t.Run("comes from a grant", func(t *testing.T) {
			t.Parallel()
			in := &kms.CreateGrantInput{KeyId: k.Arn, GranteePrincipal: str(role(account, "grantee")), Operations: []types.GrantOperation{types.GrantOperation(u.name)}}
			grant, err := srv.API().CreateGrant(t.Context(), in)
			require.NoError(t, err)
			grantee := srv.Principal(role(account, "grantee")).API()
			_, err = u.run(t, grantee, r)
			assert.NoError(t, err)

			with := r
			with.tokens = []string{*grant.GrantToken}
			_, err = u.run(t, grantee, with)
			assert.NoError(t, err)
			with.tokens = []string{"made up"}
			_, err = u.run(t, grantee, with)
			refused(t, err, "InvalidGrantTokenException", "The grant token is not valid.")
		})
		t.Run("does not come from another grant", func(t *testing.T) {
			t.Parallel()
			in := &kms.CreateGrantInput{KeyId: k.Arn, GranteePrincipal: str(role(account, "other")), Operations: []types.GrantOperation{types.GrantOperationDescribeKey}}
			_, err := srv.API().CreateGrant(t.Context(), in)
			require.NoError(t, err)
			_, err = u.run(t, srv.Principal(role(account, "other")).API(), r)
			refusedWith(t, err, "AccessDeniedException")
		})
	})
}

func TestUsages_AnotherAccount(t *testing.T) {
	t.Parallel()
	everyUsage(t, func(t *testing.T, u usage) {
		srv := kmstest.New()
		k := newKey(t, srv.API(), ofSpec(u.spec, u.usage))
		r := u.prepare(t, srv.API(), k)
		foreigner := srv.Principal(role(other, "foreigner"), allow("kms:*")).API()
		_, err := u.run(t, foreigner, r)
		refused(t, err, "AccessDeniedException", "User: "+role(other, "foreigner")+" is not authorized to perform: kms:"+u.name+
			" on this resource because the resource does not exist in this Region, no resource-based policies allow access, or a resource-based policy explicitly denies access")

		letIn(t, srv, k, kmskit.Statement{Action: kmskit.StringList{"kms:" + u.name}}, "arn:aws:iam::"+other+":root")
		_, err = u.run(t, foreigner, r)
		assert.NoError(t, err)
	})
}

// letIn adds a statement to the policy of a key, for a principal.
func letIn(t *testing.T, srv *kmstest.Server, k *types.KeyMetadata, s kmskit.Statement, principal string) {
	t.Helper()
	policy, err := srv.API().GetKeyPolicy(t.Context(), &kms.GetKeyPolicyInput{KeyId: k.KeyId})
	require.NoError(t, err)
	document, err := kmskit.ParsePolicyDocument(*policy.Policy)
	require.NoError(t, err)
	s.Effect, s.Resource = kmskit.Allow, kmskit.StringList{"*"}
	s.Principal = kmskit.Principal{AWS: kmskit.StringList{principal}}
	document.Statement = append(document.Statement, s)
	_, err = srv.API().PutKeyPolicy(t.Context(), &kms.PutKeyPolicyInput{KeyId: k.KeyId, Policy: str(document.String())})
	require.NoError(t, err)
}

// underCondition asserts that a principal may do something if, and only if, the
// condition key has that value.
func underCondition(t *testing.T, srv *kmstest.Server, action, key, value string, run func(c *kmstest.API) error) {
	t.Helper()
	try := func(name, value string) error {
		arn := role(account, strings.ReplaceAll(action, ":", "-")+"-"+name)
		return run(srv.Principal(arn, withCondition(action, "StringEquals", key, value)).API())
	}
	require.NoError(t, try("right", value), key)
	refusedWith(t, try("wrong", value+"x"), "AccessDeniedException")
}

// withCondition is an identity policy that allows an action under a condition.
func withCondition(action, operator, key, value string) kmstest.PrincipalOption {
	return kmstest.WithPolicy(&kmskit.PolicyDocument{
		Version: "2012-10-17",
		Statement: []kmskit.Statement{{
			Effect: kmskit.Allow, Action: kmskit.StringList{action}, Resource: kmskit.StringList{"*"},
			Condition: kmskit.Condition{operator: {key: {value}}},
		}},
	})
}
