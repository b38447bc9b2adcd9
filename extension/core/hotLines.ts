import { FrameKind } from "./frameKind";
import type { Heat } from "./lineHeat";
import type { StackIndex } from "./stackIndex";

/** Which figure a list is ordered by. */
export type HotBy = "self" | "total";

/** A row of the hot lines view. Shares are of the selected samples, 0 to 1. */
export interface HotLine {
  readonly source: number;
  readonly remotePath: string;
  /** From 1, in the file that ran. */
  readonly line: number;
  /** Qualified name of the function the line was first seen in. */
  readonly functionName: string;
  readonly self: number;
  readonly total: number;
  readonly selfShare: number;
  readonly totalShare: number;
}

/** A row of the hot functions view. */
export interface HotFunction {
  readonly functionIndex: number;
  readonly kind: number;
  readonly name: string;
  /** -1 unless Python. */
  readonly source: number;
  readonly remotePath: string | null;
  readonly firstLine: number;
  readonly self: number;
  readonly total: number;
  readonly selfShare: number;
  readonly totalShare: number;
}

/** The hottest lines, hottest first; lines with none of the figure are left out. */
export function hotLines(index: StackIndex, heat: Heat, by: HotBy, limit: number): HotLine[] {
  const { profile } = index;
  const order = by === "self" ? heat.lineSelf : heat.lineTotal;
  const other = by === "self" ? heat.lineTotal : heat.lineSelf;
  return hottest(order, other, limit).map((line) => {
    const source = index.lineSource.at(line);
    return {
      source,
      remotePath: profile.remotePath(source),
      line: index.lineNumber.at(line),
      functionName: profile.functionName(index.lineFunction.at(line)),
      ...figures(heat.samples, heat.lineSelf[line]!, heat.lineTotal[line]!),
    };
  });
}

/**
 * The hottest functions, hottest first: code only, so neither processes, threads
 * nor unreadable parts of a stack.
 */
export function hotFunctions(
  index: StackIndex,
  heat: Heat,
  by: HotBy,
  limit: number,
): HotFunction[] {
  const { profile } = index;
  const isCode = (functionIndex: number): boolean => {
    const kind = profile.functionKind(functionIndex);
    return kind === FrameKind.python || kind === FrameKind.native || kind === FrameKind.kernel;
  };
  const order = by === "self" ? heat.functionSelf : heat.functionTotal;
  const other = by === "self" ? heat.functionTotal : heat.functionSelf;
  return hottest(order, other, limit, isCode).map((functionIndex) => ({
    functionIndex,
    kind: profile.functionKind(functionIndex),
    name: profile.functionName(functionIndex),
    source: profile.functions.source.at(functionIndex),
    remotePath: profile.functionPath(functionIndex),
    firstLine: profile.functions.firstLine.at(functionIndex),
    ...figures(heat.samples, heat.functionSelf[functionIndex]!, heat.functionTotal[functionIndex]!),
  }));
}

function figures(samples: number, self: number, total: number) {
  const share = (count: number) => (samples === 0 ? 0 : count / samples);
  return { self, total, selfShare: share(self), totalShare: share(total) };
}

// Ties fall to the other figure and then to the older index, so that rows with
// equal counts do not change places while samples arrive.
function hottest(
  order: Float64Array,
  other: Float64Array,
  limit: number,
  keep: (index: number) => boolean = () => true,
): number[] {
  const found: number[] = [];
  for (let i = 0; i < order.length; i++) if (order[i]! > 0 && keep(i)) found.push(i);
  found.sort((a, b) => order[b]! - order[a]! || other[b]! - other[a]! || a - b);
  return found.slice(0, limit);
}
