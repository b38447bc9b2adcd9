/**
 * The closed catalogue of what can fail between the command and a running
 * helper. Each entry gives one sentence that names the cause and one next step;
 * nothing in remote/ throws anything else at its callers.
 */

/** What each failure knows about itself; the key is the failure's code. */
interface FactsByCode {
  "target-invalid": { text: string };
  "config-unreadable": { path: string; reason: string };
  "host-unknown": { host: string };
  "host-unreachable": { host: string; port: number; reason: string };
  "connection-refused": { host: string; port: number };
  "connection-timeout": { host: string; port: number; seconds: number };
  "handshake-failed": { host: string; reason: string };
  "proxy-command-failed": { command: string; reason: string };
  "jump-failed": { jump: string; host: string; port: number; reason: string };
  "jump-loop": { host: string };
  "host-key-changed": HostKeyFacts & { knownFingerprint: string; knownAt: string; remove: string };
  "host-key-revoked": HostKeyFacts & { knownAt: string };
  "host-key-rejected": HostKeyFacts;
  "host-key-not-listed": HostKeyFacts;
  "auth-refused": {
    user: string;
    host: string;
    tried: readonly string[];
    offered: readonly string[];
  };
  "auth-too-many-failures": { user: string; host: string; tried: readonly string[] };
  "password-expired": { user: string; host: string };
  "key-unreadable": { path: string; reason: string };
  "agent-unreachable": { socket: string; reason: string };
  "session-refused": { host: string; reason: string };
  "not-linux": { host: string; system: string };
  "unsupported-architecture": { host: string; machine: string };
  "helper-missing": { path: string };
  "deploy-no-space": { host: string; place: string };
  "deploy-no-place": { host: string; reasons: string };
  "deploy-failed": { host: string; reason: string };
  "helper-tampered": { host: string; path: string };
  "helper-unreadable-by-root": { host: string; path: string };
  "sudo-missing": { host: string; user: string };
  "sudo-refused": { host: string; user: string };
  "sudo-declined": { host: string; user: string };
  "sudo-not-allowed": { host: string; user: string; reason: string };
  "sudo-failed": { host: string; reason: string };
  "helper-failed-to-start": { host: string; reason: string };
  "helper-ended": { host: string; reason: string };
  "command-failed": { host: string; what: string; reason: string };
  "link-lost": { host: string };
  cancelled: Record<string, never>;
}

interface HostKeyFacts {
  host: string;
  keyType: string;
  fingerprint: string;
}

/** The code of one failure; stable, so that callers may branch on it. */
export type RemoteErrorCode = keyof FactsByCode;

type Entry = { sentence: string; nextStep: string };

const list = (items: readonly string[]) => (items.length === 0 ? "none" : items.join(", "));

