package kmstest

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"sync"

	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/kmskit/kmskit/kmstest/internal/journal"
)

// Open returns a KMS whose world is kept in the file with that name, which is made
// if it is not there. What a client was told has happened is there when the file
// is opened again, also after a crash of the process or the machine: keys and
// their material, aliases, grants, tags, policies, custom key stores and what
// backs them, and how far [Server.Advance] has moved the clock. Ciphertexts, grant
// tokens, import tokens and markers of lists stay good. Principals are not kept,
// nor are their identity policies. When a key was last used is written with the
// next change of the key and by Close, so that a crash may lose it.
//
// The file is not encrypted, and it has the key material in it: do not encrypt real
// secrets under its keys. Its mode is 0600. No second Server, in this process or
// another, can open it before [Server.Close].
//
// Open returns an error, and leaves the file as it is, if it is damaged or not
// such a file; the text says where and what to do. A change at its end that was
// being written when the process died, and that no client was told of, is dropped;
// the error log says so. See [WithErrorLog].
//
// If the file cannot be written, because the disk is full or somebody has removed,
// moved or replaced it, a change is answered with KMSInternalException, the error log
// has the cause, and from then on the Server refuses all changes, and all that depends
// on what is not in the file. Open it again when the cause is mended.
func Open(name string, opts ...Option) (*Server, error) {
	o := newOptions(opts)
	if err := o.check(); err != nil {
		return nil, err
	}
	file, contents, err := journal.Open(name)
	if err != nil {
		return nil, fmt.Errorf("kmstest: %w", err)
	}
	if contents.Dropped > 0 {
		o.errorLog.Printf("kmstest: %s: dropped an unfinished change, of which no client was told, from its end (%d bytes)",
			name, contents.Dropped)
	}
	s, err := restore(o, contents.Records)
	if err == nil {
		err = s.keepIn(file)
	}
	if err != nil {
		_ = file.Close()
		return nil, fmt.Errorf("kmstest: %s: %w", name, err)
	}
	return s, nil
}

// Close closes the file of a Server from [Open]. Changes that come later, or are
// under way, are refused with KMSInternalException; requests that change nothing
// are answered as before. Without Close nothing is lost except what [Open] says
// about last usage. If the file could not be written, Close returns why. A Server
// from [New] has nothing to close.
func (s *Server) Close() error {
	k := s.mu.keeper
	if k == nil {
		return nil
	}
	if k.file.Err() == nil {
		k.rewrite()
	}
	if err := k.file.Close(); err != nil {
		return fmt.Errorf("kmstest: %w", err)
	}
	return nil
}

// A guard is the lock of a world. What was changed under it goes to the world's
// file when it is given back, as one batch: so what one operation changes survives
// a crash as a whole or not at all, and the file has the changes in their order.
//
// Nothing is written to the disk under the lock. An operation waits for that
// afterwards: see [call.awaitFile].
type guard struct {
	sync.RWMutex

	keeper *keeper // nil if the world is in memory only
}

// Unlock gives the lock back.
func (g *guard) Unlock() {
	defer g.RWMutex.Unlock()
	if g.keeper != nil {
		g.keeper.enter()
	}
}

// A keeper keeps the world of a Server in a file.
type keeper struct {
	server  *Server
	file    *journal.Journal
	changed []entity // under the lock that is held now
}

// An entity is a part of a world that has a record in its file.
type entity interface {
	// record returns the name of the record and what is in it: nil if the entity
	// is not part of the world any more. The caller of record holds the lock.
	record(s *Server) (name string, state any)
}

// mark notes that an entity has changed, and for which keys that matters. Whoever
// changes a part of the world that is kept has to mark it, under the same lock.
func (w *world) mark(e entity, affected ...*key) {
	k := w.mu.keeper
	if k == nil {
		return
	}
	k.changed = append(k.changed, e)
	batch := k.file.Entered() + 1
	for _, a := range affected {
		a.entered = batch
	}
}

// markRing marks a ring, which matters for all of its keys.
func (w *world) markRing(r *keyRing) {
	if w.mu.keeper != nil {
		w.mark(r, r.keys()...)
	}
}

