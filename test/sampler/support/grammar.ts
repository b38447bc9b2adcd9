import { pythonOf, type Stack } from "./stacks";

/** What test/workloads/truth/grammar.py tells of itself. */
export interface Grammar {
  readonly root: string;
  readonly chains: readonly (readonly string[])[];
  readonly rare: readonly (readonly string[])[];
  readonly calls: Readonly<Record<string, readonly number[]>>;
  readonly spans: Readonly<Record<string, readonly [number, number]>>;
}

/** Why the program cannot have been in this stack; undefined when it can. */
export function impossible(stack: Stack, truth: Grammar, script: string): string | undefined {
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

/** Chains that no stack shows down to their last frame: nothing of them was checked. */
export function unmetChains(stacks: readonly Stack[], truth: Grammar): (readonly string[])[] {
  const met = new Set(
    stacks.map((stack) =>
      pythonOf(stack)
        .map((frame) => frame.name)
        .join(" "),
    ),
  );
  const isMet = (chain: readonly string[]) =>
    [...met].some((names) => names.endsWith(` ${truth.root} ${chain.join(" ")}`));
  return truth.chains.filter((chain) => !isMet(chain));
}
