package wire_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kmskit/kmskit/kmstest/internal/wire"
)

func TestEncodeError(t *testing.T) {
	t.Parallel()
	generic := func(code, text string) error { return &smithy.GenericAPIError{Code: code, Message: text} }
	for _, c := range []struct {
		err    error
		status int
		code   string
		body   string
	}{
		{
			&types.NotFoundException{Message: aws.String("Invalid keyId 'x'")},
			400, "NotFoundException", `{"__type":"NotFoundException","message":"Invalid keyId 'x'"}`,
		},
		{
			fmt.Errorf("engine: %w", &types.DisabledException{Message: aws.String("")}),
			400, "DisabledException", `{"__type":"DisabledException","message":""}`,
		},
		{&types.InvalidCiphertextException{}, 400, "InvalidCiphertextException", `{"__type":"InvalidCiphertextException"}`},
		{&types.ConflictException{}, 400, "ConflictException", `{"__type":"ConflictException"}`},
		{
			&types.DependencyTimeoutException{Message: aws.String("m")},
			500, "DependencyTimeoutException", `{"__type":"DependencyTimeoutException","message":"m"}`,
		},
		{&types.KeyUnavailableException{}, 500, "KeyUnavailableException", `{"__type":"KeyUnavailableException"}`},
		{&types.KMSInternalException{}, 500, "KMSInternalException", `{"__type":"KMSInternalException"}`},
		{
			&types.NotFoundException{ErrorCodeOverride: aws.String("NotFound")},
			400, "NotFound", `{"__type":"NotFound"}`,
		},
		{generic("UnknownOperationException", ""), 400, "UnknownOperationException", `{"__type":"UnknownOperationException"}`},
		{generic("ValidationException", `"q"`), 400, "ValidationException", `{"__type":"ValidationException","message":"\"q\""}`},
		{generic("ThrottlingException", "t"), 400, "ThrottlingException", `{"__type":"ThrottlingException","message":"t"}`},
		{generic("AccessDeniedException", "a"), 400, "AccessDeniedException", `{"__type":"AccessDeniedException","Message":"a"}`},
		{generic("SerializationException", ""), 400, "SerializationException", `{"__type":"SerializationException"}`},
		{
			wire.Decode([]byte(`[]`), &kms.EncryptInput{}),
			400, "SerializationException",
			`{"__type":"SerializationException","Message":"Start of list found where not expected"}`,
		},
		{
			&smithy.GenericAPIError{Code: "InternalFailure", Fault: smithy.FaultServer},
			500, "InternalFailure", `{"__type":"InternalFailure"}`,
		},
		{errors.New("hunter2"), 500, "KMSInternalException", `{"__type":"KMSInternalException"}`},
		{context.Canceled, 500, "KMSInternalException", `{"__type":"KMSInternalException"}`},
	} {
		status, code, body := wire.EncodeError(c.err)
		assert.Equal(t, c.status, status, c.body)
		assert.Equal(t, c.code, code)
		assert.Equal(t, c.body, string(body))
	}
}

// TestEncodeError_client sends every error that the SDK models through the
// SDK's own client, and finds the same one.
func TestEncodeError_client(t *testing.T) {
	t.Parallel()
	for id, entry := range kms.TypeRegistry.Entries {
		if _, ok := entry.New().(smithy.APIError); !ok {
			continue
		}
		_, name, _ := strings.Cut(id, "#")
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, text := range []*string{nil, aws.String(""), aws.String("Key \"k\" <é>\n")} {
				want := entry.New().(smithy.APIError)
				reflect.ValueOf(want).Elem().FieldByName("Message").Set(reflect.ValueOf(text))
				status, code, _ := wire.EncodeError(want)
				assert.Equal(t, name, code)

				err := callWith(t, want)

				found := reflect.New(reflect.TypeOf(want))
				require.ErrorAs(t, err, found.Interface())
				assert.Equal(t, want, found.Elem().Interface())
				response, ok := errors.AsType[*awshttp.ResponseError](err)
				require.True(t, ok)
				assert.Equal(t, status, response.HTTPStatusCode())
			}
		})
	}
}

func TestEncodeError_clientUnmodelled(t *testing.T) {
	t.Parallel()
	for _, code := range []string{"ValidationException", "AccessDeniedException", "SerializationException", "ThrottlingException"} {
		err := callWith(t, &smithy.GenericAPIError{Code: code, Message: "text"})
		api, ok := errors.AsType[smithy.APIError](err)
		require.True(t, ok, "%v", err)
		assert.Equal(t, code, api.ErrorCode())
		assert.Equal(t, "text", api.ErrorMessage())
	}
}

// callWith returns what a client of the SDK makes of an answer of err.
func callWith(t *testing.T, err error) error {
	t.Helper()
	client := kms.New(kms.Options{
		Region:       "us-east-1",
		BaseEndpoint: aws.String("http://kms.test"),
		Credentials:  aws.AnonymousCredentials{},
		Retryer:      aws.NopRetryer{},
		HTTPClient:   answer{err},
	})
	_, err = client.ListKeys(t.Context(), nil)
	return err
}

// answer is a KMS that answers everything with one error.
type answer struct{ err error }

func (a answer) Do(r *http.Request) (*http.Response, error) {
	status, code, body := wire.EncodeError(a.err)
	return &http.Response{
		StatusCode: status,
		Header:     http.Header{"X-Amzn-Errortype": {code}},
		Body:       io.NopCloser(bytes.NewReader(body)),
		Request:    r,
	}, nil
}
