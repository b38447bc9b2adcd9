/**
 * First step of Profile Remote Python: aliases of the ssh configuration, recent
 * hosts, hosts of the setting emberline.hosts, or whatever is typed.
 */
import * as vscode from "vscode";
import { toFailure } from "../session/failures";
import type { Target } from "../session/state";
import { hostChoices, rememberHost, type HostChoice, type HostOrigin } from "./hostItems";
import { readSetting } from "./settings";
import * as texts from "./texts";

const recentKey = "recentHosts";

interface HostItem extends vscode.QuickPickItem {
  readonly choice?: HostChoice;
}

const groups: { readonly [K in HostOrigin]: string | undefined } = {
  typed: undefined,
  recent: texts.hostPickerRecentGroup,
  config: texts.hostPickerConfigGroup,
  setting: texts.hostPickerSettingGroup,
};

export class HostPicker {
  readonly #memory: vscode.Memento;
  readonly #readAliases: () => Promise<readonly string[]>;

  /** `readAliases` lists the host aliases of the ssh configuration; it may reject. */
  constructor(memory: vscode.Memento, readAliases: () => Promise<readonly string[]>) {
    this.#memory = memory;
    this.#readAliases = readAliases;
  }

  /** The chosen host, or undefined when the picker was closed or the signal aborted. */
  pick(signal: AbortSignal): Promise<Target | undefined> {
    if (signal.aborted) return Promise.resolve(undefined);
    const picker = vscode.window.createQuickPick<HostItem>();
    picker.title = texts.hostPickerTitle;
    picker.placeholder = texts.hostPickerPlaceholder;
    picker.step = 1;
    picker.totalSteps = 2;
    picker.matchOnDescription = true;
    let aliases: readonly string[] = [];
    const show = () => {
      const choices = hostChoices({
        typed: picker.value,
        recent: this.#recent(),
        aliases,
        configured: readSetting("hosts"),
      });
      picker.items = toItems(choices);
    };
    show();
    picker.busy = true;
    void this.#readAliases()
      .then(
        (found) => {
          aliases = found;
        },
        (error: unknown) => {
          // A broken configuration must not keep anybody from typing a host.
          picker.placeholder = `${toFailure(error).message} ${texts.hostPickerPlaceholder}`;
        },
      )
      .finally(() => {
        picker.busy = false;
        show();
      });
    return new Promise((resolve) => {
      const finish = (target: Target | undefined) => {
        signal.removeEventListener("abort", onAbort);
        resolve(target);
        picker.dispose();
      };
      const onAbort = () => finish(undefined);
      signal.addEventListener("abort", onAbort, { once: true });
      picker.onDidChangeValue(show);
      picker.onDidTriggerItemButton(async ({ item }) => {
        const forgotten = item.choice?.destination;
        await this.#memory.update(
          recentKey,
          this.#recent().filter((host) => host !== forgotten),
        );
        show();
      });
      picker.onDidAccept(() => {
        const choice = picker.selectedItems[0]?.choice;
        if (choice !== undefined) finish({ kind: "ssh", destination: choice.destination });
      });
      picker.onDidHide(() => finish(undefined));
      picker.show();
    });
  }

  /** To call when a host was reached: it then comes first the next time. */
  async remember(destination: string): Promise<void> {
    await this.#memory.update(recentKey, rememberHost(this.#recent(), destination));
  }

  #recent(): readonly string[] {
    return this.#memory.get<string[]>(recentKey, []);
  }
}

function toItems(choices: readonly HostChoice[]): HostItem[] {
  const items: HostItem[] = [];
  let group: string | undefined;
  for (const choice of choices) {
    const label = groups[choice.origin];
    if (label !== undefined && label !== group) {
      items.push({ label, kind: vscode.QuickPickItemKind.Separator });
      group = label;
    }
    items.push(toItem(choice));
  }
  return items;
}

function toItem(choice: HostChoice): HostItem {
  switch (choice.origin) {
    case "typed":
      return { label: texts.hostPickerTyped(choice.destination), choice, alwaysShow: true };
    case "recent":
      return {
        label: choice.destination,
        choice,
        iconPath: new vscode.ThemeIcon("history"),
        buttons: [{ iconPath: new vscode.ThemeIcon("close"), tooltip: texts.hostPickerForget }],
      };
    case "config":
    case "setting":
      return { label: choice.destination, choice, iconPath: new vscode.ThemeIcon("vm") };
  }
}
