import { element } from "./dom";
import { BOX_HEIGHT, type Scene, type ScreenBox } from "./scene";

/** Least width, so that a frame without width is seen, in CSS pixels. */
const WIDTH_LEAST = 5;

/**
 * An outline around a frame: an element over the canvas, because magnifiers and
 * forced colours follow elements, and because moving it draws nothing anew.
 */
export class FrameOutline {
  readonly root: HTMLElement;

  constructor(name: "cursor" | "hover") {
    this.root = element("div", { id: `flame-${name}`, class: name, "aria-hidden": "true" });
    this.root.hidden = true;
  }

  /** Puts it around the visible part of a box; null, or a box out of sight, hides it. */
  place(scene: Scene, box: ScreenBox | null): void {
    const isOut = box === null || box.x >= scene.width || box.x + box.width <= 0;
    this.root.hidden = isOut;
    if (isOut) return;
    const left = Math.max(box.x, 0);
    const right = Math.min(box.x + Math.max(box.width, WIDTH_LEAST), scene.width);
    this.root.style.width = `${right - left}px`;
    this.root.style.height = `${BOX_HEIGHT}px`;
    this.root.style.transform = `translate(${left}px, ${box.y + scene.scrollTop}px)`;
  }
}
