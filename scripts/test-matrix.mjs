/**
 * `npm run test:matrix [-- --write]`: every CPython that this machine has, can fetch and
 * can build, with every program, in every place, with both samplers. Prints the table
 * that README.md shows, and fails when README says otherwise; --write corrects it.
 * The first run builds those that Debian serves the source of, in some minutes each.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { bootstrap } from "./bootstrap.mjs";
import { importTypescript } from "./lib/importTypescript.mjs";
import { main } from "./lib/main.mjs";
import { inRoot, out } from "./lib/paths.mjs";
import { vitest } from "./lib/vitest.mjs";

const between = /(<!-- npm run test:matrix -- --write -->\n)([\s\S]*?)(\n<!-- end -->)/;

await main(import.meta.url, async () => {
  await bootstrap(["npm", "tools"], () => {});
  process.env.EMBERLINE_MATRIX = "all";
  const result = await vitest("matrix", { timeoutMs: 4 * 60 * 60_000 });
  for (const note of result.notes) console.log(`${note}\n`);
  const matrix = await importTypescript("scripts/lib/matrixTable.ts");
  const cells = matrix.matrixCells(
    JSON.parse(readFileSync(`${out}/test/vitest-matrix.json`, "utf8")),
  );
  console.log(matrix.matrixTable(cells));
  console.log(`\n${result.passed} passed, ${result.failed} failed, ${result.skipped} skipped`);
  const wrong = compare(matrix, cells, process.argv.includes("--write"));
  for (const line of wrong) console.log(`README.md: ${line}`);
  if (result.failed > 0 || result.passed === 0 || wrong.length > 0) process.exitCode = 1;
});

/** What README's table says otherwise; nothing once it is corrected. */
function compare({ contradictions, matrixTable, merged, parseTable }, cells, isWriting) {
  const file = inRoot("README.md");
  const text = readFileSync(file, "utf8");
  const [, , told] = between.exec(text) ?? [];
  if (told === undefined) throw new Error("README.md has no table of the matrix.");
  if (!isWriting) return contradictions(parseTable(told), cells);
  // What this machine could not try stays as it was.
  const table = matrixTable(merged(parseTable(told), cells));
  writeFileSync(
    file,
    text.replace(between, (_, start, __, end) => start + table + end),
  );
  return [];
}
