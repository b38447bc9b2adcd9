/** The command palette, pickers and input boxes. */
import type { Page } from "playwright-core";

const widget = (page: Page) => page.locator(".quick-input-widget");
const input = (page: Page) => widget(page).locator(".quick-input-box input");
const rows = (page: Page) => widget(page).locator(".quick-input-list .monaco-list-row");

/** A loaded machine with two cores needs seconds for what takes a tenth elsewhere. */
const PATIENCE_MS = 45_000;

/**
 * Runs a command by the title that the palette shows. The palette's list is made
 * when it opens, without the commands of extensions that are still being scanned
 * and those that are not enabled yet, so it is reopened until the row is there.
 */
export async function runCommand(page: Page, title: string): Promise<void> {
  await typeInto(page, "F1", `>${title}`, () => acceptRow(page, title));
}

/**
 * Goes down to the row with the label and accepts it. Keys, because a click that
 * is slow to return may have happened, and must not happen twice.
 */
async function acceptRow(page: Page, label: string): Promise<void> {
  const row = rows(page).filter({ has: page.getByText(label, { exact: true }) });
  await row.first().waitFor({ timeout: 1_500 });
  for (let step = 0; step < 20; step++) {
    const focused = rows(page).and(page.locator(".focused"));
    if ((await focused.getByText(label, { exact: true }).count()) > 0) {
      return page.keyboard.press("Enter");
    }
    await page.keyboard.press("ArrowDown");
  }
  throw new Error(`The row "${label}" cannot be reached.`);
}

/**
 * Opens the quick input with a key, types, and goes on; all of it again when that
 * fails, because a focus that arrives late from elsewhere closes the input.
 */
export async function typeInto(
  page: Page,
  key: string,
  text: string,
  goOn: () => Promise<void>,
): Promise<void> {
  const deadlineMs = Date.now() + PATIENCE_MS;
  for (;;) {
    try {
      await page.keyboard.press(key);
      await input(page).fill(text, { timeout: 1_500 });
      return await goOn();
    } catch (error) {
      if (Date.now() > deadlineMs) throw error;
      await page.keyboard.press("Escape");
    }
  }
}

/** Waits for the picker or input box whose title is, or matches, the given one. */
export async function waitForQuestion(page: Page, title: string | RegExp): Promise<void> {
  const shown = widget(page).locator(".quick-input-title").getByText(title);
  await shown.waitFor({ timeout: PATIENCE_MS });
}

export interface PickerRow {
  readonly label: string;
  readonly description: string;
  readonly detail: string;
}

/** What the open picker offers, top to bottom. */
export async function readPicker(page: Page): Promise<readonly PickerRow[]> {
  return rows(page).evaluateAll((elements) =>
    elements.map((element) => {
      const text = (selector: string) => element.querySelector(selector)?.textContent?.trim() ?? "";
      return {
        label: text(".quick-input-list-row .label-name"),
        description: text(".quick-input-list-row .label-description"),
        detail: text(".quick-input-list-label-meta"),
      };
    }),
  );
}

/**
 * Narrows the open picker by typing, then chooses the first row that holds the
 * text. Resolves with the time of the click, as performance.now() tells it.
 */
export async function pick(
  page: Page,
  typed: string,
  text: string | RegExp = typed,
): Promise<number> {
  await input(page).fill(typed);
  const row = rows(page).filter({ hasText: text }).first();
  await row.waitFor({ timeout: PATIENCE_MS });
  const clickedAtMs = performance.now();
  await row.click();
  return clickedAtMs;
}

/** Types the answer of an input box and sends it. */
export async function answer(page: Page, text: string): Promise<void> {
  await input(page).fill(text);
  await page.keyboard.press("Enter");
}

/** What an input box asks and says about the last answer. */
export function questionMessage(page: Page): Promise<string> {
  return widget(page).locator(".quick-input-message").innerText();
}

/** Closes what is open; nothing happens when nothing is. */
export async function dismiss(page: Page): Promise<void> {
  if (!(await widget(page).isVisible())) return;
  await page.keyboard.press("Escape");
  await widget(page).waitFor({ state: "hidden" });
}
