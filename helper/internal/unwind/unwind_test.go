package unwind

import (
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

func TestRulePacksAndUnpacks(t *testing.T) {
	for _, test := range []struct {
		kind        Kind
		cfa, rbp    int64
		isSupported bool
	}{
		{StackPointer, 8, 0, true},
		{StackPointer, 64, 56, true},
		{FramePointer, 16, 16, true},
		{StackPointer, 8 * cfaMax, 8 * savedMax, true},
		{StackPointer, 8 * (cfaMax + 1), 0, false},
		{StackPointer, 12, 0, false},
		{StackPointer, -8, 0, false},
		{StackPointer, 16, 8 * (savedMax + 1), false},
	} {
		rule, ok := NewRule(test.kind, test.cfa, test.rbp)
		if ok != test.isSupported {
			t.Errorf("%+v: supported %v", test, ok)
		}
		if ok && (rule.Kind() != test.kind || rule.CFAOffset() != test.cfa || rule.SavedRBP() != test.rbp) {
			t.Errorf("%+v became %d %d %d", test, rule.Kind(), rule.CFAOffset(), rule.SavedRBP())
		}
		if !ok && rule.Kind() != Unsupported {
			t.Errorf("%+v is kind %d", test, rule.Kind())
		}
	}
}

// files are libraries of every machine that has the project's packages.
var files = []string{"/lib/x86_64-linux-gnu/libc.so.6", "/usr/bin/python3.11", "/usr/lib/x86_64-linux-gnu/libstdc++.so.6"}

// TestTablesEqualReadelfs compares each row with what binutils makes of the same section.
func TestTablesEqualReadelfs(t *testing.T) {
	for _, path := range files {
		t.Run(path, func(t *testing.T) {
			file, err := os.Open(path)
			if err != nil {
				t.Skipf("this machine has no %s", path)
			}
			defer file.Close()
			table, err := Build(file)
			if err != nil {
				t.Fatal(err)
			}
			rows := readelfRows(t, path)
			if len(rows) < 5000 {
				t.Fatalf("readelf shows only %d rows", len(rows))
			}
			wrong := 0
			for _, row := range rows {
				got := table.Find(row.offset)
				if describe(got) != row.text {
					if wrong++; wrong < 10 {
						t.Errorf("at %#x: %s, want %s", row.offset, describe(got), row.text)
					}
				}
			}
			t.Logf("%d rows in the table, %d compared", table.Rows(), len(rows))
		})
	}
}

func describe(rule Rule) string {
	switch rule.Kind() {
	case StackPointer, FramePointer:
		register := "rsp"
		if rule.Kind() == FramePointer {
			register = "rbp"
		}
		saved := "u"
		if rule.SavedRBP() != 0 {
			saved = fmt.Sprintf("c-%d", rule.SavedRBP())
		}
		return fmt.Sprintf("%s+%d %s", register, rule.CFAOffset(), saved)
	case End:
		return "end"
	case Indirect:
		saved := "u"
		if offset, addend, below, ok := rule.IndirectRSP(); ok {
			if below != 0 {
				saved = fmt.Sprintf("c-%d", below)
			}
			return fmt.Sprintf("*(rsp+%d)+%d %s", offset, addend, saved)
		}
		if rule.IsSaved() {
			saved = "*rbp"
		}
		return fmt.Sprintf("*(rbp-%d) %s", rule.CFAOffset(), saved)
	case PLT, Signal, Unsupported, None:
	}
	return fmt.Sprintf("kind %d", rule.Kind())
}

type wantedRow struct {
	offset uint32
	text   string
}

var rowLine = regexp.MustCompile(`^([0-9a-f]{16}) (\S+)\s+(.*)$`)

// readelfRows parses `readelf -wF`, whose rows are: address, CFA, then a column
// for each register the header line names.
func readelfRows(t *testing.T, path string) []wantedRow {
	t.Helper()
	// It warns, with a status, of debug links that lead nowhere.
	out, err := exec.Command("readelf", "-wF", path).Output()
	if err != nil && len(out) == 0 {
		t.Fatal(err)
	}
	segments, err := exec.Command("readelf", "-lW", path).Output()
	if err != nil {
		t.Fatal(err)
	}
	bias := codeBias(t, string(segments))
	var rows []wantedRow
	var columns []string
	isFDE := false
	for line := range strings.Lines(string(out)) {
		line = strings.TrimRight(line, "\n")
		switch {
		case strings.Contains(line, " FDE "):
			isFDE = true
		case strings.Contains(line, " CIE "):
			isFDE = false
		case strings.HasPrefix(strings.TrimSpace(line), "LOC"):
			columns = strings.Fields(line)[2:]
		default:
			match := rowLine.FindStringSubmatch(line)
			if match == nil || !isFDE {
				continue
			}
			if text, ok := wanted(match[2], columns, strings.Fields(match[3])); ok {
				address, _ := strconv.ParseUint(match[1], 16, 64)
				rows = append(rows, wantedRow{uint32(address - bias), text})
			}
		}
	}
	return rows
}

// wanted is the row in describe's words; ok is false for rows that describe has no words for.
func wanted(cfa string, columns, values []string) (string, bool) {
	if len(columns) != len(values) || !strings.HasPrefix(cfa, "rsp+") && !strings.HasPrefix(cfa, "rbp+") {
		return "", false
	}
	rbp := "u"
	for i, column := range columns {
		switch column {
		case "rbp":
			rbp = values[i]
		case "ra":
			if values[i] == "u" {
				return "end", true
			}
			if values[i] != "c-8" {
				return "", false
			}
		}
	}
	if strings.HasPrefix(rbp, "c+") || strings.Contains(rbp, "exp") {
		return "", false
	}
	return cfa + " " + rbp, true
}

var loadLine = regexp.MustCompile(`LOAD\s+0x([0-9a-f]+) 0x([0-9a-f]+) .* R E `)

// codeBias is what to take from an address of code to have its file offset.
func codeBias(t *testing.T, segments string) uint64 {
	t.Helper()
	match := loadLine.FindStringSubmatch(segments)
	if match == nil {
		t.Fatal("no code segment")
	}
	offset, _ := strconv.ParseUint(match[1], 16, 64)
	address, _ := strconv.ParseUint(match[2], 16, 64)
	return address - offset
}
