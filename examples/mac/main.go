// Command mac proves with an HMAC key in KMS that messages are unaltered: those of
// a webhook, and JSON Web Tokens.
package main

// snippet-start:[gov2.kms.Scenario_AuthenticateMessages]

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/kmskit/kmskit"
	"github.com/kmskit/kmskit/examples/internal/demo"
)

var scenario = demo.Scenario{Title: "Authenticate messages", Run: run}

func main() { demo.Main(scenario) }

const algorithm = types.MacAlgorithmSpecHmacSha256

func run(ctx context.Context, d *demo.Demo) error {
	authenticator := kmskit.NewAuthenticator(d.Client)
	key, err := d.TemporaryKey(ctx, "an HMAC key", func(in *kms.CreateKeyInput) {
		in.KeySpec = types.KeySpecHmac256
		in.KeyUsage = types.KeyUsageTypeGenerateVerifyMac
	})
	if err != nil {
		return err
	}

	d.Step("Sign the message of a webhook, with the time, which a MAC does not tell")
	message := fmt.Appendf(nil, "%d.%s", time.Now().Unix(), `{"event":"order.paid","order":1017}`)
	mac, err := authenticator.GenerateMac(ctx, key, message, algorithm)
	if err != nil {
		return err
	}
	d.Say("   %s\n   X-Signature: sha256=%s", message, hex.EncodeToString(mac))

	d.Step("Verify it, as the receiver does")
	if err := authenticator.VerifyMac(ctx, key, message, algorithm, mac); err != nil {
		return err
	}
	d.Say("   it is unaltered")

	d.Step("Verify another message")
	forged := []byte(strings.Replace(string(message), "1017", "9999", 1))
	err = authenticator.VerifyMac(ctx, key, forged, algorithm, mac)
	if _, ok := errors.AsType[*types.KMSInvalidMacException](err); !ok {
		return demo.NotRefused("the forged message", err)
	}
	d.Say("   KMS refuses: %v", err)

	d.Step("Sign a JSON Web Token (HS256)")
	token, err := signToken(ctx, authenticator, key, map[string]any{
		"sub": "user-7",
		"exp": time.Now().Add(time.Hour).Unix(),
	})
	if err != nil {
		return err
	}
	d.Say("   %s", token)

	d.Step("Verify the token")
	claims, err := verifyToken(ctx, authenticator, key, token)
	if err != nil {
		return err
	}
	d.Say("   it is for %s", claims.Subject)

	d.Step("Verify a token that has expired")
	expired, err := signToken(ctx, authenticator, key, map[string]any{
		"sub": "user-7",
		"exp": time.Now().Add(-time.Hour).Unix(),
	})
	if err != nil {
		return err
	}
	_, err = verifyToken(ctx, authenticator, key, expired)
	if err == nil {
		return errors.New("the expired token should have been refused")
	}
	d.Say("   refused: %v", err)
	return nil
}

// signToken returns a JSON Web Token of the claims.
func signToken(ctx context.Context, authenticator *kmskit.Authenticator, key string, claims map[string]any) (string, error) {
	payload, err := json.Marshal(claims)
	if err != nil {
		return "", err
	}
	signed := tokenHeader + "." + base64.RawURLEncoding.EncodeToString(payload)
	mac, err := authenticator.GenerateMac(ctx, key, []byte(signed), algorithm)
	if err != nil {
		return "", err
	}
	return signed + "." + base64.RawURLEncoding.EncodeToString(mac), nil
}

type claims struct {
	Subject string `json:"sub"`
	Expires int64  `json:"exp"`
}

// verifyToken returns the claims of a token if its MAC is good and it has not
// expired. It takes no other algorithm than ours, whatever the token says.
func verifyToken(ctx context.Context, authenticator *kmskit.Authenticator, key, token string) (c claims, err error) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 || parts[0] != tokenHeader {
		return c, errors.New("not a token of ours")
	}
	mac, err := base64.RawURLEncoding.DecodeString(parts[2])
	if err != nil {
		return c, err
	}
	if err := authenticator.VerifyMac(ctx, key, []byte(parts[0]+"."+parts[1]), algorithm, mac); err != nil {
		return c, err
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return c, err
	}
	if err := json.Unmarshal(payload, &c); err != nil {
		return c, err
	}
	if expires := time.Unix(c.Expires, 0); !time.Now().Before(expires) {
		return c, fmt.Errorf("the token expired %s ago", time.Since(expires).Round(time.Minute))
	}
	return c, nil
}

var tokenHeader = base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"HS256","typ":"JWT"}`))

// snippet-end:[gov2.kms.Scenario_AuthenticateMessages]
