/** One frame of `--format collapsed`; the contract tells its forms. */
export type Frame =
  | { readonly kind: "python"; readonly name: string; readonly path: string; readonly line: number }
  | { readonly kind: "native" | "kernel" | "error"; readonly name: string };

/** One line of `--format collapsed`. */
export interface Stack {
  readonly process: { readonly name: string; readonly pid: number };
  readonly thread: { readonly name: string; readonly tid: number };
  /** Root first. */
  readonly frames: readonly Frame[];
  readonly samples: number;
}

/** Reads `--format collapsed`; throws on any line that the contract does not allow. */
export function parseStacks(text: string): Stack[] {
  if (text !== "" && !text.endsWith("\n")) throw new Error("the last line is cut");
  return text.split("\n").slice(0, -1).map(parseLine);
}

function parseLine(line: string): Stack {
  const [, stack, samples] = /^(.+) ([1-9]\d*)$/.exec(line) ?? fail(line);
  const [process, thread, ...frames] = (stack ?? "").split(";");
  const [processName, pid] = parseNumbered(process);
  const [threadName, tid] = parseNumbered(thread);
  return {
    process: { name: processName, pid },
    thread: { name: threadName, tid },
    frames: frames.map(parseFrame),
    samples: Number(samples),
  };
}

function parseNumbered(text = ""): [string, number] {
  const [, name, number] = /^(.*) \[(\d+)\]$/.exec(text) ?? fail(text);
  return [name ?? "", Number(number)];
}

const suffixes = { n: "native", k: "kernel", e: "error" } as const;

function parseFrame(text: string): Frame {
  const [, name, suffix] = /^(.+)_\[([nke])\]$/.exec(text) ?? [];
  if (name !== undefined) return { kind: suffixes[suffix as keyof typeof suffixes], name };
  const [, qualname, path, line] = /^(.+?) \((.*):(\d+)\)$/.exec(text) ?? fail(text);
  return { kind: "python", name: qualname ?? "", path: path ?? "", line: Number(line) };
}

function fail(text: string): never {
  throw new Error(`not a collapsed stack: ${JSON.stringify(text)}`);
}

type PythonFrame = Extract<Frame, { kind: "python" }>;

/** The Python frames of a stack, root first. */
export const pythonOf = (stack: Stack): PythonFrame[] =>
  stack.frames.filter((frame) => frame.kind === "python");

/** Samples of the stacks that `choose` takes. */
export const countOf = (stacks: readonly Stack[], choose: (stack: Stack) => boolean = () => true) =>
  stacks.reduce((sum, stack) => sum + (choose(stack) ? stack.samples : 0), 0);

/** Samples by the Python frame at the leaf: "name:line" → samples. */
export function leafCounts(
  stacks: readonly Stack[],
  key: (leaf: PythonFrame) => string,
): Map<string, number> {
  const counts = new Map<string, number>();
  for (const stack of stacks) {
    const leaf = pythonOf(stack).at(-1);
    const name = leaf === undefined ? "" : key(leaf);
    counts.set(name, (counts.get(name) ?? 0) + stack.samples);
  }
  return counts;
}

/** Stacks with a part that could not be read, or that are cut. */
export const broken = (stacks: readonly Stack[]) =>
  stacks.filter((stack) => stack.frames.some((frame) => frame.kind === "error"));
