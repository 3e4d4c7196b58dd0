package kmskit

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// PolicyDocument is an IAM policy document: a key policy or an identity policy.
//
// It reads and writes JSON, by itself or as a member of something larger, and
// is strict: what IAM would refuse or ignore because it is misspelt is an error
// that matches [ErrInvalidInput] and says where and what would be right.
//
// What was read is written again with the same meaning. The form may change:
// Statement becomes a list, a list of one string becomes the string, a number
// or boolean in a condition becomes a string, and an empty Id or Sid is left out.
//
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html
type PolicyDocument struct {
	// Version is the policy language, "2012-10-17". Empty means the element is
	// absent, which IAM reads as "2008-10-17", a language without policy
	// variables such as ${aws:username}.
	Version string `json:"Version,omitzero"`
	// ID is the optional Id element.
	ID string `json:"Id,omitzero"`
	// Statement holds the statements. Their order has no meaning to IAM.
	Statement []Statement `json:"Statement"`
}

var (
	_ fmt.Stringer     = (*PolicyDocument)(nil)
	_ json.Marshaler   = PolicyDocument{}
	_ json.Unmarshaler = (*PolicyDocument)(nil)
)

// Statement is one statement of a [PolicyDocument].
//
// An element and its Not form exclude each other. A nil list is an absent
// element; a list that is empty and not nil is an element with no values. KMS
// accepts a statement without Action or Resource, but it has no effect.
type Statement struct {
	// Sid is the optional name of the statement.
	Sid string `json:"Sid,omitzero"`
	// Effect is [Allow] or [Deny].
	Effect Effect `json:"Effect"`
	// Principal says whom a key policy is about. Identity policies have none.
	Principal Principal `json:"Principal,omitzero"`
	// NotPrincipal is everybody but these.
	NotPrincipal Principal `json:"NotPrincipal,omitzero"`
	// Action holds actions like "kms:Decrypt", with the wildcards * and ?.
	Action StringList `json:"Action,omitzero"`
	// NotAction is every action but these.
	NotAction StringList `json:"NotAction,omitzero"`
	// Resource holds ARNs with wildcards. "*" in a key policy is the key itself.
	Resource StringList `json:"Resource,omitzero"`
	// NotResource is every resource but these.
	NotResource StringList `json:"NotResource,omitzero"`
	// Condition must hold, all of it, for the statement to apply.
	Condition Condition `json:"Condition,omitzero"`
}

// Effect says what a statement that matches does.
type Effect string

// The two effects of a statement. A Deny outweighs any Allow.
const (
	Allow Effect = "Allow"
	Deny  Effect = "Deny"
)

// Principal names who a statement is about. The zero Principal is an absent one.
//
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
type Principal struct {
	// Everyone is the bare "*".
	Everyone bool `json:"-"`
	// AWS holds account IDs, ARNs, unique IDs or "*".
	AWS StringList `json:"AWS,omitzero"`
	// Service holds service principals like "logs.us-east-1.amazonaws.com".
	Service StringList `json:"Service,omitzero"`
	// Federated holds identity providers.
	Federated StringList `json:"Federated,omitzero"`
	// CanonicalUser holds canonical user IDs, which only Amazon S3 knows.
	CanonicalUser StringList `json:"CanonicalUser,omitzero"`
}

// StringList is one string or a list of strings, as policies have it. A single
// string is written without the brackets.
type StringList []string

// Condition maps a condition operator to condition keys and their values:
//
//	kmskit.Condition{"StringEquals": {"kms:ViaService": {"s3.us-east-1.amazonaws.com"}}}
//
// Numbers and booleans in a document are read as strings of the same text.
type Condition map[string]map[string]StringList

// The names that a document may use, in the order in which they are written.
var (
	documentElements  = []string{"Version", "Id", "Statement"}
	statementElements = []string{
		"Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction",
		"Resource", "NotResource", "Condition",
	}
	principalTypes = []string{"AWS", "Service", "Federated", "CanonicalUser"}
)

