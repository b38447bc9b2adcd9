import type { FlameItem } from "../core/flameLayout";
import type { TooltipContent } from "./describe";
import type { FlameCanvas } from "./flameCanvas";
import { Tooltip } from "./tooltip";

/**
 * How long the pointer rests before a frame is explained: its lines take a pass
 * over the profile, which is not to be made for every frame that is crossed.
 */
const REST_MS = 120;

/** Explains what the pointer rests on. Points are CSS pixels of the canvas. */
export class HoverTip {
  readonly #canvas: HTMLCanvasElement;
  readonly #tooltip = new Tooltip();
  readonly #describe: (item: FlameItem) => TooltipContent;
  #item: FlameItem | null = null;
  #point = { x: 0, y: 0 };
  #timer = 0;

  constructor(canvas: HTMLCanvasElement, describe: (item: FlameItem) => TooltipContent) {
    this.#canvas = canvas;
    this.#describe = describe;
  }

  get root(): HTMLElement {
    return this.#tooltip.root;
  }

  /** The pointer is over an item, or over none; true when it was over another before. */
  moveTo(item: FlameItem | null, x: number, y: number): boolean {
    this.#point = { x, y };
    const isSame =
      item?.firstBox === this.#item?.firstBox && item?.boxCount === this.#item?.boxCount;
    if (isSame) {
      this.#tooltip.move(...this.#pagePoint());
      return false;
    }
    this.leave();
    this.#item = item;
    if (item !== null) this.#timer = window.setTimeout(() => this.#show(item), REST_MS);
    return true;
  }

  leave(): void {
    clearTimeout(this.#timer);
    this.#item = null;
    this.#tooltip.hide();
  }

  /** Samples arrived: what is under the resting pointer may be something else now. */
  refresh(graph: FlameCanvas): void {
    if (!this.#tooltip.isShown) return;
    this.#item = graph.itemAt(this.#point.x, this.#point.y);
    graph.setHover(this.#item);
    if (this.#item === null) this.#tooltip.hide();
    else this.#show(this.#item);
  }

  #show(item: FlameItem): void {
    this.#tooltip.show(this.#describe(item), ...this.#pagePoint());
  }

  #pagePoint(): [number, number] {
    const { left, top } = this.#canvas.getBoundingClientRect();
    return [left + this.#point.x, top + this.#point.y];
  }
}
