package cpython

// Code is what a code object says about itself.
type Code struct {
	// Filename as compiled: absolute mostly, "<frozen …>" or "<string>" without a file.
	Filename string
	// Qualname is the function's dotted name; before 3.11 its bare one.
	Qualname  string
	FirstLine int
	LineTable []byte
	Form      LineTableForm
}

// Location is a range of source. Lines count from 1, 0 is unknown; columns are
// UTF-8 byte columns from 0, -1 is unknown.
type Location struct {
	Line, EndLine, Column, EndColumn int
}

// Location of the instruction at a byte offset into the bytecode. Code without
// a line (exception clean-up) has that of the code before it; offsets out of
// range, and a frame that has not begun, have the first line.
func (c *Code) Location(byteOffset int) Location {
	place := Location{Line: c.FirstLine, EndLine: c.FirstLine, Column: -1, EndColumn: -1}
	if byteOffset < 0 {
		return place
	}
	switch c.Form {
	case FormLocations:
		return c.location(byteOffset)
	case FormLineRanges:
		place.Line = lineOfRanges(c.LineTable, c.FirstLine, byteOffset)
	default:
		place.Line = lineOfDeltas(c.LineTable, c.FirstLine, byteOffset, c.Form == FormLineDeltas)
	}
	place.EndLine = place.Line
	return place
}

// location is from the table of 3.11 and later.
func (c *Code) location(byteOffset int) Location {
	place := Location{Line: c.FirstLine, EndLine: c.FirstLine, Column: -1, EndColumn: -1}
	entries := locationReader{table: c.LineTable, line: c.FirstLine}
	for entries.next() {
		if entries.location.Line > 0 {
			place = entries.location
		}
		if byteOffset < entries.end {
			return place
		}
	}
	return Location{Line: c.FirstLine, EndLine: c.FirstLine, Column: -1, EndColumn: -1}
}
