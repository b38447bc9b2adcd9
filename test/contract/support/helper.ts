/** The real helper as a child process, spoken to with the editor's own typed methods. */
import { spawn, type ChildProcess } from "node:child_process";
import { inject } from "vitest";
import {
  createMessageConnection,
  NotificationType,
  NotificationType0,
  RequestType,
  RequestType0,
  StreamMessageReader,
  StreamMessageWriter,
  type MessageConnection,
} from "vscode-jsonrpc/node";
import { Profile } from "../../../extension/core/profile";
import { readHelperInfo } from "../../../extension/wire/errors";
import {
  acknowledgeNotification,
  deltaNotification,
  endedNotification,
  startRequest,
  stopRequest,
} from "../../../extension/wire/methods";
import {
  Version,
  type Delta,
  type EndedParams,
  type HelperInfo,
  type StartParams,
  type StartResult,
  type Stats,
} from "../../../extension/wire/protocol.gen";

declare module "vitest" {
  export interface ProvidedContext {
    helperFile: string;
  }
}

export const helperFile = inject("helperFile");

/** Runs a command as the user that owns nothing. */
export const asNobody = (...command: string[]) => [
  "setpriv",
  "--reuid=65534",
  "--regid=65534",
  "--clear-groups",
  ...command,
];

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stderr: string;
  /** From the moment that was asked for, in ms. */
  readonly afterMs: number;
}

interface InitializeResult {
  readonly capabilities: { readonly experimental?: unknown };
}

export const initializeRequest = new RequestType<object, InitializeResult, unknown>("initialize");
export const shutdownRequest = new RequestType0<null, unknown>("shutdown");
export const exitNotification = new NotificationType0("exit");
const initializedNotification = new NotificationType<object>("initialized");

export const hello = {
  processId: null,
  initializationOptions: { protocolVersion: Version },
  capabilities: {},
};

export class Helper {
  readonly connection: MessageConnection;
  readonly deltas: Delta[] = [];
  readonly ended: EndedParams[] = [];
  readonly profile = new Profile();
  /** Deltas that did not fit those before; tests end with none. */
  readonly faults: string[] = [];
  readonly child: ChildProcess;
  readonly #exit: Promise<Omit<Exit, "afterMs">>;
  #acknowledges = true;
  #waiting: (() => void)[] = [];

  constructor(command: readonly string[] = [helperFile]) {
    const [program, ...args] = [...command, "serve"];
    const child = spawn(program, args, { stdio: ["pipe", "pipe", "pipe"] });
    this.child = child;
    let stderr = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
    // A helper that has ended does not take what is still written to it.
    child.stdin.on("error", () => {});
    this.#exit = new Promise((resolve) => {
      child.on("close", (code, signal) => resolve({ code, signal, stderr }));
    });
    this.connection = createMessageConnection(
      new StreamMessageReader(child.stdout),
      new StreamMessageWriter(child.stdin),
    );
    this.connection.onError(() => {});
    this.connection.onNotification(deltaNotification, (delta) => this.#apply(delta));
    this.connection.onNotification(endedNotification, (ended) => {
      this.ended.push(ended);
      this.#wake();
    });
    this.connection.listen();
  }

  /** Starts one and shakes hands with it. */
  static async open(command?: readonly string[]): Promise<Helper> {
    const helper = new Helper(command);
    await helper.initialize();
    return helper;
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  async initialize(): Promise<HelperInfo> {
    const result = await this.connection.sendRequest(initializeRequest, hello);
    const info = readHelperInfo(result.capabilities.experimental);
    if (info === undefined) throw new Error(`no helper: ${JSON.stringify(result)}`);
    await this.connection.sendNotification(initializedNotification, {});
    return info;
  }

  /** From now on deltas are applied and not acknowledged. */
  stopAcknowledging(): void {
    this.#acknowledges = false;
  }

  start(params: Partial<StartParams>): Promise<StartResult> {
    return this.connection.sendRequest(startRequest, {
      pids: [],
      frequencyHz: 199,
      native: true,
      kernel: true,
      deltaIntervalMs: 100,
      ...params,
    });
  }

  async stop(sessionId = 1): Promise<Stats> {
    const { stats } = await this.connection.sendRequest(stopRequest, { sessionId });
    return stats;
  }

  /** Waits for something that deltas or the end of the session bring about. */
  async until(isSo: () => boolean): Promise<void> {
    while (!isSo()) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  /** Waits for the process to end; `begin` is what should make it end. */
  async exit(begin: () => unknown): Promise<Exit> {
    const beganMs = performance.now();
    await begin();
    const exit = await this.#exit;
    return { ...exit, afterMs: performance.now() - beganMs };
  }

  /** Ends the helper however a test left it. */
  async close(): Promise<void> {
    this.connection.dispose();
    this.child.stdout?.resume();
    this.child.kill("SIGKILL");
    await this.#exit;
  }

  #apply(delta: Delta): void {
    const applied = this.profile.apply(delta);
    if (!applied.ok) this.faults.push(JSON.stringify([applied, delta]));
    this.deltas.push(delta);
    const { sessionId, sequence } = delta;
    if (this.#acknowledges) {
      // A test may have ended the helper, or closed its input, meanwhile.
      this.connection
        .sendNotification(acknowledgeNotification, { sessionId, sequence })
        .catch(() => {});
    }
    this.#wake();
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}

/** All samples of a helper's deltas. */
export const samplesOf = (deltas: readonly Delta[]): number =>
  deltas.flatMap((delta) => delta.counts.count).reduce((sum, count) => sum + count, 0);
