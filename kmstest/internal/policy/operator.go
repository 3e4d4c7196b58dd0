package policy

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/kmskit/kmskit"
	"github.com/kmskit/kmskit/internal/policyfacts"
)

// operator is a condition operator and what makes its values ready.
type operator struct {
	policyfacts.Operator
	compile func(*compiler, kmskit.StringList) (matcher, error)
}

// matcher holds the values that a policy has for a condition key, and reports
// whether one of them matches a value of the request.
type matcher interface {
	match(e *evaluation, value string) bool
}

// findOperator returns the operator of a name such as
// "ForAllValues:StringNotLikeIfExists", and whether there is such an operator.
func findOperator(name string) (operator, bool) {
	parsed, ok := policyfacts.ParseOperator(name)
	return operator{parsed, compileFor(parsed.Base)}, ok
}

func compileFor(operator string) func(*compiler, kmskit.StringList) (matcher, error) {
	switch operator {
	case "Null":
		return compileNull
	case "StringEquals", "StringNotEquals":
		return compileEquals
	case "StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase":
		return compileEqualsIgnoreCase
	case "StringLike", "StringNotLike":
		return compileLike
	case "NumericEquals", "NumericNotEquals":
		return compileNumeric(equal)
	case "NumericLessThan":
		return compileNumeric(less)
	case "NumericLessThanEquals":
		return compileNumeric(lessOrEqual)
	case "NumericGreaterThan":
		return compileNumeric(greater)
	case "NumericGreaterThanEquals":
		return compileNumeric(greaterOrEqual)
	case "DateEquals", "DateNotEquals":
		return compileDate(equal)
	case "DateLessThan":
		return compileDate(less)
	case "DateLessThanEquals":
		return compileDate(lessOrEqual)
	case "DateGreaterThan":
		return compileDate(greater)
	case "DateGreaterThanEquals":
		return compileDate(greaterOrEqual)
	case "Bool":
		return compileBool
	case "BinaryEquals":
		return compileBinary
	case "IpAddress", "NotIpAddress":
		return compileAddress
	case "ArnEquals", "ArnLike", "ArnNotEquals", "ArnNotLike":
		return compileARN
	default:
		return nil
	}
}

// compileList compiles the values of a condition one by one.
func compileList[T any](values kmskit.StringList, compile func(string) (T, error)) ([]T, error) {
	if len(values) == 0 {
		return nil, errors.New("has no values")
	}
	list := make([]T, len(values))
	for i, v := range values {
		var err error
		if list[i], err = compile(v); err != nil {
			return nil, fmt.Errorf("has the value %q, which %w", v, err)
		}
	}
	return list, nil
}

// equals matches texts as they are.
type equals []text

func compileEquals(c *compiler, values kmskit.StringList) (matcher, error) {
	list, err := compileList(values, func(v string) (text, error) { return c.parseText(v, false) })
	return equals(list), err
}

func (m equals) match(e *evaluation, value string) bool {
	for i := range m {
		if t, ok := m[i].value(e); ok && t == value {
			return true
		}
	}
	return false
}

// equalsIgnoreCase matches texts in any case.
type equalsIgnoreCase []text

func compileEqualsIgnoreCase(c *compiler, values kmskit.StringList) (matcher, error) {
	list, err := compileList(values, func(v string) (text, error) { return c.parseText(v, false) })
	return equalsIgnoreCase(list), err
}

func (m equalsIgnoreCase) match(e *evaluation, value string) bool {
	for i := range m {
		if t, ok := m[i].value(e); ok && (t == value || strings.EqualFold(t, value)) {
			return true
		}
	}
	return false
}

// like matches texts with wildcards.
type like []pattern

func compileLike(c *compiler, values kmskit.StringList) (matcher, error) {
	list, err := compileList(values, func(v string) (pattern, error) {
		t, err := c.parseText(v, true)
		return newPattern(t), err
	})
	return like(list), err
}

func (m like) match(e *evaluation, value string) bool {
	for i := range m {
		if ok, _ := m[i].match(e, value); ok {
			return true
		}
	}
	return false
}

// arnLike matches ARNs part by part, so that a wildcard does not reach beyond
// its colons. ArnEquals and ArnLike are the same.
type arnLike []text

func compileARN(c *compiler, values kmskit.StringList) (matcher, error) {
	list, err := compileList(values, func(v string) (text, error) {
		t, err := c.parseText(v, true)
		if err == nil && t.parts == nil && strings.Count(v, ":") < arnParts-1 {
			err = errNotARN
		}
		return t, err
	})
	return arnLike(list), err
}

func (m arnLike) match(e *evaluation, value string) bool {
	for i := range m {
		if t, ok := m[i].value(e); ok && globARN(t, value) {
			return true
		}
	}
	return false
}

// arnParts is how many parts an ARN has. The last one may have colons in it.
const arnParts = 6

func globARN(pattern, arn string) bool {
	for range arnParts - 1 {
		p, restOfPattern, ok := strings.Cut(pattern, ":")
		a, restOfARN, ok2 := strings.Cut(arn, ":")
		if !ok || !ok2 || !glob(p, a) {
			return false
		}
		pattern, arn = restOfPattern, restOfARN
	}
	return glob(pattern, arn)
}

// relation says which results of a three-way comparison of the request's value
// with the policy's are a match.
type relation func(comparison int) bool

