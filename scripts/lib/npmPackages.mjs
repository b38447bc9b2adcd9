import { readFileSync } from "node:fs";
import { inRoot } from "./paths.mjs";
import { run } from "./run.mjs";
import { digest, once } from "./stamp.mjs";

/**
 * `npm ci` when node_modules does not belong to package-lock.json.
 * Install scripts stay off: ssh2's would compile its optional native parts, and
 * then the bundle would differ from machine to machine.
 * The stamp lies inside node_modules, so deleting the folder is enough to start over.
 * Returns true when it installed.
 */
export function installNpmPackages() {
  const lock = readFileSync(inRoot("package-lock.json"));
  return once(inRoot("node_modules/.emberline-stamp"), digest(lock), () =>
    run("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"]),
  );
}
