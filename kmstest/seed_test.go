package kmstest_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/iotest"
	"unicode/utf16"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/kmskit/kmskit/kmstest"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const (
	seededID       = "1234abcd-12ab-34cd-56ef-1234567890ab"
	seededMaterial = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
)

func seeded(t testing.TB, srv *kmstest.Server, document string) *kmstest.Server {
	t.Helper()
	require.NoError(t, srv.Seed(strings.NewReader(document)))
	return srv
}

func metadataOf(t testing.TB, c caller, id string) *types.KeyMetadata {
	t.Helper()
	return metadata(t, c, &types.KeyMetadata{KeyId: &id})
}

func privatePEM(t testing.TB, private any) string {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(private)
	require.NoError(t, err)
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
}

func TestSeed(t *testing.T) {
	t.Parallel()
	t.Run("reads the values of a policy as texts, also without quotes", func(t *testing.T) {
		t.Parallel()
		srv := seeded(t, kmstest.New(), `
Keys:
  - KeyId: `+seededID+`
    Policy: &policy
      Version: 2012-10-17
      Statement:
        - {Effect: Allow, Principal: {AWS: 111122223333}, Action: kms:*, Resource: '*'}
        - {Effect: Deny, Principal: {AWS: 012345678901}, Action: kms:*, Resource: '*', Condition: {Bool: {aws:SecureTransport: false}}}
  - KeyId: aaaaaaaa-12ab-34cd-56ef-1234567890ab
    Policy: *policy
`)
		for _, id := range []string{seededID, "aaaaaaaa-12ab-34cd-56ef-1234567890ab"} {
			policy, err := srv.API().GetKeyPolicy(t.Context(), &kms.GetKeyPolicyInput{KeyId: &id})
			require.NoError(t, err)
			assert.JSONEq(t, `{"Version":"2012-10-17","Statement":[
				{"Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"kms:*","Resource":"*"},
				{"Effect":"Deny","Principal":{"AWS":"012345678901"},"Action":"kms:*","Resource":"*","Condition":{"Bool":{"aws:SecureTransport":"false"}}}
			]}`, *policy.Policy)
		}
	})

	t.Run("makes keys as they are described", func(t *testing.T) {
		t.Parallel()
		srv := seeded(t, kmstest.New(kmstest.WithClock(still)), `
Keys:
  - KeyId: `+seededID+`
    Description: orders
    Aliases: [alias/orders, alias/a]
    Tags:
      - {TagKey: team, TagValue: payments}
      - {TagKey: cost, TagValue: 12}
    Policy:
      Version: "2012-10-17"
      Statement: {Effect: Allow, Principal: {AWS: "arn:aws:iam::111122223333:root"}, Action: "kms:*", Resource: "*"}
    Material: `+seededMaterial+`
  - KeyId: aaaaaaaa-12ab-34cd-56ef-1234567890ab
    Region: eu-west-1
    KeySpec: ECC_NIST_P256
    KeyUsage: SIGN_VERIFY
    Enabled: false
`)
		c := srv.Client()
		k := metadataOf(t, c, "alias/orders")
		assert.Equal(t, arnOf("key/"+seededID), *k.Arn)
		assert.Equal(t, "orders", *k.Description)
		assert.Equal(t, still(), k.CreationDate.UTC())
		assert.Equal(t, k, metadataOf(t, c, "alias/a"))
		tags, err := c.ListResourceTags(t.Context(), &kms.ListResourceTagsInput{KeyId: k.KeyId})
		require.NoError(t, err)
		assert.Equal(t, []types.Tag{{TagKey: str("cost"), TagValue: str("12")}, {TagKey: str("team"), TagValue: str("payments")}}, tags.Tags)
		policy, err := c.GetKeyPolicy(t.Context(), &kms.GetKeyPolicyInput{KeyId: k.KeyId})
		require.NoError(t, err)
		assert.JSONEq(t, `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:root"},"Action":"kms:*","Resource":"*"}}`, *policy.Policy)

		k = metadataOf(t, srv.Client(inRegion("eu-west-1")), "aaaaaaaa-12ab-34cd-56ef-1234567890ab")
		assert.Equal(t, types.KeyStateDisabled, k.KeyState)
		assert.Equal(t, types.KeySpecEccNistP256, k.KeySpec)
	})

	t.Run("reads JSON", func(t *testing.T) {
		t.Parallel()
		document, err := json.MarshalIndent(map[string]any{"Keys": []any{map[string]any{
			"KeyId": seededID, "Description": "<a> \"b\" \u00fc\t/", "Policy": policyFor("arn:aws:iam::" + account + ":root"),
			"Tags": []any{map[string]any{"TagKey": "a", "TagValue": ""}}, "Enabled": true,
		}}}, "", "\t")
		require.NoError(t, err)
		c := seeded(t, kmstest.New(), string(document)).API()
		assert.Equal(t, "<a> \"b\" \u00fc\t/", *metadataOf(t, c, seededID).Description)
		policy, err := c.GetKeyPolicy(t.Context(), &kms.GetKeyPolicyInput{KeyId: str(seededID)})
		require.NoError(t, err)
		assert.JSONEq(t, policyFor("arn:aws:iam::"+account+":root"), *policy.Policy)
	})

	t.Run("makes a ciphertext good for every Server with the same material", func(t *testing.T) {
		t.Parallel()
		raw := bytes.Repeat([]byte{7}, 32)
		inBase64 := "Keys: [{KeyId: " + seededID + ", Material: " + base64.StdEncoding.EncodeToString(raw) + "}]"
		inHex := "Keys: [{KeyId: " + seededID + ", Material: " + strings.Repeat("07", 32) + "}]"
		a, b := seeded(t, kmstest.New(), inBase64), seeded(t, kmstest.New(), inHex)
		ciphertext := encrypt(t, a.API(), metadataOf(t, a.API(), seededID), "attack at dawn", nil)
		out, err := b.API().Decrypt(t.Context(), &kms.DecryptInput{CiphertextBlob: ciphertext})
		require.NoError(t, err)
		assert.Equal(t, "attack at dawn", string(out.Plaintext))

		other := seeded(t, kmstest.New(), "Keys: [{KeyId: "+seededID+"}]")
		_, err = other.API().Decrypt(t.Context(), &kms.DecryptInput{CiphertextBlob: ciphertext})
		refusedWith(t, err, "InvalidCiphertextException")
	})

	t.Run("takes material of HMAC keys and key pairs", func(t *testing.T) {
		t.Parallel()
		ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		require.NoError(t, err)
		rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
		require.NoError(t, err)
		document, err := json.Marshal(map[string]any{"Keys": []any{
			map[string]any{"KeyId": "11111111-12ab-34cd-56ef-1234567890ab", "KeySpec": "ECC_NIST_P256", "KeyUsage": "SIGN_VERIFY", "Material": privatePEM(t, ec)},
			map[string]any{"KeyId": "22222222-12ab-34cd-56ef-1234567890ab", "KeySpec": "RSA_2048", "KeyUsage": "ENCRYPT_DECRYPT", "Material": privatePEM(t, rsaKey)},
			map[string]any{"KeyId": "33333333-12ab-34cd-56ef-1234567890ab", "KeySpec": "HMAC_384", "KeyUsage": "GENERATE_VERIFY_MAC", "Material": strings.Repeat("ab", 48)},
		}})
		require.NoError(t, err)
		c := seeded(t, kmstest.New(), string(document)).API()
		for id, want := range map[string]any{"11111111-12ab-34cd-56ef-1234567890ab": ec.Public(), "22222222-12ab-34cd-56ef-1234567890ab": rsaKey.Public()} {
			out, err := c.GetPublicKey(t.Context(), &kms.GetPublicKeyInput{KeyId: &id})
			require.NoError(t, err)
			public, err := x509.ParsePKIXPublicKey(out.PublicKey)
			require.NoError(t, err)
			assert.Equal(t, want, public)
		}
		_, err = c.GenerateMac(t.Context(), &kms.GenerateMacInput{
			KeyId: str("33333333-12ab-34cd-56ef-1234567890ab"), Message: []byte("x"), MacAlgorithm: types.MacAlgorithmSpecHmacSha384,
		})
		assert.NoError(t, err)
	})

	t.Run("says which member has material of another kind", func(t *testing.T) {
		t.Parallel()
		ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		require.NoError(t, err)
		document, err := json.Marshal(map[string]any{"Keys": []any{map[string]any{
			"KeyId": seededID, "KeySpec": "ECC_NIST_P384", "KeyUsage": "SIGN_VERIFY", "Material": privatePEM(t, ec),
		}}})
		require.NoError(t, err)
		assert.EqualError(t, kmstest.New().Seed(bytes.NewReader(document)), "kmstest: seed: line 1: key \""+seededID+"\": "+
			"member Material: material: not the key material of ECC_NIST_P384: a key on P-384 is wanted, not on P-256")
	})

	t.Run("makes replicas of a multi-Region key", func(t *testing.T) {
		t.Parallel()
		const id = "mrk-1234abcd12ab34cd56ef1234567890ab"
		srv := seeded(t, kmstest.New(), `
Keys:
  - {KeyId: `+id+`, Aliases: [alias/here]}
  - {KeyId: `+id+`, Region: eu-west-1, Description: over there, Aliases: [alias/there]}
`)
		there := srv.Client(inRegion("eu-west-1"))
		ciphertext := encrypt(t, srv.API(), metadataOf(t, srv.API(), "alias/here"), "x", nil)
		_, err := there.Decrypt(t.Context(), &kms.DecryptInput{CiphertextBlob: ciphertext})
		assert.NoError(t, err)
		k := metadataOf(t, there, "alias/there")
		assert.Equal(t, "over there", *k.Description)
		assert.Equal(t, types.MultiRegionKeyTypeReplica, k.MultiRegionConfiguration.MultiRegionKeyType)
		assert.Equal(t, "us-east-1", *k.MultiRegionConfiguration.PrimaryKey.Region)

		seeded(t, srv, "Keys: [{KeyId: "+id+", Region: ca-central-1}]")
		assert.Len(t, metadataOf(t, srv.API(), "alias/here").MultiRegionConfiguration.ReplicaKeys, 2)
		assert.ErrorContains(t, srv.Seed(strings.NewReader("Keys: [{KeyId: "+id+", Region: cn-north-1}]")), "another partition")
	})

	t.Run("leaves a key be that is there", func(t *testing.T) {
		t.Parallel()
		name := stateFile(t)
		document := "Keys: [{KeyId: " + seededID + ", Description: new, Aliases: [alias/a], Material: " + seededMaterial + "}]"
		srv := seeded(t, openState(t, name), document)
		c := srv.API()
		_, err := c.UpdateKeyDescription(t.Context(), &kms.UpdateKeyDescriptionInput{KeyId: str(seededID), Description: str("changed")})
		require.NoError(t, err)
		_, err = c.DeleteAlias(t.Context(), &kms.DeleteAliasInput{AliasName: str("alias/a")})
		require.NoError(t, err)
		rotate(t, c, metadataOf(t, c, seededID))
		before := kmstest.Dump(srv, true, true)
		srv = reopen(t, srv, name)
		seeded(t, srv, document)
		assert.Equal(t, before, kmstest.Dump(srv, true, true))
	})

	t.Run("survives a crash", func(t *testing.T) {
		t.Parallel()
		name := stateFile(t)
		srv := seeded(t, openState(t, name), "Keys: [{KeyId: "+seededID+", Aliases: [alias/a]}]")
		assert.Equal(t, kmstest.Dump(srv, true, true), kmstest.Dump(crash(t, name), true, true))
	})

	t.Run("makes principals, who act by their access keys", func(t *testing.T) {
		t.Parallel()
		document := `
Keys: [{KeyId: ` + seededID + `}]
Principals:
  - Arn: ` + role(account, "reader") + `
    AccessKeyId: reader
    Policies:
      - Version: 2012-10-17
        Statement: {Effect: Allow, Action: kms:DescribeKey, Resource: '*', Condition: {StringEquals: {aws:PrincipalTag/team: "1"}}}
      - '{"Statement": {"Effect": "Deny", "Action": "kms:Encrypt", "Resource": "*"}}'
    Tags: [{TagKey: team, TagValue: 1}]
  - Arn: arn:aws:iam::` + other + `:user/guest
    AccessKeyId: guest
    SecretAccessKey: secret
    SessionToken: token
`
		srv := kmstest.New()
		for range 2 { // the second time they are there
			seeded(t, srv, document)
			with := func(accessKey string) *kms.Client {
				return srv.Client(once, withKeys(aws.Credentials{AccessKeyID: accessKey, SecretAccessKey: "any"}))
			}
			assert.Equal(t, seededID, *metadataOf(t, with("reader"), seededID).KeyId)
			_, err := with("reader").Encrypt(t.Context(), &kms.EncryptInput{KeyId: str(seededID), Plaintext: []byte("x")})
			refused(t, err, "AccessDeniedException", "User: "+role(account, "reader")+" is not authorized to perform: kms:Encrypt on resource: "+
				arnOf("key/"+seededID)+" with an explicit deny in an identity-based policy")
			_, err = with("guest").ListKeys(t.Context(), &kms.ListKeysInput{})
			refusedWith(t, err, "AccessDeniedException")
			assert.Contains(t, err.Error(), "arn:aws:iam::"+other+":user/guest")
			_, err = with("somebody").ListKeys(t.Context(), &kms.ListKeysInput{})
			require.NoError(t, err, "any other access key is that of the default principal")
		}
	})

	t.Run("gives principals the secrets by which they sign", func(t *testing.T) {
		t.Parallel()
		srv := seeded(t, kmstest.New(kmstest.WithSignatureVerification()),
			"Principals: [{Arn: "+role(account, "reader")+", AccessKeyId: reader, SecretAccessKey: secret, SessionToken: token}]")
		for secret, want := range map[string]string{"secret": "AccessDeniedException", "another": "InvalidSignatureException"} {
			_, err := srv.Client(once, withKeys(aws.Credentials{AccessKeyID: "reader", SecretAccessKey: secret, SessionToken: "token"})).
				ListKeys(t.Context(), &kms.ListKeysInput{})
			refusedWith(t, err, want)
		}
	})

	t.Run("refuses a principal that is wrong, and makes nothing", func(t *testing.T) {
		t.Parallel()
		principal := func(members string) string {
			return "Keys: [{KeyId: " + seededID + "}]\nPrincipals:\n- {Arn: '" + role(account, "x") + "'" + members + "}"
		}
		for document, want := range map[string]string{
			"Principals: {}":                  "line 1: member Principals must be a list",
			"Principals: [x]":                 "line 1: an object is wanted, with Arn, AccessKeyId",
			"Principals: [{AccessKeyId: x}]":  `line 1: principal "": "" is neither the ARN of a principal`,
			principal(", Name: x"):            `line 3: there is no member "Name"; there are Arn, AccessKeyId`,
			principal(""):                     `line 3: principal "` + role(account, "x") + `": the access key "" is not 1 to 128 letters`,
			principal(", AccessKeyId: a/b"):   `the access key "a/b" is not 1 to 128 letters`,
			principal(", AccessKeyId: taken"): `the access key "taken" is that of ` + role(account, "holder") + " already",
			principal(", AccessKeyId: x}\n- {Arn: '" + role(account, "y") + "', AccessKeyId: x"):                                    `line 4: principal "` + role(account, "y") + `": the access key "x" is that of ` + role(account, "x") + " already",
			principal(", AccessKeyId: x, Policies: {Version: 2012-10-17}"):                                                          "line 3: member Policies must be a list",
			principal(", AccessKeyId: x, Policies: [{Statement: {Effect: allow}}]"):                                                 "Effect",
			principal(", AccessKeyId: x, Policies: [{Statement: {Effect: Allow, Principal: '*', Action: 'kms:*', Resource: '*'}}]"): "statement 1 of an identity policy has a Principal or a NotPrincipal element",
			principal(", AccessKeyId: x, Tags: [{TagKey: a}]"):                                                                      "tagValue",
			principal(", AccessKeyId: x}\n- {Arn: s3.amazonaws.com, AccessKeyId: s3, Tags: [{TagKey: a, TagValue: b}]"):             "the service s3.amazonaws.com has no policies and no tags",
		} {
			srv := kmstest.New()
			srv.Principal(role(account, "holder"), kmstest.WithCredentials(aws.Credentials{AccessKeyID: "taken"}))
			before := kmstest.Dump(srv, true, true)
			assert.ErrorContains(t, srv.Seed(strings.NewReader(document)), want, document)
			assert.Equal(t, before, kmstest.Dump(srv, true, true), document)
			_, err := srv.Client(withKeys(aws.Credentials{AccessKeyID: "x", SecretAccessKey: "any"})).ListKeys(t.Context(), &kms.ListKeysInput{})
			require.NoError(t, err, "nobody has got the access key")
		}
	})

	t.Run("refuses what is wrong by name, and makes nothing", func(t *testing.T) {
		t.Parallel()
		key := func(members string) string { return "Keys:\n- {KeyId: " + seededID + members + "}" }
		for document, want := range map[string]string{
			"":                              "the document is empty",
			"# nothing":                     "the document is empty",
			"Keys: {":                       "yaml: line 1",
			"[]":                            "line 1: an object is wanted, with Keys, Principals",
			"keys: []":                      `line 1: there is no member "keys"; there are Keys, Principals`,
			"Keys: [1]":                     "line 1: an object is wanted, with KeyId",
			"Keys: {}":                      "kmstest: seed: line 1: member Keys must be a list",
			key(", Tags: {team: a}"):        "line 2: member Tags must be a list",
			key(", Aliases: alias/a"):       "line 2: member Aliases must be a list",
			"a: 1\n---\nb":                  `line 1: there is no member "a"`,
			"Keys: []\n---\nKeys: []":       "there is something behind the document",
			key(", Colour: red"):            `line 2: there is no member "Colour"; there are KeyId, Region`,
			key(", KeyId: x"):               "line 2: member KeyId is in line 2 too",
			key(", Policy: {a: 1, a: 2}"):   `line 2: mapping key "a" already defined at line 2`,
			"Keys: []\nKeys: []":            "line 2: member Keys is in line 1 too",
			"{\"Keys\": [],\n\"Keys\": []}": "line 2: member Keys is in line 1 too",
			"Keys:\n- ":                     "line 2: an item of member Keys is empty",
			key(", Tags: [~]"):              "line 2: an item of member Tags is empty",
			key(", Aliases: [~]"):           "line 2: an item of member Aliases is empty",
			key(", Aliases: [{a: b}]"):      "line 2: the items of member Aliases must be texts",
			key(", Description: [a]"):       "line 2: member Description must be a text",
			key(", Tags: [{TagKey: {}}]"):   "line 2: member TagKey must be a text",
			key(", Description: \xff"):      "line 2: byte 0xff is not UTF-8",
			key(", Description: \x00"):      "line 2: there is a control character, U+0000",
			key(", Tags: [{Key: a}]"):       `there is no member "Key"; there are TagKey, TagValue`,
			key(", Tags: [{TagKey: a}]"):    "tagValue",

			key(", Tags: [{TagKey: aws:a, TagValue: b}]"):                     "reserved",
			key(", Enabled: perhaps"):                                         "line 2: member Enabled must be true or false",
			key(", MultiRegion: 1"):                                           "line 2: member MultiRegion must be true or false",
			key(", Region: earth"):                                            `line 2: key "` + seededID + `": "earth" is not the name of a Region`,
			key(", KeySpec: ROT13"):                                           "failed to satisfy constraint",
			key(", KeySpec: RSA_2048"):                                        "You must specify a KeyUsage value",
			key(", KeySpec: SM2, KeyUsage: SIGN_VERIFY"):                      "KeySpec SM2 is not supported",
			key(", MultiRegion: true"):                                        "member KeyId begins with mrk-",
			key(", Aliases: [orders]"):                                        "Alias must start with the prefix",
			key(", Aliases: [alias/aws/x]"):                                   `alias "alias/aws/x"`,
			key(", Aliases: [alias/a, alias/a]"):                              "alias/a is there already",
			key(", Aliases: [alias/taken]"):                                   "line 2: key " + seededID + " in us-east-1: alias/taken is there already, as the alias of another key",
			key(", Policy: {}"):                                               "MalformedPolicyDocumentException",
			key(", Policy: hello"):                                            "MalformedPolicyDocumentException: Could not parse the policy: line 1, column 1: invalid character 'h'",
			key(", Material: abcd"):                                           "member Material must be 32 bytes in hexadecimal or base64",
			key(", Material: '" + strings.Repeat("0", 62) + "'"):              "member Material must be 32 bytes",
			key(", Material: secret"):                                         "member Material must be 32 bytes",
			key(", KeySpec: RSA_2048, KeyUsage: SIGN_VERIFY, Material: abcd"): "member Material must be one PEM block",
			"Keys:\n- {KeyId: 1234}":                                          "member KeyId must be a UUID",
			"Keys:\n- {KeyId: " + strings.ToUpper(seededID) + "}":             "in lower case",
			"Keys:\n- {Description: x}":                                       "line 2: key \"\": member KeyId is required",
			"Keys:\n- {KeyId: " + seededID + "}\n- {KeyId: " + seededID + "}": "line 3: key " + seededID + " in us-east-1: it is in line 2 too",

			"Keys:\n- {KeyId: mrk-1234abcd12ab34cd56ef1234567890ab, MultiRegion: false}":                                                                                                   "member KeyId begins with mrk-",
			"Keys:\n- {KeyId: mrk-1234abcd12ab34cd56ef1234567890ab}\n- {KeyId: mrk-1234abcd12ab34cd56ef1234567890ab, Region: eu-west-1, KeySpec: HMAC_256, KeyUsage: GENERATE_VERIFY_MAC}": "line 3: key mrk-1234abcd12ab34cd56ef1234567890ab in eu-west-1: its primary key is another one in us-east-1",
		} {
			srv := seeded(t, kmstest.New(), "Keys: [{KeyId: ffffffff-12ab-34cd-56ef-1234567890ab, Aliases: [alias/taken]}]")
			before := kmstest.Dump(srv, true, true)
			err := srv.Seed(strings.NewReader(document))
			if assert.ErrorContains(t, err, want, document) {
				assert.ErrorContains(t, err, "kmstest: seed: ")
			}
			// Nor is anything else in the same document made.
			if strings.HasPrefix(document, "Keys:\n") {
				assert.Error(t, srv.Seed(strings.NewReader(document+"\n- {KeyId: 00000000-12ab-34cd-56ef-1234567890ab}")))
			}
			assert.Equal(t, before, kmstest.Dump(srv, true, true), document)
		}
	})

	t.Run("refuses a key that is there and is another one", func(t *testing.T) {
		t.Parallel()
		srv := seeded(t, kmstest.New(), "Keys: [{KeyId: "+seededID+"}]")
		for members, want := range map[string]string{
			"KeySpec: HMAC_256, KeyUsage: GENERATE_VERIFY_MAC": "it is there already, with key spec SYMMETRIC_DEFAULT and key usage ENCRYPT_DECRYPT",
			"Material: " + seededMaterial:                      "it is there already, with other material",
		} {
			err := srv.Seed(strings.NewReader("Keys:\n- {KeyId: " + seededID + ", " + members + "}"))
			assert.EqualError(t, err, "kmstest: seed: line 2: key "+seededID+" in us-east-1: "+want)
		}
		imported := newKey(t, srv.API(), external, multiRegion)
		err := srv.Seed(strings.NewReader("Keys: [{KeyId: " + *imported.KeyId + "}, {KeyId: " + *imported.KeyId + ", Region: eu-west-1}]"))
		assert.ErrorContains(t, err, "in us-east-1: it is there already, with origin EXTERNAL")
		assert.ErrorContains(t, err, "in eu-west-1: its primary key is another one in us-east-1: it is there already, with origin EXTERNAL")
	})

	t.Run("names every entry that is wrong", func(t *testing.T) {
		t.Parallel()
		err := kmstest.New().Seed(strings.NewReader("Keys:\n- {KeyId: x}\n- {KeyId: " + seededID + "}\n- {KeyId: y}"))
		assert.ErrorContains(t, err, `line 2: key "x"`)
		assert.ErrorContains(t, err, `line 4: key "y"`)
	})

	t.Run("names no more of them than somebody reads", func(t *testing.T) {
		t.Parallel()
		err := kmstest.New().Seed(strings.NewReader("Keys: [&a {KeyId: x}" + strings.Repeat(", *a", 1000) + "]"))
		require.Error(t, err)
		assert.Equal(t, 20, strings.Count(err.Error(), `key "x"`))
		assert.ErrorContains(t, err, "\nthere may be more")
	})

	t.Run("does not read for ever", func(t *testing.T) {
		t.Parallel()
		assert.ErrorContains(t, kmstest.New().Seed(endless{}), "the document has more than 67108864 bytes")
	})

	t.Run("reads UTF-16", func(t *testing.T) {
		t.Parallel()
		text := []byte{0xff, 0xfe}
		for _, u := range utf16.Encode([]rune("Keys: [{KeyId: " + seededID + "}]")) {
			text = binary.LittleEndian.AppendUint16(text, u)
		}
		metadataOf(t, seeded(t, kmstest.New(), string(text)).API(), seededID)
	})

	t.Run("prints no material", func(t *testing.T) {
		t.Parallel()
		err := kmstest.New().Seed(strings.NewReader("Keys:\n- {KeyId: " + seededID + ", KeySpec: HMAC_512, KeyUsage: GENERATE_VERIFY_MAC, Material: " + seededMaterial + "}"))
		require.Error(t, err)
		assert.NotContains(t, err.Error(), seededMaterial[:16])
	})

	t.Run("says why it could not read", func(t *testing.T) {
		t.Parallel()
		broken := errors.New("no such luck")
		assert.ErrorContains(t, kmstest.New().Seed(iotest.ErrReader(broken)), broken.Error())
	})

	t.Run("looks for the principals of a policy while they are made", func(t *testing.T) {
		t.Parallel()
		srv := kmstest.New(kmstest.WithKnownPrincipals())
		var done atomic.Bool
		var wg sync.WaitGroup
		wg.Go(func() {
			for i := 0; !done.Load(); i++ {
				srv.Principal(role(account, "reader"), kmstest.WithUniqueID(fmt.Sprintf("AROA%017d", i)))
			}
		})
		for range 20 {
			err := srv.Seed(strings.NewReader(`Keys: [{KeyId: ` + seededID + `, Policy: {Version: "2012-10-17", Statement: [` +
				`{Effect: Allow, Principal: {AWS: AROANOBODYHASTHISID00}, Action: "kms:*", Resource: "*"}]}}]`))
			assert.ErrorContains(t, err, "invalid principals")
		}
		done.Store(true)
		wg.Wait()
	})

	t.Run("draws no names", func(t *testing.T) {
		t.Parallel()
		srv := seeded(t, kmstest.New(kmstest.WithSeed(3)), "Keys: [{KeyId: "+seededID+"}]")
		assert.Equal(t, *newKey(t, kmstest.New(kmstest.WithSeed(3)).API()).KeyId, *newKey(t, srv.API()).KeyId)
		out, err := srv.API().ListKeys(t.Context(), &kms.ListKeysInput{Limit: aws.Int32(1)})
		require.NoError(t, err)
		assert.Equal(t, seededID, *out.Keys[0].KeyId)
	})
}

