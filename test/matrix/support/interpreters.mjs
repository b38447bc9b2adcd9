/** Which interpreters the matrix has, and in which places each runs. */
import { freeThreadedOffsets } from "../../../scripts/lib/freeThreaded.mjs";
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
  if (!isWhole) {
    const debian = found.filter((one) => one.origin !== "pyenv" && one.root === "");
    return { isWhole, interpreters: debian, places: [], measured };
  }
  for (const [name, executable] of Object.entries(await builtPythons())) {
    const one = await describe([executable], "built");
    if (one === undefined) throw new Error(`${executable} does not run.`);
    const how = name === "3.13t" ? "t (built)" : " (built, musl)";
    found.push({ ...one, label: one.version + how });
  }
  return { isWhole, interpreters: found, places: await placesOf(found), measured };
}
