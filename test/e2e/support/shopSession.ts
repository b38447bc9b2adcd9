/** A session with the shop, begun as a person begins it. */
import { readFileSync } from "node:fs";
import * as path from "node:path";
import { inject } from "vitest";
import {
  editorOf,
  goToLine,
  openFile,
  waitForHeat,
  type DrawnHeat,
} from "../../support/vscode/editor";
import {
  chooseHost,
  chooseProcess,
  countedSamples,
  stopProfiling,
} from "../../support/vscode/profiling";
import { readHotLines } from "../../support/vscode/hotLines";
import { runCommand } from "../../support/vscode/quickInput";
import { world } from "./world";

/** Where the shop spends most of its time, and the line's own text. */
export const hotFile = "pricing.py";
export const hotFunction = "price_item";
export const hotSource = "    if product.sku in recalled:";

/** The hot line's number in the file that runs, from 1. */
export function hotLineNumber(): number {
  const file = path.join(inject("e2e").shopSources, "shop", hotFile);
  return readFileSync(file, "utf8").split("\n").indexOf(hotSource) + 1;
}

/** Opens the hot file with the hot line on the screen. */
export async function showHotLine(): Promise<void> {
  await openFile(world().page, hotFile);
  await goToLine(world().page, hotLineNumber());
}

/** Profiles the shop from the palette on. Resolves with the time from the choice to the first heat, in ms. */
export async function profileShop(): Promise<number> {
  const { page, stage } = world();
  // Kept heat would be taken for the new session's.
  await clearSession();
  await showHotLine();
  await waitForHeat(editorOf(page, hotFile), (heat) => heat.length === 0);
  await chooseHost(page, stage.alias);
  const chosenAtMs = await chooseProcess(page, stage.alias, stage.shop.pid);
  await waitForHeat(editorOf(page, hotFile));
  return performance.now() - chosenAtMs;
}

/** Profiles the shop unless it is being profiled. */
export async function ensureShopSession(): Promise<void> {
  if ((await countedSamples(world().page)) === undefined) await profileShop();
}

/** Stops a session that runs, drops its results and closes the link to the host. */
export async function clearSession(): Promise<void> {
  const { page } = world();
  if ((await countedSamples(page)) !== undefined) await stopProfiling(page);
  if ((await readHotLines(page)).length > 0) await runCommand(page, "Emberline: Clear Results");
}

/** The heat on the hot line, once there is some; the line must be on the screen. */
export async function hotLine(): Promise<DrawnHeat> {
  const isHot = (mark: DrawnHeat) => mark.source === hotSource && mark.figures !== "";
  const heat = await waitForHeat(editorOf(world().page, hotFile), (marks) => marks.some(isHot));
  const found = heat.find(isHot);
  if (found === undefined) throw new Error("waitForHeat() promised a hot line");
  return found;
}
