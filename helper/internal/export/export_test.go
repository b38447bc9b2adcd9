package export

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/pprof/profile"

	"emberline/helper/internal/aggregate"
	"emberline/helper/protocol"
)

func python(name, path string, line, column int) aggregate.Frame {
	return aggregate.Frame{
		Kind: protocol.KindPython, Name: name, RemotePath: path, PID: 7,
		FirstLine: 3, Line: line, EndLine: line, Column: column, EndColumn: column + 1,
	}
}

func other(kind protocol.FrameKind, name, module string) aggregate.Frame {
	return aggregate.Frame{Kind: kind, Name: name, Module: module, Column: -1, EndColumn: -1}
}

var (
	app    = other(protocol.KindProcess, "app; [x] [7]", "")
	worker = other(protocol.KindThread, "worker [8]", "")
	module = python("<module>", "/srv/a b.py", 9, 0)
)

// sample is a profile with every kind of frame and with names that formats
// have to tame; two stacks differ only in a column.
func sample() *Profile {
	tree := aggregate.NewTree()
	add := func(count int64, frames ...aggregate.Frame) {
		path := make([]aggregate.FrameID, len(frames))
		for i, frame := range frames {
			path[i] = tree.Frame(frame)
		}
		tree.Add(path, count)
	}
	add(2, app, worker, module, python("C.f", "/srv/a b.py", 4, 8))
	add(3, app, worker, module, python("C.f", "/srv/a b.py", 4, 12))
	add(5, app, worker, module, python("C.f", "/srv/a b.py", 4, 8), other(protocol.KindKernel, "vfs_read", ""))
	add(7, app, worker, other(protocol.KindError, "truncated", ""), python("deep;er\n", "<string>", 0, -1))
	add(11, app, other(protocol.KindThread, "main [7]", ""), module, other(protocol.KindNative, "memcpy", "libc.so.6"))
	add(13, other(protocol.KindProcess, "gone [9]", ""))
	return &Profile{
		Walk: tree.Walk, FrequencyHz: 100, StartedAt: time.Unix(1_700_000_000, 0), Duration: 2 * time.Second,
	}
}

func write(t *testing.T, format string) []byte {
	t.Helper()
	writer, ok := For(format)
	if !ok {
		t.Fatalf("no format %q", format)
	}
	var first, second bytes.Buffer
	if err := errors.Join(writer(&first, sample()), writer(&second, sample())); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(first.Bytes(), second.Bytes()) {
		t.Errorf("%s: equal profiles give different files", format)
	}
	return first.Bytes()
}

