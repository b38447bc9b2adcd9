/**
 * Which lines of two texts are the same line, by content and order: for each old
 * line (0-based) the new line it became, -1 when it is gone.
 *
 * Lines that occur once in each text anchor the comparison (patience diff), so
 * that a moved brace or blank line does not tie unrelated code together; between
 * anchors Myers' shortest edit script decides. A stretch that differs by more
 * than `MAX_EDITS` lines is taken as rewritten: its lines are gone.
 */
export function matchLines(before: readonly string[], after: readonly string[]): Int32Array {
  const match = new Int32Array(before.length).fill(-1);
  const tokens = new Map<string, number>();
  const tokenize = (lines: readonly string[]) =>
    Int32Array.from(lines, (line) => {
      // An editor may have changed the line ends of the whole file.
      const text = line.endsWith("\r") ? line.slice(0, -1) : line;
      let token = tokens.get(text);
      if (token === undefined) tokens.set(text, (token = tokens.size));
      return token;
    });
  const stretch = { a: tokenize(before), b: tokenize(after), match, tokenCount: 0 };
  stretch.tokenCount = tokens.size;
  matchStretch(stretch, 0, before.length, 0, after.length);
  return match;
}

/**
 * Myers keeps one row an edit, so memory grows with the square: 1,000 edits are
 * 8 MB for a moment.
 */
const MAX_EDITS = 1000;

interface Texts {
  readonly a: Int32Array;
  readonly b: Int32Array;
  readonly match: Int32Array;
  readonly tokenCount: number;
}

function matchStretch(texts: Texts, a0: number, a1: number, b0: number, b1: number): void {
  const { a, b, match } = texts;
  while (a0 < a1 && b0 < b1 && a[a0] === b[b0]) match[a0++] = b0++;
  while (a0 < a1 && b0 < b1 && a[a1 - 1] === b[b1 - 1]) match[--a1] = --b1;
  if (a0 === a1 || b0 === b1) return;
  const anchors = uniqueAnchors(texts, a0, a1, b0, b1);
  if (anchors.length === 0) {
    myers(texts, a0, a1, b0, b1);
    return;
  }
  let [aFrom, bFrom] = [a0, b0];
  for (const [aLine, bLine] of anchors) {
    matchStretch(texts, aFrom, aLine, bFrom, bLine);
    match[aLine] = bLine;
    [aFrom, bFrom] = [aLine + 1, bLine + 1];
  }
  matchStretch(texts, aFrom, a1, bFrom, b1);
}

/** Lines that occur once in each stretch, the longest run of them that rises in both. */
function uniqueAnchors(
  texts: Texts,
  a0: number,
  a1: number,
  b0: number,
  b1: number,
): [number, number][] {
  const inA = new Map<number, number>();
  const inB = new Map<number, number>();
  for (let i = a0; i < a1; i++) inA.set(texts.a[i]!, inA.has(texts.a[i]!) ? -1 : i);
  for (let j = b0; j < b1; j++) inB.set(texts.b[j]!, inB.has(texts.b[j]!) ? -1 : j);
  const pairs: [number, number][] = [];
  for (const [token, i] of inA) {
    const j = inB.get(token);
    if (i >= 0 && j !== undefined && j >= 0) pairs.push([i, j]);
  }
  // Map keeps the order of first sight, so the pairs rise in a already.
  return longestRising(pairs);
}

function longestRising(pairs: readonly [number, number][]): [number, number][] {
  const tails: number[] = []; // length - 1 -> index of the pair that ends the best run of it
  const previous = new Int32Array(pairs.length).fill(-1);
  for (let p = 0; p < pairs.length; p++) {
    let low = 0;
    let high = tails.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (pairs[tails[middle]!]![1] < pairs[p]![1]) low = middle + 1;
      else high = middle;
    }
    if (low > 0) previous[p] = tails[low - 1]!;
    tails[low] = p;
  }
  const run: [number, number][] = [];
  for (let p = tails.at(-1) ?? -1; p >= 0; p = previous[p]!) run.push(pairs[p]!);
  return run.reverse();
}

/** E. W. Myers, "An O(ND) Difference Algorithm and Its Variations", Algorithmica 1 (1986). */
function myers(texts: Texts, a0: number, a1: number, b0: number, b1: number): void {
  const { a, b, match } = texts;
  const [n, m] = [a1 - a0, b1 - b0];
  const limit = Math.min(n + m, MAX_EDITS);
  const offset = limit + 1;
  const furthest = new Int32Array(2 * limit + 3); // diagonal + offset -> furthest x
  const trace: Int32Array[] = [];
  for (let d = 0; d <= limit; d++) {
    trace.push(furthest.slice(offset - d - 1, offset + d + 2));
    for (let k = -d; k <= d; k += 2) {
      let x = stepsDown(furthest, offset, k, d)
        ? furthest[offset + k + 1]!
        : furthest[offset + k - 1]! + 1;
      while (x < n && x - k < m && a[a0 + x] === b[b0 + x - k]) x++;
      furthest[offset + k] = x;
      if (x < n || x - k < m) continue;
      backtrack(trace, d, k, n, (i, j) => (match[a0 + i] = b0 + j));
      return;
    }
  }
}

function stepsDown(furthest: Int32Array, offset: number, k: number, d: number): boolean {
  return k === -d || (k !== d && furthest[offset + k - 1]! < furthest[offset + k + 1]!);
}

function backtrack(
  trace: readonly Int32Array[],
  edits: number,
  diagonal: number,
  end: number,
  report: (i: number, j: number) => void,
): void {
  let [k, x] = [diagonal, end];
  for (let d = edits; d >= 0; d--) {
    const row = trace[d]!;
    const centre = d + 1;
    const down = stepsDown(row, centre, k, d);
    const previousK = down ? k + 1 : k - 1;
    // Where the diagonal run of equal lines of this edit began.
    const start = d === 0 ? 0 : down ? row[centre + previousK]! : row[centre + previousK]! + 1;
    while (x > start) report(--x, x - k);
    if (d === 0) return;
    x = row[centre + previousK]!;
    k = previousK;
  }
}
