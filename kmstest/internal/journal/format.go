package journal

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"strings"
)

// Contents are what is in a file.
type Contents struct {
	Records map[string]json.RawMessage // by name
	Dropped int64                      // the bytes at the end that were cut short, and count for nothing

	size  int64 // without those
	sum   uint32
	begun bool // there was a line
	owed  int  // lines that have to follow, since they were written at once
}

// A DamageError says that a file is not as it was written, and from where on.
type DamageError struct {
	Offset int64 // bytes before the damage
	Reason string

	name  string
	whole bool // what is before it is of no use by itself
}

func (e *DamageError) Error() string {
	text := fmt.Sprintf("damaged from byte %d on: %s. Nothing was changed. Put a good copy of the file in its place, ", e.Offset, e.Reason)
	if e.whole {
		return text + "or remove it to begin with nothing"
	}
	return text + fmt.Sprintf("or give up all that was kept after that byte: truncate -s %d '%s'", e.Offset, e.name)
}

// ErrFormat means that a file is none of this package, or of a newer version.
var ErrFormat = errors.New("not a state file")

const (
	magic  = "kmskit state, version "
	header = magic + "1\n"
)

var (
	castagnoli = crc32.MakeTable(crc32.Castagnoli)
	headerSum  = checksum(0, []byte(header))
)

func checksum(before uint32, text []byte) uint32 { return crc32.Update(before, castagnoli, text) }

const sumSize = 8 // hexadecimal digits

// encode returns records as the text of a batch, which has no line feed in it.
func encode(records []Record) []byte {
	text, err := json.Marshal(records)
	if err != nil {
		panic(err) // the states are JSON
	}
	return text
}

// appendBatch appends the line of a batch, and returns the checksum behind it.
func appendBatch(dst []byte, before uint32, text []byte) ([]byte, uint32) {
	sum := checksum(before, text)
	dst = fmt.Appendf(dst, "%0*x ", sumSize, sum)
	dst = append(dst, text...)
	return append(dst, '\n'), sum
}

// Decode returns what is in a file: the last state of everything that is not gone.
//
// A last line without its line feed is a write that was cut short, unless it is of
// those that a file begins with and that it has from the moment it has its name. All
// else that is wrong is damage: see [*DamageError].
func Decode(r io.Reader) (Contents, error) {
	in := bufio.NewReaderSize(r, 1<<16)
	if err := readHeader(in); err != nil {
		return Contents{}, err
	}
	c := Contents{Records: map[string]json.RawMessage{}, size: int64(len(header)), sum: headerSum}
	for {
		line, err := in.ReadBytes('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return Contents{}, err
		}
		text, ended := bytes.CutSuffix(line, []byte("\n"))
		switch {
		case len(line) == 0 && c.begun && c.owed == 0:
			return c, nil
		case len(line) == 0:
			return Contents{}, c.damage("it ends here, and more was written")
		case !ended && c.isWhole(line[:len(line)-1]):
			return Contents{}, c.damage("the end of the last line is wrong")
		case !ended && (!c.begun || c.owed > 0):
			return Contents{}, c.damage("it ends in the middle of a line that was written whole")
		case !ended:
			c.Dropped = int64(len(line))
			return c, nil
		}
		if err := c.apply(text); err != nil {
			return Contents{}, err
		}
		c.size += int64(len(line))
	}
}

func readHeader(in *bufio.Reader) error {
	start, err := in.Peek(len(header))
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	switch {
	case string(start) == header:
		_, err = in.Discard(len(header))
		return err
	case len(start) == 0:
		return fmt.Errorf("%w: it is empty. Remove it to begin with nothing", ErrFormat)
	case strings.HasPrefix(string(start), magic):
		return fmt.Errorf("%w of this version of kmskit: it begins with %q. Nothing was changed. "+
			"Open it with the version that has written it", ErrFormat, start)
	default:
		return fmt.Errorf("%w: it does not begin with %q. Nothing was changed", ErrFormat, header)
	}
}

// isWhole reports whether a line, without its end, is the next batch.
func (c *Contents) isWhole(line []byte) bool {
	_, _, ok := c.parse(line)
	return ok
}

// parse returns the text of a batch and the checksum behind it.
func (c *Contents) parse(line []byte) (text []byte, sum uint32, ok bool) {
	var given [sumSize / 2]byte
	if len(line) < sumSize+1 || line[sumSize] != ' ' {
		return nil, 0, false
	}
	if _, err := hex.Decode(given[:], line[:sumSize]); err != nil {
		return nil, 0, false
	}
	text = line[sumSize+1:]
	sum = checksum(c.sum, text)
	// Not the number: letters may be capital in it.
	return text, sum, string(line[:sumSize]) == fmt.Sprintf("%0*x", sumSize, sum)
}

// apply does what a batch says.
func (c *Contents) apply(line []byte) error {
	text, sum, ok := c.parse(line)
	if !ok {
		return c.damage("the checksum of a line is wrong")
	}
	records, err := c.decode(text)
	if err != nil {
		return c.damage("a line is not JSON: " + err.Error())
	}
	for _, r := range records {
		if r.State == nil {
			delete(c.Records, r.Name)
		} else {
			c.Records[r.Name] = r.State
		}
	}
	c.sum = sum
	return nil
}

// decode returns the records of a batch. The first line of a file has none, but says
// how many lines were written with it.
func (c *Contents) decode(text []byte) (records []Record, err error) {
	first := !c.begun
	c.begun = true
	if first && !bytes.HasPrefix(text, []byte("[")) {
		return nil, json.Unmarshal(text, &c.owed)
	}
	c.owed = max(c.owed-1, 0)
	return records, json.Unmarshal(text, &records)
}

func (c *Contents) damage(reason string) error {
	return &DamageError{Offset: c.size, Reason: reason, whole: !c.begun || c.owed > 0}
}
