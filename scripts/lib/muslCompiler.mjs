/** A C compiler whose programs run on musl. */
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { unpackFromSuite } from "./debianSuite.mjs";
import { cache } from "./paths.mjs";
import { digest, once } from "./stamp.mjs";

const home = path.join(cache, "interpreters");

/**
 * What `configure` needs in its environment to use it: gcc with the specs of Debian's musl-tools, unpacked and
 * with their paths moved, and the kernel's headers but none of glibc's.
 */
export async function muslCompiler() {
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
