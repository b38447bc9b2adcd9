/**
 * Once for all files of the project: builds the helper, finds or fetches the
 * interpreters, and proves whether this machine can run the sampler at all.
 */
import { interpreters } from "../../../scripts/lib/interpreters.mjs";
import { run } from "../../../scripts/lib/run.mjs";
import provideHelper from "../../contract/support/globalSetup.mjs";

export default async function setup(project) {
  // Another build can be tried with EMBERLINE_HELPER=/path.
  const given = process.env.EMBERLINE_HELPER;
  if (given !== undefined) project.provide("helperFile", given);
  const tearDown = given === undefined ? await provideHelper(project) : undefined;
  project.provide("sampler", {
    interpreters: await interpreters(),
    impossible: await whyImpossible([project.getProvidedContext().helperFile]),
  });
  return tearDown;
}

/**
 * Why no BPF sampler can run here, or "". The doctor's word alone is no proof:
 * a real attempt must be refused too. `command` is the helper, and what gives it
 * the privilege before it.
 */
export async function whyImpossible([file, ...words]) {
  const helper = (...args) => run(file, [...words, ...args], { check: false });
  const { canSample, checks } = JSON.parse((await helper("doctor", "--json")).stdout);
  if (canSample) return "";
  const attempt = await helper("record", "--all", "--duration", "100ms");
  if (attempt.code !== 3) {
    throw new Error(
      `doctor says that sampling is impossible, but record ended with ${attempt.code}`,
    );
  }
  const missing = checks
    .filter((check) => !check.ok)
    .map((check) => `${check.name}: ${check.found}`);
  return missing.join("; ");
}
