import { ROOT, type CallTree } from "../core/callTree";
import { hasKind } from "../core/frameKind";
import { interpreterFunctions } from "../core/interpreter";

/** The way from the root to a node by function names and places, one string a function. */
export function namesOf(tree: CallTree, node: number): readonly string[] {
  return tree.pathOf(node).functions.map((functionIndex) => keyOf(tree, functionIndex));
}

/** The node with samples at the end of such a way; -1 as long as it is not all there. */
export function nodeNamed(tree: CallTree, names: readonly string[]): number {
  const functionsByName = new Map<string, number[]>();
  for (let f = 0; f < tree.profile.functions.kind.length; f++) {
    const key = keyOf(tree, f);
    if (!names.includes(key)) continue;
    functionsByName.set(key, [...(functionsByName.get(key) ?? []), f]);
  }
  let node = ROOT;
  for (const name of names) {
    const children = (functionsByName.get(name) ?? []).map((f) => tree.child(node, f));
    const child = children.find((child) => child >= 0);
    if (child === undefined) return -1;
    node = child;
  }
  return tree.total.at(node) > 0 ? node : -1;
}

function keyOf({ profile }: CallTree, functionIndex: number): string {
  const place = profile.functionPath(functionIndex) ?? profile.functionModule(functionIndex) ?? "";
  return `${profile.functionName(functionIndex)}\n${place}`;
}

/**
 * The node of another tree of the same profile that shows the same place: frames
 * that only one of the trees shows do not count, and of several nodes the widest is
 * taken. ROOT when there is none.
 */
export function samePlace(before: CallTree, after: CallTree, node: number): number {
  if (node <= ROOT || before.options.inverted !== after.options.inverted) return ROOT;
  const hidden = before.options.hiddenKinds | after.options.hiddenKinds;
  const isFolding = before.options.foldsInterpreter || after.options.foldsInterpreter;
  const folded = isFolding ? interpreterFunctions(after.profile) : null;
  const shownInBoth = (tree: CallTree, at: number) =>
    tree
      .pathOf(at)
      .functions.filter((f) => !hasKind(hidden, tree.profile.functionKind(f)) && folded?.[f] !== 1);
  const wanted = shownInBoth(before, node);
  const last = wanted.at(-1);
  if (last === undefined) return ROOT;
  let widest = ROOT;
  for (let at = ROOT + 1; at < after.length; at++) {
    if (after.functionOf.at(at) !== last) continue;
    if (widest !== ROOT && after.total.at(at) <= after.total.at(widest)) continue;
    const functions = shownInBoth(after, at);
    if (functions.length === wanted.length && functions.every((f, i) => f === wanted[i])) {
      widest = at;
    }
  }
  return widest;
}
