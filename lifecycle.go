package kmskit

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/aws/smithy-go"
)

// What takes several calls: waiting for a state, creating a key unless it is
// there, and deleting a key only if nobody seems to need it.

// snippet-start:[gov2.kms.WaitForState]

// WaitForState waits until a key is in a state, such as types.KeyStateEnabled,
// and returns its metadata. The keyID may be an alias, which need not be known
// yet.
//
// KMS is eventually consistent and answers from several places, so WaitForState
// asks until three answers in a row agree: after about 100 milliseconds at first,
// then less and less often, up to every 5 seconds. It has no limit of its own:
// give ctx a deadline. When ctx ends, the error says what was last seen. Errors
// other than [*types.NotFoundException] end the wait.
func (m *KeyManager) WaitForState(ctx context.Context, keyID string, state types.KeyState, optFns ...func(*kms.DescribeKeyInput)) (*types.KeyMetadata, error) {
	if !slices.Contains(state.Values(), state) {
		return nil, invalidInput("WaitForState", "there is no key state %q; give one such as types.KeyStateEnabled", state)
	}
	const enough = 3
	seen := "nothing"
	for agreeing, wait := 0, 100*time.Millisecond; ; wait = min(2*wait, 5*time.Second) {
		key, err := m.DescribeKey(ctx, keyID, optFns...)
		switch {
		case err == nil && key.KeyState == state:
			if agreeing++; agreeing == enough {
				return key, nil
			}
			seen = string(state) + ", though not often enough in a row"
			wait = 100 * time.Millisecond
		case err == nil:
			agreeing, seen = 0, string(key.KeyState)
		case isNotFound(err):
			agreeing, seen = 0, "no such key"
		case ctx.Err() == nil:
			return nil, err
		}
		if err := sleep(ctx, wait); err != nil {
			return nil, fmt.Errorf("kmskit: WaitForState (key %q): waited for %s and last saw %s: %w", keyID, state, seen, err)
		}
	}
}

// snippet-end:[gov2.kms.WaitForState]

// sleep waits for half to all of d, so that those who began to wait together do
// not ask together, or until ctx ends.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d/2 + rand.N(d/2)) //nolint:gosec // not a secret
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-timer.C:
		return nil
	}
}

func isNotFound(err error) bool {
	_, ok := errors.AsType[*types.NotFoundException](err)
	return ok
}

// EnsureKey returns the key behind an alias, and creates both if the alias is not
// there: what a service does when it starts. The description and the options are
// those of [KeyManager.CreateKey]; a key that is there already is returned as it
// is, in whatever state.
//
// Callers may race: one of them creates the alias, and all return its key. A key
// that gets no alias, because the race was lost or KMS refused CreateAlias, is
// scheduled for deletion in 7 days, so that none is forgotten. If that fails, or
// if answers of KMS were lost, so that nobody can say whether the key has its
// alias, the key stays and the error has its ARN. Only if the answer to
// CreateKey itself is lost there may be a key that nothing refers to.
//
// KMS is eventually consistent: until it knows the new key, or the alias of a
// faster caller, EnsureKey asks again. It has no limit of its own: give ctx a
// deadline. When ctx ends after the key was created, EnsureKey goes on for up to
// 30 seconds to leave things in order, and may succeed in that time.
func EnsureKey(ctx context.Context, api EnsureKeyAPI, aliasName, description string, optFns ...func(*kms.CreateKeyInput)) (*types.KeyMetadata, error) {
	if err := requireAliasName("EnsureKey", &aliasName); err != nil {
		return nil, err
	}
	keys := NewKeyManager(api)
	key, err := keys.DescribeKey(ctx, aliasName)
	if err == nil || !isNotFound(err) {
		return key, err
	}
	created, err := keys.CreateKey(ctx, description, optFns...)
	if err != nil {
		return nil, err
	}
	n := newKey{keys, NewAliasManager(api), created, aliasName}
	err = n.name(ctx)
	if err == nil {
		return created, nil
	}
	later, cancel := outlive(ctx, 30*time.Second)
	defer cancel()
	return n.settle(later, err)
}

// A newKey is a key that is to have an alias.
type newKey struct {
	keys      *KeyManager
	aliases   *AliasManager
	key       *types.KeyMetadata
	aliasName string
}

// name creates the alias, as soon as KMS knows the key.
func (n newKey) name(ctx context.Context) error {
	return untilKnown(ctx, func() error { return n.aliases.CreateAlias(ctx, n.aliasName, aws.ToString(n.key.KeyId)) })
}

