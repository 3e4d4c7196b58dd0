package kmskit_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kmskit/kmskit"
)

// The policy that KMS gives a key which was created without one.
const defaultPolicyText = `{
  "Version" : "2012-10-17",
  "Id" : "key-default-1",
  "Statement" : [ {
    "Sid" : "Enable IAM User Permissions",
    "Effect" : "Allow",
    "Principal" : {
      "AWS" : "arn:aws:iam::111122223333:root"
    },
    "Action" : "kms:*",
    "Resource" : "*"
  } ]
}`

// A policy of the form that the KMS console writes.
const consolePolicyText = `{
  "Id": "key-consolepolicy-3",
  "Version": "2012-10-17",
  "Statement": [
    {
      "Sid": "Enable IAM User Permissions",
      "Effect": "Allow",
      "Principal": {"AWS": "arn:aws:iam::111122223333:root"},
      "Action": "kms:*",
      "Resource": "*"
    },
    {
      "Sid": "Allow access for Key Administrators",
      "Effect": "Allow",
      "Principal": {"AWS": ["arn:aws:iam::111122223333:role/Admin", "arn:aws:iam::111122223333:user/olga"]},
      "Action": ["kms:Create*", "kms:Describe*", "kms:ScheduleKeyDeletion", "kms:CancelKeyDeletion"],
      "Resource": "*"
    },
    {
      "Sid": "Allow attachment of persistent resources",
      "Effect": "Allow",
      "Principal": {"AWS": "arn:aws:iam::111122223333:role/App"},
      "Action": ["kms:CreateGrant", "kms:ListGrants", "kms:RevokeGrant"],
      "Resource": "*",
      "Condition": {"Bool": {"kms:GrantIsForAWSResource": "true"}}
    }
  ]
}`

func TestParsePolicyDocument(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		text string
		want kmskit.PolicyDocument
	}{
		"the default key policy": {
			text: defaultPolicyText,
			want: kmskit.PolicyDocument{
				Version: "2012-10-17",
				ID:      "key-default-1",
				Statement: []kmskit.Statement{{
					Sid:       "Enable IAM User Permissions",
					Effect:    kmskit.Allow,
					Principal: kmskit.Principal{AWS: kmskit.StringList{"arn:aws:iam::111122223333:root"}},
					Action:    kmskit.StringList{"kms:*"},
					Resource:  kmskit.StringList{"*"},
				}},
			},
		},
		"the console's key policy": {
			text: consolePolicyText,
			want: kmskit.PolicyDocument{
				Version: "2012-10-17",
				ID:      "key-consolepolicy-3",
				Statement: []kmskit.Statement{
					{
						Sid:       "Enable IAM User Permissions",
						Effect:    kmskit.Allow,
						Principal: kmskit.Principal{AWS: kmskit.StringList{"arn:aws:iam::111122223333:root"}},
						Action:    kmskit.StringList{"kms:*"},
						Resource:  kmskit.StringList{"*"},
					},
					{
						Sid:       "Allow access for Key Administrators",
						Effect:    kmskit.Allow,
						Principal: kmskit.Principal{AWS: kmskit.StringList{"arn:aws:iam::111122223333:role/Admin", "arn:aws:iam::111122223333:user/olga"}},
						Action:    kmskit.StringList{"kms:Create*", "kms:Describe*", "kms:ScheduleKeyDeletion", "kms:CancelKeyDeletion"},
						Resource:  kmskit.StringList{"*"},
					},
					{
						Sid:       "Allow attachment of persistent resources",
						Effect:    kmskit.Allow,
						Principal: kmskit.Principal{AWS: kmskit.StringList{"arn:aws:iam::111122223333:role/App"}},
						Action:    kmskit.StringList{"kms:CreateGrant", "kms:ListGrants", "kms:RevokeGrant"},
						Resource:  kmskit.StringList{"*"},
						Condition: kmskit.Condition{"Bool": {"kms:GrantIsForAWSResource": {"true"}}},
					},
				},
			},
		},
		"an identity policy, whose statement is not in a list": {
			text: `{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "kms:Decrypt", "Resource": ["arn:aws:kms:*:111122223333:key/*"]}}`,
			want: kmskit.PolicyDocument{
				Version: "2012-10-17",
				Statement: []kmskit.Statement{{
					Effect:   kmskit.Allow,
					Action:   kmskit.StringList{"kms:Decrypt"},
					Resource: kmskit.StringList{"arn:aws:kms:*:111122223333:key/*"},
				}},
			},
		},
		"every type of principal": {
			text: `{"Statement": [{"Effect": "Deny", "Principal": {"CanonicalUser": "79a5", "Federated": ["cognito-identity.amazonaws.com"],
				"Service": ["logs.us-east-1.amazonaws.com", "s3.amazonaws.com"], "AWS": ["*", "111122223333", "AIDACKCEVSQ6C2EXAMPLE"]}}]}`,
			want: kmskit.PolicyDocument{Statement: []kmskit.Statement{{
				Effect: kmskit.Deny,
				Principal: kmskit.Principal{
					AWS:           kmskit.StringList{"*", "111122223333", "AIDACKCEVSQ6C2EXAMPLE"},
					Service:       kmskit.StringList{"logs.us-east-1.amazonaws.com", "s3.amazonaws.com"},
					Federated:     kmskit.StringList{"cognito-identity.amazonaws.com"},
					CanonicalUser: kmskit.StringList{"79a5"},
				},
			}}},
		},
		"the Not form of every element": {
			text: `{"Statement": {"Effect": "Deny", "NotPrincipal": {"AWS": "111122223333"}, "NotAction": ["kms:Describe*", "kms:List*"], "NotResource": "*"}}`,
			want: kmskit.PolicyDocument{Statement: []kmskit.Statement{{
				Effect:       kmskit.Deny,
				NotPrincipal: kmskit.Principal{AWS: kmskit.StringList{"111122223333"}},
				NotAction:    kmskit.StringList{"kms:Describe*", "kms:List*"},
				NotResource:  kmskit.StringList{"*"},
			}}},
		},
		"everyone, written in two ways": {
			text: `{"Statement": [{"Effect": "Allow", "Principal": "*"}, {"Effect": "Allow", "Principal": {"AWS": "*"}}]}`,
			want: kmskit.PolicyDocument{Statement: []kmskit.Statement{
				{Effect: kmskit.Allow, Principal: kmskit.Principal{Everyone: true}},
				{Effect: kmskit.Allow, Principal: kmskit.Principal{AWS: kmskit.StringList{"*"}}},
			}},
		},
		"conditions of strings, numbers and booleans": {
			text: `{"Statement": {"Effect": "Allow", "Condition": {
				"NumericLessThan": {"kms:ScheduleKeyDeletionPendingWindowInDays": 14, "aws:MultiFactorAuthAge": [1.50, 1E2, -0, 12345678901234567890]},
				"Bool": {"kms:MultiRegion": false, "aws:SecureTransport": ["true", true]},
				"ForAnyValue:StringEquals": {"kms:EncryptionContextKeys": ["tenant"]},
				"Null": {}}}}`,
			want: kmskit.PolicyDocument{Statement: []kmskit.Statement{{
				Effect: kmskit.Allow,
				Condition: kmskit.Condition{
					"NumericLessThan": {
						"kms:ScheduleKeyDeletionPendingWindowInDays": {"14"},
						"aws:MultiFactorAuthAge":                     {"1.50", "1E2", "-0", "12345678901234567890"},
					},
					"Bool":                     {"kms:MultiRegion": {"false"}, "aws:SecureTransport": {"true", "true"}},
					"ForAnyValue:StringEquals": {"kms:EncryptionContextKeys": {"tenant"}},
					"Null":                     {},
				},
			}}},
		},
		"empty lists are not absent elements": {
			text: `{"Statement": [{"Effect": "Allow", "Principal": {"AWS": []}, "Action": [], "Resource": [], "Condition": {}},
				{"Effect": "Deny", "Condition": {"StringEquals": {"kms:ViaService": []}}}]}`,
			want: kmskit.PolicyDocument{Statement: []kmskit.Statement{
				{
					Effect:    kmskit.Allow,
					Principal: kmskit.Principal{AWS: kmskit.StringList{}},
					Action:    kmskit.StringList{},
					Resource:  kmskit.StringList{},
					Condition: kmskit.Condition{},
				},
				{Effect: kmskit.Deny, Condition: kmskit.Condition{"StringEquals": {"kms:ViaService": {}}}},
			}},
		},
		"no statements, and empty names": {
			text: ` {"Version": "2008-10-17", "Id": "", "Statement": []} ` + "\n",
			want: kmskit.PolicyDocument{Version: "2008-10-17", Statement: []kmskit.Statement{}},
		},
		"characters beyond ASCII, raw and escaped": {
			text: `{"Id": "Größe <&> \u2028 \ud83d\udd11 🔑 \"\\", "Statement": []}`,
			want: kmskit.PolicyDocument{ID: "Größe <&> \u2028 🔑 🔑 \"\\", Statement: []kmskit.Statement{}},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := kmskit.ParsePolicyDocument(test.text)
			require.NoError(t, err)
			assert.Equal(t, &test.want, got)

			again, err := kmskit.ParsePolicyDocument(got.String())
			require.NoError(t, err, "what String prints must parse")
			assert.Equal(t, got, again, "nothing may be lost in a round trip")
		})
	}
}

