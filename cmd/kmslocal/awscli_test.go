package main

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A commandLine is the AWS command line, pointed at kmslocal.
type commandLine struct {
	path string
	url  string
	env  []string
}

// run runs a command of KMS and returns its output.
func (c commandLine) run(t *testing.T, args ...string) map[string]any {
	t.Helper()
	out, stderr := c.try(t, args...)
	require.Empty(t, stderr, args)
	if len(out) == 0 {
		return nil
	}
	var members map[string]any
	require.NoError(t, json.Unmarshal(out, &members), "%s", out)
	return members
}

func (c commandLine) try(t *testing.T, args ...string) (stdout []byte, stderr string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), c.path, append([]string{"kms", "--output", "json", "--endpoint-url", c.url}, args...)...)
	cmd.Env = c.env
	var report bytes.Buffer
	cmd.Stderr = &report
	stdout, err := cmd.Output()
	if err != nil && report.Len() == 0 {
		require.NoError(t, err, args)
	}
	return stdout, report.String()
}

// refused asserts that a command fails with an error of KMS.
func (c commandLine) refused(t *testing.T, code string, args ...string) {
	t.Helper()
	_, stderr := c.try(t, args...)
	assert.Contains(t, stderr, "An error occurred ("+code+")")
}

// blob writes a member of an output that is in base64 to a file, and returns how
// an argument names it.
func blob(t *testing.T, member any) string {
	t.Helper()
	b, err := base64.StdEncoding.DecodeString(member.(string))
	require.NoError(t, err)
	return "fileb://" + writeFile(t, string(b))
}

// TestAWSCommandLine drives kmslocal with the AWS command line, if there is one.
func TestAWSCommandLine(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("each command takes half a second")
	}
	path, err := exec.LookPath("aws")
	if err != nil {
		t.Skip("the AWS command line is not installed (Debian: apt-get install awscli)")
	}
	p := start(t)
	empty := filepath.Join(t.TempDir(), "none") // not the configuration of who runs the test
	aws := commandLine{path: path, url: p.url, env: append(os.Environ(),
		"AWS_REGION=us-east-1", "AWS_DEFAULT_REGION=us-east-1",
		"AWS_ACCESS_KEY_ID=any", "AWS_SECRET_ACCESS_KEY=any", "AWS_PAGER=", "AWS_MAX_ATTEMPTS=1",
		"AWS_CONFIG_FILE="+empty, "AWS_SHARED_CREDENTIALS_FILE="+empty)}
	if out, err := exec.CommandContext(t.Context(), path, "--version").CombinedOutput(); err != nil {
		t.Skipf("the AWS command line does not run: %v: %s", err, out)
	}
	createKey := func(t *testing.T, args ...string) string {
		t.Helper()
		return aws.run(t, append([]string{"create-key"}, args...)...)["KeyMetadata"].(map[string]any)["KeyId"].(string)
	}

	t.Run("aliases, encryption and data keys", func(t *testing.T) {
		t.Parallel()
		id := createKey(t, "--description", "orders", "--tags", "TagKey=team,TagValue=payments")
		aws.run(t, "create-alias", "--alias-name", "alias/orders", "--target-key-id", id)
		plaintext := "fileb://" + writeFile(t, "attack at dawn")
		e := aws.run(t, "encrypt", "--key-id", "alias/orders", "--plaintext", plaintext, "--encryption-context", "tenant=blue")
		ciphertext := blob(t, e["CiphertextBlob"])
		d := aws.run(t, "decrypt", "--ciphertext-blob", ciphertext, "--encryption-context", "tenant=blue")
		assert.Equal(t, base64.StdEncoding.EncodeToString([]byte("attack at dawn")), d["Plaintext"])
		key := aws.run(t, "generate-data-key", "--key-id", "alias/orders", "--key-spec", "AES_256")
		assert.Equal(t, key["Plaintext"], aws.run(t, "decrypt", "--ciphertext-blob", blob(t, key["CiphertextBlob"]))["Plaintext"])
	})

	t.Run("signatures", func(t *testing.T) {
		t.Parallel()
		id := createKey(t, "--key-spec", "ECC_NIST_P256", "--key-usage", "SIGN_VERIFY")
		message := []string{"--key-id", id, "--signing-algorithm", "ECDSA_SHA_256", "--message", "fileb://" + writeFile(t, "hello")}
		s := aws.run(t, append([]string{"sign"}, message...)...)
		v := aws.run(t, append([]string{"verify", "--signature", blob(t, s["Signature"])}, message...)...)
		assert.Equal(t, true, v["SignatureValid"])
		aws.refused(t, "KMSInvalidSignatureException", append([]string{"verify", "--signature", "fileb://" + writeFile(t, "forged")}, message...)...)
	})

	t.Run("grants, policies and rotation", func(t *testing.T) {
		t.Parallel()
		id := createKey(t)
		g := aws.run(t, "create-grant", "--key-id", id, "--grantee-principal", "arn:aws:iam::111122223333:role/reader", "--operations", "Decrypt")
		aws.run(t, "revoke-grant", "--key-id", id, "--grant-id", g["GrantId"].(string))

		policy := aws.run(t, "get-key-policy", "--key-id", id, "--policy-name", "default")["Policy"].(string)
		changed := strings.Replace(policy, "Enable IAM User Permissions", "Everything", 1)
		aws.run(t, "put-key-policy", "--key-id", id, "--policy-name", "default", "--policy", changed)
		assert.Equal(t, changed, aws.run(t, "get-key-policy", "--key-id", id, "--policy-name", "default")["Policy"])

		aws.run(t, "enable-key-rotation", "--key-id", id) // older command lines cannot say how often
		assert.Equal(t, true, aws.run(t, "get-key-rotation-status", "--key-id", id)["KeyRotationEnabled"])
	})

	t.Run("import and deletion", func(t *testing.T) {
		t.Parallel()
		id := createKey(t, "--origin", "EXTERNAL")
		parameters := aws.run(t, "get-parameters-for-import", "--key-id", id, "--wrapping-algorithm", "RSAES_OAEP_SHA_256", "--wrapping-key-spec", "RSA_2048")
		public, err := base64.StdEncoding.DecodeString(parameters["PublicKey"].(string))
		require.NoError(t, err)
		aws.run(t, "import-key-material", "--key-id", id, "--expiration-model", "KEY_MATERIAL_DOES_NOT_EXPIRE",
			"--import-token", blob(t, parameters["ImportToken"]),
			"--encrypted-key-material", "fileb://"+writeFile(t, string(wrap(t, public, make([]byte, 32)))))
		aws.run(t, "encrypt", "--key-id", id, "--plaintext", "fileb://"+writeFile(t, "x"))
		deletion := aws.run(t, "schedule-key-deletion", "--key-id", id, "--pending-window-in-days", "7")
		assert.Equal(t, "PendingDeletion", deletion["KeyState"])
		aws.refused(t, "KMSInvalidStateException", "encrypt", "--key-id", id, "--plaintext", "fileb://"+writeFile(t, "x"))
	})
}
