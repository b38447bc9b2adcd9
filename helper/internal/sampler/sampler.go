// Package sampler loads the BPF programs of bpf/, attaches them to a timer on
// every CPU and hands what they see to a Handler. It is the only package that
// knows BPF.
package sampler

import (
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/link"
	"github.com/cilium/ebpf/ringbuf"
	"github.com/cilium/ebpf/rlimit"

	"emberline/helper/internal/trace"
)

// Options choose what is sampled.
type Options struct {
	// FrequencyHz is 1 to 10,000 per CPU.
	FrequencyHz int
	// Kernel delivers kernel frames.
	Kernel bool
	// Native delivers native frames of the address spaces whose mappings are set.
	Native bool
	// ReportAllExec reports every exec on the host, so that a Python that
	// starts later can be followed; off when only chosen processes are sampled.
	ReportAllExec bool
	// MeasureCost lets the kernel account the programs' run time, which itself
	// costs two clock reads for each run of any BPF program on the host.
	MeasureCost bool
}

// Sampler is a loaded and attached set of programs. Closing it, or the end of
// the process, leaves nothing in the kernel: no link or map is pinned.
type Sampler struct {
	objects bpfObjects
	retries *ebpf.Map
	timer   *timer
	links   []link.Link
	samples *ringbuf.Reader
	events  *ringbuf.Reader
	decoder decoder
	stats   func() error
	layouts map[bpfPythonOffsets]uint32
	// shard is what each map of the unwind tables looks like.
	shard  *ebpf.MapSpec
	rows   rowSpace
	mapped mappingPool
	// generations of processes that the helper follows itself; the kernel
	// counts its own from 1.
	generation uint32
}

// firstOwnGeneration keeps the helper's generations apart from the kernel's.
const firstOwnGeneration = 1 << 31

// ringBytesPerCPU holds a quarter of a second of 1 KiB stacks at 10,000 Hz.
const ringBytesPerCPU = 2 << 20

// Open loads the programs and attaches those that follow process life; the
// timer starts with Start. Errors are *protocol.Error of the catalogue.
func Open(options Options) (*Sampler, error) {
	s := &Sampler{layouts: map[bpfPythonOffsets]uint32{}, generation: firstOwnGeneration}
	if err := s.open(options); err != nil {
		s.Close()
		return nil, explain(err)
	}
	return s, nil
}

func (s *Sampler) open(options Options) error {
	// Needed before 5.11, where maps count against RLIMIT_MEMLOCK.
	if err := rlimit.RemoveMemlock(); err != nil {
		return err
	}
	if options.MeasureCost {
		closer, err := ebpf.EnableStats(bpfStatsRunTime)
		if err != nil {
			return fmt.Errorf("enable run time accounting: %w", err)
		}
		s.stats = closer.Close
	}
	if err := s.load(options); err != nil {
		return err
	}
	var err error
	if s.samples, err = ringbuf.NewReader(s.objects.Samples); err != nil {
		return err
	}
	if s.events, err = ringbuf.NewReader(s.objects.Events); err != nil {
		return err
	}
	for _, program := range []*ebpf.Program{s.objects.OnFork, s.objects.OnExec, s.objects.OnExit} {
		attached, err := link.AttachTracing(link.TracingOptions{Program: program})
		if err != nil {
			return fmt.Errorf("attach %s: %w", program, err)
		}
		s.links = append(s.links, attached)
	}
	s.timer, err = openTimer(options.FrequencyHz, s.objects.OnTimer.FD())
	return err
}

// ringSize is a power of two, as the kernel asks (kernel/bpf/ringbuf.c).
func ringSize(cpus int) int {
	size := 4 << 20
	for size < cpus*ringBytesPerCPU && size < 64<<20 {
		size *= 2
	}
	return size
}

// Start begins to sample.
func (s *Sampler) Start() error { return explain(s.timer.start()) }

// Name is "bpf".
func (s *Sampler) Name() string { return "bpf" }

// Event is "cycles" or "cpu-clock".
func (s *Sampler) Event() string { return s.timer.event }

// StopTimer ends sampling; what waits in the rings can still be read.
func (s *Sampler) StopTimer() error { return s.timer.Close() }

// Close detaches everything, in the reverse order of Open.
func (s *Sampler) Close() error {
	var errs []error
	if s.timer != nil {
		errs = append(errs, s.timer.Close())
	}
	for i := len(s.links) - 1; i >= 0; i-- {
		errs = append(errs, s.links[i].Close())
	}
	if s.events != nil {
		errs = append(errs, s.events.Close())
	}
	if s.samples != nil {
		errs = append(errs, s.samples.Close())
	}
	if s.retries != nil {
		errs = append(errs, s.retries.Close())
	}
	errs = append(errs, s.rows.close(), s.objects.Close())
	if s.stats != nil {
		errs = append(errs, s.stats())
	}
	return errors.Join(errs...)
}

// ReadSamples hands every waiting sample and code object to handler, in the
// order they were taken, blocking until wait has passed or a batch is due.
func (s *Sampler) ReadSamples(wait time.Duration, handler trace.Handler) error {
	s.samples.SetDeadline(time.Now().Add(wait))
	var record ringbuf.Record
	for {
		err := s.samples.ReadInto(&record)
		switch {
		case errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, ringbuf.ErrClosed):
			return nil
		case err != nil:
			return fmt.Errorf("read samples: %w", err)
		}
		s.decoder.dispatch(record.RawSample, handler)
	}
}

// ReadEvents hands process life to handler until the sampler is closed.
func (s *Sampler) ReadEvents(handler func(trace.ProcessEvent)) error {
	var record ringbuf.Record
	for {
		err := s.events.ReadInto(&record)
		if errors.Is(err, ringbuf.ErrClosed) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read events: %w", err)
		}
		if event, ok := decodeProcess(record.RawSample); ok {
			handler(event)
		}
	}
}
