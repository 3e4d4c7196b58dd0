package main

import (
	"testing"

	"github.com/kmskit/kmskit/examples/internal/demotest"
)

func TestScenario(t *testing.T) {
	t.Parallel()
	demotest.Says(t, scenario,
		"has become",
		`it says "Meet me at the usual place."`,
		"InvalidCiphertextException",
		`it still says "Meet me at the usual place."`,
		"schedule the deletion of the second key",
	)
}

func TestScenario_refused(t *testing.T) {
	t.Parallel()
	demotest.FailsWithout(t, scenario, "ReEncrypt")
}
