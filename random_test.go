package kmskit_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kmskit/kmskit"
	"github.com/kmskit/kmskit/kmstest"
)

// counting returns a fake whose random bytes count from 1 on, over all calls;
// from the failAt-th call on it fails with err.
func counting(failAt int, err error) *fakeKMS {
	f := newFake()
	next, calls := byte(0), 0
	answer(f, func(in *kms.GenerateRandomInput) (*kms.GenerateRandomOutput, error) {
		if calls++; err != nil && calls >= failAt {
			return nil, err
		}
		b := make([]byte, *in.NumberOfBytes)
		for i := range b {
			next++
			b[i] = next
		}
		return &kms.GenerateRandomOutput{Plaintext: b}, nil
	})
	return f
}

// counted returns the first n bytes of counting.
func counted(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i + 1)
	}
	return b
}

func TestEncryptor_GenerateRandom(t *testing.T) {
	t.Parallel()

	t.Run("sends the number and returns the bytes", func(t *testing.T) {
		t.Parallel()
		f := newFake()
		random, err := kmskit.NewEncryptor(f).WithGrantTokens("one").WithEncryptionContext(map[string]string{"tenant": "blue"}).
			GenerateRandom(t.Context(), 6)
		require.NoError(t, err)
		assert.Equal(t, []byte("random"), random)
		assert.Equal(t, &kms.GenerateRandomInput{NumberOfBytes: aws.Int32(6)}, sent[kms.GenerateRandomInput](t, f))
	})

	t.Run("takes the smallest and the largest number", func(t *testing.T) {
		t.Parallel()
		for _, n := range []int{1, 1024} {
			f := newFake()
			_, err := kmskit.NewEncryptor(f).GenerateRandom(t.Context(), n)
			require.NoError(t, err)
			assert.EqualValues(t, n, *sent[kms.GenerateRandomInput](t, f).NumberOfBytes)
		}
	})

	t.Run("returns the ciphertext for the recipient", func(t *testing.T) {
		t.Parallel()
		f := newFake()
		whenAsked[kms.GenerateRandomInput](f, &kms.GenerateRandomOutput{CiphertextForRecipient: []byte("for the enclave")})
		random, err := kmskit.NewEncryptor(f).GenerateRandom(t.Context(), 32)
		require.NoError(t, err)
		assert.Equal(t, []byte("for the enclave"), random)
	})

	t.Run("names in errors the custom key store that an option sets", func(t *testing.T) {
		t.Parallel()
		f := failing(&types.CustomKeyStoreNotFoundException{Message: aws.String("not there")})
		_, err := kmskit.NewEncryptor(f).GenerateRandom(t.Context(), 32, func(in *kms.GenerateRandomInput) {
			in.CustomKeyStoreId = aws.String(fakeKeyStoreID)
		})
		var missing *types.CustomKeyStoreNotFoundException
		require.ErrorAs(t, err, &missing)
		assert.EqualError(t, err, "kmskit: GenerateRandom"+aboutKeyStore+": CustomKeyStoreNotFoundException: not there")
	})

	numbers := []int{0, -1, 1025, math.MinInt}
	if strconv.IntSize > 32 {
		wraps := 1
		numbers = append(numbers, wraps<<32+7)
	}
	for _, n := range numbers {
		t.Run("refuses a number of "+strconv.Itoa(n), func(t *testing.T) {
			t.Parallel()
			f := newFake()
			random, err := kmskit.NewEncryptor(f).GenerateRandom(t.Context(), n)
			assertRefused(t, f, err, fmt.Sprintf("kmskit: GenerateRandom: NumberOfBytes of %d is outside 1 to 1024 bytes", min(max(n, math.MinInt32), math.MaxInt32)))
			assert.Nil(t, random)
		})
	}
}

