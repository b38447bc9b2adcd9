// Generated from helper/protocol by `npm run generate`. Do not edit.

/** Version is raised when a message changes in a way an older peer would misread. */
export const Version = 1;

export const MethodDoctor = "emberline/doctor";

export const MethodListProcesses = "emberline/listProcesses";

export const MethodStart = "emberline/start";

export const MethodStop = "emberline/stop";

export const MethodDelta = "emberline/delta";

export const MethodAcknowledge = "emberline/acknowledge";

export const MethodEnded = "emberline/ended";

export const MethodSource = "emberline/source";

/** MethodTextDocumentContent is LSP 3.18's request for a read-only document. */
export const MethodTextDocumentContent = "workspace/textDocumentContent";

/**
 * SourceScheme is the URI scheme of a source that exists only on the far side:
 * emberline-source:/ABSOLUTE/REMOTE/PATH?pid=PID.
 */
export const SourceScheme = "emberline-source";

/** InitializationOptions ride in LSP's initialize request. */
export interface InitializationOptions {
  /** ProtocolVersion is the client's Version; a mismatch is refused with ErrVersionMismatch. */
  readonly protocolVersion: number;
}

/** HelperInfo is what initialize answers in capabilities.experimental.emberline. */
export interface HelperInfo {
  readonly protocolVersion: number;
  readonly version: string;
  /** BuildHash identifies the binary: hex SHA-256 of its own file. */
  readonly buildHash: string;
  readonly hostname: string;
  readonly kernel: string;
  readonly architecture: string;
  readonly pid: number;
  readonly uid: number;
  /** CounterMeanings says in a sentence what each of Stats.Counters counts. */
  readonly counterMeanings: Readonly<Record<string, string>>;
}

/** DoctorReport lists each thing that sampling needs. */
export interface DoctorReport {
  /** CanSample is true when the BPF sampler can run here. */
  readonly canSample: boolean;
  readonly checks: readonly DoctorCheck[];
  /** Samplers are all there are, the best first. */
  readonly samplers: readonly DoctorSampler[];
}

/** DoctorSampler is what one way of sampling could do here. */
export interface DoctorSampler {
  /** Name is "bpf" or "procmem". */
  readonly name: string;
  readonly usable: boolean;
  /** Found says what it would sample, or why it cannot, in words. */
  readonly found: string;
}

/** DoctorCheck is one need: there, or what to do about it. */
export interface DoctorCheck {
  /** Name is a stable identifier: kernel-version, btf, bpf, perf-event, capabilities, proc. */
  readonly name: string;
  readonly ok: boolean;
  /** Found says what is there, in words. */
  readonly found: string;
  /** NextStep is empty when OK. */
  readonly nextStep: string;
}

/** ListProcessesResult answers MethodListProcesses. */
export interface ListProcessesResult {
  readonly processes: readonly ProcessInfo[];
}

/** ProcessInfo is one Python process; the same object is what `ps --json` prints. */
export interface ProcessInfo {
  readonly pid: number;
  readonly user: string;
  /** CPUPercent is of one core, measured over a short window, so it can exceed 100. */
  readonly cpu_percent: number;
  /** Version is "3.12.1", or empty when it cannot be told. */
  readonly version: string;
  readonly free_threaded: boolean;
  /** Build is "static" or "shared". */
  readonly build: string;
  /** Libc is "glibc" or "musl". */
  readonly libc: string;
  readonly command: string;
  /** Container is a short container id, or null outside containers. */
  readonly container: string | null;
  readonly threads: number;
  /** Profilable is false when this helper cannot sample the process; WhyNot says why. */
  readonly profilable: boolean;
  readonly why_not: string;
}

/** StartParams begins a session. One session runs at a time. */
export interface StartParams {
  /** PIDs to sample with their future children; empty means every Python on the host. */
  readonly pids: readonly number[];
  /** FrequencyHz is 1 to 10,000. */
  readonly frequencyHz: number;
  readonly native: boolean;
  readonly kernel: boolean;
  /** DeltaIntervalMs is the least time between two deltas. */
  readonly deltaIntervalMs: number;
}

