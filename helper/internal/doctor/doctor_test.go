package doctor

import (
	"errors"
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"emberline/helper/protocol"
)

// agree asserts a line of the report: fine without a next step, or not fine with one.
func agree(t *testing.T, got protocol.DoctorCheck, ok bool, found string) {
	t.Helper()
	if got.OK != ok || !strings.Contains(got.Found, found) {
		t.Errorf("got %+v, want ok=%v and %q", got, ok, found)
	}
	if got.OK != (got.NextStep == "") {
		t.Errorf("%+v: a next step belongs to what is missing and nowhere else", got)
	}
}

func TestKernelVersion(t *testing.T) {
	for _, test := range []struct {
		release string
		loads   bool
		ok      bool
		found   string
	}{
		{"6.18.44-fc", true, true, "Linux 6.18.44-fc"},
		{"5.10.0", false, true, "Linux 5.10.0"},
		{"5.9.16", false, false, "Linux 5.9.16"},
		{"4.18.0-553.el8", true, true, "but it takes the sampler"},
		{"4.18.0-553.el8", false, false, "Linux 4.18.0-553.el8"},
		{"10.0.0", false, true, "Linux 10.0.0"},
		{"unknown", false, false, "unknown"},
	} {
		agree(t, kernelVersion(test.release, test.loads), test.ok, test.found)
	}
}

func TestCapabilities(t *testing.T) {
	set := func(list ...int) (s capabilitySet) {
		for _, capability := range list {
			s |= 1 << capability
		}
		return s
	}
	for _, test := range []struct {
		have  capabilitySet
		ok    bool
		found string
	}{
		{^capabilitySet(0), true, "CAP_BPF"},
		{set(unix.CAP_BPF, unix.CAP_PERFMON, unix.CAP_SYS_PTRACE), true, ""},
		{set(unix.CAP_SYS_ADMIN, unix.CAP_SYS_PTRACE), true, ""},
		{set(unix.CAP_SYS_ADMIN), false, "without CAP_SYS_PTRACE (to look at other users' processes)"},
		{set(unix.CAP_BPF, unix.CAP_SYS_PTRACE), false, "without CAP_PERFMON"},
		{0, false, "without CAP_BPF (to load BPF programs), CAP_PERFMON"},
	} {
		agree(t, capabilities(test.have, 7), test.ok, test.found)
	}
}

func TestVisibility(t *testing.T) {
	for _, test := range []struct {
		name  string
		v     visibility
		ok    bool
		found string
	}{
		{"root", visibility{namespace: initialPIDNamespace, hidePID: "0", mayTrace: true, listed: 90}, true, "90 processes are visible"},
		{"root, hidepid", visibility{hidePID: "2", mayTrace: true, listed: 90}, true, "90 processes"},
		{"a guarded process", visibility{hidePID: "0", mayTrace: true, listed: 90, closed: 1}, true, "1 of them closed even to root"},
		{"a user", visibility{hidePID: "0", listed: 90, closed: 80}, false, "80 of 90"},
		{"a user, hidepid", visibility{hidePID: "invisible", listed: 3}, false, "hidepid=invisible"},
		{"a container", visibility{namespace: "pid:[4026532000]", mayTrace: true, listed: 3}, false, "pid namespace of its own"},
		{"no /proc", visibility{mayTrace: true}, false, "no process"},
		{"Yama", visibility{hidePID: "0", traceScope: "3", mayTrace: true, listed: 90}, true, "ptrace_scope is 3"},
	} {
		t.Run(test.name, func(t *testing.T) { agree(t, test.v.check(), test.ok, test.found) })
	}
}

func TestHidePID(t *testing.T) {
	for mounts, want := range map[string]string{
		"":                                "0",
		"proc /proc proc rw,nosuid 0 0\n": "0",
		"proc /proc proc rw,hidepid=2,gid=4 0 0\n":                                    "2",
		"proc /proc proc rw,hidepid=invisible 0 0\n":                                  "invisible",
		"proc /proc proc rw,hidepid=off 0 0\n":                                        "0",
		"proc /proc proc rw,hidepid=2 0 0\nproc /proc proc rw 0 0\n":                  "0",
		"proc /srv/proc proc rw,hidepid=2 0 0\nbinfmt /proc/sys/fs/binfmt autofs x 0": "0",
	} {
		if got := hidePID(mounts); got != want {
			t.Errorf("%q: got %q, want %q", mounts, got, want)
		}
	}
}

func TestFailuresCarryTheCataloguesNextStep(t *testing.T) {
	forbidden := protocol.Errorf(protocol.ErrBPFForbidden, "The kernel forbids BPF here.")
	agree(t, programs(forbidden), false, "forbids BPF")
	agree(t, programs(nil), true, "loads")
	agree(t, programs(errors.New("odd")), false, "odd")
	agree(t, perfEvent("", protocol.Errorf(protocol.ErrPerfForbidden, "No event."), "4"), false, "perf_event_paranoid is 4")
	agree(t, perfEvent("cycles", nil, "2"), true, "cycles")
	agree(t, perfEvent("cpu-clock", nil, "2"), true, "no hardware counter")
	agree(t, typeInformation("/nowhere/vmlinux"), false, "no type information")
	agree(t, typeInformation("/proc/self/status"), true, "/proc/self/status")
}

func TestExamine(t *testing.T) {
	report := Examine()
	names := make([]string, len(report.Checks))
	all := true
	for i, check := range report.Checks {
		agree(t, check, check.OK, "")
		names[i], all = check.Name, all && check.OK
	}
	if got, want := strings.Join(names, " "), "kernel-version btf bpf perf-event capabilities proc"; got != want {
		t.Errorf("checks are %q, want %q", got, want)
	}
	if report.CanSample != all {
		t.Errorf("CanSample is %v beside %+v", report.CanSample, report.Checks)
	}
	if report.CanSample && os.Geteuid() != 0 && effectiveCapabilities() == 0 {
		t.Error("a user without capabilities can sample")
	}
}

func TestSamplers(t *testing.T) {
	missing := []protocol.DoctorCheck{{Name: "btf"}, {Name: "proc", OK: true}, {Name: "bpf"}}
	for _, test := range []struct {
		name   string
		got    protocol.DoctorSampler
		usable bool
		part   string
	}{
		{"bpf", withBPF(true, nil), true, "all users"},
		{"bpf", withBPF(false, missing), false, "is missing btf, bpf"},
		{"procmem", withoutBPF(visibility{listed: 9, mayTrace: true, traceScope: "1"}, nil), true, "all users"},
		{"procmem", withoutBPF(visibility{listed: 9, traceScope: "0"}, nil), true, "only the Python processes of user id"},
		{"procmem", withoutBPF(visibility{listed: 9, traceScope: "unknown"}, nil), true, "without native and kernel frames"},
		{"procmem", withoutBPF(visibility{listed: 9, traceScope: "1"}, nil), false, "ptrace_scope is 1"},
		{"procmem", withoutBPF(visibility{mayTrace: true}, nil), false, "no process"},
		{"procmem", withoutBPF(visibility{listed: 9, mayTrace: true}, errors.New("function not implemented")), false, "not implemented"},
	} {
		if test.got.Name != test.name || test.got.Usable != test.usable || !strings.Contains(test.got.Found, test.part) {
			t.Errorf("%+v, wanted usable %v and %q", test.got, test.usable, test.part)
		}
	}
	if err := readOwnMemory(); err != nil {
		t.Error(err)
	}
}
