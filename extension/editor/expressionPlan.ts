/** Where the expressions of hot lines are in a document, and which to underline: pure, no editor. */
import type { ExpressionHeat } from "../core/expressionHeat";
import { utf16Column } from "../core/utf8Column";

/** A stretch of one line of the document, counted from 0; columns are UTF-16 code units. */
export interface Piece {
  readonly line: number;
  readonly start: number;
  readonly end: number;
}

/** An expression where it is now, a piece for each of its lines. */
export interface PlacedExpression {
  readonly heat: ExpressionHeat;
  readonly pieces: readonly Piece[];
}

/** The document that is drawn on. */
export interface Page {
  /** Where a line that ran, counted from 0, is now; null when it is gone or not exactly what ran. */
  readonly exactLine: (ranLine: number) => number | null;
  readonly textOf: (line: number) => string;
}

/** Underlines reach no further than this into a line, in UTF-16 code units: nobody reads on. */
const COLUMNS_MAX = 2_000;

/**
 * Least share of its line's total for each step of the underline, 0 to 1: a tenth,
 * a quarter, half. Each step has its decoration type. They compare within the line,
 * because how hot the line is its tint says already.
 */
export const UNDERLINE_SHARES = [0.1, 0.25, 0.5] as const;

/**
 * An expression on the page; null when one of its lines was changed or the columns
 * do not fit the text, which then is not what ran.
 */
export function placeExpression(heat: ExpressionHeat, page: Page): PlacedExpression | null {
  const pieces: Piece[] = [];
  for (let ran = heat.line; ran <= heat.endLine; ran++) {
    const line = page.exactLine(ran - 1);
    if (line === null) return null;
    const text = page.textOf(line);
    const start = ran === heat.line ? utf16Column(text, heat.column) : text.search(/\S/);
    const end = ran === heat.endLine ? utf16Column(text, heat.endColumn) : text.trimEnd().length;
    if (start === null || end === null) return null;
    // A line without text between two others has nothing to mark.
    if (start >= 0 && start < end) pieces.push({ line, start, end });
  }
  return pieces.length === 0 ? null : { heat, pieces };
}

/** The expressions of one line, those that could be placed. */
export function placeExpressions(
  heats: readonly ExpressionHeat[],
  page: Page,
): readonly PlacedExpression[] {
  return heats.flatMap((heat) => placeExpression(heat, page) ?? []);
}

/** An underline; `step` is an index of UNDERLINE_SHARES. */
export interface Underline extends Piece {
  readonly step: number;
}

/** A hot line with what of it could be placed. */
export interface PlacedLine {
  /** Samples with the line on the stack: what its expressions' shares are of. */
  readonly total: number;
  readonly expressions: readonly PlacedExpression[];
}

/**
 * The underlines of hot lines, without overlap: where expressions nest, each
 * character shows the innermost one, so what is left of the outer one is its own
 * operator. An expression needs as many samples as a line needs for a mark,
 * `leastSamples`, and a share of its line. A line that has nothing to tell apart has
 * none: one expression that is all of its code.
 */
export function planUnderlines(
  lines: readonly PlacedLine[],
  page: Page,
  leastSamples: number,
): Underline[] {
  const hot = lines.flatMap(({ total, expressions }) => {
    const found = expressions.flatMap((expression) => {
      const step = stepOfShare(expression.heat.total / total);
      return step < 0 || expression.heat.total < leastSamples ? [] : { ...expression, step };
    });
    const [only] = found;
    return found.length === 1 && only !== undefined && isWholeLine(only, page) ? [] : found;
  });
  // The outer before the inner, which paints over it.
  hot.sort((a, b) => lengthOf(b) - lengthOf(a));
  /** line -> for each column the expression that shows there, -1 for none */
  const painted = new Map<number, Int16Array>();
  for (const [expression, { pieces }] of hot.entries()) {
    for (const { line, start, end } of pieces) {
      let cells = painted.get(line);
      if (cells === undefined) {
        cells = new Int16Array(Math.min(page.textOf(line).length, COLUMNS_MAX)).fill(-1);
        painted.set(line, cells);
      }
      cells.fill(expression, start, end);
    }
  }
  return [...painted].flatMap(([line, cells]) =>
    runsOf(line, cells, page.textOf(line)).map(({ expression, ...piece }) => ({
      ...piece,
      step: hot[expression]?.step ?? 0,
    })),
  );
}

/** The text of an expression for a list, shortened in its middle: white space is one blank. */
export function expressionText({ pieces }: PlacedExpression, page: Page, lengthMax = 40): string {
  const text = pieces
    .map(({ line, start, end }) => page.textOf(line).slice(start, end))
    .join(" ")
    .replaceAll(/\s+/g, " ");
  const characters = Array.from(text);
  if (characters.length <= lengthMax) return text;
  const kept = lengthMax - 1;
  const head = characters.slice(0, Math.ceil(kept * 0.6)).join("");
  return `${head}…${characters.slice(-Math.floor(kept * 0.4)).join("")}`;
}

/** Whether an expression is all the code of its line, but for a comment. */
export function isWholeLine({ pieces }: PlacedExpression, page: Page): boolean {
  const [first] = pieces;
  if (first === undefined) return true;
  const text = page.textOf(first.line);
  return text.slice(0, first.start).trim() === "" && /^\s*(?:#.*)?$/.test(text.slice(first.end));
}

/** -1 for too little. */
function stepOfShare(share: number): number {
  return UNDERLINE_SHARES.filter((least) => share >= least).length - 1;
}

function lengthOf({ pieces }: PlacedExpression): number {
  return pieces.reduce((sum, { start, end }) => sum + end - start, 0);
}

interface Run extends Piece {
  readonly expression: number;
}

function runsOf(line: number, cells: Int16Array, text: string): Run[] {
  const runs: Run[] = [];
  for (let start = 0; start < cells.length;) {
    const expression = cells[start]!;
    let end = start + 1;
    while (end < cells.length && cells[end] === expression) end++;
    // Blanks beside an inner expression belong to no code.
    const code = text.slice(start, end);
    const from = start + code.length - code.trimStart().length;
    const to = start + code.trimEnd().length;
    if (expression >= 0 && from < to) runs.push({ line, start: from, end: to, expression });
    start = end;
  }
  return runs;
}
