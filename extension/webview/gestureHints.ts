import { element } from "./dom";

const GESTURES = [
  [["Click", "Enter"], "opens the line"],
  [["Double-click", "Z"], "zooms"],
  [["Esc"], "resets"],
  [["/"], "searches"],
] as const;

/** What the pointer and the keys do, always in sight. Screen readers get it with the graph's name. */
export function gestureHints(): HTMLElement {
  const hints = GESTURES.map(([keys, does]) =>
    element("span", { class: "hint" }, ...keys.map((key) => element("kbd", {}, key)), does),
  );
  return element("div", { id: "flame-hints", class: "hints", "aria-hidden": "true" }, ...hints);
}