// The two policy languages. The older one is what an absent Version means.
const (
	version2008 = "2008-10-17"
	version2012 = "2012-10-17"
)

// ParsePolicyDocument reads a policy document, such as GetKeyPolicy returns.
//
// Statement may be one statement or a list of them, and what may be a list of
// strings may be one string. What IAM does not know is refused by name: other
// elements or another spelling of them, an element that comes twice, an element
// beside its Not form, an Effect, Version or type of principal that does not
// exist, a value of the wrong type, and text after the document. The error
// matches [ErrInvalidInput].
//
// The names of actions, operators and condition keys are not checked: services
// add to them all the time.
func ParsePolicyDocument(text string) (*PolicyDocument, error) {
	d := new(PolicyDocument)
	if err := d.UnmarshalJSON([]byte(text)); err != nil {
		return nil, err
	}
	return d, nil
}

// String returns the document as JSON, indented by two spaces, in an order that
// depends on the content alone. For nil it returns "<nil>".
//
// KMS takes a policy in characters up to U+00FF only; those beyond are written
// as \u escapes, which mean the same.
func (d *PolicyDocument) String() string {
	if d == nil {
		return "<nil>"
	}
	compact, _ := d.MarshalJSON() // strings, lists and maps of them always encode
	var indented bytes.Buffer
	_ = json.Indent(&indented, compact, "", "  ")
	return indented.String()
}

// Equal reports whether the two documents say the same to IAM. It disregards
// the order of statements and of values, repetitions, one string or a list of
// one, an account ID or its root ARN in any partition, "*" or {"AWS": "*"}, an
// absent Version or "2008-10-17", an empty Condition or none, and upper or
// lower case in actions, condition operators and condition keys (also in the
// part of a key that names an encryption context pair or a tag, as in
// kms:EncryptionContext:Stage). A nil document equals only another nil one.
//
// Equal compares statement by statement. It does not see that several
// statements together say the same as one, or that a wildcard covers a name.
func (d *PolicyDocument) Equal(other *PolicyDocument) bool {
	if d == nil || other == nil {
		return d == other
	}
	return d.language() == other.language() && d.ID == other.ID && slices.Equal(d.meanings(), other.meanings())
}

// MarshalJSON returns the document as compact JSON, in the order and the
// characters that [PolicyDocument.String] has.
func (d PolicyDocument) MarshalJSON() ([]byte, error) {
	if d.Statement == nil {
		d.Statement = []Statement{}
	}
	type plain PolicyDocument
	text, err := encodeJSON(plain(d))
	return escapeBeyondLatin1(text), err
}

// UnmarshalJSON reads a document as [ParsePolicyDocument] does. On an error the
// receiver keeps its value.
func (d *PolicyDocument) UnmarshalJSON(data []byte) error {
	return unmarshalStrict(d, data, "policy document", readDocument)
}

// UnmarshalJSON reads a statement as strictly as [ParsePolicyDocument]. On an
// error the receiver keeps its value.
func (s *Statement) UnmarshalJSON(data []byte) error {
	return unmarshalStrict(s, data, "policy statement", readStatement)
}

// IsZero reports whether the principal is absent. A principal whose lists are
// empty but not nil is present and names nobody.
func (p Principal) IsZero() bool {
	return !p.Everyone && p.AWS == nil && p.Service == nil && p.Federated == nil && p.CanonicalUser == nil
}

// MarshalJSON returns "*" for everyone, else an object of the types that are
// present. Where Everyone stands beside other principals the "*" is written
// as one more of type AWS, which means the same.
func (p Principal) MarshalJSON() ([]byte, error) {
	if p.Everyone {
		p.Everyone = false
		if p.IsZero() {
			return encodeJSON("*")
		}
		p.AWS = append(StringList{"*"}, p.AWS...)
	}
	type plain Principal
	return encodeJSON(plain(p))
}

// UnmarshalJSON reads "*" or an object of types of principal, as strictly as
// [ParsePolicyDocument]. On an error the receiver keeps its value.
func (p *Principal) UnmarshalJSON(data []byte) error {
	return unmarshalStrict(p, data, "policy principal", readPrincipal)
}

