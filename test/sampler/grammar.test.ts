import { expect } from "vitest";
import { impossible, unmetChains, type Grammar } from "./support/grammar";
import { interpreters, sampled, testEach } from "./support/machine";
import { record } from "./support/record";
import { broken, pythonOf, type Stack } from "./support/stacks";
import { expectWhole } from "./support/whole";
import { Workload } from "./support/workload";

/** Why root cannot have been called so: talk.py's `run` calls it and, between two rounds, asks for the end. */
function strangeRoot(stack: Stack, truth: Grammar): string | undefined {
  const frames = pythonOf(stack);
  const at = frames.findIndex((frame) => frame.name === truth.root);
  const above = (at < 0 ? frames : frames.slice(0, at)).map((frame) => frame.name);
  const isBetween = at < 0 && !above.some((name) => name in truth.spans && name !== "<module>");
  if (above[0] !== "<module>" || (above[1] ?? "run") !== "run") {
    return `root is ${above.join(" > ")}`;
  }
  if (at < 0) return isBetween ? undefined : `without root: ${above.join(" > ")}`;
  return above.length === 2 ? undefined : `above root: ${above.join(" > ")}`;
}

sampled("a closed call grammar", () => {
  testEach(interpreters, async (interpreter) => {
    const workload = await Workload.start(interpreter, "grammar.py");
    const recording = await record([workload.pid], 3, 1999);
    const truth = await workload.end<Grammar>();

    const { stacks } = recording;
    const readable = stacks.filter((stack) => broken([stack]).length === 0);
    const wrong = (stack: Stack) =>
      strangeRoot(stack, truth) ?? impossible(stack, truth, workload.script) ?? [];
    expect(readable.flatMap(wrong)).toEqual([]);
    expectWhole(interpreter, recording);
    // Every chain was met down to its last frame, so that none was checked in vain.
    expect(unmetChains(stacks, truth)).toEqual([]);
  });
});
