package kmstest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/smithy-go"
	"github.com/kmskit/kmskit/kmstest/internal/policy"
)

// A Call is one request that came to the Server: what was asked, by whom, and how
// it was decided. It has no plaintext, no ciphertext and no text of an error.
type Call struct {
	Time      time.Time
	RequestID string
	Operation string // as the client names it, Decrypt for example; empty if it names none
	Principal string // ARN, or the name of an AWS service; empty if the request names none
	Region    string

	// KeyARN is the ARN of the key that the request was about, even if it was
	// refused: the new one of CreateKey, the destination key of ReEncrypt. It is
	// empty if there is none.
	KeyARN            string
	EncryptionContext map[string]string // of ReEncrypt that of the destination
	GrantTokens       []string
	DryRun            bool

	SourceKeyARN            string            // of ReEncrypt; * if its ciphertext names no key of the Region
	SourceEncryptionContext map[string]string // of ReEncrypt

	// ErrorCode is the code of the error with which it was answered: empty if it
	// succeeded, DryRunOperationException if it would have. Of a request whose answer
	// was lost, by a [Fault] or because the client gave up, it says how.
	ErrorCode string
	Decisions []Decision // one for each permission that it needed, as far as KMS got
}

// A Decision tells whether a request had one of the permissions that it needed,
// and why.
type Decision struct {
	Action   string // kms:ReEncryptFrom, for example
	Resource string // the ARN of a key or an alias; * for an action that has none
	Allowed  bool
	Sid      string // of the statement that allowed or denied it; empty if it has none
	GrantID  string // of the grant that allowed it

	// Reason names the statement or the grant that allowed or denied it. Where
	// nothing allowed it, it has a line for every statement and grant, and says
	// which element, condition or constraint did not match: the nearest ones first.
	Reason string
}

// String tells the decision in words. Those of a refusal are several lines.
func (d Decision) String() string {
	return d.Action + " on " + d.Resource + ": " + d.Reason
}

// String tells the call and its decisions in words, each on a line of its own.
func (c Call) String() string {
	var b strings.Builder
	b.WriteString(cmp.Or(c.Operation, "A request that names no operation"))
	if c.Principal != "" {
		b.WriteString(" by " + c.Principal)
	}
	if c.ErrorCode != "" {
		b.WriteString(" was answered with " + c.ErrorCode)
	}
	for _, d := range c.Decisions {
		b.WriteString("\n" + d.String())
	}
	return b.String()
}

// usualCallLog is how many calls a Server keeps, unless told otherwise: a
// megabyte or two.
const usualCallLog = 10_000

// WithCallLog sets how many calls the Server keeps for [Server.Calls] and
// [Server.Explain]: the last 10,000 by default. With 0 it keeps none, and
// [Server.CallCount] still counts them all. New panics if n is negative.
func WithCallLog(n int) Option {
	return func(o *options) { o.callLog = n }
}

// Calls returns the requests that came to the Server, or those of some operations,
// in the order in which they were answered. Each attempt of a client is one, even
// if it was refused before an operation ran. If there were more than [WithCallLog]
// lets the Server keep, these are the last ones.
func (s *Server) Calls(operations ...string) []Call {
	var calls []Call
	for _, e := range s.calls.all() {
		if len(operations) == 0 || slices.Contains(operations, e.operation.name) {
			calls = append(calls, e.public(s))
		}
	}
	return calls
}

// CallCount returns how many requests came to the Server, or how many of some
// operations. It also counts those that [Server.Calls] no longer has. Requests for
// an operation that KMS does not have count only if no operations are given.
// CallCount panics over a name that is not an operation of KMS: a test that expects
// none of those could not fail.
func (s *Server) CallCount(operations ...string) int {
	mustBeOperations(operations)
	return s.calls.count(operations)
}

// ForgetCalls makes [Server.Calls] and [Server.CallCount] start afresh, for a test
// that has set its world up.
func (s *Server) ForgetCalls() { s.calls.forget() }

