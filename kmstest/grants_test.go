package kmstest_test

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/kmskit/kmskit/kmstest"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestCreateGrant(t *testing.T) {
	t.Parallel()
	t.Run("is listed as it was made", func(t *testing.T) {
		t.Parallel()
		everyDepth(t, func(t *testing.T, srv *kmstest.Server, c caller) {
			k := newKey(t, c)
			in := &kms.CreateGrantInput{
				KeyId:             k.KeyId,
				GranteePrincipal:  str(role(account, "reader")),
				RetiringPrincipal: str(role(other, "retirer")),
				Operations:        []types.GrantOperation{types.GrantOperationEncrypt, types.GrantOperationDecrypt},
				Constraints:       &types.GrantConstraints{EncryptionContextSubset: map[string]string{"tenant": "blue"}},
				Name:              str("reading"),
			}
			before := srv.Now()
			made, err := c.CreateGrant(t.Context(), in)
			require.NoError(t, err)
			assert.Regexp(t, `^[0-9a-f]{64}$`, *made.GrantId)
			out, err := c.ListGrants(t.Context(), &kms.ListGrantsInput{KeyId: k.KeyId})
			require.NoError(t, err)
			require.Len(t, out.Grants, 1)
			assert.WithinRange(t, *out.Grants[0].CreationDate, before.Truncate(time.Second), srv.Now())
			assert.Zero(t, out.Grants[0].CreationDate.Nanosecond())
			out.Grants[0].CreationDate = nil
			assert.Equal(t, types.GrantListEntry{
				Constraints:       in.Constraints,
				GrantId:           made.GrantId,
				GranteePrincipal:  in.GranteePrincipal,
				IssuingAccount:    str("arn:aws:iam::111122223333:root"),
				KeyId:             k.Arn,
				Name:              str("reading"),
				Operations:        in.Operations,
				RetiringPrincipal: in.RetiringPrincipal,
			}, out.Grants[0])
		})
	})

	t.Run("without a name has an empty one", func(t *testing.T) {
		t.Parallel()
		c := kmstest.New().Client()
		k := newKey(t, c)
		_, err := c.CreateGrant(t.Context(), newGrant(k))
		require.NoError(t, err)
		out, err := c.ListGrants(t.Context(), &kms.ListGrantsInput{KeyId: k.KeyId})
		require.NoError(t, err)
		assert.Empty(t, *out.Grants[0].Name)
		assert.Nil(t, out.Grants[0].Constraints)
		assert.Nil(t, out.Grants[0].RetiringPrincipal)
	})

	t.Run("with constraints of 384 characters, however many bytes", func(t *testing.T) {
		t.Parallel()
		c := kmstest.New().Client()
		in := newGrant(newKey(t, c))
		in.Constraints = &types.GrantConstraints{EncryptionContextEquals: map[string]string{"ключ": strings.Repeat("鍵", 380)}}
		_, err := c.CreateGrant(t.Context(), in)
		require.NoError(t, err)
		in.Constraints.EncryptionContextEquals["ключ"] += "鍵"
		_, err = c.CreateGrant(t.Context(), in)
		refusedWith(t, err, "ValidationException")
	})

	t.Run("with a service principal", func(t *testing.T) {
		t.Parallel()
		c := kmstest.New().Client()
		k := newKey(t, c)
		_, err := c.CreateGrant(t.Context(), &kms.CreateGrantInput{
			KeyId: k.KeyId, GranteeServicePrincipal: str("logs.amazonaws.com"), RetiringServicePrincipal: str("logs.amazonaws.com"),
			Operations:  []types.GrantOperation{types.GrantOperationDecrypt},
			Constraints: &types.GrantConstraints{SourceArn: str("arn:aws:logs:us-east-1:111122223333:log-group:x")},
		})
		require.NoError(t, err)
		out, err := c.ListGrants(t.Context(), &kms.ListGrantsInput{KeyId: k.KeyId})
		require.NoError(t, err)
		assert.Equal(t, "logs.amazonaws.com", *out.Grants[0].GranteeServicePrincipal)
		assert.Equal(t, "logs.amazonaws.com", *out.Grants[0].RetiringServicePrincipal)
		assert.Nil(t, out.Grants[0].GranteePrincipal)
		assert.NotNil(t, out.Grants[0].Constraints.SourceArn)
	})

	t.Run("is made once under one name", func(t *testing.T) {
		t.Parallel()
		everyDepth(t, func(t *testing.T, _ *kmstest.Server, c caller) {
			k := newKey(t, c)
			create := func(change func(*kms.CreateGrantInput)) *kms.CreateGrantOutput {
				in := newGrant(k)
				in.Name = str("reading")
				in.Operations = []types.GrantOperation{types.GrantOperationEncrypt, types.GrantOperationDecrypt}
				in.Constraints = &types.GrantConstraints{EncryptionContextEquals: map[string]string{"a": "b", "c": "d"}}
				change(in)
				out, err := c.CreateGrant(t.Context(), in)
				require.NoError(t, err)
				return out
			}
			first := create(func(*kms.CreateGrantInput) {})
			again := create(func(in *kms.CreateGrantInput) {
				in.Operations[0], in.Operations[1] = in.Operations[1], in.Operations[0]
			})
			assert.Equal(t, *first.GrantId, *again.GrantId)
			assert.NotEqual(t, *first.GrantToken, *again.GrantToken)

			ids := map[string]bool{*first.GrantId: true}
			for _, change := range []func(*kms.CreateGrantInput){
				func(in *kms.CreateGrantInput) { in.Name = str("writing") },
				func(in *kms.CreateGrantInput) { in.Name = nil },
				func(in *kms.CreateGrantInput) { in.Name = nil },
				func(in *kms.CreateGrantInput) { in.Operations = in.Operations[:1] },
				func(in *kms.CreateGrantInput) { in.GranteePrincipal = str(role(account, "writer")) },
				func(in *kms.CreateGrantInput) { in.RetiringPrincipal = str(role(account, "writer")) },
				func(in *kms.CreateGrantInput) { in.Constraints = nil },
				func(in *kms.CreateGrantInput) {
					in.Constraints.EncryptionContextSubset = in.Constraints.EncryptionContextEquals
					in.Constraints.EncryptionContextEquals = nil
				},
			} {
				ids[*create(change).GrantId] = true
			}
			assert.Len(t, ids, 9)

			_, err := c.RetireGrant(t.Context(), &kms.RetireGrantInput{GrantToken: again.GrantToken})
			require.NoError(t, err, "tokens of one grant are interchangeable")
			assert.NotEqual(t, *first.GrantId, *create(func(*kms.CreateGrantInput) {}).GrantId, "it is gone")
		})
	})

	t.Run("neither keeps nor shares memory", func(t *testing.T) {
		t.Parallel()
		c := kmstest.New().API()
		k := newKey(t, c)
		in := newGrant(k)
		in.Constraints = &types.GrantConstraints{EncryptionContextEquals: map[string]string{"a": "b"}}
		_, err := c.CreateGrant(t.Context(), in)
		require.NoError(t, err)
		in.Constraints.EncryptionContextEquals["a"] = "changed"
		in.Operations[0] = types.GrantOperationEncrypt
		list := func() types.GrantListEntry {
			out, err := c.ListGrants(t.Context(), &kms.ListGrantsInput{KeyId: k.KeyId})
			require.NoError(t, err)
			return out.Grants[0]
		}
		g := list()
		assert.Equal(t, "b", g.Constraints.EncryptionContextEquals["a"])
		assert.Equal(t, types.GrantOperationDecrypt, g.Operations[0])
		clear(g.Constraints.EncryptionContextEquals)
		g.Operations[0], *g.GrantId = "", ""
		assert.NotEqual(t, g, list())
	})
}

