//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package journal

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
)

// lock makes the file this Journal's own, for as long as it has it open.
func lock(file *os.File) error {
	for {
		err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		switch {
		case errors.Is(err, syscall.EINTR):
		case errors.Is(err, syscall.EWOULDBLOCK):
			return ErrInUse
		default:
			return err
		}
	}
}

// replace gives that name to a new file in place of the old one, which may be nil,
// closes that, and returns the new one. Either of them has the name at all times.
func replace(old, file *os.File, name string) (*os.File, error) {
	if err := os.Rename(file.Name(), name); err != nil {
		_ = file.Close()
		return nil, err
	}
	if old != nil {
		_ = old.Close()
	}
	return file, syncDir(filepath.Dir(name))
}

// syncDir makes sure that a change of names survives a crash.
func syncDir(name string) error {
	dir, err := os.Open(name) //nolint:gosec // the directory of the file that the caller has named
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}
