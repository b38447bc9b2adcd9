package procmem

import (
	"encoding/binary"

	"emberline/helper/internal/cpython"
)

const (
	// searchAgainNs is how soon a thread without a thread state is looked for again.
	searchAgainNs = 50e6
	// maxInterpreters and maxListed bound the walk over lists that change meanwhile.
	maxInterpreters = 1024
	maxListed       = 1 << 16
)

// findPointer looks for the thread pointer of a thread. Every thread state names
// its thread's: thread_id is pthread_self(), which is the thread pointer on
// x86-64. Which thread that is the state says itself from 3.11 on, before that
// struct pthread does. New states are put in front, so that a new thread is
// found at once; all that are met on the way are noted.
func (s *Sampler) findPointer(p *process, wanted *thread) bool {
	if s.nowNs < wanted.searchAtNs {
		return false
	}
	wanted.searchAtNs = s.nowNs + searchAgainNs
	interpreter, err := s.pages.word(p.interpreter.InterpretersAddress)
	listed := 0
	for range maxInterpreters {
		if err != nil || interpreter == 0 {
			break
		}
		var state uint64
		state, err = s.pages.word(interpreter + uint64(p.offsets.InterpreterThreadsHead))
		for ; err == nil && state != 0 && listed < maxListed; listed++ {
			if s.noteState(p, state) == wanted {
				return true
			}
			state, err = s.pages.word(state + uint64(p.offsets.TStateNext))
		}
		if err == nil {
			interpreter, err = s.pages.word(interpreter + uint64(p.offsets.InterpreterNext))
		}
	}
	if err != nil {
		s.count(threadListUnreadable)
	}
	return false
}

// noteState tells which thread a state belongs to, and remembers it; nil when
// that is none that is known.
func (s *Sampler) noteState(p *process, state uint64) *thread {
	head, err := s.pages.view(state, threadStateBytes)
	if err != nil {
		return nil
	}
	pointer := wordAt(head, p.offsets.TStateThreadID)
	id := 0
	if at := p.offsets.TStateNativeThreadID; at >= 0 {
		id = int(wordAt(head, at))
	}
	// The first word of what a thread pointer points to is the pointer itself
	// (glibc sysdeps/x86_64/nptl/tls.h, musl src/internal/pthread_impl.h).
	if self, err := s.pages.word(pointer); err != nil || self != pointer {
		return nil
	}
	var owner *thread
	if id != 0 {
		owner = p.byID(id)
	} else {
		owner = s.ownerOf(p, pointer)
	}
	if owner != nil {
		owner.pointer, owner.state = pointer, state
	}
	return owner
}

func (s *Sampler) ownerOf(p *process, pointer uint64) *thread {
	for _, offset := range cpython.ThreadIDOffsets(p.interpreter.Libc) {
		tid, err := s.pages.view(pointer+offset, 4)
		if err != nil {
			continue
		}
		if owner := p.byID(int(int32(binary.LittleEndian.Uint32(tid)))); owner != nil {
			return owner
		}
	}
	return nil
}
