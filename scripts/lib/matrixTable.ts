/** The table of what was tried on which version, out of a report of the project "matrix". */

/** Rows in this order; others follow as they come. */
const programs = [
  "calls",
  "methods",
  "generators",
  "coroutines",
  "comprehensions",
  "C callbacks",
  "eval and exec",
  "recursion",
  "imports",
  "names",
  "subinterpreters",
  "random moments",
  "code at re-used addresses",
  "native frames",
  "200 threads",
  "threads that start and end",
  "processes that fork",
  "programs that shells start",
  "processes of 50 ms by the hundred",
  "memory that is paged out",
];

/**
 * "3.13.5 (suite, container)" → its column "3.13" and the place that it was in;
 * a free-threaded build, "3.13.15t (built)", has a column of its own.
 */
export function parseLabel(label: string): { column: string; place: string | undefined } {
  const [, minor, threads = "", origin = ""] =
    /^(\d+\.\d+)\.[^ ]*?(t?) \((.*)\)$/.exec(label) ?? [];
  if (minor === undefined) throw new Error(`${label} is no label of an interpreter`);
  const comma = origin.indexOf(", ");
  return { column: minor + threads, place: comma < 0 ? undefined : origin.slice(comma + 2) };
}

/** The part of vitest's JSON report that is read. */
export interface Report {
  readonly testResults: readonly {
    readonly assertionResults: readonly {
      /** The interpreter's label, the sampler. */
      readonly ancestorTitles: readonly string[];
      readonly title: string;
      readonly status: string;
    }[];
  }[];
}

export type Cells = Readonly<Record<string, Readonly<Record<string, string>>>>;

interface Outcome {
  readonly sampler: string;
  readonly status: string;
}

/**
 * Cells by row and column: "✓" passed with both samplers, "bpf" or "procmem" passed
 * with that one and is not for the other, "✗" failed with one, "–" the version has no
 * such thing, "" was not tried.
 */
export function matrixCells(report: Report): Cells {
  const outcomes = new Map<string, Map<string, Outcome[]>>();
  const note = (row: string, column: string, outcome: Outcome) => {
    const columns = outcomes.get(row) ?? new Map<string, Outcome[]>();
    outcomes.set(row, columns.set(column, [...(columns.get(column) ?? []), outcome]));
  };
  for (const { ancestorTitles, title, status } of report.testResults.flatMap(
    (file) => file.assertionResults,
  )) {
    const [label, sampler = ""] = ancestorTitles;
    if (label === undefined) continue; // of an interpreter that could not be had
    const outcome = { sampler, status };
    const { column, place } = parseLabel(label);
    if (title !== "nothing else") note(title, column, outcome);
    if (place !== undefined) note(place, column, outcome);
  }
  const told = ([column, all]: [string, Outcome[]]) => [column, cellOf(all)] as const;
  return Object.fromEntries(
    [...outcomes].map(([row, columns]) => [row, Object.fromEntries([...columns].map(told))]),
  );
}

function cellOf(outcomes: readonly Outcome[]): string {
  if (outcomes.some((one) => one.status === "failed")) return "✗";
  const passed = outcomes.flatMap((one) => (one.status === "passed" ? [one.sampler] : []));
  const [first = "–", ...others] = new Set(passed);
  return first === "both" || others.length > 0 ? "✓" : first;
}

/** The cells as a Markdown table, oldest version first. */
export function matrixTable(cells: Cells): string {
  const names = Object.keys(cells);
  const rows = [
    ...programs.filter((name) => names.includes(name)),
    ...names.filter((name) => !programs.includes(name)).toSorted(),
  ];
  const columns = [...new Set(Object.values(cells).flatMap((row) => Object.keys(row)))].toSorted(
    (a, b) => order(a) - order(b),
  );
  const line = (first: string, rest: readonly string[]) => `| ${[first, ...rest].join(" | ")} |`;
  return [
    line("", columns),
    line(
      "---",
      columns.map(() => ":-:"),
    ),
    ...rows.map((row) =>
      line(
        row,
        columns.map((column) => cells[row]?.[column] ?? ""),
      ),
    ),
  ].join("\n");
}

const order = (column: string) => {
  const [major, minor = ""] = column.split(".");
  return Number(major) * 1000 + Number.parseInt(minor, 10) * 10 + (column.endsWith("t") ? 1 : 0);
};

/** Reads a table that `matrixTable` wrote back into cells. */
export function parseTable(text: string): Cells {
  const [header = [], , ...lines] = text
    .trim()
    .split("\n")
    .map((line) =>
      line
        .split("|")
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
  const [, ...columns] = header;
  return Object.fromEntries(
    lines.map(([row = "", ...cells]) => {
      const pairs = columns.map((column, index) => [column, cells[index] ?? ""] as const);
      return [row, Object.fromEntries(pairs.filter(([, cell]) => cell !== ""))];
    }),
  );
}

/** `told` with the cells that were tried now in their place; the rest stays. */
export const merged = (told: Cells, tried: Cells): Cells =>
  Object.fromEntries(
    [...new Set([...Object.keys(told), ...Object.keys(tried)])].map((row) => [
      row,
      { ...told[row], ...tried[row] },
    ]),
  );

/** Where cells that were tried now differ from those that are told. */
export function contradictions(told: Cells, tried: Cells): string[] {
  return Object.entries(tried).flatMap(([row, columns]) =>
    Object.entries(columns).flatMap(([column, cell]) => {
      const before = told[row]?.[column] ?? "nothing";
      return before === cell ? [] : [`${row}, ${column}: ${before} is now ${cell}`];
    }),
  );
}
