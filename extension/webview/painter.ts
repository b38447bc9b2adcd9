import { formatCount, formatPercent } from "../core/format";
import type { FlameItem } from "../core/flameLayout";
import { FrameKind } from "../core/frameKind";
import type { Profile } from "../core/profile";
import { isLibrary, nodeKind, nodeName, shortName, shortPlace } from "./describe";
import type { Paint, Palette } from "./palette";
import {
  BOX_HEIGHT,
  isMuted,
  itemOnScreen,
  itemsOfRow,
  visibleRows,
  type Scene,
  type ScreenBox,
} from "./scene";
import { TextFit } from "./textFit";

const FONT_SIZE = 12;
const PADDING = 6;
const LEAST_TEXT_WIDTH = 26;

/** Boxes from this many CSS pixels have round corners, an outline and perhaps text. */
const WIDE_FROM_WIDTH = 7;

/** Room that a label must have before it gives some away for the share, in CSS pixels. */
const SHARE_FROM_WIDTH = 150;

/** Draws scenes on one canvas. Holds only caches, so that scenes may come in any order. */
export class Painter {
  readonly #context: CanvasRenderingContext2D;
  #palette: Palette;
  #fit: TextFit;
  #boldFit: TextFit;
  #hatch: CanvasPattern | null;
  /** Function index, twice, and 1 more for muted -> paint. */
  readonly #paints = new Map<number, Paint>();
  #paintsProfile: Profile | null = null;

  constructor(context: CanvasRenderingContext2D, palette: Palette) {
    this.#context = context;
    this.#palette = palette;
    this.#fit = this.#makeFit("400");
    this.#boldFit = this.#makeFit("600");
    this.#hatch = makeHatch(context, palette.background);
  }

  usePalette(palette: Palette): void {
    this.#palette = palette;
    this.#paints.clear();
    this.#fit = this.#makeFit("400");
    this.#boldFit = this.#makeFit("600");
    this.#hatch = makeHatch(this.#context, palette.background);
  }

  paint(scene: Scene): void {
    const context = this.#context;
    context.setTransform(scene.pixelRatio, 0, 0, scene.pixelRatio, 0, 0);
    context.clearRect(0, 0, scene.width, scene.height);
    context.textBaseline = "middle";
    // Most boxes of a big picture are narrow, and changing the colour costs more than
    // filling one of them: they wait until all of a colour are together.
    const narrow = new Map<Paint, ScreenBox[]>();
    const [first, end] = visibleRows(scene);
    for (let row = first; row < end; row++) {
      for (const item of itemsOfRow(scene, row)) {
        const box = itemOnScreen(scene, item);
        const paint = this.#paintOf(scene, item);
        if (box.width >= WIDE_FROM_WIDTH) {
          this.#paintWide(scene, item, box, paint);
          continue;
        }
        const alike = narrow.get(paint);
        if (alike === undefined) narrow.set(paint, [box]);
        else alike.push(box);
      }
    }
    for (const [paint, boxes] of narrow) {
      context.fillStyle = paint.outline ?? paint.fill;
      for (const { x, y, width, height } of boxes) context.fillRect(x, y, width, height);
    }
  }

