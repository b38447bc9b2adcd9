package cpython

import (
	"encoding/binary"
	"fmt"
)

// debugCookie opens _Py_DebugOffsets, which opens _PyRuntime from 3.13 on
// (CPython Include/internal/pycore_debug_offsets.h; in 3.13 pycore_runtime.h).
const debugCookie = "xdebugpy"

// Positions within _Py_DebugOffsets that never moved: they are what tells the version.
const (
	debugVersion      = 8
	debugFreeThreaded = 16
	// debugMaxBytes holds the struct of 3.13 (584), 3.14 (760) and 3.15 (888).
	debugMaxBytes = 1024
)

// debugLayout says where _Py_DebugOffsets of one minor version keeps what, as
// byte offsets of its u64 members; 0 for what it does not have.
type debugLayout struct {
	size                                                                    int
	interpretersHead, interpreterNext, threadsHead, modules                 int
	currentFrame, threadID, nativeThreadID                                  int
	framePrevious, frameCode, frameInstr, frameOwner, frameTLBCIndex        int
	codeFilename, codeName, codeQualname, codeLineTable, codeFirstLine      int
	codeAdaptive, codeTLBC                                                  int
	objectType, typeName, bytesSize, bytesData, unicodeState, unicodeLength int
	unicodeASCIISize                                                        int
	objectSize, dictKeys, dictValues, longTag, longDigits                   int
	// What the struct does not tell: autoTSSkey in _PyRuntimeState (-1: none),
	// tag bits of f_executable, bytes of a frame before its locals.
	tssKey, codeTagMask, frameBytes int
	// cachedKeys is ht_cached_keys behind the object's header.
	cachedKeys int
}

// debugLayouts by minor version of CPython 3.
var debugLayouts = map[int]debugLayout{
	13: {
		size:             584,
		interpretersHead: 40, interpreterNext: 64, threadsHead: 72, modules: 88,
		currentFrame: 184, threadID: 192, nativeThreadID: 200,
		framePrevious: 232, frameCode: 240, frameInstr: 248, frameOwner: 264,
		codeFilename: 280, codeName: 288, codeQualname: 296, codeLineTable: 304, codeFirstLine: 312, codeAdaptive: 344,
		objectType: 360, typeName: 376, bytesSize: 520, bytesData: 528,
		unicodeState: 544, unicodeLength: 552, unicodeASCIISize: 560,
		objectSize: 352, dictKeys: 456, dictValues: 464, longTag: 496, longDigits: 504, cachedKeys: 864,
		tssKey: 2160, codeTagMask: 0, frameBytes: 72,
	},
	14: {
		size:             760,
		interpretersHead: 40, interpreterNext: 64, threadsHead: 72, modules: 96,
		currentFrame: 208, threadID: 216, nativeThreadID: 224,
		framePrevious: 256, frameCode: 264, frameInstr: 272, frameOwner: 288, frameTLBCIndex: 304,
		codeFilename: 320, codeName: 328, codeQualname: 336, codeLineTable: 344, codeFirstLine: 352, codeAdaptive: 384, codeTLBC: 392,
		objectType: 408, typeName: 424, bytesSize: 600, bytesData: 608,
		unicodeState: 624, unicodeLength: 632, unicodeASCIISize: 640,
		objectSize: 400, dictKeys: 536, dictValues: 544, longTag: 576, longDigits: 584, cachedKeys: 864,
		tssKey: 2336, codeTagMask: 3, frameBytes: 80,
	},
	15: {
		size:             888,
		interpretersHead: 40, interpreterNext: 64, threadsHead: 72, modules: 96,
		currentFrame: 208, threadID: 240, nativeThreadID: 248,
		framePrevious: 320, frameCode: 328, frameInstr: 336, frameOwner: 352, frameTLBCIndex: 368,
		codeFilename: 384, codeName: 392, codeQualname: 400, codeLineTable: 408, codeFirstLine: 416, codeAdaptive: 448, codeTLBC: 456,
		objectType: 472, typeName: 488, bytesSize: 696, bytesData: 704,
		unicodeState: 720, unicodeLength: 728, unicodeASCIISize: 736,
		objectSize: 464, dictKeys: 632, dictValues: 640, longTag: 672, longDigits: 680, cachedKeys: 872,
		// _Py_tss_gilstate, a thread-local variable, took the key's place.
		tssKey: -1, codeTagMask: 3, frameBytes: 80,
	},
}

