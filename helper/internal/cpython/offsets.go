package cpython

import (
	"errors"
	"fmt"
)

// Offsets are byte offsets of one CPython build; -1 is a member it lacks. Those
// of 2.7 to 3.12 are measured (offsets_measured.go), later ones the process tells
// (debugoffsets.go); Rules are how what lies there is to be read.
type Offsets struct {
	// _PyRuntimeState
	RuntimeInterpretersHead int
	// RuntimeTSSKey is autoTSSkey, a Py_tss_t {int is_initialized; int key} (3.7 to 3.14).
	RuntimeTSSKey int

	// PyInterpreterState
	InterpreterNext, InterpreterThreadsHead int
	// InterpreterModules is sys.modules.
	InterpreterModules int

	// PyThreadState; TStateFrame leads to the frame, or to a _PyCFrame in 3.11 and 3.12.
	TStateNext, TStateThreadID, TStateNativeThreadID int
	TStateFrame, CFrameCurrentFrame, CFramePrevious  int

	// _PyInterpreterFrame, PyFrameObject before 3.11
	FramePrevious, FrameCode, FrameInstr, FrameOwner, FrameIsEntry int
	// FrameTLBCIndex is which copy of the bytecode the frame runs (free-threaded 3.14+).
	FrameTLBCIndex int
	// FrameLocals is f_localsplus.
	FrameLocals int

	// PyCodeObject
	CodeFilename, CodeName, CodeQualname, CodeLineTable, CodeFirstLine int
	CodeArgcount, CodeVarnames                                         int
	// CodeAdaptive is where the bytecode begins; CodeTLBC the array of its copies.
	CodeAdaptive, CodeTLBC int

	// PyASCIIObject and PyCompactUnicodeObject
	UnicodeLength, UnicodeState, UnicodeASCII, UnicodeCompact int

	// PyBytesObject, PyTupleObject, PyObject, PyTypeObject
	BytesSize, BytesData, TupleItems, ObjectType, TypeName, TypeFlags int
	// ObjectBytes is sizeof(PyObject).
	ObjectBytes int

	// What leads to an instance's attributes: PyTypeObject, PyHeapTypeObject,
	// PyDictObject (DictKeys is ma_table in 2.7).
	TypeBasicSize, TypeDictOffset, HeapTypeCachedKeys int
	DictKeys, DictValues, DictMask                    int
	// PyLongObject (PyIntObject in 2.7); LongSize is ob_size, or lv_tag from 3.12 on.
	LongSize, LongDigits int

	Rules
}

// Rules are what no offset tells.
type Rules struct {
	// NamesAreBytes: names are PyStringObject, not str (2.7).
	NamesAreBytes bool
	// LastiUnit is the bytes that one step of f_lasti stands for; 0 where the
	// frame holds a pointer to the instruction (3.11+).
	LastiUnit int
	// FrameBytes is how much of a frame has to be read.
	FrameBytes int
	// FrameEntryOwner is the least owner value of frames on the C stack, 0 for none.
	FrameEntryOwner int
	// FrameCodeTagMask are the low bits of f_executable that are a tag (_PyStackRef).
	FrameCodeTagMask int
	// CodeHasVersion: co_version tells a code object from all others (3.12+).
	CodeHasVersion bool
	// Form of the line table.
	Form LineTableForm
	// The state word of a str (Include/cpython/unicodeobject.h).
	UnicodeKindShift, UnicodeCompactMask, UnicodeASCIIMask int
}

// str's state {interned:2, kind:3, compact:1, ascii:1, …}; from 3.14 on the
// first member of free-threaded builds is a whole byte.
var (
	stateBits     = Rules{UnicodeKindShift: 2, UnicodeCompactMask: 0x20, UnicodeASCIIMask: 0x40}
	stateWithByte = Rules{UnicodeKindShift: 8, UnicodeCompactMask: 0x800, UnicodeASCIIMask: 0x1000}
)

// newestKnown is the last minor version of CPython 3 that was tried.
const newestKnown = 15

var errNoOffsets = errors.New("it does not carry its debug offsets")

// OffsetsOf finds the offsets of a build. debug are the bytes of its
// _Py_DebugOffsets, nil when it has none. Offsets do not move within a minor
// version (measured on the headers of 45 releases), but for the two of 3.7.
func OffsetsOf(version Version, freeThreaded bool, debug []byte) (Offsets, error) {
	switch {
	case version.IsZero():
		return Offsets{}, errors.New("its version cannot be told")
	case version.Major == 3 && version.Minor >= 13:
		if debug == nil {
			return Offsets{}, errNoOffsets
		}
		return parseDebugOffsets(debug, version, freeThreaded)
	}
	o, ok := measured[fmt.Sprintf("%d.%d", version.Major, version.Minor)]
	if !ok {
		return Offsets{}, errors.New("no one has measured that version")
	}
	if version.Major == 3 && version.Minor == 7 && version.Micro < 4 {
		// _PyRuntimeState.ceval was 88 bytes shorter (headers of v3.7.3).
		o.RuntimeTSSKey -= 88
	}
	o.FrameTLBCIndex, o.CodeTLBC = -1, -1
	o.Rules = stateBits
	switch {
	case version.Major == 2:
		o.NamesAreBytes, o.LastiUnit, o.FrameBytes, o.Form = true, 1, 124, FormLineDeltasUnsigned
	case version.Minor < 10:
		o.LastiUnit, o.FrameBytes, o.Form = 1, o.FrameInstr+4, FormLineDeltas
	case version.Minor == 10:
		o.LastiUnit, o.FrameBytes, o.Form = 2, o.FrameInstr+4, FormLineRanges
	default:
		o.FrameBytes, o.Form = 72, FormLocations
	}
	if version.Major == 3 && version.Minor == 12 {
		// FRAME_OWNED_BY_CSTACK (Include/internal/pycore_frame.h)
		o.FrameEntryOwner = 3
		o.CodeHasVersion = true
	}
	return o, nil
}
