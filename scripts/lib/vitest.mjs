import { mkdirSync, readFileSync, rmSync } from "node:fs";
import path from "node:path";
import { tally } from "./check.mjs";
import { inRoot, out } from "./paths.mjs";
import { run } from "./run.mjs";

/** Runs one project of vitest.config.ts and counts from its JSON report. */
export async function vitest(project, { timeoutMs = 10 * 60_000 } = {}) {
  const report = path.join(out, "test", `vitest-${project}.json`);
  mkdirSync(path.dirname(report), { recursive: true });
  rmSync(report, { force: true });
  const result = await run(
    inRoot("node_modules/.bin/vitest"),
    ["run", "--project", project, "--reporter=json", `--outputFile=${report}`],
    { check: false, timeoutMs },
  );
  const counts = readReport(report);
  const how = result.timedOut
    ? `was killed after ${timeoutMs / 60_000} minutes`
    : `ended with ${result.signal ?? `status ${result.code}`}`;
  const said = `${result.stdout}${result.stderr}`;
  if (counts === undefined) {
    return tally(0, 1, 0, [`vitest ${how} and wrote no report\n${said}`]);
  }
  if (result.code !== 0 && counts.failed === 0) {
    counts.failed = 1;
    counts.notes.push(`vitest ${how}\n${said}`);
  }
  return counts;
}

function readReport(file) {
  let report;
  try {
    report = JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return undefined;
  }
  const counts = tally();
  for (const suite of report.testResults) {
    // A file that does not load has no assertions; its message is the only trace.
    if (suite.status === "failed" && suite.assertionResults.every((t) => t.status !== "failed")) {
      counts.failed += 1;
      counts.notes.push(`${suite.name}: ${suite.message}`);
    }
    for (const test of suite.assertionResults) {
      if (test.status === "passed") counts.passed += 1;
      else if (test.status === "failed") {
        counts.failed += 1;
        counts.notes.push(`${test.fullName}\n${test.failureMessages.join("\n")}`);
      } else {
        counts.skipped += 1;
        counts.notes.push(`skipped: ${test.fullName}`);
      }
    }
  }
  return counts;
}
