import { execFile } from "node:child_process";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect } from "vitest";
import { newest, sampled, testEach, type Interpreter } from "./support/machine";
import { Recorder } from "./support/record";
import { countOf, type Frame, type Stack } from "./support/stacks";
import { folderFor, Workload } from "./support/workload";

const run = promisify(execFile);
const source = fileURLToPath(new URL("../workloads/truth/shapes.c", import.meta.url));

/** The library's functions in a stack, root first. */
const shapesOf = ({ frames }: Stack): string[] =>
  frames.flatMap((frame: Frame) => {
    const [, symbol, file = ""] = /^(.+) \((.*)\)$/.exec(frame.name) ?? [];
    const isOurs = frame.kind === "native" && path.basename(file) === "libshapes.so";
    // On its way there the call is in a stub of that name.
    return isOurs && symbol !== undefined ? [symbol.replace(/@plt$/, "")] : [];
  });

/** Records a program that opens a library while it is sampled, whose file is gone at once. */
async function recorded(interpreter: Interpreter, threads: number) {
  const library = path.join(folderFor(interpreter).here, "libshapes.so");
  await run("gcc", ["-O2", "-g0", "-shared", "-fPIC", "-pthread", "-o", library, source]);
  const args = ["--library", library, "--threads", `${threads}`];
  const workload = await Workload.start(interpreter, "shapes.py", args);
  const recorder = new Recorder({ pids: [workload.pid], seconds: 6, frequencyHz: 999 });
  await recorder.sampling();
  await sleep(300);
  await workload.mark();
  const recording = await recorder.finished();
  const { chains } = await workload.end<{ readonly chains: readonly (readonly string[])[] }>();
  return { ...recording, chains };
}

sampled("C functions that are hard to unwind", () => {
  testEach([newest], async (interpreter) => {
    const { stacks, stats, chains } = await recorded(interpreter, 0);
    const inside = stacks.filter((stack) => shapesOf(stack).length > 0);
    expect(countOf(inside)).toBeGreaterThan(0.8 * stats.samples);

    const isKnown = (names: readonly string[]) =>
      chains.some((chain) => names.every((name, index) => name === chain[index]));
    expect(inside.map(shapesOf).filter((names) => !isKnown(names))).toEqual([]);
    // Each was met down to its leaf, but for that of the threads, and no caller is missing.
    const met = new Set(inside.map((stack) => shapesOf(stack).join(" ")));
    expect(chains.slice(0, -1).filter((chain) => !met.has(chain.join(" ")))).toEqual([]);
    // The first stacks in a library that was just opened ask for its table.
    expect(stats.counters["native_whole"]).toBeGreaterThan(0.95 * stats.samples);
  });
});

sampled("150 native threads without Python", () => {
  testEach([newest], async (interpreter) => {
    const { stacks, stats, chains } = await recorded(interpreter, 150);
    const threads = stacks.filter((stack) => shapesOf(stack)[0] === "work");
    expect(countOf(threads)).toBeGreaterThan(0.8 * stats.samples);
    const chain = chains.at(-1) ?? [];
    const wrong = threads.filter(
      (stack) => !shapesOf(stack).every((name, index) => name === chain[index]),
    );
    expect(wrong).toEqual([]);
    expect(new Set(threads.map((stack) => stack.thread.tid)).size).toBe(150);
    expect(stats.counters["native_whole"]).toBeGreaterThan(0.95 * stats.samples);
  });
});
