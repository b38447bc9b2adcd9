import { describe, expect, inject, test } from "vitest";
import { record } from "../sampler/support/record";
import { broken, countOf, type Frame, type Stack } from "../sampler/support/stacks";
import { interpreters } from "./support/matrix";
import { Program } from "./support/program";

/** What programs/native.py tells. */
interface Natives {
  readonly nestings: readonly (readonly [string, string, string, string])[];
  readonly native: Readonly<Record<string, string>>;
}

const { impossible } = inject("sampler");

/** Of "symbol (MODULE)", the name of a native frame. */
function partsOf(frame: Frame): { readonly symbol: string; readonly module: string } {
  const [, symbol = frame.name, path = ""] = /^(.+) \((.*)\)$/.exec(frame.name) ?? [];
  return { symbol, module: path.slice(path.lastIndexOf("/") + 1) };
}

const isPython = (frame: Frame, name: string) => frame.kind === "python" && frame.name === name;

/** The frames between a Python function and one that it has called back; undefined without the two. */
function between({ frames }: Stack, caller: string, callee: string): readonly Frame[] | undefined {
  const to = frames.findIndex((frame) => isPython(frame, callee));
  const from = frames.findLastIndex((frame, index) => index < to && isPython(frame, caller));
  return from < 0 ? undefined : frames.slice(from + 1, to);
}

/** Where a thread's life begins, if its file has names. */
const isFirst = (frame: Frame | undefined) =>
  frame?.kind === "native" && /^(_start|0x[0-9a-f]+)$/.test(partsOf(frame).symbol);

// From user space there are no native frames.
describe.skipIf(impossible !== "")("native frames among Python's", () => {
  test.each(interpreters.map((one) => [one.label, one] as const))("%s", async (_, interpreter) => {
    const { program } = Program.start(interpreter, "native.py", []);
    const { pid } = await program.answer<{ pid: number }>();
    const { stacks, stats } = await record([pid], 3, 1999);
    program.tell();
    const truth = await program.answer<Natives>();

    // All the way to the thread's first frame.
    expect(stats.counters["native_whole"]).toBeGreaterThanOrEqual(0.99 * stats.samples);
    const rootless = countOf(stacks, ({ frames }) => !isFirst(frames[0]));
    expect(rootless).toBeLessThanOrEqual(0.01 * stats.samples);
    expect(countOf(broken(stacks))).toBeLessThanOrEqual(0.001 * stats.samples + 1);
    for (const [caller, callee, module, symbol] of truth.nestings) {
      const met = stacks.filter((stack) => between(stack, caller, callee) !== undefined);
      expect(countOf(met), callee).toBeGreaterThan(50);
      // C calls it, and nothing but C lies between.
      const parts = met.flatMap((stack) => between(stack, caller, callee) ?? []);
      expect(parts.filter((frame) => frame.kind !== "native")).toEqual([]);
      const isThere = (frame: Frame) =>
        partsOf(frame).module.startsWith(module) && partsOf(frame).symbol.includes(symbol);
      const without = met.filter((stack) => between(stack, caller, callee)?.some(isThere) !== true);
      expect(without, callee).toEqual([]);
    }
    for (const [name, module] of Object.entries(truth.native)) {
      const there = stacks.filter(({ frames }) => frames.some((frame) => isPython(frame, name)));
      const native = there.filter(({ frames }) =>
        frames.some((frame) => frame.kind === "native" && partsOf(frame).module.startsWith(module)),
      );
      expect(countOf(there)).toBeGreaterThan(50);
      expect(countOf(native)).toBeGreaterThan(0.9 * countOf(there));
    }
  });
});