func TestCollapsed(t *testing.T) {
	want := `app: [x] [7];main [7];<module> (/srv/a b.py:9);memcpy (libc.so.6)_[n] 11
app: [x] [7];worker [8];<module> (/srv/a b.py:9);C.f (/srv/a b.py:4) 5
app: [x] [7];worker [8];<module> (/srv/a b.py:9);C.f (/srv/a b.py:4);vfs_read_[k] 5
app: [x] [7];worker [8];truncated_[e];deep:er  (<string>:0) 7
gone [9] 13
`
	if got := string(write(t, "collapsed")); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// agree asserts stacks that were read back: "PROCESS|THREAD|frames" → count.
func agree(t *testing.T, got map[string]int64, spell func(name, file string, firstLine, line, column int) string) {
	t.Helper()
	threadMain, threadWorker := "app; [x] 7|main 7|", "app; [x] 7|worker 8|"
	root, call := spell("<module>", "/srv/a b.py", 3, 9, 1), spell("C.f", "/srv/a b.py", 3, 4, 9)
	want := map[string]int64{
		threadWorker + root + call:                                                                      2,
		threadWorker + root + spell("C.f", "/srv/a b.py", 3, 4, 13):                                     3,
		threadWorker + root + call + spell("vfs_read", kernelFile, 0, 0, 0):                             5,
		threadWorker + spell("truncated", errorFile, 0, 0, 0) + spell("deep;er\n", "<string>", 3, 0, 0): 7,
		threadMain + root + spell("memcpy", "libc.so.6", 0, 0, 0):                                       11,
		"gone 9| 0|": 13,
	}
	if !maps.Equal(got, want) {
		for key := range want {
			if got[key] != want[key] {
				t.Errorf("%q: got %d, want %d", key, got[key], want[key])
			}
		}
		t.Errorf("got %q", slices.Sorted(maps.Keys(got)))
	}
}

func TestPprof(t *testing.T) {
	read, err := profile.ParseData(write(t, "pprof"))
	if err != nil {
		t.Fatal(err)
	}
	if read.Period != 10_000_000 || read.DurationNanos != 2_000_000_000 || read.TimeNanos != 1_700_000_000_000_000_000 {
		t.Errorf("period %d, duration %d, time %d", read.Period, read.DurationNanos, read.TimeNanos)
	}
	spell := func(name, file string, firstLine, line, column int) string {
		return fmt.Sprintf("%s %s %d %d:%d|", name, file, firstLine, line, column)
	}
	got := map[string]int64{}
	for _, sample := range read.Sample {
		key := fmt.Sprintf("%s %d|%s %d|", strings.Join(sample.Label["process"], ""), sum(sample.NumLabel["pid"]), strings.Join(sample.Label["thread"], ""), sum(sample.NumLabel["tid"]))
		for _, location := range slices.Backward(sample.Location) {
			line := location.Line[0]
			key += spell(line.Function.Name, line.Function.Filename, int(line.Function.StartLine), int(line.Line), int(line.Column))
		}
		got[key] += sample.Value[0]
		if sample.Value[1] != sample.Value[0]*read.Period {
			t.Errorf("%d samples are %d ns", sample.Value[0], sample.Value[1])
		}
	}
	agree(t, got, spell)
}

// sum of a label's values: pprof drops those that are 0.
func sum(values []int64) (total int64) {
	for _, value := range values {
		total += value
	}
	return total
}

var threadName = regexp.MustCompile(`^(.*) \[(\d+)\] (.*) \[(\d+)\]$`)

func TestSpeedscope(t *testing.T) {
	var file speedscopeFile
	if err := json.Unmarshal(write(t, "speedscope"), &file); err != nil {
		t.Fatal(err)
	}
	// The format has no first lines.
	spell := func(name, file string, _, line, column int) string {
		return fmt.Sprintf("%s %s %d:%d|", name, file, line, column)
	}
	got := map[string]int64{}
	for _, of := range file.Profiles {
		var end int64
		for i, sample := range of.Samples {
			key := threadName.ReplaceAllString(of.Name, "$1 $2|$3 $4|")
			for _, index := range sample {
				frame := file.Shared.Frames[index]
				key += spell(frame.Name, frame.File, 0, frame.Line, frame.Column)
			}
			got[key] += of.Weights[i] / 10_000_000
			end += of.Weights[i]
		}
		if of.EndValue != end || of.Type != "sampled" || of.Unit != "nanoseconds" {
			t.Errorf("%+v ends at %d", of, end)
		}
	}
	agree(t, got, spell)
}

func TestGecko(t *testing.T) {
	var file geckoFile
	if err := json.Unmarshal(write(t, "gecko"), &file); err != nil {
		t.Fatal(err)
	}
	if file.Meta.Version != 31 || file.Meta.Interval != 10 || file.Meta.StartTime != 1_700_000_000_000 {
		t.Errorf("meta %+v", file.Meta)
	}
	spell := func(name, file string, firstLine, line, column int) string {
		location := name
		switch {
		case firstLine > 0:
			location = fmt.Sprintf("%s (%s:%d)", name, file, firstLine)
		case file != errorFile:
			location = fmt.Sprintf("%s (in %s)", name, file)
		}
		return fmt.Sprintf("%s %d:%d|", location, line, column)
	}
	got := map[string]int64{}
	for _, of := range file.Threads {
		number := func(table geckoTable, row int, column string) int {
			value, ok := table.Data[row][table.Schema[column]].(float64)
			if !ok {
				return 0
			}
			return int(value)
		}
		before := -10.0
		for _, sample := range of.Samples.Data {
			if at, _ := sample[1].(float64); at != before+10 {
				t.Fatalf("a sample at %v ms follows one at %v", sample[1], before)
			}
			before += 10
			frames := ""
			for row := sample[0]; row != nil; {
				index := int(row.(float64))
				frame := number(of.StackTable, index, "frame")
				location := of.StringTable[number(of.FrameTable, frame, "location")]
				frames = fmt.Sprintf("%s %d:%d|", location, number(of.FrameTable, frame, "line"), number(of.FrameTable, frame, "column")) + frames
				row = of.StackTable.Data[index][of.StackTable.Schema["prefix"]]
			}
			got[fmt.Sprintf("%s %d|%s %d|%s", of.ProcessName, of.PID, of.Name, of.TID, frames)]++
		}
	}
	agree(t, got, spell)
}

func TestEmptyProfileIsStillAFile(t *testing.T) {
	for _, format := range Formats() {
		writer, _ := For(format)
		var out bytes.Buffer
		err := writer(&out, &Profile{Walk: func(func([]aggregate.Frame, int64)) {}, FrequencyHz: 99, StartedAt: time.Unix(0, 0)})
		if err != nil || out.Len() == 0 && format != "collapsed" {
			t.Errorf("%s: %d bytes, %v", format, out.Len(), err)
		}
		if bytes.Contains(out.Bytes(), []byte("null")) && format == "speedscope" {
			t.Errorf("%s: a list is null: %s", format, out.String())
		}
	}
}

func TestSplitID(t *testing.T) {
	for text, want := range map[string]string{
		"python [12]": "python|12", "a [1] [2]": "a [1]|2", "": "|0", "a": "a|0", "a [x]": "a [x]|0", "[3]": "[3]|0", "a [4": "a [4|0",
	} {
		name, id := splitID(text)
		if got := fmt.Sprintf("%s|%d", name, id); got != want {
			t.Errorf("%q: got %s, want %s", text, got, want)
		}
	}
}
