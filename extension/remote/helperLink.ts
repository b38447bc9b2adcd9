import { PassThrough, type Readable, type Writable } from "node:stream";

import { exitText, type ExitInfo, type HostProcess } from "./commandHost";
import { oneLine, remoteError, type RemoteError } from "./errors";

/** A running helper. Its stdout begins with the first byte of the protocol. */
export interface HelperLink {
  /** For messages: the alias of the host, or "this machine". */
  readonly label: string;
  /** Hex SHA-256 of the file that was started. */
  readonly sha256: string;
  readonly stdin: Writable;
  readonly stdout: Readable;
  /** Why it is over, once it is; never rejects. */
  readonly ended: Promise<RemoteError>;
  /** Lets go of it and of what it runs through; the helper ends when its stdin does. Safe to call twice. */
  close(): void;
}

/** How a process that was to print a marker got on. */
export type Beginning =
  | { readonly kind: "running"; readonly stdout: Readable }
  | { readonly kind: "ended"; readonly exit: ExitInfo };

/** More than any login script prints; what comes before the marker is thrown away. */
const PREAMBLE_MAX_BYTES = 256 * 1024;

/**
 * Waits until the line `marker` has come and throws away what login scripts
 * printed before it; the answer's stdout begins at the byte after it.
 */
export function untilMarker(process: HostProcess, marker: string): Promise<Beginning> {
  const { stdout } = process;
  return new Promise((resolve) => {
    let seen = Buffer.alloc(0);
    const line = Buffer.from(`${marker}\n`);
    const onData = (chunk: Buffer) => {
      seen = Buffer.concat([seen, chunk]);
      const at = seen.indexOf(line);
      if (at < 0) {
        seen = seen.subarray(-PREAMBLE_MAX_BYTES);
        return;
      }
      stdout.off("data", onData);
      // Of its own, because a stream that was read once does not start by itself for the next reader.
      const protocol = new PassThrough();
      protocol.write(seen.subarray(at + line.length));
      stdout.pipe(protocol);
      resolve({ kind: "running", stdout: protocol });
    };
    stdout.on("data", onData);
    void process.exited.then((exit) => resolve({ kind: "ended", exit }));
  });
}

/** The link to a process that has printed its marker. */
export function linkTo(
  process: HostProcess,
  stdout: Readable,
  label: string,
  sha256: string,
  stderr: { text(): string },
): HelperLink {
  // A helper that is gone cannot be written to; that it is gone is told by `ended`.
  process.stdin.on("error", () => {});
  return {
    label,
    sha256,
    stdin: process.stdin,
    stdout,
    ended: process.exited.then((exit) => endedError(exit, label, stderr.text())),
    close: () => process.close(),
  };
}

function endedError(exit: ExitInfo, host: string, stderr: string): RemoteError {
  if (exit.kind === "lost") return remoteError("link-lost", { host });
  // The last line: earlier ones are warnings that it lived with.
  const said = oneLine(stderr.trim().split("\n").at(-1) ?? "");
  const reason = [exitText(exit), said].filter(Boolean).join(": ");
  return remoteError("helper-ended", { host, reason });
}
