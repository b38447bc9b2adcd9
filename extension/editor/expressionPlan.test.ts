import { describe, expect, test } from "vitest";
import type { ExpressionHeat } from "../core/expressionHeat";
import {
  expressionText,
  isWholeLine,
  placeExpression,
  placeExpressions,
  planUnderlines,
  type Page,
} from "./expressionPlan";

/** A document whose lines are where they ran, but for those that are gone (null). */
function pageOf(
  lines: readonly string[],
  moved: Readonly<Record<number, number | null>> = {},
): Page {
  return {
    exactLine: (ran) => (ran in moved ? (moved[ran] ?? null) : ran < lines.length ? ran : null),
    textOf: (line) => lines[line] ?? "",
  };
}

const bytes = (text: string) => Buffer.byteLength(text, "utf8");

/** Heat of a part of the first line, found by its text, in UTF-8 columns as CPython gives them. */
function heatOf(text: string, part: string, total: number, self = total): ExpressionHeat {
  const at = text.indexOf(part);
  if (at < 0) throw new Error(`no ${part}`);
  const column = bytes(text.slice(0, at));
  return { line: 1, endLine: 1, column, endColumn: column + bytes(part), self, total };
}

const LINE = "    s += chr(x % 64)";

function underlined(text: string, heats: readonly ExpressionHeat[], leastSamples = 1): string[] {
  const page = pageOf([text]);
  const line = { total: 100, expressions: placeExpressions(heats, page) };
  return planUnderlines([line], page, leastSamples).map(
    ({ start, end, step }) => `${text.slice(start, end)} ${step}`,
  );
}

describe("placing", () => {
  test.each([
    ["plain", "x = f(a) + g(b)", "g(b)"],
    ["after characters of two, three and four bytes", 'é = "→𝄞"; total += max(x)', "max(x)"],
    ["of such characters", "x = größe(ä) * 2", "größe(ä)"],
    ["after tabs, a byte each", "\t\tx = f(a)", "f(a)"],
  ])("%s", (_name, text, part) => {
    const page = pageOf([text]);
    const placed = placeExpression(heatOf(text, part, 1), page);
    expect(placed && expressionText(placed, page)).toBe(part);
  });

  test("a span of lines has a piece for each, also when lines came between", () => {
    const lines = ["total = min(", "# typed just now", "    SPREAD,", "", "    )"];
    const heat = { line: 1, column: 8, endLine: 4, endColumn: 5, self: 1, total: 1 };
    const page = pageOf(lines, { 1: 2, 2: 3, 3: 4 });
    const placed = placeExpression(heat, page);
    expect(placed?.pieces).toEqual([
      { line: 0, start: 8, end: 12 },
      { line: 2, start: 4, end: 11 },
      { line: 4, start: 4, end: 5 },
    ]);
    expect(placed && expressionText(placed, page)).toBe("min( SPREAD, )");
  });

  test.each([
    ["a line of it was changed", pageOf([LINE], { 0: null }), {}],
    ["a line of it is gone", pageOf([LINE]), { endLine: 2 }],
    ["it ends behind the line", pageOf([LINE]), { endColumn: 99 }],
    ["it begins within a character", pageOf(["é = f(x)"]), { column: 1 }],
  ])("not when %s", (_name, page, change) => {
    const heat = { line: 1, column: 9, endLine: 1, endColumn: 20, self: 1, total: 1, ...change };
    expect(placeExpression(heat, page)).toBeNull();
  });
});

describe("underlines", () => {
  test("the innermost expression wins, and the rest of the outer one is its operator", () => {
    const heats = [
      heatOf(LINE, "s += chr(x % 64)", 60),
      heatOf(LINE, "chr(x % 64)", 30),
      heatOf(LINE, "x % 64", 10),
    ];
    expect(underlined(LINE, heats)).toEqual(["s += 2", "chr( 1", "x % 64 0", ") 1"]);
  });

  test("too little of the line, or of all samples, has none", () => {
    const heats = [heatOf(LINE, "chr(x % 64)", 30), heatOf(LINE, "x % 64", 9)];
    expect(underlined(LINE, heats)).toEqual(["chr(x % 64) 1"]);
    expect(underlined(LINE, heats, 31)).toEqual([]);
  });

  test("a line that is one expression has nothing to tell apart", () => {
    expect(underlined(LINE, [heatOf(LINE, "s += chr(x % 64)", 90)])).toEqual([]);
    const commented = `${LINE}  # why`;
    expect(underlined(commented, [heatOf(commented, "s += chr(x % 64)", 90)])).toEqual([]);
    expect(underlined(LINE, [heatOf(LINE, "chr(x % 64)", 90)])).toEqual(["chr(x % 64) 2"]);
  });

  test.each([
    [9, undefined],
    [10, 0],
    [25, 1],
    [49, 1],
    [50, 2],
    [100, 2],
  ])("of %d per cent has step %s", (total, step) => {
    const [found] = underlined(LINE, [heatOf(LINE, "x % 64", total)]);
    expect(found).toBe(step === undefined ? undefined : `x % 64 ${step}`);
  });

  test("two lines that span the same one keep it apart", () => {
    const lines = ["x = f(", "  g(x),", ")"];
    const page = pageOf(lines);
    const outer = { line: 1, column: 4, endLine: 3, endColumn: 1, self: 9, total: 50 };
    const inner = { line: 2, column: 2, endLine: 2, endColumn: 6, self: 9, total: 20 };
    const placed = [outer, inner].map((heat) => ({
      total: 100,
      expressions: placeExpressions([heat], page),
    }));
    const found = planUnderlines(placed, page, 1);
    expect(found.map((u) => [u.line, u.start, u.end, u.step])).toEqual([
      [0, 4, 6, 2],
      [1, 2, 6, 0],
      [1, 6, 7, 2],
      [2, 0, 1, 2],
    ]);
  });

  test("nothing far out in a line without end", () => {
    const endless = `x = [${"1, ".repeat(9000)}] + f(y)`;
    expect(underlined(endless, [heatOf(endless, "f(y)", 50)])).toEqual([]);
  });
});

test("a long expression is shortened in its middle", () => {
  const text = `x = some_function(${"argument, ".repeat(9)}last)`;
  const page = pageOf([text]);
  const [placed] = placeExpressions([heatOf(text, text.slice(4), 1)], page);
  const shown = placed === undefined ? "" : expressionText(placed, page);
  expect(shown).toHaveLength(40);
  expect(shown).toMatch(/^some_function\(argument, .*….*last\)$/);
  expect(placed && isWholeLine(placed, page)).toBe(false);
});
