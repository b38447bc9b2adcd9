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
// byte offsets of its u64 members.
type debugLayout struct {
	size                         int
	interpretersHead             int
	currentFrame, threadID       int
	framePrevious, frameCode     int
	frameInstr, frameOwner       int
	codeFilename, codeQualname   int
	codeLineTable, codeFirstLine int
	codeAdaptive                 int
	bytesSize, bytesData         int
	unicodeState, unicodeLength  int
	unicodeASCIISize             int
	// What the struct does not tell.
	tssKey, entryOwner, codeTagMask int
}

// debugLayouts by minor version. Everything is read from the process's own
// struct except the last line of each: autoTSSkey and the meaning of owner and
// tag are not in it and come from the headers.
var debugLayouts = map[int]debugLayout{
	13: {
		size:             584,
		interpretersHead: 40,
		currentFrame:     184, threadID: 192,
		framePrevious: 232, frameCode: 240, frameInstr: 248, frameOwner: 264,
		codeFilename: 280, codeQualname: 296, codeLineTable: 304, codeFirstLine: 312, codeAdaptive: 344,
		bytesSize: 520, bytesData: 528,
		unicodeState: 544, unicodeLength: 552, unicodeASCIISize: 560,
		tssKey: 2160, entryOwner: 3, codeTagMask: 0,
	},
	14: {
		size:             760,
		interpretersHead: 40,
		currentFrame:     208, threadID: 216,
		framePrevious: 256, frameCode: 264, frameInstr: 272, frameOwner: 288,
		codeFilename: 320, codeQualname: 336, codeLineTable: 344, codeFirstLine: 352, codeAdaptive: 384,
		bytesSize: 600, bytesData: 608,
		unicodeState: 624, unicodeLength: 632, unicodeASCIISize: 640,
		tssKey: 2336, entryOwner: 3, codeTagMask: 3,
	},
}

// parseDebugOffsets reads the struct at the start of _PyRuntime. The members
// are checked against the bounds that the sampler reads within, so that a build
// that is laid out otherwise is refused rather than misread.
func parseDebugOffsets(data []byte, version Version) (Offsets, error) {
	layout, ok := debugLayouts[version.Minor]
	if !ok {
		return Offsets{}, fmt.Errorf("the layout of its debug offsets is not known yet")
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
	o := shared
	o.RuntimeInterpretersHead = get(layout.interpretersHead, maxRuntimeOffset)
	o.TStateFrame = get(layout.currentFrame, maxThreadStateOffset)
	o.TStateThreadID = get(layout.threadID, maxThreadStateOffset)
	o.FramePrevious = get(layout.framePrevious, maxFrameOffset)
	o.FrameCode = get(layout.frameCode, maxFrameOffset)
	o.FrameInstr = get(layout.frameInstr, maxFrameOffset)
	o.FrameOwner = get(layout.frameOwner, maxFrameOffset)
	o.CodeFilename = get(layout.codeFilename, maxCodeOffset)
	o.CodeQualname = get(layout.codeQualname, maxCodeOffset)
	o.CodeLineTable = get(layout.codeLineTable, maxCodeOffset)
	o.CodeFirstLine = get(layout.codeFirstLine, maxCodeOffset)
	o.CodeAdaptive = get(layout.codeAdaptive, maxCodeOffset)
	o.BytesSize = get(layout.bytesSize, maxObjectOffset)
	o.BytesData = get(layout.bytesData, maxObjectOffset)
	o.UnicodeState = get(layout.unicodeState, maxObjectOffset)
	o.UnicodeLength = get(layout.unicodeLength, maxObjectOffset)
	o.UnicodeASCII = get(layout.unicodeASCIISize, maxObjectOffset)
	// PyCompactUnicodeObject adds utf8_length and utf8 to PyASCIIObject.
	o.UnicodeCompact = o.UnicodeASCII + 16
	o.RuntimeTSSKey = layout.tssKey
	o.FrameEntryOwner = layout.entryOwner
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
