import { pathToFileURL } from "node:url";

/**
 * Runs `work` when the module is the command itself and not imported.
 * A failure prints its message and sets the status to 1; only bugs show a stack.
 */
export async function main(moduleUrl, work) {
  if (process.argv[1] === undefined || moduleUrl !== pathToFileURL(process.argv[1]).href) return;
  try {
    await work();
  } catch (error) {
    console.error(error instanceof TypeError ? error.stack : error.message);
    process.exitCode = 1;
  }
}
