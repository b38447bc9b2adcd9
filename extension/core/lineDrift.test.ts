import { expect, test } from "vitest";
import { LineDrift, type TextChange } from "./lineDrift";

const TEXT = ["a0", "  b1", "  c2", "d3", "e4"];

/** Applies changes to a text as an editor would. */
function applyTo(lines: readonly string[], changes: readonly TextChange[]): string[] {
  let text = [...lines];
  const upwards = [...changes].sort((a, b) => b.startLine - a.startLine);
  for (const { startLine, startCharacter, endLine, endCharacter, text: inserted } of upwards) {
    const head = text[startLine]!.slice(0, startCharacter);
    const tail = text[endLine]!.slice(endCharacter);
    const replaced = `${head}${inserted}${tail}`.split("\n");
    text = [...text.slice(0, startLine), ...replaced, ...text.slice(endLine + 1)];
  }
  return text;
}

function change(
  [startLine, startCharacter]: readonly [number, number],
  [endLine, endCharacter]: readonly [number, number],
  text: string,
): TextChange {
  return { startLine, startCharacter, endLine, endCharacter, text };
}

/** "0 1 ~2 -": line 2 approximate, line 3 gone. */
function show(drift: LineDrift, count: number): string {
  return Array.from({ length: count }, (_, ran) => {
    const current = drift.currentLine(ran);
    if (current === null) return "-";
    expect(drift.ranLine(current.line)).toBe(ran);
    return `${current.isApproximate ? "~" : ""}${current.line}`;
  }).join(" ");
}

test.each([
  ["typing in a line", [change([1, 4], [1, 4], "x")], "0 ~1 2 3 4"],
  ["Enter at a line's end", [change([1, 4], [1, 4], "\n  ")], "0 1 3 4 5"],
  ["Enter at column 0", [change([1, 0], [1, 0], "\n")], "0 2 3 4 5"],
  ["Enter at the indentation", [change([1, 2], [1, 2], "\n  ")], "0 2 3 4 5"],
  ["pasting two lines above", [change([2, 0], [2, 0], "x\ny\n")], "0 1 4 5 6"],
  ["replacing a line by two", [change([2, 0], [2, 4], "x\ny")], "0 1 ~3 4 5"],
  ["deleting a line", [change([2, 0], [3, 0], "")], "0 1 - 2 3"],
  ["deleting a line from the end of the one above", [change([1, 4], [2, 4], "")], "0 ~1 - 2 3"],
  ["joining with the next line", [change([2, 4], [3, 0], "")], "0 1 ~2 - 3"],
  ["replacing lines by one", [change([1, 0], [3, 2], "new")], "0 - - - 2"],
  ["replacing lines by others", [change([1, 0], [3, 0], "x\ny\nz\n")], "0 - - 4 5"],
  ["deleting everything", [change([0, 0], [4, 2], "")], "- - - - -"],
  ["an insertion at the very end", [change([4, 2], [4, 2], "\nz")], "0 1 2 3 4"],
  [
    "two cursors at once, in the editor's order",
    [change([3, 0], [3, 0], "y\n"), change([1, 2], [1, 2], "x\n  ")],
    "0 2 3 5 6",
  ],
  [
    "two cursors at once, in the other order",
    [change([1, 2], [1, 2], "x\n  "), change([3, 0], [3, 0], "y\n")],
    "0 2 3 5 6",
  ],
])("%s", (_, changes, expected) => {
  const after = applyTo(TEXT, changes);
  const drift = LineDrift.unchanged(TEXT.length);
  drift.edit(changes, (line) => after[line] ?? "");
  expect(show(drift, TEXT.length)).toBe(expected);
  // A line that is said to be exact must still have its text.
  TEXT.forEach((text, ran) => {
    const current = drift.currentLine(ran);
    if (current !== null && !current.isApproximate) expect(after[current.line]).toBe(text);
  });
});

test("edits follow one another", () => {
  const drift = LineDrift.unchanged(4);
  const lineTextAfter = () => "";
  drift.edit([change([0, 0], [0, 0], "\n")], lineTextAfter);
  drift.edit([change([2, 0], [3, 0], "")], lineTextAfter);
  expect(show(drift, 4)).toBe("1 - 2 3");
  expect(drift.currentLine(99)).toBeNull();
  expect(drift.ranLine(0)).toBeNull();
});

test("a file that differs keeps heat on the lines it shares, all approximate", () => {
  const drift = LineDrift.fromTexts(TEXT.join("\n"), "new\na0\n  b1 changed\n  c2\nd3");
  expect(show(drift, TEXT.length)).toBe("~1 - ~3 ~4 -");
  expect(drift.isApproximate).toBe(true);
});

test("a file with the same lines is exact, whatever its line ends", () => {
  const drift = LineDrift.fromTexts(TEXT.join("\r\n"), TEXT.join("\n"));
  expect(show(drift, TEXT.length)).toBe("0 1 2 3 4");
  expect(drift.isApproximate).toBe(false);
});
