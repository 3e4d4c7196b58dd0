package conformance

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// A trial is one case under way: a test, and a client of its own that keeps the
// last answer as it came over the wire.
type trial struct {
	testing.TB
	*kms.Client

	suite *suite
	last  wireAnswer
}

// A wireAnswer is what KMS sent.
type wireAnswer struct {
	status int
	header http.Header
	body   []byte
}

func newTrial(tb testing.TB, s *suite) *trial {
	tb.Helper()
	t := &trial{TB: tb, suite: s}
	t.Client = t.clientIn(s.client.Options().Region)
	return t
}

// clientIn returns a client of the trial in a Region.
func (t *trial) clientIn(region string) *kms.Client {
	return kms.New(regional(t.suite.client, region).Options(), func(o *kms.Options) {
		o.APIOptions = append(slices.Clip(o.APIOptions), t.record)
	})
}

// record is an API option that keeps answers.
func (t *trial) record(stack *middleware.Stack) error {
	return stack.Deserialize.Add(middleware.DeserializeMiddlewareFunc("conformance.record", func(
		ctx context.Context, in middleware.DeserializeInput, next middleware.DeserializeHandler,
	) (middleware.DeserializeOutput, middleware.Metadata, error) {
		out, metadata, err := next.HandleDeserialize(ctx, in)
		r, ok := out.RawResponse.(*smithyhttp.Response)
		if !ok {
			return out, metadata, err
		}
		body, readErr := io.ReadAll(r.Body)
		_ = r.Body.Close()
		r.Body = io.NopCloser(bytes.NewReader(body))
		t.last = wireAnswer{status: r.StatusCode, header: r.Header, body: body}
		if isAWS(r.Response) {
			t.suite.late.Store(true)
		}
		return out, metadata, errors.Join(err, readErr)
	}), middleware.After)
}

// reach ends the test if there is nobody to answer, so that not every case has to
// find out.
func (t *trial) reach() {
	t.Helper()
	_, err := t.ListKeys(t.Context(), &kms.ListKeysInput{Limit: aws.Int32(1)})
	if err != nil && codeOf(err) == "" {
		t.Fatalf("no KMS answers: %v", err)
	}
}

// isAWS reports whether an answer is from AWS itself: only that comes with a
// certificate for its names.
func isAWS(r *http.Response) bool {
	if r.TLS == nil || r.Request == nil {
		return false
	}
	host := r.Request.URL.Hostname()
	return slices.ContainsFunc([]string{".amazonaws.com", ".amazonaws.com.cn", ".api.aws"}, func(suffix string) bool {
		return strings.HasSuffix(host, suffix)
	})
}

// patience is for how long a change on AWS may be unseen before that is an error.
const patience = time.Minute

// settle makes attempts until one has nothing to complain about, and returns the
// last complaint. Elsewhere than on AWS there is one attempt.
func (t *trial) settle(attempt func() (complaint string)) string {
	begin := time.Now()
	for wait := 50 * time.Millisecond; ; wait = min(2*wait, 5*time.Second) {
		complaint := attempt()
		if complaint == "" || !t.suite.late.Load() || time.Since(begin) > patience {
			return complaint
		}
		time.Sleep(wait)
	}
}

// answer returns what KMS answers to a request that it must serve.
func answer[I, O any](
	t *trial, call func(context.Context, *I, ...func(*kms.Options)) (*O, error), in *I, options ...func(*kms.Options),
) *O {
	t.Helper()
	return answerThat(t, call, in, func(*O) string { return "" }, options...)
}

// answerThat is answer for what KMS is to say sooner or later: there is nothing
// to complain about.
func answerThat[I, O any](
	t *trial, call func(context.Context, *I, ...func(*kms.Options)) (*O, error), in *I,
	complain func(*O) string, options ...func(*kms.Options),
) *O {
	t.Helper()
	var out *O
	if complaint := t.settle(func() string {
		var err error
		if out, err = call(t.Context(), in, options...); err != nil {
			return fmt.Sprintf("%s was refused: %v", nameOf[I](), err)
		}
		return complain(out)
	}); complaint != "" {
		t.Fatal(complaint)
	}
	return out
}

// refusal returns the text with which KMS refuses a request, which it must do
// with that code.
func refusal[I, O any](
	t *trial, call func(context.Context, *I, ...func(*kms.Options)) (*O, error), in *I, code string, options ...func(*kms.Options),
) string {
	t.Helper()
	return t.refused(nameOf[I](), code, func() error {
		_, err := call(t.Context(), in, append(options, atOnce(code))...)
		return err
	})
}

// atOnce keeps the SDK from trying again where a case waits for the refusal that
// the SDK takes for a reason to.
func atOnce(code string) func(*kms.Options) {
	return func(o *kms.Options) {
		if code == "LimitExceededException" {
			o.Retryer = aws.NopRetryer{}
		}
	}
}

// refused is refusal for any way to make a request.
func (t *trial) refused(operation, code string, call func() error) (text string) {
	t.Helper()
	if complaint := t.settle(func() string {
		err := call()
		api, ok := errors.AsType[smithy.APIError](err)
		switch {
		case err == nil:
			t.discardMade()
			return fmt.Sprintf("%s was answered, want %s", operation, code)
		case !ok:
			return fmt.Sprintf("%s failed without an answer: %v, want %s", operation, err, code)
		case api.ErrorCode() != code:
			return fmt.Sprintf("%s was refused with %s: %s, want %s", operation, api.ErrorCode(), api.ErrorMessage(), code)
		}
		text = api.ErrorMessage()
		return ""
	}); complaint != "" {
		t.Fatal(complaint)
	}
	return text
}

