package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"regexp"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/kmskit/kmskit/kmstest"
)

const (
	succeeded  = 0
	failed     = 1
	wrongUsage = 2
)

// A config is what the command line says.
type config struct {
	addr        string
	region      string
	account     string
	seed        string
	state       string
	quotas      bool
	verbose     bool
	allowRemote bool
	version     bool
	command     []string
}

const usage = `Usage: kmslocal [flags] [command [arguments]]

Kmslocal is an AWS KMS for tests and development: it listens on a port of this
machine and keeps its keys in memory, or in a file with -state. It does not verify
signatures, and its files are not encrypted: it is no place for real secrets.

With a command it serves as long as that runs, whose environment points clients at
it, and then exits with the status of the command.

Flags:
`

// A commandStatus is the exit status of a command that has failed.
type commandStatus int

func (s commandStatus) Error() string { return "exit status " + strconv.Itoa(int(s)) }

// run runs the command until ctx is done, and returns its exit status.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	c, err := parse(args, stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return succeeded
	case err != nil:
		return wrongUsage
	case c.version:
		_, _ = fmt.Fprintln(stdout, "kmslocal", version())
		return succeeded
	}
	err = c.serve(ctx, stdout, stderr)
	if status, ok := err.(commandStatus); ok { //nolint:errorlint // joined to another error it is not all there is to say
		return int(status)
	}
	if err != nil {
		_, _ = fmt.Fprintln(stderr, "kmslocal:", err)
		return failed
	}
	return succeeded
}

// parse reads the command line. It has printed what is wrong with it.
func parse(args []string, stderr io.Writer) (config, error) {
	var c config
	f := flag.NewFlagSet("kmslocal", flag.ContinueOnError)
	f.SetOutput(stderr)
	f.Usage = func() {
		_, _ = fmt.Fprint(stderr, usage)
		f.PrintDefaults()
	}
	f.StringVar(&c.addr, "addr", "", "listen on this `host:port`; port 0 is a free one (default 127.0.0.1:4599, with a command 127.0.0.1:0)")
	f.StringVar(&c.region, "region", "us-east-1", "the `Region` of seeded keys, and of the line that is printed; all others are there too")
	f.StringVar(&c.account, "account", "111122223333", "the `account`, 12 digits, of seeded keys and of requests that no seeded principal makes")
	f.StringVar(&c.seed, "seed", "", "make the keys and principals in this YAML or JSON `file`, unless they are there")
	f.StringVar(&c.state, "state", "", "keep everything in this `file`, which is made if it is not there")
	f.BoolVar(&c.quotas, "quotas", false, "keep every account to the quotas of a new one, such as 50 aliases for each key")
	f.BoolVar(&c.verbose, "v", false, "log every request to standard error, without what it carries, and why one is denied")
	f.BoolVar(&c.allowRemote, "allow-remote", false, "listen on an address that other machines can reach, and answer web pages from anywhere")
	f.BoolVar(&c.version, "version", false, "print the version and exit")
	if err := f.Parse(args); err != nil {
		return config{}, err
	}
	c.command = f.Args()
	c.addr = cmp.Or(c.addr, c.usualAddr())
	err := c.check()
	if err != nil {
		_, _ = fmt.Fprintf(stderr, "kmslocal: %v\nRun kmslocal -help for the flags.\n", err)
	}
	return c, err
}

var (
	regionForm  = regexp.MustCompile(`^[a-z]{2,8}(-[a-z]{2,10}){1,3}-\d{1,2}$`)
	accountForm = regexp.MustCompile(`^\d{12}$`)
)

// usualAddr returns the address without -addr: one that is known to all, unless only
// a command has to know it.
func (c config) usualAddr() string {
	if len(c.command) > 0 {
		return "127.0.0.1:0"
	}
	return "127.0.0.1:4599"
}

func (c config) check() error {
	switch {
	case !regionForm.MatchString(c.region):
		return fmt.Errorf("-region: %q is not the name of a Region", c.region)
	case !accountForm.MatchString(c.account):
		return fmt.Errorf("-account: %q is not an account ID of 12 digits", c.account)
	}
	_, _, err := net.SplitHostPort(c.addr)
	if err != nil {
		return fmt.Errorf("-addr: %w", err)
	}
	return nil
}

