import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";

/** SHA-256 over the parts, hex. */
export function digest(...parts) {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part).update("\0");
  return hash.digest("hex");
}

/**
 * Runs `make` unless the stamp file says that it already ran with this digest.
 * The stamp is removed first, so an interrupted run is repeated.
 * Returns true when `make` ran.
 */
export async function once(stampFile, wanted, make) {
  let found;
  try {
    found = readFileSync(stampFile, "utf8");
  } catch {
    found = undefined;
  }
  if (found === wanted) return false;
  rmSync(stampFile, { force: true });
  await make();
  mkdirSync(path.dirname(stampFile), { recursive: true });
  writeFileSync(stampFile, wanted);
  return true;
}
