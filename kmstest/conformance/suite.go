package conformance

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
)

// Run checks that the KMS behind a client behaves as KMS does. Each case is a
// subtest, Operation/what_happens, that fails with the rule of KMS that was
// broken; -run selects cases as ever. Cases run in parallel with each other.
//
// Run calls newClient once. The client's principal must be allowed to do
// everything with KMS. At the end all keys that Run has made wait for their
// deletion, in the client's Region and in one more, and their aliases are gone.
func Run(t *testing.T, newClient func(testing.TB) *kms.Client) {
	t.Helper()
	s := newSuite(t, newClient(t))
	newTrial(t, s).reach()
	for operation, rules := range byOperation(allRules()) {
		t.Run(operation, func(t *testing.T) {
			t.Parallel()
			for _, r := range rules {
				t.Run(r.name, func(t *testing.T) {
					t.Parallel()
					s.try(t, r)
				})
			}
		})
	}
}

// A rule is one thing that KMS does, with the case that shows it.
type rule struct {
	operation string
	name      string // what happens
	why       string // the rule itself, in a sentence or two, for whoever broke it
	check     func(t *trial)
}

// allRules returns the rules of all rooms.
func allRules() []rule {
	return slices.Concat(
		keyRules, encryptionRules, dataKeyRules, signingRules, macRules, agreementRules,
		aliasRules, grantRules, policyRules, tagRules, rotationRules, importRules,
		regionRules, keyStoreRules, pageRules, wireRules, orderRules,
		referenceRules(), stateRules(), validationRules(), dryRunRules(), accessRules(), recipientRules(),
	)
}

// byOperation yields the rules of each operation, in the order of the alphabet.
func byOperation(rules []rule) func(yield func(string, []rule) bool) {
	return func(yield func(string, []rule) bool) {
		groups := map[string][]rule{}
		for _, r := range rules {
			groups[r.operation] = append(groups[r.operation], r)
		}
		for _, operation := range slices.Sorted(maps.Keys(groups)) {
			if !yield(operation, groups[operation]) {
				return
			}
		}
	}
}

// A suite is one run: the KMS that it is about, and the keys that cases share.
type suite struct {
	client *kms.Client
	region string // the other Region, for replicas

	// late says that changes can take a while to be seen, as they can on AWS.
	late atomic.Bool

	mu       sync.Mutex
	fixtures map[fixtureName]*slot
	made     []string // ARNs of the keys of fixtures
	aliases  []string // of the keys of fixtures
}

// newSuite returns a suite whose keys are scheduled for deletion when t ends.
func newSuite(t testing.TB, client *kms.Client) *suite {
	t.Helper()
	s := &suite{client: client, region: "us-west-2", fixtures: map[fixtureName]*slot{}}
	if client.Options().Region == s.region {
		s.region = "us-east-1"
	}
	t.Cleanup(func() {
		for _, name := range s.aliases {
			forget(t, client, name)
		}
		for _, arn := range s.made {
			discard(t, regional(client, regionOf(arn)), arn)
		}
	})
	return s
}

// try runs the case of one rule.
func (s *suite) try(tb testing.TB, r rule) {
	tb.Helper()
	tb.Cleanup(func() {
		if tb.Failed() {
			tb.Logf("Why: %s", r.why)
		}
	})
	// Answers are taken for complete where they are used: one that is not costs its
	// own case, and not all of them.
	defer func() {
		if p := recover(); p != nil {
			tb.Errorf("an answer lacks what the case goes on with at %s: %v", panicLine(), p)
		}
	}()
	r.check(newTrial(tb, s))
}

// panicLine returns the line that has panicked, in a deferred call.
func panicLine() string {
	pcs := make([]uintptr, 32)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(0, pcs)])
	for panicked := false; ; {
		f, more := frames.Next()
		switch {
		case f.Function == "runtime.gopanic":
			panicked = true
		case panicked && !strings.HasPrefix(f.Function, "runtime."):
			return fmt.Sprintf("%s:%d", filepath.Base(f.File), f.Line)
		case !more:
			return "an unknown place"
		}
	}
}

