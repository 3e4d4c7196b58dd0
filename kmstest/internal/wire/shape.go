package wire

import (
	"fmt"
	"reflect"
	"strings"
	"sync"
	"time"

	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/traits"
)

// shape is how a Go type of the SDK is carried on the wire: its schema and its
// fields, matched once.
type shape struct {
	kind    smithy.ShapeType // enums are strings here
	items   *shape           // what a list holds
	members []member         // of a structure, in the order of its fields
	unit    bool             // an output for which KMS has no structure, not even an empty one
}

// member returns the member of a structure with that name, or nil. They are few.
func (s *shape) member(name []byte) *member {
	for i := range s.members {
		if s.members[i].name == string(name) {
			return &s.members[i]
		}
	}
	return nil
}

// stringShape is the shape of all strings and enums.
var stringShape = &shape{kind: smithy.ShapeTypeString}

// member is one member of a structure, held by the field with that index.
type member struct {
	name  string
	field int
	shape *shape
}

// shapes holds a *shape for each reflect.Type of a structure that was seen.
var shapes sync.Map

// shapeOf returns the shape of the structure that v points to, and the
// structure itself.
func shapeOf(v any) (*shape, reflect.Value, error) {
	p := reflect.ValueOf(v)
	if p.Kind() != reflect.Pointer || p.IsNil() || p.Elem().Kind() != reflect.Struct {
		return nil, p, fmt.Errorf("wire: %T does not point to a structure of the SDK", v)
	}
	t := p.Type().Elem()
	if s, ok := shapes.Load(t); ok {
		return s.(*shape), p.Elem(), nil
	}
	s, err := rootShape(t)
	if err != nil {
		return nil, p, err
	}
	shapes.Store(t, s)
	return s, p.Elem(), nil
}

// rootShape builds the shape of a structure that knows its own schema.
func rootShape(t reflect.Type) (*shape, error) {
	v, ok := reflect.TypeAssert[smithy.Serializable](reflect.New(t))
	if !ok {
		return nil, fmt.Errorf("wire: %s is not a structure of the SDK", t)
	}
	var p probe
	v.Serialize(&p)
	if p.schema == nil {
		return &shape{kind: smithy.ShapeTypeStructure, unit: true}, nil
	}
	return newShape(t, p.schema)
}

// probe learns with which schema a structure of the SDK serializes itself. It
// is for zero values only: they write no members.
type probe struct {
	smithy.ShapeSerializer
	schema *smithy.Schema
}

func (p *probe) WriteStruct(s *smithy.Schema) { p.schema = s }
func (p *probe) CloseStruct()                 {}

// newShape matches a Go type with its schema.
func newShape(t reflect.Type, s *smithy.Schema) (*shape, error) {
	switch kind := s.Type(); {
	case kind == smithy.ShapeTypeStructure && t.Kind() == reflect.Struct:
		return newStructure(t, s)
	case kind == smithy.ShapeTypeList && t.Kind() == reflect.Slice:
		items, err := newShape(t.Elem(), s.ListMember())
		return &shape{kind: kind, items: items}, err
	case (kind == smithy.ShapeTypeString || kind == smithy.ShapeTypeEnum) && t.Kind() == reflect.String:
		return stringShape, nil
	case carried[kind] == t && !formatted(s):
		return &shape{kind: kind}, nil
	}
	return nil, fmt.Errorf("wire: no way to carry %s as %s", s.ID(), t)
}

// carried are the remaining kinds that KMS uses, and the one Go type that the
// SDK has for each.
var carried = map[smithy.ShapeType]reflect.Type{
	smithy.ShapeTypeBlob:      reflect.TypeFor[[]byte](),
	smithy.ShapeTypeBoolean:   reflect.TypeFor[bool](),
	smithy.ShapeTypeInteger:   reflect.TypeFor[int32](),
	smithy.ShapeTypeMap:       reflect.TypeFor[map[string]string](),
	smithy.ShapeTypeTimestamp: reflect.TypeFor[time.Time](),
}

// formatted says whether a timestamp has a form of its own, other than the
// epoch seconds of the protocol.
func formatted(s *smithy.Schema) bool {
	_, ok := smithy.SchemaTrait[*traits.TimestampFormat](s)
	return ok
}

func newStructure(t reflect.Type, s *smithy.Schema) (*shape, error) {
	n := &shape{kind: smithy.ShapeTypeStructure}
	for f := range t.Fields() {
		name, schema := memberOf(s, f.Name)
		if schema == nil {
			continue // ResultMetadata and the like
		}
		ft := f.Type
		if ft.Kind() == reflect.Pointer {
			ft = ft.Elem()
		}
		fs, err := newShape(ft, schema)
		if err != nil {
			return nil, fmt.Errorf("%w (%s of %s)", err, name, t)
		}
		n.members = append(n.members, member{name, f.Index[0], fs})
	}
	if len(n.members) != len(s.Members()) {
		return nil, fmt.Errorf("wire: %s lacks members of %s", t, s.ID())
	}
	return n, nil
}

// memberOf returns the member that the field of that name holds. Members of
// errors begin with a small letter.
func memberOf(s *smithy.Schema, field string) (string, *smithy.Schema) {
	if m := s.Member(field); m != nil {
		return field, m
	}
	name := strings.ToLower(field[:1]) + field[1:]
	return name, s.Member(name)
}
