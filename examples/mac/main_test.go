package main

import (
	"testing"

	"github.com/kmskit/kmskit/examples/internal/demotest"
)

func TestScenario(t *testing.T) {
	t.Parallel()
	demotest.Says(t, scenario,
		"X-Signature: sha256=",
		"it is unaltered",
		"KMSInvalidMacException",
		"it is for user-7",
		"the token expired 1h0m0s ago",
	)
}

func TestScenario_refused(t *testing.T) {
	t.Parallel()
	demotest.FailsWithout(t, scenario, "VerifyMac")
}