func equal(c int) bool          { return c == 0 }
func less(c int) bool           { return c < 0 }
func lessOrEqual(c int) bool    { return c <= 0 }
func greater(c int) bool        { return c > 0 }
func greaterOrEqual(c int) bool { return c >= 0 }

// numeric compares numbers.
type numeric struct {
	relation relation
	values   []float64
}

func compileNumeric(r relation) func(*compiler, kmskit.StringList) (matcher, error) {
	return func(_ *compiler, values kmskit.StringList) (matcher, error) {
		list, err := compileList(values, parseNumber)
		return numeric{r, list}, err
	}
}

func (m numeric) match(_ *evaluation, value string) bool {
	n, err := parseNumber(value)
	if err != nil {
		return false
	}
	for _, v := range m.values {
		switch {
		case n < v && m.relation(-1), n == v && m.relation(0), n > v && m.relation(1):
			return true
		}
	}
	return false
}

func parseNumber(s string) (float64, error) {
	// ParseFloat also reads hexadecimal, infinity and digits with underscores.
	if strings.Trim(s, "0123456789+-.eE") != "" {
		return 0, errNotNumber
	}
	n, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return 0, errNotNumber
	}
	return n, nil
}

var (
	errNotNumber  = errors.New("is not a number")
	errNotDate    = errors.New("is not a date like 2026-01-31T12:00:00Z, nor a number of seconds")
	errNotBool    = errors.New(`is neither "true" nor "false"`)
	errNotBase64  = errors.New("is not base64")
	errNotAddress = errors.New("is not an IP address or a range like 203.0.113.0/24")
)

// date compares points in time.
type date struct {
	relation relation
	values   []time.Time
}

func compileDate(r relation) func(*compiler, kmskit.StringList) (matcher, error) {
	return func(_ *compiler, values kmskit.StringList) (matcher, error) {
		list, err := compileList(values, parseDate)
		return date{r, list}, err
	}
}

func (m date) match(_ *evaluation, value string) bool {
	t, err := parseDate(value)
	return err == nil && slices.ContainsFunc(m.values, func(v time.Time) bool { return m.relation(t.Compare(v)) })
}

// parseDate reads the forms of ISO 8601 that the W3C lists, and Unix seconds. A
// number of four digits could be either, a year or a second of 1970, and is
// neither.
func parseDate(s string) (time.Time, error) {
	for _, layout := range [...]string{time.RFC3339, "2006-01-02T15:04Z07:00", time.DateOnly, "2006-01"} {
		if t, err := time.Parse(layout, s); err == nil {
			return t, nil
		}
	}
	seconds, fraction, _ := strings.Cut(s, ".")
	n, err := strconv.ParseUint(seconds, 10, 40)
	nanos, err2 := strconv.ParseUint((fraction + "000000000")[:9], 10, 32)
	if err != nil || err2 != nil || len(seconds) == 4 || len(fraction) > 9 {
		return time.Time{}, errNotDate
	}
	return time.Unix(int64(n), int64(nanos)), nil
}

// boolean matches "true" and "false" in any case.
type boolean []text

func compileBool(c *compiler, values kmskit.StringList) (matcher, error) {
	list, err := compileList(values, func(v string) (text, error) {
		t, err := c.parseText(v, false)
		if err == nil && t.parts == nil && !isBool(v) {
			err = errNotBool
		}
		return t, err
	})
	return boolean(list), err
}

// compileNull compiles the values of Null, which may not be variables.
func compileNull(_ *compiler, values kmskit.StringList) (matcher, error) {
	list, err := compileList(values, func(v string) (text, error) {
		if !isBool(v) {
			return text{}, errNotBool
		}
		return text{literal: v}, nil
	})
	return boolean(list), err
}

func (m boolean) match(e *evaluation, value string) bool {
	return isBool(value) && equalsIgnoreCase(m).match(e, value)
}

func isBool(s string) bool {
	return s == "true" || s == "false" || strings.EqualFold(s, "true") || strings.EqualFold(s, "false")
}

// binary compares bytes; the policy has them in base64.
type binary []string

func compileBinary(_ *compiler, values kmskit.StringList) (matcher, error) {
	list, err := compileList(values, func(v string) (string, error) {
		b, err := base64.StdEncoding.DecodeString(v)
		if err != nil {
			return "", errNotBase64
		}
		return string(b), nil
	})
	return binary(list), err
}

func (m binary) match(_ *evaluation, value string) bool {
	return slices.Contains(m, value)
}

// addresses matches IP addresses against ranges.
type addresses []netip.Prefix

func compileAddress(_ *compiler, values kmskit.StringList) (matcher, error) {
	list, err := compileList(values, parseRange)
	return addresses(list), err
}

func (m addresses) match(_ *evaluation, value string) bool {
	addr, err := netip.ParseAddr(value)
	if err != nil {
		return false
	}
	addr = addr.Unmap().WithZone("")
	return slices.ContainsFunc(m, func(p netip.Prefix) bool { return p.Contains(addr) })
}

// parseRange reads a range of addresses; an address is a range of one.
func parseRange(s string) (netip.Prefix, error) {
	if p, err := netip.ParsePrefix(s); err == nil {
		return p, nil
	}
	addr, err := netip.ParseAddr(s)
	if err != nil || addr.Zone() != "" {
		return netip.Prefix{}, errNotAddress
	}
	addr = addr.Unmap()
	return netip.PrefixFrom(addr, addr.BitLen()), nil
}
