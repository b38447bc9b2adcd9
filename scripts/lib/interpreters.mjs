/**
 * The CPythons that the sampler is tried on: those of the machine, and from
 * Debian's other suites those that it lacks. As a command it fetches what is
 * missing and prints the list as JSON.
 */
import { existsSync, mkdirSync, readdirSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { unpackFromSuite } from "./debianSuite.mjs";
import { main } from "./main.mjs";
import { cache } from "./paths.mjs";
import { run, which } from "./run.mjs";
import { digest, once } from "./stamp.mjs";

/**
 * Minor versions every machine is tested with, and the suites to look in, in
 * this order. No suite has 3.12: it went from testing before a release took it.
 * Where pyenv has one, that is used.
 */
const wanted = [
  { minor: "3.11", suites: ["bookworm"] },
  { minor: "3.13", suites: ["trixie", "forky", "sid"] },
  { minor: "3.14", suites: ["forky", "sid"] },
  { minor: "3.15", suites: ["forky", "sid"] },
];

/** Versions that bullseye was the last suite to have, built as Debian builds: static, stripped. */
const old = [
  { minor: "2.7", suites: ["bullseye"] },
  { minor: "3.9", suites: ["bullseye"] },
];

const home = path.join(cache, "interpreters");

/** The folder of libraries for this machine's architecture. */
const libraries = { x64: "x86_64-linux-gnu", arm64: "aarch64-linux-gnu" }[process.arch];

/** Debian's own 2.7 and 3.9, as `interpreters` tells them. */
export async function oldInterpreters() {
  const found = [];
  for (const { minor, suites } of old) found.push(...(await fromSuite(minor, suites)));
  return found;
}

/**
 * Every CPython that runs here, oldest first:
 * `label` tells it from the others; `command` starts it; `version` is "3.13.5";
 * `origin` is "machine", "pyenv" or "suite"; `root` is where "/" is for a
 * program that it runs in a chroot, else ""; `hasJit` that it can compile. Throws when a wanted one is
 * neither here nor to be had.
 */
export async function interpreters() {
  const here = await onMachine();
  const fetched = [];
  for (const { minor, suites } of wanted) {
    if (here.some((one) => one.origin === "machine" && one.version.startsWith(`${minor}.`)))
      continue;
    fetched.push(...(await fromSuite(minor, suites)));
  }
  return [...here, ...fetched].toSorted((a, b) => compareVersions(a.version, b.version));
}

async function onMachine() {
  const pyenv = path.join(process.env.PYENV_ROOT ?? path.join(os.homedir(), ".pyenv"), "versions");
  const candidates = [
    ...["/usr/bin", "/usr/local/bin"].flatMap((folder) =>
      list(folder, /^python\d\.\d+t?$/).map((file) => ({ file, origin: "machine" })),
    ),
    ...list(pyenv, /./).map((folder) => ({
      file: path.join(folder, "bin/python"),
      origin: "pyenv",
    })),
  ];
  const found = [];
  for (const { file, origin } of candidates) {
    const one = await describe([file], origin);
    if (one !== undefined) found.push(one);
  }
  return found;
}

const list = (folder, pattern) =>
  existsSync(folder)
    ? readdirSync(folder)
        .filter((name) => pattern.test(name))
        .map((name) => path.join(folder, name))
    : [];

/** An interpreter of a suite: run in place by its own loader, and for root also in a chroot. */
async function fromSuite(minor, suites) {
  const root = path.join(home, minor);
  const recipe = digest("1", minor, ...suites);
  await once(path.join(home, `${minor}.stamp`), recipe, () =>
    unpack([`python${minor}-minimal`, `libpython${minor}-stdlib`], suites, root),
  );
  const commands = [{ command: inPlace(root, minor), root: "" }];
  if (process.getuid() === 0) {
    await makeDevices(root);
    commands.push({ command: [which("chroot"), root, `/usr/bin/python${minor}`], root });
  }
  const found = [];
  for (const { command, root } of commands) {
    const one = await describe(command, "suite", root);
    if (one === undefined) throw new Error(`${command.join(" ")} does not run.`);
    found.push(one);
  }
  return found;
}

/** What multiprocessing needs of /dev: room for semaphores, and in 2.7 random bytes. */
async function makeDevices(root) {
  mkdirSync(path.join(root, "dev/shm"), { recursive: true });
  const random = path.join(root, "dev/urandom");
  if (!existsSync(random)) await run("mknod", ["-m", "666", random, "c", "1", "9"]);
}

/**
 * The path of Debian's libpython of a minor version that a suite is fetched for: the
 * same interpreter for those who embed it, beside a standard library of its own.
 */
export async function libraryFromSuite(minor) {
  const { suites } = wanted.find((one) => one.minor === minor);
  const root = path.join(home, `${minor}-library`);
  const recipe = digest("1", minor, ...suites);
  await once(`${root}.stamp`, recipe, () => unpack([`libpython${minor}`], suites, root));
  return path.join(root, "usr/lib", libraries, `libpython${minor}.so.1.0`);
}

async function unpack(packages, suites, root) {
  for (const suite of suites) {
    const work = path.join(home, `apt-${path.basename(root)}`);
    if (await unpackFromSuite({ suite, packages, root, work })) return;
  }
  throw new Error(`${packages.join(", ")}: in none of Debian's suites ${suites.join(", ")}.`);
}

/**
 * The suite's C library is newer than the machine's, so its own loader runs the
 * program. /proc/PID/exe is then the loader.
 */
function inPlace(root, minor) {
  const loader = { x64: "ld-linux-x86-64.so.2", arm64: "ld-linux-aarch64.so.1" }[process.arch];
  // Older packages keep the C library outside of /usr.
  const folders = ["usr/lib", "lib"].map((folder) => path.join(root, folder, libraries));
  const library = folders.map((folder) => path.join(folder, loader)).find((one) => existsSync(one));
  return [library, "--library-path", folders.join(":"), path.join(root, `usr/bin/python${minor}`)];
}

/**
 * What a Python is asked, in words that 2.7 understands, too: "threads" is the "t" of a
 * build without a GIL; "hasJit" that its JIT was built, be it on or off (3.14 and later).
 */
const whatItIs = `
import json, platform, sys
print(json.dumps({
    "implementation": platform.python_implementation(),
    "version": platform.python_version(),
    "threads": "t" if "t" in getattr(sys, "abiflags", "") else "",
    "hasJit": hasattr(sys, "_jit") and sys._jit.is_available(),
}))
`;

/** Asks the interpreter that a command starts what it is; undefined when it is no CPython or does not run. */
export async function describe(command, origin, root = "") {
  let said;
  try {
    said = await run(command[0], [...command.slice(1), "-c", whatItIs], { timeoutMs: 60_000 });
  } catch {
    return undefined;
  }
  const { implementation, version, threads, hasJit } = JSON.parse(said.stdout);
  if (implementation !== "CPython") return undefined;
  const how = root === "" ? origin : `${origin}, chroot`;
  return { label: `${version}${threads} (${how})`, version, origin, command, root, hasJit };
}

function compareVersions(a, b) {
  const [left, right] = [a, b].map((text) =>
    text.split(".").map((part) => Number.parseInt(part, 10)),
  );
  return left[0] - right[0] || left[1] - right[1] || left[2] - right[2];
}

await main(import.meta.url, async () => {
  console.log(JSON.stringify(await interpreters(), undefined, 2));
});
