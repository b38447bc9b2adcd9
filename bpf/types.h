/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * What crosses between the sampler and the helper. Go's twins are generated
 * from this object's BTF (go generate), so nothing is mirrored by hand.
 * All sizes are in bytes, all times in nanoseconds of CLOCK_MONOTONIC.
 */
#ifndef EMBERLINE_TYPES_H
#define EMBERLINE_TYPES_H

/* Deepest Python stack delivered whole. A frame costs about 0.15 us to walk,
 * so a full stack keeps the timer interrupt below 100 us. */
#define MAX_PYTHON_FRAMES 512

/* PERF_MAX_STACK_DEPTH, the most that bpf_get_stack() yields by default
 * (kernel.perf_event_max_stack). */
#define MAX_KERNEL_FRAMES 127

/* Deepest native stack delivered whole. */
#define MAX_NATIVE_FRAMES 256

/* Steps of a search through one file's rows: 2^24 of them are 128 MiB. */
#define MAX_ROW_STEPS 24

/* Threads looked through for one that is not known yet (2.7 only). */
#define MAX_LISTED_THREADS 1024

/* The bytes of PyThreadState that hold the current frame and the thread's ids. */
#define THREAD_STATE_BYTES 256

/* Sizes that the helper has to know, too. */
enum limit {
	/* One frame is read together with what precedes it in its page: frames of
	 * one thread are bump-allocated 70 to 130 bytes apart (CPython 3.11+,
	 * Python/pystate.c, _PyThreadState_PushFrame), so a read serves about ten. */
	WINDOW_BYTES = 1024,
	/* The largest frame head: _PyInterpreterFrame is 72 to 80 bytes before its
	 * locals, PyFrameObject up to f_lasti 124. */
	FRAME_BYTES = 128,
	/* The part of a code object that identifies it: first line, variable counts,
	 * co_version (3.12+) and the addresses of names, file and line table lie within
	 * the 88 bytes that end with the line table's in every CPython from 2.7 to 3.15,
	 * and none of them ever changes (3.11's co_warmup, before them, does). */
	CODE_IDENTITY_BYTES = 88,
	/* A str's or byte string's length and hash, which lie side by side. */
	NAME_HEAD_BYTES = 16,
	/* Forks that can be given a number at the same moment. */
	GENERATION_TICKETS = 1024,
	/* The helper numbers the processes that it follows itself from here. */
	FIRST_OWN_GENERATION = 0x80000000u,
	/* Memory for unwind tables: a page is one map value, a shard (1 MiB) one map. */
	ROWS_PER_PAGE = 1024,
	PAGES_PER_SHARD = 128,
	MAX_SHARDS = 512,
};

_Static_assert(FIRST_OWN_GENERATION % GENERATION_TICKETS == 0, "numbers wrap to their own ticket");

/* What a code record can carry; longer pieces are marked and read by the
 * helper from the process itself. */
#define MAX_NAME_BYTES	     1024
#define MAX_LINE_TABLE_BYTES 8192

#define COMM_BYTES 16

_Static_assert(WINDOW_BYTES >= 2 * FRAME_BYTES, "a window must hold more than the frame asked for");
_Static_assert((MAX_PYTHON_FRAMES & (MAX_PYTHON_FRAMES - 1)) == 0, "used as an index mask");
_Static_assert((MAX_NAME_BYTES & (MAX_NAME_BYTES - 1)) == 0, "used as a length mask");
_Static_assert((MAX_LINE_TABLE_BYTES & (MAX_LINE_TABLE_BYTES - 1)) == 0, "used as a length mask");

/*
 * Byte offsets of one CPython build, filled by the helper from its tables or
 * from the process's own _Py_DebugOffsets. Data, not code: a new version needs
 * no new program.
 */
