package policy

import (
	"strings"

	"github.com/kmskit/kmskit/internal/policyfacts"
)

// checkAction reports an action that KMS does not have. Those of other services are
// at home in identity policies, and kept apart.
func (c *compiler) checkAction(element, name string) {
	service, _, _ := strings.Cut(name, ":")
	switch {
	case len(policyfacts.MatchAction(name)) > 0:
	case strings.EqualFold(service, "kms"):
		c.report("%s %q is no action of KMS", element, name)
	default:
		c.policy.foreign = append(c.policy.foreign, c.text("%s %q is for another service", element, name))
	}
}
