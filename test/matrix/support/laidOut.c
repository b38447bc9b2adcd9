/*
 * A process that poses as a CPython without a GIL, for versions that cannot be had as
 * such: threads that keep thread states, frames, code objects and thread-local copies
 * of bytecode as the headers of that version declare them, and move through them as the
 * interpreter does (Python/ceval.c, Python/bytecodes.c). Nothing of CPython's own code
 * runs. What they are in comes from laidOut.py by way of laidOut.h.
 *
 * usage: laidOut: tells its process id on stdout, and ends with stdin.
 */
#define _GNU_SOURCE
#define Py_BUILD_CORE 1
#include <Python.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <pycore_code.h>
#include <pycore_debug_offsets.h>
#include <pycore_interp.h>
#include <pycore_interpframe.h>
#include <pycore_runtime.h>
#include <pycore_tstate.h>

struct text {
	const char *characters;
	unsigned length;
	unsigned kind;
	unsigned is_ascii;
};

struct source {
	struct text filename, name, qualname;
	int first_line;
	const char *line_table;
	unsigned line_table_bytes;
	unsigned code_bytes;
	int is_generator;
	/* Where its instructions begin, up to a -1. */
	const int *places;
};

/* A function, and where in its bytecode it calls the next of its chain; -1 for the last. */
struct call {
	int source;
	int at;
};

#include "laidOut.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
/* Copy 0 of the bytecode lies in the code object itself (Python/index_pool.c). */
#define THREADS 24
#define DEEPEST 32
/* What a frame takes of the data stack: its locals and its stack follow it. */
#define FRAME_WORDS 16

_GENERATE_DEBUG_SECTION_LINUX(PyRuntime)
_PyRuntimeState _PyRuntime = {.debug_offsets = _Py_DebugOffsets_INIT(_Py_Debug_Cookie)};

static PyInterpreterState interpreter;
static PyCodeObject *codes[COUNT(sources)];
static _PyThreadStateImpl *states[THREADS];
static _Thread_local PyThreadState *volatile own_state;

/* The helper reads in this function's code where 3.15 keeps the thread state. */
PyThreadState *PyGILState_GetThisThreadState(void)
{
	return own_state;
}

static PyObject *text_object(const struct text *text)
{
	size_t head = text->is_ascii ? sizeof(PyASCIIObject) : sizeof(PyCompactUnicodeObject);
	PyASCIIObject *made = calloc(1, head + (text->length + 1) * text->kind);

	made->length = text->length;
	made->state.kind = text->kind;
	made->state.compact = 1;
	made->state.ascii = text->is_ascii;
	memcpy((char *)made + head, text->characters, text->length * text->kind);
	return (PyObject *)made;
}

static PyObject *bytes_object(const char *data, size_t size)
{
	PyBytesObject *made = calloc(1, sizeof(*made) + size);

	made->ob_base.ob_size = size;
	memcpy(made->ob_sval, data, size);
	return (PyObject *)made;
}

static PyCodeObject *code_object(const struct source *source, unsigned version)
{
	PyCodeObject *made = calloc(1, sizeof(*made) + source->code_bytes);
	_PyCodeArray *copies = calloc(1, sizeof(*copies) + THREADS * sizeof(char *));

	made->co_filename = text_object(&source->filename);
	made->co_name = text_object(&source->name);
	made->co_qualname = text_object(&source->qualname);
	made->co_firstlineno = source->first_line;
	made->co_linetable = bytes_object(source->line_table, source->line_table_bytes);
	made->co_version = version;
	made->ob_base.ob_size = source->code_bytes / sizeof(_Py_CODEUNIT);
	copies->size = THREADS;
	copies->entries[0] = made->co_code_adaptive;
	for (int i = 1; i < THREADS; i++)
		copies->entries[i] = calloc(1, source->code_bytes);
	made->co_tlbc = copies;
	return made;
}

/* The stores of the interpreter come in their order, and so do the moments between them. */
#define SET(member, value)                                                                         \
	do {                                                                                       \
		(member) = (value);                                                                \
		atomic_signal_fence(memory_order_seq_cst);                                         \
	} while (0)

static void stay(void)
{
	for (volatile int i = 0; i < 60; i++)
		;
}

static void set_place(_PyInterpreterFrame *frame, const PyCodeObject *code, int at)
{
	SET(frame->instr_ptr, (_Py_CODEUNIT *)(code->co_tlbc->entries[frame->tlbc_index] + at));
	stay();
}

