package shape

import (
	"fmt"
	"reflect"
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/traits"
)

// compile makes the plan of an input structure. The SDK's schema says which
// shape each member has and whether that is sensitive, the tables of this
// package what the shape demands.
func compile(pointer reflect.Type) *structure {
	if pointer.Kind() != reflect.Pointer || !pointer.Implements(reflect.TypeFor[smithy.Serializable]()) {
		panic(fmt.Sprintf("shape: %s is not a pointer to an input of KMS", pointer))
	}
	var p probe
	reflect.New(pointer.Elem()).Interface().(smithy.Serializable).Serialize(&p)
	return compileStructure(pointer.Elem(), p.schema)
}

// A probe learns the schema of a structure that has no members to write.
type probe struct {
	smithy.ShapeSerializer // nil: an empty structure calls nothing else
	schema                 *smithy.Schema
}

// WriteStruct implements [smithy.ShapeSerializer].
func (p *probe) WriteStruct(s *smithy.Schema) { p.schema = s }

// CloseStruct implements [smithy.ShapeSerializer].
func (p *probe) CloseStruct() {}

func compileStructure(t reflect.Type, schema *smithy.Schema) *structure {
	s := &structure{}
	for f := range t.Fields() {
		ms := schema.Member(f.Name)
		if ms == nil {
			continue
		}
		m := member{
			checker:   compileMember(f.Type, ms, mayBeEmpty[t.Name()] == f.Name),
			name:      lowerCamel(f.Name),
			index:     f.Index[0],
			required:  slices.Contains(required[t.Name()], f.Name),
			sensitive: isSensitive(ms),
		}
		if m.required || m.checker.demands() {
			s.members = append(s.members, m)
		}
	}
	return s
}

func compileMember(t reflect.Type, schema *smithy.Schema, mayBeEmpty bool) checker {
	switch schema.Type() {
	case smithy.ShapeTypeStructure:
		return compileStructure(t.Elem(), schema)
	case smithy.ShapeTypeList:
		return compileList(t, schema)
	default:
		s := compileScalar(t, schema, constraints[schema.TargetID().Name])
		s.mayBeEmpty = mayBeEmpty
		return s
	}
}

func compileList(t reflect.Type, schema *smithy.Schema) *list {
	l := &list{scalar: *compileScalar(t, schema, constraints[schema.TargetID().Name])}
	element := schema.ListMember()
	if element.Type() == smithy.ShapeTypeStructure {
		l.structure = compileStructure(t.Elem(), element)
		return l
	}
	l.element = compileScalar(t.Elem(), element, constraints[element.TargetID().Name])
	texts := make([]string, len(l.element.rules))
	for i, r := range l.element.rules {
		texts[i] = r.text
	}
	l.text = "Member must satisfy constraint: [" + strings.Join(texts, ", ") + "]"
	return l
}

func compileScalar(t reflect.Type, schema *smithy.Schema, c constraint) *scalar {
	s := &scalar{sensitive: isSensitive(schema)}
	if schema.Type() == smithy.ShapeTypeEnum {
		s.rules = []rule{oneOf(t, c)}
		return s
	}
	number := schema.Type() == smithy.ShapeTypeInteger
	if c.max != 0 {
		s.rules = append(s.rules, atMost(c.max, number))
	}
	if c.min != 0 {
		s.rules = append(s.rules, atLeast(c.min, number))
	}
	if c.pattern != "" {
		s.rules = append(s.rules, matching(c))
	}
	return s
}

func isSensitive(schema *smithy.Schema) bool {
	_, ok := smithy.SchemaTrait[*traits.Sensitive](schema)
	return ok
}

func lowerCamel(name string) string {
	return strings.ToLower(name[:1]) + name[1:]
}