func TestCreateGrant_refusals(t *testing.T) {
	t.Parallel()
	pairs := func(n int) map[string]string {
		m := map[string]string{}
		for i := range n {
			m[strconv.Itoa(i)] = ""
		}
		return m
	}
	for name, c := range map[string]struct {
		change func(*kms.CreateGrantInput)
		code   string
		text   string
	}{
		"a principal that is none": {
			func(in *kms.CreateGrantInput) { in.GranteePrincipal = str("arn:aws:s3:::bucket") },
			"InvalidArnException", "ARN does not refer to a valid principal: arn:aws:s3:::bucket",
		},
		"a retiring principal that is none": {
			func(in *kms.CreateGrantInput) { in.RetiringPrincipal = str("somebody") },
			"InvalidArnException", "ARN does not refer to a valid principal: somebody",
		},
		"a session with the path of its role": {
			func(in *kms.CreateGrantInput) {
				in.GranteePrincipal = str("arn:aws:sts::111122223333:assumed-role/path/app/one")
			},
			"InvalidArnException", "ARN is not valid: arn:aws:sts::111122223333:assumed-role/path/app/one",
		},
		"no grantee": {
			func(in *kms.CreateGrantInput) { in.GranteePrincipal = nil },
			"ValidationException", "You must specify either GranteePrincipal or GranteeServicePrincipal, but not both.",
		},
		"a service without a source": {
			func(in *kms.CreateGrantInput) {
				in.GranteePrincipal, in.GranteeServicePrincipal = nil, str("logs.amazonaws.com")
			},
			"ValidationException", "A grant with a GranteeServicePrincipal must have a SourceArn constraint and a retiring principal.",
		},
		"two retiring principals": {
			func(in *kms.CreateGrantInput) {
				in.RetiringPrincipal, in.RetiringServicePrincipal = in.GranteePrincipal, str("logs.amazonaws.com")
			},
			"ValidationException", "You can specify either RetiringPrincipal or RetiringServicePrincipal, but not both.",
		},
		"an operation that the key has not": {
			func(in *kms.CreateGrantInput) { in.Operations = []types.GrantOperation{types.GrantOperationSign} },
			"ValidationException", "Operations [Sign] are not supported when creating a grant for a symmetric KMS key with key usage ENCRYPT_DECRYPT. " +
				"Valid operations are [CreateGrant, RetireGrant, DescribeKey, Encrypt, Decrypt, ReEncryptFrom, ReEncryptTo, GenerateDataKey, " +
				"GenerateDataKeyWithoutPlaintext, GenerateDataKeyPair, GenerateDataKeyPairWithoutPlaintext]",
		},
		"no operation but CreateGrant": {
			func(in *kms.CreateGrantInput) {
				in.Operations = []types.GrantOperation{types.GrantOperationCreateGrant}
			},
			"ValidationException", "Grants must not contain only the CreateGrant operation.",
		},
		"no operation but CreateGrant, for no principal": {
			func(in *kms.CreateGrantInput) {
				in.GranteePrincipal = str("logs.amazonaws.com")
				in.Operations = []types.GrantOperation{types.GrantOperationCreateGrant}
			},
			"ValidationException", "Grants must not contain only the CreateGrant operation.",
		},
		"two constraints on the context": {
			func(in *kms.CreateGrantInput) {
				in.Constraints = &types.GrantConstraints{EncryptionContextEquals: pairs(1), EncryptionContextSubset: pairs(1)}
			},
			"ValidationException", "More than one constraint supplied",
		},
		"nine pairs": {
			func(in *kms.CreateGrantInput) {
				in.Constraints = &types.GrantConstraints{EncryptionContextEquals: pairs(9)}
			},
			"ValidationException", "An encryption context grant constraint can have at most 8 pairs and 384 characters.",
		},
		"385 characters": {
			func(in *kms.CreateGrantInput) {
				in.Constraints = &types.GrantConstraints{EncryptionContextSubset: map[string]string{"k": strings.Repeat("v", 384)}}
			},
			"ValidationException", "An encryption context grant constraint can have at most 8 pairs and 384 characters.",
		},
		"an alias": {
			func(in *kms.CreateGrantInput) { in.KeyId = str("alias/key") },
			"InvalidArnException", "Key Aliases are not supported for this operation.",
		},
		"a grant token that is none": {
			func(in *kms.CreateGrantInput) { in.GrantTokens = []string{"token"} },
			"InvalidGrantTokenException", "The grant token is not valid.",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			api := kmstest.New().API()
			k := newKey(t, api)
			newAlias(t, api, "alias/key", k)
			in := newGrant(k)
			c.change(in)
			_, err := api.CreateGrant(t.Context(), in)
			refused(t, err, c.code, c.text)
		})
	}

	t.Run("a constraint on a key that binds no context", func(t *testing.T) {
		t.Parallel()
		api := kmstest.New().API()
		in := newGrant(newKey(t, api, ofSpec(types.KeySpecRsa2048, types.KeyUsageTypeEncryptDecrypt)))
		in.Operations = []types.GrantOperation{types.GrantOperationGenerateDataKey}
		in.Constraints = &types.GrantConstraints{EncryptionContextEquals: map[string]string{"a": "b"}}
		_, err := api.CreateGrant(t.Context(), in)
		refused(t, err, "ValidationException", "EncryptionContext is supported only when creating a grant for a symmetric encryption KMS key.")
	})

	t.Run("operations that the key has not", func(t *testing.T) {
		t.Parallel()
		api := kmstest.New().API()
		for _, c := range []struct {
			spec  types.KeySpec
			usage types.KeyUsageType
			text  string
		}{
			{
				types.KeySpecHmac256, types.KeyUsageTypeGenerateVerifyMac,
				"Operations [Encrypt, Decrypt] are not supported when creating a grant for a symmetric KMS key with key usage GENERATE_VERIFY_MAC. " +
					"Valid operations are [CreateGrant, RetireGrant, DescribeKey, GenerateMac, VerifyMac]",
			},
			{
				types.KeySpecRsa2048, types.KeyUsageTypeSignVerify,
				"Operations [Encrypt, Decrypt] are not supported when creating a grant for an asymmetric KMS key with key usage SIGN_VERIFY. " +
					"Valid operations are [CreateGrant, RetireGrant, DescribeKey, GetPublicKey, Sign, Verify]",
			},
		} {
			in := newGrant(newKey(t, api, ofSpec(c.spec, c.usage)))
			in.Operations = []types.GrantOperation{types.GrantOperationEncrypt, types.GrantOperationDescribeKey, types.GrantOperationDecrypt}
			_, err := api.CreateGrant(t.Context(), in)
			refused(t, err, "ValidationException", c.text)
		}
	})
}