func version() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "(devel)"
}

// serve serves until ctx is done, and then gives everything back.
func (c config) serve(ctx context.Context, stdout, stderr io.Writer) (err error) {
	listener, err := c.listen(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = listener.Close() }() // unless the HTTP server has done so
	srv, err := c.open(stderr)
	if err != nil {
		return err
	}
	defer func() {
		if closing := srv.Close(); closing != nil {
			err = errors.Join(err, closing)
		}
	}()
	if err := c.sow(srv); err != nil {
		return err
	}
	settings := c.settings(listener.Addr())
	export := "export " + strings.Join(settings, " ")
	h := c.handler(srv, export, stderr)
	if len(c.command) > 0 {
		return c.serveCommand(ctx, listener, h, settings, stdout, stderr)
	}
	if _, err := fmt.Fprintln(stdout, "kmslocal is ready:", export); err != nil {
		return err
	}
	return serveHTTP(ctx, listener, h, stderr)
}

// serveCommand serves while the command runs, which is asked to end when ctx is done.
func (c config) serveCommand(ctx context.Context, listener net.Listener, h http.Handler, settings []string, stdout, stderr io.Writer) error {
	serving, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	served := make(chan error, 1)
	go func() { served <- serveHTTP(serving, listener, h, stderr) }()

	cmd := exec.CommandContext(ctx, c.command[0], c.command[1:]...) //nolint:gosec // the user's own
	cmd.Env = append(os.Environ(), settings...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, stdout, stderr
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = drain
	err := cmd.Run()
	stop()
	if late := <-served; late != nil {
		return errors.Join(err, late)
	}
	if exit, ok := errors.AsType[*exec.ExitError](err); ok && exit.ExitCode() >= 0 {
		return commandStatus(exit.ExitCode())
	}
	return err
}

// listen opens the port. It opens just the address that it has checked, since a
// name may stand for another one a moment later.
func (c config) listen(ctx context.Context) (net.Listener, error) {
	host, port, err := net.SplitHostPort(c.addr)
	if err != nil {
		return nil, err
	}
	if c.allowRemote {
		return new(net.ListenConfig).Listen(ctx, "tcp", c.addr)
	}
	if host == "" {
		return nil, c.remote("stands for every address of this machine")
	}
	ips, err := net.DefaultResolver.LookupIPAddr(ctx, host)
	if err != nil {
		return nil, err
	}
	for _, ip := range ips {
		if !ip.IP.IsLoopback() {
			return nil, c.remote("is " + ip.String() + ", which other machines can reach")
		}
	}
	var errs []error
	for _, ip := range ips { // of which a machine may have only some
		listener, err := new(net.ListenConfig).Listen(ctx, "tcp", net.JoinHostPort(ip.String(), port))
		if err == nil {
			return listener, nil
		}
		errs = append(errs, err)
	}
	return nil, errors.Join(errs...)
}

func (c config) remote(why string) error {
	return fmt.Errorf("-addr %s %s. Kmslocal verifies no signatures: whoever reaches the port may use and delete every key. "+
		"Say -allow-remote if that is meant", c.addr, why)
}

// open returns the KMS.
func (c config) open(stderr io.Writer) (*kmstest.Server, error) {
	opts := []kmstest.Option{
		kmstest.WithRegion(c.region),
		kmstest.WithAccount(c.account),
		kmstest.WithErrorLog(log.New(stderr, "", log.LstdFlags)),
		kmstest.WithCallLog(c.callLog()),
	}
	if c.quotas {
		opts = append(opts, kmstest.WithQuotas(kmstest.DefaultQuotas()))
	}
	if c.state == "" {
		return kmstest.New(opts...), nil
	}
	defer debug.FreeOSMemory() // which reading the file has taken
	return kmstest.Open(c.state, opts...)
}

// callLog is how many calls to keep: with -v enough to find the one that was just
// answered, and without it none, as nobody could ask for them.
func (c config) callLog() int {
	if c.verbose {
		return 256
	}
	return 0
}

// sow makes the keys and principals of -seed.
func (c config) sow(srv *kmstest.Server) error {
	if c.seed == "" {
		return nil
	}
	f, err := os.Open(c.seed)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	if err := srv.Seed(f); err != nil {
		return fmt.Errorf("%s: %w", c.seed, err)
	}
	return nil
}

// settings returns the environment that points a client at the port. Old SDKs and
// command lines look at AWS_DEFAULT_REGION only, and others at AWS_REGION only.
func (c config) settings(addr net.Addr) []string {
	at := addr.(*net.TCPAddr)
	host := at.IP.String()
	if at.IP.IsUnspecified() {
		host = "127.0.0.1"
	}
	return []string{
		"AWS_ENDPOINT_URL_KMS=http://" + net.JoinHostPort(host, strconv.Itoa(at.Port)),
		"AWS_REGION=" + c.region, "AWS_DEFAULT_REGION=" + c.region,
		"AWS_ACCESS_KEY_ID=any", "AWS_SECRET_ACCESS_KEY=any",
	}
}

// handler returns what answers requests.
func (c config) handler(srv *kmstest.Server, settings string, stderr io.Writer) http.Handler {
	var h http.Handler = srv
	if !c.allowRemote {
		h = forOwnPages(h)
	}
	if c.verbose {
		h = logged(h, srv, slog.New(slog.NewTextHandler(stderr, nil)))
	}
	return welcoming(h, settings)
}

// forOwnPages refuses what a browser sends for a page that is not of this machine.
// KMS answers pages from anywhere, since they need to sign; here any page that is
// open in a browser could use and delete every key.
func forOwnPages(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if origin := r.Header.Get("Origin"); origin != "" && !onThisMachine(origin) {
			http.Error(w, "kmslocal verifies no signatures, so it answers pages of this machine only. "+
				"Start it with -allow-remote if others are meant.", http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// onThisMachine reports whether an origin is one that only this machine can be. The
// origin of a file is none: other pages can have it too.
func onThisMachine(origin string) bool {
	u, err := url.Parse(origin)
	if err != nil {
		return false
	}
	host := u.Hostname()
	return host == "localhost" || strings.HasSuffix(host, ".localhost") || net.ParseIP(host).IsLoopback()
}

// welcoming answers GET, which no client of KMS sends, with a text: for people who
// open the address in a browser, and for probes that ask whether kmslocal is up.
func welcoming(next http.Handler, settings string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead || r.URL.Path != "/" {
			next.ServeHTTP(w, r)
			return
		}
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = io.WriteString(w, "This is kmslocal, an AWS KMS for tests. To point a client at it:\n\n"+settings+"\n") //nolint:gosec // plain text, of the command line alone
	})
}

const (
	// drain is how long requests that are under way get at the end. Whoever stops
	// containers waits for ten seconds in all.
	drain = 8 * time.Second
	// silence is how long a connection gets at the end to begin with its first
	// request. Clients open some in advance and never use them.
	silence = 500 * time.Millisecond
)

// serveHTTP serves until ctx is done, and then until all requests are answered.
func serveHTTP(ctx context.Context, listener net.Listener, h http.Handler, stderr io.Writer) error {
	var fresh newcomers
	s := &http.Server{
		Handler:           h,
		ConnState:         fresh.note,
		ErrorLog:          log.New(stderr, "", log.LstdFlags),
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       30 * time.Second,
		WriteTimeout:      time.Minute, // RSA keys take their time
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
	}
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(listener) }()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	late, cancel := context.WithTimeout(context.WithoutCancel(ctx), drain)
	defer cancel()
	defer time.AfterFunc(silence, fresh.close).Stop()
	if err := s.Shutdown(late); err != nil {
		return errors.Join(fmt.Errorf("some requests were not answered in %v", drain), s.Close())
	}
	return nil
}

// Newcomers are connections on which nothing has come yet. [http.Server.Shutdown]
// waits for them for five seconds.
type newcomers struct {
	mu    sync.Mutex
	conns map[net.Conn]bool
}

// note is told of every change of a connection's state.
func (n *newcomers) note(c net.Conn, state http.ConnState) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if state != http.StateNew {
		delete(n.conns, c)
		return
	}
	if n.conns == nil {
		n.conns = map[net.Conn]bool{}
	}
	n.conns[c] = true
}

func (n *newcomers) close() {
	n.mu.Lock()
	defer n.mu.Unlock()
	for c := range n.conns {
		_ = c.Close()
	}
}
