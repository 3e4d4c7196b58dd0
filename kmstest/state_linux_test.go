package kmstest_test

import (
	"bytes"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/kmskit/kmskit/kmstest"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// fillDisk puts the device that is always full in place of an open file.
func fillDisk(t *testing.T, name string) {
	t.Helper()
	full, err := os.OpenFile("/dev/full", os.O_RDWR, 0)
	require.NoError(t, err)
	defer func() { require.NoError(t, full.Close()) }()
	name, err = filepath.EvalSymlinks(name)
	require.NoError(t, err)
	links, err := filepath.Glob("/proc/self/fd/*")
	require.NoError(t, err)
	for _, link := range links {
		if target, err := os.Readlink(link); err != nil || target != name && target != name+".tmp" {
			continue
		}
		var fd int
		_, err = fmt.Sscanf(link, "/proc/self/fd/%d", &fd)
		require.NoError(t, err)
		require.NoError(t, syscall.Dup3(int(full.Fd()), fd, syscall.O_CLOEXEC))
		return
	}
	t.Fatalf("%s is not open", name)
}

// TestOpen_fullDisk is about a Server that can write no more.
func TestOpen_fullDisk(t *testing.T) {
	t.Parallel()
	name := stateFile(t)
	var report bytes.Buffer
	srv, err := kmstest.Open(name, kmstest.WithClock(still), kmstest.WithErrorLog(log.New(&report, "", 0)))
	require.NoError(t, err)
	c := srv.API()
	changed, other := newKey(t, c), newKey(t, c)
	newAlias(t, c, "alias/x", other)
	safe := kmstest.Dump(srv, false, true)
	fillDisk(t, name)

	_, err = c.DisableKey(t.Context(), &kms.DisableKeyInput{KeyId: changed.KeyId})
	refused(t, err, "KMSInternalException", "kmstest failed inside DisableKey; see its error log.")
	assert.Equal(t, "kmstest: the world cannot be kept any more, so that all changes are refused: write "+name+": no space left on device\n",
		report.String())

	_, err = c.Encrypt(t.Context(), &kms.EncryptInput{KeyId: other.KeyId, Plaintext: []byte("x")})
	assert.NoError(t, err, "it does not depend on what is lost")
	_, err = c.Encrypt(t.Context(), &kms.EncryptInput{KeyId: str("alias/x"), Plaintext: []byte("x")})
	assert.NoError(t, err)
	_, err = c.DescribeKey(t.Context(), &kms.DescribeKeyInput{KeyId: changed.KeyId})
	refusedWith(t, err, "KMSInternalException") // the key is not disabled when the file is opened again
	_, err = c.Encrypt(t.Context(), &kms.EncryptInput{KeyId: changed.KeyId, Plaintext: []byte("x")})
	refusedWith(t, err, "KMSInternalException")
	_, err = c.ListKeys(t.Context(), &kms.ListKeysInput{})
	refusedWith(t, err, "KMSInternalException")

	before := kmstest.Dump(srv, false, true)
	_, err = c.DisableKey(t.Context(), &kms.DisableKeyInput{KeyId: other.KeyId})
	refusedWith(t, err, "KMSInternalException")
	_, err = c.CreateKey(t.Context(), &kms.CreateKeyInput{})
	refusedWith(t, err, "KMSInternalException")
	assert.Equal(t, before, kmstest.Dump(srv, false, true), "nothing is changed any more")
	assert.Equal(t, 1, strings.Count(report.String(), "\n"), "it is reported once")

	assert.ErrorIs(t, srv.Close(), syscall.ENOSPC)
	assert.Equal(t, safe, kmstest.Dump(openState(t, name), false, true))
}