func TestGrant_operations(t *testing.T) {
	t.Parallel()
	api := kmstest.New().API()
	common := []types.GrantOperation{types.GrantOperationCreateGrant, types.GrantOperationRetireGrant, types.GrantOperationDescribeKey}
	for _, c := range []struct {
		spec  types.KeySpec
		usage types.KeyUsageType
		own   []types.GrantOperation
	}{
		{types.KeySpecSymmetricDefault, types.KeyUsageTypeEncryptDecrypt, []types.GrantOperation{"Encrypt", "Decrypt", "ReEncryptFrom", "ReEncryptTo", "GenerateDataKey", "GenerateDataKeyWithoutPlaintext", "GenerateDataKeyPair", "GenerateDataKeyPairWithoutPlaintext"}},
		{types.KeySpecRsa2048, types.KeyUsageTypeEncryptDecrypt, []types.GrantOperation{"Encrypt", "Decrypt", "ReEncryptFrom", "ReEncryptTo", "GetPublicKey"}},
		{types.KeySpecRsa2048, types.KeyUsageTypeSignVerify, []types.GrantOperation{"Sign", "Verify", "GetPublicKey"}},
		{types.KeySpecHmac256, types.KeyUsageTypeGenerateVerifyMac, []types.GrantOperation{"GenerateMac", "VerifyMac"}},
		{types.KeySpecEccNistP256, types.KeyUsageTypeKeyAgreement, []types.GrantOperation{"DeriveSharedSecret", "GetPublicKey"}},
		{types.KeySpecMlKem768, types.KeyUsageTypeEncapsulateDecapsulate, []types.GrantOperation{"Encapsulate", "Decapsulate", "GetPublicKey"}},
	} {
		k := newKey(t, api, ofSpec(c.spec, c.usage))
		may := map[types.GrantOperation]bool{}
		for _, op := range append(common, c.own...) {
			may[op] = true
		}
		for _, op := range types.GrantOperation("").Values() {
			in := newGrant(k)
			in.Operations = []types.GrantOperation{op, types.GrantOperationDescribeKey}
			_, err := api.CreateGrant(t.Context(), in)
			assert.Equal(t, may[op], err == nil, "%s %s %s", c.spec, c.usage, op)
		}
	}
}

