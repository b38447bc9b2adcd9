import { FrameKind } from "../core/frameKind";
import {
  formatColor,
  fromOklch,
  mix,
  mostReadable,
  parseColor,
  recede,
  toOklch,
  type Oklch,
  type Rgb,
} from "./color";

/** What a box's colour depends on. */
export interface BoxLook {
  readonly kind: number;
  /** Python that came with the interpreter or was installed, as against the program's own. */
  readonly isLibrary: boolean;
  /** Boxes of one shade look alike, others differ a little; "" is the middle. */
  readonly shade: string;
  /** Context and not the subject: a caller of what is zoomed to, or no match of the search. */
  readonly isMuted: boolean;
}

/** How a box is painted; colours are CSS. */
export interface Paint {
  readonly fill: string;
  readonly text: string;
  /** For what is read second. As all text it keeps a contrast of 4.5. */
  readonly faintText: string;
  /** Outline in high contrast themes, where boxes are not told apart by their fill. */
  readonly outline: string | null;
  /** Stripes at the left edge, the cue that is not colour: native has one, kernel two. */
  readonly stripe: string | null;
  readonly stripes: 0 | 1 | 2;
}

/** Colours of the flame graph under one colour theme. */
export interface Palette {
  readonly background: string;
  readonly foreground: string;
  readonly fontFamily: string;
  paint(look: BoxLook): Paint;
}

/** Where colours come from. */
export interface ThemeSource {
  /** Value of a CSS variable, "" for none. */
  variable(name: string): string;
  readonly isHighContrast: boolean;
}

/**
 * Every kind keeps to a band of hues, and the kinds differ in lightness as well:
 * a theme's own yellow and orange can be so near that the eye, let alone a
 * colour-blind one, takes them for one. Within its band the theme decides.
 */
interface KindColor {
  readonly variable: string;
  readonly fallback: string;
  readonly hue: readonly [number, number];
  readonly chroma: readonly [number, number];
  readonly lightness: Readonly<Record<Background, number>>;
}

type Background = "dark" | "light" | "highContrastDark" | "highContrastLight";

const KIND_COLORS: Readonly<Record<number, KindColor>> = {
  [FrameKind.python]: {
    variable: "--vscode-charts-yellow",
    fallback: "#d7ba3a",
    hue: [90, 100],
    chroma: [0.1, 0.135],
    lightness: { dark: 0.84, light: 0.9, highContrastDark: 0.88, highContrastLight: 0.6 },
  },
  [FrameKind.native]: {
    variable: "--vscode-charts-purple",
    fallback: "#b180d7",
    hue: [295, 318],
    chroma: [0.08, 0.12],
    lightness: { dark: 0.74, light: 0.79, highContrastDark: 0.75, highContrastLight: 0.48 },
  },
  [FrameKind.kernel]: {
    variable: "--vscode-charts-orange",
    fallback: "#d18616",
    hue: [48, 58],
    chroma: [0.11, 0.15],
    lightness: { dark: 0.635, light: 0.685, highContrastDark: 0.62, highContrastLight: 0.36 },
  },
  [FrameKind.error]: {
    variable: "--vscode-charts-red",
    fallback: "#e0605a",
    hue: [15, 28],
    chroma: [0.03, 0.05],
    lightness: { dark: 0.52, light: 0.76, highContrastDark: 0.7, highContrastLight: 0.45 },
  },
};

/** Chroma that is left to library code: the reader's own code stands out. */
const LIBRARY_CHROMA = 0.5;

/** By how much its lightness is nearer the background's. */
const LIBRARY_SHIFT = { dark: -0.055, light: 0.02 };

/** How far shades of one kind go apart: degrees of hue, and lightness. */
const HUE_SPREAD = 5;
const LIGHTNESS_SPREAD = 0.02;

const INK: Rgb = [0.09, 0.08, 0.07];
const PAPER: Rgb = [1, 1, 1];

/** Makes the palette of a theme. A paint costs some colour conversions: keep it. */
export function makePalette(source: ThemeSource): Palette {
  const theme = readColors(source);
  const paintOf = source.isHighContrast ? paintHighContrast : paintFilled;
  // Equal paints are one object: who draws groups by identity.
  const paints = new Map<string, Paint>();
  return {
    background: formatColor(theme.background),
    foreground: formatColor(theme.foreground),
    fontFamily: source.variable("--vscode-font-family").trim() || "system-ui, sans-serif",
    paint(look) {
      const paint = paintOf(theme, look);
      const key = JSON.stringify(paint);
      const known = paints.get(key);
      if (known === undefined) paints.set(key, paint);
      return known ?? paint;
    },
  };
}

