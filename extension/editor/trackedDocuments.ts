/**
 * Keeps every visible document that shows a sampled source aligned with the
 * text that ran: compares contents once, follows edits, and says when a file
 * is not the one that ran.
 */
import * as vscode from "vscode";
import { Alignment, type Fidelity } from "./alignment";
import type { Page } from "./expressionPlan";
import type { HeatModel } from "./heatModel";
import type { SourceMap } from "./sourceMap";
import { sourceScheme } from "./sourceUri";
import { readBytes, sha256Hex } from "./workspaceFiles";

export interface TrackedDocument {
  readonly document: vscode.TextDocument;
  readonly sources: readonly number[];
  readonly alignment: Alignment;
}

/** The document to place expressions on. Without the text that ran no line is exact. */
export function pageOf({ document, alignment }: TrackedDocument): Page {
  return {
    exactLine: (ranLine) => {
      const place = alignment.place(ranLine);
      return place?.isExact === true && place.line < document.lineCount ? place.line : null;
    },
    textOf: (line) => document.lineAt(line).text,
  };
}

/** After this long without an edit, in ms, lines are found again by text. */
const REST_MS = 600;

export class TrackedDocuments implements vscode.Disposable {
  readonly #model: HeatModel;
  readonly #sourceMap: SourceMap;
  readonly #readRemote: (uri: vscode.Uri) => Promise<string>;
  readonly #tracked = new Map<string, TrackedDocument>();
  readonly #pending = new Set<string>();
  readonly #resting = new Map<string, NodeJS.Timeout>();
  readonly #changed = new vscode.EventEmitter<TrackedDocument>();
  readonly #mismatch = new vscode.EventEmitter<TrackedDocument>();
  readonly #disposables: vscode.Disposable[];
  /** Rises with every profile, so that a slow comparison cannot mark the next one's lines. */
  #generation = 0;

  /** A document was aligned or its lines moved. */
  readonly onDidChange = this.#changed.event;
  /** A document turned out not to be what ran; once per document and profile. */
  readonly onDidMismatch = this.#mismatch.event;

  /** `readRemote` gives the text of a source on the host; it may reject. */
  constructor(
    model: HeatModel,
    sourceMap: SourceMap,
    readRemote: (uri: vscode.Uri) => Promise<string>,
  ) {
    this.#model = model;
    this.#sourceMap = sourceMap;
    this.#readRemote = readRemote;
    this.#disposables = [
      sourceMap.onDidLocate(() => this.track(vscode.window.visibleTextEditors)),
      vscode.window.onDidChangeVisibleTextEditors((editors) => this.track(editors)),
      vscode.workspace.onDidChangeTextDocument((event) => this.#follow(event)),
      vscode.workspace.onDidCloseTextDocument((document) => this.#forget(document)),
      this.#changed,
      this.#mismatch,
    ];
  }

  /** The alignment of a document; undefined while unknown or when it shows no sampled source. */
  get(document: vscode.TextDocument): TrackedDocument | undefined {
    const tracked = this.#tracked.get(document.uri.toString());
    return tracked?.document === document ? tracked : undefined;
  }

  /** Forgets all alignments: another profile begins. */
  reset(): void {
    this.#generation++;
    this.#tracked.clear();
    this.#pending.clear();
    for (const timer of this.#resting.values()) clearTimeout(timer);
    this.#resting.clear();
  }

  /** Aligns those editors' documents that show a sampled source and are not aligned yet. */
  track(editors: readonly vscode.TextEditor[]): void {
    for (const { document } of editors) {
      const key = document.uri.toString();
      const sources = this.#sourceMap.sourcesOf(document.uri);
      if (sources.length === 0 || this.#pending.has(key)) continue;
      if (this.get(document)?.sources.length === sources.length) continue;
      this.#pending.add(key);
      void this.#align(document, sources, this.#generation);
    }
  }

  dispose(): void {
    this.reset();
    for (const disposable of this.#disposables.toReversed()) disposable.dispose();
  }

  async #align(
    document: vscode.TextDocument,
    sources: readonly number[],
    generation: number,
  ): Promise<void> {
    const key = document.uri.toString();
    const { fidelity, ranText } = await this.#compare(document, sources);
    if (generation !== this.#generation) return;
    this.#pending.delete(key);
    if (document.isClosed) return;
    const known = this.#tracked.get(key);
    const tracked: TrackedDocument = {
      document,
      sources,
      alignment: new Alignment(fidelity, ranText, document.getText()),
    };
    this.#tracked.set(key, tracked);
    if (fidelity === "differs" && known?.alignment.fidelity !== "differs")
      this.#mismatch.fire(tracked);
    this.#changed.fire(tracked);
  }

  async #compare(
    document: vscode.TextDocument,
    sources: readonly number[],
  ): Promise<{ fidelity: Fidelity; ranText: string | undefined }> {
    const profile = this.#model.index?.profile;
    const hashes = new Set(sources.map((source) => profile?.sources.sha256[source] ?? ""));
    const remoteSource = sources.find((source) => (profile?.sources.sha256[source] ?? "") !== "");
    if (remoteSource === undefined) return { fidelity: "unknown", ranText: undefined };
    if (document.uri.scheme === sourceScheme) {
      // Not the document's text: the editor may have changed its line ends.
      const text = await this.#remoteText(document.uri);
      const isSame = text !== undefined && hashes.has(sha256Hex(Buffer.from(text, "utf8")));
      return { fidelity: isSame ? "exact" : "unknown", ranText: isSame ? text : undefined };
    }
    const bytes = await readBytes(document.uri);
    if (bytes !== null && hashes.size === 1 && hashes.has(sha256Hex(bytes))) {
      return { fidelity: "exact", ranText: new TextDecoder().decode(bytes) };
    }
    return {
      fidelity: "differs",
      ranText: await this.#remoteText(this.#sourceMap.remoteUri(remoteSource)),
    };
  }

  async #remoteText(uri: vscode.Uri | undefined): Promise<string | undefined> {
    if (uri === undefined) return undefined;
    try {
      return await this.#readRemote(uri);
    } catch {
      // Without it lines keep their numbers, marked approximate like the rest of the file.
      return undefined;
    }
  }

  #follow(event: vscode.TextDocumentChangeEvent): void {
    const tracked = this.get(event.document);
    if (tracked === undefined || event.contentChanges.length === 0) return;
    const { document, contentChanges } = event;
    const changes = contentChanges.map(({ range, text }) => ({
      startLine: range.start.line,
      startCharacter: range.start.character,
      endLine: range.end.line,
      endCharacter: range.end.character,
      text,
    }));
    tracked.alignment.edit(changes, (line) => document.lineAt(line).text);
    this.#changed.fire(tracked);
    this.#restLater(tracked);
  }

  /** An undo brings deleted lines back; only their text finds them again. */
  #restLater(tracked: TrackedDocument): void {
    const key = tracked.document.uri.toString();
    clearTimeout(this.#resting.get(key));
    const timer = setTimeout(() => {
      this.#resting.delete(key);
      if (tracked.document.isClosed || this.get(tracked.document) !== tracked) return;
      tracked.alignment.settle(tracked.document.getText());
      this.#changed.fire(tracked);
    }, REST_MS);
    this.#resting.set(key, timer);
  }

  #forget(document: vscode.TextDocument): void {
    const key = document.uri.toString();
    clearTimeout(this.#resting.get(key));
    this.#resting.delete(key);
    this.#tracked.delete(key);
  }
}
