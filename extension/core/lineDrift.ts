import { matchLines } from "./lineDiff";

/**
 * A document change as an editor reports it: the range is in the document before
 * any change of the same event; lines and characters count from 0.
 */
export interface TextChange {
  readonly startLine: number;
  readonly startCharacter: number;
  readonly endLine: number;
  readonly endCharacter: number;
  /** What replaced the range. */
  readonly text: string;
}

/** Where a line of the text that ran is now. */
export interface CurrentLine {
  /** From 0, in the current document. */
  readonly line: number;
  /** True when the line's text was changed, or the file is not the one that ran. */
  readonly isApproximate: boolean;
}

const GONE = -1;

/**
 * Follows each line of the text that ran through edits of a document. Lines count
 * from 0 on both sides, as an editor counts them.
 *
 * While the user types, `edit` keeps heat on its line at a cost of one pass over
 * the lines a change. It sees line numbers and not text, so what it loses stays lost:
 * an undo brings a deleted line back, but only `fromTexts` finds it again. Build
 * one anew when the document comes to rest.
 */
export class LineDrift {
  /** line that ran -> current line, GONE when deleted */
  readonly #current: Int32Array;
  readonly #isChanged: Uint8Array;
  readonly #isOtherFile: boolean;

  private constructor(current: Int32Array, isOtherFile: boolean) {
    this.#current = current;
    this.#isChanged = new Uint8Array(current.length);
    this.#isOtherFile = isOtherFile;
  }

  /** For a document whose content is what ran. */
  static unchanged(lineCount: number): LineDrift {
    return new LineDrift(
      Int32Array.from({ length: lineCount }, (_, line) => line),
      false,
    );
  }

  /**
   * For a document that differs from what ran: lines found in both keep their
   * heat, marked approximate because code around them has changed; the rest have
   * none. Texts that are equal give exact lines.
   */
  static fromTexts(ran: string, now: string): LineDrift {
    const ranLines = ran.split("\n");
    const nowLines = now.split("\n");
    const current = matchLines(ranLines, nowLines);
    const isSame = ranLines.length === nowLines.length && current.every((line, i) => line === i);
    return new LineDrift(current, !isSame);
  }

  /** True when the text differs from what ran by more than tracked edits. */
  get isApproximate(): boolean {
    return this.#isOtherFile;
  }

  /** Where a line that ran is now; null when it is gone or never was. */
  currentLine(ranLine: number): CurrentLine | null {
    const line = this.#current[ranLine];
    if (line === undefined || line === GONE) return null;
    return { line, isApproximate: this.#isOtherFile || this.#isChanged[ranLine] === 1 };
  }

  /** Whether an edit has changed a line that ran since the two texts were compared. */
  isEdited(ranLine: number): boolean {
    return this.#isChanged[ranLine] === 1;
  }

  /** The line that ran which is at a current line now; null for a line that did not run. */
  ranLine(currentLine: number): number | null {
    const ran = this.#current.indexOf(currentLine);
    return ran < 0 ? null : ran;
  }

  /**
   * Follows the changes of one event. `lineTextAfter` gives a line of the document
   * as it is after the event.
   */
  edit(changes: readonly TextChange[], lineTextAfter: (line: number) => string): void {
    const downwards = [...changes].sort(
      (a, b) => a.startLine - b.startLine || a.startCharacter - b.startCharacter,
    );
    let shift = 0;
    const lineChanges = downwards.map((change) => {
      // What stands before a change on its line, the change left untouched.
      const before = lineTextAfter(change.startLine + shift).slice(0, change.startCharacter);
      const lineChange = toLineChange(change, before.trim() === "");
      shift += shiftOf(lineChange);
      return lineChange;
    });
    // From the bottom up, so that the ranges still to come stay where they are.
    for (const change of lineChanges.reverse()) this.#apply(change);
  }

  #apply(change: LineChange): void {
    for (let ran = 0; ran < this.#current.length; ran++) {
      const line = this.#current[ran]!;
      if (line === GONE || line < change.startLine) continue;
      if (line > change.endLine) this.#current[ran] = line + shiftOf(change);
      else if (change.startLine === change.endLine) this.#editLine(ran, change);
      else this.#editAcross(ran, line, change);
    }
  }

  /** A change within one line that ran. */
  #editLine(ran: number, change: LineChange): void {
    const { startLine, insertedLines, startsLine, removesText } = change;
    // A line end typed before the text pushes the line down whole; typed within
    // or after it, it leaves the beginning where it was.
    if (startsLine && insertedLines > 0) this.#current[ran] = startLine + insertedLines;
    if (insertedLines === 0 || removesText) this.#isChanged[ran] = 1;
  }

  /** A change that begins on one line and ends on another: `line` is one of them or between. */
  #editAcross(ran: number, line: number, change: LineChange): void {
    const { startLine, endLine, insertedLines, startsLine, endsBeforeLine } = change;
    const keepsEnd = endsBeforeLine && (startsLine || insertedLines > 0);
    if (line === endLine && keepsEnd) this.#current[ran] = startLine + insertedLines;
    else if (line === startLine && !startsLine) this.#isChanged[ran] = 1;
    else this.#current[ran] = GONE;
  }
}

/** What of a change decides where lines go. */
interface LineChange {
  readonly startLine: number;
  readonly endLine: number;
  /** Line ends in the text that replaced the range. */
  readonly insertedLines: number;
  /** Nothing but white space stands before the range on `startLine`. */
  readonly startsLine: boolean;
  /** The range ends at column 0 of `endLine`, so that line's text is whole. */
  readonly endsBeforeLine: boolean;
  readonly removesText: boolean;
}

function toLineChange(change: TextChange, startsLine: boolean): LineChange {
  const { startLine, endLine, startCharacter, endCharacter, text } = change;
  return {
    startLine,
    endLine,
    insertedLines: text.split("\n").length - 1,
    startsLine,
    endsBeforeLine: endCharacter === 0,
    removesText: startLine !== endLine || startCharacter !== endCharacter,
  };
}

function shiftOf(change: LineChange): number {
  return change.insertedLines - (change.endLine - change.startLine);
}
