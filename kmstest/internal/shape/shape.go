// Package shape checks a KMS request against the shapes of the service model:
// which members must be present, how long or large they may be, and which
// characters or values they may have.
//
// KMS makes these checks before any other, so they need neither a key nor a
// caller. What KMS refuses later, with texts of its own, is not here: an alias
// without its prefix, a deletion window of six days, a missing NumberOfBytes.
package shape

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/aws/smithy-go"

	"github.com/kmskit/kmskit/kmstest/internal/wire"
)

// Validate checks in, a pointer to one of the SDK's input structures, as its
// [Shape] does. Anything but an input structure panics.
func Validate(in any) error {
	return Of(reflect.TypeOf(in)).Validate(in)
}

// A Shape is what KMS demands of one input structure.
type Shape struct{ structure *structure }

var shapes sync.Map // of Shape, by the type of the pointer to the input

// Of returns the shape of a type of pointers to input structures of the SDK. It
// panics if it is of anything else.
func Of(pointer reflect.Type) Shape {
	if s, ok := shapes.Load(pointer); ok {
		return s.(Shape)
	}
	s, _ := shapes.LoadOrStore(pointer, Shape{compile(pointer)})
	return s.(Shape)
}

// Validate checks in, a pointer to a structure of this shape.
//
// The error is a *[smithy.GenericAPIError] with the code ValidationException
// and the text of KMS, which names all members that fail, in the order of the
// structure's fields. A nil pointer is a request without members, as it is to
// the SDK's client.
func (s Shape) Validate(in any) error {
	v := reflect.ValueOf(in)
	if v.IsNil() {
		v = reflect.New(v.Type().Elem())
	}
	failures := s.structure.check(v.Elem())
	if len(failures) == 0 {
		return nil
	}
	return &smithy.GenericAPIError{
		Code:    "ValidationException",
		Message: message(failures),
		Fault:   smithy.FaultClient,
	}
}

func message(failures []failure) string {
	texts := make([]string, len(failures))
	for i, f := range failures {
		texts[i] = f.String()
	}
	noun := "errors"
	if len(failures) == 1 {
		noun = "error"
	}
	return fmt.Sprintf("%d validation %s detected: %s", len(failures), noun, strings.Join(texts, "; "))
}

// A failure is a constraint that a value does not satisfy.
type failure struct {
	path       string // from the value that was checked; empty for the value itself
	value      string // as KMS prints it; empty where KMS prints none
	constraint string
}

func (f failure) String() string {
	value := "Value"
	if f.value != "" {
		value += " " + f.value
	}
	return value + " at '" + f.path + "' failed to satisfy constraint: " + f.constraint
}

// under returns the failures as they are seen from the owner of a member.
func under(member string, failures []failure) []failure {
	for i := range failures {
		if failures[i].path != "" {
			failures[i].path = "." + failures[i].path
		}
		failures[i].path = member + failures[i].path
	}
	return failures
}

// A checker checks a value that is present. It answers nil, without allocating,
// if there is nothing to say.
type checker interface {
	check(v reflect.Value) []failure
	// demands reports whether there are values that check does not accept.
	demands() bool
}

// A structure checks those members of a structure of which something is demanded.
type structure struct {
	members []member
}

type member struct {
	checker   checker
	name      string // in lower camel case
	index     int    // of the field
	required  bool
	sensitive bool
}

func (s *structure) demands() bool { return len(s.members) > 0 }

func (s *structure) check(v reflect.Value) []failure {
	var failures []failure
	for i := range s.members {
		m := &s.members[i]
		if found := m.check(v); found != nil {
			failures = append(failures, under(m.name, found)...)
		}
	}
	return failures
}

func (m *member) check(owner reflect.Value) []failure {
	v := owner.Field(m.index)
	if !absent(v) {
		return m.checker.check(reflect.Indirect(v))
	}
	if !m.required || excused(owner, m.name) {
		return nil
	}
	return []failure{{value: show(reflect.Value{}, m.sensitive), constraint: "Member must not be null"}}
}

func absent(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Map:
		return v.IsNil()
	case reflect.String: // an enumeration, which the SDK keeps without a pointer
		return v.Len() == 0
	default:
		return false
	}
}

// excused reports whether a required member may be absent after all: a dry run
// can do without the ciphertext.
func excused(owner reflect.Value, member string) bool {
	if member != "ciphertextBlob" {
		return false
	}
	ignored := func(dryRun *bool, modifiers []types.DryRunModifierType) bool {
		return dryRun != nil && *dryRun && slices.Contains(modifiers, types.DryRunModifierTypeIgnoreCiphertext)
	}
	switch in := owner.Addr().Interface().(type) {
	case *kms.DecryptInput:
		return ignored(in.DryRun, in.DryRunModifiers)
	case *kms.ReEncryptInput:
		return ignored(in.DryRun, in.DryRunModifiers)
	default:
		return false
	}
}

// A scalar checks a value as a whole, against each of its rules.
type scalar struct {
	rules      []rule
	sensitive  bool
	mayBeEmpty bool // whatever the rules say
}

type rule struct {
	holds func(v reflect.Value) bool
	text  string
}

func (s *scalar) demands() bool { return len(s.rules) > 0 }

func (s *scalar) check(v reflect.Value) []failure {
	if s.mayBeEmpty && v.Len() == 0 {
		return nil
	}
	var failures []failure
	for i := range s.rules {
		if !s.rules[i].holds(v) {
			failures = append(failures, failure{value: show(v, s.sensitive), constraint: s.rules[i].text})
		}
	}
	return failures
}

func (s *scalar) holds(v reflect.Value) bool {
	return !slices.ContainsFunc(s.rules, func(r rule) bool { return !r.holds(v) })
}

// A list checks a list as a whole and then its elements. KMS names the element
// of a list of structures that fails, but of plain values only the list.
type list struct {
	scalar
	structure *structure // nil for a list of plain values
	element   *scalar    // nil for a list of structures
	text      string     // for an element that fails
}

func (l *list) demands() bool {
	return l.scalar.demands() || l.structure != nil && l.structure.demands() || l.element != nil && l.element.demands()
}

func (l *list) check(v reflect.Value) []failure {
	failures := l.scalar.check(v)
	for i := range v.Len() {
		if l.structure != nil {
			if found := l.structure.check(v.Index(i)); found != nil {
				failures = append(failures, under(strconv.Itoa(i+1)+".member", found)...)
			}
			continue
		}
		if !l.element.holds(v.Index(i)) {
			return append(failures, failure{value: show(v, l.sensitive), constraint: l.text})
		}
	}
	return failures
}

// show returns a value as KMS prints it: not at all if it is sensitive, even if
// it is absent, and never the bytes of a blob.
func show(v reflect.Value, sensitive bool) string {
	if sensitive {
		return ""
	}
	switch v.Kind() {
	case reflect.Invalid:
		return "null"
	case reflect.String:
		if v.String() == wire.EmptyEnum {
			return "''"
		}
		return "'" + v.String() + "'"
	case reflect.Int32:
		return "'" + strconv.FormatInt(v.Int(), 10) + "'"
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			return ""
		}
		elements := make([]string, v.Len())
		for i := range elements {
			elements[i] = v.Index(i).String()
		}
		return "'[" + strings.Join(elements, ", ") + "]'"
	default:
		return ""
	}
}
