import { ROOT, type CallTree } from "./callTree";

/**
 * Boxes in unit space: x runs from 0 (left edge of all samples) to 1, y is the
 * depth. Boxes are ordered by depth and, within a row, by x, so a row is a sorted
 * run and everything on screen is found by binary search.
 */
export interface FlameLayout {
  readonly x0: Float64Array;
  readonly x1: Float64Array;
  /** box -> tree node. */
  readonly node: Int32Array;
  /** tree node -> box, -1 for a node that has no samples. */
  readonly boxOf: Int32Array;
  /** depth -> first box of the row; one element more than there are rows. */
  readonly rowStart: Int32Array;
}

/** A stretch of unit space. */
export interface Span {
  readonly x0: number;
  readonly x1: number;
}

/**
 * Places the tree's nodes; linear in their number. Siblings go by name and not by
 * weight: a profile that is still growing would otherwise shuffle under the
 * reader's eyes whenever two boxes are about equally wide.
 */
export function layoutFlame(tree: CallTree, nameRank: Int32Array): FlameLayout {
  const children = sortChildren(tree, nameRank);
  const total = tree.total.data;
  const all = total[ROOT]!;
  const x0 = new Float64Array(tree.length);
  const x1 = new Float64Array(tree.length);
  const node = new Int32Array(tree.length);
  const boxOf = new Int32Array(tree.length).fill(-1);
  const rowStart = [0];
  let boxes = 0;
  if (all > 0) {
    x1[0] = 1;
    boxOf[ROOT] = boxes++;
  }
  for (let row = 0; row < boxes;) {
    const rowEnd = boxes;
    rowStart.push(rowEnd);
    for (let box = row; box < rowEnd; box++) {
      const parent = node[box]!;
      let samplesBefore = 0;
      for (let i = children.start[parent]!; i < children.start[parent + 1]!; i++) {
        const child = children.list[i]!;
        if (total[child] === 0) continue;
        // From the sum, not from the sibling's edge: rounding must not add up over thousands.
        x0[boxes] = x0[box]! + samplesBefore / all;
        samplesBefore += total[child]!;
        x1[boxes] = x0[box]! + samplesBefore / all;
        node[boxes] = child;
        boxOf[child] = boxes++;
      }
    }
    row = rowEnd;
  }
  return {
    x0: x0.subarray(0, boxes),
    x1: x1.subarray(0, boxes),
    node: node.subarray(0, boxes),
    boxOf,
    rowStart: Int32Array.from(rowStart),
  };
}

export function rowCount(layout: FlameLayout): number {
  return layout.rowStart.length - 1;
}

/** The row a box is in. */
export function rowOfBox(layout: FlameLayout, box: number): number {
  let low = 0;
  let high = rowCount(layout) - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (layout.rowStart[middle]! <= box) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** The box that covers a point, -1 for none. */
export function hitTest(layout: FlameLayout, row: number, x: number): number {
  if (row < 0 || row >= rowCount(layout)) return -1;
  const box = firstEndingAfter(layout, row, x);
  return box < layout.rowStart[row + 1]! && layout.x0[box]! <= x ? box : -1;
}

/** One thing to draw: a box, or a run of boxes too narrow to draw one by one. */
export interface FlameItem extends Span {
  readonly firstBox: number;
  /** 1 for a box; for a run, how many boxes it stands for. */
  readonly boxCount: number;
}

/**
 * What a row shows in a window of unit space, left to right. A box at least
 * `leastWidth` wide is an item; neighbours that are narrower become one item that
 * says how many they are, so that nothing sampled is missing from the picture.
 * Costs a binary search, and a step per box in the window.
 */
export function visibleItems(
  layout: FlameLayout,
  row: number,
  window: Span,
  leastWidth: number,
): FlameItem[] {
  const items: FlameItem[] = [];
  if (row < 0 || row >= rowCount(layout)) return items;
  const rowEnd = layout.rowStart[row + 1]!;
  let box = firstEndingAfter(layout, row, window.x0);
  while (box < rowEnd && layout.x0[box]! < window.x1) {
    const x0 = layout.x0[box]!;
    if (layout.x1[box]! - x0 >= leastWidth) {
      items.push({ x0, x1: layout.x1[box]!, firstBox: box, boxCount: 1 });
      box++;
      continue;
    }
    const end = endOfRun(layout, box, rowEnd, window.x1, leastWidth);
    items.push({ x0, x1: layout.x1[end - 1]!, firstBox: box, boxCount: end - box });
    box = end;
  }
  return items;
}

/**
 * One past the last box of the run of narrow boxes that begins at `box`. A gap as
 * wide as a visible box ends the run: bridging it would draw samples that are not
 * there.
 */
function endOfRun(
  layout: FlameLayout,
  box: number,
  rowEnd: number,
  windowEnd: number,
  leastWidth: number,
): number {
  const { x0, x1 } = layout;
  let end = box + 1;
  while (end < rowEnd && x0[end]! < windowEnd) {
    if (x0[end]! - x1[end - 1]! >= leastWidth) break;
    if (x1[end]! - x0[end]! >= leastWidth) break;
    end++;
  }
  return end;
}

/** First box of a row whose right edge is beyond x; the row's end when there is none. */
function firstEndingAfter(layout: FlameLayout, row: number, x: number): number {
  let low = layout.rowStart[row]!;
  let high = layout.rowStart[row + 1]!;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (layout.x1[middle]! > x) high = middle;
    else low = middle + 1;
  }
  return low;
}

/**
 * Order of functions by name, as a rank per function index. Equal names (one in
 * each of two files) keep the order of the table.
 */
export function rankByName(names: readonly string[]): Int32Array {
  const order = names.map((_, index) => index);
  const lower = names.map((name) => name.toLowerCase());
  order.sort((a, b) => (lower[a]! < lower[b]! ? -1 : lower[a]! > lower[b]! ? 1 : a - b));
  const rank = new Int32Array(names.length);
  order.forEach((index, position) => (rank[index] = position));
  return rank;
}

interface Children {
  /** node -> where its children begin in `list`; one element more than there are nodes. */
  readonly start: Int32Array;
  readonly list: Int32Array;
}

// Two counting sorts, by name and then by parent, instead of sorting each list:
// linear, and the second keeps the first's order within a parent.
function sortChildren(tree: CallTree, nameRank: Int32Array): Children {
  const { length } = tree;
  const parents = tree.parent.data;
  const functions = tree.functionOf.data;
  const nodes = Int32Array.from({ length }, (_, node) => node);
  const byName = countingSort(nodes, nameRank.length, (node) =>
    node === ROOT ? -1 : nameRank[functions[node]!]!,
  );
  return countingSort(byName.list, length, (node) => parents[node]!);
}

/** Stably sorts items by key, below `keys`; an item with a negative key is left out. */
function countingSort(items: Int32Array, keys: number, keyOf: (item: number) => number): Children {
  const start = new Int32Array(keys + 1);
  for (const item of items) {
    const key = keyOf(item);
    if (key >= 0) start[key + 1]!++;
  }
  for (let key = 0; key < keys; key++) start[key + 1]! += start[key]!;
  const next = start.slice();
  const list = new Int32Array(start[keys]!);
  for (const item of items) {
    const key = keyOf(item);
    if (key >= 0) list[next[key]!++] = item;
  }
  return { start, list };
}
