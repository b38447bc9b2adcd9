package export

import (
	"io"
	"strings"

	"github.com/google/pprof/profile"

	"emberline/helper/internal/aggregate"
	"emberline/helper/protocol"
)

// Pprof writes gzipped pprof (profile.proto): samples and CPU time, with process
// and thread as labels.
func Pprof(out io.Writer, from *Profile) error {
	b := pprofBuilder{
		functions: map[functionKey]*profile.Function{}, locations: map[locationKey]*profile.Location{},
		mappings: map[string]*profile.Mapping{},
		profile: &profile.Profile{
			SampleType: []*profile.ValueType{
				{Type: "samples", Unit: "count"}, {Type: "cpu", Unit: "nanoseconds"},
			},
			DefaultSampleType: "cpu",
			PeriodType:        &profile.ValueType{Type: "cpu", Unit: "nanoseconds"},
			Period:            from.sampleNs(),
			TimeNanos:         from.StartedAt.UnixNano(),
			DurationNanos:     from.Duration.Nanoseconds(),
		},
	}
	for _, thread := range byThread(from) {
		for _, stack := range thread.stacks {
			sample := &profile.Sample{
				Value:    []int64{stack.count, stack.count * from.sampleNs()},
				Label:    map[string][]string{"process": {valid(thread.process)}, "thread": {valid(thread.name)}},
				NumLabel: map[string][]int64{"pid": {int64(thread.pid)}, "tid": {int64(thread.tid)}},
			}
			// Leaf first here.
			for i := len(stack.frames) - 1; i >= 0; i-- {
				sample.Location = append(sample.Location, b.location(&stack.frames[i]))
			}
			b.profile.Sample = append(b.profile.Sample, sample)
		}
	}
	if err := b.profile.CheckValid(); err != nil {
		return err
	}
	return b.profile.Write(out)
}

type pprofBuilder struct {
	profile   *profile.Profile
	functions map[functionKey]*profile.Function
	locations map[locationKey]*profile.Location
	mappings  map[string]*profile.Mapping
}

type functionKey struct {
	kind       protocol.FrameKind
	name, file string
	firstLine  int
}

type locationKey struct {
	function     *profile.Function
	line, column int
}

func (b *pprofBuilder) location(frame *aggregate.Frame) *profile.Location {
	key := locationKey{b.function(frame), frame.Line, columnFrom1(frame)}
	if found := b.locations[key]; found != nil {
		return found
	}
	location := &profile.Location{
		ID:      uint64(len(b.profile.Location) + 1),
		Mapping: b.mapping(frame),
		Line:    []profile.Line{{Function: key.function, Line: int64(key.line), Column: int64(key.column)}},
	}
	b.locations[key] = location
	b.profile.Location = append(b.profile.Location, location)
	return location
}

func (b *pprofBuilder) function(frame *aggregate.Frame) *profile.Function {
	key := functionKey{frame.Kind, frame.Name, fileOf(frame), frame.FirstLine}
	if found := b.functions[key]; found != nil {
		return found
	}
	// Without a system name: pprof would demangle one that equals the name, and
	// take "<module>" for the parameters of a template.
	function := &profile.Function{
		ID: uint64(len(b.profile.Function) + 1), Name: valid(frame.Name),
		Filename: valid(key.file), StartLine: int64(frame.FirstLine),
	}
	b.functions[key] = function
	b.profile.Function = append(b.profile.Function, function)
	return function
}

// mapping says that names are complete, so that pprof looks for no binary.
func (b *pprofBuilder) mapping(frame *aggregate.Frame) *profile.Mapping {
	file := fileOf(frame)
	if frame.Kind == protocol.KindPython {
		file = "[python]"
	}
	if found := b.mappings[file]; found != nil {
		return found
	}
	mapping := &profile.Mapping{
		ID: uint64(len(b.profile.Mapping) + 1), File: valid(file),
		HasFunctions: true, HasFilenames: true, HasLineNumbers: true, HasInlineFrames: true,
	}
	b.mappings[file] = mapping
	b.profile.Mapping = append(b.profile.Mapping, mapping)
	return mapping
}

// valid is needed because strings of protocol buffers are UTF-8.
func valid(text string) string { return strings.ToValidUTF8(text, "\uFFFD") }
