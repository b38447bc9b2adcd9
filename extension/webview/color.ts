/** Red, green and blue of sRGB, 0 to 1 each. */
export type Rgb = readonly [number, number, number];

/** OKLCH: lightness 0 to 1, chroma 0 to about 0.37, hue in degrees. Equal steps look equal. */
export interface Oklch {
  readonly l: number;
  readonly c: number;
  readonly h: number;
}

/** Reads `#rgb`, `#rrggbb` (with or without alpha) and `rgb()`; alpha is dropped. Null for the rest. */
export function parseColor(css: string): Rgb | null {
  const text = css.trim();
  const short = /^#([0-9a-f])([0-9a-f])([0-9a-f])[0-9a-f]?$/i.exec(text);
  if (short !== null) {
    return toRgb(short.slice(1, 4).map((digit) => parseInt(digit + digit, 16)));
  }
  const long = /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})(?:[0-9a-f]{2})?$/i.exec(text);
  if (long !== null) return toRgb(long.slice(1, 4).map((digits) => parseInt(digits, 16)));
  const call = /^rgba?\(\s*([\d.]+)[\s,]+([\d.]+)[\s,]+([\d.]+)/i.exec(text);
  return call === null ? null : toRgb(call.slice(1, 4).map(Number));
}

function toRgb(bytes: readonly number[]): Rgb {
  const [r = 0, g = 0, b = 0] = bytes;
  return [r / 255, g / 255, b / 255];
}

export function formatColor(rgb: Rgb): string {
  return `#${rgb.map((part) => byte(part).toString(16).padStart(2, "0")).join("")}`;
}

function byte(part: number): number {
  return Math.round(Math.min(Math.max(part, 0), 1) * 255);
}

/** `amount` of `b` in `a`, in sRGB as CSS blends. */
export function mix(a: Rgb, b: Rgb, amount: number): Rgb {
  return [
    a[0] + (b[0] - a[0]) * amount,
    a[1] + (b[1] - a[1]) * amount,
    a[2] + (b[2] - a[2]) * amount,
  ];
}

/** Relative luminance, WCAG 2.2. */
export function luminance(rgb: Rgb): number {
  const [r, g, b] = toLinear(rgb);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

/** Contrast ratio, WCAG 2.2: 1 to 21; text needs 4.5. */
export function contrast(a: Rgb, b: Rgb): number {
  const [la, lb] = [luminance(a), luminance(b)];
  return (Math.max(la, lb) + 0.05) / (Math.min(la, lb) + 0.05);
}

/** The candidate that reads best on a background. */
export function mostReadable(background: Rgb, candidates: readonly [Rgb, ...Rgb[]]): Rgb {
  return candidates.reduce((best, next) =>
    contrast(background, next) > contrast(background, best) ? next : best,
  );
}

/** Lets text recede into its background by at most `amount`, never below a contrast of 4.5. */
export function recede(text: Rgb, background: Rgb, amount: number): Rgb {
  for (let blend = amount; blend > 0; blend -= 0.02) {
    const receded = mix(text, background, blend);
    // A little more than 4.5, because both colours are rounded to bytes afterwards.
    if (contrast(receded, background) >= 4.55) return receded;
  }
  return text;
}

// Matrices from Björn Ottosson, "A perceptual color space for image processing" (2020).
export function toOklch(rgb: Rgb): Oklch {
  const [r, g, b] = toLinear(rgb);
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  const labA = 1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s;
  const labB = 0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s;
  return {
    l: 0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    c: Math.hypot(labA, labB),
    h: ((Math.atan2(labB, labA) * 180) / Math.PI + 360) % 360,
  };
}

/** Gives up chroma, never lightness or hue, until the colour can be shown. */
export function fromOklch(color: Oklch): Rgb {
  for (let { c } = color; c > 0.001; c *= 0.95) {
    const rgb = oklchToRgb({ ...color, c });
    if (rgb.every((part) => part >= -0.0005 && part <= 1.0005)) return rgb;
  }
  return oklchToRgb({ ...color, c: 0 });
}

function oklchToRgb({ l: lightness, c, h }: Oklch): Rgb {
  const labA = c * Math.cos((h * Math.PI) / 180);
  const labB = c * Math.sin((h * Math.PI) / 180);
  const l = (lightness + 0.3963377774 * labA + 0.2158037573 * labB) ** 3;
  const m = (lightness - 0.1055613458 * labA - 0.0638541728 * labB) ** 3;
  const s = (lightness - 0.0894841775 * labA - 1.291485548 * labB) ** 3;
  return [
    fromLinear(4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s),
    fromLinear(-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s),
    fromLinear(-0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s),
  ];
}

function toLinear(rgb: Rgb): Rgb {
  return [linear(rgb[0]), linear(rgb[1]), linear(rgb[2])];
}

function linear(part: number): number {
  return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
}

function fromLinear(part: number): number {
  return part <= 0.0031308 ? 12.92 * part : 1.055 * part ** (1 / 2.4) - 0.055;
}