// Explain says in words why a request was refused. The err is what a client got
// for it. The text names the statement or grant that decided, or says what each of
// them lacks. It also explains the error of a dry run that would have succeeded. If
// a ciphertext could not be opened, it lists the encryption contexts that the key
// has encrypted under; if a key or an alias was not found, the Regions and accounts
// that have one of this name; and if a key policy is not JSON, where it goes wrong.
// [Call] has the same information in parts.
//
// The error may be wrapped, may come from the first version of the SDK, or may have
// the request ID in its text only. Explain returns an empty text for nil. If the
// error is not from this Server, or is of a call that is no longer in the log, the
// text says so.
func (s *Server) Explain(err error) string {
	if err == nil {
		return ""
	}
	calls, text := s.calls.all(), told(err)
	for _, e := range slices.Backward(calls) {
		if e.answered(s, err, text) {
			c := e.public(s)
			why := c.String() + s.whyNotOpened(c)
			if e.unsaid != "" {
				why += "\n" + e.unsaid
			}
			return why
		}
	}
	return fmt.Sprintf("This Server has given no such answer in the last %d calls that it keeps. Perhaps nothing was sent.", len(calls))
}

// A record is what is found out about a request while the call runs, for the log.
// The call itself would keep too much alive.
type record struct {
	particulars
	matter
}

// particulars are what a request shares with no other.
type particulars struct {
	at     int64  // in milliseconds since 1970
	number uint64 // of the request
	err    error  // of the answer

	// texts has the names and values of the encryption contexts, the source's last,
	// and after them the grant tokens.
	texts []string
}

// A matter is who asked for what, and why it was allowed or refused. The requests
// of a test are mostly about few matters, so the log keeps each once.
type matter struct {
	operation *operation
	principal *Principal // nil if it is not known, with the Region
	region    *region
	direct    bool // and not over the wire
	keyARN    string
	dryRun    bool

	pairs, sources int32 // how many the encryption contexts have

	first decision // most requests have one

	unsaid string // of the error: what KMS does not tell the client
}

// A decision is what is kept of a Decision.
type decision struct {
	permission *permission
	resource   string
	outcome    policy.Decision
	grant      *grant    // that allowed it
	refusal    string    // all that there is to tell of it
	next       *decision // of the same request
}

// begin fills in the record of a call, empty so far, with what its input says. A
// direct call has no number yet.
func (r *record) begin(a *API, o *operation, number uint64, in any) {
	r.operation, r.number, r.principal, r.region = o, number, a.principal, a.region
	if number == 0 {
		r.number, r.direct = a.server.requests.Add(1), true
	}
	q := askedOf(in)
	r.dryRun = isTrue(q.dryRun)
	r.pairs, r.sources = int32(len(q.encryptionContext)), int32(len(q.source)) //nolint:gosec // no request has that many pairs
	n := 2*len(q.encryptionContext) + 2*len(q.source) + len(q.grantTokens)
	if n == 0 {
		return
	}
	r.texts = make([]string, 0, n)
	for _, pairs := range []map[string]string{q.encryptionContext, q.source} {
		for name, value := range pairs {
			r.texts = append(r.texts, name, value)
		}
	}
	r.texts = append(r.texts, q.grantTokens...)
}

// asked is what inputs of several operations have in common.
type asked struct {
	encryptionContext, source map[string]string
	grantTokens               []string
	dryRun                    *bool
}

