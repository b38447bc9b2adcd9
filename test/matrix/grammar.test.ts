import { expect, test } from "vitest";
import type { Grammar } from "../sampler/support/grammar";
import { expectClosed } from "./support/closed";
import { cells, interpreters } from "./support/matrix";
import { Program, Recorder } from "./support/program";

/** What the JIT is about to be tried on has to be in its machine code: 0.96 was seen. */
const COMPILED_LEAST = 0.5;

cells(interpreters, (interpreter, sampler) => {
  test("random moments", async () => {
    const { program, script } = Program.start(interpreter, "grammar.py", []);
    await program.answer<{ pid: number }>();
    const recording = await new Recorder(program.pid, sampler, 4).finished();
    program.tell();
    const truth = await program.answer<Grammar & { readonly compiled: number }>();
    expectClosed(recording, truth, script);
    if (interpreter.isJitOn === true) expect(truth.compiled).toBeGreaterThan(COMPILED_LEAST);
  });

  test("code at re-used addresses", async () => {
    const { program } = Program.start(interpreter, "reused.py", []);
    await program.answer<{ pid: number }>();
    const { stacks, stats } = await new Recorder(program.pid, sampler, 2).finished();
    program.tell();
    const { made } = await program.answer<{ made: number }>();

    const callers = new Set<string>();
    const wrong = stacks.flatMap(({ frames }) => {
      const at = frames.findIndex((frame) => frame.name.startsWith("made_"));
      const [caller, leaf, ...rest] = frames.slice(at).filter((frame) => frame.kind === "python");
      if (at < 0 || caller === undefined) return [];
      callers.add(caller.name);
      const digit = Number(caller.name.slice(-1));
      const isCaller = caller.path === "<made>" && caller.first === 1;
      // Before its first instruction it is on its first line.
      const isLine = caller.line === digit + 1 || (leaf === undefined && caller.line === 1);
      const isLeaf =
        leaf === undefined || (leaf.name === `leaf_${digit}` && leaf.path === `<leaf ${digit}>`);
      return isCaller && isLine && isLeaf && rest.length === 0 ? [] : [{ caller, leaf, rest }];
    });
    expect(wrong.map((one) => JSON.stringify(one)).join("\n")).toBe("");
    expect(callers.size).toBeGreaterThan(Math.min(made, 100) / 2);
    expect(stats.lost).toBe(0);
  });
});
