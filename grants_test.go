package kmskit_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kmskit/kmskit"
)

func TestGrantManager_CreateGrant(t *testing.T) {
	t.Parallel()
	decrypt := []types.GrantOperation{types.GrantOperationDecrypt}

	t.Run("sends key, grantee and operations and returns ID and token", func(t *testing.T) {
		t.Parallel()
		f := newFake()
		grant, err := kmskit.NewGrantManager(f).CreateGrant(t.Context(), fakeKeyID, fakeRole, decrypt)
		require.NoError(t, err)
		assert.Equal(t, kmskit.Grant{ID: fakeGrantID, Token: fakeGrantToken}, grant)
		assert.Equal(t, &kms.CreateGrantInput{
			KeyId: aws.String(fakeKeyID), GranteePrincipal: aws.String(fakeRole), Operations: decrypt,
		}, sent[kms.CreateGrantInput](t, f))
	})

	t.Run("leaves an empty grantee out beside a service principal", func(t *testing.T) {
		t.Parallel()
		f := newFake()
		_, err := kmskit.NewGrantManager(f).CreateGrant(
			t.Context(), fakeKeyID, "", decrypt,
			func(in *kms.CreateGrantInput) {
				in.GranteeServicePrincipal = aws.String("logs.amazonaws.com")
				in.Constraints = &types.GrantConstraints{SourceArn: aws.String("arn:aws:logs:us-east-2:111122223333:*")}
				in.RetiringPrincipal = aws.String(fakeRole)
			},
		)
		require.NoError(t, err)
		assert.Equal(t, &kms.CreateGrantInput{
			KeyId: aws.String(fakeKeyID), Operations: decrypt,
			GranteeServicePrincipal: aws.String("logs.amazonaws.com"),
			Constraints:             &types.GrantConstraints{SourceArn: aws.String("arn:aws:logs:us-east-2:111122223333:*")},
			RetiringPrincipal:       aws.String(fakeRole),
		}, sent[kms.CreateGrantInput](t, f))
	})

	t.Run("keeps an appending option out of the caller's array", func(t *testing.T) {
		t.Parallel()
		f := newFake()
		array := []types.GrantOperation{types.GrantOperationDecrypt, types.GrantOperationDescribeKey}
		_, err := kmskit.NewGrantManager(f).CreateGrant(
			t.Context(), fakeKeyID, fakeRole, array[:1],
			func(in *kms.CreateGrantInput) { in.Operations = append(in.Operations, types.GrantOperationEncrypt) },
		)
		require.NoError(t, err)
		assert.Equal(t, []types.GrantOperation{types.GrantOperationDecrypt, types.GrantOperationEncrypt}, sent[kms.CreateGrantInput](t, f).Operations)
		assert.Equal(t, []types.GrantOperation{types.GrantOperationDecrypt, types.GrantOperationDescribeKey}, array)
	})

	incomplete := []struct {
		name string
		out  *kms.CreateGrantOutput
	}{
		{"reports an answer without the ID", &kms.CreateGrantOutput{GrantToken: aws.String(fakeGrantToken)}},
		{"reports an answer without the token", &kms.CreateGrantOutput{GrantId: aws.String(fakeGrantID)}},
	}
	for _, c := range incomplete {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			f := newFake()
			whenAsked[kms.CreateGrantInput](f, c.out)
			grant, err := kmskit.NewGrantManager(f).CreateGrant(t.Context(), fakeKeyID, fakeRole, decrypt)
			require.ErrorIs(t, err, kmskit.ErrIncompleteOutput)
			assert.Zero(t, grant)
		})
	}

	refused := []struct {
		name           string
		keyID, grantee string
		operations     []types.GrantOperation
		option         func(*kms.CreateGrantInput)
		text           string
	}{
		{"refuses an empty key ID", "", fakeRole, decrypt, nil, noKeyID},
		{"refuses an empty grantee", fakeKeyID, "", decrypt, nil, noGrantee},
		{
			"refuses a grantee that an option empties", fakeKeyID, fakeRole, decrypt,
			func(in *kms.CreateGrantInput) { in.GranteePrincipal = aws.String("") }, noGrantee,
		},
		{
			"refuses a service principal that is empty", fakeKeyID, "", decrypt,
			func(in *kms.CreateGrantInput) { in.GranteeServicePrincipal = aws.String("") }, noGrantee,
		},
		{"refuses nil operations", fakeKeyID, fakeRole, nil, nil, noOperations},
		{"refuses no operations", fakeKeyID, fakeRole, []types.GrantOperation{}, nil, noOperations},
	}
	for _, r := range refused {
		t.Run(r.name, func(t *testing.T) {
			t.Parallel()
			f := newFake()
			grant, err := kmskit.NewGrantManager(f).CreateGrant(t.Context(), r.keyID, r.grantee, r.operations, r.option)
			assertRefused(t, f, err, "kmskit: CreateGrant: "+r.text)
			assert.Zero(t, grant)
		})
	}
}

func TestGrantManager_ListGrants(t *testing.T) {
	t.Parallel()

	t.Run("sends the key", func(t *testing.T) {
		t.Parallel()
		f := newFake()
		require.NoError(t, drain(kmskit.NewGrantManager(f).ListGrants(t.Context(), fakeKeyID)))
		assert.Equal(t, &kms.ListGrantsInput{KeyId: aws.String(fakeKeyID)}, sent[kms.ListGrantsInput](t, f))
	})

	t.Run("refuses an empty key ID", func(t *testing.T) {
		t.Parallel()
		f := newFake()
		assertRefused(t, f, drain(kmskit.NewGrantManager(f).ListGrants(t.Context(), "")), "kmskit: ListGrants: "+noKeyID)
	})
}

