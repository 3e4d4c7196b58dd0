package journal_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kmskit/kmskit/kmstest/internal/journal"
)

func set(name string, value int) journal.Record {
	return journal.Record{Name: name, State: json.RawMessage(fmt.Sprint(value))}
}

func gone(name string) journal.Record { return journal.Record{Name: name} }

func open(t testing.TB, name string) (*journal.Journal, journal.Contents) {
	t.Helper()
	j, contents, err := journal.Open(name)
	require.NoError(t, err)
	t.Cleanup(func() { _ = j.Close() })
	return j, contents
}

// commit enters a batch and waits for it.
func commit(t testing.TB, j *journal.Journal, records ...journal.Record) {
	t.Helper()
	require.NoError(t, j.Wait(j.Enter(records)))
}

// valuesOf returns what a file has, in the order of the names.
func valuesOf(c journal.Contents) string {
	var list []string
	for _, name := range slices.Sorted(maps.Keys(c.Records)) {
		list = append(list, name+"="+string(c.Records[name]))
	}
	return strings.Join(list, " ")
}

func fileName(t testing.TB) string { return filepath.Join(t.TempDir(), "state") }

func TestJournal(t *testing.T) {
	t.Parallel()
	t.Run("has the last state of all that is not gone", func(t *testing.T) {
		t.Parallel()
		name := fileName(t)
		j, contents := open(t, name)
		assert.Empty(t, contents.Records)
		commit(t, j, set("a", 1), set("b", 1))
		commit(t, j, set("a", 2), gone("b"), set("c", 3))
		require.NoError(t, j.Close())
		_, contents = open(t, name)
		assert.Equal(t, "a=2 c=3", valuesOf(contents))
		assert.Zero(t, contents.Dropped)
	})

	t.Run("goes on behind what is there", func(t *testing.T) {
		t.Parallel()
		name := fileName(t)
		for i := range 4 {
			j, _ := open(t, name)
			commit(t, j, set(fmt.Sprint(i), i))
			require.NoError(t, j.Close())
		}
		_, contents := open(t, name)
		assert.Equal(t, "0=0 1=1 2=2 3=3", valuesOf(contents))
	})

	t.Run("is for its owner only", func(t *testing.T) {
		t.Parallel()
		name := fileName(t)
		open(t, name)
		info, err := os.Stat(name)
		require.NoError(t, err)
		assert.Equal(t, os.FileMode(0o600), info.Mode())
	})

	t.Run("is opened once at a time", func(t *testing.T) {
		t.Parallel()
		name := fileName(t)
		j, _ := open(t, name)
		_, _, err := journal.Open(name)
		assert.ErrorIs(t, err, journal.ErrInUse)
		require.NoError(t, j.Rewrite(new(sync.Mutex), func() []journal.Record { return nil }))
		_, _, err = journal.Open(name)
		assert.ErrorIs(t, err, journal.ErrInUse, "also when the file is another one")
		require.NoError(t, j.Close())
		open(t, name)
	})

	t.Run("follows a link and leaves it one", func(t *testing.T) {
		t.Parallel()
		name := fileName(t)
		j, _ := open(t, name)
		require.NoError(t, j.Close())
		require.NoError(t, os.Symlink(name, name+".link"))
		j, _ = open(t, name+".link")
		commit(t, j, set("a", 1))
		require.NoError(t, j.Rewrite(new(sync.Mutex), func() []journal.Record { return []journal.Record{set("a", 1)} }))
		require.NoError(t, j.Close())
		_, contents := open(t, name)
		assert.Equal(t, "a=1", valuesOf(contents))
	})

	t.Run("follows a link to where no file is yet", func(t *testing.T) {
		t.Parallel()
		dir := t.TempDir()
		name := filepath.Join(dir, "state")
		require.NoError(t, os.Symlink("state", filepath.Join(dir, "near"))) // relative to its own directory
		require.NoError(t, os.Symlink(filepath.Join(dir, "near"), filepath.Join(dir, "far")))
		j, _ := open(t, filepath.Join(dir, "far"))
		commit(t, j, set("a", 1))
		require.NoError(t, j.Close())
		_, contents := open(t, name)
		assert.Equal(t, "a=1", valuesOf(contents))
	})

	t.Run("is not led round in circles by links", func(t *testing.T) {
		t.Parallel()
		name := fileName(t)
		require.NoError(t, os.Symlink(name, name))
		_, _, err := journal.Open(name)
		assert.ErrorContains(t, err, name)
	})

	t.Run("takes no changes once somebody has moved, removed or replaced it", func(t *testing.T) {
		t.Parallel()
		for what, do := range map[string]func(t *testing.T, name string){
			"removed":  func(t *testing.T, name string) { require.NoError(t, os.Remove(name)) },
			"moved":    func(t *testing.T, name string) { require.NoError(t, os.Rename(name, name+".old")) },
			"replaced": func(t *testing.T, name string) { replaceFile(t, name) },
		} {
			t.Run(what, func(t *testing.T) {
				t.Parallel()
				name := fileName(t)
				j, _ := open(t, name)
				commit(t, j, set("a", 1))
				do(t, name)
				before, _ := os.ReadFile(name)
				assert.ErrorIs(t, j.Wait(j.Enter([]journal.Record{set("a", 2)})), journal.ErrMoved)
				assert.ErrorContains(t, j.Err(), name)
				assert.ErrorIs(t, j.Rewrite(new(sync.Mutex), func() []journal.Record { return nil }), journal.ErrMoved)
				assert.ErrorIs(t, j.Close(), journal.ErrMoved)
				after, _ := os.ReadFile(name)
				assert.Equal(t, before, after)
			})
			t.Run(what+" before Rewrite", func(t *testing.T) {
				t.Parallel()
				name := fileName(t)
				j, _ := open(t, name)
				do(t, name)
				before, _ := os.ReadFile(name)
				assert.ErrorIs(t, j.Rewrite(new(sync.Mutex), func() []journal.Record { return nil }), journal.ErrMoved)
				assert.ErrorIs(t, j.Err(), journal.ErrMoved)
				after, _ := os.ReadFile(name)
				assert.Equal(t, before, after)
				assert.NoFileExists(t, name+".tmp")
			})
			t.Run(what+" in the middle of Rewrite", func(t *testing.T) {
				t.Parallel()
				name := fileName(t)
				j, _ := open(t, name)
				var before []byte
				assert.ErrorIs(t, j.Rewrite(new(sync.Mutex), func() []journal.Record {
					do(t, name)
					before, _ = os.ReadFile(name)
					return nil
				}), journal.ErrMoved)
				after, _ := os.ReadFile(name)
				assert.Equal(t, before, after)
				assert.NoFileExists(t, name+".tmp")
			})
		}
	})

	t.Run("has no directory of its own", func(t *testing.T) {
		t.Parallel()
		_, _, err := journal.Open(filepath.Join(t.TempDir(), "no", "state"))
		assert.ErrorIs(t, err, os.ErrNotExist)
	})

	t.Run("takes no changes once it is closed", func(t *testing.T) {
		t.Parallel()
		j, _ := open(t, fileName(t))
		require.NoError(t, j.Close())
		assert.ErrorIs(t, j.Wait(j.Enter([]journal.Record{set("a", 1)})), journal.ErrClosed)
		assert.ErrorIs(t, j.Rewrite(new(sync.Mutex), func() []journal.Record { return nil }), journal.ErrClosed)
		assert.NoError(t, j.Close())
	})

	t.Run("writes on closing what nobody has waited for", func(t *testing.T) {
		t.Parallel()
		name := fileName(t)
		j, _ := open(t, name)
		j.Enter([]journal.Record{set("a", 1)})
		require.NoError(t, j.Close())
		_, contents := open(t, name)
		assert.Equal(t, "a=1", valuesOf(contents))
	})

	t.Run("keeps the changes of many in their order", func(t *testing.T) {
		t.Parallel()
		name := fileName(t)
		j, _ := open(t, name)
		var mu sync.Mutex
		var wg sync.WaitGroup
		n := 0
		for range 16 {
			wg.Go(func() {
				for range 50 {
					mu.Lock()
					n++
					batch := j.Enter([]journal.Record{set("n", n)})
					mu.Unlock()
					assert.NoError(t, j.Wait(batch))
				}
			})
		}
		wg.Wait()
		require.NoError(t, j.Close())
		_, contents := open(t, name)
		assert.Equal(t, "n=800", valuesOf(contents))
	})

	t.Run("takes no changes once it could not be written", func(t *testing.T) {
		t.Parallel()
		name := fileName(t)
		j, _ := open(t, name)
		commit(t, j, set("a", 1))
		journal.Break(j)
		broken := j.Enter([]journal.Record{set("a", 2)})
		assert.ErrorIs(t, j.Wait(broken), os.ErrClosed)
		assert.ErrorIs(t, j.Err(), os.ErrClosed)
		assert.ErrorIs(t, j.Wait(j.Enter([]journal.Record{set("a", 3)})), os.ErrClosed)
		assert.NoError(t, j.Wait(broken-1), "what was safe is so")
		assert.Error(t, j.Rewrite(new(sync.Mutex), func() []journal.Record { return []journal.Record{set("a", 3)} }))
		_, contents := open(t, name)
		assert.Equal(t, "a=1", valuesOf(contents))
	})
}