func TestGrant_permits(t *testing.T) {
	t.Parallel()
	t.Run("what it names, to whom it names", func(t *testing.T) {
		t.Parallel()
		everyDepth(t, func(t *testing.T, srv *kmstest.Server, c caller) {
			k := newKey(t, c)
			ciphertext := encrypt(t, c, k, "secret", nil)
			_, err := c.CreateGrant(t.Context(), newGrant(k))
			require.NoError(t, err)
			reader := srv.Principal(role(account, "reader")).API()
			_, err = reader.Decrypt(t.Context(), &kms.DecryptInput{CiphertextBlob: ciphertext})
			require.NoError(t, err)
			_, err = srv.Principal("arn:aws:sts::111122223333:assumed-role/reader/session").Client().Decrypt(t.Context(), &kms.DecryptInput{CiphertextBlob: ciphertext})
			require.NoError(t, err, "a session of the role")
			_, err = reader.Encrypt(t.Context(), &kms.EncryptInput{KeyId: k.KeyId, Plaintext: []byte("x")})
			refusedWith(t, err, "AccessDeniedException")
			_, err = srv.Principal(role(account, "reader2")).API().Decrypt(t.Context(), &kms.DecryptInput{CiphertextBlob: ciphertext})
			refusedWith(t, err, "AccessDeniedException")
		})
	})

	t.Run("principals of other accounts", func(t *testing.T) {
		t.Parallel()
		srv := kmstest.New()
		k := newKey(t, srv.API(), func(in *kms.CreateKeyInput) {
			in.Policy = str(policyFor("arn:aws:iam::"+account+":root", role(other, "maker")))
		})
		in := newGrant(k)
		in.KeyId = k.Arn
		in.GranteePrincipal = str(role(other, "reader"))
		in.Operations = append(in.Operations, types.GrantOperationDescribeKey)
		made, err := srv.API().CreateGrant(t.Context(), in)
		require.NoError(t, err)
		ciphertext := encrypt(t, srv.API(), k, "x", nil)
		try := func(options ...kmstest.PrincipalOption) error {
			stranger := srv.Principal(role(other, "reader"), options...).Client()
			_, err := stranger.Decrypt(t.Context(), &kms.DecryptInput{CiphertextBlob: ciphertext})
			if err != nil {
				return err
			}
			_, err = stranger.DescribeKey(t.Context(), &kms.DescribeKeyInput{KeyId: k.Arn})
			return err
		}
		err = try()
		refused(t, err, "AccessDeniedException", "User: "+role(other, "reader")+" is not authorized to perform: kms:Decrypt "+
			"on the resource associated with this ciphertext because no identity-based policy allows the kms:Decrypt action")
		assert.Contains(t, srv.Explain(err), "grant "+*made.GrantId+" does not apply: another account has made it, so that it takes an identity policy, too")

		own := newGrant(k)
		own.KeyId, own.GranteePrincipal, own.Operations = k.Arn, in.GranteePrincipal, in.Operations
		g, err := srv.Principal(role(other, "maker"), allow("kms:CreateGrant")).Client().CreateGrant(t.Context(), own)
		require.NoError(t, err)
		require.NoError(t, try(), "with a grant of its own account")
		_, err = srv.API().RevokeGrant(t.Context(), &kms.RevokeGrantInput{KeyId: k.KeyId, GrantId: g.GrantId})
		require.NoError(t, err)
		refusedWith(t, try(), "AccessDeniedException")
		require.NoError(t, try(allow("kms:*")), "with an identity policy")
	})

	t.Run("only under its constraints", func(t *testing.T) {
		t.Parallel()
		context := map[string]string{"tenant": "blue", "app": "orders"}
		part := map[string]string{"tenant": "blue"}
		for name, c := range map[string]struct {
			constraints types.GrantConstraints
			context     map[string]string
			allowed     bool
		}{
			"equal":                  {types.GrantConstraints{EncryptionContextEquals: part}, part, true},
			"more than equal":        {types.GrantConstraints{EncryptionContextEquals: part}, context, false},
			"less than equal":        {types.GrantConstraints{EncryptionContextEquals: context}, part, false},
			"the subset":             {types.GrantConstraints{EncryptionContextSubset: part}, part, true},
			"more than the subset":   {types.GrantConstraints{EncryptionContextSubset: part}, context, true},
			"less than the subset":   {types.GrantConstraints{EncryptionContextSubset: context}, part, false},
			"another value":          {types.GrantConstraints{EncryptionContextSubset: part}, map[string]string{"tenant": "red"}, false},
			"another case of a key":  {types.GrantConstraints{EncryptionContextSubset: part}, map[string]string{"Tenant": "blue"}, false},
			"on behalf of something": {types.GrantConstraints{SourceArn: str("arn:aws:logs:us-east-1:111122223333:log-group:x")}, part, false},
		} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				srv := kmstest.New()
				k := newKey(t, srv.API())
				ciphertext := encrypt(t, srv.API(), k, "x", c.context)
				in := newGrant(k)
				in.Operations = append(in.Operations, types.GrantOperationDescribeKey)
				in.Constraints = &c.constraints
				_, err := srv.API().CreateGrant(t.Context(), in)
				require.NoError(t, err)
				reader := srv.Principal(role(account, "reader")).API()
				_, err = reader.Decrypt(t.Context(), &kms.DecryptInput{CiphertextBlob: ciphertext, EncryptionContext: c.context})
				if c.allowed {
					require.NoError(t, err)
				} else {
					refusedWith(t, err, "AccessDeniedException")
				}
				_, err = reader.DescribeKey(t.Context(), &kms.DescribeKeyInput{KeyId: k.KeyId})
				assert.Equal(t, c.constraints.SourceArn == nil, err == nil, "a context does not bind DescribeKey")
			})
		}
	})

	t.Run("nothing that is denied", func(t *testing.T) {
		t.Parallel()
		srv := kmstest.New()
		k := newKey(t, srv.API())
		_, err := srv.API().CreateGrant(t.Context(), newGrant(k))
		require.NoError(t, err)
		reader := srv.Principal(role(account, "reader"), deny("kms:Decrypt")).API()
		_, err = reader.Decrypt(t.Context(), &kms.DecryptInput{CiphertextBlob: encrypt(t, srv.API(), k, "x", nil), KeyId: k.KeyId})
		refused(t, err, "AccessDeniedException", "User: "+role(account, "reader")+" is not authorized to perform: kms:Decrypt on resource: "+
			*k.Arn+" with an explicit deny in an identity-based policy")
	})

	t.Run("nothing any more once it is revoked", func(t *testing.T) {
		t.Parallel()
		srv := kmstest.New()
		k := newKey(t, srv.API())
		ciphertext := encrypt(t, srv.API(), k, "x", nil)
		g, err := srv.API().CreateGrant(t.Context(), newGrant(k))
		require.NoError(t, err)
		_, err = srv.API().RevokeGrant(t.Context(), &kms.RevokeGrantInput{KeyId: k.KeyId, GrantId: g.GrantId})
		require.NoError(t, err)
		_, err = srv.Principal(role(account, "reader")).API().Decrypt(t.Context(), &kms.DecryptInput{
			CiphertextBlob: ciphertext, GrantTokens: []string{*g.GrantToken},
		})
		refusedWith(t, err, "AccessDeniedException")
	})

	t.Run("both halves of ReEncrypt by their own names", func(t *testing.T) {
		t.Parallel()
		srv := kmstest.New()
		source, destination := newKey(t, srv.API()), newKey(t, srv.API())
		grant := func(k *types.KeyMetadata, op types.GrantOperation) {
			in := newGrant(k)
			in.Operations = []types.GrantOperation{op}
			_, err := srv.API().CreateGrant(t.Context(), in)
			require.NoError(t, err)
		}
		grant(source, types.GrantOperationReEncryptFrom)
		reader := srv.Principal(role(account, "reader")).API()
		in := &kms.ReEncryptInput{CiphertextBlob: encrypt(t, srv.API(), source, "x", nil), DestinationKeyId: destination.KeyId}
		_, err := reader.ReEncrypt(t.Context(), in)
		refused(t, err, "AccessDeniedException", "User: "+role(account, "reader")+" is not authorized to perform: kms:ReEncryptTo on resource: "+
			*destination.Arn+" because no identity-based policy allows the kms:ReEncryptTo action")
		grant(destination, types.GrantOperationReEncryptTo)
		_, err = reader.ReEncrypt(t.Context(), in)
		require.NoError(t, err)
	})
}