interface ThemeColors {
  readonly background: Rgb;
  readonly foreground: Rgb;
  readonly outline: Rgb;
  readonly libraryShift: number;
  readonly kinds: ReadonlyMap<number, Oklch>;
}

function readColors(source: ThemeSource): ThemeColors {
  const color = (name: string, fallback: string) =>
    parseColor(source.variable(name)) ?? parseColor(fallback) ?? INK;
  const background = color("--vscode-editor-background", "#1e1e1e");
  const foreground = color("--vscode-editor-foreground", "#cccccc");
  const isDark = toOklch(background).l < 0.5;
  const kinds = new Map<number, Oklch>();
  for (const [kind, spec] of Object.entries(KIND_COLORS)) {
    const wanted = toOklch(color(spec.variable, spec.fallback));
    kinds.set(Number(kind), {
      l: spec.lightness[backgroundName(isDark, source.isHighContrast)],
      c: clamp(wanted.c, spec.chroma),
      h: clamp(wanted.h, spec.hue),
    });
  }
  const outline = color("--vscode-contrastBorder", formatColor(foreground));
  const libraryShift = isDark ? LIBRARY_SHIFT.dark : LIBRARY_SHIFT.light;
  return { background, foreground, outline, libraryShift, kinds };
}

function backgroundName(isDark: boolean, isHighContrast: boolean): Background {
  if (isHighContrast) return isDark ? "highContrastDark" : "highContrastLight";
  return isDark ? "dark" : "light";
}

function paintFilled(theme: ThemeColors, look: BoxLook): Paint {
  const { background, foreground } = theme;
  const full = fillOf(theme, look);
  const fill = look.isMuted ? mix(full, background, 0.72) : full;
  const ink = mostReadable(fill, [INK, PAPER, foreground]);
  return {
    ...stripesOf(look.kind),
    fill: formatColor(fill),
    text: formatColor(look.isMuted ? recede(ink, fill, 0.35) : ink),
    faintText: formatColor(recede(ink, fill, look.isMuted ? 0.45 : 0.3)),
    outline: null,
    stripe: formatColor(mix(fill, INK, look.isMuted ? 0.2 : 0.45)),
  };
}

function fillOf(theme: ThemeColors, { kind, isLibrary, shade }: BoxLook): Rgb {
  const base = theme.kinds.get(kind);
  if (base === undefined) {
    return mix(theme.background, theme.foreground, kind === FrameKind.process ? 0.22 : 0.15);
  }
  const [hueShift, lightShift] = variation(shade);
  return fromOklch({
    l: base.l + lightShift * LIGHTNESS_SPREAD + (isLibrary ? theme.libraryShift : 0),
    c: base.c * (isLibrary ? LIBRARY_CHROMA : 1),
    h: base.h + hueShift * HUE_SPREAD,
  });
}

function paintHighContrast(theme: ThemeColors, { kind, isLibrary, isMuted }: BoxLook): Paint {
  const { background, foreground } = theme;
  const base = theme.kinds.get(kind);
  const full = base === undefined ? theme.outline : fromOklch(base);
  const outline = isMuted || isLibrary ? mix(full, background, isMuted ? 0.55 : 0.3) : full;
  return {
    ...stripesOf(kind),
    fill: formatColor(background),
    text: formatColor(isMuted ? recede(foreground, background, 0.4) : foreground),
    faintText: formatColor(recede(foreground, background, isMuted ? 0.5 : 0.25)),
    outline: formatColor(outline),
    stripe: formatColor(outline),
  };
}

function stripesOf(kind: number): { readonly stripes: 0 | 1 | 2 } {
  if (kind === FrameKind.native) return { stripes: 1 };
  return { stripes: kind === FrameKind.kernel ? 2 : 0 };
}

function clamp(value: number, [least, most]: readonly [number, number]): number {
  return Math.min(Math.max(value, least), most);
}

/** Shades in each direction: few, so that boxes of one colour can be drawn together. */
const SHADE_STEPS = 5;

/** Two numbers from -1 to 1 that depend on nothing but the text (FNV-1a). */
function variation(text: string): [number, number] {
  if (text === "") return [0, 0];
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) {
    hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  }
  hash ^= hash >>> 15;
  return [step(hash & 0xff), step((hash >>> 8) & 0xff)];
}

/** One of SHADE_STEPS numbers from -1 to 1. */
function step(byte: number): number {
  return ((byte % SHADE_STEPS) / (SHADE_STEPS - 1)) * 2 - 1;
}