func TestParsePolicyDocument_refuses(t *testing.T) {
	t.Parallel()
	const elements = "elements are Sid, Effect, Principal, NotPrincipal, Action, NotAction, Resource, NotResource, Condition"
	tests := []struct{ name, text, want string }{
		{"an empty text", "", `the text is empty; it must be a JSON object`},
		{"a blank text", " \n\t ", `the text is empty; it must be a JSON object`},
		{"a list", `[]`, `must be an object, not a list`},
		{"a string", `"{}"`, `must be an object, not a string`},
		{"null", `null`, `must be an object, not null`},
		{"text after the document", "{\"Statement\": []}\n {}", `line 2, column 2: invalid character '{' after top-level value`},
		{"a syntax error", "{\n  \"Id\": \"é\", \"Statement\": [,]}", `line 2, column 28: invalid character ',' looking for beginning of value`},
		{"half a document", `{"Statement": [`, `line 1, column 15: unexpected end of JSON input`},
		{"invalid UTF-8", "{\"Id\": \"\xff\", \"Statement\": []}", `the text is not valid UTF-8`},
		{"half a surrogate pair", `{"Id": "\ud83d", "Statement": []}`, `Id: must be valid Unicode, without lone surrogates and U+FFFD`},

		{"a document without Statement", `{"Version": "2012-10-17"}`, `the element Statement is missing; it must be a statement or a list of statements`},
		{"an unknown element of the document", `{"Statements": []}`, `unknown element "Statements"; elements are Version, Id, Statement`},
		{"an element of the document in the wrong case", `{"statement": []}`, `unknown element "statement"; it is spelt "Statement"`},
		{"an element of the document that comes twice", `{"Statement": [], "Statement": []}`, `element "Statement" comes twice; keep one`},
		{"an unknown Version", `{"Version": "2012-10-18", "Statement": []}`, `Version: must be "2012-10-17", or "2008-10-17" for old policies, not "2012-10-18"`},
		{"a Version that is no string", `{"Version": 20121017, "Statement": []}`, `Version: must be a string, not a number`},
		{"an Id that is no string", `{"Id": true, "Statement": []}`, `Id: must be a string, not a boolean`},
		{"a Statement that is no statement", `{"Statement": "Allow"}`, `Statement: must be a statement or a list of statements, not a string`},
		{"a statement that is no object", `{"Statement": [{"Effect": "Deny"}, null]}`, `statement 2: must be an object, not null`},

		{"an unknown element", `{"Statement": [{"Effect": "Deny"}, {"Principle": "*", "Sid": "AllowUse"}]}`, `statement 2 ("AllowUse"): unknown element "Principle"; ` + elements},
		{"an unknown element without a name", `{"Statement": {"": 1}}`, `statement 1: unknown element ""; ` + elements},
		{"an element in the wrong case", `{"Statement": {"effect": "Allow"}}`, `statement 1: unknown element "effect"; it is spelt "Effect"`},
		{"an element that comes twice", `{"Statement": {"Effect": "Allow", "Action": "kms:Decrypt", "Action": "kms:Encrypt"}}`, `statement 1: element "Action" comes twice; keep one`},
		{"a Sid that is no string", `{"Statement": {"Sid": ["a"], "Effect": "Allow"}}`, `statement 1: Sid: must be a string, not a list`},
		{"a statement without Effect", `{"Statement": {"Sid": "Use", "Action": "*"}}`, `statement 1 ("Use"): the element Effect is missing; it must be "Allow" or "Deny"`},
		{"an Effect in the wrong case", `{"Statement": {"Effect": "allow"}}`, `statement 1: Effect: must be "Allow" or "Deny", not "allow"`},
		{"an empty Effect", `{"Statement": {"Effect": ""}}`, `statement 1: Effect: must be "Allow" or "Deny", not ""`},
		{"an Effect that is no string", `{"Statement": {"Effect": true}}`, `statement 1: Effect: must be a string, not a boolean`},

		{"a Principal that is a name", `{"Statement": {"Effect": "Allow", "Principal": "111122223333"}}`, `statement 1: Principal: must be "*" or an object like {"AWS": "111122223333"}, not "111122223333"`},
		{"a Principal that is a list", `{"Statement": {"Effect": "Allow", "Principal": ["*"]}}`, `statement 1: Principal: must be "*" or an object like {"AWS": "111122223333"}, not a list`},
		{"an empty Principal", `{"Statement": {"Effect": "Allow", "NotPrincipal": {}}}`, `statement 1: NotPrincipal: is empty; it must have one of AWS, Service, Federated, CanonicalUser`},
		{"an unknown principal type", `{"Statement": {"Effect": "Allow", "Principal": {"Role": "Admin"}}}`, `statement 1: Principal: unknown principal type "Role"; principal types are AWS, Service, Federated, CanonicalUser`},
		{"a principal type in the wrong case", `{"Statement": {"Effect": "Allow", "Principal": {"service": "s3.amazonaws.com"}}}`, `statement 1: Principal: unknown principal type "service"; it is spelt "Service"`},
		{"a principal type that comes twice", `{"Statement": {"Effect": "Allow", "Principal": {"AWS": "*", "AWS": "*"}}}`, `statement 1: Principal: principal type "AWS" comes twice; keep one`},
		{"an account ID that is a number", `{"Statement": {"Effect": "Allow", "Principal": {"AWS": 111122223333}}}`, `statement 1: Principal: AWS: must be a string, not a number`},

		{"an Action that is an object", `{"Statement": {"Effect": "Allow", "Action": {}}}`, `statement 1: Action: must be a string, not an object`},
		{"a list in a list", `{"Statement": {"Effect": "Allow", "NotAction": ["kms:Encrypt", ["kms:Decrypt"]]}}`, `statement 1: NotAction: value 2: must be a string, not a list`},
		{"a Resource that is null", `{"Statement": {"Effect": "Allow", "Resource": null}}`, `statement 1: Resource: must be a string, not null`},
		{"a NotResource with null", `{"Statement": {"Effect": "Allow", "NotResource": [null]}}`, `statement 1: NotResource: value 1: must be a string, not null`},
		{"Principal and NotPrincipal", `{"Statement": {"Effect": "Allow", "Principal": "*", "NotPrincipal": "*"}}`, `statement 1: Principal and NotPrincipal exclude each other; keep one`},
		{"Action and NotAction", `{"Statement": {"Effect": "Allow", "Action": [], "NotAction": []}}`, `statement 1: Action and NotAction exclude each other; keep one`},
		{"Resource and NotResource", `{"Statement": {"Effect": "Allow", "Resource": "*", "NotResource": "*"}}`, `statement 1: Resource and NotResource exclude each other; keep one`},

		{"a Condition that is null", `{"Statement": {"Effect": "Allow", "Condition": null}}`, `statement 1: Condition: must be an object, not null`},
		{"an operator that is a list", `{"Statement": {"Effect": "Allow", "Condition": {"Bool": ["true"]}}}`, `statement 1: Condition: "Bool": must be an object, not a list`},
		{"an operator that comes twice", `{"Statement": {"Effect": "Allow", "Condition": {"Bool": {}, "Bool": {}}}}`, `statement 1: Condition: operator "Bool" comes twice; keep one`},
		{"a condition key that comes twice", `{"Statement": {"Effect": "Allow", "Condition": {"Bool": {"a": "b", "a": "b"}}}}`, `statement 1: Condition: "Bool": condition key "a" comes twice; keep one`},
		{"a condition key that is not Unicode", `{"Statement": {"Effect": "Allow", "Condition": {"Bool": {"\udc00": "b"}}}}`, `statement 1: Condition: "Bool": condition key "` + "\uFFFD" + `": must be valid Unicode, without lone surrogates and U+FFFD`},
		{"a condition value that is null", `{"Statement": {"Effect": "Allow", "Condition": {"Bool": {"a": ["b", null]}}}}`, `statement 1: Condition: "Bool": "a": value 2: must be a string, a number or a boolean, not null`},
		{"a condition value that is an object", `{"Statement": {"Effect": "Allow", "Condition": {"Bool": {"a": {}}}}}`, `statement 1: Condition: "Bool": "a": must be a string, a number or a boolean, not an object`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got, err := kmskit.ParsePolicyDocument(test.text)
			require.ErrorIs(t, err, kmskit.ErrInvalidInput)
			assert.Nil(t, got)
			assert.EqualError(t, err, "kmskit: policy document: "+test.want)
		})
	}
}

