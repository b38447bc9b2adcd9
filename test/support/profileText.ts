import { FrameKind } from "../../extension/core/frameKind";
import { Profile, type ProfileDelta } from "../../extension/core/profile";

/**
 * Profiles as text: a column is a stack, a row is a depth, the root is on top.
 *
 *     x3               x1
 *     app[p:7]         app[p:7]
 *     main[app.py:10]  main[app.py:11]
 *     work[app.py:20]  read[k]
 *     SHA256[n:libcrypto.so]
 *
 * Cells are separated by two spaces or more and belong to the column under whose
 * head they begin, so a stack that is already over leaves a gap. A first row of
 * `xN` cells gives each stack's samples, 1 without it. Cells:
 *
 * - `NAME[FILE:LINE]` a Python frame; `FILE` becomes `/srv/FILE` unless it is absolute,
 *   `<name>` stays; `NAME[FILE:LINE:COLUMN-ENDCOLUMN]` and
 *   `NAME[FILE:LINE:COLUMN-ENDLINE:ENDCOLUMN]` one at columns, which are unknown without
 * - `NAME[n:MODULE]` native · `NAME[k]` kernel · `NAME[e]` a part that could not be read
 * - `NAME[p:PID]` process · `NAME[t:TID]` thread
 */
export class ProfileTextBuilder {
  #sequence = 0;
  readonly #strings = new Table();
  readonly #sources = new Table();
  readonly #functions = new Table();
  readonly #frames = new Table();
  readonly #nodes = new Table();
  /** Hash given to a source when it is first seen, by its path. */
  readonly #hashes: Readonly<Record<string, string>>;

  constructor(hashes: Readonly<Record<string, string>> = {}) {
    this.#hashes = hashes;
  }

  /** The next delta: only what the text adds to what this builder has built before. */
  delta(text: string): ProfileDelta {
    return this.deltaOfStacks(parseStacks(text));
  }

  deltaOfStacks(stacks: readonly TextStack[]): ProfileDelta {
    const delta = emptyDelta(++this.#sequence);
    const counts = new Map<number, number>();
    for (const { cells, samples } of stacks) {
      let node = -1;
      for (const cell of cells) node = this.#node(delta, node, this.#frame(delta, cell));
      counts.set(node, (counts.get(node) ?? 0) + samples);
    }
    delta.counts.node.push(...counts.keys());
    delta.counts.count.push(...counts.values());
    return delta;
  }

  #string(delta: MutableDelta, text: string): number {
    return this.#strings.intern(text, () => delta.strings.push(text));
  }

  #source(delta: MutableDelta, path: string): number {
    return this.#sources.intern(path, () => {
      delta.sources.remotePath.push(this.#string(delta, path));
      delta.sources.sha256.push(this.#hashes[path] ?? "");
      delta.sources.pid.push(7);
    });
  }

  #frame(delta: MutableDelta, cell: string): number {
    return this.#frames.intern(cell, () => {
      const { kind, name, path, module, line, columns } = parseCell(cell);
      const place = `${kind} ${name} ${path ?? ""} ${module ?? ""}`;
      const functionIndex = this.#functions.intern(place, () => {
        delta.functions.kind.push(kind);
        delta.functions.name.push(this.#string(delta, name));
        delta.functions.source.push(path === null ? -1 : this.#source(delta, path));
        delta.functions.module.push(module === null ? -1 : this.#string(delta, module));
        delta.functions.firstLine.push(path === null ? 0 : Math.max(1, line - (line % 10)));
      });
      delta.frames.function.push(functionIndex);
      delta.frames.line.push(line);
      delta.frames.endLine.push(columns.endLine);
      delta.frames.column.push(columns.column);
      delta.frames.endColumn.push(columns.endColumn);
    });
  }

  #node(delta: MutableDelta, parent: number, frame: number): number {
    return this.#nodes.intern(`${parent} ${frame}`, () => {
      delta.nodes.parent.push(parent);
      delta.nodes.frame.push(frame);
    });
  }
}

/** The profile that a text describes. */
export function profileFromText(
  text: string,
  hashes: Readonly<Record<string, string>> = {},
): Profile {
  return profileFromDeltas([new ProfileTextBuilder(hashes).delta(text)]);
}

