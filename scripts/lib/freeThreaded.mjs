/**
 * What is known of free-threaded 3.14 and 3.15 without the programs, which nobody ships and
 * whose source Debian's mirrors no longer have: the headers of Debian's builds with a GIL.
 * Their debug offsets are measured, and a program that lays its memory out like them is made.
 * As a command it writes them to where the helper's tests read them.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { unpackFromSuite } from "./debianSuite.mjs";
import { main } from "./main.mjs";
import { cache, inRoot } from "./paths.mjs";
import { run } from "./run.mjs";
import { digest, once } from "./stamp.mjs";

export const measuredFile = "helper/internal/cpython/testdata/freethreaded.json";

const suite = "forky";
const home = path.join(cache, "interpreters");

const minors = ["3.14", "3.15"];

/** What test/matrix/support/freeThreaded.c prints, by minor version. */
export async function freeThreadedOffsets() {
  const found = {};
  for (const minor of minors) {
    const program = path.join(home, `free-threaded-${minor}`);
    await compile(minor, inRoot("test/matrix/support/freeThreaded.c"), program);
    const { stdout } = await run(program);
    rmSync(program);
    found[minor] = JSON.parse(stdout);
  }
  return found;
}

/**
 * Programs that pose as such an interpreter (test/matrix/support/laidOut.c), by minor
 * version: `file`, and `truth` about the stacks that its threads can have.
 * `interpreters` are those with a GIL, which compile what it seems to run.
 */
export async function laidOutPythons(interpreters) {
  const found = {};
  for (const minor of minors) {
    const folder = path.join(home, `${minor}t-laid-out`);
    mkdirSync(folder, { recursive: true });
    const { command } = interpreters.find(
      ({ version, root }) => version.startsWith(`${minor}.`) && root === "",
    );
    const script = inRoot("test/matrix/support/laidOut.py");
    const programs = inRoot("test/matrix/programs");
    const env = { ...process.env, PYTHONDONTWRITEBYTECODE: "1" };
    await run(command[0], [...command.slice(1), script, programs, folder], { env });
    const file = path.join(folder, "server");
    const flags = ["-O2", "-rdynamic", "-pthread", `-I${folder}`];
    await compile(minor, inRoot("test/matrix/support/laidOut.c"), file, flags);
    const truth = JSON.parse(readFileSync(path.join(folder, "truth.json"), "utf8"));
    found[minor] = { file, truth };
  }
  return found;
}

/** Compiles against the headers of a build with a GIL, as if it had none. */
async function compile(minor, source, program, flags = []) {
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
  const withoutLock = ["-w", "-DPy_GIL_DISABLED=1"];
  await run("gcc", [...withoutLock, ...flags, ...folders, ...later, "-o", program, source]);
}

await main(import.meta.url, async () => {
  const file = inRoot(measuredFile);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(await freeThreadedOffsets(), undefined, 2)}\n`);
});
