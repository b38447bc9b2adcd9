/**
 * Sources that exist only on the host, as read-only documents. Their text comes
 * through the helper and outlives the link: what was read once stays readable.
 */
import * as vscode from "vscode";
import { toFailure } from "../session/failures";
import { parseSourceUri, sourceScheme, sourceUriText } from "./sourceUri";
import * as texts from "./texts";

/** Reads the text behind an emberline-source URI, as the helper spells it. */
export type ReadContent = (uri: string, signal: AbortSignal) => Promise<string>;

export class RemoteSources implements vscode.TextDocumentContentProvider, vscode.Disposable {
  readonly #readContent: ReadContent;
  readonly #texts = new Map<string, Promise<string>>();
  readonly #changed = new vscode.EventEmitter<vscode.Uri>();
  readonly #registration: vscode.Disposable;
  readonly onDidChange = this.#changed.event;

  constructor(readContent: ReadContent) {
    this.#readContent = readContent;
    this.#registration = vscode.workspace.registerTextDocumentContentProvider(sourceScheme, this);
  }

  /** The text as it is on the host; rejects with a catalogue error. A failure is not remembered. */
  read(uri: vscode.Uri): Promise<string> {
    const key = uri.toString();
    const known = this.#texts.get(key);
    if (known !== undefined) return known;
    const text = this.#fetch(uri);
    this.#texts.set(key, text);
    text.catch(() => this.#texts.get(key) === text && this.#texts.delete(key));
    return text;
  }

  /** Forgets all texts and reads open documents again: another run began, and files may have changed. */
  reset(): void {
    this.#texts.clear();
    for (const { uri } of vscode.workspace.textDocuments) {
      if (uri.scheme === sourceScheme) this.#changed.fire(uri);
    }
  }

  async provideTextDocumentContent(uri: vscode.Uri): Promise<string> {
    try {
      return await this.read(uri);
    } catch (error) {
      const { message, nextStep } = toFailure(error);
      return texts.sourceUnreadable(parseSourceUri(uri)?.remotePath ?? uri.path, message, nextStep);
    }
  }

  dispose(): void {
    this.#registration.dispose();
    this.#changed.dispose();
  }

  async #fetch(uri: vscode.Uri): Promise<string> {
    const source = parseSourceUri(uri);
    if (source === undefined) throw new Error(`not a source on a host: ${uri.toString()}`);
    return this.#readContent(sourceUriText(source), AbortSignal.timeout(READ_TIMEOUT_MS));
  }
}

/** A source is at most 4 MiB; a line that needs longer than this counts as broken. */
const READ_TIMEOUT_MS = 30_000;
