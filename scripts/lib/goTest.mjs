import { tally } from "./check.mjs";
import { inRoot } from "./paths.mjs";
import { run } from "./run.mjs";

/** Runs `go test -json` in helper/ and counts tests that have no subtests, so nothing counts twice. */
export async function goTest(
  args = ["./..."],
  { timeoutMs = 15 * 60_000, env = process.env } = {},
) {
  const result = await run("go", ["test", "-json", ...args], {
    cwd: inRoot("helper"),
    env,
    check: false,
    timeoutMs,
  });
  const counts = countEvents(result.stdout);
  if (result.code !== 0 && counts.failed === 0) {
    counts.failed = 1;
    counts.notes.push(`go test ended with ${result.code}\n${result.stderr}`);
  }
  return counts;
}

/** Counts from the event stream of `go test -json` (documented by `go doc test2json`). */
export function countEvents(stream) {
  const counts = tally();
  const outputs = new Map();
  const verdicts = new Map();
  const parents = new Set();
  for (const line of stream.split("\n")) {
    if (!line.startsWith("{")) continue;
    const event = JSON.parse(line);
    const key = `${event.Package ?? event.ImportPath} ${event.Test ?? ""}`;
    if (event.Action === "output" || event.Action === "build-output") {
      outputs.set(key, (outputs.get(key) ?? "") + event.Output);
    } else if (["pass", "fail", "skip", "build-fail"].includes(event.Action)) {
      verdicts.set(key, event);
    }
    const slash = event.Test?.lastIndexOf("/") ?? -1;
    if (slash > 0) parents.add(`${event.Package} ${event.Test.slice(0, slash)}`);
  }
  let failedTests = 0;
  for (const [key, event] of verdicts) {
    if (event.Test === undefined || parents.has(key)) continue;
    const said = (outputs.get(key) ?? "").trimEnd();
    if (event.Action === "pass") counts.passed += 1;
    else if (event.Action === "skip") {
      counts.skipped += 1;
      counts.notes.push(`skipped: ${said}`);
    } else {
      failedTests += 1;
      counts.notes.push(`${key}\n${said}`);
    }
  }
  counts.failed = failedTests;
  // A package can fail without a failed test: it does not build, or it crashed.
  for (const [key, event] of verdicts) {
    const packageFailed =
      event.Test === undefined && event.Action !== "pass" && event.Action !== "skip";
    const testFailed = [...verdicts.values()].some(
      (other) =>
        other.Test !== undefined && other.Package === event.Package && other.Action === "fail",
    );
    if (packageFailed && !testFailed) {
      counts.failed += 1;
      counts.notes.push(`${key}\n${outputs.get(key) ?? ""}`);
    }
  }
  return counts;
}
