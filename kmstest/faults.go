package kmstest

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	mathrand "math/rand/v2"
	"net"
	"net/http"
	"os"
	"reflect"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/aws/smithy-go"
	"github.com/kmskit/kmskit/kmstest/internal/material"
	"github.com/kmskit/kmskit/kmstest/internal/wire"
)

// A Fault is what goes wrong with some requests: which ones, and how. The zero
// Fault lets every request pass and counts them.
//
// A request that is not in KMS's protocol, or that is refused for its signature,
// never meets a Fault. All others do, before KMS looks at what they ask for.
type Fault struct {
	// Operations are the operations that it is for, such as "Decrypt". None means all.
	Operations []string
	// Key is the key that it is for, given by its ID, its ARN or the name or ARN of
	// an alias. A request need not name the key in the same way: a ciphertext or a
	// grant token can name it too. Empty means every request.
	Key string
	// Principal is the ARN of the principal that it is for, or the name of an AWS
	// service. The ARN of a role stands for its sessions too. Empty means everybody.
	Principal string

	// Skip is how many of these requests pass before the first one is hit, and
	// Times how many are hit at most; zero is any number. So Skip 2 and Times 1
	// hit the third request alone.
	Skip, Times int
	// Probability is that of a hit, up to 1. Zero is 1. It is drawn for one
	// request after another, by the seed of [WithSeed].
	Probability float64

	// Latency is how long a request that is hit has to wait: for as long as its
	// context lets it. It is real time, or that of a testing/synctest bubble, and
	// not the Server's own.
	Latency time.Duration
	// Err is how a request that is hit ends, after the latency: with a [Failure],
	// or with any other error. One that is a [smithy.APIError], such as the SDK's
	// own types, is answered in KMS's wire form. Any other error is one of the
	// network: a client in this process finds it where it would find a failed
	// connection, and one that came through a port is cut off. Nil lets the request
	// pass.
	Err error
	// Late makes the fault strike when the operation is done: its effect stays,
	// and the answer is lost.
	Late bool
}

// A Failure is a way in which requests fail through no fault of the client. It is
// for [Fault.Err]. Clients never see the Failure itself, but the error that KMS or
// the network would have shown them.
type Failure string

// What KMS answers, by the name of the error. The SDK's standard retryer tries all
// of these again but AccessDenied.
const (
	// Throttling is a ThrottlingException, which the SDK has no type for: there
	// were too many requests.
	Throttling Failure = "ThrottlingException"
	// LimitExceeded is a *types.LimitExceededException: a quota is used up. The
	// SDK takes it for throttling, but in KMS it is not.
	LimitExceeded Failure = "LimitExceededException"
	// Internal is a *types.KMSInternalException, with the status 500.
	Internal Failure = "KMSInternalException"
	// DependencyTimeout is a *types.DependencyTimeoutException, with the status 500.
	DependencyTimeout Failure = "DependencyTimeoutException"
	// KeyUnavailable is a *types.KeyUnavailableException, with the status 500.
	KeyUnavailable Failure = "KeyUnavailableException"
	// AccessDenied is an AccessDeniedException, which the SDK has no type for, as
	// if an identity policy lacked the permission.
	AccessDenied Failure = "AccessDeniedException"
)

// What the network does. Through [Server.API] these are errors too, though nothing
// was on its way there.
const (
	// ConnectionReset resets the connection: the client finds ECONNRESET in place
	// of an answer. The client cannot tell whether the request had its effect: it
	// had if [Fault.Late] is set.
	ConnectionReset Failure = "connection reset"
	// CutOff ends the answer in the middle of its body, with the connection: the
	// client finds [io.ErrUnexpectedEOF], after which the SDK's standard retryer
	// does not try again. It is always late.
	CutOff Failure = "answer cut off"
)

var failures = []Failure{
	Throttling, LimitExceeded, Internal, DependencyTimeout, KeyUnavailable, AccessDenied, ConnectionReset, CutOff,
}

// Error returns the name of the failure.
func (f Failure) Error() string { return string(f) }

// An Injection is a [Fault] at work in a Server. It is safe for concurrent use.
type Injection struct {
	server *Server
	fault  Fault

	mu     sync.Mutex
	random *mathrand.Rand
	seen   int
	hits   int
}

// faults are the Injections of a Server.
type faults struct {
	list  atomic.Pointer[[]*Injection] // never changes, but makes way for another; nil if there are none
	mu    sync.Mutex                   // of those who replace it
	seeds *generator
}