/* RESUME: a generator that another thread ran last goes on in this thread's copy. */
static void move(_PyInterpreterFrame *frame, const PyCodeObject *code, int copy)
{
	ptrdiff_t at = (char *)frame->instr_ptr - code->co_tlbc->entries[frame->tlbc_index];

	SET(frame->tlbc_index, copy);
	SET(frame->instr_ptr, (_Py_CODEUNIT *)(code->co_tlbc->entries[copy] + at));
}

/*
 * A thread state across two pages of which the second was never touched: a read that
 * may not wait for it meets the hole that a page-out leaves, too.
 */
static _PyThreadStateImpl *thread_state(void)
{
	const size_t page = 4096, before = 192;
	char *pages = mmap(NULL, page + sizeof(_PyThreadStateImpl), PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return (_PyThreadStateImpl *)(pages + page - before);
}

struct stack {
	PyThreadState *state;
	int copy;
	/* Frames of one thread lie one behind the other, those of generators elsewhere. */
	void *words[DEEPEST * (sizeof(_PyInterpreterFrame) / sizeof(void *) + FRAME_WORDS)];
	_PyInterpreterFrame generators[DEEPEST];
};

static void run(struct stack *stack, const struct call *call, void **top, int depth)
{
	const struct source *source = &sources[call->source];
	const PyCodeObject *code = codes[call->source];
	_PyInterpreterFrame *frame = (void *)top;

	if (source->is_generator) {
		frame = &stack->generators[depth];
		frame->tlbc_index = (stack->copy + 1) % THREADS;
		frame->owner = FRAME_OWNED_BY_GENERATOR;
	} else {
		top += sizeof(*frame) / sizeof(*top) + FRAME_WORDS;
		frame->tlbc_index = stack->copy;
		frame->owner = FRAME_OWNED_BY_THREAD;
	}
	/* A deferred reference every other time. */
	frame->f_executable.bits = (uintptr_t)code | (depth & 1);
	frame->instr_ptr = (_Py_CODEUNIT *)code->co_tlbc->entries[frame->tlbc_index];
	SET(frame->previous, stack->state->current_frame);
	SET(stack->state->current_frame, frame);
	if (source->is_generator) {
		stay();
		move(frame, code, stack->copy);
	}
	for (const int *place = source->places; *place >= 0; place++) {
		if (call->at >= 0 && *place > call->at)
			break;
		set_place(frame, code, *place);
		if (*place == call->at)
			run(stack, call + 1, top, depth + 1);
	}
	SET(stack->state->current_frame, frame->previous);
}

static void *thread(void *argument)
{
	/* Not on the C stack: what lies there is taken for an evaluation's own frame. */
	struct stack *stack = calloc(1, sizeof(*stack));
	_PyThreadStateImpl *state = states[(intptr_t)argument];
	/* The evaluation's own frame, on the C stack. */
	_PyInterpreterFrame entry = {.owner = FRAME_OWNED_BY_INTERPRETER};

	stack->copy = (int)(intptr_t)argument;
	stack->state = own_state = &state->base;
	state->base.thread_id = (unsigned long)pthread_self();
	state->base.native_thread_id = (unsigned long)gettid();
#if PY_VERSION_HEX < 0x030f0000
	pthread_setspecific(_PyRuntime.autoTSSkey._key, own_state);
#endif
	state->base.current_frame = &entry;
	for (;;)
		for (size_t i = 0; i < COUNT(chains); i++)
			run(stack, chains[i], stack->words, 0);
	return NULL;
}

int main(void)
{
	pthread_t made;

	/* Its threads leave the machine to whoever samples them. */
	if (nice(19) == -1)
		return 1;
#if PY_VERSION_HEX < 0x030f0000
	pthread_key_create((pthread_key_t *)&_PyRuntime.autoTSSkey._key, NULL);
	_PyRuntime.autoTSSkey._is_initialized = 1;
#endif
	for (size_t i = 0; i < COUNT(sources); i++)
		codes[i] = code_object(&sources[i], 1000 + i);
	_PyRuntime.interpreters.head = &interpreter;
	for (int i = 0; i < THREADS; i++) {
		states[i] = thread_state();
		states[i]->base.interp = &interpreter;
		states[i]->base.next = interpreter.threads.head;
		interpreter.threads.head = &states[i]->base;
	}
	for (intptr_t i = 0; i < THREADS; i++)
		pthread_create(&made, NULL, thread, (void *)i);
	printf("{\"pid\": %d}\n", getpid());
	fflush(stdout);
	while (getchar() != EOF)
		;
	_exit(0);
}
