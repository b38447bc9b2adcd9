import { describe, expect, test } from "vitest";
import {
  profileFromDeltas,
  profileFromText,
  ProfileTextBuilder,
} from "../../test/support/profileText";
import { CallTree, ROOT, type CallTreeOptions } from "./callTree";
import { FrameKind, kindSet } from "./frameKind";
import { computeHeat } from "./lineHeat";
import type { Profile } from "./profile";
import { EVERYTHING } from "./selection";
import { StackIndex } from "./stackIndex";

const TOP_DOWN: CallTreeOptions = { inverted: false, hiddenKinds: 0, foldsInterpreter: false };

/** The tree as indented "name total/self", children in order of name. */
function draw(tree: CallTree, node = ROOT, indent = ""): string[] {
  const name = node === ROOT ? "all" : tree.profile.functionName(tree.functionOf.at(node));
  const children: number[] = [];
  for (let child = 1; child < tree.length; child++) {
    if (tree.parent.at(child) === node && tree.total.at(child) > 0) children.push(child);
  }
  const named = (child: number) => tree.profile.functionName(tree.functionOf.at(child));
  children.sort((a, b) => (named(a) < named(b) ? -1 : 1));
  return [
    `${indent}${name} ${tree.total.at(node)}/${tree.self(node)}`,
    ...children.flatMap((child) => draw(tree, child, `${indent} `)),
  ];
}

/** Draws the tree and checks that every path selects just the samples that its box shows. */
function check(profile: Profile, options: CallTreeOptions, expected: readonly string[]): void {
  const tree = new CallTree(profile, options);
  expect(draw(tree)).toEqual(expected);
  expect(tree.total.at(ROOT)).toBe(profile.totalSamples);
  const index = new StackIndex(profile);
  for (let node = 0; node < tree.length; node++) {
    const path = tree.pathOf(node);
    expect(tree.follow(path.functions)).toBe(node);
    expect(computeHeat(index, { ...EVERYTHING, path }).samples).toBe(tree.total.at(node));
  }
}

const TEXT = `
  x3                x2                x1               x4
  app[p:7]          app[p:7]          app[p:7]         app[p:7]
  main[app.py:10]   main[app.py:10]   main[app.py:11]  idle[k]
  work[app.py:20]   work[app.py:21]   work[app.py:20]
  SHA256[n:libssl]  irq[k]
                    SHA256[n:libssl]
`;

test("top-down merges lines of a function, and keeps paths apart", () => {
  check(profileFromText(TEXT), TOP_DOWN, [
    "all 10/0",
    " app [7] 10/0",
    "  idle 4/4",
    "  main 6/0",
    "   work 6/1",
    "    SHA256 3/3",
    "    irq 2/0",
    "     SHA256 2/2",
  ]);
});

test("hidden kinds leave their samples to the frame above, wherever they were", () => {
  const hiddenKinds = kindSet(FrameKind.kernel, FrameKind.process);
  check(profileFromText(TEXT), { ...TOP_DOWN, hiddenKinds }, [
    "all 10/4",
    " main 6/0",
    "  work 6/1",
    "   SHA256 5/5",
  ]);
});

test("inverted, the leaves are the roots", () => {
  const hiddenKinds = kindSet(FrameKind.kernel, FrameKind.process);
  check(profileFromText(TEXT), { ...TOP_DOWN, inverted: true, hiddenKinds }, [
    "all 10/0",
    " SHA256 5/5",
    "  work 5/0",
    "   main 5/0",
    " work 1/1",
    "  main 1/0",
  ]);
});

test("recursion is a path, not a total above 100 %", () => {
  check(profileFromText("x3\nf[a.py:1]\nf[a.py:2]\nf[a.py:1]"), TOP_DOWN, [
    "all 3/0",
    " f 3/0",
    "  f 3/0",
    "   f 3/3",
  ]);
});

test.each([TOP_DOWN, { ...TOP_DOWN, inverted: true, hiddenKinds: kindSet(FrameKind.native) }])(
  "a tree extended delta by delta is the tree made at once, and keeps its nodes: %o",
  (options) => {
    const builder = new ProfileTextBuilder();
    const profile = profileFromDeltas([builder.delta("x2\napp[p:7]\nmain[app.py:10]")]);
    const tree = new CallTree(profile, options);
    const firstPath = tree.pathOf(1);
    for (const text of [TEXT, "x7\napp[p:7]\nmain[app.py:10]\nlate[app.py:50]", TEXT]) {
      profile.apply(builder.delta(text));
      tree.extend();
      expect(draw(tree)).toEqual(draw(new CallTree(profile, options)));
    }
    expect(tree.pathOf(1)).toEqual(firstPath);
    expect(tree.total.at(ROOT)).toBe(29);
  },
);