  #paintOf(scene: Scene, item: FlameItem): Paint {
    const { tree } = scene;
    const node = scene.layout.node[item.firstBox]!;
    const muted = isMuted(scene, item);
    if (tree.profile !== this.#paintsProfile) {
      this.#paintsProfile = tree.profile;
      this.#paints.clear();
    }
    const key = tree.functionOf.data[node]! * 2 + (muted ? 1 : 0);
    let paint = this.#paints.get(key);
    if (paint === undefined) {
      paint = this.#palette.paint({
        kind: nodeKind(tree, node),
        isLibrary: isLibrary(tree, node),
        shade: nodeName(tree, node),
        isMuted: muted,
      });
      this.#paints.set(key, paint);
    }
    return paint;
  }

  #paintWide(scene: Scene, item: FlameItem, box: ScreenBox, paint: Paint): void {
    const context = this.#context;
    context.fillStyle = paint.fill;
    context.beginPath();
    context.roundRect(box.x, box.y, box.width, BOX_HEIGHT, 2);
    context.fill();
    const node = scene.layout.node[item.firstBox]!;
    if (item.boxCount > 1) this.#paintRun(item, box, paint, scene.width);
    else this.#paintBox(scene, node, box, paint);
  }

  #paintBox(scene: Scene, node: number, box: ScreenBox, paint: Paint): void {
    const context = this.#context;
    if (paint.outline !== null) {
      context.strokeStyle = paint.outline;
      context.lineWidth = 1;
      context.strokeRect(box.x + 0.5, box.y + 0.5, box.width - 1, BOX_HEIGHT - 1);
    }
    if (paint.stripe !== null && box.width > 12) {
      context.fillStyle = paint.stripe;
      for (let i = 0; i < paint.stripes; i++) {
        context.fillRect(box.x + 2 + i * 4, box.y + 4, 2, BOX_HEIGHT - 8);
      }
    }
    if (box.width >= LEAST_TEXT_WIDTH) this.#paintLabel(scene, node, box, paint);
  }

  #paintLabel(scene: Scene, node: number, box: ScreenBox, paint: Paint): void {
    const { tree } = scene;
    const kind = nodeKind(tree, node);
    const isHead = kind === FrameKind.process || kind === FrameKind.thread;
    const fit = isHead ? this.#boldFit : this.#fit;
    const left = Math.max(box.x, 0) + PADDING + paint.stripes * 4;
    let right = Math.min(box.x + box.width, scene.width) - PADDING;
    if (right - left > SHARE_FROM_WIDTH) {
      const share = formatPercent(tree.share(node));
      right -= this.#fit.width(share);
      this.#write(share, right, box, paint.faintText, "400");
      right -= 10;
    }
    const whole = nodeName(tree, node);
    const isPython = kind === FrameKind.python;
    const fits = !isPython || fit.width(whole) <= right - left;
    const name = fit.fit(fits ? whole : shortName(whole), right - left);
    if (name === "") return;
    this.#write(name, left, box, paint.text, isHead ? "600" : "400");
    const place = isHead ? "" : shortPlace(tree, node);
    const placeLeft = left + fit.width(name) + 8;
    if (place === "" || name.endsWith("…") || right - placeLeft < 40) return;
    this.#write(this.#fit.fit(place, right - placeLeft), placeLeft, box, paint.faintText, "400");
  }

  /** A hatched box stands for more than it can show, and says how many if there is room. */
  #paintRun(item: FlameItem, box: ScreenBox, paint: Paint, sceneWidth: number): void {
    const context = this.#context;
    if (paint.outline !== null) {
      context.fillStyle = paint.outline;
      context.fillRect(box.x, box.y, box.width, BOX_HEIGHT);
    }
    if (this.#hatch !== null) {
      context.fillStyle = this.#hatch;
      context.fillRect(box.x, box.y, box.width, BOX_HEIGHT);
    }
    if (box.width < 60) return;
    const left = Math.max(box.x, 0) + PADDING;
    const right = Math.min(box.x + box.width, sceneWidth) - PADDING;
    const text = this.#fit.fit(`${formatCount(item.boxCount)} narrow frames`, right - left);
    if (text === "") return;
    context.fillStyle = paint.fill;
    context.fillRect(left - 3, box.y + 3, this.#fit.width(text) + 6, BOX_HEIGHT - 6);
    this.#write(text, left, box, paint.text, "400");
  }

  #write(text: string, x: number, box: ScreenBox, color: string, weight: Weight): void {
    this.#context.font = this.#font(weight);
    this.#context.fillStyle = color;
    this.#context.fillText(text, x, box.y + BOX_HEIGHT / 2 + 0.5);
  }

  #makeFit(weight: Weight): TextFit {
    return new TextFit((text) => {
      this.#context.font = this.#font(weight);
      return this.#context.measureText(text).width;
    });
  }

  #font(weight: Weight): string {
    return `${weight} ${FONT_SIZE}px ${this.#palette.fontFamily}`;
  }
}

type Weight = "400" | "600";

/** Diagonal lines of background. */
function makeHatch(context: CanvasRenderingContext2D, color: string): CanvasPattern | null {
  const tile = document.createElement("canvas");
  tile.width = tile.height = 6;
  const brush = tile.getContext("2d");
  if (brush === null) return null;
  brush.strokeStyle = color;
  brush.globalAlpha = 0.55;
  brush.lineWidth = 1.5;
  brush.beginPath();
  for (const shift of [-6, 0, 6]) {
    brush.moveTo(shift, 6);
    brush.lineTo(shift + 6, 0);
  }
  brush.stroke();
  return context.createPattern(tile, "repeat");
}
