import { describe, expect, test } from "vitest";
import { Alignment, type Place } from "./alignment";

const ran = "def f():\n    a = 1\n    b = 2\n    return a + b\n";

/** Applies one replacement as an editor would report it. */
class Buffer {
  constructor(
    public text: string,
    readonly alignment: Alignment,
  ) {}

  replace(line: number, from: number, to: number, text: string, endLine = line): this {
    const lines = this.text.split("\n");
    const head = lines[line]!.slice(0, from);
    const tail = lines[endLine]!.slice(to);
    const middle = (head + text + tail).split("\n");
    this.text = [...lines.slice(0, line), ...middle, ...lines.slice(endLine + 1)].join("\n");
    const change = { startLine: line, startCharacter: from, endLine, endCharacter: to, text };
    this.alignment.edit([change], (at) => this.text.split("\n")[at] ?? "");
    return this;
  }

  rest(): this {
    this.alignment.settle(this.text);
    return this;
  }
}

const exact = (text = ran) => new Buffer(text, new Alignment("exact", ran, text));
const at = (line: number): Place => ({ line, isExact: true });
const near = (line: number): Place => ({ line, isExact: false });

describe("a file that is what ran", () => {
  test("is exact at first", () => {
    expect(exact().alignment.place(2)).toEqual(at(2));
  });

  test("lines move with edits above, and stay exact, while typing and after", () => {
    const buffer = exact().replace(0, 0, 0, "import os\n");
    expect(buffer.alignment.place(2)).toEqual(at(3));
    expect(buffer.rest().alignment.place(2)).toEqual(at(3));
  });

  test("a line being changed keeps its heat, as approximate", () => {
    const buffer = exact().replace(2, 8, 9, "20");
    expect(buffer.alignment.place(2)).toEqual(near(2));
    expect(buffer.alignment.place(3)).toEqual(at(3));
    expect(buffer.rest().alignment.place(2)).toEqual(near(2));
    expect(buffer.alignment.place(3)).toEqual(at(3));
  });

  test("typed back, it is exact again", () => {
    const buffer = exact().replace(2, 8, 9, "20").replace(2, 8, 10, "2").rest();
    expect(buffer.text).toBe(ran);
    expect(buffer.alignment.place(2)).toEqual(at(2));
  });

  test("typed back, it stays exact while text is typed above it", () => {
    const buffer = exact().replace(2, 8, 9, "20").replace(2, 8, 10, "2").rest();
    buffer.replace(0, 0, 0, "# one\n");
    expect(buffer.alignment.place(2)).toEqual(at(3));
    expect(buffer.rest().alignment.place(2)).toEqual(at(3));
  });

  test("a deleted line has no place until an undo brings it back", () => {
    const buffer = exact().replace(2, 0, 0, "", 3);
    expect(buffer.alignment.place(2)).toBeNull();
    expect(buffer.alignment.place(3)).toEqual(at(2));
    buffer.replace(2, 0, 0, "    b = 2\n").rest();
    expect(buffer.alignment.place(2)).toEqual(at(2));
    expect(buffer.alignment.place(3)).toEqual(at(3));
  });

  test("line ends and a byte order mark are no difference", () => {
    const windows = `\uFEFF${ran.replaceAll("\n", "\r\n")}`;
    expect(new Alignment("exact", windows, ran).place(3)).toEqual(at(3));
    expect(new Alignment("exact", ran, windows).place(3)).toEqual(at(3));
  });
});

describe("a file that is not what ran", () => {
  test("lines found by text are shown there, as approximate; the others nowhere", () => {
    const text = ran.replace("def f():", "import os\ndef f(x):");
    const alignment = new Alignment("differs", ran, text);
    expect(alignment.place(0)).toBeNull();
    expect(alignment.place(2)).toEqual(near(3));
  });

  test("without the text that ran, numbers are kept and never called exact", () => {
    for (const fidelity of ["differs", "unknown"] as const) {
      expect(new Alignment(fidelity, undefined, ran).place(2)).toEqual(near(2));
    }
  });
});
