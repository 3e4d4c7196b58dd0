package material_test

import (
	"encoding/hex"
	"fmt"
	"runtime"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kmskit/kmskit/kmstest/internal/material"
)

func TestGenerate(t *testing.T) {
	t.Parallel()
	for _, spec := range specs() {
		t.Run("makes a key of spec "+string(spec), func(t *testing.T) {
			t.Parallel()
			k, err := material.Generate(spec)
			require.NoError(t, err)
			assert.Equal(t, spec, k.Spec())
		})
	}
	t.Run("refuses SM2 and unknown specs", func(t *testing.T) {
		t.Parallel()
		for _, spec := range []types.KeySpec{types.KeySpecSm2, "", "RSA_1024"} {
			_, err := material.Generate(spec)
			assert.ErrorIs(t, err, material.ErrSpec, spec)
		}
	})
	t.Run("makes different keys", func(t *testing.T) {
		t.Parallel()
		for _, spec := range []types.KeySpec{
			types.KeySpecSymmetricDefault, types.KeySpecHmac256, types.KeySpecEccNistP256, types.KeySpecEccSecgP256k1,
			types.KeySpecEccNistEdwards25519, types.KeySpecMlDsa44, types.KeySpecMlKem512, types.KeySpecMlKem768,
		} {
			a, b := newKey(t, spec), newKey(t, spec)
			assert.NotEqual(t, keyBytes(t, a), keyBytes(t, b), spec)
		}
	})
}

// TestGenerate_small is not parallel, since it measures the heap.
func TestGenerate_small(t *testing.T) {
	t.Run("10,000 unused symmetric keys take less than 256 bytes each", func(t *testing.T) {
		keys := make([]*material.Key, 10_000)
		before := heap()
		for i := range keys {
			keys[i] = newKey(t, types.KeySpecSymmetricDefault).Bind("1234abcd-12ab-34cd-56ef-1234567890ab")
		}
		each := (int64(heap()) - int64(before)) / int64(len(keys))
		runtime.KeepAlive(keys)
		t.Logf("%d bytes each", each)
		assert.Less(t, each, int64(256))
	})
}

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

func TestKey_concurrentFirstUse(t *testing.T) {
	t.Parallel()
	for _, spec := range specs() {
		if spec == types.KeySpecRsa3072 || spec == types.KeySpecRsa4096 {
			continue // As RSA_2048, but slow.
		}
		t.Run("makes one "+string(spec)+" key for all goroutines", func(t *testing.T) {
			t.Parallel()
			k := newKey(t, spec)
			var wg sync.WaitGroup
			got := make([][]byte, 8)
			for i := range got {
				wg.Go(func() {
					useOnce(k)
					got[i], _ = k.Bytes()
				})
			}
			wg.Wait()
			require.NotEmpty(t, got[0])
			for _, b := range got {
				assert.Equal(t, got[0], b)
			}
		})
	}
}

// useOnce does what the key can do, for the race detector to see.
func useOnce(k *material.Key) {
	_, _ = k.PublicKey()
	_, _ = k.Seal([]byte("plaintext"), nil)
	_, _ = k.Encrypt(types.EncryptionAlgorithmSpecRsaesOaepSha256, []byte("plaintext"))
	_, _, _ = k.Encapsulate()
	for _, a := range material.AlgorithmsOf(k.Spec(), types.KeyUsageTypeSignVerify).Signing {
		_, _ = k.Sign(a, types.MessageTypeRaw, []byte("message"))
	}
	for _, a := range material.AlgorithmsOf(k.Spec(), types.KeyUsageTypeGenerateVerifyMac).MAC {
		_, _ = k.MAC(a, []byte("message"))
	}
}

