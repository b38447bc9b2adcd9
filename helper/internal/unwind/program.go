package unwind

// DWARF register numbers of x86-64 (System V ABI, figure 3.36).
const (
	regRBP = 6
	regRSP = 7
	regRIP = 16
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
	cfaGNUArgsSize = 0x2e
	cfaGNUNegative = 0x2f
)

// place is where a register of the caller is.
type place struct {
	how placeKind
	// offset from the CFA, for saved.
	offset int64
}

type placeKind uint8

const (
	unchanged placeKind = iota
	saved
	undefined
	elsewhere
)

// state is the row that a program of call frame instructions is building.
type state struct {
	register uint64
	offset   int64
	// expression of the CFA, nil for register + offset.
	expression []byte
	rbp, rip   place
}

// maxRemembered bounds the stack of DW_CFA_remember_state; compilers nest two deep.
const maxRemembered = 32

// rows runs a function's program and visits each row: from where in the code on
// its rule holds. A program that is not understood leaves the rest of its
// function to Unsupported.
func (f *function) rows(visit func(address uint64, rule Rule)) {
	initial := state{}
	m := machine{f: f, state: &initial, address: f.start}
	ok := m.run(f.common.initial)
	current := initial
	m = machine{f: f, state: &current, initial: initial, address: f.start, visit: visit}
	if ok && m.run(f.program) {
		m.emit()
		return
	}
	visit(m.address, Rule(Unsupported))
}

type machine struct {
	f          *function
	state      *state
	initial    state
	remembered []state
	address    uint64
	visit      func(uint64, Rule)
}

func (m *machine) emit() {
	if m.visit != nil {
		m.visit(m.address, m.state.rule(m.f.common.isSignalFrame))
	}
}

func (m *machine) advance(steps uint64) {
	m.emit()
	m.address += steps * m.f.common.codeAlign
}

func (m *machine) run(program []byte) bool {
	r := &reader{data: program}
	align := m.f.common.dataAlign
	for r.left() > 0 && r.err == nil && m.address <= m.f.end {
		op := r.u8()
		low := uint64(op &^ cfaHigh)
		switch op & cfaHigh {
		case cfaAdvance:
			m.advance(low)
			continue
		case cfaOffset:
			m.set(low, place{saved, int64(r.uleb()) * align})
			continue
		case cfaRestore:
			m.restore(low)
			continue
		}
		switch op {
		case cfaNop:
		case cfaAdvance1:
			m.advance(uint64(r.u8()))
		case cfaAdvance2:
			m.advance(uint64(r.u16()))
		case cfaAdvance4:
			m.advance(uint64(r.u32()))
		case cfaOffsetExt:
			register := r.uleb()
			m.set(register, place{saved, int64(r.uleb()) * align})
		case cfaOffsetSF:
			register := r.uleb()
			m.set(register, place{saved, r.sleb() * align})
		case cfaGNUNegative:
			register := r.uleb()
			m.set(register, place{saved, -int64(r.uleb()) * align})
		case cfaRestoreExt:
			m.restore(r.uleb())
		case cfaUndefined:
			m.set(r.uleb(), place{how: undefined})
		case cfaSameValue:
			m.set(r.uleb(), place{how: unchanged})
		case cfaRegister:
			register := r.uleb()
			r.uleb()
			m.set(register, place{how: elsewhere})
		case cfaValOffset, cfaValOffsetSF:
			register := r.uleb()
			r.uleb()
			m.set(register, place{how: elsewhere})
		case cfaExpression, cfaValExpr:
			register := r.uleb()
			r.bytes(int(min(r.uleb(), uint64(len(program)))))
			m.set(register, place{how: elsewhere})
		case cfaRemember:
			if len(m.remembered) >= maxRemembered {
				return false
			}
			m.remembered = append(m.remembered, *m.state)
		case cfaRestoreAll:
			if len(m.remembered) == 0 {
				return false
			}
			*m.state = m.remembered[len(m.remembered)-1]
			m.remembered = m.remembered[:len(m.remembered)-1]
		case cfaDefCFA:
			m.state.register, m.state.offset, m.state.expression = r.uleb(), int64(r.uleb()), nil
		case cfaDefCFASF:
			m.state.register, m.state.offset, m.state.expression = r.uleb(), r.sleb()*align, nil
		case cfaDefRegister:
			m.state.register, m.state.expression = r.uleb(), nil
		case cfaDefOffset:
			m.state.offset = int64(r.uleb())
		case cfaDefOffsetSF:
			m.state.offset = r.sleb() * align
		case cfaDefExpr:
			m.state.expression = r.bytes(int(min(r.uleb(), uint64(len(program)))))
		case cfaGNUArgsSize:
			r.uleb()
		default: // DW_CFA_set_loc, which no compiler writes into .eh_frame, among them
			return false
		}
	}
	return r.err == nil
}

func (m *machine) set(register uint64, where place) {
	switch register {
	case regRBP:
		m.state.rbp = where
	case m.f.common.returnColumn:
		m.state.rip = where
	}
}

func (m *machine) restore(register uint64) {
	switch register {
	case regRBP:
		m.state.rbp = m.initial.rbp
	case m.f.common.returnColumn:
		m.state.rip = m.initial.rip
	}
}

// rule packs the row; what cannot be told in a Rule is Unsupported.
func (s *state) rule(isSignalFrame bool) Rule {
	switch {
	case isSignalFrame:
		return Rule(Signal)
	case s.rip.how == undefined:
		return Rule(End)
	case s.expression != nil:
		if isPLT(s.expression) {
			return Rule(PLT)
		}
		return Rule(Unsupported)
	case s.rip != place{saved, returnAtCFA}, s.rbp.how == elsewhere:
		return Rule(Unsupported)
	}
	kind := StackPointer
	switch s.register {
	case regRSP:
	case regRBP:
		kind = FramePointer
	default:
		return Rule(Unsupported)
	}
	var savedRBP int64
	if s.rbp.how == saved {
		savedRBP = -s.rbp.offset
		if savedRBP <= 0 {
			return Rule(Unsupported)
		}
	}
	rule, _ := NewRule(kind, s.offset, savedRBP)
	return rule
}

// isPLT recognises the expression of GNU ld and lld for .plt:
// RSP + 8 + ((RIP & 15) >= 11) << 3, and that of .plt.sec variants with another limit.
func isPLT(expression []byte) bool {
	const breg7, breg16, lit15, and, lit11, ge, lit3, shl, plus = 0x77, 0x80, 0x3f, 0x1a, 0x3b, 0x2a, 0x33, 0x24, 0x22
	return string(expression) == string([]byte{breg7, 8, breg16, 0, lit15, and, lit11, ge, lit3, shl, plus})
}
