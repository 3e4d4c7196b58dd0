package kmstest

import (
	"crypto/x509"
	"errors"
	"fmt"
	"log"
	"math"
	"net/http"
	"os"
	"regexp"
	"strings"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
)

// A Server is a KMS in memory: a world of accounts and Regions, empty at first,
// that clients reach through [Server.Client], [Server.API] or, since a Server is
// an [http.Handler] and an [http.RoundTripper], through a port or an
// [http.Client]. It starts no goroutine. One that [New] returns is in memory only
// and needs no Close; one that [Open] returns keeps its world in a file. It is
// safe for concurrent use.
type Server struct {
	world

	regionName string
	clock      func() time.Time
	advanced   atomic.Int64 // nanoseconds
	life       uint64       // how often the world was opened before
	errorLog   *log.Logger
	quotas     Quotas
	signatures bool         // are verified
	delays     *propagation // nil if there are none

	requests    atomic.Uint64 // how many there were
	requestSeed uint64        // of their IDs
	calls       callLog
	lastDate    atomic.Pointer[httpDate]

	attestationRoots *x509.CertPool // nil if there are none

	organizations map[string]string // the paths of accounts in them
	strict        bool              // about policies
	closed        bool              // there are no principals but those it knows

	names  *generator
	sealer *sealer
	faults faults

	principals principals
}

// An Option changes what [New] and [Open] make.
type Option func(*options)

type options struct {
	region   string
	account  string
	seed     *uint64
	clock    func() time.Time
	errorLog *log.Logger
	roots    []*x509.Certificate
	quotas   Quotas
	callLog  int

	signatures    bool
	delays        *Delays
	organizations map[string]string
	strict        bool
	closed        bool
	known         []string
}

// WithRegion sets the Region of the clients that the Server hands out. The
// default is us-east-1. Every other Region is there too, for clients that are
// configured for it.
func WithRegion(name string) Option {
	return func(o *options) { o.region = name }
}

// WithAccount sets the account, 12 digits, of the default principal. The default
// is 111122223333.
func WithAccount(id string) Option {
	return func(o *options) { o.account = id }
}

// WithSeed makes the Server draw key IDs, grant IDs, grant tokens, markers,
// access keys and request IDs from a generator with this seed: the same calls in
// the same order get the same names, and meet the same faults and delays. Key
// material is random all the same, and so are the IDs of key material, which
// depend on it.
func WithSeed(seed uint64) Option {
	return func(o *options) { o.seed = &seed }
}

// WithOrganization puts accounts into an organization of AWS Organizations, at a
// path such as "o-a1b2c3d4e5/r-ab12/ou-ab12-11111111/": the ID of the organization,
// of its root and of the units on the way. Policies see it as aws:PrincipalOrgID
// and aws:PrincipalOrgPaths, and as aws:ResourceOrgID and aws:ResourceOrgPaths of
// the keys of the accounts. It can be given more than once. New panics if path is
// not such a path, or an account is not an ID of 12 digits.
func WithOrganization(path string, accounts ...string) Option {
	return func(o *options) {
		if o.organizations == nil {
			o.organizations = map[string]string{}
		}
		for _, account := range accounts {
			o.organizations[account] = path
		}
	}
}

// WithStrictPolicies makes the Server refuse what KMS accepts although it has no
// effect: a key policy with an operator, a condition key, an action or a value that
// KMS does not know. The MalformedPolicyDocumentException names it. For such an
// identity policy [Server.Principal] panics. Without the option such a statement
// never allows anything, and [Server.Explain] says so.
func WithStrictPolicies() Option {
	return func(o *options) { o.strict = true }
}

// WithKnownPrincipals limits the principals that exist to those with these ARNs,
// those that [Server.Principal] has made, and the roots of their accounts. As in
// AWS, a key policy that names anybody else is then refused with
// MalformedPolicyDocumentException, and a grant with InvalidArnException. Without
// the option every principal exists. New panics if an ARN is not that of a
// principal.
func WithKnownPrincipals(arns ...string) Option {
	return func(o *options) { o.closed, o.known = true, append(o.known, arns...) }
}