test.each([
  [false, ["app [7]", "main"], "10:5 11:1"],
  [false, ["app [7]", "main", "work"], "20:4 21:2"],
  [true, ["SHA256"], ""],
  [true, ["SHA256", "work"], "20:3"],
  [true, ["SHA256", "work", "main"], "10:3"],
])("lines executing in a box, inverted %s %j: %s", (inverted, names, lines) => {
  const profile = profileFromText(TEXT);
  const tree = new CallTree(profile, { inverted, hiddenKinds: 0, foldsInterpreter: false });
  let node = ROOT;
  for (const name of names) {
    const next = childNamed(tree, node, name);
    expect(next).toBeGreaterThan(ROOT);
    node = next;
  }
  expect(
    tree
      .linesOf(node)
      .map((l) => `${l.line}:${l.samples}`)
      .join(" "),
  ).toBe(lines);
});

function childNamed(tree: CallTree, parent: number, name: string): number {
  for (let f = 0; f < tree.profile.functions.kind.length; f++) {
    if (tree.profile.functionName(f) === name && tree.child(parent, f) >= 0) {
      return tree.child(parent, f);
    }
  }
  return -1;
}

test("lines below a hidden frame belong to the function they are in", () => {
  const profile = profileFromText(`
    x3
    outer[a.py:1]
    sort[n:py]
    key[a.py:9]
  `);
  const tree = new CallTree(profile, { ...TOP_DOWN, hiddenKinds: kindSet(FrameKind.native) });
  expect(tree.linesOf(1)).toEqual([{ line: 1, samples: 3 }]);
  expect(tree.linesOf(2)).toEqual([{ line: 9, samples: 3 }]);
});

test("follow stops where the tree does, and isWithin knows the way up", () => {
  const tree = new CallTree(profileFromText(TEXT), TOP_DOWN);
  const { functions } = tree.pathOf(3);
  expect(tree.follow([...functions, 0, 0])).toBe(3);
  expect(tree.isWithin(3, ROOT)).toBe(true);
  expect(tree.isWithin(3, 3)).toBe(true);
  expect(tree.isWithin(1, 3)).toBe(false);
});

describe("folding the interpreter", () => {
  const PY = "n:/usr/lib/libpython3.12.so.1.0";
  /** Python frames with native ones between and below, some of them ending in the kernel. */
  const NATIVE = `
    x1               x2               x4                    x8                    x16
    main[app.py:10]  main[app.py:10]  main[app.py:10]       main[app.py:10]       main[app.py:10]
    eval[${PY}]      eval[${PY}]      eval[${PY}]           eval[${PY}]           eval[${PY}]
                     sort[${PY}]      concat[${PY}]         concat[${PY}]         sort[${PY}]
                     key[app.py:20]   memmove[n:libc.so.6]                        fault[k]
                     eval[${PY}]
  `;
  const FOLDED: CallTreeOptions = { ...TOP_DOWN, foldsInterpreter: true };

  test("keeps what costs: the innermost native frame, also above the kernel", () => {
    check(profileFromText(NATIVE), FOLDED, [
      "all 31/0",
      " main 31/0",
      "  concat 8/8",
      "  eval 1/1",
      "  key 2/0",
      "   eval 2/2",
      "  memmove 4/4",
      "  sort 16/0",
      "   fault 16/16",
    ]);
  });

  test("shows the same paths upside down", () => {
    check(profileFromText(NATIVE), { ...FOLDED, inverted: true }, [
      "all 31/0",
      " concat 8/8",
      "  main 8/0",
      " eval 3/3",
      "  key 2/0",
      "   main 2/0",
      "  main 1/0",
      " fault 16/16",
      "  sort 16/0",
      "   main 16/0",
      " memmove 4/4",
      "  main 4/0",
    ]);
  });

  test("with the kernel hidden its samples stay with the frame that entered it", () => {
    const options = { ...FOLDED, hiddenKinds: kindSet(FrameKind.kernel) };
    const tree = draw(new CallTree(profileFromText(NATIVE), options));
    expect(tree).toContain("  sort 16/16");
  });

  test.each([FOLDED, { ...FOLDED, inverted: true }])(
    "grown delta by delta it is the tree of all at once: %j",
    (options) => {
      const builder = new ProfileTextBuilder();
      const profile = profileFromDeltas([
        builder.delta(`x1\nmain[app.py:10]\neval[${PY}]\nsort[${PY}]\nkey[app.py:20]`),
      ]);
      const tree = new CallTree(profile, options);
      profile.apply(builder.delta(NATIVE));
      tree.extend();
      expect(draw(tree)).toEqual(draw(new CallTree(profile, options)));
      expect(tree.isOutdated).toBe(false);
    },
  );

  test("a file that turns out to be the interpreter's makes the tree outdated", () => {
    const builder = new ProfileTextBuilder();
    const profile = profileFromDeltas([
      builder.delta("main[app.py:1]\nadd[n:/bin/uwsgi]\nleaf[n:c]"),
    ]);
    const tree = new CallTree(profile, FOLDED);
    profile.apply(builder.delta("main[app.py:1]\n_PyEval_EvalFrameDefault[n:/bin/uwsgi]"));
    tree.extend();
    expect(tree.isOutdated).toBe(true);
  });
});
