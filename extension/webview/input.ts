import type { FlameController } from "./flameController";
import { keyAction, type KeyAction } from "./keys";

/**
 * How long a click waits for a second one. Opening a file takes the focus away,
 * so a double click could otherwise never zoom.
 */
const DOUBLE_CLICK_MS = 220;

/** Movement in CSS pixels from which a press is a drag and no click. */
const DRAG_FROM_PX = 4;

/** Lines pointer, wheel and keys up with what they do. */
export function bindInput(flame: FlameController): void {
  bindPointer(flame);
  bindWheel(flame);
  bindKeys(flame);
  flame.view.graph.canvas.addEventListener("pointerleave", () => flame.leave());
}

/** The graph's keys work as soon as its panel has the focus, without a way to the canvas. */
function bindKeys(flame: FlameController): void {
  const { canvas } = flame.view.graph;
  window.addEventListener("keydown", (event) => {
    const action = event.defaultPrevented ? null : keyAction(event);
    // Keys typed into the search field or on a button are theirs, but for the way to the search.
    const isElsewhere = event.target !== canvas && event.target !== document.body;
    if (action === null || (isElsewhere && !isSearchFromButton(event.target, action))) return;
    event.preventDefault();
    flame.act(action);
  });
}

function isSearchFromButton(target: EventTarget | null, action: KeyAction): boolean {
  return action === "search" && !(target instanceof HTMLInputElement);
}

/** A press that does not move is a click: it selects and opens. One that moves pans. */
function bindPointer(flame: FlameController): void {
  const { canvas } = flame.view.graph;
  let openTimer = 0;
  let wasDragged = false;
  let last: { readonly x: number; readonly y: number } | null = null;
  canvas.addEventListener("pointerdown", (event) => {
    wasDragged = false;
    if (event.button === 0) last = { x: event.clientX, y: event.clientY };
  });
  canvas.addEventListener("pointermove", (event) => {
    // A button let go outside the page is not told.
    if (event.buttons === 0) last = null;
    if (last === null) {
      flame.hoverAt(event.offsetX, event.offsetY);
      return;
    }
    const [dx, dy] = [event.clientX - last.x, event.clientY - last.y];
    if (!wasDragged && Math.hypot(dx, dy) < DRAG_FROM_PX) return;
    if (!wasDragged) canvas.setPointerCapture(event.pointerId);
    wasDragged = true;
    flame.dragBy(dx, dy);
    last = { x: event.clientX, y: event.clientY };
  });
  const release = () => (last = null);
  canvas.addEventListener("pointerup", release);
  canvas.addEventListener("pointercancel", release);
  canvas.addEventListener("click", (event) => {
    clearTimeout(openTimer);
    if (wasDragged || event.detail > 1) return;
    if (!flame.selectAt(event.offsetX, event.offsetY)) return;
    const toSide = event.altKey || event.ctrlKey || event.metaKey;
    openTimer = window.setTimeout(() => flame.openCursor(toSide), DOUBLE_CLICK_MS);
  });
  canvas.addEventListener("dblclick", (event) => {
    clearTimeout(openTimer);
    flame.zoomAt(event.offsetX, event.offsetY);
  });
}

function bindWheel(flame: FlameController): void {
  const { canvas } = flame.view.graph;
  canvas.addEventListener(
    "wheel",
    (event) => {
      if (event.ctrlKey || event.metaKey) {
        flame.zoomBy(Math.exp(-event.deltaY / 300), event.offsetX);
      } else if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
        flame.pan((event.deltaX || event.deltaY) / canvas.clientWidth);
      } else return;
      event.preventDefault();
    },
    { passive: false },
  );
}
