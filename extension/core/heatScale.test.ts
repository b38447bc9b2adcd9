import { expect, test } from "vitest";
import { HEAT_BUCKETS, heatBucket, heatThresholds, hottestShare, LEAST_SHARE } from "./heatScale";

test.each([
  [0, -1],
  [Number.NaN, -1],
  [LEAST_SHARE * 0.999, -1],
  [LEAST_SHARE, 0],
  [0.3, 6],
  [1, HEAT_BUCKETS - 1],
  [1.2, HEAT_BUCKETS - 1],
])("share %d on the global scale is bucket %i", (share, bucket) => {
  expect(heatBucket(share)).toBe(bucket);
});

test("buckets begin at their thresholds, each the same ratio above the last", () => {
  const thresholds = heatThresholds();
  thresholds.forEach((threshold, bucket) => {
    expect(heatBucket(threshold * 1.0001)).toBe(bucket);
    if (bucket > 0) {
      expect(heatBucket(threshold * 0.9999)).toBe(bucket - 1);
      expect(threshold / thresholds[bucket - 1]!).toBeCloseTo(200 ** (1 / 8), 9);
    }
  });
});

test("the local scale gives its hottest line the hottest colour", () => {
  const hottest = hottestShare("local", [0.02, 0.08]);
  expect(heatBucket(0.08, hottest)).toBe(HEAT_BUCKETS - 1);
  expect(heatBucket(0.02, hottest)).toBeLessThan(HEAT_BUCKETS - 1);
  expect(heatBucket(0.02, hottest)).toBeGreaterThan(heatBucket(0.02));
  expect(heatBucket(LEAST_SHARE / 2, LEAST_SHARE / 2)).toBe(-1);
  expect(hottestShare("global", [0.1])).toBe(1);
  expect(heatBucket(0.5, hottestShare("local", []))).toBe(-1);
});
