import { formatPercent } from "../core/format";
import type { Fact, LineFact, TooltipContent } from "./describe";
import { element } from "./dom";

/** Between the pointer and the box, in CSS pixels. */
const DISTANCE = 14;

/** A box beside the pointer. For eyes only: the status line says the same to screen readers. */
export class Tooltip {
  readonly root = element("div", { id: "flame-tooltip", class: "tooltip", "aria-hidden": "true" });

  constructor() {
    this.root.hidden = true;
  }

  get isShown(): boolean {
    return !this.root.hidden;
  }

  show(content: TooltipContent, x: number, y: number): void {
    this.root.replaceChildren(
      element("div", { class: "tooltip-title" }, content.title),
      element("div", { class: "tooltip-subtitle" }, content.subtitle),
      factTable(content.facts),
      ...(content.lines.length > 0 ? [lineTable(content.lines)] : []),
      element("div", { class: "tooltip-hint" }, content.hint),
    );
    this.root.hidden = false;
    this.move(x, y);
  }

  /** Follows the pointer, on the side where there is room. */
  move(x: number, y: number): void {
    if (this.root.hidden) return;
    const { offsetWidth: width, offsetHeight: height } = this.root;
    const left = x + DISTANCE + width > innerWidth ? x - DISTANCE - width : x + DISTANCE;
    const top = y + DISTANCE + height > innerHeight ? y - DISTANCE - height : y + DISTANCE;
    this.root.style.transform = `translate(${Math.max(4, left)}px, ${Math.max(4, top)}px)`;
  }

  hide(): void {
    this.root.hidden = true;
  }
}

function factTable(facts: readonly Fact[]): HTMLElement {
  const rows = facts.flatMap(({ label, value }) => [
    element("dt", {}, label),
    element("dd", {}, value),
  ]);
  return element("dl", { class: "facts" }, ...rows);
}

function lineTable(lines: readonly LineFact[]): HTMLElement {
  const rows = lines.flatMap(({ label, share }) => {
    const bar = element("span", { class: "bar" });
    bar.style.width = `${share * 100}%`;
    return [
      element("span", { class: "line" }, label),
      element("span", { class: "track" }, bar),
      element("span", { class: "share" }, formatPercent(share)),
    ];
  });
  return element("div", { class: "lines" }, ...rows);
}
