import { element, icon, setText } from "./dom";

export interface SearchActions {
  search(query: string): void;
  stepSearch(step: 1 | -1): void;
  /** Escape in the box. */
  leaveSearch(): void;
}

/** The search field with its count and its steps. */
export class SearchBox {
  readonly root: HTMLElement;
  readonly #input = element("input", {
    id: "flame-search",
    type: "text",
    placeholder: "Search functions, files, app.py:42",
    "aria-label": "Search functions, files and lines",
    "aria-describedby": "flame-search-count",
    spellcheck: "false",
    autocomplete: "off",
  });
  readonly #count = element("span", { id: "flame-search-count", class: "count" });
  readonly #steps: readonly HTMLButtonElement[];

  constructor(actions: SearchActions) {
    this.#input.addEventListener("input", () => actions.search(this.#input.value));
    this.#input.addEventListener("keydown", (event) => {
      if (event.key === "Enter") actions.stepSearch(event.shiftKey ? -1 : 1);
      else if (event.key === "Escape") actions.leaveSearch();
      else return;
      event.preventDefault();
      event.stopPropagation();
    });
    this.#steps = [
      stepButton("flame-search-previous", "Previous match (Shift+Enter)", "M4 10l4-4 4 4", () =>
        actions.stepSearch(-1),
      ),
      stepButton("flame-search-next", "Next match (Enter)", "M4 6l4 4 4-4", () =>
        actions.stepSearch(1),
      ),
    ];
    this.root = element(
      "div",
      { class: "search", role: "search" },
      icon("M7 11.5a4.5 4.5 0 1 0 0-9 4.5 4.5 0 0 0 0 9zM10.3 10.3L14 14"),
      this.#input,
      this.#count,
      ...this.#steps,
    );
  }

  set query(query: string) {
    this.#input.value = query;
  }

  focus(): void {
    this.#input.focus();
    this.#input.select();
  }

  update(count: string, hasMatches: boolean): void {
    setText(this.#count, count);
    for (const step of this.#steps) {
      step.hidden = count === "";
      step.disabled = !hasMatches;
    }
  }
}

function stepButton(id: string, title: string, path: string, click: () => void): HTMLButtonElement {
  const made = element("button", { id, type: "button", title, "aria-label": title }, icon(path));
  made.addEventListener("click", click);
  return made;
}
