package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// beKmslocal makes the test binary the command itself.
const beKmslocal = "BE_KMSLOCAL"

func TestMain(m *testing.M) {
	if os.Getenv(beKmslocal) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// A program is kmslocal while it runs, in this process or in one of its own.
type program struct {
	url    string
	line   string        // that it has printed
	stop   func()        // interrupts it
	status func() int    // waits for its end
	stderr *bytes.Buffer // to be read after its end
}

// start runs kmslocal in this process, on a free port.
func start(t testing.TB, args ...string) *program {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	out, in := io.Pipe()
	p := &program{stop: stop, stderr: new(bytes.Buffer)}
	ended := make(chan int, 1)
	go func() {
		status := run(ctx, append([]string{"-addr", "127.0.0.1:0"}, args...), in, p.stderr)
		_ = in.Close()
		ended <- status
	}()
	p.status = sync.OnceValue(func() int { return <-ended })
	t.Cleanup(func() { stop(); p.status() })
	p.await(t, out)
	return p
}

// startProcess runs kmslocal in a process of its own.
func startProcess(t testing.TB, args ...string) (*program, *os.Process) {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	cmd := exec.CommandContext(t.Context(), self, append([]string{"-addr", "127.0.0.1:0"}, args...)...)
	cmd.Env = append(os.Environ(), beKmslocal+"=1")
	p := &program{stderr: new(bytes.Buffer)}
	cmd.Stderr = p.stderr
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	p.stop = func() { _ = cmd.Process.Signal(syscall.SIGTERM) }
	p.status = sync.OnceValue(func() int { _ = cmd.Wait(); return cmd.ProcessState.ExitCode() })
	t.Cleanup(func() { _ = cmd.Process.Kill(); p.status() })
	p.await(t, out)
	return p, cmd.Process
}

var endpoint = regexp.MustCompile(`export AWS_ENDPOINT_URL_KMS=(http://\S+) `)

// await reads the line that says where the program listens.
func (p *program) await(t testing.TB, out io.Reader) {
	t.Helper()
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		require.NoError(t, err, "status %d: %s", p.status(), p.stderr)
	}
	p.line = line
	m := endpoint.FindStringSubmatch(line)
	require.NotNil(t, m, line)
	p.url = m[1]
}

// client returns a client of the SDK with any credentials.
func (p *program) client(optFns ...func(*kms.Options)) *kms.Client {
	return kms.NewFromConfig(aws.Config{
		Region:       "us-east-1",
		BaseEndpoint: &p.url,
		Retryer:      func() aws.Retryer { return aws.NopRetryer{} },
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "any", SecretAccessKey: "any"}, nil
		}),
	}, optFns...)
}

func writeFile(t testing.TB, text string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(name, []byte(text), 0o600))
	return name
}

const (
	seededID = "1234abcd-12ab-34cd-56ef-1234567890ab"
	seed     = "Keys: [{KeyId: " + seededID + ", Aliases: [alias/orders], Material: " +
		"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f}]"
)

