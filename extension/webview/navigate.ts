import { ROOT, type CallTree } from "../core/callTree";
import { rowOfBox, type FlameLayout, type Span } from "../core/flameLayout";
import type { FocusTarget } from "./messages";

/** Up is towards the root, which is drawn on top. */
export type Direction = "up" | "down" | "left" | "right";

/**
 * The node a key moves the cursor to; `node` itself when there is none that way.
 * Down goes to the widest callee, sideways stays in the row and in the window.
 */
export function neighbour(
  tree: CallTree,
  layout: FlameLayout,
  node: number,
  direction: Direction,
  window: Span,
): number {
  const box = layout.boxOf[node] ?? -1;
  if (box < 0) return node;
  if (direction === "up") return node === ROOT ? ROOT : tree.parent.at(node);
  const row = rowOfBox(layout, box);
  if (direction === "down") return widestChild(tree, layout, node, row + 1);
  const next = box + (direction === "left" ? -1 : 1);
  if (next < layout.rowStart[row]! || next >= layout.rowStart[row + 1]!) return node;
  const isVisible = layout.x1[next]! > window.x0 && layout.x0[next]! < window.x1;
  return isVisible ? layout.node[next]! : node;
}

/** The widest node of a function, or of the function a line is in; -1 when it is not in the tree. */
export function findTarget(tree: CallTree, target: FocusTarget): number {
  const wanted = functionsOf(tree, target);
  let widest = -1;
  for (let node = ROOT + 1; node < tree.length; node++) {
    if (!wanted.has(tree.functionOf.at(node)) || tree.total.at(node) === 0) continue;
    if (widest < 0 || tree.total.at(node) > tree.total.at(widest)) widest = node;
  }
  return widest;
}

function functionsOf({ profile }: CallTree, target: FocusTarget): Set<number> {
  if (target.kind === "function") return new Set([target.functionIndex]);
  const { frames, functions } = profile;
  const found = new Set<number>();
  for (let frame = 0; frame < frames.function.length; frame++) {
    const functionIndex = frames.function.at(frame);
    const isThere =
      frames.line.at(frame) === target.line && functions.source.at(functionIndex) === target.source;
    if (isThere) found.add(functionIndex);
  }
  return found;
}

function widestChild(tree: CallTree, layout: FlameLayout, parent: number, row: number): number {
  const end = layout.rowStart[row + 1];
  if (end === undefined) return parent;
  let widest = parent;
  for (let box = layout.rowStart[row]!; box < end; box++) {
    const node = layout.node[box]!;
    if (tree.parent.at(node) !== parent) continue;
    if (widest === parent || tree.total.at(node) > tree.total.at(widest)) widest = node;
  }
  return widest;
}
