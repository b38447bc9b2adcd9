package export

import (
	"encoding/json"
	"fmt"
	"io"
	"runtime"
	"strings"
	"time"

	"emberline/helper/internal/aggregate"
	"emberline/helper/protocol"
)

// geckoVersion of the format (Firefox Profiler src/types/gecko-profile.ts). It
// has kept its shape since; later versions are reached by the profiler's own
// upgraders.
const geckoVersion = 31

// Categories of frames, by their index in geckoCategories.
const (
	categoryOther = iota
	categoryPython
	categoryNative
	categoryKernel
)

var geckoCategories = []geckoCategory{
	{"Other", "grey", []string{"Other"}},
	{"Python", "yellow", []string{"Other"}},
	{"Native", "blue", []string{"Other"}},
	{"Kernel", "orange", []string{"Other"}},
}

// Gecko writes what the Firefox Profiler reads. The stack tree keeps no times:
// the samples of a thread are laid one after another in the tree's order, so
// lengths are CPU time and the order of events is not told.
func Gecko(out io.Writer, profile *Profile) error {
	intervalMs := float64(profile.sampleNs()) / float64(time.Millisecond)
	durationMs := float64(profile.Duration) / float64(time.Millisecond)
	file := geckoFile{
		Meta: geckoMeta{
			Version: geckoVersion, StartTime: float64(profile.StartedAt.UnixMicro()) / 1000, Interval: intervalMs,
			Stackwalk: 1, Product: "Emberline", Platform: "Linux", OS: "Linux " + runtime.GOARCH,
			Presymbolicated: true, Categories: geckoCategories, MarkerSchema: []struct{}{},
		},
		Libs: []struct{}{}, PausedRanges: []struct{}{}, Processes: []struct{}{}, Threads: []geckoThread{},
	}
	for _, thread := range byThread(profile) {
		builder := newGeckoBuilder(thread, durationMs)
		at := 0.0
		for _, stack := range thread.stacks {
			index := builder.stack(stack.frames)
			for range stack.count {
				builder.thread.Samples.Data = append(builder.thread.Samples.Data, [3]any{index, at, 0})
				at += intervalMs
			}
		}
		file.Threads = append(file.Threads, builder.thread)
	}
	return json.NewEncoder(out).Encode(file)
}

// geckoBuilder interns the tables of one thread.
type geckoBuilder struct {
	thread  geckoThread
	strings map[string]int
	frames  map[geckoFrameKey]int
	stacks  map[[2]int]int
}

type geckoFrameKey struct {
	location     string
	line, column int
	category     int
}

func newGeckoBuilder(of *thread, durationMs float64) *geckoBuilder {
	return &geckoBuilder{
		strings: map[string]int{}, frames: map[geckoFrameKey]int{}, stacks: map[[2]int]int{},
		thread: geckoThread{
			Name: of.name, ProcessName: of.process, ProcessType: "default", PID: of.pid, TID: of.tid,
			UnregisterTime: durationMs,
			Markers:        geckoTable{Data: [][]any{}, Schema: schema("name", "startTime", "endTime", "phase", "category", "data")},
			Samples:        geckoSamples{Data: [][3]any{}, Schema: schema("stack", "time", "eventDelay")},
			FrameTable: geckoTable{Data: [][]any{}, Schema: schema(
				"location", "relevantForJS", "innerWindowID", "implementation", "line", "column", "category", "subcategory")},
			StackTable:  geckoTable{Data: [][]any{}, Schema: schema("prefix", "frame")},
			StringTable: []string{},
		},
	}
}

// stack is the index of the leaf's row; nil for a stack without frames.
func (b *geckoBuilder) stack(frames []aggregate.Frame) any {
	prefix := -1
	for i := range frames {
		key := [2]int{prefix, b.frame(&frames[i])}
		index, known := b.stacks[key]
		if !known {
			index = len(b.thread.StackTable.Data)
			b.stacks[key] = index
			b.thread.StackTable.Data = append(b.thread.StackTable.Data, []any{orNull(prefix, -1), key[1]})
		}
		prefix = index
	}
	return orNull(prefix, -1)
}

func (b *geckoBuilder) frame(frame *aggregate.Frame) int {
	key := geckoFrameKey{geckoLocation(frame), frame.Line, columnFrom1(frame), categoryOf(frame)}
	index, known := b.frames[key]
	if !known {
		index = len(b.thread.FrameTable.Data)
		b.frames[key] = index
		b.thread.FrameTable.Data = append(b.thread.FrameTable.Data, []any{
			b.intern(key.location), false, nil, nil, orNull(key.line, 0), orNull(key.column, 0), key.category, 0,
		})
	}
	return index
}

func (b *geckoBuilder) intern(text string) int {
	index, known := b.strings[text]
	if !known {
		index = len(b.thread.StringTable)
		b.strings[text] = index
		b.thread.StringTable = append(b.thread.StringTable, text)
	}
	return index
}

// geckoLocation is in the forms that the profiler takes names, files and
// libraries from (process-profile.ts): a script's function, or one in a library.
func geckoLocation(frame *aggregate.Frame) string {
	switch frame.Kind {
	case protocol.KindPython:
		return fmt.Sprintf("%s (%s:%d)", frame.Name, frame.RemotePath, max(frame.FirstLine, 1))
	case protocol.KindNative, protocol.KindKernel:
		return fmt.Sprintf("%s (in %s)", frame.Name, strings.ReplaceAll(fileOf(frame), ")", "]"))
	}
	return frame.Name
}

func categoryOf(frame *aggregate.Frame) int {
	switch frame.Kind {
	case protocol.KindPython:
		return categoryPython
	case protocol.KindNative:
		return categoryNative
	case protocol.KindKernel:
		return categoryKernel
	}
	return categoryOther
}

func orNull(value, none int) any {
	if value == none {
		return nil
	}
	return value
}
