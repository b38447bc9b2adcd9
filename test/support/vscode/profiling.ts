/** Emberline's own steps, as a person takes them. */
import type { Page } from "playwright-core";
import * as texts from "../../../extension/editor/texts";
import { answerDialog, type Dialog } from "./dialog";
import { pick, runCommand, waitForQuestion } from "./quickInput";

const PATIENCE_MS = 45_000;

/** Runs Profile Remote Python and chooses a host of the ssh configuration. */
export async function chooseHost(page: Page, alias: string): Promise<void> {
  await runCommand(page, texts.hostPickerTitle);
  await waitForQuestion(page, texts.hostPickerTitle);
  await pick(page, alias);
}

/** Waits for the question about an unknown host key and says yes. */
export function trustHostKey(page: Page): Promise<Dialog> {
  return answerDialog(page, texts.hostKeyAccept);
}

/** Waits for the processes of a host and chooses one. Resolves with the time of the click. */
export async function chooseProcess(page: Page, host: string, pid: number): Promise<number> {
  await waitForQuestion(page, texts.processPickerTitle(host));
  return pick(page, `${pid}`, new RegExp(`^${pid} `));
}

/** What the status bar shows while a session runs. */
const session = (page: Page) =>
  page.locator(".statusbar-item").filter({ hasText: /[\d,]+ samples?\b/ });

/** The samples that the status bar counts; undefined when no session runs. */
export async function countedSamples(page: Page): Promise<number | undefined> {
  const [text] = await session(page).allInnerTexts();
  const count = /([\d,]+) samples?\b/.exec(text ?? "")?.[1];
  return count === undefined ? undefined : Number(count.replaceAll(",", ""));
}

/** Waits until the status bar counts that many samples; resolves with the count. */
export async function waitForSamples(page: Page, least: number): Promise<number> {
  // Samples come as fast as the program gets a CPU, and others may want it too.
  const deadlineMs = Date.now() + 3 * PATIENCE_MS;
  for (;;) {
    const count = (await countedSamples(page)) ?? 0;
    if (count >= least) return count;
    if (Date.now() > deadlineMs) throw new Error(`${count} samples came, not ${least}.`);
    await page.waitForTimeout(100);
  }
}

/** Runs Stop Profiling and waits until the session is over. */
export async function stopProfiling(page: Page): Promise<void> {
  await runCommand(page, "Emberline: Stop Profiling");
  await session(page).waitFor({ state: "hidden", timeout: PATIENCE_MS });
}
