// Package demo is what the scenario programs share: their flags, a KMS to talk
// to, narration, and clean-up.
package demo

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/kmskit/kmskit"
	"github.com/kmskit/kmskit/kmstest"
)

// A Scenario is one program: what it is about, in a line, and what it does.
type Scenario struct {
	Title string
	Run   func(context.Context, *Demo) error
}

// Demo is a running scenario.
type Demo struct {
	// Client talks to the KMS that the flags chose.
	Client *kms.Client
	// Out is where Say writes.
	Out io.Writer

	embedded    *kmstest.Server // nil unless it is the KMS
	interactive bool
	in          *bufio.Reader
	steps       int
	cleanups    []cleanup
}

type cleanup struct {
	what string
	do   func(context.Context) error
}

// cleanupTime bounds the clean-up, which runs also when the scenario was
// interrupted.
const cleanupTime = time.Minute

// Main runs a scenario as a program. The exit status is 1 if it fails, also in
// its clean-up, and 2 if the flags are wrong.
func Main(s Scenario) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := Run(ctx, s, os.Args[1:], os.Stdin, os.Stdout)
	stop()
	switch {
	case err == nil || errors.Is(err, flag.ErrHelp):
	case errors.Is(err, errUsage):
		os.Exit(2)
	default:
		fmt.Fprintln(os.Stderr, "\nFailed:", err)
		os.Exit(1)
	}
}

// errUsage says that the flags were wrong; the flag package has said how.
var errUsage = errors.New("wrong usage")

// Run runs a scenario with the arguments of a command line. It cleans up before
// it returns, whatever happened.
func Run(ctx context.Context, s Scenario, args []string, in io.Reader, out io.Writer) (err error) {
	flags := flag.NewFlagSet(s.Title, flag.ContinueOnError)
	flags.SetOutput(out)
	useAWS := flags.Bool("aws", false, "use AWS, with the default credential chain; charges may apply")
	endpoint := flags.String("endpoint", "", "use the KMS endpoint at this `URL`")
	region := flags.String("region", "", "use this Region (default us-east-1, with -aws that of the credential chain)")
	interactive := flags.Bool("interactive", false, "ask for names, and before each step")
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return err
		}
		return fmt.Errorf("%w: %w", errUsage, err)
	}
	if flags.NArg() > 0 {
		_, _ = fmt.Fprintf(out, "unexpected argument %q\n", flags.Arg(0))
		flags.Usage()
		return fmt.Errorf("%w: unexpected argument %q", errUsage, flags.Arg(0))
	}

	d := &Demo{interactive: *interactive, in: bufio.NewReader(in), Out: out}
	d.Say("%s\n%s", s.Title, strings.Repeat("=", len(s.Title)))
	if err := d.connect(ctx, *useAWS, *endpoint, *region); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.cleanUp(ctx)) }()
	return s.Run(ctx, d)
}

// connect chooses the KMS: the one in this process unless a flag says otherwise.
func (d *Demo) connect(ctx context.Context, useAWS bool, endpoint, region string) error {
	var cfg aws.Config
	switch {
	case useAWS:
		d.Say("This uses AWS: charges may apply, for each key until it is deleted.")
		if d.interactive && d.Ask("Continue? (y/n)", "n") != "y" {
			return errors.New("stopped before anything was done")
		}
		var err error
		if cfg, err = config.LoadDefaultConfig(ctx, config.WithRegion(region)); err != nil {
			return fmt.Errorf("load the AWS configuration: %w", err)
		}
		if cfg.Region == "" {
			return errors.New("no Region is configured: give one with -region")
		}
	case endpoint != "":
		d.Say("This uses the KMS at %s.", endpoint)
		cfg = aws.Config{
			Region:      orDefault(region, "us-east-1"),
			Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""),
		}
	default:
		d.Say("This uses a KMS inside the program; -aws uses AWS.")
		d.embedded = kmstest.New(kmstest.WithRegion(orDefault(region, "us-east-1")))
		cfg = d.embedded.Config()
	}
	d.Client = kms.NewFromConfig(cfg, func(o *kms.Options) {
		if endpoint != "" {
			o.BaseEndpoint = &endpoint
		}
	})
	return nil
}