/** StartResult says what runs now. */
export interface StartResult {
  readonly sessionId: number;
  /** Sampler is "bpf" or "procmem". */
  readonly sampler: string;
  /** WhyNotBPF is one sentence where BPF cannot be had; empty with BPF. */
  readonly whyNotBpf: string;
  /** Event is "cycles" or "cpu-clock". */
  readonly event: string;
  readonly frequencyHz: number;
  /** StartedAtUnixMs is the host's wall clock. */
  readonly startedAtUnixMs: number;
}

/** StopParams ends a session; what is still undelivered comes as one last delta before the answer. */
export interface StopParams {
  readonly sessionId: number;
}

/** StopResult closes the account. */
export interface StopResult {
  readonly stats: Stats;
}

/**
 * AcknowledgeParams tells the helper that a delta was applied. Until then the
 * helper merges new samples into the next delta, so a slow client costs detail
 * in time and never memory.
 */
export interface AcknowledgeParams {
  readonly sessionId: number;
  readonly sequence: number;
}

/** EndedParams: the session ended without being asked to (targets gone, sampler failed). */
export interface EndedParams {
  readonly sessionId: number;
  /** Reason is a code of the error catalogue, or "targets-exited". */
  readonly reason: string;
  readonly message: string;
  readonly stats: Stats;
}

/** Delta carries only what is new since the previous one. */
export interface Delta {
  readonly sessionId: number;
  /** Sequence starts at 1. */
  readonly sequence: number;
  /** ElapsedNs since the session started. */
  readonly elapsedNs: number;
  /** Strings appends to the string table. */
  readonly strings: readonly string[];
  readonly sources: SourceTable;
  readonly functions: FunctionTable;
  readonly frames: FrameTable;
  readonly nodes: NodeTable;
  readonly counts: SampleCounts;
  readonly stats: Stats;
}

/** SourceTable appends source files, column-wise. */
export interface SourceTable {
  /** RemotePath is a string index: the path as the interpreter names it, made absolute where it can be. */
  readonly remotePath: readonly number[];
  /**
   * SHA256 is lower-case hex of the file's bytes on the host, empty when it could not be read
   * or was changed after the process had started.
   */
  readonly sha256: readonly string[];
  /** PID is a process through whose root the file can be read. */
  readonly pid: readonly number[];
}

/** FrameKind tells where a function lives. */
export type FrameKind = number;

export const KindProcess = 0;

export const KindThread = 1;

export const KindPython = 2;

export const KindNative = 3;

export const KindKernel = 4;

export const KindError = 5;

/** FunctionTable appends functions, column-wise. */
export interface FunctionTable {
  readonly kind: readonly FrameKind[];
  /** Name is a string index: qualified name, symbol, "NAME [PID]" or "THREAD [TID]". */
  readonly name: readonly number[];
  /** Source indexes sources for Python, -1 otherwise. */
  readonly source: readonly number[];
  /** Module is a string index (ELF file) for native functions, -1 otherwise. */
  readonly module: readonly number[];
  /** FirstLine is the function's first line, 0 when it has none. */
  readonly firstLine: readonly number[];
}

/**
 * FrameTable appends frames: a function at a place, column-wise. Lines count
 * from 1, columns from 0 in UTF-8 bytes as CPython's location table has them;
 * 0 (lines) and -1 (columns) mean unknown.
 */
export interface FrameTable {
  readonly function: readonly number[];
  readonly line: readonly number[];
  readonly endLine: readonly number[];
  readonly column: readonly number[];
  readonly endColumn: readonly number[];
}

/** NodeTable appends nodes of the stack tree, column-wise; a parent precedes its children. */
export interface NodeTable {
  /** Parent is a node index, -1 for a root. */
  readonly parent: readonly number[];
  readonly frame: readonly number[];
}

/** SampleCounts adds samples to the nodes at which stacks ended (their self count). */
export interface SampleCounts {
  readonly node: readonly number[];
  readonly count: readonly number[];
}

