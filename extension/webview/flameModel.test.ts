import { describe, expect, test } from "vitest";
import { ProfileTextBuilder } from "../../test/support/profileText";
import { ROOT } from "../core/callTree";
import { FrameKind, kindSet } from "../core/frameKind";
import { FlameModel } from "./flameModel";
import { parseSavedView } from "./savedView";

/** Rows: all · app · main 0-0.6, Other · read (kernel) 0-0.2, work 0.2-0.6 · sha (native). */
const TEXT = `
  x4                x2                x4
  app[p:7]          app[p:7]          app[p:7]
  main[app.py:10]   main[app.py:11]   Other[pool.py:5]
  work[app.py:20]   read[k]
  sha[n:libc.so]
`;

function makeModel(text = TEXT) {
  const builder = new ProfileTextBuilder();
  const model = new FlameModel(null);
  expect(model.reset("one", builder.delta(text)).ok).toBe(true);
  return { model, builder };
}

/** The node of a way of function names, which must exist. */
function nodeOf(model: FlameModel, ...names: string[]): number {
  const { profile, tree } = model;
  let node = ROOT;
  for (const name of names) {
    const functions = Array.from({ length: profile.functions.kind.length }, (_, f) => f);
    const child = functions
      .filter((f) => profile.functionName(f) === name)
      .map((f) => tree.child(node, f))
      .find((child) => child >= 0);
    if (child === undefined) throw new Error(`no ${name}`);
    node = child;
  }
  return node;
}

function nameOf({ profile, tree }: FlameModel, node: number): string {
  return node <= ROOT ? String(node) : profile.functionName(tree.functionOf.at(node));
}

describe("the cursor", () => {
  test("goes to the widest callee, to callers, and sideways by name", () => {
    const { model } = makeModel();
    const walk = (...directions: ("up" | "down" | "left" | "right")[]) =>
      directions
        .map((direction) => {
          model.step(direction);
          return nameOf(model, model.cursor);
        })
        .join(" > ");
    expect(walk("down", "down", "down", "down", "down", "down")).toBe(
      "0 > app [7] > main > work > sha > sha",
    );
    expect(walk("up", "left", "left", "right")).toBe("work > read > read > work");
    expect(walk("up", "right", "down", "up", "up", "up")).toBe(
      "main > Other > Other > app [7] > 0 > 0",
    );
  });

  test("from out of sight starts at what is zoomed to", () => {
    const { model } = makeModel();
    model.moveCursor(nodeOf(model, "app [7]", "Other"));
    model.zoomToNode(nodeOf(model, "app [7]", "main"));
    model.step("down");
    expect(nameOf(model, model.cursor)).toBe("main");
    expect(nameOf(model, model.zoom.node)).toBe("main");
  });

  test("set on a frame out of sight zooms out to what contains both", () => {
    const { model } = makeModel();
    model.zoomToNode(nodeOf(model, "app [7]", "main", "work"));
    model.moveCursor(nodeOf(model, "app [7]", "main", "read"));
    expect(nameOf(model, model.zoom.node)).toBe("main");
    model.zoomBack();
    expect(nameOf(model, model.zoom.node)).toBe("work");
  });

  test("finds the widest frame of a line or a function", () => {
    const { model } = makeModel();
    expect(model.focus({ kind: "line", source: 0, line: 11 })).toBe(true);
    expect(nameOf(model, model.cursor)).toBe("main");
    const functionIndex = model.tree.functionOf.at(nodeOf(model, "app [7]", "Other"));
    expect(model.focus({ kind: "function", functionIndex })).toBe(true);
    expect(nameOf(model, model.cursor)).toBe("Other");
    expect(model.focus({ kind: "line", source: 0, line: 99 })).toBe(false);
  });
});

