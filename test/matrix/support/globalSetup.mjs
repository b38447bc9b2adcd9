/**
 * Once for all files of the project: what the sampler's own setup provides, and
 * the interpreters of the matrix. EMBERLINE_MATRIX=all asks for those that take
 * minutes to make, and for every place; else a short cut is run.
 */
import sampler from "../../sampler/support/globalSetup.mjs";
import { matrix } from "./interpreters.mjs";

export default async function setup(project) {
  await sampler(project);
  project.provide("matrix", await matrix(process.env.EMBERLINE_MATRIX === "all"));
}
