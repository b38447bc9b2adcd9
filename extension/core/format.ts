/**
 * A share as a percentage: three figures at most, never more than 100, and never
 * "0" or "100" for what is not: one sample in a million is "<0.1%".
 */
export function formatPercent(share: number): string {
  if (!(share > 0)) return "0%";
  if (share >= 1) return "100%";
  const percent = share * 100;
  if (percent < 0.1) return "<0.1%";
  if (percent > 99.9) return ">99.9%";
  return `${percent.toFixed(1)}%`;
}

/** A percentage for tight places, such as a line's end: "43%", "4.2%", "<0.1%". */
export function formatPercentShort(share: number): string {
  if (!(share >= 0.0995 && share <= 0.995)) return formatPercent(share);
  return `${(share * 100).toFixed(0)}%`;
}

/** A count with thousands separated: "1,234,567". The same on every machine. */
export function formatCount(count: number): string {
  return Math.round(count)
    .toString()
    .replace(/\B(?=(\d{3})+$)/g, ",");
}

/** "1 sample", "1,234 samples". */
export function formatPlural(count: number, noun: string, plural = `${noun}s`): string {
  return `${formatCount(count)} ${count === 1 ? noun : plural}`;
}

/** A duration in the largest unit that gives at least one: "870 ns", "1.2 ms", "3.40 s", "12 min 5 s". */
export function formatDurationNs(durationNs: number): string {
  if (durationNs < 1e3) return `${Math.round(durationNs)} ns`;
  if (durationNs < 1e6) return `${threeFigures(durationNs / 1e3)} µs`;
  if (durationNs < 1e9) return `${threeFigures(durationNs / 1e6)} ms`;
  if (durationNs < 60e9) return `${threeFigures(durationNs / 1e9)} s`;
  const seconds = Math.round(durationNs / 1e9);
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
}

/** CPU time that a number of samples stands for: each is one period of the sampling clock. */
export function samplesToNs(samples: number, frequencyHz: number): number {
  return frequencyHz > 0 ? (samples * 1e9) / frequencyHz : 0;
}

/** An interval of shares, 0 to 1. */
export interface ShareInterval {
  readonly low: number;
  readonly high: number;
}

/**
 * Where the true share lies with 95 % confidence when `count` of `samples`
 * independent samples showed it: Wilson's score interval, which, unlike the
 * normal one, stays within 0 and 1 and is honest about few samples (0 of 10 may
 * still be 28 %). E. B. Wilson, J. Am. Stat. Assoc. 22 (1927), 209-212.
 */
export function shareInterval(count: number, samples: number): ShareInterval {
  if (!(samples > 0)) return { low: 0, high: 1 };
  const z = 1.959964; // two-sided 95 % of the normal distribution
  const share = Math.min(Math.max(count / samples, 0), 1);
  const scale = 1 / (1 + (z * z) / samples);
  const centre = scale * (share + (z * z) / (2 * samples));
  const half =
    scale * z * Math.sqrt((share * (1 - share)) / samples + (z * z) / (4 * samples * samples));
  return { low: Math.max(0, centre - half), high: Math.min(1, centre + half) };
}

/** Half of `shareInterval`'s width as percentage points: "±0.4". */
export function formatConfidence(count: number, samples: number): string {
  const { low, high } = shareInterval(count, samples);
  const points = ((high - low) / 2) * 100;
  if (points < 0.1) return "±<0.1";
  return `±${points < 10 ? points.toFixed(1) : points.toFixed(0)}`;
}

/** The sentence of a hover: "43.1% ±0.9 (5,172 of 12,000 samples)". */
export function formatShare(count: number, samples: number): string {
  const share = samples > 0 ? count / samples : 0;
  const of = `${formatCount(count)} of ${formatPlural(samples, "sample")}`;
  return `${formatPercent(share)} ${formatConfidence(count, samples)} (${of})`;
}

function threeFigures(value: number): string {
  if (value < 9.995) return value.toFixed(2);
  return value < 99.95 ? value.toFixed(1) : value.toFixed(0);
}
