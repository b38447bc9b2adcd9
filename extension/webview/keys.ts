/** What a key does when the graph has the focus. */
export type KeyAction =
  | "up"
  | "down"
  | "left"
  | "right"
  | "root"
  | "open"
  | "openToSide"
  | "zoom"
  | "zoomBack"
  | "zoomIn"
  | "zoomOut"
  | "reset"
  | "search"
  | "nextMatch"
  | "previousMatch"
  | "invert";

/** The part of a KeyboardEvent that decides. */
export interface KeyPress {
  readonly key: string;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly altKey: boolean;
}

const PLAIN: Readonly<Record<string, KeyAction>> = {
  ArrowUp: "up",
  ArrowDown: "down",
  ArrowLeft: "left",
  ArrowRight: "right",
  Home: "root",
  Enter: "open",
  z: "zoom",
  Z: "zoom",
  " ": "zoom",
  Backspace: "zoomBack",
  "+": "zoomIn",
  "=": "zoomIn",
  "-": "zoomOut",
  Escape: "reset",
  "0": "reset",
  "/": "search",
  n: "nextMatch",
  N: "previousMatch",
  i: "invert",
};

/** The action of a key, null for a key that is not ours: it must reach the editor. */
export function keyAction({ key, ctrlKey, metaKey, altKey }: KeyPress): KeyAction | null {
  if (!ctrlKey && !metaKey && !altKey) return PLAIN[key] ?? null;
  // As in VS Code's own lists, Enter with a modifier opens beside.
  if (key === "Enter") return "openToSide";
  return (ctrlKey || metaKey) && key.toLowerCase() === "f" ? "search" : null;
}