// MarshalJSON returns a single string as a string, else a list.
func (l StringList) MarshalJSON() ([]byte, error) {
	switch len(l) {
	case 0:
		return []byte("[]"), nil
	case 1:
		return encodeJSON(l[0])
	}
	return encodeJSON([]string(l))
}

// UnmarshalJSON reads a string or a list of strings. On an error the receiver
// keeps its value.
func (l *StringList) UnmarshalJSON(data []byte) error {
	return unmarshalStrict(l, data, "policy strings", readStrings)
}

// MarshalJSON returns the condition with its operators and keys sorted.
func (c Condition) MarshalJSON() ([]byte, error) {
	operators := make(map[string]map[string]StringList, len(c))
	for operator, keys := range c {
		if keys == nil {
			keys = map[string]StringList{}
		}
		operators[operator] = keys
	}
	return encodeJSON(operators)
}

// UnmarshalJSON reads a condition as strictly as [ParsePolicyDocument], in place
// of what the receiver held. On an error the receiver keeps its value.
func (c *Condition) UnmarshalJSON(data []byte) error {
	return unmarshalStrict(c, data, "policy condition", readCondition)
}

// encodeJSON is json.Marshal without the escapes for HTML, which would eat into
// the size that KMS allows a policy.
func encodeJSON(v any) ([]byte, error) {
	var text bytes.Buffer
	e := json.NewEncoder(&text)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return bytes.TrimSuffix(text.Bytes(), []byte("\n")), err
}

// escapeBeyondLatin1 escapes in a JSON text what the API of KMS does not take.
func escapeBeyondLatin1(text []byte) []byte {
	out := make([]byte, 0, len(text))
	for _, r := range string(text) {
		if r <= 0xFF {
			out = utf8.AppendRune(out, r)
			continue
		}
		for _, unit := range utf16.AppendRune(nil, r) {
			out = fmt.Appendf(out, `\u%04x`, unit)
		}
	}
	return out
}

// unmarshalStrict sets dst to what read makes of data, or leaves it alone.
func unmarshalStrict[T any](dst *T, data []byte, what string, read func(any) (T, error)) error {
	tree, err := parseTree(data)
	if err != nil {
		return invalidInput(what, "%v", err)
	}
	value, err := read(tree)
	if err != nil {
		return invalidInput(what, "%v", err)
	}
	*dst = value
	return nil
}

// An object is a JSON object that, unlike a map, still has what came twice.
type object []member

type member struct {
	name  string
	value any
}

// parseTree reads a JSON text into object, []any, string, json.Number, bool or
// nil.
func parseTree(data []byte) (any, error) {
	if len(bytes.TrimSpace(data)) == 0 {
		return nil, errors.New("the text is empty; it must be a JSON object")
	}
	if !utf8.Valid(data) {
		return nil, errors.New("the text is not valid UTF-8")
	}
	// Unmarshal looks at all of the text and limits how deep it nests, so the
	// decoder below meets neither errors nor the bottom of the stack.
	if err := json.Unmarshal(data, new(json.RawMessage)); err != nil {
		return nil, locate(err, data)
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	return readTree(d), nil
}

func readTree(d *json.Decoder) any {
	token, _ := d.Token()
	switch token {
	case json.Delim('{'):
		var o object
		for d.More() {
			name, _ := readTree(d).(string)
			o = append(o, member{name, readTree(d)})
		}
		_, _ = d.Token()
		return o
	case json.Delim('['):
		list := []any{}
		for d.More() {
			list = append(list, readTree(d))
		}
		_, _ = d.Token()
		return list
	}
	return token
}

// locate adds to a syntax error the line and column of the character at fault.
func locate(err error, data []byte) error {
	before := data
	if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
		before = data[:max(0, syntax.Offset-1)]
	}
	line := bytes.Count(before, []byte("\n"))
	column := utf8.RuneCount(before[bytes.LastIndexByte(before, '\n')+1:])
	return fmt.Errorf("line %d, column %d: %w", line+1, column+1, err)
}

