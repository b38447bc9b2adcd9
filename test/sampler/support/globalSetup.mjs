/**
 * Once for all files of the project: builds the helper, finds or fetches the
 * interpreters, and proves whether this machine can run the sampler at all.
 */
import { buildHelpers, helperFile } from "../../../scripts/lib/buildHelper.mjs";
import { interpreters } from "../../../scripts/lib/interpreters.mjs";
import { inRoot } from "../../../scripts/lib/paths.mjs";
import { run } from "../../../scripts/lib/run.mjs";

export default async function setup(project) {
  // Another build can be tried with EMBERLINE_HELPER=/path.
  const helper = process.env.EMBERLINE_HELPER ?? (await build());
  project.provide("sampler", {
    helper,
    interpreters: await interpreters(),
    impossible: await whyImpossible(helper),
  });
}

async function build() {
  await buildHelpers();
  return inRoot(helperFile(`linux-${process.arch}`));
}

/**
 * Why no BPF sampler can run here, or "". The doctor's word alone is no proof:
 * a real attempt must be refused too.
 */
async function whyImpossible(helper) {
  const { canSample, checks } = JSON.parse((await run(helper, ["doctor", "--json"])).stdout);
  if (canSample) return "";
  const attempt = await run(helper, ["record", "--all", "--duration", "100ms"], { check: false });
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
