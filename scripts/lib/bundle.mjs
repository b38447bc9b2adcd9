import { readFileSync } from "node:fs";
import path from "node:path";
import { inRoot, root } from "./paths.mjs";

const common = {
  bundle: true,
  metafile: true,
  minify: true,
  legalComments: "none",
  logLevel: "warning",
};

/** The editor side as one CommonJS file for the Node of VS Code 1.100. */
export const bundleExtension = () =>
  bundle({
    entryPoints: ["extension/main.ts"],
    outfile: "dist/extension.js",
    platform: "node",
    target: "node20",
    format: "cjs",
    // ssh2 asks for its native parts in a try block and works without them; vscode is the host.
    external: ["vscode", "cpu-features", "*.node"],
    // vscode-languageclient and friends keep readable stacks in bug reports.
    keepNames: true,
  });

/** The flame graph's script and style, to be loaded by a nonce and nothing else. */
export const bundleWebview = () =>
  bundle({
    entryPoints: { flame: "extension/webview/main.ts" },
    outdir: "dist/webview",
    platform: "browser",
    target: "es2022",
    format: "iife",
  });

async function bundle(options) {
  // Imported late: before bootstrap ran there is no esbuild.
  const { build } = await import("esbuild");
  const { metafile } = await build({ ...common, ...options, absWorkingDir: root });
  return { metafile, files: Object.keys(metafile.outputs) };
}

/** The extension's version, from package.json. */
export const version = () => JSON.parse(readFileSync(inRoot("package.json"), "utf8")).version;

/** npm packages whose code is in a bundle, in the order of their names. */
export function bundledPackages(metafiles) {
  const names = new Set();
  for (const input of metafiles.flatMap((m) => Object.keys(m.inputs))) {
    const inside = input.split("node_modules/").at(-1);
    if (inside === input) continue;
    const parts = inside.split(path.sep);
    names.add(parts.slice(0, parts[0].startsWith("@") ? 2 : 1).join("/"));
  }
  return [...names].toSorted((a, b) => (a < b ? -1 : 1));
}
