import { readFile } from "node:fs/promises";

import { BaseAgent, createAgent, utils, type ParsedKey } from "ssh2";

import type { AskingPrompter } from "./cancel";
import { isRemoteError, reasonOf } from "./errors";
import type { ResolvedHost } from "./sshConfig";

/** A key that can be offered to a server. Its secret is touched only in `sign`. */
export interface Identity {
  /** For the list of what was tried: "agent key ssh-ed25519 (comment)", "key ~/.ssh/id_rsa". */
  readonly label: string;
  readonly publicKey: ParsedKey;
  /** `hash` is "sha256" or "sha512" for RSA, else undefined. */
  sign(data: Buffer, hash: string | undefined): Promise<Buffer>;
}

/** Keys in the order to offer them, and what kept others from being among them. */
export interface Identities {
  readonly ready: readonly Identity[];
  /** Old PEM keys whose public half cannot be read without the passphrase; offered last. */
  readonly locked: readonly (() => Promise<Identity | undefined>)[];
  /** One phrase for each key or agent that could not be used. */
  readonly problems: readonly string[];
}

const PASSPHRASE_TRIES = 3;
/** An agent lists its keys in milliseconds; one that hangs must not hang the connection. */
const AGENT_TIMEOUT_MS = 5_000;

/**
 * Gathers keys as ssh orders them: agent keys that are also configured, other
 * agent keys (not with IdentitiesOnly), then key files the agent does not hold.
 */
export async function collectIdentities(
  host: ResolvedHost,
  prompter: AskingPrompter,
): Promise<Identities> {
  const problems: string[] = [];
  const files = await readKeyFiles(host, problems);
  const agentKeys = await readAgent(host.identityAgent, problems);

  const configured = new Set(files.map((file) => file.publicKey && blobOf(file.publicKey)));
  const held = new Set(agentKeys.map((identity) => blobOf(identity.publicKey)));
  const preferred = agentKeys.filter((identity) => configured.has(blobOf(identity.publicKey)));
  const others = agentKeys.filter((identity) => !configured.has(blobOf(identity.publicKey)));
  const ready = [...preferred, ...(host.identitiesOnly ? [] : others)];
  const locked: (() => Promise<Identity | undefined>)[] = [];
  for (const file of files) {
    if (file.publicKey === undefined) {
      locked.push(() => unlockForOffer(file, prompter));
    } else if (!held.has(blobOf(file.publicKey))) {
      if (file.isPublicOnly) problems.push(`key ${file.path} (only its public half is there)`);
      else ready.push(fileIdentity(file, file.publicKey, prompter));
    }
  }
  return { ready, locked, problems };
}

interface KeyFile {
  readonly path: string;
  readonly content: Buffer;
  readonly publicKey: ParsedKey | undefined;
  readonly isPublicOnly: boolean;
  /** Present when no passphrase is needed. */
  readonly privateKey: ParsedKey | undefined;
}

async function readKeyFiles(host: ResolvedHost, problems: string[]): Promise<KeyFile[]> {
  const files: KeyFile[] = [];
  for (const path of host.identityFiles) {
    let content: Buffer;
    try {
      content = await readFile(path);
    } catch (error) {
      const isMissing = error instanceof Error && "code" in error && error.code === "ENOENT";
      const publicKey = isMissing ? await readPublicHalf(path) : undefined;
      if (publicKey !== undefined) {
        // The private half may live in the agent only.
        files.push({
          path,
          content: Buffer.alloc(0),
          publicKey,
          isPublicOnly: true,
          privateKey: undefined,
        });
      } else if (host.identityFilesConfigured || !isMissing) {
        problems.push(`key ${path} (${isMissing ? "no such file" : reasonOf(error)})`);
      }
      continue;
    }
    const parsed = parseKey(content);
    if (!(parsed instanceof Error)) {
      const privateKey = parsed.isPrivateKey() ? parsed : undefined;
      files.push({ path, content, publicKey: parsed, isPublicOnly: !privateKey, privateKey });
    } else if (/passphrase|encrypted/i.test(parsed.message)) {
      const publicKey = (await readPublicHalf(path)) ?? publicHalfOf(content);
      files.push({ path, content, publicKey, isPublicOnly: false, privateKey: undefined });
    } else {
      problems.push(`key ${path} (${reasonOf(parsed)})`);
    }
  }
  return files;
}

async function readPublicHalf(path: string): Promise<ParsedKey | undefined> {
  const text = await readFile(`${path}.pub`).catch(() => undefined);
  const parsed = text && parseKey(text);
  return parsed instanceof Error ? undefined : parsed;
}

/** ssh2 gives an array for some formats, in which only the first key counts. */
function parseKey(content: Buffer, passphrase?: string): ParsedKey | Error {
  const parsed: ParsedKey | Error | ParsedKey[] = utils.parseKey(content, passphrase);
  if (!Array.isArray(parsed)) return parsed;
  return parsed[0] ?? new Error("no key in it");
}

const OPENSSH_MAGIC = "openssh-key-v1\0";

/**
 * The public half of an encrypted OpenSSH key, which lies in clear before the
 * secret part (PROTOCOL.key: magic, cipher, kdf, kdf options, count, public key).
 */
