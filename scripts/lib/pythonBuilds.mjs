/**
 * CPythons that nobody ships as a package: made from Debian's source package.
 * Each takes about ten minutes of CPU once, so only the long lanes ask for them.
 * As a command it makes them and prints where they are.
 */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { sourceFromSuite, unpackFromSuite } from "./debianSuite.mjs";
import { main } from "./main.mjs";
import { cache } from "./paths.mjs";
import { run } from "./run.mjs";
import { digest, once } from "./stamp.mjs";

const home = path.join(cache, "interpreters");

/** The newest Python whose source Debian's mirrors still have. */
const source = { suite: "forky", source: "python3.13" };

/** The module `test` takes half of the time, and pip wants the network. */
const common = ["--disable-test-modules", "--without-ensurepip"];

const builds = {
  "3.13t": { args: ["--disable-gil"], executable: "bin/python3.13t", environment: () => ({}) },
  "3.13-musl": { args: [], executable: "bin/python3.13", environment: muslCompiler },
};

/** Paths of the built interpreters by the names above. */
export async function builtPythons() {
  const found = {};
  for (const [name, { executable }] of Object.entries(builds)) {
    const prefix = path.join(home, name);
    await once(path.join(home, `${name}.stamp`), digest("1", name), () => build(name, prefix));
    found[name] = path.join(prefix, executable);
  }
  return found;
}

async function build(name, prefix) {
  const { args, environment } = builds[name];
  const tree = await sourceTree();
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

async function sourceTree() {
  const into = path.join(home, "source");
  if (existsSync(path.join(into, "configure"))) return into;
  const work = path.join(home, "apt-source");
  if (!(await sourceFromSuite({ ...source, into, work }))) {
    throw new Error(`Debian's suite ${source.suite} has no source of ${source.source}.`);
  }
  return into;
}

/**
 * A compiler for musl: gcc with the specs of Debian's musl-tools, unpacked and
 * with their paths moved, and the kernel's headers but none of glibc's.
 */
async function muslCompiler() {
  const root = path.join(home, "musl");
  await once(path.join(home, "musl.stamp"), digest("1"), async () => {
    const packages = ["musl-tools", "musl-dev", "linux-libc-dev"];
    const work = path.join(home, "apt-musl");
    if (!(await unpackFromSuite({ suite: "bookworm", packages, root, work }))) {
      throw new Error("Debian's bookworm has no musl-tools.");
    }
  });
  const specs = path.join(root, "emberline.specs");
  const original = path.join(root, "usr/lib/x86_64-linux-musl/musl-gcc.specs");
  writeFileSync(
    specs,
    readFileSync(original, "utf8")
      .replaceAll("/usr/", `${root}/usr/`)
      // Where libc.so is; beside libc.a alone the program would be linked statically.
      .replace("*link_libgcc:\n", `*link_libgcc:\n-L${root}/lib/x86_64-linux-musl `)
      .replaceAll(" /lib/ld-musl", ` ${root}/lib/ld-musl`),
  );
  const compiler = path.join(root, "musl-gcc");
  const kernel = [`${root}/usr/include`, `${root}/usr/include/x86_64-linux-gnu`];
  const flags = [`-specs ${specs}`, ...kernel.map((folder) => `-idirafter ${folder}`)];
  // configure asks for the triplet, which Debian's gcc answers for glibc.
  const lines = [
    "#!/bin/sh",
    'for one; do [ "$one" = --print-multiarch ] && exec echo x86_64-linux-musl; done',
    `exec gcc "$@" ${flags.join(" ")}`,
  ];
  writeFileSync(compiler, `${lines.join("\n")}\n`, { mode: 0o755 });
  return { CC: compiler, PKG_CONFIG: "/bin/false" };
}

await main(import.meta.url, async () => {
  console.log(JSON.stringify(await builtPythons(), undefined, 2));
});
