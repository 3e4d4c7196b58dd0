package policyfacts_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/kmskit/kmskit/internal/policyfacts"
)

func TestMatchAction(t *testing.T) {
	t.Parallel()
	names := func(value string) []string {
		var names []string
		for _, a := range policyfacts.MatchAction(value) {
			names = append(names, a.Name)
		}
		return names
	}
	assert.Equal(t, []string{"Decrypt"}, names("KMS:decrypt"))
	assert.Equal(t, []string{"ReEncryptFrom", "ReEncryptTo"}, names("kms:ReEncrypt*"))
	assert.Equal(t, []string{"Sign"}, names("kms:S?gn"))
	assert.Len(t, names("*"), len(policyfacts.Actions()))
	assert.Len(t, names("kms:*"), len(policyfacts.Actions()))
	for _, none := range []string{"", "kms:", "Decrypt", "kms:Decrypt ", "s3:*", "kms:[", `kms:Decrypt\`, "kms:[d]ecrypt", `kms:\Decrypt`} {
		assert.Empty(t, names(none), "%q", none)
	}
}

func TestActions(t *testing.T) {
	t.Parallel()
	assert.True(t, slices.IsSortedFunc(policyfacts.Actions(), func(a, b policyfacts.Action) int { return strings.Compare(a.Name, b.Name) }))
	policyfacts.Actions()[0].Name = "overwritten"
	assert.NotEqual(t, "overwritten", policyfacts.Actions()[0].Name)
}

func TestParseOperator(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]policyfacts.Operator{
		"StringEquals":                          {Base: "StringEquals"},
		"NotIpAddress":                          {Base: "NotIpAddress", Negated: true},
		"BoolIfExists":                          {Base: "Bool", IfExists: true},
		"ForAnyValue:StringLike":                {Base: "StringLike", Quantifier: policyfacts.AnyValue},
		"ForAllValues:StringNotEqualsIfExists":  {Base: "StringNotEquals", Quantifier: policyfacts.AllValues, IfExists: true, Negated: true},
		"Null":                                  {Base: "Null"},
		"ForAllValues:NumericGreaterThanEquals": {Base: "NumericGreaterThanEquals", Quantifier: policyfacts.AllValues},
	} {
		got, ok := policyfacts.ParseOperator(name)
		assert.True(t, ok, name)
		assert.Equal(t, want, got, name)
	}
	for _, name := range []string{"", "stringequals", "NullIfExists", "ForAnyValue:Null", "ForAnyValue:ForAllValues:Bool", "StringEqualsIfExistsIfExists", "BoolNot"} {
		_, ok := policyfacts.ParseOperator(name)
		assert.False(t, ok, name)
	}
}

func TestFindKey(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]policyfacts.Standing{
		"kms:ViaService": policyfacts.Known, "KMS:VIASERVICE": policyfacts.Known,
		"kms:EncryptionContext:tenant": policyfacts.Known, "kms:EncryptionContext:": policyfacts.Unknown,
		"aws:PrincipalTag/team": policyfacts.Known, "aws:PrincipalTag": policyfacts.Unknown,
		"kms:RecipientAttestation:PCR31": policyfacts.Known, "kms:RecipientAttestation:PCR32": policyfacts.Unknown,
		"SAML:sub": policyfacts.Known, "cognito-identity.amazonaws.com:sub": policyfacts.Known,
		"s3:prefix": policyfacts.Foreign, "ViaService": policyfacts.Unknown, "": policyfacts.Unknown,
	} {
		_, got := policyfacts.FindKey(name)
		assert.Equal(t, want, got, name)
	}
}

func TestFindPrincipal(t *testing.T) {
	t.Parallel()
	type found struct {
		kind    policyfacts.Principal
		account string
	}
	for value, want := range map[string]found{
		"*":                                     {policyfacts.Everyone, ""},
		"111122223333":                          {policyfacts.Account, "111122223333"},
		"arn:aws-us-gov:iam::111122223333:root": {policyfacts.Account, "111122223333"},
		"arn:aws:iam::111122223333:user/alice":  {policyfacts.Named, "111122223333"},
		"arn:aws:sts::111122223333:assumed-role/reader/night": {policyfacts.Named, "111122223333"},
		"AIDACKCEVSQ6C2EXAMPLE":                               {policyfacts.UniqueID, ""},
		"arn:aws:sts::111122223333:assumed-role/reader":       {},
		"arn:aws:iam::111122223333:role/*":                    {},
		"arn:aws:iam::111122223333:group/admins":              {},
		"arn:aws:iam::1111:root":                              {},
		"alice":                                               {},
		"":                                                    {},
	} {
		kind, account := policyfacts.FindPrincipal(value)
		assert.Equal(t, want, found{kind, account}, value)
	}
}
