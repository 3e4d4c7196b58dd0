package kmskit_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/doc"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

// What is generated for those who lift snippets into documentation, and the rules
// of the tools that do: https://github.com/awsdocs/aws-doc-sdk-examples-tools.
const (
	snippetsFile   = "docs/snippets.json"
	metadataFile   = ".doc_gen/metadata/kms_metadata.yaml"
	validationFile = ".doc_gen/validation.yaml"

	// In two parts: the tools take any line with these texts for a tag.
	snippetStart = "snippet-" + "start:["
	snippetEnd   = "snippet-" + "end:["
)

// awsKeys are the keys of AWS's own kms_metadata.yaml.
var awsKeys = []string{
	"kms_CreateAlias", "kms_CreateGrant", "kms_CreateKey", "kms_Decrypt", "kms_DeleteAlias", "kms_DescribeKey",
	"kms_DisableKey", "kms_EnableKey", "kms_EnableKeyRotation", "kms_Encrypt", "kms_GenerateDataKey",
	"kms_GenerateDataKeyWithoutPlaintext", "kms_GenerateRandom", "kms_GetKeyPolicy", "kms_Hello", "kms_ListAliases",
	"kms_ListGrants", "kms_ListKeyPolicies", "kms_ListKeys", "kms_PutKeyPolicy", "kms_ReEncrypt", "kms_RetireGrant",
	"kms_RevokeGrant", "kms_Scenario_Basics", "kms_ScheduleKeyDeletion", "kms_Sign", "kms_TagResource",
	"kms_UpdateAlias", "kms_Verify",
}

// A snippet is a tagged part of a file. Its lines count from 1, first and last
// included, without the tags and the blank lines beside them.
type snippet struct {
	Tag   string `json:"tag"`
	File  string `json:"file"`
	First int    `json:"first"`
	Last  int    `json:"last"`
}

// The shape of docs/snippets.json, which docs/README.md describes.
type (
	snippetIndex struct {
		Module    string            `json:"module"`
		Actions   []actionSnippet   `json:"actions"`
		Helpers   []helperSnippet   `json:"helpers"`
		Types     []typeSnippet     `json:"types"`
		Scenarios []scenarioSnippet `json:"scenarios"`
	}
	actionSnippet struct {
		Action string `json:"action"`
		methodSnippet
		API string `json:"api"`
	}
	helperSnippet struct {
		Method string `json:"method"`
		methodSnippet
	}
	methodSnippet struct {
		Title    string `json:"title"`
		Synopsis string `json:"synopsis"`
		Type     string `json:"type"`
		snippet
		Example *exampleLines `json:"example,omitempty"`
	}
	exampleLines struct {
		Name  string `json:"name"`
		File  string `json:"file"`
		First int    `json:"first"`
		Last  int    `json:"last"`
	}
	typeSnippet struct {
		Type      string `json:"type"`
		Synopsis  string `json:"synopsis"`
		Interface string `json:"interface"`
		snippet
	}
	scenarioSnippet struct {
		Program  string `json:"program"`
		Title    string `json:"title"`
		Synopsis string `json:"synopsis"`
		Command  string `json:"command"`
		snippet
		Actions []string `json:"actions"`
	}
)

// TestSnippets holds docs/snippets.json in step with the code; -update writes it.
func TestSnippets(t *testing.T) {
	t.Parallel()
	index := indexSnippets(t)
	var want bytes.Buffer
	encoder := json.NewEncoder(&want)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	require.NoError(t, encoder.Encode(index))
	checkGenerated(t, snippetsFile, want.String())

	assert.Len(t, index.Actions, len(clientOperations()))
	for _, a := range index.Actions {
		assert.NotEmpty(t, a.Synopsis, "the doc comment of %s", a.Action)
		assert.NotNil(t, a.Example, "the Example of %s", a.Action)
		assert.Equal(t, "https://docs.aws.amazon.com/kms/latest/APIReference/API_"+a.Action+".html", a.API, "the last line of the doc comment of %s", a.Action)
	}
	for _, s := range index.Scenarios {
		assert.NotEmpty(t, s.Title, "the title of examples/%s", s.Program)
		assert.NotEmpty(t, s.Actions, "examples/%s calls no action", s.Program)
	}
}

