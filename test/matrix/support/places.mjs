/** Circumstances in which interpreters run once more; they are of one kind each. */
import { copyFileSync, mkdirSync, readdirSync } from "node:fs";
import path from "node:path";
import { cache, inRoot } from "../../../scripts/lib/paths.mjs";
import { describe, libraryFromSuite } from "../../../scripts/lib/interpreters.mjs";
import { run } from "../../../scripts/lib/run.mjs";

const home = path.join(cache, "interpreters/places");
const hostSource = inRoot("test/matrix/support/host.c");

/** Every place that an interpreter can be in, with the command that puts it there. */
export async function placesOf(interpreters) {
  mkdirSync(home, { recursive: true });
  const host = path.join(home, "appserver");
  await run("gcc", ["-O1", "-o", host, hostSource, "-ldl"]);
  const found = [];
  for (const interpreter of interpreters) {
    for (const place of [container, ...(interpreter.root === "" ? outside : [])]) {
      const made = await place(interpreter, host);
      if (made === undefined) continue;
      const { how, command, ...rest } = made;
      const one = await describe(command, interpreter.origin, interpreter.root);
      if (one === undefined) throw new Error(`${command.join(" ")} does not run.`);
      // "3.13.15t (built)" keeps its letter.
      const label = `${interpreter.label.split(" ")[0]} (${interpreter.origin}, ${how})`;
      found.push({ ...interpreter, label, command, ...rest });
    }
  }
  return found;
}

/** What a container is: namespaces of its own for pids, mounts and users, and another root. */
function container({ command, root }) {
  if (root === "") return undefined;
  const namespaces = ["--user", "--map-root-user", "--pid", "--mount", "--fork", "--kill-child"];
  return { how: "container", command: ["unshare", ...namespaces, ...command] };
}

const minorOf = ({ version }) => version.split(".").slice(0, 2).join(".");

/** The interpreter as a library: pyenv's, or of a suite newer than what compiled the host. */
async function libraryOf({ origin, command, version }) {
  const minor = minorOf({ version });
  if (origin === "suite") return isOld(version) ? undefined : libraryFromSuite(minor);
  if (origin !== "pyenv") return undefined;
  const folder = path.join(command[0], "../../lib");
  const isLibrary = (name) => name.startsWith(`libpython${minor}`) && name.endsWith(".so.1.0");
  const name = readdirSync(folder).find(isLibrary);
  return name === undefined ? undefined : path.join(folder, name);
}

const isOld = (version) => /^(2|3\.9)\./.test(version);

/** The command that runs the host, with the suite's C library for a suite's Python. */
function hosted({ origin, command }, host) {
  if (origin === "pyenv") return [host];
  const prefix = path.join(command.at(-1), "../..");
  return ["/usr/bin/env", `PYTHONHOME=${prefix}`, ...command.slice(0, -1), host];
}

/** libpython opened by a program of another name. */
async function embedded(interpreter, host) {
  const library = await libraryOf(interpreter);
  if (library === undefined) return undefined;
  return { how: "embedded", command: [...hosted(interpreter, host), library] };
}

/** As a server's plug-in of another name, stripped; updated on disk while it runs. */
async function plugIn(interpreter, host) {
  const library = await libraryOf(interpreter);
  if (library === undefined) return undefined;
  const original = path.join(home, `${interpreter.version}-${interpreter.origin}-stripped.so`);
  await run("strip", ["-o", original, library]);
  const file = path.join(home, "plug-in.so");
  copyFileSync(original, file);
  return {
    how: "stripped plug-in, replaced while it runs",
    command: [...hosted(interpreter, host), file],
    replaced: { original, file },
  };
}

/** Linked into a program of another name, which is stripped. */
async function linked(interpreter) {
  if (interpreter.origin !== "pyenv") return undefined;
  const lib = path.join(interpreter.command[0], "../../lib", `python${minorOf(interpreter)}`);
  const config = readdirSync(lib).find((name) => /^config(-|$)/.test(name));
  const archive = readdirSync(path.join(lib, config)).find((name) => name.endsWith(".a"));
  const program = path.join(home, `server-${interpreter.version}`);
  const whole = ["-Wl,--whole-archive", path.join(lib, config, archive), "-Wl,--no-whole-archive"];
  const libraries = ["-ldl", "-lm", "-lpthread", "-lutil"];
  await run("gcc", ["-s", "-rdynamic", "-o", program, hostSource, ...whole, ...libraries]);
  const prefix = path.join(interpreter.command[0], "../..");
  return {
    how: "linked in, stripped",
    command: ["/usr/bin/env", `PYTHONHOME=${prefix}`, program, ""],
  };
}

/** A static build under another name, updated on disk while it runs. */
function renamed(interpreter) {
  if (interpreter.origin === "pyenv") return undefined;
  const original = interpreter.command.at(-1);
  const file = path.join(home, "worker");
  copyFileSync(original, file);
  const before = interpreter.command.slice(0, -1);
  const prefix = path.join(original, "../..");
  return {
    how: "renamed, replaced while it runs",
    command: ["/usr/bin/env", `PYTHONHOME=${prefix}`, ...before, file],
    replaced: { original, file },
  };
}

/** A static build into which something has loaded a libpython, too, that never runs. */
async function besideLibrary(interpreter) {
  if (interpreter.origin !== "suite") return undefined;
  const library = await libraryOf(interpreter);
  if (library === undefined) return undefined;
  const before = [...interpreter.command.slice(0, -1), "--preload", library];
  return { how: "beside an idle libpython", command: [...before, interpreter.command.at(-1)] };
}

const outside = [embedded, plugIn, linked, renamed, besideLibrary];
