package procmem

// counter is one way in which a look at a thread can end.
type counter int

const (
	samples counter = iota
	delivered
	queueFull
	lateTicks
	skippedTicks
	tooLate
	notDisplaced
	alreadyGiven
	moved
	memoryGone
	interpreterNotReady
	keyUnreadable
	slotUnreadable
	noThreadState
	threadListUnreadable
	threadStateUnreadable
	cframeUnreadable
	frameUnreadable
	codeUnreadable
	nameUnreadable
	classUnreadable
	bytecodeUnreadable
	stackMoving
	truncated
	counterCount
)

// counterList is what a person reads; a name that BPF's sampler has too means the same there.
var counterList = [counterCount]struct{ name, meaning string }{
	samples:               {"samples", "Looks that met a followed thread."},
	delivered:             {"delivered", "Samples handed over; a stack may stand for more than one."},
	queueFull:             {"queue_full", "Samples lost because the helper did not keep up."},
	lateTicks:             {"late_ticks", "Looks that came late and waited for a punctual one."},
	skippedTicks:          {"skipped_ticks", "Looks left out because the sampler had no CPU in time."},
	tooLate:               {"too_late", "Samples given up: the CPU time they stand for had passed long before."},
	notDisplaced:          {"not_displaced", "The thread was not the one that made room for the sampler."},
	alreadyGiven:          {"already_given", "The thread had all the samples that its CPU time is worth."},
	moved:                 {"moved", "Another CPU took the thread over while its stack was read; tried again."},
	memoryGone:            {"memory_gone", "The process had given up its memory: it was ending, or becoming another program."},
	interpreterNotReady:   {"interpreter_not_ready", "The interpreter had not started up yet."},
	keyUnreadable:         {"key_unreadable", "The interpreter's thread key could not be read."},
	slotUnreadable:        {"slot_unreadable", "The thread's own storage could not be read."},
	noThreadState:         {"no_thread_state", "The thread runs no Python."},
	threadListUnreadable:  {"thread_list_unreadable", "The interpreter's list of threads could not be read."},
	threadStateUnreadable: {"thread_state_unreadable", "The thread state could not be read."},
	cframeUnreadable:      {"cframe_unreadable", "The thread's C frame could not be read."},
	frameUnreadable:       {"frame_unreadable", "A frame could not be read; the stack above it is kept."},
	codeUnreadable:        {"code_unreadable", "A code object could not be read."},
	nameUnreadable:        {"name_unreadable", "A code object's name, file or line table could not be read."},
	classUnreadable:       {"class_unreadable", "The class of self could not be read; the method is named without it."},
	bytecodeUnreadable:    {"bytecode_unreadable", "A thread's own copy of the bytecode could not be found."},
	stackMoving:           {"stack_moving", "A stack was never twice the same while it was read."},
	truncated:             {"truncated", "The stack was deeper than the sampler walks; its root end is cut."},
}

// CounterMeanings maps each counter's name to a sentence for a person.
func CounterMeanings() map[string]string {
	meanings := make(map[string]string, counterCount)
	for _, counter := range counterList {
		meanings[counter.name] = counter.meaning
	}
	return meanings
}