// WithClock sets the clock that the Server reads. The default is [time.Now],
// which is the fake clock of a testing/synctest bubble when called inside one.
func WithClock(now func() time.Time) Option {
	return func(o *options) { o.clock = now }
}

// WithErrorLog sets where the Server reports its own bugs: a panic in the course of
// a request answers KMSInternalException, and what it was goes here. So does what
// there is to say about the file of [Open]. The default is standard error.
func WithErrorLog(l *log.Logger) Option {
	return func(o *options) { o.errorLog = l }
}

// WithAttestationRoot makes the Server serve requests with a Recipient: for
// attestation documents that lead to this root certificate, such as that of an
// [Enclave]. It can be given more than once. Without it such requests are refused
// with UnsupportedOperationException.
func WithAttestationRoot(root *x509.Certificate) Option {
	return func(o *options) { o.roots = append(o.roots, root) }
}

const (
	defaultRegion  = "us-east-1"
	defaultAccount = "111122223333"
)

var (
	regionName = regexp.MustCompile(`^[a-z]{2,8}(-[a-z]{2,10}){1,3}-\d{1,2}$`)
	accountID  = regexp.MustCompile(`^\d{12}$`)
	orgPath    = regexp.MustCompile(`^o-[a-z0-9]{10,32}/r-[a-z0-9]{4,32}/(ou-[a-z0-9]{4,32}-[a-z0-9]{8,32}/)*$`)
)

// New returns an empty KMS. It panics if an option has a Region or an account in a
// form that AWS does not have, or a negative number.
func New(opts ...Option) *Server {
	o := newOptions(opts)
	if err := o.check(); err != nil {
		panic(err.Error())
	}
	return newServer(o, 0)
}

func newOptions(opts []Option) options {
	o := options{
		region:   defaultRegion,
		account:  defaultAccount,
		clock:    time.Now,
		errorLog: log.New(os.Stderr, "", log.LstdFlags),
		callLog:  usualCallLog,
	}
	for _, opt := range opts {
		if opt != nil {
			opt(&o)
		}
	}
	return o
}

func (o options) check() error {
	if !regionName.MatchString(o.region) {
		return fmt.Errorf("kmstest: %q is not the name of a Region", o.region)
	}
	if !accountID.MatchString(o.account) {
		return fmt.Errorf("kmstest: %q is not an account ID of 12 digits", o.account)
	}
	for account, path := range o.organizations {
		if !accountID.MatchString(account) || !orgPath.MatchString(path) {
			return fmt.Errorf("kmstest: %q cannot be the path of account %q in an organization", path, account)
		}
	}
	if o.callLog < 0 {
		return fmt.Errorf("kmstest: a log of %d calls cannot be kept", o.callLog)
	}
	if o.delays != nil && (o.delays.Min < 0 || o.delays.Max < 0) {
		return errors.New("kmstest: a delay is negative")
	}
	return nil
}

// newServer returns a KMS with an empty world. A world that is opened again draws
// other names than before, also from the same seed: it is in a later life.
func newServer(o options, life uint64) *Server {
	s := &Server{
		world:      newWorld(),
		regionName: o.region,
		clock:      o.clock,
		errorLog:   o.errorLog,
		quotas:     o.quotas,
		signatures: o.signatures,
		calls:      newCallLog(o.callLog),

		organizations: o.organizations,
		strict:        o.strict,
		closed:        o.closed,

		life:        life,
		requestSeed: newGenerator(o.seed, purposeIn(life, "requests")).source.Uint64(),
		names:       newGenerator(o.seed, purposeIn(life, "names")),
		sealer:      newSealer(newGenerator(o.seed, "seals")),
	}
	s.agenda.next.Store(never)
	s.faults.seeds = newGenerator(o.seed, "faults")
	s.delays = newPropagation(o.delays, newGenerator(o.seed, "delays"))
	for _, root := range o.roots {
		if s.attestationRoots == nil {
			s.attestationRoots = x509.NewCertPool()
		}
		s.attestationRoots.AddCert(root)
	}
	s.principals = newPrincipals(s, o.account, newGenerator(o.seed, "credentials"), newGenerator(o.seed, "unique IDs"))
	for _, arn := range o.known {
		s.Principal(arn)
	}
	return s
}

