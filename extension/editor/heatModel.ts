/** The figures all views share: one StackIndex and one Heat per profile, computed once a delta. */
import { computeHeat, linesOfSources, type Heat, type LineHeat } from "../core/lineHeat";
import type { Profile } from "../core/profile";
import { StackIndex } from "../core/stackIndex";

const noSources: readonly number[] = [];

export class HeatModel {
  #index: StackIndex | undefined;
  #heat: Heat | undefined;
  #byPath = new Map<string, number[]>();
  #sourcesSeen = 0;

  get index(): StackIndex | undefined {
    return this.#index;
  }

  /** Samples in the profile; 0 when there is none. */
  get samples(): number {
    return this.#index?.profile.totalSamples ?? 0;
  }

  /** Every remote path seen, in order of first sight. */
  get remotePaths(): Iterable<string> {
    return this.#byPath.keys();
  }

  /**
   * Takes in what the profile gained, or starts over when it is another one.
   * Costs the new stacks now; the counting waits until somebody reads heat.
   */
  update(profile: Profile | undefined): void {
    this.#heat = undefined;
    if (profile === undefined || profile !== this.#index?.profile) {
      this.#index = profile === undefined ? undefined : new StackIndex(profile);
      this.#byPath = new Map();
      this.#sourcesSeen = 0;
    } else {
      this.#index.extend();
    }
    if (profile === undefined) return;
    for (; this.#sourcesSeen < profile.sources.pid.length; this.#sourcesSeen++) {
      const remotePath = profile.remotePath(this.#sourcesSeen);
      const sources = this.#byPath.get(remotePath);
      if (sources === undefined) this.#byPath.set(remotePath, [this.#sourcesSeen]);
      else sources.push(this.#sourcesSeen);
    }
  }

  /** Counts per line and function; undefined without a profile. */
  get heat(): Heat | undefined {
    if (this.#heat === undefined && this.#index !== undefined) {
      this.#heat = computeHeat(this.#index);
    }
    return this.#heat;
  }

  /** Sources with this remote path; several when it exists in several containers. */
  sourcesOf(remotePath: string): readonly number[] {
    return this.#byPath.get(remotePath) ?? noSources;
  }

  /** Lines of the sources that were seen, by line number in the file that ran. */
  linesOf(sources: readonly number[]): readonly LineHeat[] {
    const { heat } = this;
    if (heat === undefined || this.#index === undefined) return [];
    return linesOfSources(this.#index, heat, sources);
  }
}
