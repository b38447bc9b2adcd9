import { spawn } from "node:child_process";
import { connect, type Socket } from "node:net";
import { Duplex } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";

import { whenAborted } from "./cancel";
import { collectTail } from "./commandHost";
import { oneLine, reasonOf, remoteError, type RemoteError } from "./errors";
import type { ResolvedHost } from "./sshConfig";

/** Bytes to and from the SSH server, and why they ended if that is known. */
export interface Transport {
  readonly stream: Duplex;
  /** A better explanation than "closed", once the stream has closed; may take a moment. */
  explain(): Promise<RemoteError | undefined>;
  dispose(): void;
}

/** Opens a TCP connection; rejects with the catalogue's words for what the system reports. */
export function openTcp(host: ResolvedHost, signal: AbortSignal): Promise<Transport> {
  const { hostName, port, connectTimeoutMs } = host;
  return new Promise((resolve, reject) => {
    const socket: Socket = connect({ host: hostName, port });
    // ssh2 does not do this: with Nagle each of its round trips costs some 44 ms.
    socket.setNoDelay(true);
    const fail = (error: RemoteError) => {
      stop();
      socket.destroy();
      reject(error);
    };
    const timer = setTimeout(() => {
      const seconds = Math.round(connectTimeoutMs / 1000);
      fail(remoteError("connection-timeout", { host: hostName, port, seconds }));
    }, connectTimeoutMs);
    const stopWaiting = whenAborted(signal, () => fail(remoteError("cancelled", {})));
    const onError = (error: Error) => fail(connectError(error, host));
    const stop = () => {
      clearTimeout(timer);
      stopWaiting();
    };
    socket.once("error", onError);
    socket.once("connect", () => {
      stop();
      socket.off("error", onError);
      // From here ssh2 listens; this one keeps an error after its end from being unhandled.
      socket.on("error", () => {});
      resolve({
        stream: socket,
        explain: () => Promise.resolve(undefined),
        dispose: () => socket.destroy(),
      });
    });
  });
}

function connectError(error: Error, { hostName: host, port, connectTimeoutMs }: ResolvedHost) {
  // With several addresses Node reports an AggregateError; the last attempt stands for all.
  const cause: unknown = error instanceof AggregateError ? (error.errors.at(-1) ?? error) : error;
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
  switch (code) {
    case "ENOTFOUND":
    case "EAI_AGAIN":
    case "EAI_NONAME":
    case "EAI_NODATA":
      return remoteError("host-unknown", { host }, error);
    case "ECONNREFUSED":
      return remoteError("connection-refused", { host, port }, error);
    case "ETIMEDOUT":
      return remoteError(
        "connection-timeout",
        { host, port, seconds: Math.round(connectTimeoutMs / 1000) },
        error,
      );
    default:
      return remoteError("host-unreachable", { host, port, reason: reasonOf(cause) }, error);
  }
}

const PROXY_EXIT_WAIT_MS = 500;

/** Runs the ProxyCommand and speaks through its stdin and stdout, as ssh does. */
export function openProxyCommand(command: string): Transport {
  const windows = process.platform === "win32";
  // "exec", so that no shell stays between; a group of its own, so that all of it can be ended.
  const child = spawn(windows ? command : `exec ${command}`, {
    shell: true,
    detached: !windows,
    stdio: ["pipe", "pipe", "pipe"],
  });
  const stderr = collectTail(child.stderr, 1024);
  const ended = new Promise<string>((resolve) => {
    child.once("error", (error) => resolve(reasonOf(error)));
    child.once("close", (code, signal) => {
      resolve(code === null ? `signal ${signal}` : `exit status ${code}`);
    });
  });
  const stream = Duplex.from({ readable: child.stdout, writable: child.stdin });
  stream.on("error", () => {});
  child.once("close", () => stream.destroy());
  return {
    stream,
    explain: async () => {
      // Its output ends a moment before its status is known.
      const status = await Promise.race([ended, delay(PROXY_EXIT_WAIT_MS, undefined)]);
      if (status === undefined) return undefined;
      const reason = [status, oneLine(stderr.text())].filter(Boolean).join(": ");
      return remoteError("proxy-command-failed", { command, reason });
    },
    dispose: () => {
      stream.destroy();
      try {
        if (child.pid === undefined) return;
        if (windows) child.kill();
        else process.kill(-child.pid, "SIGTERM");
      } catch {
        // It has ended by itself.
      }
    },
  };
}
