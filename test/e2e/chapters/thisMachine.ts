import { hostname } from "node:os";
import { expect, test } from "vitest";
import { editorOf, waitForHeat } from "../../support/vscode/editor";
import { chooseProcess, stopProfiling } from "../../support/vscode/profiling";
import { runCommand } from "../../support/vscode/quickInput";
import { clearSession, hotFile, hotLine, showHotLine } from "../support/shopSession";
import { world } from "../support/world";

export function thisMachine(): void {
  test("Profile This Machine does the same without SSH", async () => {
    const { page, stage } = world();
    await clearSession();
    const logins = () => stage.sshd.log().split("Accepted publickey").length;
    const before = logins();
    await showHotLine();
    await waitForHeat(editorOf(page, hotFile), (marks) => marks.length === 0);
    await runCommand(page, "Emberline: Profile This Machine");
    await chooseProcess(page, hostname(), stage.shop.pid);
    await hotLine();
    await stopProfiling(page);
    expect(logins()).toBe(before);
  });
}
