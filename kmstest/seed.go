package kmstest

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/kmskit/kmskit"
	"github.com/kmskit/kmskit/kmstest/internal/material"
	"github.com/kmskit/kmskit/kmstest/internal/policy"
	"github.com/kmskit/kmskit/kmstest/internal/shape"
	"go.yaml.in/yaml/v3"
)

// Seed makes the keys and the principals that a document in YAML or JSON
// describes, the keys in the account of the Server's own clients:
//
//	Keys:
//	  - KeyId: 1234abcd-12ab-34cd-56ef-1234567890ab
//	    Description: orders
//	    Aliases: [alias/orders]
//	    Tags:
//	      - {TagKey: team, TagValue: payments}
//	    Material: 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f
//	  - KeyId: mrk-1234abcd12ab34cd56ef1234567890ab
//	    Region: eu-west-1
//	    KeySpec: ECC_NIST_P256
//	    KeyUsage: SIGN_VERIFY
//	    Enabled: false
//	Principals:
//	  - Arn: arn:aws:iam::111122223333:role/reader
//	    AccessKeyId: reader
//	    Policies:
//	      - Version: 2012-10-17
//	        Statement: {Effect: Allow, Action: kms:Decrypt, Resource: '*'}
//
// A key needs a KeyId: a UUID, or for a multi-Region key "mrk-" and 32 hexadecimal
// digits. All else can be left out. Description, KeySpec, KeyUsage, MultiRegion,
// Policy and Tags are those of CreateKey; Policy can be a document in place of its
// text. Region is the Server's own if there is none, Aliases are names with their
// prefix, and a key is enabled unless Enabled is false. Two entries with the ID of
// one multi-Region key are the primary key, which comes first, and a replica.
//
// Material is for tests only, as the material of a real key must never be in a
// file: 32 bytes for a symmetric key and as many as its hash has for an HMAC key,
// in hexadecimal or base64, and a private key as PKCS #8 in PEM for all others.
// What is encrypted under a key in one process can be decrypted under the same key,
// with the same material, in another. Without Material it is drawn by chance.
//
// A principal is as [Server.Principal] makes it, in any account, with identity
// policies and Tags. Requests with its AccessKeyId are its own; it also takes a
// SecretAccessKey and a SessionToken, which count if signatures are verified.
//
// A key that is there already, in a world from [Open], stays as it is, if it is
// the same key: of the same spec, usage and material. If anything is wrong, Seed
// returns an error that names the entries, and makes nothing.
func (s *Server) Seed(r io.Reader) error {
	if err := s.seed(r); err != nil {
		return fmt.Errorf("kmstest: seed: %w", err)
	}
	return nil
}

func (s *Server) seed(r io.Reader) error {
	d, err := parseSeed(r)
	if err != nil {
		return err
	}
	keys, wrongKeys := s.planSeed(d.Keys)
	principals, wrongPrincipals := s.planPrincipals(d.Principals)
	if err := errors.Join(wrongKeys, wrongPrincipals); err != nil {
		return err
	}
	if err := s.sow(keys); err != nil {
		return err
	}
	return s.sowPrincipals(principals)
}

// A seedEntry describes one key.
type seedEntry struct {
	line int

	KeyID       string             `yaml:"KeyId"`
	Region      string             `yaml:"Region"`
	Description *string            `yaml:"Description"`
	KeySpec     types.KeySpec      `yaml:"KeySpec"`
	KeyUsage    types.KeyUsageType `yaml:"KeyUsage"`
	MultiRegion *bool              `yaml:"MultiRegion"`
	Enabled     *bool              `yaml:"Enabled"`
	Policy      *seedPolicy        `yaml:"Policy"`
	Aliases     []string           `yaml:"Aliases"`
	Tags        []seedTag          `yaml:"Tags"`
	Material    string             `yaml:"Material"`
}

type seedTag struct {
	TagKey   *string `yaml:"TagKey"`
	TagValue *string `yaml:"TagValue"`
}

// A seedPolicy is the text of a policy, which can be written as a document too.
type seedPolicy string

