// Package journal keeps a set of named records in a file that survives a crash.
//
// The file is text. Its first line says what it is; every other line is a batch
// of changes: a checksum in hexadecimal, a space and the records in JSON. A batch
// counts as a whole or not at all. A checksum is the CRC-32C of its batch and of
// all before it, so that lines cannot be lost, repeated or swapped unnoticed.
//
// Batches are only ever appended. When they have become many times what the
// records come to, the file is replaced by one with the records alone: see
// [Journal.Rewrite]. The second line of a file has the number of lines with which it
// was made in place of a batch, so that those cannot be lost from its end either.
package journal

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
)

// A Record is the state of one thing.
type Record struct {
	Name  string          `json:"name"`            // which no other thing has
	State json.RawMessage `json:"state,omitempty"` // none if the thing is no more
}

// A Journal is a file of records that is open for changes. It is safe for
// concurrent use.
//
// To make a change, [Journal.Enter] it and then [Journal.Wait]. Entering takes a
// batch's place in the file and does no more: it can be done under the lock that
// guards what the records describe, which makes the order of the batches that of
// the changes. Waiting writes to the disk. Of those who wait at the same time one
// writes all that has been entered until then, and so for the others too.
type Journal struct {
	name string

	mu      sync.Mutex // guards what follows
	entered uint64     // batches, ever
	waiting [][]byte   // the last of them, which are not in the file yet
	failure error      // why there will be no more changes

	writing   sync.Mutex // held by who writes; guards what follows
	file      *os.File
	size      int64 // of the part of the file that is safe
	rewritten int64 // size after the last Rewrite
	sum       uint32

	safe atomic.Uint64 // batches that are in the file, whatever happens
}

// Errors of this package, besides those of the file system and [*DamageError].
var (
	// ErrInUse means that another Journal, of this process or another, has the
	// file open.
	ErrInUse = errors.New("it is in use: another Server, of this process or another one, has it open")
	// ErrMoved means that the file has lost its name, be it to another one. To write
	// on would be to write what nobody finds again, or over what somebody has put there.
	ErrMoved = errors.New("it was removed, moved or replaced while it was in use. Nothing more is written")
	// ErrClosed means that the Journal has been closed.
	ErrClosed = errors.New("the file is closed")
)

// mode is the mode of a new file: nobody but its owner has access.
const mode = 0o600

// Open opens the file with that name and returns the records in it. If there is
// no such file it makes an empty one. A file that is damaged is left as it is,
// and Open returns a [*DamageError]. The name may be that of a link: the link stays.
//
// A batch at the end of the file that is cut short was being written when its
// process or the machine died. Nobody was told that it was safe. Open cuts it off:
// see [Contents].
func Open(name string) (*Journal, Contents, error) {
	if name == "" || os.IsPathSeparator(name[len(name)-1]) {
		return nil, Contents{}, fmt.Errorf("%q: %w: it is a directory", name, ErrFormat)
	}
	name, err := resolve(name)
	if err != nil {
		return nil, Contents{}, err
	}
	file, contents, err := open(name)
	if err != nil {
		return nil, Contents{}, fmt.Errorf("%s: %w", name, err)
	}
	j := &Journal{name: name, file: file, size: contents.size, rewritten: contents.size, sum: contents.sum}
	return j, contents, nil
}

// resolve returns the name of the file itself, behind all links, be it there or
// not. It means the same in whatever directory the process is later.
func resolve(name string) (string, error) {
	const mostLinks = 40 // as many as Linux follows
	for range mostLinks {
		if target, err := filepath.EvalSymlinks(name); err == nil {
			return filepath.Abs(target)
		}
		target, err := os.Readlink(name)
		if err != nil { // it is none
			break
		}
		if !filepath.IsAbs(target) {
			target = filepath.Join(filepath.Dir(name), target)
		}
		name = target
	}
	return filepath.Abs(name)
}

func open(name string) (*os.File, Contents, error) {
	file, err := openLocked(name)
	if errors.Is(err, fs.ErrNotExist) {
		return create(name)
	}
	if err != nil {
		return nil, Contents{}, err
	}
	contents, err := read(file)
	if err == nil && contents.Dropped > 0 {
		err = cut(file, contents.size)
	}
	if err != nil {
		_ = file.Close()
		return nil, Contents{}, err
	}
	return file, contents, nil
}

// openLocked opens an existing file that nobody else has open.
func openLocked(name string) (*os.File, error) {
	for {
		if err := checkKind(os.Stat(name)); err != nil {
			return nil, err
		}
		file, err := os.OpenFile(name, os.O_RDWR|os.O_APPEND, 0) //nolint:gosec // the file that the caller has named
		if err != nil {
			return nil, err
		}
		if err := lock(file); err != nil {
			_ = file.Close()
			return nil, err
		}
		// Who had it open may have replaced it in the meantime.
		if is(file, name) {
			return file, nil
		}
		_ = file.Close()
	}
}