func askedOf(in any) asked {
	switch in := in.(type) {
	case *kms.CreateGrantInput:
		return asked{grantTokens: in.GrantTokens, dryRun: in.DryRun}
	case *kms.DecapsulateInput:
		return asked{grantTokens: in.GrantTokens, dryRun: in.DryRun}
	case *kms.DecryptInput:
		return asked{encryptionContext: in.EncryptionContext, grantTokens: in.GrantTokens, dryRun: in.DryRun}
	case *kms.DeriveSharedSecretInput:
		return asked{grantTokens: in.GrantTokens, dryRun: in.DryRun}
	case *kms.DescribeKeyInput:
		return asked{grantTokens: in.GrantTokens}
	case *kms.EncapsulateInput:
		return asked{grantTokens: in.GrantTokens, dryRun: in.DryRun}
	case *kms.EncryptInput:
		return asked{encryptionContext: in.EncryptionContext, grantTokens: in.GrantTokens, dryRun: in.DryRun}
	case *kms.GenerateDataKeyInput:
		return asked{encryptionContext: in.EncryptionContext, grantTokens: in.GrantTokens, dryRun: in.DryRun}
	case *kms.GenerateDataKeyPairInput:
		return asked{encryptionContext: in.EncryptionContext, grantTokens: in.GrantTokens, dryRun: in.DryRun}
	case *kms.GenerateDataKeyPairWithoutPlaintextInput:
		return asked{encryptionContext: in.EncryptionContext, grantTokens: in.GrantTokens, dryRun: in.DryRun}
	case *kms.GenerateDataKeyWithoutPlaintextInput:
		return asked{encryptionContext: in.EncryptionContext, grantTokens: in.GrantTokens, dryRun: in.DryRun}
	case *kms.GenerateMacInput:
		return asked{grantTokens: in.GrantTokens, dryRun: in.DryRun}
	case *kms.GetPublicKeyInput:
		return asked{grantTokens: in.GrantTokens}
	case *kms.ReEncryptInput:
		return asked{in.DestinationEncryptionContext, in.SourceEncryptionContext, in.GrantTokens, in.DryRun}
	case *kms.RetireGrantInput:
		return asked{dryRun: in.DryRun}
	case *kms.RevokeGrantInput:
		return asked{dryRun: in.DryRun}
	case *kms.SignInput:
		return asked{grantTokens: in.GrantTokens, dryRun: in.DryRun}
	case *kms.VerifyInput:
		return asked{grantTokens: in.GrantTokens, dryRun: in.DryRun}
	case *kms.VerifyMacInput:
		return asked{grantTokens: in.GrantTokens, dryRun: in.DryRun}
	default:
		return asked{}
	}
}

// use notes the key that a request came to: of several the first one.
func (r *record) use(k *key, u *use) {
	if r.keyARN == "" && u.permission != reEncryptFrom {
		r.keyARN = k.arn
	}
}

// decide notes a decision. The first one counts once if it is made again, since the
// world might have changed.
func (r *record) decide(d decision) {
	if r.first.permission == nil || r.first.permission == d.permission && r.first.resource == d.resource {
		d.next = r.first.next
		r.first = d
		return
	}
	last := &r.first
	for last.next != nil {
		last = last.next
	}
	last.next = new(d)
}

// finishUnread puts a request into the log that was refused before its operation
// could begin.
func (s *Server) finishUnread(number uint64, o *operation, a *API, err error) {
	r := &record{
		particulars: particulars{at: s.Now().UnixMilli(), number: number, err: err},
		matter:      matter{operation: o},
	}
	if a != nil {
		r.principal, r.region = a.principal, a.region
	}
	s.calls.add(r)
}

// named returns the operation with that name, which KMS need not have.
func named(name string) *operation {
	if h, ok := handlers[name]; ok {
		return h.operation
	}
	const longest = 64 // more than any operation has; the rest is noise
	return &operation{name: name[:min(len(name), longest)]}
}

// errorCode returns the code under which the wire has an error, or "" for none.
func errorCode(err error) string {
	if err == nil {
		return ""
	}
	if api, ok := errors.AsType[smithy.APIError](err); ok {
		return api.ErrorCode()
	}
	_, lost := errors.AsType[*networkFault](err)
	if lost || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err.Error()
	}
	return "KMSInternalException"
}

// answered reports whether a client has err, of which text is told, from this request:
// by its request ID, or because a direct call returned that very error.
func (e *entry) answered(s *Server, err error, text string) bool {
	switch {
	case e.err == nil:
		return false
	case e.direct:
		return errors.Is(err, e.err)
	}
	return strings.Contains(text, s.requestID(e.number))
}

