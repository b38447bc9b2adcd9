package cli

import (
	"errors"
	"fmt"
	"io"

	"emberline/helper/internal/doctor"
	"emberline/helper/internal/procmem"
	"emberline/helper/internal/profiler"
	"emberline/helper/internal/sampler"
	"emberline/helper/protocol"
)

// The samplers that a person can ask for.
const (
	samplerAuto    = "auto"
	samplerBPF     = "bpf"
	samplerProcmem = "procmem"
)

// session is a running profile that knows why it is not BPF that samples.
type session struct {
	*profiler.Session
	whyNotBPF string
}

// WhyNotBPF is one sentence when BPF was wanted and cannot be had, else empty.
func (s *session) WhyNotBPF() string { return s.whyNotBPF }

// startProfiler samples with BPF where it can; unless that was insisted on, from
// user space otherwise.
func startProfiler(params protocol.StartParams, choice string, measureCost bool) (*session, error) {
	if params.FrequencyHz < 1 || params.FrequencyHz > 10_000 {
		return nil, protocol.Errorf(protocol.ErrUsage, "The frequency must be 1 to 10,000 Hz, not %d.", params.FrequencyHz)
	}
	var whyNotBPF string
	if choice != samplerProcmem {
		running, err := startBPF(params, measureCost)
		var known *protocol.Error
		switch {
		case err == nil:
			return &session{Session: running}, nil
		case choice == samplerBPF || !errors.As(err, &known) || known.ExitStatus() != cannotSample.status():
			return nil, err
		}
		whyNotBPF = known.Message
	}
	memory, err := procmem.Open(procmem.Options{FrequencyHz: params.FrequencyHz, All: len(params.PIDs) == 0})
	if err != nil {
		return nil, err
	}
	running, err := profiler.Start(params, memory)
	if err != nil {
		return nil, err
	}
	return &session{running, whyNotBPF}, nil
}

// startBPF refuses where samples could not be told whose they are.
func startBPF(params protocol.StartParams, measureCost bool) (*profiler.Session, error) {
	if err := doctor.CheckNamespace(); err != nil {
		return nil, err
	}
	bpf, err := sampler.Open(sampler.Options{
		FrequencyHz:   params.FrequencyHz,
		Kernel:        params.Kernel,
		Native:        params.Native,
		ReportAllExec: len(params.PIDs) == 0,
		MeasureCost:   measureCost,
	})
	if err != nil {
		return nil, err
	}
	return profiler.Start(params, bpf)
}

// tellLimits says on one line what a person does not get without BPF, and why.
func (s *session) tellLimits(to io.Writer) {
	if s.whyNotBPF != "" {
		fmt.Fprintln(to, "emberline-helper: sampling from user space (procmem):", oneLine(s.whyNotBPF), doctor.WithoutBPF())
	}
}

// whyNotSampled says for a process why no sampler of this helper could take it;
// empty when one can.
func whyNotSampled(pid int) string {
	if doctor.CanSample() {
		return ""
	}
	err := procmem.Check(pid)
	var known *protocol.Error
	if errors.As(err, &known) {
		return known.Message
	}
	return ""
}
