package sampler

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// bpfStatsRunTime is BPF_STATS_RUN_TIME of linux/bpf.h.
const bpfStatsRunTime = unix.BPF_STATS_RUN_TIME

// timer is one perf event on every online CPU with the program attached.
type timer struct {
	event string
	fds   []int
}

// openTimer prefers hardware cycles, which also fire where interrupts are
// disabled, and falls back to cpu-clock where there is no PMU.
func openTimer(frequencyHz, programFD int) (*timer, error) {
	cpus, err := onlineCPUs()
	if err != nil {
		return nil, err
	}
	t := &timer{event: "cycles"}
	err = t.open(cyclesAttr(frequencyHz), cpus, programFD)
	if errors.Is(err, unix.ENOENT) || errors.Is(err, unix.EOPNOTSUPP) || errors.Is(err, unix.ENODEV) {
		t = &timer{event: "cpu-clock"}
		err = t.open(clockAttr(frequencyHz), cpus, programFD)
	}
	if errors.Is(err, unix.EPERM) || errors.Is(err, unix.EACCES) {
		err = perfForbidden(err)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("perf_event_open %s: %w", t.event, err), t.Close())
	}
	return t, nil
}

// cyclesAttr lets the kernel adapt the period, since a cycle has no fixed length.
func cyclesAttr(frequencyHz int) *unix.PerfEventAttr {
	return &unix.PerfEventAttr{
		Type:   unix.PERF_TYPE_HARDWARE,
		Config: unix.PERF_COUNT_HW_CPU_CYCLES,
		Sample: uint64(frequencyHz),
		Bits:   unix.PerfBitDisabled | unix.PerfBitFreq,
	}
}

// clockAttr asks for a fixed period: in frequency mode the kernel would adapt
// the period of a clock whose rate is known exactly.
func clockAttr(frequencyHz int) *unix.PerfEventAttr {
	return &unix.PerfEventAttr{
		Type:   unix.PERF_TYPE_SOFTWARE,
		Config: unix.PERF_COUNT_SW_CPU_CLOCK,
		Sample: uint64(1_000_000_000 / frequencyHz),
		// The idle task has no Python; not even waking the program there
		// leaves an idle host idle.
		Bits: unix.PerfBitDisabled | unix.PerfBitExcludeIdle,
	}
}

func (t *timer) open(attr *unix.PerfEventAttr, cpus []int, programFD int) error {
	for _, cpu := range cpus {
		fd, err := unix.PerfEventOpen(attr, -1, cpu, -1, unix.PERF_FLAG_FD_CLOEXEC)
		if err != nil {
			return err
		}
		t.fds = append(t.fds, fd)
		if err := unix.IoctlSetInt(fd, unix.PERF_EVENT_IOC_SET_BPF, programFD); err != nil {
			return fmt.Errorf("attach program: %w", err)
		}
	}
	return nil
}

func (t *timer) start() error {
	for _, fd := range t.fds {
		if err := unix.IoctlSetInt(fd, unix.PERF_EVENT_IOC_ENABLE, 0); err != nil {
			return fmt.Errorf("start timer: %w", err)
		}
	}
	return nil
}

// Close stops the timer; closing twice does nothing.
func (t *timer) Close() error {
	var errs []error
	for _, fd := range t.fds {
		errs = append(errs, unix.Close(fd))
	}
	t.fds = nil
	return errors.Join(errs...)
}

// onlineCPUs reads the list format of Documentation/admin-guide/cputopology.rst.
func onlineCPUs() ([]int, error) {
	text, err := os.ReadFile("/sys/devices/system/cpu/online")
	if err != nil {
		cpus := make([]int, runtime.NumCPU())
		for i := range cpus {
			cpus[i] = i
		}
		return cpus, nil
	}
	return parseCPUList(strings.TrimSpace(string(text)))
}

func parseCPUList(text string) ([]int, error) {
	var cpus []int
	for _, part := range strings.Split(text, ",") {
		first, last, isRange := strings.Cut(part, "-")
		if !isRange {
			last = first
		}
		from, err := strconv.Atoi(first)
		if err != nil {
			return nil, fmt.Errorf("CPU list %q: %w", text, err)
		}
		to, err := strconv.Atoi(last)
		if err != nil {
			return nil, fmt.Errorf("CPU list %q: %w", text, err)
		}
		for cpu := from; cpu <= to; cpu++ {
			cpus = append(cpus, cpu)
		}
	}
	return cpus, nil
}
