import { formatCount } from "../core/format";
import type { Profile } from "../core/profile";
import { describeSamples } from "./describe";
import { element, setText } from "./dom";

/** What is being profiled. */
export interface SessionInfo {
  readonly title: string;
  /** 0 when it is not known. */
  readonly frequencyHz: number;
  readonly isLive: boolean;
  /** Samples taken and never delivered. */
  readonly lost: number;
}

/** How much was sampled, and whether all of it arrived. */
export class Summary {
  readonly root: HTMLElement;
  readonly #samples = element("span");
  readonly #loss = element("span", { title: "Samples that were taken and never delivered" });

  constructor() {
    this.root = element(
      "div",
      { id: "flame-summary", class: "summary" },
      this.#samples,
      this.#loss,
    );
  }

  update({ totalSamples, elapsedNs }: Profile, session: SessionInfo | null): void {
    const samples = describeSamples(totalSamples, elapsedNs, session?.frequencyHz ?? 0);
    const lost = session?.lost ?? 0;
    setText(this.#samples, samples === "" ? "" : `${samples} · `);
    setText(
      this.#loss,
      samples === "" ? "" : lost === 0 ? "none lost" : `${formatCount(lost)} lost`,
    );
    this.#loss.className = lost > 0 ? "loss" : "";
  }
}
