/** Failures as a person meets them: cause, next step, and the button that takes it. */
import * as vscode from "vscode";
import type { Failure } from "../session/state";
import { commands } from "./contributions";
import * as texts from "./texts";

/** Codes after which trying the same again makes sense: something outside has to change first. */
const retryable: ReadonlySet<string> = new Set([
  "target-invalid",
  "config-unreadable",
  "host-unknown",
  "host-unreachable",
  "connection-refused",
  "connection-timeout",
  "auth-refused",
  "sudo-refused",
  "link-lost",
  "no-python",
  "no-such-process",
  "not-python",
]);

/** Shows a failure once; resolves when the message is gone. */
export async function showFailure(
  failure: Failure,
  retry: (() => void) | undefined,
): Promise<void> {
  const buttons = [
    ...(retry !== undefined && retryable.has(failure.code) ? [texts.retryButton] : []),
    texts.showLogButton,
  ];
  const text = `${failure.message} ${failure.nextStep}`;
  const choice = await vscode.window.showErrorMessage(text, ...buttons);
  if (choice === texts.retryButton) retry?.();
  else if (choice === texts.showLogButton) await vscode.commands.executeCommand(commands.showLog);
}

/** Once for a run that samples without BPF: what it does not give, and why. */
export async function showLimits(text: string): Promise<void> {
  const choice = await vscode.window.showInformationMessage(text, texts.showDetailsButton);
  if (choice === texts.showDetailsButton) {
    await vscode.commands.executeCommand(commands.showSessionDetails);
  }
}

/** A run that ended by itself: results are there, so it is no error. */
export async function showEnded(failure: Failure): Promise<void> {
  const text = `${failure.message} ${failure.nextStep}`;
  const show =
    failure.code === "targets-exited"
      ? vscode.window.showInformationMessage
      : vscode.window.showWarningMessage;
  const choice = await show(text, texts.showFlameGraphButton, texts.showDetailsButton);
  if (choice === texts.showFlameGraphButton) {
    await vscode.commands.executeCommand(commands.showFlameGraph);
  } else if (choice === texts.showDetailsButton) {
    await vscode.commands.executeCommand(commands.showSessionDetails);
  }
}
