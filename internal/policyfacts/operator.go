package policyfacts

import "strings"

// Operator is a condition operator taken apart.
type Operator struct {
	// Base is the operator without what stands around it: StringEquals for
	// ForAnyValue:StringEqualsIfExists.
	Base       string
	Quantifier Quantifier
	IfExists   bool
	// Negated says that the condition holds where no value matches.
	Negated bool
}

// Quantifier is how the values of a request are taken together.
type Quantifier uint8

// The quantifiers. Single is that of an operator without one.
const (
	Single Quantifier = iota
	AnyValue
	AllValues
)

// ParseOperator takes apart a name such as ForAllValues:StringNotLikeIfExists,
// and is false if there is no such operator. As in the documents of IAM, case
// matters.
//
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
func ParseOperator(name string) (Operator, bool) {
	if name == "Null" {
		return Operator{Base: name}, true
	}
	var op Operator
	if base, ok := strings.CutPrefix(name, "ForAnyValue:"); ok {
		op.Quantifier, name = AnyValue, base
	} else if base, ok := strings.CutPrefix(name, "ForAllValues:"); ok {
		op.Quantifier, name = AllValues, base
	}
	op.Base, op.IfExists = strings.CutSuffix(name, "IfExists")
	op.Negated = strings.Contains(op.Base, "Not")
	switch op.Base {
	case "StringEquals", "StringNotEquals", "StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase",
		"StringLike", "StringNotLike",
		"NumericEquals", "NumericNotEquals", "NumericLessThan", "NumericLessThanEquals",
		"NumericGreaterThan", "NumericGreaterThanEquals",
		"DateEquals", "DateNotEquals", "DateLessThan", "DateLessThanEquals",
		"DateGreaterThan", "DateGreaterThanEquals",
		"Bool", "BinaryEquals", "IpAddress", "NotIpAddress",
		"ArnEquals", "ArnLike", "ArnNotEquals", "ArnNotLike":
		return op, true
	}
	return Operator{}, false
}