/** Stats is cumulative. Times are nanoseconds. The same object is what --stats writes. */
export interface Stats {
  readonly duration_ns: number;
  readonly frequency_hz: number;
  readonly sampler: string;
  readonly event: string;
  readonly samples: number;
  readonly expected: number;
  readonly lost: number;
  readonly error_stacks: number;
  readonly truncated_stacks: number;
  readonly bpf_runs: number;
  readonly bpf_ns: number;
  readonly helper_cpu_ns: number;
  readonly helper_peak_rss_bytes: number;
  readonly counters: Readonly<Record<string, number>>;
  readonly processes: readonly ProcessStats[];
}

/** ProcessStats is one target's account. */
export interface ProcessStats {
  readonly pid: number;
  readonly version: string;
  readonly samples: number;
  readonly task_cpu_ns: number;
}

/** SourceParams asks for a source file's text as the process PID sees it. */
export interface SourceParams {
  readonly remotePath: string;
  readonly pid: number;
}

/** SourceResult is the file's text; a file over 4 MiB or not text is refused with ErrSourceUnreadable. */
export interface SourceResult {
  readonly text: string;
  readonly sha256: string;
}

/** TextDocumentContentParams is LSP 3.18's. */
export interface TextDocumentContentParams {
  readonly uri: string;
}

/** TextDocumentContentResult is LSP 3.18's. */
export interface TextDocumentContentResult {
  readonly text: string;
}

/** The helper's failures: code, exit status, number on the wire, the one next step. */
export const helperErrors = {
  "bpf-forbidden": { exit: 3, rpc: -33005, nextStep: "Run it as root outside a restricted container, or allow the bpf system call." },
  "busy": { exit: 1, rpc: -33011, nextStep: "Stop the running session first." },
  "internal": { exit: 1, rpc: -32603, nextStep: "Please report this with the output of emberline-helper doctor." },
  "kernel-too-old": { exit: 3, rpc: -33003, nextStep: "Use Linux 5.10 or newer." },
  "memory-forbidden": { exit: 3, rpc: -33016, nextStep: "Run it as root, or set kernel.yama.ptrace_scope to 0." },
  "no-btf": { exit: 3, rpc: -33004, nextStep: "Use a kernel built with CONFIG_DEBUG_INFO_BTF=y (/sys/kernel/btf/vmlinux)." },
  "no-python": { exit: 4, rpc: -33010, nextStep: "Start the Python program first, then try again." },
  "no-session": { exit: 1, rpc: -33012, nextStep: "Start a session first." },
  "no-such-process": { exit: 4, rpc: -33007, nextStep: "Pick a process from emberline-helper ps." },
  "not-permitted": { exit: 3, rpc: -33002, nextStep: "Run it as root, or grant CAP_BPF, CAP_PERFMON and CAP_SYS_PTRACE." },
  "not-python": { exit: 4, rpc: -33008, nextStep: "Pick a process from emberline-helper ps." },
  "output": { exit: 1, rpc: -33014, nextStep: "Give --output a file that can be written." },
  "perf-forbidden": { exit: 3, rpc: -33006, nextStep: "Run it as root, or grant CAP_PERFMON; with CAP_BPF alone kernel.perf_event_paranoid has to be 0 or less." },
  "pid-namespace": { exit: 3, rpc: -33015, nextStep: "Run it on the host, or start its container with --pid=host." },
  "source-unreadable": { exit: 1, rpc: -33013, nextStep: "Open the file from your workspace instead." },
  "unsupported-python": { exit: 4, rpc: -33009, nextStep: "Run emberline-helper ps to see which processes can be profiled." },
  "usage": { exit: 2, rpc: -32602, nextStep: "Run emberline-helper without arguments for the list of commands." },
  "version-mismatch": { exit: 1, rpc: -33001, nextStep: "Reconnect, so that the matching helper is put on the host." },
} as const;

export type HelperErrorCode = keyof typeof helperErrors;
