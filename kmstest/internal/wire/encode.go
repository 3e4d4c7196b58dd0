package wire

import (
	"encoding/base64"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/aws/smithy-go"
	smithyjson "github.com/aws/smithy-go/encoding/json"
)

// Encode writes the body of an answer from out, a pointer to an output
// structure of the SDK. The body is empty where KMS's model has no structure
// for the answer, and {} where it has an empty one.
func Encode(out any) ([]byte, error) {
	s, v, err := shapeOf(out)
	if err != nil {
		return nil, err
	}
	return s.encode(v), nil
}

func (s *shape) encode(v reflect.Value) []byte {
	if s.unit {
		return nil
	}
	return s.append(make([]byte, 0, 512), v)
}

// append appends v as one value.
func (s *shape) append(b []byte, v reflect.Value) []byte {
	switch s.kind {
	case smithy.ShapeTypeStructure:
		return append(s.appendMembers(append(b, '{'), v), '}')
	case smithy.ShapeTypeList:
		b = append(b, '[')
		for i := range v.Len() {
			b = s.items.append(separate(b), v.Index(i))
		}
		return append(b, ']')
	case smithy.ShapeTypeMap:
		m, _ := reflect.TypeAssert[map[string]string](v)
		b = append(b, '{')
		for _, k := range slices.Sorted(maps.Keys(m)) {
			b = append(appendString(separate(b), k), ':')
			b = appendString(b, m[k])
		}
		return append(b, '}')
	case smithy.ShapeTypeString:
		if v.String() == EmptyEnum { // of an input that was read before
			return append(b, `""`...)
		}
		return appendString(b, v.String())
	case smithy.ShapeTypeBlob:
		return append(base64.StdEncoding.AppendEncode(append(b, '"'), v.Bytes()), '"')
	case smithy.ShapeTypeBoolean:
		return strconv.AppendBool(b, v.Bool())
	case smithy.ShapeTypeInteger:
		return strconv.AppendInt(b, v.Int(), 10)
	default:
		t, _ := reflect.TypeAssert[time.Time](v)
		return strconv.AppendFloat(b, float64(t.UnixMilli())/1e3, 'f', -1, 64)
	}
}

// appendMembers appends the members of a structure that are not absent.
func (s *shape) appendMembers(b []byte, v reflect.Value) []byte {
	for _, m := range s.members {
		if f := v.Field(m.field); !absent(f) {
			b = append(append(append(separate(b), '"'), m.name...), `":`...)
			b = m.shape.append(b, reflect.Indirect(f))
		}
	}
	return b
}

// absent says whether a field holds no member. A false or a zero is one.
func absent(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Map:
		return v.IsNil()
	case reflect.String:
		return v.Len() == 0
	default:
		return false
	}
}

// separate appends a comma before all entries of a list or an object but the
// first.
func separate(b []byte) []byte {
	if last := b[len(b)-1]; last == '{' || last == '[' {
		return b
	}
	return append(b, ',')
}

// appendString appends a JSON string.
func appendString(b []byte, s string) []byte {
	if plain(s) {
		return append(append(append(b, '"'), s...), '"')
	}
	w := smithyjson.NewEncoder()
	w.Value.String(s)
	return append(b, w.Bytes()...)
}

// plain says whether a text stands in JSON as it is.
func plain(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c == '"' || c == '\\' || c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
