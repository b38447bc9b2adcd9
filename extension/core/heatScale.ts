/** Colour steps of the scale, coolest first. Decorations are one type a bucket. */
export const HEAT_BUCKETS = 8;

/** Below half a per cent of the samples a line stays unmarked: with 200 samples that is one. */
export const LEAST_SHARE = 0.005;

/** What the hottest colour stands for: every sample, or the hottest line of this file. */
export type ScaleMode = "global" | "local";

/**
 * Bucket of a share of the samples, 0 (coolest) to `buckets` - 1, or -1 when it
 * is too little to mark. Thresholds grow by a constant ratio, because a step is
 * seen by its ratio (Weber and Fechner): with 8 buckets from 0.5 % to 100 % each
 * step is 1.94 times the one before, and the hottest begins at 52 %.
 *
 * `hottestShare` is the greatest share in the file for the local scale, 1 for
 * the global one. `LEAST_SHARE` applies to the share itself on both, so a cold
 * file does not glow.
 */
export function heatBucket(share: number, hottestShare = 1, buckets = HEAT_BUCKETS): number {
  if (!(share >= LEAST_SHARE) || !(hottestShare > 0)) return -1;
  const relative = Math.min(share / hottestShare, 1);
  if (relative < LEAST_SHARE) return 0;
  const position = Math.log(relative / LEAST_SHARE) / Math.log(1 / LEAST_SHARE);
  return Math.min(buckets - 1, Math.floor(position * buckets));
}

/** Least share of each bucket on the global scale, for a legend. */
export function heatThresholds(buckets = HEAT_BUCKETS): number[] {
  return Array.from(
    { length: buckets },
    (_, k) => LEAST_SHARE * (1 / LEAST_SHARE) ** (k / buckets),
  );
}

/** What to give `heatBucket` as `hottestShare`. */
export function hottestShare(mode: ScaleMode, shares: Iterable<number>): number {
  if (mode === "global") return 1;
  let hottest = 0;
  for (const share of shares) hottest = Math.max(hottest, share);
  return hottest;
}
