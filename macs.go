package kmskit

// snippet-start:[gov2.kms.Authenticator.struct]

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
)

// Authenticator makes and verifies message authentication codes (MACs) under
// HMAC keys, which prove to whoever may use the key that a message is unaltered.
//
// Where a method takes a keyID it takes a key ID, a key ARN, an alias name
// ("alias/sessions") or an alias ARN; a key of another account needs an ARN.
//
// [Authenticator.WithGrantTokens] derives an Authenticator that adds grant
// tokens to every call. An Authenticator never changes and is safe for
// concurrent use.
type Authenticator struct {
	api         MACAPI
	grantTokens []string
}

// NewAuthenticator returns an Authenticator that calls api, as a rule a
// [*kms.Client]. It panics if api is nil.
func NewAuthenticator(api MACAPI) *Authenticator {
	mustHaveAPI("NewAuthenticator", api)
	return &Authenticator{api: api}
}

// snippet-end:[gov2.kms.Authenticator.struct]

// WithGrantTokens returns an Authenticator that sends these grant tokens, after
// those a sends already, with every call, so that new grants count at once. A
// call takes at most 10. The slice is copied.
//
// https://docs.aws.amazon.com/kms/latest/developerguide/using-grant-token.html
func (a *Authenticator) WithGrantTokens(tokens ...string) *Authenticator {
	derived := *a
	derived.grantTokens = slices.Concat(a.grantTokens, tokens)
	return &derived
}

// snippet-start:[gov2.kms.GenerateMac]

// GenerateMac returns the HMAC of a message of 1 to 4,096 bytes: 28, 32, 48 or 64
// bytes, as the algorithm has it, of which the key's spec allows just one, such
// as types.MacAlgorithmSpecHmacSha256.
//
// For a larger message give its digest, here and to [Authenticator.VerifyMac].
// A MAC carries no time: put one into the message if it should expire.
//
// https://docs.aws.amazon.com/kms/latest/APIReference/API_GenerateMac.html
func (a *Authenticator) GenerateMac(ctx context.Context, keyID string, message []byte, algorithm types.MacAlgorithmSpec, optFns ...func(*kms.GenerateMacInput)) ([]byte, error) {
	in := &kms.GenerateMacInput{
		KeyId:        aws.String(keyID),
		Message:      message,
		MacAlgorithm: algorithm,
		GrantTokens:  a.grantTokens,
	}
	applyOwned(in, optFns, &in.GrantTokens)
	if err := requireText("GenerateMac", "key ID", in.KeyId, anyKeyForm); err != nil {
		return nil, err
	}
	if err := requireLength("GenerateMac", "message", in.Message, 1, 4096, largeMACForm); err != nil {
		return nil, err
	}
	if err := requireText("GenerateMac", "MAC algorithm", (*string)(&in.MacAlgorithm), macAlgorithmForm); err != nil {
		return nil, err
	}
	out, err := a.api.GenerateMac(ctx, in)
	if err != nil {
		return nil, callFailed("GenerateMac", err, "key", in.KeyId)
	}
	if out == nil || len(out.Mac) == 0 {
		return nil, callFailed("GenerateMac", incompleteOutput("Mac"), "key", in.KeyId)
	}
	return out.Mac, nil
}

// snippet-end:[gov2.kms.GenerateMac]

// snippet-start:[gov2.kms.VerifyMac]

// VerifyMac checks a MAC of [Authenticator.GenerateMac]. It takes what
// GenerateMac took, and the MAC; nil means that the MAC is good. One that is
// wrong or truncated is a [*types.KMSInvalidMacException].
//
// https://docs.aws.amazon.com/kms/latest/APIReference/API_VerifyMac.html
func (a *Authenticator) VerifyMac(ctx context.Context, keyID string, message []byte, algorithm types.MacAlgorithmSpec, mac []byte, optFns ...func(*kms.VerifyMacInput)) error {
	in := &kms.VerifyMacInput{
		KeyId:        aws.String(keyID),
		Message:      message,
		MacAlgorithm: algorithm,
		Mac:          mac,
		GrantTokens:  a.grantTokens,
	}
	applyOwned(in, optFns, &in.GrantTokens)
	if err := requireText("VerifyMac", "key ID", in.KeyId, anyKeyForm); err != nil {
		return err
	}
	if err := requireLength("VerifyMac", "message", in.Message, 1, 4096, largeMACForm); err != nil {
		return err
	}
	if err := requireText("VerifyMac", "MAC algorithm", (*string)(&in.MacAlgorithm), macAlgorithmForm); err != nil {
		return err
	}
	if err := requireLength("VerifyMac", "MAC", in.Mac, 1, 6144, ""); err != nil {
		return err
	}
	out, err := a.api.VerifyMac(ctx, in)
	if err != nil {
		return callFailed("VerifyMac", err, "key", in.KeyId)
	}
	if out == nil || !out.MacValid {
		return callFailed("VerifyMac", incompleteOutput("MacValid"), "key", in.KeyId)
	}
	return nil
}

// snippet-end:[gov2.kms.VerifyMac]

const (
	macAlgorithmForm = "give the one that the key allows, such as types.MacAlgorithmSpecHmacSha256"
	largeMACForm     = "; of a larger message give the digest, to verify too"
)
