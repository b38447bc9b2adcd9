package native

import (
	"sort"
	"time"

	"emberline/helper/internal/symbolize"
	"emberline/helper/internal/trace"
)

// space is one address space.
type space struct {
	pid int
	// code is what was last found there, shared with forks; nil before the first look.
	code *code
	// loop is learned from its first whole stack.
	loop trace.Loop
	// isAsked: a look is waiting.
	isAsked bool
	looked  time.Time
	pause   time.Duration
	// jit is what a JIT says of its code, nil before somebody asks.
	jit *symbolize.PerfMap
}

// code is what can be executed in an address space. It is not changed once it is there.
type code struct {
	set      trace.MappingSet
	mappings []mapped
	users    int
}

// mapped is a mapping and the file that is in it.
type mapped struct {
	trace.Mapping
	file *File
}

func (s *space) find(address uint64) *mapped {
	if s.code == nil {
		return nil
	}
	all := s.code.mappings
	after := sort.Search(len(all), func(i int) bool { return all[i].Start > address })
	if after == 0 || address >= all[after-1].End {
		return nil
	}
	return &all[after-1]
}

// loopAt is the interpreter whose evaluation loop is at an address, nil for none. A
// JIT's code that runs in the loop's own frame, with its frame pointer, counts too if
// the stack is whole.
func (s *space) loopAt(address uint64, isWhole bool) *File {
	at := s.find(address)
	switch {
	case at == nil:
		return nil
	case at.file.IsLoop(address - at.Start + at.FileOffset):
		return at.file
	case !at.file.IsAnonymous(), !isWhole:
		return nil
	}
	for i := range s.code.mappings {
		if file := s.code.mappings[i].file; len(file.loop) > 0 && file.loopHasFP {
			return file
		}
	}
	return nil
}

func (c *code) equals(mappings []mapped) bool {
	if c == nil || len(c.mappings) != len(mappings) {
		return false
	}
	for i := range mappings {
		if c.mappings[i] != mappings[i] {
			return false
		}
	}
	return true
}
