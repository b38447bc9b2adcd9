/** Lane: what is generated and checked in is what the generators make of today's sources. */
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import path from "node:path";
import { generate } from "../generate.mjs";
import { tally } from "../lib/check.mjs";
import { cache, inRoot } from "../lib/paths.mjs";

/** Folders that hold generators, what they read and what they write. */
const folders = ["bpf", "helper", "extension/wire"];
const isGenerated = (file) => /(\.gen\.ts|_gen\.go|_bpfe[lb]\.(go|o))$/.test(file);

/** Runs the generators on a copy and compares every file, byte by byte. */
export async function generated() {
  const copy = path.join(cache, "generated");
  rmSync(copy, { recursive: true, force: true });
  for (const folder of folders)
    cpSync(inRoot(folder), path.join(copy, folder), { recursive: true });
  for (const file of filesOf(copy).filter(isGenerated)) rmSync(path.join(copy, file));
  await generate(copy);
  const made = filesOf(copy);
  const result = tally();
  for (const file of new Set([...filesOf(inRoot("")), ...made])) {
    const problem = compare(copy, file);
    if (problem !== undefined) {
      result.failed += 1;
      result.notes.push(`${file} ${problem}; npm run generate`);
    } else if (isGenerated(file)) result.passed += 1;
  }
  rmSync(copy, { recursive: true, force: true });
  return result;
}

function compare(copy, file) {
  const [here, there] = [inRoot(file), path.join(copy, file)];
  if (!existsSync(there)) return "is made by no generator";
  if (!existsSync(here)) return "is made by a generator and not checked in";
  return readFileSync(here).equals(readFileSync(there)) ? undefined : "is stale";
}

function filesOf(root) {
  return folders.flatMap((folder) =>
    readdirSync(path.join(root, folder), { recursive: true })
      .map((name) => path.join(folder, name))
      .filter((file) => statSync(path.join(root, file)).isFile()),
  );
}