func (p *seedPolicy) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind == yaml.ScalarNode {
		*p = seedPolicy(n.Value)
		return nil
	}
	toText(n)
	var document any
	if err := n.Decode(&document); err != nil {
		return err
	}
	text, err := json.Marshal(document)
	*p = seedPolicy(text)
	return err
}

// toText makes strings of all values in a node, as a policy has no others: to YAML
// a Version without quotes is a date, and an account ID a number.
func toText(n *yaml.Node) {
	if tag := n.ShortTag(); tag == "!!timestamp" || tag == "!!int" || tag == "!!float" || tag == "!!bool" {
		n.Tag = "!!str"
	}
	for _, child := range n.Content {
		toText(child)
	}
}

func (e *seedEntry) UnmarshalYAML(n *yaml.Node) error {
	if err := cmp.Or(
		knownMembers(n, "KeyId", "Region", "Description", "KeySpec", "KeyUsage", "MultiRegion",
			"Enabled", "Policy", "Aliases", "Tags", "Material"),
		textMembers(n, "KeyId", "Region", "Description", "KeySpec", "KeyUsage", "Material"),
		boolMembers(n, "MultiRegion", "Enabled"),
		listMembers(n, "Aliases", "Tags"),
		textItems(n, "Aliases"),
	); err != nil {
		return err
	}
	type plain seedEntry // without this method
	if err := n.Decode((*plain)(e)); err != nil {
		return err
	}
	e.line = n.Line
	return nil
}

func (t *seedTag) UnmarshalYAML(n *yaml.Node) error {
	if err := cmp.Or(knownMembers(n, "TagKey", "TagValue"), textMembers(n, "TagKey", "TagValue")); err != nil {
		return err
	}
	type plain seedTag
	return n.Decode((*plain)(t))
}

// knownMembers refuses members of a mapping that have no such names, or twice the
// same.
func knownMembers(n *yaml.Node, names ...string) error {
	if n.Kind != yaml.MappingNode {
		return fmt.Errorf("line %d: an object is wanted, with %s", n.Line, strings.Join(names, ", "))
	}
	lines := map[string]int{}
	for i := 0; i < len(n.Content); i += 2 {
		name := n.Content[i]
		if !slices.Contains(names, name.Value) {
			return fmt.Errorf("line %d: there is no member %q; there are %s", name.Line, name.Value, strings.Join(names, ", "))
		}
		if line := lines[name.Value]; line != 0 {
			return fmt.Errorf("line %d: member %s is in line %d too", name.Line, name.Value, line)
		}
		lines[name.Value] = name.Line
	}
	return nil
}

// members returns those members of a mapping that are there and not null, by name.
func members(n *yaml.Node, names []string) iter.Seq2[string, *yaml.Node] {
	return func(yield func(string, *yaml.Node) bool) {
		for i := 0; i+1 < len(n.Content); i += 2 {
			name, value := n.Content[i].Value, behindAlias(n.Content[i+1])
			if slices.Contains(names, name) && !isNull(value) && !yield(name, value) {
				return
			}
		}
	}
}

// behindAlias returns what an alias of YAML stands for, and any other node itself.
func behindAlias(n *yaml.Node) *yaml.Node {
	if n.Kind == yaml.AliasNode {
		return n.Alias
	}
	return n
}

