import { FrameKind } from "./frameKind";
import { EVERYTHING, selectedSelf, type Selection } from "./selection";
import type { StackIndex } from "./stackIndex";

/**
 * Sample counts per line and per function over the selected samples. It answers
 * two questions about a line:
 *
 * - **self**: in how many samples was this line itself executing? It is the line
 *   of the deepest Python frame; native and kernel frames below it are work that
 *   the line asked for (`hashlib.sha256(data)` burns on the line that calls it).
 * - **total**: in how many samples was this line executing or waiting for what
 *   it had called? It is anywhere on the stack.
 *
 * A line or function counts once a stack however often it recurs, so neither
 * figure exceeds `samples`. A function's figures follow the same two rules; a
 * native or kernel function's self is the samples that ended in it.
 */
export interface Heat {
  /** Samples selected: what a share is a share of. */
  readonly samples: number;
  /** By line id of the StackIndex. */
  readonly lineSelf: Float64Array;
  readonly lineTotal: Float64Array;
  /** By frame: a line's figures apart by the columns that were executing. 0 for frames without a line. */
  readonly frameSelf: Float64Array;
  readonly frameTotal: Float64Array;
  /** By function index. */
  readonly functionSelf: Float64Array;
  readonly functionTotal: Float64Array;
}

/** Heat of one line of one file. */
export interface LineHeat {
  /** From 1, in the file that ran. */
  readonly line: number;
  readonly self: number;
  readonly total: number;
}

/** Heat of one function. */
export interface FunctionHeat {
  readonly functionIndex: number;
  /** Where the function begins, from 1. */
  readonly line: number;
  readonly self: number;
  readonly total: number;
}

/**
 * Counts every line and function: one pass over the nodes, whatever their depth.
 * The index must be extended to the profile first.
 */
export function computeHeat(index: StackIndex, selection: Selection = EVERYTHING): Heat {
  const { profile } = index;
  const self = selectedSelf(index, selection);
  const parents = profile.nodes.parent.data;
  const frameOf = profile.nodes.frame.data;
  const functionOf = profile.frames.function.data;
  const kindOf = profile.functions.kind.data;
  const lineOf = index.lineOfFrame.data;
  const deepestPython = index.deepestPython.data;
  const outermostLine = index.outermostLine.data;
  const outermostFunction = index.outermostFunction.data;
  const outermostFrame = index.outermostFrame.data;

  const lineSelf = new Float64Array(index.lineNumber.length);
  const lineTotal = new Float64Array(index.lineNumber.length);
  const frameSelf = new Float64Array(profile.frames.function.length);
  const frameTotal = new Float64Array(profile.frames.function.length);
  const functionSelf = new Float64Array(profile.functions.kind.length);
  const functionTotal = new Float64Array(profile.functions.kind.length);
  // Becomes the samples in a node's whole subtree: children come after their
  // parent, so going backwards each child is complete when it is added.
  const subtree = self.slice();
  let samples = 0;
  for (let node = self.length - 1; node >= 0; node--) {
    const total = subtree[node]!;
    if (total === 0) continue;
    const parent = parents[node]!;
    if (parent >= 0) subtree[parent]! += total;
    const frame = frameOf[node]!;
    const functionIndex = functionOf[frame]!;
    if (outermostLine[node] === 1) lineTotal[lineOf[frame]!]! += total;
    if (outermostFrame[node] === 1) frameTotal[frame]! += total;
    if (outermostFunction[node] === 1) functionTotal[functionIndex]! += total;

    const own = self[node]!;
    if (own === 0) continue;
    samples += own;
    if (kindOf[functionIndex] !== FrameKind.python) functionSelf[functionIndex]! += own;
    const python = deepestPython[node]!;
    if (python < 0) continue;
    const pythonFrame = frameOf[python]!;
    functionSelf[functionOf[pythonFrame]!]! += own;
    const line = lineOf[pythonFrame]!;
    if (line < 0) continue;
    lineSelf[line]! += own;
    frameSelf[pythonFrame]! += own;
  }
  return { samples, lineSelf, lineTotal, frameSelf, frameTotal, functionSelf, functionTotal };
}

/**
 * The lines of one file that were seen, by line number. Several sources may be
 * the same file for the reader (one path in many containers); their counts add.
 */
export function linesOfSources(
  index: StackIndex,
  heat: Heat,
  sources: readonly number[],
): LineHeat[] {
  const byLine = new Map<number, LineHeat>();
  for (const source of sources) {
    for (const id of index.linesOfSource(source)) {
      // Seen after this heat was computed.
      if (id >= heat.lineTotal.length) continue;
      const total = heat.lineTotal[id]!;
      if (total === 0) continue;
      const line = index.lineNumber.at(id);
      const sum = byLine.get(line);
      byLine.set(line, {
        line,
        self: heat.lineSelf[id]! + (sum?.self ?? 0),
        total: total + (sum?.total ?? 0),
      });
    }
  }
  return [...byLine.values()].sort((a, b) => a.line - b.line);
}

/** The functions of a file that were seen, in order of their first line. */
export function functionsOfSources(
  index: StackIndex,
  heat: Heat,
  sources: readonly number[],
): FunctionHeat[] {
  const wanted = new Set(sources);
  const { functions } = index.profile;
  const found: FunctionHeat[] = [];
  for (let functionIndex = 0; functionIndex < heat.functionTotal.length; functionIndex++) {
    if (!wanted.has(functions.source.at(functionIndex))) continue;
    const total = heat.functionTotal[functionIndex]!;
    if (total === 0) continue;
    const line = functions.firstLine.at(functionIndex);
    found.push({ functionIndex, line, self: heat.functionSelf[functionIndex]!, total });
  }
  return found.sort((a, b) => a.line - b.line);
}
