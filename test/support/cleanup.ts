/** Steps that undo what was done: run in reverse order, every one even when another fails. */
export class Cleanup {
  readonly #steps: (() => unknown)[] = [];

  /** Adds a step; what it returns is awaited. */
  defer(step: () => unknown): void {
    this.#steps.push(step);
  }

  /** Runs the steps once. Throws what the first failing step threw, after all have run. */
  async run(): Promise<void> {
    const failures: unknown[] = [];
    for (let step = this.#steps.pop(); step !== undefined; step = this.#steps.pop()) {
      try {
        await step();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
  }
}
