import { spawn, type ChildProcessByStdio } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import path from "node:path";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";
import type { Interpreter } from "./machine";

const workloads = fileURLToPath(new URL("../../workloads/truth/", import.meta.url));

/** A folder for one test, as this process and as an interpreter's programs name it. */
export interface Folder {
  readonly here: string;
  readonly seen: string;
}

/** A new folder that an interpreter's programs can reach; it is gone after the test. */
export function folderFor(interpreter: Interpreter): Folder {
  const base = path.join(interpreter.root, "/tmp");
  mkdirSync(base, { recursive: true });
  const here = mkdtempSync(path.join(base, "emberline-test-"));
  onTestFinished(() => rmSync(here, { recursive: true, force: true }));
  return { here, seen: here.slice(interpreter.root.length) };
}

/** The folder of the truth workloads as an interpreter's programs see it. */
function workloadsFor(interpreter: Interpreter): string {
  if (interpreter.root === "") return workloads;
  const folder = folderFor(interpreter);
  cpSync(workloads, folder.here, { recursive: true });
  return `${folder.seen}/`;
}

/** A workload's path as an interpreter's programs name it. */
export const placeOf = (interpreter: Interpreter, name: string) =>
  `${workloadsFor(interpreter)}${name}`;

/** The environment in which workloads run: nothing is written beside their sources. */
export const workloadEnv = { ...process.env, PYTHONDONTWRITEBYTECODE: "1" };

/** Copies workloads there; a copy is named by its own path and can be run from its folder. */
export function copyWorkloads(folder: Folder, ...names: readonly string[]): void {
  for (const name of names) cpSync(`${workloads}${name}`, path.join(folder.here, name));
}

interface StartOptions {
  readonly cwd?: string;
  /** Run it through this program, such as unshare. */
  readonly prefix?: readonly string[];
  /** Another place of the script than the workloads' folder. */
  readonly script?: string;
}

/** A running program of test/workloads/truth (talk.py tells how it talks). */
export class Workload {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #lines: AsyncIterator<string>;
  readonly #ended: Promise<number | null>;
  /** As the interpreter names the script. */
  readonly script: string;

  private constructor(child: ChildProcessByStdio<Writable, Readable, null>, script: string) {
    this.#child = child;
    this.script = script;
    this.#lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    this.#ended = new Promise((resolve, reject) => {
      child.once("error", reject);
      child.once("exit", resolve);
    });
    // A write to a program that has ended is told by its exit.
    child.stdin.on("error", () => {});
  }

  /** Starts it and waits until it is at work. It ends with the test at the latest. */
  static async start(
    interpreter: Interpreter,
    name: string,
    args: readonly string[] = [],
    options: StartOptions = {},
  ): Promise<Workload> {
    const script = options.script ?? placeOf(interpreter, name);
    const [program, ...rest] = [...(options.prefix ?? []), ...interpreter.command, script, ...args];
    if (program === undefined) throw new Error("no command");
    const child = spawn(program, rest, {
      cwd: options.cwd,
      env: workloadEnv,
      stdio: ["pipe", "pipe", "inherit"],
    });
    onTestFinished(() => void child.kill("SIGKILL"));
    const workload = new Workload(child, path.resolve(options.cwd ?? "/", script));
    await workload.answer<{ ready: boolean }>();
    return workload;
  }

  get pid(): number {
    if (this.#child.pid === undefined) throw new Error("it did not start");
    return this.#child.pid;
  }

  /** Sends "mark" without waiting for what it does. */
  tellMark(): void {
    this.#child.stdin.write("mark\n");
  }

  /** Starts the account anew. */
  async mark(): Promise<void> {
    this.tellMark();
    await this.answer<{ marked: boolean }>();
  }

  /** The next line it prints. */
  async answer<T>(): Promise<T> {
    const { value, done } = await this.#lines.next();
    if (done === true) throw new Error(`the workload ended with ${await this.#ended}`);
    return JSON.parse(value) as T;
  }

  /** Asks it to end and returns the truth. */
  async end<T>(): Promise<T> {
    this.#child.stdin.write("end\n");
    const truth = await this.answer<T>();
    await this.#ended;
    return truth;
  }
}
