package kmskit_test

import (
	"errors"
	"iter"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// testListing holds how a list of the package pages. list ranges over the items
// of f; page makes an answer of items and of the marker of the next page, empty
// after the last; sentMarker tells the marker that an input asks for.
func testListing[I, O, T any](
	t *testing.T, list func(*fakeKMS) iter.Seq2[T, error], page func(items []T, next string) *O, sentMarker func(*I) *string, items [4]T,
) {
	t.Helper()

	// twoPages answers two pages of two items each.
	twoPages := func() *fakeKMS {
		f := newFullFake()
		answer(f, func(in *I) (*O, error) {
			if sentMarker(in) == nil {
				return page(items[:2], "second"), nil
			}
			return page(items[2:], ""), nil
		})
		return f
	}

	t.Run("yields the items of every page in order", func(t *testing.T) {
		t.Parallel()
		f := twoPages()
		var got []T
		for item, err := range list(f) {
			require.NoError(t, err)
			got = append(got, item)
		}
		assert.Equal(t, items[:], got)
		inputs := sentEach[I](t, f)
		require.Len(t, inputs, 2)
		assert.Nil(t, sentMarker(inputs[0]))
		assert.Equal(t, "second", *sentMarker(inputs[1]))
	})

	t.Run("calls nothing before it is ranged over", func(t *testing.T) {
		t.Parallel()
		f := twoPages()
		_ = list(f)
		assert.Zero(t, f.calls())
	})

	t.Run("asks for a page when the range gets there", func(t *testing.T) {
		t.Parallel()
		f := twoPages()
		n := 0
		for _, err := range list(f) {
			require.NoError(t, err)
			n++
			assert.Equal(t, (n+1)/2, f.calls(), "calls at item %d", n)
		}
		assert.Equal(t, 4, n)
	})

	t.Run("stops calling when the range is left", func(t *testing.T) {
		t.Parallel()
		f := twoPages()
		for _, err := range list(f) {
			require.NoError(t, err)
			break
		}
		assert.Equal(t, 1, f.calls())
	})

	t.Run("starts afresh each time", func(t *testing.T) {
		t.Parallel()
		f := twoPages()
		all := list(f)
		require.NoError(t, drain(all))
		require.NoError(t, drain(all))
		inputs := sentEach[I](t, f)
		require.Len(t, inputs, 4)
		assert.Nil(t, sentMarker(inputs[2]))
	})

	t.Run("yields an error once, after the items before it", func(t *testing.T) {
		t.Parallel()
		cause := errors.New("connection reset")
		f := newFullFake()
		answer(f, func(in *I) (*O, error) {
			if sentMarker(in) == nil {
				return page(items[:2], "second"), nil
			}
			return nil, cause
		})
		var got []T
		var errs []error
		for item, err := range list(f) {
			if err != nil {
				errs = append(errs, err)
				assert.Zero(t, item)
				continue
			}
			got = append(got, item)
		}
		assert.Equal(t, items[:2], got)
		require.Len(t, errs, 1)
		assert.ErrorIs(t, errs[0], cause)
	})
}
