import { expect } from "vitest";
import { interpreters, sampled, testEach } from "./support/machine";
import { record } from "./support/record";
import { pythonOf, type Stack } from "./support/stacks";
import { broken, expectWhole } from "./support/whole";
import { Workload } from "./support/workload";

interface Grammar {
  readonly root: string;
  readonly chains: readonly (readonly string[])[];
  readonly rare: readonly (readonly string[])[];
  readonly calls: Readonly<Record<string, readonly number[]>>;
  readonly spans: Readonly<Record<string, readonly [number, number]>>;
}

/** Why the program cannot have been in this stack; undefined when it can. */
function impossible(stack: Stack, truth: Grammar, script: string): string | undefined {
  const frames = pythonOf(stack);
  const at = frames.findIndex((frame) => frame.name === truth.root);
  const below = frames.slice(at);
  const names = below.slice(1).map((frame) => frame.name);
  // talk.py's `run` calls root and, between two rounds, asks for the end.
  const above = (at < 0 ? frames : frames.slice(0, at)).map((frame) => frame.name);
  const isBetween = at < 0 && !above.some((name) => name in truth.spans && name !== "<module>");
  if (above[0] !== "<module>" || (above[1] ?? "run") !== "run")
    return `root is ${above.join(" > ")}`;
  if (at < 0) return isBetween ? undefined : `without root: ${above.join(" > ")}`;
  if (above.length !== 2) return `above root: ${above.join(" > ")}`;
  if (
    ![...truth.chains, ...truth.rare].some((chain) =>
      names.every((name, index) => name === chain[index]),
    )
  ) {
    return `no chain ${names.join(" > ")}`;
  }
  for (const [index, frame] of below.entries()) {
    if (frame.path !== script) return `${frame.name} in ${frame.path}`;
    const [first, last] = truth.spans[frame.name] ?? [0, -1];
    if (frame.line < first || frame.line > last) return `${frame.name} in line ${frame.line}`;
    const callee = below[index + 1];
    if (callee !== undefined && truth.calls[callee.name]?.includes(frame.line) !== true) {
      return `${frame.name} calls ${callee.name} in line ${frame.line}`;
    }
  }
  return undefined;
}

sampled("a closed call grammar", () => {
  testEach(interpreters, async (interpreter) => {
    const workload = await Workload.start(interpreter, "grammar.py");
    const recording = await record([workload.pid], 3, 1999);
    const truth = await workload.end<Grammar>();

    const { stacks } = recording;
    const readable = stacks.filter((stack) => broken([stack]).length === 0);
    expect(readable.flatMap((stack) => impossible(stack, truth, workload.script) ?? [])).toEqual(
      [],
    );
    expectWhole(interpreter, recording);
    // Every chain was met down to its last frame, so that none was checked in vain.
    const met = new Set(
      stacks.map((stack) =>
        pythonOf(stack)
          .map((f) => f.name)
          .join(" "),
      ),
    );
    const isMet = (chain: readonly string[]) =>
      [...met].some((names) => names.endsWith(` ${truth.root} ${chain.join(" ")}`));
    expect(truth.chains.filter((chain) => !isMet(chain))).toEqual([]);
  });
});
