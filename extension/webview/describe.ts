import { ROOT, type CallTree } from "../core/callTree";
import {
  formatConfidence,
  formatCount,
  formatDurationNs,
  formatPercent,
  formatPlural,
  samplesToNs,
} from "../core/format";
import { FrameKind, kindName } from "../core/frameKind";
import type { FlameItem, FlameLayout } from "../core/flameLayout";
import type { SearchResult } from "../core/flameSearch";

/** Where a frame's code is, for people: "app.py", "libssl.so.3"; "" when there is nothing to say. */
export function shortPlace(tree: CallTree, node: number): string {
  const place = longPlace(tree, node);
  return place.slice(place.lastIndexOf("/") + 1);
}

/** The whole path of the file or module. */
export function longPlace(tree: CallTree, node: number): string {
  if (node === ROOT) return "";
  const functionIndex = tree.functionOf.at(node);
  const { profile } = tree;
  return profile.functionPath(functionIndex) ?? profile.functionModule(functionIndex) ?? "";
}

export function nodeName(tree: CallTree, node: number): string {
  return node === ROOT ? "All samples" : tree.profile.functionName(tree.functionOf.at(node));
}

/** The kind of a node's function; the root counts as a process. */
export function nodeKind(tree: CallTree, node: number): number {
  return node === ROOT ? FrameKind.process : tree.profile.functionKind(tree.functionOf.at(node));
}

/** The name without the classes and functions around it: what to show where room is short. */
export function shortName(name: string): string {
  return name.slice(name.lastIndexOf(".") + 1);
}

const LIBRARY = /\/(?:site|dist)-packages\/|\/lib(?:64)?\/python\d|\.zip\/|^</;

/** Whether a Python function came with the interpreter or was installed, to tell it from the program's own. */
export function isLibrary(tree: CallTree, node: number): boolean {
  if (node === ROOT) return false;
  const path = tree.profile.functionPath(tree.functionOf.at(node));
  return path !== null && LIBRARY.test(path);
}

/** Where a Python frame's code is. */
export interface OpenPlace {
  readonly source: number;
  readonly remotePath: string;
  readonly line: number;
  readonly functionName: string;
}

/** Whether a frame has code that can be opened: Python with a file. Costs nothing. */
export function canOpen(tree: CallTree, node: number): boolean {
  if (node === ROOT) return false;
  const functionIndex = tree.functionOf.at(node);
  return (
    tree.profile.functionKind(functionIndex) === FrameKind.python &&
    tree.profile.functions.source.at(functionIndex) >= 0
  );
}

/** What a frame opens: its hottest line, one pass over the profile; null when it has no code. */
export function openPlace(tree: CallTree, node: number): OpenPlace | null {
  if (!canOpen(tree, node)) return null;
  const functionIndex = tree.functionOf.at(node);
  const source = tree.profile.functions.source.at(functionIndex);
  const firstLine = tree.profile.functions.firstLine.at(functionIndex);
  return {
    source,
    remotePath: tree.profile.remotePath(source),
    line: tree.linesOf(node)[0]?.line ?? Math.max(firstLine, 1),
    functionName: tree.profile.functionName(functionIndex),
  };
}

/** A label and its value, as the tooltip lists them. */
export interface Fact {
  readonly label: string;
  readonly value: string;
}

/** The figures of a frame. */
export function nodeFacts(tree: CallTree, node: number, frequencyHz: number): Fact[] {
  const all = tree.total.at(ROOT);
  const facts = [{ label: "Total", value: figure(tree.total.at(node), all, frequencyHz) }];
  if (node !== ROOT && (!tree.options.inverted || tree.depth.at(node) === 1)) {
    facts.push({ label: "Self", value: figure(tree.self(node), all, frequencyHz) });
  }
  return facts;
}

function figure(samples: number, all: number, frequencyHz: number): string {
  if (samples === 0) return "0%";
  const share = samples / all;
  const time = frequencyHz > 0 ? ` · ${formatDurationNs(samplesToNs(samples, frequencyHz))}` : "";
  const confidence = share < 1 ? ` ${formatConfidence(samples, all)}` : "";
  return `${formatPercent(share)}${confidence} · ${formatPlural(samples, "sample")}${time}`;
}

