import { ROOT, type CallTree } from "../core/callTree";
import type { FlameItem, FlameLayout, Span } from "../core/flameLayout";

const WHOLE: Span = { x0: 0, x1: 1 };

/**
 * What is shown: a part of a node's box, and not of the whole picture, so that
 * the reader's place stays with the node while samples arrive and every box shifts.
 */
export interface Zoom {
  readonly node: number;
  /** 0 is the box's left edge, 1 its right one. */
  readonly part: Span;
}

export const UNZOOMED: Zoom = { node: ROOT, part: WHOLE };

/** Narrowest window in unit space: a double near 1 still tells 1e-5 of it apart. */
const LEAST_WINDOW = 1e-11;

/** The node's box from edge to edge. */
export function zoomOnNode(node: number): Zoom {
  return { node, part: WHOLE };
}

export function isZoomed({ node, part }: Zoom): boolean {
  return node !== ROOT || part.x0 > 0 || part.x1 < 1;
}

/** The stretch of unit space that a zoom shows; everything when its node has no samples. */
export function windowOf(layout: FlameLayout, { node, part }: Zoom): Span {
  const box = layout.boxOf[node] ?? -1;
  if (box < 0) return WHOLE;
  const x0 = layout.x0[box]!;
  const width = layout.x1[box]! - x0;
  return { x0: x0 + part.x0 * width, x1: x0 + part.x1 * width };
}

/** Zooms to what was drawn: a box, or the stretch that a run of narrow boxes covers. */
export function zoomOnItem(tree: CallTree, layout: FlameLayout, item: FlameItem): Zoom {
  const first = layout.node[item.firstBox]!;
  if (item.boxCount === 1) return zoomOnNode(first);
  const last = layout.node[item.firstBox + item.boxCount - 1]!;
  return zoomOnSpan(tree, layout, commonAncestor(tree, first, last), item);
}

/** Makes everything `factor` times as wide around a point of unit space. */
export function zoomAround(
  tree: CallTree,
  layout: FlameLayout,
  zoom: Zoom,
  factor: number,
  centre: number,
): Zoom {
  const { x0, x1 } = windowOf(layout, zoom);
  const span = {
    x0: Math.max(0, centre - (centre - x0) / factor),
    x1: Math.min(1, centre + (x1 - centre) / factor),
  };
  return span.x1 - span.x0 < LEAST_WINDOW ? zoom : zoomOnSpan(tree, layout, zoom.node, span);
}

/** Moves the window sideways by a part of its own width, as far as there is something. */
export function panBy(tree: CallTree, layout: FlameLayout, zoom: Zoom, part: number): Zoom {
  const { x0, x1 } = windowOf(layout, zoom);
  const shift = Math.min(Math.max(part * (x1 - x0), -x0), 1 - x1);
  return zoomOnSpan(tree, layout, zoom.node, { x0: x0 + shift, x1: x1 + shift });
}

/** The nearest node above both, or one of them when it is above the other. */
export function commonAncestor(tree: CallTree, a: number, b: number): number {
  let node = a;
  while (node > ROOT && !tree.isWithin(b, node)) node = tree.parent.at(node);
  return node;
}

/** Holds on to the nearest node, from `node` upwards, whose box contains the span. */
function zoomOnSpan(tree: CallTree, layout: FlameLayout, node: number, span: Span): Zoom {
  let anchor = node;
  while (anchor > ROOT && !contains(layout, anchor, span)) anchor = tree.parent.at(anchor);
  const box = layout.boxOf[anchor] ?? -1;
  if (box < 0) return UNZOOMED;
  const x0 = layout.x0[box]!;
  const width = layout.x1[box]! - x0;
  return {
    node: anchor,
    part: { x0: Math.max(0, (span.x0 - x0) / width), x1: Math.min(1, (span.x1 - x0) / width) },
  };
}

function contains(layout: FlameLayout, node: number, span: Span): boolean {
  const box = layout.boxOf[node] ?? -1;
  return box >= 0 && layout.x0[box]! <= span.x0 && layout.x1[box]! >= span.x1;
}
