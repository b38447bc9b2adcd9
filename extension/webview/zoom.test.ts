import { describe, expect, test } from "vitest";
import { profileFromText } from "../../test/support/profileText";
import { CallTree, ROOT } from "../core/callTree";
import { layoutFlame, rankByName, visibleItems } from "../core/flameLayout";
import {
  commonAncestor,
  isZoomed,
  panBy,
  UNZOOMED,
  windowOf,
  zoomAround,
  zoomOnItem,
  zoomOnNode,
  type Zoom,
} from "./zoom";

const profile = profileFromText(`
  x4            x4            x2
  a[a.py:1]     b[a.py:1]     b[a.py:1]
  a1[a.py:2]    b1[a.py:2]    b2[a.py:2]
`);
const tree = new CallTree(profile, { inverted: false, hiddenKinds: 0, foldsInterpreter: false });
const names = Array.from({ length: profile.functions.kind.length }, (_, f) =>
  profile.functionName(f),
);
const layout = layoutFlame(tree, rankByName(names));
// 1 a 0-0.4 · 2 a1 0-0.4 · 3 b 0.4-1 · 4 b1 0.4-0.8 · 5 b2 0.8-1
const [A, B, B1, B2] = [1, 3, 4, 5];

/** The window of a zoom, and that the zoom holds on to the node expected. */
function check(zoom: Zoom, node: number, x0: number, x1: number): void {
  const window = windowOf(layout, zoom);
  expect(window.x0).toBeCloseTo(x0, 12);
  expect(window.x1).toBeCloseTo(x1, 12);
  expect(zoom.node).toBe(node);
}

test("a node's zoom is its box", () => {
  check(zoomOnNode(B), B, 0.4, 1);
  check(UNZOOMED, ROOT, 0, 1);
  expect(isZoomed(UNZOOMED)).toBe(false);
  expect(isZoomed(zoomOnNode(B))).toBe(true);
});

test("a node without a box shows everything", () => {
  check(zoomOnNode(99), 99, 0, 1);
});

describe("zooming around a point", () => {
  test("keeps the point where it is, and the node as long as it contains the window", () => {
    check(zoomAround(tree, layout, zoomOnNode(B), 2, 0.6), B, 0.5, 0.8);
  });

  test("outwards passes to a node that contains the window, and ends at everything", () => {
    const out = zoomAround(tree, layout, zoomOnNode(B1), 1 / 1.25, 0.4);
    check(out, B, 0.4, 0.9);
    check(zoomAround(tree, layout, zoomOnNode(B), 1 / 1000, 0.5), ROOT, 0, 1);
  });

  test("ends where numbers cannot tell places apart", () => {
    let zoom = UNZOOMED;
    for (let i = 0; i < 100; i++) zoom = zoomAround(tree, layout, zoom, 2, 0.7);
    const { x0, x1 } = windowOf(layout, zoom);
    expect(x1 - x0).toBeGreaterThan(1e-12);
    expect(x1 - x0).toBeLessThan(1e-10);
  });
});

test("panning keeps the width, and stops at the edges", () => {
  const half = zoomAround(tree, layout, UNZOOMED, 2, 0);
  check(panBy(tree, layout, half, 0.5), ROOT, 0.25, 0.75);
  check(panBy(tree, layout, half, 9), ROOT, 0.5, 1);
  check(panBy(tree, layout, half, -9), ROOT, 0, 0.5);
  check(panBy(tree, layout, zoomOnNode(B1), 0.5), B, 0.6, 1);
});

test("zooming on a run of narrow boxes shows just them", () => {
  const [item] = visibleItems(layout, 2, { x0: 0.4, x1: 1 }, 0.5);
  expect(item?.boxCount).toBe(2);
  check(zoomOnItem(tree, layout, item!), B, 0.4, 1);
  const [single] = visibleItems(layout, 1, { x0: 0, x1: 1 }, 0.01);
  check(zoomOnItem(tree, layout, single!), A, 0, 0.4);
});

test.each([
  [B1, B2, B],
  [B1, B, B],
  [B, B1, B],
  [A, B2, ROOT],
  [ROOT, B2, ROOT],
])("%d and %d meet in %d", (a, b, ancestor) => expect(commonAncestor(tree, a, b)).toBe(ancestor));