func isNull(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null" }

// textMembers refuses those members of a mapping if they are no texts.
func textMembers(n *yaml.Node, names ...string) error {
	for name, value := range members(n, names) {
		if value.Kind != yaml.ScalarNode {
			return fmt.Errorf("line %d: member %s must be a text", value.Line, name)
		}
	}
	return nil
}

// boolMembers refuses those members of a mapping if they are neither true nor false.
func boolMembers(n *yaml.Node, names ...string) error {
	for name, value := range members(n, names) {
		if value.Decode(new(bool)) != nil {
			return fmt.Errorf("line %d: member %s must be true or false", value.Line, name)
		}
	}
	return nil
}

// listMembers refuses those members of a mapping if they are no lists, or have items
// with nothing in them, which the parser would leave out.
func listMembers(n *yaml.Node, names ...string) error {
	for name, value := range members(n, names) {
		if value.Kind != yaml.SequenceNode {
			return fmt.Errorf("line %d: member %s must be a list", value.Line, name)
		}
		for _, item := range value.Content {
			if isNull(item) {
				return fmt.Errorf("line %d: an item of member %s is empty", item.Line, name)
			}
		}
	}
	return nil
}

// textItems refuses those members of a mapping, which are lists, if they have other
// items than texts.
func textItems(n *yaml.Node, names ...string) error {
	for name, value := range members(n, names) {
		for _, item := range value.Content {
			if behindAlias(item).Kind != yaml.ScalarNode {
				return fmt.Errorf("line %d: the items of member %s must be texts", item.Line, name)
			}
		}
	}
	return nil
}

// A seedDocument is the whole of it.
type seedDocument struct {
	Keys       []seedEntry     `yaml:"Keys"`
	Principals []seedPrincipal `yaml:"Principals"`
}

func (d *seedDocument) UnmarshalYAML(n *yaml.Node) error {
	if err := cmp.Or(knownMembers(n, "Keys", "Principals"), listMembers(n, "Keys", "Principals")); err != nil {
		return err
	}
	type plain seedDocument
	return n.Decode((*plain)(d))
}

// longestSeed is more than a seed of the largest number of keys that an account has.
const longestSeed = 64 << 20 // bytes

func parseSeed(r io.Reader) (d seedDocument, err error) {
	text, err := io.ReadAll(io.LimitReader(r, longestSeed+1))
	switch {
	case err != nil:
		return d, err
	case len(text) > longestSeed:
		return d, fmt.Errorf("the document has more than %d bytes", longestSeed)
	}
	if err := checkText(text); err != nil {
		return d, err
	}
	in := yaml.NewDecoder(bytes.NewReader(text)) // which reads JSON too
	if err := in.Decode(&d); errors.Is(err, io.EOF) {
		return d, errors.New("the document is empty")
	} else if list, ok := errors.AsType[*yaml.TypeError](err); ok {
		return d, errors.New(strings.Join(list.Errors, "\n"))
	} else if err != nil {
		return d, err
	}
	if err := in.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		return d, errors.New("there is something behind the document")
	}
	return d, nil
}

// checkText refuses what is no text in UTF-8, or in UTF-16 with the mark that YAML
// wants of that, since the parser does not say where it found it.
func checkText(text []byte) error {
	if bytes.HasPrefix(text, []byte("\xff\xfe")) || bytes.HasPrefix(text, []byte("\xfe\xff")) {
		return nil
	}
	line := 1
	for len(text) > 0 {
		r, size := utf8.DecodeRune(text)
		switch {
		case r == utf8.RuneError && size == 1:
			return fmt.Errorf("line %d: byte %#x is not UTF-8", line, text[0])
		case r == '\n':
			line++
		case r < ' ' && r != '\t' && r != '\r':
			return fmt.Errorf("line %d: there is a control character, %U", line, r)
		}
		text = text[size:]
	}
	return nil
}

// A seedling is a key that is to be made, if it is not there.
type seedling struct {
	entry seedEntry
	call  *call
	key   *key
	given *material.Key // nil if the entry has no material
}

func (l seedling) refuse(err error) error {
	return fmt.Errorf("line %d: key %s in %s: %w", l.entry.line, l.entry.KeyID, l.key.region.region, err)
}

// mostWrong is how many entries are named that are wrong by themselves.
const mostWrong = 20

// planSeed makes the keys outside of the world, so that all that is wrong with
// them by themselves is found first.
func (s *Server) planSeed(entries []seedEntry) ([]seedling, error) {
	var plan []seedling
	var wrong []error
	first := map[string]int{} // lines, by ARN
	for _, e := range entries {
		l, err := s.newSeedling(e)
		if err != nil {
			if wrong = append(wrong, fmt.Errorf("line %d: key %q: %w", e.line, e.KeyID, err)); len(wrong) == mostWrong {
				wrong = append(wrong, errors.New("there may be more"))
				break
			}
			continue
		}
		if line := first[l.key.arn]; line != 0 {
			wrong = append(wrong, l.refuse(fmt.Errorf("it is in line %d too", line)))
		}
		first[l.key.arn] = e.line
		plan = append(plan, l)
	}
	return plan, errors.Join(wrong...)
}

