/**
 * The flame graph's panel. Command: emberline.showFlameGraph. It holds no data:
 * it sends the profile once and then each delta, and opens what is clicked.
 */
import { randomBytes } from "node:crypto";
import * as vscode from "vscode";
import type { Profile, ProfileDelta } from "../core/profile";
import type { StackPath } from "../core/selection";
import { parseFromWebview, type FocusTarget, type ToWebview } from "../webview/messages";
import { commands, webviews } from "./contributions";
import { flameHtml } from "./flameHtml";
import * as texts from "./texts";

/** What the panel shows, asked for whenever a page (re)loads. */
export interface FlameSource {
  readonly title: string;
  readonly frequencyHz: number;
  readonly profile: Profile | undefined;
  readonly isLive: boolean;
  /** Samples that never reached us. */
  readonly lost: number;
}

export interface FlamePanelDeps {
  readonly extensionUri: vscode.Uri;
  readonly source: () => FlameSource;
  readonly openFrame: (source: number, line: number, toSide: boolean) => Promise<void>;
  readonly onZoom: (path: StackPath | null) => void;
  readonly log: (message: string) => void;
}

export class FlamePanel implements vscode.Disposable {
  readonly #deps: FlamePanelDeps;
  readonly #disposables: vscode.Disposable[];
  #panel: vscode.WebviewPanel | undefined;
  /** The page's script listens; before, messages would be lost. */
  #isReady = false;
  #isLive = false;
  #pendingFocus: FocusTarget | undefined;

  constructor(deps: FlamePanelDeps) {
    this.#deps = deps;
    this.#disposables = [
      vscode.commands.registerCommand(commands.showFlameGraph, () => this.show()),
      vscode.window.registerWebviewPanelSerializer(webviews.flameGraph, {
        // Samples do not outlive the window, so a restored panel starts empty and waits for a run.
        deserializeWebviewPanel: (panel) => {
          this.#adopt(panel);
          return Promise.resolve();
        },
      }),
    ];
  }

  show(focus?: FocusTarget): void {
    this.#pendingFocus = focus;
    if (this.#panel !== undefined) {
      this.#panel.reveal(undefined, focus !== undefined);
      if (this.#isReady) this.#sendFocus();
      return;
    }
    const column = { viewColumn: vscode.ViewColumn.Beside, preserveFocus: focus !== undefined };
    this.#adopt(
      vscode.window.createWebviewPanel(webviews.flameGraph, texts.flameGraphTitle, column),
    );
  }

  /** Another profile, or none: the page starts over. */
  reset(): void {
    if (this.#isReady) this.#sendAll();
  }

  /** Forwards a delta that was applied to the profile. */
  delta(delta: ProfileDelta): void {
    if (this.#isReady) this.#send({ type: "delta", delta, lost: this.#deps.source().lost });
  }

  setLive(isLive: boolean): void {
    if (this.#isLive === isLive) return;
    this.#isLive = isLive;
    if (this.#isReady) this.#send({ type: "live", isLive });
  }

  dispose(): void {
    this.#panel?.dispose();
    for (const disposable of this.#disposables.toReversed()) disposable.dispose();
  }

  #adopt(panel: vscode.WebviewPanel): void {
    const { extensionUri } = this.#deps;
    this.#panel?.dispose();
    this.#panel = panel;
    this.#isReady = false;
    const { webview } = panel;
    panel.iconPath = vscode.Uri.joinPath(extensionUri, "media", "flame.svg");
    const script = vscode.Uri.joinPath(extensionUri, "dist", "webview");
    const media = vscode.Uri.joinPath(extensionUri, "media");
    webview.options = { enableScripts: true, localResourceRoots: [script, media] };
    panel.onDidDispose(() => {
      if (this.#panel !== panel) return;
      this.#panel = undefined;
      this.#isReady = false;
      this.#deps.onZoom(null);
    });
    webview.onDidReceiveMessage((message: unknown) => this.#receive(message));
    webview.html = flameHtml({
      cspSource: webview.cspSource,
      nonce: randomBytes(16).toString("base64"),
      scriptUri: webview.asWebviewUri(vscode.Uri.joinPath(script, "flame.js")).toString(),
      styleUri: webview.asWebviewUri(vscode.Uri.joinPath(media, "flame.css")).toString(),
      title: texts.flameGraphTitle,
    });
  }

  #receive(data: unknown): void {
    const message = parseFromWebview(data);
    switch (message?.type) {
      case undefined:
        this.#deps.log("flame graph: a message that is none of ours");
        break;
      case "ready":
        this.#isReady = true;
        this.#sendAll();
        this.#sendFocus();
        break;
      case "resync":
        this.#deps.log(`flame graph: resync: ${message.detail}`);
        this.#sendAll();
        break;
      case "openFrame":
        void this.#deps.openFrame(message.source, message.line, message.toSide);
        break;
      case "selectionChanged":
        this.#deps.onZoom(message.zoomed);
        break;
    }
  }

  #sendAll(): void {
    const { title, frequencyHz, profile, isLive, lost } = this.#deps.source();
    this.#isLive = isLive;
    const snapshot = profile === undefined || profile.sequence === 0 ? null : profile.snapshot();
    this.#send({ type: "reset", title, frequencyHz, snapshot, isLive, lost });
  }

  #sendFocus(): void {
    if (this.#pendingFocus === undefined) return;
    this.#send({ type: "focus", target: this.#pendingFocus });
    this.#pendingFocus = undefined;
  }

  #send(message: ToWebview): void {
    // False means that the page is hidden and gone; it asks with "ready" when it is back.
    void this.#panel?.webview.postMessage(message);
  }
}
