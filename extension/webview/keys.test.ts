import { expect, test } from "vitest";
import { keyAction, type KeyAction } from "./keys";

const PLAIN = { ctrlKey: false, metaKey: false, altKey: false };

test.each<[string, object, KeyAction | null]>([
  ["Enter", {}, "open"],
  ["Enter", { altKey: true }, "openToSide"],
  ["Enter", { ctrlKey: true }, "openToSide"],
  ["Enter", { metaKey: true }, "openToSide"],
  ["z", {}, "zoom"],
  [" ", {}, "zoom"],
  ["Backspace", {}, "zoomBack"],
  ["Escape", {}, "reset"],
  ["n", {}, "nextMatch"],
  ["N", {}, "previousMatch"],
  ["f", { ctrlKey: true }, "search"],
  ["F", { metaKey: true }, "search"],
  // The editor's own: the palette, undo, the menu bar, moving the focus.
  ["f", {}, null],
  ["p", { ctrlKey: true }, null],
  ["z", { ctrlKey: true }, null],
  ["f", { altKey: true }, null],
  ["ArrowLeft", { altKey: true }, null],
  ["Tab", {}, null],
])("%j with %j is %s", (key, modifiers, action) => {
  expect(keyAction({ key, ...PLAIN, ...modifiers })).toBe(action);
});
