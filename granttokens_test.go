package kmskit_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// testGrantTokens holds how the grant tokens of a T reach the input of one of
// its methods. call makes that call, and tokens points at them in the input.
func testGrantTokens[T interface{ WithGrantTokens(...string) T }, I any](
	t *testing.T, newT func(*fakeKMS) T, tokens func(*I) *[]string, call func(context.Context, T, ...func(*I)) error,
) {
	t.Helper()

	// carried makes a call and returns the tokens that it sent.
	carried := func(t *testing.T, f *fakeKMS, v T, optFns ...func(*I)) []string {
		t.Helper()
		require.NoError(t, call(t.Context(), v, optFns...))
		inputs := sentEach[I](t, f)
		return *tokens(inputs[len(inputs)-1])
	}

	t.Run("sends none by default", func(t *testing.T) {
		t.Parallel()
		f := newFake()
		assert.Nil(t, carried(t, f, newT(f)))
		assert.Nil(t, carried(t, f, newT(f).WithGrantTokens()))
	})

	t.Run("adds tokens in order and leaves the original as it is", func(t *testing.T) {
		t.Parallel()
		f := newFake()
		original := newT(f).WithGrantTokens("one")
		derived := original.WithGrantTokens("two", "three")
		assert.Equal(t, []string{"one"}, carried(t, f, original))
		assert.Equal(t, []string{"one", "two", "three"}, carried(t, f, derived))
	})

	t.Run("keeps siblings apart", func(t *testing.T) {
		t.Parallel()
		f := newFake()
		parent := newT(f).WithGrantTokens("one", "two", "three").WithGrantTokens("four", "five")
		left, right := parent.WithGrantTokens("left"), parent.WithGrantTokens("right")
		assert.Equal(t, []string{"one", "two", "three", "four", "five", "left"}, carried(t, f, left))
		assert.Equal(t, []string{"one", "two", "three", "four", "five", "right"}, carried(t, f, right))
	})

	t.Run("copies the caller's slice", func(t *testing.T) {
		t.Parallel()
		f := newFake()
		mine := []string{"one", "two"}
		v := newT(f).WithGrantTokens(mine...)
		mine[0] = "zero"
		assert.Equal(t, []string{"one", "two"}, carried(t, f, v))
	})

	t.Run("keeps what an option writes out of every other call", func(t *testing.T) {
		t.Parallel()
		f := newFake()
		v := newT(f).WithGrantTokens("one", "two")
		written := carried(t, f, v, func(in *I) {
			(*tokens(in))[0] = "zero"
			*tokens(in) = append(*tokens(in), "three")
		})
		assert.Equal(t, []string{"zero", "two", "three"}, written)
		assert.Equal(t, []string{"one", "two"}, carried(t, f, v))
		assert.Equal(t, []string{"zero", "two", "three"}, written)
	})
}
