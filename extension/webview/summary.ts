import { formatCount, formatDurationNs, formatPlural } from "../core/format";
import type { Profile } from "../core/profile";
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

/** How much was sampled, and whether all of it arrived: "12,345 samples · 99 Hz · 20.0 s · none lost". */
export class Summary {
  readonly #samples = element("span");
  readonly #rate = element("span", { class: "detail-part", title: "Samples a second and CPU" });
  readonly #elapsed = element("span", { class: "detail-part" });
  readonly #loss = element("span", { title: "Samples that were taken and never delivered" });
  readonly root = element(
    "div",
    { id: "flame-summary", class: "summary" },
    this.#samples,
    this.#rate,
    this.#elapsed,
    this.#loss,
  );

  update({ totalSamples, elapsedNs }: Profile, session: SessionInfo | null): void {
    const { frequencyHz = 0, lost = 0 } = session ?? {};
    this.root.hidden = totalSamples === 0;
    this.#rate.hidden = frequencyHz === 0;
    setText(this.#samples, formatPlural(totalSamples, "sample"));
    setText(this.#rate, `${formatCount(frequencyHz)} Hz`);
    setText(this.#elapsed, formatDurationNs(elapsedNs));
    setText(this.#loss, lost === 0 ? "none lost" : `${formatCount(lost)} lost`);
    this.#loss.className = lost > 0 ? "loss" : "";
  }
}
