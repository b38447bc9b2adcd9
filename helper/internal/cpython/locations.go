package cpython

// Forms of a location entry (CPython Objects/locations.md, 3.11+).
const (
	formOneLine0  = 10
	formOneLine2  = 12
	formNoColumns = 13
	formLong      = 14
	formNone      = 15
)

// codeUnit is the size of a bytecode instruction or inline cache, in bytes.
const codeUnit = 2

// locationReader steps through co_linetable. It stops at the table's end and at
// an entry that is cut short, and never reads past either.
type locationReader struct {
	table []byte
	// line is the running line that deltas add to.
	line int
	// end is the byte offset in the bytecode at which the current entry ends.
	end int
	// location of the current entry; Line is 0 when it has none.
	location Location
	cut      bool
}

func (r *locationReader) next() bool {
	if len(r.table) == 0 || r.table[0]&0x80 == 0 {
		return false
	}
	first := r.byte()
	form := int(first >> 3 & 15)
	r.end += (int(first&7) + 1) * codeUnit
	switch {
	case form < formOneLine0:
		second := int(r.byte())
		column := form<<3 | second>>4&7
		r.location = Location{r.line, r.line, column, column + second&15}
	case form <= formOneLine2:
		r.line += form - formOneLine0
		column := int(r.byte())
		r.location = Location{r.line, r.line, column, int(r.byte())}
	case form == formNoColumns:
		r.line += r.signed()
		r.location = Location{r.line, r.line, -1, -1}
	case form == formLong:
		r.line += r.signed()
		r.location = Location{Line: r.line, EndLine: r.line + r.unsigned()}
		r.location.Column, r.location.EndColumn = r.unsigned()-1, r.unsigned()-1
	case form == formNone:
		r.location = Location{Column: -1, EndColumn: -1}
	}
	return !r.cut
}

func (r *locationReader) byte() byte {
	if len(r.table) == 0 {
		r.cut = true
		return 0
	}
	value := r.table[0]
	r.table = r.table[1:]
	return value
}

// unsigned reads a varint: groups of six bits, lowest first, bit 6 tells that
// another follows. No line or column needs more than 32 bits.
func (r *locationReader) unsigned() int {
	value := 0
	for shift := 0; shift < 36; shift += 6 {
		group := r.byte()
		value |= int(group&63) << shift
		if group&64 == 0 {
			return value
		}
	}
	r.cut = true
	return 0
}

// signed reads a varint whose lowest bit is the sign.
func (r *locationReader) signed() int {
	value := r.unsigned()
	if value&1 != 0 {
		return -(value >> 1)
	}
	return value >> 1
}
