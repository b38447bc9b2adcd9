import { ROOT, type CallTree } from "../core/callTree";
import { formatPercent } from "../core/format";
import { nodeName } from "./describe";
import { element, replaceChildren } from "./dom";

/** Room that a step of usual length takes, and what is always there, in CSS pixels. */
const STEP_WIDTH = 135;
const ROOT_AND_SHARE_WIDTH = 130;

/** From so many steps on, the first ones (process, thread) are worth their room. */
const HEAD_FROM_STEPS = 5;

/** The way from all samples to what is zoomed to; each step zooms out to it. */
export class Breadcrumbs {
  readonly root = element("nav", {
    id: "flame-crumbs",
    class: "crumbs",
    "aria-label": "Zoomed to",
  });
  readonly #zoomTo: (node: number) => void;
  #place: { readonly tree: CallTree; readonly node: number } | null = null;
  #shown = "";

  constructor(zoomTo: (node: number) => void) {
    this.#zoomTo = zoomTo;
    new ResizeObserver(() => this.#render()).observe(this.root);
  }

  update(tree: CallTree, zoomed: number): void {
    this.#place = { tree, node: zoomed };
    this.#render();
  }

  #render(): void {
    if (this.#place === null) return;
    const { tree, node: zoomed } = this.#place;
    const share = formatPercent(tree.share(zoomed));
    const width = this.root.clientWidth - ROOT_AND_SHARE_WIDTH;
    const room = Math.max(1, Math.floor(width / STEP_WIDTH));
    const shown = `${zoomed} ${share} ${room}`;
    if (shown === this.#shown) return;
    this.#shown = shown;
    const { head, hidden, tail } = partOf(pathTo(tree, zoomed), room);
    const toStep = (node: number) => this.#step(tree, node, node === zoomed);
    const steps = [ROOT, ...head].map(toStep);
    if (hidden > 0) {
      steps.push(element("span", { class: "gap", title: `${hidden} more callers` }, "…"));
    }
    steps.push(...tail.map(toStep));
    const children = steps.flatMap((step, i) => (i === 0 ? [step] : [separator(), step]));
    if (zoomed !== ROOT) children.push(element("span", { class: "share" }, share));
    replaceChildren(this.root, children);
  }

  #step(tree: CallTree, node: number, isCurrent: boolean): HTMLElement {
    const name = nodeName(tree, node);
    const step = element("button", { type: "button", title: `Zoom out to ${name}` }, name);
    if (isCurrent) step.setAttribute("aria-current", "true");
    step.addEventListener("click", () => this.#zoomTo(node));
    return step;
  }
}

function pathTo(tree: CallTree, node: number): number[] {
  const path: number[] = [];
  for (let up = node; up > ROOT; up = tree.parent.at(up)) path.unshift(up);
  return path;
}

/** What of a path is shown where there is room for so many steps. */
function partOf(path: readonly number[], room: number) {
  if (path.length <= room) return { head: path, hidden: 0, tail: [] };
  const headLength = room >= HEAD_FROM_STEPS ? 2 : 0;
  const tailLength = Math.max(1, room - headLength);
  return {
    head: path.slice(0, headLength),
    hidden: path.length - headLength - tailLength,
    tail: path.slice(-tailLength),
  };
}

function separator(): HTMLElement {
  return element("span", { class: "separator", "aria-hidden": "true" }, "›");
}
