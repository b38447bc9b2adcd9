package sampler

import (
	"math/rand/v2"
	"slices"
	"testing"
)

func TestRangeSetHandsOutEachNumberOnce(t *testing.T) {
	const all = 1000
	random := rand.New(rand.NewPCG(1, 2))
	var free rangeSet
	free.give(numbers{0, all})
	var used []numbers
	owner := make([]bool, all)
	for range 20_000 {
		if len(used) > 0 && random.IntN(2) == 0 {
			at := random.IntN(len(used))
			for i := used[at].first; i < used[at].end; i++ {
				owner[i] = false
			}
			free.give(used[at])
			used = slices.Delete(used, at, at+1)
			continue
		}
		count := uint32(1 + random.IntN(60))
		first, ok := free.take(count)
		if !ok {
			continue
		}
		for i := first; i < first+count; i++ {
			if owner[i] {
				t.Fatalf("%d is handed out twice", i)
			}
			owner[i] = true
		}
		used = append(used, numbers{first, first + count})
	}
	for _, one := range used {
		free.give(one)
	}
	if len(free) != 1 || free[0] != (numbers{0, all}) {
		t.Errorf("given back, it is %v", free)
	}
}
