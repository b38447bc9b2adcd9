import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, inject, test } from "vitest";
import type { DoctorReport, Stats } from "../../extension/wire/protocol.gen";
import { impossible, unmetChains, type Grammar } from "../sampler/support/grammar";
import { broken, countOf, parseStacks, pythonOf } from "../sampler/support/stacks";

declare module "vitest" {
  interface ProvidedContext {
    /** What support/globalSetup.mjs booted: `folder` holds what it sent, unless `failure` says why not. */
    machines: readonly { release: string; folder: string; failure: string }[];
    /** Trials that ran grammar.py, named by the interpreter's version. */
    grammars: readonly string[];
  }
}

interface Prefork {
  readonly workers: Readonly<
    Record<string, { readonly function: string; readonly parent: number }>
  >;
}

/** Whether a thread can be had to read its own memory again: Linux 6.18. */
function hasTaskWork(release: string): boolean {
  const [major = 0, minor = 0] = release.split(".").map(Number);
  return major > 6 || (major === 6 && minor >= 18);
}

/** One trial's outcome; the last line that the workload said is the truth. */
function readTrial(folder: string, name: string) {
  const read = (file: string) => readFileSync(path.join(folder, name, file), "utf8");
  expect(read("status").trim(), read("complaints")).toBe("0");
  return {
    truth: JSON.parse(read("said").trim().split("\n").at(-1) ?? "") as unknown,
    stacks: parseStacks(read("stacks")),
    stats: JSON.parse(read("stats")) as Stats,
  };
}

const rows: object[] = [];

describe.each(inject("machines"))("Linux $release", ({ release, folder, failure }) => {
  test("boots, and the doctor finds all that sampling needs", () => {
    expect(failure).toBe("");
    const report = JSON.parse(readFileSync(path.join(folder, "doctor"), "utf8")) as DoctorReport;
    expect(report.checks.filter((check) => !check.ok)).toEqual([]);
    expect(report.canSample).toBe(true);
  });

  test.each(inject("grammars"))("a closed call grammar in Python %s", (version) => {
    const { stacks, stats, ...trial } = readTrial(folder, version);
    const truth = trial.truth as Grammar;
    const { samples, expected, error_stacks, bpf_ns, bpf_runs } = stats;
    rows.push({ release, version, samples, expected, error_stacks, bpf_ns, bpf_runs });
    const script = "/test/matrix/programs/grammar.py";
    expect(stacks.flatMap((stack) => impossible(stack, truth, script) ?? [])).toEqual([]);
    expect(broken(stacks)).toEqual([]);
    expect(stats).toMatchObject({ error_stacks: 0, truncated_stacks: 0, lost: 0 });
    expect(unmetChains(stacks, truth)).toEqual([]);
    expect(stats.processes).toMatchObject([{ version }]);
    expect(samples / expected).toBeGreaterThan(0.95);
    expect(countOf(stacks)).toBe(samples);
  });

  test("forked workers from their first instruction, each in its own function", () => {
    const { stacks, stats, truth } = readTrial(folder, "prefork");
    const workers = Object.entries((truth as Prefork).workers);
    expect(workers.length).toBeGreaterThan(3);
    const own = new Set(workers.map(([, worker]) => worker.function));
    for (const [pid, worker] of workers) {
      const met = stacks
        .filter((stack) => stack.process.pid === Number(pid))
        .flatMap((stack) => pythonOf(stack).map((frame) => frame.name));
      expect(met).toContain(worker.function);
      const inherited = worker.function === "grandchild" ? ["elder"] : [];
      const foreign = [...own].filter(
        (name) => name !== worker.function && !inherited.includes(name) && met.includes(name),
      );
      expect(foreign, worker.function).toEqual([]);
    }
    // While a process ends its memory goes before its thread does.
    expect(stats.error_stacks / stats.samples).toBeLessThan(0.01);
    const kernel = stacks.filter((stack) => stack.frames.some((frame) => frame.kind === "kernel"));
    const entries = kernel.flatMap((stack) => stack.frames.map((frame) => frame.name));
    expect(entries).toContain("entry_SYSCALL_64_after_hwframe");
  });

  test("a stack in memory that is not there", () => {
    const { stacks, stats, truth } = readTrial(folder, "paged");
    const { chain } = truth as { readonly chain: readonly string[] };
    for (const stack of stacks) {
      const frames = stack.frames.filter(({ kind }) => kind === "python" || kind === "error");
      // An error frame at the root tells why there is no more; others stand for one frame each.
      const read = frames[0]?.kind === "error" ? frames.slice(1) : frames;
      if (read.length === frames.length) expect(read).toHaveLength(chain.length);
      const expected = chain.slice(chain.length - read.length);
      const wrong = read.filter(({ kind, name }, at) => kind !== "error" && name !== expected[at]);
      expect(wrong).toEqual([]);
    }
    const { retried = 0, pages_brought_in = 0 } = stats.counters;
    if (hasTaskWork(release)) {
      expect(retried).toBeGreaterThan(10);
      expect(pages_brought_in).toBeGreaterThanOrEqual(retried);
      expect(stats.error_stacks / stats.samples).toBeLessThan(0.01);
    } else {
      expect(retried).toBe(0);
      expect(stats.error_stacks).toBeGreaterThan(10);
    }
  });
});

afterAll(() => {
  const folder = fileURLToPath(new URL("../../out/kernels", import.meta.url));
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, "rows.json"), JSON.stringify(rows));
});
