/** The Hot Lines view. */
import type { Locator, Page } from "playwright-core";

/** A row of the view, as it is read out. */
export interface HotLineRow {
  /** "pricing.py:42" */
  readonly place: string;
  readonly functionName: string;
  /** "12.3%" */
  readonly self: string;
  readonly total: string;
}

const rows = (page: Page): Locator =>
  page.locator('.pane-body [role="treeitem"][aria-label*=" self, "]');

/** The rows on the screen, hottest first. The view must be open. */
export async function readHotLines(page: Page): Promise<readonly HotLineRow[]> {
  const labels = await rows(page).evaluateAll((elements) =>
    elements.map((element) => element.getAttribute("aria-label") ?? ""),
  );
  return labels.map((label) => {
    const match = /^(.+?), (.+), (\S+) self, (\S+) total/.exec(label);
    const [, place = "", functionName = "", self = "", total = ""] = match ?? [];
    return { place, functionName, self, total };
  });
}

/** Clicks the row of a place. */
export async function openHotLine(page: Page, place: string): Promise<void> {
  await rows(page)
    .and(page.locator(`[aria-label^="${place},"]`))
    .first()
    .click();
}
