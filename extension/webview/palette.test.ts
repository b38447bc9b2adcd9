import { describe, expect, test } from "vitest";
import { THEME_NAMES, THEMES, type ThemeName } from "../../test/webview/support/themes";
import { FrameKind } from "../core/frameKind";
import { contrast, luminance, parseColor, toOklch, type Rgb } from "./color";
import { makePalette, type Paint, type Palette } from "./palette";

function paletteOf(theme: ThemeName): Palette {
  const { variables, bodyClass } = THEMES[theme];
  const values = new Map(Object.entries(variables).map(([name, v]) => [`--vscode-${name}`, v]));
  return makePalette({
    variable: (name) => values.get(name) ?? "",
    isHighContrast: bodyClass.startsWith("vscode-high-contrast"),
  });
}

function rgb(css: string): Rgb {
  const color = parseColor(css);
  if (color === null) throw new Error(`${css} is no colour`);
  return color;
}

type Matrix = readonly [Rgb, Rgb, Rgb];

// Machado, Oliveira, Fernandes, "A physiologically-based model for simulation of color
// vision deficiency" (2009), severity 1.0, on linear RGB.
const PROTANOPIA: Matrix = [
  [0.152286, 1.052583, -0.204868],
  [0.114503, 0.786281, 0.099216],
  [-0.003882, -0.048116, 1.051998],
];
const DEUTERANOPIA: Matrix = [
  [0.367322, 0.860646, -0.227968],
  [0.280085, 0.672501, 0.047413],
  [-0.01182, 0.04294, 0.968881],
];
const TRITANOPIA: Matrix = [
  [1.255528, -0.076749, -0.178779],
  [-0.078411, 0.930809, 0.147602],
  [0.004733, 0.691367, 0.3039],
];

const VISIONS: Readonly<Record<string, (color: Rgb) => Rgb>> = {
  usual: (color) => color,
  protanopic: (color) => seenThrough(PROTANOPIA, color),
  deuteranopic: (color) => seenThrough(DEUTERANOPIA, color),
  tritanopic: (color) => seenThrough(TRITANOPIA, color),
  no: (color) =>
    [luminance(color), luminance(color), luminance(color)].map(fromLinear) as [
      number,
      number,
      number,
    ],
};

function seenThrough(matrix: Matrix, color: Rgb): Rgb {
  const [r, g, b] = color.map(toLinear) as [number, number, number];
  const row = ([x, y, z]: Rgb) => fromLinear(Math.min(Math.max(x * r + y * g + z * b, 0), 1));
  return [row(matrix[0]), row(matrix[1]), row(matrix[2])];
}

function toLinear(part: number): number {
  return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
}

function fromLinear(part: number): number {
  return part <= 0.0031308 ? 12.92 * part : 1.055 * part ** (1 / 2.4) - 0.055;
}

const SHADES = Array.from({ length: 60 }, (_, i) => `function_${i}`);
const CODE = ["python", "native", "kernel"] as const;
type Code = (typeof CODE)[number];

/** Every paint that a theme gives to frames of a kind. */
function paints(palette: Palette, kind: number): Paint[] {
  const origins = kind === FrameKind.python ? [false, true] : [false];
  return SHADES.flatMap((shade) =>
    origins.flatMap((isLibrary) =>
      [false, true].map((isMuted) => palette.paint({ kind, isLibrary, isMuted, shade })),
    ),
  );
}

/** The colour that tells a kind: the fill, or the outline where all fills are one. */
function colorOf(palette: Palette, kind: Code, shade = "", isLibrary = false): Rgb {
  const look = { kind: FrameKind[kind], isLibrary, shade, isMuted: false };
  const { fill, outline } = palette.paint(look);
  return rgb(outline ?? fill);
}

describe.each(THEME_NAMES)("%s", (theme) => {
  const palette = paletteOf(theme);

  test.each(Object.entries(FrameKind))("all text on %s reads", (_name, kind) => {
    for (const { text, faintText, fill } of paints(palette, kind)) {
      expect(contrast(rgb(text), rgb(fill)), `${text} on ${fill}`).toBeGreaterThanOrEqual(4.5);
      expect(contrast(rgb(faintText), rgb(fill)), `${faintText} on ${fill}`).toBeGreaterThanOrEqual(
        4.5,
      );
    }
  });

  test("Python is yellow, native purple, kernel orange", () => {
    const hue = (kind: Code) => toOklch(colorOf(palette, kind)).h;
    expect(hue("python")).toBeGreaterThan(80);
    expect(hue("python")).toBeLessThan(110);
    expect(hue("native")).toBeGreaterThan(285);
    expect(hue("native")).toBeLessThan(325);
    expect(hue("kernel")).toBeGreaterThan(30);
    expect(hue("kernel")).toBeLessThan(60);
  });

  test.each(Object.entries(VISIONS))("kinds differ to %s vision, in every shade", (_name, see) => {
    for (const [a, b] of [
      ["python", "native"],
      ["python", "kernel"],
      ["native", "kernel"],
    ] as const) {
      for (const shade of SHADES) {
        const distance = distanceOf(
          see(colorOf(palette, a, shade)),
          see(colorOf(palette, b, `${shade}'`)),
        );
        expect(distance, `${a} ${b}`).toBeGreaterThan(JUST_NOTICEABLE * 3);
      }
    }
  });

  test("kinds differ without colour too", () => {
    const stripes = (kind: Code) =>
      palette.paint({ kind: FrameKind[kind], isLibrary: false, shade: "", isMuted: false }).stripes;
    expect(CODE.map(stripes)).toEqual([0, 1, 2]);
  });

  test("what is muted recedes, and a library's code from the program's own", () => {
    const background = rgb(palette.background);
    const look = { kind: FrameKind.python, isLibrary: false, shade: "f", isMuted: false };
    const distance = (change: object) => {
      const { fill, outline } = palette.paint({ ...look, ...change });
      return distanceOf(rgb(outline ?? fill), background);
    };
    expect(distance({ isMuted: true })).toBeLessThan(distance({}) * 0.7);
    expect(distance({ isLibrary: true })).toBeLessThan(distance({}));
  });
});

test("equal looks are one paint, and few paints serve many functions", () => {
  const palette = paletteOf("dark");
  const look = { kind: FrameKind.python, isLibrary: false, shade: "f", isMuted: false };
  expect(palette.paint(look)).toBe(palette.paint({ ...look }));
  const names = Array.from({ length: 2000 }, (_, i) => `function_${i}`);
  const distinct = new Set(names.map((shade) => palette.paint({ ...look, shade })));
  expect(distinct.size).toBeGreaterThan(10);
  expect(distinct.size).toBeLessThanOrEqual(25);
});

test("a theme without colours has some anyway", () => {
  const palette = makePalette({ variable: () => "", isHighContrast: false });
  for (const kind of CODE) expect(toOklch(colorOf(palette, kind)).c).toBeGreaterThan(0.07);
});

/** Distance in OKLab at which two large areas are just told apart (about 0.02). */
const JUST_NOTICEABLE = 0.02;

function distanceOf(a: Rgb, b: Rgb): number {
  const [p, q] = [toOklch(a), toOklch(b)].map(({ l, c, h }) => ({
    l,
    x: c * Math.cos((h * Math.PI) / 180),
    y: c * Math.sin((h * Math.PI) / 180),
  }));
  return Math.hypot(p!.l - q!.l, p!.x - q!.x, p!.y - q!.y);
}
