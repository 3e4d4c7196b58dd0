package wire

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"math"
	"reflect"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/aws/smithy-go"
)

// Decode reads the body of a request into in, a pointer to an empty input
// structure of the SDK. A body that KMS would not read is refused with a
// *[smithy.GenericAPIError] SerializationException; in is then half filled.
// Decode keeps nothing of body.
func Decode(body []byte, in any) error {
	s, v, err := shapeOf(in)
	if err != nil {
		return err
	}
	return s.decode(body, v)
}

func (s *shape) decode(body []byte, v reflect.Value) error {
	if !utf8.Valid(body) {
		return errMalformed
	}
	var err error
	r := reader{doc: body}
	switch r.next() {
	case '{':
		err = r.structure(s, v)
	case '[':
		err = errList
	default:
		err = errMalformed
	}
	if err != nil {
		return err
	}
	if r.next(); r.at < len(body) {
		return errMalformed
	}
	return nil
}

// reader reads a JSON document along a shape. It goes no deeper than the shape
// does: what the shape does not name is left to [encoding/json].
type reader struct {
	doc []byte
	at  int
}

// next skips blanks and returns the byte that the next token begins with. At
// the end it is zero, with which no token begins.
func (r *reader) next() byte {
	for ; r.at < len(r.doc); r.at++ {
		switch c := r.doc[r.at]; c {
		case ' ', '\t', '\n', '\r':
		default:
			return c
		}
	}
	return 0
}

// structure reads an object, member by member.
func (r *reader) structure(s *shape, v reflect.Value) error {
	return r.entries('}', func() error {
		name, err := r.name()
		if err != nil {
			return err
		}
		m := s.member(name)
		switch {
		case m == nil:
			return r.skip()
		case r.next() == 'n':
			v.Field(m.field).SetZero()
			return r.skip()
		default:
			return r.member(m.shape, v.Field(m.field))
		}
	})
}

// member reads a value into a field, which may be a pointer.
func (r *reader) member(s *shape, field reflect.Value) error {
	if field.Kind() == reflect.String {
		return r.enum(s, field)
	}
	if field.Kind() != reflect.Pointer {
		return r.value(s, field)
	}
	if p, ok := reflect.TypeAssert[**string](field.Addr()); ok { // most are
		*p = new(string)
	} else {
		field.Set(reflect.New(field.Type().Elem()))
	}
	return r.value(s, field.Elem())
}

// EmptyEnum is what Decode makes of the empty text of an enumeration. The SDK takes
// an empty enumeration for an absent one, and KMS does not. It is not UTF-8, so
// that no request has it.
const EmptyEnum = "\xff"

// enum reads an enumeration, which alone of all texts the SDK keeps without a
// pointer.
func (r *reader) enum(s *shape, field reflect.Value) error {
	err := r.value(s, field)
	if field.Len() == 0 {
		field.SetString(EmptyEnum)
	}
	return err
}

func (r *reader) list(s *shape, v reflect.Value) error {
	v.Set(reflect.MakeSlice(v.Type(), 0, 0))
	return r.entries(']', func() error {
		n := v.Len()
		v.Grow(1)
		v.SetLen(n + 1)
		return r.value(s.items, v.Index(n))
	})
}

func (r *reader) stringMap(v reflect.Value) error {
	m := map[string]string{}
	v.Set(reflect.ValueOf(m))
	return r.entries('}', func() error {
		key, err := r.name()
		if err != nil {
			return err
		}
		k := string(key)
		var value string
		err = r.value(stringShape, reflect.ValueOf(&value).Elem())
		m[k] = value
		return err
	})
}

// value reads a value that is not null into v.
func (r *reader) value(s *shape, v reflect.Value) error {
	switch c := r.next(); {
	case c == '{' && s.kind == smithy.ShapeTypeStructure:
		return r.structure(s, v)
	case c == '{' && s.kind == smithy.ShapeTypeMap:
		return r.stringMap(v)
	case c == '{':
		return errStructure
	case c == '[' && s.kind == smithy.ShapeTypeList:
		return r.list(s, v)
	case c == '[':
		return errList
	}
	x, err := r.scalar()
	if err != nil {
		return err
	}
	return x.convert(s.kind, v)
}

// entries calls entry at each entry of a list or an object, which stops at
// closing.
func (r *reader) entries(closing byte, entry func() error) error {
	r.at++
	for first := true; r.next() != closing; first = false {
		if !first && !r.pass(',') {
			return errMalformed
		}
		if err := entry(); err != nil {
			return err
		}
	}
	r.at++
	return nil
}

// name reads the name of an entry of an object, and its colon.
func (r *reader) name() ([]byte, error) {
	x, err := r.scalar()
	if err == nil && (x.first != '"' || !r.pass(':')) {
		err = errMalformed
	}
	return x.text, err
}

// pass goes past the next token if it is c.
func (r *reader) pass(c byte) bool {
	if r.next() != c {
		return false
	}
	r.at++
	return true
}

