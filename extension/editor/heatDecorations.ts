/**
 * Heat in the open editors: tint, overview ruler and a quiet percentage at the
 * line's end. Command: emberline.toggleHeat. Settings: emberline.heat.*.
 *
 * One decoration type a colour step, twice (exact, approximate), one for the text
 * and three for underlines: 20 for the life of the window, because VS Code makes a
 * style sheet of each.
 */
import * as vscode from "vscode";
import {
  approximateBorderColor,
  commands,
  heatBackgrounds,
  heatRulers,
  inlineTextColor,
} from "./contributions";
import type { HeatModel } from "./heatModel";
import { planHeat, type HeatOptions, type MarkedLine } from "./heatPlan";
import { createUnderlineTypes, underlineRanges } from "./expressionUnderlines";
import { onSettingChange, readSetting } from "./settings";
import type { TrackedDocument, TrackedDocuments } from "./trackedDocuments";

/** Marked lines of one document, computed once however many editors show it. */
interface Marks {
  readonly revision: number;
  readonly sources: number;
  readonly lines: readonly MarkedLine[];
}

export class HeatDecorations implements vscode.Disposable {
  readonly #model: HeatModel;
  readonly #documents: TrackedDocuments;
  readonly #exact = heatBackgrounds.map((background, level) =>
    createLevelType(background, heatRulers[level] ?? background, false),
  );
  readonly #approximate = heatBackgrounds.map((background, level) =>
    createLevelType(background, heatRulers[level] ?? background, true),
  );
  readonly #underlines = createUnderlineTypes();
  readonly #text = vscode.window.createTextEditorDecorationType({
    after: { margin: "0 0 0 3em", color: new vscode.ThemeColor(inlineTextColor) },
    rangeBehavior: vscode.DecorationRangeBehavior.ClosedClosed,
  });
  readonly #marks = new WeakMap<vscode.TextDocument, Marks>();
  /** What each editor shows, a string per decoration type: unchanged ranges are not sent again. */
  readonly #shown = new WeakMap<vscode.TextEditor, Map<vscode.TextEditorDecorationType, string>>();
  readonly #disposables: vscode.Disposable[];
  #isVisible = true;

  constructor(model: HeatModel, documents: TrackedDocuments) {
    this.#model = model;
    this.#documents = documents;
    this.#disposables = [
      ...this.#exact,
      ...this.#approximate,
      ...this.#underlines,
      this.#text,
      documents.onDidChange((tracked) => this.#drawDocument(tracked.document)),
      vscode.window.onDidChangeVisibleTextEditors(() => this.draw()),
      vscode.window.onDidChangeTextEditorSelection((event) => this.#cursorMoved(event.textEditor)),
      onSettingChange(
        ["heat.minimumPercent", "heat.metric", "heat.scale", "heat.inlineText", "heat.expressions"],
        () => this.#redraw(),
      ),
      vscode.commands.registerCommand(commands.toggleHeat, () => {
        this.#isVisible = !this.#isVisible;
        this.draw();
      }),
    ];
  }

  /** Brings every visible editor up to date with the profile. */
  draw(): void {
    for (const editor of vscode.window.visibleTextEditors) this.#drawEditor(editor);
  }

  dispose(): void {
    for (const disposable of this.#disposables.toReversed()) disposable.dispose();
  }

  #redraw(): void {
    for (const { document } of vscode.window.visibleTextEditors) this.#marks.delete(document);
    this.draw();
  }

  #cursorMoved(editor: vscode.TextEditor): void {
    if (readSetting("heat.inlineText", editor.document) === "currentLine") this.#drawEditor(editor);
  }

  #drawDocument(document: vscode.TextDocument): void {
    for (const editor of vscode.window.visibleTextEditors) {
      if (editor.document === document) this.#drawEditor(editor);
    }
  }

  #drawEditor(editor: vscode.TextEditor): void {
    const tracked = this.#isVisible ? this.#documents.get(editor.document) : undefined;
    const exact: vscode.Range[][] = this.#exact.map(() => []);
    const approximate: vscode.Range[][] = this.#approximate.map(() => []);
    const text: vscode.DecorationOptions[] = [];
    if (tracked !== undefined) {
      const inlineText = readSetting("heat.inlineText", editor.document);
      const cursorLine = editor.selection.active.line;
      for (const mark of this.#marksOf(tracked)) {
        const place = tracked.alignment.place(mark.line - 1);
        if (place === null || place.line >= editor.document.lineCount) continue;
        const { isExact } = place;
        const range = editor.document.lineAt(place.line).range;
        (isExact ? exact : approximate)[mark.level]?.push(range);
        if (inlineText === "off") continue;
        if (inlineText === "currentLine" && place.line !== cursorLine) continue;
        const contentText = isExact ? mark.text : `~ ${mark.text}`;
        text.push({
          range: new vscode.Range(range.end, range.end),
          renderOptions: { after: { contentText } },
        });
      }
    }
    for (const [level, type] of this.#exact.entries()) this.#show(editor, type, exact[level] ?? []);
    for (const [level, type] of this.#approximate.entries()) {
      this.#show(editor, type, approximate[level] ?? []);
    }
    this.#show(editor, this.#text, text);
    this.#showUnderlines(editor, tracked);
  }

  #showUnderlines(editor: vscode.TextEditor, tracked: TrackedDocument | undefined): void {
    const { document } = editor;
    const ranges =
      tracked !== undefined && readSetting("heat.expressions", document)
        ? underlineRanges(this.#model, tracked, this.#marksOf(tracked), readOptions(document))
        : [];
    for (const [step, type] of this.#underlines.entries()) {
      this.#show(editor, type, ranges[step] ?? []);
    }
  }

  #marksOf(tracked: TrackedDocument): readonly MarkedLine[] {
    const { samples, revision } = this.#model;
    const known = this.#marks.get(tracked.document);
    if (known?.revision === revision && known.sources === tracked.sources.length)
      return known.lines;
    const lines = planHeat(
      this.#model.linesOf(tracked.sources),
      samples,
      readOptions(tracked.document),
    );
    this.#marks.set(tracked.document, { revision, sources: tracked.sources.length, lines });
    return lines;
  }

  #show(
    editor: vscode.TextEditor,
    type: vscode.TextEditorDecorationType,
    ranges: readonly vscode.Range[] | readonly vscode.DecorationOptions[],
  ): void {
    let shown = this.#shown.get(editor);
    if (shown === undefined) this.#shown.set(editor, (shown = new Map()));
    // The version is part of it: VS Code moves ranges by itself when the text changes.
    const key = ranges.length === 0 ? "" : `${editor.document.version} ${JSON.stringify(ranges)}`;
    if ((shown.get(type) ?? "") === key) return;
    shown.set(type, key);
    editor.setDecorations(type, ranges);
  }
}

function createLevelType(
  background: string,
  ruler: string,
  isApproximate: boolean,
): vscode.TextEditorDecorationType {
  return vscode.window.createTextEditorDecorationType({
    isWholeLine: true,
    backgroundColor: new vscode.ThemeColor(background),
    overviewRulerColor: new vscode.ThemeColor(ruler),
    overviewRulerLane: vscode.OverviewRulerLane.Right,
    rangeBehavior: vscode.DecorationRangeBehavior.ClosedClosed,
    ...(isApproximate && {
      borderWidth: "0 0 0 2px",
      borderStyle: "dashed",
      borderColor: new vscode.ThemeColor(approximateBorderColor),
    }),
  });
}

function readOptions(document: vscode.TextDocument): HeatOptions {
  return {
    minimumShare: readSetting("heat.minimumPercent", document) / 100,
    metric: readSetting("heat.metric", document),
    scale: readSetting("heat.scale", document),
  };
}