func readDocument(tree any) (PolicyDocument, error) {
	var d PolicyDocument
	var statements any
	found := false
	err := eachMember(tree, "element", documentElements, func(name string, value any) (err error) {
		switch name {
		case "Version":
			d.Version, err = readVersion(value)
		case "Id":
			d.ID, err = readString(value)
		case "Statement":
			statements, found = value, true
		}
		return err
	})
	if err != nil {
		return d, err
	}
	if !found {
		return d, errors.New("the element Statement is missing; it must be a statement or a list of statements")
	}
	d.Statement, err = readStatements(statements)
	return d, err
}

func readVersion(tree any) (string, error) {
	version, err := readString(tree)
	if err == nil && version != version2012 && version != version2008 {
		err = fmt.Errorf("must be %q, or %q for old policies, not %s", version2012, version2008, quote(version))
	}
	return version, err
}

func readStatements(tree any) ([]Statement, error) {
	list, ok := tree.([]any)
	if !ok {
		if _, ok := tree.(object); !ok {
			return nil, fmt.Errorf("Statement: must be a statement or a list of statements, not %s", kindOf(tree))
		}
		list = []any{tree}
	}
	statements := make([]Statement, len(list))
	for i, tree := range list {
		var err error
		if statements[i], err = readStatement(tree); err != nil {
			return nil, fmt.Errorf("statement %d%s: %w", i+1, sidOf(tree), err)
		}
	}
	return statements, nil
}

// sidOf returns the Sid of a statement that could not be read, to name it with.
func sidOf(tree any) string {
	o, _ := tree.(object)
	for _, m := range o {
		if sid, ok := m.value.(string); ok && m.name == "Sid" && sid != "" {
			return " (" + quote(sid) + ")"
		}
	}
	return ""
}

func readStatement(tree any) (Statement, error) {
	var s Statement
	err := eachMember(tree, "element", statementElements, func(name string, value any) (err error) {
		switch name {
		case "Sid":
			s.Sid, err = readString(value)
		case "Effect":
			s.Effect, err = readEffect(value)
		case "Principal":
			s.Principal, err = readPrincipal(value)
		case "NotPrincipal":
			s.NotPrincipal, err = readPrincipal(value)
		case "Action":
			s.Action, err = readStrings(value)
		case "NotAction":
			s.NotAction, err = readStrings(value)
		case "Resource":
			s.Resource, err = readStrings(value)
		case "NotResource":
			s.NotResource, err = readStrings(value)
		case "Condition":
			s.Condition, err = readCondition(value)
		}
		return err
	})
	if err == nil {
		err = s.check()
	}
	return s, err
}

// check reports what IAM refuses in any document, read or built by hand.
func (d *PolicyDocument) check() error {
	for i, s := range d.Statement {
		if err := s.check(); err != nil {
			return fmt.Errorf("statement %d: %w", i+1, err)
		}
	}
	return nil
}

func (s *Statement) check() error {
	switch {
	case s.Effect == "":
		return errors.New(`the element Effect is missing; it must be "Allow" or "Deny"`)
	case s.Effect != Allow && s.Effect != Deny:
		return fmt.Errorf(`Effect: must be "Allow" or "Deny", not %s`, quote(string(s.Effect)))
	case !s.Principal.IsZero() && !s.NotPrincipal.IsZero():
		return exclusive("Principal")
	case s.Action != nil && s.NotAction != nil:
		return exclusive("Action")
	case s.Resource != nil && s.NotResource != nil:
		return exclusive("Resource")
	}
	return nil
}

// exclusive reports an element that stands beside its Not form.
func exclusive(element string) error {
	return fmt.Errorf("%s and Not%s exclude each other; keep one", element, element)
}

