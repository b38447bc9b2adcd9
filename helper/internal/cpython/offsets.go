package cpython

// Offsets are byte offsets of one CPython build; -1 is a member it lacks.
type Offsets struct {
	// _PyRuntimeState
	RuntimeInterpretersHead int
	// RuntimeTSSKey is gilstate.autoTSSkey, a Py_tss_t {int is_initialized; int key}.
	RuntimeTSSKey int

	// PyThreadState; TStateFrame leads to the frame, or to a _PyCFrame in 3.11 and 3.12.
	TStateFrame, TStateThreadID int
	CFrameCurrentFrame          int

	// _PyInterpreterFrame
	FramePrevious, FrameCode, FrameInstr, FrameOwner, FrameIsEntry int
	// FrameEntryOwner is the least owner value of frames on the C stack.
	FrameEntryOwner int
	// FrameCodeTagMask are the low bits of f_executable that are a tag (_PyStackRef).
	FrameCodeTagMask int

	// PyCodeObject
	CodeFilename, CodeQualname, CodeLineTable, CodeFirstLine int
	// CodeAdaptive is where the bytecode begins.
	CodeAdaptive int

	// PyASCIIObject and PyCompactUnicodeObject
	UnicodeLength, UnicodeState, UnicodeASCII, UnicodeCompact int
	UnicodeKindShift, UnicodeCompactMask, UnicodeASCIIMask    int

	// PyBytesObject
	BytesSize, BytesData int
}

// shared are the members that 3.11 to 3.14 (with the GIL) have in the same
// place. Measured by offsetof on the headers of 3.11.2, 3.11.7, 3.12.0, 3.12.1,
// 3.13.0 to 3.13.18 and 3.14.8 to 3.14.10; none moved within a minor version.
var shared = Offsets{
	CFrameCurrentFrame: -1,
	FrameInstr:         56,
	FrameIsEntry:       -1,
	FrameEntryOwner:    -1,

	CodeFilename: 112, CodeQualname: 128, CodeLineTable: 136, CodeFirstLine: 68,

	UnicodeLength: 16, UnicodeState: 32, UnicodeASCII: 40, UnicodeCompact: 56,
	// struct {interned:2, kind:3, compact:1, ascii:1, …} (Include/cpython/unicodeobject.h)
	UnicodeKindShift: 2, UnicodeCompactMask: 0x20, UnicodeASCIIMask: 0x40,

	BytesSize: 16, BytesData: 32,
}

// offsets311 and offsets312 come from the headers; from 3.13 on the interpreter
// tells its own (debugoffsets.go).
func offsets311() Offsets {
	o := shared
	o.RuntimeInterpretersHead, o.RuntimeTSSKey = 40, 592
	o.TStateFrame, o.TStateThreadID, o.CFrameCurrentFrame = 56, 152, 8
	o.FrameCode, o.FramePrevious, o.FrameIsEntry, o.FrameOwner = 32, 48, 68, 69
	o.CodeFirstLine, o.CodeAdaptive = 72, 184
	// wstr still lies between state and data (removed by PEP 623 in 3.12).
	o.UnicodeASCII, o.UnicodeCompact = 48, 72
	return o
}

func offsets312() Offsets {
	o := shared
	o.RuntimeInterpretersHead, o.RuntimeTSSKey = 40, 1544
	o.TStateFrame, o.TStateThreadID, o.CFrameCurrentFrame = 56, 136, 0
	o.FrameCode, o.FramePrevious, o.FrameOwner = 0, 8, 70
	// FRAME_OWNED_BY_CSTACK (Include/internal/pycore_frame.h)
	o.FrameEntryOwner = 3
	o.CodeAdaptive = 192
	return o
}
