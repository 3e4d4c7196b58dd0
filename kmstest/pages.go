package kmstest

import (
	"encoding/binary"
	"slices"
	"strings"
)

// A pager serves one page of a list. Items stand in the order of their positions,
// which never change, so that what is added or removed between two pages moves
// no other item.
type pager[T any] struct {
	items    []T
	position func(T) string

	limit  *int32  // as in the request
	marker *string // as in the request
	usual  int     // items a page where the request has no limit
	most   int     // items a page whatever the limit
	filter string  // what else the list depends on
}

// page returns a page of the list and, unless it is the last, the marker of the
// next one. A marker belongs to one list: of its operation, Region, account and
// filter.
func (p pager[T]) page(c *call) (items []T, next *string, err error) {
	purpose := joinFields("marker", c.operation.name, c.region.region, c.region.account, p.filter)
	rest := p.items
	if p.marker != nil {
		last, ok := c.server.sealer.open(purpose, *p.marker)
		if !ok {
			return nil, nil, invalidMarker()
		}
		rest = p.after(last)
	}
	size := p.size()
	if len(rest) <= size {
		return rest, nil, nil
	}
	rest = rest[:size]
	return rest, new(c.server.sealer.seal(purpose, p.position(rest[size-1]))), nil
}

// after returns the items behind a position, whether or not an item still has it.
func (p pager[T]) after(last string) []T {
	i, found := slices.BinarySearchFunc(p.items, last, func(item T, last string) int {
		return strings.Compare(p.position(item), last)
	})
	if found {
		i++
	}
	return p.items[i:]
}

func (p pager[T]) size() int {
	if p.limit == nil {
		return p.usual
	}
	return min(int(*p.limit), p.most)
}

// position returns the position of what was made in this order. A search for one
// in a long list makes many.
func position(sequence uint64) string {
	var b [8]byte
	binary.BigEndian.PutUint64(b[:], sequence)
	return string(b[:])
}
