package kmstest_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"reflect"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/kmskit/kmskit/kmstest"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestServer_Calls(t *testing.T) {
	t.Parallel()
	t.Run("tells what was asked", func(t *testing.T) {
		t.Parallel()
		everyDepth(t, func(t *testing.T, srv *kmstest.Server, c caller) {
			k := newKey(t, c)
			grant, err := c.CreateGrant(t.Context(), newGrant(k))
			require.NoError(t, err)
			srv.ForgetCalls()

			before := srv.Now()
			_, err = c.Encrypt(t.Context(), &kms.EncryptInput{
				KeyId: k.KeyId, Plaintext: []byte("attack at dawn"), GrantTokens: []string{*grant.GrantToken},
				EncryptionContext: map[string]string{"tenant": "blue", "purpose": "test"}, DryRun: new(true),
			})
			refusedWith(t, err, "DryRunOperationException")

			calls := srv.Calls()
			require.Len(t, calls, 1)
			got := calls[0]
			assert.False(t, got.Time.Before(before))
			assert.Len(t, got.RequestID, 36)
			got.Time, got.RequestID = time.Time{}, ""
			assert.Equal(t, kmstest.Call{
				Operation: "Encrypt", Principal: "arn:aws:iam::" + account + ":user/kmstest", Region: "us-east-1",
				KeyARN: *k.Arn, EncryptionContext: map[string]string{"tenant": "blue", "purpose": "test"},
				GrantTokens: []string{*grant.GrantToken}, DryRun: true, ErrorCode: "DryRunOperationException",
				Decisions: []kmstest.Decision{{
					Action: "kms:Encrypt", Resource: *k.Arn, Allowed: true,
					Reason: `allowed by statement 1 of identity policy 1, which counts because of statement 1 ("Enable IAM User Permissions") of the key policy`,
				}},
			}, got)
		})
	})

	t.Run("has both sides of a ReEncrypt", func(t *testing.T) {
		t.Parallel()
		srv := kmstest.New()
		from, to := newKey(t, srv.API()), newKey(t, srv.API())
		_, err := srv.API().ReEncrypt(t.Context(), &kms.ReEncryptInput{
			CiphertextBlob:   encrypt(t, srv.API(), from, "x", map[string]string{"a": "1"}),
			DestinationKeyId: to.KeyId, SourceEncryptionContext: map[string]string{"a": "1"}, DestinationEncryptionContext: map[string]string{"b": "2"},
		})
		require.NoError(t, err)
		got := srv.Calls("ReEncrypt")[0]
		assert.Equal(t, *from.Arn, got.SourceKeyARN)
		assert.Equal(t, *to.Arn, got.KeyARN)
		assert.Equal(t, map[string]string{"a": "1"}, got.SourceEncryptionContext)
		assert.Equal(t, map[string]string{"b": "2"}, got.EncryptionContext)
		require.Len(t, got.Decisions, 2)
		assert.Equal(t, "kms:ReEncryptFrom", got.Decisions[0].Action)
		assert.Equal(t, "kms:ReEncryptTo", got.Decisions[1].Action)
	})

	t.Run("has nothing of what is secret", func(t *testing.T) {
		t.Parallel()
		srv := kmstest.New()
		k := newKey(t, srv.API())
		const secret = "attack at dawn"
		sealed := encrypt(t, srv.API(), k, secret, nil)
		_, err := srv.API().Decrypt(t.Context(), &kms.DecryptInput{CiphertextBlob: sealed})
		require.NoError(t, err)
		_, err = srv.API().Encrypt(t.Context(), &kms.EncryptInput{KeyId: str(secret), Plaintext: []byte(secret)})
		require.ErrorContains(t, err, secret, "a text that the log must not have")
		told := fmt.Sprintf("%+v", srv.Calls())
		assert.NotContains(t, told, secret)
		assert.NotContains(t, told, string(sealed))
	})

	t.Run("notes the key that is refused, made or named by an alias", func(t *testing.T) {
		t.Parallel()
		srv := kmstest.New()
		k := newKey(t, srv.API())
		newAlias(t, srv.API(), "alias/orders", k)
		_, err := srv.Principal(role(account, "nobody")).API().Encrypt(t.Context(), &kms.EncryptInput{KeyId: str("alias/orders"), Plaintext: []byte("x")})
		refusedWith(t, err, "AccessDeniedException")
		for _, operation := range []string{"CreateKey", "CreateAlias", "Encrypt"} {
			assert.Equal(t, *k.Arn, srv.Calls(operation)[0].KeyARN, operation)
		}
		_, err = srv.API().Encrypt(t.Context(), &kms.EncryptInput{KeyId: str("alias/none"), Plaintext: []byte("x")})
		refusedWith(t, err, "NotFoundException")
		last := srv.Calls()[len(srv.Calls())-1]
		assert.Empty(t, last.KeyARN)
		assert.Equal(t, "NotFoundException", last.ErrorCode)
	})

	t.Run("has requests that never reached an operation", func(t *testing.T) {
		t.Parallel()
		srv := kmstest.New()
		send := func(target, body string, header ...string) {
			r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", strings.NewReader(body))
			r.Header.Set("Content-Type", "application/x-amz-json-1.1")
			r.Header.Set("X-Amz-Target", target)
			for _, h := range header {
				r.Header.Set("Authorization", h)
			}
			srv.ServeHTTP(httptest.NewRecorder(), r)
		}
		const signed = "AWS4-HMAC-SHA256 Credential=AKIA/20260101/eu-west-1/kms/aws4_request, SignedHeaders=host, Signature=00"
		send("TrentService.Nonsense", "{}", signed)
		send("TrentService.ListKeys", "{}")
		send("TrentService.ListKeys", "{", signed)
		send("TrentService.ListKeys", `{"Limit":0}`, signed)
		send(strings.Repeat("x", 1000), "{}")
		var got []string
		for _, c := range srv.Calls() {
			got = append(got, strings.Join([]string{c.Operation, c.Region, c.Principal, c.ErrorCode}, "|"))
			assert.Len(t, c.RequestID, 36)
		}
		const user = "arn:aws:iam::" + account + ":user/kmstest"
		assert.Equal(t, []string{
			"Nonsense|||UnknownOperationException",
			"ListKeys|||MissingAuthenticationTokenException",
			"ListKeys|eu-west-1|" + user + "|SerializationException",
			"ListKeys|eu-west-1|" + user + "|ValidationException",
			strings.Repeat("x", 64) + "|||UnknownOperationException",
		}, got)

		send("", "Action=AssumeRole&Version=2011-06-15") // to another service, by a client that was given Server.Config
		assert.Equal(t, "A request that names no operation was answered with UnknownOperationException", srv.Calls()[5].String())
	})

	t.Run("has a panic as what the client saw", func(t *testing.T) {
		t.Parallel()
		stopped := false
		srv := kmstest.New(kmstest.WithErrorLog(log.New(io.Discard, "", 0)), kmstest.WithClock(func() time.Time {
			if !stopped {
				stopped = true
				panic("the clock has stopped")
			}
			return time.Now()
		}))
		_, err := srv.API().ListKeys(t.Context(), nil)
		refusedWith(t, err, "KMSInternalException")
		assert.Equal(t, "KMSInternalException", srv.Calls()[0].ErrorCode)
	})

	t.Run("is the caller's to change, and does not follow its input", func(t *testing.T) {
		t.Parallel()
		srv := kmstest.New()
		k := newKey(t, srv.API())
		in := &kms.EncryptInput{
			KeyId: k.KeyId, Plaintext: []byte("x"), EncryptionContext: map[string]string{"a": "1"}, GrantTokens: []string{"not one"},
		}
		_, err := srv.API().Encrypt(t.Context(), in)
		refusedWith(t, err, "InvalidGrantTokenException")
		in.EncryptionContext["a"], in.GrantTokens[0] = "2", "changed"
		for range 2 {
			got := srv.Calls("Encrypt")[0]
			assert.Equal(t, map[string]string{"a": "1"}, got.EncryptionContext)
			assert.Equal(t, []string{"not one"}, got.GrantTokens)
			got.EncryptionContext["a"], got.GrantTokens[0] = "2", "changed"
			got.Decisions = append(got.Decisions, kmstest.Decision{})
		}
	})

	t.Run("has every member that inputs share", func(t *testing.T) {
		t.Parallel()
		srv := kmstest.New()
		api := reflect.ValueOf(srv.API())
		for i := range api.NumMethod() {
			name := api.Type().Method(i).Name
			in := reflect.New(api.Method(i).Type().In(1).Elem())
			set := func(member string, value any) bool {
				field := in.Elem().FieldByName(member)
				if field.IsValid() {
					field.Set(reflect.ValueOf(value))
				}
				return field.IsValid()
			}
			dryRun := set("DryRun", new(true))
			tokens := set("GrantTokens", []string{"a token"})
			pairs := set("EncryptionContext", map[string]string{"a": "1"}) || set("DestinationEncryptionContext", map[string]string{"a": "1"})
			sources := set("SourceEncryptionContext", map[string]string{"b": "2"})
			api.Method(i).Call([]reflect.Value{reflect.ValueOf(t.Context()), in})

			got := srv.Calls(name)
			require.Len(t, got, 1, name)
			assert.Equal(t, dryRun, got[0].DryRun, name)
			assert.Equal(t, tokens, len(got[0].GrantTokens) == 1, name)
			assert.Equal(t, pairs, got[0].EncryptionContext["a"] == "1", name)
			assert.Equal(t, sources, got[0].SourceEncryptionContext["b"] == "2", name)
		}
	})

	t.Run("does not have what was never sent", func(t *testing.T) {
		t.Parallel()
		srv := kmstest.New()
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := srv.API().ListKeys(ctx, nil)
		require.Error(t, err)
		_, err = srv.Client().ListKeys(ctx, nil)
		require.Error(t, err)
		assert.Empty(t, srv.Calls())
	})

	t.Run("has the request ID of a client's error and of a key's last usage", func(t *testing.T) {
		t.Parallel()
		everyDepth(t, func(t *testing.T, srv *kmstest.Server, c caller) {
			k := newKey(t, c)
			encrypt(t, c, k, "x", nil)
			usage, err := c.GetKeyLastUsage(t.Context(), &kms.GetKeyLastUsageInput{KeyId: k.KeyId})
			require.NoError(t, err)
			assert.Equal(t, *usage.KeyLastUsage.KmsRequestId, srv.Calls("Encrypt")[0].RequestID)
		})
	})
}

