//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd)

package journal

import "os"

// lock does nothing where the standard library has no locks of files: to open one
// file twice is then the user's mistake.
func lock(*os.File) error { return nil }

// replace gives that name to a new file in place of the old one, which may be nil,
// closes that, and returns the new one. Here open files cannot be renamed.
func replace(old, file *os.File, name string) (*os.File, error) {
	if old != nil {
		_ = old.Close()
	}
	if err := file.Close(); err != nil {
		return nil, err
	}
	if err := os.Rename(file.Name(), name); err != nil {
		return nil, err
	}
	return os.OpenFile(name, os.O_RDWR|os.O_APPEND, 0) //nolint:gosec // the file that the caller has named
}
