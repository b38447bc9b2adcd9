/**
 * The debug offsets of free-threaded 3.14 and 3.15, which nobody ships and whose source
 * Debian's mirrors no longer have: measured on the headers of Debian's builds with a GIL.
 * As a command it writes them to where the helper's tests read them.
 */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { unpackFromSuite } from "./debianSuite.mjs";
import { main } from "./main.mjs";
import { cache, inRoot } from "./paths.mjs";
import { run } from "./run.mjs";
import { digest, once } from "./stamp.mjs";

export const measuredFile = "helper/internal/cpython/testdata/freethreaded.json";

const suite = "forky";
const home = path.join(cache, "interpreters");

/** What test/matrix/support/freeThreaded.c prints, by minor version. */
export async function freeThreadedOffsets() {
  const found = {};
  for (const minor of ["3.14", "3.15"]) found[minor] = await measure(minor);
  return found;
}

async function measure(minor) {
  const root = path.join(home, `${minor}-headers`);
  await once(`${root}.stamp`, digest("1", minor, suite), async () => {
    const packages = [`libpython${minor}-dev`];
    if (!(await unpackFromSuite({ suite, packages, root, work: `${root}-apt` }))) {
      throw new Error(`Debian's suite ${suite} has no libpython${minor}-dev.`);
    }
  });
  const include = path.join(root, "usr/include");
  const python = path.join(include, `python${minor}`);
  // The machine's own C library first: the suite's headers are of a newer one.
  const folders = [python, path.join(python, "internal")].map((folder) => `-I${folder}`);
  const later = [include, path.join(include, "x86_64-linux-gnu")].flatMap((folder) => [
    "-idirafter",
    folder,
  ]);
  const program = path.join(home, `free-threaded-${minor}`);
  const source = inRoot("test/matrix/support/freeThreaded.c");
  await run("gcc", ["-w", "-DPy_GIL_DISABLED=1", ...folders, ...later, "-o", program, source]);
  const { stdout } = await run(program);
  rmSync(program);
  return JSON.parse(stdout);
}

await main(import.meta.url, async () => {
  const file = inRoot(measuredFile);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(await freeThreadedOffsets(), undefined, 2)}\n`);
});
