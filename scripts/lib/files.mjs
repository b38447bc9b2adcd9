import { existsSync, readdirSync } from "node:fs";
import { inRoot } from "./paths.mjs";

/** Files below a folder of the repository whose names end in one of the suffixes; sorted, relative. */
export function globSync(folder, suffixes) {
  if (!existsSync(inRoot(folder))) return [];
  return readdirSync(inRoot(folder), { recursive: true })
    .map((name) => `${folder}/${name}`)
    .filter((name) => suffixes.some((suffix) => name.endsWith(suffix)))
    .toSorted();
}
