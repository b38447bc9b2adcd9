/** One frame as the Gecko format tells it; lines from 1, columns from 1 as other tools count. */
export interface Frame {
  readonly kind: "error" | "python" | "native" | "kernel";
  readonly name: string;
  readonly path: string;
  readonly first: number;
  readonly line: number;
  /** null where it is unknown: before 3.11. */
  readonly column: number | null;
}

export interface Stack {
  readonly pid: number;
  readonly tid: number;
  /** Root first. */
  readonly frames: readonly Frame[];
  readonly samples: number;
}

interface Table {
  readonly schema: Readonly<Record<string, number>>;
  readonly data: readonly (readonly (number | null)[])[];
}

interface Thread {
  readonly pid: number;
  readonly tid: number;
  readonly samples: Table;
  readonly stackTable: Table;
  readonly frameTable: Table;
  readonly stringTable: readonly string[];
}

/** Names of geckoCategories in helper/internal/export/gecko.go, by index. */
const kinds = ["error", "python", "native", "kernel"] as const;

/** Reads `--format gecko`: the one format with columns and with process and thread ids. */
export function parseGecko(text: string): Stack[] {
  const { threads } = JSON.parse(text) as { threads: readonly Thread[] };
  return threads.flatMap((thread) => {
    const counts = new Map<number, number>();
    for (const row of thread.samples.data) {
      const stack = cell(thread.samples, row, "stack");
      if (stack !== null) counts.set(stack, (counts.get(stack) ?? 0) + 1);
    }
    return [...counts].map(([stack, samples]) => ({
      pid: thread.pid,
      tid: thread.tid,
      frames: framesOf(thread, stack),
      samples,
    }));
  });
}

function cell(table: Table, row: readonly (number | null)[], name: string): number | null {
  return row[table.schema[name] ?? -1] ?? null;
}

function framesOf(thread: Thread, leaf: number): Frame[] {
  const frames: Frame[] = [];
  for (let at: number | null = leaf; at !== null;) {
    const row: readonly (number | null)[] = thread.stackTable.data[at] ?? [];
    frames.push(frameOf(thread, cell(thread.stackTable, row, "frame") ?? -1));
    at = cell(thread.stackTable, row, "prefix");
  }
  return frames.toReversed();
}

function frameOf(thread: Thread, index: number): Frame {
  const row = thread.frameTable.data[index] ?? [];
  const of = (name: string) => cell(thread.frameTable, row, name);
  const location = thread.stringTable[of("location") ?? -1] ?? "";
  const kind = kinds[of("category") ?? 0] ?? "error";
  const [, name = location, path = "", first = "0"] = /^(.*) \((.*):(\d+)\)$/s.exec(location) ?? [];
  return { kind, name, path, first: Number(first), line: of("line") ?? 0, column: of("column") };
}