func TestRun(t *testing.T) {
	t.Parallel()
	t.Run("serves until it is interrupted", func(t *testing.T) {
		t.Parallel()
		p := start(t, "-region", "eu-west-1", "-account", "444455556666")
		assert.Equal(t, "kmslocal is ready: export AWS_ENDPOINT_URL_KMS="+p.url+" AWS_REGION=eu-west-1 AWS_DEFAULT_REGION=eu-west-1 "+
			"AWS_ACCESS_KEY_ID=any AWS_SECRET_ACCESS_KEY=any\n", p.line)
		k, err := p.client(func(o *kms.Options) { o.Region = "eu-west-1" }).CreateKey(t.Context(), &kms.CreateKeyInput{})
		require.NoError(t, err)
		assert.Contains(t, *k.KeyMetadata.Arn, "arn:aws:kms:eu-west-1:444455556666:key/")
		p.stop()
		assert.Equal(t, succeeded, p.status())
		assert.Empty(t, p.stderr.String())
	})

	t.Run("tells people and probes what it is", func(t *testing.T) {
		t.Parallel()
		p := start(t)
		out, err := http.Get(p.url)
		require.NoError(t, err)
		body, err := io.ReadAll(out.Body)
		require.NoError(t, err)
		assert.Equal(t, http.StatusOK, out.StatusCode)
		assert.Contains(t, string(body), strings.TrimPrefix(p.line, "kmslocal is ready: "))
		out, err = http.Get(p.url + "/keys")
		require.NoError(t, err)
		assert.Equal(t, http.StatusBadRequest, out.StatusCode, "KMS's own answer")
	})

	t.Run("answers web pages of this machine", func(t *testing.T) {
		t.Parallel()
		preflight := func(p *program, origin string) *http.Response {
			r, err := http.NewRequestWithContext(t.Context(), http.MethodOptions, p.url, http.NoBody)
			require.NoError(t, err)
			r.Header.Set("Origin", origin)
			answer, err := http.DefaultClient.Do(r)
			require.NoError(t, err)
			require.NoError(t, answer.Body.Close())
			return answer
		}
		p := start(t)
		for _, origin := range []string{"http://localhost:3000", "http://app.localhost", "https://127.0.0.1", "http://[::1]:8080"} {
			answer := preflight(p, origin)
			assert.Equal(t, http.StatusOK, answer.StatusCode, origin)
			assert.Equal(t, "*", answer.Header.Get("Access-Control-Allow-Origin"), origin)
		}
		for _, origin := range []string{"https://shop.example", "http://127.0.0.1.example", "http://localhost.example", "null", "http://[", "http://192.0.2.1"} {
			answer := preflight(p, origin)
			assert.Equal(t, http.StatusForbidden, answer.StatusCode, origin)
			assert.Empty(t, answer.Header.Get("Access-Control-Allow-Origin"), origin)
		}
		assert.Equal(t, http.StatusOK, preflight(start(t, "-allow-remote"), "https://shop.example").StatusCode)
	})

	t.Run("answers what is under way when it is interrupted", func(t *testing.T) {
		t.Parallel()
		p := start(t)
		conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", strings.TrimPrefix(p.url, "http://"))
		require.NoError(t, err)
		defer func() { _ = conn.Close() }()
		_, err = io.WriteString(conn, "POST / HTTP/1.1\r\nHost: x\r\nX-Amz-Target: TrentService.ListKeys\r\n"+
			"Content-Type: application/x-amz-json-1.1\r\nContent-Length: 2\r\nExpect: 100-continue\r\n"+
			"Authorization: AWS4-HMAC-SHA256 Credential=any/20260101/us-east-1/kms/aws4_request, SignedHeaders=host, Signature=0\r\n\r\n")
		require.NoError(t, err)
		in := bufio.NewReader(conn)
		line, err := in.ReadString('\n')
		require.NoError(t, err)
		require.Contains(t, line, "100 Continue", "it waits for the body")
		_, err = in.ReadString('\n')
		require.NoError(t, err)

		p.stop()
		for { // until the port is closed
			c, err := new(net.Dialer).DialContext(t.Context(), "tcp", strings.TrimPrefix(p.url, "http://"))
			if err != nil {
				break
			}
			_ = c.Close()
		}
		_, err = io.WriteString(conn, "{}")
		require.NoError(t, err)
		answer, err := http.ReadResponse(in, nil)
		require.NoError(t, err)
		assert.Equal(t, http.StatusOK, answer.StatusCode)
		assert.Equal(t, succeeded, p.status())
	})

	t.Run("does not wait for connections that say nothing", func(t *testing.T) {
		t.Parallel()
		p := start(t)
		conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", strings.TrimPrefix(p.url, "http://"))
		require.NoError(t, err)
		defer func() { _ = conn.Close() }()
		_, err = p.client().ListKeys(t.Context(), &kms.ListKeysInput{}) // by when it has been accepted
		require.NoError(t, err)
		stopped := time.Now()
		p.stop()
		assert.Equal(t, succeeded, p.status())
		assert.Less(t, time.Since(stopped), 4*time.Second)
	})

	t.Run("logs requests without what they carry", func(t *testing.T) {
		t.Parallel()
		p := start(t, "-v", "-seed", writeFile(t, seed))
		c := p.client()
		const secret = "c2VjcmV0IHRleHQ=" // in base64, as it is sent
		e, err := c.Encrypt(t.Context(), &kms.EncryptInput{KeyId: aws.String("alias/orders"), Plaintext: []byte("secret text")})
		require.NoError(t, err)
		_, err = c.Decrypt(t.Context(), &kms.DecryptInput{CiphertextBlob: e.CiphertextBlob})
		require.NoError(t, err)
		_, err = c.CreateKey(t.Context(), &kms.CreateKeyInput{})
		require.NoError(t, err)
		_, err = c.DescribeKey(t.Context(), &kms.DescribeKeyInput{KeyId: aws.String("alias/none\nlevel=ERROR")})
		require.Error(t, err)
		p.stop()
		p.status()
		lines := strings.Split(strings.TrimSpace(p.stderr.String()), "\n")
		require.Len(t, lines, 4)
		assert.Regexp(t, `msg=request operation=Encrypt status=200 key=alias/orders duration=\S+ request=[-0-9a-f]{36}$`, lines[0])
		assert.Regexp(t, `operation=Decrypt status=200 key=arn:\S+`+seededID, lines[1])
		assert.Regexp(t, `operation=CreateKey status=200 key=[-0-9a-f]{36} `, lines[2])
		assert.Regexp(t, `operation=DescribeKey status=400 error=\w+ key="alias/none\\nlevel=ERROR" `, lines[3])
		assert.NotContains(t, p.stderr.String(), secret)
		assert.NotContains(t, p.stderr.String(), "secret text")
	})

	t.Run("logs why a request is denied", func(t *testing.T) {
		t.Parallel()
		p := start(t, "-v", "-seed", writeFile(t, seed+`
Principals:
  - Arn: arn:aws:iam::111122223333:role/reader
    AccessKeyId: reader
    Policies: [{Statement: {Sid: Read, Effect: Allow, Action: kms:Decrypt, Resource: '*'}}]
`))
		_, err := p.client(func(o *kms.Options) {
			o.Credentials = aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
				return aws.Credentials{AccessKeyID: "reader", SecretAccessKey: "any"}, nil
			})
		}).Encrypt(t.Context(), &kms.EncryptInput{KeyId: aws.String("alias/orders"), Plaintext: []byte("x")})
		require.ErrorContains(t, err, "User: arn:aws:iam::111122223333:role/reader is not authorized to perform: kms:Encrypt")
		p.stop()
		p.status()
		assert.Regexp(t, `operation=Encrypt status=400 error=AccessDeniedException .* principal=arn:aws:iam::111122223333:role/reader denied="kms:Encrypt on `+
			`arn:aws:kms:us-east-1:111122223333:key/`+seededID+`: refused: .*Read`, p.stderr.String())
	})

	t.Run("keeps everything in a file", func(t *testing.T) {
		t.Parallel()
		state := filepath.Join(t.TempDir(), "state")
		p := start(t, "-state", state, "-seed", writeFile(t, seed))
		e, err := p.client().Encrypt(t.Context(), &kms.EncryptInput{KeyId: aws.String("alias/orders"), Plaintext: []byte("x")})
		require.NoError(t, err)
		_, err = p.client().UpdateKeyDescription(t.Context(), &kms.UpdateKeyDescriptionInput{KeyId: aws.String(seededID), Description: aws.String("mine")})
		require.NoError(t, err)

		var stderr bytes.Buffer
		assert.Equal(t, failed, run(t.Context(), []string{"-addr", "127.0.0.1:0", "-state", state}, io.Discard, &stderr))
		assert.Contains(t, stderr.String(), "it is in use: another Server, of this process or another one, has it open")

		p.stop()
		require.Equal(t, succeeded, p.status())
		p = start(t, "-state", state, "-seed", writeFile(t, seed))
		out, err := p.client().Decrypt(t.Context(), &kms.DecryptInput{CiphertextBlob: e.CiphertextBlob})
		require.NoError(t, err)
		assert.Equal(t, "x", string(out.Plaintext))
		k, err := p.client().DescribeKey(t.Context(), &kms.DescribeKeyInput{KeyId: aws.String(seededID)})
		require.NoError(t, err)
		assert.Equal(t, "mine", *k.KeyMetadata.Description)
	})

	t.Run("makes ciphertexts with seeded material that the next run opens", func(t *testing.T) {
		t.Parallel()
		e, err := start(t, "-seed", writeFile(t, seed)).client().Encrypt(t.Context(), &kms.EncryptInput{KeyId: aws.String(seededID), Plaintext: []byte("x")})
		require.NoError(t, err)
		_, err = start(t, "-seed", writeFile(t, seed)).client().Decrypt(t.Context(), &kms.DecryptInput{CiphertextBlob: e.CiphertextBlob})
		assert.NoError(t, err)
	})

	t.Run("does not touch a damaged file", func(t *testing.T) {
		t.Parallel()
		damaged := writeFile(t, "kmskit state, version 1\n00000000 []\n")
		var stdout, stderr bytes.Buffer
		assert.Equal(t, failed, run(t.Context(), []string{"-addr", "127.0.0.1:0", "-state", damaged}, &stdout, &stderr))
		assert.Equal(t, "kmslocal: kmstest: "+damaged+": damaged from byte 24 on: the checksum of a line is wrong. Nothing was changed. "+
			"Put a good copy of the file in its place, or remove it to begin with nothing\n", stderr.String())
		assert.Empty(t, stdout.String())
	})
}