func TestGrant_makesGrants(t *testing.T) {
	t.Parallel()
	parent := map[string]string{"tenant": "blue"}
	for name, c := range map[string]struct {
		parent, child types.GrantConstraints
		operations    []types.GrantOperation
		allowed       bool
	}{
		"with fewer operations":    {operations: []types.GrantOperation{"Decrypt"}, allowed: true},
		"with the same operations": {operations: []types.GrantOperation{"Decrypt", "CreateGrant"}, allowed: true},
		"with more operations":     {operations: []types.GrantOperation{"Decrypt", "Encrypt"}},
		"with the same subset": {
			parent: types.GrantConstraints{EncryptionContextSubset: parent}, child: types.GrantConstraints{EncryptionContextSubset: parent},
			operations: []types.GrantOperation{"Decrypt"}, allowed: true,
		},
		"with a stricter subset": {
			parent:     types.GrantConstraints{EncryptionContextSubset: parent},
			child:      types.GrantConstraints{EncryptionContextSubset: map[string]string{"tenant": "blue", "app": "orders"}},
			operations: []types.GrantOperation{"Decrypt"}, allowed: true,
		},
		"with equality for a subset": {
			parent: types.GrantConstraints{EncryptionContextSubset: parent}, child: types.GrantConstraints{EncryptionContextEquals: parent},
			operations: []types.GrantOperation{"Decrypt"}, allowed: true,
		},
		"with a subset for equality": {
			parent: types.GrantConstraints{EncryptionContextEquals: parent}, child: types.GrantConstraints{EncryptionContextSubset: parent},
			operations: []types.GrantOperation{"Decrypt"},
		},
		"with no constraint for a subset": {
			parent:     types.GrantConstraints{EncryptionContextSubset: parent},
			operations: []types.GrantOperation{"Decrypt"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := kmstest.New()
			k := newKey(t, srv.API())
			in := newGrant(k)
			in.Operations = []types.GrantOperation{"Decrypt", "CreateGrant"}
			in.Constraints = &c.parent
			_, err := srv.API().CreateGrant(t.Context(), in)
			require.NoError(t, err)
			_, err = srv.Principal(role(account, "reader")).API().CreateGrant(t.Context(), &kms.CreateGrantInput{
				KeyId: k.KeyId, GranteePrincipal: str(role(account, "child")), Operations: c.operations, Constraints: &c.child,
			})
			if c.allowed {
				assert.NoError(t, err)
			} else {
				refusedWith(t, err, "AccessDeniedException")
			}
		})
	}
}