// TestMetadata holds the Go entries for AWS's kms_metadata.yaml in step with the
// code, and checks them as the tools that read them do; -update writes them.
func TestMetadata(t *testing.T) {
	t.Parallel()
	index, tagged := indexSnippets(t), liftAll(t)
	checkGenerated(t, metadataFile, metadata(index))

	decoder := yaml.NewDecoder(strings.NewReader(metadata(index)))
	decoder.KnownFields(true)
	var examples map[string]metadataExample
	require.NoError(t, decoder.Decode(&examples))

	for _, key := range awsKeys {
		assert.NotEmpty(t, examples[key].Services, "the file of AWS has the key %s", key)
	}
	for key, example := range examples {
		t.Run(key, func(t *testing.T) {
			t.Parallel()
			assert.Regexp(t, `^kms(_[0-9a-zA-Z]+)+$`, key)
			example.check(t)
			version := example.goVersion(t)
			for _, excerpt := range version.Excerpts {
				for _, tag := range excerpt.SnippetTags {
					assert.NotEmpty(t, tagged[tag].File, "no file has the tag %s", tag)
				}
			}
		})
	}
}

// TestScanner finds what AWS's scanner takes for secret keys in what would be
// lifted. SDK names that are as long by chance stand in the list of allowed words.
func TestScanner(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile(validationFile)
	require.NoError(t, err)
	var validation struct {
		AllowList []string `yaml:"allow_list"`
	}
	require.NoError(t, yaml.Unmarshal(raw, &validation))

	files, err := filepath.Glob("*.go")
	require.NoError(t, err)
	files = slices.DeleteFunc(files, func(name string) bool { return strings.HasSuffix(name, "_test.go") })
	files = append(files, metadataFile)
	for _, pattern := range []string{"examples/*/main.go", "examples/internal/demo/demo.go"} {
		programs, err := filepath.Glob(pattern)
		require.NoError(t, err)
		require.NotEmpty(t, programs)
		files = append(files, programs...)
	}
	found := map[string]bool{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		for _, word := range likeSecretKeys(string(text)) {
			assert.Contains(t, validation.AllowList, word, "%s: the scanner takes this word for a secret key; write it otherwise, or if it is a name of the SDK, list it in %s", file, validationFile)
			found[word] = true
		}
	}
	guide, err := os.ReadFile("docs/README.md")
	require.NoError(t, err)
	for _, word := range validation.AllowList {
		assert.True(t, found[word], "%s allows %s, which nothing needs", validationFile, word)
		assert.Contains(t, string(guide), word, "docs/README.md must list it")
	}
}

func TestLikeSecretKeys(t *testing.T) {
	t.Parallel()
	access, secret := "AKIA"+strings.Repeat("7", 16), strings.Repeat("aB3/", 10)
	for _, test := range []struct {
		name, text string
		want       []string
	}{
		{"an access key", " " + access + "\n", []string{access}},
		{"a secret key", "(" + secret + ")", []string{secret}},
		{"two that share a border", "." + secret + "." + secret + ".", []string{secret, secret}},
		{"a longer word", " x" + secret + " ", nil},
		{"a word at the start of the file, which the scanner does not see", secret + " ", nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, test.want, likeSecretKeys(test.text))
		})
	}
}

// likeSecretKeys returns the words of a text that the scanner refuses: 20 or 40
// characters of an access key's or secret key's alphabet between others.
func likeSecretKeys(text string) []string {
	access := regexp.MustCompile(`^A[ACGIKNPRS][A-Z]{2}[A-Z0-9]{16}$`)
	var found []string
	// A word is what stands between two characters outside the alphabet, so none
	// begins or ends the file.
	for _, run := range []struct {
		apart *regexp.Regexp
		key   func(string) bool
	}{
		{regexp.MustCompile(`[^A-Z0-9]`), access.MatchString},
		{regexp.MustCompile(`[^a-zA-Z0-9/+=]`), func(word string) bool { return len(word) == 40 }},
	} {
		words := run.apart.Split(text, -1)
		for i, word := range words {
			if i > 0 && i < len(words)-1 && run.key(word) {
				found = append(found, word)
			}
		}
	}
	return found
}

// checkGenerated compares a file with what it should hold, or writes it.
func checkGenerated(t *testing.T, name, want string) {
	t.Helper()
	if *update {
		require.NoError(t, os.WriteFile(name, []byte(want), 0o644))
	}
	got, err := os.ReadFile(name)
	require.NoError(t, err)
	gotLines, wantLines := strings.Split(string(got), "\n"), strings.Split(want, "\n")
	for n := range min(len(gotLines), len(wantLines)) {
		require.Equal(t, wantLines[n], gotLines[n], "%s:%d is out of date; run: make docs", name, n+1)
	}
	require.Equal(t, len(wantLines), len(gotLines), "the lines of %s; run: make docs", name) //nolint:testifylint // Len would print them all
}

