import { expect } from "vitest";
import { oneOfEachMinor, sampled, testEach } from "./support/machine";
import { record } from "./support/record";
import { countOf, pythonOf, type Stack } from "./support/stacks";
import { countError } from "./support/statistics";
import { measureSteal } from "./support/steal";
import { expectWhole } from "./support/whole";
import { Workload } from "./support/workload";

const HZ = 999;

interface Threads {
  readonly threads: Readonly<
    Record<string, { readonly function: string; readonly cpu_ns: number }>
  >;
}

/** The function of its own that a thread is in. */
const workOf = (stack: Stack) => pythonOf(stack).find((frame) => frame.name.startsWith("work_"));

/** Stacks in which a thread is in another thread's function. */
function misplaced(stacks: readonly Stack[], { threads }: Threads): Stack[] {
  return stacks.filter((stack) => {
    const work = workOf(stack);
    return work !== undefined && work.name !== threads[stack.thread.tid]?.function;
  });
}

sampled("200 threads, busy in turn", () => {
  testEach(oneOfEachMinor, async (interpreter) => {
    const workload = await Workload.start(interpreter, "threads.py", ["--threads", "200"]);
    const stolen = measureSteal();
    await workload.mark();
    const recording = await record([workload.pid], 5, HZ);
    const { stacks, stats } = recording;
    const truth = await workload.end<Threads>();

    expect(misplaced(stacks, truth)).toEqual([]);
    expectWhole(interpreter, recording);
    expect(stats.counters["delivered"]).toBe(stats.counters["samples"]);
    // A virtual CPU that its host has taken away has no timer for so long.
    const missed = (stolen() / 1e9) * HZ;
    expect(stats.samples).toBeGreaterThan(0.995 * stats.expected - missed);
    // Each thread was recorded for a part of the account that is the same for all.
    const all = Object.values(truth.threads).reduce((sum, thread) => sum + thread.cpu_ns, 0);
    const working = countOf(stacks, (stack) => workOf(stack) !== undefined);
    for (const [tid, { cpu_ns }] of Object.entries(truth.threads)) {
      const expected = (working * cpu_ns) / all;
      const met = countOf(stacks, (s) => s.thread.tid === Number(tid) && workOf(s) !== undefined);
      expect(Math.abs(met - expected), `thread ${tid}`).toBeLessThan(countError(expected));
    }
  });
});

sampled("threads that start and end meanwhile", () => {
  testEach(oneOfEachMinor, async (interpreter) => {
    const workload = await Workload.start(interpreter, "threads.py", ["--short-lived"]);
    const recording = await record([workload.pid], 3, HZ);
    const { stacks } = recording;
    const truth = await workload.end<Threads>();

    expect(misplaced(stacks, truth)).toEqual([]);
    expectWhole(interpreter, recording);
    const met = new Set(stacks.flatMap((stack) => workOf(stack)?.name ?? []));
    expect(met.size).toBeGreaterThan(100);
  });
});

sampled("threads in C code that has released the GIL", () => {
  testEach(oneOfEachMinor, async (interpreter) => {
    const workload = await Workload.start(interpreter, "released.py");
    const { stacks, stats } = await record([workload.pid], 2, HZ);
    const { lines } = await workload.end<{ lines: Readonly<Record<string, number>> }>();

    const working = stacks.filter((stack) => stack.thread.tid !== workload.pid);
    const isIn = (name: string) => (stack: Stack) => pythonOf(stack).some((f) => f.name === name);
    const elsewhere = working.filter((stack) => !isIn("digest")(stack) && !isIn("squeeze")(stack));
    expect(elsewhere).toEqual([]);
    for (const [name, line] of Object.entries(lines)) {
      const there = working.filter(isIn(name));
      const hot = countOf(there, (stack) => pythonOf(stack).at(-1)?.line === line);
      expect(hot / countOf(there), name).toBeGreaterThan(0.95);
    }
    expect(countOf(working) / stats.samples).toBeGreaterThan(0.9);
    expect(stats.counters["no_thread_state"]).toBe(0);
  });
});