struct python_offsets {
	/* PyThreadState */
	__u16 tstate_frame;
	__u16 tstate_thread_id;
	/* _PyCFrame of 3.11 and 3.12 lies between thread state and frame. */
	__u16 cframe_current_frame;
	__u16 cframe_previous;
	/* the frame */
	__u16 frame_previous;
	__u16 frame_code;
	__u16 frame_instr;
	__u16 frame_owner;
	__u16 frame_is_entry;
	/* PyCodeObject: start of the identity bytes, the rest relative to that. */
	__u16 code_identity;
	__u16 code_filename;
	__u16 code_qualname;
	__u16 code_line_table;
	__u16 code_first_line;
	/* co_name, 0 where co_version tells the code from all others (3.12+) */
	__u16 code_name;
	/* relative to the object's start; the bytecode begins there */
	__u16 code_adaptive;
	/* str and bytes */
	__u16 unicode_length;
	__u16 unicode_state;
	__u16 unicode_ascii;
	__u16 unicode_compact;
	__u16 bytes_size;
	__u16 bytes_data;
	/* state word: shift of the kind field, masks of the flags */
	__u16 unicode_kind_shift;
	__u16 pad2;
	__u32 unicode_compact_mask;
	__u32 unicode_ascii_mask;
	/* low bits of f_executable that are a tag (_PyStackRef, 3.14+) */
	__u16 code_tag_mask;
	/* frames with owner >= this live on the C stack: entry markers (3.12+), 0 = no such owner */
	__u16 entry_owner;
	__u8 has_cframe;
	__u8 has_is_entry;
	/* 1: pointer to the instruction; 0: f_lasti, an int in units of lasti_unit bytes */
	__u8 instr_is_pointer;
	__u8 lasti_unit;
	/* 1: names are byte strings (2.7), not str objects */
	__u8 names_are_bytes;
	/* 1: the class is taken from self or cls (before co_qualname, 3.11) */
	__u8 class_from_self;
	/* 1: a thread may run its own copy of the bytecode (free-threaded 3.14+) */
	__u8 has_tlbc;
	__u8 pad;
	/* how much of a frame is needed, and how much before its end is read with it */
	__u16 frame_bytes;
	__u16 window_bytes;
	/* _PyInterpreterFrame.tlbc_index; PyCodeObject.co_tlbc, a _PyCodeArray {size, entries[]} */
	__u16 frame_tlbc_index;
	__u16 code_tlbc;
	/* for class_from_self: PyFrameObject.f_localsplus, PyCodeObject.co_argcount and
	 * co_varnames, PyTupleObject.ob_item, PyObject.ob_type, PyTypeObject.tp_name and tp_flags */
	__u16 frame_locals;
	__u16 code_argcount;
	__u16 code_varnames;
	__u16 tuple_items;
	__u16 object_type;
	__u16 type_name;
	__u16 type_flags;
	/* for ACCESS_LIST: PyInterpreterState and PyThreadState */
	__u16 interpreter_threads;
	__u16 interpreter_next;
	__u16 tstate_next;
};

/* How a thread finds its own thread state, in constant time. */
enum thread_state_access {
	/* pthread_getspecific(autoTSSkey): set for the thread's whole life, also
	 * while it has released the GIL (3.6 to 3.14). */
	ACCESS_TSS_KEY = 1,
	/* A thread-local variable at a constant distance from the thread pointer
	 * (_Py_tss_gilstate of an executable, 3.15). */
	ACCESS_TLS_OFFSET = 2,
	/* The same variable of a shared library, through the thread's vector of
	 * modules: right for a library that was opened later, too. */
	ACCESS_TLS_MODULE = 3,
	/* 2.7 has no such place: the holder of the GIL, else what is remembered of
	 * this thread, else the interpreter's list, walked once for each thread. */
	ACCESS_LIST = 4,
};

/* Where pthread_getspecific() looks, relative to the thread pointer. */
struct tss_layout {
	__s32 first_level;  /* glibc: of struct pthread's 32 own slots, value member */
	__s32 second_level; /* glibc: of the pointers to further blocks of 32 */
	__u32 stride;	    /* glibc 16 (sequence, value); musl 8 */
	__u32 is_musl;	    /* *(tp + first_level) is the slot array itself */
};

