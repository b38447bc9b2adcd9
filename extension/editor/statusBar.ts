/**
 * The one status bar item, there while a session runs: host, samples, losses.
 * Command: emberline.sessionMenu (its click). Context keys: none.
 */
import * as vscode from "vscode";
import { isBusy, isRunning, resultsOf, type SessionState } from "../session/state";
import { commands, type CommandId } from "./contributions";
import { qualityText, resultsTitle, statusText } from "./sessionText";
import * as texts from "./texts";

export class StatusBar implements vscode.Disposable {
  readonly #item = vscode.window.createStatusBarItem("session", vscode.StatusBarAlignment.Left, 10);
  readonly #disposables: vscode.Disposable[];

  constructor(state: () => SessionState, cancel: () => void) {
    this.#item.name = "Emberline";
    this.#item.command = commands.sessionMenu;
    this.#disposables = [
      this.#item,
      vscode.commands.registerCommand(commands.sessionMenu, () => showMenu(state(), cancel)),
    ];
  }

  show(state: SessionState): void {
    const text = statusText(state);
    if (text === undefined) return this.#item.hide();
    this.#item.text = text;
    const results = isRunning(state) ? state.results : undefined;
    this.#item.tooltip =
      results?.stats === undefined
        ? texts.statusTooltip
        : `${resultsTitle(results)}\n${qualityText(results.stats)}\n${texts.statusTooltip}`;
    this.#item.accessibilityInformation = { label: text.replaceAll(/\$\([^)]*\)/g, "Emberline") };
    this.#item.show();
  }

  dispose(): void {
    for (const disposable of this.#disposables.toReversed()) disposable.dispose();
  }
}

interface MenuItem extends vscode.QuickPickItem {
  readonly command?: CommandId;
}

async function showMenu(state: SessionState, cancel: () => void): Promise<void> {
  const items: MenuItem[] = [];
  if (state.kind === "sampling") {
    items.push({ label: `$(debug-stop) ${texts.menuStop}`, command: commands.stop });
  } else if (isBusy(state) && !isRunning(state)) {
    items.push({ label: `$(close) ${texts.menuCancel}` });
  }
  if (resultsOf(state) !== undefined) {
    items.push(
      { label: `$(flame) ${texts.menuFlameGraph}`, command: commands.showFlameGraph },
      { label: `$(eye) ${texts.menuToggleHeat}`, command: commands.toggleHeat },
      { label: `$(info) ${texts.menuDetails}`, command: commands.showSessionDetails },
    );
  }
  items.push({ label: `$(output) ${texts.menuLog}`, command: commands.showLog });
  const results = resultsOf(state);
  const choice = await vscode.window.showQuickPick(items, {
    title: results === undefined ? texts.menuTitle : resultsTitle(results),
  });
  if (choice === undefined) return;
  if (choice.command === undefined) cancel();
  else await vscode.commands.executeCommand(choice.command);
}
