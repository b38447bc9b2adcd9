import { spawn } from "node:child_process";

import { Client, type ServerHostKeyAlgorithm } from "ssh2";

import { askingPrompter, Deadline, throwIfCancelled, whenAborted } from "./cancel";
import { isRemoteError, reasonOf, remoteError, type RemoteError } from "./errors";
import { checkHostKey, readKnownHosts } from "./hostKeyCheck";
import { orderHostKeyAlgorithms } from "./knownHosts";
import type { Prompter } from "./prompter";
import { LoginAttempts } from "./sshAuth";
import { resolveHost, type ResolvedHost } from "./sshConfig";
import { readSshConfig, type SshEnvironment } from "./sshConfigFile";
import { collectIdentities } from "./sshIdentities";
import { SshSession } from "./sshSession";
import { parseSshTarget, type SshTarget } from "./sshTarget";
import { openProxyCommand, openTcp, type Transport } from "./sshTransport";

export interface ConnectOptions {
  readonly environment: SshEnvironment;
  readonly prompter: Prompter;
  readonly signal: AbortSignal;
  /** Lines for the log; never a secret. */
  readonly log: (line: string) => void;
}

/** All host key algorithms of ssh2 but ssh-dss, best first; the explicit list that ordering needs. */
const HOST_KEY_ALGORITHMS: readonly ServerHostKeyAlgorithm[] = [
  "ssh-ed25519",
  "ecdsa-sha2-nistp256",
  "ecdsa-sha2-nistp384",
  "ecdsa-sha2-nistp521",
  "rsa-sha2-512",
  "rsa-sha2-256",
  "ssh-rsa",
];
/** RFC 4253's SSH_DISCONNECT_PROTOCOL_ERROR, which OpenSSH sends for too many failures. */
const DISCONNECT_PROTOCOL_ERROR = 2;

/** Connects to what a person typed or picked, by the user's ssh configuration. */
export async function connectSsh(typed: string, options: ConnectOptions): Promise<SshSession> {
  const { environment, signal } = options;
  const target = parseSshTarget(typed);
  const nodes = await readSshConfig(environment);
  const resolve = (next: SshTarget) =>
    resolveHost(next, nodes, environment, (command) => matchExec(command, signal));
  return connectResolved(await resolve(target), resolve, options, []);
}

type Resolve = (target: SshTarget) => Promise<ResolvedHost>;

async function connectResolved(
  host: ResolvedHost,
  resolve: Resolve,
  options: ConnectOptions,
  behind: readonly string[],
): Promise<SshSession> {
  throwIfCancelled(options.signal);
  if (behind.includes(host.alias))
    throw remoteError("jump-loop", { host: behind[0] ?? host.alias });
  const upstream = await connectJumps(host, resolve, options, [...behind, host.alias]);
  let transport: Transport | undefined;
  try {
    transport = await openTransport(host, upstream, options.signal);
    return await logIn(host, transport, upstream, options);
  } catch (error) {
    transport?.dispose();
    upstream?.dispose();
    throw error;
  }
}

/**
 * Connects the ProxyJump chain. The nearest hop follows its own configuration;
 * for the others the chain replaces theirs, as `ssh -J a,b` does.
 */
async function connectJumps(
  host: ResolvedHost,
  resolve: Resolve,
  options: ConnectOptions,
  behind: readonly string[],
): Promise<SshSession | undefined> {
  let session: SshSession | undefined;
  try {
    for (const hop of host.proxyJump) {
      const resolved = await resolve(hop);
      if (session === undefined) {
        session = await connectResolved(resolved, resolve, options, behind);
      } else {
        const transport = await session.forward(resolved.hostName, resolved.port);
        session = await logIn(resolved, transport, session, options);
      }
    }
    return session;
  } catch (error) {
    session?.dispose();
    throw error;
  }
}

async function openTransport(
  host: ResolvedHost,
  upstream: SshSession | undefined,
  signal: AbortSignal,
): Promise<Transport> {
  if (upstream) return upstream.forward(host.hostName, host.port);
  if (host.proxyCommand !== undefined) return openProxyCommand(host.proxyCommand);
  return openTcp(host, signal);
}