func atMost(limit int, number bool) rule {
	if number {
		return rule{
			func(v reflect.Value) bool { return v.Int() <= int64(limit) },
			fmt.Sprintf("Member must have value less than or equal to %d", limit),
		}
	}
	return rule{
		func(v reflect.Value) bool { return v.Len() <= limit || length(v) <= limit },
		fmt.Sprintf("Member must have length less than or equal to %d", limit),
	}
}

func atLeast(limit int, number bool) rule {
	if number {
		return rule{
			func(v reflect.Value) bool { return v.Int() >= int64(limit) },
			fmt.Sprintf("Member must have value greater than or equal to %d", limit),
		}
	}
	return rule{
		func(v reflect.Value) bool { return v.Len() >= limit*utf8.UTFMax || length(v) >= limit },
		fmt.Sprintf("Member must have length greater than or equal to %d", limit),
	}
}

// length counts bytes, elements, or the characters of a string.
func length(v reflect.Value) int {
	if v.Kind() == reflect.String {
		return utf8.RuneCountInString(v.String())
	}
	return v.Len()
}

// oneOf accepts the values that the SDK knows of the enumeration t.
func oneOf(t reflect.Type, c constraint) rule {
	values := reflect.Zero(t).MethodByName("Values").Call(nil)[0]
	accepted := slices.Clone(c.unlisted)
	for i := range values.Len() {
		accepted = append(accepted, values.Index(i).String())
	}
	listed := c.listed
	if listed == nil {
		listed = accepted[len(c.unlisted):]
	}
	return rule{
		func(v reflect.Value) bool { return slices.Contains(accepted, v.String()) },
		"Member must satisfy enum value set: [" + strings.Join(listed, ", ") + "]",
	}
}

func matching(c constraint) rule {
	expr := c.re2
	if expr == "" {
		expr = c.pattern
	}
	match := matcher(expr)
	return rule{
		func(v reflect.Value) bool { return match(v.String()) },
		"Member must satisfy regular expression pattern: " + c.pattern,
	}
}

// matcher returns the function that says whether all of a string matches expr.
//
// Most expressions are a set of characters, repeated. A look-up for each
// character is more than ten times as fast as a regular expression, which would
// take microseconds for the key of every request and milliseconds for a policy.
func matcher(expr string) func(string) bool {
	set, empty, ok := repeatedSet(expr)
	if !ok {
		return regexp.MustCompile(`\A(?:` + expr + `)\z`).MatchString
	}
	return func(s string) bool { return (empty || s != "") && onlyOf(set, s) }
}

// onlyOf reports whether all characters of s are in the set. Nearly all are ASCII.
func onlyOf(set *[unicode.MaxLatin1 + 1]bool, s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return !strings.ContainsFunc(s[i:], func(r rune) bool { return r > unicode.MaxLatin1 || !set[r] })
		}
		if !set[s[i]] {
			return false
		}
	}
	return true
}

// repeatedSet takes expr apart if it is a set of Latin-1 characters, repeated
// at will, and says whether it matches the empty string.
func repeatedSet(expr string) (set *[unicode.MaxLatin1 + 1]bool, empty, ok bool) {
	re, err := syntax.Parse(expr, syntax.Perl)
	if err != nil {
		return nil, false, false
	}
	if re.Op == syntax.OpConcat && len(re.Sub) == 3 &&
		re.Sub[0].Op == syntax.OpBeginText && re.Sub[2].Op == syntax.OpEndText {
		re = re.Sub[1]
	}
	if re.Op != syntax.OpPlus && re.Op != syntax.OpStar || re.Sub[0].Op != syntax.OpCharClass {
		return nil, false, false
	}
	ranges := re.Sub[0].Rune
	if ranges[len(ranges)-1] > unicode.MaxLatin1 {
		return nil, false, false
	}
	set = new([unicode.MaxLatin1 + 1]bool)
	for bounds := range slices.Chunk(ranges, 2) {
		for r := bounds[0]; r <= bounds[1]; r++ {
			set[r] = true
		}
	}
	return set, re.Op == syntax.OpStar, true
}
