/**
 * Second step: the live list of Pythons on the host. One process by default,
 * several with the title button, or all of them. What cannot be profiled is
 * listed with the reason and cannot be chosen.
 */
import * as vscode from "vscode";
import { toFailure } from "../session/failures";
import type { ProcessAnswer } from "../session/ports";
import type { ProcessInfo } from "../wire/protocol.gen";
import { processRow, selectionOf, stableOrder, type ProcessRow } from "./processItems";
import * as texts from "./texts";

/** Time between two lists while the picker is open, in ms; a CPU share means little over less. */
const REFRESH_MS = 2000;

interface ProcessItem extends vscode.QuickPickItem {
  readonly row?: ProcessRow;
  readonly all?: true;
}

const allItem: ProcessItem = {
  label: texts.processPickerAll,
  detail: texts.processPickerAllDetail,
  iconPath: new vscode.ThemeIcon("server-process"),
  alwaysShow: true,
  all: true,
};

const emptyItem: ProcessItem = {
  label: texts.processPickerEmpty,
  detail: texts.processPickerEmptyDetail,
  alwaysShow: true,
};

export interface ProcessQuestion {
  /** The host as the user knows it. */
  readonly host: string;
  readonly canGoBack: boolean;
  readonly list: () => Promise<readonly ProcessInfo[]>;
}

/** Resolves with the selection, "back", or undefined when closed; rejects when the first list fails. */
export function pickProcesses(
  question: ProcessQuestion,
  signal: AbortSignal,
): Promise<ProcessAnswer> {
  if (signal.aborted) return Promise.resolve(undefined);
  return new Promise((resolve, reject) => {
    new OpenPicker(question, signal, resolve, reject).show();
  });
}

class OpenPicker {
  readonly #picker = vscode.window.createQuickPick<ProcessItem>();
  readonly #question: ProcessQuestion;
  readonly #signal: AbortSignal;
  readonly #resolve: (answer: ProcessAnswer) => void;
  readonly #reject: (error: unknown) => void;
  #rows: readonly ProcessRow[] = [];
  #listed = false;
  #timer: NodeJS.Timeout | undefined;
  #done = false;

  constructor(
    question: ProcessQuestion,
    signal: AbortSignal,
    resolve: (answer: ProcessAnswer) => void,
    reject: (error: unknown) => void,
  ) {
    this.#question = question;
    this.#signal = signal;
    this.#resolve = resolve;
    this.#reject = reject;
    const picker = this.#picker;
    picker.title = texts.processPickerTitle(question.host);
    picker.placeholder = texts.phaseListing;
    if (question.canGoBack) {
      picker.step = 2;
      picker.totalSteps = 2;
    }
    picker.matchOnDescription = true;
    picker.matchOnDetail = true;
    // The list is replaced every two seconds; scrolling must survive it.
    picker.keepScrollPosition = true;
    // Looking up a pid in another window must not throw the connection away.
    picker.ignoreFocusOut = true;
    picker.busy = true;
    this.#showButtons();
    picker.onDidTriggerButton((button) => {
      if (button === vscode.QuickInputButtons.Back) this.#finish("back");
      else this.#toggleSeveral();
    });
    picker.onDidChangeSelection((selected) => this.#refuseUnprofilable(selected));
    picker.onDidAccept(() => this.#accept());
    picker.onDidHide(() => this.#finish(undefined));
    signal.addEventListener("abort", this.#onAbort, { once: true });
  }

  show(): void {
    this.#picker.show();
    void this.#refresh();
  }

  readonly #onAbort = () => this.#finish(undefined);

  async #refresh(): Promise<void> {
    try {
      const processes = await this.#question.list();
      if (this.#done) return;
      const shown = this.#rows.map((row) => row.pid);
      this.#rows = stableOrder(shown, processes).map(processRow);
      this.#listed = true;
      this.#picker.busy = false;
      this.#picker.placeholder = texts.processPickerPlaceholder;
      this.#showRows();
    } catch (error) {
      if (this.#done) return;
      if (!this.#listed) return this.#fail(error);
      // One missed refresh is no reason to close the list; a dead link aborts the signal.
      this.#picker.placeholder = toFailure(error).message;
    }
    this.#timer = setTimeout(() => void this.#refresh(), REFRESH_MS);
  }

  #showRows(): void {
    const picker = this.#picker;
    const activePid = picker.activeItems[0]?.row?.pid;
    const selectedPids = new Set(picker.selectedItems.map((item) => item.row?.pid));
    const items = this.#items();
    picker.items = items;
    const active = items.filter((item) => item.row !== undefined && item.row.pid === activePid);
    if (active.length > 0) picker.activeItems = active;
    if (picker.canSelectMany) {
      picker.selectedItems = items.filter((item) => item.row && selectedPids.has(item.row.pid));
    }
  }

  #items(): ProcessItem[] {
    const profilable = this.#rows.filter((row) => row.profilable).map(toItem);
    const others = this.#rows.filter((row) => !row.profilable).map(toItem);
    const items: ProcessItem[] = [];
    if (profilable.length === 0) items.push(emptyItem);
    items.push(...profilable);
    if (!this.#picker.canSelectMany && this.#listed) items.push(allItem);
    if (others.length > 0) {
      const label = texts.processPickerOthersGroup;
      items.push({ label, kind: vscode.QuickPickItemKind.Separator }, ...others);
    }
    return items;
  }

  #showButtons(): void {
    const several = this.#picker.canSelectMany;
    this.#picker.buttons = [
      ...(this.#question.canGoBack ? [vscode.QuickInputButtons.Back] : []),
      {
        iconPath: new vscode.ThemeIcon(several ? "list-selection" : "checklist"),
        tooltip: several ? texts.processPickerOne : texts.processPickerSeveral,
      },
    ];
  }

  #toggleSeveral(): void {
    this.#picker.canSelectMany = !this.#picker.canSelectMany;
    this.#showButtons();
    this.#showRows();
  }

  #refuseUnprofilable(selected: readonly ProcessItem[]): void {
    if (!this.#picker.canSelectMany) return;
    const allowed = selected.filter((item) => item.row?.profilable === true);
    if (allowed.length < selected.length) this.#picker.selectedItems = allowed;
  }

  #accept(): void {
    const chosen = this.#picker.selectedItems;
    if (chosen.some((item) => item.all === true)) return this.#finish(selectionOf([]));
    const rows = chosen.flatMap((item) => (item.row?.profilable === true ? [item.row] : []));
    if (rows.length > 0) this.#finish(selectionOf(rows));
  }

  #finish(answer: ProcessAnswer): void {
    if (this.#close()) this.#resolve(answer);
  }

  #fail(error: unknown): void {
    if (this.#close()) this.#reject(error);
  }

  #close(): boolean {
    if (this.#done) return false;
    this.#done = true;
    clearTimeout(this.#timer);
    this.#signal.removeEventListener("abort", this.#onAbort);
    this.#picker.dispose();
    return true;
  }
}

function toItem(row: ProcessRow): ProcessItem {
  const icon = new vscode.ThemeIcon(row.profilable ? "symbol-method" : "circle-slash");
  return {
    label: row.label,
    description: row.description,
    detail: row.detail,
    iconPath: icon,
    row,
  };
}
