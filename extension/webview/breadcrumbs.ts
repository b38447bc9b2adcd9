import { ROOT, type CallTree } from "../core/callTree";
import { formatPercent } from "../core/format";
import { nodeName } from "./describe";
import { element, replaceChildren } from "./dom";

/** Callers shown on each side of the gap in a deep path. */
const HEAD = 2;
const TAIL = 3;

/** The way from all samples to what is zoomed to; each step zooms out to it. */
export class Breadcrumbs {
  readonly root = element("nav", {
    id: "flame-crumbs",
    class: "crumbs",
    "aria-label": "Zoomed to",
  });
  readonly #zoomTo: (node: number) => void;
  #shown = "";

  constructor(zoomTo: (node: number) => void) {
    this.#zoomTo = zoomTo;
  }

  update(tree: CallTree, zoomed: number): void {
    const share = formatPercent(tree.share(zoomed));
    const shown = `${zoomed} ${share}`;
    if (shown === this.#shown) return;
    this.#shown = shown;
    const path: number[] = [];
    for (let node = zoomed; node > ROOT; node = tree.parent.at(node)) path.unshift(node);
    const hasGap = path.length > HEAD + TAIL;
    const nodes = hasGap ? [...path.slice(0, HEAD), ...path.slice(-TAIL)] : path;
    const steps = [ROOT, ...nodes].map((node) => this.#step(tree, node, node === zoomed));
    if (hasGap) {
      const hidden = path.length - HEAD - TAIL;
      steps.splice(
        1 + HEAD,
        0,
        element("span", { class: "gap", title: `${hidden} more callers` }, "…"),
      );
    }
    const separated = steps.flatMap((step, i) => (i === 0 ? [step] : [separator(), step]));
    if (zoomed !== ROOT) separated.push(element("span", { class: "share" }, share));
    replaceChildren(this.root, separated);
  }

  #step(tree: CallTree, node: number, isCurrent: boolean): HTMLElement {
    const name = nodeName(tree, node);
    const step = element("button", { type: "button", title: `Zoom out to ${name}` }, name);
    if (isCurrent) step.setAttribute("aria-current", "true");
    step.addEventListener("click", () => this.#zoomTo(node));
    return step;
  }
}

function separator(): HTMLElement {
  return element("span", { class: "separator", "aria-hidden": "true" }, "›");
}
