/** Lanes that read the sources: format, lint, types. */
import { globSync } from "../lib/files.mjs";
import { check, sum } from "../lib/check.mjs";
import { staticcheck } from "../lib/goTools.mjs";
import { inRoot } from "../lib/paths.mjs";
import { CommandError, run } from "../lib/run.mjs";

const bin = (name) => inRoot("node_modules/.bin", name);
const helper = { cwd: inRoot("helper") };

export async function format() {
  const results = [await check("oxfmt", () => run(bin("oxfmt"), ["--check"]))];
  results.push(
    await check("gofmt", async () => {
      const result = await run("gofmt", ["-l", "."], helper);
      if (result.stdout !== "") throw new CommandError("gofmt -l .", result);
    }),
  );
  const c = ["bpf", "test/host"].flatMap((folder) => globSync(folder, [".c", ".h"]));
  if (c.length > 0) {
    results.push(
      await check("clang-format", () => run("clang-format-19", ["--dry-run", "-Werror", ...c])),
    );
  }
  return sum(results);
}

export async function lint() {
  return sum([
    await check("oxlint", () =>
      run(bin("oxlint"), ["--type-aware", "--deny-warnings", "--no-error-on-unmatched-pattern"]),
    ),
    await check("go vet", () => run("go", ["vet", "./..."], helper)),
    await check("staticcheck", async () => run(await staticcheck(), ["./..."], helper)),
  ]);
}

export const types = () => check("tsc", () => run(bin("tsc"), ["-p", "."]));
