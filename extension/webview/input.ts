import type { FlameView } from "./flameView";
import { keyAction } from "./keys";

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
  const { canvas } = view;
  canvas.addEventListener("pointerleave", () => view.leave());
  canvas.addEventListener("keydown", (event) => {
    const action = keyAction(event);
    if (action === null) return;
    event.preventDefault();
    view.act(action);
  });
  // The editor gives the focus to the page; the keys are the graph's.
  window.addEventListener("focus", () => {
    if (document.activeElement === document.body) canvas.focus();
  });
  // Search must open from anywhere on the page, and typing in the box must stay typing.
  window.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.target instanceof HTMLInputElement) return;
    if (keyAction(event) !== "search") return;
    event.preventDefault();
    view.act("search");
  });
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
