/** The numbers behind a hot line, on hover. Only in documents that show sampled Python. */
import * as vscode from "vscode";
import { formatPercent, formatShare } from "../core/format";
import type { LineHeat } from "../core/lineHeat";
import type { HeatModel } from "./heatModel";
import { lineNeighbours, type Neighbour } from "./lineNeighbours";
import { sourceScheme } from "./sourceUri";
import * as texts from "./texts";
import type { TrackedDocument, TrackedDocuments } from "./trackedDocuments";

/** Neighbours named in a hover; more would hide the code below. */
const NEIGHBOURS_MAX = 3;

export class HeatHover implements vscode.HoverProvider {
  constructor(
    private readonly model: HeatModel,
    private readonly documents: TrackedDocuments,
  ) {}

  register(): vscode.Disposable {
    return vscode.languages.registerHoverProvider(
      [{ language: "python" }, { scheme: sourceScheme }],
      this,
    );
  }

  provideHover(document: vscode.TextDocument, position: vscode.Position): vscode.Hover | undefined {
    const tracked = this.documents.get(document);
    if (tracked === undefined) return undefined;
    for (const heat of this.model.linesOf(tracked.sources)) {
      const place = tracked.alignment.place(heat.line - 1);
      if (place?.line !== position.line) continue;
      const markdown = this.#markdown(tracked, heat, place.isExact);
      return new vscode.Hover(markdown, document.lineAt(position.line).range);
    }
    return undefined;
  }

  #markdown(tracked: TrackedDocument, heat: LineHeat, isExact: boolean): vscode.MarkdownString {
    const { samples } = this.model;
    const markdown = new vscode.MarkdownString();
    markdown.appendMarkdown(`**${texts.hoverSelf}** ${formatShare(heat.self, samples)}  \n`);
    markdown.appendMarkdown(`**${texts.hoverTotal}** ${formatShare(heat.total, samples)}`);
    const { index, selfOfNodes } = this.model;
    if (index !== undefined && selfOfNodes !== undefined) {
      const sources = new Set(tracked.sources);
      const { callers, callees } = lineNeighbours(
        index,
        selfOfNodes,
        (id) =>
          id >= 0 && index.lineNumber.at(id) === heat.line && sources.has(index.lineSource.at(id)),
      );
      this.#append(markdown, texts.hoverCallees, callees);
      this.#append(markdown, texts.hoverCallers, callers);
    }
    if (!isExact) {
      markdown.appendMarkdown("\n\n");
      markdown.appendText(
        tracked.alignment.fidelity === "unknown" ? texts.hoverUnknown : texts.hoverApproximate,
      );
    }
    return markdown;
  }

  #append(markdown: vscode.MarkdownString, head: string, neighbours: readonly Neighbour[]): void {
    const profile = this.model.index?.profile;
    if (profile === undefined || neighbours.length === 0) return;
    markdown.appendMarkdown(`\n\n*${head}*  \n`);
    for (const { functionIndex, samples } of neighbours.slice(0, NEIGHBOURS_MAX)) {
      markdown.appendMarkdown(`${formatPercent(samples / this.model.samples)} `);
      // Names come from the sampled program: text, never markup.
      markdown.appendText(profile.functionName(functionIndex));
      markdown.appendMarkdown("  \n");
    }
  }
}