// Inject makes some requests fail from now on, until the Injection is removed. A
// request meets all that is injected in the order of injection: latencies add up,
// and the first error ends it, so that what comes later does not hear of it. It
// panics if f names an operation that KMS does not have, or a Failure that is not
// one of the constants, or has a number that makes no sense.
func (s *Server) Inject(f Fault) *Injection {
	mustBeOperations(f.Operations)
	if kind, ok := errors.AsType[Failure](f.Err); ok && !slices.Contains(failures, kind) {
		panic(fmt.Sprintf("kmstest: there is no failure %q", kind))
	}
	if f.Probability < 0 || f.Probability > 1 || f.Skip < 0 || f.Times < 0 || f.Latency < 0 {
		panic("kmstest: a Fault has a number below zero, or a probability above one")
	}
	f.Operations = slices.Clone(f.Operations)
	return s.faults.add(&Injection{server: s, fault: f})
}

func (f *faults) add(i *Injection) *Injection {
	f.mu.Lock()
	defer f.mu.Unlock()
	var seed [32]byte
	f.seeds.read(seed[:])
	i.random = mathrand.New(mathrand.NewChaCha8(seed)) //nolint:gosec // seeded on purpose
	f.replace(append(f.all(), i))
	return i
}

// all returns a copy of the list. The caller holds the lock.
func (f *faults) all() []*Injection {
	if list := f.list.Load(); list != nil {
		return slices.Clone(*list)
	}
	return nil
}

func (f *faults) replace(list []*Injection) {
	if len(list) == 0 {
		f.list.Store(nil)
		return
	}
	f.list.Store(&list)
}

// Hits returns how many requests the fault has hit.
func (i *Injection) Hits() int {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.hits
}

// Remove ends the fault, for requests that are yet to come. To remove it again
// does nothing.
func (i *Injection) Remove() {
	f := &i.server.faults
	f.mu.Lock()
	defer f.mu.Unlock()
	f.replace(slices.DeleteFunc(f.all(), func(other *Injection) bool { return other == i }))
}

// performFaulty is perform with what is injected.
func performFaulty[I, O any](ctx context.Context, injected []*Injection, c *call, in *I, run func(*call, *I) (*O, error)) (*O, error) {
	early, late := c.struckBy(injected, in)
	if err := c.suffer(ctx, early); err != nil {
		return nil, err
	}
	c.now = c.server.Now() // which latency has changed
	out, err := perform(c, in, run)
	fault := c.suffer(ctx, late)
	if lost, ok := errors.AsType[*networkFault](fault); ok && lost.inBody {
		lost.answer, lost.refusal = out, err
	}
	if fault != nil {
		return nil, fault
	}
	return out, err
}

// struckBy returns the injections that are for the request in, before and after
// the operation.
func (c *call) struckBy(injected []*Injection, in any) (early, late []*Injection) {
	for _, i := range injected {
		switch f := &i.fault; {
		case !f.concerns(c, in):
		case f.Late, errors.Is(f.Err, CutOff):
			late = append(late, i)
		default:
			early = append(early, i)
		}
	}
	return early, late
}

// suffer makes the request wait for as long as the injections want, and returns
// the error that one of them ends it with.
func (c *call) suffer(ctx context.Context, injected []*Injection) error {
	for _, i := range injected {
		if !i.hit() {
			continue
		}
		if err := wait(ctx, i.fault.Latency); err != nil {
			return err
		}
		if i.fault.Err != nil {
			return c.failure(i.fault.Err)
		}
	}
	return nil
}

// hit counts a request and decides whether it is hit.
func (i *Injection) hit() bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	f := &i.fault
	if f.Times > 0 && i.hits == f.Times {
		return false
	}
	if i.seen++; i.seen <= f.Skip {
		return false
	}
	if f.Probability > 0 && i.random.Float64() >= f.Probability {
		return false
	}
	i.hits++
	return true
}

