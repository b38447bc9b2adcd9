import { describe, expect, test } from "vitest";
import {
  contradictions,
  matrixCells,
  matrixTable,
  parseLabel,
  parseTable,
} from "../scripts/lib/matrixTable";

const result = (label: string, sampler: string, title: string, status: string) => ({
  ancestorTitles: [label, sampler],
  title,
  status,
});

const report = (...assertionResults: readonly ReturnType<typeof result>[]) => ({
  testResults: [{ assertionResults }],
});

describe("the matrix's table", () => {
  test.each([
    ["3.13.5 (suite)", "3.13", undefined],
    ["2.7.18 (suite, chroot)", "2.7", "chroot"],
    ["3.13.15t (built)", "3.13t", undefined],
    [
      "3.15.0rc1 (suite, stripped plug-in, replaced while it runs)",
      "3.15",
      "stripped plug-in, replaced while it runs",
    ],
  ])("%s is read", (label, column, place) => {
    expect(parseLabel(label)).toEqual({ column, place });
  });

  test.each([
    [["passed", "passed"], "✓"],
    [["passed", "failed"], "✗"],
    [["passed", "skipped"], "bpf"],
    [["skipped", "passed"], "procmem"],
    [["skipped", "skipped"], "–"],
  ])("%j is %s", ([bpf = "", procmem = ""], cell) => {
    const cells = matrixCells(
      report(
        result("3.9.2 (suite)", "bpf", "calls", bpf),
        result("3.9.2 (suite)", "procmem", "calls", procmem),
      ),
    );
    expect(cells).toEqual({ calls: { "3.9": cell } });
  });

  test("what could not be tried has no cell", () => {
    const absent = { ancestorTitles: [], title: "3.14t was not built: …", status: "skipped" };
    expect(matrixCells({ testResults: [{ assertionResults: [absent] }] })).toEqual({});
  });

  test("one failure of many marks its version and its place", () => {
    const cells = matrixCells(
      report(
        result("3.9.2 (suite)", "bpf", "calls", "passed"),
        result("3.9.2 (suite, container)", "bpf", "calls", "failed"),
        result("3.10.1 (pyenv)", "bpf", "calls", "passed"),
      ),
    );
    expect(cells).toEqual({ calls: { "3.9": "✗", "3.10": "bpf" }, container: { "3.9": "✗" } });
    const table = matrixTable(cells);
    expect(table.split("\n")[0]).toBe("|  | 3.9 | 3.10 |");
    expect(parseTable(table)).toEqual(cells);
    expect(contradictions(parseTable(table), cells)).toEqual([]);
    expect(contradictions({ calls: { "3.9": "✓" } }, cells)).toEqual([
      "calls, 3.9: ✓ is now ✗",
      "calls, 3.10: nothing is now bpf",
      "container, 3.9: nothing is now ✗",
    ]);
  });
});