func TestJournal_Rewrite(t *testing.T) {
	t.Parallel()
	t.Run("forgets the history", func(t *testing.T) {
		t.Parallel()
		name := fileName(t)
		j, _ := open(t, name)
		for i := range 100 {
			commit(t, j, set("a", i))
		}
		before, err := os.Stat(name)
		require.NoError(t, err)
		require.NoError(t, j.Rewrite(new(sync.Mutex), func() []journal.Record { return []journal.Record{set("a", 99)} }))
		after, err := os.Stat(name)
		require.NoError(t, err)
		assert.Less(t, after.Size(), before.Size()/10)
		assert.NoFileExists(t, name+".tmp")
		commit(t, j, set("b", 1))
		require.NoError(t, j.Close())
		_, contents := open(t, name)
		assert.Equal(t, "a=99 b=1", valuesOf(contents))
	})

	t.Run("loses nothing that is entered meanwhile", func(t *testing.T) {
		t.Parallel()
		name := fileName(t)
		j, _ := open(t, name)
		var mu sync.RWMutex
		values := map[string]int{}
		all := func() (list []journal.Record) {
			for name, v := range values {
				list = append(list, set(name, v))
			}
			return list
		}
		var wg sync.WaitGroup
		for w := range 8 {
			wg.Go(func() {
				for i := range 60 {
					mu.Lock()
					name := fmt.Sprint(w, "/", i%5)
					values[name] = i
					batch := j.Enter([]journal.Record{set(name, i)})
					mu.Unlock()
					if w == 0 && i%7 == 0 {
						assert.NoError(t, j.Rewrite(mu.RLocker(), all))
					}
					assert.NoError(t, j.Wait(batch))
				}
			})
		}
		wg.Wait()
		require.NoError(t, j.Close())
		_, contents := open(t, name)
		require.Len(t, contents.Records, len(values))
		for name, v := range values {
			assert.Equal(t, fmt.Sprint(v), string(contents.Records[name]), name)
		}
	})

	t.Run("is due when the file has grown by history", func(t *testing.T) {
		t.Parallel()
		j, _ := open(t, fileName(t))
		large := journal.Record{Name: "a", State: json.RawMessage(`"` + strings.Repeat("x", 1<<18) + `"`)}
		for range 3 {
			commit(t, j, large)
		}
		assert.False(t, j.Bloated())
		for range 3 {
			commit(t, j, large)
		}
		assert.True(t, j.Bloated())
		require.NoError(t, j.Rewrite(new(sync.Mutex), func() []journal.Record { return []journal.Record{large} }))
		assert.False(t, j.Bloated())
	})

	t.Run("that fails leaves the old file in use", func(t *testing.T) {
		t.Parallel()
		name := fileName(t)
		j, _ := open(t, name)
		commit(t, j, set("a", 1))
		require.NoError(t, os.Mkdir(name+".tmp", 0o700)) // where the new file would be
		assert.Error(t, j.Rewrite(new(sync.Mutex), func() []journal.Record { return nil }))
		commit(t, j, set("b", 2))
		require.NoError(t, j.Close())
		_, contents := open(t, name)
		assert.Equal(t, "a=1 b=2", valuesOf(contents))
	})
}