/** The SSH handshake, the check of the host's key and the login, over an open transport. */
async function logIn(
  host: ResolvedHost,
  transport: Transport,
  upstream: SshSession | undefined,
  { prompter, signal, log }: ConnectOptions,
): Promise<SshSession> {
  throwIfCancelled(signal);
  const client = new Client();
  const session = new SshSession(host, client, transport, upstream);
  const seconds = Math.round(host.connectTimeoutMs / 1000);
  const { hostName, port } = host;

  await new Promise<void>((resolve, reject) => {
    let settled = false;
    const settle = (error?: unknown) => {
      if (settled) return;
      settled = true;
      deadline.end();
      stopWaiting();
      if (error === undefined) return resolve();
      // Explained first: disposing would change what there is to explain.
      void explained(error, host, attempts, transport).then((explanation) => {
        transport.dispose();
        reject(explanation);
      });
    };
    const deadline = new Deadline(host.connectTimeoutMs, () => {
      settle(remoteError("connection-timeout", { host: hostName, port, seconds }));
    });
    const asking = askingPrompter(prompter, signal, deadline);
    let attempts: LoginAttempts | undefined;
    const stopWaiting = whenAborted(signal, () => settle(remoteError("cancelled", {})));

    client.on("ready", () => settle());
    client.on("error", (error: Error & { level?: string }) => {
      log(`ssh ${hostName}: ${error.level ?? "error"}: ${error.message}`);
      // One key less; the login goes on.
      if (error.level !== "agent") settle(error);
    });
    const closed = () => settle(new Error("the host closed the connection"));
    client.on("close", closed);
    // ssh2 listens only from connect() on: what closes while keys are being read would go unseen.
    transport.stream.once("close", closed);
    if (transport.stream.destroyed) closed();
    client.on("banner", (text) => log(`ssh ${hostName}: ${text.trimEnd()}`));
    client.on("change password", () => {
      settle(remoteError("password-expired", { user: host.user, host: hostName }));
    });

    const begin = async () => {
      const known = await readKnownHosts(host);
      const identities = await collectIdentities(host, asking);
      const login = new LoginAttempts(host, identities, asking, settle);
      attempts = login;
      if (settled) return;
      let accepted: Buffer | undefined;
      client.connect({
        sock: transport.stream,
        username: host.user,
        // Ours stands still while a person is asked; theirs does not.
        readyTimeout: 0,
        keepaliveInterval: host.keepAliveIntervalMs,
        keepaliveCountMax: host.keepAliveCountMax,
        algorithms: {
          serverHostKey: orderHostKeyAlgorithms(known.entries, known.identity, HOST_KEY_ALGORITHMS),
        },
        hostVerifier: (key: Buffer, verify: (trusted: boolean) => void) => {
          // Asked again at each re-keying.
          if (accepted) return verify(accepted.equals(key));
          checkHostKey(host, known, key, asking, log).then(() => {
            accepted = Buffer.from(key);
            verify(true);
          }, settle);
        },
        authHandler: (left, _partial, next) => {
          login.next(left).then((method) => {
            if (settled) return;
            if (method === false) settle(login.refusal(false));
            else next(method);
          }, settle);
        },
      });
    };
    begin().catch(settle);
  });
  log(`ssh ${hostName}: logged in as ${host.user}`);
  return session;
}

async function explained(
  error: unknown,
  host: ResolvedHost,
  attempts: LoginAttempts | undefined,
  transport: Transport,
): Promise<RemoteError> {
  if (isRemoteError(error)) return error;
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  const reason = reasonOf(error);
  if (attempts && code === DISCONNECT_PROTOCOL_ERROR && /too many/i.test(reason)) {
    return attempts.refusal(true, error);
  }
  const explanation = await transport.explain();
  return explanation ?? remoteError("handshake-failed", { host: host.hostName, reason }, error);
}

/** Runs a `Match exec` with the user's shell, as ssh does; the configuration is the user's own. */
function matchExec(command: string, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    const child = spawn(command, { shell: true, stdio: "ignore", signal });
    child.once("error", () => resolve(false));
    child.once("close", (code) => resolve(code === 0));
  });
}
