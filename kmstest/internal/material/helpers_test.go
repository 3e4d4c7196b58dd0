package material_test

import (
	"encoding/hex"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/stretchr/testify/require"

	"github.com/kmskit/kmskit/kmstest/internal/material"
)

// specs are all key specs of the SDK but SM2, so that a new SDK with a new spec
// makes the tests of this package fail.
func specs() []types.KeySpec {
	return slices.DeleteFunc(types.KeySpec("").Values(), func(s types.KeySpec) bool {
		return s == types.KeySpecSm2
	})
}

// specsWith returns the specs that have the usage.
func specsWith(usage types.KeyUsageType) []types.KeySpec {
	return slices.DeleteFunc(specs(), func(s types.KeySpec) bool {
		return !slices.Contains(material.Usages(s), usage)
	})
}

var shared sync.Map // from types.KeySpec to func() (*material.Key, error)

// sharedKey returns the one key of the spec that all tests share: an RSA key
// takes long to make.
func sharedKey(tb testing.TB, spec types.KeySpec) *material.Key {
	tb.Helper()
	once, _ := shared.LoadOrStore(spec, sync.OnceValues(func() (*material.Key, error) {
		return material.Generate(spec)
	}))
	k, err := once.(func() (*material.Key, error))()
	require.NoError(tb, err)
	return k
}

func newKey(tb testing.TB, spec types.KeySpec) *material.Key {
	tb.Helper()
	k, err := material.Generate(spec)
	require.NoError(tb, err)
	return k
}

func importKey(tb testing.TB, spec types.KeySpec, b []byte) *material.Key {
	tb.Helper()
	k, err := material.Import(spec, b)
	require.NoError(tb, err)
	return k
}

func keyBytes(tb testing.TB, k *material.Key) []byte {
	tb.Helper()
	b, err := k.Bytes()
	require.NoError(tb, err)
	return b
}

func publicKey(tb testing.TB, k *material.Key) []byte {
	tb.Helper()
	b, err := k.PublicKey()
	require.NoError(tb, err)
	return b
}

func unhex(tb testing.TB, s string) []byte {
	tb.Helper()
	b, err := hex.DecodeString(s)
	require.NoError(tb, err)
	return b
}

// seeded returns a source of test data whose seed a failing test prints.
func seeded(tb testing.TB) *rand.Rand {
	tb.Helper()
	seed := uint64(time.Now().UnixNano())
	tb.Logf("seed %d", seed)
	return rand.New(rand.NewPCG(seed, 0))
}

func randomBytes(r *rand.Rand, n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return b
}

// flip returns b with one bit changed.
func flip(b []byte, bit int) []byte {
	b = slices.Clone(b)
	b[bit/8] ^= 1 << (bit % 8)
	return b
}

// openssl runs the openssl command in a directory with the files, and skips the
// test where there is none.
func openssl(t *testing.T, files map[string][]byte, args ...string) []byte {
	t.Helper()
	path, err := exec.LookPath("openssl")
	if err != nil {
		t.Skip("the openssl command, another implementation to compare with, is not installed")
	}
	dir := t.TempDir()
	for name, b := range files {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), b, 0o600))
	}
	cmd := exec.CommandContext(t.Context(), path, args...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "openssl %q: %s", args, out)
	b, err := os.ReadFile(filepath.Join(dir, "out"))
	if err != nil {
		return out
	}
	return b
}
