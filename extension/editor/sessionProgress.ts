/**
 * Progress while nothing else is on the screen: a notification with Cancel on the
 * way to the first sample, a bar over the Hot Lines view while sampling.
 */
import * as vscode from "vscode";
import { isReaching, isRunning, type SessionState } from "../session/state";
import { views } from "./contributions";
import { phaseText, targetName } from "./sessionText";
import * as texts from "./texts";

interface OpenProgress {
  report(message: string): void;
  end(): void;
}

export class SessionProgress implements vscode.Disposable {
  readonly #cancel: () => void;
  #way: OpenProgress | undefined;
  #bar: OpenProgress | undefined;

  /** `cancel` gives up the preparation. */
  constructor(cancel: () => void) {
    this.#cancel = cancel;
  }

  show(state: SessionState): void {
    const message = wayText(state);
    if (message === undefined) {
      this.#way?.end();
      this.#way = undefined;
    } else {
      this.#way ??= this.#openWay(state);
      this.#way.report(message);
    }
    if (isRunning(state)) this.#bar ??= openBar();
    else {
      this.#bar?.end();
      this.#bar = undefined;
    }
  }

  dispose(): void {
    this.#way?.end();
    this.#bar?.end();
  }

  #openWay(state: SessionState): OpenProgress {
    const host = "target" in state ? targetName(state.target) : "";
    return open(
      {
        location: vscode.ProgressLocation.Notification,
        title: texts.connectingTitle(host),
        cancellable: true,
      },
      this.#cancel,
    );
  }
}

/** What to say on the way; undefined when a picker or the results are on the screen instead. */
function wayText(state: SessionState): string | undefined {
  if (isReaching(state)) {
    const phase = phaseText(state.kind);
    return state.detail === "" ? phase : `${phase}: ${state.detail}`;
  }
  if (state.kind !== "starting") return undefined;
  return state.detail === "" ? texts.phaseStarting : state.detail;
}

function openBar(): OpenProgress {
  return open({ location: { viewId: views.hotLines } }, () => {});
}

function open(options: vscode.ProgressOptions, onCancel: () => void): OpenProgress {
  let report: (message: string) => void = () => {};
  let end = () => {};
  const ended = new Promise<void>((resolve) => (end = resolve));
  void vscode.window.withProgress(options, (progress, token) => {
    token.onCancellationRequested(onCancel);
    report = (message) => progress.report({ message });
    return ended;
  });
  return { report: (message) => report(message), end };
}