func (s *Server) newSeedling(e seedEntry) (seedling, error) {
	multiRegion := strings.HasPrefix(e.KeyID, multiRegionPrefix)
	switch {
	case e.KeyID == "":
		return seedling{}, errors.New("member KeyId is required")
	case !isKeyID(e.KeyID) || strings.ToLower(e.KeyID) != e.KeyID:
		return seedling{}, errors.New("member KeyId must be a UUID, or mrk- and 32 hexadecimal digits, in lower case")
	case e.MultiRegion != nil && *e.MultiRegion != multiRegion:
		return seedling{}, errors.New("member KeyId begins with mrk- if MultiRegion is true, and only then")
	case e.Region != "" && !regionName.MatchString(e.Region):
		return seedling{}, fmt.Errorf("%q is not the name of a Region", e.Region)
	}
	in := &kms.CreateKeyInput{
		Description: e.Description, KeySpec: e.KeySpec, KeyUsage: e.KeyUsage, MultiRegion: &multiRegion, Tags: tagsOf(e.Tags),
	}
	if e.Policy != nil {
		in.Policy = (*string)(e.Policy)
	}
	if err := shape.Validate(in); err != nil {
		return seedling{}, err
	}
	l := seedling{entry: e, call: s.seedCall(e.Region)}
	return l, l.grow(in)
}

func tagsOf(list []seedTag) (tags []types.Tag) {
	for _, t := range list {
		tags = append(tags, types.Tag{TagKey: t.TagKey, TagValue: t.TagValue})
	}
	return tags
}

// seedCall returns the call that makes a key in a Region.
func (s *Server) seedCall(region string) *call {
	if region == "" {
		region = s.regionName
	}
	c := s.principals.standard.in(region).begin(operationOf[kms.CreateKeyInput](), 0, nil)
	c.now = s.Now()
	return c
}

// grow makes the key.
func (l *seedling) grow(in *kms.CreateKeyInput) (err error) {
	if l.key, err = l.call.newKey(in); err != nil {
		return err
	}
	k := l.key
	k.identify(l.entry.KeyID)
	if l.entry.Enabled != nil && !*l.entry.Enabled {
		k.state = types.KeyStateDisabled
	}
	if k.tags, err = newTags(in.Tags); err != nil {
		return err
	}
	if in.Policy != nil {
		if k.policy, err = l.newPolicy(*in.Policy); err != nil {
			return err
		}
	}
	for _, name := range l.entry.Aliases {
		alias := &kms.CreateAliasInput{AliasName: &name, TargetKeyId: &k.id}
		if err := shape.Validate(alias); err != nil {
			return err
		}
		if err := checkAliasName(name); err != nil {
			return fmt.Errorf("alias %q: %w", name, err)
		}
	}
	if l.entry.Material == "" {
		return nil // until it is known that there is no such key
	}
	b, err := seedMaterial(k.spec, l.entry.Material)
	if err != nil {
		return err
	}
	if l.given, err = material.Import(k.spec, b); err != nil {
		return fmt.Errorf("member Material: %w", err)
	}
	k.ring.current = &ringMaterial{key: l.given.Bind(k.id)}
	return nil
}

// newPolicy returns the policy that text is, for the key. It says what is wrong with
// a text that is not JSON, where the answer of KMS does not.
func (l *seedling) newPolicy(text string) (*keyPolicy, error) {
	if _, err := parsePolicy(text); err != nil {
		return nil, malformedPolicy(err.Error())
	}
	l.call.server.mu.RLock()
	defer l.call.server.mu.RUnlock()
	return l.call.newPolicy(l.key, text, true)
}