func TestListGrants(t *testing.T) {
	t.Parallel()
	everyDepth(t, func(t *testing.T, srv *kmstest.Server, c caller) {
		k, another := newKey(t, c), newKey(t, c)
		ids := map[string][]string{}
		for _, name := range []string{"reader", "writer", "reader"} {
			in := newGrant(k)
			in.GranteePrincipal = str(role(account, name))
			g, err := c.CreateGrant(t.Context(), in)
			require.NoError(t, err)
			ids["all"] = append(ids["all"], *g.GrantId)
			ids[name] = append(ids[name], *g.GrantId)
		}
		elsewhere, err := c.CreateGrant(t.Context(), newGrant(another))
		require.NoError(t, err)

		list := func(id, grantee *string) (found []string) {
			out, err := c.ListGrants(t.Context(), &kms.ListGrantsInput{KeyId: k.KeyId, GrantId: id, GranteePrincipal: grantee})
			require.NoError(t, err)
			for _, g := range out.Grants {
				found = append(found, *g.GrantId)
			}
			return found
		}
		assert.Equal(t, ids["all"], list(nil, nil))
		assert.Equal(t, ids["reader"], list(nil, str(role(account, "reader"))))
		assert.Equal(t, ids["writer"], list(&ids["writer"][0], nil))
		assert.Equal(t, ids["writer"], list(&ids["writer"][0], str(role(account, "writer"))))
		assert.Empty(t, list(&ids["writer"][0], str(role(account, "reader"))))
		assert.Empty(t, list(nil, str(role(account, "nobody"))))
		assert.Empty(t, list(elsewhere.GrantId, nil), "of another key")

		_, err = c.ListGrants(t.Context(), &kms.ListGrantsInput{KeyId: k.KeyId, GrantId: str("x")})
		refused(t, err, "InvalidGrantIdException", "Invalid grantId 'x'")
		_, err = c.ListGrants(t.Context(), &kms.ListGrantsInput{KeyId: k.KeyId, GranteeServicePrincipal: str("logs.amazonaws.com")})
		refused(t, err, "ValidationException", "GranteeServicePrincipal can only be used by callers in a service principal.")
		_, err = srv.Principal("logs.amazonaws.com").API().ListGrants(t.Context(), &kms.ListGrantsInput{
			KeyId: k.Arn, GranteePrincipal: str(role(account, "reader")), GranteeServicePrincipal: str("logs.amazonaws.com"),
		})
		refused(t, err, "ValidationException", "You can specify either GranteePrincipal or GranteeServicePrincipal, but not both.")
	})
}

