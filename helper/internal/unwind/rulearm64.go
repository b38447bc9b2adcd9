package unwind

// RuleARM64 is a Rule of code for 64-bit Arm:
//
//	bits 0-2   Kind: None, StackPointer (CFA = SP + offset), FramePointer
//	           (CFA = X29 + offset), Signal, End or Unsupported
//	bit  3     X29 is saved, 8 bytes below the return address
//	bit  4     the return address is saved; else it is in X30, which only the
//	           innermost frame and the one that a signal interrupted can have
//	bit  5     bits 6-15 count from the register of the CFA up, not from the CFA down
//	bits 6-15  where the return address is saved, in units of 8 bytes
//	bits 16-31 CFA offset in units of 16 bytes, to which SP is aligned (aapcs64, 6.4.5.1)
//
// gcc puts the pair of X29 and X30 at the end of the frame near SP, clang near the
// CFA, so that either is near in frames of any size.
//
// A return address may be signed (pointer authentication): who walks keeps the bits
// of an address only, whether it is signed or not.
type RuleARM64 uint32

const (
	arm64SavedBit    = 1 << 4
	arm64UpBit       = 1 << 5
	arm64PlaceShift  = 6
	arm64PlaceMax    = 1<<10 - 1
	arm64CFAShift    = 16
	arm64CFAMax      = 1<<16 - 1
	arm64StackAlign  = 16
	arm64Unsupported = RuleARM64(Unsupported)
)

// NewRuleARM64 packs a rule. cfaOffset is in bytes; savedX30 the bytes below the
// CFA at which the return address is, 0 when it is in X30; isX29Saved when the
// caller's X29 is below it. It is Unsupported when an offset cannot be told.
func NewRuleARM64(kind Kind, cfaOffset, savedX30 int64, isX29Saved bool) RuleARM64 {
	if cfaOffset < 0 || cfaOffset%arm64StackAlign != 0 || cfaOffset/arm64StackAlign > arm64CFAMax {
		return arm64Unsupported
	}
	rule := RuleARM64(kind) | RuleARM64(cfaOffset/arm64StackAlign)<<arm64CFAShift
	if savedX30 == 0 {
		return rule
	}
	if savedX30 < 0 || savedX30%slot != 0 {
		return arm64Unsupported
	}
	rule |= arm64SavedBit
	if isX29Saved {
		rule |= savedBit
	}
	place := savedX30 / slot
	if place > arm64PlaceMax {
		place = (cfaOffset - savedX30) / slot
		rule |= arm64UpBit
	}
	if place < 0 || place > arm64PlaceMax {
		return arm64Unsupported
	}
	return rule | RuleARM64(place)<<arm64PlaceShift
}

// Kind of the rule.
func (r RuleARM64) Kind() Kind { return Rule(r).Kind() }

// CFAOffset in bytes.
func (r RuleARM64) CFAOffset() int64 { return int64(r>>arm64CFAShift) * arm64StackAlign }

// IsX29Saved tells whether the frame has saved X29.
func (r RuleARM64) IsX29Saved() bool { return r&savedBit != 0 }

// SavedX30 is the bytes below the CFA at which the return address is, 0 when it is in X30.
func (r RuleARM64) SavedX30() int64 {
	place := int64(r>>arm64PlaceShift&arm64PlaceMax) * slot
	switch {
	case r&arm64SavedBit == 0:
		return 0
	case r&arm64UpBit != 0:
		return r.CFAOffset() - place
	}
	return place
}