/** A line executing in a frame. */
export interface LineFact {
  readonly line: number;
  /** "app.py:42". */
  readonly label: string;
  /** Part of the frame's samples, 0 to 1. */
  readonly share: number;
}

/** The lines executing in a frame, hottest first; none for a frame without code. */
export function lineFacts(tree: CallTree, node: number, limit: number): LineFact[] {
  if (!canOpen(tree, node)) return [];
  const file = shortPlace(tree, node);
  const total = tree.total.at(node);
  return tree
    .linesOf(node)
    .slice(0, limit)
    .map(({ line, samples }) => ({
      line,
      label: `${file}:${line}`,
      share: total === 0 ? 0 : samples / total,
    }));
}

/** What is under the pointer. */
export interface TooltipContent {
  readonly title: string;
  readonly subtitle: string;
  readonly facts: readonly Fact[];
  readonly lines: readonly LineFact[];
  readonly hint: string;
}

const TOOLTIP_LINES = 5;

/** Explains a drawn item: a frame, or a run of frames too narrow to draw one by one. */
export function describeItem(
  tree: CallTree,
  layout: FlameLayout,
  item: FlameItem,
  frequencyHz: number,
): TooltipContent {
  const node = layout.node[item.firstBox]!;
  if (item.boxCount > 1) return describeRun(tree, layout, item, frequencyHz);
  const lines = lineFacts(tree, node, TOOLTIP_LINES);
  const opens = lines[0] === undefined ? "" : `Click opens ${lines[0].label} · `;
  const kind = isLibrary(tree, node) ? "Python library" : kindName(nodeKind(tree, node));
  return {
    title: nodeName(tree, node),
    subtitle: node === ROOT ? "" : [kind, longPlace(tree, node)].filter(Boolean).join(" · "),
    facts: nodeFacts(tree, node, frequencyHz),
    lines,
    hint: node === ROOT ? "Double-click resets the zoom" : `${opens}Double-click zooms`,
  };
}

function describeRun(
  tree: CallTree,
  layout: FlameLayout,
  item: FlameItem,
  frequencyHz: number,
): TooltipContent {
  let samples = 0;
  for (let box = item.firstBox; box < item.firstBox + item.boxCount; box++) {
    samples += tree.total.at(layout.node[box]!);
  }
  return {
    title: `${formatCount(item.boxCount)} frames too narrow to draw`,
    subtitle: `${nodeName(tree, layout.node[item.firstBox]!)} and others`,
    facts: [{ label: "Total", value: figure(samples, tree.total.at(ROOT), frequencyHz) }],
    lines: [],
    hint: "Double-click zooms to them",
  };
}

/** One sentence for the frame under the cursor: what a screen reader says. */
export function speakNode(tree: CallTree, node: number): string {
  const total = formatPercent(tree.share(node));
  if (node === ROOT) return `All samples, ${formatCount(tree.total.at(ROOT))}.`;
  const place = openPlace(tree, node);
  const where =
    place === null ? shortPlace(tree, node) : `${shortPlace(tree, node)} line ${place.line}`;
  const parts = [nodeName(tree, node), kindName(nodeKind(tree, node)), where, `${total} total`];
  if (!tree.options.inverted) parts.push(`${formatPercent(share(tree, tree.self(node)))} self`);
  parts.push(`level ${tree.depth.at(node) + 1}`);
  return `${parts.filter(Boolean).join(", ")}.`;
}

/** "3 of 17 · 45.2%", "17 matches · 45.2%", "no match". */
export function describeSearch(search: SearchResult, cursor: number): string {
  const { matches } = search;
  if (matches.length === 0) return "no match";
  const at = matches.indexOf(cursor);
  const share = formatPercent(search.share);
  return at < 0
    ? `${formatPlural(matches.length, "match", "matches")} · ${share}`
    : `${formatCount(at + 1)} of ${formatCount(matches.length)} · ${share}`;
}

function share(tree: CallTree, samples: number): number {
  const all = tree.total.at(ROOT);
  return all === 0 ? 0 : samples / all;
}