func TestGrantManager_ListRetirableGrants(t *testing.T) {
	t.Parallel()

	t.Run("sends the retiring principal", func(t *testing.T) {
		t.Parallel()
		f := newFake()
		require.NoError(t, drain(kmskit.NewGrantManager(f).ListRetirableGrants(t.Context(), fakeRole)))
		assert.Equal(t, &kms.ListRetirableGrantsInput{RetiringPrincipal: aws.String(fakeRole)}, sent[kms.ListRetirableGrantsInput](t, f))
	})

	t.Run("leaves an empty principal out beside a service principal", func(t *testing.T) {
		t.Parallel()
		f := newFake()
		require.NoError(t, drain(kmskit.NewGrantManager(f).ListRetirableGrants(
			t.Context(), "",
			func(in *kms.ListRetirableGrantsInput) { in.RetiringServicePrincipal = aws.String("logs.amazonaws.com") },
		)))
		assert.Equal(t, &kms.ListRetirableGrantsInput{RetiringServicePrincipal: aws.String("logs.amazonaws.com")}, sent[kms.ListRetirableGrantsInput](t, f))
	})

	t.Run("refuses an empty principal", func(t *testing.T) {
		t.Parallel()
		f := newFake()
		assertRefused(t, f, drain(kmskit.NewGrantManager(f).ListRetirableGrants(t.Context(), "")), "kmskit: ListRetirableGrants: "+noRetiring)
	})

	t.Run("refuses a principal that an option empties", func(t *testing.T) {
		t.Parallel()
		f := newFake()
		assertRefused(t, f, drain(kmskit.NewGrantManager(f).ListRetirableGrants(
			t.Context(), fakeRole,
			func(in *kms.ListRetirableGrantsInput) { in.RetiringPrincipal = aws.String("") },
		)), "kmskit: ListRetirableGrants: "+noRetiring)
	})
}

func TestGrantManager_RetireGrant(t *testing.T) {
	t.Parallel()

	t.Run("sends the token", func(t *testing.T) {
		t.Parallel()
		f := newFake()
		require.NoError(t, kmskit.NewGrantManager(f).RetireGrant(t.Context(), fakeGrantToken))
		assert.Equal(t, &kms.RetireGrantInput{GrantToken: aws.String(fakeGrantToken)}, sent[kms.RetireGrantInput](t, f))
	})

	t.Run("refuses an empty token", func(t *testing.T) {
		t.Parallel()
		f := newFake()
		assertRefused(t, f, kmskit.NewGrantManager(f).RetireGrant(t.Context(), ""), "kmskit: RetireGrant: "+noGrantToken)
	})
}

func TestGrantManager_RetireGrantByID(t *testing.T) {
	t.Parallel()

	t.Run("sends the key and the grant", func(t *testing.T) {
		t.Parallel()
		f := newFake()
		require.NoError(t, kmskit.NewGrantManager(f).RetireGrantByID(t.Context(), fakeKeyARN, fakeGrantID))
		assert.Equal(t, &kms.RetireGrantInput{KeyId: aws.String(fakeKeyARN), GrantId: aws.String(fakeGrantID)}, sent[kms.RetireGrantInput](t, f))
	})

	refused := []struct{ name, keyARN, grantID, text string }{
		{"refuses an empty key ARN", "", fakeGrantID, emptyKeyIsNoARN},
		{"refuses a key ID", fakeKeyID, fakeGrantID, `the key "` + fakeKeyID + `" is not an ARN; give the key ARN (arn:aws:kms:...:key/...)`},
		{"refuses an alias", fakeAlias, fakeGrantID, `the key "alias/orders" is not an ARN; give the key ARN (arn:aws:kms:...:key/...)`},
		{"refuses an empty grant ID", fakeKeyARN, "", noGrantID},
	}
	for _, r := range refused {
		t.Run(r.name, func(t *testing.T) {
			t.Parallel()
			f := newFake()
			assertRefused(t, f, kmskit.NewGrantManager(f).RetireGrantByID(t.Context(), r.keyARN, r.grantID), "kmskit: RetireGrant: "+r.text)
		})
	}
}

func TestGrantManager_RevokeGrant(t *testing.T) {
	t.Parallel()

	t.Run("sends the key and the grant", func(t *testing.T) {
		t.Parallel()
		f := newFake()
		require.NoError(t, kmskit.NewGrantManager(f).RevokeGrant(t.Context(), fakeKeyID, fakeGrantID))
		assert.Equal(t, &kms.RevokeGrantInput{KeyId: aws.String(fakeKeyID), GrantId: aws.String(fakeGrantID)}, sent[kms.RevokeGrantInput](t, f))
	})

	t.Run("refuses an empty key ID", func(t *testing.T) {
		t.Parallel()
		f := newFake()
		assertRefused(t, f, kmskit.NewGrantManager(f).RevokeGrant(t.Context(), "", fakeGrantID), "kmskit: RevokeGrant: "+noKeyID)
	})

	t.Run("refuses an empty grant ID", func(t *testing.T) {
		t.Parallel()
		f := newFake()
		assertRefused(t, f, kmskit.NewGrantManager(f).RevokeGrant(t.Context(), fakeKeyID, ""), "kmskit: RevokeGrant: "+noGrantID)
	})
}