// A fixtureName says which of the shared keys is meant.
type fixtureName struct {
	spec   types.KeySpec
	usage  types.KeyUsageType
	origin types.OriginType
	state  types.KeyState
	other  string // what else sets it apart
}

// A fixture is a key that cases share, so none of them changes it, with what
// operations on it want.
type fixture struct {
	*types.KeyMetadata

	alias      string
	grantID    string
	ciphertext []byte // of plaintext, without an encryption context
	signature  []byte // of message
	mac        []byte // of message
	sealed     []byte // by Encapsulate
}

// A slot holds a fixture from the time that a case has asked for it.
type slot struct {
	sync.Mutex
	asked   bool
	fixture *fixture // nil if it could not be made
}

// fixture returns the shared key of that name. The first case to ask for it makes
// it, and the others wait.
func (t *trial) fixture(name fixtureName, produce func() *fixture) *fixture {
	t.Helper()
	t.suite.mu.Lock()
	s := t.suite.fixtures[name]
	if s == nil {
		s = new(slot)
		t.suite.fixtures[name] = s
	}
	t.suite.mu.Unlock()

	s.Lock()
	defer s.Unlock()
	if !s.asked {
		s.asked = true
		s.fixture = produce()
	}
	if s.fixture == nil {
		t.Fatalf("the shared key %+v could not be made: another case says why", name)
	}
	return s.fixture
}

// share leaves a key to the suite, which will discard it.
func (s *suite) share(arn string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.made = append(s.made, arn)
}

// shareAlias does the same with an alias.
func (s *suite) shareAlias(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.aliases = append(s.aliases, name)
}

// discardMade discards the key that an answer says was made, which is one that KMS
// should have refused to make.
func (t *trial) discardMade() {
	t.Helper()
	type metadata struct {
		ARN string `json:"Arn"`
	}
	var made struct {
		Key     metadata `json:"KeyMetadata"`
		Replica metadata `json:"ReplicaKeyMetadata"`
	}
	if t.last.status != http.StatusOK || json.Unmarshal(t.last.body, &made) != nil {
		return
	}
	for _, m := range []metadata{made.Key, made.Replica} {
		if strings.HasPrefix(m.ARN, "arn:") {
			discard(t, regional(t.suite.client, regionOf(m.ARN)), m.ARN)
		}
	}
}

// regional returns the client for another Region.
func regional(client *kms.Client, region string) *kms.Client {
	return kms.New(client.Options(), func(o *kms.Options) { o.Region = region })
}

// regionOf returns the Region in an ARN.
func regionOf(arn string) string {
	if parts := strings.Split(arn, ":"); len(parts) > 3 {
		return parts[3]
	}
	return ""
}

// forget deletes an alias, unless the case has done it.
func forget(tb testing.TB, client *kms.Client, name string) {
	tb.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(tb.Context()), time.Minute)
	defer cancel()
	_, err := client.DeleteAlias(ctx, &kms.DeleteAliasInput{AliasName: &name})
	if _, gone := errors.AsType[*types.NotFoundException](err); err != nil && !gone {
		tb.Logf("%s is left behind: %v", name, err)
	}
}

// discard schedules the deletion of a key, whatever has become of it.
func discard(tb testing.TB, client *kms.Client, keyID string) {
	tb.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(tb.Context()), time.Minute)
	defer cancel()
	_, err := client.ScheduleKeyDeletion(ctx, &kms.ScheduleKeyDeletionInput{
		KeyId: &keyID, PendingWindowInDays: aws.Int32(7),
	})
	if _, ok := errors.AsType[*types.KMSInvalidStateException](err); err == nil || ok {
		return // The case has scheduled it already.
	}
	tb.Logf("%s is left behind: %v", keyID, err)
}

// randomName returns a name that nothing has yet, of lower case letters and
// digits.
func randomName() string { return strings.ToLower(rand.Text()) }
