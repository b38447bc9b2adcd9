import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";

import { exitText, runScript, type CommandHost, type RunResult } from "./commandHost";
import { oneLine, reasonOf, remoteError, type RemoteError } from "./errors";
import { HELPER_FILE, helperDirName, probeScript, scriptExit, uploadScript } from "./hostScripts";

export type HelperArchitecture = "linux-x64" | "linux-arm64";

/** Where the helpers that came with this extension are on this machine. */
export type HelperBinaries = Readonly<Record<HelperArchitecture, string>>;

/** What `uname -m` says, and which helper runs there. */
const ARCHITECTURES: Readonly<Record<string, HelperArchitecture>> = {
  x86_64: "linux-x64",
  amd64: "linux-x64",
  aarch64: "linux-arm64",
  arm64: "linux-arm64",
};

/** A helper in the place from which it can be started. */
export interface DeployedHelper {
  readonly path: string;
  readonly sha256: string;
  /** False when it was there already. */
  readonly uploaded: boolean;
  readonly host: HostFacts;
}

/** Who we are on the host. */
export interface HostFacts {
  readonly uid: number;
  readonly user: string;
  /** Root, or a user whose processes have the capabilities that sampling needs. */
  readonly maySample: boolean;
  readonly sudoPath: string | undefined;
}

/** What the probe found; pure data, so that the plan can be tested without a host. */
export interface Probe {
  readonly system: string;
  readonly machine: string;
  readonly facts: HostFacts;
  readonly presentPath: string | undefined;
  readonly places: readonly string[];
  readonly unfit: readonly string[];
}

export interface DeployOptions {
  readonly binaries: HelperBinaries;
  readonly signal: AbortSignal;
  readonly onBytes: (doneBytes: number, totalBytes: number) => void;
  /** Set when root cannot read the user's home (NFS with root_squash): shared directories only. */
  readonly outsideHome?: boolean;
}

/** An upload of 10 MB takes this long at 17 kB/s; slower lines count as broken. */
const UPLOAD_TIMEOUT_MS = 10 * 60_000;

/** Puts the right helper on the host unless it is there already. */
export async function deployHelper(
  host: CommandHost,
  options: DeployOptions,
): Promise<DeployedHelper> {
  const { signal } = options;
  const hashes = await hashBinaries(options.binaries);
  const wanted = Object.fromEntries(
    Object.entries(ARCHITECTURES).map(([machine, architecture]) => [machine, hashes[architecture]]),
  );
  const result = await runScript(
    host,
    probeScript(wanted, options.outsideHome),
    { what: "Looking around" },
    signal,
  );
  const probe = parseProbe(result.stdout);
  const plan = planDeploy(probe, host.label, options.outsideHome ?? false);
  const sha256 = hashes[plan.architecture];
  if (plan.presentPath !== undefined) {
    return { path: plan.presentPath, sha256, uploaded: false, host: probe.facts };
  }
  const path = await upload(host, plan, sha256, options);
  return { path, sha256, uploaded: true, host: probe.facts };
}

/** Reads the probe's lines. */
export function parseProbe(stdout: string): Probe {
  const lines = stdout.split("\n").map((line) => {
    const [key = "", ...rest] = line.split(" ");
    return { key, value: rest.join(" ") };
  });
  const all = (key: string) => lines.filter((line) => line.key === key).map((line) => line.value);
  const [uid = ""] = all("uid");
  return {
    system: all("system")[0] ?? "something unknown",
    machine: all("machine")[0] ?? "unknown",
    facts: {
      uid: /^\d+$/.test(uid) ? Number(uid) : -1,
      maySample: uid === "0" || hasSamplingCapabilities(all("capabilities")[0] ?? ""),
      user: all("user")[0] || uid,
      sudoPath: all("sudo")[0],
    },
    presentPath: all("present")[0],
    places: all("place"),
    unfit: all("unfit"),
  };
}

/** Bits of linux/capability.h. */
const CAP_SYS_PTRACE = 1n << 19n;
const CAP_SYS_ADMIN = 1n << 21n;
const CAP_PERFMON = 1n << 38n;
const CAP_BPF = 1n << 39n;