// told returns all texts in which err may have a request ID: those that the errors
// of the SDK keep, of this version of it and of the first one, and its own, for who
// has put such an error in words in place of wrapping it.
func told(err error) string {
	text := err.Error()
	if e, ok := errors.AsType[interface {
		error
		ServiceRequestID() string
	}](err); ok {
		text += "\n" + e.ServiceRequestID()
	}
	if e, ok := errors.AsType[interface {
		error
		RequestID() string
	}](err); ok {
		text += "\n" + e.RequestID()
	}
	return text
}

// public returns the entry as a test sees it. It shares nothing with it.
func (e *entry) public(s *Server) Call {
	p := Call{
		Time: time.UnixMilli(e.at).UTC(), RequestID: s.requestID(e.number), Operation: e.operation.name,
		KeyARN: e.keyARN, DryRun: e.dryRun, ErrorCode: errorCode(e.err),
	}
	if e.principal != nil {
		p.Principal, p.Region = e.principal.label(), e.region.region
	}
	contexts, tokens := e.texts[:2*(e.pairs+e.sources)], e.texts[2*(e.pairs+e.sources):]
	p.EncryptionContext = encryptionContext(contexts[:2*e.pairs])
	p.SourceEncryptionContext = encryptionContext(contexts[2*e.pairs:])
	p.GrantTokens = append(p.GrantTokens, tokens...)
	for d := &e.first; d != nil && d.permission != nil; d = d.next {
		p.Decisions = append(p.Decisions, d.public())
	}
	if e.first.permission == reEncryptFrom {
		p.SourceKeyARN = e.first.resource
	}
	return p
}

// encryptionContext returns the map with those names and values, or nil if there
// are none.
func encryptionContext(texts []string) map[string]string {
	if len(texts) == 0 {
		return nil
	}
	m := make(map[string]string, len(texts)/2)
	for pair := range slices.Chunk(texts, 2) {
		m[pair[0]] = pair[1]
	}
	return m
}

// public returns the decision as a Call has it.
func (d *decision) public() Decision {
	p := Decision{Action: d.permission.name, Resource: d.resource, Allowed: d.refusal == "", Sid: d.outcome.By.Sid, Reason: d.refusal}
	switch {
	case !p.Allowed:
	case d.grant != nil:
		p.Sid, p.GrantID, p.Reason = "", d.grant.id, "allowed by "+d.grant.label()
	default:
		p.Reason = d.outcome.String()
	}
	return p
}

// An entry is what the log keeps of a record.
type entry struct {
	particulars
	*matter
}

// A callLog counts all requests and keeps the last ones.
type callLog struct {
	limit int

	mu     sync.Mutex
	counts []int     // by the number of the operation
	latest []*matter // likewise
	kept   []entry   // a ring, once it has reached its limit
	oldest int       // where it begins
}

func newCallLog(limit int) callLog {
	numbers := 1 + len(operations)
	return callLog{limit: limit, counts: make([]int, numbers), latest: make([]*matter, numbers)}
}

// add counts r and keeps a copy of it.
func (l *callLog) add(r *record) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.counts[r.operation.number]++
	if l.limit == 0 {
		return
	}
	m := l.latest[r.operation.number]
	if m == nil || *m != r.matter {
		m = new(r.matter)
		l.latest[r.operation.number] = m
	}
	e := entry{r.particulars, m}
	if len(l.kept) < l.limit {
		l.kept = append(l.kept, e)
		return
	}
	l.kept[l.oldest] = e
	l.oldest = (l.oldest + 1) % l.limit
}

// all returns what is kept, the oldest first.
func (l *callLog) all() []entry {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Concat(l.kept[l.oldest:], l.kept[:l.oldest])
}

// count returns how many calls there were, or how many of some operations.
func (l *callLog) count(names []string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := 0
	if len(names) == 0 {
		for _, count := range l.counts {
			n += count
		}
	}
	for _, o := range operations {
		if slices.Contains(names, o.name) {
			n += l.counts[o.number]
		}
	}
	return n
}

func (l *callLog) forget() {
	l.mu.Lock()
	defer l.mu.Unlock()
	clear(l.counts)
	clear(l.latest)
	l.kept, l.oldest = nil, 0
}
