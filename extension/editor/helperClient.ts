/** The session's view of a helper, over a LanguageClient: promises, signals and catalogue errors. */
import { randomUUID } from "node:crypto";
import * as vscode from "vscode";
import { WorkDoneProgress } from "vscode-languageclient/node";
import { orCancelled } from "../remote/cancel";
import { remoteError } from "../remote/errors";
import type { HelperLink } from "../remote/helperLink";
import { failures, toFailure } from "../session/failures";
import type { HelperClient, Unsubscribe } from "../session/ports";
import type { Failure } from "../session/state";
import { HelperError, isRequestCancelled, readHelperInfo, toHelperError } from "../wire/errors";
import {
  acknowledgeNotification,
  deltaNotification,
  doctorRequest,
  endedNotification,
  listProcessesRequest,
  startRequest,
  stopRequest,
  textDocumentContentRequest,
} from "../wire/methods";
import {
  Version,
  type Delta,
  type EndedParams,
  type HelperInfo,
  type InitializationOptions,
  type StartParams,
} from "../wire/protocol.gen";
import { HelperLanguageClient } from "./client";

/** How long a polite shutdown may take, in ms, before the link is cut; the helper ends on EOF too. */
const SHUTDOWN_MS = 1500;

/** How long, in ms, after its output ended a helper may take to say why. */
const EXIT_WAIT_MS = 1000;

/**
 * Speaks with a helper that was just started. Closes the link and rejects with a
 * catalogue error when it does not answer as our own version does.
 */
export async function openHelperClient(
  link: HelperLink,
  log: vscode.LogOutputChannel,
  signal: AbortSignal,
): Promise<HelperClient> {
  const initializationOptions: InitializationOptions = { protocolVersion: Version };
  let closed = () => {};
  const outputEnded = new Promise<void>((resolve) => (closed = resolve));
  const client = new HelperLanguageClient({
    streams: { reader: link.stdout, writer: link.stdin },
    initializationOptions,
    log,
    onClosed: () => closed(),
  });
  try {
    const ended = link.ended.then((error) => Promise.reject(error));
    await orCancelled(Promise.race([client.start(), ended]), signal);
    const info = readHelperInfo(client.initializeResult?.capabilities.experimental);
    checkHelper(info, link);
    return new LinkedHelperClient(client, link, info, outputEnded, log);
  } catch (error) {
    link.close();
    const helperError = toHelperError(error);
    if (helperError !== undefined) throw helperError;
    signal.throwIfAborted();
    // A broken pipe is a symptom; how the process ended is the cause.
    throw await Promise.race([link.ended, later(EXIT_WAIT_MS, error)]);
  }
}

function checkHelper(info: HelperInfo | undefined, link: HelperLink): asserts info is HelperInfo {
  if (info === undefined) {
    const reason = "it does not speak as a helper does";
    throw remoteError("helper-failed-to-start", { host: link.label, reason });
  }
  if (info.protocolVersion !== Version || info.buildHash !== link.sha256) {
    const message = `The helper on ${link.label} is version ${info.version}, which is not the one of this extension`;
    throw new HelperError("version-mismatch", message);
  }
}

class LinkedHelperClient implements HelperClient {
  readonly info: HelperInfo;
  readonly #client: HelperLanguageClient;
  readonly #link: HelperLink;
  readonly #log: vscode.LogOutputChannel;
  readonly #lost = new Set<(failure: Failure) => void>();
  #isOpen = true;
  #closing: Promise<void> | undefined;

