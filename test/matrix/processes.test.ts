import { expect, test } from "vitest";
import type { Interpreter } from "../sampler/support/machine";
import type { Stack } from "./support/gecko";
import { cells, interpreters, type Sampler } from "./support/matrix";
import { Program, Recorder } from "./support/program";
import { sampling } from "./support/sampling";

type Lines = Readonly<Record<string, number>>;

const pythonOf = (stack: Stack) => stack.frames.filter((frame) => frame.kind === "python");

/** Records a program from before it makes processes until it has told its truth. */
async function recorded<T>(
  interpreter: Interpreter,
  sampler: Sampler,
  name: string,
  args: readonly string[],
) {
  const { program, script } = Program.start(interpreter, name, args);
  await program.answer<{ pid: number }>();
  const recorder = new Recorder(program.pid, sampler, 100);
  await sampling(recorder.pid, sampler);
  program.tell();
  const truth = await program.answer<T>();
  return { ...(await recorder.stop()), truth, script };
}

cells(interpreters, (interpreter, sampler) => {
  test("processes that fork", async () => {
    type Truth = { readonly workers: Lines };
    const { stacks, truth, script, stats } = await recorded<Truth>(
      interpreter,
      sampler,
      "family.py",
      [],
    );
    const byFunction = new Map<string, Set<number>>();
    for (const stack of stacks) {
      const python = pythonOf(stack);
      const at = python.findIndex((frame) => frame.name === "burn");
      const caller = python[at - 1];
      if (at < 0 || caller === undefined) continue;
      expect(python.length, "burn calls nothing").toBe(at + 1);
      expect(truth.workers[caller.name], caller.name).toBe(caller.line);
      expect(caller.path).toBe(script);
      byFunction.set(caller.name, (byFunction.get(caller.name) ?? new Set()).add(stack.pid));
    }
    // One process each, but for the pool's two.
    const processes = Object.fromEntries([...byFunction].map(([name, pids]) => [name, pids.size]));
    expect(processes["pooled"]).toBeLessThanOrEqual(2);
    expect({ ...processes, pooled: 1 }).toEqual({ pooled: 1, single: 1, forked: 1, grandchild: 1 });
    expect(stats.error_stacks).toBeLessThanOrEqual(Math.ceil(0.001 * stats.samples));
  });

  // A chroot has no shell.
  test.skipIf(interpreter.root !== "")("programs that shells start", async () => {
    const { stacks, truth } = await recorded<{ readonly ways: readonly string[] }>(
      interpreter,
      sampler,
      "shell.py",
      [...interpreter.command, "FOLDER/shell.py"],
    );
    for (const way of truth.ways) {
      const own = stacks.filter((stack) => pythonOf(stack).some((frame) => frame.name === way));
      expect(new Set(own.map((stack) => stack.pid)).size, way).toBe(1);
      expect(own.some((stack) => pythonOf(stack).at(-1)?.name === "burn")).toBe(true);
    }
  });

  // procmem looks for new processes less often than these live (helper/internal/procmem/life.go).
  test.skipIf(sampler === "procmem")("processes of 50 ms by the hundred", async () => {
    type Truth = { readonly pids: readonly number[]; readonly lines: Lines };
    // In a chroot its own command is the one without it.
    const command = interpreter.root === "" ? interpreter.command : interpreter.command.slice(2);
    const { stacks, truth, script, stats } = await recorded<Truth>(
      interpreter,
      sampler,
      "briefly.py",
      ["100", ...command, "FOLDER/briefly.py"],
    );
    const met = new Set<number>();
    for (const stack of stacks) {
      const python = pythonOf(stack);
      const at = python.findIndex((frame) => frame.name === "brief");
      if (at < 0) continue;
      met.add(stack.pid);
      const [brief, spin, ...rest] = python.slice(at);
      expect(rest).toEqual([]);
      expect(brief?.path).toBe(script);
      if (spin !== undefined) {
        expect(spin.name).toBe("spin");
        // Before its first instruction it is on its first line.
        if (spin.line !== spin.first) expect(spin.line).toBe(truth.lines["spin"]);
        expect(brief?.line).toBe(truth.lines["brief"]);
      }
    }
    const unmet = truth.pids.filter((pid) => !met.has(pid));
    expect(unmet.length, `of ${truth.pids.length} not met`).toBeLessThanOrEqual(2);
    expect(stats.error_stacks).toBeLessThanOrEqual(Math.ceil(0.001 * stats.samples));
  });
});
