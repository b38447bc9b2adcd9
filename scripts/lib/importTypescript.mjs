import path from "node:path";
import { pathToFileURL } from "node:url";
import { cache, inRoot } from "./paths.mjs";

/**
 * Imports a TypeScript module of the repository, with all that it imports; npm
 * packages stay where they are. Node 20 cannot read types, so esbuild takes them out.
 */
export async function importTypescript(file) {
  const { build } = await import("esbuild");
  const outfile = path.join(cache, "typescript", file.replace(/\.ts$/, ".mjs"));
  await build({
    entryPoints: [inRoot(file)],
    outfile,
    bundle: true,
    packages: "external",
    platform: "node",
    target: "node20",
    format: "esm",
    sourcemap: "inline",
    logLevel: "warning",
  });
  return import(pathToFileURL(outfile).href);
}
