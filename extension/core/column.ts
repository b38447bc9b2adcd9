type Numbers = Int32Array | Float64Array | Uint8Array;

/**
 * A growable typed array. `data` may be longer than `length`; only the first
 * `length` elements count. Hot loops read `data` directly, and must fetch it
 * again after a push, because growing replaces it.
 */
export class Column<A extends Numbers> {
  data: A;
  length = 0;
  readonly #allocate: (length: number) => A;

  constructor(allocate: (length: number) => A) {
    this.#allocate = allocate;
    this.data = allocate(64);
  }

  push(value: number): void {
    if (this.length === this.data.length) this.#grow(this.length + 1);
    this.data[this.length++] = value;
  }

  /** Appends zeros until the column has `length` elements. */
  extendTo(length: number): void {
    if (length > this.data.length) this.#grow(length);
    if (length > this.length) this.length = length;
  }

  /** The element at `index`, which must be below `length`. */
  at(index: number): number {
    if (index < 0 || index >= this.length) {
      throw new RangeError(`index ${index} of ${this.length}`);
    }
    return this.data[index]!;
  }

  /** A view of the elements in use. */
  view(): A {
    return this.data.subarray(0, this.length) as A;
  }

  // Doubling keeps the cost of n pushes linear.
  #grow(least: number): void {
    const grown = this.#allocate(Math.max(least, this.data.length * 2));
    grown.set(this.data);
    this.data = grown;
  }
}

export type IntColumn = Column<Int32Array>;
export type CountColumn = Column<Float64Array>;
export type FlagColumn = Column<Uint8Array>;

/** Indices, lines and columns. */
export function intColumn(): IntColumn {
  return new Column((length) => new Int32Array(length));
}

/** Sample counts: doubles, exact to 2^53, because 32 bits overflow in a day of 10 kHz on a few cores. */
export function countColumn(): CountColumn {
  return new Column((length) => new Float64Array(length));
}

export function flagColumn(): FlagColumn {
  return new Column((length) => new Uint8Array(length));
}
