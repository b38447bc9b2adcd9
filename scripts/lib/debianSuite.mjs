import {
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import { CommandError, run } from "./run.mjs";

/** What signs Debian's suites, from the package debian-archive-keyring. */
const keyring = "/usr/share/keyrings/debian-archive-keyring.gpg";

/**
 * Unpacks packages of a Debian suite, with all they depend on, into an empty
 * folder `root`; nothing is installed on the machine. The mirror is the
 * machine's own, signatures and hashes are checked by apt as always.
 * Returns false when the suite has no such package. Needs no root.
 */
export async function unpackFromSuite({ suite, packages, root, work }) {
  const apt = await aptOf(suite, work);
  await apt(["update", "-q"]);
  const install = ["install", "-q", "-y", "--download-only", "--no-install-recommends"];
  try {
    await apt([...install, ...packages]);
  } catch (error) {
    // "E: Unable to locate package", "E: Package '…' has no installation candidate"
    const lacks = /Unable to locate package|no installation candidate/;
    if (error instanceof CommandError && lacks.test(error.message)) return false;
    throw error;
  }
  rmSync(root, { recursive: true, force: true });
  mergeUsr(root);
  const archives = path.join(work, "cache/archives");
  for (const name of readdirSync(archives).filter((file) => file.endsWith(".deb"))) {
    await run("dpkg", ["-x", path.join(archives, name), root]);
  }
  rmSync(work, { recursive: true, force: true });
  return true;
}

/**
 * Unpacks the source of a package of a suite into the folder `into`, with the
 * package's patches applied. Returns false when the suite has no such source, or
 * lists one that its mirror does not serve.
 */
export async function sourceFromSuite({ suite, source, into, work }) {
  const apt = await aptOf(suite, work, "deb-src");
  await apt(["update", "-q"]);
  const found = path.join(work, "source");
  mkdirSync(found);
  try {
    await apt(["source", "-q", "--download-only", source], { cwd: found });
  } catch (error) {
    if (error instanceof CommandError && /Unable to find a source|404/.test(error.message)) {
      return false;
    }
    throw error;
  }
  const [description] = readdirSync(found).filter((name) => name.endsWith(".dsc"));
  rmSync(into, { recursive: true, force: true });
  mkdirSync(path.dirname(into), { recursive: true });
  // apt has checked the hashes against the signed index.
  await run("dpkg-source", ["--no-check", "--no-copy", "-x", path.join(found, description), into]);
  rmSync(work, { recursive: true, force: true });
  return true;
}

/** apt-get with lists, cache and an empty package status of its own below `work`. */
async function aptOf(suite, work, type = "deb") {
  rmSync(work, { recursive: true, force: true });
  mkdirSync(path.join(work, "state/lists/partial"), { recursive: true });
  mkdirSync(path.join(work, "cache/archives/partial"), { recursive: true });
  const signed = existsSync(keyring) ? `[signed-by=${keyring}] ` : "";
  writeFileSync(
    path.join(work, "sources.list"),
    `${type} ${signed}${await mirror()} ${suite} main\n`,
  );
  writeFileSync(path.join(work, "status"), "");
  const options = {
    "Dir::Etc::SourceList": path.join(work, "sources.list"),
    "Dir::Etc::SourceParts": "/dev/null",
    "Dir::State": path.join(work, "state"),
    "Dir::State::status": path.join(work, "status"),
    "Dir::Cache": path.join(work, "cache"),
    "Acquire::Languages": "none",
    // apt's own user cannot enter a checkout in somebody's home.
    "APT::Sandbox::User": "root",
  };
  const flags = Object.entries(options).flatMap(([name, value]) => ["-o", `${name}=${value}`]);
  const env = { ...process.env, LC_ALL: "C" };
  return (args, where = {}) => run("apt-get", [...flags, ...args], { env, ...where });
}

/** The URI from which this machine's apt takes Debian itself. */
async function mirror() {
  const { stdout } = await run("apt-get", [
    "indextargets",
    "--format",
    "$(REPO_URI) $(RELEASE) $(COMPONENT)",
    "Created-By: Packages",
  ]);
  const codename = /^VERSION_CODENAME=(.+)$/m.exec(readFileSync("/etc/os-release", "utf8"))?.[1];
  const found = stdout.split("\n").find((line) => line.endsWith(` ${codename} main`));
  if (found === undefined) {
    throw new Error(`No apt source of this machine is for the main part of ${codename}.`);
  }
  return found.split(" ")[0];
}

/** Some packages still ship /lib and /bin; in a merged /usr they are links. */
function mergeUsr(root) {
  for (const name of ["bin", "sbin", "lib", "lib64"]) {
    mkdirSync(path.join(root, "usr", name), { recursive: true });
    symlinkSync(`usr/${name}`, path.join(root, name));
  }
}
