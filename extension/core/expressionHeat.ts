import type { Heat } from "./lineHeat";
import type { StackIndex } from "./stackIndex";

/**
 * Heat of one expression: of the exact range that CPython's location table gives
 * for the instruction that was executing (from 3.11 on). Ranges nest, but a frame
 * is at one instruction, so the totals of a line's expressions add up to the
 * line's, but for recursion. Columns count UTF-8 bytes from 0, as in co_positions().
 */
export interface ExpressionHeat {
  /** From 1, in the file that ran: the line that the heat is on. */
  readonly line: number;
  readonly column: number;
  /** From 1, not before `line`. */
  readonly endLine: number;
  readonly endColumn: number;
  /** Samples whose deepest Python frame was there. */
  readonly self: number;
  /** Samples with a Python frame there, counted once a stack. */
  readonly total: number;
}

/**
 * The expressions of a file's line that were seen, most samples first; none where
 * columns are not known. Several sources may be the same file for the reader; their
 * counts add.
 */
export function expressionsOfLine(
  index: StackIndex,
  heat: Heat,
  sources: readonly number[],
  line: number,
): ExpressionHeat[] {
  const { frames } = index.profile;
  const found = new Map<string, ExpressionHeat>();
  for (const source of sources) {
    for (const frame of index.framesOfLine(index.lineAt(source, line))) {
      // Seen after this heat was computed.
      if (frame >= heat.frameTotal.length) continue;
      const total = heat.frameTotal[frame]!;
      const column = frames.column.at(frame);
      const endLine = frames.endLine.at(frame);
      const endColumn = frames.endColumn.at(frame);
      const isKnown = column >= 0 && endColumn >= 0 && endLine >= line;
      if (total === 0 || !isKnown || (endLine === line && endColumn <= column)) continue;
      const key = `${column} ${endLine} ${endColumn}`;
      const sum = found.get(key);
      found.set(key, {
        line,
        column,
        endLine,
        endColumn,
        self: heat.frameSelf[frame]! + (sum?.self ?? 0),
        total: total + (sum?.total ?? 0),
      });
    }
  }
  return [...found.values()].toSorted(
    (a, b) => b.total - a.total || a.column - b.column || a.endColumn - b.endColumn,
  );
}