func TestParsePolicyDocument_bombs(t *testing.T) {
	t.Parallel()
	const many = 1 << 18
	long := strings.Repeat("x", many)
	tests := map[string]string{
		"deep lists":                   strings.Repeat("[", many),
		"deep lists that are closed":   `{"Statement": ` + strings.Repeat("[", many) + strings.Repeat("]", many) + `}`,
		"lists nested as JSON permits": `{"Statement": ` + strings.Repeat("[", 9000) + strings.Repeat("]", 9000) + `}`,
		"deep objects":                 strings.Repeat(`{"Statement":`, many),
		"a long element name":          `{"Statement": {"` + long + `": "Allow"}}`,
		"a long Sid":                   `{"Statement": {"Sid": "` + long + `"}}`,
		"a long principal":             `{"Statement": {"Effect": "Deny", "Principal": "` + long + `"}}`,
		"a long operator":              `{"Statement": {"Effect": "Deny", "Condition": {"` + long + `": 1}}}`,
		"many keys, one of them twice": `{"Statement": {"Effect": "Deny", "Condition": {"Bool": {` + manyKeys(1<<15) + `"k0": 1}}}}`,
	}
	for name, text := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := kmskit.ParsePolicyDocument(text)
			require.ErrorIs(t, err, kmskit.ErrInvalidInput)
			assert.Less(t, len(err.Error()), 400, "the error must not repeat the bomb")
		})
	}
}

func manyKeys(n int) string {
	var keys strings.Builder
	for i := range n {
		fmt.Fprintf(&keys, `"k%d": 1, `, i)
	}
	return keys.String()
}

