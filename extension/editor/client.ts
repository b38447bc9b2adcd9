/**
 * The link to a running helper as a LanguageClient: life cycle, cancellation,
 * $/progress and tracing are its work. No document is ever synchronised.
 *
 * The far side is a program on somebody else's machine. What the protocol lets a
 * language server do to an editor (edit files, run commands, read settings,
 * open links, register features) is therefore switched off, not just unused.
 */
import type * as vscode from "vscode";
import {
  CloseAction,
  ErrorAction,
  LanguageClient,
  RevealOutputChannelOn,
  type DynamicFeature,
  type InitializeParams,
  type StaticFeature,
} from "vscode-languageclient/node";

export interface HelperStreams {
  readonly reader: NodeJS.ReadableStream;
  readonly writer: NodeJS.WritableStream;
}

export interface HelperLanguageClientOptions {
  readonly streams: HelperStreams;
  readonly initializationOptions: object;
  readonly log: vscode.LogOutputChannel;
  /** The connection ended; not called while we are stopping it. */
  readonly onClosed: () => void;
}

export class HelperLanguageClient extends LanguageClient {
  constructor(options: HelperLanguageClientOptions) {
    const { streams, log } = options;
    super("emberline", "Emberline", () => Promise.resolve({ ...streams, detached: true }), {
      documentSelector: [],
      initializationOptions: options.initializationOptions,
      // A handler that declines to retry, so that the failure reaches start() and nobody else.
      initializationFailedHandler: () => false,
      outputChannel: log,
      traceOutputChannel: log,
      revealOutputChannelOn: RevealOutputChannelOn.Never,
      errorHandler: {
        error: () => ({ action: ErrorAction.Continue, handled: true }),
        closed: () => {
          options.onClosed();
          return { action: CloseAction.DoNotRestart, handled: true };
        },
      },
      middleware: {
        handleRegisterCapability: () => Promise.reject(new Error("not offered")),
        window: { showDocument: () => Promise.resolve({ success: false }) },
      },
    });
    // Handlers given before start() are installed after the client's own and replace them.
    this.onRequest("workspace/applyEdit", () => ({ applied: false }));
    this.onRequest("window/showMessageRequest", () => null);
    this.onNotification("window/showMessage", (params: { readonly message?: unknown }) => {
      log.info(`helper: ${String(params.message)}`);
    });
    this.onNotification("textDocument/publishDiagnostics", () => undefined);
    this.onNotification("telemetry/event", () => undefined);
  }

  /** Called for each feature of a language server; a helper gets none of them. */
  override registerFeature(_feature: StaticFeature | DynamicFeature<never>): void {}

  /**
   * The base class fills in our pid for the server to watch. On another machine
   * that number is a stranger's process, or none, and the helper would end.
   */
  protected override fillInitializeParams(params: InitializeParams): void {
    super.fillInitializeParams(params);
    params.processId = null;
    // Where the user's project lies is nothing the host needs to know.
    params.rootPath = null;
    params.rootUri = null;
    params.workspaceFolders = null;
  }

  /** Failures are shown once, as catalogue errors, by whoever asked; here they are only logged. */
  override error(message: string, data?: unknown): void {
    super.error(message, data, false);
  }
}
