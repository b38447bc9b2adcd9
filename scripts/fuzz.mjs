/**
 * `npm run fuzz [-- SECONDS]`: every fuzz target of the helper, and the sampler's
 * C on the host over garbage memory, each for so many seconds (30 by default).
 * A finding's input is kept: Go's below testdata/fuzz of its package, the walk's
 * in out/fuzz; the status is then 1.
 */
import { cpSync, mkdirSync, readdirSync } from "node:fs";
import path from "node:path";
import { bootstrap } from "./bootstrap.mjs";
import { main } from "./lib/main.mjs";
import { cache, inRoot, out } from "./lib/paths.mjs";
import { run } from "./lib/run.mjs";
import { table } from "./lib/table.mjs";

const helper = inRoot("helper");
const host = inRoot("test/host");

/** Beyond the time that a target is given, for building it and for a last slow input. */
const graceSeconds = 300;

/** The helper's native fuzz targets: package and name. */
async function targets() {
  const { stdout } = await run("go", ["test", "-json", "-list", "^Fuzz", "./..."], { cwd: helper });
  return stdout
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line))
    .filter((event) => event.Action === "output" && /^Fuzz\w+\n$/.test(event.Output))
    .map((event) => ({ folder: event.Package, name: event.Output.trim() }));
}

async function fuzzGo({ folder, name }, seconds) {
  // A found input is kept as it is: making it small would take the time of all others.
  const limits = ["-fuzztime", `${seconds}s`, "-fuzzminimizetime", "10x", "-parallel", "2"];
  const result = await run("go", ["test", folder, "-run", "^$", "-fuzz", `^${name}$`, ...limits], {
    cwd: helper,
    check: false,
    timeoutMs: (seconds + graceSeconds) * 1000,
  });
  const counts = [...result.stdout.matchAll(/execs: (\d+) .*total: (\d+)/g)].at(-1);
  return outcome(name, result, counts);
}

/** Builds the walk for libFuzzer, and has it begin with what the captured images hold. */
async function fuzzWalk(seconds) {
  await bootstrap(["fuzz"], () => {});
  // It writes the replay files.
  await run("go", ["test", "-count=1", "-run", "CapturedImages", "./internal/sampler"], {
    cwd: helper,
  });
  const corpus = path.join(cache, "fuzz/walk");
  const folder = path.join(out, "fuzz");
  for (const each of [corpus, folder]) mkdirSync(each, { recursive: true });
  const images = path.join(out, "host");
  for (const file of readdirSync(images).filter((name) => name.endsWith(".replay"))) {
    cpSync(path.join(images, file), path.join(corpus, file));
  }
  const program = path.join(folder, "walk");
  await run(
    "clang-19",
    [
      "-std=gnu11 -g -O1 -Wall -Wextra -Werror -Wno-unknown-pragmas -D__TARGET_ARCH_x86".split(" "),
      "-fsanitize=fuzzer,address,undefined -fno-sanitize=alignment -fno-sanitize-recover".split(
        " ",
      ),
      ["-include", "kernel.h", "-o", program, "fuzz.c", "kernel.c"],
    ].flat(),
    { cwd: host },
  );
  const result = await run(
    program,
    [
      `-max_total_time=${seconds}`,
      // A walk ends after 512 frames, wherever it leads.
      "-timeout=10",
      "-rss_limit_mb=1024",
      "-max_len=131072",
      "-len_control=0",
      `-artifact_prefix=${folder}/`,
      corpus,
    ],
    { check: false, timeoutMs: (seconds + graceSeconds) * 1000 },
  );
  const counts = [...result.stderr.matchAll(/^#(\d+)\t.* corp: (\d+)/gm)].at(-1);
  const runs = /^Done (\d+) runs/m.exec(result.stderr)?.[1];
  return outcome("walk", result, counts && [undefined, runs ?? counts[1], counts[2]]);
}

function outcome(name, result, counts) {
  const [, runs = 0, inputs = 0] = counts ?? [];
  const failure = result.code === 0 ? "" : `${result.stdout}${result.stderr}`;
  return { name, runs: Number(runs), inputs: Number(inputs), failure };
}

/** Fuzzes everything; returns one outcome for each target. */
export async function fuzz(seconds) {
  const outcomes = [];
  const tell = (one) => {
    console.log(`${one.failure === "" ? "ok    " : "FAILED"} ${one.name}`);
    if (one.failure !== "") console.log(one.failure.split("\n").slice(-60).join("\n"));
    outcomes.push(one);
  };
  for (const target of await targets()) tell(await fuzzGo(target, seconds));
  tell(await fuzzWalk(seconds));
  return outcomes;
}

await main(import.meta.url, async () => {
  const seconds = Number(process.argv[2] ?? 30);
  if (!Number.isInteger(seconds) || seconds < 1)
    throw new Error("usage: npm run fuzz [-- SECONDS]");
  const outcomes = await fuzz(seconds);
  const rows = outcomes.map(({ name, runs, inputs }) => [name, runs, inputs]);
  console.log(`\n${table(["target", "runs", "inputs kept"], rows)}`);
  if (outcomes.some(({ failure, runs }) => failure !== "" || runs === 0)) process.exitCode = 1;
});
