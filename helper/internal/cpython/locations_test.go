package cpython

import (
	"encoding/hex"
	"encoding/json"
	"os/exec"
	"strings"
	"testing"
)

// dumpPositions prints, for every code object of some modules with unusual
// code, its table and what the interpreter itself makes of it.
const dumpPositions = `
import json, sys, types
import argparse, ast, asyncio.base_events, dataclasses, decimal, difflib, doctest, enum, inspect, json.decoder
import logging, pickle, re, statistics, tarfile, textwrap, typing, unittest.mock, zipfile
def codes(code):
    yield code
    for const in code.co_consts:
        if isinstance(const, types.CodeType):
            yield from codes(const)
for module in list(sys.modules.values()):
    path = getattr(module, "__file__", None)
    if not path or not path.endswith(".py"):
        continue
    for code in codes(compile(open(path, "rb").read(), path, "exec")):
        print(json.dumps([code.co_firstlineno, code.co_linetable.hex(), [[x or 0 if i < 2 else -1 if x is None else x for i, x in enumerate(p)] for p in code.co_positions()]]))
`

func TestLocationsEqualTheInterpretersOwn(t *testing.T) {
	for path, version := range interpreters(t) {
		if strings.HasPrefix(version, "2.") || !strings.HasPrefix(version, "3.1") || version < "3.11" {
			continue
		}
		t.Run(version, func(t *testing.T) {
			out, err := exec.Command(path, "-c", dumpPositions).Output()
			if err != nil {
				t.Fatal(err)
			}
			codes := 0
			for line := range strings.Lines(string(out)) {
				codes++
				checkPositions(t, line)
			}
			if codes < 1000 {
				t.Errorf("only %d code objects", codes)
			}
		})
	}
}

func checkPositions(t *testing.T, line string) {
	t.Helper()
	var row []json.RawMessage
	var table string
	var positions [][4]int
	var code Code
	if err := json.Unmarshal([]byte(line), &row); err != nil {
		t.Fatal(err)
	}
	for i, into := range []any{&code.FirstLine, &table, &positions} {
		if err := json.Unmarshal(row[i], into); err != nil {
			t.Fatal(err)
		}
	}
	var err error
	if code.LineTable, err = hex.DecodeString(table); err != nil {
		t.Fatal(err)
	}
	code.Form = FormLocations
	last := Location{code.FirstLine, code.FirstLine, -1, -1}
	for unit, p := range positions {
		want := Location{p[0], p[1], p[2], p[3]}
		if want.Line == 0 {
			// No location: that of the code before it.
			want = last
		}
		if got := code.Location(unit * codeUnit); got != want {
			t.Fatalf("code at line %d, unit %d: %+v, want %+v", code.FirstLine, unit, got, want)
		}
		last = want
	}
}

func TestLocationOutsideTheTable(t *testing.T) {
	code := Code{FirstLine: 7, Form: FormLocations, LineTable: []byte{0x80 | 0<<3 | 1, 0x12}} // 2 units, columns 1 to 3
	first := Location{7, 7, -1, -1}
	for offset, want := range map[int]Location{-2: first, 0: {7, 7, 1, 3}, 3: {7, 7, 1, 3}, 4: first, 1 << 30: first} {
		if got := code.Location(offset); got != want {
			t.Errorf("at %d: %+v, want %+v", offset, got, want)
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