// replaceFile puts a file of somebody's in place of one.
func replaceFile(t *testing.T, name string) {
	t.Helper()
	require.NoError(t, os.WriteFile(name+".new", []byte("a backup"), 0o600))
	require.NoError(t, os.Rename(name+".new", name))
}

// TestJournal_directory is about a name that is relative to where the process was.
func TestJournal_directory(t *testing.T) { //nolint:paralleltest // it changes the directory of the process
	dir := t.TempDir()
	t.Chdir(dir)
	j, _ := open(t, "state")
	t.Chdir(t.TempDir())
	commit(t, j, set("a", 1))
	require.NoError(t, j.Rewrite(new(sync.Mutex), func() []journal.Record { return []journal.Record{set("a", 2)} }))
	require.NoError(t, j.Close())
	assert.NoFileExists(t, "state")
	_, contents := open(t, filepath.Join(dir, "state"))
	assert.Equal(t, "a=2", valuesOf(contents))
}

// history returns a file of some batches, and what it has after each of them: at
// is the size of the file then.
func history(t testing.TB) (text []byte, at []int, values []string) {
	t.Helper()
	name := fileName(t)
	j, _ := open(t, name)
	record := func() {
		var err error
		text, err = os.ReadFile(name)
		require.NoError(t, err)
		c, err := journal.Decode(bytes.NewReader(text))
		require.NoError(t, err)
		at, values = append(at, len(text)), append(values, valuesOf(c))
	}
	record()
	for i := range 5 {
		commit(t, j, set("a", i), set(fmt.Sprint("b", i), i), gone(fmt.Sprint("b", i-1)))
		record()
	}
	require.NoError(t, j.Close())
	return text, at, values
}

