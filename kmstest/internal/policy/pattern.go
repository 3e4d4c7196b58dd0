package policy

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/kmskit/kmskit/internal/policyfacts"
)

// In a compiled pattern a wildcard is a byte that no UTF-8 text has, so that a
// literal * or ?, which comes from a variable, cannot be mistaken for one.
const (
	anyRun = 0xFF // *: any characters, also none
	anyOne = 0xFE // ?: one character
)

var (
	errNotARN   = errors.New("is not an ARN")
	errVariable = errors.New("has a policy variable that is not closed or has a malformed default")
)

// text is a value of a policy, with its variables, if any, still to be filled in.
type text struct {
	literal string
	parts   []part // nil for a text without variables
}

// part is a literal, followed by a variable if key is not empty.
type part struct {
	literal    string
	key        string // in lower case
	fallback   string
	hasDefault bool
}

// value returns the text for a request. It is false if a variable has no value
// and no default: such a text is equal to nothing.
func (t *text) value(e *evaluation) (string, bool) {
	if t.parts == nil {
		return t.literal, true
	}
	var b strings.Builder
	for i := range t.parts {
		p := &t.parts[i]
		b.WriteString(p.literal)
		if p.key == "" {
			continue
		}
		v, ok := e.variable(p.key)
		if !ok && !p.hasDefault {
			return "", false
		}
		if !ok {
			v = p.fallback
		}
		b.WriteString(strings.ToValidUTF8(v, "\uFFFD"))
	}
	return b.String(), true
}

// pattern is a text that values are matched against, with * and ? in it.
type pattern struct {
	text  text
	shape shape
}

// shape is the cheapest way to match a pattern.
type shape uint8

const (
	shapeGlob     shape = iota // wildcards anywhere
	shapeExact                 // none
	shapePrefix                // one *, at the end
	shapeAnything              // only *
	shapeVariable              // not known before the request is
)

func newPattern(t text) pattern {
	if t.parts != nil {
		return pattern{text: t, shape: shapeVariable}
	}
	switch i := wildcardIndex(t.literal); {
	case i < 0:
		return pattern{text: t, shape: shapeExact}
	case i == 0 && len(t.literal) == 1 && t.literal[0] == anyRun:
		return pattern{shape: shapeAnything}
	case i == len(t.literal)-1 && t.literal[i] == anyRun:
		return pattern{text: text{literal: t.literal[:i]}, shape: shapePrefix}
	}
	return pattern{text: t, shape: shapeGlob}
}

// coversAll reports whether the pattern matches every ARN, or every action of KMS.
func (p *pattern) coversAll() bool {
	return p.shape == shapeAnything || p.shape == shapePrefix && p.text.literal == "kms:"
}

// match reports whether a value matches, and whether the pattern has a value at
// all; without one it matches nothing.
func (p *pattern) match(e *evaluation, value string) (matches, hasValue bool) {
	switch p.shape {
	case shapeExact:
		return p.text.literal == value, true
	case shapePrefix:
		return strings.HasPrefix(value, p.text.literal), true
	case shapeAnything:
		return true, true
	case shapeVariable:
		filled, ok := p.text.value(e)
		return ok && glob(filled, value), ok
	default:
		return glob(p.text.literal, value), true
	}
}

// glob reports whether all of s matches an encoded pattern. Its cost is at most
// proportional to the product of the lengths, whatever the pattern.
func glob(pattern, s string) bool {
	i, j := 0, 0
	star, resume := -1, 0
	for j < len(s) {
		switch {
		case i < len(pattern) && pattern[i] == anyRun:
			star, resume = i, j
			i++
		case i < len(pattern) && pattern[i] == anyOne:
			_, n := utf8.DecodeRuneInString(s[j:])
			i, j = i+1, j+n
		case i < len(pattern) && pattern[i] == s[j]:
			i, j = i+1, j+1
		case star >= 0:
			// Let the last * swallow one character more and try again from there.
			_, n := utf8.DecodeRuneInString(s[resume:])
			resume += n
			i, j = star+1, resume
		default:
			return false
		}
	}
	for i < len(pattern) && pattern[i] == anyRun {
		i++
	}
	return i == len(pattern)
}

// wildcardIndex returns where the first wildcard of an encoded pattern is, or -1.
func wildcardIndex(pattern string) int {
	for i := range len(pattern) {
		if pattern[i] >= anyOne {
			return i
		}
	}
	return -1
}

// encodeWildcards turns * and ? into wildcards.
func encodeWildcards(s string) string {
	if !strings.ContainsAny(s, "*?") {
		return s
	}
	b := []byte(s)
	for i := range b {
		switch b[i] {
		case '*':
			b[i] = anyRun
		case '?':
			b[i] = anyOne
		}
	}
	return string(b)
}

// parseText splits a value into literals and variables, which only the 2012
// language has. With wildcards, * and ? outside variables become wildcards.
func (c *compiler) parseText(s string, wildcards bool) (text, error) {
	encode := func(s string) string { return s }
	if wildcards {
		encode = encodeWildcards
	}
	s = strings.ToValidUTF8(s, "\uFFFD")
	if !c.variables || !strings.Contains(s, "${") {
		return text{literal: encode(s)}, nil
	}
	var t text
	var literal string
	for {
		before, rest, found := strings.Cut(s, "${")
		literal += encode(before)
		if !found {
			break
		}
		variable, after, closed := strings.Cut(rest, "}")
		if !closed {
			return text{}, errVariable
		}
		s = after
		if variable == "*" || variable == "?" || variable == "$" {
			literal += variable
			continue
		}
		p, err := parseVariable(variable)
		if err != nil {
			return text{}, err
		}
		p.literal, literal = literal, ""
		t.parts = append(t.parts, p)
	}
	if t.parts == nil {
		return text{literal: literal}, nil
	}
	t.parts = append(t.parts, part{literal: literal})
	return t, nil
}

// parseVariable reads what stands between ${ and }: a condition key that has one
// value, and possibly a default, as in aws:PrincipalTag/team, 'everyone'.
func parseVariable(s string) (part, error) {
	name, fallback, hasDefault := strings.Cut(s, ",")
	p := part{key: strings.ToLower(strings.TrimSpace(name)), hasDefault: hasDefault}
	if hasDefault {
		fallback = strings.TrimSpace(fallback)
		if len(fallback) < 2 || fallback[0] != '\'' || fallback[len(fallback)-1] != '\'' {
			return part{}, errVariable
		}
		p.fallback = fallback[1 : len(fallback)-1]
	}
	if known, standing := policyfacts.FindKey(p.key); standing == policyfacts.Unknown || known.List {
		return part{}, fmt.Errorf("has the policy variable ${%s}, which is not a condition key with one value", strings.TrimSpace(name))
	}
	return p, nil
}
