import { remoteError } from "./errors";

/** What a person typed or a ProxyJump names; what is absent comes from the ssh configuration. */
export interface SshTarget {
  /** A Host alias, a DNS name or an address (IPv6 without brackets). */
  readonly host: string;
  readonly user?: string;
  readonly port?: number;
}

const PORT_MAX = 65_535;

/**
 * Reads `[user@]host[:port]`, `[user@][v6]:port` or `ssh://[user@]host[:port]`.
 * A bare address with several colons is IPv6 without a port, as in ssh.
 */
export function parseSshTarget(text: string): SshTarget {
  const invalid = () => remoteError("target-invalid", { text });
  let rest = text
    .trim()
    .replace(/^ssh:\/\//i, "")
    .replace(/\/$/, "");
  // The last @, because user names may hold one (mail addresses as logins).
  const at = rest.lastIndexOf("@");
  const user = at >= 0 ? rest.slice(0, at) : undefined;
  rest = rest.slice(at + 1);
  if (user === "") throw invalid();

  let host = rest;
  let portText: string | undefined;
  const bracketed = /^\[([^\]]+)\](?::(.*))?$/.exec(rest);
  if (bracketed) {
    host = bracketed[1] ?? "";
    portText = bracketed[2];
  } else if (rest.split(":").length === 2) {
    [host = "", portText] = rest.split(":");
  }
  // A leading "-" would be an option to a ProxyCommand's ssh; none of these can be in a name.
  if (host === "" || host.startsWith("-") || /[\s'"`$\\;&|<>(){}]/.test(host)) throw invalid();
  if (user !== undefined && (user.startsWith("-") || /[\s'"`$;&|<>(){}]/.test(user))) {
    throw invalid();
  }
  let port: number | undefined;
  if (portText !== undefined) {
    port = Number(portText);
    if (!/^\d+$/.test(portText) || port < 1 || port > PORT_MAX) throw invalid();
  }
  return {
    host,
    ...(user === undefined ? {} : { user }),
    ...(port === undefined ? {} : { port }),
  };
}

/** The reverse of parseSshTarget, for labels and lists. */
export function formatSshTarget(target: SshTarget): string {
  const host = target.host.includes(":") ? `[${target.host}]` : target.host;
  const user = target.user === undefined ? "" : `${target.user}@`;
  const port = target.port === undefined || target.port === 22 ? "" : `:${target.port}`;
  return `${user}${port === "" ? target.host : host}${port}`;
}
