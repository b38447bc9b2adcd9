/**
 * Opens the line that ran, wherever it is now: the workspace's file when it is
 * known, else the host's. Command: emberline.openHotLine.
 */
import * as vscode from "vscode";
import type { SourceMap } from "./sourceMap";
import * as texts from "./texts";
import type { TrackedDocument, TrackedDocuments } from "./trackedDocuments";

/** How long to wait, in ms, for the comparison that tells where an edited file has the line. */
const ALIGN_MS = 1500;

export class SourceOpener {
  constructor(
    private readonly sourceMap: SourceMap,
    private readonly documents: TrackedDocuments,
  ) {}

  /** `line` counts from 1 in the file that ran; 0 opens the file's beginning. */
  async open(source: number, line: number, toSide: boolean): Promise<void> {
    const uri = await this.sourceMap.uriOf(source);
    if (uri === undefined) void vscode.window.showInformationMessage(texts.sourceHasNoFile);
    else await this.#show(uri, line, toSide);
  }

  /** The source as it is on the host, read-only. */
  async openRemote(source: number, line: number): Promise<void> {
    const uri = this.sourceMap.remoteUri(source);
    if (uri !== undefined) await this.#show(uri, line, false);
  }

  async #show(uri: vscode.Uri, ranLine: number, toSide: boolean): Promise<void> {
    const document = await vscode.workspace.openTextDocument(uri);
    const placed = (tracked: TrackedDocument | undefined) =>
      startOfLine(document, tracked?.alignment.place(ranLine - 1)?.line ?? ranLine - 1);
    const expected = placed(this.documents.get(document));
    // Shown at once where the line most likely is; an edited file moves it a moment later.
    const editor = await vscode.window.showTextDocument(document, {
      viewColumn: targetColumn(toSide),
      preview: true,
      selection: new vscode.Range(expected, expected),
    });
    const start = placed(await this.#aligned(document));
    if (!start.isEqual(expected)) editor.selection = new vscode.Selection(start, start);
    editor.revealRange(
      new vscode.Range(start, start),
      vscode.TextEditorRevealType.InCenterIfOutsideViewport,
    );
  }

  /** The document's alignment, waiting shortly for one that is being made. */
  async #aligned(document: vscode.TextDocument) {
    const known = this.documents.get(document);
    if (known !== undefined || this.sourceMap.sourcesOf(document.uri).length === 0) return known;
    return new Promise<ReturnType<TrackedDocuments["get"]>>((resolve) => {
      const timer = setTimeout(() => finish(), ALIGN_MS);
      const subscription = this.documents.onDidChange((tracked) => {
        if (tracked.document === document) finish();
      });
      const finish = () => {
        clearTimeout(timer);
        subscription.dispose();
        resolve(this.documents.get(document));
      };
    });
  }
}

/** The first character of a line that is no white space; the nearest line when there is none. */
function startOfLine(document: vscode.TextDocument, place: number): vscode.Position {
  const line = Math.min(Math.max(place, 0), document.lineCount - 1);
  return new vscode.Position(line, document.lineAt(line).firstNonWhitespaceCharacterIndex);
}

/**
 * Beside the flame graph, never over it: the active editor's column when that
 * is a text editor, else the first visible text editor's.
 */
function targetColumn(toSide: boolean): vscode.ViewColumn {
  const active = vscode.window.activeTextEditor?.viewColumn;
  if (toSide) return vscode.ViewColumn.Beside;
  if (active !== undefined) return active;
  const groups = vscode.window.tabGroups.all;
  const isText = (tab: vscode.Tab | undefined) => tab?.input instanceof vscode.TabInputText;
  const withText = groups.find((group) => isText(group.activeTab));
  const notOnlyActive = groups.find((group) => !group.isActive);
  return (withText ?? notOnlyActive)?.viewColumn ?? vscode.ViewColumn.Beside;
}
