import { rowCount, type FlameItem, type Span } from "../core/flameLayout";
import { element } from "./dom";
import type { FlameModel } from "./flameModel";
import { FrameOutline } from "./frameOutline";
import type { Palette } from "./palette";
import { Painter } from "./painter";
import { boxOnScreen, itemAt, itemOnScreen, ROW_HEIGHT, type Scene } from "./scene";

/** Duration of a move from one zoom to another. */
const ZOOM_MS = 160;

/** Rows of callers left visible above what is zoomed to. */
const ROWS_ABOVE_ZOOM = 2;

const LABEL =
  "Flame graph. Arrow keys move between frames, Enter opens the source, Z zooms, Backspace zooms out, slash searches, Escape resets.";

/**
 * The picture of a model: a canvas that stays in place while a scroll bar as tall
 * as the graph moves what it shows, with outlines for cursor and pointer above it.
 */
export class FlameCanvas {
  readonly root: HTMLElement;
  readonly canvas = element("canvas", {
    id: "flame-canvas",
    tabindex: "0",
    role: "application",
    "aria-roledescription": "flame graph",
    "aria-label": LABEL,
    // VS Code would offer to cut and paste.
    "data-vscode-context": '{"preventDefaultContextMenuItems": true}',
  });
  readonly #spacer = element("div", { class: "spacer" });
  readonly #cursorOutline = new FrameOutline("cursor");
  readonly #hoverOutline = new FrameOutline("hover");
  readonly #model: FlameModel;
  readonly #painter: Painter;
  #hover: FlameItem | null = null;
  /** The stretch on screen, which a transition leads from one window to another. */
  #shown: Span = { x0: 0, x1: 1 };
  #transition: { readonly from: Span; readonly startMs: number } | null = null;
  #isFramePending = false;

  constructor(model: FlameModel, palette: Palette) {
    this.#model = model;
    const context = this.canvas.getContext("2d");
    if (context === null) throw new Error("this browser draws no canvas");
    this.#painter = new Painter(context, palette);
    this.root = element(
      "div",
      { id: "flame-scroller", class: "scroller" },
      this.canvas,
      this.#spacer,
      this.#hoverOutline.root,
      this.#cursorOutline.root,
    );
    this.#observeSize();
    this.root.addEventListener("scroll", () => this.invalidate(), { passive: true });
  }

  usePalette(palette: Palette): void {
    this.#painter.usePalette(palette);
    this.invalidate();
  }

