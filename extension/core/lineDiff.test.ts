import { expect, test } from "vitest";
import { matchLines } from "./lineDiff";

/** Matches two texts given as letters a line, checks that the match is one, and shows it. */
function match(before: string, after: string): string {
  const [a, b] = [before.split(""), after.split("")];
  const found = matchLines(a, b);
  let last = -1;
  found.forEach((line, i) => {
    if (line < 0) return;
    expect(b[line]).toBe(a[i]);
    expect(line).toBeGreaterThan(last);
    last = line;
  });
  return [...found].map((line) => (line < 0 ? "-" : String(line))).join(" ");
}

test.each([
  ["", "", ""],
  ["abc", "", "- - -"],
  ["", "abc", ""],
  ["abc", "abc", "0 1 2"],
  ["abc", "xabc", "1 2 3"],
  ["abc", "ac", "0 - 1"],
  ["abcd", "aXcd", "0 - 2 3"],
  // Every line is ambiguous: only the shortest edit script can tell.
  ["aabb", "abab", "0 - 1 3"],
  ["xxyyxx", "xxyxx", "0 1 2 - 3 4"],
  // A block that moved keeps one of its two halves.
  ["abcdef", "defabc", "- - - 0 1 2"],
])("%j to %j: %s", (before, after, expected) => {
  expect(match(before, after)).toBe(expected);
});

test("unique lines tie code to itself where common ones would mislead", () => {
  const before = ["def a():", "    pass", "", "def b():", "    pass", ""];
  const after = ["def new():", "    pass", "", ...before];
  expect([...matchLines(before, after)]).toEqual([3, 4, 5, 6, 7, 8]);
});

test("line ends do not matter", () => {
  expect([...matchLines(["a\r", "b\r"], ["a", "b"])]).toEqual([0, 1]);
});

/** Longest common subsequence, the plain way: what Myers must reach when nothing anchors. */
function longestCommon(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, () => 0);
  for (const x of a) {
    const next = [0];
    for (let j = 0; j < b.length; j++) {
      next.push(x === b[j] ? row[j]! + 1 : Math.max(row[j + 1]!, next[j]!));
    }
    row = next;
  }
  return row[b.length]!;
}

test("without unique lines as many match as can", () => {
  let seed = 1;
  const random = (below: number) => (seed = (seed * 48271) % 2147483647) % below;
  for (let round = 0; round < 300; round++) {
    // Each letter twice on each side and no equal ends, so that nothing is an anchor.
    const inner = () => Array.from({ length: random(12) }, () => "ab"[random(2)]).join("");
    const [before, after] = [`a${inner()}bb${inner()}a`, `b${inner()}aa${inner()}b`];
    const matched = match(before, after)
      .split(" ")
      .filter((line) => line !== "-").length;
    expect(`${before} ${after} ${matched}`).toBe(
      `${before} ${after} ${longestCommon(before, after)}`,
    );
  }
});

test("texts that differ beyond the limit match nothing but do return", () => {
  const common = ["x", "y"];
  const before = Array.from({ length: 4000 }, (_, i) => common[i % 2]!);
  const after = Array.from({ length: 4000 }, (_, i) => (i % 3 === 0 ? "z" : "w"));
  expect(matchLines(before, after).every((line) => line === -1)).toBe(true);
});
