package kmstest

import (
	"context"
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	"github.com/kmskit/kmskit/kmstest/internal/wire"
)

// A call is one request to KMS. Each operation is a method of it that takes the
// SDK's input and returns its output.
type call struct {
	callState

	question question // whose room serves the next call as well
}

// A callState is what a call knows and finds out of its own request.
type callState struct {
	server    *Server
	region    *region // to which the request went, of the principal's account
	principal *Principal
	operation *operation
	now       time.Time
	admitted  [2]*key // the last two keys on which it was allowed to work, last first
	record    *record // own, also of what another Region sees of the call
	own       record  // for the log
	coins     [8]byte // that decide what it sees; zero until they are needed
	needs     uint64  // the last batch of the world's file that bears on those
}

// invoke runs an operation that is called directly.
func invoke[I, O any](ctx context.Context, a *API, in *I, run func(*call, *I) (*O, error)) (*O, error) {
	return serve(ctx, a, operationOf[I](), 0, in, run)
}

// serve runs an operation as KMS does: what the input alone is wrong about is
// refused first, and what time has brought about has happened. The number is that
// of the request, or 0 for a direct call.
func serve[I, O any](
	ctx context.Context, a *API, o *operation, number uint64, in *I, run func(*call, *I) (*O, error),
) (out *O, err error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if in == nil {
		in = new(I)
	}
	c := a.begin(o, number, in)
	defer c.end(&err)
	defer a.server.contain(c.operation.name, &err)
	c.now = a.server.Now()
	c.own.at = c.now.UnixMilli()
	if injected := a.server.faults.list.Load(); injected != nil {
		return performFaulty(ctx, *injected, c, in, run)
	}
	return perform(c, in, run)
}

// calls are kept for the next request, as what they take would be most of the
// memory that one needs. Nothing refers to a call that has ended.
var calls = sync.Pool{New: func() any {
	c := new(call)
	c.question.bind()
	return c
}}

// begin returns the call of an operation with that input.
func (a *API) begin(o *operation, number uint64, in any) *call {
	c := calls.Get().(*call)
	c.server, c.region, c.principal, c.operation = a.server, a.region, a.principal, o
	c.record = &c.own
	c.record.begin(a, o, number, in)
	return c
}

// end puts the call into the log, and is the last that is done with it.
func (c *call) end(err *error) {
	c.record.err = *err
	c.server.calls.add(c.record)
	c.callState = callState{}
	c.question.clear()
	calls.Put(c)
}

func perform[I, O any](c *call, in *I, run func(*call, *I) (*O, error)) (*O, error) {
	if err := c.operation.shape().Validate(in); err != nil {
		return nil, err
	}
	if !c.operation.reads {
		if err := c.admitsChange(); err != nil {
			return nil, err
		}
	}
	c.server.settle(c.now)
	out, err := run(c, in)
	if err := c.awaitFile(err == nil); err != nil {
		return nil, err
	}
	if err != nil {
		return nil, err
	}
	c.track()
	return out, nil
}

// contain turns a panic into an answer, so that a bug costs one request and not
// the Server, and reports it. Deferred calls have given back all locks by then.
func (s *Server) contain(operation string, err *error) {
	if p := recover(); p != nil {
		s.errorLog.Printf("kmstest: %s panicked: %v\n%s", operation, p, debug.Stack())
		*err = internalFailure(operation)
	}
}

// A handler serves one operation to the wire.
type handler struct {
	operation *operation
	run       func(ctx context.Context, a *API, number uint64, body []byte) (answer []byte, err error)
}

func handle[I, O any](run func(*call, *I) (*O, error)) handler {
	o, inputs, outputs := operationOf[I](), wire.NewCodec[I](), wire.NewCodec[O]()
	return handler{o, func(ctx context.Context, a *API, number uint64, body []byte) ([]byte, error) {
		in := new(I)
		if err := inputs.Decode(body, in); err != nil {
			a.server.finishUnread(number, o, a, err)
			return nil, err
		}
		out, err := serve(ctx, a, o, number, in, run)
		if err != nil {
			return nil, err
		}
		return outputs.Encode(out), nil
	}}
}

