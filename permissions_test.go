package kmskit_test

import (
	"context"
	"crypto/ecdh"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kmskit/kmskit"
	"github.com/kmskit/kmskit/kmstest"
)

// TestPermissions holds the README's table of permissions true: with the actions
// of its row a type can do all that it can, and without any one of them something
// is refused for want of it.
func TestPermissions(t *testing.T) {
	t.Parallel()
	table := permissionTable(t)
	for typ, api := range interfaces {
		t.Run(typ, func(t *testing.T) {
			t.Parallel()
			actions := table[typ]
			require.NotEmpty(t, actions, "README.md has no permissions for it")
			run := permissionRuns[typ]
			require.NotNil(t, run, "there is no run of it")

			w := newPermissionWorld(t, actions)
			err := run(t.Context(), w)
			require.NoError(t, err, w.srv.Explain(err))
			for method := range api.Methods() {
				assert.NotZero(t, w.srv.CallCount(method.Name), "the run has no %s", method.Name)
			}

			for i, a := range actions {
				without := append(append([]permission(nil), actions[:i]...), actions[i+1:]...)
				assertDenied(t, run, without, a)
				if a.anyResource {
					onKeys := append([]permission(nil), actions...)
					onKeys[i].anyResource = false
					assertDenied(t, run, onKeys, a)
				}
			}
		})
	}
}

func assertDenied(t *testing.T, run func(context.Context, *permissionWorld) error, actions []permission, want permission) {
	t.Helper()
	w := newPermissionWorld(t, actions)
	err := run(t.Context(), w)
	if assert.Error(t, err, "%s is not needed", want.action) {
		assert.Equal(t, "AccessDeniedException", kmskit.ErrorCode(err))
		assert.Contains(t, err.Error(), " is not authorized to perform: "+want.action+" ", "it is another action that is missed")
	}
}

// A permission is an action of the README's table.
type permission struct {
	action      string
	anyResource bool // marked with *
}

// permissionTable reads the table.
func permissionTable(t *testing.T) map[string][]permission {
	t.Helper()
	readme, err := os.ReadFile("README.md")
	require.NoError(t, err)
	_, section, ok := strings.Cut(string(readme), "\n## Permissions\n")
	require.True(t, ok)
	section, _, _ = strings.Cut(section, "\n## ")

	table := map[string][]permission{}
	for _, row := range regexp.MustCompile("(?m)^\\| `(\\w+)` \\| (.*) \\|$").FindAllStringSubmatch(section, -1) {
		seen := map[string]bool{}
		for _, m := range regexp.MustCompile("`(kms:\\w+)`(\\*?)").FindAllStringSubmatch(row[2], -1) {
			if !seen[m[1]] {
				table[row[1]] = append(table[row[1]], permission{m[1], m[2] == "*"})
			}
			seen[m[1]] = true
		}
	}
	return table
}

// A permissionWorld has a client with those permissions, and one with all.
type permissionWorld struct {
	srv       *kmstest.Server
	least     *kms.Client
	principal string
	admin     *kms.Client
	adminKeys *kmskit.KeyManager
}

func newPermissionWorld(t *testing.T, actions []permission) *permissionWorld {
	t.Helper()
	onKeys := kmskit.Statement{Effect: kmskit.Allow, Resource: kmskit.StringList{
		"arn:aws:kms:*:111122223333:key/*", "arn:aws:kms:*:111122223333:alias/*",
	}}
	onAll := kmskit.Statement{Effect: kmskit.Allow, Resource: kmskit.StringList{"*"}}
	for _, a := range actions {
		if a.anyResource {
			onAll.Action = append(onAll.Action, a.action)
		} else {
			onKeys.Action = append(onKeys.Action, a.action)
		}
	}
	policy := &kmskit.PolicyDocument{Version: "2012-10-17"}
	for _, s := range []kmskit.Statement{onKeys, onAll} {
		if len(s.Action) > 0 {
			policy.Statement = append(policy.Statement, s)
		}
	}
	srv := kmstest.New(kmstest.WithStrictPolicies())
	srv.SetCloudHSMCluster(exampleCluster)
	p := srv.Principal("arn:aws:iam::111122223333:role/least", kmstest.WithPolicy(policy))
	return &permissionWorld{
		srv: srv, least: p.Client(), principal: p.ARN(),
		admin: srv.Client(), adminKeys: kmskit.NewKeyManager(srv.Client()),
	}
}

