package kmstest

import (
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/aws/smithy-go"
	"github.com/kmskit/kmskit/kmstest/internal/material"
)

// The refusals of KMS, each under the name of what went wrong, with the text
// that KMS gives it. Codes that the SDK has no type for come as its own client
// makes them of an answer: a *smithy.GenericAPIError.

func clientFault(code, text string) error {
	return &smithy.GenericAPIError{Code: code, Message: text, Fault: smithy.FaultClient}
}

func validationError(format string, args ...any) error {
	return clientFault("ValidationException", fmt.Sprintf(format, args...))
}

func notFound(format string, args ...any) error {
	return &types.NotFoundException{Message: new(fmt.Sprintf(format, args...))}
}

func unsupported(format string, args ...any) error {
	return &types.UnsupportedOperationException{Message: new(fmt.Sprintf(format, args...))}
}

func keyNotFound(arn string) error {
	return notFound("Key '%s' does not exist", arn)
}

func aliasNotFound(arn string) error {
	return notFound("Alias %s is not found.", arn)
}

func invalidKeyID(id string) error {
	return notFound("Invalid keyId '%s'", id)
}

// foreignRegion refuses an ARN of a Region other than that of the request.
func foreignRegion(region string) error {
	return notFound("Invalid arn %s", region)
}

func invalidARN(format string, args ...any) error {
	return &types.InvalidArnException{Message: new(fmt.Sprintf(format, args...))}
}

func noAliases() error {
	return invalidARN("Key Aliases are not supported for this operation.")
}

func invalidState(arn, state string) error {
	return &types.KMSInvalidStateException{Message: new(fmt.Sprintf("%s is %s.", arn, state))}
}

func keyDisabled(arn string) error {
	return &types.DisabledException{Message: new(arn + " is disabled.")}
}

// isForState reports whether err refuses a key for the state that it is in.
func isForState(err error) bool {
	code := errorCode(err)
	return code == "DisabledException" || code == "KMSInvalidStateException"
}

func wrongUsage(arn string, usage types.KeyUsageType, operation string) error {
	return &types.InvalidKeyUsageException{
		Message: new(fmt.Sprintf("%s key usage is %s which is not valid for %s.", arn, usage, operation)),
	}
}

func wrongAlgorithm(algorithm string, spec types.KeySpec) error {
	return &types.InvalidKeyUsageException{
		Message: new(fmt.Sprintf("Algorithm %s is incompatible with key spec %s.", algorithm, spec)),
	}
}

func wrongOrigin(arn string, origin types.OriginType) error {
	return unsupported("%s origin is %s which is not valid for this operation.", arn, origin)
}

// replicaExists refuses a second replica in a Region.
func replicaExists() error {
	return &types.AlreadyExistsException{Message: new("You can create only one replica of each primary key in each AWS Region.")}
}

// notPrimary refuses to move the primary key by another one.
func notPrimary(arn string) error {
	return &types.KMSInvalidStateException{Message: new(arn + " is not a multi-Region primary key.")}
}

func rotationAhead(arn string) error {
	return &types.ConflictException{
		Message: new("An automatic rotation of " + arn + " is in progress or scheduled to begin within the next 20 minutes."),
	}
}

func noMoreRotations(arn string) error {
	return &types.LimitExceededException{
		Message: new("The on-demand rotations limit has been reached for the given keyId. " +
			"No more on-demand rotations can be performed for this key: " + arn),
	}
}

func nothingPending(arn string) error {
	return &types.KMSInvalidStateException{
		Message: new("No available key material pending rotation for the key: " + arn + "."),
	}
}

func replicasLackMaterial() error {
	return &types.KMSInvalidStateException{
		Message: new("Cannot perform key material rotation: Key material has not been imported for replicas of the Multi-Region key."),
	}
}

func incorrectMaterial(format string, args ...any) error {
	return &types.IncorrectKeyMaterialException{Message: new(fmt.Sprintf(format, args...))}
}

// unexpectedMaterial refuses material that is not the one with that ID.
func unexpectedMaterial(id string) error {
	return incorrectMaterial("Imported key material does not have the expected identifier (%s).", id)
}

// otherMaterialPending refuses new material while other material waits for its
// rotation.
func otherMaterialPending(arn string, offered, pending material.ID) error {
	return &types.KMSInvalidStateException{Message: new(fmt.Sprintf(
		"New key material (id: %s) cannot be imported into KMS key %s, because another key material (id: %s) is pending rotation.",
		offered, arn, pending))}
}

// KMS gives no text with these two.

func invalidImportToken() error { return &types.InvalidImportTokenException{} }
func expiredImportToken() error { return &types.ExpiredImportTokenException{} }

// asymmetricKey refuses to make a data key, or a data key pair, under such a key.
func asymmetricKey(what string) error {
	return &types.InvalidKeyUsageException{Message: new("You cannot generate a " + what + " with an asymmetric CMK")}
}

func keyStoreNotFound(name string) error {
	return &types.CustomKeyStoreNotFoundException{Message: new("Custom key store '" + name + "' does not exist")}
}

func keyStoreExists(name string) error {
	return &types.CustomKeyStoreNameInUseException{Message: new("A custom key store with the name " + name + " already exists")}
}

func keyStoreHasKeys(id string) error {
	return &types.CustomKeyStoreHasCMKsException{Message: new("Custom key store " + id + " contains KMS keys.")}
}

// wrongConnectionState refuses an operation on a key store that is not, or should
// not be, connected.
func wrongConnectionState(s *keyStore, operation string) error {
	return keyStoreUnusable(fmt.Sprintf("%s connection state is %s which is not valid for %s.", s.id, s.state, operation))
}

func keyStoreUnusable(why string) error {
	return &types.CustomKeyStoreInvalidStateException{Message: new(why)}
}

func externalKeyInUse(id string) error {
	return &types.XksKeyAlreadyInUseException{
		Message: new("The external key " + id + " is already associated with a KMS key in this external key store."),
	}
}

func incorrectKey() error {
	return &types.IncorrectKeyException{
		Message: new("The key ID in the request does not identify a CMK that can perform this operation."),
	}
}

// invalidCiphertext carries no text, as in KMS: it must not tell a forger what
// was wrong.
func invalidCiphertext() error {
	return &types.InvalidCiphertextException{}
}

func dryRunSucceeded() error {
	return &types.DryRunOperationException{
		Message: new("The request would have succeeded, but the DryRun option is set."),
	}
}

func invalidMarker() error {
	return &types.InvalidMarkerException{} // without a text, as in KMS
}

func invalidGrantToken() error {
	return &types.InvalidGrantTokenException{Message: new("The grant token is not valid.")}
}

func accessDenied(text string) error {
	return clientFault("AccessDeniedException", text)
}

// internalFailure is what a client sees of a bug of this package.
func internalFailure(operation string) error {
	return &types.KMSInternalException{Message: new("kmstest failed inside " + operation + "; see its error log.")}
}
