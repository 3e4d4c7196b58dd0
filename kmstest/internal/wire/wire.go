// Package wire speaks AWS JSON 1.1 as KMS does: it turns the body of a request
// into an input of the SDK, and an output or an error of the SDK into the body
// of an answer.
//
// # How it works
//
// There is no code for any one operation. The SDK ships a schema with each of
// its structures; the package matches it once with the structure's Go fields
// and keeps the result for every later call. An operation that a newer SDK adds
// works at once, unless it has a member of a kind that KMS has never used, which
// is an error that names the member.
//
// # What it writes
//
// The SDK's own serializer is made for clients, and leaves out what is false or
// zero. KMS sends those members ("Truncated":false), and so does this package.
// It leaves out nil pointers, nil lists and maps, and empty enums.
//
// # What it refuses
//
// Texts and conversions are those that have been recorded from AWS's JSON
// front end, which KMS shares with other services: an unknown member is
// ignored, a null member is absent, some words are booleans, an integer loses
// its fraction, and one that is too large becomes the largest, so that it fails
// the range check of the service rather than here. An empty enumeration is left
// to the service in the same way: see [EmptyEnum]. Where there is no record, the
// last of two equal names wins, and a null in a list or a map is refused. No text
// repeats any part of the request, since a plaintext may be in it.
package wire

import (
	"reflect"
	"sync"

	"github.com/aws/aws-sdk-go-v2/service/kms"
)

// Codec reads and writes structures of one type, which it need not look up first.
type Codec[T any] struct{ shape func() *shape }

// NewCodec returns the codec of a structure of the SDK. It matches schema and
// fields at its first use, and panics then if they do not match.
func NewCodec[T any]() Codec[T] {
	return Codec[T]{sync.OnceValue(func() *shape {
		s, err := rootShape(reflect.TypeFor[T]())
		if err != nil {
			panic(err)
		}
		return s
	})}
}

// Decode reads the body of a request as [Decode] does.
func (c Codec[T]) Decode(body []byte, in *T) error {
	return c.shape().decode(body, reflect.ValueOf(in).Elem())
}

// Encode writes the body of an answer as [Encode] does.
func (c Codec[T]) Encode(out *T) []byte {
	return c.shape().encode(reflect.ValueOf(out).Elem())
}

// Operation is one operation of KMS, with the struct types of its input and
// output.
type Operation struct {
	Name          string
	Input, Output reflect.Type
}

// Operations returns every operation of the SDK's client, sorted by name.
func Operations() []Operation {
	var operations []Operation
	for m := range reflect.TypeFor[*kms.Client]().Methods() {
		if m.Type.NumIn() != 4 || m.Type.NumOut() != 2 {
			continue // Options, the one method that calls nothing
		}
		operations = append(operations, Operation{m.Name, m.Type.In(2).Elem(), m.Type.Out(0).Elem()})
	}
	return operations
}