func TestPolicyDocument_String(t *testing.T) {
	t.Parallel()

	t.Run("writes everything in one order", func(t *testing.T) {
		t.Parallel()
		doc := &kmskit.PolicyDocument{
			Version: "2012-10-17",
			ID:      "orders",
			Statement: []kmskit.Statement{
				{
					Sid:       "Use",
					Effect:    kmskit.Allow,
					Principal: kmskit.Principal{Service: kmskit.StringList{"s3.amazonaws.com"}, AWS: kmskit.StringList{"111122223333", "444455556666"}},
					Action:    kmskit.StringList{"kms:Decrypt", "kms:Encrypt"},
					Resource:  kmskit.StringList{"*"},
					Condition: kmskit.Condition{
						"StringLike":   {"kms:ViaService": {"s3.*"}, "aws:SourceArn": {"a", "b"}},
						"StringEquals": {"kms:EncryptionContext:tenant": {"<blue>&"}},
					},
				},
				{
					Effect:       kmskit.Deny,
					NotPrincipal: kmskit.Principal{Everyone: true},
					NotAction:    kmskit.StringList{},
					NotResource:  kmskit.StringList{"*"},
					Condition:    kmskit.Condition{},
				},
			},
		}
		assert.Equal(t, `{
  "Version": "2012-10-17",
  "Id": "orders",
  "Statement": [
    {
      "Sid": "Use",
      "Effect": "Allow",
      "Principal": {
        "AWS": [
          "111122223333",
          "444455556666"
        ],
        "Service": "s3.amazonaws.com"
      },
      "Action": [
        "kms:Decrypt",
        "kms:Encrypt"
      ],
      "Resource": "*",
      "Condition": {
        "StringEquals": {
          "kms:EncryptionContext:tenant": "<blue>&"
        },
        "StringLike": {
          "aws:SourceArn": [
            "a",
            "b"
          ],
          "kms:ViaService": "s3.*"
        }
      }
    },
    {
      "Effect": "Deny",
      "NotPrincipal": "*",
      "NotAction": [],
      "NotResource": "*",
      "Condition": {}
    }
  ]
}`, doc.String())
	})

	t.Run("writes what was left nil as a document that parses", func(t *testing.T) {
		t.Parallel()
		assert.Equal(t, "{\n  \"Statement\": []\n}", new(kmskit.PolicyDocument).String())

		doc := &kmskit.PolicyDocument{Statement: []kmskit.Statement{{
			Effect:    kmskit.Deny,
			Condition: kmskit.Condition{"Bool": nil, "Null": {"kms:ViaService": nil}},
		}}}
		parsed, err := kmskit.ParsePolicyDocument(doc.String())
		require.NoError(t, err)
		assert.Equal(t, kmskit.Condition{"Bool": {}, "Null": {"kms:ViaService": {}}}, parsed.Statement[0].Condition)
		assert.True(t, doc.Equal(parsed))
	})

	t.Run("loses no principal that stands beside everyone", func(t *testing.T) {
		t.Parallel()
		doc := &kmskit.PolicyDocument{Statement: []kmskit.Statement{{
			Effect:    kmskit.Allow,
			Principal: kmskit.Principal{Everyone: true, AWS: kmskit.StringList{"111122223333"}, Service: kmskit.StringList{"s3.amazonaws.com"}},
		}}}
		parsed, err := kmskit.ParsePolicyDocument(doc.String())
		require.NoError(t, err)
		assert.Equal(t, kmskit.Principal{
			AWS:     kmskit.StringList{"*", "111122223333"},
			Service: kmskit.StringList{"s3.amazonaws.com"},
		}, parsed.Statement[0].Principal)
		assert.True(t, doc.Equal(parsed))
		assert.Equal(t, kmskit.StringList{"111122223333"}, doc.Statement[0].Principal.AWS, "the document is not modified")
	})

	t.Run("keeps to the characters that KMS takes", func(t *testing.T) {
		t.Parallel()
		doc := &kmskit.PolicyDocument{ID: "ÿ Ā 日本 🔑", Statement: []kmskit.Statement{}}
		text := doc.String()
		assert.Contains(t, text, `"ÿ \u0100 \u65e5\u672c \ud83d\udd11"`)
		parsed, err := kmskit.ParsePolicyDocument(text)
		require.NoError(t, err)
		assert.Equal(t, doc, parsed)
	})

	t.Run("is safe on nil", func(t *testing.T) {
		t.Parallel()
		var doc *kmskit.PolicyDocument
		assert.Equal(t, "<nil>", doc.String())
	})
}

// TestPolicyDocument_roundTrip checks with random documents that printing and
// parsing lose nothing.
func TestPolicyDocument_roundTrip(t *testing.T) {
	t.Parallel()
	g := newPolicyGenerator(t)
	for range 300 {
		doc := g.document()
		text := doc.String()
		parsed, err := kmskit.ParsePolicyDocument(text)
		require.NoError(t, err, text)
		require.Equal(t, doc, parsed, text)
		require.True(t, doc.Equal(parsed), text)
		require.Equal(t, text, parsed.String(), "printing is a fixed point")

		compact, err := json.Marshal(doc) // with its escapes for HTML
		require.NoError(t, err)
		fromCompact, err := kmskit.ParsePolicyDocument(string(compact))
		require.NoError(t, err, text)
		require.Equal(t, doc, fromCompact, text)
	}
}