// settle returns the key behind the alias, or err, after the alias could not be
// created because of err. It leaves no key without an alias if it can.
func (n newKey) settle(ctx context.Context, err error) (*types.KeyMetadata, error) {
	if !isRefusal(err) || isNotFound(err) { // then nobody knows whether the alias is there, unless KMS is asked again
		again := n.name(ctx)
		if again == nil {
			return n.key, nil
		}
		if !isRefusal(again) || isNotFound(again) {
			return nil, n.leftBehind("may have its alias or not", err)
		}
		err = again
	}
	if _, taken := errors.AsType[*types.AlreadyExistsException](err); !taken {
		return nil, errors.Join(err, n.forget(ctx))
	}
	// By a faster caller, or by this one, if the answer to that was lost.
	var behind *types.KeyMetadata
	err = untilKnown(ctx, func() (err error) {
		behind, err = n.keys.DescribeKey(ctx, n.aliasName)
		return err
	})
	switch {
	case err != nil:
		return nil, n.leftBehind("may have its alias or not", err)
	case aws.ToString(behind.Arn) == aws.ToString(n.key.Arn):
		return n.key, nil
	}
	if err := n.forget(ctx); err != nil {
		return nil, err
	}
	return behind, nil
}

// forget schedules the deletion of the key, which nobody will find.
func (n newKey) forget(ctx context.Context) error {
	err := untilKnown(ctx, func() error {
		_, err := n.keys.ScheduleKeyDeletion(ctx, aws.ToString(n.key.KeyId), 7)
		return err
	})
	if err == nil {
		return nil
	}
	if _, pending := errors.AsType[*types.KMSInvalidStateException](err); pending {
		return nil // an answer was lost
	}
	return n.leftBehind("was created without an alias and is still there", err)
}

func (n newKey) leftBehind(what string, err error) error {
	return fmt.Errorf("kmskit: key %q %s: %w", aws.ToString(n.key.Arn), what, err)
}

// untilKnown calls KMS until it knows what the call is about.
func untilKnown(ctx context.Context, call func() error) error {
	for wait := 100 * time.Millisecond; ; wait = min(2*wait, 5*time.Second) {
		err := call()
		if !isNotFound(err) {
			return err
		}
		if ended := sleep(ctx, wait); ended != nil {
			return fmt.Errorf("%w: %w", err, ended)
		}
	}
}

// isRefusal reports whether err is KMS's word that it did not do what it was
// asked to. Without that it may have: an answer can be lost, and what follows a
// lost answer can be an answer to the next attempt.
func isRefusal(err error) bool {
	api, ok := errors.AsType[smithy.APIError](err)
	return ok && api.ErrorFault() != smithy.FaultServer && api.ErrorCode() != "ThrottlingException"
}

// outlive returns a context that ends some time after ctx does.
func outlive(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	later, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		select {
		case <-time.After(d):
			cancel()
		case <-later.Done():
		}
	})
	return later, func() {
		stop()
		cancel()
	}
}

// KeyUse is what [DeleteUnusedKey] found out about a key.
type KeyUse struct {
	// KeyID is the ID of the key.
	KeyID string
	// LastUsed is when KMS last recorded a use, in UTC. If Operation is empty
	// there is no record of any: LastUsed is then when the records begin, at the
	// creation of the key or later.
	LastUsed  time.Time
	Operation types.KeyLastUsageTrackingOperation
	// Aliases holds the names of the aliases that point at the key.
	Aliases []string
	// Grants holds the IDs of the grants on the key.
	Grants []string
	// DeletionDate is when the key will be deleted, in UTC. It is zero if the
	// deletion was not scheduled, and for a multi-Region primary key that waits
	// for the deletion of its replicas.
	DeletionDate time.Time
}

// KeyInUseError says that a key was not deleted because it may still be needed.
type KeyInUseError struct {
	KeyUse

	// UnusedFor is how long the key should have been without use.
	UnusedFor time.Duration
	reasons   []error
}

// Error says why.
func (e *KeyInUseError) Error() string {
	return fmt.Sprintf("kmskit: DeleteUnusedKey (key %q): the key may still be needed: %v", e.KeyID, errors.Join(e.reasons...))
}

// usageLag is how late KMS may record a use.
const usageLag = time.Hour