func TestServer_CallCount(t *testing.T) {
	t.Parallel()
	t.Run("counts what the log no longer has", func(t *testing.T) {
		t.Parallel()
		for _, kept := range []int{0, 1, 3, 100} {
			srv := kmstest.New(kmstest.WithCallLog(kept))
			k := newKey(t, srv.API())
			for i := range 7 {
				encrypt(t, srv.API(), k, "x", map[string]string{"i": fmt.Sprint(i)})
			}
			assert.Equal(t, 8, srv.CallCount())
			assert.Equal(t, 7, srv.CallCount("Encrypt"))
			assert.Equal(t, 8, srv.CallCount("CreateKey", "Encrypt"))
			assert.Zero(t, srv.CallCount("Decrypt"))
			calls := srv.Calls()
			require.Len(t, calls, min(kept, 8))
			for i, c := range calls {
				if n := 7 - len(calls) + i; n >= 0 {
					assert.Equal(t, fmt.Sprint(n), c.EncryptionContext["i"], "the oldest first")
				}
			}
		}
	})

	t.Run("counts what KMS has no operation for, but not by name", func(t *testing.T) {
		t.Parallel()
		srv := kmstest.New()
		post(srv, "TrentService.Nothing", "{}")
		post(srv, "TrentService.ListKeys", "not JSON")
		assert.Equal(t, 2, srv.CallCount())
		assert.PanicsWithValue(t, `kmstest: KMS has no operation "Nothing"`, func() { srv.CallCount("ListKeys", "Nothing") })
		assert.Equal(t, 1, srv.CallCount("ListKeys"))
		assert.Len(t, srv.Calls("Nothing"), 1)
	})

	t.Run("starts afresh", func(t *testing.T) {
		t.Parallel()
		srv := kmstest.New(kmstest.WithCallLog(2))
		for range 5 {
			newKey(t, srv.API())
		}
		srv.ForgetCalls()
		assert.Zero(t, srv.CallCount())
		assert.Empty(t, srv.Calls())
		newKey(t, srv.API())
		assert.Equal(t, 1, srv.CallCount())
		assert.Len(t, srv.Calls(), 1)
	})

	t.Run("counts calls at the same time", func(t *testing.T) {
		t.Parallel()
		srv := kmstest.New(kmstest.WithCallLog(5))
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				for range 50 {
					_, _ = srv.API().ListKeys(t.Context(), nil)
					srv.Calls()
				}
			})
		}
		wg.Wait()
		assert.Equal(t, 200, srv.CallCount("ListKeys"))
		assert.Len(t, srv.Calls(), 5)
	})

	t.Run("does not keep fewer than none", func(t *testing.T) {
		t.Parallel()
		assert.PanicsWithValue(t, "kmstest: a log of -1 calls cannot be kept", func() { kmstest.New(kmstest.WithCallLog(-1)) })
	})
}

