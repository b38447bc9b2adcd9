import { expect } from "vitest";
import { impossible, unmetChains, type Grammar } from "./support/grammar";
import { interpreters, sampled, testEach } from "./support/machine";
import { record } from "./support/record";
import type { Frame } from "./support/stacks";
import { Workload } from "./support/workload";

sampled("a closed call grammar", () => {
  testEach(interpreters, async (interpreter) => {
    const workload = await Workload.start(interpreter, "grammar.py");
    const { stacks, stats } = await record([workload.pid], 3, 1999);
    const truth = await workload.end<Grammar>();

    expect(stacks.flatMap((stack) => impossible(stack, truth, workload.script) ?? [])).toEqual([]);
    expect(stats).toMatchObject({ error_stacks: 0, truncated_stacks: 0, lost: 0 });
    const isError = (frame: Frame) => frame.kind === "error";
    expect(stacks.flatMap((stack) => stack.frames.filter(isError))).toEqual([]);
    expect(unmetChains(stacks, truth)).toEqual([]);
  });
});
