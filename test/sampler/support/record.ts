import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { onTestFinished } from "vitest";
import type { Stats } from "../../../extension/wire/protocol.gen";
import { helperFile } from "../../contract/support/helper";
import { parseStacks, type Stack } from "./stacks";

/** How `emberline-helper record` ended. */
export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A finished recording. */
export interface Recording {
  readonly stacks: readonly Stack[];
  readonly stats: Stats;
}

/** `emberline-helper` under way; it ends with the test at the latest. */
export class Helper {
  readonly pid: number;
  readonly ended: Promise<Ended>;
  readonly #kill: (signal: NodeJS.Signals) => void;

  constructor(args: readonly string[], as: { readonly uid?: number; readonly gid?: number } = {}) {
    const child = spawn(helperFile, args, { stdio: ["ignore", "pipe", "pipe"], ...as });
    const said = { stdout: "", stderr: "" };
    child.stdout.setEncoding("utf8").on("data", (text: string) => (said.stdout += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (said.stderr += text));
    this.ended = new Promise((resolve, reject) => {
      child.once("error", reject);
      child.once("close", (code) => resolve({ code, ...said }));
    });
    onTestFinished(() => void child.kill("SIGKILL"));
    this.pid = child.pid ?? 0;
    this.#kill = (signal) => void child.kill(signal);
  }

  signal(name: NodeJS.Signals): void {
    this.#kill(name);
  }

  /** Waits until its timer has fired once. Needs --stats, which makes the kernel count that. */
  async sampling(): Promise<void> {
    const folder = `/proc/${this.pid}/fdinfo`;
    while (!filesOf(folder).some(hasTimerFired)) await sleep(5);
  }
}

/** Whether it is the file of a BPF program for perf events that has run (kernel/bpf/syscall.c). */
const hasTimerFired = (fdinfo: string) =>
  /^prog_type:\t7$/m.test(fdinfo) && /^run_cnt:\t[1-9]/m.test(fdinfo);

/** The texts in a folder whose files come and go. */
function filesOf(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    try {
      return [readFileSync(path.join(folder, name), "utf8")];
    } catch {
      return [];
    }
  });
}

interface Options {
  readonly pids?: readonly number[];
  readonly seconds?: number;
  readonly frequencyHz?: number;
  readonly extra?: readonly string[];
}

/** A recording under way, to be stopped or waited for. */
export class Recorder extends Helper {
  readonly #folder: string;

  /** Of the given processes, or of all. */
  constructor({ pids, seconds = 60, frequencyHz = 999, extra = [] }: Options) {
    const folder = mkdtempSync("/tmp/emberline-record-");
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    super([
      "record",
      ...(pids === undefined ? ["--all"] : ["--pid", pids.join(",")]),
      `--duration=${seconds}s`,
      `--frequency=${frequencyHz}`,
      `--output=${path.join(folder, "stacks")}`,
      `--stats=${path.join(folder, "stats")}`,
      ...extra,
    ]);
    this.#folder = folder;
  }

  /** Waits for the end and reads what was written. */
  async finished(): Promise<Recording> {
    const { code, stderr } = await this.ended;
    if (code !== 0) throw new Error(`record ended with ${code}: ${stderr}`);
    return {
      stacks: parseStacks(this.bytes("stacks").toString()),
      stats: this.stats(),
    };
  }

  /** Ends it early. */
  stop(): Promise<Recording> {
    this.signal("SIGINT");
    return this.finished();
  }

  stats(): Stats {
    return JSON.parse(this.bytes("stats").toString()) as Stats;
  }

  /** What it wrote. */
  bytes(name: "stacks" | "stats"): Buffer {
    return readFileSync(path.join(this.#folder, name));
  }
}

/** Records the given processes for so many seconds. */
export const record = (pids: readonly number[], seconds: number, frequencyHz?: number) =>
  new Recorder({ pids, seconds, ...(frequencyHz === undefined ? {} : { frequencyHz }) }).finished();
