import { countColumn, intColumn } from "./column";
import { hasKind, type KindSet } from "./frameKind";
import { PairIndex } from "./pairIndex";
import type { Profile } from "./profile";
import { foldable, foldsCaller, type StackPath } from "./selection";

export interface CallTreeOptions {
  /** False: callers above callees. True: leaves are the roots, callers below them. */
  readonly inverted: boolean;
  /** Frames of these kinds are left out; their samples stay with the next frame towards the root. */
  readonly hiddenKinds: KindSet;
  /**
   * Frames of the interpreter's own native code are left out where they called
   * other native code or Python. The innermost stays, whose code the CPU was in or
   * had entered the kernel from: it is what costs.
   */
  readonly foldsInterpreter: boolean;
}

/** The tree's first node: all samples. It has no function (-1). */
export const ROOT = 0;

/**
 * The profile's stacks merged by function: what a flame graph draws. A node is
 * one path of functions from the root; the lines executed in it are merged, and
 * `linesOf` takes them apart again. Node indices are dense, a parent precedes
 * its children, and nothing is renumbered when the tree grows, so a view can
 * keep pointing at nodes.
 */
export class CallTree {
  /** -1 for ROOT. */
  readonly parent = intColumn();
  /** Function index, -1 for ROOT. */
  readonly functionOf = intColumn();
  /** 0 for ROOT. */
  readonly depth = intColumn();
  /** Samples in the node's subtree: a box's width. */
  readonly total = countColumn();
  readonly profile: Profile;
  readonly options: CallTreeOptions;

  /** Samples whose path ends here, whichever way round it was read. */
  readonly #ended = countColumn();
  readonly #children: PairIndex;
  /** profile node -> tree node where its stack's path ends, -1 while no sample ended there. */
  readonly #endOf = intColumn();
  /**
   * profile node -> tree node that its native and Python callees go below. It
   * differs from `#endOf` for a folded frame.
   */
  readonly #aboveCallees = intColumn();
  #folded: Uint8Array | null = null;
  #isOutdated = false;

  constructor(profile: Profile, options: CallTreeOptions) {
    this.profile = profile;
    this.options = options;
    this.#children = new PairIndex(this.parent, this.functionOf);
    this.#add(-1, -1, 0);
    this.extend();
  }

  get length(): number {
    return this.parent.length;
  }

  /**
   * Takes in what the profile gained: the paths of new stacks, then one pass
   * over the counts.
   */
  extend(): void {
    const folded = foldable(this.profile, this.options.foldsInterpreter);
    this.#isOutdated ||= this.#folded?.some((is, f) => is !== folded?.[f]) ?? false;
    this.#folded = folded;
    const self = this.profile.nodes.self.data;
    const nodeCount = this.profile.nodes.parent.length;
    const known = this.#endOf.length;
    this.#endOf.extendTo(nodeCount);
    this.#aboveCallees.extendTo(nodeCount);
    const ends = this.#endOf.data;
    ends.fill(-1, known, nodeCount);
    for (let node = 0; node < nodeCount; node++) {
      if (this.options.inverted) {
        if (ends[node]! < 0 && self[node]! > 0) ends[node] = this.#pathUpwards(node);
      } else {
        if (node >= known) this.#stepDown(node);
        if (ends[node]! < 0 && self[node]! > 0) this.#unfold(node);
      }
    }
    this.#ended.extendTo(this.length);
    this.total.extendTo(this.length);
    this.#countSamples(self, ends, nodeCount);
  }

  /** True once a function that the tree shows turned out to be the interpreter's: make another one. */
  get isOutdated(): boolean {
    return this.#isOutdated;
  }

  /** Samples that ended in this function itself, reached by this path. */
  self(node: number): number {
    if (!this.options.inverted) return this.#ended.at(node);
    return this.depth.at(node) === 1 ? this.total.at(node) : 0;
  }

  /** Share of all samples, 0 to 1. */
  share(node: number): number {
    return this.total.at(ROOT) === 0 ? 0 : this.total.at(node) / this.total.at(ROOT);
  }

  /** The node below `parent` for a function, -1 when there is none. */
  child(parent: number, functionIndex: number): number {
    return this.#children.find(parent, functionIndex);
  }

  /** The way from the root to a node, to hand to whoever computes heat. */
  pathOf(node: number): StackPath {
    const functions: number[] = [];
    for (let up = node; up > ROOT; up = this.parent.at(up)) functions.push(this.functionOf.at(up));
    return { functions: functions.reverse(), ...this.options };
  }

  /** The node at the end of a path of functions, or of the part of it that exists here. */
  follow(functions: readonly number[]): number {
    let node = ROOT;
    for (const functionIndex of functions) {
      const next = this.child(node, functionIndex);
      if (next < 0) break;
      node = next;
    }
    return node;
  }

  /** True when `node` is `ancestor` or below it. */
  isWithin(node: number, ancestor: number): boolean {
    let up = node;
    while (up > ancestor) up = this.parent.at(up);
    return up === ancestor;
  }

  /**
   * The lines executing in a node's frame, most samples first. One pass over the
   * profile: ask for one node at a time, when a reader wants to know.
   */
  linesOf(node: number): { line: number; samples: number }[] {
    const samples = this.options.inverted ? this.#linesInverted(node) : this.#linesDown(node);
    return [...samples]
      .map(([line, count]) => ({ line, samples: count }))
      .sort((a, b) => b.samples - a.samples || a.line - b.line);
  }