// seedMaterial returns the bytes that an entry has for material of the key spec.
func seedMaterial(spec types.KeySpec, text string) ([]byte, error) {
	text = strings.TrimSpace(text)
	if isPair(spec) {
		block, rest := pem.Decode([]byte(text))
		if block == nil || block.Type != "PRIVATE KEY" || len(rest) > 0 {
			return nil, fmt.Errorf("member Material must be one PEM block PRIVATE KEY (PKCS #8) for key spec %s; "+
				"openssl pkcs8 -topk8 -nodes makes one of other forms", spec)
		}
		return block.Bytes, nil
	}
	size := material.Bits(spec) / 8
	b, err := hex.DecodeString(text)
	if err != nil {
		b, err = base64.StdEncoding.DecodeString(text)
	}
	if err != nil || len(b) != size {
		return nil, fmt.Errorf("member Material must be %d bytes in hexadecimal or base64 for key spec %s", size, spec)
	}
	return b, nil
}

// isPair reports whether key material of the spec is a key pair.
func isPair(spec types.KeySpec) bool { return typeOf(spec) == "asymmetric" }

// sow puts the keys into the world, as one change, after the last thing that can
// be wrong with them is found.
func (s *Server) sow(plan []seedling) error {
	if err := s.draw(plan); err != nil {
		return err
	}
	if err := s.sowAll(plan); err != nil {
		return err
	}
	if k := s.mu.keeper; k != nil {
		return k.await(k.file.Entered())
	}
	return nil
}

// draw gives material to the keys that have none and are not there yet. It takes
// its time, so it is not done under the lock.
func (s *Server) draw(plan []seedling) error {
	s.mu.RLock()
	missing := slices.DeleteFunc(slices.Clone(plan), func(l seedling) bool {
		return l.given != nil || l.key.region.keys[l.key.id] != nil
	})
	s.mu.RUnlock()
	for _, l := range missing {
		if err := s.generate(l.key); err != nil {
			return err
		}
	}
	return nil
}

func (s *Server) sowAll(plan []seedling) error {
	s.settle(s.Now())
	s.mu.Lock()
	defer s.mu.Unlock()
	if k := s.mu.keeper; k != nil && k.file.Err() != nil {
		return k.file.Err()
	}
	var wrong []error
	var fresh []seedling
	named := map[string]*key{} // by the ARN of the alias
	rings := map[string]*key{} // the first keys of the multi-Region ones, by ID
	for _, l := range plan {
		if have := l.key.region.keys[l.key.id]; have != nil {
			if err := l.sameAs(have); err != nil {
				wrong = append(wrong, l.refuse(err))
			}
			continue
		}
		if l.key.ring.current == nil { // it was there when material was drawn
			wrong = append(wrong, l.refuse(errors.New("it was deleted just now")))
		}
		if err := errors.Join(l.relate(rings), l.name(named)); err != nil {
			wrong = append(wrong, l.refuse(err))
		}
		fresh = append(fresh, l)
	}
	if len(wrong) > 0 {
		return errors.Join(wrong...)
	}
	for _, l := range fresh {
		s.addKey(l.key)
		for _, name := range l.entry.Aliases {
			s.addAlias(&alias{name: name, arn: l.key.region.arn(name), created: l.call.now, updated: l.call.now, target: l.key})
		}
	}
	return nil
}

// sameAs refuses a key that is there already and is another one.
func (l seedling) sameAs(have *key) error {
	switch {
	case have.spec != l.key.spec || have.usage != l.key.usage:
		return fmt.Errorf("it is there already, with key spec %s and key usage %s", have.spec, have.usage)
	case have.origin != l.key.origin:
		return fmt.Errorf("it is there already, with origin %s", have.origin)
	case l.given != nil && have.ring.same(l.given) == nil:
		return errors.New("it is there already, with other material")
	default:
		return nil
	}
}

// relate makes the key a replica if a related one is there, or comes before it in
// the document.
func (l seedling) relate(rings map[string]*key) error {
	if !l.key.multiRegion {
		return nil
	}
	primary := rings[l.key.id]
	for p, r := range l.call.server.regions {
		if k := r.keys[l.key.id]; k != nil && p.account == l.key.region.account {
			primary = k.ring.primary
		}
	}
	if primary == nil {
		rings[l.key.id] = l.key
		return nil
	}
	if err := l.sameAs(primary); err != nil {
		return fmt.Errorf("its primary key is another one in %s: %w", primary.region.region, err)
	}
	if partition(primary.region.region) != partition(l.key.region.region) {
		return fmt.Errorf("its primary key is in another partition, in %s", primary.region.region)
	}
	l.key.ring = primary.ring
	return nil
}