func TestPolicyDocument_Equal(t *testing.T) {
	t.Parallel()

	statement := func(elements string) string {
		return `{"Version": "2012-10-17", "Statement": {"Effect": "Allow"` + elements + `}}`
	}
	tests := []struct {
		name, a, b string
		want       bool
	}{
		{"the order of statements", `{"Statement": [{"Effect": "Allow"}, {"Effect": "Deny"}]}`, `{"Statement": [{"Effect": "Deny"}, {"Effect": "Allow"}]}`, true},
		{"a repeated statement", `{"Statement": [{"Effect": "Allow"}]}`, `{"Statement": [{"Effect": "Allow"}, {"Effect": "Allow"}]}`, true},
		{"one statement or a list", `{"Statement": {"Effect": "Allow"}}`, `{"Statement": [{"Effect": "Allow"}]}`, true},
		{"a further statement", `{"Statement": [{"Effect": "Allow"}]}`, `{"Statement": [{"Effect": "Allow"}, {"Effect": "Deny"}]}`, false},
		{"no Version or the first", `{"Statement": []}`, `{"Version": "2008-10-17", "Statement": []}`, true},
		{"no Version or the second", `{"Statement": []}`, `{"Version": "2012-10-17", "Statement": []}`, false},
		{"another Id", `{"Id": "a", "Statement": []}`, `{"Id": "A", "Statement": []}`, false},
		{"another Sid", statement(`, "Sid": "a"`), statement(`, "Sid": "A"`), false},
		{"no Sid or an empty one", statement(``), statement(`, "Sid": ""`), true},

		{"one string or a list of one", statement(`, "Action": "kms:Sign"`), statement(`, "Action": ["kms:Sign"]`), true},
		{"the order of values, and repetitions", statement(`, "Resource": ["a", "b"]`), statement(`, "Resource": ["b", "a", "b"]`), true},
		{"upper and lower case in actions", statement(`, "Action": "kms:Sign"`), statement(`, "Action": "KMS:sign"`), true},
		{"upper and lower case in resources", statement(`, "Resource": "arn:a"`), statement(`, "Resource": "arn:A"`), false},
		{"an action or all but it", statement(`, "Action": "kms:Sign"`), statement(`, "NotAction": "kms:Sign"`), false},
		{"a resource or all but it", statement(`, "Resource": "a"`), statement(`, "NotResource": "a"`), false},
		{"no action or an empty list", statement(``), statement(`, "Action": []`), false},
		{"a value that looks like two", statement(`, "Resource": "a\nResource b"`), statement(`, "Resource": ["a", "b"]`), false},

		{"an account ID or its root ARN", statement(`, "Principal": {"AWS": "111122223333"}`), statement(`, "Principal": {"AWS": "arn:aws:iam::111122223333:root"}`), true},
		{"an account ID or its root ARN in China", statement(`, "NotPrincipal": {"AWS": "111122223333"}`), statement(`, "NotPrincipal": {"AWS": "arn:aws-cn:iam::111122223333:root"}`), true},
		{"an account ID or its root ARN in GovCloud", statement(`, "Principal": {"AWS": "111122223333"}`), statement(`, "Principal": {"AWS": "arn:aws-us-gov:iam::111122223333:root"}`), true},
		{"another account", statement(`, "Principal": {"AWS": "111122223333"}`), statement(`, "Principal": {"AWS": "arn:aws:iam::444455556666:root"}`), false},
		{"a user called root", statement(`, "Principal": {"AWS": "111122223333"}`), statement(`, "Principal": {"AWS": "arn:aws:iam::111122223333:user/root"}`), false},
		{"a root ARN of another service", statement(`, "Principal": {"AWS": "111122223333"}`), statement(`, "Principal": {"AWS": "arn:aws:sts::111122223333:root"}`), false},
		{"a root ARN without its service", statement(`, "Principal": {"AWS": "111122223333"}`), statement(`, "Principal": {"AWS": "arn:aws:111122223333:root"}`), false},
		{"an ARN that stops after the account", statement(`, "Principal": {"AWS": "111122223333"}`), statement(`, "Principal": {"AWS": "arn:aws:iam::111122223333"}`), false},
		{"a root ARN of what is no partition", statement(`, "Principal": {"AWS": "111122223333"}`), statement(`, "Principal": {"AWS": "arn:awsome:iam::111122223333:root"}`), false},
		{"a root ARN of what is no account", statement(`, "Principal": {"AWS": "11112222333x"}`), statement(`, "Principal": {"AWS": "arn:aws:iam::11112222333x:root"}`), false},
		{"a root ARN of a short account", statement(`, "Principal": {"AWS": "1111"}`), statement(`, "Principal": {"AWS": "arn:aws:iam::1111:root"}`), false},
		{"a root ARN among resources", statement(`, "Resource": "111122223333"`), statement(`, "Resource": "arn:aws:iam::111122223333:root"`), false},
		{"everyone in two ways", statement(`, "Principal": "*"`), statement(`, "Principal": {"AWS": ["*"]}`), true},
		{"a name of another type", statement(`, "Principal": {"Service": "a", "Federated": "b", "CanonicalUser": "c"}`), statement(`, "Principal": {"Service": "b", "Federated": "a", "CanonicalUser": "c"}`), false},
		{"everyone or every service", statement(`, "Principal": "*"`), statement(`, "Principal": {"Service": "*"}`), false},
		{"a principal or all but it", statement(`, "Principal": "*"`), statement(`, "NotPrincipal": "*"`), false},
		{"no principal or an empty list", statement(``), statement(`, "Principal": {"AWS": []}`), false},

		{"upper and lower case in operators", statement(`, "Condition": {"Bool": {"a": "true"}}`), statement(`, "Condition": {"bool": {"a": "true"}}`), true},
		{"upper and lower case in condition keys", statement(`, "Condition": {"Bool": {"aws:SourceIp": "x"}}`), statement(`, "Condition": {"Bool": {"AWS:SourceIP": "x"}}`), true},
		{"upper and lower case in the name of a context pair", statement(`, "Condition": {"StringEquals": {"kms:EncryptionContext:Stage": "x"}}`), statement(`, "Condition": {"StringEquals": {"kms:EncryptionContext:stage": "x"}}`), true},
		{"upper and lower case in condition values", statement(`, "Condition": {"Bool": {"a": "x"}}`), statement(`, "Condition": {"Bool": {"a": "X"}}`), false},
		{"numbers, booleans and strings", statement(`, "Condition": {"Bool": {"a": [true, 1.0]}}`), statement(`, "Condition": {"Bool": {"a": ["1.0", "true"]}}`), true},
		{"no Condition or an empty one", statement(``), statement(`, "Condition": {"Bool": {}}`), true},
		{"a condition value that looks like two", statement(`, "Condition": {"Null": {"a": "x y"}}`), statement(`, "Condition": {"Null": {"a": ["x", "y"]}}`), false},
		{"a key without values", statement(``), statement(`, "Condition": {"Bool": {"a": []}}`), false},
		{"a value under another operator", statement(`, "Condition": {"Bool": {"a": "x"}}`), statement(`, "Condition": {"Null": {"a": "x"}}`), false},
		{"keys that change places", statement(`, "Condition": {"Bool": {"a": "x", "b": "y"}}`), statement(`, "Condition": {"Bool": {"a": "y", "b": "x"}}`), false},
		{"one key with two values or two keys", statement(`, "Condition": {"Bool": {"a": ["x", "y"]}}`), statement(`, "Condition": {"Bool": {"a": "x", "A": "y"}}`), false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			a, err := kmskit.ParsePolicyDocument(test.a)
			require.NoError(t, err)
			b, err := kmskit.ParsePolicyDocument(test.b)
			require.NoError(t, err)
			assert.Equal(t, test.want, a.Equal(b))
			assert.Equal(t, test.want, b.Equal(a), "symmetric")
			assert.True(t, a.Equal(clonePolicy(a)), "reflexive")
		})
	}

	t.Run("nil equals nil alone", func(t *testing.T) {
		t.Parallel()
		var none *kmskit.PolicyDocument
		assert.True(t, none.Equal(nil))
		assert.False(t, none.Equal(&kmskit.PolicyDocument{}))
		assert.False(t, new(kmskit.PolicyDocument).Equal(nil))
	})

	t.Run("rewriting in another form changes nothing", func(t *testing.T) {
		t.Parallel()
		g := newPolicyGenerator(t)
		for range 200 {
			doc := g.document()
			other := g.rewritten(doc)
			require.True(t, doc.Equal(other), "%s\n%s", doc, other)
			require.True(t, other.Equal(doc), "%s\n%s", doc, other)
		}
	})

	t.Run("a change of any one value makes a difference", func(t *testing.T) {
		t.Parallel()
		g := newPolicyGenerator(t)
		for range 100 {
			doc := g.document()
			for i := range policyChanges(clonePolicy(doc)) {
				other := clonePolicy(doc)
				policyChanges(other)[i]()
				require.False(t, doc.Equal(other), "change %d\n%s\n%s", i, doc, other)
				require.False(t, other.Equal(doc), "change %d\n%s\n%s", i, doc, other)
			}
		}
	})

	t.Run("modifies neither document", func(t *testing.T) {
		t.Parallel()
		g := newPolicyGenerator(t)
		for range 50 {
			doc := g.document()
			before := clonePolicy(doc)
			doc.Equal(g.rewritten(doc))
			require.Equal(t, before, doc)
		}
	})
}

