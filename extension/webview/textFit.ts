/** Widths kept at most: native symbols can be many and long, and a page lives for days. */
const CACHE_MAX = 20_000;

/**
 * Cuts text to a width in pixels, ending it with an ellipsis; "" when not even
 * three letters fit, because a lone letter tells nothing and costs time to draw.
 */
export class TextFit {
  readonly #widths = new Map<string, number>();
  readonly #measure: (text: string) => number;

  constructor(measure: (text: string) => number) {
    this.#measure = measure;
  }

  width(text: string): number {
    let width = this.#widths.get(text);
    if (width === undefined) {
      width = this.#measure(text);
      if (this.#widths.size >= CACHE_MAX) this.#widths.clear();
      this.#widths.set(text, width);
    }
    return width;
  }

  fit(text: string, room: number): string {
    const whole = this.width(text);
    if (whole <= room) return text;
    const ellipsis = this.width("…");
    let low = 0;
    let high = text.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.#measure(text.slice(0, middle)) + ellipsis <= room) low = middle;
      else high = middle - 1;
    }
    return low < 3 ? "" : `${text.slice(0, low)}…`;
  }
}