func TestDecode(t *testing.T) {
	t.Parallel()
	text, at, values := history(t)

	t.Run("has all whole batches of a file that is cut short anywhere", func(t *testing.T) {
		t.Parallel()
		for n := range len(text) + 1 {
			c, err := journal.Decode(bytes.NewReader(text[:n]))
			switch {
			case n < bytes.IndexByte(text, '\n')+1:
				assert.ErrorIs(t, err, journal.ErrFormat)
				continue
			case n < at[0]:
				assert.ErrorAs(t, err, new(*journal.DamageError), "it was never as short as that")
				continue
			}
			whole := len(at) - 1
			for at[whole] > n {
				whole--
			}
			require.NoError(t, err, n)
			assert.Equal(t, values[whole], valuesOf(c), n)
			assert.Equal(t, int64(n-at[whole]), c.Dropped, n)
		}
	})

	t.Run("reports every bit that is wrong", func(t *testing.T) {
		t.Parallel()
		for i := range text {
			for bit := range 8 {
				damaged := bytes.Clone(text)
				damaged[i] ^= 1 << bit
				_, err := journal.Decode(bytes.NewReader(damaged))
				header := bytes.IndexByte(text, '\n') + 1
				if i < header {
					assert.ErrorIs(t, err, journal.ErrFormat)
					continue
				}
				var d *journal.DamageError
				require.ErrorAs(t, err, &d, "byte %d, bit %d", i, bit)
				assert.Contains(t, append(at, header), int(d.Offset), "the start of a line")
				assert.LessOrEqual(t, int(d.Offset), i)
			}
		}
	})

	t.Run("reports lines that are lost, repeated or swapped", func(t *testing.T) {
		t.Parallel()
		lines := bytes.SplitAfter(text, []byte("\n"))
		lines = lines[:len(lines)-1]
		for i := 1; i < len(lines)-1; i++ {
			lost := slices.Delete(slices.Clone(lines), i, i+1)
			repeated := slices.Insert(slices.Clone(lines), i, lines[i])
			swapped := slices.Clone(lines)
			swapped[i], swapped[i+1] = swapped[i+1], swapped[i]
			for what, list := range map[string][][]byte{"lost": lost, "repeated": repeated, "swapped": swapped} {
				_, err := journal.Decode(bytes.NewReader(bytes.Join(list, nil)))
				var d *journal.DamageError
				assert.ErrorAs(t, err, &d, "line %d is %s", i, what)
			}
		}
	})

	t.Run("misses what was written at once and is cut short anywhere", func(t *testing.T) {
		t.Parallel()
		name := fileName(t)
		j, _ := open(t, name)
		var all []journal.Record
		for i := range 600 {
			all = append(all, set(fmt.Sprint(i), i))
		}
		require.NoError(t, j.Rewrite(new(sync.Mutex), func() []journal.Record { return all }))
		whole, err := os.ReadFile(name)
		require.NoError(t, err)
		require.Equal(t, 5, bytes.Count(whole, []byte("\n")))
		commit(t, j, set("a", 1))
		require.NoError(t, j.Close())
		text, err := os.ReadFile(name)
		require.NoError(t, err)
		var ends []int // of lines
		for i, b := range whole {
			if b == '\n' {
				ends = append(ends, i, i+1)
			}
		}
		for n := 0; n < len(whole); n += 97 {
			ends = append(ends, n)
		}
		for _, n := range ends {
			_, err := journal.Decode(bytes.NewReader(text[:n]))
			require.Equal(t, n < len(whole), err != nil, n)
		}
		for n := len(whole); n < len(text); n++ {
			c, err := journal.Decode(bytes.NewReader(text[:n]))
			require.NoError(t, err, n)
			require.Len(t, c.Records, 600, n)
		}
	})

	t.Run("reads a file that does not say how many lines it was made with", func(t *testing.T) {
		t.Parallel()
		c, err := journal.Decode(strings.NewReader("kmskit state, version 1\n0b7687e7 [{\"name\":\"a\",\"state\":1}]\n"))
		require.NoError(t, err)
		assert.Equal(t, "a=1", valuesOf(c))
	})

	t.Run("does not take a newer version for damage", func(t *testing.T) {
		t.Parallel()
		_, err := journal.Decode(strings.NewReader("kmskit state, version 2\n"))
		assert.ErrorIs(t, err, journal.ErrFormat)
		assert.ErrorContains(t, err, `it begins with "kmskit state, version 2\n". Nothing was changed. Open it with the version that has written it`)
	})

	t.Run("says why it could not read", func(t *testing.T) {
		t.Parallel()
		failed := errors.New("the disk is on fire")
		_, err := journal.Decode(iotestReader{bytes.NewReader(text), failed})
		assert.ErrorIs(t, err, failed)
	})
}