func TestListRetirableGrants(t *testing.T) {
	t.Parallel()
	everyDepth(t, func(t *testing.T, srv *kmstest.Server, c caller) {
		retirer := role(account, "retirer")
		stranger := srv.Principal(role(other, "owner"), allow("kms:*")).API()
		want := make([]string, 0, 3)
		for _, caller := range []caller{c, stranger, c} {
			k := newKey(t, caller)
			in := newGrant(k)
			in.RetiringPrincipal = &retirer
			g, err := caller.CreateGrant(t.Context(), in)
			require.NoError(t, err)
			want = append(want, *g.GrantId)
			_, err = caller.CreateGrant(t.Context(), newGrant(k)) // with no retiring principal
			require.NoError(t, err)
		}
		out, err := c.ListRetirableGrants(t.Context(), &kms.ListRetirableGrantsInput{RetiringPrincipal: &retirer})
		require.NoError(t, err)
		got := make([]string, 0, len(out.Grants))
		for _, g := range out.Grants {
			got = append(got, *g.GrantId)
		}
		assert.Equal(t, want, got, "whatever account the key is in")

		_, err = c.ListRetirableGrants(t.Context(), &kms.ListRetirableGrantsInput{RetiringPrincipal: str("somebody")})
		refused(t, err, "InvalidArnException", "ARN does not refer to a valid principal: somebody")
		_, err = c.ListRetirableGrants(t.Context(), &kms.ListRetirableGrantsInput{RetiringPrincipal: str(role(other, "retirer"))})
		refusedWith(t, err, "AccessDeniedException")
		_, err = srv.Principal(role(account, "nobody")).Client().ListRetirableGrants(t.Context(), &kms.ListRetirableGrantsInput{RetiringPrincipal: &retirer})
		refused(t, err, "AccessDeniedException", "User: "+role(account, "nobody")+" is not authorized to perform: kms:ListRetirableGrants on resource: "+
			retirer+" because no identity-based policy allows the kms:ListRetirableGrants action")
	})
}

func TestRetireGrant(t *testing.T) {
	t.Parallel()
	t.Run("by token, or by key and ID", func(t *testing.T) {
		t.Parallel()
		everyDepth(t, func(t *testing.T, srv *kmstest.Server, c caller) {
			k := newKey(t, c)
			for range 2 {
				in := newGrant(k)
				in.RetiringPrincipal = str(role(account, "retirer"))
				g, err := c.CreateGrant(t.Context(), in)
				require.NoError(t, err)
				retirer := srv.Principal(role(account, "retirer")).API()
				retire := &kms.RetireGrantInput{GrantToken: g.GrantToken}
				if _, err = retirer.RetireGrant(t.Context(), retire); err != nil {
					t.Fatal(err)
				}
				_, err = retirer.RetireGrant(t.Context(), retire)
				refused(t, err, "NotFoundException", "Grant ID "+*g.GrantId+" not found")

				g, err = c.CreateGrant(t.Context(), in)
				require.NoError(t, err)
				_, err = retirer.RetireGrant(t.Context(), &kms.RetireGrantInput{KeyId: k.Arn, GrantId: g.GrantId})
				require.NoError(t, err)
			}
			out, err := c.ListGrants(t.Context(), &kms.ListGrantsInput{KeyId: k.KeyId})
			require.NoError(t, err)
			assert.Empty(t, out.Grants)
		})
	})

	t.Run("by those who may, and nobody else", func(t *testing.T) {
		t.Parallel()
		retire := allow("kms:RetireGrant")
		for name, c := range map[string]struct {
			arn     string
			options []kmstest.PrincipalOption
			change  func(*kms.CreateGrantInput)
			allowed bool
		}{
			"the retiring principal":            {arn: role(account, "retirer"), change: retiredBy(role(account, "retirer")), allowed: true},
			"a session of it":                   {arn: session, change: retiredBy(role(account, "app")), allowed: true},
			"the retiring principal, denied":    {arn: role(other, "retirer"), options: []kmstest.PrincipalOption{retire, deny("kms:RetireGrant")}},
			"one of another account":            {arn: role(other, "retirer")},
			"one of another account, who may":   {arn: role(other, "retirer"), options: []kmstest.PrincipalOption{retire}, allowed: true},
			"the grantee":                       {arn: role(account, "reader")},
			"the grantee, who may":              {arn: role(account, "reader"), change: mayRetire, allowed: true},
			"the root user of the key's":        {arn: "arn:aws:iam::" + account + ":root", allowed: true},
			"a delegate of the key's account":   {arn: role(account, "admin"), options: []kmstest.PrincipalOption{retire}, allowed: true},
			"anybody of the key's account":      {arn: role(account, "admin")},
			"a delegate of another account":     {arn: role(other, "admin"), options: []kmstest.PrincipalOption{retire}},
			"a delegate of a retiring account":  {arn: role(other, "admin"), options: []kmstest.PrincipalOption{retire}, change: retiredByAccount, allowed: true},
			"a stranger with no policy at all":  {arn: role(other, "stranger")},
			"the root user of a third account":  {arn: "arn:aws:iam::777788889999:root"},
			"the root user of retiring account": {arn: "arn:aws:iam::" + other + ":root", change: retiredByAccount, allowed: true},
		} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				srv := kmstest.New()
				k := newKey(t, srv.API())
				in := newGrant(k)
				in.RetiringPrincipal = str(role(other, "retirer"))
				if c.change != nil {
					c.change(in)
				}
				g, err := srv.API().CreateGrant(t.Context(), in)
				require.NoError(t, err)
				_, err = srv.Principal(c.arn, c.options...).API().RetireGrant(t.Context(), &kms.RetireGrantInput{KeyId: k.Arn, GrantId: g.GrantId})
				if c.allowed {
					assert.NoError(t, err)
				} else {
					refusedWith(t, err, "AccessDeniedException")
				}
			})
		}
	})

	t.Run("by delegates of the account that made it", func(t *testing.T) {
		t.Parallel()
		srv := kmstest.New()
		k := newKey(t, srv.API(), func(in *kms.CreateKeyInput) {
			in.Policy = str(policyFor("arn:aws:iam::"+account+":root", "arn:aws:iam::"+other+":root"))
		})
		in := newGrant(k)
		in.KeyId = k.Arn
		g, err := srv.Principal(role(other, "maker"), allow("kms:CreateGrant")).API().CreateGrant(t.Context(), in)
		require.NoError(t, err)
		_, err = srv.Principal(role(other, "admin"), allow("kms:RetireGrant")).API().RetireGrant(t.Context(), &kms.RetireGrantInput{GrantToken: g.GrantToken})
		require.NoError(t, err)
	})

	t.Run("refuses what names no grant", func(t *testing.T) {
		t.Parallel()
		everyDepth(t, func(t *testing.T, srv *kmstest.Server, c caller) {
			k := newKey(t, c)
			g, err := c.CreateGrant(t.Context(), newGrant(k))
			require.NoError(t, err)
			absent := strings.Repeat("0", 64)
			const either = "Specify either a grant token, or a grant ID and a key ID."
			for _, r := range []struct {
				in         *kms.RetireGrantInput
				code, text string
			}{
				{&kms.RetireGrantInput{}, "ValidationException", either},
				{&kms.RetireGrantInput{KeyId: k.Arn}, "ValidationException", either},
				{&kms.RetireGrantInput{GrantId: g.GrantId}, "ValidationException", either},
				{&kms.RetireGrantInput{GrantToken: g.GrantToken, GrantId: g.GrantId, KeyId: k.Arn}, "ValidationException", either},
				{&kms.RetireGrantInput{GrantToken: str("x")}, "InvalidGrantTokenException", "The grant token is not valid."},
				{&kms.RetireGrantInput{GrantToken: str("A" + *g.GrantToken)}, "InvalidGrantTokenException", "The grant token is not valid."},
				{&kms.RetireGrantInput{KeyId: k.Arn, GrantId: str("x")}, "InvalidGrantIdException", "Invalid grantId 'x'"},
				{&kms.RetireGrantInput{KeyId: k.Arn, GrantId: &absent}, "NotFoundException", "Grant ID " + absent + " not found"},
				{&kms.RetireGrantInput{KeyId: newKey(t, c).Arn, GrantId: g.GrantId}, "NotFoundException", "Grant ID " + *g.GrantId + " not found"},
				{&kms.RetireGrantInput{KeyId: str("alias/x"), GrantId: g.GrantId}, "InvalidArnException", "Key Aliases are not supported for this operation."},
			} {
				_, err := c.RetireGrant(t.Context(), r.in)
				refused(t, err, r.code, r.text)
			}
			_, err = srv.Client(func(o *kms.Options) { o.Region = "eu-west-1" }).RetireGrant(t.Context(), &kms.RetireGrantInput{GrantToken: g.GrantToken})
			refusedWith(t, err, "InvalidGrantTokenException")
		})
	})
}