func TestPolicyDocument_UnmarshalJSON(t *testing.T) {
	t.Parallel()

	t.Run("is as strict inside something larger", func(t *testing.T) {
		t.Parallel()
		tests := []struct{ name, text, want string }{
			{"document", `{"document": {"Statement": {"Effect": "Allow", "Principle": "*"}}}`, `kmskit: policy document: statement 1: unknown element "Principle"`},
			{"document that misses what it needs", `{"document": {}}`, `kmskit: policy document: the element Statement is missing`},
			{"document in a value", `{"value": {"statement": []}}`, `kmskit: policy document: unknown element "statement"`},
			{"document in a value that is null", `{"value": null}`, `kmskit: policy document: must be an object, not null`},
			{"statement", `{"statement": {"effect": "Allow"}}`, `kmskit: policy statement: unknown element "effect"; it is spelt "Effect"`},
			{"statement with an element twice", `{"statement": {"Effect": "Allow", "Effect": "Deny"}}`, `kmskit: policy statement: element "Effect" comes twice`},
			{"principal", `{"principal": {"aws": "*"}}`, `kmskit: policy principal: unknown principal type "aws"; it is spelt "AWS"`},
			{"list", `{"list": [1]}`, `kmskit: policy strings: value 1: must be a string, not a number`},
			{"list that is null", `{"list": null}`, `kmskit: policy strings: must be a string, not null`},
			{"condition", `{"condition": {"Bool": {"a": null}}}`, `kmskit: policy condition: "Bool": "a": must be a string, a number or a boolean, not null`},
		}
		for _, test := range tests {
			t.Run(test.name, func(t *testing.T) {
				t.Parallel()
				var holder policyHolder
				err := json.Unmarshal([]byte(test.text), &holder)
				require.ErrorIs(t, err, kmskit.ErrInvalidInput)
				assert.ErrorContains(t, err, test.want)
			})
		}
	})

	t.Run("reads each part by itself", func(t *testing.T) {
		t.Parallel()
		want := policyHolder{
			Document:  &kmskit.PolicyDocument{ID: "a", Statement: []kmskit.Statement{{Effect: kmskit.Deny}}},
			Value:     kmskit.PolicyDocument{Statement: []kmskit.Statement{}},
			Statement: kmskit.Statement{Effect: kmskit.Allow, Principal: kmskit.Principal{Everyone: true}},
			Principal: kmskit.Principal{Service: kmskit.StringList{"s3.amazonaws.com"}},
			List:      kmskit.StringList{"<a>", "b"},
			Condition: kmskit.Condition{"Bool": {"a": {"true"}}},
		}
		text, err := json.Marshal(want)
		require.NoError(t, err)
		var got policyHolder
		require.NoError(t, json.Unmarshal(text, &got))
		assert.Equal(t, want, got)
	})

	t.Run("replaces what was there", func(t *testing.T) {
		t.Parallel()
		doc := kmskit.PolicyDocument{ID: "old", Statement: []kmskit.Statement{{Sid: "old", Effect: kmskit.Deny}}}
		require.NoError(t, json.Unmarshal([]byte(`{"Statement": {"Effect": "Allow"}}`), &doc))
		assert.Equal(t, kmskit.PolicyDocument{Statement: []kmskit.Statement{{Effect: kmskit.Allow}}}, doc)
	})

	t.Run("changes nothing on an error", func(t *testing.T) {
		t.Parallel()
		doc := kmskit.PolicyDocument{ID: "old"}
		require.Error(t, json.Unmarshal([]byte(`{"Id": "new", "Statement": {"Effect": "allow"}}`), &doc))
		assert.Equal(t, kmskit.PolicyDocument{ID: "old"}, doc)
	})

	t.Run("refuses a text that encoding/json did not check", func(t *testing.T) {
		t.Parallel()
		var s kmskit.Statement
		err := s.UnmarshalJSON([]byte(`{"Effect": "Allow"`))
		require.ErrorIs(t, err, kmskit.ErrInvalidInput)
		assert.EqualError(t, err, "kmskit: policy statement: line 1, column 18: unexpected end of JSON input")
	})

	t.Run("shares nothing with its input", func(t *testing.T) {
		t.Parallel()
		text := []byte(defaultPolicyText)
		var doc kmskit.PolicyDocument
		require.NoError(t, doc.UnmarshalJSON(text))
		clear(text)
		want, err := kmskit.ParsePolicyDocument(defaultPolicyText)
		require.NoError(t, err)
		assert.Equal(t, want, &doc)
	})
}

type policyHolder struct {
	Document  *kmskit.PolicyDocument `json:"document,omitzero"`
	Value     kmskit.PolicyDocument  `json:"value"`
	Statement kmskit.Statement       `json:"statement"`
	Principal kmskit.Principal       `json:"principal"`
	List      kmskit.StringList      `json:"list"`
	Condition kmskit.Condition       `json:"condition"`
}

func TestPolicyDocument_MarshalJSON(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		value any
		want  string
	}{
		{"a document, by value", kmskit.PolicyDocument{Version: "2012-10-17"}, `{"Version":"2012-10-17","Statement":[]}`},
		{"a document, by reference", &kmskit.PolicyDocument{ID: "Ā"}, `{"Id":"\u0100","Statement":[]}`},
		{"a document that is nil", (*kmskit.PolicyDocument)(nil), `null`},
		{"a statement", kmskit.Statement{Effect: kmskit.Deny, NotAction: kmskit.StringList{"a"}}, `{"Effect":"Deny","NotAction":"a"}`},
		{"everyone", kmskit.Principal{Everyone: true}, `"*"`},
		{"everyone beside an empty list", kmskit.Principal{Everyone: true, AWS: kmskit.StringList{}}, `{"AWS":"*"}`},
		{"a list of none", kmskit.StringList(nil), `[]`},
		{"a list of one", kmskit.StringList{"a"}, `"a"`},
		{"a list of two", kmskit.StringList{"a", "b"}, `["a","b"]`},
		{"a condition that is nil", kmskit.Condition(nil), `{}`},
		{"a condition, sorted", kmskit.Condition{"b": {"d": {"1"}, "c": {"2"}}, "a": nil}, `{"a":{},"b":{"c":"2","d":"1"}}`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got, err := json.Marshal(test.value)
			require.NoError(t, err)
			assert.Equal(t, test.want, string(got))
		})
	}

	t.Run("does not escape HTML by itself", func(t *testing.T) {
		t.Parallel()
		got, err := kmskit.PolicyDocument{ID: "<&>"}.MarshalJSON()
		require.NoError(t, err)
		assert.Equal(t, `{"Id":"<&>","Statement":[]}`, string(got))
	})
}

