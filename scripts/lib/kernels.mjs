/**
 * The kernels that the sampler is tried on beside the machine's own: those of
 * Debian's suites, to be booted by QEMU. Also the busybox that is all else the
 * emulated machine needs. As a command it fetches them and prints the list.
 */
import { copyFileSync, existsSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import path from "node:path";
import { unpackFromSuite } from "./debianSuite.mjs";
import { main } from "./main.mjs";
import { cache } from "./paths.mjs";
import { digest, once } from "./stamp.mjs";

/** Oldest first; 5.10 is the oldest that the sampler is for, sid's the newest that Debian has. */
const suites = ["bullseye", "bookworm", "trixie", "sid"];

const home = path.join(cache, "kernels");
const work = path.join(home, "apt");

/**
 * The kernel of each suite: `release` is what uname says, `file` the image.
 * What was fetched once is kept; delete .cache/kernels to look for newer ones.
 */
export async function kernels() {
  if (process.arch !== "x64") {
    throw new Error("Kernels are tried with the machine's own Pythons, which must be x86-64.");
  }
  const found = [];
  for (const suite of suites) {
    const folder = path.join(home, suite);
    await once(path.join(home, `${suite}.stamp`), digest("1", suite), () => fetch(suite, folder));
    const [image] = readdirSync(folder);
    found.push({ suite, release: image.slice("vmlinuz-".length), file: path.join(folder, image) });
  }
  return found;
}

async function fetch(suite, folder) {
  const root = path.join(home, "root");
  if (!(await unpackFromSuite({ suite, packages: ["linux-image-amd64"], root, work }))) {
    throw new Error(`Debian's suite ${suite} has no kernel.`);
  }
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const modules = oneOf(root, "lib/modules", "usr/lib/modules");
  const [release] = readdirSync(modules);
  const name = `vmlinuz-${release}`;
  // Newer packages keep the image beside its modules.
  const image = oneOf(root, `boot/${name}`, `usr/lib/modules/${release}/vmlinuz`);
  copyFileSync(image, path.join(folder, name));
  rmSync(root, { recursive: true, force: true });
}

/** The path of a busybox that needs no library. */
export async function staticBusybox() {
  const root = path.join(home, "busybox");
  await once(path.join(home, "busybox.stamp"), digest("1"), async () => {
    await unpackFromSuite({ suite: "bookworm", packages: ["busybox-static"], root, work });
  });
  return oneOf(root, "bin/busybox", "usr/bin/busybox");
}

/** The one of the names that is there: suites differ in whether /bin and /lib are links into /usr. */
function oneOf(root, ...names) {
  const found = names.map((name) => path.join(root, name)).find((file) => existsSync(file));
  if (found === undefined) throw new Error(`The package has none of ${names.join(", ")}.`);
  return found;
}

await main(import.meta.url, async () => {
  console.log(JSON.stringify(await kernels(), undefined, 2));
});
