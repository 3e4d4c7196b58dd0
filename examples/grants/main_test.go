package main

import (
	"testing"

	"github.com/kmskit/kmskit/examples/internal/demotest"
)

func TestScenario(t *testing.T) {
	t.Parallel()
	demotest.Says(t, scenario,
		"the grantee is refused",
		"kmskit-demo allows arn:aws:iam::111122223333:role/reader to [Decrypt]",
		`the grantee reads "for your eyes only"`,
		"the grantee is refused",
		"the key has no grants left",
	)
}

func TestScenario_refused(t *testing.T) {
	t.Parallel()
	demotest.FailsWithout(t, scenario, "CreateGrant")
}
