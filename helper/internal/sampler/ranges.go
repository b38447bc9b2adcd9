package sampler

import (
	"cmp"
	"slices"
)

// numbers is the range [first, end).
type numbers struct{ first, end uint32 }

// rangeSet is a set of numbers that are free to be handed out: ranges in
// ascending order, of which no two touch.
type rangeSet []numbers

// take removes count numbers that lie side by side; ok is false when there are none.
func (r *rangeSet) take(count uint32) (first uint32, ok bool) {
	for i, free := range *r {
		if free.end-free.first < count {
			continue
		}
		(*r)[i].first += count
		if (*r)[i].first == free.end {
			*r = slices.Delete(*r, i, i+1)
		}
		return free.first, true
	}
	return 0, false
}

// give adds a range and joins it with its neighbours.
func (r *rangeSet) give(back numbers) {
	at, _ := slices.BinarySearchFunc(*r, back, func(a, b numbers) int { return cmp.Compare(a.first, b.first) })
	set := slices.Insert(*r, at, back)
	if at+1 < len(set) && back.end == set[at+1].first {
		set[at].end = set[at+1].end
		set = slices.Delete(set, at+1, at+2)
	}
	if at > 0 && set[at-1].end == back.first {
		set[at-1].end = set[at].end
		set = slices.Delete(set, at, at+1)
	}
	*r = set
}
