import { describe, expect, inject, test } from "vitest";
import type { Interpreter } from "../sampler/support/machine";
import { record, type Recording } from "../sampler/support/record";
import { broken, countOf, type Frame, type Stack } from "../sampler/support/stacks";
import { countError } from "../sampler/support/statistics";
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

/** Whether it is native code of a file whose name begins so. */
const isIn = (frame: Frame, module: string) =>
  frame.kind === "native" && partsOf(frame).module.startsWith(module);

/** Where a thread's life begins, if its file has names. */
const isFirst = (frame: Frame) =>
  frame.kind === "native" && /^(_start|0x[0-9a-f]+)$/.test(partsOf(frame).symbol);

/** musl is built without unwind information: its frames, and what they return to, are not walked. */
const isMusl = (interpreter: Interpreter) => interpreter.label.includes("musl");

// From user space there are no native frames.
for (const interpreter of interpreters) {
  describe(interpreter.label, () => {
    describe.skipIf(impossible !== "")("bpf", () => {
      test("native frames", async () => {
        const { program } = Program.start(interpreter, "native.py", []);
        const { pid } = await program.answer<{ pid: number }>();
        const { stacks, stats } = await record([pid], 5, 1999);
        program.tell();
        const truth = await program.answer<Natives>();

        expectRoots(interpreter, { stacks, stats });
        expect(countOf(broken(stacks))).toBeLessThanOrEqual(countError(stats.samples / 1000));
        for (const nesting of truth.nestings) expectNested(stacks, ...nesting);
        for (const [name, module] of Object.entries(truth.native)) {
          const there = stacks.filter(({ frames }) => frames.some((f) => isPython(f, name)));
          const native = there.filter(({ frames }) => frames.some((f) => isIn(f, module)));
          expect(countOf(there)).toBeGreaterThan(50);
          expect(countOf(native)).toBeGreaterThan(0.9 * countOf(there));
        }
      });
    });
  });
}

/** That stacks go all the way to the thread's first frame. */
function expectRoots(interpreter: Interpreter, { stacks, stats }: Recording): void {
  const { native_whole: whole = 0 } = stats.counters;
  if (!isMusl(interpreter)) expect(whole).toBeGreaterThanOrEqual(0.99 * stats.samples);
  const isRoot = isMusl(interpreter) ? (frame: Frame) => isIn(frame, "libc.so") : isFirst;
  const rootless = countOf(stacks, ({ frames: [root] }) => root === undefined || !isRoot(root));
  expect(rootless).toBeLessThanOrEqual(0.01 * stats.samples);
}

/** That C code calls back from one Python function to another, and nothing but C lies between. */
function expectNested(
  stacks: readonly Stack[],
  caller: string,
  callee: string,
  module: string,
  symbol: string,
): void {
  const met = stacks.filter((stack) => between(stack, caller, callee) !== undefined);
  expect(countOf(met), callee).toBeGreaterThan(50);
  const parts = met.flatMap((stack) => between(stack, caller, callee) ?? []);
  expect(parts.filter((frame) => frame.kind !== "native")).toEqual([]);
  const isThere = (frame: Frame) => isIn(frame, module) && partsOf(frame).symbol.includes(symbol);
  const without = met.filter((stack) => between(stack, caller, callee)?.some(isThere) !== true);
  // Of a stack that broke off, what is there is only not all of it.
  const isWhole = ({ frames: [root] }: Stack) => root !== undefined && isFirst(root);
  expect(without.filter(isWhole), callee).toEqual([]);
  expect(countOf(without)).toBeLessThanOrEqual(0.01 * countOf(stacks));
}
