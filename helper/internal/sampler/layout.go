package sampler

import "emberline/helper/internal/cpython"

// layoutOf says in BPF's terms where a build keeps what.
func layoutOf(o *cpython.Offsets) bpfPythonOffsets {
	identity := o.CodeLineTable + 8 - int(bpfLimitCODE_IDENTITY_BYTES)
	name := o.CodeQualname
	if name < 0 {
		name = o.CodeName
	}
	layout := bpfPythonOffsets{
		TstateFrame:        uint16(o.TStateFrame),
		TstateThreadId:     uint16(o.TStateThreadID),
		TstateNext:         uint16(o.TStateNext),
		InterpreterThreads: uint16(o.InterpreterThreadsHead),
		InterpreterNext:    uint16(o.InterpreterNext),
		FramePrevious:      uint16(o.FramePrevious),
		FrameCode:          uint16(o.FrameCode),
		FrameInstr:         uint16(o.FrameInstr),
		FrameBytes:         uint16(o.FrameBytes),
		WindowBytes:        uint16(bpfLimitWINDOW_BYTES),
		CodeIdentity:       uint16(identity),
		CodeFilename:       uint16(o.CodeFilename - identity),
		CodeQualname:       uint16(name - identity),
		CodeLineTable:      uint16(o.CodeLineTable - identity),
		CodeFirstLine:      uint16(o.CodeFirstLine - identity),
		UnicodeLength:      uint16(o.UnicodeLength),
		UnicodeState:       uint16(o.UnicodeState),
		UnicodeAscii:       uint16(o.UnicodeASCII),
		UnicodeCompact:     uint16(o.UnicodeCompact),
		UnicodeKindShift:   uint16(o.UnicodeKindShift),
		UnicodeCompactMask: uint32(o.UnicodeCompactMask),
		UnicodeAsciiMask:   uint32(o.UnicodeASCIIMask),
		BytesSize:          uint16(o.BytesSize),
		BytesData:          uint16(o.BytesData),
		CodeTagMask:        uint16(o.FrameCodeTagMask),
		EntryOwner:         uint16(o.FrameEntryOwner),
		NamesAreBytes:      flag(o.NamesAreBytes),
		LastiUnit:          uint8(o.LastiUnit),
	}
	if o.LastiUnit == 0 {
		layout.InstrIsPointer, layout.CodeAdaptive = 1, uint16(o.CodeAdaptive)
		layout.FrameOwner = uint16(o.FrameOwner)
	} else {
		// Frames are objects of their own, each elsewhere.
		layout.WindowBytes = uint16(bpfLimitFRAME_BYTES)
	}
	if o.CFrameCurrentFrame >= 0 {
		layout.HasCframe, layout.CframeCurrentFrame = 1, uint16(o.CFrameCurrentFrame)
		layout.CframePrevious = uint16(o.CFramePrevious)
	}
	if o.FrameIsEntry >= 0 {
		layout.HasIsEntry, layout.FrameIsEntry = 1, uint16(o.FrameIsEntry)
	}
	if !o.CodeHasVersion {
		layout.CodeName = uint16(o.CodeName - identity)
	}
	if o.CodeTLBC >= 0 {
		layout.HasTlbc, layout.CodeTlbc, layout.FrameTlbcIndex = 1, uint16(o.CodeTLBC), uint16(o.FrameTLBCIndex)
	}
	if o.CodeQualname < 0 {
		layout.ClassFromSelf = 1
		layout.FrameLocals = uint16(o.FrameLocals)
		layout.CodeArgcount, layout.CodeVarnames = uint16(o.CodeArgcount), uint16(o.CodeVarnames)
		layout.TupleItems, layout.ObjectType = uint16(o.TupleItems), uint16(o.ObjectType)
		layout.TypeName, layout.TypeFlags = uint16(o.TypeName), uint16(o.TypeFlags)
	}
	return layout
}

func flag(on bool) uint8 {
	if on {
		return 1
	}
	return 0
}

// setAccess says in BPF's terms how a thread finds its thread state.
func setAccess(entry *bpfProcess, access *cpython.Access) {
	entry.Tss = bpfTssLayout{
		FirstLevel: access.TSS.FirstLevel, SecondLevel: access.TSS.SecondLevel,
		Stride: access.TSS.Stride, IsMusl: uint32(flag(access.TSS.Musl)),
	}
	entry.TssKey = -1
	switch {
	case access.List != nil:
		entry.Access = uint32(bpfThreadStateAccessACCESS_LIST)
		entry.CurrentAddress, entry.InterpretersAddress = access.List.CurrentAddress, access.List.InterpretersAddress
	case access.TLSOffset != nil:
		entry.Access, entry.TlsOffset = uint32(bpfThreadStateAccessACCESS_TLS_OFFSET), *access.TLSOffset
	case access.Module != nil:
		entry.Access = uint32(bpfThreadStateAccessACCESS_TLS_MODULE)
		entry.TlsVectorOffset, entry.TlsOffset = access.Module.VectorOffset, int64(access.Module.Offset)
	case access.Key != nil:
		entry.Access, entry.TssKey = uint32(bpfThreadStateAccessACCESS_TSS_KEY), *access.Key
	default:
		entry.Access, entry.TssKeyAddress = uint32(bpfThreadStateAccessACCESS_TSS_KEY), access.KeyAddress
	}
}
