/** Long-running children of the demo and the tests, each the leader of its own process group. */
import { spawn, type ChildProcess, type SpawnOptions, type StdioOptions } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";

export interface Child {
  readonly pid: number;
  /** Standard output and error so far. */
  log(): string;
  /** Whether it has ended by itself or by stop(). */
  hasEnded(): boolean;
  /** SIGTERM to the group, SIGKILL to what is left of it after a while. */
  stop(): Promise<void>;
}

/** Time to end by itself, in ms; VS Code shuts its extension host down in about one second. */
const GRACE_MS = 5_000;

/** In front of a command: it ends with whoever started it, even when that one is killed. */
const withParent = ["setpriv", "--pdeathsig", "TERM"] as const;

/** Starts a command whose output goes to `logFile`; a command that is not there ends at once. */
export async function startChild(
  command: string,
  args: readonly string[],
  logFile: string,
  options: Pick<SpawnOptions, "cwd" | "env" | "uid" | "gid"> = {},
): Promise<Child> {
  const log = openSync(logFile, "a");
  const [launcher, ...words] = [...withParent, command, ...args];
  const stdio: StdioOptions = ["ignore", log, log];
  const child = spawn(launcher, words, { ...options, detached: true, stdio });
  closeSync(log);
  await new Promise<void>((resolve, reject) => {
    child.once("spawn", resolve);
    child.once("error", reject);
  });
  const pid = child.pid ?? 0;
  return {
    pid,
    log: () => readFileSync(logFile, "utf8"),
    hasEnded: () => hasEnded(child),
    stop: async () => {
      signalGroup(pid, "SIGTERM");
      await within(GRACE_MS, () => !signalGroup(pid, 0));
      signalGroup(pid, "SIGKILL");
      await within(GRACE_MS, () => hasEnded(child));
    },
  };
}

/** Waits until `isSo`, in steps of 30 ms; false when it is not so after `timeoutMs`. */
export async function within(timeoutMs: number, isSo: () => boolean): Promise<boolean> {
  const deadlineMs = Date.now() + timeoutMs;
  while (!isSo()) {
    if (Date.now() > deadlineMs) return false;
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
  return true;
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

/** False when the group has no process any more. */
function signalGroup(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(-pid, signal);
    return true;
  } catch {
    return false;
  }
}
