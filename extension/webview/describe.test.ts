import { describe, expect, test } from "vitest";
import { profileFromText } from "../../test/support/profileText";
import { CallTree, ROOT } from "../core/callTree";
import { layoutFlame, rankByName } from "../core/flameLayout";
import { matchFunctions, searchTree } from "../core/flameSearch";
import {
  canOpen,
  describeItem,
  describeSearch,
  isLibrary,
  lineFacts,
  openPlace,
  shortName,
  shortPlace,
  speakNode,
} from "./describe";

const profile = profileFromText(`
  x500                x250                x250
  app[p:7]            app[p:7]            app[p:7]
  main[app.py:10]     main[app.py:12]     loads[/usr/lib/python3.12/json/__init__.py:346]
  sha[n:/lib/libc.so]
`);
const tree = new CallTree(profile, { inverted: false, hiddenKinds: 0, foldsInterpreter: false });
const [APP, MAIN, SHA, LOADS] = [1, 2, 3, 4];

test("what can be opened is Python, at its hottest line", () => {
  const nodes = [ROOT, APP, MAIN, SHA, LOADS];
  expect(nodes.filter((node) => canOpen(tree, node))).toEqual([MAIN, LOADS]);
  expect(openPlace(tree, SHA)).toBeNull();
  expect(openPlace(tree, MAIN)).toEqual({
    source: 0,
    remotePath: "/srv/app.py",
    line: 10,
    functionName: "main",
  });
  expect(lineFacts(tree, MAIN, 1)).toEqual([{ line: 10, label: "app.py:10", share: 2 / 3 }]);
  expect(lineFacts(tree, SHA, 9)).toEqual([]);
});

test.each([
  ["/usr/lib/python3.12/json/decoder.py", true],
  ["/usr/lib64/python3.11/asyncio/base_events.py", true],
  ["/root/.pyenv/versions/3.13.1/lib/python3.13/threading.py", true],
  ["/app/venv/lib/python3.12/site-packages/flask/app.py", true],
  ["/usr/lib/python3/dist-packages/apt/cache.py", true],
  ["<frozen importlib._bootstrap>", true],
  ["/usr/lib/python312.zip/json/decoder.py", true],
  ["/srv/app/lib/pricing.py", false],
  ["/home/me/python3.12-notes/run.py", false],
])("%s is a library's: %s", (path, expected) => {
  const tree = new CallTree(profileFromText(`f[${path}:1]`), {
    inverted: false,
    hiddenKinds: 0,
    foldsInterpreter: false,
  });
  expect(isLibrary(tree, 1)).toBe(expected);
});

test.each([
  ["Cart.total", "total"],
  ["view.<locals>.inner", "inner"],
  ["view.<locals>.<lambda>", "<lambda>"],
  ["<module>", "<module>"],
  ["main", "main"],
])("%s in short is %s", (name, short) => expect(shortName(name)).toBe(short));

test("a place in short is the file's or the module's name", () => {
  const places = [ROOT, APP, MAIN, SHA].map((node) => shortPlace(tree, node));
  expect(places).toEqual(["", "", "app.py", "libc.so"]);
});

describe("a tooltip", () => {
  const names = Array.from({ length: profile.functions.kind.length }, (_, f) =>
    profile.functionName(f),
  );
  const layout = layoutFlame(tree, rankByName(names));
  const describeNode = (node: number) => {
    const firstBox = layout.boxOf[node]!;
    return describeItem(tree, layout, { firstBox, boxCount: 1, x0: 0, x1: 1 }, 100);
  };

  test("tells a frame's figures with their confidence and the time they stand for", () => {
    expect(describeNode(MAIN)).toMatchObject({
      title: "main",
      subtitle: "Python · /srv/app.py",
      facts: [
        { label: "Total", value: "75.0% ±2.7 · 750 samples · 7.50 s" },
        { label: "Self", value: "25.0% ±2.7 · 250 samples · 2.50 s" },
      ],
      hint: "Click opens app.py:10 · Double-click zooms",
    });
    expect(describeNode(LOADS).subtitle).toMatch(/^Python library · /);
    expect(describeNode(SHA)).toMatchObject({
      subtitle: "native · /lib/libc.so",
      lines: [],
      hint: "Double-click zooms",
    });
    expect(describeNode(APP).facts[1]).toEqual({ label: "Self", value: "0%" });
  });

  test("tells how many a run stands for", () => {
    const firstBox = layout.boxOf[LOADS]!;
    const run = { firstBox, boxCount: 2, x0: 0, x1: 1 };
    expect(describeItem(tree, layout, run, 0)).toMatchObject({
      title: "2 frames too narrow to draw",
      subtitle: "loads and others",
      facts: [{ label: "Total", value: "100% · 1,000 samples" }],
    });
  });
});

test.each([
  [ROOT, "All samples, 1,000."],
  [APP, "app [7], process, 100% total, 0% self, level 2."],
  [MAIN, "main, Python, app.py line 10, 75.0% total, 25.0% self, level 3."],
  [SHA, "sha, native, libc.so, 50.0% total, 50.0% self, level 4."],
])("a screen reader says of node %d: %s", (node, text) => expect(speakNode(tree, node)).toBe(text));

test("an inverted tree has a self only where stacks end", () => {
  const inverted = new CallTree(profile, {
    inverted: true,
    hiddenKinds: 0,
    foldsInterpreter: false,
  });
  expect(speakNode(inverted, 1)).not.toMatch(/self/);
});

test("a search tells where it is", () => {
  const result = searchTree(tree, matchFunctions(profile, "s")!);
  expect(describeSearch(result, -1)).toBe("3 matches · 100%");
  expect(describeSearch(result, result.matches[1]!)).toBe("2 of 3 · 100%");
  const none = searchTree(tree, matchFunctions(profile, "zzz")!);
  expect(describeSearch(none, -1)).toBe("no match");
});