const catalogue: { [C in RemoteErrorCode]: (facts: FactsByCode[C]) => Entry } = {
  "target-invalid": (f) => ({
    sentence: `“${f.text}” is not a host.`,
    nextStep: "Type it as user@host:port; user and port may be left out.",
  }),
  "config-unreadable": (f) => ({
    sentence: `The ssh configuration ${f.path} cannot be used: ${f.reason}.`,
    nextStep: "Correct that file, then try again.",
  }),
  "host-unknown": (f) => ({
    sentence: `No address is known for the name ${f.host}.`,
    nextStep: "Check the spelling, or give its HostName in your ssh configuration.",
  }),
  "host-unreachable": (f) => ({
    sentence: `${f.host} port ${f.port} cannot be reached: ${f.reason}.`,
    nextStep: "Check the network or VPN between here and that host.",
  }),
  "connection-refused": (f) => ({
    sentence: `${f.host} refused the connection on port ${f.port}.`,
    nextStep: "Check that an SSH server runs there and listens on that port.",
  }),
  "connection-timeout": (f) => ({
    sentence: `${f.host} port ${f.port} did not answer within ${f.seconds} seconds.`,
    nextStep: "Check the address, the VPN and firewalls, or raise ConnectTimeout for this host.",
  }),
  "handshake-failed": (f) => ({
    sentence: `The SSH handshake with ${f.host} failed: ${f.reason}.`,
    nextStep: "Check with “ssh -v” from a terminal whether an SSH server answers there.",
  }),
  "proxy-command-failed": (f) => ({
    sentence: `The ProxyCommand “${f.command}” ended: ${f.reason}.`,
    nextStep: "Run that command in a terminal and correct it in your ssh configuration.",
  }),
  "jump-failed": (f) => ({
    sentence: `The jump host ${f.jump} could not connect to ${f.host} port ${f.port}: ${f.reason}.`,
    nextStep: "Check the name and port as seen from the jump host, and that it allows forwarding.",
  }),
  "jump-loop": (f) => ({
    sentence: `The ProxyJump entries for ${f.host} lead back to themselves.`,
    nextStep: "Correct ProxyJump in your ssh configuration.",
  }),
  "host-key-changed": (f) => ({
    sentence:
      `The ${f.keyType} key of ${f.host} is ${f.fingerprint}, ` +
      `but ${f.knownAt} says it is ${f.knownFingerprint}; someone may be listening in.`,
    nextStep: `Ask the host's administrator; only if the change is confirmed, run: ${f.remove}`,
  }),
  "host-key-revoked": (f) => ({
    sentence: `The ${f.keyType} key ${f.fingerprint} of ${f.host} is marked as revoked (${f.knownAt}).`,
    nextStep: "Ask the host's administrator for a new host key.",
  }),
  "host-key-rejected": (f) => ({
    sentence: `The ${f.keyType} key ${f.fingerprint} of ${f.host} was not accepted.`,
    nextStep:
      "Compare the fingerprint with one the host's administrator gives you, then connect again.",
  }),
  "host-key-not-listed": (f) => ({
    sentence: `The ${f.keyType} key ${f.fingerprint} of ${f.host} is not known, and StrictHostKeyChecking is “yes”.`,
    nextStep: "Add the host's key to your known_hosts file.",
  }),
  "auth-refused": (f) => ({
    sentence:
      `${f.host} did not let ${f.user} in; tried: ${list(f.tried)}; ` +
      `the host accepts: ${list(f.offered)}.`,
    nextStep: "Check the user name, and that one of your keys or your password is valid there.",
  }),
  "auth-too-many-failures": (f) => ({
    sentence: `${f.host} ended the login of ${f.user} after too many attempts; tried: ${list(f.tried)}.`,
    nextStep: "Set IdentityFile and IdentitiesOnly yes for this host in your ssh configuration.",
  }),
  "password-expired": (f) => ({
    sentence: `The password of ${f.user} on ${f.host} has expired.`,
    nextStep: "Log in there with ssh from a terminal and set a new password.",
  }),
  "key-unreadable": (f) => ({
    sentence: `The key file ${f.path} cannot be used: ${f.reason}.`,
    nextStep: "Correct IdentityFile in your ssh configuration, or convert the key with ssh-keygen.",
  }),
  "agent-unreachable": (f) => ({
    sentence: `The ssh agent at ${f.socket} does not answer: ${f.reason}.`,
    nextStep: "Start the agent, or correct SSH_AUTH_SOCK or IdentityAgent.",
  }),
  "session-refused": (f) => ({
    sentence: `${f.host} let you in but does not run commands: ${f.reason}.`,
    nextStep:
      "Use an account that may run commands over SSH (MaxSessions above 1, no forced command).",
  }),
  "not-linux": (f) => ({
    sentence: `${f.host} runs ${f.system}; Emberline samples with eBPF, which is part of Linux.`,
    nextStep: "Choose a Linux host.",
  }),
  "unsupported-architecture": (f) => ({
    sentence: `${f.host} is a ${f.machine} machine; there is a helper for x86_64 and aarch64 only.`,
    nextStep: "Choose an x86_64 or aarch64 host.",
  }),
  "helper-missing": (f) => ({
    sentence: `The helper that belongs to this extension is not at ${f.path}.`,
    nextStep: "Install the extension again.",
  }),
  "deploy-no-space": (f) => ({
    sentence: `There is no room for the helper in ${f.place} on ${f.host}.`,
    nextStep: "Free some 20 MB there, then try again.",
  }),
  "deploy-no-place": (f) => ({
    sentence: `No directory on ${f.host} can hold and run the helper: ${f.reasons}.`,
    nextStep: "Make one of them writable and mounted without noexec.",
  }),
  "deploy-failed": (f) => ({
    sentence: `The helper could not be put on ${f.host}: ${f.reason}.`,
    nextStep: "Check the disk and the account there, then try again.",
  }),
  "helper-tampered": (f) => ({
    sentence: `${f.path} on ${f.host} is not the helper that was put there, so it was not run.`,
    nextStep: "Find out who changed that file before you connect again.",
  }),
  "helper-unreadable-by-root": (f) => ({
    sentence: `Root on ${f.host} may not read ${f.path}.`,
    nextStep: "Make /var/tmp or /tmp there writable and mounted without noexec.",
  }),
  "sudo-missing": (f) => ({
    sentence: `Sampling needs root, ${f.user} on ${f.host} is not root, and there is no sudo.`,
    nextStep: "Connect as root, or have sudo installed.",
  }),
  "sudo-refused": (f) => ({
    sentence: `sudo on ${f.host} did not accept the password of ${f.user}.`,
    nextStep: "Try again with that user's password on that host.",
  }),
  "sudo-declined": (f) => ({
    sentence: `${f.user} on ${f.host} is to sample without root.`,
    nextStep: "Type the password instead to sample other users' processes too.",
  }),
  "sudo-not-allowed": (f) => ({
    sentence: `sudo on ${f.host} does not allow ${f.user} to run the helper as root: ${f.reason}.`,
    nextStep: "Ask the administrator for the right to run /bin/sh with sudo, or connect as root.",
  }),
  "sudo-failed": (f) => ({
    sentence: `sudo on ${f.host} failed: ${f.reason}.`,
    nextStep: "Run “sudo true” in a terminal on that host to see what is wrong.",
  }),
  "helper-failed-to-start": (f) => ({
    sentence: `The helper did not start on ${f.host}: ${f.reason}.`,
    nextStep: "Run “emberline-helper doctor” on that host.",
  }),
  "helper-ended": (f) => ({
    sentence: `The helper on ${f.host} ended unexpectedly: ${f.reason}.`,
    nextStep: "Connect again; if it ends again, report it with the Emberline log.",
  }),
  "command-failed": (f) => ({
    sentence: `${f.what} failed on ${f.host}: ${f.reason}.`,
    nextStep: "Check that the account has an ordinary shell there.",
  }),
  "link-lost": (f) => ({
    sentence: `The connection to ${f.host} was lost.`,
    nextStep: "Connect again; what was received so far is kept.",
  }),
  cancelled: () => ({
    sentence: "Cancelled.",
    nextStep: "Start again when you like.",
  }),
};

/** A failure from the catalogue. `message` is one sentence that names the cause. */
export class RemoteError extends Error {
  override readonly name = "RemoteError";
  constructor(
    readonly code: RemoteErrorCode,
    message: string,
    /** The one thing to do about it. */
    readonly nextStep: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** Makes the failure `code`; `cause` is what lay beneath, for the log only. */
export function remoteError<C extends RemoteErrorCode>(
  code: C,
  facts: FactsByCode[C],
  cause?: unknown,
): RemoteError {
  const { sentence, nextStep } = catalogue[code](facts);
  return new RemoteError(code, sentence, nextStep, cause === undefined ? undefined : { cause });
}

/** True for a RemoteError, of the given code if one is given. */
export function isRemoteError(error: unknown, code?: RemoteErrorCode): error is RemoteError {
  return error instanceof RemoteError && (code === undefined || error.code === code);
}

/** The text of whatever was thrown, on one line and without a closing full stop. */
export function reasonOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return oneLine(text);
}

/** Squeezes a remote program's output into one line of at most 300 characters. */
export function oneLine(text: string): string {
  const line = text.replaceAll(/\s+/g, " ").trim().replace(/\.$/, "");
  return line.length > 300 ? `${line.slice(0, 297)}...` : line;
}