/** Applies deltas one after the other; throws when one is refused. */
export function profileFromDeltas(deltas: readonly ProfileDelta[]): Profile {
  const profile = new Profile();
  for (const delta of deltas) {
    const applied = profile.apply(delta);
    if (!applied.ok) throw new Error(`${applied.error.kind}: ${applied.error.detail}`);
  }
  return profile;
}

/** A delta that adds nothing, to spread over in a test. */
export function emptyDelta(sequence: number): MutableDelta {
  return {
    sequence,
    elapsedNs: sequence * 1_000_000_000,
    strings: [],
    sources: { remotePath: [], sha256: [], pid: [] },
    functions: { kind: [], name: [], source: [], module: [], firstLine: [] },
    frames: { function: [], line: [], endLine: [], column: [], endColumn: [] },
    nodes: { parent: [], frame: [] },
    counts: { node: [], count: [] },
  };
}

type Mutable<T> = {
  -readonly [K in keyof T]: T[K] extends readonly (infer E)[]
    ? E[]
    : T[K] extends object
      ? Mutable<T[K]>
      : T[K];
};
export type MutableDelta = Mutable<ProfileDelta>;

/** One stack: its cells, root first, and how often it was sampled. */
export interface TextStack {
  readonly cells: readonly string[];
  readonly samples: number;
}

export function parseStacks(text: string): TextStack[] {
  const rows = text
    .split("\n")
    .filter((row) => row.trim() !== "")
    .map(cellsOfRow);
  const head = rows[0] ?? [];
  const columns = head.map((cell) => ({ start: cell.start, cells: [] as string[], samples: 1 }));
  for (const row of rows) {
    for (const cell of row) {
      const column = columns.findLast((candidate) => candidate.start <= cell.start);
      if (column === undefined) throw new Error(`no column above ${cell.text}`);
      const weight = /^x(\d+)$/.exec(cell.text);
      if (weight !== null && row === head) column.samples = Number(weight[1]);
      else column.cells.push(cell.text);
    }
  }
  return columns;
}

function cellsOfRow(row: string): { start: number; text: string }[] {
  return [...row.matchAll(/\S+(?: \S+)*/g)].map((found) => ({
    start: found.index,
    text: found[0],
  }));
}

interface Cell {
  readonly kind: number;
  readonly name: string;
  readonly path: string | null;
  readonly module: string | null;
  readonly line: number;
  readonly columns: Columns;
}

interface Columns {
  readonly endLine: number;
  readonly column: number;
  readonly endColumn: number;
}

function parseCell(cell: string): Cell {
  const found = /^(.+)\[([^\]]+)\]$/.exec(cell);
  const name = found?.[1];
  const place = found?.[2];
  if (name === undefined || place === undefined) throw new Error(`not a cell: ${cell}`);
  const none = { path: null, module: null, line: 0, columns: unknownColumns(0) };
  const [tag, rest] = [place.slice(0, 2), place.slice(2)];
  if (place === "k") return { ...none, kind: FrameKind.kernel, name };
  if (place === "e") return { ...none, kind: FrameKind.error, name };
  if (tag === "n:") return { ...none, kind: FrameKind.native, name, module: rest };
  if (tag === "p:") return { ...none, kind: FrameKind.process, name: `${name} [${rest}]` };
  if (tag === "t:") return { ...none, kind: FrameKind.thread, name: `${name} [${rest}]` };
  const [, file = "", at = "", start, end, last] =
    /^(.*?):(\d+)(?::(\d+)-(\d+)(?::(\d+))?)?$/.exec(place) ?? [];
  const line = Number(at);
  const path = file.startsWith("/") || file.startsWith("<") ? file : `/srv/${file}`;
  const columns =
    start === undefined
      ? unknownColumns(line)
      : {
          endLine: last === undefined ? line : Number(end),
          column: Number(start),
          endColumn: Number(last ?? end),
        };
  return { ...none, kind: FrameKind.python, name, path, line, columns };
}

function unknownColumns(endLine: number): Columns {
  return { endLine, column: -1, endColumn: -1 };
}

class Table {
  readonly #indices = new Map<string, number>();

  intern(key: string, add: () => void): number {
    const known = this.#indices.get(key);
    if (known !== undefined) return known;
    add();
    const index = this.#indices.size;
    this.#indices.set(key, index);
    return index;
  }
}
