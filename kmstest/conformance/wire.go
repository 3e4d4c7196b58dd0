package conformance

import (
	"bytes"
	"context"
	"encoding/json"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// Clients of other languages depend on what is below the SDK too: status, headers
// and the JSON of an answer.

var wireRules = []rule{
	{
		"DescribeKey", "an answer is JSON 1.1 with a request ID",
		"An answer has status 200, content type application/x-amz-json-1.1 and an x-amzn-RequestId.",
		func(t *trial) {
			answer(t, t.DescribeKey, &kms.DescribeKeyInput{KeyId: t.shared(symmetric).KeyId})
			equal(t, "the status", t.last.status, 200)
			equal(t, "the content type", t.last.header.Get("Content-Type"), "application/x-amz-json-1.1")
			t.that("there is a request ID", t.last.header.Get("X-Amzn-Requestid") != "")
		},
	},
	{
		"DescribeKey", "every request has an ID of its own",
		"Request IDs tell requests apart.",
		func(t *trial) {
			in := &kms.DescribeKeyInput{KeyId: t.shared(symmetric).KeyId}
			answer(t, t.DescribeKey, in)
			first := t.last.header.Get("X-Amzn-Requestid")
			answer(t, t.DescribeKey, in)
			differ(t, "the request IDs", first, t.last.header.Get("X-Amzn-Requestid"))
		},
	},
	{
		"DescribeKey", "a date is a number of seconds",
		"AWS JSON has dates as seconds since 1970, with a fraction, and not as texts.",
		func(t *trial) {
			k := t.shared(symmetric)
			answer(t, t.DescribeKey, &kms.DescribeKeyInput{KeyId: k.KeyId})
			var out struct {
				KeyMetadata struct {
					CreationDate json.Number `json:"CreationDate"`
				} `json:"KeyMetadata"`
			}
			t.noError(json.Unmarshal(t.last.body, &out))
			seconds, err := out.KeyMetadata.CreationDate.Float64()
			t.noError(err)
			t.that("the number is that of the date", int64(seconds) == k.CreationDate.Unix())
		},
	},
	{
		"DescribeKey", "a refusal has status 400, and its code in the type",
		"What the client did wrong is status 400, whatever the model says, with the code in __type and a text in message.",
		func(t *trial) {
			id := absentKey
			refusal(t, t.DescribeKey, &kms.DescribeKeyInput{KeyId: &id}, "NotFoundException")
			equal(t, "the status", t.last.status, 400)
			t.members("__type", "message")
			equal(t, "the code", t.refusalCode(), "NotFoundException")
			t.that("there is a request ID", t.last.header.Get("X-Amzn-Requestid") != "")
		},
	},
	{
		"Decrypt", "InvalidCiphertext has no message",
		"The answer to a forged ciphertext has nothing but its __type.",
		func(t *trial) {
			refusal(t, t.Decrypt, &kms.DecryptInput{CiphertextBlob: []byte("forged")}, "InvalidCiphertextException")
			equal(t, "the status", t.last.status, 400)
			t.members("__type")
		},
	},
	{
		"Encrypt", "AccessDenied has its text in Message",
		"AccessDeniedException is not KMS's own: its text is in Message, in upper case.",
		func(t *trial) {
			refusal(t, t.Encrypt, &kms.EncryptInput{KeyId: t.denying().KeyId, Plaintext: plaintext}, "AccessDeniedException")
			equal(t, "the status", t.last.status, 400)
			t.members("Message", "__type")
		},
	},
	{
		"Encrypt", "binary members are base64",
		"AWS JSON has bytes in base64 with the alphabet of the standard, padded.",
		func(t *trial) {
			out := answer(t, t.Encrypt, &kms.EncryptInput{KeyId: t.shared(symmetric).KeyId, Plaintext: plaintext})
			var raw struct {
				CiphertextBlob []byte `json:"CiphertextBlob"`
			}
			t.noError(json.Unmarshal(t.last.body, &raw)) // which decodes just that
			equal(t, "the ciphertext", raw.CiphertextBlob, out.CiphertextBlob)
		},
	},
	{
		"ListKeys", "an unknown operation is UnknownOperation",
		"A target that is no operation of KMS is an UnknownOperationException.",
		func(t *trial) {
			refusal(t, t.ListKeys, &kms.ListKeysInput{}, "UnknownOperationException", target("TrentService.MakeCoffee"))
			equal(t, "the status", t.last.status, 400)
		},
	},
	{
		"ListKeys", "a body that is no JSON is a SerializationException",
		"KMS reads the body before it looks at anything else in it.",
		func(t *trial) {
			for _, text := range []string{"{", "no JSON", `{"Limit":}`} {
				refusal(t, t.ListKeys, &kms.ListKeysInput{}, "SerializationException", body(text))
			}
		},
	},
	{
		"ListKeys", "a member of the wrong type is a SerializationException",
		"A text is no number, and a list no text.",
		func(t *trial) {
			refusal(t, t.ListKeys, &kms.ListKeysInput{}, "SerializationException", body(`{"Limit":{}}`))
			refusal(t, t.ListKeys, &kms.ListKeysInput{}, "SerializationException", body(`{"Marker":["a"]}`))
		},
	},
	{
		"ListKeys", "an unknown member is let pass",
		"A client that is newer than the service may send members that the service does not know.",
		func(t *trial) {
			answer(t, t.ListKeys, &kms.ListKeysInput{}, body(`{"Limit":1,"Colour":"blue","More":{"a":[1,null]}}`))
		},
	},
	{
		"ListKeys", "a null member is an absent one",
		"JSON has two ways to leave a member out.",
		func(t *trial) {
			answer(t, t.ListKeys, &kms.ListKeysInput{}, body(`{"Limit":null,"Marker":null}`))
		},
	},
	{
		"ListKeys", "a request without a signature is MissingAuthenticationToken",
		"KMS serves nobody whom it does not know.",
		func(t *trial) {
			refusal(t, t.ListKeys, &kms.ListKeysInput{}, "MissingAuthenticationTokenException", unsigned)
		},
	},
}

// refusalCode returns the code of the last answer, as its body has it. It may
// stand behind a namespace.
func (t *trial) refusalCode() string {
	t.Helper()
	var refusal struct {
		Type string `json:"__type"`
	}
	t.noError(json.Unmarshal(t.last.body, &refusal))
	return refusal.Type[1+strings.LastIndexByte(refusal.Type, '#'):]
}

// rewriting changes a request before it is signed.
func rewriting(change func(*smithyhttp.Request) (*smithyhttp.Request, error)) func(*kms.Options) {
	return func(o *kms.Options) {
		o.APIOptions = append(o.APIOptions[:len(o.APIOptions):len(o.APIOptions)], func(stack *middleware.Stack) error {
			return stack.Build.Add(middleware.BuildMiddlewareFunc("conformance.rewrite", func(
				ctx context.Context, in middleware.BuildInput, next middleware.BuildHandler,
			) (out middleware.BuildOutput, metadata middleware.Metadata, err error) {
				if in.Request, err = change(in.Request.(*smithyhttp.Request)); err != nil {
					return out, metadata, err
				}
				return next.HandleBuild(ctx, in)
			}), middleware.After)
		})
	}
}

// target makes a request one for another operation.
func target(name string) func(*kms.Options) {
	return rewriting(func(r *smithyhttp.Request) (*smithyhttp.Request, error) {
		r.Header.Set("X-Amz-Target", name)
		return r, nil
	})
}

// body replaces the body of a request.
func body(text string) func(*kms.Options) {
	return rewriting(func(r *smithyhttp.Request) (*smithyhttp.Request, error) {
		r.ContentLength = int64(len(text))
		return r.SetStream(bytes.NewReader([]byte(text)))
	})
}

// unsigned leaves the signature out.
func unsigned(o *kms.Options) {
	o.APIOptions = append(o.APIOptions[:len(o.APIOptions):len(o.APIOptions)], func(stack *middleware.Stack) error {
		return stack.Finalize.Add(middleware.FinalizeMiddlewareFunc("conformance.unsigned", func(
			ctx context.Context, in middleware.FinalizeInput, next middleware.FinalizeHandler,
		) (middleware.FinalizeOutput, middleware.Metadata, error) {
			in.Request.(*smithyhttp.Request).Header.Del("Authorization")
			return next.HandleFinalize(ctx, in)
		}), middleware.After)
	})
}
