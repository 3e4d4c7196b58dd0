package kmskit

import (
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// applyOptions runs the options on an input. They run after the method has
// filled it and before it is checked, so they win and are checked too.
func applyOptions[I any](in *I, optFns []func(*I)) {
	for _, fn := range optFns {
		if fn != nil {
			fn(in)
		}
	}
}

// applyOwned is applyOptions for an input that carries the encryption context
// and grant tokens of a value that calls share. Options get copies, and never a
// nil map, so that writing into them neither panics nor reaches another call.
func applyOwned[I any](in *I, optFns []func(*I), tokens *[]string, contexts ...*map[string]string) {
	if len(optFns) == 0 {
		return
	}
	*tokens = slices.Clone(*tokens)
	for _, c := range contexts {
		own := make(map[string]string, len(*c))
		maps.Copy(own, *c)
		*c = own
	}
	applyOptions(in, optFns)
	for _, c := range contexts {
		if len(*c) == 0 {
			*c = nil
		}
	}
}

const (
	anyKeyForm = "give a key ID, a key ARN, an alias name (alias/...) or an alias ARN"
	keyIDForm  = "give a key ID or a key ARN"
	regionForm = "give the name of a Region, such as eu-central-1"
)

// toInt32 makes an argument a number of the SDK's size. What does not fit stays
// outside every range that KMS allows.
func toInt32(n int) *int32 {
	return aws.Int32(int32(min(max(n, math.MinInt32), math.MaxInt32)))
}

// requireText refuses a member that is absent or empty; noun names it and form
// says what would be right.
func requireText(action, noun string, value *string, form string) error {
	if value == nil || *value == "" {
		return invalidInput(action, "the %s is empty; %s", noun, form)
	}
	return nil
}

// requireLength refuses bytes outside least to most; more says where larger
// data should go.
func requireLength(action, noun string, b []byte, least, most int, more string) error {
	switch n := len(b); {
	case n == 0 && least > 0:
		return invalidInput(action, "the %s is empty; it must have %d to %d bytes", noun, least, most)
	case n < least || n > most:
		return invalidInput(action, "the %s has %d bytes; it must have %d to %d bytes%s", noun, n, least, most, more)
	}
	return nil
}

// requireAliasName refuses what cannot be the name of a customer's alias.
func requireAliasName(action string, name *string) error {
	const form = `an alias name is "alias/" and 1 to 250 more characters, not its ARN`
	switch {
	case name == nil || *name == "":
		return invalidInput(action, "the alias name is empty; %s", form)
	case !strings.HasPrefix(*name, aliasPrefix):
		return invalidInput(action, "the alias name %q lacks its prefix; %s", *name, form)
	case *name == aliasPrefix || len(*name) > 256:
		return invalidInput(action, "the alias name %q has the wrong length; %s", *name, form)
	case strings.HasPrefix(*name, "alias/aws/"):
		return invalidInput(action, "the alias name %q is reserved; alias/aws/ belongs to AWS managed keys", *name)
	}
	return nil
}
