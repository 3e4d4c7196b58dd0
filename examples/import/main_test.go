package main

import (
	"testing"

	"github.com/kmskit/kmskit/examples/internal/demotest"
)

func TestScenario(t *testing.T) {
	t.Parallel()
	demotest.Says(t, scenario,
		"32 random bytes",
		"it expires on",
		"Let 25 hours pass",
		"KMSInvalidStateException",
		"IncorrectKeyMaterialException",
		`the old ciphertext says "written in the first life of the key"`,
		"schedule the deletion of a key without material",
	)
}

func TestScenario_elsewhere(t *testing.T) {
	t.Parallel()
	demotest.SaysElsewhere(t, scenario,
		"Delete the material",
		"KMSInvalidStateException",
		`the old ciphertext says "written in the first life of the key"`,
	)
}

func TestScenario_refused(t *testing.T) {
	t.Parallel()
	demotest.FailsWithout(t, scenario, "GetParametersForImport")
}
