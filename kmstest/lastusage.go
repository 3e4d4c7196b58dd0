package kmstest

import (
	"strconv"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
)

// A usage is a cryptographic operation with a key that has succeeded.
type usage struct {
	operation types.KeyLastUsageTrackingOperation
	at        time.Time
	number    uint64 // of the request
	requestID string // of one in an earlier life of the world
}

// id returns the ID of the request.
func (u *usage) id(s *Server) string {
	if u.requestID != "" {
		return u.requestID
	}
	return s.requestID(u.number)
}

// A lastUsage is the last usage of a key. It has a lock of its own, since
// cryptography is done without the world's: of two uses at the same time either
// may be the last.
type lastUsage struct {
	mu    sync.Mutex
	usage *usage // nil if there is none
}

func (l *lastUsage) set(u usage) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.usage == nil {
		l.usage = new(usage)
	}
	*l.usage = u
}

// get returns false if there is none.
func (l *lastUsage) get() (u usage, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.usage == nil {
		return usage{}, false
	}
	return *l.usage, true
}

// track records that the call has succeeded, with every key that it was admitted
// to.
func (c *call) track() {
	if c.admitted[0] == nil || !c.operation.tracked {
		return
	}
	u := usage{operation: types.KeyLastUsageTrackingOperation(c.operation.name), at: c.now, number: c.record.number}
	for _, k := range c.admitted {
		if k != nil {
			k.lastUsage.set(u)
		}
	}
}

func (c *call) getKeyLastUsage(in *kms.GetKeyLastUsageInput) (*kms.GetKeyLastUsageOutput, error) {
	c.server.mu.RLock()
	defer c.server.mu.RUnlock()
	k, err := c.key(use{keyID: *in.KeyId})
	if err != nil {
		return nil, err
	}
	out := &kms.GetKeyLastUsageOutput{
		KeyCreationDate:   new(k.created),
		KeyId:             new(k.id), // not the ARN
		KeyLastUsage:      &types.KeyLastUsageData{},
		TrackingStartDate: new(k.created),
	}
	if u, ok := k.lastUsage.get(); ok {
		id := u.id(c.server)
		out.KeyLastUsage = &types.KeyLastUsageData{
			CloudTrailEventId: new(c.server.eventID(id, k.region.account)),
			KmsRequestId:      new(id),
			Operation:         u.operation,
			Timestamp:         new(u.at),
		}
	}
	return out, nil
}

// eventID returns the ID of the event by which an account's CloudTrail would know
// a request. Two accounts, of the key and of its user, know it as two events.
func (s *Server) eventID(requestID, account string) string {
	return uuid([16]byte(s.sealer.mac(joinFields("event", account), requestID)))
}

// idleDays returns the whole days for which the key has not been used. Those of a
// key that never was begin with its creation.
func (k *key) idleDays(now time.Time) string {
	since := k.created
	if u, ok := k.lastUsage.get(); ok {
		since = u.at
	}
	return strconv.Itoa(int(now.Sub(since) / day))
}
