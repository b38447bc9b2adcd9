import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";

const root = fileURLToPath(new URL("../", import.meta.url));

interface Layer {
  /** Other layers it may import, beside itself. */
  readonly layers: readonly string[];
  /** Packages it may import; a trailing * matches any rest. */
  readonly packages: readonly string[];
  readonly because: string;
}

/** core <- wire <- remote <- session <- editor <- main; webview -> core and messages. */
const layers: Readonly<Record<string, Layer>> = {
  core: {
    layers: [],
    packages: [],
    because: "computing needs no editor, no network and no clock, so every test of it is a table",
  },
  wire: {
    layers: ["core"],
    packages: ["vscode-jsonrpc", "vscode-jsonrpc/*"],
    because: "contract tests drive the real helper with it, without an editor",
  },
  remote: {
    layers: ["core", "wire"],
    packages: ["node:*", "ssh2", "ssh-config"],
    because: "hosts are reached from scripts and tests too: whoever calls answers the questions",
  },
  session: {
    layers: ["core", "wire", "remote"],
    packages: [],
    because: "a session's course is tested with scripted answers",
  },
  editor: {
    layers: ["core", "wire", "remote", "session", "webview/messages"],
    packages: [
      "vscode",
      "vscode-languageclient/node",
      "vscode-jsonrpc",
      "vscode-uri",
      "node:crypto",
      "node:path",
    ],
    because: "the only place that touches the editor",
  },
  webview: {
    layers: ["core"],
    packages: [],
    because: "it runs in a browser, where neither node nor the editor exists",
  },
  main: {
    layers: ["core", "wire", "remote", "session", "editor", "webview/messages"],
    packages: ["vscode", "node:*"],
    because: "it wires",
  },
};

/** Hand-written files longer than this make a reader scroll instead of read. */
const LINES_MAX = 400;

/** Files that may be longer, each with its reason. */
const longFiles: Readonly<Record<string, string>> = {};

const sourceFolders = ["extension", "helper", "bpf", "scripts"];
const isSource = (path: string) => /\.(ts|mjs|go|c|h)$/.test(path);
const isTest = (path: string) => /(\.test\.ts|_test\.go)$/.test(path);
const isGenerated = (path: string) =>
  /(\.gen\.ts|_gen\.go|bpfe[lb]\.go)$/.test(path) || /\bvendor\b/.test(path);

function filesBelow(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).split(sep).join("/"))
    .filter((path) => !path.includes("node_modules/"));
}

function read(path: string): string {
  return readFileSync(join(root, path), "utf8");
}

function importsOf(text: string): string[] {
  const found = text.matchAll(
    /^\s*(?:import|export)\s[^;"']*?from\s+"([^"]+)"|^\s*import\s+"([^"]+)"|\bimport\("([^"]+)"\)/gm,
  );
  return [...found].flatMap(([, from, bare, dynamic]) => from ?? bare ?? dynamic ?? []);
}

function layerOf(path: string): string {
  const [, folder = ""] = path.split("/");
  return folder === "main.ts" ? "main" : folder;
}

/** Why a layer may not import something; undefined when it may. */
function objection(path: string, specifier: string): string | undefined {
  const name = layerOf(path);
  const layer = layers[name];
  if (layer === undefined) return `${path}: ${name} is no layer`;
  const forbidden = `${path} imports ${specifier}, but ${name} may not: ${layer.because}`;
  if (!specifier.startsWith(".")) {
    const allowed = layer.packages.some((pattern) =>
      pattern.endsWith("*") ? specifier.startsWith(pattern.slice(0, -1)) : specifier === pattern,
    );
    return allowed ? undefined : forbidden;
  }
  const target = join(dirname(path), specifier).split(sep).join("/");
  if (/\.[jt]s$/.test(specifier)) return `${path} imports ${specifier} with its extension`;
  const [, folder, ...rest] = target.split("/");
  if (folder === name) return undefined;
  const allowed = layer.layers.some((other) => `${folder}/${rest.join("/")}`.startsWith(other));
  return target.startsWith("extension/") && allowed ? undefined : forbidden;
}

const extensionFiles = filesBelow("extension").filter((path) => path.endsWith(".ts"));

describe("import arrows", () => {
  test("the rules tell good from bad", () => {
    const cases: readonly [string, string, boolean][] = [
      ["extension/core/a.ts", "./b", true],
      ["extension/core/a.ts", "../wire/b", false],
      ["extension/core/a.ts", "node:fs", false],
      ["extension/remote/a.ts", "node:fs", true],
      ["extension/remote/a.ts", "vscode", false],
      ["extension/session/a.ts", "../editor/b", false],
      ["extension/editor/a.ts", "vscode", true],
      ["extension/editor/a.ts", "../webview/messages", true],
      ["extension/editor/a.ts", "../webview/render", false],
      ["extension/webview/a.ts", "../core/b", true],
      ["extension/webview/a.ts", "../wire/b", false],
      ["extension/main.ts", "./editor/b", true],
      ["extension/main.ts", "../test/support/x", false],
      ["extension/other/a.ts", "./b", false],
    ];
    for (const [path, specifier, isAllowed] of cases) {
      expect(objection(path, specifier) === undefined, `${path} ${specifier}`).toBe(isAllowed);
    }
    expect(importsOf('import type { A } from "./a";\nexport {\n  b,\n} from "./b";')).toEqual([
      "./a",
      "./b",
    ]);
  });

  test("hold in the extension", () => {
    const sources = extensionFiles.filter((path) => !isTest(path));
    expect(sources.length).toBeGreaterThan(20);
    const objections = sources.flatMap((path) =>
      importsOf(read(path)).flatMap((specifier) => objection(path, specifier) ?? []),
    );
    expect(objections).toEqual([]);
  });

  test("only the sampler knows BPF", () => {
    const offenders = filesBelow("helper")
      .filter((path) => path.endsWith(".go") && !isTest(path))
      .filter((path) => !path.startsWith("helper/internal/sampler/"))
      .filter((path) => read(path).includes('"github.com/cilium/ebpf'));
    expect(offenders).toEqual([]);
  });
});

test("hand-written files stay short, or say why not", () => {
  const long = sourceFolders
    .flatMap(filesBelow)
    .filter((path) => isSource(path) && !isTest(path) && !isGenerated(path))
    .map((path) => ({ path, lines: read(path).split("\n").length - 1 }))
    .filter(({ lines }) => lines > LINES_MAX);
  expect(long.filter(({ path }) => longFiles[path] === undefined)).toEqual([]);
  const stale = Object.keys(longFiles).filter((path) => !long.some((file) => file.path === path));
  expect(stale, "no longer long: remove from the list").toEqual([]);
});

test("nothing in the extension widens a type to any", () => {
  const offenders = extensionFiles.filter((path) =>
    /\bas unknown as\b|[:<(,]\s*any\b(?!\w)|\bas any\b/.test(
      read(path).replaceAll(/\/\*[^]*?\*\/|\/\/.*|"[^"\n]*"|`[^`]*`/g, ""),
    ),
  );
  expect(offenders).toEqual([]);
});
