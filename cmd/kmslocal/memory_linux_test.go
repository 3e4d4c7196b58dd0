//go:build !race

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

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestMemory holds that ten thousand keys take no more than 15 MiB.
func TestMemory(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("it makes 10,000 keys, and waits for the disk for each")
	}
	for name, args := range map[string][]string{
		"in memory": nil,
		"in a file": {"-state", filepath.Join(t.TempDir(), "state")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, process := startProcess(t, args...)
			before := resident(t, process)
			for range 10_000 {
				createKey(t, p.url)
			}
			assert.Less(t, resident(t, process)-before, 15<<10, "KiB")
		})
	}
}

var residentSize = regexp.MustCompile(`VmRSS:\s+(\d+) kB`)

// resident returns how much memory a process has, in KiB.
func resident(t *testing.T, p *os.Process) int {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.Pid))
	require.NoError(t, err)
	n, err := strconv.Atoi(residentSize.FindStringSubmatch(string(status))[1])
	require.NoError(t, err)
	return n
}

// createKey makes a key without the SDK, which would take longer than KMS.
func createKey(t *testing.T, url string) {
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
