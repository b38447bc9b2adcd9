/** Says once per document and profile that a file here is not the one that runs on the host. */
import * as vscode from "vscode";
import { Utils } from "vscode-uri";
import * as texts from "./texts";
import type { TrackedDocument, TrackedDocuments } from "./trackedDocuments";

/** `openProfiled` shows a source as it is on the host. */
export function registerMismatchNotice(
  documents: TrackedDocuments,
  openProfiled: (source: number) => Promise<void>,
): vscode.Disposable {
  return documents.onDidMismatch((tracked) => void tell(tracked, openProfiled));
}

async function tell(
  { document, sources }: TrackedDocument,
  openProfiled: (source: number) => Promise<void>,
): Promise<void> {
  const [source] = sources;
  const choice = await vscode.window.showWarningMessage(
    texts.sourceDiffers(Utils.basename(document.uri)),
    texts.openProfiledSource,
  );
  if (choice !== undefined && source !== undefined) await openProfiled(source);
}
