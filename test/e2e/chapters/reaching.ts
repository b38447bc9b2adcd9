import { expect, onTestFinished, test } from "vitest";
import { testUnless } from "../../support/skip";
import { whyNoSshd } from "../../support/sshd";
import { makeUser } from "../../support/sshUsers";
import { answerDialog } from "../../support/vscode/dialog";
import { chooseHost, trustHostKey } from "../../support/vscode/profiling";
import {
  answer,
  dismiss,
  questionMessage,
  readPicker,
  runCommand,
  waitForQuestion,
} from "../../support/vscode/quickInput";
import { helpersGone, remoteHelpers } from "../support/helpers";
import { world } from "../support/world";

export function reachingAHost(): void {
  test("the palette's command offers the hosts of the ssh configuration", async () => {
    const { page, stage } = world();
    await runCommand(page, "Profile Remote Python");
    await waitForQuestion(page, "Profile Remote Python");
    await expect.poll(() => readPicker(page)).toMatchObject([{ label: stage.alias }]);
    await dismiss(page);
  });

  test("an unknown host key is shown, and nothing is sent before it is trusted", async () => {
    const { page, stage } = world();
    const [key] = stage.sshd.hostKeys;
    await chooseHost(page, stage.alias);
    const { message, detail } = await answerDialog(page, "Cancel");
    expect(message).toContain(`[127.0.0.1]:${stage.sshd.port}`);
    expect(detail).toContain(`ssh-ed25519\n${key?.fingerprint}`);
    expect(stage.developer.knownHosts()).toBe("");
    expect(stage.sshd.log()).not.toMatch(/userauth|Accepted|Failed/);
  });

  test("a trusted key is remembered, and the host lists its Pythons", async () => {
    const { page, stage } = world();
    await chooseHost(page, stage.alias);
    await trustHostKey(page);
    await waitForQuestion(page, `Python processes on ${stage.alias}`);
    const ofShop = async () =>
      (await readPicker(page)).find((row) => row.label.startsWith(`${stage.shop.pid} `));
    await expect.poll(ofShop, { timeout: 20_000 }).toMatchObject({
      label: `${stage.shop.pid} serve.py`,
      description: expect.stringMatching(
        new RegExp(`^${stage.account.name} · \\d+ % CPU · Python 3\\.\\d+\\.\\d+ · 2 threads$`),
      ),
      detail: expect.stringContaining(stage.shop.script),
    });
    expect(stage.developer.knows(`[127.0.0.1]:${stage.sshd.port}`)).toBe(true);
    expect(stage.sshd.log()).toMatch(`Accepted publickey for ${stage.account.name}`);
  });

  test("leaving the list leaves nothing behind on the host", async () => {
    expect(remoteHelpers()).not.toEqual([]);
    await dismiss(world().page);
    expect(await helpersGone()).toBe(true);
  });

  testUnless(
    whyNoSshd(),
    "passwords are asked for in the editor: one to log in, one for sudo",
    async () => {
      const { page, stage } = world();
      const user = makeUser({ sudo: "password" });
      onTestFinished(() => user.remove());
      stage.developer.addHost({ alias: "by-password", port: stage.sshd.port, user: user.name });
      await chooseHost(page, "by-password");
      await waitForQuestion(page, /Log in as|Password for/);
      await answer(page, user.password);
      await waitForQuestion(page, `sudo password for ${user.name}@`);
      expect(await questionMessage(page)).toMatch(/It runs .*emberline-helper.* there/);
      await answer(page, "not the password");
      const said = () => questionMessage(page);
      // sudo waits a while before it refuses.
      await expect.poll(said, { timeout: 20_000 }).toMatch(/not accepted/);
      await answer(page, user.password);
      await waitForQuestion(page, "Python processes on by-password");
      await dismiss(page);
      expect(await helpersGone()).toBe(true);
    },
  );
}
