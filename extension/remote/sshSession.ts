import type { Client, ClientChannel } from "ssh2";

import { sleep, throwIfCancelled } from "./cancel";
import { quoteShell, type CommandHost, type ExitInfo, type HostProcess } from "./commandHost";
import { isRemoteError, oneLine, reasonOf, remoteError } from "./errors";
import type { ResolvedHost } from "./sshConfig";
import type { Transport } from "./sshTransport";

/** Waits between tries to open a channel, in ms: MaxSessions counts channels that are still closing. */
const CHANNEL_RETRY_MS = [50, 100, 200, 400, 800, 1600];

interface OpenedChannel {
  readonly channel: ClientChannel;
  readonly exited: Promise<ExitInfo>;
}

/** A logged-in SSH connection. */
export class SshSession implements CommandHost {
  /** Resolves when the connection is gone, for whatever reason. */
  readonly closed: Promise<void>;
  #isClosed = false;
  /** Open or being opened; MaxSessions counts them all. */
  #channels = 0;

  constructor(
    readonly host: ResolvedHost,
    private readonly client: Client,
    private readonly transport: Transport,
    /** The jump host's session this one runs through. */
    private readonly upstream: SshSession | undefined,
  ) {
    this.closed = new Promise((resolve) => {
      client.once("close", () => {
        this.#isClosed = true;
        resolve();
      });
    });
  }

  get label(): string {
    return this.host.alias;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Starts a POSIX script whatever the login shell is (csh and fish understand this line too). */
  async start(script: string, signal: AbortSignal): Promise<HostProcess> {
    const opened = await this.#openChannel(`exec /bin/sh -c ${quoteShell(script)}`, signal);
    const { channel, exited } = opened;
    void exited.then(() => this.#channels--);
    return {
      stdin: channel,
      stdout: channel,
      stderr: channel.stderr,
      exited,
      kill: (name) => {
        if (!this.#isClosed) channel.signal(name);
      },
      close: () => {
        // Whoever stops reading must not keep the channel from closing.
        channel.resume();
        channel.stderr.resume();
        if (!this.#isClosed) channel.close();
      },
    };
  }

  /** A TCP connection made by this host, for the next hop. */
  forward(host: string, port: number): Promise<Transport> {
    return new Promise((resolve, reject) => {
      const failed = (error: unknown) =>
        reject(
          remoteError(
            "jump-failed",
            { jump: this.label, host, port, reason: reasonOf(error) },
            error,
          ),
        );
      try {
        this.client.forwardOut("127.0.0.1", 0, host, port, (error, stream) => {
          if (error) return failed(error);
          stream.on("error", () => {});
          resolve({
            stream,
            explain: () =>
              Promise.resolve(
                this.#isClosed ? remoteError("link-lost", { host: this.label }) : undefined,
              ),
            dispose: () => stream.destroy(),
          });
        });
      } catch (error) {
        failed(error);
      }
    });
  }

  /** Ends the connection and those it runs through. Safe to call twice. */
  dispose(): void {
    this.client.end();
    // end() waits for the other side; a frozen one would keep the socket for ever.
    const { transport } = this;
    setTimeout(() => transport.dispose(), 1_000).unref();
    this.upstream?.disposeAfter(this.closed);
  }

  private disposeAfter(closed: Promise<void>): void {
    const timer = setTimeout(() => this.dispose(), 1_500);
    timer.unref();
    void closed.then(() => {
      clearTimeout(timer);
      this.dispose();
    });
  }

  async #openChannel(command: string, signal: AbortSignal): Promise<OpenedChannel> {
    this.#channels++;
    try {
      return await this.#openChannelPatiently(command, signal);
    } catch (error) {
      this.#channels--;
      throw error;
    }
  }

  async #openChannelPatiently(command: string, signal: AbortSignal): Promise<OpenedChannel> {
    for (let attempt = 0; ; attempt++) {
      throwIfCancelled(signal);
      try {
        return await this.#exec(command);
      } catch (error) {
        if (this.#isClosed || isRemoteError(error)) throw error;
        const waitMs = CHANNEL_RETRY_MS[attempt];
        // "open failed" is what MaxSessions looks like; alone it cannot be that.
        const mayBePassing = isChannelOpenFailure(error) && this.#channels > 1;
        if (!mayBePassing || waitMs === undefined) {
          throw remoteError(
            "session-refused",
            { host: this.label, reason: reasonOf(error) },
            error,
          );
        }
        await sleep(waitMs, signal);
      }
    }
  }

  #exec(command: string): Promise<OpenedChannel> {
    return new Promise((resolve, reject) => {
      const lost = () => reject(remoteError("link-lost", { host: this.label }));
      if (this.#isClosed) return lost();
      this.client.once("close", lost);
      const settle = () => this.client.off("close", lost);
      try {
        this.client.exec(command, (error, channel) => {
          settle();
          if (error) return reject(error);
          channel.on("error", () => {});
          // Now and not after an await: a short command's exit can be in the same packet.
          resolve({ channel, exited: this.#exitOf(channel) });
        });
      } catch (error) {
        settle();
        // "Not connected": the socket is closing, "close" has not been told yet.
        reject(remoteError("link-lost", { host: this.label }, error));
      }
    });
  }

  /** A channel that closes without an exit status was cut off (the server died, or TCP did). */
  #exitOf(channel: ClientChannel): Promise<ExitInfo> {
    return new Promise((resolve) => {
      let exit: ExitInfo = { kind: "lost" };
      channel.once("exit", (code: number | null, signalName?: string) => {
        exit =
          code === null
            ? { kind: "signal", signal: signalName ?? "unknown" }
            : { kind: "exit", code };
      });
      channel.once("close", () => resolve(exit));
      // The channel's own "close" waits for its output to be read; the session's does not.
      void this.closed.then(() => setTimeout(() => resolve(exit), 100).unref());
    });
  }
}

function isChannelOpenFailure(error: unknown): boolean {
  return error instanceof Error && /Channel open failure/i.test(oneLine(error.message));
}
