/** Puts helper, busybox, interpreters and workloads together to what an emulated machine runs. */
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import { inRoot, out } from "../../../scripts/lib/paths.mjs";
import { run } from "../../../scripts/lib/run.mjs";

/** What is tried lies in these folders of test/, here and on the emulated machine. */
const programs = ["workloads/truth", "matrix/programs", "kernels/programs"];
const preloaded = "/bin/shared_heap.so";

/** What an interpreter has loaded when it has run a workload, its own files and libraries. */
const listFiles = `
import json, os, runpy, sys
sys.argv = sys.argv[1:]
sys.path.insert(0, os.path.dirname(sys.argv[0]))
runpy.run_path(sys.argv[0], run_name="__main__")
modules = [vars(module) for module in list(sys.modules.values()) if module]
files = [module.get(name) for module in modules for name in ("__file__", "__cached__")]
print(json.dumps([sys.executable] + [name for name in files if name and os.path.isabs(name)]))
`;

/**
 * Writes an initramfs (Documentation/driver-api/early-userspace/buffer-format.rst)
 * and returns its path. `trials` are what it tries, in order:
 * `name` of the result, `interpreter`, `script` below test/, `seconds`, `mark`,
 * `isHeapShared` to run it with shared_heap.so.
 */
export async function buildInitramfs({ helper, busybox, trials }) {
  mkdirSync(out, { recursive: true });
  const stage = mkdtempSync(path.join(out, "initramfs-"));
  for (const folder of ["bin", "proc", "sys", "dev", "tmp"]) mkdirSync(path.join(stage, folder));
  copy(busybox, path.join(stage, "bin/busybox"));
  copy(helper, path.join(stage, "bin/emberline-helper"));
  copy(inRoot("test/kernels/support/init.sh"), path.join(stage, "init"));
  chmodSync(path.join(stage, "init"), 0o755);
  await buildSharedHeap(path.join(stage, preloaded));
  const placed = new Map();
  const plan = [];
  for (const { name, interpreter, script, seconds, mark, isHeapShared } of trials) {
    const key = interpreter.command.join(" ");
    if (!placed.has(key)) placed.set(key, interpreter.root === "" ? "" : `/roots/${placed.size}`);
    const root = placed.get(key);
    await place(interpreter, script, path.join(stage, root));
    const chroot = root === "" ? [] : ["chroot", root];
    const preload = isHeapShared ? ["env", `LD_PRELOAD=${preloaded}`] : [];
    const command = [...chroot, ...preload, interpreter.command.at(-1)];
    plan.push(["try", name, seconds, mark ? "yes" : "no", `/test/${script}`, ...command]);
  }
  writeFileSync(path.join(stage, "plan"), plan.map((words) => `${words.join(" ")}\n`).join(""));
  const archive = `${stage}.cpio`;
  await pack(stage, archive);
  rmSync(stage, { recursive: true });
  return archive;
}

/** Copies what the interpreter needs to run the script to below `to`, at the paths it has. */
async function place(interpreter, script, to) {
  copyPrograms(path.join(to, "test"));
  // Inside of its root a program sees no other place for the script than the one in there.
  const seen = path.join(interpreter.root, "/tmp");
  mkdirSync(seen, { recursive: true });
  const folder = mkdtempSync(path.join(seen, "emberline-test-"));
  let said;
  try {
    copyPrograms(folder);
    const seenScript = path.join(folder.slice(interpreter.root.length), script);
    // It ends at once, since its stdin is closed.
    said = await ask(interpreter.command, ["-c", listFiles, seenScript]);
  } finally {
    rmSync(folder, { recursive: true });
  }
  const files = JSON.parse(said.trim().split("\n").at(-1)).filter((file) =>
    existsSync(interpreter.root + file),
  );
  const loader = "/lib64/ld-linux-x86-64.so.2";
  const linked = files.filter((file) => file === files[0] || file.endsWith(".so"));
  for (const file of linked) {
    const list = await ask([...interpreter.command.slice(0, -1), loader], ["--list", file]);
    // "libc.so.6 => /lib/x86_64-linux-gnu/libc.so.6 (0x…)", "/lib64/ld-linux-x86-64.so.2 (0x…)"
    files.push(...[...list.matchAll(/(\/\S+) \(0x/g)].map(([, library]) => library));
  }
  for (const file of new Set(files)) copy(interpreter.root + file, to + file);
}

function buildSharedHeap(to) {
  const source = inRoot("test/kernels/programs/shared_heap.c");
  const flags = "-O1 -Wall -Wextra -Werror -shared -fPIC".split(" ");
  return run("gcc", [...flags, "-o", to, source]);
}

function copyPrograms(to) {
  for (const folder of programs) {
    cpSync(inRoot("test", folder), path.join(to, folder), { recursive: true });
  }
}

async function ask([program, ...first], args) {
  const env = { PATH: process.env.PATH, LC_ALL: "C", PYTHONDONTWRITEBYTECODE: "1" };
  return (await run(program, [...first, ...args], { env })).stdout;
}

/** The file behind the name, with its time: that of a source is in its compiled twin. */
function copy(from, to) {
  cpSync(from, to, { dereference: true, preserveTimestamps: true });
}

async function pack(folder, archive) {
  const { stdout: names } = await run("find", [".", "-mindepth", "1"], { cwd: folder });
  const cpio = ["--create", "--quiet", "--format=newc", "--owner=0:0", `--file=${archive}`];
  await run("cpio", cpio, { cwd: folder, input: names });
}
