import { expect } from "vitest";
import { oneOfEachMinor, sampled, testEach, type Interpreter } from "./support/machine";
import { record } from "./support/record";
import { broken, countOf, pythonOf } from "./support/stacks";
import { Workload } from "./support/workload";

/** bpf/types.h, MAX_PYTHON_FRAMES */
const DEEPEST = 512;

async function recordDepth(interpreter: Interpreter, depth: number) {
  const workload = await Workload.start(interpreter, "deep.py", ["--depth", String(depth)]);
  const recording = await record([workload.pid], 1);
  await workload.end();
  // The others are on the way down or up.
  const deepest = recording.stacks.filter((stack) => pythonOf(stack).at(-1)?.name === "sink");
  expect(deepest.length).toBeGreaterThan(0);
  return { ...recording, deepest };
}

for (const depth of [128, 500]) {
  sampled(`${depth} frames`, () => {
    testEach(oneOfEachMinor, async (interpreter) => {
      const { deepest, stats } = await recordDepth(interpreter, depth);
      for (const stack of deepest) {
        const names = pythonOf(stack).map((frame) => frame.name);
        expect(names[0]).toBe("<module>");
        expect(names.filter((name) => name === "descend")).toHaveLength(depth);
        expect(stack.frames.every((frame) => frame.kind !== "error")).toBe(true);
      }
      expect(stats).toMatchObject({ truncated_stacks: 0, error_stacks: 0 });
    });
  });
}

sampled("more frames than are walked", () => {
  testEach(oneOfEachMinor, async (interpreter) => {
    const { stacks, deepest, stats } = await recordDepth(interpreter, 3 * DEEPEST);
    for (const stack of deepest) {
      expect(stack.frames[0]).toEqual({ kind: "error", name: "truncated" });
      const names = pythonOf(stack).map((frame) => frame.name);
      expect(new Set(names)).toEqual(new Set(["descend", "sink"]));
      expect(names.length).toBeGreaterThanOrEqual(DEEPEST - 8);
    }
    expect(stats.truncated_stacks).toBe(countOf(broken(stacks)));
    expect(stats.counters["truncated"]).toBe(stats.truncated_stacks);
    expect(stats.error_stacks).toBe(0);
  });
});
