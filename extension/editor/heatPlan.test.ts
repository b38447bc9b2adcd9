import { describe, expect, test } from "vitest";
import { HEAT_BUCKETS } from "../core/heatScale";
import { heatText, planHeat, type HeatOptions } from "./heatPlan";

const options: HeatOptions = { minimumShare: 0.01, metric: "self", scale: "global" };
const line = (number: number, self: number, total: number) => ({ line: number, self, total });

test.for<[string, number, number, string]>([
  ["a loop", 500, 500, "50% self"],
  ["a caller", 0, 400, "40% total"],
  ["both", 43, 400, "4.3% self · 40% total"],
])("%s", ([, self, total, text]) => {
  expect(heatText(line(1, self, total), 1000)).toBe(text);
});

describe("planHeat", () => {
  test("without samples nothing is marked", () => {
    expect(planHeat([line(1, 0, 0)], 0, options)).toEqual([]);
  });

  test("lines below the minimum stay bare", () => {
    const marked = planHeat([line(1, 9, 9), line(2, 10, 10)], 1000, options);
    expect(marked.map((m) => m.line)).toEqual([2]);
  });

  test("a caller is marked but stays cool; by total it glows", () => {
    const lines = [line(1, 0, 1000), line(2, 900, 900)];
    expect(planHeat(lines, 1000, options).map((m) => m.level)).toEqual([0, HEAT_BUCKETS - 1]);
    const byTotal = planHeat(lines, 1000, { ...options, metric: "total" });
    expect(byTotal[0]?.level).toBe(HEAT_BUCKETS - 1);
  });

  test("the file scale makes a lukewarm file's hottest line the hottest colour", () => {
    const lines = [line(1, 20, 20), line(2, 40, 40)];
    const [, global] = planHeat(lines, 1000, options);
    const [, local] = planHeat(lines, 1000, { ...options, scale: "file" });
    expect(local?.level).toBe(HEAT_BUCKETS - 1);
    expect(global?.level).toBeLessThan(HEAT_BUCKETS - 1);
  });

  test("levels never fall when a line gets hotter", () => {
    let previous = 0;
    for (let self = 10; self <= 1000; self += 10) {
      const level = planHeat([line(1, self, self)], 1000, options)[0]?.level ?? -1;
      expect(level).toBeGreaterThanOrEqual(previous);
      previous = level;
    }
    expect(previous).toBe(HEAT_BUCKETS - 1);
  });
});
