import { spawn } from "node:child_process";
import { accessSync, constants, statSync } from "node:fs";
import path from "node:path";
import { root } from "./paths.mjs";

/** A command that ended with another status than 0; its output is in the message. */
export class CommandError extends Error {
  constructor(command, result) {
    const tail = `${result.stdout}${result.stderr}`.trimEnd().split("\n").slice(-60).join("\n");
    super(`${command} ended with ${result.signal ?? `status ${result.code}`}\n${tail}`);
    this.result = result;
  }
}

/**
 * Runs a command in the repository's root and collects its output.
 * Rejects with CommandError on a status other than 0, unless `check` is false.
 * `echo` shows the output while it comes; `timeoutMs` kills the process group.
 */
export async function run(command, args = [], options = {}) {
  const { cwd = root, env = process.env, check = true, echo = false, input, timeoutMs } = options;
  const child = spawn(command, args, { cwd, env, detached: timeoutMs !== undefined });
  const result = { code: null, signal: null, stdout: "", stderr: "", timedOut: false };
  for (const name of ["stdout", "stderr"]) {
    child[name].setEncoding("utf8");
    child[name].on("data", (text) => {
      result[name] += text;
      if (echo) process[name].write(text);
    });
  }
  child.stdin.on("error", () => {}); // A child that never reads its input is no failure.
  child.stdin.end(input);
  const timer =
    timeoutMs === undefined
      ? undefined
      : setTimeout(() => {
          result.timedOut = true;
          killGroup(child.pid, "SIGKILL");
        }, timeoutMs);
  await new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => {
      result.code = code;
      result.signal = signal;
      resolve();
    });
  }).finally(() => clearTimeout(timer));
  if (check && result.code !== 0) throw new CommandError([command, ...args].join(" "), result);
  return result;
}

/** Signals a process group; one that is gone already is no failure. */
export function killGroup(pid, signal) {
  try {
    process.kill(-pid, signal);
    return true;
  } catch {
    return false;
  }
}

/** The absolute path of a command, or undefined. Debian keeps sshd outside a user's PATH. */
export function which(command) {
  const folders = [...(process.env.PATH ?? "").split(":"), "/usr/sbin", "/sbin"];
  for (const folder of folders) {
    if (folder === "") continue;
    const file = path.join(folder, command);
    try {
      accessSync(file, constants.X_OK);
      if (statSync(file).isFile()) return file;
    } catch {
      continue;
    }
  }
  return undefined;
}
