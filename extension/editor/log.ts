/** The one output channel; its level is the user's, and Trace also shows the talk with the helper. */
import * as vscode from "vscode";

export function createLog(): vscode.LogOutputChannel {
  return vscode.window.createOutputChannel("Emberline", { log: true });
}
