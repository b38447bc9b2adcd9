package cpython

import (
	"encoding/hex"
	"encoding/json"
	"strings"
	"testing"

	"emberline/helper/internal/pythontest"
)

// dumpLines prints, for every code object of some modules with unusual code,
// its first line, its table and, for each byte offset at which an instruction
// can be, what the interpreter itself makes of it: line, end line, column, end
// column, with -1 for a column and 0 for a line that it does not tell.
const dumpLines = `
import dis, json, sys, types
import argparse, collections, difflib, inspect, pickle, re, tarfile, textwrap, unittest, zipfile
def codes(code):
    yield code
    for const in code.co_consts:
        if isinstance(const, types.CodeType):
            for inner in codes(const):
                yield inner
def places(code):
    if hasattr(code, "co_positions"):
        return [[x or 0 if i < 2 else -1 if x is None else x for i, x in enumerate(p)] for p in code.co_positions()]
    if hasattr(code, "co_lines"):
        return [[line or 0] for start, end, line in code.co_lines() for _ in range(start, end, 2)]
    starts, line, lines = dict(dis.findlinestarts(code)), code.co_firstlineno, []
    for offset in range(len(code.co_code)):
        line = starts.get(offset, line)
        lines.append([line])
    return lines
for module in (argparse, collections, difflib, inspect, pickle, re, tarfile, textwrap, unittest, zipfile):
    path = module.__file__.replace(".pyc", ".py")
    for code in codes(compile(open(path, "rb").read(), path, "exec")):
        table = getattr(code, "co_linetable", None) or code.co_lnotab
        print(json.dumps([code.co_firstlineno, "".join("%02x" % b for b in bytearray(table)), places(code)]))
`

func TestLocationsEqualTheInterpretersOwn(t *testing.T) {
	pythontest.Each(t, func(t *testing.T, python *pythontest.Interpreter) {
		t.Parallel()
		out, err := python.Command("-W", "ignore", "-c", dumpLines).Output()
		if err != nil {
			t.Fatal(err)
		}
		form, unit := formOf(t, python.Version)
		codes := 0
		for line := range strings.Lines(string(out)) {
			codes++
			checkPlaces(t, line, form, unit)
		}
		if codes < 500 {
			t.Errorf("only %d code objects", codes)
		}
	})
}

// formOf returns a version's table form and the bytes between the places it is asked for.
func formOf(t *testing.T, version string) (LineTableForm, int) {
	t.Helper()
	parts := versionFromText([]byte(version), "/python"+version)
	o, err := OffsetsOf(parts, false, make([]byte, debugMaxBytes))
	if err != nil {
		t.Fatal(err)
	}
	if o.Form < FormLineRanges {
		return o.Form, 1
	}
	return o.Form, codeUnit
}

func checkPlaces(t *testing.T, line string, form LineTableForm, unit int) {
	t.Helper()
	var row []json.RawMessage
	var table string
	var places [][]int
	code := Code{Form: form}
	if err := json.Unmarshal([]byte(line), &row); err != nil {
		t.Fatal(err)
	}
	for i, into := range []any{&code.FirstLine, &table, &places} {
		if err := json.Unmarshal(row[i], into); err != nil {
			t.Fatal(err)
		}
	}
	var err error
	if code.LineTable, err = hex.DecodeString(table); err != nil {
		t.Fatal(err)
	}
	last := Location{code.FirstLine, code.FirstLine, -1, -1}
	for i, place := range places {
		want := Location{place[0], place[0], -1, -1}
		if len(place) == 4 {
			want = Location{place[0], place[1], place[2], place[3]}
		}
		if want.Line == 0 {
			want = last // no location: that of the code before it
		}
		if got := code.Location(i * unit); got != want {
			t.Fatalf("code at line %d, offset %d: %+v, want %+v", code.FirstLine, i*unit, got, want)
		}
		last = want
	}
}

func TestLocationOutsideTheTable(t *testing.T) {
	first := Location{7, 7, -1, -1}
	tests := []struct {
		code Code
		want map[int]Location
	}{
		// Two units, columns 1 to 3.
		{Code{FirstLine: 7, Form: FormLocations, LineTable: []byte{0x80 | 0<<3 | 1, 0x12}},
			map[int]Location{-2: first, 0: {7, 7, 1, 3}, 3: {7, 7, 1, 3}, 4: first, 1 << 30: first}},
		{Code{FirstLine: 7, Form: FormLineRanges, LineTable: []byte{4, 1}},
			map[int]Location{-2: first, 0: {8, 8, -1, -1}, 4: first}},
		{Code{FirstLine: 7, Form: FormLineDeltas, LineTable: []byte{4, 0xff}},
			map[int]Location{-1: first, 3: first, 4: {6, 6, -1, -1}, 1 << 30: {6, 6, -1, -1}}},
		{Code{FirstLine: 7, Form: FormLineDeltasUnsigned, LineTable: []byte{4, 0xff, 9}},
			map[int]Location{3: first, 4: {262, 262, -1, -1}}},
	}
	for _, test := range tests {
		for offset, want := range test.want {
			if got := test.code.Location(offset); got != want {
				t.Errorf("form %d at %d: %+v, want %+v", test.code.Form, offset, got, want)
			}
		}
	}
}

func FuzzLocation(f *testing.F) {
	f.Add([]byte{0x81, 0x12, 0xf0, 0x7f}, 3)
	f.Add([]byte{0x80 | 14<<3, 0x40, 0x40, 0x40, 0x40, 0x40, 0x40, 0x40}, 1)
	f.Fuzz(func(t *testing.T, table []byte, offset int) {
		for form := FormLineDeltasUnsigned; form <= FormLocations; form++ {
			code := Code{FirstLine: 1, LineTable: table, Form: form}
			code.Location(offset)
		}
	})
}
