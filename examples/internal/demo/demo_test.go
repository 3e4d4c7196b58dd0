package demo_test

import (
	"context"
	"errors"
	"flag"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kmskit/kmskit"
	"github.com/kmskit/kmskit/examples/internal/demo"
	"github.com/kmskit/kmskit/kmstest"
)

// play runs a scenario and returns what it said.
func play(ctx context.Context, t *testing.T, run func(context.Context, *demo.Demo) error, input string, args ...string) (string, error) {
	t.Helper()
	var out strings.Builder
	err := demo.Run(ctx, demo.Scenario{Title: "Test", Run: run}, args, strings.NewReader(input), &out)
	return out.String(), err
}

func TestRun(t *testing.T) {
	t.Parallel()
	errBoom := errors.New("boom")

	t.Run("cleans up after a failure, the last first", func(t *testing.T) {
		t.Parallel()
		out, err := play(t.Context(), t, func(_ context.Context, d *demo.Demo) error {
			d.CleanUp("the first", func(context.Context) error { return nil })
			d.CleanUp("the second", func(context.Context) error { return nil })
			return errBoom
		}, "")
		require.ErrorIs(t, err, errBoom)
		assert.True(t, strings.HasSuffix(out, "Clean up\n   the second\n   the first\n"), out)
	})

	t.Run("cleans up after an interruption, with a context that lives", func(t *testing.T) {
		t.Parallel()
		ctx, interrupt := context.WithCancel(t.Context())
		var deletion error
		_, err := play(ctx, t, func(ctx context.Context, d *demo.Demo) error {
			arn, err := d.TemporaryKey(ctx, "a key")
			if err != nil {
				return err
			}
			d.CleanUp("look", func(ctx context.Context) error {
				deletion = ctx.Err()
				return nil
			})
			interrupt()
			_, err = kmskit.NewEncryptor(d.Client).Encrypt(ctx, arn, []byte("x"))
			return err
		}, "")
		require.ErrorIs(t, err, context.Canceled)
		assert.NoError(t, deletion)
	})

	t.Run("fails when the clean-up fails, and goes on with it", func(t *testing.T) {
		t.Parallel()
		cleaned := false
		_, err := play(t.Context(), t, func(_ context.Context, d *demo.Demo) error {
			d.CleanUp("the first", func(context.Context) error { cleaned = true; return nil })
			d.CleanUp("the second", func(context.Context) error { return errBoom })
			return nil
		}, "")
		require.ErrorIs(t, err, errBoom)
		assert.True(t, cleaned)
	})

	t.Run("asks nothing unless it is interactive", func(t *testing.T) {
		t.Parallel()
		ask := func(answer *string) func(context.Context, *demo.Demo) error {
			return func(_ context.Context, d *demo.Demo) error {
				*answer = d.Ask("Name", "preset")
				return nil
			}
		}
		var answer string
		_, err := play(t.Context(), t, ask(&answer), "typed\n")
		require.NoError(t, err)
		assert.Equal(t, "preset", answer)

		out, err := play(t.Context(), t, ask(&answer), "typed\n", "-interactive")
		require.NoError(t, err)
		assert.Equal(t, "typed", answer)
		assert.Contains(t, out, "Name [preset]: ")
	})

	t.Run("uses the endpoint that it is given", func(t *testing.T) {
		t.Parallel()
		kms := kmstest.New()
		srv := httptest.NewServer(kms)
		defer srv.Close()
		_, err := play(t.Context(), t, func(ctx context.Context, d *demo.Demo) error {
			_, err := d.TemporaryKey(ctx, "a key")
			return err
		}, "", "-endpoint", srv.URL)
		require.NoError(t, err)
		keys := 0
		for _, err := range kmskit.NewKeyManager(kms.Client()).ListKeys(t.Context()) {
			require.NoError(t, err)
			keys++
		}
		assert.Equal(t, 1, keys)
	})

	t.Run("stops before it uses AWS if the user does not agree", func(t *testing.T) {
		t.Parallel()
		out, err := play(t.Context(), t, func(context.Context, *demo.Demo) error {
			t.Error("ran")
			return nil
		}, "n\n", "-aws", "-interactive")
		require.ErrorContains(t, err, "stopped before anything was done")
		assert.Contains(t, out, "charges may apply")
	})

	t.Run("refuses wrong flags and arguments", func(t *testing.T) {
		t.Parallel()
		for _, args := range [][]string{{"-nonsense"}, {"nonsense"}} {
			_, err := play(t.Context(), t, nil, "", args...)
			require.ErrorContains(t, err, "wrong usage")
		}
		_, err := play(t.Context(), t, nil, "", "-help")
		require.ErrorIs(t, err, flag.ErrHelp)
	})
}
