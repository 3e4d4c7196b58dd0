package kmskit_test

import (
	"flag"
	"fmt"
	"go/ast"
	"go/doc"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kmskit/kmskit"
)

var update = flag.Bool("update", false, "rewrite what is generated: README.md's list, docs/snippets.json and .doc_gen/metadata")

// interfaces maps each type of the package to the operations that it calls.
var interfaces = map[string]reflect.Type{
	"KeyManager":       reflect.TypeFor[kmskit.KeyAPI](),
	"Encryptor":        reflect.TypeFor[kmskit.EncryptionAPI](),
	"AliasManager":     reflect.TypeFor[kmskit.AliasAPI](),
	"GrantManager":     reflect.TypeFor[kmskit.GrantAPI](),
	"PolicyManager":    reflect.TypeFor[kmskit.PolicyAPI](),
	"Signer":           reflect.TypeFor[kmskit.SigningAPI](),
	"RotationManager":  reflect.TypeFor[kmskit.RotationAPI](),
	"TagManager":       reflect.TypeFor[kmskit.TagAPI](),
	"MaterialImporter": reflect.TypeFor[kmskit.ImportAPI](),
	"Authenticator":    reflect.TypeFor[kmskit.MACAPI](),
	"KeyAgreement":     reflect.TypeFor[kmskit.AgreementAPI](),
	"KeyStoreManager":  reflect.TypeFor[kmskit.KeyStoreAPI](),
}

// An action is one KMS operation as this package offers it.
type action struct {
	name, typ     string // CreateKey, KeyManager
	file, example string // "keys.go#L60", "example_keys_test.go#L20"
}

// TestEveryOperation holds the SDK's operations, the interfaces, the wrappers,
// their snippet tags and their Examples in step. It fails by name when the SDK
// gains an operation.
func TestEveryOperation(t *testing.T) {
	t.Parallel()
	src := parseSource(t)

	for _, operation := range clientOperations() {
		t.Run(operation, func(t *testing.T) {
			t.Parallel()
			owners := ownersOf(operation)
			require.Len(t, owners, 1, "exactly one interface must hold the operation")
			method := src.methods[owners[0]+"."+operation]
			require.NotNil(t, method, "%s has no method %s", owners[0], operation)

			example := src.examples[owners[0]+"_"+operation]
			if assert.NotNil(t, example, "there is no Example%s_%s", owners[0], operation) {
				assert.NotEmpty(t, example.Output, "the Example must check its output")
			}
		})
	}
}

// TestSnippetTags checks the form that the AWS code-example tooling lifts: each
// wrapper between its tags, blank lines around both; each type from the imports
// of its file to its constructor.
func TestSnippetTags(t *testing.T) {
	t.Parallel()
	src := parseSource(t)
	tagged := map[string]bool{}

	check := func(tag string, from, to token.Position) {
		lines := src.lines[from.Filename]
		line := func(n int) string { return lines[n-1] }
		assert.Equal(t, "// "+snippetStart+tag+"]", line(from.Line-2), "%s: two lines above", from)
		assert.Equal(t, "// "+snippetEnd+tag+"]", line(to.Line+2), "%s: two lines below", to)
		for _, n := range []int{from.Line - 1, from.Line - 3, to.Line + 1} {
			assert.Empty(t, line(n), "%s:%d", from.Filename, n)
		}
		tagged[tag] = true
	}
	for name, method := range src.methods {
		typ, action, _ := strings.Cut(name, ".")
		if _, ours := interfaces[typ]; !ours || !callsKMS(method) {
			continue
		}
		check("gov2.kms."+action, src.fset.Position(method.Doc.Pos()), src.fset.Position(src.endOf(method)))
	}
	for name := range interfaces {
		constructor := src.constructors[name]
		require.NotNil(t, constructor, "there is no New%s", name)
		imports := src.imports[src.fset.Position(constructor.Pos()).Filename]
		check("gov2.kms."+name+".struct", src.fset.Position(imports.Pos()), src.fset.Position(constructor.End()))
	}

	tag := regexp.MustCompile(`snippet-(?:start|end):\[(.*)\]`)
	for file, lines := range src.lines {
		for n, line := range lines {
			if m := tag.FindStringSubmatch(line); m != nil {
				assert.True(t, tagged[m[1]], "%s:%d: tag %s belongs to no wrapper", file, n+1, m[1])
			}
		}
	}
}

