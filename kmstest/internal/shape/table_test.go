package shape_test

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kmskit/kmskit/kmstest/internal/shape"
)

// Every shape that the SDK's inputs use has a row, so that a member of a new
// SDK fails here, by name, if its shape is new.
func TestConstraints_coverSDK(t *testing.T) {
	t.Parallel()
	table := shape.Constraints()
	used := map[string]bool{}
	for _, op := range operations() {
		var see func(path string, s *smithy.Schema)
		see = func(path string, s *smithy.Schema) {
			name := s.TargetID().Name
			used[name] = true
			_, known := table[name]
			switch s.Type() {
			case smithy.ShapeTypeStructure:
				for member, ms := range s.Members() {
					see(path+"."+member, ms)
				}
			case smithy.ShapeTypeEnum: // the SDK's values are the constraint
			case smithy.ShapeTypeMap:
				assert.True(t, known, "%s has the unknown shape %s", path, name)
				see(path+".key", s.MapKey())
				see(path+".value", s.MapValue())
				for _, part := range []*smithy.Schema{s, s.MapKey(), s.MapValue()} {
					assert.Empty(t, table[part.TargetID().Name], "%s: nobody checks the constraint of a map", path)
				}
			case smithy.ShapeTypeList:
				assert.True(t, known, "%s has the unknown shape %s", path, name)
				see(path+".member", s.ListMember())
			default:
				assert.True(t, known, "%s has the unknown shape %s", path, name)
			}
		}
		see(op.name, op.schema)
		for f := range op.input.Fields() {
			if f.IsExported() {
				assert.NotNil(t, op.schema.Member(f.Name), "%s.%s has no schema", op.name, f.Name)
			}
		}
	}
	require.Greater(t, len(used), 60)
	for name := range table {
		assert.True(t, used[name], "no input has the shape %s", name)
	}
}

// The SDK's client refuses a request that lacks a required member, and says
// which, before it sends anything.
func TestRequired_equalsSDK(t *testing.T) {
	t.Parallel()
	client := kms.New(kms.Options{Region: "us-east-1", HTTPClient: noNetwork{}, Retryer: aws.NopRetryer{}})
	got := maps.Clone(shape.Required())

	// The model says of these, in words only, that they are required.
	for _, name := range []string{"DecryptInput", "ReEncryptInput"} {
		got[name] = slices.DeleteFunc(slices.Clone(got[name]), func(m string) bool { return m == "CiphertextBlob" })
	}
	nested := map[string]string{"Tags[0]": "Tag", "XksProxyAuthenticationCredential": "XksProxyAuthenticationCredentialType"}
	want := map[string][]string{"DecryptInput": {}}
	for _, op := range operations() {
		in := reflect.New(op.input)
		for f, value := range in.Elem().Fields() {
			switch {
			case f.Type == reflect.TypeFor[[]types.Tag]() && op.name != "TagResource": // its Tags are required
				value.Set(reflect.ValueOf([]types.Tag{{}}))
			case f.Type == reflect.TypeFor[*types.XksProxyAuthenticationCredentialType]():
				value.Set(reflect.ValueOf(&types.XksProxyAuthenticationCredentialType{}))
			}
		}
		results := reflect.ValueOf(client).MethodByName(op.name).Call([]reflect.Value{reflect.ValueOf(t.Context()), in})
		missing, _ := errors.AsType[smithy.InvalidParamsError](results[1].Interface().(error))
		for _, err := range missing.Errs() {
			path := strings.Split(err.(smithy.InvalidParamError).Field(), ".") //nolint:errorlint // the errors themselves
			owner, name := path[0], path[len(path)-1]
			if len(path) > 2 {
				require.Contains(t, nested, path[1])
				owner = nested[path[1]]
			}
			if !slices.Contains(want[owner], name) {
				want[owner] = append(want[owner], name)
			}
		}
	}
	require.Greater(t, len(want), 45)
	for name := range want {
		slices.Sort(want[name])
	}
	for name, members := range got {
		assert.True(t, slices.IsSorted(members), name)
	}
	assert.Equal(t, want, got)
}

