import { hasKind, type KindSet } from "./frameKind";
import type { Profile } from "./profile";
import type { StackIndex } from "./stackIndex";

/**
 * A way into a call tree, named by functions and not by nodes, so that it still
 * means the same after the profile has grown. The stack frames whose kind is in
 * `hiddenKinds` are skipped, as the tree that the path was taken from skips them.
 */
export interface StackPath {
  /** Function indices: from the root down, or, when inverted, from the leaf up. Empty is every stack. */
  readonly functions: readonly number[];
  readonly inverted: boolean;
  readonly hiddenKinds: KindSet;
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

const DIVERGED = -1;

function keepBeginning(profile: Profile, path: StackPath, self: Float64Array): void {
  const parents = profile.nodes.parent.data;
  const length = path.functions.length;
  // How many functions of the path the stack down to this node has matched.
  const matched = new Int32Array(self.length);
  for (let node = 0; node < self.length; node++) {
    const parent = parents[node]!;
    const before = parent < 0 ? 0 : matched[parent]!;
    const functionIndex = profile.nodeFunction(node);
    const settled = before === DIVERGED || before === length;
    const hidden = hasKind(path.hiddenKinds, profile.functionKind(functionIndex));
    matched[node] =
      settled || hidden ? before : path.functions[before] === functionIndex ? before + 1 : DIVERGED;
    if (matched[node] !== length) self[node] = 0;
  }
}

function keepEnding(profile: Profile, path: StackPath, self: Float64Array): void {
  const parents = profile.nodes.parent.data;
  for (let node = 0; node < self.length; node++) {
    if (self[node] === 0) continue;
    let matched = 0;
    for (let up = node; up >= 0 && matched < path.functions.length; up = parents[up]!) {
      const functionIndex = profile.nodeFunction(up);
      if (hasKind(path.hiddenKinds, profile.functionKind(functionIndex))) continue;
      if (path.functions[matched] !== functionIndex) break;
      matched++;
    }
    if (matched < path.functions.length) self[node] = 0;
  }
}
