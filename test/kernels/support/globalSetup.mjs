/**
 * Boots every kernel once, one after the other, and has each try the same
 * helper on the same interpreters; the tests judge what it sent.
 */
import { rmSync } from "node:fs";
import path from "node:path";
import { bootstrap } from "../../../scripts/bootstrap.mjs";
import { buildHelpers, helperFile } from "../../../scripts/lib/buildHelper.mjs";
import { interpreters } from "../../../scripts/lib/interpreters.mjs";
import { kernels, staticBusybox } from "../../../scripts/lib/kernels.mjs";
import { inRoot, out } from "../../../scripts/lib/paths.mjs";
import { boot } from "./boot.mjs";
import { buildInitramfs } from "./initramfs.mjs";

/**
 * A version for each way to a thread's state: the list of threads, a static key,
 * the runtime's key, the same with tagged frames, a thread-local variable. Every
 * machine has, or gets, those from 3.11 on.
 */
const minors = ["2.7", "3.6", "3.11", "3.14", "3.15"];

export default async function setup(project) {
  await bootstrap(["emulator", "tools", "host"], () => {});
  await buildHelpers();
  const all = await interpreters();
  const chosen = minors.flatMap((minor) => all.find((one) => isOf(one, minor)) ?? []);
  const grammars = chosen.map(grammar);
  const trials = [
    ...grammars,
    {
      name: "prefork",
      interpreter: chosen.at(-1),
      script: "workloads/truth/prefork.py",
      seconds: 12,
      mark: true,
    },
    {
      name: "paged",
      // The preloaded library is built for the machine's own C library.
      interpreter: all.findLast(({ origin }) => origin === "machine"),
      script: "kernels/programs/paged.py",
      seconds: 6,
      mark: false,
      isHeapShared: true,
    },
  ];
  const initramfs = await buildInitramfs({
    helper: inRoot(helperFile("linux-x64")),
    busybox: await staticBusybox(),
    trials,
  });
  const machines = [];
  for (const { release, file } of await kernels()) {
    const folder = path.join(out, "kernels", release);
    machines.push({
      release,
      folder,
      failure: await failureOf({ kernel: file, initramfs, folder }),
    });
  }
  rmSync(initramfs);
  project.provide("machines", machines);
  project.provide(
    "grammars",
    grammars.map(({ name }) => name),
  );
}

/** Boots; why that came to nothing, or "". */
async function failureOf(machine) {
  try {
    await boot({ ...machine, timeoutMs: 10 * 60_000 });
    return "";
  } catch (error) {
    return error.message;
  }
}

/** Of a suite's interpreters the one in a root of its own: the machine's C library may be older. */
const isOf = ({ version, origin, root }, minor) =>
  version.startsWith(`${minor}.`) && (origin !== "suite" || root !== "");

const grammar = (interpreter) => ({
  name: interpreter.version,
  interpreter,
  script: "matrix/programs/grammar.py",
  seconds: 10,
  mark: false,
});
