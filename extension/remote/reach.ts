/** From a host's name to a running helper: connect, put the helper there, start it with enough privilege. */
import { isRemoteError } from "./errors";
import type { CommandHost } from "./commandHost";
import { deployHelper, type DeployedHelper, type HelperBinaries } from "./deploy";
import type { HelperLink } from "./helperLink";
import { localHost } from "./localHost";
import type { Prompter } from "./prompter";
import { connectSsh } from "./sshConnect";
import type { SshEnvironment } from "./sshConfigFile";
import { startHelper } from "./startHelper";

/** Where a helper is to run. `destination` is an ssh alias or user@host:port. */
export type HostTarget =
  | { readonly kind: "ssh"; readonly destination: string }
  | { readonly kind: "local" };

/** Steps of reaching a host, in their order. */
export type ReachPhase = "connecting" | "deploying" | "elevating";

export interface ReachOptions {
  readonly environment: SshEnvironment;
  readonly binaries: HelperBinaries;
  readonly prompter: Prompter;
  readonly signal: AbortSignal;
  /** `detail` says how far a step is, or what it is about to run; it may be empty. */
  readonly onPhase: (phase: ReachPhase, detail: string) => void;
  /** Lines for the log; never a secret. */
  readonly log: (line: string) => void;
}

/**
 * Reaches a host and starts the helper there. Rejects with a catalogue error and
 * leaves nothing open then; closing the link closes all it runs through.
 */
export async function reachHelper(target: HostTarget, options: ReachOptions): Promise<HelperLink> {
  const { onPhase, environment, prompter, signal, log } = options;
  onPhase("connecting", "");
  if (target.kind === "local") return deployAndStart(localHost, options);
  const session = await connectSsh(target.destination, { environment, prompter, signal, log });
  try {
    const link = await deployAndStart(session, options);
    return {
      ...link,
      close: () => {
        link.close();
        session.dispose();
      },
    };
  } catch (error) {
    session.dispose();
    throw error;
  }
}

/** The part after the login; for an SSH session as for this machine. */
export async function deployAndStart(
  host: CommandHost,
  options: Omit<ReachOptions, "environment">,
): Promise<HelperLink> {
  const { onPhase, signal, binaries, log } = options;
  const deploy = async (outsideHome: boolean): Promise<DeployedHelper> => {
    onPhase("deploying", "");
    const onBytes = (done: number, total: number) => onPhase("deploying", progress(done, total));
    const helper = await deployHelper(host, { binaries, signal, onBytes, outsideHome });
    log(`helper on ${host.label}: ${helper.path} ${helper.uploaded ? "uploaded" : "was there"}`);
    return helper;
  };
  const start = (helper: DeployedHelper) =>
    startHelper(host, helper, { ...options, onCommand: (text) => onPhase("elevating", text) });
  try {
    return await start(await deploy(false));
  } catch (error) {
    // A home on NFS with root_squash is closed to root; the shared directories are not.
    if (!isRemoteError(error, "helper-unreadable-by-root")) throw error;
    log(error.message);
    return start(await deploy(true));
  }
}

function progress(doneBytes: number, totalBytes: number): string {
  const mib = (bytes: number) => (bytes / 2 ** 20).toFixed(1);
  return `${mib(doneBytes)} of ${mib(totalBytes)} MiB`;
}