func TestRun_command(t *testing.T) {
	t.Parallel()
	t.Run("finds it in its environment", func(t *testing.T) {
		t.Parallel()
		var stdout, stderr bytes.Buffer
		status := run(t.Context(), []string{
			"-region", "eu-west-1", "-seed", writeFile(t, seed), "--", "sh", "-c",
			`echo "$AWS_REGION, $AWS_DEFAULT_REGION, $AWS_ACCESS_KEY_ID, $AWS_SECRET_ACCESS_KEY, $AWS_ENDPOINT_URL_KMS"; echo wrong >&2; exit 7`,
		}, &stdout, &stderr)
		assert.Equal(t, 7, status)
		assert.Regexp(t, `^(eu-west-1, ){2}(any, ){2}http://127\.0\.0\.1:\d+\n$`, stdout.String())
		assert.NotContains(t, stdout.String(), ":4599", "each has a port of its own")
		assert.Equal(t, "wrong\n", stderr.String())
	})

	t.Run("is served while it runs, and no longer", func(t *testing.T) {
		t.Parallel()
		out, in := io.Pipe()
		ctx, stop := context.WithCancel(t.Context())
		status := make(chan int, 1)
		go func() {
			status <- run(ctx, []string{"sh", "-c", `echo "export AWS_ENDPOINT_URL_KMS=$AWS_ENDPOINT_URL_KMS "; exec sleep 60`}, in, io.Discard)
		}()
		p := &program{stop: stop, stderr: new(bytes.Buffer), status: func() int { return <-status }}
		p.await(t, out)
		_, err := p.client().ListKeys(t.Context(), &kms.ListKeysInput{})
		require.NoError(t, err)
		p.stop()
		assert.Equal(t, failed, p.status(), "a command that was ended has no status of its own")
		_, err = p.client().ListKeys(t.Context(), &kms.ListKeysInput{})
		assert.Error(t, err)
	})

	t.Run("succeeds if it does", func(t *testing.T) {
		t.Parallel()
		assert.Equal(t, succeeded, run(t.Context(), []string{"true"}, io.Discard, io.Discard))
	})
}