func TestListed_hasTheValuesOfTheSDK(t *testing.T) {
	t.Parallel()
	for _, op := range operations() {
		for l := range leaves(op.valid(), op.schema) {
			c := shape.Constraints()[l.shape()]
			if c.Listed == nil || l.shape() == "DataKeySpec" {
				continue
			}
			assert.ElementsMatch(t, l.values(), c.Listed, l.shape())
			for _, value := range c.Unlisted {
				assert.NotContains(t, l.values(), value, l.shape())
			}
		}
	}
}

// For each constrained member of each operation: the bounds themselves pass,
// one more or one less does not, and the text names the member and the bound.
func TestValidate_bounds(t *testing.T) {
	t.Parallel()
	table := shape.Constraints()
	for _, op := range operations() {
		t.Run(op.name, func(t *testing.T) {
			t.Parallel()
			in := op.valid()
			pointer := in.Addr().Interface()
			require.NoError(t, shape.Validate(pointer))
			for l := range leaves(in, op.schema) {
				c := table[l.shape()]
				if l.path == "message" && (op.name == "Sign" || op.name == "Verify") {
					c.Min = 0 // its documentation allows an empty one
				}
				old := reflect.New(l.field.Type()).Elem()
				old.Set(l.field)
				if l.schema.Type() == smithy.ShapeTypeEnum {
					checkEnumeration(t, pointer, l)
				} else {
					checkBounds(t, pointer, l, c)
				}
				l.field.Set(old)
			}
		})
	}
}

func checkEnumeration(t *testing.T, in any, l leaf) {
	t.Helper()
	for _, value := range l.values() {
		l.field.SetString(value)
		require.NoError(t, shape.Validate(in), value)
	}
	for _, value := range []string{"NO_SUCH_VALUE", " " + l.values()[0], l.values()[0] + "X"} {
		l.field.SetString(value)
		text := refusal(t, in)
		assert.Contains(t, text, l.path+"' failed to satisfy constraint: ")
		assert.Contains(t, text, "Member must satisfy enum value set: [")
		if l.element {
			assert.Contains(t, text, "Value '["+value+"]' at '"+l.path+"' failed to satisfy constraint: Member must satisfy constraint: [")
		} else {
			assert.Contains(t, text, "Value '"+value+"' at '"+l.path+"'")
		}
	}
}

func checkBounds(t *testing.T, in any, l leaf, c shape.Constraint) {
	t.Helper()
	what := "length"
	if l.schema.Type() == smithy.ShapeTypeInteger {
		what = "value"
	}
	if c.Max != 0 {
		l.set(c.Max)
		require.NoError(t, shape.Validate(in), "%s at its maximum", l.path)
		l.set(c.Max + 1)
		l.assertRefused(t, in, c, fmt.Sprintf("Member must have %s less than or equal to %d", what, c.Max))
	}
	if c.Min != 0 {
		l.set(max(c.Min, len(samples[l.shape()].shortest())))
		require.NoError(t, shape.Validate(in), "%s at its minimum", l.path)
		l.set(c.Min - 1)
		l.assertRefused(t, in, c, fmt.Sprintf("Member must have %s greater than or equal to %d", what, c.Min))
	}
}