  /** Draws what the model now shows; `from` is given to move there instead of jumping. */
  update(move: "jump" | "glide" = "jump"): void {
    const to = this.#model.window();
    const isStill =
      move === "jump" ||
      (to.x0 === this.#shown.x0 && to.x1 === this.#shown.x1) ||
      prefersStillness();
    // Samples that arrive in the middle of a move only shift where it ends.
    const goesOn = move === "jump" && this.#transition !== null;
    if (!goesOn) {
      this.#transition = isStill ? null : { from: this.#shown, startMs: performance.now() };
      if (isStill) this.#shown = to;
    }
    this.#layoutScroll();
    this.invalidate();
  }

  /** Ends a move at once, for a gesture that moves by itself. */
  updateNow(): void {
    this.#transition = null;
    this.update();
  }

  setHover(item: FlameItem | null): void {
    this.#hover = item;
    if (this.#width > 0) this.#placeOutlines(this.#scene());
  }

  /** What is drawn at a point of the canvas, in CSS pixels. */
  itemAt(x: number, y: number): FlameItem | null {
    return this.#width === 0 ? null : itemAt(this.#scene(), x, y);
  }

  /** The point of unit space at an x of the canvas. */
  unitAt(x: number): number {
    const { x0, x1 } = this.#shown;
    return x0 + (x / this.#width) * (x1 - x0);
  }

  /** Where a box's visible part has its middle, in CSS pixels; the canvas's middle for none. */
  middleOf(node: number): number {
    const box = this.#model.layout.boxOf[node] ?? -1;
    if (box < 0) return this.#width / 2;
    const { x, width } = boxOnScreen(this.#scene(), box);
    return (Math.max(x, 0) + Math.min(x + width, this.#width)) / 2;
  }

  /** Scrolls as little as it takes to see a row. */
  scrollToRow(row: number): void {
    const top = row * ROW_HEIGHT;
    const { scrollTop, clientHeight } = this.root;
    if (top < scrollTop) this.root.scrollTop = top;
    else if (top + ROW_HEIGHT > scrollTop + clientHeight) {
      this.root.scrollTop = top + ROW_HEIGHT - clientHeight;
    }
  }

  /** Brings the zoomed row near the top, for what it called is what the reader came for. */
  scrollToZoom(): void {
    const top = this.#model.tree.depth.at(this.#model.zoom.node) * ROW_HEIGHT;
    const { scrollTop, clientHeight } = this.root;
    const isInUpperHalf = top >= scrollTop && top < scrollTop + clientHeight / 2;
    if (!isInUpperHalf) this.root.scrollTop = top - ROWS_ABOVE_ZOOM * ROW_HEIGHT;
  }

  scrollBy(pixels: number): void {
    this.root.scrollTop += pixels;
  }

  invalidate(): void {
    if (this.#isFramePending) return;
    this.#isFramePending = true;
    requestAnimationFrame(() => {
      this.#isFramePending = false;
      this.#stepTransition();
      this.#draw();
    });
  }

  get #width(): number {
    return this.canvas.clientWidth;
  }

  #stepTransition(): void {
    if (this.#transition === null) return;
    const { from, startMs } = this.#transition;
    const to = this.#model.window();
    const done = Math.min((performance.now() - startMs) / ZOOM_MS, 1);
    const eased = 1 - (1 - done) ** 3;
    this.#shown = {
      x0: from.x0 + (to.x0 - from.x0) * eased,
      x1: from.x1 + (to.x1 - from.x1) * eased,
    };
    if (done < 1) {
      this.invalidate();
      return;
    }
    this.#transition = null;
    this.#shown = to;
  }

  #observeSize(): void {
    const observer = new ResizeObserver(([entry]) => {
      // Safari has no such size, and says so when it is asked for.
      const size = entry?.devicePixelContentBoxSize?.[0];
      this.#resize(size?.inlineSize, size?.blockSize);
    });
    try {
      observer.observe(this.canvas, { box: "device-pixel-content-box" });
    } catch {
      observer.observe(this.canvas);
    }
  }

  #resize(observedWidth: number | undefined, observedHeight: number | undefined): void {
    this.canvas.width = devicePixels(observedWidth, this.canvas.clientWidth);
    this.canvas.height = devicePixels(observedHeight, this.canvas.clientHeight);
    this.#layoutScroll();
    // Setting a canvas's size clears it; waiting for the next frame would flicker.
    this.#draw();
  }

  #layoutScroll(): void {
    const content = rowCount(this.#model.layout) * ROW_HEIGHT + ROW_HEIGHT / 2;
    this.#spacer.style.height = `${Math.max(0, content - this.root.clientHeight)}px`;
  }

  #draw(): void {
    if (this.#width === 0 || this.canvas.width === 0) return;
    const scene = this.#scene();
    this.#painter.paint(scene);
    this.#placeOutlines(scene);
  }

  #scene(): Scene {
    const { tree, layout, search, zoom } = this.#model;
    return {
      tree,
      layout,
      search,
      window: this.#shown,
      width: this.#width,
      height: this.canvas.clientHeight,
      scrollTop: this.root.scrollTop,
      pixelRatio: this.canvas.width / this.#width,
      zoomDepth: tree.depth.at(zoom.node),
    };
  }

  #placeOutlines(scene: Scene): void {
    const cursor = this.#model.layout.boxOf[this.#model.cursor] ?? -1;
    this.#cursorOutline.place(scene, cursor < 0 ? null : boxOnScreen(scene, cursor));
    this.#hoverOutline.place(scene, this.#hover && itemOnScreen(scene, this.#hover));
  }
}

/** The system's wish, or the editor's setting `workbench.reduceMotion`, which VS Code puts on the body. */
function prefersStillness(): boolean {
  return (
    document.body.classList.contains("vscode-reduce-motion") ||
    matchMedia("(prefers-reduced-motion: reduce)").matches
  );
}

/**
 * A length in device pixels: as observed, because only that is right to the pixel
 * when the ratio is fractional. Where a tool emulates the ratio, Chromium observes
 * CSS pixels instead, and the picture would be half as sharp as the text beside it.
 */
function devicePixels(observed: number | undefined, cssPixels: number): number {
  const computed = Math.round(cssPixels * devicePixelRatio);
  return observed !== undefined && Math.abs(observed - computed) <= 1 ? observed : computed;
}
