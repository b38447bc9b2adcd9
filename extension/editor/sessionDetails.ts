/**
 * Everything known about a run as a read-only Markdown document.
 * Command: emberline.showSessionDetails.
 */
import * as vscode from "vscode";
import type { Results } from "../session/state";
import { commands } from "./contributions";
import { detailsMarkdown } from "./sessionText";

const uri = vscode.Uri.parse("emberline-details:/Session%20Details.md");

export function registerSessionDetails(results: () => Results | undefined): {
  /** To call when the results changed; the open document follows. */
  readonly refresh: () => void;
  readonly disposable: vscode.Disposable;
} {
  const changed = new vscode.EventEmitter<vscode.Uri>();
  const disposable = vscode.Disposable.from(
    changed,
    vscode.workspace.registerTextDocumentContentProvider(uri.scheme, {
      onDidChange: changed.event,
      provideTextDocumentContent: () => detailsMarkdown(results()),
    }),
    vscode.commands.registerCommand(commands.showSessionDetails, async () => {
      changed.fire(uri);
      // The preview belongs to a built-in extension that can be switched off.
      if (vscode.extensions.getExtension("vscode.markdown-language-features") !== undefined) {
        await vscode.commands.executeCommand("markdown.showPreview", uri);
      } else {
        await vscode.window.showTextDocument(uri, { preview: true });
      }
    }),
  );
  return { refresh: () => changed.fire(uri), disposable };
}
