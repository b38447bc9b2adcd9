package cpython

// LineTableForm is how a version writes where its instructions come from.
type LineTableForm int

// The forms, oldest first.
const (
	// FormLineDeltasUnsigned is co_lnotab of 2.7 (Objects/lnotab_notes.txt).
	FormLineDeltasUnsigned LineTableForm = iota
	// FormLineDeltas is co_lnotab of 3.6 to 3.9: line steps are signed.
	FormLineDeltas
	// FormLineRanges is co_linetable of 3.10 (PEP 626).
	FormLineRanges
	// FormLocations is co_linetable from 3.11 on (PEP 657), with columns.
	FormLocations
)

// lineOfDeltas walks pairs (bytecode step, line step), from a table of which
// the pairs up to the byte offset count.
func lineOfDeltas(table []byte, line, byteOffset int, signed bool) int {
	at := 0
	for ; len(table) >= 2; table = table[2:] {
		at += int(table[0])
		if at > byteOffset {
			break
		}
		if signed {
			line += int(int8(table[1]))
		} else {
			line += int(table[1])
		}
	}
	return line
}

// noLine marks a range of 3.10 that belongs to no line.
const noLine = -128

// lineOfRanges walks pairs (bytes of bytecode, line step): each is a range.
// Code without a line has that of the code before it, or the first.
func lineOfRanges(table []byte, firstLine, byteOffset int) int {
	line, known, end := firstLine, firstLine, 0
	for ; len(table) >= 2; table = table[2:] {
		end += int(table[0])
		if step := int(int8(table[1])); step != noLine {
			line += step
			// A range of no length only moves the line.
			if table[0] != 0 {
				known = line
			}
		}
		if byteOffset < end {
			return known
		}
	}
	return firstLine
}
