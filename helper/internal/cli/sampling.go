package cli

import (
	"emberline/helper/internal/doctor"
	"emberline/helper/internal/profiler"
	"emberline/helper/internal/sampler"
	"emberline/helper/protocol"
)

// startProfiler refuses where samples could not be told whose they are.
func startProfiler(params protocol.StartParams, measureCost bool) (*profiler.Session, error) {
	if params.FrequencyHz < 1 || params.FrequencyHz > 10_000 {
		return nil, protocol.Errorf(protocol.ErrUsage, "The frequency must be 1 to 10,000 Hz, not %d.", params.FrequencyHz)
	}
	if err := doctor.CheckNamespace(); err != nil {
		return nil, err
	}
	bpf, err := sampler.Open(sampler.Options{
		FrequencyHz:   params.FrequencyHz,
		Kernel:        params.Kernel,
		ReportAllExec: len(params.PIDs) == 0,
		MeasureCost:   measureCost,
	})
	if err != nil {
		return nil, err
	}
	return profiler.Start(params, bpf)
}