// Client returns a client of the SDK that reaches this Server without a network,
// as the default principal: user/kmstest in the Server's account, whose identity
// policy allows everything. Options that set the Region or the credentials work
// as they do against AWS.
func (s *Server) Client(optFns ...func(*kms.Options)) *kms.Client {
	return s.principals.standard.Client(optFns...)
}

// Config returns the configuration of [Server.Client], for code that makes its
// own clients. Clients of services other than KMS get KMS's refusal of an
// operation that it does not know.
func (s *Server) Config() aws.Config {
	return s.principals.standard.Config()
}

// RoundTrip makes a Server the transport of an [http.Client], for code that takes
// one of those: whatever host a request is for, it is answered here, without a
// network. Whom it is from and where it goes is told by its Authorization header,
// as with [Server.ServeHTTP].
func (s *Server) RoundTrip(r *http.Request) (*http.Response, error) {
	return transport{s}.RoundTrip(r)
}

// API returns the operations without the SDK's stack, as the default principal
// in the Server's Region.
func (s *Server) API() *API {
	return s.principals.standard.API()
}

// Now returns the time of this KMS: its clock's, and what [Server.Advance] has
// added. It is in UTC and whole milliseconds, as KMS's own times are.
func (s *Server) Now() time.Time {
	now := s.clock().Add(time.Duration(s.advanced.Load()))
	return time.UnixMilli(now.UnixMilli()).UTC()
}

// Advance moves the clock of this KMS forward, and with it all that waits for a
// time, such as the deletion of keys. It panics if d is negative, and where it would
// have moved the clock by more than 292 years in all, the longest [time.Duration].
func (s *Server) Advance(d time.Duration) {
	if d < 0 {
		panic("kmstest: time cannot be moved back")
	}
	defer s.keep() // when the lock is back
	s.mu.Lock()
	defer s.mu.Unlock()
	if time.Duration(s.advanced.Load()) > math.MaxInt64-d {
		panic("kmstest: time cannot be moved forward by more than 292 years in all")
	}
	s.advanced.Add(int64(d))
	s.mark(serverEntity{})
}

// partitions are the parts of AWS, which share nothing, beside the one that most
// Regions are in: how the names of their Regions begin, what ARNs call them, and
// the domain of their services.
//
// https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/partitions.html
var partitions = []struct{ prefix, name, domain string }{
	{"cn-", "aws-cn", "amazonaws.com.cn"},
	{"us-gov-", "aws-us-gov", "amazonaws.com"},
	{"eusc-", "aws-eusc", "amazonaws.eu"},
	{"us-iso-", "aws-iso", "c2s.ic.gov"},
	{"us-isob-", "aws-iso-b", "sc2s.sgov.gov"},
	{"eu-isoe-", "aws-iso-e", "cloud.adc-e.uk"},
	{"us-isof-", "aws-iso-f", "csp.hci.ic.gov"},
}

// partition returns the part of AWS that a Region belongs to, as ARNs name it.
func partition(region string) string {
	name, _ := partitionAndDomain(region)
	return name
}

func partitionAndDomain(region string) (name, domain string) {
	for _, p := range partitions {
		if strings.HasPrefix(region, p.prefix) {
			return p.name, p.domain
		}
	}
	return "aws", "amazonaws.com"
}
