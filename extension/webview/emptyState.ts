import { element, setText } from "./dom";
import type { SessionInfo } from "./summary";

/** Stands in for the graph while there is none, and says what to expect or to do. */
export class EmptyState {
  readonly root: HTMLElement;
  readonly #head = element("strong");
  readonly #body = element("span");

  constructor() {
    this.root = element("div", { id: "flame-empty", class: "empty" }, this.#head, this.#body);
  }

  update(isEmpty: boolean, session: SessionInfo | null): void {
    // Before the editor has answered, neither text is known to be true.
    this.root.hidden = !isEmpty || session === null;
    const isLive = session?.isLive ?? false;
    setText(this.#head, isLive ? "Waiting for the first samples" : "No samples");
    setText(
      this.#body,
      isLive
        ? "Only time on a CPU is sampled: a program that sleeps or waits shows nothing."
        : "Run “Profile Remote Python” from the Command Palette to take some.",
    );
  }
}