  constructor(
    client: HelperLanguageClient,
    link: HelperLink,
    info: HelperInfo,
    outputEnded: Promise<void>,
    log: vscode.LogOutputChannel,
  ) {
    this.#client = client;
    this.#link = link;
    this.info = info;
    this.#log = log;
    const host = link.label;
    const silent = remoteError("helper-ended", { host, reason: "it closed its output" });
    const over = outputEnded.then(() => Promise.race([link.ended, later(EXIT_WAIT_MS, silent)]));
    void Promise.race([over, link.ended]).then((error) => this.#tellLost(toFailure(error)));
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  async listProcesses(signal: AbortSignal) {
    const answer = await this.#ask(signal, true, (token) =>
      this.#client.sendRequest(listProcessesRequest, token),
    );
    return answer.processes;
  }

  doctor(signal: AbortSignal) {
    return this.#ask(signal, true, (token) => this.#client.sendRequest(doctorRequest, token));
  }

  async start(params: StartParams, signal: AbortSignal, onProgress: (message: string) => void) {
    const workDoneToken = randomUUID();
    const progress = this.#client.onProgress(WorkDoneProgress.type, workDoneToken, (value) => {
      const message = value.kind === "begin" ? value.title : value.message;
      if (value.kind !== "end" && message !== undefined) onProgress(message);
    });
    try {
      // The answer is waited for even after a cancel: who started must be able to stop.
      return await this.#ask(signal, false, (token) =>
        this.#client.sendRequest(startRequest, { ...params, workDoneToken }, token),
      );
    } finally {
      progress.dispose();
    }
  }

  stop(sessionId: number) {
    return this.#ask(undefined, false, (token) =>
      this.#client.sendRequest(stopRequest, { sessionId }, token),
    );
  }

  acknowledge(sessionId: number, sequence: number): void {
    this.#client
      .sendNotification(acknowledgeNotification, { sessionId, sequence })
      .catch((error: unknown) => this.#log.debug(`acknowledge: ${String(error)}`));
  }

  async readContent(uri: string, signal: AbortSignal): Promise<string> {
    const answer = await this.#ask(signal, true, (token) =>
      this.#client.sendRequest(textDocumentContentRequest, { uri }, token),
    );
    return answer.text;
  }

  onDelta(listener: (delta: Delta) => void): Unsubscribe {
    const subscription = this.#client.onNotification(deltaNotification, listener);
    return () => subscription.dispose();
  }

  onEnded(listener: (ended: EndedParams) => void): Unsubscribe {
    const subscription = this.#client.onNotification(endedNotification, listener);
    return () => subscription.dispose();
  }

  onLost(listener: (failure: Failure) => void): Unsubscribe {
    this.#lost.add(listener);
    return () => this.#lost.delete(listener);
  }

  close(): Promise<void> {
    this.#isOpen = false;
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    try {
      await this.#client.dispose(SHUTDOWN_MS);
    } catch (error) {
      // It was gone already, or did not answer; cutting the link ends it all the same.
      this.#log.debug(`shutdown: ${String(error)}`);
    }
    this.#link.close();
  }

  #tellLost(failure: Failure): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    for (const listener of this.#lost) listener(failure);
  }

  /** Sends a request; `abandons` says whether an abort settles it before the helper has answered. */
  async #ask<T>(
    signal: AbortSignal | undefined,
    abandons: boolean,
    send: (token: vscode.CancellationToken) => Promise<T>,
  ): Promise<T> {
    signal?.throwIfAborted();
    if (!this.#isOpen) throw failures.linkClosed();
    const source = new vscode.CancellationTokenSource();
    const cancel = () => source.cancel();
    signal?.addEventListener("abort", cancel, { once: true });
    try {
      const answer = send(source.token);
      return await (abandons && signal !== undefined ? orCancelled(answer, signal) : answer);
    } catch (error) {
      const helperError = toHelperError(error);
      if (helperError !== undefined) throw helperError;
      if (isRequestCancelled(error)) signal?.throwIfAborted();
      // Whatever the transport calls it, the link is no more.
      throw this.#client.isRunning() ? error : failures.linkClosed();
    } finally {
      signal?.removeEventListener("abort", cancel);
      source.dispose();
    }
  }
}

function later<T>(ms: number, value: T): Promise<T> {
  return new Promise((resolve) => setTimeout(() => resolve(value), ms));
}
