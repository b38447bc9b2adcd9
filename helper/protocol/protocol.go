// Package protocol is the one definition of what helper and editor say to each
// other: JSON-RPC 2.0 in the LSP base protocol over stdin and stdout. Its twin,
// extension/wire/protocol.gen.ts, is generated from the doc comments and
// structs here; test/protocol holds golden messages that both sides replay.
//
// Indices into tables are dense, start at 0 and are never reused in a session,
// so a reader only ever appends. -1 means "none".
package protocol

// Version is raised when a message changes in a way an older peer would misread.
const Version = 1

// Method names. "emberline/" marks what LSP does not define.
const (
	MethodDoctor        = "emberline/doctor"
	MethodListProcesses = "emberline/listProcesses"
	MethodStart         = "emberline/start"
	MethodStop          = "emberline/stop"
	MethodDelta         = "emberline/delta"
	MethodAcknowledge   = "emberline/acknowledge"
	MethodEnded         = "emberline/ended"
	MethodSource        = "emberline/source"
	// MethodTextDocumentContent is LSP 3.18's request for a read-only document.
	MethodTextDocumentContent = "workspace/textDocumentContent"
)

// SourceScheme is the URI scheme of a source that exists only on the far side:
// emberline-source:/ABSOLUTE/REMOTE/PATH?pid=PID.
const SourceScheme = "emberline-source"

// InitializationOptions ride in LSP's initialize request.
type InitializationOptions struct {
	// ProtocolVersion is the client's Version; a mismatch is refused with ErrVersionMismatch.
	ProtocolVersion int `json:"protocolVersion"`
}

// HelperInfo is what initialize answers in capabilities.experimental.emberline.
type HelperInfo struct {
	ProtocolVersion int    `json:"protocolVersion"`
	Version         string `json:"version"`
	// BuildHash identifies the binary: hex SHA-256 of its own file.
	BuildHash    string `json:"buildHash"`
	Hostname     string `json:"hostname"`
	Kernel       string `json:"kernel"`
	Architecture string `json:"architecture"`
	PID          int    `json:"pid"`
	UID          int    `json:"uid"`
	// CounterMeanings says in a sentence what each of Stats.Counters counts.
	CounterMeanings map[string]string `json:"counterMeanings"`
}

// DoctorReport lists each thing that sampling needs.
type DoctorReport struct {
	// CanSample is true when the BPF sampler can run here.
	CanSample bool          `json:"canSample"`
	Checks    []DoctorCheck `json:"checks"`
	// Samplers are all there are, the best first.
	Samplers []DoctorSampler `json:"samplers"`
}

// DoctorSampler is what one way of sampling could do here.
type DoctorSampler struct {
	// Name is "bpf" or "procmem".
	Name   string `json:"name"`
	Usable bool   `json:"usable"`
	// Found says what it would sample, or why it cannot, in words.
	Found string `json:"found"`
}

// DoctorCheck is one need: there, or what to do about it.
type DoctorCheck struct {
	// Name is a stable identifier: kernel-version, btf, bpf, perf-event, capabilities, proc.
	Name string `json:"name"`
	OK   bool   `json:"ok"`
	// Found says what is there, in words.
	Found string `json:"found"`
	// NextStep is empty when OK.
	NextStep string `json:"nextStep"`
}

// ListProcessesResult answers MethodListProcesses.
type ListProcessesResult struct {
	Processes []ProcessInfo `json:"processes"`
}

// ProcessInfo is one Python process; the same object is what `ps --json` prints.
type ProcessInfo struct {
	PID  int    `json:"pid"`
	User string `json:"user"`
	// CPUPercent is of one core, measured over a short window, so it can exceed 100.
	CPUPercent float64 `json:"cpu_percent"`
	// Version is "3.12.1", or empty when it cannot be told.
	Version      string `json:"version"`
	FreeThreaded bool   `json:"free_threaded"`
	// Build is "static" or "shared".
	Build string `json:"build"`
	// Libc is "glibc" or "musl".
	Libc    string `json:"libc"`
	Command string `json:"command"`
	// Container is a short container id, or null outside containers.
	Container *string `json:"container"`
	Threads   int     `json:"threads"`
	// Profilable is false when this helper cannot sample the process; WhyNot says why.
	Profilable bool   `json:"profilable"`
	WhyNot     string `json:"why_not"`
}

// StartParams begins a session. One session runs at a time.
type StartParams struct {
	// PIDs to sample with their future children; empty means every Python on the host.
	PIDs []int `json:"pids"`
	// FrequencyHz is 1 to 10,000.
	FrequencyHz int  `json:"frequencyHz"`
	Native      bool `json:"native"`
	Kernel      bool `json:"kernel"`
	// DeltaIntervalMs is the least time between two deltas.
	DeltaIntervalMs int `json:"deltaIntervalMs"`
}

// StartResult says what runs now.
type StartResult struct {
	SessionID int `json:"sessionId"`
	// Sampler is "bpf" or "procmem".
	Sampler string `json:"sampler"`
	// WhyNotBPF is one sentence where BPF cannot be had; empty with BPF.
	WhyNotBPF string `json:"whyNotBpf"`
	// Event is "cycles" or "cpu-clock".
	Event       string `json:"event"`
	FrequencyHz int    `json:"frequencyHz"`
	// StartedAtUnixMs is the host's wall clock.
	StartedAtUnixMs int64 `json:"startedAtUnixMs"`
}

