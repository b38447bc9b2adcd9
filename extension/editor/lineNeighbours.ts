/** Who a line was called by and what it called, in Python: pure, one pass over the stacks. */
import { FrameKind } from "../core/frameKind";
import type { StackIndex } from "../core/stackIndex";

export interface Neighbour {
  readonly functionIndex: number;
  /** Samples with this neighbour; they add up to no more than the line's total. */
  readonly samples: number;
}

export interface LineNeighbours {
  /** Functions the line was waiting for, most samples first. */
  readonly callees: readonly Neighbour[];
  /** Functions that were waiting for the line's function, most samples first. */
  readonly callers: readonly Neighbour[];
}

/**
 * The nearest Python frames above and below the outermost appearance of a line in
 * each stack, so that recursion counts once. Native frames between them are passed
 * over: of the interpreter's own there are some below every line. `self` gives per node the samples that ended there, as a selection counts them.
 */
export function lineNeighbours(
  index: StackIndex,
  self: Float64Array,
  isLine: (lineId: number) => boolean,
): LineNeighbours {
  const { profile } = index;
  const { nodes, frames, functions } = profile;
  const length = Math.min(self.length, index.outermostLine.length);
  const subtree = self.slice(0, length);
  const callees = new Map<number, number>();
  const callers = new Map<number, number>();
  const isOutermost = (node: number) =>
    index.outermostLine.at(node) === 1 && isLine(index.lineOfFrame.at(nodes.frame.at(node)));
  // Children come after their parent, so backwards each subtree is complete.
  for (let node = length - 1; node >= 0; node--) {
    const total = subtree[node] ?? 0;
    if (total === 0) continue;
    const parent = nodes.parent.at(node);
    if (parent < 0) continue;
    subtree[parent] = (subtree[parent] ?? 0) + total;
    const functionIndex = frames.function.at(nodes.frame.at(node));
    const caller = index.deepestPython.at(parent);
    if (caller < 0 || functions.kind.at(functionIndex) !== FrameKind.python) continue;
    if (isOutermost(caller)) add(callees, functionIndex, total);
    if (isOutermost(node)) add(callers, frames.function.at(nodes.frame.at(caller)), total);
  }
  return { callees: sorted(callees), callers: sorted(callers) };
}

function add(counts: Map<number, number>, functionIndex: number, samples: number): void {
  counts.set(functionIndex, (counts.get(functionIndex) ?? 0) + samples);
}

function sorted(counts: ReadonlyMap<number, number>): Neighbour[] {
  return [...counts]
    .map(([functionIndex, samples]) => ({ functionIndex, samples }))
    .toSorted((a, b) => b.samples - a.samples || a.functionIndex - b.functionIndex);
}