test("going back passes every jump, and the same place twice is one", () => {
  const { model } = makeModel();
  const main = nodeOf(model, "app [7]", "main");
  model.zoomToNode(main);
  model.zoomToNode(main);
  model.zoomToNode(nodeOf(model, "app [7]", "main", "work"));
  model.zoomBack();
  expect(model.zoom.node).toBe(main);
  model.zoomBack();
  expect(model.isZoomed).toBe(false);
  model.zoomBack();
  expect(model.isZoomed).toBe(false);
});

test("arriving samples move every box, and the window with its node", () => {
  const { model, builder } = makeModel();
  const work = nodeOf(model, "app [7]", "main", "work");
  model.zoomToNode(work);
  model.moveCursor(work);
  model.apply(builder.delta("x10\napp[p:7]\nAlpha[a.py:1]"));
  expect(model.isStale).toBe(true);
  expect(model.window()).toEqual({ x0: 0.2, x1: 0.6 });
  model.refresh();
  expect([model.zoom.node, model.cursor]).toEqual([work, work]);
  expect(model.window().x0).toBeCloseTo(0.6, 12);
  expect(model.window().x1).toBeCloseTo(0.8, 12);
});

test("a delta that does not fit changes nothing", () => {
  const { model, builder } = makeModel();
  const late = { ...builder.delta(TEXT), sequence: 5 };
  expect(model.apply(late)).toMatchObject({ ok: false, error: { kind: "sequence" } });
  expect(model.isStale).toBe(false);
  expect(model.reset("one", { ...late, frames: { ...late.frames, line: [] } }).ok).toBe(false);
  expect(model.profile.totalSamples).toBe(10);
});

describe("options", () => {
  const kernel = kindSet(FrameKind.kernel);
  const heads = kindSet(FrameKind.process, FrameKind.thread);

  test("hiding and showing kinds keeps the place", () => {
    const { model } = makeModel();
    model.zoomToNode(nodeOf(model, "app [7]", "main"));
    model.moveCursor(nodeOf(model, "app [7]", "main", "work"));
    model.setOptions({ hiddenKinds: kernel | heads });
    expect(nameOf(model, model.zoom.node)).toBe("main");
    expect(nameOf(model, model.cursor)).toBe("work");
    expect(model.tree.depth.at(model.cursor)).toBe(2);
    model.setOptions({ hiddenKinds: 0 });
    expect(nameOf(model, model.zoom.node)).toBe("main");
    expect(model.tree.depth.at(model.cursor)).toBe(3);
  });

  test("a hidden frame's place is its caller's", () => {
    const { model } = makeModel();
    model.moveCursor(nodeOf(model, "app [7]", "main", "read"));
    model.setOptions({ hiddenKinds: kernel });
    expect(nameOf(model, model.cursor)).toBe("main");
  });

  test("inverted is another tree, looked at from its beginning", () => {
    const { model } = makeModel();
    model.zoomToNode(nodeOf(model, "app [7]", "main"));
    model.setOptions({ inverted: true });
    expect(model.isZoomed).toBe(false);
    expect(model.cursor).toBe(-1);
    expect(model.tree.total.at(nodeOf(model, "sha"))).toBe(4);
  });

  test("kinds that were seen are known", () => {
    const { model, builder } = makeModel("x1\napp[p:7]\nmain[app.py:10]");
    expect(model.kindsSeen).toBe(kindSet(FrameKind.process, FrameKind.python));
    model.apply(builder.delta("x1\nread[k]"));
    model.refresh();
    expect(model.kindsSeen).toBe(kindSet(FrameKind.process, FrameKind.python, FrameKind.kernel));
  });
});

