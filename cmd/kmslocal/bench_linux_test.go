package main

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// BenchmarkMemory makes 10,000 symmetric keys and reports how much they add to the
// resident memory of kmslocal. It should be 15 MiB at the most.
func BenchmarkMemory(b *testing.B) {
	for name, args := range map[string]func() []string{
		"in memory": func() []string { return nil },
		"in a file": func() []string { return []string{"-state", filepath.Join(b.TempDir(), "state")} },
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				p, process := startProcess(b, args()...)
				before := resident(b, process)
				for range 10_000 {
					createKey(b, p.url)
				}
				b.ReportMetric(float64(resident(b, process)-before)/1024, "MiB")
				p.stop()
				p.status()
			}
		})
	}
}

var residentSize = regexp.MustCompile(`VmRSS:\s+(\d+) kB`)

// resident returns how much memory a process has, in KiB.
func resident(t testing.TB, p *os.Process) int {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.Pid))
	require.NoError(t, err)
	n, err := strconv.Atoi(residentSize.FindStringSubmatch(string(status))[1])
	require.NoError(t, err)
	return n
}

// createKey makes a key without the SDK, which would take longer than KMS.
func createKey(t testing.TB, url string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader("{}"))
	require.NoError(t, err)
	r.Header.Set("Content-Type", "application/x-amz-json-1.1")
	r.Header.Set("X-Amz-Target", "TrentService.CreateKey")
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=any/20260101/us-east-1/kms/aws4_request, SignedHeaders=host, Signature=0")
	out, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	_, err = io.Copy(io.Discard, out.Body)
	require.NoError(t, err)
	require.NoError(t, out.Body.Close())
	require.Equal(t, http.StatusOK, out.StatusCode)
}
