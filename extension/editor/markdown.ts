/** Pieces of Markdown for hovers. Pure; whatever comes from a profiled program is escaped. */

/** Longer texts would break the table; demangled C++ names reach thousands of characters. */
const TEXT_MAX = 64;

/** Cells of the longest bar: one for each 5 per cent. */
const BAR_CELLS = 20;

/**
 * Text that is never markup, link or markup's end, in a table cell too: every
 * punctuation mark is escaped, as CommonMark allows, also the `:` and `.` by which
 * an address is taken for a link. Invisible characters, which may turn the reading
 * direction of what follows, are made visible.
 */
export function escapeText(text: string): string {
  return shorten(text)
    .replaceAll(/\s/g, " ")
    .replaceAll(/\p{C}/gu, "\uFFFD")
    .replaceAll(/[!-/:-@[-`{-~]/g, "\\$&");
}

/** A name as code. Tags, because a backtick within backticks cannot be escaped. */
export function code(name: string): string {
  return `<code>${escapeText(name)}</code>`;
}

/** What is read second. */
export function quiet(text: string): string {
  if (text === "") return "";
  return `<span style="color:var(--vscode-descriptionForeground);">${escapeText(text)}</span>`;
}

/**
 * A bar of a share, 0 to 1, in a colour of the theme by its id. It is made of
 * blanks, so a screen reader passes over it.
 */
export function bar(share: number, colorId: string): string {
  const cells = Math.min(BAR_CELLS, Math.max(1, Math.round(share * BAR_CELLS)));
  const variable = `--vscode-${colorId.replaceAll(".", "-")}`;
  return `<span style="background-color:var(${variable});">${"&nbsp;".repeat(cells)}</span>`;
}

/**
 * A table; every cell is Markdown already. The heading stands over the last column,
 * for a hover has no height to lose. The first column is aligned to the right. Empty
 * without rows.
 */
export function table(heading: string, rows: readonly (readonly string[])[]): string {
  const columns = Math.max(0, ...rows.map((row) => row.length));
  if (columns === 0) return "";
  const line = (cells: readonly string[]) =>
    `| ${Array.from({ length: columns }, (_, i) => cells[i] ?? "").join(" | ")} |`;
  const head = line(
    Array.from({ length: columns }, (_, i) => (i < columns - 1 ? "" : quiet(heading))),
  );
  const rule = line(Array.from({ length: columns }, (_, i) => (i === 0 ? "--:" : ":--")));
  return `\n\n${[head, rule, ...rows.map(line)].join("\n")}\n`;
}

function shorten(text: string): string {
  const characters = Array.from(text);
  return characters.length <= TEXT_MAX ? text : `${characters.slice(0, TEXT_MAX - 1).join("")}…`;
}