// mustBeOperations panics unless KMS has operations with these names.
func mustBeOperations(names []string) {
	for _, name := range names {
		if _, ok := handlers[name]; !ok {
			panic(fmt.Sprintf("kmstest: KMS has no operation %q", name))
		}
	}
}

// handlers has every operation of KMS under its name.
var handlers = map[string]handler{
	"CancelKeyDeletion":                   handle((*call).cancelKeyDeletion),
	"ConnectCustomKeyStore":               handle((*call).connectCustomKeyStore),
	"CreateAlias":                         handle((*call).createAlias),
	"CreateCustomKeyStore":                handle((*call).createCustomKeyStore),
	"CreateGrant":                         handle((*call).createGrant),
	"CreateKey":                           handle((*call).createKey),
	"Decapsulate":                         handle((*call).decapsulate),
	"Decrypt":                             handle((*call).decrypt),
	"DeleteAlias":                         handle((*call).deleteAlias),
	"DeleteCustomKeyStore":                handle((*call).deleteCustomKeyStore),
	"DeleteImportedKeyMaterial":           handle((*call).deleteImportedKeyMaterial),
	"DeriveSharedSecret":                  handle((*call).deriveSharedSecret),
	"DescribeCustomKeyStores":             handle((*call).describeCustomKeyStores),
	"DescribeKey":                         handle((*call).describeKey),
	"DisableKey":                          handle((*call).disableKey),
	"DisableKeyRotation":                  handle((*call).disableKeyRotation),
	"DisconnectCustomKeyStore":            handle((*call).disconnectCustomKeyStore),
	"EnableKey":                           handle((*call).enableKey),
	"EnableKeyRotation":                   handle((*call).enableKeyRotation),
	"Encapsulate":                         handle((*call).encapsulate),
	"Encrypt":                             handle((*call).encrypt),
	"GenerateDataKey":                     handle((*call).generateDataKey),
	"GenerateDataKeyPair":                 handle((*call).generateDataKeyPair),
	"GenerateDataKeyPairWithoutPlaintext": handle((*call).generateDataKeyPairWithoutPlaintext),
	"GenerateDataKeyWithoutPlaintext":     handle((*call).generateDataKeyWithoutPlaintext),
	"GenerateMac":                         handle((*call).generateMac),
	"GenerateRandom":                      handle((*call).generateRandom),
	"GetKeyLastUsage":                     handle((*call).getKeyLastUsage),
	"GetKeyPolicy":                        handle((*call).getKeyPolicy),
	"GetKeyRotationStatus":                handle((*call).getKeyRotationStatus),
	"GetParametersForImport":              handle((*call).getParametersForImport),
	"GetPublicKey":                        handle((*call).getPublicKey),
	"ImportKeyMaterial":                   handle((*call).importKeyMaterial),
	"ListAliases":                         handle((*call).listAliases),
	"ListGrants":                          handle((*call).listGrants),
	"ListKeyPolicies":                     handle((*call).listKeyPolicies),
	"ListKeyRotations":                    handle((*call).listKeyRotations),
	"ListKeys":                            handle((*call).listKeys),
	"ListResourceTags":                    handle((*call).listResourceTags),
	"ListRetirableGrants":                 handle((*call).listRetirableGrants),
	"PutKeyPolicy":                        handle((*call).putKeyPolicy),
	"ReEncrypt":                           handle((*call).reEncrypt),
	"ReplicateKey":                        handle((*call).replicateKey),
	"RetireGrant":                         handle((*call).retireGrant),
	"RevokeGrant":                         handle((*call).revokeGrant),
	"RotateKeyOnDemand":                   handle((*call).rotateKeyOnDemand),
	"ScheduleKeyDeletion":                 handle((*call).scheduleKeyDeletion),
	"Sign":                                handle((*call).sign),
	"TagResource":                         handle((*call).tagResource),
	"UntagResource":                       handle((*call).untagResource),
	"UpdateAlias":                         handle((*call).updateAlias),
	"UpdateCustomKeyStore":                handle((*call).updateCustomKeyStore),
	"UpdateKeyDescription":                handle((*call).updateKeyDescription),
	"UpdatePrimaryRegion":                 handle((*call).updatePrimaryRegion),
	"Verify":                              handle((*call).verify),
	"VerifyMac":                           handle((*call).verifyMac),
}