/* One followed process, keyed by its thread group id in the initial namespace. */
struct process {
	/* Distinguishes address spaces: a new one for each fork and exec. */
	__u32 generation;
	/* Index into the offsets array. */
	__u32 offsets;
	/* ACCESS_TSS_KEY: address of the Py_tss_t {int is_initialized; int key}. */
	__u64 tss_key_address;
	/* The key once read, -1 before. */
	__s32 tss_key;
	__u32 access;
	/* ACCESS_TLS_OFFSET: from the thread pointer; ACCESS_TLS_MODULE: in the module's block. */
	__s64 tls_offset;
	/* ACCESS_TLS_MODULE: from the start of the thread's vector to the module's block. */
	__u64 tls_vector_offset;
	/* ACCESS_LIST: _PyThreadState_Current and interp_head. */
	__u64 current_address;
	__u64 interpreters_address;
	struct tss_layout tss;
};

struct python_frame {
	__u64 code;
	/* Address of the frame, for merging with native frames by address. The two
	 * low bits (frames are 8-byte aligned) are FRAME_* flags. */
	__u64 frame;
	/* Hash of the code object's identity bytes: addresses are re-used. */
	__u32 checksum;
	/* Byte offset into the bytecode, -1 before the first instruction. */
	__s32 offset;
	/* The type of self, or cls itself, before 3.11; 0 when there is none. The
	 * address with 16 bits of a hash of its name's address on top of it. */
	__u64 type;
};

enum frame_flag {
	/* the oldest Python frame of its evaluation loop (3.11) */
	FRAME_ENTRY = 1,
	/* no code: an entry frame on the C stack (3.12+) */
	FRAME_MARKER = 2,
};

/* How to get from a place in the code to the caller's frame (x86-64). CFA, the canonical
 * frame address, is the stack pointer before the call: the return address lies below it.
 * Packed as helper/internal/unwind/rule.go has it. */
enum rule_kind {
	/* no rule: by the frame pointer, if there is one */
	RULE_NONE = 0,
	/* CFA = stack pointer + offset */
	RULE_SP = 1,
	/* CFA = frame pointer + offset */
	RULE_FP = 2,
	/* an entry of the procedure linkage table */
	RULE_PLT = 3,
	/* a signal frame: the interrupted registers are in the ucontext at the stack pointer */
	RULE_SIGNAL = 4,
	/* the thread's first frame */
	RULE_END = 5,
	/* what is not understood */
	RULE_UNSUPPORTED = 6,
	/* CFA = *(frame pointer - offset); the caller's frame pointer is at *frame pointer.
	 * With bits 4-7, plus: CFA = *(stack pointer + signed offset) + 8 * plus; the caller's
	 * frame pointer is saved 8 * bits 8-11 below it. */
	RULE_INDIRECT = 7,
};

#define RULE_KIND_MASK 7
/* The caller's frame pointer is saved 8 * (rule >> RULE_BP_SHIFT & RULE_BP_MASK) below the CFA. */
#define RULE_HAS_BP	  8
#define RULE_BP_SHIFT	  4
#define RULE_BP_MASK	  255
#define RULE_OFFSET_SHIFT 12
#define RULE_PLUS_MASK	  15
#define RULE_FAR_BP_SHIFT 8

/* From this byte of the file on the rule holds, up to the next row's. */
struct unwind_row {
	__u32 offset;
	__u32 rule;
};

/* An executable mapping. */
struct mapping {
	__u64 start;
	__u64 end;
	/* of start, in the file */
	__u64 file_offset;
	/* the file's table; no rows: it has none */
	__u32 first_row;
	__u32 rows;
	/* enum mapping_flag */
	__u32 flags;
	__u32 pad;
};

enum mapping_flag {
	/* the file's table is to be had, but nobody asked yet */
	MAPPING_NOT_LOADED = 1,
};