func TestImport(t *testing.T) {
	t.Parallel()
	for _, spec := range specs() {
		t.Run("reads what Bytes gives for "+string(spec), func(t *testing.T) {
			t.Parallel()
			k := sharedKey(t, spec)
			b := keyBytes(t, k)
			again := importKey(t, spec, b)
			assert.Equal(t, spec, again.Spec())
			assert.Equal(t, b, keyBytes(t, again))
			assert.True(t, k.Equal(again))
		})
		t.Run("refuses truncated and extended material of "+string(spec), func(t *testing.T) {
			t.Parallel()
			b := keyBytes(t, sharedKey(t, spec))
			_, err := material.Import(spec, b[:len(b)-1])
			require.ErrorIs(t, err, material.ErrMaterial)
			_, err = material.Import(spec, nil)
			require.ErrorIs(t, err, material.ErrMaterial)
			if _, symmetric := symmetricLengths[spec]; !symmetric {
				_, err = material.Import(spec, append(b, 0))
				assert.ErrorIs(t, err, material.ErrMaterial)
			}
		})
	}
	t.Run("refuses a key pair of another spec", func(t *testing.T) {
		t.Parallel()
		for _, from := range specs() {
			b := keyBytes(t, sharedKey(t, from))
			for _, to := range specs() {
				if _, symmetric := symmetricLengths[to]; symmetric || from == to {
					continue
				}
				_, err := material.Import(to, b)
				assert.ErrorIs(t, err, material.ErrMaterial, "%s as %s", from, to)
			}
		}
	})
	t.Run("refuses SM2 and unknown specs", func(t *testing.T) {
		t.Parallel()
		for _, spec := range []types.KeySpec{types.KeySpecSm2, "", "RSA_1024"} {
			_, err := material.Import(spec, make([]byte, 32))
			assert.ErrorIs(t, err, material.ErrSpec, spec)
		}
	})
	t.Run("keeps no reference to what it is given, and gives none away", func(t *testing.T) {
		t.Parallel()
		for spec := range symmetricLengths {
			b := keyBytes(t, newKey(t, spec))
			k := importKey(t, spec, b)
			want := keyBytes(t, k)
			clear(b)
			clear(keyBytes(t, k))
			assert.Equal(t, want, keyBytes(t, k), spec)
		}
	})
	t.Run("says what is wrong, and not the material", func(t *testing.T) {
		t.Parallel()
		_, err := material.Import(types.KeySpecSymmetricDefault, []byte("sixteen bytes ok"))
		require.EqualError(t, err, "material: not the key material of SYMMETRIC_DEFAULT: 32 bytes are wanted, not 16")
		_, err = material.Import(types.KeySpecHmac384, []byte("sixteen bytes ok"))
		require.EqualError(t, err, "material: not the key material of HMAC_384: 48 to 128 bytes are wanted, not 16")
		_, err = material.Import(types.KeySpecRsa3072, keyBytes(t, sharedKey(t, types.KeySpecRsa2048)))
		require.EqualError(t, err, "material: not the key material of RSA_3072: a modulus of 3072 bits is wanted, not 2048")
		_, err = material.Import(types.KeySpecEccNistP384, keyBytes(t, sharedKey(t, types.KeySpecEccNistP256)))
		require.EqualError(t, err, "material: not the key material of ECC_NIST_P384: a key on P-384 is wanted, not on P-256")
	})
}

// symmetricLengths are the shortest and longest raw keys, in bytes.
var symmetricLengths = map[types.KeySpec][2]int{
	types.KeySpecSymmetricDefault: {32, 32},
	types.KeySpecHmac224:          {28, 128},
	types.KeySpecHmac256:          {32, 128},
	types.KeySpecHmac384:          {48, 128},
	types.KeySpecHmac512:          {64, 128},
}

func TestImport_lengths(t *testing.T) {
	t.Parallel()
	for spec, lengths := range symmetricLengths {
		t.Run("reads raw keys of the lengths that KMS allows for "+string(spec), func(t *testing.T) {
			t.Parallel()
			for n := range 200 {
				k, err := material.Import(spec, make([]byte, n))
				if n < lengths[0] || n > lengths[1] {
					require.ErrorIs(t, err, material.ErrMaterial, "%d bytes", n)
					continue
				}
				require.NoError(t, err, "%d bytes", n)
				assert.Len(t, keyBytes(t, k), n)
			}
		})
		t.Run("generates the shortest for "+string(spec), func(t *testing.T) {
			t.Parallel()
			assert.Len(t, keyBytes(t, newKey(t, spec)), lengths[0])
		})
	}
}

func FuzzImport(f *testing.F) {
	all := specs()
	for i, spec := range all {
		if spec != types.KeySpecRsa3072 && spec != types.KeySpecRsa4096 {
			f.Add(i, keyBytes(f, sharedKey(f, spec)))
		}
	}
	f.Fuzz(func(t *testing.T, i int, b []byte) {
		if i < 0 || i >= len(all) {
			return
		}
		k, err := material.Import(all[i], b)
		if err != nil {
			require.ErrorIs(t, err, material.ErrMaterial)
			return
		}
		again := importKey(t, all[i], keyBytes(t, k))
		assert.True(t, k.Equal(again))
	})
}

func TestKey_IdentifyIn(t *testing.T) {
	t.Parallel()
	identify := func(k *material.Key, keyID string) material.ID {
		id, err := k.IdentifyIn(keyID)
		require.NoError(t, err)
		return id
	}
	for _, spec := range []types.KeySpec{types.KeySpecSymmetricDefault, types.KeySpecHmac256, types.KeySpecEccNistP256} {
		k := newKey(t, spec)
		assert.Equal(t, identify(k, "key-1"), identify(importKey(t, spec, keyBytes(t, k)), "key-1"), spec)
		assert.NotEqual(t, identify(k, "key-1"), identify(k, "key-2"), spec)
		assert.NotEqual(t, identify(k, "key-1"), identify(newKey(t, spec), "key-1"), spec)
		assert.NotZero(t, identify(k, "key-1"), spec)
	}
	k := newKey(t, types.KeySpecSymmetricDefault)
	assert.Equal(t, k.Bind("key-1").ID(), identify(k, "key-1"))
}