// liftAll finds the snippets of this repository as the tools do: in all files of
// their kinds, with a tag but once.
func liftAll(t *testing.T) map[string]snippet {
	t.Helper()
	all := map[string]snippet{}
	err := filepath.WalkDir(".", func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case path == ".git":
			return filepath.SkipDir
		case entry.IsDir() || !slices.Contains([]string{".go", ".json", ".md", ".sh", ".txt", ".yaml", ".yml"}, filepath.Ext(path)):
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, s := range lift(t, filepath.ToSlash(path), string(text)) {
			other, twice := all[s.Tag]
			require.False(t, twice, "%s: the tag %s is in %s too", path, s.Tag, other.File)
			all[s.Tag] = s
		}
		return nil
	})
	require.NoError(t, err)
	return all
}

// lift finds the snippets of one file.
func lift(t *testing.T, file, text string) []snippet {
	t.Helper()
	var done []snippet
	open := map[string]int{}
	lines := strings.Split(text, "\n")
	for n, line := range lines {
		if _, rest, ok := strings.Cut(line, snippetStart); ok {
			tag, _, _ := strings.Cut(rest, "]")
			require.Zero(t, open[tag], "%s:%d: the tag %s has begun", file, n+1, tag)
			open[tag] = n + 1
		} else if _, rest, ok := strings.Cut(line, snippetEnd); ok {
			tag, _, _ := strings.Cut(rest, "]")
			require.NotZero(t, open[tag], "%s:%d: the tag %s has not begun", file, n+1, tag)
			s := snippet{Tag: tag, File: file, First: open[tag] + 1, Last: n}
			for lines[s.First-1] == "" {
				s.First++
			}
			for lines[s.Last-1] == "" {
				s.Last--
			}
			done = append(done, s)
			delete(open, tag)
		}
	}
	require.Empty(t, open, "%s: tags without an end", file)
	return done
}

// indexSnippets gathers all that can be lifted, in the order of names.
func indexSnippets(t *testing.T) snippetIndex {
	t.Helper()
	src, tagged := parseSource(t), liftAll(t)
	index := snippetIndex{Module: "github.com/kmskit/kmskit"}
	names := make([]string, 0, len(src.methods))
	for name := range src.methods {
		names = append(names, name)
	}
	// By method, as the README has it, rather than by type.
	slices.SortFunc(names, func(a, b string) int {
		_, a, _ = strings.Cut(a, ".")
		_, b, _ = strings.Cut(b, ".")
		return strings.Compare(a, b)
	})
	for _, name := range names {
		typ, method, _ := strings.Cut(name, ".")
		if _, ours := interfaces[typ]; !ours || !callsKMS(src.methods[name]) {
			continue
		}
		text := src.methods[name].Doc.Text()
		m := methodSnippet{
			Title: titleOf(method), Synopsis: synopsis(text), Type: typ,
			snippet: tagged["gov2.kms."+method], Example: src.exampleLines(typ + "_" + method),
		}
		if slices.Contains(ownersOf(method), typ) {
			url := text[strings.LastIndex(text, "\n\n")+2:]
			index.Actions = append(index.Actions, actionSnippet{method, m, strings.TrimSpace(url)})
		} else {
			index.Helpers = append(index.Helpers, helperSnippet{method, m})
		}
	}
	for name, api := range interfaces {
		index.Types = append(index.Types, typeSnippet{name, synopsis(src.types[name].Doc.Text()), api.Name(), tagged["gov2.kms."+name+".struct"]})
	}
	slices.SortFunc(index.Types, func(a, b typeSnippet) int { return strings.Compare(a.Type, b.Type) })
	index.Scenarios = scenarios(t, tagged)
	return index
}

// exampleLines returns where the Example of that name is, or nil.
func (s *source) exampleLines(name string) *exampleLines {
	fn := s.exampleFuncs[name]
	if fn == nil {
		return nil
	}
	first, last := s.fset.Position(fn.Pos()), s.fset.Position(fn.End())
	return &exampleLines{"Example" + name, first.Filename, first.Line, last.Line}
}