export function publicHalfOf(content: Buffer): ParsedKey | undefined {
  const armour = /-----BEGIN OPENSSH PRIVATE KEY-----([\s\S]+?)-----END/.exec(
    content.toString("latin1"),
  );
  const data = Buffer.from(armour?.[1] ?? "", "base64");
  if (data.toString("latin1", 0, OPENSSH_MAGIC.length) !== OPENSSH_MAGIC) return undefined;
  let at = OPENSSH_MAGIC.length;
  const next = () => {
    if (at + 4 > data.length) return undefined;
    const end = at + 4 + data.readUInt32BE(at);
    if (end > data.length) return undefined;
    const field = data.subarray(at + 4, end);
    at = end;
    return field;
  };
  if (!next() || !next() || !next()) return undefined;
  at += 4;
  const blob = next();
  const parsed = blob && parseKey(blob);
  return parsed instanceof Error ? undefined : parsed;
}

function fileIdentity(file: KeyFile, publicKey: ParsedKey, prompter: AskingPrompter): Identity {
  return {
    label: `key ${file.path}`,
    publicKey,
    sign: async (data, hash) => {
      const key = file.privateKey ?? (await unlock(file, prompter));
      if (key === undefined) throw new Error(`no passphrase for ${file.path}`);
      return key.sign(data, hash);
    },
  };
}

async function unlockForOffer(
  file: KeyFile,
  prompter: AskingPrompter,
): Promise<Identity | undefined> {
  const key = await unlock(file, prompter);
  return (
    key && {
      label: `key ${file.path}`,
      publicKey: key,
      sign: (data, hash) => Promise.resolve(key.sign(data, hash)),
    }
  );
}

/** Asks up to three times; an empty passphrase passes over this key, as in ssh. */
async function unlock(file: KeyFile, prompter: AskingPrompter): Promise<ParsedKey | undefined> {
  for (let attempt = 1; attempt <= PASSPHRASE_TRIES; attempt++) {
    const passphrase = await prompter.askPassphrase({ keyPath: file.path, attempt });
    if (passphrase === "") return undefined;
    const parsed = parseKey(file.content, passphrase);
    if (!(parsed instanceof Error)) return parsed;
  }
  return undefined;
}

/** An agent that does not answer is no failure as long as something else lets us in. */
async function readAgent(socket: string | undefined, problems: string[]): Promise<Identity[]> {
  if (socket === undefined) return [];
  const agent = createAgent(socket);
  try {
    const keys = await new Promise<ParsedKey[]>((resolve, reject) => {
      setTimeout(() => reject(new Error("no answer")), AGENT_TIMEOUT_MS).unref();
      agent.getIdentities((error, list) => {
        if (error) reject(error);
        else
          resolve((list ?? []).map((key) => parsedKeyOf(key)).filter((key) => key !== undefined));
      });
    });
    return keys.map((publicKey) => ({
      label: `agent key ${publicKey.type}${publicKey.comment ? ` (${publicKey.comment})` : ""}`,
      publicKey,
      sign: (data, hash) => signWithAgent(agent, publicKey, data, hash),
    }));
  } catch (error) {
    problems.push(`agent ${socket} (${reasonOf(error)})`);
    return [];
  }
}

function parsedKeyOf(key: unknown): ParsedKey | undefined {
  if (Buffer.isBuffer(key) || typeof key === "string") {
    const parsed = utils.parseKey(key);
    return parsed instanceof Error ? undefined : parsed;
  }
  return isParsedKey(key) ? key : undefined;
}

function isParsedKey(key: unknown): key is ParsedKey {
  return typeof key === "object" && key !== null && "getPublicSSH" in key;
}

function signWithAgent(
  agent: BaseAgent,
  key: ParsedKey,
  data: Buffer,
  hash: string | undefined,
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const done = (error: Error | null | undefined, signature?: Buffer) => {
      if (signature) resolve(signature);
      else reject(error ?? new Error("the agent did not sign"));
    };
    if (hash === "sha256" || hash === "sha512") agent.sign(key, data, { hash }, done);
    else agent.sign(key, data, {}, done);
  });
}

const blobOf = (key: ParsedKey) => key.getPublicSSH().toString("base64");

/**
 * Offers one identity to ssh2 in the shape of an agent, because only agents may
 * sign asynchronously there: so a passphrase is asked for after the server has
 * said that it wants the key, and one key at a time keeps the count of attempts.
 */
export class OneKeyAgent extends BaseAgent<ParsedKey> {
  constructor(
    private readonly identity: Identity,
    private readonly prompter: AskingPrompter,
    private readonly onSign: () => void,
    private readonly onFailure: (error: unknown) => void,
  ) {
    super();
  }

  override getIdentities(callback: (error?: Error, keys?: ParsedKey[]) => void): void {
    callback(undefined, [this.identity.publicKey]);
  }

  override sign(
    _key: ParsedKey,
    data: Buffer,
    optionsOrCallback: unknown,
    maybeCallback?: (error?: Error, signature?: Buffer) => void,
  ): void {
    const callback =
      typeof optionsOrCallback === "function"
        ? (error?: Error, signature?: Buffer) => void optionsOrCallback(error, signature)
        : maybeCallback;
    this.onSign();
    const sign = () => this.identity.sign(data, hashOf(optionsOrCallback));
    this.prompter.waitFor(sign).then(
      (signature) => callback?.(undefined, signature),
      (error: unknown) => {
        // A cancel ends the whole login; anything else only this key.
        if (isRemoteError(error, "cancelled")) this.onFailure(error);
        else callback?.(error instanceof Error ? error : new Error(String(error)));
      },
    );
  }
}

function hashOf(options: unknown): string | undefined {
  if (typeof options !== "object" || options === null || !("hash" in options)) return undefined;
  return typeof options.hash === "string" ? options.hash : undefined;
}
