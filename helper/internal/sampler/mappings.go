package sampler

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/cilium/ebpf"

	"emberline/helper/internal/trace"
)

// mappingPool hands out the places of bpf/unwind.h's mappings. Each address
// space has its own side by side; a set is never changed in place, since a walk
// may be searching it.
type mappingPool struct {
	mu   sync.Mutex
	free rangeSet
	// began is false before the pool's whole range was made free.
	began bool
	// resting are places that were in use a moment ago.
	resting []restingRange
}

type restingRange struct {
	numbers
	until time.Time
}

// mappingRest is how long places rest: a child that was just forked shares its
// parent's, and the helper is told a moment later.
const mappingRest = 10 * time.Second

var errMappingsFull = errors.New("there is no room for another address space's mappings")

// AddMappings writes a set, sorted by address; UseMappings makes it an address
// space's own.
func (s *Sampler) AddMappings(mappings []trace.Mapping) (trace.MappingSet, error) {
	p := &s.mapped
	p.mu.Lock()
	defer p.mu.Unlock()
	set := trace.MappingSet{Count: uint32(len(mappings))}
	if set.Count == 0 {
		return set, nil
	}
	p.wake(time.Now(), s.objects.Mappings.MaxEntries())
	var ok bool
	if set.First, ok = p.free.take(set.Count); !ok {
		return trace.MappingSet{}, errMappingsFull
	}
	for i, mapping := range mappings {
		entry := bpfMapping{
			Start: mapping.Start, End: mapping.End, FileOffset: mapping.FileOffset,
			FirstRow: mapping.FirstRow, Rows: mapping.Rows,
		}
		if mapping.NotLoaded {
			entry.Flags = uint32(bpfMappingFlagMAPPING_NOT_LOADED)
		}
		if err := s.objects.Mappings.Put(set.First+uint32(i), &entry); err != nil {
			p.free.give(numbers{set.First, set.First + set.Count})
			return trace.MappingSet{}, fmt.Errorf("write mappings: %w", err)
		}
	}
	return set, nil
}

// wake makes places free that have rested.
func (p *mappingPool) wake(now time.Time, all uint32) {
	if !p.began {
		p.began = true
		p.free.give(numbers{0, all})
	}
	kept := p.resting[:0]
	for _, one := range p.resting {
		if now.Before(one.until) {
			kept = append(kept, one)
		} else {
			p.free.give(one.numbers)
		}
	}
	p.resting = kept
}

// UseMappings has the walk search this set for an address space, and resume at its
// interpreter's loops.
func (s *Sampler) UseMappings(generation uint32, set trace.MappingSet, loop trace.Loop) error {
	err := s.objects.AddressSpaces.Put(generation, bpfAddressSpace{
		First: set.First, Count: set.Count, LoopBytes: loop.Bytes, LoopSavedBp: loop.SavedFramePointer,
	})
	if err != nil {
		return fmt.Errorf("set the mappings of an address space: %w", err)
	}
	return nil
}

// DropMappings forgets an address space; one that is not known is no error.
func (s *Sampler) DropMappings(generation uint32) error {
	err := s.objects.AddressSpaces.Delete(generation)
	if errors.Is(err, ebpf.ErrKeyNotExist) {
		return nil
	}
	return err
}

// RemoveMappings gives a set's places back; no address space may use it any more.
func (s *Sampler) RemoveMappings(set trace.MappingSet) {
	if set.Count == 0 {
		return
	}
	s.mapped.mu.Lock()
	defer s.mapped.mu.Unlock()
	s.mapped.resting = append(s.mapped.resting, restingRange{
		numbers{set.First, set.First + set.Count}, time.Now().Add(mappingRest),
	})
}
