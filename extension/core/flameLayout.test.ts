import { expect, test } from "vitest";
import { profileFromText } from "../../test/support/profileText";
import { CallTree } from "./callTree";
import {
  hitTest,
  layoutFlame,
  rankByName,
  rowCount,
  rowOfBox,
  visibleItems,
  type FlameLayout,
} from "./flameLayout";

function layoutOf(text: string): { tree: CallTree; layout: FlameLayout } {
  const profile = profileFromText(text);
  const tree = new CallTree(profile, { inverted: false, hiddenKinds: 0, foldsInterpreter: false });
  const names = Array.from({ length: profile.functions.kind.length }, (_, f) =>
    profile.functionName(f),
  );
  const layout = layoutFlame(tree, rankByName(names));
  checkInvariants(tree, layout);
  return { tree, layout };
}

/** What must hold of every layout: rows sorted and disjoint, children within parents, widths true. */
function checkInvariants(tree: CallTree, layout: FlameLayout): void {
  for (let row = 0; row < rowCount(layout); row++) {
    for (let box = layout.rowStart[row]!; box < layout.rowStart[row + 1]!; box++) {
      const node = layout.node[box]!;
      expect(tree.depth.at(node)).toBe(row);
      expect(rowOfBox(layout, box)).toBe(row);
      expect(layout.boxOf[node]).toBe(box);
      expect(layout.x1[box]! - layout.x0[box]!).toBeCloseTo(tree.share(node), 12);
      if (box > layout.rowStart[row]!) {
        expect(layout.x0[box]).toBeGreaterThanOrEqual(layout.x1[box - 1]! - 1e-12);
      }
      if (row === 0) continue;
      const parent = layout.boxOf[tree.parent.at(node)]!;
      expect(layout.x0[box]).toBeGreaterThanOrEqual(layout.x0[parent]!);
      expect(layout.x1[box]).toBeLessThanOrEqual(layout.x1[parent]! + 1e-12);
    }
  }
}

function drawRow(tree: CallTree, layout: FlameLayout, row: number): string[] {
  const found: string[] = [];
  for (let box = layout.rowStart[row]!; box < layout.rowStart[row + 1]!; box++) {
    const name = tree.profile.functionName(tree.functionOf.at(layout.node[box]!));
    found.push(`${name} ${layout.x0[box]!.toFixed(2)}-${layout.x1[box]!.toFixed(2)}`);
  }
  return found;
}

const TEXT = `
  x5             x3             x1            x1
  zeta[a.py:1]   Alpha[a.py:2]  zeta[a.py:1]  zeta[a.py:1]
  one[a.py:3]    two[a.py:4]    two[a.py:4]
`;

test("siblings go by name, whatever their weight or case", () => {
  const { tree, layout } = layoutOf(TEXT);
  expect(rowCount(layout)).toBe(3);
  expect(drawRow(tree, layout, 1)).toEqual(["Alpha 0.00-0.30", "zeta 0.30-1.00"]);
  expect(drawRow(tree, layout, 2)).toEqual(["two 0.00-0.30", "one 0.30-0.80", "two 0.80-0.90"]);
});

test("an empty profile has no boxes", () => {
  const { layout } = layoutOf("");
  expect(rowCount(layout)).toBe(0);
  expect(hitTest(layout, 0, 0.5)).toBe(-1);
  expect(visibleItems(layout, 0, { x0: 0, x1: 1 }, 0.1)).toEqual([]);
});

test.each([
  [0, 0.5, 0],
  [1, 0, 1],
  [1, 0.2999, 1],
  [1, 0.3, 2],
  [2, 0.85, 5],
  [2, 0.95, -1],
  [3, 0.5, -1],
  [-1, 0.5, -1],
  [1, 1, -1],
  [1, -0.1, -1],
])("row %i at %d hits box %i", (row, x, box) => {
  expect(hitTest(layoutOf(TEXT).layout, row, x)).toBe(box);
});

test("a window shows only what reaches into it", () => {
  const { layout } = layoutOf(TEXT);
  const boxes = (x0: number, x1: number) =>
    visibleItems(layout, 2, { x0, x1 }, 0.001).map((item) => item.firstBox);
  expect(boxes(0, 1)).toEqual([3, 4, 5]);
  expect(boxes(0.35, 0.5)).toEqual([4]);
  expect(boxes(0.79, 0.81)).toEqual([4, 5]);
  expect(boxes(0.92, 1)).toEqual([]);
});

test("boxes too narrow to draw become one item that says how many they are", () => {
  const names = Array.from({ length: 100 }, (_, i) => `f${String(i).padStart(3, "0")}[a.py:1]`);
  const row = (cells: string[]) => cells.map((cell) => cell.padEnd(16)).join("");
  const { layout } = layoutOf(`${row(names.map(() => "x1"))}\n${row(names)}`);
  const window = { x0: 0, x1: 1 };
  expect(visibleItems(layout, 1, window, 0.02)).toEqual([
    { firstBox: 1, boxCount: 100, x0: 0, x1: 1 },
  ]);
  expect(visibleItems(layout, 1, window, 0.009)).toHaveLength(100);
});

test("a run ends at a wide box and at a gap, and loses no box", () => {
  // Each parent p0..p3 has a narrow child at its left; p2's is wide.
  const { layout } = layoutOf(`
    x9           x1           x1           x9           x10          x9           x1
    p0[a.py:1]   p0[a.py:1]   p1[a.py:1]   p1[a.py:1]   p2[a.py:1]   p3[a.py:1]   p3[a.py:1]
                 n0[a.py:2]   n1[a.py:2]                w2[a.py:2]                n3[a.py:2]
  `);
  const items = visibleItems(layout, 2, { x0: 0, x1: 1 }, 0.1);
  expect(items.map((i) => i.boxCount)).toEqual([1, 1, 1, 1]);
  const merged = visibleItems(layout, 2, { x0: 0, x1: 1 }, 0.3);
  expect(merged.map((i) => i.boxCount)).toEqual([4]);
});

test("every visible sample is in exactly one item, at any zoom", () => {
  const stacks = Array.from({ length: 60 }, (_, i) => ({ weight: (i * 7919) % 23 || 1, i }));
  const { layout } = layoutOf(
    [
      stacks.map((s) => `x${s.weight}`.padEnd(14)).join(""),
      stacks.map((s) => `a${s.i % 5}[a.py:1]`.padEnd(14)).join(""),
      stacks.map((s) => `b${s.i}[a.py:1]`.padEnd(14)).join(""),
    ].join("\n"),
  );
  for (const leastWidth of [0.3, 0.05, 0.01, 0.001]) {
    for (let row = 0; row < rowCount(layout); row++) {
      const items = visibleItems(layout, row, { x0: 0, x1: 1 }, leastWidth);
      let next = layout.rowStart[row]!;
      for (const item of items) {
        expect(item.firstBox).toBe(next);
        expect(item.x0).toBe(layout.x0[next]);
        next += item.boxCount;
        expect(item.x1).toBe(layout.x1[next - 1]);
      }
      expect(next).toBe(layout.rowStart[row + 1]);
    }
  }
});
