/** Modal dialogs and notifications. */
import type { Page } from "playwright-core";

const PATIENCE_MS = 45_000;

export interface Dialog {
  readonly message: string;
  readonly detail: string;
}

/** Waits for a modal dialog, presses one of its buttons, and tells what it said. */
export async function answerDialog(page: Page, button: string): Promise<Dialog> {
  const box = page.locator(".monaco-dialog-box");
  await box.waitFor({ timeout: PATIENCE_MS });
  const message = await box.locator(".dialog-message-text").innerText();
  const details = await box.locator(".dialog-message-detail").allInnerTexts();
  await box.getByRole("button", { name: button, exact: true }).click();
  await box.waitFor({ state: "hidden" });
  return { message, detail: details.join("\n") };
}

/** Waits for a notification with the text, and gives the whole of it. */
export async function waitForNotification(page: Page, text: string | RegExp): Promise<string> {
  const toast = page.locator(".notifications-toasts .notification-list-item").filter({
    hasText: text,
  });
  await toast.first().waitFor({ timeout: PATIENCE_MS });
  return toast.first().locator(".notification-list-item-message").innerText();
}

/** Presses a button of the notification with the text. */
export async function pressInNotification(page: Page, text: string | RegExp, button: string) {
  const toast = page.locator(".notifications-toasts .notification-list-item").filter({
    hasText: text,
  });
  await toast.first().getByRole("button", { name: button }).click();
}
