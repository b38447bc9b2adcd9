type Attributes = Readonly<Record<string, string>>;

/** Makes an element. Text goes in as text: names in a profile are chosen by strangers. */
export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: readonly (Node | string)[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

/** A 16 by 16 line drawing in the text's colour. */
export function icon(...paths: readonly string[]): SVGSVGElement {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  for (const [name, value] of Object.entries({
    viewBox: "0 0 16 16",
    width: "16",
    height: "16",
    fill: "none",
    stroke: "currentColor",
    "stroke-width": "1.3",
    "stroke-linecap": "round",
    "stroke-linejoin": "round",
    "aria-hidden": "true",
  })) {
    svg.setAttribute(name, value);
  }
  for (const d of paths) {
    const path = document.createElementNS(space, "path");
    path.setAttribute("d", d);
    svg.append(path);
  }
  return svg;
}

/** Writes text only when it differs, so that nothing is announced twice. */
export function setText(target: HTMLElement, text: string): void {
  if (target.textContent !== text) target.textContent = text;
}

/** Replaces an element's children; the one at the place of a focused one gets the focus. */
export function replaceChildren(parent: HTMLElement, children: readonly HTMLElement[]): void {
  const focused = [...parent.children].findIndex((child) => child === document.activeElement);
  parent.replaceChildren(...children);
  if (focused >= 0) children[focused]?.focus();
}
