package kmstest

// value returns what a member of an input holds, or zero if it is absent.
func value[T any](member *T) T {
	if member == nil {
		var zero T
		return zero
	}
	return *member
}

// isTrue reports whether an optional flag is set.
func isTrue(flag *bool) bool { return value(flag) }