func readEffect(tree any) (Effect, error) {
	s, err := readString(tree)
	if e := Effect(s); err == nil && e != Allow && e != Deny {
		err = fmt.Errorf(`must be "Allow" or "Deny", not %s`, quote(s))
	}
	return Effect(s), err
}

func readPrincipal(tree any) (Principal, error) {
	var p Principal
	switch tree := tree.(type) {
	case string:
		if tree != "*" {
			return p, fmt.Errorf(`must be "*" or an object like {"AWS": "111122223333"}, not %s`, quote(tree))
		}
		p.Everyone = true
		return p, nil
	case object:
		err := eachMember(tree, "principal type", principalTypes, func(name string, value any) (err error) {
			switch name {
			case "AWS":
				p.AWS, err = readStrings(value)
			case "Service":
				p.Service, err = readStrings(value)
			case "Federated":
				p.Federated, err = readStrings(value)
			case "CanonicalUser":
				p.CanonicalUser, err = readStrings(value)
			}
			return err
		})
		if err == nil && p.IsZero() {
			err = fmt.Errorf("is empty; it must have one of %s", strings.Join(principalTypes, ", "))
		}
		return p, err
	}
	return p, fmt.Errorf(`must be "*" or an object like {"AWS": "111122223333"}, not %s`, kindOf(tree))
}

func readCondition(tree any) (Condition, error) {
	c := Condition{}
	return c, eachMember(tree, "operator", nil, func(operator string, value any) error {
		keys := map[string]StringList{}
		c[operator] = keys
		return eachMember(value, "condition key", nil, func(key string, value any) (err error) {
			keys[key], err = readList(value, readScalar)
			return err
		})
	})
}

func readStrings(tree any) (StringList, error) {
	return readList(tree, readString)
}

func readList(tree any, read func(any) (string, error)) (StringList, error) {
	trees, isList := tree.([]any)
	if !isList {
		s, err := read(tree)
		return StringList{s}, err
	}
	list := make(StringList, len(trees))
	for i, tree := range trees {
		var err error
		if list[i], err = read(tree); err != nil {
			return nil, fmt.Errorf("value %d: %w", i+1, err)
		}
	}
	return list, nil
}

// readScalar reads a value of a condition. A number keeps its exact text.
func readScalar(tree any) (string, error) {
	switch tree := tree.(type) {
	case string:
		return readString(tree)
	case json.Number:
		return tree.String(), nil
	case bool:
		return strconv.FormatBool(tree), nil
	}
	return "", fmt.Errorf("must be a string, a number or a boolean, not %s", kindOf(tree))
}

func readString(tree any) (string, error) {
	s, ok := tree.(string)
	if !ok {
		return "", fmt.Errorf("must be a string, not %s", kindOf(tree))
	}
	return s, checkUnicode(s)
}

// checkUnicode refuses U+FFFD: the decoder puts it in place of half a surrogate
// pair, and two texts that differ must not be read as one.
func checkUnicode(s string) error {
	if strings.ContainsRune(s, utf8.RuneError) {
		return errors.New("must be valid Unicode, without lone surrogates and U+FFFD")
	}
	return nil
}

// eachMember calls set with each member of an object and says of an error which
// member it is about. It refuses a name that comes twice and one that is not
// among names; nil names allow all.
func eachMember(tree any, kind string, names []string, set func(name string, value any) error) error {
	o, ok := tree.(object)
	if !ok {
		return fmt.Errorf("must be an object, not %s", kindOf(tree))
	}
	seen := make(map[string]bool, len(o))
	for _, m := range o {
		label := m.name
		if names == nil {
			label = quote(m.name)
		} else if !slices.Contains(names, m.name) {
			return unknownName(m.name, kind, names)
		}
		if err := checkUnicode(m.name); err != nil {
			return fmt.Errorf("%s %s: %w", kind, label, err)
		}
		if seen[m.name] {
			return fmt.Errorf("%s %s comes twice; keep one", kind, quote(m.name))
		}
		seen[m.name] = true
		if err := set(m.name, m.value); err != nil {
			return fmt.Errorf("%s: %w", label, err)
		}
	}
	return nil
}