// Each pattern, by hand: texts that match and texts that do not.
func TestPatterns(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ good, bad []string }{
		"AccountIdType":                {[]string{"111122223333"}, []string{"", "11112222333", "11112222333x", "1111222233334", "１11122223333", "111122223333\n"}},
		"AliasNameType":                {[]string{"alias/a", "a:b/c_d-e", "0"}, []string{"", "alias/a b", "alias/a.b", "alias/é", "alias/a\n"}},
		"BackingKeyIdType":             {[]string{"0af9"}, []string{"", "A", "g", "0 "}},
		"CloudHsmClusterIdType":        {[]string{"cluster-234567abcde", "cluster-abcdefghijklmnop"}, []string{"", "cluster-1bcdefghijk", "cluster-abcdefghij", "xcluster-abcdefghijk", "cluster-abcdefghijklmnopq"}},
		"GrantConstraintSourceArnType": {[]string{"arn:aws:s3::111122223333:x", "arn:aws-cn:dynamodb:cn-north-1:111122223333:table/T é"}, []string{"arn:aws:s3:::bucket", "arn:AWS:s3::111122223333:x", "arn:aws:s3::111122223333:", "arn:aws:s3::111122223333:a\nb", "arn:aws:s3::111122223333:a\u2028b"}},
		"GrantNameType":                {[]string{"blue", "a:b/c_d-e"}, []string{"", "a b", "a.b"}},
		"KeyIdType":                    {[]string{keyID, "alias/a", "a b\x00\x7f\n"}, []string{"", "é", "a\u0080", "鍵"}},
		"KeyMaterialDescriptionType":   {[]string{"a b", "a:b/c_d-e.f\t\n\v\f\r"}, []string{"", "a,b", "a\u00a0b", "é"}},
		"MarkerType":                   {[]string{"", "AE==", " ~\u0080ÿ"}, []string{"\n", "\x1f", "Ā"}},
		"PolicyNameType":               {[]string{"default", "a_B9"}, []string{"", "a-b", "a b", "é"}},
		"PolicyType":                   {[]string{"{\t\r\n}", " ~\u007f\u0080ÿ"}, []string{"", "\x00", "\x0b", "Ā", "“"}},
		"PrincipalIdType":              {[]string{roleARN, "a+b=c,d.e@f"}, []string{"", "*", "a b", "é"}},
		"RegionType":                   {[]string{"us-east-1", "us-gov-west-1", "a-b-12"}, []string{"", "us-1", "us-east", "US-east-1", "us-iso-b-east-1", "us-east-1a"}},
		"ServicePrincipalType":         {[]string{"s3.amazonaws.com", "a.b.c", "a.b.c.d-e"}, []string{"", "s3", "s3.amazonaws", ".amazonaws.com", "s3..com", "s_3.amazonaws.com"}},
		"XksKeyIdType":                 {[]string{"bb8562717f809024", "a-B_9."}, []string{"", "a b", "a/b", "a:b"}},

		"XksProxyAuthenticationAccessKeyIdType":        {[]string{"ABC234567"}, []string{"", "abc", "A1", "A8"}},
		"XksProxyAuthenticationRawSecretAccessKeyType": {[]string{"aB9/+="}, []string{"", "a-b", `a\b`}},
		"XksProxyUriEndpointType":                      {[]string{"https://my.proxy-1.com"}, []string{"", "http://a.com", "https://", "https://a.com:443", "https://a.com/"}},
		"XksProxyUriPathType":                          {[]string{"/kms/xks/v1", "/kms/xks/v12", "/a/b_c-d/kms/xks/v1"}, []string{"", "/kms/xks/v", "/kms/xks/v123", "kms/xks/v1", "/a/kms/xks/v1/", "//a.b/kms/xks/v1"}},
		"XksProxyVpcEndpointServiceNameType":           {[]string{"com.amazonaws.vpce.us-east-1.vpce-svc-0a1", "eu.amazonaws.vpce.eusc-de-east-1.vpce-svc-x"}, []string{"", "org.amazonaws.vpce.us-east-1.vpce-svc-0a1", "com.amazonaws.vpce.us-east-1.vpce-svc-", "comxamazonaws.vpce.us-east-1.vpce-svc-0a1"}},
	}
	for name, c := range shape.Constraints() {
		if c.Pattern == "" {
			assert.Empty(t, c.RE2, name)
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Contains(t, tests, name)
			match := shape.Matcher(expression(c))
			for _, s := range tests[name].good {
				assert.True(t, match(s), "%q", s)
			}
			for _, s := range tests[name].bad {
				assert.False(t, match(s), "%q", s)
			}
		})
	}
}

func TestMatcher_equalsRegularExpression(t *testing.T) {
	t.Parallel()
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	for name, c := range shape.Constraints() {
		if c.Pattern == "" {
			continue
		}
		match := shape.Matcher(expression(c))
		re := regexp.MustCompile(`\A(?:` + expression(c) + `)\z`)
		for range 2000 {
			s := randomText(random)
			require.Equal(t, re.MatchString(s), match(s), "%s %q", name, s)
		}
		for r := range rune(0x180) {
			require.Equal(t, re.MatchString(string(r)), match(string(r)), "%s %q", name, r)
		}
	}
}

