import { spawn } from "node:child_process";

import { throwIfCancelled } from "./cancel";
import type { CommandHost, ExitInfo, HostProcess } from "./commandHost";

/** This machine, for Profile This Machine. */
export const localHost: CommandHost = {
  label: "this machine",
  start(script: string, signal: AbortSignal): Promise<HostProcess> {
    throwIfCancelled(signal);
    const child = spawn("/bin/sh", ["-c", script], { stdio: ["pipe", "pipe", "pipe"] });
    const exited = new Promise<ExitInfo>((resolve) => {
      // Also told when a signal was refused (a child that became root by sudo); that is no end.
      child.on("error", () => {
        if (child.pid === undefined) resolve({ kind: "exit", code: 127 });
      });
      child.once("close", (code, name) => {
        resolve(
          name === null ? { kind: "exit", code: code ?? 1 } : { kind: "signal", signal: name },
        );
      });
    });
    return Promise.resolve({
      stdin: child.stdin,
      stdout: child.stdout,
      stderr: child.stderr,
      exited,
      kill: (name: "TERM" | "KILL") => {
        child.kill(`SIG${name}`);
      },
      close: () => {
        child.stdin.destroy();
        child.stdout.destroy();
        child.stderr.destroy();
        // Ends a child that does not read its stdin; one that runs as root by sudo ends by EOF.
        child.kill("SIGTERM");
      },
    });
  },
};