func nameOf[I any]() string {
	return strings.TrimSuffix(reflect.TypeFor[I]().Name(), "Input")
}

// members checks that the last answer had these members and no others. What is
// null is not there. A member that is missing ends the trial.
func (t *trial) members(want ...string) {
	t.Helper()
	compareMembers(t, "the answer", t.last.body, want)
}

// membersOf is members for an object inside of the last answer.
func (t *trial) membersOf(member string, want ...string) {
	t.Helper()
	var object map[string]json.RawMessage
	if err := json.Unmarshal(t.last.body, &object); err != nil {
		t.Errorf("the answer is %q, want a JSON object: %v", t.last.body, err)
	}
	compareMembers(t, member, object[member], want)
}

func compareMembers(t *trial, what string, document []byte, want []string) {
	t.Helper()
	var object map[string]any
	if err := json.Unmarshal(document, &object); err != nil {
		t.Errorf("%s is %q, want a JSON object: %v", what, document, err)
		return
	}
	maps.DeleteFunc(object, func(_ string, value any) bool { return value == nil })
	for _, name := range slices.Sorted(maps.Keys(object)) {
		if !slices.Contains(want, name) {
			t.Errorf("%s has %s, which does not belong there", what, name)
		}
	}
	missing := slices.DeleteFunc(slices.Clone(want), func(name string) bool { return object[name] != nil })
	if len(missing) > 0 {
		t.Fatalf("%s has no %s", what, strings.Join(missing, ", "))
	}
}

// equal checks that two values are the same.
func equal[T any](t *trial, what string, got, want T) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s is %s, want %s", what, show(got), show(want))
	}
}

// differ checks that two values are not the same.
func differ[T any](t *trial, what string, one, other T) {
	t.Helper()
	if reflect.DeepEqual(one, other) {
		t.Errorf("%s are both %s", what, show(one))
	}
}

// that checks a claim.
func (t *trial) that(claim string, holds bool) {
	t.Helper()
	if !holds {
		t.Errorf("not so: %s", claim)
	}
}

// contains checks that a text says something.
func (t *trial) contains(text, part string) {
	t.Helper()
	if !strings.Contains(text, part) {
		t.Errorf("the text is %q, want %q in it", text, part)
	}
}

// noError ends the trial if something failed that has nothing to do with KMS.
func (t *trial) noError(err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func show(v any) string {
	if s := reflect.ValueOf(v); s.Kind() == reflect.Pointer && !s.IsNil() {
		return show(s.Elem().Interface())
	}
	if b, ok := v.([]byte); ok {
		return hex.EncodeToString(b)
	}
	return fmt.Sprintf("%+v", v)
}

// newKey makes a key for this trial alone.
func (t *trial) newKey(options ...func(*kms.CreateKeyInput)) *types.KeyMetadata {
	t.Helper()
	k := t.createKey(options...)
	t.Cleanup(func() { discard(t, t.suite.client, *k.Arn) })
	return k
}

// createKey makes a key that somebody else has to discard.
func (t *trial) createKey(options ...func(*kms.CreateKeyInput)) *types.KeyMetadata {
	t.Helper()
	in := &kms.CreateKeyInput{Description: aws.String("kmstest/conformance")}
	for _, o := range options {
		o(in)
	}
	out := answer(t, t.CreateKey, in)
	if t.suite.late.Load() { // until everyone there knows of the key
		made := t.last
		answer(t, t.DescribeKey, &kms.DescribeKeyInput{KeyId: out.KeyMetadata.KeyId})
		t.last = made
	}
	return out.KeyMetadata
}

func external(in *kms.CreateKeyInput) { in.Origin = types.OriginTypeExternal }

func multiRegion(in *kms.CreateKeyInput) { in.MultiRegion = aws.Bool(true) }

// newAlias gives a key another name.
func (t *trial) newAlias(keyID string) string {
	t.Helper()
	name := "alias/conformance-" + randomName()
	answer(t, t.CreateAlias, &kms.CreateAliasInput{AliasName: &name, TargetKeyId: &keyID})
	t.Cleanup(func() { forget(t, t.suite.client, name) })
	return name
}

// disable makes a key of the trial's own unusable.
func (t *trial) disable(keyID string) {
	t.Helper()
	answer(t, t.DisableKey, &kms.DisableKeyInput{KeyId: &keyID})
}

// root returns the ARN of the root user of the account of a key: the one
// principal that every account has.
func root(k *types.KeyMetadata) string {
	return "arn:" + strings.Split(*k.Arn, ":")[1] + ":iam::" + *k.AWSAccountId + ":root"
}

// empty checks that the last answer had no body at all.
func (t *trial) empty() {
	t.Helper()
	if len(t.last.body) != 0 {
		t.Errorf("the answer is %q, want none", t.last.body)
	}
}

// codeOf returns the code of KMS's refusal, or "" if there is none.
func codeOf(err error) string {
	if api, ok := errors.AsType[smithy.APIError](err); ok {
		return api.ErrorCode()
	}
	return ""
}
