/**
 * `npm test [-- LANE…]`: runs the lanes in order, prints a table, and ends with
 * one line `N passed, N failed, N skipped`. A static check counts as one test.
 * The status is not 0 when anything failed, a lane crashed, or nothing ran.
 */
import { lanes } from "./lanes/index.mjs";
import { sum, tally } from "./lib/check.mjs";
import { table } from "./lib/table.mjs";

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !lanes.some((lane) => lane.name === name));
if (unknown.length > 0) {
  console.error(`no lane ${unknown.join(", ")}; there are ${lanes.map((l) => l.name).join(", ")}`);
  process.exit(2);
}

/** The lane's outcome; a crash or an empty lane is a failure, never silence. */
async function outcome(lane, failed) {
  const broken = ["bootstrap", ...(lane.needs ?? [])].find((name) => failed.has(name));
  if (broken !== undefined) return tally(0, 1, 0, [`not run, because ${broken} failed`]);
  try {
    const result = await lane.run();
    if (result.passed + result.failed + result.skipped > 0) return result;
    return tally(0, 1, 0, ["no test ran"]);
  } catch (error) {
    return tally(0, 1, 0, [error.stack ?? String(error)]);
  }
}

/** The chosen lanes with those they need, or all short ones that have something to run. */
function chosen() {
  const present = lanes.filter((lane) => lane.present?.() ?? true);
  if (wanted.length === 0) return present.filter((lane) => lane.long !== true);
  const names = new Set(["bootstrap", ...wanted]);
  for (const lane of present.toReversed()) {
    if (names.has(lane.name)) for (const need of lane.needs ?? []) names.add(need);
  }
  return present.filter((lane) => names.has(lane.name));
}

const failed = new Set();
const results = [];
for (const lane of chosen()) {
  const startedMs = performance.now();
  const result = await outcome(lane, failed);
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
  if (result.failed > 0) failed.add(lane.name);
  results.push({ lane: lane.name, seconds, ...result });
  console.log(`${result.failed > 0 ? "FAILED" : "ok    "} ${lane.name} (${seconds} s)`);
  for (const note of result.notes) console.log(`${note.trimEnd().replace(/^/gm, "    ")}`);
}

const total = sum(results.map((r) => tally(r.passed, r.failed, r.skipped)));
console.log();
console.log(
  table(
    ["lane", "passed", "failed", "skipped", "seconds"],
    results.map((r) => [r.lane, r.passed, r.failed, r.skipped, Number(r.seconds)]),
  ),
);
console.log();
console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exitCode = total.failed > 0 || total.passed === 0 ? 1 : 0;