// enter enters what was marked. The caller holds the lock.
func (k *keeper) enter() {
	if len(k.changed) == 0 {
		return
	}
	done := make(map[entity]bool, len(k.changed))
	records := make([]journal.Record, 0, len(k.changed))
	for _, e := range k.changed {
		if !done[e] {
			done[e] = true
			records = append(records, k.recordOf(e))
		}
	}
	k.changed = nil
	k.file.Enter(records)
}

func (k *keeper) recordOf(e entity) journal.Record {
	name, state := e.record(k.server)
	if state == nil {
		return journal.Record{Name: name}
	}
	text, err := json.Marshal(state)
	if err != nil {
		panic(err) // states are made of what JSON has
	}
	return journal.Record{Name: name, State: text}
}

// keepIn makes s keep its world in file from now on. That it is open once more is
// the first change.
func (s *Server) keepIn(file *journal.Journal) error {
	s.mu.keeper = &keeper{server: s, file: file}
	s.mu.Lock()
	s.mark(serverEntity{})
	s.mu.Unlock()
	return file.Wait(file.Entered())
}

// await returns when a batch, and all before it, are safe. The error says that they
// never will be, which is reported once.
func (k *keeper) await(batch uint64) error {
	if k.file.Safe(batch) {
		return nil
	}
	before := k.file.Err()
	err := k.file.Wait(batch)
	switch {
	case err != nil && before == nil:
		k.reportEnd(err)
	case err == nil && k.file.Bloated():
		k.rewrite()
	}
	return err
}

func (k *keeper) reportEnd(err error) {
	k.server.errorLog.Printf("kmstest: the world cannot be kept any more, so that all changes are refused: %v", err)
}

// rewrite replaces the file by one without history.
func (k *keeper) rewrite() {
	err := k.file.Rewrite(k.server.mu.RLocker(), k.all)
	switch {
	case err == nil:
	case k.file.Err() != nil:
		k.reportEnd(err)
	default:
		k.server.errorLog.Printf("kmstest: the file of the world goes on growing, since it cannot be rewritten: %v", err)
	}
}

// all returns the records of the whole world. The caller holds the lock.
func (k *keeper) all() []journal.Record {
	var records []journal.Record
	for e := range k.server.entities() {
		records = append(records, k.recordOf(e))
	}
	return records
}

// keep waits until the changes so far are in the file, if there is one. It is for
// changes that no operation makes, and that have nobody to tell of an error.
func (s *Server) keep() {
	if k := s.mu.keeper; k != nil {
		_ = k.await(k.file.Entered()) // which reports it
	}
}

// admitsChange refuses a change of a world whose file takes no more changes.
func (c *call) admitsChange() error {
	k := c.server.mu.keeper
	if k == nil || k.file.Err() == nil {
		return nil
	}
	return k.refusal(c.operation.name)
}

// dependOn notes that the answer depends on what was last changed about k. The
// caller holds the lock.
func (c *call) dependOn(k *key) {
	switch keeper := c.server.mu.keeper; {
	case keeper == nil:
	case k.store != nil: // whose changes are not noted with its keys
		c.needs = keeper.file.Entered()
	default:
		c.needs = max(c.needs, k.entered)
	}
}

// awaitFile returns when all that the answer to the call tells is in the world's
// file, if it has one. An answer may depend on a change that another request has
// made and that is not safe yet. A use of a key depends on the changes that bear
// on the key, and does not wait for others: so readers seldom wait for writers.
// Every other answer, and every refusal, waits for all changes that were made
// before it.
func (c *call) awaitFile(succeeded bool) error {
	k := c.server.mu.keeper
	if k == nil {
		return nil
	}
	batch := c.needs
	if !succeeded || !c.operation.reads || c.admitted[0] == nil {
		batch = k.file.Entered()
	}
	if k.await(batch) != nil {
		return k.refusal(c.operation.name)
	}
	return nil
}

// refusal is what a client sees of a file that takes no more changes.
func (k *keeper) refusal(operation string) error {
	if errors.Is(k.file.Err(), journal.ErrClosed) {
		return &types.KMSInternalException{Message: new("This Server was closed: it makes no changes any more.")}
	}
	return internalFailure(operation)
}

// purposeIn returns the purpose of a generator in one life of a world: that of the
// first is the purpose itself.
func purposeIn(life uint64, purpose string) string {
	if life == 0 {
		return purpose
	}
	return purpose + " " + strconv.FormatUint(life, 10)
}