// As returns a client that acts as another principal. Only the embedded KMS can
// give one; on AWS the other principal has to run its own program.
func (d *Demo) As(principalARN string) (client *kms.Client, ok bool) {
	if d.embedded == nil {
		return nil, false
	}
	return d.embedded.Principal(principalARN).Client(), true
}

// In returns a client for another Region.
func (d *Demo) In(region string) *kms.Client {
	return kms.New(d.Client.Options(), func(o *kms.Options) { o.Region = region })
}

// Advance moves time forward, so that what waits for it happens. Only in the
// embedded KMS can that be done.
func (d *Demo) Advance(by time.Duration) (done bool) {
	if d.embedded == nil {
		return false
	}
	d.embedded.Advance(by)
	return true
}

// TemporaryKey creates a symmetric encryption key that is scheduled for deletion
// when the scenario is over, and returns its ARN.
func (d *Demo) TemporaryKey(ctx context.Context, what string, optFns ...func(*kms.CreateKeyInput)) (arn string, err error) {
	d.Step("Create %s", what)
	keys := kmskit.NewKeyManager(d.Client)
	key, err := keys.CreateKey(ctx, "kmskit demo: "+what, optFns...)
	if err != nil {
		return "", err
	}
	arn = aws.ToString(key.Arn)
	d.DeleteKey(keys, arn, what)
	d.Say("   %s", arn)
	return arn, nil
}

// DeleteKey has the deletion of a key scheduled when the scenario is over, unless
// the scenario has done so itself.
func (d *Demo) DeleteKey(keys *kmskit.KeyManager, keyARN, what string) {
	d.CleanUp("schedule the deletion of "+what, func(ctx context.Context) error {
		key, err := keys.DescribeKey(ctx, keyARN)
		if err == nil && (key.KeyState == types.KeyStatePendingDeletion || key.KeyState == types.KeyStatePendingReplicaDeletion) {
			return nil
		}
		_, err = keys.ScheduleKeyDeletion(ctx, keyARN, 7)
		return err
	})
}

// Say prints a line, as [fmt.Printf] does.
func (d *Demo) Say(format string, args ...any) {
	_, _ = fmt.Fprintf(d.Out, format+"\n", args...)
}

// Step announces the next step, and waits for Enter where the user wants that.
func (d *Demo) Step(format string, args ...any) {
	d.steps++
	d.Say("\n%d. %s", d.steps, fmt.Sprintf(format, args...))
	if d.interactive {
		d.Ask("Press Enter to go on", "")
	}
}

// NotRefused is the error of a scenario where KMS did not refuse what it should
// have: err is what happened instead, if anything.
func NotRefused(what string, err error) error {
	if err == nil {
		return fmt.Errorf("KMS should have refused %s, but did not", what)
	}
	return fmt.Errorf("KMS should have refused %s, but: %w", what, err)
}

// Ask returns what the user answers, or the preset if that is nothing or nobody
// is to be asked.
func (d *Demo) Ask(question, preset string) string {
	if !d.interactive {
		return preset
	}
	if preset != "" {
		question += " [" + preset + "]"
	}
	_, _ = fmt.Fprintf(d.Out, "%s: ", question)
	answer, _ := d.in.ReadString('\n') // at the end of input the preset is the answer
	return orDefault(strings.TrimSpace(answer), preset)
}

// CleanUp has something undone when the scenario is over, the last first, also
// if it fails or is interrupted. What tells the user.
func (d *Demo) CleanUp(what string, do func(context.Context) error) {
	d.cleanups = append(d.cleanups, cleanup{what, do})
}

func (d *Demo) cleanUp(ctx context.Context) error {
	if len(d.cleanups) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanupTime)
	defer cancel()
	d.Say("\nClean up")
	var failed error
	for _, c := range slices.Backward(d.cleanups) {
		d.Say("   %s", c.what)
		if err := c.do(ctx); err != nil {
			failed = errors.Join(failed, fmt.Errorf("%s: %w", c.what, err))
		}
	}
	return failed
}

func orDefault(s, preset string) string {
	if s == "" {
		return preset
	}
	return s
}