// key makes a key as an administrator.
func (w *permissionWorld) key(ctx context.Context, change ...func(*kms.CreateKeyInput)) string {
	key, err := w.adminKeys.CreateKey(ctx, "", change...)
	if err != nil {
		panic(err)
	}
	return *key.Arn
}

// each runs steps up to the first that fails.
func each(steps ...func() error) error {
	for _, step := range steps {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

func multiRegionKey(in *kms.CreateKeyInput) { in.MultiRegion = new(true) }

// permissionRuns have every operation of a type at least once.
var permissionRuns = map[string]func(ctx context.Context, w *permissionWorld) error{
	"KeyManager": func(ctx context.Context, w *permissionWorld) error {
		m := kmskit.NewKeyManager(w.least)
		key, shared := w.key(ctx), w.key(ctx, multiRegionKey)
		return each(
			func() error {
				_, err := m.CreateKey(ctx, "", func(in *kms.CreateKeyInput) {
					in.Tags = []types.Tag{{TagKey: new("team"), TagValue: new("blue")}}
				})
				return err
			},
			func() error { _, err := m.DescribeKey(ctx, key); return err },
			func() error { return drain(m.ListKeys(ctx)) },
			func() error { return m.DisableKey(ctx, key) },
			func() error { return m.EnableKey(ctx, key) },
			func() error { return m.UpdateKeyDescription(ctx, key, "orders") },
			func() error { _, err := m.GetKeyLastUsage(ctx, key); return err },
			func() error { _, err := m.ScheduleKeyDeletion(ctx, key, 7); return err },
			func() error { return m.CancelKeyDeletion(ctx, key) },
			func() error { _, err := m.ReplicateKey(ctx, shared, "eu-west-1"); return err },
			func() error { return m.UpdatePrimaryRegion(ctx, shared, "eu-west-1") },
		)
	},
	"Encryptor": func(ctx context.Context, w *permissionWorld) error {
		e := kmskit.NewEncryptor(w.least)
		key, other := w.key(ctx), w.key(ctx)
		sealed, err := kmskit.NewEncryptor(w.admin).Encrypt(ctx, key, []byte("x"))
		if err != nil {
			return err
		}
		return each(
			func() error { _, err := e.Encrypt(ctx, key, []byte("x")); return err },
			func() error { _, err := e.Decrypt(ctx, key, sealed); return err },
			func() error { _, err := e.ReEncrypt(ctx, key, sealed, other); return err },
			func() error { _, err := e.GenerateDataKey(ctx, key); return err },
			func() error { _, err := e.GenerateDataKeyWithoutPlaintext(ctx, key); return err },
			func() error { _, err := e.GenerateDataKeyPair(ctx, key, types.DataKeyPairSpecEccNistP256); return err },
			func() error {
				_, err := e.GenerateDataKeyPairWithoutPlaintext(ctx, key, types.DataKeyPairSpecEccNistP256)
				return err
			},
			func() error { _, err := e.GenerateRandom(ctx, 16); return err },
		)
	},
	"AliasManager": func(ctx context.Context, w *permissionWorld) error {
		m := kmskit.NewAliasManager(w.least)
		key, other := w.key(ctx), w.key(ctx)
		if err := kmskit.NewAliasManager(w.admin).CreateAlias(ctx, "alias/orders", key); err != nil {
			return err
		}
		return each(
			func() error { return m.CreateAlias(ctx, "alias/bills", key) },
			func() error { return drain(m.ListAliases(ctx)) },
			func() error { return m.UpdateAlias(ctx, "alias/orders", other) },
			func() error { return m.DeleteAlias(ctx, "alias/orders") },
		)
	},
	"GrantManager": func(ctx context.Context, w *permissionWorld) error {
		m, admin := kmskit.NewGrantManager(w.least), kmskit.NewGrantManager(w.admin)
		key, operations := w.key(ctx), []types.GrantOperation{types.GrantOperationDecrypt}
		var grants [3]kmskit.Grant
		for i := range grants {
			var err error
			grants[i], err = admin.CreateGrant(ctx, key, w.principal, operations, func(in *kms.CreateGrantInput) {
				in.RetiringPrincipal = &w.principal
			})
			if err != nil {
				return err
			}
		}
		return each(
			func() error { _, err := m.CreateGrant(ctx, key, w.principal, operations); return err },
			func() error { return drain(m.ListGrants(ctx, key)) },
			func() error { return drain(m.ListRetirableGrants(ctx, w.principal)) },
			func() error { return m.RetireGrant(ctx, grants[0].Token) },
			func() error { return m.RetireGrantByID(ctx, key, grants[1].ID) },
			func() error { return m.RevokeGrant(ctx, key, grants[2].ID) },
		)
	},
	"PolicyManager": func(ctx context.Context, w *permissionWorld) error {
		m, key := kmskit.NewPolicyManager(w.least), w.key(ctx)
		document, err := kmskit.NewPolicyManager(w.admin).GetKeyPolicy(ctx, key)
		if err != nil {
			return err
		}
		return each(
			func() error { _, err := m.GetKeyPolicy(ctx, key); return err },
			func() error { return m.PutKeyPolicy(ctx, key, document) },
			func() error { return drain(m.ListKeyPolicies(ctx, key)) },
		)
	},
	"Signer": func(ctx context.Context, w *permissionWorld) error {
		s, message, algorithm := kmskit.NewSigner(w.least), []byte("x"), types.SigningAlgorithmSpecEcdsaSha256
		key := w.key(ctx, func(in *kms.CreateKeyInput) {
			in.KeySpec, in.KeyUsage = types.KeySpecEccNistP256, types.KeyUsageTypeSignVerify
		})
		signature, err := kmskit.NewSigner(w.admin).Sign(ctx, key, message, algorithm)
		if err != nil {
			return err
		}
		return each(
			func() error { _, err := s.Sign(ctx, key, message, algorithm); return err },
			func() error { return s.Verify(ctx, key, message, algorithm, signature) },
			func() error { _, err := s.GetPublicKey(ctx, key); return err },
		)
	},
	"RotationManager": func(ctx context.Context, w *permissionWorld) error {
		m, key := kmskit.NewRotationManager(w.least), w.key(ctx)
		return each(
			func() error { return m.EnableKeyRotation(ctx, key) },
			func() error { _, err := m.GetKeyRotationStatus(ctx, key); return err },
			func() error { return m.RotateKeyOnDemand(ctx, key) },
			func() error { return drain(m.ListKeyRotations(ctx, key)) },
			func() error { return m.DisableKeyRotation(ctx, key) },
		)
	},
	"TagManager": func(ctx context.Context, w *permissionWorld) error {
		m, key := kmskit.NewTagManager(w.least), w.key(ctx)
		return each(
			func() error { return m.TagResource(ctx, key, map[string]string{"team": "blue"}) },
			func() error { return drain(m.ListResourceTags(ctx, key)) },
			func() error { return m.UntagResource(ctx, key, []string{"team"}) },
		)
	},
	"MaterialImporter": func(ctx context.Context, w *permissionWorld) error {
		m := kmskit.NewMaterialImporter(w.least)
		key := w.key(ctx, func(in *kms.CreateKeyInput) { in.Origin = types.OriginTypeExternal })
		token, wrapped, err := wrapForImport(ctx, w.admin, key)
		if err != nil {
			return err
		}
		return each(
			func() error {
				_, err := m.GetParametersForImport(ctx, key, types.AlgorithmSpecRsaesOaepSha256, types.WrappingKeySpecRsa2048)
				return err
			},
			func() error {
				_, err := m.ImportKeyMaterial(ctx, key, token, wrapped, func(in *kms.ImportKeyMaterialInput) {
					in.ExpirationModel = types.ExpirationModelTypeKeyMaterialDoesNotExpire
				})
				return err
			},
			func() error { return m.DeleteImportedKeyMaterial(ctx, key) },
		)
	},
	"Authenticator": func(ctx context.Context, w *permissionWorld) error {
		a, message, algorithm := kmskit.NewAuthenticator(w.least), []byte("x"), types.MacAlgorithmSpecHmacSha256
		key := w.key(ctx, func(in *kms.CreateKeyInput) {
			in.KeySpec, in.KeyUsage = types.KeySpecHmac256, types.KeyUsageTypeGenerateVerifyMac
		})
		mac, err := kmskit.NewAuthenticator(w.admin).GenerateMac(ctx, key, message, algorithm)
		if err != nil {
			return err
		}
		return each(
			func() error { _, err := a.GenerateMac(ctx, key, message, algorithm); return err },
			func() error { return a.VerifyMac(ctx, key, message, algorithm, mac) },
		)
	},
	"KeyAgreement": func(ctx context.Context, w *permissionWorld) error {
		a := kmskit.NewKeyAgreement(w.least)
		agreeing := w.key(ctx, func(in *kms.CreateKeyInput) {
			in.KeySpec, in.KeyUsage = types.KeySpecEccNistP256, types.KeyUsageTypeKeyAgreement
		})
		encapsulating := w.key(ctx, func(in *kms.CreateKeyInput) {
			in.KeySpec, in.KeyUsage = types.KeySpecMlKem768, types.KeyUsageTypeEncapsulateDecapsulate
		})
		peer, err := ecdh.P256().GenerateKey(rand.Reader)
		if err != nil {
			return err
		}
		public, err := x509.MarshalPKIXPublicKey(peer.PublicKey())
		if err != nil {
			return err
		}
		capsule, err := kmskit.NewKeyAgreement(w.admin).Encapsulate(ctx, encapsulating)
		if err != nil {
			return err
		}
		return each(
			func() error { _, err := a.DeriveSharedSecret(ctx, agreeing, public); return err },
			func() error { _, err := a.Encapsulate(ctx, encapsulating); return err },
			func() error { _, err := a.Decapsulate(ctx, encapsulating, capsule.Ciphertext); return err },
		)
	},
	"KeyStoreManager": func(ctx context.Context, w *permissionWorld) error {
		m := kmskit.NewKeyStoreManager(w.least)
		var id string
		return each(
			func() (err error) { id, err = m.CreateCustomKeyStore(ctx, "vault", onExampleCluster); return err },
			func() error { return drain(m.DescribeCustomKeyStores(ctx)) },
			func() error {
				return m.UpdateCustomKeyStore(ctx, id, func(in *kms.UpdateCustomKeyStoreInput) { in.NewCustomKeyStoreName = new("safe") })
			},
			func() error { return m.ConnectCustomKeyStore(ctx, id) },
			func() error { return m.DisconnectCustomKeyStore(ctx, id) },
			func() error { return m.DeleteCustomKeyStore(ctx, id) },
		)
	},
}

// wrapForImport asks for an import token, and wraps material for it.
func wrapForImport(ctx context.Context, client *kms.Client, key string) (token, wrapped []byte, err error) {
	parameters, err := kmskit.NewMaterialImporter(client).GetParametersForImport(ctx, key,
		types.AlgorithmSpecRsaesOaepSha256, types.WrappingKeySpecRsa2048)
	if err != nil {
		return nil, nil, err
	}
	public, err := x509.ParsePKIXPublicKey(parameters.PublicKey)
	if err != nil {
		return nil, nil, err
	}
	wrapped, err = rsa.EncryptOAEP(sha256.New(), rand.Reader, public.(*rsa.PublicKey), make([]byte, 32), nil)
	return parameters.ImportToken, wrapped, err
}