func randomText(random *rand.Rand) string {
	limits := []int{0x80, 0x80, 0x80, 0x100, 0x180, 0x11_0000}
	limit := limits[random.IntN(len(limits))]
	runes := make([]rune, random.IntN(6))
	for i := range runes {
		runes[i] = rune(random.IntN(limit))
	}
	s := string(runes)
	if random.IntN(10) == 0 {
		s += "\xff" // not UTF-8
	}
	return s
}

func expression(c shape.Constraint) string {
	if c.RE2 != "" {
		return c.RE2
	}
	return c.Pattern
}

// An operation is one of KMS, as the SDK has it.
type operation struct {
	name   string
	input  reflect.Type // the structure
	schema *smithy.Schema
}

func operations() []operation {
	var ops []operation
	for m := range reflect.TypeFor[*kms.Client]().Methods() {
		if m.Type.NumIn() != 4 || m.Type.NumOut() != 2 {
			continue
		}
		op := operation{name: m.Name, input: m.Type.In(2).Elem()}
		var p probe
		reflect.New(op.input).Interface().(smithy.Serializable).Serialize(&p)
		op.schema = p.schema
		ops = append(ops, op)
	}
	if len(ops) < 56 {
		panic("the SDK has lost operations")
	}
	return ops
}

type probe struct {
	smithy.ShapeSerializer
	schema *smithy.Schema
}

func (p *probe) WriteStruct(s *smithy.Schema) { p.schema = s }
func (p *probe) CloseStruct()                 {}

// valid returns an input with every member set, all of them as they should be.
func (op operation) valid() reflect.Value {
	v := reflect.New(op.input).Elem()
	fill(v, op.schema)
	return v
}

func fill(v reflect.Value, s *smithy.Schema) {
	switch s.Type() {
	case smithy.ShapeTypeStructure:
		if v.Kind() == reflect.Pointer {
			v.Set(reflect.New(v.Type().Elem()))
			v = v.Elem()
		}
		for name, ms := range s.Members() {
			fill(v.FieldByName(name), ms)
		}
	case smithy.ShapeTypeList:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(v.Index(0), s.ListMember())
	case smithy.ShapeTypeMap:
		v.Set(reflect.ValueOf(map[string]string{"": ""}))
	default:
		leaf{field: v, schema: s}.set(max(1, shape.Constraints()[s.TargetID().Name].Min, len(samples[s.TargetID().Name].shortest())))
	}
}

// A leaf is a place in an input for a value that has no members of its own.
type leaf struct {
	path    string
	field   reflect.Value
	schema  *smithy.Schema
	element bool // of a list of plain values, whose path it has
}

func leaves(in reflect.Value, s *smithy.Schema) func(func(leaf) bool) {
	return func(yield func(leaf) bool) { visit(in, s, "", yield) }
}

func visit(v reflect.Value, s *smithy.Schema, path string, yield func(leaf) bool) bool {
	switch s.Type() {
	case smithy.ShapeTypeStructure:
		v = reflect.Indirect(v)
		for name, ms := range s.Members() {
			memberPath := strings.ToLower(name[:1]) + name[1:]
			if path != "" {
				memberPath = path + "." + memberPath
			}
			if !visit(v.FieldByName(name), ms, memberPath, yield) {
				return false
			}
		}
		return true
	case smithy.ShapeTypeList:
		element := s.ListMember()
		if element.Type() == smithy.ShapeTypeStructure {
			return visit(v.Index(0), element, path+".1.member", yield)
		}
		return yield(leaf{path, v.Index(0), element, true}) && yield(leaf{path, v, s, false})
	case smithy.ShapeTypeMap:
		return true
	default:
		return yield(leaf{path, v, s, false})
	}
}

func (l leaf) shape() string { return l.schema.TargetID().Name }

