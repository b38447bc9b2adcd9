import { expect } from "vitest";
import { interpreters, sampled, testEach } from "./support/machine";
import { record } from "./support/record";
import { pythonOf, type Frame, type Stack } from "./support/stacks";
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
  // Outside of root are the frames that start it and, between two rounds, ask for the end.
  if (at < 0) return undefined;
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
    const { stacks, stats } = await record([workload.pid], 3, 1999);
    const truth = await workload.end<Grammar>();

    expect(stacks.flatMap((stack) => impossible(stack, truth, workload.script) ?? [])).toEqual([]);
    expect(stats).toMatchObject({ error_stacks: 0, truncated_stacks: 0, lost: 0 });
    const isError = (frame: Frame) => frame.kind === "error";
    expect(stacks.flatMap((stack) => stack.frames.filter(isError))).toEqual([]);
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
