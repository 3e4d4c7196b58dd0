package main

import (
	"testing"

	"github.com/kmskit/kmskit/examples/internal/demotest"
)

func TestScenario(t *testing.T) {
	t.Parallel()
	demotest.Says(t, scenario,
		"it shows the basics of KMS, and is Enabled since",
		"DisabledException",
		`"Hello, KMS!"`,
		`there it says "moving house"`,
		"all 1048576 bytes are as they were",
		"alias/kmskit-basics-",
		"next on",
		"[Encrypt Decrypt]",
		"LetTheAccountDecide",
		"purpose = demo",
		"it is good",
		"KMSInvalidSignatureException",
		"it will be deleted on",
		"it is Disabled now",
		"Clean up",
		"schedule the deletion of a symmetric encryption key",
	)
}

func TestScenario_refused(t *testing.T) {
	t.Parallel()
	demotest.FailsWithout(t, scenario, "CancelKeyDeletion")
}
