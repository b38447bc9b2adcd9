package unwind

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
	// atFrame: at the address that the frame pointer holds.
	atFrame
	elsewhere
)

// state is the row that a program of call frame instructions is building.
type state struct {
	register uint64
	offset   int64
	// expression of the CFA, nil for register + offset.
	expression []byte
	// frame is the caller's frame pointer, ret its return address.
	frame, ret place
}

// maxRemembered bounds the stack of DW_CFA_remember_state; compilers nest two deep.
const maxRemembered = 32

// machine runs a program of call frame instructions.
type machine struct {
	f    function
	arch *architecture
	// visit is told each row: from where in the code on its state holds.
	visit      func(address uint64, s *state)
	state      state
	remembered []state
	address    uint64
}

// start runs the program that the functions of a CIE share.
func (m *machine) start(common *cie) bool {
	m.f = function{common: common}
	return m.execute(common.program)
}

// run visits every row of a function. A program that is not understood leaves the
// rest of its function to a nil state.
func (m *machine) run(f function) {
	m.f, m.address, m.state = f, f.start, f.common.initial
	m.remembered = m.remembered[:0]
	if f.common.isUnderstood && m.execute(f.program) {
		m.emit()
		return
	}
	m.visit(m.address, nil)
}

func (m *machine) emit() {
	if m.visit != nil {
		m.visit(m.address, &m.state)
	}
}

func (m *machine) advance(steps uint64) {
	m.emit()
	m.address += steps * m.f.common.codeAlign
}

func (m *machine) execute(program []byte) bool {
	r := &reader{data: program}
	for r.left() > 0 && r.err == nil && m.address-m.f.start <= m.f.end-m.f.start {
		op := r.u8()
		low := uint64(op &^ cfaHigh)
		ok := true
		switch op & cfaHigh {
		case cfaAdvance:
			m.advance(low)
		case cfaOffset:
			m.set(low, place{saved, int64(r.uleb()) * m.f.common.dataAlign})
		case cfaRestore:
			m.restore(low)
		default:
			ok = m.move(op, r) || m.define(op, r) || m.place(op, r)
		}
		if !ok {
			return false
		}
	}
	return r.err == nil
}

// move is the instructions that go on in the code, or back to an earlier state.
func (m *machine) move(op uint8, r *reader) bool {
	switch op {
	case cfaNop:
	case cfaAdvance1:
		m.advance(uint64(r.u8()))
	case cfaAdvance2:
		m.advance(uint64(r.u16()))
	case cfaAdvance4:
		m.advance(uint64(r.u32()))
	case cfaRemember:
		if len(m.remembered) >= maxRemembered {
			return false
		}
		m.remembered = append(m.remembered, m.state)
	case cfaRestoreAll:
		last := len(m.remembered) - 1
		if last < 0 {
			return false
		}
		m.state, m.remembered = m.remembered[last], m.remembered[:last]
	case cfaGNUArgsSize:
		r.uleb()
	case cfaNegateRA, cfaNegateRAPC:
		// A walker strips every return address of its signature, which leaves those
		// that have none as they are, so no rule tells them apart.
		return m.arch.signsReturns
	default: // DW_CFA_set_loc, which no compiler writes into .eh_frame, among them
		return false
	}
	return true
}

// define is the instructions that say what the CFA is.
func (m *machine) define(op uint8, r *reader) bool {
	s, align := &m.state, m.f.common.dataAlign
	switch op {
	case cfaDefCFA:
		s.register, s.offset, s.expression = r.uleb(), int64(r.uleb()), nil
	case cfaDefCFASF:
		s.register, s.offset, s.expression = r.uleb(), r.sleb()*align, nil
	case cfaDefRegister:
		s.register, s.expression = r.uleb(), nil
	case cfaDefOffset:
		s.offset = int64(r.uleb())
	case cfaDefOffsetSF:
		s.offset = r.sleb() * align
	case cfaDefExpr:
		s.expression = r.block()
	default:
		return false
	}
	return true
}

// place is the instructions that say where a register of the caller is.
func (m *machine) place(op uint8, r *reader) bool {
	align := m.f.common.dataAlign
	if op < cfaOffsetExt || op > cfaValExpr && op != cfaGNUNegative {
		return false
	}
	register := r.uleb()
	where := place{how: elsewhere}
	switch op {
	case cfaOffsetExt:
		where = place{saved, int64(r.uleb()) * align}
	case cfaOffsetSF:
		where = place{saved, r.sleb() * align}
	case cfaGNUNegative:
		where = place{saved, -int64(r.uleb()) * align}
	case cfaRestoreExt:
		m.restore(register)
		return true
	case cfaUndefined:
		where.how = undefined
	case cfaSameValue:
		where.how = unchanged
	case cfaRegister, cfaValOffset, cfaValOffsetSF:
		r.uleb()
	case cfaExpression:
		if isFrameItself(r.block()) && m.arch.frame == regRBP {
			where.how = atFrame
		}
	case cfaValExpr:
		r.block()
	default:
		return false
	}
	m.set(register, where)
	return true
}

func (m *machine) set(register uint64, where place) {
	switch register {
	case m.arch.frame:
		m.state.frame = where
	case m.f.common.returnColumn:
		m.state.ret = where
	}
}

func (m *machine) restore(register uint64) {
	switch register {
	case m.arch.frame:
		m.state.frame = m.f.common.initial.frame
	case m.f.common.returnColumn:
		m.state.ret = m.f.common.initial.ret
	}
}
