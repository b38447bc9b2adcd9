/** A session with the shop, begun as a person begins it. */
import { editorOf, openFile, waitForHeat, type DrawnHeat } from "../../support/vscode/editor";
import { chooseHost, chooseProcess, countedSamples } from "../../support/vscode/profiling";
import { world } from "./world";

/** Where the shop spends most of its time, and the line's own text. */
export const hotFile = "pricing.py";
export const hotSource = "    if product.sku in recalled:";
export const hotFunction = "price_item";

/** Profiles the shop from the palette on. Resolves with the time from the choice to the first heat, in ms. */
export async function profileShop(): Promise<number> {
  const { page, stage } = world();
  await openFile(page, hotFile);
  await chooseHost(page, stage.alias);
  const chosenAtMs = await chooseProcess(page, stage.alias, stage.shop.pid);
  await waitForHeat(editorOf(page, hotFile));
  return performance.now() - chosenAtMs;
}

/** Profiles the shop unless it is being profiled. */
export async function ensureShopSession(): Promise<void> {
  if ((await countedSamples(world().page)) === 0) await profileShop();
}

/** The heat on the hot line, once there is some. */
export async function hotLine(): Promise<DrawnHeat> {
  const isHot = (mark: DrawnHeat) => mark.source === hotSource && mark.figures !== "";
  const heat = await waitForHeat(editorOf(world().page, hotFile), (marks) => marks.some(isHot));
  const found = heat.find(isHot);
  if (found === undefined) throw new Error("waitForHeat() promised a hot line");
  return found;
}
