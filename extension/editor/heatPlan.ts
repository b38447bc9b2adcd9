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
  const hottest = hottestOf(lines, samples, metric, options);
  const marked: MarkedLine[] = [];
  for (const line of lines) {
    if (line.total / samples < minimumShare) continue;
    const level = Math.max(0, heatBucket(line[metric] / samples, hottest));
    marked.push({ line: line.line, level, text: heatText(line, samples) });
  }
  return marked;
}

/** The share that the hottest colour stands for, by one of the two figures. */
export function hottestOf(
  lines: readonly LineHeat[],
  samples: number,
  metric: HeatOptions["metric"],
  { scale }: Pick<HeatOptions, "scale">,
): number {
  const shares = lines.map((line) => line[metric] / samples);
  return hottestShare(scale === "file" ? "local" : "global", shares);
}

/** "12.3% self · 40% total", or one figure when the other adds nothing. */
export function heatText(heat: LineHeat, samples: number): string {
  const self = formatPercentShort(heat.self / samples);
  const total = formatPercentShort(heat.total / samples);
  if (heat.self === 0) return `${total} total`;
  return heat.self === heat.total ? `${self} self` : `${self} self · ${total} total`;
}
