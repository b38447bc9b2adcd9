import { expect, test } from "vitest";
import {
  formatConfidence,
  formatCount,
  formatDurationNs,
  formatPercent,
  formatPercentShort,
  formatPlural,
  formatShare,
  samplesToNs,
  shareInterval,
} from "./format";

test.each([
  [0, "0%", "0%"],
  [Number.NaN, "0%", "0%"],
  [0.0000001, "<0.1%", "<0.1%"],
  [0.001, "0.1%", "0.1%"],
  [0.0994, "9.9%", "9.9%"],
  [0.0996, "10.0%", "10%"],
  [0.4312, "43.1%", "43%"],
  [0.9994, ">99.9%", ">99.9%"],
  [0.997, "99.7%", "99.7%"],
  [1, "100%", "100%"],
  [12.77, "100%", "100%"],
])("share %d is %s, short %s", (share, long, short) => {
  expect(formatPercent(share)).toBe(long);
  expect(formatPercentShort(share)).toBe(short);
});

test.each([
  [0, "0"],
  [999, "999"],
  [1000, "1,000"],
  [1234567, "1,234,567"],
])("count %d is %s", (count, text) => expect(formatCount(count)).toBe(text));

test("plurals", () => {
  expect(formatPlural(1, "sample")).toBe("1 sample");
  expect(formatPlural(2000, "match", "matches")).toBe("2,000 matches");
});

test.each([
  [870, "870 ns"],
  [1_200, "1.20 µs"],
  [12_345_678, "12.3 ms"],
  [999_700_000, "1000 ms"],
  [3_400_000_000, "3.40 s"],
  [59_990_000_000, "60.0 s"],
  [725_000_000_000, "12 min 5 s"],
  [7_500_000_000_000, "2 h 5 min"],
])("%d ns is %s", (ns, text) => expect(formatDurationNs(ns)).toBe(text));

test("samples stand for time", () => {
  expect(formatDurationNs(samplesToNs(99, 99))).toBe("1.00 s");
  expect(samplesToNs(5, 0)).toBe(0);
});

// Wilson's interval as tabulated for 95 %, to three places.
test.each([
  [0, 10, 0, 0.278],
  [10, 10, 0.722, 1],
  [5, 10, 0.237, 0.763],
  [50, 100, 0.404, 0.596],
  [0, 0, 0, 1],
])("%i of %i lies in [%d, %d]", (count, samples, low, high) => {
  const interval = shareInterval(count, samples);
  expect(interval.low).toBeCloseTo(low, 3);
  expect(interval.high).toBeCloseTo(high, 3);
});

test("a hover says the share, how sure it is, and of how many", () => {
  expect(formatShare(5172, 12000)).toBe("43.1% ±0.9 (5,172 of 12,000 samples)");
  expect(formatConfidence(1, 10_000_000)).toBe("±<0.1");
  expect(formatConfidence(1, 2)).toBe("±41");
});
