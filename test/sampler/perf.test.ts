import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import path from "node:path";
import { promisify } from "node:util";
import { expect, onTestFinished } from "vitest";
import { interpreters, sampled, testEach } from "./support/machine";
import { record } from "./support/record";
import { countOf, pythonOf, type Stack } from "./support/stacks";
import { shareError } from "./support/statistics";
import { Workload } from "./support/workload";

const run = promisify(execFile);

const SECONDS = 4;

/** Samples by the function that was running, as `perf record` of the same clock has them. */
async function perfCounts(pid: number): Promise<Map<string, number>> {
  const folder = mkdtempSync("/tmp/emberline-perf-");
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const file = path.join(folder, "perf.data");
  const clock = ["-e", "cpu-clock", "-F", "997"];
  await run("perf", ["record", "-q", ...clock, "-p", `${pid}`, "-o", file, "sleep", `${SECONDS}`]);
  const { stdout } = await run("perf", ["script", "-i", file, "-F", "ip,sym"], {
    maxBuffer: 64 << 20,
  });
  const counts = new Map<string, number>();
  for (const line of stdout.split("\n")) {
    const [, symbol] = /^\s*[0-9a-f]+ (.+)$/.exec(line) ?? [];
    if (symbol !== undefined) add(counts, plain(symbol), 1);
  }
  return counts;
}

function add(counts: Map<string, number>, name: string, samples: number): void {
  counts.set(name, (counts.get(name) ?? 0) + samples);
}

/** Without what a compiler appends to a part of a function. */
const plain = (symbol: string) =>
  symbol.replace(/(\.(cold|isra|constprop|part|lto_priv)(\.\d+)*)+$/, "");

/** The function that a stack ends in. The evaluation loop is told by the Python frame that it runs. */
function leafOf({ frames }: Stack): string {
  const leaf = frames.at(-1);
  if (leaf === undefined || leaf.kind === "python") return "_PyEval_EvalFrameDefault";
  return plain(leaf.name.replace(/ \(.*\)$/, ""));
}

sampled("the native side of a simple function, beside perf's", () => {
  // Their interpreters have names for all of their functions.
  const named = interpreters.filter((one) => one.origin === "pyenv");
  testEach(named, async (interpreter) => {
    const workload = await Workload.start(interpreter, "exercise.py");
    const [theirs, { stacks, stats }] = await Promise.all([
      perfCounts(workload.pid),
      record([workload.pid], SECONDS, 999),
    ]);
    await workload.end();

    const ours = new Map<string, number>();
    for (const stack of stacks) add(ours, leafOf(stack), stack.samples);
    const total = [...theirs.values()].reduce((sum, samples) => sum + samples, 0);
    expect(total).toBeGreaterThan(500 * SECONDS);
    const heavy = [...theirs].filter(([, samples]) => samples > 0.02 * total);
    expect(heavy.length).toBeGreaterThan(5);
    for (const [name, samples] of heavy) {
      const [mine, share] = [(ours.get(name) ?? 0) / stats.samples, samples / total];
      // Both are measured, so both err.
      expect(Math.abs(mine - share), name).toBeLessThan(Math.SQRT2 * shareError(share, total));
    }
    // All of it is where the function calls it.
    const inside = (stack: Stack) => pythonOf(stack).at(-1)?.name === "exercise";
    expect(countOf(stacks, inside)).toBeGreaterThan(0.98 * stats.samples);
  });
});
