/** Which interpreters the matrix has, and in which places each runs. */
import { freeThreadedOffsets, laidOutPythons } from "../../../scripts/lib/freeThreaded.mjs";
import { builtPythons } from "../../../scripts/lib/pythonBuilds.mjs";
import { describe, interpreters, oldInterpreters } from "../../../scripts/lib/interpreters.mjs";
import { placesOf } from "./places.mjs";

/**
 * `interpreters` run every program; `places` are some of them once more in
 * circumstances of their own, in which only the scenes are played. The short cut
 * has what a new machine has: Debian's packages, and no places.
 */
export async function matrix(isWhole) {
  const found = [...(await oldInterpreters()), ...(await interpreters())];
  const measured = await freeThreadedOffsets();
  const laidOut = await laidOutPythons(found);
  if (!isWhole) {
    const debian = found.filter((one) => one.origin !== "pyenv" && one.root === "");
    return { isWhole, interpreters: debian, places: [], measured, laidOut, absent: [] };
  }
  const { built, absent } = await builtPythons();
  for (const { executable, how } of built) {
    const one = await describe([executable], "built");
    if (one === undefined) throw new Error(`${executable} does not run.`);
    found.push(how === "" ? one : { ...one, label: one.label.replace(")", `, ${how})`) });
  }
  const places = await placesOf(found);
  const all = [...found, ...found.flatMap(jitOn)];
  return { isWhole, interpreters: all, places, measured, laidOut, absent };
}

/** Debian and others build 3.14 and later with a JIT that is off unless it is asked for. */
function jitOn(interpreter) {
  const { hasJit, root, label, command } = interpreter;
  if (!hasJit || root !== "") return [];
  return {
    ...interpreter,
    isJitOn: true,
    label: label.replace(")", ", JIT on)"),
    command: ["/usr/bin/env", "PYTHON_JIT=1", ...command],
  };
}