  #add(parent: number, functionIndex: number, depth: number): number {
    const node = this.parent.length;
    this.parent.push(parent);
    this.functionOf.push(functionIndex);
    this.depth.push(depth);
    this.#children.add(node);
    return node;
  }

  #childOrNew(parent: number, functionIndex: number): number {
    const known = this.#children.find(parent, functionIndex);
    return known >= 0 ? known : this.#add(parent, functionIndex, this.depth.data[parent]! + 1);
  }

  #isHidden(functionIndex: number): boolean {
    const kind = this.profile.functions.kind.data[functionIndex]!;
    return hasKind(this.options.hiddenKinds, kind);
  }

  #isFolded(functionIndex: number): boolean {
    return this.#folded !== null && this.#folded[functionIndex] === 1;
  }

  #stepDown(profileNode: number): void {
    const parent = this.profile.nodes.parent.data[profileNode]!;
    const functionIndex = this.#functionAt(profileNode);
    const above = this.#nodeAbove(parent, functionIndex);
    if (this.#isFolded(functionIndex) && !this.#isHidden(functionIndex)) {
      this.#aboveCallees.data[profileNode] = above;
      return;
    }
    const node = this.#isHidden(functionIndex) ? above : this.#childOrNew(above, functionIndex);
    this.#aboveCallees.data[profileNode] = node;
    this.#endOf.data[profileNode] = node;
  }

  /** The tree node below which a function goes that a profile node called. */
  #nodeAbove(parent: number, functionIndex: number): number {
    if (parent < 0) return ROOT;
    const kind = this.profile.functions.kind.data[functionIndex]!;
    return foldsCaller(kind) ? this.#aboveCallees.data[parent]! : this.#unfold(parent);
  }

  /** Where samples that ended in a profile node count: a frame that was folded so far appears. */
  #unfold(profileNode: number): number {
    const known = this.#endOf.data[profileNode]!;
    if (known >= 0) return known;
    const above = this.#aboveCallees.data[profileNode]!;
    const node = this.#childOrNew(above, this.#functionAt(profileNode));
    this.#endOf.data[profileNode] = node;
    return node;
  }

  #pathUpwards(profileNode: number): number {
    let at: number = ROOT;
    this.#eachShown(profileNode, (functionIndex) => {
      at = this.#childOrNew(at, functionIndex);
      return true;
    });
    return at;
  }

  /** Calls back with each frame of a stack that is shown, from the leaf up, as long as it says so. */
  #eachShown(
    profileNode: number,
    use: (functionIndex: number, profileNode: number) => boolean,
  ): void {
    const parents = this.profile.nodes.parent.data;
    let isBelowCode = false;
    for (let up = profileNode; up >= 0; up = parents[up]!) {
      const functionIndex = this.#functionAt(up);
      const isFolded = isBelowCode && this.#isFolded(functionIndex);
      if (foldsCaller(this.profile.functions.kind.data[functionIndex]!)) isBelowCode = true;
      if (isFolded || this.#isHidden(functionIndex)) continue;
      if (!use(functionIndex, up)) return;
    }
  }

  #functionAt(profileNode: number): number {
    return this.profile.frames.function.data[this.profile.nodes.frame.data[profileNode]!]!;
  }

  #countSamples(self: Float64Array, ends: Int32Array, nodeCount: number): void {
    const ended = this.#ended.data.fill(0);
    for (let node = 0; node < nodeCount; node++) {
      if (self[node]! > 0) ended[ends[node]!]! += self[node]!;
    }
    const total = this.total.data;
    const parents = this.parent.data;
    total.set(ended.subarray(0, this.length));
    // Children follow their parent, so going backwards each is complete when it is added.
    for (let node = this.length - 1; node > ROOT; node--) total[parents[node]!]! += total[node]!;
  }

  #linesDown(node: number): Map<number, number> {
    const { profile } = this;
    const parents = profile.nodes.parent.data;
    const count = this.#endOf.length;
    const subtree = profile.nodes.self.data.slice(0, count);
    const lines = new Map<number, number>();
    for (let at = count - 1; at >= 0; at--) {
      if (subtree[at] === 0) continue;
      const parent = parents[at]!;
      if (parent >= 0) subtree[parent]! += subtree[at]!;
      // A hidden frame's path ends in its parent's node, but it is another function.
      if (this.#endOf.data[at] !== node) continue;
      if (this.#functionAt(at) === this.functionOf.at(node)) this.#addLine(lines, at, subtree[at]!);
    }
    return lines;
  }

  #linesInverted(node: number): Map<number, number> {
    const { functions } = this.pathOf(node);
    const lines = new Map<number, number>();
    for (let at = 0; at < this.#endOf.length && functions.length > 0; at++) {
      const samples = this.profile.nodes.self.data[at]!;
      if (samples === 0) continue;
      let matched = 0;
      this.#eachShown(at, (functionIndex, up) => {
        if (functions[matched] !== functionIndex) return false;
        if (++matched < functions.length) return true;
        this.#addLine(lines, up, samples);
        return false;
      });
    }
    return lines;
  }

  #addLine(lines: Map<number, number>, profileNode: number, samples: number): void {
    const line = this.profile.frames.line.at(this.profile.nodes.frame.at(profileNode));
    if (line > 0) lines.set(line, (lines.get(line) ?? 0) + samples);
  }
}
