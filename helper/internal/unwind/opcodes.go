package unwind

// DWARF register numbers of x86-64 (System V ABI, figure 3.36).
const (
	regRBP = 6
	regRSP = 7
)

// DWARF register numbers of 64-bit Arm (aadwarf64, 4.1).
const (
	regX29 = 29
	regSP  = 31
)

// Call frame instructions (DWARF 5, 6.4.2 and 7.24).
const (
	cfaAdvance     = 0x40
	cfaOffset      = 0x80
	cfaRestore     = 0xc0
	cfaHigh        = 0xc0
	cfaNop         = 0x00
	cfaSetLoc      = 0x01
	cfaAdvance1    = 0x02
	cfaAdvance2    = 0x03
	cfaAdvance4    = 0x04
	cfaOffsetExt   = 0x05
	cfaRestoreExt  = 0x06
	cfaUndefined   = 0x07
	cfaSameValue   = 0x08
	cfaRegister    = 0x09
	cfaRemember    = 0x0a
	cfaRestoreAll  = 0x0b
	cfaDefCFA      = 0x0c
	cfaDefRegister = 0x0d
	cfaDefOffset   = 0x0e
	cfaDefExpr     = 0x0f
	cfaExpression  = 0x10
	cfaOffsetSF    = 0x11
	cfaDefCFASF    = 0x12
	cfaDefOffsetSF = 0x13
	cfaValOffset   = 0x14
	cfaValOffsetSF = 0x15
	cfaValExpr     = 0x16
	// Pointer authentication of 64-bit Arm (aadwarf64, 4.4.1): from here on the return
	// address is signed, or no longer. Neither has operands. Other machines use the
	// first for other things.
	cfaNegateRA    = 0x2d
	cfaNegateRAPC  = 0x2c
	cfaGNUArgsSize = 0x2e
	cfaGNUNegative = 0x2f
)

// Operations of expressions (DWARF 5, 7.7.1), as far as they are recognised.
const (
	opDeref     = 0x06
	opAnd       = 0x1a
	opPlus      = 0x22
	opPlusConst = 0x23
	opShl       = 0x24
	opGe        = 0x2a
	opLit3      = 0x33
	opLit10     = 0x3a
	opLit11     = 0x3b
	opLit15     = 0x3f
	opBreg6     = 0x76
	opBreg7     = 0x77
	opBreg16    = 0x80
)
