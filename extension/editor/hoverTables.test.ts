import { describe, expect, test } from "vitest";
import type { NativeCost } from "../core/nativeBreakdown";
import { placeExpressions, type Page } from "./expressionPlan";
import { costTable, expressionTable } from "./hoverTables";

/** The rows as a reader sees them: tags gone, escapes undone, without the bars. */
function seen(markdown: string): string[] {
  return markdown
    .replaceAll(/<[^>]*>|&nbsp;/g, "")
    .replaceAll(/\\(?=[!-/:-@[-`{-~])/g, "")
    .split("\n")
    .filter((line) => /[^|\s:-]/.test(line))
    .map((line) => line.replaceAll(/[\s|]+/g, " ").trim());
}

const cost = (name: string, samples: number, more: Partial<NativeCost> = {}): NativeCost => ({
  kind: "native",
  name,
  module: "/usr/bin/python3.12",
  samples,
  callers: [],
  isEvaluator: false,
  ...more,
});

describe("costs of a line", () => {
  test("are shares of its self, with file, callers and kind in quiet text", () => {
    const costs = [
      cost("PyUnicode_Concat", 34),
      cost("_PyEval_EvalFrameDefault", 30, { isEvaluator: true }),
      cost("__memmove_avx", 20, { module: "/lib/libc.so.6", callers: ["a", "b", "c"] }),
      cost("asm_exc_page_fault", 10, { kind: "kernel", module: null, callers: ["PyUnicode_New"] }),
      cost("", 3, { kind: "python", module: null }),
      cost("b.so", 1, { module: "/lib/b.so", callers: ["blas_gemm"] }),
      cost("no unwind table", 2, { kind: "unread", module: null }),
    ];
    expect(seen(costTable(costs, 100))).toEqual([
      "In C, of the line's self",
      "34% PyUnicode_Concat python3.12",
      "30% _PyEval_EvalFrameDefault python3.12, runs the bytecode",
      "20% __memmove_avx libc.so.6, in a, b…",
      "10% kernel: asm_exc_page_fault in PyUnicode_New",
      "3.0% Python itself: no native frame below",
      "1.0% b.so code without symbols, in blas_gemm",
      "2.0% unreadable: no unwind table",
    ]);
  });

  test("beyond eight are summed up", () => {
    const costs = Array.from({ length: 11 }, (_, i) => cost(`f${i}`, 20 - i));
    const rows = seen(costTable(costs, 200));
    expect(rows).toHaveLength(1 + 8 + 1);
    expect(rows.at(-1)).toBe("… 3 more, 17%");
  });

  test("without native frames in the profile are the kernel's only", () => {
    const fault = cost("asm_exc_page_fault", 10, { kind: "kernel", module: null });
    expect(seen(costTable([fault], 100))[0]).toBe("In the kernel, of the line's self");
    expect(costTable([], 100)).toBe("");
  });
});

describe("expressions of a line", () => {
  const text = "    s += chr(x % 64)";
  const page: Page = { exactLine: (ran) => ran, textOf: () => text };
  const heatOf = (part: string, total: number, self = total) => {
    const column = text.indexOf(part);
    return { line: 1, column, endLine: 1, endColumn: column + part.length, self, total };
  };
  const rowsOf = (...heats: ReturnType<typeof heatOf>[]) =>
    seen(expressionTable(placeExpressions(heats, page), page, 200));

  test("are shares of its total; their own part is told where it differs", () => {
    expect(rowsOf(heatOf("chr(x % 64)", 100, 20), heatOf("x % 64", 40))).toEqual([
      "Expressions, of the line's total",
      "50% chr(x % 64) 10% itself",
      "20% x % 64",
    ]);
  });

  test("that are the whole line alone tell nothing", () => {
    expect(rowsOf(heatOf("s += chr(x % 64)", 200))).toEqual([]);
    expect(rowsOf()).toEqual([]);
  });

  test("that are next to nothing are summed up", () => {
    const rows = rowsOf(heatOf("chr(x % 64)", 150), heatOf("x % 64", 1), heatOf("64", 1));
    expect(rows.slice(1)).toEqual(["75% chr(x % 64)", "… 2 more, 1.0%"]);
  });
});
