package main

import (
	"testing"

	"github.com/kmskit/kmskit/examples/internal/demotest"
)

func TestScenario(t *testing.T) {
	t.Parallel()
	demotest.Says(t, scenario,
		"is key",
		"IncorrectKeyException",
		`it says "under a name"`,
		"delete alias/kmskit-demo-",
	)
}

func TestScenario_refused(t *testing.T) {
	t.Parallel()
	demotest.FailsWithout(t, scenario, "UpdateAlias")
}
