/** The tables of a line's hover as Markdown: pure, no editor. */
import { formatPercentShort } from "../core/format";
import type { NativeCost } from "../core/nativeBreakdown";
import { barColors } from "./contributions";
import { expressionText, isWholeLine, type Page, type PlacedExpression } from "./expressionPlan";
import { bar, code, escapeText, quiet, table } from "./markdown";
import * as texts from "./texts";

/** Rows of a table; what is below is summed up, as the code under the hover is still wanted. */
const COSTS_MAX = 8;
const EXPRESSIONS_MAX = 5;

/** Callers named in a row. */
const CALLERS_MAX = 2;

/** Below this share of a line an expression is not worth a row. */
const EXPRESSION_SHARE_MIN = 0.01;

/** Which C functions a line's own samples were in. `self` is the line's: what the shares are of. */
export function costTable(costs: readonly NativeCost[], self: number): string {
  const shown = costs.slice(0, COSTS_MAX);
  const rest = costs.slice(COSTS_MAX);
  const rows = shown.map((cost) => costRow(cost, cost.samples / self));
  if (rest.length > 0) {
    const samples = rest.reduce((sum, cost) => sum + cost.samples, 0);
    const more = texts.hoverMore(rest.length, formatPercentShort(samples / self));
    rows.push(["", "", quiet(more)]);
  }
  const isKernelOnly = costs.every(({ kind }) => kind === "kernel");
  return table(isKernelOnly ? texts.hoverKernelOnly : texts.hoverCosts, rows);
}

function costRow(cost: NativeCost, share: number): string[] {
  const color =
    cost.kind === "native" || cost.kind === "kernel" ? barColors[cost.kind] : barColors.python;
  return [
    formatPercentShort(share),
    bar(share, color),
    `${costName(cost)} ${costDetail(cost)}`.trim(),
  ];
}

function costName({ kind, name }: NativeCost): string {
  switch (kind) {
    case "native":
      return code(name);
    case "kernel":
      return `${escapeText(texts.hoverKernel)} ${code(name)}`;
    case "python":
      return escapeText(texts.hoverPython);
    case "unread":
      return escapeText(texts.hoverUnread(name));
  }
}

/** Module and callers: "libc.so.6, in PyUnicode_Append". Code without a symbol is named by its file. */
function costDetail({ name, module, callers, isEvaluator }: NativeCost): string {
  const file = module?.slice(module.lastIndexOf("/") + 1) ?? "";
  const named = callers.slice(0, CALLERS_MAX).join(", ");
  const more = callers.length > CALLERS_MAX ? "…" : "";
  const parts = [
    module !== null && file === name ? texts.hoverNoSymbol : file,
    isEvaluator ? texts.hoverEvaluator : "",
    named === "" ? "" : texts.hoverCallerOf(`${named}${more}`),
  ];
  return quiet(parts.filter(Boolean).join(", "));
}

/**
 * Which parts of a line burned, of its `total`. Nothing where there is nothing to
 * tell apart: one expression that is the whole line.
 */
export function expressionTable(
  expressions: readonly PlacedExpression[],
  page: Page,
  total: number,
): string {
  const [first] = expressions;
  if (expressions.length === 1 && first !== undefined && isWholeLine(first, page)) return "";
  const shown = expressions
    .filter(({ heat }) => heat.total / total >= EXPRESSION_SHARE_MIN)
    .slice(0, EXPRESSIONS_MAX);
  const rows = shown.map((expression) => {
    const { self, total: through } = expression.heat;
    const own = texts.hoverExpressionSelf(formatPercentShort(self / total));
    return [
      formatPercentShort(through / total),
      bar(through / total, barColors.python),
      `${code(expressionText(expression, page))} ${quiet(self === through ? "" : own)}`.trim(),
    ];
  });
  const rest = expressions.slice(shown.length);
  if (rest.length > 0 && shown.length > 0) {
    const samples = rest.reduce((sum, { heat }) => sum + heat.total, 0);
    const more = texts.hoverMore(rest.length, formatPercentShort(samples / total));
    rows.push(["", "", quiet(more)]);
  }
  return table(texts.hoverExpressions, rows);
}
