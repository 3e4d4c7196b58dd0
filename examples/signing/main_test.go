package main

import (
	"testing"

	"github.com/kmskit/kmskit/examples/internal/demotest"
)

func TestScenario(t *testing.T) {
	t.Parallel()
	demotest.Says(t, scenario,
		"CN=kmskit demo authority, signed with ECDSA-SHA384",
		"for [service.example.com]",
		"CN=service.example.com, issued by CN=kmskit demo authority",
		"it is good for service.example.com",
		"not other.example.com",
		"verification failure",
	)
}

func TestScenario_refused(t *testing.T) {
	t.Parallel()
	demotest.FailsWithout(t, scenario, "Sign")
}
