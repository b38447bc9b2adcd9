/**
 * `npm run bench [-- NAME…]`: measures the real helper on real interpreters. Prints
 * a table for each benchmark of test/bench and the figures that are to be reached;
 * writes out/bench/NAME.json. A busy machine spoils what it prints, so the load is
 * in it too.
 */
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { bootstrap } from "./bootstrap.mjs";
import { buildHelpers, helperFile } from "./lib/buildHelper.mjs";
import { interpreters } from "./lib/interpreters.mjs";
import { main } from "./lib/main.mjs";
import { inRoot, out } from "./lib/paths.mjs";
import { digest } from "./lib/stamp.mjs";
import { table } from "./lib/table.mjs";

const names = readdirSync(inRoot("test/bench"))
  .filter((file) => file.endsWith(".mjs"))
  .map((file) => path.basename(file, ".mjs"));

async function bench(wanted) {
  const unknown = wanted.filter((name) => !names.includes(name));
  if (unknown.length > 0) {
    throw new Error(`There is no benchmark ${unknown.join(", ")}; there are ${names.join(", ")}.`);
  }
  await bootstrap(["npm"]);
  const context = await contextOf();
  mkdirSync(path.join(out, "bench"), { recursive: true });
  for (const name of wanted.length > 0 ? wanted : names) await benchOne(name, context);
}

/** What benchmarks get: the helper, an interpreter of each minor version, and the newest. */
async function contextOf() {
  await buildHelpers();
  const minor = ({ version }) => Number(version.split(".")[1]);
  const here = (await interpreters()).filter((one) => one.root === "" && minor(one) >= 11);
  const each = here.filter(
    (one, i) => here.findIndex((other) => minor(other) === minor(one)) === i,
  );
  const helper = process.env.EMBERLINE_HELPER ?? inRoot(helperFile(`linux-${process.arch}`));
  return { helper, interpreters: each, python: each.at(-1) };
}

async function benchOne(name, context) {
  const { description, run } = await import(inRoot("test/bench", `${name}.mjs`));
  console.log(`${name}: ${description}`);
  const { rows, figures } = await run(context);
  console.log(
    table(
      Object.keys(rows[0]),
      rows.map((row) => Object.values(row)),
    ),
  );
  for (const { name: what, value, limit, isReached } of figures) {
    console.log(`${isReached ? "reached" : "MISSED "}  ${value} ${what} (figure: ${limit})`);
  }
  console.log();
  const machine = {
    kernel: os.release(),
    cpu: os.cpus()[0].model,
    cpus: os.cpus().length,
    load: os.loadavg().map((load) => Number(load.toFixed(2))),
  };
  const helper = digest(readFileSync(context.helper));
  const result = { name, description, machine, helper, rows, figures };
  writeFileSync(
    path.join(out, "bench", `${name}.json`),
    `${JSON.stringify(result, undefined, 2)}\n`,
  );
}

await main(import.meta.url, () => bench(process.argv.slice(2)));
