import { FrameKind, hasKind, kindSet, type KindSet } from "../core/frameKind";
import { element, icon, setText } from "./dom";
import { SearchBox, type SearchActions } from "./searchBox";

/** What the reader asked for. */
export interface ToolbarActions extends SearchActions {
  toggleKinds(kinds: KindSet): void;
  toggleInterpreter(): void;
  toggleInverted(): void;
  resetZoom(): void;
}

/** What the toolbar shows. */
export interface ToolbarState {
  readonly title: string;
  readonly isLive: boolean;
  readonly searchCount: string;
  readonly hasMatches: boolean;
  /** Kinds that the profile has; there is nothing to toggle of others. */
  readonly kindsSeen: KindSet;
  readonly hiddenKinds: KindSet;
  /** Whether there are frames of the interpreter's own to fold. */
  readonly hasInterpreter: boolean;
  readonly foldsInterpreter: boolean;
  readonly inverted: boolean;
  readonly isZoomed: boolean;
}

const KIND_TOGGLES = [
  { id: "python", label: "Python", kinds: kindSet(FrameKind.python) },
  { id: "native", label: "Native", kinds: kindSet(FrameKind.native) },
  { id: "kernel", label: "Kernel", kinds: kindSet(FrameKind.kernel) },
  { id: "thread", label: "Threads", kinds: kindSet(FrameKind.process, FrameKind.thread) },
] as const;

/** The row above the graph. Ids of its elements begin with `flame-`. */
export class Toolbar {
  readonly root: HTMLElement;
  readonly search: SearchBox;
  readonly #title = element("span", { id: "flame-title", class: "title" });
  readonly #live = element("span", { id: "flame-live", class: "live", hidden: "" }, "live");
  readonly #kinds: readonly { readonly button: HTMLButtonElement; readonly kinds: KindSet }[];
  readonly #interpreter: HTMLButtonElement;
  readonly #invert: HTMLButtonElement;
  readonly #reset: HTMLButtonElement;

  constructor(actions: ToolbarActions) {
    this.search = new SearchBox(actions);
    this.#kinds = KIND_TOGGLES.map(({ id, label, kinds }) => {
      const toggle = button(`flame-kind-${id}`, `Show ${label} frames`, () =>
        actions.toggleKinds(kinds),
      );
      toggle.classList.add("chip", `chip-${id}`);
      toggle.append(element("span", { class: "swatch" }), label);
      return { button: toggle, kinds };
    });
    this.#interpreter = button(
      "flame-interpreter",
      "Show the interpreter's own frames between what it runs",
      () => actions.toggleInterpreter(),
    );
    this.#interpreter.classList.add("chip", "chip-native");
    this.#interpreter.append(element("span", { class: "swatch" }), "Interpreter");
    this.#invert = button("flame-invert", "Invert: what burned on top, its callers below (I)", () =>
      actions.toggleInverted(),
    );
    this.#invert.append(
      icon("M5 13V3M2.5 5.5L5 3l2.5 2.5M11 3v10M8.5 10.5L11 13l2.5-2.5"),
      element("span", { class: "label" }, "Invert"),
    );
    this.#reset = button("flame-reset", "Reset zoom (Escape)", () => actions.resetZoom());
    this.#reset.append(
      icon("M2.5 6V2.5H6M10 2.5h3.5V6M13.5 10v3.5H10M6 13.5H2.5V10"),
      element("span", { class: "label" }, "Reset zoom"),
    );
    const kinds = this.#kinds.map((kind) => kind.button);
    const afterNative = KIND_TOGGLES.findIndex(({ id }) => id === "native") + 1;
    kinds.splice(afterNative, 0, this.#interpreter);
    this.root = element(
      "header",
      { class: "toolbar", role: "toolbar", "aria-label": "Flame graph" },
      element("div", { class: "heading" }, this.#title, this.#live),
      this.search.root,
      element("div", { class: "group", role: "group", "aria-label": "Kinds of frames" }, ...kinds),
      element("div", { class: "group buttons" }, this.#invert, this.#reset),
    );
  }

  update(state: ToolbarState): void {
    setText(this.#title, state.title);
    this.#live.hidden = !state.isLive;
    this.search.update(state.searchCount, state.hasMatches);
    for (const { button, kinds } of this.#kinds) {
      button.hidden = (state.kindsSeen & kinds) === 0;
      button.setAttribute("aria-pressed", String((state.hiddenKinds & kinds) !== kinds));
    }
    this.#interpreter.hidden = !state.hasInterpreter;
    this.#interpreter.disabled = hasKind(state.hiddenKinds, FrameKind.native);
    this.#interpreter.setAttribute("aria-pressed", String(!state.foldsInterpreter));
    this.#invert.setAttribute("aria-pressed", String(state.inverted));
    this.#reset.disabled = !state.isZoomed;
  }
}

/** `hidden` with the kinds of a toggle added, or taken out when they all are in it. */
export function toggleKinds(hidden: KindSet, kinds: KindSet): KindSet {
  return (hidden & kinds) === kinds ? hidden & ~kinds : hidden | kinds;
}

function button(id: string, title: string, click: () => void): HTMLButtonElement {
  const made = element("button", { id, type: "button", title });
  made.addEventListener("click", click);
  return made;
}
