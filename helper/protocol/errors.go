package protocol

import (
	"fmt"
	"sort"
)

// Code names one failure a person can meet. It is the CODE of the command
// line's error line and data.code of a JSON-RPC error.
type Code string

// The closed catalogue of the helper. Exit is the process's exit status, RPC
// the number on the wire; both are fixed for good.
const (
	ErrUsage             Code = "usage"
	ErrInternal          Code = "internal"
	ErrVersionMismatch   Code = "version-mismatch"
	ErrNotPermitted      Code = "not-permitted"
	ErrKernelTooOld      Code = "kernel-too-old"
	ErrNoBTF             Code = "no-btf"
	ErrBPFForbidden      Code = "bpf-forbidden"
	ErrPerfForbidden     Code = "perf-forbidden"
	ErrPIDNamespace      Code = "pid-namespace"
	ErrMemoryForbidden   Code = "memory-forbidden"
	ErrNoSuchProcess     Code = "no-such-process"
	ErrNotPython         Code = "not-python"
	ErrUnsupportedPython Code = "unsupported-python"
	ErrNoPython          Code = "no-python"
	ErrBusy              Code = "busy"
	ErrNoSession         Code = "no-session"
	ErrSourceUnreadable  Code = "source-unreadable"
	ErrOutput            Code = "output"
)

// Entry is one failure of the catalogue: exit status, number on the wire, next step.
type Entry struct {
	Code Code
	Exit int
	RPC  int
	Next string
}

var catalogue = entries([]Entry{
	{ErrUsage, 2, -32602, "Run emberline-helper without arguments for the list of commands."},
	{ErrInternal, 1, -32603, "Please report this with the output of emberline-helper doctor."},
	{ErrVersionMismatch, 1, -33001, "Reconnect, so that the matching helper is put on the host."},
	{ErrNotPermitted, 3, -33002, "Run it as root, or grant CAP_BPF, CAP_PERFMON and CAP_SYS_PTRACE."},
	{ErrKernelTooOld, 3, -33003, "Use Linux 5.10 or newer."},
	{ErrNoBTF, 3, -33004, "Use a kernel built with CONFIG_DEBUG_INFO_BTF=y (/sys/kernel/btf/vmlinux)."},
	{ErrBPFForbidden, 3, -33005, "Run it as root outside a restricted container, or allow the bpf system call."},
	{ErrPerfForbidden, 3, -33006, "Run it as root, or grant CAP_PERFMON; with CAP_BPF alone kernel.perf_event_paranoid has to be 0 or less."},
	{ErrNoSuchProcess, 4, -33007, "Pick a process from emberline-helper ps."},
	{ErrNotPython, 4, -33008, "Pick a process from emberline-helper ps."},
	{ErrUnsupportedPython, 4, -33009, "Run emberline-helper ps to see which processes can be profiled."},
	{ErrNoPython, 4, -33010, "Start the Python program first, then try again."},
	{ErrBusy, 1, -33011, "Stop the running session first."},
	{ErrNoSession, 1, -33012, "Start a session first."},
	{ErrSourceUnreadable, 1, -33013, "Open the file from your workspace instead."},
	{ErrOutput, 1, -33014, "Give --output a file that can be written."},
	{ErrPIDNamespace, 3, -33015, "Run it on the host, or start its container with --pid=host."},
	{ErrMemoryForbidden, 3, -33016, "Run it as root, or set kernel.yama.ptrace_scope to 0."},
})

func entries(list []Entry) map[Code]Entry {
	byCode := make(map[Code]Entry, len(list))
	for _, entry := range list {
		byCode[entry.Code] = entry
	}
	return byCode
}

// Catalogue lists every failure by code.
func Catalogue() []Entry {
	list := make([]Entry, 0, len(catalogue))
	for _, entry := range catalogue {
		list = append(list, entry)
	}
	sort.Slice(list, func(i, j int) bool { return list[i].Code < list[j].Code })
	return list
}

// Error is a failure from the catalogue. Message is one sentence that names the cause.
type Error struct {
	Code    Code
	Message string
	Cause   error
}

// Errorf makes a catalogue error; the message must be one sentence without the next step.
func Errorf(code Code, format string, args ...any) *Error {
	err := fmt.Errorf(format, args...)
	return &Error{Code: code, Message: err.Error(), Cause: err}
}

func (e *Error) Error() string { return fmt.Sprintf("%s: %s %s", e.Code, e.Message, e.NextStep()) }

func (e *Error) Unwrap() error { return e.Cause }

// NextStep is the one thing to do about it.
func (e *Error) NextStep() string { return catalogue[e.Code].Next }

// ExitStatus is the command line's, as the contract fixes it.
func (e *Error) ExitStatus() int { return catalogue[e.Code].Exit }

// RPCCode is the number in a JSON-RPC error object.
func (e *Error) RPCCode() int { return catalogue[e.Code].RPC }
