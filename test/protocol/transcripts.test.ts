/**
 * Golden conversations between an editor and the helper, byte for byte over the
 * base protocol. Here the typed methods of extension/wire play the client's part
 * against the recorded helper; helper/internal/server/transcript_test.go plays
 * the real helper against the recorded client.
 */
import { readFileSync } from "node:fs";
import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import {
  createMessageConnection,
  NotificationType,
  NotificationType0,
  ProgressType,
  RequestType,
  RequestType0,
  StreamMessageReader,
  StreamMessageWriter,
  type Message,
  type MessageConnection,
} from "vscode-jsonrpc/node";
import { Profile } from "../../extension/core/profile";
import { readHelperInfo, toHelperError } from "../../extension/wire/errors";
import {
  acknowledgeNotification,
  deltaNotification,
  doctorRequest,
  endedNotification,
  listProcessesRequest,
  sourceRequest,
  startRequest,
  stopRequest,
  textDocumentContentRequest,
} from "../../extension/wire/methods";
import {
  helperErrors,
  KindError,
  KindKernel,
  KindProcess,
  KindPython,
  KindThread,
  Version,
  type Delta,
  type EndedParams,
  type StartParams,
} from "../../extension/wire/protocol.gen";

/** One line of a transcript: who says it, and the JSON-RPC message. */
interface Line {
  readonly client?: object;
  readonly helper?: object;
}

const initialize = new RequestType<object, { readonly capabilities: object }, unknown>(
  "initialize",
);
const initialized = new NotificationType<object>("initialized");
const shutdown = new RequestType0<null, unknown>("shutdown");
const exit = new NotificationType0("exit");
const nothing = new RequestType0<null, unknown>("emberline/nothing");

const hello = (protocolVersion: number) => ({
  processId: null,
  initializationOptions: { protocolVersion },
  capabilities: {},
});

const startParams: StartParams = {
  pids: [41],
  frequencyHz: 99,
  native: true,
  kernel: true,
  deltaIntervalMs: 50,
};

/** A client connected to the recorded helper, which checks every word of the client. */
class Replay {
  readonly connection: MessageConnection;
  readonly deltas: Delta[] = [];
  readonly ended: EndedParams[] = [];
  readonly logged: unknown[] = [];
  readonly faults: string[] = [];
  readonly #lines: readonly Line[];
  #at = 0;
  readonly #toClient: StreamMessageWriter;
  #waiting: (() => void)[] = [];

