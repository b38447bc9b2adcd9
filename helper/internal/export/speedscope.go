package export

import (
	"encoding/json"
	"fmt"
	"io"

	"emberline/helper/internal/aggregate"
)

// Speedscope writes speedscope's own format (speedscope's file-format-spec.ts):
// one profile for each thread, weighted by CPU time.
func Speedscope(out io.Writer, profile *Profile) error {
	file := speedscopeFile{
		Schema:   "https://www.speedscope.app/file-format-schema.json",
		Exporter: "emberline-helper",
		Profiles: []speedscopeProfile{},
	}
	file.Shared.Frames = []speedscopeFrame{}
	index := map[speedscopeFrame]int{}
	for _, thread := range byThread(profile) {
		of := speedscopeProfile{
			Type: "sampled", Unit: "nanoseconds",
			Name:     fmt.Sprintf("%s [%d] %s [%d]", thread.process, thread.pid, thread.name, thread.tid),
			EndValue: thread.samples() * profile.sampleNs(),
			Samples:  [][]int{}, Weights: []int64{},
		}
		for _, stack := range thread.stacks {
			sample := make([]int, len(stack.frames))
			for i := range stack.frames {
				frame := toSpeedscope(&stack.frames[i])
				at, known := index[frame]
				if !known {
					at = len(file.Shared.Frames)
					index[frame] = at
					file.Shared.Frames = append(file.Shared.Frames, frame)
				}
				sample[i] = at
			}
			of.Samples = append(of.Samples, sample)
			of.Weights = append(of.Weights, stack.count*profile.sampleNs())
		}
		file.Profiles = append(file.Profiles, of)
	}
	return json.NewEncoder(out).Encode(file)
}

type speedscopeFile struct {
	Schema   string `json:"$schema"`
	Exporter string `json:"exporter"`
	Shared   struct {
		Frames []speedscopeFrame `json:"frames"`
	} `json:"shared"`
	Profiles []speedscopeProfile `json:"profiles"`
}

type speedscopeProfile struct {
	Type       string  `json:"type"`
	Name       string  `json:"name"`
	Unit       string  `json:"unit"`
	StartValue int64   `json:"startValue"`
	EndValue   int64   `json:"endValue"`
	Samples    [][]int `json:"samples"`
	Weights    []int64 `json:"weights"`
}

// speedscopeFrame is a function at a line; columns count from 1.
type speedscopeFrame struct {
	Name   string `json:"name"`
	File   string `json:"file,omitempty"`
	Line   int    `json:"line,omitempty"`
	Column int    `json:"col,omitempty"`
}

func toSpeedscope(frame *aggregate.Frame) speedscopeFrame {
	return speedscopeFrame{
		Name: frame.Name, File: fileOf(frame), Line: frame.Line, Column: columnFrom1(frame),
	}
}
