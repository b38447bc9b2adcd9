import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, readlinkSync, rmSync } from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { onTestFinished } from "vitest";
import type { Stats } from "../../../extension/wire/protocol.gen";
import { helper } from "./machine";
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
    const child = spawn(helper, args, { stdio: ["ignore", "pipe", "pipe"], ...as });
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

  /** Waits until it samples: the timer is the last thing that it opens. */
  async sampling(): Promise<void> {
    const folder = `/proc/${this.pid}/fd`;
    const opened = () =>
      readdirSync(folder).some((fd) => linkOf(`${folder}/${fd}`) === "anon_inode:[perf_event]");
    while (!opened()) await sleep(5);
    // Between opening the timer and starting it lies the search for processes.
    await sleep(300);
  }
}

/** A descriptor may be closed between listing and reading it. */
function linkOf(file: string): string {
  try {
    return readlinkSync(file);
  } catch {
    return "";
  }
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
      stacks: parseStacks(this.read("stacks")),
      stats: JSON.parse(this.read("stats")) as Stats,
    };
  }

  /** Ends it early. */
  stop(): Promise<Recording> {
    this.signal("SIGINT");
    return this.finished();
  }

  read(name: "stacks" | "stats"): string {
    return readFileSync(path.join(this.#folder, name), "utf8");
  }
}

/** Records the given processes for so many seconds. */
export const record = (pids: readonly number[], seconds: number, frequencyHz?: number) =>
  new Recorder({ pids, seconds, ...(frequencyHz === undefined ? {} : { frequencyHz }) }).finished();