// FuzzSeed checks that any document is taken or refused as a whole, and that what
// was taken once is there the next time.
func FuzzSeed(f *testing.F) {
	f.Add("Keys: [{KeyId: " + seededID + ", Aliases: [alias/a], Material: " + seededMaterial + "}]")
	f.Add(`{"Keys": [{"KeyId": "mrk-1234abcd12ab34cd56ef1234567890ab", "Tags": [{"TagKey": "a", "TagValue": "b"}], "Policy": {"Version": "2012-10-17"}}]}`)
	f.Add("Principals: [{Arn: 'arn:aws:iam::111122223333:role/x', AccessKeyId: x, Policies: [{Statement: {Effect: Allow, Action: kms:*, Resource: '*'}}], Tags: [{TagKey: a, TagValue: b}]}]")
	f.Add("Keys:\n- &a {KeyId: x}\n- *a\n- {<<: *a}\n- ~\n- {Policy: {1: 2, [a]: b}}")
	f.Fuzz(func(t *testing.T, document string) {
		srv := kmstest.New(kmstest.WithErrorLog(failOnPanic(t)), kmstest.WithClock(still))
		before := kmstest.Dump(srv, true, false)
		err := srv.Seed(strings.NewReader(document))
		after := kmstest.Dump(srv, true, false)
		if err != nil {
			require.Equal(t, before, after)
			return
		}
		require.NoError(t, srv.Seed(strings.NewReader(document)))
		require.Equal(t, after, kmstest.Dump(srv, true, false))
	})
}
