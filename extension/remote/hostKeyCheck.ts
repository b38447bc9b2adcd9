import { appendFile, mkdir, readFile } from "node:fs/promises";
import * as path from "node:path";

import type { AskingPrompter } from "./cancel";
import { remoteError, type RemoteError } from "./errors";
import {
  formatKnownHost,
  hostKeyType,
  hostToken,
  judgeHostKey,
  parseKnownHosts,
  sha256Fingerprint,
  type HostIdentity,
  type KnownHostEntry,
} from "./knownHosts";
import type { ResolvedHost } from "./sshConfig";

/** What is known of one host before it is connected to. */
export interface KnownHosts {
  readonly identity: HostIdentity;
  readonly entries: readonly KnownHostEntry[];
}

/** Reads the user's and the system's known_hosts; a file that cannot be read counts as empty. */
export async function readKnownHosts(host: ResolvedHost): Promise<KnownHosts> {
  const files = [...host.userKnownHostsFiles, ...host.globalKnownHostsFiles];
  const texts = await Promise.all(files.map((file) => readFile(file, "utf8").catch(() => "")));
  return {
    identity:
      host.hostKeyAlias === undefined
        ? { name: host.hostName, port: host.port }
        : { name: host.hostKeyAlias, port: undefined },
    entries: texts.flatMap((text, index) => parseKnownHosts(text, files[index] ?? "")),
  };
}

/**
 * Returns when `key` may be trusted, having asked and noted it down if it was
 * unknown; throws otherwise. A changed or revoked key cannot be clicked away.
 */
export async function checkHostKey(
  host: ResolvedHost,
  known: KnownHosts,
  key: Buffer,
  prompter: AskingPrompter,
  log: (line: string) => void,
): Promise<void> {
  const facts = {
    host: host.hostName,
    keyType: hostKeyType(key),
    fingerprint: sha256Fingerprint(key),
  };
  const verdict = judgeHostKey(known.entries, known.identity, key);
  log(`host key ${facts.keyType} ${facts.fingerprint} of ${facts.host}: ${verdict.kind}`);
  switch (verdict.kind) {
    case "match":
      return;
    case "revoked":
      throw remoteError("host-key-revoked", { ...facts, knownAt: verdict.known.place });
    case "changed":
      throw changedKey(facts, known.identity, verdict.known);
    case "unknown":
    case "other-type":
      break;
  }
  if (host.strictHostKeyChecking === "yes") throw remoteError("host-key-not-listed", facts);
  const otherKnownTypes = verdict.kind === "other-type" ? verdict.knownTypes : [];
  const file = host.userKnownHostsFiles[0];
  const savedTo = file === undefined || file === "/dev/null" ? undefined : file;
  // accept-new is for hosts never seen; one that shows a new type of key is looked at.
  if (host.strictHostKeyChecking !== "accept-new" || verdict.kind === "other-type") {
    const accepted = await prompter.confirmUnknownHostKey({
      host: host.hostName,
      port: host.port,
      keyType: facts.keyType,
      sha256Fingerprint: facts.fingerprint,
      otherKnownTypes,
      savedTo,
    });
    if (!accepted) throw remoteError("host-key-rejected", facts);
  }
  if (savedTo === undefined) return;
  try {
    await appendKnownHost(savedTo, formatKnownHost(known.identity, key, host.hashKnownHosts));
  } catch (error) {
    // As ssh does: not being able to note it down only means being asked again.
    log(`cannot write ${savedTo}: ${String(error)}`);
  }
}

function changedKey(
  facts: { host: string; keyType: string; fingerprint: string },
  identity: HostIdentity,
  known: KnownHostEntry,
): RemoteError {
  const file = known.place.replace(/:\d+$/, "");
  return remoteError("host-key-changed", {
    ...facts,
    knownFingerprint: sha256Fingerprint(Buffer.from(known.keyBase64, "base64")),
    knownAt: known.place,
    remove: `ssh-keygen -f "${file}" -R "${hostToken(identity)}"`,
  });
}

/** Adds a line; the file gets mode 600 and its directory 700 if they have to be made. */
async function appendKnownHost(file: string, line: string): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
  const text = await readFile(file, "utf8").catch(() => "");
  // A last line without an end would swallow ours.
  const lead = text === "" || text.endsWith("\n") ? "" : "\n";
  await appendFile(file, lead + line, { mode: 0o600 });
}