  constructor(name: string) {
    this.#lines = JSON.parse(readFileSync(new URL(name, import.meta.url), "utf8")) as Line[];
    const fromClient = new PassThrough();
    const toClient = new PassThrough();
    this.#toClient = new StreamMessageWriter(toClient);
    new StreamMessageReader(fromClient).listen((message) => this.#heard(message));
    this.connection = createMessageConnection(
      new StreamMessageReader(toClient),
      new StreamMessageWriter(fromClient),
    );
    this.connection.onNotification(deltaNotification, (delta) => this.#tell(this.deltas, delta));
    this.connection.onNotification(endedNotification, (ended) => this.#tell(this.ended, ended));
    this.connection.onNotification("window/logMessage", (params: unknown) =>
      this.#tell(this.logged, params),
    );
    this.connection.listen();
  }

  /** Resolves when so many deltas have come. */
  async untilDeltas(count: number): Promise<void> {
    await this.#until(() => this.deltas.length >= count);
  }

  async untilEnded(): Promise<void> {
    await this.#until(() => this.ended.length > 0);
  }

  /** The whole transcript was spoken, and nothing else. */
  async finish(): Promise<void> {
    await this.#until(() => this.#at === this.#lines.length);
    this.connection.dispose();
    expect(this.faults).toEqual([]);
  }

  #heard(message: Message): void {
    const wanted = this.#lines[this.#at]?.client;
    if (JSON.stringify(sorted(message)) !== JSON.stringify(sorted(wanted))) {
      this.faults.push(`said ${JSON.stringify(message)}, not ${JSON.stringify(wanted)}`);
    }
    this.#at++;
    for (let line; (line = this.#lines[this.#at]?.helper) !== undefined; this.#at++) {
      void this.#toClient.write(line as Message);
    }
    this.#wake();
  }

  #tell<T>(list: T[], value: T): void {
    list.push(value);
    this.#wake();
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  async #until(isSo: () => boolean): Promise<void> {
    while (!isSo()) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }
}

/** JSON objects have no order. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, sorted(inner)]),
  );
}

test("a session from hello to exit", async () => {
  const replay = new Replay("session.json");
  const { connection } = replay;
  const hi = await connection.sendRequest(initialize, hello(Version));
  const experimental = Reflect.get(hi.capabilities, "experimental") as unknown;
  expect(readHelperInfo(experimental)).toMatchObject({ version: "1.2.3", pid: 900 });
  await connection.sendNotification(initialized, {});

  const report = await connection.sendRequest(doctorRequest);
  expect(report.canSample).toBe(false);
  expect(report.checks.map((check) => [check.name, check.ok, check.nextStep])).toEqual([
    ["kernel-version", true, ""],
    ["btf", false, "Use a kernel with it."],
  ]);
  expect(report.samplers.map((sampler) => [sampler.name, sampler.usable])).toEqual([
    ["bpf", false],
    ["procmem", true],
  ]);
  const { processes } = await connection.sendRequest(listProcessesRequest);
  expect(processes.map((p) => [p.pid, p.cpu_percent, p.container, p.profilable])).toEqual([
    [41, 97.5, "0123456789ab", true],
    [42, 0, null, false],
  ]);

  const steps: unknown[] = [];
  connection.onProgress(new ProgressType<{ kind: string }>(), "start-1", (step) => {
    steps.push(step.kind);
  });
  const withToken = { ...startParams, workDoneToken: "start-1" };
  const started = await connection.sendRequest(startRequest, withToken);
  expect(started).toEqual({
    sessionId: 1,
    sampler: "bpf",
    whyNotBpf: "",
    event: "cpu-clock",
    frequencyHz: 99,
    startedAtUnixMs: 1_700_000_000_000,
  });
  await replay.untilDeltas(1);
  expect(steps).toEqual(["begin", "end"]);
  expect(replay.logged).toHaveLength(1);

  const remotePath = "/srv/shop/app.py";
  const source = await connection.sendRequest(sourceRequest, { remotePath, pid: 41 });
  expect(source).toEqual({ text: "# /srv/shop/app.py\nhot()\n", sha256: "bb22" });
  const uri = `emberline-source:${remotePath}?pid=41`;
  const content = await connection.sendRequest(textDocumentContentRequest, { uri });
  expect(content.text).toBe(source.text);

  await connection.sendNotification(acknowledgeNotification, { sessionId: 1, sequence: 1 });
  await replay.untilDeltas(2);
  const { stats } = await connection.sendRequest(stopRequest, { sessionId: 1 });
  expect(stats.samples).toBe(6);
  expect(stats.processes).toEqual([{ pid: 41, version: "3.12.1", samples: 6, task_cpu_ns: 9 }]);
  expect(await connection.sendRequest(shutdown)).toBeNull();
  await connection.sendNotification(exit);
  await replay.finish();

  // The last delta came before the answer to the stop, and all of them fit together.
  const profile = new Profile();
  for (const delta of replay.deltas) expect(profile.apply(delta)).toMatchObject({ ok: true });
  expect(replay.deltas.map((delta) => delta.sequence)).toEqual([1, 2, 3]);
  expect(replay.deltas[0]?.functions.kind).toEqual([
    KindProcess,
    KindThread,
    KindPython,
    KindKernel,
    KindError,
  ]);
});

test("every refusal is told apart by its code", async () => {
  const replay = new Replay("failures.json");
  const { connection } = replay;
  const refusal = (answer: Promise<unknown>) =>
    answer.then(
      () => expect.unreachable("it was not refused"),
      (error: unknown) => {
        const known = toHelperError(error);
        if (known === undefined) return Reflect.get(error as object, "code") as number;
        expect(known.nextStep).toBe(helperErrors[known.code].nextStep);
        return known.code;
      },
    );
  const start = (pid: number) =>
    connection.sendRequest(startRequest, { ...startParams, pids: [pid] });

  expect(await refusal(connection.sendRequest(doctorRequest))).toBe(-32002);
  expect(await refusal(connection.sendRequest(initialize, hello(99)))).toBe("version-mismatch");
  await connection.sendRequest(initialize, hello(Version));
  expect(await refusal(connection.sendRequest(nothing))).toBe(-32601);
  expect(await refusal(start(42))).toBe("unsupported-python");
  await start(41);
  expect(await refusal(start(41))).toBe("busy");
  expect(await refusal(connection.sendRequest(stopRequest, { sessionId: 9 }))).toBe("no-session");
  const shadow = { remotePath: "/etc/shadow", pid: 41 };
  expect(await refusal(connection.sendRequest(sourceRequest, shadow))).toBe("source-unreadable");
  const file = { uri: "file:///etc/shadow" };
  expect(await refusal(connection.sendRequest(textDocumentContentRequest, file))).toBe("usage");
  await connection.sendRequest(stopRequest, { sessionId: 1 });
  await connection.sendRequest(shutdown);
  expect(await refusal(connection.sendRequest(doctorRequest))).toBe(-32600);
  await connection.sendNotification(exit);
  await replay.finish();
});

test("a session that ends by itself says why, and can still be stopped", async () => {
  const replay = new Replay("ended.json");
  const { connection } = replay;
  await connection.sendRequest(initialize, hello(Version));
  await connection.sendRequest(startRequest, { ...startParams, pids: [] });
  await replay.untilEnded();
  expect(replay.deltas).toHaveLength(1);
  expect(replay.ended[0]).toMatchObject({ sessionId: 1, reason: "targets-exited" });
  const { stats } = await connection.sendRequest(stopRequest, { sessionId: 1 });
  expect(stats).toEqual(replay.ended[0]?.stats);
  await connection.sendRequest(shutdown);
  await connection.sendNotification(exit);
  await replay.finish();
});
