import { HEAT_BUCKETS } from "../core/heatScale";

/**
 * Every id that package.json's `contributes` and the code must agree on, as types.
 * test/manifest.test.ts compares both sides, so a forgotten twin fails a test.
 */

export const commands = {
  profileRemote: "emberline.profileRemote",
  profileLocal: "emberline.profileLocal",
  stop: "emberline.stop",
  showFlameGraph: "emberline.showFlameGraph",
  toggleHeat: "emberline.toggleHeat",
  clearResults: "emberline.clearResults",
  showSessionDetails: "emberline.showSessionDetails",
  showLog: "emberline.showLog",
  forgetPasswords: "emberline.forgetPasswords",
  sessionMenu: "emberline.sessionMenu",
  openHotLine: "emberline.openHotLine",
} as const;

export type CommandName = keyof typeof commands;
export type CommandId = (typeof commands)[CommandName];

/** Commands that make no sense when typed by hand: the palette hides them. */
export const internalCommands: readonly CommandId[] = [commands.sessionMenu, commands.openHotLine];

/** Setting (below "emberline.") to the type it is read as. */
export interface Settings {
  "sampling.frequencyHz": number;
  "sampling.native": boolean;
  "sampling.kernel": boolean;
  "heat.minimumPercent": number;
  "heat.scale": "global" | "file";
  "heat.metric": "self" | "total";
  "heat.inlineText": "always" | "currentLine" | "off";
  "heat.expressions": boolean;
  pathMappings: Readonly<Record<string, string>>;
  hosts: readonly string[];
  "ssh.configFile": string;
  "trace.server": "off" | "messages" | "verbose";
}

export type SettingName = keyof Settings;

/** The defaults, which package.json must repeat word for word. */
export const settingDefaults: { readonly [K in SettingName]: Settings[K] } = {
  "sampling.frequencyHz": 99,
  "sampling.native": true,
  "sampling.kernel": true,
  "heat.minimumPercent": 0.5,
  "heat.scale": "global",
  "heat.metric": "self",
  "heat.inlineText": "always",
  "heat.expressions": true,
  pathMappings: {},
  hosts: [],
  "ssh.configFile": "",
  "trace.server": "off",
};

/**
 * Settings that choose where we connect or what we read with the user's keys:
 * a repository's settings.json must never set them, so their scope is
 * "application" and Restricted Mode ignores them.
 */
export const applicationSettings: readonly SettingName[] = ["hosts", "ssh.configFile"];

/** Keys for when-clauses, one per fact. */
export const contextKeys = {
  /** A session is anywhere between the first picker and the last delta. */
  busy: "emberline.busy",
  sampling: "emberline.sampling",
  hasResults: "emberline.hasResults",
} as const;

export type ContextKey = (typeof contextKeys)[keyof typeof contextKeys];

export const viewContainer = "emberline";
export const views = { hotLines: "emberline.hotLines" } as const;
export const webviews = { flameGraph: "emberline.flameGraph" } as const;

/** Steps of the heat ramp. Each has one decoration type for exact and one for approximate lines. */
export const heatLevels = HEAT_BUCKETS;

const levels = Array.from({ length: heatLevels }, (_, index) => index + 1);

/** Colour ids, themeable by the user; the ramp's luminance is monotone, so it reads without hue. */
export const heatBackgrounds: readonly string[] = levels.map((n) => `emberline.heat${n}Background`);
export const heatRulers: readonly string[] = levels.map((n) => `emberline.heat${n}Ruler`);
export const inlineTextColor = "emberline.inlineTextForeground";
export const approximateBorderColor = "emberline.approximateBorder";
/** Bars in a line's hover, by what the samples were spent in. */
export const barColors = {
  python: "emberline.pythonBar",
  native: "emberline.nativeBar",
  kernel: "emberline.kernelBar",
} as const;
export const themeColors: readonly string[] = [
  ...heatBackgrounds,
  ...heatRulers,
  inlineTextColor,
  approximateBorderColor,
  ...Object.values(barColors),
];