/** Whether a CapEff mask (hex, of /proc/self/status) is enough to sample every process. */
export function hasSamplingCapabilities(maskHex: string): boolean {
  if (!/^[0-9a-f]{1,16}$/i.test(maskHex)) return false;
  const mask = BigInt(`0x${maskHex}`);
  const hasAll = (wanted: bigint) => (mask & wanted) === wanted;
  return hasAll(CAP_SYS_PTRACE) && (hasAll(CAP_BPF | CAP_PERFMON) || hasAll(CAP_SYS_ADMIN));
}

export interface DeployPlan {
  readonly architecture: HelperArchitecture;
  readonly presentPath: string | undefined;
  /** Directories to try, best first; not empty unless it is present. */
  readonly places: readonly string[];
}

/** What to do after the probe; throws when nothing can be done. */
export function planDeploy(probe: Probe, label: string, outsideHome: boolean): DeployPlan {
  if (probe.system !== "Linux")
    throw remoteError("not-linux", { host: label, system: probe.system });
  const architecture = ARCHITECTURES[probe.machine];
  if (architecture === undefined) {
    throw remoteError("unsupported-architecture", { host: label, machine: probe.machine });
  }
  const isShared = (path: string) => /^\/(var\/)?tmp\/emberline-/.test(path);
  const isUsable = (path: string) => !outsideHome || isShared(path);
  const presentPath =
    probe.presentPath !== undefined && isUsable(probe.presentPath) ? probe.presentPath : undefined;
  // A helper in the home hides the other places from the probe; these two are always worth a try.
  const places = (
    probe.presentPath === undefined ? probe.places : sharedPlaces(probe.facts)
  ).filter(isUsable);
  if (presentPath === undefined && places.length === 0) {
    const reasons = probe.unfit.join("; ") || "none was found";
    throw remoteError("deploy-no-place", { host: label, reasons });
  }
  return { architecture, presentPath, places };
}

const sharedPlaces = ({ uid }: HostFacts) => [`/var/tmp/emberline-${uid}`, `/tmp/emberline-${uid}`];

async function upload(
  host: CommandHost,
  plan: DeployPlan,
  sha256: string,
  { binaries, signal, onBytes }: DeployOptions,
): Promise<string> {
  const content = await readBinary(binaries[plan.architecture]);
  let failure: RemoteError | undefined;
  for (const place of plan.places) {
    onBytes(0, content.length);
    const result = await runScript(
      host,
      uploadScript(place, sha256),
      {
        what: "Putting the helper there",
        input: content,
        onInputBytes: (bytes) => onBytes(bytes, content.length),
        timeoutMs: UPLOAD_TIMEOUT_MS,
      },
      signal,
    );
    if (result.exit.kind === "exit" && result.exit.code === 0) {
      return `${place}/${helperDirName(sha256)}/${HELPER_FILE}`;
    }
    failure = uploadFailure(result, host.label, place);
  }
  throw failure ?? remoteError("deploy-failed", { host: host.label, reason: "there is no place" });
}

function uploadFailure({ exit, stderr }: RunResult, label: string, place: string): RemoteError {
  if (/No space left|quota exceeded|file too large/i.test(stderr)) {
    return remoteError("deploy-no-space", { host: label, place });
  }
  const code = exit.kind === "exit" ? exit.code : undefined;
  const said = oneLine(stderr);
  const reason = {
    [scriptExit.placeNotWritable]: `${place} is not writable`,
    [scriptExit.writeFailed]: `writing to ${place} failed`,
    [scriptExit.hashMismatch]: "it arrived damaged",
    [scriptExit.renameFailed]: `renaming in ${place} failed`,
    [scriptExit.doesNotRun]: "it does not run there",
    [scriptExit.noHashTool]: "there is neither sha256sum nor shasum nor openssl",
  }[code ?? -1];
  const text = [reason ?? exitText(exit), said].filter(Boolean).join(": ");
  return remoteError("deploy-failed", { host: label, reason: text });
}

async function hashBinaries(
  binaries: HelperBinaries,
): Promise<Readonly<Record<HelperArchitecture, string>>> {
  const hashOf = async (path: string) =>
    createHash("sha256")
      .update(await readBinary(path))
      .digest("hex");
  return {
    "linux-x64": await hashOf(binaries["linux-x64"]),
    "linux-arm64": await hashOf(binaries["linux-arm64"]),
  };
}

async function readBinary(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    throw remoteError("helper-missing", { path: `${path} (${reasonOf(error)})` }, error);
  }
}
