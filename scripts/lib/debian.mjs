import { existsSync } from "node:fs";
import { run, which } from "./run.mjs";
import { debianPackages } from "./versions.mjs";

/** Packages of the groups whose command or file is not on this machine. */
export function missingPackages(groups) {
  const missing = groups
    .flatMap((group) => debianPackages[group])
    .filter((need) => (need.command ? which(need.command) === undefined : !existsSync(need.file)));
  return [...new Set(missing.map((need) => need.package))];
}

/**
 * Installs what the groups miss when root on a Debian, with the machine's own apt
 * configuration; otherwise throws the exact command to run. Returns what it installed.
 */
export async function installDebianPackages(groups) {
  const missing = missingPackages(groups);
  if (missing.length === 0) return [];
  const install = ["apt-get", "install", "-y", "--no-install-recommends", ...missing];
  if (which("apt-get") === undefined) {
    throw new Error(
      `Missing: ${missing.join(", ")} (Debian's names). Install them, then try again.`,
    );
  }
  if (process.getuid() !== 0) {
    throw new Error(`Missing Debian packages. Run: sudo ${install.join(" ")}`);
  }
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  await run("apt-get", ["update", "-q"], { env });
  const serviceStaysOff = missing.includes("openssh-server") && existsSync("/run/systemd/system");
  if (serviceStaysOff) await sshService("mask");
  await run(install[0], ["-q", ...install.slice(1)], { env });
  if (serviceStaysOff) for (const verb of ["unmask", "disable"]) await sshService(verb);
  const still = missingPackages(groups);
  if (still.length > 0)
    throw new Error(`apt-get installed, but still missing: ${still.join(", ")}`);
  return missing;
}

/**
 * Only the program of openssh-server is wanted. Its package would start a server
 * for the whole network, unless its units are masked while it is installed.
 */
const sshService = (verb) =>
  run("systemctl", [verb, "ssh.service", "ssh.socket"], { check: false });