func mayRetire(in *kms.CreateGrantInput) {
	in.Operations = append(in.Operations, types.GrantOperationRetireGrant)
}

func retiredByAccount(in *kms.CreateGrantInput) { retiredBy("arn:aws:iam::" + other + ":root")(in) }

func retiredBy(arn string) func(*kms.CreateGrantInput) {
	return func(in *kms.CreateGrantInput) { in.RetiringPrincipal = &arn }
}

func TestRevokeGrant_refusals(t *testing.T) {
	t.Parallel()
	everyDepth(t, func(t *testing.T, srv *kmstest.Server, c caller) {
		k, another := newKey(t, c), newKey(t, c)
		g, err := c.CreateGrant(t.Context(), newGrant(k))
		require.NoError(t, err)
		absent := strings.Repeat("f", 64)
		for id, want := range map[string]struct{ code, text string }{
			absent:     {"NotFoundException", "Grant ID " + absent + " not found"},
			*g.GrantId: {"NotFoundException", "Grant ID " + *g.GrantId + " not found"}, // of the other key
			"x":        {"InvalidGrantIdException", "Invalid grantId 'x'"},
		} {
			_, err := c.RevokeGrant(t.Context(), &kms.RevokeGrantInput{KeyId: another.KeyId, GrantId: &id})
			refused(t, err, want.code, want.text)
		}
		_, err = srv.Principal(role(account, "reader")).API().RevokeGrant(t.Context(), &kms.RevokeGrantInput{KeyId: k.KeyId, GrantId: g.GrantId})
		refusedWith(t, err, "AccessDeniedException")
	})
}

func TestGrantTokens(t *testing.T) {
	t.Parallel()
	everyDepth(t, func(t *testing.T, _ *kmstest.Server, c caller) {
		k := newKey(t, c)
		g, err := c.CreateGrant(t.Context(), newGrant(k))
		require.NoError(t, err)
		in := &kms.EncryptInput{KeyId: k.KeyId, Plaintext: []byte("x"), GrantTokens: []string{*g.GrantToken}}
		_, err = c.Encrypt(t.Context(), in)
		require.NoError(t, err)
		forged := []byte(*g.GrantToken)
		forged[len(forged)/2] ^= 1
		in.GrantTokens = append(in.GrantTokens, string(forged))
		_, err = c.Encrypt(t.Context(), in)
		refused(t, err, "InvalidGrantTokenException", "The grant token is not valid.")
	})
}
