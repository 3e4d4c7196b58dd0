package conformance_test

import (
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/smithy-go"
	"github.com/kmskit/kmskit/kmstest"
	"github.com/kmskit/kmskit/kmstest/conformance"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestRules(t *testing.T) {
	t.Parallel()
	names, whys := conformance.Rules()

	t.Run("have names of their own", func(t *testing.T) {
		t.Parallel()
		seen := map[string]bool{}
		for _, name := range names {
			assert.False(t, seen[name], name)
			seen[name] = true
			_, rest, _ := strings.Cut(name, "/")
			assert.NotContains(t, rest, "/", "-run takes a slash for the next level")
		}
	})

	t.Run("explain themselves in sentences", func(t *testing.T) {
		t.Parallel()
		for i, why := range whys {
			assert.Regexp(t, `^[A-Z].*\.$`, why, names[i])
			assert.Greater(t, len(why), 20, names[i])
		}
	})

	t.Run("are about operations that there are", func(t *testing.T) {
		t.Parallel()
		about := map[string]bool{}
		for _, name := range names {
			operation, _, _ := strings.Cut(name, "/")
			about[operation] = true
		}
		client := reflect.TypeFor[*kms.Client]()
		for method := range client.Methods() {
			if name := method.Name; name != "Options" {
				assert.True(t, about[name], "%s has no case", name)
				delete(about, name)
			}
		}
		assert.Empty(t, about)
	})
}

// The SDK refuses by itself what lacks a required member, and so tells which are.
func TestRequiredMembers_areThoseOfTheSDK(t *testing.T) {
	t.Parallel()
	client := reflect.ValueOf(kmstest.New().Client())
	for i := range client.NumMethod() {
		name := client.Type().Method(i).Name
		if name == "Options" {
			continue
		}
		call := client.Method(i)
		out := call.Call([]reflect.Value{reflect.ValueOf(t.Context()), reflect.New(call.Type().In(1).Elem())})
		err, _ := out[1].Interface().(error)
		var got []string
		if invalid, ok := errors.AsType[smithy.InvalidParamsError](err); ok {
			for _, e := range invalid.Errs() {
				missing, ok := errors.AsType[smithy.InvalidParamError](e)
				require.True(t, ok, "%v", e)
				got = append(got, missing.Field()[strings.LastIndex(missing.Field(), ".")+1:])
			}
		}
		want := slices.Clone(conformance.RequiredMembers[name])
		if name == "Decrypt" || name == "ReEncrypt" { // which a dry run excuses
			want = slices.DeleteFunc(want, func(m string) bool { return m == "CiphertextBlob" })
		}
		assert.ElementsMatch(t, want, got, name)
	}
}

// Every operation that takes a key, as the SDK knows it by a member KeyId or one
// of that kind, is in the table of key states.
func TestStateTable_hasEveryOperationOnAKey(t *testing.T) {
	t.Parallel()
	table := conformance.StateTable()
	client := reflect.TypeFor[*kms.Client]()
	for m := range client.Methods() {
		if m.Name == "Options" {
			continue
		}
		in := m.Type.In(2).Elem()
		for _, member := range []string{"KeyId", "TargetKeyId", "SourceKeyId", "DestinationKeyId", "AliasName"} {
			if _, ok := in.FieldByName(member); ok {
				require.Contains(t, table, m.Name)
			}
		}
	}
}
