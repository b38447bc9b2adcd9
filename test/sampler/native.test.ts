import { expect } from "vitest";
import { interpreters, sampled, testEach } from "./support/machine";
import { record } from "./support/record";
import { countOf, type Frame, type Stack } from "./support/stacks";
import { expectWhole } from "./support/whole";
import { Workload } from "./support/workload";

/** What test/workloads/truth/native.py tells. */
interface Natives {
  readonly nestings: readonly (readonly [string, string, string, string])[];
  readonly native: Readonly<Record<string, string>>;
}

/** "symbol (MODULE)" of a native frame. */
function partsOf(frame: Frame): { readonly symbol: string; readonly module: string } {
  const [, symbol = frame.name, path = ""] = /^(.+) \((.*)\)$/.exec(frame.name) ?? [];
  return { symbol, module: path.slice(path.lastIndexOf("/") + 1) };
}

const isPython = (frame: Frame, name: string) => frame.kind === "python" && frame.name === name;

/** The frames between a Python function and the next call of another; undefined when it is not there. */
function between({ frames }: Stack, caller: string, callee: string): readonly Frame[] | undefined {
  const to = frames.findIndex((frame) => isPython(frame, callee));
  const from = frames.findLastIndex((frame, index) => index < to && isPython(frame, caller));
  return from < 0 ? undefined : frames.slice(from + 1, to);
}

/** Where a thread's life begins, as libc names it. */
const isFirst = (frame: Frame | undefined) =>
  frame?.kind === "native" &&
  /^(_start|clone3?|__clone3?|0x[0-9a-f]+)$/.test(partsOf(frame).symbol);

sampled("native frames among Python's", () => {
  testEach(interpreters, async (interpreter) => {
    const workload = await Workload.start(interpreter, "native.py");
    const recording = await record([workload.pid], 3, 1999);
    const { stacks, stats } = recording;
    const truth = await workload.end<Natives>();

    expectWhole(interpreter, recording);
    // All the way to the thread's first frame.
    expect(stats.counters["native_whole"]).toBeGreaterThanOrEqual(0.99 * stats.samples);
    const rootless = countOf(stacks, (stack) => !isFirst(stack.frames[0]));
    expect(rootless).toBeLessThanOrEqual(0.01 * stats.samples);
    for (const [caller, callee, module, symbol] of truth.nestings) {
      const parts = stacks.flatMap((stack) => between(stack, caller, callee) ?? []);
      const met = stacks.filter((stack) => between(stack, caller, callee) !== undefined);
      expect(countOf(met), callee).toBeGreaterThan(50);
      // C calls it, and nothing but C lies between.
      expect(parts.filter((frame) => frame.kind !== "native"), callee).toEqual([]);
      const without = met.filter(
        (stack) =>
          between(stack, caller, callee)?.some((frame) => {
            const at = partsOf(frame);
            return at.module.startsWith(module) && at.symbol.includes(symbol);
          }) !== true,
      );
      expect(without).toEqual([]);
    }
    for (const [name, module] of Object.entries(truth.native)) {
      const there = stacks.filter(({ frames }) => frames.some((frame) => isPython(frame, name)));
      const native = there.filter(({ frames }) =>
        frames.some((frame) => frame.kind === "native" && partsOf(frame).module.startsWith(module)),
      );
      expect(countOf(native)).toBeGreaterThan(0.9 * countOf(there));
    }
  });
});
