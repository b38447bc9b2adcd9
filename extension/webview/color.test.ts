import { expect, test } from "vitest";
import {
  contrast,
  formatColor,
  fromOklch,
  mix,
  mostReadable,
  parseColor,
  recede,
  toOklch,
} from "./color";

test.each([
  ["#fff", "#ffffff"],
  ["#F80c", "#ff8800"],
  ["#1e1e1e", "#1e1e1e"],
  ["#1e1e1e80", "#1e1e1e"],
  [" rgb(255, 0, 16) ", "#ff0010"],
  ["rgba(0, 127.5, 255, 0.5)", "#0080ff"],
  ["rgb(1 2 3 / 50%)", "#010203"],
])("%j is %s", (css, hex) => expect(formatColor(parseColor(css)!)).toBe(hex));

test.each(["", "red", "#12", "hsl(1, 2%, 3%)", "var(--x)"])("%j is not understood", (css) => {
  expect(parseColor(css)).toBeNull();
});

test("contrast is WCAG's: 21 for black on white, 4.54 for #767676 on white", () => {
  expect(contrast([0, 0, 0], [1, 1, 1])).toBeCloseTo(21, 5);
  expect(contrast(parseColor("#767676")!, [1, 1, 1])).toBeCloseTo(4.54, 2);
});

test.each([
  // From CSS Color 4's table of named colours in OKLCH.
  ["#ff0000", 0.628, 0.2577, 29.23],
  ["#ffff00", 0.968, 0.211, 109.77],
  ["#800080", 0.4209, 0.193, 328.36],
])("%s in OKLCH, and back", (hex, l, c, h) => {
  const color = toOklch(parseColor(hex)!);
  expect(color.l).toBeCloseTo(l, 3);
  expect(color.c).toBeCloseTo(c, 3);
  expect(color.h).toBeCloseTo(h, 1);
  expect(formatColor(fromOklch(color))).toBe(hex);
});

test("a colour that no screen shows gives up chroma and keeps lightness and hue", () => {
  const shown = toOklch(fromOklch({ l: 0.5, c: 0.4, h: 140 }));
  expect(shown.l).toBeCloseTo(0.5, 2);
  expect(shown.h).toBeCloseTo(140, 0);
  expect(shown.c).toBeLessThan(0.2);
});

test("text recedes as far as it stays readable", () => {
  const [black, white] = [parseColor("#000")!, parseColor("#fff")!];
  expect(recede(black, white, 0.3)).toEqual(mix(black, white, 0.3));
  expect(contrast(recede(black, white, 0.9), white)).toBeGreaterThanOrEqual(4.5);
  const grey = parseColor("#808080")!;
  expect(recede(grey, white, 0.5), "already too faint").toEqual(grey);
  expect(mostReadable(grey, [white, black])).toBe(black);
});
