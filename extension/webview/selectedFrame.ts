import { ROOT, type CallTree } from "../core/callTree";
import { formatPercent, formatPercentShort } from "../core/format";
import { lineFacts, longPlace, nodeName } from "./describe";
import { element, replaceChildren } from "./dom";

const LINES_MAX = 4;

/** The selected frame in a line of text: name, place, figures, and its lines as buttons that open. */
export class SelectedFrame {
  readonly root = element("div", { id: "flame-detail", class: "detail" });
  readonly #openLine: (node: number, line: number, toSide: boolean) => void;
  #shown = "";

  constructor(openLine: (node: number, line: number, toSide: boolean) => void) {
    this.#openLine = openLine;
  }

  /** `node` -1 shows nothing. */
  update(tree: CallTree, node: number): void {
    const total = node < 0 ? 0 : tree.total.at(node);
    const shown = total === 0 ? "" : `${node} ${total} ${tree.total.at(ROOT)}`;
    if (shown === this.#shown) return;
    this.#shown = shown;
    if (total === 0) {
      replaceChildren(this.root, []);
      return;
    }
    const all = tree.total.at(ROOT);
    const figures = [`${formatPercent(total / all)} total`];
    if (!tree.options.inverted) figures.push(`${formatPercent(tree.self(node) / all)} self`);
    replaceChildren(this.root, [
      element("strong", {}, nodeName(tree, node)),
      element("span", { class: "figures" }, figures.join(" · ")),
      ...this.#lines(tree, node),
      // Cut at its beginning, which needs a right-to-left box around left-to-right text.
      element("span", { class: "place" }, element("bdi", {}, longPlace(tree, node))),
    ]);
  }

  #lines(tree: CallTree, node: number): HTMLElement[] {
    return lineFacts(tree, node, LINES_MAX).map(({ line, label, share }) => {
      const button = element(
        "button",
        { type: "button", class: "line", title: `Open ${label}` },
        `:${line}`,
        element("span", { class: "share" }, formatPercentShort(share)),
      );
      button.addEventListener("click", (event) => {
        this.#openLine(node, line, event.altKey || event.ctrlKey || event.metaKey);
      });
      return button;
    });
  }
}
