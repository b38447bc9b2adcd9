import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import {
  applicationSettings,
  commands,
  contextKeys,
  heatLevels,
  internalCommands,
  settingDefaults,
  themeColors,
  viewContainer,
  views,
  webviews,
} from "../extension/editor/contributions";

interface Property {
  readonly default: unknown;
  readonly scope?: string;
  readonly enum?: readonly string[];
  readonly enumDescriptions?: readonly string[];
  readonly description?: string;
  readonly markdownDescription?: string;
}

interface Manifest {
  readonly icon: string;
  readonly activationEvents: readonly string[];
  readonly capabilities: {
    readonly untrustedWorkspaces: { readonly restrictedConfigurations: readonly string[] };
  };
  readonly contributes: {
    readonly commands: readonly { command: string; title: string; category?: string }[];
    readonly menus: Record<string, readonly { command: string; when?: string }[]>;
    readonly viewsContainers: { activitybar: readonly { id: string; icon: string }[] };
    readonly views: Record<string, readonly { id: string; name: string }[]>;
    readonly viewsWelcome: readonly { view: string; contents: string; when: string }[];
    readonly configuration: { readonly properties: Record<string, Property> };
    readonly colors: readonly { id: string; defaults: Record<string, string> }[];
  };
}

const root = new URL("../", import.meta.url);
const manifest = JSON.parse(readFileSync(new URL("package.json", root), "utf8")) as Manifest;
const { contributes } = manifest;
const sorted = (ids: Iterable<string>): string[] => [...ids].toSorted();

describe("package.json repeats contributions.ts", () => {
  test("commands", () => {
    expect(sorted(contributes.commands.map((c) => c.command))).toEqual(
      sorted(Object.values(commands)),
    );
  });

  test("settings and their defaults", () => {
    const inManifest = Object.fromEntries(
      Object.entries(contributes.configuration.properties).map(([id, p]) => [id, p.default]),
    );
    const inCode = Object.fromEntries(
      Object.entries(settingDefaults).map(([name, value]) => [`emberline.${name}`, value]),
    );
    expect(inManifest).toEqual(inCode);
  });

  test("views, their container and the welcome text", () => {
    expect(contributes.viewsContainers.activitybar.map((c) => c.id)).toEqual([viewContainer]);
    expect(Object.keys(contributes.views)).toEqual([viewContainer]);
    const ids = Object.values(contributes.views).flatMap((list) => list.map((view) => view.id));
    expect(sorted(ids)).toEqual(sorted(Object.values(views)));
    for (const welcome of contributes.viewsWelcome) expect(ids).toContain(welcome.view);
  });

  test("theme colours, each for every kind of theme", () => {
    expect(sorted(contributes.colors.map((color) => color.id))).toEqual(sorted(themeColors));
    for (const color of contributes.colors) {
      expect(sorted(Object.keys(color.defaults)), color.id).toEqual([
        "dark",
        "highContrast",
        "highContrastLight",
        "light",
      ]);
    }
    expect(themeColors).toContain(`emberline.heat${heatLevels}Background`);
  });

  test("the webview panel is restored by its own activation event and nothing runs at start-up", () => {
    expect(manifest.activationEvents).toEqual([`onWebviewPanel:${webviews.flameGraph}`]);
  });
});

describe("what people and scripts call", () => {
  test("the main command has its bare title, the others a category", () => {
    for (const command of contributes.commands) {
      if (command.command === commands.profileRemote) {
        expect(command).toMatchObject({ title: "Profile Remote Python" });
        expect(command.category).toBeUndefined();
      } else {
        expect(command.category, command.command).toBe("Emberline");
      }
    }
  });

  test("commands that need an argument stay out of the palette", () => {
    const hidden = (contributes.menus["commandPalette"] ?? [])
      .filter((entry) => entry.when === "false")
      .map((entry) => entry.command);
    expect(sorted(hidden)).toEqual(sorted(internalCommands));
  });

  test("menus and welcome links name commands that exist", () => {
    const known = new Set<string>(Object.values(commands));
    for (const entry of Object.values(contributes.menus).flat()) {
      expect(known).toContain(entry.command);
    }
    for (const { contents } of contributes.viewsWelcome) {
      for (const [, id] of contents.matchAll(/\(command:([\w.]+)\)/g)) expect(known).toContain(id);
    }
  });

  test("when-clauses use context keys that the code sets", () => {
    const known = new Set<string>(Object.values(contextKeys));
    const used = [...JSON.stringify(contributes).matchAll(/"(?:when|enablement)":"([^"]*)"/g)]
      .flatMap(([, clause]) => [...(clause ?? "").matchAll(/emberline\.\w+/g)])
      .map(([key]) => key)
      .filter((key) => !(Object.values(views) as string[]).includes(key));
    expect(used.length).toBeGreaterThan(0);
    for (const key of used) expect(known).toContain(key);
  });
});

describe("safety of settings", () => {
  test("what chooses hosts or key material cannot come from a repository", () => {
    for (const name of applicationSettings) {
      const id = `emberline.${name}`;
      expect(contributes.configuration.properties[id]?.scope, id).toBe("application");
      expect(manifest.capabilities.untrustedWorkspaces.restrictedConfigurations).toContain(id);
    }
  });

  test("every setting and every choice says what it does", () => {
    for (const [id, property] of Object.entries(contributes.configuration.properties)) {
      expect(property.description ?? property.markdownDescription, id).toMatch(/\.$/);
      if (property.enumDescriptions !== undefined) {
        expect(property.enumDescriptions.length, id).toBe(property.enum?.length);
      }
    }
  });
});

test("icons exist", () => {
  const icons = [manifest.icon, ...contributes.viewsContainers.activitybar.map((c) => c.icon)];
  for (const icon of icons)
    expect(readFileSync(new URL(icon, root)).length, icon).toBeGreaterThan(0);
});
