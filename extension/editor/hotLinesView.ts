/**
 * The "Hot Lines" tree: hottest lines of the whole profile, a click opens one.
 * View: emberline.hotLines. Commands in its title are declared in package.json.
 */
import * as path from "node:path";
import * as vscode from "vscode";
import { formatPercentShort, formatShare } from "../core/format";
import { heatBucket } from "../core/heatScale";
import { hotLines, type HotLine } from "../core/hotLines";
import { isRunning, resultsOf, type Results, type SessionState } from "../session/state";
import { commands, heatRulers, views } from "./contributions";
import type { HeatModel } from "./heatModel";
import { qualityText, resultsTitle } from "./sessionText";
import { readSetting } from "./settings";
import * as texts from "./texts";

/** A list is read from the top; past this many lines nothing is hot. */
const LINES_MAX = 100;

export class HotLinesView implements vscode.TreeDataProvider<HotLine>, vscode.Disposable {
  readonly #model: HeatModel;
  readonly #changed = new vscode.EventEmitter<void>();
  readonly #view: vscode.TreeView<HotLine>;
  readonly #disposables: vscode.Disposable[];
  readonly onDidChangeTreeData = this.#changed.event;
  #state: SessionState = { kind: "idle" };
  #zoom: string | undefined;

  constructor(model: HeatModel, open: (source: number, line: number) => Promise<void>) {
    this.#model = model;
    this.#view = vscode.window.createTreeView(views.hotLines, { treeDataProvider: this });
    this.#disposables = [
      this.#changed,
      this.#view,
      this.#view.onDidChangeVisibility(() => this.refresh()),
      vscode.commands.registerCommand(commands.openHotLine, (line: HotLine) =>
        open(line.source, line.line),
      ),
    ];
  }

  /** To call when the profile changed; a hidden list is not rebuilt. */
  refresh(): void {
    if (this.#view.visible) this.#changed.fire();
  }

  /** Says to which function the list is narrowed; undefined for none. */
  showZoom(functionName: string | undefined): void {
    this.#zoom = functionName;
    this.showState(this.#state);
    this.refresh();
  }

  showState(state: SessionState): void {
    this.#state = state;
    const results = resultsOf(state);
    // Emptied and never deleted: these are accessors of the view's own, which would go too.
    this.#view.description = results === undefined ? "" : resultsTitle(results);
    this.#view.message = results === undefined ? "" : this.#message(results, isRunning(state));
  }

  #message({ stats, ended }: Results, isLive: boolean): string {
    if (stats === undefined || stats.samples === 0) {
      return isLive ? texts.hotLinesWaiting : texts.hotLinesNone;
    }
    const sentences = [
      ...(ended === undefined ? [] : [ended.message]),
      ...(this.#zoom === undefined ? [] : [texts.hotLinesZoomed(this.#zoom)]),
      `${qualityText(stats)}.`,
    ];
    return sentences.join(" ");
  }

  getChildren(parent?: HotLine): HotLine[] {
    const { index, heat } = this.#model;
    if (parent !== undefined || index === undefined || heat === undefined) return [];
    return hotLines(index, heat, readSetting("heat.metric"), LINES_MAX);
  }

  getTreeItem(line: HotLine): vscode.TreeItem {
    const label = `${path.posix.basename(line.remotePath)}:${line.line}`;
    const item = new vscode.TreeItem(label, vscode.TreeItemCollapsibleState.None);
    const self = formatPercentShort(line.selfShare);
    const total = formatPercentShort(line.totalShare);
    item.id = `${line.source}:${line.line}`;
    // The function's name is what the row is recognised by: no figure twice before it.
    const figures = line.self === line.total ? self : `${self} · ${total} total`;
    item.description = `${figures} · ${line.functionName}`;
    const bucket = Math.max(0, heatBucket(line.selfShare));
    const color = new vscode.ThemeColor(heatRulers[bucket] ?? "foreground");
    item.iconPath = new vscode.ThemeIcon("circle-filled", color);
    item.tooltip = this.#tooltip(line);
    item.command = { command: commands.openHotLine, title: label, arguments: [line] };
    item.accessibilityInformation = {
      label: `${label}, ${line.functionName}, ${self} self, ${total} total`,
    };
    return item;
  }

  dispose(): void {
    for (const disposable of this.#disposables.toReversed()) disposable.dispose();
  }

  #tooltip(line: HotLine): string {
    const { samples } = this.#model;
    return [
      line.functionName,
      `${line.remotePath}:${line.line}`,
      `${texts.hoverSelf}: ${formatShare(line.self, samples)}`,
      `${texts.hoverTotal}: ${formatShare(line.total, samples)}`,
    ].join("\n");
  }
}