// values returns the values of an enumeration.
func (l leaf) values() []string {
	var values []string
	for _, v := range reflect.Zero(l.field.Type()).MethodByName("Values").Call(nil)[0].Seq2() {
		values = append(values, v.String())
	}
	return values
}

// set gives the leaf a value of size n that matches the pattern of its shape,
// as far as one of that size can.
func (l leaf) set(n int) {
	switch l.schema.Type() {
	case smithy.ShapeTypeEnum:
		l.field.SetString(l.values()[0])
	case smithy.ShapeTypeInteger:
		l.field.Set(reflect.ValueOf(new(int32(n))))
	case smithy.ShapeTypeString:
		s := samples[l.shape()].text(n)
		if l.field.Kind() == reflect.Pointer {
			l.field.Set(reflect.ValueOf(&s))
		} else {
			l.field.SetString(s)
		}
	case smithy.ShapeTypeBlob:
		l.field.SetBytes(bytes.Repeat([]byte{'x'}, n))
	case smithy.ShapeTypeList:
		l.field.Set(reflect.MakeSlice(l.field.Type(), n, n))
		for i := range n {
			l.field.Index(i).SetString("x")
		}
	}
}

// assertRefused checks the text for one constraint. A value that is too short
// or too long may be at odds with the pattern too.
func (l leaf) assertRefused(t *testing.T, in any, c shape.Constraint, constraint string) {
	t.Helper()
	secret := []string{"PlaintextType", "KeyStorePasswordType", "XksProxyAuthenticationAccessKeyIdType", "XksProxyAuthenticationRawSecretAccessKeyType"}
	value := ""
	v := reflect.Indirect(l.field)
	switch {
	case slices.Contains(secret, l.shape()) || l.schema.Type() == smithy.ShapeTypeBlob:
	case l.element:
		value = "'[" + v.String() + "]' "
	case v.Kind() == reflect.Slice:
		value = "'[" + strings.Repeat("x, ", v.Len()-1) + "x]' "
	default:
		value = fmt.Sprintf("'%v' ", v)
	}
	text := refusal(t, in)
	if !l.element {
		want := "Value " + value + "at '" + l.path + "' failed to satisfy constraint: " + constraint
		if c.Pattern == "" {
			assert.Equal(t, "1 validation error detected: "+want, text)
		} else {
			assert.Contains(t, text, " detected: "+want)
		}
		return
	}
	assert.Contains(t, text, "Value "+value+"at '"+l.path+"' failed to satisfy constraint: Member must satisfy constraint: [")
	assert.Contains(t, text, constraint)
}

// A sample makes texts of any length that match a pattern.
type sample struct{ prefix, filler, suffix string }

func (s sample) text(n int) string {
	filler := s.filler
	if filler == "" {
		filler = "a"
	}
	if n < len(s.shortest()) {
		return strings.Repeat(filler, n)
	}
	return s.prefix + strings.Repeat(filler, n-len(s.prefix)-len(s.suffix)) + s.suffix
}

func (s sample) shortest() string {
	if s.prefix == "" && s.suffix == "" {
		return ""
	}
	return s.prefix + s.filler + s.suffix
}

// samples has the shapes of which a row of the letter a is no example.
var samples = map[string]sample{
	"AccountIdType":                {"", "1", ""},
	"CloudHsmClusterIdType":        {"cluster-", "a", ""},
	"GrantConstraintSourceArnType": {"arn:aws:s3::111122223333:", "a", ""},
	"RegionType":                   {"", "a", "-b-1"},
	"ServicePrincipalType":         {"", "a", ".b.c"},

	"XksProxyAuthenticationAccessKeyIdType": {"", "A", ""},
	"XksProxyUriEndpointType":               {"https://", "a", ""},
	"XksProxyUriPathType":                   {"/", "a", "/kms/xks/v1"},
	"XksProxyVpcEndpointServiceNameType":    {"com.amazonaws.vpce.us-east-1.vpce-svc-", "a", ""},
}

type noNetwork struct{}

func (noNetwork) Do(*http.Request) (*http.Response, error) { return nil, errors.New("no network") }
