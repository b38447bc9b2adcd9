/** Modal dialogs and notifications. */
import type { Page } from "playwright-core";
import { runCommand } from "./quickInput";

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

const toasts = (page: Page) => page.locator(".notifications-toasts .notification-list-item");

/** Waits for a notification with the text, and gives the whole of it. */
export async function waitForNotification(page: Page, text: string | RegExp): Promise<string> {
  const toast = toasts(page).filter({ hasText: text }).first();
  await toast.waitFor({ timeout: PATIENCE_MS });
  return toast.locator(".notification-list-item-message").innerText();
}

/** Closes all notifications. */
export async function closeNotifications(page: Page): Promise<void> {
  await runCommand(page, "Notifications: Clear All Notifications");
  await toasts(page).first().waitFor({ state: "hidden" });
}
