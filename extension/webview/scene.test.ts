import { expect, test } from "vitest";
import { profileFromText } from "../../test/support/profileText";
import { CallTree } from "../core/callTree";
import { layoutFlame, rankByName, rowCount } from "../core/flameLayout";
import { matchFunctions, searchTree } from "../core/flameSearch";
import { boxOnScreen, isMuted, itemAt, itemOnScreen, itemsOfRow, visibleRows } from "./scene";
import type { Scene } from "./scene";

const row = (cells: readonly string[]) => cells.map((cell) => cell.padEnd(18)).join("");
const NARROW = Array.from({ length: 300 }, (_, i) => `n${String(i).padStart(3, "0")}[n.py:1]`);
const profile = profileFromText(
  [
    row(["x700", ...NARROW.map(() => "x1")]),
    row(["wide[a.py:1]", ...NARROW]),
    row(["deep[a.py:2]"]),
  ].join("\n"),
);

function makeScene(change: Partial<Scene> = {}): Scene {
  const tree = new CallTree(profile, { inverted: false, hiddenKinds: 0, foldsInterpreter: false });
  const names = Array.from({ length: profile.functions.kind.length }, (_, f) =>
    profile.functionName(f),
  );
  return {
    tree,
    layout: layoutFlame(tree, rankByName(names)),
    window: { x0: 0, x1: 1 },
    width: 601,
    height: 50,
    scrollTop: 0,
    pixelRatio: 1,
    zoomDepth: 0,
    search: null,
    ...change,
  };
}

test.each([
  [0, 50, [0, 3]],
  [0, 21, [0, 1]],
  [30, 20, [1, 3]],
  [42, 900, [2, 3]],
])("scrolled by %d, %d pixels show rows %j", (scrollTop, height, rows) => {
  const scene = makeScene({ scrollTop, height });
  expect(rowCount(scene.layout)).toBe(3);
  expect(visibleRows(scene)).toEqual(rows);
});

test.each([1, 1.25, 1.5, 2, 3])("edges lie on device pixels at %d of them", (pixelRatio) => {
  const scene = makeScene({ pixelRatio, window: { x0: 0.113, x1: 0.8701 } });
  for (let row = 0; row < 3; row++) {
    for (const item of itemsOfRow(scene, row)) {
      const { x, y, width } = itemOnScreen(scene, item);
      for (const length of [x, y, width]) {
        expect(Math.abs(length * pixelRatio - Math.round(length * pixelRatio))).toBeLessThan(1e-6);
      }
      expect(width * pixelRatio).toBeGreaterThanOrEqual(1);
    }
  }
});

test("neighbours neither overlap nor leave more than a gap", () => {
  for (const window of [
    { x0: 0, x1: 1 },
    { x0: 0.1, x1: 0.2 },
    { x0: 0.2999, x1: 0.3001 },
  ]) {
    const scene = makeScene({ window });
    const boxes = itemsOfRow(scene, 1).map((item) => itemOnScreen(scene, item));
    for (const [i, box] of boxes.slice(1).entries()) {
      const before = boxes[i]!;
      expect(box.x).toBeGreaterThanOrEqual(before.x + before.width);
      expect(box.x - before.x - before.width).toBeLessThanOrEqual(1);
    }
  }
});

test("a point finds what is drawn there: a box, a run, or nothing", () => {
  const scene = makeScene();
  const nameAt = (x: number, y: number) => {
    const item = itemAt(scene, x, y);
    if (item === null) return null;
    const node = scene.layout.node[item.firstBox]!;
    const name = node === 0 ? "all" : profile.functionName(scene.tree.functionOf.at(node));
    return item.boxCount > 1 ? `${item.boxCount} from ${name}` : name;
  };
  expect(nameAt(300, 5)).toBe("all");
  expect(nameAt(300, 30)).toBe("wide");
  expect(nameAt(100, 30)).toBe("300 from n000");
  expect(nameAt(100, 50)).toBe(null);
  expect(nameAt(300, 500)).toBe(null);
});

test("scrolling and zooming move a box, far edges are cut", () => {
  const scene = makeScene({ scrollTop: 10, window: { x0: 0.3, x1: 0.300001 } });
  const wide = scene.layout.boxOf[1]!;
  expect(boxOnScreen(scene, wide)).toMatchObject({ x: 0, y: 11 });
  expect(boxOnScreen(scene, wide).width).toBeLessThan(scene.width + 10);
});

test("context recedes: callers of the zoom, or what does not match", () => {
  const muted = (scene: Scene) =>
    [0, 1, 2].map((row) => itemsOfRow(scene, row).map((item) => isMuted(scene, item)));
  expect(muted(makeScene({ zoomDepth: 1 }))).toEqual([[true], [false, false], [false]]);
  const scene = makeScene();
  const search = searchTree(scene.tree, matchFunctions(profile, "n007")!);
  expect(muted({ ...scene, search, zoomDepth: 2 })).toEqual([[true], [false, true], [true]]);
});
