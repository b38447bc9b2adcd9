/** A headless Chromium and VS Code's page in it. */
import { chromium, type Browser, type Page } from "playwright-core";

/** Starts the machine's own Chromium; what it leaves in a home directory goes to `home`. */
export function openBrowser(executablePath: string, home: string): Promise<Browser> {
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith("XDG_"));
  return chromium.launch({
    executablePath,
    env: { ...Object.fromEntries(inherited), HOME: home },
    // Whoever opened it closes it, after a signal too; the driver would end this process instead.
    handleSIGINT: false,
    handleSIGTERM: false,
    handleSIGHUP: false,
    args: [
      // It refuses to run as root with its sandbox; what it opens is our own page.
      "--no-sandbox",
      "--disable-gpu",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
    ],
  });
}

export interface PageOptions {
  readonly width: number;
  readonly height: number;
  /** Device pixels per CSS pixel. */
  readonly scale: number;
}

/** Opens VS Code and waits until its explorer shows files. */
export async function openWorkbench(
  browser: Browser,
  url: string,
  { width, height, scale }: PageOptions,
): Promise<Page> {
  const context = await browser.newContext({
    viewport: { width, height },
    deviceScaleFactor: scale,
  });
  context.setDefaultTimeout(60_000);
  const page = await context.newPage();
  await page.goto(url, { waitUntil: "domcontentloaded" });
  await page
    .locator(".explorer-folders-view .monaco-list-row")
    .first()
    .waitFor({ timeout: 60_000 });
  return page;
}