// checkKind refuses what is no file: a pipe would be read for ever.
func checkKind(info fs.FileInfo, err error) error {
	switch {
	case err != nil:
		return err
	case info.IsDir():
		return fmt.Errorf("%w: it is a directory", ErrFormat)
	case !info.Mode().IsRegular():
		return fmt.Errorf("%w: it is a device, a pipe or the like", ErrFormat)
	default:
		return nil
	}
}

// is reports whether file is the one with that name.
func is(file *os.File, name string) bool {
	ours, err := file.Stat()
	if err != nil {
		return false
	}
	named, err := os.Stat(name)
	return err == nil && os.SameFile(ours, named)
}

// create makes a file without records. It gets its name when it is complete.
func create(name string) (*os.File, Contents, error) {
	file, size, sum, err := write(name, nil)
	if err != nil {
		return nil, Contents{}, err
	}
	if _, err := os.Lstat(name); err == nil { // somebody else was faster
		_, _ = os.Remove(file.Name()), file.Close()
		return nil, Contents{}, ErrInUse
	}
	if file, err = replace(nil, file, name); err != nil {
		return nil, Contents{}, err
	}
	return file, Contents{size: size, sum: sum}, nil
}

// write writes a file that has records and no history, beside the one with that
// name.
func write(name string, records []Record) (*os.File, int64, uint32, error) {
	file, err := createLocked(name + ".tmp")
	if err != nil {
		return nil, 0, 0, err
	}
	size, sum, err := writeRecords(file, records)
	if err != nil {
		_, _ = os.Remove(file.Name()), file.Close()
		return nil, 0, 0, err
	}
	return file, size, sum, nil
}

// createLocked makes a file that nobody else has, or ever had, open.
func createLocked(name string) (*os.File, error) {
	for {
		file, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL|os.O_APPEND, mode) //nolint:gosec // beside the file that the caller has named
		switch {
		case errors.Is(err, fs.ErrExist):
			if err := removeLeft(name); err != nil {
				return nil, err
			}
			continue
		case err != nil:
			return nil, err
		}
		if err := lock(file); err != nil {
			_ = file.Close()
			return nil, err
		}
		// Somebody else may have taken it for what a crash has left.
		if is(file, name) {
			return file, nil
		}
		_ = file.Close()
	}
}

// removeLeft removes what a crash has left of a new file, unless somebody is just
// making it. All else that has this name is not ours to write to or to remove.
func removeLeft(name string) error {
	info, err := os.Lstat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case !info.Mode().IsRegular():
		return fmt.Errorf("%s is in the way: remove it", name)
	}
	file, err := os.OpenFile(name, os.O_RDWR, 0) //nolint:gosec // likewise
	switch {
	case errors.Is(err, fs.ErrNotExist): // who was making it is done
		return nil
	case err != nil:
		return err
	}
	defer func() { _ = file.Close() }()
	if err := lock(file); err != nil {
		return err
	}
	if !is(file, name) {
		return nil
	}
	return os.Remove(name)
}

// writeRecords writes a whole file, and returns when it is safe.
func writeRecords(file *os.File, records []Record) (size int64, sum uint32, err error) {
	out := bufio.NewWriterSize(file, 1<<16)
	_, _ = out.WriteString(header) // Flush returns the error of any write
	size = int64(len(header))
	lines := (len(records) + recordsPerLine - 1) / recordsPerLine
	line, sum := appendBatch(nil, headerSum, strconv.AppendInt(nil, int64(lines), 10))
	_, _ = out.Write(line)
	size += int64(len(line))
	for chunk := range slices.Chunk(records, recordsPerLine) {
		line, sum = appendBatch(line[:0], sum, encode(chunk))
		_, _ = out.Write(line)
		size += int64(len(line))
	}
	if err := out.Flush(); err != nil {
		return 0, 0, err
	}
	return size, sum, file.Sync()
}

// recordsPerLine keeps the lines of a file without history to some size.
const recordsPerLine = 256

// cut shortens a file to the part that is safe.
func cut(file *os.File, size int64) error {
	if err := file.Truncate(size); err != nil {
		return err
	}
	return file.Sync()
}

// Enter gives the next place in the file to a batch of records, and returns its
// number, which [Journal.Wait] takes.
func (j *Journal) Enter(records []Record) uint64 {
	batch := encode(records)
	j.mu.Lock()
	defer j.mu.Unlock()
	j.entered++
	if j.failure == nil {
		j.waiting = append(j.waiting, batch)
	}
	return j.entered
}

// Entered returns the number of the last batch.
func (j *Journal) Entered() uint64 {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.entered
}

