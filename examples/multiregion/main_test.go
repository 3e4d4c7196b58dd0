package main

import (
	"testing"

	"github.com/kmskit/kmskit/examples/internal/demotest"
)

func TestScenario(t *testing.T) {
	t.Parallel()
	demotest.Says(t, scenario,
		"key/mrk-",
		"arn:aws:kms:eu-west-1:",
		"it is enabled",
		`in eu-west-1 it says "ten boxes, by ship"`,
		"NotFoundException",
		"the key here is still Enabled",
		"schedule the deletion of the replica",
		"schedule the deletion of a multi-Region key",
	)
}

func TestScenario_refused(t *testing.T) {
	t.Parallel()
	demotest.FailsWithout(t, scenario, "DisableKey", "eu-west-1")
}
