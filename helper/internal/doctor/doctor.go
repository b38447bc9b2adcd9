// Package doctor says for each thing that sampling needs whether it is there,
// and what to do when it is not.
package doctor

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"golang.org/x/sys/unix"

	"emberline/helper/internal/sampler"
	"emberline/helper/protocol"
)

// Examine looks at this machine. It loads the sampler's programs for a moment
// and attaches nothing.
func Examine() protocol.DoctorReport {
	bpf := sampler.ProbeBPF()
	event, timer := sampler.ProbeTimer()
	around := lookAround()
	report := protocol.DoctorReport{
		Checks: []protocol.DoctorCheck{
			kernelVersion(release(), bpf == nil),
			typeInformation("/sys/kernel/btf/vmlinux"),
			programs(bpf),
			perfEvent(event, timer, setting("/proc/sys/kernel/perf_event_paranoid")),
			capabilities(effectiveCapabilities(), os.Geteuid()),
			around.check(),
		},
	}
	report.CanSample = true
	for _, check := range report.Checks {
		report.CanSample = report.CanSample && check.OK
	}
	report.Samplers = []protocol.DoctorSampler{withBPF(report.CanSample, report.Checks), withoutBPF(around, readOwnMemory())}
	return report
}

// check makes one line of the report; nextStep is dropped where all is well.
func check(name string, ok bool, nextStep, found string, args ...any) protocol.DoctorCheck {
	if ok {
		nextStep = ""
	}
	return protocol.DoctorCheck{Name: name, OK: ok, Found: fmt.Sprintf(found, args...), NextStep: nextStep}
}

// The oldest kernel that the sampler is written for (docs/bpf.md).
const minMajor, minMinor = 5, 10

func kernelVersion(release string, loads bool) protocol.DoctorCheck {
	var major, minor int
	_, err := fmt.Sscanf(release, "%d.%d", &major, &minor)
	recent := err == nil && (major > minMajor || major == minMajor && minor >= minMinor)
	next := protocol.Errorf(protocol.ErrKernelTooOld, "").NextStep()
	if !recent && loads {
		// Distributions backport BPF to older kernels; the proof is that it loads.
		return check("kernel-version", true, "", "Linux %s, older than %d.%d, but it takes the sampler", release, minMajor, minMinor)
	}
	return check("kernel-version", recent, next, "Linux %s", release)
}

func release() string {
	var names unix.Utsname
	if err := unix.Uname(&names); err != nil {
		return "unknown"
	}
	return unix.ByteSliceToString(names.Release[:])
}

func typeInformation(path string) protocol.DoctorCheck {
	next := protocol.Errorf(protocol.ErrNoBTF, "").NextStep()
	info, err := os.Stat(path)
	if err != nil {
		return check("btf", false, next, "no type information (%v)", err)
	}
	return check("btf", true, next, "%s, %.1f MB", path, float64(info.Size())/1e6)
}

func programs(failure error) protocol.DoctorCheck {
	if failure == nil {
		return check("bpf", true, "", "the kernel loads the sampler's programs")
	}
	return failed("bpf", failure)
}

func perfEvent(event string, failure error, paranoid string) protocol.DoctorCheck {
	if failure != nil {
		line := failed("perf-event", failure)
		line.Found += fmt.Sprintf(" kernel.perf_event_paranoid is %s.", paranoid)
		return line
	}
	if event == "cpu-clock" {
		return check("perf-event", true, "", "cpu-clock (there is no hardware counter)")
	}
	return check("perf-event", true, "", "%s", event)
}

func failed(name string, failure error) protocol.DoctorCheck {
	known := protocol.Errorf(protocol.ErrInternal, "The check failed (%w).", failure)
	errors.As(failure, &known)
	return check(name, false, known.NextStep(), "%s", known.Message)
}

// setting reads a one-line file of /proc/sys; "unknown" when there is none.
func setting(path string) string {
	data, err := os.ReadFile(path)
	if err != nil {
		return "unknown"
	}
	return strings.TrimSpace(string(data))
}
