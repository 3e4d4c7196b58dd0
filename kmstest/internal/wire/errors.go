package wire

import (
	"errors"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/aws/smithy-go"
)

const (
	serializationException = "SerializationException"
	accessDeniedException  = "AccessDeniedException"
)

// EncodeError writes the answer to a request that failed with err: its HTTP
// status, the bare name of the error and the body. KMS answers 400 to all
// faults of the client and 500 to its own, whatever its model says. An err that
// is no [smithy.APIError] is a KMSInternalException, and its text stays here.
func EncodeError(err error) (status int, code string, body []byte) {
	api, ok := errors.AsType[smithy.APIError](err)
	if !ok {
		api = &types.KMSInternalException{}
	}
	status = http.StatusBadRequest
	if api.ErrorFault() == smithy.FaultServer {
		status = http.StatusInternalServerError
	}
	code = api.ErrorCode()

	body = appendString([]byte(`{"__type":`), code)
	if s, v, unmodelled := shapeOf(api); unmodelled == nil {
		body = s.appendMembers(body, v)
	} else if text := api.ErrorMessage(); text != "" {
		body = append(appendString(separate(body), messageName(code)), ':')
		body = appendString(body, text)
	}
	return status, code, append(body, '}')
}

// messageName returns the name of the text of an error that KMS's model does
// not have. AWS's front end, whose errors the two are, spells it differently.
func messageName(code string) string {
	if code == accessDeniedException || code == serializationException {
		return "Message"
	}
	return "message"
}

// The refusals of a document that is not JSON, or has a null that stands for
// nothing, and of a list or an object in the wrong place.
var (
	errMalformed = serializationError("")
	errList      = serializationError("Start of list found where not expected")
	errStructure = serializationError("Start of structure or map found where not expected.")
)

func serializationError(text string) error {
	return &smithy.GenericAPIError{Code: serializationException, Message: text, Fault: smithy.FaultClient}
}
