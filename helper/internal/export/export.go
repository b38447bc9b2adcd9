// Package export writes a profile in formats that other tools read.
package export

import (
	"io"
	"maps"
	"slices"
	"time"

	"emberline/helper/internal/aggregate"
	"emberline/helper/protocol"
)

// Profile is what every format is written from.
type Profile struct {
	// Walk visits every distinct stack with its count, root first. The slice is
	// only valid during the call.
	Walk func(visit func(stack []aggregate.Frame, count int64))
	// FrequencyHz is the rate at which a running thread was sampled.
	FrequencyHz int
	StartedAt   time.Time
	Duration    time.Duration
}

// sampleNs is the CPU time that one sample stands for.
func (p *Profile) sampleNs() int64 { return int64(time.Second) / int64(p.FrequencyHz) }

// Writer writes a profile in one format.
type Writer func(out io.Writer, profile *Profile) error

var writers = map[string]Writer{
	"collapsed":  Collapsed,
	"gecko":      Gecko,
	"pprof":      Pprof,
	"speedscope": Speedscope,
}

// For is the writer of a format by the name that --format has for it.
func For(format string) (Writer, bool) {
	writer, known := writers[format]
	return writer, known
}

// Formats lists the names, sorted.
func Formats() []string { return slices.Sorted(maps.Keys(writers)) }

// Files that frames outside Python are said to be in.
const (
	kernelFile = "[kernel]"
	errorFile  = "[unreadable]"
)

// fileOf is the source of a Python frame, the module of a native one.
func fileOf(frame *aggregate.Frame) string {
	switch frame.Kind {
	case protocol.KindPython:
		return frame.RemotePath
	case protocol.KindKernel:
		return kernelFile
	case protocol.KindError:
		return errorFile
	}
	return frame.Module
}

// columnFrom1 is the column as other tools count it; 0 when it is unknown.
func columnFrom1(frame *aggregate.Frame) int {
	if frame.Kind != protocol.KindPython || frame.Column < 0 {
		return 0
	}
	return frame.Column + 1
}
