import { expect, test } from "vitest";
import type { Interpreter } from "../sampler/support/machine";
import type { Stack } from "./support/gecko";
import { cells, interpreters, type Sampler } from "./support/matrix";
import { Program, Recorder } from "./support/program";

/** Of all stacks so few may have a part that could not be read. */
const ERRORS_MOST = 0.001;

/** Names of its own functions that a stack shows. */
const worksOf = (stack: Stack) =>
  stack.frames.flatMap((frame) => (/^work_\d+$/.test(frame.name) ? [frame.name] : []));

async function crowd(interpreter: Interpreter, sampler: Sampler, way: "stay" | "pass") {
  const { program } = Program.start(interpreter, "crowd.py", [way]);
  await program.answer<{ pid: number }>();
  const { stacks, stats } = await new Recorder(program.pid, sampler, 3).finished();
  program.tell();
  const { works } = await program.answer<{ works: number }>();
  const broken = stacks.filter((stack) => stack.frames.some((frame) => frame.kind === "error"));
  const samples = broken.reduce((sum, stack) => sum + stack.samples, 0);
  const reasons = JSON.stringify(broken.map((stack) => stack.frames));
  expect(samples, reasons).toBeLessThanOrEqual(Math.ceil(ERRORS_MOST * stats.samples));
  expect(stats.lost).toBe(0);
  // Below its own function is only `turn`, on one of its lines, and no other's.
  for (const stack of stacks) {
    const python = stack.frames.filter((frame) => frame.kind === "python");
    const at = python.findIndex((frame) => /^work_\d+$/.test(frame.name));
    if (at < 0) continue;
    expect(python[at]?.line).toBeLessThanOrEqual(2);
    const below = python.slice(at + 1).map((frame) => frame.name);
    expect(below.length === 0 || below.join() === "turn", python.map((f) => f.name).join()).toBe(
      true,
    );
  }
  return { stacks, works };
}

cells(interpreters, (interpreter, sampler) => {
  test("200 threads", async () => {
    const { stacks, works } = await crowd(interpreter, sampler, "stay");
    const byThread = group(stacks);
    const names = [...byThread.values()].map((own) => new Set(own.flatMap(worksOf)));
    // A thread has one function, and no two threads have the same.
    expect(names.filter((own) => own.size > 1)).toEqual([]);
    const met = names.flatMap((own) => [...own]);
    expect(new Set(met).size).toBe(met.length);
    expect(works).toBe(200);
    expect(met.length).toBeGreaterThan(works / 2);
  });

  test("threads that start and end", async () => {
    const { stacks } = await crowd(interpreter, sampler, "pass");
    expect(new Set(stacks.flatMap(worksOf)).size).toBeGreaterThan(50);
  });
});

function group(stacks: readonly Stack[]): Map<number, Stack[]> {
  const groups = new Map<number, Stack[]>();
  for (const stack of stacks) groups.set(stack.tid, [...(groups.get(stack.tid) ?? []), stack]);
  return groups;
}