func unknownName(name, kind string, names []string) error {
	for _, known := range names {
		if strings.EqualFold(known, name) {
			return fmt.Errorf("unknown %s %q; it is spelt %q", kind, name, known)
		}
	}
	return fmt.Errorf("unknown %s %s; %ss are %s", kind, quote(name), kind, strings.Join(names, ", "))
}

// quote quotes what a document holds for an error text, and cuts it short.
func quote(s string) string {
	const most = 64
	if short := fmt.Sprintf("%.*s", most, s); short != s {
		return strconv.Quote(short) + "…"
	}
	return strconv.Quote(s)
}

// kindOf names the JSON type of a tree.
func kindOf(tree any) string {
	switch tree.(type) {
	case object:
		return "an object"
	case []any:
		return "a list"
	case string:
		return "a string"
	case json.Number:
		return "a number"
	case bool:
		return "a boolean"
	}
	return "null"
}

// language returns the version of the policy language that IAM reads.
func (d *PolicyDocument) language() string {
	if d.Version == "" {
		return version2008
	}
	return d.Version
}

// meanings returns what the statements say, as a sorted set.
func (d *PolicyDocument) meanings() []string {
	meanings := make([]string, len(d.Statement))
	for i := range d.Statement {
		meanings[i] = d.Statement[i].meaning()
	}
	return sortedSet(meanings)
}

// meaning returns a text that two statements share if and only if they say the
// same: the set of the facts in them, one a line.
func (s *Statement) meaning() string {
	facts := []string{
		fmt.Sprintf("Sid %q", s.Sid),
		fmt.Sprintf("Effect %q", s.Effect),
	}
	facts = append(facts, principalFacts("Principal", s.Principal)...)
	facts = append(facts, principalFacts("NotPrincipal", s.NotPrincipal)...)
	facts = append(facts, listFacts("Action", s.Action, strings.ToLower)...)
	facts = append(facts, listFacts("NotAction", s.NotAction, strings.ToLower)...)
	facts = append(facts, listFacts("Resource", s.Resource, asIs)...)
	facts = append(facts, listFacts("NotResource", s.NotResource, asIs)...)
	for operator, keys := range s.Condition {
		for key, values := range keys {
			facts = append(facts, fmt.Sprintf("Condition %q %q %q",
				strings.ToLower(operator), strings.ToLower(key), sortedSet(slices.Clone(values))))
		}
	}
	return strings.Join(sortedSet(facts), "\n")
}

func principalFacts(element string, p Principal) []string {
	if p.Everyone {
		p.AWS = append(StringList{"*"}, p.AWS...)
	}
	return slices.Concat(
		listFacts(element+" AWS", p.AWS, accountOrSelf),
		listFacts(element+" Service", p.Service, asIs),
		listFacts(element+" Federated", p.Federated, asIs),
		listFacts(element+" CanonicalUser", p.CanonicalUser, asIs),
	)
}

// listFacts returns that the element is present, and each of its values.
func listFacts(element string, list StringList, canonical func(string) string) []string {
	if list == nil {
		return nil
	}
	facts := []string{element}
	for _, s := range list {
		facts = append(facts, fmt.Sprintf("%s %q", element, canonical(s)))
	}
	return facts
}

func asIs(s string) string { return s }

// accountOrSelf returns the account ID that an account's root ARN stands for,
// and anything else as it is.
func accountOrSelf(principal string) string {
	arn, ok := strings.CutPrefix(principal, "arn:aws")
	partition, rest, _ := strings.Cut(arn, ":")
	if !ok || partition != "" && partition[0] != '-' {
		return principal
	}
	account, isIAM := strings.CutPrefix(rest, "iam::")
	account, isRoot := strings.CutSuffix(account, ":root")
	if !isIAM || !isRoot || len(account) != 12 || strings.Trim(account, "0123456789") != "" {
		return principal
	}
	return account
}

func sortedSet(s []string) []string {
	slices.Sort(s)
	return slices.Compact(s)
}
