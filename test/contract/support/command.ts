/** The helper's command line, run to its end. */
import { spawn } from "node:child_process";
import { helperFile } from "./helper";

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the helper with these arguments, behind `prefix` when there is one. */
export function runHelper(args: readonly string[], prefix: readonly string[] = []): Running {
  const [program, ...rest] = [...prefix, helperFile, ...args] as const;
  const child = spawn(program ?? helperFile, rest, { stdio: ["ignore", "pipe", "pipe"] });
  const out = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const) {
    child[name].setEncoding("utf8").on("data", (text: string) => (out[name] += text));
  }
  const ended = new Promise<Ended>((resolve) => {
    child.on("close", (code) => resolve({ code, ...out }));
  });
  return Object.assign(ended, { signal: (signal: NodeJS.Signals) => child.kill(signal) });
}

export type Running = Promise<Ended> & { signal(signal: NodeJS.Signals): boolean };
