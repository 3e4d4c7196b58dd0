package kmskit_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kmskit/kmskit"
)

func TestAliasManager_CreateAlias(t *testing.T) {
	t.Parallel()

	t.Run("sends the alias and the key, not swapped", func(t *testing.T) {
		t.Parallel()
		f := newFake()
		require.NoError(t, kmskit.NewAliasManager(f).CreateAlias(t.Context(), fakeAlias, fakeKeyID))
		assert.Equal(t, &kms.CreateAliasInput{
			AliasName: aws.String(fakeAlias), TargetKeyId: aws.String(fakeKeyID),
		}, sent[kms.CreateAliasInput](t, f))
	})

	t.Run("refuses an empty key ID", func(t *testing.T) {
		t.Parallel()
		f := newFake()
		assertRefused(t, f, kmskit.NewAliasManager(f).CreateAlias(t.Context(), fakeAlias, ""),
			"kmskit: CreateAlias: the target key ID is empty; give a key ID or a key ARN")
	})

	t.Run("takes a name of 256 characters", func(t *testing.T) {
		t.Parallel()
		f := newFake()
		name := "alias/" + strings.Repeat("a", 250)
		require.NoError(t, kmskit.NewAliasManager(f).CreateAlias(t.Context(), name, fakeKeyID))
		assert.Equal(t, name, *sent[kms.CreateAliasInput](t, f).AliasName)
	})

	t.Run("takes a name that only resembles a reserved one", func(t *testing.T) {
		t.Parallel()
		for _, name := range []string{"alias/awsome", "alias/AWS/orders", "alias/my/aws/"} {
			f := newFake()
			require.NoError(t, kmskit.NewAliasManager(f).CreateAlias(t.Context(), name, fakeKeyID))
			assert.Equal(t, 1, f.calls())
		}
	})
}

func TestAliasManager_UpdateAlias(t *testing.T) {
	t.Parallel()

	t.Run("sends the alias and the key, not swapped", func(t *testing.T) {
		t.Parallel()
		f := newFake()
		require.NoError(t, kmskit.NewAliasManager(f).UpdateAlias(t.Context(), fakeAlias, fakeOtherKeyID))
		assert.Equal(t, &kms.UpdateAliasInput{
			AliasName: aws.String(fakeAlias), TargetKeyId: aws.String(fakeOtherKeyID),
		}, sent[kms.UpdateAliasInput](t, f))
	})

	t.Run("refuses an empty key ID", func(t *testing.T) {
		t.Parallel()
		f := newFake()
		assertRefused(t, f, kmskit.NewAliasManager(f).UpdateAlias(t.Context(), fakeAlias, ""),
			"kmskit: UpdateAlias: the target key ID is empty; give a key ID or a key ARN")
	})
}

func TestAliasManager_DeleteAlias(t *testing.T) {
	t.Parallel()

	t.Run("sends the alias", func(t *testing.T) {
		t.Parallel()
		f := newFake()
		require.NoError(t, kmskit.NewAliasManager(f).DeleteAlias(t.Context(), fakeAlias))
		assert.Equal(t, &kms.DeleteAliasInput{AliasName: aws.String(fakeAlias)}, sent[kms.DeleteAliasInput](t, f))
	})
}

func TestAliasManager_ListAliases(t *testing.T) {
	t.Parallel()

	t.Run("asks for all aliases", func(t *testing.T) {
		t.Parallel()
		f := newFake()
		require.NoError(t, drain(kmskit.NewAliasManager(f).ListAliases(t.Context())))
		assert.Equal(t, &kms.ListAliasesInput{}, sent[kms.ListAliasesInput](t, f))
	})

	t.Run("asks by option for those of one key, which errors name", func(t *testing.T) {
		t.Parallel()
		f := failing(errors.New("connection reset"))
		err := drain(kmskit.NewAliasManager(f).ListAliases(t.Context(), func(in *kms.ListAliasesInput) { in.KeyId = aws.String(fakeKeyID) }))
		require.EqualError(t, err, "kmskit: ListAliases"+aboutKey+": connection reset")
		assert.Equal(t, &kms.ListAliasesInput{KeyId: aws.String(fakeKeyID)}, sent[kms.ListAliasesInput](t, f))
	})
}

func TestAliasManager_refusesAliasNames(t *testing.T) {
	t.Parallel()
	const form = `an alias name is "alias/" and 1 to 250 more characters, not its ARN`
	tooLong := "alias/" + strings.Repeat("a", 251)
	names := []struct{ property, name, text string }{
		{"empty", "", "the alias name is empty; " + form},
		{"without its prefix", "orders", `the alias name "orders" lacks its prefix; ` + form},
		{"with the prefix in upper case", "Alias/orders", `the alias name "Alias/orders" lacks its prefix; ` + form},
		{"with less than the prefix", "alias", `the alias name "alias" lacks its prefix; ` + form},
		{"an alias ARN", "arn:aws:kms:us-east-2:111122223333:alias/orders", `the alias name "arn:aws:kms:us-east-2:111122223333:alias/orders" lacks its prefix; ` + form},
		{"nothing but the prefix", "alias/", `the alias name "alias/" has the wrong length; ` + form},
		{"of 257 characters", tooLong, `the alias name "` + tooLong + `" has the wrong length; ` + form},
		{"reserved for AWS", "alias/aws/ebs", `the alias name "alias/aws/ebs" is reserved; alias/aws/ belongs to AWS managed keys`},
		{"nothing but the reserved prefix", "alias/aws/", `the alias name "alias/aws/" is reserved; alias/aws/ belongs to AWS managed keys`},
	}
	for _, n := range names {
		t.Run(n.property, func(t *testing.T) {
			t.Parallel()
			f := newFake()
			aliases := kmskit.NewAliasManager(f)
			assertRefused(t, f, aliases.CreateAlias(t.Context(), n.name, fakeKeyID), "kmskit: CreateAlias: "+n.text)
			assertRefused(t, f, aliases.UpdateAlias(t.Context(), n.name, fakeKeyID), "kmskit: UpdateAlias: "+n.text)
			assertRefused(t, f, aliases.DeleteAlias(t.Context(), n.name), "kmskit: DeleteAlias: "+n.text)
		})
	}
}