// skip goes past a whole value.
func (r *reader) skip() error {
	var value json.RawMessage
	d := json.NewDecoder(bytes.NewReader(r.doc[r.at:]))
	if d.Decode(&value) != nil {
		return errMalformed
	}
	r.at += int(d.InputOffset())
	return nil
}

// scalar reads a string, a number or a literal.
func (r *reader) scalar() (scalar, error) {
	if r.next() == '"' {
		return r.quoted()
	}
	token := r.doc[r.at:]
	if n := bytes.IndexAny(token, " \t\r\n,:]}"); n >= 0 {
		token = token[:n]
	}
	if !json.Valid(token) {
		return scalar{}, errMalformed
	}
	r.at += len(token)
	return scalar{token[0], token}, nil
}

// quoted reads a string. Escapes are rare in KMS, so they may be slow.
func (r *reader) quoted() (scalar, error) {
	escaped := false
	for i := r.at + 1; i < len(r.doc) && r.doc[i] >= ' '; i++ {
		switch r.doc[i] {
		case '\\':
			escaped = true
			i++
		case '"':
			token := r.doc[r.at : i+1]
			r.at = i + 1
			if escaped {
				return unescape(token)
			}
			return scalar{'"', token[1 : len(token)-1]}, nil
		}
	}
	return scalar{}, errMalformed
}

func unescape(token []byte) (scalar, error) {
	var text string
	if json.Unmarshal(token, &text) != nil {
		return scalar{}, errMalformed
	}
	return scalar{'"', []byte(text)}, nil
}

// scalar is a value that is neither a list nor an object: the byte that it
// begins with, which tells its kind, and its text, without quotes and escapes.
type scalar struct {
	first byte
	text  []byte
}

// convert sets v, which is of that kind, to the value. Null has no kind.
func (x scalar) convert(kind smithy.ShapeType, v reflect.Value) error {
	if x.first == 'n' {
		return errMalformed
	}
	switch kind {
	case smithy.ShapeTypeStructure:
		return serializationError("Expected null")
	case smithy.ShapeTypeList:
		return serializationError("Expected list or null")
	case smithy.ShapeTypeMap:
		return serializationError("Expected map or null")
	case smithy.ShapeTypeString:
		return x.toString(v)
	case smithy.ShapeTypeBlob:
		return x.toBlob(v)
	case smithy.ShapeTypeBoolean:
		return x.toBoolean(v)
	case smithy.ShapeTypeInteger:
		return x.toInteger(v)
	default:
		return x.toTimestamp(v)
	}
}

func (x scalar) toString(v reflect.Value) error {
	if x.first != '"' {
		return x.notConvertible("a String")
	}
	v.SetString(string(x.text))
	return nil
}

// strictBase64 also refuses bits that are left over, as AWS does.
var strictBase64 = base64.StdEncoding.Strict()

func (x scalar) toBlob(v reflect.Value) error {
	b, err := strictBase64.AppendDecode([]byte{}, x.text)
	if x.first != '"' || err != nil || bytes.IndexByte(x.text, '\r') >= 0 || bytes.IndexByte(x.text, '\n') >= 0 { // which Go's decoder skips
		return x.notConvertible("a Blob")
	}
	v.SetBytes(b)
	return nil
}

// toBoolean takes some words for booleans too, as AWS does.
func (x scalar) toBoolean(v reflect.Value) error {
	if x.isNumber() {
		return x.notConvertible("a Boolean")
	}
	switch strings.ToLower(string(x.text)) {
	case "true", "yes", "y", "t", "1":
		v.SetBool(true)
	case "false", "no", "n", "f", "0":
		v.SetBool(false)
	default:
		return x.notConvertible("an Boolean") // AWS's article
	}
	return nil
}

func (x scalar) toInteger(v reflect.Value) error {
	if !x.isNumber() {
		return x.notConvertible("an Integer")
	}
	v.SetInt(int64(max(math.MinInt32, min(math.MaxInt32, x.number()))))
	return nil
}

// maxMillis limits times to some 70,000 years around 1970, where a float64 of
// seconds still tells one millisecond from the next.
const maxMillis = 1 << 51

func (x scalar) toTimestamp(v reflect.Value) error {
	if !x.isNumber() {
		return x.notConvertible("milliseconds since epoch")
	}
	millis := max(-maxMillis, min(maxMillis, math.Round(x.number()*1e3)))
	v.Set(reflect.ValueOf(time.UnixMilli(int64(millis)).UTC()))
	return nil
}

func (x scalar) isNumber() bool { return x.first == '-' || '0' <= x.first && x.first <= '9' }

// number returns a number, infinite if it is too large for a float64.
func (x scalar) number() float64 {
	f, _ := strconv.ParseFloat(string(x.text), 64)
	return f
}

// notConvertible refuses to make target of the value.
func (x scalar) notConvertible(target string) error {
	found := "NUMBER_VALUE"
	switch x.first {
	case '"':
		found = "STRING_VALUE"
	case 't':
		found = "TRUE_VALUE"
	case 'f':
		found = "FALSE_VALUE"
	}
	return serializationError(found + " can not be converted to " + target)
}