describe("what is kept over a reload", () => {
  function reload(model: FlameModel): FlameModel {
    const state: unknown = JSON.parse(JSON.stringify(model.save()));
    const saved = parseSavedView(state);
    expect(saved).not.toBeNull();
    return new FlameModel(saved);
  }

  test("waits until its whole path has been sampled", () => {
    const { model } = makeModel();
    model.zoomToNode(nodeOf(model, "app [7]", "main", "work"));
    model.moveCursor(nodeOf(model, "app [7]", "main"));
    model.setQuery("sha");
    const again = reload(model);
    const builder = new ProfileTextBuilder();
    again.reset("one", builder.delta("x1\napp[p:7]\nmain[app.py:10]"));
    expect(again.query).toBe("sha");
    expect(again.isZoomed).toBe(false);
    expect(nameOf(again, again.cursor)).toBe("main");
    again.apply(builder.delta(TEXT));
    again.refresh();
    expect(nameOf(again, again.zoom.node)).toBe("work");
    expect(again.search?.samples).toBe(4);
  });

  test("is forgotten in another session, and when the reader went elsewhere", () => {
    const { model } = makeModel();
    model.zoomToNode(nodeOf(model, "app [7]", "main"));
    const other = reload(model);
    other.reset("two", new ProfileTextBuilder().delta(TEXT));
    expect(other.isZoomed).toBe(false);
    const elsewhere = reload(model);
    const builder = new ProfileTextBuilder();
    elsewhere.reset("one", builder.delta("x1\napp[p:7]\nOther[pool.py:5]"));
    elsewhere.zoomToNode(nodeOf(elsewhere, "app [7]", "Other"));
    elsewhere.apply(builder.delta(TEXT));
    elsewhere.refresh();
    expect(nameOf(elsewhere, elsewhere.zoom.node)).toBe("Other");
  });

  test("survives a resynchronisation", () => {
    const { model } = makeModel();
    model.zoomToNode(nodeOf(model, "app [7]", "main"));
    model.moveCursor(nodeOf(model, "app [7]", "main", "work"));
    model.reset("one", new ProfileTextBuilder().delta(TEXT));
    expect(nameOf(model, model.zoom.node)).toBe("main");
    expect(nameOf(model, model.cursor)).toBe("work");
  });

  test.each([[null], [{}], ["x"], [{ zoom: ["a"], query: "", inverted: false, hiddenKinds: 0 }]])(
    "is not read from %j",
    (state) => expect(parseSavedView(state)).toBeNull(),
  );
});

test("what other views narrow to is a path of functions", () => {
  const { model } = makeModel();
  expect([model.zoomedPath(), model.focusedPath()]).toEqual([null, null]);
  const main = nodeOf(model, "app [7]", "main");
  model.zoomToNode(main);
  expect(model.zoomedPath()).toEqual(model.tree.pathOf(main));
  model.moveCursor(ROOT);
  expect(model.focusedPath()).toBeNull();
});

describe("interpreter frames", () => {
  const PY = "n:/usr/bin/python3.12";
  const NATIVE = `
    x3                 x1
    main[app.py:10]    main[app.py:10]
    eval[${PY}]        eval[${PY}]
    concat[${PY}]      concat[${PY}]
    memmove[n:libc.so]
  `;

  test("are folded at first, can be shown, and the choice and the place are kept", () => {
    const { model } = makeModel(NATIVE);
    expect([model.hasInterpreter, model.options.foldsInterpreter]).toEqual([true, true]);
    model.moveCursor(nodeOf(model, "main", "memmove"));
    model.setOptions({ foldsInterpreter: false });
    expect(model.cursor).toBe(nodeOf(model, "main", "eval", "concat", "memmove"));
    expect(new FlameModel(parseSavedView(model.save())).options.foldsInterpreter).toBe(false);
    model.setOptions({ foldsInterpreter: true });
    expect(model.cursor).toBe(nodeOf(model, "main", "memmove"));
  });

  test("of a program known only by its evaluator fold once that was sampled", () => {
    const { model, builder } = makeModel("main[app.py:1]\nadd[n:/bin/uwsgi]\nmemmove[n:libc]");
    expect(model.hasInterpreter).toBe(false);
    model.moveCursor(nodeOf(model, "main"));
    model.apply(builder.delta("main[app.py:1]\n_PyEval_EvalFrameDefault[n:/bin/uwsgi]"));
    model.refresh();
    expect(nodeOf(model, "main", "memmove")).toBeGreaterThan(0);
    expect(nameOf(model, model.cursor)).toBe("main");
  });
});
