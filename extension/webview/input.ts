import type { FlameView } from "./flameView";
import { keyAction, type KeyAction } from "./keys";

/**
 * How long a click waits for a second one. Opening a file takes the focus away,
 * so a double click could otherwise never zoom.
 */
const DOUBLE_CLICK_MS = 220;

/** Movement in CSS pixels from which a press is a drag and no click. */
const DRAG_FROM_PX = 4;

/** Lines the pointer, wheel and keys on the canvas up with the view. */
export function bindInput(view: FlameView): void {
  bindPointer(view);
  bindWheel(view);
  bindKeys(view);
  view.canvas.addEventListener("pointerleave", () => view.leave());
}

/** The graph's keys work as soon as its panel has the focus, without a way to the canvas. */
function bindKeys(view: FlameView): void {
  const { canvas } = view;
  window.addEventListener("keydown", (event) => {
    const action = event.defaultPrevented ? null : keyAction(event);
    // Keys typed into the search field or on a button are theirs, but for the way to the search.
    const isElsewhere = event.target !== canvas && event.target !== document.body;
    if (action === null || (isElsewhere && !isSearchFromButton(event.target, action))) return;
    event.preventDefault();
    view.act(action);
  });
}

function isSearchFromButton(target: EventTarget | null, action: KeyAction): boolean {
  return action === "search" && !(target instanceof HTMLInputElement);
}

/** A press that does not move is a click: it selects and opens. One that moves pans. */
function bindPointer(view: FlameView): void {
  const { canvas } = view;
  let openTimer = 0;
  let wasDragged = false;
  let last: { readonly x: number; readonly y: number } | null = null;
  canvas.addEventListener("pointerdown", (event) => {
    wasDragged = false;
    if (event.button === 0) last = { x: event.clientX, y: event.clientY };
  });
  canvas.addEventListener("pointermove", (event) => {
    if (last === null) {
      view.hoverAt(event.offsetX, event.offsetY);
      return;
    }
    const [dx, dy] = [event.clientX - last.x, event.clientY - last.y];
    if (!wasDragged && Math.hypot(dx, dy) < DRAG_FROM_PX) return;
    if (!wasDragged) canvas.setPointerCapture(event.pointerId);
    wasDragged = true;
    view.dragBy(dx, dy);
    last = { x: event.clientX, y: event.clientY };
  });
  const release = () => (last = null);
  canvas.addEventListener("pointerup", release);
  canvas.addEventListener("pointercancel", release);
  canvas.addEventListener("click", (event) => {
    clearTimeout(openTimer);
    if (wasDragged || event.detail > 1) return;
    if (!view.selectAt(event.offsetX, event.offsetY)) return;
    const toSide = event.altKey || event.ctrlKey || event.metaKey;
    openTimer = window.setTimeout(() => view.openCursor(toSide), DOUBLE_CLICK_MS);
  });
  canvas.addEventListener("dblclick", (event) => {
    clearTimeout(openTimer);
    view.zoomAt(event.offsetX, event.offsetY);
  });
}

function bindWheel(view: FlameView): void {
  const { canvas } = view;
  canvas.addEventListener(
    "wheel",
    (event) => {
      if (event.ctrlKey || event.metaKey) {
        view.zoomBy(Math.exp(-event.deltaY / 300), event.offsetX);
      } else if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
        view.pan((event.deltaX || event.deltaY) / canvas.clientWidth);
      } else return;
      event.preventDefault();
    },
    { passive: false },
  );
}
