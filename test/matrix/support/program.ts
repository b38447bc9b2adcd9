import { spawn, type ChildProcessByStdio } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import path from "node:path";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";
import type { Stats } from "../../../extension/wire/protocol.gen";
import type { Interpreter } from "../../sampler/support/machine";
import { Helper } from "../../sampler/support/record";
import { folderFor, workloadEnv } from "../../sampler/support/workload";
import { parseGecko, type Stack } from "./gecko";
import type { Sampler } from "./matrix";

const programs = fileURLToPath(new URL("../programs", import.meta.url));

/** A running program of test/matrix/programs (talking.py tells how it talks). */
export class Program {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #lines: AsyncIterator<string>;

  private constructor(child: ChildProcessByStdio<Writable, Readable, null>) {
    this.#child = child;
    this.#lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    child.stdin.on("error", () => {});
  }

  /**
   * Starts it in a folder that is gone after the test: as `here` names it and as
   * its interpreter does.
   */
  static start(interpreter: Interpreter, name: string, args: readonly string[]) {
    const folder = folderFor(interpreter);
    cpSync(programs, folder.here, { recursive: true });
    const [command, ...rest] = interpreter.command;
    const script = `${folder.seen}/${name}`;
    const child = spawn(
      command,
      [...rest, script, ...args.map((arg) => arg.replace("FOLDER", folder.seen))],
      {
        env: workloadEnv,
        stdio: ["pipe", "pipe", "inherit"],
      },
    );
    onTestFinished(() => void child.kill("SIGKILL"));
    return { program: new Program(child), script };
  }

  /** The process's id in this process's namespace, also where unshare waits for it. */
  get pid(): number {
    const own = this.#child.pid ?? 0;
    const children = readFileSync(`/proc/${own}/task/${own}/children`, "utf8").trim();
    return isUnshare(own) && children !== "" ? Number(children.split(" ")[0]) : own;
  }

  tell(): void {
    this.#child.stdin.write("\n");
  }

  async answer<T>(): Promise<T> {
    const { value, done } = await this.#lines.next();
    if (done === true) throw new Error("the program has ended");
    return JSON.parse(value) as T;
  }
}

const isUnshare = (pid: number) => readFileSync(`/proc/${pid}/comm`, "utf8") === "unshare\n";

export interface Recording {
  readonly stacks: readonly Stack[];
  readonly stats: Stats;
}

/** `record` of one process and its children by one of the samplers. */
export class Recorder {
  readonly #folder = mkdtempSync("/tmp/emberline-matrix-");
  readonly #helper: Helper;

  constructor(pid: number, sampler: Sampler, seconds: number, frequency = 999) {
    onTestFinished(() => rmSync(this.#folder, { recursive: true, force: true }));
    this.#helper = new Helper([
      "record",
      `--pid=${pid}`,
      `--sampler=${sampler}`,
      `--duration=${seconds}s`,
      `--frequency=${frequency}`,
      "--format=gecko",
      `--output=${path.join(this.#folder, "stacks")}`,
      `--stats=${path.join(this.#folder, "stats")}`,
    ]);
  }

  get pid(): number {
    return this.#helper.pid;
  }

  stop(): Promise<Recording> {
    this.#helper.signal("SIGINT");
    return this.finished();
  }

  async finished(): Promise<Recording> {
    const { code, stderr } = await this.#helper.ended;
    if (code !== 0) throw new Error(`record ended with ${code}: ${stderr}`);
    const read = (name: string) => readFileSync(path.join(this.#folder, name), "utf8");
    return { stacks: parseGecko(read("stacks")), stats: JSON.parse(read("stats")) as Stats };
  }
}