/* An address space's part of the mappings. */
struct address_space {
	__u32 first;
	__u32 count;
	/* The native frame of this interpreter's evaluation loop (3.12+): where it ends above
	 * its entry frame, and how far below that its caller's frame pointer is saved (0: it is
	 * not). loop_bytes is 0 as long as that is not known. */
	__u32 loop_bytes;
	__u32 loop_saved_bp;
};

struct native_frame {
	__u64 ip;
	/* The stack pointer in this frame; its caller's ends it. The low bits (it is 8-byte
	 * aligned) are enum native_flag. */
	__u64 sp;
};

enum native_flag {
	/* ip was interrupted there, and is not a return address */
	NATIVE_EXACT = 1,
	/* an evaluation loop: sp is its entry frame, ip is not known, and nothing is
	 * known of the frames between it and the one before */
	NATIVE_LOOP = 2,
};

enum record_type {
	RECORD_SAMPLE = 1,
	RECORD_CODE = 2,
	RECORD_PROCESS = 3,
	RECORD_TYPE = 4,
};

/* Why a sample's Python stack is not whole. */
enum sample_flag {
	SAMPLE_TRUNCATED = 1,
	SAMPLE_ERROR = 2,
	SAMPLE_NO_THREAD_STATE = 4,
	SAMPLE_NOT_INITIALIZED = 8,
};

struct sample {
	__u32 type;
	__u32 flags;
	__u64 time_ns;
	__u32 tgid;
	__u32 tid;
	__u32 generation;
	/* enum counter: what ended the walk early, 0 for nothing */
	__u32 reason;
	char comm[COMM_BYTES];
	__u16 kernel_frames;
	__u16 native_frames;
	__u16 python_frames;
	/* enum counter: what ended the native walk; 0 when there was none */
	__u16 native_end;
	/* native frames after the Python ones: those above code without rules */
	__u32 resumed_frames;
	/* enum counter: what ended it before that; 0 when it was not resumed */
	__u32 native_gap;
	/* kernel_frames addresses, native, Python, resumed native frames, each leaf first */
};

struct code_record {
	__u32 type;
	__u32 generation;
	__u64 code;
	__u32 tgid;
	__u32 checksum;
	__u32 first_line;
	__u32 pad;
	/* Addresses of the objects, for pieces too long to carry. */
	__u64 filename;
	__u64 qualname;
	__u64 line_table;
	/* Lengths in bytes of what follows in this order; CODE_PIECE_ABSENT when unread. */
	__u32 filename_bytes;
	__u32 qualname_bytes;
	__u32 line_table_bytes;
	/* 1, 2 or 4 bytes a character */
	__u8 filename_kind;
	__u8 qualname_kind;
	__u16 pad2;
};

enum code_piece {
	CODE_PIECE_ABSENT = 0xffffffffu,
};

/* A class at first sight; its name follows. */
struct type_record {
	__u32 type;
	__u32 generation;
	__u64 id; /* as in python_frame.type */
	__u32 tgid;
	/* without the NUL; 0 when the object is no class */
	__u32 name_bytes;
};

enum process_event {
	PROCESS_FORK = 1,
	PROCESS_EXEC = 2,
	PROCESS_EXIT = 3,
};

struct process_record {
	__u32 type;
	__u32 event;
	__u64 time_ns;
	__u32 tgid;
	__u32 parent;
	/* generation that began (fork) or ended (exec, exit; 0 when not followed) */
	__u32 generation;
	__u32 parent_generation;
	/* exit: CPU time of the group, but for threads that ended and are not reaped */
	__u64 cpu_ns;
	char comm[COMM_BYTES];
};

_Static_assert(sizeof(struct python_frame) == 32, "packed in the ring without holes");
_Static_assert(sizeof(struct native_frame) == 16, "packed in the ring without holes");
_Static_assert(sizeof(struct sample) % 8 == 0, "frames that follow stay aligned");
_Static_assert(sizeof(struct type_record) % 8 == 0, "the name that follows starts aligned");
_Static_assert(sizeof(struct code_record) % 8 == 0, "pieces that follow start aligned");

#endif