func TestKey_Bind(t *testing.T) {
	t.Parallel()
	raw := make([]byte, 32)

	t.Run("gives the same material in the same KMS key the same ID", func(t *testing.T) {
		t.Parallel()
		a := importKey(t, types.KeySpecSymmetricDefault, raw).Bind("key-1")
		b := importKey(t, types.KeySpecSymmetricDefault, raw).Bind("key-1")
		assert.Equal(t, a.ID(), b.ID())
		assert.Regexp(t, "^[0-9a-f]{64}$", a.ID().String())
	})
	t.Run("gives other material, or the same in another KMS key, another ID", func(t *testing.T) {
		t.Parallel()
		k := importKey(t, types.KeySpecSymmetricDefault, raw)
		other := importKey(t, types.KeySpecSymmetricDefault, flip(raw, 0))
		assert.NotEqual(t, k.Bind("key-1").ID(), k.Bind("key-2").ID())
		assert.NotEqual(t, k.Bind("key-1").ID(), other.Bind("key-1").ID())
	})
	t.Run("leaves what it is called on unbound", func(t *testing.T) {
		t.Parallel()
		k := importKey(t, types.KeySpecSymmetricDefault, raw)
		k.Bind("key-1")
		assert.Zero(t, k.ID())
	})
	t.Run("keeps the material", func(t *testing.T) {
		t.Parallel()
		k := newKey(t, types.KeySpecSymmetricDefault)
		assert.True(t, k.Equal(k.Bind("key-1")))
	})
	t.Run("names symmetric material only", func(t *testing.T) {
		t.Parallel()
		for _, spec := range specs() {
			named := spec == types.KeySpecSymmetricDefault
			id := newKey(t, spec).Bind("key-1").ID()
			assert.Equal(t, named, id != material.ID{}, spec)
		}
	})
}

func TestKey_Equal(t *testing.T) {
	t.Parallel()
	t.Run("tells different material of one spec apart", func(t *testing.T) {
		t.Parallel()
		for _, spec := range specs() {
			if spec == types.KeySpecRsa3072 || spec == types.KeySpecRsa4096 {
				continue // As RSA_2048, but slow.
			}
			assert.False(t, newKey(t, spec).Equal(sharedKey(t, spec)), spec)
		}
	})
	t.Run("tells the same bytes of two specs apart", func(t *testing.T) {
		t.Parallel()
		raw := make([]byte, 32)
		a := importKey(t, types.KeySpecSymmetricDefault, raw)
		b := importKey(t, types.KeySpecHmac256, raw)
		assert.False(t, a.Equal(b))
	})
}

func TestKey_PublicKey(t *testing.T) {
	t.Parallel()
	t.Run("is refused for symmetric and HMAC keys", func(t *testing.T) {
		t.Parallel()
		for spec := range symmetricLengths {
			_, err := newKey(t, spec).PublicKey()
			assert.ErrorIs(t, err, material.ErrSpec, spec)
		}
	})
	t.Run("is within the 8192 bytes of the KMS answer", func(t *testing.T) {
		t.Parallel()
		for _, spec := range specs() {
			if _, symmetric := symmetricLengths[spec]; !symmetric {
				assert.LessOrEqual(t, len(publicKey(t, sharedKey(t, spec))), 8192, spec)
			}
		}
	})
}

func TestKey_printing(t *testing.T) {
	t.Parallel()
	t.Run("shows no material under any verb", func(t *testing.T) {
		t.Parallel()
		raw := []byte("a secret of exactly thirty-two b")
		for _, spec := range []types.KeySpec{types.KeySpecSymmetricDefault, types.KeySpecHmac256} {
			k := importKey(t, spec, raw)
			for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x", "%d"} {
				out := fmt.Sprintf(verb, k)
				assert.NotContains(t, out, string(raw), verb)
				assert.NotContains(t, out, hex.EncodeToString(raw), verb)
				assert.NotContains(t, out, "97 32 115", verb)
			}
		}
	})
}

func BenchmarkGenerate(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		k, err := material.Generate(types.KeySpecSymmetricDefault)
		if err != nil {
			b.Fatal(err)
		}
		k.Bind("1234abcd-12ab-34cd-56ef-1234567890ab")
	}
}