// TestREADME holds the README's list of actions and its links true; -update
// rewrites the list.
func TestREADME(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("README.md")
	require.NoError(t, err)
	readme := string(raw)

	const from, to = "<!-- actions: written by go test -run TestREADME -update -->\n", "<!-- end of actions -->"
	before, rest, ok := strings.Cut(readme, from)
	require.True(t, ok, "README.md lacks %q", from)
	listed, after, ok := strings.Cut(rest, to)
	require.True(t, ok, "README.md lacks %q", to)
	want := actionTable(parseSource(t))
	if *update {
		listed, readme = want, before+from+want+to+after
		require.NoError(t, os.WriteFile("README.md", []byte(readme), 0o644))
	}
	assert.Equal(t, want, listed, "run: go test -run TestREADME -update .")

	for _, s := range scenarios(t, liftAll(t)) {
		assert.Contains(t, readme, "["+s.Program+"]("+s.File+")", "README.md lists the scenarios")
		assert.Contains(t, readme, "\n"+s.Command+"\n", "README.md says how to run them")
	}

	anchors := map[string]bool{}
	for _, m := range regexp.MustCompile(`(?m)^#+ (.*)$`).FindAllStringSubmatch(readme, -1) {
		anchor := regexp.MustCompile(`[^a-z0-9 -]`).ReplaceAllString(strings.ToLower(m[1]), "")
		anchors[strings.ReplaceAll(anchor, " ", "-")] = true
	}
	prose := regexp.MustCompile("(?s)```.*?```|`[^`]*`").ReplaceAllString(readme, "")
	for _, m := range regexp.MustCompile(`\]\(([^)]+)\)`).FindAllStringSubmatch(prose, -1) {
		target, anchor, _ := strings.Cut(m[1], "#")
		switch {
		case strings.HasPrefix(target, "https://"):
		case target == "":
			assert.True(t, anchors[anchor], "README.md links to the section #%s, which is not there", anchor)
		default:
			assert.FileExists(t, target, "README.md links to it")
		}
	}
}

// actionTable is the README's list of single actions.
func actionTable(src *source) string {
	var b strings.Builder
	b.WriteString("\n| action | type | Example |\n|---|---|---|\n")
	for _, a := range src.actions() {
		fmt.Fprintf(&b, "| [%s](%s) | `%s` | [Example](%s) |\n", a.name, a.file, a.typ, a.example)
	}
	b.WriteString("\n")
	return b.String()
}

// source is this package as text and syntax.
type source struct {
	fset         *token.FileSet
	lines        map[string][]string      // file name -> lines
	imports      map[string]*ast.GenDecl  // file name -> its imports
	types        map[string]*ast.GenDecl  // "KeyManager"
	constructors map[string]*ast.FuncDecl // "KeyManager"
	methods      map[string]*ast.FuncDecl // "KeyManager.CreateKey"
	unexported   []*ast.FuncDecl
	examples     map[string]*doc.Example  // "KeyManager_CreateKey"
	exampleFuncs map[string]*ast.FuncDecl // "KeyManager_CreateKey"
}

