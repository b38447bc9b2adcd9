package procmem

import "encoding/binary"

// threadState finds a thread's own, as the thread itself would: in its own
// storage, which is set for its whole life, also while it has released the GIL.
// samples means found; any other counter says why not.
func (s *Sampler) threadState(p *process, t *thread) (uint64, counter) {
	if t.pointer == 0 && !s.findPointer(p, t) {
		return 0, noThreadState
	}
	access := &p.interpreter.Access
	var state uint64
	var err error
	switch {
	case access.List != nil:
		return s.listedState(p, t)
	case access.TLSOffset != nil:
		state, err = s.pages.word(t.pointer + uint64(*access.TLSOffset))
	case access.Module != nil:
		state, err = s.moduleSlot(t.pointer, access.Module.VectorOffset, access.Module.Offset)
	default:
		if p.key < 0 {
			if why := s.readKey(p); why != samples {
				return 0, why
			}
		}
		state, err = s.keySlot(p, t.pointer)
	}
	switch {
	case err != nil:
		return 0, slotUnreadable
	case state == 0:
		return 0, noThreadState
	}
	return state, samples
}

// readKey reads the Py_tss_t {int _is_initialized; pthread_key_t _key} (CPython
// Include/pythread.h), which is made once during start-up.
func (s *Sampler) readKey(p *process) counter {
	key, err := s.pages.view(p.interpreter.Access.KeyAddress, 8)
	if err != nil {
		return keyUnreadable
	}
	if binary.LittleEndian.Uint32(key) == 0 {
		return interpreterNotReady
	}
	p.key = int32(binary.LittleEndian.Uint32(key[4:]))
	return samples
}

// keySlot is pthread_getspecific(): glibc nptl/pthread_getspecific.c, musl
// src/thread/pthread_getspecific.c.
func (s *Sampler) keySlot(p *process, pointer uint64) (uint64, error) {
	tss := &p.interpreter.Access.TSS
	key := uint64(p.key)
	first := pointer + uint64(int64(tss.FirstLevel))
	if tss.Musl {
		block, err := s.pages.word(first)
		if err != nil {
			return 0, err
		}
		return s.pages.word(block + key*uint64(tss.Stride))
	}
	if key < 32 {
		return s.pages.word(first + key*uint64(tss.Stride))
	}
	block, err := s.pages.word(pointer + uint64(int64(tss.SecondLevel)) + 8*(key>>5))
	if err != nil || block == 0 {
		return 0, err
	}
	// The value is the second word of a block's {sequence, value} pair.
	return s.pages.word(block + (key&31)*uint64(tss.Stride) + 8)
}

// moduleSlot is a shared library's thread-local variable. The vector's address
// is the second word of the thread's control block on x86-64 (glibc
// sysdeps/x86_64/nptl/tls.h, musl src/internal/pthread_impl.h); a block that the
// thread has not touched yet is -1 or 0 there.
func (s *Sampler) moduleSlot(pointer, vectorOffset, offset uint64) (uint64, error) {
	vector, err := s.pages.word(pointer + 8)
	if err != nil {
		return 0, err
	}
	block, err := s.pages.word(vector + vectorOffset)
	if err != nil || block == 0 || block == ^uint64(0) {
		return 0, err
	}
	return s.pages.word(block + offset)
}

// listedState is for 2.7, whose thread-specific key is no pthread key: the
// holder of the GIL is one global, and other threads are looked for in the list.
func (s *Sampler) listedState(p *process, t *thread) (uint64, counter) {
	isState := func(state uint64) bool {
		id, err := s.pages.word(state + uint64(p.offsets.TStateThreadID))
		return state != 0 && err == nil && id == t.pointer
	}
	current, err := s.pages.word(p.interpreter.Access.List.CurrentAddress)
	if err != nil {
		return 0, slotUnreadable
	}
	if isState(current) {
		t.state = current
		return current, samples
	}
	if isState(t.state) {
		return t.state, samples
	}
	t.state = 0
	if !s.findPointer(p, t) || !isState(t.state) {
		return 0, noThreadState
	}
	return t.state, samples
}