// name refuses aliases that are there already, or come before in the document.
func (l seedling) name(named map[string]*key) error {
	for _, name := range l.entry.Aliases {
		arn := l.key.region.arn(name)
		if named[arn] != nil || l.key.region.aliases[name] != nil {
			return fmt.Errorf("%s is there already, as the alias of another key", name)
		}
		named[arn] = l.key
	}
	return nil
}

// A seedPrincipal describes a principal.
type seedPrincipal struct {
	line int

	ARN             string       `yaml:"Arn"`
	AccessKeyID     string       `yaml:"AccessKeyId"`
	SecretAccessKey string       `yaml:"SecretAccessKey"`
	SessionToken    string       `yaml:"SessionToken"`
	Policies        []seedPolicy `yaml:"Policies"`
	Tags            []seedTag    `yaml:"Tags"`
}

func (p *seedPrincipal) UnmarshalYAML(n *yaml.Node) error {
	if err := cmp.Or(
		knownMembers(n, "Arn", "AccessKeyId", "SecretAccessKey", "SessionToken", "Policies", "Tags"),
		textMembers(n, "Arn", "AccessKeyId", "SecretAccessKey", "SessionToken"),
		listMembers(n, "Policies", "Tags"),
	); err != nil {
		return err
	}
	type plain seedPrincipal // without this method
	if err := n.Decode((*plain)(p)); err != nil {
		return err
	}
	p.line = n.Line
	return nil
}

// A plannedPrincipal is one with which nothing is wrong.
type plannedPrincipal struct {
	who     policy.Principal
	options principalOptions
}

func (s *Server) planPrincipals(entries []seedPrincipal) ([]plannedPrincipal, error) {
	var plan []plannedPrincipal
	var wrong []error
	holders := map[string]string{} // ARNs, by access key
	for _, e := range entries {
		p, err := s.planPrincipal(e, holders)
		if err != nil {
			wrong = append(wrong, fmt.Errorf("line %d: principal %q: %w", e.line, e.ARN, err))
			continue
		}
		plan = append(plan, p)
	}
	return plan, errors.Join(wrong...)
}

func (s *Server) planPrincipal(e seedPrincipal, holders map[string]string) (p plannedPrincipal, err error) {
	for _, text := range e.Policies {
		d, err := parsePolicy(string(text))
		if err != nil {
			return p, err
		}
		if i := slices.IndexFunc(d.Statement, namesPrincipals); i >= 0 {
			return p, fmt.Errorf("statement %d of an identity policy has a Principal or a NotPrincipal element, which only key policies have", i+1)
		}
		p.options.policies = append(p.options.policies, d)
	}
	if len(e.Tags) > 0 {
		tags := tagsOf(e.Tags)
		if err := shape.Validate(&kms.TagResourceInput{KeyId: new("any"), Tags: tags}); err != nil {
			return p, err
		}
		p.options.tags = map[string]string{}
		for _, t := range tags {
			p.options.tags[*t.TagKey] = *t.TagValue
		}
	}
	p.options.credentials = &aws.Credentials{
		AccessKeyID: e.AccessKeyID, SecretAccessKey: e.SecretAccessKey, SessionToken: e.SessionToken,
	}
	if p.who, err = s.checkPrincipal(e.ARN, &p.options); err != nil {
		return p, err
	}
	holder := holders[e.AccessKeyID]
	if other := s.principals.having(e.AccessKeyID); other != nil {
		holder = other.label()
	}
	if holder != "" && holder != e.ARN {
		return p, fmt.Errorf("the access key %q is that of %s already", e.AccessKeyID, holder)
	}
	holders[e.AccessKeyID] = e.ARN
	return p, nil
}

func namesPrincipals(s kmskit.Statement) bool {
	return !namesNobody(&s.Principal) || !namesNobody(&s.NotPrincipal)
}

func (s *Server) sowPrincipals(plan []plannedPrincipal) error {
	for _, p := range plan {
		if _, err := s.addPrincipal(p.who, p.options); err != nil {
			return err
		}
	}
	return nil
}
