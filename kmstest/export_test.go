package kmstest

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/kmskit/kmskit/kmstest/internal/journal"
	"github.com/kmskit/kmskit/kmstest/internal/material"
	"github.com/stretchr/testify/require"
)

// ForceState puts a key of the default principal's account into a state, be it
// one that no request brings about or that lasts no longer than a request.
func (s *Server) ForceState(keyID string, state types.KeyState) {
	s.mu.Lock()
	defer s.mu.Unlock()
	k := s.regions[place{s.principals.standard.who.Account, s.regionName}].keys[keyID]
	k.state = state
}

// Planned returns how many changes wait for their time, be it in vain.
func Planned(s *Server) int {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return len(s.agenda.events)
}

// Dump prints the world of s, field by field and however deep, as lines that say
// where they stand. It knows nothing of what a file keeps, so what a file lacks
// is found. Last usage and key material are printed if they are wanted.
func Dump(s *Server, usage, secrets bool) string {
	s.mu.RLock()
	defer s.mu.RUnlock()
	d := dumper{seen: map[string]bool{}, usage: usage, secrets: secrets}
	d.value("sealer", reflect.ValueOf(s.sealer))
	d.value("advanced", reflect.ValueOf(s.advanced.Load()))
	d.value("world", reflect.ValueOf(&s.world).Elem())
	slices.Sort(d.lines)
	return strings.Join(d.lines, "\n")
}

type dumper struct {
	lines          []string
	seen           map[string]bool // what has a name of its own
	usage, secrets bool
}

func (d *dumper) line(path string, value any) {
	d.lines = append(d.lines, fmt.Sprintf("%s = %v", path, value))
}

// unkept are the fields of a world that are not in its file: what is made of
// others, what a lock is for, and where the file has an entity.
var unkept = map[reflect.Type][]string{
	reflect.TypeFor[world]():     {"mu", "agenda"},
	reflect.TypeFor[keyPolicy](): {"compiled"},
	reflect.TypeFor[region]():    {"defaultPolicy"},
	reflect.TypeFor[key]():       {"entered"},
}

func (d *dumper) value(path string, v reflect.Value) {
	v = settable(v)
	if name := entityName(v); name != "" {
		d.line(path, name)
		if !d.seen[name] {
			d.seen[name] = true
			d.value(name, v.Elem())
		}
		return
	}
	if d.leaf(path, v) || v.IsZero() {
		return
	}
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		d.value(path, v.Elem())
	case reflect.Struct:
		for i := range v.NumField() {
			if name := v.Type().Field(i).Name; !slices.Contains(unkept[v.Type()], name) {
				d.value(path+"."+name, v.Field(i))
			}
		}
	case reflect.Slice:
		for i := range v.Len() {
			d.value(fmt.Sprintf("%s[%d]", path, i), v.Index(i))
		}
	case reflect.Map:
		for _, k := range v.MapKeys() {
			d.value(fmt.Sprintf("%s[%s]", path, labelOf(k)), v.MapIndex(k))
		}
	case reflect.Func, reflect.Chan:
		panic(path + " is a " + v.Type().String() + ", which no file keeps")
	default:
		d.line(path, v)
	}
}

// leaf prints what is not printed field by field.
func (d *dumper) leaf(path string, v reflect.Value) bool {
	switch x := v.Addr().Interface().(type) {
	case *time.Time:
		if !x.IsZero() {
			d.line(path, x.UTC().Format(time.RFC3339Nano))
		}
	case *lastUsage:
		if u, ok := x.get(); ok && d.usage {
			d.line(path, fmt.Sprint(u.operation, " ", u.at.UTC()))
		}
	case **material.Key:
		switch {
		case *x == nil:
		case d.secrets:
			b, err := (*x).Bytes()
			d.line(path, fmt.Sprintf("%s %x %v %v", (*x).Spec(), b, (*x).ID(), err))
		default:
			d.line(path, (*x).Spec())
		}
	case *map[material.ID]*keyRing:
		for id, r := range *x {
			if d.secrets {
				d.line(path+"["+id.String()+"]", r.number)
			}
		}
	case *[]material.ID:
		d.line(path, len(*x)) // they are among the sealers
	case *[]XKSProxy: // their order does not matter
		for _, p := range *x {
			d.value(path+"["+p.URIEndpoint+p.URIPath+"]", reflect.ValueOf(p))
		}
	case *map[place]*region: // those where nothing is come and go
		for p, r := range *x {
			if len(r.keys)+len(r.stores) > 0 {
				d.value(path+"["+p.arn("")+"]", reflect.ValueOf(r))
			}
		}
	default:
		return false
	}
	return true
}

// settable returns v, or a copy of it, without reflect's protection of unexported
// fields.
func settable(v reflect.Value) reflect.Value {
	if !v.CanAddr() {
		c := reflect.New(v.Type()).Elem()
		c.Set(v)
		return c
	}
	return reflect.NewAt(v.Type(), v.Addr().UnsafePointer()).Elem()
}

// entityName returns the name of an entity that many others point at.
func entityName(v reflect.Value) string {
	if v.Kind() != reflect.Pointer || v.IsNil() {
		return ""
	}
	switch x := v.Interface().(type) {
	case *key:
		return "key " + x.arn
	case *keyRing:
		return fmt.Sprint("ring ", x.number)
	case *region:
		return "region " + x.arn("")
	case *keyStore:
		return "store " + x.id
	case *alias:
		return "alias " + x.arn
	case *grant:
		return "grant " + x.id
	default:
		return ""
	}
}

func labelOf(k reflect.Value) string {
	k = settable(k)
	if name := entityName(k); name != "" {
		return name
	}
	return fmt.Sprint(k)
}

// Changes reports whether an operation may change what is kept in a file.
func Changes(name string) bool {
	return !handlers[name].operation.reads
}

// Records returns the records of the file of s, as JSON.
func Records(tb testing.TB, s *Server) string {
	tb.Helper()
	s.mu.RLock()
	defer s.mu.RUnlock()
	text, err := json.Marshal(s.mu.keeper.all())
	require.NoError(tb, err)
	return string(text)
}

// Restore returns the Server that a file with these records makes, without the file.
// It reports whether text is records at all.
func Restore(text string, opts ...Option) (s *Server, ok bool, err error) {
	var list []journal.Record
	if err := json.Unmarshal([]byte(text), &list); err != nil {
		return nil, false, err
	}
	records := map[string]json.RawMessage{}
	for _, r := range list {
		if r.State != nil {
			records[r.Name] = r.State
		}
	}
	s, err = restore(newOptions(opts), records)
	return s, true, err
}

// WriteRecords writes a file with records, each of which is JSON.
func WriteRecords(tb testing.TB, name string, records ...string) {
	tb.Helper()
	j, _, err := journal.Open(name)
	require.NoError(tb, err)
	var batch []journal.Record
	require.NoError(tb, json.Unmarshal([]byte("["+strings.Join(records, ",")+"]"), &batch))
	require.NoError(tb, j.Wait(j.Enter(batch)))
	require.NoError(tb, j.Close())
}
