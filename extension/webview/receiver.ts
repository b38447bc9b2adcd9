import type { DeltaRefusal } from "../core/profile";
import { assertNever, type Result } from "../core/result";
import type { FlameController } from "./flameController";
import type { FlameModel } from "./flameModel";

import type { Host } from "./host";
import type { ToWebview } from "./messages";
import type { SessionInfo } from "./summary";

/**
 * Least time between two redraws of arriving samples. Deltas come twice a second;
 * a host that catches up sends them in a burst.
 */
const REFRESH_MS = 200;

/** Takes in what the editor says. */
export class Receiver {
  readonly #model: FlameModel;
  readonly #flame: FlameController;
  readonly #host: Host;
  #session: SessionInfo = { title: "", frequencyHz: 0, isLive: false, lost: 0 };
  #timer = 0;

  constructor(model: FlameModel, flame: FlameController, host: Host) {
    this.#model = model;
    this.#flame = flame;
    this.#host = host;
  }

  receive(message: ToWebview): void {
    switch (message.type) {
      case "reset": {
        const { title, frequencyHz, isLive, lost, snapshot } = message;
        this.#session = { title, frequencyHz, isLive, lost };
        this.#resyncOnFailure(this.#model.reset(title, snapshot));
        this.#show();
        return;
      }
      case "delta":
        this.#session = { ...this.#session, lost: message.lost };
        this.#resyncOnFailure(this.#model.apply(message.delta));
        if (this.#timer === 0) this.#timer = window.setTimeout(() => this.#refresh(), REFRESH_MS);
        return;
      case "live":
        this.#session = { ...this.#session, isLive: message.isLive };
        this.#flame.view.setSession(this.#session);
        return;
      case "themeChanged":
        this.#flame.view.themeChanged();
        return;
      case "focus":
        this.#refresh();
        this.#flame.focusTarget(message.target);
        return;
      default:
        assertNever(message);
    }
  }

  #refresh(): void {
    clearTimeout(this.#timer);
    this.#timer = 0;
    if (!this.#model.isStale) return;
    this.#model.refresh();
    this.#show();
  }

  #show(): void {
    this.#flame.view.setSession(this.#session);
    this.#flame.modelChanged();
  }

  #resyncOnFailure(result: Result<void, DeltaRefusal>): void {
    if (!result.ok) this.#host.post({ type: "resync", detail: result.error.detail });
  }
}
