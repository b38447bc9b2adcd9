import { createHash, createHmac, randomBytes } from "node:crypto";

import { matchesPatternList } from "./patternList";

/** One line of a known_hosts file (sshd(8), SSH_KNOWN_HOSTS FILE FORMAT). */
export interface KnownHostEntry {
  readonly marker: "revoked" | "cert-authority" | undefined;
  /** A comma-separated pattern list, or one `|1|salt|hash`. */
  readonly hosts: string;
  readonly keyType: string;
  readonly keyBase64: string;
  /** "FILE:LINE", for messages. */
  readonly place: string;
}

/** A host as known_hosts names it. */
export interface HostIdentity {
  /** HostKeyAlias if there is one, else the host name that is connected to. */
  readonly name: string;
  /** Undefined with a HostKeyAlias, which stands for itself without a port. */
  readonly port: number | undefined;
}

/** What known_hosts says about a key that a host presents. */
export type HostKeyVerdict =
  | { kind: "match" }
  /** The host is known by another key of this type. */
  | { kind: "changed"; known: KnownHostEntry }
  | { kind: "revoked"; known: KnownHostEntry }
  /** The host is known, but only by keys of other types. */
  | { kind: "other-type"; knownTypes: readonly string[] }
  | { kind: "unknown" };

const SSH_PORT = 22;

/** Reads a known_hosts text; lines that are no entry are passed over, as OpenSSH does. */
export function parseKnownHosts(text: string, file: string): KnownHostEntry[] {
  const entries: KnownHostEntry[] = [];
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    const fields = line.trim().split(/\s+/);
    if (fields[0] === "" || fields[0]?.startsWith("#")) continue;
    let marker: KnownHostEntry["marker"];
    if (fields[0]?.startsWith("@")) {
      const word = fields.shift()?.slice(1);
      if (word !== "revoked" && word !== "cert-authority") continue;
      marker = word;
    }
    const [hosts, keyType, keyBase64] = fields;
    if (hosts === undefined || keyType === undefined || keyBase64 === undefined) continue;
    entries.push({ marker, hosts, keyType, keyBase64, place: `${file}:${index + 1}` });
  }
  return entries;
}

/**
 * The verdict on `key` (the wire blob). As in OpenSSH: a revoked key is refused
 * even if another line allows it; one matching key outweighs other keys of the
 * same type; a host on another port than 22 may be known without its port.
 * Certificate authorities are not used: ssh2 does not ask for host certificates.
 */
export function judgeHostKey(
  entries: readonly KnownHostEntry[],
  identity: HostIdentity,
  key: Buffer,
): HostKeyVerdict {
  const keyBase64 = key.toString("base64");
  const keyType = hostKeyType(key);
  const isSame = (entry: KnownHostEntry) => entry.keyBase64 === keyBase64;

  const withPort = entriesFor(entries, hostToken(identity));
  const withoutPort = entriesFor(entries, hostToken({ name: identity.name, port: undefined }));
  const revoked = [...withPort, ...withoutPort].find((e) => e.marker === "revoked" && isSame(e));
  if (revoked) return { kind: "revoked", known: revoked };

  const known = withPort.filter((entry) => entry.marker === undefined);
  if (known.some(isSame)) return { kind: "match" };
  const changed = known.find((entry) => entry.keyType === keyType);
  if (changed) return { kind: "changed", known: changed };
  if (known.length > 0) {
    return { kind: "other-type", knownTypes: [...new Set(known.map((entry) => entry.keyType))] };
  }
  // sshconnect.c, "checking without port identifier": only a match counts here.
  if (withoutPort.some((entry) => entry.marker === undefined && isSame(entry))) {
    return { kind: "match" };
  }
  return { kind: "unknown" };
}

/** Signature algorithms that prove a key of this type; all others are named like their type. */
const ALGORITHMS_BY_TYPE: Readonly<Record<string, readonly string[]>> = {
  "ssh-rsa": ["rsa-sha2-512", "rsa-sha2-256", "ssh-rsa"],
};

/**
 * Orders `supported` so that the types this host is known by are asked for
 * first. Without it a server that prefers another type would look unknown.
 * The result is always the full list: ssh2's {prepend} does not reorder.
 */
export function orderHostKeyAlgorithms<T extends string>(
  entries: readonly KnownHostEntry[],
  identity: HostIdentity,
  supported: readonly T[],
): T[] {
  const tokens = [hostToken(identity), hostToken({ name: identity.name, port: undefined })];
  const types = new Set(
    tokens
      .flatMap((token) => entriesFor(entries, token))
      .filter((entry) => entry.marker === undefined)
      .flatMap((entry) => ALGORITHMS_BY_TYPE[entry.keyType] ?? [entry.keyType]),
  );
  return [
    ...supported.filter((algorithm) => types.has(algorithm)),
    ...supported.filter((algorithm) => !types.has(algorithm)),
  ];
}

/** A line for a newly accepted key, with its line end. `hashed` hides the name, as HashKnownHosts does. */
export function formatKnownHost(
  identity: HostIdentity,
  key: Buffer,
  hashed: boolean,
  salt: Buffer = randomBytes(20),
): string {
  const token = hostToken(identity);
  const hosts = hashed ? `|1|${salt.toString("base64")}|${hashToken(token, salt)}` : token;
  return `${hosts} ${hostKeyType(key)} ${key.toString("base64")}\n`;
}

/** The name a host has in known_hosts: `[name]:port` unless the port is 22. */
export function hostToken({ name, port }: HostIdentity): string {
  const lower = name.toLowerCase();
  return port === undefined || port === SSH_PORT ? lower : `[${lower}]:${port}`;
}

/** The key type a wire blob says of itself: its first length-prefixed string. */
export function hostKeyType(key: Buffer): string {
  if (key.length < 4) return "";
  return key.toString("latin1", 4, Math.min(4 + key.readUInt32BE(0), key.length));
}

/** "SHA256:…" as ssh-keygen -l prints it: base64 without padding. */
export function sha256Fingerprint(key: Buffer): string {
  return `SHA256:${createHash("sha256").update(key).digest("base64").replace(/=+$/, "")}`;
}

function entriesFor(entries: readonly KnownHostEntry[], token: string): KnownHostEntry[] {
  return entries.filter((entry) => matchesHosts(entry.hosts, token));
}

function matchesHosts(hosts: string, token: string): boolean {
  if (!hosts.startsWith("|")) return matchesPatternList(hosts.toLowerCase().split(","), token);
  const [, version, salt, hash] = hosts.split("|");
  if (version !== "1" || salt === undefined || hash === undefined) return false;
  return hashToken(token, Buffer.from(salt, "base64")) === hash;
}

function hashToken(token: string, salt: Buffer): string {
  // SHA-1 because the file format says so; it hides names, it does not protect keys.
  return createHmac("sha1", salt).update(token).digest("base64");
}
