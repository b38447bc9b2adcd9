import { randomBytes } from "node:crypto";
import type { Readable, Writable } from "node:stream";

import { throwIfCancelled, whenAborted } from "./cancel";
import { oneLine, remoteError } from "./errors";

/** How a process ended; "lost" when the connection went before it could say. */
export type ExitInfo =
  | { readonly kind: "exit"; readonly code: number }
  | { readonly kind: "signal"; readonly signal: string }
  | { readonly kind: "lost" };

/** A process on a host. Both outputs must be read, or the process will stand still. */
export interface HostProcess {
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** Settles once, after both outputs have ended; never rejects. */
  readonly exited: Promise<ExitInfo>;
  /** Sends a signal, "TERM" or "KILL"; best effort. */
  kill(signal: "TERM" | "KILL"): void;
  /** Lets go of it: closes its stdin and outputs without waiting. */
  close(): void;
}

/** Something that runs POSIX shell scripts: this machine or the far end of an SSH connection. */
export interface CommandHost {
  /** For messages: the alias of the host, or "this machine". */
  readonly label: string;
  /** Starts `script` with /bin/sh. The script must be one line (csh as login shell). */
  start(script: string, signal: AbortSignal): Promise<HostProcess>;
}

export interface RunResult {
  readonly exit: ExitInfo;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  /** Written to stdin; stdin is closed afterwards in any case. */
  readonly input?: Buffer;
  /** Called with the number of input bytes handed over so far. */
  readonly onInputBytes?: (bytes: number) => void;
  /** Names the action in an error: "Looking for the helper". */
  readonly what: string;
  readonly timeoutMs?: number;
}

/** Text of a shell script's answer; anything longer is a fault on the other side. */
const OUTPUT_MAX_BYTES = 256 * 1024;
const RUN_TIMEOUT_MS = 30_000;
const INPUT_CHUNK_BYTES = 64 * 1024;
/** Enough of stderr to tell the cause. */
export const STDERR_TAIL_BYTES = 8 * 1024;

/** Quotes for a POSIX shell; also right for csh and fish as long as there is no line break. */
export function quoteShell(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

/** A line that no login script prints by chance. */
export function newMarker(name: string): string {
  return `emberline-${name}-${randomBytes(12).toString("hex")}`;
}

/**
 * Runs a script and gathers what it prints. What a login shell's own start
 * files print first is cut off; messages are in English.
 */
export async function runScript(
  host: CommandHost,
  script: string,
  options: RunOptions,
  signal: AbortSignal,
): Promise<RunResult> {
  throwIfCancelled(signal);
  const marker = newMarker("begin");
  const full = `LC_ALL=C; export LC_ALL; echo ${marker}; ${script}`;
  const process = await host.start(full, signal);
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    process.close();
  }, options.timeoutMs ?? RUN_TIMEOUT_MS);
  const stopWaiting = whenAborted(signal, () => process.close());
  const failed = (reason: string) =>
    remoteError("command-failed", { host: host.label, what: options.what, reason });
  try {
    const stdout = collect(process.stdout, OUTPUT_MAX_BYTES, () => process.close());
    const stderr = collectTail(process.stderr, STDERR_TAIL_BYTES);
    void feed(process, options);
    const exit = await process.exited;
    throwIfCancelled(signal);
    if (timedOut) throw failed("it took too long");
    if (stdout.overflowed()) throw failed("it printed too much");
    if (exit.kind === "lost") throw remoteError("link-lost", { host: host.label });
    const begin = stdout.text().indexOf(marker);
    if (begin < 0) throw failed(oneLine(stderr.text()) || `no shell answered (${exitText(exit)})`);
    const text = stdout
      .text()
      .slice(begin + marker.length)
      .replace(/^\r?\n/, "");
    return { exit, stdout: text, stderr: stderr.text() };
  } finally {
    clearTimeout(timer);
    stopWaiting();
    process.close();
  }
}

/** "exit status 3", "signal SIGKILL" or "connection lost". */
export function exitText(exit: ExitInfo): string {
  switch (exit.kind) {
    case "exit":
      return `exit status ${exit.code}`;
    case "signal":
      return `signal ${exit.signal}`;
    case "lost":
      return "connection lost";
  }
}

/** Keeps the last `maxBytes` of a stream. */
export function collectTail(stream: Readable, maxBytes: number): { text(): string } {
  let tail = Buffer.alloc(0);
  stream.on("data", (chunk: Buffer) => {
    tail = Buffer.concat([tail, chunk]).subarray(-maxBytes);
  });
  return { text: () => tail.toString("utf8") };
}

function collect(stream: Readable, maxBytes: number, onOverflow: () => void) {
  const chunks: Buffer[] = [];
  let bytes = 0;
  stream.on("data", (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes <= maxBytes) chunks.push(chunk);
    else onOverflow();
  });
  return {
    text: () => Buffer.concat(chunks).toString("utf8"),
    overflowed: () => bytes > maxBytes,
  };
}

/** Writes the input at the pace of the other side; a process that ends early just stops it. */
async function feed(process: HostProcess, { input, onInputBytes }: RunOptions): Promise<void> {
  const { stdin } = process;
  // EPIPE when it ended without reading all: its exit status tells why.
  stdin.on("error", () => {});
  if (input === undefined) {
    stdin.end();
    return;
  }
  for (let at = 0; at < input.length; at += INPUT_CHUNK_BYTES) {
    const chunk = input.subarray(at, at + INPUT_CHUNK_BYTES);
    const written = new Promise<boolean>((resolve) => {
      stdin.write(chunk, (error) => resolve(!error));
    });
    // ssh2 never calls back on a channel that was closed meanwhile.
    const isGone = process.exited.then(() => false);
    if (!(await Promise.race([written, isGone]))) return;
    onInputBytes?.(at + chunk.length);
  }
  stdin.end();
}
