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
	tooManyThreads
	counterCount
)

// counterNames are what a person reads; a name that BPF's sampler has too means the same there.
var counterNames = [counterCount]string{
	samples:               "samples",
	delivered:             "delivered",
	queueFull:             "queue_full",
	lateTicks:             "late_ticks",
	skippedTicks:          "skipped_ticks",
	tooLate:               "too_late",
	notDisplaced:          "not_displaced",
	alreadyGiven:          "already_given",
	moved:                 "moved",
	memoryGone:            "memory_gone",
	interpreterNotReady:   "interpreter_not_ready",
	keyUnreadable:         "key_unreadable",
	slotUnreadable:        "slot_unreadable",
	noThreadState:         "no_thread_state",
	threadListUnreadable:  "thread_list_unreadable",
	threadStateUnreadable: "thread_state_unreadable",
	cframeUnreadable:      "cframe_unreadable",
	frameUnreadable:       "frame_unreadable",
	codeUnreadable:        "code_unreadable",
	nameUnreadable:        "name_unreadable",
	classUnreadable:       "class_unreadable",
	bytecodeUnreadable:    "bytecode_unreadable",
	stackMoving:           "stack_moving",
	truncated:             "truncated",
	tooManyThreads:        "too_many_threads",
}
