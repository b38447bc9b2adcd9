/**
 * CPythons that nobody ships as a package: made from Debian's source packages.
 * Each takes about ten minutes of CPU once, so only the long lanes ask for them.
 * As a command it makes them and prints where they are.
 */
import { existsSync, mkdirSync, rmSync } from "node:fs";
import path from "node:path";
import { sourceFromSuite } from "./debianSuite.mjs";
import { main } from "./main.mjs";
import { muslCompiler } from "./muslCompiler.mjs";
import { cache } from "./paths.mjs";
import { run } from "./run.mjs";
import { digest, once } from "./stamp.mjs";

const home = path.join(cache, "interpreters");

/** Where Debian's testing and unstable have the source package of a minor version. */
const suites = ["forky", "sid"];

/** The module `test` takes half of the time, and pip wants the network. */
const common = ["--disable-test-modules", "--without-ensurepip"];

const nothing = () => ({});

/**
 * `how` tells it from another build of the same version. No JIT is made: Debian's own
 * 3.14 and 3.15 have one. Those of 3.14 and 3.15 wait for a mirror that serves their
 * source: since they were written none did, though the suites list it.
 */
const builds = [
  { name: "3.13t", how: "", args: ["--disable-gil"], environment: nothing },
  { name: "3.13-musl", how: "musl", args: [], environment: muslCompiler },
  { name: "3.14t", how: "", args: ["--disable-gil"], environment: nothing },
  { name: "3.15t", how: "", args: ["--disable-gil"], environment: nothing },
  {
    name: "3.14-tailcall",
    how: "tail calls",
    args: ["--with-tail-call-interp"],
    // It takes a compiler with preserve_none: clang 19 (Doc/using/configure.rst).
    environment: () => ({ CC: "clang-19" }),
  },
];

const minorOf = (name) => /^3\.\d+/.exec(name)[0];

/**
 * `built`: name, executable and `how` of each that could be made; `absent`: name
 * of each that could not, and why.
 */
export async function builtPythons() {
  const built = [];
  const absent = [];
  for (const { name, how, ...recipe } of builds) {
    const prefix = path.join(home, name);
    const executable = path.join(prefix, `bin/python${/^3\.\d+t?/.exec(name)[0]}`);
    const stamp = path.join(home, `${name}.stamp`);
    try {
      await once(stamp, digest("1", name), () => build(name, prefix, recipe));
      built.push({ name, how, executable });
    } catch (error) {
      if (!(error instanceof NoSource)) throw error;
      absent.push({ name, why: error.message });
    }
  }
  return { built, absent };
}

async function build(name, prefix, { args, environment }) {
  const tree = await sourceTree(minorOf(name));
  const folder = path.join(home, `build-${name}`);
  rmSync(folder, { recursive: true, force: true });
  rmSync(prefix, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const env = { ...process.env, ...(await environment()) };
  const nice = (...command) => run("nice", command, { cwd: folder, env });
  await nice(path.join(tree, "configure"), "-q", `--prefix=${prefix}`, ...common, ...args);
  await nice("make", "-s", "-j2");
  await nice("make", "-s", "install");
  rmSync(folder, { recursive: true, force: true });
}

class NoSource extends Error {}

/** The unpacked source of a minor version; one that was put there by hand is taken, too. */
async function sourceTree(minor) {
  const into = path.join(home, `source-${minor}`);
  if (existsSync(path.join(into, "configure"))) return into;
  for (const suite of suites) {
    const work = path.join(home, "apt-source");
    if (await sourceFromSuite({ suite, source: `python${minor}`, into, work })) return into;
  }
  throw new NoSource(`Debian's ${suites.join(" and ")} serve no source of python${minor}`);
}

await main(import.meta.url, async () => {
  console.log(JSON.stringify(await builtPythons(), undefined, 2));
});
