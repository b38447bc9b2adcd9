import { FrameKind, hasKind, type KindSet } from "./frameKind";
import { interpreterFunctions } from "./interpreter";
import type { Profile } from "./profile";
import type { StackIndex } from "./stackIndex";

/**
 * A way into a call tree, named by functions and not by nodes, so that it still
 * means the same after the profile has grown. Frames that the tree left out from
 * which the path was taken are skipped: see CallTreeOptions.
 */
export interface StackPath {
  /** Function indices: from the root down, or, when inverted, from the leaf up. Empty is every stack. */
  readonly functions: readonly number[];
  readonly inverted: boolean;
  readonly hiddenKinds: KindSet;
  readonly foldsInterpreter: boolean;
}

/** Which samples to look at. Every part that is not null narrows it. */
export interface Selection {
  /** Stacks that begin (or, inverted, end) with this path. */
  readonly path: StackPath | null;
  /** Function indices of process frames. */
  readonly processes: readonly number[] | null;
  /** Function indices of thread frames. */
  readonly threads: readonly number[] | null;
}

export const EVERYTHING: Selection = { path: null, processes: null, threads: null };

/**
 * Per node, the samples that ended there and belong to the selection. Costs one
 * pass over the nodes; for an inverted path, times the path's length.
 */
export function selectedSelf(index: StackIndex, selection: Selection): Float64Array {
  const { profile } = index;
  const self = profile.nodes.self.data.slice(0, profile.nodes.parent.length);
  if (selection.path !== null && selection.path.functions.length > 0) {
    if (selection.path.inverted) keepEnding(profile, selection.path, self);
    else keepBeginning(profile, selection.path, self);
  }
  if (selection.processes !== null) keepOnly(selection.processes, index.processOf.data, self);
  if (selection.threads !== null) keepOnly(selection.threads, index.threadOf.data, self);
  return self;
}

function keepOnly(wanted: readonly number[], owner: Int32Array, self: Float64Array): void {
  const set = new Set(wanted);
  for (let node = 0; node < self.length; node++) {
    if (!set.has(owner[node]!)) self[node] = 0;
  }
}

/** Whether a frame of this kind, below one of the interpreter's, lets that one be folded. */
export function foldsCaller(kind: number): boolean {
  return kind === FrameKind.python || kind === FrameKind.native;
}

/** function -> 1 when it may be folded under these options; null when none may. */
export function foldable(profile: Profile, folds: boolean): Uint8Array | null {
  return folds ? interpreterFunctions(profile) : null;
}

const DIVERGED = -1;

function keepBeginning(profile: Profile, path: StackPath, self: Float64Array): void {
  const parents = profile.nodes.parent.data;
  const length = path.functions.length;
  const folded = foldable(profile, path.foldsInterpreter);
  const step = (before: number, functionIndex: number): number =>
    before === DIVERGED || before === length
      ? before
      : path.functions[before] === functionIndex
        ? before + 1
        : DIVERGED;
  // How many functions of the path the stack down to this node has matched: for
  // what it calls, and for samples that ended in it, which a folded frame shows.
  const matchedBelow = new Int32Array(self.length);
  const matchedHere = folded === null ? matchedBelow : new Int32Array(self.length);
  for (let node = 0; node < self.length; node++) {
    const parent = parents[node]!;
    const functionIndex = profile.nodeFunction(node);
    const kind = profile.functionKind(functionIndex);
    const above = foldsCaller(kind) ? matchedBelow : matchedHere;
    const before = parent < 0 ? 0 : above[parent]!;
    const after = hasKind(path.hiddenKinds, kind) ? before : step(before, functionIndex);
    matchedHere[node] = after;
    if (folded !== null) matchedBelow[node] = folded[functionIndex] === 1 ? before : after;
    if (after !== length) self[node] = 0;
  }
}

function keepEnding(profile: Profile, path: StackPath, self: Float64Array): void {
  const parents = profile.nodes.parent.data;
  const folded = foldable(profile, path.foldsInterpreter);
  for (let node = 0; node < self.length; node++) {
    if (self[node] === 0) continue;
    let matched = 0;
    let isBelowCode = false;
    for (let up = node; up >= 0 && matched < path.functions.length; up = parents[up]!) {
      const functionIndex = profile.nodeFunction(up);
      const kind = profile.functionKind(functionIndex);
      const isFolded = isBelowCode && folded !== null && folded[functionIndex] === 1;
      if (foldsCaller(kind)) isBelowCode = true;
      if (isFolded || hasKind(path.hiddenKinds, kind)) continue;
      if (path.functions[matched] !== functionIndex) break;
      matched++;
    }
    if (matched < path.functions.length) self[node] = 0;
  }
}