// scenarios lists the programs of examples.
func scenarios(t *testing.T, tagged map[string]snippet) []scenarioSnippet {
	t.Helper()
	var all []scenarioSnippet
	files, err := filepath.Glob("examples/*/main.go")
	require.NoError(t, err)
	for _, name := range files {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments)
		require.NoError(t, err)
		program := filepath.Base(filepath.Dir(name))
		s := scenarioSnippet{
			Program: program, Title: scenarioTitle(file), Synopsis: synopsis(file.Doc.Text()),
			Command: "go run -C examples ./" + program, Actions: calledActions(file),
		}
		for _, tag := range tagged {
			if tag.File == filepath.ToSlash(name) {
				s.snippet = tag
			}
		}
		require.NotEmpty(t, s.Tag, "%s has no tag", name)
		all = append(all, s)
	}
	return all
}

// scenarioTitle returns the Title of the demo.Scenario of a program.
func scenarioTitle(file *ast.File) (title string) {
	ast.Inspect(file, func(n ast.Node) bool {
		if field, ok := n.(*ast.KeyValueExpr); ok && fmt.Sprint(field.Key) == "Title" {
			if value, ok := field.Value.(*ast.BasicLit); ok {
				title, _ = strconv.Unquote(value.Value)
			}
		}
		return title == ""
	})
	return title
}

// impliedActions are those that other methods call, of package demo too.
var impliedActions = map[string][]string{
	"AddStatement":   {"GetKeyPolicy", "PutKeyPolicy"},
	"DecryptDataKey": {"Decrypt"},
	"DeleteKey":      {"DescribeKey", "ScheduleKeyDeletion"},
	"SigningKey":     {"GetPublicKey", "Sign"},
	"TemporaryKey":   {"CreateKey", "DescribeKey", "ScheduleKeyDeletion"},
	"WaitForState":   {"DescribeKey"},
}

// calledActions lists the actions that a program calls, by name: methods named
// like an operation whose first argument is ctx, and what others imply.
func calledActions(file *ast.File) []string {
	operations := clientOperations()
	called := map[string]bool{}
	ast.Inspect(file, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		method, ok := call.Fun.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		name := method.Sel.Name
		if slices.Contains(operations, name) && len(call.Args) > 0 && fmt.Sprint(call.Args[0]) == "ctx" {
			called[name] = true
		}
		for _, implied := range impliedActions[name] {
			called[implied] = true
		}
		return true
	})
	return slices.DeleteFunc(operations, func(name string) bool { return !called[name] })
}

// synopsis returns the first sentence of a doc comment, without its links.
func synopsis(text string) string {
	return docLink.ReplaceAllString(new(doc.Package).Synopsis(text), "$1")
}

var docLink = regexp.MustCompile(`\[\*?([\w./]+)\]`)

// titleOf makes a title of an action's name: "Re-encrypt", "Generate MAC".
func titleOf(method string) string {
	words := strings.ToLower(regexp.MustCompile(`([a-z])([A-Z])`).ReplaceAllString(method, "$1 $2"))
	words = strings.NewReplacer("re encrypt", "re-encrypt", " mac", " MAC", " id", " ID").Replace(words)
	return strings.ToUpper(words[:1]) + words[1:]
}

// metadata returns the Go entries of kms_metadata.yaml, by key.
func metadata(index snippetIndex) string {
	entries := map[string]string{}
	for _, s := range index.Scenarios {
		entries[metadataKey(s.Tag)] = index.scenarioEntry(s)
	}
	for _, a := range index.Actions {
		var b strings.Builder
		writeLanguage(&b)
		writeExcerpt(&b, "", "gov2.kms."+a.Type+".struct", a.Tag)
		fmt.Fprintf(&b, "  services:\n    kms: {%s}\n", a.Action)
		entries[metadataKey(a.Tag)] = b.String()
	}
	var b strings.Builder
	b.WriteString("# The Go entries of kms_metadata.yaml in awsdocs/aws-doc-sdk-examples.\n# Generated: make docs. See docs/README.md.\n")
	for _, key := range slices.Sorted(maps.Keys(entries)) {
		b.WriteString(key + ":\n" + entries[key])
	}
	return b.String()
}

// metadataKey returns the key of the entry for a tag: kms_CreateKey.
func metadataKey(tag string) string {
	return strings.ReplaceAll(strings.TrimPrefix(tag, "gov2."), ".", "_")
}

