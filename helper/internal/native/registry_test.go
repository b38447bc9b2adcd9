package native

import (
	"path/filepath"
	"slices"
	"testing"
	"time"

	"emberline/helper/internal/proc"
	"emberline/helper/internal/pythontest"
	"emberline/helper/internal/trace"
	"emberline/helper/internal/unwind"
)

// tables stands for the sampler, and keeps account of what it was given.
type tables struct {
	rows  uint32
	added map[uint32]uint32
	sets  map[trace.MappingSet][]trace.Mapping
	used  map[uint32]trace.MappingSet
}

func newTables() *tables {
	return &tables{
		added: map[uint32]uint32{}, sets: map[trace.MappingSet][]trace.Mapping{}, used: map[uint32]trace.MappingSet{},
	}
}

func (s *tables) AddTable(table *unwind.Table) (uint32, error) {
	first := s.rows
	s.rows += uint32(table.Rows())
	s.added[first] = uint32(table.Rows())
	return first, nil
}

func (s *tables) RemoveTable(first, _ uint32) { delete(s.added, first) }

func (s *tables) AddMappings(mappings []trace.Mapping) (trace.MappingSet, error) {
	set := trace.MappingSet{First: uint32(1000 * len(s.sets)), Count: uint32(len(mappings))}
	s.sets[set] = mappings
	return set, nil
}

func (s *tables) UseMappings(generation uint32, set trace.MappingSet, _ trace.Loop) error {
	s.used[generation] = set
	return nil
}

func (s *tables) DropMappings(generation uint32) error {
	delete(s.used, generation)
	return nil
}

func (s *tables) RemoveMappings(set trace.MappingSet) { delete(s.sets, set) }

// waiting is a program that says that it is there.
const waiting = "import sys, time; print('there'); sys.stdout.flush(); time.sleep(60)"

const enough = 20 * time.Second

func TestRegistryOfAProcessAndItsFork(t *testing.T) {
	python := pythontest.Some(t)[0]
	child := pythontest.Run(t, python.Command("-c", waiting))
	sampler := newTables()
	registry := NewRegistry(sampler)
	defer registry.Close()
	registry.Follow(1, child.PID)
	registry.Settle(enough)

	process, err := proc.Open(child.PID)
	if err != nil {
		t.Fatal(err)
	}
	defer process.Close()
	maps, err := process.Maps()
	if err != nil {
		t.Fatal(err)
	}
	mappings := sampler.sets[sampler.used[1]]
	if !slices.IsSortedFunc(mappings, func(a, b trace.Mapping) int { return int(int64(a.Start) - int64(b.Start)) }) {
		t.Error("the mappings are not sorted")
	}
	for _, one := range maps {
		if !one.Executable() || one.Path == "[vsyscall]" {
			continue
		}
		at := slices.IndexFunc(mappings, func(m trace.Mapping) bool { return m.Start == one.Start && m.End == one.End })
		if at < 0 || mappings[at].Rows == 0 || mappings[at].FileOffset != one.FileOffset {
			t.Errorf("%s at %#x has no rows", one.Path, one.Start)
			continue
		}
		file, offset := registry.Find(1, one.Start+16)
		if file == nil || filepath.Base(file.Path) != filepath.Base(one.Path) || offset != one.FileOffset+16 {
			t.Errorf("%#x lies in %v at %#x, not in %s", one.Start+16, file, offset, one.Path)
		}
	}

	registry.Fork(2, 1, child.PID)
	registry.Forget(1)
	if len(sampler.sets) != 1 || len(sampler.used) != 0 {
		t.Errorf("the fork lost its mappings: %d sets", len(sampler.sets))
	}
	if file, _ := registry.Find(2, mappings[0].Start); file == nil {
		t.Error("the fork knows no files")
	}
	registry.Forget(2)
	if len(sampler.sets) != 0 || len(sampler.added) == 0 {
		t.Errorf("%d sets are left, %d tables", len(sampler.sets), len(sampler.added))
	}
	registry.dropUnused(time.Now().Add(2 * keepUnused))
	if len(sampler.added) != 0 {
		t.Errorf("%d tables of files that nobody maps", len(sampler.added))
	}
}

// A library that is opened later is met when the walk comes upon its code.
func TestRegistryLooksAgainWhenTheWalkAsks(t *testing.T) {
	child := pythontest.Run(t, pythontest.Some(t)[0].Command("-c", waiting))
	sampler := newTables()
	registry := NewRegistry(sampler)
	defer registry.Close()
	registry.mu.Lock()
	registry.spaces[1] = &space{pid: child.PID}
	registry.mu.Unlock()
	registry.Ended(1, trace.NativeWhole, 0)
	registry.Settle(enough)
	if len(sampler.sets) != 0 {
		t.Error("it looked without need")
	}
	for range 5 {
		registry.Ended(1, trace.NativeUnmapped, 0x1234)
	}
	registry.Settle(enough)
	if len(sampler.sets) != 1 || len(sampler.used) != 1 {
		t.Errorf("%d sets after one look", len(sampler.sets))
	}
}
