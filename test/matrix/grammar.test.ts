import { expect, test } from "vitest";
import { impossible, unmetChains, type Grammar } from "../sampler/support/grammar";
import { countOf, type Stack as Collapsed } from "../sampler/support/stacks";
import type { Stack } from "./support/gecko";
import { cells, interpreters } from "./support/matrix";
import { Program, Recorder } from "./support/program";

/** Of all stacks so few may have a part that could not be read; nothing else may be wrong. */
const ERRORS_MOST = 0.001;

/** As the reader of collapsed stacks has them. */
const collapsed = ({ pid, tid, frames, samples }: Stack): Collapsed => ({
  process: { name: "", pid },
  thread: { name: "", tid },
  frames,
  samples,
});

const isBroken = (stack: Collapsed) => stack.frames.some((frame) => frame.kind === "error");

cells(interpreters, (interpreter, sampler) => {
  test("random moments", async () => {
    const { program, script } = Program.start(interpreter, "grammar.py", []);
    await program.answer<{ pid: number }>();
    const { stacks, stats } = await new Recorder(program.pid, sampler, 4).finished();
    program.tell();
    const truth = await program.answer<Grammar>();

    const all = stacks.map(collapsed);
    const wrong = all.flatMap((stack) => impossible(stack, truth, script) ?? []);
    expect(wrong.join("\n")).toBe("");
    expect(countOf(all, isBroken)).toBeLessThanOrEqual(Math.ceil(ERRORS_MOST * stats.samples));
    expect(stats).toMatchObject({ lost: 0, truncated_stacks: 0 });
    // Each was met down to its last frame, so that none was checked in vain.
    expect(unmetChains(all, truth)).toEqual([]);
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