// An iotestReader fails at its end.
type iotestReader struct {
	r   *bytes.Reader
	err error
}

func (r iotestReader) Read(b []byte) (int, error) {
	if r.r.Len() == 0 {
		return 0, r.err
	}
	return r.r.Read(b)
}

func TestOpen(t *testing.T) {
	t.Parallel()
	text, at, values := history(t)

	t.Run("cuts an unfinished batch off and goes on", func(t *testing.T) {
		t.Parallel()
		name := fileName(t)
		require.NoError(t, os.WriteFile(name, text[:len(text)-3], 0o600))
		j, contents := open(t, name)
		assert.Equal(t, values[len(values)-2], valuesOf(contents))
		assert.Equal(t, int64(at[len(at)-1]-at[len(at)-2]-3), contents.Dropped)
		commit(t, j, set("z", 1))
		require.NoError(t, j.Close())
		_, contents = open(t, name)
		assert.Equal(t, values[len(values)-2]+" z=1", valuesOf(contents))
	})

	t.Run("leaves a damaged file as it is and says what to do", func(t *testing.T) {
		t.Parallel()
		name := fileName(t)
		damaged := bytes.Clone(text)
		damaged[at[2]+20] ^= 1
		require.NoError(t, os.WriteFile(name, damaged, 0o600))
		_, _, err := journal.Open(name)
		assert.EqualError(t, err, fmt.Sprintf("%s: damaged from byte %d on: the checksum of a line is wrong. Nothing was changed. "+
			"Put a good copy of the file in its place, or give up all that was kept after that byte: truncate -s %d '%s'",
			name, at[2], at[2], name))
		after, err := os.ReadFile(name)
		require.NoError(t, err)
		assert.Equal(t, damaged, after)

		require.NoError(t, os.Truncate(name, int64(at[2])))
		_, contents := open(t, name)
		assert.Equal(t, values[2], valuesOf(contents), "which is what the text says")
	})

	t.Run("does not take an empty file or another for its own", func(t *testing.T) {
		t.Parallel()
		for _, content := range []string{"", "k", "hello", "{}\n"} {
			name := fileName(t)
			require.NoError(t, os.WriteFile(name, []byte(content), 0o600))
			_, _, err := journal.Open(name)
			assert.ErrorIs(t, err, journal.ErrFormat)
			after, err := os.ReadFile(name)
			require.NoError(t, err)
			assert.Equal(t, content, string(after))
		}
	})

	t.Run("does not offer to keep the half of what was written at once", func(t *testing.T) {
		t.Parallel()
		name := fileName(t)
		require.NoError(t, os.WriteFile(name, text[:at[0]-3], 0o600))
		_, _, err := journal.Open(name)
		assert.EqualError(t, err, name+": damaged from byte 24 on: it ends in the middle of a line that was written whole. Nothing was changed. "+
			"Put a good copy of the file in its place, or remove it to begin with nothing")
	})

	t.Run("takes files only", func(t *testing.T) {
		t.Parallel()
		_, _, err := journal.Open(t.TempDir())
		assert.ErrorIs(t, err, journal.ErrFormat)
		assert.ErrorContains(t, err, "it is a directory")
		_, _, err = journal.Open(os.DevNull)
		assert.ErrorIs(t, err, journal.ErrFormat)
		assert.ErrorContains(t, err, "it is a device, a pipe or the like")
		name := filepath.Join(t.TempDir(), "none")
		_, _, err = journal.Open(name + string(filepath.Separator))
		assert.ErrorIs(t, err, journal.ErrFormat)
		assert.NoFileExists(t, name)
		_, _, err = journal.Open("")
		assert.ErrorIs(t, err, journal.ErrFormat)
	})

	t.Run("does not write to what somebody has put beside it", func(t *testing.T) {
		t.Parallel()
		name := fileName(t)
		precious := name + ".precious"
		require.NoError(t, os.WriteFile(precious, []byte("precious"), 0o600))
		require.NoError(t, os.Symlink(precious, name+".tmp"))
		_, _, err := journal.Open(name)
		assert.EqualError(t, err, name+": "+name+".tmp is in the way: remove it")
		content, err := os.ReadFile(precious)
		require.NoError(t, err)
		assert.Equal(t, "precious", string(content))
	})

	t.Run("is its owner's alone, whatever a crash has left beside it", func(t *testing.T) {
		t.Parallel()
		name := fileName(t)
		require.NoError(t, os.WriteFile(name+".tmp", nil, 0o600))
		require.NoError(t, os.Chmod(name+".tmp", 0o666))
		spy, err := os.Open(name + ".tmp")
		require.NoError(t, err)
		defer func() { require.NoError(t, spy.Close()) }()
		j, _ := open(t, name)
		commit(t, j, set("a", 1))
		info, err := os.Stat(name)
		require.NoError(t, err)
		assert.Equal(t, os.FileMode(0o600), info.Mode())
		seen, err := io.ReadAll(spy)
		require.NoError(t, err)
		assert.Empty(t, seen)
	})

	t.Run("is made once, by whoever is first", func(t *testing.T) {
		t.Parallel()
		for range 50 {
			name := fileName(t)
			var made atomic.Int32
			var wg sync.WaitGroup
			for range 8 {
				wg.Go(func() {
					j, _, err := journal.Open(name)
					if err != nil {
						assert.ErrorIs(t, err, journal.ErrInUse)
						return
					}
					made.Add(1)
					assert.NoError(t, j.Wait(j.Enter([]journal.Record{set("a", 1)})))
					t.Cleanup(func() { _ = j.Close() })
				})
			}
			wg.Wait()
			assert.Equal(t, int32(1), made.Load())
			text, err := os.ReadFile(name)
			require.NoError(t, err)
			c, err := journal.Decode(bytes.NewReader(text))
			require.NoError(t, err)
			assert.Equal(t, "a=1", valuesOf(c))
		}
	})

	t.Run("does not mind what a crash in Rewrite has left", func(t *testing.T) {
		t.Parallel()
		name := fileName(t)
		require.NoError(t, os.WriteFile(name, text, 0o600))
		require.NoError(t, os.WriteFile(name+".tmp", []byte("half a li"), 0o600))
		j, _ := open(t, name)
		require.NoError(t, j.Rewrite(new(sync.Mutex), func() []journal.Record { return []journal.Record{set("a", 1)} }))
		require.NoError(t, j.Close())
		_, contents := open(t, name)
		assert.Equal(t, "a=1", valuesOf(contents))
	})
}

// FuzzDecode checks that the reader takes any bytes, and that what it drops at the
// end counts for nothing.
func FuzzDecode(f *testing.F) {
	text, _, _ := history(f)
	f.Add(text)
	f.Add(text[:len(text)-1])
	f.Add([]byte("kmskit state, version 1\n00000000 []\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		c, err := journal.Decode(bytes.NewReader(text))
		if err != nil {
			var d *journal.DamageError
			if !errors.As(err, &d) {
				require.ErrorIs(t, err, journal.ErrFormat)
			}
			return
		}
		require.LessOrEqual(t, c.Dropped, int64(len(text)))
		again, err := journal.Decode(bytes.NewReader(text[:int64(len(text))-c.Dropped]))
		require.NoError(t, err)
		require.Equal(t, valuesOf(c), valuesOf(again))
		require.Zero(t, again.Dropped)
	})
}