// DeleteUnusedKey disables a key and schedules its deletion in 7 to 30 days, but
// only if no use of it is on record for the given time, and neither an alias nor
// a grant points at it. Otherwise nothing is changed and the error is a
// [*KeyInUseError]. In both cases it returns what it found.
//
// KMS records uses up to an hour late, so an hour is added to unusedFor. Where no
// use is on record, the key is as unused as its records are old: KMS may have
// begun to keep them after the key was made.
//
// KMS is eventually consistent: an alias or a grant of the last few minutes may go
// unseen.
//
// AWS warns that the record is no proof. What is read once a year was not used
// for months, and is lost with the key. That is why the key is disabled first:
// during the window whoever needs it meets a [*types.DisabledException], and
// [KeyManager.CancelKeyDeletion] with [KeyManager.EnableKey] bring it back.
func DeleteUnusedKey(ctx context.Context, api DeleteUnusedKeyAPI, keyID string, unusedFor time.Duration, windowDays int) (KeyUse, error) {
	if windowDays < 7 || windowDays > 30 {
		return KeyUse{}, invalidInput("DeleteUnusedKey", "a window of %d days is outside 7 to 30 days", windowDays)
	}
	if unusedFor < 0 {
		return KeyUse{}, invalidInput("DeleteUnusedKey", "the time without use of %s is negative", unusedFor)
	}
	use, err := findUse(ctx, NewKeyManager(api), NewAliasManager(api), NewGrantManager(api), keyID)
	if err != nil {
		return use, err
	}
	if reasons := use.against(unusedFor); len(reasons) > 0 {
		return use, &KeyInUseError{KeyUse: use, UnusedFor: unusedFor, reasons: reasons}
	}
	keys := NewKeyManager(api)
	if err := keys.DisableKey(ctx, keyID); err != nil {
		return use, err
	}
	use.DeletionDate, err = keys.ScheduleKeyDeletion(ctx, keyID, windowDays)
	if _, pending := errors.AsType[*types.KMSInvalidStateException](err); pending {
		// It was not when it was disabled: the answer to an earlier attempt was lost.
		use.DeletionDate, err = keys.deletionDate(ctx, keyID)
	}
	switch {
	case isRefusal(err):
		return use, fmt.Errorf("kmskit: DeleteUnusedKey: the key is disabled but not scheduled for deletion: %w", err)
	case err != nil:
		return use, fmt.Errorf("kmskit: DeleteUnusedKey: the key is disabled and may be scheduled for deletion or not: %w", err)
	}
	return use, nil
}

// deletionDate returns when a key will be deleted that waits for that, as soon as
// KMS tells.
func (m *KeyManager) deletionDate(ctx context.Context, keyID string) (time.Time, error) {
	for wait := 100 * time.Millisecond; ; wait = min(2*wait, 5*time.Second) {
		key, err := m.DescribeKey(ctx, keyID)
		switch {
		case err != nil:
			return time.Time{}, err
		case key.DeletionDate != nil || key.KeyState == types.KeyStatePendingReplicaDeletion:
			return aws.ToTime(key.DeletionDate).UTC(), nil
		}
		if err := sleep(ctx, wait); err != nil {
			return time.Time{}, err
		}
	}
}

// findUse asks KMS about all that may need the key.
func findUse(ctx context.Context, keys *KeyManager, aliases *AliasManager, grants *GrantManager, keyID string) (KeyUse, error) {
	record, err := keys.GetKeyLastUsage(ctx, keyID)
	if err != nil {
		return KeyUse{}, err
	}
	use := KeyUse{KeyID: aws.ToString(record.KeyId), LastUsed: *record.TrackingStartDate}
	if record.KeyCreationDate.After(use.LastUsed) {
		use.LastUsed = *record.KeyCreationDate
	}
	if last := record.KeyLastUsage; last.Timestamp != nil {
		use.LastUsed, use.Operation = *last.Timestamp, last.Operation
	}
	use.LastUsed = use.LastUsed.UTC()

	ofKey := func(in *kms.ListAliasesInput) { in.KeyId = &keyID }
	for alias, err := range aliases.ListAliases(ctx, ofKey) {
		if err != nil {
			return use, err
		}
		use.Aliases = append(use.Aliases, aws.ToString(alias.AliasName))
	}
	for grant, err := range grants.ListGrants(ctx, keyID) {
		if err != nil {
			return use, err
		}
		use.Grants = append(use.Grants, aws.ToString(grant.GrantId))
	}
	return use, nil
}

// against lists what speaks against deleting a key with this use.
func (u KeyUse) against(unusedFor time.Duration) (reasons []error) {
	if since := time.Since(u.LastUsed); since-usageLag < unusedFor {
		what := "the records of its use begin"
		if u.Operation != "" {
			what = "it was last used, for " + string(u.Operation) + ","
		}
		reasons = append(reasons, fmt.Errorf("%s %s ago, on %s; it should be unused for %s and the hour that KMS takes to record",
			what, since.Round(time.Second), u.LastUsed.Format(time.RFC3339), unusedFor))
	}
	if len(u.Aliases) > 0 {
		reasons = append(reasons, fmt.Errorf("aliases point at it: %q", u.Aliases))
	}
	if len(u.Grants) > 0 {
		reasons = append(reasons, fmt.Errorf("it has %d grants", len(u.Grants)))
	}
	return reasons
}
