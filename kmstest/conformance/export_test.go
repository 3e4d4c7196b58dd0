package conformance

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/kms"
)

// Rules returns the names of all cases, and the sentence of each.
func Rules() (names, whys []string) {
	for _, r := range allRules() {
		names, whys = append(names, r.operation+"/"+r.name), append(whys, r.why)
	}
	return names, whys
}

// RequiredMembers is the table of that name.
var RequiredMembers = requiredMembers

// StateTable returns the outcome on a key in each state by operation, with " 2"
// behind it where it is the second key of an operation on two.
func StateTable() map[string][]string {
	table := map[string][]string{}
	for _, row := range stateTable {
		for _, operation := range row.operations {
			if row.second {
				operation += " 2"
			}
			table[operation] = row.cells[:]
		}
	}
	return table
}

// Judge runs the cases of those names on a client, one after the other, and
// returns what each that failed has logged.
func Judge(t testing.TB, client *kms.Client, names ...string) (failures map[string]string) {
	t.Helper()
	s := newSuite(t, client)
	failures = map[string]string{}
	for _, r := range allRules() {
		if name := r.operation + "/" + r.name; slices.Contains(names, name) {
			tb := &observedTB{TB: t}
			tb.run(func() { s.try(tb, r) })
			if tb.failed {
				failures[name] = tb.log.String()
			}
		}
	}
	return failures
}

// An observedTB is a test that can fail without any other.
type observedTB struct {
	testing.TB

	failed   bool
	log      strings.Builder
	cleanups []func()
}

// run runs a test in a goroutine, which FailNow can end.
func (tb *observedTB) run(test func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer func() {
			for _, f := range slices.Backward(tb.cleanups) {
				f()
			}
		}()
		test()
	}()
	<-done
}

func (tb *observedTB) Cleanup(f func())         { tb.cleanups = append(tb.cleanups, f) }
func (tb *observedTB) Context() context.Context { return context.WithoutCancel(tb.TB.Context()) }
func (tb *observedTB) Failed() bool             { return tb.failed }
func (tb *observedTB) Fail()                    { tb.failed = true }
func (tb *observedTB) FailNow()                 { tb.failed = true; runtime.Goexit() }
func (tb *observedTB) SkipNow()                 { runtime.Goexit() }
func (tb *observedTB) Log(args ...any)          { fmt.Fprintln(&tb.log, args...) }
func (tb *observedTB) Logf(f string, a ...any)  { fmt.Fprintf(&tb.log, f+"\n", a...) }
func (tb *observedTB) Error(args ...any)        { tb.Log(args...); tb.Fail() }
func (tb *observedTB) Errorf(f string, a ...any) {
	tb.Logf(f, a...)
	tb.Fail()
}
func (tb *observedTB) Fatal(args ...any)         { tb.Log(args...); tb.FailNow() }
func (tb *observedTB) Fatalf(f string, a ...any) { tb.Logf(f, a...); tb.FailNow() }
func (tb *observedTB) Skip(args ...any)          { tb.Log(args...); tb.SkipNow() }
func (tb *observedTB) Skipf(f string, a ...any)  { tb.Logf(f, a...); tb.SkipNow() }

// Reach returns whether Run would give up at once, and what it would say.
func Reach(t testing.TB, newClient func(testing.TB) *kms.Client) (failed bool, log string) {
	t.Helper()
	tb := &observedTB{TB: t}
	tb.run(func() { newTrial(tb, newSuite(tb, newClient(tb))).reach() })
	return tb.failed, tb.log.String()
}
