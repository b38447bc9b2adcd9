import { expect, test } from "vitest";
import { waitForNotification } from "../../support/vscode/dialog";
import {
  editorOf,
  focusFile,
  openFile,
  waitForCursor,
  waitForHeat,
} from "../../support/vscode/editor";
import { openHotLine, readHotLines } from "../../support/vscode/hotLines";
import { ensureShopSession } from "../support/shopSession";
import { differentHere, missingHere, world } from "../support/world";

export function sources(): void {
  test("a source that is only on the host opens read-only, with its heat", async () => {
    const { page } = world();
    await ensureShopSession();
    const name = missingHere.slice(missingHere.lastIndexOf("/") + 1);
    const ofName = async () => (await readHotLines(page)).find((row) => row.place.startsWith(name));
    await expect.poll(ofName, { timeout: 60_000 }).toBeDefined();
    const place = (await ofName())?.place ?? "";
    await openHotLine(page, place);
    await waitForCursor(page, { file: name, line: Number(place.split(":")[1]) });
    const editor = page.locator('.monaco-editor[data-uri^="emberline-source:"]');
    const heat = await waitForHeat(editor);
    expect(heat.map((mark) => mark.line)).toContain(Number(place.split(":")[1]));
    await focusFile(page, name);
    await page.keyboard.type("x");
    const message = page.locator(".monaco-editor-overlaymessage");
    await expect.poll(() => message.innerText()).toMatch(/read-only/);
  });

  test("a file that differs from the one that runs is said once, and marked", async () => {
    const { page } = world();
    await ensureShopSession();
    const name = differentHere.slice(differentHere.lastIndexOf("/") + 1);
    await openFile(page, name);
    expect(await waitForNotification(page, name)).toMatch(/is not the file that runs on the host/);
    const heat = await waitForHeat(editorOf(page, name), (marks) =>
      marks.some((mark) => mark.figures !== ""),
    );
    const hottest = heat.find((mark) =>
      mark.source.includes("bars += chr(0x2581 + ord(char) % 8)"),
    );
    expect(hottest?.figures).toMatch(/^~ \d/);
  });
}
