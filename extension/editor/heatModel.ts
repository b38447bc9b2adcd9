/** The figures all views share: one StackIndex and one Heat per profile, computed once a delta. */
import { computeHeat, linesOfSources, type Heat, type LineHeat } from "../core/lineHeat";
import type { Profile } from "../core/profile";
import { EVERYTHING, selectedSelf, type Selection } from "../core/selection";
import { StackIndex } from "../core/stackIndex";

const noSources: readonly number[] = [];

export class HeatModel {
  #index: StackIndex | undefined;
  #heat: Heat | undefined;
  #byPath = new Map<string, number[]>();
  #sourcesSeen = 0;
  #selection: Selection = EVERYTHING;
  #revision = 0;

  /** Another number whenever any figure may have changed. */
  get revision(): number {
    return this.#revision;
  }

  get index(): StackIndex | undefined {
    return this.#index;
  }

  /** Samples selected, of which every share is a share; 0 without a profile. */
  get samples(): number {
    return this.heat?.samples ?? 0;
  }

  /** Narrows all figures to a part of the samples, until another profile begins. */
  select(selection: Selection): void {
    this.#selection = selection;
    this.#heat = undefined;
    this.#revision++;
  }

  /** Samples of the selection that ended at each node; undefined without a profile. */
  get selfOfNodes(): Float64Array | undefined {
    return this.#index === undefined ? undefined : selectedSelf(this.#index, this.#selection);
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
    this.#revision++;
    if (profile === undefined || profile !== this.#index?.profile) {
      this.#index = profile === undefined ? undefined : new StackIndex(profile);
      this.#byPath = new Map();
      this.#sourcesSeen = 0;
      this.#selection = EVERYTHING;
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
      this.#heat = computeHeat(this.#index, this.#selection);
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
