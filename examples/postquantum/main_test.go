package main

import (
	"testing"

	"github.com/kmskit/kmskit/examples/internal/demotest"
)

func TestScenario(t *testing.T) {
	t.Parallel()
	demotest.Says(t, scenario,
		"1200000 bytes signed",
		"it is good",
		"refused: mldsa: invalid signature",
		"1088 bytes that carry the secret",
		`it says "for the owner of the key"`,
		"does not open",
	)
}

func TestScenario_refused(t *testing.T) {
	t.Parallel()
	demotest.FailsWithout(t, scenario, "Decapsulate")
}
