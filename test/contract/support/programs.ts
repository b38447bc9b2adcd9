/** Programs to sample, each in a folder of its own that every user can read. */
import { spawn, type ChildProcess } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { onTestFinished } from "vitest";
import { within } from "../../support/childProcess";

/** Debian's own: scripts/lib/versions.mjs asks for it. */
export const python = "/usr/bin/python3";

/** Line 4 is where the time goes. */
export const burn = `def hot(n):
    total = 0
    for i in range(n):
        total += i * i
    return total

while True:
    hot(10_000)
`;

export const hotLine = 4;

export function folder(): string {
  const made = mkdtempSync(path.join(tmpdir(), "emberline-program-"));
  chmodSync(made, 0o755);
  onTestFinished(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

/** Writes a program of its own into a new folder. */
export function script(text: string, name = "app.py"): string {
  const file = path.join(folder(), name);
  writeFileSync(file, text);
  return file;
}

/** Starts a program that ends with the test; resolves when it runs what it was asked to. */
export async function program(...command: string[]): Promise<ChildProcess & { pid: number }> {
  const [name = "", ...args] = command;
  const child = spawn(name, args, { stdio: ["ignore", "pipe", "inherit"] });
  const ended = new Promise((resolve) => child.once("close", resolve));
  onTestFinished(async () => {
    child.kill("SIGKILL");
    await ended;
  });
  let isReady = false;
  child.stdout.once("data", () => (isReady = true));
  await new Promise<void>((resolve, reject) => {
    child.once("spawn", resolve);
    child.once("error", reject);
  });
  if (command.includes("-u")) await within(10_000, () => isReady || child.exitCode !== null);
  return Object.assign(child, { pid: child.pid ?? 0 });
}

/** A Python that says it is there before it works. */
export const busy = (file: string, ...before: string[]) =>
  program(...before, python, "-u", "-c", `print("ready")\n${runFile}`, file);

/** Runs a file as Python itself would, under its own name. */
const runFile = `import sys
name = sys.argv[1]
exec(compile(open(name).read(), name, "exec"), {"__name__": "__main__"})`;
