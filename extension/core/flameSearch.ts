import { ROOT, type CallTree } from "./callTree";
import type { Profile } from "./profile";

/** What a search found in a tree. */
export interface SearchResult {
  /** tree node -> 1 when its function matches. */
  readonly isMatch: Uint8Array;
  /** Matching nodes that have samples, widest first: the order "next" goes through. */
  readonly matches: readonly number[];
  /** Samples with a match anywhere on the stack; a stack counts once however many match. */
  readonly samples: number;
  /** `samples` of all samples, 0 to 1. */
  readonly share: number;
}

/**
 * Functions that contain every word of the query in their name, file or module,
 * whatever the case; null when the query is blank. `FILE.py:LINE` finds the
 * functions that executed there.
 */
export function matchFunctions(profile: Profile, query: string): Uint8Array | null {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return null;
  const matching = new Uint8Array(profile.functions.kind.length);
  for (let functionIndex = 0; functionIndex < matching.length; functionIndex++) {
    const place = profile.functionPath(functionIndex) ?? profile.functionModule(functionIndex);
    const text = `${profile.functionName(functionIndex)}\n${place ?? ""}`.toLowerCase();
    if (words.every((word) => text.includes(word))) matching[functionIndex] = 1;
  }
  const place = /^(\S+):(\d+)$/.exec(query.trim());
  if (place !== null) markLine(profile, place[1]!, Number(place[2]), matching);
  return matching;
}

function markLine(profile: Profile, file: string, line: number, matching: Uint8Array): void {
  const wanted = file.toLowerCase();
  for (let frame = 0; frame < profile.frames.function.length; frame++) {
    if (profile.frames.line.at(frame) !== line) continue;
    const functionIndex = profile.frames.function.at(frame);
    const path = profile.functionPath(functionIndex)?.toLowerCase();
    if (path !== undefined && (path === wanted || path.endsWith(`/${wanted}`))) {
      matching[functionIndex] = 1;
    }
  }
}

/** Finds the nodes of matching functions: one pass over the tree, then a sort of what was found. */
export function searchTree(tree: CallTree, matchingFunctions: Uint8Array): SearchResult {
  const isMatch = new Uint8Array(tree.length);
  const underMatch = new Uint8Array(tree.length);
  const matches: number[] = [];
  let samples = 0;
  for (let node = ROOT + 1; node < tree.length; node++) {
    const total = tree.total.data[node]!;
    const parent = tree.parent.data[node]!;
    underMatch[node] = underMatch[parent]! | isMatch[parent]!;
    if (total === 0 || matchingFunctions[tree.functionOf.data[node]!] !== 1) continue;
    isMatch[node] = 1;
    matches.push(node);
    if (underMatch[node] === 0) samples += total;
  }
  const totals = tree.total.data;
  matches.sort((a, b) => totals[b]! - totals[a]! || a - b);
  const all = totals[ROOT]!;
  return { isMatch, matches, samples, share: all === 0 ? 0 : samples / all };
}

/**
 * The match after (or before) `current`, around the end; the first one when
 * `current` is not a match. -1 when nothing matched.
 */
export function stepMatch(result: SearchResult, current: number, step: 1 | -1): number {
  const { matches } = result;
  if (matches.length === 0) return -1;
  const at = matches.indexOf(current);
  if (at < 0) return matches[0]!;
  return matches[(at + step + matches.length) % matches.length]!;
}
