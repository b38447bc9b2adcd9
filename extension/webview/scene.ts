import type { CallTree } from "../core/callTree";
import {
  rowCount,
  visibleItems,
  type FlameItem,
  type FlameLayout,
  type Span,
} from "../core/flameLayout";
import type { SearchResult } from "../core/flameSearch";

/** Height of a row in CSS pixels, the gap below the box included. */
export const ROW_HEIGHT = 21;
export const BOX_HEIGHT = ROW_HEIGHT - 1;

/** Boxes narrower than this many CSS pixels are drawn as one with their neighbours. */
const LEAST_BOX_WIDTH = 1;

/** What a picture is of and where. Lengths are CSS pixels, from the canvas's corner. */
export interface Scene {
  readonly tree: CallTree;
  readonly layout: FlameLayout;
  /** The stretch of unit space that fills the width. */
  readonly window: Span;
  readonly width: number;
  readonly height: number;
  readonly scrollTop: number;
  /** Device pixels per CSS pixel. */
  readonly pixelRatio: number;
  /** Depth of the node zoomed to: what is above it is context. */
  readonly zoomDepth: number;
  readonly search: SearchResult | null;
}

/** A rectangle in CSS pixels. */
export interface ScreenBox {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Rows that reach into the canvas: from the first to before the second. */
export function visibleRows({ scrollTop, height, layout }: Scene): readonly [number, number] {
  const first = Math.max(0, Math.floor(scrollTop / ROW_HEIGHT));
  const end = Math.ceil((scrollTop + height) / ROW_HEIGHT);
  return [first, Math.min(end, rowCount(layout))];
}

/** What a row shows, as it is drawn: never more items than pixels. */
export function itemsOfRow(scene: Scene, row: number): FlameItem[] {
  return visibleItems(scene.layout, row, scene.window, LEAST_BOX_WIDTH / scale(scene));
}

/** What is drawn at a point; null for the background. */
export function itemAt(scene: Scene, x: number, y: number): FlameItem | null {
  const row = Math.floor((y + scene.scrollTop) / ROW_HEIGHT);
  const at = scene.window.x0 + x / scale(scene);
  // A lone narrow box is drawn a pixel wide, so that much beside it still means it.
  const least = LEAST_BOX_WIDTH / scale(scene);
  const hit = ({ x0, x1 }: FlameItem) => at >= x0 && at < Math.max(x1, x0 + least);
  return itemsOfRow(scene, row).find(hit) ?? null;
}

/** Where a box is, drawn or not. */
export function boxOnScreen(scene: Scene, box: number): ScreenBox {
  const { layout } = scene;
  return itemOnScreen(scene, {
    firstBox: box,
    boxCount: 1,
    x0: layout.x0[box]!,
    x1: layout.x1[box]!,
  });
}

/**
 * Where an item is drawn. Edges lie on device pixels, so that they are sharp and
 * neighbours meet without a seam; a gap of background keeps wide ones apart.
 */
export function itemOnScreen(scene: Scene, item: FlameItem): ScreenBox {
  // Edges far outside are cut off: a canvas loses precision beyond some 10^5 pixels.
  const margin = 8;
  const toPixel = (x: number) =>
    snap(scene, clamp((x - scene.window.x0) * scale(scene), -margin, scene.width + margin));
  const x = toPixel(item.x0);
  const width = toPixel(item.x1) - x;
  const onePixel = 1 / scene.pixelRatio;
  const gap = width >= 4 ? snap(scene, 1) : width >= 2 ? onePixel : 0;
  return {
    x,
    y: snap(scene, rowOfItem(scene, item) * ROW_HEIGHT - scene.scrollTop),
    width: Math.max(width - gap, onePixel),
    height: BOX_HEIGHT,
  };
}

export function rowOfItem({ tree, layout }: Scene, item: FlameItem): number {
  return tree.depth.at(layout.node[item.firstBox]!);
}

/** Whether an item is context: above what is zoomed to, or without a match of the search. */
export function isMuted(scene: Scene, item: FlameItem): boolean {
  if (scene.search !== null) return !hasMatch(scene.search, scene.layout, item);
  return rowOfItem(scene, item) < scene.zoomDepth;
}

function hasMatch(search: SearchResult, layout: FlameLayout, item: FlameItem): boolean {
  for (let box = item.firstBox; box < item.firstBox + item.boxCount; box++) {
    if (search.isMatch[layout.node[box]!] === 1) return true;
  }
  return false;
}

/** CSS pixels per unit space. */
function scale(scene: Scene): number {
  return scene.width / (scene.window.x1 - scene.window.x0);
}

function snap({ pixelRatio }: Scene, length: number): number {
  return Math.round(length * pixelRatio) / pixelRatio;
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(Math.max(value, least), most);
}
