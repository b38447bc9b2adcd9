/** Which lines of a file to mark, how hot and with which words: pure, no editor. */
import { formatPercentShort } from "../core/format";
import { heatBucket, hottestShare } from "../core/heatScale";
import type { LineHeat } from "../core/lineHeat";

export interface HeatOptions {
  /** Least share of all samples to mark a line, 0 to 1. */
  readonly minimumShare: number;
  readonly metric: "self" | "total";
  readonly scale: "global" | "file";
}

export interface MarkedLine {
  /** From 1, in the file that ran. */
  readonly line: number;
  /** Colour step, 0 (coolest) to HEAT_BUCKETS - 1. */
  readonly level: number;
  readonly text: string;
  /** Samples with the line on the stack. */
  readonly total: number;
}

/**
 * The lines worth a mark. The tint follows one figure, the text shows both. A
 * line that is marked only because of what it calls (self below the minimum,
 * total above) keeps the coolest step, so call chains do not glow like loops.
 */
export function planHeat(
  lines: readonly LineHeat[],
  samples: number,
  options: HeatOptions,
): MarkedLine[] {
  if (samples === 0) return [];
  const { metric, minimumShare } = options;
  const hottest = hottestShare(
    options.scale === "file" ? "local" : "global",
    lines.map((line) => line[metric] / samples),
  );
  const marked: MarkedLine[] = [];
  for (const line of lines) {
    if (line.total / samples < minimumShare) continue;
    const level = Math.max(0, heatBucket(line[metric] / samples, hottest));
    marked.push({ line: line.line, level, text: heatText(line, samples), total: line.total });
  }
  return marked;
}

/** "12.3% self · 40% total", or one figure when the other adds nothing. */
export function heatText(heat: LineHeat, samples: number): string {
  const self = formatPercentShort(heat.self / samples);
  const total = formatPercentShort(heat.total / samples);
  if (heat.self === 0) return `${total} total`;
  return heat.self === heat.total ? `${self} self` : `${self} self · ${total} total`;
}
