// Package export writes a profile in formats that other tools read.
package export

import (
	"io"
	"maps"
	"slices"
	"time"

	"emberline/helper/internal/aggregate"
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
	"collapsed": Collapsed,
}

// For is the writer of a format by the name that --format has for it.
func For(format string) (Writer, bool) {
	writer, known := writers[format]
	return writer, known
}

// Formats lists the names, sorted.
func Formats() []string { return slices.Sorted(maps.Keys(writers)) }
