package shape

// A Constraint is a row of the table, for tests.
type Constraint struct {
	Min, Max         int
	Pattern, RE2     string
	Listed, Unlisted []string
}

// Constraints returns the table of constraints.
func Constraints() map[string]Constraint {
	rows := make(map[string]Constraint, len(constraints))
	for name, c := range constraints {
		rows[name] = Constraint{c.min, c.max, c.pattern, c.re2, c.listed, c.unlisted}
	}
	return rows
}

// Required returns the table of required members.
func Required() map[string][]string { return required }

// Matcher compiles an expression in Go's syntax.
func Matcher(expr string) func(string) bool { return matcher(expr) }