// scenarioEntry returns the entry of a program; that of the basics has all that
// they call beside it.
func (x snippetIndex) scenarioEntry(s scenarioSnippet) string {
	category := map[string]string{"gov2.kms.Hello": "Hello", "gov2.kms.Scenario_Basics": "Basics"}[s.Tag]
	if category == "" {
		category = "Scenarios"
	}
	title := strings.ReplaceAll(s.Title, "KMS", "&KMS;")
	var b strings.Builder
	fmt.Fprintf(&b, "  title: %s\n  title_abbrev: %s\n  synopsis: %s.\n  category: %s\n",
		title, title, strings.ToLower(title[:1])+title[1:], category)
	writeLanguage(&b)
	writeExcerpt(&b, "", s.Tag)
	if category == "Basics" {
		for _, typ := range x.Types {
			if tags := x.tagsOf(typ, s.Actions); len(tags) > 1 {
				writeExcerpt(&b, "The "+typ.Type+" type and the methods of it that the scenario calls.", tags...)
			}
		}
	}
	fmt.Fprintf(&b, "  services:\n    kms: {%s}\n", strings.Join(s.Actions, ", "))
	return b.String()
}

func writeLanguage(b *strings.Builder) {
	b.WriteString("  languages:\n    Go:\n      versions:\n        - sdk_version: 2\n          github: gov2/kms\n          excerpts:\n")
}

func writeExcerpt(b *strings.Builder, description string, tags ...string) {
	fmt.Fprintf(b, "            - %s\n              snippet_tags:\n", strings.TrimSpace("description: "+description))
	for _, tag := range tags {
		fmt.Fprintf(b, "                - %s\n", tag)
	}
}

// tagsOf returns the tags of a type and of those actions that are its own.
func (x snippetIndex) tagsOf(typ typeSnippet, actions []string) []string {
	tags := []string{typ.Tag}
	for _, a := range x.Actions {
		if a.Type == typ.Type && slices.Contains(actions, a.Action) {
			tags = append(tags, a.Tag)
		}
	}
	return tags
}

// The parts of kms_metadata.yaml that a Go entry has.
type (
	metadataExample struct {
		Title       string                      `yaml:"title"`
		TitleAbbrev string                      `yaml:"title_abbrev"`
		Synopsis    string                      `yaml:"synopsis"`
		Category    string                      `yaml:"category"`
		Languages   map[string]metadataLanguage `yaml:"languages"`
		Services    map[string]map[string]any   `yaml:"services"`
	}
	metadataLanguage struct {
		Versions []metadataVersion `yaml:"versions"`
	}
	metadataVersion struct {
		SDKVersion int               `yaml:"sdk_version"`
		GitHub     string            `yaml:"github"`
		Excerpts   []metadataExcerpt `yaml:"excerpts"`
	}
	metadataExcerpt struct {
		Description string   `yaml:"description"`
		SnippetTags []string `yaml:"snippet_tags"`
	}
)

// check applies the rules of the strict schema: the tools write the titles of
// single actions, of which an example has just one; all others have titles.
func (e metadataExample) check(t *testing.T) {
	t.Helper()
	require.NotEmpty(t, e.Services["kms"])
	if e.Category == "" {
		assert.Len(t, e.Services["kms"], 1)
		assert.Empty(t, e.Title+e.TitleAbbrev+e.Synopsis)
		return
	}
	assert.Contains(t, []string{"Hello", "Basics", "Scenarios"}, e.Category)
	for _, title := range []string{e.Title, e.TitleAbbrev} {
		assert.Regexp(t, `^[A-Z].*[^.!?]$`, title)
	}
	assert.Regexp(t, `^[a-z].*\.$`, e.Synopsis)
	assert.NotRegexp(t, `(^|[^&0-9a-zA-Z])(AWS|KMS)([^;0-9a-zA-Z]|$)`, e.Title+" "+e.Synopsis, "names are entities")
}

// goVersion returns what the example has for the AWS SDK for Go v2.
func (e metadataExample) goVersion(t *testing.T) metadataVersion {
	t.Helper()
	require.Len(t, e.Languages, 1)
	require.Len(t, e.Languages["Go"].Versions, 1)
	version := e.Languages["Go"].Versions[0]
	assert.Equal(t, 2, version.SDKVersion)
	assert.Equal(t, "gov2/kms", version.GitHub, "a folder, relative to the repository of AWS")
	require.NotEmpty(t, version.Excerpts)
	for _, excerpt := range version.Excerpts {
		assert.NotEmpty(t, excerpt.SnippetTags)
		assert.Regexp(t, `^([A-Z].*\.)?$`, excerpt.Description)
	}
	return version
}