func TestPrincipal_IsZero(t *testing.T) {
	t.Parallel()
	assert.True(t, kmskit.Principal{}.IsZero())
	for name, p := range map[string]kmskit.Principal{
		"everyone":       {Everyone: true},
		"AWS":            {AWS: kmskit.StringList{}},
		"service":        {Service: kmskit.StringList{}},
		"federated":      {Federated: kmskit.StringList{}},
		"canonical user": {CanonicalUser: kmskit.StringList{}},
	} {
		assert.False(t, p.IsZero(), name)
	}
}

func FuzzParsePolicyDocument(f *testing.F) {
	for _, text := range []string{
		defaultPolicyText,
		consolePolicyText,
		`{"Statement": {"Effect": "Deny", "NotPrincipal": "*", "NotAction": [], "NotResource": "*", "Condition": {}}}`,
		`{"Statement": [{"Effect": "Allow", "Principal": {"AWS": "*", "Service": [], "Federated": "a", "CanonicalUser": "b"}}]}`,
		`{"Version": "2008-10-17", "Id": "\ud83d\udd11<\u2028ÿ", "Statement": {"Sid": "", "Effect": "Allow", "Condition": {"Bool": {"a": [true, 1e5, "x"]}}}}`,
		`{"Statement": [{"effect": "Allow"}]} trailing`,
		`[[[[`,
		"{\"Id\": \"\xff\"}",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		doc, err := kmskit.ParsePolicyDocument(text)
		if err != nil {
			require.ErrorIs(t, err, kmskit.ErrInvalidInput)
			require.Nil(t, doc)
			return
		}
		require.True(t, json.Valid([]byte(text)), "only JSON parses")

		printed := doc.String()
		again, err := kmskit.ParsePolicyDocument(printed)
		require.NoError(t, err, printed)
		require.Equal(t, doc, again)
		require.True(t, doc.Equal(again))
		require.Equal(t, doc.Check(), again.Check())
		require.Equal(t, printed, again.String())
		require.NotContains(t, strings.Map(beyondLatin1, printed), "!", "only characters that KMS takes")
	})
}

// beyondLatin1 marks what the API of KMS does not take in a policy.
func beyondLatin1(r rune) rune {
	if r == '\t' || r == '\n' || r == '\r' || r >= ' ' && r <= 0xFF {
		return '.'
	}
	return '!'
}

// A policyGenerator makes random documents that have every form a document can
// have, in ASCII where Equal disregards upper and lower case.
type policyGenerator struct{ *rand.Rand }

func newPolicyGenerator(t *testing.T) policyGenerator {
	t.Helper()
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	return policyGenerator{rand.New(rand.NewPCG(seed, 0))}
}

func (g policyGenerator) document() *kmskit.PolicyDocument {
	doc := &kmskit.PolicyDocument{
		Version:   g.pick("", "2008-10-17", "2012-10-17"),
		ID:        g.pick("", g.text()),
		Statement: make([]kmskit.Statement, g.IntN(4)),
	}
	for i := range doc.Statement {
		doc.Statement[i] = g.statement()
	}
	return doc
}

func (g policyGenerator) statement() kmskit.Statement {
	s := kmskit.Statement{
		Sid:    g.pick("", g.text()),
		Effect: kmskit.Effect(g.pick("Allow", "Deny")),
	}
	*oneOf(g, &s.Principal, &s.NotPrincipal) = g.principal()
	*oneOf(g, &s.Action, &s.NotAction) = g.list(g.action)
	*oneOf(g, &s.Resource, &s.NotResource) = g.list(g.text)
	for range g.IntN(4) {
		if s.Condition == nil {
			s.Condition = kmskit.Condition{}
		}
		operator := g.pick("StringEquals", "ForAnyValue:StringLike", "Bool", "Null")
		if s.Condition[operator] == nil {
			s.Condition[operator] = map[string]kmskit.StringList{}
		}
		for range g.IntN(3) {
			key := g.pick("kms:ViaService", "aws:SourceIp", "kms:EncryptionContext:Stage", "kms:EncryptionContext:<a b>")
			s.Condition[operator][key] = append(kmskit.StringList{}, g.list(g.text)...)
		}
	}
	return s
}

func (g policyGenerator) principal() kmskit.Principal {
	if g.IntN(4) == 0 {
		return kmskit.Principal{Everyone: true}
	}
	return kmskit.Principal{
		AWS:           g.list(g.identity),
		Service:       g.list(g.text),
		Federated:     g.list(g.text),
		CanonicalUser: g.list(g.text),
	}
}

// list returns nil, or up to three strings.
func (g policyGenerator) list(element func() string) kmskit.StringList {
	n := g.IntN(5) - 1
	if n < 0 {
		return nil
	}
	list := make(kmskit.StringList, n)
	for i := range list {
		list[i] = element()
	}
	return list
}

func (g policyGenerator) action() string {
	return g.pick("kms:Decrypt", "kms:Describe*", "kms:*", "*", "kms:Generate?ataKey")
}

func (g policyGenerator) identity() string {
	return g.pick("*", "111122223333", "444455556666", "arn:aws-cn:iam::111122223333:root", "arn:aws:iam::111122223333:role/Admin")
}

func (g policyGenerator) text() string {
	alphabet := []rune("aZ09 -:/*?\"\\<>&'\n\t\x00\x7fÿĀ日\u2028🔑")
	text := make([]rune, 1+g.IntN(6))
	for i := range text {
		text[i] = alphabet[g.IntN(len(alphabet))]
	}
	return string(text)
}

func (g policyGenerator) pick(s ...string) string { return s[g.IntN(len(s))] }

func oneOf[T any](g policyGenerator, p ...*T) *T { return p[g.IntN(len(p))] }

