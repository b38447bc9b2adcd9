/** Underlines below the expressions of hot lines. Setting: emberline.heat.expressions. */
import * as vscode from "vscode";
import { expressionsOfLine } from "../core/expressionHeat";
import { heatRulers } from "./contributions";
import { placeExpressions, planUnderlines, type UNDERLINE_SHARES } from "./expressionPlan";
import type { HeatModel } from "./heatModel";
import type { HeatOptions, MarkedLine } from "./heatPlan";
import { pageOf, type TrackedDocument } from "./trackedDocuments";

/**
 * Colour and form of each step: the form tells them apart where the colour cannot.
 * The colours are the ramp's hot end, which every tint lets through.
 */
const STEPS = [
  { heatLevel: 5, width: "2px", style: "dotted" },
  { heatLevel: 6, width: "1px", style: "solid" },
  { heatLevel: 7, width: "2px", style: "solid" },
] as const satisfies { readonly length: (typeof UNDERLINE_SHARES)["length"] };

/** One decoration type a step, for the life of the window. */
export function createUnderlineTypes(): vscode.TextEditorDecorationType[] {
  return STEPS.map(({ heatLevel, width, style }) =>
    vscode.window.createTextEditorDecorationType({
      borderWidth: `0 0 ${width} 0`,
      borderStyle: style,
      borderColor: new vscode.ThemeColor(heatRulers[heatLevel] ?? "foreground"),
      rangeBehavior: vscode.DecorationRangeBehavior.ClosedClosed,
    }),
  );
}

/**
 * The ranges to underline, a list for each step. Only on marked lines, and only
 * where the text is exactly what ran: columns mean nothing in another.
 */
export function underlineRanges(
  model: HeatModel,
  tracked: TrackedDocument,
  marks: readonly MarkedLine[],
  { minimumShare }: HeatOptions,
): vscode.Range[][] {
  const ranges: vscode.Range[][] = STEPS.map(() => []);
  const { index, heat, samples } = model;
  if (index === undefined || heat === undefined || tracked.alignment.fidelity !== "exact") {
    return ranges;
  }
  const page = pageOf(tracked);
  const lines = marks.map(({ line, total }) => ({
    total,
    expressions: placeExpressions(expressionsOfLine(index, heat, tracked.sources, line), page),
  }));
  for (const { line, start, end, step } of planUnderlines(lines, page, minimumShare * samples)) {
    ranges[step]?.push(new vscode.Range(line, start, line, end));
  }
  return ranges;
}