// Wait returns nil when the batch with that number, and all before it, are in the
// file and survive a crash. Otherwise it returns why they never will.
//
// An error is final: the Journal takes no more changes, since what is in memory is
// no longer what is in the file.
func (j *Journal) Wait(batch uint64) error {
	if j.Safe(batch) {
		return nil
	}
	j.writing.Lock()
	defer j.writing.Unlock()
	runtime.Gosched() // so that others, who were told just now, enter what goes along
	if j.Safe(batch) {
		return nil
	}
	return j.flush()
}

// Safe reports whether a batch, and all before it, are in the file already.
func (j *Journal) Safe(batch uint64) bool { return j.safe.Load() >= batch }

// flush writes all that has been entered. The caller holds j.writing.
func (j *Journal) flush() error {
	j.mu.Lock()
	batches, entered, err := j.waiting, j.entered, j.failure
	j.waiting = nil
	j.mu.Unlock()
	if err != nil {
		return err
	}
	var text []byte
	sum := j.sum
	for _, b := range batches {
		text, sum = appendBatch(text, sum, b)
	}
	if _, err := j.file.Write(text); err != nil {
		return j.fail(err)
	}
	if err := j.file.Sync(); err != nil {
		return j.fail(err)
	}
	if err := j.checkName(); err != nil {
		return j.fail(err)
	}
	j.size += int64(len(text))
	j.sum = sum
	j.safe.Store(entered)
	return nil
}

// checkName returns an error if the file has lost its name.
func (j *Journal) checkName() error {
	if is(j.file, j.name) {
		return nil
	}
	return fmt.Errorf("%s: %w", j.name, ErrMoved)
}

// fail ends all changes. What was written of the last batches nobody was told of,
// so it goes if that can be done.
func (j *Journal) fail(err error) error {
	if e, ok := errors.AsType[*fs.PathError](err); ok { // the name that the file had when it was new
		err = &fs.PathError{Op: e.Op, Path: j.name, Err: e.Err}
	}
	_ = cut(j.file, j.size)
	return j.end(err)
}

func (j *Journal) end(err error) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.waiting = nil
	j.failure = err
	return err
}

// Err returns why the Journal takes no more changes. It is nil if it does.
func (j *Journal) Err() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.failure
}

// Bloated reports whether the file has grown so much by changes that it is worth
// a [Journal.Rewrite].
func (j *Journal) Bloated() bool {
	if !j.writing.TryLock() { // who writes will ask
		return false
	}
	defer j.writing.Unlock()
	return j.size > bloat*j.rewritten+bloatFrom
}

const (
	bloat     = 4       // times its size after the last Rewrite
	bloatFrom = 1 << 20 // bytes
)

// Rewrite replaces the file by one that has the records alone, without their
// history. While Rewrite holds lock, nothing may be entered, and records returns
// all there are. A crash leaves either the old file or the new one.
//
// If the new file cannot be written, the old one stays in use.
func (j *Journal) Rewrite(lock sync.Locker, records func() []Record) error {
	j.writing.Lock()
	defer j.writing.Unlock()
	if err := j.Err(); err != nil {
		return err
	}
	if err := j.checkName(); err != nil {
		return j.end(err)
	}
	list, included, entered := j.take(lock, records)
	file, size, sum, err := write(j.name, list)
	if err != nil {
		j.rewritten = j.size // so as not to try again at once
		return err
	}
	if err := j.checkName(); err != nil { // it has taken a while to write
		_, _ = os.Remove(file.Name()), file.Close()
		return j.end(err)
	}
	if file, err = replace(j.file, file, j.name); err != nil {
		return j.end(err) // nobody knows which of the files it is
	}
	j.file, j.size, j.rewritten, j.sum = file, size, size, sum
	j.safe.Store(entered)
	j.mu.Lock()
	defer j.mu.Unlock()
	j.waiting = slices.Clone(j.waiting[included:])
	return nil
}

// take returns all records and the batches that they include: how many of the
// waiting ones, and how many ever.
func (j *Journal) take(lock sync.Locker, records func() []Record) (list []Record, included int, entered uint64) {
	lock.Lock()
	defer lock.Unlock()
	list = records()
	j.mu.Lock()
	defer j.mu.Unlock()
	return list, len(j.waiting), j.entered
}

// Close writes what has been entered and gives the file back.
func (j *Journal) Close() error {
	j.writing.Lock()
	defer j.writing.Unlock()
	if errors.Is(j.Err(), ErrClosed) {
		return nil
	}
	err := j.flush()
	_ = j.end(ErrClosed)
	return errors.Join(err, j.file.Close())
}

// read returns what is in a file.
func read(file *os.File) (Contents, error) {
	contents, err := Decode(file)
	if d, ok := errors.AsType[*DamageError](err); ok {
		d.name = file.Name()
	}
	return contents, err
}

var _ io.Closer = (*Journal)(nil)