func TestEncryptor_Random(t *testing.T) {
	t.Parallel()

	chunks := []struct {
		name string
		n    int
		want []int32
	}{
		{"asks for nothing where nothing is read", 0, nil},
		{"asks for a byte", 1, []int32{1}},
		{"asks for what is left of a chunk", 1023, []int32{1023}},
		{"asks for a whole chunk", 1024, []int32{1024}},
		{"asks for a chunk and one byte", 1025, []int32{1024, 1}},
		{"asks for chunks", 3072, []int32{1024, 1024, 1024}},
		{"asks for chunks and what is left", 5000, []int32{1024, 1024, 1024, 1024, 904}},
	}
	for _, c := range chunks {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			f := counting(0, nil)
			p := make([]byte, c.n)
			n, err := kmskit.NewEncryptor(f).Random(t.Context()).Read(p)
			require.NoError(t, err)
			assert.Equal(t, c.n, n)
			assert.Equal(t, counted(c.n), p)
			inputs := sentEach[kms.GenerateRandomInput](t, f)
			require.Len(t, inputs, len(c.want))
			for i, in := range inputs {
				assert.Equal(t, c.want[i], *in.NumberOfBytes)
			}
		})
	}

	t.Run("does not write beyond what it is given", func(t *testing.T) {
		t.Parallel()
		f := newFake()
		whenAsked[kms.GenerateRandomInput](f, &kms.GenerateRandomOutput{Plaintext: []byte("more than was asked for")})
		p := make([]byte, 8)
		n, err := kmskit.NewEncryptor(f).Random(t.Context()).Read(p[:4])
		require.NoError(t, err)
		assert.Equal(t, 4, n)
		assert.Equal(t, []byte("more\x00\x00\x00\x00"), p)
	})

	t.Run("asks again where it got less", func(t *testing.T) {
		t.Parallel()
		f := newFake()
		answer(f, func(*kms.GenerateRandomInput) (*kms.GenerateRandomOutput, error) {
			return &kms.GenerateRandomOutput{Plaintext: []byte("abc")}, nil
		})
		p := make([]byte, 8)
		n, err := kmskit.NewEncryptor(f).Random(t.Context()).Read(p)
		require.NoError(t, err)
		assert.Equal(t, 8, n)
		assert.Equal(t, []byte("abcabcab"), p)
	})

	t.Run("keeps no copy", func(t *testing.T) {
		t.Parallel()
		f := newFake()
		given := []byte("secret")
		whenAsked[kms.GenerateRandomInput](f, &kms.GenerateRandomOutput{Plaintext: given})
		_, err := kmskit.NewEncryptor(f).Random(t.Context()).Read(make([]byte, 6))
		require.NoError(t, err)
		assert.Equal(t, make([]byte, 6), given)
	})

	t.Run("returns what it read with the error", func(t *testing.T) {
		t.Parallel()
		failed := errors.New("KMS is on strike")
		for call, want := range map[int]int{1: 0, 2: 1024, 3: 2048} {
			p := make([]byte, 2500)
			n, err := kmskit.NewEncryptor(counting(call, failed)).Random(t.Context()).Read(p)
			require.ErrorIs(t, err, failed)
			require.EqualError(t, err, "kmskit: GenerateRandom: KMS is on strike")
			assert.Equal(t, want, n)
			assert.Equal(t, append(counted(want), make([]byte, 2500-want)...), p)
		}
	})

	t.Run("is a whole reader to io.ReadFull", func(t *testing.T) {
		t.Parallel()
		p := make([]byte, 1500)
		n, err := io.ReadFull(kmskit.NewEncryptor(counting(0, nil)).Random(t.Context()), p)
		require.NoError(t, err)
		assert.Equal(t, 1500, n)
		assert.Equal(t, counted(1500), p)

		failed := errors.New("KMS is on strike")
		n, err = io.ReadFull(kmskit.NewEncryptor(counting(2, failed)).Random(t.Context()), p)
		require.ErrorIs(t, err, failed)
		assert.Equal(t, 1024, n)
	})

	t.Run("reads with the context that it was made with", func(t *testing.T) {
		t.Parallel()
		f := newFake()
		f.fail = func(ctx context.Context) error { return ctx.Err() }
		ctx, cancel := context.WithCancel(t.Context())
		random := kmskit.NewEncryptor(f).Random(ctx)
		_, err := random.Read(make([]byte, 6))
		require.NoError(t, err)
		cancel()
		n, err := random.Read(make([]byte, 6))
		require.ErrorIs(t, err, context.Canceled)
		assert.Zero(t, n)
	})

	t.Run("sends neither encryption context nor grant tokens", func(t *testing.T) {
		t.Parallel()
		f := newFake()
		enc := kmskit.NewEncryptor(f).WithEncryptionContext(map[string]string{"tenant": "blue"}).WithGrantTokens("token")
		_, err := enc.Random(t.Context()).Read(make([]byte, 6))
		require.NoError(t, err)
		assert.Equal(t, &kms.GenerateRandomInput{NumberOfBytes: aws.Int32(6)}, sent[kms.GenerateRandomInput](t, f))
	})

	t.Run("never gives the same bytes twice, to many readers at once", func(t *testing.T) {
		t.Parallel()
		random := kmskit.NewEncryptor(kmstest.New().API()).Random(t.Context())
		var mu sync.Mutex
		seen := map[[1000]byte]bool{}
		var wg sync.WaitGroup
		for range 16 {
			wg.Go(func() {
				p := make([]byte, 2000)
				if _, err := io.ReadFull(random, p); assert.NoError(t, err) {
					mu.Lock()
					defer mu.Unlock()
					seen[[1000]byte(p[:1000])] = true
					seen[[1000]byte(p[1000:])] = true
				}
			})
		}
		wg.Wait()
		assert.Len(t, seen, 32)
	})
}