// parseDebugOffsets reads the struct at the start of _PyRuntime. The members
// are checked against the bounds that the sampler reads within, so that a build
// that is laid out otherwise is refused rather than misread. A version newer
// than any that was tried is read as the newest known one.
func parseDebugOffsets(data []byte, version Version, freeThreaded bool) (Offsets, error) {
	layout, ok := debugLayouts[min(version.Minor, newestKnown)]
	if !ok {
		return Offsets{}, fmt.Errorf("the layout of its debug offsets is not known")
	}
	if len(data) < layout.size {
		return Offsets{}, fmt.Errorf("its debug offsets are cut short")
	}
	var bad error
	get := func(position, limit int) int {
		value := binary.LittleEndian.Uint64(data[position:])
		if value >= uint64(limit) && bad == nil {
			bad = fmt.Errorf("its debug offset at %d is %d, not below %d", position, value, limit)
		}
		return int(min(value, uint64(limit)))
	}
	o := Offsets{CFrameCurrentFrame: -1, CFramePrevious: -1, FrameIsEntry: -1, FrameTLBCIndex: -1, CodeTLBC: -1, FrameLocals: -1, CodeArgcount: -1, CodeVarnames: -1, TupleItems: -1, TypeFlags: -1, TypeDictOffset: -1, DictMask: -1}
	o.RuntimeInterpretersHead = get(layout.interpretersHead, maxRuntimeOffset)
	o.InterpreterNext = get(layout.interpreterNext, maxRuntimeOffset)
	o.InterpreterThreadsHead = get(layout.threadsHead, maxRuntimeOffset)
	// The first word of every version since 3.0 is prev, the second next.
	o.TStateNext = 8
	o.TStateFrame = get(layout.currentFrame, maxThreadStateOffset)
	o.TStateThreadID = get(layout.threadID, maxThreadStateOffset)
	o.TStateNativeThreadID = get(layout.nativeThreadID, maxThreadStateOffset)
	o.FramePrevious = get(layout.framePrevious, maxFrameOffset)
	o.FrameCode = get(layout.frameCode, maxFrameOffset)
	o.FrameInstr = get(layout.frameInstr, maxFrameOffset)
	o.FrameOwner = get(layout.frameOwner, maxFrameOffset)
	o.CodeFilename = get(layout.codeFilename, maxCodeOffset)
	o.CodeName = get(layout.codeName, maxCodeOffset)
	o.CodeQualname = get(layout.codeQualname, maxCodeOffset)
	o.CodeLineTable = get(layout.codeLineTable, maxCodeOffset)
	o.CodeFirstLine = get(layout.codeFirstLine, maxCodeOffset)
	o.CodeAdaptive = get(layout.codeAdaptive, maxCodeOffset)
	o.ObjectType = get(layout.objectType, maxObjectOffset)
	o.TypeName = get(layout.typeName, maxObjectOffset)
	o.BytesSize = get(layout.bytesSize, maxObjectOffset)
	o.BytesData = get(layout.bytesData, maxObjectOffset)
	o.UnicodeState = get(layout.unicodeState, maxObjectOffset)
	o.UnicodeLength = get(layout.unicodeLength, maxObjectOffset)
	o.UnicodeASCII = get(layout.unicodeASCIISize, maxObjectOffset)
	// PyCompactUnicodeObject adds utf8_length and utf8 to PyASCIIObject.
	o.UnicodeCompact = o.UnicodeASCII + 16
	o.InterpreterModules = get(layout.modules, maxRuntimeOffset)
	o.ObjectBytes = get(layout.objectSize, maxObjectOffset)
	o.DictKeys = get(layout.dictKeys, maxObjectOffset)
	o.DictValues = get(layout.dictValues, maxObjectOffset)
	o.LongSize = get(layout.longTag, maxObjectOffset)
	o.LongDigits = get(layout.longDigits, maxObjectOffset)
	// tp_basicsize has followed tp_name since 1.0.
	o.TypeBasicSize = o.TypeName + 8
	o.HeapTypeCachedKeys = o.ObjectBytes + layout.cachedKeys
	o.RuntimeTSSKey = layout.tssKey
	o.Rules = stateBits
	if freeThreaded && version.Minor >= 14 {
		o.Rules = stateWithByte
		o.FrameTLBCIndex = get(layout.frameTLBCIndex, maxFrameOffset)
		o.CodeTLBC = get(layout.codeTLBC, maxCodeOffset)
	}
	o.Form = FormLocations
	// The members may lie elsewhere than in the build that was measured.
	o.FrameBytes = max(layout.frameBytes, o.FramePrevious+8, o.FrameCode+8, o.FrameInstr+8, o.FrameOwner+1, o.FrameTLBCIndex+4)
	// FRAME_OWNED_BY_INTERPRETER, and above it FRAME_OWNED_BY_CSTACK.
	o.FrameEntryOwner = 3
	o.CodeHasVersion = true
	o.FrameCodeTagMask = layout.codeTagMask
	return o, bad
}

// Bounds within which the sampler reads (bpf/types.h); the runtime's is its size, generously.
const (
	maxRuntimeOffset     = 1 << 20
	maxThreadStateOffset = 256 - 8
	maxFrameOffset       = 128 - 8
	maxCodeOffset        = 512
	maxObjectOffset      = 128
)
