import { expect, test } from "vitest";
import { ProfileTextBuilder, profileFromDeltas } from "../../test/support/profileText";
import { expressionsOfLine } from "./expressionHeat";
import { computeHeat } from "./lineHeat";
import { StackIndex } from "./stackIndex";

/** Expressions of a line as "column-endLine:endColumn self/total". */
function expressionsOf(text: string, line = 10, sources: readonly number[] = [0]): string[] {
  const index = new StackIndex(profileFromDeltas([new ProfileTextBuilder().delta(text)]));
  return expressionsOfLine(index, computeHeat(index), sources, line).map(
    ({ column, endLine, endColumn, self, total }) =>
      `${column}-${endLine}:${endColumn} ${self}/${total}`,
  );
}

test("samples on a line are told apart by the columns that were executing", () => {
  const text = `
    x3                    x2                    x4                     x1
    main[app.py:10:8-14]  main[app.py:10:4-20]  main[app.py:10:15-20]  main[app.py:11:0-3]
    memmove[n:libc]                             work[app.py:20:0-5]
  `;
  expect(expressionsOf(text)).toEqual(["15-10:20 0/4", "8-10:14 3/3", "4-10:20 2/2"]);
});

test("recursion through one expression counts once a stack, through two each once", () => {
  const text = `
    x3                   x2
    fib[app.py:10:0-6]   fib[app.py:10:0-6]
    fib[app.py:10:0-6]   fib[app.py:10:9-15]
    fib[app.py:10:0-6]   fib[app.py:10:9-15]
  `;
  expect(expressionsOf(text)).toEqual(["0-10:6 3/5", "9-10:15 2/2"]);
});

test("spans of lines end where they end; what has no columns is left out", () => {
  const text = `
    x1                      x2               x4                   x8
    main[app.py:10:4-12:5]  main[app.py:10]  main[app.py:10:7-7]  main[app.py:10:9-12:1]
  `;
  expect(expressionsOf(text)).toEqual(["9-12:1 8/8", "4-12:5 1/1"]);
});

test("one file in two containers is one file", () => {
  const text = `
    x1                      x2
    main[/a/app.py:10:0-4]  main[/b/app.py:10:0-4]
  `;
  expect(expressionsOf(text, 10, [0, 1])).toEqual(["0-10:4 3/3"]);
  expect(expressionsOf(text, 10, [1])).toEqual(["0-10:4 2/2"]);
  expect(expressionsOf(text, 99, [0, 1])).toEqual([]);
});

test("a line's expressions add up to its total", () => {
  const text = `
    x5                   x2                    x3
    main[app.py:10:0-4]  main[app.py:10:8-14]  main[app.py:10:0-14]
  `;
  const index = new StackIndex(profileFromDeltas([new ProfileTextBuilder().delta(text)]));
  const heat = computeHeat(index);
  const sum = expressionsOfLine(index, heat, [0], 10).reduce((total, e) => total + e.total, 0);
  expect(sum).toBe(heat.lineTotal[index.lineAt(0, 10)]);
});