func parseSource(t *testing.T) *source {
	t.Helper()
	s := &source{
		fset: token.NewFileSet(), lines: map[string][]string{}, imports: map[string]*ast.GenDecl{},
		types: map[string]*ast.GenDecl{}, constructors: map[string]*ast.FuncDecl{}, methods: map[string]*ast.FuncDecl{},
		examples: map[string]*doc.Example{}, exampleFuncs: map[string]*ast.FuncDecl{},
	}
	names, err := filepath.Glob("*.go")
	require.NoError(t, err)
	for _, name := range names {
		text, err := os.ReadFile(name)
		require.NoError(t, err)
		file, err := parser.ParseFile(s.fset, name, text, parser.ParseComments)
		require.NoError(t, err)
		if strings.HasSuffix(name, "_test.go") {
			for _, example := range doc.Examples(file) {
				s.examples[example.Name] = example
				s.exampleFuncs[example.Name] = exampleFunc(file, example.Name)
			}
			continue
		}
		s.lines[name] = strings.Split(string(text), "\n")
		for _, decl := range file.Decls {
			switch decl := decl.(type) {
			case *ast.FuncDecl:
				switch typ := receiver(decl); {
				case typ != "" && decl.Name.IsExported():
					s.methods[typ+"."+decl.Name.Name] = decl
				case typ != "":
					s.unexported = append(s.unexported, decl)
				case strings.HasPrefix(decl.Name.Name, "New"):
					s.constructors[strings.TrimPrefix(decl.Name.Name, "New")] = decl
				}
			case *ast.GenDecl:
				if decl.Tok == token.IMPORT {
					s.imports[name] = decl
				}
				if spec, ok := decl.Specs[0].(*ast.TypeSpec); ok && decl.Tok == token.TYPE {
					s.types[spec.Name.Name] = decl
				}
			}
		}
	}
	return s
}

// actions lists what the package offers, by name.
func (s *source) actions() []action {
	var all []action
	for _, operation := range clientOperations() {
		for _, typ := range ownersOf(operation) {
			if method := s.methods[typ+"."+operation]; method != nil {
				a := action{name: operation, typ: typ, file: s.link(method)}
				if example := s.exampleFuncs[typ+"_"+operation]; example != nil {
					a.example = s.link(example)
				}
				all = append(all, a)
			}
		}
	}
	return all
}

// link returns where a function begins, as a link of GitHub.
func (s *source) link(fn *ast.FuncDecl) string {
	at := s.fset.Position(fn.Pos())
	return fmt.Sprintf("%s#L%d", at.Filename, at.Line)
}

// endOf returns where a method ends, with the unexported one that lists for it.
func (s *source) endOf(method *ast.FuncDecl) token.Pos {
	after := s.fset.Position(method.End()).Line + 2
	for _, decl := range s.unexported {
		if at := s.fset.Position(decl.Pos()); at.Line == after && at.Filename == s.fset.Position(method.Pos()).Filename {
			return decl.End()
		}
	}
	return method.End()
}

// receiver returns the type of a method, without its star.
func receiver(fn *ast.FuncDecl) string {
	if fn.Recv == nil {
		return ""
	}
	typ := fn.Recv.List[0].Type
	if star, ok := typ.(*ast.StarExpr); ok {
		typ = star.X
	}
	if name, ok := typ.(*ast.Ident); ok {
		return name.Name
	}
	return ""
}

// callsKMS tells wrappers, which take a context first, from the rest.
func callsKMS(fn *ast.FuncDecl) bool {
	params := fn.Type.Params.List
	if len(params) == 0 {
		return false
	}
	sel, ok := params[0].Type.(*ast.SelectorExpr)
	return ok && sel.Sel.Name == "Context" && strings.HasPrefix(lastParam(params), "optFns")
}

func lastParam(params []*ast.Field) string {
	names := params[len(params)-1].Names
	if len(names) == 0 {
		return ""
	}
	return names[0].Name
}

func exampleFunc(file *ast.File, name string) *ast.FuncDecl {
	for _, decl := range file.Decls {
		if fn, ok := decl.(*ast.FuncDecl); ok && fn.Name.Name == "Example"+name {
			return fn
		}
	}
	return nil
}

// clientOperations lists the operations of the SDK's client, sorted.
func clientOperations() []string {
	client := reflect.TypeFor[*kms.Client]()
	var names []string
	for m := range client.Methods() {
		if m.Type.NumIn() == 4 && m.Type.NumOut() == 2 {
			names = append(names, m.Name)
		}
	}
	return names
}

// ownersOf lists the types whose interface holds an operation, sorted.
func ownersOf(operation string) []string {
	var owners []string
	for name, typ := range interfaces {
		if _, ok := typ.MethodByName(operation); ok {
			owners = append(owners, name)
		}
	}
	slices.Sort(owners)
	return owners
}