// A firstSDKError is an error of the SDK's first version, as far as it matters: its
// text has no request ID.
type firstSDKError struct{ requestID string }

func (e firstSDKError) Error() string     { return "NotFoundException: Alias is not found." }
func (e firstSDKError) RequestID() string { return e.requestID }

func TestServer_Explain(t *testing.T) {
	t.Parallel()
	t.Run("finds the request of an error", func(t *testing.T) {
		t.Parallel()
		everyDepth(t, func(t *testing.T, srv *kmstest.Server, c caller) {
			k := newKey(t, c)
			var errs []error
			for i := range 3 {
				_, err := c.Decrypt(t.Context(), &kms.DecryptInput{
					KeyId: k.KeyId, CiphertextBlob: []byte("x"), EncryptionContext: map[string]string{"i": fmt.Sprint(i)},
				})
				refusedWith(t, err, "InvalidCiphertextException")
				errs = append(errs, err)
				_, err = c.DescribeKey(t.Context(), &kms.DescribeKeyInput{KeyId: str(fmt.Sprintf("alias/%d", i))})
				errs = append(errs, err)
			}
			const user = " by arn:aws:iam::" + account + ":user/kmstest was answered with "
			assert.Contains(t, srv.Explain(fmt.Errorf("wrapped: %w", errs[2])), "Decrypt"+user+"InvalidCiphertextException\nkms:Decrypt on "+*k.Arn+": allowed by ")
			assert.Equal(t, "DescribeKey"+user+"NotFoundException", srv.Explain(errs[5]))
			srv.ForgetCalls()
			assert.Contains(t, srv.Explain(errs[0]), "no such answer")
		})
	})

	t.Run("knows errors that are not the SDK's by their request ID", func(t *testing.T) {
		t.Parallel()
		srv := kmstest.New()
		_, refusal := srv.Client().DescribeKey(t.Context(), &kms.DescribeKeyInput{KeyId: str("alias/none")})
		_, later := srv.Client().EnableKey(t.Context(), &kms.EnableKeyInput{KeyId: str("alias/none")})
		require.Error(t, later)
		id := srv.Calls()[0].RequestID
		for _, err := range []error{
			errors.New(refusal.Error()),
			fmt.Errorf("no key could decrypt: %v", []error{refusal}),
			firstSDKError{id},
			fmt.Errorf("wrapped: %w", firstSDKError{id}),
		} {
			assert.Equal(t, "DescribeKey by arn:aws:iam::"+account+":user/kmstest was answered with NotFoundException", srv.Explain(err), "%v", err)
		}
		assert.Contains(t, srv.Explain(firstSDKError{id[1:]}), "no such answer")
		assert.Contains(t, srv.Explain(firstSDKError{}), "no such answer")
	})

	t.Run("says where there is what was not found", func(t *testing.T) {
		t.Parallel()
		srv := kmstest.New()
		west, elsewhere := srv.Client(once, inRegion("us-west-2")), srv.Principal(role(other, "a"), allow("kms:*"))
		k := newKey(t, west)
		newAlias(t, west, "alias/orders", k)
		newAlias(t, elsewhere.Client(), "alias/orders", newKey(t, elsewhere.Client()))
		for id, want := range map[string]string{
			"alias/orders": arnOf("alias/orders") + " is not there, but there is alias/orders in us-east-1 of account " + other + ", and in us-west-2 of account " + account,
			*k.KeyId:       arnOf("key/"+*k.KeyId) + " is not there, but there is key/" + *k.KeyId + " in us-west-2 of account " + account,
			*k.Arn:         "the ARN is of us-west-2, and the request went to us-east-1",
		} {
			_, err := srv.Client(once).DescribeKey(t.Context(), &kms.DescribeKeyInput{KeyId: &id})
			refusedWith(t, err, "NotFoundException")
			assert.Regexp(t, "was answered with NotFoundException\n(?s:.*)"+regexp.QuoteMeta(want)+"$", srv.Explain(err))
		}
	})

	t.Run("says that a key is not seen yet", func(t *testing.T) {
		t.Parallel()
		srv := kmstest.New(kmstest.WithDelays(kmstest.Delays{Min: time.Minute}))
		k := newKey(t, srv.API())
		_, err := srv.API().DescribeKey(t.Context(), &kms.DescribeKeyInput{KeyId: k.KeyId})
		refusedWith(t, err, "NotFoundException")
		assert.Contains(t, srv.Explain(err), "\n"+*k.Arn+" is there, but the caller does not see it yet")
	})

	t.Run("says which statement comes near and what it lacks", func(t *testing.T) {
		t.Parallel()
		srv := kmstest.New()
		auditor := role(account, "auditor")
		k := newKey(t, srv.API(), func(in *kms.CreateKeyInput) {
			in.BypassPolicyLockoutSafetyCheck = true
			in.Policy = str(`{"Version":"2012-10-17","Statement":[
				{"Sid":"Admins","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:user/kmstest"},"Action":"kms:*","Resource":"*"},
				{"Sid":"Describe","Effect":"Allow","Principal":{"AWS":"` + auditor + `"},"Action":"kms:DescribeKey","Resource":"*"},
				{"Sid":"Audit","Effect":"Allow","Principal":{"AWS":"` + auditor + `"},"Action":"kms:Decrypt","Resource":"*","Condition":{
					"StringEquals":{"kms:EncryptionContext:tenant":["blue","green"]},"Bool":{"kms:Quantum":"true"}}}]}`)
		})
		in := newGrant(k)
		in.GranteePrincipal, in.Name, in.Operations = &auditor, str("audit"), []types.GrantOperation{types.GrantOperationDecrypt}
		in.Constraints = &types.GrantConstraints{EncryptionContextSubset: map[string]string{"tenant": "yellow"}}
		grant, err := srv.API().CreateGrant(t.Context(), in)
		require.NoError(t, err)
		red := map[string]string{"tenant": "red"}
		sealed := encrypt(t, srv.API(), k, "x", red)

		_, err = srv.Principal(auditor).Client().Decrypt(t.Context(), &kms.DecryptInput{KeyId: k.Arn, CiphertextBlob: sealed, EncryptionContext: red})
		refusedWith(t, err, "AccessDeniedException")
		assert.Equal(t, strings.Join([]string{
			"Decrypt by " + auditor + " was answered with AccessDeniedException",
			"kms:Decrypt on " + *k.Arn + ": refused: the key policy allows it neither to the principal nor to its account",
			`  statement 3 ("Audit") of the key policy (Allow) does not apply: its condition Bool kms:Quantum ["true"] does not hold: the key is unknown; ` +
				`its condition StringEquals kms:EncryptionContext:tenant ["blue" "green"] does not hold: the request has ["red"]`,
			`  statement 1 ("Admins") of the key policy (Allow) does not apply: its Principal does not name ` + auditor,
			`  statement 2 ("Describe") of the key policy (Allow) does not apply: its actions do not cover kms:Decrypt`,
			`  grant ` + *grant.GrantId + ` ("audit") does not apply: the encryption context lacks a pair of its EncryptionContextSubset constraint`,
			`  without meaning to KMS in the key policy: statement 3 ("Audit"): unknown condition key "kms:Quantum"`,
		}, "\n"), srv.Explain(err))
	})

	t.Run("names the statement or the grant that allowed", func(t *testing.T) {
		t.Parallel()
		srv := kmstest.New()
		k := newKey(t, srv.API(), func(in *kms.CreateKeyInput) {
			in.Policy = str(policyFor("arn:aws:iam::" + account + ":user/kmstest"))
		})
		in := newGrant(k)
		in.Name = str("reading")
		grant, err := srv.API().CreateGrant(t.Context(), in)
		require.NoError(t, err)
		sealed := encrypt(t, srv.API(), k, "x", nil)
		reader := srv.Principal(role(account, "reader")).API()
		_, err = reader.Decrypt(t.Context(), &kms.DecryptInput{CiphertextBlob: sealed, DryRun: new(true)})
		refusedWith(t, err, "DryRunOperationException")
		assert.Contains(t, srv.Explain(err), "kms:Decrypt on "+*k.Arn+`: allowed by grant `+*grant.GrantId+` ("reading")`)
		d := srv.Calls("Decrypt")[0].Decisions[0]
		assert.True(t, d.Allowed)
		assert.Equal(t, *grant.GrantId, d.GrantID)
		assert.Empty(t, d.Sid)
		assert.Equal(t, "allowed by statement 1 of the key policy", srv.Calls("Encrypt")[0].Decisions[0].Reason)
	})

	t.Run("names the statement that denied", func(t *testing.T) {
		t.Parallel()
		srv := kmstest.New()
		k := newKey(t, srv.API())
		_, err := srv.Principal(role(account, "reader"), allow("kms:*"), deny("kms:Desc*")).API().DescribeKey(t.Context(), &kms.DescribeKeyInput{KeyId: k.KeyId})
		refusedWith(t, err, "AccessDeniedException")
		assert.Contains(t, srv.Explain(err), "denied by statement 1 of identity policy 2\n  statement 1")
	})

	t.Run("tells the encryption contexts that a ciphertext may have", func(t *testing.T) {
		t.Parallel()
		srv := kmstest.New()
		k, other := newKey(t, srv.API()), newKey(t, srv.API())
		why := func(ciphertext []byte, context map[string]string) string {
			_, err := srv.Client().Decrypt(t.Context(), &kms.DecryptInput{KeyId: k.KeyId, CiphertextBlob: ciphertext, EncryptionContext: context})
			refusedWith(t, err, "InvalidCiphertextException")
			_, last, _ := strings.Cut(srv.Explain(err), "of the key policy")
			return last
		}
		assert.Empty(t, why([]byte("x"), nil), "nothing is known yet")

		encrypt(t, srv.API(), other, "x", map[string]string{"other": "key"})
		sealed := encrypt(t, srv.API(), k, "x", map[string]string{"tenant": "blue", "purpose": "<orders>"})
		encrypt(t, srv.API(), k, "x", nil)
		const used, red = `map["purpose":"<orders>" "tenant":"blue"]`, `map["tenant":"red"]`
		assert.Equal(t, "\nthe encryption context is "+red+", but the key has encrypted under "+used+", map[]", why(sealed, map[string]string{"tenant": "red"}))
		assert.Equal(t, "\nthe key has encrypted under this encryption context, map[]: the ciphertext is another one, or was altered", why(sealed, nil))

		_, err := srv.Client().ReEncrypt(t.Context(), &kms.ReEncryptInput{
			SourceKeyId: k.KeyId, CiphertextBlob: sealed, SourceEncryptionContext: map[string]string{"tenant": "red"}, DestinationKeyId: other.KeyId,
		})
		refusedWith(t, err, "InvalidCiphertextException")
		assert.Contains(t, srv.Explain(err), "\nthe encryption context is "+red+", but the key has encrypted under "+used+", map[]")

		for i := range 9 {
			encrypt(t, srv.API(), k, "x", map[string]string{"i": fmt.Sprint(i)})
		}
		assert.Contains(t, why(sealed, map[string]string{"tenant": "red"}), `under map["i":"0"], map["i":"1"], map["i":"2"], map["i":"3"], map["i":"4"], others`)
	})

	t.Run("says that an alias in a policy is not its key", func(t *testing.T) {
		t.Parallel()
		srv := kmstest.New()
		k := newKey(t, srv.API())
		_, err := srv.API().CreateAlias(t.Context(), &kms.CreateAliasInput{AliasName: str("alias/orders"), TargetKeyId: k.KeyId})
		require.NoError(t, err)
		p := srv.Principal(role(account, "reader"), allowOn(arnOf("alias/orders"), "kms:DescribeKey"), allowOn(arnOf("key/other"), "kms:DescribeKey"))
		_, err = p.Client().DescribeKey(t.Context(), &kms.DescribeKeyInput{KeyId: str("alias/orders")})
		refusedWith(t, err, "AccessDeniedException")
		const hint = "; an alias there is the alias itself, not its key: name the key, or ask for kms:RequestAlias or kms:ResourceAliases"
		why := srv.Explain(err)
		assert.Contains(t, why, "statement 1 of identity policy 1 (Allow) does not apply: its resources do not cover "+*k.Arn+hint+"\n")
		assert.Contains(t, why+"\n", "statement 1 of identity policy 2 (Allow) does not apply: its resources do not cover "+*k.Arn+"\n")

		p = srv.Principal(role(account, "namer"), allowOn(arnOf("alias/letters"), "kms:DeleteAlias"))
		_, err = p.Client().DeleteAlias(t.Context(), &kms.DeleteAliasInput{AliasName: str("alias/orders")})
		refusedWith(t, err, "AccessDeniedException")
		assert.NotContains(t, srv.Explain(err), hint, "another alias is meant")
	})

	t.Run("has every permission of an operation that needs several", func(t *testing.T) {
		t.Parallel()
		srv := kmstest.New()
		k := newKey(t, srv.API())
		p := srv.Principal(role(account, "namer"), allowOn(arnOf("alias/orders"), "kms:CreateAlias"))
		_, err := p.Client().CreateAlias(t.Context(), &kms.CreateAliasInput{AliasName: str("alias/orders"), TargetKeyId: k.KeyId})
		refusedWith(t, err, "AccessDeniedException")
		why := srv.Explain(err)
		assert.Contains(t, why, "\nkms:CreateAlias on "+arnOf("alias/orders")+": allowed by statement 1 of identity policy 1")
		assert.Contains(t, why, "\nkms:CreateAlias on "+*k.Arn+": refused: no identity policy allows it")
		assert.Contains(t, why, "its resources do not cover "+*k.Arn)
	})

	t.Run("has both halves of a ReEncrypt", func(t *testing.T) {
		t.Parallel()
		srv := kmstest.New()
		from, to := newKey(t, srv.API()), newKey(t, srv.API())
		p := srv.Principal(role(account, "mover"), allowOn(*from.Arn, "kms:ReEncrypt*"))
		_, err := p.API().ReEncrypt(t.Context(), &kms.ReEncryptInput{
			CiphertextBlob: encrypt(t, srv.API(), from, "x", nil), DestinationKeyId: to.Arn,
		})
		refusedWith(t, err, "AccessDeniedException")
		why := srv.Explain(err)
		assert.Contains(t, why, "\nkms:ReEncryptFrom on "+*from.Arn+": allowed by statement 1 of identity policy 1")
		assert.Contains(t, why, "\nkms:ReEncryptTo on "+*to.Arn+": refused: no identity policy allows it")
		got := srv.Calls("ReEncrypt")[0]
		assert.Equal(t, *from.Arn, got.SourceKeyARN)
		assert.Equal(t, *to.Arn, got.KeyARN)
	})

	t.Run("has the permissions in another Region too, and each once", func(t *testing.T) {
		t.Parallel()
		srv := kmstest.New()
		actions := func(operation string) (actions []string) {
			for _, d := range srv.Calls(operation)[0].Decisions {
				actions = append(actions, d.Action+" on "+d.Resource)
			}
			return actions
		}
		k := newKey(t, srv.API(), multiRegion)
		_, err := srv.API().ReplicateKey(t.Context(), &kms.ReplicateKeyInput{
			KeyId: k.Arn, ReplicaRegion: str("eu-west-1"), Tags: []types.Tag{{TagKey: str("a"), TagValue: str("b")}},
		})
		require.NoError(t, err)
		there := strings.Replace(*k.Arn, "us-east-1", "eu-west-1", 1)
		assert.Equal(t, []string{"kms:ReplicateKey on " + *k.Arn, "kms:CreateKey on *", "kms:TagResource on " + there}, actions("ReplicateKey"))
		assert.Equal(t, *k.Arn, srv.Calls("ReplicateKey")[0].KeyARN)
		_, err = srv.API().UpdatePrimaryRegion(t.Context(), &kms.UpdatePrimaryRegionInput{KeyId: k.Arn, PrimaryRegion: str("eu-west-1")})
		require.NoError(t, err)
		assert.Equal(t, []string{"kms:UpdatePrimaryRegion on " + *k.Arn, "kms:UpdatePrimaryRegion on " + there}, actions("UpdatePrimaryRegion"))

		imported := newKey(t, srv.API(), external)
		importMaterial(t, srv.API(), imported, make([]byte, 32))
		assert.Equal(t, []string{"kms:ImportKeyMaterial on " + *imported.Arn}, actions("ImportKeyMaterial"))
	})

	t.Run("tells the author what KMS does not tell the caller", func(t *testing.T) {
		t.Parallel()
		srv := kmstest.New()
		k := newKey(t, srv.API())
		stranger := srv.Principal(role(other, "stranger"), allow("kms:*"))
		explain := func(keyID string) string {
			_, err := stranger.API().Encrypt(t.Context(), &kms.EncryptInput{KeyId: &keyID, Plaintext: []byte("x")})
			refusedWith(t, err, "AccessDeniedException")
			return srv.Explain(err)
		}
		assert.Contains(t, explain(*k.Arn), "refused: the key policy allows it neither to the principal nor to its account")
		assert.Contains(t, explain(arnOf("alias/none")), "refused: there is no such key or alias")
		_, err := stranger.API().EnableKey(t.Context(), &kms.EnableKeyInput{KeyId: k.Arn})
		refusedWith(t, err, "AccessDeniedException")
		assert.Contains(t, srv.Explain(err), "refused: EnableKey is for keys of the caller's own account only")
	})

	t.Run("has nothing to say to nil, and says so to the errors of others", func(t *testing.T) {
		t.Parallel()
		srv := kmstest.New()
		assert.Empty(t, srv.Explain(nil))
		_, err := kmstest.New().Client().DescribeKey(t.Context(), &kms.DescribeKeyInput{KeyId: str("alias/none")})
		require.Error(t, err)
		assert.Equal(t, "This Server has given no such answer in the last 0 calls that it keeps. Perhaps nothing was sent.", srv.Explain(err))
		assert.Contains(t, srv.Explain(bytes.ErrTooLarge), "no such answer")
	})
}
