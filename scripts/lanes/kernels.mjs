/** Lane of `npm run test:kernels`: the helper on Debian's kernels, emulated. Takes a quarter of an hour. */
import { readFileSync } from "node:fs";
import path from "node:path";
import { out } from "../lib/paths.mjs";
import { table } from "../lib/table.mjs";
import { vitest } from "../lib/vitest.mjs";

export async function kernels() {
  const result = await vitest("kernels", { timeoutMs: 60 * 60_000 });
  return { ...result, notes: [...result.notes, figures()] };
}

function figures() {
  const rows = JSON.parse(readFileSync(path.join(out, "kernels/rows.json"), "utf8"));
  return table(
    ["kernel", "Python", "samples", "expected", "error stacks", "us/run (emulated)"],
    rows.map(({ release, version, samples, expected, error_stacks, bpf_ns, bpf_runs }) => [
      release,
      version,
      samples,
      expected,
      error_stacks,
      Math.round(bpf_ns / bpf_runs / 1000),
    ]),
  );
}
