package profiler

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"emberline/helper/internal/trace"
)

// TestMerge tells stacks by words, leaf first. Python: a name is a frame, "|" an
// entry marker in the native frame of the number behind it (3.12+), "!" after a
// name the oldest frame of its loop (3.11). Native: a capital is a loop.
func TestMerge(t *testing.T) {
	for _, test := range []struct {
		name           string
		rule           mergeRule
		python, native string
		cutOff         bool
		want           string
	}{
		{"one evaluation", byAddress, "f g |1", "memmove EVAL main start", false, "memmove f g main start"},
		{"a callback through C", byAddress, "key |1 work |3", "cmp EVAL sort EVAL main", false, "cmp key sort work main"},
		{"the loop is the leaf", byAddress, "f |0", "EVAL main", false, "f main"},
		{"a tail-calling interpreter", byAddress, "f |2", "memmove OP_CALL EVAL main", false, "memmove OP_CALL f main"},
		{"taken up again above a JIT's code", byAddress, "f |1 g |3", "asm GAP call EVAL main", false, "asm GAP f call g main"},
		{"no Python", byAddress, "", "read main", false, "read main"},
		{"no native frames", byAddress, "f |9 g |9", "", false, "f g"},
		{"the walk broke off in C", byAddress, "f |9", "memmove asm", true, "memmove asm f"},
		{"the walk broke off between two evaluations", byAddress, "key |1 work |9", "cmp EVAL sort", true, "cmp key sort work"},
		{"a greenlet on a stack of its own", byAddress, "f |1 outer |9", "memmove EVAL switch", false, "memmove f outer switch"},
		{"a base frame that is on no stack", byAddress, "f |0 |9", "EVAL main", false, "f main"},
		{"3.11", byEntry, "h g! f!", "memmove EVAL call EVAL main", false, "memmove h g call f main"},
		{"3.11 whose walk broke off", byEntry, "h g! f!", "memmove EVAL call", true, "memmove h g call f"},
		{"3.10", oneToOne, "g f", "memmove EVAL call EVAL main", false, "memmove g call f main"},
		{"3.10 with a loop that has no Python frame yet", oneToOne, "f", "EVAL call EVAL main", false, "EVAL call f main"},
	} {
		t.Run(test.name, func(t *testing.T) {
			native := strings.Fields(test.native)
			frames := make([]trace.NativeFrame, len(native))
			for i := range frames {
				frames[i].SP = uint64(i) * 0x10000
				if native[i] == "GAP" {
					// It begins at the entry frame itself.
					frames[i].SP, frames[i].Loop = frames[i].SP+0x100, true
				}
			}
			var python []trace.PythonFrame
			var names []string
			for _, word := range strings.Fields(test.python) {
				var at uint64
				if _, err := fmt.Sscanf(word, "|%d", &at); err == nil {
					python = append(python, trace.PythonFrame{Marker: true, Address: at*0x10000 + 0x100})
				} else {
					python = append(python, trace.PythonFrame{Entry: strings.HasSuffix(word, "!")})
				}
				names = append(names, strings.TrimSuffix(word, "!"))
			}
			var got []string
			merge(python, frames, runsOf(python, test.rule, nil), test.rule, !test.cutOff,
				func(i int) bool { return native[i] == strings.ToUpper(native[i]) },
				func(i int) { got = append(got, native[i]) },
				func(i int) { got = append(got, names[i]) })
			if !slices.Equal(got, strings.Fields(test.want)) {
				t.Errorf("%v, want %s", got, test.want)
			}
		})
	}
}