// rewritten returns a document of another form that says the same.
func (g policyGenerator) rewritten(doc *kmskit.PolicyDocument) *kmskit.PolicyDocument {
	doc = clonePolicy(doc)
	if doc.Version == "" {
		doc.Version = g.pick("", "2008-10-17")
	}
	for i := range doc.Statement {
		s := &doc.Statement[i]
		s.Principal, s.NotPrincipal = g.rewrittenPrincipal(s.Principal), g.rewrittenPrincipal(s.NotPrincipal)
		s.Action, s.NotAction = g.rewrittenList(s.Action, g.anyCase), g.rewrittenList(s.NotAction, g.anyCase)
		s.Resource, s.NotResource = g.rewrittenList(s.Resource, unchanged), g.rewrittenList(s.NotResource, unchanged)
		condition := kmskit.Condition{}
		for operator, keys := range s.Condition {
			operator = g.anyCase(operator)
			condition[operator] = map[string]kmskit.StringList{}
			for key, values := range keys {
				condition[operator][g.anyCase(key)] = g.rewrittenList(values, unchanged)
			}
		}
		s.Condition = condition
	}
	if n := len(doc.Statement); n > 0 {
		doc.Statement = append(doc.Statement, doc.Statement[g.IntN(n)])
	}
	g.Shuffle(len(doc.Statement), func(i, j int) {
		doc.Statement[i], doc.Statement[j] = doc.Statement[j], doc.Statement[i]
	})
	return doc
}

func (g policyGenerator) rewrittenPrincipal(p kmskit.Principal) kmskit.Principal {
	if p.Everyone && g.IntN(2) == 0 {
		return kmskit.Principal{AWS: kmskit.StringList{"*"}}
	}
	return kmskit.Principal{
		Everyone: p.Everyone,
		AWS: g.rewrittenList(p.AWS, func(s string) string {
			if s == "111122223333" {
				return g.pick(s, "arn:aws:iam::111122223333:root", "arn:aws-us-gov:iam::111122223333:root", "arn:aws-cn:iam::111122223333:root")
			}
			return s
		}),
		Service:       g.rewrittenList(p.Service, unchanged),
		Federated:     g.rewrittenList(p.Federated, unchanged),
		CanonicalUser: g.rewrittenList(p.CanonicalUser, unchanged),
	}
}

// rewrittenList repeats a value, rewrites each and puts them in another order.
func (g policyGenerator) rewrittenList(list kmskit.StringList, rewrite func(string) string) kmskit.StringList {
	if len(list) == 0 {
		return list
	}
	out := append(kmskit.StringList{list[g.IntN(len(list))]}, list...)
	for i := range out {
		out[i] = rewrite(out[i])
	}
	g.Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
	return out
}

func (g policyGenerator) anyCase(s string) string {
	return g.pick(s, strings.ToUpper(s), strings.ToLower(s))
}

func unchanged(s string) string { return s }

// clonePolicy copies a document without the code under test.
func clonePolicy(doc *kmskit.PolicyDocument) *kmskit.PolicyDocument {
	out := *doc
	out.Statement = slices.Clone(doc.Statement)
	for i := range out.Statement {
		s := &out.Statement[i]
		for _, list := range statementLists(s) {
			*list = slices.Clone(*list)
		}
		s.Condition = maps.Clone(s.Condition)
		for operator, keys := range s.Condition {
			keys = maps.Clone(keys)
			for key, values := range keys {
				keys[key] = slices.Clone(values)
			}
			s.Condition[operator] = keys
		}
	}
	return &out
}

func statementLists(s *kmskit.Statement) []*kmskit.StringList {
	return []*kmskit.StringList{
		&s.Action, &s.NotAction, &s.Resource, &s.NotResource,
		&s.Principal.AWS, &s.Principal.Service, &s.Principal.Federated, &s.Principal.CanonicalUser,
		&s.NotPrincipal.AWS, &s.NotPrincipal.Service, &s.NotPrincipal.Federated, &s.NotPrincipal.CanonicalUser,
	}
}

// policyChanges returns one function for each value in a document, which
// changes that value and so what the document says.
func policyChanges(doc *kmskit.PolicyDocument) []func() {
	const suffix = " changed" // in no generated text
	changes := []func(){
		func() { doc.ID += suffix },
		func() {
			if doc.Version == "2012-10-17" {
				doc.Version = ""
			} else {
				doc.Version = "2012-10-17"
			}
		},
		func() { doc.Statement = append(doc.Statement, kmskit.Statement{Sid: suffix}) },
	}
	for i := range doc.Statement {
		s := &doc.Statement[i]
		changes = append(changes,
			func() { s.Sid += suffix },
			func() { s.Effect += suffix },
			func() { s.Principal, s.NotPrincipal = changedPrincipals(s, suffix) },
			func() { s.Action = append(s.Action, suffix) },
			func() { s.Condition = withCondition(s.Condition, "Null", suffix, kmskit.StringList{"true"}) },
		)
		for _, list := range statementLists(s) {
			for j := range *list {
				changes = append(changes, func() { (*list)[j] += suffix })
			}
		}
		for operator, key := range conditionKeys(s.Condition) {
			values := s.Condition[operator][key]
			changes = append(changes,
				func() {
					delete(s.Condition[operator], key)
					s.Condition = withCondition(s.Condition, operator+suffix, key, values)
				},
				func() {
					delete(s.Condition[operator], key)
					s.Condition = withCondition(s.Condition, operator, key+suffix, values)
				},
				func() { s.Condition[operator][key] = append(values, suffix) },
			)
			for j := range values {
				changes = append(changes, func() { values[j] += suffix })
			}
		}
	}
	return changes
}

// changedPrincipals puts the principals on the other side of the Not, or names
// one where there is none.
func changedPrincipals(s *kmskit.Statement, name string) (principal, notPrincipal kmskit.Principal) {
	if s.Principal.IsZero() && s.NotPrincipal.IsZero() {
		return kmskit.Principal{AWS: kmskit.StringList{name}}, s.NotPrincipal
	}
	return s.NotPrincipal, s.Principal
}

func withCondition(c kmskit.Condition, operator, key string, values kmskit.StringList) kmskit.Condition {
	if c == nil {
		c = kmskit.Condition{}
	}
	if c[operator] == nil {
		c[operator] = map[string]kmskit.StringList{}
	}
	c[operator][key] = values
	return c
}

// conditionKeys ranges over the keys of a condition in an order that two equal
// conditions share.
func conditionKeys(c kmskit.Condition) func(yield func(operator, key string) bool) {
	return func(yield func(operator, key string) bool) {
		for _, operator := range slices.Sorted(maps.Keys(c)) {
			for _, key := range slices.Sorted(maps.Keys(c[operator])) {
				if !yield(operator, key) {
					return
				}
			}
		}
	}
}
