/** Where the lines that ran are in a document that may be edited, and how sure that is: pure. */
import { LineDrift, type TextChange } from "../core/lineDrift";

/**
 * exact: the file's content was what ran. differs: it was not. unknown: the
 * host's file was changed after the program had started, or could not be read.
 */
export type Fidelity = "exact" | "differs" | "unknown";

export interface Place {
  /** From 0, in the current document. */
  readonly line: number;
  /** The line's text is the one that was sampled. */
  readonly isExact: boolean;
}

/**
 * Two ways of finding a line, because each loses what the other keeps: following
 * edits holds a line while its text is being changed, and looking for the text
 * brings lines back after an undo. The text decides once typing rests.
 */
export class Alignment {
  readonly fidelity: Fidelity;
  readonly #ranText: string | undefined;
  readonly #byEdit: LineDrift;
  #byText: LineDrift | undefined;

  /** `ranText` is undefined when the text that ran cannot be had; lines then keep their numbers. */
  constructor(fidelity: Fidelity, ranText: string | undefined, text: string) {
    this.fidelity = fidelity;
    this.#ranText = ranText === undefined ? undefined : unixLines(ranText);
    this.#byEdit = this.#findLines(text) ?? LineDrift.unchanged(unixLines(text).split("\n").length);
    this.#byText = this.#findLines(text);
  }

  /** Follows the changes of one event of the document. */
  edit(changes: readonly TextChange[], lineTextAfter: (line: number) => string): void {
    this.#byEdit.edit(changes, lineTextAfter);
    this.#byText?.edit(changes, lineTextAfter);
  }

  /** To call when typing rests. */
  settle(text: string): void {
    this.#byText = this.#findLines(text);
  }

  /** Where a line is that ran, counted from 0; null when it is gone. */
  place(ranLine: number): Place | null {
    const byText = this.#byText?.currentLine(ranLine) ?? null;
    const byEdit = this.#byEdit.currentLine(ranLine);
    const place = byText ?? byEdit;
    if (place === null) return null;
    // An edit that was undone counts no more once typing has rested.
    const isUntouched = byText !== null && this.#byText?.isEdited(ranLine) === false;
    return { line: place.line, isExact: this.fidelity === "exact" && isUntouched };
  }

  #findLines(text: string): LineDrift | undefined {
    return this.#ranText === undefined
      ? undefined
      : LineDrift.fromTexts(this.#ranText, unixLines(text));
  }
}

// The editor strips a BOM and has its own line ends; neither moves a line.
function unixLines(text: string): string {
  return text.replace(/^\uFEFF/, "").replaceAll("\r\n", "\n");
}