// StopParams ends a session; what is still undelivered comes as one last delta before the answer.
type StopParams struct {
	SessionID int `json:"sessionId"`
}

// StopResult closes the account.
type StopResult struct {
	Stats Stats `json:"stats"`
}

// AcknowledgeParams tells the helper that a delta was applied. Until then the
// helper merges new samples into the next delta, so a slow client costs detail
// in time and never memory.
type AcknowledgeParams struct {
	SessionID int `json:"sessionId"`
	Sequence  int `json:"sequence"`
}

// EndedParams: the session ended without being asked to (targets gone, sampler failed).
type EndedParams struct {
	SessionID int `json:"sessionId"`
	// Reason is a code of the error catalogue, or "targets-exited".
	Reason  string `json:"reason"`
	Message string `json:"message"`
	Stats   Stats  `json:"stats"`
}

// Delta carries only what is new since the previous one.
type Delta struct {
	SessionID int `json:"sessionId"`
	// Sequence starts at 1.
	Sequence int `json:"sequence"`
	// ElapsedNs since the session started.
	ElapsedNs int64 `json:"elapsedNs"`
	// Strings appends to the string table.
	Strings   []string      `json:"strings"`
	Sources   SourceTable   `json:"sources"`
	Functions FunctionTable `json:"functions"`
	Frames    FrameTable    `json:"frames"`
	Nodes     NodeTable     `json:"nodes"`
	Counts    SampleCounts  `json:"counts"`
	Stats     Stats         `json:"stats"`
}

// SourceTable appends source files, column-wise.
type SourceTable struct {
	// RemotePath is a string index: the path as the interpreter names it, made absolute where it can be.
	RemotePath []int `json:"remotePath"`
	// SHA256 is lower-case hex of the file's bytes on the host, empty when it could not be read
	// or was changed after the process had started.
	SHA256 []string `json:"sha256"`
	// PID is a process through whose root the file can be read.
	PID []int `json:"pid"`
}

// FrameKind tells where a function lives.
type FrameKind int

// The numbers cross the wire: never renumber.
const (
	KindProcess FrameKind = 0
	KindThread  FrameKind = 1
	KindPython  FrameKind = 2
	KindNative  FrameKind = 3
	KindKernel  FrameKind = 4
	KindError   FrameKind = 5
)

// FunctionTable appends functions, column-wise.
type FunctionTable struct {
	Kind []FrameKind `json:"kind"`
	// Name is a string index: qualified name, symbol, "NAME [PID]" or "THREAD [TID]".
	Name []int `json:"name"`
	// Source indexes sources for Python, -1 otherwise.
	Source []int `json:"source"`
	// Module is a string index (ELF file) for native functions, -1 otherwise.
	Module []int `json:"module"`
	// FirstLine is the function's first line, 0 when it has none.
	FirstLine []int `json:"firstLine"`
}

// FrameTable appends frames: a function at a place, column-wise. Lines count
// from 1, columns from 0 in UTF-8 bytes as CPython's location table has them;
// 0 (lines) and -1 (columns) mean unknown.
type FrameTable struct {
	Function  []int `json:"function"`
	Line      []int `json:"line"`
	EndLine   []int `json:"endLine"`
	Column    []int `json:"column"`
	EndColumn []int `json:"endColumn"`
}

// NodeTable appends nodes of the stack tree, column-wise; a parent precedes its children.
type NodeTable struct {
	// Parent is a node index, -1 for a root.
	Parent []int `json:"parent"`
	Frame  []int `json:"frame"`
}

// SampleCounts adds samples to the nodes at which stacks ended (their self count).
type SampleCounts struct {
	Node  []int `json:"node"`
	Count []int `json:"count"`
}

// Stats is cumulative. Times are nanoseconds. The same object is what --stats writes.
type Stats struct {
	DurationNs         int64            `json:"duration_ns"`
	FrequencyHz        int              `json:"frequency_hz"`
	Sampler            string           `json:"sampler"`
	Event              string           `json:"event"`
	Samples            int64            `json:"samples"`
	Expected           int64            `json:"expected"`
	Lost               int64            `json:"lost"`
	ErrorStacks        int64            `json:"error_stacks"`
	TruncatedStacks    int64            `json:"truncated_stacks"`
	BPFRuns            int64            `json:"bpf_runs"`
	BPFNs              int64            `json:"bpf_ns"`
	HelperCPUNs        int64            `json:"helper_cpu_ns"`
	HelperPeakRSSBytes int64            `json:"helper_peak_rss_bytes"`
	Counters           map[string]int64 `json:"counters"`
	Processes          []ProcessStats   `json:"processes"`
}

// ProcessStats is one target's account.
type ProcessStats struct {
	PID       int    `json:"pid"`
	Version   string `json:"version"`
	Samples   int64  `json:"samples"`
	TaskCPUNs int64  `json:"task_cpu_ns"`
}

// SourceParams asks for a source file's text as the process PID sees it.
type SourceParams struct {
	RemotePath string `json:"remotePath"`
	PID        int    `json:"pid"`
}

// SourceResult is the file's text; a file over 4 MiB or not text is refused with ErrSourceUnreadable.
type SourceResult struct {
	Text   string `json:"text"`
	SHA256 string `json:"sha256"`
}

// TextDocumentContentParams is LSP 3.18's.
type TextDocumentContentParams struct {
	URI string `json:"uri"`
}

// TextDocumentContentResult is LSP 3.18's.
type TextDocumentContentResult struct {
	Text string `json:"text"`
}