func TestRun_flags(t *testing.T) {
	t.Parallel()
	wrongSeed := writeFile(t, "Keys: [{KeyId: x}]")
	for args, want := range map[string]struct {
		status         int
		stdout, stderr string
	}{
		"-help":                                {succeeded, "", "-addr host:port"},
		"-version":                             {succeeded, "kmslocal ", ""},
		"-colour red":                          {wrongUsage, "", "flag provided but not defined: -colour"},
		"no-such-command":                      {failed, "", `kmslocal: exec: "no-such-command": executable file not found`},
		"-region earth":                        {wrongUsage, "", `-region: "earth" is not the name of a Region`},
		"-account 1":                           {wrongUsage, "", `-account: "1" is not an account ID of 12 digits`},
		"-addr 4599":                           {wrongUsage, "", "-addr: address 4599: missing port in address"},
		"-addr :0":                             {failed, "", "-addr :0 stands for every address of this machine. Kmslocal verifies no signatures"},
		"-addr 0.0.0.0:0":                      {failed, "", "-addr 0.0.0.0:0 is 0.0.0.0, which other machines can reach"},
		"-addr [::]:0":                         {failed, "", "is ::, which other machines can reach"},
		"-addr 192.0.2.1:0":                    {failed, "", "Say -allow-remote if that is meant"},
		"-addr 127.0.0.1:0 -seed /none":        {failed, "", "open /none: "},
		"-addr 127.0.0.1:0 -state /none/state": {failed, "", "kmslocal: kmstest: /none/state: "},
		"-addr 127.0.0.1:0 -seed " + wrongSeed: {failed, "", wrongSeed + `: kmstest: seed: line 1: key "x"`},
	} {
		t.Run(args, func(t *testing.T) {
			t.Parallel()
			var stdout, stderr bytes.Buffer
			assert.Equal(t, want.status, run(t.Context(), strings.Fields(args), &stdout, &stderr))
			assert.Contains(t, stdout.String(), want.stdout)
			assert.Contains(t, stderr.String(), want.stderr)
			if want.status != succeeded {
				assert.Empty(t, stdout.String())
			}
		})
	}

	t.Run("-allow-remote", func(t *testing.T) {
		t.Parallel()
		p := start(t, "-addr", "0.0.0.0:0", "-allow-remote")
		assert.Contains(t, p.url, "http://127.0.0.1:")
		_, err := p.client().ListKeys(t.Context(), &kms.ListKeysInput{})
		assert.NoError(t, err)
	})

	t.Run("-quotas", func(t *testing.T) {
		t.Parallel()
		for _, args := range [][]string{nil, {"-quotas"}} {
			c := start(t, append(args, "-seed", writeFile(t, seed))...).client()
			var err error
			for i := range 50 { // beside the one of the seed
				_, err = c.CreateAlias(t.Context(), &kms.CreateAliasInput{AliasName: aws.String(fmt.Sprint("alias/", i)), TargetKeyId: aws.String(seededID)})
			}
			if args == nil {
				require.NoError(t, err)
				continue
			}
			assert.ErrorContains(t, err, "LimitExceededException")
		}
	})

	t.Run("-addr localhost", func(t *testing.T) {
		t.Parallel()
		_, err := start(t, "-addr", "localhost:0").client().ListKeys(t.Context(), &kms.ListKeysInput{})
		assert.NoError(t, err)
	})
}