func wait(ctx context.Context, d time.Duration) error {
	if d == 0 {
		return nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// concerns reports whether f is for the request in.
func (f *Fault) concerns(c *call, in any) bool {
	if len(f.Operations) > 0 && !slices.Contains(f.Operations, c.operation.name) {
		return false
	}
	if f.Principal != "" && !slices.ContainsFunc(c.principal.grantees(), f.isFor) {
		return false
	}
	return f.Key == "" || c.isAbout(f.Key, in)
}

// isFor reports whether f is for that principal.
func (f *Fault) isFor(p grantPrincipal) bool { return p.name == f.Principal }

// isAbout reports whether a request names the key, in whatever way.
func (c *call) isAbout(name string, in any) bool {
	c.server.mu.RLock()
	defer c.server.mu.RUnlock()
	v := reflect.ValueOf(in).Elem()
	for _, member := range []string{"KeyId", "SourceKeyId", "DestinationKeyId", "TargetKeyId", "AliasName"} {
		given, _ := memberOf(v, member).(*string)
		if given == nil {
			continue
		}
		if *given == name {
			return true // whether or not there is such a key
		}
		if ref, err := c.parseReference(*given); err == nil && c.server.find(ref).isCalled(name) {
			return true
		}
	}
	if blob, _ := memberOf(v, "CiphertextBlob").([]byte); blob != nil {
		id, _ := material.ParseCiphertext(blob)
		k, _ := c.server.sealingKey(id, c.region.region)
		return k.isCalled(name)
	}
	if token, _ := memberOf(v, "GrantToken").(*string); token != nil {
		owner, id, _ := c.openGrantToken(*token)
		r := c.server.regions[owner]
		return r != nil && r.grants[id] != nil && r.grants[id].key.isCalled(name)
	}
	return false
}

// memberOf returns a member of an input, or nil if it has none of that name.
func memberOf(in reflect.Value, name string) any {
	if m := in.FieldByName(name); m.IsValid() {
		return m.Interface()
	}
	return nil
}

// isCalled reports whether that is the ID or the ARN of the key, or the name or
// the ARN of one of its aliases. It may be called on nil.
func (k *key) isCalled(name string) bool {
	return k != nil && (k.id == name || k.arn == name ||
		slices.ContainsFunc(k.aliases, func(a *alias) bool { return a.name == name || a.arn == name }))
}

// failure returns the error that clients meet for the Err of a Fault.
func (c *call) failure(err error) error {
	kind, ok := errors.AsType[Failure](err)
	if !ok {
		if _, ok := errors.AsType[smithy.APIError](err); ok {
			return err
		}
		return &networkFault{cause: err}
	}
	switch kind {
	case Throttling:
		return clientFault(string(kind), "You have exceeded the rate at which you may call KMS. Reduce the frequency of your calls.")
	case LimitExceeded: // KMS's texts name the quota, and here there is none
		return &types.LimitExceededException{}
	case Internal:
		return &types.KMSInternalException{}
	case DependencyTimeout:
		return &types.DependencyTimeoutException{}
	case KeyUnavailable:
		return &types.KeyUnavailableException{}
	case AccessDenied:
		return c.notAuthorized(&use{}, "", "because no identity-based policy allows the "+c.operation.permission.name+" action")
	case CutOff:
		return &networkFault{cause: io.ErrUnexpectedEOF, inBody: true}
	default:
		return &networkFault{cause: &net.OpError{Op: "read", Net: "tcp", Err: os.NewSyscallError("read", syscall.ECONNRESET)}}
	}
}

// A networkFault is the end of a request whose answer does not get through.
type networkFault struct {
	cause   error
	inBody  bool // in the middle of the answer's body
	answer  any  // of the operation, if inBody
	refusal error
}

// Error returns the text of what clients find.
func (f *networkFault) Error() string { return f.cause.Error() }

// Unwrap returns what clients find.
func (f *networkFault) Unwrap() error { return f.cause }

// whole returns the body of the answer that does not get through.
func (f *networkFault) whole() ([]byte, error) {
	if f.refusal != nil || !f.inBody {
		return nil, f.refusal
	}
	return wire.Encode(f.answer)
}

// send sends as much of an answer as gets through, and ends the connection.
func (f *networkFault) send(w http.ResponseWriter, a answer) {
	if f.inBody {
		w.WriteHeader(a.status)
		_, _ = w.Write(a.body[:len(a.body)/2])
		_ = http.NewResponseController(w).Flush()
	} else if conn, _, err := http.NewResponseController(w).Hijack(); err == nil {
		reset(conn)
		return
	}
	panic(http.ErrAbortHandler) // which makes net/http end the connection, or the stream
}

// reset closes a connection without a word.
func reset(conn net.Conn) {
	if secure, ok := conn.(*tls.Conn); ok {
		conn = secure.NetConn()
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0) // so that to close it is to reset it
	}
	_ = conn.Close()
}
