/** The numbers behind a hot line, on hover. Only in documents that show sampled Python. */
import * as vscode from "vscode";
import { expressionsOfLine } from "../core/expressionHeat";
import { formatPercent, formatShare } from "../core/format";
import type { LineHeat } from "../core/lineHeat";
import { nativeBreakdown } from "../core/nativeBreakdown";
import type { StackIndex } from "../core/stackIndex";
import { placeExpressions } from "./expressionPlan";
import type { HeatModel } from "./heatModel";
import { costTable, expressionTable } from "./hoverTables";
import { lineNeighbours, type Neighbour } from "./lineNeighbours";
import { escapeText } from "./markdown";
import { sourceScheme } from "./sourceUri";
import * as texts from "./texts";
import { pageOf, type TrackedDocument, type TrackedDocuments } from "./trackedDocuments";

/** Neighbours named in a hover; more would hide the code below. */
const NEIGHBOURS_MAX = 3;

/** What of a hover takes passes over the profile, for the line that is hovered again and again. */
interface Remembered {
  readonly revision: number;
  readonly tracked: TrackedDocument;
  readonly line: number;
  readonly stacks: Stacks;
}

/** Markdown of what takes all stacks to know. */
interface Stacks {
  readonly costs: string;
  readonly neighbours: string;
}

export class HeatHover implements vscode.HoverProvider {
  #remembered: Remembered | undefined;

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
    // Not trusted: no command runs from it. HTML is for colours; all names are escaped.
    const markdown = new vscode.MarkdownString();
    markdown.supportHtml = true;
    markdown.appendMarkdown(`**${texts.hoverSelf}** ${formatShare(heat.self, samples)}  \n`);
    markdown.appendMarkdown(`**${texts.hoverTotal}** ${formatShare(heat.total, samples)}`);
    const { costs, neighbours } = this.#stacks(tracked, heat);
    markdown.appendMarkdown([costs, this.#expressions(tracked, heat), neighbours].join(""));
    if (!isExact) {
      markdown.appendMarkdown("\n\n");
      markdown.appendText(
        tracked.alignment.fidelity === "unknown" ? texts.hoverUnknown : texts.hoverApproximate,
      );
    }
    return markdown;
  }

  #expressions(tracked: TrackedDocument, { line, total }: LineHeat): string {
    const { index, heat } = this.model;
    if (index === undefined || heat === undefined) return "";
    const page = pageOf(tracked);
    const expressions = expressionsOfLine(index, heat, tracked.sources, line);
    return expressionTable(placeExpressions(expressions, page), page, total);
  }

  #stacks(tracked: TrackedDocument, heat: LineHeat): Stacks {
    const { index, selfOfNodes, revision } = this.model;
    if (index === undefined || selfOfNodes === undefined) return { costs: "", neighbours: "" };
    const known = this.#remembered;
    if (known?.revision === revision && known.tracked === tracked && known.line === heat.line) {
      return known.stacks;
    }
    const ids = new Set(tracked.sources.map((source) => index.lineAt(source, heat.line)));
    const isLine = (id: number) => id >= 0 && ids.has(id);
    const { callers, callees } = lineNeighbours(index, selfOfNodes, isLine);
    const stacks = {
      costs: costTable(nativeBreakdown(index, selfOfNodes, isLine), heat.self),
      neighbours: [
        this.#neighbours(index, texts.hoverCallees, callees),
        this.#neighbours(index, texts.hoverCallers, callers),
      ].join(""),
    };
    this.#remembered = { revision, tracked, line: heat.line, stacks };
    return stacks;
  }

  #neighbours({ profile }: StackIndex, head: string, neighbours: readonly Neighbour[]): string {
    if (neighbours.length === 0) return "";
    const rows = neighbours.slice(0, NEIGHBOURS_MAX).map(({ functionIndex, samples }) => {
      const name = escapeText(profile.functionName(functionIndex));
      return `${formatPercent(samples / this.model.samples)} ${name}  \n`;
    });
    return `\n\n*${head}*  \n${rows.join("")}`;
  }
}
